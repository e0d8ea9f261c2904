"""Quotients to a named base: by hand, against published numbers, loops, and as properties."""

from __future__ import annotations

import csv
import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.specialisation import (
    interregional_marketability,
    krugman_distance,
    krugman_specialisation,
    localisation_coefficient,
    location_quotient,
    per_capita_coefficient,
    shares,
    specialisation_coefficient,
    specialised,
)

from .conftest import SHARED

WEIGHTS = arrays(float, (4, 3), elements=st.floats(0.01, 1e6))
SPARSE_WEIGHTS = arrays(float, (4, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0]))
FACTOR = st.floats(0.01, 100)
TO_BASE = (localisation_coefficient, per_capita_coefficient, specialisation_coefficient)


FAMILIES = (
    "agglomeration", "association_proximity", "complexity", "concentration", "diversity",
    "presence", "proximity", "relatedness", "sophistication", "specialisation", "stars",
)  # fmt: skip
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "measures.md"
# Building blocks that the page need not list: shares, tables read, helpers of the stars' ranking.
NOT_MEASURES = {"shares", "sparse_presence", "among_top"}


def gold_rows(name):
    path = SHARED / "gold" / name
    if not path.exists():
        pytest.skip("the published numbers are not beside this checkout (../shared/gold)")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return list(csv.DictReader(lines))


def econgeo(example, name, role="output"):
    """One object of EconGeo's documented examples, as an array in the printed order."""
    rows = [
        r for r in gold_rows("econgeo_examples.csv")
        if (r["example"], r["object"], r["role"]) == (example, name, role)
    ]  # fmt: skip
    lines, columns = (list(dict.fromkeys(r[k] for r in rows)) for k in ("row", "col"))
    found = np.full((len(lines), len(columns)), np.nan)
    for row in rows:
        found[lines.index(row["row"]), columns.index(row["col"])] = float(row["value"])
    assert rows
    assert not np.isnan(found).any()
    return found[:, 0] if columns == ["value"] else found


def reat(function):
    """Published value of an example of REAT."""
    (value,) = (
        float(r["published"])
        for r in gold_rows("reat_farhauer_kroell.csv")
        if r["function"] == function
    )
    return value


def loop_quotient(weight):
    total = weight.sum()
    found = np.full(weight.shape, np.nan)
    for p, f in np.ndindex(*weight.shape):
        place, field = sum(weight[p]), sum(weight[:, f])
        if place > 0 and field > 0:
            found[p, f] = (weight[p, f] / place) / (field / total)
    return found


def test_three_quarters_of_a_place_in_half_of_all_work_is_a_quotient_of_one_and_a_half():
    quotient = location_quotient(np.array([[6.0, 2.0], [2.0, 6.0]]))
    np.testing.assert_array_equal(quotient, [[1.5, 0.5], [0.5, 1.5]])


def test_places_and_fields_without_weight_have_no_quotient_and_do_not_disturb_the_others():
    full = np.array([[6.0, 2.0], [2.0, 6.0]])
    padded = np.pad(full, ((0, 1), (0, 1)))
    quotient = location_quotient(padded)
    np.testing.assert_array_equal(quotient[:2, :2], location_quotient(full))
    assert np.isnan(quotient[2]).all()
    assert np.isnan(quotient[:, 2]).all()


def test_quotients_equal_the_printed_ones_of_econgeo():
    quotient = location_quotient(econgeo("m100", "mat", "input"))
    np.testing.assert_allclose(quotient, econgeo("m100", "rca"), atol=0.005 + 1e-9)
    np.testing.assert_array_equal(specialised(quotient), econgeo("m100", "rca_binary") == 1)


def test_the_quotient_equals_the_published_one_of_reat():
    # e_ij, e_j (place), e_i (field), e (all): the rest fills the table.
    own, place, field, everything = 1714.0, 79006.0, 879213.0, 15593224.0
    table = np.array([[own, place - own], [field - own, everything - place - field + own]])
    assert location_quotient(table)[0, 0] == pytest.approx(reat("locq"), abs=5e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_measure_of_a_family_is_on_the_page_and_the_names_are_sorted(family):
    module = importlib.import_module(f"clusterloom.measures.{family}")
    assert module.__all__ == sorted(module.__all__)
    page = PAGE.read_text(encoding="utf-8")
    functions = {n for n in module.__all__ if n.islower()} - NOT_MEASURES
    assert [n for n in sorted(functions) if not re.search(rf"\b{n}\b", page)] == []
    assert f"measures.{family}`" in page


def test_no_row_of_the_published_examples_is_left_out():
    # The tests of the families together; a new row must find its test.
    reproduced = {
        "m100": {
            "rca", "rca_binary", "entropy", "herfindahl", "krugman_index", "hachman", "spec_coeff",
            "expy_vec_5_10_15_25_50", "prody_vec_5_10_15_25_50",
        },
        "hh2009_figS4": {
            "morc_steps0", "morc_steps1", "morc_steps2", "morc_steps20",
            "mort_steps0", "mort_steps1", "mort_steps2", "kci", "tci",
        },
        "cooc6": {
            "relatedness_prob", "relatedness_association", "relatedness_cosine",
            "relatedness_jaccard",
        },
        "inc": {"co_occurrence", "co_occurrence_diag"},
        "gini": {"gini", "hoover_gini", "hoover_index"},
    }  # fmt: skip
    given = {}
    for row in gold_rows("econgeo_examples.csv"):
        if row["role"] == "output":
            given.setdefault(row["example"], set()).add(row["object"])
    assert given == reproduced
    # The data of ellison.c (42 firms) are not printed: its fault is shown in the test of the
    # group index instead.
    assert {row["function"] for row in gold_rows("reat_farhauer_kroell.csv")} == {
        "locq", "ellison.a gamma", "litzenberger CI", "gini.conc", "theil", "krugman.conc2",
        "krugman.spec2", "krugman.spec", "gini", "gini coefnorm", "ellison.c (DO NOT USE)",
    }  # fmt: skip


def test_a_quotient_that_is_undefined_is_no_specialisation():
    flags = specialised(np.array([0.99, 1.0, 2.0, np.nan]))
    assert flags.tolist() == [False, True, True, False]
    assert specialised(np.array([1.5]), at_least=2.0).tolist() == [False]


def test_krugman_specialisation_equals_econgeo_and_twice_its_coefficient():
    found = krugman_specialisation(econgeo("m100", "mat", "input"))
    np.testing.assert_allclose(found, econgeo("m100", "krugman_index"), rtol=1e-12)
    np.testing.assert_allclose(found / 2, econgeo("m100", "spec_coeff"), rtol=1e-12)


def test_krugman_distances_equal_the_published_ones_of_farhauer_and_kroell():
    mixes = np.array([
        [45000, 15000, 32000, 10000, 30000],  # Sweden
        [35000, 12000, 30000, 8000, 22000],
        [40000, 10000, 25000, 9000, 18000],
        [30000, 11000, 18000, 3000, 13000],
        [40000, 6000, 11000, 2000, 12000],
    ], dtype=float)  # fmt: skip
    others = shares(mixes[1:], axis=1).mean(axis=0)
    assert krugman_distance(mixes[0], others) == pytest.approx(reat("krugman.spec2"), abs=5e-5)
    fields = np.array([
        [4320, 7811, 3900, 2300, 47560],  # mining
        [20000, 11000, 31000, 8000, 20000],
        [40000, 10000, 25000, 9000, 16000],
        [10000, 11000, 14000, 14000, 13000],
        [7000, 7500, 11000, 1500, 36000],
    ], dtype=float)  # fmt: skip
    others = shares(fields[1:], axis=1).mean(axis=0)
    assert krugman_distance(fields[0], others) == pytest.approx(reat("krugman.conc2"), abs=5e-5)
    apart = krugman_distance(np.array([20.0, 10, 70, 0, 0]), np.array([0.0, 0, 0, 60, 40]))
    assert apart == pytest.approx(reat("krugman.spec"))


def test_bases_named_by_the_russian_coefficients_solved_by_hand():
    # The first place makes 60 % of the field with 20 % of production, 30 % of the people and
    # 40 % of the product: 0.6 / 0.2, 0.6 / 0.3, 0.6 / 0.4.
    output = np.array([[6.0], [4.0]])
    production, people, product = (np.array(v) for v in ([20.0, 80.0], [3.0, 7.0], [4.0, 6.0]))
    assert localisation_coefficient(output, production)[0, 0] == pytest.approx(3.0)
    assert per_capita_coefficient(output, people)[0, 0] == pytest.approx(2.0)
    assert specialisation_coefficient(output, product)[0, 0] == pytest.approx(1.5)


def test_output_against_an_empty_base_is_infinite_and_nothing_against_nothing_undefined():
    found = localisation_coefficient(
        np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]), np.array([0.0, 2.0])
    )
    assert found[0, 0] == np.inf
    assert np.isnan(found[0, 1])
    assert np.isnan(found[:, 2]).all()


def test_marketability_is_the_share_that_leaves_and_may_pass_one():
    found = interregional_marketability(
        np.array([3.0, 5.0, 0.0, 0.0, np.nan]), np.array([4.0, 4.0, 4.0, 0.0, 4.0])
    )
    np.testing.assert_array_equal(found, [0.75, 1.25, 0.0, np.nan, np.nan])


@settings(deadline=None)
@given(WEIGHTS)
def test_on_the_base_of_its_own_sum_the_localisation_coefficient_is_the_location_quotient(weight):
    np.testing.assert_allclose(
        localisation_coefficient(weight, weight.sum(axis=1)), location_quotient(weight)
    )


@settings(deadline=None)
@given(SPARSE_WEIGHTS)
def test_quotients_equal_a_straightforward_loop(weight):
    np.testing.assert_allclose(location_quotient(weight), loop_quotient(weight))


@settings(deadline=None)
@given(WEIGHTS, FACTOR)
def test_quotients_and_distances_do_not_depend_on_the_unit(weight, factor):
    np.testing.assert_allclose(location_quotient(weight), location_quotient(weight * factor))
    np.testing.assert_allclose(
        krugman_specialisation(weight), krugman_specialisation(weight * factor), atol=1e-9
    )


@settings(deadline=None)
@given(SPARSE_WEIGHTS, st.permutations(range(4)), st.permutations(range(3)))
def test_the_order_of_places_and_fields_does_not_matter(weight, places, fields):
    moved = weight[np.ix_(places, fields)]
    np.testing.assert_allclose(
        location_quotient(moved), location_quotient(weight)[np.ix_(places, fields)]
    )
    np.testing.assert_allclose(
        krugman_specialisation(moved), krugman_specialisation(weight)[list(places)], atol=1e-12
    )


@settings(deadline=None)
@given(WEIGHTS)
def test_the_quotients_of_a_field_average_to_one_when_weighted_by_the_size_of_the_places(weight):
    size = weight.sum(axis=1) / weight.sum()
    np.testing.assert_allclose(size @ location_quotient(weight), 1.0)


@settings(deadline=None)
@given(WEIGHTS, WEIGHTS)
def test_krugman_distance_is_symmetric_and_at_most_two(first, second):
    distance = krugman_distance(first, second)
    np.testing.assert_array_equal(distance, krugman_distance(second, first))
    assert ((distance >= 0) & (distance <= 2 + 1e-12)).all()


def test_the_input_is_not_changed():
    weight = np.array([[6.0, 2.0], [2.0, 6.0]])
    location_quotient(weight)
    krugman_specialisation(weight)
    np.testing.assert_array_equal(weight, [[6.0, 2.0], [2.0, 6.0]])


def test_one_unknown_weight_makes_the_quotients_unknown_but_not_the_mix_of_another_place():
    weight = np.array([[6.0, np.nan], [2.0, 6.0]])
    assert np.isnan(location_quotient(weight)).all()
    np.testing.assert_array_equal(shares(weight, axis=1)[1], [0.25, 0.75])


@pytest.mark.parametrize("function", [location_quotient, krugman_specialisation])
def test_negative_and_infinite_weights_are_refused(function):
    with pytest.raises(ValueError, match="must be >= 0, but the smallest is -1"):
        function(np.array([[1.0, -1.0]]))
    with pytest.raises(ValueError, match="infinite: use NaN"):
        function(np.array([[1.0, np.inf]]))


@pytest.mark.parametrize("function", TO_BASE)
def test_a_base_of_another_length_or_sign_is_refused(function):
    with pytest.raises(ValueError, match=r"shapes are \(3,\) and \(2, 1\)"):
        function(np.ones((2, 1)), np.ones(3))
    with pytest.raises(ValueError, match="finite and >= 0, but holds -2"):
        function(np.ones((2, 1)), np.array([1.0, -2.0]))


def test_marketability_of_a_negative_shipment_and_a_limit_of_zero_are_refused():
    with pytest.raises(ValueError, match="shipped_out must be finite and >= 0, but holds -1"):
        interregional_marketability(np.array([-1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="at_least must be > 0, but it is 0"):
        specialised(np.ones(2), at_least=0.0)
