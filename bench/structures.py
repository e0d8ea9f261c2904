"""Time the stages on structures, value chains and the growth path at the size of a continent.

Usage: python bench/structures.py [--clusters 500] [--organisations 50000]

Invents clusters in 40 countries with members, work, ties and proposals, seeded; prints seconds and
the peak memory of this process for each stage.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.schema import TABLES
from clusterloom.stages.growth_path import GrowthPath
from clusterloom.stages.structures import Structures
from clusterloom.stages.value_chains import ValueChains
from clusterloom.tables import Tables

KINDS = ("research", "development", "production", "training")
LINKS = ("joint_research", "supply", "training", "investment", "contract", "parent")
FUNCTIONS = ("engineering", "certification", "finance_of_market_entry")
EMPTY = {"reasons": "[]", "based_on": "[]"}


def whole(table: str, row: dict) -> dict:
    """Fill the columns that must not be empty and play no part here."""
    filler = {
        column.name: column.choices[0] if column.choices else ("" if column.unit == "-" else 0)
        for column in TABLES[table].columns
        if column.required and column.name != "run_id"
    }
    return {**filler, **row}


def invented(n_clusters: int, n_organisations: int) -> Tables:
    """Invent the tables of a plan of this size."""
    rng = np.random.default_rng(0)
    catalogue = read_catalogue()
    fields = [r["field_id"] for r in catalogue.rows("field")]
    home = rng.integers(n_clusters, size=n_organisations)
    theme = rng.integers(len(fields), size=n_clusters)
    roles = np.array(["company", "university", "research_institute", "investor"])
    role = roles[rng.choice(4, size=n_organisations, p=[0.6, 0.15, 0.2, 0.05])]
    country = [f"{chr(65 + c % 40 // 26)}{chr(65 + c % 40 % 26)}" for c in range(n_clusters)]
    org = [f"o{i:06d}" for i in range(n_organisations)]
    origin = {"source_id": "s", "source_row": "x:1"}
    covers = {i: f"{rng.choice(FUNCTIONS)}" for i in range(0, n_organisations, 9)}
    work = [(i, int(theme[home[i]] + rng.integers(-2, 3)) % len(fields)) for i in range(len(org))]
    kind = rng.integers(4, size=n_organisations)
    ends = rng.integers(n_organisations, size=(n_organisations, 2))
    near = rng.random(n_organisations) < 0.7
    order = np.argsort(home, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(n_organisations)
    ends[near, 1] = order[np.minimum(rank[ends[near, 0]] + 3, n_organisations - 1)]
    pairs = sorted({(min(a, b), max(a, b)) for a, b in ends.tolist() if a != b})
    tables = catalogue.with_rows(
        "organisation",
        [
            {"org_id": o, "role": role[i], "name_en": o, "country": country[home[i]],
             "coord_precision": "unknown", **origin}
            for i, o in enumerate(org)
        ],
    )  # fmt: skip
    clusters = [f"c{c:04d}" for c in range(n_clusters)]
    partner = [(c, (c + k) % n_clusters) for c in range(n_clusters) for k in (1, 7, 41)]
    return (
        tables.with_rows(
            "cluster",
            [
                {"cluster_id": c, "candidate_id": c, "country": country[k],
                 "main_fields": fields[theme[k]], "n_members": 1, "coverage": 0.5,
                 "objective": 1.0, "bound": 1.0, "optimality_gap": 0.0,
                 "solver_status": "optimal", **EMPTY}
                for k, c in enumerate(clusters)
            ],
        )
        .with_rows(
            "membership",
            [
                {"cluster_id": clusters[home[i]], "org_id": o, "role": "core",
                 "covers": covers.get(i, ""), "n_ties": 0, "marginal_value": 0.1, **EMPTY}
                for i, o in enumerate(org)
            ],
        )
        .with_rows(
            "need",
            [
                {"cluster_id": c, "need": f, "stage": f, "weight": 0.2, "covered": 0.6,
                 "n_providers": 3, **EMPTY}
                for c in clusters for f in FUNCTIONS
            ],
        )
        .with_rows(
            "activity",
            [{"activity_id": f"{org[i]}:a", "org_id": org[i], "kind": KINDS[kind[i]],
              "weight": 1.0, **origin} for i, _ in work],
        )
        .with_rows(
            "activity_field",
            [{"activity_id": f"{org[i]}:a", "org_id": org[i], "kind": KINDS[kind[i]],
              "field_id": fields[j], "share": 1.0, "confidence": 0.8, "method": "text"}
             for i, j in work],
        )
        .with_rows(
            "field_family",
            [{"field_id": f, "family_id": f"f{j // 10}", "centrality": 0.1}
             for j, f in enumerate(fields)],
        )
        .with_rows(
            "field_adjacency",
            [{"field_a": min(a, b), "field_b": max(a, b), "text": 0.5, "classification": 0.5,
              "fused": 0.5} for a, b in pairwise(fields)],
        )
        .with_rows(
            "link",
            [{"link_id": f"{org[a]}|{org[b]}", "org_a": org[a], "org_b": org[b],
              "kind": LINKS[(a + b) % len(LINKS)], "weight": 1.0, **origin} for a, b in pairs],
        )
        .with_rows(
            "introduction",
            [whole("introduction", {"cluster_id": clusters[home[i]], "org_a": min(org[i], org[j]),
              "org_b": max(org[i], org[j]), "rank": k + 1, "score": 0.5, "complementarity": 0.5,
              "adjacency": 0.5, "shared_partners": 0, "role_pair": "core+core", **EMPTY})
             for k, (i, j) in enumerate(zip(order[::5], order[2::5], strict=False))
             if home[i] == home[j]],
        )
        .with_rows(
            "cluster_link",
            [whole("cluster_link", {"cluster_a": clusters[a], "cluster_b": clusters[b],
              "structure": "international",
              "complementarity": 0.3, "kinship": 0.5, "score": 0.4, "n_ties": 0, "rank": k % 3 + 1,
              **EMPTY}) for k, (a, b) in enumerate(partner)],
        )
        .with_rows(
            "partner_match",
            [whole("partner_match", {"cluster_a": clusters[min(a, b)],
              "cluster_b": clusters[max(a, b)],
              "org_a": org[int(order[(n_organisations * min(a, b)) // n_clusters])],
              "org_b": org[int(order[(n_organisations * max(a, b)) // n_clusters])],
              "rank": 1, "score": 0.6, "kind": "kindred", "existing": "none", **EMPTY})
             for a, b in partner],
        )
    )  # fmt: skip


def main() -> None:
    """Invent the tables and time the stages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clusters", type=int, default=500)
    parser.add_argument("--organisations", type=int, default=50_000)
    chosen = parser.parse_args()
    tables = invented(chosen.clusters, chosen.organisations)
    for stage in (Structures(), ValueChains(), GrowthPath()):
        start, busy = time.perf_counter(), time.process_time()
        written = stage.run(tables)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        tables = tables.merged(written)
        rows = {name: written[name].num_rows for name in written.names}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        spent = f"{seconds:.1f} s ({busy:.1f} s of processor)"
        print(f"{stage.name}: {spent}, peak {peak:.2f} GiB, {rows}", flush=True)


if __name__ == "__main__":
    main()
