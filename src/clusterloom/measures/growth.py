"""How much something grew between two dates, also where it began or ended at nothing."""

from __future__ import annotations

__all__ = ["midpoint_growth"]


def midpoint_growth(before: float, after: float) -> float:
    """Change divided by the mean of both dates.

    g = (after - before) / ((after + before) / 2).

    Parameters
    ----------
    before : any one unit, >= 0
    after : same unit, >= 0

    Returns
    -------
    -2..2, dimensionless
        2 for something new, -2 for something gone, 0 without change; near 0 it is the usual
        growth rate. NaN where there is nothing at either date.

    Raises
    ------
    ValueError
        If one of them is negative.

    References
    ----------
    davis1992

    Examples
    --------
    >>> midpoint_growth(2, 6), midpoint_growth(0, 5), midpoint_growth(5, 0)
    (1.0, 2.0, -2.0)
    """
    if before < 0 or after < 0:
        raise ValueError(f"amounts must be >= 0, but one is {min(before, after):g}")
    mean = (before + after) / 2
    return float((after - before) / mean) if mean else float("nan")
