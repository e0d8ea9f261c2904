"""The smallest groups that together cover everything, and the best ones where none does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

__all__ = ["best_cover", "minimal_covers"]


def minimal_covers(covered: Sequence[int], everything: int, *, most: int) -> list[tuple[int, ...]]:
    """List the groups that cover everything and of which nobody can be left out.

    Parameters
    ----------
    covered : one bit mask for each candidate: what it covers
    everything : the bits to be covered
    most : candidates in a group at most, >= 1

    Returns
    -------
    Groups of candidate numbers, the smallest first, in order of number. With nothing to cover the
    empty group.

    Examples
    --------
    The first covers all; the second and third only together:

    >>> minimal_covers([0b111, 0b011, 0b100], 0b111, most=2)
    [(0,), (1, 2)]
    """
    if everything == 0:
        return [()]
    masks = [mask & everything for mask in covered]
    able = [i for i, mask in enumerate(masks) if mask]
    found: list[tuple[int, ...]] = []
    for size in range(1, most + 1):
        for group in combinations(able, size):
            union = 0
            for i in group:
                union |= masks[i]
            if union == everything and not _has_idle(group, masks, everything):
                found.append(group)
    return found


def best_cover(covered: Sequence[int], everything: int, *, most: int) -> tuple[int, ...]:
    """Return the group that covers most; of those the smallest, of those the first by number.

    Examples
    --------
    >>> best_cover([0b011, 0b100, 0b001], 0b1111, most=2)
    (0, 1)
    """
    best: tuple[int, ...] = ()
    score = 0
    for size in range(1, most + 1):
        for group in combinations(range(len(covered)), size):
            union = 0
            for i in group:
                union |= covered[i] & everything
            if union.bit_count() > score:
                best, score = group, union.bit_count()
    return best


def _has_idle(group: tuple[int, ...], masks: Sequence[int], everything: int) -> bool:
    """Tell whether the others cover everything without some member."""
    for left_out in group:
        union = 0
        for i in group:
            if i != left_out:
                union |= masks[i]
        if union == everything:
            return True
    return False
