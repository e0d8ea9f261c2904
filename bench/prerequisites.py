"""Measure the prerequisites: calibration on noise, recovery of planted clusters, time and memory.

    python bench/prerequisites.py noise        100 countries of pure noise at FDR 5 %
    python bench/prerequisites.py planted      planted clusters at rising noise: AMI, ARI, found
    python bench/prerequisites.py 100000 1000000 ...   organisations: time and peak memory

Each size runs in a fresh process, so that its peak memory is its own. Countries are synthetic and
seeded; every organisation has ten directions of work on average. On a machine that others use,
read the time of one core.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections import Counter

import numpy as np

from clusterloom.api.synth import SyntheticCountry, field_groups
from clusterloom.measures.partition import adjusted_mutual_information, adjusted_rand
from clusterloom.sources.synthetic import synthetic_country
from clusterloom.sources.synthetic_fields import with_stated_fields
from clusterloom.stages.prerequisites import Prerequisites

TARGETS = {100_000: "< 120 s, < 4 GB", 1_000_000: "< 900 s, < 10 GB"}


def country(wanted: SyntheticCountry):
    """Tables as the preparing stages would leave them, and the truth."""
    groups = field_groups()
    tables, truth = synthetic_country(wanted, groups)
    return with_stated_fields(tables, groups), truth


def recovery(tables, truth, written) -> tuple[float, float, int, int]:
    """AMI, ARI, planted clusters found, and clear candidates in all."""
    clear = {
        r["candidate_id"] for r in written.rows("candidate") if r["verdict"] == "beyond_chance"
    }
    best: dict[str, tuple[float, str]] = {}
    for row in written.rows("candidate_member"):
        if row["candidate_id"] in clear:
            one = (row["family_share"], row["candidate_id"])
            best[row["org_id"]] = max(best.get(row["org_id"], one), one)
    planted = dict(zip(truth["org_id"].to_pylist(), truth["cluster"].to_pylist(), strict=True))
    orgs = tables["organisation"]["org_id"].to_pylist()
    true = [planted.get(o, "none") for o in orgs]
    found = [best.get(o, (0.0, "none"))[1] for o in orgs]
    main = {
        Counter(f for t, f in zip(true, found, strict=True) if t == name).most_common(1)[0][0]
        for name in set(planted.values())
    }
    return (
        adjusted_mutual_information(true, found),
        adjusted_rand(true, found),
        len(main - {"none"}),
        len(clear),
    )


def noise() -> None:
    """Count countries of pure noise with a candidate beyond chance."""
    print("| organisations, places | method | countries | with a candidate at FDR 5 % |")
    print("|---|---|---|---|")
    sizes = ((600, 20, 100), (200, 8, 100))
    for n, places, countries in sizes:
        false = sum(
            any(
                row["verdict"] == "beyond_chance"
                for row in Prerequisites(
                    fdr=0.05, n_comparison=0, n_trials=0, methods=("territory",), seed=seed
                )
                .run(
                    country(
                        SyntheticCountry(
                            n_organisations=n, n_places=places, n_clusters=0, seed=seed
                        )
                    )[0]
                )
                .rows("candidate")
            )
            for seed in range(countries)
        )
        print(f"| {n}, {places} | territory | {countries} | {false} |", flush=True)


def planted() -> None:
    """Measure how well planted clusters come back."""
    print("| directions each | noise | AMI | ARI | of 6 planted found | candidates |")
    print("|---|---|---|---|---|---|")
    stage = Prerequisites(
        fdr=0.05, n_comparison=0, n_trials=0, methods=("territory",), min_share=0.4
    )
    for activities in (3.0, 6.0):
        for share in (0.1, 0.2, 0.3, 0.4):
            values = []
            for seed in range(10):
                wanted = SyntheticCountry(activities=activities, noise=share, seed=seed)
                tables, truth = country(wanted)
                values.append(recovery(tables, truth, stage.run(tables)))
            ami, ari, hit, clear = np.mean(values, axis=0)
            print(
                f"| {activities:g} | {share:.0%} | {ami:.2f} | {ari:.2f} | {hit:.1f} "
                f"| {clear:.1f} |",
                flush=True,
            )


def size(n: int) -> None:
    """Run one size and print its line."""
    places = max(20, n // 300 if n < 200_000 else n // 800)
    wanted = SyntheticCountry(
        n_organisations=n,
        n_places=places,
        n_clusters=n // 1000,
        cluster_size=60,
        activities=10.0,
    )
    tables, _ = country(wanted)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    stage = Prerequisites(methods=("territory",), n_comparison=0, n_trials=0)
    start, own = time.perf_counter(), time.process_time()
    written = stage.run(tables)
    seconds, busy = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    rows = written["candidate"].num_rows
    clear = written["candidate"]["verdict"].to_pylist().count("beyond_chance")
    print(
        f"| {n:,} | {tables['activity'].num_rows:,} | {TARGETS.get(n, '-')} | {seconds:.1f} s "
        f"| {busy:.1f} s | {peak:.2f} GiB (input alone {before:.2f}) | {rows:,} | {clear:,} of "
        f"{wanted.n_clusters:,} planted |",
        flush=True,
    )


def main() -> None:
    """Do what the arguments ask for; without any, noise, planted and 100,000."""
    asked = sys.argv[1:] or ["noise", "planted", "100000"]
    if asked[0] == "--size":
        size(int(asked[1]))
        return
    for word in asked:
        if word in ("noise", "planted"):
            {"noise": noise, "planted": planted}[word]()
            continue
        print(
            "| organisations | activities | target | time | of one core | peak memory "
            "| candidates | clear |"
        )
        print("|---|---|---|---|---|---|---|---|", flush=True)
        subprocess.run([sys.executable, __file__, "--size", word], check=True)


if __name__ == "__main__":
    main()
