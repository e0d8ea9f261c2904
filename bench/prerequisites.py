"""Measure the prerequisites: calibration on noise, recovery of planted clusters, time and memory.

    python bench/prerequisites.py noise        100 countries of pure noise at FDR 5 %
    python bench/prerequisites.py planted      planted clusters at rising noise: AMI, ARI, found
    python bench/prerequisites.py 100000 1000000 ...   organisations: time and peak memory

Each size runs in fresh processes, so that its peak memory is its own. Countries are synthetic and
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

COUNTRIES = 100  # of pure noise, for each size
TARGETS = {100_000: "< 120 s, < 4 GB", 1_000_000: "< 900 s, < 10 GB"}


def country(wanted: SyntheticCountry):
    """Tables as the preparing stages would leave them, and the truth."""
    groups = field_groups()
    tables, truth = synthetic_country(wanted, groups)
    return with_stated_fields(tables, groups), truth


def recovery(tables, truth, written) -> tuple[float, float, int, int]:
    """AMI, ARI, planted clusters found, and clear candidates in all.

    An organisation is a member of the clear candidate it belongs to with the highest chance, if
    that is a half or more.
    """
    rows = written.rows("candidate")
    clear = {r["candidate_id"] for r in rows if r["verdict"] == "beyond_chance"}
    best: dict[str, tuple[float, str]] = {}
    for row in written.rows("candidate_member"):
        if row["candidate_id"] in clear and (row["chance"] or 0.0) >= 0.5:
            one = (row["chance"], row["candidate_id"])
            best[row["org_id"]] = max(best.get(row["org_id"], one), one)
    true = true_clusters(tables, truth)
    orgs = tables["organisation"]["org_id"].to_pylist()
    found = [best.get(o, (0.0, "none"))[1] for o in orgs]
    main = {
        Counter(f for t, f in zip(true, found, strict=True) if t == name).most_common(1)[0][0]
        for name in set(true) - {"none"}
    }
    return (
        adjusted_mutual_information(true, found),
        adjusted_rand(true, found),
        len(main - {"none"}),
        len(clear),
    )


def true_clusters(tables, truth) -> list[str]:
    """Cluster of every organisation, or none."""
    planted = dict(zip(truth["org_id"].to_pylist(), truth["cluster"].to_pylist(), strict=True))
    return [planted.get(o, "none") for o in tables["organisation"]["org_id"].to_pylist()]


def full_knowledge(wanted: SyntheticCountry, tables, truth) -> float:
    """AMI of a reader who knows all of the generator but who the members are.

    Known are the place, the group of fields and the size of each cluster and the noise. An
    organisation of the place is a member where its directions make that the likelier.
    """
    groups = field_groups()
    of_field = {field: name for name, fields in groups.items() for field in fields}
    n_fields = sum(len(fields) for fields in groups.values())
    rows = tables["organisation"].to_pylist()
    ids = [row["org_id"] for row in rows]
    work = {org: Counter() for org in ids}
    for activity in tables["activity"].to_pylist():
        work[activity["org_id"]][of_field[activity["code"]]] += 1
    places = np.array([row["place_id"] for row in rows])
    directions = np.array([sum(work[org].values()) for org in ids])
    true = np.array(true_clusters(tables, truth))
    group_of = dict(zip(truth["cluster"].to_pylist(), truth["group"].to_pylist(), strict=True))
    best, label = np.zeros(len(ids)), np.full(len(ids), "none", dtype=object)
    for cluster, group in group_of.items():
        member = true == cluster
        there = places == places[member][0]
        elsewhere = len(groups[group]) / n_fields
        typical = 1 - wanted.noise + wanted.noise * elsewhere
        inside = np.array([work[org][group] for org in ids])
        odds = inside * np.log(typical / elsewhere)
        odds += (directions - inside) * np.log((1 - typical) / (1 - elsewhere))
        odds += np.log(member.sum() / max((there & ~member).sum(), 1))
        better = there & (odds > best)
        best[better], label[better] = odds[better], cluster
    return adjusted_mutual_information(true.tolist(), label.tolist())


def noise() -> None:
    """Count countries of pure noise with a candidate beyond chance, by the default methods."""
    print("| organisations, places | countries | a candidate at FDR 5 % | territory | community |")
    print("|---|---|---|---|---|")
    for n, places in ((600, 20), (200, 8)):
        found = Counter()
        for seed in range(COUNTRIES):
            wanted = SyntheticCountry(n_organisations=n, n_places=places, n_clusters=0, seed=seed)
            stage = Prerequisites(fdr=0.05, n_comparison=0, n_trials=0, seed=seed)
            rows = stage.run(country(wanted)[0]).rows("candidate")
            false = {row["method"] for row in rows if row["verdict"] == "beyond_chance"}
            found.update(false | ({"any"} if false else set()))
        told = " | ".join(str(found[name]) for name in ("any", "territory", "community"))
        print(f"| {n}, {places} | {COUNTRIES} | {told} |", flush=True)


def planted() -> None:
    """Measure how well planted clusters come back, and what full knowledge would give."""
    print(
        "| directions each | noise | AMI | with full knowledge | ARI | of 6 planted | candidates |"
    )
    print("|---|---|---|---|---|---|---|")
    stage = Prerequisites(fdr=0.05, n_comparison=0, n_trials=0, methods=("territory",))
    for activities in (3.0, 6.0):
        for share in (0.1, 0.2, 0.3, 0.4):
            values = []
            for seed in range(10):
                wanted = SyntheticCountry(activities=activities, noise=share, seed=seed)
                tables, truth = country(wanted)
                bound = full_knowledge(wanted, tables, truth)
                values.append((*recovery(tables, truth, stage.run(tables)), bound))
            ami, ari, hit, clear, bound = np.mean(values, axis=0)
            print(
                f"| {activities:g} | {share:.0%} | {ami:.3f} | {bound:.3f} | {ari:.2f} "
                f"| {hit:.1f} | {clear:.1f} |",
                flush=True,
            )


def size(n: int, comparison: str) -> None:
    """Run one size and print its line; `comparison` and stability are on or off together."""
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
    off = {} if comparison == "on" else {"n_comparison": 0, "n_trials": 0}
    stage = Prerequisites(methods=("territory",), **off)
    start, own = time.perf_counter(), time.process_time()
    written = stage.run(tables)
    seconds, busy = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    rows = written["candidate"].num_rows
    clear = written["candidate"]["verdict"].to_pylist().count("beyond_chance")
    print(
        f"| {n:,} | {tables['activity'].num_rows:,} | {comparison} | {TARGETS.get(n, '-')} "
        f"| {seconds:.1f} s "
        f"| {busy:.1f} s | {peak:.2f} GiB (input alone {before:.2f}) | {rows:,} | {clear:,} of "
        f"{wanted.n_clusters:,} planted |",
        flush=True,
    )


def sizes(n: int) -> None:
    """Measure one size at the defaults but for communities, and with the bare test."""
    default = Prerequisites()
    print(
        f"Switched off: communities. Comparison on: {default.n_comparison} draws of each of three "
        f"other null models and {default.n_trials} trials of stability, as by default.\n"
    )
    print(
        "| organisations | activities | comparison | target | time | of one core | peak memory "
        "| candidates | clear |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for comparison in ("on", "off"):
        subprocess.run([sys.executable, __file__, "--size", str(n), comparison], check=True)
    print(flush=True)


def main() -> None:
    """Do what the arguments ask for; without any, noise, planted and 100,000."""
    asked = sys.argv[1:] or ["noise", "planted", "100000"]
    if asked[0] == "--size":
        size(int(asked[1]), asked[2])
        return
    for word in asked:
        if word in ("noise", "planted"):
            {"noise": noise, "planted": planted}[word]()
            continue
        sizes(int(word))


if __name__ == "__main__":
    main()
