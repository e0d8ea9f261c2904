"""Tables of units and codes, and of links between units, from any file people keep them in."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError
from clusterloom.sources.read import RawTable, read_csv, read_parquet, read_workbook
from clusterloom.sources.words import number_meant, plain_word

__all__ = ["REFUSED_COLUMNS", "RowFile", "read_code_rows", "read_link_rows", "refused_row"]

Row = dict[str, Any]

REFUSED_COLUMNS = ("file", "line", "fault", "remedy", "record")
_CODE_COLUMNS = ("unit", "code", "amount", "year", "title", "scheme", "text")
_LINK_COLUMNS = ("unit_a", "unit_b", "year")
_SEVERAL = re.compile(r"\s*[;|\n]\s*|,\s+")  # "26,70" is one code, "H01S, G02B" two
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_THOUSANDS = re.compile(r"\d{1,3},\d{3}")


@dataclass
class RowFile:
    """Rows of a file with their `line`, rows that were refused, and what else is worth saying.

    `headings` says which heading was taken for which column, `scheme` which classification the
    heading of the codes names, if any.
    """

    file: str
    rows: list[Row] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    scheme: str = ""


def read_code_rows(path: Path, *, columns: Mapping[str, str] | None = None) -> RowFile:
    """Read a table of who does how much of which code.

    Parameters
    ----------
    path : CSV (separated by comma, semicolon, tab or bar, in any usual encoding), xlsx or Parquet
        Columns are unit and code (or text, to be classified) and, where known, amount, year, title
        of the code, and scheme; in any of the four languages and any case.
    columns : column -> heading, where the program cannot tell

    Returns
    -------
    RowFile
        Several codes in one cell become as many rows, an amount divided among them. A row without
        unit or code, or with an amount or year that cannot be read, is refused with its reason.

    Raises
    ------
    SourceError
        If the file cannot be read, or a column is missing or cannot be told.
    """
    raw, found, scheme = _table(path, _CODE_COLUMNS, ("unit", "code|text"), columns or {})
    result = RowFile(raw.file, headings=found, scheme=scheme)
    split = 0
    for line, cells, record in _records(raw, found, result):
        row, fault, remedy = _code_row(cells)
        if fault:
            result.refused.append(refused_row(raw.file, line, fault, remedy, record))
            continue
        codes = [c for c in _SEVERAL.split(row["code"] or "") if c] or [None]
        split += len(codes) > 1
        if len(codes) > 1 and row["amount"] is not None:
            row["amount"] /= len(codes)
        result.rows += [{**row, "code": code, "line": line, "record": record} for code in codes]
    if split:
        result.notes.append(f"{split} rows hold several codes; an amount is divided among them")
    _note_thousands(raw, found, result)
    return result


def read_link_rows(path: Path, *, columns: Mapping[str, str] | None = None) -> RowFile:
    """Read a table of links between units: unit_a, unit_b and, where known, year.

    Parameters and errors as in `read_code_rows`; a link of a unit with itself is refused.
    """
    raw, found, _ = _table(path, _LINK_COLUMNS, ("unit_a", "unit_b"), columns or {})
    result = RowFile(raw.file, headings=found)
    for line, cells, record in _records(raw, found, result):
        year, fault = _year(cells.get("year"))
        a, b = cells["unit_a"], cells["unit_b"]
        remedy = "give a year such as 2019, or leave the cell empty"
        if not a or not b:
            fault, remedy = f"the row has no {'unit_b' if a else 'unit_a'}", "name both units"
        elif a == b:
            fault, remedy = f"the row joins `{a}` with itself", "a link joins two units"
        if fault:
            result.refused.append(refused_row(raw.file, line, fault, remedy, record))
        else:
            result.rows.append({"unit_a": a, "unit_b": b, "year": year, "line": line})
    return result


def refused_row(file: str, line: int, fault: str, remedy: str, record: Mapping[str, Any]) -> Row:
    """Make a row of `REFUSED_COLUMNS`: where it stands, what is wrong, and what to do."""
    said = json.dumps({k: v for k, v in record.items() if v is not None}, ensure_ascii=False)
    return {"file": file, "line": line, "fault": fault, "remedy": remedy, "record": said}


def _code_row(cells: Mapping[str, str | None]) -> tuple[Row, str, str]:
    """Return a row with its numbers read, and the first fault with its remedy."""
    row: Row = {name: cells.get(name) for name in _CODE_COLUMNS}
    if not row["unit"]:
        return row, "the row has no unit", "say which unit it is about"
    if not row["code"] and not row["text"]:
        return row, "the row has no code", "give the code, or remove the row"
    if row["amount"] is not None:
        amount = number_meant(row["amount"])
        if amount is None or not 0 <= amount < math.inf:
            remedy = "give a number >= 0, or leave the cell empty for 1"
            return row, f"amount `{row['amount']}` is no number >= 0", remedy
        row["amount"] = amount
    row["year"], fault = _year(row["year"])
    return row, fault, "give a year such as 2019, or leave the cell empty"


def _year(text: str | None) -> tuple[int | None, str]:
    """Read a year, also one within a date; None for an empty cell."""
    if text is None:
        return None, ""
    found = _YEAR.findall(text)
    return (int(found[0]), "") if len(set(found)) == 1 else (None, f"`{text}` holds no one year")


def _records(
    raw: RawTable, found: Mapping[str, str], result: RowFile
) -> list[tuple[int, dict[str, str | None], dict[str, str | None]]]:
    """Lines with the cells of the columns and the whole record; broken lines are refused."""
    broken = dict(reversed(raw.faults))
    at = {column: raw.header.index(heading) for column, heading in found.items()}
    records = []
    for line, cells in raw.records:
        record = {h: c for h, c in zip(raw.header, cells, strict=True) if h}
        if not any(cells):
            continue
        if line in broken:
            remedy = "correct the cell in the file"
            result.refused.append(refused_row(raw.file, line, broken[line], remedy, record))
        else:
            records.append((line, {column: cells[i] for column, i in at.items()}, record))
    return records


def _table(
    path: Path, columns: Sequence[str], needed: Sequence[str], own: Mapping[str, str]
) -> tuple[RawTable, dict[str, str], str]:
    """Read the file and tell its columns; of a workbook the first sheet that has them."""
    unknown = sorted(set(own) - set(columns))
    if unknown:
        raise SourceError(
            f"there is no column `{unknown[0]}`", rule=f"columns are {', '.join(columns)}"
        )
    tables = _raw_tables(path)
    faults = []
    for raw in tables:
        try:
            found, scheme = _headings(raw, columns, own)
        except SourceError as fault:
            faults.append(fault)
            continue
        missing = [n for n in needed if not any(part in found for part in n.split("|"))]
        if not missing:
            return raw, found, scheme
        faults.append(_missing(raw, missing[0].split("|")[0], columns))
    raise faults[0]


def _raw_tables(path: Path) -> list[RawTable]:
    if not path.is_file():
        raise SourceError(f"cannot read {path}: there is no such file", hint="check its path")
    name = path.name.casefold()
    if name.endswith(".xlsx"):
        sheets = [raw for raw in read_workbook(path).values() if raw.header]
        if sheets:
            return sheets
        raise SourceError(f"{path.name} is empty", rule="a sheet has a header line")
    if name.endswith(".parquet"):
        return [read_parquet(path)]
    if name.endswith((".csv", ".tsv", ".txt", ".csv.gz")):
        try:
            return [read_csv(path.read_bytes(), path.name)]
        except (OSError, EOFError, csv.Error) as fault:
            raise SourceError(f"cannot read {path}: {fault}", hint="save it as CSV") from fault
    raise SourceError(
        f"cannot read {path}", rule="files are .csv, .tsv, .txt, .csv.gz, .xlsx or .parquet"
    )


def _headings(
    raw: RawTable, columns: Sequence[str], own: Mapping[str, str]
) -> tuple[dict[str, str], str]:
    """Return column -> heading, and the classification the heading of the codes names."""
    plain = {heading: _plain(heading) for heading in raw.header if heading}
    found: dict[str, str] = {}
    for column, wanted in own.items():
        match = next((h for h, word in plain.items() if word == _plain(wanted)), None)
        if match is None:
            raise SourceError(
                f"{raw.file} has no heading `{wanted}`", rule=f"it has {', '.join(plain)}"
            )
        found[column] = match
    for column in columns:
        if column in found:
            continue
        free = [h for h in plain if h not in found.values()]
        exact = [h for h in free if plain[h] == _plain(column)]
        chosen = exact or [h for h in free if _meaning(plain[h], column) is not None]
        if len(chosen) > 1 and column != "title":
            raise SourceError(
                f"{raw.file}: `{chosen[0]}` and `{chosen[1]}` may both be the {column}",
                rule="each column is told by one heading",
                hint=f'say which: --column "{column}={chosen[0]}"',
            )
        if chosen:
            found[column] = chosen[0]
    scheme = _meaning(plain[found["code"]], "code") if "code" in found else ""
    return found, scheme or ""


def _missing(raw: RawTable, column: str, columns: Sequence[str]) -> SourceError:
    return SourceError(
        f"{raw.file} has no column `{column}`",
        rule=f"its headings are {', '.join(h for h in raw.header if h)}; columns are "
        + ", ".join(columns),
        hint=f'say which heading it is: --column "{column}=HEADING"',
    )


def _plain(heading: str) -> str:
    return plain_word(heading.replace("’", "'"))


def _meaning(word: str, column: str) -> str | None:
    """Return the classification a heading of this column names ("" for none); None for another."""
    return _known().get((column, word))


@cache
def _known() -> dict[tuple[str, str], str]:
    path = files("clusterloom").joinpath("data", "words", "code_headings.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    known = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        for word in row["words"].split("|"):
            known[row["meant"], _plain(word)] = row["scheme"]
    return known


def _note_thousands(raw: RawTable, found: Mapping[str, str], result: RowFile) -> None:
    """Say it when every comma in the amounts could as well divide thousands."""
    if "amount" not in found:
        return
    at = raw.header.index(found["amount"])
    texts = {cells[at] or "" for _, cells in raw.records}
    commas = sorted(text for text in texts if "," in text)
    if commas and all(_THOUSANDS.fullmatch(text) for text in commas):
        example = commas[0]
        result.notes.append(
            f"amounts such as `{example}` are read as {example.replace(',', '.')}: a comma is a "
            "decimal comma; remove it where it divides thousands"
        )
