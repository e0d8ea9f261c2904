"""Stage `brokers`: who stands between the members of a cluster, and what breaks without it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.betweenness import betweenness, weak_points
from clusterloom.measures.brokerage import BROKERAGE_ROLES, brokerage_roles, structural_holes
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import HELIX_OF_ROLE
from clusterloom.tables import Tables

__all__ = ["Brokers"]

Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Row = dict[str, Any]

_GROUPS = ("helix", "seat", "region")
_NOT_WORKING = ("parent", "memorandum")
_MOST_BASES = 40
_MOST_NEEDS = 3  # needs named in the reasons; all stand in the column


@dataclass(frozen=True, kw_only=True)
class Brokers:
    """Stage: measure who stands between the members of each cluster (burt1992, gould1989).

    Only working ties between members count, each once, without direction. A member is a single
    point of failure if its loss parts the network of known ties, or opens a need nobody else
    covers.

    Reads `cluster`, `membership`, `organisation`, `link`. Writes `broker`.
    """

    name: ClassVar[str] = "brokers"
    reads: ClassVar[tuple[str, ...]] = ("cluster", "membership", "organisation", "link")
    writes: ClassVar[tuple[str, ...]] = ("broker",)

    # What the groups of the brokerage roles are: helix (research, industry, government), seat
    # (role in the cluster) or region.
    group_by: str = "helix"

    def __post_init__(self) -> None:
        if self.group_by not in _GROUPS:
            raise RecipeError(
                f"brokers: group_by is `{self.group_by}`", rule=f"it is one of {', '.join(_GROUPS)}"
            )

    def run(self, tables: Tables) -> Tables:
        """Measure the members of every cluster."""
        organisation = tables.by_key("organisation", "org_id")
        members: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("membership"):
            if row["org_id"] in organisation:
                members[row["cluster_id"]].append(row)
        links = [row for row in tables.rows("link") if row["kind"] not in _NOT_WORKING]
        rows: list[Row] = []
        for cluster_id in sorted(row["cluster_id"] for row in tables.rows("cluster")):
            seats = sorted(members[cluster_id], key=lambda row: str(row["org_id"]))
            groups = [self._group(seat, organisation[seat["org_id"]]) for seat in seats]
            rows += _Network.of(cluster_id, seats, links).rows(groups)
        return Tables().with_rows("broker", rows)

    def _group(self, seat: Row, organisation: Row) -> str:
        if self.group_by == "seat":
            return str(seat["role"])
        if self.group_by == "region":
            # Where the region is not known, nobody is taken to be of the same one.
            place = organisation["region"] or organisation["place_id"] or organisation["org_id"]
            return f"{organisation['country']} {place}"
        return HELIX_OF_ROLE[organisation["role"]]


@dataclass(frozen=True)
class _Network:
    """The members of one cluster and the known working ties between them."""

    cluster_id: str
    seats: Sequence[Row]
    ties: Matrix
    links: Mapping[str, Sequence[str]]  # org_id to the links that tie it to other members

    @classmethod
    def of(cls, cluster_id: str, seats: Sequence[Row], links: Sequence[Row]) -> _Network:
        number = {seat["org_id"]: i for i, seat in enumerate(seats)}
        ties = np.zeros((len(seats), len(seats)))
        known: dict[str, list[str]] = defaultdict(list)
        for row in links:
            one, other = row["org_a"], row["org_b"]
            if one in number and other in number and one != other:
                ties[number[one], number[other]] = ties[number[other], number[one]] = 1.0
                known[one].append(row["link_id"])
                known[other].append(row["link_id"])
        return cls(cluster_id, seats, ties, known)

    def rows(self, groups: Sequence[str]) -> list[Row]:
        """Return a row of `broker` for every member."""
        if not self.seats:
            return []
        holes, through = structural_holes(self.ties), betweenness(self.ties)
        roles = self._roles(groups)
        cut = weak_points(self.ties).nodes
        sole = self._sole_needs()
        rows = []
        for i, seat in enumerate(self.seats):
            org_id = seat["org_id"]
            parted = self._parted(i) if cut[i] else []
            row: Row = {
                "cluster_id": self.cluster_id,
                "org_id": org_id,
                "n_contacts": int(holes.contacts[i]),
                "constraint": None if np.isnan(holes.constraint[i]) else float(holes.constraint[i]),
                "betweenness": round(float(through[i]), 9),
                **roles[i],
                "n_parted": len(parted),
                "needs_lost": "|".join(sole[org_id]) or None,
            }
            row["verdict"] = _verdict(row)
            links = [f"link:{link}" for link in sorted(self.links.get(org_id, ()))]
            bases = [f"membership:{self.cluster_id}~{org_id}", *links]
            row["reasons"] = dump_reasons(_reasons(row, parted, sole[org_id]))
            row["based_on"] = json.dumps(bases[:_MOST_BASES], ensure_ascii=False)
            rows.append(row)
        return rows

    def _roles(self, groups: Sequence[str]) -> list[dict[str, int]]:
        """Count open pairs once: without direction each is found from both of its ends."""
        label = np.unique(np.array(groups), return_inverse=True)[1].astype(np.int64)
        found = []
        for line in brokerage_roles(self.ties, label).tolist():
            count = dict(zip(BROKERAGE_ROLES, line, strict=True))
            found.append(
                {
                    "coordinator": count["coordinator"] // 2,
                    "consultant": count["consultant"] // 2,
                    "gatekeeper": count["gatekeeper"],
                    "liaison": count["liaison"] // 2,
                }
            )
        return found

    def _parted(self, gone: int) -> list[str]:
        """Return who loses every way to the largest rest of the part the member belongs to."""
        from scipy.sparse.csgraph import connected_components

        left = np.delete(np.arange(len(self.seats)), gone)
        part = connected_components(self.ties[np.ix_(left, left)], directed=False)[1]
        touched = set(part[self.ties[left, gone] > 0].tolist())
        size = Counter(p for p in part.tolist() if p in touched)
        largest = min(size, key=lambda p: (-size[p], p))
        return [
            self.seats[i]["org_id"]
            for i, p in zip(left.tolist(), part.tolist(), strict=True)
            if p in touched and p != largest
        ]

    def _sole_needs(self) -> dict[str, list[str]]:
        covers = {
            seat["org_id"]: {n for n in (seat["covers"] or "").split("|") if n}
            for seat in self.seats
        }
        held = Counter(need for needs in covers.values() for need in needs)
        return {o: sorted(n for n in needs if held[n] == 1) for o, needs in covers.items()}


def _verdict(row: Row) -> str:
    if row["n_parted"]:
        return "single_point"
    if row["needs_lost"]:
        return "only_provider"
    if not row["n_contacts"]:
        return "no_known_tie"
    brokered = sum(row[role] for role in ("coordinator", "consultant", "gatekeeper", "liaison"))
    return "broker" if brokered else "embedded"


def _reasons(row: Row, parted: Sequence[str], needs: Sequence[str]) -> list[Reason]:
    reasons = []
    if parted:
        reasons.append(
            reason(
                "If it leaves, members lose every known way to the others: {n}, "
                "among them {first}.",
                n=len(parted),
                first=f"org:{parted[0]}",
            )
        )
    reasons += [_need_reason(need) for need in needs[:_MOST_NEEDS]]
    if len(needs) > _MOST_NEEDS:
        reasons.append(
            reason("Further needs that only it covers: {n}.", n=len(needs) - _MOST_NEEDS)
        )
    if not row["n_contacts"]:
        return [
            *reasons,
            reason("No working tie with another member is known; it may have some."),
        ]
    reasons.append(
        reason(
            "Members it has working ties with: {n}; constraint {constraint} (near 0: many contacts "
            "that do not know each other; near 1 or above: few, or a closed circle).",
            n=row["n_contacts"],
            constraint=round(row["constraint"], 2),
        )
    )
    return reasons + _role_reasons(row)


def _role_reasons(row: Row) -> list[Reason]:
    """Say in which roles it stands between members without a tie of their own."""
    said = {
        "coordinator": reason(
            "As coordinator it joins members of its own group: pairs without a tie: {n}.",
            n=row["coordinator"],
        ),
        "consultant": reason(
            "As consultant it joins members of one other group: pairs without a tie: {n}.",
            n=row["consultant"],
        ),
        "gatekeeper": reason(
            "As gatekeeper it joins its own group with another: pairs without a tie: {n}.",
            n=row["gatekeeper"],
        ),
        "liaison": reason(
            "As liaison it joins two other groups: pairs without a tie: {n}.", n=row["liaison"]
        ),
    }
    return [sentence for role, sentence in said.items() if row[role]]


def _need_reason(need: str) -> Reason:
    kind, _, field_id = need.partition("@")
    if not field_id:
        return reason("No other member covers the need for {need}.", need=f"kind:{kind}")
    return reason(
        "No other member covers the need for {kind} in {field}.",
        kind=f"kind:{kind}",
        field=f"field:{field_id}",
    )
