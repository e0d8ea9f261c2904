"""Several indicators as one score: by hand, against brute force, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.composite import (
    normalised_indicators,
    rank_sensitivity,
    ranks_from_scores,
    weighted_score,
)
from clusterloom.measures.growth import midpoint_growth

NAN = float("nan")


def test_rank_normalisation_shares_equal_places():
    values = np.array([[5.0], [1.0], [5.0], [NAN], [9.0]])
    found = normalised_indicators(values, method="rank")[:, 0]
    # Of four: 1 is last, the two fives share places 1 and 2 of 0..3, 9 is first.
    np.testing.assert_allclose(found, [0.5, 0.0, 0.5, NAN, 1.0])


def test_less_can_be_better():
    values = np.array([[10.0, 1.0], [30.0, 3.0]])
    found = normalised_indicators(values, method="min_max", lower_is_better=[0])
    np.testing.assert_array_equal(found, [[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("column", [[3.0, NAN], [2.0, 2.0], [NAN, NAN]])
def test_an_indicator_that_tells_nobody_apart_is_not_known_for_anybody(column):
    values = np.array(column)[:, None]
    for method in ("min_max", "rank"):
        assert np.isnan(normalised_indicators(values, method=method)).all()


def test_unknown_values_are_left_out_and_bounded_not_zero():
    table = np.array([[1.0, 0.5, NAN], [0.0, 0.5, 1.0], [NAN, NAN, NAN]])
    score, low, high, known = weighted_score(table, np.array([1.0, 1.0, 2.0]))
    np.testing.assert_allclose(score, [0.75, 0.625, NAN])
    np.testing.assert_allclose(low, [0.375, 0.625, 0.0])
    np.testing.assert_allclose(high, [0.875, 0.625, 1.0])
    np.testing.assert_allclose(known, [0.5, 1.0, 0.0])


SHARES = st.one_of(st.just(NAN), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
TABLES = arrays(float, (4, 3), elements=SHARES)
WEIGHTS = arrays(float, 3, elements=st.sampled_from([0.5, 1.0, 2.0]))


@given(TABLES, WEIGHTS, st.floats(0.1, 10))
def test_the_score_lies_within_its_bounds_whatever_the_unit_of_the_weights(table, weight, unit):
    score, low, high, known = weighted_score(table, weight)
    for one, other in zip(weighted_score(table, weight * unit), (score, low, high), strict=False):
        np.testing.assert_allclose(one, other, atol=1e-12)
    held = ~np.isnan(score)
    assert (low[held] <= score[held] + 1e-12).all()
    assert (score[held] <= high[held] + 1e-12).all()
    np.testing.assert_allclose(high - low, 1 - known, atol=1e-12)


@given(TABLES, WEIGHTS)
def test_knowing_one_more_value_keeps_the_score_within_the_bounds(table, weight):
    before = weighted_score(table, weight)
    filled = np.where(np.isnan(table), 0.5, table)
    score = weighted_score(filled, weight)[0]
    assert (before[1] - 1e-12 <= score).all()
    assert (score <= before[2] + 1e-12).all()


@given(arrays(float, (3, 5), elements=st.one_of(st.just(NAN), st.sampled_from([0.1, 0.5, 0.9]))))
def test_ranks_agree_with_counting_who_is_ahead(score):
    found = ranks_from_scores(score)
    for row, ranks in zip(score, found, strict=True):
        for one, rank in zip(row, ranks, strict=True):
            wanted = NAN if np.isnan(one) else 1.0 + (row > one).sum()
            np.testing.assert_array_equal(rank, wanted)


def test_with_two_indicators_the_share_of_weight_space_is_known_exactly():
    # First: 1 and 0; second: 0 and 0.5. It leads while w > 0.5 (1 - w), for w > 1/3.
    table = np.array([[1.0, 0.0], [0.0, 0.5]])
    found = rank_sensitivity(table, top_k=1, n_draws=20_000, seed=1)
    assert found.top_share[0] == pytest.approx(2 / 3, abs=0.01)
    assert found.top_share.sum() == pytest.approx(1.0)
    assert found.standard_error[0] == pytest.approx(np.sqrt(2 / 9 / 20_000), rel=0.05)
    assert (found.rank_low[0], found.rank_high[0]) == (1.0, 2.0)


def test_draws_near_the_stated_weights_scatter_as_their_concentration_says():
    # It leads for w > 1/3; weights about 0.5 with 10,000 of concentration never go that far.
    table = np.array([[1.0, 0.0], [0.0, 0.5]])
    centre = np.array([2.0, 2.0])
    near = rank_sensitivity(
        table, top_k=1, n_draws=500, seed=1, centre=centre, concentration=10_000
    )
    np.testing.assert_array_equal(near.top_share, [1.0, 0.0])
    # A weight of 0 stays 0: only the second indicator is left.
    alone = rank_sensitivity(
        table, top_k=1, n_draws=10, seed=1, centre=np.array([0.0, 1.0]), concentration=5
    )
    np.testing.assert_array_equal(alone.top_share, [0.0, 1.0])


def test_who_is_not_known_is_never_ranked():
    found = rank_sensitivity(np.array([[0.2], [NAN]]), top_k=1, n_draws=5, seed=0)
    np.testing.assert_array_equal(found.top_share, [1.0, NAN])
    assert np.isnan(found.rank_low[1])


def test_the_same_seed_draws_the_same():
    table = np.random.default_rng(3).uniform(size=(5, 4))
    one, two = (rank_sensitivity(table, top_k=2, n_draws=50, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.top_share, two.top_share)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weighted_score(np.ones((1, 2)), np.array([1.0, -1.0])), "weights must be finite"),
        (lambda: weighted_score(np.ones((1, 2)), np.zeros(2)), "must not all be 0"),
        (lambda: normalised_indicators(np.array([[np.inf]]), method="rank"), "must be finite"),
        (lambda: normalised_indicators(np.ones((2, 1)), method="z"), "min_max"),
        (lambda: rank_sensitivity(np.ones((1, 1)), top_k=0, n_draws=1, seed=0), "top_k"),
        (
            lambda: rank_sensitivity(
                np.ones((1, 1)), top_k=1, n_draws=1, seed=0, centre=np.ones(1)
            ),
            "concentration must be > 0",
        ),
        (lambda: midpoint_growth(-1, 2), "must be >= 0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_growth_from_and_to_nothing_is_bounded():
    assert midpoint_growth(0, 3) == 2.0
    assert midpoint_growth(3, 0) == -2.0
    assert np.isnan(midpoint_growth(0, 0))
    assert midpoint_growth(100, 101) == pytest.approx(0.01, rel=0.01)
