"""What every result table shares: its trail of reasons, sources and run."""

from __future__ import annotations

from clusterloom.schema._shorthand import json_text, real, text
from clusterloom.schema.model import Column, TableKind, TableSchema

__all__ = ["CLUSTER_ID", "ORG_ID", "result", "share", "weak_share"]


def result(
    name: str,
    meaning: str,
    key: tuple[str, ...],
    columns: tuple[Column, ...],
    references: tuple[tuple[str, str], ...] = (),
) -> TableSchema:
    """Declare a result table: its own columns and the three every result row ends with."""
    trail = (
        json_text(
            "reasons",
            "why, as templates with arguments",
            '[{"text": "works on {field}", "args": {}}]',
        ),
        json_text(
            "based_on", "the rows it rests on, as `table:key`", '["activity:by-nas-physics:a1"]'
        ),
        text(
            "run_id",
            "the run that made it (stamped by the runner)",
            "run-1f3a…",
            null="not yet stored",
        ),
    )
    return TableSchema(
        name=name,
        kind=TableKind.RESULT,
        meaning=meaning,
        key=key,
        columns=(*columns, *trail),
        references=references,
    )


def share(name: str, meaning: str, example: str, *, null: str = "never") -> Column:
    return real(name, meaning, example, unit="share", null=null, minimum=0, maximum=1)


def weak_share() -> Column:
    return share(
        "weak_share",
        "share of the evidence that is not marked verified",
        "0.3",
        null="no marks given",
    )


CLUSTER_ID = text(
    "cluster_id", "stable name of the composed cluster", "cluster-minsk--family-laser-technology"
)
ORG_ID = text("org_id", "the organisation", "by-nas-physics")
