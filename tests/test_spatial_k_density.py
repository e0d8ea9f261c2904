"""K-density and M: by hand, against loops, on the sphere, and at their level under chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.spatial import _pair_counts, great_circle_km
from clusterloom.spatial._pair_counts import Cells, Grid
from clusterloom.spatial._points import unit_vectors
from clusterloom.spatial.k_density import k_density, k_density_test, silverman_bandwidth
from clusterloom.spatial.middle import mapped_km
from clusterloom.spatial.relative_concentration import m_function, m_function_test

KM = 111.194927  # a degree of the sphere
SEEDS = st.integers(0, 10_000)


def country(n, seed=0, *, centre=(54.0, 27.0), towns=12):
    """Sites in towns of a country of some 300 km."""
    random = np.random.default_rng(seed)
    middle = random.uniform(-1.3, 1.3, size=(towns, 2))
    town = random.integers(0, towns, size=n)
    point = middle[town] + random.normal(0, 0.06, size=(n, 2))
    return centre[0] + point[:, 0], centre[1] + point[:, 1] / np.cos(np.radians(centre[0]))


def density_by_loop(lat, lon, at, h, weight=None):
    weight = np.ones(len(lat)) if weight is None else weight
    total, pairs = np.zeros(len(at)), 0.0
    for i in range(len(lat)):
        for j in range(i):
            d = float(great_circle_km(lat[i], lon[i], lat[j], lon[j]))
            both = weight[i] * weight[j]
            for sign in (1, -1):
                total += both * np.exp(-0.5 * ((at - sign * d) / h) ** 2) / np.sqrt(2 * np.pi) / h
            pairs += both
    return total / pairs


def m_by_loop(lat, lon, member, at, weight):
    values = []
    for r in at:
        above = below = 0.0
        for i in np.flatnonzero(member):
            near = great_circle_km(lat[i], lon[i], lat, lon) <= r * (1 + 1e-9)
            near[i] = False
            if (weight * near).sum() > 0:
                above += (weight * near * member).sum() / (weight * near).sum()
                below += ((weight * member).sum() - weight[i]) / (weight.sum() - weight[i])
        values.append(above / below if below else np.nan)
    return values


def test_the_density_equals_a_loop_over_pairs():
    lat, lon = country(40)
    weight = np.random.default_rng(1).uniform(0, 5, size=40)
    at = np.array([0.0, 3.0, 10.0, 50.0, 200.0])
    for w in (None, weight):
        found = k_density(lat, lon, at, weight=w, bandwidth_km=6.0)
        np.testing.assert_allclose(found, density_by_loop(lat, lon, at, 6.0, w), rtol=1e-3)


def test_the_density_sums_to_one_with_what_is_reflected_at_zero():
    lat, lon = country(60)
    at = np.arange(0.0, 1200.0, 0.5)
    assert np.trapezoid(k_density(lat, lon, at), dx=0.5) == pytest.approx(1.0, abs=1e-3)


def test_the_bandwidth_is_the_rule_of_thumb_over_all_distances():
    lat, lon = country(30)
    a, b = np.triu_indices(30, k=1)
    distance = great_circle_km(lat[a], lon[a], lat[b], lon[b])
    low, high = np.quantile(distance, [0.25, 0.75])
    by_hand = 0.9 * min(distance.std(ddof=1), (high - low) / 1.34) * len(distance) ** -0.2
    assert silverman_bandwidth(lat, lon) == pytest.approx(by_hand, rel=1e-9)
    many = silverman_bandwidth(*country(4000))
    assert many == pytest.approx(silverman_bandwidth(*country(4000), seed=1), rel=0.05)


@settings(max_examples=20)
@given(SEEDS, st.floats(0.1, 50), st.permutations(range(12)))
def test_order_and_unit_of_weight_do_not_matter(seed, unit, order):
    lat, lon = country(12, seed)
    order = list(order)
    weight = np.random.default_rng(seed).uniform(0.1, 3, size=12)
    at = np.array([0.0, 20.0, 100.0])
    first = k_density(lat, lon, at, weight=weight, bandwidth_km=10.0)
    other = k_density(lat[order], lon[order], at, weight=weight[order] * unit, bandwidth_km=10.0)
    np.testing.assert_allclose(other, first, rtol=1e-6)
    member = weight > 1
    m_first = m_function(lat, lon, member, at[1:], weight=weight)
    m_other = m_function(lat[order], lon[order], member[order], at[1:], weight=weight[order] * unit)
    np.testing.assert_allclose(m_other, m_first, rtol=1e-9)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.0, 179.9), (89.9, 30.0), (-60.0, -179.0)])
def test_neither_date_line_nor_pole_matters_to_grid_and_pairs(centre):
    # The same arrangement of points, turned to another place of the sphere.
    random = np.random.default_rng(3)
    away, turn = random.uniform(0, 0.02, size=80), random.uniform(0, 2 * np.pi, size=80)
    member = np.arange(80) < 30

    def around(lat0, lon0):
        phi = np.radians(lat0)
        lat = np.arcsin(np.sin(phi) * np.cos(away) + np.cos(phi) * np.sin(away) * np.cos(turn))
        lon = np.radians(lon0) + np.arctan2(
            np.sin(turn) * np.sin(away) * np.cos(phi), np.cos(away) - np.sin(phi) * np.sin(lat)
        )
        return np.degrees(lat), (np.degrees(lon) + 180) % 360 - 180

    at = np.arange(5.0, 100.0, 10.0)
    home, there = around(0.0, 0.0), around(*centre)
    np.testing.assert_allclose(
        k_density(*there, at, bandwidth_km=5.0), k_density(*home, at, bandwidth_km=5.0), rtol=1e-6
    )
    one, other = (
        k_density_test(*points, member, at, bandwidth_km=8.0, simulations=5)
        for points in (home, there)
    )
    np.testing.assert_allclose(other.density, one.density, rtol=1e-6)
    on_grid = [
        grid.counted(np.flatnonzero(member), np.ones(30)) @ np.exp(-0.1 * grid.bin_km)
        for points in (home, there)
        for grid in [on_a_grid(*points, bandwidth_km=8.0, reach_km=400.0)]
    ]
    assert on_grid[1] == pytest.approx(on_grid[0], rel=0.03)
    np.testing.assert_allclose(
        m_function(*there, member, at), m_function(*home, member, at), rtol=1e-9
    )


def on_a_grid(lat, lon, *, bandwidth_km, reach_km):
    cells = Cells.of(
        mapped_km(unit_vectors(lat, lon)), bandwidth_km=bandwidth_km, reach_km=reach_km
    )
    return Grid.of(cells, bandwidth_km=bandwidth_km, reach_km=reach_km)


def test_the_grid_gives_the_density_of_the_pairs():
    lat, lon = country(900)
    member = np.random.default_rng(0).random(900) < 0.7
    at = np.arange(0.0, 180.0, 4.0)
    weight = np.random.default_rng(2).uniform(1, 9, size=900)
    for w in (None, weight):
        tested = k_density_test(lat, lon, member, at, weight=w, simulations=3, bandwidth_km=8.0)
        assert tested.cell_km == 2.0
        exact = k_density(
            lat[member],
            lon[member],
            at,
            weight=None if w is None else w[member],
            bandwidth_km=8.0,
        )
        np.testing.assert_allclose(tested.density, exact, atol=0.02 * exact.max())


def test_few_members_are_counted_pair_by_pair_and_exactly():
    lat, lon = country(900)
    member = np.random.default_rng(0).random(900) < 0.1
    at = np.arange(0.0, 180.0, 4.0)
    tested = k_density_test(lat, lon, member, at, simulations=3)
    assert tested.cell_km == 0.0
    exact = k_density(lat[member], lon[member], at, bandwidth_km=tested.bandwidth_km)
    np.testing.assert_allclose(tested.density, exact, atol=1e-3 * exact.max())


def test_bands_of_pairs_and_of_the_grid_agree(monkeypatch):
    """The same random choices, counted both ways."""
    lat, lon = country(400)
    member, at = np.arange(400) < 120, np.arange(0.0, 120.0, 6.0)
    found = {}
    for share in (0.0, np.inf):
        monkeypatch.setattr(_pair_counts, "_PAIRS_OF_CELL", share)
        found[share] = k_density_test(lat, lon, member, at, simulations=39, bandwidth_km=10.0)
    assert (found[0.0].cell_km, found[np.inf].cell_km) == (2.5, 0.0)
    for band in ("local_low", "local_high", "global_low", "global_high", "density"):
        one, other = (getattr(f, band) for f in found.values())
        np.testing.assert_allclose(one, other, atol=0.03 * found[0.0].density.max())


def test_an_industry_in_one_town_of_a_large_country_is_counted_exactly_and_at_once():
    """A tiny bandwidth: a grid of half of it would have more cells than there are pairs."""
    random = np.random.default_rng(0)
    lat, lon = country(20_000, towns=100)
    town = great_circle_km(lat, lon, lat[0], lon[0]) < 5
    member = town & (random.random(20_000) < 0.7)
    assert member.sum() > 10
    at = np.arange(0.0, 50.0, 5.0)
    tested = k_density_test(lat, lon, member, at, simulations=19)
    assert tested.bandwidth_km < 1
    assert tested.cell_km == 0.0
    exact = k_density(lat[member], lon[member], at, bandwidth_km=tested.bandwidth_km)
    np.testing.assert_allclose(tested.density, exact, atol=3e-3 * exact.max())
    assert tested.localisation[0] > 0


def test_a_grid_too_coarse_for_the_bandwidth_says_so(monkeypatch):
    lat, lon = country(300)
    at = np.array([0.0, 5.0])
    monkeypatch.setattr(_pair_counts, "_MOST_CELLS", 40)
    with pytest.warns(UserWarning, match=r"coarse for a bandwidth of 1 km.*at least \d"):
        k_density_test(lat, lon, np.arange(300) < 250, at, simulations=2, bandwidth_km=1.0)


def test_an_industry_in_two_towns_is_localised_and_one_spread_out_is_dispersed():
    lat, lon = country(600, towns=30)
    at = np.arange(0.0, 150.0, 5.0)
    near = great_circle_km(lat, lon, lat[0], lon[0]) < 30
    local = k_density_test(lat, lon, near, at, simulations=99)
    assert local.localisation[:4].all()
    assert not local.dispersion.any()
    # One member at most within 40 km.
    spread: list[int] = []
    for i in np.random.default_rng(0).permutation(600).tolist():
        if all(great_circle_km(lat[i], lon[i], lat[j], lon[j]) > 40 for j in spread):
            spread.append(i)
    apart = k_density_test(lat, lon, np.isin(np.arange(600), spread), at, simulations=99)
    assert not apart.localisation[:3].any()
    assert apart.density[0] < apart.local_low[0] or apart.dispersion[:3].any()


def test_industries_placed_by_chance_leave_the_global_band_as_rarely_as_stated():
    lat, lon = country(300)
    random = np.random.default_rng(0)
    at = np.arange(0.0, 120.0, 10.0)
    outside_k = outside_m = 0
    for _ in range(60):
        member = np.isin(np.arange(300), random.choice(300, size=40, replace=False))
        k = k_density_test(
            lat, lon, member, at, simulations=59, bandwidth_km=10.0, seed=int(random.integers(1e6))
        )
        outside_k += bool(k.localisation.any())
        m = m_function_test(
            lat, lon, member, at[1:], simulations=59, seed=int(random.integers(1e6))
        )
        outside_m += bool(m.concentrated.any())
    # 5 % of 60 are 3; nine and more would come once in 500 such tests.
    assert max(outside_k, outside_m) <= 8


def test_m_equals_a_loop_and_the_example_by_hand():
    lat, lon = country(50)
    random = np.random.default_rng(0)
    member, weight = random.random(50) < 0.4, random.uniform(0.5, 4, size=50)
    at = np.array([2.0, 10.0, 40.0, 400.0])
    found = m_function(lat, lon, member, at, weight=weight)
    np.testing.assert_allclose(found, m_by_loop(lat, lon, member, at, weight), rtol=1e-9)
    assert found[-1] == pytest.approx(1.0)  # within the whole country everything is as it is


def test_a_concentrated_industry_is_above_the_band_of_m():
    lat, lon = country(400)
    near = great_circle_km(lat, lon, lat[0], lon[0]) < 20
    member = near & (np.arange(400) % 2 == 0)
    tested = m_function_test(lat, lon, member, np.array([5.0, 20.0]), simulations=99)
    assert tested.concentrated.all()
    assert (tested.global_low <= tested.global_high).all()
    again = m_function_test(lat, lon, member, np.array([5.0, 20.0]), simulations=99)
    np.testing.assert_array_equal(again.global_high, tested.global_high)


def test_members_without_neighbours_say_nothing():
    lat, lon = np.zeros(3), np.array([0.0, 1.0, 2.0])
    member = np.array([True, True, False])
    assert np.isnan(m_function(lat, lon, member, np.array([1.0]))).all()
    assert np.isnan(m_function(lat, lon, np.array([True, False, False]), np.array([1.0]))).all()
    assert np.isnan(k_density(lat, lon, np.array([1.0]), weight=np.zeros(3), bandwidth_km=1)).all()


def test_all_at_one_point_have_the_density_of_distance_zero():
    lat, lon = np.full(9, 54.0), np.full(9, 27.0)
    found = k_density(lat, lon, np.array([0.0]), bandwidth_km=2.0)
    assert found[0] == pytest.approx(2 / (2.0 * np.sqrt(2 * np.pi)), rel=1e-3)
    tested = k_density_test(
        lat, lon, np.arange(9) < 4, np.array([0.0, 3.0]), bandwidth_km=2.0, simulations=9
    )
    assert not tested.localisation.any()
    with pytest.raises(ValueError, match="equally far apart"):
        silverman_bandwidth(lat, lon)


def test_bad_input_is_refused():
    lat, lon = country(10)
    at, member = np.array([1.0, 2.0]), np.arange(10) < 5
    with pytest.raises(ValueError, match="at least 3 points, but there are 2"):
        silverman_bandwidth(lat[:2], lon[:2])
    with pytest.raises(ValueError, match="distances must be a list of numbers >= 0"):
        k_density(lat, lon, np.array([-1.0]), bandwidth_km=1)
    with pytest.raises(ValueError, match="bandwidth must be > 0 km, but it is 0"):
        k_density(lat, lon, at, bandwidth_km=0.0)
    with pytest.raises(ValueError, match="finite and >= 0"):
        k_density(lat, lon, at, weight=-np.ones(10))
    with pytest.raises(ValueError, match="1 positions are unknown"):
        k_density(np.where(np.arange(10) == 3, np.nan, lat), lon, at, bandwidth_km=1)
    with pytest.raises(ValueError, match="at least 2 members with weight, but there are 1 members"):
        k_density_test(lat, lon, np.arange(10) < 1, at)
    for weight in (np.zeros(10), np.eye(10)[2]):
        with pytest.raises(ValueError, match=r"there are 5 members and [01] of them have weight"):
            k_density_test(lat, lon, member, at, weight=weight)
    with pytest.raises(ValueError, match="true or false members, but they are int64"):
        k_density_test(lat, lon, np.array([0, 1, 2]), at)
    with pytest.raises(ValueError, match=r"but they are bool of shape \(2,\)"):
        k_density_test(lat, lon, np.array([True, True]), at)
    with pytest.raises(ValueError, match=r"but they are bool of shape \(2,\)"):
        m_function(lat, lon, np.array([True, True]), at)
    with pytest.raises(ValueError, match=r"but they are 0 and 0\.05"):
        k_density_test(lat, lon, member, at, simulations=0)
    with pytest.raises(ValueError, match=r"but they are 9 and 0\.5"):
        m_function_test(lat, lon, member, at, simulations=9, level=0.5)
    with pytest.raises(ValueError, match="ascending order"):
        m_function(lat, lon, member, at[::-1])
    with pytest.raises(ValueError, match="true or false members, but they are int64"):
        m_function(lat, lon, member.astype(int), at)
    with pytest.raises(ValueError, match="10 points need as many weights"):
        m_function(lat, lon, member, at, weight=np.ones(3))
