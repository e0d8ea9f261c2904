"""Diminishing coverage: solved by hand, and its shape as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.coverage import diminishing_coverage

STEPS = np.array([1.0, 0.5, 0.25])
SUPPLY = arrays(float, 6, elements=st.floats(0, 10))


def test_one_two_and_three_full_providers_cover_four_six_and_seven_sevenths():
    # 1 / 1.75 = 4/7; 1.5 / 1.75 = 6/7; 1.75 / 1.75 = 1. A fourth provider adds nothing.
    covered = diminishing_coverage(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), STEPS)
    np.testing.assert_allclose(covered, [0.0, 4 / 7, 6 / 7, 1.0, 1.0])


def test_half_a_provider_is_worth_half_its_step():
    # Half of the second step: (1 + 0.25) / 1.75 = 5/7.
    assert diminishing_coverage(np.array([1.5]), STEPS)[0] == pytest.approx(5 / 7)


def test_unknown_supply_stays_unknown():
    assert np.isnan(diminishing_coverage(np.array([np.nan]), STEPS)[0])


@given(SUPPLY, SUPPLY)
def test_coverage_rises_with_supply_and_every_addition_adds_less(supply, addition):
    before = diminishing_coverage(supply, STEPS)
    first = diminishing_coverage(supply + addition, STEPS) - before
    second = diminishing_coverage(supply + 2 * addition, STEPS) - before - first
    assert (first >= -1e-12).all()
    assert (second <= first + 1e-12).all()


@given(SUPPLY, st.floats(0.01, 100))
def test_the_unit_of_the_steps_does_not_matter(supply, factor):
    np.testing.assert_allclose(
        diminishing_coverage(supply, STEPS), diminishing_coverage(supply, STEPS * factor)
    )


@pytest.mark.parametrize("steps", [[], [1.0, 2.0], [1.0, 0.0]])
def test_steps_that_are_missing_rise_or_vanish_are_refused(steps):
    with pytest.raises(ValueError, match="steps must be positive"):
        diminishing_coverage(np.array([1.0]), np.array(steps))


def test_a_negative_supply_is_refused():
    with pytest.raises(ValueError, match="supply must be >= 0"):
        diminishing_coverage(np.array([-1.0]), STEPS)
