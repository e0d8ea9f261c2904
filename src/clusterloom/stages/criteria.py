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
    """Stage: apply packs of criteria to the proposed clusters, and to existing ones.

    A proposed member is no member yet: what is counted is what would hold if all proposed
    members joined, and every verdict says so. Facts that only people can state (management,
    proof of activity) are taken from `fact` rows about the cluster, its candidate or a cluster
    organisation among its members; without them the verdict is "no data", never "fail". Of an
    existing cluster some members may be known and others not: what its known members do not
    reach is "no data" too. One of which no member is known is not judged.

    Reads `cluster`, `membership`, `existing_cluster`, `existing_cluster_member`, `organisation`,
    `link`, `fact`. Writes `verdict`.
    """

    name: ClassVar[str] = "criteria"
    reads: ClassVar[tuple[str, ...]] = (
        "cluster",
        "membership",
        "existing_cluster",
        "existing_cluster_member",
        "organisation",
        "link",
        "fact",
    )
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
        for name in ("membership", "existing_cluster_member"):
            for row in tables.rows(name):
                members.setdefault(row["cluster_id"], []).append(row["org_id"])
        judged = [
            *((cluster, True) for cluster in tables.rows("cluster")),
            *((c, False) for c in tables.rows("existing_cluster") if c["cluster_id"] in members),
        ]
        cases = [
            _Case(
                cluster=cluster,
                members=members.get(cluster["cluster_id"], []),
                organisation=organisation,
                bonds=bonds,
                facts=tables.rows("fact"),
                proposed=proposed,
            )
            for cluster, proposed in judged
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
    proposed: bool  # else it exists already, and not all of its members may be known

    @property
    def ref(self) -> str:
        table = "cluster" if self.proposed else "existing_cluster"
        return f"{table}:{self.cluster['cluster_id']}"

    def member_refs(self, orgs: Sequence[str]) -> list[str]:
        table = "membership" if self.proposed else "existing_cluster_member"
        return [f"{table}:{self.cluster['cluster_id']}~{o}" for o in orgs]

    def stated(self, indicator: str) -> list[Row]:
        """Facts of an indicator about this cluster: a fact about something else is no answer."""
        offices = [o for o in self.members if self._role(o) == "cluster_organisation"]
        subjects = {
            ("cluster", self.cluster["cluster_id"]),
            ("candidate", self.cluster.get("candidate_id")),
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
    if not case.proposed:
        return _known_count(case, article, n)
    verdict = "pass" if n >= article["required"] else "fail"
    text = reason(
        "If all proposed members join there are {n}; at least {required} are asked for.",
        n=n,
        required=article["required"],
    )
    return verdict, float(n), [text], case.member_refs(case.members)


def _count_types(case: _Case, article: Row) -> _Finding:
    types = {case.organisation[o]["role"] for o in case.members if o in case.organisation}
    if not case.proposed:
        return _known_count(case, article, len(types))
    verdict = "pass" if len(types) >= article["required"] else "fail"
    text = reason(
        "The proposed members are of {n} types; at least {required} are asked for.",
        n=len(types),
        required=article["required"],
    )
    return verdict, float(len(types)), [text], case.member_refs(case.members)


def _known_count(case: _Case, article: Row, n: int) -> _Finding:
    """Count what is known of an existing cluster: more may be there than is known."""
    refs = case.member_refs(case.members)
    if n >= article["required"]:
        text = reason(
            "Among its known members there are {n}; at least {required} are asked for.",
            n=n,
            required=article["required"],
        )
        return "pass", float(n), [text], refs
    text = reason(
        "Among its known members there are {n}, fewer than the {required} asked for; others may "
        "not be known.",
        n=n,
        required=article["required"],
    )
    return "no_data", None, [text], refs


def _public_body(case: _Case, article: Row) -> _Finding:
    inside = sorted(o for o in case.members if is_public(o, case.organisation))
    members = set(case.members)
    bonds = [b for b in case.bonds if b.org_id in members and b.body not in inside]
    parents = [b for b in bonds if b.is_parent]
    ties = [b for b in bonds if not b.is_parent]
    reasons = []
    if inside:
        if case.proposed:
            said = reason(
                "{org} is a public body among the proposed members.", org=f"org:{inside[0]}"
            )
        else:
            said = reason("{org} is a public body among its members.", org=f"org:{inside[0]}")
        reasons.append(said)
    if parents:
        name = f"org:{parents[0].body}"
        if case.proposed:
            said = reason("{org}, a public body, is the parent of a proposed member.", org=name)
        else:
            said = reason("{org}, a public body, is the parent of a member.", org=name)
        reasons.append(said)
    if ties:
        ends = {"org": f"org:{ties[0].body}", "member": f"org:{ties[0].org_id}"}
        if case.proposed:
            said = reason(
                "{org}, a public body, has a known tie with the proposed member {member}.", **ends
            )
        else:
            said = reason("{org}, a public body, has a known tie with the member {member}.", **ends)
        reasons.append(said)
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
        return "no_data", None, [text], [case.ref]
    best = max(fit, key=lambda row: (row["value"], row["fact_id"]))
    verdict = "pass" if best["value"] >= article["required"] else "fail"
    text = reason(
        "{value} {unit} is stated; at least {required} is asked for.",
        value=best["value"],
        unit=article["unit"],
        required=article["required"],
    )
    return verdict, float(best["value"]), [text, *_office(case, best)], [f"fact:{best['fact_id']}"]


def _fact_present(case: _Case, article: Row) -> _Finding:
    """Words prove by standing there, a number by being above 0; a form left empty says nothing."""
    stated = case.stated(article["indicator"])
    words = [r for r in stated if r["value"] is None and (r["value_text"] or "").strip()]
    counts = [r for r in stated if r["value"] is not None]
    if not words and not counts:
        return "no_data", None, [_ask(case, article)], [case.ref]
    proofs = [*words, *(r for r in counts if r["value"] > 0)]
    if not proofs:
        text = reason("It is stated that there is none.")
        return "fail", 0.0, [text], [f"fact:{r['fact_id']}" for r in counts]
    n = len(words) + sum(r["value"] for r in counts if r["value"] > 0)
    first = proofs[0]
    what = (first["value_text"] or "").strip() or f"{first['value']:g} {article['unit']}"
    text = reason("Stated: {what}.", what=what)
    return "pass", float(n), [text, *_office(case, first)], [f"fact:{r['fact_id']}" for r in proofs]


def _ask(case: _Case, article: Row) -> Reason:
    return reason(
        "Nobody has stated it. Enter a fact with indicator {indicator} for {cluster}.",
        indicator=article["indicator"],
        cluster=f"cluster:{case.cluster['cluster_id']}",
    )


def _office(case: _Case, fact: Row) -> list[Reason]:
    """Say so where a fact is not about the cluster itself."""
    if fact["subject_kind"] != "organisation":
        return []
    name = f"org:{fact['subject_id']}"
    if not case.proposed:
        return [
            reason("It is stated of {org}, a cluster organisation among its members.", org=name)
        ]
    return [
        reason(
            "It is stated of {org}, a cluster organisation among the proposed members.", org=name
        )
    ]


_RULES: dict[str, Callable[[_Case, Row], _Finding]] = {
    "count_members": _count_members,
    "count_types": _count_types,
    "public_body": _public_body,
    "fact_at_least": _fact_at_least,
    "fact_present": _fact_present,
}
