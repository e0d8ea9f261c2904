"""Result tables of bridges: profiles side by side, what clusters add, partners across them."""

from __future__ import annotations

from clusterloom.schema._result import result, share
from clusterloom.schema._shorthand import integer, json_text, real, text

__all__ = ["BRIDGE_TABLES"]

_PROFILE = result(
    "cluster_profile",
    "One number of one cluster, measured alike for composed and existing clusters.",
    ("cluster_id", "aspect", "item"),
    (
        text("cluster_id", "a composed or an existing cluster", "cluster-minsk--lasers"),
        text(
            "origin",
            "composed (proposed here) or existing",
            "existing",
            choices=("composed", "existing"),
        ),
        text(
            "aspect",
            "field (share of work), role (members), chain (best offer at a stage in a leading field), paradigm (share of work), synergy, openness, size",
            "field",
            choices=("size", "field", "role", "chain", "paradigm", "synergy", "openness"),
        ),
        text("item", "which field, role, stage, paradigm or measure", "laser-technology"),
        real("value", "the number", "0.4", unit="column `unit`", null="not known"),
        text("unit", "its unit", "share"),
        real(
            "lower",
            "lower end of the 95 % interval",
            "0.2",
            unit="column `unit`",
            null="not estimated",
        ),
        real(
            "upper",
            "upper end of the 95 % interval",
            "0.6",
            unit="column `unit`",
            null="not estimated",
        ),
    ),
)

_LINK = result(
    "cluster_link",
    "What one cluster adds to another (directed: from A's point of view).",
    ("cluster_a", "cluster_b"),
    (
        text("cluster_a", "the cluster that gains", "cluster-minsk--lasers"),
        text("cluster_b", "the cluster that adds", "cluster-wuhan--lasers"),
        text(
            "structure",
            "cross_industry (one country, other fields), cross_cluster (one country), cross_network (other fields, other country) or international (kin fields, other country)",
            "international",
            choices=("cross_industry", "cross_cluster", "cross_network", "international"),
        ),
        integer("rank", "rank of B among A's partners", "1", unit="rank", minimum=1),
        integer(
            "rank_lower",
            "best rank of B in 95 % of the resamples",
            "1",
            unit="rank",
            null="not estimated",
            minimum=1,
        ),
        integer(
            "rank_upper",
            "worst rank of B in 95 % of the resamples",
            "4",
            unit="rank",
            null="not estimated",
            minimum=1,
        ),
        real(
            "score",
            "weighted mean of the known parts, by the weights of the recipe",
            "0.5",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
        share(
            "score_lower",
            "lower end of the 95 % interval of the score",
            "0.4",
            null="not estimated",
        ),
        share(
            "score_upper",
            "upper end of the 95 % interval of the score",
            "0.6",
            null="not estimated",
        ),
        share(
            "mutual_score",
            "geometric mean of the scores of both directions: high only if both gain",
            "0.45",
        ),
        share("known_share", "share of the weights whose part is known", "1.0"),
        share(
            "complementarity",
            "share of A's open needs that B's members could cover",
            "0.4",
            null="work of one side's members not known",
        ),
        share(
            "returned",
            "share of B's open needs that A's members could cover",
            "0.1",
            null="work of one side's members not known",
        ),
        share(
            "added_density",
            "relatedness density that B's fields add around the fields in A's reach",
            "0.05",
            null="fields of one side not known",
        ),
        share(
            "density_closed",
            "share of the density that A lacks there which B adds",
            "0.1",
            null="fields of one side not known",
        ),
        integer(
            "n_joint_fields",
            "fields that pass the critical mass only together",
            "3",
            unit="fields",
            null="members' work not known",
            minimum=0,
        ),
        share(
            "joint_mass",
            "share of A's fields below the critical mass that pass it with B",
            "0.3",
            null="members' work not known",
        ),
        share(
            "kinship",
            "adjacency-weighted similarity of the two field profiles",
            "0.6",
            null="fields of one side not known",
        ),
        share(
            "understanding",
            "what the kinship is worth for understanding each other, by `kinship_peak`",
            "0.8",
            null="fields of one side not known",
        ),
        integer(
            "n_ties",
            "existing working ties between members",
            "3",
            unit="ties",
            null="members of one side not known",
            minimum=0,
        ),
        integer(
            "n_shared_members",
            "organisations that are members of both",
            "0",
            unit="organisations",
            null="members of one side not known",
            minimum=0,
        ),
        text(
            "languages_a", "working languages of A, split by | (ISO 639)", "be|ru", null="not known"
        ),
        text("languages_b", "working languages of B, split by | (ISO 639)", "zh", null="not known"),
        text(
            "shared_languages",
            "languages of both, split by |",
            "ru",
            null="none, or those of one side not known",
        ),
        real(
            "distance_km",
            "distance of the anchors",
            "6500",
            unit="km",
            null="position unknown",
            minimum=0,
        ),
        text(
            "basis",
            "members, or fields where the members' work of one side is not known",
            "members",
            choices=("members", "fields"),
        ),
    ),
)

_MATCH = result(
    "partner_match",
    "Two organisations of two clusters that should talk.",
    ("cluster_a", "cluster_b", "org_a", "org_b"),
    (
        text("cluster_a", "one cluster (cluster_a < cluster_b)", "cluster-minsk--lasers"),
        text("cluster_b", "the other cluster", "cluster-wuhan--lasers"),
        text("org_a", "organisation of cluster_a", "by-lotis"),
        text("org_b", "organisation of cluster_b", "cn-raycus"),
        integer("rank", "1 = strongest of this pair of clusters", "1", unit="rank", minimum=1),
        real(
            "score",
            "kindred work, complement and existing ties as one",
            "0.7",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
        share("kindred", "similarity of what both do, adjacent fields counted", "0.6"),
        share(
            "complementary",
            "share of what one researches that the other makes, the better direction",
            "0.7",
        ),
        share("wish_a", "what the match is worth to org_a", "0.5"),
        share("wish_b", "what the match is worth to org_b", "0.7"),
        text(
            "kind",
            "kindred (same direction), complementary or both",
            "kindred",
            choices=("kindred", "complementary", "both"),
        ),
        text("field_id", "the field in which they meet most", "laser-technology"),
        text(
            "existing",
            "none, tie, path (over one organisation both know) or anchor (over a tie of other members)",
            "none",
            choices=("none", "tie", "path", "anchor"),
        ),
        text("via_org_id", "the organisation on the path", "by-bsu", null="no path"),
        text(
            "path",
            "organisations from org_a to org_b, split by |",
            "by-lotis|by-bsu|cn-hust|cn-raycus",
            null="no path is known",
        ),
        text(
            "languages_a",
            "languages of org_a's country, split by | (ISO 639)",
            "be|ru",
            null="not known",
        ),
        text(
            "languages_b",
            "languages of org_b's country, split by | (ISO 639)",
            "zh",
            null="not known",
        ),
        json_text(
            "reasons_a",
            "the reasons as org_a should read them",
            '[{"text": "You work with {y} already.", "args": {}}]',
        ),
        json_text(
            "reasons_b",
            "the reasons as org_b should read them",
            '[{"text": "You work with {y} already.", "args": {}}]',
        ),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

BRIDGE_TABLES = (_PROFILE, _LINK, _MATCH)
