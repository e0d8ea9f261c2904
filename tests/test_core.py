"""The stage `core`: scores worked out by hand, and what it must never conclude."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.core import Core
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words


def candidate_row(candidate_id="town--lasers", **more):
    return {
        "candidate_id": candidate_id,
        "territory_id": "town",
        "country": "XA",
        "family_id": "family-lasers",
        "main_fields": "lasers",
        "radius_km": 60.0,
        "n_organisations": 3,
        "n_roles": 2,
        "statistic": 2.0,
        "expected": 1.0,
        "expected_sd": 0.5,
        "effect_ratio": 2.0,
        "p_value": 0.01,
        "q_value": 0.02,
        "verdict": "beyond_chance",
        "reasons": "[]",
        "based_on": "[]",
        **more,
    }


def assignment(activity_id, org_id, field_id="lasers", **more):
    return {
        "activity_id": activity_id,
        "org_id": org_id,
        "kind": "research",
        "field_id": field_id,
        "share": 1.0,
        "confidence": 1.0,
        "method": "text",
        "paradigm": "VI",
        "paradigm_origin": "source",
        **more,
    }


def world(organisations, activities, assignments, *, developments=(), candidates=None):
    candidates = candidates or [candidate_row()]
    members = [
        {
            "candidate_id": candidate["candidate_id"],
            "org_id": organisation["org_id"],
            "family_share": 1.0,
            "reasons": "[]",
            "based_on": "[]",
        }
        for candidate in candidates
        for organisation in organisations
    ]
    families = [
        {"field_id": name, "family_id": "family-lasers", "centrality": 0.5}
        for name in ("lasers", "optics")
    ]
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows("field_family", families)
        .with_rows("candidate", candidates)
        .with_rows("candidate_member", members)
        .with_rows("organisation", organisations)
        .with_rows("activity", activities)
        .with_rows("activity_field", assignments)
        .with_rows("development", developments)
    )


def scores(tables, **parameters):
    return {row["org_id"]: row for row in Core(**parameters).run(tables).rows("core_score")}


def test_a_score_sums_share_times_confidence_times_evidence():
    # a1: 0.7 x 0.5 x 1.0 (verified) = 0.35; its 0.3 in dairy lies outside the family.
    # a2: 0.5 x 0.4 x 0.4 (memory)   = 0.08. Together 0.43; of 0.55 before weighing 0.2 is weak.
    tables = world(
        [organisation_row("inst", "research_institute")],
        [
            activity_row("a1", "inst", text_en="laser physics", evidence="verified"),
            activity_row("a2", "inst", kind="development", text_en="optics", evidence="memory"),
        ],
        [
            assignment("a1", "inst", share=0.7, confidence=0.5),
            assignment("a1", "inst", "dairy", share=0.3, confidence=0.5),
            assignment("a2", "inst", "optics", kind="development", share=0.5, confidence=0.4),
        ],
    )
    row = scores(tables)["inst"]
    assert row["score"] == pytest.approx(0.43)
    assert row["margin"] == pytest.approx(0.43 - 0.15)
    assert row["weak_share"] == pytest.approx(0.2 / 0.55)
    assert (row["verdict"], row["evidence_kind"]) == ("core", "activities")
    assert row["based_on"] == '["activity:a1", "activity:a2", "organisation:inst"]'
    assert "laser physics; optics" in words(row)
    assert "judgement of the source, not checked here" in words(row)


def test_a_survey_answer_counts_with_its_own_weight_and_is_told_apart():
    # Survey 1.0 x 0.8 x weight 0.5 = 0.4, whatever the mark; activity without a mark 0.2 x 0.7.
    tables = world(
        [organisation_row("inst", "research_institute")],
        [activity_row("a1", "inst")],
        [
            assignment("a1", "inst", share=0.2, paradigm_origin="field"),
            assignment(
                "development:d1",
                "inst",
                kind="development",
                confidence=0.8,
                paradigm_origin="survey",
            ),
        ],
        developments=[
            {
                "development_id": "d1",
                "org_id": "inst",
                "title": "Fibre laser",
                "evidence": "memory",
                "source_id": "toy",
                "source_row": "x:1",
            }
        ],
    )
    row = scores(tables, survey_weight=0.5)["inst"]
    assert row["score"] == pytest.approx(0.54)
    assert row["evidence_kind"] == "both"
    assert "development:d1" in row["based_on"]
    assert "answered in the survey" in words(row)
    assert "that of their field, by the mapping the recipe names" in words(row)


def test_an_unknown_paradigm_counts_neither_for_nor_against():
    tables = world(
        [organisation_row("inst", "research_institute")],
        [activity_row("a1", "inst"), activity_row("a2", "inst")],
        [
            assignment("a1", "inst", paradigm=None, paradigm_origin=None),
            assignment("a2", "inst", paradigm="V"),
        ],
    )
    row = scores(tables)["inst"]
    assert (row["score"], row["verdict"], row["evidence_kind"]) == (0, "below_threshold", "none")
    assert row["weak_share"] is None
    assert "this does not mean that it has none" in words(row)
    assert "The paradigm of 1 more of its directions" in words(row)
    assert "no cluster is composed from it" in words(row)


def test_the_admitted_roles_are_the_recipes_choice_by_country():
    tables = world(
        [organisation_row("firm"), organisation_row("far", country="XB")],
        [activity_row("a1", "firm"), activity_row("a2", "far")],
        [assignment("a1", "firm"), assignment("a2", "far")],
    )
    found = scores(tables, core_roles={"XA": ("research_institute",), "*": ("company",)})
    assert found["firm"]["verdict"] == "role_not_admitted"
    assert "does not admit a role:company of XA" in words(found["firm"])
    assert found["far"]["verdict"] == "core"
    assert "no cluster is composed" not in words(found["firm"])


def test_a_role_that_is_not_admitted_and_has_no_evidence_gets_no_row():
    tables = world([organisation_row("bank", "bank")], [], [])
    assert scores(tables) == {}


def test_only_candidates_beyond_chance_are_scored_unless_all_are_asked_for():
    candidates = [candidate_row(), candidate_row("b--lasers", verdict="not_distinguishable")]
    tables = world(
        [organisation_row("inst", "research_institute")],
        [activity_row("a1", "inst")],
        [assignment("a1", "inst")],
        candidates=candidates,
    )
    assert Core().run(tables)["core_score"].num_rows == 1
    assert Core(candidates="all").run(tables)["core_score"].num_rows == 2


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order):
    organisations = [organisation_row(f"o{i}", "university") for i in range(3)]
    activities = [activity_row(f"a{i}", f"o{i % 3}") for i in range(6)]
    rows = [assignment(f"a{i}", f"o{i % 3}", confidence=0.1 * (i + 1)) for i in range(6)]
    straight = Core().run(world(organisations, activities, rows))
    mixed = Core().run(world(organisations[::-1], activities, [rows[i] for i in order]))
    assert straight["core_score"].equals(mixed["core_score"])


def test_empty_tables_give_an_empty_table():
    written = Core().run(Tables())
    assert written.names == ("core_score", "core_signal")
    assert all(table.num_rows == 0 for table in written.by_name.values())


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"paradigm": "VII"}, "paradigm `VII`"),
        ({"threshold": 0.0}, "threshold 0"),
        ({"kinds": ("reserch",)}, "kind `reserch`"),
        ({"core_roles": {"*": ("factory",)}}, "role `factory`"),
        ({"candidates": "some"}, "candidates `some`"),
        ({"evidence_weights": {"verified": 1.0}}, "evidence_weights names verified"),
        ({"survey_weight": -1.0}, "the weight of survey is -1"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Core(**parameters)
