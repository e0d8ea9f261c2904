"""Who meets whom, and when: the best pairs within everybody's capacity, and their rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures._edge_colouring import coloured

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Meetings", "best_pairs", "timetable"]

Vector = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

NOT_MET = 0
_EXACT = 1e-9  # relative; a gap below this is noise of the solver


@dataclass(frozen=True)
class Meetings:
    """Which pairs meet, in which round, and how much better another choice could be.

    `rounds` has the shape (pairs,): 1, 2, ... or 0 for a pair that does not meet (without rounds
    every pair that meets has 1). `value` is the worth of the pairs that meet; `bound` the most
    any choice could reach; `gap` their difference as a share of the bound (0 if it is the best).
    """

    rounds: Ids
    value: float
    bound: float
    gap: float


def best_pairs(
    pairs: Ids,
    worth: Vector,
    capacity: Ids,
    *,
    at_most: int | None = None,
    everyone: bool = False,
    branch_limit: int = 10_000,
) -> Meetings:
    """Choose the pairs of the largest total worth so that nobody has more than its capacity.

    A maximum-weight b-matching, solved as an integer program.

    Parameters
    ----------
    pairs : (pairs, 2), numbers of two different nodes
    worth : (pairs,), any one unit, > 0
    capacity : (nodes,), pairs, >= 0
        Pairs a node may be part of at most.
    at_most : pairs in all, or None for any number
    everyone : whether that as many nodes as possible have a pair goes before the total worth
    branch_limit : branches after which the best choice found so far is returned, with its gap
        Not a time: the same input gives the same choice on every machine.

    Returns
    -------
    Meetings

    Raises
    ------
    ValueError
        If a pair names a node that does not exist or the same node twice, a worth is not above 0,
        or a capacity is negative.

    References
    ----------
    edmonds1965

    Examples
    --------
    The middle pair is worth most, but the two outer ones together are worth more:

    >>> path = np.array([[0, 1], [1, 2], [2, 3]])
    >>> best_pairs(path, np.array([2.0, 3.0, 2.0]), np.ones(4, dtype=int)).rounds.tolist()
    [1, 0, 1]
    """
    ends, value, room = _checked(pairs, worth, capacity)
    program = _Program(ends, value, room, rounds=1, at_most=at_most, once=False)
    return program.solved(everyone=everyone, limits={"node_limit": branch_limit})


def timetable(
    pairs: Ids,
    worth: Vector,
    capacity: Ids,
    *,
    rounds: int,
    everyone: bool = True,
    time_limit_s: float = 20.0,
) -> Meetings:
    """Choose the best pairs and give each a round, nobody twice in a round.

    Pairs are chosen as by `best_pairs` with no more than `rounds` for anybody. If everybody has
    fewer than `rounds`, rounds are always found (Vizing's theorem, by the way of misra1992).
    Otherwise pairs and rounds are chosen together by an integer program.

    Parameters
    ----------
    pairs, worth, capacity, everyone : as for `best_pairs`
    rounds : rounds of the event, >= 1
    time_limit_s : seconds after which the best choice found so far is returned, with its gap

    Returns
    -------
    Meetings
        As few rounds as the way finds are used, beginning with 1.

    Raises
    ------
    ValueError
        As `best_pairs`; if `rounds` is below 1.

    References
    ----------
    misra1992

    Examples
    --------
    Three who all want to meet need three rounds, since one always waits:

    >>> triangle = np.array([[0, 1], [0, 2], [1, 2]])
    >>> sorted(timetable(triangle, np.ones(3), np.full(3, 2), rounds=3).rounds.tolist())
    [1, 2, 3]
    """
    ends, value, room = _checked(pairs, worth, capacity)
    if rounds < 1:
        raise ValueError(f"an event has at least 1 round, but rounds is {rounds}")
    room = np.minimum(room, rounds)
    free = _Program(ends, value, room, rounds=1, at_most=None, once=False)
    limits = {"time_limit": time_limit_s}
    best = free.solved(everyone=everyone, limits=limits)
    chosen = np.flatnonzero(best.rounds)
    found = coloured(ends[chosen], len(room), rounds)
    if found is not None:
        place = np.zeros(len(ends), dtype=np.int64)
        place[chosen] = found
        return Meetings(place, best.value, best.bound, best.gap)
    program = _Program(ends, value, room, rounds=rounds, at_most=None, once=True)
    held = program.solved(everyone=everyone, limits=limits)
    bound = held.bound if everyone else min(held.bound, best.bound)
    return Meetings(held.rounds, held.value, bound, _gap(held.value, bound))


@dataclass(frozen=True)
class _Program:
    """Choose pairs (and rounds: a variable for each pair in each round) by an integer program."""

    ends: Ids
    worth: Vector
    capacity: Ids
    rounds: int
    at_most: int | None
    once: bool  # whether nobody can be in two pairs of one round

    def solved(self, *, everyone: bool, limits: Mapping[str, float]) -> Meetings:
        """Solve it; with `everyone` first for the number of nodes served, then for the worth."""
        nothing = np.zeros(len(self.ends), dtype=np.int64)
        if not len(self.ends) or not self.capacity.any():
            return Meetings(nothing, 0.0, 0.0, 0.0)
        served = 0
        if everyone:
            answer = self._optimum(0, aim="served", limits=limits)
            served = len(np.unique(self.ends[answer[0] > 0]))
        rounds, bound = self._optimum(served, aim="worth", limits=limits)
        value = float(self.worth[rounds > 0].sum())
        bound = max(bound, value)
        return Meetings(rounds, value, bound, _gap(value, bound))

    def _optimum(self, served: int, *, aim: str, limits: Mapping[str, float]) -> tuple[Ids, float]:
        from scipy.optimize import Bounds, LinearConstraint, milp

        n_pairs, n_nodes = len(self.ends), len(self.capacity)
        n_slots = n_pairs * self.rounds
        matrix, most = self._limits(served)
        points = np.zeros(matrix.shape[1])
        if aim == "worth":
            points[:n_slots] = np.tile(self.worth, self.rounds)
        else:
            points[n_slots:] = 1.0
        options: Any = {"mip_rel_gap": 0.0, **limits}
        answer = milp(
            -points,
            constraints=LinearConstraint(matrix, -np.inf, most),
            integrality=np.concatenate([np.ones(n_slots), np.zeros(n_nodes)]),
            bounds=Bounds(0.0, 1.0),
            options=options,
        )
        if answer.x is None:
            # Stopped before any answer: the strongest pairs first are an answer too.
            return self._greedy(), float(self.worth.sum())
        slots = answer.x[:n_slots].reshape(self.rounds, n_pairs) > 0.5
        rounds = np.where(slots.any(axis=0), slots.argmax(axis=0) + 1, NOT_MET)
        dual = getattr(answer, "mip_dual_bound", None)
        bound = float(self.worth.sum()) if dual is None else -float(dual)
        return rounds.astype(np.int64), bound

    def _limits(self, served: int) -> tuple[csr_array, Vector]:
        """Return rows and their upper limits; a column for each slot, then one for each node."""
        from scipy import sparse

        n_pairs, n_nodes = len(self.ends), len(self.capacity)
        pair = np.repeat(np.arange(n_pairs), 2)
        at = sparse.csr_array(
            (np.ones(2 * n_pairs), (self.ends.ravel(), pair)), shape=(n_nodes, n_pairs)
        )
        whole = sparse.hstack([at] * self.rounds)
        none = sparse.csr_array((n_nodes, n_nodes))
        own = sparse.eye_array(n_nodes, format="csr")
        # Capacity; and a node counts as served only if it has a pair.
        rows = [sparse.hstack([whole, none]), sparse.hstack([-whole, own])]
        most = [self.capacity.astype(float), np.zeros(n_nodes)]
        rows.append(
            sparse.csr_array(
                np.concatenate([np.zeros(n_pairs * self.rounds), -np.ones(n_nodes)])[None, :]
            )
        )
        most.append(np.array([-float(served)]))
        if self.at_most is not None:
            every = np.concatenate([np.ones(n_pairs * self.rounds), np.zeros(n_nodes)])
            rows.append(sparse.csr_array(every[None, :]))
            most.append(np.array([float(self.at_most)]))
        if self.once:
            in_round = sparse.csr_array(sparse.kron(sparse.eye_array(self.rounds), at))
            blank = sparse.csr_array((n_nodes * self.rounds, n_nodes))
            rows.append(sparse.hstack([in_round, blank]))
            most.append(np.ones(n_nodes * self.rounds))
            single = sparse.csr_array(sparse.hstack([sparse.eye_array(n_pairs)] * self.rounds))
            rows.append(sparse.hstack([single, sparse.csr_array((n_pairs, n_nodes))]))
            most.append(np.ones(n_pairs))
        return sparse.csr_array(sparse.vstack(rows)), np.concatenate(most)

    def _greedy(self) -> Ids:
        rounds = np.zeros(len(self.ends), dtype=np.int64)
        left = self.capacity.copy()
        busy: set[tuple[int, int]] = set()
        total = len(self.ends) if self.at_most is None else self.at_most
        for pair in np.argsort(-self.worth, kind="stable"):
            a, b = (int(end) for end in self.ends[pair])
            free = [
                r
                for r in range(1, self.rounds + 1)
                if not self.once or ((a, r) not in busy and (b, r) not in busy)
            ]
            if free and min(left[a], left[b]) > 0 and np.count_nonzero(rounds) < total:
                rounds[pair] = free[0]
                left[[a, b]] -= 1
                busy |= {(a, free[0]), (b, free[0])}
        return rounds


def _gap(value: float, bound: float) -> float:
    gap = (bound - value) / bound if bound > 0 else 0.0
    return gap if gap > _EXACT else 0.0


def _checked(pairs: Ids, worth: Vector, capacity: Ids) -> tuple[Ids, Vector, Ids]:
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    value, room = np.asarray(worth, dtype=float), np.asarray(capacity, dtype=np.int64)
    if value.shape != (len(ends),):
        raise ValueError(f"{len(ends)} pairs need as many worths, but there are {value.shape}")
    if len(ends) and not (ends.min() >= 0 and ends.max() < len(room)):
        raise ValueError(f"pairs must name nodes 0 .. {len(room) - 1}, but name {ends.max()}")
    if (ends[:, 0] == ends[:, 1]).any():
        raise ValueError("a pair must join two different nodes")
    if not (value > 0).all() or not np.isfinite(value).all():
        raise ValueError(f"worths must be > 0 and finite, but the smallest is {value.min():g}")
    if (room < 0).any():
        raise ValueError(f"capacity must be >= 0, but the smallest is {room.min()}")
    return ends, value, room
