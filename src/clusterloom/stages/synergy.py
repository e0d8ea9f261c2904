"""Stage: what a proposed cluster is as a whole: triple-helix synergy, coverage, cohesion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.triple_helix import entropy_bits, triple_helix_information
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import HELIX_OF_ROLE
from clusterloom.tables import Tables

__all__ = ["Synergy"]

Row = dict[str, Any]
Presence = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Synergy:
    """Stage: measures of a proposed cluster as a whole.

    T(uig) is measured over joint events (projects, papers) of members where enough are known,
    else over the fields the members work in: is university, industry and government present in
    each? The interval is a bootstrap over these observations. With few observations T is not
    estimated.

    Reads `cluster`, `membership`, `organisation`, `activity`, `activity_field`, `link`. Writes
    `score`.
    """

    name: ClassVar[str] = "synergy"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "organisation",
        "activity",
        "activity_field",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("score",)

    min_events: int = 20  # events with members; with fewer the fields are the observations
    min_observations: int = 10  # observations; with fewer T is not estimated
    n_bootstrap: int = 400  # resamples behind the 95 % interval
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        if self.min_observations < 1 or self.n_bootstrap < 20:
            raise RecipeError(
                f"synergy: observations {self.min_observations}, bootstrap {self.n_bootstrap}",
                rule="min_observations >= 1 and n_bootstrap >= 20",
            )

    def run(self, tables: Tables) -> Tables:
        """Score every cluster."""
        helix = {
            r["org_id"]: "uig".index(HELIX_OF_ROLE[r["role"]]) for r in tables.rows("organisation")
        }
        members: dict[str, list[str]] = {}
        for row in tables.rows("membership"):
            members.setdefault(row["cluster_id"], []).append(row["org_id"])
        ties = {(r["org_a"], r["org_b"]) for r in tables.query("distinct_tie").to_pylist()}
        rows: list[Row] = []
        for cluster in tables.rows("cluster"):
            orgs = [o for o in members.get(cluster["cluster_id"], []) if o in helix]
            rows.append(self._triple_helix(cluster, orgs, helix, tables))
            rows += _plain(cluster, orgs, helix, ties)
        return Tables().with_rows("score", rows)

    def _triple_helix(
        self, cluster: Row, orgs: Sequence[str], helix: dict[str, int], tables: Tables
    ) -> Row:
        events = _by_event(tables, set(orgs), helix)
        over_events = len(events) >= self.min_events
        presence = events if over_events else _by_field(tables, set(orgs), helix)
        n = len(presence)
        if over_events:
            basis = reason("Observations are the {n} joint events in which members took part.", n=n)
        else:
            basis = reason("Observations are the {n} fields in which members work.", n=n)
        if n < self.min_observations:
            few = reason("Not estimated: at least {n} are needed.", n=self.min_observations)
            return _score(cluster, orgs, "triple_helix_t_mbit", None, "mbit", n, [basis, few])
        value = _mbit(presence)
        random = np.random.default_rng(self.seed)
        draws = [_mbit(presence[random.integers(0, n, n)]) for _ in range(self.n_bootstrap)]
        lower, upper = (float(x) for x in np.quantile(draws, (0.025, 0.975)))
        if upper < 0:
            said = reason(
                "T is {value} mbit: the three helices reduce each other's uncertainty, which is "
                "read as synergy.",
                value=round(value, 1),
            )
        elif lower > 0:
            said = reason(
                "T is {value} mbit: the helices repeat each other more than they complement.",
                value=round(value, 1),
            )
        else:
            said = reason(
                "T is {value} mbit, but the interval holds 0: no synergy can be told from chance.",
                value=round(value, 1),
            )
        row = _score(cluster, orgs, "triple_helix_t_mbit", value, "mbit", n, [said, basis])
        return {**row, "lower": round(min(lower, value), 4), "upper": round(max(upper, value), 4)}


def _mbit(presence: Presence) -> float:
    counts = np.zeros((2, 2, 2))
    np.add.at(counts, tuple(presence.T), 1)
    return 1000 * triple_helix_information(counts)


def _presence(groups: dict[str, set[int]]) -> Presence:
    rows = [[int(h in groups[key]) for h in range(3)] for key in sorted(groups)]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3)


def _by_event(tables: Tables, orgs: set[str], helix: dict[str, int]) -> Presence:
    groups: dict[str, set[int]] = {}
    for row in tables.rows("activity"):
        if row["event_id"] is not None and row["org_id"] in orgs:
            groups.setdefault(row["event_id"], set()).add(helix[row["org_id"]])
    for row in tables.rows("link"):
        for org_id in (row["org_a"], row["org_b"]):
            if row["event_id"] is not None and org_id in orgs:
                groups.setdefault(row["event_id"], set()).add(helix[org_id])
    return _presence(groups)


def _by_field(tables: Tables, orgs: set[str], helix: dict[str, int]) -> Presence:
    groups: dict[str, set[int]] = {}
    for row in tables.rows("activity_field"):
        if row["org_id"] in orgs:
            groups.setdefault(row["field_id"], set()).add(helix[row["org_id"]])
    return _presence(groups)


def _plain(
    cluster: Row, orgs: Sequence[str], helix: dict[str, int], ties: set[tuple[str, str]]
) -> list[Row]:
    """Coverage, cohesion and balance of the helices: counts, so no interval is given."""
    n = len(orgs)
    inside = set(orgs)
    tied = sum(a in inside and b in inside for a, b in ties)
    pairs = n * (n - 1) // 2
    counts = np.bincount([helix[o] for o in orgs], minlength=3).astype(float)
    balance = entropy_bits(counts) / float(np.log2(3)) if n else None
    coverage = reason(
        "A share of {share} of the weighted needs is covered by the proposed members.",
        share=round(cluster["coverage"], 3),
    )
    cohesion = reason(
        "{tied} of {pairs} pairs of members have a working tie that is known.",
        tied=tied,
        pairs=pairs,
    )
    balanced = reason(
        "{u} members are of research and education, {i} of industry, {g} of the state.",
        u=int(counts[0]),
        i=int(counts[1]),
        g=int(counts[2]),
    )
    return [
        _score(cluster, orgs, "coverage", cluster["coverage"], "share", n, [coverage]),
        _score(
            cluster, orgs, "cohesion", tied / pairs if pairs else None, "share", pairs, [cohesion]
        ),
        _score(cluster, orgs, "helix_balance", balance, "share", n, [balanced]),
    ]


def _score(
    cluster: Row,
    orgs: Sequence[str],
    measure: str,
    value: float | None,
    unit: str,
    n: int,
    reasons: Sequence[Reason],
) -> Row:
    return {
        "cluster_id": cluster["cluster_id"],
        "measure": measure,
        "value": None if value is None else round(value, 6),
        "unit": unit,
        "n_observations": n,
        "reasons": dump_reasons(reasons),
        "based_on": json.dumps(
            sorted(f"membership:{cluster['cluster_id']}~{o}" for o in orgs)[:40], ensure_ascii=False
        ),
    }
