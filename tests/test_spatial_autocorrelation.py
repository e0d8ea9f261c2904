"""Spatial autocorrelation: by hand, against print, against all deals, and by properties."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.spatial.autocorrelation import (
    global_g,
    local_g,
    local_moran,
    moran,
    weights_within,
)
from clusterloom.spatial.distance import great_circle_km

GOLD = Path(__file__).parent / "data" / "esda" / "published.csv"
BESIDE = Path(__file__).parents[2] / "shared" / "gold" / "esda.csv"
# The six points of the published example, and neighbours within 15.
PLANE = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
SIX = np.array([2, 3, 3.2, 5, 8, 7])
GAP = np.hypot(*(PLANE[:, None] - PLANE[None]).transpose(2, 0, 1))
BINARY = ((GAP <= 15) & (GAP > 0)).astype(float)
VALUES = arrays(float, 6, elements=st.integers(0, 20).map(float))
WEIGHTS = arrays(float, (6, 6), elements=st.sampled_from([0.0, 0.0, 1.0, 0.5, 2.0]))


def printed(column: str) -> dict[str, float]:
    lines = [line for line in GOLD.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return {row["statistic"]: float(row[column]) for row in csv.DictReader(lines)}


def published() -> dict[str, float]:
    return printed("published")


def example(name: str) -> tuple[np.ndarray, sparse.csr_array]:
    """Values and neighbours (weight 1) of a published example; row order is the file's."""
    with (GOLD.parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    number = {row["place"]: i for i, row in enumerate(rows)}
    (column,) = set(rows[0]) - {"place", "neighbours"}
    pairs = [(i, number[n]) for i, row in enumerate(rows) for n in row["neighbours"].split()]
    ends = tuple(np.array(pairs).T)
    weights = sparse.csr_array((np.ones(len(pairs)), ends), shape=(len(rows),) * 2)
    return np.array([float(row[column]) for row in rows]), weights


def by_row(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


def deals(statistic, values) -> np.ndarray:
    return np.array([statistic(np.array(deal)) for deal in itertools.permutations(values)])


def test_three_places_in_a_line_worked_out_by_hand():
    # Values 1, 2, 6: z = -2, -1, 3. Products of neighbours: 2 * (2 - 3) = -2; 3 / 4 * -2 / 14.
    line = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    found = moran(np.array([1.0, 2.0, 6.0]), line)
    assert found.value == pytest.approx(3 / 4 * -2 / 14)
    assert found.expected == -0.5
    # Local: z_i * neighbours / (14 / 3).
    local = local_moran(np.array([1.0, 2.0, 6.0]), line).value
    np.testing.assert_allclose(local, np.array([2, -1, -3]) * 3 / 14)


def moran_of(name: str) -> float:
    values, weights = example(name)
    return moran(values, by_row(weights.toarray())).value


# Every row of the published file: how it is computed here, and whether the print is right.
ROWS = {
    "Getis-Ord G (global)": lambda: global_g(SIX, BINARY).value,
    "G_i z binary, i=0": lambda: local_g(SIX, sparse.csr_matrix(BINARY))[0],
    "G_i z row-std, i=0": lambda: local_g(SIX, by_row(BINARY))[0],
    "G*_i z binary, i=0": lambda: local_g(SIX, BINARY + np.eye(6), star=True)[0],
    "G*_i z row-std, i=0": lambda: local_g(SIX, by_row(BINARY + np.eye(6)), star=True)[0],
    "Moran I HR8893 stl": lambda: moran_of("stl"),
    "Moran I SIDR74 sids2": lambda: moran_of("sids2"),
}
PRINTED_WRONG = {"G_i z row-std, i=0", "G*_i z row-std, i=0"}


def test_no_published_row_is_left_out():
    assert set(ROWS) == set(published())
    if BESIDE.exists():
        assert GOLD.read_text(encoding="utf-8") == BESIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("row", ROWS)
def test_every_published_row_is_reproduced_or_known_to_be_wrong(row):
    found = ROWS[row]()
    if row in PRINTED_WRONG:
        assert abs(found - published()[row]) > 0.3
        assert found == pytest.approx(printed("computed")[row], abs=5e-8)
    else:
        assert found == pytest.approx(published()[row], abs=1e-14 if "Moran" in row else 5e-8)


@given(VALUES, WEIGHTS, arrays(float, 6, elements=st.floats(0.01, 100)), st.booleans())
def test_rescaling_a_row_of_weights_leaves_its_z(values, weights, factor, star):
    weights = weights + np.eye(6)
    one = local_g(values, weights, star=star)
    other = local_g(values, weights * factor[:, None], star=star)
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


@given(VALUES, WEIGHTS)
def test_local_g_equals_the_mean_and_spread_over_all_draws_of_the_neighbours(values, weights):
    np.fill_diagonal(weights, 0)
    found = local_g(values, weights)
    others, row = values[1:], weights[0, 1:]
    drawn = np.array([row @ np.array(deal) for deal in itertools.permutations(others)])
    if drawn.std() < 1e-9:
        assert np.isnan(found[0])
    else:
        assert found[0] == pytest.approx((row @ others - drawn.mean()) / drawn.std(), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_variances_equal_those_over_all_deals(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((6, 6)) * (rng.random((6, 6)) < 0.6)  # neither symmetric nor binary
    np.fill_diagonal(weights, 0)
    for measure in (moran, global_g):
        found = measure(SIX, weights)
        dealt = deals(lambda v, m=measure: m(v, weights).value, SIX)
        assert found.expected == pytest.approx(dealt.mean())
        assert found.variance == pytest.approx(dealt.var())
        assert found.z == pytest.approx((found.value - dealt.mean()) / dealt.std())


def test_p_values_of_random_deals_come_near_those_of_all_deals():
    dealt = deals(lambda v: moran(v, BINARY).value, SIX)
    value = moran(SIX, BINARY).value
    exact = 2 * min((dealt >= value - 1e-9).mean(), (dealt <= value + 1e-9).mean())
    found = moran(SIX, BINARY, permutations=999, seed=2)
    assert found.p_value == pytest.approx(min(exact, 1.0), abs=0.06)
    assert np.isnan(moran(SIX, BINARY).p_value)


def test_p_values_of_the_parts_come_near_those_of_all_deals_of_the_others():
    found = local_moran(SIX, by_row(BINARY + 0.01), permutations=2000, seed=5)
    weights = by_row(BINARY + 0.01)
    for place in range(6):
        rest = np.delete(SIX, place)
        row = np.delete(weights[place], place)
        own = SIX[place] - SIX.mean()
        dealt = [own * (row @ (np.array(d) - SIX.mean())) for d in itertools.permutations(rest)]
        value = own * (row @ (rest - SIX.mean()))
        above = np.mean(np.array(dealt) >= value - 1e-9)
        below = np.mean(np.array(dealt) <= value + 1e-9)
        assert found.p_value[place] == pytest.approx(min(1.0, 2 * min(above, below)), abs=0.06)


@given(VALUES, WEIGHTS)
def test_the_parts_sum_to_the_whole(values, weights):
    np.fill_diagonal(weights, 0)
    assume(weights.any() and len(set(values)) > 1)
    whole = moran(values, weights).value * weights.sum()
    assert local_moran(values, weights).value.sum() == pytest.approx(whole, abs=1e-9)


@given(VALUES, WEIGHTS, st.floats(0.1, 10), st.floats(-5, 5), st.permutations(range(6)))
def test_unit_zero_and_order_of_the_values_do_not_matter(values, weights, unit, zero, order):
    order = list(order)
    one = moran(values, weights)
    other = moran((values * unit + zero)[order], weights[np.ix_(order, order)])
    np.testing.assert_allclose(one.value, other.value, atol=1e-9)
    np.testing.assert_allclose(one.variance, other.variance, atol=1e-9)


def test_weights_within_a_radius_equal_a_loop_also_at_the_date_line_and_the_poles():
    lat = np.array([0.0, 0.0, 89.9, 89.9, 89.9, 52.0, 52.0])
    lon = np.array([179.9, -179.9, 0.0, 120.0, -120.0, 20.0, 20.0])
    distance = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
    expected = (distance <= 30) & ~np.eye(7, dtype=bool)
    assert expected.sum() == 2 + 6 + 2
    np.testing.assert_array_equal(weights_within(lat, lon, radius_km=30).toarray(), expected)
    assert weights_within(lat[:0], lon[:0], radius_km=30).shape == (0, 0)


def test_a_place_with_nearly_all_variance_keeps_its_z():
    values = np.array([1e9, 1.0, 2.0, 4.0, 8.0])
    ring = np.eye(5)[[1, 2, 3, 4, 0]]  # each looks at the next
    rest = values[1:]
    assert local_g(values, ring)[0] == pytest.approx((1.0 - rest.mean()) / rest.std(), rel=1e-6)


def test_equal_values_no_neighbours_and_too_few_places_are_unknown():
    for values, weights in (
        (np.full(6, 0.1), BINARY),
        (SIX, np.zeros((6, 6))),
        (SIX[:1], np.zeros((1, 1))),
        (SIX[:0], np.zeros((0, 0))),
    ):
        assert np.isnan(moran(values, weights, permutations=9).value)
        assert np.isnan(moran(values, weights).z)
        assert np.isnan(local_g(values, weights)).all()
    assert np.isnan(local_moran(np.full(6, 0.1), BINARY).value).all()
    assert np.isnan(global_g(np.array([0.0, 3.0, 0.0]), np.ones((3, 3))).value)
    alone = local_moran(SIX, np.zeros((6, 6)), permutations=9)
    assert alone.value.tolist() == [0.0] * 6
    assert np.isnan(alone.p_value).all()
    assert np.isnan(moran(SIX[:3], BINARY[:3, :3]).variance)


@pytest.mark.parametrize("measure", [moran, local_moran, local_g, global_g])
def test_bad_values_and_weights_are_refused(measure):
    with pytest.raises(ValueError, match="1 values are unknown"):
        measure(np.array([1.0, np.nan]), np.ones((2, 2)))
    with pytest.raises(ValueError, match="smallest is -1"):
        measure(np.ones(2), -np.ones((2, 2)))
    with pytest.raises(ValueError, match="weights must be finite"):
        measure(np.ones(2), np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="square matrix of weights"):
        measure(np.ones(3), np.ones((2, 2)))


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match="G needs values >= 0"):
        global_g(-SIX, BINARY)
    with pytest.raises(ValueError, match="weights above 0 on the diagonal"):
        local_g(SIX, BINARY, star=True)
    with pytest.raises(ValueError, match="permutations must be >= 0"):
        moran(SIX, BINARY, permutations=-1)
    with pytest.raises(ValueError, match="radius_km must be > 0"):
        weights_within(SIX, SIX, radius_km=0)
    with pytest.raises(ValueError, match="are they swapped"):
        weights_within(np.array([120.0]), np.array([30.0]), radius_km=1)
    with pytest.raises(ValueError, match="1 positions are unknown"):
        weights_within(np.array([np.nan]), np.array([30.0]), radius_km=1)
    with pytest.raises(ValueError, match="as many latitudes"):
        weights_within(np.array([1.0, 2.0]), np.array([30.0]), radius_km=1)
