"""Presences, counts and evenness: by hand, against published numbers, loops, and as properties."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.measures.diversity import (
    diversity,
    effective_fields,
    hachman_index,
    shannon_entropy,
    ubiquity,
)
from clusterloom.measures.presence import (
    sparse_location_quotient,
    sparse_presence,
    specialised_presence,
)
from clusterloom.measures.specialisation import location_quotient, specialised

from .test_measures_specialisation import econgeo

TABLES = arrays(float, (5, 4), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0]))
WEIGHTS = arrays(float, (4, 3), elements=st.floats(0.01, 1e6))
FORMS = [np.asarray, sparse.csr_array, sparse.coo_matrix, sparse.csc_array, sparse.lil_array]


def loop_entropy(weight):
    total = sum(weight)
    return -sum(w / total * log2(w / total) for w in weight if w > 0)


def test_counts_of_the_network_of_hidalgo_and_hausmann():
    network = econgeo("hh2009_figS4", "mat", "input")
    np.testing.assert_array_equal(diversity(network), econgeo("hh2009_figS4", "morc_steps0"))
    np.testing.assert_array_equal(ubiquity(network), econgeo("hh2009_figS4", "mort_steps0"))


def test_entropy_and_hachman_index_equal_those_of_econgeo():
    weight = econgeo("m100", "mat", "input")
    # EconGeo adds 1e-9 in the logarithm and rounds to three digits.
    np.testing.assert_allclose(
        shannon_entropy(weight), econgeo("m100", "entropy"), atol=0.0005 + 1e-8
    )
    np.testing.assert_allclose(hachman_index(weight), econgeo("m100", "hachman"), rtol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_table_gives_the_same_counts(form):
    table = np.array([[1, 1, 0], [0, 1, 0]])
    assert diversity(form(table)).tolist() == [2.0, 1.0]
    assert ubiquity(form(table)).tolist() == [1.0, 2.0, 0.0]


def test_an_empty_table_has_no_diversity_and_an_empty_row_counts_zero():
    assert diversity(np.zeros((0, 3))).tolist() == []
    assert ubiquity(np.zeros((0, 3))).tolist() == [0.0, 0.0, 0.0]
    assert diversity(np.array([[0, 0], [0, 1]])).tolist() == [0.0, 1.0]


def test_reading_presences_copies_drops_stored_zeros_and_leaves_the_input_alone():
    stored = sparse.csr_array((np.array([1.0, 0.0]), (np.array([0, 1]), np.array([0, 1]))))
    read = sparse_presence(stored)
    assert read.nnz == 1
    read.data[:] = 9.0
    assert stored.data.tolist() == [1.0, 0.0]


def test_entries_given_twice_add_up_and_are_then_no_presences():
    twice = sparse.coo_array((np.ones(2), (np.zeros(2, dtype=int), np.zeros(2, dtype=int))))
    with pytest.raises(ValueError, match="must be 0 or 1, but one is 2"):
        sparse_presence(twice)


@pytest.mark.parametrize("bad", [2.0, -1.0, 0.5, np.nan])
def test_what_is_no_presence_is_refused(bad):
    with pytest.raises(ValueError, match="must be 0 or 1, but one is"):
        diversity(np.array([[1.0, bad]]))


def test_a_vector_is_no_table():
    with pytest.raises(ValueError, match=r"two axes, places and fields, but have shape \(2,\)"):
        ubiquity(np.array([1, 0]))


def test_a_place_of_one_field_has_no_entropy_and_a_place_of_none_is_unknown():
    weight = np.array([[3.0, 0.0], [0.0, 0.0], [2.0, 2.0]])
    np.testing.assert_array_equal(shannon_entropy(weight), [0.0, np.nan, 1.0])
    np.testing.assert_array_equal(effective_fields(weight), [1.0, np.nan, 2.0])
    assert np.isnan(hachman_index(weight)[1])


def test_one_field_only_is_the_mix_of_the_whole():
    weight = np.array([[3.0], [1.0]])
    np.testing.assert_array_equal(shannon_entropy(weight), [0.0, 0.0])
    np.testing.assert_array_equal(hachman_index(weight), [1.0, 1.0])
    np.testing.assert_array_equal(location_quotient(weight), [[1.0], [1.0]])


def test_a_field_absent_everywhere_changes_neither_entropy_nor_hachman_index():
    weight = np.array([[6.0, 2.0], [2.0, 6.0]])
    wider = np.pad(weight, ((0, 0), (0, 1)))
    np.testing.assert_allclose(shannon_entropy(wider), shannon_entropy(weight))
    np.testing.assert_allclose(hachman_index(wider), hachman_index(weight))


@settings(deadline=None)
@given(WEIGHTS)
def test_entropy_equals_a_loop_and_stays_within_its_bounds(weight):
    entropy = shannon_entropy(weight)
    np.testing.assert_allclose(entropy, [loop_entropy(row) for row in weight], atol=1e-12)
    assert (entropy <= log2(3) + 1e-12).all()
    index = hachman_index(weight)
    assert ((index > 0) & (index <= 1 + 1e-12)).all()


@settings(deadline=None)
@given(WEIGHTS, st.permutations(range(3)))
def test_the_order_of_fields_does_not_matter_to_evenness(weight, order):
    moved = weight[:, list(order)]
    np.testing.assert_allclose(shannon_entropy(moved), shannon_entropy(weight), atol=1e-12)
    np.testing.assert_allclose(hachman_index(moved), hachman_index(weight))


@settings(deadline=None)
@given(TABLES)
def test_sparse_quotients_equal_the_filled_ones_where_there_is_weight(weight):
    found = sparse_location_quotient(sparse.csr_array(weight)).toarray()
    filled = location_quotient(weight)
    np.testing.assert_allclose(found[weight > 0], filled[weight > 0], rtol=1e-12)
    assert (found[weight == 0] == 0).all()


@settings(deadline=None)
@given(TABLES, st.sampled_from([0.5, 1.0, 2.0]))
def test_sparse_presences_equal_the_filled_quotients_at_the_limit(weight, limit):
    found = specialised_presence(sparse.csr_array(weight), at_least=limit)
    filled = specialised(location_quotient(weight), at_least=limit)
    np.testing.assert_array_equal(found.toarray() == 1, filled)


@settings(deadline=None)
@given(st.floats(0.01, 1e3), st.integers(1, 6), st.integers(1, 6))
def test_places_of_one_mix_reach_a_quotient_of_one_whatever_the_rounding(weight, places, fields):
    same = np.full((places, fields), weight) * np.arange(1, places + 1)[:, None]
    assert specialised(location_quotient(same)).all()
    assert specialised_presence(same).nnz == places * fields


def test_weights_that_are_negative_or_unknown_are_refused_in_sparse_tables():
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -1"):
        sparse_location_quotient(np.array([[-1.0, 2.0]]))
    with pytest.raises(ValueError, match="finite, but one is NaN"):
        specialised_presence(np.array([[np.nan, 2.0]]))
    with pytest.raises(ValueError, match="at_least must be > 0, but it is 0"):
        specialised_presence(np.ones((2, 2)), at_least=0.0)
    assert sparse_location_quotient(np.zeros((2, 2))).nnz == 0
