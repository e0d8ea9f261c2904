"""Different good answers to one seat problem, so that people can choose what they give up for what.

Four measures are compared: covered need, cohesion, openness and cost. Each is taken to its extreme,
then to steps on the way there (epsilon constraints); every new answer must differ from the earlier
ones in a stated number of seats (no-good cuts); dominated answers are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats import choose_seats
from clusterloom.networks.seats_model import (
    SeatAnswer,
    SeatLimit,
    SeatProblem,
    covered_share,
    seat_value,
)

__all__ = ["AXES", "Alternative", "SeatAxes", "alternatives", "measured"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

AXES = ("coverage", "cohesion", "openness", "cost")
_LEVELS = (2 / 3, 1 / 3, 5 / 6, 1 / 2, 1 / 6)
_TRIES = 2  # tries for each alternative asked for: some are dominated or do not exist
_MINOR = 1e-3  # weight of the whole value where one measure leads: it decides between equals


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatAxes:
    """What each seat adds to the measures besides coverage.

    Parameters
    ----------
    cohesion : (candidates,), objective points
        Ties and adjacency; pairs of seats add their points.
    openness : (candidates,), 0 or 1
        1 for candidates from other regions.
    cost : (candidates,), any one unit, >= 0
    """

    cohesion: Array
    openness: Array
    cost: Array


@dataclass(frozen=True, eq=False)
class Alternative:
    """One answer: which measure led the search (``balance``: none), and the four measures.

    `values` holds coverage (share), cohesion (points), openness (seats from other regions) and
    cost, in the order of `AXES`; `objective` is its value by the problem's own objective.
    """

    emphasis: str
    answer: SeatAnswer
    values: Array
    objective: float


def measured(problem: SeatProblem, axes: SeatAxes, chosen: Mask) -> Array:
    """Measure a choice by the four axes: (4,), in the order of `AXES`."""
    both = chosen[problem.pairs[:, 0]] & chosen[problem.pairs[:, 1]]
    return np.array(
        [
            float(covered_share(problem, chosen)),
            float(axes.cohesion[chosen].sum() + problem.pair_points[both].sum()),
            float(axes.openness[chosen].sum()),
            float(axes.cost[chosen].sum()),
        ]
    )


def alternatives(
    problem: SeatProblem,
    answer: SeatAnswer,
    axes: SeatAxes,
    *,
    most: int = 12,
    least_difference: int = 2,
    coverage_kept: float = 0.6,
    time_limit_s: float = 2.0,
) -> tuple[Alternative, ...]:
    """Find distinct answers of which none is worse than another in all four measures.

    Parameters
    ----------
    problem : the choice to be made
    answer : its best answer by the whole objective: the first alternative
    axes : what each seat adds to the measures
    most : alternatives at most, with the first, >= 1
    least_difference : seats, >= 1
        Seats given to others, counted on both sides: 2 is one member exchanged.
    coverage_kept : share, 0 .. 1
        Each alternative covers at least this share of what the first one covers.
    time_limit_s : s, > 0, for each program solved

    Returns
    -------
    tuple of Alternative
        The answer first, then in the order found; fewer than `most` where there are no more.

    References
    ----------
    haimes1971, mavrotas2009
    """
    first = _alternative(problem, axes, answer, "balance")
    kept = first.values[0] * coverage_kept
    floored = replace(problem, least_coverage=max(problem.least_coverage, min(kept, 1.0)))
    found, tried = [first], 0
    extremes: dict[str, float] = {}
    for emphasis, level in _plan():
        if len(_undominated(found)) >= most or tried >= _TRIES * most:
            break
        if level < 1 and emphasis not in extremes:
            continue
        tried += 1
        target = _aimed(floored, axes, first, emphasis, level, extremes.get(emphasis, 0.0))
        target = _cut(target, found, least_difference)
        start = None if emphasis == "cost" else answer.chosen
        new = choose_seats(target, time_limit_s=time_limit_s, relative_gap=1e-4, start=start)
        if new.is_found:
            found.append(_alternative(problem, axes, new, emphasis))
            if level == 1:
                extremes[emphasis] = _seat_part(problem, axes, new.chosen, emphasis)
    return tuple(_undominated(found)[:most])


def _plan() -> Iterator[tuple[str, float]]:
    """Yield which measure leads and how far: every extreme first, then steps on the way."""
    yield from ((axis, 1.0) for axis in AXES)
    for level in _LEVELS:
        yield from ((axis, level) for axis in AXES)


def _aimed(
    problem: SeatProblem,
    axes: SeatAxes,
    first: Alternative,
    emphasis: str,
    level: float,
    extreme: float,
) -> SeatProblem:
    """Let a measure lead alone (level 1), or ask for a step from the first answer towards it."""
    if level == 1:
        return _led(problem, axes, emphasis)
    start = _seat_part(problem, axes, first.answer.chosen, emphasis)
    wanted = start + level * (extreme - start)
    if emphasis == "coverage":
        return replace(problem, least_coverage=max(problem.least_coverage, min(wanted, 1.0)))
    weights = _weights(axes, emphasis)
    limit = (
        SeatLimit(name="step", weights=weights, upper=wanted)
        if emphasis == "cost"
        else SeatLimit(name="step", weights=weights, lower=wanted)
    )
    return replace(problem, limits=(*problem.limits, limit))


def _led(problem: SeatProblem, axes: SeatAxes, emphasis: str) -> SeatProblem:
    """Let one measure be the objective; the whole value decides between equals."""
    minor = replace(
        problem,
        need_points=problem.need_points * (1.0 if emphasis == "coverage" else _MINOR),
        floor_points=problem.floor_points * _MINOR,
        seat_points=problem.seat_points * _MINOR,
        pair_points=problem.pair_points * (1.0 if emphasis == "cohesion" else _MINOR),
        group_penalty=problem.group_penalty * _MINOR,
        short_penalty=problem.short_penalty * _MINOR,
        dependence_points=problem.dependence_points * _MINOR,
    )
    if emphasis == "coverage":
        return minor
    weights = _weights(axes, emphasis)
    scale = float(np.abs(weights).max(initial=0.0)) or 1.0
    lead = (-weights if emphasis == "cost" else weights) / scale
    return replace(minor, seat_points=minor.seat_points + lead)


def _weights(axes: SeatAxes, emphasis: str) -> Array:
    weights: Array = getattr(axes, emphasis)
    return weights


def _seat_part(problem: SeatProblem, axes: SeatAxes, chosen: Mask, emphasis: str) -> float:
    """Return a measure without what pairs add to it: the part a limit can be set on."""
    if emphasis == "coverage":
        return float(covered_share(problem, chosen))
    return float(_weights(axes, emphasis)[chosen].sum())


def _cut(problem: SeatProblem, found: Sequence[Alternative], least: int) -> SeatProblem:
    """Ask for a choice that differs from each one found in enough seats."""
    cuts = []
    for i, one in enumerate(found):
        seats = one.answer.chosen.astype(float)
        # Seats left by its members plus seats taken by others.
        cuts.append(
            SeatLimit(name=f"unlike {i}", weights=1.0 - 2.0 * seats, lower=least - seats.sum())
        )
    return replace(problem, limits=(*problem.limits, *cuts))


def _undominated(found: Sequence[Alternative]) -> list[Alternative]:
    """Leave out who is no better than another in any measure; the first always stays."""
    sign = np.array([1.0, 1.0, 1.0, -1.0])
    values = np.array([one.values * sign for one in found])
    # Compare relative to the spread, so that rounding makes nobody better.
    slack = 1e-9 * (1.0 + np.abs(values).max(axis=0))
    kept = [found[0]]
    for i in range(1, len(found)):
        at_least = (values >= values[i] - slack).all(axis=1)
        better = at_least & (values > values[i] + slack).any(axis=1)
        same_earlier = at_least[:i] & (values[:i] <= values[i] + slack).all(axis=1)
        if not better.any() and not same_earlier.any():
            kept.append(found[i])
    return kept


def _alternative(
    problem: SeatProblem, axes: SeatAxes, answer: SeatAnswer, emphasis: str
) -> Alternative:
    values = measured(problem, axes, answer.chosen)
    return Alternative(emphasis, answer, values, float(seat_value(problem, answer.chosen)))
