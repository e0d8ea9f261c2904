"""The frozen bundle of conforming tables and the engine that queries them."""

from __future__ import annotations

from clusterloom.tables.bundle import Tables, table_digest
from clusterloom.tables.conform import (
    arrow_schema,
    cell_fault,
    conform,
    empty_table,
    row_key,
    unknown_organisation,
)
from clusterloom.tables.engine import ENGINES, DuckDBEngine, Engine, engine_named

__all__ = [
    "ENGINES",
    "DuckDBEngine",
    "Engine",
    "Tables",
    "arrow_schema",
    "cell_fault",
    "conform",
    "empty_table",
    "engine_named",
    "row_key",
    "table_digest",
    "unknown_organisation",
]
