"""A store of text vectors, so that each distinct text is encoded once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clusterloom.tables.packaged_vectors import packaged_vectors
from clusterloom.text import Encoder

__all__ = ["CachedEncoder", "text_digest"]

_BATCH = 512


def text_digest(encoder_name: str, text: str) -> str:
    """Return the cache key of one text under one encoder."""
    return hashlib.sha256(f"{encoder_name}\0{text}".encode("utf-8", "replace")).hexdigest()


class CachedEncoder:
    """An encoder that looks up each distinct text before it encodes it.

    First among the vectors that travel with the program, then in a store on disk. The store is a
    cache: it can be deleted at any time, and losing it changes no result.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder = encoder
        self._path = path

    @property
    def name(self) -> str:
        """Name of the encoder behind the cache."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return (texts, dimension) unit vectors; only texts never seen before are encoded."""
        keys = [text_digest(self.name, text) for text in texts]
        packaged = packaged_vectors(self.name)
        found = {key: packaged[key] for key in keys if key in packaged}
        distinct = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if distinct:
            found.update(self._stored(distinct))
        if not keys:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([found[key] for key in keys])

    def _stored(self, distinct: Mapping[str, str]) -> dict[str, npt.NDArray[np.float32]]:
        """Digest to vector, from the store or encoded now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vector (key TEXT PRIMARY KEY, value BLOB)"
            )
            found = self._read(connection, list(distinct))
            missing = [key for key in distinct if key not in found]
            for start in range(0, len(missing), _BATCH):
                batch = missing[start : start + _BATCH]
                vectors = self._encoder.encode([distinct[key] for key in batch])
                rows = [
                    (key, v.astype("<f4").tobytes()) for key, v in zip(batch, vectors, strict=True)
                ]
                # One short transaction a batch: others write while this one encodes, and what is
                # encoded survives a killed process.
                with connection:
                    connection.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?)", rows)
                found.update(zip(batch, vectors, strict=True))
        return found

    @staticmethod
    def _read(
        connection: sqlite3.Connection, keys: list[str]
    ) -> dict[str, npt.NDArray[np.float32]]:
        found: dict[str, npt.NDArray[np.float32]] = {}
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            query = f"SELECT key, value FROM vector WHERE key IN ({marks})"  # noqa: S608 - only marks
            for key, value in connection.execute(query, batch):
                found[key] = np.frombuffer(value, dtype="<f4")
        return found
