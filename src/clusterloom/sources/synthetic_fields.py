"""Fields of a synthetic country without a text model: groups are families, stated adjacency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa

from clusterloom.tables import Tables
from clusterloom.tables.columns import conform_columns

__all__ = ["with_stated_fields"]


def with_stated_fields(
    tables: Tables, groups: Mapping[str, Sequence[str]], *, within: float = 0.6
) -> Tables:
    """Add what `classification` and `adjacency` would find, as the generator meant it.

    Every direction of work belongs wholly to the field it is coded by; each group is a family;
    two fields of a group are adjacent by `within`, others not at all. For tests and measurements
    of the stages that come after.

    Parameters
    ----------
    tables : with `activity`, coded by `field`
    groups : fields of each group
    within : 0..1, adjacency of two fields of a group

    Returns
    -------
    the tables with `activity_field`, `field_family` and `field_adjacency`
    """
    activity = tables["activity"]
    ones = np.ones(activity.num_rows)
    assigned = conform_columns(
        "activity_field",
        {
            "activity_id": activity["activity_id"],
            "org_id": activity["org_id"],
            "kind": activity["kind"],
            "field_id": activity["code"],
            "share": ones,
            "confidence": ones,
            "method": ["code"] * activity.num_rows,
        },
    )
    fields = [(f, name, 1 / len(groups[name])) for name in sorted(groups) for f in groups[name]]
    families = conform_columns(
        "field_family",
        {
            "field_id": [f for f, *_ in fields],
            "family_id": [f"family-{name}" for _, name, _ in fields],
            "centrality": np.array([share for *_, share in fields], dtype=float),
        },
    )
    pairs = [p for name in sorted(groups) for p in combinations(sorted(groups[name]), 2)]
    value = np.full(len(pairs), within)
    adjacency = conform_columns(
        "field_adjacency",
        {
            "field_a": pa.array([a for a, _ in pairs], pa.string()),
            "field_b": pa.array([b for _, b in pairs], pa.string()),
            "text": value,
            "classification": value,
            "fused": value,
        },
    )
    return tables.merged(
        Tables(
            {
                "activity_field": assigned,
                "field_family": families,
                "field_adjacency": adjacency,
            }
        )
    )
