"""What each cluster adds to each other: the parts of the score for all pairs at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.complementarity import (
    added_density_of_pairs,
    joint_critical_mass,
    reach_weights,
    understanding,
)
from clusterloom.spatial import great_circle_km
from clusterloom.stages._bridge_world import FIELD_STAGES, PROFILED_ROLES, World

__all__ = ["PARTS", "Comparison", "PairParts", "PairRules"]

Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

# The parts of the score, by the names the recipe weighs them under.
PARTS = (
    "complementarity",
    "returned",
    "density_closed",
    "joint_mass",
    "understanding",
    "ties",
    "language",
    "nearness",
)
_HALF_TIES = 3  # ties at which the part of existing ties is one half


@dataclass(frozen=True, kw_only=True)
class PairRules:
    """The numbers by which clusters are compared (stated by the stage)."""

    weights: Mapping[str, float]
    min_adjacency: float
    field_presence: float
    critical_mass: float
    kinship_peak: float
    distance_scale_km: float
    n_need_fields: int


@dataclass(frozen=True, kw_only=True)
class PairParts:
    """Parts for all ordered pairs, (clusters, clusters); NaN where a part is not known."""

    values: Mapping[str, Matrix]  # by the names of PARTS, 0..1
    added_density: Matrix
    n_joint: Matrix
    kinship: Matrix
    score: Matrix
    known_share: Matrix


@dataclass(frozen=True)
class Comparison:
    """Compares all clusters of a world, with all members or with a draw of them."""

    world: World
    rules: PairRules
    _near: list[tuple[Index, Matrix]] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the fields that count as adjacent to each field, and how much."""
        near = self.strong
        kept = [np.flatnonzero(column) for column in near.T]
        weighed = [(rows, near[rows, j]) for j, rows in enumerate(kept)]
        object.__setattr__(self, "_near", weighed)

    @cached_property
    def strong(self) -> Matrix:
        """Adjacency without what is too weak to count as an offer, (fields, fields)."""
        near = self.world.adjacency
        kept: Matrix = np.where(near >= self.rules.min_adjacency, near, 0.0)
        return kept

    @cached_property
    def seats(self) -> tuple[Index, Index]:
        """Cluster and organisation of every seat, cluster by cluster."""
        sides = self.world.sides
        sizes = [side.members.size for side in sides]
        none = np.zeros(0, dtype=np.int64)
        return np.repeat(np.arange(len(sides)), sizes), np.concatenate(
            [none, *(side.members for side in sides)]
        )

    @cached_property
    def _profiled(self) -> npt.NDArray[np.bool_]:
        roles = [role in PROFILED_ROLES for side in self.world.sides for role in side.roles]
        return np.array(roles, dtype=bool) & self.world.known_work[self.seats[1]]

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Clusters with at least one member whose work is known."""
        return self.n_known > 0

    @cached_property
    def n_known(self) -> Index:
        """Members with known work of each cluster."""
        cluster, org = self.seats
        drawn = cluster[self.world.known_work[org]]
        return np.bincount(drawn, minlength=len(self.world.sides)).astype(np.int64)

    def profiles(self, draw: Matrix) -> Matrix:
        """Mean profile of core, producers, universities and institutes, (clusters, fields).

        The fields a cluster states in equal parts where the work of its members is not known;
        NaN where neither is.
        """
        seats = draw * self._profiled
        total = self._sum_of_seats(seats, self.world.profiles)
        count = np.bincount(self.seats[0], weights=seats, minlength=len(total))
        mean: Matrix = total / np.where(count > 0, count, np.nan)[:, None]
        for i, side in enumerate(self.world.sides):
            if count[i] == 0 and side.stated.size:
                mean[i] = 0.0
                mean[i, side.stated] = 1 / side.stated.size
        return mean

    def masses(self, draw: Matrix) -> Matrix:
        """Members at work in each field, by confidence, (clusters, fields); NaN if not known."""
        mass = self._sum_of_seats(draw, self.world.presence)
        mass[~self.known] = np.nan
        return mass

    def offers(self, draw: Matrix) -> Matrix:
        """Best offer of a member at each stage in each field, (clusters, stages, fields), 0..1."""
        n, f = len(self.world.sides), len(self.world.fields)
        best = np.zeros(n * len(FIELD_STAGES) * f)
        if self._entries[0].size:
            starts, cells, seat, value = self._entries
            best[cells] = np.maximum.reduceat(value * (draw[seat] > 0), starts)
        own = best.reshape(n, len(FIELD_STAGES), f)
        spread = np.zeros_like(own)
        for j, (rows, weight) in enumerate(self._near):
            if rows.size:
                spread[:, :, j] = (own[:, :, rows] * weight).max(axis=2)
        return spread

    @cached_property
    def _entries(self) -> tuple[Index, Index, Index, Matrix]:
        """Work of every seat, by cluster, stage and field: what a largest offer is taken of."""
        f, n_cells = len(self.world.fields), len(FIELD_STAGES) * len(self.world.fields)
        cluster, org = self.seats
        part = self.world.work[org].tocoo()
        inside = part.col < n_cells if f else np.zeros(0, dtype=bool)
        seat, value = part.row[inside].astype(np.int64), part.data[inside]
        cell = cluster[seat] * n_cells + part.col[inside]
        order = np.argsort(cell, kind="stable")
        cell, seat, value = cell[order], seat[order], value[order]
        starts = np.flatnonzero(np.append(True, cell[1:] != cell[:-1])) if cell.size else cell
        return starts.astype(np.int64), cell[starts], seat, value

    @cached_property
    def whole(self) -> Matrix:
        """The draw in which every member is there once."""
        return np.ones(self.seats[0].size)

    @cached_property
    def own_offers(self) -> Matrix:
        """Offers with all members."""
        return self.offers(self.whole)

    @cached_property
    def own_profiles(self) -> Matrix:
        """Profiles with all members."""
        return self.profiles(self.whole)

    @cached_property
    def own_masses(self) -> Matrix:
        """Masses with all members."""
        return self.masses(self.whole)

    @cached_property
    def needs(self) -> tuple[Matrix, Matrix]:
        """Open needs in fields, (clusters, stages x fields), and the open need of each cluster.

        An existing cluster states none: it needs its leading fields at all four stages alike, as
        far as its own members do not cover them. NaN where they are not known.
        """
        world, f = self.world, len(self.world.fields)
        opened = np.zeros((len(world.sides), len(FIELD_STAGES) * f))
        total = np.zeros(len(world.sides))
        for i, side in enumerate(world.sides):
            if side.needs is not None:
                for name, amount in side.needs.items():
                    stage, _, field_id = name.partition("@")
                    if stage in FIELD_STAGES and field_id in world.column:
                        opened[i, FIELD_STAGES.index(stage) * f + world.column[field_id]] = amount
                total[i] = side.open_need
            elif self.known[i]:
                opened[i] = self._implied_needs(i)
                total[i] = opened[i].sum()
            else:
                total[i] = np.nan
        return opened, total

    @cached_property
    def open_needs(self) -> list[tuple[Index, Index, Matrix]]:
        """Stage, field and open weight of each cluster's open needs in fields."""
        found = []
        for row in self.needs[0]:
            cells = np.flatnonzero(row)
            stage, column = np.divmod(cells, len(self.world.fields))
            found.append((stage.astype(np.int64), column.astype(np.int64), row[cells]))
        return found

    def _implied_needs(self, i: int) -> Matrix:
        profile = np.nan_to_num(self.own_profiles[i])
        leading = np.argsort(-profile, kind="stable")[: self.rules.n_need_fields]
        weight = np.zeros_like(profile)
        weight[leading] = profile[leading]
        weight /= weight.sum() or 1.0
        missing: Matrix = (weight / len(FIELD_STAGES)) * (1.0 - self.own_offers[i])
        return missing.ravel()

    def parts(self, draw: Matrix | None = None) -> PairParts:
        """Compare all ordered pairs; `draw` says how often each seat is there (default: once)."""
        rules = self.rules
        draw = self.whole if draw is None else draw
        profiles, masses = self.profiles(draw), self.masses(draw)
        kinship = self._kinship(profiles)
        added, lacking = self._added(masses)
        common = {pair: (np.minimum(*draw[np.array(seats)].T) @ rows) for pair, seats, rows in
                  self._shared_work}  # fmt: skip
        n_joint, thin = joint_critical_mass(
            np.nan_to_num(masses), rules.critical_mass, common=common
        )
        n_joint[~self.known] = n_joint[:, ~self.known] = np.nan
        covered = self._covered(self.offers(draw))
        values = {
            "complementarity": covered,
            "returned": covered.T,
            "density_closed": _share(added, lacking),
            "joint_mass": _share(n_joint, thin),
            "understanding": understanding(kinship, peak=rules.kinship_peak),
            **self._standing,
        }
        score, known = _weighted(values, rules.weights)
        return PairParts(
            values=values,
            added_density=added,
            n_joint=n_joint,
            kinship=kinship,
            score=score,
            known_share=known,
        )

    def _kinship(self, profiles: Matrix) -> Matrix:
        toward = profiles @ self.world.adjacency
        own = np.sqrt((toward * profiles).sum(axis=1))
        with np.errstate(invalid="ignore"):  # 0/0 where there are no fields at all
            alike: Matrix = np.clip(toward @ profiles.T / np.outer(own, own), 0.0, 1.0)
        return alike

    def _added(self, masses: Matrix) -> tuple[Matrix, Matrix]:
        present = np.nan_to_num(masses) >= self.rules.field_presence
        for i, side in enumerate(self.world.sides):
            if side.basis == "fields":
                present[i, side.stated] = True
        weights = reach_weights(present, self.world.adjacency)
        added, lacking = added_density_of_pairs(present, self.world.adjacency, weights=weights)
        # What a cluster of which nothing is known would add is not nothing.
        added[:, ~present.any(axis=1)] = np.nan
        return added, lacking

    def _covered(self, offers: Matrix) -> Matrix:
        opened, total = self.needs
        share = _share(opened @ offers.reshape(len(offers), -1).T, total)
        share[:, ~self.known] = np.nan
        return np.minimum(share, 1.0)

    @cached_property
    def n_ties(self) -> Matrix:
        """Working ties between members, each once, (clusters, clusters); NaN if none is known."""
        seats = self._seating(self.whole)
        tied: Matrix = (seats @ self.world.ties @ seats.T).toarray()
        for (one, other), shared in self.shared_members.items():
            # A tie of two that sit in both clusters is met from either end.
            inner = self.world.ties[shared][:, shared].sum() / 2
            tied[[one, other], [other, one]] -= inner
        nobody = np.array([not side.members.size for side in self.world.sides], dtype=bool)
        tied[nobody] = tied[:, nobody] = np.nan
        return tied

    @cached_property
    def shared_members(self) -> dict[tuple[int, int], Index]:
        """Pairs of clusters (first < second) that share members, and who they are."""
        shared: dict[tuple[int, int], list[int]] = {}
        cluster, org = self.seats
        order = np.argsort(org, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(org[order])) + 1):
            for k, one in enumerate(group):
                for other in group[k + 1 :]:
                    pair = (int(cluster[one]), int(cluster[other]))
                    shared.setdefault(pair, []).append(int(org[one]))
        return {pair: np.array(orgs, dtype=np.int64) for pair, orgs in shared.items()}

    @cached_property
    def _shared_work(self) -> list[tuple[tuple[int, int], list[tuple[int, int]], Matrix]]:
        """For pairs that share members: their seats in both, and their work by field."""
        seat_of = {seat: k for k, seat in enumerate(zip(*self.seats, strict=True))}
        return [
            (
                pair,
                [(seat_of[pair[0], o], seat_of[pair[1], o]) for o in orgs],
                self.world.presence[orgs].toarray(),
            )
            for pair, orgs in self.shared_members.items()
        ]

    @cached_property
    def distance_km(self) -> Matrix:
        """Distance of the anchors; NaN where one is not on the map."""
        unknown = (np.nan, np.nan)
        points = np.array([s.centre or unknown for s in self.world.sides]).reshape(-1, 2)
        lat, lon = points.T
        distance: Matrix = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
        return distance

    @cached_property
    def _standing(self) -> dict[str, Matrix]:
        """Parts that do not depend on which members are drawn."""
        spoken = [set(side.languages) for side in self.world.sides]
        common = np.array(
            [[float(bool(p & q)) if p and q else np.nan for q in spoken] for p in spoken]
        )
        return {
            "ties": self.n_ties / (self.n_ties + _HALF_TIES),
            "language": common.reshape(len(spoken), len(spoken)),
            "nearness": np.exp(-self.distance_km / self.rules.distance_scale_km),
        }

    def _sum_of_seats(self, draw: Matrix, of_org: Any) -> Matrix:
        """Sum rows of organisations over the seats of each cluster."""
        total: Matrix = (self._seating(draw) @ of_org).toarray()
        return total

    def _seating(self, draw: Matrix) -> Any:
        from scipy import sparse

        shape = (len(self.world.sides), len(self.world.org_ids))
        return sparse.csr_array((draw, self.seats), shape=shape)


def _share(part: Matrix, whole: Matrix) -> Matrix:
    """Row by row: part of a whole; 0 of nothing is 0, for there is nothing to win."""
    divided = np.divide(part, whole[:, None], out=np.zeros_like(part), where=whole[:, None] > 0)
    divided[np.isnan(part) | np.isnan(whole)[:, None]] = np.nan
    return np.clip(divided, 0.0, 1.0)


def _weighted(values: Mapping[str, Matrix], weights: Mapping[str, float]) -> tuple[Matrix, Matrix]:
    """Weighted mean of the known parts, and the share of the weights they have."""
    whole = sum(weights.values())
    some = next(iter(values.values()))
    total, known = np.zeros_like(some), np.zeros_like(some)
    for name, weight in weights.items():
        known += weight * ~np.isnan(values[name])
        total += weight * np.nan_to_num(values[name])
    score = np.divide(total, known, out=np.zeros_like(total), where=known > 0)
    return np.clip(score, 0.0, 1.0), known / whole
