"""Cluster stars and index: by hand, against print, a loop, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.specialisation import location_quotient
from clusterloom.measures.stars import among_top, cluster_index, cluster_stars, growth_per_year

from .test_measures_specialisation import reat

JOBS = arrays(float, (6, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0, 30.0]))
VALUES = arrays(float, 9, elements=st.integers(0, 6).map(float))
SHARE = st.sampled_from([0.1, 0.2, 0.3, 0.5, 1.0])


def test_the_four_stars_of_a_small_country_solved_by_hand():
    # Rows are places, columns fields: 100, 100 and 200 jobs, 110 and 290 by field.
    jobs = np.array([[90.0, 10.0], [10.0, 90.0], [10.0, 190.0]])
    growth = np.array([[0.01, 0.02], [0.05, 0.01], [0.02, np.nan]])
    found = cluster_stars(jobs, growth=growth, top_share=0.3)
    assert found.size.tolist() == [[1, 0], [0, 0], [0, 1]]
    # 0.9 / (110 / 400) = 3.27; no other quotient reaches 2.
    assert found.specialisation.tolist() == [[1, 0], [0, 0], [0, 0]]
    # The two largest of the six shares 0.9, 0.1, 0.1, 0.9, 0.05, 0.95: the second place is shared.
    assert found.focus.tolist() == [[1, 0], [0, 1], [0, 1]]
    np.testing.assert_array_equal(found.dynamism, [[0, 1], [1, 0], [0, np.nan]])
    np.testing.assert_array_equal(found.count, [[3, 1], [1, 1], [0, 2]])
    assert found.known.tolist() == [[4, 4], [4, 4], [4, 3]]


def test_all_employment_of_a_place_makes_a_field_less_of_a_speciality():
    jobs = np.array([[90.0], [10.0]])
    among_themselves = cluster_stars(np.hstack([jobs, jobs[::-1]]))
    assert among_themselves.specialisation[0, 0] == 0.0  # 0.9 / 0.5 = 1.8
    whole = cluster_stars(jobs, np.array([100.0, 900.0]))
    assert whole.specialisation[:, 0].tolist() == [1.0, 0.0]  # 0.9 / 0.1 = 9
    assert whole.focus[:, 0].tolist() == [1.0, 0.0]


def test_focus_within_the_field_follows_the_location_quotient():
    rng = np.random.default_rng(0)
    jobs = rng.lognormal(size=(40, 5))
    found = cluster_stars(jobs, focus_among="field", top_share=0.2)
    np.testing.assert_array_equal(found.focus, among_top(location_quotient(jobs), top_share=0.2))
    # Over all fields the large ones take the stars: the criterion is another one.
    assert (cluster_stars(jobs, top_share=0.2).focus != found.focus).any()


def test_without_growth_dynamism_is_unknown_and_not_missed():
    found = cluster_stars(np.array([[3.0, 1.0], [1.0, 3.0]]))
    assert np.isnan(found.dynamism).all()
    assert (found.known == 3).all()


def test_nothing_there_has_no_star_and_takes_part_in_no_ranking():
    jobs = np.array([[5.0, 0.0], [0.0, 0.0], [4.0, 2.0]])
    found = cluster_stars(jobs, top_share=0.5)
    assert found.size[:, 0].tolist() == [1, 0, 0]  # half of the two that have it
    assert found.count[1].tolist() == [0, 0]
    assert found.count[0, 1] == 0


def test_an_unknown_weight_is_unknown_and_its_place_has_no_known_quotient():
    jobs = np.array([[5.0, np.nan], [1.0, 2.0], [2.0, 4.0]])
    found = cluster_stars(jobs)
    assert np.isnan(found.size[0, 1])
    assert found.size[0, 0] == 1.0
    assert np.isnan(found.specialisation[:, 0]).all()  # the total of all places is unknown
    assert np.isnan(found.count[0, 1])
    assert found.known[0].tolist() == [1, 0]


def test_below_a_least_weight_there_is_no_star():
    jobs = np.array([[9.0, 991.0], [1.0, 99999.0]])
    assert cluster_stars(jobs).specialisation[0, 0] == 1.0
    assert cluster_stars(jobs, least_weight=10).count[0, 0] == 0.0


def test_one_tenth_of_thirty_are_three_in_spite_of_binary_fractions():
    assert among_top(np.arange(30.0), top_share=0.1).sum() == 3
    assert among_top(np.arange(10.0), top_share=0.3).sum() == 3
    assert among_top(np.arange(5.0), top_share=0.1).tolist() == [0, 0, 0, 0, 1]


@settings(deadline=None)
@given(VALUES, SHARE)
def test_the_top_equals_a_loop_and_includes_the_largest(values, share):
    found = among_top(values, top_share=share)
    places = -(-round(share * 10) * len(values) // 10)  # rounded up, in whole numbers
    expected = [float(sum(other > v for other in values) < places) for v in values]
    assert found.tolist() == expected
    assert found[values.argmax()] == 1.0
    assert (np.sort(values)[::-1][: int(found.sum())] >= values[found == 1].min()).all()


@settings(deadline=None)
@given(JOBS, st.permutations(range(6)), st.floats(0.01, 100))
def test_neither_the_order_of_places_nor_the_unit_changes_a_star(jobs, order, factor):
    first = cluster_stars(jobs)
    moved = cluster_stars(jobs[list(order)] * factor)
    np.testing.assert_array_equal(moved.size, first.size[list(order)])
    np.testing.assert_array_equal(moved.focus, first.focus[list(order)])
    np.testing.assert_array_equal(moved.specialisation, first.specialisation[list(order)])


def test_shares_that_are_equal_on_paper_are_equal_stars_in_every_unit():
    # Shares of one third of other numbers: in binary they may differ in the last bit.
    jobs = np.array([[1.0, 2.0], [7.0, 14.0], [0.1, 0.2], [0.3, 0.6], [5.0, 1.0]])
    for factor in (1.0, 0.1, 1 / 3, 0.7, 1e-5):
        found = cluster_stars(jobs * factor, top_share=0.4)
        assert found.focus[:, 1].tolist() == [1, 1, 1, 1, 0], factor


@settings(deadline=None)
@given(JOBS)
def test_a_larger_share_asked_for_gives_no_fewer_stars(jobs):
    few, many = cluster_stars(jobs, top_share=0.1), cluster_stars(jobs, top_share=0.4)
    assert (many.size[jobs > 0] >= few.size[jobs > 0]).all()
    assert (many.focus[jobs > 0] >= few.focus[jobs > 0]).all()


def test_growth_by_hand():
    now, before = np.array([121.0, 0.0, 5.0, np.nan]), np.array([100.0, 8.0, 0.0, 3.0])
    found = growth_per_year(now, before, years=2)
    np.testing.assert_allclose(found, [0.1, -1.0, np.nan, np.nan])


def test_the_cluster_index_equals_the_published_one():
    # e_ij=1743 e_i=5740 a_j=50 a=576 p_j=488 p=4621 b_ij=35 b_i=53; the rest is one other place.
    found = cluster_index(
        np.array([[1743.0], [5740.0 - 1743.0]]),
        np.array([[35.0], [53.0 - 35.0]]),
        area_km2=np.array([50.0, 576.0 - 50.0]),
        population=np.array([488.0, 4621.0 - 488.0]),
    )
    assert found[0, 0] == pytest.approx(reat("litzenberger CI"), abs=5e-6)


def test_the_whole_country_as_one_place_has_an_index_of_one():
    found = cluster_index(
        np.array([[7.0, 0.0]]), np.array([[3.0, 0.0]]), area_km2=np.ones(1), population=np.ones(1)
    )
    np.testing.assert_array_equal(found, [[1.0, np.nan]])


def test_jobs_without_a_firm_area_or_people_have_no_index():
    jobs, firms = np.array([[5.0], [5.0], [0.0]]), np.array([[0.0], [2.0], [0.0]])
    ones = np.ones(3)
    found = cluster_index(jobs, firms, area_km2=ones, population=ones)
    assert np.isnan(found[0, 0])
    assert found[1, 0] > 0
    assert found[2, 0] == 0.0
    bare = cluster_index(jobs, firms + 1, area_km2=np.array([0.0, 1.0, 1.0]), population=np.ones(3))
    assert np.isnan(bare[0, 0])


def test_bad_input_is_refused():
    jobs = np.ones((3, 2))
    with pytest.raises(ValueError, match="weight must be >= 0, but the smallest is -1"):
        cluster_stars(-jobs)
    with pytest.raises(ValueError, match="weight must be finite, but one is infinite"):
        cluster_stars(jobs * np.inf)
    with pytest.raises(ValueError, match=r"two axes, places and fields, but has shape \(3,\)"):
        cluster_stars(np.ones(3))
    with pytest.raises(ValueError, match="above 0 and at most 1, but it is 0"):
        cluster_stars(jobs, top_share=0.0)
    with pytest.raises(ValueError, match="above 0 and at most 1, but it is nan"):
        among_top(np.ones(3), top_share=np.nan)
    with pytest.raises(ValueError, match="quotient_at_least must be > 0, but it is 0"):
        cluster_stars(jobs, quotient_at_least=0.0)
    with pytest.raises(ValueError, match="least_weight must be >= 0, but it is -5"):
        cluster_stars(jobs, least_weight=-5.0)
    with pytest.raises(ValueError, match='must be "all" or "field", but it is "region"'):
        cluster_stars(jobs, focus_among="region")
    with pytest.raises(ValueError, match=r"equal, but they are \(3, 2\) and \(2, 3\)"):
        cluster_stars(jobs, growth=jobs.T)
    with pytest.raises(ValueError, match="one value for each of the places"):
        cluster_stars(jobs, np.ones(2))
    with pytest.raises(ValueError, match="years must be > 0, but it is 0"):
        growth_per_year(jobs, jobs, years=0)
    with pytest.raises(ValueError, match="earlier must be >= 0, but the smallest is -1"):
        growth_per_year(jobs, -jobs, years=1)
    with pytest.raises(ValueError, match="establishments must be >= 0"):
        cluster_index(jobs, -jobs, area_km2=np.ones(3), population=np.ones(3))
