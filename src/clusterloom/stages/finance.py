"""Stage: which investor fits which development, stage by stage, and where the path breaks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema import dump_reasons
from clusterloom.schema.currencies import CURRENCIES
from clusterloom.schema.vocabulary import FINANCE_STAGES
from clusterloom.stages._capital import assumed_stages
from clusterloom.stages._demands import cluster_demands
from clusterloom.stages._finance_words import gap_reasons, match_reasons, path_reasons
from clusterloom.stages._investors import Investor, excludes, read_investors
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
    themselves, else by what their kind of capital usually finances: marked as assumed. Each
    development is followed to growth, and the first step that nobody in reach finances is marked.

    Reads `cluster`, `membership`, `organisation`, `development`, `activity_field`,
    `investor_profile`, `field_adjacency`, `field`. Writes `finance_match`, `finance_gap`,
    `finance_path`, `investor_check`.
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
    writes: ClassVar[tuple[str, ...]] = (
        "finance_match",
        "finance_gap",
        "finance_path",
        "investor_check",
    )

    n_investors: int = 3  # investors kept per demand
    min_adjacency: float = 0.35  # 0..1; activities farther from the main fields are no demand
    weight_stated: float = 1.0  # trust in a stated investor profile, 0..1
    weight_assumed: float = 0.6  # trust in a profile assumed from the kind of capital, 0..1
    stages_of_role: dict[str, tuple[str, ...]] = field(default_factory=assumed_stages)
    stage_of_kind: dict[str, str] = field(default_factory=_assumed_stage_of_kind)
    # Exchange rates, `"CNY/EUR" = 0.13`: how many EUR one CNY is. Without one nothing is converted.
    rates: dict[str, float] = field(default_factory=dict)

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
        _check_rates(self.rates)

    def run(self, tables: Tables) -> Tables:
        """Match every cluster's demand, sum up by stage, and follow each development's path."""
        organisation = tables.by_key("organisation", "org_id")
        investors, checks = read_investors(tables, self.stages_of_role)
        matches: list[Row] = []
        gaps: list[Row] = []
        paths: list[Row] = []
        for cluster in tables.rows("cluster"):
            demands = cluster_demands(
                cluster, tables, min_adjacency=self.min_adjacency, stage_of_kind=self.stage_of_kind
            )
            own = [
                match
                for demand in demands
                for match in self._matches(cluster, demand, investors, organisation)
            ]
            matches += own
            gaps += _gaps(cluster, demands, investors, {m["demand_id"] for m in own})
            paths += [self._path(cluster, d, investors, organisation) for d in demands]
        written = Tables().with_rows("finance_match", matches).with_rows("finance_gap", gaps)
        return written.with_rows("finance_path", paths).with_rows("investor_check", checks)

    def _matches(
        self,
        cluster: Row,
        demand: Row,
        investors: Sequence[Investor],
        organisation: Mapping[str, Row],
    ) -> list[Row]:
        home = organisation[demand["org_id"]]["country"]
        scored = [
            (-self._trust(demand, investor), investor.org_id, investor)
            for investor in investors
            if excludes(demand, investor, home, self.rates) is None
        ]
        scored = [item for item in scored if item[0] < 0]
        scored.sort(key=lambda item: item[:2])
        kept: dict[str, tuple[float, Investor]] = {}
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
                "profile_origin": investor.origin,
                "score": round(score, 4),
                "reasons": dump_reasons(match_reasons(demand, investor, organisation, self.rates)),
                "based_on": json.dumps(sorted([demand["demand_id"], investor.ref])),
            }
            for org_id, (score, investor) in sorted(kept.items())
        ]

    def _trust(self, demand: Row, investor: Investor) -> float:
        trust = self.weight_stated if investor.origin == "stated" else self.weight_assumed
        return trust * (1.0 if demand["origin"] == "stated" else 0.8)

    def _path(
        self,
        cluster: Row,
        demand: Row,
        investors: Sequence[Investor],
        organisation: Mapping[str, Row],
    ) -> Row:
        """Follow a development from where it stands; the sums of later steps are not known."""
        home = organisation[demand["org_id"]]["country"]
        ahead = FINANCE_STAGES[FINANCE_STAGES.index(demand["stage"]) :]
        broken, n_open, n_assumed = None, 0, 0
        limits: Counter[str] = Counter()
        for stage in ahead:
            later = {} if stage == demand["stage"] else {"sum": None, "currency": None}
            step = {**demand, "stage": stage, **later}
            said = [(i, excludes(step, i, home, self.rates)) for i in investors]
            if all(limit is not None for _, limit in said):
                broken = stage
                limits = Counter(str(limit) for i, limit in said if stage in i.stages)
                break
            n_open += 1
            n_assumed += all(i.origin == "assumed" for i, limit in said if limit is None)
        return {
            "cluster_id": cluster["cluster_id"],
            "demand_id": demand["demand_id"],
            "demand_org_id": demand["org_id"],
            "finance_stage": demand["stage"],
            "stage_origin": demand["origin"],
            "first_broken_step": broken,
            "n_steps_open": n_open,
            "n_steps_assumed": n_assumed,
            "reasons": dump_reasons(path_reasons(demand, broken, n_assumed, limits)),
            "based_on": json.dumps([demand["demand_id"]]),
        }


def _gaps(
    cluster: Row, demands: Sequence[Row], investors: Sequence[Investor], served: set[str]
) -> list[Row]:
    """Sum up demand and supply of each stage; `served` are the demands with an investor."""
    rows = []
    broken_before = False
    for stage in FINANCE_STAGES:
        here = [d for d in demands if d["stage"] == stage]
        reach = [i for i in investors if stage in i.stages and cluster["country"] in i.countries]
        able = sorted({i.org_id for i in reach if not i.contradictory})
        n_open = sum(d["demand_id"] not in served for d in here)
        verdict = _stage_verdict(len(here), n_open)
        breaks = verdict in ("broken", "partly") and not broken_before
        path = "first_break" if breaks else ("open" if verdict == "covered" else "not_known")
        reasons = gap_reasons(stage, here, able, n_open, first_break=breaks)
        reasons += [fault for i in reach if i.contradictory for fault in i.faults]
        sums = [d["sum"] for d in here if d["sum"] is not None]
        money = {d["currency"] for d in here if d["sum"] is not None}
        bases = {d["demand_id"] for d in here} | {f"organisation:{o}" for o in able}
        rows.append(
            {
                "cluster_id": cluster["cluster_id"],
                "finance_stage": stage,
                "n_demands": len(here),
                "n_investors": len(able),
                "n_uncovered": n_open,
                "sum_sought": sum(sums) if sums and len(money) == 1 else None,
                "currency": next(iter(money)) if len(money) == 1 else None,
                "verdict": verdict,
                "path": "beyond_break" if broken_before else path,
                "reasons": dump_reasons(reasons),
                "based_on": json.dumps(sorted(bases)[:40]),
            }
        )
        broken_before = broken_before or breaks
    return rows


def _stage_verdict(n: int, n_open: int) -> str:
    if n == 0:
        return "no_demand_known"
    return "covered" if n_open == 0 else ("broken" if n_open == n else "partly")


def _check_rates(rates: Mapping[str, float]) -> None:
    for pair, rate in rates.items():
        one, _, other = pair.partition("/")
        if not re.fullmatch("[A-Z]{3}/[A-Z]{3}", pair) or not {one, other} <= CURRENCIES:
            raise RecipeError(
                f"finance: rates has the pair `{pair}`",
                rule="two currencies of ISO 4217, e.g. CNY/EUR: how many EUR one CNY is",
            )
        if not isinstance(rate, int | float) or not rate > 0:
            raise RecipeError(f"finance: the rate of `{pair}` is {rate}", rule="a number above 0")
        if f"{other}/{one}" in rates:
            raise RecipeError(
                f"finance: rates has both `{pair}` and `{other}/{one}`",
                rule="one of the two; the other follows from it",
            )
