"""Which fields a place has: tables of presences, read or made from weights, dense or sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

    Presence: TypeAlias = npt.NDArray[Any] | sparse.sparray | sparse.spmatrix

__all__ = ["sparse_location_quotient", "sparse_presence", "specialised_presence"]

# A quotient of exactly the limit may miss it by a rounding error, which differs with the order of
# the rows; sums of many weights lose at most about this much.
ROUNDING = 1e-12


def sparse_presence(presence: Presence) -> sparse.csr_array[np.float64]:
    """Read a table of presences, dense or sparse, as sparse ones.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or any scipy.sparse form
        1 where a place has a field, usually where it is specialised in it.

    Returns
    -------
    (places, fields), sparse rows; 1 where present, nothing stored elsewhere
        A copy, so it may be changed.

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1 (NaN included) or not two axes.

    Examples
    --------
    >>> sparse_presence(np.array([[1, 0], [1, 1]])).nnz
    3
    """
    table = _rows(presence, "presences")
    other = table.data[table.data != 1.0]
    if other.size:
        raise ValueError(
            f"presences must be 0 or 1, but one is {other[0]:g}: compare weights with a limit first"
        )
    return table


def sparse_location_quotient(weight: Presence) -> sparse.csr_array[np.float64]:
    """Location quotients of the fields that places have, for tables too large to fill.

    Q_pf = (w_pf / w_p.) / (w_.f / w_..), see `specialisation.location_quotient`.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0; dense or any scipy.sparse form

    Returns
    -------
    (places, fields), sparse rows, dimensionless
        Stored where there is weight. What is not stored is a quotient of 0, or undefined where
        the place or the field has no weight at all; sparse tables cannot tell these apart.

    Raises
    ------
    ValueError
        If a weight is negative, infinite or NaN: one unknown weight makes all quotients unknown.

    References
    ----------
    balassa1965

    Examples
    --------
    >>> sparse_location_quotient(np.array([[6.0, 2.0], [0.0, 8.0]])).toarray()
    array([[2. , 0.4],
           [0. , 1.6]])
    """
    table = _rows(weight, "weights")
    if not np.isfinite(table.data).all():
        raise ValueError("weights must be finite, but one is NaN or infinite")
    if table.nnz and table.data.min() < 0:
        raise ValueError(f"weights must be >= 0, but the smallest is {table.data.min():g}")
    place: npt.NDArray[np.float64] = np.asarray(table.sum(axis=1))
    field: npt.NDArray[np.float64] = np.asarray(table.sum(axis=0))
    row = np.repeat(np.arange(len(place)), np.diff(table.indptr))
    overall = field[table.indices] / max(place.sum(), np.finfo(float).tiny)
    table.data = table.data / place[row] / overall
    return table


def specialised_presence(
    weight: Presence, *, at_least: float = 1.0
) -> sparse.csr_array[np.float64]:
    """Mark the fields in which places are specialised: location quotient at a limit or above.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0; dense or any scipy.sparse form
    at_least : dimensionless, > 0
        1 takes every place with at least the average share. A quotient that misses the limit by
        a rounding error has reached it.

    Returns
    -------
    (places, fields), sparse rows; 1 where specialised, nothing stored elsewhere
        As every measure of presences takes it.

    Raises
    ------
    ValueError
        If a weight is negative, infinite or NaN, or `at_least` is not above 0.

    References
    ----------
    balassa1965
    hidalgo2007

    Examples
    --------
    >>> specialised_presence(np.array([[6.0, 2.0], [0.0, 8.0]])).toarray()
    array([[1., 0.],
           [0., 1.]])
    """
    if not at_least > 0:
        raise ValueError(f"at_least must be > 0, but it is {at_least:g}")
    table = sparse_location_quotient(weight)
    table.data = (table.data >= at_least * (1 - ROUNDING)).astype(float)
    table.eliminate_zeros()
    return table


def _rows(values: Presence, name: str) -> sparse.csr_array[np.float64]:
    """Copy a table into sparse rows without duplicates and stored zeros."""
    from scipy import sparse

    given: Any = values if sparse.issparse(values) else np.asarray(values)
    if given.ndim != 2:
        raise ValueError(f"{name} need two axes, places and fields, but have shape {given.shape}")
    table: sparse.csr_array[np.float64] = sparse.csr_array(given, copy=True).astype(np.float64)
    table.sum_duplicates()
    table.eliminate_zeros()
    return table
