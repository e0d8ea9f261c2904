"""The sentences about structures, brokers, losses and new ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.schema import Reason, reason

__all__ = [
    "broker_reasons",
    "connection_reasons",
    "loss_reasons",
    "new_tie_reasons",
    "tie_reason",
    "type_reasons",
]

Row = Mapping[str, Any]


def tie_reason(layer: str, tied: Sequence[tuple[str, str]]) -> Reason:
    """Name the layer, how many ties it has, and one of them."""
    return reason(
        "{n} ties of the kind {kind} are known, for example {x} with {y}.",
        n=len(tied),
        kind=f"kind:{layer}",
        x=f"org:{tied[0][0]}",
        y=f"org:{tied[0][1]}",
    )


def type_reasons(row: Row, *, local_km: float, country: str | None) -> list[Reason]:
    """Say by which rule a structure has its type, and what was measured."""
    if row["type"] == "international":
        first = reason("Its members sit in {n} countries.", n=row["n_countries"])
    elif row["type"] == "cross_network":
        first = reason(
            "Its clusters lie up to {distance} km apart in one country, farther than {limit} km.",
            distance=row["distance_km"],
            limit=local_km,
        )
    elif row["type"] == "cross_industry":
        first = reason(
            "It is in one place, and its work falls into {n} families of fields.",
            n=row["n_families"],
        )
    else:
        first = reason("It is in one place and in one family of fields, as far as is known.")
    reasons = [first]
    if row["n_clusters"] > 1 and row["distance_km"] is None:
        reasons.append(reason("How far its clusters lie apart is not known."))
    if row["n_families"] is None:
        reasons.append(reason("No fields of its members are known."))
    if row["type"] != "international" and country is not None:
        reasons.append(reason("Its members are of one country: {country}.", country=country))
    if row["n_ties"]:
        reasons.append(
            reason(
                "{n} ties are known inside it, in {m} of 5 layers.",
                n=row["n_ties"],
                m=len(row["layers"].split("|")),
            )
        )
    else:
        reasons.append(reason("No tie inside it is known; there may be some."))
    if row["n_shared"]:
        reasons.append(
            reason("{n} of its members sit in more than one of its clusters.", n=row["n_shared"])
        )
    return reasons


def broker_reasons(row: Row, partner: str | None) -> list[Reason]:
    """Say what a broker joins, and what depends on it."""
    org = f"org:{row['org_id']}"
    n_seats = len(row["clusters"].split("|"))
    reasons = []
    if n_seats > 1:
        reasons.append(reason("{org} sits in {n} clusters.", org=org, n=n_seats))
    if row["reached"] and partner:
        reasons.append(
            reason(
                "{org} has working ties into {n} other clusters, for example with {partner}.",
                org=org,
                n=len(row["reached"].split("|")),
                partner=f"org:{partner}",
            )
        )
    if row["n_brokered"]:
        reasons.append(
            reason(
                "It stands between {n} pairs of partners of different clusters that have no tie "
                "of their own.",
                n=row["n_brokered"],
            )
        )
    if row["others_cut"]:
        reasons.append(
            reason(
                "Without it, {share} % of the pairs that now reach each other would not.",
                share=round(100 * row["others_cut"], 1),
            )
        )
    return reasons or [reason("{org} is the only known way between its partners.", org=org)]


def loss_reasons(row: Row, lost: Sequence[tuple[str, str]]) -> list[Reason]:
    """Say what falls out and what is lost; `lost` are needs (cluster, need) without a provider."""
    subject = row["subject"]
    if row["kind"] == "member":
        reasons = [reason("{org} falls out.", org=f"org:{subject}")]
    elif row["kind"] == "tie":
        a, _, b = subject.partition("|")
        reasons = [reason("The tie between {a} and {b} breaks.", a=f"org:{a}", b=f"org:{b}")]
    elif row["kind"] == "cluster":
        reasons = [
            reason(
                "{cluster} falls out; members that sit in another cluster too stay.",
                cluster=f"cluster:{subject}",
            )
        ]
    else:
        reasons = [reason("All members of {country} fall out.", country=subject)]
    if not any(row[name] for name in ("ties_lost", "pairs_lost", "needs_lost")):
        return [*reasons, reason("Nothing known depends on it alone.")]
    if row["ties_lost"]:
        reasons.append(
            reason(
                "{share} % of the known working ties vanish.",
                share=round(100 * row["ties_lost"], 1),
            )
        )
    if row["others_cut"]:
        reasons.append(
            reason(
                "Of the pairs that stay, {share} % no longer reach each other.",
                share=round(100 * row["others_cut"], 1),
            )
        )
    if lost:
        cluster, need = lost[0]
        stage, _, field_id = need.partition("@")
        if field_id:
            first = reason(
                "Nobody else covers {n} needs, first of all {stage} in {field} of {cluster}.",
                n=len(lost),
                stage=f"kind:{stage}",
                field=f"field:{field_id}",
                cluster=f"cluster:{cluster}",
            )
        else:
            first = reason(
                "Nobody else covers {n} needs, first of all {stage} of {cluster}.",
                n=len(lost),
                stage=f"kind:{stage}",
                cluster=f"cluster:{cluster}",
            )
        reasons.append(first)
    return reasons


def new_tie_reasons(row: Row) -> list[Reason]:
    """Say what a new tie joins and who proposes it."""
    if row["cluster_a"] == row["cluster_b"]:
        where = reason("The pair is proposed as an introduction inside one cluster.")
    else:
        where = reason(
            "The pair is proposed as partners of {a} and {b}.",
            a=f"cluster:{row['cluster_a']}",
            b=f"cluster:{row['cluster_b']}",
        )
    return [
        reason(
            "With this tie {n} more pairs of members reach each other; then {share} % of all do.",
            n=row["n_joined"],
            share=round(100 * row["share_after"], 1),
        ),
        where,
    ]


def connection_reasons(row: Row) -> list[Reason]:
    """Say how far the proposals lead, how the set was chosen and what chance would need."""
    reasons = [
        reason(
            "Today {share} % of the pairs of members reach each other over known working ties; "
            "{wanted} % are wanted.",
            share=round(100 * row["share_before"], 1),
            wanted=round(100 * row["required_share"], 1),
        )
    ]
    if row["status"] == "already":
        return [*reasons, reason("The level is reached already: no new tie is needed for it.")]
    if row["status"] == "not_reachable":
        reasons.append(
            reason(
                "Even if all {n} proposed pairs were tied, only {share} % would: more proposals "
                "are needed.",
                n=row["n_options"],
                share=round(100 * row["share_possible"], 1),
            )
        )
    elif row["status"] == "out_of_budget":
        reasons.append(
            reason("The level is not reached with {n} new ties at most.", n=row["n_ties"])
        )
    elif row["method"] == "exact":
        reasons.append(
            reason(
                "{n} new ties reach it; no choice of fewer can (solved exactly).",
                n=row["n_ties"],
            )
        )
    else:
        reasons.append(
            reason(
                "{n} new ties reach it; no choice can do with fewer than {bound}.",
                n=row["n_ties"],
                bound=row["n_ties_bound"],
            )
        )
    if row["n_ties_random"] is not None:
        reasons.append(
            reason(
                "Pairs drawn at random from the same proposals need {n} ties (median).",
                n=row["n_ties_random"],
            )
        )
    return reasons
