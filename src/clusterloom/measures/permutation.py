"""Significance by permutation, and false discoveries among many tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["benjamini_hochberg", "permutation_p_value"]

Vector = npt.NDArray[np.float64]


def permutation_p_value(observed: Vector, permuted: Vector) -> Vector:
    """Share of permutations at least as large as what was observed, counting the observed one.

    Parameters
    ----------
    observed : (tests,), any range
    permuted : (permutations, tests), same unit

    Returns
    -------
    (tests,), 1 / (permutations + 1) .. 1
        Never 0: the observed arrangement is one of those possible.

    References
    ----------
    phipson2010

    Examples
    --------
    >>> permutation_p_value(np.array([3.0]), np.array([[1.0], [2.0], [3.0]]))
    array([0.5])
    """
    # A hair of tolerance: equal sums added in another order must count as equal.
    limit = observed - 1e-9 * np.maximum(1.0, np.abs(observed))
    at_least = (permuted >= limit).sum(axis=0)
    share: Vector = (1 + at_least) / (1 + len(permuted))
    return share


def benjamini_hochberg(p_values: Vector) -> Vector:
    """Smallest false-discovery rate at which each test would count as a discovery.

    Parameters
    ----------
    p_values : (tests,), 0..1

    Returns
    -------
    (tests,), 0..1
        Never smaller than the p-value; empty in, empty out.

    References
    ----------
    benjamini1995

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3)
    array([0.03, 0.04, 0.04])
    """
    tests = len(p_values)
    if tests == 0:
        return p_values.copy()
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * tests / np.arange(1, tests + 1)
    smallest = np.minimum.accumulate(scaled[::-1])[::-1]
    q_values = np.empty(tests)
    q_values[order] = np.minimum(smallest, 1.0)
    return q_values
