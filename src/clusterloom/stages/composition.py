"""Stage `composition`: who must sit in a cluster so that its value chain is covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats import SeatLimit, SeatProblem, SeatVariety, choose_seats
from clusterloom.networks.seats_alternatives import SeatAxes
from clusterloom.stages._alternatives import Choices, alternative_rows
from clusterloom.stages._capital import assumed_stages
from clusterloom.stages._composed import Seating, cluster_row, gap_rows, member_rows, need_rows
from clusterloom.stages._composition_checks import check_composition
from clusterloom.stages._conflicts import Uncomposed, conflict_rows, no_core_row, repeat_row
from clusterloom.stages._kindred import Complement, Contact, complements, contacts
from clusterloom.stages._needs import (
    SERVICE_FIELDS,
    NeedRules,
    core_weights,
    needs_of,
    offers_of,
)
from clusterloom.stages._pool import Pool
from clusterloom.stages._seat_rules import HardRules, seat_limits
from clusterloom.stages._together import Sharing, compose_together
from clusterloom.stages._world import World, candidates_with_core
from clusterloom.tables import Tables

__all__ = ["Composition"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]


def _default_stage_weights() -> dict[str, float]:
    return {
        "research": 0.2,
        "development": 0.2,
        "pilot_production": 0.1,
        "production": 0.25,
        "sales": 0.1,
        "training": 0.15,
    }


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
    `field_adjacency`, `field`, `link`, `place`, `investor_profile`, `fact`, `development`. Writes
    `cluster`, `membership`, `need`, `gap`, `alternative`, `composition_conflict`.
    A candidate without a core organisation gives no cluster; `core_score` says why. The seats are
    a mixed-integer program (facility location with diminishing returns) solved by HiGHS. Where
    its hard rules exclude every choice, `composition_conflict` names the rules that do.

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
        "fact",
        "development",
    )
    writes: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "gap",
        "alternative",
        "composition_conflict",
    )

    # Which clusters.
    max_clusters: int = 12  # clusters composed at most, the surest candidates first
    min_core: int = 1  # core organisations a candidate needs
    max_core: int = 10  # core organisations with a fixed seat; further ones compete for theirs
    reach_km: float = 60.0  # km around the anchor's centre within which members are sought
    max_members: int = 30  # seats, hard
    min_members: int = 15  # seats, soft
    must_have: tuple[str, ...] = ()  # organisations that get a seat whatever they offer
    must_not: tuple[str, ...] = ()  # organisations that get none
    open_to: tuple[
        str, ...
    ] = ()  # other countries (ISO codes) whose organisations in reach may join
    # Clusters composed together. Seats in `shared_roles` do not count for the first limit.
    max_clusters_of_member: int = 3  # clusters one organisation may sit in, hard; 0 is no limit
    shared_roles: tuple[str, ...] = ("investor", "state", "network")  # they serve many clusters
    max_overlap: float = 0.6  # share of the smaller cluster's members that two may share, hard
    # What becomes of the less sure of two clusters that share more: leave_out, or anew (composed
    # again with fewer of them). Seats in `shared_roles` do not count here either.
    overlapping: str = "leave_out"
    # What is needed, and what counts as an offer.
    n_core_fields: int = 6  # fields of the core whose value chain is to be covered
    fields_share: float = 0.65  # share of all need that lies in fields; the rest in functions
    # Weights of the stages of the value chain in a field, any one unit; all six must be named.
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
    stated_share: float = 0.5  # share of need that follows what survey answers of the core ask for
    implied_training: float = 0.5  # a university trains at this share of its research (assumed)
    implied_sales: float = 0.5  # a company sells at this share of its production (assumed)
    # Roles whose production, or service in a field, is pilot production: they are no factories.
    pilot_roles: tuple[str, ...] = (
        "research_institute",
        "university",
        "engineering_centre",
        "technopark",
        "technology_transfer_centre",
    )
    # Fields whose product is a service: a company's service in them is production.
    service_fields: tuple[str, ...] = SERVICE_FIELDS
    sales_fields: tuple[str, ...] = (
        "trade-export-promotion",
    )  # fields that mean bringing to market
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
    gap_points: float = 1.0  # penalty for every need wholly open; falls to 0 at `gap_threshold`
    tie_points: float = 0.05  # for each existing tie with an organisation of the fixed core
    max_ties: float = 4.0  # ties with the core that count at most
    member_tie_points: float = 0.02  # for each existing tie between two other members
    max_pairs: int = 2000  # such ties that count in a pool at most, the strongest first
    # What a tie of a kind counts; kinds not named count 1.
    tie_weights: dict[str, float] = field(default_factory=_default_tie_weights)
    adjacency_points: float = 0.2  # for work wholly in the core's fields
    complement_points: float = 0.3  # for a university or institute whose research wholly completes
    contact_points: float = 0.1  # for a producer that makes just what the core needs and knows it
    handshake_share: float = 0.5  # part of that for who is one handshake away from the core
    seat_cost: float = 0.06  # for every seat: coordination takes attention
    abroad_cost: float = 0.1  # for every seat of another country (see `open_to`), on top
    distance_cost: float = 0.2  # at infinite distance; half of it at `reach_km`
    countrywide_distance: float = 0.25  # share of that cost for who serves a whole country, 0..1
    dependence_share: float = 0.35  # share of all members' offers that one may carry unpunished
    dependence_points: float = 2.0  # for the largest member's offers beyond that share
    role_min: dict[str, int] = field(default_factory=_default_role_min)  # seats by role, soft
    role_max: dict[str, int] = field(default_factory=_default_role_max)  # seats by role, soft
    role_penalty: float = 0.25  # for each seat below or above
    short_penalty: float = 0.05  # for each seat below `min_members`
    # What must hold, or no cluster is composed: all off unless asked for.
    hard_roles: tuple[str, ...] = ()  # roles whose limits in role_min and role_max are hard
    region_min: dict[str, int] = field(default_factory=dict)  # members from a region, hard
    region_max: dict[str, int] = field(default_factory=dict)  # members from a region, hard
    country_min: dict[str, int] = field(default_factory=dict)  # members from a country, hard
    country_max: dict[str, int] = field(default_factory=dict)  # members from a country, hard
    least_coverage: float = 0.0  # share of all need that must be covered, 0..1
    budget: float = 0.0  # currency of `budget_currency`; all seats together, hard; 0 is no limit
    budget_currency: str = "EUR"  # ISO 4217 code
    # What a seat costs by role, in that currency, where no fact `seat_cost` states it.
    cost_of_role: dict[str, float] = field(default_factory=dict)
    # Criteria packs whose countable articles (members, types, public body) must hold.
    criteria: tuple[str, ...] = ()
    # The answer.
    gap_threshold: float = 0.5  # covered share below which a need is a gap
    n_fillers: int = 3  # organisations named for each gap, at home and abroad
    exact_pool: int = (
        60  # organisations in reach up to which losses are solved exactly, else bounded
    )
    n_alternatives: int = 12  # answers to choose from, with the proposal; 1 is the proposal alone
    alternative_difference: int = 2  # seats in which two answers differ at least; 2 is one exchange
    coverage_kept: float = 0.6  # share of the proposal's coverage that each answer keeps, 0..1
    open_reach_km: float = (
        250.0  # km within which an alternative, not the proposal, may seat members
    )
    alternative_time_s: float = 1.0  # s for the solver per alternative
    time_limit_s: float = 10.0  # s for search and solver per cluster; then the best so far

    def __post_init__(self) -> None:
        check_composition(vars(self))

    def run(self, tables: Tables) -> Tables:
        """Compose clusters from the surest candidates that have a core, all together."""
        world = self._world(tables)
        out: dict[str, list[Row]] = {name: [] for name in self.writes}
        drafts: list[_Draft] = []
        for candidate, core in candidates_with_core(
            tables, min_core=self.min_core, max_clusters=self.max_clusters
        ):
            draft = self._draft(world, candidate, core)
            if draft is None:
                cluster_id = f"cluster-{candidate['candidate_id']}"
                out["composition_conflict"].append(no_core_row(cluster_id, candidate, core))
            else:
                drafts.append(draft)

        def seat(j: int, taken: frozenset[int], limits: tuple[SeatLimit, ...]) -> Seating:
            return self._seat(drafts[j], taken, limits)

        sharing = Sharing(
            max_clusters_of_member=self.max_clusters_of_member,
            shared_roles=self.shared_roles,
            max_overlap=self.max_overlap,
            overlapping=self.overlapping,
        )
        for draft, seating in zip(
            drafts, compose_together(len(drafts), seat, sharing), strict=True
        ):
            for name, rows in self._rows(draft, seating).items():
                out[name].extend(rows)
        result = Tables()
        for name, rows in out.items():
            result = result.with_rows(name, rows)
        return result

    def _world(self, tables: Tables) -> World:
        rules = NeedRules(
            n_core_fields=self.n_core_fields,
            min_adjacency=self.min_adjacency,
            min_offer=self.min_offer,
            fields_share=self.fields_share,
            stage_weights=self.stage_weights,
            general_fields=self.general_fields,
            certification_fields=self.certification_fields,
            implied_training=self.implied_training,
            off_theme_offer=self.off_theme_offer,
            unknown_theme_offer=self.unknown_theme_offer,
            pilot_roles=self.pilot_roles,
            service_fields=self.service_fields,
            sales_fields=self.sales_fields,
            implied_sales=self.implied_sales,
            stated_share=self.stated_share,
        )
        return World.of(
            tables,
            rules,
            stages_of_role=self.stages_of_role,
            tie_weights=self.tie_weights,
            currency=self.budget_currency,
        )

    def _draft(self, world: World, candidate: Row, core_ids: list[str]) -> _Draft | None:
        """Gather who may sit, who must, and what a choice is worth; None without a core."""
        knowledge, rules = world.knowledge, world.rules
        cluster_id = f"cluster-{candidate['candidate_id']}"
        barred = world.named(self.must_not, cluster_id)
        core = [i for i in world.known(core_ids) if i not in barred]
        if not core:
            return None
        weights = core_weights(knowledge, core, candidate["main_fields"].split("|"), rules=rules)
        needs = needs_of(knowledge, weights, rules=rules, core=core)
        by_need = offers_of(knowledge, weights, rules=rules)
        offers = np.stack([by_need[need.name] for need in needs], axis=1)
        centre, distance = world.positions.to_anchor(candidate["territory_id"])
        near, far, wanted = self._reach(world, candidate, offers, centre)
        pool = sorted((set(core) | near | far | wanted) - (barred - wanted))
        n_fixed = max(1, min(self.max_core, self.max_members - len(wanted - set(core))))
        fixed = frozenset(core[:n_fixed])
        seats = Pool(knowledge, world.ties, core, fixed, pool, needs, offers, distance, weights)
        completing = complements(seats, min_adjacency=self.min_adjacency)
        known = contacts(seats)
        cohesion = self._cohesion(seats, completing, known)
        out_of_reach = far - near - wanted - set(core)
        forbidden = np.array([i in out_of_reach or i in barred for i in pool], dtype=bool)
        return _Draft(
            cluster_id=cluster_id,
            candidate=candidate,
            world=world,
            seats=seats,
            wanted=frozenset(wanted),
            fixed=fixed,
            far=np.array([i in out_of_reach and i not in barred for i in pool], dtype=bool),
            cohesion=cohesion,
            completing=completing,
            contacts=known,
            problem=self._problem(world, candidate, seats, forbidden, cohesion),
        )

    def _reach(
        self, world: World, candidate: Row, offers: Array, centre: Array
    ) -> tuple[set[int], set[int], set[int]]:
        """Return who stands in reach, who only an alternative may seat, and who must sit."""
        cluster_id = f"cluster-{candidate['candidate_id']}"
        wanted = world.named(self.must_have, cluster_id, only_exact=True)
        anywhere = world.named(self.must_have, cluster_id)
        near: set[int] = set()
        far: set[int] = set()
        home = {candidate["country"], *self.open_to}
        for i, row in enumerate(world.knowledge.organisations):
            if row["country"] not in home:
                continue
            is_near = bool(
                centre[i] <= self.reach_km
            )  # an unknown position is not known to be near
            if is_near and i in anywhere:
                wanted.add(i)
            if not offers[i].any():
                continue
            serves = i in world.countrywide and row["country"] == candidate["country"]
            if is_near or serves:
                near.add(i)
            elif bool(centre[i] <= self.open_reach_km):
                far.add(i)
        return near, far, wanted

    def _problem(
        self, world: World, candidate: Row, seats: Pool, forbidden: Mask, cohesion: Array
    ) -> SeatProblem:
        """Turn the pool into the arrays of the seat program, nobody required yet."""
        n, weight = len(seats.members), np.array([need.weight for need in seats.needs])
        roles = seats.roles()
        limited = sorted(({*self.role_min, *self.role_max}) - set(self.hard_roles))
        pairs, tied = seats.tied_pairs(self.max_pairs)
        limits, varieties = self._limits(world, seats, roles)
        # Missing the whole of every need below `gap_threshold` costs `gap_points`.
        below = self.gap_points / self.gap_threshold if self.gap_threshold > 0 else 0.0
        return SeatProblem(
            offers=seats.offers[seats.members],
            need_points=self.coverage_points * weight,
            steps=np.array(self.steps, dtype=float),
            seat_points=cohesion - self._effort(world, candidate, seats),
            required=np.zeros(n, dtype=bool),
            groups=np.array([[r == role for r in roles] for role in limited], dtype=bool).reshape(
                len(limited), n
            ),
            group_min=np.array([self.role_min.get(role, 0) for role in limited], dtype=float),
            group_max=np.array([self.role_max.get(role, n) for role in limited], dtype=float),
            group_penalty=self.role_penalty,
            min_seats=self.min_members,
            max_seats=self.max_members,
            short_penalty=self.short_penalty,
            barred=forbidden,
            floors=np.full(weight.size, self.gap_threshold),
            floor_points=below * weight,
            least_coverage=self.least_coverage,
            pairs=pairs,
            pair_points=self.member_tie_points * tied,
            dependence_share=self.dependence_share,
            dependence_points=self.dependence_points,
            limits=limits,
            varieties=varieties,
        )

    def _limits(
        self, world: World, seats: Pool, roles: list[str]
    ) -> tuple[tuple[SeatLimit, ...], tuple[SeatVariety, ...]]:
        """Turn what must hold into limits over the pool."""
        rows = [world.knowledge.organisations[i] for i in seats.members]
        region = [world.standing.region[i] for i in seats.members]
        hard = self._hard_rules()
        limits, varieties = seat_limits(
            rows, roles, region, world.standing.public[seats.members], hard
        )
        if self.budget > 0:
            money = world.standing.seat_cost(seats.members, roles, hard)
            limits = (*limits, SeatLimit(name="budget", weights=money, upper=self.budget))
        return limits, varieties

    def _cohesion(
        self,
        seats: Pool,
        completing: tuple[Complement, ...],
        known: tuple[Contact | None, ...],
    ) -> Array:
        """Return what a seat adds by ties, contacts, adjacent and completing work, in points."""
        points: Array = self.tie_points * np.minimum(seats.core_ties(), self.max_ties)
        points = points + self.adjacency_points * np.nan_to_num(seats.adjacency())
        roles = np.array(seats.roles())
        kin = np.isin(roles, ("kindred_university", "kindred_institute"))
        points += self.complement_points * kin * np.array([one.value for one in completing])
        level = [one.level(self.handshake_share) if one else 0.0 for one in known]
        match = seats.match() * (roles == "producer")
        points += self.contact_points * match * np.array(level)
        return points

    def _effort(self, world: World, candidate: Row, seats: Pool) -> Array:
        """Return what a seat costs by coordination and distance, in points."""
        distance = seats.distance[seats.members]
        # An unknown distance costs as much as one of `reach_km`: neither praise nor blame.
        far = np.where(np.isnan(distance), 0.5, distance / (distance + self.reach_km))
        far[np.isin(seats.members, list(world.countrywide))] *= self.countrywide_distance
        rows = world.knowledge.organisations
        abroad = np.array([rows[i]["country"] != candidate["country"] for i in seats.members])
        effort: Array = self.seat_cost + self.abroad_cost * abroad + self.distance_cost * far
        return effort

    def _hard_rules(self) -> HardRules:
        return HardRules(
            role_min=self.role_min,
            role_max=self.role_max,
            hard_roles=self.hard_roles,
            region_min=self.region_min,
            region_max=self.region_max,
            country_min=self.country_min,
            country_max=self.country_max,
            cost_of_role=self.cost_of_role,
            criteria=self.criteria,
        )

    def _seat(self, draft: _Draft, taken: frozenset[int], limits: tuple[SeatLimit, ...]) -> Seating:
        """Solve for the seats without those taken by other clusters, under more limits."""
        seats, world = draft.seats, draft.world
        gone = np.isin(seats.members, sorted(taken))
        required = np.array(
            [i in draft.wanted or (i in draft.fixed and i not in taken) for i in seats.members],
            dtype=bool,
        )
        problem = draft.problem_with(required, gone, limits)
        answer = choose_seats(problem, time_limit_s=self.time_limit_s)
        return Seating(
            cluster_id=draft.cluster_id,
            candidate=draft.candidate,
            knowledge=world.knowledge,
            ties=world.ties,
            needs=seats.needs,
            offers=seats.offers,
            field_weights=seats.weights,
            distance_km=seats.distance,
            reach_km=self.reach_km,
            pool=tuple(seats.members),
            roles=tuple(seats.roles()),
            adjacency=seats.adjacency(),
            n_core=len(seats.core),
            n_fixed_core=len(draft.fixed),
            problem=problem,
            answer=answer,
            wanted=draft.wanted,
            far=draft.far,
            given_up=tuple(sorted(taken)),
            same_as="",
            completing=draft.completing,
            contacts=draft.contacts,
        )

    def _rows(self, draft: _Draft, seating: Seating) -> Mapping[str, list[Row]]:
        """Return the rows of a composed cluster, or those that say why there is none."""
        if seating.same_as:
            row = repeat_row(seating.cluster_id, seating.candidate, seating.same_as)
            return {"composition_conflict": [{**row, "value": self.max_overlap}]}
        if not seating.answer.is_found:
            return {"composition_conflict": conflict_rows(self._uncomposed(seating))}
        world = draft.world
        money = world.standing.seat_cost(draft.seats.members, seating.roles, self._hard_rules())
        home = world.standing.at_place.get(draft.candidate["territory_id"], "")
        region = [world.standing.region[i] for i in seating.pool]
        axes = SeatAxes(
            cohesion=draft.cohesion,
            # Who serves the whole country does not open the cluster to another region.
            openness=np.array(
                [
                    name not in ("", home) and i not in world.countrywide
                    for i, name in zip(seating.pool, region, strict=True)
                ],
                dtype=float,
            ),
            cost=money if self.budget > 0 else self._effort(world, draft.candidate, draft.seats),
        )
        choices = Choices(
            n_alternatives=self.n_alternatives,
            min_difference=self.alternative_difference,
            coverage_kept=self.coverage_kept,
            time_limit_s=self.alternative_time_s,
        )
        unit = self.budget_currency if self.budget > 0 else "objective points"
        return {
            "cluster": [cluster_row(seating, role_min=self.role_min)],
            "membership": member_rows(seating, exact_pool=self.exact_pool),
            "need": need_rows(seating),
            "gap": gap_rows(seating, threshold=self.gap_threshold, n_fillers=self.n_fillers),
            "alternative": alternative_rows(seating, axes, choices, cost_unit=unit),
        }

    def _uncomposed(self, seating: Seating) -> Uncomposed:
        org_ids = [seating.organisation(k)["org_id"] for k in range(len(seating.pool))]
        organisations = seating.knowledge.organisations
        return Uncomposed(
            cluster_id=seating.cluster_id,
            candidate=seating.candidate,
            problem=seating.problem,
            org_ids=org_ids,
            must_have=frozenset(organisations[i]["org_id"] for i in seating.wanted),
            taken=frozenset(organisations[i]["org_id"] for i in seating.given_up),
            currency=self.budget_currency,
            time_limit_s=self.time_limit_s,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draft:
    """One candidate on its way to a cluster: the pool, the fixed and wanted seats, the program."""

    cluster_id: str
    candidate: Row
    world: World
    seats: Pool
    wanted: frozenset[int]
    fixed: frozenset[int]
    far: Mask
    cohesion: Array
    completing: tuple[Complement, ...]
    contacts: tuple[Contact | None, ...]
    problem: SeatProblem

    def problem_with(
        self, required: Mask, gone: Mask, limits: tuple[SeatLimit, ...]
    ) -> SeatProblem:
        """Return the program with its required seats, without some organisations."""
        return replace(
            self.problem,
            required=required,
            barred=self.problem.barred | gone,
            limits=(*self.problem.limits, *limits),
        )
