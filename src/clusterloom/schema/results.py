"""The tables the stages write. Every row carries its reasons, what it rests on, and its run."""

from __future__ import annotations

from clusterloom.schema._shorthand import integer, json_text, real, text
from clusterloom.schema.model import Column, TableKind, TableSchema
from clusterloom.schema.vocabulary import FINANCE_STAGES, MEMBER_ROLES

__all__ = ["RESULT_TABLES"]


def _result(
    name: str,
    meaning: str,
    key: tuple[str, ...],
    columns: tuple[Column, ...],
    references: tuple[tuple[str, str], ...] = (),
) -> TableSchema:
    """Declare a result table: its own columns and the three every result row ends with."""
    trail = (
        json_text("reasons", "why, as templates with arguments", '[{"text": "works on {field}", "args": {}}]'),
        json_text("based_on", "the rows it rests on, as `table:key`", '["activity:by-nas-physics:a1"]'),
        text("run_id", "the run that made it (stamped by the runner)", "run-1f3a…", null="not yet stored"),
    )
    return TableSchema(
        name=name, kind=TableKind.RESULT, meaning=meaning, key=key, columns=(*columns, *trail), references=references
    )


def _share(name: str, meaning: str, example: str, *, null: str = "never") -> Column:
    return real(name, meaning, example, unit="share", null=null, minimum=0, maximum=1)


def _weak() -> Column:
    return _share("weak_share", "share of the evidence that is not marked verified", "0.3", null="no marks given")


_CANDIDATE_ID = text("candidate_id", "territory and family", "minsk--family-laser-technology")
_CLUSTER_ID = text("cluster_id", "stable name of the composed cluster", "cluster-minsk--family-laser-technology")
_ORG_ID = text("org_id", "the organisation", "by-nas-physics")

_CANDIDATE = _result(
    "candidate",
    "A territory and a family of adjacent fields whose actors may be close and adjacent beyond chance.",
    ("candidate_id",),
    (
        _CANDIDATE_ID,
        text("territory_id", "place_id of the territory's anchor settlement", "geonames:625144"),
        text("country", "ISO code of the anchor", "BY"),
        text("family_id", "family of adjacent fields", "family-laser-technology"),
        text("main_fields", "the fields that carry it, strongest first, split by |", "laser-technology|optical-components"),
        real("radius_km", "reach around the anchor's centre", "60", unit="km", minimum=0),
        integer("n_organisations", "organisations with a share of at least `min_share` in the family", "23", unit="organisations", minimum=0),
        integer("n_roles", "different roles among them", "4", unit="roles", minimum=0),
        real("statistic", "closeness × adjacency summed over pairs", "41.2", unit="expected adjacent close pairs", minimum=0),
        real("expected", "its mean under the null model", "20.4", unit="expected adjacent close pairs", minimum=0),
        real("expected_sd", "its standard deviation under the null model", "4.0", unit="expected adjacent close pairs", minimum=0),
        real("effect_ratio", "statistic divided by expected", "2.0", unit="ratio", null="expected is 0", minimum=0),
        real("p_value", "share of permutations at least as large (with the observed one)", "0.005", unit="probability", minimum=0, maximum=1),
        real("q_value", "false-discovery rate over all candidates tested (Benjamini-Hochberg)", "0.03", unit="probability", minimum=0, maximum=1),
        text("verdict", "beyond_chance, not_distinguishable or too_small", "beyond_chance", choices=("beyond_chance", "not_distinguishable", "too_small")),
        _weak(),
    ),
)

_CANDIDATE_MEMBER = _result(
    "candidate_member",
    "Who stands inside a candidate: organisations in reach with work in its family of fields.",
    ("candidate_id", "org_id"),
    (
        _CANDIDATE_ID,
        _ORG_ID,
        _share("family_share", "share of the organisation's work that is in the family", "0.8"),
        real("distance_km", "root-mean-square distance to the anchor's centre, with the position's extent", "9.1", unit="km", null="position unknown", minimum=0),
    ),
    (("org_id", "organisation"),),
)

_CONDITION = _result(
    "condition",
    "One indicator of one candidate: conditions are shown one by one, never only as a total.",
    ("candidate_id", "indicator"),
    (
        _CANDIDATE_ID,
        text("indicator", "what is measured", "research_strength"),
        real("value", "the value", "12", unit="column `unit`", null="not known"),
        text("unit", "its unit", "activities"),
        real("reference", "median over the candidates of this run", "5", unit="column `unit`", null="not known"),
        _share("rank_share", "share of candidates with a smaller or equal value", "0.9", null="not known"),
        text("verdict", "strong, present, weak, missing or not_known", "strong", choices=("strong", "present", "weak", "missing", "not_known")),
        integer("year", "year of the value", "2026", unit="year", null="no year in the source"),
    ),
)

_CORE_SCORE = _result(
    "core_score",
    "How far each organisation of a candidate qualifies for its core, with threshold and margin.",
    ("candidate_id", "org_id"),
    (
        _CANDIDATE_ID,
        _ORG_ID,
        real("score", "evidence of work at the target paradigm in the candidate's fields", "2.1", unit="weighted directions", minimum=0),
        real("threshold", "score needed", "0.5", unit="weighted directions", minimum=0),
        real("margin", "score minus threshold", "1.6", unit="weighted directions"),
        text("verdict", "core, below_threshold or role_not_admitted", "core", choices=("core", "below_threshold", "role_not_admitted")),
        text("evidence_kind", "survey, activities or both", "activities", choices=("survey", "activities", "both", "none")),
        _weak(),
    ),
    (("org_id", "organisation"),),
)

_CLUSTER = _result(
    "cluster",
    "A proposed cluster: composed from one candidate.",
    ("cluster_id",),
    (
        _CLUSTER_ID,
        _CANDIDATE_ID,
        text("country", "ISO code", "BY"),
        text("main_fields", "fields that carry it, strongest first, split by |", "laser-technology"),
        integer("n_members", "members proposed", "24", unit="organisations", minimum=0),
        _share("coverage", "covered share of weighted need", "0.8"),
        real("objective", "value of the composition program at the answer", "10.2", unit="objective points"),
        real("bound", "no composition can be worth more than this", "10.2", unit="objective points"),
        _share("optimality_gap", "(bound - objective) / |objective|", "0.0", null="no answer found"),
        text("solver_status", "what the solver said", "optimal"),
        _weak(),
    ),
)

_MEMBERSHIP = _result(
    "membership",
    "A seat in a proposed cluster.",
    ("cluster_id", "org_id"),
    (
        _CLUSTER_ID,
        _ORG_ID,
        text("role", "role in the cluster", "core", choices=MEMBER_ROLES),
        text("covers", "needs it helps to cover, split by |", "production@laser-technology"),
        real("adjacency", "mean adjacency of its fields to the core's", "0.6", unit="0..1", null="no fields known", minimum=0, maximum=1),
        real("distance_km", "root-mean-square distance to the anchor's centre", "9.1", unit="km", null="position unknown", minimum=0),
        integer("n_ties", "existing ties with other members", "3", unit="ties", minimum=0),
        real("marginal_value", "what the objective loses without it, nobody replacing it", "0.7", unit="objective points"),
        text("substitute_org_id", "who would replace it best", "by-bsu", null="nobody in reach offers the same"),
        real("loss_with_substitute", "what the objective still loses then", "0.2", unit="objective points", null="no substitute"),
        text("evidence", "the organisation's own evidence mark", "verified", null="the source gave no mark"),
    ),
    (("org_id", "organisation"),),
)

_NEED = _result(
    "need",
    "What a proposed cluster needs along its value chain, and how far its members cover it.",
    ("cluster_id", "need"),
    (
        _CLUSTER_ID,
        text("need", "stage of the value chain, @, field or function", "production@laser-technology"),
        text("stage", "research, development, production, training, equipment, transfer, state, finance, ...", "production"),
        text("field_id", "the field", "laser-technology", null="a need of the whole cluster"),
        real("weight", "importance; weights of a cluster sum to 1", "0.08", unit="share", minimum=0, maximum=1),
        _share("covered", "covered share (diminishing returns counted)", "0.75"),
        integer("n_providers", "members that offer it", "2", unit="organisations", minimum=0),
    ),
)

_GAP = _result(
    "gap",
    "A need that stays open, and who could fill it.",
    ("cluster_id", "need"),
    (
        _CLUSTER_ID,
        text("need", "the open need", "production@laser-technology"),
        _share("uncovered", "share of the need that stays open", "1.0"),
        text("home_org_ids", "nearest organisations of the country that could fill it, split by |", "by-lemt", null="none known"),
        text("abroad_org_ids", "organisations abroad that could fill it, split by |", "cn-raycus", null="none known"),
    ),
)

_INTRODUCTION = _result(
    "introduction",
    "A missing tie worth creating.",
    ("cluster_id", "org_a", "org_b"),
    (
        _CLUSTER_ID,
        text("org_a", "one side (org_a < org_b)", "by-bsu"),
        text("org_b", "the other side", "by-lemt"),
        integer("rank", "1 = first to make", "1", unit="rank", minimum=1),
        real("score", "weighted sum of the parts below", "0.7", unit="0..1", minimum=0, maximum=1),
        _share("complementarity", "what one offers and the other needs", "0.8"),
        _share("adjacency", "adjacency of their fields", "0.6"),
        integer("shared_partners", "members both already work with", "2", unit="organisations", minimum=0),
        real("distance_km", "root-mean-square distance", "12", unit="km", null="position unknown", minimum=0),
        text("role_pair", "cluster roles of the two, sorted, joined by +", "core+producer"),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

_STAGE = text("finance_stage", "stage of the innovation", "prototype", choices=FINANCE_STAGES)

_FINANCE_MATCH = _result(
    "finance_match",
    "An investor that may finance a development of a cluster at its stage.",
    ("cluster_id", "demand_id", "org_id"),
    (
        _CLUSTER_ID,
        text("demand_id", "`development:` or `activity:` and its id", "activity:by-nas-physics:a1"),
        text("demand_org_id", "who needs the money", "by-nas-physics"),
        text("org_id", "the investor", "by-bif"),
        _STAGE,
        text("stage_origin", "stated (TRL) or inferred (kind of activity)", "inferred", choices=("stated", "inferred")),
        text("profile_origin", "stated (profile) or assumed (role of the investor)", "assumed", choices=("stated", "assumed")),
        real("score", "fit of stage, field, country and ticket", "0.6", unit="0..1", minimum=0, maximum=1),
    ),
    (("org_id", "organisation"),),
)

_FINANCE_GAP = _result(
    "finance_gap",
    "Demand and supply of finance at one stage of one cluster.",
    ("cluster_id", "finance_stage"),
    (
        _CLUSTER_ID,
        _STAGE,
        integer("n_demands", "developments at this stage", "4", unit="developments", minimum=0),
        integer("n_investors", "investors for this stage", "2", unit="organisations", minimum=0),
        integer("n_uncovered", "developments without any investor", "1", unit="developments", minimum=0),
        real("sum_sought", "money sought, where stated", "250000", unit="column `currency`", null="not stated", minimum=0),
        text("currency", "currency of the sum", "EUR", null="not stated or several"),
        text("verdict", "covered, broken, no_demand_known", "covered", choices=("covered", "partly", "broken", "no_demand_known")),
    ),
)

_SCORE = _result(
    "score",
    "A measure of a cluster as a whole: synergy, coverage, cohesion.",
    ("cluster_id", "measure"),
    (
        _CLUSTER_ID,
        text("measure", "what is measured", "triple_helix_t_mbit"),
        real("value", "the value", "-85", unit="column `unit`", null="not estimated"),
        text("unit", "its unit", "mbit"),
        real("lower", "lower end of the 95 % interval", "-120", unit="column `unit`", null="not estimated"),
        real("upper", "upper end of the 95 % interval", "-20", unit="column `unit`", null="not estimated"),
        integer("n_observations", "observations behind it", "48", unit="observations", minimum=0),
    ),
)

_SELF_ENFORCEMENT = _result(
    "self_enforcement",
    "Whether an informal promise holds by itself, from the values the partners state.",
    ("cluster_id", "org_a", "org_b"),
    (
        _CLUSTER_ID,
        text("org_a", "one partner", "v-laser"),
        text("org_b", "the other partner", "v-uni"),
        text("verdict", "self_enforcing, breaks, or not_estimated", "self_enforcing", choices=("self_enforcing", "breaks", "not_estimated")),
        real("critical_discount_rate_a", "A keeps its word while its rate per period is at most this", "1.0", unit="1 per period", null="not estimated"),
        real("critical_discount_rate_b", "B keeps its word while its rate per period is at most this", "2.0", unit="1 per period", null="not estimated"),
        real("critical_discount_rate", "the smaller of the two; with a transfer agreed, the joint one is in the reasons", "1.0", unit="1 per period", null="not estimated"),
        real("stated_discount_rate", "the rate the partners state", "0.1", unit="1 per period", null="not stated", minimum=0),
    ),
)

_CLUSTER_LINK = _result(
    "cluster_link",
    "What one cluster adds to another (directed: from A's point of view).",
    ("cluster_a", "cluster_b"),
    (
        text("cluster_a", "the cluster that gains", "cluster-minsk--lasers"),
        text("cluster_b", "the cluster that adds", "cluster-wuhan--lasers"),
        text("structure", "cross_industry (one country, other fields), cross_cluster (one country), cross_network (other fields, other country) or international (kin fields, other country)", "international", choices=("cross_industry", "cross_cluster", "cross_network", "international")),
        _share("complementarity", "share of A's open needs that B's members could cover", "0.4"),
        _share("kinship", "adjacency-weighted similarity of the two field profiles", "0.6"),
        real("score", "complementarity and kinship as one, by the stated weights", "0.5", unit="0..1", minimum=0, maximum=1),
        integer("n_ties", "existing ties between members", "3", unit="ties", minimum=0),
        integer("rank", "rank of B among A's partners", "1", unit="rank", minimum=1),
        real("distance_km", "distance of the anchors", "6500", unit="km", null="position unknown", minimum=0),
    ),
)

_PARTNER_MATCH = _result(
    "partner_match",
    "Two organisations of two clusters that should talk.",
    ("cluster_a", "cluster_b", "org_a", "org_b"),
    (
        text("cluster_a", "one cluster (cluster_a < cluster_b)", "cluster-minsk--lasers"),
        text("cluster_b", "the other cluster", "cluster-wuhan--lasers"),
        text("org_a", "organisation of cluster_a", "by-lotis"),
        text("org_b", "organisation of cluster_b", "cn-raycus"),
        integer("rank", "1 = strongest of this pair of clusters", "1", unit="rank", minimum=1),
        real("score", "kindred work, complement and existing ties as one", "0.7", unit="0..1", minimum=0, maximum=1),
        text("kind", "kindred (same direction), complementary or both", "kindred", choices=("kindred", "complementary", "both")),
        text("existing", "none, tie, or path (over one organisation both know)", "none", choices=("none", "tie", "path")),
        text("via_org_id", "the organisation on the path", "by-bsu", null="no path"),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

_VERDICT = _result(
    "verdict",
    "One article of one criteria pack, applied to one cluster.",
    ("cluster_id", "pack", "article"),
    (
        _CLUSTER_ID,
        text("pack", "criteria pack", "eccp"),
        text("article", "article of the pack", "min_members"),
        text("verdict", "pass, fail, no_data or not_checkable", "pass", choices=("pass", "fail", "no_data", "not_checkable")),
        real("value", "what was found", "24", unit="column `unit`", null="no data"),
        real("required", "what is asked", "15", unit="column `unit`", null="a yes or no"),
        text("unit", "unit of both", "organisations"),
    ),
)

RESULT_TABLES = (
    _CANDIDATE,
    _CANDIDATE_MEMBER,
    _CONDITION,
    _CORE_SCORE,
    _CLUSTER,
    _MEMBERSHIP,
    _NEED,
    _GAP,
    _INTRODUCTION,
    _FINANCE_MATCH,
    _FINANCE_GAP,
    _SCORE,
    _SELF_ENFORCEMENT,
    _CLUSTER_LINK,
    _PARTNER_MATCH,
    _VERDICT,
)
