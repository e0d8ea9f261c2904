"""Result tables of structures: clusters as a multilayer network, what it stands on, what joins it."""

from __future__ import annotations

from clusterloom.schema._result import ORG_ID, result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["LAYERS", "STRUCTURE_LEVELS", "STRUCTURE_TABLES", "STRUCTURE_TYPES"]

LAYERS = ("research", "supply", "training", "finance", "administration")
STRUCTURE_TYPES = ("local", "cross_industry", "cross_network", "international")
STRUCTURE_LEVELS = ("cluster", "pair", "community", "network")

_CLUSTER_TIE = result(
    "cluster_tie",
    "One layer of the network of clusters: the known ties between the members of two clusters, or within one (cluster_a = cluster_b).",
    ("cluster_a", "cluster_b", "layer"),
    (
        text("cluster_a", "one cluster (cluster_a <= cluster_b)", "cluster-minsk--lasers"),
        text("cluster_b", "the other cluster", "cluster-wuhan--lasers"),
        text("layer", "what the ties carry", "research", choices=LAYERS),
        integer("n_ties", "pairs of organisations tied in this layer", "3", unit="ties", minimum=1),
        integer(
            "n_organisations",
            "different organisations at their ends",
            "5",
            unit="organisations",
            minimum=2,
        ),
    ),
)

_STRUCTURE = result(
    "structure",
    "A set of clusters that hangs together, its measured spread, and the type that follows from it.",
    ("structure_id",),
    (
        text("structure_id", "level and the clusters or the leading member", "pair-a+b"),
        text(
            "level",
            "one cluster, a pair with known ties or shared members, a community of tied organisations, or all clusters that hang together",
            "pair",
            choices=STRUCTURE_LEVELS,
        ),
        text("type", "type by the stated rules", "international", choices=STRUCTURE_TYPES),
        text("clusters", "the clusters, split by |", "cluster-minsk--lasers|cluster-wuhan--lasers"),
        integer("n_clusters", "clusters in it", "2", unit="clusters", minimum=0),
        integer("n_organisations", "organisations in it", "33", unit="organisations", minimum=1),
        integer(
            "n_shared",
            "organisations that sit in more than one of the clusters",
            "1",
            unit="organisations",
            minimum=0,
        ),
        integer(
            "n_countries",
            "countries that hold at least `min_country_share` of the organisations",
            "2",
            unit="countries",
            minimum=0,
        ),
        integer(
            "n_families",
            "families of fields that hold at least `min_family_share` of the known work",
            "1",
            unit="families of fields",
            null="no fields known",
            minimum=0,
        ),
        real(
            "distance_km",
            "largest distance between the anchors of the clusters",
            "7100",
            unit="km",
            null="one cluster, or a position is unknown",
            minimum=0,
        ),
        integer(
            "n_ties",
            "known ties between its organisations, all layers",
            "9",
            unit="ties",
            minimum=0,
        ),
        text("layers", "layers in use, split by |", "research|training", null="no known tie"),
        share(
            "reach_share",
            "share of pairs of its organisations that reach each other over working ties inside it",
            "0.1",
            null="one organisation",
        ),
    ),
)

_BROKER = result(
    "network_broker",
    "A member whose known ties or seats reach more than one cluster.",
    ("org_id",),
    (
        ORG_ID,
        text("clusters", "clusters it sits in, split by |", "cluster-minsk--lasers"),
        text(
            "reached",
            "clusters of the members it is tied to, its own left out, split by |",
            "cluster-wuhan--lasers",
            null="none",
        ),
        text(
            "community_id",
            "community of tied organisations it belongs to",
            "community-by-nas-physics",
            null="in none of the least size",
        ),
        real(
            "betweenness",
            "shortest paths between other members that lead through it",
            "12.5",
            unit="pairs",
            null="network too large to count paths",
            minimum=0,
        ),
        integer(
            "n_brokered",
            "pairs of its partners of different clusters without a tie of their own",
            "4",
            unit="pairs",
            minimum=0,
        ),
        real(
            "constraint",
            "how far it depends on few partners (about 0 to 1.1)",
            "0.4",
            unit="dimensionless",
            null="no working tie",
            minimum=0,
        ),
        share(
            "others_cut",
            "share of the pairs of other members that no longer reach each other without it",
            "0.1",
            null="no others reach each other, or not counted",
        ),
        integer("rank", "1 = brokers most", "1", unit="rank", minimum=1),
    ),
    (("org_id", "organisation"),),
)

_FALL_OUT = result(
    "fall_out",
    "What the network of clusters loses when a member, a tie, a cluster or a country falls out.",
    ("kind", "subject"),
    (
        text(
            "kind",
            "what falls out",
            "member",
            choices=("member", "tie", "cluster", "country"),
        ),
        text(
            "subject",
            "the organisation, the two ends joined by |, the cluster or the country",
            "by-nas-physics",
        ),
        share("ties_lost", "share of known working ties that vanish", "0.1", null="no working tie"),
        share(
            "pairs_lost",
            "share of the pairs that reached each other and no longer do",
            "0.3",
            null="no pair reached each other",
        ),
        share(
            "others_cut",
            "the same among the members that stay",
            "0.1",
            null="no pair that stays reached each other",
        ),
        share(
            "needs_lost",
            "share of all covered need whose last provider falls out",
            "0.05",
            null="no need is covered",
        ),
        integer("rank", "1 = hurts most, within its kind", "1", unit="rank", minimum=1),
    ),
)

_NEW_TIE = result(
    "new_tie",
    "A tie of the smallest set found that connects the network of clusters to the required level.",
    ("org_a", "org_b"),
    (
        text("org_a", "one side (org_a < org_b)", "by-lemt"),
        text("org_b", "the other side", "cn-raycus"),
        text("cluster_a", "cluster of org_a in the proposal", "cluster-minsk--lasers"),
        text("cluster_b", "cluster of org_b in the proposal", "cluster-wuhan--lasers"),
        text(
            "origin",
            "the table that proposes the pair",
            "partner_match",
            choices=("introduction", "partner_match"),
        ),
        real("score", "its score there", "0.7", unit="0..1", minimum=0, maximum=1),
        integer("rank", "order in which to make the ties", "1", unit="rank", minimum=1),
        integer(
            "n_joined", "pairs that reach each other because of it", "12", unit="pairs", minimum=0
        ),
        share("share_after", "share of pairs that reach each other once it is made", "0.4"),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

_CONNECTION = result(
    "connection",
    "How the smallest set of new ties was found, and how it compares with a bound and with chance.",
    ("scope",),
    (
        text("scope", "what is to be connected", "all_clusters"),
        share("required_share", "share of pairs of members that should reach each other", "0.5"),
        share("share_before", "share today", "0.05"),
        share("share_after", "share once the new ties are made", "0.51"),
        share("share_possible", "share if every proposed pair were tied", "0.8"),
        text(
            "status",
            "already, reached, out_of_budget or not_reachable",
            "reached",
            choices=("already", "reached", "out_of_budget", "not_reachable"),
        ),
        text("method", "how the set was chosen", "greedy", choices=("exact", "greedy", "none")),
        integer("n_options", "proposed pairs to choose from", "80", unit="pairs", minimum=0),
        integer("n_ties", "new ties chosen", "14", unit="ties", minimum=0),
        integer("n_ties_greedy", "new ties of the greedy choice", "14", unit="ties", minimum=0),
        integer(
            "n_ties_bound",
            "no choice can do with fewer",
            "12",
            unit="ties",
            null="the level cannot be reached",
            minimum=0,
        ),
        real(
            "n_ties_random",
            "median number of ties when pairs are drawn at random",
            "31",
            unit="ties",
            null="the level cannot be reached",
            minimum=0,
        ),
        real(
            "n_ties_random_low",
            "lower end of the middle 95 % of the random draws",
            "25",
            unit="ties",
            null="the level cannot be reached",
            minimum=0,
        ),
        real(
            "n_ties_random_high",
            "upper end of the middle 95 % of the random draws",
            "38",
            unit="ties",
            null="the level cannot be reached",
            minimum=0,
        ),
    ),
)

STRUCTURE_TABLES = (_CLUSTER_TIE, _STRUCTURE, _BROKER, _FALL_OUT, _NEW_TIE, _CONNECTION)
