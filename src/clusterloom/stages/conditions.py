"""Stage: the conditions a candidate finds, indicator by indicator, never only as a total."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import CAPITAL_KINDS, INFRASTRUCTURE_ROLES
from clusterloom.stages._paradigms import Paradigms
from clusterloom.stages._territories import Territory, territories
from clusterloom.tables import Tables

__all__ = ["Conditions"]

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Stage: an indicator table for every candidate.

    Each indicator has its value, unit, the median of all candidates and the share of candidates
    it is not behind of. What is not known is "not_known", never zero.

    Reads `candidate`, `candidate_member`, `organisation`, `place`, `activity`, `activity_field`,
    `direction_paradigm`, `field_family`, `link`, `fact`. Writes `condition`.
    """

    name: ClassVar[str] = "conditions"
    reads: ClassVar[tuple[str, ...]] = (
        "candidate",
        "candidate_member",
        "organisation",
        "place",
        "activity",
        "activity_field",
        "direction_paradigm",
        "field_family",
        "link",
        "fact",
    )
    writes: ClassVar[tuple[str, ...]] = ("condition",)

    strong_share: float = 0.75  # rank share from which an indicator is called strong
    weak_share: float = 0.25  # rank share up to which it is called weak
    min_organisations: int = 4  # organisations; as in prerequisites, to draw the same territories

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if not 0 <= self.weak_share < self.strong_share <= 1:
            raise RecipeError(
                f"conditions: weak_share {self.weak_share}, strong_share {self.strong_share}",
                rule="0 <= weak_share < strong_share <= 1",
            )
        if not self.min_organisations >= 1:
            raise RecipeError(
                f"conditions: min_organisations is {self.min_organisations:g}",
                rule="it is 1 or more",
                hint="give it the value that prerequisites has",
            )

    def run(self, tables: Tables) -> Tables:
        """Measure every candidate that was tested."""
        candidates = [r for r in tables.rows("candidate") if r["verdict"] != "too_small"]
        if not candidates:
            return Tables().with_rows("condition", [])
        world = _World(tables, candidates, self.min_organisations)
        measured = {c["candidate_id"]: _measure(c, world) for c in candidates}
        rows: list[Row] = []
        for candidate in candidates:
            for indicator, finding in measured[candidate["candidate_id"]].items():
                # People may state one fact in several units: like is compared with like only.
                alike = [
                    m[indicator].value
                    for m in measured.values()
                    if indicator in m and m[indicator].unit == finding.unit
                ]
                rows.append(self._row(candidate, indicator, finding, alike))
        return Tables().with_rows("condition", rows)

    def _row(
        self, candidate: Row, indicator: str, finding: _Finding, others: Sequence[float | None]
    ) -> Row:
        known = [v for v in others if v is not None]
        rank = None
        if finding.value is not None:
            rank = sum(v <= finding.value for v in known) / len(known)
        return {
            "candidate_id": candidate["candidate_id"],
            "indicator": indicator,
            "value": None if finding.value is None else round(finding.value, 4),
            "unit": finding.unit,
            "reference": round(float(np.median(known)), 4) if known else None,
            "rank_share": None if rank is None else round(rank, 4),
            "verdict": self._verdict(finding, rank, known),
            "year": finding.year,
            "reasons": dump_reasons(finding.reasons),
            "based_on": json.dumps(sorted(set(finding.refs))[:40], ensure_ascii=False),
        }

    def _verdict(self, finding: _Finding, rank: float | None, known: Sequence[float]) -> str:
        if finding.value is None or rank is None:
            return "not_known"
        if finding.value == 0:
            return "missing"
        if len(known) > 1 and rank >= self.strong_share and finding.value > min(known):
            return "strong"
        return "weak" if rank <= self.weak_share else "present"


@dataclass(frozen=True)
class _Finding:
    """One indicator's value with its words and what it rests on."""

    value: float | None
    unit: str
    reasons: list[Reason]
    refs: list[str]
    year: int | None = None


class _World:
    """Look-ups that all indicators share."""

    def __init__(self, tables: Tables, candidates: Sequence[Row], least: int) -> None:
        self.organisation = tables.by_key("organisation", "org_id")
        self.facts = tables.rows("fact")
        self.evidence = {r["activity_id"]: r["evidence"] for r in tables.rows("activity")}
        family_of = {r["field_id"]: r["family_id"] for r in tables.rows("field_family")}
        paradigms = Paradigms(tables)
        self.work: dict[str, list[Row]] = {}
        self.family_weight: dict[tuple[str, str], float] = {}
        for row in tables.rows("activity_field"):
            row["family_id"] = family_of.get(row["field_id"])
            row["paradigms"] = set(paradigms.of(row))
            self.work.setdefault(row["org_id"], []).append(row)
            key = (row["org_id"], row["family_id"] or "")
            amount = row["share"] * row["confidence"]
            self.family_weight[key] = self.family_weight.get(key, 0.0) + amount
        self.ties = [(r["org_a"], r["org_b"]) for r in tables.query("distinct_tie").to_pylist()]
        self.partners: dict[str, set[str]] = {}
        for a, b in self.ties:
            self.partners.setdefault(a, set()).add(b)
            self.partners.setdefault(b, set()).add(a)
        self.members: dict[str, list[str]] = {}
        for row in tables.rows("candidate_member"):
            self.members.setdefault(row["candidate_id"], []).append(row["org_id"])
        self.territory: dict[str, Territory] = {
            t.territory_id: t
            for t in territories(
                tables.rows("organisation"),
                tables.by_key("place", "place_id"),
                radius_km=max(c["radius_km"] for c in candidates),
                min_organisations=least,
            )
        }

    def in_territory(self, candidate: Row, roles: Iterable[str]) -> list[str]:
        """Organisations of the territory with one of these roles."""
        wanted = set(roles)
        territory = self.territory.get(candidate["territory_id"])
        inside = territory.org_ids if territory else self.members.get(candidate["candidate_id"], ())
        return [o for o in inside if self.organisation[o]["role"] in wanted]


def _measure(candidate: Row, world: _World) -> dict[str, _Finding]:
    members = world.members.get(candidate["candidate_id"], [])
    inside = [
        row
        for o in members
        for row in world.work.get(o, [])
        if row["family_id"] == candidate["family_id"]
    ]
    findings = {
        "research_strength": _directions(inside, ("research", "development")),
        "paradigm_vi_share": _paradigm(inside),
        "production_base": _directions(inside, ("production",)),
        "specialisation": _specialisation(candidate, world),
        "infrastructure": _infrastructure(candidate, world),
        "human_capital": _human_capital(candidate, inside, world),
        "finance_reach": _finance(candidate, world),
        "tie_density": _ties(members, world),
        "openness": _openness(members, world),
        "public_body": _public(candidate, world),
        "evidence_quality": _evidence(inside, world),
    }
    return {**findings, **_facts(candidate, world)}


def _orgs(org_ids: Iterable[str]) -> list[str]:
    return [f"organisation:{o}" for o in org_ids]


def _activities(rows: Iterable[Row]) -> list[str]:
    return [
        r["activity_id"]
        if r["activity_id"].startswith("development:")
        else f"activity:{r['activity_id']}"
        for r in rows
    ]


def _directions(inside: Sequence[Row], kinds: Sequence[str]) -> _Finding:
    rows = [r for r in inside if r["kind"] in kinds]
    names = {r["activity_id"] for r in rows}
    if "production" in kinds:
        text = reason("{n} directions of production in the family are known.", n=len(names))
    else:
        text = reason("{n} directions of research and development are known.", n=len(names))
    return _Finding(float(len(names)), "directions", [text], _activities(rows))


def _paradigm(inside: Sequence[Row]) -> _Finding:
    known = [r for r in inside if r["kind"] in ("research", "development") and r["paradigms"]]
    if not known:
        text = reason("The paradigm of no direction is known.")
        return _Finding(None, "share", [text], [])
    # A direction in several fields has a row for each of them and is counted once.
    directions = {r["activity_id"] for r in known}
    six = len({r["activity_id"] for r in known if "VI" in r["paradigms"]})
    text = reason(
        "{six} of {n} research directions with a known paradigm are at the VI; the paradigm is a "
        "judgement of the source, the survey or the mapping.",
        six=six,
        n=len(directions),
    )
    return _Finding(six / len(directions), "share", [text], _activities(known))


def _specialisation(candidate: Row, world: _World) -> _Finding:
    """Location quotient of the family in the territory against the country (balassa1965)."""
    territory = world.territory.get(candidate["territory_id"])
    inside = set(territory.org_ids) if territory else set()
    here = here_all = land = land_all = 0.0
    for (org_id, family_id), weight in world.family_weight.items():
        org = world.organisation.get(org_id)
        if org is None or org["country"] != candidate["country"]:
            continue
        own = family_id == candidate["family_id"]
        land, land_all = land + own * weight, land_all + weight
        if org_id in inside:
            here, here_all = here + own * weight, here_all + weight
    if not here_all or not land:
        return _Finding(None, "location quotient", [reason("Too little is known to compare.")], [])
    value = (here / here_all) / (land / land_all)
    text = reason(
        "The family's share of known work here is {value} times its share in the country.",
        value=round(value, 2),
    )
    return _Finding(value, "location quotient", [text], [f"candidate:{candidate['candidate_id']}"])


def _infrastructure(candidate: Row, world: _World) -> _Finding:
    found = world.in_territory(candidate, INFRASTRUCTURE_ROLES)
    kinds = {world.organisation[o]["role"] for o in found}
    reasons = [
        reason(
            "{n} of {all} kinds of infrastructure are known in reach.",
            n=len(kinds),
            all=len(INFRASTRUCTURE_ROLES),
        )
    ]
    reasons += [
        reason("None known of the kind {role}.", role=f"role:{role}")
        for role in INFRASTRUCTURE_ROLES
        if role not in kinds
    ]
    return _Finding(float(len(kinds)), "kinds", reasons, _orgs(found))


def _human_capital(candidate: Row, inside: Sequence[Row], world: _World) -> _Finding:
    universities = world.in_territory(candidate, ("university",))
    courses = [r for r in inside if r["kind"] == "training"]
    training = {r["activity_id"] for r in courses}
    text = reason(
        "{universities} universities in reach; {training} training directions in the family.",
        universities=len(universities),
        training=len(training),
    )
    return _Finding(
        float(len(universities) + len(training)),
        "universities and directions",
        [text],
        [*_orgs(universities), *_activities(courses)],
    )


def _finance(candidate: Row, world: _World) -> _Finding:
    near = world.in_territory(candidate, CAPITAL_KINDS)
    land = [
        o
        for o, r in world.organisation.items()
        if r["role"] in CAPITAL_KINDS and r["country"] == candidate["country"]
    ]
    text = reason(
        "{near} sources of capital in reach, {land} in the country.", near=len(near), land=len(land)
    )
    return _Finding(float(len(land)), "organisations", [text], _orgs(land))


def _ties(members: Sequence[str], world: _World) -> _Finding:
    if not any(o in world.partners for o in members):
        return _Finding(
            None, "share", [reason("No working tie of any of them is known.")], _orgs(members)
        )
    within = set(members)
    tied = sum(a in within and b in within for a, b in world.ties)
    pairs = len(members) * (len(members) - 1) // 2
    text = reason(
        "{tied} of {pairs} pairs have a working tie that is known.", tied=tied, pairs=pairs
    )
    return _Finding(tied / pairs if pairs else None, "share", [text], _orgs(members))


def _openness(members: Sequence[str], world: _World) -> _Finding:
    linked = [o for o in members if o in world.partners]
    if not linked:
        return _Finding(
            None, "ties", [reason("No working tie of any of them is known.")], _orgs(members)
        )
    abroad = sum(
        world.organisation[p]["country"] != world.organisation[o]["country"]
        for o in linked
        for p in world.partners[o]
        if p in world.organisation
    )
    text = reason("{n} working ties with organisations abroad are known.", n=abroad)
    return _Finding(float(abroad), "ties", [text], _orgs(linked))


def _public(candidate: Row, world: _World) -> _Finding:
    found = world.in_territory(candidate, ("government_body", "state_fund"))
    text = reason("{n} public bodies are known in reach.", n=len(found))
    return _Finding(float(len(found)), "organisations", [text], _orgs(found))


def _evidence(inside: Sequence[Row], world: _World) -> _Finding:
    """Share of directions marked verified; answers to the survey carry their marks elsewhere."""
    rows = [r for r in inside if r["activity_id"] in world.evidence]
    mark_of = {r["activity_id"]: world.evidence[r["activity_id"]] for r in rows}
    if not any(mark_of.values()):
        return _Finding(None, "share", [reason("The source gave no evidence marks.")], [])
    share = sum(mark == "verified" for mark in mark_of.values()) / len(mark_of)
    text = reason("A share of {share} of the directions is marked verified.", share=round(share, 2))
    return _Finding(share, "share", [text], _activities(rows))


def _facts(candidate: Mapping[str, Any], world: _World) -> dict[str, _Finding]:
    """Facts of the candidate or its place: its own before its place's, the latest year's."""
    subjects = (candidate["territory_id"], candidate["candidate_id"])
    stated = [row for row in world.facts if row["subject_id"] in subjects]
    stated.sort(key=lambda r: (subjects.index(r["subject_id"]), r["year"] or 0, r["fact_id"]))
    return {
        f"fact:{row['indicator']}": _Finding(
            row["value"],
            row["unit"] or "-",
            [reason("Stated by people: {what}.", what=row["value_text"] or str(row["value"]))],
            [f"fact:{row['fact_id']}"],
            row["year"],
        )
        for row in stated
    }
