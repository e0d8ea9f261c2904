"""Who is nearest to an organisation by what it does, and why."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from clusterloom.errors import UsageError

if TYPE_CHECKING:
    from clusterloom.api import Project
    from clusterloom.tables import Tables

__all__ = ["neighbours"]

_SIGNALS = ("profile", "text", "partners")


def neighbours(
    project: Project, org: str, *, plan_id: str | None = None, limit: int = 10, language: str = "en"
) -> dict[str, Any]:
    """Return the nearest organisations of one, with every signal and the reasons in words.

    Parameters
    ----------
    project : with a plan
    org : id of an organisation, or part of a name that only one has
    plan_id : the newest plan by default
    limit : neighbours at most, >= 1; the plan holds as many as `neighbours.k` of its recipe
    language : en, ru, be or zh

    Returns
    -------
    dict
        `org_id`, `name`, `neighbours` (nearest first: `org_id`, `name`, `rank`, `fused`, each
        signal or None, `tied`, `reasons`) and `note`, which is empty unless there are none.

    Raises
    ------
    UsageError
        If no organisation, or more than one, is meant, or the limit is below 1.
    """
    from clusterloom.views.language import Translator, render_reasons
    from clusterloom.views.names import Names

    if limit < 1:
        raise UsageError(f"limit {limit}", rule="at least one neighbour is listed")
    plan = project.plan(plan_id)
    tables = plan.tables
    org_id = _meant(tables, org)
    say = Translator(language)
    names = Names(tables, say)
    rows = [row for row in tables.rows("organisation_adjacency") if row["org_id"] == org_id]
    rows.sort(key=lambda row: row["rank"])
    found = [
        {
            "rank": row["rank"],
            "org_id": row["neighbour_id"],
            "name": names.organisation(row["neighbour_id"]),
            "fused": row["fused"],
            **{name: row[name] for name in _SIGNALS},
            "tied": row["tied"],
            "reasons": render_reasons(row["reasons"], names, say),
        }
        for row in rows[:limit]
    ]
    # Plans of versions that had no such stage have no run of it.
    ran = any(run["stage"] == "neighbours" for run in plan.runs.values())
    note = "" if found else _why_none(tables, org_id, ran=ran)
    return {
        "org_id": org_id,
        "name": names.organisation(org_id),
        "neighbours": found,
        "note": note,
    }


def _why_none(tables: Tables, org_id: str, *, ran: bool) -> str:
    if not any(row["org_id"] == org_id for row in tables.rows("activity")):
        return "nothing is known of what it does: its nearest are not known"
    if not ran:
        return "the plan was made without the stage `neighbours`: run the recipe again"
    if not tables["organisation_adjacency"].num_rows:
        return (
            "no organisation of the plan resembles another by its work: the table of neighbours "
            "is empty (parameter `min_fused` of the stage `neighbours` says how near is near)"
        )
    return "what is known of its work resembles no other organisation's"


def _meant(tables: Tables, org: str) -> str:
    """The id that is meant by an id or part of a name."""
    rows = tables.rows("organisation")
    known = {row["org_id"] for row in rows}
    if org in known:
        return org
    wanted = org.casefold()
    hits = [
        row["org_id"]
        for row in rows
        if wanted
        and any(wanted in (row[f"name_{la}"] or "").casefold() for la in ("en", "ru", "be", "zh"))
    ]
    if len(hits) == 1:
        return str(hits[0])
    if hits:
        raise UsageError(
            f"`{org}` is part of the names of {len(hits)} organisations",
            rule="name one organisation by its id, or by a part of its name that only it has",
            hint=f"they are for example {', '.join(sorted(hits)[:5])}",
        )
    near = difflib.get_close_matches(org, sorted(known), n=3)
    raise UsageError(
        f"there is no organisation `{org}`",
        rule="name one organisation by its id, or by a part of its name that only it has",
        hint=f"did you mean {', '.join(near)}?"
        if near
        else "`clusterloom show organisation` lists them",
    )
