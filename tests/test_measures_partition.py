"""Agreement of groupings: published values, every possible table, and as properties."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from clusterloom.measures.partition import (
    adjusted_mutual_information,
    adjusted_rand,
    best_overlap,
)

LABELS = st.lists(st.integers(0, 3), min_size=2, max_size=12)


def information(first, second):
    first, second = np.array(first), np.array(second)
    total = 0.0
    for a in set(first.tolist()):
        for b in set(second.tolist()):
            p = ((first == a) & (second == b)).mean()
            if p:
                total += p * np.log(p / ((first == a).mean() * (second == b).mean()))
    return total


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 1, 1, 2], [0, 1, 1, 1, 0]),
        ([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]),
        ([0, 1, 2, 3], [0, 0, 1, 1]),
    ],
)
def test_both_equal_the_definition_over_all_permutations(first, second):
    every = list(permutations(second))
    entropy = (information(first, first) + information(second, second)) / 2
    chance = np.mean([information(first, p) for p in every])
    by_hand = (information(first, second) - chance) / (entropy - chance)
    assert adjusted_mutual_information(first, second) == pytest.approx(by_hand, abs=1e-12)

    def alike(a, b):
        pairs = [(i, j) for i in range(len(a)) for j in range(i)]
        return sum((a[i] == a[j]) and (b[i] == b[j]) for i, j in pairs)

    most = (alike(first, first) + alike(second, second)) / 2
    mean = np.mean([alike(first, p) for p in every])
    by_hand = (alike(first, second) - mean) / (most - mean)
    assert adjusted_rand(first, second) == pytest.approx(by_hand, abs=1e-12)


def test_published_values_of_a_popular_library():
    # Printed in the documentation of scikit-learn.
    assert adjusted_rand([0, 0, 1, 2], [0, 0, 1, 1]) == pytest.approx(0.57, abs=0.005)
    assert adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)
    true, found = [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]
    assert adjusted_rand(true, found) == pytest.approx(0.24, abs=0.005)
    # Printed with the larger of both entropies in place of their mean, as that library once had it.
    chance = np.mean([information(true, p) for p in permutations(found)])
    one, other = information(true, true), information(found, found)
    excess = adjusted_mutual_information(true, found) * ((one + other) / 2 - chance)
    assert excess / (max(one, other) - chance) == pytest.approx(0.22504, abs=1e-5)


@given(LABELS, st.data())
def test_names_order_and_sides_do_not_matter(first, data):
    second = data.draw(st.lists(st.integers(0, 3), min_size=len(first), max_size=len(first)))
    order = data.draw(st.permutations(range(len(first))))
    for measure in (adjusted_rand, adjusted_mutual_information):
        value = measure(first, second)
        assert value <= 1 + 1e-9
        assert measure(second, first) == pytest.approx(value, abs=1e-9)
        named = [f"group {first[i]}" for i in order]
        assert measure(named, [second[i] for i in order]) == pytest.approx(value, abs=1e-9)
        assert measure(first, first) == pytest.approx(1.0)


def test_groups_made_at_random_agree_no_more_than_chance():
    random = np.random.default_rng(0)
    true = np.repeat([0, 1, 2, 3], [200, 30, 30, 30])
    values = [
        (adjusted_mutual_information(true, guess), adjusted_rand(true, guess))
        for guess in (random.permutation(true) for _ in range(60))
    ]
    np.testing.assert_allclose(np.mean(values, axis=0), 0.0, atol=0.01)


def test_best_overlap_by_hand_and_with_nothing():
    sets = csr_array(np.array([[1, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]))
    others = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 1]]))
    np.testing.assert_allclose(best_overlap(sets, others), [3 / 4, 1 / 3, 0.0])
    assert best_overlap(sets, csr_array((0, 4))).tolist() == [0, 0, 0]


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="of 2 and 1"):
        adjusted_rand([0, 1], [0])
    with pytest.raises(ValueError, match="of 0 and 0"):
        adjusted_mutual_information([], [])
