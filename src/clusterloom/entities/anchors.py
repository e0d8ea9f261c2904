"""Classifiers of texts fitted on labelled examples, as they travel with the program."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from clusterloom.text import LinearClassifier

__all__ = ["anchor_bytes", "read_anchors"]

_FOLDER = ("data", "anchors")


def read_anchors(field_ids: Sequence[str]) -> Mapping[str, LinearClassifier]:
    """Read the packaged classifiers: package of the encoder to classifier.

    Parameters
    ----------
    field_ids : the catalogue's fields, in order

    Returns
    -------
    package -> classifier
        Empty when the fields are not those the classifiers were fitted for: a catalogue of the
        user's own does without.
    """
    return {
        package: model
        for package, (known, model) in _packaged().items()
        if known == tuple(field_ids)
    }


def anchor_bytes(field_ids: Sequence[str], model: LinearClassifier) -> bytes:
    """Write a classifier as it is stored: half precision is finer than the fit."""
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        field_ids=np.array(list(field_ids)),
        weights=model.weights.astype(np.float16),
        bias=model.bias.astype(np.float32),
    )
    return stream.getvalue()


@cache
def _packaged() -> Mapping[str, tuple[tuple[str, ...], LinearClassifier]]:
    found = {}
    folder = files("clusterloom").joinpath(*_FOLDER)
    if not folder.is_dir():
        return {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".npz"):
            with np.load(io.BytesIO(entry.read_bytes())) as stored:
                model = LinearClassifier(
                    stored["weights"].astype(np.float64), stored["bias"].astype(np.float64)
                )
                ids = tuple(str(name) for name in stored["field_ids"])
            found[entry.name.removesuffix(".npz")] = (ids, model)
    return found
