"""Result tables beside a composed cluster: other answers to choose from, rules that exclude each other."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["ALTERNATIVE_TABLES"]

_ALTERNATIVE = result(
    "alternative",
    "Another membership of a cluster that gives up something for something: none is worse than another in all four measures.",
    ("cluster_id", "alternative"),
    (
        CLUSTER_ID,
        integer(
            "alternative", "number in the cluster; 1 is the one proposed", "2", unit="1", minimum=1
        ),
        text(
            "emphasis",
            "the measure that led the search; balance is the proposal by the whole objective",
            "coverage",
            choices=("balance", "coverage", "cohesion", "openness", "cost"),
        ),
        integer("n_members", "members", "22", unit="organisations", minimum=0),
        share("coverage", "covered share of weighted need", "0.7"),
        real(
            "cohesion",
            "existing ties and adjacency of the members",
            "3.2",
            unit="objective points",
        ),
        integer(
            "openness",
            "members from other regions than the anchor's",
            "4",
            unit="organisations",
            minimum=0,
        ),
        real("cost", "what the seats cost", "1.9", unit="column `cost_unit`", minimum=0),
        text("cost_unit", "objective points, or the currency of the budget", "objective points"),
        real(
            "objective", "its value by the cluster's own objective", "9.8", unit="objective points"
        ),
        share("optimality_gap", "how far its own search may be from the best", "0.0"),
        text("solver_status", "what the solver said", "optimal"),
        text(
            "joins",
            "org_ids that have a seat here and not in the proposal, split by |",
            "by-bsu",
            null="nobody",
        ),
        text(
            "leaves",
            "org_ids that have a seat in the proposal and not here, split by |",
            "by-bntu",
            null="nobody",
        ),
    ),
)

_CONFLICT = result(
    "composition_conflict",
    "A candidate with a core from which no cluster can be composed: the rules that exclude each other. Without any one of them a membership exists.",
    ("cluster_id", "rule"),
    (
        CLUSTER_ID,
        text("candidate_id", "territory and family", "minsk--family-laser-technology"),
        text("country", "ISO code of the anchor", "BY"),
        text(
            "rule", "the parameter it comes from, and whom or what it is about", "must_have:by-bsu"
        ),
        real(
            "value",
            "what it asks for",
            "15",
            unit="column `unit`",
            null="a rule about one organisation",
        ),
        text("unit", "unit of the value", "organisations", null="a rule about one organisation"),
        text("org_id", "the organisation it is about", "by-bsu", null="it is about several"),
    ),
)

ALTERNATIVE_TABLES = (_ALTERNATIVE, _CONFLICT)
