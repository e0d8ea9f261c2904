"""What all clusters of one run are composed from: read once, shared by every candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.errors import StageError
from clusterloom.stages._needs import Knowledge, NeedRules
from clusterloom.stages._pool import Positions, Ties, countrywide
from clusterloom.stages._seat_rules import Standing
from clusterloom.tables import Tables
from clusterloom.tables.order import surest_first

__all__ = ["World", "candidates_with_core"]

Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """What every candidate of one run shares."""

    knowledge: Knowledge
    rules: NeedRules
    positions: Positions
    ties: Ties
    countrywide: frozenset[int]  # who serves a whole country from wherever it sits
    standing: Standing

    @classmethod
    def of(
        cls,
        tables: Tables,
        rules: NeedRules,
        *,
        stages_of_role: dict[str, tuple[str, ...]],
        tie_weights: dict[str, float],
        currency: str,
    ) -> World:
        """Read the tables."""
        knowledge = Knowledge.of(
            tables,
            rules.general_fields + rules.certification_fields,
            stages_of_role=stages_of_role,
        )
        return cls(
            knowledge,
            rules,
            Positions.of(tables, knowledge.organisations),
            Ties.of(tables, tie_weights),
            countrywide(knowledge.organisations),
            Standing.of(tables, knowledge.organisations, currency),
        )

    def named(
        self, entries: tuple[str, ...], cluster_id: str, *, only_exact: bool = False
    ) -> set[int]:
        """Return positions of the organisations a must-list names for this cluster."""
        found: set[int] = set()
        for entry in entries:
            cluster, exact, org_id = entry.rpartition("=")
            if org_id not in self.knowledge.position:
                raise StageError(
                    f"composition: there is no organisation `{org_id}`",
                    hint="must_have and must_not take org_id or cluster_id=org_id",
                )
            if cluster == cluster_id or (not exact and not only_exact):
                found.add(self.knowledge.position[org_id])
        return found

    def known(self, org_ids: Sequence[str]) -> list[int]:
        """Return positions of those organisations that are in the tables."""
        position = self.knowledge.position
        return [position[org_id] for org_id in org_ids if org_id in position]


def candidates_with_core(
    tables: Tables, *, min_core: int, max_clusters: int
) -> list[tuple[Row, list[str]]]:
    """Return the candidates to compose, surest first, with their core, strongest first."""
    cores: dict[str, list[Row]] = {}
    for row in tables.rows("core_score"):
        if row["verdict"] == "core":
            cores.setdefault(row["candidate_id"], []).append(row)
    ready = [
        row
        for row in tables.rows("candidate")
        if len(cores.get(row["candidate_id"], ())) >= max(min_core, 1)
    ]
    ready.sort(key=lambda row: (surest_first(row), row["candidate_id"]))
    pairs = []
    for candidate in ready[:max_clusters]:
        core = cores[candidate["candidate_id"]]
        core = sorted(core, key=lambda row: (-row["score"], row["org_id"]))
        pairs.append((candidate, [row["org_id"] for row in core]))
    return pairs
