"""Stage `introductions`: which members without a tie should be introduced to each other."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import ACTIVITY_KINDS, MEMBER_ROLES
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages._introduction_words import (
    Complement,
    brings_reason,
    distance_reason,
    open_need_reason,
    roles_reason,
    way_reason,
)
from clusterloom.stages._pool import Positions
from clusterloom.stages._profiles import adjacency_matrix, field_order, organisation_profiles
from clusterloom.tables import Tables

__all__ = ["Introductions"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

_PARTS = ("complementarity", "adjacency", "shared_partners", "nearness", "role_pair")
_MOST_BASES = 40


def _default_weights() -> dict[str, float]:
    return {
        "complementarity": 0.35,
        "adjacency": 0.25,
        "shared_partners": 0.15,
        "nearness": 0.1,
        "role_pair": 0.15,
    }


def _default_role_pairs() -> dict[str, float]:
    return {
        "core+producer": 1.0,
        "core+kindred_university": 0.9,
        "core+kindred_institute": 0.8,
        "core+infrastructure": 0.8,
        "core+investor": 0.8,
        "infrastructure+producer": 0.7,
        "kindred_university+producer": 0.7,
        "kindred_institute+producer": 0.7,
        "kindred_institute+kindred_university": 0.6,
        "core+core": 0.6,
        "core+state": 0.6,
        "investor+producer": 0.6,
        "infrastructure+kindred_university": 0.5,
        "infrastructure+kindred_institute": 0.5,
        "infrastructure+investor": 0.4,
        "core+network": 0.4,
        "network+producer": 0.4,
        "producer+producer": 0.3,
        "producer+state": 0.3,
    }


def _default_stage_pairs() -> dict[str, float]:
    return {
        "production+research": 1.0,
        "development+production": 1.0,
        "development+research": 1.0,
        "production+service": 0.6,
        "development+service": 0.6,
        "research+service": 0.4,
        "production+training": 0.5,
        "development+training": 0.4,
        "finance+production": 0.5,
        "development+finance": 0.5,
    }


@dataclass(frozen=True, kw_only=True)
class Introductions:
    """Stage: rank the missing ties of each cluster; nobody gets more than they can attend to.

    Reads `cluster`, `membership`, `need`, `gap`, `organisation`, `activity`, `activity_field`,
    `field`, `field_adjacency`, `link`, `place`. Writes `introduction`. A pair with a tie of any
    kind on record is not introduced again.
    """

    name: ClassVar[str] = "introductions"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "gap",
        "organisation",
        "activity",
        "activity_field",
        "field",
        "field_adjacency",
        "link",
        "place",
    )
    writes: ClassVar[tuple[str, ...]] = ("introduction",)

    # Weights of the parts of the score, summing to 1. An unknown distance is left out and the
    # other parts count for more. Unknown fields earn nothing: a proposal needs a ground.
    weights: dict[str, float] = field(default_factory=_default_weights)
    # What a pair of cluster roles is worth, 0 .. 1 (names sorted and joined by +).
    role_pairs: dict[str, float] = field(default_factory=_default_role_pairs)
    other_role_pair: float = 0.0  # 0..1; pairs not named above; pairs worth 0 are not proposed
    # How well two kinds of work follow each other in a value chain, 0 .. 1; others count 0.
    stage_pairs: dict[str, float] = field(default_factory=_default_stage_pairs)
    min_adjacency: float = 0.35  # 0..1; fields less adjacent than this do not complement each other
    nearness_km: float = 50.0  # km at which nearness has fallen to 1/e
    min_score: float = 0.2  # 0..1; weaker introductions are not proposed
    per_organisation: int = 3  # introductions of one organisation in a cluster at most
    max_introductions: int = 40  # introductions of a cluster at most

    def __post_init__(self) -> None:
        if set(self.weights) != set(_PARTS) or min(self.weights.values()) < 0:
            raise RecipeError(
                f"introductions: weights names {', '.join(sorted(self.weights))}",
                rule=f"it gives a weight >= 0 to each of {', '.join(_PARTS)}",
            )
        if abs(sum(self.weights.values()) - 1.0) > 1e-6:
            raise RecipeError(
                f"introductions: the weights sum to {sum(self.weights.values()):g}",
                rule="they sum to 1",
            )
        _check_pairs("role_pairs", self.role_pairs, MEMBER_ROLES)
        _check_pairs("stage_pairs", self.stage_pairs, ACTIVITY_KINDS)
        for name in ("other_role_pair", "min_adjacency", "min_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(
                    f"introductions: {name} is {getattr(self, name):g}", rule="it lies in 0..1"
                )
        for name in ("nearness_km", "per_organisation", "max_introductions"):
            if getattr(self, name) <= 0:
                raise RecipeError(
                    f"introductions: {name} is {getattr(self, name):g}", rule="it is above 0"
                )

    def run(self, tables: Tables) -> Tables:
        """Rank the missing ties of every cluster."""
        members: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("membership"):
            members[row["cluster_id"]].append(row)
        gaps: dict[str, set[str]] = defaultdict(set)
        for row in tables.rows("gap"):
            gaps[row["cluster_id"]].add(row["need"])
        importance = {
            (row["cluster_id"], row["need"]): row["weight"] for row in tables.rows("need")
        }
        work = _Work.of(tables, {row["org_id"] for rows in members.values() for row in rows})
        rows: list[Row] = []
        for cluster_id in sorted(row["cluster_id"] for row in tables.rows("cluster")):
            # The weightiest open needs are named first.
            needs = sorted(
                gaps[cluster_id], key=lambda need: (-importance.get((cluster_id, need), 0.0), need)
            )
            circle = _Circle(self, work, cluster_id, tuple(members[cluster_id]), tuple(needs))
            rows.extend(circle.rows())
        return Tables().with_rows("introduction", rows)


@dataclass(frozen=True)
class _Work:
    """What the members of all clusters do, where they are, and who knows whom."""

    organisations: Mapping[str, Row]
    fields: tuple[str, ...]
    adjacency: Array
    profiles: Mapping[str, Array]
    capacity: Mapping[tuple[str, str], Array]
    partners: Mapping[str, Mapping[str, tuple[str, ...]]]
    places: Mapping[str, Array]

    @classmethod
    def of(cls, tables: Tables, org_ids: set[str]) -> _Work:
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
        partners: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for row in tables.rows("link"):
            one, other = row["org_a"], row["org_b"]
            for org_id, partner in ((one, other), (other, one)):
                if org_id in org_ids and one != other:
                    earlier = partners[org_id].get(partner, ())
                    partners[org_id][partner] = (*earlier, row["link_id"])
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
            partners=dict(partners),
            places=dict(zip(organisations, lines, strict=True)),
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


@dataclass(frozen=True)
class _Circle:
    """The members of one cluster and the parts of the score for each pair of them."""

    stage: Introductions
    work: _Work
    cluster_id: str
    members: tuple[Row, ...]
    open_needs: tuple[str, ...]

    def rows(self) -> list[Row]:
        """Choose the introductions greedily by score within everybody's capacity."""
        seats = [row for row in self.members if row["org_id"] in self.work.organisations]
        seats.sort(key=lambda row: row["org_id"])
        ids = [row["org_id"] for row in seats]
        complement, adjacency = self._complementarity(ids), self._adjacency(ids)
        distance = self._distance(ids)
        pairs = []
        for a, b in combinations(range(len(ids)), 2):
            role_pair = "+".join(sorted((seats[a]["role"], seats[b]["role"])))
            if self.work.knows(ids[a], ids[b]) or self._role_worth(role_pair) == 0:
                continue
            between = self._shared(ids[a], ids[b], ids)
            known = float(distance[a, b])
            pair: Row = {
                "org_a": ids[a],
                "org_b": ids[b],
                "complementarity": float(complement[a, b]),
                "adjacency": float(adjacency[a, b]),
                "shared_partners": len(between),
                "distance_km": None if np.isnan(known) else known,
                "role_pair": role_pair,
            }
            pair["score"] = self._score(pair)
            pairs.append((pair, between))
        # Scores are compared rounded, so that noise in the last digit does not decide a rank.
        pairs.sort(key=lambda p: (-round(p[0]["score"], 9), p[0]["org_a"], p[0]["org_b"]))
        return self._ranked(pairs)

    def _ranked(self, pairs: list[tuple[Row, list[str]]]) -> list[Row]:
        taken: Counter[str] = Counter()
        rows: list[Row] = []
        for pair, between in pairs:
            if len(rows) == self.stage.max_introductions or pair["score"] < self.stage.min_score:
                break
            if max(taken[pair["org_a"]], taken[pair["org_b"]]) >= self.stage.per_organisation:
                continue
            taken.update((pair["org_a"], pair["org_b"]))
            rows.append(
                {
                    **pair,
                    "cluster_id": self.cluster_id,
                    "rank": len(rows) + 1,
                    "reasons": dump_reasons(self._reasons(pair, between)),
                    "based_on": self._bases(pair, between),
                }
            )
        return rows

    def _score(self, pair: Row) -> float:
        """Weigh the parts; without a distance the weights of the others are raised."""
        distance = pair["distance_km"]
        shared = pair["shared_partners"]
        parts: dict[str, float] = {
            "complementarity": pair["complementarity"],
            "adjacency": pair["adjacency"],
            "shared_partners": shared / (shared + 2),
            "role_pair": self._role_worth(pair["role_pair"]),
        }
        if distance is not None:
            parts["nearness"] = float(np.exp(-distance / self.stage.nearness_km))
        total = sum(self.stage.weights[name] for name in parts)
        if total == 0:
            return 0.0
        score = sum(self.stage.weights[name] * value for name, value in parts.items()) / total
        return min(max(score, 0.0), 1.0)

    def _role_worth(self, role_pair: str) -> float:
        return self.stage.role_pairs.get(role_pair, self.stage.other_role_pair)

    def _near(self) -> Array:
        adjacency = self.work.adjacency
        near: Array = np.where(adjacency >= self.stage.min_adjacency, adjacency, 0.0)
        return near

    def _complementarity(self, ids: Sequence[str]) -> Array:
        """Sum over pairs of kinds what one does next to what the other does; x/(1+x) keeps 0..1."""
        near = self._near()
        total = np.zeros((len(ids), len(ids)))
        for pair, worth in sorted(self.stage.stage_pairs.items()):
            one, other = (self.work.stack(ids, kind) for kind in pair.split("+"))
            match = one @ near @ other.T
            # Either of the two may be the one that does the first kind.
            total += worth * np.maximum(match, match.T)
        return total / (1.0 + total)

    def _adjacency(self, ids: Sequence[str]) -> Array:
        """Return the normalised adjacency of profiles; 0 where nothing is known of one."""
        unknown = np.zeros(len(self.work.fields))
        profiles = np.array([self.work.profiles.get(o, unknown) for o in ids], dtype=float)
        profiles = profiles.reshape(len(ids), len(self.work.fields))
        product = profiles @ self.work.adjacency @ profiles.T
        own = np.sqrt(np.where(np.diag(product) > 0, np.diag(product), 1.0))
        normalised: Array = np.clip(product / np.outer(own, own), 0.0, 1.0)
        return normalised

    def _distance(self, ids: Sequence[str]) -> Array:
        lat, lon, extent = self.work.positions(ids)
        centre = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        return rms_distance_km(centre, extent[:, None], extent[None, :])

    def _shared(self, one: str, other: str, ids: Sequence[str]) -> list[str]:
        """Return the members both have ties with."""
        partners = self.work.partners
        both = set(partners.get(one, {})) & set(partners.get(other, {})) & set(ids)
        return sorted(both)

    def _reasons(self, pair: Row, between: list[str]) -> list[Reason]:
        one, other = f"org:{pair['org_a']}", f"org:{pair['org_b']}"
        return [
            brings_reason(self._strongest_complement(pair["org_a"], pair["org_b"])),
            way_reason(between, one, other),
            roles_reason(self._role(pair["org_a"]), self._role(pair["org_b"]), one, other),
            distance_reason(pair["distance_km"]),
            *self._open_need(pair),
            reason("No tie between the two is on record; they may know each other all the same."),
        ]

    def _role(self, org_id: str) -> str:
        role: str = next(row["role"] for row in self.members if row["org_id"] == org_id)
        return role

    def _strongest_complement(self, one: str, other: str) -> Complement | None:
        """Return the largest term of the sum: who does what in which field, for each of the two."""
        near = self._near()
        best: tuple[float, Complement] | None = None
        for pair, worth in sorted(self.stage.stage_pairs.items()):
            first, second = pair.split("+")
            for giver, taker in ((one, other), (other, one)):
                terms = (
                    worth
                    * self.work.stack([giver], first)[0][:, None]
                    * near
                    * self.work.stack([taker], second)[0][None, :]
                )
                if not terms.size or terms.max() <= (best[0] if best else 0.0) + 1e-12:
                    continue
                here, there = np.unravel_index(int(terms.argmax()), terms.shape)
                fields = self.work.fields
                found = Complement(
                    giver, first, fields[int(here)], taker, second, fields[int(there)]
                )
                best = (float(terms.max()), found)
        return best[1] if best else None

    def _open_need(self, pair: Row) -> list[Reason]:
        """Say whether one of the two offers part of a need that is still open."""
        covers = {row["org_id"]: set(row["covers"].split("|")) for row in self.members}
        for need in self.open_needs:
            for org_id in (pair["org_a"], pair["org_b"]):
                if need in covers[org_id]:
                    return [open_need_reason(need, org_id)]
        return []

    def _bases(self, pair: Row, between: list[str]) -> str:
        """Name the two seats and the links through which they can be introduced."""
        ends = (pair["org_a"], pair["org_b"])
        keys = [f"membership:{self.cluster_id}~{org_id}" for org_id in ends]
        for org_id in ends:
            for partner in between:
                keys += [f"link:{link}" for link in self.work.partners[org_id][partner]]
        return json.dumps(sorted(set(keys[:_MOST_BASES])), ensure_ascii=False)


def _check_pairs(name: str, pairs: Mapping[str, float], known: Iterable[str]) -> None:
    """Refuse pairs that could never match: names unknown or out of order."""
    words = set(known)
    for pair, worth in pairs.items():
        parts = pair.split("+")
        if len(parts) != 2 or not set(parts) <= words or parts != sorted(parts):
            raise RecipeError(
                f"introductions: {name} has the pair `{pair}`",
                rule="two known names in alphabetical order, joined by +",
            )
        if not 0 <= worth <= 1:
            raise RecipeError(f"introductions: `{pair}` is worth {worth:g}", rule="0..1")
