"""Time and memory of adjacency: many fields over many places, and a large graph of neighbours.

Usage: python bench/adjacency.py [fields] [neighbours] [approximate] [--organisations N] [--k 50]

Times are by the clock, processor seconds beside them: on a busy machine only these tell. Each part
runs in a process of its own, so that its peak memory is its own. Data are drawn at random with the
shape of real ones. `approximate` needs `usearch`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.measures.cooccurrence_measures import (
    COOCCURRENCE_MEASURES,
    as_signal,
    cooccurrence_measure,
)
from clusterloom.measures.presence import specialised_presence
from clusterloom.networks.adjacency import fuse_signals
from clusterloom.networks.code_adjacency import hierarchy_signal
from clusterloom.networks.nearest import Signal, nearest_neighbours, scaled
from clusterloom.networks.organisation_signals import profile_vectors

FIELDS, PLACES, ENTRIES = 5_000, 1_000, 250_000
CATALOGUE, TEXT = 250, 896  # fields of the catalogue; dimensions of both encoders side by side
SEED = 7


def fields(_: argparse.Namespace) -> dict[str, float]:
    """All five measures and the fused adjacency of 5,000 fields over 1,000 places."""
    rng = np.random.default_rng(SEED)
    place = (PLACES * rng.random(ENTRIES) ** 2).astype(int)
    field = (FIELDS * rng.random(ENTRIES) ** 1.5).astype(int)
    amount = sparse.csr_array((rng.lognormal(size=ENTRIES), (place, field)), shape=(PLACES, FIELDS))
    codes = [f"{i // 500:01d}{i // 50 % 10:02d}{i // 5 % 10}{i % 5}" for i in range(FIELDS)]
    seconds: dict[str, float] = {"entries": float(amount.nnz)}
    start = time.perf_counter()
    presence = specialised_presence(amount)
    for name in COOCCURRENCE_MEASURES:
        since = time.perf_counter()
        cooccurrence_measure(amount if name == "correlation" else presence, name)
        seconds[f"{name}, s"] = time.perf_counter() - since
    since = time.perf_counter()
    signals = np.stack(
        [as_signal(presence, "association", prior=0.5), hierarchy_signal(codes, (1, 3, 4))]
    )
    fused = fuse_signals(signals, (0.6, 0.4))
    seconds["signals fused, s"] = time.perf_counter() - since
    seconds["all, s"] = time.perf_counter() - start
    seconds["pairs of 0.05 and more"] = float((np.triu(fused, k=1) >= 0.05).sum())
    return seconds


def invented(rows: int) -> tuple[Signal, ...]:
    """Organisations with one to four fields, a text about them, and a dozen partners."""
    rng = np.random.default_rng(SEED)
    home = rng.integers(CATALOGUE, size=rows)
    near = np.exp(-np.abs(np.arange(CATALOGUE)[:, None] - np.arange(CATALOGUE)[None, :]) / 3)
    other = (home[:, None] + rng.integers(-6, 7, size=(rows, 3))) % CATALOGUE
    column = np.hstack([home[:, None], other]).ravel()
    weight = (rng.random((rows, 4)) * (np.arange(4) < rng.integers(1, 5, (rows, 1)))).ravel()
    table = sparse.csr_array((weight, (np.repeat(np.arange(rows), 4), column)))
    topics = rng.normal(size=(CATALOGUE, TEXT)).astype(np.float32)
    text = topics[home] + 2 * rng.normal(size=(rows, TEXT)).astype(np.float32)
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    a = rng.integers(rows, size=6 * rows)
    b = (a + rng.integers(1, 200, size=6 * rows)) % rows
    ties = sparse.csr_array((np.ones(6 * rows), (a, b)), shape=(rows, rows))
    ties = ((ties + ties.T) > 0).astype(np.float64)
    degree = np.asarray(ties.sum(axis=1)).ravel()
    partners = sparse.csr_array(sparse.diags_array(1 / np.sqrt(np.maximum(degree, 1))) @ ties)
    everyone = np.ones(rows, bool)
    told = rng.random(rows) < 0.8
    text[~told] = 0
    return tuple(
        scaled(Signal(name, block, known, share))
        for name, block, known, share in (
            ("profile", profile_vectors(table, near), everyone, 0.15),
            ("text", text, told, 0.6),
            ("partners", partners, degree > 0, 0.25),
        )
    )


def neighbours(options: argparse.Namespace) -> dict[str, float]:
    """The exact graph of neighbours, by profile, text and partners."""
    start = time.perf_counter()
    signals = invented(options.organisations)
    made = time.perf_counter()
    found = nearest_neighbours(signals, k=options.k, method="exact")
    return {
        "organisations": options.organisations,
        "k": options.k,
        "data, s": made - start,
        "graph, s": time.perf_counter() - made,
        "neighbours found": float((found.index >= 0).sum()),
    }


def approximate(options: argparse.Namespace) -> dict[str, float]:
    """The approximate graph and how much of the exact one it holds (on 200 organisations)."""
    signals = invented(options.organisations)
    start = time.perf_counter()
    found = nearest_neighbours(signals, k=options.k, method="approximate")
    seconds = time.perf_counter() - start
    rng = np.random.default_rng(SEED)
    shared = []
    from clusterloom.networks.nearest import pair_scores

    everyone = np.arange(options.organisations)
    weights = np.array([s.weight for s in signals])
    for row in rng.integers(options.organisations, size=200):
        values = pair_scores(signals, np.full(options.organisations, row), everyone)
        score = np.nansum(values * weights, axis=1) / (~np.isnan(values) @ weights)
        score[row] = -1
        best = np.argsort(-score, kind="stable")[: options.k]
        shared.append(len(set(best.tolist()) & set(found.index[row].tolist())) / options.k)
    return {
        "organisations": options.organisations,
        "k": options.k,
        "graph, s": seconds,
        "share of the exact neighbours": float(np.mean(shared)),
    }


PARTS = {"fields": fields, "neighbours": neighbours, "approximate": approximate}


def main() -> None:
    """Run the parts asked for, each in a process of its own, and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["fields", "neighbours"])
    parser.add_argument("--organisations", type=int, default=100_000)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--here", action="store_true", help="run in this process")
    options = parser.parse_args()
    if not options.here:
        threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
        print(f"{os.cpu_count()} cores, {threads} threads, Python {platform.python_version()}")
        for part in options.parts:
            command = [sys.executable, __file__, part, "--here", "--k", str(options.k)]
            command += ["--organisations", str(options.organisations)]
            subprocess.run(command, check=True)
        return
    for part in options.parts:
        figures = PARTS[part](options)
        used = resource.getrusage(resource.RUSAGE_SELF)
        gib = used.ru_maxrss / 1024**2
        figures["processor, s"] = used.ru_utime + used.ru_stime
        rounded = {name: round(value, 2) for name, value in figures.items()}
        print(part, json.dumps({**rounded, "peak memory, GiB": round(gib, 2)}))


if __name__ == "__main__":
    main()
