"""Which stages of an innovation an organisation with capital finances, stated or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clusterloom.schema.vocabulary import CAPITAL_KINDS
from clusterloom.tables import Tables

__all__ = ["assumed_stages", "capital_stages"]

Row = dict[str, Any]


def assumed_stages() -> dict[str, tuple[str, ...]]:
    """Stages each kind of capital usually finances: the project's own reading, not a source's."""
    return {
        "state_fund": ("idea", "prototype", "pilot"),
        "investor": ("prototype", "pilot", "market_entry"),
        "crowdfunding_platform": ("prototype", "market_entry"),
        "bank": ("market_entry", "growth"),
        "venture": ("prototype", "pilot", "market_entry"),
        "corporate": ("pilot", "market_entry", "growth"),
        "foreign": ("market_entry", "growth"),
    }


def capital_stages(
    tables: Tables, stages_of_role: Mapping[str, Sequence[str]]
) -> dict[str, frozenset[str]]:
    """Say which stages each organisation with capital finances: org_id to stages.

    What an investor states about itself is taken as it is; a profile that leaves the stages open,
    and an investor that states nothing, are read by their kind of capital.
    """
    organisations = tables["organisation"].select(["org_id", "role"])
    funders = organisations.filter(pc.is_in(organisations["role"], pa.array(CAPITAL_KINDS)))
    stages: dict[str, frozenset[str]] = {
        row["org_id"]: frozenset(stages_of_role.get(row["role"], ())) for row in funders.to_pylist()
    }
    stated: dict[str, frozenset[str]] = {}
    for row in tables.rows("investor_profile"):
        named = frozenset(part for part in (row["stages"] or "").split("|") if part)
        if named:
            stated[row["org_id"]] = stated.get(row["org_id"], frozenset()) | named
    return {**stages, **stated}
