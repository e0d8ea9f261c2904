"""Codes of activities that led to no field: counted, so that nobody takes them for read."""

from __future__ import annotations

from collections import Counter

from clusterloom.entities.concordance import read_cell
from clusterloom.entities.concordance_codes import split_codes
from clusterloom.entities.own_concordances import own_concordances
from clusterloom.tables import Tables
from clusterloom.views.language import Translator

__all__ = ["outside_codes", "unread_codes", "unread_lines"]

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
    return _without_field(tables, outside=False)


def outside_codes(tables: Tables) -> Counter[tuple[str, str]]:
    """Count the activities by a scheme and code that is known to lead to no field.

    What such a code means (tobacco, gambling) lies outside the catalogue, or in no one field of it
    (research in natural sciences).

    Parameters
    ----------
    tables : with `activity` and `activity_field`

    Returns
    -------
    (scheme, code) -> activities
        Their rows stay; a text they have was read instead.
    """
    return _without_field(tables, outside=True)


def _without_field(tables: Tables, *, outside: bool) -> Counter[tuple[str, str]]:
    read = {row["activity_id"] for row in tables.rows("activity_field") if row["method"] == "code"}
    cells: Counter[tuple[str, str, bool]] = Counter(
        (row["code_scheme"], row["code"], row["activity_id"] in read)
        for row in tables.rows("activity")
        if row["code_scheme"] and row["code"]
    )
    found: Counter[tuple[str, str]] = Counter()
    own = own_concordances(tables.rows("concordance"), tables.rows("field"))
    fields = {row["field_id"] for row in tables.rows("field")} or None
    for (scheme, cell, is_read), n in cells.items():
        if is_read and len(split_codes(cell)) < 2:
            continue
        for reading in read_cell(scheme, cell, own=own, fields=fields):
            # A code that is read, but whose cell is not: a catalogue without its fields.
            if (not reading.known or not is_read) and (reading.status == "no_field") == outside:
                found[scheme, reading.code] += n
    return found


def unread_lines(tables: Tables, say: Translator) -> list[str]:
    """Say how many directions have a code that gave no field, which codes, and why."""
    told = (
        (
            unread_codes(tables),
            say(
                "{n} directions of work have a code that leads to no field; their text was read "
                "instead where there is one: {codes}."
            ),
        ),
        (
            outside_codes(tables),
            say(
                "{n} directions of work have a code that is known, but lies outside the catalogue "
                "or in no one field of it; their text was read instead where there is one: "
                "{codes}."
            ),
        ),
    )
    return [
        template.format(n=say.number(found.total()), codes=_named(found))
        for found, template in told
        if found
    ]


def _named(found: Counter[tuple[str, str]]) -> str:
    named = ", ".join(f"{scheme} {code}" for (scheme, code), _ in found.most_common(_MOST_NAMED))
    return f"{named} …" if len(found) > _MOST_NAMED else named
