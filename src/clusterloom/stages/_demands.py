"""What members of a cluster need money for, and at which stage of the way to market it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.schema.vocabulary import FINANCE_STAGES
from clusterloom.stages._profiles import adjacency_matrix, field_order
from clusterloom.tables import Tables

__all__ = ["cluster_demands", "stage_of_readiness"]

Row = dict[str, Any]


def stage_of_readiness(trl: int | None, brl: int | None) -> tuple[str | None, str | None]:
    """Read the stage of a development from its readiness: the less ready side sets it.

    Parameters
    ----------
    trl : technology readiness level, 1..9, or None if not stated
    brl : business readiness level, 1..9, or None if not stated

    Returns
    -------
    (stage, held_back_by)
        `stage` is None where neither is stated. `held_back_by` is ``technology`` or ``business``
        where both are stated and one is at an earlier stage, else None.

    Examples
    --------
    >>> stage_of_readiness(8, 3)
    ('prototype', 'business')
    >>> stage_of_readiness(None, None)
    (None, None)
    """
    levels = {"technology": trl, "business": brl}
    # Levels 1-2, 3-4, 5-6, 7-8 and 9 make the five stages.
    at = {side: (level - 1) // 2 for side, level in levels.items() if level is not None}
    if not at:
        return None, None
    least = min(at.values())
    behind = [side for side, step in at.items() if step == least]
    return FINANCE_STAGES[least], behind[0] if len(at) == 2 and len(behind) == 1 else None


def cluster_demands(
    cluster: Row, tables: Tables, *, min_adjacency: float, stage_of_kind: Mapping[str, str]
) -> list[Row]:
    """List a cluster's demands for finance.

    Members' developments with a stated readiness stand as stated. Core members and producers that
    stated none stand with their directions of work near the cluster's main fields, the stage
    inferred from the kind of work.

    Parameters
    ----------
    cluster : a row of `cluster`
    tables : with `membership`, `development`, `activity_field`, `field`, `field_adjacency`
    min_adjacency : 0..1
        Directions of work farther from the main fields are no demand.
    stage_of_kind : kind of work -> finance stage

    Returns
    -------
    rows: demand_id, org_id, stage, origin (stated or inferred), held_back_by, fields, sum,
    currency, year
    """
    roles = {
        row["org_id"]: row["role"]
        for row in tables.rows("membership")
        if row["cluster_id"] == cluster["cluster_id"]
    }
    fields_of: dict[str, list[str]] = {}
    for row in tables.rows("activity_field"):
        fields_of.setdefault(row["activity_id"], []).append(row["field_id"])
    stated = _stated(tables, roles, fields_of)
    answered = {demand["org_id"] for demand in stated}
    wanted = {o for o, role in roles.items() if role in ("core", "producer")} - answered
    near = _near_fields(set(_split(cluster["main_fields"])), tables, min_adjacency)
    return stated + _inferred(tables, wanted, near, stage_of_kind)


def _stated(
    tables: Tables, roles: Mapping[str, str], fields_of: Mapping[str, Sequence[str]]
) -> list[Row]:
    demands = []
    for row in tables.rows("development"):
        stage, behind = stage_of_readiness(row["trl"], row["brl"])
        if row["org_id"] not in roles or stage is None:
            continue
        demand_id = f"development:{row['development_id']}"
        demands.append(
            {
                "demand_id": demand_id,
                "org_id": row["org_id"],
                "stage": stage,
                "origin": "stated",
                "held_back_by": behind,
                "fields": list(fields_of.get(demand_id, ())),
                "sum": row["finance_sought"],
                "currency": row["currency"],
                "year": row["year"],
            }
        )
    return demands


def _inferred(
    tables: Tables, wanted: set[str], near: set[str], stage_of_kind: Mapping[str, str]
) -> list[Row]:
    best: dict[str, Row] = {}
    for row in tables.rows("activity_field"):
        here = row["org_id"] in wanted and row["field_id"] in near and row["kind"] in stage_of_kind
        if here and row["share"] >= best.get(row["activity_id"], {"share": 0})["share"]:
            best[row["activity_id"]] = row
    return [
        {
            "demand_id": f"activity:{activity_id}",
            "org_id": row["org_id"],
            "stage": stage_of_kind[row["kind"]],
            "origin": "inferred",
            "held_back_by": None,
            "fields": [row["field_id"]],
            "sum": None,
            "currency": None,
            "year": None,
        }
        for activity_id, row in sorted(best.items())
        if not activity_id.startswith("development:")
    ]


def _near_fields(main: set[str], tables: Tables, least: float) -> set[str]:
    fields = field_order(tables)
    columns = [fields.index(f) for f in sorted(main) if f in fields]
    if not columns:
        return main
    near = adjacency_matrix(tables, fields)[:, columns].max(axis=1) >= least
    return {f for f, is_near in zip(fields, near, strict=True) if is_near}


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split("|") if part.strip())
