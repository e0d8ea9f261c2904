"""Stage: official conditions, article by article: pass, fail, no data or not checkable."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema import dump_reasons, reason
from clusterloom.schema.reasons import Reason
from clusterloom.schema.vocabulary import HELIX_OF_ROLE
from clusterloom.tables import Tables

__all__ = ["Criteria", "read_pack"]

Row = dict[str, Any]
_BASED_ON = 40


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Stage: apply packs of criteria to the proposed clusters.

    A proposed member is no member yet: what is counted is what would hold if all proposed
    members joined, and every verdict says so. Facts that only people can state (management,
    proof of activity) are taken from `fact` rows about the cluster or its candidate; without
    them the verdict is "no data", never "fail".

    Reads `cluster`, `membership`, `organisation`, `fact`. Writes `verdict`.
    """

    name: ClassVar[str] = "criteria"
    reads: ClassVar[tuple[str, ...]] = ("cluster", "membership", "organisation", "fact")
    writes: ClassVar[tuple[str, ...]] = ("verdict",)

    packs: tuple[str, ...] = ("eccp",)  # criteria packs by id

    def __post_init__(self) -> None:
        """Check that every pack exists."""
        for pack in self.packs:
            read_pack(pack)

    def run(self, tables: Tables) -> Tables:
        """Judge every article of every pack for every cluster."""
        organisation = tables.by_key("organisation", "org_id")
        members: dict[str, list[Row]] = {}
        for row in tables.rows("membership"):
            members.setdefault(row["cluster_id"], []).append(row)
        rows = [
            _judged(
                cluster, pack, article, members.get(cluster["cluster_id"], []), organisation, tables
            )
            for cluster in tables.rows("cluster")
            for pack in self.packs
            for article in read_pack(pack)["article"]
        ]
        return Tables().with_rows("verdict", rows)


def read_pack(pack: str) -> dict[str, Any]:
    """Read a criteria pack that ships with the program; RecipeError if there is none of that id."""
    folder = files("clusterloom").joinpath("data", "criteria")
    file = folder.joinpath(f"{pack}.toml")
    if not file.is_file():
        known = sorted(f.name.removesuffix(".toml") for f in folder.iterdir())
        raise RecipeError(
            f"there is no criteria pack `{pack}`", rule=f"they are {', '.join(known)}"
        )
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _judged(
    cluster: Row,
    pack: str,
    article: Row,
    members: Sequence[Row],
    organisation: dict[str, Row],
    tables: Tables,
) -> Row:
    verdict, value, reasons, refs = _RULES[article["rule"]](
        cluster, article, members, organisation, tables
    )
    return {
        "cluster_id": cluster["cluster_id"],
        "pack": pack,
        "article": article["id"],
        "verdict": verdict,
        "value": value,
        "required": article.get("required"),
        "unit": article["unit"],
        "reasons": dump_reasons(reasons),
        "based_on": json.dumps(sorted(refs)[:_BASED_ON], ensure_ascii=False),
    }


_Finding = tuple[str, float | None, list[Reason], list[str]]


def _refs(cluster: Row, members: Sequence[Row]) -> list[str]:
    return [f"membership:{cluster['cluster_id']}~{m['org_id']}" for m in members]


def _count_members(cluster: Row, article: Row, members: Sequence[Row], *_: Any) -> _Finding:
    n = len(members)
    verdict = "pass" if n >= article["required"] else "fail"
    text = reason(
        "If all proposed members join there are {n}; at least {required} are asked for.",
        n=n,
        required=article["required"],
    )
    return verdict, float(n), [text], _refs(cluster, members)


def _count_types(
    cluster: Row, article: Row, members: Sequence[Row], organisation: dict[str, Row], *_: Any
) -> _Finding:
    types = sorted(
        {organisation[m["org_id"]]["role"] for m in members if m["org_id"] in organisation}
    )
    verdict = "pass" if len(types) >= article["required"] else "fail"
    text = reason(
        "The proposed members are of {n} types; at least {required} are asked for.",
        n=len(types),
        required=article["required"],
    )
    return verdict, float(len(types)), [text], _refs(cluster, members)


def _public_body(
    cluster: Row, article: Row, members: Sequence[Row], organisation: dict[str, Row], *_: Any
) -> _Finding:
    public = [
        m
        for m in members
        if HELIX_OF_ROLE.get(organisation.get(m["org_id"], {}).get("role", "")) == "g"
    ]
    parents = {organisation.get(m["org_id"], {}).get("parent_org_id") for m in members}
    owners = sorted(
        p for p in parents if p in organisation and organisation[p]["role"] == "government_body"
    )
    if public:
        text = reason(
            "{org} is a public body among the proposed members.", org=f"org:{public[0]['org_id']}"
        )
    elif owners:
        text = reason(
            "{org}, a public body, is the parent of a proposed member.", org=f"org:{owners[0]}"
        )
    else:
        text = reason("No tie with a public body is known; one may exist outside the data.")
        return "no_data", None, [text], _refs(cluster, members)
    n = len(public) or len(owners)
    verdict = "pass" if n >= article["required"] else "fail"
    return (
        verdict,
        float(n),
        [text],
        _refs(cluster, public) or [f"organisation:{o}" for o in owners],
    )


def _facts(cluster: Row, article: Row, tables: Tables) -> list[Row]:
    subjects = {cluster["cluster_id"], cluster["candidate_id"]}
    return [
        row
        for row in tables.rows("fact")
        if row["subject_id"] in subjects and row["indicator"] == article["indicator"]
    ]


def _fact_at_least(
    cluster: Row,
    article: Row,
    _members: Sequence[Row],
    _organisation: dict[str, Row],
    tables: Tables,
) -> _Finding:
    known = [row for row in _facts(cluster, article, tables) if row["value"] is not None]
    if not known:
        return "no_data", None, [_ask(cluster, article)], [f"cluster:{cluster['cluster_id']}"]
    best = max(known, key=lambda row: (row["value"], row["fact_id"]))
    verdict = "pass" if best["value"] >= article["required"] else "fail"
    text = reason(
        "{value} {unit} is stated; at least {required} is asked for.",
        value=best["value"],
        unit=article["unit"],
        required=article["required"],
    )
    return verdict, float(best["value"]), [text], [f"fact:{best['fact_id']}"]


def _fact_present(
    cluster: Row,
    article: Row,
    _members: Sequence[Row],
    _organisation: dict[str, Row],
    tables: Tables,
) -> _Finding:
    known = _facts(cluster, article, tables)
    if not known:
        return "no_data", None, [_ask(cluster, article)], [f"cluster:{cluster['cluster_id']}"]
    text = reason("Stated: {what}.", what=known[0]["value_text"] or str(known[0]["value"]))
    return "pass", float(len(known)), [text], [f"fact:{row['fact_id']}" for row in known]


def _ask(cluster: Row, article: Row) -> Reason:
    return reason(
        "Nobody has stated it. Enter a fact with indicator {indicator} for {cluster}.",
        indicator=article["indicator"],
        cluster=f"cluster:{cluster['cluster_id']}",
    )


_RULES: dict[str, Any] = {
    "count_members": _count_members,
    "count_types": _count_types,
    "public_body": _public_body,
    "fact_at_least": _fact_at_least,
    "fact_present": _fact_present,
}
