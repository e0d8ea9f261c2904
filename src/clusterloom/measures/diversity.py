"""How many fields a place has, how many places a field has, and how even a mix is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import sparse_presence
from clusterloom.measures.specialisation import shares

if TYPE_CHECKING:
    from clusterloom.measures.presence import Presence

__all__ = [
    "diversity",
    "effective_fields",
    "hachman_index",
    "shannon_entropy",
    "ubiquity",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def diversity(presence: Presence) -> Vector:
    """Count the fields present in each place.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse

    Returns
    -------
    (places,), fields, >= 0

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1.

    References
    ----------
    hidalgo2009

    Examples
    --------
    >>> diversity(np.array([[1, 1, 0], [0, 1, 0]]))
    array([2., 1.])
    """
    count: Vector = np.asarray(sparse_presence(presence).sum(axis=1), dtype=float)
    return count


def ubiquity(presence: Presence) -> Vector:
    """Count the places in which each field is present.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse

    Returns
    -------
    (fields,), places, >= 0

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1.

    References
    ----------
    hidalgo2009

    Examples
    --------
    >>> ubiquity(np.array([[1, 1, 0], [0, 1, 0]]))
    array([1., 2., 0.])
    """
    count: Vector = np.asarray(sparse_presence(presence).sum(axis=0), dtype=float)
    return count


def shannon_entropy(weight: Matrix) -> Vector:
    """Shannon entropy of the mix of each place.

    H_p = - sum over fields of s_pf log2 s_pf, with 0 log 0 = 0.

    Parameters
    ----------
    weight : (..., fields), any one unit, >= 0

    Returns
    -------
    (...,), bits, 0 .. log2(fields)
        NaN for a place without weight.

    Raises
    ------
    ValueError
        If a weight is negative or infinite.

    References
    ----------
    shannon1948

    Examples
    --------
    >>> shannon_entropy(np.array([[2.0, 1.0, 1.0], [5.0, 0.0, 0.0]]))
    array([1.5, 0. ])
    """
    share = shares(weight, axis=-1)
    logs = np.log2(np.where(share == 0, 1.0, share))
    # abs(): the entropy of a single field is 0, not -0.
    entropy: Vector = np.abs((share * logs).sum(axis=-1))
    return entropy


def effective_fields(weight: Matrix) -> Vector:
    """Number of equally large fields that would be as diverse: 2 to the power of the entropy.

    Parameters
    ----------
    weight : (..., fields), any one unit, >= 0

    Returns
    -------
    (...,), fields, 1 .. number of fields
        Unlike the entropy it doubles when a place doubles its fields. NaN without weight.

    Raises
    ------
    ValueError
        If a weight is negative or infinite.

    References
    ----------
    hill1973

    Examples
    --------
    >>> effective_fields(np.array([[1.0, 1.0, 1.0, 1.0], [5.0, 0.0, 0.0, 0.0]]))
    array([4., 1.])
    """
    return np.exp2(shannon_entropy(weight))


def hachman_index(weight: Matrix) -> Vector:
    """How close the mix of each place is to the mix of all places together.

    1 / sum over fields of s_pf Q_pf, with Q the location quotient (s_pf / s_f).

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0

    Returns
    -------
    (places,), dimensionless, 0..1
        1 for the mix of the whole. NaN for a place without weight.

    Raises
    ------
    ValueError
        If a weight is negative or infinite.

    References
    ----------
    hachman1995

    Examples
    --------
    >>> hachman_index(np.array([[6.0, 2.0], [2.0, 6.0]]))
    array([0.8, 0.8])
    """
    share = shares(weight, axis=1)
    overall = shares(np.asarray(weight, dtype=float).sum(axis=0), axis=0)
    # A field absent everywhere adds nothing; without the guard it would add 0/0.
    held = np.divide(share**2, overall, out=np.zeros_like(share), where=overall > 0)
    held[np.isnan(share)] = np.nan
    index: Vector = 1.0 / held.sum(axis=1)
    return index
