"""The middle of positions, and a flat map around it, where no date line and no pole is special."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import unit_vectors
from clusterloom.spatial.distance import EARTH_RADIUS_KM

__all__ = ["mapped_km", "median_position"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

_NO_MIDDLE = 1e-6  # Earth radii; points that surround the Earth have their mean in its centre
_AT_POLE = 1 - 1e-12  # only there the directions do not follow the meridian


def median_position(lat_deg: Vector, lon_deg: Vector) -> tuple[float, float]:
    """Position in the middle of others that a few far away do not move.

    The points are laid on an equidistant azimuthal map around their mean; the medians of both
    directions on it are taken. For points that surround the Earth evenly the map is laid around
    the first.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84, at least one

    Returns
    -------
    latitude, longitude : degrees WGS 84, -90 .. 90 and -180 .. 180

    Raises
    ------
    ValueError
        If there is no point, or a position is NaN or out of range.

    Examples
    --------
    Three places in a row across the date line:

    >>> lat, lon = median_position(np.zeros(3), np.array([179.0, -179.0, -178.0]))
    >>> (round(lat, 9), round(lon, 9))
    (0.0, -179.0)
    """
    points = unit_vectors(lat_deg, lon_deg)
    if not len(points):
        raise ValueError("there is no middle of no points")
    mean = points.mean(axis=0)
    axes = _axes(points[0] if np.linalg.norm(mean) < _NO_MIDDLE else mean)
    east, north = np.median(_laid(points, axes), axis=0) / EARTH_RADIUS_KM
    angle = float(np.hypot(east, north))
    stretch = np.sin(angle) / angle if angle > 0 else 1.0
    x, y, z = np.cos(angle) * axes[0] + stretch * (east * axes[1] + north * axes[2])
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def mapped_km(points: Matrix) -> Matrix:
    """Lay points on a plane, equidistant and azimuthal around their mean.

    Parameters
    ----------
    points : (points, 3), Earth radii, as from `unit_vectors`

    Returns
    -------
    (points, 2), km to the east and to the north of the mean

    Raises
    ------
    ValueError
        If the points surround the Earth so evenly that they have no mean on it.
    """
    mean = points.mean(axis=0)
    if np.linalg.norm(mean) < _NO_MIDDLE:
        raise ValueError(
            "the points surround the Earth evenly: there is no map around their middle"
        )
    return _laid(points, _axes(mean))


def _axes(middle: Vector) -> Matrix:
    """Directions up, east and north at a point, (3, 3)."""
    up = middle / np.linalg.norm(middle)
    pole = np.array([0.0, 0.0, 1.0]) if abs(up[2]) < _AT_POLE else np.array([1.0, 0.0, 0.0])
    east = np.cross(pole, up)
    east /= np.linalg.norm(east)
    return np.stack([up, east, np.cross(up, east)])


def _laid(points: Matrix, axes: Matrix) -> Matrix:
    up, east, north = axes
    plane = np.stack([points @ east, points @ north], axis=1)
    sine = np.linalg.norm(plane, axis=1)
    angle = np.arctan2(sine, points @ up)
    stretch = np.divide(angle, sine, out=np.ones_like(sine), where=sine > 0)
    laid: Matrix = EARTH_RADIUS_KM * stretch[:, None] * plane
    return laid
