"""The sentences about an introduction: what each brings, through whom, how near."""

from __future__ import annotations

from typing import NamedTuple

from clusterloom.schema import Reason, reason

__all__ = [
    "Complement",
    "brings_reason",
    "distance_reason",
    "funding_reason",
    "open_need_reason",
    "outside_reason",
    "roles_reason",
    "way_reason",
]


class Complement(NamedTuple):
    """What one does, and what the other does in the same or an adjacent field."""

    giver: str
    kind: str
    field_id: str
    taker: str
    other_kind: str
    other_field: str


def brings_reason(best: Complement | None) -> Reason:
    """Name the strongest complement of the two: who does what, in which fields."""
    if best is None:
        return reason(
            "Nothing is known by which the two follow each other in the value chain; "
            "their roles and fields speak for the introduction."
        )
    if best.field_id == best.other_field:
        return reason(
            "In {field}, {org} brings {kind} and {other} brings {other_kind}.",
            field=f"field:{best.field_id}",
            org=f"org:{best.giver}",
            kind=f"kind:{best.kind}",
            other=f"org:{best.taker}",
            other_kind=f"kind:{best.other_kind}",
        )
    return reason(
        "{org} brings {kind} in {field}, and {other} brings {other_kind} in the adjacent field "
        "{other_field}.",
        org=f"org:{best.giver}",
        kind=f"kind:{best.kind}",
        field=f"field:{best.field_id}",
        other=f"org:{best.taker}",
        other_kind=f"kind:{best.other_kind}",
        other_field=f"field:{best.other_field}",
    )


def open_need_reason(need: str, org_id: str) -> Reason:
    """Say that one of the two offers part of a need that the members cover only in part."""
    kind, _, field_id = need.partition("@")
    if not field_id:
        return reason(
            "The cluster's need for {need} is covered only in part; {org} offers part of it.",
            need=f"kind:{kind}",
            org=f"org:{org_id}",
        )
    return reason(
        "The cluster's need for {kind} in {field} is covered only in part; {org} offers part of "
        "it.",
        kind=f"kind:{kind}",
        field=f"field:{field_id}",
        org=f"org:{org_id}",
    )


def way_reason(between: list[str], one: str, other: str) -> Reason:
    """Say who among the members can introduce the two."""
    if not between:
        return reason(
            "No member is known to work with both {org} and {other}: the cluster's management "
            "would have to introduce them.",
            org=one,
            other=other,
        )
    return reason(
        "{partner} has ties with both {org} and {other} and can introduce them; {n} members could.",
        partner=f"org:{between[0]}",
        org=one,
        other=other,
        n=len(between),
    )


def roles_reason(role: str, other_role: str, one: str, other: str) -> Reason:
    """Say as what each of the two sits in the cluster."""
    return reason(
        "{org} sits in the cluster as {role}, {other} as {other_role}.",
        org=one,
        role=f"role:{role}",
        other=other,
        other_role=f"role:{other_role}",
    )


def distance_reason(distance: float | None, *, at_most: float | None = None) -> Reason:
    """Say how far apart they are (km), or that this is not known.

    `at_most` is given where of one of the two only the city is known.
    """
    if distance is None:
        return reason("Their distance is not known and was not counted.")
    if at_most is not None:
        return reason(
            "At least one of the two is known only by its city: they are up to about {distance} "
            "km apart.",
            distance=round(at_most),
        )
    return reason("They are about {distance} km apart.", distance=round(distance, 1))


def funding_reason(maker: str, investor: str, *, stage: str) -> Reason:
    """Say that a stated development stands at a stage which the investor states to finance."""
    return reason(
        "{org} has a development at the stage {stage}, and {other} states that it finances this "
        "stage.",
        org=f"org:{maker}",
        stage=f"kind:{stage}",
        other=f"org:{investor}",
    )


def outside_reason(outsider: str, knowing: list[str], role: str, *, both: bool) -> Reason:
    """Say that one of the two is no member, who among the members knows it, and what it would be.

    An outsider is always known to some member: that is what one step outside means. If a member
    knows `both`, another sentence names it.
    """
    if both:
        return reason(
            "{org} is not a member; in the cluster it would sit as {role}.",
            org=f"org:{outsider}",
            role=f"role:{role}",
        )
    return reason(
        "{org} is not a member; its partner {partner} is and can make the introduction ({n} "
        "members could). In the cluster it would sit as {role}.",
        org=f"org:{outsider}",
        partner=f"org:{knowing[0]}",
        n=len(knowing),
        role=f"role:{role}",
    )
