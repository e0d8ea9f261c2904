"""Table `candidate_member`, written column by column: who, how much, how far, how likely."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.schema import dump_reasons, reason
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages._candidate_rows import BASED_ON, Known
from clusterloom.stages._found import Found
from clusterloom.tables.columns import conform_columns

__all__ = ["member_table"]

Vector = npt.NDArray[np.float64]


def member_table(groups: Sequence[Found], known: Known, chances: Sequence[Vector]) -> pa.Table:
    """Table `candidate_member` of all candidates; `chances` of their members to belong to them."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("candidate_id", "org_id", "family_share", "chance", "distance_km")
    }
    reasons: list[str] = []
    based_on: list[str] = []
    for found, chance in zip(groups, chances, strict=True):
        listed = found.members.tocoo()
        candidate, org, share = listed.row, listed.col, listed.data
        place = found.place[candidate]
        centre = great_circle_km(
            known.actors.lat_deg[org],
            known.actors.lon_deg[org],
            known.place_lat[place],
            known.place_lon[place],
        )
        extent = np.nan_to_num(known.actors.extent_km[org], nan=0.0)
        distance = rms_distance_km(centre, extent, np.zeros(len(org)))
        columns["candidate_id"].append(np.array(found.names, dtype=object)[candidate])
        columns["org_id"].append(known.actors.org_id[org])
        columns["family_share"].append(np.round(share, 6))
        columns["chance"].append(np.round(chance, 4))
        columns["distance_km"].append(np.round(distance, 3))
        told = (share.tolist(), distance.tolist(), chance.tolist(), place.tolist())
        for s, d, c, p in zip(*told, strict=True):
            reasons.append(_member_reason(s, d, c, known.place_id[p]))
        belongs = found.fields.toarray() > 0
        for c, o in zip(candidate.tolist(), org.tolist(), strict=True):
            based_on.append(_member_basis(known, o, belongs[c]))
    arrays: dict[str, Any] = {
        name: np.concatenate(parts) if parts else np.array([]) for name, parts in columns.items()
    }
    if not reasons:
        return conform_columns("candidate_member", {})
    arrays |= {"reasons": reasons, "based_on": based_on}
    return conform_columns("candidate_member", arrays)


def _member_reason(share: float, distance_km: float, chance: float, place_id: str) -> str:
    words = [
        reason(
            "A share of {share} of its known work is in this family of fields, "
            "about {distance} km from the centre of {place}.",
            share=round(share, 2),
            distance=round(distance_km, 1),
            place=f"place:{place_id}",
        )
    ]
    if not np.isnan(chance):
        words.append(
            reason(
                "By how much of its work lies in these fields, the chance that it belongs to the "
                "cluster, rather than does such work as anybody elsewhere does, is {chance}.",
                chance=round(chance, 2),
            )
        )
    return dump_reasons(words)


def _member_basis(known: Known, org: int, belongs: npt.NDArray[np.bool_]) -> str:
    own = slice(int(known.activity_first[org]), int(known.activity_first[org + 1]))
    ids = known.activity[own][belongs[known.activity_field[own]]]
    refs = dict.fromkeys(a if a.startswith("development:") else f"activity:{a}" for a in ids)
    named = [*list(refs)[: BASED_ON - 1], f"organisation:{known.actors.org_id[org]}"]
    return json.dumps(sorted(named), ensure_ascii=False)
