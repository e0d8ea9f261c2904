"""Territories from geography alone: anchors and the organisations within reach of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.spatial import great_circle_km, rms_distance_km

__all__ = ["Territory", "distances_km", "territories"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Territory:
    """An anchor settlement and the organisations within reach (ids sorted)."""

    territory_id: str
    name: str
    country: str
    lat_deg: float
    lon_deg: float
    extent_km: float
    org_ids: tuple[str, ...]


def territories(
    organisations: Sequence[Row],
    places: Mapping[str, Row],
    *,
    radius_km: float,
    min_organisations: int,
) -> list[Territory]:
    """Cover each country's located organisations greedily by discs around settlements.

    The settlement with most organisations within the radius (not yet taken) becomes an anchor
    and takes them; then the next, until no settlement reaches `min_organisations`. What the
    organisations do plays no part, so a later test of what they do is not biased by it.
    """
    found: list[Territory] = []
    for country in sorted({row["country"] for row in organisations}):
        located = [r for r in organisations if r["country"] == country and r["lat_deg"] is not None]
        anchors = sorted({r["place_id"] for r in located if r["place_id"] in places})
        if not located or not anchors:
            continue
        lat, lon = _columns(located)
        a_lat, a_lon = _columns([places[a] for a in anchors])
        near = great_circle_km(lat[None], lon[None], a_lat[:, None], a_lon[:, None]) <= radius_km
        free = np.ones(len(located), dtype=bool)
        while True:
            counts = (near & free).sum(axis=1)
            best = int(np.argmax(counts))  # ties: the first by place id
            if counts[best] < min_organisations:
                break
            taken = np.flatnonzero(near[best] & free)
            free[taken] = False
            place = places[_most_common_place(located, taken, anchors, best, places)]
            found.append(
                Territory(
                    place["place_id"],
                    place["name_en"],
                    country,
                    place["lat_deg"],
                    place["lon_deg"],
                    place["extent_km"],
                    tuple(sorted(located[i]["org_id"] for i in taken)),
                )
            )
    return found


def distances_km(rows: Sequence[Row]) -> Matrix:
    """Root-mean-square distances among organisations; 0 only on the diagonal of exact points."""
    lat, lon = _columns(rows)
    extent = np.array([np.nan if r["extent_km"] is None else r["extent_km"] for r in rows], float)
    centre = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
    return rms_distance_km(centre, extent[:, None], extent[None])


def _most_common_place(
    located: Sequence[Row],
    taken: npt.NDArray[np.intp],
    anchors: Sequence[str],
    best: int,
    places: Mapping[str, Row],
) -> str:
    """Name the territory after the settlement most of its organisations stand in."""
    counts: dict[str, int] = {}
    for i in taken:
        place_id = located[int(i)]["place_id"]
        if place_id in places:
            counts[place_id] = counts.get(place_id, 0) + 1
    return min(counts, key=lambda p: (-counts[p], p)) if counts else anchors[best]


def _columns(rows: Sequence[Row]) -> tuple[Matrix, Matrix]:
    lat = np.array([r["lat_deg"] for r in rows], dtype=float)
    lon = np.array([r["lon_deg"] for r in rows], dtype=float)
    return lat, lon
