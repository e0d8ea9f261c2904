"""Who does what, dealt anew so that everybody and every field keep their numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["rewired"]

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ROUNDS = 200  # of repair; some dozen are usual
_SWEEPS = 30  # of exchanges where a group is so full that repair fails


def rewired(
    column: Index, first: Index, *, group: Index, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Deal the columns out anew among the entries of a group, none twice to a row.

    Columns are shuffled within each group. Where a row gets a column twice, one of the two changes
    hands with an entry drawn from the whole group that neither row has yet, until no row has any
    twice. So every row keeps its number of columns and every column its number of rows in each
    group, exactly: a random graph of given degrees. All graphs of these degrees can occur; those
    that need repair more often are only nearly as frequent as the others. In a group so full that
    no exchange is left the given entries are exchanged at random instead.

    Parameters
    ----------
    column : (entries,), >= 0
        Row after row, no column twice in a row.
    first : (rows + 1,)
        Where each row begins in `column`.
    group : (rows,), >= 0
        Rows of one group exchange columns.

    Returns
    -------
    (entries,), in the same order

    References
    ----------
    maslov2002

    Examples
    --------
    Two rows of two columns each, of four: whatever is dealt, no row has a column twice.

    >>> dealt = rewired(np.array([0, 1, 0, 2]), np.array([0, 2, 4]), group=np.zeros(2, int),
    ...                 random=np.random.default_rng(0))
    >>> sorted(dealt.tolist()), bool(dealt[0] != dealt[1]), bool(dealt[2] != dealt[3])
    ([0, 0, 1, 2], True, True)
    """
    row = np.repeat(np.arange(len(first) - 1), np.diff(first))
    order = np.argsort(group[row], kind="stable")
    start = np.searchsorted(group[row][order], np.arange(int(group.max(initial=-1)) + 2))
    dealt = column.astype(np.int64)
    for begin, end in pairwise(start):
        dealt[order[begin:end]] = random.permutation(column[order[begin:end]])
    twice = _repeated(dealt, row)
    for _ in range(_ROUNDS):
        if not len(twice):
            return dealt
        twice = random.permutation(twice)
        owner = group[row[twice]]
        step = random.random(len(twice)) * (start[owner + 1] - start[owner])
        other = order[start[owner] + step.astype(np.int64)]
        twice = twice[~_exchange(dealt, first, row, twice, other)]
    for full in np.unique(group[row[twice]]).tolist():
        own = order[start[full] : start[full + 1]]
        dealt[own] = column[own]
        for _ in range(_SWEEPS):
            mixed = random.permutation(own)
            half = len(own) // 2
            _exchange(dealt, first, row, mixed[:half], mixed[half : 2 * half])
    return dealt


def _repeated(column: Index, row: Index) -> Index:
    """Entries whose row has their column already."""
    key = row * (int(column.max(initial=0)) + 1) + column
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order][1:] == key[order][:-1]) + 1
    return order[again]


def _exchange(column: Index, first: Index, row: Index, one: Index, other: Index) -> Mask:
    """Exchange columns of pairs of entries in place where neither row has the other's yet."""
    # A row takes part in one exchange at a time, so that exchanges do not meet.
    rows = np.stack([row[one], row[other]], axis=1).ravel()
    _, earliest = np.unique(rows, return_index=True)
    alone = np.zeros(len(rows), dtype=bool)
    alone[earliest] = True
    fits: Mask = alone[0::2] & alone[1::2]
    tried = np.flatnonzero(fits)
    a, b = one[tried], other[tried]
    taken = _has(column, first, row[a], column[b]) | _has(column, first, row[b], column[a])
    fits[tried] = ~taken
    a, b = one[fits], other[fits]
    column[a], column[b] = column[b], column[a]
    return fits


def _has(column: Index, first: Index, row: Index, value: Index) -> Mask:
    """Which rows have a value among their columns."""
    length = first[row + 1] - first[row]
    asked = np.repeat(np.arange(len(row)), length)
    entry = np.arange(len(asked)) + np.repeat(first[row] - (np.cumsum(length) - length), length)
    same = column[entry] == value[asked]
    found: Mask = np.bincount(asked[same], minlength=len(row)) > 0
    return found
