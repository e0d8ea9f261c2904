"""K-density: how often members of an industry are a given distance apart (Duranton-Overman)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._pair_counts import Pairs, quickest_counter
from clusterloom.spatial._points import (
    checked_members,
    checked_weights,
    envelope,
    global_envelope,
    km_of_chord,
    unit_vectors,
)

__all__ = ["KDensity", "k_density", "k_density_test", "silverman_bandwidth"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_BINS_OF_BANDWIDTH = 50  # bins of distance to a bandwidth: binning then moves a density by 1e-5
_TAIL = 5.0  # bandwidths; the kernel is 0 beyond
_SAMPLE = 2_000  # points from whose pairs a bandwidth is taken if there are more


@dataclass(frozen=True, kw_only=True)
class KDensity:
    """A K-density with the bands that random choices of sites stay in."""

    distance_km: Vector  # (distances,)
    density: Vector  # (distances,), per km
    local_low: Vector  # (distances,), per km; left by a share `level` of choices at this distance
    local_high: Vector
    global_low: Vector  # (distances,), per km; left anywhere by a share `level` of choices
    global_high: Vector
    bandwidth_km: float
    cell_km: float  # side of the grid's cells; 0 if every pair was looked at

    @property
    def localisation(self) -> Vector:
        """How far the density is above the global band, (distances,), per km, >= 0."""
        above: Vector = np.maximum(self.density - self.global_high, 0.0)
        return above

    @property
    def dispersion(self) -> Vector:
        """How far it is below, where it is nowhere above: 0 everywhere for a localised industry."""
        if self.localisation.any():
            return np.zeros(len(self.density))
        below: Vector = np.maximum(self.global_low - self.density, 0.0)
        return below


def silverman_bandwidth(lat_deg: Vector, lon_deg: Vector, *, seed: int = 0) -> float:
    """Bandwidth of the distances between points by Silverman's rule of thumb.

    h = 0.9 min(s, IQR / 1.34) m^(-1/5), with deviation s and interquartile range of the m
    distances between all pairs.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84
        Of more than 2,000 points a seeded sample stands for the deviation and the range; m is
        always that of all pairs.
    seed : of that sample

    Returns
    -------
    km, > 0

    Raises
    ------
    ValueError
        If there are fewer than three points, a position is bad, or all points are one.

    References
    ----------
    silverman1986
    duranton2005

    Examples
    --------
    >>> lat = np.array([0.0, 0.0, 0.0]); lon = np.array([0.0, 0.1, 0.3])
    >>> round(silverman_bandwidth(lat, lon), 2)
    6.0
    """
    points = unit_vectors(lat_deg, lon_deg)
    n = len(points)
    if n < 3:
        raise ValueError(f"a bandwidth needs at least 3 points, but there are {n}")
    if n > _SAMPLE:
        points = points[np.random.default_rng(seed).choice(n, _SAMPLE, replace=False)]
    a, b = np.triu_indices(len(points), k=1)
    distance = km_of_chord(np.linalg.norm(points[a] - points[b], axis=1))
    low, high = np.quantile(distance, [0.25, 0.75])
    spread = min(float(distance.std(ddof=1)), float(high - low) / 1.34) or float(distance.std())
    if not spread > 0:
        raise ValueError(
            "all points are equally far apart, so that there is no bandwidth; give one"
        )
    return float(0.9 * spread * (n * (n - 1) / 2) ** -0.2)


def k_density(
    lat_deg: Vector,
    lon_deg: Vector,
    distances_km: Vector,
    *,
    weight: Vector | None = None,
    bandwidth_km: float | None = None,
) -> Vector:
    """Density of the distance between two members of an industry.

    K(d) = Σ_i<j e_i e_j (φ((d - d_ij) / h) + φ((d + d_ij) / h)) / (h Σ_i<j e_i e_j), with the
    normal density φ; the second term reflects what the kernel would put below distance 0. All
    pairs are looked at, block by block, and their distances are put into bins of h / 50.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84
    distances_km : (distances,), km, >= 0
        Where to tell the density.
    weight : (points,), any one unit, >= 0
        For example employees: the density is then that of pairs of employees of different plants.
    bandwidth_km : km, > 0
        `silverman_bandwidth` unless given.

    Returns
    -------
    (distances,), per km, >= 0
        Its integral from 0 on is 1. NaN if fewer than two points have weight.

    Raises
    ------
    ValueError
        If a position is bad, a weight is negative, a distance is negative or the bandwidth not
        above 0.

    References
    ----------
    duranton2005
    silverman1986

    Examples
    --------
    Two plants 10 km apart: the normal density around 10, at its mode 0.3989 / h.

    >>> k_density(np.zeros(2), np.array([0.0, 10 / 111.194927]), np.array([10.0]),
    ...           bandwidth_km=2.0).round(3)
    array([0.199])
    """
    points = unit_vectors(lat_deg, lon_deg)
    at, share = _distances(distances_km), checked_weights(weight, len(points))
    h = silverman_bandwidth(lat_deg, lon_deg) if bandwidth_km is None else bandwidth_km
    _checked_bandwidth(h)
    pairs = Pairs.of(points, width_km=h / _BINS_OF_BANDWIDTH, reach_km=float(at.max()) + _TAIL * h)
    counted = pairs.counted(np.arange(len(points)), share)
    return _smoothed(counted, pairs.bin_km, at, h, _pairs(share))


def k_density_test(
    lat_deg: Vector,
    lon_deg: Vector,
    member: npt.NDArray[np.bool_],
    distances_km: Vector,
    *,
    weight: Vector | None = None,
    bandwidth_km: float | None = None,
    simulations: int = 1000,
    level: float = 0.05,
    seed: int = 0,
) -> KDensity:
    """Compare an industry's K-density with random choices of as many of all sites.

    A simulation puts the members (with their weights) on sites drawn without repetition from all.
    The local band holds at each distance by itself; the global band is left anywhere by a share
    `level` of simulations on each side. An industry above the global band is localised.

    Every pair of members is looked at, or, where that would take longer, sites are laid on a grid
    of a quarter of a bandwidth and pairs of cells are counted by Fourier transform, so that the
    cost does not grow with the number of pairs. The grid's map is an equidistant azimuthal one
    around the middle: distances are right to 0.1 % in a country of 1,000 km, to 0.9 % in one of
    3,000 km. A grid has at most 3,500 cells along a side; where they are coarser than half a
    bandwidth, a warning says so. Observed and simulated densities are counted the same way.

    Parameters
    ----------
    lat_deg, lon_deg : (sites,), degrees WGS 84
        All sites an industry could stand at.
    member : (sites,), true or false
        At which of them it does.
    distances_km : (distances,), km, >= 0
    weight : (sites,), any one unit, >= 0
        Of the members; what it is elsewhere does not matter.
    bandwidth_km : km, > 0
        `silverman_bandwidth` of the members unless given.
    simulations : > 0
    level : 0 .. 0.5
        Share of simulations outside the bands on each side.
    seed : the same seed gives the same bands

    Returns
    -------
    KDensity

    Raises
    ------
    ValueError
        As `k_density`; if `member` is no mask of the sites, fewer than two members have weight,
        or `simulations` or `level` are out of range.

    Warns
    -----
    UserWarning
        If the grid is too coarse for the bandwidth.

    References
    ----------
    duranton2005
    """
    points = unit_vectors(lat_deg, lon_deg)
    at = _distances(distances_km)
    chosen = np.flatnonzero(checked_members(member, len(points)))
    share = checked_weights(weight, len(points))[chosen]
    if np.count_nonzero(share) < 2:
        raise ValueError(
            f"a density needs at least 2 members with weight, but there are {len(chosen)} members "
            f"and {np.count_nonzero(share)} of them have weight"
        )
    if not simulations > 0 or not 0 < level < 0.5:
        raise ValueError(
            f"simulations must be > 0 and level in 0 .. 0.5, "
            f"but they are {simulations} and {level:g}"
        )
    lat, lon = np.asarray(lat_deg)[chosen], np.asarray(lon_deg)[chosen]
    h = silverman_bandwidth(lat, lon, seed=seed) if bandwidth_km is None else bandwidth_km
    _checked_bandwidth(h)
    counter = quickest_counter(
        points, len(chosen), bandwidth_km=h, reach_km=float(at.max()) + _TAIL * h
    )
    _warn_of_coarse(counter.cell_km, h)
    kernel = _kernel(counter.bin_km, at, h)
    pairs = _pairs(share)
    observed = kernel @ counter.counted(chosen, share) / pairs
    random = np.random.default_rng(seed)
    simulated = np.empty((simulations, len(at)))
    for i in range(simulations):
        drawn = random.choice(len(points), size=len(chosen), replace=False, shuffle=False)
        simulated[i] = kernel @ counter.counted(drawn, random.permutation(share)) / pairs
    local_low, local_high = envelope(simulated, level=level)
    global_low, global_high = global_envelope(simulated, level=level)
    return KDensity(
        distance_km=at,
        density=observed,
        local_low=local_low,
        local_high=local_high,
        global_low=global_low,
        global_high=global_high,
        bandwidth_km=float(h),
        cell_km=counter.cell_km,
    )


def _smoothed(counted: Vector, bin_km: Vector, at: Vector, h: float, pairs: float) -> Vector:
    if pairs <= 0:
        return np.full(len(at), np.nan)
    held = np.flatnonzero(counted)
    density: Vector = _kernel(bin_km[held], at, h) @ counted[held] / pairs
    return density


def _kernel(distance: Vector, at: Vector, h: float) -> Matrix:
    """Gaussian kernel, reflected at 0, (at, distance), per km."""
    near = np.exp(-0.5 * ((at[:, None] - distance) / h) ** 2)
    mirrored = np.exp(-0.5 * ((at[:, None] + distance) / h) ** 2)
    kernel: Matrix = (near + mirrored) / (h * np.sqrt(2 * np.pi))
    return kernel


def _pairs(share: Vector) -> float:
    return float(share.sum() ** 2 - (share**2).sum()) / 2


def _distances(distances_km: Vector) -> Vector:
    at = np.asarray(distances_km, dtype=float)
    if at.ndim != 1 or not len(at) or not (at >= 0).all() or not np.isfinite(at).all():
        raise ValueError("distances must be a list of numbers >= 0, at least one")
    return at


def _checked_bandwidth(bandwidth_km: float) -> None:
    if not bandwidth_km > 0:
        raise ValueError(f"the bandwidth must be > 0 km, but it is {bandwidth_km:g}")


def _warn_of_coarse(cell_km: float, bandwidth_km: float) -> None:
    if cell_km > bandwidth_km / 2 * (1 + 1e-9):
        warnings.warn(
            f"cells of {cell_km:.3g} km are coarse for a bandwidth of {bandwidth_km:.3g} km, so "
            "that the density may be wrong by some percent of its peak; leave far-off sites out "
            f"or give bandwidth_km of at least {2 * cell_km:.3g}",
            stacklevel=3,
        )
