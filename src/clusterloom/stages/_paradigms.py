"""The paradigms of the part of a direction that lies in one field, as the stages ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from clusterloom.tables import Tables

__all__ = ["Paradigms"]

Row = dict[str, Any]


class Paradigms:
    """Labels and whose judgement they are, for rows of `activity_field`."""

    def __init__(self, tables: Tables) -> None:
        self._by_direction: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("direction_paradigm"):
            self._by_direction[row["activity_id"]].append(row)

    def of(self, assignment: Row) -> Mapping[str, str]:
        """Label -> source, survey, code, text or field; empty where the paradigm is not known.

        A direction that nobody judged keeps what its source or the survey states.
        """
        found = self._by_direction.get(assignment["activity_id"])
        if found is None:
            stated = assignment["paradigm"]
            return {stated: assignment["paradigm_origin"] or "source"} if stated else {}
        return {
            row["label"]: row["origin"]
            for row in found
            if row["origin"] is not None
            and (row["fields"] is None or assignment["field_id"] in row["fields"].split("|"))
        }

    def references(self, activity_ids: Iterable[str], label: str) -> list[str]:
        """Rows of `direction_paradigm` that give these directions the label."""
        return [
            f"direction_paradigm:{activity_id}~{label}"
            for activity_id in activity_ids
            if any(row["label"] == label for row in self._by_direction.get(activity_id, ()))
        ]
