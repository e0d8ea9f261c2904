"""Paths of developments to market, and profiles to be clarified, as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["finance_checks", "finance_paths"]

Row = dict[str, Any]


def finance_paths(rows: Iterable[Row], tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the path of each development, stated ones first, those that break first on top."""
    titles = _titles(tables, say.language)
    ordered = sorted(
        rows,
        key=lambda row: (
            row["stage_origin"] != "stated",
            row["first_broken_step"] is None,
            row["n_steps_open"],
            row["demand_id"],
        ),
    )
    return [
        {
            "demand_id": row["demand_id"],
            "org_id": row["demand_org_id"],
            "name": names.organisation(row["demand_org_id"]),
            "title": titles.get(row["demand_id"], row["demand_id"]),
            "stage": names.word(row["finance_stage"]),
            "origin": names.word(row["stage_origin"]),
            "broken": names.word(row["first_broken_step"]) if row["first_broken_step"] else None,
            "n_steps_open": row["n_steps_open"],
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in ordered
    ]


def finance_checks(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the profiles that could not be taken as they are, contradictory ones first."""
    rows = [row for row in tables.rows("investor_check") if row["verdict"] != "usable"]
    rows.sort(key=lambda row: (row["verdict"] != "contradictory", row["investor_profile_id"]))
    return [
        {
            "investor_profile_id": row["investor_profile_id"],
            "org_id": row["org_id"],
            "name": names.organisation(row["org_id"]),
            "verdict": row["verdict"],
            "verdict_word": names.word(row["verdict"]),
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in rows
    ]


def _titles(tables: Tables, language: str) -> dict[str, str]:
    """Name developments by their title and directions of work by their text."""
    titles = {f"development:{row['development_id']}": row["title"]
              for row in tables.rows("development")}  # fmt: skip
    for row in tables.rows("activity"):
        text = row.get(f"text_{language}") or row["text_en"] or row["text_ru"] or row["code"]
        titles[f"activity:{row['activity_id']}"] = text or row["activity_id"]
    return titles
