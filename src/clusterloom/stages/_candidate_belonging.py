"""Who among the members of a candidate belongs to it, and who does such work as anybody would."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.belonging import chance_of_belonging
from clusterloom.spatial._points import chord_within_km, unit_vectors
from clusterloom.stages._candidate_rows import Known
from clusterloom.stages._found import Found

__all__ = ["member_chances"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def member_chances(found: Found, known: Known, *, clear: Mask, radius_km: float) -> Vector:
    """Chance of belonging of every listed member.

    Members are told from others by all organisations of the country with known work within reach,
    listed or not: an organisation with little in these fields says what is usual there. What is
    usual elsewhere is read from the country's organisations out of reach; where nobody is, from
    the whole country.

    Parameters
    ----------
    clear : (candidates,)
        For which it is estimated.
    radius_km : km, > 0
        Reach around the candidate's place.

    Returns
    -------
    (memberships,), 0..1, in the order of `found.members.data`
        NaN where it is not estimated.
    """
    chance = np.full(found.members.nnz, np.nan)
    if not clear.any():
        return chance
    around = _Around(known, radius_km)
    for i in np.flatnonzero(clear).tolist():
        own = slice(int(found.members.indptr[i]), int(found.members.indptr[i + 1]))
        listed = found.members.indices[own].astype(np.int64)
        fields = found.fields[[i]].toarray().ravel() > 0
        place, country = int(found.place[i]), int(found.country[i])
        pool = np.union1d(around.near(place, country), listed)
        inside, directions = around.work_of(pool, fields)
        there = chance_of_belonging(
            inside,
            directions,
            elsewhere=around.elsewhere(country, fields, inside.sum(), directions.sum()),
        )
        chance[own] = there.chance[np.searchsorted(pool, listed)]
    return chance


class _Around:
    """Positions and directions of work of all organisations, to be asked place by place."""

    def __init__(self, known: Known, radius_km: float) -> None:
        from scipy.spatial import cKDTree

        actors, work = known.actors, known.work
        self.known = known
        self.chord = chord_within_km(radius_km)
        self.standing = np.flatnonzero(actors.located & work.profiled)
        where = unit_vectors(actors.lat_deg[self.standing], actors.lon_deg[self.standing])
        self.tree = cKDTree(where) if len(where) else None
        everybody = np.arange(len(actors.org_id))
        self.total = {
            "standing": self._by_country(self.standing),
            "everybody": self._by_country(everybody),
        }

    def near(self, place: int, country: int) -> Index:
        """Organisations of the country with known work within reach of a settlement."""
        lat, lon = self.known.place_lat[[place]], self.known.place_lon[[place]]
        if self.tree is None or np.isnan(lat + lon).any():
            return np.empty(0, dtype=np.int64)
        found = self.tree.query_ball_point(unit_vectors(lat, lon)[0], self.chord)
        there = self.standing[np.array(found, dtype=np.int64)]
        at_home: Index = there[self.known.actors.country[there] == country]
        return at_home

    def work_of(self, org: Index, fields: Mask) -> tuple[Vector, Vector]:
        """Directions of work in some fields, and all that are known, of each organisation."""
        directions = self.known.directions[org]
        share = np.asarray(self.known.work.profile[org] @ fields.astype(float)).ravel()
        return directions * np.clip(share, 0.0, 1.0), directions

    def elsewhere(self, country: int, fields: Mask, inside: float, directions: float) -> float:
        """Share of these fields in the directions of organisations of the country out of reach."""
        total, all_of_them = self.total["standing"]
        k, n = total[country] @ fields - inside, all_of_them[country] - directions
        if n < 0.5:  # nobody is out of reach
            total, all_of_them = self.total["everybody"]
            k, n = total[country] @ fields, all_of_them[country]
        return float(np.clip((k + 0.5) / (n + 1), 0.0, 1.0))

    def _by_country(self, org: Index) -> tuple[Any, Vector]:
        """Directions of work in every field, (countries, fields), and in all, (countries,)."""
        from scipy.sparse import csr_array

        country, directions = self.known.actors.country[org], self.known.directions[org]
        shape = (len(self.known.actors.countries), len(org))
        weighed = csr_array((directions, (country, np.arange(len(org)))), shape=shape)
        return (weighed @ self.known.work.profile[org]).toarray(), np.bincount(
            country, directions, minlength=shape[0]
        ).astype(float)
