"""Vectors of catalogue fields: labels with descriptions, in every language of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.text.encoder import Encoder
from clusterloom.text.language import belarusian_to_russian_letters
from clusterloom.text.similarity import centred

__all__ = ["LANGUAGES", "field_vectors"]

Matrix = npt.NDArray[np.float64]
LANGUAGES = ("en", "ru", "be", "zh")


def field_vectors(catalogue: Sequence[Mapping[str, Any]], encoder: Encoder) -> dict[str, Matrix]:
    """Encode labels with descriptions: language -> (fields, dimension), centred unit vectors."""
    texts = {
        language: [
            f"{row[f'label_{language}']}. {row[f'description_{language}']}" for row in catalogue
        ]
        for language in LANGUAGES
    }
    texts["be"] = [belarusian_to_russian_letters(text) for text in texts["be"]]
    flat = encoder.encode([text for language in LANGUAGES for text in texts[language]])
    blocks = np.split(flat, len(LANGUAGES))
    return {
        language: centred(block, block.mean(axis=0))
        for language, block in zip(LANGUAGES, blocks, strict=True)
    }
