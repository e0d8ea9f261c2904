"""What all measures of point patterns share: checked positions, chords and envelopes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.spatial.distance import EARTH_RADIUS_KM

__all__ = [
    "checked_members",
    "checked_weights",
    "chord_of_km",
    "chord_within_km",
    "envelope",
    "global_envelope",
    "km_of_chord",
    "unit_vectors",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_HAIR = 1e-12  # relative; a point at exactly the radius belongs inside, however sines round


def unit_vectors(lat_deg: Vector, lon_deg: Vector) -> Matrix:
    """Turn positions into points on the unit sphere, where no date line and no pole is special.

    Parameters
    ----------
    lat_deg : (points,), degrees WGS 84, -90 .. 90
    lon_deg : (points,), degrees WGS 84, -180 .. 360

    Returns
    -------
    (points, 3), Earth radii

    Raises
    ------
    ValueError
        If the shapes differ, or a coordinate is NaN or out of range.
    """
    lat, lon = np.asarray(lat_deg, dtype=float), np.asarray(lon_deg, dtype=float)
    if lat.ndim != 1 or lat.shape != lon.shape:
        raise ValueError(f"positions need as many latitudes {lat.shape} as longitudes {lon.shape}")
    unknown = int((~(np.isfinite(lat) & np.isfinite(lon))).sum())
    if unknown:
        raise ValueError(f"{unknown} positions are unknown (NaN); leave such points out")
    if (np.abs(lat) > 90).any() or (lon < -180).any() or (lon > 360).any():
        raise ValueError(
            "latitudes must lie in -90 .. 90 and longitudes in -180 .. 360 degrees, but they run "
            f"{lat.min():g} .. {lat.max():g} and {lon.min():g} .. {lon.max():g}; are they swapped?"
        )
    phi, theta = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1)


def checked_members(member: Mask, n: int) -> Mask:
    """Return which of n points are members; ValueError unless it is a mask of all of them."""
    mine = np.asarray(member)
    if mine.shape != (n,) or mine.dtype != np.bool_:
        raise ValueError(
            f"{n} points need as many true or false members, but they are {mine.dtype} of shape "
            f"{mine.shape}"
        )
    return mine


def checked_weights(weight: Vector | None, n: int) -> Vector:
    """Return the weights of n points, 1 unless given; ValueError unless finite and >= 0."""
    share = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    if share.shape != (n,):
        raise ValueError(f"{n} points need as many weights, but there are {share.shape}")
    if not (share >= 0).all() or not np.isfinite(share).all():
        raise ValueError("weights must be finite and >= 0; leave points of unknown weight out")
    return share


def chord_of_km(distance_km: Vector) -> Vector:
    """Length of the straight line through the Earth, in Earth radii; beyond the antipode 2."""
    half = np.minimum(np.asarray(distance_km) / (2 * EARTH_RADIUS_KM), np.pi / 2)
    chord: Vector = 2 * np.sin(half)
    return chord


def chord_within_km(distance_km: float) -> float:
    """Chord up to which points count as within a distance, those at exactly it among them."""
    return float(chord_of_km(np.array(distance_km))) * (1 + _HAIR)


def km_of_chord(chord: Vector) -> Vector:
    """Great-circle distance of two points that far apart through the Earth."""
    distance: Vector = 2 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0.0, 1.0))
    return distance


def envelope(simulated: Matrix, *, level: float) -> tuple[Vector, Vector]:
    """Band that a simulation leaves at one given distance with probability `level` on each side.

    Parameters
    ----------
    simulated : (simulations, distances), any unit
        A distance with NaN in any simulation has a NaN band.
    level : 0 .. 0.5, exclusive

    Returns
    -------
    lower, upper : (distances,), same unit
    """
    lower, upper = np.quantile(simulated, [level, 1 - level], axis=0)
    return lower, upper


def global_envelope(simulated: Matrix, *, level: float) -> tuple[Vector, Vector]:
    """Band that a whole simulated curve leaves with probability `level` at most on each side.

    At every distance the band runs through the simulated values of one and the same rank, which
    is taken as near the middle as the level allows.

    Parameters
    ----------
    simulated, level : as for `envelope`

    Returns
    -------
    lower, upper : (distances,), same unit
    """
    return -_global_upper(-simulated, level), _global_upper(simulated, level)


def _global_upper(simulated: Matrix, level: float) -> Vector:
    known = ~np.isnan(simulated).any(axis=0)
    upper = np.full(simulated.shape[1], np.nan)
    if not known.any():
        return upper
    values = simulated[:, known]
    ordered = np.sort(values, axis=0)
    # The rank that a curve reaches at its most extreme distance: it leaves the band of rank r
    # exactly if this is larger than r. Equal values share the lowest rank, so touching is inside.
    reached = np.zeros(len(values), dtype=np.int64)
    for column in range(values.shape[1]):
        rank = np.searchsorted(ordered[:, column], values[:, column], side="left")
        np.maximum(reached, rank, out=reached)
    allowed = int(level * len(values))
    upper[known] = ordered[np.sort(reached)[len(values) - 1 - allowed]]
    return upper
