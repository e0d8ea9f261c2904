"""The stage `composition`: a toy cluster worked out by hand, and what it must not do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError, StageError
from clusterloom.stages._composed_words import loss_reason
from clusterloom.stages.composition import Composition
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .test_core import assignment, candidate_row

# The town lies at 54° N 27° E; 1° of latitude is 111.2 km.
ORGANISATIONS = [
    ("inst", "research_institute", 54.0, {}),
    ("uni", "university", 54.0, {}),
    ("maker", "company", 54.0, {"size": "small"}),
    ("kin", "company", 54.0, {"size": "large"}),
    ("dairy", "company", 54.0, {"size": "large"}),
    ("milk", "equipment_supplier", 54.0, {}),
    ("park", "technopark", 54.0, {}),
    ("ministry", "government_body", 54.0, {}),
    ("fund", "investor", 55.0, {}),
    ("far", "company", 55.0, {}),
    ("abroad", "company", 54.0, {"country": "XB"}),
]
WORK = [
    ("inst", "research", "lasers", 1.0),
    ("uni", "research", "optics", 1.0),
    ("maker", "production", "lasers", 1.0),
    ("kin", "production", "optics", 1.0),
    ("dairy", "production", "dairy", 1.0),
    ("milk", "production", "dairy", 1.0),
    ("park", "service", "business-innovation-services", 1.0),
    ("ministry", "finance", "business-innovation-services", 1.0),
    ("fund", "finance", "business-innovation-services", 1.0),
    ("far", "development", "lasers", 0.8),
    ("abroad", "development", "lasers", 0.9),
]
LINKS = [("inst", "maker", "contract"), ("inst", "uni", "parent")]


def organisation(org_id, role, lat, more):
    position = {"lat_deg": lat, "lon_deg": 27.0, "extent_km": 2.0, "coord_precision": "city"}
    return organisation_row(org_id, role, **position, **more)


def core_row(org_id, candidate_id="town--lasers", **more):
    return {
        "candidate_id": candidate_id,
        "org_id": org_id,
        "score": 1.0,
        "threshold": 0.3,
        "margin": 0.7,
        "verdict": "core",
        "evidence_kind": "activities",
        "reasons": "[]",
        "based_on": "[]",
        **more,
    }


def link_row(one, other, kind):
    return {
        "link_id": f"{one}|{other}|{kind}",
        "org_a": one,
        "org_b": other,
        "kind": kind,
        "weight": 1.0,
        "source_id": "toy",
        "source_row": "links.csv:2",
    }


def adjacency_row(one, other, fused):
    return {
        "field_a": one,
        "field_b": other,
        "text": fused,
        "classification": fused,
        "fused": fused,
    }


def toy(*, organisations=ORGANISATIONS, work=WORK, core=("inst",), reverse=False):
    place = {
        "place_id": "town",
        "name_en": "Town",
        "country": "XA",
        "lat_deg": 54.0,
        "lon_deg": 27.0,
        "extent_km": 2.0,
        "source_id": "toy",
        "source_row": "p:1",
    }
    step = -1 if reverse else 1
    fields = ("lasers", "optics", "dairy", "business-innovation-services")
    activities = [activity_row(f"{o}:{k}", o, k) for o, k, _, _ in work]
    assigned = [assignment(f"{o}:{k}", o, f, kind=k, confidence=sure) for o, k, f, sure in work]
    return (
        Tables()
        .with_rows("place", [place])
        .with_rows("field", [field_row(f, f) for f in fields])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
        .with_rows("candidate", [candidate_row()])
        .with_rows("core_score", [core_row(org_id) for org_id in core])
        .with_rows("organisation", [organisation(*row) for row in organisations][::step])
        .with_rows("activity", activities[::step])
        .with_rows("activity_field", assigned[::step])
        .with_rows("link", [link_row(*row) for row in LINKS][::step])
    )


# Terms of the objective that are worked out by hand in tests of their own.
PLAIN = {
    "min_members": 0,
    "role_penalty": 0.0,
    "gap_points": 0.0,
    "dependence_points": 0.0,
    "member_tie_points": 0.0,
    "complement_points": 0.0,
    "contact_points": 0.0,
    "stage_weights": {
        "research": 0.25,
        "development": 0.25,
        "pilot_production": 0.0,
        "production": 0.3,
        "sales": 0.0,
        "training": 0.2,
    },
}


def composed(tables, **parameters):
    written = Composition(**{**PLAIN, **parameters}).run(tables)
    (cluster,) = written.rows("cluster")
    return (
        cluster,
        {row["org_id"]: row for row in written.rows("membership")},
        {row["need"]: row for row in written.rows("need")},
        {row["need"]: row for row in written.rows("gap")},
    )


def test_the_seats_are_those_of_the_value_chain_and_nobody_else():
    # `dairy` and `milk` share no field with the lasers: milk is an equipment supplier by role
    # only. `far` stands 111 km away; `fund` too, but money serves the whole country.
    cluster, members, _, _ = composed(toy())
    assert {org_id: row["role"] for org_id, row in members.items()} == {
        "inst": "core",
        "uni": "kindred_university",
        "maker": "producer",
        "kin": "producer",
        "park": "infrastructure",
        "ministry": "state",
        "fund": "investor",
    }
    assert cluster["cluster_id"] == "cluster-town--lasers"
    assert cluster["n_members"] == 7
    assert cluster["solver_status"] == "optimal"
    assert cluster["optimality_gap"] == 0


def test_needs_and_their_coverage_are_those_worked_out_by_hand():
    # The core does only lasers: four field needs of 0.65 x (.25, .25, .3, .2); six functions and
    # five stages of finance, which together weigh as two: 0.35 / 8 = 0.04375 and 0.4 of that
    # (the catalogue has no certification field). Steps 4/7, 2/7, 1/7.
    # research: inst 1 + uni 0.6 (optics) -> 4/7 + 0.6 x 2/7. production: maker 1 + kin 0.6, same.
    # training: uni is assumed to train at half of 0.6 -> 0.3 x 4/7. development: nobody.
    _, _, needs, gaps = composed(toy())
    assert sum(row["weight"] for row in needs.values()) == pytest.approx(1.0)
    assert needs["production@lasers"]["weight"] == pytest.approx(0.195)
    assert needs["state"]["weight"] == pytest.approx(0.04375)
    assert needs["finance_of_pilot"]["weight"] == pytest.approx(0.0175)
    assert needs["research@lasers"]["covered"] == pytest.approx(5.2 / 7)
    assert needs["production@lasers"]["covered"] == pytest.approx(5.2 / 7)
    assert needs["training@lasers"]["covered"] == pytest.approx(1.2 / 7)
    assert needs["development@lasers"]["covered"] == 0
    assert needs["research@lasers"]["n_providers"] == 2
    # `maker` is small: it is the one SME. A full provider covers 4/7 > 0.5, so these are the gaps:
    assert set(gaps) == {
        "development@lasers", "training@lasers", "equipment", "engineering", "transfer",
        "finance_of_idea", "finance_of_growth",
    }  # fmt: skip


def test_the_objective_is_the_sum_worked_out_by_hand():
    # Coverage 0.1625 x 5.2/7 + 0.195 x 5.2/7 + 0.13 x 1.2/7 + 3 functions x 0.04375
    # x 4/7 (park, sme, state) + 3 stages of finance x 0.0175 x 4/7; coverage is worth 10 points.
    # Ties: maker 1 x 0.05, uni (parent) 0.5 x 0.05. Adjacency 0.2 x (1 + 0.6 + 1 + 0.6).
    # Seats 7 x 0.06. Distance: rms for extent 2 is sqrt(2²/2) = 1.41421 km, so the cost is
    # 0.2 x 1.41421/61.41421 six times; the fund stands 111.195 km away: 0.2 x d/(d + 60).
    # The ministry and the fund serve the whole country and pay a quarter.
    cluster, _, _, _ = composed(toy())
    coverage = 0.3575 * 5.2 / 7 + 0.13 * 1.2 / 7 + (3 * 0.04375 + 3 * 0.0175) * 4 / 7
    assert cluster["coverage"] == pytest.approx(coverage)
    far = (111.1949**2 + 2) ** 0.5
    distance = 0.2 * (5.25 * 2**0.5 / (2**0.5 + 60) + 0.25 * far / (far + 60))
    expected = 10 * coverage + 0.075 + 0.64 - 0.42 - distance
    assert cluster["objective"] == pytest.approx(expected, abs=1e-6)


def test_a_seat_says_what_is_lost_without_it_and_who_would_replace_it():
    # Only one of the two makers gets a seat when kin is barred by size: with max 1 producer at a
    # high penalty, kin is the substitute of maker.
    _, members, _, _ = composed(toy(), role_max={"producer": 1}, role_penalty=5.0, role_min={})
    assert "kin" not in members
    maker = members["maker"]
    assert maker["substitute_org_id"] == "kin"
    # Production falls from 4/7 to 0.6 x 4/7 of 1.95 points, the SME need (0.4375 x 4/7) is lost,
    # and so are the tie and 0.4 x 0.2 of adjacency.
    lost = 0.4 * 4 / 7 * 1.95 + 0.4375 * 4 / 7 + 0.05 + 0.08
    assert maker["loss_with_substitute"] == pytest.approx(lost)
    assert maker["marginal_value"] > maker["loss_with_substitute"]
    assert "with org:kin in its place" in words(maker)
    assert members["park"]["substitute_org_id"] is None
    assert "nobody in reach offers the same" in words(members["park"])


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        # One seat may be worth more than the whole: others cost points to keep a rule.
        (1.05, "falls by 1.05 points, from 0.63 to -0.42, and nobody in reach offers the same."),
        (0.004, "Without it the objective stays at 0.63 points."),
        (-0.2, "would gain 0.2 on its 0.63 points"),
    ],
)
def test_a_loss_is_told_so_that_the_numbers_add_up(loss, said):
    told = loss_reason({"marginal_value": loss, "substitute_org_id": None}, 0.63)
    assert said in told.template.format(**told.args)


def test_an_investor_is_taken_for_the_stages_it_states_and_else_for_those_of_its_kind():
    profile = {
        "investor_profile_id": "fund:1", "org_id": "fund", "kind": "investor",
        "stages": "idea|growth", "source_id": "toy", "source_row": "i:2",
    }  # fmt: skip
    _, _, assumed, _ = composed(toy())
    _, _, stated, _ = composed(toy().with_rows("investor_profile", [profile]))
    covered = {
        name: [need for need, row in needs.items() if "finance" in need and row["covered"] > 0]
        for name, needs in (("assumed", assumed), ("stated", stated))
    }
    assert covered == {
        "assumed": ["finance_of_market_entry", "finance_of_pilot", "finance_of_prototype"],
        "stated": ["finance_of_growth", "finance_of_idea"],
    }


def test_an_institute_outside_the_core_is_kindred_and_no_university():
    institutes = [*ORGANISATIONS, ("inst2", "research_institute", 54.0, {})]
    work = [*WORK, ("inst2", "research", "optics", 1.0), ("inst2", "development", "lasers", 1.0)]
    _, members, _, _ = composed(toy(organisations=institutes, work=work))
    assert members["inst2"]["role"] == "kindred_institute"
    assert "research is kindred" in words(members["inst2"])


def test_a_gap_names_who_could_fill_it_at_home_and_abroad():
    _, _, _, gaps = composed(toy())
    assert gaps["development@lasers"]["home_org_ids"] == "far"
    assert gaps["development@lasers"]["abroad_org_ids"] == "abroad"
    assert gaps["engineering"]["home_org_ids"] is None
    assert "that does not mean that nobody does" in words(gaps["engineering"])


def test_reasons_tell_ties_distance_evidence_and_loss():
    _, members, _, _ = composed(toy())
    assert members["maker"]["n_ties"] == 1
    assert "among them org:inst (kind:contract)" in words(members["maker"])
    assert "kind:production in field:lasers" in words(members["maker"])
    assert "No tie with another member is known" in words(members["park"])
    # Its disc has 2 km around the town's own centre, the root mean square 1.4 km.
    assert "only by its city: up to about 2 km from the centre" in words(members["park"])
    assert "does not say how its record is known" in words(members["park"])
    assert members["maker"]["based_on"] == (
        '["activity:maker:production", "link:inst|maker|contract", "organisation:maker"]'
    )


def test_a_seat_with_a_known_address_is_told_its_distance():
    tables = toy()
    rows = tables.rows("organisation")
    rows = [{**row, "coord_precision": "street", "extent_km": 1.0} for row in rows]
    _, members, _, _ = composed(tables.with_rows("organisation", rows))
    assert "It stands about 0.7 km from the centre" in words(members["park"])


def test_a_government_body_serves_the_country_only_from_the_seat_of_government():
    bodies = [
        (name, "government_body", 60.0, {"place_id": place})
        for name, place in (("bureau", "city"), ("state-1", "capital"), ("state-2", "capital"))
    ]
    organisations = [row for row in ORGANISATIONS if row[0] != "ministry"] + bodies
    work = [row for row in WORK if row[0] != "ministry"]
    work += [(row[0], "finance", "business-innovation-services", 1.0) for row in bodies]
    limits = {"role_min": {}, "role_max": {"state": 1}, "role_penalty": 5.0}
    _, members, _, _ = composed(toy(organisations=organisations, work=work), **limits)
    assert "state-1" in members
    assert "bureau" not in members
    assert members["state-1"]["substitute_org_id"] == "state-2"


def test_must_have_and_must_not_are_obeyed():
    _, members, _, _ = composed(toy(), must_have=("dairy",), must_not=("park",))
    assert "dairy" in members
    assert "park" not in members
    _, members, _, _ = composed(toy(), must_have=("cluster-town--lasers=far",))
    assert "far" in members
    _, members, _, _ = composed(toy(), must_have=("cluster-other=far", "far"))
    assert "far" not in members


def test_an_unknown_organisation_in_a_must_list_is_refused():
    with pytest.raises(StageError, match="no organisation `nobody`"):
        composed(toy(), must_have=("nobody",))


def test_without_a_core_organisation_there_is_no_cluster():
    tables = toy(core=()).with_rows("core_score", [core_row("inst", verdict="below_threshold")])
    assert all(t.num_rows == 0 for t in Composition().run(tables).by_name.values())


def test_a_core_larger_than_its_fixed_seats_competes_for_the_rest():
    cluster, members, _, _ = composed(toy(core=("inst", "uni")), max_core=1)
    assert members["inst"]["role"] == "core"
    assert "The 1 strongest core organisations have a fixed seat" in words(cluster)


def test_an_organisation_whose_fields_are_unknown_counts_as_unknown_not_as_useless():
    work = [row for row in WORK if row[0] != "park"]
    _, members, needs, _ = composed(toy(work=work))
    assert members["park"]["adjacency"] is None
    assert needs["park"]["covered"] == pytest.approx(0.5 * 4 / 7)


def test_an_unknown_position_is_not_near_and_its_distance_stays_unknown():
    lost = [
        row if row[0] != "ministry" else ("ministry", "government_body", None, {})
        for row in ORGANISATIONS
    ]
    _, members, _, _ = composed(toy(organisations=lost))
    assert members["ministry"]["distance_km"] is None
    assert "not known" in words(members["ministry"])
    nowhere = [row if row[0] != "maker" else (*row[:2], None, {}) for row in ORGANISATIONS]
    _, members, _, _ = composed(toy(organisations=nowhere))
    assert "maker" not in members


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(len(WORK))))
def test_the_order_of_the_rows_does_not_matter(order):
    straight = Composition(**PLAIN).run(toy())
    mixed = Composition(**PLAIN).run(toy(work=[WORK[i] for i in order], reverse=True))
    for name in straight.names:
        assert straight[name].equals(mixed[name]), name


def test_empty_tables_give_empty_tables():
    written = Composition().run(Tables())
    assert set(written.names) == set(Composition.writes)
    assert all(table.num_rows == 0 for table in written.by_name.values())


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"fields_share": 1.5}, "fields_share is 1.5"),
        ({"reach_km": 0.0}, "reach_km is 0"),
        ({"seat_cost": -0.1}, "seat_cost is -0.1"),
        ({"min_members": 40}, "min_members 40 is above max_members 30"),
        ({"steps": (0.5, 1.0)}, "steps"),
        ({"stage_weights": {"research": 1.0}}, "stage_weights names research"),
        ({"role_min": {"core": 2}}, "cluster role `core` has no limits"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Composition(**parameters)
