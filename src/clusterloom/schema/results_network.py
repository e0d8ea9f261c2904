"""Result tables of joining and judging: introductions, finance, synergy, contracts."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, result, share
from clusterloom.schema._shorthand import integer, real, text
from clusterloom.schema.vocabulary import FINANCE_STAGES

__all__ = ["NETWORK_TABLES"]

_INTRODUCTION = result(
    "introduction",
    "A missing tie worth creating.",
    ("cluster_id", "org_a", "org_b"),
    (
        CLUSTER_ID,
        text("org_a", "one side (org_a < org_b)", "by-bsu"),
        text("org_b", "the other side", "by-lemt"),
        integer("rank", "1 = first to make", "1", unit="rank", minimum=1),
        real("score", "weighted sum of the parts below", "0.7", unit="0..1", minimum=0, maximum=1),
        share("complementarity", "what one offers and the other needs", "0.8"),
        share("adjacency", "adjacency of their fields", "0.6"),
        integer(
            "shared_partners",
            "members both already work with",
            "2",
            unit="organisations",
            minimum=0,
        ),
        real(
            "resource_allocation",
            "sum over these members of 1 / their partners: one who knows everybody tells little",
            "0.7",
            unit="dimensionless",
            minimum=0,
        ),
        real(
            "distance_km",
            "root-mean-square distance",
            "12",
            unit="km",
            null="position unknown",
            minimum=0,
        ),
        text(
            "role_pair",
            "cluster roles of the two, sorted, joined by +; development+investor where one states to finance the other's stage",
            "core+producer",
        ),
        text(
            "reach",
            "whether both are members, or one stands one step outside as a member's partner",
            "inside",
            choices=("inside", "one_step_outside"),
        ),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

_STAGE = text("finance_stage", "stage of the innovation", "prototype", choices=FINANCE_STAGES)

_FINANCE_MATCH = result(
    "finance_match",
    "An investor that may finance a development of a cluster at its stage.",
    ("cluster_id", "demand_id", "org_id"),
    (
        CLUSTER_ID,
        text("demand_id", "`development:` or `activity:` and its id", "activity:by-nas-physics:a1"),
        text("demand_org_id", "who needs the money", "by-nas-physics"),
        text("org_id", "the investor", "by-bif"),
        _STAGE,
        text(
            "stage_origin",
            "stated (TRL) or inferred (kind of activity)",
            "inferred",
            choices=("stated", "inferred"),
        ),
        text(
            "profile_origin",
            "stated (profile) or assumed (role of the investor)",
            "assumed",
            choices=("stated", "assumed"),
        ),
        real(
            "score",
            "fit of stage, field, country and ticket",
            "0.6",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
    ),
    (("org_id", "organisation"),),
)

_FINANCE_GAP = result(
    "finance_gap",
    "Demand and supply of finance at one stage of one cluster.",
    ("cluster_id", "finance_stage"),
    (
        CLUSTER_ID,
        _STAGE,
        integer("n_demands", "developments at this stage", "4", unit="developments", minimum=0),
        integer("n_investors", "investors for this stage", "2", unit="organisations", minimum=0),
        integer(
            "n_uncovered", "developments without any investor", "1", unit="developments", minimum=0
        ),
        real(
            "sum_sought",
            "money sought, where stated",
            "250000",
            unit="column `currency`",
            null="not stated",
            minimum=0,
        ),
        text("currency", "currency of the sum", "EUR", null="not stated or several"),
        text(
            "verdict",
            "covered, broken, no_demand_known",
            "covered",
            choices=("covered", "partly", "broken", "no_demand_known"),
        ),
        text(
            "path",
            "where the stage stands on the way from idea to growth: open (covered, no break before it), first_break, beyond_break, or not_known (no demand known, no break before it)",
            "open",
            choices=("open", "first_break", "beyond_break", "not_known"),
        ),
    ),
)

_SCORE = result(
    "score",
    "A measure of a cluster as a whole: synergy, coverage, cohesion.",
    ("cluster_id", "measure"),
    (
        CLUSTER_ID,
        text("measure", "what is measured", "triple_helix_t_mbit"),
        real("value", "the value", "-85", unit="column `unit`", null="not estimated"),
        text("unit", "its unit", "mbit"),
        real(
            "lower",
            "lower end of the 95 % interval",
            "-120",
            unit="column `unit`",
            null="not estimated",
        ),
        real(
            "upper",
            "upper end of the 95 % interval",
            "-20",
            unit="column `unit`",
            null="not estimated",
        ),
        integer("n_observations", "observations behind it", "48", unit="observations", minimum=0),
    ),
)

_SELF_ENFORCEMENT = result(
    "self_enforcement",
    "Whether an informal promise holds by itself, from the values the partners state.",
    ("cluster_id", "org_a", "org_b"),
    (
        CLUSTER_ID,
        text("org_a", "one partner", "v-laser"),
        text("org_b", "the other partner", "v-uni"),
        text(
            "verdict",
            "self_enforcing, breaks, or not_estimated",
            "self_enforcing",
            choices=("self_enforcing", "breaks", "not_estimated"),
        ),
        real(
            "critical_discount_rate_a",
            "A keeps its word while its rate per period is at most this",
            "1.0",
            unit="1 per period",
            null="not estimated",
        ),
        real(
            "critical_discount_rate_b",
            "B keeps its word while its rate per period is at most this",
            "2.0",
            unit="1 per period",
            null="not estimated",
        ),
        real(
            "critical_discount_rate",
            "the smaller of the two; with a transfer agreed, the joint one is in the reasons",
            "1.0",
            unit="1 per period",
            null="not estimated",
        ),
        real(
            "stated_discount_rate",
            "the rate the partners state",
            "0.1",
            unit="1 per period",
            null="not stated",
            minimum=0,
        ),
    ),
)

_VERDICT = result(
    "verdict",
    "One article of one criteria pack, applied to one cluster.",
    ("cluster_id", "pack", "article"),
    (
        CLUSTER_ID,
        text("pack", "criteria pack", "eccp"),
        text("article", "article of the pack", "min_members"),
        text(
            "verdict",
            "pass, fail, no_data or not_checkable",
            "pass",
            choices=("pass", "fail", "no_data", "not_checkable"),
        ),
        real("value", "what was found", "24", unit="column `unit`", null="no data"),
        real("required", "what is asked", "15", unit="column `unit`", null="a yes or no"),
        text("unit", "unit of both", "organisations"),
    ),
)

NETWORK_TABLES = (
    _INTRODUCTION,
    _FINANCE_MATCH,
    _FINANCE_GAP,
    _SCORE,
    _SELF_ENFORCEMENT,
    _VERDICT,
)
