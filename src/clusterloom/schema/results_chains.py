"""Result tables of joint value chains: who covers which step, and where a chain breaks."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["CHAIN_TABLES"]

_CHAIN_ID = text("chain_id", "field and clusters", "laser-technology@cluster-minsk+cluster-wuhan")
_STEP_NO = integer("step_no", "1 = nearest to the idea", "2", unit="rank", minimum=1)

_VALUE_CHAIN = result(
    "value_chain",
    "A chain from idea to market in one field, over the clusters that are needed for it.",
    ("chain_id",),
    (
        _CHAIN_ID,
        text("field_id", "the field", "laser-technology"),
        text(
            "clusters", "clusters that cover it together, split by |", "cluster-minsk|cluster-wuhan"
        ),
        integer("n_clusters", "how many", "2", unit="clusters", minimum=0),
        integer("n_countries", "countries of these clusters", "2", unit="countries", minimum=0),
        text(
            "verdict",
            "complete_alone (one cluster), only_together (no part of them can), or broken",
            "only_together",
            choices=("complete_alone", "only_together", "broken"),
        ),
        integer("n_steps", "steps from idea to market", "6", unit="steps", minimum=1),
        integer("n_covered", "steps that some member covers", "6", unit="steps", minimum=0),
        integer(
            "n_best_alone",
            "steps that the best of the clusters covers by itself",
            "4",
            unit="steps",
            minimum=0,
        ),
        integer(
            "n_joined",
            "handovers between covered steps where one does both or two have a working tie",
            "3",
            unit="handovers",
            minimum=0,
        ),
        text("open_steps", "steps nobody covers, split by |", "certification", null="none"),
        share(
            "strength",
            "how well the weakest covered step is covered",
            "0.5",
            null="no step covered",
        ),
        integer("rank", "1 = best of its field", "1", unit="rank", minimum=1),
    ),
)

_CHAIN_STEP = result(
    "chain_step",
    "What one cluster brings to one step of a chain.",
    ("chain_id", "step_no", "cluster_id"),
    (
        _CHAIN_ID,
        _STEP_NO,
        text("step", "the step: a kind of work in the field, or a function", "development"),
        CLUSTER_ID,
        integer("n_providers", "members that can do it", "2", unit="organisations", minimum=1),
        text("org_ids", "the best of them, split by |", "by-lotis|by-lemt"),
        share(
            "strength",
            "best offer: confidence times adjacency, or how far the function is covered",
            "0.8",
        ),
    ),
)

_CHAIN_HANDOVER = result(
    "chain_handover",
    "Where the result of one step passes to the next: between which clusters, and whether they know each other.",
    ("chain_id", "step_no", "cluster_a", "cluster_b"),
    (
        _CHAIN_ID,
        integer("step_no", "the step handed over from", "2", unit="rank", minimum=1),
        text("cluster_a", "the cluster that hands over", "cluster-minsk--lasers"),
        text("cluster_b", "the cluster that takes over", "cluster-wuhan--lasers"),
        text(
            "state",
            "same (one organisation does both), tie, path (a common partner) or none known",
            "tie",
            choices=("same", "tie", "path", "none"),
        ),
        text("org_a", "who hands over: the pair known, else the strongest pair", "by-lotis"),
        text("org_b", "who takes over", "cn-raycus"),
        text("via_org_id", "the common partner", "by-bsu", null="no path"),
        real(
            "flow",
            "providers of the next step reached, shared among clusters",
            "1.5",
            unit="organisations",
            minimum=0,
        ),
    ),
    (("org_a", "organisation"), ("org_b", "organisation")),
)

CHAIN_TABLES = (_VALUE_CHAIN, _CHAIN_STEP, _CHAIN_HANDOVER)
