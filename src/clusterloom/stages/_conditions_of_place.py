"""Indicators of what a candidate finds around it: infrastructure, money, ties, rules, market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clusterloom.schema import reason
from clusterloom.schema.vocabulary import CAPITAL_KINDS, FINANCE_STAGES, INFRASTRUCTURE_ROLES
from clusterloom.spatial import great_circle_km
from clusterloom.stages._condition_world import Finding, World, org_refs

__all__ = ["place_indicators"]

Row = dict[str, Any]


def place_indicators(
    candidate: Row, world: World, *, framework: Sequence[str]
) -> dict[str, Finding]:
    """Measure the candidate's surroundings, indicator by indicator."""
    members = world.members.get(candidate["candidate_id"], [])
    return {
        "infrastructure": _infrastructure(candidate, world),
        **{f"infrastructure:{r}": _of_kind(candidate, r, world) for r in INFRASTRUCTURE_ROLES},
        "finance_reach": _finance(candidate, world),
        **{f"finance:{stage}": _stage(candidate, stage, world) for stage in FINANCE_STAGES},
        "existing_ties": _ties(members, world),
        "tie_density": _density(members, world),
        "openness": _openness(members, world),
        "public_body": _public(candidate, world),
        "administrative_framework": _framework(candidate, world, framework),
        "market": _market(members, world),
        **_facts(candidate, world),
    }


def _infrastructure(candidate: Row, world: World) -> Finding:
    found = world.in_territory(candidate, INFRASTRUCTURE_ROLES)
    kinds = {world.organisation[o]["role"] for o in found}
    reasons = [
        reason(
            "{n} of {all} kinds of infrastructure are known in reach.",
            n=len(kinds),
            all=len(INFRASTRUCTURE_ROLES),
        )
    ]
    reasons += [
        reason("None known of the kind {role}.", role=f"role:{role}")
        for role in INFRASTRUCTURE_ROLES
        if role not in kinds
    ]
    return Finding(
        value=float(len(kinds)),
        unit="kinds",
        reasons=reasons,
        theme="infrastructure",
        refs=org_refs(found),
        rests=org_refs(world.inside(candidate)),
    )


def _of_kind(candidate: Row, role: str, world: World) -> Finding:
    """Count one kind of infrastructure in reach; say how far the nearest one is."""
    near, land = world.in_territory(candidate, (role,)), world.in_country(candidate, (role,))
    reasons = [
        reason(
            "{near} of the kind {role} are known in reach, {land} in the country.",
            near=len(near),
            role=f"role:{role}",
            land=len(land),
        )
    ]
    nearest = _nearest_km(candidate, land, world)
    if nearest is not None:
        reasons.append(
            reason(
                "The nearest of them is about {distance} km from the centre of {place}.",
                distance=round(nearest, 1),
                place=f"place:{candidate['territory_id']}",
            )
        )
    return Finding(
        value=float(len(near)),
        unit="organisations",
        reasons=reasons,
        theme="infrastructure",
        refs=org_refs(near or land),
        rests=org_refs(world.inside(candidate)),
    )


def _nearest_km(candidate: Row, org_ids: Sequence[str], world: World) -> float | None:
    territory = world.territory.get(candidate["territory_id"])
    rows = [world.organisation[o] for o in org_ids]
    located = [r for r in rows if r["lat_deg"] is not None and r["lon_deg"] is not None]
    if territory is None or not located:
        return None
    lat = np.array([r["lat_deg"] for r in located], dtype=float)
    lon = np.array([r["lon_deg"] for r in located], dtype=float)
    centre = (np.array(territory.lat_deg), np.array(territory.lon_deg))
    return float(great_circle_km(lat, lon, *centre).min())


def _finance(candidate: Row, world: World) -> Finding:
    near = world.in_territory(candidate, CAPITAL_KINDS)
    land = world.in_country(candidate, CAPITAL_KINDS)
    text = reason(
        "{near} sources of capital in reach, {land} in the country.", near=len(near), land=len(land)
    )
    return Finding(
        value=float(len(land)),
        unit="organisations",
        reasons=[text],
        theme="finance",
        refs=org_refs(land),
        rests=org_refs(world.inside(candidate)),
    )


def _stage(candidate: Row, stage: str, world: World) -> Finding:
    """Sources of capital of the country for one stage of an innovation, stated or assumed."""
    land = [
        o
        for o in world.in_country(candidate, CAPITAL_KINDS)
        if stage in world.stages_of.get(o, frozenset())
    ]
    inside = set(world.inside(candidate))
    text = reason(
        "{land} sources of capital in the country finance this stage, {near} of them in reach; "
        "{stated} have said so, for the others it is assumed from their kind.",
        land=len(land),
        near=sum(o in inside for o in land),
        stated=sum(o in world.stated for o in land),
    )
    return Finding(
        value=float(len(land)),
        unit="organisations",
        reasons=[text],
        theme="finance",
        refs=org_refs(land),
        rests=org_refs(inside),
    )


def _tied(members: Sequence[str], world: World) -> list[str]:
    return [o for o in members if o in world.partners]


def _no_tie(unit: str, theme: str, members: Sequence[str]) -> Finding:
    text = reason("No working tie of any of them is known.")
    return Finding(value=None, unit=unit, reasons=[text], theme=theme, refs=org_refs(members))


def _pairs(links: Sequence[Row]) -> int:
    return len({tuple(sorted((r["org_a"], r["org_b"]))) for r in links})


def _ties(members: Sequence[str], world: World) -> Finding:
    if not _tied(members, world):
        return _no_tie("pairs", "ties", members)
    links = world.links_among(members)
    text = reason(
        "{pairs} pairs of them have a working tie that is known, by {links} agreements, projects "
        "or papers.",
        pairs=_pairs(links),
        links=len(links),
    )
    return Finding(
        value=float(_pairs(links)),
        unit="pairs",
        reasons=[text],
        theme="ties",
        refs=[*_link_refs(links), *org_refs(members)],
    )


def _density(members: Sequence[str], world: World) -> Finding:
    if not _tied(members, world):
        return _no_tie("share", "ties", members)
    links = world.links_among(members)
    tied, pairs = _pairs(links), len(members) * (len(members) - 1) // 2
    text = reason(
        "{tied} of {pairs} pairs have a working tie that is known.", tied=tied, pairs=pairs
    )
    return Finding(
        value=tied / pairs if pairs else None,
        unit="share",
        reasons=[text],
        theme="ties",
        refs=[*_link_refs(links), *org_refs(members)],
    )


def _openness(members: Sequence[str], world: World) -> Finding:
    linked = _tied(members, world)
    if not linked:
        return _no_tie("ties", "openness", members)
    known = world.organisation
    abroad = sum(
        known[p]["country"] != known[o]["country"]
        for o in linked
        for p in world.partners[o]
        if p in known
    )
    text = reason("{n} working ties with organisations abroad are known.", n=abroad)
    return Finding(
        value=float(abroad),
        unit="ties",
        reasons=[text],
        theme="openness",
        refs=org_refs(linked),
        rests=_link_refs(r for o in linked for r in world.links_of[o]),
    )


def _public(candidate: Row, world: World) -> Finding:
    found = world.in_territory(candidate, ("government_body", "state_fund"))
    text = reason("{n} public bodies are known in reach.", n=len(found))
    return Finding(
        value=float(len(found)),
        unit="organisations",
        reasons=[text],
        theme="administration",
        refs=org_refs(found),
        rests=org_refs(world.inside(candidate)),
    )


def _market(members: Sequence[str], world: World) -> Finding:
    """Organisations outside the candidate that members supply or have contracts with."""
    within = set(members)
    links = [
        r
        for o in members
        for r in world.links_of.get(o, ())
        if r["kind"] == "contract" or (r["kind"] == "supply" and r["org_a"] == o)
    ]
    if not links:
        text = reason("Nothing is known of whom they supply or have contracts with.")
        return Finding(
            value=None,
            unit="organisations",
            reasons=[text],
            theme="market",
            refs=org_refs(members),
        )
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
    )


def _link_refs(links: Any) -> list[str]:
    return [f"link:{row['link_id']}" for row in links]


def _stated(candidate: Row, world: World) -> dict[str, Row]:
    """Facts of the candidate or its place: its own before its place's, the latest year's."""
    subjects = (candidate["territory_id"], candidate["candidate_id"])
    stated = [row for row in world.facts if row["subject_id"] in subjects]
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
        )
        for name, row in _stated(candidate, world).items()
    }
