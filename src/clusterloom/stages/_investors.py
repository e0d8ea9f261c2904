"""Investors as profiles: what each states, what contradicts itself, and what fits a demand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.currencies import CURRENCIES
from clusterloom.schema.vocabulary import CAPITAL_KINDS, FINANCE_STAGES
from clusterloom.tables import Tables

__all__ = ["Investor", "check_row", "common_sum", "excludes", "read_investors"]

Row = dict[str, Any]
Rates = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Investor:
    """What an organisation finances: stated in a profile, or assumed from its kind of capital.

    `low` and `high` are sums in `currency`, at prices of `year`; None where nothing is stated or
    the statement cannot be used. `faults` says what of the profile cannot be used and why;
    a `contradictory` profile fits nothing.
    """

    org_id: str
    kind: str
    stages: tuple[str, ...]
    fields: tuple[str, ...]
    countries: tuple[str, ...]
    low: float | None
    high: float | None
    currency: str | None
    year: int | None
    origin: str
    ref: str
    contradictory: bool = False
    faults: tuple[Reason, ...] = ()


def read_investors(
    tables: Tables, stages_of_kind: Mapping[str, Sequence[str]]
) -> tuple[list[Investor], list[Row]]:
    """Read profiles as they are stated, and organisations with capital that stated none.

    A stated profile that contradicts itself is not replaced by an assumption.

    Returns
    -------
    investors (stated ones first), rows of `investor_check`
    """
    organisation = tables.by_key("organisation", "org_id")
    stated: list[Investor] = []
    checks: list[Row] = []
    for row in tables.rows("investor_profile"):
        if row["org_id"] in organisation:
            investor = _stated(row, organisation[row["org_id"]], stages_of_kind)
            stated.append(investor)
            checks.append(check_row(row["investor_profile_id"], investor))
    known = {investor.org_id for investor in stated}
    assumed = [
        Investor(
            org_id=org_id,
            kind=row["role"],
            stages=tuple(stages_of_kind.get(row["role"], ())),
            fields=(),
            countries=(row["country"],),
            low=None,
            high=None,
            currency=None,
            year=None,
            origin="assumed",
            ref=f"organisation:{org_id}",
        )
        for org_id, row in sorted(organisation.items())
        if row["role"] in CAPITAL_KINDS and org_id not in known
    ]
    return [*stated, *assumed], checks


def _stated(
    profile: Row, organisation: Row, stages_of_kind: Mapping[str, Sequence[str]]
) -> Investor:
    org = f"org:{profile['org_id']}"
    named = _split(profile["stages"])
    stages = tuple(s for s in named if s in FINANCE_STAGES)
    low, high, currency = profile["ticket_min"], profile["ticket_max"], profile["currency"]
    faults = [
        reason(
            "{org} names a stage `{what}` that is none of the list: left out.", org=org, what=stage
        )
        for stage in named
        if stage not in FINANCE_STAGES
    ]
    contradictory = bool(named) and not stages
    if low is not None and high is not None and low > high:
        contradictory = True
        faults.append(
            reason(
                "{org} states a smallest sum of {low} above its largest of {high}: not matched.",
                org=org,
                low=low,
                high=high,
            )
        )
    if (low is not None or high is not None) and currency not in CURRENCIES:
        low = high = None
        faults.append(
            reason("{org} states sums without a currency: they are not compared.", org=org)
            if currency is None
            else reason(
                "{org} states sums in `{what}`, which is no currency of ISO 4217: they are not "
                "compared.",
                org=org,
                what=currency,
            )
        )
    return Investor(
        org_id=profile["org_id"],
        kind=profile["kind"],
        # A profile that leaves the stages open does not say "none": its kind of capital speaks.
        stages=stages if named else tuple(stages_of_kind.get(profile["kind"], ())),
        fields=_split(profile["fields"]),
        countries=_split(profile["countries"]) or (organisation["country"],),
        low=low,
        high=high,
        currency=currency,
        year=profile["price_year"],
        origin="stated" if named else "assumed",
        ref=f"investor_profile:{profile['investor_profile_id']}",
        contradictory=contradictory,
        faults=tuple(faults),
    )


def check_row(profile_id: str, investor: Investor) -> Row:
    """Return what could be made of a profile as a row of `investor_check`."""
    verdict = "usable_in_part" if investor.faults else "usable"
    read = reason("The profile is taken as it is stated.")
    return {
        "investor_profile_id": profile_id,
        "org_id": investor.org_id,
        "kind": investor.kind,
        "verdict": "contradictory" if investor.contradictory else verdict,
        "stages": "|".join(investor.stages) or None,
        "reasons": dump_reasons(investor.faults or [read]),
        "based_on": json.dumps([investor.ref]),
    }


def excludes(demand: Row, investor: Investor, home: str, rates: Rates) -> str | None:
    """Say which stated limit excludes a demand, or None if none does.

    Parameters
    ----------
    demand : org_id, stage, fields, sum, currency
    home : country of the demand
    rates : ``CNY/EUR`` to how many EUR one CNY is; nothing is converted without one

    Returns
    -------
    contradictory, own, stage, country, fields, too_small, too_large, or None
    """
    if investor.contradictory:
        return "contradictory"
    if investor.org_id == demand["org_id"]:
        return "own"
    if demand["stage"] not in investor.stages:
        return "stage"
    if home not in investor.countries:
        return "country"
    # Unknown fields exclude nobody.
    if investor.fields and demand["fields"] and not set(investor.fields) & set(demand["fields"]):
        return "fields"
    sought = common_sum(demand, investor, rates)
    if sought is not None and investor.low is not None and sought < investor.low:
        return "too_small"
    if sought is not None and investor.high is not None and sought > investor.high:
        return "too_large"
    return None


def common_sum(demand: Row, investor: Investor, rates: Rates) -> float | None:
    """Return the sum sought in the investor's currency; None where that cannot be said.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> fund = SimpleNamespace(currency="EUR")
    >>> common_sum({"sum": 200.0, "currency": "BYN"}, fund, {"EUR/BYN": 4.0})
    50.0
    >>> common_sum({"sum": 200.0, "currency": "BYN"}, fund, {}) is None
    True
    """
    sought, own, other = demand["sum"], demand["currency"], investor.currency
    if sought is None or own is None or other is None:
        return None
    if own == other:
        return float(sought)
    if f"{own}/{other}" in rates:
        return float(sought * rates[f"{own}/{other}"])
    if f"{other}/{own}" in rates:
        return float(sought / rates[f"{other}/{own}"])
    return None


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split("|") if part.strip())
