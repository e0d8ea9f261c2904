"""Who may get a seat in a cluster: reach, cluster roles, existing ties and distances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.schema.vocabulary import CAPITAL_KINDS, INFRASTRUCTURE_ROLES
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.tables import Tables

__all__ = ["COUNTRYWIDE_ROLES", "Positions", "Ties", "cluster_role"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

# They serve a whole country from wherever they sit; distance still costs.
COUNTRYWIDE_ROLES = (*CAPITAL_KINDS, "government_body", "technology_transfer_centre")

_SEAT_OF_ROLE = {
    "university": "kindred_university",
    # The schema has one seat for research that complements the core's.
    "research_institute": "kindred_university",
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


@dataclass(frozen=True)
class Ties:
    """Existing ties: organisation to partner to weight (the strongest tie of the two counts)."""

    partners: Mapping[str, Mapping[str, float]]
    links: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def of(cls, tables: Tables, weights: Mapping[str, float]) -> Ties:
        """Read the links; kinds without a stated weight count 1."""
        partners: dict[str, dict[str, float]] = defaultdict(dict)
        links: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for row in tables.rows("link"):
            one, other = row["org_a"], row["org_b"]
            if one == other:
                continue
            weight = max(weights.get(row["kind"], 1.0), partners[one].get(other, 0.0))
            partners[one][other] = partners[other][one] = weight
            known = (*links[one].get(other, ()), row["link_id"])
            links[one][other] = links[other][one] = known
        return cls(dict(partners), dict(links))

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
