"""How often links that are not entered by hand are right, where hand-entered ones are held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from clusterloom.entities.concordance_build import CROWD, Evidence, Heading, build_entries

Row = dict[str, Any]
Matrix = Any

_SCORES = (-9, 2, 3, 4, 5, 6, 99)  # of words
_SHARES = (0, 0.4, 0.6, 0.8, 0.95, 1.01)  # of the first field


@dataclass(frozen=True)
class Outcome:
    """One code held out: how it was linked then, and whether that is right."""

    way: str  # words, from above, from below, official
    scheme: str
    code: str
    number: float  # of words the score, else the share of the first field
    right: bool  # the first field is one entered by hand
    near: bool  # its branch is


class Checks:
    """Holds out what is entered by hand, level by level, and compares."""

    def __init__(self, catalogue: Sequence[Row]) -> None:
        self.catalogue = catalogue
        self.ids = [row["field_id"] for row in catalogue]
        self.branch = {r["field_id"]: r["parent_id"] or r["field_id"] for r in catalogue}
        self.found: list[Outcome] = []

    def add(
        self, scheme: str, headings: Sequence[Heading], scores: Matrix, evidence: Evidence
    ) -> None:
        """Hold out the hand-entered codes of one classification."""
        true: dict[str, list[str]] = {
            code: list(fields) for code, fields in evidence.named.items() if len(fields) <= CROWD
        }
        true |= {code: list(fields) for code, fields in evidence.judged.items()}
        row = {heading.code: i for i, heading in enumerate(headings)}
        for code in set(true) & set(row):
            if true[code] and scores[row[code]].any():
                best = int(scores[row[code]].argmax())
                self._note("words", scheme, code, self.ids[best], scores[row[code], best], true)
        self._levels(scheme, headings, scores, evidence, true)
        self._table(scheme, headings, scores, evidence, true)

    def _levels(
        self,
        scheme: str,
        headings: Sequence[Heading],
        scores: Matrix,
        evidence: Evidence,
        true: Mapping[str, list[str]],
    ) -> None:
        depth = _depths(headings)
        above = {h.code: h.parent for h in headings}
        for level in sorted({depth[code] for code in true if code in depth}):
            # A level from the one above it: a code without a field passes nothing on.
            held = [c for c in true if depth.get(c) == level and true.get(above[c] or "")]
            held = [c for c in held if c.replace(".", "") != f"{above[c]}0".replace(".", "")]
            lower = [c for c in true if depth.get(c, -1) >= level]
            bare = _without(evidence, lower, official=True)
            built = build_entries(headings, self.catalogue, scores, bare)
            for code in held:
                links = built[code]
                if links and links[0].origin == "hierarchy":
                    first = links[0]
                    self._note("from above", scheme, code, first.field_id, first.share, true)
            # A level from the one below it.
            upper = [c for c in true if depth.get(c, 99) <= level]
            bare = _without(evidence, upper, official=True)
            built = build_entries(headings, self.catalogue, scores, bare)
            for code in upper:
                links = built[code]
                parts = [h.code for h in headings if h.parent == code and true.get(h.code)]
                if depth[code] == level and links and len(parts) > 1:
                    first = links[0]
                    self._note("from below", scheme, code, first.field_id, first.share, true)

    def _table(
        self,
        scheme: str,
        headings: Sequence[Heading],
        scores: Matrix,
        evidence: Evidence,
        true: Mapping[str, list[str]],
    ) -> None:
        held = [code for code in true if code in evidence.official]
        built = build_entries(
            headings, self.catalogue, scores, _without(evidence, held, official=False)
        )
        for code in held:
            links = built[code]
            if links:
                way = links[0].origin
                self._note(way, scheme, code, links[0].field_id, links[0].share, true)

    def _note(
        self,
        way: str,
        scheme: str,
        code: str,
        field_id: str,
        number: float,
        true: Mapping[str, list[str]],
    ) -> None:
        right = field_id in true[code]
        near = self.branch[field_id] in {self.branch[name] for name in true[code]}
        self.found.append(Outcome(way, scheme, code, float(number), right, near))

    def show(self) -> None:
        """Print how often each way is right, by score or share and by classification."""
        for way in ("words", "from above", "from below", "official", "text"):
            ends = _SCORES if way == "words" else _SHARES
            for low, high in pairwise(ends):
                self._line(f"{way} {low:g}..{high:g}", way, low, high)
            for scheme in dict.fromkeys(one.scheme for one in self.found):
                self._line(f"{way}, {scheme}", way, scheme=scheme)
            self._line(f"{way}, all", way)

    def _line(
        self, name: str, way: str, low: float = -9, high: float = 99, scheme: str | None = None
    ) -> None:
        hits = [
            one
            for one in self.found
            if one.way == way and low <= one.number < high and scheme in (None, one.scheme)
        ]
        if hits:
            right, near = (np.mean([getattr(one, k) for one in hits]) for k in ("right", "near"))
            print(f"{name}: {len(hits)} codes, field {right:.2f}, branch {near:.2f}")


def _depths(headings: Sequence[Heading]) -> dict[str, int]:
    parent = {h.code: h.parent for h in headings}
    depth = {}
    for code, first in parent.items():
        n, above = 0, first
        while above in parent and above is not None:
            n, above = n + 1, parent[above]
        depth[code] = n
    return depth


def _without(evidence: Evidence, held: Sequence[str], *, official: bool) -> Evidence:
    """The evidence without these codes, and without tables where `official`."""

    def cut(links: Mapping[str, Any]) -> dict[str, Any]:
        return {code: link for code, link in links.items() if code not in set(held)}

    bare = replace(evidence, named=cut(evidence.named), judged=cut(evidence.judged))
    return replace(bare, official={}, followed=cut(evidence.followed)) if official else bare
