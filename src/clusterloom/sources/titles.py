"""Lists of codes and titles: what stands in them, whatever the file and its headings are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clusterloom.errors import SourceError
from clusterloom.sources.read import RawTable, read_csv, read_parquet, read_workbook
from clusterloom.sources.words import plain_word

__all__ = ["TitleLine", "read_titles"]

# What a column means -> headings people give it, the surer ones first; EuroSciVoc's are those of a
# CORDIS export.
_HEADINGS = {
    "code": (
        "code|codes|class code|euroscivoccode|код|код класса|код вида деятельности|"
        "код оквэд|код окэд|код мпк|шифр|код віду дзейнасці|代码|编码|类别代码|行业代码|分类代码|"
        "国民经济行业代码|分类号|class|id"
    ),
    "title": (
        "title|name|label|euroscivoctitle|наименование|название|"
        "наименование группировки|наименование вида деятельности|назва|найменне|"
        "名称|类别名称|行业名称|分类名称|类目名称|标题"
    ),
    "parent": "parent|parent code|broader|вышестоящий код|код родителя|上级代码|父级代码|上级",
    "path": "path|euroscivocpath|путь|路径",
    "title_en": "title en|name en|english|наименование en|英文名称",
    "title_ru": "title ru|name ru|русский|наименование ru|俄文名称",
    "title_be": "title be|name be|беларуская|наименование be",
    "title_zh": "title zh|name zh|chinese|наименование zh|中文名称|中文",
}


@dataclass(frozen=True)
class TitleLine:
    """One line: `cells` has code, title, title_en .. title_zh, parent, path where they are given.

    `path` is the chain of titles from the broadest to the code's own, parted by slashes.
    """

    line: int
    cells: Mapping[str, str]


def read_titles(path: Path) -> list[TitleLine]:
    """Read a list of codes and titles: CSV in any usual encoding and separator, XLSX or Parquet.

    Of a workbook the first sheet that has both columns is read.

    Raises
    ------
    SourceError
        If the file cannot be read, has faulty lines, or has no column of codes or of titles.
    """
    tables = _tables(path)
    for raw in tables:
        columns = _columns(raw.header)
        if "code" in columns and any(name.startswith("title") for name in columns):
            return _lines(raw, columns)
    given = ", ".join(name for raw in tables for name in raw.header if name)
    raise SourceError(
        f"`{path.name}` has the columns {given or 'none'}",
        rule="a column `code` and a column `title` (or title_en, title_ru, title_be, title_zh); "
        "Код and Наименование, 代码 and 名称 are understood",
        hint="name the columns in the first line as in the rule",
    )


def _tables(path: Path) -> list[RawTable]:
    try:
        if path.suffix == ".xlsx":
            return list(read_workbook(path).values())
        if path.suffix == ".parquet":
            return [read_parquet(path)]
        return [read_csv(path.read_bytes(), path.name)]
    except OSError as error:
        raise SourceError(
            f"cannot read `{path}`: {error.__class__.__name__}",
            rule="codes and titles are a CSV, XLSX or Parquet file",
            hint="check the path",
        ) from error


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Meaning -> column; of several with one meaning the one with the surer heading."""
    plain = [plain_word(heading) for heading in header]
    found: dict[str, int] = {}
    for meant, words in _HEADINGS.items():
        known = [word for word in words.split("|") if word in plain]
        if known:
            found[meant] = plain.index(known[0])
    return found


def _lines(raw: RawTable, columns: Mapping[str, int]) -> list[TitleLine]:
    if raw.faults:
        named = "; ".join(f"line {line}: {what}" for line, what in raw.faults[:20])
        raise SourceError(f"{raw.file}: {named}", hint="correct these lines and draft again")
    return [
        TitleLine(line, {meant: cell for meant, at in columns.items() if (cell := cells[at])})
        for line, cells in raw.records
    ]
