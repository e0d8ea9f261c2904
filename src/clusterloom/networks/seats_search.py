"""A first answer to the seat problem without a solver: greedy seats, then single moves and swaps.

Values are kept by need and by group, so that the gain of every candidate follows from what changed
since the last move: tens of thousands of candidates stay a matter of seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_model import (
    TOLERANCE,
    SeatProblem,
    need_value,
)

__all__ = ["improved", "search_seats"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SMALLEST_GAIN = 1e-9
_MOST_SWEEPS = 6


def search_seats(problem: SeatProblem) -> Mask:
    """Seat the required, then the best candidate while it helps, then improve by moves and swaps.

    A choice that breaks hard rules is worth less than any that keeps them, so the search mends
    them first; it may fail to (`seat_allowed` tells).

    Parameters
    ----------
    problem : the choice to be made

    Returns
    -------
    (candidates,)
        True where the candidate gets a seat. Equal gains: the first in order wins.
    """
    return improved(problem, problem.required & ~problem.barred)


def improved(problem: SeatProblem, chosen: Mask, *, sweeps: int = _MOST_SWEEPS) -> Mask:
    """Improve a choice by adding, dropping and swapping seats until no such move helps.

    Parameters
    ----------
    problem : the choice to be made
    chosen : (candidates,)
    sweeps : rounds of swaps at most, >= 0; with 0 seats are only added and dropped

    Returns
    -------
    (candidates,)
        Never worth less than `chosen`.
    """
    state = _State(problem, chosen)
    _fill(state)
    for _ in range(sweeps):
        if not (_drop_idle(state) | _swap(state)):
            return state.chosen
        _fill(state)
    if sweeps == 0:
        _drop_idle(state)
    return state.chosen


def _fill(state: _State) -> None:
    """Add the best candidate while that helps and a seat is left."""
    while state.chosen.sum() < state.problem.max_seats:
        gains = state.gains()
        best = int(np.argmax(gains)) if gains.size else 0
        if not gains.size or gains[best] <= _SMALLEST_GAIN:
            return
        state.add(best)


def _drop_idle(state: _State) -> bool:
    """Take seats away while that helps; say whether it did."""
    moved = False
    while True:
        losses = {int(k): state.loss(int(k)) for k in state.free_members()}
        worst = min(losses, key=lambda k: (losses[k], k), default=None)
        if worst is None or losses[worst] >= -_SMALLEST_GAIN:
            return moved
        state.drop(worst)
        moved = True


def _swap(state: _State) -> bool:
    """Give each seat that is worth little to a better candidate; say whether any changed hands."""
    moved = False
    members = [int(k) for k in state.free_members()]
    for leaver in sorted(members, key=lambda k: (state.loss(k), k)):
        before = state.total()
        state.drop(leaver)
        gains = state.gains()
        best = int(np.argmax(gains))
        if state.total() + gains[best] > before + _SMALLEST_GAIN:
            state.add(best)
            moved = moved or best != leaver
        else:
            state.add(leaver)
    return moved


class _State:
    """A choice with its sums, so that the gain of one more seat is quick to tell."""

    def __init__(self, problem: SeatProblem, chosen: Mask) -> None:
        self.problem = problem
        self.chosen = chosen.copy()
        self.supply: Array = problem.offers[chosen].sum(axis=0)
        self.counts: Array = problem.groups[:, chosen].sum(axis=1).astype(float)
        self.loads = problem.loads
        # Any break of a hard rule outweighs all that seats can be worth.
        self.heavy = 10.0 * (1.0 + _range(problem))
        self.groups: Array = problem.groups.astype(float).T.copy()
        self.partners = _partners(problem)
        self.providers = [np.flatnonzero(column) for column in problem.offers.T]
        self.needs_of = [np.flatnonzero(row) for row in problem.offers]
        total = problem.need_points.sum()
        self.weights = problem.need_points / total if total > 0 else problem.need_points
        n = problem.offers.shape[0]
        self.of_need, self.of_cover = np.zeros(n), np.zeros(n)
        self.by_need, self.by_cover = np.zeros(problem.offers.shape), np.zeros(problem.offers.shape)
        self._refresh(np.arange(problem.offers.shape[1]))

    def free_members(self) -> npt.NDArray[np.int64]:
        """Return positions of who has a seat that it may lose."""
        return np.flatnonzero(self.chosen & ~self.problem.required)

    def total(self) -> float:
        """Return the value of the choice, with its broken rules at their heavy price."""
        problem, members = self.problem, self.chosen
        pairs = members[problem.pairs[:, 0]] & members[problem.pairs[:, 1]]
        return float(
            need_value(problem, self.supply).sum()
            + problem.seat_points[members].sum()
            + problem.pair_points[pairs].sum()
            - self._group_penalty(self.counts).sum()
            - problem.short_penalty * max(problem.min_seats - float(members.sum()), 0.0)
            - self._dependence(np.zeros(1))[0]
            - self.heavy * self._broken(None)[0]
        )

    def gains(self) -> Array:
        """Return what each candidate's seat would add; -inf where it may not be added."""
        problem = self.problem
        n = float(self.chosen.sum())
        gains = self.of_need + problem.seat_points + self._pair_gains()
        crowding = self._group_penalty(self.counts + 1) - self._group_penalty(self.counts)
        gains -= self.groups @ crowding
        gains += problem.short_penalty * (n < problem.min_seats)
        gains -= self._dependence(self.loads) - self._dependence(np.zeros(1))[0]
        gains -= self.heavy * (self._broken(np.arange(gains.size)) - self._broken(None)[0])
        gains[self.chosen | problem.barred] = -np.inf
        return gains

    def loss(self, member: int) -> float:
        """Return what is lost when a member leaves (negative where that helps)."""
        before = self.total()
        self.drop(member, refresh=False)
        after = self.total()
        self.add(member, refresh=False)
        return before - after

    def add(self, k: int, *, refresh: bool = True) -> None:
        """Give a candidate a seat."""
        self._move(k, 1.0, refresh=refresh)

    def drop(self, k: int, *, refresh: bool = True) -> None:
        """Take a member's seat away."""
        self._move(k, -1.0, refresh=refresh)

    def _move(self, k: int, sign: float, *, refresh: bool) -> None:
        self.chosen[k] = sign > 0
        self.supply = np.maximum(self.supply + sign * self.problem.offers[k], 0.0)
        self.counts = self.counts + sign * self.groups[k]
        if refresh:
            self._refresh(self.needs_of[k])

    def _refresh(self, needs: npt.NDArray[np.int64]) -> None:
        """Work out anew what each candidate adds to these needs."""
        for n in needs:
            who = self.providers[n]
            now, after = self.supply[[n]], self.supply[n] + self.problem.offers[who, n]
            before, covered = (_covered(self.problem, supply) for supply in (now, after))
            more = covered - before
            closed = np.maximum(self.problem.floors[n] - before, 0) - np.maximum(
                self.problem.floors[n] - covered, 0
            )
            gain = more * self.problem.need_points[n] + closed * self.problem.floor_points[n]
            self.of_need[who] += gain - self.by_need[who, n]
            self.of_cover[who] += self.weights[n] * (more - self.by_cover[who, n])
            self.by_need[who, n], self.by_cover[who, n] = gain, more

    def _group_penalty(self, counts: Array) -> Array:
        problem = self.problem
        outside = np.maximum(problem.group_min - counts, 0) + np.maximum(
            counts - problem.group_max, 0
        )
        penalty: Array = problem.group_penalty * outside
        return penalty

    def _pair_gains(self) -> Array:
        if self.partners is None:
            return np.zeros(self.chosen.size)
        gains: Array = self.partners @ self.chosen.astype(float)
        return gains

    def _dependence(self, more: Array) -> Array:
        """Penalise the largest member once someone with these loads has joined."""
        problem = self.problem
        if problem.dependence_points <= 0:
            return np.zeros(more.size)
        carried = self.loads[self.chosen]
        largest = np.maximum(carried.max(initial=0.0), more)
        excess = largest - problem.dependence_share * (carried.sum() + more)
        penalty: Array = problem.dependence_points * np.maximum(excess, 0.0)
        return penalty

    def _broken(self, joining: npt.NDArray[np.int64] | None) -> Array:
        """Sum up by how much hard rules are missed, now (None) or once each of these has joined."""
        seats = self.chosen
        broken = np.zeros(1 if joining is None else joining.size)
        for limit in self.problem.limits:
            scale = float(np.abs(limit.weights).max(initial=0.0)) or 1.0
            more = 0.0 if joining is None else limit.weights[joining]
            total = limit.weights[seats].sum() + more
            miss = np.maximum(limit.lower - total, 0) + np.maximum(total - limit.upper, 0)
            broken += np.where(miss > TOLERANCE * scale, miss / scale, 0.0)
        for variety in self.problem.varieties:
            here: Mask = np.asarray(variety.classes[:, seats].any(axis=1))
            present: Array = np.array([float(here.sum())])
            if joining is not None:
                added = np.asarray(variety.classes[:, joining] & ~here[:, None])
                present = present + added.sum(axis=0)
            broken += np.maximum(variety.fewest - present, 0.0)
        if self.problem.least_coverage > 0:
            share = float(_covered(self.problem, self.supply) @ self.weights)
            cover = np.full(broken.shape, share)
            if joining is not None:
                cover += self.of_cover[joining]
            miss = np.maximum(self.problem.least_coverage - cover, 0.0)
            broken += np.where(miss > TOLERANCE, miss, 0.0)
        return broken


def _covered(problem: SeatProblem, supply: Array) -> Array:
    """Return the covered share for different supplies of one need (no checks: called often)."""
    covered: Array = np.zeros(supply.size)
    for level, step in enumerate(problem.steps / problem.steps.sum()):
        covered += step * np.clip(supply - level, 0.0, 1.0)
    return covered


def _partners(problem: SeatProblem) -> Any:
    """Return the candidates x candidates table of pair points, or None without pairs."""
    from scipy import sparse

    if not problem.pairs.size:
        return None
    n = problem.offers.shape[0]
    one, other = problem.pairs.T
    table = sparse.csr_matrix((problem.pair_points, (one, other)), shape=(n, n))
    return table + table.T


def _range(problem: SeatProblem) -> float:
    """Return more than any two choices can differ by in value."""
    n = problem.offers.shape[0]
    penalties = problem.group_penalty * n * max(problem.groups.shape[0], 1)
    return float(
        problem.need_points.sum()
        + problem.floor_points.sum()
        + np.abs(problem.seat_points).sum()
        + problem.pair_points.sum()
        + penalties
        + problem.short_penalty * problem.min_seats
        + problem.dependence_points
    )
