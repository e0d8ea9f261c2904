"""How unevenly something is spread over its bearers: places of a field, or fields of a place.

Every measure runs along the first axis (the bearers) and gives one number for each column. For the
concentration of places over fields, pass the transposed table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.measures.specialisation import shares

__all__ = [
    "TheilParts",
    "concentration_ratio",
    "gini",
    "herfindahl",
    "hoover_index",
    "locational_gini",
    "mean_log_deviation",
    "theil",
    "theil_parts",
]

Array = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def hoover_index(weight: Array, base: Vector) -> Array:
    """Share that would have to move for the weight to be spread like the base.

    H = 1/2 sum over bearers of |w_i / w - b_i / b|.

    Parameters
    ----------
    weight : (bearers,) or (bearers, columns), any one unit, >= 0
    base : (bearers,), any one unit, >= 0
        For example population or area; ones compare with an equal spread.

    Returns
    -------
    () or (columns,), 0..1
        0 when spread like the base. NaN for a column or a base without weight. EconGeo prints it
        in percent.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, or the base has another number of bearers.

    References
    ----------
    hoover1936

    Examples
    --------
    >>> float(hoover_index(np.array([0.0, 10, 10, 30, 50]), np.array([10.0, 15, 20, 25, 30])))
    0.25
    """
    share = shares(weight, axis=0)
    basis = _like(share, shares(_same_bearers(base, share), axis=0))
    return _sum(np.abs(share - basis)) / 2


def gini(values: Array, *, corrected: bool = False) -> Array:
    """Gini coefficient: mean absolute difference of all pairs over twice the mean.

    G = sum over i of (2 i - n - 1) x_(i) / (n sum of x), with x_(i) the i-th smallest value.

    Parameters
    ----------
    values : (bearers,) or (bearers, columns), any one unit, >= 0
    corrected : whether to multiply by n / (n - 1)
        Then one bearer that has everything gives 1, whatever the number of bearers.

    Returns
    -------
    () or (columns,), 0 .. 1 - 1/n, or 0..1 when corrected
        NaN for a column that is empty, sums to 0 or holds NaN; NaN when corrected for a single
        bearer.

    Raises
    ------
    ValueError
        If a value is negative or infinite.

    References
    ----------
    gini1912

    Examples
    --------
    >>> float(gini(np.array([20.0, 50, 20, 10])))
    0.3
    >>> round(float(gini(np.array([20.0, 50, 20, 10]), corrected=True)), 12)
    0.4
    """
    share = np.sort(shares(values, axis=0), axis=0)
    n = len(share)
    if corrected and n < 2:
        return np.full(share.shape[1:], np.nan)
    rank = _like(share, 2.0 * np.arange(1, n + 1) - n - 1)
    return _sum(rank * share) / (n - 1 if corrected else max(n, 1))


def locational_gini(weight: Array, base: Vector) -> Array:
    """Gini coefficient of the location quotients, each place counting as much as its base.

    Twice the area between the diagonal and the Lorenz curve of the cumulated weight over the
    cumulated base, places ordered by weight over base (the Hoover-Balassa curve):
    G = 1 - sum over i of b_i (W_i + W_i-1), with W the cumulated share of weight.

    Parameters
    ----------
    weight : (places,) or (places, fields), any one unit, >= 0
    base : (places,), any one unit, >= 0
        For example all employment, population or area.

    Returns
    -------
    () or (fields,), 0..1
        0 when spread like the base; splitting a place into parts of equal quotient changes
        nothing. Weight at places without base counts as most concentrated. NaN for a field or a
        base without weight. The unweighted form of some textbooks is `gini` of the quotients.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, or the base has another number of places.

    References
    ----------
    krugman1991
    hoover1936

    Examples
    --------
    >>> round(float(locational_gini(
    ...     np.array([0.0, 10, 10, 30, 50]), np.array([10.0, 15, 20, 25, 30]))), 12)
    0.31
    """
    share = shares(weight, axis=0)
    basis = _like(share, shares(_same_bearers(base, share), axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        order = np.argsort(share / basis, axis=0, kind="stable")
    ordered = np.take_along_axis(share, order, axis=0)
    width = np.take_along_axis(np.broadcast_to(basis, share.shape), order, axis=0)
    below = 2 * np.cumsum(ordered, axis=0) - ordered  # W_i + W_i-1
    coefficient = 1.0 - _sum(width * below)
    # A hair below 0 is rounding of an equal spread.
    return np.where(np.abs(coefficient) < 1e-12, 0.0, coefficient)


def herfindahl(weight: Array) -> Array:
    """Herfindahl-Hirschman index: the sum of the squared shares.

    Parameters
    ----------
    weight : (bearers,) or (bearers, columns), any one unit, >= 0

    Returns
    -------
    () or (columns,), 1/n .. 1
        The chance that two units drawn with replacement have the same bearer; its inverse is the
        number of bearers of equal size. Competition offices multiply by 10,000. NaN for a column
        without weight.

    Raises
    ------
    ValueError
        If a weight is negative or infinite.

    References
    ----------
    hirschman1964

    Examples
    --------
    >>> float(herfindahl(np.array([2.0, 1.0, 1.0])))
    0.375
    """
    return _sum(np.square(shares(weight, axis=0)))


def concentration_ratio(weight: Array, *, largest: int) -> Array:
    """Share of the largest bearers.

    Parameters
    ----------
    weight : (bearers,) or (bearers, columns), any one unit, >= 0
    largest : bearers, >= 1
        How many of the largest to count; with fewer bearers all are counted.

    Returns
    -------
    () or (columns,), 0..1
        NaN for a column without weight.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, or `largest` is below 1.

    References
    ----------
    hirschman1964

    Examples
    --------
    >>> float(concentration_ratio(np.array([10.0, 50, 20, 20]), largest=2))
    0.7
    """
    if largest < 1:
        raise ValueError(f"largest must be >= 1, but it is {largest}")
    return _sum(np.sort(shares(weight, axis=0), axis=0)[-largest:])


def theil(values: Array) -> Array:
    """Theil index T: how much information the shares carry against an equal spread.

    T = 1/n sum over i of (x_i / m) ln(x_i / m), with m the mean and 0 ln 0 = 0.

    Parameters
    ----------
    values : (bearers,) or (bearers, columns), any one unit, >= 0

    Returns
    -------
    () or (columns,), nats, 0 .. ln n
        NaN for a column without weight. The R package REAT prints the mean log deviation under
        the name `theil`: see `mean_log_deviation`.

    Raises
    ------
    ValueError
        If a value is negative or infinite.

    References
    ----------
    theil1967

    Examples
    --------
    One of two bearers has everything, ln 2:

    >>> round(float(theil(np.array([0.0, 5.0]))), 4)
    0.6931
    """
    share = shares(values, axis=0)
    # max(): equal shares may miss 0 by a rounding error, and the index is never negative.
    index: Array = np.maximum(_sum(_x_log_x(share * len(share))) / max(len(share), 1), 0.0)
    return index


def mean_log_deviation(values: Array) -> Array:
    """Theil index L: mean of ln(mean / x).

    Parameters
    ----------
    values : (bearers,) or (bearers, columns), any one unit, >= 0

    Returns
    -------
    () or (columns,), nats, >= 0
        Infinity if a bearer has nothing and another has something; NaN for a column without
        weight.

    Raises
    ------
    ValueError
        If a value is negative or infinite.

    References
    ----------
    theil1967

    Examples
    --------
    >>> round(float(mean_log_deviation(np.array([10.0, 10, 10, 20, 50]))), 6)
    0.23263
    """
    share = shares(values, axis=0)
    with np.errstate(divide="ignore"):
        logs = -np.log(share * len(share))
    deviation: Array = np.maximum(_sum(logs) / max(len(share), 1), 0.0)
    return deviation


@dataclass(frozen=True, kw_only=True)
class TheilParts:
    """Theil index T and what of it lies within and between groups; all in nats."""

    total: float
    within: float
    between: float


def theil_parts(values: Vector, groups: npt.NDArray[np.intp]) -> TheilParts:
    """Split the Theil index T into inequality within groups and between their means.

    within = sum over g of s_g T_g and between = sum over g of s_g ln(s_g / (n_g / n)), with s_g
    the group's share of the values and n_g its number of bearers; their sum is T.

    Parameters
    ----------
    values : (bearers,), any one unit, >= 0
    groups : (bearers,), any labels
        For example the region of each place.

    Returns
    -------
    TheilParts
        NaN in all parts if there is nothing to share. A group without any value adds nothing
        within and counts as empty between.

    Raises
    ------
    ValueError
        If a value is negative or infinite, or the groups have another length.

    References
    ----------
    theil1967

    Examples
    --------
    Equal within the groups, unequal between them:

    >>> theil_parts(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1])).within
    0.0
    """
    share = shares(values, axis=0)
    labels = np.asarray(groups)
    if share.ndim != 1 or labels.shape != share.shape:
        raise ValueError(
            "values and groups must be vectors of one length, but their shapes are "
            f"{share.shape} and {labels.shape}"
        )
    total = float(theil(share))
    if np.isnan(total):
        return TheilParts(total=total, within=total, between=total)
    _, group, size = np.unique(labels, return_inverse=True, return_counts=True)
    held = np.bincount(group, weights=share)
    relative = held * len(share) / size  # mean of the group over mean of all
    between = float((_x_log_x(relative) * size).sum() / len(share))
    # s_i ln(s_i / mean share of the group), and 0 where nothing is held.
    mean = (held / size)[group]
    inside = np.log(np.divide(share, mean, out=np.ones_like(share), where=share > 0))
    return TheilParts(total=total, within=float(share @ inside), between=max(between, 0.0))


def _x_log_x(values: Array) -> Array:
    """Return x ln x, which is 0 at 0; NaN stays NaN."""
    product: Array = values * np.log(np.where(values == 0, 1.0, values))
    return product


def _sum(values: Array) -> Array:
    """Sum of each column; NaN, not 0, where there is no bearer."""
    if len(values) == 0:
        return np.full(values.shape[1:], np.nan)
    total: Array = values.sum(axis=0)
    return total


def _same_bearers(base: Vector, share: Array) -> Vector:
    basis = np.asarray(base, dtype=float)
    if basis.shape != share.shape[:1]:
        raise ValueError(
            f"base must hold one value for each bearer, but the shapes are {basis.shape} and "
            f"{share.shape}"
        )
    return basis


def _like(share: Array, line: npt.ArrayLike) -> Array:
    """Lay a vector along the first axis of `share`."""
    laid: Array = np.asarray(line, dtype=float).reshape((-1,) + (1,) * (share.ndim - 1))
    return laid
