"""Where a field of a place stands out: cluster stars and the cluster index."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clusterloom.measures.specialisation import localisation_coefficient

__all__ = ["Stars", "among_top", "cluster_index", "cluster_stars", "growth_per_year"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

_HAIR = 1e-12  # relative; what is equal but for a rounding error is equal


@dataclass(frozen=True, kw_only=True)
class Stars:
    """Which criteria each field of each place meets: 1 met, 0 not met, NaN unknown."""

    size: Matrix  # (places, fields), among the largest in its field
    specialisation: Matrix  # (places, fields), quotient at the limit or above
    focus: Matrix  # (places, fields), among the largest shares of a place's total
    dynamism: Matrix  # (places, fields), among the fastest growing in its field

    @property
    def count(self) -> Matrix:
        """Stars each field of each place has for certain, 0..4; NaN if nothing is known."""
        met = self._criteria()
        stars: Matrix = np.where(np.isnan(met).all(axis=0), np.nan, np.nansum(met, axis=0))
        return stars

    @property
    def known(self) -> npt.NDArray[np.intp]:
        """Criteria that could be judged, 0..4: two stars of two are not two stars of four."""
        judged: npt.NDArray[np.intp] = (~np.isnan(self._criteria())).sum(axis=0)
        return judged

    def _criteria(self) -> Matrix:
        return np.stack([self.size, self.specialisation, self.focus, self.dynamism])


def cluster_stars(
    weight: Matrix,
    total: Vector | None = None,
    *,
    growth: Matrix | None = None,
    top_share: float = 0.1,
    quotient_at_least: float = 2.0,
    focus_among: Literal["all", "field"] = "all",
    least_weight: float = 0.0,
) -> Stars:
    """Give a field of a place a star for each of size, specialisation, focus and dynamism.

    Size: the weight is among the top share of all places in the same field. Specialisation: the
    location quotient reaches a limit. Focus: the share of the field in the place's total is among
    the top share. Dynamism: the growth is among the top share in the same field.

    Parameters
    ----------
    weight : (places, fields), any one unit, >= 0
        Usually employees. NaN is unknown. Fields without weight take part in no ranking.
    total : (places,), same unit, >= 0
        All employment of each place, fields that are not studied included; the sum of `weight`
        unless given.
    growth : (places, fields), any one unit
        For example `growth_per_year` of employees; dynamism is unknown without it.
    top_share : 0..1, exclusive of 0
        The Observatory began with 10 %; later editions took 20 %.
    quotient_at_least : dimensionless, > 0
    focus_among : whom the share of a place's total is compared with
        "all": all fields of all places, as the Observatory; large fields then have most stars.
        "field": the same field only; the order is then that of the location quotient.
    least_weight : the unit of `weight`, >= 0
        A field of a place below it has no star: a quotient of few people is noise.

    Returns
    -------
    Stars
        0 in every criterion where there is no weight. NaN where the weight (or, for
        specialisation and focus, a total) is unknown, and in dynamism where the growth is.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, a limit is out of range or the shapes do not fit.

    References
    ----------
    solvell2008
    ketels2014

    Examples
    --------
    >>> jobs = np.array([[90.0, 10.0], [10.0, 90.0], [10.0, 190.0]])
    >>> cluster_stars(jobs, top_share=0.3).count
    array([[3., 0.],
           [0., 1.],
           [0., 2.]])
    """
    jobs = _amounts(weight, "weight")
    if jobs.ndim != 2:
        raise ValueError(f"weight needs two axes, places and fields, but has shape {jobs.shape}")
    if not least_weight >= 0:
        raise ValueError(f"least_weight must be >= 0, but it is {least_weight:g}")
    if not quotient_at_least > 0:
        raise ValueError(f"quotient_at_least must be > 0, but it is {quotient_at_least:g}")
    whole = jobs.sum(axis=1) if total is None else np.asarray(total, dtype=float)
    quotient = localisation_coefficient(jobs, whole)
    present = np.where(jobs > 0, jobs, np.nan)
    # Weight against a total of 0 cannot be: the total is unknown, or it lacks the weight.
    share = np.divide(
        present, whole[:, None], out=np.full(jobs.shape, np.nan), where=whole[:, None] > 0
    )
    fast = np.full(jobs.shape, np.nan)
    if growth is not None:
        fast = np.where(np.isnan(present), np.nan, _same_shape(growth, jobs))
    large = np.where(np.isfinite(quotient), quotient, np.nan)
    found = {
        "size": among_top(present, top_share=top_share),
        "specialisation": np.where(
            np.isnan(large), np.nan, large >= quotient_at_least * (1 - _HAIR)
        ),
        "focus": _focus(share, top_share=top_share, among=focus_among),
        "dynamism": among_top(fast, top_share=top_share),
    }
    nothing = (jobs == 0) | (jobs < least_weight)
    return Stars(**{name: np.where(nothing, 0.0, star) for name, star in found.items()})


def among_top(values: Matrix, *, top_share: float) -> Matrix:
    """Tell which values of each column are among its largest.

    A value is among the top share of n if fewer than top_share * n (rounded up) are larger.

    Parameters
    ----------
    values : (rows,) or (rows, columns), any one unit
        NaN takes no part: n counts the others.
    top_share : 0..1, exclusive of 0

    Returns
    -------
    same shape; 1 or 0, NaN where the value is NaN
        The largest value is always among the top. Equal values stand or fall together, so there
        may be more than the share.

    Raises
    ------
    ValueError
        If `top_share` is not above 0 and at most 1.

    References
    ----------
    solvell2008

    Examples
    --------
    A fifth of five values is one value, and half of five are three:

    >>> among_top(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), top_share=0.2)
    array([1., 0., 0., 0., 0.])
    >>> among_top(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), top_share=0.5)
    array([1., 1., 1., 0., 0.])
    """
    if not 0 < top_share <= 1:
        raise ValueError(f"top_share must be above 0 and at most 1, but it is {top_share:g}")
    given = np.asarray(values, dtype=float)
    columns = given.reshape(len(given), -1)
    top = np.full(columns.shape, np.nan)
    for column, judged in zip(columns.T, top.T, strict=True):
        known = ~np.isnan(column)
        ordered = np.sort(column[known])
        # The subtrahend keeps 10 % of 30 at 3: in binary 0.1 * 30 is a hair above.
        places = math.ceil(top_share * ordered.size - 1e-9)
        # Values that are equal on paper differ by a rounding error in another unit.
        reach = column[known] + _HAIR * np.abs(column[known])
        larger = ordered.size - np.searchsorted(ordered, reach, side="right")
        judged[known] = larger < max(places, 1)
    return top.reshape(given.shape)


def growth_per_year(weight: Matrix, earlier: Matrix, *, years: float) -> Matrix:
    """Compound growth: (w / w_0) to the power of 1 / years, minus 1.

    Parameters
    ----------
    weight, earlier : same shape, one unit, >= 0
        The later and the earlier state.
    years : > 0

    Returns
    -------
    same shape, per year, >= -1
        -1 where everything is gone. NaN where there was nothing before, as growth from nothing
        has no rate, and where either state is unknown.

    Raises
    ------
    ValueError
        If a weight is negative or infinite, `years` is not above 0 or the shapes differ.

    References
    ----------
    ketels2014

    Examples
    --------
    >>> growth_per_year(np.array([121.0, 5.0]), np.array([100.0, 0.0]), years=2).round(12)
    array([0.1, nan])
    """
    if not years > 0:
        raise ValueError(f"years must be > 0, but it is {years:g}")
    now, before = _amounts(weight, "weight"), _amounts(earlier, "earlier")
    before = _same_shape(before, now)
    ratio = np.divide(now, before, out=np.full(now.shape, np.nan), where=before > 0)
    growth: Matrix = ratio ** (1.0 / years) - 1.0
    return growth


def cluster_index(
    employment: Matrix, establishments: Matrix, *, area_km2: Vector, population: Vector
) -> Matrix:
    """Multiply how dense and how dominant a field is in a place by how small its firms are.

    CI = D S / F with D = (e_pf / a_p) / (e_.f / a_.), S = (e_pf / n_p) / (e_.f / n_.) and
    F = (e_pf / b_pf) / (e_.f / b_.f), for employment e, area a, population n, establishments b.

    Parameters
    ----------
    employment : (places, fields), employees, >= 0
        Together the places are the country.
    establishments : (places, fields), firms or plants, >= 0
    area_km2 : (places,), square kilometres, >= 0
    population : (places,), persons, >= 0

    Returns
    -------
    (places, fields), dimensionless, >= 0
        1 is the country: 8 is twice the country in both densities in firms of half its size. A
        single large plant has a low index, as it is no cluster. 0 without employment. NaN where
        the field is nowhere, where a value is unknown, and where employment stands against no
        establishment, area or population.

    Raises
    ------
    ValueError
        If a value is negative or infinite, or the shapes do not fit.

    References
    ----------
    litzenberger2006

    Examples
    --------
    Twice the jobs per area and per head in firms of average size: 2 * 2 / 1.

    >>> cluster_index(
    ...     np.array([[20.0], [10.0], [0.0]]), np.array([[4.0], [2.0], [0.0]]),
    ...     area_km2=np.ones(3), population=np.ones(3))
    array([[4.],
           [1.],
           [0.]])
    """
    jobs, firms = _amounts(employment, "employment"), _amounts(establishments, "establishments")
    firms = _same_shape(firms, jobs)
    per_area = localisation_coefficient(jobs, np.asarray(area_km2, dtype=float))
    per_head = localisation_coefficient(jobs, np.asarray(population, dtype=float))
    with np.errstate(invalid="ignore", divide="ignore"):
        firm_size = (jobs / firms) / (jobs.sum(axis=0) / firms.sum(axis=0))
        index: Matrix = per_area * per_head / firm_size
    # Jobs in no firm, on no area or of no people: infinite factors, and no index.
    index[~np.isfinite(index) | ((firms == 0) & (jobs > 0))] = np.nan
    index[(jobs == 0) & (jobs.sum(axis=0) > 0)] = 0.0
    return index


def _focus(share: Matrix, *, top_share: float, among: Literal["all", "field"]) -> Matrix:
    """Rank shares against those of the same field or of all fields."""
    if among == "field":
        return among_top(share, top_share=top_share)
    if among == "all":
        return among_top(share.reshape(-1), top_share=top_share).reshape(share.shape)
    raise ValueError(f'focus_among must be "all" or "field", but it is "{among}"')


def _amounts(values: Matrix, name: str) -> Matrix:
    given = np.asarray(values, dtype=float)
    if (given < 0).any():
        raise ValueError(f"{name} must be >= 0, but the smallest is {np.nanmin(given):g}")
    if np.isinf(given).any():
        raise ValueError(f"{name} must be finite, but one is infinite: use NaN for unknown")
    return given


def _same_shape(values: Matrix, like: Matrix) -> Matrix:
    given = np.asarray(values, dtype=float)
    if given.shape != like.shape:
        raise ValueError(f"shapes must be equal, but they are {like.shape} and {given.shape}")
    return given
