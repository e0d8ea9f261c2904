"""Words of other languages that an import takes for the schema's own."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

__all__ = [
    "column_meant",
    "country_meant",
    "number_meant",
    "plain_word",
    "table_meant",
    "value_meant",
]

_LANGUAGES = ("en", "ru", "be", "zh")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(
    r"[-+]?\d{1,3}(?:(?P<mark>[.,])\d{3})(?:(?P=mark)\d{3})*(?:(?!(?P=mark))[.,]\d+)?"
)
# ISO codes are asked for; these are the ones the European Commission writes instead.
_COUNTRY_ALIASES = {"EL": "GR", "UK": "GB"}


def plain_word(text: str) -> str:
    """Write a heading or word so that spelling habits do not matter: case, ё, blanks, dashes.

    Examples
    --------
    >>> plain_word("  Населённый пункт "), plain_word("Бизнес-инкубатор")
    ('населенный пункт', 'бизнес инкубатор')
    """
    folded = text.casefold().replace("ё", "е").replace("_", " ")
    for dash in "-–—‑":
        folded = folded.replace(dash, " ")
    return " ".join(folded.split())


def table_meant(name: str) -> str | None:
    """Return the table a file or sheet name means in another language, or None.

    Examples
    --------
    >>> table_meant("Организации"), table_meant("机构"), table_meant("Лист1")
    ('organisation', 'organisation', None)
    """
    return next(iter(_accepted("table").get(plain_word(name), ())), None)


def column_meant(heading: str, columns: Sequence[str]) -> str | None:
    """Return which of a table's columns a heading in another language means, or None.

    Examples
    --------
    >>> column_meant("Город", ["city", "region"]), column_meant("Цвет", ["city", "region"])
    ('city', None)
    >>> column_meant("Описание", ["title", "text"]), column_meant("Описание", ["description_ru"])
    ('text', 'description_ru')
    """
    meant = _accepted("column").get(plain_word(heading), ())
    return next((column for column in meant if column in columns), None)


def value_meant(word: str, choices: tuple[str, ...]) -> str | None:
    """Return the word of a closed vocabulary that a cell means, or None.

    Examples
    --------
    >>> value_meant("Научный институт", ("research_institute", "company"))
    'research_institute'
    >>> value_meant("Завод", ("research_institute", "company"))
    """
    plain = plain_word(word)
    meant = (plain.replace(" ", "_"), word.strip(), *_accepted("value").get(plain, ()))
    return next((choice for choice in meant if choice in choices), None)


def country_meant(text: str) -> str:
    """Return the two-letter code of a country's code or name; other text as it is.

    Examples
    --------
    >>> country_meant("by"), country_meant("Беларусь"), country_meant("中国"), country_meant("UK")
    ('BY', 'BY', 'CN', 'GB')
    """
    code = text.strip().upper()
    if len(code) == 2 and code.isascii():
        return _COUNTRY_ALIASES.get(code, code)
    return _countries().get(plain_word(text), text)


def number_meant(text: str) -> float | None:
    """Read a number with a decimal point or comma, and blanks or marks between thousands.

    A single mark is a decimal one; two different marks, or the same mark twice, divide thousands.

    Examples
    --------
    >>> [number_meant(text) for text in ("1 234,5", "1.234,5", "1,234.5", "1,5", "many")]
    [1234.5, 1234.5, 1234.5, 1.5, None]
    >>> [number_meant(text) for text in ("1.234.5", "1,234,5", "12.345.678.9")]
    [None, None, None]
    """
    plain = re.sub(r"\s", "", text).replace("−", "-")
    grouped = _GROUPED.fullmatch(plain)
    marks = re.findall(r"[.,]", plain)
    if grouped and len(marks) > 1:
        mark = grouped["mark"]
        if marks.count(mark) == len(marks) or marks[-1] != mark:
            plain = plain.replace(mark, "")
    return float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None


@cache
def _accepted(what: str) -> dict[str, tuple[str, ...]]:
    path = files("clusterloom").joinpath("data", "words", "accepted.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row["what"] == what:
            for word in map(plain_word, row["words"].split("|")):
                found[word] = (*found.get(word, ()), row["meant"])
    return found


@cache
def _countries() -> dict[str, str]:
    """Names of countries in the languages of the program, from the CLDR."""
    from babel import Locale

    found = {}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[plain_word(name)] = code
    # Names people write and the CLDR does not.
    return found | {"белоруссия": "BY", "кнр": "CN", "prc": "CN", "рф": "RU", "сша": "US"}
