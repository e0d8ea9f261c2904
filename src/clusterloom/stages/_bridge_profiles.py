"""Profiles of composed and existing clusters, measured alike to stand side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.triple_helix import entropy_bits
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import HELIX_OF_ROLE, MEMBER_ROLES, PARADIGMS
from clusterloom.stages._bridge_parts import Comparison
from clusterloom.stages._bridge_spread import member_draws
from clusterloom.stages._bridge_world import FIELD_STAGES, Side, World

__all__ = ["profile_rows"]

Row = dict[str, Any]
Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_LEADING = 8  # fields of a profile that are written out
_LEAST_FIELDS = 10  # observations of the triple helix; with fewer it is not estimated
_LEAST_MEMBERS = 2  # with known work; of fewer there is nothing to resample
_QUANTILES = (0.025, 0.975)
_SHOWN = 40  # rows a number is said to rest on


@dataclass(frozen=True, kw_only=True)
class _Number:
    """One number of a profile."""

    aspect: str
    item: str
    value: float | None
    unit: str
    said: Sequence[Reason]
    ends: tuple[float, float] | None = None  # of the 95 % interval


def profile_rows(comparison: Comparison, *, n_resamples: int, seed: int) -> list[Row]:
    """Rows of `cluster_profile` for every cluster of the world."""
    drawn = _drawn_profiles(comparison, n_resamples, seed)
    random = np.random.default_rng(seed)
    rows = []
    for i, side in enumerate(comparison.world.sides):
        numbers = [
            *_size(comparison, i),
            *_fields(comparison, i, drawn),
            *_roles(side),
            *_chain(comparison, i),
            *_paradigms(comparison.world, side),
            *_synergy(comparison.world, side, n_resamples, random),
            *_openness(comparison.world, side),
        ]
        rows += [_row(comparison.world, side, number) for number in numbers]
    return rows


def _row(world: World, side: Side, number: _Number) -> Row:
    lower, upper = number.ends or (None, None)
    table, seats = "cluster", "membership"
    if side.origin == "existing":
        table, seats = "existing_cluster", "existing_cluster_member"
    refs = [f"{seats}:{side.cluster_id}~{world.org_ids[o]}" for o in side.members[: _SHOWN - 1]]
    return {
        "cluster_id": side.cluster_id,
        "origin": side.origin,
        "aspect": number.aspect,
        "item": number.item,
        "value": None if number.value is None else round(number.value, 4),
        "unit": number.unit,
        "lower": None if lower is None else round(lower, 4),
        "upper": None if upper is None else round(upper, 4),
        "reasons": dump_reasons(number.said),
        "based_on": json.dumps(sorted([f"{table}:{side.cluster_id}", *refs]), ensure_ascii=False),
    }


def _size(comparison: Comparison, i: int) -> Iterator[_Number]:
    side, known = comparison.world.sides[i], int(comparison.n_known[i])
    n = side.members.size
    if n:
        said = [reason("Members: {n}; the work of {known} of them is known.", n=n, known=known)]
    else:
        said = [reason("Its members are not known.")]
    yield _Number(
        aspect="size",
        item="members",
        value=float(n) if n else None,
        unit="organisations",
        said=said,
    )
    abroad = comparison.world.n_abroad(side)
    if abroad:
        said = [
            reason(
                "Members registered in another country than the cluster: {n}. Check the country "
                "codes if this is not meant.",
                n=abroad,
            )
        ]
        yield _Number(
            aspect="size",
            item="members_abroad",
            value=float(abroad),
            unit="organisations",
            said=said,
        )


def _drawn_profiles(comparison: Comparison, n_resamples: int, seed: int) -> Matrix:
    """Profiles of the leading fields under every draw of members, (draws, clusters, leading)."""
    leading = _leading(comparison)
    draws = member_draws(comparison, n_resamples=n_resamples, seed=seed)
    kept = [np.take_along_axis(comparison.profiles(draw), leading, axis=1) for draw in draws]
    return np.array(kept).reshape(n_resamples, *leading.shape)


def _leading(comparison: Comparison) -> npt.NDArray[np.int64]:
    profiles = np.nan_to_num(comparison.own_profiles)
    order: npt.NDArray[np.int64] = np.argsort(-profiles, axis=1, kind="stable")[:, :_LEADING]
    return order


def _fields(comparison: Comparison, i: int, drawn: Matrix) -> Iterator[_Number]:
    profile = comparison.own_profiles[i]
    side = comparison.world.sides[i]
    several = comparison.n_known[i] >= _LEAST_MEMBERS and side.basis == "members"
    for k, j in enumerate(_leading(comparison)[i]):
        if not profile[j] > 0:  # NaN too
            continue
        name = comparison.world.fields[j]
        if side.basis == "fields":
            said = reason("The cluster states {field} among its fields.", field=f"field:{name}")
        else:
            said = reason(
                "A share of {share} of the known work of its core, producers, universities and "
                "institutes is in {field}.",
                share=round(float(profile[j]), 2),
                field=f"field:{name}",
            )
        ends = None
        if several and len(drawn):
            low, high = np.nanquantile(drawn[:, i, k], _QUANTILES)
            ends = (min(float(low), profile[j]), max(float(high), profile[j]))
        yield _Number(
            aspect="field", item=name, value=float(profile[j]), unit="share", said=[said], ends=ends
        )


def _roles(side: Side) -> Iterator[_Number]:
    for role in MEMBER_ROLES:
        n = side.roles.count(role)
        if n:
            said = [reason("Members in the role {role}: {n}.", role=f"role:{role}", n=n)]
            yield _Number(aspect="role", item=role, value=float(n), unit="organisations", said=said)


def _chain(comparison: Comparison, i: int) -> Iterator[_Number]:
    """How well members cover each stage in the leading fields, by the weight of the fields."""
    profile = np.nan_to_num(comparison.own_profiles[i])
    leading = np.argsort(-profile, kind="stable")[: comparison.rules.n_need_fields]
    weight = profile[leading]
    known = comparison.known[i] and weight.sum() > 0
    for k, stage in enumerate(FIELD_STAGES):
        value = None
        said = reason("The work of its members at this stage is not known.")
        if known:
            value = float(comparison.own_offers[i, k, leading] @ weight / weight.sum())
            said = reason(
                "A share of {share} of {stage} in its leading fields is covered by members.",
                share=round(value, 2),
                stage=f"kind:{stage}",
            )
        yield _Number(aspect="chain", item=stage, value=value, unit="share", said=[said])


def _paradigms(world: World, side: Side) -> Iterator[_Number]:
    if side.basis == "fields":
        share = world.paradigm_of_field[side.stated].sum(axis=0)
    else:
        share = np.asarray(world.paradigms[side.members].sum(axis=0)).ravel()
    if share.sum() <= 0:
        said = [reason("The paradigm of no direction is known.")]
        yield _Number(aspect="paradigm", item="VI", value=None, unit="share", said=said)
        return
    share = share / share.sum()
    for paradigm, value in zip(PARADIGMS, share.tolist(), strict=True):
        if value > 0:
            said = [
                reason(
                    "A share of {share} of the work with a known paradigm is at the {paradigm}; "
                    "the paradigm is a judgement of the source or the catalogue.",
                    share=round(value, 2),
                    paradigm=paradigm,
                )
            ]
            yield _Number(aspect="paradigm", item=paradigm, value=value, unit="share", said=said)


def _synergy(
    world: World, side: Side, n_resamples: int, random: np.random.Generator
) -> Iterator[_Number]:
    """Information common to the three helices over fields, balance of the helices, cohesion."""
    rows = [world.organisation.get(world.org_ids[o]) for o in side.members]
    helix = np.array(["uig".index(HELIX_OF_ROLE[r["role"]]) if r else -1 for r in rows], dtype=int)
    present = np.zeros((3, len(world.fields)), dtype=bool)
    for h in range(3):
        present[h] = np.asarray(world.presence[side.members[helix == h]].sum(axis=0)).ravel() > 0
    seen = present[:, present.any(axis=0)]
    yield _helix_number(seen, n_resamples, random)
    counts = np.bincount(helix[helix >= 0], minlength=3).astype(float)
    if counts.sum():
        said = reason(
            "{u} members are of research and education, {i} of industry, {g} of the state.",
            u=int(counts[0]),
            i=int(counts[1]),
            g=int(counts[2]),
        )
        balance = entropy_bits(counts) / float(np.log2(3))
    else:
        balance, said = None, reason("Its members are not known.")
    yield _Number(aspect="synergy", item="helix_balance", value=balance, unit="share", said=[said])
    n = side.members.size
    pairs = n * (n - 1) // 2
    tied = int(world.ties[side.members][:, side.members].sum() / 2) if n else 0
    text = reason(
        "{tied} of {pairs} pairs of members have a working tie that is known.",
        tied=tied,
        pairs=pairs,
    )
    cohesion = tied / pairs if pairs else None
    said = text if pairs else reason("Fewer than two members are known.")
    yield _Number(aspect="synergy", item="cohesion", value=cohesion, unit="share", said=[said])


def _helix_number(seen: Flags, n_resamples: int, random: np.random.Generator) -> _Number:
    n = seen.shape[1]
    basis = reason("Observations are the {n} fields in which members work.", n=n)
    if n < _LEAST_FIELDS:
        few = reason("Not estimated: at least {n} are needed.", n=_LEAST_FIELDS)
        return _Number(
            aspect="synergy", item="triple_helix_t_mbit", value=None, unit="mbit", said=[basis, few]
        )
    code = 4 * seen[0] + 2 * seen[1] + seen[2]
    whole = np.bincount(code, minlength=8).reshape(1, 2, 2, 2)
    value = float(helix_mbit(whole)[0])
    ends = None
    if n_resamples:
        draws = code[random.integers(0, n, (n_resamples, n))]
        counts = (draws[:, :, None] == np.arange(8)).sum(axis=1).reshape(-1, 2, 2, 2)
        low, high = np.quantile(helix_mbit(counts), _QUANTILES)
        ends = (min(float(low), value), max(float(high), value))
    return _Number(
        aspect="synergy",
        item="triple_helix_t_mbit",
        value=value,
        unit="mbit",
        said=[basis],
        ends=ends,
    )


def helix_mbit(counts: npt.NDArray[np.int64]) -> Matrix:
    """T(uig) of many tables at once, (draws, 2, 2, 2) counts to (draws,) mbit (leydesdorff2003)."""

    def entropy(axes: tuple[int, ...]) -> Matrix:
        share = counts.sum(axis=axes).reshape(len(counts), -1)
        share = share / share.sum(axis=1, keepdims=True)
        logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
        bits: Matrix = -(share * logs).sum(axis=1)
        return bits

    single = entropy((2, 3)) + entropy((1, 3)) + entropy((1, 2))
    double = entropy((1,)) + entropy((2,)) + entropy((3,))
    mbit: Matrix = 1000 * (single - double + entropy(()))
    return mbit.round(9) + 0.0  # no -0 from rounding


def _openness(world: World, side: Side) -> Iterator[_Number]:
    tied = world.ties[side.members].tocoo()
    outside = ~np.isin(tied.col, side.members)
    inside = (~outside).sum() / 2
    total = inside + outside.sum()
    if not total:
        said = [reason("No working tie of any of them is known.")]
        for item, unit in (("outside_share", "share"), ("ties_abroad", "ties")):
            yield _Number(aspect="openness", item=item, value=None, unit=unit, said=said)
        return
    share = float(outside.sum() / total)
    said = [
        reason(
            "A share of {share} of the known working ties of members leads outside the cluster.",
            share=round(share, 2),
        )
    ]
    yield _Number(aspect="openness", item="outside_share", value=share, unit="share", said=said)
    abroad = int((world.country[tied.col[outside]] != side.country).sum())
    said = [reason("{n} working ties with organisations abroad are known.", n=abroad)]
    yield _Number(
        aspect="openness", item="ties_abroad", value=float(abroad), unit="ties", said=said
    )
