"""Null models: what could as well have been, if closeness and adjacency had nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clusterloom.measures.rewiring import rewired
from clusterloom.stages._actors import Actors, Work
from clusterloom.stages._close_pairs import Draw

__all__ = ["NULL_MODELS", "Dealer", "draws", "group_of"]

Index = npt.NDArray[np.int64]


class Dealer(Protocol):
    """What is needed to deal the work out."""

    @property
    def actors(self) -> Actors: ...

    @property
    def work(self) -> Work: ...

    def observed(self) -> Draw:
        """Everybody where they are, with what they do."""
        ...


NULL_MODELS = ("fields", "places", "pooled", "degrees")


@dataclass(frozen=True)
class _Strata:
    """Organisations in groups within which they change places."""

    order: Index  # organisations, group by group
    first: Index  # (groups + 1,), where each group begins in `order`

    @classmethod
    def of(cls, group: Index, taken: Index) -> _Strata:
        order = taken[np.argsort(group[taken], kind="stable")]
        _, first = np.unique(group[order], return_index=True)
        return cls(order, np.append(first, len(order)).astype(np.int64))

    def shuffled(self, random: np.random.Generator) -> Index:
        mixed = self.order.copy()
        for start, stop in zip(self.first[:-1], self.first[1:], strict=True):
            random.shuffle(mixed[start:stop])
        return mixed


def draws(pairs: Dealer, model: str, *, n: int, seed: int) -> Iterator[Draw]:
    """Deal the work out n times at random under a null model.

    - `fields`: profiles change hands among organisations of one country and role with known work.
    - `places`: as that, among all organisations of one country with known work, whatever the role.
    - `pooled`: as `fields`, among organisations of one role of all countries.
    - `degrees`: every organisation keeps its shares, and so its number of fields, and every field
      its number of organisations in the country, but who does which field is dealt anew.
    """
    random = np.random.default_rng(seed)
    if model == "degrees":
        return _rewired(pairs, n, random)
    group = group_of(pairs.actors, model)
    return _moved(pairs, _Strata.of(group, np.flatnonzero(pairs.work.profiled)), n, random)


def group_of(actors: Actors, model: str) -> Index:
    """Group of each organisation within which a null model deals work out."""
    return {
        "fields": actors.country * max(len(actors.roles), 1) + actors.role,
        "places": actors.country,
        "pooled": actors.role,
        "degrees": actors.country,
    }[model]


def _moved(pairs: Dealer, strata: _Strata, n: int, random: np.random.Generator) -> Iterator[Draw]:
    here = pairs.observed()
    for _ in range(n):
        slot = here.slot.copy()
        slot[strata.order] = strata.shuffled(random)
        yield Draw(slot, here.profile, here.family_share, here.with_itself)


def _rewired(pairs: Dealer, n: int, random: np.random.Generator) -> Iterator[Draw]:
    from scipy.sparse import csr_array

    work, here = pairs.work, pairs.observed()
    profile = work.profile
    first = profile.indptr.astype(np.int64)
    for _ in range(n):
        field = rewired(profile.indices, first, group=pairs.actors.country, random=random)
        dealt = csr_array((profile.data.copy(), field, first), shape=profile.shape)
        dealt.sort_indices()
        yield Draw(here.slot, dealt, work.family_share(dealt), work.with_itself(dealt))
