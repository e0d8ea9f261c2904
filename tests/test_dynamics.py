"""The stage `dynamics`: phases and changes of fields counted by hand; what has no date."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.measures.growth import share_change_p_value
from clusterloom.stages.dynamics import Dynamics
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .test_core import assignment, candidate_row

FIELDS = {"lasers": "family-lasers", "optics": "family-lasers", "dairy": "family-food"}


def toy(member, stranger, *, field="lasers", more=(), source=None, adjacency=()):
    """One candidate of one member; `more` are (org, field, year, event) rows."""
    rows = [("m", field, year, None) for year, n in member.items() for _ in range(n)]
    rows += [("s", "dairy", year, None) for year, n in stranger.items() for _ in range(n)]
    rows += list(more)
    work, assigned = [], []
    for i, (org, of, year, event) in enumerate(rows):
        work.append(activity_row(f"w{i:03}", org, year=year, event_id=event))
        assigned.append(assignment(f"w{i:03}", org, of))
    tables = (
        Tables()
        .with_rows("field", [field_row(f, f) for f in FIELDS])
        .with_rows(
            "field_family",
            [{"field_id": f, "family_id": k, "centrality": 0.5} for f, k in FIELDS.items()],
        )
        .with_rows("organisation", [organisation_row("m"), organisation_row("s")])
        .with_rows("candidate", [candidate_row("c")])
        .with_rows(
            "candidate_member",
            [{"candidate_id": "c", "org_id": "m", "family_share": 1.0, "reasons": "[]"}
             | {"based_on": "[]"}],
        )
        .with_rows("activity", work)
        .with_rows("activity_field", assigned)
        .with_rows("field_adjacency", adjacency)
    )  # fmt: skip
    return tables if source is None else tables.with_rows("source", [source])


def phase(tables, **parameters):
    return Dynamics(**parameters).run(tables).rows("candidate_phase")[0]


# Periods of five years to 2024: the last 2020-2024, before it 2015-2019.
def test_a_share_that_stays_is_mature():
    row = phase(toy({2016: 10, 2022: 20}, {2016: 30, 2022: 60}))
    # 10 of 40 and 20 of 80: the work doubled, and so did the country's.
    assert (row["phase"], row["growth"], row["p_value"]) == ("mature", 0.0, 1.0)
    assert (row["n_early"], row["n_late"]) == (10, 20)
    assert "20 from 2018 to 2022, 10 from 2013 to 2017" in words(row)


def test_a_share_that_grows_beyond_chance_is_growing_and_a_threefold_one_emerging():
    # 10 of 100 to 20 of 100: twice; growth (0.2 - 0.1) / 0.15.
    row = phase(toy({2016: 10, 2022: 20}, {2016: 90, 2022: 80}))
    assert row["growth"] == round(0.1 / 0.15, 4)
    wanted = share_change_p_value((10, 20), (100, 100))
    assert row["p_value"] == row["q_value"] == round(wanted, 6)
    assert row["phase"] == ("growing" if wanted <= 0.10 else "uncertain")
    row = phase(toy({2016: 20, 2022: 50}, {2016: 80, 2022: 50}))
    assert row["phase"] == "growing"
    row = phase(toy({2016: 20, 2022: 60}, {2016: 80, 2022: 40}))
    assert row["phase"] == "emerging"
    assert "at least 3.0 times its earlier share" in words(row)
    row = phase(toy({2016: 20, 2022: 60}, {2016: 80, 2022: 40}), emerging_ratio=3.5)
    assert row["phase"] == "growing"


def test_something_new_is_emerging_and_something_gone_declines():
    assert phase(toy({2022: 9}, {2016: 30, 2022: 30}))["phase"] == "emerging"
    row = phase(toy({2016: 9}, {2016: 30, 2022: 30}))
    assert (row["phase"], row["growth"]) == ("declining", -2.0)


def test_a_change_that_may_be_chance_is_called_uncertain():
    row = phase(toy({2016: 2, 2022: 4}, {2016: 10, 2022: 10}))
    assert row["phase"] == "uncertain"
    assert row["q_value"] > 0.1
    assert phase(toy({2016: 2, 2022: 4}, {2016: 10, 2022: 10}), fdr=1.0)["phase"] == "growing"


def test_too_little_is_not_known():
    row = phase(toy({2016: 1, 2022: 3}, {2016: 10, 2022: 10}))
    assert (row["phase"], row["p_value"]) == ("not_known", None)
    assert "5 pieces of work in the last two periods are asked for" in words(row)
    assert phase(toy({2016: 1, 2022: 3}, {2016: 9, 2022: 9}), min_works=4)["phase"] != "not_known"


def test_work_without_a_date_is_no_year_0_and_is_counted():
    row = phase(toy({None: 7, 2016: 10, 2022: 10}, {2016: 10, 2022: 10}))
    assert (row["phase"], row["n_undated"]) == ("mature", 7)
    assert "7 pieces of work have no date and belong to no period" in words(row)
    rows = Dynamics().run(toy({None: 7, 2022: 1}, {})).rows("candidate_period")
    assert min(r["first_year"] for r in rows) == 2003
    assert sum(r["n_works"] for r in rows) == 1


def test_no_years_at_all_is_said():
    written = Dynamics().run(toy({None: 7}, {None: 3}))
    row = written.rows("candidate_phase")[0]
    assert (row["phase"], row["n_undated"], row["n_late"]) == ("not_known", 7, 0)
    assert "No work has a date" in words(row)
    assert json.loads(row["based_on"]) == ["candidate:c"]
    assert written["candidate_period"].num_rows == written["field_change"].num_rows == 0


def test_a_single_year_makes_no_phase():
    written = Dynamics().run(toy({2020: 30}, {2020: 30}))
    assert written.rows("candidate_phase")[0]["phase"] == "not_known"
    assert written["field_change"].num_rows == 0


def test_a_year_its_source_could_not_know_is_set_aside():
    source = {
        "source_id": "toy", "name": "toy", "kind": "folder", "digest": "0",
        "retrieved": "2024-06-01",
    }  # fmt: skip
    counts = {2016: 10, 2022: 10, 2024: 1, 2062: 3}
    row = phase(toy(counts, {2016: 10, 2022: 10}, source=source))
    assert (row["n_late"], row["n_later"]) == (11, 3)
    assert "3 pieces of work are dated after the last period" in words(row)
    assert phase(toy(counts, {}), as_of_year=2024)["n_later"] == 3
    # A source that does not say when it was retrieved is believed.
    assert phase(toy(counts, {}))["n_late"] == 3


def test_a_project_with_several_directions_counts_once():
    more = [("m", "lasers", 2022, "p1"), ("m", "optics", 2022, "p1"), ("m", "lasers", 2021, "p2")]
    row = phase(toy({2016: 5}, {2016: 5, 2022: 5}, more=more))
    assert row["n_late"] == 2


def test_periods_show_the_share_in_the_country():
    rows = Dynamics().run(toy({2016: 10, 2022: 20}, {2016: 30, 2022: 60})).rows("candidate_period")
    assert [(r["first_year"], r["last_year"], r["n_works"], r["country_share"]) for r in rows] == [
        (2003, 2007, 0, None),
        (2008, 2012, 0, None),
        (2013, 2017, 10, 0.25),
        (2018, 2022, 20, 0.25),
    ]


ADJACENT = {
    "field_a": "lasers", "field_b": "optics", "text": 0.5, "classification": 0.5, "fused": 0.5,
}  # fmt: skip


def test_fields_come_and_go_with_the_density_there_was_before():
    # Before: lasers 4 of 4. After: optics 3 of 4, dairy 1; the stranger does dairy throughout.
    more = [("m", "optics", 2022, f"o{i}") for i in range(3)] + [("m", "dairy", 2022, None)]
    tables = toy({2016: 4}, {2016: 4, 2022: 4}, more=more, adjacency=[ADJACENT])
    rows = {r["field_id"]: r for r in Dynamics().run(tables).rows("field_change")}
    assert set(rows) == {"lasers", "optics"}
    optics = rows["optics"]
    assert (optics["change"], optics["n_before"], optics["n_after"]) == ("entry", 0, 3)
    # Own share 3/4 over the country's 3/8.
    assert (optics["quotient_before"], optics["quotient_after"]) == (None, 2.0)
    # All that is adjacent to optics is lasers, and they had it.
    assert optics["density_before"] == 1.0
    assert rows["lasers"]["change"] == "exit"
    assert rows["lasers"]["density_before"] == 0.0
    assert "Members took up field:optics" in words(optics)
    fewer = Dynamics(min_field_works=4).run(tables).rows("field_change")
    assert [r["field_id"] for r in fewer] == ["lasers"]


def test_with_one_field_only_nobody_enters_or_leaves():
    tables = toy({2016: 4, 2022: 8}, {}, more=[("s", "lasers", y, None) for y in (2016, 2022)])
    assert Dynamics().run(tables)["field_change"].num_rows == 0


def test_members_unseen_in_a_period_have_neither_entered_nor_left():
    tables = toy({2022: 4}, {2016: 4, 2022: 4})
    assert Dynamics().run(tables)["field_change"].num_rows == 0


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 20), st.integers(0, 20))
def test_the_exact_test_agrees_with_another_program(early, late, rest_early, rest_late):
    from scipy.stats import fisher_exact

    wanted = fisher_exact([[early, late], [rest_early, rest_late]]).pvalue
    found = share_change_p_value((early, late), (early + rest_early, late + rest_late))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_part_larger_than_its_whole_is_refused():
    with pytest.raises(ValueError, match="does not fit into a whole"):
        share_change_p_value((3, 1), (2, 5))
    with pytest.raises(ValueError, match="does not fit into a whole"):
        share_change_p_value((-1, 1), (2, 5))


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"period_years": 0}, "period_years is 0"),
        ({"n_periods": 1}, "n_periods is 1"),
        ({"as_of_year": 12}, "as_of_year is 12"),
        ({"min_change": 0.0}, "min_change 0"),
        ({"emerging_ratio": 1.0}, "emerging_ratio 1"),
        ({"fdr": float("nan")}, "fdr nan"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Dynamics(**parameters)
