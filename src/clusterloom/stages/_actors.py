"""Organisations as arrays: where they are, what they do, in which territory they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clusterloom.spatial._points import unit_vectors
from clusterloom.stages._territories import cover
from clusterloom.tables import Tables

__all__ = ["Actors", "Grounds", "Work", "grounds_of"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]
Sparse = Any  # scipy.sparse.csr_array: its stubs know no constructor from triples

_MOST_POINTS = 20_000  # distinct positions of a country; more are drawn together on a grid
_GRID_SHARE = 1 / 40  # side of that grid, as a share of the reach of a territory


@dataclass(frozen=True)
class Actors:
    """The organisations in the order of their ids; every array has one entry for each."""

    org_id: Strings
    country: Index  # number in `countries`
    countries: Strings
    role: Index  # number in `roles`
    roles: Strings
    lat_deg: Vector  # NaN where unknown
    lon_deg: Vector
    extent_km: Vector
    place: Index  # number in the table `place`, -1 where not found
    known_by_city: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, tables: Tables) -> Actors:
        """Read the table `organisation` column by column."""
        table = tables["organisation"].sort_by("org_id")
        countries, country = codes(table["country"])
        roles, role = codes(table["role"])
        place_ids = tables["place"]["place_id"]
        return cls(
            org_id=strings(table["org_id"]),
            country=country,
            countries=countries,
            role=role,
            roles=roles,
            lat_deg=numbers(table["lat_deg"]),
            lon_deg=numbers(table["lon_deg"]),
            extent_km=numbers(table["extent_km"]),
            place=positions(table["place_id"], place_ids),
            known_by_city=strings(table["coord_precision"]) == "city",
        )

    @property
    def located(self) -> npt.NDArray[np.bool_]:
        """Which organisations have a position."""
        known: npt.NDArray[np.bool_] = ~np.isnan(self.lat_deg)
        return known


@dataclass(frozen=True)
class Work:
    """Who does what: profiles over the fields of all families, columns sorted by family."""

    fields: list[str]
    families: list[str]
    family_of_field: Index  # (fields,), number in `families`, ascending
    starts: Index  # (families,), first column of each family
    profile: Sparse  # (organisations, fields), rows sum to 1 or are empty
    block: Sparse  # (fields, fields), adjacency within each family, 1 on the diagonal
    adjacency: Sparse  # (fields, fields), adjacency of all fields
    profiled: npt.NDArray[np.bool_]  # organisations with any known work

    @classmethod
    def of(cls, tables: Tables, actors: Actors) -> Work:
        """Join activities and fields in the engine and bring them to profiles."""
        from scipy.sparse import csr_array

        family_table = tables["field_family"]
        family_ids = strings(family_table["family_id"])
        field_ids = strings(family_table["field_id"])
        order = np.lexsort((field_ids.astype(str), family_ids.astype(str)))
        fields, owners = field_ids[order], family_ids[order]
        families, starts, family_of = np.unique(
            owners.astype(str), return_index=True, return_inverse=True
        )
        done = tables.query("organisation_field")
        row = positions(done["org_id"], pa.array(actors.org_id, pa.string()))
        column = positions(done["field_id"], pa.array(fields, pa.string()))
        weight = numbers(done["weight"])
        kept = (row >= 0) & (column >= 0)
        shape = (len(actors.org_id), len(fields))
        amount: Any = csr_array((weight[kept], (row[kept], column[kept])), shape=shape)
        total = np.asarray(amount.sum(axis=1), dtype=float).ravel()
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        amount.data *= np.repeat(scale, np.diff(amount.indptr))
        amount.eliminate_zeros()
        profiled = np.zeros(shape[0], dtype=bool)
        profiled[row[kept]] = True
        adjacency = _adjacency(tables, pa.array(fields, pa.string()))
        listed = adjacency.tocoo()
        same = family_of[listed.row] == family_of[listed.col]
        block = csr_array(
            (listed.data[same], (listed.row[same], listed.col[same])), shape=adjacency.shape
        )
        return cls(
            fields=fields.tolist(),
            families=families.tolist(),
            family_of_field=family_of.astype(np.int64),
            starts=starts.astype(np.int64),
            profile=amount,
            block=block,
            adjacency=adjacency,
            profiled=profiled,
        )

    def family_share(self, profile: Sparse) -> Sparse:
        """Share of each organisation's work in each family, (organisations, families), sparse."""
        from scipy.sparse import csr_array

        shape = (len(self.fields), len(self.families))
        ones = np.ones(len(self.fields))
        member = csr_array((ones, (np.arange(len(ones)), self.family_of_field)), shape=shape)
        return profile @ member

    def with_itself(self, profile: Sparse) -> Sparse:
        """p_iF A_F p_iF' of each organisation and family, (organisations, families), sparse."""
        return self.family_share((profile @ self.block).multiply(profile).tocsr())


def _adjacency(tables: Tables, fields: Any) -> Sparse:
    from scipy.sparse import csr_array

    table = tables["field_adjacency"]
    a, b = positions(table["field_a"], fields), positions(table["field_b"], fields)
    value = numbers(table["fused"])
    kept = (a >= 0) & (b >= 0) & (a != b)
    a, b, value = a[kept], b[kept], value[kept]
    own = np.arange(len(fields))
    row, column = np.concatenate([a, b, own]), np.concatenate([b, a, own])
    data = np.concatenate([value, value, np.ones(len(own))])
    return csr_array((data, (row, column)), shape=(len(own), len(own)))


@dataclass(frozen=True)
class Grounds:
    """Territories as arrays: the settlement that names each, and who stands in which."""

    anchor: Index  # (territories,), number in the table `place`
    country: Index  # (territories,)
    territory: Index  # (organisations,), number of a territory, -1 outside all


def grounds_of(
    actors: Actors, places: pa.Table, *, radius_km: float, min_organisations: int
) -> Grounds:
    """Cover each country's organisations by discs around settlements, as `territories` does.

    More than 20,000 distinct positions of a country are first drawn together on a grid of a
    fortieth of the radius, so that memory does not grow with the square of a city.
    """
    lat, lon = numbers(places["lat_deg"]), numbers(places["lon_deg"])
    by_id = np.argsort(np.argsort(strings(places["place_id"]).astype(str), kind="stable"))
    territory = np.full(len(actors.org_id), -1, dtype=np.int64)
    anchors: list[int] = []
    owners: list[int] = []
    for country in np.argsort(actors.countries.astype(str)).tolist():
        here = np.flatnonzero((actors.country == country) & actors.located)
        standing = actors.place[here]
        known = np.unique(standing[standing >= 0])
        known = known[np.argsort(by_id[known])]
        if not len(known):
            continue
        number = np.full(len(lat), -1, dtype=np.int64)
        number[known] = np.arange(len(known))
        points = np.stack([actors.lat_deg[here], actors.lon_deg[here]])
        if len(np.unique(points, axis=1).T) > _MOST_POINTS:
            points = on_grid(points[0], points[1], side_km=radius_km * _GRID_SHARE)
        discs = cover(
            points,
            np.stack([lat[known], lon[known]]),
            np.where(standing >= 0, number[standing], -1),
            radius_km=radius_km,
            min_organisations=min_organisations,
        )
        for anchor, taken in discs:
            territory[here[taken]] = len(anchors)
            anchors.append(int(known[anchor]))
            owners.append(country)
    return Grounds(np.array(anchors, np.int64), np.array(owners, np.int64), territory)


def on_grid(lat_deg: Vector, lon_deg: Vector, *, side_km: float) -> Vector:
    """Draw points together: each is moved to the mean of the points of its square.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84
    side_km : km, > 0
        Side of a square; no point is moved by more than its diagonal.

    Returns
    -------
    (2, points), degrees WGS 84
    """
    step = side_km / 111.195
    band = np.floor((lat_deg + 90) / step)
    width = step / np.maximum(np.cos(np.radians((band + 0.5) * step - 90)), 1e-3)
    cell = np.stack([band, np.floor((lon_deg + 180) / width)])
    _, cell_of, heads = np.unique(cell, axis=1, return_inverse=True, return_counts=True)
    cell_of = cell_of.reshape(-1)
    vectors = unit_vectors(lat_deg, lon_deg)
    mean = np.stack([np.bincount(cell_of, v) / heads for v in vectors.T])
    lat = np.degrees(np.arctan2(mean[2], np.hypot(mean[0], mean[1])))
    lon = np.degrees(np.arctan2(mean[1], mean[0]))
    moved: Vector = np.stack([lat[cell_of], lon[cell_of]])
    return moved


def strings(column: Any) -> Strings:
    """Return a column of text as an array of objects; None where it is null."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def numbers(column: Any) -> Vector:
    """Return a column of numbers as floats; NaN where it is null."""
    filled = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=float).copy()


def positions(column: Any, among: Any) -> Index:
    """Return where each value stands in another column; -1 where it does not or is null."""
    options: Any = among.combine_chunks() if isinstance(among, pa.ChunkedArray) else among
    found = pc.fill_null(pc.index_in(column, value_set=options, skip_nulls=True), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def codes(column: Any) -> tuple[Strings, Index]:
    """Return the different values, sorted, and the number of each entry among them."""
    values = pc.unique(column).sort()
    return strings(values), positions(column, values)
