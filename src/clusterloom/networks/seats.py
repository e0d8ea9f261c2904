"""Choose the seats of a cluster: search a first answer, then prove or better it with HiGHS.

The problem is in `seats_model`, the program for the solver in `seats_program`, the search in
`seats_search`, what a member is worth in `seats_losses`, rules that exclude each other in
`seats_conflicts`, and different answers to choose among in `seats_alternatives`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_bounds import light_ceiling, likeliest, part_of
from clusterloom.networks.seats_model import (
    SeatAnswer,
    SeatLimit,
    SeatProblem,
    SeatVariety,
    covered_share,
    seat_allowed,
    seat_value,
)
from clusterloom.networks.seats_program import solve_program
from clusterloom.networks.seats_search import improved, search_seats

__all__ = [
    "SeatAnswer",
    "SeatLimit",
    "SeatProblem",
    "SeatVariety",
    "choose_seats",
    "covered_share",
    "seat_allowed",
    "seat_value",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LARGE = 2_000  # candidates from which the answer is sought among the likeliest
_CORE_PER_SEAT, _CORE_AT_LEAST = 3, 300  # how many of them that are
_SMALL, _SWEEPS = 300, 6
_EXACT = 1e-7


def choose_seats(
    problem: SeatProblem,
    *,
    time_limit_s: float = 10.0,
    relative_gap: float = _EXACT,
    start: Mask | None = None,
) -> SeatAnswer:
    """Choose the seats of the highest value: greedy, local search, then HiGHS with a proof.

    Parameters
    ----------
    problem : the choice to be made
    time_limit_s : s, > 0
        For search, bounds and solver together; the solver gets what is left, at least a fifth.
        When it runs out the best choice so far is returned and `status` says `time_limit`; the
        gap is reported all the same.
    relative_gap : share, >= 0
        The solver may stop when nothing better than this is possible.
    start : (candidates,), or None
        A choice to begin with, improved before use; None begins with the required seats.

    Returns
    -------
    SeatAnswer
        From 2,000 candidates on the seats are sought among the likeliest ones: the bound holds
        for all, and `status` is ``best_of_likely`` where it could not be reached.
        With `status` ``infeasible`` where the hard rules exclude every choice: `find_conflict`
        in `seats_conflicts` names a smallest set of rules that do.

    References
    ----------
    huangfu2018, nemhauser1978
    """
    limits = _Limits(time_limit_s, relative_gap, time.monotonic())
    if problem.offers.shape[0] < _LARGE:
        known, status, bound = _solved(problem, start, limits)
    else:
        known, status, bound = _solved_in_part(problem, start, limits)
    return _finished(problem, known, status, bound)


@dataclass(frozen=True)
class _Limits:
    """When to stop: seconds in all since a start, and the relative gap that is near enough."""

    whole_s: float
    relative_gap: float
    began: float

    @property
    def left_s(self) -> float:
        """Seconds left, at least a fifth of all."""
        return max(self.whole_s - (time.monotonic() - self.began), self.whole_s / 5)


def _solved(
    problem: SeatProblem, start: Mask | None, limits: _Limits
) -> tuple[Mask | None, str, float]:
    """Search, then solve: the best allowed choice known (None without one), status and bound."""
    if start is None:
        first = search_seats(problem)
    else:
        # A small program is solved sooner than a given start is swapped through.
        sweeps = 0 if problem.offers.shape[0] < _SMALL else _SWEEPS
        first = improved(problem, start & ~problem.barred, sweeps=sweeps)
    known = first if bool(seat_allowed(problem, first)) else None
    if problem.offers.shape[0] == 0:
        return known, "optimal" if known is not None else "infeasible", np.nan
    solved = solve_program(
        problem, known, time_limit_s=limits.left_s, relative_gap=limits.relative_gap
    )
    if solved.seats is not None:
        found = solved.seats > 0.5
        better = known is None or seat_value(problem, found) > seat_value(problem, known)
        known = found if better and bool(seat_allowed(problem, found)) else known
    return known, solved.status, solved.bound


def _solved_in_part(
    problem: SeatProblem, start: Mask | None, limits: _Limits
) -> tuple[Mask | None, str, float]:
    """Solve a large problem among its likeliest candidates, with a bound that holds for all.

    A relaxed program bounds every choice and prices every candidate. Whose price is larger than
    the room between that bound and the answer cannot be part of a better one: where this holds
    for all who were left out, the answer's own bound is the bound of the whole.
    """
    most = _CORE_PER_SEAT * problem.max_seats + _CORE_AT_LEAST
    ceiling = light_ceiling(problem, time_limit_s=limits.left_s, most=most)
    if ceiling.status == "infeasible":
        return None, "infeasible", np.nan
    if not np.isfinite(ceiling.bound):
        return _solved(problem, start, limits)
    shares = ceiling.shares if start is None else np.maximum(ceiling.shares, start)
    keep = likeliest(problem, ceiling.prices, shares, most=most)
    # The relaxed program seats most of its members wholly: that is where the search begins.
    likely = shares[keep]
    first = np.argsort(-likely, kind="stable")[: problem.max_seats]
    inside = problem.required[keep]
    inside[first[likely[first] > 0.5]] = True
    chosen, status, bound = _solved(part_of(problem, keep), inside, limits)
    if chosen is None:  # the likeliest alone cannot keep the hard rules
        return _solved(problem, start, limits)
    known = np.zeros(problem.offers.shape[0], dtype=bool)
    known[keep] = chosen
    room = ceiling.bound - float(seat_value(problem, known)) + 1e-6 * (1 + abs(ceiling.bound))
    left_out = np.ones(known.size, dtype=bool)
    left_out[keep] = False
    hopeless = bool((ceiling.prices[left_out] < -room).all())
    if hopeless and np.isfinite(bound):
        return known, status, min(bound, ceiling.bound)
    return known, "best_of_likely" if status == "optimal" else status, ceiling.bound


def _finished(problem: SeatProblem, chosen: Mask | None, status: str, bound: float) -> SeatAnswer:
    """Make the answer: values from the choice itself, the bound never below them."""
    if chosen is None:
        nobody = np.zeros(problem.offers.shape[0], dtype=bool)
        words = "no_answer_found" if status == "optimal" else status
        return SeatAnswer(nobody, np.nan, np.nan, np.nan, words)
    chosen = _first_of_equals(problem, chosen)
    objective = float(seat_value(problem, chosen))
    if problem.offers.shape[0] == 0:
        bound = objective
    # The solver stops within its tolerance: its bound may lie a hair below the exact value.
    bound = max(bound, objective) if np.isfinite(bound) else _loose_bound(problem)
    exact = bound - objective < 1e-6 * max(1.0, abs(objective))
    gap = 0.0 if exact else (bound - objective) / max(abs(objective), 1e-9)
    return SeatAnswer(chosen, objective, bound, min(gap, 1.0), status)


def _first_of_equals(problem: SeatProblem, chosen: Mask) -> Mask:
    """Of candidates that are equal in everything, give the seats to the first in order."""
    paired = np.zeros(chosen.size, dtype=bool)
    paired[problem.pairs.ravel()] = True
    traits = [problem.offers, problem.seat_points[:, None], problem.groups.T]
    traits += [limit.weights[:, None] for limit in problem.limits]
    traits += [variety.classes.T for variety in problem.varieties]
    table = np.ascontiguousarray(np.concatenate(traits, axis=1, dtype=float))
    alike: dict[bytes, list[int]] = {}
    for i in np.flatnonzero(~problem.required & ~problem.barred & ~paired):
        alike.setdefault(table[i].tobytes(), []).append(int(i))
    first = chosen.copy()
    for equals in alike.values():
        n_seats = int(chosen[equals].sum())
        first[equals] = np.arange(len(equals)) < n_seats
    return first


def _loose_bound(problem: SeatProblem) -> float:
    """Return a bound that needs no solver: every need covered, every good seat and pair taken."""
    good = np.where(problem.required, problem.seat_points, np.maximum(problem.seat_points, 0.0))
    return float(problem.need_points.sum() + good.sum() + problem.pair_points.sum())
