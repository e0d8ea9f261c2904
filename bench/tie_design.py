"""Compare the exact, the greedy and random choices of new ties on small invented networks.

Usage: python bench/tie_design.py [--networks 200]

Each network has 30 organisations with a few ties, 25 proposed pairs and a level drawn at random.
Prints how often greedy and the bound equal the exact number, and the mean number of ties too many.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.networks.tie_design import (
    TieProblem,
    exact_design,
    fewest_ties_bound,
    greedy_design,
    random_costs,
)

N_NODES, N_TIES, N_OPTIONS = 30, 22, 25


def main() -> None:
    """Invent networks, solve each three ways, and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--networks", type=int, default=200)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = []
    while len(rows) < chosen.networks:
        ties = rng.integers(0, N_NODES, (N_TIES, 2))
        options = rng.integers(0, N_NODES, (N_OPTIONS, 2))
        level = float(rng.uniform(0.3, 0.9))
        one = TieProblem(N_NODES, ties, options, np.ones(N_OPTIONS), level)
        exact = exact_design(one, time_limit_s=20)
        if exact.status != "reached":
            continue
        greedy = len(greedy_design(one).chosen)
        drawn = float(np.nanmean(random_costs(one, trials=100, seed=len(rows))))
        rows.append((len(exact.chosen), greedy, drawn, fewest_ties_bound(one)))
    exact, greedy, drawn, bound = np.array(rows, dtype=float).T
    print(f"{len(rows)} networks, {exact.mean():.2f} new ties on average (exact)")
    same, more = 100 * (greedy == exact).mean(), greedy - exact
    print(f"greedy: exact in {same:.0f} %, {more.mean():.2f} ties too many on average, "
          f"{more.max():.0f} at most")  # fmt: skip
    print(f"random: {(drawn - exact).mean():.2f} ties too many on average")
    print(f"bound: exact in {100 * (bound == exact).mean():.0f} %, "
          f"{(exact - bound).mean():.2f} ties too low on average")  # fmt: skip


if __name__ == "__main__":
    main()
