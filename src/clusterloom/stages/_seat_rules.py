"""Hard rules of a composition: limits by role, region and country, a budget, criteria packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats import SeatLimit, SeatVariety
from clusterloom.stages._packs import is_public, public_bonds, read_pack
from clusterloom.tables import Tables

__all__ = ["HardRules", "Standing", "overlap_limits", "pack_articles", "seat_limits"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]

# Articles of a pack that a choice of members can keep or break; the others need facts.
_COUNTED = ("count_members", "count_types", "public_body")


@dataclass(frozen=True, kw_only=True)
class HardRules:
    """The limits a membership must keep (stated by the stage)."""

    role_min: Mapping[str, int]
    role_max: Mapping[str, int]
    hard_roles: tuple[str, ...]
    region_min: Mapping[str, int]
    region_max: Mapping[str, int]
    country_min: Mapping[str, int]
    country_max: Mapping[str, int]
    cost_of_role: Mapping[str, float]
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What limits look at: region, public bond and stated seat cost of every organisation.

    `region` is the organisation's own, else its settlement's; empty where neither is known.
    `cost` is NaN where nobody states it for the organisation itself.
    """

    region: tuple[str, ...]
    public: Mask
    cost: Array
    at_place: Mapping[str, str]

    @classmethod
    def of(cls, tables: Tables, organisations: Sequence[Row], currency: str) -> Standing:
        """Read the tables once; organisations keep their order."""
        places = tables.by_key("place", "place_id")
        region = tuple(
            row["region"] or places.get(row["place_id"] or "", {}).get("region") or ""
            for row in organisations
        )
        known = {row["org_id"]: row for row in organisations}
        bonded = {bond.org_id for bond in public_bonds(tables, known)}
        public = [
            row["org_id"] in bonded or is_public(row["org_id"], known) for row in organisations
        ]
        stated = {
            row["subject_id"]: row["value"]
            for row in tables.rows("fact")
            if (row["subject_kind"], row["indicator"], row["unit"])
            == ("organisation", "seat_cost", currency)
        }
        cost = [stated.get(row["org_id"]) for row in organisations]
        at_place = {key: row["region"] or "" for key, row in places.items()}
        at_place |= _usual_region(organisations, region)
        return cls(region, np.array(public, dtype=bool), np.array(cost, dtype=float), at_place)

    def seat_cost(self, members: Sequence[int], roles: Sequence[str], rules: HardRules) -> Array:
        """Return the money each seat costs: what is stated for it, else what its role costs."""
        usual = np.array([rules.cost_of_role.get(role, np.nan) for role in roles], dtype=float)
        own = self.cost[list(members)]
        cost: Array = np.where(np.isnan(own), usual, own)
        return cost


def pack_articles(packs: Sequence[str]) -> list[tuple[str, Row]]:
    """List the articles of criteria packs that a choice of members can keep or break."""
    return [
        (pack, article)
        for pack in packs
        for article in read_pack(pack)["article"]
        if article["rule"] in _COUNTED
    ]


def seat_limits(
    rows: Sequence[Row], roles: Sequence[str], region: Sequence[str], public: Mask, rules: HardRules
) -> tuple[tuple[SeatLimit, ...], tuple[SeatVariety, ...]]:
    """Turn the rules into limits over a pool.

    Parameters
    ----------
    rows : organisations of the pool
    roles, region, public : in the pool's order

    Returns
    -------
    limits, varieties
        Named ``role:producer``, ``region:Minsk City``, ``country:BY``, ``pack:eccp:min_members``.
        A cluster without a core organisation is none, so ``role:core`` is always among them.
    """
    country = [row["country"] for row in rows]
    limits = [SeatLimit(name="role:core", weights=_is(roles, "core"), lower=1.0)]
    for role in rules.hard_roles:
        least, most = rules.role_min.get(role, 0), rules.role_max.get(role, np.inf)
        limits.append(_between(f"role:{role}", _is(roles, role), least, most))
    for kind, words, low, high in (
        ("region", region, rules.region_min, rules.region_max),
        ("country", country, rules.country_min, rules.country_max),
    ):
        for word in sorted({*low, *high}):
            weights = _is(words, word)
            limits.append(
                _between(f"{kind}:{word}", weights, low.get(word, 0), high.get(word, np.inf))
            )
    varieties = []
    kinds = [row["role"] for row in rows]
    for pack, article in pack_articles(rules.criteria):
        name, needed = f"pack:{pack}:{article['id']}", float(article["required"])
        if article["rule"] == "count_types":
            classes = np.array(
                [[k == one for k in kinds] for one in sorted(set(kinds))], dtype=bool
            )
            classes = classes.reshape(-1, len(kinds))
            varieties.append(SeatVariety(name=name, classes=classes, fewest=int(needed)))
        elif article["rule"] == "count_members":
            limits.append(SeatLimit(name=name, weights=np.ones(len(rows)), lower=needed))
        else:
            limits.append(SeatLimit(name=name, weights=public.astype(float), lower=needed))
    return tuple(limits), tuple(varieties)


def overlap_limits(
    name: str, masks: tuple[Mask, Mask], n_other: int, share: float
) -> tuple[SeatLimit, ...]:
    """Let two clusters share at most a share of the members of the smaller one.

    Parameters
    ----------
    name : cluster_id of the other cluster
    masks : (candidates,) each: who is a member of the other cluster, and whose seats count at all
    n_other : members of the other cluster whose seats count
    share : 0 .. 1

    Returns
    -------
    two limits: one by the other cluster's size, one by the own size (which the choice decides)
    """
    shared, counts = masks
    other = SeatLimit(name=f"overlap:{name}", weights=shared.astype(float), upper=share * n_other)
    own = replace(
        other, name=f"overlap_own:{name}", weights=other.weights - share * counts, upper=0.0
    )
    return other, own


def _between(name: str, weights: Array, least: float, most: float) -> SeatLimit:
    lower = float(least) if least > 0 else -np.inf
    return SeatLimit(name=name, weights=weights, lower=lower, upper=float(most))


def _is(words: Sequence[str], word: str) -> Array:
    return np.array([one == word for one in words], dtype=float)


def _usual_region(organisations: Sequence[Row], region: Sequence[str]) -> dict[str, str]:
    """Name a settlement's region as most of its organisations do."""
    found: dict[str, Counter[str]] = {}
    for row, name in zip(organisations, region, strict=True):
        if row["place_id"] is not None and row["region"]:
            found.setdefault(row["place_id"], Counter())[name] += 1
    return {
        place_id: min(names, key=lambda name: (-names[name], name))
        for place_id, names in found.items()
    }
