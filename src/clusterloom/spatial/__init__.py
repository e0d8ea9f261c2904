"""Positions and distances: arrays in, arrays out."""

from __future__ import annotations

from clusterloom.spatial.distance import (
    EARTH_RADIUS_KM,
    extent_from_population,
    great_circle_km,
    rms_distance_km,
)

__all__ = ["EARTH_RADIUS_KM", "extent_from_population", "great_circle_km", "rms_distance_km"]
