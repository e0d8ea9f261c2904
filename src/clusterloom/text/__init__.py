"""Texts to vectors and similarities: arrays in, arrays out, no disk."""

from __future__ import annotations

from clusterloom.text.belarusian import belarusian_to_russian, belarusian_to_russian_letters
from clusterloom.text.calibration import Calibration, Reliability, fit_calibration, reliability
from clusterloom.text.combined import combined_similarity, fused, standardised
from clusterloom.text.encoder import (
    Encoder,
    EncoderStatus,
    SmallE5Encoder,
    UniversalSentenceEncoder,
    available_encoders,
    usable_encoders,
)
from clusterloom.text.hubness import csls, hubness_corrected
from clusterloom.text.language import detect_language, script_parts
from clusterloom.text.linear import LinearClassifier, fit_linear_classifier
from clusterloom.text.ngrams import cognate_cosine, ngram_cosine, transliterated, word_cosine
from clusterloom.text.on_disk import OnDiskEncoder
from clusterloom.text.similarity import centred, cosine, softmax_rows

__all__ = [
    "Calibration",
    "Encoder",
    "EncoderStatus",
    "LinearClassifier",
    "OnDiskEncoder",
    "Reliability",
    "SmallE5Encoder",
    "UniversalSentenceEncoder",
    "available_encoders",
    "belarusian_to_russian",
    "belarusian_to_russian_letters",
    "centred",
    "cognate_cosine",
    "combined_similarity",
    "cosine",
    "csls",
    "detect_language",
    "fit_calibration",
    "fit_linear_classifier",
    "fused",
    "hubness_corrected",
    "ngram_cosine",
    "reliability",
    "script_parts",
    "softmax_rows",
    "standardised",
    "transliterated",
    "usable_encoders",
    "word_cosine",
]
