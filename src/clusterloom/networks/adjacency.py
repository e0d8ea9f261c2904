"""Adjacency of fields from four kinds of evidence, and the families of fields it forms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.cooccurrence_measures import COOCCURRENCE_MEASURES
from clusterloom.networks.adjacency_model import FIELD_SIGNALS, AdjacencyModel, packaged_model
from clusterloom.networks.adjacency_signals import TOGETHER, FieldSignals, field_signals
from clusterloom.networks.adjacency_words import pair_reasons, weight_rows
from clusterloom.networks.communities import leiden_communities
from clusterloom.tables import Tables
from clusterloom.text import Encoder, UniversalSentenceEncoder

__all__ = ["Adjacency", "fuse_signals"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]

# Parameters that state a weight, in the order of the signals.
_UNITS = {
    "field": ("weight_text", "weight_classification", "weight_cooccurrence", "weight_link"),
    "organisation": ("weight_org_profile", "weight_org_text", "weight_org_partners"),
}


def _default_encoders() -> tuple[Encoder, ...]:
    return (UniversalSentenceEncoder(),)


@dataclass(frozen=True, kw_only=True)
class Adjacency:
    """Stage: how adjacent every two fields are, each signal kept, and the fused value.

    Four signals on a 0..1 scale: similarity of the catalogue's texts over four languages; closeness
    in the tree and shared external codes; how far both are found together in the same
    organisations, places or projects; how much more often linked organisations do one each. The
    weights were fitted to past data and can be fitted anew (`clusterloom fit adjacency`); a signal
    that is not known for a pair leaves its weight to the others.

    Reads `field`, `activity_field`, `activity`, `organisation`, `link`. Writes `field_adjacency`,
    `field_family`, `adjacency_weight`.
    """

    name: ClassVar[str] = "adjacency"
    reads: ClassVar[tuple[str, ...]] = (
        "field",
        "activity_field",
        "activity",
        "organisation",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("field_adjacency", "field_family", "adjacency_weight")

    together: str = (
        "organisation"  # organisation, place or project: what fields are found together in
    )
    cooccurrence: str = (
        "association"  # measure of it: association, cosine, jaccard, conditional, correlation
    )
    weight_text: float | None = None  # weight of the text signal, >= 0; left out: as fitted
    weight_classification: float | None = (
        None  # weight of the tree and shared codes, >= 0; left out: as fitted
    )
    weight_cooccurrence: float | None = (
        None  # weight of being found together, >= 0; left out: as fitted
    )
    weight_link: float | None = (
        None  # weight of "linked organisations do one each", >= 0; left out: as fitted
    )
    weight_org_profile: float | None = (
        None  # between organisations: weight of like fields, >= 0; left out: as fitted
    )
    weight_org_text: float | None = (
        None  # between organisations: weight of like texts, >= 0; left out: as fitted
    )
    weight_org_partners: float | None = (
        None  # between organisations: weight of common partners, >= 0; left out: as fitted
    )
    prior: float = 0.5  # organisations, places, projects or links; how much evidence a pair needs
    min_fused: float = 0.05  # 0..1; weaker pairs are not stored and count as 0
    family_threshold: float = 0.30  # 0..1; weaker pairs do not tie a family together
    resolution: float = 3.0  # dimensionless; larger gives more and smaller families
    seed: int = 0
    encoders: tuple[Encoder, ...] = field(
        default_factory=_default_encoders,
        compare=False,
        repr=False,
        metadata={"setting": False},
    )
    model: AdjacencyModel = field(
        default_factory=packaged_model, compare=False, repr=False, metadata={"setting": False}
    )

    def __post_init__(self) -> None:
        """Check choices, weights and ranges."""
        faults = [
            f"{name} `{value}` is none of {', '.join(known)}"
            for name, value, known in (
                ("together", self.together, TOGETHER),
                ("cooccurrence", self.cooccurrence, COOCCURRENCE_MEASURES),
            )
            if value not in known
        ]
        faults += [
            f"{name} is {value!r}"
            for unit in _UNITS
            for name, value in self._stated(unit).items()
            if value is not None and not _is_weight(value)
        ]
        faults += [
            f"all weights of a pair of {unit}s are 0"
            for unit in _UNITS
            if not faults and sum(self._weights(unit)) <= 0
        ]
        if not self.prior >= 0 or not 0 <= self.min_fused <= 1 or not self.resolution > 0:
            faults.append(
                f"prior {self.prior}, min_fused {self.min_fused}, resolution {self.resolution}"
            )
        if faults:
            raise RecipeError(
                f"adjacency: {'; '.join(faults)}",
                rule="weights are numbers >= 0 and at least one is above 0; prior >= 0; "
                "min_fused 0..1; resolution > 0",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Measure every pair of fields and group the fields into families."""
        fields = tables.rows("field")
        if not fields:
            return (
                Tables()
                .with_rows("field_adjacency", [])
                .with_rows("field_family", [])
                .with_rows("adjacency_weight", [])
            )
        ids = [row["field_id"] for row in fields]
        found = field_signals(
            tables,
            fields,
            encoders=self.encoders,
            together=self.together,
            measure=self.cooccurrence,
            prior=self.prior,
        )
        fused = fuse_signals(found.stack(), self._weights())
        written = Tables().with_rows("field_adjacency", self._pairs(ids, found, fused))
        written = written.with_rows("field_family", self._families(ids, fused))
        return written.with_rows("adjacency_weight", self._weight_rows())

    def _stated(self, unit: str) -> dict[str, float | None]:
        """Weights the recipe may state for one kind of pairs, in the order of the signals."""
        return {name: getattr(self, name) for name in _UNITS[unit]}

    def _weights(self, unit: str = "field") -> tuple[float, ...]:
        """The weights of the recipe; where it states none, those of the model."""
        both = zip(self._stated(unit).values(), self.model.of(unit).weights, strict=True)
        return tuple(fitted if stated is None else stated for stated, fitted in both)

    def _weight_rows(self) -> list[Row]:
        rows = []
        for unit in _UNITS:
            stated = [value is not None for value in self._stated(unit).values()]
            rows += weight_rows(self.model, unit, self._weights(unit), stated)
        return rows

    def _pairs(self, ids: Sequence[str], found: FieldSignals, fused: Matrix) -> list[Row]:
        total = sum(self._weights())
        shares = {
            name: round(weight / total, 2)
            for name, weight in zip(FIELD_SIGNALS, self._weights(), strict=True)
        }
        columns = {**found.signals, **found.shown}
        rows = []
        for i, j in np.argwhere(np.triu(fused >= self.min_fused, k=1)).tolist():
            a, b = sorted((ids[i], ids[j]))
            row: Row = {"field_a": a, "field_b": b, "fused": round(float(fused[i, j]), 4)}
            for name, matrix in columns.items():
                value = float(matrix[i, j])
                row[name] = None if math.isnan(value) else round(value, 4)
            row["reasons"] = pair_reasons(row, shares, self.together)
            rows.append(row)
        return rows

    def _families(self, ids: Sequence[str], fused: Matrix) -> list[Row]:
        from scipy.sparse import csr_matrix

        strong = np.where(fused >= self.family_threshold, fused, 0.0)
        np.fill_diagonal(strong, 0.0)
        groups = leiden_communities(csr_matrix(strong), resolution=self.resolution, seed=self.seed)
        rows = []
        for group in sorted(set(groups.tolist())):
            members = np.flatnonzero(groups == group)
            inner = strong[np.ix_(members, members)].sum(axis=1)
            share = (
                inner / inner.sum() if inner.sum() > 0 else np.full(len(members), 1 / len(members))
            )
            head = ids[int(members[int(np.argmax(share))])]
            rows += [
                {
                    "field_id": ids[int(m)],
                    "family_id": f"family-{head}",
                    "centrality": round(float(s), 6),
                }
                for m, s in zip(members, share, strict=True)
            ]
        return rows


def fuse_signals(stack: Matrix, weights: Sequence[float]) -> Matrix:
    """Weighted mean of the known signals of each pair; the diagonal is 1.

    Parameters
    ----------
    stack : (signals, fields, fields), 0..1
        NaN is an unknown signal: it leaves its weight to the others.
    weights : (signals,), >= 0, any unit

    Returns
    -------
    (fields, fields), 0..1
        0 where no signal with weight is known.

    Examples
    --------
    >>> two = np.array([[[1.0, 0.8], [0.8, 1.0]], [[1.0, 0.2], [0.2, 1.0]]])
    >>> fuse_signals(two, (1.0, 3.0)).round(2).tolist()
    [[1.0, 0.35], [0.35, 1.0]]
    """
    weight = np.array(weights, dtype=np.float64)[:, None, None] * ~np.isnan(stack)
    total = weight.sum(axis=0)
    fused: Matrix = np.divide(
        (weight * np.nan_to_num(stack)).sum(axis=0),
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    np.fill_diagonal(fused, 1.0)
    return fused


def _is_weight(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
