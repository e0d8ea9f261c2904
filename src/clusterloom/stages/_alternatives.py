"""The rows of the alternatives to a proposed membership, with what each gives up and for what."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_alternatives import Alternative, SeatAxes, alternatives
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._composed import Seating

__all__ = ["Choices", "alternative_rows"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

_POINTS = "objective points"
_MOST_BASES = 40


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How alternatives are sought (stated by the stage)."""

    n_alternatives: int
    min_difference: int
    coverage_kept: float
    time_limit_s: float


def alternative_rows(
    seating: Seating, axes: SeatAxes, choices: Choices, *, cost_unit: str = _POINTS
) -> list[Row]:
    """Return a row for each alternative: the proposal first.

    Organisations that stand farther away than the cluster's reach (`seating.far`) may have seats
    in an alternative, though not in the proposal.
    """
    wider = replace(seating.problem, barred=seating.problem.barred & ~seating.far)
    found = alternatives(
        wider,
        seating.answer,
        axes,
        most=choices.n_alternatives,
        least_difference=choices.min_difference,
        coverage_kept=choices.coverage_kept,
        time_limit_s=choices.time_limit_s,
    )
    return [_row(seating, found, n, cost_unit) for n in range(len(found))]


def _row(seating: Seating, found: tuple[Alternative, ...], n: int, cost_unit: str) -> Row:
    one, first = found[n], found[0]
    ids = [seating.organisation(k)["org_id"] for k in range(len(seating.pool))]
    chosen, proposed = one.answer.chosen, first.answer.chosen
    joins = [ids[k] for k in np.flatnonzero(chosen & ~proposed)]
    leaves = [ids[k] for k in np.flatnonzero(~chosen & proposed)]
    coverage, cohesion, openness, cost = (float(value) for value in one.values)
    return {
        "cluster_id": seating.cluster_id,
        "alternative": n + 1,
        "emphasis": one.emphasis,
        "n_members": int(chosen.sum()),
        "coverage": min(max(coverage, 0.0), 1.0),
        "cohesion": cohesion,
        "openness": round(openness),
        "cost": max(cost, 0.0),
        "cost_unit": cost_unit,
        "objective": one.objective,
        "optimality_gap": one.answer.optimality_gap,
        "solver_status": one.answer.status,
        "joins": "|".join(joins) or None,
        "leaves": "|".join(leaves) or None,
        "reasons": dump_reasons(_trade(one, first, (joins, leaves), cost_unit)),
        "based_on": json.dumps(
            [f"cluster:{seating.cluster_id}"]
            + [f"organisation:{name}" for name in sorted(joins + leaves)[:_MOST_BASES]],
            ensure_ascii=False,
        ),
    }


def _trade(
    one: Alternative, first: Alternative, seats: tuple[list[str], list[str]], cost_unit: str
) -> list[Reason]:
    """Say what is gained and what is given up against the proposal."""
    if one is first:
        return [reason("This is the proposal: the best by the whole objective.")]
    more = one.values - first.values
    joins, leaves = seats
    reasons = [
        reason(
            "{n} members join and {m} leave, compared with the proposal.",
            n=len(joins),
            m=len(leaves),
        )
    ]
    if abs(more[0]) >= 0.005:
        percent = round(100 * abs(float(more[0])))
        reasons.append(
            reason("It covers {percent} percentage points more of the need.", percent=percent)
            if more[0] > 0
            else reason("It covers {percent} percentage points less of the need.", percent=percent)
        )
    if abs(more[1]) >= 0.005:
        value = round(abs(float(more[1])), 2)
        reasons.append(
            reason("Its members are tied and akin by {value} points more.", value=value)
            if more[1] > 0
            else reason("Its members are tied and akin by {value} points less.", value=value)
        )
    if more[2]:
        n = round(abs(float(more[2])))
        reasons.append(
            reason("{n} more of its members come from other regions.", n=n)
            if more[2] > 0
            else reason("{n} fewer of its members come from other regions.", n=n)
        )
    if abs(more[3]) >= 0.005:
        value = round(abs(float(more[3])), 2)
        reasons.append(
            reason("It costs {value} {unit} more.", value=value, unit=f"kind:{cost_unit}")
            if more[3] > 0
            else reason("It costs {value} {unit} less.", value=value, unit=f"kind:{cost_unit}")
        )
    lost = round(first.objective - one.objective, 2)
    reasons.append(
        reason("By the whole objective it is worth {value} points less.", value=max(lost, 0.0))
        if first.objective >= one.objective
        else reason(
            "By the whole objective it is worth {value} points more: it seats organisations from "
            "beyond the cluster's reach.",
            value=-lost,
        )
    )
    return reasons
