"""Result tables of comparing candidates by their conditions: weights, parts, ranks."""

from __future__ import annotations

from clusterloom.schema._result import result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["CONDITION_TABLES"]

_CANDIDATE_ID = text("candidate_id", "territory and family", "minsk--family-laser-technology")
_COMPARED = text(
    "compared_with", "country whose candidates are compared with each other, or `all`", "BY"
)

_CONDITION_WEIGHT = result(
    "condition_weight",
    "What each indicator counts for in the ranking of candidates, and why one does not count.",
    ("compared_with", "indicator"),
    (
        _COMPARED,
        text("indicator", "the indicator", "research_strength"),
        share(
            "weight",
            "its share of all weights that count; the recipe's weights, scaled to sum 1",
            "0.1",
        ),
        text("normalisation", "how values become 0..1", "min_max", choices=("min_max", "rank")),
        text(
            "direction",
            "whether more or less of it is better",
            "more_is_better",
            choices=("more_is_better", "less_is_better"),
        ),
        real("lowest", "smallest known value", "1", unit="column `unit`", null="none known"),
        real("highest", "largest known value", "12", unit="column `unit`", null="none known"),
        text("unit", "unit of the values compared", "directions", null="none known"),
        integer("n_known", "candidates it is known for", "6", unit="candidates", minimum=0),
        integer(
            "n_compared", "candidates compared with each other", "8", unit="candidates", minimum=0
        ),
        text(
            "verdict",
            "counted; or left out: no_weight, not_known for enough candidates, same_for_all",
            "counted",
            choices=("counted", "no_weight", "not_known", "same_for_all"),
        ),
        share(
            "top_kept",
            "share of the leading candidates that still lead when it is left out",
            "1.0",
            null="it does not count, or nobody is ranked",
        ),
    ),
)

_CONDITION_PART = result(
    "condition_part",
    "What one indicator adds to the score of one candidate.",
    ("candidate_id", "indicator"),
    (
        _CANDIDATE_ID,
        text("indicator", "the indicator", "research_strength"),
        share("normalised", "its value brought to 0..1, the best at 1", "0.8", null="not known"),
        share(
            "weight",
            "its share of the weights of what is known of this candidate",
            "0.12",
            null="not known: left out, not counted as 0",
        ),
        share("part", "normalised × weight; the parts sum to the score", "0.1", null="not known"),
    ),
)

_CONDITION_RANK = result(
    "condition_rank",
    "How a candidate's conditions compare with those of others, and how far that hangs on weights.",
    ("candidate_id",),
    (
        _CANDIDATE_ID,
        _COMPARED,
        integer("n_compared", "candidates compared, this one too", "8", unit="candidates", minimum=1),
        integer(
            "rank",
            "place by score; equal scores share the better place",
            "2",
            unit="place",
            null="too little is known, or nothing tells the candidates apart",
            minimum=1,
        ),
        share("score", "weighted mean of what is known", "0.62", null="nothing known that counts"),
        share("score_low", "the score if all that is not known were at its worst", "0.5"),
        share("score_high", "the score if all that is not known were at its best", "0.75"),
        share("known_weight", "share of the weights whose indicators are known", "0.75"),
        text("indicators", "indicators the score rests on, split by |", "openness", null="none"),
        text("not_known", "indicators with weight that are not known, split by |", "market", null="none"),
        integer("top_k", "how many places count as leading here", "3", unit="places", minimum=1),
        share(
            "top_share_any",
            "share of all possible weights under which it is among the leading",
            "0.8",
            null="not ranked",
        ),
        share(
            "top_share_near",
            "share of weights near the recipe's under which it is among the leading",
            "0.97",
            null="not ranked",
        ),
        share(
            "share_error",
            "standard error of the less sure of the two shares, from the number of draws",
            "0.009",
            null="not ranked",
        ),
        integer(
            "rank_low", "5 % of the weights near the recipe's rank it better", "1", unit="place",
            null="not ranked", minimum=1,
        ),
        integer(
            "rank_high", "5 % of the weights near the recipe's rank it worse", "4", unit="place",
            null="not ranked", minimum=1,
        ),
        text(
            "verdict",
            "ranked, too_little_known, or not_comparable where nothing tells candidates apart",
            "ranked",
            choices=("ranked", "too_little_known", "not_comparable"),
        ),
    ),
)  # fmt: skip

CONDITION_TABLES = (_CONDITION_WEIGHT, _CONDITION_PART, _CONDITION_RANK)
