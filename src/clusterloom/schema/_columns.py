"""Columns that many input tables share: years, and where a row came from."""

from __future__ import annotations

from clusterloom.schema._shorthand import ABSENT, integer, text
from clusterloom.schema.model import Column
from clusterloom.schema.vocabulary import EVIDENCE_MARKS

__all__ = ["origin", "year"]

_FIRST_YEAR, _LAST_YEAR = 1000, 2100


def origin() -> tuple[Column, ...]:
    """Columns every input row ends with: where it came from and how far it can be trusted."""
    return (
        text(
            "evidence",
            "how the row is known: read in a retrieved text, second-hand, or general knowledge",
            "verified",
            null="the source gave no mark",
            choices=EVIDENCE_MARKS,
        ),
        text(
            "source_ref",
            "what the source cites for this row",
            "https://example.org/page",
            null="nothing cited",
        ),
        text("source_id", "the source the row was imported from", "valley"),
        text("source_row", "file and line in that source", "organisations.csv:2"),
    )


def year(name: str, meaning: str, example: str) -> Column:
    return integer(
        name, meaning, example, unit="year", null=ABSENT, minimum=_FIRST_YEAR, maximum=_LAST_YEAR
    )
