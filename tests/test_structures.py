"""The stage `structures`: layers, types, brokers, losses and new ties of toys solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.networks.reach import fall_out
from clusterloom.stages._cluster_network import layer_of
from clusterloom.stages.structures import Structures, _default_layers
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .rows import cluster_row, filled, seat_row
from .test_composition import link_row
from .test_core import assignment

HOME = {"A": "XA", "B": "XA", "C": "XB"}
# a1 - a2 inside A, a2 - b1 and a2 - c1 across: a2 is the only way from anyone to anyone.
SEATS = [("A", "a1"), ("A", "a2"), ("B", "b1"), ("C", "c1")]
LINKS = [("a1", "a2", "joint_research"), ("a2", "b1", "supply"), ("a2", "c1", "training")]
PLACES = {"A": 54.0, "B": 54.0, "C": 55.0}


def toy(*, seats=SEATS, links=LINKS, country=HOME, places=PLACES, work=(), needs=(), **options):
    clusters = sorted({c for c, _ in seats})
    orgs = sorted({o for _, o in seats})
    land = {o: country[c] for c, o in seats}
    role = options.get("role", {})
    tables = (
        Tables()
        .with_rows("cluster", [cluster_row(c, country[c]) for c in clusters])
        .with_rows("membership", [seat_row(c, o, "core") for c, o in seats])
        .with_rows(
            "organisation",
            [
                organisation_row(o, role.get(o, "company"), country=land[o])
                for o in orgs
                if o not in options.get("unknown", ())
            ],
        )
        .with_rows("link", [link_row(a, b, kind) for a, b, kind in links])
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows(
            "field_family",
            [
                filled("field_family", field_id=f, family_id=family, centrality=0.5)
                for f, family in (("lasers", "light"), ("optics", "light"), ("dairy", "food"))
            ],
        )
        .with_rows("activity", [activity_row(f"{o}:{f}", o) for o, f in work])
        .with_rows("activity_field", [assignment(f"{o}:{f}", o, f) for o, f in work])
        .with_rows("need", list(needs))
    )
    spots = [
        {"place_id": c, "name_en": c, "country": country[c], "lat_deg": lat, "lon_deg": 27.0,
         "extent_km": 1.0, "source_id": "toy", "source_row": "p:1"}
        for c, lat in places.items()
    ]  # fmt: skip
    candidates = [
        filled("candidate", candidate_id=f"candidate-{c}", territory_id=c, country=country[c])
        for c in places
    ]
    tables = tables.with_rows("place", spots).with_rows("candidate", candidates)
    for name in ("introduction", "partner_match"):
        tables = tables.with_rows(name, options.get(name, []))
    return tables


def introduction(cluster, a, b, score):
    return filled("introduction", cluster_id=cluster, org_a=a, org_b=b, rank=1, score=score)


def match(cluster_a, cluster_b, a, b, score, existing="none"):
    return filled(
        "partner_match", cluster_a=cluster_a, cluster_b=cluster_b, org_a=a, org_b=b, rank=1,
        score=score, existing=existing,
    )  # fmt: skip


def need(cluster, name, weight, covered):
    stage, _, field_id = name.partition("@")
    return filled(
        "need", cluster_id=cluster, need=name, stage=stage, field_id=field_id or None,
        weight=weight, covered=covered,
    )  # fmt: skip


def measured(tables, table, key, **parameters):
    rows = Structures(**parameters).run(tables).rows(table)
    return {tuple(r[k] for k in key) if len(key) > 1 else r[key[0]]: r for r in rows}


@pytest.mark.parametrize(
    ("kind", "roles", "layer"),
    [
        ("co_publication", ("bank", "university"), "research"),  # a specific kind keeps its layer
        ("contract", ("company", "company"), "supply"),
        ("contract", ("university", "research_institute"), "research"),
        ("contract", ("company", "university"), "supply"),
        ("contract", ("company", "state_fund"), "finance"),
        ("joint_venture", ("government_body", "company"), "administration"),
        ("joint_venture", ("government_body", "bank"), "finance"),
        ("parent", ("government_body", "company"), "administration"),
    ],
)
def test_a_tie_falls_into_a_layer_by_its_kind_and_by_who_is_tied(kind, roles, layer):
    assert layer_of(kind, roles, _default_layers(), Structures().unspecific_kinds) == layer


def test_the_network_of_clusters_has_one_row_for_each_pair_and_layer():
    ties = measured(toy(), "cluster_tie", ("cluster_a", "cluster_b", "layer"))
    assert set(ties) == {("A", "A", "research"), ("A", "B", "supply"), ("A", "C", "training")}
    assert {(r["n_ties"], r["n_organisations"]) for r in ties.values()} == {(1, 2)}


def test_two_kinds_of_link_between_two_are_two_layers_and_twice_one_kind_is_one_tie():
    links = [("a1", "b1", "supply"), ("b1", "a1", "supply"), ("a1", "b1", "investment")]
    tables = toy(links=[]).with_rows(
        "link", [{**link_row(a, b, k), "link_id": f"l{i}"} for i, (a, b, k) in enumerate(links)]
    )
    ties = measured(tables, "cluster_tie", ("cluster_a", "cluster_b", "layer"))
    assert {key: r["n_ties"] for key, r in ties.items()} == {
        ("A", "B", "supply"): 1, ("A", "B", "finance"): 1,
    }  # fmt: skip
    assert ties["A", "B", "supply"]["based_on"] == '["link:l0", "link:l1"]'


def test_a_memorandum_is_no_tie():
    assert measured(toy(links=[("a1", "b1", "memorandum")]), "cluster_tie", ("layer",)) == {}


def test_the_type_widens_from_one_field_to_several_places_and_countries():
    work = [("a1", "lasers"), ("a2", "optics"), ("b1", "dairy"), ("c1", "lasers")]
    found = measured(toy(work=work), "structure", ("structure_id",))
    assert found["cluster:A"]["type"] == "local"
    # A and B share a place; two thirds of the work are light, one third food.
    assert found["pair:A+B"]["type"] == "cross_industry"
    assert (found["pair:A+B"]["n_families"], found["pair:A+B"]["distance_km"]) == (2, 0.0)
    assert found["pair:A+C"]["type"] == "international"
    assert found["network:A"]["n_clusters"] == 3
    assert "2 countries" in words(found["network:A"])
    # The same clusters in one country, one degree of latitude apart.
    one_land = toy(work=work, country=dict.fromkeys("ABC", "XA"))
    near = measured(one_land, "structure", ("structure_id",))["pair:A+C"]
    assert (near["type"], near["distance_km"]) == ("cross_network", pytest.approx(111.2, abs=0.1))
    wide = measured(one_land, "structure", ("structure_id",), local_km=200.0)["pair:A+C"]
    assert wide["type"] == "local"
    mono = measured(toy(work=work), "structure", ("structure_id",), min_family_share=0.4)
    assert mono["pair:A+B"]["type"] == "local"


def test_reach_is_counted_over_working_ties_inside_only():
    found = measured(toy(), "structure", ("structure_id",))
    # A and B: a1 - a2 - b1 is one part of three.
    assert found["pair:A+B"]["reach_share"] == 1.0
    # B and C have no tie of their own and no shared member: no such pair.
    assert "pair:B+C" not in found
    assert found["cluster:B"]["reach_share"] is None


def test_tied_organisations_of_three_clusters_are_one_community():
    (row,) = [r for r in Structures().run(toy()).rows("structure") if r["level"] == "community"]
    assert (row["structure_id"], row["n_organisations"]) == ("community-a2", 4)
    assert (row["clusters"], row["type"]) == ("A|B|C", "international")
    none = Structures(min_community=5).run(toy()).rows("structure")
    assert [r for r in none if r["level"] == "community"] == []


def test_the_broker_stands_between_clusters_that_have_no_tie_of_their_own():
    brokers = measured(toy(), "network_broker", ("org_id",))
    best = brokers["a2"]
    # Three partners, no tie among them: 3 paths; all three pairs are of different clusters.
    assert (best["betweenness"], best["n_brokered"], best["rank"]) == (3.0, 3, 1)
    assert (best["reached"], best["others_cut"]) == ("B|C", 1.0)
    assert best["constraint"] == pytest.approx(1 / 3, abs=1e-4)
    assert "stands between 3 pairs" in words(best)
    # a1 is tied inside its own cluster only.
    assert set(brokers) == {"a2", "b1", "c1"}


def test_a_seat_in_two_clusters_is_a_bridge_without_any_tie():
    brokers = measured(toy(seats=[*SEATS, ("C", "b1")], links=[]), "network_broker", ("org_id",))
    assert set(brokers) == {"b1"}
    assert (brokers["b1"]["clusters"], brokers["b1"]["constraint"]) == ("B|C", None)


def test_what_falls_with_a_member_a_tie_a_cluster_and_a_country():
    found = measured(toy(), "fall_out", ("kind", "subject"))
    keys = ("ties_lost", "pairs_lost", "others_cut")
    middle = found["member", "a2"]
    assert [middle[k] for k in keys] == [1.0, 1.0, 1.0]
    assert middle["rank"] == 1
    # A ray: one of three ties, 3 of 6 pairs, all its own.
    assert [found["member", "c1"][k] for k in keys] == [pytest.approx(1 / 3, abs=1e-4), 0.5, 0.0]
    assert [found["tie", "a2|b1"][k] for k in keys] == [pytest.approx(1 / 3, abs=1e-4), 0.5, 0.5]
    assert [found["cluster", "A"][k] for k in keys] == [1.0, 1.0, 1.0]
    assert [found["country", "XB"][k] for k in keys] == [pytest.approx(1 / 3, abs=1e-4), 0.5, 0.0]
    # Everybody of XA gone: c1 is alone, and no pair that stays could be cut.
    assert found["country", "XA"]["others_cut"] is None


def test_a_need_is_lost_with_its_last_provider_and_not_before():
    needs = [need("A", "research@lasers", 0.5, 0.8), need("A", "production@optics", 0.5, 0.4)]
    covers = {"a1": "research@lasers|production@optics", "a2": "production@optics"}
    tables = toy(needs=needs)
    seats = [{**r, "covers": covers.get(r["org_id"], "")} for r in tables.rows("membership")]
    found = measured(tables.with_rows("membership", seats), "fall_out", ("kind", "subject"))
    # Covered in all: 0.4 + 0.2. Research falls with a1 alone, production with both.
    assert found["member", "a1"]["needs_lost"] == pytest.approx(0.4 / 0.6, abs=1e-4)
    assert found["member", "a2"]["needs_lost"] == 0.0
    assert found["country", "XA"]["needs_lost"] == 1.0
    assert "Nobody else covers 1 needs" in words(found["member", "a1"])


def test_a_cluster_that_falls_out_leaves_members_that_sit_elsewhere_too():
    found = measured(toy(seats=[*SEATS, ("B", "a2")]), "fall_out", ("kind", "subject"))
    # a2 stays in B: only a1 goes.
    assert found["cluster", "A"]["ties_lost"] == pytest.approx(1 / 3, abs=1e-4)


def test_the_smallest_set_of_new_ties_is_exact_for_a_small_network():
    proposals = {
        "introduction": [introduction("A", "a1", "a2", 0.3)],
        "partner_match": [
            match("A", "B", "a2", "b1", 0.4), match("A", "B", "a1", "b1", 0.9),
            match("A", "C", "a1", "c1", 0.5), match("B", "C", "b1", "c1", 0.6),
        ],
    }  # fmt: skip
    tables = toy(links=[], **proposals)
    written = Structures(required_share=1.0).run(tables)
    (connection,) = written.rows("connection")
    # Four alone: three ties are needed, and of those that connect all the best scored win:
    # a2 hangs on b1 (0.4 > 0.3), a1-b1 (0.9), and c1 on b1 (0.6 > 0.5).
    ties = {(r["org_a"], r["org_b"]) for r in written.rows("new_tie")}
    assert ties == {("a2", "b1"), ("a1", "b1"), ("b1", "c1")}
    assert (connection["method"], connection["status"]) == ("exact", "reached")
    assert (connection["n_ties"], connection["n_ties_bound"]) == (3, 3)
    assert (connection["share_before"], connection["share_after"]) == (0.0, 1.0)
    assert connection["n_ties_random"] == 3.0  # any connecting set without an idle tie has three
    shares = {r["rank"]: r["share_after"] for r in written.rows("new_tie")}
    assert [shares[k] for k in (1, 2, 3)] == pytest.approx([1 / 6, 0.5, 1.0], abs=1e-4)


def test_half_of_the_pairs_takes_fewer_ties():
    pairs = [("A", "B", "a1", "b1", 0.9), ("A", "C", "a2", "c1", 0.5), ("B", "C", "b1", "c1", 0.6)]
    proposals = {"partner_match": [match(*pair) for pair in pairs]}
    (row,) = Structures(required_share=0.5).run(toy(links=[], **proposals)).rows("connection")
    assert (row["n_ties"], row["share_after"]) == (2, 0.5)


def test_what_proposals_cannot_reach_is_said_with_how_far_they_lead():
    proposals = {"introduction": [introduction("A", "a1", "a2", 0.3)]}
    written = Structures(required_share=0.5).run(toy(links=[], **proposals))
    (row,) = written.rows("connection")
    assert row["status"] == "not_reachable"
    assert row["n_ties_bound"] is row["n_ties_random"] is None
    assert row["share_possible"] == pytest.approx(1 / 6, abs=1e-4)
    assert "more proposals are needed" in words(row)


def test_a_budget_too_small_is_said():
    proposals = {
        "partner_match": [match("A", "B", "a1", "b1", 0.9), match("B", "C", "b1", "c1", 0.5)]
    }
    (row,) = Structures(max_new_ties=1).run(toy(links=[], **proposals)).rows("connection")
    assert (row["status"], row["n_ties"]) == ("out_of_budget", 1)


def test_what_is_connected_already_needs_nothing():
    written = Structures().run(toy(introduction=[introduction("A", "a1", "a2", 0.3)]))
    (row,) = written.rows("connection")
    assert (row["status"], row["method"], row["n_ties"]) == ("already", "none", 0)
    assert written.rows("new_tie") == []


def test_a_cluster_of_one_member_is_a_structure_and_breaks_nothing():
    written = Structures().run(toy(seats=[("A", "a1")], links=[], places={"A": 54.0}))
    (row,) = written.rows("structure")
    assert (row["n_organisations"], row["reach_share"], row["type"]) == (1, None, "local")
    assert written.rows("connection") == []
    assert [r["kind"] for r in written.rows("fall_out")] == ["cluster", "country", "member"]


def test_identical_clusters_are_a_pair_by_their_shared_members_alone():
    seats = [(c, o) for c in "AB" for o in ("x", "y")]
    found = measured(toy(seats=seats, links=[("x", "y", "supply")]), "structure", ("structure_id",))
    pair = found["pair:A+B"]
    assert (pair["n_organisations"], pair["n_shared"], pair["reach_share"]) == (2, 2, 1.0)


def test_clusters_without_a_common_field_or_any_field_get_no_invented_spread():
    found = measured(toy(), "structure", ("structure_id",))
    assert found["pair:A+B"]["n_families"] is None
    assert "No fields of its members are known" in words(found["pair:A+B"])
    assert found["pair:A+B"]["type"] == "local"  # what is not known widens nothing


def test_members_that_no_source_describes_keep_their_seats_and_have_no_country():
    written = Structures().run(toy(unknown=("c1", "b1")))
    found = {r["structure_id"]: r for r in written.rows("structure")}
    assert found["cluster:C"]["n_countries"] == 0
    assert found["pair:A+C"]["type"] == "cross_network"  # by distance; no country is invented
    assert {r["subject"] for r in written.rows("fall_out") if r["kind"] == "country"} == {"XA"}


def test_the_country_of_the_members_counts_where_it_contradicts_that_of_the_cluster():
    tables = toy(seats=[("A", "a1"), ("A", "a2")], links=[], places={"A": 54.0})
    rows = [
        {**r, "country": "XB" if r["org_id"] == "a2" else "XA"} for r in tables.rows("organisation")
    ]
    (row,) = Structures().run(tables.with_rows("organisation", rows)).rows("structure")
    assert (row["type"], row["n_countries"]) == ("international", 2)


def test_an_unknown_position_is_not_far_away():
    found = measured(toy(places={"A": 54.0}, country=dict.fromkeys("ABC", "XA")), "structure",
                     ("structure_id",))  # fmt: skip
    assert found["pair:A+C"]["distance_km"] is None
    assert "is not known" in words(found["pair:A+C"])


PAIRS = [(f"o{i}", f"o{j}") for i in range(6) for j in range(i + 1, 6)]


@settings(max_examples=20)
@given(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=8, unique=True))
def test_every_loss_is_what_counting_the_rest_again_gives(pairs):
    tables = toy(
        seats=[("A", f"o{i}") for i in range(6)],
        links=[(a, b, "supply") for a, b in pairs],
        places={"A": 54.0},
    )
    ties = np.array([(int(a[1]), int(b[1])) for a, b in sorted(pairs)])
    found = measured(tables, "fall_out", ("kind", "subject"))
    for i in range(6):
        again = fall_out(6, ties, nodes=np.arange(6) == i)
        row = found["member", f"o{i}"]
        assert [row["ties_lost"], row["pairs_lost"], row["others_cut"]] == [
            None if np.isnan(v) else round(v, 4)
            for v in (again.ties, again.pairs, again.others_cut)
        ]
    for k, (a, b) in enumerate(sorted(pairs)):
        again = fall_out(6, ties, lost_ties=np.arange(len(ties)) == k)
        row = found["tie", f"{a}|{b}"]
        assert [row["pairs_lost"], row["others_cut"]] == [
            round(again.pairs, 4),
            round(again.others_cut, 4),
        ]


def test_in_a_large_network_paths_are_not_counted_and_not_called_zero():
    brokers = measured(toy(), "network_broker", ("org_id",), max_betweenness=3)
    assert brokers["a2"]["betweenness"] is None
    assert brokers["a2"]["rank"] == 1


@settings(max_examples=15)
@given(st.permutations(LINKS), st.booleans())
def test_order_and_direction_of_links_do_not_matter(links, turned):
    given_ = [(b, a, kind) if turned else (a, b, kind) for a, b, kind in links]
    one, other = Structures().run(toy(links=given_)), Structures().run(toy())
    for table in Structures.writes:
        rows = [[{**r, "based_on": ""} for r in t.rows(table)] for t in (one, other)]
        assert rows[0] == rows[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"required_share": 1.1},
        {"min_family_share": -0.1},
        {"min_country_share": float("nan")},
        {"local_km": 0.0},
        {"resolution": 0.0},
        {"max_new_ties": -1},
        {"layer_of_kind": {"handshake": "research"}},
        {"layer_of_kind": {"supply": "gossip"}, "unspecific_kinds": ()},
        {"unspecific_kinds": ("memorandum",)},
        {"working_layers": ("love",)},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match="structures"):
        Structures(**wrong)
