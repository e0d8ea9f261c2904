"""Files to raw records: encoding, separator, sheets; nothing is interpreted yet."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clusterloom.errors import SourceError

__all__ = ["RawTable", "decoded", "read_csv", "read_parquet", "read_workbook"]

_SEPARATORS = ",;\t|"
_LARGEST_SHEET = 200_000_000  # bytes; a larger one is no table made by people


@dataclass(frozen=True)
class RawTable:
    """Records as they were read: header, and (line, cells) with empty cells as None.

    `faults` holds what the format itself got wrong on a line, e.g. a formula without a value.
    """

    file: str
    header: tuple[str, ...]
    records: tuple[tuple[int, tuple[str | None, ...]], ...]
    faults: tuple[tuple[int, str], ...] = ()


def decoded(content: bytes, file: str) -> str:
    """Decode a text file: byte-order mark, then UTF-8, then the likeliest single-byte encoding.

    Raises
    ------
    SourceError
        If no encoding fits.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    # Users of this program write Cyrillic, Chinese or western European: ask about those first.
    guess = from_bytes(
        content, cp_isolation=["cp1251", "gb18030", "utf_16", "cp1252", "koi8_r"]
    ).best()
    if guess is None:
        raise SourceError(
            f"{file}: the encoding cannot be told",
            rule="text files are UTF-8, UTF-16, Windows-1251 or GB 18030",
            hint="save the file as UTF-8 and import it again",
        )
    return str(guess)


def read_csv(content: bytes, file: str) -> RawTable:
    """Read separated text; the separator is the one that splits the header into most columns."""
    if file.endswith(".gz"):
        content = gzip.decompress(content)
    text = decoded(content, file)
    if not text.strip():
        raise _empty(file)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header: tuple[str, ...] | None = None
    records: list[tuple[int, tuple[str | None, ...]]] = []
    faults: list[tuple[int, str]] = []
    start = 1
    for cells in reader:
        line, start = start, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = tuple(cell.strip() for cell in cells)
            continue
        if len(cells) > len(header):
            faults.append((line, f"the line has {len(cells)} cells, the header {len(header)}"))
        records.append((line, _padded(cells, len(header))))
    if header is None:
        raise _empty(file)
    return RawTable(file, _checked(header, file), tuple(records), tuple(faults))


def read_workbook(path: Path) -> dict[str, RawTable]:
    """Read every sheet of an .xlsx workbook: sheet name -> records.

    Formulas give the value the spreadsheet program last computed; a formula that was never
    computed, and a merged cell below the header, are faults of their line.

    Raises
    ------
    SourceError
        If the file is no workbook, or the header of a sheet is merged.
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        names = list(book.sheet_names)
    except (fastexcel.FastExcelError, OSError) as fault:
        raise SourceError(
            f"{path.name} cannot be read as a workbook: {fault}",
            rule="workbooks are .xlsx files",
            hint="open it in a spreadsheet program and save it as .xlsx",
        ) from fault
    marks = _sheet_marks(path)
    tables: dict[str, RawTable] = {}
    for number, name in enumerate(names):
        frame = book.load_sheet(name, header_row=None, dtypes="string").to_arrow()
        columns = [column.to_pylist() for column in frame.columns]
        rows = list(zip(*columns, strict=True)) if columns else []
        tables[name] = _sheet(
            f"{path.name}:{name}", rows, marks[number] if number < len(marks) else ()
        )
    return tables


def read_parquet(path: Path) -> RawTable:
    """Read a Parquet file; the line of a record is its number plus 1 for the header."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as fault:
        raise SourceError(f"{path.name} cannot be read as Parquet: {fault}") from fault
    columns = [[_text(v) for v in column.to_pylist()] for column in table.columns]
    records = tuple((i, cells) for i, cells in enumerate(zip(*columns, strict=True), start=2))
    return RawTable(path.name, tuple(table.column_names), records)


def _sheet(
    file: str, rows: Sequence[tuple[str | None, ...]], marks: Sequence[tuple[int, str]]
) -> RawTable:
    filled = [(i, row) for i, row in enumerate(rows, start=1) if any(_text(c) for c in row)]
    if not filled:
        return RawTable(file, (), ())
    head_line, head = filled[0]
    for line, what in marks:
        if line <= head_line and "merged" in what:
            raise SourceError(
                f"{file}: line {line}: {what}",
                rule="each column has its own header cell",
                hint="unmerge the header cells and name every column",
            )
    header = tuple((cell or "").strip() for cell in head)
    records = tuple((line, tuple(_text(c) for c in row)) for line, row in filled[1:])
    faults = tuple((line, what) for line, what in marks if line > head_line)
    return RawTable(file, _checked(header, file), records, faults)


_CELL = re.compile(r'<c [^>]*?r="([A-Z]+)(\d+)"[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)
_MERGE = re.compile(r'<mergeCell [^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


def _sheet_marks(path: Path) -> list[list[tuple[int, str]]]:
    """Find merged cells and formulas without a value: for each sheet, (line, what is wrong)."""
    found: list[list[tuple[int, str]]] = []
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)]
        for name in sorted(sheets, key=lambda n: int(re.sub(r"\D", "", n.rsplit("/", 1)[1]))):
            if archive.getinfo(name).file_size > _LARGEST_SHEET:
                raise SourceError(f"{path.name}: {name} is larger than {_LARGEST_SHEET:,} bytes")
            xml = archive.read(name).decode("utf-8", errors="replace")
            marks = []
            for a, first, b, last in _MERGE.findall(xml):
                what = f"cells {a}{first}:{b}{last} are merged"
                marks += [(line, what) for line in range(int(first), int(last) + 1)]
            for column, line, body in _CELL.findall(xml):
                if "<f" in body and not re.search(r"<v>[^<]+</v>", body):
                    marks.append(
                        (int(line), f"cell {column}{line} holds a formula without a value")
                    )
            found.append(marks)
    return found


def _padded(cells: Sequence[str], width: int) -> tuple[str | None, ...]:
    padded = [cell.strip() or None for cell in cells[:width]]
    return tuple(padded + [None] * (width - len(padded)))


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    return text or None


def _checked(header: tuple[str, ...], file: str) -> tuple[str, ...]:
    named = [name for name in header if name]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        raise SourceError(
            f"{file}: the column `{doubled[0]}` occurs twice",
            rule="every column has a name of its own",
            hint="rename or remove one of them",
        )
    return header


def _empty(file: str) -> SourceError:
    return SourceError(
        f"{file} is empty",
        rule="a table has a header line",
        hint="remove the file, or give it at least its header",
    )
