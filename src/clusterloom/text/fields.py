"""How alike texts are to the fields of a catalogue: meaning, words and labelled examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.text.belarusian import belarusian_to_russian
from clusterloom.text.combined import encoder_weights, fused, standardised
from clusterloom.text.encoder import Encoder
from clusterloom.text.linear import LinearClassifier
from clusterloom.text.ngrams import ngram_cosine, word_cosine
from clusterloom.text.similarity import centred, cosine

__all__ = ["LANGUAGES", "FieldScores", "anchor_features", "field_scores", "field_vectors"]

Matrix = npt.NDArray[np.float64]
Row = Mapping[str, Any]
LANGUAGES = ("en", "ru", "be", "zh")

# Measured by bench/classification.py (docs/explanation/classification.md).
_LABEL = 1 / 3  # share of the bare label beside label and description
_LEXICAL = 0.15  # share of common words and letters
# Share of the labelled examples where a text is as long as a description; a text as short as a
# label is found better without them.
_ANCHOR = 0.5
_LONG = {"zh": 25}  # characters; from here on a text counts as long
_LONG_ELSEWHERE = 80


@dataclass(frozen=True, eq=False)
class FieldScores:
    """How texts stand to fields.

    `scores` is (texts, fields) in standard deviations of a text's row: about 0 for unrelated
    fields, -inf throughout for a blank text; it ranks the fields. `closeness` is (texts, fields),
    -1..1, the mean centred cosine by meaning alone: it says whether even the best one is near.
    `long` is (texts,): whether a text is as long as a description, 80 characters (25 in Chinese).
    """

    scores: Matrix
    closeness: Matrix
    long: npt.NDArray[np.bool_]


def field_scores(
    texts: Sequence[str],
    language: str,
    catalogue: Sequence[Row],
    *,
    encoders: Sequence[Encoder],
    anchors: Mapping[str, LinearClassifier] | None = None,
) -> FieldScores:
    """Compare texts of one language with every field of the catalogue in that language.

    A third label, two thirds label and description, by each encoder's centred cosine; shared
    words and letters beside it; and, for texts as long as a description, what a classifier fitted
    on labelled examples says, where there is one. Everything is standardised by row and centred by
    the catalogue's own mean: the score of a text does not depend on the other texts.

    Parameters
    ----------
    texts : any length
    language : ``en``, ``ru``, ``be`` or ``zh``
        Belarusian is brought over to Russian.
    catalogue : rows of the `field` table
    encoders : one or more
    anchors : package of an encoder -> classifier over `anchor_features` of that encoder, optional
        Its classes are the fields, in the catalogue's order. Encoders without one do without.

    Returns
    -------
    FieldScores

    Raises
    ------
    ValueError
        If no encoder is given.

    References
    ----------
    mu2018
    """
    if not encoders:
        raise ValueError("no encoder is given: texts are compared by at least one")
    if not texts or not catalogue:
        none = np.zeros((len(texts), len(catalogue)))
        return FieldScores(none, none, np.zeros(len(texts), dtype=bool))
    spoken = "ru" if language == "be" else language
    read = [belarusian_to_russian(text) for text in texts] if language == "be" else list(texts)
    labels = [row[f"label_{spoken}"] for row in catalogue]
    whole = _whole(catalogue, spoken)
    pairs = [_meaning(read, labels, whole, encoder) for encoder in encoders]
    signals = [score for score, _ in pairs]
    closeness: Matrix = np.mean([near for _, near in pairs], axis=0)
    weights = encoder_weights([encoder.name for encoder in encoders], same_language=True)
    size = 2 if spoken == "zh" else 4
    letters = 0.5 * ngram_cosine(read, whole, size=size) + 0.5 * word_cosine(read, whole)
    weights = [weight * (1 - _LEXICAL) for weight in weights] + [_LEXICAL]
    scores = fused([*signals, letters], weights)
    long = np.array([len(text) >= _LONG.get(spoken, _LONG_ELSEWHERE) for text in read])
    rows = np.flatnonzero(long)
    told = _anchored([read[i] for i in rows], spoken, catalogue, encoders, anchors or {})
    if told is not None:
        scores[rows] = standardised((1 - _ANCHOR) * scores[rows] + _ANCHOR * told)
    scores[[not text.strip() for text in texts]] = -np.inf
    return FieldScores(scores, closeness, long)


def anchor_features(
    texts: Sequence[str], language: str, catalogue: Sequence[Row], encoder: Encoder
) -> Matrix:
    """Vectors an anchor classifier reads: centred by the catalogue's mean in that language.

    Returns
    -------
    (texts, dimension), unit length
    """
    mean = encoder.encode(_whole(catalogue, language)).mean(axis=0)
    return centred(encoder.encode(texts), mean)


def field_vectors(catalogue: Sequence[Row], encoder: Encoder) -> dict[str, Matrix]:
    """Encode labels with descriptions: language -> (fields, dimension), centred unit vectors."""
    vectors = {}
    for language in LANGUAGES:
        texts = _whole(catalogue, language)
        if language == "be":
            texts = [belarusian_to_russian(text) for text in texts]
        block = encoder.encode(texts)
        vectors[language] = centred(block, block.mean(axis=0))
    return vectors


def _whole(catalogue: Sequence[Row], language: str) -> list[str]:
    return [f"{row[f'label_{language}']}. {row[f'description_{language}']}" for row in catalogue]


def _meaning(
    texts: Sequence[str], labels: Sequence[str], whole: Sequence[str], encoder: Encoder
) -> tuple[Matrix, Matrix]:
    """Score by meaning (standard deviations) and plain closeness (-1..1) of one encoder."""
    named, described = encoder.encode(labels), encoder.encode(whole)
    mean = described.mean(axis=0)
    vectors = encoder.encode(texts)
    moved = centred(vectors, mean)
    # A text at right angles to every field has nothing in common with any: not even a ranking.
    moved[(vectors @ described.T).max(axis=1) <= 0] = 0.0
    by_label = cosine(moved, centred(named, named.mean(axis=0)))
    by_whole = cosine(moved, centred(described, mean))
    score: Matrix = _LABEL * standardised(by_label) + (1 - _LABEL) * standardised(by_whole)
    closeness: Matrix = _LABEL * by_label + (1 - _LABEL) * by_whole
    return score, closeness


def _anchored(
    texts: Sequence[str],
    language: str,
    catalogue: Sequence[Row],
    encoders: Sequence[Encoder],
    anchors: Mapping[str, LinearClassifier],
) -> Matrix | None:
    """Mean of what the encoders' classifiers say, standardised; None without any classifier."""
    told: list[Matrix] = []
    for encoder in encoders if texts else ():
        model = anchors.get(encoder.name.split("-")[0])
        if model is not None:
            features = anchor_features(texts, language, catalogue, encoder)
            told.append(standardised(model.scores(features)))
    return standardised(np.mean(told, axis=0)) if told else None
