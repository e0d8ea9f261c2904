"""How far the paradigm mapping agrees with what the sources of the embedded example state.

Usage: python bench/paradigm.py [--disagreements]

Prints the tables of docs/explanation/paradigm.md. The statement of the source is hidden from the
mapping; directions are split by a hash of their id: words and lines were looked at on one half
only, and the other is what the figures are read from.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.paradigm import directions_of
from clusterloom.entities.paradigm_file import read_mapping
from clusterloom.entities.paradigm_judging import judge, verdict_of
from clusterloom.sources.embedded import read_embedded
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import usable_encoders

VERDICTS = ("VI", "V", "other", "not_known")


def in_test_half(direction_id: str) -> bool:
    """Half of the directions by a hash of the id."""
    return int(hashlib.sha256(direction_id.encode()).hexdigest(), 16) % 2 == 1


def judged() -> list[tuple[str, str, set[str], str, tuple]]:
    """Each stated direction: id, the source's verdict, the mapping's, its text, and findings."""
    store = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    encoders = tuple(CachedEncoder(encoder, store) for encoder in usable_encoders())
    tables = read_embedded("belarus_china").merged(read_catalogue())
    tables = tables.merged(Classification(encoders=encoders).run(tables))
    mapping = read_mapping()
    parent_of = {row["field_id"]: row["parent_id"] for row in tables.rows("field")}
    found = []
    start = time.perf_counter()
    directions = directions_of(tables)
    for one in directions:
        hidden = replace(one, stated=None, stated_by=None)
        findings = judge(hidden, mapping, parent_of)
        if one.stated:
            said = {verdict_of(f.label) for f in findings}
            text = one.texts.get("en", "")
            found.append((one.direction_id, verdict_of(one.stated), said, text, findings))
    rate = len(directions) / (time.perf_counter() - start)
    print(f"{len(directions)} directions, {rate:.0f} a second\n")
    return found


def table(rows: list) -> None:
    """What the mapping says of directions whose source states a paradigm."""
    print("| the source states | directions | mapping says it | only another | not known |")
    print("|---|---|---|---|---|")
    for stated in ("VI", "V", "other"):
        part = [said for _, truth, said, *_ in rows if truth == stated]
        same = sum(stated in said for said in part)
        unknown = sum(said == {"not_known"} for said in part)
        print(f"| {stated} | {len(part)} | {same} | {len(part) - same - unknown} | {unknown} |")
    said_six = [truth for _, truth, said, *_ in rows if "VI" in said]
    right = sum(truth == "VI" for truth in said_six)
    print(f"\nsays VI of {len(said_six)}, of which the source states VI for {right}\n")


def main() -> None:
    """Print both halves."""
    rows = judged()
    for name, test in (("looked at", False), ("held out", True)):
        part = [row for row in rows if in_test_half(row[0]) == test]
        print(f"{name}: {len(part)} directions")
        table(part)
    if "--disagreements" in sys.argv:
        for direction_id, truth, said, text, findings in rows:
            if not in_test_half(direction_id) and truth not in said:
                why = Counter(f"{f.label}/{f.origin}/{','.join(f.fields)}" for f in findings)
                print(f"{truth:6} {'+'.join(sorted(said)):12} {text[:60]:60} {dict(why)}")


if __name__ == "__main__":
    main()
