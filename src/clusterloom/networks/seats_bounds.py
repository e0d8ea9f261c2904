"""Bounds for large seat problems: a light relaxed program, and the part where good answers lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_model import SeatProblem
from clusterloom.networks.seats_program import relaxed_columns, seat_rows

__all__ = ["Ceiling", "light_ceiling", "likeliest", "part_of"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_ROUNDS = 12
_SMALLEST_PRICE = 1e-9


@dataclass(frozen=True, eq=False)
class Ceiling:
    """No allowed choice is worth more than `bound`.

    `shares` (candidates,) are the seats of the relaxed program, 0 .. 1; `prices` (candidates,) how
    far the bound falls at least when a candidate is seated (below 0) or left out (above 0).
    `status` is ``optimal``, ``infeasible`` (then no choice is allowed at all) or ``time_limit``.
    """

    bound: float
    shares: Array
    prices: Array
    status: str


def light_ceiling(problem: SeatProblem, *, time_limit_s: float, most: int) -> Ceiling:
    """Bound the value of every choice, solving relaxed programs of few candidates only.

    The penalty for dependence is left out, which can only raise the value. The relaxed program of
    the likeliest candidates prices the rules, and with them everybody else: who would better the
    answer joins the likeliest, until nobody would (column generation). At every step the sum of
    the program's value and of what the others would better it by is a bound: the points of a pair
    with an end outside are promised to that end.

    Parameters
    ----------
    problem : the choice to be made
    time_limit_s : s, > 0, for each program solved
    most : candidates, > 0, counted as the likeliest at first

    Returns
    -------
    Ceiling

    References
    ----------
    desaulniers2005
    """
    light = _light(problem)
    first = relaxed_columns(light, time_limit_s=time_limit_s)
    if first.seats is None:
        n = problem.offers.shape[0]
        return Ceiling(np.inf, np.zeros(n), np.zeros(n), first.status)
    best = Ceiling(first.bound, first.seats, first.prices, "optimal")
    if not problem.pairs.size:
        return best
    rows, keep = seat_rows(light), likeliest(problem, first.prices, first.seats, most=most)
    for _ in range(_ROUNDS):
        small = replace(part_of(problem, keep), dependence_points=0.0)
        solved = relaxed_columns(small, time_limit_s=time_limit_s)
        if solved.seats is None:
            return best
        prices = problem.seat_points - rows.T @ solved.row_prices
        prices = prices + _promised(problem, keep, prices)
        shares = np.zeros(prices.size)
        outside = ~problem.barred
        outside[keep] = False
        bound = solved.bound + float(np.maximum(prices[outside], 0.0).sum())
        prices[keep], shares[keep] = solved.prices, solved.seats
        if bound < best.bound:
            best = Ceiling(bound, shares, prices, "optimal")
        joining = np.flatnonzero(outside & (prices > _SMALLEST_PRICE))
        if bound <= solved.bound + _SMALLEST_PRICE * (1 + abs(bound)):
            break
        keep = np.union1d(keep, joining[np.argsort(-prices[joining], kind="stable")[:most]])
    return best


def likeliest(problem: SeatProblem, prices: Array, shares: Array, *, most: int) -> Index:
    """Return positions of the candidates with the best prices and of all with a seat, rising."""
    ready = np.flatnonzero(~problem.barred)
    best = ready[np.argsort(-prices[ready], kind="stable")[:most]]
    found: Index = np.union1d(best, np.flatnonzero(problem.required | (shares > 1e-9)))
    return found.astype(np.int64)


def _light(problem: SeatProblem) -> SeatProblem:
    """Give each end of a pair half its points, and leave the penalty for dependence out."""
    half = np.repeat(problem.pair_points / 2, 2)
    promised = np.bincount(problem.pairs.ravel(), half, problem.offers.shape[0])
    return replace(
        problem,
        seat_points=problem.seat_points + promised,
        pairs=problem.pairs[:0],
        pair_points=problem.pair_points[:0],
        dependence_points=0.0,
    )


def _promised(problem: SeatProblem, keep: Index, prices: Array) -> Array:
    """Promise the points of pairs that are not wholly inside to their end outside.

    Of two ends outside the one with the worse price gets them: it is the less likely one.
    """
    inside = np.zeros(prices.size, dtype=bool)
    inside[keep] = True
    one, other = problem.pairs.T
    first = ~inside[one] & (inside[other] | (prices[one] <= prices[other]))
    second = ~inside[other] & ~first
    to_one: Array = np.bincount(one, first * problem.pair_points, prices.size).astype(float)
    return to_one + np.bincount(other, second * problem.pair_points, prices.size)


def part_of(problem: SeatProblem, keep: Index) -> SeatProblem:
    """Cut a problem down to some of its candidates; the others are taken to have no seat.

    Parameters
    ----------
    problem : the choice to be made
    keep : positions of the candidates kept, rising; all required ones are among them

    Returns
    -------
    SeatProblem
    """
    place = np.full(problem.offers.shape[0], -1, dtype=np.int64)
    place[keep] = np.arange(keep.size)
    inside = (place[problem.pairs] >= 0).all(axis=1)
    return replace(
        problem,
        offers=problem.offers[keep],
        seat_points=problem.seat_points[keep],
        required=problem.required[keep],
        barred=problem.barred[keep],
        groups=problem.groups[:, keep],
        pairs=place[problem.pairs[inside]],
        pair_points=problem.pair_points[inside],
        limits=tuple(replace(one, weights=one.weights[keep]) for one in problem.limits),
        varieties=tuple(replace(one, classes=one.classes[:, keep]) for one in problem.varieties),
    )
