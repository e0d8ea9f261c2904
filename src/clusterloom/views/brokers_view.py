"""Brokers and single points of failure of a cluster as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["brokers_view"]

Row = dict[str, Any]

_SHOWN = ("single_point", "only_provider", "broker")


def brokers_view(rows: Iterable[Row], names: Names, say: Translator) -> list[Row]:
    """Return the members whose loss would break most, the gravest first."""
    shown = [row for row in rows if row["verdict"] in _SHOWN]
    shown.sort(
        key=lambda row: (
            _SHOWN.index(row["verdict"]),
            -row["n_parted"],
            -len([need for need in (row["needs_lost"] or "").split("|") if need]),
            -row["betweenness"],
            row["org_id"],
        )
    )
    return [
        {
            "org_id": row["org_id"],
            "name": names.organisation(row["org_id"]),
            "verdict": row["verdict"],
            "verdict_word": names.word(row["verdict"]),
            "n_contacts": row["n_contacts"],
            "constraint": row["constraint"],
            "betweenness": row["betweenness"],
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in shown
    ]
