"""Stage: the conditions a candidate finds, indicator by indicator, never only as a total."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from clusterloom.errors import RecipeError
from clusterloom.schema import dump_reasons
from clusterloom.stages._condition_world import Finding, World
from clusterloom.stages._conditions_of_place import place_indicators
from clusterloom.stages._conditions_of_ties import tie_indicators
from clusterloom.stages._conditions_of_work import work_indicators
from clusterloom.tables import Tables

__all__ = ["Conditions"]

Row = dict[str, Any]
_BASED_ON = 40
_FIRST_YEAR, _LAST_YEAR = 1000, 2100


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Stage: an indicator table for every candidate.

    Each indicator has its value, unit, source and years, the median of all candidates and the
    share of candidates it is not behind of. What is not known is "not_known", never zero.

    Reads `candidate`, `candidate_member`, `organisation`, `place`, `activity`, `activity_field`,
    `direction_paradigm`, `field_family`, `link`, `fact`, `development`, `investor_profile`,
    `source`. Writes `condition`.
    """

    name: ClassVar[str] = "conditions"
    reads: ClassVar[tuple[str, ...]] = (
        "candidate",
        "candidate_member",
        "organisation",
        "place",
        "activity",
        "activity_field",
        "direction_paradigm",
        "field_family",
        "link",
        "fact",
        "development",
        "investor_profile",
        "source",
    )
    writes: ClassVar[tuple[str, ...]] = ("condition",)

    strong_share: float = 0.75  # rank share from which an indicator is called strong
    weak_share: float = 0.25  # rank share up to which it is called weak
    wide_radius_km: float = 150.0  # km; a second, wider circle in which organisations are counted
    growth_years: int = 5  # years; growth compares the last so many with as many before them
    as_of_year: int = 0  # year that growth looks back from; 0 = the latest year the data can know
    framework: tuple[str, ...] = (  # facts that count as measures of the administrative framework
        "special_regime",
        "tax_relief",
        "support_programme",
        "single_window",
        "customs_regime",
    )

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if not 0 <= self.weak_share < self.strong_share <= 1:
            raise RecipeError(
                f"conditions: weak_share {self.weak_share}, strong_share {self.strong_share}",
                rule="0 <= weak_share < strong_share <= 1",
            )
        if not self.wide_radius_km > 0:
            raise RecipeError(
                f"conditions: wide_radius_km is {self.wide_radius_km:g}", rule="it is above 0"
            )
        if not self.growth_years >= 1:
            raise RecipeError(
                f"conditions: growth_years is {self.growth_years:g}", rule="it is 1 or more"
            )
        if self.as_of_year and not _FIRST_YEAR <= self.as_of_year <= _LAST_YEAR:
            raise RecipeError(
                f"conditions: as_of_year is {self.as_of_year}",
                rule=f"it is a year from {_FIRST_YEAR} to {_LAST_YEAR}, or 0",
            )

    def run(self, tables: Tables) -> Tables:
        """Measure every candidate that was tested."""
        candidates = [r for r in tables.rows("candidate") if r["verdict"] != "too_small"]
        if not candidates:
            return Tables().with_rows("condition", [])
        world = World(tables, wide_radius_km=self.wide_radius_km, as_of_year=self.as_of_year)
        measured = {c["candidate_id"]: self._measured(c, world) for c in candidates}
        # People may state one fact in several units: like is compared with like only.
        known: dict[tuple[str, str], list[float]] = {}
        for findings in measured.values():
            for indicator, finding in findings.items():
                held = known.setdefault((indicator, finding.unit), [])
                held += [] if finding.value is None else [finding.value]
        known = {key: sorted(held) for key, held in known.items()}
        median = {key: float(np.median(held)) for key, held in known.items() if held}
        rows: list[Row] = []
        for candidate_id, findings in measured.items():
            for indicator, finding in findings.items():
                key = indicator, finding.unit
                row = self._row(finding, known[key], median.get(key))
                origin = finding.origin
                rows.append(
                    {
                        "candidate_id": candidate_id,
                        "indicator": indicator,
                        "sources": "|".join(sorted(origin.sources)) or None,
                        "first_year": origin.first_year,
                        "year": origin.last_year,
                        "known_as_of": world.known_as_of(origin),
                        **row,
                    }
                )
        return Tables().with_rows("condition", rows)

    def _measured(self, candidate: Row, world: World) -> dict[str, Finding]:
        subject = world.subject(candidate)
        return {
            **work_indicators(subject, world, growth_years=self.growth_years),
            **place_indicators(subject, world),
            **tie_indicators(subject, world, framework=self.framework),
        }

    def _row(self, finding: Finding, known: Sequence[float], median: float | None) -> Row:
        rank = None
        if finding.value is not None:
            rank = bisect_right(known, finding.value) / len(known)
        return {
            "theme": finding.theme,
            "value": _rounded(finding.value),
            "wider_value": _rounded(finding.wider),
            "nearest_km": _rounded(finding.nearest_km),
            "unit": finding.unit,
            "reference": _rounded(median),
            "rank_share": _rounded(rank),
            "verdict": self._verdict(finding, rank, known),
            "reasons": dump_reasons(finding.reasons),
            "based_on": json.dumps(sorted(set(finding.refs))[:_BASED_ON], ensure_ascii=False),
        }

    def _verdict(self, finding: Finding, rank: float | None, known: Sequence[float]) -> str:
        if finding.value is None or rank is None:
            return "not_known"
        # No change is no lack: growth of nothing is not missing.
        if finding.value == 0 and finding.unit != "change over mean":
            return "missing"
        if len(known) > 1 and rank >= self.strong_share and finding.value > known[0]:
            return "strong"
        return "weak" if rank <= self.weak_share else "present"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
