"""Stage `value_chains`: from idea to market over one cluster or several, and where it breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.networks.covers import best_cover, minimal_covers
from clusterloom.schema import dump_reasons
from clusterloom.schema.vocabulary import FINANCE_STAGES
from clusterloom.stages._chain_words import chain_reasons, handover_reasons, step_reasons
from clusterloom.stages._cluster_network import based_on
from clusterloom.stages._profiles import adjacency_matrix, field_order
from clusterloom.tables import Tables

__all__ = ["ValueChains"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
Offers = dict[str, float]  # organisation -> strength of what it offers

_FIELD_STEPS = ("research", "development", "production", "training")
_FUNCTIONS = (
    "equipment", "engineering", "transfer", "park", "sme", "state", "certification",
    *(f"finance_of_{stage}" for stage in FINANCE_STAGES),
)  # fmt: skip
_MOST_CLUSTERS = 30  # clusters tried together for one field: those that cover most of its steps
_MOST_TOGETHER = 8  # clusters in a chain; more would take too long and could not be read
_MOST_NAMED = 5  # providers of a step written out


@dataclass(frozen=True, kw_only=True)
class ValueChains:
    """Stage: value chains from idea to market, complete alone, only together, or broken.

    For each leading field of the clusters, the smallest groups of clusters whose members cover
    every step; where there is none, the group that covers most and the steps that stay open. A
    step in a field is covered by work of its kind in the field or next to it, a function by the
    members who cover that need of their cluster.

    Reads `cluster`, `membership`, `need`, `activity_field`, `field`, `field_adjacency`, `link`.
    Writes `value_chain`, `chain_step`, `chain_handover`.
    """

    name: ClassVar[str] = "value_chains"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "activity_field",
        "field",
        "field_adjacency",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("value_chain", "chain_step", "chain_handover")

    # Steps from idea to market: kinds of work in the field, and functions that serve any field.
    steps: tuple[str, ...] = (
        "research",
        "development",
        "production",
        "finance_of_market_entry",
    )
    min_adjacency: float = 0.35  # 0..1; work in a less adjacent field does not carry a step
    min_offer: float = 0.35  # 0..1; a weaker offer does not cover a step
    max_clusters: int = 3  # clusters in one chain at most
    n_chains: int = 3  # chains kept for each field

    def __post_init__(self) -> None:
        """Check the steps and the ranges of the parameters."""
        faults = [
            f"{name} is {getattr(self, name):g}, but lies in 0..1"
            for name in ("min_adjacency", "min_offer")
            if not 0 <= getattr(self, name) <= 1
        ]
        faults += [
            f"{name} is {getattr(self, name)}, but is 1 or more"
            for name in ("max_clusters", "n_chains")
            if getattr(self, name) < 1
        ]
        if self.max_clusters > _MOST_TOGETHER:
            faults.append(f"max_clusters is {self.max_clusters}, but {_MOST_TOGETHER} at most")
        allowed = (*_FIELD_STEPS, *_FUNCTIONS)
        faults += [
            f"step `{step}` is unknown; steps are {', '.join(allowed)}"
            for step in self.steps
            if step not in allowed
        ]
        if len(set(self.steps)) != len(self.steps) or not self.steps:
            faults.append("steps are none, or one is named twice")
        if faults:
            raise RecipeError(
                f"value_chains: {'; '.join(faults)}",
                rule="steps are known, each once, and numbers lie in their ranges",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Find the chains of every leading field."""
        world = _World(tables, self.steps, self.min_adjacency, self.min_offer)
        chains: list[Row] = []
        steps: list[Row] = []
        handovers: list[Row] = []
        for field_id in world.leading_fields():
            for rank, clusters in enumerate(self._groups(field_id, world), start=1):
                chain = _Chain(field_id, clusters, world)
                row = chain.row()
                chains.append({**row, "rank": rank})
                steps += chain.step_rows()
                handovers += chain.handover_rows()
        written = Tables().with_rows("value_chain", chains)
        return written.with_rows("chain_step", steps).with_rows("chain_handover", handovers)

    def _groups(self, field_id: str, world: _World) -> list[tuple[str, ...]]:
        """The groups of clusters worth showing for a field, the best first."""
        everything = (1 << len(self.steps)) - 1
        masks = {c: world.mask(c, field_id) for c in world.clusters}
        # Whoever has only functions to offer does not carry a field: somebody must work in it.
        in_field = sum(1 << k for k, s in enumerate(self.steps) if s in _FIELD_STEPS)
        ranked = sorted(
            (c for c in world.clusters if masks[c]),
            key=lambda c: (-(masks[c] & in_field).bit_count(), -masks[c].bit_count(), c),
        )[:_MOST_CLUSTERS]
        covered = [masks[c] for c in ranked]
        groups = minimal_covers(covered, everything, most=self.max_clusters)
        if not groups:
            best = best_cover(covered, everything, most=self.max_clusters)
            return [tuple(sorted(ranked[i] for i in best))] if best else []
        named = [tuple(sorted(ranked[i] for i in group)) for group in groups]
        named.sort(key=lambda g: (len(g), -world.weakest(g, field_id), g))
        return named[: self.n_chains]


class _World:
    """Who offers what to which step, and who knows whom."""

    def __init__(
        self, tables: Tables, steps: Sequence[str], min_adjacency: float, min_offer: float
    ) -> None:
        self.steps = tuple(steps)
        self.min_offer = min_offer
        self.cluster = tables.by_key("cluster", "cluster_id")
        self.clusters = sorted(self.cluster)
        self.fields = field_order(tables)
        self.column = {f: j for j, f in enumerate(self.fields)}
        adjacency = adjacency_matrix(tables, self.fields)
        self.adjacency: Matrix = np.where(adjacency >= min_adjacency, adjacency, 0.0)
        self.members: dict[str, list[str]] = {c: [] for c in self.clusters}
        self.functions: dict[tuple[str, str], Offers] = defaultdict(dict)
        function = {
            (r["cluster_id"], r["need"]): r["covered"]
            for r in tables.rows("need")
            if r["field_id"] is None
        }
        for row in tables.rows("membership"):
            if row["cluster_id"] not in self.members:
                continue
            self.members[row["cluster_id"]].append(row["org_id"])
            for need in row["covers"].split("|"):
                strength = function.get((row["cluster_id"], need), 0.0)
                if strength >= min_offer and strength > 0:
                    self.functions[row["cluster_id"], need][row["org_id"]] = strength
        self.work: dict[tuple[str, str], Matrix] = {}
        self.activities: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in tables.rows("activity_field"):
            if row["field_id"] in self.column and row["kind"] in steps:
                key = (row["org_id"], row["kind"])
                vector = self.work.setdefault(key, np.zeros(len(self.fields)))
                j = self.column[row["field_id"]]
                vector[j] = max(vector[j], row["confidence"])
                self.activities[key].add(row["activity_id"])
        self.partners: dict[str, set[str]] = defaultdict(set)
        for row in tables.query("distinct_tie").to_pylist():
            self.partners[row["org_a"]].add(row["org_b"])
            self.partners[row["org_b"]].add(row["org_a"])
        self._known: dict[tuple[str, str], tuple[list[str], Matrix]] = {}

    def leading_fields(self) -> list[str]:
        """Leading fields of all clusters, sorted."""
        named = {f for row in self.cluster.values() for f in row["main_fields"].split("|")}
        return sorted(named & set(self.fields))

    def offers(self, cluster: str, step: str, field_id: str) -> Offers:
        """Members of a cluster that carry a step in a field, with their strength."""
        if step not in _FIELD_STEPS:
            return self.functions.get((cluster, step), {})
        key = (cluster, step)
        if key not in self._known:
            orgs = [o for o in self.members[cluster] if (o, step) in self.work]
            near = np.zeros((len(orgs), len(self.fields)))
            for i, org in enumerate(orgs):
                work = self.work[org, step]
                done = np.flatnonzero(work)  # a few fields of hundreds
                near[i] = (self.adjacency[:, done] * work[done]).max(axis=1, initial=0.0)
            self._known[key] = orgs, near
        orgs, strength = self._known[key]
        column = strength[:, self.column[field_id]]
        able = np.flatnonzero((column >= self.min_offer) & (column > 0))
        return {orgs[i]: float(column[i]) for i in able}

    def mask(self, cluster: str, field_id: str) -> int:
        """Bit k is set where the cluster covers step k."""
        return sum(
            1 << k for k, step in enumerate(self.steps) if self.offers(cluster, step, field_id)
        )

    def joint(self, clusters: Sequence[str], step: str, field_id: str) -> Offers:
        """Offers of several clusters to one step; who sits in two counts once."""
        joint: Offers = {}
        for cluster in clusters:
            for org, strength in self.offers(cluster, step, field_id).items():
                joint[org] = max(joint.get(org, 0.0), strength)
        return joint

    def weakest(self, clusters: Sequence[str], field_id: str) -> float:
        """Strength of the weakest covered step; 0 where none is covered."""
        best = [max(o.values()) for s in self.steps if (o := self.joint(clusters, s, field_id))]
        return min(best, default=0.0)


class _Chain:
    """One chain: a field and the clusters that carry it."""

    def __init__(self, field_id: str, clusters: tuple[str, ...], world: _World) -> None:
        self.field_id = field_id
        self.clusters = clusters
        self.world = world
        self.chain_id = f"{field_id}@{'+'.join(clusters)}"

    def row(self) -> Row:
        """The chain as a whole."""
        world = self.world
        covered = [s for s in world.steps if world.joint(self.clusters, s, self.field_id)]
        open_steps = [s for s in world.steps if s not in covered]
        alone = {c: world.mask(c, self.field_id).bit_count() for c in self.clusters}
        best = min(alone, key=lambda c: (-alone[c], c))
        if open_steps:
            verdict = "broken"
        else:
            verdict = "complete_alone" if len(self.clusters) == 1 else "only_together"
        row: Row = {
            "chain_id": self.chain_id,
            "field_id": self.field_id,
            "clusters": "|".join(self.clusters),
            "n_clusters": len(self.clusters),
            "n_countries": len({world.cluster[c]["country"] for c in self.clusters}),
            "verdict": verdict,
            "n_steps": len(world.steps),
            "n_covered": len(covered),
            "n_best_alone": alone[best],
            "n_joined": sum(self._joined(a, b) for a, b in pairwise(world.steps)),
            "open_steps": "|".join(open_steps) or None,
            "strength": round(world.weakest(self.clusters, self.field_id), 4) if covered else None,
        }
        row["reasons"] = dump_reasons(chain_reasons(row, best, self._cut_handovers()))
        row["based_on"] = based_on(
            f"chain_step:{self.chain_id}~{r['step_no']}~{r['cluster_id']}" for r in self.step_rows()
        )
        return row

    def _joined(self, step: str, following: str) -> bool:
        left = self.world.joint(self.clusters, step, self.field_id)
        right = self.world.joint(self.clusters, following, self.field_id)
        return any(x == y or y in self.world.partners[x] for x in left for y in right)

    def _cut_handovers(self) -> list[tuple[str, str]]:
        """Pairs of covered steps, one after the other, without anybody known to join them."""
        joint = {s: self.world.joint(self.clusters, s, self.field_id) for s in self.world.steps}
        pairs = pairwise(self.world.steps)
        return [(a, b) for a, b in pairs if joint[a] and joint[b] and not self._joined(a, b)]

    def step_rows(self) -> list[Row]:
        """What each cluster brings to each step."""
        rows = []
        for number, step in enumerate(self.world.steps, start=1):
            for cluster in self.clusters:
                offers = self.world.offers(cluster, step, self.field_id)
                if not offers:
                    continue
                best = sorted(offers, key=lambda o: (-offers[o], o))[:_MOST_NAMED]
                row: Row = {
                    "chain_id": self.chain_id,
                    "step_no": number,
                    "step": step,
                    "cluster_id": cluster,
                    "n_providers": len(offers),
                    "org_ids": "|".join(best),
                    "strength": round(max(offers.values()), 4),
                }
                row["reasons"] = dump_reasons(step_reasons(row, self.field_id, _FIELD_STEPS))
                row["based_on"] = based_on(self._bases(cluster, step, best))
                rows.append(row)
        return rows

    def _bases(self, cluster: str, step: str, orgs: Sequence[str]) -> list[str]:
        if step not in _FIELD_STEPS:
            return [f"need:{cluster}~{step}", *(f"membership:{cluster}~{o}" for o in orgs)]
        keys = {a for o in orgs for a in self.world.activities[o, step]}
        return [a if a.startswith("development:") else f"activity:{a}" for a in keys]

    def handover_rows(self) -> list[Row]:
        """Between which clusters each step passes to the next."""
        rows = []
        for number, (step, following) in enumerate(pairwise(self.world.steps), start=1):
            right = {c: self.world.offers(c, following, self.field_id) for c in self.clusters}
            total = sum(len(offers) for offers in right.values())
            for a in self.clusters:
                left = self.world.offers(a, step, self.field_id)
                for b in self.clusters:
                    if left and right[b]:
                        flow = len(left) * len(right[b]) / total
                        rows.append(
                            self._handover(number, (a, b), left, right[b])
                            | {"flow": round(flow, 4)}
                        )
        return rows

    def _handover(self, number: int, clusters: tuple[str, str], left: Offers, right: Offers) -> Row:
        """Who hands over to whom: a pair known to work together, else the strongest pair."""
        order = {"same": 0, "tie": 1, "path": 2, "none": 3}
        options = []
        for x in left:
            for y in right:
                state, via = self._state(x, y)
                options.append((order[state], -left[x] * right[y], x, y, state, via))
        _, _, x, y, state, via = min(options, key=lambda option: option[:4])
        row: Row = {
            "chain_id": self.chain_id,
            "step_no": number,
            "cluster_a": clusters[0],
            "cluster_b": clusters[1],
            "state": state,
            "org_a": x,
            "org_b": y,
            "via_org_id": via,
        }
        row["reasons"] = dump_reasons(handover_reasons(row))
        row["based_on"] = based_on(
            [f"membership:{clusters[0]}~{x}", f"membership:{clusters[1]}~{y}"]
        )
        return row

    def _state(self, x: str, y: str) -> tuple[str, str | None]:
        partners = self.world.partners
        if x == y:
            return "same", None
        if y in partners[x]:
            return "tie", None
        common = partners[x] & partners[y]
        return ("path", min(common)) if common else ("none", None)
