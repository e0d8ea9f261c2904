"""The smallest set of proposed ties that connects the members of all clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from clusterloom.networks.tie_design import (
    TieDesign,
    TieProblem,
    exact_design,
    fewest_ties_bound,
    greedy_design,
    random_costs,
    share_path,
)
from clusterloom.schema import dump_reasons
from clusterloom.stages._cluster_network import ClusterNetwork, based_on
from clusterloom.stages._structure_words import connection_reasons, new_tie_reasons
from clusterloom.tables import Tables

__all__ = ["connect_clusters"]

Row = dict[str, Any]


def connect_clusters(
    tables: Tables,
    network: ClusterNetwork,
    *,
    required_share: float,
    max_new_ties: int,
    exact_parts: int,
    time_limit_s: float,
    n_random: int,
    seed: int,
) -> tuple[list[Row], list[Row]]:
    """Return the rows of `new_tie` and of `connection`."""
    if len(network.orgs) < 2:
        return [], []
    options = _options(tables, network)
    ends = network.numbered((o["org_a"], o["org_b"]) for o in options)
    ones = np.ones(len(options))
    plain = TieProblem(len(network.orgs), network.ties, ends, ones, required_share)
    # Number first, then score: the extras of all ties of a design stay below one tie together.
    extra = np.array([1 - o["score"] for o in options]) / max(plain.masses.size, 1)
    problem = TieProblem(len(network.orgs), network.ties, ends, ones + extra, required_share)
    greedy = greedy_design(problem, budget=max_new_ties + 1 - 1e-6)
    chosen, method = greedy, "greedy"
    touched = np.unique(plain.part_options).size
    if touched <= exact_parts and greedy.status in ("reached", "out_of_budget"):
        exact = exact_design(problem, time_limit_s=time_limit_s)
        if exact.status == "reached" and len(exact.chosen) <= max_new_ties:
            chosen, method = exact, "exact"
    random = np.floor(random_costs(plain, trials=n_random, seed=seed) + 1e-9)
    path = share_path(problem, chosen.chosen)
    rows = []
    for rank, option in enumerate(chosen.chosen, start=1):
        row: Row = {
            **options[option],
            "rank": rank,
            "n_joined": round((path[rank] - path[rank - 1]) * problem.n_pairs),
            "share_after": round(path[rank], 4),
        }
        row["reasons"] = dump_reasons(new_tie_reasons(row))
        row["based_on"] = based_on([row.pop("reference")])
        rows.append(row)
    bases = [f"new_tie:{row['org_a']}~{row['org_b']}" for row in rows]
    bases = bases or [option["reference"] for option in options]
    found = _connection(problem, chosen, greedy, random, method)
    return rows, [{**found, "based_on": based_on(bases)}]


def _connection(
    problem: TieProblem, chosen: TieDesign, greedy: TieDesign, random: Any, method: str
) -> Row:
    drawn = random[~np.isnan(random)]
    total = max(problem.n_pairs, 1.0)
    low, middle, high = np.quantile(drawn, [0.025, 0.5, 0.975]) if drawn.size else (None,) * 3
    row: Row = {
        "scope": "all_clusters",
        "required_share": problem.required_share,
        "share_before": round(problem.pairs_with([]) / total, 4),
        "share_after": round(chosen.pairs / total, 4),
        "share_possible": round(problem.possible_pairs / total, 4),
        "status": chosen.status,
        "method": method if chosen.chosen else "none",
        "n_options": len(problem.options),
        "n_ties": len(chosen.chosen),
        "n_ties_greedy": len(greedy.chosen),
        "n_ties_bound": fewest_ties_bound(problem, most=max(len(chosen.chosen), 1)),
        "n_ties_random": middle,
        "n_ties_random_low": low,
        "n_ties_random_high": high,
    }
    row["reasons"] = dump_reasons(connection_reasons(row))
    return row


def _options(tables: Tables, network: ClusterNetwork) -> list[Row]:
    """Proposed pairs of members without a working tie, each once, the best first."""
    found: dict[tuple[str, str], Row] = {}
    for row in tables.rows("introduction"):
        reference = f"introduction:{row['cluster_id']}~{row['org_a']}~{row['org_b']}"
        _keep(found, network, row, (row["cluster_id"], row["cluster_id"]), reference)
    for row in tables.rows("partner_match"):
        key = (row["cluster_a"], row["cluster_b"], row["org_a"], row["org_b"])
        _keep(found, network, row, key[:2], f"partner_match:{'~'.join(key)}")
    return sorted(found.values(), key=lambda o: (-o["score"], o["org_a"], o["org_b"]))


def _keep(
    found: dict[tuple[str, str], Row],
    network: ClusterNetwork,
    row: Row,
    clusters: tuple[str, str],
    reference: str,
) -> None:
    (a, cluster_a), (b, cluster_b) = sorted(
        zip((row["org_a"], row["org_b"]), clusters, strict=True)
    )
    members = a in network.position and b in network.position
    if a == b or not members or b in network.partners[a]:
        return
    option: Row = {
        "org_a": a,
        "org_b": b,
        "cluster_a": cluster_a,
        "cluster_b": cluster_b,
        "origin": reference.partition(":")[0],
        "score": row["score"],
        "reference": reference,
    }
    if (a, b) not in found or found[a, b]["score"] < row["score"]:
        found[a, b] = option
