"""Draft a concordance for a classification the program does not know, from its codes and titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import read_concordance
from clusterloom.entities.concordance_bridge import bridged_schemes
from clusterloom.entities.concordance_build import (
    Evidence,
    Heading,
    build_entries,
    text_confidence,
    text_scores,
)
from clusterloom.entities.concordance_codes import code_readings
from clusterloom.entities.concordance_match import Match, match_headings
from clusterloom.entities.scheme_names import asked_scheme
from clusterloom.errors import SourceError
from clusterloom.text import Encoder, detect_language
from clusterloom.text.fields import LANGUAGES

__all__ = ["draft_concordance", "read_headings"]

Row = dict[str, Any]
# What EuroSciVoc calls branches of FORD, where it does not say the same.
_FORD_OTHERWISE = {"agricultural sciences": "4", "humanities": "6", "arts": "6.4"}
Line = tuple[int, Mapping[str, str]]  # number in the file; code, title, title_xx, parent, path


def draft_concordance(
    lines: Iterable[Line],
    *,
    scheme: str,
    encoders: Sequence[Encoder],
    file: str = "titles",
    against: str = "",
    known: Iterable[Line] | None = None,
) -> list[Row]:
    """Propose fields for every code of a classification, from what the codes are called.

    A code starts from the code above it; its words move the shares. Where a bridge to another
    classification knows a code (GB/T 4754), or a title is one of FORD (the upper levels of
    EuroSciVoc), the code keeps to the fields found there, with the origin `bridge`. All other rows
    have the origin `text` or `hierarchy`, and a confidence no higher than words alone have earned
    on classifications entered by hand.

    Parameters
    ----------
    lines : (number, cells), as from `clusterloom.sources.read_titles`
        Cells are `code` and `title` (any language) or `title_en`, `title_ru`, `title_be`,
        `title_zh`; optional `parent`, and `path` with the titles of the codes above.
    scheme : name of the classification, e.g. ``gbt4754``
    encoders : one or more
    file : what messages call the file
    against : name of a known classification, optional
        Codes then get the fields of its code with the most alike title (see `match_headings`).
    known : its codes and titles, like `lines`
        Not needed where its titles travel with the program (FORD, WIPO-35, OpenAlex topics).

    Returns
    -------
    rows of the `concordance` table, by code
        To be read by a person, corrected, and imported. `like` names the matched code.

    Raises
    ------
    SourceError
        If there are faulty lines: all are named at once; if nothing is known of `against`.
    """
    name = asked_scheme(scheme)
    headings = read_headings(lines, scheme=name, file=file)
    catalogue = read_catalogue().rows("field")
    scores = text_scores(headings, catalogue, encoders=encoders)
    bridge, trust, nowhere = _bridged(name, headings)
    # What a bridge says is not moved by words: its shares are entered by hand or follow such ones.
    scores[[i for i, heading in enumerate(headings) if heading.code in bridge]] = 0.0
    entries = build_entries(headings, catalogue, scores, Evidence(named=bridge))
    column = {row["field_id"]: j for j, row in enumerate(catalogue)}
    for heading, score in zip(headings, scores, strict=True):
        if heading.code not in trust and heading.titles and entries[heading.code]:
            first = column[entries[heading.code][0].field_id]
            trust[heading.code] = round(text_confidence(float(score[first])), 3)
    matches: dict[str, Match] = {}
    if against:
        other = _known_headings(against, known)
        matches = match_headings(headings, other, read_concordance(against), encoders=encoders)
        for code, match in matches.items():
            entries[code] = match.shares
            bridge.pop(code, None)
            trust.pop(code, None)
    return [
        {
            "scheme": name,
            "code": heading.code,
            "field_id": entry.field_id,
            "share": entry.share,
            "origin": "bridge" if heading.code in bridge else entry.origin,
            "confidence": min(entry.confidence, trust.get(heading.code, 1.0)),
            "title": next(iter(heading.titles.values()), ""),
            **({"like": _like(matches.get(heading.code))} if against else {}),
        }
        for heading in sorted(headings, key=lambda h: h.code)
        if heading.code not in nowhere or heading.code in matches
        for entry in entries[heading.code]
    ]


def _bridged(
    scheme: str, headings: Sequence[Heading]
) -> tuple[dict[str, dict[str, float]], dict[str, float], set[str]]:
    """Fields of the codes that are known over another classification, and the trust in each.

    Then the codes known to lead to no field: a draft leaves them out, so that what the program has
    of them stays.
    """
    ford = read_concordance("ford")
    by_title = {title.casefold(): ford.entries[code] for code, title in ford.titles.items()}
    by_title |= {title: ford.entries[code] for title, code in _FORD_OTHERWISE.items()}
    by_code = read_concordance(scheme).entries if scheme in bridged_schemes() else {}
    found: dict[str, dict[str, float]] = {}
    trust: dict[str, float] = {}
    nowhere = set()
    for heading in headings:
        links = by_code.get(heading.code)
        if links == ():
            nowhere.add(heading.code)
        if links is None and scheme == "euroscivoc":
            links = by_title.get(heading.titles.get("en", "").casefold())
        if links:
            found[heading.code] = {link.field_id: link.share for link in links if link.share}
            trust[heading.code] = links[0].confidence
    return found, trust, nowhere


def _known_headings(against: str, known: Iterable[Line] | None) -> list[Heading]:
    """Codes and titles of the known classification, from the user's file or the program."""
    if known is not None:
        return read_headings(known, scheme=asked_scheme(against), file=against)
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


def read_headings(lines: Iterable[Line], *, scheme: str, file: str = "titles") -> list[Heading]:
    """Read codes and titles; codes above that have no line of their own are added.

    Their titles are those of the path where there is one, else they have none.

    Raises
    ------
    SourceError
        If there are faulty lines: all are named at once.
    """
    faults: list[str] = []
    headings: dict[str, Heading] = {}
    above_titles: dict[str, dict[str, str]] = {}
    for line, cells in lines:
        written = cells.get("code", "")
        readings = code_readings(scheme, written)
        titles = _titles(cells)
        if not readings:
            faults.append(f"line {line}: `{written}` is no code of {scheme}")
        elif not titles:
            faults.append(f"line {line}: code `{readings[0][0]}` has no title")
        elif readings[0][0] in headings:
            # CORDIS names a EuroSciVoc code once per project: the same title again is no fault.
            if headings[readings[0][0]].titles != titles:
                faults.append(f"line {line}: code `{readings[0][0]}` has two titles")
        else:
            chain = readings[0]
            above = cells.get("parent") or (chain[1] if len(chain) > 1 else None)
            headings[chain[0]] = Heading(chain[0], above, titles)
            above_titles.update(_path_titles(chain, cells.get("path", "")))
    if faults or not headings:
        raise SourceError(
            f"{file}: " + ("; ".join(faults[:20]) or "no line below the header"),
            rule="each line has a code of the classification and one title",
            hint="correct these lines and draft again",
        )
    for heading in list(headings.values()):
        for code in code_readings(scheme, heading.code)[0][1:]:
            titles = above_titles.get(code, {})
            headings.setdefault(code, Heading(code, _next(scheme, code), titles))
    return list(headings.values())


def _path_titles(chain: Sequence[str], path: str) -> dict[str, dict[str, str]]:
    """Titles of the codes above, from a path as long as the chain; else nothing is certain."""
    titles = [part.strip() for part in path.split("/") if part.strip()]
    if len(titles) != len(chain):
        return {}
    return {
        code: {detect_language(title) or "en": title}
        for code, title in zip(reversed(chain), titles, strict=True)
    }


def _next(scheme: str, code: str) -> str | None:
    chain = code_readings(scheme, code)[0]
    return chain[1] if len(chain) > 1 else None


def _titles(cells: Mapping[str, str]) -> dict[str, str]:
    """Language to title; a title in a column without a language speaks for itself."""
    titles = {la: cells[f"title_{la}"] for la in LANGUAGES if cells.get(f"title_{la}")}
    plain = cells.get("title", "")
    if plain and not titles:
        titles[detect_language(plain) or "en"] = plain
    return titles
