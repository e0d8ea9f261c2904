"""Which few new ties connect a network to a required level: greedy, exact, random, and a bound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clusterloom.networks.reach import connected_parts, pairs_within

__all__ = [
    "TieDesign",
    "TieProblem",
    "exact_design",
    "fewest_ties_bound",
    "greedy_design",
    "random_costs",
    "share_path",
]

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_SLACK = 1e-9  # of one pair: sums in another order must reach the same level


@dataclass(frozen=True, eq=False)
class TieProblem:
    """A network, the ties that could be made, what each costs, and the level wanted.

    `ties` and `options` are rows of two node numbers; `costs` has one value > 0 for each option;
    `required_share` is the share of all pairs of nodes that should reach each other, 0..1.
    """

    n_nodes: int
    ties: Ids
    options: Ids
    costs: Array
    required_share: float

    def __post_init__(self) -> None:
        """Refuse what is no such problem.

        Raises
        ------
        ValueError
            If a node number is out of range, a cost is not above 0 or the share not in 0..1.
        """
        for name in ("ties", "options"):
            ends = getattr(self, name)
            if ends.ndim != 2 or ends.shape[1] != 2:
                raise ValueError(
                    f"{name} must be rows of two nodes, but their shape is {ends.shape}"
                )
            if ends.size and not (ends.min() >= 0 and ends.max() < self.n_nodes):
                raise ValueError(f"{name} name a node outside 0..{self.n_nodes - 1}")
        if self.costs.shape != (len(self.options),):
            raise ValueError(
                f"{len(self.options)} options need as many costs, not {self.costs.shape}"
            )
        if not (np.isfinite(self.costs).all() and (self.costs > 0).all()):
            raise ValueError("costs must be finite and above 0")
        if not 0 <= self.required_share <= 1:
            raise ValueError(f"required_share is {self.required_share}, but it lies in 0..1")

    @cached_property
    def parts(self) -> Ids:
        """Part of the network each node is in before any tie is made, (nodes,)."""
        return connected_parts(self.n_nodes, self.ties)

    @cached_property
    def masses(self) -> Ids:
        """Nodes in each part."""
        return np.bincount(self.parts, minlength=0).astype(np.int64)

    @cached_property
    def part_options(self) -> Ids:
        """The options as pairs of parts (lower first); an option inside a part has equal ends."""
        return np.sort(self.parts[self.options], axis=1).reshape(-1, 2)

    @property
    def n_pairs(self) -> float:
        """All pairs of nodes."""
        return self.n_nodes * (self.n_nodes - 1) / 2

    @property
    def required_pairs(self) -> float:
        """Pairs that must reach each other."""
        return self.required_share * self.n_pairs

    @cached_property
    def possible_pairs(self) -> float:
        """Pairs that reach each other once every option is taken."""
        return self.pairs_with(range(len(self.options)))

    def pairs_with(self, chosen: range | list[int]) -> float:
        """Pairs that reach each other with some options taken."""
        taken = self.options[list(chosen)].reshape(-1, 2)
        return pairs_within(connected_parts(self.n_nodes, np.concatenate([self.ties, taken])))


@dataclass(frozen=True)
class TieDesign:
    """Chosen options in the order to make them, what they cost, and how far they lead.

    `status` is ``already`` (nothing to do), ``reached``, ``out_of_budget``, ``not_reachable``
    (not even with all options) or ``not_solved`` (the exact program ran out of time).
    """

    chosen: tuple[int, ...]
    cost: float
    pairs: float
    status: str


def greedy_design(problem: TieProblem, *, budget: float = np.inf) -> TieDesign:
    """Take the tie that joins most new pairs for its cost, again and again; then drop idle ones.

    Parameters
    ----------
    problem : network, options and the level wanted
    budget : unit of the costs, >= 0; ties that no longer fit are passed over

    Returns
    -------
    TieDesign
        Of equally good options the first one is taken. If the level cannot be reached, what leads
        furthest.

    Examples
    --------
    Three nodes alone; one tie joins 1 of 3 pairs, two ties all:

    >>> ends = np.array([[0, 1], [1, 2]])
    >>> problem = TieProblem(3, ends[:0], ends, np.ones(2), 0.3)
    >>> greedy_design(problem).chosen
    (0,)
    """
    part = np.arange(problem.masses.size)
    mass = problem.masses.astype(float)
    ends = problem.part_options
    need, reached = problem.required_pairs - _SLACK, pairs_within(problem.parts)
    chosen: list[int] = []
    left = budget
    while reached < need and len(ends):
        a, b = part[ends[:, 0]], part[ends[:, 1]]
        gain = np.where((a != b) & (problem.costs <= left + _SLACK), mass[a] * mass[b], 0.0)
        best = int(np.argmax(gain / problem.costs))
        if gain[best] <= 0:
            break
        one, other = int(a[best]), int(b[best])
        reached += gain[best]
        mass[one] += mass[other]
        part[part == other] = one
        left -= problem.costs[best]
        chosen.append(best)
    return _finished(problem, _without_idle(problem, chosen), budget)


def exact_design(problem: TieProblem, *, time_limit_s: float = 10.0) -> TieDesign:
    """Find the cheapest set of options that reaches the level, by a mixed-integer program.

    Meant for networks of some 20 parts: the program grows with the cube of their number.

    Parameters
    ----------
    problem : network, options and the level wanted
    time_limit_s : s, > 0

    Returns
    -------
    TieDesign
        ``not_solved`` without options if the cheapest set was not proven in time.

    References
    ----------
    huangfu2018
    """
    from clusterloom.networks.tie_program import cheapest_ties

    if pairs_within(problem.parts) >= problem.required_pairs - _SLACK:
        return _finished(problem, [], np.inf)
    if problem.possible_pairs < problem.required_pairs - _SLACK:
        return _finished(problem, list(range(len(problem.options))), np.inf)
    touched, ends = np.unique(problem.part_options, return_inverse=True)
    untouched = np.delete(problem.masses, touched).astype(float)
    found = cheapest_ties(
        problem.masses[touched],
        ends.reshape(-1, 2),
        problem.costs,
        required_pairs=problem.required_pairs - float((untouched * (untouched - 1) / 2).sum()),
        time_limit_s=time_limit_s,
    )
    if found is None:
        return TieDesign((), 0.0, pairs_within(problem.parts), "not_solved")
    return _finished(problem, _by_gain(problem, found), np.inf)


def random_costs(problem: TieProblem, *, trials: int, seed: int = 0) -> Array:
    """Return what it costs to reach the level by options drawn at random, idle ones passed over.

    Returns
    -------
    (trials,), unit of the costs
        NaN where even all options do not reach the level.
    """
    rng = np.random.default_rng(seed)
    costs = np.full(trials, np.nan)
    if problem.possible_pairs < problem.required_pairs - _SLACK:
        return costs
    ends = problem.part_options.tolist()
    before = pairs_within(problem.parts)
    for trial in range(trials):
        root, mass = list(range(problem.masses.size)), problem.masses.astype(float).tolist()
        reached, spent = before, 0.0
        for option in rng.permutation(len(problem.options)).tolist():
            if reached >= problem.required_pairs - _SLACK:
                break
            one, other = (_root(root, end) for end in ends[option])
            if one != other:
                reached += mass[one] * mass[other]
                mass[one] += mass[other]
                root[other] = one
                spent += float(problem.costs[option])
        costs[trial] = spent
    return costs


def fewest_ties_bound(problem: TieProblem, *, most: int | None = None) -> int | None:
    """Return a number of ties below which no choice of options can reach the level.

    k ties can do no better than to join the k + 1 largest parts; parts that no chain of options
    joins are never joined, so k is shared out among the blocks that options can form.

    Parameters
    ----------
    problem : network, options and the level wanted
    most : look no further than this number of ties; None for no limit

    Returns
    -------
    Number of ties, None if not even all options reach the level; `most` + 1 if more are needed.

    Examples
    --------
    >>> ends = np.array([[0, 1], [1, 2]])
    >>> fewest_ties_bound(TieProblem(3, ends[:0], ends, np.ones(2), 1.0))
    2
    """
    if problem.possible_pairs < problem.required_pairs - _SLACK:
        return None
    blocks = connected_parts(problem.masses.size, problem.part_options)
    start = pairs_within(problem.parts)
    limit = problem.masses.size if most is None else most
    best = np.zeros(1)  # pairs gained at most by k ties, over the blocks so far
    for block in np.flatnonzero(np.bincount(blocks) > 1):  # a block of one part gains nothing
        masses = np.sort(problem.masses[blocks == block])[::-1].astype(float)[: limit + 1]
        joined = np.cumsum(masses)
        gains = (joined**2 - np.cumsum(masses**2)) / 2
        wider = np.zeros(best.size + gains.size - 1)
        for k, gain in enumerate(gains):
            wider[k : k + best.size] = np.maximum(wider[k : k + best.size], best + gain)
        best = wider[: limit + 1]
    enough = np.flatnonzero(start + best >= problem.required_pairs - _SLACK)
    return int(enough[0]) if enough.size else limit + 1


def share_path(problem: TieProblem, chosen: tuple[int, ...]) -> list[float]:
    """Return the share of pairs that reach each other after none, one, two ... chosen ties."""
    total = max(problem.n_pairs, 1.0)
    return [problem.pairs_with(list(chosen[:k])) / total for k in range(len(chosen) + 1)]


def _root(root: list[int], part: int) -> int:
    """Follow a part to the one it was joined to, shortening the way for the next time."""
    while root[part] != part:
        root[part] = root[root[part]]
        part = root[part]
    return part


def _without_idle(problem: TieProblem, chosen: list[int]) -> list[int]:
    """Drop what the level does not need, dearest first; only if the level is reached at all."""
    need = problem.required_pairs - _SLACK
    if problem.pairs_with(chosen) < need:
        return chosen
    kept = list(chosen)
    for option in sorted(chosen, key=lambda o: (-problem.costs[o], -chosen.index(o))):
        fewer = [o for o in kept if o != option]
        if problem.pairs_with(fewer) >= need:
            kept = fewer
    return kept


def _by_gain(problem: TieProblem, chosen: list[int]) -> list[int]:
    """Order options so that each next one joins as many pairs as possible."""
    order: list[int] = []
    rest = sorted(chosen)
    while rest:
        best = max(rest, key=lambda o: (problem.pairs_with([*order, o]), -o))
        order.append(best)
        rest.remove(best)
    return order


def _finished(problem: TieProblem, chosen: list[int], budget: float) -> TieDesign:
    pairs = problem.pairs_with(chosen)
    if pairs_within(problem.parts) >= problem.required_pairs - _SLACK:
        status = "already"
    elif pairs >= problem.required_pairs - _SLACK:
        status = "reached"
    elif problem.possible_pairs < problem.required_pairs - _SLACK:
        status = "not_reachable"
    else:
        status = "out_of_budget" if np.isfinite(budget) else "not_solved"
    return TieDesign(tuple(chosen), float(problem.costs[chosen].sum()), pairs, status)
