"""How far countries are from each other, from where their people live."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clusterloom.entities.gazetteer import settlements
from clusterloom.spatial import great_circle_km, rms_distance_km

__all__ = ["country_distances"]

Matrix = npt.NDArray[np.float64]

_TURN = np.pi / 180


def country_distances(countries: Sequence[str]) -> Matrix:
    """Return root-mean-square distances between the people of countries.

    The centre of a country is the mean of its settlements on the sphere, weighed by population;
    its extent the root mean square of their distance to it. Two people of one country are so as
    far apart as the country is wide.

    Parameters
    ----------
    countries : ISO 3166-1 alpha-2 codes; others are not known

    Returns
    -------
    (countries, countries), km
        For a country that is not known, the median of the distances that are.
    """
    lat, lon, extent = (np.full(len(countries), np.nan) for _ in range(3))
    found = settlements(countries)
    for i, country in enumerate(countries):
        places = np.array(found.get(country, []), dtype=float).reshape(-1, 3)
        weight = np.maximum(places[:, 2], 1.0)
        if not len(places):
            continue
        up, turn = places[:, 0] * _TURN, places[:, 1] * _TURN
        point = np.stack([np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn), np.sin(up)])
        x, y, z = (point * weight).sum(axis=1)
        lat[i], lon[i] = np.arctan2(z, np.hypot(x, y)) / _TURN, np.arctan2(y, x) / _TURN
        away = great_circle_km(places[:, 0], places[:, 1], np.array(lat[i]), np.array(lon[i]))
        # A disc of radius r has its points r / sqrt(2) from the centre in the root mean square.
        extent[i] = np.sqrt(2 * np.average(away**2, weights=weight))
    centre = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    distance = rms_distance_km(centre, extent[:, None], extent[None, :])
    known = np.isfinite(distance)
    middle = float(np.median(distance[known])) if known.any() else 1.0
    filled: Matrix = np.where(known, distance, middle)
    return filled
