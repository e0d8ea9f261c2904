"""Result tables of the growth path: a staged programme for two clusters, with milestones."""

from __future__ import annotations

from clusterloom.schema._result import result
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["GROWTH_TABLES", "MEASURES", "PHASES"]

MEASURES = (
    "tied_members",
    "coverage",
    "cross_industry_ties",
    "home_ties",
    "pair_ties",
    "joint_coverage",
    "handovers",
    "reach",
)
PHASES = ("local", "cross_industry", "cross_cluster", "cross_network")

_PROGRAMME_ID = text("programme_id", "the two clusters", "cluster-minsk+cluster-wuhan")
_PHASE = text("phase", "stage of the growth path", "cross_cluster", choices=PHASES)

_PROGRAMME_PHASE = result(
    "programme_phase",
    "One phase of the programme of two clusters: what must hold before, and how much is to be done.",
    ("programme_id", "phase"),
    (
        _PROGRAMME_ID,
        _PHASE,
        integer("phase_no", "1 = first", "3", unit="rank", minimum=1),
        text("cluster_a", "one cluster", "cluster-minsk--lasers"),
        text("cluster_b", "the other cluster", "cluster-wuhan--lasers"),
        integer("n_actions", "actions listed", "6", unit="actions", minimum=0),
        text(
            "precondition",
            "what must hold before",
            "anchors",
            choices=("none", "tied_share", "anchors", "pair_ties"),
        ),
        real("today", "its value today", "2", unit="column `unit`", null="no precondition"),
        real(
            "after_before",
            "its value once the phases before have reached their targets",
            "2",
            unit="column `unit`",
            null="no precondition",
        ),
        real("required", "its value needed", "1", unit="column `unit`", null="no precondition"),
        text("unit", "unit of the three", "ties", null="no precondition"),
        text(
            "status",
            "ready (holds today), after_before (holds once the phases before are done) or blocked",
            "ready",
            choices=("ready", "after_before", "blocked"),
        ),
    ),
)

_MILESTONE = result(
    "milestone",
    "A number by which a phase is judged: today's value and the value the plan leads to.",
    ("programme_id", "phase", "measure", "subject"),
    (
        _PROGRAMME_ID,
        _PHASE,
        text("measure", "what is counted", "tied_members", choices=MEASURES),
        text("subject", "a cluster, a pair, or all clusters", "cluster-minsk--lasers"),
        real("current", "value today", "0.4", unit="column `unit`", null="not estimated"),
        real(
            "target",
            "value once the listed actions have come about",
            "0.7",
            unit="column `unit`",
            null="not estimated",
        ),
        text("unit", "unit of both", "share", choices=("share", "ties", "handovers")),
        text("source", "tables the numbers are counted in, split by |", "link|introduction"),
    ),
)

_ACTION = result(
    "programme_action",
    "Something to do in a phase: whom to introduce, which gap to fill, which step to join.",
    ("programme_id", "phase", "action_no"),
    (
        _PROGRAMME_ID,
        _PHASE,
        integer("action_no", "order within the phase", "1", unit="rank", minimum=1),
        text(
            "kind",
            "introduce, fill_gap, meet_partner, join_step or new_tie",
            "introduce",
            choices=("introduce", "fill_gap", "meet_partner", "join_step", "new_tie"),
        ),
        text("org_a", "one side, or who could fill the gap", "by-lemt", null="nobody known"),
        text("org_b", "the other side", "cn-raycus", null="an action of one side"),
        text("via_org_id", "who can introduce them", "by-bsu", null="nobody known"),
        text("cluster_id", "cluster of org_a", "cluster-minsk--lasers"),
        text("need", "the need or step it is about", "production@laser-technology", null="none"),
        real(
            "score", "score of the proposal", "0.6", unit="0..1", null="none", minimum=0, maximum=1
        ),
    ),
    (("org_a", "organisation"), ("org_b", "organisation"), ("via_org_id", "organisation")),
)

GROWTH_TABLES = (_PROGRAMME_PHASE, _MILESTONE, _ACTION)
