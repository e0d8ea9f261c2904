"""Work of candidates and countries by period, as the engine counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusterloom.stages._years import work_dates
from clusterloom.tables import Tables

__all__ = ["Periods"]

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Counts by period; period 0 is the last one and ends with the year `as_of`."""

    as_of: int | None  # None when no work has a date
    period_years: int
    n_periods: int
    counts: Mapping[tuple[str, int | None], Row]  # (candidate, period; None = no date)
    countries: Mapping[tuple[str, int], int]
    work: Mapping[str, list[str]]  # candidate -> dated work of its members, the latest first

    @classmethod
    def of(cls, tables: Tables, *, as_of_year: int, period_years: int, n_periods: int) -> Periods:
        """Count all candidates of the tables."""
        dates = work_dates(tables, as_of_year=as_of_year)
        # Without any date all work has the period None, whatever the year counted back from.
        asked = {"as_of": dates.as_of or 0, "period_years": period_years}
        counts = tables.query("candidate_period", **asked).to_pylist()
        countries = tables.query("country_period", **asked).to_pylist()
        return cls(
            as_of=dates.as_of,
            period_years=period_years,
            n_periods=n_periods,
            counts={(r["candidate_id"], r["period"]): r for r in counts},
            countries={
                (r["country"], r["period"]): r["n_works"]
                for r in countries
                if r["period"] is not None
            },
            work=_dated_work(tables, dates.year_of),
        )

    @property
    def asked(self) -> dict[str, int]:
        """Parameters of the queries by period."""
        return {"as_of": self.as_of or 0, "period_years": self.period_years}

    def span(self, period: int) -> tuple[int, int]:
        """First and last year of a period."""
        last = (self.as_of or 0) - period * self.period_years
        return last - self.period_years + 1, last

    def works(self, candidate_id: str, period: int) -> int:
        """Pieces of work of a candidate in its family in a period."""
        return int(self.counts.get((candidate_id, period), {}).get("n_works", 0))

    def organisations(self, candidate_id: str, period: int) -> int:
        """Members that did work in the family in a period."""
        return int(self.counts.get((candidate_id, period), {}).get("n_organisations", 0))

    def country_works(self, country: str, period: int) -> int:
        """Pieces of work of a country in all fields in a period."""
        return self.countries.get((country, period), 0)

    def undated(self, candidate_id: str) -> int:
        """Pieces of work of a candidate without a date."""
        return int(self.counts.get((candidate_id, None), {}).get("n_works", 0))

    def later(self, candidate_id: str) -> int:
        """Pieces of work of a candidate dated after the last period."""
        return sum(
            int(row["n_works"])
            for (owner, period), row in self.counts.items()
            if owner == candidate_id and period is not None and period < 0
        )

    def refs(self, candidate_id: str) -> list[str]:
        """Rows of dated work behind a candidate, the latest first; the candidate without any."""
        return self.work.get(candidate_id, []) or [f"candidate:{candidate_id}"]


def _dated_work(tables: Tables, year_of: Mapping[str, int]) -> dict[str, list[str]]:
    family_of_field = {r["field_id"]: r["family_id"] for r in tables.rows("field_family")}
    family_of = {r["candidate_id"]: r["family_id"] for r in tables.rows("candidate")}
    work: dict[tuple[str, str], set[str]] = {}
    for row in tables.rows("activity_field"):
        if row["activity_id"] in year_of and row["field_id"] in family_of_field:
            key = (row["org_id"], family_of_field[row["field_id"]])
            work.setdefault(key, set()).add(row["activity_id"])
    found: dict[str, set[str]] = {}
    for row in tables.rows("candidate_member"):
        key = (row["org_id"], family_of.get(row["candidate_id"], ""))
        found.setdefault(row["candidate_id"], set()).update(work.get(key, ()))
    return {
        candidate_id: [
            a if a.startswith("development:") else f"activity:{a}"
            for a in sorted(ids, key=lambda a: (-year_of[a], a))
        ]
        for candidate_id, ids in found.items()
    }
