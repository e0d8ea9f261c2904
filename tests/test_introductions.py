"""The stage `introductions`: scores worked out by hand, capacity, and what must not be proposed."""

from __future__ import annotations

from itertools import pairwise
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.introductions import Introductions
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row, words
from .test_composition import adjacency_row, link_row
from .test_core import assignment

MEMBERS = [
    ("bridge", "network", ""),
    ("inst", "core", "research@lasers"),
    ("maker", "producer", "production@lasers"),
    ("uni", "kindred_university", "research@lasers"),
]
WORK = [
    ("inst", "research", "lasers", 1.0),
    ("maker", "production", "lasers", 0.5),
    ("uni", "research", "optics", 1.0),
]
LINKS = [("inst", "uni"), ("bridge", "inst"), ("bridge", "maker")]


def seat(org_id, role, covers):
    return {
        "cluster_id": "cluster-town",
        "org_id": org_id,
        "role": role,
        "covers": covers,
        "n_ties": 0,
        "marginal_value": 0.1,
        "reasons": "[]",
        "based_on": "[]",
    }


def result(**more):
    return {"cluster_id": "cluster-town", "reasons": "[]", "based_on": "[]", **more}


def toy(*, members=MEMBERS, work=WORK, links=LINKS, nowhere=()):
    position = {"lat_deg": 54.0, "lon_deg": 27.0, "extent_km": 2.0, "coord_precision": "city"}
    organisations = [
        organisation_row(org_id, **({} if org_id in nowhere else position))
        for org_id, _, _ in members
    ]
    cluster = result(
        candidate_id="town",
        country="XA",
        main_fields="lasers",
        n_members=len(members),
        coverage=0.5,
        objective=1.0,
        bound=1.0,
        solver_status="optimal",
    )
    need = result(
        need="production@lasers", stage="production", weight=0.2, covered=0.3, n_providers=1
    )
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics")])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
        .with_rows("organisation", organisations)
        .with_rows("activity", [activity_row(f"{o}:{k}", o, k) for o, k, _, _ in work])
        .with_rows(
            "activity_field",
            [assignment(f"{o}:{k}", o, f, kind=k, confidence=sure) for o, k, f, sure in work],
        )
        .with_rows("link", [link_row(a, b, "contract") for a, b in links])
        .with_rows("cluster", [cluster])
        .with_rows("membership", [seat(*member) for member in members])
        .with_rows("need", [need])
        .with_rows("gap", [result(need="production@lasers", uncovered=0.7)])
    )


def introduced(tables, **parameters):
    rows = Introductions(**parameters).run(tables).rows("introduction")
    return {(row["org_a"], row["org_b"]): row for row in rows}


def test_the_scores_are_those_worked_out_by_hand():
    found = introduced(toy())
    # Two discs of 2 km at one centre: sqrt((2² + 2²) / 2) = 2 km; nearness exp(-2 / 50).
    near = 0.1 * exp(-2 / 50)
    # inst-maker: research 1 x production 0.5 in one field = 0.5 -> 0.5/1.5; profiles are the same;
    # one shared partner -> 1/3; core+producer counts 1.
    pair = found["inst", "maker"]
    assert pair["complementarity"] == pytest.approx(1 / 3)
    assert pair["adjacency"] == pytest.approx(1.0)
    assert (pair["shared_partners"], pair["rank"]) == (1, 1)
    assert pair["distance_km"] == pytest.approx(2.0)
    assert pair["score"] == pytest.approx(0.35 / 3 + 0.25 + 0.15 / 3 + near + 0.15)
    # maker-uni: production 0.5 x adjacency 0.6 x research 1 = 0.3 -> 0.3/1.3; profiles 0.6.
    pair = found["maker", "uni"]
    assert pair["role_pair"] == "kindred_university+producer"
    assert pair["score"] == pytest.approx(0.35 * 0.3 / 1.3 + 0.25 * 0.6 + near + 0.15 * 0.7)
    # bridge-uni: the pair of roles is worth nothing unless the recipe says so. With 0.3 it scores
    # 0.05 + near + 0.045 < 0.2, since nothing is known of the bridge's work.
    assert set(found) == {("inst", "maker"), ("maker", "uni")}
    assert set(introduced(toy(), other_role_pair=0.3)) == set(found)


def test_existing_ties_are_not_introduced_again():
    assert not set(introduced(toy(), min_score=0.0, other_role_pair=0.3)) & {
        ("inst", "uni"),
        ("bridge", "inst"),
    }


def test_reasons_say_what_each_brings_through_whom_and_what_it_helps():
    found = introduced(toy())
    text = words(found["inst", "maker"])
    assert "In field:lasers, org:maker brings kind:production and org:inst brings" in text
    assert "org:bridge has ties with both org:inst and org:maker" in text
    assert "need for kind:production in field:lasers is covered only in part; org:maker" in text
    assert found["inst", "maker"]["based_on"] == (
        '["link:bridge|inst|contract", "link:bridge|maker|contract", '
        '"membership:cluster-town~inst", "membership:cluster-town~maker"]'
    )
    assert "kind:research in the adjacent field field:optics" in words(found["maker", "uni"])
    assert "management would have to introduce them" in words(found["maker", "uni"])


def test_a_pair_known_only_by_city_is_told_the_most_it_can_be_apart():
    text = words(introduced(toy())["inst", "maker"])
    # Two discs of 2 km at one centre.
    assert "known only by its city: they are up to about 4 km apart" in text


def test_nobody_gets_more_introductions_than_allowed():
    found = introduced(toy(), per_organisation=1, min_score=0.0, other_role_pair=0.3)
    # inst-maker comes first and takes both; what remains is bridge-uni.
    assert set(found) == {("inst", "maker"), ("bridge", "uni")}
    assert [found[key]["rank"] for key in (("inst", "maker"), ("bridge", "uni"))] == [1, 2]
    assert len(introduced(toy(), max_introductions=1)) == 1


def test_an_unknown_distance_is_left_out_and_not_held_against_the_pair():
    pair = introduced(toy(nowhere=("maker",)))["inst", "maker"]
    assert pair["distance_km"] is None
    assert pair["score"] == pytest.approx((0.35 / 3 + 0.25 + 0.15 / 3 + 0.15) / 0.9)
    assert "not known and was not counted" in words(pair)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(4)), st.permutations(range(3)))
def test_the_order_of_the_rows_does_not_matter(members, links):
    mixed = toy(members=[MEMBERS[i] for i in members], links=[LINKS[i] for i in links])
    stage = Introductions(min_score=0.0)
    assert stage.run(mixed)["introduction"].equals(stage.run(toy())["introduction"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 6))
def test_scores_fall_with_rank_and_stay_in_range_whatever_the_ties(seed, most, total):
    import numpy as np

    rng = np.random.default_rng(seed)
    names = [f"m{i}" for i in range(7)]
    members = [(name, rng.choice(["core", "producer", "state"]), "") for name in names]
    kinds = ["research", "production", "service"]
    work = [(n, str(rng.choice(kinds)), "lasers", float(rng.random())) for n in names]
    links = [(a, b) for a in names for b in names if a < b and rng.random() < 0.3]
    rows = introduced(
        toy(members=members, work=work, links=links),
        per_organisation=most,
        max_introductions=total,
    )
    ranked = sorted(rows.values(), key=lambda row: row["rank"])
    assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    scores = [row["score"] for row in ranked]
    assert all(a >= b - 1e-9 for a, b in pairwise(scores))
    assert len(ranked) <= total
    for name in names:
        assert sum(name in pair for pair in rows) <= most


def test_empty_tables_give_an_empty_table():
    written = Introductions().run(Tables())
    assert written.names == ("introduction",)
    assert written["introduction"].num_rows == 0


def test_a_cluster_without_members_or_fields_gives_no_introduction():
    assert introduced(toy(members=[], work=[], links=[])) == {}
    bare = toy(work=[]).with_rows("field", []).with_rows("field_adjacency", [])
    assert introduced(bare, min_score=0.5) == {}


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"weights": {"adjacency": 1.0}}, "weights names adjacency"),
        ({"role_pairs": {"producer+core": 1.0}}, "role_pairs has the pair `producer.core`"),
        ({"stage_pairs": {"production+research": 2.0}}, "is worth 2"),
        ({"min_score": 2.0}, "min_score is 2"),
        ({"per_organisation": 0}, "per_organisation is 0"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Introductions(**parameters)


def test_weights_that_do_not_sum_to_one_are_refused():
    weights = {**Introductions().weights, "adjacency": 0.5}
    with pytest.raises(RecipeError, match=r"weights sum to 1\.25"):
        Introductions(weights=weights)
