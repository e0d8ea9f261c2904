"""A stronger sentence encoder the user has on disk: a sentence-transformers folder or ONNX."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.text.encoder import MAX_WINDOWS, WINDOW, Vectors, encode_in_windows

__all__ = ["KINDS", "OnDiskEncoder"]

KINDS = ("auto", "onnx", "sentence-transformers")
_MARKS = ("modules.json", "config_sentence_transformers.json", "config.json")
_TOKENS = 512
_POOLING = "1_Pooling/config.json"
_BESIDE = ("tokenizer.json", _POOLING)
_SENTENCE = "sentence_embedding"  # output of a graph that does the pooling itself


class OnDiskEncoder:
    """An encoder read from a folder of the user's own; nothing is ever downloaded.

    Two kinds of folder are understood: one saved by sentence-transformers (has ``modules.json``
    or ``config.json`` and weights), and one with an ONNX graph (``model.onnx``, also in a folder
    ``onnx``, with ``tokenizer.json``). Of a graph the output ``sentence_embedding`` is taken, else
    its first output; one vector per token becomes one per text as ``1_Pooling/config.json`` says
    (the mean, or the first token), and by the mean where there is no such file.

    Parameters
    ----------
    path : folder, or the .onnx file itself
    prefix : text
        Put before every text, e.g. ``"query: "`` for the E5 family.
    kind : ``auto``, ``onnx`` or ``sentence-transformers``
        For a folder that holds both; ``auto`` takes sentence-transformers where there is a
        ``modules.json``, else the graph.

    Raises
    ------
    RecipeError
        If the folder holds no model of that kind, or the package that runs it is not installed.
    """

    def __init__(self, path: Path | str, *, prefix: str = "", kind: str = "auto") -> None:
        self._path = Path(path)
        self._prefix = prefix
        if kind not in KINDS:
            raise RecipeError(f"there is no kind of encoder `{kind}`", rule=", ".join(KINDS))
        self._graph = None if kind == "sentence-transformers" else _graph_of(self._path, kind)
        marked = kind != "onnx" and any((self._folder / mark).exists() for mark in _MARKS)
        if self._graph is None and not marked:
            raise RecipeError(
                f"no sentence encoder at `{self._path}`",
                rule="a folder saved by sentence-transformers, or model.onnx with tokenizer.json",
                hint="give the folder that holds modules.json or model.onnx",
            )

    @property
    def _folder(self) -> Path:
        return self._path if self._path.is_dir() else self._path.parent

    @cached_property
    def name(self) -> str:
        """``own``, the folder's name and a digest of all its files: part of every cache key.

        Whole files are read, weights too: models that differ in one weight have different names.
        """
        way = "sentence-transformers" if self._graph is None else self._graph.name
        digest = hashlib.sha256(f"{self._prefix}\0{way}\0".encode())
        for file in self._files():
            entry = file.stat()
            content = _content_digest(str(file), entry.st_size, entry.st_mtime_ns)
            digest.update(f"{file.name}\0{content}\0".encode())
        return (
            f"own-{self._folder.resolve().name}-{digest.hexdigest()[:12]}-w{WINDOW}x{MAX_WINDOWS}"
        )

    def _files(self) -> list[Path]:
        """Every file the model may be made of; hidden ones (.git, .cache) are none of it."""
        folder = self._folder
        inside = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        found = [f for f in inside if not any(p[0] == "." for p in f.relative_to(folder).parts)]
        above = [] if self._graph is None else [_beside(self._graph, n) for n in _BESIDE]
        return [*found, *(file for file in above if file is not None and file not in found)]

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._raw(["a"]).shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) unit vectors, float32; a blank text gives a zero vector."""
        return encode_in_windows(texts, self._raw, self.dimension)

    def load(self) -> None:
        """Load the model now, so that what is missing is told before the work begins."""
        if self._graph is None:
            _ = self._sentence_transformer
        else:
            _ = self._tokenizer, self._session, self._first_token

    def _raw(self, batch: list[str]) -> npt.NDArray[np.float64]:
        texts = [self._prefix + text for text in batch]
        if self._graph is None:
            return np.asarray(self._sentence_transformer.encode(texts), dtype=np.float64)
        return self._run_graph(texts)

    @cached_property
    def _sentence_transformer(self) -> Any:
        package = _needed("sentence_transformers", "models")
        return package.SentenceTransformer(str(self._path), local_files_only=True)

    @cached_property
    def _session(self) -> Any:
        package = _needed("onnxruntime", "onnx")
        return package.InferenceSession(str(self._graph), providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        package = _needed("tokenizers", "onnx")
        graph = Path(str(self._graph))
        file = _beside(graph, "tokenizer.json")
        if file is None:
            raise RecipeError(
                f"no tokenizer.json beside `{graph}`",
                rule="an ONNX model travels with its tokenizer",
                hint="copy tokenizer.json of the same model into the folder",
            )
        tokenizer = package.Tokenizer.from_file(str(file))
        tokenizer.enable_padding()
        tokenizer.enable_truncation(_TOKENS)
        return tokenizer

    @cached_property
    def _first_token(self) -> bool:
        """Whether the first token's vector stands for the text, not the mean of all."""
        file = _beside(Path(str(self._graph)), _POOLING)
        if file is None:
            return False
        said = json.loads(file.read_text(encoding="utf-8"))
        ways = {name.removeprefix("pooling_mode_") for name, value in said.items() if value is True}
        ways |= {str(said["pooling_mode"])} if "pooling_mode" in said else set()
        ways = {way for way in ways if not way.startswith("include_")}
        if ways <= {"mean_tokens", "mean"}:
            return False
        if ways <= {"cls_token", "cls"}:
            return True
        raise RecipeError(
            f"`{file}` pools tokens by {', '.join(sorted(ways))}",
            rule="the vectors of an ONNX graph are averaged, or the first token is taken",
            hint='give kind = "sentence-transformers" (pip install "clusterloom[models]")',
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
        offered = [entry.name for entry in self._session.get_outputs()]
        wanted = _SENTENCE if _SENTENCE in offered else offered[0]
        output = np.asarray(self._session.run([wanted], feed)[0], dtype=np.float64)
        if output.ndim == 2:
            return output
        if self._first_token:
            first: npt.NDArray[np.float64] = output[:, 0]
            return first
        mask = given["attention_mask"][:, :, None]
        mean: npt.NDArray[np.float64] = (output * mask).sum(axis=1) / np.maximum(
            mask.sum(axis=1), 1
        )
        return mean


def _graph_of(path: Path, kind: str) -> Path | None:
    if path.suffix == ".onnx" and path.is_file():
        return path
    if kind == "auto" and (path / "modules.json").exists():
        return None
    found = [path / "model.onnx", path / "onnx" / "model.onnx"]
    return next((file for file in found if file.is_file()), None)


def _beside(graph: Path, name: str) -> Path | None:
    """A file of the model that lies beside the graph, or above its folder `onnx`."""
    folders = [graph.parent, *([graph.parent.parent] if graph.parent.name == "onnx" else [])]
    return next((f / name for f in folders if (f / name).is_file()), None)


@cache
def _content_digest(path: str, _size: int, _changed_ns: int) -> str:
    """Digest of a whole file; read again only where size or time of change differ."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _needed(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise RecipeError(
            f"the package `{module}` is not installed",
            rule="an encoder on disk is run by the package it was made for",
            hint=f'pip install "clusterloom[{extra}]"',
        ) from error
