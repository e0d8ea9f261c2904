"""Walk a row back: its reasons, the run that made it, the rows it rests on, their sources."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from clusterloom.errors import UsageError
from clusterloom.schema import TABLES
from clusterloom.tables import Tables, row_key
from clusterloom.views.conditions_view import indicator_name
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["why"]

Row = dict[str, Any]
_DEPTH = 6
_SIGNALS = ("text", "classification", "cooccurrence", "link")
_SHOWN = 8  # rows of one level written out; the others are counted


def why(
    tables: Tables, row: str, runs: Mapping[str, Mapping[str, Any]], *, language: str = "en"
) -> dict[str, Any]:
    """Return the chain behind a row (``table:key``) as a tree and as text.

    Raises
    ------
    UsageError
        If there is no such table or row; the nearest keys are named.
    """
    walker = _Walker(tables, runs, language)
    tree = walker.node(row, 0)
    if tree is None:
        raise _unknown(tables, row)
    sources = sorted(walker.sources)
    known = tables.by_key("source", "source_id")
    tree["sources"] = [known.get(s, {"source_id": s}) for s in sources]
    lines = walker.lines(tree, 0) + [walker.source(s) for s in tree["sources"]]
    return {**tree, "text": "\n".join(lines)}


class _Walker:
    """Walks down `based_on`; each row is written out once."""

    def __init__(
        self, tables: Tables, runs: Mapping[str, Mapping[str, Any]], language: str
    ) -> None:
        self.tables = tables
        self.runs = runs
        self.say = Translator(language)
        self.names = Names(tables, self.say)
        self.index: dict[str, dict[str, Row]] = {}
        self.fields_of: dict[str, list[Row]] | None = None
        self.families: dict[str, list[str]] | None = None
        self.seen: set[str] = set()
        self.sources: set[str] = set()

    def find(self, reference: str) -> tuple[str, Row] | None:
        """Return the table and the row a reference names."""
        table, _, key = reference.partition(":")
        if table not in TABLES:
            return None
        if table not in self.index:
            self.index[table] = {row_key(table, r): r for r in self.tables.rows(table)}
        found = self.index[table].get(key)
        return (table, found) if found is not None else None

    def node(self, reference: str, depth: int) -> Row | None:
        """Return the tree under a row, None if there is no such row."""
        found = self.find(reference)
        if found is None:
            return None
        table, row = found
        self.seen.add(reference)
        node: Row = {"row": reference, "name": self.name(table, row)}
        if row.get("source_id"):
            self.sources.add(row["source_id"])
            keys = ("source_id", "source_row", "source_ref", "evidence")
            node["origin"] = {k: row.get(k) for k in keys if row.get(k) is not None}
        reasons = self.said(table, row)
        if reasons is not None:
            node["reasons"] = reasons
        run = self.run(table, row)
        if run is not None:
            shown = ("run_id", "stage", "version", "parameters", "inputs")
            node["run"] = {key: run[key] for key in shown}
        references = self.under(table, row)
        if depth < _DEPTH:
            fresh = [r for r in references if r not in self.seen]
            nodes = [self.node(r, depth + 1) for r in fresh[:_SHOWN]]
            node["based_on"] = [n for n in nodes if n is not None]
            node["n_more"] = max(len(references) - len(node["based_on"]), 0)
        return node

    def run(self, table: str, row: Row) -> Mapping[str, Any] | None:
        """Return the run that made a row: the one it names, else the one that wrote its table."""
        if row.get("run_id"):
            return self.runs.get(row["run_id"])
        return next((r for r in self.runs.values() if table in r["outputs"]), None)

    def said(self, table: str, row: Row) -> list[str] | None:
        """Return the sentences about a row: its own reasons, and what its columns say in words."""
        if table == "activity_field":
            return self.assignment(row)
        if "reasons" not in row:
            return None
        reasons = render_reasons(row["reasons"], self.names, self.say)
        if table == "condition":
            return [self.measured(row), *reasons]
        if table == "candidate_member":
            fields = self.say.together(map(self.names.field, self.family(row)))
            return [*reasons, self.say("Fields of the family: {words}.").format(words=fields)]
        return reasons

    def measured(self, row: Row) -> str:
        """Say a condition's value with its unit, what it is compared with, and the verdict."""
        value, reference = (
            self.say("not known") if row[name] is None else self.say.number(row[name])
            for name in ("value", "reference")
        )
        return self.say(
            "Value: {value}; median of the candidates: {reference}; unit: {unit}; "
            "verdict: {verdict}."
        ).format(
            value=value,
            reference=reference,
            unit=self.say(row["unit"]),
            verdict=self.names.word(row["verdict"]),
        )

    def family(self, row: Row) -> list[str]:
        """Return the fields of a candidate's family, the most central first."""
        if self.families is None:
            self.families = {}
            ordered = sorted(self.tables.rows("field_family"), key=lambda r: -r["centrality"])
            for one in ordered:
                self.families.setdefault(one["family_id"], []).append(one["field_id"])
        found = self.find(f"candidate:{row['candidate_id']}")
        if found is None:
            return []
        _, candidate = found
        return self.families.get(candidate["family_id"]) or candidate["main_fields"].split("|")

    def assigned(self, org_id: str) -> list[Row]:
        """Return the fields of an organisation's directions, the largest share first."""
        if self.fields_of is None:
            self.fields_of = {}
            ordered = sorted(self.tables.rows("activity_field"), key=lambda r: -r["share"])
            for one in ordered:
                self.fields_of.setdefault(one["org_id"], []).append(one)
        return self.fields_of.get(org_id, [])

    def origin(self, name: str) -> str:
        """What the origin of a link from code to field means; a word of the user's own stays."""
        known = {
            "catalogue": self.say("entered by hand"),
            "official": self.say("a published table"),
            "hierarchy": self.say("broader or narrower codes"),
            "bridge": self.say("another classification"),
            "text": self.say("what the code is called"),
            "user": self.say("your own concordance"),
        }
        return known.get(name, name)

    def assignment(self, row: Row) -> list[str]:
        """Say which field it is, how it was found (code, text or both), and what came next."""
        said = [self.say("Field: {field}.").format(field=self.names.field(row["field_id"]))]
        if row["matched_code"]:
            said.append(
                self.say(
                    "The code read is {code}; its link to fields comes from: {origin}."
                ).format(code=row["matched_code"], origin=self.origin(row["link_origin"]))
            )
        if row["method"] != "code":
            said.append(self.say("Its text was compared with every field of the catalogue."))
        if row["agreement"] is not None:
            said.append(
                self.say(
                    "Code and text were weighed against each other; they agree by {share}."
                ).format(share=self.say.number(row["agreement"]))
            )
        said.append(
            self.say("Share {share}; chance that the field is right: {confidence}.").format(
                share=self.say.number(round(row["share"], 2)),
                confidence=self.say.number(round(row["confidence"], 2)),
            )
        )
        return [*said, self.runner_up(row)]

    def runner_up(self, row: Row) -> str:
        """Say which other field of the same direction has the largest share."""
        for other in self.assigned(row["org_id"]):
            if other["activity_id"] == row["activity_id"] and other["field_id"] != row["field_id"]:
                return self.say(
                    "The strongest other field of this direction: {other_field}, share {share}."
                ).format(
                    other_field=self.names.field(other["field_id"]),
                    share=self.say.number(round(other["share"], 2)),
                )
        return self.say("No other field was found for this direction.")

    def under(self, table: str, row: Row) -> list[str]:
        """References a row rests on: its own list, or what the derived tables imply."""
        if table == "candidate_member":
            # The share in the family is counted over these; the directions lie under them.
            family = set(self.family(row))
            inside = [r for r in self.assigned(row["org_id"]) if r["field_id"] in family]
            keys = [f"activity_field:{row_key('activity_field', r)}" for r in inside]
            return [*keys, *json.loads(row["based_on"])]
        if "based_on" in row:
            return list(json.loads(row["based_on"]))
        if table == "field_adjacency":
            return [f"adjacency_weight:field~{signal}" for signal in _SIGNALS]
        if table == "activity_field":
            owner = row["activity_id"]
            return [owner if owner.startswith("development:") else f"activity:{owner}"]
        if table in ("activity", "development", "investor_profile"):
            return [f"organisation:{row['org_id']}"]
        if table == "existing_cluster_member":
            return [f"existing_cluster:{row['cluster_id']}", f"organisation:{row['org_id']}"]
        if table in ("link", "commitment"):
            return [f"organisation:{row['org_a']}", f"organisation:{row['org_b']}"]
        return []

    def name(self, table: str, row: Row) -> str:
        """What a person calls the row."""
        if row.get("cluster_id") and row.get("org_id") is None:
            return self.names.cluster(row["cluster_id"])
        if row.get("org_id"):
            texts = {k[5:]: row[k] for k in row if k.startswith("text_") and row[k]}
            extra = self.names.words(texts) if texts else row.get("title") or ""
            name = self.names.organisation(row["org_id"])
            return f"{name}: {extra[:80]}" if extra else name
        if table == "condition":
            indicator = indicator_name(row["indicator"], self.names)
            return f"{self.names.candidate(row['candidate_id'])} – {indicator}"
        if table == "candidate":
            return self.names.candidate(row["candidate_id"])
        if table == "field_adjacency":
            return f"{self.names.field(row['field_a'])} – {self.names.field(row['field_b'])}"
        if table == "link":
            a, b = self.names.organisation(row["org_a"]), self.names.organisation(row["org_b"])
            return f"{a} – {b} ({self.names.word(row['kind'])})"
        return ""

    def lines(self, node: Row, depth: int) -> list[str]:
        """Render the tree as indented text."""
        pad = "  " * depth
        lines = [f"{pad}{node['row']}" + (f"  [{node['name']}]" if node["name"] else "")]
        lines += [f"{pad}  - {sentence}" for sentence in node.get("reasons", [])]
        if "run" in node:
            run = node["run"]
            made = self.say("run {run}, version {version}; its parameters: --json").format(
                run=run["run_id"], version=run["version"]
            )
            lines.append(f"{pad}  {made}")
            inputs = ", ".join(f"{k} {v[:8]}" for k, v in sorted(run["inputs"].items()))
            lines.append(f"{pad}  " + self.say("inputs: {tables}").format(tables=inputs))
        if "origin" in node:
            lines.append(f"{pad}  {self.cited(node['origin'])}")
        for child in node.get("based_on", []):
            lines += self.lines(child, depth + 1)
        if node.get("n_more"):
            more = self.say("… and more or shown above: {n}")
            lines.append(f"{pad}  " + more.format(n=self.say.number(node["n_more"])))
        return lines

    def cited(self, origin: Row) -> str:
        """Say in which line of which source a row stands, how well it is proven and by what."""
        return self.say("from {source}, {line}; evidence: {mark}; cites: {cited}").format(
            source=origin["source_id"],
            line=origin.get("source_row", "–"),
            mark=self.names.word(origin.get("evidence", "unmarked")),
            cited=origin.get("source_ref", "–"),
        )

    def source(self, source: Mapping[str, Any]) -> str:
        """Say what a source is called, on what terms it may be used, and its fingerprint."""
        return self.say("source {source}: {name}; licence: {licence}; digest: {digest}").format(
            source=source["source_id"],
            name=source.get("name") or self.say("register"),
            licence=source.get("licence") or self.say("not stated"),
            digest=(source.get("digest") or "–")[:12],
        )


def _unknown(tables: Tables, row: str) -> UsageError:
    table, _, key = row.partition(":")
    if table not in TABLES:
        near = difflib.get_close_matches(table, TABLES, n=1)
        return UsageError(
            f"there is no table `{table}`",
            rule="a row is named table:key, parts of a key joined by ~",
            hint=f"did you mean `{near[0]}`?" if near else "`clusterloom schema` lists the tables",
        )
    keys = [row_key(table, r) for r in tables.rows(table)]
    near = difflib.get_close_matches(key, keys, n=3, cutoff=0.3) or keys[:3]
    return UsageError(
        f"table `{table}` has no row `{key}`",
        rule="a row is named table:key, parts of a key joined by ~",
        hint=f"rows are for example {', '.join(near)}" if near else "the table is empty",
    )
