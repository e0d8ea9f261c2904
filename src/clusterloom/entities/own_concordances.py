"""The user's own concordances: checked at import, laid over the program's, looked up by code."""

from __future__ import annotations

import difflib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import (
    Concordance,
    FieldShare,
    branch_of,
    fields_of_codes,
    packaged_schemes,
    read_cell,
    read_concordance,
)
from clusterloom.entities.concordance_codes import code_key
from clusterloom.entities.scheme_names import asked_scheme, scheme_name
from clusterloom.tables import Tables

__all__ = ["CodeMatch", "check_concordance", "match_code", "own_concordances"]

Row = dict[str, Any]
_CODE_COLUMNS = ("wipo35", "ford", "isic", "nace", "ipc")
_LABELS = ("label_en", "label_ru", "label_be", "label_zh")


def check_concordance(tables: Tables) -> Tables:
    """Refuse codes of an own concordance that name an unknown field, or are none of their scheme.

    Known are the fields of the packaged catalogue and those of a `field` table beside it. A code is
    refused with all its rows: without one of them its shares would not sum to 1.

    Returns
    -------
    tables with `concordance` and `quarantine` completed
    """
    rows = tables.rows("concordance")
    if not rows:
        return tables
    catalogue = read_catalogue().rows("field") + tables.rows("field")
    known = {row["field_id"] for row in catalogue}
    faults: dict[tuple[str, str], str] = {}
    for row in rows:
        if row["field_id"] not in known:
            fault = f"field_id `{row['field_id']}` is not in the field catalogue"
        elif not _readable(row):
            fault = f"`{row['code']}` is no code of `{row['scheme']}`"
        else:
            continue
        faults.setdefault((row["scheme"], row["code"]), fault)
    kept = [row for row in rows if (row["scheme"], row["code"]) not in faults]
    refused = [
        _refused(row, faults[row["scheme"], row["code"]], catalogue)
        for row in rows
        if (row["scheme"], row["code"]) in faults
    ]
    checked = tables.with_rows("concordance", kept)
    return checked.with_rows("quarantine", [*tables.rows("quarantine"), *refused])


def _readable(row: Row) -> bool:
    return code_key(asked_scheme(row["scheme"]), row["code"]) is not None


def _refused(row: Row, fault: str, catalogue: Sequence[Row]) -> Row:
    known = {field["field_id"] for field in catalogue}
    if not _readable(row):
        remedy = "write the code as the classification does, or name a classification of your own"
    elif row["field_id"] in known:
        fault = f"another row of the code `{row['code']}` is refused: {fault}"
        remedy = "correct that row; the shares of a code must sum to 1"
    else:
        near = _near_fields(row["field_id"], catalogue)
        meant = f"did you mean {' or '.join(f'`{name}`' for name in near)}? " if near else ""
        remedy = meant + "use an id of the field catalogue (`clusterloom show field`)"
    file, _, line = row["source_row"].rpartition(":")
    return {
        "quarantine_id": f"{row['source_id']}:{row['source_row']}:concordance",
        "source_id": row["source_id"],
        "table": "concordance",
        "file": file,
        "line": int(line),
        "fault": fault,
        "remedy": remedy,
        "record": json.dumps(row, ensure_ascii=False, sort_keys=True),
    }


def _near_fields(name: str, catalogue: Sequence[Row]) -> list[str]:
    """Up to three fields whose id or label looks like a name."""
    ids = {
        str(said).casefold(): row["field_id"]
        for row in catalogue
        for said in (row["field_id"], *(row[label] for label in _LABELS))
        if said
    }
    near = difflib.get_close_matches(name.strip().casefold(), list(ids), n=3)
    return list(dict.fromkeys(ids[said] for said in near))


def own_concordances(rows: Iterable[Row], catalogue: Sequence[Row] = ()) -> dict[str, Concordance]:
    """Read the user's own concordances: scheme to concordance, codes in one spelling.

    Parameters
    ----------
    rows : of the table `concordance`
    catalogue : rows of `field`
        A catalogue of the user's own adds the codes in its columns; `rows` go before them.

    Returns
    -------
    scheme, as `asked_scheme` gives it -> concordance
        A code that stands there in two spellings, or in two sources, has the mean of both.
    """
    spelled: dict[tuple[str, str], dict[str, list[FieldShare]]] = {}
    for row in rows:
        scheme = asked_scheme(row["scheme"])
        key = code_key(scheme, row["code"], known=_packaged_codes(scheme))
        if key is not None:
            confidence = 1.0 if row["confidence"] is None else row["confidence"]
            link = FieldShare(row["field_id"], row["share"], row["origin"] or "user", confidence)
            spellings = spelled.setdefault((scheme, key), {})
            spelling = f"{row['source_id']}:{row['scheme']}:{row['code']}"
            spellings.setdefault(spelling, []).append(link)
    entries = _catalogue_entries(catalogue)
    for (scheme, key), spellings in spelled.items():
        entries.setdefault(scheme, {})[key] = _mean(list(spellings.values()))
    return {scheme: Concordance(scheme, codes) for scheme, codes in entries.items()}


def _packaged_codes(scheme: str) -> Container[str]:
    name = scheme_name(scheme)
    return read_concordance(name).entries if name in packaged_schemes() else ()


def _mean(spellings: Sequence[Sequence[FieldShare]]) -> tuple[FieldShare, ...]:
    if len(spellings) == 1:
        return tuple(spellings[0])
    # A row that two sources share was taken from one of them: the parts need not sum to 1 here.
    total = sum(link.share for links in spellings for link in links) or 1.0
    found: dict[str, FieldShare] = {}
    for link in (link for links in spellings for link in links):
        held = found.get(link.field_id)
        share = link.share / total + (held.share if held else 0.0)
        sure = max(link.confidence, held.confidence) if held else link.confidence
        found[link.field_id] = FieldShare(link.field_id, share, link.origin, sure)
    return tuple(found.values())


def _catalogue_entries(
    catalogue: Sequence[Row],
) -> dict[str, dict[str, tuple[FieldShare, ...]]]:
    """Read the codes in the columns of a catalogue of the user's own: scheme -> code -> fields.

    Nothing for the packaged catalogue, whose concordances are more complete than its columns.
    """
    found: dict[str, dict[str, tuple[FieldShare, ...]]] = {}
    if {row["field_id"] for row in catalogue} <= set(branch_of()):
        return found
    for scheme in _CODE_COLUMNS:
        fields: dict[str, list[str]] = {}
        for row in catalogue:
            for code in filter(None, (row[scheme] or "").split("|")):
                key = code_key(scheme, code, known=_packaged_codes(scheme))
                fields.setdefault(key or code, []).append(row["field_id"])
        # A code shared by several fields says little about which of them is meant.
        found[scheme] = {
            code: tuple(FieldShare(f, 1 / len(ids), "catalogue", 1 / len(ids) ** 0.5) for f in ids)
            for code, ids in fields.items()
        }
    return found


@dataclass(frozen=True)
class CodeMatch:
    """What a cell of codes leads to."""

    fields: Mapping[str, tuple[float, float]]  # field -> (share, confidence); shares sum to 1
    matched: str  # the codes that were read: ``nace 26.70``
    origin: str  # the weakest origin of their links

    @property
    def trust(self) -> float:
        """Mean confidence of the fields, 0..1."""
        return sum(share * sure for share, sure in self.fields.values())


def match_code(
    scheme: str | None,
    cell: str | None,
    *,
    known: Container[str],
    own: Mapping[str, Concordance],
) -> CodeMatch | None:
    """Find what a cell of codes leads to; None where that is nothing.

    Parameters
    ----------
    scheme, cell : as the table `activity` has them
        Several codes in one cell have equal parts; those nobody can read are left out.
    known : field ids
        Fields of the catalogue in use. A catalogue of the user's own has other fields than the
        packaged concordances lead to.
    own : as `own_concordances` gives them
    """
    if not scheme or not cell:
        return None
    readings = [one for one in read_cell(scheme, cell, own=own, fields=known) if one.known]
    if not readings:
        return None
    fields = fields_of_codes(readings)[0]
    if not fields:
        return None
    named = dict.fromkeys(f"{scheme} {one.matched}" for one in readings)
    weakest = min(readings, key=lambda one: (one.shares[0].confidence, one.matched))
    return CodeMatch(fields, "; ".join(named), weakest.shares[0].origin)
