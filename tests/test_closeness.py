from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.measures.closeness import close_adjacent_pairs, distance_kernel
from clusterloom.measures.permutation import benjamini_hochberg, permutation_p_value
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages.prerequisites import Prerequisites

# Three organisations, fields a and b of one family and c of another.
PROFILES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
BLOCK = np.array([[1.0, 0.4, 0.0], [0.4, 1.0, 0.0], [0.0, 0.0, 1.0]])
KERNEL = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.1], [0.2, 0.1, 1.0]])


def test_the_statistic_is_the_sum_over_pairs_worked_out_by_hand():
    # 1-2: 0.5 * (1 * 0.4 * 1) = 0.20; 1-3: 0.2 * (1 * 1 * 0.5) = 0.10;
    # 2-3: 0.1 * (1 * 0.4 * 0.5) = 0.02; the family of c has no pair
    found = close_adjacent_pairs(KERNEL, PROFILES, PROFILES @ BLOCK, starts=np.array([0, 2]))
    np.testing.assert_allclose(found, [0.32, 0.0], atol=1e-12)


@given(st.permutations(range(3)))
def test_the_order_of_organisations_does_not_matter(order):
    order = list(order)
    found = close_adjacent_pairs(
        KERNEL[np.ix_(order, order)],
        PROFILES[order],
        (PROFILES @ BLOCK)[order],
        starts=np.array([0, 2]),
    )
    np.testing.assert_allclose(found, [0.32, 0.0], atol=1e-12)


@given(st.floats(0, 5000), st.floats(0, 50), st.floats(0, 50))
def test_an_uncertain_position_never_brings_organisations_nearer(centre, extent_a, extent_b):
    distance = rms_distance_km(np.array(centre), np.array(extent_a), np.array(extent_b))
    assert distance >= centre - 1e-9  # squares round


def test_two_organisations_known_by_the_same_city_are_apart_and_so_less_close():
    apart = rms_distance_km(np.array(0.0), np.array(11.8), np.array(11.8))
    assert float(apart) == pytest.approx(11.8)
    assert float(distance_kernel(np.array([apart]), kernel_km=20.0)[0]) < 0.6


def test_the_date_line_and_the_poles_need_no_special_care():
    def between(*point: float) -> float:
        return float(great_circle_km(*(np.array(v) for v in point)))

    assert between(0.0, 179.5, 0.0, -179.5) == pytest.approx(111.19, abs=0.01)
    assert between(90.0, 0.0, 90.0, 123.0) == pytest.approx(0.0, abs=1e-6)
    # published by an independent library for R = 6371 km
    published = 11099.54035582
    found = between(-34.83333, -58.5166646, 49.0083899664, 2.53844117956)
    assert found == pytest.approx(published, abs=1e-4)


def test_a_p_value_is_never_zero_and_q_never_below_p():
    p_values = permutation_p_value(np.array([9.0, 1.0]), np.arange(8.0).reshape(4, 2))
    assert p_values.tolist() == [0.2, 1.0]
    assert (benjamini_hochberg(p_values) >= p_values).all()


def test_ranges_of_parameters_are_checked():
    with pytest.raises(RecipeError, match="radius_km 0"):
        Prerequisites(radius_km=0.0)
