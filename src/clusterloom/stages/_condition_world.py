"""What all indicators of conditions share: look-ups, and the finding of one indicator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.schema import Reason
from clusterloom.stages._capital import assumed_stages, capital_stages
from clusterloom.stages._condition_mix import Origin, WorkMix
from clusterloom.stages._condition_reach import Surroundings
from clusterloom.stages._years import dated_years, retrieved_years
from clusterloom.tables import Tables

__all__ = ["Finding", "Subject", "World", "org_refs", "origin_of", "work_refs"]

Row = dict[str, Any]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One indicator's value with its words, what it rests on, and from when and whom that is."""

    value: float | None
    unit: str
    reasons: list[Reason]
    theme: str
    refs: Sequence[str] = ()
    origin: Origin = field(default_factory=Origin)
    wider: float | None = None  # the same within the wider radius
    nearest_km: float | None = None


@dataclass(frozen=True)
class Subject:
    """One candidate with its members, their work in its family and their working ties."""

    row: Row
    members: list[str]
    work: list[Row]  # rows of the query candidate_work
    ties: list[Row]  # rows of the query candidate_tie

    @cached_property
    def work_origin(self) -> Origin:
        """Sources and years of the work."""
        return origin_of(self.work)

    @cached_property
    def tied(self) -> list[str]:
        """Members with a working tie."""
        ends = {end for row in self.ties for end in (row["org_a"], row["org_b"])}
        return [o for o in self.members if o in ends]

    @cached_property
    def ties_within(self) -> list[Row]:
        """Working ties between two members."""
        within = set(self.members)
        return [row for row in self.ties if row["org_a"] in within and row["org_b"] in within]


class _Parts:
    """A table sorted by candidate, of which one candidate's rows are read at a time."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        column = self._table["candidate_id"].combine_chunks().dictionary_encode()
        codes = np.asarray(column.indices)
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        ends = np.append(starts, len(codes))[1:]
        names = column.dictionary.to_pylist()
        self._range = {
            names[codes[start]]: (start, end - start)
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        }

    def of(self, candidate_id: str) -> list[Row]:
        return self._table.slice(*self._range.get(candidate_id, (0, 0))).to_pylist()


class World:
    """Look-ups that all indicators share; work and ties are read candidate by candidate."""

    def __init__(self, tables: Tables, *, wide_radius_km: float, as_of_year: int) -> None:
        self.surroundings = Surroundings(tables, wide_radius_km=wide_radius_km)
        self.mix = WorkMix(tables, self.surroundings)
        self._members = _Parts(tables["candidate_member"].select(["candidate_id", "org_id"]))
        self._work = _Parts(tables.query("candidate_work"))
        self._ties = _Parts(tables.query("candidate_tie"))
        self.facts: dict[str, list[Row]] = {}
        for row in tables.rows("fact"):
            self.facts.setdefault(row["subject_id"], []).append(row)
        self.as_of, self.years = dated_years(tables, as_of_year=as_of_year)
        self._retrieved = retrieved_years(tables)
        kinds = tables.query("country_work_kind").to_pylist()
        self._work_kinds = {(row["country"], row["kind"]) for row in kinds}
        self._stages_of = capital_stages(tables, assumed_stages())
        self._stated = {r["org_id"] for r in tables.rows("investor_profile") if r["stages"]}
        self._of_stage: dict[tuple[str, str], tuple[Index, int]] = {}

    def subject(self, candidate: Row) -> Subject:
        """Read what one candidate is made of."""
        candidate_id = candidate["candidate_id"]
        return Subject(
            row=candidate,
            members=[row["org_id"] for row in self._members.of(candidate_id)],
            work=self._work.of(candidate_id),
            ties=self._ties.of(candidate_id),
        )

    def names_work(self, candidate: Row, kinds: Iterable[str]) -> bool:
        """Whether any source of the candidate's country names work of one of these kinds."""
        return any((candidate["country"], kind) in self._work_kinds for kind in kinds)

    def financing(self, candidate: Row, land: Index, stage: str) -> tuple[Index, int]:
        """Those of the country's sources of capital that finance a stage; how many stated it."""
        key = (candidate["country"], stage)
        if key not in self._of_stage:
            found = [
                (number, org_id)
                for number, org_id in zip(land.tolist(), self.surroundings.ids(land), strict=True)
                if stage in self._stages_of.get(org_id, frozenset())
            ]
            stated = sum(org_id in self._stated for _, org_id in found)
            self._of_stage[key] = np.array([n for n, _ in found], dtype=np.int64), stated
        return self._of_stage[key]

    def origin_of_organisations(self, org_ids: Iterable[str]) -> Origin:
        """Sources of organisations, which carry no year."""
        return Origin.without_year(self.surroundings.sources(self.surroundings.known(org_ids)))

    def known_as_of(self, origin: Origin) -> int | None:
        """Year in which a source of the rows without a year was retrieved last."""
        return max(
            (self._retrieved[s] for s in origin.undated if s in self._retrieved), default=None
        )


def origin_of(rows: Iterable[Row]) -> Origin:
    """Sources and years of rows of work, ties or facts."""
    return Origin.of((row["source_id"], row["year"]) for row in rows)


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
