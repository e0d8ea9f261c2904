"""What a column and a table are: name, type, unit, meaning, null rule and example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Column", "ColumnType", "TableKind", "TableSchema", "by_name"]


class ColumnType(StrEnum):
    """The five types a value can have."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    JSON = "json"  # stored as text; the meaning says what is inside


class TableKind(StrEnum):
    """Who writes a table: people and registers, the program on the way, or a stage."""

    INPUT = "input"
    DERIVED = "derived"
    RESULT = "result"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One documented column.

    `null` says what an empty cell means; the word ``never`` makes the column required.
    `minimum` and `maximum` are inclusive and in the column's own unit.
    """

    name: str
    type: ColumnType
    meaning: str
    example: str
    unit: str = "-"
    null: str = "never"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def required(self) -> bool:
        """True when an empty cell is not allowed."""
        return self.null == "never"


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """One documented table; `key` names the columns that identify a row."""

    name: str
    kind: TableKind
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[str, str], ...] = ()  # (column, table whose key it holds)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in their stored order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column by name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table `{self.name}` has no column `{name}`")


def by_name(tables: Iterable[TableSchema]) -> dict[str, TableSchema]:
    """Return tables by name.

    Raises
    ------
    ValueError
        If two tables have one name: the later one would hide the other.
    """
    found: dict[str, TableSchema] = {}
    for table in tables:
        if table.name in found:
            raise ValueError(f"two tables are called `{table.name}`")
        found[table.name] = table
    return found
