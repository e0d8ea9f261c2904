"""Settle what people say of existing clusters: fields of the catalogue, and a place on the map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.gazetteer import Gazetteer
from clusterloom.tables import Tables

__all__ = ["settle_clusters"]

Row = dict[str, Any]
_LANGUAGES = ("en", "ru", "be", "zh")


def settle_clusters(tables: Tables) -> tuple[Tables, tuple[str, ...]]:
    """Bring the stated fields to the catalogue and find the settlement of each existing cluster.

    A field may be named by its id or by its label in any language of the catalogue. A field the
    catalogue does not know is noted in `quarantine` and left out; a cluster that is left without
    any field and has no members is refused whole. A settlement that is not found leaves the
    position unknown.

    Returns
    -------
    tables with `existing_cluster` and `place` completed, and the settlements not found
        As ``city, country``.
    """
    clusters = tables.rows("existing_cluster")
    if not clusters:
        return tables, ()
    known = _field_names()
    places = {row["place_id"]: row for row in tables.rows("place")}
    countries = {row["country"] for row in clusters if row["city"] and not row["place_id"]}
    gazetteer = Gazetteer(countries) if countries else None
    has_members = {row["cluster_id"] for row in tables.rows("existing_cluster_member")}
    refused = tables.rows("quarantine")
    kept = []
    for row in clusters:
        found, lost = _fields(row["fields"], known)
        useless = not found and row["cluster_id"] not in has_members
        if lost:
            refused.append(_note(row, lost, useless=useless))
        if not useless:
            placed = _placed({**row, "fields": "|".join(found) or None}, places, gazetteer)
            kept.append(placed)
    missing = {f"{r['city']}, {r['country']}" for r in kept if r["city"] and not r["place_id"]}
    settled = tables.with_rows("existing_cluster", kept).with_rows("place", places.values())
    return settled.with_rows("quarantine", refused), tuple(sorted(missing))


def _field_names() -> dict[str, str]:
    """Id and labels of every field, as people may write them, to its id."""
    names: dict[str, str] = {}
    for row in read_catalogue().rows("field"):
        for name in (row["field_id"], *(row[f"label_{code}"] for code in _LANGUAGES)):
            names.setdefault(_plain(name), row["field_id"])
    return names


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").split())


def _fields(text: str | None, known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the fields that were found, in the order stated, and the names that were not."""
    stated = [part.strip() for part in (text or "").split("|") if part.strip()]
    found = dict.fromkeys(known[_plain(name)] for name in stated if _plain(name) in known)
    return list(found), [name for name in stated if _plain(name) not in known]


def _placed(row: Row, places: dict[str, Row], gazetteer: Gazetteer | None) -> Row:
    place = places.get(row["place_id"] or "")
    if place is None and row["city"] and gazetteer is not None:
        own = [p for p in places.values() if p["country"] == row["country"]]
        named = (p for p in own if _plain(p["name_en"]) == _plain(row["city"]))
        place = next(named, None) or gazetteer.place(row["city"], row["country"])
    if place is None:
        return {**row, "place_id": None}
    places.setdefault(place["place_id"], place)
    if row["lat_deg"] is None:
        row = {**row, "lat_deg": place["lat_deg"], "lon_deg": place["lon_deg"]}
    return {**row, "place_id": place["place_id"]}


def _note(row: Row, lost: list[str], *, useless: bool) -> Row:
    file, _, line = row["source_row"].rpartition(":")
    remedy = "use an id or a label of the field catalogue; "
    remedy += (
        "the cluster has no other field and no members"
        if useless
        else "the cluster was taken over without it"
    )
    return {
        "quarantine_id": f"{row['source_id']}:{row['source_row']}:existing_cluster.fields",
        "source_id": row["source_id"],
        "table": "existing_cluster",
        "file": file,
        "line": int(line),
        "fault": f"field `{lost[0]}` is not in the field catalogue",
        "remedy": remedy,
        "record": json.dumps(row, ensure_ascii=False, sort_keys=True),
    }
