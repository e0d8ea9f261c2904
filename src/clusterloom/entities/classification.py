"""Assign activities and survey answers to the field catalogue, by their codes and their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.calibration import calibration_for
from clusterloom.entities.own_concordances import match_code, own_concordances
from clusterloom.errors import RecipeError
from clusterloom.tables import Tables
from clusterloom.text import (
    Encoder,
    UniversalSentenceEncoder,
    detect_language,
    softmax_rows,
)
from clusterloom.text.fields import LANGUAGES, FieldScores, field_scores

__all__ = ["Classification", "confidence_features"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]


def _default_encoders() -> tuple[Encoder, ...]:
    return (UniversalSentenceEncoder(),)


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Stage: which fields each activity and development belongs to.

    A code assigns by a concordance: the user's own rows of table `concordance`, else the one that
    travels with the program; a code unknown to both falls back to the text. Several codes in one
    cell have equal parts. A text assigns by
    its similarity with the catalogue (`clusterloom.text.fields.field_scores`), the languages it is
    given in averaged. The confidence is the calibrated chance that the first field is right; a text
    with less than `min_confidence` resembles no field and stays unassigned.

    Reads `field`, `activity`, `development`, `concordance`. Writes `activity_field`.
    """

    name: ClassVar[str] = "classification"
    reads: ClassVar[tuple[str, ...]] = ("field", "activity", "development", "concordance")
    writes: ClassVar[tuple[str, ...]] = ("activity_field",)

    max_fields: int = 3  # fields per activity at most
    min_confidence: float = 0.4  # 0..1; texts below it resemble no field and stay unassigned
    min_share: float = 0.15  # share; smaller parts of an activity are dropped
    temperature: float = 0.6  # standard deviations; larger spreads an activity over more fields
    broad_penalty: float = 0.3  # standard deviations taken off first-level fields
    encoders: tuple[Encoder, ...] = field(
        default_factory=_default_encoders,
        compare=False,
        repr=False,
        metadata={"setting": False},
    )

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if (
            not 1 <= self.max_fields <= 10
            or not 0 <= self.min_confidence <= 1
            or not 0 <= self.min_share <= 0.5
            or self.temperature <= 0
            or not self.encoders
        ):
            raise RecipeError(
                f"classification: max_fields {self.max_fields}, min_confidence "
                f"{self.min_confidence}, min_share {self.min_share}, temperature "
                f"{self.temperature}",
                rule="1 <= max_fields <= 10, 0 <= min_confidence <= 1, 0 <= min_share <= 0.5, "
                "temperature > 0",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Assign every activity and development that has a code or a text."""
        catalogue = tables.rows("field")
        items = [_from_activity(row) for row in tables.rows("activity")]
        items += [_from_development(row) for row in tables.rows("development")]
        if not catalogue or not items:
            return Tables().with_rows("activity_field", [])
        known = {row["field_id"] for row in catalogue}
        own = own_concordances(tables.rows("concordance"), catalogue)
        rows: list[Row] = []
        by_text: list[_Item] = []
        for item in items:
            matched = match_code(item.scheme, item.code, known=known, own=own)
            if matched:
                rows += self._rows(item, matched, "code")
            elif item.texts:
                by_text.append(item)
        for item, matched in zip(by_text, self._match_texts(by_text, catalogue), strict=True):
            rows += self._rows(item, matched, "text")
        return Tables().with_rows("activity_field", rows)

    def _match_texts(
        self, items: Sequence[_Item], catalogue: Sequence[Row]
    ) -> list[dict[str, tuple[float, float]]]:
        """Return for each item field -> (share, confidence); empty for none of these."""
        if not items:
            return []
        found = _score_items(items, catalogue, self.encoders)
        broad = np.array([row["parent_id"] is None for row in catalogue])
        scores = found.scores - self.broad_penalty * broad
        features = confidence_features(scores, found.closeness, temperature=self.temperature)
        chance = calibration_for(self.encoders).probability(features)
        ids = [row["field_id"] for row in catalogue]
        return [
            # A text with no word or meaning in common with the catalogue ranks nothing.
            self._pick(row, ids, float(sure)) if np.ptp(row + self.broad_penalty * broad) else {}
            for row, sure in zip(scores, chance, strict=True)
        ]

    def _pick(
        self, scores: Matrix, ids: Sequence[str], confidence: float
    ) -> dict[str, tuple[float, float]]:
        if confidence < self.min_confidence or not np.isfinite(scores).all():
            return {}
        order = np.argsort(-scores, kind="stable")[: self.max_fields]
        shares = softmax_rows(scores[order][None, :], temperature=self.temperature)[0]
        kept = [k for k in range(len(order)) if shares[k] >= self.min_share]
        total = sum(shares[k] for k in kept)
        return {ids[order[k]]: (float(shares[k] / total), confidence) for k in kept}

    def _rows(
        self,
        item: _Item,
        matched: Mapping[str, tuple[float, float]],
        method: str,
    ) -> list[Row]:
        rows = []
        for field_id, (share, confidence) in matched.items():
            rows.append(
                {
                    "activity_id": item.item_id,
                    "org_id": item.org_id,
                    "kind": item.kind,
                    "field_id": field_id,
                    "share": round(share, 6),
                    "confidence": round(confidence, 4),
                    "method": method,
                    "paradigm": item.paradigm,
                    "paradigm_origin": item.paradigm_origin,
                }
            )
        return rows


@dataclass(frozen=True)
class _Item:
    """One thing to assign: an activity or a development."""

    item_id: str
    org_id: str
    kind: str
    texts: Mapping[str, str]  # language -> text
    scheme: str | None
    code: str | None
    paradigm: str | None
    paradigm_origin: str | None


def _from_activity(row: Row) -> _Item:
    texts = {language: row[f"text_{language}"] for language in LANGUAGES if row[f"text_{language}"]}
    origin = "source" if row["paradigm"] else None
    return _Item(
        row["activity_id"],
        row["org_id"],
        row["kind"],
        texts,
        row["code_scheme"],
        row["code"],
        row["paradigm"],
        origin,
    )


def _from_development(row: Row) -> _Item:
    text = f"{row['title']}. {row['text'] or ''}".strip()
    language = row["language"] or detect_language(text) or "en"
    claimed = row["claimed_paradigm"]
    return _Item(
        f"development:{row['development_id']}",
        row["org_id"],
        "development",
        {language: text},
        None,
        None,
        claimed,
        "survey" if claimed else None,
    )


def _score_items(
    items: Sequence[_Item], catalogue: Sequence[Row], encoders: Sequence[Encoder]
) -> FieldScores:
    """Scores of each item with each field, averaged over the languages the item is given in."""
    anchors = read_anchors([row["field_id"] for row in catalogue])
    scores = np.zeros((len(items), len(catalogue)))
    closeness = np.zeros_like(scores)
    count = np.zeros((len(items), 1))
    for language in LANGUAGES:
        rows = [i for i, item in enumerate(items) if item.texts.get(language, "").strip()]
        if not rows:
            continue
        texts = [items[i].texts[language] for i in rows]
        found = field_scores(texts, language, catalogue, encoders=encoders, anchors=anchors)
        scores[rows] += found.scores
        closeness[rows] += found.closeness
        count[rows] += 1
    return FieldScores(scores / np.maximum(count, 1), closeness / np.maximum(count, 1))


def confidence_features(scores: Matrix, closeness: Matrix, *, temperature: float) -> Matrix:
    """What the confidence is read from: the best field's share of all, and its closeness.

    Parameters
    ----------
    scores : (texts, fields), standard deviations
    closeness : (texts, fields), -1..1
    temperature : > 0, standard deviations

    Returns
    -------
    (texts, 2)
    """
    best = scores.argmax(axis=1)
    shares = softmax_rows(scores, temperature=temperature).max(axis=1)
    features: Matrix = np.column_stack([shares, closeness[np.arange(len(best)), best]])
    return features
