"""Draft a concordance for a classification the program does not know, from its codes and titles."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import read_concordance
from clusterloom.entities.concordance_build import Evidence, Heading, build_entries, text_scores
from clusterloom.entities.concordance_codes import code_readings, scheme_name
from clusterloom.entities.concordance_match import Match, match_headings
from clusterloom.errors import SourceError
from clusterloom.text import Encoder, detect_language
from clusterloom.text.fields import LANGUAGES

__all__ = ["draft_concordance", "read_headings"]

Row = dict[str, Any]
# EuroSciVoc as CORDIS exports it: the path of titles says what stands above.
_NAMES = {
    "code": ("code", "euroscivoccode", "id"),
    "title": ("title", "name", "label", "euroscivoctitle"),
    "parent": ("parent", "parent_code"),
}


def draft_concordance(
    path: Path,
    *,
    scheme: str,
    encoders: Sequence[Encoder],
    against: str = "",
    against_titles: Path | None = None,
) -> list[Row]:
    """Propose fields for every code of a classification, from what the codes are called.

    A code starts from the code above it; its words move the shares. Nothing is known about the
    classification but its titles, so every row has the origin `text` (or `hierarchy`) and the
    confidence that words alone have earned on classifications entered by hand.

    Parameters
    ----------
    path : CSV file in UTF-8
        Columns `code` and `title` (any language) or `title_en`, `title_ru`, `title_be`,
        `title_zh`; optional `parent`. The EuroSciVoc columns of a CORDIS export are understood.
    scheme : name of the classification, e.g. ``gbt4754``
    encoders : one or more
    against : name of a known classification, optional
        Codes then get the fields of its code with the most alike title (see `match_headings`).
    against_titles : its codes and titles, read like `path`
        Not needed where its titles travel with the program (FORD, WIPO-35, OpenAlex topics).

    Returns
    -------
    rows of the `concordance` table, by code
        To be read by a person, corrected, and imported. `like` names the matched code.

    Raises
    ------
    SourceError
        If a file cannot be read, or has faulty lines: all are named at once; if nothing is known
        of `against`.
    """
    name = scheme_name(scheme)
    headings = read_headings(path, scheme=name)
    catalogue = read_catalogue().rows("field")
    scores = text_scores(headings, catalogue, encoders=encoders)
    entries = build_entries(headings, catalogue, scores, Evidence())
    matches: dict[str, Match] = {}
    if against:
        known = _known_headings(against, against_titles)
        matches = match_headings(headings, known, read_concordance(against), encoders=encoders)
        entries |= {code: match.shares for code, match in matches.items()}
    return [
        {
            "scheme": name,
            "code": heading.code,
            "field_id": entry.field_id,
            "share": entry.share,
            "origin": entry.origin,
            "confidence": entry.confidence,
            "title": next(iter(heading.titles.values()), ""),
            **({"like": _like(matches.get(heading.code))} if against else {}),
        }
        for heading in sorted(headings, key=lambda h: h.code)
        for entry in entries[heading.code]
    ]


def _known_headings(against: str, titles: Path | None) -> list[Heading]:
    """Codes and titles of the known classification, from the user's file or the program."""
    name = scheme_name(against)
    if titles is not None:
        return read_headings(titles, scheme=name)
    packaged = read_concordance(against).titles
    if not packaged:
        raise SourceError(
            f"the titles of `{against}` do not travel with the program",
            rule="codes are matched by what they are called",
            hint="give a file of its codes and titles: --against-titles FILE",
        )
    return [
        Heading(code, None, {detect_language(title) or "en": title})
        for code, title in packaged.items()
    ]


def _like(match: Match | None) -> str:
    return "" if match is None else f"{match.code} {match.title}"


def read_headings(path: Path, *, scheme: str) -> list[Heading]:
    """Read codes and titles; codes above that have no line of their own are added without a title.

    Raises
    ------
    SourceError
        If the file cannot be read, or has faulty lines: all are named at once.
    """
    records, columns = _records(path)
    faults: list[str] = []
    headings: dict[str, Heading] = {}
    for line, record in enumerate(records, start=2):
        readings = code_readings(scheme, record[columns["code"]])
        titles = _titles(record, columns)
        if not readings:
            faults.append(f"line {line}: `{record[columns['code']]}` is no code of {scheme}")
        elif not titles:
            faults.append(f"line {line}: code `{readings[0][0]}` has no title")
        elif readings[0][0] in headings:
            # CORDIS names a EuroSciVoc code once per project: the same title again is no fault.
            if headings[readings[0][0]].titles != titles:
                faults.append(f"line {line}: code `{readings[0][0]}` has two titles")
        else:
            chain = readings[0]
            stated = record.get(columns.get("parent", ""), "")
            above = stated or (chain[1] if len(chain) > 1 else None)
            headings[chain[0]] = Heading(chain[0], above, titles)
    if faults or not headings:
        raise SourceError(
            f"{path.name}: " + ("; ".join(faults[:20]) or "no line below the header"),
            rule="each line has a code of the classification and one title",
            hint="correct these lines and draft again",
        )
    for heading in list(headings.values()):
        for above in code_readings(scheme, heading.code)[0][1:]:
            headings.setdefault(above, Heading(above, _next(scheme, above)))
    return list(headings.values())


def _next(scheme: str, code: str) -> str | None:
    chain = code_readings(scheme, code)[0]
    return chain[1] if len(chain) > 1 else None


def _titles(record: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Language to title; a title in a column without a language speaks for itself."""
    titles = {
        language: record[columns[f"title_{language}"]]
        for language in LANGUAGES
        if f"title_{language}" in columns and record[columns[f"title_{language}"]]
    }
    plain = record.get(columns.get("title", ""), "")
    if plain and not titles:
        titles[detect_language(plain) or "en"] = plain
    return titles


def _records(path: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Lines of a CSV file and which column is which; the header tells the separator."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"cannot read `{path}`: {error.__class__.__name__}",
            rule="codes and titles are a CSV file in UTF-8",
            hint="check the path; save a spreadsheet as `CSV UTF-8`",
        ) from error
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    given = {name.strip().casefold(): name for name in reader.fieldnames or ()}
    columns = {
        meaning: given[name]
        for meaning, names in _NAMES.items()
        for name in reversed(names)
        if name in given
    }
    columns |= {f"title_{la}": given[f"title_{la}"] for la in LANGUAGES if f"title_{la}" in given}
    if "code" not in columns or not any(name.startswith("title") for name in columns):
        raise SourceError(
            f"`{path.name}` has the columns {', '.join(given) or 'none'}",
            rule="a column `code` and a column `title` (or title_en, title_ru, title_be, title_zh)",
            hint="name the columns in the first line as in the rule",
        )
    return [{k: (v or "").strip() for k, v in row.items() if k} for row in reader], columns
