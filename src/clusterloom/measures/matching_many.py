"""Who goes with whom when either side may have several partners."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["match_many", "stable_many", "within_load"]

Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def match_many(value: Matrix, *, row_capacity: int, column_capacity: int) -> Flags:
    """Choose pairs worth most in total, no row or column in more pairs than it has room for.

    With room for one on both sides this is the assignment problem (kuhn1955). With more it is a
    transport problem with every pair taken at most once; its linear program has a whole-numbered
    solution (huangfu2018 solves it).

    Parameters
    ----------
    value : (rows, columns), any one unit
        Pairs of value 0 or less, or NaN, are never taken.
    row_capacity, column_capacity : >= 0
        Pairs each row and each column can be in.

    Returns
    -------
    (rows, columns), bool

    Raises
    ------
    ValueError
        If a capacity is negative, or a value infinite.

    References
    ----------
    kuhn1955
    huangfu2018

    Examples
    --------
    >>> match_many(np.array([[3.0, 2.0], [2.0, 0.0]]), row_capacity=1, column_capacity=1)
    array([[False,  True], [ True, False]])
    >>> match_many(np.array([[3.0, 2.0], [2.0, 0.0]]), row_capacity=2, column_capacity=2)
    array([[ True,  True], [ True, False]])
    """
    worth = np.nan_to_num(np.asarray(value, dtype=float), nan=0.0, posinf=np.inf)
    if worth.ndim != 2 or np.isinf(worth).any():
        raise ValueError(f"value must be a finite matrix, but its shape is {worth.shape}")
    _checked_room(row_capacity, column_capacity)
    chosen = np.zeros(worth.shape, dtype=bool)
    rows, columns = np.nonzero(worth > 0)
    if not rows.size or not row_capacity or not column_capacity:
        return chosen
    if row_capacity == column_capacity == 1:
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(-np.maximum(worth, 0.0))
        chosen[rows, columns] = worth[rows, columns] > 0
        return chosen
    from scipy import sparse
    from scipy.optimize import linprog

    n = np.arange(rows.size)
    ones = np.ones(rows.size)
    by_row: Any = sparse.csr_array((ones, (rows, n)), shape=(worth.shape[0], rows.size))
    by_column: Any = sparse.csr_array((ones, (columns, n)), shape=(worth.shape[1], rows.size))
    room = np.repeat([float(row_capacity), float(column_capacity)], worth.shape)
    answer: Any = linprog(
        -worth[rows, columns],
        A_ub=sparse.vstack([by_row, by_column]),
        b_ub=room,
        bounds=(0, 1),
        method="highs-ds",  # simplex: ends on a vertex, and every vertex is whole-numbered
    )
    if answer.x is None:  # cannot be: taking nobody is always allowed
        raise ValueError(f"the linear program was not solved: {answer.message}")
    chosen[rows, columns] = answer.x > 0.5
    return chosen


def stable_many(
    row_wish: Matrix, column_wish: Matrix, *, row_capacity: int, column_capacity: int
) -> Flags:
    """Match so that no row and column would both rather have each other than one they got.

    Deferred acceptance in which either side may hold several partners: rows ask in the order of
    their wishes while they have room, columns keep the best so far. The result is pairwise stable,
    and of all such matchings the best for the rows (roth1984). Equal wishes are told apart by the
    lower number.

    Parameters
    ----------
    row_wish, column_wish : (rows, columns), any unit, higher is preferred
        NaN where one is not acceptable to the other.
    row_capacity, column_capacity : >= 0
        Pairs each row and each column can be in.

    Returns
    -------
    (rows, columns), bool

    Raises
    ------
    ValueError
        If the shapes differ, a wish is infinite, or a capacity negative.

    References
    ----------
    gale1962
    roth1984

    Examples
    --------
    Both rows want column 0, which prefers row 1:

    >>> wish = np.array([[2.0, 1.0], [2.0, 1.0]])
    >>> welcome = np.array([[1.0, 1.0], [2.0, 1.0]])
    >>> stable_many(wish, welcome, row_capacity=1, column_capacity=1)
    array([[False,  True], [ True, False]])
    """
    wish, welcome = np.asarray(row_wish, dtype=float), np.asarray(column_wish, dtype=float)
    if wish.ndim != 2 or wish.shape != welcome.shape:
        raise ValueError(f"both wishes need one shape, but they are {wish.shape}, {welcome.shape}")
    if np.isinf(wish).any() or np.isinf(welcome).any():
        raise ValueError("wishes must be finite; mark the unacceptable NaN")
    _checked_room(row_capacity, column_capacity)
    chosen = np.zeros(wish.shape, dtype=bool)
    if not row_capacity or not column_capacity:
        return chosen
    possible = ~np.isnan(wish) & ~np.isnan(welcome)
    order = np.argsort(np.where(possible, -wish, np.inf), axis=1, kind="stable")
    asks = [row[:n].tolist() for row, n in zip(order, possible.sum(axis=1), strict=True)]
    asked = [0] * len(asks)
    # The worst of those a column holds comes first: lowest wish, then highest number.
    held: list[list[tuple[float, int]]] = [[] for _ in range(wish.shape[1])]
    free = [row for row in reversed(range(len(asks))) for _ in range(row_capacity)]
    while free:
        row = free.pop()
        if asked[row] == len(asks[row]):
            continue
        column = asks[row][asked[row]]
        asked[row] += 1
        bid = (float(welcome[row, column]), -row)
        if len(held[column]) < column_capacity:
            heapq.heappush(held[column], bid)
        else:
            free.append(-heapq.heappushpop(held[column], bid)[1])
    for column, bids in enumerate(held):
        chosen[[-number for _, number in bids], column] = True
    return chosen


def within_load(value: Matrix, ends: Ids, *, capacity: int) -> Flags:
    """Keep the pairs worth most in total so that nobody is in more of them than it has room for.

    The pairs may join anybody with anybody, not only two sides: a largest b-matching of a graph,
    solved as an integer program (edmonds1965 shows why the linear one does not do: three who are
    all pairs of each other share one and a half).

    Parameters
    ----------
    value : (pairs,), any one unit, > 0
    ends : (pairs, 2), numbers of the two in each pair
    capacity : >= 0
        Pairs that each can be in.

    Returns
    -------
    (pairs,), bool

    Raises
    ------
    ValueError
        If a value is not above 0, or the capacity negative.

    References
    ----------
    edmonds1965
    huangfu2018

    Examples
    --------
    Three who are all pairs of each other, with room for one each: the best pair is kept.

    >>> ends = np.array([[0, 1], [1, 2], [0, 2]])
    >>> within_load(np.array([3.0, 2.0, 2.5]), ends, capacity=1)
    array([ True, False, False])
    """
    worth, pairs = np.asarray(value, dtype=float), np.asarray(ends, dtype=np.int64)
    if not (worth > 0).all() or np.isinf(worth).any():
        raise ValueError("the value of every pair must be finite and above 0")
    _checked_room(capacity, capacity)
    if not worth.size or not capacity:
        return np.zeros(worth.size, dtype=bool)
    load = np.bincount(pairs.ravel())
    if load.max() <= capacity:
        return np.ones(worth.size, dtype=bool)
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    number = np.repeat(np.arange(worth.size), 2)
    shape = (load.size, worth.size)
    taking: Any = sparse.csr_array((np.ones(number.size), (pairs.ravel(), number)), shape=shape)
    answer: Any = milp(
        -worth,
        integrality=np.ones(worth.size, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(taking, -np.inf, capacity),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:  # cannot be: keeping nothing is always allowed
        raise ValueError(f"the integer program was not solved: {answer.message}")
    kept: Flags = answer.x > 0.5
    return kept


def _checked_room(row_capacity: int, column_capacity: int) -> None:
    if row_capacity < 0 or column_capacity < 0:
        raise ValueError(f"capacities must be >= 0, but they are {row_capacity}, {column_capacity}")
