"""Texts to vectors and similarities: arrays in, arrays out, no disk."""

from __future__ import annotations

from clusterloom.text.encoder import Encoder, UniversalSentenceEncoder
from clusterloom.text.language import belarusian_to_russian_letters, detect_language
from clusterloom.text.similarity import centred, cosine, ngram_cosine, softmax_rows

__all__ = [
    "Encoder",
    "UniversalSentenceEncoder",
    "belarusian_to_russian_letters",
    "centred",
    "cosine",
    "detect_language",
    "ngram_cosine",
    "softmax_rows",
]
