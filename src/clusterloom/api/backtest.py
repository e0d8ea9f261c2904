"""Backtests: would a measure have foreseen, at an earlier date, what has happened since?"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.api.place_field_years import (
    LEVELS,
    PlaceFieldYear,
    read_place_field_years,
    work_by_place,
)
from clusterloom.errors import StageError, UsageError
from clusterloom.measures.entry import Skill, entry_cases, entry_skill, exit_cases, exit_skill
from clusterloom.measures.presence import specialised_presence
from clusterloom.measures.proximity import co_occurrence, conditional_minimum
from clusterloom.measures.relatedness import relatedness_density

if TYPE_CHECKING:
    from scipy import sparse

__all__ = [
    "LEVELS",
    "DensityBacktest",
    "PlaceFieldYear",
    "density_backtest",
    "read_place_field_years",
    "work_by_place",
]

_BASELINE = "ubiquity"

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class DensityBacktest:
    """Whether density at `year` ranked what came, and what went, by `year` + `horizon`."""

    year: int
    horizon: int  # years
    before: tuple[int, int]  # first and last year of the earlier window
    after: tuple[int, int]  # first and last year of the later window
    n_rows: int
    n_undated: int  # rows without a date: in neither window, and in no year 0
    n_unweighted: int  # rows whose amount is not known: left out
    n_outside: int  # rows dated outside both windows
    n_places: int  # with specialisations at both dates
    n_fields: int  # with specialisations at both dates
    n_cases: int  # field and place apart in the earlier window, density known
    n_entries: int  # of these, together in the later window
    skill: Mapping[str, Skill]  # density, and the baselines ubiquity and size
    difference: Mapping[str, Skill]  # from the baseline ubiquity
    n_held: int  # field and place together in the earlier window, density known
    n_exits: int  # of these, apart in the later window
    exit_skill: Mapping[str, Skill]  # scores turned around; empty if nothing or all went
    exit_difference: Mapping[str, Skill]

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
            f"both windows, {self.n_unweighted} have no weight and are left out",
            "score: average precision [95 % interval], area under ROC [95 % interval]",
        ]
        rows = [_line(name, one) for name, one in self.skill.items()]
        rows += [_line(f"{name} - {_BASELINE}", one) for name, one in self.difference.items()]
        rows.append(
            f"exits: {self.n_exits} of {self.n_held} specialisations were given up"
            + ("; scores turned around:" if self.exit_skill else ", so that there is no ranking")
        )
        rows += [_line(f"low {name}", one) for name, one in self.exit_skill.items()]
        rows += [
            _line(f"low {name} - low {_BASELINE}", one)
            for name, one in self.exit_difference.items()
        ]
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
    what entering at random would follow). Every field that a place had is a case of exit, if the
    place is no more specialised in it later; there the same scores are turned around, so that low
    density and a rare field foretell a loss.

    Parameters
    ----------
    rows : PlaceFieldYear
        Rows without a weight are left out and counted.
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
    given = list(rows)
    held = [r for r in given if r.weight is not None]
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
    exits = _exits(first, second, n_bootstrap=n_bootstrap, seed=seed)
    return DensityBacktest(
        year=year,
        horizon=horizon,
        before=before,
        after=after,
        n_rows=len(given),
        n_undated=undated,
        n_unweighted=len(given) - len(held),
        n_outside=len(held) - undated - sum(len(chosen) for chosen in inside.values()),
        n_places=len(np.unique(cases.place)),
        n_fields=len(np.unique(cases.field)),
        n_cases=len(cases.entered),
        n_entries=int(cases.entered.sum()),
        skill=skill,
        difference=difference,
        **exits,
    )


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
        weight = np.array([r.weight for r in rows], dtype=float)
        table = csr_array((weight, (place, field)), shape=(len(self.places), len(self.fields)))
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


def _cases_and_scores(first: Any, second: Any) -> tuple[Any, dict[str, Vector]]:
    """Cases of entry whose density is known, and the scores that are compared over them."""
    density = _density(first)
    cases = entry_cases(first, second)
    known = ~np.isnan(density[cases.place, cases.field])
    cases = dataclasses.replace(
        cases, place=cases.place[known], field=cases.field[known], entered=cases.entered[known]
    )
    return cases, _scores(first, density, cases.place, cases.field)


def _exits(first: Any, second: Any, *, n_bootstrap: int, seed: int) -> dict[str, Any]:
    """The part of the result that is about exits; no skill if nothing or everything was lost."""
    density = _density(first)
    cases = exit_cases(first, second)
    known = ~np.isnan(density[cases.place, cases.field])
    cases = dataclasses.replace(
        cases, place=cases.place[known], field=cases.field[known], left=cases.left[known]
    )
    skill: dict[str, Skill] = {}
    difference: dict[str, Skill] = {}
    if 0 < cases.left.sum() < len(cases.left):
        scores = _scores(first, density, cases.place, cases.field)
        skill, difference = exit_skill(
            cases,
            {name: -score for name, score in scores.items()},
            baseline=_BASELINE,
            n_bootstrap=n_bootstrap,
            seed=seed,
        )
    return {
        "n_held": len(cases.left),
        "n_exits": int(cases.left.sum()),
        "exit_skill": skill,
        "exit_difference": difference,
    }


def _density(first: Any) -> npt.NDArray[np.float64]:
    proximity = conditional_minimum(co_occurrence(first))
    return relatedness_density(first, proximity, keep_self=False)


def _scores(
    first: Any, density: npt.NDArray[np.float64], place: Index, field: Index
) -> dict[str, Vector]:
    ubiquity, diversity = np.asarray(first.sum(axis=0)), np.asarray(first.sum(axis=1))
    return {
        "density": density[place, field],
        _BASELINE: ubiquity[field],
        "size": ubiquity[field] * diversity[place],
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
    for row in rows:
        if row.weight is None or (math.isfinite(row.weight) and row.weight >= 0):
            continue
        raise StageError(
            f"the weight of `{row.field}` in `{row.place}` is {row.weight:g}",
            rule="weights are finite and 0 or more",
            hint="correct the row, or leave its weight empty if the amount is not known",
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
