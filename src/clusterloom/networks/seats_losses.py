"""What a member is worth to a choice of seats: left empty, replaced by one, or chosen anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats import choose_seats
from clusterloom.networks.seats_model import (
    SeatAnswer,
    SeatProblem,
    seat_allowed,
    seat_value,
)
from clusterloom.networks.seats_program import relaxed_columns
from clusterloom.networks.seats_search import improved

__all__ = [
    "Losses",
    "Substitutes",
    "best_substitutes",
    "bounded_losses",
    "exact_losses",
    "marginal_values",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Substitutes:
    """For each chosen seat the best replacement: -1 and NaN where there is none."""

    index: Index
    loss: Array


@dataclass(frozen=True, eq=False)
class Losses:
    """What is lost, at least and at most, when a member is out of reach and all are chosen anew.

    Both (candidates,), objective points: equal where proven; NaN for candidates without a seat;
    inf where the hard rules leave no choice without the member.
    """

    at_least: Array
    at_most: Array


def marginal_values(problem: SeatProblem, chosen: Mask) -> Array:
    """Value lost when a chosen seat is left empty, everyone else staying.

    Hard rules are not checked: a seat may be empty for a while.

    Returns
    -------
    (candidates,), objective points
        NaN where the candidate has no seat.
    """
    values = np.full(chosen.shape, np.nan)
    members = np.flatnonzero(chosen)
    if members.size:
        without = np.repeat(chosen[None, :], members.size, axis=0)
        without[np.arange(members.size), members] = False
        values[members] = float(seat_value(problem, chosen)) - seat_value(problem, without)
    return values


def best_substitutes(problem: SeatProblem, chosen: Mask) -> Substitutes:
    """Find for each chosen seat the best single replacement from those without a seat.

    A replacement must offer something that the leaver offers, and the choice must still keep the
    hard rules. Equal replacements: the first in order wins. It may be worth less than the empty
    seat: then `loss` exceeds the leaver's marginal value.

    Returns
    -------
    Substitutes
        `index` (candidates,) of the replacement, `loss` (candidates,) in objective points that
        remain lost with it (negative only if `chosen` was not optimal).
    """
    index = np.full(chosen.shape, -1, dtype=np.int64)
    loss = np.full(chosen.shape, np.nan)
    pool = np.flatnonzero(~chosen & ~problem.barred)
    value = float(seat_value(problem, chosen))
    for leaver in np.flatnonzero(chosen):
        freed = _without(problem, int(leaver), barred=False)
        alike = pool[(np.minimum(problem.offers[pool], problem.offers[leaver]) > 0).any(axis=1)]
        best, most = -1, -np.inf
        for part in np.array_split(alike, max(1, alike.size * chosen.size // 2_000_000)):
            trials = np.repeat(chosen[None, :], part.size, axis=0)
            trials[:, leaver] = False
            trials[np.arange(part.size), part] = True
            worth = np.where(seat_allowed(freed, trials), seat_value(problem, trials), -np.inf)
            if worth.size and worth.max() > most:
                best, most = int(part[np.argmax(worth)]), float(worth.max())
        if best >= 0:
            index[leaver], loss[leaver] = best, value - most
    return Substitutes(index, loss)


def exact_losses(problem: SeatProblem, answer: SeatAnswer, *, time_limit_s: float = 10.0) -> Losses:
    """Solve anew without each member: what is lost when it is out of reach.

    Parameters
    ----------
    problem : the choice that was made
    answer : its answer
    time_limit_s : s, > 0, for each member
        Where it runs out the two sides of the loss differ by the gap.

    Returns
    -------
    Losses
        A member that had to have a seat is freed from that rule first.
    """
    at_least = np.full(answer.chosen.shape, np.nan)
    at_most = np.full(answer.chosen.shape, np.nan)
    for k in np.flatnonzero(answer.chosen):
        rest = _without(problem, int(k), barred=True)
        anew = choose_seats(rest, time_limit_s=time_limit_s, start=answer.chosen)
        if anew.is_found:
            at_least[k] = max(answer.objective - anew.bound, 0.0)
            at_most[k] = max(answer.bound - anew.objective, 0.0)
        elif anew.status == "infeasible":
            at_least[k] = at_most[k] = np.inf
        if anew.is_found and answer.optimality_gap == 0 and anew.optimality_gap == 0:
            at_least[k] = at_most[k] = max(answer.objective - anew.objective, 0.0)
    return Losses(at_least, at_most)


def bounded_losses(
    problem: SeatProblem, answer: SeatAnswer, *, time_limit_s: float = 10.0
) -> Losses:
    """Bound the loss of each member without solving anew: for pools too large for `exact_losses`.

    At least: the relaxed program is solved once; by its duality, no choice without the member is
    worth more than the relaxed value minus the member's reduced cost. At most: a choice without
    the member is found by local search.

    Returns
    -------
    Losses
        `at_most` is inf where the search found no allowed choice without the member.
    """
    relaxed = relaxed_columns(problem, time_limit_s=time_limit_s)
    at_least = np.full(answer.chosen.shape, np.nan)
    at_most = np.full(answer.chosen.shape, np.nan)
    for k in np.flatnonzero(answer.chosen):
        rest = _without(problem, int(k), barred=True)
        stand_in = improved(rest, answer.chosen & ~rest.barred)
        allowed = bool(seat_allowed(rest, stand_in))
        worth = float(seat_value(rest, stand_in)) if allowed else -np.inf
        at_most[k] = max(answer.bound - worth, 0.0)
        # A seat that had to be taken may have a price below zero: it made room for it.
        price = float(relaxed.prices[k])
        ceiling = relaxed.bound - (price if problem.required[k] else max(price, 0.0))
        at_least[k] = max(answer.objective - ceiling, 0.0) if np.isfinite(ceiling) else 0.0
    return Losses(np.minimum(at_least, at_most), at_most)


def _without(problem: SeatProblem, k: int, *, barred: bool) -> SeatProblem:
    """Free a candidate from having to have a seat, and bar it where asked."""
    required, out = problem.required.copy(), problem.barred.copy()
    required[k] = False
    out[k] = barred
    return replace(problem, required=required, barred=out)
