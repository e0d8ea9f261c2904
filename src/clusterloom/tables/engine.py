"""Named SQL on DuckDB behind a small protocol; each query is one file in `queries`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Protocol

import pyarrow as pa

from clusterloom.errors import SchemaError

__all__ = ["DuckDBEngine", "Engine", "query_text"]


def query_text(name: str) -> str:
    """Return the SQL of one named query; SchemaError if there is none."""
    file = files("clusterloom.tables").joinpath("queries", f"{name}.sql")
    if not file.is_file():
        raise SchemaError(f"there is no named query `{name}`")
    return file.read_text(encoding="utf-8")


class Engine(Protocol):
    """What the rest of the program asks of an engine: run a named query over Arrow tables."""

    def query(self, name: str, tables: Mapping[str, pa.Table], **parameters: Any) -> pa.Table:
        """Run the named query; `tables` are visible under their names."""
        ...


class DuckDBEngine:
    """The embedded engine: one in-memory connection per query, nothing kept, no extension."""

    def query(self, name: str, tables: Mapping[str, pa.Table], **parameters: Any) -> pa.Table:
        """Run a named query; parameters are bound as ``$name``, never pasted into the text."""
        import duckdb

        with duckdb.connect(
            ":memory:", config={"autoinstall_known_extensions": "false"}
        ) as connection:
            for table_name, table in tables.items():
                connection.register(table_name, table)
            return connection.execute(query_text(name), parameters or None).to_arrow_table()
