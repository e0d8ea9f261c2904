"""Conforming tables from whole columns: for tables too long to be handled row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clusterloom.errors import SchemaError
from clusterloom.schema import TABLES, Column
from clusterloom.tables.conform import arrow_schema

__all__ = ["conform_columns"]


def conform_columns(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """Make a conforming Arrow table of columns: the same checks as `conform`, done in bulk.

    Parameters
    ----------
    table : name of a declared table
    columns : arrays or lists of one length, by column; a column left out is null throughout
        In numbers, NaN is null.

    Returns
    -------
    declared columns in order, rows sorted by key

    Raises
    ------
    SchemaError
        On an undeclared table or column, a value the schema does not allow, or a key that occurs
        twice.

    Examples
    --------
    >>> conform_columns("field_family", {
    ...     "field_id": ["optics", "lasers"], "family_id": ["light", "light"],
    ...     "centrality": np.array([0.25, 0.75])})["field_id"].to_pylist()
    ['lasers', 'optics']
    """
    schema = arrow_schema(table)
    extra = sorted(set(columns) - set(schema.names))
    if extra:
        raise SchemaError(
            f"table `{table}` has no column `{extra[0]}`",
            hint=f"`clusterloom schema {table}` lists the columns",
        )
    length = len(next(iter(columns.values()))) if columns else 0
    arrays = []
    for declared, column in zip(schema, TABLES[table].columns, strict=True):
        given = columns.get(column.name)
        array = _array(given, declared.type, length)
        _check(table, column, array)
        arrays.append(array)
    made = pa.Table.from_arrays(arrays, schema=schema)
    key = TABLES[table].key
    made = made.sort_by([(name, "ascending") for name in key])
    if length and made.group_by(list(key)).aggregate([([], "count_all")]).num_rows < length:
        raise SchemaError(
            f"table `{table}` has a key twice", rule=f"{', '.join(key)} identify a row"
        )
    return made.combine_chunks()


def _array(given: Any, kind: pa.DataType, length: int) -> Any:
    if given is None:
        return pa.array([None] * length, kind)
    array = given if isinstance(given, pa.Array | pa.ChunkedArray) else pa.array(given)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), None, array)
    return array.cast(kind)


def _check(table: str, column: Column, array: Any) -> None:
    if column.required and array.null_count:
        raise SchemaError(
            f"table `{table}`: `{column.name}` is empty in {array.null_count} rows",
            rule=column.meaning,
        )
    if column.choices:
        strange = sorted(set(pc.unique(array).to_pylist()) - {*column.choices, None})
        if strange:
            raise SchemaError(
                f"table `{table}`: {column.name} `{strange[0]}` is not one of "
                f"{', '.join(column.choices)}",
                rule=column.meaning,
            )
    if not pa.types.is_floating(array.type) and not pa.types.is_integer(array.type):
        return
    values = np.asarray(array.drop_null().to_numpy(zero_copy_only=False), dtype=float)
    for limit, outside in ((column.minimum, np.less), (column.maximum, np.greater)):
        if limit is not None and len(values) and outside(values, limit).any():
            worst = values[outside(values, limit)][0]
            side = "below" if outside is np.less else "above"
            raise SchemaError(
                f"table `{table}`: {column.name} {worst:g} is {side} {limit:g} {column.unit}",
                rule=column.meaning,
            )
    if not np.isfinite(values).all():
        raise SchemaError(
            f"table `{table}`: {column.name} is infinite", rule="numbers are finite or null"
        )
