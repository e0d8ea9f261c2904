"""Measure the seat program at the size of a country: 20,000 candidates, 200 seats, with its gap.

Prints one line for each size; run `python bench/composition.py`. The instances are invented and
seeded; offers are thin, costs differ, and every kind of rule is present.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from clusterloom.networks.seats import SeatLimit, SeatProblem, SeatVariety, choose_seats

SIZES = ((1_000, 50), (5_000, 100), (20_000, 200))
N_NEEDS, N_ROLES, N_REGIONS = 60, 8, 12
TIME_LIMIT_S = 25.0


def invented(n_candidates: int, n_seats: int, *, seed: int = 0) -> SeatProblem:
    """Invent a problem with needs, roles, regions, costs, ties among members and rules."""
    rng = np.random.default_rng(seed)
    offers = rng.random((n_candidates, N_NEEDS)) * (rng.random((n_candidates, N_NEEDS)) < 0.06)
    need_points = rng.dirichlet(np.ones(N_NEEDS)) * 20
    roles = rng.integers(0, N_ROLES, n_candidates)[None, :] == np.arange(N_ROLES)[:, None]
    regions = rng.integers(0, N_REGIONS, n_candidates)[None, :] == np.arange(N_REGIONS)[:, None]
    cost = rng.lognormal(10, 0.6, n_candidates)
    pairs = np.sort(rng.integers(0, n_candidates, (n_candidates, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    required = np.zeros(n_candidates, dtype=bool)
    required[rng.choice(n_candidates, 10, replace=False)] = True
    quota = n_seats / N_ROLES
    return SeatProblem(
        offers=offers,
        need_points=need_points,
        steps=np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12]),
        seat_points=rng.normal(-0.02, 0.02, n_candidates),
        required=required,
        groups=roles,
        group_min=np.full(N_ROLES, np.floor(0.6 * quota)),
        group_max=np.full(N_ROLES, np.ceil(1.6 * quota)),
        group_penalty=0.25,
        min_seats=n_seats,
        max_seats=n_seats,
        short_penalty=0.1,
        floors=np.full(N_NEEDS, 0.5),
        floor_points=need_points,
        pairs=pairs,
        pair_points=np.full(pairs.shape[0], 0.02),
        dependence_share=0.05,
        dependence_points=1.0,
        limits=(
            SeatLimit(name="budget", weights=cost, upper=float(n_seats * np.median(cost))),
            SeatLimit(name="home", weights=regions[0].astype(float), lower=n_seats / 5),
        ),
        varieties=(SeatVariety(name="regions", classes=regions, fewest=6),),
    )


def main() -> None:
    """Measure each size and print the lines of a table."""
    print("| candidates | seats | time | objective | bound | gap | status |")
    print("|---|---|---|---|---|---|---|")
    for n_candidates, n_seats in SIZES:
        problem = invented(n_candidates, n_seats)
        start = time.perf_counter()
        answer = choose_seats(problem, time_limit_s=TIME_LIMIT_S, relative_gap=1e-4)
        seconds = time.perf_counter() - start
        print(
            f"| {n_candidates:,} | {int(answer.chosen.sum())} | {seconds:.1f} s "
            f"| {answer.objective:.4f} | {answer.bound:.4f} | {100 * answer.optimality_gap:.3f} % "
            f"| {answer.status} |",
            flush=True,
        )
        if n_candidates == SIZES[-1][0] and seconds > 30:
            sys.exit(f"{n_candidates:,} candidates took {seconds:.1f} s; 30 s are allowed")


if __name__ == "__main__":
    main()
