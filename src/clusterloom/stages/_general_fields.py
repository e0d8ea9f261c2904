"""Fields that serve every theme: money, administration, training, services to business."""

from __future__ import annotations

from collections.abc import Iterable

from clusterloom.tables import Tables

__all__ = ["below", "without_general_families"]


def below(tables: Tables, roots: Iterable[str]) -> frozenset[str]:
    """Return fields and all fields below them in the catalogue's tree."""
    parent = {row["field_id"]: row["parent_id"] for row in tables.rows("field")}
    found = set(roots)
    while more := {f for f, above in parent.items() if above in found and f not in found}:
        found |= more
    return frozenset(found)


def without_general_families(tables: Tables, roots: Iterable[str]) -> Tables:
    """Take these fields, and all below them, out of the families of fields.

    What an organisation does in them still counts as part of its work.
    """
    general = below(tables, roots)
    kept = [row for row in tables.rows("field_family") if row["field_id"] not in general]
    return tables.with_rows("field_family", kept)
