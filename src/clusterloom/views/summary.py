"""The plan in short, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.views.language import Translator

__all__ = ["summary_lines"]

_TESTED = (
    "{n} members, {coverage} % of needs covered, optimality gap {gap} %; "
    "{ratio} times what chance gives (q = {q})"
)
_NOT_TESTED = (
    "{n} members, {coverage} % of needs covered, optimality gap {gap} %; not tested against chance"
)


def summary_lines(view: Mapping[str, Any]) -> list[str]:
    """Return the plan in a few lines: clusters, introductions, partners, what is not known."""
    say = Translator(view["language"])
    counts = view["counts"]
    lines = [
        say("{title}: {orgs} organisations, {activities} directions of work, {links} ties").format(
            title=view.get("title", ""),
            orgs=say.number(counts["organisation"]),
            activities=say.number(counts["activity"]),
            links=say.number(counts["link"]),
        ),
        say("{n} candidates tested, {m} clusters proposed").format(
            n=say.number(len(view["candidates"])), m=say.number(len(view["clusters"]))
        ),
    ]
    for number, cluster in enumerate(view["clusters"], start=1):
        candidate = cluster["candidate"]
        lines.append("")
        lines.append(f"{number}. {cluster['name']} ({cluster['country']})")
        tested = candidate["q_value"] is not None
        lines.append(
            "   "
            + say(_TESTED if tested else _NOT_TESTED).format(
                n=say.number(cluster["n_members"]),
                coverage=say.number(100 * cluster["coverage"], digits=0),
                gap=_percent(cluster["optimality_gap"], say),
                ratio=say.number(candidate["effect_ratio"], digits=1),
                q=say.number(candidate["q_value"], digits=3),
            )
        )
        core = [m["name"] for r in cluster["roles"] if r["role"] == "core" for m in r["members"]]
        lines.append("   " + say("core") + ": " + "; ".join(core))
        for one in cluster["introductions"][:2]:
            lines.append("   " + say("introduce") + f": {one['a']} – {one['b']}")
        abroad = next((b for b in cluster["bridges"] if b["abroad"]), None)
        if abroad:
            lines.append("   " + say("partner abroad") + f": {abroad['name']}")
    for case in view.get("not_composed", ()):
        why = " ".join(rule["reasons"][0] for rule in case["rules"])
        lines += ["", say("Gives no cluster") + f": {case['name']}. {why}"]
    for case in view.get("without_core", ()):
        lines += ["", say("Gives no cluster") + f": {case['name']}. {case['why']}"]
    lines += ["", say("What is not known") + ":"]
    return lines + [f"- {line}" for line in view["not_known"]]


def _percent(share: float | None, say: Translator) -> str:
    return say.number(None if share is None else 100 * share, digits=2)
