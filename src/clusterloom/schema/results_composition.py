"""Result tables of finding and composing: candidates, conditions, core, clusters, seats, gaps."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, ORG_ID, result, share, weak_share
from clusterloom.schema._shorthand import integer, real, text
from clusterloom.schema.results_prerequisites import CANDIDATE_TEST, FOUND_BY
from clusterloom.schema.vocabulary import CHAIN_STAGES, CONDITION_THEMES, MEMBER_ROLES

__all__ = ["COMPOSITION_TABLES"]

_CANDIDATE_ID = text("candidate_id", "territory and family", "minsk--family-laser-technology")

_CANDIDATE = result(
    "candidate",
    "A territory and a family of adjacent fields whose actors may be close and adjacent beyond chance.",
    ("candidate_id",),
    (
        _CANDIDATE_ID,
        text("territory_id", "place_id of the territory's anchor settlement", "geonames:625144"),
        text("country", "ISO code of the anchor", "BY"),
        text("family_id", "family of adjacent fields", "family-laser-technology"),
        text(
            "main_fields",
            "the fields that carry it, strongest first, split by |",
            "laser-technology|optical-components",
        ),
        real("radius_km", "reach around the anchor's centre", "60", unit="km", minimum=0),
        *FOUND_BY,
        integer(
            "n_organisations",
            "organisations with a share of at least `min_share` in the family",
            "23",
            unit="organisations",
            minimum=0,
        ),
        integer("n_roles", "different roles among them", "4", unit="roles", minimum=0),
        real(
            "statistic",
            "closeness × adjacency summed over pairs",
            "41.2",
            unit="expected adjacent close pairs",
            minimum=0,
        ),
        real(
            "expected",
            "its mean under the null model; for a community, that of the one nearest in size",
            "20.4",
            unit="expected adjacent close pairs",
            minimum=0,
        ),
        real(
            "expected_sd",
            "its standard deviation under the null model",
            "4.0",
            unit="expected adjacent close pairs",
            minimum=0,
        ),
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
            null="not tested",
            minimum=0,
            maximum=1,
        ),
        real(
            "q_value",
            "false-discovery rate over all that could become a candidate, by any method",
            "0.03",
            unit="probability",
            null="not tested",
            minimum=0,
            maximum=1,
        ),
        text(
            "verdict",
            "beyond_chance, not_distinguishable or too_small",
            "beyond_chance",
            choices=("beyond_chance", "not_distinguishable", "too_small"),
        ),
        weak_share(),
    ),
)

_CANDIDATE_MEMBER = result(
    "candidate_member",
    "Who stands inside a candidate: organisations in reach with work in its family of fields.",
    ("candidate_id", "org_id"),
    (
        _CANDIDATE_ID,
        ORG_ID,
        share("family_share", "share of the organisation's work that is in the family", "0.8"),
        share(
            "chance",
            "chance that it belongs to the cluster rather than does such work as anybody elsewhere",
            "0.93",
            null="not estimated: not beyond chance, or no known direction",
        ),
        real(
            "distance_km",
            "root-mean-square distance to the anchor's centre, with the position's extent",
            "9.1",
            unit="km",
            null="position unknown",
            minimum=0,
        ),
    ),
    (("org_id", "organisation"),),
)

_CONDITION = result(
    "condition",
    "One indicator of one candidate: conditions are shown one by one, never only as a total.",
    ("candidate_id", "indicator"),
    (
        _CANDIDATE_ID,
        text("indicator", "what is measured", "research_strength"),
        text(
            "theme", "the group of conditions it belongs to", "research", choices=CONDITION_THEMES
        ),
        real("value", "the value", "12", unit="column `unit`", null="not known"),
        text("unit", "its unit", "activities"),
        real(
            "wider_value",
            "the same counted within the wider radius around the candidate's place",
            "15",
            unit="column `unit`",
            null="not known, or not counted by distance",
        ),
        real(
            "nearest_km",
            "great-circle distance from the candidate's place to the nearest of them at home",
            "29.3",
            unit="km",
            null="not known, or not counted by distance",
            minimum=0,
        ),
        real(
            "reference",
            "median over the candidates of this run",
            "5",
            unit="column `unit`",
            null="not known",
        ),
        share(
            "rank_share",
            "share of candidates with a smaller or equal value",
            "0.9",
            null="not known",
        ),
        text(
            "verdict",
            "strong, present, weak, missing or not_known",
            "strong",
            choices=("strong", "present", "weak", "missing", "not_known"),
        ),
        text(
            "sources",
            "sources of the rows it rests on, split by |",
            "valley",
            null="it rests on no row of a source",
        ),
        integer(
            "first_year",
            "earliest year of the rows it rests on",
            "2018",
            unit="year",
            null="no year in the source",
        ),
        integer(
            "year",
            "latest year of the rows it rests on",
            "2026",
            unit="year",
            null="no year in the source",
        ),
        integer(
            "known_as_of",
            "year in which a source of those rows that carry no year was retrieved last",
            "2026",
            unit="year",
            null="every row carries a year, or no source says when it was retrieved",
        ),
    ),
)

_CORE_SCORE = result(
    "core_score",
    "How far each organisation of a candidate qualifies for its core, with threshold and margin.",
    ("candidate_id", "org_id"),
    (
        _CANDIDATE_ID,
        ORG_ID,
        real(
            "score",
            "evidence of work at the target paradigm in the candidate's fields",
            "2.1",
            unit="weighted directions",
            minimum=0,
        ),
        real("threshold", "score needed", "0.5", unit="weighted directions", minimum=0),
        real("margin", "score minus threshold", "1.6", unit="weighted directions"),
        text(
            "verdict",
            "core, below_threshold or role_not_admitted",
            "core",
            choices=("core", "below_threshold", "role_not_admitted"),
        ),
        text(
            "evidence_kind",
            "survey, activities or both",
            "activities",
            choices=("survey", "activities", "both", "none"),
        ),
        weak_share(),
    ),
    (("org_id", "organisation"),),
)

_CLUSTER = result(
    "cluster",
    "A proposed cluster: composed from one candidate.",
    ("cluster_id",),
    (
        CLUSTER_ID,
        _CANDIDATE_ID,
        text("country", "ISO code", "BY"),
        text(
            "main_fields", "fields that carry it, strongest first, split by |", "laser-technology"
        ),
        integer("n_members", "members proposed", "24", unit="organisations", minimum=0),
        share("coverage", "covered share of weighted need", "0.8"),
        real(
            "objective",
            "value of the composition program at the answer",
            "10.2",
            unit="objective points",
        ),
        real(
            "bound", "no composition can be worth more than this", "10.2", unit="objective points"
        ),
        share("optimality_gap", "(bound - objective) / |objective|", "0.0", null="no answer found"),
        text("solver_status", "what the solver said", "optimal"),
        weak_share(),
    ),
)

_MEMBERSHIP = result(
    "membership",
    "A seat in a proposed cluster.",
    ("cluster_id", "org_id"),
    (
        CLUSTER_ID,
        ORG_ID,
        text("role", "role in the cluster", "core", choices=MEMBER_ROLES),
        text("covers", "needs it helps to cover, split by |", "production@laser-technology"),
        real(
            "adjacency",
            "mean adjacency of its fields to the core's",
            "0.6",
            unit="0..1",
            null="no fields known",
            minimum=0,
            maximum=1,
        ),
        real(
            "distance_km",
            "root-mean-square distance to the anchor's centre",
            "9.1",
            unit="km",
            null="position unknown",
            minimum=0,
        ),
        integer("n_ties", "existing ties with other members", "3", unit="ties", minimum=0),
        share(
            "complement",
            "share of its research that is adjacent to the core's and not the same",
            "0.4",
            null="no kindred university or institute",
        ),
        text(
            "contact",
            "how it knows the core",
            "one_handshake",
            null="it belongs to the core",
            choices=("existing", "one_handshake", "to_be_created"),
        ),
        text(
            "via_org_id",
            "who has ties with it and with the core",
            "by-nas",
            null="no handshake is needed, or none is known",
        ),
        real(
            "marginal_value",
            "what the objective loses without it, nobody replacing it",
            "0.7",
            unit="objective points",
        ),
        text(
            "substitute_org_id",
            "who would replace it best",
            "by-bsu",
            null="nobody in reach offers the same",
        ),
        real(
            "loss_with_substitute",
            "what the objective still loses then",
            "0.2",
            unit="objective points",
            null="no substitute",
        ),
        real(
            "loss_at_least",
            "what is lost at least if it stays out and all seats are chosen anew",
            "0.1",
            unit="objective points",
            null="no cluster is possible without it",
            minimum=0,
        ),
        real(
            "loss_at_most",
            "what is lost at most then; equal to `loss_at_least` where it was solved exactly",
            "0.1",
            unit="objective points",
            null="no cluster without it was found",
            minimum=0,
        ),
        text(
            "evidence",
            "the organisation's own evidence mark",
            "verified",
            null="the source gave no mark",
        ),
    ),
    (("org_id", "organisation"),),
)

_NEED = result(
    "need",
    "What a proposed cluster needs along its value chain, and how far its members cover it.",
    ("cluster_id", "need"),
    (
        CLUSTER_ID,
        text(
            "need", "stage of the value chain, @, field or function", "production@laser-technology"
        ),
        text(
            "stage",
            "research, development, production, training, equipment, transfer, state, finance, ...",
            "production",
        ),
        text(
            "chain_stage",
            "stage of the value chain it belongs to",
            "production",
            null="not told",
            choices=CHAIN_STAGES,
        ),
        text("field_id", "the field", "laser-technology", null="a need of the whole cluster"),
        real(
            "weight",
            "importance; weights of a cluster sum to 1",
            "0.08",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        share("covered", "covered share (diminishing returns counted)", "0.75"),
        integer("n_providers", "members that offer it", "2", unit="organisations", minimum=0),
    ),
)

_GAP = result(
    "gap",
    "A need that stays open, and who could fill it.",
    ("cluster_id", "need"),
    (
        CLUSTER_ID,
        text("need", "the open need", "production@laser-technology"),
        share("uncovered", "share of the need that stays open", "1.0"),
        text(
            "home_org_ids",
            "nearest organisations of the country that could fill it, split by |",
            "by-lemt",
            null="none known",
        ),
        text(
            "abroad_org_ids",
            "organisations abroad that could fill it, split by |",
            "cn-raycus",
            null="none known",
        ),
    ),
)

COMPOSITION_TABLES = (
    _CANDIDATE,
    _CANDIDATE_MEMBER,
    CANDIDATE_TEST,
    _CONDITION,
    _CORE_SCORE,
    _CLUSTER,
    _MEMBERSHIP,
    _NEED,
    _GAP,
)
