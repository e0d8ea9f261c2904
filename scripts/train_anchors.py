"""Fit the packaged classifiers of texts on labelled examples: one for each encoder.

Usage: python scripts/train_anchors.py [SHARED]

Examples are the catalogue's own texts in four languages, and the OpenAlex topics with the fields
their concordance gives them. Run after scripts/make_concordances.py, and again after every change
of the catalogue. The vectors are kept in a temporary file, so that a second run is quick.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clusterloom.entities.anchors import anchor_bytes
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import fields_of_code
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import (
    Encoder,
    LinearClassifier,
    belarusian_to_russian,
    fit_linear_classifier,
    usable_encoders,
)
from clusterloom.text.fields import LANGUAGES, anchor_features

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src" / "clusterloom" / "data" / "anchors"
TOPIC_TRUST = 0.3  # weight of a topic of full confidence; a text of the catalogue weighs 1


@dataclass(frozen=True)
class Example:
    """One labelled text."""

    text: str
    language: str
    fields: dict[str, float]
    trust: float


def catalogue_examples(catalogue: Sequence[dict]) -> list[Example]:
    """Labels, descriptions and both together, in every language."""
    found = []
    for language in LANGUAGES:
        for row in catalogue:
            label, about = row[f"label_{language}"], row[f"description_{language}"]
            for text in (label, about, f"{label}. {about}"):
                read = belarusian_to_russian(text) if language == "be" else text
                spoken = "ru" if language == "be" else language
                found.append(Example(read, spoken, {row["field_id"]: 1.0}, 1.0))
    return found


def topic_examples(path: Path) -> list[Example]:
    """Names of topics, alone and with their descriptions."""
    found = []
    with gzip.open(path, "rb") as stream:
        rows = list(csv.DictReader(io.StringIO(stream.read().decode("utf-8-sig"))))
    for row in rows:
        reading = fields_of_code("openalex", row["id_topic"])
        shares = {entry.field_id: entry.share for entry in reading.shares}
        trust = TOPIC_TRUST * reading.shares[0].confidence
        for text in (row["topic"], f"{row['topic']}. {row['description']}"):
            found.append(Example(text, "en", shares, trust))
    return found


def fit(
    examples: Sequence[Example], catalogue: Sequence[dict], encoder: Encoder
) -> LinearClassifier:
    """Fit one encoder's classifier."""
    column = {row["field_id"]: j for j, row in enumerate(catalogue)}
    features = np.zeros((len(examples), encoder.dimension))
    for language in ("en", "ru", "zh"):
        rows = [i for i, example in enumerate(examples) if example.language == language]
        texts = [examples[i].text for i in rows]
        features[rows] = anchor_features(texts, language, catalogue, encoder)
    shares = np.zeros((len(examples), len(catalogue)))
    for i, example in enumerate(examples):
        for field_id, share in example.fields.items():
            shares[i, column[field_id]] = share
    shares /= shares.sum(axis=1, keepdims=True)
    trust = np.array([example.trust for example in examples])
    return fit_linear_classifier(features, shares, weights=trust)


def main() -> None:
    """Write one file for each encoder that works here."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    vectors = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    catalogue = read_catalogue().rows("field")
    examples = catalogue_examples(catalogue)
    examples += topic_examples(shared / "data" / "openalex_topics" / "topics.csv.gz")
    TARGET.mkdir(parents=True, exist_ok=True)
    for encoder in usable_encoders():
        model = fit(examples, catalogue, CachedEncoder(encoder, vectors))
        package = encoder.name.split("-")[0]
        data = anchor_bytes([row["field_id"] for row in catalogue], model)
        (TARGET / f"{package}.npz").write_bytes(data)
        print(f"{package}: {len(examples)} examples, {len(data)} bytes")


if __name__ == "__main__":
    main()
