"""The seat problem on arrays: what there is to choose from, what a choice is worth, what binds it.

The value of a set of seats is the covered need, plus what each seat and each pair of seats is worth
by itself, minus stated penalties for soft rules that are not met. Hard rules are limits: a choice
that breaks one is not allowed, whatever it is worth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clusterloom.measures.coverage import diminishing_coverage

__all__ = [
    "SeatAnswer",
    "SeatLimit",
    "SeatProblem",
    "SeatVariety",
    "covered_share",
    "need_value",
    "seat_allowed",
    "seat_value",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

TOLERANCE = 1e-7  # a limit counts as kept when it is missed by less than this


def _no_pairs() -> Index:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatLimit:
    """A hard limit: the weights of the chosen seats must sum to `lower` .. `upper`.

    Parameters
    ----------
    name : how the caller calls the rule
    weights : (candidates,), the limit's own unit
        1 for each candidate that counts (a limit of seats), or a cost (a limit of money).
    lower, upper : the limit's own unit; -inf and inf where that side is open
    """

    name: str
    weights: Array
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatVariety:
    """A hard limit: at least `fewest` of the classes have a member among the chosen.

    Parameters
    ----------
    name : how the caller calls the rule
    classes : (classes, candidates)
        True where the candidate belongs to the class.
    fewest : classes, >= 0
    """

    name: str
    classes: Mask
    fewest: int


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatProblem:
    """What there is to choose from, what a choice is worth, and what binds it.

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
    barred : (candidates,)
        True where the candidate gets no seat; empty stands for nobody.
    floors : (needs,), share, 0 .. 1
        Covered share below which a need costs a penalty; empty stands for none.
    floor_points : (needs,), objective points per share missing below the floor, >= 0
    least_coverage : share, 0 .. 1
        Hard: share of all need points that must be covered.
    pairs : (pairs, 2), positions of two candidates
    pair_points : (pairs,), objective points, >= 0
        What it is worth that both have a seat.
    dependence_share : share, 0 .. 1
        A member may carry this share of all that the members offer (offers weighed by need).
    dependence_points : objective points, >= 0
        Penalty for the weighed offer of the largest member beyond that share.
    limits, varieties : hard rules
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
    barred: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))
    floors: Array = field(default_factory=lambda: np.zeros(0))
    floor_points: Array = field(default_factory=lambda: np.zeros(0))
    least_coverage: float = 0.0
    pairs: Index = field(default_factory=_no_pairs)
    pair_points: Array = field(default_factory=lambda: np.zeros(0))
    dependence_share: float = 1.0
    dependence_points: float = 0.0
    limits: tuple[SeatLimit, ...] = ()
    varieties: tuple[SeatVariety, ...] = ()

    def __post_init__(self) -> None:
        n_candidates, n_needs = self.offers.shape
        empty = {
            "barred": np.zeros(n_candidates, dtype=bool),
            "floors": np.zeros(n_needs),
            "floor_points": np.zeros(n_needs),
        }
        for name, nothing in empty.items():
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, nothing)
        self._check_shapes()
        self._check_values()

    def _check_shapes(self) -> None:
        n_candidates, n_needs = self.offers.shape
        n_groups, n_pairs = self.groups.shape[0], self.pairs.shape[0]
        shapes = [
            ("need_points", self.need_points, (n_needs,)),
            ("seat_points", self.seat_points, (n_candidates,)),
            ("required", self.required, (n_candidates,)),
            ("barred", self.barred, (n_candidates,)),
            ("groups", self.groups, (n_groups, n_candidates)),
            ("group_min", self.group_min, (n_groups,)),
            ("group_max", self.group_max, (n_groups,)),
            ("floors", self.floors, (n_needs,)),
            ("floor_points", self.floor_points, (n_needs,)),
            ("pairs", self.pairs, (n_pairs, 2)),
            ("pair_points", self.pair_points, (n_pairs,)),
        ]
        shapes += [(f"limit {one.name}", one.weights, (n_candidates,)) for one in self.limits]
        shapes += [
            (f"variety {one.name}", one.classes, (one.classes.shape[0], n_candidates))
            for one in self.varieties
        ]
        for name, values, expected in shapes:
            if values.shape != expected:
                raise ValueError(f"{name} has shape {values.shape}, expected {expected}")

    def _check_values(self) -> None:
        penalties = (self.group_penalty, self.short_penalty, self.dependence_points)
        points = (self.need_points, self.floor_points, self.pair_points)
        if min(penalties) < 0 or any((values < 0).any() for values in points):
            raise ValueError("need points, pair points and penalties must be >= 0")
        if self.offers.size and not (self.offers.min() >= 0 and self.offers.max() <= 1):
            raise ValueError(
                f"offers must lie in 0..1, but lie in {self.offers.min():g}..{self.offers.max():g}"
            )
        names = [one.name for one in self.limits] + [one.name for one in self.varieties]
        if len(set(names)) < len(names):
            raise ValueError(f"hard rules must have names of their own, but are called {names}")
        for name in ("least_coverage", "dependence_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, but is {getattr(self, name):g}")
        if self.pairs.size and (self.pairs[:, 0] == self.pairs[:, 1]).any():
            raise ValueError("a pair must name two different candidates")

    @property
    def loads(self) -> Array:
        """What each candidate offers, weighed by need: (candidates,), share of all need."""
        total = self.need_points.sum()
        loads: Array = self.offers @ (self.need_points / total if total > 0 else self.need_points)
        return loads


@dataclass(frozen=True, eq=False)
class SeatAnswer:
    """The chosen seats and how sure it is that nothing better exists.

    `objective` is computed from `chosen` by `seat_value`, not taken from the solver; `bound` is the
    solver's proof that no allowed choice is worth more; `optimality_gap` is their distance relative
    to the objective's size. Where no choice keeps the hard rules, `status` is ``infeasible``,
    nobody is chosen, and objective, bound and gap are NaN.
    """

    chosen: Mask
    objective: float
    bound: float
    optimality_gap: float
    status: str

    @property
    def is_found(self) -> bool:
        """Whether there is a choice that keeps the hard rules."""
        return bool(np.isfinite(self.objective))


def need_value(problem: SeatProblem, supply: Array) -> Array:
    """Value the supply of each need: covered share times points, minus what misses its floor.

    Parameters
    ----------
    problem : the choice to be made
    supply : (..., needs), full providers, >= 0

    Returns
    -------
    (..., needs), objective points
    """
    # Sums of floats may fall a rounding error below zero once seats are taken away.
    covered = diminishing_coverage(np.maximum(supply, 0.0), problem.steps)
    missing = np.maximum(problem.floors - covered, 0.0)
    value: Array = covered * problem.need_points - missing * problem.floor_points
    return value


def seat_value(problem: SeatProblem, chosen: Mask) -> Array:
    """Value one or many choices by the same objective that the solver maximises.

    Parameters
    ----------
    problem : the choice to be made
    chosen : (..., candidates)
        True where the candidate gets a seat; leading axes are separate choices. Hard rules are
        not checked here: see `seat_allowed`.

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
    counts = seats @ problem.groups.T
    outside = np.maximum(problem.group_min - counts, 0) + np.maximum(counts - problem.group_max, 0)
    short = np.maximum(problem.min_seats - seats.sum(axis=-1), 0.0)
    value: Array = (
        need_value(problem, seats @ problem.offers).sum(axis=-1)
        + seats @ problem.seat_points
        - problem.group_penalty * outside.sum(axis=-1)
        - problem.short_penalty * short
    )
    if problem.pairs.size:
        both = seats[..., problem.pairs[:, 0]] * seats[..., problem.pairs[:, 1]]
        value = value + both @ problem.pair_points
    if problem.dependence_points > 0 and problem.loads.size:
        carried = seats * problem.loads
        excess = carried.max(axis=-1) - problem.dependence_share * carried.sum(axis=-1)
        value = value - problem.dependence_points * np.maximum(excess, 0.0)
    return value


def covered_share(problem: SeatProblem, chosen: Mask) -> Array:
    """Share of all need points that one or many choices cover: (...), 0 .. 1."""
    total = problem.need_points.sum()
    supply = np.maximum(np.asarray(chosen, dtype=float) @ problem.offers, 0.0)
    covered = diminishing_coverage(supply, problem.steps)
    share: Array = covered @ (problem.need_points / total if total > 0 else problem.need_points)
    return share


def seat_allowed(problem: SeatProblem, chosen: Mask) -> Mask:
    """Say of one or many choices whether they keep every hard rule.

    Parameters
    ----------
    problem : the choice to be made
    chosen : (..., candidates)

    Returns
    -------
    (...)
        True where the required have their seats, the barred none, and every limit is kept.
    """
    seats = np.asarray(chosen, dtype=bool)
    numbers = seats.astype(float)
    has_required = (seats | ~problem.required).all(axis=-1)
    allowed: Mask = np.asarray(has_required & ~(seats & problem.barred).any(axis=-1))
    allowed = allowed & (numbers.sum(axis=-1) <= problem.max_seats)
    if problem.least_coverage > 0:
        allowed = allowed & (covered_share(problem, seats) >= problem.least_coverage - TOLERANCE)
    for limit in problem.limits:
        slack = TOLERANCE * max(1.0, float(np.abs(limit.weights).max(initial=0.0)))
        total = numbers @ limit.weights
        allowed = allowed & (total >= limit.lower - slack) & (total <= limit.upper + slack)
    for variety in problem.varieties:
        present = (numbers @ variety.classes.T > 0).sum(axis=-1)
        allowed = allowed & (present >= variety.fewest)
    return allowed
