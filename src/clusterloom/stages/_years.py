"""Which year each piece of work is reported for: dated, without a date, or dated too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clusterloom.tables import Tables

__all__ = ["Dates", "work_dates"]


@dataclass(frozen=True)
class Dates:
    """Years of work, by activity id (answers to the survey as `development:ID`)."""

    year_of: Mapping[str, int]  # only work with a year up to `as_of`
    as_of: int | None  # the last year that is looked at; None when nothing has a year
    undated: frozenset[str]  # no date: never counted in any year
    later: frozenset[str]  # dated after `as_of`: set aside


def work_dates(tables: Tables, *, as_of_year: int = 0) -> Dates:
    """Sort work by whether and when it is dated.

    Parameters
    ----------
    tables : with `activity`, `development` and `source`
    as_of_year : year; 0 takes the latest that the data can know
        A row cannot know a year after the one its source was retrieved in: such a row is a plan
        or a slip and never sets the latest year. Sources that do not say when they were
        retrieved are believed.

    Examples
    --------
    >>> work_dates(Tables()).as_of is None
    True
    """
    retrieved = {
        row["source_id"]: int(row["retrieved"][:4])
        for row in tables.rows("source")
        if row["retrieved"] and row["retrieved"][:4].isdigit()
    }
    rows = [(r["activity_id"], r["year"], r["source_id"]) for r in tables.rows("activity")]
    rows += [
        (f"development:{r['development_id']}", r["year"], r["source_id"])
        for r in tables.rows("development")
    ]
    possible = [
        year
        for _, year, source_id in rows
        if year is not None and year <= retrieved.get(source_id, year)
    ]
    as_of = as_of_year or max(possible, default=None)
    return Dates(
        year_of={
            work_id: year
            for work_id, year, _ in rows
            if year is not None and as_of is not None and year <= as_of
        },
        as_of=as_of,
        undated=frozenset(work_id for work_id, year, _ in rows if year is None),
        later=frozenset(
            work_id
            for work_id, year, _ in rows
            if year is not None and (as_of is None or year > as_of)
        ),
    )
