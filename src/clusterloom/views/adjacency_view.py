"""How adjacency was weighed, as a reader sees it."""

from __future__ import annotations

from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["adjacency_view"]

Row = dict[str, Any]


def adjacency_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return every weight with its interval, how well the signal ranked, and why.

    Returns
    -------
    list of rows
        `id` leads to `why`; pairs of fields first, all signals together last.
    """
    units = {"field": say("pairs of fields"), "organisation": say("pairs of organisations")}
    signals = {
        "profile": say("likeness of fields"),
        "text": say("likeness of descriptions"),
        "classification": say("nearness in the classification"),
        "cooccurrence": say("being found together"),
        "link": say("ties between organisations"),
        "partners": say("common partners"),
        "fused": say("all signals together"),
    }
    order = list(signals)
    rows = sorted(
        tables.rows("adjacency_weight"), key=lambda r: (r["unit"], order.index(r["signal"]))
    )
    return [
        {
            "id": f"adjacency_weight:{row['unit']}~{row['signal']}",
            "unit": units[row["unit"]],
            "signal": signals[row["signal"]],
            "weight": row["weight"],
            "low": row["weight_low"],
            "high": row["weight_high"],
            "auc": row["auc"],
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in rows
    ]
