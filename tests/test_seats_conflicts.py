"""Rules that exclude each other: the set named is a conflict, and none of its rules is too many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.networks import seats_conflicts
from clusterloom.networks.seats import SeatLimit, SeatVariety, choose_seats, covered_share
from clusterloom.networks.seats_conflicts import find_conflict, hard_rules

from .test_seats import seat_problem
from .test_seats_exact import every_choice, random_problem


def keeps(rule, problem, choices):
    """Say of every choice whether it keeps one rule, by the rule's own words."""
    seats = choices.astype(float)
    if rule.kind in ("required", "barred"):
        return choices[:, rule.candidate] == (rule.kind == "required")
    if rule.kind == "max_seats":
        return seats.sum(axis=1) <= rule.value
    if rule.kind == "least_coverage":
        return covered_share(problem, choices) >= rule.value - 1e-7
    if rule.kind == "variety":
        (one,) = [one for one in problem.varieties if one.name == rule.name]
        return (seats @ one.classes.T > 0).sum(axis=1) >= rule.value
    (one,) = [one for one in problem.limits if one.name == rule.name]
    total, slack = seats @ one.weights, 1e-7 * max(1.0, np.abs(one.weights).max())
    return total >= rule.value - slack if rule.kind == "at_least" else total <= rule.value + slack


def possible(problem, rules):
    """Say by trying every choice whether one keeps all these rules and seats nobody barred."""
    choices = every_choice(problem.offers.shape[0])
    out_of_reach = problem.barred & ~problem.required
    allowed = ~(choices & out_of_reach).any(axis=1)
    for rule in rules:
        allowed = allowed & keeps(rule, problem, choices)
    return bool(allowed.any())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_the_conflict_excludes_every_choice_and_no_part_of_it_does(seed, n):
    problem = random_problem(np.random.default_rng(seed), n)
    conflict = find_conflict(problem)
    if possible(problem, hard_rules(problem)):
        assert conflict == ()
        return
    assert conflict
    assert not possible(problem, conflict)
    for rule in conflict:
        assert possible(problem, [one for one in conflict if one is not rule]), rule


def rules_of(problem):
    assert choose_seats(problem).status == "infeasible"
    return [(r.kind, r.name or r.candidate, r.value) for r in find_conflict(problem)]


def test_a_member_that_must_and_must_not_be_in_is_a_conflict_of_two_rules():
    both = np.array([True, False, False])
    problem = seat_problem(np.ones((3, 1)), required=both, barred=both)
    assert rules_of(problem) == [("barred", 0, 1.0), ("required", 0, 1.0)]


def test_innocent_rules_are_not_named():
    # Four must have seats and three exist. The budget of 9 for four members of 2 is kept.
    problem = seat_problem(
        np.ones((5, 1)),
        required=np.array([True, True, True, True, False]),
        max_seats=3,
        limits=(SeatLimit(name="budget", weights=np.full(5, 2.0), upper=9.0),),
    )
    named = rules_of(problem)
    assert ("max_seats", -1, 3.0) in named
    assert [rule[0] for rule in named].count("required") == 4
    assert len(named) == 5


def test_too_few_kinds_of_members_are_a_conflict_of_one_rule():
    kinds = np.array([[True, True, True], [False, False, False]])
    problem = seat_problem(
        np.ones((3, 1)), varieties=(SeatVariety(name="kinds", classes=kinds, fewest=2),)
    )
    assert rules_of(problem) == [("variety", "kinds", 2.0)]


def test_coverage_that_a_budget_does_not_reach_names_both():
    # Steps 4/7, 2/7, 1/7: 80 % need two full providers; the budget pays one.
    problem = seat_problem(
        np.ones((3, 1)),
        least_coverage=0.8,
        limits=(SeatLimit(name="budget", weights=np.full(3, 10.0), upper=15.0),),
    )
    assert rules_of(problem) == [("least_coverage", -1, 0.8), ("at_most", "budget", 15.0)]


def test_nobody_to_choose_from_conflicts_with_a_limit_from_below():
    problem = seat_problem(
        np.zeros((0, 1)), limits=(SeatLimit(name="members", weights=np.zeros(0), lower=15.0),)
    )
    assert [rule.name for rule in find_conflict(problem)] == ["members"]
    assert not choose_seats(problem).is_found


def test_a_trial_that_time_does_not_decide_keeps_its_rule_and_says_that_it_is_not_proven(
    monkeypatch,
):
    problem = seat_problem(np.ones((2, 1)), required=np.ones(2, dtype=bool), max_seats=1)
    decided = seats_conflicts._excludes

    def slow(problem, rules, time_limit_s):
        return decided(problem, rules, time_limit_s) if len(rules) == 3 else None

    monkeypatch.setattr(seats_conflicts, "_excludes", slow)
    assert [rule.is_proven for rule in find_conflict(problem)] == [False, False, False]
    monkeypatch.undo()
    assert [rule.is_proven for rule in find_conflict(problem)] == [True, True, True]


@pytest.mark.parametrize("n", [0, 3])
def test_without_hard_rules_there_is_no_conflict(n):
    assert find_conflict(seat_problem(np.ones((n, 1)))) == ()
