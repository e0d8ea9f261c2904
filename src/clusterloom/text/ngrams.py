"""Similarity of texts by the letters and words they share, weighted by rarity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["cognate_cosine", "ngram_cosine", "transliterated", "word_cosine"]

Matrix = npt.NDArray[np.float64]
_NOT_WORD = re.compile(r"[^\w]+")
_HAN = re.compile(r"[一-鿿㐀-䶿]")
_STEM = 6  # letters of a word that count: endings of Russian and English differ, stems do not

# One Latin spelling for Cyrillic and for the letters by which borrowed words differ (c/k, ph/f).
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "s", "з": "s",
    "и": "i", "й": "i", "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "k", "ц": "ts", "ч": "s",
    "ш": "s", "щ": "s", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "'": "",
}  # fmt: skip
_LATIN = (
    ("ph", "f"), ("th", "t"), ("sch", "s"), ("sh", "s"), ("zh", "s"), ("kh", "k"), ("ch", "k"),
    ("ck", "k"), ("qu", "kv"), ("x", "ks"), ("y", "i"), ("c", "k"), ("w", "v"), ("z", "s"),
    ("j", "i"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")


def ngram_cosine(left: Sequence[str], right: Sequence[str], *, size: int = 4) -> Matrix:
    """Cosine of character n-gram counts weighted by rarity (tf-idf over `right`).

    Parameters
    ----------
    left, right : texts
    size : characters per n-gram, >= 1
        Words are padded with a space on each side.

    Returns
    -------
    (left, right), 0..1
        0 where no n-gram is shared or a text is blank.

    Examples
    --------
    >>> ngram_cosine(["laser"], ["laser", "cheese"]).round(2).tolist()
    [[1.0, 0.0]]
    """
    return _rarity_cosine(left, right, lambda text: _grams(text, size))


def word_cosine(left: Sequence[str], right: Sequence[str]) -> Matrix:
    """Cosine of words and pairs of neighbouring words, weighted by rarity (tf-idf over `right`).

    A word counts by its first six letters, so that endings do not matter; Chinese counts by
    characters and pairs of characters.

    Returns
    -------
    (left, right), 0..1
        0 where no word is shared or a text is blank.

    Examples
    --------
    >>> word_cosine(["лазерные технологии"], ["лазерная технология", "сыр"]).round(2).tolist()
    [[1.0, 0.0]]
    """
    return _rarity_cosine(left, right, _words)


def cognate_cosine(left: Sequence[str], right: Sequence[str], *, size: int = 3) -> Matrix:
    """Compare names across scripts: n-grams of one Latin spelling (see `transliterated`).

    Meant for names, of which sentence encoders know little. For descriptions it was measured to
    add nothing to the encoders.

    Returns
    -------
    (left, right), 0..1

    Examples
    --------
    >>> cognate_cosine(["Гомсельмаш"], ["Gomselmash", "Amkodor"]).round(2).tolist()
    [[1.0, 0.0]]
    """
    return ngram_cosine(
        [transliterated(text) for text in left], [transliterated(text) for text in right], size=size
    )


def transliterated(text: str) -> str:
    """Spell Cyrillic and Latin text in one lossy Latin alphabet in which borrowed words meet.

    Examples
    --------
    >>> transliterated("физика"), transliterated("Physica")
    ('fisika', 'fisika')
    """
    lower = "".join(_CYRILLIC.get(letter, letter) for letter in text.casefold())
    for source, target in _LATIN:
        lower = lower.replace(source, target)
    return _DOUBLED.sub(r"\1", lower)


def _rarity_cosine(
    left: Sequence[str], right: Sequence[str], parts: Callable[[str], Counter[str]]
) -> Matrix:
    """Cosine of (1 + ln count) * rarity, rarity = ln((1 + texts) / (1 + texts with it)) + 1."""
    from scipy.sparse import csr_matrix

    counted = [parts(text) for text in right]
    vocabulary: dict[str, int] = {}
    for own in counted:
        for part in own:
            vocabulary.setdefault(part, len(vocabulary))
    if not vocabulary or not left:
        return np.zeros((len(left), len(right)))

    def counts(texts: Sequence[Counter[str]]) -> csr_matrix:
        rows, columns, values = [], [], []
        for i, own in enumerate(texts):
            for part, n in own.items():
                if part in vocabulary:
                    rows.append(i)
                    columns.append(vocabulary[part])
                    values.append(1.0 + np.log(n))
        return csr_matrix((values, (rows, columns)), shape=(len(texts), len(vocabulary)))

    target = counts(counted)
    document_frequency = np.asarray((target > 0).sum(axis=0)).ravel()
    rarity = np.log((1 + len(right)) / (1 + document_frequency)) + 1

    def weighted(matrix: csr_matrix) -> csr_matrix:
        scaled = matrix.multiply(rarity).tocsr()
        norms = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        unit: csr_matrix = scaled.multiply((1 / np.maximum(norms, 1e-12))[:, None]).tocsr()
        return unit

    source = weighted(counts([parts(text) for text in left]))
    product: Matrix = np.asarray((source @ weighted(target).T).todense())
    return product


def _grams(text: str, size: int) -> Counter[str]:
    words = [f" {word} " for word in _NOT_WORD.split(text.casefold()) if word]
    return Counter(
        word[i : i + size] for word in words for i in range(max(1, len(word) - size + 1))
    )


def _words(text: str) -> Counter[str]:
    spaced = _HAN.sub(lambda found: f" {found.group()} ", text.casefold())
    words = [word[:_STEM] for word in _NOT_WORD.split(spaced) if word]
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return Counter(words + pairs)
