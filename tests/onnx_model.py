"""Write a tiny ONNX sentence encoder with its tokenizer: a vector for each word, no package needed.

The graph is written as the protocol buffer it is (onnx.proto3): a tag of field and wire type,
then a number or a length with bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

FLOAT, INT64 = 1, 7  # TensorProto.DataType


def write_model(
    folder: Path, vectors: Mapping[str, Sequence[float]], *, sentence: bool = False
) -> None:
    """Write model.onnx and tokenizer.json; `[PAD]` is the first word, unknown words count as it.

    With `sentence` a second output, `sentence_embedding`, is the maximum over the tokens.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = np.array(list(vectors.values()), dtype="<f4")
    (folder / "model.onnx").write_bytes(_model(table, sentence=sentence))
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: i for i, word in enumerate(vectors)},
            "unk_token": "[PAD]",
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def _model(table: np.ndarray, *, sentence: bool) -> bytes:
    rows, width = table.shape
    weights = _number(1, rows) + _number(1, width) + _number(2, FLOAT)
    weights += _text(8, "table") + _bytes(9, table.tobytes())
    graph = _bytes(1, _node("Gather", ["table", "input_ids"], "last_hidden_state"))
    tokens = [("last_hidden_state", ["batch", "tokens", width])]
    if sentence:
        axes = _text(1, "axes") + _number(8, 1) + _number(20, 7)  # ints = [1], type INTS
        keep = _text(1, "keepdims") + _number(3, 0) + _number(20, 2)  # i = 0, type INT
        graph += _bytes(
            1, _node("ReduceMax", ["last_hidden_state"], "sentence_embedding", axes, keep)
        )
        tokens.append(("sentence_embedding", ["batch", width]))
    graph += _text(2, "words") + _bytes(5, weights)
    for name in ("input_ids", "attention_mask"):
        graph += _bytes(11, _value(name, INT64, ["batch", "tokens"]))
    for name, shape in tokens:
        graph += _bytes(12, _value(name, FLOAT, shape))
    opset = _text(1, "") + _number(2, 13)
    return _number(1, 8) + _bytes(8, opset) + _bytes(7, graph)  # ir_version 8


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    found = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind)
    return found + b"".join(_bytes(5, attribute) for attribute in attributes)


def _value(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    sizes = (_number(1, n) if isinstance(n, int) else _text(2, n) for n in shape)
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
