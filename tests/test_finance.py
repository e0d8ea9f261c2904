"""The stage `finance`: who fits by hand, what is assumed, and where the path breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.finance import Finance
from clusterloom.tables import Tables

from .conftest import cluster_row, field_row, organisation_row, seat_row, words
from .test_composition import adjacency_row
from .test_core import assignment

ORIGIN = {"source_id": "toy", "source_row": "x:2"}


def development(trl, **more):
    return {"development_id": "d", "org_id": "lab", "title": "t", "trl": trl, **ORIGIN, **more}


def profile(org_id="fund", **more):
    return {
        "investor_profile_id": f"{org_id}:p", "org_id": org_id, "kind": "investor", **ORIGIN, **more
    }  # fmt: skip


def toy(*, developments=(), profiles=(), work=(), investors=(("fund", "investor", "XA"),), step=1):
    money = [organisation_row(o, role, country=country) for o, role, country in investors]
    organisations = [organisation_row("lab", "research_institute"), *money]
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
        .with_rows("organisation", organisations[::step])
        .with_rows("cluster", [cluster_row("A")])
        .with_rows("membership", [seat_row("A", "lab", "core")])
        .with_rows("development", list(developments)[::step])
        .with_rows("investor_profile", list(profiles)[::step])
        .with_rows(
            "activity_field", [assignment(f"lab:{k}", "lab", f, kind=k) for k, f in work][::step]
        )
    )


def financed(tables, **parameters):
    written = Finance(**parameters).run(tables)
    gaps = {row["finance_stage"]: row for row in written.rows("finance_gap")}
    return written.rows("finance_match"), gaps


@pytest.mark.parametrize(
    ("trl", "stage"),
    [(1, "idea"), (2, "idea"), (3, "prototype"), (5, "pilot"), (8, "market_entry"), (9, "growth")],
)
def test_the_readiness_level_names_the_stage(trl, stage):
    (match,), gaps = financed(
        toy(developments=[development(trl)], profiles=[profile(stages=stage)])
    )
    # Both sides stated: full trust.
    assert (match["finance_stage"], match["score"]) == (stage, 1.0)
    assert (match["stage_origin"], match["profile_origin"]) == ("stated", "stated")
    assert gaps[stage]["verdict"] == "covered"
    assert set(gaps) == {"idea", "prototype", "pilot", "market_entry", "growth"}


def test_without_answers_and_profiles_everything_is_called_an_assumption():
    (match,), gaps = financed(toy(work=[("development", "optics"), ("development", "dairy")]))
    # Assumed profile 0.6 times inferred stage 0.8; the dairy is far from the cluster's lasers.
    assert (match["finance_stage"], match["score"]) == ("prototype", 0.48)
    assert (match["stage_origin"], match["profile_origin"]) == ("inferred", "assumed")
    assert "assumed, not stated" in words(match)
    assert "inferred" in words(gaps["prototype"])


def test_who_answered_the_survey_does_not_stand_with_its_directions_too():
    tables = toy(developments=[development(3)], work=[("research", "lasers")])
    _, gaps = financed(tables)
    assert {s: g["n_demands"] for s, g in gaps.items() if g["n_demands"]} == {"prototype": 1}


def test_the_first_broken_step_is_marked_and_only_it():
    # Idea and growth are asked for, and no investor of the toy finances either.
    _, gaps = financed(toy(work=[("research", "lasers"), ("production", "lasers")]))
    assert [gaps[s]["verdict"] for s in ("idea", "growth")] == ["broken", "broken"]
    assert "breaks first" in words(gaps["idea"])
    assert "breaks first" not in words(gaps["growth"])


def test_no_demand_known_is_not_covered():
    _, gaps = financed(toy())
    assert {g["verdict"] for g in gaps.values()} == {"no_demand_known"}
    assert gaps["pilot"]["n_investors"] == 1


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"ticket_min": 50.0, "ticket_max": 100.0, "currency": "EUR"}, True),
        ({"ticket_min": 101.0, "currency": "EUR"}, False),
        ({"ticket_max": 99.0, "currency": "EUR"}, False),
        ({"ticket_max": 99.0, "currency": "CNY"}, True),
        ({"ticket_min": 200.0, "ticket_max": 50.0, "currency": "CNY"}, False),
        ({"countries": "XB"}, False),
        ({"fields": "lasers"}, True),
        ({"fields": "dairy"}, False),
    ],
)
def test_a_stated_limit_excludes_and_an_unstated_one_does_not(more, fits):
    tables = toy(
        developments=[development(3, finance_sought=100.0, currency="EUR")],
        profiles=[profile(stages="prototype", **more)],
    ).with_rows("activity_field", [assignment("development:d", "lab", "lasers")])
    assert len(financed(tables)[0]) == fits


def test_contradictory_limits_are_told_in_the_summary():
    limits = {"ticket_min": 200.0, "ticket_max": 50.0}
    tables = toy(developments=[development(3)], profiles=[profile(stages="prototype", **limits)])
    matches, gaps = financed(tables)
    assert matches == []
    assert "not matched" in words(gaps["prototype"])
    assert gaps["prototype"]["n_investors"] == 0


def test_a_profile_that_leaves_the_stages_open_is_not_read_as_none():
    (match,), _ = financed(toy(developments=[development(3)], profiles=[profile()]))
    assert (match["profile_origin"], match["score"]) == ("assumed", 0.6)
    assert "assumed, not stated" in words(match)


def test_a_development_without_known_fields_is_not_excluded_by_an_investors_fields():
    (match,), _ = financed(
        toy(developments=[development(3)], profiles=[profile(stages="prototype", fields="lasers")])
    )
    assert "ask whether they fit" in words(match)


def test_an_investor_from_abroad_comes_only_if_it_says_so_and_is_flagged():
    abroad = (("fund", "investor", "XB"),)
    assert financed(toy(developments=[development(3)], investors=abroad))[0] == []
    stated = [profile(stages="prototype", countries="XA|XB")]
    (match,), _ = financed(toy(developments=[development(3)], investors=abroad, profiles=stated))
    assert "abroad (XB)" in words(match)


def test_the_best_are_kept_and_equals_go_by_name():
    investors = [(f"f{i}", "investor", "XA") for i in range(5)]
    tables = toy(
        developments=[development(3)],
        investors=investors,
        profiles=[profile("f4", stages="prototype")],
    )
    matches, _ = financed(tables)
    assert [m["org_id"] for m in matches] == ["f0", "f1", "f4"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"n_investors": 0}, "n_investors is 0"),
        ({"weight_assumed": 1.5}, "1.5"),
        ({"min_adjacency": -0.1}, "-0.1"),
        ({"stages_of_role": {"bank": ("heaven",)}}, "no stage `heaven`"),
    ],
)
def test_values_out_of_range_are_refused(wrong, said):
    with pytest.raises(RecipeError, match=said):
        Finance(**wrong)


@settings(deadline=None, max_examples=15)
@given(st.floats(0.01, 1000), st.sampled_from([1, -1]))
def test_the_unit_of_money_and_the_order_of_rows_do_not_matter(factor, step):
    def fitted(unit, order):
        developments = [
            development(3, finance_sought=100 * unit, currency="EUR"),
            development(6, development_id="e", finance_sought=400 * unit, currency="EUR"),
        ]
        limits = {"ticket_max": 200 * unit, "currency": "EUR", "stages": "prototype|pilot"}
        return financed(toy(developments=developments, profiles=[profile(**limits)], step=order))[0]

    assert fitted(factor, step) == fitted(1.0, 1)
    assert [m["demand_id"] for m in fitted(factor, step)] == ["development:d"]
