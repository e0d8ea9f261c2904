"""K-density: how often members of an industry are a given distance apart (Duranton-Overman)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import envelope, global_envelope, km_of_chord, unit_vectors
from clusterloom.spatial.distance import EARTH_RADIUS_KM
from clusterloom.spatial.middle import mapped_km

__all__ = ["KDensity", "k_density", "k_density_test", "silverman_bandwidth"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_BINS_OF_BANDWIDTH = 50  # bins of distance to a bandwidth: binning then moves a density by 1e-5
_TAIL = 5.0  # bandwidths; the kernel is 0 beyond
_ROWS = 512  # points whose distances to all others are looked at in one go
_SAMPLE = 2_000  # points from whose pairs a bandwidth is taken if there are more
_MOST_CELLS = 3_500  # cells of the grid along one side
_MEAN_IN_SQUARE = 0.521405  # mean distance of two points of a unit square


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
    cell_km: float  # side of the grid's cells

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
    at, share = _distances(distances_km), _weights(weight, len(points))
    h = silverman_bandwidth(lat_deg, lon_deg) if bandwidth_km is None else bandwidth_km
    _checked_bandwidth(h)
    width = h / _BINS_OF_BANDWIDTH
    n_bins = int((at.max(initial=0.0) + _TAIL * h) / width) + 1
    counted = np.zeros(n_bins + 1)
    nearest = np.cos(min(n_bins * width / EARTH_RADIUS_KM, np.pi)) - 1e-12
    for start in range(0, len(points) - 1, _ROWS):
        own = points[start : start + _ROWS]
        cosine = own @ points[start:].T
        cosine[np.tril_indices(len(own), k=0, m=cosine.shape[1])] = -2.0  # each pair once
        near = np.flatnonzero(cosine.ravel() > nearest)
        chord = np.sqrt(np.maximum(2.0 - 2.0 * cosine.ravel()[near], 0.0))
        bins = np.minimum(km_of_chord(chord) / width, n_bins).astype(np.int64)
        one, other = np.divmod(near, cosine.shape[1])
        counted += np.bincount(bins, share[start + one] * share[start + other], n_bins + 1)
    return _smoothed(counted[:-1], width, at, h, _pairs(share))


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

    Sites are laid on a grid of half a bandwidth, or of a 3,500th of their extent if that is more,
    and pairs of cells are counted by Fourier transform, so that the cost does not grow with the
    number of pairs: 1,000 simulations of 50,000 sites take minutes. The map is an equidistant
    azimuthal one around the middle: distances are right to 0.1 % in a country of 1,000 km, to
    0.9 % in one of 3,000 km. Observed and simulated densities use the same grid.

    Parameters
    ----------
    lat_deg, lon_deg : (sites,), degrees WGS 84
        All sites an industry could stand at.
    member : (sites,)
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
        As `k_density`; if fewer than two sites are members, or `simulations` or `level` are out
        of range.

    References
    ----------
    duranton2005
    """
    points = unit_vectors(lat_deg, lon_deg)
    at, chosen = _distances(distances_km), np.flatnonzero(member)
    if len(chosen) < 2:
        raise ValueError(f"a density needs at least 2 members, but there are {len(chosen)}")
    if not simulations > 0 or not 0 < level < 0.5:
        raise ValueError(
            f"simulations must be > 0 and level in 0 .. 0.5, "
            f"but they are {simulations} and {level:g}"
        )
    share = _weights(weight, len(points))[chosen]
    lat, lon = np.asarray(lat_deg)[chosen], np.asarray(lon_deg)[chosen]
    h = silverman_bandwidth(lat, lon, seed=seed) if bandwidth_km is None else bandwidth_km
    _checked_bandwidth(h)
    grid = _Grid.of(mapped_km(points), bandwidth_km=h, reach_km=float(at.max()) + _TAIL * h)
    kernel = _kernel(grid.bin_km, at, h)
    pairs = _pairs(share)
    observed = kernel @ grid.counted(chosen, share) / pairs
    random = np.random.default_rng(seed)
    simulated = np.empty((simulations, len(at)))
    for i in range(simulations):
        drawn = random.choice(len(points), size=len(chosen), replace=False, shuffle=False)
        simulated[i] = kernel @ grid.counted(drawn, random.permutation(share)) / pairs
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
        cell_km=grid.cell_km,
    )


@dataclass(frozen=True)
class _Grid:
    """Sites on a grid, and how far apart the cells of every shift of the grid are."""

    row: Index  # (sites,)
    column: Index
    shape: tuple[int, int]  # of the grid, with room for the shifts
    shift: Index  # (shifts,), one of each pair of opposite shifts, as a place in the grid
    bin_of: Index  # (shifts,)
    bin_km: Vector  # (bins,), mean distance of a bin
    cell_km: float

    @classmethod
    def of(cls, position: Matrix, *, bandwidth_km: float, reach_km: float) -> _Grid:
        from scipy.fft import next_fast_len

        low = position.min(axis=0)
        extent = float((position.max(axis=0) - low).max())
        cell = max(bandwidth_km / 2, extent / _MOST_CELLS)
        column, row = ((position - low) / cell).astype(np.int64).T
        reach = int(min(reach_km, extent * 1.5 + cell) / cell) + 1
        shape = (
            next_fast_len(int(row.max()) + reach + 1, real=True),
            next_fast_len(int(column.max()) + reach + 1, real=True),
        )
        down, across = np.meshgrid(
            np.arange(reach + 1), np.arange(-reach, reach + 1), indexing="ij"
        )
        half = (down > 0) | (across > 0)
        length = np.hypot(down[half], across[half]) * cell
        inside = length <= reach_km
        shift = (down[half] % shape[0] * shape[1] + across[half] % shape[1])[inside]
        # Twenty bins of distance to a bandwidth; the first holds pairs within one cell.
        number = 1 + (length[inside] / (bandwidth_km / 20)).astype(np.int64)
        used, bin_of = np.unique(number, return_inverse=True)
        total = np.bincount(bin_of, length[inside], minlength=len(used))
        mean = total / np.bincount(bin_of, minlength=len(used))
        bin_km = np.concatenate([[_MEAN_IN_SQUARE * cell], mean])
        return cls(row, column, shape, shift, bin_of + 1, bin_km, float(cell))

    def counted(self, sites: Index, share: Vector) -> Vector:
        """Weight of the pairs of sites in each bin of distance."""
        from scipy.fft import irfft2, rfft2

        flat = self.row[sites] * self.shape[1] + self.column[sites]
        image = np.bincount(flat, share, minlength=self.shape[0] * self.shape[1])
        spectrum = rfft2(image.reshape(self.shape))
        power = spectrum.real**2 + spectrum.imag**2
        shifted = np.maximum(irfft2(power, s=self.shape).ravel(), 0.0)
        counted = np.bincount(self.bin_of, shifted[self.shift], minlength=len(self.bin_km))
        bins: Vector = counted.astype(np.float64)
        bins[0] = max((shifted[0] - (share**2).sum()) / 2, 0.0)
        return bins


def _smoothed(counted: Vector, width: float, at: Vector, h: float, pairs: float) -> Vector:
    if pairs <= 0:
        return np.full(len(at), np.nan)
    held = np.flatnonzero(counted)
    middle = (held + 0.5).astype(np.float64) * width
    density: Vector = _kernel(middle, at, h) @ counted[held] / pairs
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


def _weights(weight: Vector | None, n: int) -> Vector:
    share = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    if share.shape != (n,):
        raise ValueError(f"{n} points need as many weights, but there are {share.shape}")
    if not (share >= 0).all() or not np.isfinite(share).all():
        raise ValueError("weights must be finite and >= 0; leave points of unknown weight out")
    return share


def _checked_bandwidth(bandwidth_km: float) -> None:
    if not bandwidth_km > 0:
        raise ValueError(f"the bandwidth must be > 0 km, but it is {bandwidth_km:g}")
