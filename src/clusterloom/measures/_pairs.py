"""Checked tables of counts of pairs, shared by the measures of proximity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["checked_occurrences", "checked_pairs", "ratio"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def checked_pairs(together: Matrix) -> Matrix:
    """Refuse what cannot be a count of pairs; NaN (an unknown pair) may stay."""
    count = np.asarray(together, dtype=float)
    if count.ndim != 2 or count.shape[0] != count.shape[1]:
        raise ValueError(f"a count of pairs must be square, but its shape is {count.shape}")
    # One pass for the usual table, which has neither NaN nor negative counts.
    if count.size and not count.min() >= 0 and (count < 0).any():
        raise ValueError(f"counts must be >= 0, but the smallest is {np.nanmin(count):g}")
    row, column = count.sum(axis=1), count.sum(axis=0)
    if np.isinf(row).any():
        raise ValueError("counts must be finite, but one is infinite: use NaN for unknown")
    # The sums tell an asymmetric table from a symmetric one at a fraction of the cost of the pairs.
    odd = np.flatnonzero(np.abs(row - column) > 1e-9 * np.maximum(row, column))
    if odd.size:
        i = int(odd[0])
        raise ValueError(
            f"a count of pairs must be symmetric, but row {i} sums to {row[i]:g} and column {i} "
            f"to {column[i]:g}"
        )
    return count


def checked_occurrences(together: Matrix, occurrences: Vector | None) -> tuple[Matrix, Vector]:
    """Check a count of pairs and the occurrences of its fields, by default the diagonal."""
    count = checked_pairs(together)
    occur = np.diag(count) if occurrences is None else np.asarray(occurrences, dtype=float)
    if occur.shape != count.shape[:1]:
        raise ValueError(
            f"occurrences must hold one value for each of {len(count)} fields, but their shape "
            f"is {occur.shape}"
        )
    if (occur < 0).any():
        raise ValueError(f"occurrences must be >= 0, but the smallest is {np.nanmin(occur):g}")
    return count, occur


def ratio(count: Matrix, expected: Matrix) -> Matrix:
    """Divide; NaN where nothing is expected."""
    quotient: Matrix = np.divide(
        count, expected, out=np.full_like(count, np.nan), where=expected > 0
    )
    return quotient
