"""Who goes with whom: stable matching of two sides, and the cheapest assignment."""

from __future__ import annotations

import heapq
from typing import cast

import numpy as np
import numpy.typing as npt

__all__ = ["assign", "blocking_pairs", "stable_matching"]

Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

UNMATCHED = -1


def stable_matching(
    proposer_score: Matrix, receiver_score: Matrix, *, capacity: Ids | None = None
) -> Ids:
    """Match so that no two would both rather have each other than whom they got.

    Deferred acceptance: proposers ask in the order of their scores, receivers keep the best so far.
    Of all stable matchings each proposer gets the best partner it has in any, and each receiver
    with capacity 1 the worst. Equal scores are told apart by the lower number: a matching stable
    under these strict orders, and weakly stable under the scores as given.

    Parameters
    ----------
    proposer_score : (proposers, receivers), any unit, higher is preferred
        NaN where a receiver is not acceptable to the proposer.
    receiver_score : (proposers, receivers), any unit, higher is preferred
        NaN where a proposer is not acceptable to the receiver. Same axes as `proposer_score`.
    capacity : (receivers,), >= 0, or None
        How many proposers each receiver can take; None for one each.

    Returns
    -------
    (proposers,), receiver of each proposer
        -1 for a proposer that stays alone. The set of those who stay alone is the same in every
        stable matching of strict preferences.

    Raises
    ------
    ValueError
        If the shapes differ, a score is infinite, or a capacity is negative.

    References
    ----------
    gale1962
    roth1986

    Examples
    --------
    Both want receiver 0, who prefers proposer 1:

    >>> stable_matching(np.array([[2.0, 1.0], [2.0, 1.0]]), np.array([[1.0, 1.0], [2.0, 1.0]]))
    array([1, 0])
    """
    wish, welcome, room = _checked(proposer_score, receiver_score, capacity)
    possible = ~np.isnan(wish) & ~np.isnan(welcome) & (room > 0)
    order = np.argsort(np.where(possible, -wish, np.inf), axis=1, kind="stable")
    wishes = [row[:n].tolist() for row, n in zip(order, possible.sum(axis=1), strict=True)]
    matched = np.full(len(wish), UNMATCHED, dtype=np.int64)
    # The worst of those a receiver holds comes first: lowest score, then highest number.
    held: list[list[tuple[float, int]]] = [[] for _ in room]
    asked = [0] * len(wish)
    free = list(range(len(wish)))
    while free:
        proposer = free.pop()
        if asked[proposer] == len(wishes[proposer]):
            continue
        receiver = wishes[proposer][asked[proposer]]
        asked[proposer] += 1
        bid = (float(welcome[proposer, receiver]), -proposer)
        if len(held[receiver]) < room[receiver]:
            heapq.heappush(held[receiver], bid)
        else:
            refused = -heapq.heappushpop(held[receiver], bid)[1]
            matched[refused] = UNMATCHED
            free.append(refused)
            if refused == proposer:
                continue
        matched[proposer] = receiver
    return matched


def blocking_pairs(
    proposer_score: Matrix,
    receiver_score: Matrix,
    matched: Ids,
    *,
    capacity: Ids | None = None,
) -> Ids:
    """List the pairs who would both strictly rather have each other than what they got.

    Parameters
    ----------
    proposer_score, receiver_score, capacity : as for `stable_matching`
    matched : (proposers,), receiver of each proposer, -1 for none

    Returns
    -------
    (pairs, 2), proposer and receiver, in rising order; empty if the matching is stable

    Raises
    ------
    ValueError
        As `stable_matching`; if `matched` breaks a capacity, joins two of whom one is not
        acceptable to the other, or names a receiver that does not exist.

    References
    ----------
    gale1962

    Examples
    --------
    >>> score = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> blocking_pairs(score, score, np.array([1, 0])).tolist()
    [[0, 0], [1, 1]]
    """
    wish, welcome, room = _checked(proposer_score, receiver_score, capacity)
    pair = np.asarray(matched, dtype=np.int64)
    proposers, receivers = wish.shape
    if pair.shape != (proposers,) or ((pair < UNMATCHED) | (pair >= receivers)).any():
        raise ValueError(
            f"matched must name a receiver 0 .. {receivers - 1} or -1 for each of "
            f"{proposers} proposers, but it is {pair.tolist()}"
        )
    together = np.flatnonzero(pair >= 0)
    partner = pair[together]
    load = np.bincount(partner, minlength=receivers)
    if (load > room).any():
        full = int(np.argmax(load - room))
        raise ValueError(f"receiver {full} has {load[full]} partners, but room for {room[full]}")
    got = np.full(proposers, -np.inf)
    got[together] = wish[together, partner]
    if np.isnan(got).any() or np.isnan(welcome[together, partner]).any():
        raise ValueError("matched joins two of whom one is not acceptable (NaN) to the other")
    worst = np.where(load < room, -np.inf, np.inf)
    np.minimum.at(worst, partner, welcome[together, partner])
    # NaN compares as false: who is not acceptable blocks nothing.
    return np.argwhere((wish > got[:, None]) & (welcome > worst)).astype(np.int64)


def assign(cost: Matrix, *, capacity: Ids | None = None) -> Ids:
    """Give each row one column so that as many as possible are served, at least total cost.

    Serving one more row goes before any saving. Nobody's wish is heard: two can be better off
    by leaving the assignment, see `stable_matching`.

    Parameters
    ----------
    cost : (rows, columns), any one unit, any sign, lower is better
        NaN where the row cannot have the column. Give -value to maximise a value.
    capacity : (columns,), >= 0, or None
        How many rows each column can serve; None for one each.

    Returns
    -------
    (rows,), column of each row, -1 for a row that stays out

    Raises
    ------
    ValueError
        If a cost is infinite, a capacity negative or of another length.

    References
    ----------
    kuhn1955

    Examples
    --------
    >>> assign(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]]))
    array([1, 0, 2])
    """
    from scipy.optimize import linear_sum_assignment

    given = np.asarray(cost, dtype=float)
    if given.ndim != 2 or np.isinf(given).any():
        raise ValueError(
            f"cost must be a matrix without infinities, but its shape is {given.shape}; "
            "mark what is impossible by NaN"
        )
    rows = len(given)
    room = np.minimum(_checked_capacity(capacity, given.shape[1]), rows)
    seat = np.repeat(np.arange(given.shape[1]), room)
    known = given[~np.isnan(given)]
    assigned = np.full(rows, UNMATCHED, dtype=np.int64)
    if not known.size or not len(seat):
        return assigned
    # Costs from 0 to 1; staying out costs more than any change among all others can save, and an
    # impossible pair more than staying out, so none is ever taken.
    scale = np.ptp(known) or 1.0
    scaled = np.nan_to_num((given - known.min()) / scale, nan=2.0 * (rows + 1))
    alone = np.full((rows, rows), rows + 1.0)
    chosen = linear_sum_assignment(np.hstack([scaled[:, seat], alone]))[1]
    served = chosen < len(seat)
    assigned[served] = seat[chosen[served]]
    return assigned


def _checked(
    proposer_score: Matrix, receiver_score: Matrix, capacity: Ids | None
) -> tuple[Matrix, Matrix, Ids]:
    wish, welcome = np.asarray(proposer_score, dtype=float), np.asarray(receiver_score, dtype=float)
    if wish.ndim != 2 or wish.shape != welcome.shape:
        raise ValueError(
            f"both scores must be of shape (proposers, receivers), but they are "
            f"{wish.shape} and {welcome.shape}"
        )
    if np.isinf(wish).any() or np.isinf(welcome).any():
        raise ValueError("scores must be finite, but there is infinity; mark the unacceptable NaN")
    return wish, welcome, _checked_capacity(capacity, wish.shape[1])


def _checked_capacity(capacity: Ids | None, receivers: int) -> Ids:
    if capacity is None:
        return np.ones(receivers, dtype=np.int64)
    room = np.asarray(capacity)
    if room.shape != (receivers,) or not np.issubdtype(room.dtype, np.integer):
        raise ValueError(f"capacity must be {receivers} whole numbers, but it is {room.tolist()}")
    if (room < 0).any():
        raise ValueError(f"capacity must be >= 0, but the smallest is {room.min()}")
    return cast(Ids, room.astype(np.int64))
