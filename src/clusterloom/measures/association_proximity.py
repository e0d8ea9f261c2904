"""How close two fields are, judged by how much more often they meet than by chance.

The probabilistic measures in the words of van Eck and Waltman: 1, or 0 for the score, means as
often as by chance, so that large fields have no advantage. The set measures are in `proximity`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.measures._pairs import checked_occurrences, ratio
from clusterloom.measures.association import excess_association

__all__ = [
    "association_excess",
    "association_strength",
    "co_occurrence_score",
    "probabilistic_strength",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


def association_strength(together: Matrix, occurrences: Vector, *, total: float) -> Matrix:
    """Count together over the count expected if fields met by chance.

    phi_ij = c_ij / (s_i s_j / n).

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric
    occurrences : (fields,), same unit, >= 0
    total : same unit, > 0
        All draws n: the number of places if occurrences are places; the sum of the
        occurrences if they are counts with other fields (EconGeo).

    Returns
    -------
    (fields, fields), dimensionless, >= 0, symmetric
        1 means as often as by chance. NaN where a field does not occur. VOSviewer leaves n out,
        which changes no comparison within one table.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, the occurrences do not fit it,
        or the total is not above 0.

    References
    ----------
    vaneck2009

    Examples
    --------
    Two fields in 2 of 8 places each are expected together in half a place:

    >>> association_strength(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([2.0, 2.0]), total=8.0)
    array([[4., 2.],
           [2., 4.]])
    """
    count, occur = checked_occurrences(together, occurrences)
    return ratio(count, _expected(occur, total))


def association_excess(
    together: Matrix, occurrences: Vector, *, total: float, prior: float = 0.0
) -> Matrix:
    """Excess of the count together over chance, from 0 to 1 (`association.excess_association`).

    A monotone form of the association strength a: (a - 1) / (a + 1) without a prior, cut at 0.

    Parameters
    ----------
    together, occurrences, total : as in `association_strength`
    prior : the unit of `together`, >= 0
        How much evidence a pair needs to be believed.

    Returns
    -------
    (fields, fields), 0..1, symmetric
        0 where fields meet no more often than by chance. NaN where a field does not occur and
        no prior is given.

    Raises
    ------
    ValueError
        As `association_strength`.

    References
    ----------
    vaneck2009

    Examples
    --------
    >>> association_excess(
    ...     np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([2.0, 2.0]), total=8.0).round(3)
    array([[0.6  , 0.333],
           [0.333, 0.6  ]])
    """
    count, occur = checked_occurrences(together, occurrences)
    return excess_association(count, _expected(occur, total), prior=prior)


def probabilistic_strength(together: Matrix, occurrences: Vector) -> Matrix:
    """Association strength for draws without repetition: a field cannot meet itself.

    phi_ij = c_ij / (n/2 (s_i/n s_j/(n - s_i) + s_j/n s_i/(n - s_j))), n = sum of s.

    Parameters
    ----------
    together : (fields, fields), any one unit, >= 0, symmetric
    occurrences : (fields,), same unit, >= 0
        Counts with other fields: `proximity.occurrences_with_others`.

    Returns
    -------
    (fields, fields), dimensionless, >= 0, symmetric
        1 means as often as by chance; the diagonal has no meaning and is NaN. NaN where a field
        does not occur, or where it makes up all occurrences.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, or the occurrences do not fit it.

    References
    ----------
    steijn2021

    Examples
    --------
    Three fields that meet equally often, each twice: 1 = 1 / (6/2 (2/6 2/4 + 2/6 2/4)).

    >>> equal = np.ones((3, 3)) - np.eye(3)
    >>> probabilistic_strength(equal, np.array([2.0, 2.0, 2.0]))
    array([[nan,  1.,  1.],
           [ 1., nan,  1.],
           [ 1.,  1., nan]])
    """
    count, occur = checked_occurrences(together, occurrences)
    rest = occur.sum() - occur
    inverse = np.divide(1.0, rest, out=np.full_like(rest, np.nan), where=rest > 0)
    expected = occur[:, None] * occur[None, :] * (inverse[:, None] + inverse[None, :]) / 2
    strength = ratio(count, expected)
    np.fill_diagonal(strength, np.nan)
    return strength


def co_occurrence_score(together: Matrix, *, places: int) -> Matrix:
    """How many standard deviations more often two fields meet than if places drew them at random.

    t_ij = (c_ij - m_ij) / d_ij with m_ij = k_i k_j / n and
    d_ij^2 = m_ij (n - k_i) (n - k_j) / (n (n - 1)): the mean and variance of the hypergeometric
    distribution of k_i and k_j out of n places ("survivor" relatedness).

    Parameters
    ----------
    together : (fields, fields), places, >= 0, symmetric
        The diagonal holds the ubiquity k of each field.
    places : n, >= 2
        All places that could have a field. Teece and others count only those with at least two.

    Returns
    -------
    (fields, fields), standard deviations, symmetric
        Above 0 more often than by chance, below 0 less often. NaN for a field that is nowhere or
        everywhere, as its meetings cannot vary, and on the diagonal.

    Raises
    ------
    ValueError
        If `together` is not a square, symmetric table of counts, or a field has more places than
        there are.

    References
    ----------
    teece1994

    Examples
    --------
    Two fields in the same 2 of 4 places: (2 - 1) / sqrt(1 * 2 * 2 / (4 * 3)).

    >>> co_occurrence_score(np.array([[2.0, 2.0], [2.0, 2.0]]), places=4).round(3)
    array([[  nan, 1.732],
           [1.732,   nan]])
    """
    count, ubiquity = checked_occurrences(together, None)
    if places < 2 or (ubiquity > places).any():
        largest = ubiquity.max(initial=0.0)
        raise ValueError(
            f"places must be >= 2 and >= the largest ubiquity, {largest:g}, but it is {places}"
        )
    mean = ubiquity[:, None] * ubiquity[None, :] / places
    room = (places - ubiquity) / places
    variance = mean * room[:, None] * room[None, :] * places / (places - 1)
    score = ratio(count - mean, np.sqrt(variance))
    np.fill_diagonal(score, np.nan)
    return score


def _expected(occur: Vector, total: float) -> Matrix:
    if not total > 0:
        raise ValueError(f"total must be > 0, but it is {total:g}")
    return occur[:, None] * occur[None, :] / total
