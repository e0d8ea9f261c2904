"""Indicators of what stands around a candidate: infrastructure, universities, money, the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clusterloom.schema import Reason, reason
from clusterloom.schema.vocabulary import CAPITAL_KINDS, FINANCE_STAGES, INFRASTRUCTURE_ROLES
from clusterloom.stages._condition_mix import Origin
from clusterloom.stages._condition_reach import Near
from clusterloom.stages._condition_world import Finding, Subject, World, org_refs

__all__ = ["place_indicators"]

Row = dict[str, Any]
_MOST_REFS = 40  # a row of `condition` names no more, and the first by id


def place_indicators(subject: Subject, world: World) -> dict[str, Finding]:
    """Measure the candidate's surroundings, indicator by indicator."""
    candidate = subject.row
    capital = world.surroundings.of_kind(candidate, CAPITAL_KINDS)
    return {
        "infrastructure": _infrastructure(candidate, world),
        **{f"infrastructure:{r}": _of_kind(candidate, r, world) for r in INFRASTRUCTURE_ROLES},
        "human_capital": _universities(candidate, world),
        "finance_reach": _finance(candidate, capital, world),
        **{
            f"finance:{stage}": _stage(candidate, capital, stage=stage, world=world)
            for stage in FINANCE_STAGES
        },
        "public_body": _public(candidate, world),
    }


def _infrastructure(candidate: Row, world: World) -> Finding:
    """Count kinds of infrastructure in reach, of those that any source of the country names."""
    seen = {r: world.surroundings.of_kind(candidate, (r,)) for r in INFRASTRUCTURE_ROLES}
    everything = world.surroundings.of_kind(candidate, INFRASTRUCTURE_ROLES)
    n_near = sum(bool(len(one.near)) for one in seen.values())
    n_wider = sum(one.n_wider > 0 for one in seen.values())
    reasons = [
        reason(
            "{n} of {all} kinds of infrastructure are known in reach.",
            n=n_near,
            all=len(INFRASTRUCTURE_ROLES),
        ),
        _reach(candidate, n_wider, world),
    ]
    for role, one in seen.items():
        if not len(one.land):
            reasons.append(_no_source_names(role))
        elif not one.known:
            reasons.append(_in_reach_and_country(role, one))
        elif not len(one.near):
            reasons.append(reason("None known of the kind {role}.", role=f"role:{role}"))
    unnamed = reason("No source of this country names any infrastructure, so it is not known.")
    return _counted(
        candidate,
        everything,
        world,
        theme="infrastructure",
        unit="kinds",
        values=(n_near, n_wider),
        reasons=reasons,
        unnamed=unnamed,
    )


def _of_kind(candidate: Row, role: str, world: World) -> Finding:
    """Count one kind of infrastructure in reach; say how far the nearest one is."""
    seen = world.surroundings.of_kind(candidate, (role,))
    return _counted(
        candidate,
        seen,
        world,
        theme="infrastructure",
        reasons=[_in_reach_and_country(role, seen), *_around(candidate, seen, world)],
        unnamed=_no_source_names(role),
    )


def _universities(candidate: Row, world: World) -> Finding:
    seen = world.surroundings.of_kind(candidate, ("university",))
    text = reason("{n} universities are known in reach.", n=len(seen.near))
    return _counted(
        candidate,
        seen,
        world,
        theme="human_capital",
        reasons=[text, *_around(candidate, seen, world)],
        unnamed=reason("No source of this country names any university, so it is not known."),
    )


def _public(candidate: Row, world: World) -> Finding:
    seen = world.surroundings.of_kind(candidate, ("government_body", "state_fund"))
    text = reason("{n} public bodies are known in reach.", n=len(seen.near))
    return _counted(
        candidate,
        seen,
        world,
        theme="administration",
        reasons=[text, *_around(candidate, seen, world)],
        unnamed=reason("No source of this country names any public body, so it is not known."),
    )


def _counted(
    candidate: Row,
    seen: Near,
    world: World,
    *,
    theme: str,
    reasons: Sequence[Reason],
    unnamed: Reason,
    unit: str = "organisations",
    values: tuple[int, int] | None = None,
) -> Finding:
    """Tell a count in reach; it is not known where nobody is named or nobody is located.

    `values` are the counts in reach and within the wider radius, by default of organisations.
    """
    if not seen.known:
        why = unnamed if not len(seen.land) else _not_located(candidate, seen)
        return Finding(value=None, unit=unit, reasons=[why], theme=theme)
    near, wider = values or (len(seen.near), seen.n_wider)
    refs = seen.near if len(seen.near) else seen.land
    return Finding(
        value=float(near),
        unit=unit,
        reasons=list(reasons),
        theme=theme,
        refs=org_refs(world.surroundings.ids(refs[:_MOST_REFS])),
        origin=Origin.without_year(seen.sources),
        wider=float(wider),
        nearest_km=seen.nearest_km,
    )


def _finance(candidate: Row, seen: Near, world: World) -> Finding:
    """Sources of capital of the country, wherever they are: money travels farther than people."""
    if not len(seen.land):
        return _no_capital()
    text = reason(
        "{near} sources of capital in reach, {land} in the country.",
        near=len(seen.near),
        land=len(seen.land),
    )
    return Finding(
        value=float(len(seen.land)),
        unit="organisations",
        reasons=[text, *_around(candidate, seen, world)],
        theme="finance",
        refs=org_refs(world.surroundings.ids(seen.land[:_MOST_REFS])),
        origin=Origin.without_year(seen.sources),
        nearest_km=seen.nearest_km,
    )


def _stage(candidate: Row, seen: Near, *, stage: str, world: World) -> Finding:
    """Sources of capital of the country for one stage of an innovation, stated or assumed."""
    if not len(seen.land):
        return _no_capital()
    land, stated = world.financing(candidate, seen.land, stage)
    text = reason(
        "{land} sources of capital in the country finance this stage, {near} of them in reach; "
        "{stated} have said so, for the others it is assumed from their kind.",
        land=len(land),
        near=int(np.isin(land, seen.near).sum()),
        stated=stated,
    )
    return Finding(
        value=float(len(land)),
        unit="organisations",
        reasons=[text],
        theme="finance",
        refs=org_refs(world.surroundings.ids(land[:_MOST_REFS])),
        # A known 0 rests on all the capital that was looked through.
        origin=Origin.without_year(seen.sources),
    )


def _no_capital() -> Finding:
    text = reason("No source of this country names any source of capital, so it is not known.")
    return Finding(value=None, unit="organisations", reasons=[text], theme="finance")


def _no_source_names(role: str) -> Reason:
    return reason(
        "No source of this country names any of the kind {role}, so it is not known.",
        role=f"role:{role}",
    )


def _in_reach_and_country(role: str, seen: Near) -> Reason:
    return reason(
        "{near} of the kind {role} are known in reach, {land} in the country.",
        near=len(seen.near),
        role=f"role:{role}",
        land=len(seen.land),
    )


def _not_located(candidate: Row, seen: Near) -> Reason:
    if not seen.place_known:
        return reason(
            "The position of {place} is not known, so neither is what is in reach of it.",
            place=f"place:{candidate['territory_id']}",
        )
    return reason(
        "Known in the country: {land}, none of them with a position, so what is in reach is not "
        "known.",
        land=len(seen.land),
    )


def _around(candidate: Row, seen: Near, world: World) -> list[Reason]:
    """Say what reach means, how many a wider circle holds, and how far the nearest is."""
    if not seen.known:
        return [_not_located(candidate, seen)]
    reasons = [_reach(candidate, seen.n_wider, world)]
    if seen.nearest_km is not None:
        reasons.append(
            reason(
                "The nearest of them is about {distance} km from the centre of {place}.",
                distance=round(seen.nearest_km, 1),
                place=f"place:{candidate['territory_id']}",
            )
        )
    if seen.n_located < len(seen.land):
        reasons.append(
            reason(
                "Not counted in reach, for lack of a known position: {n}.",
                n=len(seen.land) - seen.n_located,
            )
        )
    return reasons


def _reach(candidate: Row, n_wider: int, world: World) -> Reason:
    return reason(
        "In reach means within {radius} km of the centre of {place}; known within {wide} km: {n}.",
        radius=candidate["radius_km"],
        place=f"place:{candidate['territory_id']}",
        wide=world.surroundings.wide_radius_km(candidate),
        n=n_wider,
    )
