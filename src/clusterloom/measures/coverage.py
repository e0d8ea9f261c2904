"""How far needs are covered when every further provider of the same thing adds less."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["diminishing_coverage"]

Array = npt.NDArray[np.float64]


def diminishing_coverage(supply: Array, steps: Array) -> Array:
    """Turn the summed offers for each need into a covered share with diminishing returns.

    The first full provider is worth `steps[0]`, the second `steps[1]` and so on, in shares of
    their sum; a fraction of a provider is worth that fraction of its step. The function is
    concave and piecewise linear, so maximising it is a linear program.

    Parameters
    ----------
    supply : any shape, full providers, >= 0
        Sum of the offers for each need. NaN stays NaN.
    steps : (levels,), any one unit, > 0 and not rising
        Worth of the first, second, ... full provider.

    Returns
    -------
    same shape as `supply`, share, 0 .. 1
        1 means that as many full providers as there are steps offer the need.

    Raises
    ------
    ValueError
        If a supply is negative, or the steps are empty, not positive, or rise.

    References
    ----------
    nemhauser1978

    Examples
    --------
    >>> diminishing_coverage(np.array([0.0, 1.0, 1.5, 9.0]), np.array([2.0, 1.0, 1.0]))
    array([0.   , 0.5  , 0.625, 1.   ])
    """
    worth = np.asarray(steps, dtype=float)
    if worth.size == 0 or not (worth > 0).all() or (np.diff(worth) > 0).any():
        raise ValueError(f"steps must be positive and must not rise, but they are {worth.tolist()}")
    total = np.asarray(supply, dtype=float)
    if (total < 0).any():
        raise ValueError(f"supply must be >= 0, but the smallest is {np.nanmin(total):g}")
    filled = np.clip(total[..., None] - np.arange(worth.size), 0.0, 1.0)
    covered: Array = filled @ (worth / worth.sum())
    return covered
