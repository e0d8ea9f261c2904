"""A timetable of meetings for a real event, made of a plan's missing ties."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clusterloom.errors import UsageError
from clusterloom.measures.meetings import timetable
from clusterloom.plan.recipe import build_stages
from clusterloom.tables import Tables

if TYPE_CHECKING:
    from clusterloom.api import Plan

__all__ = ["Event", "plan_event"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """Who meets whom in which round, who has no meeting, and how good the choice is.

    `meetings` are rows of `introduction` with `round` and `table` (both from 1); `alone` maps an
    org_id to ``no_pair`` or ``full``; `gap` is the share by which the total score could be higher
    at most (0: no better choice exists).
    """

    tables: Tables
    meetings: tuple[Row, ...]
    alone: dict[str, str]
    gap: float

    def view(self, language: str = "en") -> dict[str, Any]:
        """Return the timetable in one language, as plain data."""
        from clusterloom.views.timetable_view import timetable_view

        view = timetable_view(self.tables, self.meetings, self.alone, language=language)
        return {"gap": self.gap, **view}

    def lines(self, language: str = "en") -> list[str]:
        """Return the timetable as text, round by round."""
        from clusterloom.views.timetable_view import timetable_lines

        return timetable_lines(self.view(language))

    def write(self, folder: Path, *, language: str = "en") -> list[Path]:
        """Write the timetable as a workbook and as CSV files."""
        from clusterloom.views.timetable_view import write_timetable

        return write_timetable(self.view(language), folder)


def plan_event(
    plan: Plan,
    *,
    per_organisation: int = 3,
    rounds: int = 6,
    clusters: Sequence[str] = (),
    outside: bool = False,
) -> Event:
    """Make a timetable of the missing ties of a plan: the best choice, nobody twice in a round.

    As many organisations as possible get a meeting; among those choices the one of the largest
    total score is taken.

    Parameters
    ----------
    plan : a finished plan; scores follow the parameters of its recipe
    per_organisation : meetings of one organisation at most, >= 1
    rounds : rounds of the event, >= 1
    clusters : cluster ids that take part; all when empty
    outside : whether partners one step outside the clusters are invited too

    Raises
    ------
    UsageError
        If a number is below 1, or there is no cluster of that name.
    """
    for name, value in (("per_organisation", per_organisation), ("rounds", rounds)):
        if value < 1:
            raise UsageError(f"{name} is {value}", rule="it is at least 1")
    pairs = _pairs(plan, _checked_clusters(plan.tables, clusters), outside=outside)
    names = sorted({end for _, pair in pairs for end in (pair["org_a"], pair["org_b"])})
    number = {org_id: i for i, org_id in enumerate(names)}
    ends = [(number[pair["org_a"]], number[pair["org_b"]]) for _, pair in pairs]
    found = timetable(
        np.array(ends, dtype=np.int64).reshape(-1, 2),
        np.array([pair["score"] for _, pair in pairs], dtype=float),
        np.full(len(names), per_organisation, dtype=np.int64),
        rounds=rounds,
    )
    met = [(int(r), i) for i, r in enumerate(found.rounds) if r]
    meetings: list[Row] = []
    tables_used: Counter[int] = Counter()
    for number_of_round, i in sorted(met):
        circle, pair = pairs[i]
        tables_used[number_of_round] += 1
        row = circle.row(pair, rank=len(meetings) + 1)
        meetings.append({**row, "round": number_of_round, "table": tables_used[number_of_round]})
    alone = _alone(plan.tables, clusters, names, meetings)
    return Event(plan.tables, tuple(meetings), alone, found.gap)


def _pairs(plan: Plan, clusters: set[str], *, outside: bool) -> list[tuple[Any, Row]]:
    """Return circle and pair of every missing tie; of a pair in two clusters the better one."""
    from clusterloom.stages.introductions import Introductions

    own = {k: v for k, v in plan.recipe.stages.items() if k == Introductions.name}
    (stage,) = build_stages(dataclasses.replace(plan.recipe, stages=own), [Introductions])
    assert isinstance(stage, Introductions)
    best: dict[tuple[str, str], tuple[Any, Row]] = {}
    for circle in stage.circles(plan.tables):
        if circle.cluster_id not in clusters:
            continue
        for pair in circle.pairs():
            key = pair["org_a"], pair["org_b"]
            if not outside and pair["reach"] != "inside":
                continue
            if key not in best or pair["score"] > best[key][1]["score"]:
                best[key] = (circle, pair)
    return [best[key] for key in sorted(best)]


def _checked_clusters(tables: Tables, clusters: Sequence[str]) -> set[str]:
    known = {row["cluster_id"] for row in tables.rows("cluster")}
    unknown = sorted(set(clusters) - known)
    if unknown:
        raise UsageError(
            f"there is no cluster `{unknown[0]}` in the plan",
            rule=f"clusters are {', '.join(sorted(known)) or 'none'}",
            hint="`clusterloom show cluster` lists them",
        )
    return set(clusters) or known


def _alone(
    tables: Tables, clusters: Sequence[str], names: Sequence[str], meetings: Sequence[Row]
) -> dict[str, str]:
    """Say of every member without a meeting whether nothing speaks for one or nobody had room."""
    busy = {end for row in meetings for end in (row["org_a"], row["org_b"])}
    members = {
        row["org_id"]
        for row in tables.rows("membership")
        if not clusters or row["cluster_id"] in clusters
    }
    possible = set(names)
    return {
        org_id: "full" if org_id in possible else "no_pair" for org_id in sorted(members - busy)
    }
