"""Which year each piece of work is reported for: dated, without a date, or dated too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clusterloom.tables import Tables

__all__ = ["Dates", "dated_years", "retrieved_years", "work_dates"]


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
    retrieved = retrieved_years(tables)
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


def dated_years(tables: Tables, *, as_of_year: int = 0) -> tuple[int | None, frozenset[int]]:
    """Return the last year that is looked at, and the years up to it in which work is dated.

    The same as `work_dates` says piece by piece, counted in the engine: for tables too long for
    a look-up of every piece.

    Parameters
    ----------
    tables, as_of_year : as for `work_dates`

    Returns
    -------
    the last year, None when nothing has a year; the years up to it

    Examples
    --------
    >>> dated_years(Tables())
    (None, frozenset())
    """
    counted = tables.query("work_year").to_pylist()
    years = {row["year"] for row in counted if row["year"] is not None}
    possible = [
        row["year"]
        for row in counted
        if row["year"] is not None and row["year"] <= (_year(row["retrieved"]) or row["year"])
    ]
    as_of = as_of_year or max(possible, default=None)
    return as_of, frozenset(year for year in years if as_of is not None and year <= as_of)


def retrieved_years(tables: Tables) -> dict[str, int]:
    """Return the year each source was retrieved in; a source that does not say is left out."""
    found = {row["source_id"]: _year(row["retrieved"]) for row in tables.rows("source")}
    return {source_id: year for source_id, year in found.items() if year is not None}


def _year(day: str | None) -> int | None:
    return int(day[:4]) if day and day[:4].isdigit() else None
