"""Matching: published examples, every matching tried, and properties of stable matchings."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.matching import assign, blocking_pairs, stable_matching

GOLD = Path(__file__).parents[2] / "shared" / "gold"
SCORES = arrays(float, (4, 3), elements=st.sampled_from([np.nan, 1.0, 2.0, 3.0, 4.0]))
ROOM = arrays(int, 3, elements=st.integers(0, 2))


def gold() -> list[dict[str, str]]:
    path = GOLD / "stable_matching.csv"
    if not path.exists():
        pytest.skip("the published numbers are not beside this checkout (../shared/gold)")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return list(csv.DictReader(lines))


def strict(score: np.ndarray) -> np.ndarray:
    """Ties told apart by the lower number, along both axes' own order."""
    return score - 1e-3 * np.arange(score.size).reshape(score.shape)


def all_matchings(wish, welcome, room):
    """Every matching that respects capacities and acceptability."""
    possible = ~np.isnan(wish) & ~np.isnan(welcome)
    choices = [[-1, *np.flatnonzero(row)] for row in possible]
    for matched in itertools.product(*choices):
        pair = np.array(matched)
        if (np.bincount(pair[pair >= 0], minlength=len(room)) <= room).all():
            yield pair


@pytest.mark.parametrize("case", ["pride", "readme"])
def test_the_matching_equals_the_published_one(case):
    rows = [row for row in gold() if row["case"] == case]
    suitors = {r["agent"]: r["preferences"].split() for r in rows if r["side"] == "suitor"}
    reviewers = {r["agent"]: r["preferences"].split() for r in rows if r["side"] == "reviewer"}
    wish = np.array([[-list_.index(r) for r in reviewers] for list_ in suitors.values()], float)
    welcome = np.array([[-reviewers[r].index(s) for r in reviewers] for s in suitors], float)
    found = stable_matching(wish, welcome)
    names = list(reviewers)
    published = {r["agent"]: r["published_match"] for r in rows if r["side"] == "suitor"}
    assert {s: names[j] for s, j in zip(suitors, found, strict=True)} == published


def test_the_assignment_equals_the_published_one():
    row = next(r for r in gold() if r["case"] == "lsa")
    cost = np.array([[float(c) for c in line.split()] for line in row["agent"][5:].split(";")])
    found = assign(cost)
    total = int(cost[np.arange(3), found].sum())
    assert f"cols {' '.join(map(str, found))} total {total}" == row["published_match"]


def test_a_teacher_with_two_places_worked_out_by_hand():
    # All three want 0, who has two places and prefers 2, then 0, then 1. Nobody else takes 1.
    wish = np.array([[2.0, 1.0], [2.0, np.nan], [2.0, 1.0]])
    welcome = np.array([[2.0, 1.0], [1.0, 1.0], [3.0, 1.0]])
    found = stable_matching(wish, welcome, capacity=np.array([2, 1]))
    assert found.tolist() == [0, -1, 0]


def test_equal_scores_are_told_apart_by_the_lower_number():
    assert stable_matching(np.zeros((3, 2)), np.zeros((3, 2))).tolist() == [0, 1, -1]


@given(SCORES, SCORES, ROOM)
def test_no_pair_blocks_the_matching_found(wish, welcome, room):
    found = stable_matching(wish, welcome, capacity=room)
    assert blocking_pairs(wish, welcome, found, capacity=room).shape == (0, 2)


@given(SCORES, SCORES, ROOM)
def test_proposers_get_the_best_of_all_stable_matchings_and_the_same_stay_alone(
    wish, welcome, room
):
    wish, welcome = strict(wish), strict(welcome)
    found = stable_matching(wish, welcome, capacity=room)
    stable = [
        pair
        for pair in all_matchings(wish, welcome, room)
        if not len(blocking_pairs(wish, welcome, pair, capacity=room))
    ]
    assert any((pair == found).all() for pair in stable)
    for pair in stable:
        assert ((pair < 0) == (found < 0)).all()
        served = np.flatnonzero(found >= 0)
        assert (wish[served, found[served]] >= wish[served, pair[served]]).all()


@given(SCORES, SCORES, ROOM, st.integers(0, 3), st.integers(0, 2))
def test_blocking_pairs_are_those_who_would_both_gain(wish, welcome, room, who, whom):
    for pair in itertools.islice(all_matchings(wish, welcome, room), 20):
        found = {tuple(p) for p in blocking_pairs(wish, welcome, pair, capacity=room).tolist()}
        others = np.flatnonzero(pair == whom)
        gains = pair[who] < 0 or wish[who, whom] > wish[who, pair[who]]
        is_open = len(others) < room[whom] or any(
            welcome[who, whom] > welcome[o, whom] for o in others
        )
        acceptable = not np.isnan(wish[who, whom]) and not np.isnan(welcome[who, whom])
        assert ((who, whom) in found) == bool(acceptable and gains and is_open)


@given(
    arrays(float, (4, 3), elements=st.one_of(st.just(np.nan), st.integers(-5, 5).map(float))), ROOM
)
def test_the_assignment_serves_most_at_least_cost_of_all(cost, room):
    def rank(pair):
        served = np.flatnonzero(pair >= 0)
        return -len(served), cost[served, pair[served]].sum()

    found = assign(cost, capacity=room)
    best = min(rank(pair) for pair in all_matchings(cost, cost, room))
    assert rank(found) == best
    assert (np.bincount(found[found >= 0], minlength=3) <= room).all()


def test_without_anybody_nothing_is_matched():
    assert stable_matching(np.zeros((0, 2)), np.zeros((0, 2))).tolist() == []
    assert stable_matching(np.zeros((2, 0)), np.zeros((2, 0))).tolist() == [-1, -1]
    assert assign(np.zeros((0, 2))).tolist() == []
    assert assign(np.zeros((2, 0))).tolist() == [-1, -1]


def test_bad_input_is_refused():
    square = np.zeros((2, 2))
    with pytest.raises(ValueError, match="both scores must be of shape"):
        stable_matching(square, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="mark the unacceptable NaN"):
        stable_matching(square - np.inf, square)
    with pytest.raises(ValueError, match="mark what is impossible by NaN"):
        assign(square + np.inf)
    with pytest.raises(ValueError, match="capacity must be >= 0"):
        assign(square, capacity=np.array([1, -1]))
    with pytest.raises(ValueError, match="2 whole numbers"):
        stable_matching(square, square, capacity=np.array([1.5, 1.0]))
    with pytest.raises(ValueError, match="receiver 0 has 2 partners"):
        blocking_pairs(square, square, np.array([0, 0]))
    with pytest.raises(ValueError, match="not acceptable"):
        blocking_pairs(square * np.nan, square, np.array([0, 1]))
    with pytest.raises(ValueError, match=r"0 \.\. 1 or -1"):
        blocking_pairs(square, square, np.array([0, 2]))
