"""What a reader may choose instead of a proposal, and why some candidates give no cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["alternatives_view", "not_composed_view", "without_core_view"]

Row = dict[str, Any]

_MEASURES = ("coverage", "cohesion", "openness", "cost")
_MOST_NAMED = 6


def alternatives_view(tables: Tables, names: Names, say: Translator) -> dict[str, list[Row]]:
    """Return the alternatives of each cluster, the proposal first.

    Returns
    -------
    cluster_id to rows
        `measures` holds value, share of the largest value among the alternatives (0..1, for a
        bar), and the difference to the proposal, for each of the four measures.
    """
    grouped: dict[str, list[Row]] = {}
    for row in tables.rows("alternative"):
        grouped.setdefault(row["cluster_id"], []).append(row)
    view = {}
    for cluster_id, rows in grouped.items():
        rows.sort(key=lambda row: row["alternative"])
        view[cluster_id] = [_alternative(row, rows, names, say) for row in rows]
    return view


def _alternative(row: Row, rows: Sequence[Row], names: Names, say: Translator) -> Row:
    first = rows[0]
    return {
        "number": row["alternative"],
        "is_proposal": row is first,
        "emphasis": names.word(row["emphasis"]),
        "n_members": row["n_members"],
        "measures": [
            {
                "name": names.word(name),
                "value": row[name],
                "is_share": name == "coverage",
                "part": _part(row[name], [one[name] for one in rows]),
                "more": row[name] - first[name],
            }
            for name in _MEASURES
        ],
        "cost_unit": say(row["cost_unit"]),
        "objective": row["objective"],
        "optimality_gap": row["optimality_gap"],
        "joins": _named(row["joins"], names),
        "leaves": _named(row["leaves"], names),
        "reasons": render_reasons(row["reasons"], names, say),
    }


def _part(value: float, values: Sequence[float]) -> float:
    """Return a value as a share of the largest, for a bar; 0 where all are 0 or below."""
    largest = max(values)
    return min(max(value / largest, 0.0), 1.0) if largest > 0 else 0.0


def _named(org_ids: str | None, names: Names) -> Row:
    """Return the first names, and how many more there are."""
    ids = [org_id for org_id in (org_ids or "").split("|") if org_id]
    return {
        "names": [names.organisation(org_id) for org_id in ids[:_MOST_NAMED]],
        "n_more": max(len(ids) - _MOST_NAMED, 0),
    }


def not_composed_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the candidates with a core that give no cluster, each with its conflicting rules."""
    grouped: dict[str, list[Row]] = {}
    for row in tables.rows("composition_conflict"):
        grouped.setdefault(row["candidate_id"], []).append(row)
    return [
        {
            "id": candidate_id,
            "name": names.candidate(candidate_id),
            "country": rows[0]["country"],
            "rules": [
                {
                    "rule": row["rule"],
                    "reasons": render_reasons(row["reasons"], names, say),
                }
                for row in rows
            ],
        }
        for candidate_id, rows in sorted(grouped.items())
    ]


def without_core_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the candidates beyond chance in which no organisation reaches the core, and why."""
    scores: dict[str, list[Row]] = {}
    for row in tables.rows("core_score"):
        scores.setdefault(row["candidate_id"], []).append(row)
    members: dict[str, list[str]] = {}
    for row in tables.rows("candidate_member"):
        members.setdefault(row["candidate_id"], []).append(names.organisation(row["org_id"]))
    found = []
    for candidate in tables.rows("candidate"):
        own = scores.get(candidate["candidate_id"], [])
        if candidate["verdict"] != "beyond_chance" or any(r["verdict"] == "core" for r in own):
            continue
        found.append(
            {
                "id": candidate["candidate_id"],
                "name": names.candidate(candidate["candidate_id"]),
                "country": candidate["country"],
                "organisations": members.get(candidate["candidate_id"], []),
                # The last reason of each is what the candidate as a whole lacks.
                "why": render_reasons(own[0]["reasons"], names, say)[-1] if own else "",
            }
        )
    return sorted(found, key=lambda row: row["id"])
