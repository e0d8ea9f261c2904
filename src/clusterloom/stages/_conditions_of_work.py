"""Indicators of what a candidate's members do: research, production, teaching, and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clusterloom.measures.growth import midpoint_growth
from clusterloom.schema import Reason, reason
from clusterloom.stages._condition_world import Finding, Subject, World, origin_of, work_refs

__all__ = ["work_indicators"]

Row = dict[str, Any]
_RESEARCH = ("research", "development")


def work_indicators(subject: Subject, world: World, *, growth_years: int) -> dict[str, Finding]:
    """Measure the members' work in the candidate's family, indicator by indicator."""
    return {
        "research_strength": _research(subject, world),
        "research_growth": _growth(subject.work, world, growth_years),
        "paradigm_vi_share": _paradigm(subject.work),
        "specialisation": _specialisation(subject, world),
        "production_base": _production(subject, world),
        "training": _training(subject, world),
        "evidence_quality": _evidence(subject.work),
    }


def _research(subject: Subject, world: World) -> Finding:
    rows = [r for r in subject.work if r["kind"] in _RESEARCH]
    return _directions(
        subject,
        rows,
        theme="research",
        named=world.names_work(subject.row, _RESEARCH),
        counted=reason("{n} directions of research and development are known.", n=len(rows)),
        unnamed=reason(
            "No source of this country names any research or development, so it is not known."
        ),
    )


def _production(subject: Subject, world: World) -> Finding:
    rows = [r for r in subject.work if r["kind"] == "production"]
    return _directions(
        subject,
        rows,
        theme="production",
        named=world.names_work(subject.row, ("production",)),
        counted=reason("{n} directions of production in the family are known.", n=len(rows)),
        unnamed=reason("No source of this country names any production, so it is not known."),
    )


def _training(subject: Subject, world: World) -> Finding:
    rows = [r for r in subject.work if r["kind"] == "training"]
    return _directions(
        subject,
        rows,
        theme="human_capital",
        named=world.names_work(subject.row, ("training",)),
        counted=reason("{n} directions of training in the family are known.", n=len(rows)),
        unnamed=reason("No source of this country names any training, so it is not known."),
    )


def _directions(
    subject: Subject,
    rows: Sequence[Row],
    *,
    theme: str,
    named: bool,
    counted: Reason,
    unnamed: Reason,
) -> Finding:
    """Count directions; none is a known 0 only where somebody looked for such work."""
    if not subject.members or not named:
        why = unnamed if subject.members else reason("Its members are not known.")
        return Finding(value=None, unit="directions", reasons=[why], theme=theme)
    return Finding(
        value=float(len(rows)),
        unit="directions",
        reasons=[counted],
        theme=theme,
        refs=work_refs(rows),
        origin=subject.work_origin,
    )


def _growth(work: Sequence[Row], world: World, years: int) -> Finding:
    """Change between two windows of equal length, over their mean (davis1992)."""
    rows = [r for r in work if r["kind"] in _RESEARCH]
    as_of = world.as_of
    dated = [r for r in rows if r["year"] is not None and as_of is not None and r["year"] <= as_of]
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
        covered = any(first <= year <= middle for year in world.years)
        early = sum(first <= r["year"] <= middle for r in dated)
        late = sum(middle < r["year"] for r in dated)
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
        refs=work_refs(dated),
        origin=origin_of(rows),
    )


def _paradigm(work: Sequence[Row]) -> Finding:
    known = [r for r in work if r["kind"] in _RESEARCH and r["paradigm_known"]]
    if not known:
        text = reason("The paradigm of no direction is known.")
        return Finding(value=None, unit="share", reasons=[text], theme="research")
    six = sum(r["paradigm_six"] for r in known)
    text = reason(
        "{six} of {n} research directions with a known paradigm are at the VI; the paradigm is a "
        "judgement of the source, the survey or the mapping.",
        six=six,
        n=len(known),
    )
    return Finding(
        value=six / len(known),
        unit="share",
        reasons=[text],
        theme="research",
        refs=work_refs(known),
        origin=origin_of(known),
    )


def _specialisation(subject: Subject, world: World) -> Finding:
    """Location quotient of the family around the place against the country (balassa1965)."""
    mix = world.mix.around(subject.row)
    family = world.mix.family(subject.row["family_id"])
    if family is None or not mix.here_all or not mix.land[family]:
        text = reason("Too little is known to compare.")
        return Finding(value=None, unit="location quotient", reasons=[text], theme="research")
    value = float((mix.here[family] / mix.here_all) / (mix.land[family] / mix.land_all))
    text = reason(
        "The family's share of known work here is {value} times its share in the country.",
        value=round(value, 2),
    )
    return Finding(
        value=value,
        unit="location quotient",
        reasons=[text],
        theme="research",
        refs=[f"candidate:{subject.row['candidate_id']}"],
        origin=mix.origin,
    )


def _evidence(work: Sequence[Row]) -> Finding:
    """Share of directions marked verified; answers to the survey carry their marks elsewhere."""
    rows = [r for r in work if not r["activity_id"].startswith("development:")]
    if not any(r["evidence"] for r in rows):
        text = reason("The source gave no evidence marks.")
        return Finding(value=None, unit="share", reasons=[text], theme="evidence")
    share = sum(r["evidence"] == "verified" for r in rows) / len(rows)
    text = reason("A share of {share} of the directions is marked verified.", share=round(share, 2))
    return Finding(
        value=share,
        unit="share",
        reasons=[text],
        theme="evidence",
        refs=work_refs(rows),
        origin=origin_of(rows),
    )
