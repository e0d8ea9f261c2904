"""What stages share: organisations by fields, and the adjacency of fields, as matrices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from clusterloom.tables import Tables

__all__ = ["adjacency_matrix", "family_profiles", "field_order", "organisation_profiles"]

Matrix = npt.NDArray[np.float64]


def field_order(tables: Tables) -> list[str]:
    """Return the field ids in the order the matrices use (sorted)."""
    return [row["field_id"] for row in tables.rows("field")]


def adjacency_matrix(tables: Tables, fields: Sequence[str]) -> Matrix:
    """Return the fused adjacency, (fields, fields), 0..1, symmetric, 1 on the diagonal.

    Pairs that are not stored were too weak to keep and count as 0.
    """
    position = {field_id: i for i, field_id in enumerate(fields)}
    matrix = np.eye(len(fields))
    table = tables["field_adjacency"]
    for a, b, value in zip(
        table["field_a"].to_pylist(),
        table["field_b"].to_pylist(),
        table["fused"].to_pylist(),
        strict=True,
    ):
        if a in position and b in position:
            matrix[position[a], position[b]] = matrix[position[b], position[a]] = value
    return matrix


def organisation_profiles(
    tables: Tables, fields: Sequence[str], kinds: Collection[str] | None = None
) -> tuple[list[str], Matrix]:
    """Return organisations and their field profiles.

    Parameters
    ----------
    tables : with `activity_field`, and `activity` for the weights
    fields : column order
    kinds : kinds of activity to count; all when None

    Returns
    -------
    organisation ids (sorted), (organisations, fields) with rows that sum to 1
        Only organisations with at least one assigned activity of these kinds are listed:
        the others are unknown, not empty.
    """
    weight_of = dict(
        zip(
            tables["activity"]["activity_id"].to_pylist(),
            tables["activity"]["weight"].to_pylist(),
            strict=True,
        )
    )
    column = {field_id: j for j, field_id in enumerate(fields)}
    rows = [
        row
        for row in tables.rows("activity_field")
        if row["field_id"] in column and (kinds is None or row["kind"] in kinds)
    ]
    org_ids = sorted({row["org_id"] for row in rows})
    position = {org_id: i for i, org_id in enumerate(org_ids)}
    matrix = np.zeros((len(org_ids), len(fields)))
    for row in rows:
        amount = row["share"] * row["confidence"] * weight_of.get(row["activity_id"], 1.0)
        matrix[position[row["org_id"]], column[row["field_id"]]] += amount
    total = matrix.sum(axis=1, keepdims=True)
    profiles: Matrix = np.divide(matrix, total, out=np.zeros_like(matrix), where=total > 0)
    return org_ids, profiles


def family_profiles(tables: Tables) -> tuple[list[str], list[str], Matrix]:
    """Return organisations and how their work is shared out over families of fields.

    Returns
    -------
    organisation ids (sorted), family ids (sorted), (organisations, families)
        Rows sum to 1, or to less where a field belongs to no family.
    """
    fields = field_order(tables)
    org_ids, profiles = organisation_profiles(tables, fields)
    family = {row["field_id"]: row["family_id"] for row in tables.rows("field_family")}
    names = sorted(set(family.values()))
    grouped = np.zeros((len(fields), len(names)))
    for j, field_id in enumerate(fields):
        if field_id in family:
            grouped[j, names.index(family[field_id])] = 1.0
    return org_ids, names, profiles @ grouped
