"""Stage: where innovation actors are close to each other and active in adjacent directions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.closeness import close_adjacent_pairs, distance_kernel
from clusterloom.measures.permutation import benjamini_hochberg, permutation_p_value
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages._profiles import adjacency_matrix, organisation_profiles
from clusterloom.stages._territories import Territory, distances_km, territories
from clusterloom.tables import Tables

__all__ = ["Prerequisites"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
_MAIN_FIELDS = 5
_BASED_ON = 40
_HAIR = 1e-9  # shares that are equal on paper must count as equal


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """Stage: candidate clusters, tested against chance.

    A candidate is a territory (from geography alone) and a family of adjacent fields (from
    adjacency alone). Its statistic sums closeness × adjacency over all pairs of the territory's
    organisations. Under the null model the same field profiles belong to other organisations of
    the same country and role; p-values count such permutations, q-values control the
    false-discovery rate over all candidates tested.

    Reads `organisation`, `place`, `activity`, `activity_field`, `field_adjacency`,
    `field_family`, `link`. Writes `candidate`, `candidate_member`.
    """

    name: ClassVar[str] = "prerequisites"
    reads: ClassVar[tuple[str, ...]] = (
        "organisation",
        "place",
        "activity",
        "activity_field",
        "field_adjacency",
        "field_family",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("candidate", "candidate_member")

    radius_km: float = 60.0  # km; reach of a territory around its anchor
    kernel_km: float = 20.0  # km; distance at which closeness falls to 37 %
    min_organisations: int = 4  # organisations; smaller groups are not tested
    min_roles: int = 2  # different roles a candidate needs
    min_share: float = 0.25  # share of an organisation's work that makes it part of a family
    n_permutations: int = 499  # permutations; the smallest p-value is 1 / (n + 1)
    fdr: float = 0.10  # false-discovery rate at which a candidate counts as beyond chance
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        for name in ("radius_km", "kernel_km", "min_organisations", "min_roles", "n_permutations"):
            if not getattr(self, name) > 0:  # written so that NaN fails
                raise RecipeError(
                    f"prerequisites: {name} {getattr(self, name):g}",
                    rule="it is above 0",
                    hint="leave it out of the recipe to use the default",
                )
        for name in ("min_share", "fdr"):
            if not 0 < getattr(self, name) <= 1:
                raise RecipeError(
                    f"prerequisites: {name} {getattr(self, name):g}",
                    rule="it is above 0 and at most 1",
                    hint="leave it out of the recipe to use the default",
                )

    def run(self, tables: Tables) -> Tables:
        """Find territories, measure every family in each, and test against permutations."""
        world = _World.of(tables)
        places = tables.by_key("place", "place_id")
        found = territories(
            tables.rows("organisation"),
            places,
            radius_km=self.radius_km,
            min_organisations=self.min_organisations,
        )
        slugs = _slugs(found)
        cells = [
            cell
            for i, territory in enumerate(found if world.fields else [])
            for cell in self._cells(_Spot(i, slugs[i], territory), world)
        ]
        self._test(cells, found, world)
        written = Tables().with_rows("candidate", [self._row(c, world) for c in cells])
        members = [row for cell in cells for row in self._members(cell, world)]
        return written.with_rows("candidate_member", members)

    def _cells(self, spot: _Spot, world: _World) -> list[_Cell]:
        """All families with at least two organisations in the territory."""
        rows = [world.position[o] for o in spot.territory.org_ids if o in world.position]
        if len(rows) < 2:
            return []
        kernel = distance_kernel(
            distances_km([world.organisation[world.org_ids[i]] for i in rows]),
            kernel_km=self.kernel_km,
        )
        observed = close_adjacent_pairs(
            kernel, world.profiles[rows], world.adjacent[rows], starts=world.starts
        )
        shares = np.add.reduceat(world.profiles[rows], world.starts, axis=1)
        cells = []
        for k, family_id in enumerate(world.families):
            inside = [
                (i, float(s))
                for i, s in zip(rows, shares[:, k], strict=True)
                if s >= self.min_share - _HAIR
            ]
            if len(inside) < 2:
                continue
            roles = {world.organisation[world.org_ids[i]]["role"] for i, _ in inside}
            tested = len(inside) >= self.min_organisations and len(roles) >= self.min_roles
            cells.append(_Cell(spot, k, family_id, inside, len(roles), float(observed[k]), tested))
        return cells

    def _test(self, cells: Sequence[_Cell], found: Sequence[Territory], world: _World) -> None:
        """Fill expectation, p and q of every tested cell from one set of permutations."""
        if not cells:
            return
        permuted = self._permuted(found, world)
        for cell in cells:
            values = permuted[:, cell.spot.index, cell.family]
            cell.expected, cell.expected_sd = float(values.mean()), float(values.std())
            if cell.tested:
                p_value = permutation_p_value(np.array([cell.statistic]), values[:, None])
                cell.p_value = float(p_value[0])
        tested = [c for c in cells if c.tested]
        q_values = benjamini_hochberg(np.array([c.p_value for c in tested]))
        for cell, q_value in zip(tested, q_values, strict=True):
            cell.q_value = float(q_value)

    def _permuted(self, found: Sequence[Territory], world: _World) -> Matrix:
        """Return the statistic, (permutations, territories, families), with profiles permuted."""
        random = np.random.default_rng(self.seed)
        rows_of, kernels = [], []
        for territory in found:
            rows = [world.position[o] for o in territory.org_ids if o in world.position]
            rows_of.append(np.array(rows, dtype=int))
            known = [world.organisation[world.org_ids[i]] for i in rows]
            kernels.append(distance_kernel(distances_km(known), kernel_km=self.kernel_km))
        result = np.zeros((self.n_permutations, len(found), len(world.families)))
        for n in range(self.n_permutations):
            order: npt.NDArray[np.intp] = np.arange(len(world.org_ids))
            for stratum in world.strata:
                order[stratum] = random.permutation(stratum)
            for t, taken in enumerate(rows_of):
                if len(taken) >= 2:
                    source = order[taken]
                    result[n, t] = close_adjacent_pairs(
                        kernels[t],
                        world.profiles[source],
                        world.adjacent[source],
                        starts=world.starts,
                    )
        return result

    def _verdict(self, cell: _Cell) -> str:
        if not cell.tested:
            return "too_small"
        return "beyond_chance" if cell.q_value <= self.fdr else "not_distinguishable"

    def _row(self, cell: _Cell, world: _World) -> Row:
        inside = [world.org_ids[i] for i, _ in cell.inside]
        weak = _weak_share(inside, cell.family_id, world)
        expected = cell.expected
        return {
            "candidate_id": cell.candidate_id,
            "territory_id": cell.territory.territory_id,
            "country": cell.territory.country,
            "family_id": cell.family_id,
            "main_fields": "|".join(_main_fields(cell, world)),
            "radius_km": self.radius_km,
            "n_organisations": len(inside),
            "n_roles": cell.n_roles,
            "statistic": round(cell.statistic, 6),
            "expected": round(expected, 6),
            "expected_sd": round(cell.expected_sd, 6),
            "effect_ratio": round(cell.statistic / expected, 4) if expected > 1e-9 else None,
            "p_value": round(cell.p_value, 6),
            "q_value": round(cell.q_value, 6),
            "verdict": self._verdict(cell),
            "weak_share": None if weak is None else round(weak, 4),
            "reasons": dump_reasons(self._reasons(cell, world, weak)),
            "based_on": _refs(f"organisation:{org_id}" for org_id in inside),
        }

    def _reasons(self, cell: _Cell, world: _World, weak: float | None) -> list[Reason]:
        inside = [world.org_ids[i] for i, _ in cell.inside]
        place = f"place:{cell.territory.territory_id}"
        reasons = [
            reason(
                "{n} organisations of {roles} kinds within {radius} km of {place} work in "
                "{first} and adjacent fields.",
                n=len(inside),
                roles=cell.n_roles,
                radius=self.radius_km,
                place=place,
                first=f"field:{_main_fields(cell, world)[0]}",
            )
        ]
        if not cell.tested:
            reasons.append(
                reason(
                    "Too few to test: {least} organisations of {roles} kinds are asked for.",
                    least=self.min_organisations,
                    roles=self.min_roles,
                )
            )
        else:
            reasons.append(
                reason(
                    "Closeness times adjacency is {observed}; the same directions of work spread "
                    "at random among organisations of the same country and role give {expected} "
                    "on average, and as much as observed in a share of {p} of {n} random draws.",
                    observed=round(cell.statistic, 2),
                    expected=round(cell.expected, 2),
                    p=round(cell.p_value, 3),
                    n=self.n_permutations,
                )
            )
        within = set(inside)
        ties = sum(a in within and b in within for a, b in world.ties)
        reasons.append(reason("{n} working ties among them are known.", n=ties))
        city_only = sum(world.organisation[o]["coord_precision"] == "city" for o in inside)
        if city_only:
            reasons.append(
                reason(
                    "{n} of them are known only by city: their distances carry the city's extent.",
                    n=city_only,
                )
            )
        if weak:
            reasons.append(
                reason(
                    "A share of {share} of the evidence is second-hand, unchecked or unmarked.",
                    share=round(weak, 2),
                )
            )
        return reasons

    def _members(self, cell: _Cell, world: _World) -> list[Row]:
        rows = []
        for index, share in cell.inside:
            org = world.organisation[world.org_ids[index]]
            distance = _distance_to_anchor(org, cell.territory)
            fields = world.activities_in.get((org["org_id"], cell.family_id), [])
            rows.append(
                {
                    "candidate_id": cell.candidate_id,
                    "org_id": org["org_id"],
                    "family_share": round(min(share, 1.0), 6),
                    "distance_km": round(distance, 3),
                    "reasons": dump_reasons(
                        [
                            reason(
                                "A share of {share} of its known work is in this family of fields, "
                                "about {distance} km from the centre of {place}.",
                                share=round(share, 2),
                                distance=round(distance, 1),
                                place=f"place:{cell.territory.territory_id}",
                            )
                        ]
                    ),
                    "based_on": _refs(
                        [f"organisation:{org['org_id']}", *(_work_ref(a) for a in fields)]
                    ),
                }
            )
        return rows


@dataclass(frozen=True)
class _Spot:
    """A territory with its place in the list and its part of a candidate's name."""

    index: int
    slug: str
    territory: Territory


def _slugs(found: Sequence[Territory]) -> list[str]:
    """Names of the territories for ids; a second of the same name in a country gets a number."""
    slugs: list[str] = []
    seen: dict[str, int] = {}
    for territory in found:
        name = re.sub(r"[^\w]+", "-", territory.name.casefold()).strip("-")
        slug = f"{territory.country.casefold()}-{name}"
        seen[slug] = seen.get(slug, 0) + 1
        slugs.append(slug if seen[slug] == 1 else f"{slug}-{seen[slug]}")
    return slugs


@dataclass
class _Cell:
    """One territory × family with what was measured of it."""

    spot: _Spot
    family: int
    family_id: str
    inside: list[tuple[int, float]]
    n_roles: int
    statistic: float
    tested: bool
    expected: float = 0.0
    expected_sd: float = 0.0
    p_value: float = 1.0
    q_value: float = 1.0

    @property
    def territory(self) -> Territory:
        return self.spot.territory

    @property
    def candidate_id(self) -> str:
        return f"{self.spot.slug}--{self.family_id}"


@dataclass(frozen=True)
class _World:
    """Everything the stage needs as arrays; columns of fields are sorted by family."""

    org_ids: list[str]
    position: dict[str, int]
    organisation: dict[str, Row]
    fields: list[str]
    families: list[str]
    starts: npt.NDArray[np.intp]
    profiles: Matrix
    adjacent: Matrix
    strata: list[npt.NDArray[np.intp]]
    ties: list[tuple[str, str]]
    activities_in: dict[tuple[str, str], list[str]]
    evidence: dict[str, str | None]

    @classmethod
    def of(cls, tables: Tables) -> _World:
        family_of = {r["field_id"]: r["family_id"] for r in tables.rows("field_family")}
        fields = sorted(family_of, key=lambda f: (family_of[f], f))
        families = sorted(set(family_of.values()))
        owners = [family_of[f] for f in fields]
        starts = np.array([owners.index(f) for f in families], dtype=np.intp)
        organisation = tables.by_key("organisation", "org_id")
        profiled, matrix = organisation_profiles(tables, fields)
        kept = [i for i, o in enumerate(profiled) if o in organisation]
        org_ids, profiles = [profiled[i] for i in kept], matrix[kept]
        same = np.array([[a == b for b in owners] for a in owners], dtype=bool)
        same = same.reshape(len(fields), len(fields))
        block = adjacency_matrix(tables, fields) * same
        groups: dict[tuple[str, str], list[int]] = {}
        for i, o in enumerate(org_ids):
            key = (organisation[o]["country"], organisation[o]["role"])
            groups.setdefault(key, []).append(i)
        activities: dict[tuple[str, str], list[str]] = {}
        for row in tables.rows("activity_field"):
            key = (row["org_id"], family_of.get(row["field_id"], ""))
            if row["activity_id"] not in activities.setdefault(key, []):
                activities[key].append(row["activity_id"])
        ties = [(r["org_a"], r["org_b"]) for r in tables.query("distinct_tie").to_pylist()]
        evidence = {r["activity_id"]: r["evidence"] for r in tables.rows("activity")}
        return cls(
            org_ids,
            {o: i for i, o in enumerate(org_ids)},
            organisation,
            fields,
            families,
            starts,
            profiles,
            profiles @ block,
            [np.array(g) for _, g in sorted(groups.items())],
            ties,
            activities,
            evidence,
        )


def _main_fields(cell: _Cell, world: _World) -> list[str]:
    rows = [i for i, _ in cell.inside]
    weight = world.profiles[rows].sum(axis=0)
    stop = (
        len(world.fields)
        if cell.family + 1 == len(world.families)
        else world.starts[cell.family + 1]
    )
    columns = range(int(world.starts[cell.family]), int(stop))
    ordered = sorted(columns, key=lambda j: (-weight[j], world.fields[j]))
    return [world.fields[j] for j in ordered if weight[j] > 0][:_MAIN_FIELDS]


def _weak_share(org_ids: Sequence[str], family_id: str, world: _World) -> float | None:
    # Answers to the survey carry their marks elsewhere: they are not unmarked work.
    marks = [
        world.evidence[activity]
        for org_id in org_ids
        for activity in world.activities_in.get((org_id, family_id), [])
        if activity in world.evidence
    ]
    return sum(mark != "verified" for mark in marks) / len(marks) if marks else None


def _distance_to_anchor(org: Row, territory: Territory) -> float:
    centre = great_circle_km(
        np.array(org["lat_deg"]),
        np.array(org["lon_deg"]),
        np.array(territory.lat_deg),
        np.array(territory.lon_deg),
    )
    return float(rms_distance_km(centre, np.array(org["extent_km"] or 0.0), np.array(0.0)))


def _work_ref(activity_id: str) -> str:
    return activity_id if activity_id.startswith("development:") else f"activity:{activity_id}"


def _refs(refs: Any) -> str:
    return json.dumps(sorted(set(refs))[:_BASED_ON], ensure_ascii=False)
