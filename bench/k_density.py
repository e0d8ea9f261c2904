"""Time K-density with bands of random locations: 5,000 plants of a field on 50,000 sites.

Prints one table; run `python bench/k_density.py [simulations]`. Sites are invented and seeded.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from clusterloom.spatial.k_density import k_density_test

N_SITES, N_MEMBERS = 50_000, 5_000


def main() -> None:
    """Draw sites around 200 towns of a country, a tenth of them members, and test these."""
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rng = np.random.default_rng(0)
    town = rng.integers(0, 200, N_SITES)
    lat = rng.uniform(51, 56, 200)[town] + rng.normal(0, 0.1, N_SITES)
    lon = rng.uniform(23, 32, 200)[town] + rng.normal(0, 0.15, N_SITES)
    member = np.zeros(N_SITES, dtype=bool)
    member[rng.choice(N_SITES, N_MEMBERS, replace=False)] = True
    start, own = time.perf_counter(), time.process_time()
    found = k_density_test(lat, lon, member, np.arange(0.0, 200.0, 5.0), simulations=simulations)
    seconds, busy = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print("| sites | members | simulations | time | processor | peak memory | localised |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {N_SITES:,} | {N_MEMBERS:,} | {simulations:,} | {seconds:.1f} s | {busy:.1f} s "
        f"| {peak:.2f} GiB | {'yes' if found.localisation.any() else 'no'} |"
    )


if __name__ == "__main__":
    main()
