"""Clusters as a network in layers: who sits where, who is tied to whom, and what a tie carries."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.reach import FallOut, connected_parts, fall_out, pairs_within
from clusterloom.schema.vocabulary import CAPITAL_KINDS
from clusterloom.spatial import great_circle_km
from clusterloom.stages._profiles import family_profiles
from clusterloom.tables import Tables

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["ClusterNetwork", "based_on", "known", "layer_of"]

Row = dict[str, Any]
Pair = tuple[str, str]
Ids = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MOST_BASES = 40
_OFFICES = ("government_body", "cluster_organisation", "association")
_SCIENCE = ("university", "research_institute")


def layer_of(kind: str, roles: Pair, layers: Mapping[str, str], unspecific: Collection[str]) -> str:
    """Return the layer of a tie: that of its kind; for unspecific kinds, who the two are decides.

    A tie of an unspecific kind carries finance if one end is a source of capital, administration
    if one end is an office or an association, research if both are universities or institutes.
    """
    if kind in unspecific:
        if any(role in CAPITAL_KINDS for role in roles):
            return "finance"
        if any(role in _OFFICES for role in roles):
            return "administration"
        if all(role in _SCIENCE for role in roles):
            return "research"
    return layers[kind]


def based_on(references: Iterable[str]) -> str:
    """Return references as the JSON that result tables store: sorted, the first of many."""
    return json.dumps(sorted(set(references))[:_MOST_BASES], ensure_ascii=False)


def known(share: float) -> float | None:
    """Round a share; NaN (there was nothing to lose) becomes an empty cell."""
    return None if np.isnan(share) else round(share, 4)


class ClusterNetwork:
    """Clusters, their members, and the known ties among all members, by layer."""

    def __init__(
        self,
        tables: Tables,
        *,
        layers: Mapping[str, str],
        unspecific: Collection[str],
        working_layers: Collection[str],
    ) -> None:
        self.cluster = tables.by_key("cluster", "cluster_id")
        self.organisation = tables.by_key("organisation", "org_id")
        self.members: dict[str, list[str]] = {c: [] for c in sorted(self.cluster)}
        self.seats: dict[str, dict[str, float]] = defaultdict(dict)
        for row in tables.rows("membership"):
            if row["cluster_id"] in self.members:
                self.members[row["cluster_id"]].append(row["org_id"])
                self.seats[row["org_id"]][row["cluster_id"]] = row["marginal_value"]
        self.orgs = sorted(self.seats)
        self.position = {o: i for i, o in enumerate(self.orgs)}
        self.links: dict[Pair, dict[str, list[str]]] = {}
        for row in tables.rows("link"):
            self._add_link(row, layers, unspecific)
        self.working = sorted(
            pair for pair, found in self.links.items() if set(found) & set(working_layers)
        )
        self.working_layers = tuple(working_layers)
        self._tied: dict[str, list[str]] = defaultdict(list)  # in any layer, the later by name
        self.across: dict[Pair, list[Pair]] = defaultdict(list)  # tied pairs by pair of clusters
        for x, y in sorted(self.links):
            self._tied[x].append(y)
            for c, d in {(min(c, d), max(c, d)) for c in self.seats[x] for d in self.seats[y]}:
                self.across[c, d].append((x, y))
        self.sharing = {
            (min(c, d), max(c, d)) for o in self.orgs for c, d in combinations(self.seats[o], 2)
        }
        self.ties = self.numbered(self.working)
        self.parts = connected_parts(len(self.orgs), self.ties)
        self.partners: dict[str, set[str]] = defaultdict(set)
        for a, b in self.working:
            self.partners[a].add(b)
            self.partners[b].add(a)
        self._read_fields(tables)
        self._read_anchors(tables)

    def _add_link(self, row: Row, layers: Mapping[str, str], unspecific: Collection[str]) -> None:
        a, b = sorted((row["org_a"], row["org_b"]))
        if a == b or a not in self.position or b not in self.position or row["kind"] not in layers:
            return
        roles = (self.role(a), self.role(b))
        layer = layer_of(row["kind"], roles, layers, unspecific)
        self.links.setdefault((a, b), {}).setdefault(layer, []).append(row["link_id"])

    def _read_fields(self, tables: Tables) -> None:
        orgs, _, work = family_profiles(tables)
        self._families: Matrix = work
        self._profiled = {o: i for i, o in enumerate(orgs)}

    def _read_anchors(self, tables: Tables) -> None:
        candidate = tables.by_key("candidate", "candidate_id")
        place = tables.by_key("place", "place_id")
        self.anchor = {
            c: place.get(candidate.get(row["candidate_id"], {}).get("territory_id", ""))
            for c, row in self.cluster.items()
        }

    def role(self, org_id: str) -> str:
        """Own role of an organisation; empty where no source describes it."""
        return str(self.organisation.get(org_id, {}).get("role", ""))

    def country(self, org_id: str) -> str | None:
        """Country of an organisation; None where no source describes it."""
        found: str | None = self.organisation.get(org_id, {}).get("country")
        return found

    def home(self, org_id: str) -> str:
        """The cluster in which it is worth most; the first by name among equals."""
        return min(self.seats[org_id], key=lambda c: (-self.seats[org_id][c], c))

    def numbered(self, pairs: Iterable[Pair]) -> Ids:
        """Pairs of organisations as rows of their positions."""
        rows = [(self.position[a], self.position[b]) for a, b in pairs]
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    def matrix(self, *, counted: bool = False) -> csr_array:
        """Working ties as a symmetric matrix of ones, or of the number of links behind each."""
        from scipy.sparse import csr_array

        weight = [
            sum(len(keys) for layer, keys in self.links[p].items() if layer in self.working_layers)
            if counted
            else 1
            for p in self.working
        ]
        a, b = self.ties.T
        rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
        values = np.array([*weight, *weight], dtype=float)
        return csr_array((values, (rows, columns)), shape=(len(self.orgs), len(self.orgs)))

    def loss(self, *, nodes: Collection[str] = (), lost_ties: Flags | None = None) -> FallOut:
        """What the working ties lose when some organisations or ties fall out."""
        gone = np.zeros(len(self.orgs), dtype=bool)
        gone[[self.position[o] for o in nodes]] = True
        return fall_out(
            len(self.orgs), self.ties, nodes=gone, lost_ties=lost_ties, before=self.parts
        )

    def own_loss(self, n_ties: int, n_pairs: int, *, cuts: bool) -> FallOut:
        """What is lost with something on which nobody else depends; NaN where others do."""
        n_working, total = len(self.working), pairs_within(self.parts)
        nan = float("nan")
        return FallOut(
            ties=n_ties / n_working if n_working else nan,
            pairs=n_pairs / total if total and not cuts else nan,
            others_cut=nan if cuts or total == n_pairs else 0.0,
        )

    def between(self, a: str, b: str) -> list[Pair]:
        """Tied pairs (any layer) with one end in each of two clusters, or both in one."""
        return self.across.get((min(a, b), max(a, b)), [])

    def shared(self, clusters: Sequence[str]) -> list[str]:
        """Organisations that sit in more than one of the clusters."""
        seats = Counter(o for c in set(clusters) for o in self.members[c])
        return sorted(o for o, n in seats.items() if n > 1)

    def countries(self, orgs: Collection[str], least_share: float) -> list[str]:
        """Countries that hold at least a share of the organisations whose country is known."""
        known = [c for o in orgs if (c := self.country(o)) is not None]
        held = {c: known.count(c) / len(known) for c in set(known)}
        return sorted(c for c, share in held.items() if share >= least_share)

    def n_families(self, orgs: Collection[str], least_share: float) -> int | None:
        """Families of fields with at least a share of the known work; None if no work is known."""
        rows = [self._profiled[o] for o in orgs if o in self._profiled]
        work = self._families[rows].sum(axis=0) if rows else np.zeros(0)
        if not work.sum() > 0:
            return None
        return int((work / work.sum() >= least_share).sum())

    def spread_km(self, clusters: Sequence[str]) -> float | None:
        """Largest distance between anchors; None for one cluster or an unknown position."""
        points = [self.anchor[c] for c in clusters]
        if len(points) < 2 or any(p is None for p in points):
            return None
        lat, lon = (
            np.array([p[k] for p in points if p is not None]) for k in ("lat_deg", "lon_deg")
        )
        apart = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        return round(float(apart.max()), 1)

    def inner(self, orgs: Collection[str]) -> list[Pair]:
        """Tied pairs (any layer) among some organisations."""
        chosen = set(orgs)
        return sorted((x, y) for x in chosen for y in self._tied.get(x, ()) if y in chosen)

    def reach_share(self, orgs: Collection[str]) -> float | None:
        """Share of pairs of some organisations that reach each other over working ties inside."""
        listed = sorted(set(orgs))
        if len(listed) < 2:
            return None
        inside = set(listed)
        seen: set[str] = set()
        reached = 0
        for start in listed:
            if start in seen:
                continue
            part, front = {start}, [start]
            while front:
                found = (self.partners[front.pop()] & inside) - part
                part |= found
                front += found
            seen |= part
            reached += len(part) * (len(part) - 1) // 2
        return reached / (len(listed) * (len(listed) - 1) / 2)

    def layers_of(self, pairs: Iterable[Pair], order: Sequence[str]) -> list[str]:
        """Layers that some tied pairs use, in the given order."""
        used = {layer for pair in pairs for layer in self.links[pair]}
        return [layer for layer in order if layer in used]

    def link_keys(self, pairs: Iterable[Pair], layer: str | None = None) -> list[str]:
        """References to the links behind some tied pairs, sorted."""
        return sorted(
            f"link:{key}"
            for pair in pairs
            for name, keys in self.links[pair].items()
            if layer is None or name == layer
            for key in keys
        )

    def groups(self) -> list[list[str]]:
        """Clusters that hang together by ties or shared members, each group sorted."""
        names = list(self.members)
        number = {c: i for i, c in enumerate(names)}
        ends = [
            (number[c], number[d]) for o in self.orgs for c, d in combinations(self.seats[o], 2)
        ]
        for a, b in self.links:
            first = next(iter(self.seats[a]))
            ends += [(number[first], number[d]) for d in self.seats[b]]
        parts = connected_parts(len(names), np.array(ends, dtype=np.int64).reshape(-1, 2))
        found: dict[int, list[str]] = defaultdict(list)
        for name, part in zip(names, parts.tolist(), strict=True):
            found[part].append(name)
        return list(found.values())
