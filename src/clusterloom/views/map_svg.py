"""Maps as inline SVG: points by role over country borders, and bridges between clusters."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from clusterloom.spatial.middle import median_position
from clusterloom.views.projection import Outline, Projection, fitted

__all__ = ["ROLE_MARKS", "bridge_map_svg", "cluster_map_svg", "load_borders"]

Row = Mapping[str, Any]

# Colours told apart by people with any colour vision (Okabe and Ito), with a letter beside.
ROLE_MARKS = {
    "core": ("#d55e00", "C"),
    "kindred_university": ("#0072b2", "U"),
    "kindred_institute": ("#5b3a8c", "R"),
    "producer": ("#009e73", "P"),
    "infrastructure": ("#56b4e9", "I"),
    "investor": ("#e69f00", "F"),
    "state": ("#cc79a7", "S"),
    "network": ("#6b7280", "N"),
}
_SPIRAL = 2.399963  # radians; the golden angle spreads points evenly


@cache
def load_borders() -> dict[str, list[list[tuple[float, float]]]]:
    """Country code -> rings of (longitude, latitude); Natural Earth, public domain."""
    file = files("clusterloom").joinpath("data", "borders", "countries.json.gz")
    data = json.loads(gzip.decompress(file.read_bytes()))
    return {code: [[(x, y) for x, y in ring] for ring in rings] for code, rings in data.items()}


def cluster_map_svg(
    points: Sequence[Row], *, label: str, width: int = 640, height: int = 400
) -> str:
    """Draw members as lettered discs; those that share a city's centre are spread around it.

    Returns an empty text when there are no points.
    """
    if not points:
        return ""
    place = fitted([(p["lon"], p["lat"]) for p in points], width=width, height=height)
    crowd: dict[tuple[float, float], int] = {}
    marks: list[str] = []
    names: dict[str, tuple[float, float]] = {}
    for point in sorted(points, key=lambda p: (list(ROLE_MARKS).index(p["role"]), p["name"])):
        x, y = place.xy(point["lon"], point["lat"])
        n = crowd[(x, y)] = crowd.get((x, y), -1) + 1
        names.setdefault(point["place"], (x, y))
        radius = 13 * math.sqrt(n)
        marks.append(
            _disc(point, x + radius * math.cos(n * _SPIRAL), y + radius * math.sin(n * _SPIRAL))
        )
    towns = [
        f'<text class="town" x="{x + 12:.1f}" y="{y - 14:.1f}">{escape(name)}</text>'
        for name, (x, y) in sorted(names.items())
        if name
    ]
    return _svg([*_land(place), *marks, *towns], label, width, height)


def bridge_map_svg(
    clusters: Sequence[Row], *, label: str, width: int = 960, height: int = 460
) -> str:
    """Draw clusters as discs and their strongest partners abroad as curved lines.

    Each carries its place in ``clusters`` as a number; a narrow page may hide the name beside it
    (class ``name``) and set the numbers of one spot further apart (``--nth``, from 0).
    """
    placed = [c for c in clusters if c["points"]]
    if not placed:
        return ""
    # Not the middle of the members: capital and ministries may sit a thousand kilometres away.
    centre = {c["id"]: c["anchor"] or _middle(c["points"]) for c in placed}
    place = fitted(list(centre.values()), width=width, height=height)
    lines, discs, text = [], [], []
    drawn: set[frozenset[str]] = set()
    for cluster in placed:
        for bridge in [b for b in cluster["bridges"] if b["abroad"]][:2]:
            pair = frozenset((cluster["id"], bridge["id"]))
            if bridge["id"] in centre and pair not in drawn:
                drawn.add(pair)
                lines.append(
                    _curve(place, centre[cluster["id"]], centre[bridge["id"]], bridge["score"])
                )
    crowd: dict[tuple[float, float], int] = {}
    for number, cluster in enumerate(clusters, start=1):
        if cluster["id"] not in centre:
            continue
        x, y = place.xy(*centre[cluster["id"]])
        spot = (round(x / 20), round(y / 20))
        n = crowd[spot] = crowd.get(spot, -1) + 1
        discs.append(
            f'<circle cx="{x}" cy="{y}" r="{6 + cluster["n_members"] / 4:.1f}" fill="#d55e00" '
            f'fill-opacity="0.75" stroke="#fff"><title>{escape(cluster["name"])}</title></circle>'
        )
        name = escape(cluster["name"])
        side = ("end", -14) if x > width * 0.72 else ("start", 14)
        text.append(
            f'<text class="town" style="--nth:{n}" text-anchor="{side[0]}" '
            f'x="{x + side[1]:.1f}" y="{y + 4 + 17 * n:.1f}">'
            f'{number}<tspan class="name">. {name}</tspan></text>'
        )
    return _svg([*_land(place), *lines, *discs, *text], label, width, height)


def _disc(point: Row, x: float, y: float) -> str:
    colour, letter = ROLE_MARKS[point["role"]]
    return (
        f"<g><title>{escape(point['name'])}</title>"
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{colour}" stroke="#fff"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" class="mark">{letter}</text></g>'
    )


def _curve(place: Projection, a: tuple[float, float], b: tuple[float, float], score: float) -> str:
    (x1, y1), (x2, y2) = place.xy(*a), place.xy(*b)
    bend = 0.18 * math.hypot(x2 - x1, y2 - y1)
    return (
        f'<path d="M{x1},{y1} Q{(x1 + x2) / 2:.1f},{(y1 + y2) / 2 - bend:.1f} {x2},{y2}" '
        f'fill="none" stroke="#0072b2" stroke-opacity="0.7" stroke-width="{1 + 4 * score:.1f}"/>'
    )


def _middle(points: Sequence[Row]) -> tuple[float, float]:
    lat, lon = (np.array([p[name] for p in points], dtype=float) for name in ("lat", "lon"))
    return median_position(lat, lon)[::-1]


@cache
def _outlines() -> list[Outline]:
    return [Outline.of(ring) for rings in load_borders().values() for ring in rings]


def _land(place: Projection) -> list[str]:
    """Borders that touch the picture; rings outside it are left out."""
    paths = [
        "M" + "L".join(f"{x},{y}" for x, y in pixels) + "Z"
        for outline in _outlines()
        for pixels in place.polygons(outline)
    ]
    return [f'<path class="land" d="{"".join(paths)}"/>']


def _svg(parts: Sequence[str], label: str, width: int, height: int) -> str:
    style = (
        ".land{fill:#eef1ea;stroke:#9aa59a;stroke-width:.7}"
        ".town{font:12px sans-serif;fill:#222;paint-order:stroke;stroke:#fff;stroke-width:3px}"
        ".mark{font:bold 10px sans-serif;fill:#fff;text-anchor:middle}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}"><style>{style}</style>'
        f'<rect width="{width}" height="{height}" fill="#dfe9f1"/>{"".join(parts)}</svg>'
    )
