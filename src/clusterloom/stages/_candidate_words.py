"""Why a candidate is one, in words: who, where, which fields, which ties, why not chance."""

from __future__ import annotations

from clusterloom.schema import Reason, reason
from clusterloom.stages._found import AgainstChance

__all__ = ["against_chance", "why_not_chance"]

# What each null model asks. Arguments: expected, share, n.
_ASKED = {
    "fields": "If directions of work changed hands at random among organisations of the same "
    "country and role, it would be {expected} on average, and as much as observed in a share of "
    "{share} of {n} random draws.",
    "places": "If organisations of any role changed places at random within the country, it would "
    "be {expected} on average, and as much as observed in a share of {share} of {n} random draws.",
    "pooled": "If directions of work changed hands at random among organisations of the same role "
    "of all countries, it would be {expected} on average, and as much as observed in a share of "
    "{share} of {n} random draws.",
    "degrees": "If every organisation kept its number of directions and every field its number of "
    "organisations, but who does which were chance, it would be {expected} on average, and as much "
    "as observed in a share of {share} of {n} random draws.",
    "community": "If directions of work changed hands at random among organisations of the same "
    "country and role, the same places and fields would have {expected} on average; some community "
    "as clear as this was found in a share of {share} of {n} random draws.",
}


def against_chance(model: str, number: int, test: AgainstChance) -> Reason:
    """Say what a null model asks and what came out for one candidate."""
    return reason(
        _ASKED[model],
        expected=round(float(test.expected[number]), 2),
        share=round(float(test.p_value[number]), 3),
        n=test.draws,
    )


def why_not_chance(observed: float, q_value: float) -> list[Reason]:
    """Say what was measured and how many such findings chance would bring."""
    return [
        reason("Closeness times adjacency, summed over pairs, is {n}.", n=round(observed, 2)),
        reason(
            "Counting all that random draws bring up for a test, a share of {share} of the "
            "candidates as clear as this would be chance.",
            share=round(q_value, 3),
        ),
    ]
