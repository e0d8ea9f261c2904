"""Why one cluster is a partner for another, in words."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from clusterloom.schema import Reason, reason
from clusterloom.stages._bridge_parts import Comparison, PairParts
from clusterloom.stages._bridge_world import FIELD_STAGES, Side

__all__ = ["based_on", "covered_needs", "link_reasons"]

_SHOWN = 40  # rows a link is said to rest on


def covered_needs(comparison: Comparison, i: int, j: int) -> list[str]:
    """Open needs (`stage@field`) of the first that members of the second offer, most first."""
    opened, _ = comparison.needs
    gained = opened[i] * comparison.own_offers[j].ravel()
    order = np.argsort(-gained, kind="stable")
    n = len(comparison.world.fields)
    return [
        f"{FIELD_STAGES[k // n]}@{comparison.world.fields[k % n]}" for k in order if gained[k] > 0
    ]


def based_on(a: Side, b: Side, covered: Sequence[str]) -> str:
    """The rows a link rests on, as `table:key`."""
    table = {"composed": "cluster", "existing": "existing_cluster"}
    refs = [f"{table[side.origin]}:{side.cluster_id}" for side in (a, b)]
    if a.origin == "composed":
        refs += [f"need:{a.cluster_id}~{name}" for name in covered]
    return json.dumps(sorted(refs)[:_SHOWN], ensure_ascii=False)


def link_reasons(
    comparison: Comparison, parts: PairParts, pair: tuple[int, int], *, is_kin: bool
) -> list[Reason]:
    """Say what the second cluster adds to the first, part by part."""
    i, j = pair
    a, b = comparison.world.sides[i], comparison.world.sides[j]
    reasons = [
        *_help(comparison, parts, pair),
        *_growth(comparison, parts, pair),
        *_kinship(parts, pair, is_kin=is_kin),
        *_ties(comparison, pair),
        *_language(a, b),
    ]
    for side in (a, b):
        if side.basis == "fields":
            reasons.append(
                reason(
                    "The work of the members of {cluster} is not known: only its stated fields and "
                    "its place could be compared.",
                    cluster=f"cluster:{side.cluster_id}",
                )
            )
    if a.country != b.country:
        reasons.append(
            reason("Export control and sanctions were not assessed: screen every partner.")
        )
    return reasons


def _help(comparison: Comparison, parts: PairParts, pair: tuple[int, int]) -> list[Reason]:
    i, j = pair
    names = {
        "a": f"cluster:{comparison.world.sides[i].cluster_id}",
        "b": f"cluster:{comparison.world.sides[j].cluster_id}",
    }
    reasons = []
    covered = covered_needs(comparison, i, j)
    if np.isnan(parts.values["complementarity"][pair]):
        reasons.append(reason("Whether {b} covers open needs of {a} is not known.", **names))
    elif covered:
        stage, _, field_id = covered[0].partition("@")
        reasons.append(
            reason(
                "{b} could help with {n} open needs of {a}, first of all {stage} in {field}.",
                n=len(covered),
                stage=f"kind:{stage}",
                field=f"field:{field_id}",
                **names,
            )
        )
    else:
        reasons.append(reason("No open need of {a} is covered by {b}.", **names))
    returned = parts.values["returned"][pair]
    if returned > 0:
        reasons.append(
            reason(
                "In return {a} could cover {percent} % of the open needs of {b}.",
                percent=_percent(returned),
                **names,
            )
        )
    return reasons


def _growth(comparison: Comparison, parts: PairParts, pair: tuple[int, int]) -> list[Reason]:
    reasons = []
    closed = parts.values["density_closed"][pair]
    if _percent(closed) > 0:
        sides = comparison.world.sides
        a, b = (f"cluster:{sides[k].cluster_id}" for k in pair)
        reasons.append(
            reason(
                "Around the fields in reach of {a}, {b} adds {percent} % of the related work that "
                "is lacking.",
                a=a,
                b=b,
                percent=_percent(closed),
            )
        )
    if parts.n_joint[pair] > 0:
        reasons.append(
            reason(
                "Fields that reach the critical mass only together: {n}, first of all {field}.",
                n=int(parts.n_joint[pair]),
                field=f"field:{_joint_field(comparison, pair)}",
            )
        )
    return reasons


def _joint_field(comparison: Comparison, pair: tuple[int, int]) -> str:
    """The field below the critical mass in each of the two that both together do most."""
    one, other = (np.nan_to_num(comparison.own_masses[k]) for k in pair)
    least = comparison.rules.critical_mass
    joint = np.where((one < least) & (other < least) & (one * other > 0), one + other, 0.0)
    return comparison.world.fields[int(np.argmax(joint))]


def _kinship(parts: PairParts, pair: tuple[int, int], *, is_kin: bool) -> list[Reason]:
    kin = parts.kinship[pair]
    if np.isnan(kin):
        return [reason("How kin the directions of the two are is not known.")]
    if kin == 0:
        return [reason("They have no common or adjacent field.")]
    value = round(float(kin), 2)
    if is_kin:
        return [reason("The two work in kin directions: similarity {kin} of 1.", kin=value)]
    return [reason("Their directions differ: similarity {kin} of 1.", kin=value)]


def _ties(comparison: Comparison, pair: tuple[int, int]) -> list[Reason]:
    world = comparison.world
    a, b = (world.sides[k] for k in pair)
    reasons = []
    shared = comparison.shared_members.get((min(pair), max(pair)))
    if shared is not None and shared.size == a.members.size == b.members.size:
        return [reason("Both have the same members: there is nobody to bring together.")]
    if shared is not None:
        reasons.append(reason("Organisations that are members of both: {n}.", n=shared.size))
    n = comparison.n_ties[pair]
    if n > 0:
        tied = world.ties[a.members][:, b.members].tocoo()
        x, y = min(zip(a.members[tied.row], b.members[tied.col], strict=True))
        reasons.append(
            reason(
                "{n} working ties exist already, for example {x} with {y}.",
                n=int(n),
                x=f"org:{world.org_ids[x]}",
                y=f"org:{world.org_ids[y]}",
            )
        )
    elif n == 0:
        reasons.append(reason("No working tie between them is known."))
    return reasons


def _language(a: Side, b: Side) -> list[Reason]:
    if a.country == b.country or not a.languages or not b.languages:
        return []
    shared = [code for code in a.languages if code in b.languages]
    if shared:
        return [reason("A working language of both: {language}.", language=f"language:{shared[0]}")]
    return [reason("They share no working language that is known: agree on one.")]


def _percent(share: float) -> int:
    return 0 if np.isnan(share) else round(100 * float(share))
