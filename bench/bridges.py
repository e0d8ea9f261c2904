"""Measure bridges at the size of a continent: 500 clusters with 50,000 organisations.

Prints one line for each size; run `python bench/bridges.py`. Clusters, their work and their ties
are invented and seeded: every cluster has eight fields of its own, clusters lie in eight countries,
and one tie in ten goes to anybody. The time is that of the whole stage on one processor: profiles,
all ordered pairs with intervals, and matches of organisations for every pair that is kept. The
limit is on processor time: what else the machine does must not decide.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.stages.bridges import Bridges
from clusterloom.tables import Tables, arrow_schema

SIZES = ((20, 2_000), (100, 10_000), (500, 50_000))
LIMIT_S, LIMIT_GB = 60.0, 4.0
COUNTRIES = ("BY", "CN", "RU", "KZ", "DE", "PL", "RS", "UZ")
KINDS = ("research", "development", "production", "training")
ROLES = ("core", "producer", "kindred_university", "infrastructure")


def table(name: str, columns: Mapping[str, Iterable[Any]]) -> pa.Table:
    """Make a table of the schema; columns that are not given are empty."""
    schema = arrow_schema(name)
    given = {key: list(values) for key, values in columns.items()}
    n = len(next(iter(given.values())))
    for one in schema:
        blank = "[]" if one.name in ("reasons", "based_on") else None if one.nullable else "bench"
        given.setdefault(one.name, [blank] * n)
    return pa.table({one.name: pa.array(given[one.name], type=one.type) for one in schema})


def invented(n_clusters: int, n_orgs: int, *, seed: int = 0) -> Tables:
    """Invent clusters of equal size with three directions an organisation and ten needs each."""
    random = np.random.default_rng(seed)
    catalogue = read_catalogue()
    fields = catalogue["field"]["field_id"].to_pylist()
    orgs = [f"o{k:06d}" for k in range(n_orgs)]
    clusters = [f"c{k:04d}" for k in range(n_clusters)]
    home = np.arange(n_orgs) * n_clusters // n_orgs
    country = [COUNTRIES[k % len(COUNTRIES)] for k in range(n_clusters)]
    own = np.stack([random.choice(len(fields), 8, replace=False) for _ in clusters])
    owner = np.repeat(np.arange(n_orgs), 3)
    chosen = own[home[owner], random.integers(0, 8, owner.size)]
    acts = [f"a{k:06d}" for k in range(owner.size)]
    kinds = [KINDS[k] for k in random.integers(0, len(KINDS), owner.size)]
    names = [orgs[k] for k in owner]
    a = random.integers(0, n_orgs, 3 * n_orgs)
    near = np.minimum(a + random.integers(1, 60, a.size), n_orgs - 1)
    b = np.where(random.random(a.size) < 0.9, near, random.integers(0, n_orgs, a.size))
    ties = sorted({(min(p), max(p)) for p in zip(a.tolist(), b.tolist(), strict=True)})
    ties = [pair for pair in ties if pair[0] != pair[1]]
    need_of = np.repeat(np.arange(n_clusters), 10)
    stage = [KINDS[k] for k in random.integers(0, len(KINDS), need_of.size)]
    wanted = [fields[own[c, k % 8]] for k, c in enumerate(need_of)]
    pairs = [(i, j) for i in range(len(fields)) for j in range(i + 1, len(fields))]
    pairs = [pairs[k] for k in random.choice(len(pairs), 2_000, replace=False)]
    ones, zeros = [1.0] * owner.size, [0.0] * n_clusters
    made = {
        "organisation": {
            "org_id": orgs, "role": ["company"] * n_orgs, "name_en": orgs,
            "country": [country[c] for c in home], "coord_precision": ["unknown"] * n_orgs,
        },
        "activity": {"activity_id": acts, "org_id": names, "kind": kinds, "weight": ones},
        "activity_field": {
            "activity_id": acts, "org_id": names, "kind": kinds, "share": ones,
            "field_id": [fields[k] for k in chosen],
            "confidence": random.uniform(0.4, 1.0, owner.size), "method": ["code"] * owner.size,
        },
        "field_adjacency": {
            "field_a": [fields[i] for i, _ in pairs], "field_b": [fields[j] for _, j in pairs],
            **{k: [0.5] * len(pairs) for k in ("text", "classification")},
            "fused": random.uniform(0.1, 0.8, len(pairs)),
        },
        "link": {
            "link_id": [f"l{k:06d}" for k in range(len(ties))],
            "org_a": [orgs[x] for x, _ in ties], "org_b": [orgs[y] for _, y in ties],
            "kind": ["contract"] * len(ties), "weight": [1.0] * len(ties),
        },
        "cluster": {
            "cluster_id": clusters, "country": country, "n_members": [0] * n_clusters,
            "main_fields": ["|".join(fields[k] for k in row) for row in own],
            **dict.fromkeys(("coverage", "objective", "bound"), zeros),
        },
        "membership": {
            "cluster_id": [clusters[c] for c in home], "org_id": orgs,
            "role": [ROLES[k] for k in random.integers(0, len(ROLES), n_orgs)],
            "n_ties": [0] * n_orgs, "marginal_value": [0.0] * n_orgs,
        },
        "need": {
            "cluster_id": [clusters[c] for c in need_of],
            "need": [f"{s}@{f}" for s, f in zip(stage, wanted, strict=True)], "stage": stage,
            "field_id": wanted, "weight": [0.1] * need_of.size,
            "covered": random.random(need_of.size), "n_providers": [0] * need_of.size,
        },
    }  # fmt: skip
    return Tables({**catalogue.by_name, **{k: table(k, v) for k, v in made.items()}})


def main() -> None:
    """Measure each size and print the lines of a table."""
    print("| clusters | organisations | pairs | links | matches | processor | clock | memory |")
    print("|---|---|---|---|---|---|---|---|")
    for n_clusters, n_orgs in SIZES:
        tables = invented(n_clusters, n_orgs)
        start, clock = time.process_time(), time.perf_counter()
        written = Bridges().run(tables)
        seconds, clock = time.process_time() - start, time.perf_counter() - clock
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {n_clusters} | {n_orgs:,} | {n_clusters * (n_clusters - 1):,} "
            f"| {written['cluster_link'].num_rows:,} | {written['partner_match'].num_rows:,} "
            f"| {seconds:.1f} s | {clock:.1f} s | {peak_gb:.2f} GB |",
            flush=True,
        )
        if n_clusters == SIZES[-1][0] and (seconds > LIMIT_S or peak_gb > LIMIT_GB):
            sys.exit(f"{seconds:.1f} s and {peak_gb:.2f} GB; {LIMIT_S:g} s and {LIMIT_GB:g} GB")


if __name__ == "__main__":
    main()
