"""Indices of missing ties against published values, and the quality of rankings by definition."""

from __future__ import annotations

import csv
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from clusterloom.measures.link_indices import (
    adamic_adar,
    common_neighbours,
    jaccard,
    preferential_attachment,
    resource_allocation,
    row_products,
)
from clusterloom.measures.ranking_quality import bootstrap_quality, ranking_quality

from .conftest import SHARED

GOLD = SHARED / "gold" / "link_prediction_closed_form.csv"
INDEX = {"resource_allocation": resource_allocation, "adamic_adar": adamic_adar, "jaccard": jaccard}
EDGES = {
    "K5": list(itertools.combinations(range(5), 2)),
    "P3": [(0, 1), (1, 2)],
    "S4 star": [(0, i) for i in range(1, 5)],
    "edges 01 02 23": [(0, 1), (0, 2), (2, 3)],
}
VALUES = {"3/ln4=2.1640425613": 3 / math.log(4), "1/ln2": 1 / math.log(2)}


def ties(edges, nodes):
    matrix = np.zeros((nodes, nodes))
    for a, b in edges:
        matrix[a, b] = matrix[b, a] = 1
    return matrix


def gold_rows():
    if not GOLD.exists():
        return []
    lines = GOLD.read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.skipif(not GOLD.exists(), reason="the published numbers are not at hand")
def test_the_indices_have_the_published_values():
    rows = gold_rows()
    assert len(rows) == 7
    for row in rows:
        pair = np.array([[int(n) for n in row["pair"].strip("()").split(",")]])
        matrix = ties(EDGES[row["graph"]], 5)
        expected = VALUES.get(row["published"]) or float(row["published"])
        assert INDEX[row["score"]](matrix, pair)[0] == pytest.approx(expected, abs=1e-9), row


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_the_indices_are_what_their_definitions_say(seed, nodes):
    rng = np.random.default_rng(seed)
    matrix = np.triu(rng.random((nodes, nodes)) < 0.5, 1).astype(float)
    matrix += matrix.T
    near = [set(np.flatnonzero(line)) for line in matrix]
    pairs = np.array(list(itertools.combinations(range(nodes), 2)))
    for i, (a, b) in enumerate(pairs):
        both = near[a] & near[b]
        assert common_neighbours(matrix, pairs)[i] == len(both)
        assert preferential_attachment(matrix, pairs)[i] == len(near[a]) * len(near[b])
        assert resource_allocation(matrix, pairs)[i] == pytest.approx(
            sum(1 / len(near[w]) for w in both)
        )
        assert adamic_adar(matrix, pairs)[i] == pytest.approx(
            sum(1 / math.log(len(near[w])) for w in both)
        )
        either = near[a] | near[b]
        assert jaccard(matrix, pairs)[i] == pytest.approx(len(both) / len(either) if either else 0)
    # Both ends may change places.
    np.testing.assert_allclose(adamic_adar(matrix, pairs), adamic_adar(matrix, pairs[:, ::-1]))


def test_products_of_rows_are_those_of_the_whole_matrices():
    rng = np.random.default_rng(3)
    left, middle, right = (
        sparse.csr_array(np.where(rng.random((600, 600)) < 0.02, rng.random((600, 600)), 0))
        for _ in range(3)
    )
    pairs = rng.integers(0, 600, (2000, 2))
    whole = left.toarray() @ right.toarray().T
    np.testing.assert_allclose(row_products(left, right, pairs), whole[pairs[:, 0], pairs[:, 1]])
    whole = left.toarray() @ middle.toarray() @ right.toarray().T
    np.testing.assert_allclose(
        row_products(left, right, pairs, through=middle), whole[pairs[:, 0], pairs[:, 1]]
    )
    assert row_products(left, right, np.zeros((0, 2), dtype=int)).shape == (0,)


def test_a_pair_outside_the_network_is_refused():
    with pytest.raises(ValueError, match="but name 7"):
        adamic_adar(np.zeros((3, 3)), np.array([[0, 7]]))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12))
def test_the_quality_is_what_its_definition_says(items):
    score = np.array([float(s) for s, _ in items])
    true = np.array([t for _, t in items])
    found = ranking_quality(score, true, at=[1, 3])
    if not true.any():
        assert math.isnan(found.average_precision)
        return
    ups, downs = score[true], score[~true]
    expected = 0.0
    for level in sorted(set(score), reverse=True):
        here = (score == level) & true
        above = score >= level
        expected += here.sum() / true.sum() * (true & above).sum() / above.sum()
    assert found.average_precision == pytest.approx(expected)
    if len(downs):
        wins = [(u > d) + 0.5 * (u == d) for u in ups for d in downs]
        assert found.auc == pytest.approx(np.mean(wins))
    # Among the first k: the mean over all orders of equal scores.
    top = np.sort(score)[::-1][: min(3, len(score))]
    surely = score > top[-1]
    rate = true[score == top[-1]].mean()
    mean = (true[surely].sum() + (len(top) - surely.sum()) * rate) / len(top)
    assert found.precision_at[3] == pytest.approx(mean)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_a_weight_is_so_many_copies_and_only_the_order_of_scores_counts(seed):
    rng = np.random.default_rng(seed)
    score, true = rng.integers(0, 5, 20).astype(float), rng.random(20) < 0.5
    true[0] = True
    weight = rng.integers(1, 4, 20)
    weighed = ranking_quality(score, true, weight=weight.astype(float), at=[5])
    copied = ranking_quality(np.repeat(score, weight), np.repeat(true, weight), at=[5])
    stretched = ranking_quality(np.exp(score), true, weight=weight.astype(float), at=[5])
    for other in (copied, stretched):
        assert other.average_precision == pytest.approx(weighed.average_precision)
        assert other.auc == pytest.approx(weighed.auc, nan_ok=True)
        assert other.precision_at[5] == pytest.approx(weighed.precision_at[5])


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="finite"):
        ranking_quality(np.array([np.nan]), np.array([True]))


def test_the_interval_of_a_difference_is_narrow_where_rankings_agree_and_wide_where_few_events():
    rng = np.random.default_rng(0)
    true = rng.random(2000) < 0.3
    good = true + rng.normal(0, 1, 2000)
    scores = {"good": good, "same": good * 2, "blind": rng.random(2000)}
    many = bootstrap_quality(scores, true, np.arange(2000), against="good", resamples=100)
    few = bootstrap_quality(scores, true, np.arange(2000) % 8, against="good", resamples=100)
    assert many["same"][2].lower == many["same"][2].upper == 0
    assert many["blind"][2].lower > 0
    for found in (many, few):
        for auc, precision, _ in found.values():
            assert auc.lower <= auc.value <= auc.upper
            assert precision.lower <= precision.value <= precision.upper
