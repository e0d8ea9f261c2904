"""Whether industries are more concentrated in space than chance and large plants explain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "agglomeration_index",
    "group_coagglomeration",
    "pairwise_coagglomeration",
    "plant_herfindahl",
    "raw_concentration",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.integer]


def plant_herfindahl(size: Vector, industry: Ids, *, industries: int) -> Vector:
    """Sum the squared shares of the plants in the size of their industry.

    Parameters
    ----------
    size : (plants,), any one unit, >= 0
        Employees or turnover of each plant.
    industry : (plants,), 0 .. industries - 1
    industries : number of industries

    Returns
    -------
    (industries,), 0 .. 1
        1 for a single plant; NaN for an industry without plants or size.

    Raises
    ------
    ValueError
        If a size is negative or not finite, or an industry number is out of range.

    References
    ----------
    ellison1997

    Examples
    --------
    >>> plant_herfindahl(np.array([3.0, 1.0]), np.array([0, 0]), industries=1).tolist()
    [0.625]
    """
    plants = _checked(size, "sizes", axes=1)
    number = np.asarray(industry)
    if number.shape != plants.shape:
        raise ValueError(f"{len(plants)} sizes need as many industries, not shape {number.shape}")
    if number.size and not (number.min() >= 0 and number.max() < industries):
        raise ValueError(
            f"industries must be numbered 0 .. {industries - 1}, "
            f"but there are {number.min()} .. {number.max()}"
        )
    total, squares = np.zeros(industries), np.zeros(industries)
    np.add.at(total, number, plants)
    np.add.at(squares, number, plants**2)
    return _quotient(squares, total**2)


def raw_concentration(employment: Matrix, *, reference: Vector | None = None) -> Vector:
    """Sum the squared gaps between an industry's regional shares and those of the reference.

    G = sum over regions of (s_r - x_r)².

    Parameters
    ----------
    employment : (regions, industries), any one unit, >= 0
    reference : (regions,), any one unit, >= 0, or None
        Size of each region; None takes the sum over the given industries.

    Returns
    -------
    (industries,), 0 .. 2
        NaN for an industry without employment.

    Raises
    ------
    ValueError
        If a value is negative or not finite, the shapes do not fit, or the reference is all 0.

    References
    ----------
    ellison1997

    Examples
    --------
    >>> raw_concentration(np.array([[4.0], [0.0]]), reference=np.array([1.0, 1.0])).tolist()
    [0.5]
    """
    share, region = _shares(employment, reference)
    gap: Vector = ((share - region[:, None]) ** 2).sum(axis=0)
    return gap


def agglomeration_index(
    employment: Matrix, herfindahl: Vector, *, reference: Vector | None = None
) -> Vector:
    """Measure concentration beyond what dartboard throws of plants of these sizes give.

    gamma = (G / (1 - sum x²) - H) / (1 - H): 0 on average if plants choose regions independently
    with the probabilities x.

    Parameters
    ----------
    employment, reference : as for `raw_concentration`
    herfindahl : (industries,), 0 .. 1
        Concentration of the plant sizes, see `plant_herfindahl`.

    Returns
    -------
    (industries,), dimensionless
        Negative means more even than chance. NaN for an industry of a single plant (H = 1) or
        without employment, and everywhere if the reference has one region only.

    Raises
    ------
    ValueError
        As `raw_concentration`; if `herfindahl` is outside 0 .. 1 or of another length.

    References
    ----------
    ellison1997

    Examples
    --------
    Eight equal plants, all in one of two equal regions: (0.5 / 0.5 - 1/8) / (7/8).

    >>> agglomeration_index(
    ...     np.array([[8.0], [0.0]]), np.array([1 / 8]), reference=np.array([1.0, 1.0])).tolist()
    [1.0]
    """
    share, region = _shares(employment, reference)
    plants = _checked_herfindahl(herfindahl, share.shape[1])
    gap = ((share - region[:, None]) ** 2).sum(axis=0)
    return _quotient(_quotient(gap, _room(region)) - plants, 1 - plants)


def group_coagglomeration(
    employment: Matrix, herfindahl: Vector, *, reference: Vector | None = None
) -> float:
    """Measure how far the industries of one group settle in the same regions as each other.

    gamma^c = (G / (1 - sum x²) - H - sum_j gamma_j w_j² (1 - H_j)) / (1 - sum_j w_j²), where G and
    H = sum_j w_j² H_j are those of the whole group and w_j is an industry's share in it.

    Parameters
    ----------
    employment : (regions, industries of the group), any one unit, >= 0
    herfindahl : (industries of the group,), 0 .. 1
    reference : (regions,), any one unit, >= 0, or None
        Size of each region; None takes the sum over the group, which forces the value down:
        better give all industries of the economy.

    Returns
    -------
    dimensionless
        0 if industries choose independently of each other. NaN if the group has less than two
        industries with employment, or the reference one region only.

    Raises
    ------
    ValueError
        As `agglomeration_index`.

    References
    ----------
    ellison1997

    Examples
    --------
    Two industries in the same one of two regions coagglomerate fully:

    >>> group_coagglomeration(
    ...     np.array([[4.0, 4.0], [0.0, 0.0]]), np.array([0.25, 0.25]),
    ...     reference=np.array([1.0, 1.0]))
    1.0
    """
    jobs = _checked(employment, "employment", axes=2)
    plants = _checked_herfindahl(herfindahl, jobs.shape[1])
    _, region = _shares(jobs, reference)
    present = jobs.sum(axis=0) > 0
    jobs, plants = jobs[:, present], plants[present]
    if present.sum() < 2:
        return float("nan")
    weight = jobs.sum(axis=0) / jobs.sum()
    gap = ((jobs.sum(axis=1) / jobs.sum() - region) ** 2).sum()
    own = ((jobs / jobs.sum(axis=0) - region[:, None]) ** 2).sum(axis=0)
    # gamma_j (1 - H_j) = G_j / (1 - sum x²) - H_j, which is also defined for a single plant.
    alone = _quotient(own, _room(region)) - plants
    excess = _quotient(gap, _room(region)) - (weight**2 * plants).sum() - (weight**2 * alone).sum()
    return float(excess / (1 - (weight**2).sum()))


def pairwise_coagglomeration(employment: Matrix, *, reference: Vector | None = None) -> Matrix:
    """Measure for every two industries how far they settle in the same regions.

    gamma^c_ij = sum_r (s_ri - x_r)(s_rj - x_r) / (1 - sum x²).

    Parameters
    ----------
    employment : (regions, industries), any one unit, >= 0
    reference : (regions,), any one unit, >= 0, or None
        Size of each region; None takes the mean of the industries' regional shares, as the
        authors do (not the sum of employment).

    Returns
    -------
    (industries, industries), dimensionless, symmetric
        0 if two industries choose regions independently. NaN for an industry without employment
        and on the diagonal: the coagglomeration of an industry with itself would need the plants.

    Raises
    ------
    ValueError
        As `raw_concentration`.

    References
    ----------
    ellison2010

    Examples
    --------
    >>> apart = pairwise_coagglomeration(np.array([[5.0, 0.0], [0.0, 2.0]]))
    >>> float(apart[0, 1])
    -1.0
    """
    share, region = _shares(employment, reference)
    if reference is None:
        with_jobs = share[:, ~np.isnan(share).any(axis=0)]
        region = with_jobs.mean(axis=1)
    gap = share - region[:, None]
    together = _quotient(gap.T @ gap, _room(region))
    np.fill_diagonal(together, np.nan)
    return together


def _shares(employment: Matrix, reference: Vector | None) -> tuple[Matrix, Vector]:
    """Regional shares of each industry (columns sum to 1 or are NaN) and of the reference."""
    jobs = _checked(employment, "employment", axes=2)
    region = jobs.sum(axis=1) if reference is None else _checked(reference, "reference", axes=1)
    if region.shape != (jobs.shape[0],):
        raise ValueError(
            f"reference must have one entry for each of {jobs.shape[0]} regions, not {region.shape}"
        )
    if region.sum() == 0:
        raise ValueError("reference must have a region above 0, but all regions are 0")
    return _quotient(jobs, jobs.sum(axis=0)), region / region.sum()


def _room(region: Vector) -> Vector:
    """1 - sum x², and exactly 0 where one region holds everything."""
    return np.where((region > 0).sum() > 1, 1 - (region**2).sum(), 0.0)


def _quotient(part: Vector, whole: Vector) -> Vector:
    """Divide, with NaN where the whole is 0."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    result: Vector = np.divide(
        part, whole, out=np.full(shape, np.nan), where=np.asarray(whole) != 0
    )
    return result


def _checked(values: Vector, name: str, *, axes: int) -> Vector:
    given = np.asarray(values, dtype=float)
    if given.ndim != axes:
        raise ValueError(f"{name} must have {axes} axes, but the shape is {given.shape}")
    if not np.isfinite(given).all():
        raise ValueError(
            f"{name} must be finite, but there is NaN or infinity; leave such rows out"
        )
    if (given < 0).any():
        raise ValueError(f"{name} must be >= 0, but the smallest is {given.min():g}")
    return given


def _checked_herfindahl(herfindahl: Vector, industries: int) -> Vector:
    """One value per industry, 0..1; NaN (no plants) may stay for an industry without employment."""
    plants = np.asarray(herfindahl, dtype=float)
    if plants.shape != (industries,):
        raise ValueError(f"herfindahl must have {industries} entries, not shape {plants.shape}")
    if ((plants < 0) | (plants > 1)).any():
        raise ValueError(
            "herfindahl must lie in 0 .. 1, "
            f"but runs {np.nanmin(plants):g} .. {np.nanmax(plants):g}"
        )
    return plants
