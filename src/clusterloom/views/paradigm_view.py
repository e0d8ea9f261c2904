"""What another paradigm mapping changes, as a reader sees it: plain data and lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.entities.paradigm_changes import OrganisationChange, verdict_counts
from clusterloom.schema.vocabulary import PARADIGM_VERDICTS
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = [
    "changes_view",
    "paradigm_counts",
    "paradigm_lines",
    "standing_view",
    "unknown_paradigm_lines",
]

Row = dict[str, Any]
_TEXTS = ("text_en", "text_ru", "text_be", "text_zh")


def standing_view(tables: Tables, result: Tables, *, mapping: str) -> Row:
    """Return how many organisations have directions of each paradigm, by the mapping in force."""
    return {"mapping": mapping, "organisations": paradigm_counts(result), **_totals(tables)}


def changes_view(
    tables: Tables,
    changes: Sequence[OrganisationChange],
    results: tuple[Tables, Tables],
    *,
    labels: tuple[str, str],
    language: str = "en",
) -> Row:
    """Return every organisation that changes, old and new, with the reasons of the new.

    Parameters
    ----------
    tables : the plan's tables, for names
    changes : what `paradigm_changes` found
    results : results of the old and of the new mapping
    labels : name and version of the old and of the new mapping
    language : en, ru, be or zh
    """
    say = Translator(language)
    names = Names(tables, say)
    titles = _titles(tables, language)
    return {
        "old_mapping": labels[0],
        "new_mapping": labels[1],
        **_totals(tables),
        "organisations_old": paradigm_counts(results[0]),
        "organisations_new": paradigm_counts(results[1]),
        "n_changed": len(changes),
        "changed": [
            {
                "org_id": change.org_id,
                "name": names.organisation(change.org_id),
                "old": dict(change.old),
                "new": dict(change.new),
                "directions": [
                    {
                        "activity_id": one.activity_id,
                        "name": titles.get(one.activity_id, one.activity_id),
                        "old": list(one.old),
                        "new": list(one.new),
                        "reasons": [
                            why
                            for reasons in one.reasons
                            for why in render_reasons(reasons, names, say)
                        ],
                    }
                    for one in change.directions
                ],
            }
            for change in changes
        ],
    }


def paradigm_lines(view: Row, *, language: str = "en", limit: int = 0) -> list[str]:
    """Write a view of this module as lines of text; `limit` organisations, 0 = all."""
    names = Names(Tables(), Translator(language))
    if "changed" not in view:
        head = [f"{view['mapping']}, {view['n_organisations']} organisations"]
        return head + _verdict_lines(view["organisations"], None, names)
    lines = [
        f"{view['old_mapping']} -> {view['new_mapping']}: {view['n_changed']} of "
        f"{view['n_organisations']} organisations change",
        *_verdict_lines(view["organisations_old"], view["organisations_new"], names),
    ]
    shown = view["changed"][:limit] if limit else view["changed"]
    for change in shown:
        lines.append(
            f"{change['name']} ({change['org_id']}): {_counts(change['old'], names)} -> "
            f"{_counts(change['new'], names)}"
        )
        for one in change["directions"]:
            old, new = (
                ", ".join(names.word(label) for label in one[key]) for key in ("old", "new")
            )
            lines.append(f"  {one['name']}: {old} -> {new}")
            lines += [f"    {why}" for why in one["reasons"]]
    if len(shown) < len(view["changed"]):
        lines.append(f"… and {len(view['changed']) - len(shown)} more: --limit 0 shows all")
    return lines


def paradigm_counts(result: Tables) -> Row:
    """Return verdict -> organisations with such a direction; one may have several."""
    found = Counter(v for counts in verdict_counts(result).values() for v in counts)
    return {verdict: found[verdict] for verdict in PARADIGM_VERDICTS}


def unknown_paradigm_lines(tables: Tables, say: Translator) -> list[str]:
    """Say for how many organisations no direction's paradigm is known."""
    known = {
        row["org_id"]
        for row in tables.rows("organisation_paradigm")
        if row["verdict"] != "not_known"
    }
    judged = {row["org_id"] for row in tables.rows("organisation_paradigm")}
    if judged <= known:
        return []
    text = say("The technological paradigm of {n} organisations is not known in any direction.")
    return [text.format(n=say.number(len(judged - known)))]


def _verdict_lines(
    old: Mapping[str, int], new: Mapping[str, int] | None, names: Names
) -> list[str]:
    return [
        f"  {names.word(verdict)}: {old[verdict]}" + (f" -> {new[verdict]}" if new else "")
        for verdict in PARADIGM_VERDICTS
    ]


def _counts(counts: Mapping[str, int], names: Names) -> str:
    found = [f"{names.word(v)} {counts[v]}" for v in PARADIGM_VERDICTS if v in counts]
    return ", ".join(found)


def _totals(tables: Tables) -> Row:
    return {"n_organisations": tables["organisation"].num_rows}


def _titles(tables: Tables, language: str) -> dict[str, str]:
    order = (f"text_{language}", *_TEXTS)
    found = {}
    for row in tables.rows("activity"):
        texts = [row[name] for name in order if row.get(name)]
        found[row["activity_id"]] = (texts or [row["code"] or row["activity_id"]])[0]
    for row in tables.rows("development"):
        found[f"development:{row['development_id']}"] = row["title"]
    return found
