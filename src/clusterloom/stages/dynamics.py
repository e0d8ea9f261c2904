"""Stage: the same candidates at several dates: phase, and fields that come and go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from clusterloom.errors import RecipeError
from clusterloom.measures.growth import midpoint_growth, share_change_p_value
from clusterloom.measures.permutation import benjamini_hochberg
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._field_changes import field_changes
from clusterloom.stages._periods import Periods
from clusterloom.tables import Tables

__all__ = ["Dynamics"]

Row = dict[str, Any]
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_BASED_ON = 40
_HAIR = 1e-9  # ratios that are equal on paper must count as equal


@dataclass(frozen=True, kw_only=True)
class Dynamics:
    """Stage: candidates by period, their phase by stated rules, entry and exit of fields.

    Work without a date belongs to no period and is counted apart. Changes are those of the
    candidate's share of the country's dated work, so that a source that covers one period more
    fully makes nobody grow.

    Reads `candidate`, `candidate_member`, `organisation`, `activity`, `development`,
    `activity_field`, `field_family`, `field_adjacency`, `field`, `source`. Writes
    `candidate_period`, `candidate_phase`, `field_change`.
    """

    name: ClassVar[str] = "dynamics"
    reads: ClassVar[tuple[str, ...]] = (
        "candidate",
        "candidate_member",
        "organisation",
        "activity",
        "development",
        "activity_field",
        "field_family",
        "field_adjacency",
        "field",
        "source",
    )
    writes: ClassVar[tuple[str, ...]] = ("candidate_period", "candidate_phase", "field_change")

    as_of_year: int = 0  # last year of the last period; 0 = the latest year the data can know
    period_years: int = 5  # years in a period
    n_periods: int = 4  # periods looked back
    min_works: int = 5  # dated pieces of work in the last two periods that a phase needs
    min_change: float = 0.25  # change over mean from which a candidate is not mature, 0..2
    emerging_ratio: float = 3.0  # growth of the share to so many times makes it emerging
    fdr: float = 0.10  # false-discovery rate at which a change counts as no chance
    specialised_from: float = 1.0  # location quotient from which members are specialised in a field
    min_field_works: int = 2  # pieces of work that make an entry or exit more than a single case

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        for name in ("period_years", "min_works", "min_field_works"):
            if not getattr(self, name) >= 1:
                raise RecipeError(
                    f"dynamics: {name} is {getattr(self, name):g}", rule="it is 1 or more"
                )
        if not self.n_periods >= 2:
            raise RecipeError(
                f"dynamics: n_periods is {self.n_periods:g}",
                rule="it is 2 or more: a change needs two dates",
            )
        if self.as_of_year and not _FIRST_YEAR <= self.as_of_year <= _LAST_YEAR:
            raise RecipeError(
                f"dynamics: as_of_year is {self.as_of_year}",
                rule=f"it is a year from {_FIRST_YEAR} to {_LAST_YEAR}, or 0",
            )
        if not (
            0 < self.min_change <= 2
            and self.emerging_ratio > 1
            and 0 < self.fdr <= 1
            and self.specialised_from > 0
        ):
            raise RecipeError(
                f"dynamics: min_change {self.min_change:g}, emerging_ratio "
                f"{self.emerging_ratio:g}, fdr {self.fdr:g}, specialised_from "
                f"{self.specialised_from:g}",
                rule="0 < min_change <= 2, emerging_ratio > 1, 0 < fdr <= 1, specialised_from > 0",
            )

    def run(self, tables: Tables) -> Tables:
        """Count every candidate by period and say what changed."""
        candidates = [r for r in tables.rows("candidate") if r["verdict"] != "too_small"]
        periods = Periods.of(
            tables,
            as_of_year=self.as_of_year,
            period_years=self.period_years,
            n_periods=self.n_periods,
        )
        phases = [self._phase(candidate, periods) for candidate in candidates]
        self._test(phases)
        changes = field_changes(
            candidates,
            tables,
            periods,
            specialised_from=self.specialised_from,
            min_works=self.min_field_works,
        )
        written = Tables().with_rows(
            "candidate_period", [row for c in candidates for row in _period_rows(c, periods)]
        )
        phase_rows = [self._phase_row(phase, periods) for phase in phases]
        return written.with_rows("candidate_phase", phase_rows).with_rows("field_change", changes)

    def _phase(self, candidate: Row, periods: Periods) -> _Phase:
        """Count the last two periods; test where there is enough."""
        candidate_id, country = candidate["candidate_id"], candidate["country"]
        early, late = (periods.works(candidate_id, p) for p in (1, 0))
        whole = (periods.country_works(country, 1), periods.country_works(country, 0))
        phase = _Phase(candidate_id, early, late, whole, periods.refs(candidate_id))
        if all(whole):
            shares = (early / whole[0], late / whole[1])
            phase.ratio = np.inf if not shares[0] else shares[1] / shares[0]
            if early + late:
                phase.growth = midpoint_growth(*shares)
            if early + late >= self.min_works:
                phase.p_value = share_change_p_value((early, late), whole)
        return phase

    def _test(self, phases: list[_Phase]) -> None:
        tested = [p for p in phases if p.p_value is not None]
        q_values = benjamini_hochberg(np.array([p.p_value for p in tested], dtype=float))
        for phase, q_value in zip(tested, q_values, strict=True):
            phase.q_value = float(q_value)

    def _verdict(self, phase: _Phase) -> str:
        if phase.q_value is None or phase.growth is None:
            return "not_known"
        if abs(phase.growth) < self.min_change - _HAIR:
            return "mature"
        if phase.q_value > self.fdr:
            return "uncertain"
        if phase.growth < 0:
            return "declining"
        return "emerging" if phase.ratio >= self.emerging_ratio - _HAIR else "growing"

    def _phase_row(self, phase: _Phase, periods: Periods) -> Row:
        verdict = self._verdict(phase)
        return {
            "candidate_id": phase.candidate_id,
            "phase": verdict,
            "growth": None if phase.growth is None else round(phase.growth, 4),
            "p_value": None if phase.p_value is None else round(phase.p_value, 6),
            "q_value": None if phase.q_value is None else round(phase.q_value, 6),
            "n_early": phase.early,
            "n_late": phase.late,
            "n_undated": periods.undated(phase.candidate_id),
            "n_later": periods.later(phase.candidate_id),
            "reasons": dump_reasons(self._words(phase, verdict, periods)),
            "based_on": json.dumps(phase.refs[:_BASED_ON], ensure_ascii=False),
        }

    def _words(self, phase: _Phase, verdict: str, periods: Periods) -> list[Reason]:
        words = []
        undated = periods.undated(phase.candidate_id)
        if periods.as_of is None:
            words.append(reason("No work has a date: how the candidate changes is not known."))
        else:
            early, late = periods.span(1), periods.span(0)
            words.append(
                reason(
                    "Dated pieces of work in the family: {late} from {a} to {b}, {early} from {c} "
                    "to {d}; in all fields of the country {whole_late} and {whole_early}.",
                    late=phase.late,
                    a=str(late[0]),
                    b=str(late[1]),
                    early=phase.early,
                    c=str(early[0]),
                    d=str(early[1]),
                    whole_late=phase.whole[1],
                    whole_early=phase.whole[0],
                )
            )
            words += self._rule(phase, verdict)
        if undated:
            words.append(
                reason("{n} pieces of work have no date and belong to no period.", n=undated)
            )
        later = periods.later(phase.candidate_id)
        if later:
            words.append(
                reason(
                    "{n} pieces of work are dated after the last period and were set aside.",
                    n=later,
                )
            )
        return words

    def _rule(self, phase: _Phase, verdict: str) -> list[Reason]:
        if verdict == "not_known":
            return [
                reason(
                    "Too little is dated for a phase: {least} pieces of work in the last two "
                    "periods are asked for, and some of the country in both.",
                    least=self.min_works,
                )
            ]
        change = reason(
            "The share in the country's work changed by {growth} of its mean; from {least} on it "
            "counts as a change.",
            growth=round(phase.growth or 0.0, 2),
            least=self.min_change,
        )
        if verdict == "mature":
            return [change]
        test = reason(
            "If the share had stayed the same, as unlikely a change would come in a share of {p} "
            "of cases; with all candidates tested, one would accept a share of {q} of false ones.",
            p=round(phase.p_value or 0.0, 4),
            q=round(phase.q_value or 0.0, 4),
        )
        if verdict == "emerging":
            return [
                change,
                test,
                reason(
                    "It grew to at least {ratio} times its earlier share, so it is emerging.",
                    ratio=self.emerging_ratio,
                ),
            ]
        return [change, test]


@dataclass
class _Phase:
    """Counts of a candidate in its last two periods, and what follows from them."""

    candidate_id: str
    early: int
    late: int
    whole: tuple[int, int]
    refs: list[str]
    ratio: float = 1.0
    growth: float | None = None
    p_value: float | None = None
    q_value: float | None = None


def _period_rows(candidate: Row, periods: Periods) -> list[Row]:
    if periods.as_of is None:
        return []
    rows = []
    for period in range(periods.n_periods):
        first, last = periods.span(period)
        works = periods.works(candidate["candidate_id"], period)
        whole = periods.country_works(candidate["country"], period)
        rows.append(
            {
                "candidate_id": candidate["candidate_id"],
                "first_year": first,
                "last_year": last,
                "n_works": works,
                "n_organisations": periods.organisations(candidate["candidate_id"], period),
                "country_works": whole,
                "country_share": round(works / whole, 6) if whole else None,
                "reasons": dump_reasons(
                    [
                        reason(
                            "{n} of {all} dated pieces of work of the country from {a} to {b}.",
                            n=works,
                            all=whole,
                            a=str(first),
                            b=str(last),
                        )
                    ]
                ),
                "based_on": json.dumps([f"candidate:{candidate['candidate_id']}"]),
            }
        )
    return rows
