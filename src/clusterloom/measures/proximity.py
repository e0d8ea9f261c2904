"""How close two fields are, judged by how often they are found together.

First count (`co_occurrence`), then normalise. The count is kept apart because programs differ in
what they take for the occurrences of a field: the number of places that have it (the diagonal, used
by default here) or the sum of its counts with other fields (EconGeo). Here are the set measures in
the words of van Eck and Waltman, and the correlation; those that compare with chance are in
`association_proximity`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures._pairs import checked_occurrences, checked_pairs, ratio
from clusterloom.measures.presence import sparse_presence

if TYPE_CHECKING:
    from clusterloom.measures.presence import Presence

__all__ = [
    "co_occurrence",
    "conditional_minimum",
    "conditional_probability",
    "cosine_proximity",
    "inclusion_proximity",
    "jaccard_proximity",
    "occurrences_with_others",
    "specialisation_correlation",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# Share of cells filled above which a dense product (BLAS) beats a sparse one.
DENSE_ABOVE = 0.01


def co_occurrence(presence: Presence) -> Matrix:
    """Count the places that have both fields, for every pair of fields.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse

    Returns
    -------
    (fields, fields), places, >= 0, symmetric
        The diagonal is the ubiquity of each field. Always dense.

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1.

    Examples
    --------
    >>> co_occurrence(np.array([[1, 1, 0], [0, 1, 1]]))
    array([[1., 1., 0.],
           [1., 2., 1.],
           [0., 1., 1.]])
    """
    table = sparse_presence(presence)
    places, fields = table.shape
    if table.nnz <= DENSE_ABOVE * places * fields:
        sparse_count: Matrix = (table.T @ table).toarray()
        return sparse_count
    # Counts up to 2**24 are exact in single precision, which is twice as fast.
    exact = np.float32 if places < 2**24 else np.float64
    dense: npt.NDArray[Any] = table.astype(exact).toarray()
    count: Matrix = (dense.T @ dense).astype(np.float64)
    return count


def occurrences_with_others(together: Matrix) -> Vector:
    """Sum the counts of each field with all other fields, itself left out.

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric

    Returns
    -------
    (fields,), same unit
        What EconGeo takes for the occurrences of a field. NaN if a pair of the field is unknown.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts.

    Examples
    --------
    >>> occurrences_with_others(np.array([[9.0, 1.0, 2.0], [1.0, 9.0, 0.0], [2.0, 0.0, 9.0]]))
    array([3., 1., 2.])
    """
    count = checked_pairs(together)
    total: Vector = count.sum(axis=1) - np.diag(count)
    return total


def conditional_probability(together: Matrix) -> Matrix:
    """Chance to find one field where another is.

    P(i | j) = c_ij / c_jj: the share of the places of j that also have i.

    Parameters
    ----------
    together : (fields, fields), places, >= 0, symmetric
        The diagonal holds the ubiquity of each field.

    Returns
    -------
    (fields, fields), 0..1, not symmetric
        In row i and column j the chance of i where j is. 1 on the diagonal. NaN in the column of a
        field that is nowhere.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts.

    References
    ----------
    hidalgo2007

    Examples
    --------
    >>> conditional_probability(np.array([[4.0, 1.0], [1.0, 2.0]]))
    array([[1.  , 0.5 ],
           [0.25, 1.  ]])
    """
    count = checked_pairs(together)
    with np.errstate(invalid="ignore"):
        chance: Matrix = count / np.diag(count)
    return chance


def conditional_minimum(together: Matrix) -> Matrix:
    """Smaller of the two chances to find one field where the other is.

    phi_ij = min(P(i | j), P(j | i)) = c_ij / max(c_ii, c_jj).

    Parameters
    ----------
    together : (fields, fields), places, >= 0, symmetric
        The diagonal holds the ubiquity of each field.

    Returns
    -------
    (fields, fields), 0..1, symmetric
        1 on the diagonal. NaN between two fields that are nowhere, and on their diagonal.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts.

    References
    ----------
    hidalgo2007

    Examples
    --------
    >>> conditional_minimum(np.array([[4.0, 1.0], [1.0, 2.0]]))
    array([[1.  , 0.25],
           [0.25, 1.  ]])
    """
    count = checked_pairs(together)
    ubiquity = np.diag(count)
    # In place and without a mask: for 3,000 fields the table has 9 million cells.
    greater = np.maximum(ubiquity[:, None], ubiquity[None, :])
    with np.errstate(invalid="ignore"):
        phi: Matrix = np.divide(count, greater, out=greater)
    return phi


def cosine_proximity(together: Matrix, occurrences: Vector | None = None) -> Matrix:
    """Count together over the geometric mean of the occurrences of the two fields.

    phi_ij = c_ij / sqrt(s_i s_j).

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric
    occurrences : (fields,), same unit, >= 0
        The diagonal of `together` unless given.

    Returns
    -------
    (fields, fields), symmetric; 0..1 with the diagonal as occurrences
        NaN where a field does not occur.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, or the occurrences do not fit it.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> cosine_proximity(np.array([[4.0, 1.0], [1.0, 1.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    count, occur = checked_occurrences(together, occurrences)
    return ratio(count, np.sqrt(occur[:, None] * occur[None, :]))


def inclusion_proximity(together: Matrix, occurrences: Vector | None = None) -> Matrix:
    """Count together over the occurrences of the rarer field, the inclusion or overlap index.

    phi_ij = c_ij / min(s_i, s_j).

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric
    occurrences : (fields,), same unit, >= 0
        The diagonal of `together` unless given.

    Returns
    -------
    (fields, fields), symmetric; 0..1 with the diagonal as occurrences
        1 where one field is found only with the other. NaN where a field does not occur.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, or the occurrences do not fit it.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> inclusion_proximity(np.array([[4.0, 1.0], [1.0, 2.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    count, occur = checked_occurrences(together, occurrences)
    return ratio(count, np.minimum(occur[:, None], occur[None, :]))


def jaccard_proximity(together: Matrix, occurrences: Vector | None = None) -> Matrix:
    """Count together over the count of either field.

    phi_ij = c_ij / (s_i + s_j - c_ij). For sets as a bool table see `association.jaccard`.

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric
    occurrences : (fields,), same unit, >= 0
        The diagonal of `together` unless given.

    Returns
    -------
    (fields, fields), symmetric; 0..1 with the diagonal as occurrences
        NaN where neither field occurs.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, or the occurrences do not fit it.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> jaccard_proximity(np.array([[4.0, 1.0], [1.0, 2.0]]))
    array([[1. , 0.2],
           [0.2, 1. ]])
    """
    count, occur = checked_occurrences(together, occurrences)
    return ratio(count, occur[:, None] + occur[None, :] - count)


def specialisation_correlation(quotient: Matrix) -> Matrix:
    """Correlation over places of how specialised they are in two fields.

    phi_ij = (1 + r_ij) / 2 with r the Pearson correlation of two columns of location quotients.

    Parameters
    ----------
    quotient : (places, fields), dimensionless, >= 0
        NaN is refused: leave out empty places and fields first.

    Returns
    -------
    (fields, fields), 0..1, symmetric
        1/2 means unrelated; 1 on the diagonal. NaN for a field with the same quotient in all
        places: it varies with nothing.

    Raises
    ------
    ValueError
        If a quotient is NaN or infinite, or there are fewer than 2 places.

    References
    ----------
    hidalgo2007

    Examples
    --------
    >>> specialisation_correlation(np.array([[1.5, 0.5], [0.5, 1.5]])).round(12)
    array([[1., 0.],
           [0., 1.]])
    """
    table = np.asarray(quotient, dtype=float)
    if table.ndim != 2 or len(table) < 2:
        raise ValueError(f"a correlation needs at least 2 places, but the shape is {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("quotients must be finite: leave out places and fields without weight")
    centred = table - table.mean(axis=0)
    spread = np.sqrt(np.square(centred).sum(axis=0))
    # A constant column is left with rounding errors only; they are no variation.
    constant = spread <= 1e-12 * np.sqrt(np.square(table).sum(axis=0))
    spread[constant] = np.nan
    scaled = centred / spread
    phi: Matrix = (1.0 + np.clip(scaled.T @ scaled, -1.0, 1.0)) / 2.0
    np.fill_diagonal(phi, np.where(constant, np.nan, 1.0))
    return phi
