"""Conditions: what is in reach by distance, and what is not known rather than none."""

from __future__ import annotations

import pytest

from clusterloom.stages.conditions import Conditions
from clusterloom.stages.ranking import Ranking

from .conftest import activity_row
from .test_conditions import (
    AT,
    BY_HAND,
    MEMBERS,
    ORGANISATIONS,
    WORK,
    measured,
    member_row,
    organisation,
    place_row,
    toy,
    words,
)
from .test_core import assignment, candidate_row


def test_without_a_position_of_its_place_nothing_in_reach_is_known():
    found = measured(toy().with_rows("place", []))
    for name in ("human_capital", "infrastructure", "infrastructure:technopark", "public_body"):
        assert (found[name]["value"], found[name]["verdict"]) == (None, "not_known"), name
        assert "The position of place:town is not known" in words(found[name])
    assert found["specialisation"]["value"] is None
    # Money is counted in the whole country, wherever it is.
    assert found["finance_reach"]["value"] == 2.0
    assert found["research_strength"]["value"] == 3.0


def test_with_unknown_members_what_they_do_is_not_known():
    found = measured(toy().with_rows("candidate_member", []))
    for name in ("research_strength", "production_base", "training", "existing_ties", "openness"):
        assert (found[name]["value"], found[name]["verdict"]) == (None, "not_known"), name
    assert words(found["training"]) == "Its members are not known."
    assert found["human_capital"]["value"] == 1.0


NOT_NAMED = {
    "technopark": ("infrastructure:technopark", "any of the kind role:technopark"),
    "university": ("human_capital", "any university"),
    "government_body": ("public_body", "any public body"),
    "bank": ("finance_reach", "any source of capital"),
}


def two_countries(left_out=(), work=WORK):
    """The toy, and beside it another country of the same kind with some roles and work left out.

    Its organisations lie 1° east of the town (65 km): out of reach, and abroad.
    """
    first = toy(work=WORK)
    there = {
        o: organisation(f"x-{o}", role, "town", country="XC") | {"lon_deg": 28.0}
        for o, role, at in ORGANISATIONS
        if at == "town" and role not in left_out
    }
    place = place_row("town") | {"place_id": "x-town", "country": "XC", "lon_deg": 28.0}
    done = [row for row in work if row[1] in there]
    activities = {
        a: activity_row(f"x-{a}", f"x-{o}", k, paradigm=p, evidence=e) for a, o, k, _, p, e in done
    }
    members = [member_row("x-town--lasers", f"x-{o}") for o in MEMBERS if o in there]
    candidate = candidate_row("x-town--lasers", territory_id="x-town", country="XC")
    added = {
        "place": [place],
        "organisation": list(there.values()),
        "candidate": [candidate],
        "candidate_member": members,
        "activity": list(activities.values()),
        "activity_field": [assignment(f"x-{a}", f"x-{o}", f, kind=k) for a, o, k, f, *_ in done],
    }
    for name, rows in added.items():
        first = first.with_rows(name, [*first.rows(name), *rows])
    return first


@pytest.mark.parametrize("role", NOT_NAMED)
def test_what_no_source_of_the_country_names_is_not_known_there_and_a_zero_elsewhere(role):
    indicator, said = NOT_NAMED[role]
    tables = two_countries(left_out=(role,))
    here, there = measured(tables), measured(tables, "x-town--lasers")
    assert here[indicator]["value"] == BY_HAND[indicator][0]
    row = there[indicator]
    assert (row["value"], row["verdict"], row["rank_share"]) == (None, "not_known", None)
    assert words(row) == f"No source of this country names {said}, so it is not known."
    assert (row["sources"], row["based_on"]) == (None, "[]")
    # The other country's median and rank are those of one candidate: no 0 was put in.
    assert here[indicator]["reference"] == here[indicator]["value"]
    # With all roles named, both are known.
    assert measured(two_countries(), "x-town--lasers")[indicator]["value"] is not None


def test_without_an_investor_register_no_stage_of_money_is_known():
    there = measured(two_countries(left_out=("bank",)), "x-town--lasers")
    stages = [name for name in there if name.startswith("finance:")]
    assert len(stages) == 5
    assert {there[name]["verdict"] for name in stages} == {"not_known"}
    # Where a source names a bank, money for an idea is a known 0: banks finance other stages.
    known = measured(two_countries(), "x-town--lasers")
    assert (known["finance:idea"]["value"], known["finance:idea"]["verdict"]) == (0.0, "missing")
    assert known["finance:growth"]["value"] == 1.0


def test_a_country_without_an_investor_register_is_not_ranked_as_if_it_had_no_money():
    tables = two_countries(left_out=("bank",))
    tables = tables.merged(Conditions().run(tables))
    ranking = Ranking(within="all", weights={"finance:growth": 3.0, "openness": 1.0}, top_k=1)
    written = ranking.run(tables)
    rows = {r["candidate_id"]: r for r in written.rows("condition_rank")}
    assert "finance:growth" in rows["x-town--lasers"]["not_known"]
    # What is known of one alone tells nobody apart: it takes no part in any score.
    assert {r["indicator"] for r in written.rows("condition_part")} <= {"openness"}


@pytest.mark.parametrize(
    ("kinds", "indicator", "said"),
    [
        (("training",), "training", "any training"),
        (("production",), "production_base", "any production"),
        (("research", "development"), "research_strength", "any research or development"),
    ],
)
def test_work_of_a_kind_that_no_source_of_the_country_names_is_not_known(kinds, indicator, said):
    work = [row for row in WORK if row[2] not in kinds]
    tables = two_countries(work=work)
    assert measured(tables)[indicator]["value"] == BY_HAND[indicator][0]
    row = measured(tables, "x-town--lasers")[indicator]
    assert (row["value"], row["verdict"]) == (None, "not_known")
    assert f"No source of this country names {said}, so it is not known." in words(row)


def moved(tables, org_id, north_km):
    """One organisation moved north of the town by so many kilometres."""
    lat = AT["town"] + north_km / 111.1949
    rows = [
        r | ({"lat_deg": lat} if r["org_id"] == org_id else {}) for r in tables.rows("organisation")
    ]
    return tables.with_rows("organisation", rows)


@pytest.mark.parametrize("method", ["territory", "community"])
def test_reach_is_distance_from_the_candidates_place(method):
    tables = moved(toy(), "park2", 59.0)
    if method == "community":
        rows = [candidate_row("town--lasers", n_organisations=4, method=method)]
        tables = tables.with_rows("candidate", rows)
    row = measured(tables)["infrastructure:technopark"]
    assert (row["value"], row["wider_value"], row["nearest_km"]) == (2.0, 2.0, 0.0)
    row = measured(moved(tables, "park2", 61.0))["infrastructure:technopark"]
    assert (row["value"], row["wider_value"]) == (1.0, 2.0)
    assert "known within 150.0 km: 2." in words(row)
    far = measured(moved(moved(tables, "park", 70.0), "park2", 90.0))
    row = far["infrastructure:technopark"]
    assert (row["value"], row["verdict"], row["wider_value"]) == (0.0, "missing", 2.0)
    assert row["nearest_km"] == pytest.approx(70.0, abs=0.01)
    assert "about 70.0 km" in words(row)
    # Only equipment is left within reach, of the two kinds that the country has.
    assert (far["infrastructure"]["value"], far["infrastructure"]["wider_value"]) == (1.0, 2.0)
    assert "None known of the kind role:technopark." in words(far["infrastructure"])
    narrow = measured(moved(tables, "park", 70.0), wide_radius_km=10.0)["infrastructure:technopark"]
    assert narrow["wider_value"] == narrow["value"] == 1.0


def test_a_technopark_between_two_places_is_in_reach_of_both():
    # 49 km from the town, and 29 km from a hamlet beyond, whose candidate is a community.
    tables = moved(toy(), "park2", 49.0)
    hamlet = place_row("town") | {"place_id": "hamlet", "lat_deg": 54.0 + 78.0 / 111.1949}
    rows = [
        candidate_row("town--lasers", n_organisations=4),
        candidate_row("hamlet--lasers", territory_id="hamlet", method="community"),
    ]
    tables = tables.with_rows("place", [*tables.rows("place"), hamlet]).with_rows("candidate", rows)
    there = measured(tables, "hamlet--lasers")
    assert there["infrastructure:technopark"]["value"] == 1.0
    assert there["infrastructure:technopark"]["nearest_km"] == pytest.approx(29.0, abs=0.01)
    assert measured(tables)["infrastructure:technopark"]["value"] == 2.0
    assert there["human_capital"]["value"] == 0.0  # the university is 78 km away
    assert there["human_capital"]["wider_value"] == 1.0


def test_a_community_at_a_place_of_no_territory_finds_what_its_neighbours_find():
    # A hamlet 5 km from the town, where no organisation stands: its surroundings are the town's.
    hamlet = place_row("town") | {"place_id": "hamlet", "lat_deg": 54.0 + 5.0 / 111.1949}
    rows = [
        candidate_row("town--lasers", n_organisations=4),
        candidate_row("hamlet--lasers", territory_id="hamlet", method="community"),
    ]
    tables = toy().with_rows("place", [*toy().rows("place"), hamlet])
    tables = tables.with_rows("candidate", rows).with_rows(
        "candidate_member", [member_row("hamlet--lasers", o) for o in ("maker", "maker2")]
    )
    there, town = measured(tables, "hamlet--lasers"), measured(tables)
    for name in ("specialisation", "human_capital", "infrastructure", "public_body"):
        assert there[name]["value"] == town[name]["value"] == BY_HAND[name][0], name
    assert there["human_capital"]["nearest_km"] == pytest.approx(5.0, abs=0.01)


def test_reach_crosses_the_date_line():
    rows = [
        r | ({"lon_deg": 179.9} if r["place_id"] == "town" else {})
        for r in toy().rows("organisation")
    ]
    rows = [r | ({"lon_deg": -179.9} if r["org_id"] == "park2" else {}) for r in rows]
    places = [r | {"lon_deg": 179.9} for r in toy().rows("place")]
    tables = toy().with_rows("organisation", rows).with_rows("place", places)
    assert measured(tables)["infrastructure:technopark"]["value"] == 2.0


def unlocated(tables, *org_ids):
    lost = {"lat_deg": None, "lon_deg": None, "extent_km": None, "coord_precision": "unknown"}
    rows = [r | (lost if r["org_id"] in org_ids else {}) for r in tables.rows("organisation")]
    return tables.with_rows("organisation", rows)


def test_those_without_a_position_are_said_and_never_a_zero():
    row = measured(unlocated(toy(), "park2"))["infrastructure:technopark"]
    assert row["value"] == 1.0
    assert "Not counted in reach, for lack of a known position: 1." in words(row)
    row = measured(unlocated(toy(), "park", "park2"))["infrastructure:technopark"]
    assert (row["value"], row["verdict"]) == (None, "not_known")
    assert "Known in the country: 2, none of them with a position" in words(row)
    kinds = measured(unlocated(toy(), "park", "park2"))["infrastructure"]
    assert kinds["value"] == 1.0
    assert "0 of the kind role:technopark are known in reach, 2 in the country." in words(kinds)
