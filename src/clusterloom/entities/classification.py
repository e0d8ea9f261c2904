"""Assign activities and survey answers to the field catalogue, by their codes and their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.calibration import calibration_for
from clusterloom.entities.judgement import Said, weighed
from clusterloom.entities.own_concordances import CodeMatch, match_code, own_concordances
from clusterloom.errors import RecipeError
from clusterloom.tables import Tables
from clusterloom.text import (
    Encoder,
    UniversalSentenceEncoder,
    detect_language,
    softmax_rows,
)
from clusterloom.text.fields import LANGUAGES, FieldScores, field_scores

__all__ = ["Classification", "confidence_features", "rank_features"]

Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Row = dict[str, Any]

_BLOCK = 4096  # items read together
_DOUBTFUL = 0.6  # a code surer than this is not asked about
_FIRST_IDEOGRAPH = 0x3400  # from here on one character is a word


def _default_encoders() -> tuple[Encoder, ...]:
    return (UniversalSentenceEncoder(),)


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Stage: which fields each activity and development belongs to.

    A code assigns by a concordance: the user's own rows of table `concordance`, else the one that
    travels with the program. Several codes in one cell have equal parts. A text assigns by its
    similarity with the catalogue (`clusterloom.text.fields.field_scores`), the languages it is
    given in averaged. Where both speak, they are weighed against each other (`judgement.weighed`).
    The confidence is the calibrated chance that a field is right; a text whose first field has less
    than `min_confidence` resembles no field and says nothing.

    Reads `field`, `activity`, `development`, `concordance`. Writes `activity_field`.
    """

    name: ClassVar[str] = "classification"
    reads: ClassVar[tuple[str, ...]] = ("field", "activity", "development", "concordance")
    writes: ClassVar[tuple[str, ...]] = ("activity_field",)

    # Fields per activity at most where a text is read; a code alone keeps all it leads to.
    max_fields: int = 3
    min_confidence: float = 0.25  # 0..1; texts below it resemble no field and stay unassigned
    min_share: float = 0.15  # share; smaller parts are dropped, where a text is read
    temperature: float = 0.6  # standard deviations; larger spreads an activity over more fields
    broad_penalty: float = 0.3  # standard deviations taken off first-level fields
    # 0..1; chance that a code speaks of this very work, and not of its company at large. Counts
    # where there is a text to hold against it.
    code_trust: float = 0.9
    # Texts that are read beside a code: `always`, `doubtful` (where the code is less sure than
    # 0.6), `never`. Some hundred texts take a second, codes next to nothing.
    beside_code: str = "always"
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
            or not 0 <= self.code_trust <= 1
            or self.beside_code not in ("always", "doubtful", "never")
            or self.temperature <= 0
            or not self.encoders
        ):
            raise RecipeError(
                f"classification: max_fields {self.max_fields}, min_confidence "
                f"{self.min_confidence}, min_share {self.min_share}, code_trust {self.code_trust}, "
                f"beside_code {self.beside_code}, temperature {self.temperature}",
                rule="1 <= max_fields <= 10, 0 <= min_confidence <= 1, 0 <= min_share <= 0.5, "
                "0 <= code_trust <= 1, beside_code always, doubtful or never, temperature > 0",
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
        codes = [match_code(i.scheme, i.code, known=known, own=own) for i in items]
        branches = {row["field_id"]: row["parent_id"] or row["field_id"] for row in catalogue}
        rows: list[Row] = []
        # Block by block: a text has a score for every field, and one text's do not hang on others.
        for start in range(0, len(items), _BLOCK):
            block = slice(start, start + _BLOCK)
            rows += self._block(items[block], codes[block], catalogue, branches)
        return Tables().with_rows("activity_field", rows)

    def _block(
        self,
        items: Sequence[_Item],
        codes: Sequence[CodeMatch | None],
        catalogue: Sequence[Row],
        branches: Mapping[str, str],
    ) -> list[Row]:
        """Rows of some items."""
        spoken = [
            k
            for k, (item, code) in enumerate(zip(items, codes, strict=True))
            if item.texts and self._asks(code)
        ]
        texts = dict(
            zip(spoken, self._read_texts([items[k] for k in spoken], catalogue), strict=True)
        )
        rows: list[Row] = []
        for k, (item, code) in enumerate(zip(items, codes, strict=True)):
            rows += _rows(item, self._assigned(code, texts.get(k), branches))
        return rows

    def _asks(self, code: CodeMatch | None) -> bool:
        """Whether a text is read beside this code."""
        if code is None or self.beside_code == "always":
            return True
        return self.beside_code == "doubtful" and code.trust < _DOUBTFUL

    def _read_texts(
        self, items: Sequence[_Item], catalogue: Sequence[Row]
    ) -> list[_TextReading | None]:
        """What each item's texts say; None where they resemble no field."""
        if not items:
            return []
        found = _score_items(items, catalogue, self.encoders)
        broad = np.array([row["parent_id"] is None for row in catalogue])
        scores = found.scores - self.broad_penalty * broad
        calibration = calibration_for(self.encoders)
        features = confidence_features(scores, found.closeness, temperature=self.temperature)
        chance = calibration.first(features, found.long)
        ids = [row["field_id"] for row in catalogue]
        readings: list[_TextReading | None] = []
        for i, item in enumerate(items):
            # A text with no word or meaning in common with the catalogue ranks nothing.
            blank = not np.isfinite(scores[i]).all() or not np.ptp(found.scores[i])
            if blank or chance[i] < self.min_confidence or not _says_something(item):
                readings.append(None)
                continue
            order = np.argsort(-scores[i], kind="stable")[: self.max_fields]
            later = rank_features(scores[i], found.closeness[i], order[1:], self.temperature)
            sure = [float(chance[i]), *calibration.later(later).tolist()]
            confidence = {ids[j]: min(c, sure[0]) for j, c in zip(order, sure, strict=True)}
            readings.append(_TextReading(scores[i], ids, confidence))
        return readings

    def _assigned(
        self, code: CodeMatch | None, text: _TextReading | None, branches: Mapping[str, str]
    ) -> _Assigned:
        """What the code, the text or both say of one item."""
        if code is None and text is None:
            return _Assigned({})
        if text is None:
            assert code is not None
            return _Assigned(code.fields, "code", code.matched, code.origin)
        if code is None:
            return _Assigned(self._kept(text.shares(self.temperature), text.confidence), "text")
        return self._weighed(code, text, branches)

    def _weighed(
        self, code: CodeMatch, text: _TextReading, branches: Mapping[str, str]
    ) -> _Assigned:
        both = weighed(
            Said({f: share for f, (share, _) in code.fields.items()}, self.code_trust * code.trust),
            Said(text.everywhere(self.temperature), text.first),
            branches,
            n_fields=len(branches),
        )
        first = next(iter(both.shares))
        sure = {f: self.code_trust * c for f, (_, c) in code.fields.items()}
        confidence = {
            f: min(max(sure.get(f, 0.0), text.confidence.get(f, 0.0)), both.confidence)
            for f in both.shares
        } | {first: both.confidence}
        named = {f: s for f, s in both.shares.items() if f in sure or f in text.confidence}
        kept = self._kept(dict(list(named.items())[: self.max_fields]), confidence)
        return _Assigned(kept, "both", code.matched, code.origin, both.agreement)

    def _kept(
        self, shares: Mapping[str, float], confidence: Mapping[str, float]
    ) -> dict[str, tuple[float, float]]:
        """Drop small parts; the rest sums to 1."""
        whole = sum(shares.values())
        kept = {f: s for f, s in shares.items() if s / whole >= self.min_share}
        if not kept:  # spread over so many that none is large: the largest stays
            first = max(shares, key=lambda f: shares[f])
            kept = {first: shares[first]}
        total = sum(kept.values())
        return {f: (s / total, confidence[f]) for f, s in kept.items()}


@dataclass(frozen=True)
class _TextReading:
    """What a text says: a score for every field, and how sure the best ones are."""

    scores: Matrix  # (fields,), standard deviations
    ids: Sequence[str]
    confidence: Mapping[str, float]  # the best fields, the first one first

    @property
    def first(self) -> float:
        return next(iter(self.confidence.values()))

    def everywhere(self, temperature: float) -> dict[str, float]:
        """Share of every field that has a thousandth at least."""
        shares = softmax_rows(self.scores[None, :], temperature=temperature)[0]
        told = {f: float(s) for f, s in zip(self.ids, shares, strict=True) if s >= 1e-3}
        whole = sum(told.values())
        return {f: s / whole for f, s in told.items()}

    def shares(self, temperature: float) -> dict[str, float]:
        """Shares of the best fields among themselves."""
        place = [self.ids.index(f) for f in self.confidence]
        parts = softmax_rows(self.scores[place][None, :], temperature=temperature)[0]
        return dict(zip(self.confidence, parts.tolist(), strict=True))


@dataclass(frozen=True)
class _Assigned:
    """Fields of one item, and how they were found."""

    fields: Mapping[str, tuple[float, float]]  # field -> (share, confidence)
    method: str = "text"
    matched_code: str | None = None
    link_origin: str | None = None
    agreement: float | None = None


def _rows(item: _Item, found: _Assigned) -> list[Row]:
    return [
        {
            "activity_id": item.item_id,
            "org_id": item.org_id,
            "kind": item.kind,
            "field_id": field_id,
            "share": round(share, 6),
            "confidence": round(confidence, 4),
            "method": found.method,
            "matched_code": found.matched_code,
            "link_origin": found.link_origin,
            "agreement": None if found.agreement is None else round(found.agreement, 4),
            "paradigm": item.paradigm,
            "paradigm_origin": item.paradigm_origin,
        }
        for field_id, (share, confidence) in found.fields.items()
    ]


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
    language = row["language"] or detect_language(text) or _by_script(text)
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


def _by_script(text: str) -> str:
    """The language a text of no known one is compared in: that of its script."""
    return "ru" if any("\u0400" <= c <= "\u04ff" for c in text) else "en"


def _score_items(
    items: Sequence[_Item], catalogue: Sequence[Row], encoders: Sequence[Encoder]
) -> FieldScores:
    """Scores of each item with each field, averaged over the languages the item is given in."""
    anchors = read_anchors([row["field_id"] for row in catalogue])
    scores = np.zeros((len(items), len(catalogue)))
    closeness = np.zeros_like(scores)
    count = np.zeros((len(items), 1))
    long = np.zeros(len(items), dtype=bool)
    for language in LANGUAGES:
        rows = [i for i, item in enumerate(items) if item.texts.get(language, "").strip()]
        if not rows:
            continue
        texts = [items[i].texts[language] for i in rows]
        found = field_scores(texts, language, catalogue, encoders=encoders, anchors=anchors)
        scores[rows] += found.scores
        closeness[rows] += found.closeness
        count[rows] += 1
        long[rows] |= found.long
    return FieldScores(scores / np.maximum(count, 1), closeness / np.maximum(count, 1), long)


def _says_something(item: _Item) -> bool:
    """Whether a text has two letters, or one character of a script that writes words by one."""
    letters = [c for text in item.texts.values() for c in text if c.isalpha()]
    return len(letters) > 1 or any(ord(c) >= _FIRST_IDEOGRAPH for c in letters)


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


def rank_features(scores: Matrix, closeness: Matrix, fields: Index, temperature: float) -> Matrix:
    """What the confidence in later fields of one text is read from: share of all, and closeness.

    Parameters
    ----------
    scores, closeness : (all fields,)
    fields : (fields,), numbers of the fields asked for
    temperature : > 0, standard deviations

    Returns
    -------
    (fields, 2)
    """
    shares = softmax_rows(scores[None, :], temperature=temperature)[0]
    features: Matrix = np.column_stack([shares[fields], closeness[fields]])
    return features
