"""How well a ranking puts what came true before what did not, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "RankingQuality", "bootstrap_quality", "ranking_quality"]

Vector = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RankingQuality:
    """Area under the ROC curve, average precision, and precision among the first k."""

    auc: float
    average_precision: float
    precision_at: Mapping[int, float]


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % bootstrap interval."""

    value: float
    lower: float
    upper: float


def ranking_quality(
    score: Vector, positive: Flags, *, weight: Vector | None = None, at: Sequence[int] = ()
) -> RankingQuality:
    """Measure a ranking; equal scores share their places.

    Average precision is the sum over the distinct scores, from above, of the recall gained there
    times the precision down to there. Precision among the first k takes of a group of equal scores
    that reaches over k its expected part.

    Parameters
    ----------
    score : (items,), any unit, higher is ranked first
    positive : (items,), whether the item came true
    weight : (items,), >= 0, how often each item counts; None for once
    at : numbers of first items, >= 1

    Returns
    -------
    RankingQuality
        NaN where there is no positive item (or for the AUC no negative one).

    Examples
    --------
    >>> found = ranking_quality(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]), at=[2])
    >>> found.auc, round(found.average_precision, 4), found.precision_at[2]
    (0.5, 0.8333, 0.5)
    """
    if not np.isfinite(score).all():
        raise ValueError("scores must be finite, but there is NaN or infinity")
    order, ends = _order(score)
    counted = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=float)
    return _quality(order, ends, np.asarray(positive, dtype=bool), counted, at)


def bootstrap_quality(
    scores: Mapping[str, Vector],
    positive: Flags,
    cluster: Ids,
    *,
    against: str,
    resamples: int = 500,
    seed: int = 0,
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Give AUC and average precision of several rankings an interval, and their differences.

    Whole clusters are drawn with replacement, the same for all rankings: what came true in one
    event came true together, so that its items are no independent observations.

    Parameters
    ----------
    scores : name to (items,) scores
    positive : (items,), whether the item came true
    cluster : (items,), number of the event the item belongs to
    against : name of the ranking that the others are subtracted from
    resamples : number of draws
    seed : starts the draws

    Returns
    -------
    name to (AUC, average precision, average precision of `against` minus that of the ranking)
    """
    rng = np.random.default_rng(seed)
    label = np.unique(cluster, return_inverse=True)[1]
    n_clusters = int(label.max(initial=-1)) + 1
    draws = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=resamples)
    auc = {name: np.zeros(resamples) for name in scores}
    precision = {name: np.zeros(resamples) for name in scores}
    plain = {}
    for name, score in scores.items():
        order, ends = _order(score)
        plain[name] = _quality(order, ends, positive, np.ones(len(score)), ())
        for i, draw in enumerate(draws):
            found = _quality(order, ends, positive, draw[label].astype(float), ())
            auc[name][i], precision[name][i] = found.auc, found.average_precision
    return {
        name: (
            _interval(plain[name].auc, auc[name]),
            _interval(plain[name].average_precision, precision[name]),
            _interval(
                plain[against].average_precision - plain[name].average_precision,
                precision[against] - precision[name],
            ),
        )
        for name in scores
    }


def _interval(value: float, drawn: Vector) -> Interval:
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(lower), float(upper))


def _order(score: Vector) -> tuple[Ids, Ids]:
    """Return items by falling score, and the place where each group of equal scores ends."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    return order, ends[ends >= 0]


def _quality(
    order: Ids, ends: Ids, positive: Flags, weight: Vector, at: Sequence[int]
) -> RankingQuality:
    true = np.cumsum(np.where(positive[order], weight[order], 0.0))[ends]
    every = np.cumsum(weight[order])[ends]
    if not len(ends) or true[-1] == 0:
        return RankingQuality(np.nan, np.nan, dict.fromkeys(at, np.nan))
    gained = np.diff(true, prepend=0.0)
    false = every - true
    missed = np.diff(false, prepend=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A group of equal scores counts half its own negatives as ranked after its positives.
        auc = 1 - (gained * (false - missed / 2)).sum() / (true[-1] * false[-1])
        precision = np.where(every > 0, true / every, 0.0)
    return RankingQuality(
        float(auc),
        float((gained * precision).sum() / true[-1]),
        {k: _among_first(k, true, every) for k in at},
    )


def _among_first(k: int, true: Vector, every: Vector) -> float:
    group = int(np.searchsorted(every, min(k, every[-1])))
    before = (true[group - 1], every[group - 1]) if group else (0.0, 0.0)
    share = (true[group] - before[0]) / (every[group] - before[1])
    taken = min(k, every[-1])
    return float((before[0] + (taken - before[1]) * share) / taken)
