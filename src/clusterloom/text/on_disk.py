"""A stronger sentence encoder the user has on disk: a sentence-transformers folder or ONNX."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.text.encoder import MAX_WINDOWS, WINDOW, Vectors, encode_in_windows

__all__ = ["OnDiskEncoder"]

_MARKS = ("modules.json", "config_sentence_transformers.json", "config.json")
_TOKENS = 512


class OnDiskEncoder:
    """An encoder read from a folder of the user's own; nothing is ever downloaded.

    Two kinds of folder are understood: one saved by sentence-transformers (has ``modules.json``
    or ``config.json`` and weights), and one with an ONNX graph (``model.onnx``, also in a folder
    ``onnx``, with ``tokenizer.json``). An ONNX graph that returns one vector per token is averaged
    over the tokens of the text.

    Parameters
    ----------
    path : folder, or the .onnx file itself
    prefix : text
        Put before every text, e.g. ``"query: "`` for the E5 family.

    Raises
    ------
    RecipeError
        If the folder holds no model, or the package that runs it is not installed.
    """

    def __init__(self, path: Path | str, *, prefix: str = "") -> None:
        self._path = Path(path)
        self._prefix = prefix
        self._graph = _graph_of(self._path)
        folder = self._path if self._path.is_dir() else self._path.parent
        if self._graph is None and not any((folder / mark).exists() for mark in _MARKS):
            raise RecipeError(
                f"no sentence encoder at `{self._path}`",
                rule="a folder saved by sentence-transformers, or model.onnx with tokenizer.json",
                hint="give the folder that holds modules.json or model.onnx",
            )

    @cached_property
    def name(self) -> str:
        """Folder name and a digest of the model's files: part of every cache key."""
        digest = hashlib.sha256(self._prefix.encode())
        folder = self._path if self._path.is_dir() else self._path.parent
        for file in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
            digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                # Head and length tell models apart; reading gigabytes on each start does not pay.
                digest.update(stream.read(65_536))
        return f"{folder.name}-{digest.hexdigest()[:12]}-w{WINDOW}x{MAX_WINDOWS}"

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._raw(["a"]).shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) unit vectors, float32; a blank text gives a zero vector."""
        return encode_in_windows(texts, self._raw, self.dimension)

    def _raw(self, batch: list[str]) -> npt.NDArray[np.float64]:
        texts = [self._prefix + text for text in batch]
        if self._graph is None:
            return np.asarray(self._sentence_transformer.encode(texts), dtype=np.float64)
        return self._run_graph(texts)

    @cached_property
    def _sentence_transformer(self) -> Any:
        package = _needed("sentence_transformers", "sentence-transformers")
        return package.SentenceTransformer(str(self._path), local_files_only=True)

    @cached_property
    def _session(self) -> Any:
        package = _needed("onnxruntime", "onnxruntime tokenizers")
        return package.InferenceSession(str(self._graph), providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        package = _needed("tokenizers", "onnxruntime tokenizers")
        graph = Path(str(self._graph))
        for folder in (graph.parent, graph.parent.parent):
            if (folder / "tokenizer.json").exists():
                tokenizer = package.Tokenizer.from_file(str(folder / "tokenizer.json"))
                tokenizer.enable_padding()
                tokenizer.enable_truncation(_TOKENS)
                return tokenizer
        raise RecipeError(
            f"no tokenizer.json beside `{graph}`",
            rule="an ONNX model travels with its tokenizer",
            hint="copy tokenizer.json of the same model into the folder",
        )

    def _run_graph(self, texts: list[str]) -> npt.NDArray[np.float64]:
        encodings = self._tokenizer.encode_batch(texts)
        given = {
            "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
            "attention_mask": np.array([e.attention_mask for e in encodings], dtype=np.int64),
            "token_type_ids": np.array([e.type_ids for e in encodings], dtype=np.int64),
        }
        asked = {entry.name for entry in self._session.get_inputs()}
        feed = {name: value for name, value in given.items() if name in asked}
        output = np.asarray(self._session.run(None, feed)[0], dtype=np.float64)
        if output.ndim == 2:
            return output
        mask = given["attention_mask"][:, :, None]
        mean: npt.NDArray[np.float64] = (output * mask).sum(axis=1) / np.maximum(
            mask.sum(axis=1), 1
        )
        return mean


def _graph_of(path: Path) -> Path | None:
    if path.suffix == ".onnx" and path.is_file():
        return path
    if (path / "modules.json").exists():
        return None
    found = [path / "model.onnx", path / "onnx" / "model.onnx"]
    return next((file for file in found if file.is_file()), None)


def _needed(module: str, packages: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise RecipeError(
            f"the package `{module}` is not installed",
            rule="an encoder on disk is run by the package it was made for",
            hint=f"pip install {packages}",
        ) from error
