"""The reader's language: translated sentences, numbers, and reasons with names in place of ids."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from clusterloom.schema import load_reasons

if TYPE_CHECKING:
    from clusterloom.views.names import Names

__all__ = ["Translator", "render_reasons"]


class Translator:
    """Translate English messages; what is not translated yet stays English, never an error."""

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
        return _written(float(value), digits, self.language)


def render_reasons(text: str | None, names: Names, translator: Translator) -> list[str]:
    """Return the stored reasons as sentences in the reader's language."""
    sentences = []
    for one in load_reasons(text):
        arguments = {
            key: translator.number(value) if isinstance(value, int | float) else names.of(value)
            for key, value in one.args.items()
        }
        sentences.append(translator(one.template).format(**arguments))
    return sentences


@lru_cache(maxsize=65536)
def _written(value: float, digits: int, language: str) -> str:
    """Write a number; remembered, as tables of reasons repeat the same few thousand values."""
    from babel.numbers import format_decimal

    pattern = "#,##0" if value.is_integer() else "#,##0." + "#" * digits
    return str(format_decimal(value, format=pattern, locale=language))


@cache
def _messages(language: str) -> dict[str, str]:
    """Read a catalogue of the package; empty for English and for a catalogue not made yet."""
    folder = files("clusterloom").joinpath("data", "locale", language, "LC_MESSAGES")
    file = folder.joinpath("clusterloom.po")
    if language == "en" or not file.is_file():
        return {}
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}
