"""A timetable of meetings as its reader sees it: by round, by organisation, and who is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.exports import write_book, write_csv
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["timetable_lines", "timetable_view", "write_timetable"]

Row = dict[str, Any]


def timetable_view(
    tables: Tables, meetings: Sequence[Row], alone: Mapping[str, str], *, language: str = "en"
) -> dict[str, Any]:
    """Return meetings in words.

    Parameters
    ----------
    tables : of the plan
    meetings : rows of `introduction` with `round` and `table`, both from 1
    alone : org_id to ``no_pair`` (nothing speaks for a meeting) or ``full`` (all partners are)
    language : en, ru, be or zh
    """
    say = Translator(language)
    names = Names(tables, say)
    shown = [_meeting(row, names, say) for row in meetings]
    return {
        "language": language,
        "meetings": shown,
        "agendas": _agendas(shown),
        "without": [
            {"org_id": org_id, "name": names.organisation(org_id), "why": _why_alone(word, say)}
            for org_id, word in sorted(alone.items(), key=lambda item: names.organisation(item[0]))
        ],
    }


def timetable_lines(view: Mapping[str, Any]) -> list[str]:
    """Return the timetable as lines of text, round by round."""
    say = Translator(view["language"])
    lines: list[str] = []
    current = 0
    for meeting in view["meetings"]:
        if meeting["round"] != current:
            current = meeting["round"]
            lines.append(say("Round {n}").format(n=say.number(current)))
        table = say("table {n}").format(n=say.number(meeting["table"]))
        lines.append(f"  {table}: {meeting['a']} – {meeting['b']}")
        lines.append(f"      {meeting['reasons'][0]}")
    if view["without"]:
        lines.append(say("Without a meeting"))
        lines += [f"  {one['name']}: {one['why']}" for one in view["without"]]
    return lines


def write_timetable(view: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the timetable as one workbook and as CSV files; headers in the reader's language."""
    say = Translator(view["language"])
    sheets = _sheets(view, say)
    written = [write_book(folder / "timetable.xlsx", dict(sheets.values()))]
    for name, (_, (header, rows)) in sheets.items():
        records = [dict(zip(header, row, strict=True)) for row in rows]
        written.append(write_csv(folder / f"{name}.csv", header, records))
    return written


def _sheets(
    view: Mapping[str, Any], say: Translator
) -> dict[str, tuple[str, tuple[list[str], list[list[Any]]]]]:
    """Return file name to title of the sheet, its header and its rows."""
    when = [say("round"), say("table")]
    meetings = [
        [m["round"], m["table"], m["a"], m["b"], m["cluster"], m["score"], " ".join(m["reasons"])]
        for m in view["meetings"]
    ]
    agendas = [
        [agenda["name"], one["round"], one["table"], one["partner"]]
        for agenda in view["agendas"]
        for one in agenda["meetings"]
    ]
    without = [[one["name"], one["why"]] for one in view["without"]]
    head = [*when, say("organisation"), say("partner"), say("cluster"), say("score"), say("why")]
    return {
        "timetable": (say("Timetable"), (head, meetings)),
        "agendas": (
            say("By organisation"),
            ([say("organisation"), *when, say("partner")], agendas),
        ),
        "without": (say("Without a meeting"), ([say("organisation"), say("why")], without)),
    }


def _meeting(row: Row, names: Names, say: Translator) -> Row:
    return {
        "round": row["round"],
        "table": row["table"],
        "org_a": row["org_a"],
        "org_b": row["org_b"],
        "a": names.organisation(row["org_a"]),
        "b": names.organisation(row["org_b"]),
        "cluster": names.cluster(row["cluster_id"]),
        "score": round(row["score"], 4),
        "reasons": render_reasons(row["reasons"], names, say),
    }


def _agendas(meetings: Sequence[Row]) -> list[Row]:
    agendas: dict[str, Row] = {}
    for meeting in meetings:
        for own, other in (("a", "b"), ("b", "a")):
            agenda = agendas.setdefault(
                meeting[f"org_{own}"],
                {"org_id": meeting[f"org_{own}"], "name": meeting[own], "meetings": []},
            )
            agenda["meetings"].append(
                {"round": meeting["round"], "table": meeting["table"], "partner": meeting[other]}
            )
    return sorted(agendas.values(), key=lambda agenda: (agenda["name"], agenda["org_id"]))


def _why_alone(word: str, say: Translator) -> str:
    if word == "full":
        return say("All its possible partners have as many meetings as they can take.")
    return say("No missing tie of it is worth a meeting by the rules of the recipe.")
