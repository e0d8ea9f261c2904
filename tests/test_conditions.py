"""The stage `conditions`: every indicator worked out by hand, and what is not known."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.conditions import Conditions
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .test_composition import link_row
from .test_core import assignment, candidate_row

# The town lies at 54° N 27° E, the village 2° north of it (222 km), far out of reach.
AT = {"town": 54.0, "village": 56.0}
ORGANISATIONS = [
    ("inst", "research_institute", "town"),
    ("uni", "university", "town"),
    ("maker", "company", "town"),
    ("maker2", "company", "town"),
    ("park", "technopark", "town"),
    ("park2", "technopark", "town"),
    ("tools", "equipment_supplier", "town"),
    ("bank", "bank", "town"),
    ("ministry", "government_body", "town"),
    ("farm", "company", "village"),
    ("barn", "company", "village"),
    ("mill", "company", "village"),
    ("fund", "state_fund", "village"),
]
MEMBERS = ("inst", "uni", "maker", "maker2")
# activity, organisation, kind, field, paradigm, evidence
WORK = [
    ("a1", "inst", "research", "lasers", "VI", "verified"),
    ("a1", "inst", "research", "optics", "VI", "verified"),
    ("a2", "inst", "development", "lasers", "V", "memory"),
    ("a3", "uni", "research", "optics", None, None),
    ("a4", "uni", "training", "lasers", None, "secondary"),
    ("a5", "maker", "production", "lasers", "V", "verified"),
    ("a6", "maker2", "production", "optics", "VI", None),
    ("a7", "maker2", "production", "dairy", "IV", "verified"),
    ("b1", "farm", "production", "dairy", "IV", None),
    ("b2", "barn", "production", "dairy", "IV", None),
]
LINKS = [
    ("inst", "maker", "contract"),
    ("maker", "inst", "supply"),
    ("inst", "uni", "parent"),
    ("inst", "abroad", "joint_research"),
    ("maker", "farm", "supply"),
]
VILLAGERS = ("farm", "barn", "mill")
DAIRY = {"territory_id": "village", "family_id": "family-food", "main_fields": "dairy"}


def place_row(place_id):
    return {
        "place_id": place_id,
        "name_en": place_id,
        "country": "XA",
        "lat_deg": AT[place_id],
        "lon_deg": 27.0,
        "extent_km": 2.0,
        "source_id": "toy",
        "source_row": "places.csv:2",
    }


def organisation(org_id, role, place, **more):
    position = {"place_id": place, "lat_deg": AT[place], "lon_deg": 27.0}
    return organisation_row(org_id, role, **position, extent_km=2.0, coord_precision="city", **more)


def member_row(candidate_id, org_id):
    return {
        "candidate_id": candidate_id,
        "org_id": org_id,
        "family_share": 1.0,
        "reasons": "[]",
        "based_on": "[]",
    }


def fact_row(indicator, value, *, subject_id="town--lasers", fact_id=None, **more):
    return {
        "fact_id": fact_id or f"{subject_id}:{indicator}",
        "subject_kind": "place" if subject_id in AT else "candidate",
        "subject_id": subject_id,
        "indicator": indicator,
        "value": value,
        "source_id": "form",
        "source_row": "facts.csv:2",
        **more,
    }


def toy(*, work=WORK, links=LINKS, facts=(), organisations=ORGANISATIONS, two=False, turn=1):
    """One candidate in the town; with `two` also the village's, which does dairy."""
    rows = [organisation(*row) for row in organisations]
    rows.append(organisation("abroad", "company", "village", country="XB"))
    candidates = [candidate_row("town--lasers", n_organisations=4)]
    members = [member_row("town--lasers", o) for o in MEMBERS]
    if two:
        candidates.append(candidate_row("village--dairy", **DAIRY))
        members += [member_row("village--dairy", o) for o in VILLAGERS]
    activities = {a: activity_row(a, o, k, paradigm=p, evidence=e) for a, o, k, _, p, e in work}
    assignments = [
        assignment(a, o, f, kind=k, paradigm=p, paradigm_origin=p and "source")
        for a, o, k, f, p, _ in work
    ]
    families = [
        {"field_id": f, "family_id": family, "centrality": 0.5}
        for f, family in (
            ("lasers", "family-lasers"),
            ("optics", "family-lasers"),
            ("dairy", "family-food"),
        )
    ]
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows("field_family", families)
        .with_rows("place", [place_row(p) for p in AT])
        .with_rows("organisation", rows[::turn])
        .with_rows("candidate", candidates[::turn])
        .with_rows("candidate_member", members[::turn])
        .with_rows("activity", list(activities.values())[::turn])
        .with_rows("activity_field", assignments[::turn])
        .with_rows("link", [link_row(*row) for row in links][::turn])
        .with_rows("fact", [fact_row(**row) for row in facts][::turn])
    )


def measured(tables, candidate_id="town--lasers", **parameters):
    rows = Conditions(**parameters).run(tables).rows("condition")
    return {r["indicator"]: r for r in rows if r["candidate_id"] == candidate_id}


# By hand, for the town's candidate; what lies outside the family or the town does not count.
BY_HAND = {
    "research_strength": (3.0, "directions"),  # a1 (once, in two fields), a2, a3
    "paradigm_vi_share": (0.5, "share"),  # a1 of a1 and a2; nothing is known of a3
    "production_base": (2.0, "directions"),  # a5, a6; a7 is dairy
    # Here 7 of the 8 assignments are in the family (all but a7), in the country 7 of 10.
    "specialisation": (1.25, "location quotient"),
    "infrastructure": (2.0, "kinds"),  # two technoparks are one kind, and equipment
    "infrastructure:technopark": (2.0, "organisations"),
    "infrastructure:industrial_park": (None, "organisations"),  # nobody names any: not known
    "infrastructure:engineering_centre": (None, "organisations"),
    "infrastructure:technology_transfer_centre": (None, "organisations"),
    "infrastructure:equipment_supplier": (1.0, "organisations"),
    "infrastructure:business_incubator": (None, "organisations"),
    "human_capital": (1.0, "organisations"),  # uni
    "training": (1.0, "directions"),  # a4
    "finance_reach": (2.0, "organisations"),  # the bank, and the fund elsewhere in the country
    "finance:idea": (1.0, "organisations"),  # the fund, by its kind
    "finance:prototype": (1.0, "organisations"),
    "finance:pilot": (1.0, "organisations"),
    "finance:market_entry": (1.0, "organisations"),  # the bank, by its kind
    "finance:growth": (1.0, "organisations"),
    "existing_ties": (1.0, "pairs"),  # inst-maker; a parent is no working tie
    "tie_density": (0.1667, "share"),  # of 6 pairs
    "openness": (1.0, "ties"),  # inst-abroad; the farm is at home
    "public_body": (1.0, "organisations"),  # the ministry
    "market": (1.0, "organisations"),  # the farm; what maker supplies to inst stays inside
    "evidence_quality": (0.3333, "share"),  # a1 and a5 of a1..a6
    "research_growth": (None, "change over mean"),  # no work has a date
    "administrative_framework": (None, "measures"),  # nobody has stated any
}


def test_every_indicator_has_the_value_worked_out_by_hand_and_its_unit():
    found = measured(toy())
    assert {name: (row["value"], row["unit"]) for name, row in found.items()} == BY_HAND


@pytest.mark.parametrize(
    ("indicator", "said"),
    [
        ("paradigm_vi_share", "1 of 2 research directions with a known paradigm are at the VI"),
        ("infrastructure", "any of the kind role:business_incubator, so it is not known."),
        ("infrastructure", "2 of 6 kinds of infrastructure are known in reach. In reach means"),
        ("infrastructure:technopark", "within 60.0 km of the centre of place:town; known within"),
        ("infrastructure:technopark", "known within 150.0 km: 2."),
        ("human_capital", "1 universities are known in reach"),
        ("training", "1 directions of training"),
        ("infrastructure:technopark", "2 of the kind role:technopark are known in reach, 2 in"),
        ("infrastructure:technopark", "The nearest of them is about 0.0 km"),
        ("finance:idea", "1 sources of capital in the country finance this stage, 0 of them in"),
        ("finance:idea", "0 have said so, for the others it is assumed"),
        ("existing_ties", "by 2 agreements, projects or papers"),
        ("administrative_framework", "Nobody has stated as a number: customs_regime, single_w"),
        ("finance_reach", "1 sources of capital in reach, 2 in the country"),
        ("tie_density", "1 of 6 pairs"),
    ],
)
def test_the_reason_says_what_was_counted(indicator, said):
    assert said in words(measured(toy())[indicator])


@pytest.mark.parametrize(
    ("indicator", "refs"),
    [
        ("research_strength", ["activity:a1", "activity:a2", "activity:a3"]),
        ("production_base", ["activity:a5", "activity:a6"]),
        ("human_capital", ["organisation:uni"]),
        ("training", ["activity:a4"]),
        (
            "infrastructure",
            ["organisation:park", "organisation:park2", "organisation:tools"],
        ),
        ("public_body", ["organisation:ministry"]),
        ("specialisation", ["candidate:town--lasers"]),
    ],
)
def test_every_value_names_the_rows_it_rests_on(indicator, refs):
    assert json.loads(measured(toy())[indicator]["based_on"]) == refs


def test_an_answer_to_the_survey_counts_as_work_and_is_named_by_its_own_table():
    survey = ("development:d1", "inst", "development", "lasers", "VI", None)
    tables = toy(work=[*WORK, survey])
    tables = tables.with_rows(
        "activity", [r for r in tables.rows("activity") if r["activity_id"] != survey[0]]
    )
    found = measured(tables)
    assert found["research_strength"]["value"] == 4.0
    assert "development:d1" in json.loads(found["research_strength"]["based_on"])
    # Its mark is not among the marks of the activities: it is neither verified nor unmarked.
    assert found["evidence_quality"]["value"] == BY_HAND["evidence_quality"][0]


def test_what_is_not_known_is_never_zero():
    unmarked = [(a, o, k, f, None, None) for a, o, k, f, _, _ in WORK]
    found = measured(toy(work=unmarked, links=[]))
    for name in (
        "paradigm_vi_share", "existing_ties", "tie_density", "openness", "market",
        "evidence_quality", "research_growth", "administrative_framework",
    ):  # fmt: skip
        row = found[name]
        assert (row["value"], row["reference"], row["rank_share"]) == (None, None, None), name
        assert row["verdict"] == "not_known", name
        assert words(row), name
    without = measured(toy(work=[]))
    assert without["specialisation"]["value"] is None
    assert without["paradigm_vi_share"]["value"] is None


def test_a_known_zero_is_missing_not_unknown():
    found = measured(toy(work=[r for r in WORK if r[2] != "production" or r[3] == "dairy"]))
    row = found["production_base"]
    # The farms produce: somebody looked for production in the country, and the town has none.
    assert (row["value"], row["verdict"]) == (0.0, "missing")
    # They have ties, only none with each other: that is known to be none.
    apart = measured(toy(links=[("inst", "abroad", "contract")]))
    assert (apart["tie_density"]["value"], apart["tie_density"]["verdict"]) == (0.0, "missing")


def test_indicators_are_compared_with_the_other_candidates():
    found = measured(toy(two=True))
    other = measured(toy(two=True), "village--dairy")
    # 2 production directions each: alike, so nobody is ahead.
    assert other["production_base"]["value"] == found["production_base"]["value"] == 2.0
    assert found["production_base"]["rank_share"] == 1.0
    assert found["production_base"]["verdict"] == "present"
    # 3 directions against 0: the median lies between.
    assert found["research_strength"]["reference"] == 1.5
    assert (found["research_strength"]["rank_share"], found["research_strength"]["verdict"]) == (
        1.0,
        "strong",
    )
    # 2 kinds against none; the smaller is missing, whatever its rank.
    assert (other["infrastructure"]["rank_share"], other["infrastructure"]["verdict"]) == (
        0.5,
        "missing",
    )
    # Nothing is known of the village's paradigms in research: it does not enter the median.
    assert other["paradigm_vi_share"]["verdict"] == "not_known"
    assert found["paradigm_vi_share"]["reference"] == 0.5


def test_the_shares_from_which_an_indicator_is_strong_or_weak_are_the_recipes():
    # The village's density: no pair. Openness 1 and 0. Specialisation 1.25 and 1 / 0.3.
    assert measured(toy(two=True))["specialisation"]["verdict"] == "present"
    found = measured(toy(two=True), weak_share=0.5)
    assert (found["specialisation"]["rank_share"], found["specialisation"]["verdict"]) == (
        0.5,
        "weak",
    )
    assert measured(toy(two=True), strong_share=1.0)["research_strength"]["verdict"] == "strong"


def test_facts_carry_their_value_unit_year_and_source():
    facts = [
        {"indicator": "staff", "value": 900.0, "unit": "persons", "year": 2025},
        {"indicator": "programme", "value": None, "value_text": "adopted"},
        {"indicator": "staff", "value": 7.0, "subject_id": "village"},
    ]
    found = measured(toy(facts=facts))
    row = found["fact:staff"]
    assert (row["value"], row["unit"], row["year"]) == (900.0, "persons", 2025)
    assert row["based_on"] == '["fact:town--lasers:staff"]'
    assert "Stated by people" in words(row)
    programme = found["fact:programme"]
    assert (programme["value"], programme["unit"]) == (None, "-")
    assert "adopted" in words(programme)
    assert found["research_strength"]["year"] is None


def test_of_several_facts_the_nearest_and_latest_counts_whatever_its_name():
    def staff(fact_id, value, subject_id, year):
        return {
            "indicator": "staff",
            "value": value,
            "subject_id": subject_id,
            "fact_id": fact_id,
            "year": year,
        }

    facts = [
        staff("a", 3.0, "town--lasers", 2024),
        staff("b", 2.0, "town--lasers", 2020),
        staff("z", 1.0, "town", 2026),
    ]
    row = measured(toy(facts=facts))["fact:staff"]
    assert (row["value"], row["year"], row["based_on"]) == (3.0, 2024, '["fact:a"]')


def test_values_in_different_units_are_not_compared():
    facts = [
        {"indicator": "staff", "value": 900.0, "unit": "persons"},
        {"indicator": "staff", "value": 2.0, "unit": "thousand", "subject_id": "village--dairy"},
    ]
    row = measured(toy(facts=facts, two=True))["fact:staff"]
    assert (row["reference"], row["verdict"]) == (900.0, "present")


def dated(years, **more):
    """The toy with a year for the work named; `None` for no year."""
    tables = toy(**more)
    rows = [row | {"year": years.get(row["activity_id"])} for row in tables.rows("activity")]
    return tables.with_rows("activity", rows)


def source_row(retrieved):
    return {
        "source_id": "toy",
        "name": "toy",
        "kind": "folder",
        "digest": "0",
        "retrieved": retrieved,
    }


def test_growth_compares_two_windows_of_the_same_length():
    # To 2024: a1 in 2020-2024; a2 and a3 in 2015-2019; b1 is somebody else's.
    tables = dated({"a1": 2022, "a2": 2015, "a3": 2019, "b1": 2024})
    row = measured(tables)["research_growth"]
    assert row["value"] == round((1 - 2) / 1.5, 4)
    assert (row["first_year"], row["year"]) == (2015, 2022)
    # Windows of two years, to 2023: a1 in 2022-2023, nothing in 2020-2021 but b1.
    tables = dated({"a1": 2022, "a2": 2015, "a3": 2019, "b1": 2020})
    row = measured(tables, growth_years=2, as_of_year=2023)["research_growth"]
    assert (row["value"], row["verdict"]) == (2.0, "present")


def test_a_single_year_tells_nothing_of_growth():
    row = measured(dated(dict.fromkeys(("a1", "a2", "b1"), 2020)))["research_growth"]
    assert (row["value"], row["verdict"]) == (None, "not_known")
    assert "nothing from the earlier years" in words(row)
    assert "1 of 3 research directions have no date" in words(row)


def test_no_growth_is_not_a_lack():
    row = measured(dated({"a1": 2022, "a2": 2016}))["research_growth"]
    assert (row["value"], row["verdict"]) == (0.0, "present")


def test_a_year_its_source_could_not_know_is_set_aside():
    tables = dated({"a1": 2022, "a2": 2016, "a3": 2062})
    tables = tables.with_rows("source", [source_row("2023-05-01")])
    row = measured(tables)["research_growth"]
    assert row["value"] == 0.0
    assert "1 of 3 research directions have no date" in words(row)
    # A source that does not say when it was retrieved is believed.
    assert (
        measured(tables.with_rows("source", [source_row(None)]))["research_growth"]["value"] is None
    )


def test_every_indicator_says_from_which_source_and_years_it_is():
    facts = [{"indicator": "staff", "value": 900.0, "unit": "persons", "year": 2025}]
    tables = dated({"a5": 2019, "a6": 2023}, facts=facts)
    found = measured(tables)
    assert {row["theme"] for row in found.values()} >= {"research", "finance", "market", "fact"}
    assert found["fact:staff"]["sources"] == "form"
    row = found["production_base"]
    assert (row["sources"], row["first_year"], row["year"]) == ("toy", 2019, 2023)
    # A known zero rests on what was looked through; what is not known rests on nothing.
    village = measured(toy(two=True), "village--dairy")["human_capital"]
    assert (village["value"], village["sources"]) == (0.0, "toy")
    assert found["infrastructure:business_incubator"]["sources"] is None
    assert found["administrative_framework"]["sources"] is None


def test_the_administrative_framework_is_what_people_have_stated_as_numbers():
    facts = [
        {"indicator": "special_regime", "value": 1.0},
        {"indicator": "tax_relief", "value": 0.0, "subject_id": "town"},
        {"indicator": "single_window", "value": None, "value_text": "planned"},
        {"indicator": "staff", "value": 9.0},
    ]
    row = measured(toy(facts=facts))["administrative_framework"]
    assert (row["value"], row["verdict"]) == (1.0, "present")
    assert "1 of 2 measures" in words(row)
    assert "customs_regime, single_window, support_programme" in words(row)
    row = measured(toy(facts=facts), framework=("tax_relief",))["administrative_framework"]
    assert (row["value"], row["verdict"]) == (0.0, "missing")
    assert measured(toy(facts=facts), framework=())["administrative_framework"]["value"] is None


def test_money_for_a_stage_counts_what_investors_have_said_before_what_is_assumed():
    profile = {
        "investor_profile_id": "p", "org_id": "bank", "kind": "bank", "stages": "idea",
        "source_id": "form", "source_row": "x:2",
    }  # fmt: skip
    found = measured(toy().with_rows("investor_profile", [profile]))
    assert (found["finance:idea"]["value"], found["finance:growth"]["value"]) == (2.0, 0.0)
    assert "1 of them in reach; 1 have said so" in words(found["finance:idea"])


def test_the_market_is_whom_they_supply_not_who_supplies_them():
    found = measured(toy(links=[("farm", "maker", "supply")]))
    assert found["market"]["value"] is None
    found = measured(toy(links=[("maker", "abroad", "contract"), ("uni", "farm", "training")]))
    assert found["market"]["value"] == 1.0


def test_a_candidate_too_small_to_be_tested_is_not_measured():
    tables = toy().with_rows("candidate", [candidate_row(verdict="too_small")])
    assert Conditions().run(tables)["condition"].num_rows == 0


def test_the_weight_of_work_counts_in_the_specialisation():
    tables = toy()
    rows = [
        r | {"weight": 100.0 if r["activity_id"] == "b1" else 1.0} for r in tables.rows("activity")
    ]
    # In the country 7 of 109 instead of 7 of 10 are in the family.
    row = measured(tables.with_rows("activity", rows))["specialisation"]
    assert row["value"] == round((7 / 8) / (7 / 109), 4)


def test_rows_without_a_year_say_when_their_source_was_retrieved():
    tables = dated({"a5": 2019}).with_rows("source", [source_row("2023-05-01")])
    found = measured(tables)
    row = found["infrastructure:technopark"]
    assert (row["first_year"], row["year"], row["known_as_of"]) == (None, None, 2023)
    # Some work is dated, some is not: the two are kept apart.
    row = found["production_base"]
    assert (row["first_year"], row["year"], row["known_as_of"]) == (2019, 2019, 2023)
    everything = dated(dict.fromkeys((row[0] for row in WORK), 2020))
    row = measured(everything.with_rows("source", [source_row("2023")]))["production_base"]
    assert (row["year"], row["known_as_of"]) == (2020, None)
    # A source that does not say, and what rests on no row at all.
    silent = measured(dated({}).with_rows("source", [source_row(None)]))
    assert silent["infrastructure:technopark"]["known_as_of"] is None
    assert found["administrative_framework"]["known_as_of"] is None


@settings(deadline=None, max_examples=15)
@given(st.floats(0.01, 100), st.sampled_from([1, -1]))
def test_the_order_of_rows_and_the_unit_of_weight_do_not_matter(weight, turn):
    tables = toy(two=True, turn=turn)
    scaled = [row | {"weight": weight} for row in tables.rows("activity")]
    found = Conditions().run(tables.with_rows("activity", scaled))
    assert found["condition"].equals(Conditions().run(toy(two=True))["condition"])


@settings(deadline=None, max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["company", "university", "technopark", "government_body"]),
            st.sampled_from(["lasers", "dairy"]),
        ),
        max_size=6,
    )
)
def test_organisations_outside_the_candidate_and_its_territory_do_not_matter(others):
    # 222 km away, at home: only the country's mix of work and its capital know about them.
    more = [(f"other{i}", role, "village") for i, (role, _) in enumerate(others)]
    work = [
        (f"o{i}", f"other{i}", "research", field, "VI", "verified")
        for i, (_, field) in enumerate(others)
    ]
    found = measured(toy(organisations=[*ORGANISATIONS, *more], work=[*WORK, *work]))
    values = {name: row["value"] for name, row in found.items()}
    by_hand = {name: value for name, (value, _) in BY_HAND.items()}
    here, land = 7 / 8, (7 + sum(f == "lasers" for _, f in others)) / (10 + len(others))
    by_hand["specialisation"] = round(here / land, 4)
    assert values == by_hand


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"weak_share": -0.1}, "weak_share -0.1"),
        ({"weak_share": 0.8}, "weak_share 0.8, strong_share 0.75"),
        ({"strong_share": 1.1}, "strong_share 1.1"),
        ({"strong_share": float("nan")}, "strong_share nan"),
        ({"wide_radius_km": 0}, "wide_radius_km is 0"),
        ({"wide_radius_km": float("nan")}, "wide_radius_km is nan"),
        ({"growth_years": 0}, "growth_years is 0"),
        ({"as_of_year": 3}, "as_of_year is 3"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Conditions(**parameters)
