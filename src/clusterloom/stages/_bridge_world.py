"""What bridges are made of: composed and existing clusters and their members' work, as arrays."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.entities.languages import country_languages
from clusterloom.errors import StageError
from clusterloom.schema.vocabulary import (
    ACTIVITY_KINDS,
    CAPITAL_KINDS,
    INFRASTRUCTURE_ROLES,
    PARADIGMS,
)
from clusterloom.spatial.middle import median_position
from clusterloom.stages._profiles import adjacency_matrix, field_order
from clusterloom.tables import Tables

__all__ = ["FIELD_STAGES", "PROFILED_ROLES", "Side", "World"]

Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Row = dict[str, Any]

FIELD_STAGES = ("research", "development", "production", "training")
PROFILED_ROLES = ("core", "producer", "kindred_university", "kindred_institute")
# The kinds of work, those that are stages of the value chain first, finance last.
_KINDS = (
    *FIELD_STAGES,
    *(k for k in ACTIVITY_KINDS if k not in (*FIELD_STAGES, "finance")),
    "finance",
)
_MIDDLE = 2  # members with a position that are needed to place an existing cluster by them


@dataclass(frozen=True, kw_only=True)
class Side:
    """One cluster: who belongs to it, what it states, where it is.

    `members` are positions of organisations; `basis` is members, or fields where nothing is known
    of their work and the cluster states its fields. `needs` maps `stage@field` to its open weight.
    """

    cluster_id: str
    origin: str  # composed or existing
    country: str
    languages: tuple[str, ...]
    members: Index
    roles: tuple[str, ...]
    stated: Index  # columns of the fields it states
    basis: str
    centre: tuple[float, float] | None  # degrees of latitude and longitude
    needs: Mapping[str, float] | None  # None: to be told from the profile
    open_need: float = 0.0  # all of it, functions of the whole cluster included


class World:
    """Clusters (in order of their ids), organisations, fields and ties that all pairs share."""

    def __init__(self, tables: Tables, languages: Mapping[str, Sequence[str]]) -> None:
        self._languages = cache(partial(country_languages, stated=languages))
        self.fields = field_order(tables)
        self.column = {field_id: j for j, field_id in enumerate(self.fields)}
        self.adjacency = adjacency_matrix(tables, self.fields)
        self.organisation = tables.by_key("organisation", "org_id")
        members = _members(tables, self.organisation)
        known = {org_id for seats in members.values() for org_id in seats}
        known |= {str(org_id) for org_id in tables["activity_field"]["org_id"].to_pylist()}
        self.org_ids = sorted(known | set(self.organisation))
        self.position = {org_id: i for i, org_id in enumerate(self.org_ids)}
        unknown = {"country": "", "role": ""}
        rows = [self.organisation.get(org_id, unknown) for org_id in self.org_ids]
        self.country = np.array([row["country"] for row in rows], dtype=np.str_)
        self.is_capital = np.array([row["role"] in CAPITAL_KINDS for row in rows], dtype=bool)
        self._read_work(tables)
        self._read_paradigms(tables)
        self._read_ties(tables)
        self.sides = self._sides(tables, members)
        self.number = {side.cluster_id: i for i, side in enumerate(self.sides)}

    def _read_work(self, tables: Tables) -> None:
        """Make `profiles` (organisations x fields, rows sum to 1) and `work` (x kinds and fields).

        `work` holds the largest confidence of an activity of that kind in that field; its columns
        are kind by kind, the four stages of the value chain first. `presence` leaves finance out.
        """
        from scipy import sparse

        weight_of = dict(
            zip(
                tables["activity"]["activity_id"].to_pylist(),
                tables["activity"]["weight"].to_pylist(),
                strict=True,
            )
        )
        table = tables["activity_field"]
        names = ("activity_id", "org_id", "kind", "field_id", "share", "confidence")
        rows = [
            (
                self.position[org],
                kind,
                self.column[field],
                share * sure * weight_of.get(act, 1),
                sure,
            )
            for act, org, kind, field, share, sure in zip(
                *(table[name].to_pylist() for name in names), strict=True
            )
            if field in self.column
        ]
        kind_number = {kind: k for k, kind in enumerate(_KINDS)}
        owner = np.array([r[0] for r in rows], dtype=np.int64)
        field = np.array([r[2] for r in rows], dtype=np.int64)
        cell = (
            np.array([kind_number[r[1]] for r in rows], dtype=np.int64) * len(self.fields) + field
        )
        amount = np.array([r[3] for r in rows], dtype=float)
        sure = np.array([r[4] for r in rows], dtype=float)
        n, f = len(self.org_ids), len(self.fields)
        total = np.bincount(owner, weights=amount, minlength=n)
        self.known_work = total > 0
        kept = amount > 0  # work that weighs nothing is no known work
        owner, field, cell, sure = owner[kept], field[kept], cell[kept], sure[kept]
        share = amount[kept] / total[owner]
        self.profiles: Any = sparse.csr_array((share, (owner, field)), shape=(n, f))
        self.work: Any = _largest(owner, cell, sure, (n, len(_KINDS) * f))
        doing = cell < _KINDS.index("finance") * f  # who pays for a field does not work in it
        self.presence: Any = _largest(owner[doing], field[doing], sure[doing], (n, f))

    def _read_paradigms(self, tables: Tables) -> None:
        """Make `paradigms` (organisations x paradigms, share) and `paradigm_of_field` (0 or 1)."""
        from scipy import sparse

        number = {paradigm: k for k, paradigm in enumerate(PARADIGMS)}
        self.paradigm_of_field = np.zeros((len(self.fields), len(PARADIGMS)))
        for row in tables.rows("field"):
            if row["paradigm"] is not None:
                self.paradigm_of_field[self.column[row["field_id"]], number[row["paradigm"]]] = 1
        table = tables["activity_field"]
        cells = [
            (self.position[org], number[paradigm], share)
            for org, paradigm, share in zip(
                *(table[name].to_pylist() for name in ("org_id", "paradigm", "share")), strict=True
            )
            if paradigm is not None
        ]
        owner = np.array([cell[0] for cell in cells], dtype=np.int64)
        column = np.array([cell[1] for cell in cells], dtype=np.int64)
        amount = np.array([cell[2] for cell in cells], dtype=float)
        shape = (len(self.org_ids), len(PARADIGMS))
        self.paradigms: Any = sparse.csr_array((amount, (owner, column)), shape=shape)

    def _read_ties(self, tables: Tables) -> None:
        from scipy import sparse

        table = tables.query("distinct_tie")
        pairs = [
            (self.position[a], self.position[b])
            for a, b in zip(table["org_a"].to_pylist(), table["org_b"].to_pylist(), strict=True)
            if a in self.position and b in self.position
        ]
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self._links = _link_ids(tables)
        rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
        size = len(self.org_ids)
        self.ties: Any = sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=(size, size))

    def _sides(self, tables: Tables, members: Mapping[str, Mapping[str, str]]) -> list[Side]:
        composed = tables.by_key("cluster", "cluster_id")
        existing = tables.by_key("existing_cluster", "cluster_id")
        twice = sorted(set(composed) & set(existing))
        if twice:
            raise StageError(
                f"`{twice[0]}` names a composed and an existing cluster",
                rule="every cluster has a name of its own",
                hint="give the existing cluster another cluster_id and import it again",
            )
        candidate = tables.by_key("candidate", "candidate_id")
        place = tables.by_key("place", "place_id")
        needs: dict[str, list[Row]] = {cluster_id: [] for cluster_id in composed}
        for row in tables.rows("need"):
            needs[row["cluster_id"]].append(row)
        sides = []
        for cluster_id, row in sorted({**composed, **existing}.items()):
            seats = members.get(cluster_id, {})
            if cluster_id in composed:
                territory = candidate.get(row["candidate_id"], {}).get("territory_id", "")
                centre = _point(place.get(territory))
            else:
                centre = _point(row) or _point(place.get(row["place_id"])) or self._middle(seats)
            sides.append(self._side(row, seats, centre, needs.get(cluster_id)))
        return sides

    def _side(
        self,
        row: Row,
        seats: Mapping[str, str],
        centre: tuple[float, float] | None,
        needs: Sequence[Row] | None,
    ) -> Side:
        order = sorted(seats, key=self.position.__getitem__)
        members = np.array([self.position[o] for o in order], dtype=np.int64)
        stated = [f for f in (row.get("fields") or "").split("|") if f in self.column]
        own = tuple(code for code in (row.get("languages") or "").split("|") if code)
        silent = not self.known_work[members].any()
        opened = {n["need"]: n["weight"] * (1 - n["covered"]) for n in needs or ()}
        return Side(
            cluster_id=row["cluster_id"],
            origin="composed" if needs is not None else "existing",
            country=row["country"],
            languages=own or self._languages(row["country"]),
            members=members,
            roles=tuple(seats[o] for o in order),
            stated=np.array([self.column[f] for f in stated], dtype=np.int64),
            basis="fields" if stated and silent else "members",
            centre=centre,
            needs=opened if needs is not None else None,
            open_need=sum(opened.values()),
        )

    def ties_along(self, path: Sequence[int]) -> list[str]:
        """The links a path rests on, as `link:key`; steps within a cluster have none."""
        ids = [self.org_ids[org] for org in path]
        steps = [tuple(sorted(step)) for step in itertools.pairwise(ids)]
        return [f"link:{self._links[step]}" for step in steps if step in self._links]

    def languages_of(self, org: int) -> tuple[str, ...]:
        """Languages of an organisation's country; empty where they are not known."""
        return self._languages(str(self.country[org]))

    def work_of(self, org: int) -> tuple[Index, Matrix]:
        """Columns of `work` an organisation has, and its confidence in each."""
        begin, end = self.work.indptr[org : org + 2]
        return self.work.indices[begin:end], self.work.data[begin:end]

    def n_abroad(self, side: Side) -> int:
        """Members registered in another country than their cluster's."""
        rows = (self.organisation.get(self.org_ids[o]) for o in side.members)
        return sum(row is not None and row["country"] != side.country for row in rows)

    def _middle(self, seats: Mapping[str, str]) -> tuple[float, float] | None:
        """Middle of the members, for an existing cluster of which no place is known."""
        rows = [self.organisation[o] for o in seats if o in self.organisation]
        points = [_point(row) for row in rows if _point(row) is not None]
        if len(points) < _MIDDLE:
            return None
        return median_position(*np.array(points).T)


def _link_ids(tables: Tables) -> dict[tuple[str, ...], str]:
    """One working link of each tied pair: the first by id."""
    table = tables["link"]
    names = ("link_id", "org_a", "org_b", "kind")
    found: dict[tuple[str, ...], str] = {}
    for link_id, a, b, kind in zip(*(table[name].to_pylist() for name in names), strict=True):
        if kind not in ("parent", "memorandum"):
            found.setdefault(tuple(sorted((a, b))), link_id)
    return found


def _members(tables: Tables, organisation: Mapping[str, Row]) -> dict[str, dict[str, str]]:
    """Cluster to its organisations and their roles in it."""
    members: dict[str, dict[str, str]] = {}
    for row in tables.rows("membership"):
        members.setdefault(row["cluster_id"], {})[row["org_id"]] = row["role"]
    for row in tables.rows("existing_cluster_member"):
        role = row["role"] or _seat(organisation.get(row["org_id"]))
        members.setdefault(row["cluster_id"], {})[row["org_id"]] = role
    return members


def _seat(organisation: Row | None) -> str:
    """The role in an existing cluster of which only the organisation's own role is known."""
    role = organisation["role"] if organisation is not None else ""
    if role in INFRASTRUCTURE_ROLES:
        return "infrastructure"
    if role in CAPITAL_KINDS:
        return "investor"
    own = {
        "research_institute": "kindred_institute",
        "university": "kindred_university",
        "company": "producer",
        "government_body": "state",
    }
    return own.get(role, "network")


def _point(row: Row | None) -> tuple[float, float] | None:
    if row is None or row["lat_deg"] is None:
        return None
    return row["lat_deg"], row["lon_deg"]


def _largest(rows: Index, columns: Index, values: Matrix, shape: tuple[int, int]) -> Any:
    """Sparse matrix that keeps the largest of the values given for one cell."""
    from scipy import sparse

    cell = rows * shape[1] + columns
    order = np.lexsort((values, cell))
    cell, values = cell[order], values[order]
    last = np.flatnonzero(np.append(cell[1:] != cell[:-1], True)) if cell.size else order
    return sparse.csr_array(
        (values[last], (cell[last] // shape[1], cell[last] % shape[1])), shape=shape
    )
