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


def benjamini_hochberg(p_values: Vector, *, n_tests: int | None = None) -> Vector:
    """Smallest false-discovery rate at which each test would count as a discovery.

    Parameters
    ----------
    p_values : (tests,), 0..1
    n_tests : tests, at least as many as p-values
        How many tests could have been made. Those left out because of what the data show count
        as tests with p = 1: leaving them out of the number as well would break the control.
        The number of p-values when None.

    Returns
    -------
    (tests,), 0..1
        Never smaller than the p-value; empty in, empty out.

    Raises
    ------
    ValueError
        If `n_tests` is smaller than the number of p-values.

    References
    ----------
    benjamini1995

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3)
    array([0.03, 0.04, 0.04])
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03]), n_tests=6).round(3)
    array([0.06, 0.08, 0.08])
    """
    given = len(p_values)
    tests = given if n_tests is None else n_tests
    if tests < given:
        raise ValueError(f"n_tests is {tests}, but there are {given} p-values")
    if given == 0:
        return p_values.copy()
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * tests / np.arange(1, given + 1)
    smallest = np.minimum.accumulate(scaled[::-1])[::-1]
    q_values = np.empty(given)
    q_values[order] = np.minimum(smallest, 1.0)
    return q_values
