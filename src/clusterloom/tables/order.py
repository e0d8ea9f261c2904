"""In which order rows are told, where several places must tell them alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["surest_first"]


def surest_first(candidate: Mapping[str, Any]) -> tuple[bool, float, float]:
    """Sort candidates by rate of false discoveries, then by effect; those not tested come last.

    Parameters
    ----------
    candidate : a row of `candidate`

    Returns
    -------
    key to sort by

    Examples
    --------
    >>> rows = [{"q_value": None, "effect_ratio": 9.0}, {"q_value": 0.2, "effect_ratio": None}]
    >>> [row["q_value"] for row in sorted(rows, key=surest_first)]
    [0.2, None]
    """
    q_value = candidate["q_value"]
    effect = candidate["effect_ratio"] or 0.0
    return q_value is None, 0.0 if q_value is None else q_value, -effect
