"""Who does how much of which code, and since when: the table every adjacency of codes starts from.

Patents by IPC, firms by NACE or NAICS across regions, projects by their own topics: the codes need
not be in the field catalogue.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import SourceError

__all__ = ["CodeTable", "UnitLinks", "read_codes", "read_unit_links"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

UNDATED = np.iinfo(np.int64).min  # of an entry or a link without a year


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Codes with their titles and trees, and how much of each every unit does in which year.

    `unit_of`, `code_of`, `how_much` and `year_of` are one entry each, `year_of` `UNDATED` where no
    year is known. `chains` leads from a code to itself and its broader codes, nearest first; a code
    that is left out has no known tree. `schemes` says which classification a code is of, where
    there are several: codes of two are nowhere in one tree.
    """

    units: Sequence[str]
    codes: Sequence[str]
    titles: Mapping[str, str]
    unit_of: Index
    code_of: Index
    how_much: Vector
    year_of: Index
    chains: Mapping[str, Sequence[str]] = field(default_factory=dict)
    schemes: Mapping[str, str] = field(default_factory=dict)

    @property
    def amount(self) -> Any:
        """How much of each code every unit does: (units, codes), sparse, >= 0."""
        from scipy import sparse

        shape = (len(self.units), len(self.codes))
        table = sparse.csr_array((self.how_much, (self.unit_of, self.code_of)), shape=shape)
        table.sum_duplicates()
        return table

    @property
    def years(self) -> list[int]:
        """Years of the entries that have one."""
        years: list[int] = self.year_of[self.year_of != UNDATED].tolist()
        return years

    def before(self, year: int) -> CodeTable:
        """Return the entries of an earlier year, and those without one: they are taken to last."""
        return self._kept(self.year_of < year)

    def since(self, year: int) -> CodeTable:
        """Return the entries of the year and of later ones."""
        return self._kept(self.year_of >= year)

    def only(self, columns: Index) -> CodeTable:
        """Return the same units with some of the codes, in the order given."""
        place = np.full(len(self.codes), -1)
        place[columns] = np.arange(len(columns))
        kept = self._kept(place[self.code_of] >= 0)
        return replace(
            kept, codes=[self.codes[int(c)] for c in columns], code_of=place[kept.code_of]
        )

    def _kept(self, which: npt.NDArray[np.bool_]) -> CodeTable:
        return replace(
            self,
            unit_of=self.unit_of[which],
            code_of=self.code_of[which],
            how_much=self.how_much[which],
            year_of=self.year_of[which],
        )


@dataclass(frozen=True, eq=False)
class UnitLinks:
    """Links between units of a table: rows of their two ends, and years (`UNDATED` unknown).

    `n_strange` counts the links of which an end is no unit of the table.
    """

    ends: Sequence[tuple[int, int]]
    year_of: Sequence[int]
    n_strange: int = 0

    def before(self, year: int) -> UnitLinks:
        """Return the links of an earlier year; those without one may be of later."""
        return self._kept([year > own > UNDATED for own in self.year_of])

    def since(self, year: int) -> UnitLinks:
        """Return the links of the year and of later ones."""
        return self._kept([own >= year for own in self.year_of])

    def distinct(self) -> list[tuple[int, int]]:
        """Return each linked pair once, however often its units are linked."""
        return sorted({(min(a, b), max(a, b)) for a, b in self.ends})

    def _kept(self, which: Sequence[bool]) -> UnitLinks:
        chosen = [k for k, kept in enumerate(which) if kept]
        ends, years = [self.ends[k] for k in chosen], [self.year_of[k] for k in chosen]
        return UnitLinks(ends, years)


def read_codes(
    rows: Iterable[Mapping[str, Any]],
    *,
    chains: Mapping[str, Sequence[str]] | None = None,
    schemes: Mapping[str, str] | None = None,
) -> CodeTable:
    """Take a long table of units and codes, and say all faults at once.

    Parameters
    ----------
    rows : each with `unit` (a place, firm, patent or project) and `code`, and, where known,
        `amount` (any one unit, >= 0; 1 where it is left out), `year` and `title` of the code
        Several rows of one unit and code add up.
    chains : code -> itself and its broader codes, nearest first
    schemes : code -> the classification it is of, where there are several

    Raises
    ------
    SourceError
        If a row lacks its unit or code, an amount is no number, negative or NaN, a year is no whole
        number, or a code has two different titles.

    Examples
    --------
    >>> table = read_codes([{"unit": "Minsk", "code": "26.7", "amount": "2"}])
    >>> float(table.amount.toarray()[0, 0])
    2.0
    """
    faults: list[str] = []
    titles: dict[str, str] = {}
    entries: list[tuple[str, str, float, int]] = []
    for number, row in enumerate(rows, start=1):
        unit, code = _cell(row.get("unit")), _cell(row.get("code"))
        amount, year = _amount(row.get("amount")), _year(row.get("year"))
        if not unit or not code:
            faults.append(f"row {number} has no {'unit' if not unit else 'code'}")
        elif amount is None:
            faults.append(f"row {number}: amount {row.get('amount')!r} is no number >= 0")
        elif year is None:
            faults.append(f"row {number}: year {row.get('year')!r} is no whole number")
        else:
            title = _cell(row.get("title"))
            if title and titles.setdefault(code, title) != title:
                faults.append(
                    f"row {number}: code {code} is `{title}` here and `{titles[code]}` before"
                )
            entries.append((unit, code, amount, year))
    _refuse(faults, "codes", "every row has unit and code; amounts are numbers >= 0; a code has one"
            " title")  # fmt: skip
    units = sorted({entry[0] for entry in entries})
    codes = sorted({entry[1] for entry in entries})
    row_of, column_of = ({name: i for i, name in enumerate(names)} for names in (units, codes))
    return CodeTable(
        units,
        codes,
        titles,
        np.array([row_of[entry[0]] for entry in entries], dtype=np.int64),
        np.array([column_of[entry[1]] for entry in entries], dtype=np.int64),
        np.array([entry[2] for entry in entries], dtype=np.float64),
        np.array([entry[3] for entry in entries], dtype=np.int64),
        chains or {},
        schemes or {},
    )


def read_unit_links(rows: Iterable[Mapping[str, Any]], table: CodeTable) -> UnitLinks:
    """Take links between the units of a table.

    Parameters
    ----------
    rows : each with `unit_a`, `unit_b` and, where known, `year`
    table : whose units are linked

    Returns
    -------
    UnitLinks
        Links to units that are not in the table are counted and left out: nothing is known of what
        they do.

    Raises
    ------
    SourceError
        If a row lacks an end, joins a unit with itself, or its year is no whole number.

    Examples
    --------
    >>> table = read_codes([{"unit": "a", "code": "x"}, {"unit": "b", "code": "y"}])
    >>> found = read_unit_links([{"unit_a": "a", "unit_b": "b"}, {"unit_a": "a", "unit_b": "z"}],
    ...                         table)
    >>> found.distinct(), found.n_strange
    ([(0, 1)], 1)
    """
    faults: list[str] = []
    row_of = {name: i for i, name in enumerate(table.units)}
    ends: list[tuple[int, int]] = []
    years: list[int] = []
    strange = 0
    for number, row in enumerate(rows, start=1):
        a, b, year = _cell(row.get("unit_a")), _cell(row.get("unit_b")), _year(row.get("year"))
        if not a or not b:
            faults.append(f"row {number} has no {'unit_a' if not a else 'unit_b'}")
        elif a == b:
            faults.append(f"row {number} joins `{a}` with itself")
        elif year is None:
            faults.append(f"row {number}: year {row.get('year')!r} is no whole number")
        elif a not in row_of or b not in row_of:
            strange += 1
        else:
            ends.append((row_of[a], row_of[b]))
            years.append(year)
    _refuse(faults, "links", "every row has two different units, and a whole year or none")
    return UnitLinks(ends, years, strange)


def _refuse(faults: Sequence[str], what: str, rule: str) -> None:
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise SourceError(
            f"the table of {what} has faults: " + "; ".join(faults[:5]) + more,
            rule=rule,
            hint="correct these rows; an empty amount means 1, an empty year that none is known",
        )


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _amount(value: Any) -> float | None:
    if value is None or value == "":
        return 1.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _year(value: Any) -> int | None:
    """Return the year, `UNDATED` for none, None for what is no year."""
    if value is None or value == "":
        return int(UNDATED)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and number == int(number) else None
