"""The pairs of one cluster that could be introduced: parts, score, choice and reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from clusterloom.measures.meetings import best_pairs
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.spatial import great_circle_km, rms_distance_km
from clusterloom.stages._introduction_words import (
    Complement,
    brings_reason,
    distance_reason,
    funding_reason,
    open_need_reason,
    outside_reason,
    roles_reason,
    way_reason,
)
from clusterloom.stages._introduction_work import Work
from clusterloom.stages._pool import largest_distance_km

__all__ = ["Circle", "Rules"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

FUNDING_PAIR = "development+investor"
_MOST_BASES = 40


class Rules(Protocol):
    """What the stage fixes: see the parameters of `Introductions`."""

    @property
    def weights(self) -> Mapping[str, float]: ...
    @property
    def role_pairs(self) -> Mapping[str, float]: ...
    @property
    def other_role_pair(self) -> float: ...
    @property
    def stage_pairs(self) -> Mapping[str, float]: ...
    @property
    def min_adjacency(self) -> float: ...
    @property
    def nearness_km(self) -> float: ...
    @property
    def min_score(self) -> float: ...
    @property
    def per_organisation(self) -> int: ...
    @property
    def max_introductions(self) -> int: ...
    @property
    def max_outside(self) -> int: ...


@dataclass(frozen=True)
class Circle:
    """The members of one cluster, who stands one step outside, and the pairs of them.

    `pairs` gives every pair that is worth an introduction; `rows` chooses among them.
    """

    rules: Rules
    work: Work
    cluster_id: str
    members: tuple[Row, ...]
    outside: tuple[Row, ...]
    open_needs: tuple[str, ...]

    def rows(self) -> list[Row]:
        """Choose the introductions of the largest total score within everybody's capacity.

        Ties inside the cluster are chosen first; who stands outside gets what capacity is left.
        """
        pairs = self.pairs()
        within = [pair for pair in pairs if pair["reach"] == "inside"]
        beyond = [pair for pair in pairs if pair["reach"] != "inside"]
        chosen = self._best(within, Counter(), self.rules.max_introductions)
        taken = Counter(end for pair in chosen for end in (pair["org_a"], pair["org_b"]))
        chosen += self._best(beyond, taken, self.rules.max_outside)
        return [self.row(pair, rank) for rank, pair in enumerate(chosen, start=1)]

    def _best(self, pairs: list[Row], taken: Counter[str], at_most: int) -> list[Row]:
        names = sorted({end for pair in pairs for end in (pair["org_a"], pair["org_b"])})
        number = {org_id: i for i, org_id in enumerate(names)}
        ends = [(number[pair["org_a"]], number[pair["org_b"]]) for pair in pairs]
        left = [max(self.rules.per_organisation - taken[org_id], 0) for org_id in names]
        found = best_pairs(
            np.array(ends, dtype=np.int64).reshape(-1, 2),
            np.array([pair["score"] for pair in pairs], dtype=float),
            np.array(left, dtype=np.int64),
            at_most=at_most,
        )
        return [pair for pair, met in zip(pairs, found.rounds, strict=True) if met]

    def pairs(self) -> list[Row]:
        """Return every pair without a tie that is worth an introduction, best score first.

        The rows lack `rank`, `reasons` and `based_on`: `row` adds them.
        """
        seats = [
            row
            for row in (*self.members, *self.outside)
            if row["org_id"] in self.work.organisations
        ]
        seats.sort(key=lambda row: row["org_id"])
        ids = [row["org_id"] for row in seats]
        complement, adjacency = self._complementarity(ids), self._adjacency(ids)
        distance = self._distance(ids)
        found = []
        for a, b in self._open_pairs(seats):
            known = float(distance[a, b])
            between = self._shared(ids[a], ids[b])
            pair: Row = {
                "cluster_id": self.cluster_id,
                "org_a": ids[a],
                "org_b": ids[b],
                "reach": self._reach(ids[a], ids[b]),
                "complementarity": float(complement[a, b]),
                "adjacency": float(adjacency[a, b]),
                "shared_partners": len(between),
                "resource_allocation": self._allocation(between),
                "distance_km": None if np.isnan(known) else known,
                "role_pair": self._role_pair(seats[a], seats[b]),
            }
            pair["score"] = self._score(pair)
            if pair["score"] >= self.rules.min_score and pair["score"] > 0:
                found.append(pair)
        # Scores are compared rounded, so that noise in the last digit does not decide a rank.
        found.sort(key=lambda p: (-round(p["score"], 9), p["org_a"], p["org_b"]))
        return found

    def row(self, pair: Row, rank: int) -> Row:
        """Return a pair as a row of `introduction`, with its reasons."""
        between = self._shared(pair["org_a"], pair["org_b"])
        return {
            **pair,
            "rank": rank,
            "reasons": dump_reasons(self._reasons(pair, between)),
            "based_on": self._bases(pair, between),
        }

    def _open_pairs(self, seats: Sequence[Row]) -> Iterator[tuple[int, int]]:
        """Pairs without a tie whose roles are worth something; one of the two is a member."""
        own = self._own
        for a, b in combinations(range(len(seats)), 2):
            one, other = seats[a]["org_id"], seats[b]["org_id"]
            if not {one, other} & own or self.work.knows(one, other):
                continue
            if self._role_worth(self._role_pair(seats[a], seats[b])) > 0:
                yield a, b

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(row["org_id"] for row in self.members)

    @cached_property
    def _acquaintances(self) -> Mapping[str, frozenset[str]]:
        """The members each has ties with."""
        seats = (*self.members, *self.outside)
        return {
            row["org_id"]: self._own & set(self.work.partners.get(row["org_id"], {}))
            for row in seats
        }

    def _reach(self, one: str, other: str) -> str:
        return "inside" if {one, other} <= self._own else "one_step_outside"

    def _role_pair(self, seat: Row, other: Row) -> str:
        if self._funding(seat["org_id"], other["org_id"]):
            return FUNDING_PAIR
        return "+".join(sorted((seat["role"], other["role"])))

    def _funding(self, one: str, other: str) -> tuple[str, str, str, str, str] | None:
        """Return maker, investor, development, stage and profile if one states to finance it."""
        for maker, investor in ((one, other), (other, one)):
            fits = self.work.funding(maker, investor)
            if fits is not None:
                return (maker, investor, *fits)
        return None

    def _score(self, pair: Row) -> float:
        """Weigh the parts; without a distance the weights of the others are raised."""
        distance = pair["distance_km"]
        shared = pair["resource_allocation"]
        parts: dict[str, float] = {
            "complementarity": pair["complementarity"],
            "adjacency": pair["adjacency"],
            "shared_partners": shared / (shared + 1),
            "role_pair": self._role_worth(pair["role_pair"]),
        }
        if distance is not None:
            parts["nearness"] = float(np.exp(-distance / self.rules.nearness_km))
        total = sum(self.rules.weights[name] for name in parts)
        if total == 0:
            return 0.0
        score = sum(self.rules.weights[name] * value for name, value in parts.items()) / total
        return min(max(score, 0.0), 1.0)

    def _role_worth(self, role_pair: str) -> float:
        return self.rules.role_pairs.get(role_pair, self.rules.other_role_pair)

    def _near(self) -> Array:
        adjacency = self.work.adjacency
        near: Array = np.where(adjacency >= self.rules.min_adjacency, adjacency, 0.0)
        return near

    def _complementarity(self, ids: Sequence[str]) -> Array:
        """Sum over pairs of kinds what one does next to what the other does; x/(1+x) keeps 0..1."""
        near = self._near()
        total = np.zeros((len(ids), len(ids)))
        for pair, worth in sorted(self.rules.stage_pairs.items()):
            one, other = (self.work.stack(ids, kind) for kind in pair.split("+"))
            match = one @ near @ other.T
            # Either of the two may be the one that does the first kind.
            total += worth * np.maximum(match, match.T)
        return total / (1.0 + total)

    def _adjacency(self, ids: Sequence[str]) -> Array:
        """Return the normalised adjacency of profiles; 0 where nothing is known of one."""
        unknown = np.zeros(len(self.work.fields))
        profiles = np.array([self.work.profiles.get(o, unknown) for o in ids], dtype=float)
        profiles = profiles.reshape(len(ids), len(self.work.fields))
        product = profiles @ self.work.adjacency @ profiles.T
        own = np.sqrt(np.where(np.diag(product) > 0, np.diag(product), 1.0))
        normalised: Array = np.clip(product / np.outer(own, own), 0.0, 1.0)
        return normalised

    def _distance(self, ids: Sequence[str]) -> Array:
        lat, lon, extent = self.work.positions(ids)
        centre = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
        return rms_distance_km(centre, extent[:, None], extent[None, :])

    def _shared(self, one: str, other: str) -> list[str]:
        """Return the members both have ties with."""
        return sorted(self._acquaintances[one] & self._acquaintances[other])

    def _allocation(self, between: Sequence[str]) -> float:
        """Sum 1 / partners over the members between: one who knows everybody tells little."""
        return float(sum(1 / len(self.work.partners[partner]) for partner in between))

    def _knowing(self, outsider: str) -> list[str]:
        """Return the members the outsider has ties with."""
        return sorted(self._acquaintances[outsider])

    def _reasons(self, pair: Row, between: list[str]) -> list[Reason]:
        one, other = pair["org_a"], pair["org_b"]
        seats = {row["org_id"]: row["role"] for row in (*self.members, *self.outside)}
        names = (f"org:{one}", f"org:{other}")
        outsiders = {one, other} - self._own
        funding = self._funding(one, other)
        reasons = [brings_reason(self._strongest_complement(one, other))]
        if funding is not None:
            reasons.append(funding_reason(*funding[:2], stage=funding[3]))
        if outsiders:
            outsider = min(outsiders)
            knowing = self._knowing(outsider)
            said = outside_reason(outsider, knowing, seats[outsider], both=bool(between))
            reasons.append(said)
        if not outsiders or between:
            reasons.append(way_reason(between, *names))
        if not outsiders:
            reasons.append(roles_reason(seats[one], seats[other], *names))
        return [
            *reasons,
            distance_reason(pair["distance_km"], at_most=self._at_most(pair)),
            *self._open_need(pair),
            reason("No tie between the two is on record; they may know each other all the same."),
        ]

    def _at_most(self, pair: Row) -> float | None:
        """Return the largest distance (km) where one is known only by its city; else None."""
        ends = [self.work.organisations[pair[end]] for end in ("org_a", "org_b")]
        if pair["distance_km"] is None or all(e["coord_precision"] != "city" for e in ends):
            return None
        extents = self.work.positions([end["org_id"] for end in ends])[2]
        return largest_distance_km(pair["distance_km"], *extents.tolist())

    def _strongest_complement(self, one: str, other: str) -> Complement | None:
        """Return the largest term of the sum: who does what in which field, for each of the two."""
        near = self._near()
        best: tuple[float, Complement] | None = None
        for pair, worth in sorted(self.rules.stage_pairs.items()):
            first, second = pair.split("+")
            for giver, taker in ((one, other), (other, one)):
                terms = (
                    worth
                    * self.work.stack([giver], first)[0][:, None]
                    * near
                    * self.work.stack([taker], second)[0][None, :]
                )
                if not terms.size or terms.max() <= (best[0] if best else 0.0) + 1e-12:
                    continue
                here, there = np.unravel_index(int(terms.argmax()), terms.shape)
                fields = self.work.fields
                found = Complement(
                    giver, first, fields[int(here)], taker, second, fields[int(there)]
                )
                best = (float(terms.max()), found)
        return best[1] if best else None

    def _open_need(self, pair: Row) -> list[Reason]:
        """Say whether one of the two offers part of a need that is covered only in part."""
        covers = {row["org_id"]: set(row["covers"].split("|")) for row in self.members}
        for need in self.open_needs:
            for org_id in (pair["org_a"], pair["org_b"]):
                if need in covers.get(org_id, ()):
                    return [open_need_reason(need, org_id)]
        return []

    def _bases(self, pair: Row, between: list[str]) -> str:
        """Name the two seats and the links through which they can be introduced."""
        ends, own = (pair["org_a"], pair["org_b"]), self._own
        keys = [
            f"membership:{self.cluster_id}~{end}" if end in own else f"organisation:{end}"
            for end in ends
        ]
        funding = self._funding(*ends)
        if funding is not None:
            keys += [f"development:{funding[2]}", f"investor_profile:{funding[4]}"]
        for end in ends:
            through = between if end in own else self._knowing(end)
            for partner in through:
                keys += [f"link:{link}" for link in self.work.partners[end][partner]]
        return json.dumps(sorted(set(keys[:_MOST_BASES])), ensure_ascii=False)
