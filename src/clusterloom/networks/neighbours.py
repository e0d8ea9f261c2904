"""The nearest organisations of each organisation, by what they do, with each signal and reasons."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.networks.adjacency_model import ORGANISATION_SIGNALS, PRIOR_WEIGHTS
from clusterloom.networks.nearest import Nearest, nearest_neighbours, pair_scores
from clusterloom.networks.neighbour_words import neighbour_reasons
from clusterloom.networks.organisation_signals import OrganisationSignals, organisation_signals
from clusterloom.tables import Tables
from clusterloom.text import Encoder, UniversalSentenceEncoder

__all__ = ["Neighbours", "fused_matrix"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]
_METHODS = ("auto", "exact", "approximate")


def _default_encoders() -> tuple[Encoder, ...]:
    return (UniversalSentenceEncoder(),)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Stage: which organisations are nearest to each, by what they do, and why.

    Three signals on a 0..1 scale: like fields, adjacent fields counted in part; like texts; common
    partners. Their weights stand in `adjacency_weight`; a signal not known for both leaves its
    weight to the others. Where an organisation is plays no part.

    Reads `field`, `field_adjacency`, `adjacency_weight`, `activity`, `activity_field`, `link`.
    Writes `organisation_adjacency`.
    """

    name: ClassVar[str] = "neighbours"
    reads: ClassVar[tuple[str, ...]] = (
        "field",
        "field_adjacency",
        "adjacency_weight",
        "activity",
        "activity_field",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("organisation_adjacency",)

    k: int = 10  # organisations listed for each at most
    min_fused: float = 0.05  # 0..1; less near ones are not listed
    method: str = (
        "auto"  # exact, approximate (package usearch) or auto: exact up to 200,000 organisations
    )
    encoders: tuple[Encoder, ...] = field(
        default_factory=_default_encoders,
        compare=False,
        repr=False,
        metadata={"setting": False},
    )

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if self.k < 1 or not 0 <= self.min_fused <= 1 or self.method not in _METHODS:
            raise RecipeError(
                f"neighbours: k {self.k}, min_fused {self.min_fused}, method `{self.method}`",
                rule=f"k >= 1, min_fused 0..1, method one of {', '.join(_METHODS)}",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """List the nearest of every organisation whose fields, texts or ties are known."""
        fields = tables.rows("field")
        if not tables["activity"].num_rows:
            return Tables().with_rows("organisation_adjacency", [])
        adjacency = fused_matrix(tables, [row["field_id"] for row in fields])
        found = organisation_signals(
            tables, fields, adjacency, encoders=self.encoders, weights=_weights(tables)
        )
        nearest = nearest_neighbours(found.signals, k=self.k, method=self.method)
        ids = [row["field_id"] for row in fields]
        rows = _rows(found, nearest, adjacency, ids, self.min_fused)
        return Tables().with_rows("organisation_adjacency", rows)


def fused_matrix(tables: Tables, fields: Sequence[str]) -> Matrix:
    """Return the fused adjacency, (fields, fields), 0..1, symmetric; pairs not stored are 0."""
    position = {field_id: i for i, field_id in enumerate(fields)}
    matrix = np.eye(len(fields))
    table = tables["field_adjacency"]
    columns = [table[name].to_pylist() for name in ("field_a", "field_b", "fused")]
    for a, b, value in zip(*columns, strict=True):
        if a in position and b in position:
            matrix[position[a], position[b]] = matrix[position[b], position[a]] = value
    return matrix


def _weights(tables: Tables) -> tuple[float, ...]:
    """The weights the plan says; the prior where it has none."""
    stated = {
        row["signal"]: row["weight"]
        for row in tables.rows("adjacency_weight")
        if row["unit"] == "organisation"
    }
    prior = dict(zip(ORGANISATION_SIGNALS, PRIOR_WEIGHTS["organisation"], strict=True))
    return tuple(stated.get(name, prior[name]) for name in ORGANISATION_SIGNALS)


def _rows(
    found: OrganisationSignals,
    nearest: Nearest,
    adjacency: Matrix,
    ids: Sequence[str],
    min_fused: float,
) -> Iterator[Row]:
    org, place = np.nonzero((nearest.index >= 0) & (nearest.score >= min_fused))
    other = nearest.index[org, place]
    values = pair_scores(found.signals, org, other)
    common = _common_partners(found, org, other)
    tied = _tied(found, org, other)
    total = float(found.weights().sum())
    shares = {s.name: round(s.weight / total, 2) for s in found.signals}
    for n, (a, b) in enumerate(zip(org.tolist(), other.tolist(), strict=True)):
        row: Row = {
            "org_id": found.org_ids[a],
            "neighbour_id": found.org_ids[b],
            "rank": int(place[n]) + 1,
            "fused": round(min(float(nearest.score[a, place[n]]), 1.0), 4),
            "tied": bool(tied[n]),
            **_bringing(found.profiles, a, b, adjacency, ids),
        }
        for name, value in zip(ORGANISATION_SIGNALS, values[n].tolist(), strict=True):
            row[name] = None if math.isnan(value) else round(value, 4)
        row["reasons"] = neighbour_reasons(
            row, shares, int(common[n]), _between(row, ids, adjacency)
        )
        row["based_on"] = json.dumps(
            [f"organisation:{row['org_id']}", f"organisation:{row['neighbour_id']}"]
            + [f"adjacency_weight:organisation~{name}" for name in ORGANISATION_SIGNALS]
        )
        yield row


def _bringing(
    profiles: Any, a: int, b: int, adjacency: Matrix, ids: Sequence[str]
) -> Mapping[str, str | None]:
    """The pair of fields that adds most to the likeness of two profiles."""
    left = slice(profiles.indptr[a], profiles.indptr[a + 1])
    right = slice(profiles.indptr[b], profiles.indptr[b + 1])
    own, its = profiles.indices[left], profiles.indices[right]
    if not own.size or not its.size:
        return {"field_a": None, "field_b": None}
    part = adjacency[np.ix_(own, its)] * np.outer(profiles.data[left], profiles.data[right])
    i, j = np.unravel_index(int(part.argmax()), part.shape)
    return (
        {"field_a": ids[own[i]], "field_b": ids[its[j]]}
        if part[i, j] > 0
        else {
            "field_a": None,
            "field_b": None,
        }
    )


def _between(row: Row, ids: Sequence[str], adjacency: Matrix) -> float:
    if row["field_a"] is None:
        return 0.0
    return round(float(adjacency[ids.index(row["field_a"]), ids.index(row["field_b"])]), 2)


def _common_partners(found: OrganisationSignals, org: Any, other: Any) -> Any:
    if not len(org):
        return np.zeros(0)
    return np.asarray(found.ties[org].multiply(found.ties[other]).sum(axis=1)).ravel()


def _tied(found: OrganisationSignals, org: Any, other: Any) -> Any:
    return np.asarray(found.ties[org, other]).ravel() > 0 if len(org) else np.zeros(0, bool)
