"""Build a concordance: hand-entered codes first, then tables, the tree and similar words."""

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

__all__ = [
    "Evidence",
    "Followed",
    "Heading",
    "build_entries",
    "in_order",
    "text_confidence",
    "text_scores",
]

Matrix = npt.NDArray[np.float64]
Row = Mapping[str, Any]

TEMPERATURE = 0.5  # standard deviations; larger spreads a code over more fields
AMONG_FOLLOWED = 1.0  # the same among the fields of several codes that one code follows
ELSEWHERE = 0.1  # share a broader code leaves to fields it does not name
TOO_WIDE = 0.12  # share; a code of whose narrower ones no field has so much leads to no one field
MAX_FIELDS = 5  # fields per code at most
MIN_SHARE = 0.06  # share; smaller parts are dropped
CROWD = 12  # fields; a code named by more says only which first-level fields are meant
BROAD_PENALTY = 0.3  # standard deviations taken off first-level fields where only words decide
# Share of the first field -> how often it was one of those entered by hand, where these were held
# out; measured by scripts/make_concordances.py, joined to a rising line.
FROM_ABOVE = ((0.5, 0.31), (0.7, 0.57), (0.9, 0.59), (1.0, 0.86))
FROM_BELOW = ((0.3, 0.73), (0.6, 0.84), (1.0, 0.97))
OFFICIAL = ((0.3, 0.17), (0.7, 0.31), (0.9, 0.39), (1.0, 0.57))
# Top score -> how often words alone found a field that is entered by hand; measured there too.
CONFIDENCE = ((2.5, 0.07), (3.5, 0.30), (4.5, 0.53), (5.5, 0.72), (7.0, 0.86))


@dataclass(frozen=True)
class Heading:
    """One code of a classification: what it is called and what stands above it."""

    code: str
    parent: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)  # language -> text


@dataclass(frozen=True)
class Followed:
    """What a code takes from codes of another classification, by a table of correspondences.

    `shares` gives field -> share, none where those codes lead to no field; `origin` is the weakest
    of theirs; `confidence` is 0..1. Where `narrower`, the code may be a part of what they are:
    words then choose among their fields.
    """

    shares: Mapping[str, float]
    origin: str
    confidence: float
    narrower: bool = False


@dataclass(frozen=True)
class Evidence:
    """What is known of codes before words are compared; the first that knows a code decides.

    `judged` gives code -> fields in order as judged one by one, none where no field of the
    catalogue fits: words do not move them. `named` gives code -> field -> weight by the codes of
    the catalogue's rows, `official` the same by a published table; weights are > 0 in any unit.
    `followed` gives codes that follow another classification.
    """

    named: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    official: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    judged: Mapping[str, Sequence[str]] = field(default_factory=dict)
    followed: Mapping[str, Followed] = field(default_factory=dict)


def in_order(fields: Sequence[str]) -> dict[str, float]:
    """Field -> share of fields given in order: each weighs 1 / its place.

    Examples
    --------
    >>> {name: round(share, 3) for name, share in in_order(("a", "b")).items()}
    {'a': 0.667, 'b': 0.333}
    """
    total = sum(1 / (1 + place) for place in range(len(fields)))
    return {name: 1 / (1 + place) / total for place, name in enumerate(fields)}


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
    (0.07, 0.185, 0.86)
    """
    return _on_line(CONFIDENCE, score)


def build_entries(
    headings: Sequence[Heading], catalogue: Sequence[Row], scores: Matrix, evidence: Evidence
) -> dict[str, tuple[FieldShare, ...]]:
    """Give every heading its fields.

    A code judged by hand keeps its fields as they are, and so does one that follows another
    classification. One the catalogue names keeps to its fields, one in a published table starts
    from that, a child from its parent, a parent from the mean of its children, the rest from
    nothing. Words then move the shares: share = prior * exp(score / temperature). A code written
    with a 0 more than the code above it (``01.30``) is the same thing under another number.

    Parameters
    ----------
    headings : every parent among them
    catalogue : rows of the `field` table
    scores : (headings, fields), as from `text_scores`
    evidence : hand-made and official links

    Returns
    -------
    code -> fields
        Shares sum to 1; five fields at most. None for a code that is known to lead to no field:
        it is judged so, or follows such codes, stands below one, or most of the codes below it
        are.
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
        self.mix: dict[str, Matrix] = {}  # all 0: no field
        self.origin: dict[str, str] = {}
        self.sure: dict[str, float] = {}  # confidence, where it does not follow from the mix
        self.same: dict[str, str] = {}  # code -> the code it is under another number
        self.kin: dict[str, list[str]] = {}  # codes whose fields it was given
        self.covered: dict[str, float] = {}  # part of the codes below that lead to a field
        self._state(evidence)
        # What is known to lead nowhere says nothing of the codes below that do lead somewhere.
        self.stated = frozenset(code for code, mix in self.mix.items() if mix.any())
        self._rise([h.code for h in headings])
        self.only_words = not self.mix
        if self.only_words:  # let neighbours in the tree steady one another
            self._words_only([h.code for h in headings])
        self._descend([h.code for h in headings])

    def _state(self, evidence: Evidence) -> None:
        for code, fields in evidence.judged.items():
            if code in self.row:
                self.mix[code], self.origin[code] = self._vector(in_order(fields)), "catalogue"
        for code, found in evidence.followed.items():
            if code in self.row and code not in self.mix:
                mix = self._vector(found.shares)
                if found.narrower and mix.any():
                    mix = self._moved(code, mix, penalty=False, temperature=AMONG_FOLLOWED)
                self.mix[code], self.origin[code] = mix, found.origin
                self.sure[code] = found.confidence
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
            children = self.children.get(code, [])
            below = [m for child in children if (m := mean(child)) is not None]
            # Where most of them are linked they tell more than the code above does.
            enough = len(below) > len(children) / 2 or not self._known_above(code)
            if code not in self.mix and below and enough:
                self._gather(code, below)
            return self.mix.get(code)

        for code in codes:
            if code not in self.parent:
                mean(code)

    def _gather(self, code: str, below: Sequence[Matrix]) -> None:
        children = self.children[code]
        if len(children) == 1 and self._same(children[0]):
            self._copy(children[0], code)
            return
        led = [mix for mix in below if mix.any()]
        self.kin[code] = [child for child in children if child in self.mix]
        self.covered[code] = len(led) / len(below)
        none = np.zeros(len(self.ids))
        mix = np.mean(led, axis=0) if self.covered[code] >= 0.5 else none
        self.mix[code] = mix if mix.max() >= TOO_WIDE else none
        self.origin[code] = "hierarchy"

    def _same(self, code: str) -> bool:
        """Whether a code is the one above it under another number, as 01.30 is 01.3."""
        plain, above = code.replace(".", ""), self.parent[code].replace(".", "")
        return plain == above + "0" and len(self.children[self.parent[code]]) == 1

    def _copy(self, source: str, target: str) -> None:
        self.mix[target], self.origin[target] = self.mix[source], self.origin[source]
        self.same[target] = self.same.get(source, source)

    def _known_above(self, code: str) -> bool:
        above = self.parent.get(code)
        return above is not None and (above in self.stated or self._known_above(above))

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
            above = self.parent.get(code)
            if code not in self.mix and above is not None and self._same(code):
                self._copy(above, code)
            elif code not in self.mix and above is not None and not self.mix[above].any():
                self.mix[code], self.origin[code] = self.mix[above], "hierarchy"
            elif code not in self.mix:
                prior = flat if above is None else self._open(self.mix[above])
                mix = self._moved(code, prior, penalty=True)
                origin = "text" if above is None else self._judged("hierarchy", prior, mix)
                if above is not None and not self.only_words:
                    self.kin[code] = [above]
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
        scaled: Matrix = vector / vector.sum() if weights else vector
        return scaled

    def _moved(
        self, code: str, prior: Matrix, *, penalty: bool, temperature: float = TEMPERATURE
    ) -> Matrix:
        score = self.scores[self.row[code]] - BROAD_PENALTY * (self.broad & penalty)
        moved = prior * np.exp((score - score.max()) / temperature)
        mix: Matrix = np.asarray(moved / moved.sum())
        return mix

    def entry(self, code: str) -> tuple[FieldShare, ...]:
        """Cut a mix to its main fields, in thousandths that sum to 1."""
        code = self.same.get(code, code)
        mix, origin = self.mix[code], self.origin[code]
        if not mix.any():
            return ()
        order = [int(j) for j in np.argsort(-mix, kind="stable")[:MAX_FIELDS]]
        kept = [j for j in order if mix[j] >= MIN_SHARE] or order[:1]
        shares = _thousandths([float(mix[j]) for j in kept])
        confidence = self._confidence(code, origin, kept[0])
        return tuple(
            FieldShare(self.ids[j], share, origin, confidence)
            for j, share in zip(kept, shares, strict=True)
        )

    def _confidence(self, code: str, origin: str, first: int) -> float:
        """What is entered by hand is sure unless split; the rest as often as it was right."""
        if code in self.sure:
            return round(self.sure[code], 3)
        by_words = text_confidence(float(self.scores[self.row[code], first]))
        if origin == "text":
            return round(by_words, 3)
        trust = math.sqrt(float((self.mix[code] ** 2).sum()))
        if origin != "catalogue":
            below = FROM_BELOW if code in self.covered or self.only_words else FROM_ABOVE
            line = OFFICIAL if origin == "official" else below
            measured = _on_line(line, float(self.mix[code].max()))
            trust = min(trust, measured, self._kin(code)) * self.covered.get(code, 1.0)
        # A tree of which nothing but words is known makes them no surer than they are.
        titled = self.only_words and self.scores[self.row[code]].any()
        return round(min(trust, by_words) if titled else trust, 3)

    def _kin(self, code: str) -> float:
        """Mean confidence of the codes whose fields a code was given; 1 where there are none."""
        entries = [links for source in self.kin.get(code, ()) if (links := self.entry(source))]
        return sum(e[0].confidence for e in entries) / len(entries) if entries else 1.0


def _on_line(line: Sequence[tuple[float, float]], at: float) -> float:
    places, values = zip(*line, strict=True)
    return float(np.interp(at, places, values))


def _thousandths(parts: Sequence[float]) -> list[float]:
    """Round parts to thousandths of their sum, so that they sum to 1 exactly."""
    total = math.fsum(parts)
    units = [math.floor(1000 * part / total) for part in parts]
    rests = [1000 * part / total - unit for part, unit in zip(parts, units, strict=True)]
    for i in sorted(range(len(parts)), key=lambda k: -rests[k])[: 1000 - sum(units)]:
        units[i] += 1
    return [unit / 1000 for unit in units]
