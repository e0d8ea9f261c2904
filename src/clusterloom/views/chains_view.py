"""Joint value chains as a reader sees them: a table, and what the flow picture needs."""

from __future__ import annotations

from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.flow_svg import chain_flow_svg
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["chains_view"]

Row = dict[str, Any]

_MOST_DRAWN = 8
_VERDICTS = ("only_together", "broken", "complete_alone")


def chains_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the chains, joint ones first, then broken ones, then those one cluster carries."""
    steps: dict[str, list[Row]] = {}
    for row in tables.rows("chain_step"):
        steps.setdefault(row["chain_id"], []).append(row)
    handovers: dict[str, list[Row]] = {}
    for row in tables.rows("chain_handover"):
        handovers.setdefault(row["chain_id"], []).append(row)
    rows = sorted(
        tables.rows("value_chain"),
        key=lambda r: (
            _VERDICTS.index(r["verdict"]), -r["n_countries"], r["rank"], -r["n_covered"],
            r["chain_id"],
        ),
    )  # fmt: skip
    view = _View(names, say)
    return [
        view.chain(number, row, steps.get(row["chain_id"], []), handovers.get(row["chain_id"], []))
        for number, row in enumerate(rows, start=1)
    ]


class _View:
    """Chains in words."""

    def __init__(self, names: Names, say: Translator) -> None:
        self.names = names
        self.say = say

    def chain(self, number: int, row: Row, steps: list[Row], handovers: list[Row]) -> Row:
        """One chain with its steps, its handovers and, for the first of them, its picture."""
        clusters = row["clusters"].split("|")
        chain: Row = {
            "id": row["chain_id"],
            "field": self.names.field(row["field_id"]),
            "clusters": [self.names.cluster(c) for c in clusters],
            "verdict": row["verdict"],
            "verdict_word": self.names.word(row["verdict"]),
            "n_steps": row["n_steps"],
            "n_covered": row["n_covered"],
            "n_joined": row["n_joined"],
            "strength": row["strength"],
            "reasons": self.reasons(row),
            "steps": self.steps(row, steps, clusters),
            "flows": self.flows(handovers, clusters),
        }
        chain["picture"] = self.picture(number, chain) if number <= _MOST_DRAWN else ""
        return chain

    def reasons(self, row: Row) -> list[str]:
        """The row's reasons in words."""
        return render_reasons(row["reasons"], self.names, self.say)

    def steps(self, chain: Row, rows: list[Row], clusters: list[str]) -> list[Row]:
        """Every step with what each cluster brings; an open step has no bars."""
        named = {row["step_no"]: row["step"] for row in rows}
        missing = iter((chain["open_steps"] or "").split("|"))
        found = []
        for number in range(1, chain["n_steps"] + 1):
            step = named.get(number) or next(missing)
            found.append(
                {
                    "name": self.names.word(step),
                    "bars": [
                        {
                            "cluster": clusters.index(row["cluster_id"]),
                            "n": row["n_providers"],
                            "orgs": [self.names.organisation(o) for o in row["org_ids"].split("|")],
                            "strength": row["strength"],
                            "reasons": self.reasons(row),
                        }
                        for row in rows
                        if row["step_no"] == number
                    ],
                }
            )
        return found

    def flows(self, rows: list[Row], clusters: list[str]) -> list[Row]:
        """Handovers in the order of the steps; numbers of clusters as in the chain."""
        return [
            {
                "step": row["step_no"] - 1,
                "a": clusters.index(row["cluster_a"]),
                "b": clusters.index(row["cluster_b"]),
                "flow": row["flow"],
                "state": row["state"],
                "reasons": self.reasons(row),
            }
            for row in sorted(rows, key=lambda r: (r["step_no"], r["cluster_a"], r["cluster_b"]))
        ]

    def picture(self, number: int, chain: Row) -> str:
        """The flow picture; a table with the same content stands beside it."""
        title = self.say("From idea to market: {field}").format(field=chain["field"])
        lines = [
            f"{step['name']}: "
            + (
                "; ".join(f"{chain['clusters'][b['cluster']]} ({b['n']})" for b in step["bars"])
                or self.say("nobody")
            )
            for step in chain["steps"]
        ]
        return chain_flow_svg(
            chain,
            number=number,
            title=title,
            description=". ".join(lines),
            nobody=self.say("nobody"),
        )
