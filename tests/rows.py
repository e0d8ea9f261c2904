"""Rows of result tables for toys: what a test does not speak of is filled in by the schema."""

from __future__ import annotations

from clusterloom.schema import TABLES, ColumnType

__all__ = ["cluster_row", "filled", "result", "seat_row"]


def filled(table: str, **values: object) -> dict:
    """A row with every required column: the given ones, else the least the schema allows."""
    row: dict[str, object] = {}
    for column in TABLES[table].columns:
        if not column.required:
            continue
        if column.choices:
            row[column.name] = column.choices[0]
        elif column.type is ColumnType.JSON:
            row[column.name] = "[]"
        elif column.type is ColumnType.BOOLEAN:
            row[column.name] = False
        elif column.type in (ColumnType.INTEGER, ColumnType.REAL):
            row[column.name] = max(column.minimum or 0, 0)
        else:
            row[column.name] = "x"
    return {**row, **values}


def result(**values: object) -> dict:
    """A result row without a trail."""
    return {"reasons": "[]", "based_on": "[]", **values}


def cluster_row(cluster_id: str, country: str = "XA") -> dict:
    """A cluster that works on lasers and covers half of what it needs."""
    candidate = f"candidate-{cluster_id}"
    return filled(
        "cluster", cluster_id=cluster_id, candidate_id=candidate, country=country,
        main_fields="lasers", coverage=0.5,
    )  # fmt: skip


def seat_row(cluster_id: str, org_id: str, role: str) -> dict:
    """A seat that covers nothing."""
    return filled(
        "membership", cluster_id=cluster_id, org_id=org_id, role=role, covers="",
        marginal_value=0.1,
    )  # fmt: skip
