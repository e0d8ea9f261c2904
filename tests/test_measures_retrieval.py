"""Rankings judged: by hand, by counting all orders of equal scores, and by properties."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.measures.pair_fit import kinship_of_pairs, needs_covered, research_meets_making
from clusterloom.measures.retrieval import (
    bootstrap_mean,
    recall_at,
    reciprocal_rank,
    win_share,
)


@st.composite
def rankings(draw):
    n = draw(st.integers(1, 6))
    scores = np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), dtype=float)
    relevant = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return scores, relevant


def orders(scores):
    """All orders from best to worst in which equal scores stand in any order."""
    indices = range(len(scores))
    return [
        order
        for order in permutations(indices)
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]


@given(rankings(), st.integers(0, 7))
def test_recall_is_the_mean_over_all_orders_of_equal_scores(ranking, k):
    scores, relevant = ranking
    if not relevant.any():
        assert np.isnan(recall_at(scores, relevant, k))
        return
    found = [sum(relevant[i] for i in order[:k]) / relevant.sum() for order in orders(scores)]
    assert recall_at(scores, relevant, k) == pytest.approx(np.mean(found))


@given(rankings())
def test_the_reciprocal_rank_is_the_mean_over_all_orders_of_equal_scores(ranking):
    scores, relevant = ranking
    if not relevant.any():
        assert np.isnan(reciprocal_rank(scores, relevant))
        return
    ranks = [1 + next(k for k, i in enumerate(order) if relevant[i]) for order in orders(scores)]
    assert reciprocal_rank(scores, relevant) == pytest.approx(np.mean([1 / r for r in ranks]))


@given(rankings())
def test_wins_are_counted_pair_by_pair(ranking):
    scores, relevant = ranking
    if relevant.all() or not relevant.any():
        assert np.isnan(win_share(scores, relevant))
        return
    wins = [(g > b) + 0.5 * (g == b) for g in scores[relevant] for b in scores[~relevant]]
    assert win_share(scores, relevant) == pytest.approx(np.mean(wins))


@given(rankings(), st.floats(0.1, 10), st.floats(-5, 5))
def test_only_the_order_matters(ranking, factor, shift):
    scores, relevant = ranking
    other = scores * factor + shift
    for judge in (reciprocal_rank, win_share):
        np.testing.assert_equal(judge(scores, relevant), judge(other, relevant))


def test_an_unknown_score_is_refused():
    with pytest.raises(ValueError, match="finite"):
        recall_at(np.array([np.nan, 1.0]), np.array([True, False]), 1)


def test_groups_are_drawn_whole_so_copies_add_no_certainty():
    values, groups = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 1, 2, 3])
    plain = bootstrap_mean(values, groups, trials=400)
    copied = bootstrap_mean(np.repeat(values, 50), np.repeat(groups, 50), trials=400)
    assert copied == plain
    assert plain.lower < plain.mean < plain.upper
    certain = bootstrap_mean(np.repeat(values, 50), np.arange(200), trials=400)
    assert certain.upper - certain.lower < plain.upper - plain.lower


def test_the_interval_of_means_agrees_with_theory():
    values = np.random.default_rng(1).normal(size=400)
    found = bootstrap_mean(values, np.arange(400), trials=4000)
    half = 1.96 * values.std() / 20
    assert found.upper - found.mean == pytest.approx(half, rel=0.1)
    assert found.mean - found.lower == pytest.approx(half, rel=0.1)


def test_no_value_gives_no_mean():
    assert np.isnan(bootstrap_mean(np.array([np.nan]), np.array([0])).mean)


NEAR = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_kinship_is_one_for_one_direction_and_nothing_for_an_empty_profile():
    left = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    right = np.array([[5.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(kinship_of_pairs(left, right, NEAR), [[1.0, 0.6, 0.0], [0, 0, 0]])


def test_what_is_not_open_cannot_be_covered():
    np.testing.assert_array_equal(needs_covered(np.zeros((1, 2)), np.ones((1, 2))), [[0.0]])


def test_research_here_and_making_there_counts_in_either_direction():
    research, none = np.array([[1.0, 0.0, 0.0]]), np.zeros((1, 3))
    making = np.array([[0.0, 1.0, 0.0]])
    # (1, 0.6) and (0.6, 1): 1.2 / 1.36
    forward = research_meets_making((research, none), (none, making), NEAR)
    backward = research_meets_making((none, research), (making, none), NEAR)
    assert forward[0, 0] == pytest.approx(1.2 / 1.36)
    assert backward[0, 0] == pytest.approx(1.2 / 1.36)
    assert research_meets_making((research, research), (none, none), NEAR)[0, 0] == 0.0
