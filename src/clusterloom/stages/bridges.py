"""Stage: what clusters add to each other, and which of their organisations should talk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.spatial import great_circle_km
from clusterloom.stages._profiles import adjacency_matrix, field_order, organisation_profiles
from clusterloom.tables import Tables

__all__ = ["Bridges"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
_MATCHED_ROLES = ("core", "kindred_university", "producer", "infrastructure")
_FIELD_STAGES = ("research", "development", "production", "training")


@dataclass(frozen=True, kw_only=True)
class Bridges:
    """Stage: directed complementarity of clusters, and pairs of partners across them.

    What B adds to A: the share of A's open needs that B's members could cover, how kin the two
    profiles are, and the ties that exist already, joined by stated weights. Partners across two
    clusters are matched one to one so that the sum of kindred and complementary work is largest
    (kuhn1955).

    Reads `cluster`, `membership`, `need`, `organisation`, `activity`, `activity_field`,
    `field_adjacency`, `field`, `link`, `candidate`, `place`. Writes `cluster_link`,
    `partner_match`.
    """

    name: ClassVar[str] = "bridges"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "organisation",
        "activity",
        "activity_field",
        "field_adjacency",
        "field",
        "link",
        "candidate",
        "place",
    )
    writes: ClassVar[tuple[str, ...]] = ("cluster_link", "partner_match")

    weight_complementarity: float = 0.4  # weight of open needs covered, >= 0
    weight_kinship: float = 0.4  # weight of kin profiles, >= 0
    weight_ties: float = 0.2  # weight of existing ties, >= 0
    kin_threshold: float = 0.5  # 0..1; from here on two profiles count as kin
    min_adjacency: float = 0.35  # 0..1; weaker offers do not cover a need
    n_partners: int = 5  # partner clusters kept per cluster
    n_matches: int = 12  # pairs of organisations kept per pair of clusters
    min_match: float = 0.35  # 0..1; weaker pairs are not proposed

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        weights = (self.weight_complementarity, self.weight_kinship, self.weight_ties)
        if not (min(weights) >= 0 and 0 < sum(weights) < np.inf):  # written so that NaN fails
            raise RecipeError(
                f"bridges: weights {weights}", rule="weights are >= 0 and at least one is above 0"
            )
        for name in ("kin_threshold", "min_adjacency", "min_match"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(
                    f"bridges: {name} is {getattr(self, name):g}", rule="it lies in 0..1"
                )
        for name in ("n_partners", "n_matches"):
            if getattr(self, name) < 0:
                raise RecipeError(
                    f"bridges: {name} is {getattr(self, name)}",
                    rule="it is 0 or more",
                    hint="0 keeps none",
                )

    def run(self, tables: Tables) -> Tables:
        """Measure every ordered pair of clusters and match partners of the chosen pairs."""
        world = _World(tables)
        links: list[Row] = []
        pairs: set[tuple[str, str]] = set()
        for a in world.clusters:
            scored = [self._link(a, b, world) for b in world.clusters if a != b]
            scored.sort(key=lambda row: (-row["score"], row["cluster_b"]))
            for rank, row in enumerate(scored[: self.n_partners], start=1):
                links.append({**row, "rank": rank})
                pairs.add((min(a, row["cluster_b"]), max(a, row["cluster_b"])))
        matches = [row for a, b in sorted(pairs) for row in self._matches(a, b, world)]
        return Tables().with_rows("cluster_link", links).with_rows("partner_match", matches)

    def _link(self, a: str, b: str, world: _World) -> Row:
        covered, share = world.covered(a, b, self.min_adjacency)
        kin = world.kinship(a, b)
        tied = world.cross_ties(a, b)
        parts = np.array([share, kin, len(tied) / (len(tied) + 3)])
        weights = np.array([self.weight_complementarity, self.weight_kinship, self.weight_ties])
        same_country = world.cluster[a]["country"] == world.cluster[b]["country"]
        is_kin = kin >= self.kin_threshold
        if same_country:
            structure = "cross_cluster" if is_kin else "cross_industry"
        else:
            structure = "international" if is_kin else "cross_network"
        return {
            "cluster_a": a,
            "cluster_b": b,
            "structure": structure,
            "complementarity": round(share, 4),
            "kinship": round(kin, 4),
            "score": round(float(parts @ weights / weights.sum()), 4),
            "n_ties": len(tied),
            "distance_km": world.distance(a, b),
            "reasons": dump_reasons(_link_reasons(a, b, covered, kin, is_kin, tied, world)),
            "based_on": json.dumps(
                sorted([f"cluster:{a}", f"cluster:{b}", *(f"need:{a}~{n}" for n in covered)])[:40],
                ensure_ascii=False,
            ),
        }

    def _matches(self, a: str, b: str, world: _World) -> list[Row]:
        from scipy.optimize import linear_sum_assignment

        both = set(world.members[a]) & set(world.members[b])
        left = [o for o in world.partners_of(a) if o not in both]
        right = [o for o in world.partners_of(b) if o not in both]
        if not left or not right:
            return []
        kindred, complement = world.pair_scores(left, right)
        existing = [[world.existing(x, y) for y in right] for x in left]
        anchor = np.array(
            [[{"tie": 0.2, "path": 0.1}.get(e[0], 0.0) for e in row] for row in existing]
        )
        score = np.clip(0.8 * np.maximum(kindred, complement) + anchor, 0.0, 1.0)
        # What is too weak to be proposed must not take a partner from a pair that is.
        rows_i, columns_j = linear_sum_assignment(-np.where(score >= self.min_match, score, 0.0))
        chosen = sorted(
            (
                (-score[i, j], left[i], right[j], i, j)
                for i, j in zip(rows_i, columns_j, strict=True)
                if score[i, j] >= self.min_match
            ),
            key=lambda item: item[:3],
        )
        rows = []
        for rank, (minus, x, y, i, j) in enumerate(chosen[: self.n_matches], start=1):
            state, via = existing[i][j]
            kind = _kind(float(kindred[i, j]), float(complement[i, j]))
            rows.append(
                {
                    "cluster_a": a,
                    "cluster_b": b,
                    "org_a": x,
                    "org_b": y,
                    "rank": rank,
                    "score": round(float(-minus), 4),
                    "kind": kind,
                    "existing": state,
                    "via_org_id": via,
                    "reasons": dump_reasons(_match_reasons(x, y, kind, state, via, world)),
                    "based_on": json.dumps(
                        sorted([f"membership:{a}~{x}", f"membership:{b}~{y}"]), ensure_ascii=False
                    ),
                }
            )
        return rows


class _World:
    """Look-ups that all pairs of clusters share."""

    def __init__(self, tables: Tables) -> None:
        self.cluster = tables.by_key("cluster", "cluster_id")
        self.clusters = sorted(self.cluster)
        self.organisation = tables.by_key("organisation", "org_id")
        self.role: dict[tuple[str, str], str] = {}
        self.members: dict[str, list[str]] = {c: [] for c in self.clusters}
        for row in tables.rows("membership"):
            self.members[row["cluster_id"]].append(row["org_id"])
            self.role[row["cluster_id"], row["org_id"]] = row["role"]
        self.needs: dict[str, list[Row]] = {c: [] for c in self.clusters}
        for row in tables.rows("need"):
            self.needs[row["cluster_id"]].append(row)
        self.fields = field_order(tables)
        self.column = {f: j for j, f in enumerate(self.fields)}
        self.adjacency = adjacency_matrix(tables, self.fields)
        profiled, self.profiles = organisation_profiles(tables, self.fields)
        self.position = {o: i for i, o in enumerate(profiled)}
        self.work: dict[tuple[str, str], Matrix] = {}
        for row in tables.rows("activity_field"):
            if row["field_id"] in self.column:
                key = (row["org_id"], row["kind"])
                vector = self.work.setdefault(key, np.zeros(len(self.fields)))
                j = self.column[row["field_id"]]
                vector[j] = max(vector[j], row["confidence"])
        self.neighbours: dict[str, set[str]] = {}
        for row in tables.query("distinct_tie").to_pylist():
            self.neighbours.setdefault(row["org_a"], set()).add(row["org_b"])
            self.neighbours.setdefault(row["org_b"], set()).add(row["org_a"])
        candidate = tables.by_key("candidate", "candidate_id")
        place = tables.by_key("place", "place_id")
        self.anchor = {
            c: place.get(candidate.get(row["candidate_id"], {}).get("territory_id", ""))
            for c, row in self.cluster.items()
        }

    def profile(self, cluster_id: str) -> Matrix:
        """Mean profile of core, producers and universities; zeros where nothing is known."""
        rows = [
            self.position[o]
            for o in self.members[cluster_id]
            if o in self.position
            and self.role[cluster_id, o] in ("core", "producer", "kindred_university")
        ]
        mean: Matrix = self.profiles[rows].mean(axis=0) if rows else np.zeros(len(self.fields))
        return mean

    def kinship(self, a: str, b: str) -> float:
        """Similarity of profiles with adjacency as the metric, 0..1."""
        p, q = self.profile(a), self.profile(b)
        own = float(p @ self.adjacency @ p) * float(q @ self.adjacency @ q)
        return float(np.clip(p @ self.adjacency @ q / np.sqrt(own), 0, 1)) if own > 0 else 0.0

    def covered(self, a: str, b: str, least: float) -> tuple[list[str], float]:
        """A's open needs that B's members could cover, and their share of all open need."""
        total = gained = 0.0
        covered = []
        for need in self.needs[a]:
            open_ = need["weight"] * (1 - need["covered"])
            total += open_
            offer = self._offer(need, self.members[b], least)
            if offer > 0 and open_ > 0:
                gained += open_ * offer
                covered.append((open_ * offer, need["need"]))
        names = [name for _, name in sorted(covered, key=lambda item: (-item[0], item[1]))]
        return names, min(gained / total, 1.0) if total > 0 else 0.0

    def _offer(self, need: Row, orgs: Sequence[str], least: float) -> float:
        """Best offer of the organisations for a need in a field; functions stay at home."""
        if need["field_id"] not in self.column or need["stage"] not in _FIELD_STAGES:
            return 0.0
        near = self.adjacency[self.column[need["field_id"]]]
        near = np.where(near >= least, near, 0.0)
        offers = [
            float((self.work[o, need["stage"]] * near).max())
            for o in orgs
            if (o, need["stage"]) in self.work
        ]
        return max(offers, default=0.0)

    def cross_ties(self, a: str, b: str) -> list[tuple[str, str]]:
        """Existing working ties of a member of A with a member of B, each tie once."""
        right = set(self.members[b])
        found = {(x, y) for x in self.members[a] for y in self.neighbours.get(x, ()) if y in right}
        # A tie of two that sit in both clusters is met from either end.
        return sorted((x, y) for x, y in found if x < y or (y, x) not in found)

    def partners_of(self, cluster_id: str) -> list[str]:
        """Members that can be matched: with known work, in a role that cooperates."""
        return [
            o
            for o in self.members[cluster_id]
            if o in self.position
            and self.profiles[self.position[o]].any()  # work of weight 0 is no known work
            and self.role[cluster_id, o] in _MATCHED_ROLES
        ]

    def pair_scores(self, left: Sequence[str], right: Sequence[str]) -> tuple[Matrix, Matrix]:
        """Kindred and complementary scores, (left, right), 0..1."""
        p = self.profiles[[self.position[o] for o in left]]
        q = self.profiles[[self.position[o] for o in right]]
        own_p = np.sqrt(((p @ self.adjacency) * p).sum(axis=1))
        own_q = np.sqrt(((q @ self.adjacency) * q).sum(axis=1))
        kindred = np.clip((p @ self.adjacency @ q.T) / np.outer(own_p, own_q), 0, 1)
        forward = self._knowledge(left) @ self._making(right).T
        backward = self._making(left) @ self._knowledge(right).T
        return kindred, np.clip(np.maximum(forward, backward), 0, 1)

    def _knowledge(self, orgs: Sequence[str]) -> Matrix:
        """What each knows: research and development, spread to adjacent fields and normalised."""
        return _unit(self._kinds(orgs, ("research", "development")) @ self.adjacency)

    def _making(self, orgs: Sequence[str]) -> Matrix:
        return _unit(self._kinds(orgs, ("production",)) @ self.adjacency)

    def _kinds(self, orgs: Sequence[str], kinds: Sequence[str]) -> Matrix:
        zero = np.zeros(len(self.fields))
        rows = [np.max([self.work.get((o, k), zero) for k in kinds], axis=0) for o in orgs]
        return np.array(rows).reshape(len(orgs), len(self.fields))

    def existing(self, x: str, y: str) -> tuple[str, str | None]:
        """Whether two organisations have a tie, or share a partner (the first by id)."""
        if y in self.neighbours.get(x, ()):
            return "tie", None
        common = self.neighbours.get(x, set()) & self.neighbours.get(y, set())
        return ("path", min(common)) if common else ("none", None)

    def distance(self, a: str, b: str) -> float | None:
        """Distance of the anchors in km; None where one is not on the map."""
        one, other = self.anchor[a], self.anchor[b]
        if one is None or other is None:
            return None
        points = (one["lat_deg"], one["lon_deg"], other["lat_deg"], other["lon_deg"])
        return round(float(great_circle_km(*(np.array(v) for v in points))), 1)


def _unit(matrix: Matrix) -> Matrix:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: Matrix = np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
    return unit


def _kind(kindred: float, complement: float) -> str:
    if kindred >= 0.5 and complement >= 0.5:
        return "both"
    return "kindred" if kindred >= complement else "complementary"


def _link_reasons(
    a: str,
    b: str,
    covered: Sequence[str],
    kin: float,
    is_kin: bool,
    tied: Sequence[tuple[str, str]],
    world: _World,
) -> list[Reason]:
    reasons = []
    if covered:
        stage, _, field_id = covered[0].partition("@")
        reasons.append(
            reason(
                "{b} could help with {n} open needs of {a}, first of all {stage} in {field}.",
                a=f"cluster:{a}",
                b=f"cluster:{b}",
                n=len(covered),
                stage=f"kind:{stage}",
                field=f"field:{field_id}",
            )
        )
    else:
        reasons.append(
            reason("No open need of {a} is covered by {b}.", a=f"cluster:{a}", b=f"cluster:{b}")
        )
    if is_kin:
        reasons.append(
            reason("The two work in kin directions: similarity {kin} of 1.", kin=round(kin, 2))
        )
    else:
        reasons.append(reason("Their directions differ: similarity {kin} of 1.", kin=round(kin, 2)))
    if tied:
        x, y = tied[0]
        reasons.append(
            reason(
                "{n} working ties exist already, for example {x} with {y}.",
                n=len(tied),
                x=f"org:{x}",
                y=f"org:{y}",
            )
        )
    else:
        reasons.append(reason("No working tie between them is known."))
    if world.cluster[a]["country"] != world.cluster[b]["country"]:
        reasons.append(
            reason("Export control and sanctions were not assessed: screen every partner.")
        )
    return reasons


def _match_reasons(
    x: str, y: str, kind: str, state: str, via: str | None, world: _World
) -> list[Reason]:
    shared = world.profiles[world.position[x]] * (
        world.adjacency @ world.profiles[world.position[y]]
    )
    field_id = world.fields[int(np.argmax(shared))]
    names: Mapping[str, str] = {"x": f"org:{x}", "y": f"org:{y}", "field": f"field:{field_id}"}
    if kind == "kindred":
        reasons = [
            reason("{x} and {y} work in the same or adjacent directions around {field}.", **names)
        ]
    elif kind == "complementary":
        reasons = [
            reason("{x} and {y}: one researches what the other makes, around {field}.", **names)
        ]
    else:
        reasons = [
            reason(
                "{x} and {y} are kin and complete research with production around {field}.", **names
            )
        ]
    if state == "tie":
        reasons.append(reason("They work together already."))
    elif via is not None:
        reasons.append(
            reason("Both already work with {via}, which can introduce them.", via=f"org:{via}")
        )
    return reasons
