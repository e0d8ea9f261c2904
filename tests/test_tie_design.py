"""Few new ties that connect a network: solved by hand, by brute force, and by properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.networks.reach import connected_parts, fall_out, pairs_within
from clusterloom.networks.tie_design import (
    TieProblem,
    exact_design,
    fewest_ties_bound,
    greedy_design,
    random_costs,
    share_path,
)


def problem(n, ties, options, share, costs=None):
    return TieProblem(
        n,
        np.array(ties, dtype=np.int64).reshape(-1, 2),
        np.array(options, dtype=np.int64).reshape(-1, 2),
        np.ones(len(options)) if costs is None else np.array(costs, dtype=float),
        share,
    )


def brute_force(one):
    """The least cost over all subsets of options, None if no subset reaches the level."""
    costs = [
        one.costs[list(chosen)].sum()
        for k in range(len(one.options) + 1)
        for chosen in combinations(range(len(one.options)), k)
        if one.pairs_with(list(chosen)) >= one.required_pairs - 1e-9
    ]
    return min(costs) if costs else None


@st.composite
def small_problems(draw):
    n = draw(st.integers(2, 7))
    pairs = list(combinations(range(n), 2))
    ties = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True))
    options = draw(st.lists(st.sampled_from(pairs), max_size=8, unique=True))
    costs = [draw(st.sampled_from([1.0, 1.0, 2.0, 0.5])) for _ in options]
    return problem(n, ties, options, draw(st.sampled_from([0.2, 0.5, 0.8, 1.0])), costs)


# Two triples 0-1-2 and 3-4-5, two nodes alone: 6 of 28 pairs reach each other.
TRIPLES = [(0, 1), (1, 2), (3, 4), (4, 5)]


def test_one_tie_between_the_triples_joins_nine_pairs():
    one = problem(8, TRIPLES, [(6, 7), (0, 6), (2, 3)], 0.5)
    design = greedy_design(one)
    # 6 + 3 x 3 = 15 of 28; half is 14.
    assert (design.chosen, design.pairs, design.status) == ((2,), 15.0, "reached")
    assert share_path(one, design.chosen) == pytest.approx([6 / 28, 15 / 28])
    assert fewest_ties_bound(one) == 1


def test_a_detour_over_a_node_alone_is_found_by_the_program_only_at_its_price():
    # The triples can be joined over node 6 alone (two ties of 1) or at once (3): two ties win.
    one = problem(7, TRIPLES, [(0, 3), (0, 6), (6, 3)], 1.0, [3.0, 1.0, 1.0])
    assert exact_design(one).cost == 2.0
    assert sorted(exact_design(one).chosen) == [1, 2]


def test_greedy_can_be_worse_than_the_program_and_the_bound_says_by_how_much_at_most():
    # Triples A (0-2) and B (3-5), a bridge 6, a pair C (7-8), 9 and 10 alone; 7 pairs, 22 wanted.
    ties = [(0, 1), (1, 2), (3, 4), (4, 5), (7, 8)]
    # A-C is the largest merger (+6); 9 and 10 then add 5 and 6: three ties. A-6-B takes two.
    one = problem(11, ties, [(0, 7), (8, 9), (9, 10), (0, 6), (6, 3)], 22 / 55)
    assert greedy_design(one).chosen == (0, 1, 2)
    assert sorted(exact_design(one).chosen) == [3, 4]
    # Two ties can join at most 3 + 3 + 2 nodes: 28 pairs; one tie at most 7 + 9 = 16.
    assert fewest_ties_bound(one) == 2


def test_the_solver_prints_nothing(capfd):
    exact_design(problem(7, TRIPLES, [(0, 3), (0, 6), (6, 3), (1, 5)], 1.0, [3.0, 1.0, 1.0, 2.0]))
    assert capfd.readouterr().out == ""


@settings(max_examples=60)
@given(small_problems())
def test_the_program_is_as_cheap_as_brute_force(one):
    best, exact = brute_force(one), exact_design(one, time_limit_s=60)
    if best is None:
        assert exact.status == "not_reachable"
        assert fewest_ties_bound(one) is None
    else:
        assert exact.cost == pytest.approx(best)
        assert exact.status in ("reached", "already")


@settings(max_examples=60)
@given(small_problems())
def test_greedy_reaches_what_can_be_reached_and_has_no_idle_tie(one):
    greedy, best = greedy_design(one), brute_force(one)
    if best is None:
        assert greedy.status == "not_reachable"
        assert greedy.pairs == one.possible_pairs  # furthest
        return
    assert greedy.status in ("reached", "already")
    assert greedy.cost >= best - 1e-9
    assert fewest_ties_bound(one) <= len(greedy.chosen)
    for option in greedy.chosen:
        rest = [o for o in greedy.chosen if o != option]
        assert one.pairs_with(rest) < one.required_pairs - 1e-9


@settings(max_examples=40)
@given(small_problems(), st.integers(0, 5))
def test_a_random_choice_is_never_cheaper_than_the_best(one, seed):
    best, costs = brute_force(one), random_costs(one, trials=5, seed=seed)
    if best is None:
        assert np.isnan(costs).all()
    else:
        assert (costs >= best - 1e-9).all()


def test_the_budget_is_kept():
    one = problem(4, [], [(0, 1), (1, 2), (2, 3)], 1.0)
    design = greedy_design(one, budget=2.0)
    assert (design.cost, design.status) == (2.0, "out_of_budget")
    assert design.pairs == 3.0


def test_what_is_reached_already_needs_no_tie():
    one = problem(2, [(0, 1)], [(0, 1)], 1.0)
    assert greedy_design(one).status == exact_design(one).status == "already"
    assert greedy_design(one).chosen == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ties": [(0, 9)]}, "outside 0..2"),
        ({"costs": [0.0]}, "above 0"),
        ({"costs": [1.0, 1.0]}, "as many costs"),
        ({"share": 1.5}, "lies in 0..1"),
    ],
)
def test_what_is_no_problem_is_refused(wrong, words):
    given_ = {"n": 3, "ties": [], "options": [(0, 1)], "share": 0.5, **wrong}
    with pytest.raises(ValueError, match=words):
        problem(**given_)


def test_parts_are_numbered_by_their_first_node():
    assert connected_parts(5, np.array([[4, 1], [2, 3]])).tolist() == [0, 1, 2, 2, 1]
    assert pairs_within(np.array([], dtype=np.int64)) == 0.0


def test_a_star_falls_apart_with_its_middle_and_hardly_with_a_ray():
    star = np.array([[0, 1], [0, 2], [0, 3]])
    middle = fall_out(4, star, nodes=np.array([True, False, False, False]))
    assert (middle.ties, middle.pairs, middle.others_cut) == (1.0, 1.0, 1.0)
    ray = fall_out(4, star, nodes=np.array([False, False, False, True]))
    # One of three ties; 3 of 6 pairs, all of the ray's own; the others lose nothing.
    assert (ray.ties, ray.pairs, ray.others_cut) == (pytest.approx(1 / 3), 0.5, 0.0)


def test_a_lost_tie_of_a_ring_cuts_nobody():
    ring = np.array([[0, 1], [1, 2], [2, 0]])
    lost = fall_out(3, ring, lost_ties=np.array([True, False, False]))
    assert (lost.ties, lost.pairs, lost.others_cut) == (pytest.approx(1 / 3), 0.0, 0.0)


def test_where_there_was_nothing_nothing_can_be_lost():
    none = np.zeros((0, 2), dtype=np.int64)
    lost = fall_out(2, none, nodes=np.array([True, False]))
    assert np.isnan([lost.ties, lost.pairs, lost.others_cut]).all()
