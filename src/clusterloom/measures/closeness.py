"""How much of the adjacent work of a territory is close together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["close_adjacent_pairs", "distance_kernel"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def distance_kernel(distance_km: Matrix, *, kernel_km: float) -> Matrix:
    """Closeness that falls by e with every `kernel_km`.

    Parameters
    ----------
    distance_km : any shape, km, >= 0
        NaN where a position is unknown.
    kernel_km : km, > 0

    Returns
    -------
    same shape, 0..1
        0 where the distance is unknown: an unknown position is no evidence of closeness.

    Examples
    --------
    >>> distance_kernel(np.array([0.0, 20.0, np.nan]), kernel_km=20.0).round(3)
    array([1.   , 0.368, 0.   ])
    """
    kernel: Matrix = np.nan_to_num(np.exp(-distance_km / kernel_km), nan=0.0)
    return kernel


def close_adjacent_pairs(
    kernel: Matrix, profiles: Matrix, adjacent: Matrix, *, starts: npt.NDArray[np.intp]
) -> Vector:
    """Sum over pairs of organisations of closeness times adjacency, for each family of fields.

    With columns sorted by family, s_F = sum over i<j of k_ij * p_iF A_F p_jF'.

    Parameters
    ----------
    kernel : (organisations, organisations), 0..1, symmetric
    profiles : (organisations, fields), 0..1
        Share of each organisation's work in each field.
    adjacent : (organisations, fields), 0..1
        `profiles` times the adjacency within each family (a block for each family).
    starts : (families,), first column of each family

    Returns
    -------
    (families,), expected number of close adjacent pairs, >= 0

    Examples
    --------
    Two organisations in the same field at kernel 0.5 are half a pair:

    >>> close_adjacent_pairs(
    ...     np.array([[1.0, 0.5], [0.5, 1.0]]), np.ones((2, 1)), np.ones((2, 1)),
    ...     starts=np.array([0]))
    array([0.5])
    """
    near = kernel @ profiles - np.diag(kernel)[:, None] * profiles
    by_field = (near * adjacent).sum(axis=0)
    sums: Vector = np.add.reduceat(by_field, starts) / 2
    return sums
