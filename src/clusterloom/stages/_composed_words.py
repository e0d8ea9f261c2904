"""The sentences about a composed cluster: its members, its needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.schema import Reason, reason
from clusterloom.stages._needs import Need

__all__ = [
    "anew_reason",
    "cover_reasons",
    "coverage_reason",
    "distance_reason",
    "evidence_reason",
    "loss_reason",
    "need_reasons",
    "role_reasons",
    "tie_reasons",
]

Row = dict[str, Any]

_MOST_NAMED = 3


def role_reasons(organisation: Row, role: str) -> list[Reason]:
    """Say what an organisation is in the cluster."""
    org = f"org:{organisation['org_id']}"
    own = f"role:{organisation['role']}"
    if role == "core":
        return [reason("{org} belongs to the core: see its core score.", org=org)]
    if role == "kindred_institute":
        return [
            reason(
                "{org} is not in the core, but its research is kindred and complements the core's.",
                org=org,
            )
        ]
    if role == "kindred_university":
        return [reason("{org} is a university whose work complements the core's.", org=org)]
    if role == "producer":
        return [reason("{org} is a company whose work matches the core's fields.", org=org)]
    if role == "state":
        return [reason("{org} brings the state into the cluster as a {role}.", org=org, role=own)]
    if role == "investor":
        return [reason("{org} can bring money as a {role}.", org=org, role=own)]
    if role == "network":
        return [reason("{org} brings its own network as a {role}.", org=org, role=own)]
    return [reason("{org} serves the members as infrastructure, as a {role}.", org=org, role=own)]


def cover_reasons(covers: list[Need]) -> list[Reason]:
    """Say which needs it helps to cover: how many, and the most important ones."""
    if not covers:
        return [reason("None of the cluster's needs is known to be covered by it.")]
    reasons = [reason("It helps to cover {n} needs of the cluster.", n=len(covers))]
    for need in covers[:_MOST_NAMED]:
        if need.field_id is None:
            reasons.append(
                reason("It offers {need} to the whole cluster.", need=f"kind:{need.stage}")
            )
        else:
            reasons.append(
                reason(
                    "It offers {kind} in {field}, or in a field adjacent to it.",
                    kind=f"kind:{need.stage}",
                    field=f"field:{need.field_id}",
                )
            )
    return reasons


def distance_reason(distance: float | None, *, at_most: float | None = None) -> Reason:
    """Say how near it is (km), or that this is not known.

    `at_most` is given where only its city is known: the distance is then the city's extent.
    """
    if distance is None:
        return reason("Its distance to the anchor is not known; it was counted as medium.")
    if at_most is not None:
        return reason(
            "It is known only by its city: up to about {distance} km from the centre of the "
            "anchor settlement.",
            distance=round(at_most),
        )
    return reason(
        "It stands about {distance} km from the centre of the anchor settlement.",
        distance=round(distance, 1),
    )


def tie_reasons(partners: list[str], kinds: Mapping[str, str]) -> list[Reason]:
    """Say with how many members it already has ties, and of what kind the strongest is."""
    if not partners:
        return [
            reason("No tie with another member is known; the contacts would have to be created.")
        ]
    return [
        reason(
            "It already has ties with {n} members, among them {org} ({kind}).",
            n=len(partners),
            org=f"org:{partners[0]}",
            kind=f"kind:{kinds[partners[0]]}",
        )
    ]


def evidence_reason(mark: str | None) -> Reason:
    """Say how its record is known."""
    if mark == "verified":
        return reason(
            "That it exists and stands there was read in a retrieved text; its directions of work "
            "have marks of their own."
        )
    if mark == "secondary":
        return reason("Its record is second-hand: check it before relying on it.")
    if mark == "memory":
        return reason("Its record is general knowledge that nobody has checked.")
    return reason("The source does not say how its record is known.")


def loss_reason(row: Mapping[str, Any], objective: float) -> Reason:
    """Say what is lost without it, and who would be the best substitute."""
    loss = round(row["marginal_value"], 2)
    total = round(objective, 2)
    left = round(total - loss, 2)
    if loss == 0:
        return reason("Without it the objective stays at {total} points.", total=total)
    if loss < 0:
        return reason(
            "By what it covers alone it would not be worth its seat: without it the cluster would "
            "gain {gain} on its {total} points. It has the seat for another reason, named above.",
            gain=-loss,
            total=total,
        )
    if row["substitute_org_id"] is None:
        return reason(
            "Without it the objective falls by {loss} points, from {total} to {left}, and nobody "
            "in reach offers the same.",
            loss=loss,
            total=total,
            left=left,
        )
    org = f"org:{row['substitute_org_id']}"
    if row["loss_with_substitute"] > row["marginal_value"]:
        return reason(
            "Without it the objective falls by {loss} points, from {total} to {left}; {org} offers "
            "something like it, but not enough to be worth the seat.",
            loss=loss,
            total=total,
            left=left,
            org=org,
        )
    return reason(
        "Without it the objective falls by {loss} points, from {total} to {left}; with {org} in "
        "its place it still falls by {rest}.",
        loss=loss,
        total=total,
        left=left,
        org=org,
        rest=round(row["loss_with_substitute"], 2),
    )


def anew_reason(least: float | None, most: float | None) -> Reason:
    """Say what is lost if it stays out and all seats are chosen anew."""
    if least is None:
        return reason("Without it no cluster that keeps the rules can be composed.")
    low = round(least, 2)
    if most is None:
        return reason(
            "If it stays out and all seats are chosen anew, at least {low} points are lost.",
            low=low,
        )
    high = round(most, 2)
    if low == high:
        return reason(
            "If it stays out and all seats are chosen anew, {low} points are lost.", low=low
        )
    return reason(
        "If it stays out and all seats are chosen anew, between {low} and {high} points are lost.",
        low=low,
        high=high,
    )


def need_reasons(need: Need) -> list[Reason]:
    """Say who of the core asks for a need, and what is assumed about who offers it."""
    reasons = []
    if need.asked:
        reasons.append(
            reason("Survey answers of the core that ask for it: {n}.", n=len(need.asked))
        )
    if need.implied:
        reasons.append(
            reason(
                "Developments of the core that need it next by their readiness: {n}.",
                n=len(need.implied),
            )
        )
    if need.stage == "training":
        reasons.append(
            reason(
                "Universities are assumed to train in the fields they research, at part of the "
                "strength, where the source does not speak of training."
            )
        )
    if need.stage == "sales":
        reasons.append(
            reason(
                "Companies are assumed to sell what they make, at part of the strength; bringing "
                "to market as work of its own counts where the source speaks of it."
            )
        )
    if need.stage == "pilot_production":
        reasons.append(
            reason(
                "Institutes, universities, engineering centres and technoparks that produce, or "
                "offer a service in the field, are taken to produce on a pilot scale."
            )
        )
    return reasons


def coverage_reason(need: Need, covered: float) -> Reason:
    """Say how far the members cover a need."""
    percent = round(100 * covered)
    if need.field_id is None:
        return reason(
            "The members cover {percent} % of the need for {need}.",
            percent=percent,
            need=f"kind:{need.stage}",
        )
    return reason(
        "The members cover {percent} % of the need for {kind} in {field}.",
        percent=percent,
        kind=f"kind:{need.stage}",
        field=f"field:{need.field_id}",
    )
