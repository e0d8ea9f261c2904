"""Needs along the value chain, kindred research and contacts: worked out by hand on the toy."""

from __future__ import annotations

import json

import pytest

from clusterloom.errors import RecipeError
from clusterloom.schema.vocabulary import CHAIN_STAGES
from clusterloom.stages._chain import stage_after, stages_asked_for
from clusterloom.stages.composition import Composition

from .conftest import field_row
from .test_composition import LINKS, ORGANISATIONS, PLAIN, WORK, composed, link_row, toy, words
from .test_core import assignment
from .test_core_signals import development

SIX = {
    "research": 0.2, "development": 0.2, "pilot_production": 0.1, "production": 0.25,
    "sales": 0.1, "training": 0.15,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("pilot production", ["pilot_production"]),
        ("production partner and customers", ["production", "sales"]),
        ("опытное производство", ["pilot_production"]),
        ("сертификация, испытания", ["certification_and_standards"]),
        ("сэртыфікацыя", []),  # "сертыф" is how Belarusian spells it
        ("сертыфікацыя і фінансаванне", ["certification_and_standards", "finance"]),
        ("寻求中试和认证", ["pilot_production", "certification_and_standards"]),
        ("repilot", []),
        ("fibre", []),
        ("", []),
    ],
)
def test_a_stated_need_asks_for_the_stages_its_words_name(text, stages):
    assert list(stages_asked_for(text)) == stages


def test_readiness_says_what_is_needed_next_and_nothing_where_it_is_not_stated():
    assert [stage_after(trl) for trl in (1, 3, 4, 6, 7, 8, 9)] == [
        "development_and_engineering", "development_and_engineering", "pilot_production",
        "pilot_production", "production", "production", "sales",
    ]  # fmt: skip
    assert stage_after(None) is None


def answered(*answers):
    """The toy with survey answers of the institute, all in lasers."""
    tables = toy()
    rows = tables.rows("activity_field") + [
        assignment(f"development:{row['development_id']}", "inst", kind="development")
        for row in answers
    ]
    return tables.with_rows("activity_field", rows).with_rows("development", answers)


def test_survey_answers_of_the_core_move_half_of_a_fields_need_to_what_they_ask_for():
    # Asked in words: pilot production; next by TRL 2: development. Half of .65 goes half and half
    # to them, the other half stays at .25, .25, .3, .2.
    _, _, needs, _ = composed(answered(development("d1", "inst", trl=2, needs="pilot production")))
    weight = {name: row["weight"] for name, row in needs.items()}
    assert weight["pilot_production@lasers"] == pytest.approx(0.65 * 0.25)
    assert weight["development@lasers"] == pytest.approx(0.65 * (0.125 + 0.25))
    assert weight["production@lasers"] == pytest.approx(0.65 * 0.15)
    assert sum(weight.values()) == pytest.approx(1.0)
    pilot, next_step = needs["pilot_production@lasers"], needs["development@lasers"]
    assert "Survey answers of the core that ask for it: 1." in words(pilot)
    assert "need it next by their readiness: 1" in words(next_step)
    assert "development:d1" in json.loads(pilot["based_on"])
    _, _, deaf, _ = composed(
        answered(development("d1", "inst", trl=2, needs="pilot production")), stated_share=0.0
    )
    assert "pilot_production@lasers" not in deaf
    assert deaf["production@lasers"]["weight"] == pytest.approx(0.195)


def test_a_function_asked_for_weighs_more():
    # Six functions and five stages of finance at 0.4, these times 1.5: 6 + 3 = 9 parts.
    _, _, needs, _ = composed(answered(development("d1", "inst", finance_sought=1e5)))
    assert needs["finance_of_idea"]["weight"] == pytest.approx(0.35 * 0.6 / 9)
    assert needs["state"]["weight"] == pytest.approx(0.35 / 9)


def test_answers_of_others_than_the_core_change_nothing():
    answers = development("d1", "maker", trl=2, needs="pilot production")
    rows = toy().rows("activity_field")
    rows.append(assignment("development:d1", "maker", kind="development", confidence=0.1))
    tables = toy().with_rows("development", [answers]).with_rows("activity_field", rows)
    _, _, needs, _ = composed(tables)
    assert "pilot_production@lasers" not in needs


def test_pilot_production_and_sales_are_offered_by_who_produces_and_how():
    # The institute's own production in lasers is a pilot one; the maker (1.0) is assumed to sell
    # at half of what it makes, kin (0.6 next to it) at half of that: steps 4/7, 2/7 over 0.8.
    work = [*WORK, ("inst", "production", "lasers", 0.8)]
    _, _, needs, _ = composed(toy(work=work), stage_weights=SIX)
    assert needs["pilot_production@lasers"]["covered"] == pytest.approx(0.8 * 4 / 7)
    assert needs["pilot_production@lasers"]["n_providers"] == 1
    assert needs["sales@lasers"]["covered"] == pytest.approx(0.8 * 4 / 7)
    assert "assumed to sell what they make" in words(needs["sales@lasers"])
    assert "on a pilot scale" in words(needs["pilot_production@lasers"])


def test_where_the_product_is_a_service_a_companys_service_is_production():
    work = [*[w for w in WORK if w[1] != "production"], ("maker", "service", "lasers", 1.0)]
    covered = [
        composed(toy(work=work), service_fields=fields)[2]["production@lasers"]["covered"]
        for fields in ((), ("lasers",))
    ]
    assert covered[0] == 0
    assert covered[1] > 0


def test_trade_as_work_of_its_own_counts_as_sales():
    # An export house of no known theme: 0.7 sure, theme at least `off_theme_offer`.
    house = ("house", "association", 54.0, {})
    work = [*WORK, ("house", "service", "trade-export-promotion", 0.7)]
    fields = [
        field_row(f, f) for f in ("lasers", "optics", "dairy", "business-innovation-services")
    ] + [field_row("trade-export-promotion", "trade", "business-innovation-services")]
    tables = toy(organisations=[*ORGANISATIONS, house], work=work).with_rows("field", fields)
    _, members, needs, _ = composed(tables, stage_weights=SIX, implied_sales=0.0)
    assert "sales@lasers" in members["house"]["covers"]
    # Export promotion lies below a general field: it serves every theme.
    assert needs["sales@lasers"]["covered"] == pytest.approx(0.7 * 4 / 7)


def test_every_need_stands_at_a_stage_of_the_chain():
    _, _, needs, _ = composed(toy(), stage_weights=SIX)
    assert {row["chain_stage"] for row in needs.values()} <= set(CHAIN_STAGES)
    assert needs["engineering"]["chain_stage"] == "development_and_engineering"
    assert needs["finance_of_idea"]["chain_stage"] == "finance"
    assert needs["state"]["chain_stage"] == "administration"


# Kindred research.


def test_a_university_completes_the_core_by_adjacent_research_the_core_has_not():
    _, members, _, _ = composed(toy())
    uni = members["uni"]
    assert uni["complement"] == pytest.approx(0.6)
    assert "Its research in field:optics is adjacent to the core's field:lasers" in words(uni)
    assert {"activity:uni:research", "activity:inst:research"} <= set(json.loads(uni["based_on"]))
    assert members["maker"]["complement"] is None
    assert "it sits for what it covers" not in words(members["maker"])


def test_research_the_core_does_itself_completes_nothing():
    work = [(o, k, "lasers" if o == "uni" else f, c) for o, k, f, c in WORK]
    _, members, _, _ = composed(toy(work=work))
    assert members["uni"]["complement"] == 0
    assert "it sits for what it covers" in words(members["uni"])


def test_completing_research_is_worth_points_only_to_kindred_members():
    plain = composed(toy())[0]["objective"]
    rich = composed(toy(), complement_points=1.0)[0]["objective"]
    assert rich == pytest.approx(plain + 0.6)


# Contacts.


def test_contacts_exist_are_one_handshake_away_or_are_to_be_created():
    links = [*LINKS, ("kin", "uni", "contract")]
    tables = toy().with_rows("link", [link_row(*row) for row in links])
    _, members, _, _ = composed(tables)
    assert members["maker"]["contact"] == "existing"
    assert (members["kin"]["contact"], members["kin"]["via_org_id"]) == ("one_handshake", "uni")
    assert "org:uni has ties with it and with org:inst" in words(members["kin"])
    assert (members["park"]["contact"], members["park"]["via_org_id"]) == ("to_be_created", None)
    assert "would have to be created" in words(members["park"])
    assert members["inst"]["contact"] is None


def test_a_producer_gains_by_match_times_contact():
    # maker: match 1, contact exists; kin: match 0.6, one handshake counts half.
    links = [*LINKS, ("kin", "uni", "contract")]
    tables = toy().with_rows("link", [link_row(*row) for row in links])
    plain = composed(tables)[0]["objective"]
    rich = composed(tables, contact_points=1.0)[0]["objective"]
    assert rich == pytest.approx(plain + 1.0 + 0.6 * 0.5)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"pilot_roles": ("factory",)}, "pilot_roles names `factory`"),
        ({"stated_share": 1.2}, "stated_share is 1.2"),
        ({"handshake_share": -0.1}, "handshake_share is -0.1"),
        ({"complement_points": -1.0}, "complement_points is -1"),
    ],
)
def test_parameters_of_the_chain_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Composition(**{**PLAIN, **parameters})
