"""Every way to say how often two fields meet, from one sparse table of who does how much.

The count is taken once, from organisations, places or projects, without filling the table; the
five measures follow from it. `proximity` and `association_proximity` hold the formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.association_proximity import association_excess, association_strength
from clusterloom.measures.presence import sparse_location_quotient
from clusterloom.measures.proximity import (
    DENSE_ABOVE,
    conditional_minimum,
    cosine_proximity,
    jaccard_proximity,
)

if TYPE_CHECKING:
    from clusterloom.measures.presence import Presence

__all__ = [
    "COOCCURRENCE_MEASURES",
    "amounts_together",
    "as_signal",
    "cooccurrence_measure",
    "sparse_specialisation_correlation",
]

Matrix = npt.NDArray[np.float64]

COOCCURRENCE_MEASURES = ("association", "cosine", "jaccard", "conditional", "correlation")


def amounts_together(presence: Presence) -> Matrix:
    """Sum over places of the product of how far each has either field.

    With presences of 0 and 1 this counts the places that have both (`proximity.co_occurrence`);
    between them a half-sure field counts by half.

    Parameters
    ----------
    presence : (places, fields), 0..1; dense or any scipy.sparse form
        Places, organisations or projects: whatever fields are found together in.

    Returns
    -------
    (fields, fields), places, >= 0, symmetric, always dense

    Raises
    ------
    ValueError
        If a presence is NaN or outside 0..1.

    Examples
    --------
    >>> amounts_together(np.array([[1.0, 0.5], [1.0, 0.0]]))
    array([[2.  , 0.5 ],
           [0.5 , 0.25]])
    """
    from scipy import sparse

    given: Any = presence
    table: Any = sparse.csr_array(given).astype(np.float64)
    low, high = (table.data.min(), table.data.max()) if table.nnz else (0.0, 0.0)
    if not (low >= 0 and high <= 1):
        raise ValueError(f"presences must be 0..1, but they reach from {low:g} to {high:g}")
    places, fields = table.shape
    if table.nnz <= DENSE_ABOVE * places * fields:
        sparse_sum: Matrix = (table.T @ table).toarray()
        return sparse_sum
    dense: Matrix = table.toarray()
    total: Matrix = dense.T @ dense
    return total


def cooccurrence_measure(presence: Presence, measure: str) -> Matrix:
    """Compare what is found together with the sizes of the fields, by one of the five measures.

    Parameters
    ----------
    presence : (places, fields), 0..1; dense or sparse
        For `correlation` the amounts themselves, any one unit, >= 0.
    measure : a name of `COOCCURRENCE_MEASURES`
        association : together over chance; 1 = as often as by chance.
        cosine, jaccard : together over the geometric mean, or over either.
        conditional : the smaller chance to find one where the other is.
        correlation : of the location quotients over places, -1..1.

    Returns
    -------
    (fields, fields), symmetric
        NaN where a field is nowhere (cosine, association, correlation) or both are.

    Raises
    ------
    ValueError
        If the measure is unknown or the table is not in range.

    References
    ----------
    vaneck2009
    hidalgo2007

    Examples
    --------
    Two fields in 2 of 4 places each, one in common: by chance 2 * 2 / 4 = 1 would be.

    >>> both = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    >>> [float(cooccurrence_measure(both, name)[0, 1].round(2)) for name in COOCCURRENCE_MEASURES]
    [1.0, 0.5, 0.33, 0.5, -1.0]
    """
    if measure == "correlation":
        return sparse_specialisation_correlation(presence)
    together = amounts_together(presence)
    if measure == "cosine":
        return cosine_proximity(together)
    if measure == "jaccard":
        return jaccard_proximity(together)
    if measure == "conditional":
        return conditional_minimum(together)
    if measure != "association":
        raise ValueError(
            f"measures are {', '.join(COOCCURRENCE_MEASURES)}, but `{measure}` is asked for"
        )
    places, size = _size(presence)
    return association_strength(together, size, total=places)


def as_signal(presence: Presence, measure: str, *, prior: float = 0.0) -> Matrix:
    """Bring a measure of co-occurrence to 0..1, where 0 is no sign of adjacency.

    association : (observed - expected) / (observed + expected + prior), at least 0.
    correlation : its positive part. The set measures are on 0..1 as they are.

    Parameters
    ----------
    presence, measure : as in `cooccurrence_measure`
    prior : places, >= 0
        How much evidence a pair needs to be believed; for association only.

    Returns
    -------
    (fields, fields), 0..1, symmetric
        NaN in the row and column of a field that is nowhere.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> both = np.array([[1.0, 1.0], [0.0, 0.0]])
    >>> float(as_signal(both, "association")[0, 1].round(3))
    0.333
    """
    places, size = _size(presence)
    if measure == "association":
        together = amounts_together(presence)
        signal = association_excess(together, size, total=places, prior=prior)
    else:
        signal = np.clip(cooccurrence_measure(presence, measure), 0.0, 1.0)
    # A field nobody does says nothing about its neighbours: unknown, not zero.
    signal[size == 0, :] = np.nan
    signal[:, size == 0] = np.nan
    return signal


def sparse_specialisation_correlation(weight: Presence) -> Matrix:
    """Correlation over places of how specialised they are in two fields, without a full table.

    The Pearson correlation r of two columns of location quotients; `specialisation_correlation`
    gives (1 + r) / 2 of it. Places without any weight are left out.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0; dense or any scipy.sparse form

    Returns
    -------
    (fields, fields), -1..1, symmetric
        0 means unrelated; 1 on the diagonal. NaN for a field that is nowhere or everywhere alike,
        and throughout with fewer than 2 places.

    Raises
    ------
    ValueError
        If a weight is negative, infinite or NaN.

    References
    ----------
    hidalgo2007

    Examples
    --------
    >>> sparse_specialisation_correlation(np.array([[3.0, 1.0], [1.0, 3.0]])).round(12)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    quotient: Any = sparse_location_quotient(weight)
    filled = int((np.diff(quotient.indptr) > 0).sum())
    fields = quotient.shape[1]
    if filled < 2:
        return np.full((fields, fields), np.nan)
    # Empty places add nothing to the sums: only the number of places has to leave them out.
    square: Matrix = (quotient.T @ quotient).toarray()
    mean = np.asarray(quotient.sum(axis=0)).ravel() / filled
    square /= filled
    second = np.diag(square).copy()
    square -= mean[:, None] * mean[None, :]
    variance = np.diag(square).copy()
    # What is left of a constant column are rounding errors; they are no variation.
    variance[variance <= 1e-12 * second] = np.nan
    spread = np.sqrt(variance)
    square /= spread[:, None]
    square /= spread[None, :]
    np.clip(square, -1.0, 1.0, out=square)
    np.fill_diagonal(square, np.where(np.isnan(spread), np.nan, 1.0))
    return square


def _size(presence: Presence) -> tuple[float, Matrix]:
    """Return the number of places (1 if there are none) and how much of each field there is."""
    from scipy import sparse

    given: Any = presence
    table: Any = sparse.csr_array(given).astype(np.float64)
    size: Matrix = np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    return max(float(table.shape[0]), 1.0), size
