"""How far two ways of grouping the same things agree, beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["adjusted_mutual_information", "adjusted_rand", "best_overlap"]

Labels = Sequence[object] | npt.NDArray[np.int64] | npt.NDArray[np.object_]
Vector = npt.NDArray[np.float64]


def adjusted_rand(first: Labels, second: Labels) -> float:
    """Share of pairs that two groupings treat alike, with the agreement by chance taken off.

    ARI = (Σ_ij C(n_ij, 2) - E) / (½ (Σ_i C(a_i, 2) + Σ_j C(b_j, 2)) - E), with
    E = Σ_i C(a_i, 2) Σ_j C(b_j, 2) / C(n, 2) and C(x, 2) = x (x - 1) / 2.

    Parameters
    ----------
    first, second : (things,), the group of each thing
        Any values; only which are equal matters.

    Returns
    -------
    at most 1 (the same groups), 0 on average for groups made at random; below 0 if worse
        1 if both put everything into one group, or everything into groups of its own.

    Raises
    ------
    ValueError
        If the lengths differ or there is nothing.

    References
    ----------
    hubert1985

    Examples
    --------
    >>> round(adjusted_rand([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.5714
    """
    table = _crossed(first, second)
    pairs = float(_pairs(table).sum())
    rows, columns = (float(_pairs(table.sum(axis=k)).sum()) for k in (1, 0))
    total = float(_pairs(np.array([table.sum()]))[0])
    chance = rows * columns / total if total else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (pairs - chance) / (most - chance)


def adjusted_mutual_information(first: Labels, second: Labels) -> float:
    """Mutual information of two groupings, with what chance gives taken off.

    AMI = (MI - E) / (½ (H_1 + H_2) - E), where E is the mean of MI over all groupings with the
    same group sizes (hypergeometric). Unlike the adjusted Rand index it does not let one large
    group decide: fit for small clusters against a large background.

    Parameters
    ----------
    first, second : (things,), the group of each thing

    Returns
    -------
    at most 1 (the same groups), 0 on average for groups made at random; below 0 if worse
        1 if both put everything into one group.

    Raises
    ------
    ValueError
        If the lengths differ or there is nothing.

    References
    ----------
    vinh2010

    Examples
    --------
    >>> adjusted_mutual_information([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    >>> round(adjusted_mutual_information([0, 0, 0, 0], [0, 1, 2, 3]), 12)
    0.0
    """
    table = _crossed(first, second).astype(float)
    n = table.sum()
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if (len(rows) == len(columns)) and (np.count_nonzero(table) == len(rows)):
        return 1.0
    shared = table[table > 0]
    by_chance = (rows[:, None] * columns[None])[table > 0]
    information = float((shared / n * np.log(n * shared / by_chance)).sum())
    chance = _expected_information(rows, columns)
    entropy = -sum(float((a / n * np.log(a / n)).sum()) for a in (rows, columns))
    room = entropy / 2 - chance
    # Nothing but chance can be said of groups of one against one group: 0 / 0.
    return 0.0 if abs(room) < 1e-15 else (information - chance) / room


def best_overlap(sets: csr_array, among: csr_array) -> Vector:
    """Largest Jaccard overlap of each set with any of some others.

    Parameters
    ----------
    sets : (sets, things), sparse, 1 where the set holds the thing
    among : (others, things), sparse, likewise

    Returns
    -------
    (sets,), 0..1
        0 where nothing is shared; 1 where an equal set is among the others.

    References
    ----------
    hennig2007

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> one = csr_array(np.array([[1, 1, 1, 0]]))
    >>> best_overlap(one, csr_array(np.array([[0, 1, 1, 1], [0, 0, 0, 1]])))
    array([0.5])
    """
    best = np.zeros(sets.shape[0])
    shared: Any = (sets.astype(float) @ among.astype(float).T).tocoo()
    size, other = (np.asarray(m.sum(axis=1), dtype=float).ravel() for m in (sets, among))
    union = size[shared.row] + other[shared.col] - shared.data
    np.maximum.at(best, shared.row, shared.data / union)
    return best


def _expected_information(rows: Vector, columns: Vector) -> float:
    """Mean of the mutual information over all tables with these margins."""
    from scipy.special import gammaln

    n = float(rows.sum())
    total = 0.0
    # Groups of one size count alike: the sum runs over different sizes only.
    sizes_a, times_a = np.unique(rows, return_counts=True)
    sizes_b, times_b = np.unique(columns, return_counts=True)
    for a, how_often_a in zip(sizes_a.tolist(), times_a.tolist(), strict=True):
        for b, how_often_b in zip(sizes_b.tolist(), times_b.tolist(), strict=True):
            k = np.arange(max(1.0, a + b - n), min(a, b) + 1)
            log_chance = (
                gammaln(a + 1) + gammaln(b + 1) + gammaln(n - a + 1) + gammaln(n - b + 1)
                - gammaln(n + 1) - gammaln(k + 1) - gammaln(a - k + 1) - gammaln(b - k + 1)
                - gammaln(n - a - b + k + 1)
            )  # fmt: skip
            part = (k / n * np.log(n * k / (a * b)) * np.exp(log_chance)).sum()
            total += how_often_a * how_often_b * float(part)
    return total


def _crossed(first: Labels, second: Labels) -> npt.NDArray[np.int64]:
    """Count things by both groupings."""
    if len(first) != len(second) or len(first) == 0:
        raise ValueError(
            f"two groupings of the same things are needed, but they are of {len(first)} and "
            f"{len(second)}"
        )
    numbers = []
    for labels in (first, second):
        known: dict[object, int] = {}
        numbers.append(np.array([known.setdefault(v, len(known)) for v in labels], dtype=np.int64))
    width = int(numbers[1].max()) + 1
    shape = (int(numbers[0].max()) + 1, width)
    counted = np.bincount(numbers[0] * width + numbers[1], minlength=shape[0] * shape[1])
    return counted.reshape(shape).astype(np.int64)


def _pairs(count: npt.NDArray[np.int64]) -> Vector:
    value = count.astype(float)
    pairs: Vector = value * (value - 1) / 2
    return pairs
