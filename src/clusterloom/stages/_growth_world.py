"""What the growth path looks up: members, working ties, families of fields, proposals."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from clusterloom.stages._profiles import family_profiles
from clusterloom.tables import Tables

__all__ = ["GrowthWorld"]

Row = dict[str, Any]
Pair = tuple[str, str]


class GrowthWorld:
    """Tables of a plan by what a programme asks of them."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.cluster = tables.by_key("cluster", "cluster_id")
        self.members: dict[str, set[str]] = {c: set() for c in self.cluster}
        for row in tables.rows("membership"):
            if row["cluster_id"] in self.members:
                self.members[row["cluster_id"]].add(row["org_id"])
        self.ties: set[Pair] = {
            (r["org_a"], r["org_b"]) for r in tables.query("distinct_tie").to_pylist()
        }
        self.partners: dict[str, set[str]] = defaultdict(set)
        for x, y in self.ties:
            self.partners[x].add(y)
            self.partners[y].add(x)
        self.need = {(r["cluster_id"], r["need"]): r for r in tables.rows("need")}
        self.gaps = self._by_cluster("gap")
        self.introductions = self._by_cluster("introduction")
        self.matches: dict[Pair, list[Row]] = defaultdict(list)
        for row in sorted(tables.rows("partner_match"), key=lambda r: r["rank"]):
            self.matches[row["cluster_a"], row["cluster_b"]].append(row)
        self.link = {
            (r["cluster_a"], r["cluster_b"]): r
            for r in tables.rows("cluster_link")
            if r["cluster_a"] in self.cluster and r["cluster_b"] in self.cluster
        }
        self.connection = next(iter(tables.rows("connection")), None)
        self.new_ties = sorted(tables.rows("new_tie"), key=lambda r: r["rank"])
        self.chains = tables.rows("value_chain")
        self.handovers: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("chain_handover"):
            self.handovers[row["chain_id"]].append(row)
        self.step = {(r["chain_id"], r["step_no"]): r["step"] for r in tables.rows("chain_step")}
        self._read_families(tables)

    def _by_cluster(self, table: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables.rows(table):
            found[row["cluster_id"]].append(row)
        return found

    def _read_families(self, tables: Tables) -> None:
        """Leading family of fields of each organisation with known work."""
        orgs, names, work = family_profiles(tables)
        self.family = {
            org: names[int(np.argmax(row))]
            for org, row in zip(orgs, work, strict=True)
            if row.sum() > 0
        }

    def tied(self, x: str, y: str) -> bool:
        """Tell whether two organisations have a known working tie."""
        return (min(x, y), max(x, y)) in self.ties

    def tied_members(self, cluster: str, more: list[Pair]) -> float | None:
        """Share of members with a working tie inside, some further ties counted; None if empty."""
        members = self.members[cluster]
        ends = {o for pair in more if members.issuperset(pair) for o in pair}
        ends |= {o for o in members if self.partners[o] & members}
        return len(ends) / len(members) if members else None

    def crosses_industries(self, x: str, y: str) -> bool:
        """Tell whether the known work of two lies in different families of fields."""
        one, other = self.family.get(x), self.family.get(y)
        return one is not None and other is not None and one != other

    def cross_industry_ties(self, cluster: str) -> int:
        """Working ties inside a cluster across families of fields."""
        members = self.members[cluster]
        return sum(
            x < y and self.crosses_industries(x, y)
            for x in members
            for y in self.partners[x] & members
        )

    def ties_between(self, a: str, b: str) -> int:
        """Working ties with one end in each of two clusters, each once."""
        right = self.members[b]
        found = {(min(x, y), max(x, y)) for x in self.members[a] for y in self.partners[x] & right}
        return len(found)

    def home_partners(self, cluster: str) -> list[str]:
        """Other clusters of the same country, the best partner first."""
        country = self.cluster[cluster]["country"]
        linked = [
            (row["rank"], other)
            for (own, other), row in self.link.items()
            if own == cluster and self.cluster[other]["country"] == country
        ]
        return [other for _, other in sorted(linked)]

    def matches_of(self, a: str, b: str) -> list[Row]:
        """Proposed pairs of two clusters, the best first; sides as stored."""
        return self.matches.get((min(a, b), max(a, b)), [])

    def joint_chains(self, a: str, b: str) -> list[Row]:
        """Chains that need both clusters."""
        both = {a, b}
        return [c for c in self.chains if both <= set(c["clusters"].split("|"))]
