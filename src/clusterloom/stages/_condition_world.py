"""What all indicators of conditions share: look-ups, and the finding of one indicator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clusterloom.schema import Reason
from clusterloom.stages._capital import assumed_stages, capital_stages
from clusterloom.stages._paradigms import Paradigms
from clusterloom.stages._territories import Territory, territories
from clusterloom.stages._years import work_dates
from clusterloom.tables import Tables

__all__ = ["Finding", "World", "org_refs", "work_refs"]

Row = dict[str, Any]
_NO_WORKING_TIE = ("parent", "memorandum")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One indicator's value with its words, what it rests on, and from when and whom that is."""

    value: float | None
    unit: str
    reasons: list[Reason]
    theme: str
    refs: Sequence[str] = ()
    rests: Sequence[str] = ()  # more rows that give source and year, where `refs` do not


@dataclass(frozen=True)
class _Origins:
    """Source and year of rows, by reference (``table:key``)."""

    source: dict[str, str] = field(default_factory=dict)
    year: dict[str, int] = field(default_factory=dict)

    def add(self, reference: str, source_id: str, year: int | None) -> None:
        self.source[reference] = source_id
        if year is not None:
            self.year[reference] = year


class World:
    """Look-ups that all indicators share."""

    def __init__(
        self, tables: Tables, candidates: Sequence[Row], *, least: int, as_of_year: int
    ) -> None:
        self.organisation = tables.by_key("organisation", "org_id")
        self._by_role: dict[tuple[str, str], list[str]] = {}
        for org_id, row in self.organisation.items():
            self._by_role.setdefault((row["country"], row["role"]), []).append(org_id)
        self.facts = tables.rows("fact")
        self.evidence = {r["activity_id"]: r["evidence"] for r in tables.rows("activity")}
        self.dates = work_dates(tables, as_of_year=as_of_year)
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
        self._read_work(tables)
        self._read_ties(tables)
        self.stages_of = capital_stages(tables, assumed_stages())
        self.stated = {r["org_id"] for r in tables.rows("investor_profile") if r["stages"]}
        self._origins = _read_origins(tables)

    def _read_work(self, tables: Tables) -> None:
        family_of = {r["field_id"]: r["family_id"] for r in tables.rows("field_family")}
        paradigms = Paradigms(tables)
        self.work: dict[str, list[Row]] = {}
        self.weight: dict[str, dict[str, float]] = {}  # organisation -> family -> known work
        self.land: dict[str, dict[str, float]] = {}  # country -> family -> known work
        for row in tables.rows("activity_field"):
            row["family_id"] = family_of.get(row["field_id"])
            row["paradigms"] = set(paradigms.of(row))
            self.work.setdefault(row["org_id"], []).append(row)
            org = self.organisation.get(row["org_id"])
            if org is None:
                continue
            amount = row["share"] * row["confidence"]
            for held in (
                self.weight.setdefault(row["org_id"], {}),
                self.land.setdefault(org["country"], {}),
            ):
                family = row["family_id"] or ""
                held[family] = held.get(family, 0.0) + amount

    def _read_ties(self, tables: Tables) -> None:
        self.links = [
            row
            for row in tables.rows("link")
            if row["kind"] not in _NO_WORKING_TIE and row["org_a"] != row["org_b"]
        ]
        self.partners: dict[str, set[str]] = {}
        self.links_of: dict[str, list[Row]] = {}
        for row in self.links:
            a, b = row["org_a"], row["org_b"]
            self.partners.setdefault(a, set()).add(b)
            self.partners.setdefault(b, set()).add(a)
            self.links_of.setdefault(a, []).append(row)
            self.links_of.setdefault(b, []).append(row)

    def inside(self, candidate: Row) -> list[str]:
        """Organisations of the candidate's territory; its members where there is none."""
        territory = self.territory.get(candidate["territory_id"])
        known = territory.org_ids if territory else self.members.get(candidate["candidate_id"], ())
        return list(known)

    def in_territory(self, candidate: Row, roles: Iterable[str]) -> list[str]:
        """Organisations of the territory with one of these roles."""
        wanted = set(roles)
        return [o for o in self.inside(candidate) if self.organisation[o]["role"] in wanted]

    def in_country(self, candidate: Row, roles: Iterable[str]) -> list[str]:
        """Organisations of the candidate's country with one of these roles."""
        return [o for role in roles for o in self._by_role.get((candidate["country"], role), ())]

    def links_among(self, members: Iterable[str]) -> list[Row]:
        """Working ties between two of these organisations."""
        within = set(members)
        found = {
            r["link_id"]: r
            for o in within
            for r in self.links_of.get(o, ())
            if {r["org_a"], r["org_b"]} <= within
        }
        return [found[key] for key in sorted(found)]

    def origin(self, finding: Finding) -> tuple[list[str], int | None, int | None]:
        """Sources of what a finding rests on, and the first and last year of it that is known."""
        rows = [*finding.refs, *finding.rests]
        sources = sorted({self._origins.source[r] for r in rows if r in self._origins.source})
        years = [self._origins.year[r] for r in rows if r in self._origins.year]
        return sources, min(years, default=None), max(years, default=None)


def _read_origins(tables: Tables) -> _Origins:
    found = _Origins()
    for row in tables.rows("organisation"):
        found.add(f"organisation:{row['org_id']}", row["source_id"], None)
    for row in tables.rows("activity"):
        found.add(f"activity:{row['activity_id']}", row["source_id"], row["year"])
    for row in tables.rows("development"):
        found.add(f"development:{row['development_id']}", row["source_id"], row["year"])
    for row in tables.rows("link"):
        found.add(f"link:{row['link_id']}", row["source_id"], row["since_year"])
    for row in tables.rows("fact"):
        found.add(f"fact:{row['fact_id']}", row["source_id"], row["year"])
    for row in tables.rows("investor_profile"):
        found.add(
            f"investor_profile:{row['investor_profile_id']}", row["source_id"], row["price_year"]
        )
    return found


def org_refs(org_ids: Iterable[str]) -> list[str]:
    """Name organisations as rows."""
    return [f"organisation:{o}" for o in org_ids]


def work_refs(rows: Iterable[Row]) -> list[str]:
    """Name the rows of work, which are activities or answers to the survey."""
    return [
        r["activity_id"]
        if r["activity_id"].startswith("development:")
        else f"activity:{r['activity_id']}"
        for r in rows
    ]
