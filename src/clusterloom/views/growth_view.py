"""The growth path as a reader sees it: programmes, their phases, milestones and actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["growth_view", "programme_lines"]

Row = dict[str, Any]


def growth_view(tables: Tables, names: Names, say: Translator) -> list[Row]:
    """Return the programmes in order of their clusters, each with its phases in order."""
    view = _View(tables, names, say)
    phases: dict[str, list[Row]] = {}
    for row in sorted(tables.rows("programme_phase"), key=lambda r: r["phase_no"]):
        phases.setdefault(row["programme_id"], []).append(row)
    return [
        {
            "id": programme_id,
            "a": names.cluster(rows[0]["cluster_a"]),
            "b": names.cluster(rows[0]["cluster_b"]),
            "phases": [view.phase(row) for row in rows],
        }
        for programme_id, rows in sorted(phases.items())
    ]


class _View:
    """Rows in words."""

    def __init__(self, tables: Tables, names: Names, say: Translator) -> None:
        self.names = names
        self.say = say
        self.milestones = _grouped(tables.rows("milestone"))
        self.actions = _grouped(tables.rows("programme_action"))

    def reasons(self, row: Row) -> list[str]:
        """The row's reasons in words."""
        return render_reasons(row["reasons"], self.names, self.say)

    def phase(self, row: Row) -> Row:
        """One phase with what is measured and what is to be done."""
        key = (row["programme_id"], row["phase"])
        actions = sorted(self.actions.get(key, []), key=lambda r: r["action_no"])
        return {
            "number": row["phase_no"],
            "name": self.names.word(row["phase"]),
            "status": row["status"],
            "status_word": self.names.word(row["status"]),
            "reasons": self.reasons(row),
            "milestones": [self.milestone(m) for m in self.milestones.get(key, [])],
            "actions": [
                {"number": a["action_no"], "reasons": self.reasons(a), "kind": a["kind"]}
                for a in actions
            ],
        }

    def milestone(self, row: Row) -> Row:
        """One number: today, target, unit and where it is counted."""
        subject = row["subject"]
        if subject == "all_clusters":
            name = self.say("all clusters")
        else:
            name = "" if subject == row["programme_id"] else self.names.cluster(subject)
        return {
            "measure": self.names.word(row["measure"]),
            "subject": name,
            "current": row["current"],
            "target": row["target"],
            "unit": self.say(row["unit"]),
            "source": row["source"].replace("|", ", "),
            "reasons": self.reasons(row),
        }


def _grouped(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["programme_id"], row["phase"]), []).append(row)
    return groups


def programme_lines(programmes: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Return programmes as lines of text: phases, milestones from today to target, actions."""
    say = Translator(language)
    lines: list[str] = []
    for programme in programmes:
        lines += [f"{programme['a']} – {programme['b']}", programme["id"]]
        for phase in programme["phases"]:
            lines += ["", f"{phase['number']}. {phase['name']} [{phase['status_word']}]"]
            lines += [f"   {reason}" for reason in phase["reasons"]]
            for one in phase["milestones"]:
                about = f" ({one['subject']})" if one["subject"] else ""
                values = f"{say.number(one['current'])} → {say.number(one['target'])}"
                lines.append(f"   - {one['measure']}{about}: {values} {one['unit']}")
            for action in phase["actions"]:
                lines.append(f"   {action['number']}) {action['reasons'][0]}")
                lines += [f"      {reason}" for reason in action["reasons"][1:]]
        lines.append("")
    return lines
