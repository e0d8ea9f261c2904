"""Measure time and memory of the whole way and write docs/benchmarks.md.

Every figure comes from a fresh process of this run; nothing is compared across machines.
"""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORDIS = ROOT.parent / "shared" / "data" / "cordis_china_projects"
COMMAND = [str(Path(sys.executable).with_name("clusterloom"))]

WRAPPER = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seconds = time.perf_counter() - start
print(done.returncode, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measure(*arguments: str, cwd: Path) -> tuple[float, float]:
    """Run a command in a fresh process; return seconds and peak memory in GiB."""
    command = [sys.executable, "-c", WRAPPER, *COMMAND, *arguments]
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    code, seconds, kilobytes = answer.stdout.split()
    if code != "0":
        raise SystemExit(f"clusterloom {' '.join(arguments)} failed with exit code {code}")
    return float(seconds), float(kilobytes) / 1024**2


def best_start(cwd: Path) -> float:
    """Return the median of seven starts of `clusterloom --help`, in seconds."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], cwd=cwd, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return sorted(times)[3]


def main() -> None:
    """Measure, print and write the page."""
    rows: list[tuple[str, str, str, str]] = []

    def add(what: str, target: str, arguments: list[str], cwd: Path) -> None:
        seconds, memory = measure(*arguments, cwd=cwd)
        rows.append((what, target, f"{seconds:.1f} s", f"{memory:.2f} GiB"))
        print(*rows[-1], sep=" | ")

    with tempfile.TemporaryDirectory() as name:
        cwd = Path(name)
        rows.append(("`clusterloom --help`", "< 0.5 s", f"{best_start(cwd):.2f} s", "-"))
        print(*rows[-1], sep=" | ")
        add("demo, embedded data, cold", "< 60 s, < 2 GB", ["demo", "--out", "d"], cwd)
        add("the same again (all cached), run without exports", "< 5 s",
            ["run", "-w", "d/workspace", "--recipe", str(demo_recipe(cwd))], cwd)  # fmt: skip
        add("the same again with reports and exports", "-", ["demo", "--out", "d"], cwd)
        if CORDIS.exists():
            text = (ROOT / "examples" / "cordis_china.toml").read_text(encoding="utf-8")
            recipe = cwd / "cordis.toml"
            recipe.write_text(text.replace("../shared/data/cordis_china_projects", str(CORDIS)))
            add("CORDIS China set, 7,259 participations, cold", "< 180 s",
                ["run", "--recipe", str(recipe), "--out", "c", "-w", "cw"], cwd)  # fmt: skip
        else:
            print("CORDIS set not found beside the checkout: left out")
    write_page(rows, measures_beside_peer())


def measures_beside_peer() -> str:
    """Run bench/measures.py in a fresh process; the peer is in it where it is installed."""
    command = [sys.executable, str(ROOT / "bench" / "measures.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(done.stdout)
    return done.stdout.strip()


def demo_recipe(cwd: Path) -> Path:
    """Copy the packaged recipe so that `run` can be pointed at it."""
    source = ROOT / "src" / "clusterloom" / "data" / "recipes" / "belarus_china.toml"
    return Path(shutil.copy(source, cwd / "recipe.toml"))


def write_page(rows: list[tuple[str, str, str, str]], measures: str) -> None:
    """Write docs/benchmarks.md with machine and date."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    lines = [
        "# Benchmarks",
        "",
        f"Measured by `make bench` on {today}: {machine}. Shared cores: read the ratios.",
        "",
        "| what | target | time | peak memory |",
        "|---|---|---|---|",
        *[f"| {' | '.join(row)} |" for row in rows],
        "",
        "Each line is a fresh process. Cold means an empty workspace: reading, geocoding, encoding "
        "of every text, all stages, reports and exports. Set-up (`make`) is not included.",
        "",
        "## Measures of places and fields",
        "",
        "Targets: 50 times faster than py-ecomplexity in the same run with equal values, and 10 "
        "times faster than the 12.6 s of comparable steps of EconGeo on another machine.",
        "",
        measures,
        "",
    ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
