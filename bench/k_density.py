"""Time K-density with bands of random locations on 50,000 sites: spread out, and in one town.

Prints one table; run `python bench/k_density.py [simulations]`. Sites are invented and seeded. The
error is that of the observed density against all pairs, in percent of its peak.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from clusterloom.spatial import great_circle_km
from clusterloom.spatial.k_density import k_density, k_density_test

N_SITES = 50_000
Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def sites() -> tuple[Vector, Vector]:
    """Sites around 200 towns of a country of some 600 km."""
    rng = np.random.default_rng(0)
    town = rng.integers(0, 200, N_SITES)
    lat = rng.uniform(51, 56, 200)[town] + rng.normal(0, 0.1, N_SITES)
    lon = rng.uniform(23, 32, 200)[town] + rng.normal(0, 0.15, N_SITES)
    return lat, lon


def spread(n: int) -> Callable[[Vector, Vector], Mask]:
    """An industry of n sites anywhere."""

    def members(lat: Vector, _lon: Vector) -> Mask:
        chosen = np.random.default_rng(1).choice(len(lat), n, replace=False)
        return np.isin(np.arange(len(lat)), chosen)

    return members


def near(n: int) -> Callable[[Vector, Vector], Mask]:
    """An industry of the n sites nearest to the first: one town, or a few that touch."""

    def members(lat: Vector, lon: Vector) -> Mask:
        distance = great_circle_km(lat, lon, lat[:1], lon[:1])
        return np.isin(np.arange(len(lat)), np.argsort(distance)[:n])

    return members


CASES = (
    ("5,000 members anywhere", spread(5_000), 200.0),
    ("166 members in one town, to 50 km", near(166), 50.0),
    ("166 members in one town, to 500 km", near(166), 500.0),
    ("5,000 members around one town", near(5_000), 200.0),
    ("20,000 members around one town", near(20_000), 200.0),
)


def measured(number: int, simulations: int) -> str:
    """Run one case in this process and return its line of the table."""
    name, members, reach = CASES[number]
    lat, lon = sites()
    member, at = members(lat, lon), np.linspace(0.0, reach, 40)
    start, own = time.perf_counter(), time.process_time()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = k_density_test(lat, lon, member, at, simulations=simulations)
    seconds, busy = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    exact = k_density(lat[member], lon[member], at, bandwidth_km=found.bandwidth_km)
    error = 100 * np.abs(found.density - exact).max() / exact.max()
    how = f"grid of {found.cell_km:.2g} km" if found.cell_km else "pair by pair"
    return (
        f"| {name} | {found.bandwidth_km:.2g} km | {how}{', coarse' if told else ''} "
        f"| {1000 * seconds / simulations:.0f} ms | {seconds:.0f} s | {busy:.0f} s "
        f"| {peak:.2f} GiB | {error:.2f} % |"
    )


def main() -> None:
    """Measure every case in a process of its own, so that each tells its own peak memory."""
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"{N_SITES:,} sites, {simulations:,} simulations.\n")
    print("| industry | bandwidth | counted | a simulation | time | processor | memory | error |")
    print("|---|---|---|---|---|---|---|---|")
    for number in range(len(CASES)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(measured, (number, simulations)), flush=True)


if __name__ == "__main__":
    main()
