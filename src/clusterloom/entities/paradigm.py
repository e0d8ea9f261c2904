"""The technological paradigm of every direction of work and of every organisation."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from clusterloom.entities.paradigm_file import OWN_MAPPING, read_mapping
from clusterloom.entities.paradigm_judging import (
    MIN_FIELD_WEIGHT,
    Direction,
    FieldPart,
    Finding,
    judge,
    verdict_of,
)
from clusterloom.entities.paradigm_mapping import ParadigmMapping
from clusterloom.errors import RecipeError
from clusterloom.schema import dump_reasons, reason
from clusterloom.schema.vocabulary import PARADIGM_VERDICTS
from clusterloom.tables import Tables
from clusterloom.text import detect_language

__all__ = ["Paradigm", "directions_of"]

Row = dict[str, Any]
_LANGUAGES = ("en", "ru", "be", "zh")
_SURVEY = "development:"
_MOST_NAMED = 3  # directions named in a reason
_MOST_BASES = 20


@dataclass(frozen=True, kw_only=True)
class Paradigm:
    """Stage: which technological paradigms directions and organisations belong to.

    What the source or the survey states comes first; then codes and words of the text; then the
    fields. A direction may belong to several paradigms; without evidence it is not known.

    Reads `field`, `organisation`, `activity`, `development`, `activity_field`. Writes
    `direction_paradigm`, `organisation_paradigm`.
    """

    name: ClassVar[str] = "paradigm"
    reads: ClassVar[tuple[str, ...]] = (
        "field",
        "organisation",
        "activity",
        "development",
        "activity_field",
    )
    writes: ClassVar[tuple[str, ...]] = ("direction_paradigm", "organisation_paradigm")

    mapping: str = OWN_MAPPING  # the project's own mapping, or the path of a mapping file
    # If false, what a source or the survey states counts only where the mapping says nothing.
    statements_first: bool = True
    # 0..1, share x confidence; fields alone give V or VI only from here on.
    min_field_weight: float = MIN_FIELD_WEIGHT

    def __post_init__(self) -> None:
        """Read a mapping of the user's own, so that its faults are named before anything runs."""
        if not 0 <= self.min_field_weight <= 1:
            raise RecipeError(
                f"paradigm: min_field_weight {self.min_field_weight}",
                rule="it is a share times a confidence, 0 to 1",
                hint="leave it out of the recipe to use the default",
            )
        if self.mapping != OWN_MAPPING:
            _ = self.read

    @cached_property
    def read(self) -> ParadigmMapping:
        """The mapping; SourceError with every fault it has."""
        return read_mapping(self.mapping)

    @property
    def outside(self) -> Mapping[str, str]:
        """Digest of the mapping: a file that has changed makes another run."""
        return {"mapping_digest": self.read.digest}

    def run(self, tables: Tables) -> Tables:
        """Judge every direction, then gather by organisation."""
        parent_of = {row["field_id"]: row["parent_id"] for row in tables.rows("field")}
        rows: list[Row] = []
        for direction in directions_of(tables):
            found = judge(
                direction,
                self.read,
                parent_of,
                statements_first=self.statements_first,
                min_field_weight=self.min_field_weight,
            )
            rows += [self._row(direction, finding) for finding in found]
        written = Tables().with_rows("direction_paradigm", rows)
        return written.with_rows("organisation_paradigm", _gathered(tables, rows))

    def _row(self, direction: Direction, finding: Finding) -> Row:
        stated = finding.origin in ("source", "survey")
        return {
            "activity_id": direction.direction_id,
            "label": finding.label,
            "org_id": direction.org_id,
            "kind": direction.kind,
            "verdict": verdict_of(finding.label),
            "origin": finding.origin,
            "share": round(finding.share, 6),
            "confidence": None if finding.confidence is None else round(finding.confidence, 4),
            "fields": "|".join(finding.fields) or None,
            "support": finding.support,
            "mapping": None if stated else self.read.label,
            "evidence": direction.evidence,
            "reasons": dump_reasons(finding.reasons),
            "based_on": _based_on(
                [
                    _reference(direction.direction_id),
                    *(f"activity_field:{direction.direction_id}~{f}" for f in finding.fields),
                ]
            ),
        }


def directions_of(tables: Tables) -> list[Direction]:
    """Return every activity and development with its fields, texts, code and statement."""
    parts: dict[str, list[FieldPart]] = defaultdict(list)
    for row in tables.rows("activity_field"):
        part = FieldPart(row["field_id"], row["share"], row["confidence"])
        parts[row["activity_id"]].append(part)
    found = [_from_activity(row, parts[row["activity_id"]]) for row in tables.rows("activity")]
    for row in tables.rows("development"):
        found.append(_from_development(row, parts[_SURVEY + row["development_id"]]))
    return found


def _from_activity(row: Row, parts: Sequence[FieldPart]) -> Direction:
    return Direction(
        direction_id=row["activity_id"],
        org_id=row["org_id"],
        kind=row["kind"],
        texts={la: row[f"text_{la}"] for la in _LANGUAGES if row[f"text_{la}"]},
        scheme=row["code_scheme"],
        code=row["code"],
        stated=row["paradigm"],
        stated_by="source" if row["paradigm"] else None,
        evidence=row["evidence"],
        parts=tuple(parts),
    )


def _from_development(row: Row, parts: Sequence[FieldPart]) -> Direction:
    text = f"{row['title']}. {row['text'] or ''}"
    return Direction(
        direction_id=_SURVEY + row["development_id"],
        org_id=row["org_id"],
        kind="development",
        texts={row["language"] or detect_language(text) or "en": text},
        stated=row["claimed_paradigm"],
        stated_by="survey" if row["claimed_paradigm"] else None,
        justification=row["paradigm_justification"],
        evidence=row["evidence"],
        parts=tuple(parts),
    )


def _gathered(tables: Tables, rows: Sequence[Row]) -> list[Row]:
    """Bring the directions together by organisation; one without any is not known."""
    by_org: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_org[row["org_id"]].append(row)
    names = _names(tables)
    gathered: list[Row] = []
    for org_id in sorted({r["org_id"] for r in tables.rows("organisation")} | set(by_org)):
        mine = by_org[org_id]
        total = len({row["activity_id"] for row in mine})
        if not mine:
            gathered.append(_nothing(org_id))
        for verdict in PARADIGM_VERDICTS:
            part = [row for row in mine if row["verdict"] == verdict]
            if part:
                gathered.append(_organisation_row(org_id, verdict, part, total, names))
    return gathered


def _organisation_row(
    org_id: str, verdict: str, rows: Sequence[Row], total: int, names: Mapping[str, str]
) -> Row:
    directions = list(dict.fromkeys(row["activity_id"] for row in rows))
    marks = [row["evidence"] for row in rows]
    weak = sum(mark != "verified" for mark in marks) / len(marks) if any(marks) else None
    shown = "; ".join(names.get(d, d) for d in directions[:_MOST_NAMED])
    given: dict[str, str | int] = {"n": len(directions), "total": total, "directions": shown}
    if verdict == "not_known":
        why = [
            reason(
                "The paradigm of {n} of its {total} directions is not known: {directions}.", **given
            )
        ]
    elif verdict == "other":
        why = [
            reason(
                "{n} of its {total} directions belong to paradigms I to IV or to none: "
                "{directions}.",
                **given,
            )
        ]
    else:
        why = [
            reason(
                "{n} of its {total} directions belong to paradigm {paradigm}: {directions}.",
                paradigm=verdict,
                **given,
            )
        ]
    origins = list(dict.fromkeys(row["origin"] for row in rows if row["origin"]))
    why += [_BY[origin] for origin in origins]
    return {
        "org_id": org_id,
        "verdict": verdict,
        "n_directions": len(directions),
        "share": round(len(directions) / total, 6),
        "origins": "|".join(origins) or None,
        "weak_share": None if weak is None else round(weak, 6),
        "reasons": dump_reasons(why),
        "based_on": _based_on(
            [f"direction_paradigm:{row['activity_id']}~{row['label']}" for row in rows]
        ),
    }


_BY = {
    "source": reason("Some of this the source states; not checked here."),
    "survey": reason("Some of this the organisation claims in the survey."),
    "code": reason("Some of this follows from codes, by the mapping."),
    "text": reason("Some of this follows from words of the text, by the mapping."),
    "field": reason("Some of this follows from the field, by the mapping."),
}


def _nothing(org_id: str) -> Row:
    why = reason("No direction of it is known, so its paradigm is not known.")
    return {
        "org_id": org_id,
        "verdict": "not_known",
        "n_directions": 0,
        "share": None,
        "origins": None,
        "weak_share": None,
        "reasons": dump_reasons([why]),
        "based_on": _based_on([f"organisation:{org_id}"]),
    }


def _names(tables: Tables) -> dict[str, str]:
    names = {}
    for row in tables.rows("activity"):
        texts = [row[f"text_{la}"] for la in _LANGUAGES if row[f"text_{la}"]]
        names[row["activity_id"]] = (texts or [row["code"] or row["activity_id"]])[0]
    for row in tables.rows("development"):
        names[_SURVEY + row["development_id"]] = row["title"]
    return names


def _reference(direction_id: str) -> str:
    return direction_id if direction_id.startswith(_SURVEY) else f"activity:{direction_id}"


def _based_on(references: Iterable[str]) -> str:
    return json.dumps(list(dict.fromkeys(references))[:_MOST_BASES], ensure_ascii=False)
