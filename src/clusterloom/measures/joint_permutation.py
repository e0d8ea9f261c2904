"""False discoveries among many tests that are permuted together, selection included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["JointTest", "Rates", "joint_rates", "joint_test", "raised_together", "rates_of_sets",
           "tail_scores"]  # fmt: skip

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

_NEARLY_NORMAL = 1e-3  # skewness below which the gamma tail cannot be told from the normal one
_LEAST_TAIL = 1e-300
_HAIR = 1e-9  # relative; sums that are equal on paper must count as equal


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """What joint permutations say of each test; NaN where a test was not selected."""

    score: Vector  # (tests,), -log10 of a fitted tail probability
    p_value: Vector  # (tests,), 0..1, of the test by itself
    q_value: Vector  # (tests,), 0..1, false-discovery rate over all tests that could be selected
    rate: Vector  # (tests,), the same before it is raised to the share of data sets; see `Rates`
    lowest: Vector  # (1 + permutations,), lowest rate in each data set; see `Rates`


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How many of the scores of a data set chance brings up, in each of many data sets."""

    rate: Vector  # (tests,), 0..1, mean number by chance / number observed, at each score
    lowest: Vector  # (1 + draws,), lowest rate in each data set, the observed one first; 1 if none


def joint_test(
    observed: Vector, permuted: Matrix, *, chosen: Mask, permuted_chosen: Mask
) -> JointTest:
    """Compare tests with whole permuted data sets in which the same tests were selected anew.

    Each permutation is a data set of its own: it has its own values and its own selection. Scores
    (`tail_scores`) make tests of different kinds comparable; `joint_rates` counts them. Selection
    on the data, dependence between tests and the coarseness of few permutations are all within
    these counts, so that no correction for them is needed.

    Parameters
    ----------
    observed : (tests,), any range
    permuted : (permutations, tests), same unit
    chosen : (tests,)
        Whether the observed data select the test.
    permuted_chosen : (permutations, tests)
        Whether a permuted data set selects it, by the same rule.

    Returns
    -------
    JointTest
        p counts permutations with a value at least as large (never 0). q is not below
        1 / (permutations + 1).

    Raises
    ------
    ValueError
        If the shapes do not fit or there is no permutation.

    References
    ----------
    tusher2001
    westfall1993
    phipson2010
    winkler2016

    Examples
    --------
    Of two tests one stands out of 99 permutations, and nothing permuted comes near it:

    >>> permuted = np.tile(np.arange(99.0)[:, None] % 5, (1, 2))
    >>> every = np.ones((99, 2), dtype=bool)
    >>> joint_test(np.array([9.0, 2.0]), permuted, chosen=every[0], permuted_chosen=every).q_value
    array([0.01, 1.  ])
    """
    values = np.vstack([observed[None], permuted])
    selected = np.vstack([chosen[None], permuted_chosen])
    draws = len(permuted)
    if permuted.shape != (draws, len(observed)) or selected.shape != values.shape:
        raise ValueError(
            f"{observed.shape} tests need permutations and selections of that width, but their "
            f"shapes are {permuted.shape}, {chosen.shape} and {permuted_chosen.shape}"
        )
    if draws == 0:
        raise ValueError("there is no permutation to compare with")
    scores = tail_scores(values)
    limit = observed - _HAIR * np.maximum(1.0, np.abs(observed))
    p_value = (1 + (permuted >= limit).sum(axis=0)) / (1 + draws)
    tested = np.flatnonzero(chosen)
    rates = rates_of_sets(
        scores[0, tested],
        scores[1:][permuted_chosen],
        data_set=np.nonzero(permuted_chosen)[0],
        draws=draws,
    )
    rate, q_value = np.full((2, len(observed)), np.nan)
    rate[tested] = rates.rate
    q_value[tested] = raised_together(rates.rate, [rates.lowest])
    return JointTest(
        score=np.where(chosen, scores[0], np.nan),
        p_value=np.where(chosen, p_value, np.nan),
        q_value=q_value,
        rate=rate,
        lowest=rates.lowest,
    )


def joint_rates(observed: Vector, null: Vector, *, data_set: Index, draws: int) -> Vector:
    """False-discovery rate of scores, from the scores of whole permuted data sets.

    The rate of a score is the mean number of scores at least as large in a data set (the observed
    one counted as one of them), divided by the number observed. It is raised, if need be, to the
    share of data sets that reach a rate as low anywhere: where nothing but chance is at work, no
    more than that share of data sets shows anything at all.

    Parameters
    ----------
    observed : (tests,), larger is more extreme
    null : (any,), the scores of everything that was selected in any of the permuted data sets
    data_set : (any,), 0 .. draws - 1
        Which permuted data set each of these scores is from.
    draws : permuted data sets, >= 1
        Those in which nothing was selected are counted.

    Returns
    -------
    (tests,), 1 / (draws + 1) .. 1
        Never lower for a smaller score.

    References
    ----------
    tusher2001
    westfall1993

    Examples
    --------
    In 9 permuted data sets a score of 5 or more occurred once; the observed has two, 5 and 7:

    >>> joint_rates(np.array([5.0, 7.0]), np.array([5.5, 1.0, 1.0]),
    ...             data_set=np.array([0, 1, 2]), draws=9).round(3)
    array([0.15, 0.1 ])
    """
    rates = rates_of_sets(observed, null, data_set=data_set, draws=draws)
    return raised_together(rates.rate, [rates.lowest])


def rates_of_sets(observed: Vector, null: Vector, *, data_set: Index, draws: int) -> Rates:
    """Rates of scores in the observed and in every permuted data set, all treated alike.

    The parameters are those of `joint_rates`, which says what a rate is.

    Returns
    -------
    Rates
        1 / (draws + 1) .. 1; `rate` is never lower for a smaller score.

    References
    ----------
    tusher2001

    Examples
    --------
    >>> seen = np.array([5.0, 7.0])
    >>> found = rates_of_sets(seen, np.array([5.5]), data_set=np.array([1]), draws=3)
    >>> found.rate, found.lowest
    (array([0.375, 0.25 ]), array([0.25, 1.  , 0.5 , 1.  ]))
    """
    score = np.concatenate([observed, null])
    owner = np.concatenate([np.zeros(len(observed), np.int64), data_set + 1])
    ordered = np.sort(score)
    reach = score - _HAIR * np.maximum(1.0, np.abs(score))
    by_chance = (len(score) - np.searchsorted(ordered, reach, side="left")) / (1 + draws)
    # Within each data set, from the largest score down: by chance, over how many were found.
    order = np.lexsort((-score, owner))
    first = np.searchsorted(owner[order], owner[order], side="left")
    rate = np.minimum(by_chance[order] / (np.arange(len(order)) - first + 1), 1.0)
    lowest = np.ones(1 + draws)
    np.minimum.at(lowest, owner[order], rate)
    own = np.empty(len(observed))
    own[order[: len(observed)]] = np.minimum.accumulate(rate[: len(observed)][::-1])[::-1]
    return Rates(rate=own, lowest=lowest)


def raised_together(rate: Vector, lowest: Sequence[Vector]) -> Vector:
    """Raise rates to the share of data sets that reach one as low by any of several methods.

    Where nothing but chance is at work, a share of at most q of all data sets then shows anything
    at a rate of q, whatever the methods have to do with each other: each data set counts once,
    with the lowest rate that any method reaches in it.

    Methods may have different numbers of draws. A rate below 1 / (draws + 1) cannot be reached by
    a method of so few draws: the data sets that get below it are counted over all the draws of the
    methods that can, the others over the data sets that all methods share. Either part is the
    chance that the observed data set, one like the others, lies in it.

    Parameters
    ----------
    rate : (tests,), 0..1
        By the method of each test.
    lowest : for each method (1 + draws,), 0..1
        From `rates_of_sets`. The n-th entry is the same data set for every method.

    Returns
    -------
    (tests,), 0..1

    References
    ----------
    westfall1993

    Examples
    --------
    Two methods look at the same four data sets. One reaches 0.25 in the first, the other in the
    first and the third: so low a rate comes in two of four.

    >>> one, other = np.array([0.25, 1.0, 0.5, 1.0]), np.array([0.25, 1.0, 0.25, 1.0])
    >>> raised_together(np.array([0.25, 0.6]), [one, other])
    array([0.5, 0.6])
    """
    by_draws = sorted(lowest, key=len, reverse=True)
    least = [(1 - _HAIR) / len(low) for low in by_draws]
    reached = np.zeros(len(rate))
    for k, (start, stop) in enumerate(zip(least, [*least[1:], np.inf], strict=True)):
        n = len(by_draws[k])
        lowest_of_any = np.min([low[:n] for low in by_draws[: k + 1]], axis=0)
        within = np.sort(lowest_of_any[(lowest_of_any >= start) & (lowest_of_any < stop)])
        reached += np.searchsorted(within, rate + _HAIR, side="right") / n
    raised: Vector = np.maximum(rate, np.minimum(reached, 1.0))
    return raised


def tail_scores(values: Matrix) -> Matrix:
    """How far each value lies in the upper tail of the others of its column.

    The tail is that of a gamma distribution (Pearson type III) with the mean, deviation and
    skewness of the *other* values, so that an extreme value does not hide itself, and the observed
    value is treated as any permuted one: the scores of a column are exchangeable if its values are.
    A fit that is not perfect costs power, not validity, where scores are compared with scores.

    Parameters
    ----------
    values : (values, columns), any unit
        A deviation is enlarged by a tenth of the median deviation of the columns, so that a column
        that hardly ever varies gives no absurd score.

    Returns
    -------
    same shape, -log10 of a probability, 0 .. 300
        0 for values up to one deviation above the mean, and in a column without variation.

    References
    ----------
    winkler2016
    tusher2001

    Examples
    --------
    >>> tail_scores(np.array([[9.0], [1.0], [2.0], [3.0], [2.0]])).round(1).ravel().tolist()
    [19.6, 0.0, 0.0, 0.0, 0.0]
    """
    n = len(values)
    if n < 3 or values.shape[1] == 0:
        return np.zeros(values.shape)
    centre = values.mean(axis=0)
    size = np.maximum(np.abs(values).max(axis=0), 1e-300)
    x = values - centre
    x[np.abs(x) < _HAIR * size] = 0.0
    square, cube = (x**2).sum(axis=0), (x**3).sum(axis=0)
    deviations = np.sqrt(square / n)
    varying = deviations[deviations > 0]
    if not len(varying):
        return np.zeros(values.shape)
    floor = (0.1 * float(np.median(varying))) ** 2
    others = n - 1
    mean = -x / others
    second = (square - x**2) / others
    third = (cube - x**3) / others - 3 * mean * second + 2 * mean**3
    variance = np.maximum(second - mean**2, 0.0) + floor
    z = (x - mean) / np.sqrt(variance)
    scores = np.zeros(values.shape)
    far = (z > 1.0) & (deviations > 0)
    scores[far] = _gamma_tail(z[far], third[far] / variance[far] ** 1.5)
    return scores


def _gamma_tail(z: Vector, skewness: Vector) -> Vector:
    """-log10 of the upper tail beyond z of a standardised Pearson type III distribution."""
    from scipy.special import gammaincc, log_ndtr

    score = -log_ndtr(-z) / np.log(10)
    skewed = skewness > _NEARLY_NORMAL  # a lower skewness only shortens the upper tail
    shape = 4.0 / skewness[skewed] ** 2
    tail = gammaincc(shape, shape + z[skewed] * np.sqrt(shape))
    score[skewed] = -np.log10(np.maximum(tail, _LEAST_TAIL))
    capped: Vector = np.minimum(score, 300.0)
    return capped
