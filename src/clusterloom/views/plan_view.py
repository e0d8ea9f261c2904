"""The plan as a reader sees it: plain data, complete, in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clusterloom.schema.vocabulary import EVIDENCE_MARKS, MEMBER_ROLES
from clusterloom.tables import Tables
from clusterloom.tables.order import surest_first
from clusterloom.views.adjacency_view import adjacency_view
from clusterloom.views.alternatives_view import (
    alternatives_view,
    not_composed_view,
    without_core_view,
)
from clusterloom.views.bridges_view import BridgesView
from clusterloom.views.brokers_view import brokers_view
from clusterloom.views.chain_table_view import chain_table_view
from clusterloom.views.chains_view import chains_view
from clusterloom.views.codes_view import unread_lines
from clusterloom.views.conditions_view import condition_lines, ranking_view
from clusterloom.views.dynamics_view import dynamics_view
from clusterloom.views.encoders_view import encoder_lines
from clusterloom.views.finance_view import finance_checks, finance_paths
from clusterloom.views.growth_view import growth_view
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names
from clusterloom.views.paradigm_view import paradigm_counts, unknown_paradigm_lines
from clusterloom.views.structures_view import structures_view

__all__ = ["plan_view"]

Row = dict[str, Any]
_SIDE_BY_SIDE = 12  # clusters beside each other in the report; `clusterloom clusters` shows all


def plan_view(
    tables: Tables, *, language: str = "en", meta: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return everything a report needs; ids stay beside names so that each leads to `why`."""
    view = _View(tables, language)
    return {
        "language": language,
        **{k: v for k, v in (meta or {}).items() if k != "runs"},
        "runs": _runs((meta or {}).get("runs", {})),
        "clusters": [view.cluster(row) for row in view.ordered_clusters()],
        "side_by_side": view.bridges.side_by_side(view.bridges.in_order()[:_SIDE_BY_SIDE]),
        "existing_clusters": view.bridges.existing(),
        "candidates": view.candidates(),
        "condition_ranking": ranking_view(tables, view.names, view.say),
        "chain_tables": chain_table_view(tables, view.names, view.say),
        "alternatives": alternatives_view(tables, view.names, view.say),
        "not_composed": not_composed_view(tables, view.names, view.say),
        "without_core": without_core_view(tables, view.names, view.say),
        "structures": structures_view(tables, view.names, view.say),
        "chains": chains_view(tables, view.names, view.say),
        "programmes": growth_view(tables, view.names, view.say),
        "dynamics": dynamics_view(tables, view.names, view.say),
        "adjacency": adjacency_view(tables, view.names, view.say),
        "investor_checks": finance_checks(tables, view.names, view.say),
        "sources": view.sources(),
        "quarantine": view.quarantine(),
        "paradigm": paradigm_counts(tables),
        "not_known": [
            *view.not_known(),
            *encoder_lines(tables, (meta or {}).get("runs", {}), view.say),
        ],
        "counts": {n: tables[n].num_rows for n in ("organisation", "activity", "link", "place")},
    }


class _View:
    """Look-ups and the parts of the view."""

    def __init__(self, tables: Tables, language: str) -> None:
        self.tables = tables
        self.say = Translator(language)
        self.names = Names(tables, self.say)
        self.organisation = tables.by_key("organisation", "org_id")
        self.place = tables.by_key("place", "place_id")
        self.candidate = tables.by_key("candidate", "candidate_id")
        self.by_cluster = {
            name: _grouped(tables.rows(name), "cluster_id")
            for name in (
                "membership",
                "need",
                "gap",
                "introduction",
                "broker",
                "finance_gap",
                "finance_match",
                "finance_path",
                "score",
                "self_enforcement",
                "verdict",
            )
        }
        self.bridges = BridgesView(tables, language)
        self.conditions = _grouped(tables.rows("condition"), "candidate_id")

    def ordered_clusters(self) -> list[Row]:
        """Clusters by the strength of their candidate: surest first."""

        def order(row: Row) -> tuple[tuple[bool, float, float], str]:
            return surest_first(self.candidate[row["candidate_id"]]), row["cluster_id"]

        return sorted(self.tables.rows("cluster"), key=order)

    def reasons(self, row: Row) -> list[str]:
        """The row's reasons in words."""
        return render_reasons(row["reasons"], self.names, self.say)

    def part(self, name: str, cluster_id: str) -> list[Row]:
        """Rows of a table that belong to a cluster."""
        return self.by_cluster[name].get(cluster_id, [])

    def cluster(self, row: Row) -> Row:
        """Everything about one proposed cluster."""
        cluster_id = row["cluster_id"]
        candidate = self.candidate[row["candidate_id"]]
        introductions = sorted(self.part("introduction", cluster_id), key=lambda r: r["rank"])
        return {
            "id": cluster_id,
            "name": self.names.cluster(cluster_id),
            "country": row["country"],
            "fields": [self.names.field(f) for f in row["main_fields"].split("|") if f],
            "n_members": row["n_members"],
            "coverage": row["coverage"],
            "objective": row["objective"],
            "bound": row["bound"],
            "optimality_gap": row["optimality_gap"],
            "solver_status": row["solver_status"],
            "weak_share": row["weak_share"],
            "reasons": self.reasons(row),
            "candidate": self.candidate_row(candidate),
            "conditions": condition_lines(
                self.conditions.get(row["candidate_id"], []), self.tables, self.names, self.say
            ),
            "roles": self.roles(cluster_id),
            "points": self.points(cluster_id),
            "anchor": self.anchor(candidate["territory_id"]),
            "evidence": self.evidence(cluster_id),
            "needs": [self.need(r) for r in self.part("need", cluster_id)],
            "gaps": [self.gap(r) for r in self.part("gap", cluster_id)],
            "introductions": [self.introduction(r) for r in introductions],
            "brokers": brokers_view(self.part("broker", cluster_id), self.names, self.say),
            "finance": self.finance(cluster_id),
            "finance_paths": finance_paths(
                self.part("finance_path", cluster_id), self.tables, self.names, self.say
            ),
            "scores": [self.score(r) for r in self.part("score", cluster_id)],
            "contracts": [self.contract(r) for r in self.part("self_enforcement", cluster_id)],
            "verdicts": [self.verdict(r) for r in self.part("verdict", cluster_id)],
            "bridges": self.bridges.partners_of(cluster_id),
        }

    def candidate_row(self, row: Row) -> Row:
        """One candidate with what was observed, expected and concluded."""
        keys = (
            "n_organisations", "n_roles", "statistic", "expected", "expected_sd", "effect_ratio",
            "p_value", "q_value", "verdict", "radius_km", "weak_share", "country",
        )  # fmt: skip
        return {
            "id": row["candidate_id"],
            "name": self.names.candidate(row["candidate_id"]),
            "fields": [self.names.field(f) for f in row["main_fields"].split("|") if f],
            "verdict_word": self.names.word(row["verdict"]),
            "reasons": self.reasons(row),
            **{key: row[key] for key in keys},
        }

    def candidates(self) -> list[Row]:
        """All candidates that were tested, surest first, and how many were too small."""
        tested = [r for r in self.tables.rows("candidate") if r["verdict"] != "too_small"]
        tested.sort(key=lambda r: (surest_first(r), r["candidate_id"]))
        return [self.candidate_row(r) for r in tested]

    def roles(self, cluster_id: str) -> list[Row]:
        """Members grouped by their role in the cluster, in the method's order."""
        grouped = _grouped(self.part("membership", cluster_id), "role")
        return [
            {
                "role": role,
                "name": self.names.word(role),
                "members": [self.member(r) for r in self._ranked(grouped[role])],
            }
            for role in MEMBER_ROLES
            if role in grouped
        ]

    @staticmethod
    def _ranked(rows: Iterable[Row]) -> list[Row]:
        return sorted(rows, key=lambda r: (-r["marginal_value"], r["org_id"]))

    def member(self, row: Row) -> Row:
        """One seat with its reasons."""
        org = self.organisation[row["org_id"]]
        substitute = row["substitute_org_id"]
        return {
            "org_id": row["org_id"],
            "name": self.names.organisation(row["org_id"]),
            "kind": self.names.word(org["role"]),
            "city": self.names.place(org["place_id"]) if org["place_id"] else org["city"],
            "evidence": row["evidence"] or "unmarked",
            "evidence_word": self.names.word(row["evidence"] or "unmarked"),
            "adjacency": row["adjacency"],
            "distance_km": row["distance_km"],
            "coord_precision": org["coord_precision"],
            "n_ties": row["n_ties"],
            "marginal_value": row["marginal_value"],
            "substitute": self.names.organisation(substitute) if substitute else None,
            "reasons": self.reasons(row),
        }

    def anchor(self, territory_id: str) -> tuple[float, float] | None:
        """Longitude and latitude of the settlement a cluster is named after."""
        place = self.place.get(territory_id)
        return None if place is None else (place["lon_deg"], place["lat_deg"])

    def points(self, cluster_id: str) -> list[Row]:
        """Members on the map; those without a position are counted elsewhere."""
        points = []
        for row in self.part("membership", cluster_id):
            org = self.organisation[row["org_id"]]
            if org["lat_deg"] is not None:
                points.append(
                    {
                        "name": self.names.organisation(row["org_id"]),
                        "role": row["role"],
                        "lat": org["lat_deg"],
                        "lon": org["lon_deg"],
                        "precision": org["coord_precision"],
                        "place": self.names.place(org["place_id"]) if org["place_id"] else "",
                    }
                )
        return points

    def evidence(self, cluster_id: str) -> list[Row]:
        """How many members are known how."""
        marks = Counter(r["evidence"] or "unmarked" for r in self.part("membership", cluster_id))
        return [
            {"mark": mark, "name": self.names.word(mark), "n": marks[mark]}
            for mark in (*EVIDENCE_MARKS, "unmarked")
            if marks[mark]
        ]

    def need(self, row: Row) -> Row:
        """One need and how far it is covered."""
        return {
            "need": self.need_name(row["need"]),
            "weight": row["weight"],
            "covered": row["covered"],
            "n_providers": row["n_providers"],
        }

    def need_name(self, need: str) -> str:
        """A need in words, e.g. "production: laser technology"."""
        stage, _, target = need.partition("@")
        word = self.names.word(stage)
        return f"{word}: {self.names.field(target)}" if target else word

    def gap(self, row: Row) -> Row:
        """One open need and who could fill it."""
        return {
            "need": self.need_name(row["need"]),
            "uncovered": row["uncovered"],
            "home": self._organisations(row["home_org_ids"]),
            "abroad": self._organisations(row["abroad_org_ids"]),
            "reasons": self.reasons(row),
        }

    def _organisations(self, ids: str | None) -> list[str]:
        return [self.names.organisation(o) for o in (ids or "").split("|") if o]

    def introduction(self, row: Row) -> Row:
        """One introduction."""
        return {
            "rank": row["rank"],
            "a": self.names.organisation(row["org_a"]),
            "b": self.names.organisation(row["org_b"]),
            "score": row["score"],
            "inside": row["reach"] == "inside",
            "shared_partners": row["shared_partners"],
            "distance_km": row["distance_km"],
            "reasons": self.reasons(row),
        }

    def finance(self, cluster_id: str) -> list[Row]:
        """Demand and supply by stage, in the order from idea to growth."""
        matches = _grouped(self.part("finance_match", cluster_id), "finance_stage")
        rows = {r["finance_stage"]: r for r in self.part("finance_gap", cluster_id)}
        return [
            {
                "stage": self.names.word(stage),
                "n_demands": rows[stage]["n_demands"],
                "n_investors": rows[stage]["n_investors"],
                "n_uncovered": rows[stage]["n_uncovered"],
                "sum_sought": rows[stage]["sum_sought"],
                "currency": rows[stage]["currency"],
                "verdict": rows[stage]["verdict"],
                "verdict_word": self.names.word(rows[stage]["verdict"]),
                "path": rows[stage]["path"],
                "investors": sorted(
                    {self.names.organisation(m["org_id"]) for m in matches.get(stage, [])}
                ),
                "reasons": self.reasons(rows[stage]),
            }
            for stage in ("idea", "prototype", "pilot", "market_entry", "growth")
            if stage in rows
        ]

    def score(self, row: Row) -> Row:
        """One measure of the whole with its interval."""
        keys = ("value", "lower", "upper", "n_observations")
        return {
            "measure": self.names.word(row["measure"]),
            "unit": self.say(row["unit"]),
            "reasons": self.reasons(row),
            **{key: row[key] for key in keys},
        }

    def contract(self, row: Row) -> Row:
        """One relational contract."""
        return {
            "a": self.names.organisation(row["org_a"]),
            "b": self.names.organisation(row["org_b"]),
            "verdict": row["verdict"],
            "verdict_word": self.names.word(row["verdict"]),
            "critical": row["critical_discount_rate"],
            "stated": row["stated_discount_rate"],
            "reasons": self.reasons(row),
        }

    def verdict(self, row: Row) -> Row:
        """One article of a criteria pack."""
        return {
            "pack": row["pack"],
            "article": self.names.word(row["article"]),
            "verdict": row["verdict"],
            "verdict_word": self.names.word(row["verdict"]),
            "value": row["value"],
            "required": row["required"],
            "unit": self.say(row["unit"]),
            "reasons": self.reasons(row),
        }

    def sources(self) -> list[Row]:
        """Where the rows come from, with licences and credits."""
        return [dict(row) for row in self.tables.rows("source")]

    def quarantine(self) -> Row:
        """How many rows were refused, and the first of them."""
        rows = self.tables.rows("quarantine")
        keys = ("file", "line", "fault", "remedy")
        return {"n": len(rows), "first": [{k: r[k] for k in keys} for r in rows[:10]]}

    def not_known(self) -> list[str]:
        """What the plan could not know, in words."""
        tables, say = self.tables, self.say
        orgs = tables.rows("organisation")
        linked = {
            o for r in tables.query("distinct_tie").to_pylist() for o in (r["org_a"], r["org_b"])
        }
        assigned = set(tables["activity_field"]["activity_id"].to_pylist())
        activities = tables["activity"]["activity_id"].to_pylist()
        numbers: list[tuple[str, int]] = [
            ("{n} organisations have no known working tie; they may have some.",
             sum(o["org_id"] not in linked for o in orgs)),
            ("{n} organisations have no known position.", sum(o["lat_deg"] is None for o in orgs)),
            ("{n} organisations are known only by their city.",
             sum(o["coord_precision"] == "city" for o in orgs)),
            ("{n} directions of work resemble no field of the catalogue and were left out.",
             sum(a not in assigned for a in activities)),
        ]  # fmt: skip
        lines = [say(text).format(n=say.number(n)) for text, n in numbers if n]
        absent: list[Callable[[], str] | str] = []
        if not tables["development"].num_rows:
            absent.append("No survey answers: the core is proposed from directions of work only.")
        if not tables["investor_profile"].num_rows:
            absent.append(
                "No investor has stated what it finances: stages are assumed by its kind."
            )
        if not tables["commitment"].num_rows:
            absent.append("No commitment values are stated: contracts are not estimated.")
        if not tables["fact"].num_rows:
            absent.append(
                "No facts on management or activity are stated: some criteria have no data."
            )
        absent.append("Sanctions and export control were not assessed.")
        return [
            *[say(str(text)) for text in absent],
            *lines,
            *unread_lines(tables, say),
            *unknown_paradigm_lines(tables, say),
        ]


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _runs(runs: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Runs without times: the view of the same plan is always the same."""
    keys = ("stage", "version", "parameters")
    return [{"run_id": run_id, **{k: run[k] for k in keys}} for run_id, run in runs.items()]
