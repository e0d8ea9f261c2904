"""Time the measures of a large table of places and fields, beside py-ecomplexity if it is there.

Usage: python bench/measures.py [--places 1000] [--fields 3000] [--entries 700000] [--json]

Both programs get the same long table of entries in the same process and give location quotients,
proximity, density (with self-proximity) and complexity. The values are compared after the
conventions are matched: py-ecomplexity scales the complexity of fields by the mean and deviation of
places (`scale="common"`). Its check of log-supermodularity, which has no part in these numbers, is
left out. Needs numpy and scipy only; the peer is found if `import ecomplexity` works.

Seconds are those of the clock and of the processor. On cores that others use too, compare the
latter: waiting does not stretch them. Set OPENBLAS_NUM_THREADS=1 then, or idle threads count.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.measures.complexity import complexity_index
from clusterloom.measures.presence import specialised_presence
from clusterloom.measures.proximity import co_occurrence, conditional_minimum
from clusterloom.measures.relatedness import relatedness_density
from clusterloom.measures.specialisation import location_quotient

SEED = 7
RUNS = 5  # ours are short: the median of a few runs after one to warm up
# The comparable steps of EconGeo 2.1 (rca, co_occurrence, relatedness, relatedness_density, kci,
# tci) on 2 cores, as set in the project's targets; R is no part of this process.
ECONGEO_SECONDS = 12.6
ECONGEO_SHAPE = (1_000, 3_000)


@dataclass(frozen=True)
class Entries:
    """A long table: how much of which field in which place."""

    place: np.ndarray
    field: np.ndarray
    value: np.ndarray
    shape: tuple[int, int]


def synthetic(places: int, fields: int, entries: int) -> Entries:
    """Draw a nested table with families of fields, as tables of trade and technology are."""
    rng = np.random.default_rng(SEED)
    able, hard = rng.uniform(size=(places, 1)), rng.uniform(size=(1, fields))
    likes = rng.normal(size=(places, 12))[:, rng.integers(12, size=fields)]
    inclination = 4 * (able - hard) + 0.8 * likes + rng.logistic(size=(places, fields))
    # The same number in every place and field at least once, so that no line is empty.
    chosen = inclination >= np.partition(inclination.ravel(), -entries)[-entries]
    chosen[np.arange(places), rng.integers(fields, size=places)] = True
    chosen[rng.integers(places, size=fields), np.arange(fields)] = True
    place, field = np.nonzero(chosen)
    value = rng.lognormal(sigma=1.2, size=place.size) * np.exp(2 * able[place, 0])
    return Entries(place, field, value, (places, fields))


@dataclass(frozen=True)
class Seconds:
    """Time by the clock and by the processor (all threads)."""

    wall: float
    cpu: float


class Stopwatch:
    """Measure both times from now on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        return Seconds(time.perf_counter() - self._wall, time.process_time() - self._cpu)


def ours(entries: Entries) -> tuple[dict[str, Seconds], dict[str, np.ndarray]]:
    """Run our measures; return seconds of every step and the values."""
    seconds: dict[str, Seconds] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        watch = Stopwatch()
        answer = step()
        seconds[name] = watch.read()
        return answer

    table = timed(
        "table from entries",
        lambda: sparse.csr_array(
            (entries.value, (entries.place, entries.field)), shape=entries.shape
        ),
    )
    quotient = timed("quotients", lambda: location_quotient(table.toarray()))
    presence = timed("presences", lambda: specialised_presence(table))
    together = timed("co-occurrence", lambda: co_occurrence(presence))
    proximity = timed("proximity", lambda: conditional_minimum(together))
    density = timed("density", lambda: relatedness_density(presence, proximity, keep_self=True))
    index = timed("complexity", lambda: complexity_index(presence, scale="common"))
    values = {
        "rca": quotient,
        "mcp": presence.toarray(),
        "proximity": proximity,
        "density": density,
        "eci": index.place,
        "pci": index.field,
    }
    return seconds, values


def peer(entries: Entries) -> tuple[dict[str, Seconds], dict[str, np.ndarray]] | None:
    """Run py-ecomplexity on the same entries, whole and its array steps alone."""
    try:
        import pandas as pd
        from ecomplexity import ecomplexity
        from ecomplexity.calc_density import calc_density
        from ecomplexity.calc_proximity import calc_discrete_proximity
        from ecomplexity.ecomplexity import calc_eci_pci
    except ImportError:
        return None
    frame = pd.DataFrame(
        {"year": 2000, "place": entries.place, "field": entries.field, "value": entries.value}
    )
    names = {"time": "year", "loc": "place", "prod": "field", "val": "value"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        watch = Stopwatch()
        found = ecomplexity(frame, names, check_logsupermodularity=False, verbose=False)
        whole = watch.read()
    found = found.sort_values(["place", "field"])
    values = {
        name: found[name].to_numpy(dtype=float).reshape(entries.shape)
        for name in ("rca", "mcp", "density", "eci", "pci", "diversity", "ubiquity")
    }
    presence = values["mcp"].astype(int)
    state = argparse.Namespace(
        t=0,
        mcp_t=presence,
        diversity_t=presence.sum(axis=1),
        ubiquity_t=presence.sum(axis=0),
    )
    watch = Stopwatch()
    proximity = calc_discrete_proximity(presence, state.ubiquity_t)
    calc_density(presence, proximity)
    calc_eci_pci(state)
    steps = watch.read()
    values |= {"eci": values["eci"][:, 0], "pci": values["pci"][0], "proximity": proximity}
    return {"whole call": whole, "array steps alone": steps}, values


def differences(own: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest absolute difference of every value that both give; infinite if only one knows it."""
    found = {}
    for name, value in own.items():
        same = np.array_equal(np.isnan(value), np.isnan(other[name]))
        gap = np.abs(value - other[name])
        found[name] = float(np.nanmax(gap)) if same else float("inf")
    return found


def medians(runs: list[dict[str, Seconds]]) -> dict[str, Seconds]:
    """Median of every step over the runs, and of their sum."""
    whole = [
        Seconds(sum(one.wall for one in run.values()), sum(one.cpu for one in run.values()))
        for run in runs
    ]
    return {
        name: Seconds(
            statistics.median(one.wall for one in held), statistics.median(one.cpu for one in held)
        )
        for name, held in {
            **{name: [run[name] for run in runs] for name in runs[0]},
            "all steps": whole,
        }.items()
    }


def measure(entries: Entries) -> dict[str, Any]:
    """Run both and put times, ratios (of the median run) and differences together."""
    ours(entries)
    steps = medians([ours(entries)[0] for _ in range(RUNS)])
    total = steps["all steps"]
    result: dict[str, Any] = {
        "table": {
            "places": entries.shape[0],
            "fields": entries.shape[1],
            "entries": int(entries.value.size),
        },
        "machine": {
            "cores": os.cpu_count(),
            "threads": os.environ.get("OPENBLAS_NUM_THREADS") or "all",
            "load": round(os.getloadavg()[0], 1),
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "seconds": {name: asdict(one) for name, one in steps.items()},
        "times faster": {},
    }
    if entries.shape == ECONGEO_SHAPE:
        result["times faster"]["EconGeo (12.6 s, not of this run)"] = {
            "wall": ECONGEO_SECONDS / total.wall,
            "cpu": ECONGEO_SECONDS / total.cpu,
        }
    beside = peer(entries)
    if beside is not None:
        seconds, values = beside
        result["peer seconds"] = {name: asdict(one) for name, one in seconds.items()}
        result["largest difference"] = differences(ours(entries)[1], values)
        for name, value in seconds.items():
            result["times faster"][f"py-ecomplexity, {name}"] = {
                "wall": value.wall / total.wall,
                "cpu": value.cpu / total.cpu,
            }
    return result


def markdown(result: dict[str, Any]) -> str:
    """Rows for docs/benchmarks.md."""
    table, machine = result["table"], result["machine"]
    lines = [
        f"{table['places']:,} places x {table['fields']:,} fields, {table['entries']:,} entries; "
        f"{machine['cores']} cores (load {machine['load']}), BLAS threads: {machine['threads']}, "
        f"Python {machine['python']}, NumPy {machine['numpy']}.",
        "",
        "| step | seconds by the clock | of the processor |",
        "|---|---|---|",
        *[f"| {n} | {v['wall']:.3f} | {v['cpu']:.3f} |" for n, v in result["seconds"].items()],
    ]
    for name, value in result.get("peer seconds", {}).items():
        lines.append(f"| py-ecomplexity, {name} | {value['wall']:.3f} | {value['cpu']:.3f} |")
    lines += [
        "",
        "| compared with | times faster by the clock | by the processor |",
        "|---|---|---|",
    ]
    lines += [
        f"| {n} | {v['wall']:.0f} | {v['cpu']:.0f} |" for n, v in result["times faster"].items()
    ]
    if "peer seconds" not in result:
        lines += ["", "py-ecomplexity is not importable here, so it was not run."]
    if "largest difference" in result:
        lines += ["", "| value | largest difference from py-ecomplexity |", "|---|---|"]
        lines += [f"| {name} | {v:.1e} |" for name, v in result["largest difference"].items()]
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=1_000)
    parser.add_argument("--fields", type=int, default=3_000)
    parser.add_argument("--entries", type=int, default=700_000)
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    options = parser.parse_args()
    result = measure(synthetic(options.places, options.fields, options.entries))
    print(json.dumps(result, indent=2) if options.json else markdown(result))


if __name__ == "__main__":
    main()
