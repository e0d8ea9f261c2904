"""Whether a relation has the form of an inverted U: a test, for a form often only assumed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["InvertedU", "inverted_u_test"]

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class InvertedU:
    """The fitted parabola and the test; slopes in units of y for one unit of x.

    `p_value` is the larger of the two one-sided probabilities: that the curve does not rise at the
    lower end, and that it does not fall at the upper one. `peak` is NaN where there is none.
    """

    peak: float
    slope_low: float
    slope_high: float
    p_value: float
    n_observations: int


def inverted_u_test(
    x: Vector, y: Vector, *, drawn: Vector | None = None, permutations: int = 999, seed: int = 0
) -> InvertedU:
    """Test whether y rises with x at the lower end of the data and falls at the upper end.

    A parabola that bends down proves nothing while its peak lies outside the data: both slopes,
    b1 + 2 b2 x at the least and the largest x, must have their signs (lind2010). Each slope is
    compared with those under random assignment of y to x, which needs no normal errors.
    Observations about pairs are not independent: give `drawn`, in which whole rows and columns
    of the pairs were permuted (krackhardt1988).

    Parameters
    ----------
    x, y : (observations,), any unit
        Pairs with NaN are left out.
    drawn : (draws, observations), the unit of y, or None
        y as it would be by chance; None to permute single observations.
    permutations : >= 99, used where nothing is drawn
    seed : of the random order

    Returns
    -------
    peak, slopes, p-value and number of observations

    Raises
    ------
    ValueError
        If the lengths differ, or fewer than 5 observations with 3 distinct x are left.

    References
    ----------
    krackhardt1988
    lind2010
    phipson2010

    Examples
    --------
    >>> x = np.linspace(0, 1, 21)
    >>> found = inverted_u_test(x, 4 * x * (1 - x))
    >>> round(found.peak, 6), round(found.slope_low, 6), round(found.slope_high, 6)
    (0.5, 4.0, -4.0)
    >>> found.p_value < 0.05, inverted_u_test(x, x**2).p_value > 0.5
    (True, True)
    """
    one, other = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"x and y must have one length, but they are {one.shape}, {other.shape}")
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if one.size < 5 or np.unique(one).size < 3:
        raise ValueError(
            f"5 observations with 3 distinct x are needed, but there are {one.size} with "
            f"{np.unique(one).size}"
        )
    design = np.column_stack([np.ones_like(one), one, one**2])
    solve = np.linalg.pinv(design)
    ends = np.array([[0.0, 1.0, 2 * one.min()], [0.0, 1.0, 2 * one.max()]])
    slopes = ends @ solve
    low, high = slopes @ other
    if drawn is None:
        random = np.random.default_rng(seed)
        null = np.stack([random.permutation(other) for _ in range(permutations)])
    else:
        null = np.asarray(drawn, dtype=float)[:, known]
    chance = slopes @ null.T
    tiny = 1e-12 * max(1.0, float(np.abs(chance).max()))
    p_low = (1 + int((chance[0] >= low - tiny).sum())) / (len(null) + 1)
    p_high = (1 + int((chance[1] <= high + tiny).sum())) / (len(null) + 1)
    _, b1, b2 = solve @ other
    return InvertedU(
        peak=float(-b1 / (2 * b2)) if b2 < 0 else float("nan"),
        slope_low=float(low),
        slope_high=float(high),
        p_value=max(p_low, p_high),
        n_observations=int(one.size),
    )
