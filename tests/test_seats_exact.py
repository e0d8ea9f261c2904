"""The whole seat program against trying every choice: all kinds of rules, up to 15 candidates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.networks.seats import (
    SeatLimit,
    SeatProblem,
    SeatVariety,
    choose_seats,
    seat_allowed,
    seat_value,
)
from clusterloom.networks.seats_losses import bounded_losses, exact_losses
from clusterloom.networks.seats_program import relaxed_columns
from clusterloom.networks.seats_search import search_seats


def every_choice(n_candidates):
    return np.array(list(itertools.product([False, True], repeat=n_candidates)))


def best_value(problem):
    """Try every choice; -inf where none is allowed."""
    choices = every_choice(problem.offers.shape[0])
    values = np.where(seat_allowed(problem, choices), seat_value(problem, choices), -np.inf)
    return float(values.max())


def random_problem(rng, n_candidates):
    """Mix soft and hard rules at random; some mixtures exclude every choice."""
    n, n_needs = n_candidates, int(rng.integers(1, 6))
    offers = rng.choice([0.0, 0.0, 0.3, 0.7, 1.0], size=(n, n_needs))
    group_min = rng.integers(0, 3, 2).astype(float)
    cost, abroad = rng.integers(1, 9, n) * 1e4, rng.random(n) < 0.4
    limits = [SeatLimit(name="budget", weights=cost, upper=float(cost.sum() * rng.uniform(0.2, 1)))]
    if rng.random() < 0.5:
        lower = float(rng.integers(0, 3))
        limits.append(
            SeatLimit(name="abroad", weights=abroad.astype(float), lower=lower, upper=lower + 2)
        )
    n_pairs = int(rng.integers(0, n)) if n > 1 else 0
    pairs = [sorted(rng.choice(n, 2, replace=False)) for _ in range(n_pairs)]
    classes = rng.integers(0, 4, n)[None, :] == np.arange(4)[:, None]
    return SeatProblem(
        offers=offers,
        need_points=rng.uniform(0, 3, n_needs),
        steps=np.array([1.0, 0.5, 0.25])[: rng.integers(1, 4)],
        seat_points=rng.uniform(-0.6, 0.1, n),
        required=rng.random(n) < 0.1,
        barred=rng.random(n) < 0.1,
        groups=rng.random((2, n)) < 0.5,
        group_min=group_min,
        group_max=group_min + rng.integers(0, 3, 2),
        group_penalty=float(rng.uniform(0, 0.5)),
        min_seats=int(rng.integers(0, 5)),
        max_seats=int(rng.integers(1, n + 1)),
        short_penalty=float(rng.uniform(0, 0.3)),
        floors=rng.choice([0.0, 0.4, 0.8], n_needs),
        floor_points=rng.uniform(0, 2, n_needs),
        least_coverage=float(rng.choice([0.0, 0.0, 0.3, 0.6])),
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        pair_points=rng.uniform(0, 0.3, n_pairs),
        dependence_share=float(rng.uniform(0, 0.6)),
        dependence_points=float(rng.choice([0.0, 2.0])),
        limits=tuple(limits),
        varieties=(SeatVariety(name="kinds", classes=classes, fewest=int(rng.integers(0, 4))),),
    )


@pytest.mark.parametrize("n_candidates", range(1, 16))
def test_the_answer_is_the_best_of_all_choices_for_every_number_of_candidates(n_candidates):
    n_infeasible = 0
    for seed in range(12 if n_candidates < 13 else 4):
        problem = random_problem(np.random.default_rng([seed, n_candidates]), n_candidates)
        answer, best = choose_seats(problem), best_value(problem)
        if not np.isfinite(best):
            n_infeasible += 1
            assert answer.status == "infeasible", seed
            assert not answer.is_found
            continue
        assert answer.status == "optimal", seed
        assert bool(seat_allowed(problem, answer.chosen)), seed
        assert answer.objective == pytest.approx(best, abs=1e-6), seed
        assert answer.optimality_gap == 0.0
        assert relaxed_columns(problem, time_limit_s=10).bound >= best - 1e-6
    if n_candidates > 4:  # enough room that most mixtures of rules can be kept
        assert n_infeasible <= seed


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_the_search_never_gives_more_than_the_best_and_ends_where_no_single_move_helps(seed, n):
    problem = random_problem(np.random.default_rng(seed), n)
    chosen = search_seats(problem)
    if not bool(seat_allowed(problem, chosen)):
        return
    value = float(seat_value(problem, chosen))
    assert value <= best_value(problem) + 1e-9
    for k in np.flatnonzero(~problem.required & ~problem.barred):
        moved = chosen.copy()
        moved[k] = ~moved[k]
        if bool(seat_allowed(problem, moved)):
            assert float(seat_value(problem, moved)) <= value + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8))
def test_losses_are_those_found_by_trying_every_choice_without_the_member(seed, n):
    problem = random_problem(np.random.default_rng(seed), n)
    answer = choose_seats(problem)
    if not answer.is_found:
        return
    exact, bounds = exact_losses(problem, answer), bounded_losses(problem, answer)
    choices = every_choice(n)
    for k in range(n):
        if not answer.chosen[k]:
            assert np.isnan(exact.at_least[k])
            continue
        fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
        required = problem.required & (np.arange(n) != k)
        freed = SeatProblem(**{**fields, "required": required})
        allowed = seat_allowed(freed, choices) & ~choices[:, k]
        if not allowed.any():
            assert exact.at_least[k] == np.inf
            assert bounds.at_most[k] == np.inf
            continue
        lost = answer.objective - seat_value(freed, choices[allowed]).max()
        # Freed from having to seat the member, a cluster may gain: that loses nothing.
        for proven in (exact.at_least[k], exact.at_most[k]):
            assert proven == pytest.approx(max(lost, 0.0), abs=1e-5)
        assert bounds.at_least[k] <= max(lost, 0.0) + 1e-5 <= bounds.at_most[k] + 2e-5
