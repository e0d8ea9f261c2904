"""Indicators of what a candidate's members do: research, production, teaching, and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clusterloom.measures.growth import midpoint_growth
from clusterloom.schema import reason
from clusterloom.stages._condition_world import Finding, World, org_refs, work_refs

__all__ = ["work_indicators"]

Row = dict[str, Any]
_RESEARCH = ("research", "development")


def work_indicators(candidate: Row, world: World, *, growth_years: int) -> dict[str, Finding]:
    """Measure the members' work in the candidate's family, indicator by indicator."""
    members = world.members.get(candidate["candidate_id"], [])
    inside = [
        row
        for o in members
        for row in world.work.get(o, [])
        if row["family_id"] == candidate["family_id"]
    ]
    return {
        "research_strength": _directions(inside, _RESEARCH),
        "research_growth": _growth(inside, world, growth_years),
        "paradigm_vi_share": _paradigm(inside),
        "specialisation": _specialisation(candidate, world),
        "production_base": _directions(inside, ("production",)),
        "human_capital": _universities(candidate, world),
        "training": _training(inside),
        "evidence_quality": _evidence(inside, world),
    }


def _directions(inside: Sequence[Row], kinds: Sequence[str]) -> Finding:
    rows = [r for r in inside if r["kind"] in kinds]
    names = {r["activity_id"] for r in rows}
    if "production" in kinds:
        text = reason("{n} directions of production in the family are known.", n=len(names))
    else:
        text = reason("{n} directions of research and development are known.", n=len(names))
    return Finding(
        value=float(len(names)),
        unit="directions",
        reasons=[text],
        theme="production" if "production" in kinds else "research",
        refs=work_refs(rows),
        rests=work_refs(inside),
    )


def _growth(inside: Sequence[Row], world: World, years: int) -> Finding:
    """Change between two windows of equal length, over their mean (davis1992)."""
    rows = {r["activity_id"]: r for r in inside if r["kind"] in _RESEARCH}
    year_of, as_of = world.dates.year_of, world.dates.as_of
    dated = [a for a in rows if a in year_of]
    reasons = []
    if len(dated) < len(rows):
        reasons.append(
            reason(
                "{n} of {all} research directions have no date in the years looked at.",
                n=len(rows) - len(dated),
                all=len(rows),
            )
        )
    value = None
    if as_of is not None and dated:
        first = as_of - 2 * years + 1
        middle = as_of - years
        covered = any(first <= year <= middle for year in year_of.values())
        early = sum(first <= year_of[a] <= middle for a in dated)
        late = sum(middle < year_of[a] for a in dated)
        counted = reason(
            "{late} research directions are dated {middle} to {last}, {early} are dated {first} "
            "to {before}.",
            late=late,
            middle=str(middle + 1),
            last=str(as_of),
            early=early,
            first=str(first),
            before=str(middle),
        )
        reasons.append(counted)
        if covered and early + late:
            value = midpoint_growth(early, late)
        elif not covered:
            reasons.append(reason("The data hold nothing from the earlier years to compare with."))
    else:
        reasons.append(reason("No research direction has a date, so growth is not known."))
    return Finding(
        value=value,
        unit="change over mean",
        reasons=reasons,
        theme="research",
        refs=work_refs(rows[a] for a in dated),
        rests=work_refs(rows.values()),
    )


def _paradigm(inside: Sequence[Row]) -> Finding:
    known = [r for r in inside if r["kind"] in _RESEARCH and r["paradigms"]]
    if not known:
        text = reason("The paradigm of no direction is known.")
        return Finding(value=None, unit="share", reasons=[text], theme="research")
    # A direction in several fields has a row for each of them and is counted once.
    directions = {r["activity_id"] for r in known}
    six = len({r["activity_id"] for r in known if "VI" in r["paradigms"]})
    text = reason(
        "{six} of {n} research directions with a known paradigm are at the VI; the paradigm is a "
        "judgement of the source, the survey or the mapping.",
        six=six,
        n=len(directions),
    )
    return Finding(
        value=six / len(directions),
        unit="share",
        reasons=[text],
        theme="research",
        refs=work_refs(known),
    )


def _specialisation(candidate: Row, world: World) -> Finding:
    """Location quotient of the family in the territory against the country (balassa1965)."""
    territory = world.territory.get(candidate["territory_id"])
    inside = [o for o in (territory.org_ids if territory else ()) if o in world.weight]
    family = candidate["family_id"]
    here = sum(world.weight[o].get(family, 0.0) for o in inside)
    here_all = sum(sum(world.weight[o].values()) for o in inside)
    country = world.land.get(candidate["country"], {})
    land, land_all = country.get(family, 0.0), sum(country.values())
    if not here_all or not land:
        text = reason("Too little is known to compare.")
        return Finding(value=None, unit="location quotient", reasons=[text], theme="research")
    value = (here / here_all) / (land / land_all)
    text = reason(
        "The family's share of known work here is {value} times its share in the country.",
        value=round(value, 2),
    )
    return Finding(
        value=value,
        unit="location quotient",
        reasons=[text],
        theme="research",
        refs=[f"candidate:{candidate['candidate_id']}"],
        rests=work_refs(row for o in inside for row in world.work.get(o, ())),
    )


def _universities(candidate: Row, world: World) -> Finding:
    found = world.in_territory(candidate, ("university",))
    return Finding(
        value=float(len(found)),
        unit="organisations",
        reasons=[reason("{n} universities are known in reach.", n=len(found))],
        theme="human_capital",
        refs=org_refs(found),
        rests=org_refs(world.inside(candidate)),
    )


def _training(inside: Sequence[Row]) -> Finding:
    courses = [r for r in inside if r["kind"] == "training"]
    n = len({r["activity_id"] for r in courses})
    return Finding(
        value=float(n),
        unit="directions",
        reasons=[reason("{n} directions of training in the family are known.", n=n)],
        theme="human_capital",
        refs=work_refs(courses),
        rests=work_refs(inside),
    )


def _evidence(inside: Sequence[Row], world: World) -> Finding:
    """Share of directions marked verified; answers to the survey carry their marks elsewhere."""
    rows = [r for r in inside if r["activity_id"] in world.evidence]
    mark_of = {r["activity_id"]: world.evidence[r["activity_id"]] for r in rows}
    if not any(mark_of.values()):
        text = reason("The source gave no evidence marks.")
        return Finding(value=None, unit="share", reasons=[text], theme="evidence")
    share = sum(mark == "verified" for mark in mark_of.values()) / len(mark_of)
    text = reason("A share of {share} of the directions is marked verified.", share=round(share, 2))
    return Finding(
        value=share, unit="share", reasons=[text], theme="evidence", refs=work_refs(rows)
    )
