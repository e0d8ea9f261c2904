"""Which organisations another paradigm mapping would change, direction by direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.entities.paradigm import Paradigm
from clusterloom.tables import Tables

__all__ = ["DirectionChange", "OrganisationChange", "paradigm_changes", "verdict_counts"]

Row = dict[str, Any]


@dataclass(frozen=True)
class DirectionChange:
    """A direction whose labels differ, with the reasons of the new ones as the table holds them."""

    activity_id: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class OrganisationChange:
    """An organisation whose directions are counted to other paradigms than before."""

    org_id: str
    old: Mapping[str, int]  # verdict -> directions
    new: Mapping[str, int]
    directions: tuple[DirectionChange, ...]


def paradigm_changes(
    tables: Tables, *, old: Paradigm, new: Paradigm
) -> tuple[list[OrganisationChange], Tables, Tables]:
    """Judge all directions by both mappings and compare.

    Parameters
    ----------
    tables : with `field`, `organisation`, `activity`, `development`, `activity_field`
    old, new : the stage with the mapping in force, and with the other

    Returns
    -------
    organisations that change, ordered by id; the results of the old and of the new mapping
        An organisation changes when a label of one of its directions does.
    """
    before, after = (stage.run(tables.select(stage.reads)) for stage in (old, new))
    labels_before, labels_after = _labels(before), _labels(after)
    counts_before, counts_after = verdict_counts(before), verdict_counts(after)
    reasons: dict[str, list[str]] = defaultdict(list)
    owner: dict[str, str] = {}
    for row in after.rows("direction_paradigm"):
        reasons[row["activity_id"]].append(row["reasons"])
        owner[row["activity_id"]] = row["org_id"]
    changed: dict[str, list[DirectionChange]] = defaultdict(list)
    for activity_id, labels in labels_after.items():
        if labels_before[activity_id] != labels:
            change = DirectionChange(
                activity_id, labels_before[activity_id], labels, tuple(reasons[activity_id])
            )
            changed[owner[activity_id]].append(change)
    found = [
        OrganisationChange(org_id, counts_before[org_id], counts_after[org_id], tuple(directions))
        for org_id, directions in sorted(changed.items())
    ]
    return found, before, after


def verdict_counts(result: Tables) -> dict[str, dict[str, int]]:
    """Count the directions of every organisation by verdict."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in result.rows("organisation_paradigm"):
        counts[row["org_id"]][row["verdict"]] = row["n_directions"]
    return counts


def _labels(result: Tables) -> dict[str, tuple[str, ...]]:
    labels: dict[str, list[str]] = defaultdict(list)
    rows: Sequence[Row] = result.rows("direction_paradigm")
    for row in rows:
        labels[row["activity_id"]].append(row["label"])
    return {activity_id: tuple(found) for activity_id, found in labels.items()}
