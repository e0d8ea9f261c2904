"""Choose the seats of a cluster: a mixed-integer program on arrays (this module owns highspy).

The value of a set of seats is the covered need, plus what each seat is worth by itself, minus soft
penalties for groups outside their limits and for a cluster that is too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.coverage import diminishing_coverage

__all__ = [
    "SeatAnswer",
    "SeatProblem",
    "Substitutes",
    "best_substitutes",
    "choose_seats",
    "marginal_values",
    "seat_value",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

_SMALLEST_DIFFERENCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class SeatProblem:
    """What there is to choose from, and what a choice is worth.

    Parameters
    ----------
    offers : (candidates, needs), full providers, 0 .. 1
    need_points : (needs,), objective points, >= 0
        What a wholly covered need is worth.
    steps : (levels,), > 0 and not rising
        Worth of the first, second, ... full provider of a need, in shares of their sum.
    seat_points : (candidates,), objective points
        What a seat is worth by itself (bonus minus cost).
    required : (candidates,)
        True where the candidate has a seat in every answer.
    groups : (groups, candidates)
        True where the candidate belongs to the group; group limits are soft.
    group_min, group_max : (groups,), seats
    group_penalty : objective points per seat below or above the group's limits, >= 0
    min_seats, max_seats : seats; the lower limit is soft, the upper one hard
    short_penalty : objective points per seat below `min_seats`, >= 0
    """

    offers: Array
    need_points: Array
    steps: Array
    seat_points: Array
    required: Mask
    groups: Mask
    group_min: Array
    group_max: Array
    group_penalty: float
    min_seats: int
    max_seats: int
    short_penalty: float

    def __post_init__(self) -> None:
        n_candidates, n_needs = self.offers.shape
        n_groups = self.groups.shape[0]
        shapes = (
            ("need_points", self.need_points, (n_needs,)),
            ("seat_points", self.seat_points, (n_candidates,)),
            ("required", self.required, (n_candidates,)),
            ("groups", self.groups, (n_groups, n_candidates)),
            ("group_min", self.group_min, (n_groups,)),
            ("group_max", self.group_max, (n_groups,)),
        )
        for name, values, expected in shapes:
            if values.shape != expected:
                raise ValueError(f"{name} has shape {values.shape}, expected {expected}")
        if int(self.required.sum()) > self.max_seats:
            raise ValueError(
                f"{int(self.required.sum())} seats are required, but only {self.max_seats} exist"
            )
        if (self.need_points < 0).any() or min(self.group_penalty, self.short_penalty) < 0:
            raise ValueError("need points and penalties must be >= 0")


@dataclass(frozen=True)
class SeatAnswer:
    """The chosen seats and how sure it is that nothing better exists.

    `objective` is computed from `chosen` by `seat_value`, not taken from the solver; `bound` is the
    solver's proof that no choice is worth more; `optimality_gap` is their relative distance.
    """

    chosen: Mask
    objective: float
    bound: float
    optimality_gap: float
    status: str


@dataclass(frozen=True)
class Substitutes:
    """For each chosen seat the best replacement: -1 and NaN where there is none."""

    index: Index
    loss: Array


def seat_value(problem: SeatProblem, chosen: Mask) -> Array:
    """Value one or many choices by the same objective that the solver maximises.

    Parameters
    ----------
    problem : the choice to be made
    chosen : (..., candidates)
        True where the candidate gets a seat; leading axes are separate choices. The hard upper
        limit of seats is not checked here.

    Returns
    -------
    (...), objective points

    Examples
    --------
    >>> problem = SeatProblem(
    ...     offers=np.array([[1.0], [1.0]]), need_points=np.array([3.0]),
    ...     steps=np.array([1.0, 0.5]), seat_points=np.array([-0.5, -0.5]),
    ...     required=np.array([True, False]), groups=np.zeros((0, 2), dtype=bool),
    ...     group_min=np.zeros(0), group_max=np.zeros(0), group_penalty=0.0,
    ...     min_seats=0, max_seats=2, short_penalty=0.0)
    >>> seat_value(problem, np.array([[True, False], [True, True]]))
    array([1.5, 2. ])
    """
    seats = np.asarray(chosen, dtype=float)
    return _value(problem, seats @ problem.offers, seats @ problem.groups.T) + (
        seats @ problem.seat_points - _shortfall(problem, seats.sum(axis=-1))
    )


def marginal_values(problem: SeatProblem, chosen: Mask) -> Array:
    """Value lost when a chosen seat is left empty, everyone else staying.

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

    A replacement must offer something that the leaver offers. Equal replacements: the first in
    order wins. It may be worth less than the empty seat: then `loss` exceeds the leaver's marginal
    value.

    Returns
    -------
    Substitutes
        `index` (candidates,) of the replacement, `loss` (candidates,) in objective points that
        remain lost with it (negative only if `chosen` was not optimal).
    """
    index = np.full(chosen.shape, -1, dtype=np.int64)
    loss = np.full(chosen.shape, np.nan)
    pool = np.flatnonzero(~chosen)
    value = float(seat_value(problem, chosen))
    for leaver in np.flatnonzero(chosen):
        rest = chosen.copy()
        rest[leaver] = False
        alike = pool[(np.minimum(problem.offers[pool], problem.offers[leaver]) > 0).any(axis=1)]
        if not alike.size:
            continue
        trials = np.repeat(rest[None, :], alike.size, axis=0)
        trials[np.arange(alike.size), alike] = True
        worth = seat_value(problem, trials)
        best = int(np.argmax(worth))
        index[leaver], loss[leaver] = alike[best], value - worth[best]
    return Substitutes(index, loss)


def choose_seats(problem: SeatProblem, *, time_limit_s: float = 10.0) -> SeatAnswer:
    """Choose the seats of the highest value with HiGHS (one thread, fixed seed).

    Parameters
    ----------
    problem : the choice to be made
    time_limit_s : s, > 0
        When it runs out the best choice so far is returned and `status` says `time_limit`.

    Returns
    -------
    SeatAnswer

    References
    ----------
    huangfu2018
    """
    start = _greedy(problem)
    if problem.offers.shape[0] == 0:
        value = float(seat_value(problem, start))
        return SeatAnswer(start, value, value, 0.0, "optimal")
    columns, status, bound = _solve(problem, start, time_limit_s)
    chosen = _first_of_equals(problem, start if columns is None else columns > 0.5)
    objective = float(seat_value(problem, chosen))
    # The solver stops within its tolerance: its bound may lie a hair below the exact value.
    bound = max(bound, objective) if np.isfinite(bound) else _loose_bound(problem)
    gap = 0.0 if bound - objective < 1e-6 else (bound - objective) / max(abs(objective), 1e-9)
    return SeatAnswer(chosen, objective, bound, min(gap, 1.0), status)


def _value(problem: SeatProblem, supply: Array, counts: Array) -> Array:
    """Covered need minus the penalties of groups outside their limits."""
    # Sums of floats may fall a rounding error below zero once seats are taken away.
    covered = diminishing_coverage(np.maximum(supply, 0.0), problem.steps) @ problem.need_points
    outside = np.maximum(problem.group_min - counts, 0) + np.maximum(counts - problem.group_max, 0)
    value: Array = covered - problem.group_penalty * outside.sum(axis=-1)
    return value


def _shortfall(problem: SeatProblem, n_seats: Array) -> Array:
    short: Array = problem.short_penalty * np.maximum(problem.min_seats - n_seats, 0.0)
    return short


def _greedy(problem: SeatProblem) -> Mask:
    """Add the best seat while it helps: a first answer, so that there always is one."""
    chosen = problem.required.copy()
    value = float(seat_value(problem, chosen))
    while chosen.sum() < problem.max_seats:
        free = np.flatnonzero(~chosen)
        if not free.size:
            break
        trials = np.repeat(chosen[None, :], free.size, axis=0)
        trials[np.arange(free.size), free] = True
        worth = seat_value(problem, trials)
        best = int(np.argmax(worth))
        if worth[best] <= value + _SMALLEST_DIFFERENCE:
            break
        chosen[free[best]], value = True, float(worth[best])
    return chosen


def _first_of_equals(problem: SeatProblem, chosen: Mask) -> Mask:
    """Of candidates that are equal in everything, give the seats to the first in order."""
    alike: dict[bytes, list[int]] = {}
    for i in np.flatnonzero(~problem.required):
        key = np.concatenate(
            [problem.offers[i], problem.seat_points[[i]], problem.groups[:, i].astype(float)]
        ).tobytes()
        alike.setdefault(key, []).append(int(i))
    first = chosen.copy()
    for equals in alike.values():
        n_seats = int(chosen[equals].sum())
        first[equals] = np.arange(len(equals)) < n_seats
    return first


def _loose_bound(problem: SeatProblem) -> float:
    """Return a bound that needs no solver: every need covered, every good seat taken."""
    good = np.where(problem.required, problem.seat_points, np.maximum(problem.seat_points, 0.0))
    return float(problem.need_points.sum() + good.sum())


def _solve(
    problem: SeatProblem, start: Mask, time_limit_s: float
) -> tuple[Array | None, str, float]:
    """Run HiGHS and return the seat columns (None without an answer), its status and its bound."""
    import highspy

    solver = _silent_solver()
    options: dict[str, Any] = {
        "threads": 1,
        "random_seed": 0,
        "time_limit": float(time_limit_s),
        "mip_rel_gap": 1e-7,
        "mip_abs_gap": 1e-7,
    }
    for name, setting in options.items():
        solver.setOptionValue(name, setting)
    solver.passModel(_program(problem))
    first = highspy.HighsSolution()
    first.col_value = _complete(problem, start).tolist()
    solver.setSolution(first)
    solver.run()
    status = solver.getModelStatus()
    name = "optimal" if status == highspy.HighsModelStatus.kOptimal else _words(status.name)
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, name, float("nan")
    columns = np.asarray(solver.getSolution().col_value, dtype=float)
    return columns[: problem.offers.shape[0]], name, float(info.mip_dual_bound)


def _silent_solver() -> Any:
    """Make a solver that prints nothing: standard output belongs to the caller's data."""
    import highspy

    base: Any = highspy.Highs  # its methods carry no types

    class Silent(base):  # type: ignore[misc]
        def enableCallbacks(self) -> Any:  # noqa: N802
            # The constructor calls this, and HiGHS then prints its banner unless silenced before.
            self.setOptionValue("output_flag", False)
            return super().enableCallbacks()

    return Silent()


def _words(enum_name: str) -> str:
    """Turn ``kTimeLimit`` into ``time_limit``."""
    text = enum_name.removeprefix("k")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in text).lstrip("_")


def _complete(problem: SeatProblem, chosen: Mask) -> Array:
    """Fill the helper columns that belong to a choice of seats."""
    seats = chosen.astype(float)
    supply, counts = seats @ problem.offers, seats @ problem.groups.T
    levels = np.clip(supply[:, None] - np.arange(problem.steps.size), 0.0, 1.0)
    return np.concatenate(
        [
            seats,
            levels.ravel(),
            np.maximum(problem.group_min - counts, 0),
            np.maximum(counts - problem.group_max, 0),
            [max(problem.min_seats - seats.sum(), 0.0)],
        ]
    )


def _program(problem: SeatProblem) -> Any:
    """Write the program: columns are seats, need levels, groups below, above, short."""
    import highspy

    rows = _rows(problem)
    n_seats, n_needs = problem.offers.shape
    n_groups, n_levels = problem.groups.shape[0], n_needs * problem.steps.size
    n_columns, infinity = rows.shape[1], highspy.kHighsInf
    free = np.full(n_groups, infinity)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    worth = np.outer(problem.need_points, problem.steps / problem.steps.sum()).ravel()
    penalties = np.full(2 * n_groups, -problem.group_penalty)
    lp.col_cost_ = np.concatenate([problem.seat_points, worth, penalties, [-problem.short_penalty]])
    lp.col_lower_ = np.concatenate([problem.required, np.zeros(n_columns - n_seats)])
    lp.col_upper_ = np.concatenate([np.ones(n_seats + n_levels), free, free, [infinity]])
    seats_from, seats_to = float(problem.min_seats), float(problem.max_seats)
    lp.row_lower_ = np.concatenate(
        [np.full(n_needs, -infinity), problem.group_min, -free, [seats_from, -infinity]]
    )
    lp.row_upper_ = np.concatenate(
        [np.zeros(n_needs), free, problem.group_max, [infinity, seats_to]]
    )
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr, rows.indices
    lp.a_matrix_.value_ = rows.data
    whole = [highspy.HighsVarType.kInteger] * n_seats
    lp.integrality_ = whole + [highspy.HighsVarType.kContinuous] * (n_columns - n_seats)
    return lp


def _rows(problem: SeatProblem) -> Any:
    """Write the rows: supply of each need, group floors, group ceilings, fewest and most seats."""
    from scipy import sparse

    n_seats, n_needs = problem.offers.shape
    n_groups, n_steps = problem.groups.shape[0], problem.steps.size
    n_levels = n_needs * n_steps
    below = n_seats + n_levels
    rows = np.zeros((n_needs + 2 * n_groups + 2, below + 2 * n_groups + 1))
    rows[:n_needs, :n_seats] = -problem.offers.T
    rows[:n_needs, n_seats:below] = np.kron(np.eye(n_needs), np.ones((1, n_steps)))
    floors, ceilings = n_needs, n_needs + n_groups
    rows[floors:ceilings, :n_seats] = problem.groups
    rows[floors:ceilings, below : below + n_groups] = np.eye(n_groups)
    rows[ceilings:-2, :n_seats] = problem.groups
    rows[ceilings:-2, below + n_groups : -1] = -np.eye(n_groups)
    rows[-2:, :n_seats] = 1.0
    rows[-2, -1] = 1.0
    return sparse.csc_matrix(rows)
