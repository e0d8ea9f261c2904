"""Weight of pairs of chosen sites by distance: pair by pair, or on a grid by Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import km_of_chord
from clusterloom.spatial.distance import EARTH_RADIUS_KM
from clusterloom.spatial.middle import mapped_km

__all__ = ["Cells", "Counter", "Grid", "Pairs", "quickest_counter"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_BINS_OF_BANDWIDTH = 20  # bins of distance to a bandwidth, where curves are compared with others
_ROWS = 512  # points whose distances to all others are looked at in one go
_CELLS_OF_BANDWIDTH = 4
_MOST_CELLS = 3_500  # cells of the grid along one side
_MEAN_IN_SQUARE = 0.521405  # mean distance of two points of a unit square
_PAIRS_OF_CELL = 2.0  # pairs that are looked at in the time the transform takes for a cell


class Counter(Protocol):
    """Both ways to count: bins of distance, and the weight of pairs in each."""

    @property
    def bin_km(self) -> Vector:
        """Mean distance of each bin, (bins,)."""
        ...

    @property
    def cell_km(self) -> float:
        """Side of the cells within which positions are taken as one; 0 if they are exact."""
        ...

    def counted(self, sites: Index, share: Vector) -> Vector:
        """Weight of the pairs of sites in each bin, (bins,)."""
        ...


def quickest_counter(
    points: Matrix, n_members: int, *, bandwidth_km: float, reach_km: float
) -> Counter:
    """Choose the way that takes less time for as many members; pairs are exact, a grid is not.

    Parameters
    ----------
    points : (sites, 3), Earth radii
    n_members : sites chosen at a time
    bandwidth_km : km, > 0
    reach_km : km, > 0
        Pairs farther apart are not counted.

    Returns
    -------
    Counter
    """
    cells = Cells.of(mapped_km(points), bandwidth_km=bandwidth_km, reach_km=reach_km)
    if n_members * (n_members - 1) / 2 <= _PAIRS_OF_CELL * cells.shape[0] * cells.shape[1]:
        return Pairs.of(points, width_km=bandwidth_km / _BINS_OF_BANDWIDTH, reach_km=reach_km)
    return Grid.of(cells, bandwidth_km=bandwidth_km, reach_km=reach_km)


@dataclass(frozen=True)
class Pairs:
    """Every pair looked at, block by block."""

    points: Matrix  # (sites, 3), Earth radii
    width_km: float
    bin_km: Vector
    cell_km: float = 0.0

    @classmethod
    def of(cls, points: Matrix, *, width_km: float, reach_km: float) -> Pairs:
        """Bins of one width up to a reach."""
        bins = np.arange(int(reach_km / width_km) + 1)
        return cls(points, width_km, (bins + 0.5) * np.float64(width_km))

    def counted(self, sites: Index, share: Vector) -> Vector:
        """Weight of the pairs of sites in each bin of distance."""
        points, n_bins = self.points[sites], len(self.bin_km)
        counted = np.zeros(n_bins + 1)
        nearest = np.cos(min(n_bins * self.width_km / EARTH_RADIUS_KM, np.pi)) - 1e-12
        for start in range(0, len(points) - 1, _ROWS):
            own = points[start : start + _ROWS]
            cosine = own @ points[start:].T
            cosine[np.tril_indices(len(own), k=0, m=cosine.shape[1])] = -2.0  # each pair once
            near = np.flatnonzero(cosine.ravel() > nearest)
            chord = np.sqrt(np.maximum(2.0 - 2.0 * cosine.ravel()[near], 0.0))
            bins = np.minimum(km_of_chord(chord) / self.width_km, n_bins).astype(np.int64)
            one, other = np.divmod(near, cosine.shape[1])
            counted += np.bincount(bins, share[start + one] * share[start + other], n_bins + 1)
        return counted[:-1]


@dataclass(frozen=True)
class Cells:
    """Sites on cells of a quarter bandwidth, or of a 3,500th of their extent if that is more."""

    row: Index  # (sites,)
    column: Index
    shape: tuple[int, int]  # of the grid, with room for the shifts
    reach: int  # cells
    cell_km: float

    @classmethod
    def of(cls, position: Matrix, *, bandwidth_km: float, reach_km: float) -> Cells:
        from scipy.fft import next_fast_len

        low = position.min(axis=0)
        extent = float((position.max(axis=0) - low).max())
        cell = max(bandwidth_km / _CELLS_OF_BANDWIDTH, extent / _MOST_CELLS)
        column, row = ((position - low) / cell).astype(np.int64).T
        reach = int(min(reach_km, extent * 1.5 + cell) / cell) + 1
        shape = (
            next_fast_len(int(row.max()) + reach + 1, real=True),
            next_fast_len(int(column.max()) + reach + 1, real=True),
        )
        return cls(row, column, shape, reach, float(cell))


@dataclass(frozen=True)
class Grid:
    """Sites on a grid, and how far apart the cells of every shift of the grid are."""

    row: Index  # (sites,)
    column: Index
    shape: tuple[int, int]  # of the grid, with room for the shifts
    shift: Index  # (shifts,), one of each pair of opposite shifts, as a place in the grid
    bin_of: Index  # (shifts,)
    bin_km: Vector  # (bins,), mean distance of a bin
    cell_km: float

    @classmethod
    def of(cls, cells: Cells, *, bandwidth_km: float, reach_km: float) -> Grid:
        """List the shifts of the grid up to a reach, in twenty bins of distance to a bandwidth."""
        cell, reach, shape = cells.cell_km, cells.reach, cells.shape
        down, across = np.meshgrid(
            np.arange(reach + 1), np.arange(-reach, reach + 1), indexing="ij"
        )
        half = (down > 0) | (across > 0)
        length = np.hypot(down[half], across[half]) * cell
        inside = length <= reach_km
        shift = (down[half] % shape[0] * shape[1] + across[half] % shape[1])[inside]
        # The first bin holds pairs within one cell.
        number = 1 + (length[inside] / (bandwidth_km / _BINS_OF_BANDWIDTH)).astype(np.int64)
        used, bin_of = np.unique(number, return_inverse=True)
        total = np.bincount(bin_of, length[inside], minlength=len(used))
        mean = total / np.bincount(bin_of, minlength=len(used))
        bin_km = np.concatenate([[_MEAN_IN_SQUARE * cell], mean])
        return cls(cells.row, cells.column, shape, shift, bin_of + 1, bin_km, cell)

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
