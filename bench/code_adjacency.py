"""Weights of adjacency fitted to a real coding that is not the catalogue: topics of papers.

Usage: python bench/code_adjacency.py [PATH OF openalex_petrogeo_works] [--draws 200]

Institutions and the OpenAlex topics of their papers, with joint papers as links between
institutions (OpenAlex, CC0). Prints what docs/explanation/adjacency.md quotes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from clusterloom.api.fit_codes import fit_codes  # noqa: E402

WORKS = ROOT.parent / "shared" / "data" / "openalex_petrogeo_works"


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        yield from csv.DictReader(stream)


def tables(works: Path, folder: Path) -> tuple[Path, Path]:
    """Write who worked on which topic when, and who wrote with whom."""
    year = {row["work_id"]: row["year"] for row in rows_of(works / "works.csv.gz")}
    who, what = defaultdict(set), defaultdict(set)
    for row in rows_of(works / "work_institutions.csv.gz"):
        who[row["work_id"]].add(row["institution_id"].rsplit("/", 1)[-1])
    for row in rows_of(works / "work_topics.csv.gz"):
        what[row["work_id"]].add((row["topic_id"].rsplit("/", 1)[-1], row["topic_name"]))
    amount = Counter(
        (org, *topic, year[work]) for work in who for org in who[work] for topic in what[work]
    )
    codes, links = folder / "topics.csv", folder / "papers.csv"
    with codes.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("institution", "topic", "title", "year", "amount"))
        writer.writerows((*key, n) for key, n in sorted(amount.items()))
    with links.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("unit_a", "unit_b", "year"))
        for work, orgs in who.items():
            pairs = itertools.combinations(sorted(orgs), 2)
            writer.writerows((a, b, year[work]) for a, b in pairs)
    return codes, links


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("works", nargs="?", type=Path, default=WORKS)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        codes, links = tables(options.works, folder)
        for outcome in ("moves", "together"):
            start = time.perf_counter()
            found = fit_codes(
                codes,
                out=folder / "weights.json",
                links=links,
                tree="openalex",
                outcome=outcome,
                draws=options.draws,
            )
            print("\n".join(found["words"]))
            print(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
