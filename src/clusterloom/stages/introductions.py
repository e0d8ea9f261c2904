"""Stage `introductions`: which ties are missing, inside a cluster and one step outside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema.vocabulary import ACTIVITY_KINDS, MEMBER_ROLES
from clusterloom.stages._introduction_pairs import Circle
from clusterloom.stages._introduction_work import Work, seats_outside
from clusterloom.tables import Tables

__all__ = ["Introductions"]

Row = dict[str, Any]

_PARTS = ("complementarity", "adjacency", "shared_partners", "nearness", "role_pair")


def _default_weights() -> dict[str, float]:
    return {
        "complementarity": 0.35,
        "adjacency": 0.25,
        "shared_partners": 0.15,
        "nearness": 0.1,
        "role_pair": 0.15,
    }


def _default_role_pairs() -> dict[str, float]:
    return {
        "development+investor": 1.0,
        "core+producer": 1.0,
        "core+kindred_university": 0.9,
        "core+kindred_institute": 0.8,
        "core+infrastructure": 0.8,
        "core+investor": 0.8,
        "infrastructure+producer": 0.7,
        "kindred_university+producer": 0.7,
        "kindred_institute+producer": 0.7,
        "kindred_institute+kindred_university": 0.6,
        "core+core": 0.6,
        "core+state": 0.6,
        "investor+producer": 0.6,
        "infrastructure+kindred_university": 0.5,
        "infrastructure+kindred_institute": 0.5,
        "infrastructure+investor": 0.4,
        "core+network": 0.4,
        "network+producer": 0.4,
        "producer+producer": 0.3,
        "producer+state": 0.3,
    }


def _default_stage_pairs() -> dict[str, float]:
    return {
        "production+research": 1.0,
        "development+production": 1.0,
        "development+research": 1.0,
        "production+service": 0.6,
        "development+service": 0.6,
        "research+service": 0.4,
        "production+training": 0.5,
        "development+training": 0.4,
        "finance+production": 0.5,
        "development+finance": 0.5,
    }


@dataclass(frozen=True, kw_only=True)
class Introductions:
    """Stage: rank the missing ties of each cluster; nobody gets more than they can attend to.

    Pairs of members come first, then pairs of a member and a partner of another member that is
    not a member itself (one step outside). A pair with a tie of any kind on record is not
    introduced again. Among the pairs those of the largest total score are taken (edmonds1965).

    Reads `cluster`, `membership`, `need`, `gap`, `organisation`, `activity`, `activity_field`,
    `field`, `field_adjacency`, `link`, `place`, `development`, `investor_profile`. Writes
    `introduction`.
    """

    name: ClassVar[str] = "introductions"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "need",
        "gap",
        "organisation",
        "activity",
        "activity_field",
        "field",
        "field_adjacency",
        "link",
        "place",
        "development",
        "investor_profile",
    )
    writes: ClassVar[tuple[str, ...]] = ("introduction",)

    # Weights of the parts of the score, summing to 1. An unknown distance is left out and the
    # other parts count for more. Unknown fields earn nothing: a proposal needs a ground.
    weights: dict[str, float] = field(default_factory=_default_weights)
    # What a pair of cluster roles is worth, 0 .. 1 (names sorted and joined by +). The pair
    # development+investor is a stated development and an investor that states its stage.
    role_pairs: dict[str, float] = field(default_factory=_default_role_pairs)
    other_role_pair: float = 0.0  # 0..1; pairs not named above; pairs worth 0 are not proposed
    # How well two kinds of work follow each other in a value chain, 0 .. 1; others count 0.
    stage_pairs: dict[str, float] = field(default_factory=_default_stage_pairs)
    min_adjacency: float = 0.35  # 0..1; fields less adjacent than this do not complement each other
    nearness_km: float = 50.0  # km at which nearness has fallen to 1/e
    min_score: float = 0.2  # 0..1; weaker introductions are not proposed
    per_organisation: int = 3  # introductions of one organisation in a cluster at most
    max_introductions: int = 40  # introductions inside a cluster at most
    n_outside: int = 30  # partners of members looked at one step outside, 0 = none
    max_outside: int = 10  # introductions one step outside a cluster at most

    def __post_init__(self) -> None:
        if set(self.weights) != set(_PARTS) or min(self.weights.values()) < 0:
            raise RecipeError(
                f"introductions: weights names {', '.join(sorted(self.weights))}",
                rule=f"it gives a weight >= 0 to each of {', '.join(_PARTS)}",
            )
        if abs(sum(self.weights.values()) - 1.0) > 1e-6:
            raise RecipeError(
                f"introductions: the weights sum to {sum(self.weights.values()):g}",
                rule="they sum to 1",
            )
        _check_pairs("role_pairs", self.role_pairs, (*MEMBER_ROLES, "development"))
        _check_pairs("stage_pairs", self.stage_pairs, ACTIVITY_KINDS)
        for name in ("other_role_pair", "min_adjacency", "min_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(
                    f"introductions: {name} is {getattr(self, name):g}", rule="it lies in 0..1"
                )
        for name in ("nearness_km", "per_organisation", "max_introductions"):
            if getattr(self, name) <= 0:
                raise RecipeError(
                    f"introductions: {name} is {getattr(self, name):g}", rule="it is above 0"
                )
        for name in ("n_outside", "max_outside"):
            if getattr(self, name) < 0:
                raise RecipeError(
                    f"introductions: {name} is {getattr(self, name)}", rule="it is >= 0"
                )

    def run(self, tables: Tables) -> Tables:
        """Rank the missing ties of every cluster."""
        rows = [row for circle in self.circles(tables) for row in circle.rows()]
        return Tables().with_rows("introduction", rows)

    def circles(self, tables: Tables) -> list[Circle]:
        """Return each cluster with those who may be introduced, before a choice is made."""
        members: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("membership"):
            members[row["cluster_id"]].append(row)
        gaps: dict[str, set[str]] = defaultdict(set)
        for row in tables.rows("gap"):
            gaps[row["cluster_id"]].add(row["need"])
        importance = {
            (row["cluster_id"], row["need"]): row["weight"] for row in tables.rows("need")
        }
        clusters = tables.by_key("cluster", "cluster_id")
        outside = seats_outside(tables, clusters, members, self.n_outside)
        everybody = [row for rows in (*members.values(), *outside.values()) for row in rows]
        work = Work.of(tables, {row["org_id"] for row in everybody})
        circles = []
        for cluster_id in sorted(clusters):
            # The weightiest open needs are named first.
            needs = sorted(
                gaps[cluster_id], key=lambda need: (-importance.get((cluster_id, need), 0.0), need)
            )
            own, near = tuple(members[cluster_id]), tuple(outside[cluster_id])
            circles.append(Circle(self, work, cluster_id, own, near, tuple(needs)))
        return circles


def _check_pairs(name: str, pairs: Mapping[str, float], known: Iterable[str]) -> None:
    """Refuse pairs that could never match: names unknown or out of order."""
    words = set(known)
    for pair, worth in pairs.items():
        parts = pair.split("+")
        if len(parts) != 2 or not set(parts) <= words or parts != sorted(parts):
            raise RecipeError(
                f"introductions: {name} has the pair `{pair}`",
                rule="two known names in alphabetical order, joined by +",
            )
        if not 0 <= worth <= 1:
            raise RecipeError(f"introductions: `{pair}` is worth {worth:g}", rule="0..1")
