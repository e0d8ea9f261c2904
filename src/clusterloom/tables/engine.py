"""Named SQL behind a small protocol; each query is one file in `queries`, written for DuckDB."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from clusterloom.errors import ClusterloomError, SchemaError, UsageError
from clusterloom.schema import LARGEST_WEIGHT

__all__ = [
    "ENGINES",
    "DuckDBEngine",
    "Engine",
    "engine_named",
    "exact_sum",
    "named_tables",
    "plain_result",
    "query_names",
    "query_text",
    "read_result",
    "told_in_words",
]

ENGINES = ("duckdb", "spark")
_TOO_LARGE = "one weight is too large to be summed exactly"
_OVERFLOW = re.compile(r"overflow|out of range|NUMERIC_VALUE_OUT_OF_RANGE", re.IGNORECASE)


class Engine(Protocol):
    """What the rest of the program asks of an engine: run a named query over tables or files.

    Every engine gives the same rows in the same order, value for value.
    """

    def query(self, name: str, tables: Mapping[str, pa.Table], **parameters: Any) -> pa.Table:
        """Run the named query over Arrow tables, visible under their names."""
        ...

    def query_files(
        self, name: str, parquet: Mapping[str, Path], out: Path, **parameters: Any
    ) -> Path:
        """Run the named query over Parquet files and write one Parquet file."""
        ...


def engine_named(name: str) -> Engine:
    """Return the engine of a recipe's line `engine = "..."`.

    Raises
    ------
    UsageError
        If there is no engine of that name, or what it needs is not installed.
    """
    if name == "duckdb":
        return DuckDBEngine()
    if name == "spark":
        from clusterloom.tables.spark_engine import SparkEngine

        return SparkEngine()
    raise UsageError(f"there is no engine `{name}`", rule=f"engines are {', '.join(ENGINES)}")


class DuckDBEngine:
    """The embedded engine: one in-memory connection per query, nothing kept, no extension."""

    def query(self, name: str, tables: Mapping[str, pa.Table], **parameters: Any) -> pa.Table:
        """Run a named query; parameters are bound as ``$name``, never pasted into the text."""
        text = query_text(name)
        with told_in_words(name), _connected() as connection:
            for table_name in named_tables(text, tables):
                connection.register(table_name, tables[table_name])
            return plain_result(connection.execute(text, parameters or None).to_arrow_table())

    def query_files(
        self, name: str, parquet: Mapping[str, Path], out: Path, **parameters: Any
    ) -> Path:
        """Run a named query from Parquet to Parquet; rows never pass through Python."""
        text = query_text(name)
        temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex}.tmp")
        try:
            with told_in_words(name), _connected() as connection:
                for table_name in named_tables(text, parquet):
                    connection.read_parquet(str(parquet[table_name])).create_view(table_name)
                found = connection.sql(text, params=parameters or None)
                found.write_parquet(str(temporary), compression="zstd")
            os.replace(temporary, out)
        finally:
            temporary.unlink(missing_ok=True)
        return out


def query_text(name: str) -> str:
    """Return the SQL of one named query, `exact_sum` written out; SchemaError if there is none."""
    file = files("clusterloom.tables").joinpath("queries", f"{name}.sql")
    if not file.is_file():
        raise SchemaError(f"there is no named query `{name}`")
    text = file.read_text(encoding="utf-8")
    return re.sub(r"\bexact_sum\((\w+)\)", lambda found: exact_sum(found[1]), text)


def exact_sum(column: str) -> str:
    """Return SQL that sums a column of doubles as exact decimals with 12 places after the point.

    No order of summing changes such a sum. A double is not cast to a decimal, because engines
    round that differently: its whole part and the rest in units of 1e-12 are cast as whole
    numbers, and taking them apart is arithmetic of doubles, which is the same everywhere.

    Parameters
    ----------
    column : name of a column, 0 .. `LARGEST_WEIGHT`, any one unit

    Returns
    -------
    SQL in DuckDB's dialect, DECIMAL(38, 12); it fails on a value above `LARGEST_WEIGHT`
    """
    whole = (
        f"CASE WHEN {column} <= {LARGEST_WEIGHT:.0e} THEN FLOOR({column}) "
        f"ELSE error('{_TOO_LARGE}') END"
    )
    rest = f"FLOOR(({column} - FLOOR({column})) * 1e12 + 0.5)"
    # The widths are those at which neither engine has to shorten the product or the sum.
    return (
        f"SUM(CAST(CAST({whole} AS BIGINT) AS DECIMAL(28, 12)) + "
        f"CAST(CAST({rest} AS BIGINT) AS DECIMAL(14, 0)) "
        f"* CAST('0.000000000001' AS DECIMAL(12, 12)))"
    )


@contextmanager
def told_in_words(query: str) -> Iterator[None]:
    """Turn an engine's complaint that a number is too large into an error a user can act on.

    Raises
    ------
    SchemaError
        Instead of whatever the engine raises when a weight or a sum does not fit.
    """
    try:
        yield
    except ClusterloomError:
        raise
    except Exception as fault:
        said = str(fault)
        if _TOO_LARGE not in said and not _OVERFLOW.search(said):
            raise
        raise SchemaError(
            f"query `{query}`: {_TOO_LARGE}"
            if _TOO_LARGE in said
            else f"query `{query}`: a sum is too large for 26 digits before the point",
            rule=f"a weight is at most {LARGEST_WEIGHT:g}, in the source's own unit",
            hint="give the weights in a larger unit, for example in millions",
        ) from fault


def query_names() -> list[str]:
    """Return the names of all queries, sorted."""
    folder = files("clusterloom.tables").joinpath("queries")
    return sorted(f.name.removesuffix(".sql") for f in folder.iterdir() if f.name.endswith(".sql"))


def named_tables(text: str, known: Mapping[str, Any]) -> list[str]:
    """Return those of the known tables that the SQL names in FROM or JOIN, sorted.

    Examples
    --------
    >>> named_tables("SELECT 1 FROM link AS l JOIN place ON true", {"link": 1, "fact": 2})
    ['link']
    """
    return sorted(set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", text)) & set(known))


def plain_result(table: pa.Table) -> pa.Table:
    """Bring an engine's result to the types the program works with.

    Exact decimals become 64-bit floats here and not in the engine, so that every engine gives the
    same ones; whole numbers become 64-bit, text plain text. Metadata and null rules of the engine
    are left out.
    """
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_decimal(kind) and kind.scale:
            # By way of text: Arrow's own cast of 0.1 is off by the last digit.
            columns[name] = column.cast(pa.string()).cast(pa.float64())
        else:
            columns[name] = column.cast(_plain_type(kind))
    return pa.table(columns)


def read_result(path: Path) -> pa.Table:
    """Read a Parquet file that `query_files` wrote, as `query` would have returned it."""
    import pyarrow.parquet as pq

    return plain_result(pq.read_table(path))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind


def _connected() -> Any:
    import duckdb

    return duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
