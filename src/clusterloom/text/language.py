"""Which language a short text is in, also when scripts are mixed."""

from __future__ import annotations

import re

from clusterloom.text.belarusian import (
    belarusian_to_russian,
    belarusian_to_russian_letters,
    is_belarusian_word,
)

__all__ = [
    "belarusian_to_russian",
    "belarusian_to_russian_letters",
    "detect_language",
    "script_parts",
]

_CHINESE = re.compile(r"[一-鿿㐀-䶿]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_KANA_HANGUL = re.compile(r"[぀-ヿ가-힣]")
# Letters of other languages written in Cyrillic: Ukrainian, Kazakh and others, Serbian.
_OTHER_CYRILLIC = re.compile(r"[їєґәғқңөұүһјљњћџђ]", re.IGNORECASE)
_OTHER_SHARE = (
    0.01  # of the Cyrillic letters; fewer are names quoted in a Russian or Belarusian text
)
# Ukrainian has і beside и or щ, of which Russian has the one and Belarusian the other; it has none
# of the letters that both these languages use all the time.
_NAMED = re.compile(r"[«\"„“(][^»\"”“)]*[»\"”“)]")
_DOTTED = re.compile(r"і", re.IGNORECASE)
_UNDOTTED = re.compile(r"[ищ]", re.IGNORECASE)
_NOT_UKRAINIAN = re.compile(r"[ыэёъў]", re.IGNORECASE)
_SHORT_CAPITALS = re.compile(r"\b[А-ЯІA-Z]{1,3}\b")  # ІТ, ІІІ: abbreviations, of any language

# Spellings Russian does not have: hard consonants, dz and ts before soft vowels, double endings.
_BELARUSIAN_ONLY = re.compile(
    r"[ўі]|дз[яеіёю]|ць\b|[сз]ьц|[чцр]э|(?<!ч)жэ|шэ(?!н)|[жшч]ы|[тдбпв]э|шч|цц[яё]|нн[еяю]\b|цы[яію]|ыя\b",
    re.IGNORECASE,
)
_RUSSIAN_ONLY = re.compile(r"[ищъ]|[жшчщцр]ё|тё|[тд][еёюя]|ть\b|ого\b|ые\b|ой\b", re.IGNORECASE)

# What one letter weighs: a Chinese character is about a word's half, and Latin letters in a
# Cyrillic or Chinese text are mostly names of products.
_WEIGHT = {"zh": 4, "cyrillic": 2, "latin": 1}
_PARTS = re.compile(r"[一-鿿㐀-䶿]+|[Ѐ-ӿ'’-]+|[A-Za-zÀ-ɏ'’-]+|[^一-鿿㐀-䶿Ѐ-ӿA-Za-zÀ-ɏ]+")
_SAMPLE = 20_000  # characters of a long text that are looked at


def detect_language(text: str) -> str | None:
    """Tell en, ru, be and zh apart by script and letters; None when it is none of them.

    In a text of mixed scripts the prevailing one decides, a Chinese character weighing as much as
    two Cyrillic or four Latin letters. A Latin text counts as English: the program's sources use
    Latin script for English only, and the encoders treat other European languages by the same
    vectors. Where spelling tells nothing the lexicon of `belarusian_to_russian` decides;
    words that both languages spell alike count as Russian. Ukrainian, told by its letters or by і
    beside и, is none of the four, and neither are Kazakh, Serbian, Japanese and Korean.

    Examples
    --------
    >>> [detect_language(t) for t in ("laser", "лазеры и щит", "лазерная тэхніка", "激光", "123")]
    ['en', 'ru', 'be', 'zh', None]
    >>> detect_language("Мы используем SolidWorks"), detect_language("laser 激")
    ('ru', 'en')
    >>> detect_language("Українська мова"), detect_language("Виробництво верстатів")
    (None, None)
    """
    text = text[:_SAMPLE]
    weight = {
        "zh": _WEIGHT["zh"] * len(_CHINESE.findall(text)),
        "cyrillic": _WEIGHT["cyrillic"] * len(_CYRILLIC.findall(text)),
        "latin": _WEIGHT["latin"] * len(_LATIN.findall(text)),
        "other": _WEIGHT["zh"] * len(_KANA_HANGUL.findall(text)),
    }
    script = max(weight, key=lambda name: weight[name])
    if not weight[script] or script == "other":
        return None
    if script == "zh":
        return None if weight["other"] * 4 > weight["zh"] else "zh"
    if script == "latin":
        return "en"
    if _is_other_cyrillic(text):
        return None
    lead = len(_BELARUSIAN_ONLY.findall(text)) - len(_RUSSIAN_ONLY.findall(text))
    if lead == 0:
        return "be" if any(map(is_belarusian_word, text.split())) else "ru"
    return "be" if lead > 0 else "ru"


def _is_other_cyrillic(text: str) -> bool:
    """Whether a Cyrillic text is neither Russian nor Belarusian, by its letters."""
    text = _NAMED.sub(" ", text)  # a name in quotes may be of any language
    strange = len(_OTHER_CYRILLIC.findall(text))
    if strange and strange >= _OTHER_SHARE * len(_CYRILLIC.findall(text)):
        return True
    dotted = len(_DOTTED.findall(_SHORT_CAPITALS.sub(" ", text)))
    both = min(dotted, len(_UNDOTTED.findall(text)))
    # A Belarusian text that quotes a Russian title has both too, but also these letters.
    return both > 5 * len(_NOT_UKRAINIAN.findall(text))


def script_parts(text: str) -> list[tuple[str, str]]:
    """Cut a text of mixed scripts into parts of one language each, in order.

    Digits and marks belong to the part before them. Parts of one language that only marks divide
    are one part.

    Returns
    -------
    list of (language, part)
        Empty when the text has no letter of the four languages.

    Examples
    --------
    >>> script_parts("Лазер LS-200 激光器")
    [('ru', 'Лазер'), ('en', 'LS-200'), ('zh', '激光器')]
    """
    cyrillic = detect_language(" ".join(re.findall(rf"{_CYRILLIC.pattern}+", text)))
    runs: list[tuple[str, str]] = []
    for run in _PARTS.findall(text):
        language = "zh" if _CHINESE.search(run) else "en" if _LATIN.search(run) else None
        if _CYRILLIC.search(run):
            language = cyrillic or "ru"
        if language is None and not runs:
            continue
        if runs and language in (None, runs[-1][0]):
            runs[-1] = (runs[-1][0], runs[-1][1] + run)
        else:
            runs.append((str(language), run))
    return [(language, part.strip()) for language, part in runs]
