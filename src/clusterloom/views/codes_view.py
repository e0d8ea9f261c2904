"""Codes of activities that led to no field: counted, so that nobody takes them for read."""

from __future__ import annotations

from collections import Counter

from clusterloom.tables import Tables
from clusterloom.views.language import Translator

__all__ = ["unread_codes", "unread_lines"]

_MOST_NAMED = 5


def unread_codes(tables: Tables) -> Counter[tuple[str, str]]:
    """Count the activities by a scheme and code that no concordance knows.

    Parameters
    ----------
    tables : with `activity` and `activity_field`

    Returns
    -------
    (scheme, code) -> activities
        Their rows stay; a text they have was read instead.
    """
    read = {row["activity_id"] for row in tables.rows("activity_field") if row["method"] == "code"}
    return Counter(
        (row["code_scheme"], row["code"])
        for row in tables.rows("activity")
        if row["code_scheme"] and row["code"] and row["activity_id"] not in read
    )


def unread_lines(tables: Tables, say: Translator) -> list[str]:
    """Say how many directions have a code nobody could read, and which codes they are."""
    found = unread_codes(tables)
    if not found:
        return []
    named = ", ".join(f"{scheme} {code}" for (scheme, code), _ in found.most_common(_MOST_NAMED))
    template = say(
        "{n} directions of work have a code that leads to no field; their text was read instead "
        "where there is one: {codes}."
    )
    more = " …" if len(found) > _MOST_NAMED else ""
    return [template.format(n=say.number(found.total()), codes=named + more)]
