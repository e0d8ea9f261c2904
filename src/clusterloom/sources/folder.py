"""A folder or workbook of canonical tables becomes one source."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.schema import TABLES
from clusterloom.sources.clean import Cleaned, clean_table
from clusterloom.sources.clusters import check_clusters
from clusterloom.sources.mapping import TableMapping, read_mapping, table_of, table_of_columns
from clusterloom.sources.read import RawTable, read_csv, read_parquet, read_workbook
from clusterloom.tables import Tables, unknown_organisation

__all__ = ["read_folder", "source_tables"]

Row = dict[str, Any]
_SHARE_TOLERANCE = 1e-3  # share; thirds written with three digits do
_ROUNDING = 1e-9  # share; what adding decimal fractions leaves is no error of the table
_LONGEST_HEADER = 10_000  # bytes
_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".parquet", ".xlsx")


def read_folder(
    path: Path, *, mapping: Path | None = None, known_org_ids: Set[str] = frozenset()
) -> Tables:
    """Read a folder of CSV, XLSX and Parquet tables, or one workbook whose sheets are tables.

    Files and sheets are recognised by the name of their table (singular or plural), by the mapping
    file (`mapping`, or ``mapping.toml`` in the folder), or, a concordance, by its columns. Others
    are left alone. Rows may
    refer to organisations of the source itself and to those of other sources, `known_org_ids`.

    Raises
    ------
    SourceError
        If the path does not exist, holds no table, or a table cannot be read at all.
    """
    if not path.exists():
        raise SourceError(f"there is no {path}", hint="check the path of the source")
    inside = path / "mapping.toml"
    chosen = mapping or (inside if path.is_dir() and inside.exists() else None)
    mappings = read_mapping(chosen) if chosen is not None else {}
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    files = [p for p in files if p.name.endswith(_SUFFIXES)]
    digest = hashlib.sha256()
    raws: list[tuple[str, RawTable]] = []
    for file in [*files, *([chosen] if chosen else [])]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    for file in files:
        raws += _tables_of(file, mappings)
    if not raws:
        raise SourceError(
            f"{path.name} holds no table",
            rule="files or sheets are named organisations, activities, links, developments, …",
            hint="rename them, or name them in a mapping.toml (`clusterloom schema` lists tables)",
        )
    source_id = _slug(path.stem if path.is_file() else path.resolve().name)
    about = _about(path / "source.toml" if path.is_dir() else path.with_suffix(".source.toml"))
    source = {
        "source_id": source_id,
        "name": path.stem,
        "kind": "folder",
        "digest": digest.hexdigest(),
    }
    return source_tables({**source, **about}, raws, mappings, known_org_ids=known_org_ids)


def source_tables(
    source: Row,
    raws: Iterable[tuple[str, RawTable]],
    mappings: Mapping[str, TableMapping],
    *,
    known_org_ids: Set[str] = frozenset(),
) -> Tables:
    """Clean raw tables, check their references, and put refused rows into quarantine."""
    cleaned: dict[str, Cleaned] = {}
    for table, raw in raws:
        part = clean_table(raw, table, source_id=source["source_id"], mapping=mappings.get(table))
        if table in cleaned:
            _append(cleaned[table], part)
        else:
            cleaned[table] = part
    _check_references(cleaned, known_org_ids)
    check_clusters(cleaned)
    tables = Tables().with_rows("source", [source])
    for name, part in sorted(cleaned.items()):
        tables = tables.with_rows(name, part.rows)
    refused = [row for part in cleaned.values() for row in part.refused]
    return tables.with_rows("quarantine", refused)


def _tables_of(file: Path, mappings: Mapping[str, TableMapping]) -> list[tuple[str, RawTable]]:
    by_file = {m.file: table for table, m in mappings.items() if m.file}
    if file.name.endswith(".xlsx"):
        own = by_file.get(file.name) or table_of(file.stem)
        sheets = read_workbook(file)
        named = [
            (by_file.get(n) or table_of(n) or table_of_columns(raw.header), raw)
            for n, raw in sheets.items()
        ]
        found = [(table, raw) for table, raw in named if table is not None and raw.header]
        if not found and own is not None:
            found = [(own, raw) for raw in list(sheets.values())[:1] if raw.header]
        return found
    table = by_file.get(file.name) or table_of(file.name.split(".", 1)[0])
    if table is None:
        table = _table_inside(file)
    if table is None:
        return []
    if file.name.endswith(".parquet"):
        return [(table, read_parquet(file))]
    return [(table, read_csv(file.read_bytes(), file.name))]


def _table_inside(file: Path) -> str | None:
    """Tell a text file by its columns; a file that cannot be read is none of ours."""
    if file.name.endswith((".parquet", ".csv.gz")):
        return None
    with file.open("rb") as stream:
        start = stream.readline(_LONGEST_HEADER)
    # UTF-16 puts a zero byte between letters.
    if b"field_id" not in start.replace(b"\0", b"").lower():
        return None
    try:
        return table_of_columns(read_csv(file.read_bytes(), file.name).header)
    except SourceError:
        return None


def _append(whole: Cleaned, part: Cleaned) -> None:
    keys = TABLES[whole.table].key
    held = {tuple(row[k] for k in keys) for row in whole.rows}
    for row in part.rows:
        if tuple(row[k] for k in keys) in held:
            file, _, line = row["source_row"].rpartition(":")
            fault = "the key stands in another file of this source already"
            whole.refuse(
                file, int(line), fault=fault, remedy="remove one of the two rows", record=row
            )
        else:
            whole.rows.append(row)
    whole.refused += part.refused


def _check_references(cleaned: Mapping[str, Cleaned], known_org_ids: Set[str]) -> None:
    """Refuse rows that name an organisation nobody described; a lost parent is only noted."""
    described = cleaned["organisation"].rows if "organisation" in cleaned else []
    known = known_org_ids | {row["org_id"] for row in described}
    for row in described:
        parent = row.get("parent_org_id")
        if parent is not None and parent not in known:
            file, _, line = row["source_row"].rpartition(":")
            cleaned["organisation"].refuse(
                file,
                int(line),
                fault=f"parent_org_id `{parent}` is no organisation of this or an earlier source",
                remedy="the organisation was taken over without its parent; add the parent's row",
                record=row,
            )
            row["parent_org_id"] = None
    for name, part in cleaned.items():
        if name == "organisation":
            continue
        kept = []
        for row in part.rows:
            lost = unknown_organisation(name, row, known)
            if lost is None:
                kept.append(row)
                continue
            file, _, line = row["source_row"].rpartition(":")
            part.refuse(
                file,
                int(line),
                fault=f"{lost} `{row[lost]}` is no organisation of this or an earlier source",
                remedy="add the organisation, correct the id, or import its source first",
                record=row,
            )
        part.rows = kept
    if "concordance" in cleaned:
        _check_shares(cleaned["concordance"])


def _check_shares(part: Cleaned) -> None:
    """Refuse every row of a code whose shares do not sum to 1; scale those that nearly do."""
    total: dict[tuple[str, str], float] = {}
    for row in part.rows:
        code = (row["scheme"], row["code"])
        total[code] = total.get(code, 0.0) + row["share"]
    kept = []
    for row in part.rows:
        sum_ = total[row["scheme"], row["code"]]
        if abs(sum_ - 1) <= _SHARE_TOLERANCE:
            if abs(sum_ - 1) > _ROUNDING:
                row["share"] /= sum_
            kept.append(row)
            continue
        file, _, line = row["source_row"].rpartition(":")
        part.refuse(
            file,
            int(line),
            fault=f"the shares of code `{row['code']}` sum to {sum_:g}",
            remedy="give the fields of a code shares that sum to 1",
            record=row,
        )
    part.rows = kept


def _about(path: Path) -> Row:
    if not path.exists():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SourceError(f"cannot read {path.name}: {fault}", hint="correct the TOML") from fault
    known = ("name", "licence", "credit", "retrieved")
    return {key: str(data[key]) for key in known if key in data}


def _slug(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name.casefold()).strip("-") or "source"
