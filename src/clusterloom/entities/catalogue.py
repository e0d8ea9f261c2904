"""The field catalogue: some two hundred sciences, technologies and industries, four languages."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.schema import TABLES
from clusterloom.tables import Tables

__all__ = ["CATALOGUE_VERSION", "read_catalogue"]

CATALOGUE_VERSION = "2026.1"


def read_catalogue() -> Tables:
    """Read the catalogue that ships with the program into the `field` table.

    Raises
    ------
    SourceError
        If a parent is missing: the packaged files are damaged.
    """
    columns = TABLES["field"].column_names
    rows: list[dict[str, Any]] = []
    folder = files("clusterloom").joinpath("data", "fields")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".csv"):
            continue
        for record in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))):
            rows.append({name: record[name] or None for name in columns})
    known = {row["field_id"] for row in rows}
    for row in rows:
        if row["parent_id"] is not None and row["parent_id"] not in known:
            raise SourceError(
                f"field `{row['field_id']}` has the unknown parent `{row['parent_id']}`",
                rule="every parent is a field of the catalogue",
                hint="install the package again: its data files are damaged",
            )
    return Tables().with_rows("field", rows)
