"""How much something grew between two dates, also where it began or ended at nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["midpoint_growth", "share_change_p_value"]

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int_]

# Two tables of equal probability may differ by a rounding error.
_ROUNDING = 1e-7


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


def share_change_p_value(part: tuple[int, int], whole: tuple[int, int]) -> float:
    """Chance of a change at least so unlikely, if the part kept its share of the whole.

    Fisher's exact test of the table of part and rest by date: with the sums of rows and columns
    given, the part at the later date is hypergeometric. Two-sided: all outcomes that are no more
    likely than the one observed.

    Parameters
    ----------
    part : counts at the earlier and the later date, >= 0
    whole : counts at the earlier and the later date, >= the part's

    Returns
    -------
    0..1
        1 where there is nothing to test. It takes single counts as independent; counts that come
        in bundles make it too small.

    Raises
    ------
    ValueError
        If a count is negative or a part is larger than its whole.

    References
    ----------
    fisher1922

    Examples
    --------
    Of 3 by 3 pieces of work the part had none before and all 3 after: 2 outcomes of 20.

    >>> round(share_change_p_value((0, 3), (3, 3)), 4)
    0.1
    """
    from scipy.special import gammaln

    if min(part) < 0 or part[0] > whole[0] or part[1] > whole[1]:
        raise ValueError(f"a part of {part} does not fit into a whole of {whole}")
    n, total = sum(part), sum(whole)
    late = np.arange(max(0, n - whole[0]), min(n, whole[1]) + 1)

    def choose(of: int, taken: Counts) -> Vector:
        ways: Vector = gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1)
        return ways

    chance = np.exp(
        choose(whole[1], late) + choose(whole[0], n - late) - choose(total, np.array(n))
    )
    observed = chance[part[1] - late[0]]
    return float(min(1.0, chance[chance <= observed * (1 + _ROUNDING)].sum()))
