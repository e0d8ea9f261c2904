"""Backtest relatedness density on real data with years; prints rows for docs/explanation.

Usage: python bench/backtest.py [DATA_FOLDER]

The folder is the one of the development data (default: shared/data beside the checkout). Works of
petroleum geoscience (OpenAlex), participations in Horizon 2020 by programme part, and the projects
with partners in China, whose texts the program first brings to its own fields.
"""

from __future__ import annotations

import csv
import gzip
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.api import Project
from clusterloom.api.backtest import (
    DensityBacktest,
    PlaceFieldYear,
    density_backtest,
    work_by_place,
)
from clusterloom.measures.entry import Skill
from clusterloom.plan import Recipe
from clusterloom.tables import Tables

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def records(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def year_of(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def petrogeo(folder: Path) -> list[PlaceFieldYear]:
    """Institutions by topics; a work counts once for each institution, shared over its topics."""
    folder = folder / "openalex_petrogeo_works"
    year = {r["work_id"]: year_of(r["year"]) for r in records(folder / "works.csv.gz")}
    topics, institutions = defaultdict(set), defaultdict(set)
    for row in records(folder / "work_topics.csv.gz"):
        topics[row["work_id"]].add(row["topic_id"])
    for row in records(folder / "work_institutions.csv.gz"):
        institutions[row["work_id"]].add(row["institution_id"])
    return [
        PlaceFieldYear(place, topic, year.get(work), 1 / len(topics[work]))
        for work in sorted(topics)
        for place in sorted(institutions[work])
        for topic in sorted(topics[work])
    ]


def horizon_2020(folder: Path, key: str) -> list[PlaceFieldYear]:
    """Countries or organisations by programme part; one participation is 1."""
    folder = folder / "cordis_h2020_participations"
    parts = defaultdict(set)
    for row in records(folder / "programme_parts_start_to_2018.csv.gz"):
        parts[row["rcn"]].add(row["programme_part"])
    return [
        PlaceFieldYear(row[key], part, year_of(row["start_year"]), 1 / len(parts[row["rcn"]]))
        for row in records(folder / "h2020_start_to_2018.csv.gz")
        for part in sorted(parts[row["rcn"]])
    ]


def china(folder: Path) -> Tables:
    """Projects with partners in China, whose texts the program brings to its own fields."""
    with tempfile.TemporaryDirectory() as name:
        project = Project.create(Path(name) / "w")
        recipe = Recipe(
            sources=(f"cordis:{folder / 'cordis_china_projects'}",),
            stages={"prerequisites": {"n_permutations": 1}},
        )
        tables = project.run(recipe).tables
        project.workspace.ledger.close()
    return tables


def markdown(name: str, found: DensityBacktest) -> list[str]:
    head = (
        f"| {name}, {found.before[0]}–{found.before[1]} → {found.after[0]}–{found.after[1]} | "
        f"{found.n_places:,} × {found.n_fields:,} | {found.n_entries:,} of {found.n_cases:,} | "
    )
    exits = [found.exit_skill[n] for n in found.exit_skill]
    exits += [found.exit_difference["density"]] if found.exit_skill else []
    cells = [*map(_cell, (*found.skill.values(), found.difference["density"]))]
    gone = [f"{found.n_exits:,} of {found.n_held:,}", *map(_cell, exits)]
    return [
        head + " | ".join(cells) + f" | {found.n_undated} of {found.n_rows:,} |",
        "| exits | | " + " | ".join(gone) + " | |",
    ]


def _cell(one: Skill) -> str:
    return (
        f"{one.average_precision:.3f} [{one.average_precision_low:.3f}, "
        f"{one.average_precision_high:.3f}] / {one.area_under_roc:.3f} "
        f"[{one.area_under_roc_low:.3f}, {one.area_under_roc_high:.3f}]"
    )


def main() -> None:
    """Run all backtests and print one line each."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    scores = "density | ubiquity | size | density − ubiquity"
    print(f"| data | places × fields | entries of cases | {scores} | no date |")
    print("|---|---|---|---|---|---|---|---|")
    works = petrogeo(folder)
    for year in (2010, 2015, 2020):
        found = density_backtest(works, year=year, min_weight=0.5)
        print(*markdown("OpenAlex petroleum geoscience, institutions × topics", found), sep="\n")
    for key, name in (("country", "countries"), ("pic", "organisations")):
        found = density_backtest(
            horizon_2020(folder, key), year=2016, horizon=2, window=2, min_weight=2.0
        )
        print(*markdown(f"Horizon 2020, {name} × programme parts", found), sep="\n")
    tables = china(folder)
    for level in ("country", "place"):
        rows = work_by_place(tables, level=level)
        for year, horizon, window in ((2018, 5, 4), (2020, 5, 5)):
            found = density_backtest(rows, year=year, horizon=horizon, window=window)
            print(*markdown(f"CORDIS with China, {level} × catalogue fields", found), sep="\n")


if __name__ == "__main__":
    main()
