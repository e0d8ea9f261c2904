"""How far the comparison of clusters depends on who their members are: resampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.stages._bridge_parts import Comparison

__all__ = ["Spread", "member_draws", "spread_of"]

Matrix = npt.NDArray[np.float64]

_LEAST_DRAWN = 2  # members with known work; of fewer there is nothing to resample
_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """95 % intervals of chosen pairs; NaN where they are not estimated."""

    score_lower: Matrix
    score_upper: Matrix
    rank_lower: Matrix
    rank_upper: Matrix


def member_draws(comparison: Comparison, *, n_resamples: int, seed: int) -> Iterator[Matrix]:
    """How often each seat is there when as many members as a cluster has are drawn with return.

    Only members whose work is known are drawn: the others would change nothing.
    """
    seat = np.flatnonzero(comparison.world.known_work[comparison.seats[1]])
    size = comparison.n_known
    first, room = np.repeat(np.cumsum(size) - size, size), np.repeat(size, size)
    random = np.random.default_rng(seed)
    for _ in range(n_resamples):
        picked = seat[first + (random.random(seat.size) * room).astype(np.int64)]
        yield np.bincount(picked, minlength=comparison.whole.size).astype(float)


def spread_of(
    comparison: Comparison, pairs: Sequence[tuple[int, int]], *, n_resamples: int, seed: int
) -> Spread:
    """Resample the members of every cluster and compare again (efron1979).

    A resample holds fewer different members than the cluster, so that its scores lie lower: the
    interval is the spread of the resamples around their own mean, placed at the score.
    """
    a, b = (np.array(ends, dtype=np.int64) for ends in zip(*pairs, strict=True))
    scores, ranks = np.zeros((n_resamples, a.size)), np.zeros((n_resamples, a.size))
    draws = member_draws(comparison, n_resamples=n_resamples, seed=seed)
    for k, draw in enumerate(draws):
        score = comparison.parts(draw).score
        np.fill_diagonal(score, -1.0)
        scores[k] = score[a, b]
        ranks[k] = 1 + (score[a] > scores[k][:, None]).sum(axis=1)
    shift = comparison.parts().score[a, b] - scores.mean(axis=0)
    ends = np.clip(np.quantile(scores, _QUANTILES, axis=0) + shift, 0.0, 1.0)
    places = np.quantile(ranks, _QUANTILES, axis=0, method="closest_observation")
    size = comparison.n_known
    ends[:, (size[a] < _LEAST_DRAWN) | (size[b] < _LEAST_DRAWN)] = np.nan
    places[:, np.isnan(ends[0])] = np.nan
    return Spread(
        score_lower=ends[0], score_upper=ends[1], rank_lower=places[0], rank_upper=places[1]
    )
