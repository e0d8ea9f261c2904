"""The sentences about finance: why an investor may fit, and where a path breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.schema import Reason, reason
from clusterloom.stages._investors import Investor, common_sum

__all__ = ["gap_reasons", "match_reasons", "path_reasons"]

Row = dict[str, Any]

_LIMITS = ("country", "fields", "too_small", "too_large", "contradictory")


def match_reasons(
    demand: Row, investor: Investor, organisation: Mapping[str, Row], rates: Mapping[str, float]
) -> list[Reason]:
    """Say on what a match rests, and what has to be asked."""
    org, who = f"org:{investor.org_id}", f"org:{demand['org_id']}"
    stage = f"kind:{demand['stage']}"
    capital, home = organisation[investor.org_id], organisation[demand["org_id"]]["country"]
    if investor.origin == "stated":
        reasons = [reason("{org} states that it finances the stage {stage}.", org=org, stage=stage)]
    else:
        reasons = [
            reason(
                "{org} is capital of the kind {kind}, which usually finances the stage {stage}: "
                "assumed, not stated; ask before proposing.",
                org=org,
                kind=f"role:{investor.kind}",
                stage=stage,
            )
        ]
    if demand["origin"] == "inferred":
        reasons.append(
            reason(
                "{who} has stated no readiness level: its stage is inferred from the kind of work.",
                who=who,
            )
        )
    if demand["held_back_by"]:
        reasons.append(
            reason(
                "The {side} is the less ready side of this development and sets its stage.",
                side=f"kind:{demand['held_back_by']}",
            )
        )
    if investor.fields and not demand["fields"]:
        reasons.append(
            reason(
                "{org} finances certain fields only and those of the development are not known: "
                "ask whether they fit.",
                org=org,
            )
        )
    if capital["country"] != home:
        reasons.append(
            reason(
                "{org} sits abroad ({country}) and states that it finances in {home}.",
                org=org,
                country=capital["country"],
                home=home,
            )
        )
    return [*reasons, *_money_reasons(demand, investor, rates), *investor.faults]


def _money_reasons(demand: Row, investor: Investor, rates: Mapping[str, float]) -> list[Reason]:
    """Say how the sum sought and the stated limits were compared, if both are known."""
    limited = investor.low is not None or investor.high is not None
    if demand["sum"] is None or not limited:
        return []
    sought = common_sum(demand, investor, rates)
    if sought is None:
        return [
            reason(
                "The sum is sought in {x}, the limits are stated in {y}: not compared, since no "
                "rate is stated.",
                x=demand["currency"] or "?",
                y=investor.currency or "?",
            )
        ]
    reasons = []
    if demand["currency"] != investor.currency:
        reasons.append(
            reason(
                "The sum of {n} {x} is {sum} {y} by the rate stated in the recipe.",
                n=demand["sum"],
                x=demand["currency"],
                sum=round(sought, 2),
                y=investor.currency or "?",
            )
        )
    year = demand.get("year")
    if year is not None and investor.year is not None and year != investor.year:
        reasons.append(
            reason(
                "The sum is of {asked}, the limits are of {b}: compared as they stand, without a "
                "change of prices.",
                asked=str(year),
                b=str(investor.year),
            )
        )
    return reasons


def gap_reasons(
    stage: str,
    here: Sequence[Row],
    able: Sequence[str],
    n_open: int,
    *,
    first_break: bool,
) -> list[Reason]:
    """Say how demand and supply of one stage stand."""
    if not here:
        reasons = [
            reason(
                "No development at the stage {stage} is known; there may be some.",
                stage=f"kind:{stage}",
            )
        ]
    else:
        reasons = [
            reason(
                "{n} developments at the stage {stage}; {open} of them without an investor; "
                "{able} investors for this stage that serve the cluster (from its country or in "
                "reach).",
                n=len(here),
                stage=f"kind:{stage}",
                open=n_open,
                able=len(able),
            )
        ]
    if first_break:
        reasons.append(reason("Here the path from idea to growth breaks first."))
    if here and all(d["origin"] == "inferred" for d in here):
        reasons.append(
            reason("All stages are inferred from the kind of work: no survey answers are known.")
        )
    return reasons


def path_reasons(
    demand: Row, broken: str | None, n_assumed: int, excluded: Mapping[str, int]
) -> list[Reason]:
    """Say how far the path of one development goes, and why it ends.

    `excluded` counts the investors for the broken step that a stated limit keeps away, by limit.
    """
    who = f"org:{demand['org_id']}"
    if broken is None:
        reasons = [
            reason(
                "From the stage {stage} on every step to growth has an investor that may fit.",
                stage=f"kind:{demand['stage']}",
            )
        ]
    elif broken == demand["stage"]:
        reasons = [
            reason(
                "{who} stands at the stage {stage}, and no investor in reach fits it.",
                who=who,
                stage=f"kind:{broken}",
            )
        ]
    else:
        reasons = [
            reason(
                "The path goes on from the stage {stage} and breaks first at {x}.",
                stage=f"kind:{demand['stage']}",
                x=f"kind:{broken}",
            )
        ]
    if n_assumed:
        reasons.append(
            reason(
                "Steps that rest only on what a kind of capital usually finances, which nobody has "
                "stated: {n}.",
                n=n_assumed,
            )
        )
    n = {limit: excluded.get(limit, 0) for limit in _LIMITS}
    sentences = {
        "country": reason(
            "Investors for this step that do not finance in this country: {n}.", n=n["country"]
        ),
        "fields": reason(
            "Investors for this step that finance other fields only: {n}.", n=n["fields"]
        ),
        "too_small": reason(
            "Investors for this step whose smallest sum is larger: {n}.", n=n["too_small"]
        ),
        "too_large": reason(
            "Investors for this step whose largest sum is smaller: {n}.", n=n["too_large"]
        ),
        "contradictory": reason(
            "Investors for this step whose profile contradicts itself: {n}.",
            n=n["contradictory"],
        ),
    }
    return [*reasons, *(sentence for limit, sentence in sentences.items() if n[limit])]
