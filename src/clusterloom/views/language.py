"""The reader's language: translated sentences, numbers, and reasons with names in place of ids."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from math import floor, log10
from typing import TYPE_CHECKING

from clusterloom.schema import load_reasons

if TYPE_CHECKING:
    from clusterloom.views.names import Names

__all__ = ["SpokenNumber", "Translator", "render_reasons"]


# Which of the forms written as ``one|few|many`` goes with a number, by the CLDR's plural classes;
# a fraction takes the form of few ("1,5 балла").
_FORMS = {
    "en": {"one": 0, "other": 1},
    "ru": {"one": 0, "few": 1, "many": 2, "other": 1},
    "be": {"one": 0, "few": 1, "many": 2, "other": 1},
    "zh": {"other": 0},
}

_SMALLEST = 1e-6  # a smaller number in a sentence is written as 0: it is noise of the arithmetic


class SpokenNumber(str):
    """A number as its language writes it, which knows the form of the word that goes with it.

    Examples
    --------
    >>> "{n} {n:member|members}".format(n=SpokenNumber("1", value=1, language="en"))
    '1 member'
    >>> "{n} {n:балл|балла|баллов}".format(n=SpokenNumber("7", value=7, language="ru"))
    '7 баллов'
    """

    value: float
    language: str

    def __new__(cls, text: str, *, value: float, language: str) -> SpokenNumber:
        """Keep the value and the language beside the text."""
        spoken = super().__new__(cls, text)
        spoken.value, spoken.language = value, language
        return spoken

    def __format__(self, spec: str) -> str:
        """Return the form of a word (``one|few|many``) for this number, or the number itself."""
        if "|" not in spec:
            return super().__format__(spec)
        from babel import Locale

        # A whole 1.0 is one, as it is written without its decimals.
        value = int(self.value) if float(self.value).is_integer() else self.value
        plural = Locale.parse(self.language).plural_form(value)
        return spec.split("|")[_FORMS[self.language][plural]]


class Translator:
    """Translate English messages; what is not translated yet stays English, never an error.

    English has a catalogue too: it holds what the messages of the program cannot say by
    themselves, such as the forms of a word after a number.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._messages = _messages(language)

    def __call__(self, message: str) -> str:
        """Return the message in the reader's language."""
        return self._messages.get(message, message)

    def number(self, value: float | int | None, digits: int = 2) -> str:
        """Format a number as the language writes it; an unknown one says so."""
        if value is None:
            return self("not estimated")
        text = _written(float(value), digits, self.language)
        return SpokenNumber(text, value=round(float(value), digits), language=self.language)

    def together(self, items: Iterable[str]) -> str:
        """Write items one after another as the language does."""
        return ("、" if self.language == "zh" else ", ").join(items)


def render_reasons(text: str | None, names: Names, translator: Translator) -> list[str]:
    """Return the stored reasons as sentences in the reader's language."""
    sentences = []
    for one in load_reasons(text):
        arguments = {
            key: translator.number(value, _digits(value))
            if isinstance(value, int | float)
            else names.of(value)
            for key, value in one.args.items()
        }
        sentences.append(translator(one.template).format(**arguments))
    return sentences


def _digits(value: float) -> int:
    """Decimals of a number in a sentence: two, and two significant digits of a small one.

    Examples
    --------
    >>> _digits(0.41), _digits(0.0061), _digits(0.002), _digits(0.0)
    (2, 4, 4, 2)
    """
    size = abs(value)
    return 2 if size >= 0.1 or size < _SMALLEST else 1 - floor(log10(size))


@lru_cache(maxsize=65536)
def _written(value: float, digits: int, language: str) -> str:
    """Write a number; remembered, as tables of reasons repeat the same few thousand values."""
    from babel.numbers import format_decimal

    pattern = "#,##0" if value.is_integer() else "#,##0." + "#" * digits
    return str(format_decimal(value, format=pattern, locale=language))


@cache
def _messages(language: str) -> dict[str, str]:
    """Read a catalogue of the package; empty for a catalogue not made yet."""
    folder = files("clusterloom").joinpath("data", "locale", language, "LC_MESSAGES")
    file = folder.joinpath("clusterloom.po")
    if not file.is_file():
        return {}
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}
