"""Meetings: against brute force, and what every timetable must keep to."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.measures._edge_colouring import coloured
from clusterloom.measures.meetings import best_pairs, timetable


def whole(values):
    return np.array(values, dtype=np.int64)


@st.composite
def small_events(draw, most_nodes=6, most_pairs=8):
    nodes = draw(st.integers(2, most_nodes))
    every = list(combinations(range(nodes), 2))
    pairs = draw(st.lists(st.sampled_from(every), unique=True, max_size=most_pairs))
    worth = [draw(st.integers(1, 9)) / 8 for _ in pairs]
    capacity = [draw(st.integers(0, 3)) for _ in range(nodes)]
    return whole(pairs).reshape(-1, 2), np.array(worth), whole(capacity)


def keeps(pairs, rounds, capacity):
    """Whether nobody has too many pairs, and nobody two in one round."""
    met = [(tuple(p), r) for p, r in zip(pairs.tolist(), rounds, strict=True) if r]
    load = Counter(end for pair, _ in met for end in pair)
    busy = Counter((end, r) for pair, r in met for end in pair)
    within = all(load[v] <= capacity[v] for v in load)
    return within and all(n == 1 for n in busy.values())


def ranked(pairs, rounds, worth):
    met = [i for i, r in enumerate(rounds) if r]
    return len({e for i in met for e in pairs[i].tolist()}), sum(worth[i] for i in met)


def choices(pairs, capacity):
    for taken in product((0, 1), repeat=len(pairs)):
        load = Counter(e for p, t in zip(pairs.tolist(), taken, strict=True) if t for e in p)
        if all(load[v] <= capacity[v] for v in load):
            yield taken


@settings(max_examples=40)
@given(small_events(), st.integers(0, 4))
def test_the_best_pairs_are_those_of_brute_force(event, at_most):
    pairs, worth, capacity = event
    every = [c for c in choices(pairs, capacity) if sum(c) <= at_most]
    best = max(ranked(pairs, c, worth)[1] for c in every)
    found = best_pairs(pairs, worth, capacity, at_most=at_most)
    load = Counter(e for p, r in zip(pairs.tolist(), found.rounds, strict=True) if r for e in p)
    assert all(load[v] <= capacity[v] for v in load)
    assert np.count_nonzero(found.rounds) <= at_most
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.gap == 0


@settings(max_examples=40)
@given(small_events())
def test_as_many_as_possible_meet_somebody_before_worth_counts(event):
    pairs, worth, capacity = event
    best = max(ranked(pairs, c, worth) for c in choices(pairs, capacity))
    found = best_pairs(pairs, worth, capacity, everyone=True)
    assert ranked(pairs, found.rounds, worth) == pytest.approx(best)


@settings(max_examples=30)
@given(small_events(most_nodes=5, most_pairs=6), st.integers(1, 3), st.booleans())
def test_the_timetable_is_that_of_brute_force(event, rounds, everyone):
    pairs, worth, capacity = event
    every = [
        ranked(pairs, c, worth)
        for c in product(range(rounds + 1), repeat=len(pairs))
        if keeps(pairs, c, capacity)
    ]
    found = timetable(pairs, worth, capacity, rounds=rounds, everyone=everyone)
    assert keeps(pairs, found.rounds, capacity)
    assert found.rounds.max(initial=0) <= rounds
    got = ranked(pairs, found.rounds, worth)
    if everyone:
        assert got == pytest.approx(max(every))
    else:
        assert got[1] == pytest.approx(max(worth for _, worth in every))
    assert found.gap == 0


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(4, 25), st.integers(1, 4))
def test_whoever_can_meet_meets_and_nobody_is_booked_twice(seed, nodes, per):
    rng = np.random.default_rng(seed)
    every = np.array(list(combinations(range(nodes), 2)))
    pairs = every[rng.random(len(every)) < 0.5]
    worth = rng.uniform(0.2, 1.0, len(pairs))
    capacity = np.full(nodes, per)
    found = timetable(pairs, worth, capacity, rounds=per + 1)
    assert keeps(pairs, found.rounds, capacity)
    load = np.bincount(pairs[found.rounds > 0].ravel(), minlength=nodes)
    # A pair that does not meet though both have room would be a meeting given away.
    idle = pairs[found.rounds == 0]
    assert not ((load[idle] < per).all(axis=1)).any()
    # Whoever has no meeting at all has only partners without room to spare.
    alone = np.flatnonzero(load == 0)
    for node in alone:
        partners = {a + b - node for a, b in pairs.tolist() if node in (a, b)}
        assert all(load[p] == per for p in partners)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.floats(0.1, 1.0))
def test_one_colour_more_than_the_largest_node_has_edges_is_always_enough(seed, nodes, density):
    rng = np.random.default_rng(seed)
    every = np.array(list(combinations(range(nodes), 2)))
    pairs = every[rng.random(len(every)) < density]
    most = int(np.bincount(pairs.ravel(), minlength=1).max(initial=0))
    colours = coloured(pairs, nodes, most + 1)
    assert colours is not None
    assert keeps(pairs, colours, np.full(nodes, most))
    assert colours.min(initial=1) == 1
    assert colours.max(initial=0) <= most + 1


def test_complete_graphs_need_the_number_of_colours_known_from_theory():
    # K_n: n - 1 colours for even n, n for odd n (Vizing's classes 1 and 2).
    for nodes in (4, 5, 6, 7):
        pairs = whole(list(combinations(range(nodes), 2)))
        found = coloured(pairs, nodes, nodes)
        assert found is not None
        assert found.max() == nodes - 1 + nodes % 2
        assert coloured(pairs, nodes, nodes - 2) is None


def test_five_who_all_want_to_meet_get_eight_meetings_in_four_rounds():
    # By hand: two meetings a round, since the fifth waits; four rounds give 8 of the 10.
    pairs = whole(list(combinations(range(5), 2)))
    found = timetable(pairs, np.ones(10), np.full(5, 4), rounds=4)
    assert found.value == 8
    assert np.bincount(found.rounds).tolist() == [2, 2, 2, 2, 2]


def test_nothing_to_choose_from_is_an_empty_event():
    nothing = np.zeros((0, 2), dtype=np.int64)
    found = timetable(nothing, np.zeros(0), np.zeros(0, dtype=np.int64), rounds=3)
    assert (found.rounds.shape, found.value, found.gap) == ((0,), 0.0, 0.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pairs": [[0, 9]]}, "nodes 0 .. 2, but name 9"),
        ({"pairs": [[1, 1]]}, "two different nodes"),
        ({"worth": [0.0]}, "must be > 0"),
        ({"capacity": [1, -1, 1]}, "the smallest is -1"),
        ({"worth": [1.0, 1.0]}, "as many worths"),
    ],
)
def test_bad_input_is_refused(wrong, said):
    given = {"pairs": [[0, 1]], "worth": [1.0], "capacity": [1, 1, 1], **wrong}
    with pytest.raises(ValueError, match=said):
        best_pairs(whole(given["pairs"]), np.array(given["worth"]), whole(given["capacity"]))
    with pytest.raises(ValueError, match="rounds is 0"):
        timetable(whole([[0, 1]]), np.ones(1), whole([1, 1]), rounds=0)
