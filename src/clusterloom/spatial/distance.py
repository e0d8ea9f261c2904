"""Distances on the sphere, with the extent within which a position is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["EARTH_RADIUS_KM", "extent_from_population", "great_circle_km", "rms_distance_km"]

Vector = npt.NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0

# Persons per square kilometre of built-up settlement; Minsk, Gomel, Wuhan and Shenzhen lie within
# a factor of two of it, so an extent is right within a factor of 1.4.
_SETTLEMENT_DENSITY = 4000.0
_SMALLEST_EXTENT_KM = 1.0


def great_circle_km(lat_a: Vector, lon_a: Vector, lat_b: Vector, lon_b: Vector) -> Vector:
    """Distance between points on a sphere (haversine form, stable for near points).

    Parameters
    ----------
    lat_a, lon_a, lat_b, lon_b : any shapes that broadcast, degrees WGS 84
        NaN where a position is unknown.

    Returns
    -------
    broadcast shape, km, 0 .. 20015.1
        NaN where any coordinate is NaN. The date line needs no special care.

    References
    ----------
    sinnott1984

    Examples
    --------
    >>> zero, east, west = np.array(0.0), np.array(179.5), np.array(-179.5)
    >>> float(great_circle_km(zero, east, zero, west).round(1))
    111.2
    """
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_lat = (phi_b - phi_a) / 2
    half_lon = np.radians(np.asarray(lon_b) - np.asarray(lon_a)) / 2
    chord = np.sin(half_lat) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lon) ** 2
    distance: Vector = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return distance


def rms_distance_km(centre_distance: Vector, extent_a: Vector, extent_b: Vector) -> Vector:
    """Root-mean-square distance of two points each known only to lie in a disc.

    For independent points uniform in discs of radius R and S whose centres are D apart,
    E[d²] = D² + R²/2 + S²/2 exactly (in the plane). Two organisations known only by the same city
    are therefore never at distance zero.

    Parameters
    ----------
    centre_distance : any shape, km, >= 0
    extent_a, extent_b : shapes that broadcast, km, >= 0
        0 for an exact position, NaN where the position is unknown.

    Returns
    -------
    broadcast shape, km, >= 0
        NaN where anything is NaN.

    Examples
    --------
    >>> float(rms_distance_km(np.array(0.0), np.array(12.0), np.array(12.0)))
    12.0
    """
    squared = np.square(centre_distance) + (np.square(extent_a) + np.square(extent_b)) / 2
    root: Vector = np.sqrt(squared)
    return root


def extent_from_population(population: Vector) -> Vector:
    """Radius of a disc that a settlement of this population fills at 4,000 persons per km².

    Parameters
    ----------
    population : any shape, persons, >= 0
        NaN where unknown: the smallest extent is then no safe guess, so NaN is returned.

    Returns
    -------
    same shape, km, >= 1

    Examples
    --------
    >>> float(extent_from_population(np.array(1_742_124.0)).round(1))
    11.8
    """
    radius = np.sqrt(np.asarray(population, dtype=float) / (np.pi * _SETTLEMENT_DENSITY))
    extent: Vector = np.maximum(radius, _SMALLEST_EXTENT_KM)
    return extent
