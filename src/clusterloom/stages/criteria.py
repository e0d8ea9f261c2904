"""Stage: official conditions, article by article: pass, fail, no data or not checkable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.stages._packs import Bond, is_public, public_bonds, read_pack
from clusterloom.tables import Tables

__all__ = ["Criteria", "read_pack"]

Row = dict[str, Any]
_Finding = tuple[str, float | None, list[Reason], list[str]]
_BASED_ON = 40


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Stage: apply packs of criteria to the proposed clusters.

    A proposed member is no member yet: what is counted is what would hold if all proposed
    members joined, and every verdict says so. Facts that only people can state (management,
    proof of activity) are taken from `fact` rows about the cluster, its candidate or a cluster
    organisation among its members; without them the verdict is "no data", never "fail".

    Reads `cluster`, `membership`, `organisation`, `link`, `fact`. Writes `verdict`.
    """

    name: ClassVar[str] = "criteria"
    reads: ClassVar[tuple[str, ...]] = ("cluster", "membership", "organisation", "link", "fact")
    writes: ClassVar[tuple[str, ...]] = ("verdict",)

    packs: tuple[str, ...] = ("eccp",)  # criteria packs by id

    def __post_init__(self) -> None:
        """Check that every pack exists and is named once."""
        for pack in self.packs:
            read_pack(pack)
            if self.packs.count(pack) > 1:
                raise RecipeError(
                    f"criteria: packs names `{pack}` twice", rule="each pack is named once"
                )

    def run(self, tables: Tables) -> Tables:
        """Judge every article of every pack for every cluster."""
        organisation = tables.by_key("organisation", "org_id")
        bonds = public_bonds(tables, organisation)
        members: dict[str, list[str]] = {}
        for row in tables.rows("membership"):
            members.setdefault(row["cluster_id"], []).append(row["org_id"])
        cases = [
            _Case(
                cluster=cluster,
                members=members.get(cluster["cluster_id"], []),
                organisation=organisation,
                bonds=bonds,
                facts=tables.rows("fact"),
            )
            for cluster in tables.rows("cluster")
        ]
        rows = [
            _judged(case, pack, article)
            for pack in self.packs
            for article in read_pack(pack)["article"]
            for case in cases
        ]
        return Tables().with_rows("verdict", rows)


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One cluster with all that its articles are judged by."""

    cluster: Row
    members: Sequence[str]  # org ids
    organisation: Mapping[str, Row]
    bonds: Sequence[Bond]
    facts: Sequence[Row]

    def member_refs(self, orgs: Sequence[str]) -> list[str]:
        return [f"membership:{self.cluster['cluster_id']}~{o}" for o in orgs]

    def stated(self, indicator: str) -> list[Row]:
        """Facts of an indicator about this cluster: a fact about something else is no answer."""
        offices = [o for o in self.members if self._role(o) == "cluster_organisation"]
        subjects = {
            ("cluster", self.cluster["cluster_id"]),
            ("candidate", self.cluster["candidate_id"]),
            *(("organisation", office) for office in offices),
        }
        return [
            row
            for row in self.facts
            if row["indicator"] == indicator
            and (row["subject_kind"], row["subject_id"]) in subjects
        ]

    def _role(self, org_id: str) -> str | None:
        return self.organisation[org_id]["role"] if org_id in self.organisation else None


def _judged(case: _Case, pack: str, article: Row) -> Row:
    verdict, value, reasons, refs = _RULES[article["rule"]](case, article)
    return {
        "cluster_id": case.cluster["cluster_id"],
        "pack": pack,
        "article": article["id"],
        "verdict": verdict,
        "value": value,
        "required": article.get("required"),
        "unit": article["unit"],
        "reasons": dump_reasons(reasons),
        "based_on": json.dumps(sorted(refs)[:_BASED_ON], ensure_ascii=False),
    }


def _count_members(case: _Case, article: Row) -> _Finding:
    n = len(case.members)
    verdict = "pass" if n >= article["required"] else "fail"
    text = reason(
        "If all proposed members join there are {n}; at least {required} are asked for.",
        n=n,
        required=article["required"],
    )
    return verdict, float(n), [text], case.member_refs(case.members)


def _count_types(case: _Case, article: Row) -> _Finding:
    types = {case.organisation[o]["role"] for o in case.members if o in case.organisation}
    verdict = "pass" if len(types) >= article["required"] else "fail"
    text = reason(
        "The proposed members are of {n} types; at least {required} are asked for.",
        n=len(types),
        required=article["required"],
    )
    return verdict, float(len(types)), [text], case.member_refs(case.members)


def _public_body(case: _Case, article: Row) -> _Finding:
    inside = sorted(o for o in case.members if is_public(o, case.organisation))
    members = set(case.members)
    bonds = [b for b in case.bonds if b.org_id in members and b.body not in inside]
    parents = [b for b in bonds if b.is_parent]
    ties = [b for b in bonds if not b.is_parent]
    reasons = []
    if inside:
        reasons.append(
            reason("{org} is a public body among the proposed members.", org=f"org:{inside[0]}")
        )
    if parents:
        reasons.append(
            reason(
                "{org}, a public body, is the parent of a proposed member.",
                org=f"org:{parents[0].body}",
            )
        )
    if ties:
        reasons.append(
            reason(
                "{org}, a public body, has a known tie with the proposed member {member}.",
                org=f"org:{ties[0].body}",
                member=f"org:{ties[0].org_id}",
            )
        )
    n = len({*inside, *(b.body for b in bonds)})
    if n >= article["required"]:
        refs = {*case.member_refs(inside), *(b.ref for b in bonds)}
        return "pass", float(n), reasons, sorted(refs)
    # Ties outside the data may exist, so too few known ones are no failure.
    reasons.append(reason("No tie with a public body is known; one may exist outside the data."))
    return "no_data", None, reasons, case.member_refs(case.members)


def _fact_at_least(case: _Case, article: Row) -> _Finding:
    known = [row for row in case.stated(article["indicator"]) if row["value"] is not None]
    units = {None, article["unit"].casefold(), *article.get("same_unit", ())}
    # 50 per cent is not 50 full-time equivalents: what has another unit is not compared.
    fit = [r for r in known if (r["unit"].strip().casefold() if r["unit"] else None) in units]
    if not fit:
        text = _ask(case, article)
        if known:
            text = reason(
                "It is stated in {unit}, but asked for in {asked}: enter the fact in this unit.",
                unit=known[0]["unit"],
                asked=article["unit"],
            )
        return "no_data", None, [text], [f"cluster:{case.cluster['cluster_id']}"]
    best = max(fit, key=lambda row: (row["value"], row["fact_id"]))
    verdict = "pass" if best["value"] >= article["required"] else "fail"
    text = reason(
        "{value} {unit} is stated; at least {required} is asked for.",
        value=best["value"],
        unit=article["unit"],
        required=article["required"],
    )
    return verdict, float(best["value"]), [text, *_office(best)], [f"fact:{best['fact_id']}"]


def _fact_present(case: _Case, article: Row) -> _Finding:
    """Words prove by standing there, a number by being above 0; a form left empty says nothing."""
    stated = case.stated(article["indicator"])
    words = [r for r in stated if r["value"] is None and (r["value_text"] or "").strip()]
    counts = [r for r in stated if r["value"] is not None]
    if not words and not counts:
        ref = f"cluster:{case.cluster['cluster_id']}"
        return "no_data", None, [_ask(case, article)], [ref]
    proofs = [*words, *(r for r in counts if r["value"] > 0)]
    if not proofs:
        text = reason("It is stated that there is none.")
        return "fail", 0.0, [text], [f"fact:{r['fact_id']}" for r in counts]
    n = len(words) + sum(r["value"] for r in counts if r["value"] > 0)
    first = proofs[0]
    what = (first["value_text"] or "").strip() or f"{first['value']:g} {article['unit']}"
    text = reason("Stated: {what}.", what=what)
    return "pass", float(n), [text, *_office(first)], [f"fact:{r['fact_id']}" for r in proofs]


def _ask(case: _Case, article: Row) -> Reason:
    return reason(
        "Nobody has stated it. Enter a fact with indicator {indicator} for {cluster}.",
        indicator=article["indicator"],
        cluster=f"cluster:{case.cluster['cluster_id']}",
    )


def _office(fact: Row) -> list[Reason]:
    """Say so where a fact is not about the cluster itself."""
    if fact["subject_kind"] != "organisation":
        return []
    return [
        reason(
            "It is stated of {org}, a cluster organisation among the proposed members.",
            org=f"org:{fact['subject_id']}",
        )
    ]


_RULES: dict[str, Callable[[_Case, Row], _Finding]] = {
    "count_members": _count_members,
    "count_types": _count_types,
    "public_body": _public_body,
    "fact_at_least": _fact_at_least,
    "fact_present": _fact_present,
}
