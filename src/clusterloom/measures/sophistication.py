"""How rich the places are that specialise in a field, and how rich the mix of a place is by that.

PRODY of fields and EXPY of places in the literature on trade: a look outside the table of presences
(income, research, education), where `complexity` looks at nothing else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.measures.specialisation import shares

__all__ = ["field_sophistication", "place_sophistication"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def field_sophistication(quotient: Matrix, attribute: Vector) -> Vector:
    """Mean attribute of the places, each counting by its quotient in the field (PRODY).

    PRODY_f = sum over p of Q_pf v_p / sum over p of Q_pf.

    Parameters
    ----------
    quotient : (places, fields), dimensionless, >= 0
        Location quotients, so that small places count by their mix and not by their size. NaN
        (a place or a field without weight) counts as 0.
    attribute : (places,), any one unit
        Usually gross product per head.

    Returns
    -------
    (fields,), the unit of `attribute`
        NaN for a field that is nowhere, and where the attribute of a place that has it is NaN.

    Raises
    ------
    ValueError
        If a quotient is negative or infinite, an attribute infinite, or the shapes do not fit.

    References
    ----------
    hausmann2007

    Examples
    --------
    Three times as specialised in the first field, the rich place counts three times:

    >>> field_sophistication(np.array([[1.5, 0.5], [0.5, 1.5]]), np.array([40.0, 20.0]))
    array([35., 25.])
    """
    table = np.asarray(quotient, dtype=float)
    value = np.asarray(attribute, dtype=float)
    if table.ndim != 2 or value.shape != table.shape[:1]:
        raise ValueError(
            "attribute must hold one value for each of the places of quotient, but their shapes "
            f"are {value.shape} and {table.shape}"
        )
    if np.isinf(value).any():
        raise ValueError("attribute must be finite, but one is infinite: use NaN for unknown")
    share = shares(np.where(np.isnan(table), 0.0, table), axis=0)
    # A place without the field adds nothing, even if its attribute is unknown.
    mean: Vector = np.where(share == 0, 0.0, share * value[:, None]).sum(axis=0)
    return mean


def place_sophistication(weight: Matrix, field_value: Vector) -> Vector:
    """Mean value of the fields of each place, each counting by its share (EXPY).

    EXPY_p = sum over f of s_pf PRODY_f.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0
    field_value : (fields,), any one unit
        Usually from `field_sophistication`.

    Returns
    -------
    (places,), the unit of `field_value`
        NaN for a place without weight, and where the value of a field that it has is NaN.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, a value infinite, or the shapes do not fit.

    References
    ----------
    hausmann2007

    Examples
    --------
    >>> place_sophistication(np.array([[6.0, 2.0], [2.0, 6.0]]), np.array([35.0, 25.0]))
    array([32.5, 27.5])
    """
    share = shares(weight, axis=1)
    value = np.asarray(field_value, dtype=float)
    if share.ndim != 2 or value.shape != share.shape[1:]:
        raise ValueError(
            "field_value must hold one value for each of the fields of weight, but their shapes "
            f"are {value.shape} and {share.shape}"
        )
    if np.isinf(value).any():
        raise ValueError("field_value must be finite, but one is infinite: use NaN for unknown")
    mean: Vector = np.where(share == 0, 0.0, share * value).sum(axis=1)
    return mean
