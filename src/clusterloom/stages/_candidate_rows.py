"""Rows of `candidate` and `candidate_test`: what was found, tested and is known of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._actors import Actors, Work, numbers, positions, strings
from clusterloom.stages._candidate_words import (
    against_chance,
    community_against_chance,
    why_not_chance,
)
from clusterloom.stages._found import Found
from clusterloom.tables import Tables

__all__ = ["BASED_ON", "Known", "candidate_rows", "test_rows"]

Row = dict[str, Any]
Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
_MAIN_FIELDS = 5
BASED_ON = 40  # rows a row names at most as what it rests on
_HOLDS_MUCH = 1 / 3  # of a country's organisations: a draw within the country changes little


@dataclass(frozen=True)
class Known:
    """What is told of a candidate beyond its test: places, marks of evidence, ties, activities."""

    actors: Actors
    work: Work
    place_id: npt.NDArray[np.object_]
    place_lat: Vector
    place_lon: Vector
    marked: Any  # (organisations, fields), activities with a mark or a place for one
    weak: Any  # (organisations, fields), those of them that are not verified
    tie_a: Index  # organisations with a working tie, each pair once
    tie_b: Index
    activity: npt.NDArray[np.object_]  # activity ids, organisation by organisation
    activity_field: Index
    activity_first: Index  # (organisations + 1,)
    directions: Vector  # (organisations,), different activities with a known field

    @classmethod
    def of(cls, tables: Tables, actors: Actors, work: Work) -> Known:
        """Read what the reasons need."""
        from scipy.sparse import csr_array

        ids = pa.array(actors.org_id, pa.string())
        fields = pa.array(work.fields, pa.string())
        shape = (len(ids), len(fields))
        counted = tables.query("organisation_field_evidence")
        row, column = positions(counted["org_id"], ids), positions(counted["field_id"], fields)
        kept = (row >= 0) & (column >= 0)
        marked, weak = (
            csr_array((numbers(counted[name])[kept], (row[kept], column[kept])), shape=shape)
            for name in ("n_marked", "n_weak")
        )
        ties = tables.query("distinct_tie")
        tie_a, tie_b = positions(ties["org_a"], ids), positions(ties["org_b"], ids)
        both = (tie_a >= 0) & (tie_b >= 0)
        assigned = tables["activity_field"]
        owner, field = (
            positions(assigned["org_id"], ids),
            positions(assigned["field_id"], fields),
        )
        # The table is sorted by activity, and a stable sort keeps that within an organisation.
        order = np.argsort(owner, kind="stable")
        order = order[(owner[order] >= 0) & (field[order] >= 0)]
        place = tables["place"]
        return cls(
            actors=actors,
            work=work,
            place_id=strings(place["place_id"]),
            place_lat=numbers(place["lat_deg"]),
            place_lon=numbers(place["lon_deg"]),
            marked=marked,
            weak=weak,
            tie_a=tie_a[both],
            tie_b=tie_b[both],
            activity=strings(assigned["activity_id"])[order],
            activity_field=field[order],
            activity_first=np.searchsorted(owner[order], np.arange(len(ids) + 1)),
            directions=_directions(assigned["activity_id"], owner, order, n=len(ids)),
        )


@dataclass(frozen=True)
class _Facts:
    """What is counted over the members of every candidate."""

    size: Index
    main_fields: list[list[str]]
    ties: Index
    by_city: Index
    weak_share: Vector

    @classmethod
    def of(cls, found: Found, known: Known) -> _Facts:
        inside = found.members.copy()
        inside.data = np.ones_like(inside.data)
        by_field = (inside @ known.work.profile).multiply(found.fields).tocsr()
        marked = np.asarray((inside @ known.marked).multiply(found.fields).sum(axis=1)).ravel()
        weak = np.asarray((inside @ known.weak).multiply(found.fields).sum(axis=1)).ravel()
        columns = inside.tocsc()
        tied = columns[:, known.tie_a].multiply(columns[:, known.tie_b])
        return cls(
            size=np.diff(inside.indptr).astype(np.int64),
            main_fields=[_strongest(by_field, i, known.work.fields) for i in range(len(marked))],
            ties=np.asarray(tied.sum(axis=1)).ravel().astype(np.int64),
            by_city=np.asarray(inside @ known.actors.known_by_city.astype(float)).astype(np.int64),
            weak_share=np.divide(weak, marked, out=np.full(len(marked), np.nan), where=marked > 0),
        )


def _directions(activity: Any, owner: Index, order: Index, *, n: int) -> Vector:
    """Different activities of each organisation; one in several fields is one."""
    encoded: Any = pc.dictionary_encode(activity)
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    number = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)[order]
    several = np.unique(owner[order] * (len(encoded.dictionary) + 1) + number)
    counted = np.bincount(several // (len(encoded.dictionary) + 1), minlength=n)
    return counted.astype(np.float64)


def candidate_rows(
    found: Found,
    known: Known,
    *,
    model: str,
    radius_km: float,
    fdr: float,
    least: Sequence[int],
    chance: Vector,
) -> list[Row]:
    """Rows of `candidate`; `least` holds the organisations and roles a test asks for.

    `chance` is that of every listed member to belong to its candidate, NaN where not estimated.
    """
    facts = _Facts.of(found, known)
    test = found.against[model]
    rows = []
    for i, name in enumerate(found.names):
        inside = found.members.indices[found.members.indptr[i] : found.members.indptr[i + 1]]
        expected, weak = float(test.expected[i]), float(facts.weak_share[i])
        tested = bool(found.tested[i])
        verdict = "beyond_chance" if test.q_value[i] <= fdr else "not_distinguishable"
        rows.append(
            {
                "candidate_id": name,
                "territory_id": known.place_id[found.place[i]],
                "country": known.actors.countries[found.country[i]],
                "family_id": known.work.families[found.family[i]],
                "main_fields": "|".join(facts.main_fields[i]),
                "radius_km": radius_km,
                "method": found.method,
                "resolution": _unless_nan(found.resolution[i], 4),
                "n_organisations": int(facts.size[i]),
                "n_roles": int(found.n_roles[i]),
                "statistic": round(float(found.statistic[i]), 6),
                "expected": round(expected, 6),
                "expected_sd": round(float(test.expected_sd[i]), 6),
                "effect_ratio": (
                    round(float(found.statistic[i]) / expected, 4) if expected > 1e-9 else None
                ),
                "p_value": _unless_nan(test.p_value[i], 6) if tested else None,
                "q_value": _unless_nan(test.q_value[i], 6) if tested else None,
                "verdict": verdict if tested else "too_small",
                "stability": _unless_nan(found.stability[i], 4),
                "run_stability": _unless_nan(found.run_stability[i], 4),
                "weak_share": None if np.isnan(weak) else round(weak, 4),
                "reasons": dump_reasons(
                    [
                        *_who_and_where(found, facts, known, i, radius_km),
                        *_test_in_words(found, i, model, least),
                        *_who_belongs(
                            chance[found.members.indptr[i] : found.members.indptr[i + 1]]
                        ),
                        *_how_known(found, facts, i, weak),
                    ]
                ),
                "based_on": _dumped(
                    [f"organisation:{o}" for o in known.actors.org_id[inside[:BASED_ON]]]
                ),
            }
        )
    return rows


def _who_and_where(
    found: Found, facts: _Facts, known: Known, i: int, radius_km: float
) -> list[Reason]:
    shared: dict[str, Any] = {
        "n": int(facts.size[i]),
        "roles": int(found.n_roles[i]),
        "place": f"place:{known.place_id[found.place[i]]}",
        "first": f"field:{facts.main_fields[i][0]}",
    }
    if found.method == "community":
        return [
            reason(
                "{n} organisations of {roles} kinds around {place} form a community of close and "
                "adjacent work in {first} and adjacent fields (resolution {resolution}).",
                **shared,
                resolution=float(found.resolution[i]),
            )
        ]
    return [
        reason(
            "{n} organisations of {roles} kinds within {radius} km of {place} work in "
            "{first} and adjacent fields.",
            **shared,
            radius=radius_km,
        )
    ]


def _test_in_words(found: Found, i: int, model: str, least: Sequence[int]) -> list[Reason]:
    if not found.tested[i]:
        return [
            reason(
                "Too few to test: {least} organisations of {roles} kinds are asked for.",
                least=least[0],
                roles=least[1],
            )
        ]
    words = why_not_chance(float(found.statistic[i]), float(found.against[model].q_value[i]))
    asked = [model, *(m for m in found.against if m != model)]
    words += [_compared(found, m, i) for m in asked]
    if found.home_share[i] > _HOLDS_MUCH:
        words.append(
            reason(
                "A share of {share} of the country's organisations with known work stand there: "
                "draws within the country change little, so that they can hardly show more.",
                share=round(float(found.home_share[i]), 2),
            )
        )
    return words


def _compared(found: Found, model: str, i: int) -> Reason:
    if found.method == "community":
        return community_against_chance(i, found.against[model])
    return against_chance(model, i, found.against[model])


def _who_belongs(chance: Vector) -> list[Reason]:
    known = chance[~np.isnan(chance)]
    if not len(known):
        return []
    return [
        reason(
            "Of its {n} organisations {m} more likely belong to it than merely do such work as "
            "anybody elsewhere does.",
            n=len(known),
            m=int((known > 0.5).sum()),
        )
    ]


def _how_known(found: Found, facts: _Facts, i: int, weak: float) -> list[Reason]:
    words = [reason("{n} working ties among them are known.", n=int(facts.ties[i]))]
    if facts.by_city[i]:
        words.append(
            reason(
                "{n} of them are known only by city: their distances carry the city's extent.",
                n=int(facts.by_city[i]),
            )
        )
    if weak > 0:
        words.append(
            reason(
                "A share of {share} of the evidence is second-hand, unchecked or unmarked.",
                share=round(weak, 2),
            )
        )
    if not np.isnan(found.stability[i]):
        words.append(
            reason(
                "Found again with a tenth of the organisations left out and uncertain positions "
                "drawn anew, its members overlap by {share} on average.",
                share=round(float(found.stability[i]), 2),
            )
        )
    if not np.isnan(found.run_stability[i]):
        words.append(
            reason(
                "Found again in the same data from other random starts, its members overlap by "
                "{share} on average.",
                share=round(float(found.run_stability[i]), 2),
            )
        )
    return words


def test_rows(found: Found) -> list[Row]:
    """Rows of `candidate_test`: what every null model that was tried says."""
    return [
        {
            "candidate_id": found.names[i],
            "null_model": model,
            "expected": round(float(test.expected[i]), 6),
            "expected_sd": round(float(test.expected_sd[i]), 6),
            "effect_ratio": (
                round(float(found.statistic[i] / test.expected[i]), 4)
                if test.expected[i] > 1e-9
                else None
            ),
            "p_value": round(float(test.p_value[i]), 6),
            "q_value": round(float(test.q_value[i]), 6),
            "n_draws": test.draws,
            "reasons": dump_reasons([_compared(found, model, i)]),
            "based_on": _dumped([f"candidate:{found.names[i]}"]),
        }
        for model, test in found.against.items()
        for i in np.flatnonzero(found.tested).tolist()
    ]


def _strongest(by_field: Any, i: int, fields: Sequence[str]) -> list[str]:
    own = slice(by_field.indptr[i], by_field.indptr[i + 1])
    pairs = zip(by_field.data[own].tolist(), by_field.indices[own].tolist(), strict=True)
    ordered = sorted((-weight, fields[j]) for weight, j in pairs if weight > 0)
    return [name for _, name in ordered[:_MAIN_FIELDS]]


def _unless_nan(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def _dumped(refs: Sequence[str]) -> str:
    return json.dumps(sorted(refs), ensure_ascii=False)
