"""Stage: which investor fits which development, stage by stage, and where the path breaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import CAPITAL_KINDS, FINANCE_STAGES
from clusterloom.stages._capital import assumed_stages
from clusterloom.stages._demands import cluster_demands
from clusterloom.tables import Tables

__all__ = ["Finance"]

Row = dict[str, Any]


def _assumed_stage_of_kind() -> dict[str, str]:
    return {"research": "idea", "development": "prototype", "production": "growth"}


@dataclass(frozen=True, kw_only=True)
class Finance:
    """Stage: match demand for finance with investors, stage by stage from idea to growth.

    Demand is the survey's developments, with the stage from their readiness level. Core members
    and producers that gave no answer stand with their directions of work, the stage inferred
    from the kind of work: an assumption, marked as inferred. Investors are taken as they describe
    themselves, else by what their kind of capital usually finances: marked as assumed.

    Reads `cluster`, `membership`, `organisation`, `development`, `activity_field`,
    `investor_profile`, `field_adjacency`, `field`. Writes `finance_match`, `finance_gap`.
    """

    name: ClassVar[str] = "finance"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "organisation",
        "development",
        "activity_field",
        "investor_profile",
        "field_adjacency",
        "field",
    )
    writes: ClassVar[tuple[str, ...]] = ("finance_match", "finance_gap")

    n_investors: int = 3  # investors kept per demand
    min_adjacency: float = 0.35  # 0..1; activities farther from the main fields are no demand
    weight_stated: float = 1.0  # trust in a stated investor profile, 0..1
    weight_assumed: float = 0.6  # trust in a profile assumed from the kind of capital, 0..1
    stages_of_role: dict[str, tuple[str, ...]] = field(default_factory=assumed_stages)
    stage_of_kind: dict[str, str] = field(default_factory=_assumed_stage_of_kind)

    def __post_init__(self) -> None:
        """Check the ranges of the parameters and that the assumed stages exist."""
        shares = (self.min_adjacency, self.weight_stated, self.weight_assumed)
        if self.n_investors < 1 or not all(0 <= share <= 1 for share in shares):
            raise RecipeError(
                f"finance: n_investors is {self.n_investors}, min_adjacency {shares[0]}, "
                f"weight_stated {shares[1]}, weight_assumed {shares[2]}",
                rule="n_investors >= 1 and the other three are between 0 and 1",
                hint="leave them out of the recipe to use the defaults",
            )
        named = {s for stages in self.stages_of_role.values() for s in stages}
        unknown = sorted((named | set(self.stage_of_kind.values())) - set(FINANCE_STAGES))
        if unknown:
            raise RecipeError(
                f"finance: there is no stage `{unknown[0]}`",
                rule=f"stages are {', '.join(FINANCE_STAGES)}",
            )

    def run(self, tables: Tables) -> Tables:
        """Match every cluster's demand and sum up by stage."""
        organisation = tables.by_key("organisation", "org_id")
        investors = self._investors(tables, organisation)
        matches: list[Row] = []
        gaps: list[Row] = []
        for cluster in tables.rows("cluster"):
            demands = cluster_demands(
                cluster, tables, min_adjacency=self.min_adjacency, stage_of_kind=self.stage_of_kind
            )
            own = [
                m
                for demand in demands
                for m in self._matches(cluster, demand, investors, organisation)
            ]
            matches += own
            gaps += self._gaps(cluster, demands, investors, own)
        written = Tables().with_rows("finance_match", matches)
        return written.with_rows("finance_gap", gaps)

    def _investors(self, tables: Tables, organisation: Mapping[str, Row]) -> list[Row]:
        """Investors with their stages, fields, countries and limits; stated ones first."""
        stated = [
            self._stated(row, organisation[row["org_id"]])
            for row in tables.rows("investor_profile")
            if row["org_id"] in organisation
        ]
        known = {row["org_id"] for row in stated}
        assumed = [
            {
                "org_id": org_id,
                "stages": tuple(self.stages_of_role.get(row["role"], ())),
                "fields": (),
                "countries": (row["country"],),
                "low": None,
                "high": None,
                "currency": None,
                "origin": "assumed",
                "ref": f"organisation:{org_id}",
            }
            for org_id, row in sorted(organisation.items())
            if row["role"] in CAPITAL_KINDS and org_id not in known
        ]
        return [*stated, *assumed]

    def _stated(self, profile: Row, organisation: Row) -> Row:
        stages = _split(profile["stages"])
        # A profile that leaves the stages open does not say "none": its kind of capital speaks.
        usual = self.stages_of_role.get(profile["kind"], ())
        return {
            "org_id": profile["org_id"],
            "stages": stages or tuple(usual),
            "fields": _split(profile["fields"]),
            "countries": _split(profile["countries"]) or (organisation["country"],),
            "low": profile["ticket_min"],
            "high": profile["ticket_max"],
            "currency": profile["currency"],
            "origin": "stated" if stages else "assumed",
            "ref": f"investor_profile:{profile['investor_profile_id']}",
        }

    def _matches(
        self,
        cluster: Row,
        demand: Row,
        investors: Sequence[Row],
        organisation: Mapping[str, Row],
    ) -> list[Row]:
        home = organisation[demand["org_id"]]["country"]
        scored = []
        for investor in investors:
            fits = self._fit(demand, investor, home)
            if fits > 0 and investor["org_id"] != demand["org_id"]:
                scored.append((-fits, investor["org_id"], investor))
        scored.sort(key=lambda item: item[:2])
        kept: dict[str, tuple[float, Row]] = {}
        for minus, org_id, investor in scored:
            if org_id not in kept and len(kept) < self.n_investors:
                kept[org_id] = (-minus, investor)
        return [
            {
                "cluster_id": cluster["cluster_id"],
                "demand_id": demand["demand_id"],
                "demand_org_id": demand["org_id"],
                "org_id": org_id,
                "finance_stage": demand["stage"],
                "stage_origin": demand["origin"],
                "profile_origin": investor["origin"],
                "score": round(score, 4),
                "reasons": dump_reasons(_match_reasons(demand, investor, organisation)),
                "based_on": json.dumps(sorted([demand["demand_id"], investor["ref"]])),
            }
            for org_id, (score, investor) in sorted(kept.items())
        ]

    def _fit(self, demand: Row, investor: Row, home: str) -> float:
        """Return 0 where a stated limit excludes the demand, else the trust in the profile."""
        low, high = investor["low"], investor["high"]
        if demand["stage"] not in investor["stages"] or home not in investor["countries"]:
            return 0.0
        if _other_fields(demand, investor):
            return 0.0
        if low is not None and high is not None and low > high:
            return 0.0  # contradictory limits: the summary by stage says so
        same_money = demand["sum"] is not None and demand["currency"] == investor["currency"]
        if same_money and (
            (low is not None and demand["sum"] < low) or (high is not None and demand["sum"] > high)
        ):
            return 0.0
        trust = self.weight_stated if investor["origin"] == "stated" else self.weight_assumed
        return trust * (1.0 if demand["origin"] == "stated" else 0.8)

    def _gaps(
        self, cluster: Row, demands: Sequence[Row], investors: Sequence[Row], matches: Sequence[Row]
    ) -> list[Row]:
        served = {m["demand_id"] for m in matches}
        rows = []
        broken_before = False
        for stage in FINANCE_STAGES:
            here = [d for d in demands if d["stage"] == stage]
            able = sorted(
                {
                    i["org_id"]
                    for i in investors
                    if stage in i["stages"] and cluster["country"] in i["countries"]
                }
            )
            open_ = [d for d in here if d["demand_id"] not in served]
            sums = [d["sum"] for d in here if d["sum"] is not None]
            money = {d["currency"] for d in here if d["sum"] is not None}
            verdict = _stage_verdict(len(here), len(open_))
            reasons = _gap_reasons(stage, here, able, open_, verdict, broken_before)
            reasons += _contradictions(investors, stage, cluster["country"])
            broken_before = broken_before or verdict in ("broken", "partly")
            rows.append(
                {
                    "cluster_id": cluster["cluster_id"],
                    "finance_stage": stage,
                    "n_demands": len(here),
                    "n_investors": len(able),
                    "n_uncovered": len(open_),
                    "sum_sought": sum(sums) if sums and len(money) == 1 else None,
                    "currency": next(iter(money)) if len(money) == 1 else None,
                    "verdict": verdict,
                    "reasons": dump_reasons(reasons),
                    "based_on": json.dumps(
                        sorted(
                            {d["demand_id"] for d in here} | {f"organisation:{o}" for o in able}
                        )[:40]
                    ),
                }
            )
        return rows


def _other_fields(demand: Row, investor: Row) -> bool:
    """Whether both name their fields and none is common; unknown fields exclude nobody."""
    if not investor["fields"] or not demand["fields"]:
        return False
    return not set(investor["fields"]) & set(demand["fields"])


def _stage_verdict(n: int, n_open: int) -> str:
    if n == 0:
        return "no_demand_known"
    return "covered" if n_open == 0 else ("broken" if n_open == n else "partly")


def _match_reasons(demand: Row, investor: Row, organisation: Mapping[str, Row]) -> list[Reason]:
    org, who = f"org:{investor['org_id']}", f"org:{demand['org_id']}"
    stage = f"kind:{demand['stage']}"
    capital, home = organisation[investor["org_id"]], organisation[demand["org_id"]]["country"]
    if investor["origin"] == "stated":
        reasons = [reason("{org} states that it finances the stage {stage}.", org=org, stage=stage)]
    else:
        reasons = [
            reason(
                "{org} is capital of the kind {kind}, which usually finances the stage {stage}: "
                "assumed, not stated; ask before proposing.",
                org=org,
                kind=f"role:{capital['role']}",
                stage=stage,
            )
        ]
    if demand["origin"] == "inferred":
        reasons.append(
            reason(
                "{who} has stated no readiness level: its stage is inferred from the kind of work.",
                who=who,
            )
        )
    if demand["held_back_by"]:
        reasons.append(
            reason(
                "The {side} is the less ready side of this development and sets its stage.",
                side=f"kind:{demand['held_back_by']}",
            )
        )
    if investor["fields"] and not demand["fields"]:
        reasons.append(
            reason(
                "{org} finances certain fields only and those of the development are not known: "
                "ask whether they fit.",
                org=org,
            )
        )
    if capital["country"] != home:
        reasons.append(
            reason(
                "{org} sits abroad ({country}) and states that it finances in {home}.",
                org=org,
                country=capital["country"],
                home=home,
            )
        )
    return reasons


def _gap_reasons(
    stage: str,
    here: Sequence[Row],
    able: Sequence[str],
    open_: Sequence[Row],
    verdict: str,
    broken_before: bool,
) -> list[Reason]:
    if verdict == "no_demand_known":
        reasons = [
            reason(
                "No development at the stage {stage} is known; there may be some.",
                stage=f"kind:{stage}",
            )
        ]
    else:
        reasons = [
            reason(
                "{n} developments at the stage {stage}; {open} of them without an investor; "
                "{able} investors for this stage in reach.",
                n=len(here),
                stage=f"kind:{stage}",
                open=len(open_),
                able=len(able),
            )
        ]
    if verdict in ("broken", "partly") and not broken_before:
        reasons.append(reason("Here the path from idea to growth breaks first."))
    if here and all(d["origin"] == "inferred" for d in here):
        reasons.append(
            reason("All stages are inferred from the kind of work: no survey answers are known.")
        )
    return reasons


def _contradictions(investors: Sequence[Row], stage: str, country: str) -> list[Reason]:
    return [
        reason(
            "{org} states a smallest sum of {low} above its largest of {high}: not matched.",
            org=f"org:{i['org_id']}",
            low=i["low"],
            high=i["high"],
        )
        for i in investors
        if i["low"] is not None
        and i["high"] is not None
        and i["low"] > i["high"]
        and stage in i["stages"]
        and country in i["countries"]
    ]


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split("|") if part.strip())
