"""What one of two groups adds to the other, for all pairs of groups at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.measures.relatedness import relatedness_density

__all__ = ["added_density_of_pairs", "joint_critical_mass", "reach_weights", "understanding"]

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def reach_weights(presence: Flags, proximity: Matrix) -> Matrix:
    """Weigh the fields in a group's reach: those it lacks, by how much of its own is close.

    w_af = (1 - x_af) d_af / sum over f of (1 - x_af) d_af, with d the relatedness density that
    leaves the field itself out.

    Parameters
    ----------
    presence : (groups, fields), bool
    proximity : (fields, fields), any one unit, >= 0

    Returns
    -------
    (groups, fields), share
        Rows sum to 1; a row of NaN for a group that has no field, or none in reach.

    References
    ----------
    balland2021

    Examples
    --------
    >>> phi = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]])
    >>> reach_weights(np.array([[False, True, False]]), phi)
    array([[1., 0., 0.]])
    """
    density = relatedness_density(presence, proximity, keep_self=False)
    weight = np.where(presence, 0.0, np.nan_to_num(density))
    total = weight.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(weight, total, out=np.full_like(weight, np.nan), where=total > 0)
    return shares


def added_density_of_pairs(
    presence: Flags, proximity: Matrix, *, weights: Matrix
) -> tuple[Matrix, Matrix]:
    """Weighted mean, over a group's fields of interest, of the density that another group adds.

    D_ab = sum over f of w_af (d(A u B, f) - d(A, f)), exactly: by the linearity of the density it
    is one matrix product for all pairs. The field itself is left out of its density.

    Parameters
    ----------
    presence : (groups, fields), bool
    proximity : (fields, fields), any one unit, >= 0
    weights : (groups, fields), share
        Which fields matter to each group; rows sum to 1 or are NaN (see `reach_weights`).

    Returns
    -------
    (groups, groups), 0..1
        What the group of the column adds to the group of the row. NaN where the weights are.
    (groups,), 0..1
        What the group itself lacks, sum over f of w_af (1 - d(A, f)): the most that can be added.

    References
    ----------
    balland2021

    Examples
    --------
    A has the second field, B the third; half of what is close to the first is B's:

    >>> phi = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]])
    >>> x = np.array([[False, True, False], [False, False, True]])
    >>> added, lacking = added_density_of_pairs(x, phi, weights=reach_weights(x, phi))
    >>> added, lacking
    (array([[0. , 0.5], [0.5, 0. ]]), array([0.5, 0.5]))
    """
    phi = np.nan_to_num(np.asarray(proximity, dtype=float))
    near = phi - np.diag(np.diag(phi))
    whole = near.sum(axis=1)
    share = np.divide(near, whole[:, None], out=np.zeros_like(near), where=whole[:, None] > 0)
    # A field close to none has no density that could grow.
    counted = np.where(whole > 0, weights, 0.0 * weights)
    pull = counted @ share  # what each field is worth to a group, were it there
    added: Matrix = np.where(presence, 0.0, pull) @ presence.T.astype(float)
    added[np.isnan(weights).any(axis=1)] = np.nan
    lacking: Matrix = counted.sum(axis=1) - np.where(presence, pull, 0.0).sum(axis=1)
    return added, np.clip(lacking, 0.0, 1.0)


def joint_critical_mass(
    mass: Matrix, least: float, *, common: dict[tuple[int, int], Matrix] | None = None
) -> tuple[Matrix, Matrix]:
    """Count the fields in which two groups pass a threshold only together.

    Parameters
    ----------
    mass : (groups, fields), any one unit, >= 0
        How much of each field each group has.
    least : > 0, the unit of `mass`
        From here on a field has its critical mass.
    common : pairs of groups (first < second) to (fields,), or None
        What both count because they share members; it is taken off once.

    Returns
    -------
    (groups, groups), fields
        Fields below the threshold in each of the two and at or above it in both together.
    (groups,), fields
        Fields a group has below the threshold: the most that can be lifted.

    Raises
    ------
    ValueError
        If the threshold is not above 0.

    Examples
    --------
    Of the two fields the first passes 3 only together:

    >>> joint_critical_mass(np.array([[2.0, 4.0], [1.0, 1.0]]), 3.0)
    (array([[0., 1.], [1., 0.]]), array([1., 2.]))
    """
    if not least > 0:
        raise ValueError(f"the critical mass must be above 0, but it is {least:g}")
    thin = (mass > 0) & (mass < least)
    count = np.zeros((len(mass), len(mass)))
    for group in range(len(mass)):
        here = np.flatnonzero(thin[group])
        joint = mass[:, here] + mass[group, here]
        count[group] = (thin[:, here] & (joint >= least)).sum(axis=1)
    for (one, other), shared in (common or {}).items():
        joint = mass[one] + mass[other] - shared
        both = thin[one] & thin[other] & (joint >= least)
        count[one, other] = count[other, one] = both.sum()
    np.fill_diagonal(count, 0.0)
    return count, thin.sum(axis=1).astype(float)


def understanding(kinship: Matrix, *, peak: float) -> Matrix:
    """What similarity of knowledge is worth for understanding and learning from each other.

    u(k) = 1 - ((k - peak) / max(peak, 1 - peak)) ** 2: a parabola with value 1 at the peak and 0
    at the farther end. With the peak at 1 more similarity is always better; with the peak inside
    it is the inverted U of an optimal cognitive distance.

    Parameters
    ----------
    kinship : any shape, 0..1
    peak : 0..1
        The similarity that serves best: an assumption to be tried, see the sources.

    Returns
    -------
    as `kinship`, 0..1
        NaN stays NaN.

    References
    ----------
    nooteboom2007
    boschma2005

    Examples
    --------
    >>> understanding(np.array([0.0, 0.5, 1.0]), peak=0.5)
    array([0., 1., 0.])
    >>> understanding(np.array([0.0, 0.5, 1.0]), peak=1.0)
    array([0.  , 0.75, 1.  ])
    """
    if not 0 <= peak <= 1:
        raise ValueError(f"the peak lies in 0..1, but it is {peak:g}")
    worth: Matrix = 1.0 - ((np.asarray(kinship, dtype=float) - peak) / max(peak, 1.0 - peak)) ** 2
    return worth
