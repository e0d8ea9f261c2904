"""Territories from geography alone: anchors and the organisations within reach of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.spatial._points import chord_within_km, unit_vectors

__all__ = ["Territory", "cover", "distances_km", "territories"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


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
        column = {place_id: j for j, place_id in enumerate(anchors)}
        standing = np.array([column.get(r["place_id"], -1) for r in located], dtype=np.int64)
        discs = cover(
            np.stack(_columns(located)),
            np.stack(_columns([places[a] for a in anchors])),
            standing,
            radius_km=radius_km,
            min_organisations=min_organisations,
        )
        for anchor, taken in discs:
            place = places[anchors[anchor]]
            found.append(
                Territory(
                    place["place_id"],
                    place["name_en"],
                    country,
                    place["lat_deg"],
                    place["lon_deg"],
                    place["extent_km"],
                    tuple(sorted(located[i]["org_id"] for i in taken.tolist())),
                )
            )
    return found


def cover(
    points: Matrix,
    anchors: Matrix,
    standing: Index,
    *,
    radius_km: float,
    min_organisations: int,
) -> Iterator[tuple[int, Index]]:
    """Take points greedily into discs around anchors, the fullest disc first.

    Parameters
    ----------
    points : (2, points), degrees WGS 84
        Latitudes and longitudes of the organisations of one country.
    anchors : (2, anchors), degrees WGS 84
        Settlements; of two equally full discs that of the first settlement comes first.
    standing : (points,), number of an anchor, or -1
        The settlement each organisation stands in; a disc is named after the most common one.
    radius_km : km, > 0
    min_organisations : organisations, >= 1
        A disc that would take fewer is not made.

    Yields
    ------
    anchor that names the disc, (taken,) numbers of points, ascending
        Every point is taken at most once.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0, 0.0, 9.0], [0.0, 0.1, 0.2, 9.0]])
    >>> anchors = np.array([[0.0, 9.0], [0.0, 9.0]])
    >>> discs = cover(points, anchors, np.array([0, 0, 0, 1]), radius_km=60, min_organisations=2)
    >>> [(anchor, taken.tolist()) for anchor, taken in discs]
    [(0, [0, 1, 2])]
    """
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    spots, spot_of, heads = np.unique(points, axis=1, return_inverse=True, return_counts=True)
    spot_of = spot_of.reshape(-1)
    reach = chord_within_km(radius_km)
    tree = cKDTree(unit_vectors(spots[0], spots[1]))
    centres = unit_vectors(anchors[0], anchors[1])
    near: Any = tree.query_ball_point(centres, reach, return_sorted=True)
    length = np.array([len(n) for n in near], dtype=np.int64)
    column = np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
    row = np.repeat(np.arange(len(near)), length)
    shape = (len(near), spots.shape[1])
    discs = csr_array((np.ones(len(column)), (row, column)), shape=shape)
    holders = discs.T.tocsr()
    counts = np.asarray(discs @ heads.astype(float))
    free = np.ones(spots.shape[1], dtype=bool)
    order = np.argsort(spot_of, kind="stable")
    first = np.concatenate([[0], np.cumsum(heads)])
    while True:
        best = int(np.argmax(counts))  # ties: the first anchor
        if counts[best] < min_organisations:
            return
        inside = discs.indices[discs.indptr[best] : discs.indptr[best + 1]]
        inside = np.sort(inside[free[inside]])
        free[inside] = False
        for spot in inside.tolist():
            held = holders.indices[holders.indptr[spot] : holders.indptr[spot + 1]]
            counts[held] -= heads[spot]
        taken = np.sort(np.concatenate([order[first[s] : first[s + 1]] for s in inside.tolist()]))
        known = standing[taken]
        common = np.bincount(known[known >= 0], minlength=1)
        yield (int(np.argmax(common)) if common.any() else best), taken


def distances_km(rows: Sequence[Row]) -> Matrix:
    """Root-mean-square distances among organisations; 0 only on the diagonal of exact points."""
    lat, lon = _columns(rows)
    extent = np.array([np.nan if r["extent_km"] is None else r["extent_km"] for r in rows], float)
    centre = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
    return rms_distance_km(centre, extent[:, None], extent[None])


def _columns(rows: Sequence[Row]) -> tuple[Vector, Vector]:
    lat = np.array([r["lat_deg"] for r in rows], dtype=float)
    lon = np.array([r["lon_deg"] for r in rows], dtype=float)
    return lat, lon
