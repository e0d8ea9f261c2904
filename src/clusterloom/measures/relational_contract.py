"""Whether an informal promise holds by itself: the self-enforcement test of repeated games."""

from __future__ import annotations

__all__ = ["critical_discount_rate"]


def critical_discount_rate(cooperation: float, deviation: float, fallback: float) -> float:
    """Largest discount rate per period at which a partner keeps its word.

    Breaking the promise earns `deviation` once and `fallback` for ever after; keeping it earns
    `cooperation` in every period. Keeping is better while
    (deviation - cooperation) <= (cooperation - fallback) / r.

    Parameters
    ----------
    cooperation, deviation, fallback : one currency and price year, per period

    Returns
    -------
    1 per period, 0 .. infinity
        Infinity when there is no temptation; 0 when cooperation is worth no more than the
        fallback and there is one.

    References
    ----------
    baker2002
    levin2003

    Examples
    --------
    A gain of 20 today against a loss of 20 in every later period:

    >>> critical_discount_rate(30, 50, 10)
    1.0
    """
    temptation, surplus = deviation - cooperation, cooperation - fallback
    if temptation <= 0:
        return float("inf") if surplus >= 0 else 0.0
    return max(surplus, 0.0) / temptation
