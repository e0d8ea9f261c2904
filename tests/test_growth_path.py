"""The stage `growth_path`: phases, preconditions, milestones and actions of a toy plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.growth_path import GrowthPath
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .rows import cluster_row, filled, result, seat_row
from .test_composition import link_row
from .test_core import assignment
from .test_structures import introduction, match, need

# A: four members, lasers but for the farm; B abroad: two; C: next door to A.
SEATS = [
    ("A", "a1"),
    ("A", "a2"),
    ("A", "a3"),
    ("A", "farm"),
    ("B", "b1"),
    ("B", "b2"),
    ("C", "c1"),
]
HOME = {"A": "XA", "B": "XB", "C": "XA"}
WORK = {"a1": "lasers", "a2": "lasers", "a3": "lasers", "farm": "dairy", "b1": "lasers"}
LINKS = [("a1", "b2")]
INTRODUCTIONS = [("A", "a1", "a2", 0.9), ("A", "a1", "farm", 0.8), ("A", "a2", "a3", 0.4)]
MATCHES = [("A", "B", "a1", "b1", 0.7), ("A", "B", "a2", "b2", 0.6), ("A", "C", "a3", "c1", 0.5)]


def cluster_link(a, b, rank, complementarity=0.4):
    return filled(
        "cluster_link", cluster_a=a, cluster_b=b, complementarity=complementarity, rank=rank
    )


def gap(cluster, name, home):
    return filled("gap", cluster_id=cluster, need=name, uncovered=0.5, home_org_ids=home)


PARTNERS = [("A", "C", 1), ("A", "B", 2), ("B", "A", 1), ("C", "A", 1)]


def toy(*, links=LINKS, partners=PARTNERS, seats=SEATS, matches=MATCHES, paths=(), **more):
    clusters = sorted({c for c, _ in seats})
    return (
        Tables()
        .with_rows("cluster", [cluster_row(c, HOME[c]) for c in clusters])
        .with_rows("membership", [seat_row(c, o, "core") for c, o in seats])
        .with_rows("organisation", [organisation_row(o) for o in sorted({o for _, o in seats})])
        .with_rows("link", [link_row(a, b, "contract") for a, b in links])
        .with_rows("field", [field_row(f, f) for f in ("lasers", "dairy")])
        .with_rows(
            "field_family",
            [filled("field_family", field_id=f, family_id=f) for f in ("lasers", "dairy")],
        )
        .with_rows("activity", [activity_row(f"{o}:a", o) for o in WORK])
        .with_rows("activity_field", [assignment(f"{o}:a", o, f) for o, f in WORK.items()])
        .with_rows("introduction", [introduction(*row) for row in INTRODUCTIONS])
        .with_rows("cluster_link", [cluster_link(*row) for row in partners])
        .with_rows(
            "partner_match",
            [match(*row[:5], existing="path" if row[2:4] in paths else "none") for row in matches],
        )
        .with_rows("need", [need("A", "production@lasers", 0.2, 0.5), need("A", "state", 0.1, 0.0)])
        .with_rows("gap", [gap("A", "production@lasers", "maker"), gap("A", "state", None)])
        .with_rows("value_chain", more.get("chains", []))
        .with_rows("chain_step", more.get("steps", []))
        .with_rows("chain_handover", more.get("handovers", []))
        .with_rows("new_tie", more.get("new_ties", []))
        .with_rows("connection", more.get("connection", []))
    )


def planned(tables, programme="A+B", **parameters):
    written = GrowthPath(**parameters).run(tables)

    def own(table, *key):
        return {
            tuple(r[k] for k in key): r
            for r in written.rows(table)
            if r["programme_id"] == programme
        }

    return (
        {k[0]: r for k, r in own("programme_phase", "phase").items()},
        own("milestone", "phase", "measure", "subject"),
        own("programme_action", "phase", "action_no"),
    )


def test_the_partner_abroad_gets_the_programme_though_the_neighbour_ranks_first():
    ids = {r["programme_id"] for r in GrowthPath().run(toy()).rows("programme_phase")}
    # A takes B (abroad), B takes A; C has only A.
    assert ids == {"A+B", "A+C"}
    assert GrowthPath(n_partners=0).run(toy()).rows("programme_phase") == []


def test_near_introductions_are_local_and_far_fields_come_second():
    _, _, actions = planned(toy())
    local = [a for (phase, _), a in actions.items() if phase == "local"]
    assert [(a["kind"], a["org_a"], a["org_b"]) for a in local] == [
        ("introduce", "a1", "a2"), ("introduce", "a2", "a3"), ("fill_gap", "maker", None),
    ]  # fmt: skip
    second = actions["cross_industry", 1]
    assert (second["org_a"], second["org_b"]) == ("a1", "farm")
    # Then the neighbour C, which is no part of the programme.
    assert (actions["cross_industry", 2]["org_a"], actions["cross_industry", 2]["org_b"]) == (
        "a3",
        "c1",
    )
    assert "Introduce org:a1 and org:farm" in words(second)


def test_milestones_are_counted_from_the_plan():
    _, found, _ = planned(toy(links=[*LINKS, ("a1", "a3")]))

    def values(*key):
        return found[key]["current"], found[key]["target"]

    # a1 and a3 of four are tied; with a1-a2 and a2-a3 three are.
    assert values("local", "tied_members", "A") == (0.5, 0.75)
    # Half of the weight 0.2 is open and somebody is named: 0.5 + 0.1; the state is not filled.
    assert values("local", "coverage", "A") == (0.5, 0.6)
    assert values("cross_industry", "cross_industry_ties", "A") == (0, 1)
    assert values("cross_industry", "home_ties", "A") == (0, 1)
    assert values("cross_cluster", "pair_ties", "A+B") == (1, 3)
    # 0.5 covered, and B could help with 0.4 of the other half.
    assert values("cross_cluster", "joint_coverage", "A") == (0.5, 0.7)
    assert found["local", "tied_members", "A"]["source"] == "link|membership|introduction"
    assert values("cross_network", "handovers", "A+B") == (0, 0)


def test_preconditions_hold_today_after_the_phases_before_or_not_at_all():
    phases, _, _ = planned(toy(), min_tied_share=0.0, min_pair_ties=3)
    status = {name: row["status"] for name, row in phases.items()}
    # One anchor (a1-b2); one tie across today, three once the two pairs have met.
    assert status == {
        "local": "ready", "cross_industry": "ready", "cross_cluster": "ready",
        "cross_network": "after_before",
    }  # fmt: skip
    phases, _, _ = planned(toy(links=[]), min_tied_share=0.3, min_pair_ties=9)
    # Nobody of B can be introduced inside B; no anchor; two ties of nine.
    assert {n: r["status"] for n, r in phases.items() if n != "local"} == {
        "cross_industry": "blocked", "cross_cluster": "blocked", "cross_network": "blocked",
    }  # fmt: skip
    assert "more are needed" in words(phases["cross_network"])
    assert phases["cross_cluster"]["today"] == 0


def test_a_common_partner_is_an_anchor_and_such_pairs_meet_first():
    tables = toy(links=[], paths=(("a2", "b2"),))
    phases, _, actions = planned(tables)
    assert (phases["cross_cluster"]["today"], phases["cross_cluster"]["status"]) == (1, "ready")
    assert (actions["cross_cluster", 1]["org_a"], actions["cross_cluster", 1]["org_b"]) == (
        "a2",
        "b2",
    )


def test_an_action_reads_from_the_side_of_its_cluster():
    _, _, actions = planned(toy(seats=[*SEATS, ("B", "b3")]), "A+C")
    # In the programme of A and C, B is abroad: no neighbour of A is left.
    assert all(a["cluster_id"] in ("A", "C") for a in actions.values())


def test_unjoined_steps_of_a_joint_chain_and_the_best_new_ties_close_the_path():
    more = {
        "chains": [result(
            chain_id="lasers@A+B", field_id="lasers", clusters="A|B", n_clusters=2, n_countries=2,
            verdict="only_together", n_steps=3, n_covered=3, n_best_alone=2, n_joined=1,
            strength=0.5, rank=1,
        )],
        "steps": [result(
            chain_id="lasers@A+B", step_no=k, step=step, cluster_id=c, n_providers=1, org_ids=o,
            strength=0.5,
        ) for k, step, c, o in (
            (1, "research", "A", "a1"), (2, "development", "A", "a1"), (3, "production", "B", "b1"),
        )],
        "handovers": [result(
            chain_id="lasers@A+B", step_no=k, cluster_a=a, cluster_b=b, state=state, org_a=x,
            org_b=y, flow=1.0,
        ) for k, a, b, state, x, y in (
            (1, "A", "A", "same", "a1", "a1"), (2, "A", "B", "none", "a1", "b1"),
        )],
        "new_ties": [result(
            org_a=x, org_b=y, cluster_a="A", cluster_b=c, origin="partner_match", score=0.5, rank=k,
            n_joined=1, share_after=0.5,
        ) for k, (x, y, c) in enumerate((("a1", "a2", "A"), ("a3", "b2", "B")), start=1)],
        "connection": [result(
            scope="all_clusters", required_share=0.5, share_before=0.1, share_after=0.5,
            share_possible=0.9, status="reached", method="greedy", n_options=4, n_ties=2,
            n_ties_greedy=2, n_ties_bound=2, n_ties_random=3.0, n_ties_random_low=2.0,
            n_ties_random_high=4.0,
        )],
    }  # fmt: skip
    _, found, actions = planned(toy(**more))
    last = [a for (phase, _), a in sorted(actions.items()) if phase == "cross_network"]
    assert [(a["kind"], a["org_a"], a["org_b"]) for a in last] == [
        ("join_step", "a1", "b1"), ("new_tie", "a3", "b2"),  # a1-a2 is introduced already
    ]  # fmt: skip
    assert last[0]["need"] == "development@lasers"
    assert "hands over kind:development in field:lasers" in words(last[0])
    handovers = found["cross_network", "handovers", "A+B"]
    assert (handovers["current"], handovers["target"]) == (1, 2)
    reach = found["cross_network", "reach", "all_clusters"]
    assert (reach["current"], reach["target"], reach["unit"]) == (0.1, 0.5, "share")


def test_a_partner_of_which_no_link_is_kept_has_no_joint_number():
    _, found, _ = planned(toy(partners=[("A", "B", 1)]))
    assert found["cross_cluster", "joint_coverage", "B"]["target"] is None


def test_one_cluster_or_one_member_breaks_nothing():
    assert GrowthPath().run(toy(seats=SEATS[:1], partners=())).rows("programme_phase") == []
    phases, found, _ = planned(toy(seats=[("A", "a1"), ("B", "b1")], links=[("a1", "b1")]))
    assert phases["cross_cluster"]["today"] == 1
    assert found["local", "tied_members", "B"]["current"] == 0.0


def test_identical_clusters_are_anchored_by_their_shared_members():
    seats = [(c, o) for c in "AB" for o in ("a1", "a2")]
    phases, found, _ = planned(toy(seats=seats, links=[], matches=[]))
    assert phases["cross_cluster"]["today"] == 2
    assert found["cross_cluster", "pair_ties", "A+B"]["target"] == 0
    assert "holds no action" in words(phases["cross_cluster"])


def test_unknown_fields_cross_no_industry():
    _, _, actions = planned(toy().with_rows("activity_field", []))
    assert {a["kind"] for (p, _), a in actions.items() if p == "cross_industry"} == {"meet_partner"}


@pytest.mark.parametrize(
    "wrong",
    [{"n_partners": -1}, {"n_actions": -1}, {"min_tied_share": 1.5}, {"min_pair_ties": -1},
     {"min_tied_share": float("nan")}],
)  # fmt: skip
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match="growth_path"):
        GrowthPath(**wrong)


@given(st.permutations([*LINKS, ("a1", "a2"), ("c1", "a3")]), st.permutations(MATCHES))
def test_the_order_of_ties_and_matches_changes_nothing(links, matches):
    def written(tables):
        found = GrowthPath().run(tables)
        return {name: found.rows(name) for name in GrowthPath.writes}

    plain = written(toy(links=sorted(links)))
    assert written(toy(links=links, matches=matches)) == plain
