"""The stage `synergy`: helices over events and fields by hand; thin data are not estimated."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.measures.triple_helix import core_bounds, entropy_bits, shapley_values
from clusterloom.stages.synergy import Synergy
from clusterloom.tables import Tables

from .conftest import activity_row, cluster_row, field_row, organisation_row, seat_row, words
from .test_composition import link_row
from .test_core import assignment

ROLE = {"uni": "university", "firm": "company", "state": "government_body"}
# Each helix is there exactly when one of the two others is: the exclusive-or.
XOR = [("firm", "state"), ("uni", "state"), ("uni", "firm"), ("stranger",)]
SPECIAL = ("uni", "firm", "state")


def members(n=3):
    return [*SPECIAL, *(f"x{i}" for i in range(n - 3))]


def toy(*, events=(), by_link=False, links=(), fields=(), orgs=SPECIAL, step=1):
    """Organisations `orgs` are members; events and fields name who takes part in each."""
    known = sorted({*orgs, "stranger", *SPECIAL})
    activities, joint = [], list(links)
    for k, who in enumerate(events):
        if by_link:
            pairs = [(who[0], other) for other in who[1:]] or [(who[0], "stranger")]
            joint += [
                {**link_row(a, b, "joint_research"), "link_id": f"{a}|{b}|{k}", "event_id": f"e{k}"}
                for a, b in pairs
            ]
        else:
            activities += [activity_row(f"{o}:{k}", o, event_id=f"e{k}") for o in who]
    assigned = [assignment(f"{o}:f{k}", o, f"f{k}") for k, who in enumerate(fields) for o in who]
    return (
        Tables()
        .with_rows("organisation", [organisation_row(o, ROLE.get(o, "company")) for o in known])
        .with_rows("field", [field_row(f"f{k}", "f") for k in range(len(fields))])
        .with_rows("cluster", [cluster_row("A")])
        .with_rows("membership", [seat_row("A", o, "core") for o in orgs][::step])
        .with_rows("activity", activities[::step])
        .with_rows("link", joint[::step])
        .with_rows("activity_field", assigned[::step])
    )


def scored(tables, **parameters):
    return {r["measure"]: r for r in Synergy(**parameters).run(tables).rows("score")}


def test_three_pairs_in_turn_are_synergy():
    # Only the three pairs occur, a third each (events of strangers are no observations):
    # T = 3 H(1/3) - 3 log2 3 + log2 3 = 3 x 0.9183 - 2 x 1.585 = -0.415 bits.
    t = scored(toy(events=XOR * 10))["triple_helix_t_mbit"]
    expected = 3 * (log2(3) - 2 / 3) - 2 * log2(3)
    assert t["value"] == pytest.approx(1000 * expected, abs=1e-3)
    assert t["n_observations"] == 30
    assert t["lower"] <= t["value"] <= t["upper"] < 0
    assert "read as synergy" in words(t)
    assert "joint events" in words(t)


def test_events_known_only_from_links_count_too():
    by_activity = scored(toy(events=XOR[:3] * 10))["triple_helix_t_mbit"]
    by_link = scored(toy(events=XOR[:3] * 10, by_link=True))["triple_helix_t_mbit"]
    assert by_link["value"] == by_activity["value"]
    assert by_link["n_observations"] == 30


def test_helices_that_always_come_together_repeat_each_other():
    # All three or one firm of no other helix: u and g are copies, and i tells nothing.
    events = [SPECIAL] * 10 + [("firm",)] * 10
    t = scored(toy(events=events))["triple_helix_t_mbit"]
    assert t["value"] == pytest.approx(0.0, abs=1e-6)
    assert "no synergy can be told from chance" in words(t)


def test_with_few_events_the_fields_are_the_observations():
    t = scored(toy(events=XOR[:3], fields=XOR[:3] * 4))["triple_helix_t_mbit"]
    assert t["n_observations"] == 12
    assert "fields in which members work" in words(t)


@pytest.mark.parametrize(("n", "estimated"), [(9, False), (10, True)])
def test_below_ten_observations_nothing_is_estimated(n, estimated):
    t = scored(toy(fields=[SPECIAL] * n))["triple_helix_t_mbit"]
    assert (t["value"] is not None) == estimated
    assert (t["lower"] is not None) == estimated
    assert ("Not estimated" in words(t)) != estimated


def test_cohesion_counts_pairs_with_a_working_tie_and_balance_is_one_for_even_helices():
    links = [
        link_row("uni", "firm", "contract"),
        link_row("firm", "uni", "supply"),  # the same pair
        link_row("state", "uni", "parent"),  # no working tie
        link_row("uni", "stranger", "contract"),  # outside
    ]
    rows = scored(toy(links=links))
    assert rows["cohesion"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert rows["cohesion"]["n_observations"] == 3
    assert rows["helix_balance"]["value"] == pytest.approx(1.0)
    assert rows["coverage"]["value"] == 0.5


def test_the_balance_falls_when_one_helix_outweighs():
    # 1 u, 5 i, 1 g of 7
    rows = scored(toy(orgs=members(7)))
    expected = -(2 / 7 * log2(1 / 7) + 5 / 7 * log2(5 / 7)) / log2(3)
    assert rows["helix_balance"]["value"] == pytest.approx(expected, abs=1e-6)


def test_a_cluster_without_members_has_no_balance_rather_than_a_bad_one():
    rows = scored(toy(orgs=()))
    assert rows["helix_balance"]["value"] is None
    assert rows["cohesion"]["value"] is None


@pytest.mark.parametrize("wrong", [{"min_observations": 0}, {"n_bootstrap": 5}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match="synergy"):
        Synergy(**wrong)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from([*XOR, SPECIAL]), min_size=20, max_size=30), st.integers(0, 5))
def test_the_order_of_rows_does_not_matter_and_the_seed_moves_only_the_interval(events, seed):
    plain = scored(toy(events=events), n_bootstrap=20, seed=seed)
    assert scored(toy(events=events, step=-1), n_bootstrap=20, seed=seed) == plain
    other = scored(toy(events=events), n_bootstrap=20, seed=seed + 1)
    name = "triple_helix_t_mbit"
    assert other[name]["value"] == plain[name]["value"]


SHARES = st.lists(st.floats(0.01, 100), min_size=7, max_size=7).map(
    lambda cells: dict(
        zip(
            ("U", "I", "G", "UI", "UG", "IG", "UIG"),
            (100 * c / sum(cells) for c in cells),
            strict=True,
        )
    )
)


@given(SHARES)
def test_shapley_values_share_out_the_whole_within_the_core(exclusive):
    values, bounds = shapley_values(exclusive), core_bounds(exclusive)
    assert sum(values.values()) == pytest.approx(100)
    for player, (low, high) in bounds.items():
        assert low - 1e-9 <= values[player] <= high + 1e-9


def test_entropy_of_nothing_is_nothing():
    import numpy as np

    assert entropy_bits(np.zeros((2, 2, 2))) == 0.0
