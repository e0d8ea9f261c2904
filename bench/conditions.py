"""Measure the conditions of a synthetic country: time and memory, which are to grow linearly.

    python bench/conditions.py 10000 30000 100000      organisations, ten activities each

The candidates are found in one process and measured in another, so that its peak memory is its
own. Countries are synthetic and seeded. On a machine that others use, read the time of one core.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from clusterloom.api.synth import SyntheticCountry, field_groups
from clusterloom.sources.synthetic import synthetic_country
from clusterloom.sources.synthetic_fields import with_stated_fields
from clusterloom.stages.conditions import Conditions
from clusterloom.stages.prerequisites import Prerequisites
from clusterloom.tables import Tables

TARGETS = {100_000: "< 60 s, input + 2 GiB"}


def prepare(n: int, folder: Path) -> None:
    """Write the tables of a country of n organisations and of its candidates."""
    wanted = SyntheticCountry(
        n_organisations=n,
        n_places=max(20, n // 300),
        n_clusters=n // 1000,
        cluster_size=60,
        activities=10.0,
    )
    groups = field_groups()
    tables = with_stated_fields(synthetic_country(wanted, groups)[0], groups)
    # Candidates of territories are enough: conditions do not ask how one was found or tested.
    stage = Prerequisites(
        methods=("territory",), n_comparison=0, n_trials=0, n_permutations=19, fdr=1.0
    )
    tables = tables.merged(stage.run(tables))
    for name in tables.names:
        with pa.ipc.new_file(str(folder / name), tables[name].schema) as writer:
            writer.write_table(tables[name])


def measure(n: int, folder: Path) -> None:
    """Measure the conditions of the country in the folder and print its line."""
    tables = Tables({p.name: pa.ipc.open_file(str(p)).read_all() for p in folder.iterdir()})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    start, own = time.perf_counter(), time.process_time()
    written = Conditions().run(tables)
    seconds, busy = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    candidates = sum(v != "too_small" for v in tables["candidate"]["verdict"].to_pylist())
    print(
        f"| {n:,} | {tables['activity'].num_rows:,} | {candidates:,} "
        f"| {written['condition'].num_rows:,} | {TARGETS.get(n, '-')} | {seconds:.1f} s "
        f"| {busy:.1f} s | {peak:.2f} GiB (input alone {before:.2f}) |",
        flush=True,
    )


def main() -> None:
    """Measure each number of organisations that is asked for."""
    if sys.argv[1:2] in (["--prepare"], ["--measure"]):
        step = prepare if sys.argv[1] == "--prepare" else measure
        step(int(sys.argv[2]), Path(sys.argv[3]))
        return
    print(
        "| organisations | activities | candidates | rows | target | time | of one core "
        "| peak memory |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for n in sys.argv[1:] or ["10000", "30000", "100000"]:
        with tempfile.TemporaryDirectory() as folder:
            for step in ("--prepare", "--measure"):
                subprocess.run([sys.executable, __file__, step, n, folder], check=True)


if __name__ == "__main__":
    main()
