"""Fields that the members of a candidate took up or gave up from one period to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import ROUNDING
from clusterloom.measures.relatedness import relatedness_density
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._periods import Periods
from clusterloom.stages._profiles import adjacency_matrix, field_order
from clusterloom.tables import Tables

__all__ = ["field_changes"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]


def field_changes(
    candidates: Sequence[Row],
    tables: Tables,
    periods: Periods,
    *,
    specialised_from: float,
    min_works: int,
) -> list[Row]:
    """List entries and exits between each two neighbouring periods.

    An entry: not specialised before, specialised after with at least `min_works` pieces of work.
    An exit: the other way round. Specialised means a location quotient of the members' dated
    work against the country's of at least `specialised_from` (balassa1965). Periods in which the
    members have no dated work at all give neither: nothing is known of them.
    """
    fields = field_order(tables)
    if periods.as_of is None or not candidates or not fields:
        return []
    held = _Held.of(candidates, tables, periods, fields)
    adjacency = adjacency_matrix(tables, fields)
    rows: list[Row] = []
    for period in range(periods.n_periods - 1):
        after, before = held.quotient(period), held.quotient(period + 1)
        had, has = (_specialised(q, specialised_from) for q in (before, after))
        known = held.active(period) & held.active(period + 1)
        density = relatedness_density(had.astype(float), adjacency, keep_self=False)
        came = ~had & has & (held.works[period] >= min_works)
        went = had & ~has & (held.works[period + 1] >= min_works)
        for changed, change in ((came, "entry"), (went, "exit")):
            for i, j in np.argwhere(changed & known[:, None]):
                one = _Change(change, periods.span(period + 1), periods.span(period))
                numbers = {
                    "quotient_before": _known(before[i, j]),
                    "quotient_after": _known(after[i, j]),
                    "n_before": int(held.works[period + 1][i, j]),
                    "n_after": int(held.works[period][i, j]),
                    "density_before": _known(density[i, j]),
                }
                candidate_id = candidates[i]["candidate_id"]
                rows.append(
                    {
                        "candidate_id": candidate_id,
                        "field_id": fields[j],
                        "last_year": one.after[1],
                        "change": change,
                        **numbers,
                        "reasons": dump_reasons(one.words(fields[j], numbers)),
                        "based_on": json.dumps([f"candidate:{candidate_id}"]),
                    }
                )
    return rows


class _Held:
    """Weights and counts of candidates, and weights of countries, by period."""

    def __init__(self, shape: tuple[int, int], n_periods: int) -> None:
        self.weight = np.zeros((n_periods, *shape))
        self.works = np.zeros((n_periods, *shape), dtype=np.int64)
        self.land = np.zeros((n_periods, *shape))  # of each candidate's country

    @classmethod
    def of(
        cls, candidates: Sequence[Row], tables: Tables, periods: Periods, fields: Sequence[str]
    ) -> _Held:
        held = cls((len(candidates), len(fields)), periods.n_periods)
        row = {c["candidate_id"]: i for i, c in enumerate(candidates)}
        rows_of: dict[str, list[int]] = {}
        for i, candidate in enumerate(candidates):
            rows_of.setdefault(candidate["country"], []).append(i)
        column = {field_id: j for j, field_id in enumerate(fields)}
        for r in tables.query("candidate_field_period", **periods.asked).to_pylist():
            if _inside(r, periods) and r["candidate_id"] in row and r["field_id"] in column:
                cell = (r["period"], row[r["candidate_id"]], column[r["field_id"]])
                held.weight[cell], held.works[cell] = r["weight"], r["n_works"]
        for r in tables.query("country_field_period", **periods.asked).to_pylist():
            if _inside(r, periods) and r["country"] in rows_of and r["field_id"] in column:
                held.land[r["period"], rows_of[r["country"]], column[r["field_id"]]] = r["weight"]
        return held

    def active(self, period: int) -> npt.NDArray[np.bool_]:
        """Candidates with any dated work in the period."""
        found: npt.NDArray[np.bool_] = self.weight[period].sum(axis=1) > 0
        return found

    def quotient(self, period: int) -> Matrix:
        """Location quotients; NaN where the members or the country did nothing."""
        own, land = self.weight[period], self.land[period]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = own / own.sum(axis=1, keepdims=True)
            expected = land / land.sum(axis=1, keepdims=True)
            found: Matrix = share / expected
        found[~np.isfinite(found)] = np.nan
        return found


class _Change:
    def __init__(self, change: str, before: tuple[int, int], after: tuple[int, int]) -> None:
        self.change, self.before, self.after = change, before, after

    def words(self, field_id: str, numbers: Row) -> list[Reason]:
        years = {
            "a": str(self.before[0]),
            "b": str(self.before[1]),
            "c": str(self.after[0]),
            "d": str(self.after[1]),
        }
        counts = {"before": numbers["n_before"], "after": numbers["n_after"]}
        field = f"field:{field_id}"
        if self.change == "entry":
            words = [
                reason(
                    "Members took up {field}: {before} pieces of work from {a} to {b}, {after} "
                    "from {c} to {d}; they are specialised in it now and were not before.",
                    field=field,
                    **counts,
                    **years,
                )
            ]
        else:
            words = [
                reason(
                    "Members gave up {field}: {before} pieces of work from {a} to {b}, {after} "
                    "from {c} to {d}; they were specialised in it and are no longer.",
                    field=field,
                    **counts,
                    **years,
                )
            ]
        if numbers["density_before"] is not None:
            words.append(
                reason(
                    "Before, they were specialised in a share of {density} of what is adjacent to "
                    "it.",
                    density=round(numbers["density_before"], 2),
                )
            )
        return words


def _specialised(quotient: Matrix, at_least: float) -> npt.NDArray[np.bool_]:
    """NaN is not specialised."""
    found: npt.NDArray[np.bool_] = np.nan_to_num(quotient) >= at_least * (1 - ROUNDING)
    return found


def _inside(row: Row, periods: Periods) -> bool:
    return row["period"] is not None and 0 <= row["period"] < periods.n_periods


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
