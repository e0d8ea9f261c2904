"""Read a mapping of fields and codes to paradigms from a file; all its faults at once."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance_codes import code_readings, scheme_name
from clusterloom.entities.paradigm_mapping import MappingLine, ParadigmMapping
from clusterloom.entities.paradigm_words import Word, readable_term
from clusterloom.errors import SourceError
from clusterloom.schema.vocabulary import NO_PARADIGM, PARADIGMS

__all__ = ["OWN_MAPPING", "own_mapping_text", "read_mapping"]

OWN_MAPPING = "clusterloom-1"
_OWN_WORDS = "words-1"

_EVIDENCE = ("sure", "needs_text")
_WORD_EVIDENCE = ("decides", "confirms")
_LANGUAGES = ("en", "ru", "be", "zh")
_COLUMNS = ("scheme", "code", "paradigm", "evidence")
_REASONS = {language: f"reason_{language}" for language in _LANGUAGES}
_ORIGINS = {language: f"origin_{language}" for language in _LANGUAGES}
_WORD_COLUMNS = ("term", "language", "paradigm", "topic", "evidence")
_HEADER = ("name", "version", "date", "licence", "note", "words")


def read_mapping(
    path: Path | str | None = None, *, field_ids: Collection[str] | None = None
) -> ParadigmMapping:
    """Read a mapping file, or the project's own.

    Parameters
    ----------
    path : CSV file in UTF-8, or None or ``clusterloom-1`` for the project's own mapping
        Lines of the form ``# name: value`` first (`name` and `version` are needed; `date`,
        `licence`, `note`; `words`: ``words-1`` for the project's word list, or a file beside this
        one), then a header and the columns `scheme`, `code`, `paradigm` (I..VI or ``none``),
        `evidence` (``sure`` or ``needs_text``) and the reason in one language or several:
        `reason_en`, `reason_ru`, `reason_be`, `reason_zh`; optional `topics` (split by |) and
        `origin`, which `origin_en`, `origin_ru`, `origin_be`, `origin_zh` say in a language.
    field_ids : optional
        The fields that exist; the catalogue's when left out.

    Raises
    ------
    SourceError
        If a file cannot be read or anything in it is wrong: all faults are named at once, with
        their lines.
    """
    own = path is None or str(path) == OWN_MAPPING
    if own and field_ids is None:
        return _own_mapping()
    fields = field_ids if field_ids is not None else _catalogue_ids()
    if own:
        return _parsed(*_own_text(OWN_MAPPING), f"{OWN_MAPPING}.csv", fields)
    return _parsed(*_user_text(Path(str(path))), Path(str(path)).name, fields)


@cache
def _own_mapping() -> ParadigmMapping:
    return _parsed(*_own_text(OWN_MAPPING), f"{OWN_MAPPING}.csv", _catalogue_ids())


def _parsed(
    text: str, folder: Path | None, file_name: str, fields: Collection[str]
) -> ParadigmMapping:
    """Read the text of a mapping; SourceError with all its faults."""
    head, header_faults = _header(text)
    records, column_faults = _records(text, _column_faults)
    words_text, word_faults = _words_text(head.get("words"), folder)
    words, found = _words(words_text) if words_text else ((), [])
    lines, line_faults = _lines(records, fields, words)
    faults = [*header_faults, *column_faults, *word_faults, *found, *line_faults]
    if not records and not column_faults:
        faults.append("it has no lines")
    _refuse(file_name, faults)
    return ParadigmMapping(
        name=head["name"],
        version=head["version"],
        lines=lines,
        words=words,
        date=head.get("date"),
        licence=head.get("licence"),
        note=head.get("note"),
        digest=hashlib.sha256(f"{text}\0{words_text}".encode()).hexdigest(),
    )


def own_mapping_text() -> str:
    """Return the project's own mapping as text: what another mapping can start from."""
    return _own_text(OWN_MAPPING)[0]


def _refuse(file_name: str, faults: Sequence[str]) -> None:
    if not faults:
        return
    raise SourceError(
        f"{file_name} has {len(faults)} faults:\n  " + "\n  ".join(faults),
        rule="`# name:` and `# version:` first; then lines with scheme, code, a paradigm of I..VI "
        "or none, evidence sure or needs_text, and a reason in one language at least "
        f"({', '.join(_REASONS.values())}); each code and paradigm once",
        hint="correct these lines and load the file again; `clusterloom show field` lists the "
        "fields, `clusterloom paradigm --template FILE` writes a mapping to start from",
    )


def _header(text: str) -> tuple[dict[str, str], list[str]]:
    """Read the lines ``# name: value`` before the table."""
    head: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        found = re.match(r"#\s*([a-z]+)\s*:\s*(.*\S)\s*$", line)
        if not found or found[1] not in _HEADER:
            continue  # any other comment is the author's own
        if found[1] in head:
            faults.append(f"line {number}: `{found[1]}` is given twice")
        head[found[1]] = found[2]
    faults += [f"`# {name}:` is missing" for name in ("name", "version") if name not in head]
    return head, faults


def _records(
    text: str, faults_of: Callable[[Sequence[str]], list[str]]
) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Read the table below the comments: (line number, record), and faults of its header."""
    lines = text.splitlines(keepends=True)
    skipped = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    body = "".join(lines[skipped:])
    header = body.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(body), delimiter=max(",;\t", key=header.count))
    faults = faults_of(reader.fieldnames or ())
    if faults:
        return [], [f"line {skipped + 1}: {fault}" for fault in faults]
    records = []
    for row in reader:
        record = {k: (v or "").strip() for k, v in row.items() if k is not None}
        records.append((skipped + reader.line_num, record))
    return records, []


def _column_faults(names: Sequence[str]) -> list[str]:
    """Say what is wrong with the columns of a mapping."""
    faults = _missing_columns(names, _COLUMNS)
    if not set(names) & set(_REASONS.values()):
        faults.append(f"no column {' or '.join(_REASONS.values())}")
    # A reason under `reason_by` or `reason_cn` would never be shown to anybody.
    known = {*_REASONS.values(), *_ORIGINS.values()}
    faults += [
        f"column `{name}` is in none of the languages {', '.join(_LANGUAGES)}"
        for name in names
        if re.fullmatch(r"(reason|origin)_[a-z]{2}", name) and name not in known
    ]
    return faults


def _word_column_faults(names: Sequence[str]) -> list[str]:
    return _missing_columns(names, _WORD_COLUMNS)


def _missing_columns(names: Sequence[str], required: Sequence[str]) -> list[str]:
    missing = [name for name in required if name not in names]
    return [f"no column {', '.join(missing)}"] if missing else []


def _lines(
    records: Sequence[tuple[int, dict[str, str]]],
    fields: Collection[str],
    words: Sequence[Word],
) -> tuple[tuple[MappingLine, ...], list[str]]:
    lines: list[MappingLine] = []
    faults: list[str] = []
    first: dict[str, int] = {}
    for number, record in records:
        line, found = _line(number, record, fields)
        if line is not None:
            found += _word_faults(line, words)
            if line.key in first:
                found.append(f"`{line.key}` is on line {first[line.key]} already")
            first.setdefault(line.key, number)
            lines.append(line)
        faults += [f"line {number}: {fault}" for fault in found]
    mixed = {(one.scheme, one.code) for one in lines if one.label == NO_PARADIGM} & {
        (one.scheme, one.code) for one in lines if one.label != NO_PARADIGM
    }
    faults += [f"`{scheme}:{code}` has both none and a paradigm" for scheme, code in sorted(mixed)]
    return tuple(lines), faults


def _line(
    number: int, record: Mapping[str, str], fields: Collection[str]
) -> tuple[MappingLine | None, list[str]]:
    """Check one line: the line and what is wrong with it."""
    scheme, code, faults = _code(record, fields)
    paradigm = record["paradigm"]
    if paradigm not in (*PARADIGMS, NO_PARADIGM):
        faults.append(f"paradigm `{paradigm}` is none of I..VI or none")
    if record["evidence"] not in _EVIDENCE:
        faults.append(f"evidence `{record['evidence']}` is neither sure nor needs_text")
    elif paradigm == NO_PARADIGM and record["evidence"] == "needs_text":
        faults.append("a line that ties to no paradigm cannot need text")
    reasons = _in_languages(record, _REASONS)
    if not reasons:
        faults.append("the reason is missing in every language")
    if faults:
        return None, faults
    topics = tuple(topic.strip() for topic in record.get("topics", "").split("|") if topic.strip())
    if topics and record["evidence"] == "sure":
        return None, ["topics are given, but a sure line needs no text"]
    origins = _in_languages(record, _ORIGINS)
    line = MappingLine(
        scheme=scheme,
        code=code,
        label=paradigm,
        needs_text=record["evidence"] == "needs_text",
        topics=topics,
        reasons=reasons,
        origin=record.get("origin") or next(iter(origins.values()), None),
        origins=origins,
        line=number,
    )
    return line, []


def _in_languages(record: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Language -> text of the columns that are filled in."""
    return {language: record[name] for language, name in columns.items() if record.get(name)}


def _code(record: Mapping[str, str], fields: Collection[str]) -> tuple[str, str, list[str]]:
    """Scheme and code in the spelling they are looked up by."""
    scheme = scheme_name(record["scheme"])
    if not scheme:
        return "", "", ["the scheme is missing"]
    if scheme == "field":
        unknown = record["code"] not in fields
        return scheme, record["code"], [f"unknown field `{record['code']}`"] if unknown else []
    readings = code_readings(scheme, record["code"])
    if not readings:
        return scheme, "", [f"`{record['code']}` is no code of {scheme}"]
    return scheme, readings[0][0], []


def _word_faults(line: MappingLine, words: Sequence[Word]) -> list[str]:
    """A line that needs text must have a word that can confirm it."""
    if not line.needs_text:
        return []
    known = {word.topic for word in words if word.paradigm == line.label}
    if not known:
        return [f"it needs text, but no list in `# words:` has a word for {line.label}"]
    unknown = [topic for topic in line.topics if topic not in known]
    return [f"no word for {line.label} has the topic `{topic}`" for topic in unknown]


def _words(text: str) -> tuple[tuple[Word, ...], list[str]]:
    records, faults = _records(text, _word_column_faults)
    words: list[Word] = []
    first: dict[tuple[str, str, str], int] = {}
    for number, record in records:
        found = _word_line_faults(record)
        key = (record["term"], record["language"], record["paradigm"])
        if key in first:
            found.append(f"`{record['term']}` is on line {first[key]} already")
        first.setdefault(key, number)
        if found:
            faults += [f"word list, line {number}: {fault}" for fault in found]
            continue
        words.append(
            Word(
                term=record["term"],
                language=record["language"],
                paradigm=record["paradigm"],
                topic=record["topic"],
                decides=record["evidence"] == "decides",
            )
        )
    return tuple(words), faults


def _word_line_faults(record: Mapping[str, str]) -> list[str]:
    faults = []
    if not readable_term(record["term"]):
        faults.append(f"term `{record['term']}` is not words with `*` at their ends")
    if record["language"] not in _LANGUAGES:
        faults.append(f"language `{record['language']}` is none of {', '.join(_LANGUAGES)}")
    if record["paradigm"] not in PARADIGMS:
        faults.append(f"paradigm `{record['paradigm']}` is none of I..VI")
    if not record["topic"]:
        faults.append("the topic is missing")
    if record["evidence"] not in _WORD_EVIDENCE:
        faults.append(f"evidence `{record['evidence']}` is neither decides nor confirms")
    return faults


def _words_text(named: str | None, folder: Path | None) -> tuple[str, list[str]]:
    """Text of the word list a mapping names; none named gives none."""
    if named is None:
        return "", []
    if named == _OWN_WORDS:
        return _own_text(_OWN_WORDS)[0], []
    try:
        return _user_text((folder or Path()) / named)[0], []
    except SourceError as fault:
        return "", [fault.fault]


def _own_text(name: str) -> tuple[str, None]:
    file = files("clusterloom").joinpath("data", "paradigm", f"{name}.csv")
    return file.read_text(encoding="utf-8"), None


def _user_text(path: Path) -> tuple[str, Path]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"cannot read `{path}`: {error.__class__.__name__}",
            rule="a mapping is a CSV file in UTF-8",
            hint="check the path; save a spreadsheet as `CSV UTF-8`",
        ) from error
    return text, path.parent


def _catalogue_ids() -> frozenset[str]:
    return frozenset(str(row["field_id"]) for row in read_catalogue().rows("field"))
