"""Why a candidate is one, in words: who, where, which fields, which ties, why not chance."""

from __future__ import annotations

from typing import Any

from clusterloom.schema import Reason, reason
from clusterloom.stages._found import AgainstChance

__all__ = ["against_chance", "community_against_chance", "why_not_chance"]


def against_chance(model: str, number: int, test: AgainstChance) -> Reason:
    """Say what a null model asks and what came out for one candidate."""
    told: dict[str, Any] = {
        "expected": _two_digits(float(test.expected[number])),
        "share": _two_digits(float(test.p_value[number])),
        "n": test.draws,
    }
    if model == "places":
        return reason(
            "If organisations of any role changed places at random within the country, it would "
            "be {expected} on average, and as much as observed in a share of {share} of {n} random "
            "draws.",
            **told,
        )
    if model == "pooled":
        return reason(
            "If directions of work changed hands at random among organisations of the same role "
            "of all countries, it would be {expected} on average, and as much as observed in a "
            "share of {share} of {n} random draws.",
            **told,
        )
    if model == "degrees":
        return reason(
            "If every organisation kept its number of directions and every field its number of "
            "organisations, but who does which were chance, it would be {expected} on average, and "
            "as much as observed in a share of {share} of {n} random draws.",
            **told,
        )
    return reason(
        "If directions of work changed hands at random among organisations of the same country and "
        "role, it would be {expected} on average, and as much as observed in a share of {share} of "
        "{n} random draws.",
        **told,
    )


def community_against_chance(number: int, test: AgainstChance) -> Reason:
    """Say how clear a community is among those of random data sets."""
    return reason(
        "Where directions of work are dealt out at random, the community nearest in size has "
        "{expected} on average, and some community as clear as this was found in a share of "
        "{share} of {n} random draws.",
        expected=_two_digits(float(test.expected[number])),
        share=_two_digits(float(test.p_value[number])),
        n=test.draws,
    )


def why_not_chance(observed: float, q_value: float) -> list[Reason]:
    """Say what was measured and how many such findings chance would bring."""
    return [
        reason("Closeness times adjacency, summed over pairs, is {n}.", n=_two_digits(observed)),
        reason(
            "Counting all that random draws bring up for a test, a share of {share} of the "
            "candidates as clear as this would be chance.",
            share=_two_digits(q_value),
        ),
    ]


def _two_digits(value: float) -> float:
    """Round to two decimals, or to two significant digits where that would leave fewer.

    What is told must not contradict the ratio of the two: 0.41 is 67 times 0.0061, not 0.01.
    """
    return round(value, 2) if abs(value) >= 0.1 else float(f"{value:.2g}")
