"""Indicators of a candidate's ties and market, and of what people stated about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from clusterloom.schema import Reason, reason
from clusterloom.stages._condition_world import Finding, Subject, World, org_refs, origin_of

__all__ = ["tie_indicators"]

Row = dict[str, Any]


def tie_indicators(
    subject: Subject, world: World, *, framework: Sequence[str]
) -> dict[str, Finding]:
    """Measure the candidate's ties and market, and read what was stated about it."""
    return {
        "existing_ties": _ties(subject, world),
        "tie_density": _density(subject, world),
        "openness": _openness(subject, world),
        "administrative_framework": _framework(subject.row, world, framework),
        "market": _market(subject, world),
        **_facts(subject.row, world),
    }


def _no_tie(subject: Subject, world: World, *, unit: str, theme: str) -> Finding:
    text = reason("No working tie of any of them is known.")
    return _of_members(subject, world, text, unit=unit, theme=theme)


def _of_members(subject: Subject, world: World, text: Reason, *, unit: str, theme: str) -> Finding:
    return Finding(
        value=None,
        unit=unit,
        reasons=[text],
        theme=theme,
        refs=org_refs(subject.members),
        origin=world.origin_of_organisations(subject.members),
    )


def _pairs(links: Sequence[Row]) -> int:
    return len({tuple(sorted((r["org_a"], r["org_b"]))) for r in links})


def _ties(subject: Subject, world: World) -> Finding:
    if not subject.ties:
        return _no_tie(subject, world, unit="pairs", theme="ties")
    links = subject.ties_within
    text = reason(
        "{pairs} pairs of them have a working tie that is known, by {links} agreements, projects "
        "or papers.",
        pairs=_pairs(links),
        links=len(links),
    )
    return _among_members(subject, world, float(_pairs(links)), unit="pairs", text=text)


def _density(subject: Subject, world: World) -> Finding:
    if not subject.ties:
        return _no_tie(subject, world, unit="share", theme="ties")
    links, n = subject.ties_within, len(subject.members)
    tied, pairs = _pairs(links), n * (n - 1) // 2
    text = reason(
        "{tied} of {pairs} pairs have a working tie that is known.", tied=tied, pairs=pairs
    )
    share = tied / pairs if pairs else None
    return _among_members(subject, world, share, unit="share", text=text)


def _among_members(
    subject: Subject, world: World, value: float | None, *, unit: str, text: Reason
) -> Finding:
    """What the ties among the members say."""
    links = subject.ties_within
    return Finding(
        value=value,
        unit=unit,
        reasons=[text],
        theme="ties",
        refs=[*_link_refs(links), *org_refs(subject.members)],
        origin=origin_of(links) | world.origin_of_organisations(subject.members),
    )


def _openness(subject: Subject, world: World) -> Finding:
    """Count members' partners abroad, each pair of a member and a partner once."""
    if not subject.ties:
        return _no_tie(subject, world, unit="ties", theme="openness")
    members = set(subject.members)
    abroad = {
        (own, other)
        for row in subject.ties
        if None not in (row["country_a"], row["country_b"]) and row["country_a"] != row["country_b"]
        for own, other in ((row["org_a"], row["org_b"]), (row["org_b"], row["org_a"]))
        if own in members
    }
    text = reason("{n} working ties with organisations abroad are known.", n=len(abroad))
    return Finding(
        value=float(len(abroad)),
        unit="ties",
        reasons=[text],
        theme="openness",
        refs=org_refs(subject.tied),
        origin=origin_of(subject.ties) | world.origin_of_organisations(subject.tied),
    )


def _market(subject: Subject, world: World) -> Finding:
    """Organisations outside the candidate that members supply or have contracts with."""
    within = set(subject.members)
    links = [
        r
        for r in subject.ties
        if r["kind"] == "contract" or (r["kind"] == "supply" and r["org_a"] in within)
    ]
    if not links:
        text = reason("Nothing is known of whom they supply or have contracts with.")
        return _of_members(subject, world, text, unit="organisations", theme="market")
    outside = sorted({o for r in links for o in (r["org_a"], r["org_b"])} - within)
    text = reason(
        "{n} organisations outside the candidate are known that they supply or have contracts "
        "with.",
        n=len(outside),
    )
    return Finding(
        value=float(len(outside)),
        unit="organisations",
        reasons=[text],
        theme="market",
        refs=[*_link_refs(links), *org_refs(outside)],
        origin=origin_of(links) | world.origin_of_organisations(outside),
    )


def _link_refs(links: Iterable[Row]) -> list[str]:
    return [f"link:{row['link_id']}" for row in links]


def _stated(candidate: Row, world: World) -> dict[str, Row]:
    """Facts of the candidate or its place: its own before its place's, the latest year's."""
    subjects = (candidate["territory_id"], candidate["candidate_id"])
    stated = [row for subject_id in set(subjects) for row in world.facts.get(subject_id, ())]
    stated.sort(key=lambda r: (subjects.index(r["subject_id"]), r["year"] or 0, r["fact_id"]))
    return {row["indicator"]: row for row in stated}


def _framework(candidate: Row, world: World, framework: Sequence[str]) -> Finding:
    """Count facts on the administrative framework that people stated with a number above 0."""
    stated = {i: r for i, r in _stated(candidate, world).items() if i in framework}
    known = [row for row in stated.values() if row["value"] is not None]
    open_ = [name for name in framework if name not in {r["indicator"] for r in known}]
    reasons = []
    if known:
        reasons.append(
            reason(
                "{n} of {stated} measures of the administrative framework that were stated are in "
                "force.",
                n=sum(row["value"] > 0 for row in known),
                stated=len(known),
            )
        )
    if open_:
        reasons.append(
            reason("Nobody has stated as a number: {what}.", what=", ".join(sorted(open_)))
        )
    if not reasons:
        reasons.append(reason("No measures of the administrative framework were asked for."))
    return Finding(
        value=float(sum(row["value"] > 0 for row in known)) if known else None,
        unit="measures",
        reasons=reasons,
        theme="administration",
        refs=[f"fact:{row['fact_id']}" for row in stated.values()],
        origin=origin_of(stated.values()),
    )


def _facts(candidate: Row, world: World) -> dict[str, Finding]:
    return {
        f"fact:{name}": Finding(
            value=row["value"],
            unit=row["unit"] or "-",
            reasons=[
                reason("Stated by people: {what}.", what=row["value_text"] or str(row["value"]))
            ],
            theme="fact",
            refs=[f"fact:{row['fact_id']}"],
            origin=origin_of([row]),
        )
        for name, row in _stated(candidate, world).items()
    }
