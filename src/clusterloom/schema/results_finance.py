"""Result tables of finance beside the matches: investors as they were read, and paths to market."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, ORG_ID, result
from clusterloom.schema._shorthand import integer, text
from clusterloom.schema.vocabulary import FINANCE_STAGES, INVESTOR_KINDS

__all__ = ["FINANCE_TABLES"]

_INVESTOR_CHECK = result(
    "investor_check",
    "An investor's stated profile as it was read: what of it can be used, and what contradicts itself.",
    ("investor_profile_id",),
    (
        text("investor_profile_id", "the profile", "v-fund:p1"),
        ORG_ID,
        text("kind", "kind of capital", "venture", choices=INVESTOR_KINDS),
        text(
            "verdict",
            "usable, usable_in_part (the rest is named in the reasons) or contradictory (not matched)",
            "usable",
            choices=("usable", "usable_in_part", "contradictory"),
        ),
        text(
            "stages",
            "stages as they were read, split by |",
            "idea|prototype",
            null="not stated, or none of the known ones",
        ),
    ),
    (("org_id", "organisation"),),
)

_FINANCE_PATH = result(
    "finance_path",
    "One development on its way from idea to product, and the first step nobody in reach finances.",
    ("cluster_id", "demand_id"),
    (
        CLUSTER_ID,
        text("demand_id", "`development:` or `activity:` and its id", "development:v-laser:d1"),
        text("demand_org_id", "who needs the money", "v-laser"),
        text("finance_stage", "where it stands now", "pilot", choices=FINANCE_STAGES),
        text(
            "stage_origin",
            "stated (TRL, BRL) or inferred (kind of activity)",
            "stated",
            choices=("stated", "inferred"),
        ),
        text(
            "first_broken_step",
            "first stage from here on without an investor that fits",
            "market_entry",
            null="every step to growth has one",
            choices=FINANCE_STAGES,
        ),
        integer(
            "n_steps_open",
            "steps from here on that have one, before the first that has none",
            "1",
            unit="stages",
            minimum=0,
        ),
        integer(
            "n_steps_assumed",
            "of these, steps for which only assumed investors fit: nobody has stated it",
            "1",
            unit="stages",
            minimum=0,
        ),
    ),
)

FINANCE_TABLES = (_INVESTOR_CHECK, _FINANCE_PATH)
