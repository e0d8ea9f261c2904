"""The network of clusters as a reader sees it: layers, types, brokers, weak points, new ties."""

from __future__ import annotations

from typing import Any

from clusterloom.schema.results_structures import LAYERS
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["structures_view"]

Row = dict[str, Any]

_MOST_BROKERS = 12
_MOST_LOSSES = 8  # of each kind
_MOST_ROWS = 60  # of ties and of structures; the others are counted


def structures_view(tables: Tables, names: Names, say: Translator) -> Row:
    """Return the parts of the section on structures, as plain data."""
    view = _View(tables, names, say)
    ties, structures = view.ties(), view.structures()
    return {
        "layers": [names.word(layer) for layer in LAYERS],
        "ties": ties[:_MOST_ROWS],
        "n_more_ties": max(len(ties) - _MOST_ROWS, 0),
        "structures": structures[:_MOST_ROWS],
        "n_more_structures": max(len(structures) - _MOST_ROWS, 0),
        "brokers": view.brokers(),
        "losses": view.losses(),
        "new_ties": view.new_ties(),
        "connection": view.connection(),
    }


class _View:
    """Rows in words."""

    def __init__(self, tables: Tables, names: Names, say: Translator) -> None:
        self.tables = tables
        self.names = names
        self.say = say

    def reasons(self, row: Row) -> list[str]:
        """The row's reasons in words."""
        return render_reasons(row["reasons"], self.names, self.say)

    def clusters(self, text: str | None) -> list[str]:
        """Names of clusters split by |."""
        return [self.names.cluster(c) for c in (text or "").split("|") if c]

    def ties(self) -> list[Row]:
        """Known ties by pair of clusters and layer; a layer without a row has none."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for row in self.tables.rows("cluster_tie"):
            pair = (row["cluster_a"], row["cluster_b"])
            found.setdefault(pair, {})[row["layer"]] = row["n_ties"]
        return [
            {
                "a": self.names.cluster(a),
                "b": self.names.cluster(b),
                "inside": a == b,
                "counts": [counts.get(layer, 0) for layer in LAYERS],
            }
            for (a, b), counts in sorted(
                found.items(), key=lambda i: (len(set(i[0])), -sum(i[1].values()), i[0])
            )
        ]

    def structures(self) -> list[Row]:
        """Structures with their type: the whole, communities, clusters, then tied pairs."""
        order = {level: k for k, level in enumerate(("network", "community", "cluster", "pair"))}
        rows = sorted(
            self.tables.rows("structure"),
            key=lambda r: (order[r["level"]], -r["n_ties"], r["structure_id"]),
        )
        return [
            {
                "id": row["structure_id"],
                "level": self.names.word(row["level"]),
                "type": self.names.word(row["type"]),
                "clusters": self.clusters(row["clusters"]),
                "n_organisations": row["n_organisations"],
                "n_ties": row["n_ties"],
                "reach_share": row["reach_share"],
                "reasons": self.reasons(row),
            }
            for row in rows
        ]

    def brokers(self) -> list[Row]:
        """The first brokers by rank."""
        rows = sorted(self.tables.rows("network_broker"), key=lambda r: r["rank"])[:_MOST_BROKERS]
        return [
            {
                "rank": row["rank"],
                "name": self.names.organisation(row["org_id"]),
                "clusters": self.clusters(row["clusters"]),
                "reached": self.clusters(row["reached"]),
                "betweenness": row["betweenness"],
                "n_brokered": row["n_brokered"],
                "reasons": self.reasons(row),
            }
            for row in rows
        ]

    def losses(self) -> list[Row]:
        """What hurts most, by kind."""
        rows = sorted(self.tables.rows("fall_out"), key=lambda r: r["rank"])
        return [
            {
                "kind": self.say("tie") if kind == "tie" else self.names.word(kind),
                "what": self.subject(row),
                **{k: row[k] for k in ("ties_lost", "pairs_lost", "others_cut", "needs_lost")},
                "reasons": self.reasons(row),
            }
            for kind in ("country", "cluster", "member", "tie")
            for row in [r for r in rows if r["kind"] == kind][:_MOST_LOSSES]
        ]

    def subject(self, row: Row) -> str:
        """Name of what falls out."""
        if row["kind"] == "cluster":
            return self.names.cluster(row["subject"])
        if row["kind"] == "country":
            return str(row["subject"])
        return " – ".join(self.names.organisation(o) for o in row["subject"].split("|"))

    def new_ties(self) -> list[Row]:
        """New ties in the order to make them."""
        return [
            {
                "rank": row["rank"],
                "a": self.names.organisation(row["org_a"]),
                "b": self.names.organisation(row["org_b"]),
                "n_joined": row["n_joined"],
                "share_after": row["share_after"],
                "reasons": self.reasons(row),
            }
            for row in sorted(self.tables.rows("new_tie"), key=lambda r: r["rank"])
        ]

    def connection(self) -> Row | None:
        """How the new ties were found; None with fewer than two members."""
        rows = self.tables.rows("connection")
        return {"status": rows[0]["status"], "reasons": self.reasons(rows[0])} if rows else None
