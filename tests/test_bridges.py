"""The stage `bridges`: two toy clusters worked out by hand, and what must not be claimed."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.bridges import Bridges
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .test_composition import adjacency_row, link_row
from .test_core import assignment

# Cluster A researches lasers, B makes optics; lasers and optics are adjacent by 0.6.
WORK = [("inst", "research", "lasers"), ("maker", "production", "optics")]
SEATS = [("A", "inst", "core"), ("B", "maker", "producer")]
# Part of the score to weight: the sums are easy on paper.
PLAIN = {"complementarity": 0.4, "understanding": 0.4, "ties": 0.2}
NEEDS = [
    ("production", "optics", 0.5),
    ("production", "lasers", 0.25),
    ("training", "lasers", 0.25),
]


def result(**more):
    return {"reasons": "[]", "based_on": "[]", **more}


def cluster_row(cluster_id, country="XA", *, candidate_id=None, n_members=1):
    return result(
        cluster_id=cluster_id,
        candidate_id=candidate_id or f"candidate-{cluster_id}",
        country=country,
        main_fields="lasers",
        n_members=n_members,
        coverage=0.5,
        objective=1.0,
        bound=1.0,
        optimality_gap=0.0,
        solver_status="optimal",
    )


def seat_row(cluster_id, org_id, role):
    return result(
        cluster_id=cluster_id, org_id=org_id, role=role, covers="", n_ties=0, marginal_value=0.1
    )


def need_row(stage, field_id, weight, covered=0.0):
    return result(
        cluster_id="A",
        need=f"{stage}@{field_id}",
        stage=stage,
        field_id=field_id,
        weight=weight,
        covered=covered,
        n_providers=0,
    )


def toy(*, seats=SEATS, work=WORK, links=(), needs=NEEDS, abroad=True, weight=1.0, step=1):
    home = {"A": "XA", "B": "XB" if abroad else "XA", "C": "XA"}
    clusters = sorted({c for c, _, _ in seats})
    orgs = sorted({o for _, o, _ in seats} | {o for pair in links for o in pair})
    country = {o: home[c] for c, o, _ in seats}
    activities = [activity_row(f"{o}:{k}", o, k) | {"weight": weight} for o, k, _ in work]
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
        .with_rows(
            "organisation",
            [organisation_row(o, country=country.get(o, "XA")) for o in orgs][::step],
        )
        .with_rows("cluster", [cluster_row(c, home[c]) for c in clusters][::step])
        .with_rows("membership", [seat_row(*row) for row in seats][::step])
        .with_rows("activity", activities[::step])
        .with_rows(
            "activity_field", [assignment(f"{o}:{k}", o, f, kind=k) for o, k, f in work][::step]
        )
        .with_rows("need", [need_row(*row) for row in needs][::step])
        .with_rows("link", [link_row(a, b, "contract") for a, b in links][::step])
    )


def bridged(tables, **parameters):
    written = Bridges(**parameters).run(tables)
    links = {(r["cluster_a"], r["cluster_b"]): r for r in written.rows("cluster_link")}
    return links, written.rows("partner_match")


def test_what_b_adds_to_a_is_the_share_of_open_need_that_it_offers():
    # optics: 0.5 x 1; lasers: 0.25 x adjacency 0.6 = 0.15; nobody trains: 0.65 of 1.
    links, _ = bridged(toy(), weights=PLAIN)
    assert links["A", "B"]["complementarity"] == pytest.approx(0.65)
    # Profiles are lasers and optics alone: kinship = 0.6 / sqrt(1 x 1).
    assert links["A", "B"]["kinship"] == pytest.approx(0.6)
    assert links["A", "B"]["understanding"] == pytest.approx(1 - 0.4**2)
    # 0.4 x 0.65 + 0.4 x 0.84 + 0.2 x 0 ties
    assert links["A", "B"]["score"] == pytest.approx(0.596)
    # B has no need of its own: it gains by kinship alone.
    assert links["B", "A"]["complementarity"] == 0.0
    assert links["B", "A"]["returned"] == links["A", "B"]["complementarity"]
    assert links["B", "A"]["score"] == pytest.approx(0.336)
    mutual = sqrt(0.596 * 0.336)
    assert [row["mutual_score"] for row in links.values()] == [pytest.approx(mutual, abs=1e-4)] * 2
    assert "2 open needs" in words(links["A", "B"])


def test_what_a_covers_itself_is_not_open():
    # Optics half covered leaves 0.25 open: (0.25 + 0.15) / 0.75 of the open need.
    needs = [("production", "optics", 0.5, 0.5), *NEEDS[1:]]
    links, _ = bridged(toy(needs=needs))
    assert links["A", "B"]["complementarity"] == pytest.approx(0.4 / 0.75, abs=1e-4)


def test_an_adjacency_below_the_least_covers_nothing():
    links, _ = bridged(toy(), min_adjacency=0.7)
    assert links["A", "B"]["complementarity"] == pytest.approx(0.5)


def test_existing_ties_raise_the_score_and_are_named():
    # One tie: 0.2 x 1 / (1 + 3) = 0.05 on top of 0.596.
    links, (match,) = bridged(toy(links=[("inst", "maker")]), weights=PLAIN)
    assert (links["A", "B"]["n_ties"], links["A", "B"]["score"]) == (1, pytest.approx(0.646))
    assert match["existing"] == "tie"
    assert "They work together already." in words(match)


@pytest.mark.parametrize(
    ("abroad", "threshold", "structure"),
    [
        (False, 0.5, "cross_cluster"),
        (False, 0.7, "cross_industry"),
        (True, 0.5, "international"),
        (True, 0.7, "cross_network"),
    ],
)
def test_the_structure_follows_country_and_kinship(abroad, threshold, structure):
    links, _ = bridged(toy(abroad=abroad), kin_threshold=threshold)
    assert links["A", "B"]["structure"] == structure
    assert ("sanctions were not assessed" in words(links["A", "B"])) == abroad


def test_research_here_and_production_there_are_matched():
    _, (match,) = bridged(toy())
    # Lasers are researched here, optics made there, and adjacent by 0.6: kindred and complementary.
    assert match["complementary"] == match["kindred"] == pytest.approx(0.6)
    assert match["score"] == pytest.approx(0.8 * 0.6)
    assert (match["org_a"], match["org_b"], match["kind"]) == ("inst", "maker", "both")
    assert (match["existing"], match["via_org_id"]) == ("none", None)


def test_a_common_partner_is_the_way_to_each_other():
    _, (match,) = bridged(toy(links=[("inst", "friend"), ("friend", "maker")]))
    assert (match["existing"], match["via_org_id"]) == ("path", "friend")
    assert match["score"] == pytest.approx(0.8 * 0.6 + 0.1)


def test_the_matching_is_worth_most_as_a_whole():
    # Each with its own field is worth 0.8; crossed, 0.8 x 0.6 each.
    work = [*WORK, ("uni", "research", "optics"), ("cut", "production", "lasers")]
    seats = [*SEATS, ("A", "uni", "kindred_university"), ("B", "cut", "producer")]
    _, matches = bridged(toy(work=work, seats=seats))
    assert {(m["org_a"], m["org_b"]) for m in matches} == {("inst", "cut"), ("uni", "maker")}
    assert [m["score"] for m in matches] == [0.8, 0.8]
    assert [m["rank"] for m in matches] == [1, 2]


def test_a_pair_too_weak_to_be_proposed_takes_nobody_from_a_strong_one():
    # inst-maker 0.8 x 1; inst-lens and farm-maker 0.8 x 0.6 = 0.48 each, together more than 0.8.
    work = [(o, "research", "lasers") for o in ("inst", "maker")]
    work += [("lens", "research", "optics"), ("farm", "research", "dairy")]
    seats = [("A", "inst", "core"), ("A", "farm", "core")]
    seats += [("B", "maker", "core"), ("B", "lens", "core")]
    near = [adjacency_row("lasers", "optics", 0.6), adjacency_row("dairy", "lasers", 0.6)]
    tables = toy(work=work, seats=seats).with_rows("field_adjacency", near)
    kindred = {"weight_complementary": 0.0}
    _, (match,) = bridged(tables, min_match=0.5, **kindred)
    assert (match["org_a"], match["org_b"], match["score"]) == ("inst", "maker", 0.8)
    assert {m["score"] for m in bridged(tables, **kindred)[1]} == {0.48}


def test_nobody_is_matched_with_itself_and_a_shared_tie_counts_once():
    seats = [(c, o, "core") for c in "AB" for o in ("inst", "maker")]
    links, matches = bridged(toy(seats=seats, links=[("inst", "maker")]))
    assert matches == []
    assert links["A", "B"]["n_ties"] == 1


def test_work_that_weighs_nothing_is_not_known_and_no_fault():
    links, matches = bridged(toy(weight=0.0))
    assert links["A", "B"]["kinship"] is None
    assert matches == []


def test_members_without_known_work_are_not_matched_but_the_link_is_kept():
    links, matches = bridged(toy(work=[]))
    assert matches == []
    link = links["A", "B"]
    unknown = ("complementarity", "returned", "added_density", "n_joint_fields", "kinship")
    assert [link[name] for name in unknown] == [None] * 5
    # Only that no tie is known counts, and the row says how little that is.
    assert (link["score"], link["known_share"]) == (0.0, 0.15)
    assert "Whether cluster:B covers open needs of cluster:A is not known." in words(link)


def test_weak_pairs_are_left_out_and_only_the_nearest_clusters_kept():
    assert bridged(toy(), min_match=0.75)[1] == []
    assert bridged(toy(), n_matches=0)[1] == []
    seats = [*SEATS, ("C", "farm", "core")]
    work = [*WORK, ("farm", "production", "dairy")]
    links, _ = bridged(toy(seats=seats, work=work), n_partners=1)
    assert links["A", "B"]["rank"] == 1
    assert ("A", "C") not in links


def test_the_distance_is_that_of_the_anchors_and_unknown_without_them():
    assert bridged(toy())[0]["A", "B"]["distance_km"] is None
    places = [
        {"place_id": p, "name_en": p, "country": "XA", "lat_deg": lat, "lon_deg": 27.0,
         "extent_km": 1.0, "source_id": "toy", "source_row": "p:1"}
        for p, lat in (("south", 54.0), ("north", 55.0))
    ]  # fmt: skip
    candidates = [
        result(
            candidate_id=f"candidate-{c}", territory_id=place, country="XA", family_id="f",
            main_fields="lasers", radius_km=60.0, n_organisations=1, n_roles=1, statistic=1.0,
            expected=1.0, expected_sd=1.0, p_value=0.5, q_value=0.5, verdict="beyond_chance",
        )
        for c, place in (("A", "south"), ("B", "north"))
    ]  # fmt: skip
    tables = toy().with_rows("place", places).with_rows("candidate", candidates)
    # One degree of latitude.
    assert bridged(tables)[0]["A", "B"]["distance_km"] == pytest.approx(111.2, abs=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"ties": -1.0}},
        {"weights": {"complementarity": 0.0, "understanding": 0.0}},
        {"weights": {}},
        {"weights": {"ties": float("nan")}},
        {"weights": {"sympathy": 1.0}},
        {"matching": "by taste"},
        {"kinship_peak": 1.1},
        {"weight_kindred": -0.5},
        {"critical_mass": 0.0},
        {"field_presence": float("nan")},
        {"distance_scale_km": -1.0},
        {"partners_each": -1},
        {"partners_total": -1},
        {"n_resamples": -1},
        {"kin_threshold": 1.5},
        {"min_adjacency": -0.1},
        {"min_match": -0.1},
        {"n_partners": -1},
        {"n_matches": -1},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match="bridges"):
        Bridges(**wrong)


def test_one_cluster_has_nobody_to_bridge_to():
    links, matches = bridged(toy(seats=SEATS[:1]))
    assert (links, matches) == ({}, [])


@settings(deadline=None, max_examples=15)
@given(st.floats(0.01, 100), st.sampled_from([1, -1]))
def test_unit_of_weight_and_order_of_rows_do_not_matter(weight, step):
    links, matches = bridged(toy(links=[("inst", "maker")], weight=weight, step=step))
    plain_links, plain_matches = bridged(toy(links=[("inst", "maker")]))
    assert (links, matches) == (plain_links, plain_matches)
