"""Stage `structures`: the network of clusters, its types, brokers, weak points and missing ties."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.betweenness import betweenness, weak_points
from clusterloom.measures.brokerage import structural_holes
from clusterloom.networks.communities import leiden_communities
from clusterloom.schema import dump_reasons
from clusterloom.schema.results_structures import LAYERS
from clusterloom.schema.vocabulary import LINK_KINDS
from clusterloom.stages._cluster_network import ClusterNetwork, based_on, known
from clusterloom.stages._fall_outs import fall_out_rows
from clusterloom.stages._new_ties import connect_clusters
from clusterloom.stages._structure_words import broker_reasons, tie_reason, type_reasons
from clusterloom.tables import Tables

__all__ = ["Structures"]

Row = dict[str, Any]
Pair = tuple[str, str]
Flags = npt.NDArray[np.bool_]

_MOST_EXAMINED = 200  # brokers for which it is counted what is cut off without them


def _default_layers() -> dict[str, str]:
    return {
        "joint_research": "research",
        "co_publication": "research",
        "shared_infrastructure": "research",
        "supply": "supply",
        "contract": "supply",
        "joint_venture": "supply",
        "training": "training",
        "investment": "finance",
        "membership": "administration",
        "parent": "administration",
    }


@dataclass(frozen=True, kw_only=True)
class Structures:
    """Stage: the multilayer network of clusters, what it stands on, and the ties it lacks.

    Ties fall into layers by kind and by who is tied. Every cluster, tied pair, community of tied
    organisations (traag2019) and group of clusters gets a type by measured spread. Brokers stand
    between clusters (freeman1977, burt1992). The smallest set of proposed ties that connects the
    members to `required_share` is sought exactly or greedily, with a bound and a random baseline.

    Reads `cluster`, `membership`, `need`, `organisation`, `activity`, `activity_field`, `field`,
    `field_family`, `link`, `candidate`, `place`, `introduction`, `partner_match`. Writes
    `cluster_tie`, `structure`, `network_broker`, `fall_out`, `new_tie`, `connection`.
    """

    name: ClassVar[str] = "structures"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "organisation",
        "activity",
        "activity_field",
        "field",
        "field_family",
        "link",
        "candidate",
        "place",
        "introduction",
        "partner_match",
    )
    writes: ClassVar[tuple[str, ...]] = (
        "cluster_tie",
        "structure",
        "network_broker",
        "fall_out",
        "new_tie",
        "connection",
    )

    # Layer of each kind of link; a kind left out counts in no layer (a memorandum is no tie).
    layer_of_kind: dict[str, str] = field(default_factory=_default_layers)
    # Kinds that say little: capital at one end makes them finance, an office administration,
    # two universities or institutes research.
    unspecific_kinds: tuple[str, ...] = (
        "contract",
        "joint_venture",
        "membership",
        "shared_infrastructure",
    )
    # Layers whose ties count for reach, brokers, losses and new ties; to have a parent does not.
    working_layers: tuple[str, ...] = ("research", "supply", "training", "finance")
    min_country_share: float = 0.1  # 0..1 of the organisations; a smaller country does not count
    min_family_share: float = 0.2  # 0..1 of the work; a smaller family of fields does not count
    local_km: float = 100.0  # km; clusters farther apart than this are not one place
    resolution: float = 1.0  # dimensionless; larger gives smaller communities
    min_community: int = 3  # organisations; smaller communities are not listed
    max_betweenness: int = 5000  # tied members; in a larger network paths are not counted
    n_fall_outs: int = 15  # members, and ties, kept: those whose loss hurts most
    required_share: float = 0.5  # 0..1; share of pairs of members that should reach each other
    max_new_ties: int = 40  # ties; the design stops there
    exact_parts: int = (
        10  # parts that proposals touch; with more, the design is greedy, with a bound
    )
    time_limit_s: float = 10.0  # s; an exact design not proven by then is left to the greedy one
    n_random: int = 200  # random designs the chosen one is compared with
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the parameters; every fault is named."""
        faults = [
            f"{name} is {getattr(self, name):g}, but lies in 0..1"
            for name in ("min_country_share", "min_family_share", "required_share")
            if not 0 <= getattr(self, name) <= 1
        ]
        faults += [
            f"{name} is {getattr(self, name):g}, but is above 0"
            for name in ("local_km", "resolution", "time_limit_s")
            if not 0 < getattr(self, name) < np.inf
        ]
        faults += [
            f"{name} is {getattr(self, name)}, but is 0 or more"
            for name in (
                "min_community",
                "max_betweenness",
                "n_fall_outs",
                "max_new_ties",
                "exact_parts",
                "n_random",
            )
            if getattr(self, name) < 0
        ]
        for name, allowed, given in (
            ("layer_of_kind", LINK_KINDS, self.layer_of_kind),
            ("layer_of_kind", LAYERS, self.layer_of_kind.values()),
            ("unspecific_kinds", self.layer_of_kind, self.unspecific_kinds),
            ("working_layers", LAYERS, self.working_layers),
        ):
            faults += [
                f"{name} names `{word}`, but the names are {', '.join(allowed)}"
                for word in sorted(set(given) - set(allowed))
            ]
        if faults:
            raise RecipeError(
                f"structures: {'; '.join(faults)}",
                rule="parameters lie in their ranges",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Build the network of clusters and measure it."""
        network = ClusterNetwork(
            tables,
            layers=self.layer_of_kind,
            unspecific=self.unspecific_kinds,
            working_layers=self.working_layers,
        )
        community = self._communities(network)
        new_ties, connection = connect_clusters(
            tables,
            network,
            required_share=self.required_share,
            max_new_ties=self.max_new_ties,
            exact_parts=self.exact_parts,
            time_limit_s=self.time_limit_s,
            n_random=self.n_random,
            seed=self.seed,
        )
        rows: dict[str, list[Row]] = {
            "cluster_tie": _cluster_ties(network),
            "structure": self._structures(network, community),
            "network_broker": _brokers(network, community, most=self.max_betweenness),
            "fall_out": fall_out_rows(tables, network, n_kept=self.n_fall_outs),
            "new_tie": new_ties,
            "connection": connection,
        }
        written = Tables()
        for name, found in rows.items():
            written = written.with_rows(name, found)
        return written

    def _communities(self, network: ClusterNetwork) -> dict[str, str]:
        """Community of each organisation in one of the least size, named by its best tied."""
        from scipy.sparse import csr_matrix

        if not network.orgs:
            return {}
        groups = leiden_communities(
            csr_matrix(network.matrix(counted=True)), resolution=self.resolution, seed=self.seed
        )
        found: dict[str, str] = {}
        for group in sorted(set(groups.tolist())):
            orgs = [network.orgs[i] for i in np.flatnonzero(groups == group)]
            if len(orgs) >= max(self.min_community, 2):
                lead = min(orgs, key=lambda o: (-len(network.partners[o]), o))
                found.update(dict.fromkeys(orgs, f"community-{lead}"))
        return found

    def _structures(self, network: ClusterNetwork, community: Mapping[str, str]) -> list[Row]:
        rows = []
        for c, members in network.members.items():
            if members:
                rows.append(self._structure(network, f"cluster:{c}", "cluster", [c], members))
        for a, b in sorted({*network.across, *network.sharing}):
            if a != b:
                orgs = sorted({*network.members[a], *network.members[b]})
                rows.append(self._structure(network, f"pair:{a}+{b}", "pair", [a, b], orgs))
        for name in sorted(set(community.values())):
            orgs = sorted(o for o, c in community.items() if c == name)
            clusters = sorted({network.home(o) for o in orgs})
            rows.append(self._structure(network, name, "community", clusters, orgs))
        for group in network.groups():
            if len(group) > 1:
                orgs = sorted({o for c in group for o in network.members[c]})
                rows.append(self._structure(network, f"network:{group[0]}", "network", group, orgs))
        return rows

    def _structure(
        self,
        network: ClusterNetwork,
        structure_id: str,
        level: str,
        clusters: Sequence[str],
        orgs: Collection[str],
    ) -> Row:
        tied = network.inner(orgs)
        countries = network.countries(orgs, self.min_country_share)
        distance = network.spread_km(clusters)
        reach = network.reach_share(orgs)
        row: Row = {
            "structure_id": structure_id,
            "level": level,
            "clusters": "|".join(clusters),
            "n_clusters": len(clusters),
            "n_organisations": len(set(orgs)),
            "n_shared": len(set(network.shared(clusters)) & set(orgs)),
            "n_countries": len(countries),
            "n_families": network.n_families(orgs, self.min_family_share),
            "distance_km": distance,
            "n_ties": len(tied),
            "layers": "|".join(network.layers_of(tied, LAYERS)) or None,
            "reach_share": None if reach is None else round(reach, 4),
        }
        row["type"] = self._type(row)
        country = countries[0] if len(countries) == 1 else None
        row["reasons"] = dump_reasons(type_reasons(row, local_km=self.local_km, country=country))
        row["based_on"] = based_on([*(f"cluster:{c}" for c in clusters), *network.link_keys(tied)])
        return row

    def _type(self, row: Row) -> str:
        """Apply the stated rules, widest spread first; what is not known widens nothing."""
        if row["n_countries"] > 1:
            return "international"
        if row["n_clusters"] > 1 and (row["distance_km"] or 0.0) > self.local_km:
            return "cross_network"
        return "cross_industry" if (row["n_families"] or 0) > 1 else "local"


def _cluster_ties(network: ClusterNetwork) -> list[Row]:
    rows = []
    for (a, b), pairs in sorted(network.across.items()):
        for layer in network.layers_of(pairs, LAYERS):
            tied = [p for p in pairs if layer in network.links[p]]
            ends = {o for p in tied for o in p}
            rows.append(
                {
                    "cluster_a": a,
                    "cluster_b": b,
                    "layer": layer,
                    "n_ties": len(tied),
                    "n_organisations": len(ends),
                    "reasons": dump_reasons([tie_reason(layer, tied)]),
                    "based_on": based_on(network.link_keys(tied, layer)),
                }
            )
    return rows


def _brokers(network: ClusterNetwork, community: Mapping[str, str], *, most: int) -> list[Row]:
    """Members whose ties or seats reach more than one cluster, those that broker most first."""
    if not network.orgs:
        return []
    matrix = network.matrix()
    holes = structural_holes(matrix)
    tied = np.flatnonzero(np.diff(matrix.indptr))  # the others are on no path
    through = np.full(len(network.orgs), np.nan if tied.size > most else 0.0)
    if tied.size <= most:
        through[tied] = betweenness(matrix[tied][:, tied])
    cut = weak_points(matrix).nodes
    rows = []
    for i, org in enumerate(network.orgs):
        own = set(network.seats[org])
        partners = sorted(network.partners[org])
        away = [p for p in partners if not own & set(network.seats[p])]
        reached = sorted({c for p in partners for c in network.seats[p]} - own)
        brokered = [
            (p, q)
            for p, q in combinations(partners, 2)
            if not set(network.seats[p]) & set(network.seats[q]) and q not in network.partners[p]
        ]
        if not reached and len(own) < 2 and not brokered:
            continue
        row: Row = {
            "org_id": org,
            "clusters": "|".join(sorted(own)),
            "reached": "|".join(reached) or None,
            "community_id": community.get(org),
            "betweenness": known(float(through[i])),
            "n_brokered": len(brokered),
            "constraint": round(float(holes.constraint[i]), 4) if partners else None,
            "based_on": based_on(
                [
                    *(f"membership:{c}~{org}" for c in sorted(own)),
                    *network.link_keys((min(org, p), max(org, p)) for p in partners),
                ]
            ),
        }
        row["partner"] = next(iter(away or partners), None)
        rows.append(row)
    rows.sort(
        key=lambda r: (
            -r["n_brokered"], -(r["betweenness"] or 0), r["reached"] is None, r["org_id"],
        )
    )  # fmt: skip
    return [_ranked(network, row, rank, cut) for rank, row in enumerate(rows, start=1)]


def _ranked(network: ClusterNetwork, row: Row, rank: int, cut: Flags) -> Row:
    """Complete a broker: what is cut off without it (only a cut point cuts others off)."""
    i = network.position[row["org_id"]]
    partner = row.pop("partner")
    others_cut: float | None = 0.0 if network.working else None
    if cut[i]:
        others_cut = None
        if rank <= _MOST_EXAMINED:
            others_cut = known(network.loss(nodes={row["org_id"]}).others_cut)
    found = {**row, "rank": rank, "others_cut": others_cut}
    return {**found, "reasons": dump_reasons(broker_reasons(found, partner))}
