"""How much of each family of fields is done around a place and in its country, and who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.stages._actors import codes, numbers, positions
from clusterloom.stages._condition_reach import Surroundings
from clusterloom.tables import Tables

__all__ = ["Mix", "Origin", "WorkMix"]

Row = dict[str, Any]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """From whom rows are, and from when."""

    sources: frozenset[str] = frozenset()
    undated: frozenset[str] = frozenset()  # sources of those rows that carry no year
    first_year: int | None = None
    last_year: int | None = None

    @classmethod
    def of(cls, rows: Iterable[tuple[str | None, int | None]]) -> Origin:
        """Read sources and years; a row whose source is not known (None) is left out."""
        said = [(source, year) for source, year in rows if source is not None]
        years = [year for _, year in said if year is not None]
        return cls(
            sources=frozenset(source for source, _ in said),
            undated=frozenset(source for source, year in said if year is None),
            first_year=min(years, default=None),
            last_year=max(years, default=None),
        )

    @classmethod
    def without_year(cls, sources: set[str] | frozenset[str]) -> Origin:
        """Rows that carry no year at all, such as organisations."""
        return cls(sources=frozenset(sources), undated=frozenset(sources))

    def __or__(self, other: Origin) -> Origin:
        """Both together."""
        years = [
            year
            for one in (self, other)
            for year in (one.first_year, one.last_year)
            if year is not None
        ]
        return Origin(
            sources=self.sources | other.sources,
            undated=self.undated | other.undated,
            first_year=min(years, default=None),
            last_year=max(years, default=None),
        )


@dataclass(frozen=True)
class Mix:
    """Known work by family around one place and in its country, any one unit."""

    here: Vector  # (families,)
    here_all: float  # also of fields without a family
    land: Vector
    land_all: float
    origin: Origin  # of the work around the place


class WorkMix:
    """Known work of all organisations by family: share x confidence x weight of activities."""

    def __init__(self, tables: Tables, surroundings: Surroundings) -> None:
        from scipy.sparse import csr_array

        self._surroundings = surroundings
        families, family_of_field = codes(tables["field_family"]["family_id"])
        self._family = {name: n for n, name in enumerate(families.tolist())}
        none = len(families)  # the last column: fields without a family count in the whole only
        done = tables.query("organisation_field")
        field = positions(done["field_id"], tables["field_family"]["field_id"])
        column = np.append(family_of_field, none)[field]  # -1 takes the last
        row, weight = surroundings.numbers_of(done["org_id"]), numbers(done["weight"])
        row, column, weight = row[row >= 0], column[row >= 0], weight[row >= 0]
        shape = (len(surroundings.org_id), none + 1)
        self._amount: Any = csr_array((weight, (row, column)), shape=shape)
        self._read_origins(tables)
        self._land: dict[str, Vector] = {}
        self._around: dict[tuple[str, str, float], Mix] = {}

    def _read_origins(self, tables: Tables) -> None:
        table = tables.query("organisation_work_origin")
        self._owner = self._surroundings.numbers_of(table["org_id"])
        self._sources, self._source = codes(table["source_id"])
        self._first, self._last = numbers(table["first_year"]), numbers(table["last_year"])
        self._undated = numbers(table["undated"]) > 0

    def family(self, family_id: str) -> int | None:
        """Return the column of a family, None where no field belongs to it."""
        return self._family.get(family_id)

    def around(self, candidate: Row) -> Mix:
        """Work of the organisations within the candidate's radius, and of all its country."""
        country = candidate["country"]
        key = (country, candidate["territory_id"], candidate["radius_km"])
        if key not in self._around:
            anyone = self._surroundings.of_kind(candidate, ())
            if country not in self._land:
                self._land[country] = np.asarray(self._amount[anyone.land].sum(axis=0)).ravel()
            land = self._land[country]
            here = np.asarray(self._amount[anyone.near].sum(axis=0)).ravel()
            self._around[key] = Mix(
                here, float(here.sum()), land, float(land.sum()), self._origin(anyone.near)
            )
        return self._around[key]

    def _origin(self, inside: npt.NDArray[np.int64]) -> Origin:
        within = np.zeros(len(self._surroundings.org_id) + 1, dtype=bool)
        within[inside] = True  # the last stays out: it is where an unknown owner (-1) points
        rows = np.flatnonzero(within[self._owner] & (self._source >= 0))
        first = self._first[rows][~np.isnan(self._first[rows])]
        last = self._last[rows][~np.isnan(self._last[rows])]
        return Origin(
            sources=self._named(rows),
            undated=self._named(rows[self._undated[rows]]),
            first_year=int(first.min()) if len(first) else None,
            last_year=int(last.max()) if len(last) else None,
        )

    def _named(self, rows: npt.NDArray[np.int64]) -> frozenset[str]:
        return frozenset(self._sources[np.unique(self._source[rows])].tolist())
