"""The sentences about the growth path: what to do, what must hold before, what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.schema import Reason, load_reasons, reason

__all__ = ["action_reasons", "milestone_reasons", "phase_reasons"]

Row = Mapping[str, Any]
_MOST_KEPT = 2  # reasons of the proposal itself repeated under an action


def action_reasons(row: Row, proposal: Row | None = None) -> list[Reason]:
    """Say what to do, and the first reasons of the proposal it rests on."""
    a, b = f"org:{row['org_a']}", f"org:{row['org_b']}"
    if row["kind"] == "fill_gap":
        stage, _, field_id = row["need"].partition("@")
        if field_id:
            first = reason(
                "Ask {org} whether it can cover {stage} in {field}, which nobody in the cluster "
                "covers fully.",
                org=a,
                stage=f"kind:{stage}",
                field=f"field:{field_id}",
            )
        else:
            first = reason(
                "Ask {org} whether it can cover {stage}, which nobody in the cluster covers fully.",
                org=a,
                stage=f"kind:{stage}",
            )
    elif row["kind"] == "join_step":
        stage, _, field_id = row["need"].partition("@")
        first = reason(
            "Bring {a} and {b} together: one hands over {stage} in {field} to the other, and no "
            "tie is known.",
            a=a,
            b=b,
            stage=f"kind:{stage}",
            field=f"field:{field_id}",
        )
    elif row["kind"] == "new_tie":
        first = reason("Tie {a} and {b}: it connects the most members for one tie.", a=a, b=b)
    elif row["kind"] == "meet_partner" and row["via_org_id"]:
        first = reason(
            "Let {via} bring {a} and {b} together.", via=f"org:{row['via_org_id']}", a=a, b=b
        )
    elif row["kind"] == "meet_partner":
        first = reason("Bring {a} and {b} together as partners.", a=a, b=b)
    else:
        first = reason("Introduce {a} and {b}.", a=a, b=b)
    kept = load_reasons(proposal["reasons"])[:_MOST_KEPT] if proposal else []
    return [first, *kept]


def phase_reasons(row: Row) -> list[Reason]:
    """Say what must hold before a phase and whether it does."""
    if row["precondition"] == "none":
        reasons = [reason("This phase needs nothing before it.")]
    elif row["precondition"] == "tied_share":
        reasons = [
            reason(
                "Before it, {required} % of the members of either cluster should have a working "
                "tie inside it; today the lower share is {today} %.",
                required=round(100 * row["required"], 1),
                today=round(100 * row["today"], 1),
            )
        ]
    elif row["precondition"] == "anchors":
        reasons = [
            reason(
                "Before it, {required} anchors across are needed: working ties, shared members, or "
                "proposed pairs with a common partner; today there are {today}.",
                required=row["required"],
                today=row["today"],
            )
        ]
    else:
        reasons = [
            reason(
                "Before it, {required} working ties between the two clusters should exist; today "
                "{today} are known.",
                required=row["required"],
                today=row["today"],
            )
        ]
    if row["status"] == "after_before":
        reasons.append(reason("This will hold once the phases before have reached their targets."))
    elif row["status"] == "blocked":
        reasons.append(
            reason("The listed actions of the phases before do not lead there: more are needed.")
        )
    if not row["n_actions"]:
        reasons.append(reason("The plan holds no action for this phase."))
    return reasons


def milestone_reasons(row: Row, n_actions: int) -> list[Reason]:
    """Say what the number counts and what lifts it."""
    n = n_actions
    said = {
        "tied_members": reason(
            "Share of members with a working tie inside their cluster; {n} introductions would "
            "lift it.",
            n=n,
        ),
        "coverage": reason(
            "Covered share of weighted need, at most, if {n} gaps are filled by those named.", n=n
        ),
        "cross_industry_ties": reason(
            "Working ties between members whose work lies in different families of fields; {n} "
            "introductions would be added.",
            n=n,
        ),
        "home_ties": reason(
            "Working ties to other clusters of the same country; {n} pairs of partners would be "
            "added.",
            n=n,
        ),
        "pair_ties": reason(
            "Working ties between the two clusters; {n} pairs of partners would be added.", n=n
        ),
        "joint_coverage": reason(
            "Covered share of weighted need if the partner's members helped where they can; {n} "
            "pairs of partners prepare it.",
            n=n,
        ),
        "handovers": reason(
            "Handovers that somebody joins in chains that need both clusters; {n} would be added.",
            n=n,
        ),
        "reach": reason(
            "Share of pairs of members of all clusters that reach each other; {n} new ties lead "
            "there.",
            n=n,
        ),
    }
    return [said[row["measure"]]]
