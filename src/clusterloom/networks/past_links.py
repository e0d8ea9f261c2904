"""Pairs of the past: what was known before a year, and which pairs became linked from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.adjacency import fuse_signals
from clusterloom.networks.adjacency_model import FIELD_SIGNALS, PRIOR_WEIGHTS
from clusterloom.networks.adjacency_signals import FieldSignals, field_profiles, field_signals
from clusterloom.networks.nearest import pair_scores
from clusterloom.networks.organisation_signals import organisation_signals
from clusterloom.tables import Tables
from clusterloom.text import Encoder

__all__ = [
    "PastPairs",
    "before",
    "field_pairs",
    "more_than_chance",
    "moves",
    "organisation_pairs",
    "usual_year",
    "year_to_split",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Row = dict[str, Any]

# Two fields are linked when organisations that did one take up the other: at least half a whole
# direction of work, and at least twice what would be if they took up fields at random.
_LEAST, _TIMES = 0.5, 2.0
_LATER = 0.4  # share of what is dated that is left to judge by
MAX_UNLINKED = 40_000  # pairs without a link that are kept; the others are stood for by them
_PARENTS = ("parent", "memorandum")  # no working ties, as in the query `distinct_tie`


@dataclass(frozen=True, eq=False)
class PastPairs:
    """Pairs of fields or organisations with their signals before a year and what came after.

    `signals` is (pairs, signals) on 0..1, NaN unknown; `linked` (pairs,); `left` and `right` are
    the two ends, numbered below `n_ends`; `counted` says for how many pairs each one stands.
    """

    signals: Matrix
    linked: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    counted: Vector
    n_ends: int

    @property
    def n_linked(self) -> int:
        """Pairs that became linked."""
        return int(self.linked.sum())

    @property
    def n_pairs(self) -> int:
        """All pairs, those stood for included."""
        return round(float(self.counted.sum()))


def usual_year(tables: Tables) -> int | None:
    """Year from which nearly two fifths of the dated activities are, else of the working ties.

    None where neither has two different years.
    """
    ties = [row["since_year"] for row in tables.rows("link") if row["kind"] not in _PARENTS]
    for dated in (tables["activity"]["year"].to_pylist(), ties):
        cut = year_to_split([int(year) for year in dated if year is not None])
        if cut is not None:
            return cut
    return None


def year_to_split(years: Sequence[int]) -> int | None:
    """Return the year from which nearly two fifths of what is dated are; None with one year.

    Examples
    --------
    >>> year_to_split([2010, 2011, 2012, 2013, 2014]), year_to_split([2010, 2010])
    (2013, None)
    """
    if len(set(years)) < 2:
        return None
    share = {cut: float(np.mean([year >= cut for year in years])) for cut in sorted(set(years))[1:]}
    return min(share, key=lambda cut: abs(share[cut] - _LATER))


def before(tables: Tables, year: int) -> Tables:
    """Return what was known before a year.

    Activities of an earlier year, and those without one, which are taken for lasting directions;
    ties of an earlier year. Ties without a year are left out: they may be of later.
    """
    kept = {
        row["activity_id"]
        for row in tables.rows("activity")
        if row["year"] is None or row["year"] < year
    }
    activities = [row for row in tables.rows("activity") if row["activity_id"] in kept]
    assigned = [row for row in tables.rows("activity_field") if row["activity_id"] in kept]
    links = [row for row in tables.rows("link") if (row["since_year"] or year) < year]
    past = tables.with_rows("activity", activities).with_rows("activity_field", assigned)
    return past.with_rows("link", links)


def field_pairs(
    tables: Tables, year: int, *, encoders: Sequence[Encoder], **measured: Any
) -> tuple[PastPairs, FieldSignals]:
    """Pairs of fields done before a year; linked if organisations moved between them later.

    Organisations known before take up, in the year or later, fields they had not done before. A
    pair is linked if what they took up of one, coming from the other, is at least half a direction
    of work and twice what their sizes would give.

    Parameters
    ----------
    measured : `together`, `measure` and `prior` of `field_signals`

    Returns
    -------
    pairs, the signals of all fields before the year
    """
    past = before(tables, year)
    fields = tables.rows("field")
    ids = [row["field_id"] for row in fields]
    found = field_signals(past, fields, encoders=encoders, **measured)
    profiles, position = field_profiles(past, ids)
    moved = _moves(tables, profiles.toarray(), position, ids, year)
    done = np.flatnonzero(np.asarray(profiles.sum(axis=0)).ravel() > 0)
    rows, columns = np.triu_indices(len(done), k=1)
    left, right = done[rows], done[columns]
    linked = more_than_chance(moved, least=_LEAST)
    stack = found.stack()[:, left, right].T
    pairs = PastPairs(stack, linked[left, right], left, right, np.ones(len(left)), len(ids))
    return pairs, found


def organisation_pairs(
    tables: Tables,
    year: int,
    found: FieldSignals,
    *,
    encoders: Sequence[Encoder],
    field_weights: Sequence[float] = PRIOR_WEIGHTS["field"],
    seed: int = 0,
) -> PastPairs:
    """Pairs of organisations without a tie before a year; linked if they got one later.

    Only organisations that were active before and in the year or later (an activity without a year
    lasts): the others could not have been seen to make a tie.

    Parameters
    ----------
    found : signals of the fields before the year
    field_weights : of the adjacency of fields, in the order of `FIELD_SIGNALS`
    seed : of the draw of pairs without a link, where there are too many to keep
    """
    past = before(tables, year)
    adjacency = fuse_signals(found.stack(), field_weights)
    if len(field_weights) != len(FIELD_SIGNALS):
        raise ValueError(f"field weights are {len(FIELD_SIGNALS)}, but {len(field_weights)} came")
    known = organisation_signals(
        past, tables.rows("field"), adjacency, encoders=encoders, weights=(1.0, 1.0, 1.0)
    )
    rank = {org_id: i for i, org_id in enumerate(known.org_ids)}
    later = _ties(tables, rank, year)
    seen = {
        rank[row["org_id"]]
        for row in tables.rows("activity")
        if (row["year"] is None or row["year"] >= year) and row["org_id"] in rank
    } | {end for pair in later for end in pair}
    alive = np.array(sorted(seen), dtype=np.int64)
    left, right, counted = _drawn(alive, later, seed)
    new = np.asarray(known.ties[left, right]).ravel() == 0 if len(left) else np.zeros(0, bool)
    left, right, counted = left[new], right[new], counted[new]
    linked = np.array(
        [(a, b) in later for a, b in zip(left.tolist(), right.tolist(), strict=True)], dtype=bool
    )
    values = pair_scores(known.signals, left, right)
    return PastPairs(values, linked, left, right, counted, len(rank))


def more_than_chance(flow: Matrix, *, least: float) -> npt.NDArray[np.bool_]:
    """Tell the pairs between which there is at least so much, and at least twice what chance gives.

    Parameters
    ----------
    flow : (from, to), any one unit, >= 0
        Both directions of a pair are added up.
    least : the unit of `flow`

    Returns
    -------
    (from, to), symmetric

    Examples
    --------
    Four moves from the first to the second, four from the third back to itself: by chance two
    would lead from the first to the second, so it is twice that.

    >>> more_than_chance(np.diag([4.0, 0.0, 4.0])[:, [1, 0, 2]], least=0.5).tolist()
    [[False, True, False], [True, False, False], [False, False, True]]
    """
    leave, arrive = flow.sum(axis=1), flow.sum(axis=0)
    expected = np.outer(leave, arrive) / max(float(flow.sum()), 1e-12)
    observed, expected = flow + flow.T, expected + expected.T
    linked: npt.NDArray[np.bool_] = (observed >= least) & (observed >= _TIMES * expected)
    return linked


def moves(done: Any, later: Any) -> Matrix:
    """How much units that did one field before took up another later: (field left, field entered).

    Parameters
    ----------
    done, later : (units, fields), 0..1; dense or sparse
        What each does before and later. A field done before is not taken up; a unit that did
        several is counted with a share in each.

    Returns
    -------
    (fields, fields), units, >= 0

    Examples
    --------
    One unit did the first field and takes up the second:

    >>> moves(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    from scipy import sparse

    past, now = sparse.csr_array(done), sparse.csr_array(later)
    taken = now - now * (past > 0)
    share = sparse.diags_array(1 / np.maximum(np.asarray(past.sum(axis=1)).ravel(), 1e-12)) @ past
    moved: Matrix = (share.T @ taken).toarray()
    return moved


def _moves(
    tables: Tables, profiles: Matrix, position: dict[str, int], ids: Sequence[str], year: int
) -> Matrix:
    """How much organisations that did one field took up another: (fields left, fields entered)."""
    column = {field_id: j for j, field_id in enumerate(ids)}
    later = {
        row["activity_id"]
        for row in tables.rows("activity")
        if row["year"] is not None and row["year"] >= year
    }
    taken = np.zeros_like(profiles)
    for row in tables.rows("activity_field"):
        if row["activity_id"] in later and row["org_id"] in position and row["field_id"] in column:
            cell = position[row["org_id"]], column[row["field_id"]]
            taken[cell] += row["share"] * row["confidence"]
    return moves(profiles, np.minimum(taken, 1.0))


def _ties(tables: Tables, rank: dict[str, int], year: int) -> set[tuple[int, int]]:
    """Working ties from the year on, between organisations known before it."""
    return {
        (min(a, b), max(a, b))
        for row in tables.rows("link")
        if row["since_year"] is not None
        and row["since_year"] >= year
        and row["kind"] not in _PARENTS
        and (a := rank.get(row["org_a"])) is not None
        and (b := rank.get(row["org_b"])) is not None
        and a != b
    }


def _drawn(
    alive: npt.NDArray[np.int64], later: set[tuple[int, int]], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Vector]:
    """All linked pairs, and all the others or a fair draw of them with what each stands for."""
    n = len(alive)
    total = n * (n - 1) // 2
    if total <= MAX_UNLINKED + len(later):
        rows, columns = np.triu_indices(n, k=1)
        return alive[rows], alive[columns], np.ones(total)
    rng = np.random.default_rng(seed)
    a, b = rng.integers(n, size=(2, 2 * MAX_UNLINKED))
    low, high = alive[np.minimum(a, b)], alive[np.maximum(a, b)]
    codes = np.unique(low[a != b] * (alive.max() + 1) + high[a != b])
    codes = rng.permutation(codes)[:MAX_UNLINKED]
    drawn = [(int(c // (alive.max() + 1)), int(c % (alive.max() + 1))) for c in codes]
    unlinked = [pair for pair in drawn if pair not in later]
    pairs = np.array(sorted(later) + unlinked, dtype=np.int64)
    stands_for = (total - len(later)) / max(len(unlinked), 1)
    counted = np.concatenate([np.ones(len(later)), np.full(len(unlinked), stands_for)])
    return pairs[:, 0], pairs[:, 1], counted
