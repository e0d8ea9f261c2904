"""Conditions as a reader sees them: indicators with source and year, and the ranking over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clusterloom.schema.vocabulary import CONDITION_THEMES
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["condition_lines", "indicator_name", "ranking_view"]

Row = dict[str, Any]


def condition_lines(
    rows: Iterable[Mapping[str, Any]], tables: Tables, names: Names, say: Translator
) -> list[Row]:
    """One candidate's indicators, in the order of their themes."""
    sources = tables.by_key("source", "source_id")
    order = {theme: n for n, theme in enumerate(CONDITION_THEMES)}
    return [
        {
            "indicator": indicator_name(row["indicator"], names),
            "theme": names.word(row["theme"]),
            "value": row["value"],
            "unit": say(row["unit"]),
            "reference": row["reference"],
            "verdict": row["verdict"],
            "verdict_word": names.word(row["verdict"]),
            "years": _years(row["first_year"], row["year"]),
            "known_as_of": _known_as_of(row["known_as_of"], say),
            "sources": [_source(s, sources) for s in (row["sources"] or "").split("|") if s],
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in sorted(rows, key=lambda r: order[r["theme"]])
    ]


def ranking_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """The candidates of each group compared, the best first, with the weights that count."""
    weights = tables.rows("condition_weight")
    ranks = tables.rows("condition_rank")
    return [
        {
            "group": say("all candidates") if group == "all" else group,
            "candidates": [
                _candidate(row, names, say)
                for row in sorted(ranks, key=_by_rank)
                if row["compared_with"] == group
            ],
            "weights": [
                _weight(row, names, say)
                for row in weights
                if row["compared_with"] == group and row["verdict"] != "no_weight"
            ],
        }
        for group in sorted({row["compared_with"] for row in ranks})
    ]


def _by_rank(row: Row) -> tuple[bool, int, str]:
    return row["rank"] is None, row["rank"] or 0, row["candidate_id"]


def _candidate(row: Row, names: Names, say: Translator) -> Row:
    keys = (
        "rank", "score", "score_low", "score_high", "known_weight", "top_k", "n_compared",
        "top_share_any", "top_share_near", "share_error", "rank_low", "rank_high", "verdict",
    )  # fmt: skip
    return {
        "id": row["candidate_id"],
        "name": names.candidate(row["candidate_id"]),
        "verdict_word": names.word(row["verdict"]),
        "indicators": [indicator_name(i, names) for i in (row["indicators"] or "").split("|") if i],
        "not_known": [indicator_name(i, names) for i in (row["not_known"] or "").split("|") if i],
        "reasons": render_reasons(row["reasons"], names, say),
        **{key: row[key] for key in keys},
    }


def _weight(row: Row, names: Names, say: Translator) -> Row:
    keys = ("weight", "lowest", "highest", "n_known", "n_compared", "top_kept", "verdict")
    return {
        "indicator": indicator_name(row["indicator"], names),
        "normalisation": names.word(row["normalisation"]),
        "direction": names.word(row["direction"]),
        "unit": say(row["unit"] or "-"),
        "verdict_word": names.word(row["verdict"]),
        "reasons": render_reasons(row["reasons"], names, say),
        **{key: row[key] for key in keys},
    }


def indicator_name(indicator: str, names: Names) -> str:
    """An indicator in words; the parts of a name such as ``finance:idea`` one by one."""
    return ": ".join(names.word(part) for part in indicator.split(":"))


def _years(first: int | None, last: int | None) -> str | None:
    """Years as text, because they are no quantities."""
    if last is None:
        return None
    return str(last) if first in (None, last) else f"{first}–{last}"


def _known_as_of(year: int | None, say: Translator) -> str | None:
    """Say of when the rows without a year are: never mixed with the years that rows carry."""
    return None if year is None else say("known as of {year}").format(year=str(year))


def _source(source_id: str, sources: Mapping[str, Row]) -> str:
    row = sources.get(source_id)
    if row is None:
        return source_id
    return f"{row['name']} ({row['retrieved']})" if row["retrieved"] else str(row["name"])
