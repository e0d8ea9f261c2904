"""How well a ranking finds what turned out to be relevant, ties in the score counted fairly."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "bootstrap_mean", "recall_at", "reciprocal_rank", "win_share"]

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """A mean with the middle 95 % of its bootstrap distribution."""

    mean: float
    lower: float
    upper: float


def recall_at(scores: Vector, relevant: Flags, k: int) -> float:
    """Share of the relevant candidates among the first k.

    Candidates with equal scores stand in random order: the expectation over all orders is given,
    so that a ranking without opinion scores what chance would.

    Parameters
    ----------
    scores : (candidates,), finite; larger is better
    relevant : (candidates,), bool
    k : candidates, >= 0

    Returns
    -------
    0..1; NaN if nothing is relevant.

    Raises
    ------
    ValueError
        If a score is not finite.

    Examples
    --------
    Two of three are tied for the first place, one of them relevant:

    >>> recall_at(np.array([1.0, 1.0, 0.0]), np.array([True, False, False]), 1)
    0.5
    """
    better, tied = _places(scores, relevant)
    if not better.size:
        return float("nan")
    return float(np.clip((k - better) / tied, 0.0, 1.0).mean())


def reciprocal_rank(scores: Vector, relevant: Flags) -> float:
    """Expected 1 / rank of the first relevant candidate, over all orders of equal scores.

    Parameters
    ----------
    scores, relevant : as for `recall_at`

    Returns
    -------
    0..1; NaN if nothing is relevant.

    Raises
    ------
    ValueError
        If a score is not finite.

    Examples
    --------
    >>> reciprocal_rank(np.array([1.0, 1.0, 0.0]), np.array([True, False, False]))
    0.75
    """
    better, tied = _places(scores, relevant)
    if not better.size:
        return float("nan")
    first = int(better.min())
    t = int(tied[better == first][0])
    m = int((better == first).sum())
    # The first of m relevant among t equals stands at place j in C(t - j, m - 1) of C(t, m) orders.
    total = comb(t, m)
    return sum(comb(t - j, m - 1) / total / (first + j) for j in range(1, t - m + 2))


def win_share(scores: Vector, relevant: Flags) -> float:
    """Share of pairs (relevant, not relevant) in which the relevant one scores higher.

    Known as the area under the receiver operating characteristic; a tie counts half, 0.5 is chance.

    Parameters
    ----------
    scores, relevant : as for `recall_at`

    Returns
    -------
    0..1; NaN if nothing or everything is relevant.

    Raises
    ------
    ValueError
        If a score is not finite.

    Examples
    --------
    >>> win_share(np.array([3.0, 2.0, 1.0]), np.array([False, True, False]))
    0.5
    """
    from scipy.stats import rankdata

    value = _checked(scores)
    good = int(relevant.sum())
    bad = len(value) - good
    if not good or not bad:
        return float("nan")
    ranks = rankdata(value)
    return float((ranks[relevant].sum() - good * (good + 1) / 2) / (good * bad))


def bootstrap_mean(values: Vector, groups: Ids, *, trials: int = 1000, seed: int = 0) -> Interval:
    """Mean over queries, with an interval from drawing whole groups of queries again.

    Queries of one group (one country, say) are not independent: the group is what is drawn.

    Parameters
    ----------
    values : (queries,), one number for each; NaN is left out
    groups : (queries,), group number of each
    trials : draws, >= 1
    seed : the same seed gives the same interval

    Returns
    -------
    Interval
        NaN throughout without a value; with a single group the ends equal the mean.

    Examples
    --------
    >>> bootstrap_mean(np.array([1.0, 1.0]), np.array([0, 1]))
    Interval(mean=1.0, lower=1.0, upper=1.0)
    """
    known = ~np.isnan(values)
    value, group = values[known], np.unique(groups[known], return_inverse=True)[1]
    if not value.size:
        return Interval(float("nan"), float("nan"), float("nan"))
    total = np.bincount(group, weights=value)
    count = np.bincount(group).astype(float)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(total), size=(trials, len(total)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    lower, upper = np.quantile(means, [0.025, 0.975])
    return Interval(float(value.mean()), float(lower), float(upper))


def _places(scores: Vector, relevant: Flags) -> tuple[Ids, Ids]:
    """For each relevant candidate: how many score higher, and how many the same (with itself)."""
    value = _checked(scores)
    ordered = np.sort(value)
    mine = value[relevant]
    upto = np.searchsorted(ordered, mine, side="right")
    return len(value) - upto, upto - np.searchsorted(ordered, mine, side="left")


def _checked(scores: Vector) -> Vector:
    value = np.asarray(scores, dtype=float)
    if not np.isfinite(value).all():
        raise ValueError(
            "scores must be finite; give the unknown the lowest score, or leave it out"
        )
    return value
