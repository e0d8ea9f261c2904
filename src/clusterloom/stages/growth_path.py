"""Stage `growth_path`: from two local clusters to a joint programme, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.stages._growth_world import GrowthWorld
from clusterloom.stages._programme import Programme, ProgrammeRules
from clusterloom.tables import Tables

__all__ = ["GrowthPath"]

Row = dict[str, Any]
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class GrowthPath:
    """Stage: a staged programme for each cluster and its best partner, with measured milestones.

    Four phases: local, cross-industry, cross-cluster, cross-network. Each has actions taken from
    the plan's own proposals, milestones with today's value and the value these actions lead to,
    and a precondition that is checked today and for the time the phases before are done.

    Reads the results of composition, introductions, bridges, structures and value chains. Writes
    `programme_phase`, `milestone`, `programme_action`.
    """

    name: ClassVar[str] = "growth_path"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "gap",
        "introduction",
        "cluster_link",
        "partner_match",
        "value_chain",
        "chain_step",
        "chain_handover",
        "connection",
        "new_tie",
        "link",
        "activity",
        "activity_field",
        "field",
        "field_family",
    )
    writes: ClassVar[tuple[str, ...]] = ("programme_phase", "milestone", "programme_action")

    n_partners: int = 1  # partner clusters per cluster that get a programme, those abroad first
    n_actions: int = 8  # actions of one kind listed in a phase at most
    min_tied_share: float = 0.3  # 0..1 of the members tied inside, before crossing industries
    min_anchors: int = 1  # ties, shared members, common partners across, before crossing clusters
    min_pair_ties: int = 3  # working ties between the two clusters, before crossing networks

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        faults = [
            f"{name} is {getattr(self, name)}, but is 0 or more"
            for name in ("n_partners", "n_actions", "min_anchors", "min_pair_ties")
            if getattr(self, name) < 0
        ]
        if not 0 <= self.min_tied_share <= 1:
            faults.append(f"min_tied_share is {self.min_tied_share:g}, but lies in 0..1")
        if faults:
            raise RecipeError(
                f"growth_path: {'; '.join(faults)}",
                rule="parameters lie in their ranges",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Write a programme for every chosen pair of clusters."""
        world = GrowthWorld(tables)
        phases: list[Row] = []
        milestones: list[Row] = []
        actions: list[Row] = []
        rules = ProgrammeRules(
            n_actions=self.n_actions,
            min_tied_share=self.min_tied_share,
            min_anchors=self.min_anchors,
            min_pair_ties=self.min_pair_ties,
        )
        for a, b in self._pairs(world):
            programme = Programme(a, b, world, rules)
            phases += programme.phases
            milestones += programme.milestones
            actions += programme.actions
        written = Tables().with_rows("programme_phase", phases)
        return written.with_rows("milestone", milestones).with_rows("programme_action", actions)

    def _pairs(self, world: GrowthWorld) -> list[Pair]:
        """Each cluster with its best partners, those abroad before those at home."""
        found: set[Pair] = set()
        for cluster, row in world.cluster.items():
            partners = sorted(
                (world.cluster[other]["country"] == row["country"], link["rank"], other)
                for (own, other), link in world.link.items()
                if own == cluster
            )
            for _, _, other in partners[: self.n_partners]:
                found.add((min(cluster, other), max(cluster, other)))
        return sorted(found)
