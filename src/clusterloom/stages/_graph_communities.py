"""Candidates as communities of the joint graph: territory and fields are drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.measures.joint_permutation import Rates, rates_of_sets
from clusterloom.measures.partition import best_overlap
from clusterloom.stages._actors import Actors, Work, strings
from clusterloom.stages._close_pairs import Draw
from clusterloom.stages._found import AgainstChance, Found, membership
from clusterloom.stages._joint_graph import JointGraph, Network
from clusterloom.stages._null_models import draws, group_of
from clusterloom.stages._territory_cells import limited, named, perturbed

__all__ = ["Communities"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Sparse = Any

# Starts of the Leiden method. Random data sets have as many as the observed one: with fewer they
# would bring up poorer communities, and the observed would look clear for that alone.
_STARTS = 4


@dataclass(frozen=True)
class _Groups:
    """The communities of one graph at one resolution."""

    label: Index  # (nodes,)
    members: Sparse  # (communities, organisations), shares of at least `min_share`
    n_roles: Index
    pairs: Vector  # closeness times adjacency within
    score: Vector  # likelihood ratio against the mean of the null model
    chosen: Mask

    @property
    def size(self) -> Index:
        """Organisations in each."""
        number: Index = np.diff(self.members.indptr).astype(np.int64)
        return number


@dataclass(frozen=True, kw_only=True)
class Communities:
    """How communities are sought; the parameters of the stage that matter here."""

    kernel_km: float
    min_adjacency: float
    resolutions: tuple[float, ...]
    min_organisations: int
    min_roles: int
    min_share: float
    null_model: str
    n_permutations: int
    n_trials: int
    same_at: float
    seed: int

    def find(self, actors: Actors, work: Work, places: pa.Table) -> Found:
        """Find communities, test them against those of random data sets, and try them anew."""
        graph = self._graph(actors, work)
        here = _here(work)
        network = graph.network(here)
        seen = [self._groups(graph, here, network, r) for r in self.resolutions]
        against = self._against(graph, seen)
        tried = self._tried(graph, network, seen)
        kept = self._different(seen, against)
        return self._found(graph, network, seen, kept, against, tried, places)

    def _graph(self, actors: Actors, work: Work) -> JointGraph:
        group = group_of(actors, self.null_model)
        return JointGraph.of(
            actors, work, group, kernel_km=self.kernel_km, min_adjacency=self.min_adjacency
        )

    def _groups(
        self, graph: JointGraph, draw: Draw, network: Network, resolution: float, *, again: int = 0
    ) -> _Groups:
        """Groups of one graph; `again` is the number of a repetition, with starts of its own."""
        seed = self.seed + again
        label = network.communities(resolution=resolution, seed=seed, trials=_STARTS)
        n = int(label.max(initial=-1)) + 1
        members = graph.shares(draw, graph.labels_of(network, label), n=n)
        listed = members.tocoo()
        inside = listed.data >= self.min_share - 1e-9
        members = membership(
            listed.row[inside], listed.col[inside], listed.data[inside], shape=members.shape
        )
        role = graph.actors.role[members.indices]
        row = np.repeat(np.arange(n), np.diff(members.indptr))
        width = max(len(graph.actors.roles), 1)
        roles = np.bincount(row * width + role, minlength=n * width).reshape(n, width)
        pairs = network.pairs_within(label, n=n)
        n_roles = (roles > 0).sum(axis=1)
        n_inside = np.diff(members.indptr)
        least = max(self.min_organisations, 2)
        return _Groups(
            label=label,
            members=members,
            n_roles=n_roles,
            pairs=pairs,
            score=_likelihood_ratio(pairs, network.mean_within_groups(label, n=n)),
            chosen=(n_inside >= least) & (n_roles >= self.min_roles),
        )

    def _against(self, graph: JointGraph, seen: list[_Groups]) -> list[AgainstChance]:
        """Compare with the communities of random data sets, found in the same way."""
        n = self.n_permutations
        scores, owners = [], []
        highest = np.zeros(n)
        usual = [np.full((n, len(g.pairs)), np.nan) for g in seen]
        pairs = _Dealt(graph.actors, graph.work)
        # The same seed deals as for territories: draw i is one data set for both.
        for i, draw in enumerate(draws(pairs, self.null_model, n=n, seed=self.seed)):
            dealt = graph.network(draw)
            for k, resolution in enumerate(self.resolutions):
                groups = self._groups(graph, draw, dealt, resolution)
                found = groups.score[groups.chosen]
                scores.append(found)
                owners.append(np.full(len(found), i, dtype=np.int64))
                highest[i] = max(highest[i], found.max(initial=0.0))
                usual[k][i] = _of_like_size(groups, seen[k].size)
        rates = rates_of_sets(
            np.concatenate([g.score[g.chosen] for g in seen]),
            np.concatenate(scores),
            data_set=np.concatenate(owners),
            draws=n,
        )
        return _tests(seen, rates, highest, usual)

    def _tried(
        self, graph: JointGraph, network: Network, seen: list[_Groups]
    ) -> tuple[list[Vector], list[Vector]]:
        """Mean overlap by resolution: with perturbed data, and with other starts alone."""
        perturbation, runs = ([np.zeros(len(g.pairs)) for g in seen] for _ in range(2))
        here = _here(graph.work)
        for trial in range(1, self.n_trials + 1):
            kept, moved = perturbed(graph.actors, seed=self.seed + 1000 + trial)
            other = self._graph(moved, graph.work)
            dealt = other.network(here)
            for k, resolution in enumerate(self.resolutions):
                again = self._groups(other, here, dealt, resolution, again=trial)
                there = limited(again.members, kept)
                perturbation[k] += best_overlap(limited(seen[k].members, kept), there)
                again = self._groups(graph, here, network, resolution, again=trial)
                everybody = np.ones(len(kept), dtype=bool)
                runs[k] += best_overlap(*(limited(g.members, everybody) for g in (seen[k], again)))
        share = np.nan if self.n_trials == 0 else 1 / self.n_trials
        return [t * share for t in perturbation], [t * share for t in runs]

    def _different(self, seen: list[_Groups], against: list[AgainstChance]) -> list[Index]:
        """Of communities that hold nearly the same organisations keep the clearest."""
        listed = [
            (float(test.rate[c]), -float(groups.score[c]), k, c)
            for k, (groups, test) in enumerate(zip(seen, against, strict=True))
            for c in np.flatnonzero(groups.chosen).tolist()
        ]
        kept: list[tuple[int, int]] = []
        sets: list[frozenset[int]] = []
        for *_, k, c in sorted(listed):
            members = seen[k].members
            own = frozenset(members.indices[members.indptr[c] : members.indptr[c + 1]].tolist())
            if all(len(own & s) < self.same_at * len(own | s) for s in sets):
                kept.append((k, c))
                sets.append(own)
        return [
            np.array(sorted(c for j, c in kept if j == k), dtype=np.int64) for k in range(len(seen))
        ]

    def _found(
        self,
        graph: JointGraph,
        network: Network,
        seen: list[_Groups],
        kept: list[Index],
        against: list[AgainstChance],
        tried: tuple[list[Vector], list[Vector]],
        places: pa.Table,
    ) -> Found:
        from scipy.sparse import vstack

        actors, work = graph.actors, graph.work
        members = vstack([g.members[c] for g, c in zip(seen, kept, strict=True)]).tocsr()
        fields = vstack(
            [
                _fields(network, g.label, len(g.pairs), len(work.fields))[c]
                for g, c in zip(seen, kept, strict=True)
            ]
        ).tocsr()
        inside = members.copy()
        inside.data = np.ones_like(inside.data)
        by_field = (inside @ work.profile).multiply(fields).tocsr()
        by_family = work.family_share(by_field).toarray()
        family = by_family.argmax(axis=1) if len(by_family) else np.empty(0, np.int64)
        place = _commonest(members, actors.place, places)
        country = actors.country[members.indices[members.indptr[:-1]]]
        known = work.profiled
        standing = np.bincount(actors.place[known & (actors.place >= 0)], minlength=places.num_rows)
        of_country = np.bincount(actors.country[known], minlength=len(actors.countries))

        def joined(values: list[Any]) -> Any:
            return np.concatenate([v[c] for v, c in zip(values, kept, strict=True)])

        return Found(
            method="community",
            names=_names(actors, work, strings(places["name_en"]), place, country, family),
            place=place,
            country=country,
            family=family,
            resolution=np.repeat(self.resolutions, [len(c) for c in kept]),
            fields=fields,
            members=members,
            n_roles=joined([g.n_roles for g in seen]),
            statistic=joined([g.pairs for g in seen]),
            tested=np.ones(len(place), dtype=bool),
            home_share=standing[place] / np.maximum(of_country[country], 1),
            stability=joined(tried[0]),
            run_stability=joined(tried[1]),
            against={
                self.null_model: AgainstChance(
                    expected=joined([t.expected for t in against]),
                    expected_sd=joined([t.expected_sd for t in against]),
                    p_value=joined([t.p_value for t in against]),
                    q_value=joined([t.q_value for t in against]),
                    draws=self.n_permutations,
                    rate=joined([t.rate for t in against]),
                    lowest=against[0].lowest,
                )
            },
        )


@dataclass(frozen=True)
class _Dealt:
    """What `draws` needs to deal the work out."""

    actors: Actors
    work: Work

    def observed(self) -> Draw:
        return _here(self.work)


def _here(work: Work) -> Draw:
    slot = np.arange(work.profile.shape[0])
    # Families play no part in a community; they are not computed.
    return Draw(slot, work.profile, None, None)


def _tests(
    seen: list[_Groups], rates: Rates, highest: Vector, usual: list[Matrix]
) -> list[AgainstChance]:
    """What the draws say of the communities of each resolution."""
    draws = len(highest)
    tests = []
    own = rates.rate
    for groups, like in zip(seen, usual, strict=True):
        n_chosen = int(groups.chosen.sum())
        rate = np.full(len(groups.pairs), np.nan)
        rate[groups.chosen], own = own[:n_chosen], own[n_chosen:]
        at_least = (highest[:, None] >= groups.score - 1e-9).sum(axis=0)
        expected, deviation = _mean_and_deviation(like)
        tests.append(
            AgainstChance(
                expected=expected,
                expected_sd=deviation,
                p_value=np.where(groups.chosen, (1 + at_least) / (1 + draws), np.nan),
                q_value=rate,  # until all methods are taken together
                draws=draws,
                rate=rate,
                lowest=rates.lowest,
            )
        )
    return tests


def _of_like_size(groups: _Groups, size: Index) -> Vector:
    """Pairs within the community nearest in size to each size asked for; NaN if there is none.

    Communities are drawn where the pairs are. A random data set has few of them in the very places
    and fields where the observed one has its community; what it has in its own is the comparison.
    """
    there = np.flatnonzero(groups.chosen)
    if not len(there):
        return np.full(len(size), np.nan)
    sizes, number = np.unique(groups.size[there], return_inverse=True)
    mean = np.bincount(number, groups.pairs[there]) / np.bincount(number)
    above = np.clip(np.searchsorted(sizes, size), 0, len(sizes) - 1)
    below = np.maximum(above - 1, 0)
    nearest = np.where(size - sizes[below] <= sizes[above] - size, below, above)
    like: Vector = mean[nearest]
    return like


def _mean_and_deviation(values: Matrix) -> tuple[Vector, Vector]:
    """Over the draws in which there is a value; 0 where there is none."""
    known = ~np.isnan(values)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / n
    deviation = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / n)
    return mean, deviation


def _likelihood_ratio(pairs: Vector, expected: Vector) -> Vector:
    """Log likelihood ratio of more pairs than the null model's mean (kulldorff1997)."""
    floor = np.maximum(expected, 1e-6)
    more = pairs > floor * (1 + 1e-12)
    score = np.zeros(len(pairs))
    s, e = pairs[more], floor[more]
    score[more] = s * np.log(s / e) - (s - e)
    return score


def _fields(network: Network, label: Index, n: int, n_fields: int) -> Sparse:
    from scipy.sparse import csr_array

    ones = np.ones(len(label))
    made: Any = csr_array((ones, (label, network.node % n_fields)), shape=(n, n_fields))
    made.data = np.ones_like(made.data)
    return made


def _commonest(members: Sparse, place: Index, places: pa.Table) -> Index:
    """Settlement most members stand in, for each row; of equals the first."""
    chosen = np.zeros(members.shape[0], dtype=np.int64)
    for i in range(members.shape[0]):
        own = place[members.indices[members.indptr[i] : members.indptr[i + 1]]]
        counted = np.bincount(own[own >= 0], minlength=places.num_rows)
        chosen[i] = int(np.argmax(counted))
    return chosen


def _names(
    actors: Actors,
    work: Work,
    place_names: Any,
    place: Index,
    country: Index,
    family: Index,
) -> list[str]:
    made: list[str] = []
    seen: dict[str, int] = {}
    for p, c, f in zip(place.tolist(), country.tolist(), family.tolist(), strict=True):
        slug = named(str(actors.countries[c]), str(place_names[p]))
        name = f"{slug}--community-{work.families[f].removeprefix('family-')}"
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return made
