"""Why two organisations should talk: one text about both, and one addressed to each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.schema import Reason, reason
from clusterloom.stages._bridge_parts import Comparison
from clusterloom.stages._bridge_world import FIELD_STAGES, World
from clusterloom.stages._partners import Match

__all__ = ["best_need", "letter_reasons", "match_reasons"]

Matrix = npt.NDArray[np.float64]


def match_reasons(world: World, match: Match) -> list[Reason]:
    """Say of a pair why the two should talk, and over whom."""
    names: dict[str, Any] = {
        "x": f"org:{world.org_ids[match.org_a]}",
        "y": f"org:{world.org_ids[match.org_b]}",
        "field": f"field:{world.fields[match.meeting]}",
    }
    if match.kind == "kindred":
        why = reason("{x} and {y} work in the same or adjacent directions around {field}.", **names)
    elif match.kind == "complementary":
        why = reason("{x} and {y}: one researches what the other makes, around {field}.", **names)
    else:
        why = reason(
            "{x} and {y} are kin and complete research with production around {field}.", **names
        )
    return [why, *_way(world, match)]


def _way(world: World, match: Match) -> list[Reason]:
    if match.existing == "tie":
        return [reason("They work together already.")]
    if match.existing == "path":
        via = f"org:{world.org_ids[match.path[1]]}"
        return [reason("Both already work with {via}, which can introduce them.", via=via)]
    if match.anchor is not None:
        u, w = match.anchor
        return [
            reason(
                "A tie between the clusters to build on: {u} already works with {w}.",
                u=f"org:{world.org_ids[u]}",
                w=f"org:{world.org_ids[w]}",
            )
        ]
    return []


def letter_reasons(
    comparison: Comparison, match: Match, sides: tuple[int, int], *, to_a: bool
) -> list[Reason]:
    """Say to one of the two why the other is worth talking to; "you" is the reader."""
    world = comparison.world
    own, partner = sides if to_a else sides[::-1]
    y = match.org_b if to_a else match.org_a
    name = f"org:{world.org_ids[y]}"
    field = f"field:{world.fields[match.field]}"
    reasons = []
    if match.kind != "complementary":
        reasons.append(
            reason(
                "{y} works in the same or adjacent directions as you, around {field}.",
                y=name,
                field=field,
            )
        )
    if match.kind != "kindred":
        chain = f"field:{world.fields[match.chain_field]}"
        if match.a_researches == to_a:
            reasons.append(reason("{y} makes what you research: {field}.", y=name, field=chain))
        else:
            reasons.append(reason("{y} researches what you make: {field}.", y=name, field=chain))
    need = best_need(comparison, own, y)
    if need is not None:
        reasons.append(
            reason(
                "Your cluster lacks {stage} in {field}; {y} could help with it.",
                y=name,
                stage=f"kind:{need[0]}",
                field=f"field:{need[1]}",
            )
        )
    reasons += _way_for(world, match, name, to_a=to_a)
    return reasons + _terms(world, match, sides=(own, partner), to_a=to_a)


def _way_for(world: World, match: Match, y: str, *, to_a: bool) -> list[Reason]:
    reader, other = (match.org_a, match.org_b) if to_a else (match.org_b, match.org_a)
    if match.existing == "tie":
        return [reason("You work with {y} already.", y=y)]
    if match.existing == "path":
        via = f"org:{world.org_ids[match.path[1]]}"
        return [reason("You and {y} both work with {via}, which can introduce you.", y=y, via=via)]
    if match.anchor is None:
        return [reason("No way to {y} over a known tie was found: write to it directly.", y=y)]
    ends = match.anchor if to_a else match.anchor[::-1]
    u, w = (f"org:{world.org_ids[end]}" for end in ends)
    if ends[0] == reader:
        return [reason("You already work with {w}, a member of the cluster of {y}.", w=w, y=y)]
    if ends[1] == other:
        return [reason("{u}, a member of your cluster, already works with {y}.", u=u, y=y)]
    return [
        reason(
            "{u}, a member of your cluster, already works with {w}, a member of the cluster of "
            "{y}.",
            u=u,
            w=w,
            y=y,
        )
    ]


def _terms(world: World, match: Match, *, sides: tuple[int, int], to_a: bool) -> list[Reason]:
    """What both must settle before they begin: the language, and the screening abroad."""
    mine = world.languages_of(match.org_a if to_a else match.org_b)
    theirs = world.languages_of(match.org_b if to_a else match.org_a)
    homes = {world.country[match.org_a], world.country[match.org_b]}
    abroad = len(homes | {world.sides[k].country for k in sides}) > 1
    reasons = []
    shared = [code for code in mine if code in theirs]
    if abroad and mine and theirs and not shared:
        reasons.append(reason("You share no official language: agree on a working language first."))
    if abroad:
        reasons.append(
            reason("Export control and sanctions were not assessed: screen every partner.")
        )
    return reasons


def best_need(comparison: Comparison, i: int, org: int) -> tuple[str, str] | None:
    """The open need of a cluster (stage, field) that one organisation offers most for, if any."""
    stage, field, opened = comparison.open_needs[i]
    cells, sure = comparison.world.work_of(org)
    own_stage, own_field = np.divmod(cells, len(comparison.world.fields))
    near = comparison.strong[own_field][:, field]
    gained = (own_stage[:, None] == stage) * near * sure[:, None] * opened
    if not gained.size or gained.max() <= 0:
        return None
    best = int(gained.argmax()) % opened.size
    return FIELD_STAGES[int(stage[best])], comparison.world.fields[int(field[best])]
