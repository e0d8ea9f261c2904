"""The stage `brokers`: stars, chains and circles by hand, and what breaks without a member."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.brokers import Brokers
from clusterloom.tables import Tables

from .conftest import cluster_row, organisation_row, seat_row, words
from .test_composition import link_row

ROLES = {
    "inst": ("research_institute", "core"),
    "uni": ("university", "kindred_university"),
    "maker": ("company", "producer"),
    "park": ("technopark", "infrastructure"),
}
STAR = (("inst", "uni"), ("inst", "maker"), ("inst", "park"))


def toy(links=STAR, *, covers=None, kinds=None, roles=ROLES, order=1):
    seats = [
        {**seat_row("A", org_id, seat), "covers": (covers or {}).get(org_id, "")}
        for org_id, (_, seat) in roles.items()
    ]
    ties = [link_row(a, b, (kinds or {}).get((a, b), "contract")) for a, b in links]
    return (
        Tables()
        .with_rows("organisation", [organisation_row(o, role) for o, (role, _) in roles.items()])
        .with_rows("cluster", [cluster_row("A")])
        .with_rows("membership", seats[::order])
        .with_rows("link", ties[::order])
    )


def found(tables, **parameters):
    rows = Brokers(**parameters).run(tables).rows("broker")
    return {row["org_id"]: row for row in rows}


def roles_of(row):
    return tuple(row[r] for r in ("coordinator", "consultant", "gatekeeper", "liaison"))


def test_the_middle_of_a_star_is_a_single_point_with_the_values_worked_out_by_hand():
    rows = found(toy())
    middle = rows["inst"]
    assert middle["constraint"] == pytest.approx(1 / 3)
    assert (middle["betweenness"], middle["n_contacts"], middle["n_parted"]) == (3.0, 3, 2)
    assert middle["verdict"] == "single_point"
    # uni-maker and uni-park across the groups, maker-park in one other group.
    assert roles_of(middle) == (0, 1, 2, 0)
    assert "lose every known way to the others: 2" in words(middle)
    # An end hangs on one contact: (1 + 0)² = 1, and brokers nothing.
    assert rows["uni"]["constraint"] == pytest.approx(1.0)
    assert (rows["uni"]["verdict"], rows["uni"]["betweenness"]) == ("embedded", 0.0)


def test_groups_can_be_seats_or_regions():
    assert roles_of(found(toy(), group_by="seat")["inst"]) == (0, 0, 0, 3)
    tables = toy()
    home = [{**row, "region": "here"} for row in tables.rows("organisation")]
    assert roles_of(found(tables.with_rows("organisation", home), group_by="region")["inst"]) == (
        3, 0, 0, 0,
    )  # fmt: skip
    # Unknown regions are nobody's common region.
    assert roles_of(found(tables, group_by="region")["inst"]) == (0, 0, 0, 3)
    with pytest.raises(RecipeError, match="group_by is `country`"):
        Brokers(group_by="country")


def test_in_a_closed_circle_nobody_is_missed():
    circle = [("inst", "uni"), ("uni", "maker"), ("maker", "park"), ("inst", "park")]
    rows = found(toy([*circle, ("inst", "maker"), ("uni", "park")]))
    assert {row["verdict"] for row in rows.values()} == {"embedded"}
    # All know all: constraint 3 * (1/3 + 2 * 1/3 * 1/3)² = 25/27.
    assert rows["uni"]["constraint"] == pytest.approx(25 / 27)
    # In the plain circle everybody stands between two, but nobody parts it.
    assert {row["verdict"] for row in found(toy(circle)).values()} == {"broker"}


def test_a_need_that_only_one_covers_is_said_even_without_ties():
    covers = {"maker": "production@lasers|certification", "park": "certification"}
    row = found(toy([], covers=covers))["maker"]
    assert (row["verdict"], row["needs_lost"], row["constraint"]) == (
        "only_provider", "production@lasers", None,
    )  # fmt: skip
    assert "No other member covers the need for kind:production in field:lasers" in words(row)
    assert "it may have some" in words(row)
    assert found(toy([], covers=covers))["park"]["verdict"] == "no_known_tie"


def test_only_working_ties_between_members_count():
    strange = [*STAR, ("uni", "stranger"), ("stranger", "maker")]
    assert found(toy(strange)) == found(toy())
    kinds = {("inst", "uni"): "parent", ("inst", "maker"): "memorandum"}
    rows = found(toy(kinds=kinds))
    assert (rows["inst"]["n_contacts"], rows["uni"]["verdict"]) == (1, "no_known_tie")
    assert found(toy([*STAR, ("uni", "inst"), ("inst", "inst")]))["inst"]["n_contacts"] == 3


def test_two_parts_are_not_laid_at_the_door_of_either():
    rows = found(toy([("inst", "uni"), ("maker", "park")]))
    assert {row["n_parted"] for row in rows.values()} == {0}


def test_a_member_the_data_do_not_describe_is_left_out():
    tables = toy()
    left = [row for row in tables.rows("organisation") if row["org_id"] != "park"]
    assert set(found(tables.with_rows("organisation", left))) == {"inst", "uni", "maker"}


@settings(max_examples=15)
@given(st.sets(st.sampled_from([(a, b) for a in ROLES for b in ROLES if a < b])))
def test_the_order_of_rows_does_not_matter_and_roles_add_up_to_the_open_pairs(links):
    rows = found(toy(sorted(links)))
    assert rows == found(toy(sorted(links), order=-1))
    near = {o: {a if b == o else b for a, b in links if o in (a, b)} for o in ROLES}
    for org_id, row in rows.items():
        pairs = [(a, b) for a in near[org_id] for b in near[org_id] if a < b]
        assert sum(roles_of(row)) == sum((a, b) not in links for a, b in pairs)
