"""Readers that turn files into conforming tables."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from clusterloom.errors import UsageError
from clusterloom.sources.cordis import read_cordis
from clusterloom.sources.embedded import EMBEDDED, read_embedded
from clusterloom.sources.folder import read_folder
from clusterloom.sources.titles import read_titles
from clusterloom.tables import Tables

__all__ = ["EMBEDDED", "read_cordis", "read_embedded", "read_folder", "read_source", "read_titles"]


def read_source(
    spec: str, *, mapping: Path | None = None, known_org_ids: Set[str] = frozenset()
) -> Tables:
    """Read a source by its spec: ``embedded:NAME``, ``cordis:PATH``, or a folder or workbook.

    Rows of a folder or workbook may refer to `known_org_ids`, organisations of other sources.
    """
    kind, separator, rest = spec.partition(":")
    if separator and kind in ("embedded", "cordis"):
        if mapping is not None:
            raise UsageError(f"a mapping does not apply to `{spec}`", rule="its columns are known")
        return read_embedded(rest) if kind == "embedded" else read_cordis(Path(rest))
    return read_folder(Path(spec), mapping=mapping, known_org_ids=known_org_ids)
