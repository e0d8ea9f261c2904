"""Concentration over bearers: by hand, against published numbers, loops, and as properties."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.concentration import (
    concentration_ratio,
    gini,
    herfindahl,
    hoover_index,
    locational_gini,
    mean_log_deviation,
    theil,
    theil_parts,
)
from clusterloom.measures.specialisation import location_quotient

from .test_measures_specialisation import econgeo, reat

VALUES = arrays(float, 6, elements=st.floats(0.01, 1e6))
WITH_ZEROS = arrays(float, 6, elements=st.sampled_from([0.0, 1.0, 3.0, 10.0])).filter(np.any)
GROUPS = arrays(np.intp, 6, elements=st.integers(0, 2))
ONE_COLUMN = {
    "gini": gini,
    "herfindahl": herfindahl,
    "theil": theil,
    "mean_log_deviation": mean_log_deviation,
    "concentration_ratio": lambda v: concentration_ratio(v, largest=2),
    "hoover_index": lambda v: hoover_index(v, np.ones(len(v))),
    "locational_gini": lambda v: locational_gini(v, np.ones(len(v))),
}
every_measure = pytest.mark.parametrize("measure", ONE_COLUMN.values(), ids=ONE_COLUMN.keys())


def loop_gini(values, weights):
    """Mean absolute difference of all pairs over twice the mean."""
    share = weights / weights.sum()
    mean = sum(w * v for w, v in zip(share, values, strict=True))
    difference = 0.0
    for v, a in zip(values, share, strict=True):
        for w, b in zip(values, share, strict=True):
            difference += a * b * abs(v - w)
    return difference / (2 * mean)


def loop_theil(values):
    mean = sum(values) / len(values)
    return sum(v / mean * log(v / mean) for v in values if v > 0) / len(values)


def test_gini_equals_the_published_ones_of_farhauer_and_kroell():
    values = np.array([20.0, 50.0, 20.0, 10.0])
    assert gini(values) == pytest.approx(reat("gini"))
    assert gini(values, corrected=True) == pytest.approx(reat("gini coefnorm"))


def test_the_unweighted_gini_of_the_quotients_is_the_concentration_of_farhauer_and_kroell():
    field = np.array([500.0, 500, 1000, 7000, 1000])
    everything = np.array([20000.0, 15000, 20000, 40000, 5000])
    quotient = location_quotient(np.column_stack([field, everything - field]))[:, 0]
    assert gini(quotient) == pytest.approx(reat("gini.conc"), abs=5e-8)
    # Places weighted by their size, the same data are less concentrated (solved apart).
    assert locational_gini(field, everything) == pytest.approx(0.3725)


def test_gini_hoover_and_the_hoover_gini_equal_those_of_econgeo():
    industry, population = (econgeo("gini", n, "input") for n in ("ind", "pop"))
    assert gini(industry) == pytest.approx(econgeo("gini", "gini")[0])
    assert locational_gini(industry, population) == pytest.approx(econgeo("gini", "hoover_gini")[0])
    percent = 100 * hoover_index(industry, population)
    assert percent == pytest.approx(econgeo("gini", "hoover_index")[0])


def test_herfindahl_of_the_fields_of_each_place_equals_that_of_econgeo():
    found = herfindahl(econgeo("m100", "mat", "input").T)
    np.testing.assert_allclose(found, econgeo("m100", "herfindahl"), rtol=1e-12)


def test_the_theil_index_of_reat_is_the_mean_log_deviation_and_not_t():
    values = np.array([10.0, 10, 10, 20, 50])
    assert mean_log_deviation(values) == pytest.approx(reat("theil"), abs=5e-8)
    # T by hand: (3 * 0.5 ln 0.5 + 1 ln 1 + 2.5 ln 2.5) / 5.
    assert theil(values) == pytest.approx((1.5 * log(0.5) + 2.5 * log(2.5)) / 5)


def test_two_groups_of_equal_members_differ_only_between():
    # Shares 1/4 and 3/4 of the values with half of the bearers each.
    parts = theil_parts(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    assert parts.within == pytest.approx(0.0, abs=1e-15)
    assert parts.between == pytest.approx(0.25 * log(0.5) + 0.75 * log(1.5))


def test_groups_of_equal_means_differ_only_within():
    parts = theil_parts(np.array([1.0, 3.0, 3.0, 1.0]), np.array([5, 5, 9, 9]))
    assert parts.between == pytest.approx(0.0, abs=1e-15)
    assert parts.within == pytest.approx(parts.total)


def test_the_two_largest_of_four_hold_seven_tenths():
    values = np.array([10.0, 50.0, 20.0, 20.0])
    assert concentration_ratio(values, largest=2) == pytest.approx(0.7)
    assert concentration_ratio(values, largest=9) == pytest.approx(1.0)


def test_a_bearer_that_has_everything():
    values = np.array([0.0, 0.0, 0.0, 8.0])
    assert gini(values) == pytest.approx(0.75)
    assert gini(values, corrected=True) == pytest.approx(1.0)
    assert herfindahl(values) == 1.0
    assert theil(values) == pytest.approx(log(4))
    assert mean_log_deviation(values) == np.inf
    assert hoover_index(values, np.ones(4)) == pytest.approx(0.75)


def test_weight_where_there_is_no_base_counts_as_most_concentrated():
    assert locational_gini(np.array([1.0, 0.0]), np.array([0.0, 5.0])) == pytest.approx(1.0)


@every_measure
def test_nothing_to_share_has_no_concentration(measure):
    assert np.isnan(measure(np.zeros(3)))
    assert np.isnan(measure(np.array([])))
    assert np.isnan(measure(np.array([1.0, np.nan])))


def test_one_bearer_alone_has_no_corrected_gini():
    assert np.isnan(gini(np.array([3.0]), corrected=True))
    assert gini(np.array([3.0])) == 0.0


@every_measure
@settings(deadline=None)
@given(values=VALUES, factor=st.floats(0.01, 100))
def test_no_measure_depends_on_the_unit(measure, values, factor):
    np.testing.assert_allclose(measure(values * factor), measure(values), rtol=1e-7, atol=1e-9)


@every_measure
@settings(deadline=None)
@given(values=WITH_ZEROS, order=st.permutations(range(6)))
def test_the_order_of_the_bearers_does_not_matter(measure, values, order):
    np.testing.assert_allclose(measure(values[list(order)]), measure(values), atol=1e-12)


@every_measure
@settings(deadline=None)
@given(columns=arrays(float, (5, 3), elements=st.floats(0.01, 1e3)))
def test_a_table_gives_for_each_column_what_the_column_gives_alone(measure, columns):
    np.testing.assert_allclose(
        measure(columns), [measure(column) for column in columns.T], atol=1e-12
    )


@settings(deadline=None)
@given(WITH_ZEROS, VALUES)
def test_the_gini_coefficients_equal_the_mean_difference_of_all_pairs(values, base):
    assert gini(values) == pytest.approx(loop_gini(values, np.ones(6)), abs=1e-9)
    expected = loop_gini(values / base, base)
    assert locational_gini(values, base) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(WITH_ZEROS, VALUES)
def test_splitting_a_place_into_equal_halves_does_not_change_the_locational_gini(values, base):
    halves = [np.repeat(v, 2) / 2 for v in (values, base)]
    assert locational_gini(*halves) == pytest.approx(float(locational_gini(values, base)), abs=1e-9)


@settings(deadline=None)
@given(WITH_ZEROS, GROUPS)
def test_the_theil_index_equals_a_loop_and_its_parts_add_up(values, groups):
    parts = theil_parts(values, groups)
    assert parts.total == pytest.approx(loop_theil(values), abs=1e-12)
    assert parts.within + parts.between == pytest.approx(parts.total, abs=1e-12)
    within = sum(
        values[groups == g].sum() / values.sum() * loop_theil(values[groups == g])
        for g in set(groups.tolist())
        if values[groups == g].any()
    )
    assert parts.within == pytest.approx(within, abs=1e-12)


@settings(deadline=None)
@given(VALUES, st.floats(0.01, 100))
def test_concentration_never_falls_below_its_least_value(values, size):
    equal = np.full(6, size)
    for measure, least in ((gini, 0), (theil, 0), (mean_log_deviation, 0), (herfindahl, 1 / 6)):
        assert measure(equal) == pytest.approx(least, abs=1e-12)
        assert measure(values) >= least - 1e-12


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -1"):
        gini(np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="largest must be >= 1, but it is 0"):
        concentration_ratio(np.ones(3), largest=0)
    with pytest.raises(ValueError, match=r"each bearer, but the shapes are \(2,\) and \(3,\)"):
        hoover_index(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match=r"each bearer, but the shapes are \(4,\) and \(3,\)"):
        locational_gini(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match=r"of one length, but their shapes are \(3,\) and \(2,\)"):
        theil_parts(np.ones(3), np.zeros(2, dtype=np.intp))
