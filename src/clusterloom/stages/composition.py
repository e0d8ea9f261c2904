"""Stage `composition`: who must sit in a cluster so that its value chain is covered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError, StageError
from clusterloom.networks.seats import SeatProblem, choose_seats
from clusterloom.schema.vocabulary import MEMBER_ROLES
from clusterloom.stages._capital import assumed_stages
from clusterloom.stages._composed import Seating, cluster_row, gap_rows, member_rows, need_rows
from clusterloom.stages._needs import (
    FIELD_STAGES,
    Knowledge,
    NeedRules,
    core_weights,
    needs_of,
    offers_of,
)
from clusterloom.stages._pool import Pool, Positions, Ties, countrywide
from clusterloom.tables import Tables

__all__ = ["Composition"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]


def _default_stage_weights() -> dict[str, float]:
    return {"research": 0.25, "development": 0.25, "production": 0.3, "training": 0.2}


def _default_tie_weights() -> dict[str, float]:
    return {"parent": 0.5, "memorandum": 0.25}


def _default_role_min() -> dict[str, int]:
    return {
        "kindred_university": 1,
        "kindred_institute": 0,
        "producer": 3,
        "infrastructure": 3,
        "investor": 1,
        "state": 1,
        "network": 0,
    }


def _default_role_max() -> dict[str, int]:
    return {
        "kindred_university": 4,
        "kindred_institute": 4,
        "producer": 10,
        "infrastructure": 8,
        "investor": 3,
        "state": 3,
        "network": 2,
    }


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Stage: choose members so that the most need is covered for the least effort.

    Reads `candidate`, `core_score`, `organisation`, `activity`, `activity_field`,
    `field_adjacency`, `field`, `link`, `place`, `investor_profile`. Writes `cluster`,
    `membership`, `need`, `gap`.
    A candidate without a core organisation gives no cluster; `core_score` says why. The seats are
    a mixed-integer program (facility location with diminishing returns) solved by HiGHS.

    A `must_have` or `must_not` entry is an org_id (for every cluster in whose reach it stands), or
    `cluster_id=org_id` (for that cluster only, wherever the organisation is).
    """

    name: ClassVar[str] = "composition"
    reads: ClassVar[tuple[str, ...]] = (
        "candidate",
        "core_score",
        "organisation",
        "activity",
        "activity_field",
        "field_adjacency",
        "field",
        "link",
        "place",
        "investor_profile",
    )
    writes: ClassVar[tuple[str, ...]] = ("cluster", "membership", "need", "gap")

    # Which clusters.
    max_clusters: int = 12  # clusters composed at most, the surest candidates first
    min_core: int = 1  # core organisations a candidate needs
    max_core: int = 10  # core organisations with a fixed seat; further ones compete for theirs
    reach_km: float = 60.0  # km around the anchor's centre within which members are sought
    max_members: int = 30  # seats, hard
    min_members: int = 15  # seats, soft
    must_have: tuple[str, ...] = ()  # organisations that get a seat whatever they offer
    must_not: tuple[str, ...] = ()  # organisations that get none
    # What is needed, and what counts as an offer.
    n_core_fields: int = 6  # fields of the core whose value chain is to be covered
    fields_share: float = 0.65  # share of all need that lies in fields; the rest in functions
    # Weights of the links of the value chain, any one unit; all four must be named.
    stage_weights: dict[str, float] = field(default_factory=_default_stage_weights)
    min_adjacency: float = 0.35  # 0..1; fields less adjacent than this do not help each other
    min_offer: float = 0.15  # full providers; smaller offers count as none
    # Fields (with all below them) that serve every theme, and those that mean certification.
    general_fields: tuple[str, ...] = (
        "business-innovation-services",
        "public-administration",
        "finance-investment",
    )
    certification_fields: tuple[str, ...] = ("certification-testing",)
    implied_training: float = 0.5  # a university trains at this share of its research (assumed)
    off_theme_offer: float = 0.2  # what generic infrastructure of another theme still offers
    unknown_theme_offer: float = 0.5  # what it offers if its fields are not known
    # Stages of an innovation each kind of capital finances where the investor has not said so.
    stages_of_role: dict[str, tuple[str, ...]] = field(default_factory=assumed_stages)
    # What the program maximises, all in objective points.
    steps: tuple[float, ...] = (
        1.0,
        0.5,
        0.25,
    )  # worth of the 1st, 2nd, 3rd full provider, relative
    coverage_points: float = 10.0  # for covering every need wholly
    tie_points: float = 0.05  # for each existing tie with a core organisation
    max_ties: float = 4.0  # ties that count at most
    # What a tie of a kind counts; kinds not named count 1.
    tie_weights: dict[str, float] = field(default_factory=_default_tie_weights)
    adjacency_points: float = 0.2  # for work wholly in the core's fields
    seat_cost: float = 0.06  # for every seat: attention is scarce
    distance_cost: float = 0.2  # at infinite distance; half of it at `reach_km`
    countrywide_distance: float = 0.25  # share of that cost for who serves a whole country, 0..1
    role_min: dict[str, int] = field(default_factory=_default_role_min)  # seats by role, soft
    role_max: dict[str, int] = field(default_factory=_default_role_max)  # seats by role, soft
    role_penalty: float = 0.25  # for each seat below or above
    short_penalty: float = 0.05  # for each seat below `min_members`
    # The answer.
    gap_threshold: float = 0.5  # covered share below which a need is a gap
    n_fillers: int = 3  # organisations named for each gap, at home and abroad
    time_limit_s: float = 10.0  # s for the solver per cluster; then the best so far, with its gap

    def __post_init__(self) -> None:
        self._check_ranges()
        if set(self.stage_weights) != set(FIELD_STAGES) or min(self.stage_weights.values()) < 0:
            raise RecipeError(
                f"composition: stage_weights names {', '.join(sorted(self.stage_weights))}",
                rule=f"it gives a weight >= 0 to each of {', '.join(FIELD_STAGES)}",
            )
        if not self.steps or min(self.steps) <= 0 or list(self.steps) != sorted(self.steps)[::-1]:
            raise RecipeError(
                f"composition: steps {list(self.steps)}", rule="they are positive and do not rise"
            )
        seats = [role for role in MEMBER_ROLES if role != "core"]
        for limits in (self.role_min, self.role_max):
            for role in limits:
                if role not in seats:
                    raise RecipeError(
                        f"composition: cluster role `{role}` has no limits",
                        rule=f"one of {', '.join(seats)}",
                    )

    def _check_ranges(self) -> None:
        shares = ("fields_share", "min_adjacency", "min_offer", "implied_training")
        more = ("off_theme_offer", "unknown_theme_offer", "gap_threshold", "countrywide_distance")
        for name in (*shares, *more):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(
                    f"composition: {name} is {getattr(self, name):g}", rule="it lies in 0..1"
                )
        counts = ("max_clusters", "min_core", "max_core", "max_members", "n_core_fields")
        for name in (*counts, "reach_km", "coverage_points", "time_limit_s"):
            if getattr(self, name) <= 0:
                raise RecipeError(
                    f"composition: {name} is {getattr(self, name):g}", rule="it is above 0"
                )
        points = ("tie_points", "max_ties", "adjacency_points", "seat_cost", "distance_cost")
        for name in (*points, "role_penalty", "short_penalty", "min_members", "n_fillers"):
            if getattr(self, name) < 0:
                raise RecipeError(
                    f"composition: {name} is {getattr(self, name):g}", rule="it is >= 0"
                )
        if self.min_members > self.max_members:
            raise RecipeError(
                f"composition: min_members {self.min_members} is above max_members "
                f"{self.max_members}"
            )

    def run(self, tables: Tables) -> Tables:
        """Compose a cluster from each of the surest candidates that have a core."""
        world = _World.of(self, tables)
        out: dict[str, list[Row]] = {name: [] for name in self.writes}
        for candidate, core in self._candidates(tables):
            seating = self._seat(world, candidate, core)
            if seating is None:
                continue
            out["cluster"].append(cluster_row(seating))
            out["membership"].extend(member_rows(seating))
            out["need"].extend(need_rows(seating))
            out["gap"].extend(
                gap_rows(seating, threshold=self.gap_threshold, n_fillers=self.n_fillers)
            )
        result = Tables()
        for name, rows in out.items():
            result = result.with_rows(name, rows)
        return result

    def _candidates(self, tables: Tables) -> list[tuple[Row, list[str]]]:
        """Return the candidates to compose with their core, strongest core organisation first."""
        cores: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("core_score"):
            if row["verdict"] == "core":
                cores[row["candidate_id"]].append(row)
        ready = [row for row in tables.rows("candidate") if cores[row["candidate_id"]]]
        ready = [row for row in ready if len(cores[row["candidate_id"]]) >= self.min_core]
        ready.sort(
            key=lambda row: (row["q_value"], -(row["effect_ratio"] or 0.0), row["candidate_id"])
        )
        pairs = []
        for candidate in ready[: self.max_clusters]:
            core = sorted(
                cores[candidate["candidate_id"]], key=lambda row: (-row["score"], row["org_id"])
            )
            pairs.append((candidate, [row["org_id"] for row in core]))
        return pairs

    def _seat(self, world: _World, candidate: Row, core_ids: list[str]) -> Seating | None:
        """Build the pool, solve for the seats, and keep everything the rows are made of."""
        knowledge, rules = world.knowledge, world.rules
        cluster_id = f"cluster-{candidate['candidate_id']}"
        barred = world.named(self.must_not, cluster_id)
        core = [
            knowledge.position[org_id]
            for org_id in core_ids
            if org_id in knowledge.position and knowledge.position[org_id] not in barred
        ]
        if not core:
            return None
        weights = core_weights(knowledge, core, candidate["main_fields"].split("|"), rules=rules)
        needs = needs_of(knowledge, weights, rules=rules)
        by_need = offers_of(knowledge, weights, rules=rules)
        offers = np.stack([by_need[need.name] for need in needs], axis=1)
        centre, distance = world.positions.to_anchor(candidate["territory_id"])
        pool, required = self._pool(world, candidate, core, offers, centre, barred)
        seats = Pool(knowledge, world.ties, core, pool, required, needs, offers, distance, weights)
        problem = self._problem(seats, world.countrywide)
        return Seating(
            cluster_id=cluster_id,
            candidate=candidate,
            knowledge=knowledge,
            ties=world.ties,
            needs=needs,
            offers=offers,
            field_weights=weights,
            distance_km=distance,
            reach_km=self.reach_km,
            pool=tuple(pool),
            roles=tuple(seats.roles()),
            adjacency=seats.adjacency(),
            n_core=len(core),
            n_fixed_core=min(len(core), self.max_core),
            problem=problem,
            answer=choose_seats(problem, time_limit_s=self.time_limit_s),
        )

    def _pool(
        self,
        world: _World,
        candidate: Row,
        core: list[int],
        offers: Array,
        centre: Array,
        barred: set[int],
    ) -> tuple[list[int], set[int]]:
        """Return who may get a seat (positions, sorted) and who must."""
        cluster_id = f"cluster-{candidate['candidate_id']}"
        wanted = world.named(self.must_have, cluster_id, only_exact=True)
        anywhere = world.named(self.must_have, cluster_id)
        pool: set[int] = set(core) | wanted
        for i, row in enumerate(world.knowledge.organisations):
            near = bool(centre[i] <= self.reach_km)  # an unknown position is not known to be near
            if row["country"] != candidate["country"] or i in barred:
                continue
            if near and i in anywhere:
                wanted.add(i)
                pool.add(i)
            elif (near or i in world.countrywide) and offers[i].any():
                pool.add(i)
        pool -= barred
        wanted -= barred
        if len(wanted) >= self.max_members:
            raise StageError(
                f"composition: {len(wanted)} organisations must be in {cluster_id}",
                rule=f"max_members is {self.max_members} and the core needs seats too",
                hint="shorten must_have or raise max_members",
            )
        fixed = core[: min(self.max_core, self.max_members - len(wanted))]
        return sorted(pool), wanted | set(fixed)

    def _problem(self, seats: Pool, countrywide: frozenset[int]) -> SeatProblem:
        """Turn the pool into the arrays of the seat program."""
        distance = seats.distance[seats.members]
        # An unknown distance costs as much as one of `reach_km`: neither praise nor blame.
        far = np.where(np.isnan(distance), 0.5, distance / (distance + self.reach_km))
        far[np.isin(seats.members, list(countrywide))] *= self.countrywide_distance
        points = (
            self.tie_points * np.minimum(seats.core_ties(), self.max_ties)
            + self.adjacency_points * np.nan_to_num(seats.adjacency())
            - self.seat_cost
            - self.distance_cost * far
        )
        roles = seats.roles()
        limited = sorted(set(self.role_min) | set(self.role_max))
        none, everybody = 0, len(seats.members)
        return SeatProblem(
            offers=seats.offers[seats.members],
            need_points=self.coverage_points * np.array([need.weight for need in seats.needs]),
            steps=np.array(self.steps, dtype=float),
            seat_points=points,
            required=np.array([i in seats.required for i in seats.members], dtype=bool),
            groups=np.array([[r == role for r in roles] for role in limited], dtype=bool).reshape(
                len(limited), len(seats.members)
            ),
            group_min=np.array([self.role_min.get(role, none) for role in limited], dtype=float),
            group_max=np.array(
                [self.role_max.get(role, everybody) for role in limited], dtype=float
            ),
            group_penalty=self.role_penalty,
            min_seats=self.min_members,
            max_seats=self.max_members,
            short_penalty=self.short_penalty,
        )


@dataclass(frozen=True)
class _World:
    """What every candidate of one run shares, read once."""

    knowledge: Knowledge
    rules: NeedRules
    positions: Positions
    ties: Ties
    countrywide: frozenset[int]  # who serves a whole country from wherever it sits

    @classmethod
    def of(cls, stage: Composition, tables: Tables) -> _World:
        knowledge = Knowledge.of(
            tables,
            stage.general_fields + stage.certification_fields,
            stages_of_role=stage.stages_of_role,
        )
        rules = NeedRules(
            n_core_fields=stage.n_core_fields,
            min_adjacency=stage.min_adjacency,
            min_offer=stage.min_offer,
            fields_share=stage.fields_share,
            stage_weights=stage.stage_weights,
            general_fields=stage.general_fields,
            certification_fields=stage.certification_fields,
            implied_training=stage.implied_training,
            off_theme_offer=stage.off_theme_offer,
            unknown_theme_offer=stage.unknown_theme_offer,
        )
        positions = Positions.of(tables, knowledge.organisations)
        ties = Ties.of(tables, stage.tie_weights)
        return cls(knowledge, rules, positions, ties, countrywide(knowledge.organisations))

    def named(
        self, entries: tuple[str, ...], cluster_id: str, *, only_exact: bool = False
    ) -> set[int]:
        """Return positions of the organisations a must-list names for this cluster."""
        found: set[int] = set()
        for entry in entries:
            cluster, exact, org_id = entry.rpartition("=")
            if org_id not in self.knowledge.position:
                raise StageError(
                    f"composition: there is no organisation `{org_id}`",
                    hint="must_have and must_not take org_id or cluster_id=org_id",
                )
            if cluster == cluster_id or (not exact and not only_exact):
                found.add(self.knowledge.position[org_id])
        return found
