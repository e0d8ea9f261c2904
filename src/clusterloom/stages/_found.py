"""What either way of finding candidates hands on: who, where, which fields, how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.joint_permutation import raised_together

__all__ = ["AgainstChance", "Found", "membership", "tested_together"]

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
    q_value: Vector  # NaN where not tested
    draws: int
    rate: Vector  # q before it is raised to the share of data sets that get as low
    lowest: Vector  # (1 + draws,), lowest rate in each data set, the observed one first


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
    run_stability: Vector  # likewise, and where the method has no random start

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
                rate=test.rate[numbers],
                lowest=test.lowest,
            )

        arrays = {
            name: getattr(self, name)[numbers]
            for name in (
                "place", "country", "family", "resolution", "fields", "members", "n_roles",
                "statistic", "tested", "home_share", "stability", "run_stability",
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


def tested_together(groups: Sequence[Found], model: str) -> list[Found]:
    """Control the false discoveries of all methods in common, over the same random data sets.

    Each method for itself would leave twice as many countries of pure noise with a candidate.
    """
    lowest = [found.against[model].lowest for found in groups if model in found.against]

    def together(found: Found) -> Found:
        if model not in found.against:
            return found
        test = found.against[model]
        q_value = np.full(len(test.rate), np.nan)
        known = ~np.isnan(test.rate)
        q_value[known] = raised_together(test.rate[known], lowest)
        return replace(found, against={**found.against, model: replace(test, q_value=q_value)})

    return [together(found) for found in groups]
