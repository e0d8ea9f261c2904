"""The frozen bundle of conforming tables that stages read and write."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clusterloom.tables.conform import conform, empty_table
from clusterloom.tables.engine import DuckDBEngine, Engine

__all__ = ["Tables", "table_digest"]


@dataclass(frozen=True)
class Tables:
    """Conforming tables by name. A table nobody filled reads as empty.

    Nothing is changed in place: `with_rows` and `merged` return new bundles.
    """

    by_name: Mapping[str, pa.Table] = field(default_factory=dict)
    engine: Engine = field(default_factory=DuckDBEngine, compare=False)

    def __getitem__(self, name: str) -> pa.Table:
        return self.by_name[name] if name in self.by_name else empty_table(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that are present, sorted."""
        return tuple(sorted(self.by_name))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a table as a list of dicts (for small tables), in key order."""
        return self[name].to_pylist()

    def by_key(self, name: str, key: str) -> dict[str, dict[str, Any]]:
        """Return a table's rows by one column that identifies them."""
        return {row[key]: row for row in self.rows(name)}

    def with_rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Tables:
        """Return a bundle in which the table holds exactly these rows, checked by the schema."""
        return Tables({**self.by_name, name: conform(name, rows)}, self.engine)

    def merged(self, other: Tables) -> Tables:
        """Return a bundle with the other's tables put in place of its own of the same name."""
        return Tables({**self.by_name, **other.by_name}, self.engine)

    def select(self, names: Iterable[str]) -> Tables:
        """Return a bundle with only these tables (absent ones stay absent)."""
        return Tables({n: self.by_name[n] for n in names if n in self.by_name}, self.engine)

    def query(self, name: str, **parameters: Any) -> pa.Table:
        """Run a named query over these tables and return a small Arrow table."""
        from clusterloom.schema import TABLES

        return self.engine.query(name, {table: self[table] for table in TABLES}, **parameters)


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 of a table's content (schema, values, nulls), whatever its chunking."""
    import pyarrow.compute as pc

    # What lies under a null differs between memory and disk: digest a neutral value and the mask.
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        neutral = pa.scalar("" if pa.types.is_string(column.type) else 0).cast(column.type)
        columns[name] = pc.fill_null(column, neutral)
        columns[f"{name} is null"] = pc.is_null(column)
    combined = pa.table(columns).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, combined.schema) as writer:
        writer.write_table(combined, max_chunksize=None)
    return hashlib.sha256(sink.getvalue()).hexdigest()
