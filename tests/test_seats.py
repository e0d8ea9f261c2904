"""The seat program: solved by hand, against brute force, and its edge cases."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.networks import seats
from clusterloom.networks.seats import SeatLimit, SeatProblem, choose_seats, seat_value
from clusterloom.networks.seats_conflicts import find_conflict
from clusterloom.networks.seats_losses import best_substitutes, marginal_values


def seat_problem(offers, **changes):
    offers = np.asarray(offers, dtype=float)
    n_candidates, n_needs = offers.shape
    parts = {
        "offers": offers,
        "need_points": np.ones(n_needs),
        "steps": np.array([1.0, 0.5, 0.25]),
        "seat_points": np.full(n_candidates, -0.1),
        "required": np.zeros(n_candidates, dtype=bool),
        "groups": np.zeros((0, n_candidates), dtype=bool),
        "group_min": np.zeros(0),
        "group_max": np.zeros(0),
        "group_penalty": 0.0,
        "min_seats": 0,
        "max_seats": n_candidates,
        "short_penalty": 0.0,
    }
    return SeatProblem(**{**parts, **changes})


def best_by_trying_all(problem):
    n_candidates = problem.offers.shape[0]
    choices = np.array(list(itertools.product([False, True], repeat=n_candidates)))
    allowed = (choices | ~problem.required).all(axis=1)
    allowed &= choices.sum(axis=1) <= problem.max_seats
    return seat_value(problem, choices[allowed]).max()


@st.composite
def problems(draw):
    n_candidates, n_needs = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offers = rng.choice([0.0, 0.3, 0.7, 1.0], size=(n_candidates, n_needs))
    required = rng.random(n_candidates) < 0.15
    group_min = rng.integers(0, 3, 2).astype(float)
    return seat_problem(
        offers,
        need_points=rng.uniform(0, 3, n_needs),
        seat_points=rng.uniform(-0.6, 0.1, n_candidates),
        required=required,
        groups=rng.random((2, n_candidates)) < 0.5,
        group_min=group_min,
        group_max=group_min + rng.integers(0, 3, 2),
        group_penalty=float(rng.uniform(0, 0.5)),
        min_seats=int(rng.integers(0, 5)),
        max_seats=max(int(required.sum()), int(rng.integers(1, n_candidates + 1))),
        short_penalty=float(rng.uniform(0, 0.3)),
    )


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_solver_finds_what_trying_every_choice_finds(problem):
    answer = choose_seats(problem)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best_by_trying_all(problem), abs=1e-6)
    assert answer.bound >= answer.objective
    assert answer.optimality_gap == 0.0
    assert (answer.chosen | ~problem.required).all()
    assert answer.chosen.sum() <= problem.max_seats


@settings(max_examples=15, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_change_the_value(problem, random):
    order = list(range(problem.offers.shape[0]))
    random.shuffle(order)
    shuffled = seat_problem(
        problem.offers[order],
        **{
            **{
                name: getattr(problem, name)
                for name in (
                    "need_points",
                    "group_min",
                    "group_max",
                    "group_penalty",
                    "min_seats",
                    "max_seats",
                    "short_penalty",
                )
            },
            "seat_points": problem.seat_points[order],
            "required": problem.required[order],
            "groups": problem.groups[:, order],
        },
    )
    assert choose_seats(shuffled).objective == pytest.approx(
        choose_seats(problem).objective, abs=1e-6
    )


def test_the_valley_is_solved_as_on_paper():
    # Two needs of 1 point each; the steps are 4/7, 2/7 and 1/7; a seat costs 0.1.
    # A and B offer need 1 wholly, C offers need 2 wholly, D offers half of need 2.
    # A 4/7 - 0.1, then B 2/7 - 0.1, C 4/7 - 0.1, then D 0.5 * 2/7 - 0.1 = 0.043: all four pay.
    # Value: 6/7 + (4 + 1)/7 - 0.4 = 11/7 - 0.4.
    problem = seat_problem([[1, 0], [1, 0], [0, 1], [0, 0.5]])
    answer = choose_seats(problem)
    assert answer.chosen.tolist() == [True] * 4
    assert answer.objective == pytest.approx(11 / 7 - 0.4)
    # Without A: B alone covers 4/7, so 2/7 are lost and 0.1 is saved. Without C: D's half is then
    # worth 0.5 * 4/7, so 5/7 - 2/7 = 3/7 are lost and 0.1 is saved.
    np.testing.assert_allclose(
        marginal_values(problem, answer.chosen),
        [2 / 7 - 0.1, 2 / 7 - 0.1, 3 / 7 - 0.1, 1 / 7 - 0.1],
    )


def test_a_substitute_must_offer_what_the_leaver_offers():
    # One seat: A (need 1 wholly). B offers 0.6 of need 1: 0.4 * 4/7 stays lost. C offers need 2.
    problem = seat_problem([[1, 0], [0.6, 0], [0, 0.9]], max_seats=1)
    chosen = np.array([True, False, False])
    substitutes = best_substitutes(problem, chosen)
    assert substitutes.index.tolist() == [1, -1, -1]
    assert substitutes.loss[0] == pytest.approx(0.4 * 4 / 7)
    assert np.isnan(substitutes.loss[1:]).all()


def test_soft_limits_cost_what_is_stated():
    # Nobody offers anything. Two missing seats of the group cost 2 x 0.3, three missing seats of
    # the cluster 3 x 0.2; filling one seat costs 0.1 and saves 0.3 + 0.2, so both members sit.
    problem = seat_problem(
        np.zeros((2, 1)),
        groups=np.ones((1, 2), dtype=bool),
        group_min=np.array([2.0]),
        group_max=np.array([2.0]),
        group_penalty=0.3,
        min_seats=3,
        short_penalty=0.2,
    )
    assert float(seat_value(problem, np.zeros(2, dtype=bool))) == pytest.approx(-1.2)
    answer = choose_seats(problem)
    assert answer.chosen.tolist() == [True, True]
    assert answer.objective == pytest.approx(-0.2 - 0.2)


def test_nobody_to_choose_from_gives_an_empty_answer():
    answer = choose_seats(seat_problem(np.zeros((0, 2))))
    assert answer.chosen.size == 0
    assert answer.objective == answer.bound == 0.0


def test_of_equal_candidates_the_first_in_order_gets_the_seat():
    answer = choose_seats(seat_problem(np.ones((5, 1)), max_seats=2))
    assert answer.chosen.tolist() == [True, True, False, False, False]


def test_the_same_problem_gives_the_same_seats_every_time():
    rng = np.random.default_rng(3)
    problem = seat_problem(rng.random((40, 12)), max_seats=10)
    first, second = choose_seats(problem), choose_seats(problem)
    assert first.chosen.tolist() == second.chosen.tolist()


def test_when_the_time_runs_out_the_best_answer_so_far_and_its_gap_are_given():
    rng = np.random.default_rng(5)
    problem = seat_problem(rng.random((60, 30)), max_seats=15)
    answer = choose_seats(problem, time_limit_s=1e-9)
    assert 0 < answer.chosen.sum() <= 15
    assert answer.bound >= answer.objective
    assert 0 <= answer.optimality_gap <= 1


def test_the_solver_prints_nothing():
    # In a process of its own: the solver writes past Python's standard output.
    code = """
import numpy as np
from clusterloom.networks.seats import SeatProblem, choose_seats
none = np.zeros(0)
choose_seats(SeatProblem(
    offers=np.ones((2, 1)), need_points=np.ones(1), steps=np.ones(1), seat_points=np.zeros(2),
    required=np.zeros(2, bool), groups=np.zeros((0, 2), bool), group_min=none, group_max=none,
    group_penalty=0.0, min_seats=0, max_seats=2, short_penalty=0.0))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b""


def test_more_required_seats_than_seats_leave_no_choice():
    # No fault of the caller's arrays: rules that exclude each other are an answer, with its words.
    problem = seat_problem(np.ones((2, 1)), required=np.ones(2, dtype=bool), max_seats=1)
    answer = choose_seats(problem)
    assert answer.status == "infeasible"
    assert not answer.is_found
    assert not answer.chosen.any()
    assert np.isnan([answer.objective, answer.bound, answer.optimality_gap]).all()
    kinds = [rule.kind for rule in find_conflict(problem)]
    assert kinds == ["required", "required", "max_seats"]


@pytest.mark.parametrize("seed", range(3))
def test_the_way_of_the_likeliest_finds_what_the_plain_way_finds(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    n = 400
    ends = rng.permutation(n)[:120].reshape(-1, 2)
    problem = seat_problem(
        rng.random((n, 8)) * (rng.random((n, 8)) < 0.2),
        seat_points=rng.normal(-0.05, 0.02, n),
        max_seats=10,
        pairs=ends,
        pair_points=np.full(60, 0.05),
        limits=(SeatLimit(name="budget", weights=rng.uniform(1, 3, n), upper=15.0),),
    )
    plain = choose_seats(problem)
    monkeypatch.setattr(seats, "_LARGE", 1)
    monkeypatch.setattr(seats, "_CORE_AT_LEAST", 20)
    in_part = choose_seats(problem)
    assert plain.status == "optimal"
    assert in_part.objective <= plain.objective + 1e-6
    assert in_part.bound >= plain.objective - 1e-6
    # Fifty likeliest of four hundred hold an answer within one per cent of the best.
    assert in_part.objective >= 0.99 * plain.objective
    assert in_part.optimality_gap >= (plain.objective - in_part.objective) / plain.objective - 1e-9


def test_arrays_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="need_points has shape"):
        seat_problem(np.ones((2, 1)), need_points=np.ones(3))
