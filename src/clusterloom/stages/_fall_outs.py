"""What falls with a member, a tie, a cluster or a country: ties, reach, and covered needs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from clusterloom.measures.betweenness import weak_points
from clusterloom.networks.reach import FallOut
from clusterloom.schema import dump_reasons
from clusterloom.stages._cluster_network import ClusterNetwork, based_on, known
from clusterloom.stages._structure_words import loss_reasons
from clusterloom.tables import Tables

__all__ = ["fall_out_rows"]

Row = dict[str, Any]
Need = tuple[str, str]  # cluster, need

_MOST_EXAMINED = 200  # members, and ties, whose loss is tried: cut points first, then the best tied


def fall_out_rows(tables: Tables, network: ClusterNetwork, *, n_kept: int) -> list[Row]:
    """Return the rows of `fall_out`; of members and ties only the `n_kept` that hurt most."""
    if not network.orgs:
        return []
    needs = _CoveredNeeds(tables, network)
    weak = weak_points(network.matrix())
    cut = {network.orgs[i] for i in np.flatnonzero(weak.nodes)}
    bridges = {(network.orgs[a], network.orgs[b]) for a, b in weak.links.tolist()}
    rows = []

    size = Counter(network.parts.tolist())
    members = sorted(network.orgs, key=lambda o: (o not in cut, -len(network.partners[o]), o))
    counted = set(members[:_MOST_EXAMINED])
    tried = sorted(counted | needs.sole_providers())
    losses = []
    for org in tried:
        shares = None
        if org not in cut or org not in counted:
            # Nobody else depends on it: what is lost is its own, without counting parts again.
            own = size[int(network.parts[network.position[org]])] - 1
            shares = network.own_loss(len(network.partners[org]), own, cuts=org in cut)
        losses.append(_loss(network, needs, "member", org, gone={org}, shares=shares))
    rows += _ranked(losses)[:n_kept]

    ties = sorted(network.working, key=lambda p: (p not in bridges, p))[:_MOST_EXAMINED]
    losses = []
    for pair in ties:
        if pair in bridges:
            broken = np.array([p == pair for p in network.working])
            shares = network.loss(lost_ties=broken)
        else:
            shares = network.own_loss(1, 0, cuts=False)
        losses.append(_loss(network, needs, "tie", "|".join(pair), gone=set(), shares=shares))
    rows += _ranked(losses)[:n_kept]

    losses = []
    for cluster, orgs in network.members.items():
        only = {o for o in orgs if len(network.seats[o]) == 1}
        losses.append(
            _loss(network, needs, "cluster", cluster, gone=only, lost=needs.of_cluster(cluster))
        )
    rows += _ranked(losses)

    countries = {c for o in network.orgs if (c := network.country(o)) is not None}
    losses = []
    for country in sorted(countries):
        gone = {o for o in network.orgs if network.country(o) == country}
        losses.append(_loss(network, needs, "country", country, gone=gone))
    return rows + _ranked(losses)


class _CoveredNeeds:
    """Covered needs of all clusters, and who covers each."""

    def __init__(self, tables: Tables, network: ClusterNetwork) -> None:
        providers: dict[Need, set[str]] = defaultdict(set)
        for row in tables.rows("membership"):
            for need in row["covers"].split("|"):
                providers[row["cluster_id"], need].add(row["org_id"])
        self.worth: dict[Need, float] = {
            (row["cluster_id"], row["need"]): row["weight"] * row["covered"]
            for row in tables.rows("need")
            if row["covered"] > 0 and row["cluster_id"] in network.members
        }
        self.providers = {need: providers[need] for need in self.worth if providers[need]}
        self.offered: dict[str, set[Need]] = defaultdict(set)
        for need, orgs in self.providers.items():
            for org in orgs:
                self.offered[org].add(need)
        self.total = sum(self.worth.values())

    def sole_providers(self) -> set[str]:
        """Members without whom some need has no provider."""
        return {next(iter(orgs)) for orgs in self.providers.values() if len(orgs) == 1}

    def without(self, gone: Collection[str]) -> list[Need]:
        """Needs whose every provider is gone, the weightiest first."""
        fallen = set(gone)
        touched = {need for org in fallen for need in self.offered.get(org, ())}
        return self._by_worth(need for need in touched if self.providers[need] <= fallen)

    def of_cluster(self, cluster: str) -> list[Need]:
        """All covered needs of a cluster, the weightiest first."""
        return self._by_worth(need for need in self.worth if need[0] == cluster)

    def _by_worth(self, needs: Any) -> list[Need]:
        return sorted(needs, key=lambda need: (-self.worth[need], need))

    def share(self, lost: Sequence[Need]) -> float | None:
        """Share of all covered need; None if none is covered."""
        if not self.total > 0:
            return None
        return round(min(sum(self.worth[need] for need in lost) / self.total, 1.0), 4)


def _loss(
    network: ClusterNetwork,
    needs: _CoveredNeeds,
    kind: str,
    subject: str,
    *,
    gone: Collection[str],
    shares: FallOut | None = None,
    lost: Sequence[Need] | None = None,
) -> Row:
    if shares is None:
        shares = network.loss(nodes=gone)
    without = needs.without(gone) if lost is None else lost
    row: Row = {
        "kind": kind,
        "subject": subject,
        "ties_lost": known(shares.ties),
        "pairs_lost": known(shares.pairs),
        "others_cut": known(shares.others_cut),
        "needs_lost": needs.share(without),
    }
    row["reasons"] = dump_reasons(loss_reasons(row, without))
    touched = sorted({(min(o, p), max(o, p)) for o in gone for p in network.partners[o]})
    if kind == "tie":
        a, _, b = subject.partition("|")
        touched = [(a, b)]
    references = [*network.link_keys(touched), *(f"need:{c}~{n}" for c, n in without)]
    row["based_on"] = based_on(
        references or [f"membership:{c}~{o}" for o in gone for c in network.seats[o]]
    )
    return row


def _ranked(losses: list[Row]) -> list[Row]:
    """Order by what hurts most: others cut off, needs, pairs, ties; ranks from 1."""
    keys = ("others_cut", "needs_lost", "pairs_lost", "ties_lost")
    ordered = sorted(losses, key=lambda r: (*(-(r[k] or 0.0) for k in keys), r["subject"]))
    return [{**row, "rank": rank} for rank, row in enumerate(ordered, start=1)]
