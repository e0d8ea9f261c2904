"""Closeness times adjacency, summed over pairs, for all territories and families at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.spatial import great_circle_km
from clusterloom.spatial.uncertain import expected_kernel
from clusterloom.stages._actors import Actors, Grounds, Work, on_grid

__all__ = ["ClosePairs", "Draw"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Sparse = Any

_MOST_SPOTS = 256  # distinct positions of a territory; more are drawn together on a grid
_MOST_PARTS = 32  # eigenvectors that stand for the kernel of a territory with more spots than that
_HELD = 1 - 1e-6  # share of the kernel's sum of squares from which more parts add nothing
_FEW_SPOTS = 12  # so few keep all their parts: the kernel is then exact


@dataclass(frozen=True)
class Draw:
    """One way to deal the work out: who is observed at whose place, with which profile."""

    slot: Index  # (organisations,), whose place the work of each organisation is put at
    profile: Sparse  # (organisations, fields)
    family_share: Sparse  # (organisations, families)
    with_itself: Sparse  # (organisations, families)


@dataclass(frozen=True)
class ClosePairs:
    """The kernel of every territory in its main parts: k_ab = sum over r of l_r u_ar u_br.

    With the parts at hand, the sum over all pairs of organisations is a sum over organisations,
    so that its cost does not grow with the square of a city.
    """

    actors: Actors
    work: Work
    territory: Index  # (organisations,), -1 outside all
    n_territories: int
    part: Matrix  # (organisations, parts), u of the organisation's spot
    weight: Matrix  # (territories, parts), l
    itself: Vector  # (organisations,), kernel of an organisation's spot with itself
    explained: Vector  # (territories,), share of the kernel's sum of squares the parts hold
    blocks: list[tuple[slice, Matrix]]  # columns of each family, and the adjacency within it

    @classmethod
    def of(cls, actors: Actors, work: Work, grounds: Grounds, *, kernel_km: float) -> ClosePairs:
        """Split the kernel of every territory into its parts."""
        n = len(grounds.anchor)
        order = np.argsort(grounds.territory, kind="stable")
        first = np.searchsorted(grounds.territory[order], np.arange(n + 1))
        splits = [
            _split(actors, order[first[t] : first[t + 1]], kernel_km=kernel_km) for t in range(n)
        ]
        most = max((len(weight) for _, weight, _ in splits), default=1)
        part = np.zeros((len(actors.org_id), most))
        weights = np.zeros((n, most))
        for t, (own, weight, _) in enumerate(splits):
            part[order[first[t] : first[t + 1]], : len(weight)] = own
            weights[t, : len(weight)] = weight
        inside = grounds.territory >= 0
        itself = np.zeros(len(part))
        itself[inside] = (part[inside] ** 2 * weights[grounds.territory[inside]]).sum(axis=1)
        explained = np.array([e for *_, e in splits])
        ends = [*work.starts.tolist(), len(work.fields)]
        columns = [slice(a, b) for a, b in pairwise(ends)]
        blocks = [(own, work.block[own][:, own].toarray()) for own in columns]
        return cls(actors, work, grounds.territory, n, part, weights, itself, explained, blocks)

    def observed(self) -> Draw:
        """Everybody where they are, with what they do."""
        slot = np.arange(len(self.actors.org_id))
        profile = self.work.profile
        return Draw(slot, profile, self.work.family_share(profile), self.work.with_itself(profile))

    def statistic(self, draw: Draw) -> Matrix:
        """Closeness times adjacency over pairs, (territories, families)."""
        from scipy.sparse import csc_array

        n, n_fields = self.n_territories, len(self.work.fields)
        if n == 0 or n_fields == 0:
            return np.zeros((n, len(self.work.families)), dtype=np.float64)
        profile = draw.profile
        length = np.diff(profile.indptr)
        where = self.territory[draw.slot]
        where = np.where(where >= 0, where, n)  # one more, for those outside all territories
        key = profile.indices * (n + 1) + np.repeat(where, length)
        # Column by column as the profiles stand: nothing has to be sorted.
        mass: Any = csc_array(
            (profile.data, key, profile.indptr), shape=(n_fields * (n + 1), len(length))
        )
        parts = mass @ self.part[draw.slot]
        parts = parts.reshape(n_fields, n + 1, -1)[:, :n].reshape(n_fields, -1)
        sums = np.empty((n, len(self.blocks)))
        for family, (columns, block) in enumerate(self.blocks):
            own = parts[columns]
            near = np.einsum("fk,fk->k", own, block @ own).reshape(n, -1)
            sums[:, family] = (near * self.weight).sum(axis=1)
        pairs: Matrix = np.maximum(sums - self._own(draw), 0.0) / 2
        return pairs

    def _own(self, draw: Draw) -> Matrix:
        """What everybody would count with themselves, (territories, families)."""
        slot, family, own = _entries(draw.with_itself, draw.slot)
        where = self.territory[slot]
        kept = where >= 0
        key = where[kept] * len(self.work.families) + family[kept]
        size = self.n_territories * len(self.work.families)
        total = np.bincount(key, own[kept] * self.itself[slot[kept]], minlength=size)
        return total.astype(np.float64).reshape(self.n_territories, -1)

    def members(self, draw: Draw, *, min_share: float) -> tuple[Index, Index, Index, Vector]:
        """Who is inside: place, territory, family and share, one entry for each membership."""
        slot, family, share = _entries(draw.family_share, draw.slot)
        where = self.territory[slot]
        kept = (where >= 0) & (share >= min_share - 1e-9)
        return slot[kept], where[kept], family[kept], share[kept]

    def counts(self, draw: Draw, *, min_share: float) -> tuple[Index, Index]:
        """Organisations and different roles inside, both (territories, families)."""
        slot, where, family, _ = self.members(draw, min_share=min_share)
        n_families, n_roles = len(self.work.families), len(self.actors.roles)
        # The work was moved; the role is that of whoever stands at the place.
        key = (where * n_families + family) * n_roles + self.actors.role[slot]
        shape = (self.n_territories, n_families, n_roles)
        by_role = np.bincount(key, minlength=int(np.prod(shape))).reshape(shape)
        return by_role.sum(axis=2), (by_role > 0).sum(axis=2)


def _entries(matrix: Sparse, slot: Index) -> tuple[Index, Index, Vector]:
    """Entries of a matrix of organisations as place, column, value."""
    return np.repeat(slot, np.diff(matrix.indptr)), matrix.indices.astype(np.int64), matrix.data


def _split(actors: Actors, rows: Index, *, kernel_km: float) -> tuple[Matrix, Vector, float]:
    """Parts of each row's spot, weights of the parts, and the share of the kernel they hold."""
    lat, lon, extent = actors.lat_deg[rows], actors.lon_deg[rows], actors.extent_km[rows]
    extent = np.nan_to_num(extent, nan=0.0)
    spots, spot_of = np.unique(np.stack([lat, lon, extent]), axis=1, return_inverse=True)
    side = kernel_km / 20
    while spots.shape[1] > _MOST_SPOTS:
        moved = on_grid(lat, lon, side_km=side)
        _, cell_of = np.unique(moved, axis=1, return_inverse=True)
        cell_of = cell_of.reshape(-1)
        mean = np.sqrt(np.bincount(cell_of, extent**2) / np.bincount(cell_of))
        together = np.stack([moved[0], moved[1], mean[cell_of]])
        spots, spot_of = np.unique(together, axis=1, return_inverse=True)
        side *= 1.3
    lat, lon, extent = spots
    distance = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
    kernel = expected_kernel(
        distance, *np.broadcast_arrays(extent[:, None], extent[None]), kernel_km=kernel_km
    )
    values, vectors = np.linalg.eigh((kernel + kernel.T) / 2)
    strongest = np.argsort(-np.abs(values), kind="stable")
    held = np.cumsum(values[strongest] ** 2) / (values**2).sum()
    few = int(np.searchsorted(held, _HELD)) + 1
    strongest = strongest[: len(values) if len(values) <= _FEW_SPOTS else min(few, _MOST_PARTS)]
    explained = float((values[strongest] ** 2).sum() / (values**2).sum())
    return vectors[spot_of.reshape(-1)][:, strongest], values[strongest], explained
