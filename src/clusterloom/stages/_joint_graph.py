"""The joint graph: places and fields of work, tied by closeness times adjacency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.communities import leiden_communities
from clusterloom.spatial import great_circle_km
from clusterloom.spatial._points import chord_of_km, unit_vectors
from clusterloom.spatial.uncertain import expected_kernel
from clusterloom.stages._actors import Actors, Work, on_grid
from clusterloom.stages._close_pairs import Draw

__all__ = ["JointGraph", "Network"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_MOST_SPOTS = 1_500  # distinct positions of a country; more are drawn together on a grid
_REACH = 3.0  # lengths of the kernel; beyond, closeness is below 5 % and ties nothing together
_BLOCK = 4_000_000  # pairs of nodes looked at in one go


@dataclass(frozen=True)
class Network:
    """The graph of one way to deal the work out; a node is a field of work at a spot."""

    node: Index  # (nodes,), spot times the number of fields plus field, ascending
    country: Index  # (nodes,)
    a: Index  # (ties,), one end, a number in `node`
    b: Index  # (ties,), the other
    tie: Vector  # (ties,), closeness times adjacency times the work at both ends
    within: Vector  # (nodes,), pairs of organisations within a node
    both: tuple[Index, Index, Vector]  # what one organisation adds to a tie with itself
    mean_tie: Vector  # (ties,), what the tie would be if everybody did what their group does
    mean_within: Vector  # (nodes,), likewise

    def pairs_within(self, label: Index, *, n: int) -> Vector:
        """Closeness times adjacency over pairs of organisations within each of n groups."""
        total = _summed(label, self.within, n)
        for a, b, value, sign in ((self.a, self.b, self.tie, 1.0), (*self.both, -1.0)):
            inside = (label[a] == label[b]) & (label[a] >= 0)
            total += sign * np.bincount(label[a[inside]], value[inside], minlength=n)
        return np.maximum(total, 0.0)

    def mean_within_groups(self, label: Index, *, n: int) -> Vector:
        """The same if everybody did what their group does on average (the null model's mean)."""
        total = _summed(label, self.mean_within, n)
        inside = (label[self.a] == label[self.b]) & (label[self.a] >= 0)
        total += np.bincount(label[self.a[inside]], self.mean_tie[inside], minlength=n)
        return np.maximum(total, 0.0)

    def communities(self, *, resolution: float, seed: int, trials: int) -> Index:
        """Group the nodes by the Leiden method."""
        from scipy.sparse import csr_matrix

        n = len(self.node)
        if n == 0:
            return np.empty(0, dtype=np.int64)
        row, column = np.concatenate([self.a, self.b]), np.concatenate([self.b, self.a])
        ties = csr_matrix((np.tile(self.tie, 2), (row, column)), shape=(n, n))
        return leiden_communities(ties, resolution=resolution, seed=seed, trials=trials)


@dataclass(frozen=True)
class JointGraph:
    """Spots of all countries and how close they are: what stays when work is dealt anew."""

    actors: Actors
    work: Work
    spot: Index  # (organisations,), -1 without position or work
    country: Index  # (spots,)
    near_a: Index  # pairs of spots of one country within reach, a < b
    near_b: Index
    near: Vector  # their kernel
    itself: Vector  # (spots,), kernel of two organisations at the same spot
    adjacent: Matrix  # (fields, fields), 0 where too weak to tie
    heads: Matrix  # (spots, groups), organisations of each group of the null model
    habit: Matrix  # (groups, fields), mean profile of a group

    @classmethod
    def of(
        cls, actors: Actors, work: Work, group: Index, *, kernel_km: float, min_adjacency: float
    ) -> JointGraph:
        """Lay the spots out and measure the closeness of those within reach."""
        spot, lat, lon, extent, country = _spots(actors, work, kernel_km)
        a, b = _near(lat, lon, country, reach_km=_REACH * kernel_km)
        distance = great_circle_km(lat[a], lon[a], lat[b], lon[b])
        near = expected_kernel(distance, extent[a], extent[b], kernel_km=kernel_km)
        itself = expected_kernel(0 * extent, extent, extent, kernel_km=kernel_km)
        adjacent = work.adjacency.toarray()
        adjacent[adjacent < min_adjacency] = 0.0
        heads, habit = _habits(work, group, spot, len(country))
        return cls(actors, work, spot, country, a, b, near, itself, adjacent, heads, habit)

    def network(self, draw: Draw) -> Network:
        """Build the graph of one way to deal the work out."""
        n_fields = len(self.work.fields)
        profile = draw.profile
        slot = np.repeat(draw.slot, np.diff(profile.indptr))
        field, share = profile.indices.astype(np.int64), profile.data
        key = np.where(self.spot[slot] >= 0, self.spot[slot] * n_fields + field, -1)
        node, number = np.unique(key, return_inverse=True)
        number = number.reshape(-1).astype(np.int64)
        if len(node) and node[0] < 0:
            node, number = node[1:], number - 1
        mass, square = _summed(number, share, len(node)), _summed(number, share**2, len(node))
        spot = node // n_fields
        first = np.searchsorted(spot, np.arange(len(self.country) + 1))
        parts = list(self._ties(node % n_fields, first))
        ends, others, closenesses = _columns(parts)
        a, b = _joined(ends).astype(np.int64), _joined(others).astype(np.int64)
        closeness = _joined(closenesses)
        field = node % n_fields
        mean = (self.heads @ self.habit)[spot, field]
        mean_tie = mean[a] * mean[b]
        here = np.flatnonzero(spot[a] == spot[b])
        mean_tie[here] -= self._own_mean(spot[a[here]], field[a[here]], field[b[here]])
        return Network(
            node=node,
            country=self.country[spot],
            a=a,
            b=b,
            tie=closeness * mass[a] * mass[b],
            within=self.itself[spot] * np.maximum(mass**2 - square, 0.0) / 2,
            both=self._with_itself(profile, number, share, node),
            mean_tie=closeness * np.maximum(mean_tie, 0.0),
            mean_within=self.itself[spot]
            * np.maximum(mean**2 - self._own_mean(spot, field, field), 0.0)
            / 2,
        )

    def _own_mean(self, spot: Index, one: Index, other: Index) -> Vector:
        """What everybody would add with themselves, doing what their group does."""
        total = np.zeros(len(spot))
        for heads, habit in zip(self.heads.T, self.habit, strict=True):
            total += heads[spot] * habit[one] * habit[other]
        return total

    def labels_of(self, network: Network, label: Index) -> Index:
        """Spread labels of nodes over all spots and fields; -1 where there was no node."""
        spread = np.full(len(self.country) * len(self.work.fields), -1, dtype=np.int64)
        spread[network.node] = label
        return spread

    def shares(self, draw: Draw, spread: Index, *, n: int) -> Any:
        """Share of each organisation's work in each of n groups, (groups, places), sparse."""
        from scipy.sparse import csr_array

        profile = draw.profile
        slot = np.repeat(draw.slot, np.diff(profile.indptr))
        key = self.spot[slot] * len(self.work.fields) + profile.indices
        standing = self.spot[slot] >= 0
        label = np.full(len(key), -1, dtype=np.int64)
        label[standing] = spread[key[standing]]
        kept = label >= 0
        shape = (n, len(self.spot))
        return csr_array((profile.data[kept], (label[kept], slot[kept])), shape=shape)

    def _ties(self, field: Index, first: Index) -> Iterator[tuple[Index, Index, Vector]]:
        """Pairs of nodes that are near and adjacent, block by block."""
        own = np.arange(len(self.country))
        spot_a = np.concatenate([own, self.near_a])
        spot_b = np.concatenate([own, self.near_b])
        kernel = np.concatenate([self.itself, self.near])
        count = np.diff(first)
        amount = count[spot_a] * count[spot_b]
        busy = np.flatnonzero(amount)
        block = np.cumsum(amount[busy]) // _BLOCK
        for number in np.unique(block):
            chosen = busy[block == number]
            pair = np.repeat(chosen, amount[chosen])
            start = np.cumsum(amount[chosen]) - amount[chosen]
            step = np.arange(len(pair)) - np.repeat(start, amount[chosen])
            width = count[spot_b[pair]]
            a, b = first[spot_a[pair]] + step // width, first[spot_b[pair]] + step % width
            # At one spot every pair of fields comes twice, and each field with itself.
            kept = (self.adjacent[field[a], field[b]] > 0) & (a < b)
            a, b, pair = a[kept], b[kept], pair[kept]
            yield a, b, kernel[pair] * self.adjacent[field[a], field[b]]

    def _with_itself(
        self, profile: Any, number: Index, share: Vector, node: Index
    ) -> tuple[Index, Index, Vector]:
        """Pairs of fields of one and the same organisation: not a pair of organisations."""
        field, spot = profile.indices.astype(np.int64), node // len(self.work.fields)
        length = np.diff(profile.indptr)
        amount = np.repeat(length, length)
        entry = np.repeat(np.arange(len(number)), amount)
        start = np.repeat(np.repeat(profile.indptr[:-1], length), amount)
        step = np.arange(len(entry)) - np.repeat(np.cumsum(amount) - amount, amount)
        other = start + step
        kept = (number[entry] < number[other]) & (number[entry] >= 0)
        kept &= self.adjacent[field[entry], field[other]] > 0
        entry, other = entry[kept], other[kept]
        value = share[entry] * share[other] * self.adjacent[field[entry], field[other]]
        a, b = number[entry], number[other]
        return a, b, value * self.itself[spot[a]]


def _spots(
    actors: Actors, work: Work, kernel_km: float
) -> tuple[Index, Vector, Vector, Vector, Index]:
    """Spot of every organisation; latitude, longitude, extent and country of every spot."""
    spot = np.full(len(actors.org_id), -1, dtype=np.int64)
    found: list[Matrix] = []
    for country in range(len(actors.countries)):
        here = np.flatnonzero(work.profiled & actors.located & (actors.country == country))
        if not len(here):
            continue
        extent = np.nan_to_num(actors.extent_km[here], nan=0.0)
        point = np.stack([actors.lat_deg[here], actors.lon_deg[here], extent])
        side = kernel_km / 20
        while len(np.unique(point, axis=1).T) > _MOST_SPOTS:
            moved = on_grid(actors.lat_deg[here], actors.lon_deg[here], side_km=side)
            _, cell = np.unique(moved, axis=1, return_inverse=True)
            cell = cell.reshape(-1)
            mean = np.sqrt(np.bincount(cell, extent**2) / np.bincount(cell))
            point = np.stack([moved[0], moved[1], mean[cell]])
            side *= 1.3
        spots, spot_of = np.unique(point, axis=1, return_inverse=True)
        spot[here] = spot_of.reshape(-1) + sum(p.shape[1] for p in found)
        found.append(np.vstack([spots, np.full((1, spots.shape[1]), country)]))
    if not found:
        empty = np.empty(0)
        return spot, empty, empty, empty, np.empty(0, dtype=np.int64)
    lat, lon, extents, owner = np.concatenate(found, axis=1)
    return spot, lat, lon, extents, owner.astype(np.int64)


def _habits(work: Work, group: Index, spot: Index, n_spots: int) -> tuple[Matrix, Matrix]:
    """Heads of every group at every spot, and the mean profile of every group."""
    n = int(group.max(initial=-1)) + 1
    known = work.profiled
    members = np.bincount(group[known], minlength=n)
    row = np.repeat(group, np.diff(work.profile.indptr))
    key = row * len(work.fields) + work.profile.indices
    total = np.bincount(key, work.profile.data, minlength=n * len(work.fields))
    habit = total.reshape(n, -1) / np.maximum(members, 1)[:, None]
    placed = spot >= 0
    heads = np.bincount(spot[placed] * n + group[placed], minlength=n_spots * n)
    return heads.reshape(n_spots, n).astype(np.float64), habit


def _near(lat: Vector, lon: Vector, country: Index, *, reach_km: float) -> tuple[Index, Index]:
    from scipy.spatial import cKDTree

    if len(lat) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    tree = cKDTree(unit_vectors(lat, lon))
    pairs = tree.query_pairs(float(chord_of_km(np.array(reach_km))), output_type="ndarray")
    pairs = np.sort(pairs.astype(np.int64), axis=1)
    pairs = pairs[country[pairs[:, 0]] == country[pairs[:, 1]]]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs[:, 0], pairs[:, 1]


def _summed(label: Index, value: Vector, n: int) -> Vector:
    known = label >= 0
    return np.bincount(label[known], value[known], minlength=n).astype(np.float64)


def _columns(parts: list[tuple[Any, Any, Any]]) -> tuple[list[Any], list[Any], list[Any]]:
    return [p[0] for p in parts], [p[1] for p in parts], [p[2] for p in parts]


def _joined(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.empty(0)
