"""Who may get a seat in a cluster: reach, cluster roles, existing ties and distances."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.schema.vocabulary import CAPITAL_KINDS, INFRASTRUCTURE_ROLES
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages._needs import Knowledge, Need
from clusterloom.tables import Tables

__all__ = ["Pool", "Positions", "Ties", "cluster_role", "countrywide", "largest_distance_km"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

# They serve a whole country from wherever they sit; distance still costs.
_COUNTRYWIDE_ROLES = CAPITAL_KINDS

_SEAT_OF_ROLE = {
    "university": "kindred_university",
    "research_institute": "kindred_institute",
    "government_body": "state",
    "association": "network",
    "cluster_organisation": "network",
    **dict.fromkeys(INFRASTRUCTURE_ROLES, "infrastructure"),
    **dict.fromkeys(CAPITAL_KINDS, "investor"),
}


def cluster_role(organisation: Mapping[str, Any], *, is_core: bool, produces: bool) -> str:
    """Name the seat an organisation would take.

    A company that produces in the cluster's fields is a producer whatever its size; other small
    companies belong to the infrastructure, as the method has it.
    """
    if is_core:
        return "core"
    if organisation["role"] == "company":
        small = organisation["size"] in ("micro", "small")
        return "infrastructure" if small and not produces else "producer"
    return _SEAT_OF_ROLE[organisation["role"]]


def countrywide(organisations: Sequence[Row]) -> frozenset[int]:
    """Return positions of the organisations that may serve a cluster anywhere in their country.

    Government bodies do so only from their country's seat of government, which is taken to be the
    settlement where most of them sit: the bureau of another city is no partner of this one.
    """
    bodies: Counter[tuple[str, str]] = Counter()
    for row in organisations:
        if row["role"] == "government_body" and row["place_id"] is not None:
            bodies[row["country"], row["place_id"]] += 1
    seat: dict[str, str] = {}
    for country, place_id in sorted(bodies, key=lambda key: (bodies[key], key)):
        seat[country] = place_id  # the last one is the largest
    return frozenset(
        i
        for i, row in enumerate(organisations)
        if row["role"] in _COUNTRYWIDE_ROLES
        or (
            row["role"] == "government_body" and row["place_id"] in (None, seat.get(row["country"]))
        )
    )


@dataclass(frozen=True)
class Positions:
    """Where organisations and settlements are; NaN where a position is unknown."""

    lat_deg: Array
    lon_deg: Array
    extent_km: Array
    anchors: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, tables: Tables, organisations: Sequence[Row]) -> Positions:
        """Take an organisation's own position, else that of its settlement."""
        places = tables.by_key("place", "place_id")
        lines = []
        for row in organisations:
            place = places.get(row["place_id"] or "", {})
            own = row["lat_deg"] is not None and row["lon_deg"] is not None
            point = row if own else place
            extent = row["extent_km"] if row["extent_km"] is not None else place.get("extent_km")
            lines.append((point.get("lat_deg"), point.get("lon_deg"), extent))
        lat, lon, extent = np.array(lines, dtype=float).reshape(-1, 3).T
        anchors = {key: (row["lat_deg"], row["lon_deg"]) for key, row in places.items()}
        return cls(lat, lon, extent, anchors)

    def to_anchor(self, place_id: str) -> tuple[Array, Array]:
        """Return distances of all organisations to a settlement's centre: plain, and with extents.

        Returns
        -------
        centre distance, root-mean-square distance : (organisations,), km
            NaN where the position (or only its extent) is unknown.
        """
        lat, lon = self.anchors.get(place_id, (np.nan, np.nan))
        centre = great_circle_km(self.lat_deg, self.lon_deg, np.array(lat), np.array(lon))
        return centre, rms_distance_km(centre, self.extent_km, np.zeros_like(centre))


def largest_distance_km(rms_km: float, *extents_km: float) -> float:
    """Distance that cannot be exceeded, from the root-mean-square distance of two discs.

    Parameters
    ----------
    rms_km : km, >= 0
        See `rms_distance_km`.
    extents_km : km, >= 0
        Radii of the discs the two lie in; none for an exact position.

    Returns
    -------
    km : distance of the centres and the radii together

    Examples
    --------
    >>> round(largest_distance_km(5.0, 3.0, 4.0), 1)
    10.5
    """
    between = rms_km**2 - sum(extent**2 for extent in extents_km) / 2
    return float(np.sqrt(max(between, 0.0))) + sum(extents_km)


@dataclass(frozen=True)
class Ties:
    """Existing ties: organisation to partner to weight (the strongest tie of the two counts)."""

    partners: Mapping[str, Mapping[str, float]]
    links: Mapping[str, Mapping[str, tuple[str, ...]]]
    kinds: Mapping[str, Mapping[str, str]]  # the kind of the strongest tie of the two

    @classmethod
    def of(cls, tables: Tables, weights: Mapping[str, float]) -> Ties:
        """Read the links; kinds without a stated weight count 1."""
        partners: dict[str, dict[str, float]] = defaultdict(dict)
        links: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        kinds: dict[str, dict[str, str]] = defaultdict(dict)
        for row in tables.rows("link"):
            one, other = row["org_a"], row["org_b"]
            if one == other:
                continue
            weight, before = weights.get(row["kind"], 1.0), partners[one].get(other, -1.0)
            if weight > before:
                kinds[one][other] = kinds[other][one] = row["kind"]
            weight = max(weight, before)
            partners[one][other] = partners[other][one] = weight
            known = (*links[one].get(other, ()), row["link_id"])
            links[one][other] = links[other][one] = known
        return cls(dict(partners), dict(links), dict(kinds))

    def strength(self, org_id: str, others: Iterable[str]) -> float:
        """Return the summed weight of its ties with the others."""
        mine = self.partners.get(org_id, {})
        return sum(mine[other] for other in sorted(set(others)) if other in mine)

    def with_any(self, org_id: str, others: Iterable[str]) -> list[str]:
        """Return which of the others it has a tie with: strongest first, then by name."""
        mine = self.partners.get(org_id, {})
        return sorted((o for o in set(others) if o in mine), key=lambda o: (-mine[o], o))

    def link_ids(self, org_id: str, others: Iterable[str]) -> list[str]:
        """Return the link rows that tie it to the others."""
        mine = self.links.get(org_id, {})
        return sorted(link for other in set(others) for link in mine.get(other, ()))


@dataclass(frozen=True)
class Pool:
    """The pool of one candidate on its way to the arrays of the program."""

    knowledge: Knowledge
    ties: Ties
    core: list[int]
    fixed: frozenset[int]  # the core organisations with a seat in any case
    members: list[int]
    needs: tuple[Need, ...]
    offers: Array
    distance: Array
    weights: Mapping[str, float]

    def roles(self) -> list[str]:
        """Return the cluster role of everybody in the pool."""
        rows, core = self.knowledge.organisations, set(self.core)
        making = [k for k, need in enumerate(self.needs) if need.stage == "production"]
        return [
            cluster_role(rows[i], is_core=i in core, produces=bool(self.offers[i, making].any()))
            for i in self.members
        ]

    def core_ties(self) -> Array:
        """Return the weight of existing ties of everybody in the pool with the fixed core."""
        rows = self.knowledge.organisations
        core_ids = [rows[i]["org_id"] for i in sorted(self.fixed)]
        ties = [self.ties.strength(rows[i]["org_id"], core_ids) for i in self.members]
        return np.array(ties, dtype=float)

    def tied_pairs(self, most: int) -> tuple[npt.NDArray[np.int64], Array]:
        """Return pairs of the pool that are tied, both outside the fixed core, strongest first.

        Returns
        -------
        (pairs, 2) positions in the pool, (pairs,) weights of the ties
            Ties with the fixed core are left out: `core_ties` counts them.
        """
        rows = self.knowledge.organisations
        place = {rows[i]["org_id"]: k for k, i in enumerate(self.members) if i not in self.fixed}
        found = [
            (-weight, place[one], place[other])
            for one in place
            for other, weight in self.ties.partners.get(one, {}).items()
            if other in place and place[one] < place[other] and weight > 0
        ]
        kept = sorted(found)[:most]
        pairs = np.array([pair[1:] for pair in kept], dtype=np.int64).reshape(-1, 2)
        return pairs, np.array([-pair[0] for pair in kept], dtype=float)

    def match(self) -> Array:
        """Return how well everybody's production matches the core's fields: 0..1."""
        making = [k for k, need in enumerate(self.needs) if need.stage == "production"]
        offers: Array = self.offers[self.members][:, making].max(axis=1, initial=0.0)
        return offers

    def adjacency(self) -> Array:
        """Return the mean adjacency of everybody's fields to the core's; NaN without fields."""
        knowledge = self.knowledge
        target = np.zeros(len(knowledge.fields))
        for field_id, weight in self.weights.items():
            target[knowledge.fields.index(field_id)] = weight
        profiles = knowledge.profiles[self.members]
        mean: Array = np.clip(profiles @ knowledge.adjacency @ target, 0.0, 1.0)
        mean[profiles.sum(axis=1) == 0] = np.nan
        return mean
