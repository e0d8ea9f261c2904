"""Fit the weights of adjacency that travel with the program, and print the tables of the docs.

Usage: python scripts/fit_adjacency.py [PATH OF THE CORDIS EXTRACT] [--write]

Reads `../shared/data/cordis_china_projects` by default (CORDIS, (c) European Union, CC BY 4.0), and
`../shared/data/cordis_h2020_participations` to judge the weights where there are no texts.
Signals are from before 2020, links from 2020 on. `--write` replaces
`src/clusterloom/data/adjacency/weights.json`.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import itertools
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.gazetteer import geocode
from clusterloom.measures.cooccurrence_measures import COOCCURRENCE_MEASURES
from clusterloom.measures.pair_model import weighted_signals
from clusterloom.measures.pair_ranking import RankedPairs
from clusterloom.networks.adjacency_fit import fit_adjacency_model, fit_weights
from clusterloom.networks.adjacency_model import SIGNALS_OF, AdjacencyModel, prior_model
from clusterloom.networks.adjacency_signals import TOGETHER
from clusterloom.networks.past_links import PastPairs, before, field_pairs, organisation_pairs
from clusterloom.sources import read_source
from clusterloom.tables import Tables
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import usable_encoders

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "src" / "clusterloom" / "data" / "adjacency" / "weights.json"
CORDIS = ROOT.parent / "shared" / "data" / "cordis_china_projects"
H2020 = ROOT.parent / "shared" / "data" / "cordis_h2020_participations"
YEAR, EARLIER = 2020, 2018
DATA = "CORDIS projects with partners in China, 2015-2026"


def classified(spec: str, encoders: list[CachedEncoder]) -> Tables:
    """Read a source, place it, and assign its activities to the catalogue."""
    tables, _ = geocode(read_source(spec))
    tables = tables.merged(read_catalogue())
    return tables.merged(Classification(encoders=tuple(encoders)).run(tables))


def participations(folder: Path) -> Tables:
    """Read a sixth of the organisations of Horizon 2020; the programme parts are the fields."""
    parts: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(folder / "programme_parts_start_to_2018.csv.gz"):
        parts[row["rcn"]].add(row["programme_part"])
    years: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows_of(folder / "h2020_start_to_2018.csv.gz"):
        if int(hashlib.sha256(row["pic"].encode()).hexdigest(), 16) % 6 == 0:
            years[row["rcn"]][row["pic"]] = int(row["start_year"])
    origin = {"source_id": "h2020", "source_row": "h2020_start_to_2018.csv.gz"}
    texts = [f"{k}_{la}" for k in ("label", "description") for la in ("en", "ru", "be", "zh")]
    names = sorted(set().union(*parts.values()))
    activities, assigned, links = [], [], []
    for project, own in years.items():
        for org, year in own.items():
            known = {"activity_id": f"{org}:{project}", "org_id": org, "kind": "research"}
            activities.append({**known, "weight": 1.0, "year": year, **origin})
            assigned += [
                {**known, "field_id": part, "share": 1 / len(parts[project]), "confidence": 1.0,
                 "method": "code"}
                for part in parts[project]
            ]  # fmt: skip
        links += [
            {"link_id": f"{a}|{b}|{project}", "org_a": a, "org_b": b, "kind": "joint_research",
             "weight": 1.0, "since_year": own[a], **origin}
            for a, b in itertools.combinations(sorted(own), 2)
        ]  # fmt: skip
    tables = Tables().with_rows(
        "field", [{"field_id": name, **dict.fromkeys(texts, name)} for name in names]
    )
    tables = tables.with_rows("activity", activities).with_rows("activity_field", assigned)
    return tables.with_rows("link", links)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a packed CSV file."""
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        yield from csv.DictReader(stream)


def elsewhere(model: AdjacencyModel, encoders: list[CachedEncoder]) -> None:
    """Print how the weights rank ties of Horizon 2020, where there are codes and no texts."""
    tables = participations(H2020)
    year = 2017
    pairs, found = field_pairs(tables, year, encoders=encoders[:1])
    # The names of programme parts say nothing: classification and co-occurrence alone.
    others = organisation_pairs(
        tables, year, found, encoders=encoders[:1], field_weights=(0.0, 0.25, 0.75, 0.0)
    )
    print(
        f"\nHorizon 2020, links of {year} and later: {others.n_linked} of {others.n_pairs} pairs, "
        f"{pairs.n_ends} fields"
    )
    for name, weights in (
        ("profile alone", (1.0, 0.0, 0.0)),
        ("partners alone", (0.0, 0.0, 1.0)),
        ("packaged weights", model.organisation.weights),
        ("prior", prior_model().organisation.weights),
    ):
        print(f"  {name}:", ranked(others, weights))
    own = fit_weights(others, "organisation", prior=prior_model().organisation, facts={}, draws=20)
    print("  fitted there:", own.scores["fused"] if own.scores else "no better than the prior")


def told(model: AdjacencyModel) -> None:
    """Print weights and scores, as in docs/explanation/adjacency.md."""
    for unit, names in SIGNALS_OF.items():
        one = model.of(unit)
        facts = one.facts.get("own", one.facts)
        n, linked = facts["n_pairs"], facts["n_linked"]
        print(f"\n{unit}: {linked} of {n} pairs linked (blind {linked / n:.4f}), {one.origin}")
        print("| signal | weight | average precision | area under the curve |\n|---|---|---|---|")
        for name in (*names, "fused", "prior"):
            if name not in one.scores:
                continue
            weight = "-"
            if name in names:
                k = names.index(name)
                weight = f"{one.weights[k]:.2f} ({one.low[k]:.2f} to {one.high[k]:.2f})"
            cells = [
                "{:.3f} ({:.3f} to {:.3f})".format(*values)
                for values in (one.scores[name].average_precision, one.scores[name].auc)
            ]
            print(f"| {name} | {weight} | {cells[0]} | {cells[1]} |")
        print("gain over the best signal:", one.facts.get("gain"))


def ranked(pairs: PastPairs, weights: tuple[float, ...]) -> str:
    """Average precision and area under the curve of given weights."""
    one = RankedPairs.of(weighted_signals(pairs.signals, np.array(weights)), pairs.linked)
    return (
        f"average precision {one.average_precision(pairs.counted):.4f}, "
        f"area {one.area_under_curve(pairs.counted):.3f}"
    )


def main() -> None:
    """Fit, print, and write if asked."""
    paths = [word for word in sys.argv[1:] if not word.startswith("--")]
    store = Path(tempfile.gettempdir()) / "clusterloom-adjacency.sqlite"
    encoders = [CachedEncoder(encoder, store) for encoder in usable_encoders()]
    tables = classified(f"cordis:{paths[0] if paths else CORDIS}", encoders)
    start = prior_model()
    model = fit_adjacency_model(tables, encoders=encoders, data=DATA, year=YEAR, prior=start)
    told(model)
    if "--write" in sys.argv:
        WEIGHTS.write_text(model.text(), encoding="utf-8")
        print("\nwritten:", WEIGHTS.relative_to(ROOT))

    print(f"\nfitted on {EARLIER}-{YEAR - 1} alone, judged on links of {YEAR} and later:")
    past = before(tables, YEAR)
    early = fit_adjacency_model(
        past, encoders=encoders, data=DATA, year=EARLIER, prior=start, draws=20
    )
    pairs, found = field_pairs(tables, YEAR, encoders=encoders)
    others = organisation_pairs(
        tables, YEAR, found, encoders=encoders, field_weights=early.field.weights
    )
    for unit, own in (("field", pairs), ("organisation", others)):
        print(f"{unit}: weights {[round(w, 2) for w in early.of(unit).weights]}")
        print("  fitted earlier:", ranked(own, early.of(unit).weights))
        print("  prior:         ", ranked(own, start.of(unit).weights))

    print("\nco-occurrence alone, by what fields are found together in and by which measure:")
    print("| together in | measure | average precision | area under the curve |\n|---|---|---|---|")
    for together in TOGETHER:
        for measure in COOCCURRENCE_MEASURES:
            own, _ = field_pairs(
                tables, YEAR, encoders=encoders, together=together, measure=measure
            )
            k = SIGNALS_OF["field"].index("cooccurrence")
            one = RankedPairs.of(np.nan_to_num(own.signals[:, k]), own.linked)
            scores = f"{one.average_precision():.3f} | {one.area_under_curve():.3f}"
            print(f"| {together} | {measure} | {scores} |")

    print("\nthe embedded example, by the weights above (no fitting):")
    valley = classified("embedded:belarus_china", encoders)
    pairs, found = field_pairs(valley, EARLIER, encoders=encoders)
    others = organisation_pairs(
        valley, EARLIER, found, encoders=encoders, field_weights=model.field.weights
    )
    print(f"organisations: {others.n_linked} of {others.n_pairs} linked")
    for k, name in enumerate(SIGNALS_OF["organisation"]):
        alone = tuple(float(i == k) for i in range(3))
        print(f"  {name}:", ranked(others, alone))
    print("  fused:", ranked(others, model.organisation.weights))
    if H2020.exists():
        elsewhere(model, encoders)


if __name__ == "__main__":
    main()
