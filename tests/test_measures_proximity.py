"""Proximity of fields: by hand, against published numbers, loops, and as properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse, stats

from clusterloom.measures.association_proximity import (
    association_excess,
    association_strength,
    co_occurrence_score,
    probabilistic_strength,
)
from clusterloom.measures.proximity import (
    co_occurrence,
    conditional_minimum,
    conditional_probability,
    cosine_proximity,
    inclusion_proximity,
    jaccard_proximity,
    occurrences_with_others,
    specialisation_correlation,
)

from .test_measures_specialisation import econgeo

PRESENCES = arrays(np.int8, (7, 4), elements=st.integers(0, 1))
QUOTIENTS = arrays(float, (6, 3), elements=st.floats(0, 5).map(lambda v: round(v, 3)))
SET_MEASURES = {
    "conditional_minimum": conditional_minimum,
    "cosine": cosine_proximity,
    "inclusion": inclusion_proximity,
    "jaccard": jaccard_proximity,
}
every_set_measure = pytest.mark.parametrize(
    "measure", SET_MEASURES.values(), ids=SET_MEASURES.keys()
)
EVERY = {
    **SET_MEASURES,
    "conditional_probability": conditional_probability,
    "association_strength": lambda c: association_strength(c, np.diag(c), total=7),
    "association_excess": lambda c: association_excess(c, np.diag(c), total=7),
    "probabilistic_strength": lambda c: probabilistic_strength(c, occurrences_with_others(c)),
    "co_occurrence_score": lambda c: co_occurrence_score(c, places=7),
}
every_measure = pytest.mark.parametrize("measure", EVERY.values(), ids=EVERY.keys())


def without_diagonal(table):
    return np.where(np.eye(len(table)) == 1, 0.0, table)


def as_sets(presence):
    return [set(np.flatnonzero(column).tolist()) for column in presence.T]


def loop(presence, compare):
    sets = as_sets(presence)
    return np.array([[compare(a, b) for b in sets] for a in sets], dtype=float)


def divide(part, whole):
    return part / whole if whole else np.nan


def test_co_occurrence_equals_that_of_econgeo_with_and_without_the_diagonal():
    count = co_occurrence(econgeo("inc", "mat", "input").T)  # the example has fields in rows
    np.testing.assert_array_equal(count, econgeo("inc", "co_occurrence_diag"))
    np.testing.assert_array_equal(without_diagonal(count), econgeo("inc", "co_occurrence"))


def test_the_four_normalisations_equal_those_of_econgeo():
    count = econgeo("cooc6", "mat", "input")
    occur = occurrences_with_others(count)
    found = {
        "relatedness_association": association_strength(count, occur, total=occur.sum()),
        "relatedness_cosine": cosine_proximity(count, occur),
        "relatedness_jaccard": jaccard_proximity(count, occur),
        "relatedness_prob": probabilistic_strength(count, occur),
    }
    for name, proximity in found.items():
        # EconGeo writes 0 on the diagonal.
        np.testing.assert_allclose(without_diagonal(proximity), econgeo("cooc6", name), rtol=1e-12)


def test_four_places_with_one_field_and_two_with_another_that_share_one_solved_by_hand():
    count = np.array([[4.0, 1.0], [1.0, 2.0]])
    assert conditional_minimum(count)[0, 1] == 1 / 4
    assert conditional_probability(count)[0, 1] == 1 / 2  # of the two places of the second
    assert conditional_probability(count)[1, 0] == 1 / 4
    assert inclusion_proximity(count)[0, 1] == 1 / 2
    assert cosine_proximity(count)[0, 1] == pytest.approx(1 / np.sqrt(8))
    assert jaccard_proximity(count)[0, 1] == 1 / 5
    # Of 8 places one is expected to have both.
    assert association_strength(count, np.array([4.0, 2.0]), total=8)[0, 1] == 1.0
    assert association_excess(count, np.array([4.0, 2.0]), total=8)[0, 1] == 0.0
    assert co_occurrence_score(count, places=8)[0, 1] == 0.0


@settings(deadline=None)
@given(PRESENCES)
def test_counts_and_set_measures_equal_those_of_python_sets(presence):
    count = co_occurrence(presence)
    expected = {
        "count": (count, lambda a, b: len(a & b)),
        "least": (conditional_minimum(count), lambda a, b: divide(len(a & b), max(len(a), len(b)))),
        "chance": (conditional_probability(count), lambda a, b: divide(len(a & b), len(b))),
        "jaccard": (jaccard_proximity(count), lambda a, b: divide(len(a & b), len(a | b))),
        "rarer": (
            inclusion_proximity(count),
            lambda a, b: divide(len(a & b), min(len(a), len(b))),
        ),
        "cosine": (
            cosine_proximity(count),
            lambda a, b: divide(len(a & b), np.sqrt(len(a) * len(b))),
        ),
    }
    for found, compare in expected.values():
        np.testing.assert_allclose(found, loop(presence, compare), rtol=1e-12)


@settings(deadline=None)
@given(PRESENCES)
def test_the_score_is_that_of_the_hypergeometric_distribution(presence):
    count = co_occurrence(presence)
    score = co_occurrence_score(count, places=7)
    for i, j in zip(*np.triu_indices(4, 1), strict=True):
        ki, kj = int(count[i, i]), int(count[j, j])
        if {ki, kj} & {0, 7}:
            assert np.isnan(score[i, j])
            continue
        mean, variance = stats.hypergeom(7, ki, kj).stats("mv")
        assert score[i, j] == pytest.approx((count[i, j] - mean) / np.sqrt(variance), abs=1e-9)


@settings(deadline=None)
@given(QUOTIENTS)
def test_the_correlation_is_that_of_numpy_moved_to_zero_to_one(quotient):
    found = specialisation_correlation(quotient)
    for i, j in np.ndindex(3, 3):
        pair = quotient[:, [i, j]]
        if (np.ptp(pair, axis=0) > 1e-6).all():
            expected = (1 + np.corrcoef(pair.T)[0, 1]) / 2
            assert found[i, j] == pytest.approx(expected, abs=1e-9)
        elif (np.ptp(pair, axis=0) == 0).any():
            assert np.isnan(found[i, j])


@every_measure
@settings(deadline=None)
@given(presence=PRESENCES)
def test_measures_are_symmetric_but_for_the_conditional_chance_and_follow_relabelling(
    measure, presence
):
    count = co_occurrence(presence)
    found = measure(count)
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(
        measure(count[np.ix_(order, order)]), found[np.ix_(order, order)], atol=1e-12
    )
    if measure is not conditional_probability:
        np.testing.assert_allclose(found, found.T)


@settings(deadline=None)
@given(PRESENCES)
def test_the_order_of_the_set_measures_is_that_of_van_eck_and_waltman(presence):
    # Jaccard <= conditional minimum <= cosine <= inclusion, for every pair.
    count = co_occurrence(presence)
    found = [f(count) for f in (jaccard_proximity, conditional_minimum, cosine_proximity)]
    found.append(inclusion_proximity(count))
    both = np.outer(np.diag(count) > 0, np.diag(count) > 0)
    for small, large in pairwise(found):
        assert (small[both] <= large[both] + 1e-12).all()


@settings(deadline=None)
@given(PRESENCES, st.integers(2, 5))
def test_repeating_all_places_leaves_the_measures_of_shares_as_they_are(presence, times):
    once, often = co_occurrence(presence), co_occurrence(np.tile(presence, (times, 1)))
    for measure in (*SET_MEASURES.values(), conditional_probability):
        np.testing.assert_allclose(measure(often), measure(once))
    np.testing.assert_allclose(
        association_strength(often, np.diag(often), total=7 * times),
        association_strength(once, np.diag(once), total=7),
    )


def test_sparse_and_dense_tables_and_products_give_the_same_counts():
    rng = np.random.default_rng(5)
    for filled in (0.002, 0.3):  # below and above the limit for a dense product
        presence = rng.random((300, 40)) < filled
        expected = presence.astype(int).T @ presence.astype(int)
        np.testing.assert_array_equal(co_occurrence(presence), expected)
        np.testing.assert_array_equal(co_occurrence(sparse.coo_array(presence)), expected)


def test_fields_that_are_nowhere_have_no_proximity():
    count = co_occurrence(np.array([[1, 0, 0], [1, 1, 0]]))
    for measure in EVERY.values():
        found = measure(count)
        assert np.isnan(found[2, 2])
    assert conditional_minimum(count)[0, 2] == 0.0  # one of the two is somewhere, never both
    assert np.isnan(cosine_proximity(count)[0, 2])
    assert np.isnan(conditional_probability(count)[0, 2])


@every_set_measure
def test_one_field_alone_is_close_to_itself(measure):
    assert measure(co_occurrence(np.array([[1], [1], [0]]))).tolist() == [[1.0]]


@every_measure
def test_tables_that_are_no_counts_of_pairs_are_refused(measure):
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -1"):
        measure(np.array([[2.0, -1.0], [-1.0, 2.0]]))
    with pytest.raises(ValueError, match="symmetric, but row 0 sums to 3 and column 0 to 2"):
        measure(np.array([[2.0, 1.0], [0.0, 2.0]]))
    with pytest.raises(ValueError, match="one is infinite"):
        measure(np.array([[np.inf, 1.0], [1.0, 2.0]]))


def test_tables_of_another_shape_and_occurrences_that_do_not_fit_are_refused():
    count = np.array([[2.0, 1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match=r"must be square, but its shape is \(2, 3\)"):
        conditional_minimum(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"each of 2 fields, but their shape is \(3,\)"):
        cosine_proximity(count, np.ones(3))
    with pytest.raises(ValueError, match="occurrences must be >= 0, but the smallest is -3"):
        jaccard_proximity(count, np.array([-3.0, 1.0]))
    with pytest.raises(ValueError, match="total must be > 0, but it is 0"):
        association_strength(count, np.ones(2), total=0.0)
    with pytest.raises(ValueError, match="largest ubiquity, 2, but it is 1"):
        co_occurrence_score(count, places=1)


def test_an_unknown_pair_stays_unknown_and_spoils_no_other():
    count = np.array([[2.0, np.nan, 1.0], [np.nan, 2.0, 1.0], [1.0, 1.0, 2.0]])
    found = cosine_proximity(count)
    assert np.isnan(found[0, 1])
    assert found[0, 2] == pytest.approx(0.5)


def test_the_correlation_refuses_gaps_and_a_single_place():
    with pytest.raises(ValueError, match="quotients must be finite"):
        specialisation_correlation(np.array([[1.0, np.nan], [1.0, 2.0]]))
    with pytest.raises(ValueError, match=r"at least 2 places, but the shape is \(1, 2\)"):
        specialisation_correlation(np.ones((1, 2)))
