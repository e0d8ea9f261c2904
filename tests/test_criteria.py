"""The stage `criteria`: each rule by hand; what nobody stated is no data and never a fail."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.criteria import Criteria, read_pack
from clusterloom.tables import Tables

from .conftest import cluster_row, organisation_row, seat_row, words
from .test_composition import link_row


def organisations(n, **roles):
    rows = {f"o{i:02}": "company" for i in range(n)} | roles
    return [organisation_row(org_id, role) for org_id, role in sorted(rows.items())]


def judged(orgs, *, outside=(), links=(), facts=()):
    tables = (
        Tables()
        .with_rows("organisation", [*orgs, *outside])
        .with_rows("cluster", [cluster_row("A", candidate_id="town")])
        .with_rows("membership", [seat_row("A", o["org_id"], "core") for o in orgs])
        .with_rows("link", links)
        .with_rows("fact", facts)
    )
    return {row["article"]: row for row in Criteria().run(tables).rows("verdict")}


def fact(indicator, *, subject=("cluster", "A"), fact_id="f", **more):
    return {
        "fact_id": fact_id, "subject_kind": subject[0], "subject_id": subject[1],
        "indicator": indicator, "source_id": "toy", "source_row": "f:2", **more,
    }  # fmt: skip


@pytest.mark.parametrize(("n", "verdict"), [(14, "fail"), (15, "pass")])
def test_fifteen_members_are_enough_and_fourteen_are_not(n, verdict):
    row = judged(organisations(n))["min_members"]
    assert (row["verdict"], row["value"], row["required"]) == (verdict, n, 15)
    assert "If all proposed members join" in words(row)


def test_two_types_are_enough_and_one_is_not():
    assert judged(organisations(3))["member_types"]["verdict"] == "fail"
    assert judged(organisations(3, uni="university"))["member_types"]["verdict"] == "pass"


def test_a_public_body_may_be_member_parent_or_tied_and_else_it_is_not_known():
    ministry = organisation_row("ministry", "government_body")
    assert judged(organisations(1))["public_body"]["verdict"] == "no_data"
    inside = judged([*organisations(1), ministry])["public_body"]
    assert (inside["verdict"], inside["value"]) == ("pass", 1)
    child = [{**organisations(1)[0], "parent_org_id": "ministry"}]
    assert judged(child, outside=[ministry])["public_body"]["verdict"] == "pass"
    tied = judged(
        organisations(1), outside=[ministry], links=[link_row("ministry", "o00", "contract")]
    )["public_body"]
    assert tied["verdict"] == "pass"
    assert "has a known tie with the proposed member org:o00" in words(tied)
    assert "link:ministry|o00|contract" in tied["based_on"]


def test_a_public_parent_known_from_a_link_counts_and_a_public_child_does_not():
    fund = organisation_row("fund", "state_fund")
    for pair, verdict in ((("fund", "o00"), "pass"), (("o00", "fund"), "no_data")):
        rows = judged(organisations(1), outside=[fund], links=[link_row(*pair, "parent")])
        assert rows["public_body"]["verdict"] == verdict, pair


def test_a_public_body_is_counted_once_however_it_is_tied():
    ministry = organisation_row("ministry", "government_body")
    child = {**organisations(1)[0], "parent_org_id": "ministry"}
    links = [link_row("ministry", "o00", kind) for kind in ("parent", "contract", "training")]
    row = judged([child], outside=[ministry], links=links)["public_body"]
    assert (row["verdict"], row["value"]) == ("pass", 1)
    row = judged([child, ministry], links=links)["public_body"]
    assert (row["verdict"], row["value"]) == ("pass", 1)
    assert row["based_on"] == '["membership:A~ministry"]'


def test_a_memorandum_with_a_ministry_is_no_tie_yet():
    ministry = organisation_row("ministry", "government_body")
    links = [link_row("o00", "ministry", "memorandum")]
    rows = judged(organisations(1), outside=[ministry], links=links)
    assert rows["public_body"]["verdict"] == "no_data"


@pytest.mark.parametrize(
    ("value", "verdict"), [(None, "no_data"), (0.4, "fail"), (0.5, "pass"), (2.0, "pass")]
)
def test_management_is_judged_by_the_stated_number(value, verdict):
    rows = judged(organisations(1), facts=[fact("management_fte", value=value)])
    assert rows["management"]["verdict"] == verdict
    assert rows["management"]["value"] == value


def test_the_largest_of_several_statements_counts():
    facts = [
        fact("management_fte", value=v, fact_id=k) for k, v in (("f1", 0.2), ("f2", 0.7), ("f3", 0))
    ]
    assert judged(organisations(1), facts=facts)["management"]["value"] == 0.7


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"value_text": "annual report 2025"}, "pass"),
        ({"value": 3.0}, "pass"),
        ({"value": 0.0}, "fail"),
        ({"value_text": " "}, "no_data"),
        ({}, "no_data"),
    ],
)
def test_a_form_left_empty_proves_nothing_and_a_zero_is_not_proof(more, verdict):
    rows = judged(organisations(1), facts=[fact("proof_of_activity", **more)])
    assert rows["proof_of_activity"]["verdict"] == verdict
    assert "None" not in words(rows["proof_of_activity"])


@pytest.mark.parametrize(
    ("kind", "subject", "verdict"),
    [
        ("cluster", "A", "pass"),
        ("candidate", "town", "pass"),
        ("organisation", "office", "pass"),
        ("organisation", "o00", "no_data"),
        ("organisation", "elsewhere", "no_data"),
        # The same name in another kind is something else.
        ("place", "A", "no_data"),
        ("cluster", "town", "no_data"),
        ("cluster", "office", "no_data"),
    ],
)
def test_facts_count_for_the_cluster_its_candidate_or_its_own_cluster_organisation_only(
    kind, subject, verdict
):
    orgs = organisations(1, office="cluster_organisation")
    elsewhere = organisation_row("elsewhere", "cluster_organisation")
    facts = [fact("management_fte", subject=(kind, subject), value=1.0)]
    row = judged(orgs, outside=[elsewhere], facts=facts)["management"]
    assert row["verdict"] == verdict
    assert ("It is stated of org:office" in words(row)) == (subject == "office" and kind[0] == "o")


@pytest.mark.parametrize(
    ("unit", "verdict"),
    [(None, "pass"), ("FTE", "pass"), ("full-time equivalent", "pass"), ("%", "no_data")],
)
def test_a_number_in_another_unit_is_not_compared(unit, verdict):
    row = judged(organisations(1), facts=[fact("management_fte", value=50.0, unit=unit)])[
        "management"
    ]
    assert row["verdict"] == verdict
    assert ("stated in %, but asked for in full-time equivalent" in words(row)) == (unit == "%")


def test_every_article_of_the_pack_speaks_english_and_russian():
    pack = read_pack("eccp")
    assert pack["source"]
    assert len({article["id"] for article in pack["article"]}) == 5
    for article in pack["article"]:
        english, russian = article["text_en"], article["text_ru"].replace(",", ".")
        assert re.search("[а-яё]", russian)
        assert not re.search("[а-яё]", english)
        assert re.findall(r"\d+(?:\.\d+)?", english) == re.findall(r"\d+(?:\.\d+)?", russian)


def test_the_number_of_proofs_is_what_is_stated():
    facts = [
        fact("proof_of_activity", fact_id="f1", value=2.0),
        fact("proof_of_activity", fact_id="f2", value_text="annual report"),
        fact("proof_of_activity", fact_id="f3", value=0.0),
    ]
    row = judged(organisations(1), facts=facts)["proof_of_activity"]
    assert (row["verdict"], row["value"]) == ("pass", 3)
    assert row["based_on"] == '["fact:f1", "fact:f2"]'


def test_an_unknown_pack_is_refused_with_the_list_and_a_pack_is_named_once():
    with pytest.raises(RecipeError, match="no criteria pack `iso`") as fault:
        Criteria(packs=("iso",))
    assert "eccp" in fault.value.rule
    with pytest.raises(RecipeError, match=r"no criteria pack `\.\./recipes/default`"):
        Criteria(packs=("../recipes/default",))
    with pytest.raises(RecipeError, match="packs names `eccp` twice"):
        Criteria(packs=("eccp", "eccp"))


def test_no_clusters_give_no_verdicts():
    assert Criteria().run(Tables()).rows("verdict") == []


ROLES_OF_MEMBERS = st.lists(
    st.sampled_from(["company", "university", "government_body", "bank"]), min_size=1, max_size=20
)


@given(ROLES_OF_MEMBERS, st.randoms(use_true_random=False))
def test_neither_names_nor_the_order_of_rows_decide_a_verdict(roles, draw):
    def cluster(names):
        return [organisation_row(name, role) for name, role in zip(names, roles, strict=True)]

    names = [f"o{i:02}" for i in range(len(roles))]
    others = [f"renamed-{name}" for name in names]
    shuffled = cluster(others)
    draw.shuffle(shuffled)
    first, again = judged(cluster(names)), judged(shuffled)
    assert {a: (r["verdict"], r["value"]) for a, r in first.items()} == {
        a: (r["verdict"], r["value"]) for a, r in again.items()
    }


@given(ROLES_OF_MEMBERS, st.sampled_from(["company", "government_body", "association"]))
def test_one_member_more_never_loses_what_is_met(roles, more):
    rows = [organisation_row(f"o{i:02}", role) for i, role in enumerate(roles)]
    before, after = judged(rows), judged([*rows, organisation_row("new", more)])
    for article in ("min_members", "member_types", "public_body"):
        assert before[article]["verdict"] != "pass" or after[article]["verdict"] == "pass", article
