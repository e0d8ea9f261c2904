"""How much more often two things go together than chance would have it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["excess_association", "jaccard"]

Matrix = npt.NDArray[np.float64]


def excess_association(observed: Matrix, expected: Matrix, *, prior: float = 0.0) -> Matrix:
    """Excess of what is observed over what is expected, on a scale from 0 to 1.

    (observed - expected) / (observed + expected + prior), and 0 where less than expected is seen:
    a monotone form of the association strength observed / expected that is bounded and, with a
    prior, cautious where little was seen.

    Parameters
    ----------
    observed, expected : same shape, any one unit, >= 0
    prior : the unit of `observed`, >= 0
        How much evidence a pair needs to be believed.

    Returns
    -------
    same shape, 0..1
        NaN where nothing is observed or expected and no prior is given.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> excess_association(np.array([3.0, 1.0]), np.array([1.0, 1.0]))
    array([0.5, 0. ])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = (observed - expected) / (observed + expected + prior)
    return np.where(np.isnan(excess), np.nan, np.clip(excess, 0.0, 1.0))


def jaccard(sets: npt.NDArray[np.bool_]) -> Matrix:
    """Share of common members among all members, for every pair of sets.

    Parameters
    ----------
    sets : (sets, members), bool

    Returns
    -------
    (sets, sets), 0..1
        0 where both sets are empty: two unknowns have nothing known in common.

    Examples
    --------
    >>> jaccard(np.array([[True, True], [True, False]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    member = sets.astype(np.float64)
    common = member @ member.T
    size = member.sum(axis=1)
    union = size[:, None] + size[None, :] - common
    shares: Matrix = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return shares
