"""What stands around a candidate's place: who is in reach by distance, how far the rest is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.spatial._points import chord_within_km, km_of_chord, unit_vectors
from clusterloom.stages._actors import codes, numbers, positions, strings
from clusterloom.tables import Tables

__all__ = ["Near", "Surroundings"]

Row = dict[str, Any]
Index = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Near:
    """Organisations of one kind of a candidate's country, seen from the candidate's place."""

    land: Index  # all of the country, located or not; numbers of organisations, ascending
    sources: frozenset[str]  # of all those
    n_located: int  # those with a position
    place_known: bool  # whether the place has a position: without one nothing is in reach or not
    near: Index  # within the candidate's radius
    n_wider: int  # within the wider radius
    nearest_km: float | None  # from the place to the nearest; None where either has no position

    @property
    def known(self) -> bool:
        """Whether it can be said how many are in reach."""
        return bool(len(self.land)) and self.n_located > 0 and self.place_known


@dataclass(frozen=True)
class _Kind:
    """Organisations of one country and some roles, with a tree of those that are located."""

    land: Index
    sources: frozenset[str]
    located: Index
    tree: Any  # cKDTree on the unit sphere, None where nobody is located


class Surroundings:
    """Organisations by country and role, and which of them lie around a place."""

    def __init__(self, tables: Tables, *, wide_radius_km: float) -> None:
        table = tables["organisation"]
        self._wide_radius_km = wide_radius_km
        self.org_id = strings(table["org_id"])
        self._number = {org_id: n for n, org_id in enumerate(self.org_id.tolist())}
        countries, self._country = codes(table["country"])
        roles, self._role = codes(table["role"])
        self._countries = {name: n for n, name in enumerate(countries.tolist())}
        self._roles = {name: n for n, name in enumerate(roles.tolist())}
        self.role = roles[self._role] if len(roles) else strings(table["role"])
        self._lat, self._lon = numbers(table["lat_deg"]), numbers(table["lon_deg"])
        self._sources, self._source = codes(table["source_id"])
        place = tables["place"]
        self._place = dict(
            zip(
                place["place_id"].to_pylist(),
                zip(place["lat_deg"].to_pylist(), place["lon_deg"].to_pylist(), strict=True),
                strict=True,
            )
        )
        self._points: dict[str, Vector] = {}
        self._kinds: dict[tuple[str, tuple[str, ...]], _Kind] = {}

    def numbers_of(self, org_ids: Any) -> Index:
        """Return the numbers of a column of ids; -1 for an organisation that is not known."""
        return positions(org_ids, pa.array(self.org_id, pa.string()))

    def known(self, org_ids: Iterable[str]) -> Index:
        """Return the numbers of a few ids, those that are not known left out."""
        found = (self._number.get(org_id) for org_id in org_ids)
        return np.array([number for number in found if number is not None], dtype=np.int64)

    def ids(self, numbers_of: Index) -> list[str]:
        """Return the ids of organisations by their numbers."""
        found: list[str] = self.org_id[numbers_of].tolist()
        return found

    def sources(self, numbers_of: Index) -> frozenset[str]:
        """Sources of these organisations."""
        return frozenset(self._sources[np.unique(self._source[numbers_of])].tolist())

    def wide_radius_km(self, candidate: Row) -> float:
        """Return the wider radius, which is never narrower than the candidate's own."""
        own: float = candidate["radius_km"]
        return max(self._wide_radius_km, own)

    def of_kind(self, candidate: Row, roles: Sequence[str]) -> Near:
        """Organisations of the candidate's country with one of these roles; of any if empty."""
        kind = self._kind(candidate["country"], tuple(roles))
        point = self._point(candidate)
        if point is None or kind.tree is None:
            nobody = np.zeros(0, dtype=np.int64)
            return Near(
                kind.land, kind.sources, len(kind.located), point is not None, nobody, 0, None
            )
        own, wide = (
            chord_within_km(radius)
            for radius in (candidate["radius_km"], self.wide_radius_km(candidate))
        )
        near = np.sort(np.array(kind.tree.query_ball_point(point, own), dtype=np.int64))
        n_wider = int(kind.tree.query_ball_point(point, wide, return_length=True))
        nearest = float(km_of_chord(np.array(kind.tree.query(point)[0])))
        return Near(
            land=kind.land,
            sources=kind.sources,
            n_located=len(kind.located),
            place_known=True,
            near=kind.located[near],
            n_wider=n_wider,
            nearest_km=nearest,
        )

    def _point(self, candidate: Row) -> Vector | None:
        place_id = candidate["territory_id"]
        lat, lon = self._place.get(place_id, (None, None))
        if lat is None or lon is None:
            return None
        if place_id not in self._points:
            self._points[place_id] = unit_vectors(np.array([lat]), np.array([lon]))[0]
        return self._points[place_id]

    def _kind(self, country: str, roles: tuple[str, ...]) -> _Kind:
        from scipy.spatial import cKDTree

        if (country, roles) not in self._kinds:
            wanted = [self._roles[r] for r in roles if r in self._roles]
            own = self._country == self._countries.get(country, -1)
            land = np.flatnonzero(own & np.isin(self._role, wanted) if roles else own)
            located = land[~(np.isnan(self._lat[land]) | np.isnan(self._lon[land]))]
            tree = None
            if len(located):
                tree = cKDTree(unit_vectors(self._lat[located], self._lon[located]))
            self._kinds[country, roles] = _Kind(land, self.sources(land), located, tree)
        return self._kinds[country, roles]
