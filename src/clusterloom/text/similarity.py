"""Similarity of texts: centred cosine of vectors and character n-grams, as arrays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["centred", "cosine", "ngram_cosine", "softmax_rows"]

Matrix = npt.NDArray[np.float64]
_NOT_WORD = re.compile(r"[^\w]+")


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


def ngram_cosine(left: Sequence[str], right: Sequence[str], *, size: int = 4) -> Matrix:
    """Cosine of character n-gram counts weighted by rarity (tf-idf over `right`).

    Parameters
    ----------
    left, right : texts
    size : characters per n-gram, >= 1
        Words are padded with a space on each side.

    Returns
    -------
    (left, right), 0..1
        0 where no n-gram is shared or a text is blank.

    Examples
    --------
    >>> ngram_cosine(["laser"], ["laser", "cheese"]).round(2).tolist()
    [[1.0, 0.0]]
    """
    from scipy.sparse import csr_matrix

    vocabulary: dict[str, int] = {}
    for text in right:
        for gram in _grams(text, size):
            vocabulary.setdefault(gram, len(vocabulary))
    if not vocabulary or not left:
        return np.zeros((len(left), len(right)))

    def counts(texts: Sequence[str]) -> csr_matrix:
        rows, columns, values = [], [], []
        for i, text in enumerate(texts):
            for gram, n in _grams(text, size).items():
                if gram in vocabulary:
                    rows.append(i)
                    columns.append(vocabulary[gram])
                    values.append(1.0 + np.log(n))
        return csr_matrix((values, (rows, columns)), shape=(len(texts), len(vocabulary)))

    target = counts(right)
    document_frequency = np.asarray((target > 0).sum(axis=0)).ravel()
    rarity = np.log((1 + len(right)) / (1 + document_frequency)) + 1

    def weighted(matrix: csr_matrix) -> csr_matrix:
        scaled = matrix.multiply(rarity).tocsr()
        norms = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        unit: csr_matrix = scaled.multiply((1 / np.maximum(norms, 1e-12))[:, None]).tocsr()
        return unit

    product: Matrix = np.asarray((weighted(counts(left)) @ weighted(target).T).todense())
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


def _grams(text: str, size: int) -> Counter[str]:
    words = [f" {word} " for word in _NOT_WORD.split(text.casefold()) if word]
    return Counter(
        word[i : i + size] for word in words for i in range(max(1, len(word) - size + 1))
    )
