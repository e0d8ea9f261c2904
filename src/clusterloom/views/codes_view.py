"""Codes of activities that led to no field: counted, so that nobody takes them for read."""

from __future__ import annotations

from collections import Counter

from clusterloom.entities.concordance import read_cell
from clusterloom.entities.concordance_codes import split_codes
from clusterloom.entities.own_concordances import own_concordances
from clusterloom.tables import Tables
from clusterloom.views.language import Translator

__all__ = ["unread_codes", "unread_lines"]

_MOST_NAMED = 5


def unread_codes(tables: Tables) -> Counter[tuple[str, str]]:
    """Count the activities by a scheme and code that no concordance knows.

    Parameters
    ----------
    tables : with `activity` and `activity_field`; `field` and `concordance` where there are any

    Returns
    -------
    (scheme, code) -> activities
        Their rows stay; a text they have was read instead, or the other codes of the same cell.
    """
    read = {row["activity_id"] for row in tables.rows("activity_field") if row["method"] == "code"}
    cells: Counter[tuple[str, str, bool]] = Counter(
        (row["code_scheme"], row["code"], row["activity_id"] in read)
        for row in tables.rows("activity")
        if row["code_scheme"] and row["code"]
    )
    found: Counter[tuple[str, str]] = Counter()
    own, fields = None, {row["field_id"] for row in tables.rows("field")} or None
    for (scheme, cell, is_read), n in cells.items():
        if len(split_codes(cell)) < 2:
            found[scheme, cell] += 0 if is_read else n
            continue
        if own is None:
            own = own_concordances(tables.rows("concordance"), tables.rows("field"))
        for reading in read_cell(scheme, cell, own=own, fields=fields):
            found[scheme, reading.code] += 0 if reading.known else n
    return +found


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
