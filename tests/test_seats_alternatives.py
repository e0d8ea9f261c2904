"""Different answers to choose among: distinct, allowed, none dominated, extremes where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.networks.seats import choose_seats, covered_share, seat_allowed, seat_value
from clusterloom.networks.seats_alternatives import SeatAxes, alternatives, measured

from .test_seats import seat_problem
from .test_seats_exact import every_choice, random_problem

SIGN = np.array([1.0, 1.0, 1.0, -1.0])


def random_axes(rng, n):
    return SeatAxes(
        cohesion=rng.uniform(0, 1, n).round(2),
        openness=(rng.random(n) < 0.4).astype(float),
        cost=rng.uniform(1, 3, n).round(1),
    )


def test_the_four_measures_are_those_added_up_by_hand():
    # One need, steps 4/7, 2/7, 1/7. Seated: 0 and 2, who are a pair worth 0.5.
    problem = seat_problem(
        np.ones((3, 1)), pairs=np.array([[0, 2], [1, 2]]), pair_points=np.array([0.5, 0.25])
    )
    axes = SeatAxes(
        cohesion=np.array([0.1, 0.2, 0.3]),
        openness=np.array([0.0, 1.0, 1.0]),
        cost=np.array([10.0, 20.0, 30.0]),
    )
    values = measured(problem, axes, np.array([True, False, True]))
    np.testing.assert_allclose(values, [6 / 7, 0.1 + 0.3 + 0.5, 1.0, 40.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 8))
def test_alternatives_are_allowed_distinct_and_none_is_dominated(seed, n):
    rng = np.random.default_rng(seed)
    problem, axes = random_problem(rng, n), random_axes(rng, n)
    answer = choose_seats(problem)
    if not answer.is_found:
        return
    found = alternatives(problem, answer, axes, most=8, least_difference=2)
    assert 1 <= len(found) <= 8
    assert found[0].emphasis == "balance"
    assert found[0].answer.chosen.tolist() == answer.chosen.tolist()
    for i, one in enumerate(found):
        chosen = one.answer.chosen
        assert bool(seat_allowed(problem, chosen))
        np.testing.assert_allclose(one.values, measured(problem, axes, chosen))
        assert one.objective == pytest.approx(float(seat_value(problem, chosen)))
        assert one.objective <= answer.objective + 1e-6
        assert one.values[0] >= 0.6 * found[0].values[0] - 1e-6
        for other in found[:i]:
            assert (chosen != other.answer.chosen).sum() >= 2
            # Neither is at least as good in all four and better in one; the proposal stays.
            ahead = (one.values - other.values) * SIGN
            assert ahead.max() > 0 or other is found[0]
            assert ahead.min() < 0 or other is found[0]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_widest_coverage_and_openness_are_those_of_all_choices(seed):
    # The least difference keeps the extremes at one exchange from the answers before them, so
    # compare with all choices that keep it too.
    rng = np.random.default_rng(seed)
    n = 7
    problem = seat_problem(
        rng.choice([0.0, 0.4, 1.0], size=(n, 3)), max_seats=4, seat_points=np.full(n, -0.3)
    )
    axes, answer = random_axes(rng, n), choose_seats(problem)
    found = alternatives(problem, answer, axes, most=40, least_difference=1, coverage_kept=0.0)
    choices = every_choice(n)
    choices = choices[seat_allowed(problem, choices)]
    assert max(one.values[0] for one in found) == pytest.approx(
        covered_share(problem, choices).max(), abs=1e-4
    )
    most_open = max(axes.openness[choice].sum() for choice in choices)
    assert max(one.values[2] for one in found) == most_open


def test_a_pool_without_freedom_gives_the_answer_alone():
    problem = seat_problem(np.ones((2, 1)), required=np.ones(2, dtype=bool))
    axes = SeatAxes(cohesion=np.zeros(2), openness=np.zeros(2), cost=np.ones(2))
    found = alternatives(problem, choose_seats(problem), axes)
    assert [one.emphasis for one in found] == ["balance"]
