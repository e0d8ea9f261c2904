"""Join the input tables of several sources into one bundle; nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clusterloom.schema import TABLES, TableKind
from clusterloom.tables import Tables, conform, row_key, unknown_organisation

__all__ = ["joined_sources"]

Row = dict[str, Any]
_INPUTS = tuple(t.name for t in TABLES.values() if t.kind is TableKind.INPUT)


def joined_sources(parts: Sequence[Mapping[str, pa.Table]]) -> Tables:
    """Join the tables of several sources, given in order of import.

    A key that two sources share stays with the first; a row about an organisation that no source
    describes has nobody to belong to. Both kinds of rows go to `quarantine` with the reason.
    """
    if len(parts) == 1 and _is_closed(parts[0]):
        return Tables(dict(parts[0]))
    kept: dict[str, dict[str, Row]] = {name: {} for name in _INPUTS if name != "quarantine"}
    refused: list[Row] = []
    for name, rows in kept.items():
        for part in parts:
            for row in part[name].to_pylist() if name in part else []:
                key = row_key(name, row)
                if key not in rows:
                    rows[key] = row
                elif name not in ("source", "place"):
                    refused.append(_taken(name, key, row, rows[key]))
    known = set(kept["organisation"])
    for name, rows in kept.items():
        lost = {key: unknown_organisation(name, row, known) for key, row in rows.items()}
        for key, column in lost.items():
            if column is None:
                continue
            if name == "organisation":  # keeps its place without the parent
                rows[key] = {**rows[key], column: None}
            else:
                refused.append(_orphaned(name, key, rows.pop(key), column))
    joined = {name: conform(name, rows.values()) for name, rows in kept.items()}
    held = [row for part in parts if "quarantine" in part for row in part["quarantine"].to_pylist()]
    distinct = {row["quarantine_id"]: row for row in [*held, *refused]}
    return Tables({**joined, "quarantine": conform("quarantine", distinct.values())})


def _is_closed(part: Mapping[str, pa.Table]) -> bool:
    """Tell whether every organisation a source names is one it describes."""
    import pyarrow.compute as pc

    known = part["organisation"]["org_id"] if "organisation" in part else pa.array([], pa.string())
    return all(
        pc.all(pc.is_in(table[column].drop_null(), value_set=known)).as_py() is not False
        for name, table in part.items()
        for column, target in TABLES[name].references
        if target == "organisation"
    )


def _taken(name: str, key: str, row: Row, holder: Row) -> Row:
    fault = f"key `{key}` is held by source `{holder['source_id']}` already"
    remedy = "give the row another key, or leave one of the sources out of the recipe"
    return _refusal(name, key, row, fault=fault, remedy=remedy)


def _orphaned(name: str, key: str, row: Row, column: str) -> Row:
    fault = f"{column} `{row[column]}` is no organisation of the sources joined here"
    remedy = "name the organisation's source in the recipe too, or correct the id"
    return _refusal(name, key, row, fault=fault, remedy=remedy)


def _refusal(name: str, key: str, row: Row, *, fault: str, remedy: str) -> Row:
    file, _, line = str(row.get("source_row") or "?").rpartition(":")
    return {
        "quarantine_id": f"{row['source_id']}:{name}:{key}",
        "source_id": row["source_id"],
        "table": name,
        "file": file or "?",
        "line": int(line) if line.isdigit() and int(line) > 0 else 1,
        "fault": fault,
        "remedy": remedy,
        "record": json.dumps(row, ensure_ascii=False, sort_keys=True),
    }
