"""What two groups add to each other: exact identities, hand-solved masses, matchings by force."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.complementarity import (
    added_density_of_pairs,
    joint_critical_mass,
    reach_weights,
    understanding,
)
from clusterloom.measures.inverted_u import inverted_u_test
from clusterloom.measures.matching import blocking_pairs, stable_matching
from clusterloom.measures.matching_many import match_many, stable_many, within_load
from clusterloom.measures.relatedness import added_density, relatedness_density

PRESENCE = arrays(bool, (4, 6))
HALF = arrays(float, (6, 6), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]))


@given(PRESENCE, HALF, arrays(float, (4, 6), elements=st.floats(0, 1)))
def test_added_density_is_exactly_the_union_minus_the_own(presence, half, raw):
    phi = half + half.T
    total = raw.sum(axis=1, keepdims=True)
    weights = np.where(total > 0, raw / np.where(total > 0, total, 1), np.nan)
    added, lacking = added_density_of_pairs(presence, phi, weights=weights)
    own = np.nan_to_num(relatedness_density(presence, phi, keep_self=False))
    near_any = (phi.sum(axis=1) - np.diag(phi)) > 0
    for a, b in product(range(4), repeat=2):
        union = presence[[a]] | presence[[b]]
        both = np.nan_to_num(relatedness_density(union, phi, keep_self=False))[0]
        expected = float(weights[a] @ (both - own[a]))
        np.testing.assert_allclose(added[a, b], expected, atol=1e-12)
        one = np.nan_to_num(
            added_density(presence[[a]], phi, partner=presence[b], keep_self=False)
        )[0]
        np.testing.assert_allclose(added[a, b], float(weights[a] @ one), atol=1e-12)
    most = (weights * near_any * (1 - own)).sum(axis=1)
    np.testing.assert_allclose(lacking, most, atol=1e-9)


@given(PRESENCE, HALF)
def test_nobody_adds_more_than_is_lacking_and_nothing_to_itself(presence, half):
    weights = reach_weights(presence, half + half.T)
    added, lacking = added_density_of_pairs(presence, half + half.T, weights=weights)
    known = ~np.isnan(lacking)
    assert (added[known] <= lacking[known, None] + 1e-12).all()
    assert (np.abs(np.diag(added)[known]) < 1e-12).all()
    sums = weights.sum(axis=1)
    np.testing.assert_allclose(sums[~np.isnan(sums)], 1.0)


def test_a_field_two_groups_share_members_in_is_not_counted_twice():
    mass = np.array([[2.0, 2.0], [2.0, 2.0]])
    assert joint_critical_mass(mass, 3.0)[0][0, 1] == 2
    common = {(0, 1): np.array([2.0, 0.5])}  # the first field is one and the same two members
    count, thin = joint_critical_mass(mass, 3.0, common=common)
    assert count.tolist() == [[0, 1], [1, 0]]
    assert thin.tolist() == [2, 2]


@given(arrays(float, (4, 5), elements=st.floats(0, 5)), st.floats(0.5, 5))
def test_joint_mass_is_symmetric_and_within_the_thin_fields(mass, least):
    count, thin = joint_critical_mass(mass, least)
    assert (count == count.T).all()
    assert (count <= np.minimum(thin[:, None], thin[None, :])).all()


def test_a_threshold_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        joint_critical_mass(np.ones((2, 2)), 0.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_understanding_lies_in_its_range_and_is_best_at_the_peak(kinship, peak):
    worth = understanding(np.array([kinship, peak]), peak=peak)
    assert -1e-12 <= worth[0] <= worth[1] == 1.0


def test_a_peak_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.1"):
        understanding(np.ones(1), peak=1.5)


def test_an_inverted_u_is_found_where_there_is_one_and_only_there():
    random = np.random.default_rng(1)
    x = random.random(200)
    noise = 0.2 * random.standard_normal(200)
    found = inverted_u_test(x, 4 * x * (1 - x) + noise)
    assert found.p_value <= 0.002
    assert found.peak == pytest.approx(0.5, abs=0.05)
    # Concave, but still rising at the end: no inverted U, although the parabola bends down.
    rising = inverted_u_test(x, np.sqrt(x) + noise)
    assert rising.p_value > 0.5
    assert inverted_u_test(x, noise).p_value > 0.05


def test_the_slopes_are_those_of_least_squares():
    random = np.random.default_rng(2)
    x, y = random.random(30), random.random(30)
    b2, b1, _ = np.polyfit(x, y, 2)
    found = inverted_u_test(x, y, permutations=99)
    assert found.slope_low == pytest.approx(b1 + 2 * b2 * x.min())
    assert found.slope_high == pytest.approx(b1 + 2 * b2 * x.max())


@pytest.mark.parametrize(("x", "y"), [([0, 1, 2, 3], [0, 1, 1, 0]), ([0, 0, 1, 1, 1], [1] * 5)])
def test_too_few_observations_are_refused(x, y):
    with pytest.raises(ValueError, match="are needed"):
        inverted_u_test(np.array(x, float), np.array(y, float))


def by_force(value, p, q):
    """The largest total of any set of pairs that respects the capacities."""
    pairs = list(product(*map(range, value.shape)))
    best = 0.0
    for n in range(1, len(pairs) + 1):
        for chosen in combinations(pairs, n):
            rows = np.bincount([i for i, _ in chosen], minlength=value.shape[0])
            columns = np.bincount([j for _, j in chosen], minlength=value.shape[1])
            if rows.max() <= p and columns.max() <= q:
                best = max(best, sum(value[c] for c in chosen))
    return best


@settings(max_examples=30)
@given(arrays(float, (3, 3), elements=st.floats(-1, 5)), st.integers(0, 3), st.integers(0, 3))
def test_the_matching_of_many_is_worth_most(value, p, q):
    chosen = match_many(value, row_capacity=p, column_capacity=q)
    assert (chosen.sum(axis=1) <= p).all()
    assert (chosen.sum(axis=0) <= q).all()
    assert value[chosen].sum() == pytest.approx(by_force(value, p, q), abs=1e-6)


WISH = arrays(float, (4, 5), elements=st.one_of(st.floats(0, 1), st.just(np.nan)))


@given(WISH, WISH, st.integers(1, 3), st.integers(1, 3))
def test_no_pair_would_both_rather_have_each_other(wish, welcome, p, q):
    chosen = stable_many(wish, welcome, row_capacity=p, column_capacity=q)
    assert (chosen.sum(axis=1) <= p).all()
    assert (chosen.sum(axis=0) <= q).all()
    assert not np.isnan(wish[chosen]).any()
    assert not np.isnan(welcome[chosen]).any()
    for i, j in np.argwhere(~chosen & ~np.isnan(wish) & ~np.isnan(welcome)):
        row_wants = chosen[i].sum() < p or wish[i, j] > wish[i][chosen[i]].min()
        column_wants = chosen[:, j].sum() < q or welcome[i, j] > welcome[:, j][chosen[:, j]].min()
        assert not (row_wants and column_wants), (i, j)


@given(WISH, WISH)
def test_with_room_for_one_it_is_deferred_acceptance(wish, welcome):
    chosen = stable_many(wish, welcome, row_capacity=1, column_capacity=1)
    matched = np.where(chosen.any(axis=1), chosen.argmax(axis=1), -1)
    assert matched.tolist() == stable_matching(wish, welcome).tolist()
    assert not blocking_pairs(wish, welcome, matched).size


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0.1, 5)), max_size=7),
    st.integers(0, 3),
)
def test_nobody_is_in_more_pairs_than_it_has_room_for_and_the_rest_is_worth_most(edges, room):
    edges = [edge for edge in edges if edge[0] != edge[1]]
    value = np.array([w for *_, w in edges])
    ends = np.array([e[:2] for e in edges], dtype=np.int64).reshape(-1, 2)
    kept = within_load(value, ends, capacity=room)
    assert (np.bincount(ends[kept].ravel(), minlength=5) <= room).all()
    best = 0.0
    for n in range(len(edges) + 1):
        for chosen in combinations(range(len(edges)), n):
            part = ends[list(chosen)]
            if (np.bincount(part.ravel(), minlength=5) <= room).all():
                best = max(best, float(value[list(chosen)].sum()))
    assert value[kept].sum() == pytest.approx(best, abs=1e-6)


def test_a_pair_of_no_value_cannot_be_limited():
    with pytest.raises(ValueError, match="above 0"):
        within_load(np.array([0.0]), np.array([[0, 1]]), capacity=1)


def test_capacities_and_infinite_values_are_checked():
    with pytest.raises(ValueError, match="capacities"):
        match_many(np.ones((2, 2)), row_capacity=-1, column_capacity=1)
    with pytest.raises(ValueError, match="finite"):
        match_many(np.full((2, 2), np.inf), row_capacity=1, column_capacity=1)
    with pytest.raises(ValueError, match="one shape"):
        stable_many(np.ones((2, 2)), np.ones((2, 3)), row_capacity=1, column_capacity=1)
    with pytest.raises(ValueError, match="finite"):
        stable_many(np.full((1, 1), np.inf), np.ones((1, 1)), row_capacity=1, column_capacity=1)
