"""Check the clusters a source describes: who is a member of what, and whether anything is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.sources.clean import Cleaned

__all__ = ["check_clusters"]

_CLUSTER, _MEMBER = "existing_cluster", "existing_cluster_member"


def check_clusters(cleaned: Mapping[str, Cleaned]) -> None:
    """Refuse members of clusters nobody described, and clusters of which nothing is said.

    A cluster needs fields or at least one member that was taken over: a name alone can be
    compared with nothing.
    """
    clusters = cleaned[_CLUSTER].rows if _CLUSTER in cleaned else []
    described = {row["cluster_id"] for row in clusters}
    members = cleaned[_MEMBER].rows if _MEMBER in cleaned else []
    for row in [r for r in members if r["cluster_id"] not in described]:
        _refuse(
            cleaned[_MEMBER],
            row,
            fault=f"cluster_id `{row['cluster_id']}` is no existing cluster of this source",
            remedy="describe the cluster in the table existing_clusters of the same source",
        )
    joined = {row["cluster_id"] for row in (cleaned[_MEMBER].rows if _MEMBER in cleaned else [])}
    for row in [r for r in clusters if not r.get("fields") and r["cluster_id"] not in joined]:
        _refuse(
            cleaned[_CLUSTER],
            row,
            fault=f"cluster `{row['cluster_id']}` has neither fields nor a known member",
            remedy="state its fields, or its members in the table existing_cluster_members",
        )


def _refuse(part: Cleaned, row: dict[str, Any], *, fault: str, remedy: str) -> None:
    file, _, line = row["source_row"].rpartition(":")
    part.rows.remove(row)
    part.refuse(file, int(line), fault=fault, remedy=remedy, record=row)
