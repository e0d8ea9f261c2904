"""Candidates compared with each other by their conditions, as arrays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.composite import (
    normalised_indicators,
    ranks_from_scores,
    weighted_score,
)

__all__ = ["Compared"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
_HAIR = 1e-9


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Candidates compared with each other, as arrays (candidates, indicators)."""

    group: str
    ids: list[str]
    indicators: list[str]
    units: list[str | None]
    weight: Vector
    value: Matrix
    normalised: Matrix
    verdicts: list[str]
    score: Vector
    low: Vector
    high: Vector
    known: Vector
    ranked: npt.NDArray[np.bool_]
    ranks: Vector

    @classmethod
    def of(
        cls,
        group: str,
        ids: list[str],
        conditions: Mapping[str, Mapping[str, Row]],
        *,
        weights: Mapping[str, float],
        normalisation: str,
        lower_is_better: Sequence[str],
        min_known_weight: float,
    ) -> Compared:
        """Read the conditions of these candidates, normalise them and score."""
        names = sorted({*weights, *(name for i in ids for name in conditions[i])})
        weight = np.array([float(weights.get(name, 0.0)) for name in names])
        value = np.full((len(ids), len(names)), np.nan)
        units: list[str | None] = []
        for j, name in enumerate(names):
            rows = [conditions[i].get(name) for i in ids]
            held = Counter(r["unit"] for r in rows if r is not None and r["value"] is not None)
            # People may state one fact in several units: only the commonest is compared.
            unit = min(held, key=lambda u: (-held[u], u)) if held else None
            units.append(unit)
            for i, row in enumerate(rows):
                if row is not None and row["value"] is not None and row["unit"] == unit:
                    value[i, j] = row["value"]
        turned = [j for j, name in enumerate(names) if name in lower_is_better]
        table = normalised_indicators(
            value,
            method="rank" if normalisation == "rank" else "min_max",
            lower_is_better=turned,
        )
        verdicts = [_indicator_verdict(weight[j], value[:, j]) for j in range(len(names))]
        counted = np.array([v == "counted" for v in verdicts], dtype=bool)
        # What nobody knows gives no score, but it could: it stays within the bounds.
        open_ = counted | np.array([v == "not_known" for v in verdicts], dtype=bool)
        score = np.full(len(ids), np.nan)
        low, high, known = np.zeros(len(ids)), np.ones(len(ids)), np.zeros(len(ids))
        if counted.any():
            score, low, high, known = weighted_score(table, np.where(open_, weight, 0.0))
        ranked = ~np.isnan(score) & (known >= min_known_weight - _HAIR)
        return cls(
            group=group,
            ids=ids,
            indicators=names,
            units=units,
            weight=weight,
            value=value,
            normalised=table,
            verdicts=verdicts,
            score=score,
            low=low,
            high=high,
            known=known,
            ranked=ranked,
            ranks=ranks_from_scores(np.where(ranked, score, np.nan)),
        )

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Which indicators count."""
        return np.array([v == "counted" for v in self.verdicts], dtype=bool)

    def verdict(self, i: int) -> str:
        """Whether a candidate has a place."""
        if not self.counted.any():
            return "not_comparable"
        return "ranked" if self.ranked[i] else "too_little_known"

    def refs(self, rows: Sequence[int] | range, columns: Sequence[Any]) -> str:
        """Rows of `condition` that stand behind."""
        found = [
            f"condition:{self.ids[i]}~{self.indicators[j]}"
            for i in rows
            for j in columns
            if not np.isnan(self.value[i, j])
        ]
        return json.dumps(sorted(found), ensure_ascii=False)


def _indicator_verdict(weight: float, column: Vector) -> str:
    held = column[~np.isnan(column)]
    if weight == 0:
        return "no_weight"
    if held.size < 2:
        return "not_known"
    return "counted" if held.max() > held.min() else "same_for_all"
