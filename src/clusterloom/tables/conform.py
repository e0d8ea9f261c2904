"""Bring rows to the form the schema declares, or say what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from typing import Any

import pyarrow as pa

from clusterloom.errors import SchemaError
from clusterloom.schema import TABLES, Column, ColumnType, TableSchema

__all__ = [
    "arrow_schema",
    "cell_fault",
    "conform",
    "empty_table",
    "row_key",
    "unknown_organisation",
]

_ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.JSON: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.REAL: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
}


def arrow_schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a declared table."""
    return pa.schema(
        [
            pa.field(c.name, _ARROW_TYPES[c.type], nullable=not c.required)
            for c in _schema(table).columns
        ]
    )


def empty_table(table: str) -> pa.Table:
    """Return the table without rows."""
    return arrow_schema(table).empty_table()


def row_key(table: str, row: Mapping[str, Any]) -> str:
    """Return a row's key as text; the parts of a composite key are joined by ``~``."""
    return "~".join(str(row[name]) for name in _schema(table).key)


def unknown_organisation(table: str, row: Mapping[str, Any], known: Set[str]) -> str | None:
    """Return the first column that names an organisation not in `known`, or None."""
    for column, target in _schema(table).references:
        if target == "organisation" and row.get(column) is not None and row[column] not in known:
            return column
    return None


def cell_fault(column: Column, value: Any) -> str | None:
    """Say what is wrong with one value, or None when it is in order."""
    if value is None:
        return f"`{column.name}` is empty" if column.required else None
    if column.choices and value not in column.choices:
        return f"{column.name} `{value}` is not one of {', '.join(column.choices)}"
    if column.type in (ColumnType.INTEGER, ColumnType.REAL):
        if not isinstance(value, int | float) or isinstance(value, bool):
            return f"{column.name} `{value}` is not a number"
        if not math.isfinite(value):
            return f"{column.name} is {value}, not a finite number"
        if column.type is ColumnType.INTEGER and value != int(value):
            return f"{column.name} {value} is not a whole number"
        if column.minimum is not None and value < column.minimum:
            return f"{column.name} {value:g} is below {column.minimum:g} {column.unit}"
        if column.maximum is not None and value > column.maximum:
            return f"{column.name} {value:g} is above {column.maximum:g} {column.unit}"
    elif column.type is ColumnType.BOOLEAN:
        if not isinstance(value, bool):
            return f"{column.name} `{value}` is not true or false"
    elif not isinstance(value, str):
        return f"{column.name} `{value}` is not text"
    return None


def conform(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a conforming Arrow table: declared columns in order, checked values, rows sorted by key.

    Raises
    ------
    SchemaError
        On an undeclared column, a value the schema does not allow, or a key that occurs twice.
    """
    schema = _schema(table)
    known = set(schema.column_names)
    keyed: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in rows:
        extra = set(row) - known
        if extra:
            raise SchemaError(
                f"table `{table}` has no column `{sorted(extra)[0]}`",
                hint=f"`clusterloom schema {table}` lists the columns",
            )
        for column in schema.columns:
            fault = cell_fault(column, row.get(column.name))
            if fault is not None:
                where = "~".join(str(row.get(name)) for name in schema.key)
                raise SchemaError(f"table `{table}`, row `{where}`: {fault}", rule=column.meaning)
        key = tuple(str(row[name]) for name in schema.key)
        if key in keyed:
            raise SchemaError(
                f"table `{table}` has the key `{'~'.join(key)}` twice",
                rule=f"{', '.join(schema.key)} identify a row",
            )
        keyed[key] = row
    ordered = [keyed[key] for key in sorted(keyed)]
    arrays = [
        pa.array([_cast(c, row.get(c.name)) for row in ordered], type=_ARROW_TYPES[c.type])
        for c in schema.columns
    ]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _cast(column: Column, value: Any) -> Any:
    return int(value) if value is not None and column.type is ColumnType.INTEGER else value


def _schema(table: str) -> TableSchema:
    if table not in TABLES:
        raise SchemaError(
            f"there is no table `{table}`", hint="`clusterloom schema` lists the tables"
        )
    return TABLES[table]
