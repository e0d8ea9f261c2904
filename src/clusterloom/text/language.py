"""Which language a short text is in, and Belarusian brought nearer to Russian for the encoders."""

from __future__ import annotations

import re

__all__ = ["belarusian_to_russian_letters", "detect_language"]

_CHINESE = re.compile(r"[一-鿿㐀-䶿]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_BELARUSIAN_ONLY = re.compile(r"[ўЎіІ]|\bдз[яеі]|ць\b|[сз]ьц", re.IGNORECASE)
_RUSSIAN_ONLY = re.compile(r"[иИщЩъЪ]")

# Spelling only, no grammar: enough to let Russian sub-word pieces match.
_SPELLING = (
    ("дзь", "дь"),
    ("дз", "д"),
    ("ць", "ть"),
    ("ці", "ти"),
    ("цё", "тё"),
    ("це", "те"),
    ("ця", "тя"),
    ("цю", "тю"),
    ("шч", "щ"),
    ("ыя", "ия"),
    ("ў", "в"),
    ("і", "и"),
    ("'", "ъ"),
    ("’", "ъ"),
)


def detect_language(text: str) -> str | None:
    """Tell en, ru, be and zh apart by script and letters; None when it is none of them.

    A Latin text counts as English: the program's sources use Latin script for English only, and
    the encoder treats other European languages by the same vectors.

    Examples
    --------
    >>> [detect_language(t) for t in ("laser", "лазеры и щит", "лазерная тэхніка", "激光", "123")]
    ['en', 'ru', 'be', 'zh', None]
    """
    if _CHINESE.search(text):
        return "zh"
    if _CYRILLIC.search(text):
        belarusian = len(_BELARUSIAN_ONLY.findall(text))
        return "be" if belarusian > len(_RUSSIAN_ONLY.findall(text)) else "ru"
    return "en" if _LATIN.search(text) else None


def belarusian_to_russian_letters(text: str) -> str:
    """Respell Belarusian so that an encoder trained on Russian meets familiar letters.

    Examples
    --------
    >>> belarusian_to_russian_letters("ціск")
    'тиск'
    """
    for source, target in _SPELLING:
        text = text.replace(source, target).replace(source.capitalize(), target.capitalize())
    return text
