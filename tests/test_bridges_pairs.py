"""What clusters add to each other: every part by hand, intervals, existing clusters, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from clusterloom.errors import StageError
from clusterloom.measures.relatedness import relatedness_density
from clusterloom.measures.triple_helix import triple_helix_information
from clusterloom.schema import load_reasons
from clusterloom.stages._bridge_parts import Comparison
from clusterloom.stages._bridge_profiles import helix_mbit
from clusterloom.stages._bridge_world import World
from clusterloom.stages.bridges import Bridges

from .conftest import organisation_row
from .test_bridges import WORK, bridged, toy, words
from .test_composition import adjacency_row

NEAR = [
    adjacency_row("lasers", "optics", 0.6),
    adjacency_row("dairy", "lasers", 0.2),
    adjacency_row("dairy", "optics", 0.4),
]


def existing_row(cluster_id, **more):
    return {
        "cluster_id": cluster_id, "name_en": cluster_id, "country": "XB", "source_id": "toy",
        "source_row": "existing_clusters.csv:2", **more,
    }  # fmt: skip


def member_row(cluster_id, org_id, role=None):
    return {
        "cluster_id": cluster_id, "org_id": org_id, "role": role, "source_id": "toy",
        "source_row": "existing_cluster_members.csv:2",
    }  # fmt: skip


def profile_of(tables, cluster_id, **parameters):
    rows = Bridges(**parameters).run(tables).rows("cluster_profile")
    return {(r["aspect"], r["item"]): r for r in rows if r["cluster_id"] == cluster_id}


def test_added_density_is_that_of_the_union_minus_the_own():
    tables = toy().with_rows("field_adjacency", NEAR)
    links, _ = bridged(tables)
    # A has lasers; in reach are optics (0.6 of 1.0 is near) and dairy (0.2 of 0.6): d = 0.6, 1/3.
    # Weights 9/14 and 5/14. With B's optics dairy's density grows by 0.4 / 0.6; optics is left out
    # of its own.
    assert links["A", "B"]["added_density"] == pytest.approx(5 / 14 * 2 / 3, abs=1e-4)
    # A lacks 9/14 x 0.4 and 5/14 x 2/3.
    lacking = 9 / 14 * 0.4 + 5 / 14 * 2 / 3
    assert links["A", "B"]["density_closed"] == pytest.approx(5 / 14 * 2 / 3 / lacking, abs=1e-4)
    # The columns of the stage and the measure agree, in another order of the fields.
    phi = np.array([[1, 0.2, 0.4], [0.2, 1, 0.6], [0.4, 0.6, 1]])  # dairy, lasers, optics
    own = relatedness_density(np.array([[0, 1, 0]]), phi, keep_self=False)[0]
    union = relatedness_density(np.array([[0, 1, 1]]), phi, keep_self=False)[0]
    weight = np.array([own[0], 0, own[2]]) / (own[0] + own[2])
    assert weight @ (union - own) == pytest.approx(links["A", "B"]["added_density"], abs=1e-4)


def test_a_critical_mass_may_be_reached_only_together():
    work = [(o, "research", "lasers") for o in ("inst", "uni", "maker")]
    seats = [("A", "inst", "core"), ("A", "uni", "core"), ("B", "maker", "core")]
    links, _ = bridged(toy(work=work, seats=seats), critical_mass=3.0)
    assert (links["A", "B"]["n_joint_fields"], links["A", "B"]["joint_mass"]) == (1, 1.0)
    assert "critical mass only together: 1, first of all field:lasers" in words(links["A", "B"])
    # Two are enough: A has the mass by itself, so that nothing of A's is lifted.
    links, _ = bridged(toy(work=work, seats=seats), critical_mass=2.0)
    assert links["A", "B"]["n_joint_fields"] == 0


def test_shared_members_do_not_make_a_critical_mass():
    work = [(o, "research", "lasers") for o in ("inst", "uni")]
    seats = [(c, o, "core") for c in "AB" for o in ("inst", "uni")]
    links, _ = bridged(toy(work=work, seats=seats), critical_mass=3.0)
    assert links["A", "B"]["n_joint_fields"] == 0
    assert links["A", "B"]["n_shared_members"] == 2


def test_the_inverted_u_is_a_parameter():
    for peak, worth in ((1.0, 1 - 0.4**2), (0.6, 1.0), (0.0, 1 - 0.6**2)):
        links, _ = bridged(toy(), kinship_peak=peak)
        assert links["A", "B"]["understanding"] == pytest.approx(worth, abs=1e-4)
        assert links["A", "B"]["kinship"] == pytest.approx(0.6)


def test_a_language_of_both_is_found_and_can_be_stated():
    links, _ = bridged(toy())
    assert links["A", "B"]["languages_a"] is None  # nobody knows a country XA
    stated = {"XA": ("be", "ru"), "XB": ("kk", "ru")}
    links, (match,) = bridged(toy(), languages=stated, weights={"language": 1.0})
    assert links["A", "B"]["shared_languages"] == "ru"
    assert links["A", "B"]["score"] == 1.0
    assert (match["languages_a"], match["languages_b"]) == ("be|ru", "kk|ru")
    assert "A working language of both: language:ru." in words(links["A", "B"])
    links, (match,) = bridged(toy(), languages={"XA": ("be",), "XB": ("zh",)})
    assert links["A", "B"]["shared_languages"] is None
    assert "share no working language" in words(links["A", "B"])
    assert "You share no official language" in words({"reasons": match["reasons_b"]})


def crowd(n=12, *, seed=3):
    """Three clusters of research in lasers, optics and dairy, mixed differently."""
    random = np.random.default_rng(seed)
    work, seats = [], []
    for cluster, shares in (("A", (6, 3, 1)), ("B", (4, 4, 2)), ("C", (1, 2, 7))):
        for k in range(n):
            field = random.choice(["lasers", "optics", "dairy"], p=np.array(shares) / 10)
            kind = random.choice(["research", "production"])
            org = f"{cluster.lower()}{k}"
            work.append((org, str(kind), str(field)))
            seats.append((cluster, org, "core"))
    return toy(work=work, seats=seats).with_rows("field_adjacency", NEAR)


def test_intervals_hold_the_score_and_the_rank_and_need_members():
    links, _ = bridged(crowd())
    for row in links.values():
        assert row["score_lower"] <= row["score"] <= row["score_upper"]
        assert row["score_lower"] < row["score_upper"]
        assert row["rank_lower"] <= row["rank"] <= row["rank_upper"]
    # One member: there is nothing to draw from.
    assert bridged(toy())[0]["A", "B"]["score_lower"] is None
    assert bridged(crowd(), n_resamples=0)[0]["A", "B"]["rank_lower"] is None


def test_more_members_give_narrower_intervals():
    def width(tables):
        row = bridged(tables, n_resamples=200)[0]["A", "B"]
        return row["score_upper"] - row["score_lower"]

    assert width(crowd(60)) < width(crowd(8))


def test_the_seed_decides_the_intervals():
    one, same, other = (bridged(crowd(), seed=s)[0]["A", "B"] for s in (1, 1, 2))
    assert one == same
    assert one["score_lower"] != other["score_lower"]
    assert one["score"] == other["score"]


def test_offers_of_a_draw_are_those_of_the_members_drawn():
    tables = crowd()
    comparison = Comparison(World(tables, {}), Bridges()._pair_rules())
    draw = (np.arange(comparison.whole.size) % 3 == 0).astype(float)
    kept = {comparison.world.org_ids[o] for o in comparison.seats[1][draw > 0]}
    fewer = tables.with_rows(
        "membership", [m for m in tables.rows("membership") if m["org_id"] in kept]
    )
    alone = Comparison(World(fewer, {}), Bridges()._pair_rules())
    np.testing.assert_allclose(comparison.offers(draw), alone.own_offers)
    np.testing.assert_allclose(comparison.profiles(draw), alone.own_profiles)
    np.testing.assert_allclose(comparison.masses(draw), alone.own_masses)


def test_an_existing_cluster_is_compared_like_a_composed_one():
    work = [*WORK, ("twin", "production", "optics")]
    tables = toy(work=work).with_rows("existing_cluster", [existing_row("E")])
    tables = tables.with_rows("existing_cluster_member", [member_row("E", "twin")])
    tables = tables.with_rows(
        "organisation", [*tables.rows("organisation"), organisation_row("twin", country="XB")]
    )
    links, matches = bridged(tables, n_need_fields=1)
    for name in ("complementarity", "kinship", "added_density", "structure"):
        assert links["A", "E"][name] == links["A", "B"][name], name
    # Its needs are its leading field at four stages; it makes optics itself, and lasers are
    # researched by A with adjacency 0.6: 0.25 x 0.6 of the three stages that are open.
    assert links["E", "A"]["complementarity"] == pytest.approx(0.25 * 0.6 / 0.75)
    assert ("inst", "twin") in {(m["org_a"], m["org_b"]) for m in matches}
    assert '"existing_cluster:E"' in links["A", "E"]["based_on"]


def test_a_cluster_known_by_fields_only_is_compared_by_them_alone():
    row = existing_row("E", fields="optics", lat_deg=54.0, lon_deg=27.0)
    links, matches = bridged(toy().with_rows("existing_cluster", [row]))
    link = links["A", "E"]
    assert link["basis"] == "fields"
    assert link["kinship"] == pytest.approx(0.6)
    assert link["added_density"] is not None
    unknown = ("complementarity", "returned", "n_joint_fields", "n_ties", "n_shared_members")
    assert [link[name] for name in unknown] == [None] * 5
    # density 0.15 and understanding 0.25 of 1 are known; they alone make the score.
    assert link["known_share"] == pytest.approx(0.4)
    assert "only its stated fields and its place" in words(link)
    assert {m["cluster_b"] for m in matches} == {"B"}
    profile = profile_of(toy().with_rows("existing_cluster", [row]), "E")
    assert profile["field", "optics"]["value"] == 1.0
    for name in (("size", "members"), ("chain", "research"), ("openness", "outside_share")):
        assert profile[name]["value"] is None, name


def test_a_cluster_of_whose_members_no_work_is_known_falls_back_on_its_fields():
    tables = toy().with_rows("existing_cluster", [existing_row("E", fields="optics")])
    tables = tables.with_rows("existing_cluster_member", [member_row("E", "maker")])
    assert bridged(tables)[0]["A", "E"]["basis"] == "members"
    silent = tables.with_rows("existing_cluster_member", [member_row("E", "ghost")])
    silent = silent.with_rows(
        "organisation", [*tables.rows("organisation"), organisation_row("ghost")]
    )
    assert bridged(silent)[0]["A", "E"]["basis"] == "fields"


def test_identical_clusters_have_nobody_to_bring_together():
    tables = toy().with_rows("existing_cluster", [existing_row("E", country="XA")])
    tables = tables.with_rows("existing_cluster_member", [member_row("E", "inst")])
    links, matches = bridged(tables)
    link = links["A", "E"]
    assert (link["kinship"], link["added_density"], link["n_joint_fields"]) == (1.0, 0.0, 0)
    assert link["n_shared_members"] == 1
    assert "Both have the same members" in words(link)
    assert not [m for m in matches if (m["cluster_a"], m["cluster_b"]) == ("A", "E")]


def test_clusters_without_a_common_field_say_so():
    work = [("inst", "research", "lasers"), ("maker", "production", "dairy")]
    links, matches = bridged(toy(work=work))
    link = links["A", "B"]
    assert (link["kinship"], link["complementarity"], link["n_joint_fields"]) == (0.0, 0.0, 0)
    assert "They have no common or adjacent field." in words(link)
    assert matches == []


def test_a_member_abroad_is_counted_and_the_country_codes_are_to_be_checked():
    tables = toy().with_rows("existing_cluster", [existing_row("E", country="XC")])
    tables = tables.with_rows("existing_cluster_member", [member_row("E", "maker")])
    row = profile_of(tables, "E")["size", "members_abroad"]
    assert row["value"] == 1
    assert "Check the country codes" in load_reasons(row["reasons"])[0].template
    assert ("size", "members_abroad") not in profile_of(toy(), "A")


def test_one_name_for_two_clusters_is_refused():
    tables = toy().with_rows("existing_cluster", [existing_row("A")])
    with pytest.raises(StageError, match="`A` names a composed and an existing cluster"):
        Bridges().run(tables)


def test_the_profile_counts_shares_roles_stages_and_openness():
    tables = toy(links=[("inst", "maker"), ("inst", "friend")])
    profile = profile_of(tables, "A")
    assert profile["field", "lasers"]["value"] == 1.0
    assert profile["role", "core"]["value"] == 1
    # The leading field is lasers: researched here, made nowhere in the cluster.
    stages = [profile["chain", s]["value"] for s in ("research", "production")]
    assert stages == [1.0, 0.0]
    assert profile["openness", "outside_share"]["value"] == 1.0
    assert profile["synergy", "helix_balance"]["value"] == 0.0
    assert profile["synergy", "triple_helix_t_mbit"]["value"] is None
    assert profile["synergy", "cohesion"]["value"] is None


def test_the_triple_helix_of_many_draws_is_that_of_each():
    counts = np.random.default_rng(0).integers(0, 9, (50, 2, 2, 2))
    each = [1000 * triple_helix_information(c.astype(float)) for c in counts]
    np.testing.assert_allclose(helix_mbit(counts), each, atol=1e-6)
