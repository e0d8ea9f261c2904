"""The value chain of a cluster as a table: fields by stages, what is covered, by how many."""

from __future__ import annotations

from typing import Any

from clusterloom.schema.vocabulary import CHAIN_STAGES
from clusterloom.tables import Tables
from clusterloom.views.language import Translator
from clusterloom.views.names import Names

__all__ = ["chain_table_view"]

Row = dict[str, Any]


def chain_table_view(tables: Tables, names: Names, say: Translator) -> dict[str, Row]:
    """Return the table of each cluster.

    Returns
    -------
    cluster_id to `stages` (names, in the order of the chain) and `rows`: the name of a field, or of
    the whole cluster, and a cell for each stage: None where nothing is needed there, else the
    covered share of the need (weighed, where a cell holds several needs) and its providers.
    """
    needs: dict[str, dict[str | None, dict[str, list[Row]]]] = {}
    for row in tables.rows("need"):
        if row["chain_stage"] is None:
            continue
        by_field = needs.setdefault(row["cluster_id"], {})
        by_field.setdefault(row["field_id"], {}).setdefault(row["chain_stage"], []).append(row)
    main = {row["cluster_id"]: row["main_fields"].split("|") for row in tables.rows("cluster")}
    return {
        cluster_id: {
            "stages": [names.word(stage) for stage in CHAIN_STAGES],
            "rows": [
                {
                    "name": names.field(field_id) if field_id else say("the whole cluster"),
                    "cells": [_cell(by_field[field_id].get(stage, [])) for stage in CHAIN_STAGES],
                }
                for field_id in _order(by_field, main.get(cluster_id, []))
            ],
        }
        for cluster_id, by_field in needs.items()
    }


def _order(by_field: dict[str | None, dict[str, list[Row]]], main: list[str]) -> list[str | None]:
    """Strongest fields first, then any other, the whole cluster last."""
    first: list[str | None] = [name for name in main if name in by_field]
    rest = sorted(name for name in by_field if name is not None and name not in first)
    return [*first, *rest, *([None] if None in by_field else [])]


def _cell(rows: list[Row]) -> Row | None:
    total = sum(row["weight"] for row in rows)
    if not rows or total <= 0:
        return None
    return {
        "covered": sum(row["weight"] * row["covered"] for row in rows) / total,
        "weight": total,
        "n_providers": max(row["n_providers"] for row in rows),
    }
