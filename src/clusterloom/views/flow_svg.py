"""A value chain as a flow picture: steps from left to right, ribbons where work passes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["chain_flow_svg"]

Row = Mapping[str, Any]

# Okabe and Ito: told apart with any colour vision; a letter stands beside the colour.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_INK = {"same": 0.75, "tie": 0.75, "path": 0.45, "none": 0.15}  # opacity of a ribbon
_BAR, _GAP, _TOP, _LEFT = 22, 14, 46, 70


def chain_flow_svg(
    chain: Row, *, number: int, title: str, description: str, nobody: str, width: int = 960
) -> str:
    """Draw a chain whose `steps` hold `bars` and whose `flows` join them.

    Parameters
    ----------
    chain : view data of a chain
        `steps`: name, bars (cluster index, n); `flows`: step, a, b (cluster indices), flow, state.
    number : makes the ids of this picture unique on the page
    title, description : read out by screen readers in place of the picture
    nobody : the words for a step that nobody covers
    width : pixels

    Returns
    -------
    SVG text; every name is escaped.
    """
    steps: Sequence[Row] = chain["steps"]
    most = max((sum(b["n"] for b in s["bars"]) for s in steps), default=1) or 1
    unit = min(160 / most, 26.0)  # pixels for one provider
    rows = max((len(s["bars"]) for s in steps), default=1)
    height = _TOP + unit * most + _GAP * max(rows - 1, 0) + 24
    step_width = (width - 2 * _LEFT) / max(len(steps) - 1, 1)
    place: dict[tuple[int, int], tuple[float, float, float]] = {}  # x, top, height of a bar
    parts: list[str] = []
    for k, step in enumerate(steps):
        x, y = _LEFT + k * step_width, float(_TOP)
        name = escape(step["name"])
        anchor, at = ("start", 4.0) if k == 0 else ("middle", x)
        if k and k == len(steps) - 1:  # a long name must not run out of the picture
            anchor, at = "end", width - 4.0
        parts.append(f'<text class="step" x="{at:.1f}" y="18" text-anchor="{anchor}">{name}</text>')
        for bar in step["bars"]:
            tall = max(unit * bar["n"], 6.0)
            place[k, bar["cluster"]] = (x, y, tall)
            y += tall + _GAP
        if not step["bars"]:
            parts.append(_open_step(x, nobody))
    ribbons = _ribbons(chain["flows"], place)
    bars = [_bar(spot, cluster) for (_, cluster), spot in place.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" role="img" '
        f'aria-labelledby="flow{number}t flow{number}d"><title id="flow{number}t">{escape(title)}'
        f'</title><desc id="flow{number}d">{escape(description)}</desc><style>'
        ".step{font:bold 12px sans-serif;fill:#1d2330}.letter{font:bold 12px sans-serif;fill:#fff;"
        "text-anchor:middle}.nobody{font:12px sans-serif;fill:#b3261e;text-anchor:middle}</style>"
        f"{''.join([*ribbons, *bars, *parts])}</svg>"
    )


def _open_step(x: float, nobody: str) -> str:
    return (
        f'<rect x="{x - 32:.1f}" y="{_TOP}" width="64" height="40" rx="6" fill="#fff" '
        f'stroke="#b3261e" stroke-width="2" stroke-dasharray="5 4"/>'
        f'<text class="nobody" x="{x:.1f}" y="{_TOP + 25}">{escape(nobody)}</text>'
    )


def _bar(spot: tuple[float, float, float], cluster: int) -> str:
    x, y, tall = spot
    colour = _COLOURS[cluster % len(_COLOURS)]
    letter = chr(ord("A") + cluster)
    return (
        f'<rect x="{x - _BAR / 2:.1f}" y="{y:.1f}" width="{_BAR}" height="{tall:.1f}" rx="3" '
        f'fill="{colour}"/><text class="letter" x="{x:.1f}" y="{y + tall / 2 + 4:.1f}">{letter}'
        "</text>"
    )


def _ribbons(
    flows: Sequence[Row], place: Mapping[tuple[int, int], tuple[float, float, float]]
) -> list[str]:
    """Ribbons that share the side of a bar in proportion to their flow."""
    out: dict[tuple[int, int], float] = {}
    into: dict[tuple[int, int], float] = {}
    for flow in flows:
        out[flow["step"], flow["a"]] = out.get((flow["step"], flow["a"]), 0.0) + flow["flow"]
        after = (flow["step"] + 1, flow["b"])
        into[after] = into.get(after, 0.0) + flow["flow"]
    used_out = dict.fromkeys(out, 0.0)
    used_in = dict.fromkeys(into, 0.0)
    drawn = []
    for flow in flows:
        start, end = (flow["step"], flow["a"]), (flow["step"] + 1, flow["b"])
        (x1, y1, tall1), (x2, y2, tall2) = place[start], place[end]
        left = tall1 * flow["flow"] / out[start] if out[start] else 0.0
        right = tall2 * flow["flow"] / into[end] if into[end] else 0.0
        top1, top2 = y1 + used_out[start], y2 + used_in[end]
        used_out[start] += left
        used_in[end] += right
        a, b = x1 + _BAR / 2, x2 - _BAR / 2
        bend = (a + b) / 2
        dashes = ' stroke-dasharray="4 3"' if flow["state"] == "none" else ""
        colour = _COLOURS[flow["a"] % len(_COLOURS)]
        drawn.append(
            f'<path d="M{a:.1f},{top1:.1f} C{bend:.1f},{top1:.1f} {bend:.1f},{top2:.1f} '
            f"{b:.1f},{top2:.1f} L{b:.1f},{top2 + right:.1f} C{bend:.1f},{top2 + right:.1f} "
            f'{bend:.1f},{top1 + left:.1f} {a:.1f},{top1 + left:.1f} Z" fill="{colour}" '
            f'fill-opacity="{_INK[flow["state"]]}" stroke="{colour}" stroke-width="0.8"{dashes}/>'
        )
    return drawn
