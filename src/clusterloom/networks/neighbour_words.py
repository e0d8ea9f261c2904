"""Why one organisation is near another, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.schema import Reason, dump_reasons, reason

__all__ = ["neighbour_reasons"]

Row = Mapping[str, Any]


def neighbour_reasons(row: Row, weights: Mapping[str, float], common: int, between: float) -> str:
    """Say each signal of a pair of organisations in words, as the text a table stores.

    Parameters
    ----------
    row : the row of `organisation_adjacency`, None where a signal is not known
    weights : signal -> share in the fused value
    common : organisations, partners both work with
    between : 0..1, adjacency of the two fields the row names
    """
    said = [*_fields(row, between), _profile(row, weights), _text(row, weights)]
    return dump_reasons([*said, _partners(row, weights, common), _tie(row)])


def _fields(row: Row, between: float) -> list[Reason]:
    if row["field_a"] is None:
        return []
    field = f"field:{row['field_a']}"
    if row["field_a"] == row["field_b"]:
        return [reason("Both work in {field}.", field=field)]
    return [
        reason(
            "It works in {field}, the other in {other_field}, adjacent by {value} of 1.",
            field=field,
            other_field=f"field:{row['field_b']}",
            value=between,
        )
    ]


def _profile(row: Row, weights: Mapping[str, float]) -> Reason:
    if row["profile"] is None:
        return reason(
            "The fields of one of the two are not known; their weight goes to the other signals."
        )
    return reason(
        "Their fields are alike by {value} of 1, adjacent fields counted in part "
        "(weight {weight}).",
        value=row["profile"],
        weight=weights["profile"],
    )


def _text(row: Row, weights: Mapping[str, float]) -> Reason:
    if row["text"] is None:
        return reason(
            "No description of the work of one of the two is known; its weight goes to the other "
            "signals."
        )
    return reason(
        "What is written about their work is alike by {value} of 1 (weight {weight}).",
        value=row["text"],
        weight=weights["text"],
    )


def _partners(row: Row, weights: Mapping[str, float], common: int) -> Reason:
    if row["partners"] is None:
        return reason(
            "No working tie of one of the two is known; the weight of common partners goes to the "
            "other signals."
        )
    return reason(
        "Common partners: {n}; that counts as {value} of 1 (weight {weight}).",
        n=common,
        value=row["partners"],
        weight=weights["partners"],
    )


def _tie(row: Row) -> Reason:
    if row["tied"]:
        return reason("The two have a working tie already.")
    return reason("No working tie between them is known.")
