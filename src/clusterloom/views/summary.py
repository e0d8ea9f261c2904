"""The plan in short, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

# 0..1; with less in common, and no need covered, a partner abroad is not named. The table of
# cluster links holds it all the same.
_LEAST_KINSHIP = 0.1


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
        lines += [f"   {line}" for line in _abroad(cluster["bridges"], say)]
    for case in view.get("not_composed", ()):
        why = " ".join(rule["reasons"][0] for rule in case["rules"])
        lines += ["", say("Gives no cluster") + f": {case['name']}. {why}"]
    for case in view.get("without_core", ()):
        lines += ["", say("Gives no cluster") + f": {case['name']}. {case['why']}"]
    lines += ["", say("What is not known") + ":"]
    return lines + [f"- {line}" for line in view["not_known"]]


def _abroad(bridges: Sequence[Mapping[str, Any]], say: Translator) -> list[str]:
    """Name the best partner abroad that is worth it; say so where there is none among several."""
    abroad = [bridge for bridge in bridges if bridge["abroad"]]
    worth = [bridge for bridge in abroad if _worth_naming(bridge)]
    if worth:
        return [say("partner abroad") + f": {worth[0]['name']}"]
    return [say("No partner abroad worth naming was found.")] if abroad else []


def _worth_naming(bridge: Mapping[str, Any]) -> bool:
    """Whether one could cover a need of the other, or their directions of work are alike."""
    covers = any((bridge[key] or 0.0) > 0 for key in ("complementarity", "returned"))
    return covers or (bridge["kinship"] or 0.0) > _LEAST_KINSHIP


def _percent(share: float | None, say: Translator) -> str:
    return say.number(None if share is None else 100 * share, digits=2)
