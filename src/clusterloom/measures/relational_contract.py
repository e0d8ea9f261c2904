"""Whether an informal promise holds by itself: the self-enforcement test of repeated games."""

from __future__ import annotations

__all__ = ["critical_discount_rate", "holds_at", "joint_critical_discount_rate"]

Payoffs = tuple[float, float, float]


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
        Infinity when there is no temptation and nothing better without the promise. 0 when the
        partner would rather be without the promise, or is tempted and earns no less without it:
        then it keeps its word at no rate, not even at 0 (`holds_at`).

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


def joint_critical_discount_rate(a: Payoffs, b: Payoffs) -> float:
    """Largest discount rate at which two partners keep their word if one may pay the other.

    The payment is a promise too. It can bring the gain from cooperation to where the temptation
    is, but a partner that would lose by breaking its own part does not make the other's temptation
    smaller: it can still keep the payment back. So only temptations above 0 are added.

    Parameters
    ----------
    a, b : cooperation, deviation, fallback; one currency and price year, per period

    Returns
    -------
    1 per period, 0 .. infinity
        As in `critical_discount_rate`.

    References
    ----------
    levin2003

    Examples
    --------
    Together 25 today against 30 in every later period:

    >>> joint_critical_discount_rate((30, 50, 10), (20, 25, 10))
    1.2
    """
    cooperation, fallback = a[0] + b[0], a[2] + b[2]
    return critical_discount_rate(cooperation, max(a[0], a[1]) + max(b[0], b[1]), fallback)


def holds_at(rate: float, critical: float) -> bool:
    """Say whether a promise with this critical rate is kept at the stated rate.

    Parameters
    ----------
    rate : 1 per period, >= 0
    critical : 1 per period, 0 .. infinity
        From `critical_discount_rate`; 0 means at no rate.

    Examples
    --------
    >>> holds_at(1.0, 1.0), holds_at(0.0, 0.0)
    (True, False)
    """
    return critical > 0 and rate <= critical
