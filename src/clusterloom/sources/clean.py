"""Raw records to rows of a table; what does not fit goes to quarantine with its reason."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.schema import TABLES, Column, ColumnType, TableSchema
from clusterloom.sources.languages import PLAIN_TEXT, settle_texts
from clusterloom.sources.mapping import TableMapping
from clusterloom.sources.read import RawTable
from clusterloom.sources.words import country_meant, number_meant, value_meant
from clusterloom.tables import cell_fault, row_key

__all__ = ["Cleaned", "clean_table"]

Row = dict[str, Any]
_FILLED_LATER = {"source_id", "source_row", "extent_km", "coord_precision", "place_id", "weight"}
# Their keys stand in the file; those of other tables are made from what the row says.
_KEYED_BY_PEOPLE = ("organisation", "place", "existing_cluster", "existing_cluster_member")
# Some name is needed; English is only the language most readers share.
_NAMES = ("name_en", "name_ru", "name_zh", "name_be")


class Cleaned:
    """Rows in order of the file, and the rows that were refused."""

    def __init__(self, table: str, source_id: str) -> None:
        self.table = table
        self.source_id = source_id
        self.rows: list[Row] = []
        self.refused: list[Row] = []
        self._of_line: Counter[tuple[str, int]] = Counter()

    def refuse(
        self, file: str, line: int, *, fault: str, remedy: str, record: Mapping[str, Any]
    ) -> None:
        """Put a row into quarantine."""
        number = self._of_line[file, line]
        self._of_line[file, line] += 1
        suffix = f"#{number + 1}" if number else ""
        self.refused.append(
            {
                "quarantine_id": f"{self.source_id}:{file}:{line}:{self.table}{suffix}",
                "source_id": self.source_id,
                "table": self.table,
                "file": file,
                "line": line,
                "fault": fault,
                "remedy": remedy,
                "record": json.dumps(dict(record), ensure_ascii=False, sort_keys=True, default=str),
            }
        )


def clean_table(
    raw: RawTable, table: str, *, source_id: str, mapping: TableMapping | None = None
) -> Cleaned:
    """Turn raw records into rows of one input table.

    Raises
    ------
    SourceError
        If a required column is missing from the whole file.
    """
    mapping = mapping or TableMapping()
    schema = TABLES[table]
    columns = [mapping.column(table, heading) for heading in raw.header]
    _check_columns(raw, schema, {*columns, *mapping.constants})
    cleaned = Cleaned(table, source_id)
    faults: dict[int, str] = dict(reversed(raw.faults))
    counters: Counter[str] = Counter()
    seen: dict[str, int] = {}
    for line, cells in raw.records:
        record = dict(zip(raw.header, cells, strict=True))
        row, fault, remedy = _row(schema, dict(zip(columns, cells, strict=True)), mapping)
        if line in faults:
            fault, remedy = faults[line], "correct the cell in the file"
        if fault is None:
            row |= {"source_id": source_id, "source_row": f"{raw.file}:{line}"}
            _give_key(table, row, counters)
            fault, remedy = _row_fault(schema, row)
        key = row_key(table, row) if fault is None else ""
        if fault is None and key in seen:
            fault = f"the key `{key}` stands on line {seen[key]} already"
            remedy = "give the row another key, or remove one of the two"
        if fault is not None:
            cleaned.refuse(raw.file, line, fault=fault, remedy=remedy, record=record)
            continue
        seen[key] = line
        if table == "activity":
            given = {**mapping.constants, **dict(zip(columns, cells, strict=True))}
            for fault, remedy in settle_texts(row, given.get(PLAIN_TEXT)):
                cleaned.refuse(raw.file, line, fault=fault, remedy=remedy, record=record)
        cleaned.rows.append(row)
    return cleaned


def _check_columns(raw: RawTable, schema: TableSchema, present: set[str]) -> None:
    key_made_here = schema.name not in _KEYED_BY_PEOPLE
    for column in schema.columns:
        needed = column.required and column.name not in _FILLED_LATER
        if key_made_here and column.name in schema.key:
            needed = False
        if column.name in _NAMES and present & set(_NAMES):
            needed = False
        if needed and column.name not in present:
            near = difflib.get_close_matches(column.name, [h for h in raw.header if h], n=1)
            raise SourceError(
                f"{raw.file} has no column `{column.name}`",
                rule=f"table `{schema.name}` needs it: {column.meaning}",
                hint=f"is it your column `{near[0]}`? Say so in a mapping file"
                if near
                else "add the column, or name yours in a mapping file",
            )


def _row(
    schema: TableSchema, cells: Mapping[str, str | None], mapping: TableMapping
) -> tuple[Row, str | None, str]:
    """Parse the cells; return the row and the first fault with its remedy."""
    row: Row = {}
    known = set(schema.column_names)
    for name, cell in {**mapping.constants, **cells}.items():
        if name not in known:
            continue
        text = mapping.values.get(name, {}).get(cell, cell) if cell is not None else None
        column = schema.column(name)
        value, fault = _parsed(column, text)
        if fault is not None:
            return row, fault, _remedy(column)
        row[name] = value
    if row.get("weight") is None and "weight" in known:
        row["weight"] = 1.0
    if schema.name == "organisation":
        row["coord_precision"] = row.get("coord_precision") or "unknown"
    if row.get("country") is not None:
        row["country"] = country_meant(row["country"])
    if "name_en" in known and row.get("name_en") is None:
        row["name_en"] = next((row[name] for name in _NAMES if row.get(name)), None)
    if isinstance(row.get("lon_deg"), float | int) and 180 < row["lon_deg"] <= 360:
        row["lon_deg"] -= 360  # counted eastwards from 0 to 360: the same meridian
    if schema.name == "place" and row.get("extent_km") is None:
        row["extent_km"] = 0.0
    return row, None, ""


def _parsed(column: Column, text: str | None) -> tuple[Any, str | None]:
    if text is None:
        return None, None
    if column.type in (ColumnType.TEXT, ColumnType.JSON):
        return value_meant(text, column.choices) or text, None
    number = number_meant(text)
    if number is None:
        return None, f"{column.name} `{text}` is not a number"
    if column.type is ColumnType.INTEGER and number == int(number):
        return int(number), None
    return number, None


def _row_fault(schema: TableSchema, row: Row) -> tuple[str | None, str]:
    lat, lon = row.get("lat_deg"), row.get("lon_deg")
    if lat is not None and lon is not None and abs(lat) > 90 and abs(lon) <= 90:
        return (
            f"lat_deg {lat:g} is out of range and lon_deg is {lon:g}: they look swapped",
            "put the latitude (-90..90) into lat_deg and the longitude into lon_deg",
        )
    if (lat is None) != (lon is None):
        return "only one of latitude and longitude is given", "give both or none"
    for column in schema.columns:
        if column.name in _FILLED_LATER and row.get(column.name) is None:
            continue
        fault = cell_fault(column, row.get(column.name))
        if fault is not None:
            return fault, _remedy(column)
    country = row.get("country")
    if country is not None and not re.fullmatch("[A-Z]{2}", country):
        return (
            f"country `{country}` is not known",
            "use the ISO 3166 code, e.g. BY, or the country's usual name",
        )
    if schema.name == "link" and row["org_a"] == row["org_b"]:
        return f"org_a and org_b are both `{row['org_a']}`", "a tie joins two organisations"
    return None, ""


def _remedy(column: Column) -> str:
    if column.choices:
        return f"use one of: {', '.join(column.choices)}"
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        return f"give {column.meaning}, {low}..{high} {column.unit}"
    return f"give {column.meaning}, for example {column.example}"


def _give_key(table: str, row: Row, counters: Counter[str]) -> None:
    """Make the key of a row whose file has none, from what the row says."""
    if table == "link" and not row.get("link_id") and row.get("org_a") and row.get("org_b"):
        stem = f"{row['org_a']}|{row['org_b']}|{row.get('kind')}"
        counters[stem] += 1
        row["link_id"] = stem if counters[stem] == 1 else f"{stem}#{counters[stem]}"
    prefixes = {"activity": "a", "development": "d", "investor_profile": "p"}
    if table in prefixes and not row.get(f"{table}_id") and row.get("org_id"):
        counters[row["org_id"]] += 1
        row[f"{table}_id"] = f"{row['org_id']}:{prefixes[table]}{counters[row['org_id']]}"
    if table == "commitment" and not row.get("commitment_id") and row.get("org_a"):
        row["commitment_id"] = f"{row['org_a']}|{row.get('org_b')}"
    if table == "fact" and not row.get("fact_id") and row.get("subject_id"):
        row["fact_id"] = f"{row['subject_id']}:{row.get('indicator')}"
