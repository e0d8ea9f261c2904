"""Density and coherence: by hand, against the rules of other programs, loops, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.measures.association_proximity import co_occurrence_score
from clusterloom.measures.proximity import co_occurrence, conditional_minimum
from clusterloom.measures.relatedness import added_density, coherence, relatedness_density
from clusterloom.measures.sophistication import field_sophistication, place_sophistication
from clusterloom.measures.specialisation import location_quotient

from .test_measures_specialisation import econgeo

PRESENCES = arrays(np.int8, (6, 4), elements=st.integers(0, 1))
WEIGHTS = arrays(float, (6, 4), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0]))
PROXIMITIES = arrays(float, (4, 4), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])).map(
    lambda phi: np.maximum(phi, phi.T)
)
SELF = st.booleans()
PHI = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]])


def loop_density(presence, phi, keep_self):
    found = np.full(presence.shape, np.nan)
    for p, i in np.ndindex(*presence.shape):
        others = [j for j in range(len(phi)) if keep_self or j != i]
        whole = sum(phi[i, j] for j in others)
        if whole > 0:
            found[p, i] = sum(phi[i, j] for j in others if presence[p, j]) / whole
    return found


def loop_coherence(weight, phi):
    found = []
    for row in weight:
        held = [j for j in range(len(row)) if row[j] > 0]
        if len(held) < 2:
            found.append(np.nan)
            continue
        near = {
            i: sum(row[j] * phi[i, j] for j in held if j != i) / sum(row[j] for j in held if j != i)
            for i in held
        }
        found.append(sum(row[i] * near[i] for i in held) / row.sum())
    return found


def test_density_with_and_without_the_field_itself_solved_by_hand():
    # The place has the first two of three fields; the third is close to the first and itself.
    place = np.array([[1, 1, 0]])
    apart = relatedness_density(place, PHI, keep_self=False)
    np.testing.assert_array_equal(apart, [[0.5, 1.0, 1.0]])
    kept = relatedness_density(place, PHI, keep_self=True)
    np.testing.assert_allclose(kept, [[1.5 / 2, 1.5 / 1.5, 0.5 / 1.5]])


def test_leaving_the_field_out_is_the_rule_of_econgeo_whose_relatedness_has_no_diagonal():
    network = econgeo("hh2009_figS4", "mat", "input")
    phi = conditional_minimum(co_occurrence(network))
    bare = phi - np.diag(np.diag(phi))
    with np.errstate(invalid="ignore"):
        expected = (network @ bare) / bare.sum(axis=0)
    np.testing.assert_allclose(relatedness_density(network, phi, keep_self=False), expected)
    # py-ecomplexity keeps the diagonal of ones: another number for every field.
    kept = relatedness_density(network, phi, keep_self=True)
    np.testing.assert_allclose(kept, network @ phi / phi.sum(axis=0))
    assert np.abs(kept - expected).max() > 0.1


def test_a_partner_adds_what_is_close_and_new():
    # The partner brings the third field: half of what is close to the first, nothing to the second.
    found = added_density(
        np.array([[0, 1, 0], [0, 1, 1]]), PHI, partner=np.array([0, 1, 1]), keep_self=False
    )
    np.testing.assert_array_equal(found, [[0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_coherence_of_three_fields_solved_by_hand():
    # Shares 1/2, 1/4, 1/4. First: (1/4 * 0.5 + 1/4 * 0.5) / (1/2) = 1/2; second and third have
    # 3/4 of other work, of which the half of the first counts 0.5: (1/2 * 0.5) / (3/4) = 1/3.
    found = coherence(np.array([[2.0, 1.0, 1.0]]), PHI)
    assert found[0] == pytest.approx(1 / 2 * 1 / 2 + 1 / 4 * 1 / 3 + 1 / 4 * 1 / 3)


def test_coherence_takes_the_scores_of_teece_below_zero():
    presence = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 0]])
    score = co_occurrence_score(co_occurrence(presence), places=5)
    assert score[0, 2] < 0 < score[0, 1]
    assert coherence(np.array([[1.0, 0.0, 1.0]]), score)[0] == pytest.approx(score[0, 2])


@settings(deadline=None)
@given(PRESENCES, PROXIMITIES, SELF)
def test_density_equals_a_loop_in_dense_and_sparse_form(presence, phi, keep_self):
    expected = loop_density(presence, phi, keep_self)
    for table in (presence, sparse.csr_array(presence)):
        found = relatedness_density(table, phi, keep_self=keep_self)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(deadline=None)
@given(PRESENCES, PROXIMITIES, SELF)
def test_density_lies_between_nothing_and_everything_and_those_reach_the_ends(
    presence, phi, keep_self
):
    found = relatedness_density(presence, phi, keep_self=keep_self)
    known = ~np.isnan(found)
    assert ((found[known] >= 0) & (found[known] <= 1)).all()
    ends = np.array([np.zeros(4), np.ones(4)])
    low, high = relatedness_density(ends, phi, keep_self=keep_self)
    assert (low[~np.isnan(low)] == 0).all()
    np.testing.assert_allclose(high[~np.isnan(high)], 1.0)


@settings(deadline=None)
@given(PRESENCES, PRESENCES, PROXIMITIES, SELF)
def test_what_a_partner_adds_is_the_density_of_both_minus_that_of_the_place(
    own, other, phi, keep_self
):
    added = added_density(own, phi, partner=other, keep_self=keep_self)
    both = relatedness_density(own | other, phi, keep_self=keep_self)
    alone = relatedness_density(own, phi, keep_self=keep_self)
    np.testing.assert_allclose(added, both - alone, atol=1e-12)


@settings(deadline=None)
@given(PRESENCES, PROXIMITIES, SELF, st.permutations(range(4)))
def test_relabelling_the_fields_relabels_the_density(presence, phi, keep_self, order):
    order = list(order)
    found = relatedness_density(presence, phi, keep_self=keep_self)
    moved = relatedness_density(presence[:, order], phi[np.ix_(order, order)], keep_self=keep_self)
    np.testing.assert_allclose(moved, found[:, order], atol=1e-12)


@settings(deadline=None)
@given(PRESENCES, PROXIMITIES, SELF, st.floats(0.01, 100))
def test_the_unit_of_proximity_does_not_matter_to_density(presence, phi, keep_self, factor):
    np.testing.assert_allclose(
        relatedness_density(presence, phi * factor, keep_self=keep_self),
        relatedness_density(presence, phi, keep_self=keep_self),
        atol=1e-12,
    )


@settings(deadline=None)
@given(WEIGHTS, PROXIMITIES)
def test_coherence_equals_a_loop_and_does_not_see_the_diagonal(weight, phi):
    found = coherence(weight, phi)
    np.testing.assert_allclose(found, loop_coherence(weight, phi), atol=1e-12)
    np.testing.assert_array_equal(coherence(weight, phi + 5 * np.eye(4)), found)


def test_the_large_sparse_way_equals_the_filled_one():
    rng = np.random.default_rng(2)
    phi = rng.random((60, 60))
    for filled in (0.01, 0.2):  # below and above the limit for a dense product
        presence = (rng.random((50, 60)) < filled).astype(float)
        for keep_self in (True, False):
            np.testing.assert_allclose(
                relatedness_density(sparse.csr_array(presence), phi, keep_self=keep_self),
                loop_density(presence, phi, keep_self),
                atol=1e-12,
            )


def test_an_isolated_field_has_no_density_and_an_empty_place_a_density_of_zero():
    phi = np.diag([1.0, 1.0])
    table = np.array([[1, 0], [0, 0]])
    assert np.isnan(relatedness_density(table, phi, keep_self=False)).all()
    kept = relatedness_density(table, phi, keep_self=True)
    np.testing.assert_array_equal(kept, [[1.0, 0.0], [0.0, 0.0]])


def test_one_field_only_is_close_to_nothing_but_itself():
    table, phi = np.array([[1], [0]]), np.array([[1.0]])
    assert np.isnan(relatedness_density(table, phi, keep_self=False)).all()
    assert relatedness_density(table, phi, keep_self=True).tolist() == [[1.0], [0.0]]
    assert np.isnan(coherence(np.array([[3.0]]), phi)).all()


def test_an_unknown_proximity_counts_as_none():
    phi = PHI.copy()
    phi[1, 2] = phi[2, 1] = np.nan
    for keep_self in (True, False):
        np.testing.assert_array_equal(
            relatedness_density(np.array([[1, 1, 0]]), phi, keep_self=keep_self),
            relatedness_density(np.array([[1, 1, 0]]), PHI, keep_self=keep_self),
        )
    assert np.isnan(phi[1, 2])  # the input is not changed


def test_bad_proximities_partners_and_presences_are_refused():
    place = np.array([[1, 0, 1]])
    with pytest.raises(ValueError, match=r"3 x 3, as there are 3 fields, but its shape"):
        relatedness_density(place, np.eye(2), keep_self=True)
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -1"):
        relatedness_density(place, -np.eye(3), keep_self=True)
    for endless in (np.inf, -np.inf):
        with pytest.raises(ValueError, match="one is infinite: use NaN"):
            coherence(place, np.full((3, 3), endless))
    with pytest.raises(ValueError, match="must be 0 or 1, but one is 2"):
        relatedness_density(2 * place, PHI, keep_self=True)
    with pytest.raises(ValueError, match=r"one row of 3 fields, .* but its shape is \(2,\)"):
        added_density(place, PHI, partner=np.ones(2), keep_self=True)
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -2"):
        coherence(np.array([[1.0, -2.0, 0.0]]), PHI)


def test_sophistication_of_fields_and_places_equals_prody_and_expy_of_econgeo():
    weight = econgeo("m100", "mat", "input")
    attribute = np.array([5.0, 10, 15, 25, 50])
    # EconGeo rounds the quotients to two digits first.
    printed = field_sophistication(econgeo("m100", "rca"), attribute)
    gold = econgeo("m100", "prody_vec_5_10_15_25_50")
    np.testing.assert_allclose(printed, gold, rtol=1e-12)
    np.testing.assert_allclose(
        place_sophistication(weight, printed),
        econgeo("m100", "expy_vec_5_10_15_25_50"),
        rtol=1e-12,
    )
    exact = field_sophistication(location_quotient(weight), attribute)
    np.testing.assert_allclose(exact, gold, rtol=0.01)
    assert (exact != gold).all()


@settings(deadline=None)
@given(WEIGHTS, arrays(float, 6, elements=st.floats(1, 100)))
def test_sophistication_lies_between_the_poorest_and_the_richest_place(weight, attribute):
    fields = field_sophistication(location_quotient(weight), attribute)
    assert np.isnan(fields).tolist() == (weight.sum(axis=0) == 0).tolist()
    places = place_sophistication(weight, fields)
    assert np.isnan(places).tolist() == (weight.sum(axis=1) == 0).tolist()
    for found in (fields, places):
        known = found[~np.isnan(found)]
        assert ((known >= attribute.min() - 1e-9) & (known <= attribute.max() + 1e-9)).all()


def test_an_unknown_attribute_spoils_only_the_fields_of_its_place():
    quotient = location_quotient(np.array([[2.0, 2.0, 0.0], [0.0, 2.0, 2.0]]))
    found = field_sophistication(quotient, np.array([np.nan, 7.0]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 7.0])
    np.testing.assert_array_equal(
        place_sophistication(np.array([[0.0, 0.0, 3.0], [1.0, 0.0, 3.0]]), found), [7.0, np.nan]
    )


def test_bad_attributes_and_values_are_refused():
    with pytest.raises(ValueError, match=r"of the places of quotient, .* \(3,\) and \(2, 2\)"):
        field_sophistication(np.ones((2, 2)), np.ones(3))
    with pytest.raises(ValueError, match=r"of the fields of weight, .* \(3,\) and \(2, 2\)"):
        place_sophistication(np.ones((2, 2)), np.ones(3))
    with pytest.raises(ValueError, match="attribute must be finite"):
        field_sophistication(np.ones((2, 2)), np.array([1.0, np.inf]))
    with pytest.raises(ValueError, match="field_value must be finite"):
        place_sophistication(np.ones((2, 2)), np.array([1.0, -np.inf]))
