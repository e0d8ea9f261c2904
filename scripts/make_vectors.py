"""Encode the texts that travel with the program: the catalogue and the embedded organisations.

Usage: python scripts/make_vectors.py

Run after every change of the catalogue or of the embedded activities, and after a new version of
an encoder; tests/test_calibration.py tells when it is due.
"""

from __future__ import annotations

from pathlib import Path

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.sources.embedded import read_embedded
from clusterloom.tables.packaged_vectors import vector_bytes
from clusterloom.tables.vectors import text_digest
from clusterloom.text import belarusian_to_russian, usable_encoders
from clusterloom.text.fields import LANGUAGES

TARGET = Path(__file__).parents[1] / "src" / "clusterloom" / "data" / "vectors"


def packaged_texts() -> list[str]:
    """Every text the main job encodes, Belarusian ones as they are brought over to Russian."""
    texts: dict[str, None] = {}
    for language in LANGUAGES:
        found = []
        for row in read_catalogue().rows("field"):
            label = row[f"label_{language}"]
            found += [label, f"{label}. {row[f'description_{language}']}"]
        found += [
            row[f"text_{language}"] for row in read_embedded("belarus_china").rows("activity")
        ]
        read = belarusian_to_russian if language == "be" else str
        texts |= dict.fromkeys(read(text) for text in found if text)
    return list(texts)


def main() -> None:
    """Write one file for each encoder that works here."""
    texts = packaged_texts()
    TARGET.mkdir(parents=True, exist_ok=True)
    for encoder in usable_encoders():
        vectors = encoder.encode(texts)
        digests = [text_digest(encoder.name, text) for text in texts]
        data = vector_bytes(dict(zip(digests, vectors, strict=True)))
        for old in TARGET.glob(f"{encoder.name.split('-')[0]}-*.npz"):
            old.unlink()
        (TARGET / f"{encoder.name}.npz").write_bytes(data)
        print(f"{encoder.name}: {len(texts)} texts, {len(data)} bytes")


if __name__ == "__main__":
    main()
