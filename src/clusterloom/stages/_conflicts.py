"""Why no cluster can be composed from a candidate: rules that exclude each other, in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.networks.seats import SeatProblem
from clusterloom.networks.seats_conflicts import SeatRule, find_conflict
from clusterloom.schema import Reason, dump_reasons, reason

__all__ = ["Uncomposed", "conflict_rows", "no_core_row", "repeat_row"]

Row = dict[str, Any]
_Words = tuple[str, float | None, str | None, Reason]

_SEATS = "organisations"


@dataclass(frozen=True, kw_only=True)
class Uncomposed:
    """A candidate whose rules left no choice.

    `org_ids` are in the pool's order; `must_have`, `must_not` and `taken` name organisations of
    the pool: who must be in, who must not, and whose seats are in other clusters.
    """

    cluster_id: str
    candidate: Row
    problem: SeatProblem
    org_ids: Sequence[str]
    must_have: frozenset[str]
    taken: frozenset[str]
    currency: str
    time_limit_s: float


def conflict_rows(case: Uncomposed) -> list[Row]:
    """Return a row for each rule of an irreducible set that leaves no choice."""
    rules = find_conflict(case.problem, time_limit_s=case.time_limit_s)
    if not rules:
        words = reason(
            "No membership was found in {n} seconds; whether one exists is not known.",
            n=case.time_limit_s,
        )
        found: list[_Words] = [("time_limit_s", case.time_limit_s, "s", words)]
    else:
        found = [_rule_words(rule, case) for rule in rules]
    rows: dict[str, Row] = {}
    for n, (rule, value, unit, words) in enumerate(found):
        org_id = rule.partition(":")[2] if unit is None and ":" in rule else None
        last = [_last_word(rules[n], alone=len(rules) == 1)] if rules else []
        rows[rule] = _row(case, rule, (value, unit, org_id), [words, *last])
    return list(rows.values())


def _last_word(rule: SeatRule, *, alone: bool) -> Reason:
    """Say what leaving the rule out would change."""
    if not rule.is_proven:
        return reason("Whether a membership exists without this rule was not decided in time.")
    if alone:
        return reason("This rule alone leaves no choice.")
    return reason("Without this rule, and with all others, a membership exists.")


def no_core_row(cluster_id: str, candidate: Row, core_ids: Sequence[str]) -> Row:
    """Return the row of a candidate all of whose core organisations are in must_not."""
    words = reason(
        "must_not names all {n} organisations that could be its core, among them {org}.",
        n=len(core_ids),
        org=f"org:{core_ids[0]}",
    )
    bases = [f"core_score:{candidate['candidate_id']}~{org_id}" for org_id in core_ids]
    return {
        "cluster_id": cluster_id,
        "candidate_id": candidate["candidate_id"],
        "country": candidate["country"],
        "rule": "must_not",
        "reasons": dump_reasons([words]),
        "based_on": json.dumps(sorted(bases)),
    }


def repeat_row(cluster_id: str, candidate: Row, same_as: str) -> Row:
    """Return the row of a candidate that would give almost the same cluster as a surer one."""
    words = reason(
        "It would repeat {cluster}: the two would share most of their members. The surer candidate "
        "stays.",
        cluster=f"cluster:{same_as}",
    )
    bases = [f"candidate:{candidate['candidate_id']}", f"cluster:{same_as}"]
    return {
        "cluster_id": cluster_id,
        "candidate_id": candidate["candidate_id"],
        "country": candidate["country"],
        "rule": f"max_overlap:{same_as}",
        "unit": "share",
        "reasons": dump_reasons([words]),
        "based_on": json.dumps(bases),
    }


def _row(
    case: Uncomposed,
    rule: str,
    about: tuple[float | None, str | None, str | None],
    why: list[Reason],
) -> Row:
    value, unit, org_id = about
    bases = [f"candidate:{case.candidate['candidate_id']}"]
    if org_id is not None:
        bases.append(f"organisation:{org_id}")
    return {
        "cluster_id": case.cluster_id,
        "candidate_id": case.candidate["candidate_id"],
        "country": case.candidate["country"],
        "rule": rule,
        "value": value,
        "unit": unit,
        "org_id": org_id,
        "reasons": dump_reasons(why),
        "based_on": json.dumps(bases, ensure_ascii=False),
    }


def _rule_words(rule: SeatRule, case: Uncomposed) -> _Words:
    """Name the parameter behind a rule of the program, and say it in words."""
    if rule.kind in ("required", "barred"):
        return _about_one(rule, case)
    if rule.kind == "max_seats":
        words = reason("At most {n} seats can be taken.", n=int(rule.value))
        return "max_members", rule.value, _SEATS, words
    if rule.kind == "least_coverage":
        words = reason(
            "At least {percent} % of the need must be covered.", percent=round(100 * rule.value)
        )
        return "least_coverage", rule.value, "share", words
    about, _, word = rule.name.partition(":")
    return _LIMITS[about](rule, word, case)


def _about_one(rule: SeatRule, case: Uncomposed) -> _Words:
    org_id = case.org_ids[rule.candidate]
    org = f"org:{org_id}"
    if rule.kind == "barred" and org_id in case.taken:
        words = reason("{org} has its seats in other clusters that claim it.", org=org)
        return f"max_clusters_of_member:{org_id}", None, None, words
    if rule.kind == "barred":
        words = reason("{org} must not be a member.", org=org)
        return f"must_not:{org_id}", None, None, words
    if org_id in case.must_have:
        return f"must_have:{org_id}", None, None, reason("{org} must be a member.", org=org)
    words = reason("{org} has a fixed seat, as one of the strongest of the core.", org=org)
    return f"max_core:{org_id}", None, None, words


def _role_words(rule: SeatRule, role: str, case: Uncomposed) -> _Words:
    n = int(rule.value)
    if role == "core":
        words = reason("At least one core organisation must have a seat.")
        return "core", 1.0, _SEATS, words
    if rule.kind == "at_least":
        words = reason(
            "At least {n} seats must go to the role {role}; in reach {m} can take one.",
            n=n,
            m=_in_reach(rule, case),
            role=f"role:{role}",
        )
        return f"role_min:{role}", rule.value, _SEATS, words
    words = reason("At most {n} seats may go to the role {role}.", n=n, role=f"role:{role}")
    return f"role_max:{role}", rule.value, _SEATS, words


def _region_words(rule: SeatRule, region: str, case: Uncomposed) -> _Words:
    n = int(rule.value)
    if rule.kind == "at_least":
        words = reason(
            "At least {n} members must come from the region {x}; in reach there are {m}.",
            n=n,
            m=_in_reach(rule, case),
            x=region,
        )
        return f"region_min:{region}", rule.value, _SEATS, words
    words = reason("At most {n} members may come from the region {x}.", n=n, x=region)
    return f"region_max:{region}", rule.value, _SEATS, words


def _country_words(rule: SeatRule, country: str, case: Uncomposed) -> _Words:
    n = int(rule.value)
    if rule.kind == "at_least":
        words = reason(
            "At least {n} members must come from the country {country}; in reach there are {m}.",
            n=n,
            m=_in_reach(rule, case),
            country=country,
        )
        return f"country_min:{country}", rule.value, _SEATS, words
    words = reason("At most {n} members may come from the country {country}.", n=n, country=country)
    return f"country_max:{country}", rule.value, _SEATS, words


def _budget_words(rule: SeatRule, _: str, case: Uncomposed) -> _Words:
    words = reason(
        "All seats together may cost at most {value} {unit}.",
        value=rule.value,
        unit=case.currency,
    )
    return "budget", rule.value, case.currency, words


def _overlap_words(_rule: SeatRule, cluster_id: str, _case: Uncomposed) -> _Words:
    words = reason(
        "Too many of its members would sit in {cluster} too.", cluster=f"cluster:{cluster_id}"
    )
    return f"max_overlap:{cluster_id}", None, "share", words


def _pack_words(rule: SeatRule, article: str, case: Uncomposed) -> _Words:
    pack, _, name = article.partition(":")
    n = int(rule.value)
    if rule.kind == "variety":
        words = reason(
            "The criteria {what} ask for members of at least {n} kinds.", what=pack.upper(), n=n
        )
        unit = "types"
    elif name == "min_members":
        words = reason(
            "The criteria {what} ask for at least {n} members; in reach there are {m}.",
            what=pack.upper(),
            n=n,
            m=_in_reach(rule, case),
        )
        unit = _SEATS
    else:
        words = reason(
            "The criteria {what} ask for {n} members that are public bodies or tied to one.",
            what=pack.upper(),
            n=n,
        )
        unit = _SEATS
    return f"criteria:{article}", rule.value, unit, words


def _in_reach(rule: SeatRule, case: Uncomposed) -> int:
    """Count who may have a seat and counts for a limit."""
    (limit,) = [one for one in case.problem.limits if one.name == rule.name]
    return int(((limit.weights > 0) & ~case.problem.barred).sum())


_LIMITS = {
    "role": _role_words,
    "region": _region_words,
    "country": _country_words,
    "budget": _budget_words,
    "overlap": _overlap_words,
    "overlap_own": _overlap_words,
    "pack": _pack_words,
}
