"""Similarity of texts as arrays: centred cosine of vectors, shares, and n-grams (`ngrams`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterloom.text.ngrams import ngram_cosine

__all__ = ["centred", "cosine", "ngram_cosine", "softmax_rows"]

Matrix = npt.NDArray[np.float64]


def centred(vectors: npt.NDArray[np.floating], mean: npt.NDArray[np.floating]) -> Matrix:
    """Subtract a mean vector and scale to unit length.

    Sentence vectors share a common direction that makes everything look alike; without it the
    differences between texts stand out.

    Parameters
    ----------
    vectors : (texts, dimension), any range
    mean : (dimension,)

    Returns
    -------
    (texts, dimension), unit length
        Zero rows (blank texts) stay zero.

    References
    ----------
    mu2018

    Examples
    --------
    >>> centred(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([1.0, 1.0]))
    array([[ 1.,  0.],
           [-1.,  0.]])
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    blank = ~vectors.any(axis=1)
    moved = vectors - mean
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    result: Matrix = moved / np.maximum(norms, 1e-12)
    result[blank] = 0.0
    return result


def cosine(left: Matrix, right: Matrix) -> Matrix:
    """Cosine of unit vectors: (left, dimension) x (right, dimension) -> (left, right), -1..1."""
    product: Matrix = left @ right.T
    return product


def softmax_rows(scores: Matrix, *, temperature: float) -> Matrix:
    """Turn scores into shares: exp(score / temperature), rows summing to 1.

    Parameters
    ----------
    scores : (rows, columns), any range
        -inf gives a share of 0; a row of -inf only gives zeros.
    temperature : > 0, unit of the scores
        Smaller is sharper.

    Returns
    -------
    (rows, columns), 0..1

    Examples
    --------
    >>> softmax_rows(np.array([[0.0, 0.0]]), temperature=1.0)
    array([[0.5, 0.5]])
    """
    top = scores.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        weights = np.exp((scores - np.where(np.isfinite(top), top, 0.0)) / temperature)
    total = weights.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return shares
