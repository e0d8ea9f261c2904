"""The stage `value_chains`: who covers a step, what is possible only together, where it breaks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.networks.covers import best_cover, minimal_covers
from clusterloom.stages.value_chains import ValueChains
from clusterloom.tables import Tables
from clusterloom.views.chains_view import chains_view
from clusterloom.views.flow_svg import chain_flow_svg
from clusterloom.views.language import Translator
from clusterloom.views.names import Names

from .conftest import activity_row, field_row, organisation_row, words
from .rows import cluster_row, filled, seat_row
from .test_composition import adjacency_row, link_row
from .test_core import assignment

STEPS = ("research", "development", "certification", "production")
# A researches and develops lasers and can certify; B makes optics, adjacent to lasers by 0.6.
WORK = [
    ("inst", "research", "lasers"), ("lab", "development", "lasers"),
    ("maker", "production", "optics"),
]  # fmt: skip
SEATS = [("A", "inst", ""), ("A", "lab", ""), ("A", "norm", "certification"), ("B", "maker", "")]
HOME = {"A": "XA", "B": "XB", "C": "XA"}


def toy(*, seats=SEATS, work=WORK, links=(), certified=0.5):
    clusters = sorted({c for c, _, _ in seats})
    orgs = sorted({o for _, o, _ in seats} | {o for pair in links for o in pair})
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy")])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
        .with_rows("organisation", [organisation_row(o) for o in orgs])
        .with_rows("cluster", [cluster_row(c, HOME[c]) for c in clusters])
        .with_rows("membership", [seat_row(c, o, "core") | {"covers": k} for c, o, k in seats])
        .with_rows("activity", [activity_row(f"{o}:{k}", o, k) for o, k, _ in work])
        .with_rows("activity_field", [assignment(f"{o}:{k}", o, f, kind=k) for o, k, f in work])
        .with_rows(
            "need",
            [
                filled("need", cluster_id=c, need="certification", stage="certification",
                       weight=0.1, covered=certified)
                for c in clusters
            ],
        )
        .with_rows("link", [link_row(a, b, "contract") for a, b in links])
    )  # fmt: skip


def chained(tables, **parameters):
    written = ValueChains(**{"steps": STEPS, **parameters}).run(tables)
    return written.rows("value_chain"), written


def test_what_neither_can_alone_the_two_can_together():
    (chain,), written = chained(toy())
    assert (chain["verdict"], chain["clusters"]) == ("only_together", "A|B")
    assert (chain["n_covered"], chain["n_best_alone"], chain["n_countries"]) == (4, 3, 2)
    # Weakest of 1, 1, 0.5 (certification as far as covered) and 0.6 (adjacency).
    assert chain["strength"] == 0.5
    assert "Only together do 2 clusters cover all 4 steps" in words(chain)
    assert "sanctions were not assessed" in words(chain)
    steps = {(r["step"], r["cluster_id"]): r for r in written.rows("chain_step")}
    assert set(steps) == {
        ("research", "A"), ("development", "A"), ("certification", "A"), ("production", "B"),
    }  # fmt: skip
    assert steps["production", "B"]["strength"] == 0.6
    assert steps["production", "B"]["based_on"] == '["activity:maker:production"]'
    assert "need:A~certification" in steps["certification", "A"]["based_on"]


def test_one_cluster_that_covers_all_needs_no_partner():
    work = [*WORK, ("lab", "production", "lasers")]
    (chain,), _ = chained(toy(work=work))
    assert (chain["verdict"], chain["clusters"]) == ("complete_alone", "A")
    assert "by itself" in words(chain)


def test_a_step_nobody_covers_breaks_the_chain_and_is_named():
    (chain,), written = chained(toy(certified=0.2))
    assert (chain["verdict"], chain["open_steps"], chain["n_covered"]) == (
        "broken",
        "certification",
        3,
    )
    assert "nobody covers kind:certification" in words(chain)
    # Nothing is handed over to or from a step that nobody does.
    assert {r["step_no"] for r in written.rows("chain_handover")} == {1}


def test_too_little_adjacency_covers_nothing():
    (chain,), _ = chained(toy(), min_adjacency=0.7)
    assert (chain["verdict"], chain["open_steps"]) == ("broken", "production")


@pytest.mark.parametrize(
    ("links", "state", "via"),
    [
        ([], "none", None),
        ([("norm", "maker")], "tie", None),
        ([("norm", "friend"), ("friend", "maker")], "path", "friend"),
    ],
)
def test_a_handover_says_who_knows_whom(links, state, via):
    (chain,), written = chained(toy(links=links))
    rows = {r["step_no"]: r for r in written.rows("chain_handover")}
    last = rows[3]
    assert (last["org_a"], last["org_b"]) == ("norm", "maker")
    assert (last["state"], last["via_org_id"]) == (state, via)
    assert chain["n_joined"] == (state == "tie")


def test_one_organisation_that_does_both_steps_is_its_own_handover():
    work = [*WORK, ("inst", "development", "lasers")]
    (chain,), written = chained(toy(work=work))
    first = next(r for r in written.rows("chain_handover") if r["step_no"] == 1)
    assert (first["state"], first["org_a"], first["org_b"]) == ("same", "inst", "inst")
    # One researcher, two developers, all in A: the whole flow.
    assert first["flow"] == 1.0
    assert chain["n_joined"] == 1


def test_the_better_of_two_partners_comes_first_and_both_are_shown():
    seats = [*SEATS, ("C", "smith", "")]
    work = [*WORK, ("smith", "production", "lasers")]
    chains, _ = chained(toy(seats=seats, work=work), min_offer=0.3)
    # C makes lasers (1.0), B only next to them (0.6); the weakest step is certification both times.
    assert [(c["clusters"], c["rank"]) for c in chains] == [("A|B", 1), ("A|C", 2)]
    better, _ = chained(toy(seats=seats, work=work, certified=0.9))
    ranked = {c["rank"]: c["clusters"] for c in better}
    assert ranked == {1: "A|C", 2: "A|B"}
    assert len(chained(toy(seats=seats, work=work), n_chains=1)[0]) == 1


def test_clusters_without_a_common_field_have_no_joint_chain():
    work = [("inst", "research", "lasers"), ("maker", "production", "dairy")]
    (chain,), _ = chained(toy(work=work))
    assert (chain["verdict"], chain["clusters"]) == ("broken", "A")


def test_identical_clusters_do_not_complete_each_other():
    seats = [(c, o, k) for c in "AB" for _, o, k in SEATS[:3]]
    (chain,), _ = chained(toy(seats=seats))
    assert (chain["verdict"], chain["n_clusters"], chain["open_steps"]) == (
        "broken",
        1,
        "production",
    )


def test_a_cluster_of_one_member_can_carry_a_step():
    (chain,), _ = chained(toy(seats=[("A", "inst", "")]))
    assert (chain["n_covered"], chain["n_clusters"]) == (1, 1)


def test_members_nobody_knows_carry_nothing():
    tables = toy(work=[]).with_rows("organisation", [])
    (chain,), _ = chained(tables)
    assert (chain["n_covered"], chain["open_steps"]) == (1, "research|development|production")


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ("research", "alchemy")},
        {"steps": ("research", "research")},
        {"steps": ()},
        {"min_offer": 1.5},
        {"min_adjacency": float("nan")},
        {"max_clusters": 0},
        {"max_clusters": 9},
        {"n_chains": 0},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match="value_chains"):
        ValueChains(**wrong)


MASKS = st.lists(st.integers(0, 31), max_size=7)


@given(MASKS, st.integers(0, 31))
def test_minimal_covers_are_all_the_covers_of_which_nobody_can_leave(masks, everything):
    def union(group):
        total = 0
        for i in group:
            total |= masks[i]
        return total & everything

    covers = {
        group
        for size in range(4)
        for group in combinations(range(len(masks)), size)
        if union(group) == everything
    }
    smallest = {g for g in covers if not any(set(h) < set(g) for h in covers)}
    assert set(minimal_covers(masks, everything, most=3)) == smallest


@given(MASKS, st.integers(0, 31))
def test_the_best_cover_covers_as_much_as_any(masks, everything):
    def size_of(group):
        total = 0
        for i in group:
            total |= masks[i]
        return (total & everything).bit_count()

    best = best_cover(masks, everything, most=2)
    rivals = [g for k in range(3) for g in combinations(range(len(masks)), k)]
    assert size_of(best) == max(size_of(g) for g in rivals)


def picture_of(tables):
    _, written = chained(tables)
    say = Translator("en")
    merged = tables.merged(written)
    return chains_view(merged, Names(merged, say), say)


def test_the_picture_is_well_formed_and_says_in_words_what_it_shows():
    (chain,) = picture_of(toy(certified=0.2))
    root = ElementTree.fromstring(chain["picture"])
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    named = {e.get("id") for e in (root.find(f"{space}title"), root.find(f"{space}desc"))}
    assert set(root.get("aria-labelledby").split()) == named
    assert root.find(f"{space}title").text == "From idea to market: lasers"
    assert "certification: nobody" in root.find(f"{space}desc").text
    texts = [e.text for e in root.iter(f"{space}text")]
    assert "nobody" in texts
    assert [s["name"] for s in chain["steps"]] == list(STEPS)
    assert not re.search(r"<script|href|url\(", chain["picture"])


def test_ribbons_fill_the_bars_they_join():
    chain = {
        "steps": [
            {"name": "one", "bars": [{"cluster": 0, "n": 2}]},
            {"name": "two", "bars": [{"cluster": 0, "n": 1}, {"cluster": 1, "n": 1}]},
        ],
        "flows": [
            {"step": 0, "a": 0, "b": 0, "flow": 1.0, "state": "tie"},
            {"step": 0, "a": 0, "b": 1, "flow": 1.0, "state": "none"},
        ],
    }
    svg = chain_flow_svg(chain, number=1, title="t", description="d", nobody="nobody")
    starts = [float(y) for y in re.findall(r'd="M[\d.]+,([\d.]+)', svg)]
    # Two providers of 26 pixels each: the second ribbon starts where the first ends.
    assert starts == [46.0, 72.0]
    assert svg.count("stroke-dasharray") == 1


def test_a_hostile_name_is_not_live_in_the_picture():
    chain = {"steps": [{"name": "<b>", "bars": []}], "flows": []}
    svg = chain_flow_svg(chain, number=1, title="<x>", description="&", nobody="<i>")
    assert "<b>" not in svg
    assert "<x>" not in svg
    ElementTree.fromstring(svg)
