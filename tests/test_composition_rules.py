"""The stage `composition` under rules: limits, packs, conflicts, clusters that claim one member."""

from __future__ import annotations

import numpy as np
import pytest

from clusterloom.errors import RecipeError
from clusterloom.networks.seats import choose_seats
from clusterloom.schema.vocabulary import MEMBER_ROLES
from clusterloom.stages._world import candidates_with_core
from clusterloom.stages.composition import Composition

from .test_composition import ORGANISATIONS, PLAIN, WORK, composed, core_row, link_row, toy, words
from .test_core import candidate_row
from .test_seats import seat_problem

EVERY_ROLE = dict.fromkeys(MEMBER_ROLES, 10.0)


def refused(tables, **parameters):
    """Return the conflict rows by rule, and see that no cluster came out of the candidate."""
    written = Composition(**{**PLAIN, **parameters}).run(tables)
    assert written["cluster"].num_rows == written["membership"].num_rows == 0
    return {row["rule"]: row for row in written.rows("composition_conflict")}


def coverage_of(**parameters):
    return composed(toy(), **parameters)[0]["objective"]


# Rules that exclude each other: the plan still comes out and says why.


def test_a_member_that_must_and_must_not_be_in_is_named_with_both_rules():
    found = refused(toy(), must_have=("park",), must_not=("park",))
    assert set(found) == {"must_have:park", "must_not:park"}
    assert "org:park must be a member." in words(found["must_have:park"])
    assert "org:park must not be a member." in words(found["must_not:park"])
    assert "Without this rule, and with all others" in words(found["must_not:park"])
    assert found["must_have:park"]["org_id"] == "park"


def test_more_must_haves_than_seats_name_the_seats_and_everybody_who_must_sit():
    found = refused(toy(), must_have=("park", "maker"), max_members=2, min_members=0)
    assert set(found) == {"max_members", "must_have:park", "must_have:maker", "core"}
    assert found["max_members"]["value"] == 2
    assert "At most 2 seats can be taken." in words(found["max_members"])


def test_a_core_that_must_not_be_in_leaves_no_cluster_and_says_so():
    found = refused(toy(), must_not=("inst",))
    assert set(found) == {"must_not"}
    assert "all 1 organisations that could be its core" in words(found["must_not"])


def test_a_hard_role_that_too_few_can_take_is_a_conflict_of_one_rule():
    found = refused(toy(), hard_roles=("producer",), role_min={"producer": 3}, role_max={})
    assert set(found) == {"role_min:producer"}
    assert found["role_min:producer"]["value"] == 3
    assert "in reach 2 can take one" in words(found["role_min:producer"])
    assert "This rule alone leaves no choice" in words(found["role_min:producer"])


def test_coverage_and_budget_that_exclude_each_other_are_both_named():
    # Four seats can be paid; without the budget the toy covers a good third of its needs.
    found = refused(toy(), least_coverage=0.35, budget=40.0, cost_of_role=EVERY_ROLE)
    assert set(found) == {"least_coverage", "budget"}
    assert "at most 40.0 EUR" in words(found["budget"])
    assert found["budget"]["unit"] == "EUR"


def test_one_candidate_without_a_choice_does_not_stop_the_others():
    tables = toy().with_rows(
        "candidate", [candidate_row(), candidate_row("other--lasers", q_value=0.03)]
    )
    tables = tables.with_rows("core_score", [core_row("inst"), core_row("uni", "other--lasers")])
    only_first = {
        "must_have": ("cluster-town--lasers=park",),
        "must_not": ("cluster-town--lasers=park",),
    }
    written = Composition(**PLAIN, **only_first).run(tables)
    assert [row["cluster_id"] for row in written.rows("cluster")] == ["cluster-other--lasers"]
    conflicts = {row["cluster_id"] for row in written.rows("composition_conflict")}
    assert conflicts == {"cluster-town--lasers"}


def test_candidates_that_were_not_tested_are_composed_last():
    unsure = candidate_row("a--lasers", verdict="too_small", p_value=None, q_value=None)
    tables = toy().with_rows("candidate", [unsure, candidate_row()])
    tables = tables.with_rows("core_score", [core_row("inst"), core_row("uni", "a--lasers")])
    for most, wanted in ((1, ["town--lasers"]), (2, ["town--lasers", "a--lasers"])):
        ready = candidates_with_core(tables, min_core=1, max_clusters=most)
        assert [row["candidate_id"] for row, _ in ready] == wanted


# Criteria packs.


def test_a_criteria_pack_that_cannot_be_met_is_named_with_its_threshold():
    found = refused(toy(), criteria=("eccp",))
    assert set(found) == {"criteria:eccp:min_members"}
    row = found["criteria:eccp:min_members"]
    assert (row["value"], row["unit"]) == (15, "organisations")
    # Seven offer something in reach, `milk` supplies equipment of another theme.
    assert "ECCP ask for at least 15 members; in reach there are" in words(row)


def test_a_criteria_pack_that_can_be_met_is_met_even_where_seats_do_not_pay():
    # Twenty more makers of optics: each further one covers nothing new and costs its seat.
    more = [(f"m{i:02}", "company", 54.0, {"size": "large"}) for i in range(20)]
    work = [*WORK, *((name, "production", "optics", 1.0) for name, *_ in more)]
    tables = toy(organisations=[*ORGANISATIONS, *more], work=work)
    costly = {"seat_cost": 0.6, "adjacency_points": 0.0}
    plain, _, _, _ = composed(tables, **costly)
    bound, members, _, _ = composed(tables, **costly, criteria=("eccp",))
    assert plain["n_members"] < 15 == bound["n_members"]
    assert bound["objective"] < plain["objective"]
    assert len(members) == 15


# Limits of region, country, money.


def regional(**regions):
    return [
        (name, role, lat, {**more, "region": regions.get(name, "Home")})
        for name, role, lat, more in ORGANISATIONS
    ]


def test_limits_by_region_hold():
    tables = toy(organisations=regional(maker="East", kin="East", uni="East"))
    _, free, _, _ = composed(tables)
    assert {"maker", "kin", "uni"} <= set(free)
    _, few, _, _ = composed(tables, region_max={"East": 1})
    assert len({"maker", "kin", "uni"} & set(few)) == 1
    found = refused(tables, region_min={"East": 4})
    assert set(found) == {"region_min:East"}
    assert "from the region East; in reach there are 3" in words(found["region_min:East"])


def test_another_country_may_join_only_where_the_recipe_opens_the_cluster():
    _, alone, _, _ = composed(toy())
    assert "abroad" not in alone
    _, opened, _, gaps = composed(toy(), open_to=("XB",))
    assert "abroad" in opened
    assert "development@lasers" not in gaps
    _, limited, _, _ = composed(toy(), open_to=("XB",), country_max={"XB": 0})
    assert "abroad" not in limited


def test_a_seat_of_another_country_costs_more():
    # The seat covers 0.9 of development: 10 x 0.1625 x 0.9 x 4/7, and its work is adjacent: 0.2.
    worth = 10 * 0.1625 * 0.9 * 4 / 7 + 0.2
    _, members, _, _ = composed(toy(), open_to=("XB",), abroad_cost=worth + 0.1)
    assert "abroad" not in members
    _, members, _, _ = composed(toy(), open_to=("XB",), abroad_cost=worth - 0.2)
    assert "abroad" in members


def fact(org_id, value, unit="EUR"):
    return {
        "fact_id": f"{org_id}:seat_cost", "subject_kind": "organisation", "subject_id": org_id,
        "indicator": "seat_cost", "value": value, "unit": unit, "source_id": "toy",
        "source_row": "f:2",
    }  # fmt: skip


def test_a_budget_limits_what_all_seats_cost_and_a_fact_goes_before_the_roles_cost():
    money = {"budget": 30.0, "cost_of_role": EVERY_ROLE}
    cluster, members, _, _ = composed(toy(), **money)
    assert cluster["n_members"] == 3
    assert "maker" in members
    # The maker alone would cost more than all there is; a cost in another currency is not its cost.
    dear = toy().with_rows("fact", [fact("maker", 31.0)])
    _, members, _, _ = composed(dear, **money)
    assert "maker" not in members
    other = toy().with_rows("fact", [fact("maker", 31.0, "BYN")])
    _, members, _, _ = composed(other, **money)
    assert "maker" in members


# The terms of the objective that the plain toy leaves out.


def test_dependence_on_one_member_costs_what_lies_beyond_its_share():
    # Offers by need weight: inst .1625, uni .6 x .1625 + .3 x .13 = .1365, maker .195 + .04375,
    # kin .6 x .195 = .117, park and ministry .04375 each, fund 3 x .0175: .79475 together.
    # The maker carries .23875; beyond a fifth of all that is .0798, at 2 points each.
    plain = coverage_of()
    assert coverage_of(dependence_share=0.2, dependence_points=2.0) == pytest.approx(
        plain - 2 * (0.23875 - 0.2 * 0.79475)
    )
    assert coverage_of(dependence_share=0.35, dependence_points=2.0) == pytest.approx(plain)


def test_an_open_need_costs_by_how_far_it_is_below_the_threshold():
    # Wholly open: development .1625, equipment, engineering, transfer .04375 each, finance of
    # idea and growth .0175 each. Training .13 is covered by 1.2/7 where 0.5 are asked for.
    open_weight = 0.1625 + 3 * 0.04375 + 2 * 0.0175 + 0.13 * (1 - 1.2 / 7 / 0.5)
    assert coverage_of(gap_points=1.0) == pytest.approx(coverage_of() - open_weight)


def test_a_tie_between_two_members_counts_once_and_ties_with_the_core_stay_apart():
    tables = toy().with_rows(
        "link",
        [
            link_row("inst", "maker", "contract"),
            link_row("inst", "uni", "parent"),
            link_row("maker", "uni", "contract"),
            link_row("uni", "maker", "memorandum"),
        ],
    )
    plain = composed(tables)[0]["objective"]
    tied = composed(tables, member_tie_points=0.3)[0]["objective"]
    assert tied == pytest.approx(plain + 0.3)
    assert composed(tables, member_tie_points=0.3, max_pairs=0)[0]["objective"] == pytest.approx(
        plain
    )


def test_a_cluster_that_costs_more_than_it_covers_says_so():
    cluster, _, _, _ = composed(toy(), gap_points=20.0)
    assert cluster["objective"] < 0
    assert "look whether it is worth founding" in words(cluster)
    assert "worth founding" not in words(composed(toy())[0])


# Bad input.


def test_a_role_nobody_can_fill_is_named_and_the_cluster_still_composed():
    cluster, _, _, _ = composed(toy(), role_min={"network": 1, "producer": 5}, role_penalty=0.25)
    assert "Nobody in reach can take the role role:network; seats asked for: 1." in words(cluster)
    assert "Seats in the role role:producer: 2 of 5 asked for" in words(cluster)


def test_ties_to_organisations_outside_the_data_change_nothing():
    links = [link_row("inst", "maker", "contract"), link_row("inst", "uni", "parent")]
    outside = [link_row("maker", "nobody-knows", "contract"), link_row("x", "y", "contract")]
    straight = Composition().run(toy().with_rows("link", links))
    more = Composition().run(toy().with_rows("link", [*links, *outside]))
    for name in straight.names:
        assert straight[name].equals(more[name]), name


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"budget": 10.0}, "cost_of_role does not name core"),
        ({"cost_of_role": {"core": -1.0}}, "cost below 0"),
        ({"criteria": ("nothing",)}, "no criteria pack `nothing`"),
        ({"hard_roles": ("king",)}, "cluster role `king`"),
        ({"shared_roles": ("king",)}, "shared_roles names `king`"),
        ({"region_min": {"A": 3}, "region_max": {"A": 2}}, "region_min of A is 3, above"),
        ({"role_min": {"producer": 3}, "role_max": {"producer": 2}}, "role_min of producer is 3"),
        ({"country_max": {"BY": -1}}, "country_max of BY is -1"),
        ({"max_overlap": 1.5}, "max_overlap is 1.5"),
        ({"n_alternatives": 0}, "n_alternatives is 0"),
        ({"overlapping": "merge"}, "overlapping `merge`"),
    ],
)
def test_rules_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Composition(**parameters)


def test_the_worked_example_of_the_documentation_is_right():
    # docs/explanation/composition.md: institute, university 0.5, maker, shop 0.5.
    def answer(**changes):
        parts = {
            "need_points": np.array([6.0, 4.0]),
            "seat_points": np.full(4, -0.5),
            "required": np.array([True, False, False, False]),
            **changes,
        }
        return choose_seats(seat_problem([[1, 0], [0.5, 0], [0, 1], [0, 0.5]], **parts))

    free = answer()
    assert free.chosen.all()
    assert free.objective == pytest.approx(10 * (0.6 + 0.4) * 5 / 7 - 2)
    three = answer(max_seats=3)
    assert three.chosen.tolist() == [True, True, True, False]
    assert free.objective - three.objective == pytest.approx(4 * 0.5 * 2 / 7 - 0.5)
    without = answer(barred=np.array([False, False, True, False]))
    assert free.objective - without.objective == pytest.approx(4 * (4 / 7 - 0.5 * 2 / 7) - 0.5)
    dear = answer(seat_points=np.full(4, -0.6))
    assert dear.chosen.tolist() == [True, True, True, False]
