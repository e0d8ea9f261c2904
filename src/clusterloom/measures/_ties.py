"""Ties between nodes as a checked sparse matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["checked_ties", "column_sum", "ones"]


def checked_ties(ties: csr_array | npt.NDArray[np.float64]) -> csr_array:
    """Return a copy that is square, finite, >= 0, without ties to oneself and stored zeros.

    Raises
    ------
    ValueError
        If the matrix is not square, or a tie is negative or not finite.
    """
    from scipy import sparse

    given: Any = ties  # the stubs of scipy know no constructor that takes either kind
    listed = sparse.coo_array(given).astype(np.float64)
    if listed.ndim != 2 or listed.shape[0] != listed.shape[-1]:
        raise ValueError(f"ties must be a square matrix, but the shape is {listed.shape}")
    listed.sum_duplicates()
    if not np.isfinite(listed.data).all():
        raise ValueError(
            "ties must be finite, but there is NaN or infinity; leave unknown ties out"
        )
    if (listed.data < 0).any():
        raise ValueError(f"ties must be >= 0, but the smallest is {listed.data.min():g}")
    keep = (listed.row != listed.col) & (listed.data > 0)
    kept = (listed.row[keep], listed.col[keep])
    return sparse.csr_array((listed.data[keep], kept), shape=listed.shape)


def column_sum(part: Any) -> npt.NDArray[np.float64]:
    """Return the sums of the columns of a sparse matrix of any layout, shape (columns,)."""
    return np.asarray(part.sum(axis=0), dtype=float).ravel()


def ones(tie: csr_array) -> csr_array:
    """Return the pattern of a sparse matrix: 1 wherever a tie is stored."""
    from scipy import sparse

    return sparse.csr_array((np.ones(tie.nnz), tie.indices, tie.indptr), shape=tie.shape)
