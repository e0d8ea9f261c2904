"""Words whose presence in a text speaks for a technological paradigm, in four languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Word", "WordFinder"]

_GAP = r"[\s\-‐‑‒–—/]+"  # what may stand between the words of a term: 3D-печать, 3D печать
_WORD_CHARACTER = re.compile(r"\w")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, kw_only=True)
class Word:
    """One term of a word list.

    `term` is one or several words; ``*`` at the end of a word stands for any ending, so that
    ``нейрон* сет*`` finds *нейронных сетей*. Chinese terms are found anywhere in a text.
    """

    term: str
    language: str  # en, ru, be or zh
    paradigm: str  # I .. VI
    topic: str  # what it is about, the link to the lines of a mapping it can confirm
    decides: bool  # True: speaks by itself; False: only confirms a line that needs text


@dataclass(frozen=True)
class WordFinder:
    """Finds the terms of a word list in texts.

    Terms of all languages are looked for in every text: a Russian text holds English
    abbreviations, and a language detected wrongly must not hide a term.
    """

    words: tuple[Word, ...]
    _patterns: tuple[tuple[Word, str, re.Pattern[str]], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Compile every term once."""
        patterns = tuple((word, _first_letters(word.term), _pattern(word)) for word in self.words)
        object.__setattr__(self, "_patterns", patterns)

    def find(self, texts: Mapping[str, str] | Iterable[str]) -> tuple[Word, ...]:
        """Return the terms found in any of the texts, in the order of the list.

        Parameters
        ----------
        texts : language -> text, or texts
            Empty texts are allowed and hold no term.

        Examples
        --------
        >>> word = Word(term="нейрон* сет*", language="ru", paradigm="VI", topic="ai", decides=True)
        >>> [found.topic for found in WordFinder((word,)).find({"ru": "Обучение нейронных сетей"})]
        ['ai']
        """
        values = texts.values() if isinstance(texts, Mapping) else texts
        # One by one: a term must not run from the end of one text into the next.
        plain = [_plain(text) for text in values if text]
        # Chinese characters touch Latin words without a space: 基于AI的 speaks of AI.
        apart = [_CHINESE.sub(" ", text) for text in plain]
        return tuple(
            word
            for word, beginning, pattern in self._patterns
            # The plain search is ten times faster than the pattern and mostly settles the matter.
            if any(
                beginning in text and pattern.search(text)
                for text in (plain if word.language == "zh" else apart)
            )
        )


def _plain(text: str) -> str:
    """Compatible forms, small letters, one spelling of ё: what a reader takes for the same."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def _first_letters(term: str) -> str:
    return re.split(_GAP, _plain(term).replace("*", " ").strip())[0]


def _pattern(word: Word) -> re.Pattern[str]:
    parts = [part for part in re.split(_GAP, _plain(word.term)) if part]
    body = _GAP.join(
        re.escape(part.removesuffix("*")) + (r"\w*" if part.endswith("*") else "") for part in parts
    )
    if word.language == "zh":  # Chinese is written without spaces: a term has no edges
        return re.compile(body)
    return re.compile(rf"(?<!\w){body}(?!\w)")


def readable_term(term: str) -> bool:
    """Tell whether a term has a letter or digit in each word, and ``*`` only at ends of words.

    Examples
    --------
    >>> readable_term("quantum comput*"), readable_term("*"), readable_term("na*no")
    (True, False, False)
    """
    parts = [part for part in re.split(_GAP, term.strip()) if part]
    return bool(parts) and all(
        _WORD_CHARACTER.search(part) and "*" not in part.removesuffix("*") for part in parts
    )
