"""Synthetic countries with planted clusters: tables whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.errors import UsageError
from clusterloom.spatial import extent_from_population
from clusterloom.tables import Tables
from clusterloom.tables.columns import conform_columns

__all__ = ["SyntheticCountry", "synthetic_country"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_ROLES = ("company", "research_institute", "university", "engineering_centre", "technopark")
_ROLE_SHARES = (0.62, 0.14, 0.10, 0.09, 0.05)
_KIND_OF_ROLE = ("production", "research", "research", "development", "service")
_BUILDING_KM = 0.05
_CLUSTER_KM = 4.0  # a planted cluster stands within a disc of this radius, not wider than its place
_KM_PER_DEGREE = 111.195
_POPULATION = 2_000_000.0  # of the largest place; the n-th has an n-th of it


@dataclass(frozen=True, kw_only=True)
class SyntheticCountry:
    """The size and the truth of a synthetic country."""

    n_organisations: int = 600
    n_places: int = 20
    n_clusters: int = 6  # planted; 0 is a country of pure noise
    cluster_size: int = 20  # organisations in each
    activities: float = 3.0  # directions of work of an organisation, on average, >= 1
    noise: float = 0.2  # share of a member's directions that lie in any field at all
    overlap: float = 0.0  # share of a cluster's members that work in a second one at their place
    missing: float = 0.0  # share of positions and of directions that are not known
    links: float = 0.1  # ties of a member to members of its cluster, as a share of all possible
    country: str = "XA"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that such a country can be."""
        least = {"n_organisations": 1, "n_places": 1, "n_clusters": 0, "cluster_size": 1}
        for name, limit in least.items():
            if getattr(self, name) < limit:
                raise UsageError(f"{name} is {getattr(self, name)}", rule=f"it is >= {limit}")
        for name in ("noise", "overlap", "missing", "links"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name):g}", rule="it is a share, 0 .. 1")
        if not self.activities >= 1:
            raise UsageError(f"activities is {self.activities:g}", rule="it is >= 1")
        if self.n_clusters * self.cluster_size > self.n_organisations:
            raise UsageError(
                f"{self.n_clusters} clusters of {self.cluster_size} organisations do not fit into "
                f"{self.n_organisations}",
                hint="ask for fewer or smaller clusters, or for more organisations",
            )


def synthetic_country(
    wanted: SyntheticCountry, groups: Mapping[str, Sequence[str]]
) -> tuple[Tables, pa.Table]:
    """Invent a country: places, organisations, what they do, how they are tied, and the truth.

    Places lie at random in a square and have populations by rank (the second half of the first).
    Organisations outside clusters stand in places by population and work in fields at random, each
    in as many as `activities` says on average. Members of a planted cluster stand within 4 km of
    its centre and work in one group of fields, but for the share of `noise`. With `overlap`,
    clusters come in pairs at one place. The same seed gives the same country.

    Parameters
    ----------
    wanted : size, clusters, noise, overlap, missing data and seed
    groups : fields of each group; a cluster is planted in one group

    Returns
    -------
    tables `source`, `place`, `organisation`, `activity`, `link`
    truth : table of org_id, cluster (`planted-1` …), group
        One row for each membership; organisations outside clusters have none.

    Raises
    ------
    UsageError
        If there is no group of fields.
    """
    names = sorted(groups)
    if not names or not all(groups[name] for name in names):
        raise UsageError("there is no group of fields", rule="every group has at least one field")
    random = np.random.default_rng(wanted.seed)
    places = _places(wanted, random)
    plan = _plan(wanted, len(names), random)
    position = _positions(wanted, places, plan, random)
    org_id = _ids("o", wanted.n_organisations)
    role = random.choice(len(_ROLES), size=wanted.n_organisations, p=_ROLE_SHARES)
    owner, field = _work(wanted, plan, [list(groups[n]) for n in names], random)
    fields = np.array([f for name in names for f in groups[name]], dtype=object)
    tables = {
        "source": _source(wanted),
        "place": _place_table(wanted, places),
        "organisation": conform_columns(
            "organisation",
            {
                "org_id": org_id,
                "role": np.array(_ROLES, dtype=object)[role],
                "name_en": [f"Organisation {i + 1}" for i in range(wanted.n_organisations)],
                "country": [wanted.country] * wanted.n_organisations,
                "city": _ids("Place ", wanted.n_places)[position.place],
                "place_id": _ids("p", wanted.n_places)[position.place],
                "lat_deg": position.lat_deg,
                "lon_deg": position.lon_deg,
                "coord_precision": np.array(["building", "city", "unknown"], dtype=object)[
                    position.precision
                ],
                "extent_km": position.extent_km,
                **_origin(wanted.n_organisations),
            },
        ),
        "activity": conform_columns(
            "activity",
            {
                "activity_id": _ids("a", len(owner)),
                "org_id": org_id[owner],
                "kind": np.array(_KIND_OF_ROLE, dtype=object)[role[owner]],
                "code_scheme": ["field"] * len(owner),
                "code": fields[field],
                "weight": np.ones(len(owner)),
                **_origin(len(owner)),
            },
        ),
        "link": _links(wanted, plan, org_id, random),
    }
    member, cluster = plan.memberships()
    truth = pa.table(
        {
            "org_id": pa.array(org_id[member], pa.string()),
            "cluster": pa.array(_ids("planted-", wanted.n_clusters)[cluster], pa.string()),
            "group": pa.array(np.array(names, dtype=object)[plan.group[cluster]], pa.string()),
        }
    )
    return Tables(tables), truth


@dataclass(frozen=True)
class _Places:
    lat_deg: Vector
    lon_deg: Vector
    population: Vector
    extent_km: Vector


@dataclass(frozen=True)
class _Plan:
    """Which organisation belongs where: clusters first, then the others."""

    cluster: Index  # (organisations,), -1 outside
    second: Index  # (organisations,), a second cluster, -1 without
    place: Index  # (clusters,)
    group: Index  # (clusters,)

    def memberships(self) -> tuple[Index, Index]:
        first, second = np.flatnonzero(self.cluster >= 0), np.flatnonzero(self.second >= 0)
        member = np.concatenate([first, second])
        cluster = np.concatenate([self.cluster[first], self.second[second]])
        order = np.lexsort((member, cluster))
        return member[order], cluster[order]


@dataclass(frozen=True)
class _Positions:
    place: Index
    lat_deg: Vector
    lon_deg: Vector
    extent_km: Vector
    precision: Index  # 0 building, 1 city, 2 unknown


def _places(wanted: SyntheticCountry, random: np.random.Generator) -> _Places:
    # 90 km between neighbours on average: as wide as the country needs, and not beyond the pole.
    side = min(90.0 * np.sqrt(wanted.n_places), 6000.0) / _KM_PER_DEGREE
    lat = 45.0 + side * (random.random(wanted.n_places) - 0.5)
    lon = 25.0 + side * (random.random(wanted.n_places) - 0.5) / np.cos(np.radians(45.0))
    population = np.maximum(_POPULATION / (1 + np.arange(wanted.n_places)), 2000.0)
    return _Places(lat, lon, population, np.asarray(extent_from_population(population)))


def _plan(wanted: SyntheticCountry, n_groups: int, random: np.random.Generator) -> _Plan:
    n, count = wanted.n_clusters, wanted.n_clusters * wanted.cluster_size
    cluster = np.full(wanted.n_organisations, -1, dtype=np.int64)
    order = random.permutation(wanted.n_organisations)
    cluster[order[:count]] = np.repeat(np.arange(n), wanted.cluster_size)
    # No two clusters of one group at one place: they would be one.
    pairs = n_groups * wanted.n_places
    if n > pairs:
        raise UsageError(
            f"{n} clusters do not fit into {wanted.n_places} places and {n_groups} groups of fields"
        )
    spot = random.choice(pairs, size=n, replace=False)
    place, group = spot // n_groups, spot % n_groups
    second = np.full(wanted.n_organisations, -1, dtype=np.int64)
    if wanted.overlap > 0 and n_groups > 1:
        for a in range(0, n - 1, 2):
            place[a + 1] = place[a]
            if group[a + 1] == group[a]:
                group[a + 1] = (group[a] + 1) % n_groups
            for one, other in ((a, a + 1), (a + 1, a)):
                shared = np.flatnonzero(cluster == one)
                second[shared[: round(wanted.overlap * len(shared) / 2)]] = other
    return _Plan(cluster, second, place, group)


def _positions(
    wanted: SyntheticCountry, places: _Places, plan: _Plan, random: np.random.Generator
) -> _Positions:
    n = wanted.n_organisations
    place = random.choice(wanted.n_places, size=n, p=places.population / places.population.sum())
    inside = plan.cluster >= 0
    place[inside] = plan.place[plan.cluster[inside]]
    reach = places.extent_km[place]
    east, north = _in_disc(np.where(inside, np.minimum(reach, _CLUSTER_KM), reach), random)
    if wanted.n_clusters:
        # The centre of a cluster lies so that all of it is within its place.
        room = np.maximum(places.extent_km[plan.place] - _CLUSTER_KM, 0.0)
        centre = np.stack(_in_disc(room, random))
        east[inside] += centre[0, plan.cluster[inside]]
        north[inside] += centre[1, plan.cluster[inside]]
    lat = places.lat_deg[place] + north / _KM_PER_DEGREE
    scale = _KM_PER_DEGREE * np.cos(np.radians(places.lat_deg[place]))
    lon = places.lon_deg[place] + east / scale
    extent = np.full(n, _BUILDING_KM)
    # Half of what is missing is known by city at least.
    precision = np.zeros(n, dtype=np.int64)
    lost = random.random(n) < wanted.missing
    precision[lost] = random.integers(1, 3, size=int(lost.sum()))
    city, unknown = precision == 1, precision == 2
    lat[city], lon[city] = places.lat_deg[place[city]], places.lon_deg[place[city]]
    extent[city] = reach[city]
    lat[unknown] = lon[unknown] = extent[unknown] = np.nan
    return _Positions(place, np.round(lat, 6), np.round(lon, 6), np.round(extent, 4), precision)


def _in_disc(radius: Vector, random: np.random.Generator) -> tuple[Vector, Vector]:
    length = radius * np.sqrt(random.random(len(radius)))
    turn = random.random(len(radius)) * 2 * np.pi
    return length * np.cos(turn), length * np.sin(turn)


def _work(
    wanted: SyntheticCountry,
    plan: _Plan,
    groups: Sequence[Sequence[str]],
    random: np.random.Generator,
) -> tuple[Index, Index]:
    """Directions of work: owner and field (its place among the fields of all groups)."""
    size = np.array([len(g) for g in groups], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    n = wanted.n_organisations
    owner = np.repeat(np.arange(n), 1 + random.poisson(wanted.activities - 1, size=n))
    field = random.integers(0, size.sum(), size=len(owner))
    cluster = plan.cluster[owner]
    other = (plan.second[owner] >= 0) & (random.random(len(owner)) < 0.5)
    cluster = np.where(other, plan.second[owner], cluster)
    true = (cluster >= 0) & (random.random(len(owner)) >= wanted.noise)
    group = plan.group[cluster[true]]
    field[true] = first[group] + (random.random(len(group)) * size[group]).astype(np.int64)
    kept = random.random(len(owner)) >= wanted.missing
    return owner[kept], field[kept]


def _links(
    wanted: SyntheticCountry,
    plan: _Plan,
    org_id: npt.NDArray[np.object_],
    random: np.random.Generator,
) -> pa.Table:
    member, cluster = plan.memberships()
    per_member = random.poisson(wanted.links * (wanted.cluster_size - 1) / 2, size=len(member))
    first = np.searchsorted(cluster, np.arange(wanted.n_clusters))
    count = np.bincount(cluster, minlength=wanted.n_clusters)
    a = np.repeat(np.arange(len(member)), per_member)
    group = cluster[a]
    b = first[group] + (random.random(len(a)) * count[group]).astype(np.int64)
    # As many ties again are made at random in the whole country.
    some = random.integers(0, wanted.n_organisations, size=(2, len(a)))
    pairs = np.concatenate([np.stack([member[a], member[b]]), some], axis=1)
    pairs = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    n = pairs.shape[1]
    return conform_columns(
        "link",
        {
            "link_id": _ids("l", n),
            "org_a": org_id[pairs[0]],
            "org_b": org_id[pairs[1]],
            "kind": ["contract"] * n,
            "weight": np.ones(n),
            **_origin(n),
        },
    )


def _source(wanted: SyntheticCountry) -> pa.Table:
    return conform_columns(
        "source",
        {
            "source_id": ["synthetic"],
            "name": [f"A synthetic country (seed {wanted.seed})"],
            "kind": ["synthetic"],
            "licence": ["CC0-1.0"],
            "digest": ["none"],
        },
    )


def _place_table(wanted: SyntheticCountry, places: _Places) -> pa.Table:
    return conform_columns(
        "place",
        {
            "place_id": _ids("p", wanted.n_places),
            "name_en": _ids("Place ", wanted.n_places),
            "country": [wanted.country] * wanted.n_places,
            "lat_deg": np.round(places.lat_deg, 6),
            "lon_deg": np.round(places.lon_deg, 6),
            "population": places.population.astype(np.int64),
            "extent_km": np.round(places.extent_km, 3),
            "source_id": ["synthetic"] * wanted.n_places,
            "source_row": ["synthetic"] * wanted.n_places,
        },
    )


def _origin(n: int) -> dict[str, Any]:
    return {
        "evidence": ["verified"] * n,
        "source_id": ["synthetic"] * n,
        "source_row": ["synthetic"] * n,
    }


def _ids(start: str, n: int) -> npt.NDArray[np.object_]:
    """Names that sort as their numbers do."""
    width = len(str(n))
    return np.array([f"{start}{i:0{width}}" for i in range(1, n + 1)], dtype=object)
