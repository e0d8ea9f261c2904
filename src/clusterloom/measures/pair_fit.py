"""How well two groups or organisations fit: kin profiles, needs covered, research met by making."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["kinship_of_pairs", "needs_covered", "research_meets_making"]

Matrix = npt.NDArray[np.float64]


def kinship_of_pairs(left: Matrix, right: Matrix, adjacency: Matrix) -> Matrix:
    """Similarity of profiles with the adjacency of fields as the metric.

    p' A q / sqrt(p' A p * q' A q): 1 for one direction of work, above 0 for adjacent ones.

    Parameters
    ----------
    left, right : (groups, fields), any one unit, >= 0
    adjacency : (fields, fields), 0..1, symmetric, 1 on the diagonal

    Returns
    -------
    (left, right), 0..1
        0 where a profile is empty: nothing is known to be kin.

    Examples
    --------
    >>> near = np.array([[1.0, 0.6], [0.6, 1.0]])
    >>> kinship_of_pairs(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0]]), near)
    array([[0.6]])
    """
    own_left = np.einsum("if,fg,ig->i", left, adjacency, left, optimize=True)
    own_right = np.einsum("if,fg,ig->i", right, adjacency, right, optimize=True)
    scale = np.sqrt(np.outer(own_left, own_right))
    joint = left @ adjacency @ right.T
    kinship: Matrix = np.divide(joint, scale, out=np.zeros_like(joint), where=scale > 0)
    return np.clip(kinship, 0.0, 1.0)


def needs_covered(open_needs: Matrix, offers: Matrix) -> Matrix:
    """Share of what one group still needs that another could cover.

    sum over needs of open_an * offer_bn / sum over needs of open_an.

    Parameters
    ----------
    open_needs : (groups, needs), any one unit, >= 0
    offers : (others, needs), 0..1

    Returns
    -------
    (groups, others), 0..1
        0 where nothing is open.

    Examples
    --------
    >>> needs_covered(np.array([[0.3, 0.1]]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    array([[0.75, 0.5 ]])
    """
    total = open_needs.sum(axis=1, keepdims=True)
    share: Matrix = np.divide(
        open_needs @ offers.T, total, out=np.zeros((len(open_needs), len(offers))), where=total > 0
    )
    return np.clip(share, 0.0, 1.0)


def research_meets_making(
    knows: tuple[Matrix, Matrix], makes: tuple[Matrix, Matrix], adjacency: Matrix
) -> Matrix:
    """How far one side researches what the other makes, the better of the two readings.

    Both are spread to adjacent fields and scaled to length 1; the value is their cosine.

    Parameters
    ----------
    knows : (left, fields) and (right, fields), research and development, >= 0
    makes : (left, fields) and (right, fields), production, >= 0
    adjacency : (fields, fields), 0..1, symmetric

    Returns
    -------
    (left, right), 0..1
        0 where neither reading has work on both sides.

    Examples
    --------
    >>> one, none = np.array([[1.0, 0.0]]), np.zeros((1, 2))
    >>> research_meets_making((one, none), (none, one), np.eye(2))
    array([[1.]])
    """
    know_left, know_right = (_unit(m @ adjacency) for m in knows)
    make_left, make_right = (_unit(m @ adjacency) for m in makes)
    best: Matrix = np.maximum(know_left @ make_right.T, make_left @ know_right.T)
    return np.clip(best, 0.0, 1.0)


def _unit(matrix: Matrix) -> Matrix:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: Matrix = np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
    return unit
