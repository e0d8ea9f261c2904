"""Walk a row back: its reasons, the run that made it, the rows it rests on, their sources."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from clusterloom.errors import UsageError
from clusterloom.schema import TABLES
from clusterloom.tables import Tables, row_key
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
    lines = walker.lines(tree, 0)
    lines += [
        f"source {s.get('source_id')}: {s.get('name', 'register')}"
        f" | licence: {s.get('licence') or 'not stated'} | digest: {(s.get('digest') or '-')[:12]}"
        for s in tree["sources"]
    ]
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
        if table == "activity_field":
            node["reasons"] = self.assignment(row)
        if "reasons" in row:
            node["reasons"] = render_reasons(row["reasons"], self.names, self.say)
            run = self.runs.get(row.get("run_id") or "")
            if run is not None:
                keys = ("stage", "version", "parameters", "inputs")
                node["run"] = {"run_id": row["run_id"], **{k: run[k] for k in keys}}
        references = self.under(table, row)
        if depth < _DEPTH:
            fresh = [r for r in references if r not in self.seen]
            nodes = [self.node(r, depth + 1) for r in fresh[:_SHOWN]]
            node["based_on"] = [n for n in nodes if n is not None]
            node["n_more"] = max(len(references) - len(node["based_on"]), 0)
        return node

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
        """Say how a field was found: by a code, by a text, or by both."""
        said = []
        if row["matched_code"]:
            said.append(
                self.say(
                    "The code read is {code}; its link to fields comes from: {origin}."
                ).format(code=row["matched_code"], origin=row["link_origin"])
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
        return said

    def under(self, table: str, row: Row) -> list[str]:
        """References a row rests on: its own list, or what the derived tables imply."""
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
            extra = next(
                (row[k] for k in ("text_en", "text_ru", "text_zh", "title") if row.get(k)), ""
            )
            name = self.names.organisation(row["org_id"])
            return f"{name}: {extra[:80]}" if extra else name
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
            parameters = json.dumps(run["parameters"], ensure_ascii=False, sort_keys=True)
            lines.append(f"{pad}  run {run['run_id']} (version {run['version']}): {parameters}")
            inputs = ", ".join(f"{k} {v[:8]}" for k, v in sorted(run["inputs"].items()))
            lines.append(f"{pad}  inputs: {inputs}")
        if "origin" in node:
            origin = node["origin"]
            lines.append(
                f"{pad}  from {origin.get('source_id')} {origin.get('source_row', '')}"
                f" | evidence: {origin.get('evidence', 'unmarked')}"
                f" | cites: {origin.get('source_ref', '-')}"
            )
        for child in node.get("based_on", []):
            lines += self.lines(child, depth + 1)
        if node.get("n_more"):
            lines.append(f"{pad}  … and {node['n_more']} more or shown above")
        return lines


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
