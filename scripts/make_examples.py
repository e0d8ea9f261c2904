"""Write the invented examples of `clusterloom adjacency`: patents, their citations, and jobs.

Usage: python scripts/make_examples.py

Every patent, citation and region is invented; the codes are those of the IPC and of NACE Rev. 2.
Patents join subclasses of one technology, more of them as the years go on, and cite patents of the
same technology; regions keep to kindred industries and take up further ones.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TECHNOLOGIES = (
    ("H01S 3/00", "G02B 6/00", "G02F 1/00", "B23K 26/00", "H04B 10/00", "G01J 3/00"),
    ("A01B 79/00", "A01C 7/00", "A01D 41/00", "A01G 25/00", "G05D 1/00", "B64C 39/00"),
    ("C12N 15/00", "A61K 39/00", "C07K 16/00", "G01N 33/00", "C12Q 1/00", "A61P 35/00"),
    ("H01M 10/00", "C01G 53/00", "H02J 7/00", "B60L 58/00", "H02K 1/00", "B60K 6/00"),
    ("G06N 3/00", "G06T 7/00", "G06V 10/00", "A61B 5/00", "G16H 50/00", "H04N 19/00"),
    ("B22F 3/00", "C22C 1/00", "B33Y 10/00", "B29C 64/00", "F01D 5/00", "C23C 4/00"),
)
INDUSTRIES = (
    {
        "26.11": "Manufacture of electronic components",
        "26.51": "Manufacture of instruments for measuring and testing",
        "26.70": "Manufacture of optical instruments",
        "27.11": "Manufacture of electric motors",
        "62.01": "Computer programming",
        "72.19": "Research on natural sciences and engineering",
    },
    {
        "01.11": "Growing of cereals",
        "01.41": "Raising of dairy cattle",
        "10.11": "Processing of meat",
        "10.51": "Operation of dairies and cheese making",
        "28.30": "Manufacture of agricultural machinery",
    },
    {
        "24.10": "Manufacture of iron and steel",
        "25.11": "Manufacture of metal structures",
        "25.62": "Machining of metal",
        "28.41": "Manufacture of metal forming machinery",
        "29.32": "Manufacture of parts for motor vehicles",
    },
)
REGIONS = 18
PATENTS, FIRST, LAST = 260, 2010, 2021


def spelled(code: str, rng: np.random.Generator) -> str:
    """Write a patent code in one of the ways files do."""
    forms = (code, code.replace(" ", ""), code.lower(), f"{code} (2006.01)")
    return forms[int(rng.integers(len(forms)))]


def patents(rng: np.random.Generator) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """Patents with two or three codes each, and citations of earlier ones of their technology."""
    rows: list[Sequence[Any]] = []
    cited: list[Sequence[Any]] = []
    earlier: list[list[str]] = [[] for _ in TECHNOLOGIES]
    joined = [list(itertools.combinations(codes, 2)) for codes in TECHNOLOGIES]
    for pairs in joined:
        rng.shuffle(pairs)
    for number in range(PATENTS):
        year = FIRST + number * (LAST - FIRST + 1) // PATENTS
        one = int(rng.integers(len(TECHNOLOGIES)))
        # The pairs a technology joins come into use one after the other.
        reach = 3 + int(len(joined[one]) * 0.8 * (year - FIRST) / (LAST - FIRST))
        codes = list(joined[one][int(rng.integers(reach))])
        if rng.random() < 0.15:
            other = TECHNOLOGIES[int(rng.integers(len(TECHNOLOGIES)))]
            codes.append(other[int(rng.integers(len(other)))])
        name = f"EX{year}-{number:03d}"
        rows += [(name, spelled(code, rng), year) for code in dict.fromkeys(codes)]
        if earlier[one] and rng.random() < 0.8:
            before = earlier[one][int(rng.integers(len(earlier[one])))]
            cited.append((name, before, year))
        earlier[one].append(name)
    return rows, cited


def jobs(rng: np.random.Generator) -> list[Sequence[Any]]:
    """Jobs by region, class and year, in thousands, with a decimal comma."""
    rows: list[Sequence[Any]] = []
    titles = {code: title for group in INDUSTRIES for code, title in group.items()}
    for region in range(REGIONS):
        home = list(INDUSTRIES[region % len(INDUSTRIES)])
        size = float(rng.uniform(0.5, 3.0))
        order = [str(code) for code in rng.permutation(home)]
        for year, strong in ((2014, 2), (2017, 3), (2020, 4)):
            for code, title in titles.items():
                many = 6.0 if code in order[:strong] else 0.4
                thousand = size * many * float(rng.uniform(0.7, 1.3))
                amount = f"{thousand:.2f}".replace(".", ",")
                rows.append((f"Region {region + 1:02d}", code, title, year, amount))
    return rows


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], mark: str) -> None:
    """Write rows as separated text in UTF-8."""
    with (EXAMPLES / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=mark, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write all three, the same every time."""
    rng = np.random.default_rng(3)
    rows, cited = patents(rng)
    write("patents.csv", ("patent", "ipc", "year"), rows, ",")
    write("patent_citations.csv", ("unit_a", "unit_b", "year"), cited, ",")
    write("jobs.csv", ("Region", "NACE", "Title", "Year", "Jobs"), jobs(rng), ";")


if __name__ == "__main__":
    main()
