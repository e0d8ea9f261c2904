"""Stage: whether the partners' informal promises hold by themselves, from the values they state."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.measures.relational_contract import (
    critical_discount_rate,
    holds_at,
    joint_critical_discount_rate,
)
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.tables import Tables

__all__ = ["Contracts"]

Row = dict[str, Any]
_VALUES = ("cooperation", "deviation", "fallback")


@dataclass(frozen=True, kw_only=True)
class Contracts:
    """Stage: the self-enforcement test of relational contracts (baker2002, levin2003).

    Every commitment between two members of a cluster is tested on the values its partners state.
    The first introductions of a cluster get a row too, which says what would have to be stated:
    nothing is guessed.

    Reads `cluster`, `membership`, `commitment`, `introduction`. Writes `self_enforcement`.
    """

    name: ClassVar[str] = "contracts"
    reads: ClassVar[tuple[str, ...]] = ("cluster", "membership", "commitment", "introduction")
    writes: ClassVar[tuple[str, ...]] = ("self_enforcement",)

    n_introductions: int = 10  # introductions per cluster for which values are asked

    def __post_init__(self) -> None:
        """Check the range of the parameter."""
        if self.n_introductions < 0:
            raise RecipeError(
                f"contracts: n_introductions is {self.n_introductions}", rule="it is >= 0"
            )

    def run(self, tables: Tables) -> Tables:
        """Test the stated commitments and list the pairs whose values are not stated."""
        members: dict[str, set[str]] = {}
        for row in tables.rows("membership"):
            members.setdefault(row["cluster_id"], set()).add(row["org_id"])
        rows: dict[tuple[str, str, str], Row] = {}
        for commitment in tables.rows("commitment"):
            key = _pair(commitment)
            for cluster_id, orgs in sorted(members.items()):
                if set(key) <= orgs and (cluster_id, *key) not in rows:
                    rows[cluster_id, *key] = _tested(cluster_id, commitment)
        for introduction in tables.rows("introduction"):
            place = (introduction["cluster_id"], *_pair(introduction))
            if introduction["rank"] <= self.n_introductions and place not in rows:
                rows[place] = _to_ask(introduction)
        return Tables().with_rows("self_enforcement", rows.values())


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    """The two partners in one order: whoever is named first, it is the same pair."""
    first, second = sorted((row["org_a"], row["org_b"]))
    return first, second


def _tested(cluster_id: str, commitment: Mapping[str, Any]) -> Row:
    row: Row = {
        "cluster_id": cluster_id,
        "org_a": commitment["org_a"],
        "org_b": commitment["org_b"],
        "stated_discount_rate": commitment["discount_rate"],
        "based_on": json.dumps([f"commitment:{commitment['commitment_id']}"]),
    }
    missing = [
        f"{value}_{side}"
        for side in "ab"
        for value in _VALUES
        if commitment[f"{value}_{side}"] is None
    ]
    if commitment["discount_rate"] is None:
        missing.append("discount_rate")
    if missing:
        text = reason(
            "Not estimated: the partners have not stated {what}.", what=", ".join(missing)
        )
        return {**row, "verdict": "not_estimated", "reasons": dump_reasons([text])}
    rates = {side: critical_discount_rate(*_values(commitment, side)) for side in "ab"}
    least = min(rates.values())
    verdict = "self_enforcing" if holds_at(commitment["discount_rate"], least) else "breaks"
    return {
        **row,
        "verdict": verdict,
        "critical_discount_rate_a": _finite(rates["a"]),
        "critical_discount_rate_b": _finite(rates["b"]),
        "critical_discount_rate": _finite(least),
        "reasons": dump_reasons(_reasons(commitment, rates, verdict)),
    }


def _values(commitment: Mapping[str, Any], side: str) -> tuple[float, float, float]:
    cooperation, deviation, fallback = (commitment[f"{value}_{side}"] for value in _VALUES)
    return cooperation, deviation, fallback


def _reasons(
    commitment: Mapping[str, Any], rates: Mapping[str, float], verdict: str
) -> list[Reason]:
    rate = commitment["discount_rate"]
    reasons = [_side_reason(commitment, side, rates[side]) for side in "ab"]
    if verdict == "self_enforcing":
        end = "The stated rate of {rate} is within both limits: the promise holds by itself."
        return [*reasons, reason(end, rate=rate)]
    if min(rates.values()) > 0:
        end = (
            "The stated rate of {rate} is above a limit: the promise needs a larger common gain, a "
            "payment between the partners, or a written contract."
        )
        reasons.append(reason(end, rate=rate))
    else:
        end = (
            "The promise does not hold by itself: it needs a larger common gain, a payment between "
            "the partners, or a written contract."
        )
        reasons.append(reason(end))
    joint = joint_critical_discount_rate(_values(commitment, "a"), _values(commitment, "b"))
    if holds_at(rate, joint):
        reasons.append(
            reason("With a payment between the two it would hold: together the gain suffices.")
        )
    return reasons


def _side_reason(commitment: Mapping[str, Any], side: str, critical: float) -> Reason:
    org = f"org:{commitment[f'org_{side}']}"
    cooperation, deviation, fallback = _values(commitment, side)
    if math.isinf(critical):
        return reason("{org} has nothing to gain by breaking the promise.", org=org)
    if critical == 0:
        return reason(
            "{org} earns {fallback} per period without the promise and {cooperation} with it: at "
            "no rate does it keep its word.",
            org=org,
            fallback=round(fallback, 4),
            cooperation=round(cooperation, 4),
        )
    return reason(
        "{org} would gain {gain} once by breaking the promise and lose {loss} in every "
        "later period: it keeps its word while a period's delay costs at most {rate}.",
        org=org,
        gain=round(deviation - cooperation, 4),
        loss=round(cooperation - fallback, 4),
        rate=round(critical, 4),
    )


def _to_ask(introduction: Mapping[str, Any]) -> Row:
    key = f"{introduction['cluster_id']}~{introduction['org_a']}~{introduction['org_b']}"
    text = reason(
        "Not estimated: nobody has stated what {a} and {b} would earn each period by cooperating, "
        "by breaking the promise once, and without each other. The form in the plan folder asks.",
        a=f"org:{introduction['org_a']}",
        b=f"org:{introduction['org_b']}",
    )
    return {
        "cluster_id": introduction["cluster_id"],
        "org_a": introduction["org_a"],
        "org_b": introduction["org_b"],
        "verdict": "not_estimated",
        "reasons": dump_reasons([text]),
        "based_on": json.dumps([f"introduction:{key}"]),
    }


def _finite(rate: float) -> float | None:
    """Infinity (keeps its word at any rate) is stored as empty; the reason says so."""
    return round(rate, 6) if math.isfinite(rate) else None
