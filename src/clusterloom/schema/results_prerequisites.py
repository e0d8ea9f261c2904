"""Columns and tables of the prerequisites: how a candidate was found and tested."""

from __future__ import annotations

from clusterloom.schema._result import result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["CANDIDATE_TEST", "FOUND_BY"]

FOUND_BY = (
    text(
        "method",
        "territory: a disc around a settlement and a family; community: a community of the joint graph",
        "territory",
        null="not said",
        choices=("territory", "community"),
    ),
    real(
        "resolution",
        "resolution at which the community was found; larger gives smaller communities",
        "1.0",
        unit="ratio",
        null="not a community",
        minimum=0,
    ),
    share(
        "stability",
        "mean overlap (Jaccard) of its members with those found again from perturbed data",
        "0.85",
        null="not tried",
    ),
    share(
        "run_stability",
        "the same from unchanged data with other random starts of the search",
        "0.95",
        null="not tried, or the search has no random start (method territory)",
    ),
)

_PAIRS = "expected adjacent close pairs"

CANDIDATE_TEST = result(
    "candidate_test",
    "What each null model that was tried says of a tested candidate; communities are tested "
    "under the one that decides alone.",
    ("candidate_id", "null_model"),
    (
        text("candidate_id", "the candidate", "by-minsk--family-laser-technology"),
        text(
            "null_model",
            "what is dealt anew: fields within country and role, places within the country, fields "
            "within a role of all countries, or who does which field",
            "fields",
            choices=("fields", "places", "pooled", "degrees"),
        ),
        real(
            "expected",
            "mean of the statistic over the draws; for a community, of the one nearest in size",
            "20.4",
            unit=_PAIRS,
            minimum=0,
        ),
        real("expected_sd", "its standard deviation", "4.0", unit=_PAIRS, minimum=0),
        real(
            "effect_ratio",
            "statistic divided by expected",
            "2.0",
            unit="ratio",
            null="expected is 0",
            minimum=0,
        ),
        real(
            "p_value",
            "share of random draws at least as large (with the observed one)",
            "0.005",
            unit="probability",
            minimum=0,
            maximum=1,
        ),
        real(
            "q_value",
            "false-discovery rate over all that could become a candidate",
            "0.03",
            unit="probability",
            minimum=0,
            maximum=1,
        ),
        integer("n_draws", "random draws", "499", unit="draws", minimum=1),
    ),
    (("candidate_id", "candidate"),),
)
