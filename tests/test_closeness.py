from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.measures.permutation import benjamini_hochberg, permutation_p_value
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages.prerequisites import Prerequisites


@given(st.floats(0, 5000), st.floats(0, 50), st.floats(0, 50))
def test_an_uncertain_position_never_brings_organisations_nearer(centre, extent_a, extent_b):
    distance = rms_distance_km(np.array(centre), np.array(extent_a), np.array(extent_b))
    assert distance >= centre - 1e-9  # squares round


def test_two_organisations_known_by_the_same_city_are_apart():
    apart = rms_distance_km(np.array(0.0), np.array(11.8), np.array(11.8))
    assert float(apart) == pytest.approx(11.8)


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
