"""The tables of Clusterloom: every column with type, unit, meaning, null rule and example."""

from __future__ import annotations

from clusterloom.schema.derived import DERIVED_TABLES
from clusterloom.schema.inputs import INPUT_TABLES
from clusterloom.schema.model import Column, ColumnType, TableKind, TableSchema, by_name
from clusterloom.schema.reasons import Reason, dump_reasons, load_reasons, reason
from clusterloom.schema.results import RESULT_TABLES
from clusterloom.schema.vocabulary import LARGEST_WEIGHT

__all__ = [
    "LARGEST_WEIGHT",
    "TABLES",
    "Column",
    "ColumnType",
    "Reason",
    "TableKind",
    "TableSchema",
    "dump_reasons",
    "load_reasons",
    "reason",
]

TABLES: dict[str, TableSchema] = by_name((*INPUT_TABLES, *DERIVED_TABLES, *RESULT_TABLES))
