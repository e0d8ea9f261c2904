"""Which language the texts of an activity are in, whatever column they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from clusterloom.text import detect_language, script_parts

__all__ = ["PLAIN_TEXT", "count_moved", "settle_texts"]

Row = dict[str, Any]
PLAIN_TEXT = "text"  # heading of a text whose language nobody stated
_LANGUAGES = ("en", "ru", "be", "zh")
_NAMES = {"en": "English", "ru": "Russian", "be": "Belarusian", "zh": "Chinese"}
_MOVED = "was taken as"  # tells the note of a moved text from other notes

_LETTERS = {
    "en": re.compile(r"[A-Za-zÀ-ɏ]"),
    "ru": re.compile(r"[Ѐ-ӿ]"),
    "be": re.compile(r"[Ѐ-ӿ]"),
    "zh": re.compile(r"[一-鿿㐀-䶿]"),
}
# Letters that only one of the two has: no word of the other is spelled with them.
_BELARUSIAN = re.compile(r"[ўі]", re.IGNORECASE)
_RUSSIAN = re.compile(r"[ищъ]", re.IGNORECASE)
# A common word: a Latin text without any is a name, which a text of any language may be.
_ENGLISH_WORD = re.compile(r"(?<![A-Za-z0-9])[a-z]{3,}(?![A-Za-z0-9])")
# What makes it worth a closer look whether a text is in the language of its column.
_WORD = _ENGLISH_WORD.pattern
_ASIAN, _OTHERS = "一-鿿㐀-䶿぀-ヿ가-힣", "їєґәғқңөұүһјљњћџђ"
_DOUBT = {
    "en": re.compile(f"[Ѐ-ӿ{_ASIAN}]"),
    "ru": re.compile(f"[ўіЎІ{_OTHERS}{_OTHERS.upper()}{_ASIAN}]|{_WORD}"),
    "be": re.compile(f"[ищъИЩЪ{_OTHERS}{_OTHERS.upper()}{_ASIAN}]|{_WORD}"),
    "zh": re.compile(f"[Ѐ-ӿ぀-ヿ가-힣]|{_WORD}|^[^一-鿿㐀-䶿]*$"),
}
_BETWEEN = re.compile(r"[/|;()\[\]\n]|\s[-–—]")  # marks between a text and its translation
_MARKS = " \t\n/|;()[]-–—.,:"
_ENOUGH = {"zh": 3}  # letters a part must have to be a text of its own
_ENOUGH_ELSEWHERE = 6


def settle_texts(row: Row, plain: str | None = None) -> list[tuple[str, str]]:
    """Put each text of an activity into the column of its language; say what was moved.

    A text without a stated language is put where its letters say. A text that holds its own
    translation, with a mark between, is cut. A text in the column of a language it is plainly not
    in is moved: Cyrillic or Chinese in the English column, English words alone in another, letters
    that only Russian or only Belarusian has. Where the right column is filled already, it holds
    both, the one that stood there first. A text in none of the four languages stays, or is read as
    Russian where it is Cyrillic.

    Parameters
    ----------
    row : changed in place
        Columns `text_en`, `text_ru`, `text_be`, `text_zh`; absent or None is no text.
    plain : text without a stated language, optional

    Returns
    -------
    (fault, remedy) for each text in the column of another language, or in none of the four
    """
    notes: list[tuple[str, str]] = []
    held: dict[str, list[str]] = {language: [] for language in _LANGUAGES}
    arriving: list[tuple[str, str]] = []
    for stated in _LANGUAGES:
        text = row.get(f"text_{stated}")
        if not text or not _DOUBT[stated].search(text):
            held[stated] += [text] if text else []
            continue
        parts = _parts(text, stated)
        held[stated] += [part for language, part in parts if language == stated]
        others = [(language, part) for language, part in parts if language != stated]
        arriving += others
        if _is_foreign(text):
            notes.append(_foreign(f"text_{stated}", parts[0][0]))
        elif others:
            notes.append(_moved(f"text_{stated}", [language for language, _ in others]))
    if plain:
        parts = _parts(plain, None)
        arriving += parts
        if _is_foreign(plain):
            notes.append(_foreign(PLAIN_TEXT, parts[0][0]))
    if arriving:
        _join(row, held, arriving)
    return notes


def count_moved(quarantine: Iterable[Mapping[str, Any]]) -> int:
    """Count the texts of activities that stood in the column of another language."""
    return sum(row["table"] == "activity" and f" {_MOVED} " in row["fault"] for row in quarantine)


def _join(row: Row, held: Mapping[str, list[str]], arriving: Iterable[tuple[str, str]]) -> None:
    """Write the texts back, those that arrive behind those that stood there, none twice."""
    for language, text in arriving:
        if all(text.casefold() != other.casefold() for other in held[language]):
            held[language].append(text)
    for language, texts in held.items():
        closed = [text if text[-1] in ".!?。" else f"{text}." for text in texts[:-1]]
        row[f"text_{language}"] = " ".join([*closed, *texts[-1:]]) or None


def _parts(text: str, stated: str | None) -> list[tuple[str, str]]:
    """Language and text, one or, where a text holds its own translation, several."""
    cut = _translations(text)
    if cut:
        return cut
    found = _detected(text)
    if found is None:
        cyrillic = bool(_LETTERS["ru"].search(text))
        at_home = stated in ("ru", "be") if cyrillic else stated is not None
        return [(stated if at_home and stated else "ru" if cyrillic else "en", text)]
    if stated is None or _is_plainly(text, found, stated):
        return [(found, text)]
    return [(stated, text)]


def _detected(text: str) -> str | None:
    """Language of a text; long names in Latin letters do not make it English."""
    found = detect_language(text)
    if found == "en" and not _ENGLISH_WORD.search(text):
        return detect_language(_LETTERS["en"].sub(" ", text)) or found
    return found


def _is_plainly(text: str, found: str, stated: str) -> bool:
    """Whether the letters leave no doubt that a text is in the language found, not the stated."""
    if {found, stated} == {"ru", "be"}:
        only, others = (_BELARUSIAN, _RUSSIAN) if found == "be" else (_RUSSIAN, _BELARUSIAN)
        return bool(only.search(text)) and not others.search(text)
    n_found, n_stated = (len(_LETTERS[one].findall(text)) for one in (found, stated))
    if found == "en":
        return not n_stated and bool(_ENGLISH_WORD.search(text))
    if found == "zh":  # a Chinese character is about four letters
        return 4 * n_found > n_stated
    return bool(n_found > n_stated)


def _translations(text: str) -> list[tuple[str, str]]:
    """Cut a text and its translations, `лазеры / lasers`, apart; empty where it is one text."""
    parts = script_parts(text)
    if len(parts) < 2 or len({language for language, _ in parts}) < len(parts):
        return []
    for place, (language, part) in enumerate(parts):
        letters = _LETTERS[language].findall(part)
        behind = re.split(r"\w", part)[-1]
        if len(letters) < _ENOUGH.get(language, _ENOUGH_ELSEWHERE):
            return []
        if place < len(parts) - 1 and not _BETWEEN.search(behind):
            return []
        if language == "en" and not _ENGLISH_WORD.search(part):
            return []
    # What stands before the first letter, a number say, belongs to the first part.
    before = text[: text.index(parts[0][1])]
    parts[0] = (parts[0][0], before + parts[0][1])
    return [(language, part.strip(_MARKS)) for language, part in parts]


def _is_foreign(text: str) -> bool:
    """Whether a text has letters, but of none of the four languages."""
    return any(letter.isalpha() for letter in text) and detect_language(text) is None


def _moved(column: str, languages: list[str]) -> tuple[str, str]:
    names = " and ".join(_NAMES[language] for language in languages)
    columns = " and ".join(f"text_{language}" for language in languages)
    return (
        f"{column} holds {names}, which {_MOVED} {columns}",
        f"the row was taken over; put the text into {columns}, or name the column `{PLAIN_TEXT}`: "
        "its language is then detected",
    )


def _foreign(column: str, language: str) -> tuple[str, str]:
    return (
        f"{column} is in none of the four languages and is read as {_NAMES[language]}",
        "the row was taken over; give the text in English, Russian, Belarusian or Chinese",
    )
