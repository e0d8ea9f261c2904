"""A file of units and codes becomes a table of codes in one spelling; what is lost is counted."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clusterloom.api.code_placing import Placing, cuts_of
from clusterloom.entities.code_trees import LEVELS, code_titles, tree_name
from clusterloom.errors import SourceError, UsageError
from clusterloom.networks.code_table import CodeTable, UnitLinks, read_codes, read_unit_links
from clusterloom.sources.code_rows import (
    REFUSED_COLUMNS,
    RowFile,
    read_code_rows,
    read_link_rows,
    refused_row,
)
from clusterloom.views.exports import write_csv

__all__ = ["CodeSource", "read_code_file", "write_refused"]

Row = dict[str, Any]
_MOST_TITLES = 12  # titles of narrower codes that speak for a broader one without its own


@dataclass(frozen=True, eq=False)
class CodeSource:
    """What a file of codes holds: the table, links, refused rows, and words on what was done."""

    table: CodeTable
    links: UnitLinks | None
    refused: list[Row]
    facts: dict[str, Any]
    words: list[str]


def read_code_file(
    path: Path,
    *,
    links: Path | None = None,
    tree: str = "",
    level: str = "",
    since: int | None = None,
    until: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> CodeSource:
    """Read a file of units and codes, and one of links between the units.

    Parameters
    ----------
    path : see `clusterloom.sources.code_rows.read_code_rows`
    links : file with unit_a, unit_b and, where known, year
    tree : a classification of `LEVELS` or one that follows it (okved, oked, cpc …), or characters
        at each level such as ``1,3,4``; by default what the column `scheme` or the heading of the
        codes says, else none
    level : a level of the tree by its name (``subclass``, ``division``), or of characters by their
        number; codes are taken up to it, and those that stand above it are left out and counted
    since, until : years; rows of other years are left out and counted, those without a year kept
    columns : column -> heading, where the program cannot tell

    Raises
    ------
    SourceError
        If a file cannot be read, or no row of it can.
    UsageError
        If the tree or the level is unknown.
    """
    file = read_code_rows(path, columns=columns)
    words = [*file.notes]
    file.rows = _of_years(file.rows, since, until, words)
    if "code" not in file.headings:
        _classify(file, words)
        tree = tree or "field"
    cuts = cuts_of(tree)
    if tree and not cuts and tree_name(tree) is None:
        known = ", ".join([*LEVELS, "cpc", "okved", "oked"])
        raise UsageError(
            f"there is no tree `{tree}`",
            rule=f"trees are {known}, or the characters at each level, such as 1,3,4",
        )
    placed = Placing(file, tree or file.scheme, cuts, level)
    rows, chains, schemes = placed.rows()
    words += placed.words()
    if not rows:
        first = f": line {file.refused[0]['line']}: {file.refused[0]['fault']}"
        raise SourceError(
            f"{file.file} has no row that can be used" + (first if file.refused else ""),
            rule="a row has a unit and a code of the classification that is named",
        )
    titles = _titles(rows, placed, words)
    for row in rows:
        row["title"] = titles.get(row["code"])
    table = read_codes(rows, chains=chains, schemes=schemes)
    found, more = _linked(links, table, words)
    refused = [*file.refused, *more]
    facts = {
        "rows": len(rows),
        "refused": len(refused),
        "units": len(table.units),
        "codes": len(table.codes),
        "trees": sorted(placed.trees),
        "headings": file.headings,
    }
    facts |= {"level": level or None, "lost_to_level": placed.lost if level else None}
    if found is not None:
        facts |= {"links": len(found.ends), "links_of_strangers": found.n_strange}
    head = f"{path.name}: {len(table.units)} units, {len(table.codes)} codes, {len(rows)} entries"
    if refused:
        head += f"; {len(refused)} rows refused"
    return CodeSource(table, found, refused, facts, [head, *words])


def write_refused(source: CodeSource, beside: Path) -> Path | None:
    """Write the refused rows beside a file, or take an older list away; None without any."""
    path = beside.with_name(f"{beside.stem}.refused.csv")
    if not source.refused:
        path.unlink(missing_ok=True)
        return None
    return write_csv(path, list(REFUSED_COLUMNS), source.refused)


def _of_years(rows: list[Row], since: int | None, until: int | None, words: list[str]) -> list[Row]:
    kept = [
        row
        for row in rows
        if row["year"] is None
        or ((since is None or row["year"] >= since) and (until is None or row["year"] <= until))
    ]
    if len(kept) < len(rows):
        words.append(f"{len(rows) - len(kept)} rows of other years are left out")
    return kept


def _titles(rows: Sequence[Row], placed: Placing, words: list[str]) -> dict[str, str]:
    """The title of each code: its own, that of the packaged table, or those of narrower codes."""
    packaged = {tree: code_titles(tree) for tree in placed.trees}
    several = spoken = 0
    own: dict[str, str] = {}
    for code in sorted({row["code"] for row in rows}):
        given = [r for r in placed.narrower[code] if r["title"]]
        mine = Counter(r["title"] for r in given if r["own"])
        several += len(mine) > 1
        spoken += len(mine) == 1 and sum(mine.values()) > 1
        bare = code.rsplit(":", 1)[-1] if ":" in code and placed.several else code
        known = next((t[bare] for t in packaged.values() if bare in t), None)
        if mine:
            own[code] = min(mine, key=lambda t: (-mine[t], t))
        elif known:
            own[code] = known
        elif given:
            usual = Counter(r["title"] for r in given)
            own[code] = "; ".join(sorted(usual, key=lambda t: (-usual[t], t))[:_MOST_TITLES])
    if several > spoken and several > 1:
        words.append(
            f"the titles differ within {several} codes: they seem to be of the units, not of the "
            "codes, and are not compared"
        )
        return {}
    if several:
        words.append(f"{several} codes have more than one title; the most frequent is taken")
    return own


def _linked(
    path: Path | None, table: CodeTable, words: list[str]
) -> tuple[UnitLinks | None, list[Row]]:
    if path is None:
        return None, []
    file = read_link_rows(path)
    found = read_unit_links(file.rows, table)
    words.append(
        f"{path.name}: {len(found.ends)} links between units of the table"
        + (f"; {found.n_strange} of other units left out" if found.n_strange else "")
    )
    return found, file.refused


def _classify(file: RowFile, words: list[str]) -> None:
    """Give rows that have a text and no code the fields of the catalogue as their codes."""
    from clusterloom.entities.catalogue import read_catalogue
    from clusterloom.entities.classification import Classification
    from clusterloom.tables import Tables
    from clusterloom.tables.vectors import CachedEncoder
    from clusterloom.text import detect_language, usable_encoders

    activities = []
    for k, row in enumerate(file.rows):
        language = detect_language(row["text"]) or "en"
        about = {"activity_id": str(k), "org_id": row["unit"], "kind": "research", "weight": 1.0}
        about |= {f"text_{language}": row["text"], "source_id": "file", "source_row": str(k)}
        activities.append(about)
    tables = Tables().with_rows("activity", activities).merged(read_catalogue())
    with TemporaryDirectory() as folder:
        # The texts of the catalogue come encoded with the program; the store only finds them.
        store = Path(folder) / "vectors.sqlite"
        encoders = tuple(CachedEncoder(encoder, store) for encoder in usable_encoders())
        found = Classification(encoders=encoders).run(tables).rows("activity_field")
    rows: list[Row] = []
    for one in found:
        row = file.rows[int(one["activity_id"])]
        amount = (1.0 if row["amount"] is None else row["amount"]) * one["share"]
        # The title there is that of the project, not of the field.
        about = {"code": one["field_id"], "scheme": "field", "title": None, "amount": amount}
        rows.append({**row, **about})
    told = {int(one["activity_id"]) for one in found}
    for k, row in enumerate(file.rows):
        if k not in told:
            file.refused.append(
                refused_row(
                    file.file, row["line"], "the text resembles no field of the catalogue",
                    "say more, or give a code", row["record"],
                )
            )  # fmt: skip
    sure = statistics.median([one["confidence"] for one in found]) if found else 0.0
    words.append(
        f"no codes: {len(told)} of {len(file.rows)} texts were found fields of the catalogue "
        f"(median confidence {sure:.2f})"
    )
    file.rows = rows
