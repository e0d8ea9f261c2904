"""How much of a field a place did in a year: from a plan, or from a table of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusterloom.errors import SourceError, UsageError

if TYPE_CHECKING:
    from clusterloom.tables import Tables

__all__ = ["LEVELS", "PlaceFieldYear", "read_place_field_years", "work_by_place"]

LEVELS = ("place", "region", "country", "organisation")


@dataclass(frozen=True)
class PlaceFieldYear:
    """How much of a field a place did in a year.

    `year` is None for work without a date, `weight` None where the amount is not known.
    """

    place: str
    field: str
    year: int | None
    weight: float | None = 1.0


def work_by_place(tables: Tables, *, level: str = "place") -> list[PlaceFieldYear]:
    """Sum the work of a plan by place, field and year.

    Parameters
    ----------
    tables : with `organisation`, `activity`, `activity_field`, `development`
    level : place, region, country or organisation
        Work of organisations whose place or region is not known is left out.

    Raises
    ------
    UsageError
        If there is no such level.
    """
    if level not in LEVELS:
        raise UsageError(f"there is no level `{level}`", rule=f"levels are {', '.join(LEVELS)}")
    found = tables.query("place_field_year", level=level).to_pylist()
    return [
        PlaceFieldYear(r["place"], r["field_id"], r["year"], r["weight"])
        for r in found
        if r["place"] is not None
    ]


def read_place_field_years(path: Path) -> list[PlaceFieldYear]:
    """Read a table with the columns place, field, year and, if there is one, weight (CSV).

    Without a column weight every row counts 1. An empty cell in it is an amount that is not known
    (weight None), and not 1.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or cells are no numbers: all are named.
    """
    from clusterloom.sources.read import read_csv

    try:
        raw = read_csv(path.read_bytes(), path.name)
    except OSError as fault:
        raise SourceError(f"cannot read {path}: {fault}", hint="check the path") from fault
    missing = [name for name in ("place", "field", "year") if name not in raw.header]
    if missing:
        raise SourceError(
            f"{path.name} has no column `{missing[0]}`",
            rule="columns are place, field, year and, if weights differ, weight",
            hint=f"its columns are {', '.join(raw.header)}",
        )
    rows, faults = [], [f"line {line}: {fault}" for line, fault in raw.faults]
    for line, cells in raw.records:
        cell = dict(zip(raw.header, cells, strict=True))
        if not cell["place"] or not cell["field"]:
            faults.append(f"line {line}: place or field is empty")
            continue
        try:
            year = None if cell["year"] is None else int(cell["year"])
            amount = cell.get("weight", "1")
            weight = None if amount is None else float(amount)
        except ValueError as fault:
            faults.append(f"line {line}: {fault}")
            continue
        rows.append(PlaceFieldYear(cell["place"], cell["field"], year, weight))
    if faults:
        raise SourceError(
            f"{path.name}: {len(faults)} lines are faulty: {'; '.join(faults[:5])}",
            rule="year is a whole number or empty (no date), weight a number or empty (not known)",
        )
    return rows
