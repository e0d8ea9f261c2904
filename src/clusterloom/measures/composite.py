"""Several indicators as one score: normalised, weighted, and how far ranks hang on the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "RankSensitivity",
    "normalised_indicators",
    "rank_sensitivity",
    "ranks_from_scores",
    "weighted_score",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]

Normalisation = Literal["min_max", "rank"]
# Scores closer than this are equal: sums of some dozen shares lose less.
_HAIR = 1e-12


def normalised_indicators(
    value: Matrix, *, method: Normalisation, lower_is_better: Sequence[int] = ()
) -> Matrix:
    """Bring indicators of different units to 0..1, the best at 1.

    "min_max": (x - min) / (max - min) over the known values of the indicator. "rank": (r - 1) /
    (n - 1) with r the rank from below among the n known values, equal values sharing their mean.

    Parameters
    ----------
    value : (candidates, indicators), each column in its own unit
        NaN where not known.
    method : "min_max" or "rank"
        "min_max" keeps distances and lets one extreme value press the others together; "rank"
        does neither.
    lower_is_better : numbers of columns that are turned round

    Returns
    -------
    (candidates, indicators), 0..1
        NaN where not known, and throughout a column that tells nobody apart: fewer than two
        known values, or all of them equal.

    Raises
    ------
    ValueError
        If a value is infinite or the method is unknown.

    References
    ----------
    oecd2008

    Examples
    --------
    >>> normalised_indicators(np.array([[10.0], [30.0], [20.0], [np.nan]]), method="min_max").T
    array([[0. , 1. , 0.5, nan]])
    """
    table = np.array(value, dtype=float)
    if np.isinf(table).any():
        raise ValueError("values must be finite, but one is infinite: use NaN for not known")
    if method not in ("min_max", "rank"):
        raise ValueError(f'method must be "min_max" or "rank", but it is {method!r}')
    result = np.full_like(table, np.nan)
    for j, column in enumerate(table.T):
        known = ~np.isnan(column)
        held = column[known]
        if held.size < 2 or held.max() == held.min():
            continue
        if method == "rank":
            below = (held[:, None] > held[None]).sum(axis=1)
            equal = (held[:, None] == held[None]).sum(axis=1) - 1
            scaled = (below + equal / 2) / (held.size - 1)
        else:
            scaled = (held - held.min()) / (held.max() - held.min())
        result[known, j] = 1 - scaled if j in lower_is_better else scaled
    return result


def weighted_score(normalised: Matrix, weight: Vector) -> tuple[Vector, Vector, Vector, Vector]:
    """Weighted mean over what is known, and what it could be if the rest were known.

    s_i = sum over known j of w_j x_ij / sum over known j of w_j. Unknown values are left out,
    never counted as 0; the bounds put the worst (0) and the best (1) in their place.

    Parameters
    ----------
    normalised : (candidates, indicators), 0..1
        NaN where not known.
    weight : (indicators,), any one unit, >= 0

    Returns
    -------
    score, lowest, highest, known share of the weight : each (candidates,), 0..1
        The score is NaN where nothing with weight is known.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are 0.

    References
    ----------
    oecd2008

    Examples
    --------
    Half the weight is known, and it is at its best:

    >>> [float(v[0]) for v in weighted_score(np.array([[1.0, np.nan]]), np.array([1.0, 1.0]))]
    [1.0, 0.5, 1.0, 0.5]
    """
    share = _shares_of(weight)
    known = ~np.isnan(normalised)
    covered = known @ share
    gained = np.where(known, normalised, 0.0) @ share
    with np.errstate(invalid="ignore", divide="ignore"):
        score: Vector = np.where(covered > 0, gained / covered, np.nan)
    # The open share is summed, not taken from 1: where all is known it must be exactly 0.
    return score, gained, gained + ~known @ share, covered


def ranks_from_scores(score: Matrix) -> Matrix:
    """Rank from the highest score down, along the last axis; equal scores share the better rank.

    Parameters
    ----------
    score : (..., candidates), any one unit
        NaN where not known.

    Returns
    -------
    (..., candidates), 1 is the highest
        NaN where the score is not known: nobody is ranked on nothing.

    Examples
    --------
    >>> ranks_from_scores(np.array([0.2, 0.9, 0.9, np.nan]))
    array([ 3.,  1.,  1., nan])
    """
    table = np.asarray(score, dtype=float)
    ranks: Matrix = np.full_like(table, np.nan)
    flat, out = table.reshape(-1, table.shape[-1]), ranks.reshape(-1, table.shape[-1])
    for row, ranked in zip(flat, out, strict=True):
        held = row[~np.isnan(row)]
        ahead = held.size - np.searchsorted(np.sort(held), held + _HAIR, side="right")
        ranked[~np.isnan(row)] = ahead + 1.0
    return ranks


@dataclass(frozen=True, kw_only=True)
class RankSensitivity:
    """How a ranking answers to other weights; each (candidates,)."""

    top_share: Vector  # 0..1, share of draws among the first `top_k`; NaN where never ranked
    standard_error: Vector  # 0..0.5, of that share, from the number of draws
    rank_low: Vector  # 5 % of the draws rank it better than this
    rank_high: Vector  # 5 % of the draws rank it worse than this


def rank_sensitivity(
    normalised: Matrix,
    *,
    top_k: int,
    n_draws: int,
    seed: int,
    centre: Vector | None = None,
    concentration: float = 0.0,
) -> RankSensitivity:
    """Rank under weights drawn at random: rank acceptability as in SMAA.

    Parameters
    ----------
    normalised : (candidates, indicators), 0..1
        NaN where not known: left out of a candidate's score whatever the weights.
    top_k : candidates, >= 1
    n_draws : draws, >= 1
    seed : whole number
    centre : (indicators,), any one unit, >= 0
        The weights the draws scatter about: Dirichlet with mean `centre`. Without it, all
        weights are equally likely: Dirichlet(1, ..., 1), the whole space of weights.
    concentration : dimensionless, > 0 with `centre`
        Larger draws closer: a weight w has the standard deviation sqrt(w (1 - w) / (c + 1)).

    Returns
    -------
    RankSensitivity

    Raises
    ------
    ValueError
        If a number is out of range, or a weight is negative.

    References
    ----------
    lahdelma1998
    saisana2005

    Examples
    --------
    Better in everything: first whatever the weights.

    >>> found = rank_sensitivity(np.array([[1.0, 1.0], [0.0, 0.5]]), top_k=1, n_draws=50, seed=0)
    >>> found.top_share
    array([1., 0.])
    """
    if not (top_k >= 1 and n_draws >= 1):
        raise ValueError(f"top_k and n_draws must be >= 1, but they are {top_k} and {n_draws}")
    n_candidates, n_indicators = normalised.shape
    alpha = np.ones(n_indicators)
    if centre is not None:
        if not concentration > 0:
            raise ValueError(f"concentration must be > 0, but it is {concentration:g}")
        alpha = concentration * _shares_of(centre)
    empty = np.full(n_candidates, np.nan)
    if not n_candidates or not (alpha > 0).any():
        return RankSensitivity(
            top_share=empty, standard_error=empty, rank_low=empty, rank_high=empty
        )
    drawn = np.zeros((n_draws, n_indicators))
    drawn[:, alpha > 0] = np.random.default_rng(seed).dirichlet(alpha[alpha > 0], size=n_draws)
    known = ~np.isnan(normalised)
    covered = drawn @ known.T
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(covered > 0, drawn @ np.where(known, normalised, 0.0).T / covered, np.nan)
    ranks = ranks_from_scores(score)
    ranked = ~np.isnan(ranks)
    counted = np.maximum(ranked.sum(axis=0), 1)
    share = np.where(ranked.any(axis=0), (ranks <= top_k).sum(axis=0) / counted, np.nan)
    low, high = empty.copy(), empty.copy()
    for i in np.flatnonzero(ranked.any(axis=0)):
        low[i], high[i] = np.quantile(ranks[ranked[:, i], i], [0.05, 0.95], method="inverted_cdf")
    return RankSensitivity(
        top_share=share,
        standard_error=np.sqrt(share * (1 - share) / counted),
        rank_low=low,
        rank_high=high,
    )


def _shares_of(weight: Vector) -> Vector:
    given = np.asarray(weight, dtype=float)
    if not np.isfinite(given).all() or (given < 0).any():
        raise ValueError(f"weights must be finite and >= 0, but they are {given.tolist()}")
    if not given.sum() > 0:
        raise ValueError("weights must not all be 0")
    shares: Vector = given / given.sum()
    return shares
