"""A mapping from fields and codes to technological paradigms, and how it is looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from clusterloom.entities.concordance_codes import code_readings, scheme_name, split_codes
from clusterloom.entities.paradigm_words import Word, WordFinder

__all__ = ["MappingLine", "ParadigmMapping"]


@dataclass(frozen=True, kw_only=True)
class MappingLine:
    """One line: a field or code, the paradigm it is counted to, and why."""

    scheme: str  # field, ipc, nace, isic, ford, wipo35, openalex, ...
    code: str
    label: str  # I .. VI; `none`: looked at, and tied to no paradigm
    needs_text: bool  # True: counts only where a word of `topics` is in the text
    topics: tuple[str, ...]  # topics of words that confirm it; none = any word of the paradigm
    reasons: Mapping[str, str]  # language (en, ru, be, zh) -> why; at least one
    origin: str | None  # whose judgement the line is; None: the mapping's author
    origins: Mapping[str, str] = field(default_factory=dict)  # language -> `origin` in it
    line: int  # line in the file

    @property
    def key(self) -> str:
        """Scheme, code and label: each once in a mapping."""
        return f"{self.scheme}:{self.code}:{self.label}"

    @cached_property
    def said(self) -> dict[str, str]:
        """Language -> the reason, and whose line it is where that is not the mapping's author."""
        return {
            language: _with_origin(language, why, self.origins.get(language) or self.origin)
            for language, why in self.reasons.items()
        }


@dataclass(frozen=True, kw_only=True)
class ParadigmMapping:
    """A versioned mapping: its lines, the words that decide doubtful ones, and where it is from."""

    name: str
    version: str
    lines: tuple[MappingLine, ...]
    words: tuple[Word, ...] = ()
    date: str | None = None
    licence: str | None = None
    note: str | None = None
    digest: str = ""  # SHA-256 of the files it was read from: part of what a result depends on

    @property
    def label(self) -> str:
        """Name and version, as results cite it."""
        return f"{self.name} {self.version}"

    @cached_property
    def finder(self) -> WordFinder:
        """What finds the words of this mapping in texts."""
        return WordFinder(self.words)

    @cached_property
    def _by_code(self) -> Mapping[tuple[str, str], tuple[MappingLine, ...]]:
        found: dict[tuple[str, str], list[MappingLine]] = {}
        for line in self.lines:
            found.setdefault((line.scheme, line.code), []).append(line)
        return {key: tuple(lines) for key, lines in found.items()}

    def field_lines(
        self, field_id: str, parent_of: Mapping[str, str | None]
    ) -> tuple[MappingLine, ...]:
        """Return the lines of a field; of the nearest broader field where it has none.

        Parameters
        ----------
        field_id : a field of the catalogue
        parent_of : field -> broader field or None
        """
        chain = [field_id]
        while (broader := parent_of.get(chain[-1])) is not None and broader not in chain:
            chain.append(broader)
        return self._nearest("field", chain)

    def code_lines(self, scheme: str, code: str) -> tuple[MappingLine, ...]:
        """Return the lines of a code, or of the narrowest broader code that has any.

        A cell with several codes has the lines of each of them.

        Examples
        --------
        >>> from clusterloom.entities.paradigm_file import read_mapping
        >>> [line.code for line in read_mapping().code_lines("ipc", "B33Y 10/00")]
        ['B33Y']
        """
        name = scheme_name(scheme)
        found = (self._lines_of_one(name, one) for one in split_codes(code))
        return tuple({line.key: line for lines in found for line in lines}.values())

    def _lines_of_one(self, scheme: str, code: str) -> tuple[MappingLine, ...]:
        for chain in code_readings(scheme, code):
            found = self._nearest(scheme, _with_decimals(chain) if scheme == "ipc" else chain)
            if found:
                return found
        return ()

    def _nearest(self, scheme: str, chain: Sequence[str]) -> tuple[MappingLine, ...]:
        return next(
            (self._by_code[scheme, code] for code in chain if (scheme, code) in self._by_code), ()
        )


def _with_origin(language: str, why: str, origin: str | None) -> str:
    if not origin:
        return why
    return f"{why}（{origin}）" if language == "zh" else f"{why} ({origin})"


def _with_decimals(chain: Sequence[str]) -> tuple[str, ...]:
    """Add the shorter subgroups an IPC subgroup divides: 1/6888 lies in 1/688 and in 1/68."""
    group, slash, subgroup = chain[0].partition("/")
    if not slash:
        return tuple(chain)
    return (*(f"{group}/{subgroup[:n]}" for n in range(len(subgroup), 1, -1)), *chain[1:])
