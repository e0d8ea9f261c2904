"""The rows of a composed cluster, with their reasons in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.coverage import diminishing_coverage
from clusterloom.networks.seats import SeatAnswer, SeatProblem
from clusterloom.networks.seats_losses import (
    Losses,
    Substitutes,
    best_substitutes,
    bounded_losses,
    exact_losses,
    marginal_values,
)
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._chain import chain_stage
from clusterloom.stages._composed_words import (
    anew_reason,
    cover_reasons,
    coverage_reason,
    distance_reason,
    evidence_reason,
    loss_reason,
    need_reasons,
    role_reasons,
    tie_reasons,
)
from clusterloom.stages._kindred import (
    Complement,
    Contact,
    complement_reasons,
    contact_reason,
)
from clusterloom.stages._needs import Knowledge, Need
from clusterloom.stages._pool import Ties, largest_distance_km

__all__ = ["Seating", "cluster_row", "gap_rows", "member_rows", "need_rows"]

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

_MOST_BASES = 40
_HOME_ONLY = ("state",)  # another country's government cannot fill this need


@dataclass(frozen=True, kw_only=True)
class Seating:
    """One solved composition: the pool, the answer and what both rest on.

    `pool` holds positions in `knowledge.organisations`, as do `wanted` (must be members) and
    `given_up` (their seats are in other clusters); `same_as` is the cluster it repeats, or empty;
    `roles`, `adjacency`, `far` (only an alternative may seat them) and the answer are in the
    pool's order; `offers` and `distance_km` are for all organisations.
    """

    cluster_id: str
    candidate: Row
    knowledge: Knowledge
    ties: Ties
    needs: tuple[Need, ...]
    offers: Array
    field_weights: Mapping[str, float]
    distance_km: Array
    reach_km: float
    pool: tuple[int, ...]
    roles: tuple[str, ...]
    adjacency: Array
    n_core: int
    n_fixed_core: int
    problem: SeatProblem
    answer: SeatAnswer
    wanted: frozenset[int]
    far: npt.NDArray[np.bool_]
    given_up: tuple[int, ...]
    same_as: str
    completing: tuple[Complement, ...]
    contacts: tuple[Contact | None, ...]

    @property
    def members(self) -> list[int]:
        """Positions of the members in the pool."""
        return [int(k) for k in np.flatnonzero(self.answer.chosen)]

    def organisation(self, seat: int) -> Row:
        """Return the organisation at a position of the pool."""
        return self.knowledge.organisations[self.pool[seat]]

    def covered(self) -> Array:
        """Return the covered share of each need."""
        supply = self.problem.offers[self.members].sum(axis=0)
        return diminishing_coverage(supply, self.problem.steps)


def cluster_row(seating: Seating, *, role_min: Mapping[str, int]) -> Row:
    """Return the row of the cluster itself; `role_min` are the seats asked for by role."""
    answer = seating.answer
    rows = [seating.organisation(k) for k in seating.members]
    weights = np.array([need.weight for need in seating.needs])
    coverage = float(seating.covered() @ weights)
    return {
        "cluster_id": seating.cluster_id,
        "candidate_id": seating.candidate["candidate_id"],
        "country": seating.candidate["country"],
        "main_fields": "|".join(seating.field_weights),
        "n_members": len(rows),
        "coverage": min(max(coverage, 0.0), 1.0),
        "objective": answer.objective,
        "bound": answer.bound,
        "optimality_gap": answer.optimality_gap,
        "solver_status": answer.status,
        "weak_share": _weak_share(rows),
        "reasons": dump_reasons(
            [*_cluster_reasons(seating, coverage), *_shortfalls(seating, role_min)]
        ),
        "based_on": _based_on(
            [
                f"candidate:{seating.candidate['candidate_id']}",
                *(f"organisation:{row['org_id']}" for row in rows),
            ]
        ),
    }


def member_rows(seating: Seating, *, exact_pool: int) -> list[Row]:
    """Return a row for each seat; what is lost without it is solved up to `exact_pool` in reach."""
    values = marginal_values(seating.problem, seating.answer.chosen)
    is_small = int((~seating.problem.barred).sum()) <= exact_pool
    losses = (exact_losses if is_small else bounded_losses)(seating.problem, seating.answer)
    substitutes = best_substitutes(seating.problem, seating.answer.chosen)
    ids = [seating.organisation(k)["org_id"] for k in seating.members]
    rows = []
    for k in seating.members:
        organisation = seating.organisation(k)
        covers = _covers(seating, k)
        partners = seating.ties.with_any(organisation["org_id"], ids)
        distance = float(seating.distance_km[seating.pool[k]])
        stand_in, loss = _substitute(seating, substitutes, k)
        row = {
            "cluster_id": seating.cluster_id,
            "org_id": organisation["org_id"],
            "role": seating.roles[k],
            "covers": "|".join(need.name for need in covers),
            "adjacency": _known(float(seating.adjacency[k])),
            "distance_km": _known(distance),
            "n_ties": len(partners),
            **_completes(seating, k),
            "marginal_value": float(values[k]),
            "substitute_org_id": stand_in,
            "loss_with_substitute": loss,
            **_anew(losses, k),
            "evidence": organisation["evidence"],
            "based_on": _member_bases(seating, organisation, role=seating.roles[k], ids=ids),
        }
        reasons = [
            *role_reasons(organisation, row["role"]),
            *(complement_reasons(_completing(seating, k)) if _is_kin(seating, k) else []),
            *cover_reasons(covers),
            distance_reason(row["distance_km"], at_most=_at_most(organisation, distance)),
            *tie_reasons(partners, seating.ties.kinds.get(organisation["org_id"], {})),
            *_contact_reasons(seating, k, has_ties=bool(partners)),
            evidence_reason(organisation["evidence"]),
            loss_reason(row, seating.answer.objective),
            anew_reason(row["loss_at_least"], row["loss_at_most"]),
        ]
        rows.append({**row, "reasons": dump_reasons(reasons)})
    return rows


def need_rows(seating: Seating) -> list[Row]:
    """Return a row for each need: how far the members cover it."""
    rows = []
    ids = [seating.organisation(k)["org_id"] for k in seating.members]
    for n, (need, covered) in enumerate(zip(seating.needs, seating.covered(), strict=True)):
        offers = seating.problem.offers[seating.members, n]
        order = np.argsort(-offers, kind="stable")
        providers = [ids[i] for i in order if offers[i] > 0]
        why = [coverage_reason(need, float(covered))]
        if providers:
            why.append(
                reason(
                    "The strongest of {n} members that offer it is {org}.",
                    n=len(providers),
                    org=f"org:{providers[0]}",
                )
            )
        else:
            why.append(reason("No member is known to offer it."))
        why += need_reasons(need)
        rows.append(
            {
                "cluster_id": seating.cluster_id,
                "need": need.name,
                "stage": need.stage,
                "chain_stage": chain_stage(need.stage),
                "field_id": need.field_id,
                "weight": need.weight,
                "covered": min(float(covered), 1.0),
                "n_providers": len(providers),
                "reasons": dump_reasons(why),
                "based_on": _based_on(
                    [
                        *(f"organisation:{org_id}" for org_id in providers),
                        *(f"development:{key}" for key in (*need.asked, *need.implied)),
                    ]
                ),
            }
        )
    return rows


def gap_rows(seating: Seating, *, threshold: float, n_fillers: int) -> list[Row]:
    """Return a row for each need covered below the threshold, and who could fill it."""
    rows = []
    for n, (need, covered) in enumerate(zip(seating.needs, seating.covered(), strict=True)):
        if covered >= threshold:
            continue
        home, abroad = _fillers(seating, n, n_fillers)
        why = [coverage_reason(need, float(covered))]
        for i in home:
            why.append(_home_reason(seating, i))
        for i in abroad:
            row = seating.knowledge.organisations[i]
            why.append(
                reason(
                    "Abroad {org} ({country}) could fill it.",
                    org=f"org:{row['org_id']}",
                    country=row["country"],
                )
            )
        if not home and not abroad:
            why.append(
                reason(
                    "Nobody else in the tables is known to offer it; that does not mean that "
                    "nobody does."
                )
            )
        names = [seating.knowledge.organisations[i]["org_id"] for i in (*home, *abroad)]
        rows.append(
            {
                "cluster_id": seating.cluster_id,
                "need": need.name,
                "uncovered": min(max(1.0 - float(covered), 0.0), 1.0),
                "home_org_ids": "|".join(names[: len(home)]) or None,
                "abroad_org_ids": "|".join(names[len(home) :]) or None,
                "reasons": dump_reasons(why),
                "based_on": _based_on(
                    [f"need:{seating.cluster_id}~{need.name}"]
                    + [f"organisation:{name}" for name in names]
                ),
            }
        )
    return rows


def _fillers(seating: Seating, n: int, most: int) -> tuple[list[int], list[int]]:
    """Return positions of who could fill a need: at home by offer and nearness, abroad by offer."""
    rows = seating.knowledge.organisations
    seated = {seating.pool[k] for k in seating.members}
    offers = seating.offers[:, n]
    able = [int(i) for i in np.flatnonzero(offers > 0) if int(i) not in seated]
    # Offers halve in worth at `reach_km`; an unknown distance ranks as a very long one.
    distance = np.nan_to_num(seating.distance_km, nan=100 * seating.reach_km)
    worth = offers / (1.0 + distance / seating.reach_km)
    country = seating.candidate["country"]
    home = [i for i in able if rows[i]["country"] == country]
    abroad = [i for i in able if rows[i]["country"] != country]
    if seating.needs[n].stage in _HOME_ONLY:
        abroad = []
    home.sort(key=lambda i: (-worth[i], rows[i]["org_id"]))
    abroad.sort(key=lambda i: (-offers[i], rows[i]["org_id"]))
    return home[:most], abroad[:most]


def _covers(seating: Seating, k: int) -> list[Need]:
    """Return the needs a member helps to cover: the most important ones first."""
    offers = seating.problem.offers[k]
    parts = [(offers[n] * need.weight, need) for n, need in enumerate(seating.needs)]
    parts = [part for part in parts if part[0] > 0]
    return [need for _, need in sorted(parts, key=lambda part: (-part[0], part[1].name))]


def _substitute(
    seating: Seating, substitutes: Substitutes, k: int
) -> tuple[str | None, float | None]:
    found = int(substitutes.index[k])
    if found < 0:
        return None, None
    return seating.organisation(found)["org_id"], float(substitutes.loss[k])


def _at_most(organisation: Row, distance: float) -> float | None:
    """Return the largest distance (km) of one known only by its city; None for others."""
    extent = organisation["extent_km"]
    if organisation["coord_precision"] != "city" or extent is None or np.isnan(distance):
        return None
    return largest_distance_km(distance, extent)


def _is_kin(seating: Seating, k: int) -> bool:
    return seating.roles[k] in ("kindred_university", "kindred_institute")


def _completing(seating: Seating, k: int) -> Complement:
    """Return how a kindred university or institute completes the core; nothing for others."""
    return seating.completing[k] if _is_kin(seating, k) else Complement(0.0)


def _contact_reasons(seating: Seating, k: int, *, has_ties: bool) -> list[Reason]:
    """Say how it knows the core, unless it was just said that it knows nobody."""
    contact = seating.contacts[k]
    if contact is None or (contact.state == "to_be_created" and not has_ties):
        return []
    return [contact_reason(contact)]


def _completes(seating: Seating, k: int) -> Row:
    contact = seating.contacts[k]
    return {
        "complement": seating.completing[k].value if _is_kin(seating, k) else None,
        "contact": contact.state if contact else None,
        "via_org_id": (contact.via_org_id or None) if contact else None,
    }


def _anew(losses: Losses, k: int) -> Row:
    """Return what is lost if a member stays out and all seats are chosen anew; None for never."""
    least, most = float(losses.at_least[k]), float(losses.at_most[k])
    return {
        "loss_at_least": least if np.isfinite(least) else None,
        "loss_at_most": most if np.isfinite(most) else None,
    }


def _shortfalls(seating: Seating, role_min: Mapping[str, int]) -> list[Reason]:
    """Say which roles nobody, or too few, fill, and who sits in other clusters instead."""
    roles = Counter(seating.roles[k] for k in seating.members)
    in_reach = Counter(
        role for role, out in zip(seating.roles, seating.problem.barred, strict=True) if not out
    )
    reasons = []
    for role, least in sorted(role_min.items()):
        if roles[role] < least and not in_reach[role]:
            reasons.append(
                reason(
                    "Nobody in reach can take the role {role}; seats asked for: {n}.",
                    role=f"role:{role}",
                    n=least,
                )
            )
        elif roles[role] < least:
            reasons.append(
                reason(
                    "Seats in the role {role}: {n} of {least} asked for; more would not be worth "
                    "their cost.",
                    role=f"role:{role}",
                    n=roles[role],
                    least=least,
                )
            )
    for i in seating.given_up:
        reasons.append(
            reason(
                "{org} was claimed too, but sits in other clusters, where more would be lost "
                "without it.",
                org=f"org:{seating.knowledge.organisations[i]['org_id']}",
            )
        )
    return reasons


def _cluster_reasons(seating: Seating, coverage: float) -> list[Reason]:
    fields = list(seating.field_weights)
    reasons = [
        reason(
            "{n_core} organisations can be its core, and {n_members} members were chosen from "
            "{n_pool} organisations in reach.",
            n_core=seating.n_core,
            n_members=len(seating.members),
            n_pool=int((~seating.problem.barred).sum()),
        ),
        reason(
            "The members cover {percent} % of what its value chain needs.",
            percent=round(100 * coverage),
        ),
    ]
    if fields:
        reasons.append(reason("Its core works most of all in {field}.", field=f"field:{fields[0]}"))
    if seating.n_fixed_core < seating.n_core:
        reasons.append(
            reason(
                "The {n} strongest core organisations have a fixed seat; the others compete for "
                "theirs.",
                n=seating.n_fixed_core,
            )
        )
    answer = seating.answer
    if answer.objective < 0:
        reasons.append(
            reason(
                "By the stated weights its costs and penalties exceed what it covers: look whether "
                "it is worth founding."
            )
        )
    if answer.optimality_gap == 0:
        reasons.append(reason("By the stated weights no better choice of members exists."))
    else:
        reasons.append(
            reason(
                "The solver stopped before it could prove the choice best: a better one may be "
                "worth up to {percent} % more.",
                percent=round(100 * answer.optimality_gap, 1),
            )
        )
    return reasons


def _home_reason(seating: Seating, i: int) -> Reason:
    org = f"org:{seating.knowledge.organisations[i]['org_id']}"
    distance = float(seating.distance_km[i])
    if np.isnan(distance):
        return reason("In the country {org} could fill it; its distance is not known.", org=org)
    return reason(
        "In the country {org} could fill it, about {distance} km away.",
        org=org,
        distance=round(distance),
    )


def _weak_share(rows: Iterable[Row]) -> float | None:
    """Return the share of members not marked verified; None where no member has a mark."""
    marks = [row["evidence"] for row in rows]
    if not any(marks):
        return None
    return float(np.mean([mark != "verified" for mark in marks]))


def _member_bases(seating: Seating, organisation: Row, *, role: str, ids: list[str]) -> str:
    """Name the rows a seat rests on: the organisation, its core score, its ties, its activities."""
    org_id = organisation["org_id"]
    bases = [f"organisation:{org_id}"]
    if role == "core":
        bases.append(f"core_score:{seating.candidate['candidate_id']}~{org_id}")
    bases += [f"link:{link_id}" for link_id in seating.ties.link_ids(org_id, ids)]
    completing = _completing(seating, seating.pool.index(seating.knowledge.position[org_id]))
    bases += [key for key in (completing.own_key, completing.core_key) if key]
    bases += seating.knowledge.activities_of(org_id)
    return _based_on(bases[:_MOST_BASES])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _based_on(keys: Iterable[str]) -> str:
    return json.dumps(sorted(set(keys))[:_MOST_BASES], ensure_ascii=False)
