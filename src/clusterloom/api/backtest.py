"""Backtests: would a measure have foreseen, at an earlier date, what has happened since?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import SourceError, StageError, UsageError
from clusterloom.measures.entry import Skill, entry_cases, entry_skill
from clusterloom.measures.presence import specialised_presence
from clusterloom.measures.proximity import co_occurrence, conditional_minimum
from clusterloom.measures.relatedness import relatedness_density

if TYPE_CHECKING:
    from scipy import sparse

    from clusterloom.tables import Tables

__all__ = [
    "LEVELS",
    "DensityBacktest",
    "PlaceFieldYear",
    "density_backtest",
    "read_place_field_years",
    "work_by_place",
]

LEVELS = ("place", "region", "country", "organisation")
_BASELINE = "ubiquity"


@dataclass(frozen=True)
class PlaceFieldYear:
    """How much of a field a place did in a year; `year` is None for work without a date."""

    place: str
    field: str
    year: int | None
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class DensityBacktest:
    """Whether density at `year` ranked the specialisations that came by `year` + `horizon`."""

    year: int
    horizon: int  # years
    before: tuple[int, int]  # first and last year of the earlier window
    after: tuple[int, int]  # first and last year of the later window
    n_rows: int
    n_undated: int  # rows without a date: in neither window, and in no year 0
    n_outside: int  # rows dated outside both windows
    n_places: int  # with specialisations at both dates
    n_fields: int  # with specialisations at both dates
    n_cases: int  # field and place apart in the earlier window, density known
    n_entries: int  # of these, together in the later window
    skill: Mapping[str, Skill]  # density, and the baselines ubiquity and size
    difference: Mapping[str, Skill]  # from the baseline ubiquity

    @property
    def base_rate(self) -> float:
        """Share of cases that became entries: the average precision of knowing nothing."""
        return self.n_entries / self.n_cases

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            **dataclasses.asdict(self),
            "before": list(self.before),
            "after": list(self.after),
            "base_rate": self.base_rate,
        }

    def lines(self) -> list[str]:
        """Return the result as text, line by line."""
        head = [
            f"specialised {self.before[0]}-{self.before[1]} -> newly specialised "
            f"{self.after[0]}-{self.after[1]}",
            f"{self.n_places} places, {self.n_fields} fields, {self.n_cases} cases, "
            f"{self.n_entries} entries ({100 * self.base_rate:.2f} %)",
            f"{self.n_undated} of {self.n_rows} rows have no date, {self.n_outside} lie outside "
            "both windows",
            "score: average precision [95 % interval], area under ROC [95 % interval]",
        ]
        rows = [_line(name, one) for name, one in self.skill.items()]
        rows += [_line(f"{name} - {_BASELINE}", one) for name, one in self.difference.items()]
        return head + rows


def density_backtest(
    rows: Iterable[PlaceFieldYear],
    *,
    year: int | None = None,
    horizon: int = 5,
    window: int = 5,
    at_least: float = 1.0,
    min_weight: float = 0.0,
    n_bootstrap: int = 200,
    seed: int = 0,
) -> DensityBacktest:
    """Ask whether relatedness density foresaw new specialisations, against what is everywhere.

    In the earlier window, places are specialised in fields (location quotient), fields are
    proximate by how often the same places are specialised in both, and density says how much of
    what is close to a field a place already has (itself left out). Every field that a place
    lacked is a case; it is an entry if the place is specialised in it in the later window.
    Baselines: the field's ubiquity, and size (ubiquity times the place's diversity, which is
    what entering at random would follow).

    Parameters
    ----------
    rows : PlaceFieldYear
    year : last year of the earlier window; None = the latest year less `horizon`
    horizon : years from the end of the earlier to the end of the later window, >= `window`
    window : years, >= 1
    at_least : dimensionless, > 0
        Location quotient from which a place is specialised.
    min_weight : unit of `weight`, >= 0
        A place with less of a field than this in a window is not taken as specialised.
    n_bootstrap : draws of places for the intervals, >= 1
    seed : whole number

    Returns
    -------
    DensityBacktest

    Raises
    ------
    UsageError
        If a parameter is out of range.
    StageError
        If no row has a year, the years do not reach over both windows, a weight is negative or
        not finite, or there is nothing to foresee (one field only, no entries).

    References
    ----------
    hidalgo2007
    boschma2015
    """
    _check_parameters(
        horizon=horizon, window=window, at_least=at_least, min_weight=min_weight, draws=n_bootstrap
    )
    held = list(rows)
    year, last = _checked_years(held, year, horizon=horizon)
    before, after = (year - window + 1, year), (last - window + 1, last)
    inside = {
        span: [r for r in held if r.year is not None and span[0] <= r.year <= span[1]]
        for span in (before, after)
    }
    for span, chosen in inside.items():
        if not chosen:
            raise _nothing_in(span, held)
    index = _Index.of(r for chosen in inside.values() for r in chosen)
    first, second = (
        _presence(index.weights(inside[span]), at_least=at_least, min_weight=min_weight)
        for span in (before, after)
    )
    cases, scores = _cases_and_scores(first, second)
    if not 0 < cases.entered.sum() < len(cases.entered):
        raise StageError(
            f"there is nothing to foresee: {int(cases.entered.sum())} entries in "
            f"{len(cases.entered)} cases of {len(index.fields)} fields and {len(index.places)} "
            "places",
            rule="some places must take up fields that others of their kind do not",
            hint="widen the windows, or take smaller places or narrower fields",
        )
    skill, difference = entry_skill(
        cases, scores, baseline=_BASELINE, n_bootstrap=n_bootstrap, seed=seed
    )
    undated = sum(r.year is None for r in held)
    return DensityBacktest(
        year=year,
        horizon=horizon,
        before=before,
        after=after,
        n_rows=len(held),
        n_undated=undated,
        n_outside=len(held) - undated - sum(len(chosen) for chosen in inside.values()),
        n_places=len(np.unique(cases.place)),
        n_fields=len(np.unique(cases.field)),
        n_cases=len(cases.entered),
        n_entries=int(cases.entered.sum()),
        skill=skill,
        difference=difference,
    )


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
            weight = 1.0 if cell.get("weight") is None else float(cell["weight"] or 1.0)
        except ValueError as fault:
            faults.append(f"line {line}: {fault}")
            continue
        rows.append(PlaceFieldYear(cell["place"], cell["field"], year, weight))
    if faults:
        raise SourceError(
            f"{path.name}: {len(faults)} lines are faulty: {'; '.join(faults[:5])}",
            rule="year is a whole number or empty (no date), weight a number",
        )
    return rows


@dataclass(frozen=True)
class _Index:
    """Positions of places and fields in both windows."""

    places: Mapping[str, int]
    fields: Mapping[str, int]

    @classmethod
    def of(cls, rows: Iterable[PlaceFieldYear]) -> _Index:
        held = list(rows)
        places, fields = sorted({r.place for r in held}), sorted({r.field for r in held})
        return cls({p: i for i, p in enumerate(places)}, {f: j for j, f in enumerate(fields)})

    def weights(self, rows: Sequence[PlaceFieldYear]) -> sparse.csr_array[np.float64]:
        from scipy.sparse import csr_array

        place = [self.places[r.place] for r in rows]
        field = [self.fields[r.field] for r in rows]
        table = csr_array(
            ([r.weight for r in rows], (place, field)), shape=(len(self.places), len(self.fields))
        )
        table.sum_duplicates()
        return table


def _presence(
    weight: sparse.csr_array[np.float64], *, at_least: float, min_weight: float
) -> sparse.csr_array[np.float64]:
    presence = specialised_presence(weight, at_least=at_least)
    enough = weight.copy()
    enough.data = (enough.data >= min_weight).astype(float)
    found: sparse.csr_array[np.float64] = presence.multiply(enough).tocsr()
    found.eliminate_zeros()
    return found


def _cases_and_scores(first: Any, second: Any) -> tuple[Any, dict[str, npt.NDArray[np.float64]]]:
    """Cases whose density is known, and the scores that are compared over them."""
    proximity = conditional_minimum(co_occurrence(first))
    density = relatedness_density(first, proximity, keep_self=False)
    cases = entry_cases(first, second)
    known = ~np.isnan(density[cases.place, cases.field])
    cases = dataclasses.replace(
        cases, place=cases.place[known], field=cases.field[known], entered=cases.entered[known]
    )
    ubiquity, diversity = np.asarray(first.sum(axis=0)), np.asarray(first.sum(axis=1))
    return cases, {
        "density": density[cases.place, cases.field],
        _BASELINE: ubiquity[cases.field],
        "size": ubiquity[cases.field] * diversity[cases.place],
    }


def _check_parameters(
    *, horizon: int, window: int, at_least: float, min_weight: float, draws: int
) -> None:
    faults = [
        f"{name} is {value:g}"
        for name, value, good in (
            ("window", window, window >= 1),
            ("horizon", horizon, horizon >= window),
            ("at_least", at_least, at_least > 0),
            ("min_weight", min_weight, min_weight >= 0),
            ("n_bootstrap", draws, draws >= 1),
        )
        if not good
    ]
    if faults:
        raise UsageError(
            f"backtest: {'; '.join(faults)}",
            rule="window >= 1, horizon >= window (the windows must not overlap), at_least > 0, "
            "min_weight >= 0, n_bootstrap >= 1",
        )


def _checked_years(
    rows: Sequence[PlaceFieldYear], year: int | None, *, horizon: int
) -> tuple[int, int]:
    """Check weights and years; return the ends of both windows."""
    bad = [r for r in rows if not (math.isfinite(r.weight) and r.weight >= 0)]
    if bad:
        raise StageError(
            f"the weight of `{bad[0].field}` in `{bad[0].place}` is {bad[0].weight:g}",
            rule="weights are finite and 0 or more",
            hint="correct the row, or leave it out if the amount is not known",
        )
    years = [r.year for r in rows if r.year is not None]
    if not years:
        raise StageError(
            f"none of {len(rows)} rows has a year",
            rule="a backtest compares two dates",
            hint="add the year that each piece of work is reported for",
        )
    first, last = min(years), max(years)
    end = last - horizon if year is None else year
    if end < first or end + horizon > last:
        raise StageError(
            f"the rows are dated {first} to {last}, which does not reach from {end} to "
            f"{end + horizon}",
            rule="there must be work up to `year` and up to `year` + `horizon`",
            hint="choose another year or a shorter horizon and window",
        )
    return end, end + horizon


def _nothing_in(span: tuple[int, int], rows: Sequence[PlaceFieldYear]) -> StageError:
    years = sorted(r.year for r in rows if r.year is not None)
    return StageError(
        f"no row is dated {span[0]} to {span[1]}",
        rule="both windows need work",
        hint=f"half of the dated rows are up to {years[len(years) // 2]}, the last is "
        f"{years[-1]}: if that is a slip, correct it, or give the year to start from",
    )


def _line(name: str, one: Skill) -> str:
    return (
        f"{name}: {one.average_precision:.3f} "
        f"[{one.average_precision_low:.3f}, {one.average_precision_high:.3f}], "
        f"{one.area_under_roc:.3f} [{one.area_under_roc_low:.3f}, {one.area_under_roc_high:.3f}]"
    )
