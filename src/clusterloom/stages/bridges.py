"""Stage: what clusters add to each other, and which of their organisations should talk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from clusterloom.errors import RecipeError
from clusterloom.measures.matching_many import within_load
from clusterloom.schema import dump_reasons
from clusterloom.stages._bridge_parts import PARTS, Comparison, PairParts, PairRules
from clusterloom.stages._bridge_profiles import profile_rows
from clusterloom.stages._bridge_spread import Spread, spread_of
from clusterloom.stages._bridge_words import based_on, covered_needs, link_reasons
from clusterloom.stages._bridge_world import World
from clusterloom.stages._partner_words import letter_reasons, match_reasons
from clusterloom.stages._partners import Match, MatchRules, Partners
from clusterloom.tables import Tables

__all__ = ["Bridges"]

Row = dict[str, Any]
_MATCHINGS = ("assignment", "stable")
_SHARES = ("kin_threshold", "kinship_peak", "min_adjacency", "min_match")
_COUNTS = (
    "n_partners", "n_matches", "n_need_fields", "n_resamples", "partners_each", "partners_total",
)  # fmt: skip
_AMOUNTS = ("field_presence", "critical_mass", "distance_scale_km")


def _weights() -> dict[str, float]:
    return {
        "complementarity": 0.25,
        "returned": 0.1,
        "density_closed": 0.15,
        "joint_mass": 0.1,
        "understanding": 0.25,
        "ties": 0.15,
        "language": 0.0,
        "nearness": 0.0,
    }


@dataclass(frozen=True, kw_only=True)
class Bridges:
    """Stage: directed complementarity of clusters, and pairs of partners across them.

    Composed and existing clusters are compared alike. What B adds to A: open needs of A that B's
    members could cover and the reverse, relatedness density (balland2021), fields that reach a
    critical mass only together, how well the two can understand each other (nooteboom2007), ties
    that exist, languages and distance, joined by stated weights over what is known. Intervals
    come from resampling the members (efron1979). Partners across two clusters are matched so that
    the sum of kindred and complementary work is largest (kuhn1955), or so that no two would
    rather have each other (roth1984).

    Reads `cluster`, `membership`, `need`, `existing_cluster`, `existing_cluster_member`,
    `organisation`, `activity`, `activity_field`, `field_adjacency`, `field`, `link`, `candidate`,
    `place`. Writes `cluster_profile`, `cluster_link`, `partner_match`.
    """

    name: ClassVar[str] = "bridges"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "existing_cluster",
        "existing_cluster_member",
        "organisation",
        "activity",
        "activity_field",
        "field_adjacency",
        "field",
        "link",
        "candidate",
        "place",
    )
    writes: ClassVar[tuple[str, ...]] = ("cluster_profile", "cluster_link", "partner_match")

    # Part of the score to weight, >= 0; parts not named weigh nothing.
    weights: Mapping[str, float] = field(default_factory=_weights)
    kin_threshold: float = 0.5  # 0..1; from here on two profiles count as kin
    kinship_peak: float = 1.0  # 0..1; similarity that serves best; 1 = the more alike the better
    min_adjacency: float = 0.35  # 0..1; weaker offers do not cover a need
    field_presence: float = 0.5  # members by confidence; from here on a cluster has a field
    critical_mass: float = 3.0  # members by confidence; from here on a field stands by itself
    distance_scale_km: float = 2000.0  # km; over it the part of nearness falls to 37 %
    n_need_fields: int = 5  # leading fields an existing cluster is taken to need
    n_resamples: int = 100  # draws of members behind the intervals; 0 = no intervals
    n_partners: int = 5  # partner clusters kept per cluster
    matching: str = "assignment"  # assignment (largest sum) or stable (both sides rank)
    partners_each: int = 1  # partners an organisation gets in one pair of clusters
    partners_total: int = 0  # partners it gets in all pairs of clusters together; 0 = no limit
    weight_kindred: float = 1.0  # weight of kindred work in a match, >= 0
    weight_complementary: float = 1.0  # weight of research here and production there, >= 0
    n_matches: int = 12  # pairs of organisations kept per pair of clusters
    min_match: float = 0.2  # 0..1; weaker pairs are not proposed
    # Country (ISO code) to its working languages; others have their official languages.
    languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        unknown = [name for name in self.weights if name not in PARTS]
        if unknown:
            raise RecipeError(
                f"bridges: there is no part `{unknown[0]}` to weigh",
                rule=f"parts are {', '.join(PARTS)}",
            )
        values = list(self.weights.values())
        if not (min(values, default=0) >= 0 and 0 < sum(values) < np.inf):  # NaN fails too
            raise RecipeError(
                f"bridges: weights {dict(self.weights)}",
                rule="weights are >= 0 and at least one is above 0",
            )
        pair = (self.weight_kindred, self.weight_complementary)
        if not (min(pair) >= 0 and 0 < sum(pair) < np.inf):
            raise RecipeError(
                f"bridges: weight_kindred {pair[0]:g} and weight_complementary {pair[1]:g}",
                rule="both are >= 0 and one is above 0",
            )
        if self.matching not in _MATCHINGS:
            raise RecipeError(
                f"bridges: matching is `{self.matching}`",
                rule=f"it is one of {', '.join(_MATCHINGS)}",
            )
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(
                    f"bridges: {name} is {getattr(self, name):g}", rule="it lies in 0..1"
                )
        for name in _AMOUNTS:
            if not 0 < getattr(self, name) < np.inf:
                raise RecipeError(
                    f"bridges: {name} is {getattr(self, name):g}", rule="it is above 0"
                )
        for name in _COUNTS:
            if getattr(self, name) < 0:
                raise RecipeError(
                    f"bridges: {name} is {getattr(self, name)}",
                    rule="it is 0 or more",
                    hint="0 keeps none",
                )

    def run(self, tables: Tables) -> Tables:
        """Profile every cluster, compare every ordered pair, match partners of the chosen pairs."""
        world = World(tables, self.languages)
        comparison = Comparison(world, self._pair_rules())
        links, pairs = self._links(comparison)
        matches = self._matches(comparison, pairs)
        profiles = profile_rows(comparison, n_resamples=self.n_resamples, seed=self.seed)
        return (
            Tables()
            .with_rows("cluster_profile", profiles)
            .with_rows("cluster_link", links)
            .with_rows("partner_match", matches)
        )

    def _pair_rules(self) -> PairRules:
        return PairRules(
            weights=self.weights,
            min_adjacency=self.min_adjacency,
            field_presence=self.field_presence,
            critical_mass=self.critical_mass,
            kinship_peak=self.kinship_peak,
            distance_scale_km=self.distance_scale_km,
            n_need_fields=self.n_need_fields,
        )

    def _match_rules(self) -> MatchRules:
        return MatchRules(
            matching=self.matching,
            partners_each=self.partners_each,
            n_matches=self.n_matches,
            min_match=self.min_match,
            min_adjacency=self.min_adjacency,
            weight_kindred=self.weight_kindred,
            weight_complementary=self.weight_complementary,
        )

    def _links(self, comparison: Comparison) -> tuple[list[Row], list[tuple[int, int]]]:
        """Rows of the nearest partners of every cluster, and the unordered pairs they form."""
        n = len(comparison.world.sides)
        if n < 2 or not self.n_partners:
            return [], []
        parts = comparison.parts()
        # Rounded as it is stored: a difference nobody sees must not decide.
        score = np.round(parts.score, 4)
        np.fill_diagonal(score, -1.0)
        order = np.argsort(-score, axis=1, kind="stable")[:, : min(self.n_partners, n - 1)]
        kept = [(i, int(j)) for i in range(n) for j in order[i]]
        spread = None
        if self.n_resamples:
            spread = spread_of(comparison, kept, n_resamples=self.n_resamples, seed=self.seed)
        rows = [
            self._link(comparison, parts, pair, number % order.shape[1] + 1)
            | _interval(spread, number, number % order.shape[1] + 1)
            for number, pair in enumerate(kept)
        ]
        return rows, sorted({(min(pair), max(pair)) for pair in kept})

    def _link(
        self, comparison: Comparison, parts: PairParts, pair: tuple[int, int], rank: int
    ) -> Row:
        a, b = (comparison.world.sides[k] for k in pair)
        is_kin = bool(parts.kinship[pair] >= self.kin_threshold)
        if a.country == b.country:
            structure = "cross_cluster" if is_kin else "cross_industry"
        else:
            structure = "international" if is_kin else "cross_network"
        mutual = np.sqrt(parts.score[pair] * parts.score[pair[::-1]])
        shared = comparison.shared_members.get((min(pair), max(pair)), ())
        counted = not np.isnan(comparison.n_ties[pair])
        named = ("complementarity", "returned", "density_closed", "joint_mass", "understanding")
        return {
            "cluster_a": a.cluster_id,
            "cluster_b": b.cluster_id,
            "structure": structure,
            "rank": rank,
            "score": _rounded(parts.score[pair]),
            "mutual_score": _rounded(mutual),
            "known_share": _rounded(parts.known_share[pair]),
            **{name: _rounded(parts.values[name][pair]) for name in named},
            "added_density": _rounded(parts.added_density[pair]),
            "n_joint_fields": _whole(parts.n_joint[pair]),
            "kinship": _rounded(parts.kinship[pair]),
            "n_ties": _whole(comparison.n_ties[pair]),
            "n_shared_members": len(shared) if counted else None,
            "languages_a": "|".join(a.languages) or None,
            "languages_b": "|".join(b.languages) or None,
            "shared_languages": "|".join(c for c in a.languages if c in b.languages) or None,
            "distance_km": _rounded(comparison.distance_km[pair], 1),
            "basis": "fields" if "fields" in (a.basis, b.basis) else "members",
            "reasons": dump_reasons(link_reasons(comparison, parts, pair, is_kin=is_kin)),
            "based_on": based_on(a, b, covered_needs(comparison, *pair)),
        }

    def _matches(self, comparison: Comparison, pairs: Sequence[tuple[int, int]]) -> list[Row]:
        """Rows of the partners of every pair of clusters, within the limit of each organisation."""
        partners = Partners(comparison.world, self._match_rules())
        found = [(pair, match) for pair in pairs for match in partners.matches(*pair)]
        if self.partners_total:
            value = np.array([match.score for _, match in found])
            ends = np.array([(m.org_a, m.org_b) for _, m in found], dtype=np.int64).reshape(-1, 2)
            kept = within_load(value, ends, capacity=self.partners_total)
            found = [one for one, keep in zip(found, kept, strict=True) if keep]
        rows, ranks = [], Counter[tuple[int, int]]()
        for pair, match in found:
            ranks[pair] += 1
            a, b = (comparison.world.sides[k].cluster_id for k in pair)
            head = {"cluster_a": a, "cluster_b": b, "rank": ranks[pair]}
            rows.append(head | _match_row(comparison, match, pair))
        return rows


def _match_row(comparison: Comparison, match: Match, sides: tuple[int, int]) -> Row:
    world = comparison.world
    ids = [world.org_ids[o] for o in match.path]
    tables = {"composed": "membership", "existing": "existing_cluster_member"}
    ends = zip(sides, (match.org_a, match.org_b), strict=True)
    seats = [(world.sides[k], world.org_ids[o]) for k, o in ends]
    refs = [f"{tables[s.origin]}:{s.cluster_id}~{o}" for s, o in seats]
    letters = [letter_reasons(comparison, match, sides, to_a=to_a) for to_a in (True, False)]
    return {
        "org_a": world.org_ids[match.org_a],
        "org_b": world.org_ids[match.org_b],
        "score": _rounded(match.score),
        "kindred": _rounded(match.kindred),
        "complementary": _rounded(match.complementary),
        "wish_a": _rounded(match.wish_a),
        "wish_b": _rounded(match.wish_b),
        "kind": match.kind,
        "field_id": world.fields[match.meeting],
        "existing": match.existing,
        "via_org_id": ids[1] if match.existing == "path" else None,
        "path": "|".join(ids) or None,
        "languages_a": "|".join(world.languages_of(match.org_a)) or None,
        "languages_b": "|".join(world.languages_of(match.org_b)) or None,
        "reasons_a": dump_reasons(letters[0]),
        "reasons_b": dump_reasons(letters[1]),
        "reasons": dump_reasons(match_reasons(world, match)),
        "based_on": json.dumps(sorted([*refs, *world.ties_along(match.path)]), ensure_ascii=False),
    }


def _interval(spread: Spread | None, number: int, rank: int) -> Row:
    """The intervals of one link; a rank lies within its own."""
    if spread is None or np.isnan(spread.score_lower[number]):
        return {}
    return {
        "score_lower": _rounded(spread.score_lower[number]),
        "score_upper": _rounded(spread.score_upper[number]),
        "rank_lower": min(rank, int(spread.rank_lower[number])),
        "rank_upper": max(rank, int(spread.rank_upper[number])),
    }


def _rounded(value: float, digits: int = 4) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else round(float(value))
