"""Short constructors for column declarations, so that a table reads as a table."""

from __future__ import annotations

from clusterloom.schema.model import Column, ColumnType

__all__ = ["ABSENT", "integer", "json_text", "real", "text"]

ABSENT = "not known"


def text(
    name: str, meaning: str, example: str, *, null: str = "never", choices: tuple[str, ...] = ()
) -> Column:
    """Declare a text column."""
    return Column(
        name=name,
        type=ColumnType.TEXT,
        meaning=meaning,
        example=example,
        null=null,
        choices=choices,
    )


def real(
    name: str,
    meaning: str,
    example: str,
    *,
    unit: str,
    null: str = "never",
    minimum: float | None = None,
    maximum: float | None = None,
) -> Column:
    """Declare a real-number column with its unit and its inclusive range."""
    return Column(
        name=name,
        type=ColumnType.REAL,
        meaning=meaning,
        example=example,
        unit=unit,
        null=null,
        minimum=minimum,
        maximum=maximum,
    )


def integer(
    name: str,
    meaning: str,
    example: str,
    *,
    unit: str,
    null: str = "never",
    minimum: float | None = None,
    maximum: float | None = None,
) -> Column:
    """Declare a whole-number column with its unit and its inclusive range."""
    return Column(
        name=name,
        type=ColumnType.INTEGER,
        meaning=meaning,
        example=example,
        unit=unit,
        null=null,
        minimum=minimum,
        maximum=maximum,
    )


def json_text(name: str, meaning: str, example: str) -> Column:
    """Declare a column that holds JSON as text."""
    return Column(name=name, type=ColumnType.JSON, meaning=meaning, example=example)
