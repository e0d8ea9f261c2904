"""Result table of the members of a cluster by what their loss would break."""

from __future__ import annotations

from clusterloom.schema._result import CLUSTER_ID, ORG_ID, result
from clusterloom.schema._shorthand import integer, real, text
from clusterloom.schema.model import Column

__all__ = ["BROKER_TABLES"]

_NO_TIES = "no working tie with another member is known"


def _open_pairs(name: str, meaning: str) -> Column:
    return integer(name, meaning, "3", unit="pairs of members", minimum=0)


_BROKER = result(
    "broker",
    "Where a member stands among the others, and what breaks if it leaves.",
    ("cluster_id", "org_id"),
    (
        CLUSTER_ID,
        ORG_ID,
        text(
            "verdict",
            "single_point (its loss parts the network of known ties), only_provider (its loss opens a need), broker (it stands between members without a tie of their own), embedded, or no_known_tie",
            "single_point",
            choices=("single_point", "only_provider", "broker", "embedded", "no_known_tie"),
        ),
        integer("n_contacts", "members it has a working tie with", "4", unit="members", minimum=0),
        real(
            "constraint",
            "Burt's constraint: how far it depends on few contacts that know each other",
            "0.4",
            unit="dimensionless, about 0 to 9/8",
            null=_NO_TIES,
            minimum=0,
        ),
        real(
            "betweenness",
            "pairs of members whose shortest known way leads through it (ways of equal length share a pair)",
            "6.5",
            unit="pairs of members",
            minimum=0,
        ),
        _open_pairs("coordinator", "open pairs it brokers: all three of one group"),
        _open_pairs("consultant", "open pairs it brokers: the two of one group, it of another"),
        _open_pairs(
            "gatekeeper",
            "open pairs it brokers: one of its own group, one of another (gatekeeper and representative are the same where ties have no direction)",
        ),
        _open_pairs("liaison", "open pairs it brokers: all three of different groups"),
        integer(
            "n_parted",
            "members that lose every known way to the largest rest if it leaves",
            "2",
            unit="members",
            minimum=0,
        ),
        text(
            "needs_lost",
            "needs that no other member covers, split by |",
            "production@laser-technology",
            null="none",
        ),
    ),
    (("org_id", "organisation"),),
)

BROKER_TABLES = (_BROKER,)
