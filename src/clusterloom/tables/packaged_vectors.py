"""Vectors of the texts that travel with the program, so that nobody has to wait for them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

__all__ = ["PackagedVectors", "packaged_vectors", "vector_bytes"]

_FOLDER = ("data", "vectors")
_DIGITS = 16  # hexadecimal digits of a digest that are kept: enough for millions of texts


class PackagedVectors(Mapping[str, npt.NDArray[np.float32]]):
    """Vectors by the digest of their text (`clusterloom.tables.vectors.text_digest`).

    Stored in eight bits a number with one scale a row: the cosine of a stored vector and its
    original is above 0.9999.
    """

    def __init__(
        self,
        keys: npt.NDArray[np.uint64],
        values: npt.NDArray[np.int8],
        scale: npt.NDArray[np.float32],
    ) -> None:
        self._row = {int(key): row for row, key in enumerate(keys)}
        self._values, self._scale = values, scale

    def __getitem__(self, digest: str) -> npt.NDArray[np.float32]:
        """Return the unit vector of a digest."""
        row = self._row[int(digest[:_DIGITS], 16)]
        vector: npt.NDArray[np.float32] = self._values[row] * self._scale[row]
        return vector

    def __contains__(self, digest: object) -> bool:
        """Whether the text of this digest travels with the program."""
        return isinstance(digest, str) and int(digest[:_DIGITS], 16) in self._row

    def __iter__(self) -> Iterator[str]:
        """Go through the digests, as far as they are kept."""
        return (f"{key:0{_DIGITS}x}" for key in self._row)

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._row)


def vector_bytes(vectors: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    """Write vectors as they are stored.

    Parameters
    ----------
    vectors : digest -> (dimension,), -1..1

    Examples
    --------
    >>> len(vector_bytes({"00" * 32: np.ones(4, dtype=np.float32) / 2})) > 0
    True
    """
    digests = sorted(vectors)
    block = np.stack([vectors[digest] for digest in digests]).astype(np.float64)
    scale = np.maximum(np.abs(block).max(axis=1), 1e-12) / 127
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        keys=np.array([int(digest[:_DIGITS], 16) for digest in digests], dtype=np.uint64),
        values=np.rint(block / scale[:, None]).astype(np.int8),
        scale=scale.astype(np.float32),
    )
    return stream.getvalue()


@cache
def packaged_vectors(encoder_name: str) -> PackagedVectors:
    """Read the vectors one encoder gives the packaged texts; empty for an encoder unknown here."""
    file = files("clusterloom").joinpath(*_FOLDER, f"{encoder_name}.npz")
    if not file.is_file():
        return PackagedVectors(
            np.zeros(0, np.uint64), np.zeros((0, 0), np.int8), np.zeros(0, np.float32)
        )
    with np.load(io.BytesIO(file.read_bytes())) as stored:
        return PackagedVectors(stored["keys"], stored["values"], stored["scale"])
