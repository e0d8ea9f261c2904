"""Measure time and memory of the whole way and write docs/benchmarks.md.

Usage: python bench/run.py [PART ...]

Without arguments everything. PART is `whole` (the first table) or the name of a script without its
ending (`measures`, `prerequisites`, `prerequisites:noise` …): only these are measured, the other
sections of the page stay.
Each section says when it was measured. Every figure comes from a fresh process; peers that are
compared are measured in one run.
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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORDIS = ROOT.parent / "shared" / "data" / "cordis_china_projects"
PEERS = Path(sys.prefix) / "peers" / "bin" / "python"  # made by `make bench`
PAGE = ROOT / "docs" / "benchmarks.md"
WHOLE = "The whole way"
COMMAND = [str(Path(sys.executable).with_name("clusterloom"))]


@dataclass(frozen=True)
class Part:
    """A bench of one subject: what it is asked to reach, and how it is run."""

    title: str
    target: str
    script: str
    arguments: tuple[str, ...] = ()
    beside_peers: bool = False  # run where the programs compared with are installed

    @property
    def name(self) -> str:
        """How a run asks for it: the script, and its first argument if that is a word."""
        word = next((a for a in self.arguments if a.isalpha()), "")
        return Path(self.script).stem + (f":{word}" if word else "")


PARTS = (
    Part(
        "Measures of places and fields",
        "Targets: 50 times faster than py-ecomplexity by the clock in the same run with equal "
        "values, and 10 times faster than the 12.6 s of comparable steps of EconGeo on another "
        "machine.",
        "measures.py",
        beside_peers=True,
    ),
    Part(
        "K-density with bands",
        "Target: 50,000 points with 1,000 permutations in minutes.",
        "k_density.py",
    ),
    Part(
        "Concordances of the classifications, built once",
        "No fixed target. From nothing, every title encoded; the topics of OpenAlex are left out "
        "(`python bench/concordances.py openalex`).",
        "concordances.py",
    ),
    Part(
        "10,000 texts classified",
        "No fixed target: the whole stage on texts nobody has seen, nothing kept from before.",
        "classification.py",
        ("--only-rate",),
    ),
    Part(
        "Adjacency and neighbours",
        "No fixed target: 5,000 fields by 1,000 places; the 50 nearest of 100,000 organisations.",
        "adjacency.py",
    ),
    Part(
        "Prerequisites on countries of pure noise",
        "Target: by the default methods, at a false-discovery rate of 5 %, a candidate in at most "
        "5 of 100 countries.",
        "prerequisites.py",
        ("noise",),
    ),
    Part(
        "Prerequisites on planted clusters",
        "Target: adjusted mutual information of 0.9 and more at moderate noise; beside it what a "
        "reader reaches who knows the generator's places, groups, sizes and noise.",
        "prerequisites.py",
        ("planted",),
    ),
    Part(
        "Prerequisites of a synthetic country",
        "Targets: 100,000 organisations with 1 M activities under 2 minutes and 4 GB; 1 M with "
        "10 M under 15 minutes and 10 GB.",
        "prerequisites.py",
        ("100000", "1000000"),
    ),
    Part(
        "Conditions of the candidates of a synthetic country",
        "Target: 1 M activities well under a minute and within 2 GiB above the input; linear.",
        "conditions.py",
        ("10000", "30000", "100000"),
    ),
    Part(
        "Choice of seats",
        "Target: 20,000 candidates for 200 seats under 30 s, the gap shown.",
        "composition.py",
    ),
    Part(
        "Bridges between 500 clusters",
        "Target: 500 clusters with 50,000 organisations, all pairs ranked under 60 s and 4 GB.",
        "bridges.py",
    ),
    Part(
        "Structures of a continent",
        "No fixed target: 500 clusters with 50,000 organisations.",
        "structures.py",
    ),
)

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
    """Measure what is asked for, print it and write the page."""
    asked = set(sys.argv[1:])
    known = {"whole", *(part.name for part in PARTS)}
    if asked - known:
        raise SystemExit(f"no part {', '.join(sorted(asked - known))}; there are {sorted(known)}")
    sections = earlier_sections()
    if not asked or "whole" in asked:
        sections[WHOLE] = whole_way()
    for part in PARTS:
        if not asked or part.name in asked:
            sections[part.title] = f"{part.target}\n\n{measured_on()}\n\n{shown(printed(part))}"
    order = [WHOLE, *(part.title for part in PARTS)]
    body = [f"## {title}\n\n{sections[title]}\n" for title in order if title in sections]
    page = "# Benchmarks\n\nBy `make bench`. Shared cores: read the ratios.\n\n" + "\n".join(body)
    PAGE.write_text(page, encoding="utf-8")


def earlier_sections() -> dict[str, str]:
    """Return the sections of the page as it is: title -> text."""
    if not PAGE.exists():
        return {}
    pieces = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return {piece.partition("\n")[0]: piece.partition("\n")[2].strip() for piece in pieces}


def measured_on() -> str:
    """Say when and on what this is measured."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"Measured on {datetime.datetime.now(datetime.UTC).date()}: {machine}, {load}."


def whole_way() -> str:
    """Measure the commands and return the section."""
    when = measured_on()
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
    table = ["| what | target | time | peak memory |", "|---|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    said = (
        "Each line is a fresh process. Cold means an empty workspace: reading, geocoding, encoding "
        "of every text, all stages, reports and exports. Set-up (`make`) is not included."
    )
    return "\n".join([when, "", *table, "", said])


def printed(part: Part) -> str:
    """Run a bench of one subject in a fresh process and return what it prints."""
    python = str(PEERS) if part.beside_peers and PEERS.exists() else sys.executable
    command = [python, str(ROOT / "bench" / part.script), *part.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"\n{part.title}\n{done.stdout}", flush=True)
    return done.stdout.strip()


def demo_recipe(cwd: Path) -> Path:
    """Copy the packaged recipe so that `run` can be pointed at it."""
    source = ROOT / "src" / "clusterloom" / "data" / "recipes" / "belarus_china.toml"
    return Path(shutil.copy(source, cwd / "recipe.toml"))


def shown(text: str) -> str:
    """Tables stay tables; other lines are shown as they were printed."""
    if any(line.startswith("|") for line in text.splitlines()):
        return text
    return f"```text\n{text}\n```"


if __name__ == "__main__":
    main()
