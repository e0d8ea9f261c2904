"""Assign activities and survey answers to the field catalogue, by their codes and their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.tables import Tables
from clusterloom.text import (
    Encoder,
    UniversalSentenceEncoder,
    belarusian_to_russian_letters,
    centred,
    cosine,
    detect_language,
    ngram_cosine,
    softmax_rows,
)
from clusterloom.text.fields import LANGUAGES, field_vectors

__all__ = ["Classification"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]

_CODE_COLUMNS = ("isic", "nace", "ipc", "ford", "wipo35")
# Schemes that follow NACE at the levels the catalogue knows.
_NACE_KIN = {"oked": "nace", "okved": "nace", "okved2": "nace", "nace2": "nace", "gced": "nace"}


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Stage: which fields each activity and development belongs to.

    A code assigns by the catalogue's own links to ISIC, NACE, IPC, FORD and WIPO-35 (longest
    matching prefix). A text assigns by similarity with the labels and descriptions of all fields:
    centred cosine of sentence vectors, joined with character n-grams in the same language; the
    languages a text is given in are averaged. Texts that resemble no field stay unassigned.

    Reads `field`, `activity`, `development`. Writes `activity_field`.
    """

    name: ClassVar[str] = "classification"
    reads: ClassVar[tuple[str, ...]] = ("field", "activity", "development")
    writes: ClassVar[tuple[str, ...]] = ("activity_field",)

    max_fields: int = 3  # fields per activity at most
    min_score: float = 0.22  # 0..1; texts below it resemble no field and stay unassigned
    min_share: float = 0.15  # share; smaller parts of an activity are dropped
    temperature: float = 0.05  # score points; larger spreads an activity over more fields
    ngram_weight: float = 0.25  # share of the n-gram signal in the score, 0..1
    broad_penalty: float = 0.04  # score points taken off first-level fields: prefer the narrow one
    encoder: Encoder = field(
        default_factory=UniversalSentenceEncoder,
        compare=False,
        repr=False,
        metadata={"setting": False},
    )

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if (
            not 1 <= self.max_fields <= 10
            or not 0 <= self.ngram_weight <= 1
            or self.temperature <= 0
        ):
            raise RecipeError(
                f"classification: max_fields {self.max_fields}, ngram_weight {self.ngram_weight}, "
                f"temperature {self.temperature}",
                rule="1 <= max_fields <= 10, 0 <= ngram_weight <= 1, temperature > 0",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Assign every activity and development that has a code or a text."""
        catalogue = tables.rows("field")
        items = [_from_activity(row) for row in tables.rows("activity")]
        items += [_from_development(row) for row in tables.rows("development")]
        if not catalogue or not items:
            return Tables().with_rows("activity_field", [])
        paradigm_of = {row["field_id"]: row["paradigm"] for row in catalogue}
        rows: list[Row] = []
        by_text: list[_Item] = []
        for item in items:
            matched = _match_code(item, catalogue)
            if matched:
                rows += self._rows(item, matched, "code", paradigm_of)
            elif item.texts:
                by_text.append(item)
        for item, matched in zip(by_text, self._match_texts(by_text, catalogue), strict=True):
            rows += self._rows(item, matched, "text", paradigm_of)
        return Tables().with_rows("activity_field", rows)

    def _match_texts(
        self, items: Sequence[_Item], catalogue: Sequence[Row]
    ) -> list[dict[str, tuple[float, float]]]:
        """Return for each item field -> (share, confidence)."""
        if not items:
            return []
        scores = _score_items(items, catalogue, self.encoder, self.ngram_weight)
        scores[:, [row["parent_id"] is None for row in catalogue]] -= self.broad_penalty
        ids = [row["field_id"] for row in catalogue]
        return [self._pick(row, ids) for row in scores]

    def _pick(self, scores: Matrix, ids: Sequence[str]) -> dict[str, tuple[float, float]]:
        order = np.argsort(-scores, kind="stable")[: self.max_fields]
        best = scores[order[0]]
        if best < self.min_score:
            return {}
        shares = softmax_rows(scores[order][None, :], temperature=self.temperature)[0]
        kept = [k for k in range(len(order)) if shares[k] >= self.min_share]
        total = sum(shares[k] for k in kept)
        confidence = _confidence(float(best), float(scores[order[-1]]))
        return {ids[order[k]]: (float(shares[k] / total), confidence) for k in kept}

    def _rows(
        self,
        item: _Item,
        matched: Mapping[str, tuple[float, float]],
        method: str,
        paradigm_of: Mapping[str, str | None],
    ) -> list[Row]:
        rows = []
        for field_id, (share, confidence) in matched.items():
            paradigm, origin = item.paradigm, item.paradigm_origin
            if paradigm is None and paradigm_of[field_id] is not None:
                paradigm, origin = paradigm_of[field_id], "catalogue"
            rows.append(
                {
                    "activity_id": item.item_id,
                    "org_id": item.org_id,
                    "kind": item.kind,
                    "field_id": field_id,
                    "share": round(share, 6),
                    "confidence": round(confidence, 4),
                    "method": method,
                    "paradigm": paradigm,
                    "paradigm_origin": origin,
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


def _match_code(item: _Item, catalogue: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Fields whose external code is the longest prefix of the item's code."""
    if not item.scheme or not item.code:
        return {}
    scheme = _NACE_KIN.get(item.scheme.lower(), item.scheme.lower())
    if scheme == "field":
        return {item.code: (1.0, 1.0)} if any(r["field_id"] == item.code for r in catalogue) else {}
    if scheme not in _CODE_COLUMNS:
        return {}
    code = item.code.replace(".", "").replace(" ", "").upper()
    best: dict[int, list[str]] = {}
    for row in catalogue:
        own = [c.replace(".", "").upper() for c in (row[scheme] or "").split("|") if c]
        lengths = [len(c) for c in own if (code == c if scheme == "wipo35" else code.startswith(c))]
        if lengths:
            best.setdefault(max(lengths), []).append(row["field_id"])
    if not best:
        return {}
    matched = best[max(best)]
    # A code shared by several fields says little about which of them is meant.
    return {field_id: (1 / len(matched), 1 / len(matched) ** 0.5) for field_id in matched}


def _score_items(
    items: Sequence[_Item], catalogue: Sequence[Row], encoder: Encoder, ngram_weight: float
) -> Matrix:
    """Similarity of each item with each field, averaged over the languages the item is given in."""
    described = field_vectors(catalogue, encoder)
    labels = [row[f"label_{language}"] for language in LANGUAGES for row in catalogue]
    label_blocks = dict(
        zip(LANGUAGES, np.split(encoder.encode(labels), len(LANGUAGES)), strict=True)
    )
    total = np.zeros((len(items), len(catalogue)))
    count = np.zeros((len(items), 1))
    for language in LANGUAGES:
        rows = [i for i, item in enumerate(items) if language in item.texts]
        if not rows:
            continue
        texts = [items[i].texts[language] for i in rows]
        spelled = [belarusian_to_russian_letters(t) for t in texts] if language == "be" else texts
        vectors = encoder.encode(spelled)
        # Too few texts give no stable mean of their own: centre them like the labels then.
        mean = vectors.mean(axis=0) if len(rows) >= 50 else label_blocks[language].mean(axis=0)
        moved = centred(vectors, mean)
        by_label = cosine(
            moved, centred(label_blocks[language], label_blocks[language].mean(axis=0))
        )
        meaning = 0.5 * cosine(moved, described[language]) + 0.5 * by_label
        own_words = [f"{r[f'label_{language}']} {r[f'description_{language}']}" for r in catalogue]
        letters = ngram_cosine(texts, own_words, size=2 if language == "zh" else 4)
        total[rows] += (1 - ngram_weight) * meaning + ngram_weight * letters
        count[rows] += 1
    scores: Matrix = total / np.maximum(count, 1)
    return scores


def _confidence(best: float, last: float) -> float:
    """Confidence from the best score and its lead; a stated rule, not yet calibrated."""
    strength = min(1.0, max(0.0, (best - 0.15) / 0.45))
    lead = min(1.0, max(0.0, (best - last) / 0.15))
    return 0.2 + 0.5 * strength + 0.3 * lead
