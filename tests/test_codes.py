"""Adjacency of any classification's codes: patents, industry statistics, and what is refused."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from clusterloom.errors import SourceError
from clusterloom.networks.code_adjacency import (
    code_adjacency,
    code_signals,
    hierarchy_signal,
    tree_signal,
)
from clusterloom.networks.code_table import read_codes, read_unit_links

ROOT = Path(__file__).parents[1]


def test_the_worked_examples_of_the_documentation_run_as_they_stand():
    page = ROOT / "docs" / "how-to" / "adjacency-of-your-codes.md"
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert tried > 10
    assert not failed


def test_projects_by_their_own_topics_and_titles(word_encoder):
    rows = [
        {"unit": "p1", "code": "t1", "title": "laser beams"},
        {"unit": "p1", "code": "t2", "title": "laser optics"},
        {"unit": "p2", "code": "t3", "title": "cheese"},
    ]
    (pair,) = code_adjacency(read_codes(rows), encoders=[word_encoder])
    assert (pair["code_a"], pair["code_b"], pair["together"]) == ("t1", "t2", 1)
    assert pair["classification"] is None
    assert pair["text"] == 1


def test_the_tree_reads_every_spelling_of_a_code():
    spellings = ["H01S 3/00", "h01s3/00", "H 01 S", "G02B", "H01L", "H"]
    found = hierarchy_signal(spellings, (1, 3, 4))
    assert found[0, 1] == found[0, 2] == 1
    assert found[0, 3] == 0
    assert found[0, 4] == pytest.approx(2 / 3)  # section and class of three levels
    assert found[0, 5] == pytest.approx(2 / 4)  # the section itself: one level of one and three
    assert np.isnan(hierarchy_signal(["-", "H01S"], (1, 3, 4))[0, 1])


@pytest.mark.parametrize("levels", [(0, 1), (3, 3), (4, 3)])
def test_levels_that_do_not_rise_are_refused(levels):
    with pytest.raises(ValueError, match="levels rise"):
        hierarchy_signal(["a"], levels)


def test_several_rows_of_one_unit_and_code_add_up_and_units_do_not_matter():
    once = read_codes([{"unit": "a", "code": "x", "amount": 3}, {"unit": "a", "code": "y"}])
    twice = read_codes(
        [{"unit": "a", "code": "x", "amount": n} for n in (1, 2)] + [{"unit": "a", "code": "y"}]
    )
    np.testing.assert_array_equal(once.amount.toarray(), twice.amount.toarray())
    regions = [
        {"unit": u, "code": c, "amount": n}
        for u, c, n in (("r", "x", 5), ("r", "y", 1), ("s", "y", 4), ("s", "z", 3), ("t", "z", 1))
    ]
    scaled = [{**row, "amount": 1000 * row["amount"]} for row in regions]
    assert code_adjacency(read_codes(regions), specialised=True) == code_adjacency(
        read_codes(scaled), specialised=True
    )


def test_links_between_units_are_spread_over_their_codes_as_by_hand():
    """Four units of one code each and one of two; three ties between distinct pairs."""
    rows = [{"unit": u, "code": c} for u, c in ("ax", "by", "cz", "dz", "ex", "ey")]
    table = read_codes(rows)
    ties = (("a", "b"), ("b", "a"), ("c", "d"), ("e", "c"), ("a", "stranger"))
    links = read_unit_links([{"unit_a": a, "unit_b": b} for a, b in ties], table)
    assert links.n_strange == 1
    found = code_signals(table, links=links, prior=0)
    # a-b once however often it is told; e-c half x-z and half y-z; c-d within z counts at both ends
    assert found.shown["links"].tolist() == [[0, 1, 0.5], [1, 0, 0.5], [0.5, 0.5, 2]]
    # ends: x 1.5, y 1.5, z 3 of 6; expected x-y 0.375, x-z 0.75
    assert found.signals["link"][0, 1] == pytest.approx((1 - 0.375) / (1 + 0.375))
    assert found.signals["link"][0, 2] == 0
    assert found.known() == ("cooccurrence", "link")


def test_links_can_be_all_that_speaks_for_a_pair():
    table = read_codes([{"unit": u, "code": c} for u, c in ("ax", "by", "cz", "dz")])
    links = read_unit_links([{"unit_a": "a", "unit_b": "b"}, {"unit_a": "c", "unit_b": "d"}], table)
    assert code_adjacency(table) == []
    (pair,) = code_adjacency(table, links=links, weights=(0, 0, 0, 1), prior=0)
    # one link seen, ends 1 * 1 / 4 expected
    assert (pair["code_a"], pair["code_b"], pair["links"]) == ("x", "y", 1)
    assert pair["fused"] == pair["link"] == 0.6


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"unit_a": "a"}, "row 1 has no unit_b"),
        ({"unit_a": "a", "unit_b": "a"}, "joins `a` with itself"),
        ({"unit_a": "a", "unit_b": "b", "year": "soon"}, "year 'soon' is no whole number"),
    ],
)
def test_a_faulty_link_is_named(row, fault):
    with pytest.raises(SourceError, match=fault):
        read_unit_links([row], read_codes([{"unit": "a", "code": "x"}]))


def test_codes_of_two_classifications_are_in_no_common_tree():
    near = tree_signal([("a", "r"), ("b", "r"), ("a", "r")], schemes=("p", "p", "q"))
    assert near[0, 1] == 0.5
    assert np.isnan(near[0, 2])


@pytest.mark.parametrize("rows", [[], [{"unit": "a", "code": "x"}]])
def test_no_code_or_one_code_has_no_pairs(rows):
    assert code_adjacency(read_codes(rows)) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"unit": "", "code": "x"}, "row 2 has no unit"),
        ({"unit": "b", "code": None}, "row 2 has no code"),
        ({"unit": "b", "code": "x", "amount": -1}, "amount -1 is no number >= 0"),
        ({"unit": "b", "code": "x", "amount": float("nan")}, "amount nan is no number >= 0"),
        ({"unit": "b", "code": "x", "amount": float("inf")}, "amount inf is no number >= 0"),
        ({"unit": "b", "code": "x", "amount": "many"}, "amount 'many' is no number >= 0"),
        ({"unit": "b", "code": "x", "year": 2010.5}, r"year 2010\.5 is no whole number"),
        ({"unit": "b", "code": "x", "title": "cheese"}, "code x is `cheese` here and `lasers`"),
    ],
)
def test_a_faulty_row_is_named_with_its_value(row, fault):
    with pytest.raises(SourceError, match=fault):
        read_codes([{"unit": "a", "code": "x", "title": "lasers"}, row])


def test_many_faults_are_told_at_once_and_counted():
    with pytest.raises(SourceError, match=r"row 1 has no code; row 2 .*\(and 3 more\)"):
        read_codes([{"unit": "a"}] * 8)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"weights": (1, -1, 0, 0)}, "four numbers >= 0"),
        ({"weights": (1, float("nan"), 0, 0)}, "four numbers >= 0"),
        ({"weights": (0, 0, 0, 0)}, "four numbers >= 0"),
        ({"weights": (1, 1)}, "four numbers >= 0"),
        ({"measure": "lift"}, "`lift` is asked for"),
        ({"prior": -1}, "prior is >= 0"),
        ({"min_fused": 2}, "min_fused 0..1"),
        ({"most": 0}, "most >= 1"),
    ],
)
def test_wrong_parameters_are_refused(parameters, fault):
    table = read_codes([{"unit": "a", "code": c} for c in "xy"])
    with pytest.raises(ValueError, match=fault):
        code_adjacency(table, **parameters)


def test_of_many_pairs_only_the_nearest_of_each_code_are_listed():
    rng = np.random.default_rng(0)
    rows = [
        {"unit": f"u{u}", "code": f"c{c:02d}"}
        for u in range(60)
        for c in rng.choice(30, size=6, replace=False)
    ]
    table = read_codes(rows)
    every = code_adjacency(table, min_fused=0, most=29)
    some = code_adjacency(table, min_fused=0, most=2)
    assert len(every) == 30 * 29 // 2
    assert len(some) <= 60
    own: dict[str, list[float]] = {}
    for pair in every:
        for code in (pair["code_a"], pair["code_b"]):
            own.setdefault(code, []).append(pair["fused"])
    for pair in some:
        limits = [sorted(own[pair[c]])[-2] for c in ("code_a", "code_b")]
        assert pair["fused"] >= min(limits) - 1e-9
