"""What either way of finding candidates hands on: who, where, which fields, how sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["AgainstChance", "Found", "membership"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Sparse = Any


@dataclass(frozen=True, kw_only=True)
class AgainstChance:
    """What one null model says of every candidate."""

    expected: Vector
    expected_sd: Vector
    p_value: Vector  # NaN where not tested
    q_value: Vector
    draws: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """Candidates of one method; every array has one entry for each candidate."""

    method: str
    names: list[str]  # candidate ids
    place: Index  # settlement that names the territory
    country: Index
    family: Index  # the family that carries most of it
    resolution: Vector  # NaN where the method has none
    fields: Sparse  # (candidates, fields), 1 for the fields that belong to it
    members: Sparse  # (candidates, organisations), share of each member's work in these fields
    n_roles: Index
    statistic: Vector
    tested: Mask
    home_share: Vector  # share of the country's organisations with known work that stand there
    against: Mapping[str, AgainstChance] = field(default_factory=dict)
    stability: Vector  # NaN where it was not tried

    @property
    def inside(self) -> Sparse:
        """Who is inside, (candidates, organisations), 1 for every member."""
        ones = self.members.copy()
        ones.data = np.ones_like(ones.data)
        return ones

    def taken(self, numbers: Index) -> Found:
        """Only these candidates."""

        def part(test: AgainstChance) -> AgainstChance:
            return AgainstChance(
                expected=test.expected[numbers],
                expected_sd=test.expected_sd[numbers],
                p_value=test.p_value[numbers],
                q_value=test.q_value[numbers],
                draws=test.draws,
            )

        arrays = {
            name: getattr(self, name)[numbers]
            for name in (
                "place", "country", "family", "resolution", "fields", "members", "n_roles",
                "statistic", "tested", "home_share", "stability",
            )
        }  # fmt: skip
        against = {model: part(test) for model, test in self.against.items()}
        names = [self.names[i] for i in numbers.tolist()]
        return Found(method=self.method, names=names, against=against, **arrays)


def membership(candidate: Index, organisation: Index, share: Vector, *, shape: Any) -> Sparse:
    """Bring memberships to a matrix of candidates and organisations."""
    from scipy.sparse import csr_array

    # A share is above 0, so that what is stored is who is inside.
    made: Any = csr_array((np.minimum(share, 1.0), (candidate, organisation)), shape=shape)
    made.sort_indices()
    return made
