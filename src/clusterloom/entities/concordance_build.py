"""Build a concordance: the catalogue's own codes first, then the tree, then similar words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.entities.concordance import FieldShare
from clusterloom.text import Encoder, LinearClassifier
from clusterloom.text.fields import LANGUAGES, field_scores

__all__ = ["Evidence", "Heading", "build_entries", "text_confidence", "text_scores"]

Matrix = npt.NDArray[np.float64]
Row = Mapping[str, Any]

TEMPERATURE = 0.5  # standard deviations; larger spreads a code over more fields
ELSEWHERE = 0.1  # share a broader code leaves to fields it does not name
MAX_FIELDS = 5  # fields per code at most
MIN_SHARE = 0.06  # share; smaller parts are dropped
CROWD = 12  # fields; a code named by more says only which first-level fields are meant
BROAD_PENALTY = 0.3  # standard deviations taken off first-level fields where only words decide
# Top score -> how often words alone found the first-level field of a code the catalogue names by
# hand; measured by scripts/make_concordances.py, joined to a rising line.
CONFIDENCE = ((2.5, 0.20), (3.5, 0.49), (4.5, 0.67), (5.5, 0.86), (7.0, 0.95))


@dataclass(frozen=True)
class Heading:
    """One code of a classification: what it is called and what stands above it."""

    code: str
    parent: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)  # language -> text


@dataclass(frozen=True)
class Evidence:
    """What is known of codes before words are compared.

    `named` gives code -> field -> weight as entered by hand; `official` the same by a published
    table. Weights are > 0 in any unit; a code may stand in both, then `named` decides.
    """

    named: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    official: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def text_scores(
    headings: Sequence[Heading],
    catalogue: Sequence[Row],
    *,
    encoders: Sequence[Encoder],
    anchors: Mapping[str, LinearClassifier] | None = None,
) -> Matrix:
    """Similarity of each heading with each field, averaged over the languages it is given in.

    Returns
    -------
    (headings, fields), standard deviations
        See `clusterloom.text.fields.field_scores`. 0 where a heading has no text.
    """
    total = np.zeros((len(headings), len(catalogue)))
    count = np.zeros((len(headings), 1))
    for language in LANGUAGES:
        rows = [i for i, h in enumerate(headings) if h.titles.get(language, "").strip()]
        if rows:
            texts = [headings[i].titles[language] for i in rows]
            found = field_scores(texts, language, catalogue, encoders=encoders, anchors=anchors)
            total[rows] += found.scores
            count[rows] += 1
    scores: Matrix = total / np.maximum(count, 1)
    return scores


def text_confidence(score: float) -> float:
    """Confidence in a field that words alone chose, 0..1: a measured, rising line.

    Examples
    --------
    >>> text_confidence(0.0), text_confidence(3.0), text_confidence(9.0)
    (0.2, 0.345, 0.95)
    """
    at, value = zip(*CONFIDENCE, strict=True)
    return float(np.interp(score, at, value))


def build_entries(
    headings: Sequence[Heading], catalogue: Sequence[Row], scores: Matrix, evidence: Evidence
) -> dict[str, tuple[FieldShare, ...]]:
    """Give every heading its fields.

    A code named by hand keeps to its fields; one in a published table starts from that; a child
    starts from its parent, a parent from the mean of its children, the rest from nothing. Words
    then move the shares: share = prior * exp(score / temperature).

    Parameters
    ----------
    headings : every parent among them
    catalogue : rows of the `field` table
    scores : (headings, fields), as from `text_scores`
    evidence : hand-made and official links

    Returns
    -------
    code -> fields
        Shares sum to 1; five fields at most.
    """
    builder = _Builder(headings, catalogue, scores, evidence)
    return {heading.code: builder.entry(heading.code) for heading in headings}


class _Builder:
    """The shares of one classification while they are worked out: code -> (fields,) mix."""

    def __init__(
        self,
        headings: Sequence[Heading],
        catalogue: Sequence[Row],
        scores: Matrix,
        evidence: Evidence,
    ) -> None:
        self.ids = [row["field_id"] for row in catalogue]
        self.column = {field_id: j for j, field_id in enumerate(self.ids)}
        self.parent_field = {row["field_id"]: row["parent_id"] for row in catalogue}
        self.broad = np.array([row["parent_id"] is None for row in catalogue])
        self.row = {heading.code: i for i, heading in enumerate(headings)}
        self.scores = scores
        self.parent = {h.code: h.parent for h in headings if h.parent in self.row}
        self.children: dict[str, list[str]] = {}
        for code, above in self.parent.items():
            self.children.setdefault(above, []).append(code)
        self.mix: dict[str, Matrix] = {}
        self.origin: dict[str, str] = {}
        self._state(evidence)
        self._rise([h.code for h in headings])
        self.only_words = not self.mix
        if self.only_words:  # let neighbours in the tree steady one another
            self._words_only([h.code for h in headings])
        self._descend([h.code for h in headings])

    def _state(self, evidence: Evidence) -> None:
        for origin, links in (("catalogue", evidence.named), ("official", evidence.official)):
            for code, weights in links.items():
                if code not in self.row or code in self.mix or not weights:
                    continue
                prior = self._vector(self._rolled_up(weights))
                if origin == "official":
                    prior = self._open(prior)
                mix = self._moved(code, prior, penalty=origin == "official")
                self.mix[code], self.origin[code] = mix, self._judged(origin, prior, mix)

    def _rolled_up(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Replace a crowd of fields by their first-level fields, with their number as weight."""
        if len(weights) <= CROWD:
            return dict(weights)
        broad: dict[str, float] = {}
        for field_id, weight in weights.items():
            above = self.parent_field[field_id] or field_id
            broad[above] = broad.get(above, 0.0) + weight
        return broad

    def _rise(self, codes: Sequence[str]) -> None:
        """Give a parent without a link of its own the mean of its children, from below."""

        def mean(code: str) -> Matrix | None:
            below = [m for child in self.children.get(code, []) if (m := mean(child)) is not None]
            if code not in self.mix and below and not self._known_above(code):
                self.mix[code], self.origin[code] = np.mean(below, axis=0), "hierarchy"
            return self.mix.get(code)

        for code in codes:
            if code not in self.parent:
                mean(code)

    def _known_above(self, code: str) -> bool:
        above = self.parent.get(code)
        return above is not None and (
            self.origin.get(above) in ("catalogue", "official") or self._known_above(above)
        )

    def _words_only(self, codes: Sequence[str]) -> None:
        """Mix each code's own words with the mean of its children; children start from that."""
        flat = np.full(len(self.ids), 1 / len(self.ids))

        def mean(code: str) -> Matrix:
            own = self._moved(code, flat, penalty=True)
            below = [mean(child) for child in self.children.get(code, [])]
            mix: Matrix = own if not below else 0.5 * own + 0.5 * np.mean(below, axis=0)
            if below:
                self.mix[code], self.origin[code] = mix, "hierarchy"
            return mix

        for code in codes:
            if code not in self.parent:
                mean(code)

    def _descend(self, codes: Sequence[str]) -> None:
        """Let every code without a link start from its parent's mix."""
        flat = np.full(len(self.ids), 1 / len(self.ids))

        def settle(code: str) -> None:
            if code not in self.mix:
                above = self.parent.get(code)
                prior = flat if above is None else self._open(self.mix[above])
                mix = self._moved(code, prior, penalty=True)
                origin = "text" if above is None else self._judged("hierarchy", prior, mix)
                self.mix[code], self.origin[code] = mix, origin
            for child in self.children.get(code, []):
                settle(child)

        for code in codes:
            if code not in self.parent:
                settle(code)

    def _judged(self, origin: str, prior: Matrix, mix: Matrix) -> str:
        """Origin of a mix: `text` where the first field is one that the prior did not name."""
        return "text" if prior[int(mix.argmax())] <= 2 * ELSEWHERE / len(self.ids) else origin

    def _open(self, prior: Matrix) -> Matrix:
        opened: Matrix = (1 - ELSEWHERE) * prior + ELSEWHERE / len(self.ids)
        return opened

    def _vector(self, weights: Mapping[str, float]) -> Matrix:
        vector = np.zeros(len(self.ids))
        for field_id, weight in weights.items():
            vector[self.column[field_id]] = weight
        scaled: Matrix = vector / vector.sum()
        return scaled

    def _moved(self, code: str, prior: Matrix, *, penalty: bool) -> Matrix:
        score = self.scores[self.row[code]] - BROAD_PENALTY * (self.broad & penalty)
        moved = prior * np.exp((score - score.max()) / TEMPERATURE)
        mix: Matrix = np.asarray(moved / moved.sum())
        return mix

    def entry(self, code: str) -> tuple[FieldShare, ...]:
        """Cut a mix to its main fields, in thousandths that sum to 1."""
        mix, origin = self.mix[code], self.origin[code]
        order = [int(j) for j in np.argsort(-mix, kind="stable")[:MAX_FIELDS]]
        kept = [j for j in order if mix[j] >= MIN_SHARE] or order[:1]
        shares = _thousandths([float(mix[j]) for j in kept])
        confidence = self._confidence(code, origin, kept[0])
        return tuple(
            FieldShare(self.ids[j], share, origin, confidence)
            for j, share in zip(kept, shares, strict=True)
        )

    def _confidence(self, code: str, origin: str, first: int) -> float:
        """One field is sure, many are not; what is not entered by hand counts less."""
        by_words = text_confidence(float(self.scores[self.row[code], first]))
        if origin == "text":
            return round(by_words, 3)
        spread = 1 / math.sqrt(1 / float((self.mix[code] ** 2).sum()))
        trust = {"catalogue": 1.0, "official": 0.9, "hierarchy": 0.8}[origin] * spread
        # A tree of which nothing but words is known makes them no surer than they are.
        titled = self.only_words and self.scores[self.row[code]].any()
        return round(min(trust, by_words) if titled else trust, 3)


def _thousandths(parts: Sequence[float]) -> list[float]:
    """Round parts to thousandths of their sum, so that they sum to 1 exactly."""
    total = math.fsum(parts)
    units = [math.floor(1000 * part / total) for part in parts]
    rests = [1000 * part / total - unit for part, unit in zip(parts, units, strict=True)]
    for i in sorted(range(len(parts)), key=lambda k: -rests[k])[: 1000 - sum(units)]:
        units[i] += 1
    return [unit / 1000 for unit in units]
