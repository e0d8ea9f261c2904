"""Column mapping: how a user's own headings and words become the schema's."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.schema import TABLES, TableKind
from clusterloom.sources.languages import PLAIN_TEXT
from clusterloom.sources.words import column_meant, table_meant

__all__ = ["TableMapping", "read_mapping", "table_of", "table_of_columns"]

# Headings that are accepted without a mapping file: what people and older exports call a column.
SYNONYMS: dict[str, dict[str, str]] = {
    "*": {
        "lat": "lat_deg",
        "latitude": "lat_deg",
        "lon": "lon_deg",
        "longitude": "lon_deg",
        "source": "source_ref",
    },
    "organisation": {"name": "name_en", "id": "org_id", "founded": "founded_year"},
    "activity": {
        "direction_en": "text_en",
        "direction_ru": "text_ru",
        "direction_be": "text_be",
        "direction_zh": "text_zh",
        "direction": "text",
    },
    "place": {"name": "name_en"},
}

# Columns a file may have beside the schema's: the import puts what they hold where it belongs.
BESIDE: dict[str, tuple[str, ...]] = {"activity": (PLAIN_TEXT,)}

_INPUTS = tuple(
    t.name
    for t in TABLES.values()
    if t.kind is TableKind.INPUT and t.name not in ("source", "quarantine")
)


# Columns that tell a table whatever its file is called: a draft bears its classification's name.
_TELLING = {"concordance": frozenset({"scheme", "code", "field_id", "share"})}


@dataclass(frozen=True)
class TableMapping:
    """How one table is read: heading -> column, column -> (word -> word), column -> constant."""

    file: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # their heading -> our column
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def column(self, table: str, heading: str) -> str:
        """Return the schema's column for a heading (the heading itself when nothing fits)."""
        if heading in self.columns:
            return self.columns[heading]
        plain = heading.strip().casefold().replace(" ", "_")
        known = (*TABLES[table].column_names, *BESIDE.get(table, ()))
        if plain in known:
            return plain
        own = SYNONYMS.get(table, {}).get(plain, SYNONYMS["*"].get(plain))
        return own or column_meant(heading, known) or heading


def table_of(stem: str) -> str | None:
    """Return the input table a file or sheet name means: singular or plural, any case.

    Examples
    --------
    >>> table_of("Activities"), table_of("links"), table_of("notes")
    ('activity', 'link', None)
    """
    plain = stem.strip().casefold().replace(" ", "_").replace("organization", "organisation")
    for name in _INPUTS:
        if plain in (name, f"{name}s", f"{name[:-1]}ies"):
            return name
    return table_meant(stem)


def table_of_columns(header: Sequence[str]) -> str | None:
    """Return the input table that a header can only be that of, or None.

    Examples
    --------
    >>> table_of_columns(["Scheme", "code", "field_id", "share", "title"])
    'concordance'
    >>> table_of_columns(["code", "title"])
    """
    plain = {heading.strip().casefold() for heading in header}
    return next((table for table, columns in _TELLING.items() if columns <= plain), None)


def read_mapping(path: Path) -> dict[str, TableMapping]:
    """Read a mapping file.

    The TOML form is one table for each input table: ``[organisation]`` with ``file``,
    ``[organisation.columns]`` (``org_id = "their heading"``), ``[organisation.values.role]``
    (``"their word" = "company"``) and ``[organisation.constants]`` (``country = "BY"``).

    Raises
    ------
    SourceError
        If it is no TOML, or names a table or column that does not exist.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SourceError(f"cannot read the mapping {path.name}: {fault}") from fault
    result: dict[str, TableMapping] = {}
    for table, entry in data.items():
        if table not in _INPUTS:
            raise SourceError(
                f"the mapping names the table `{table}`", rule=f"tables are {', '.join(_INPUTS)}"
            )
        for part in ("columns", "values", "constants"):
            for column in entry.get(part, {}):
                _check_column(table, column)
        result[table] = TableMapping(
            file=entry.get("file") or entry.get("sheet"),
            columns={heading: column for column, heading in entry.get("columns", {}).items()},
            values=entry.get("values", {}),
            constants={k: str(v) for k, v in entry.get("constants", {}).items()},
        )
    return result


def _check_column(table: str, column: str) -> None:
    known = (*TABLES[table].column_names, *BESIDE.get(table, ()))
    if column not in known:
        near = difflib.get_close_matches(column, known, n=1)
        raise SourceError(
            f"the mapping names the column `{column}` of `{table}`, which does not exist",
            rule=f"columns are {', '.join(known)}",
            hint=f"did you mean `{near[0]}`?" if near else "`clusterloom schema` lists them",
        )
