"""Uncertain positions: the exact expectation against Monte Carlo, limits, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.spatial import great_circle_km
from clusterloom.spatial.uncertain import expected_kernel, scattered_in_discs

KM = 111.195


def one(distance, a, b, kernel):
    return float(
        expected_kernel(
            np.array([distance]), np.array([float(a)]), np.array([float(b)]), kernel_km=kernel
        )[0]
    )


@pytest.mark.parametrize(
    ("distance", "a", "b", "kernel"),
    [(0, 12, 12, 20), (0, 12, 0, 20), (10, 12, 1, 20), (40, 12, 5, 20), (0, 50, 50, 20),
     (3, 0.5, 0.5, 20), (0, 12, 12, 3), (100, 30, 10, 50)],
)  # fmt: skip
def test_the_expectation_equals_monte_carlo(distance, a, b, kernel):
    random = np.random.default_rng(0)
    n = 400_000
    lat, lon = scattered_in_discs(
        np.zeros(2 * n),
        np.repeat([0.0, distance / KM], n),
        np.repeat([float(a), float(b)], n),
        random=random,
    )
    apart = great_circle_km(lat[:n], lon[:n], lat[n:], lon[n:])
    drawn = np.exp(-apart / kernel)
    error = drawn.std() / np.sqrt(n)
    assert one(distance, a, b, kernel) == pytest.approx(drawn.mean(), abs=1e-3 + 4 * error)


def test_points_of_one_disc_are_on_average_128_r_over_45_pi_apart():
    # For a kernel much longer than the disc, 1 - E[exp(-d / k)] is the mean distance over k.
    mean = (1 - one(0, 1.0, 1.0, 1e3 * 0.9)) * 900
    assert mean == pytest.approx(128 / (45 * np.pi), rel=0.01)


def test_a_point_and_a_disc_around_it_by_the_integral():
    # E = 2 / R² ∫ r exp(-r / k) dr = 2 (k / R)² (1 - (1 + R / k) exp(-R / k))
    ratio = 12 / 20
    by_hand = 2 / ratio**2 * (1 - (1 + ratio) * np.exp(-ratio))
    assert one(0, 12, 0, 20) == pytest.approx(by_hand, abs=2e-4)


@given(st.floats(0, 300), st.floats(0, 60), st.floats(0, 60), st.floats(1, 100))
def test_it_is_symmetric_and_between_the_ends(distance, a, b, kernel):
    value = one(distance, a, b, kernel)
    assert value == pytest.approx(one(distance, b, a, kernel), abs=1e-12)
    assert np.exp(-(distance + a + b) / kernel) - 1e-3 <= value <= 1.0


def test_unknown_is_no_evidence_of_closeness():
    nan = np.array([np.nan, 1.0])
    assert expected_kernel(nan, 0 * nan, np.zeros(2), kernel_km=20)[0] == 0.0
    assert expected_kernel(np.zeros(2), nan, np.zeros(2), kernel_km=20)[0] == 0.0


@pytest.mark.parametrize("centre", [(0.0, 180.0), (90.0, 0.0), (-89.9, 77.0), (54.0, 27.5)])
def test_drawn_positions_fill_the_disc_wherever_it_lies(centre):
    n = 4000
    lat, lon = (np.full(n, value) for value in centre)
    drawn = scattered_in_discs(lat, lon, np.full(n, 25.0), random=np.random.default_rng(1))
    away = great_circle_km(lat, lon, *drawn)
    assert away.max() <= 25.0 + 1e-6
    assert (away**2).mean() == pytest.approx(25**2 / 2, rel=0.05)  # uniform over the area
    assert (np.abs(drawn[0]) <= 90).all()
    assert (np.abs(drawn[1]) <= 180).all()


def test_an_exact_position_stays_and_the_seed_decides():
    lat, lon, extent = np.array([54.0, 54.0]), np.array([27.0, 27.0]), np.array([0.0, 12.0])
    draws = [
        scattered_in_discs(lat, lon, extent, random=np.random.default_rng(s)) for s in (0, 0, 1)
    ]
    assert draws[0][0][0] == 54.0
    np.testing.assert_array_equal(draws[0], draws[1])
    assert draws[0][0][1] != draws[2][0][1]
