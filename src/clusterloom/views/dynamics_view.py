"""Time as a reader sees it: phases of candidates, their periods, fields that came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["dynamics_view"]

Row = dict[str, Any]
_CHANGES = 12  # entries and exits shown for one candidate; the others are counted


def dynamics_view(tables: Tables, names: Names, say: Translator) -> Row:
    """Phases of all candidates, with what they rest on; those with a known phase first."""
    rows = tables.rows("candidate_phase")
    periods = _grouped(tables.rows("candidate_period"))
    changes = _grouped(tables.rows("field_change"))
    order = ("emerging", "growing", "mature", "declining", "uncertain", "not_known")
    rows.sort(key=lambda r: (order.index(r["phase"]), r["candidate_id"]))
    count = Counter(row["phase"] for row in rows)
    return {
        "n_not_known": count["not_known"],
        "counts": [{"phase": names.word(p), "n": count[p]} for p in order if count[p]],
        "candidates": [
            {
                "id": row["candidate_id"],
                "name": names.candidate(row["candidate_id"]),
                "phase": row["phase"],
                "phase_word": names.word(row["phase"]),
                "growth": row["growth"],
                "q_value": row["q_value"],
                "n_undated": row["n_undated"],
                "reasons": render_reasons(row["reasons"], names, say),
                "periods": [
                    {
                        # Years as text, because they are no quantities.
                        "years": f"{p['first_year']}–{p['last_year']}",
                        "n_works": p["n_works"],
                        "n_organisations": p["n_organisations"],
                        "country_share": p["country_share"],
                    }
                    for p in periods.get(row["candidate_id"], [])
                ],
                "changes": [
                    {
                        "field": names.field(c["field_id"]),
                        "change": names.word(c["change"]),
                        "year": str(c["last_year"]),
                        "density_before": c["density_before"],
                        "reasons": render_reasons(c["reasons"], names, say),
                    }
                    for c in _latest(changes.get(row["candidate_id"], []))[:_CHANGES]
                ],
                "n_changes": len(changes.get(row["candidate_id"], [])),
            }
            for row in rows
            if row["phase"] != "not_known"
        ],
    }


def _latest(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda c: (-c["last_year"], -max(c["n_before"], c["n_after"])))


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["candidate_id"], []).append(row)
    return found
