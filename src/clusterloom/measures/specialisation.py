"""How far the mix of a place differs from the mix of all places: quotients to a named base."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import ROUNDING

__all__ = [
    "interregional_marketability",
    "krugman_distance",
    "krugman_specialisation",
    "localisation_coefficient",
    "location_quotient",
    "per_capita_coefficient",
    "shares",
    "specialisation_coefficient",
    "specialised",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def shares(weight: Matrix, *, axis: int) -> Matrix:
    """Divide by the sum along an axis.

    Parameters
    ----------
    weight : any shape, any one unit, >= 0
    axis : the axis whose entries will sum to 1

    Returns
    -------
    same shape, 0..1
        NaN along a line without any weight (a share of nothing is undefined) and along a line
        that holds NaN (a share of an unknown sum is unknown).

    Raises
    ------
    ValueError
        If any weight is negative or infinite.

    Examples
    --------
    >>> shares(np.array([[6.0, 2.0], [0.0, 0.0]]), axis=1)
    array([[0.75, 0.25],
           [ nan,  nan]])
    """
    weight = np.asarray(weight, dtype=float)
    if (weight < 0).any():
        raise ValueError(f"weights must be >= 0, but the smallest is {np.nanmin(weight):g}")
    if np.isinf(weight).any():
        raise ValueError("weights must be finite, but one is infinite: use NaN for unknown")
    # Empty lines give 0/0: NaN is the answer we want, so do not warn.
    with np.errstate(invalid="ignore"):
        share: Matrix = weight / weight.sum(axis=axis, keepdims=True)
    return share


def location_quotient(weight: Matrix) -> Matrix:
    """Compare each place's mix of fields with the mix of all places together.

    Q_pf = (w_pf / w_p.) / (w_.f / w_..). In trade the same number is the revealed comparative
    advantage (RCA).

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0
        How much of each field each place performs.

    Returns
    -------
    (places, fields), dimensionless, >= 0
        1 means the average share. NaN where a place or a field has no weight at all: a share of
        nothing is undefined, not zero. One unknown weight (NaN) makes all quotients unknown,
        because the total is.

    Raises
    ------
    ValueError
        If any weight is negative or infinite.

    References
    ----------
    balassa1965

    Examples
    --------
    >>> location_quotient(np.array([[6.0, 2.0], [2.0, 6.0]]))
    array([[1.5, 0.5],
           [0.5, 1.5]])
    """
    share = shares(weight, axis=1)
    overall = shares(np.asarray(weight, dtype=float).sum(axis=0), axis=0)
    # An absent field has share 0 everywhere: 0/0 is again the NaN we want.
    with np.errstate(invalid="ignore"):
        np.divide(share, overall, out=share)
    return share


def specialised(quotient: Matrix, *, at_least: float = 1.0) -> Flags:
    """Tell where a quotient reaches a limit.

    Parameters
    ----------
    quotient : any shape, dimensionless, >= 0
    at_least : dimensionless, > 0
        1 takes every place with at least the average share.

    Returns
    -------
    same shape, bool
        A quotient that misses the limit by a rounding error has reached it. False where the
        quotient is NaN: what is undefined or unknown is no evidence.

    Raises
    ------
    ValueError
        If `at_least` is not above 0: everything would count as specialised.

    References
    ----------
    balassa1965

    Examples
    --------
    >>> specialised(np.array([1.5, 1.0, 0.5, np.nan]))
    array([ True,  True, False, False])
    """
    if not at_least > 0:
        raise ValueError(f"at_least must be > 0, but it is {at_least:g}")
    return np.asarray(quotient) >= at_least * (1 - ROUNDING)


def localisation_coefficient(output: Matrix, production: Vector) -> Matrix:
    """Share of a field in a place's production over its share in the country's production.

    K = (O_pf / P_p) / (O_.f / P_.): the localisation coefficient (коэффициент локализации) of
    regional economics in Belarus and Russia, on the base "production of all branches". With
    the sum of `output` over the fields as the base it equals the location quotient.

    Parameters
    ----------
    output : (places, fields), any one unit, >= 0
        Production of each field in each place; together the places are the country, so add a
        row for the rest of the country if some places are not studied.
    production : (places,), any one unit, >= 0
        Production of all branches in each place, fields that are not studied included.

    Returns
    -------
    (places, fields), dimensionless, >= 0
        Textbooks print it in percent: multiply by 100. NaN where a place has no base or a field
        no output at all. Infinity where output stands against a base of 0.

    Raises
    ------
    ValueError
        If a value is negative or infinite, or the base has another number of places.

    References
    ----------
    granberg2000
    isard1960

    Examples
    --------
    Half of the field's output, but a quarter of all production:

    >>> localisation_coefficient(np.array([[5.0], [5.0]]), np.array([25.0, 75.0])).round(2)
    array([[2.  ],
           [0.67]])
    """
    return _to_base(output, production, base="production")


def per_capita_coefficient(output: Matrix, population: Vector) -> Matrix:
    """Share of a place in a field's output over its share in the population.

    K = (O_pf / O_.f) / (N_p / N_.): the coefficient of production per head (коэффициент
    душевого производства), on the base "population". It is output per head in the place over
    output per head in the country.

    Parameters
    ----------
    output : (places, fields), any one unit, >= 0
        Together the places are the country.
    population : (places,), persons, >= 0

    Returns
    -------
    (places, fields), dimensionless, >= 0
        NaN and infinity as in `localisation_coefficient`.

    Raises
    ------
    ValueError
        If a value is negative or infinite, or the base has another number of places.

    References
    ----------
    granberg2000

    Examples
    --------
    4 per head in the first place, 1 in the second, 2.5 in the country:

    >>> per_capita_coefficient(np.array([[8.0], [2.0]]), np.array([2.0, 2.0]))
    array([[1.6],
           [0.4]])
    """
    return _to_base(output, population, base="population")


def specialisation_coefficient(output: Matrix, gross_product: Vector) -> Matrix:
    """Share of a place in a field's output over its share in the gross domestic product.

    K = (O_pf / O_.f) / (G_p / G_.): the specialisation coefficient (коэффициент специализации),
    on the base "gross regional product". EconGeo's `spec_coeff` is another measure of the same
    name: half of `krugman_specialisation`.

    Parameters
    ----------
    output : (places, fields), any one unit, >= 0
        Together the places are the country.
    gross_product : (places,), one currency and price year, >= 0

    Returns
    -------
    (places, fields), dimensionless, >= 0
        NaN and infinity as in `localisation_coefficient`.

    Raises
    ------
    ValueError
        If a value is negative or infinite, or the base has another number of places.

    References
    ----------
    granberg2000

    Examples
    --------
    >>> specialisation_coefficient(np.array([[6.0], [4.0]]), np.array([20.0, 80.0]))
    array([[3. ],
           [0.5]])
    """
    return _to_base(output, gross_product, base="gross_product")


def interregional_marketability(shipped_out: Matrix, output: Matrix) -> Matrix:
    """Share of a place's output that leaves the place.

    K = V_pf / O_pf: the coefficient of interregional marketability (коэффициент межрайонной
    товарности). A place that specialises in a field produces it for others.

    Parameters
    ----------
    shipped_out, output : same shape, one unit, >= 0
        What leaves the place, and what the place produces.

    Returns
    -------
    same shape, dimensionless, >= 0
        NaN where nothing is produced or a value is unknown. Above 1 the place ships from stock
        or passes on what others made; the number is not cut.

    Raises
    ------
    ValueError
        If a value is negative or infinite.

    References
    ----------
    granberg2000

    Examples
    --------
    >>> interregional_marketability(np.array([3.0, 0.0]), np.array([4.0, 0.0]))
    array([0.75,  nan])
    """
    out, made = _checked(shipped_out, "shipped_out"), _checked(output, "output")
    share: Matrix = np.divide(out, made, out=np.full(out.shape, np.nan), where=made > 0)
    return share


def krugman_distance(first: Matrix, second: Matrix) -> Vector:
    """Sum of the absolute differences between two mixes of fields.

    K = sum over fields of |s_f - t_f|, with s and t the shares in each mix.

    Parameters
    ----------
    first : (..., fields), any one unit, >= 0
    second : (..., fields), any one unit, >= 0
        Mixes to compare with; the leading axes broadcast. Shares are taken of each mix, so the
        two may have different units.

    Returns
    -------
    (...,), dimensionless, 0..2
        0 for equal mixes, 2 for mixes with no common field. NaN for an empty mix.

    Raises
    ------
    ValueError
        If any weight is negative or infinite.

    References
    ----------
    krugman1991

    Examples
    --------
    >>> float(krugman_distance(np.array([20.0, 10, 70, 0, 0]), np.array([0.0, 0, 0, 60, 40])))
    2.0
    """
    distance: Vector = np.abs(shares(first, axis=-1) - shares(second, axis=-1)).sum(axis=-1)
    return distance


def krugman_specialisation(weight: Matrix) -> Vector:
    """Distance of each place's mix of fields from the mix of all places together.

    K_p = sum over fields of |w_pf / w_p. - w_.f / w_..|. Half of it is the coefficient of
    specialisation: the share of work that would have to change field.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0

    Returns
    -------
    (places,), dimensionless, 0..2
        NaN for a place without weight. The place itself is part of the whole, so 2 is never
        reached; leave it out with `krugman_distance`.

    Raises
    ------
    ValueError
        If any weight is negative or infinite.

    References
    ----------
    krugman1991
    isard1960

    Examples
    --------
    >>> krugman_specialisation(np.array([[6.0, 2.0], [2.0, 6.0]]))
    array([0.5, 0.5])
    """
    whole = np.asarray(weight, dtype=float).sum(axis=0)
    return krugman_distance(weight, whole)


def _to_base(output: Matrix, base_values: Vector, *, base: str) -> Matrix:
    """Share of each place in a field over its share in the base."""
    made, basis = np.asarray(output, dtype=float), _checked(base_values, base)
    if made.ndim != 2 or basis.shape != made.shape[:1]:
        raise ValueError(
            f"{base} must hold one value for each of the places of output, but their shapes "
            f"are {basis.shape} and {made.shape}"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: Matrix = shares(made, axis=0) / shares(basis, axis=0)[:, None]
    return quotient


def _checked(values: Matrix, name: str) -> Matrix:
    array = np.asarray(values, dtype=float)
    if (array < 0).any() or np.isinf(array).any():
        worst = np.nanmin(array) if (array < 0).any() else np.inf
        raise ValueError(f"{name} must be finite and >= 0, but holds {worst:g}")
    return array
