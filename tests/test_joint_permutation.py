"""Tests permuted together: by hand, exact level under chance, selection, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clusterloom.measures.joint_permutation import (
    joint_rates,
    joint_test,
    raised_together,
    rates_of_sets,
    tail_scores,
)


def test_rates_worked_out_by_hand():
    # Data sets: the observed {9, 4, 2}, and three permuted {5}, {3, 1}, {}.
    found = joint_rates(
        np.array([4.0, 9.0, 2.0]), np.array([5.0, 3.0, 1.0]), data_set=np.array([0, 1, 1]), draws=3
    )
    # At 9: 1 score in 4 sets, 1 observed: 0.25. At 4: 3 scores, 2 observed: 0.375.
    # At 2: 5 scores, 3 observed: 0.4167.
    # The lowest rates of the sets are 0.25, 0.5 ({5}: 2 / 4 / 1), 1 and 1: none lower.
    np.testing.assert_allclose(found, [0.375, 0.25, 5 / 12])


def test_a_rate_as_low_as_in_many_random_sets_is_raised_to_their_share():
    # Sixteen scores of 1 in the observed data and in four of ten random ones each.
    null = np.ones(64)
    found = joint_rates(np.ones(16), null, data_set=np.repeat(np.arange(4), 16), draws=9)
    # The mean number is 8 in a data set, half of those observed; and five of ten sets get there.
    assert found == pytest.approx(np.full(16, 0.5))
    few = joint_rates(np.ones(16), np.ones(16), data_set=np.zeros(16, int), draws=9)
    assert few == pytest.approx(np.full(16, 0.2))


def test_one_hundred_noise_experiments_hold_their_level():
    random = np.random.default_rng(0)
    false = 0
    for _ in range(300):
        values = random.gamma(random.uniform(0.2, 5, size=12), size=(60, 12))
        chosen = values > 1.0  # the data select what is tested
        test = joint_test(values[0], values[1:], chosen=chosen[0], permuted_chosen=chosen[1:])
        false += bool((test.q_value[chosen[0]] <= 0.05).any())
    assert false <= 300 * 0.05 + 2.6 * np.sqrt(300 * 0.05 * 0.95)


def test_without_the_selection_of_the_random_sets_there_would_be_too_many():
    # The same experiments, with random sets in which everything is counted only where the
    # observed data select it: this is what must not be done.
    random = np.random.default_rng(0)
    values = random.gamma(1.0, size=(400, 50))
    chosen = values[0] > np.quantile(values[0], 0.9)
    right = joint_test(values[0], values[1:], chosen=chosen, permuted_chosen=values[1:] > 2.3)
    wrong = joint_test(
        values[0], values[1:], chosen=chosen, permuted_chosen=np.tile(chosen, (399, 1))
    )
    assert np.nanmin(wrong.q_value) < np.nanmin(right.q_value)


def test_a_clear_effect_is_found_among_skewed_tests():
    random = np.random.default_rng(1)
    values = random.gamma(0.3, size=(200, 400))
    values[0, 7] += 12.0
    every = np.ones(values.shape, dtype=bool)
    test = joint_test(values[0], values[1:], chosen=every[0], permuted_chosen=every[1:])
    assert test.q_value[7] <= 0.05
    assert test.p_value[7] == pytest.approx(1 / 200)
    assert np.nanargmax(test.score) == 7


def test_a_score_is_the_tail_of_the_fitted_gamma():
    values = np.array([[7.0], [1.0], [2.0], [1.5], [6.0], [0.5]])
    others = values[1:, 0]
    # The deviation is enlarged by a tenth of the median deviation, here of the only column.
    variance = others.var() + (0.1 * values.std()) ** 2
    skewness = ((others - others.mean()) ** 3).mean() / variance**1.5
    z = (7.0 - others.mean()) / np.sqrt(variance)
    expected = -np.log10(stats.pearson3.sf(z, skewness))
    assert tail_scores(values)[0, 0] == pytest.approx(expected, rel=1e-9)


def test_a_column_without_variation_says_nothing():
    values = np.hstack(
        [np.full((9, 1), 0.1) * np.arange(1, 10)[:, None] * 0 + 0.3, np.eye(9)[:, :1]]
    )
    scores = tail_scores(values)
    assert not scores[:, 0].any()
    assert scores[0, 1] > 3


@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-5, 5))
def test_neither_unit_nor_origin_of_the_values_matters(seed, unit, origin):
    values = np.random.default_rng(seed).normal(size=(20, 4)).round(3)
    np.testing.assert_allclose(
        tail_scores(values * unit + origin), tail_scores(values), rtol=1e-6, atol=1e-6
    )


@given(st.integers(0, 1000), st.permutations(range(6)))
def test_the_order_of_tests_does_not_matter(seed, order):
    values = np.random.default_rng(seed).gamma(1.0, size=(15, 6))
    chosen = values > 0.5
    order = list(order)
    one = joint_test(values[0], values[1:], chosen=chosen[0], permuted_chosen=chosen[1:])
    other = joint_test(
        values[0, order],
        values[1:, order],
        chosen=chosen[0, order],
        permuted_chosen=chosen[1:, order],
    )
    np.testing.assert_allclose(other.q_value, one.q_value[order])
    np.testing.assert_allclose(other.p_value, one.p_value[order])


def test_tests_that_were_not_chosen_are_unknown():
    test = joint_test(
        np.array([1.0, 9.0]),
        np.ones((3, 2)),
        chosen=np.array([True, False]),
        permuted_chosen=np.ones((3, 2), bool),
    )
    assert np.isnan([test.q_value[1], test.p_value[1], test.score[1]]).all()
    none = joint_test(
        np.ones(1), np.ones((3, 1)), chosen=np.zeros(1, bool), permuted_chosen=np.ones((3, 1), bool)
    )
    assert np.isnan(none.q_value).all()


def test_rates_of_two_methods_are_raised_to_the_share_of_sets_that_either_reaches():
    # Ten data sets by the first method, the first four of them by the second as well.
    first = np.array([0.1, 0.1, 0.3, 1.0, 1.0, 0.1, 0.2, 1.0, 1.0, 1.0])
    second = np.array([0.25, 1.0, 1.0, 0.25])
    found = raised_together(np.array([0.1, 0.2, 0.25, 0.4, 1.0]), [second, first])
    # Below 1/4 only the first method can get: three of ten at 0.1, four at 0.2. From there on the
    # four shared sets count, of which two were below: at 0.25 the fourth joins, at 0.3 the third.
    assert found == pytest.approx([0.3, 0.4, 0.4 + 1 / 4, 0.4 + 2 / 4, 1.0])


@pytest.mark.parametrize("alike", [0.0, 0.7, 1.0])
def test_two_methods_together_hold_the_level_that_each_by_itself_would_double(alike):
    random = np.random.default_rng(4)
    n, long, short = 600, 59, 19
    together = apart = 0
    for _ in range(n):
        one = random.normal(size=(long + 1, 6))
        other = alike * one + np.sqrt(1 - alike**2) * random.normal(size=one.shape)
        rates = [
            rates_of_sets(
                values[0],
                values[1 : draws + 1].ravel(),
                data_set=np.repeat(np.arange(draws), 6),
                draws=draws,
            )
            for values, draws in ((one, long), (other, short))
        ]
        lowest = [r.lowest for r in rates]
        together += min(raised_together(r.rate, lowest).min() for r in rates) <= 0.1 + 1e-9
        apart += min(raised_together(r.rate, [r.lowest]).min() for r in rates) <= 0.1 + 1e-9
    error = 2.6 * np.sqrt(n * 0.1 * 0.9)
    assert together <= n * 0.1 + error
    if alike == 0.0:
        assert apart > n * 0.1 + error


def test_bad_input_is_refused():
    one = np.ones((1, 2), dtype=bool)
    with pytest.raises(ValueError, match="no permutation"):
        joint_test(np.ones(2), np.ones((0, 2)), chosen=one[0], permuted_chosen=one[:0])
    with pytest.raises(ValueError, match=r"\(2,\) tests need permutations"):
        joint_test(np.ones(2), np.ones((1, 2)), chosen=one[0], permuted_chosen=one[:0])
