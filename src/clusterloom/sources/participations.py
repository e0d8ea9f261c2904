"""Who took part in which event when: tables of participations with days, and topics of events."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clusterloom.errors import SourceError
from clusterloom.sources.read import RawTable, read_csv

__all__ = ["COLUMNS", "ParticipationRow", "read_event_topics", "read_participations"]

# What each part is called in the tables of CORDIS; users name their own columns.
COLUMNS = {
    "event": "rcn",
    "organisation": "pic",
    "start_date": "start_date",
    "country": "country",
    "kind": "type",
    "topic": "programme_part",
}
_COUNTRY_ALIASES = {"EL": "GR", "UK": "GB"}
_MOST_FAULTS = 5


class ParticipationRow(NamedTuple):
    """One organisation in one event that began on a day."""

    event: str
    org_id: str
    day: datetime.date
    country: str
    kind: str


def read_participations(
    path: Path, *, columns: Mapping[str, str] | None = None
) -> tuple[list[ParticipationRow], int]:
    """Read a table with one line for each participation (.csv or .csv.gz).

    Parameters
    ----------
    path : the file
    columns : event, organisation, start_date, country, kind to the columns of the file; those of
        CORDIS where left out

    Returns
    -------
    rows, number of lines left out because event, organisation or day is empty
        An empty country or kind becomes ``unknown``.

    Raises
    ------
    SourceError
        If the file or a column is missing, or a day is none.
    """
    named = {**COLUMNS, **(columns or {})}
    table = _table(path)
    at = _positions(table, {k: named[k] for k in COLUMNS if k != "topic"})
    rows: list[ParticipationRow] = []
    left_out = 0
    faults: list[str] = []
    for line, cells in table.records:
        event, org_id = cells[at["event"]], cells[at["organisation"]]
        text = cells[at["start_date"]]
        if not event or not org_id or not text or text == "NA":
            left_out += 1
            continue
        try:
            day = datetime.date.fromisoformat(text[:10])
        except ValueError:
            faults.append(f"line {line}: {named['start_date']} `{text}`")
            continue
        country = (cells[at["country"]] or "unknown").upper()
        kind = cells[at["kind"]] or "unknown"
        rows.append(
            ParticipationRow(event, org_id, day, _COUNTRY_ALIASES.get(country, country), kind)
        )
    if faults:
        more = len(faults) - _MOST_FAULTS
        raise SourceError(
            f"{table.file}: " + "; ".join(faults[:_MOST_FAULTS]) + (f"; {more} more" * (more > 0)),
            rule="days are written 2017-01-31",
            hint="correct the days, or leave the cell empty where it is not known",
        )
    return rows, left_out


def read_event_topics(
    path: Path, *, columns: Mapping[str, str] | None = None
) -> dict[str, set[str]]:
    """Read a table with the columns event and topic; an event may have several lines.

    Raises
    ------
    SourceError
        If the file or a column is missing.
    """
    named = {**COLUMNS, **(columns or {})}
    table = _table(path)
    at = _positions(table, {k: named[k] for k in ("event", "topic")})
    topics: dict[str, set[str]] = {}
    for _, cells in table.records:
        event, topic = cells[at["event"]], cells[at["topic"]]
        if event and topic:
            topics.setdefault(event, set()).add(topic)
    return topics


def _table(path: Path) -> RawTable:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise SourceError(
            f"cannot read {path}: {fault.strerror or fault}", hint="check the path"
        ) from fault
    return read_csv(content, path.name)


def _positions(table: RawTable, wanted: Mapping[str, str]) -> dict[str, int]:
    missing = [f"`{name}` ({part})" for part, name in wanted.items() if name not in table.header]
    if missing:
        raise SourceError(
            f"{table.file} has no column {', '.join(missing)}",
            rule=f"its columns are {', '.join(table.header)}",
            hint="name yours with --columns, e.g. --columns event=project,organisation=org",
        )
    return {part: table.header.index(name) for part, name in wanted.items()}
