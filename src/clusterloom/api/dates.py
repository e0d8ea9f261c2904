"""The same test of candidates at several dates, with territories and families held fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from clusterloom.errors import StageError, UsageError
from clusterloom.plan.recipe import build_stages

if TYPE_CHECKING:
    from clusterloom.api import Plan
    from clusterloom.tables import Tables

__all__ = ["CandidateAtDate", "DatedTests", "candidates_at"]

_STAGE = "prerequisites"


@dataclass(frozen=True, kw_only=True)
class CandidateAtDate:
    """A candidate as it was tested on the work of one window of years."""

    candidate_id: str
    year: int  # last year of the window
    verdict: str  # beyond_chance, not_distinguishable, too_small, or absent
    n_organisations: int  # with dated work in the family; 0 where absent
    effect_ratio: float | None  # statistic over its mean by chance; None where absent
    q_value: float | None  # false-discovery rate within that date; None where not tested


@dataclass(frozen=True, kw_only=True)
class DatedTests:
    """Tests at several dates, and how much of the data has a date at all."""

    years: tuple[int, ...]
    window: int  # years
    n_work: int  # activities
    n_undated: int  # activities without a date: in no window
    used: Mapping[int, int]  # year -> activities in its window
    candidates: tuple[CandidateAtDate, ...]  # by candidate, then year

    def as_dict(self) -> dict[str, Any]:
        """Return the tests as plain data."""
        return {
            "years": list(self.years),
            "window": self.window,
            "n_work": self.n_work,
            "n_undated": self.n_undated,
            "used": {str(year): n for year, n in self.used.items()},
            "candidates": [asdict(one) for one in self.candidates],
        }

    def lines(self) -> list[str]:
        """Return the tests as text: one line a candidate, one verdict a date."""
        head = [
            f"{self.n_undated} of {self.n_work} activities have no date and are in no window",
            *[
                f"{year - self.window + 1}-{year}: {self.used[year]} activities"
                for year in self.years
            ],
        ]
        by_id: dict[str, list[CandidateAtDate]] = {}
        for one in self.candidates:
            by_id.setdefault(one.candidate_id, []).append(one)
        return head + [
            f"{candidate_id}: " + "; ".join(_words(one) for one in held)
            for candidate_id, held in by_id.items()
        ]


def candidates_at(plan: Plan, *, years: Sequence[int], window: int = 5) -> DatedTests:
    """Test the candidates of a plan again, on the work of each window of years.

    Territories, families of fields and adjacency are those of the whole plan; only work dated in
    the window counts. So a change between dates is a change of work, not of what a field is. The
    parameters are those of the plan's recipe.

    Parameters
    ----------
    plan : a finished plan
    years : last year of each window, one or more
    window : years, >= 1

    Returns
    -------
    DatedTests
        Every candidate met at any date, at every date; "absent" where fewer than two of its
        organisations had dated work in the family.

    Raises
    ------
    UsageError
        If no year is given, a year is given twice, or the window is not positive.
    StageError
        If no activity has a date.
    """
    wanted = sorted(years)
    if not wanted or len(set(wanted)) < len(wanted) or window < 1:
        raise UsageError(
            f"years are {', '.join(map(str, years)) or 'none'}, the window is {window}",
            rule="one or more different years, and a window of 1 or more",
        )
    activity = plan.tables["activity"]
    dated = activity.num_rows - activity["year"].null_count
    if not dated:
        raise StageError(
            f"none of {activity.num_rows} activities has a year",
            rule="a comparison of dates needs dated work",
            hint="add the column `year` to your activities and import them again",
        )
    found: dict[str, dict[int, dict[str, Any]]] = {}
    used: dict[int, int] = {}
    stage = _stage(plan)
    for year in wanted:
        cut = _cut(plan.tables, year - window + 1, year)
        used[year] = cut["activity"].num_rows
        for row in stage.run(cut.select(stage.reads)).rows("candidate"):
            found.setdefault(row["candidate_id"], {})[year] = row
    return DatedTests(
        years=tuple(wanted),
        window=window,
        n_work=activity.num_rows,
        n_undated=activity.num_rows - dated,
        used=used,
        candidates=tuple(
            _at(candidate_id, year, found[candidate_id].get(year))
            for candidate_id in sorted(found)
            for year in wanted
        ),
    )


def _stage(plan: Plan) -> Any:
    from clusterloom.api import stage_classes

    (chosen,) = [cls for cls in stage_classes() if cls.name == _STAGE]
    parameters = {name: v for name, v in plan.recipe.stages.items() if name == _STAGE}
    (stage,) = build_stages(type(plan.recipe)(stages=parameters), [chosen])
    return stage


def _cut(tables: Tables, first: int, last: int) -> Tables:
    """Leave the work dated in these years, and ties that began by their end."""
    activity = _dated(tables["activity"], "year", first, last)
    development = _dated(tables["development"], "year", first, last)
    kept = set(activity["activity_id"].to_pylist())
    kept |= {f"development:{name}" for name in development["development_id"].to_pylist()}
    assigned = tables["activity_field"]
    inside = [name in kept for name in assigned["activity_id"].to_pylist()]
    replaced = {
        "activity": activity,
        "development": development,
        "activity_field": assigned.filter(pa.array(inside, pa.bool_())),
        "link": _dated(tables["link"], "since_year", 0, last),
    }
    return type(tables)({**tables.by_name, **replaced}, tables.engine)


def _dated(table: pa.Table, column: str, first: int, last: int) -> pa.Table:
    """Rows of these years; rows without a date belong to none."""
    year = np.array(table[column].to_pylist(), dtype=float)  # None becomes NaN
    return table.filter(pa.array((year >= first) & (year <= last)))


def _at(candidate_id: str, year: int, row: Mapping[str, Any] | None) -> CandidateAtDate:
    if row is None:
        return CandidateAtDate(
            candidate_id=candidate_id,
            year=year,
            verdict="absent",
            n_organisations=0,
            effect_ratio=None,
            q_value=None,
        )
    return CandidateAtDate(
        candidate_id=candidate_id,
        year=year,
        verdict=row["verdict"],
        n_organisations=row["n_organisations"],
        effect_ratio=row["effect_ratio"],
        q_value=row["q_value"],
    )


def _words(one: CandidateAtDate) -> str:
    if one.q_value is None:
        return f"{one.year} {one.verdict}"
    ratio = "-" if one.effect_ratio is None else f"{one.effect_ratio:.1f}"
    return f"{one.year} {one.verdict} ({ratio} times chance, q {one.q_value:.3f})"
