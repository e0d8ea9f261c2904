"""Fields of a classification's codes by way of a known one: codes called alike lead alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterloom.entities.concordance import Concordance, FieldShare
from clusterloom.entities.concordance_build import Heading
from clusterloom.text import Calibration, Encoder, combined_similarity, csls

__all__ = ["Match", "match_headings"]

Matrix = npt.NDArray[np.float64]

# Chance that the match has the first field of the true one, from its lead over the nearest code of
# another first field; fitted by bench/concordance_match.py on the hardest of four pairs of
# classifications, so that it promises too little for the others, not too much.
_TRUST = Calibration(-0.652, (1.368,))
_NOTHING = -10.0  # standard deviations; a pair without a title to compare


@dataclass(frozen=True)
class Match:
    """The known code whose title is most alike, and the fields it leads to.

    `shares` are those of the known code with the origin `text`; their confidence is the known
    code's times the chance that the match is right.
    """

    code: str
    title: str
    shares: tuple[FieldShare, ...]


def match_headings(
    headings: Sequence[Heading],
    known: Sequence[Heading],
    concordance: Concordance,
    *,
    encoders: Sequence[Encoder],
) -> dict[str, Match]:
    """Find for each heading the code of a known classification that is called most alike.

    Titles are compared by `clusterloom.text.combined_similarity`, every language of the one side
    with every language of the other, and corrected for hubness by CSLS: several codes may belong to
    one, but a code near to everything is nobody's best (conneau2018).

    Parameters
    ----------
    headings : of the classification nobody knows
    known : codes and titles of the known one; those that lead nowhere are left out
    concordance : of the known one
    encoders : one or more

    Returns
    -------
    code -> Match
        Headings without a title are left out.

    References
    ----------
    conneau2018
    """
    known = [one for one in known if one.titles and concordance.entries.get(one.code)]
    asked = [one for one in headings if one.titles]
    if not known or not asked:
        return {}
    scores = csls(_similarity(asked, known, encoders))
    best = scores.argmax(axis=1)
    first = np.array([concordance.entries[one.code][0].field_id for one in known])
    found = {}
    for heading, row, place in zip(asked, scores, best.tolist(), strict=True):
        others = row[first != first[place]]
        lead = row[place] - others.max() if others.size else 0.0
        sure = float(_TRUST.probability(np.array([[lead]]))[0])
        code = known[place].code
        shares = tuple(
            replace(share, origin="text", confidence=round(share.confidence * sure, 3))
            for share in concordance.entries[code]
        )
        found[heading.code] = Match(code, next(iter(known[place].titles.values())), shares)
    return found


def _similarity(
    left: Sequence[Heading], right: Sequence[Heading], encoders: Sequence[Encoder]
) -> Matrix:
    """Mean similarity over the pairs of languages both have a title in, standard deviations."""
    total = np.zeros((len(left), len(right)))
    count = np.zeros_like(total)
    for a, rows in _by_language(left).items():
        for b, columns in _by_language(right).items():
            texts = [left[i].titles[a] for i in rows]
            candidates = [right[j].titles[b] for j in columns]
            part = combined_similarity(texts, candidates, encoders=encoders, languages=(a, b))
            total[np.ix_(rows, columns)] += part
            count[np.ix_(rows, columns)] += 1
    scores: Matrix = np.where(count > 0, total / np.maximum(count, 1), _NOTHING)
    return scores


def _by_language(headings: Sequence[Heading]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        for language, title in heading.titles.items():
            if title.strip():
                found.setdefault(language, []).append(place)
    return found
