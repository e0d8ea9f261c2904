"""Clusters composed together: who keeps a member that several claim, and how much two may share.

A member claimed by more clusters than it may have seats in stays where it must be, then where it
is core, then where its empty seat would lose most; equals go to the surer cluster. The others are
composed anew without it, until nobody is claimed too often. Of two clusters that share too many of
their other members the less sure one is left out, or composed anew with fewer of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clusterloom.networks.seats import SeatLimit
from clusterloom.networks.seats_losses import marginal_values
from clusterloom.stages._composed import Seating
from clusterloom.stages._seat_rules import overlap_limits

__all__ = ["Sharing", "compose_together"]

_Seat = Callable[[int, frozenset[int], tuple[SeatLimit, ...]], Seating]


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """What clusters may share (stated by the stage).

    `max_clusters_of_member` 0 is no limit; seats in `shared_roles` count for neither limit.
    `overlapping` is ``leave_out`` or ``anew``.
    """

    max_clusters_of_member: int
    shared_roles: tuple[str, ...]
    max_overlap: float
    overlapping: str


def compose_together(n: int, seat: _Seat, sharing: Sharing) -> list[Seating]:
    """Compose n clusters, surest first, so that they share no more than they may.

    Parameters
    ----------
    n : clusters
    seat : composes cluster number j without some organisations (positions), under more limits
    sharing : the limits

    Returns
    -------
    one seating for each cluster; those that gave a member up name it in `given_up`, those left out
    name the cluster they repeat in `same_as`
    """
    taken: list[frozenset[int]] = [frozenset()] * n
    seatings = [seat(j, taken[j], ()) for j in range(n)]
    if sharing.overlapping == "leave_out":
        seatings = _without_repeats(seatings, sharing)
    while losers := _losers(seatings, sharing):
        for j, lost in losers.items():
            taken[j] |= lost
            seatings[j] = seat(j, taken[j], ())
    if sharing.overlapping == "anew":
        for j in range(1, n):
            if any(_shares_too_much(seatings[i], seatings[j], sharing) for i in range(j)):
                full = _at_capacity(seatings, j, sharing)
                limits = _overlaps(seatings[:j], seatings[j], sharing)
                left = _members(seatings[j]) & full  # others of them it never claimed
                anew = seat(j, taken[j] | full, limits)
                seatings[j] = replace(anew, given_up=tuple(sorted(taken[j] | left)))
    return seatings


def _without_repeats(seatings: Sequence[Seating], sharing: Sharing) -> list[Seating]:
    """Mark the clusters that repeat a surer one that stays."""
    kept: list[Seating] = []
    for seating in seatings:
        repeats = [
            one.cluster_id
            for one in kept
            if not one.same_as and _shares_too_much(one, seating, sharing)
        ]
        kept.append(replace(seating, same_as=repeats[0]) if repeats else seating)
    return kept


def _claims(seatings: Sequence[Seating], sharing: Sharing) -> dict[int, list[int]]:
    """Return which clusters claim each organisation with a seat that counts."""
    claims: dict[int, list[int]] = defaultdict(list)
    for j, seating in enumerate(seatings):
        for k in seating.members if not seating.same_as else ():
            if seating.roles[k] not in sharing.shared_roles:
                claims[seating.pool[k]].append(j)
    return claims


def _losers(seatings: Sequence[Seating], sharing: Sharing) -> dict[int, frozenset[int]]:
    """Return what each cluster must give up: cluster to positions of organisations."""
    most = sharing.max_clusters_of_member
    contested = {i: js for i, js in _claims(seatings, sharing).items() if 0 < most < len(js)}
    if not contested:
        return {}
    values = {
        j: marginal_values(seatings[j].problem, seatings[j].answer.chosen)
        for j in sorted({j for js in contested.values() for j in js})
    }
    lost: dict[int, set[int]] = defaultdict(set)
    for i, clusters in contested.items():

        def order(j: int, i: int = i) -> tuple[bool, bool, float, int]:
            seating = seatings[j]
            k = seating.pool.index(i)
            wanted, core = i in seating.wanted, seating.roles[k] == "core"
            return not wanted, not core, -round(float(values[j][k]), 9), j

        for j in sorted(clusters, key=order)[most:]:
            lost[j].add(i)
    return {j: frozenset(found) for j, found in sorted(lost.items())}


def _at_capacity(seatings: Sequence[Seating], j: int, sharing: Sharing) -> frozenset[int]:
    """Return who has all its seats in clusters other than number j."""
    most = sharing.max_clusters_of_member
    others = [one for i, one in enumerate(seatings) if i != j]
    claims = _claims(others, sharing)
    return frozenset(i for i, clusters in claims.items() if 0 < most <= len(clusters))


def _shares_too_much(one: Seating, other: Seating, sharing: Sharing) -> bool:
    first, second = (_own(seating, sharing) for seating in (one, other))
    n_shared = len(first & second)
    return n_shared > sharing.max_overlap * min(len(first), len(second)) + 1e-9


def _overlaps(
    earlier: Sequence[Seating], seating: Seating, sharing: Sharing
) -> tuple[SeatLimit, ...]:
    limits: list[SeatLimit] = []
    counts = np.array([role not in sharing.shared_roles for role in seating.roles])
    for one in earlier:
        if one.members:
            members = _own(one, sharing)
            shared = np.isin(seating.pool, sorted(members)) & counts
            limits += overlap_limits(
                one.cluster_id, (shared, counts), len(members), sharing.max_overlap
            )
    return tuple(limits)


def _own(seating: Seating, sharing: Sharing) -> set[int]:
    """Return the members whose seats count for what clusters share."""
    return {
        seating.pool[k] for k in seating.members if seating.roles[k] not in sharing.shared_roles
    }


def _members(seating: Seating) -> set[int]:
    return {seating.pool[k] for k in seating.members}
