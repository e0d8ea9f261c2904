"""What those who may be introduced do, where they are, whom they know and what they finance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.stages._demands import stage_of_readiness
from clusterloom.stages._pool import Positions, cluster_role
from clusterloom.stages._profiles import adjacency_matrix, field_order, organisation_profiles
from clusterloom.tables import Tables

__all__ = ["NOT_WORKING", "Partners", "Work", "partners_of", "seats_outside"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]
Partners = Mapping[str, Mapping[str, tuple[str, ...]]]

NOT_WORKING = ("parent", "memorandum")  # kinds of link that are no working ties


@dataclass(frozen=True)
class Work:
    """What the members of all clusters and their partners do, and who knows whom."""

    organisations: Mapping[str, Row]
    fields: tuple[str, ...]
    adjacency: Array
    profiles: Mapping[str, Array]
    capacity: Mapping[tuple[str, str], Array]
    partners: Partners
    places: Mapping[str, Array]
    developments: Mapping[str, tuple[tuple[str, str], ...]]  # org_id to (development_id, stage)
    financed: Mapping[str, Mapping[str, str]]  # org_id to stage to investor_profile_id

    @classmethod
    def of(cls, tables: Tables, org_ids: set[str]) -> Work:
        """Gather what is known of these organisations."""
        fields = tuple(field_order(tables))
        column = {field_id: i for i, field_id in enumerate(fields)}
        known, matrix = organisation_profiles(tables, fields)
        capacity: dict[tuple[str, str], Array] = {}
        for row in tables.rows("activity_field"):
            if row["org_id"] in org_ids and row["field_id"] in column:
                values = capacity.setdefault((row["org_id"], row["kind"]), np.zeros(len(fields)))
                # The best direction in a field counts: many weak ones are not one strong one.
                here, part = column[row["field_id"]], row["share"] * row["confidence"]
                values[here] = max(values[here], part)
        organisations = {
            row["org_id"]: row for row in tables.rows("organisation") if row["org_id"] in org_ids
        }
        where = Positions.of(tables, list(organisations.values()))
        lines = np.stack([where.lat_deg, where.lon_deg, where.extent_km], axis=1)
        return cls(
            organisations=organisations,
            fields=fields,
            adjacency=adjacency_matrix(tables, fields),
            profiles={o: matrix[i] for i, o in enumerate(known) if o in org_ids},
            capacity=capacity,
            partners=partners_of(tables, org_ids),
            places=dict(zip(organisations, lines, strict=True)),
            developments=_developments(tables),
            financed=_financed(tables),
        )

    def stack(self, org_ids: Sequence[str], kind: str) -> Array:
        """Return the capacity of these organisations in one kind of work, (members, fields)."""
        nothing = np.zeros(len(self.fields))
        rows = [self.capacity.get((org_id, kind), nothing) for org_id in org_ids]
        return np.array(rows, dtype=float).reshape(len(org_ids), len(self.fields))

    def knows(self, one: str, other: str) -> bool:
        """Return whether any tie of the two is on record."""
        return other in self.partners.get(one, {})

    def positions(self, org_ids: Sequence[str]) -> Array:
        """Return latitude, longitude and extent as rows; NaN where unknown."""
        return np.array([self.places[o] for o in org_ids], dtype=float).reshape(-1, 3).T

    def funding(self, maker: str, investor: str) -> tuple[str, str, str] | None:
        """Return a development of one that the other states to finance by its stage.

        Returns
        -------
        (development_id, stage, investor_profile_id), or None if there is none
        """
        stages = self.financed.get(investor, {})
        fits = [(d, s, stages[s]) for d, s in self.developments.get(maker, ()) if s in stages]
        return fits[0] if fits else None


def partners_of(
    tables: Tables, org_ids: Iterable[str], *, without: Sequence[str] = ()
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return org_id to partner to the links that tie them, kinds in `without` left out.

    A partner may be an organisation the data do not describe: a link can name it all the same.
    """
    wanted = set(org_ids)
    partners: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for row in tables.rows("link"):
        one, other = row["org_a"], row["org_b"]
        for org_id, partner in ((one, other), (other, one)):
            if org_id in wanted and one != other and row["kind"] not in without:
                earlier = partners[org_id].get(partner, ())
                partners[org_id][partner] = (*earlier, row["link_id"])
    return dict(partners)


def seats_outside(
    tables: Tables, clusters: Mapping[str, Row], members: Mapping[str, Sequence[Row]], most: int
) -> dict[str, list[Row]]:
    """List for each cluster who stands one step outside: partners of members, not members.

    Those tied to the most members come first; no more than `most` are kept. Organisations that
    the data do not describe are left out. `role` is the seat each would take.
    """
    described = tables.by_key("organisation", "org_id")
    making: dict[str, set[str]] = defaultdict(set)
    for row in tables.rows("activity_field"):
        if row["kind"] == "production":
            making[row["org_id"]].add(row["field_id"])
    inside = {row["org_id"] for rows in members.values() for row in rows}
    working = partners_of(tables, inside, without=NOT_WORKING)
    outside: dict[str, list[Row]] = {}
    for cluster_id, cluster in clusters.items():
        own = {row["org_id"] for row in members.get(cluster_id, ())}
        ties: dict[str, int] = defaultdict(int)
        for org_id in own:
            for partner in working.get(org_id, {}):
                if partner not in own and partner in described:
                    ties[partner] += 1
        nearest = sorted(ties, key=lambda o: (-ties[o], o))[:most]
        main = set((cluster["main_fields"] or "").split("|"))
        outside[cluster_id] = [
            {
                "org_id": org_id,
                "role": cluster_role(
                    described[org_id], is_core=False, produces=bool(making[org_id] & main)
                ),
                "covers": "",
            }
            for org_id in nearest
        ]
    return outside


def _developments(tables: Tables) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in tables.rows("development"):
        stage, _ = stage_of_readiness(row["trl"], row["brl"])
        if stage is not None:
            found[row["org_id"]] = (
                *found.get(row["org_id"], ()),
                (row["development_id"], stage),
            )
    return found


def _financed(tables: Tables) -> dict[str, dict[str, str]]:
    """Return the stages investors state; what their kind usually finances is not counted here."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables.rows("investor_profile"):
        for stage in (row["stages"] or "").split("|"):
            if stage.strip():
                found[row["org_id"]].setdefault(stage.strip(), row["investor_profile_id"])
    return dict(found)
