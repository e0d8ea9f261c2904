"""Closeness and positions of points that are known only to lie in a disc."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import chord_of_km, unit_vectors

__all__ = ["expected_kernel", "scattered_in_discs"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

_RADII, _TURNS = 24, 48  # steps of the fine rule for the distance between two points of two discs
_OFFSETS, _DIRECTIONS = 32, 12  # nodes that are kept of it, and directions they are turned in
_FEW_OFFSETS, _FEW_DIRECTIONS = 8, 6  # enough where the discs are small against the kernel
_SMALL = 0.5
_EXACT = 1e-3  # extents below this share of the kernel's length do not matter


def expected_kernel(
    centre_distance: Matrix, extent_a: Matrix, extent_b: Matrix, *, kernel_km: float
) -> Matrix:
    """Mean of exp(-d / kernel_km) over where two points may lie.

    Each point is uniform in a disc, independently of the other. This is the expectation itself,
    by a fixed rule of quadrature, not a draw: it has no seed and no Monte-Carlo error. Discs are
    taken as flat, which is right to 0.1 % up to 500 km across.

    Parameters
    ----------
    centre_distance : (any), km, >= 0
        Distance between the centres; NaN where a position is unknown.
    extent_a, extent_b : same shape, km, >= 0
        Radius of each disc; 0 for an exact position.
    kernel_km : km, > 0
        Distance at which closeness falls to 37 %.

    Returns
    -------
    same shape, 0..1
        0 where anything is NaN: an unknown position is no evidence of closeness. Right to 0.001.

    Examples
    --------
    Two offices somewhere in one city of 12 km radius are not at distance 0:

    >>> one = np.ones(1)
    >>> expected_kernel(0 * one, 0 * one, 0 * one, kernel_km=20.0).round(3)
    array([1.])
    >>> expected_kernel(0 * one, 12 * one, 12 * one, kernel_km=20.0).round(3)
    array([0.6])
    """
    distance = np.asarray(centre_distance, dtype=float)
    pairs = np.stack([np.broadcast_to(e, distance.shape).ravel() for e in (extent_a, extent_b)])
    pairs = np.sort(np.where(pairs < _EXACT * kernel_km, 0.0, pairs), axis=0)
    flat = distance.ravel()
    kernel = np.exp(-flat / kernel_km)
    kinds, kind_of = np.unique(pairs, axis=1, return_inverse=True)
    kind_of = kind_of.reshape(-1)
    for number, (small, large) in enumerate(kinds.T):
        if not large > 0:
            continue
        here = np.flatnonzero(kind_of == number)
        total = np.zeros(len(here))
        wide = small + large > _SMALL * kernel_km
        offsets = _offsets(float(small), float(large), _OFFSETS if wide else _FEW_OFFSETS)
        directions = _DIRECTIONS if wide else _FEW_DIRECTIONS
        turns = (np.arange(directions) + 0.5) * np.pi / directions
        for offset in offsets:
            for turn in turns:
                square = flat[here] ** 2 + offset**2 - 2 * flat[here] * offset * np.cos(turn)
                total += np.exp(-np.sqrt(np.maximum(square, 0.0)) / kernel_km)
        kernel[here] = total / (len(offsets) * directions)
    known = np.isfinite(flat) & np.isfinite(pairs).all(axis=0)
    mean: Matrix = np.where(known, kernel, 0.0).reshape(distance.shape)
    return mean


def _offsets(small: float, large: float, count: int) -> Vector:
    """Lengths of the difference of two points of two discs, as nodes of equal weight."""
    steps = np.sqrt((np.arange(_RADII) + 0.5) / _RADII)  # equal areas
    if small == 0.0:
        fine = large * np.sqrt((np.arange(count * 8) + 0.5) / (count * 8))
        return np.asarray(fine.reshape(count, -1).mean(axis=1))
    turn = (np.arange(_TURNS) + 0.5) * np.pi / _TURNS
    a, b = small * steps[:, None, None], large * steps[None, :, None]
    fine = np.sort(np.sqrt(a**2 + b**2 - 2 * a * b * np.cos(turn)), axis=None)
    nodes: Vector = fine.reshape(count, -1).mean(axis=1)
    return nodes


def scattered_in_discs(
    lat_deg: Vector, lon_deg: Vector, extent_km: Vector, *, random: np.random.Generator
) -> tuple[Vector, Vector]:
    """Draw a position for every point, uniform in the disc within which it is known.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84
    extent_km : (points,), km, >= 0
    random : the source of chance; the same state gives the same positions

    Returns
    -------
    latitudes, longitudes : (points,), degrees WGS 84
        No date line and no pole is special: discs are laid on the sphere.

    Raises
    ------
    ValueError
        If a position is NaN or out of range.

    Examples
    --------
    >>> zero = np.zeros(3)
    >>> lat, lon = scattered_in_discs(zero, zero, zero, random=np.random.default_rng(0))
    >>> lat.tolist(), lon.tolist()
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    """
    centre = unit_vectors(lat_deg, lon_deg)
    phi, theta = np.radians(lat_deg), np.radians(lon_deg)
    north = np.stack([-np.sin(phi) * np.cos(theta), -np.sin(phi) * np.sin(theta), np.cos(phi)], 1)
    east = np.stack([-np.sin(theta), np.cos(theta), np.zeros(len(phi))], axis=1)
    radius = np.asarray(extent_km) * np.sqrt(random.random(len(phi)))
    turn = random.random(len(phi)) * 2 * np.pi
    # Equal chords in the tangent plane are equal areas on the sphere.
    chord = chord_of_km(radius)
    angle = 2 * np.arcsin(chord / 2)
    way = np.cos(turn)[:, None] * north + np.sin(turn)[:, None] * east
    point = np.cos(angle)[:, None] * centre + np.sin(angle)[:, None] * way
    lat = np.degrees(np.arcsin(np.clip(point[:, 2], -1, 1)))
    lon = np.degrees(np.arctan2(point[:, 1], point[:, 0]))
    still = np.asarray(extent_km) == 0
    return np.where(still, lat_deg, lat), np.where(still, lon_deg, lon)
