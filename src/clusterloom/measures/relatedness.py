"""How much of what a place already has is close to a field it may take up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import sparse_presence
from clusterloom.measures.specialisation import shares

if TYPE_CHECKING:
    from scipy import sparse

    from clusterloom.measures.presence import Presence

__all__ = ["added_density", "coherence", "relatedness_density"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

# Share of cells filled above which a dense product (BLAS) beats a sparse one.
DENSE_ABOVE = 0.03


def relatedness_density(presence: Presence, proximity: Matrix, *, keep_self: bool) -> Matrix:
    """Share of a field's proximity to all fields that lies with the fields a place has.

    d_pi = sum over j of x_pj phi_ij / sum over j of phi_ij.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse
    proximity : (fields, fields), any one unit, >= 0
        NaN (no evidence about a pair) counts as 0.
    keep_self : whether j = i is part of both sums
        True as in py-ecomplexity: a place is closer to what it has. False as in EconGeo: only
        other fields count, which is what a model of entry into new fields needs. There is no
        default because programs differ and the numbers do too.

    Returns
    -------
    (places, fields), 0..1
        EconGeo prints it in percent. NaN for a field that is close to none.

    Raises
    ------
    ValueError
        If presences are not 0 or 1, or the proximity is negative or does not fit them.

    References
    ----------
    hidalgo2007
    boschma2015

    Examples
    --------
    A place with the first two of three fields:

    >>> phi = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]])
    >>> relatedness_density(np.array([[1, 1, 0]]), phi, keep_self=False)
    array([[0.5, 1. , 1. ]])
    >>> relatedness_density(np.array([[1, 1, 0]]), phi, keep_self=True).round(3)
    array([[0.75 , 1.   , 0.333]])
    """
    table = sparse_presence(presence)
    phi = _checked(proximity, table.shape[1])
    return _density(table, phi, keep_self=keep_self)


def added_density(
    presence: Presence, proximity: Matrix, *, partner: npt.NDArray[Any], keep_self: bool
) -> Matrix:
    """Relatedness density that a partner adds by fields which the place itself lacks.

    a_pi = sum over j of (1 - x_pj) y_j phi_ij / sum over j of phi_ij, with y the fields of the
    partner: the density of both together minus the density of the place.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse
    proximity : (fields, fields), any one unit, >= 0
        NaN counts as 0.
    partner : (fields,) or (places, fields), 0 or 1 or bool
        The fields of one partner for all places, or of one for each place.
    keep_self : whether j = i is part of both sums
        See `relatedness_density`.

    Returns
    -------
    (places, fields), 0..1
        0 if the partner has nothing new. NaN for a field that is close to none.

    Raises
    ------
    ValueError
        If presences are not 0 or 1, or the shapes do not fit.

    References
    ----------
    balland2021

    Examples
    --------
    The partner brings the third field, half of what is close to the first:

    >>> phi = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]])
    >>> added_density(
    ...     np.array([[0, 1, 0]]), phi, partner=np.array([0, 1, 1]), keep_self=False)
    array([[0.5, 0. , 0. ]])
    """
    own = sparse_presence(presence)
    other = np.atleast_2d(np.asarray(partner))
    if other.shape not in {(1, own.shape[1]), own.shape}:
        raise ValueError(
            f"partner must have one row of {own.shape[1]} fields, or one for each of "
            f"{own.shape[0]} places, but its shape is {np.shape(partner)}"
        )
    phi = _checked(proximity, own.shape[1])
    has = np.broadcast_to(sparse_presence(other).toarray(), own.shape)
    new = sparse_presence(has * (1.0 - own.toarray()))
    return _density(new, phi, keep_self=keep_self)


def coherence(weight: Matrix, proximity: Matrix) -> Vector:
    """Mean proximity of a unit of a place's work to the rest of its work in other fields.

    C_p = sum over i of s_pi (sum over j != i of s_pj phi_ij / sum over j != i of s_pj), the
    weighted average relatedness of a portfolio.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0
        How much of each field each place performs; presences give every field equal weight.
    proximity : (fields, fields), any one unit
        The diagonal is not used. NaN counts as 0. Scores below 0 may stay: see
        `association_proximity.co_occurrence_score`, which the authors used.

    Returns
    -------
    (places,), the unit of `proximity`
        NaN for a place with fewer than two fields: there is no other work to be close to.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, or the proximity is infinite or does not fit.

    References
    ----------
    teece1994
    nesta2005

    Examples
    --------
    Two equal fields at proximity 0.5, and a place with one field:

    >>> coherence(np.array([[2.0, 2.0], [3.0, 0.0]]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.5, nan])
    """
    table = np.asarray(weight, dtype=float)
    share = shares(table, axis=1)
    phi = _checked(proximity, table.shape[1], least=-np.inf)
    off = phi - np.diag(np.diag(phi))
    rest = table.sum(axis=1, keepdims=True) - table
    with np.errstate(invalid="ignore", divide="ignore"):
        near = (table @ off) / rest
    # A field the place lacks has share 0 and must add 0 even if it has no neighbours.
    mean: Vector = np.where(share > 0, share * near, 0.0).sum(axis=1)
    mean[~((table > 0).sum(axis=1) >= 2)] = np.nan
    return mean


def _density(table: sparse.csr_array[np.float64], phi: Matrix, *, keep_self: bool) -> Matrix:
    places, fields = table.shape
    filled = table.nnz > DENSE_ABOVE * places * fields
    near: Matrix = np.asarray((table.toarray() if filled else table) @ phi.T)
    whole = phi.sum(axis=1)
    if not keep_self:
        own = np.diag(phi)
        # A field close to itself only must leave exactly 0, not a rounding error.
        whole = np.where(np.count_nonzero(phi, axis=1) > (own > 0), whole - own, 0.0)
        near -= table.toarray() * own
    whole = np.where(whole > 0, whole, np.nan)
    # Taking away the own share may leave a hair below 0.
    density: Matrix = np.clip(np.divide(near, whole, out=near), 0.0, 1.0, out=near)
    return density


def _checked(proximity: Matrix, fields: int, *, least: float = 0.0) -> Matrix:
    """Refuse what does not fit; NaN, no evidence about a pair, becomes 0."""
    phi = np.asarray(proximity, dtype=float)
    if phi.shape != (fields, fields):
        raise ValueError(
            f"proximity must be {fields} x {fields}, as there are {fields} fields, but its shape "
            f"is {phi.shape}"
        )
    low, high = phi.min(initial=0.0), phi.max(initial=0.0)
    if np.isnan(low):
        phi = np.where(np.isnan(phi), 0.0, phi)
        low, high = phi.min(initial=0.0), phi.max(initial=0.0)
    if np.isinf(low) or np.isinf(high):
        raise ValueError("proximities must be finite, but one is infinite: use NaN for unknown")
    if low < least:
        raise ValueError(f"proximities must be >= 0, but the smallest is {low:g}")
    return phi
