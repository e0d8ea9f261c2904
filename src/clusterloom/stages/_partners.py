"""Pairs of organisations across two clusters: how well they fit, who goes with whom, over whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.matching_many import match_many, stable_many
from clusterloom.stages._bridge_world import FIELD_STAGES, Side, World

__all__ = ["Match", "MatchRules", "Partners"]

Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MATCHED_ROLES = ("core", "kindred_university", "kindred_institute", "producer", "infrastructure")
_FIT, _TIE, _PATH = 0.8, 0.2, 0.1  # share of the fit in a score, and what is added to it
_Way = tuple[str, tuple[int, ...], tuple[int, int] | None]
_BOTH = 0.5  # from here on a pair counts as kindred, or as complementary
_KNOWING = ("research", "development")


@dataclass(frozen=True, kw_only=True)
class MatchRules:
    """The numbers by which organisations are matched (stated by the stage)."""

    matching: str  # assignment or stable
    partners_each: int
    n_matches: int
    min_match: float
    min_adjacency: float
    weight_kindred: float
    weight_complementary: float


@dataclass(frozen=True, kw_only=True)
class Match:
    """One pair: positions of the two, its numbers, and the way to each other."""

    org_a: int
    org_b: int
    score: float
    kindred: float
    complementary: float
    wish_a: float
    wish_b: float
    a_researches: bool  # of a complementary pair: org_a researches what org_b makes
    field: int  # column of the field both work most in or next to
    chain_field: int  # column of the field in which one researches what the other makes
    existing: str  # none, tie, path or anchor
    path: tuple[int, ...]  # from org_a to org_b; empty where no way is known
    anchor: tuple[int, int] | None = None  # tie of the clusters that the way goes over

    @property
    def kind(self) -> str:
        """Whether they go the same way, complete each other, or both."""
        if self.kindred >= _BOTH and self.complementary >= _BOTH:
            return "both"
        return "kindred" if self.kindred >= self.complementary else "complementary"

    @property
    def meeting(self) -> int:
        """Column of the field in which they meet, by the kind of the pair."""
        return self.chain_field if self.kind == "complementary" else self.field


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """What matching needs of the members of one cluster, row by row."""

    orgs: Index
    profiles: Matrix
    toward: Matrix  # profiles spread to adjacent fields
    length: Matrix  # length of each profile in the metric of adjacency
    knows: Matrix  # share of each field in research and development
    makes: Matrix  # how far each field is made, adjacent ones counted, 0..1
    ties: Any  # with all organisations, sparse

    @property
    def own(self) -> Matrix:
        """Share of what each researches that it makes by itself."""
        both: Matrix = (self.knows * self.makes).sum(axis=1)
        return both


class Partners:
    """Matches of organisations for pairs of clusters of one world."""

    def __init__(self, world: World, rules: MatchRules) -> None:
        self.world = world
        self.rules = rules
        self._sheet = cache(self._made_sheet)

    def matches(self, i: int, j: int) -> list[Match]:
        """Return the chosen pairs of two clusters, strongest first."""
        one, other = self._apart(i, j)
        if not one.orgs.size or not other.orgs.size:
            return []
        fit = self._fit(one, other)
        chosen = self._chosen(fit)
        pairs = sorted(
            np.argwhere(chosen).tolist(),
            key=lambda p: (-fit.score[p[0], p[1]], one.orgs[p[0]], other.orgs[p[1]]),
        )
        kept = pairs[: self.rules.n_matches]
        ways = self._ways(self.world.sides[i], self.world.sides[j], one, other, kept)
        return [_match(fit, one, other, k, m, way) for (k, m), way in zip(kept, ways, strict=True)]

    def similarity(self, i: int, j: int) -> tuple[Matrix, Matrix]:
        """How kin the members of two clusters are, and 1 where two have a tie, else 0."""
        one, other = self._apart(i, j)
        if not one.orgs.size or not other.orgs.size:
            return np.zeros((0, 0)), np.zeros((0, 0))
        fit = self._fit(one, other)
        return fit.kindred, fit.tied.astype(float)

    def _apart(self, i: int, j: int) -> tuple[_Sheet, _Sheet]:
        """The two sheets without those who are members of both: nobody meets itself."""
        one, other = self._sheet(i), self._sheet(j)
        both = np.intersect1d(self.world.sides[i].members, self.world.sides[j].members)
        if not both.size:
            return one, other
        return _kept(one, ~np.isin(one.orgs, both)), _kept(other, ~np.isin(other.orgs, both))

    def _made_sheet(self, i: int) -> _Sheet:
        world, side = self.world, self.world.sides[i]
        fits = [role in _MATCHED_ROLES for role in side.roles]
        orgs = side.members[np.array(fits, dtype=bool)]
        orgs = orgs[world.known_work[orgs]]
        profiles = world.profiles[orgs].toarray()
        toward = profiles @ world.adjacency
        return _Sheet(
            orgs=orgs,
            profiles=profiles,
            toward=toward,
            length=np.sqrt((toward * profiles).sum(axis=1)),
            knows=self._known(orgs),
            makes=self._made(orgs),
            ties=world.ties[orgs],
        )

    def _known(self, orgs: Index) -> Matrix:
        """Share of each field in what each researches and develops; zeros where that is nothing."""
        sure = np.max([self._kind(orgs, kind) for kind in _KNOWING], axis=0)
        total = sure.sum(axis=1, keepdims=True)
        share: Matrix = np.divide(sure, total, out=np.zeros_like(sure), where=total > 0)
        return share

    def _made(self, orgs: Index) -> Matrix:
        """How far each makes each field: its best production in that field or next to it."""
        sure = self._kind(orgs, "production")
        best = np.zeros_like(sure)
        near = self.world.adjacency
        for j in np.flatnonzero(sure.any(axis=0)):
            close = np.where(near[j] >= self.rules.min_adjacency, near[j], 0.0)
            np.maximum(best, sure[:, [j]] * close, out=best)
        return best

    def _kind(self, orgs: Index, kind: str) -> Matrix:
        f, k = len(self.world.fields), FIELD_STAGES.index(kind)
        work: Matrix = self.world.work[orgs][:, k * f : (k + 1) * f].toarray()
        return work

    def _fit(self, one: _Sheet, other: _Sheet) -> _Fit:
        rules = self.rules
        kindred = np.clip(
            one.toward @ other.profiles.T / np.outer(one.length, other.length), 0.0, 1.0
        )
        forward = np.clip(one.knows @ other.makes.T, 0.0, 1.0)
        backward = np.clip(one.makes @ other.knows.T, 0.0, 1.0)
        complement = np.maximum(forward, backward)
        tied = one.ties[:, other.orgs].toarray() > 0
        common = (one.ties @ other.ties.T).toarray() > 0
        bonus = np.where(tied, _TIE, np.where(common, _PATH, 0.0))

        def worth(gain: Matrix) -> Matrix:
            both = rules.weight_kindred * kindred + rules.weight_complementary * gain
            whole = rules.weight_kindred + rules.weight_complementary
            valued: Matrix = np.clip(_FIT * both / whole + bonus, 0.0, 1.0)
            return valued

        return _Fit(
            score=worth(complement),
            kindred=kindred,
            complementary=complement,
            forward=forward >= backward,
            # What one does by itself it does not need another for.
            wish_a=worth(np.maximum(complement - one.own[:, None], 0.0)),
            wish_b=worth(np.maximum(complement - other.own[None, :], 0.0)),
            tied=tied,
            common=common,
        )

    def _chosen(self, fit: _Fit) -> Flags:
        # What is too weak to be proposed must not take a partner from a pair that is.
        strong = (fit.score >= self.rules.min_match) & (fit.score > 0)
        room = self.rules.partners_each
        if self.rules.matching == "stable":
            return stable_many(
                np.where(strong, fit.wish_a, np.nan),
                np.where(strong, fit.wish_b, np.nan),
                row_capacity=room,
                column_capacity=room,
            )
        value = np.where(strong, fit.score, 0.0)
        return match_many(value, row_capacity=room, column_capacity=room)

    @cached_property
    def _ends(self) -> list[set[int]]:
        """Partners of each organisation."""
        ties = self.world.ties
        return [set(part.tolist()) for part in np.split(ties.indices, ties.indptr[1:-1])]

    def _ways(
        self, a: Side, b: Side, one: _Sheet, other: _Sheet, kept: Sequence[Sequence[int]]
    ) -> list[_Way]:
        """How each pair can reach each other: by a tie, a common partner, or a tie of others."""
        crossing = self.world.ties[a.members][:, b.members].tocoo()
        anchors = (a.members[crossing.row], b.members[crossing.col])
        worth = None
        if anchors[0].size and kept:
            here = self.world.profiles[anchors[0]] @ one.toward[[k for k, _ in kept]].T
            there = self.world.profiles[anchors[1]] @ other.toward[[m for _, m in kept]].T
            worth = here + there
        ways: list[_Way] = []
        for number, (k, m) in enumerate(kept):
            x, y = int(one.orgs[k]), int(other.orgs[m])
            common = self._ends[x] & self._ends[y]
            if y in self._ends[x]:
                ways.append(("tie", (x, y), None))
            elif common:
                ways.append(("path", (x, min(common), y), None))
            elif worth is None:
                ways.append(("none", (), None))
            else:
                u, w = self._over(x, y, anchors, worth[:, number])
                ways.append(("anchor", tuple(dict.fromkeys((x, u, w, y))), (u, w)))
        return ways

    def _over(self, x: int, y: int, anchors: tuple[Index, Index], worth: Matrix) -> tuple[int, int]:
        """The best tie of members to go over: own ties first, banks last."""

        def steps(end: int, own: int) -> int:
            return 0 if end == own else 1 if end in self._ends[own] else 2

        def order(n: int) -> tuple[int, int, float, int, int]:
            u, w = int(anchors[0][n]), int(anchors[1][n])
            # A bank knows who owes it money, not who researches what.
            banks = int(self.world.is_capital[u]) + int(self.world.is_capital[w])
            return steps(u, x) + steps(w, y), banks, -float(worth[n]), u, w

        best = min(range(worth.size), key=order)
        return int(anchors[0][best]), int(anchors[1][best])


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """Numbers of all pairs, (members of one, members of the other)."""

    score: Matrix
    kindred: Matrix
    complementary: Matrix
    forward: Flags
    wish_a: Matrix
    wish_b: Matrix
    tied: Flags
    common: Flags


def _match(fit: _Fit, one: _Sheet, other: _Sheet, k: int, m: int, way: _Way) -> Match:
    shared = one.profiles[k] * other.toward[m]
    forward = bool(fit.forward[k, m])
    chain = one.knows[k] * other.makes[m] if forward else one.makes[k] * other.knows[m]
    return Match(
        org_a=int(one.orgs[k]),
        org_b=int(other.orgs[m]),
        score=float(fit.score[k, m]),
        kindred=float(fit.kindred[k, m]),
        complementary=float(fit.complementary[k, m]),
        wish_a=float(fit.wish_a[k, m]),
        wish_b=float(fit.wish_b[k, m]),
        a_researches=forward,
        field=int(np.argmax(shared)),
        chain_field=int(np.argmax(chain)),
        existing=way[0],
        path=way[1],
        anchor=way[2],
    )


def _kept(sheet: _Sheet, rows: Flags) -> _Sheet:
    parts: dict[str, Any] = {name: getattr(sheet, name)[rows] for name in _Sheet.__annotations__}
    return _Sheet(**parts)
