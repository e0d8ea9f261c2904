"""Fit the weights of adjacency that travel with the program, and print the tables of the docs.

Usage: python scripts/fit_adjacency.py [PATH OF THE CORDIS EXTRACT] [--write]

Reads `../shared/data/cordis_china_projects` by default (CORDIS, (c) European Union, CC BY 4.0).
Signals are from before 2020, links from 2020 on. `--write` replaces
`src/clusterloom/data/adjacency/weights.json`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.gazetteer import geocode
from clusterloom.measures.cooccurrence_measures import COOCCURRENCE_MEASURES
from clusterloom.measures.pair_model import weighted_signals
from clusterloom.measures.pair_ranking import RankedPairs
from clusterloom.networks.adjacency_fit import fit_adjacency_model
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
YEAR, EARLIER = 2020, 2018
DATA = "CORDIS projects with partners in China, 2015-2026"


def classified(spec: str, encoders: list[CachedEncoder]) -> Tables:
    """Read a source, place it, and assign its activities to the catalogue."""
    tables, _ = geocode(read_source(spec))
    tables = tables.merged(read_catalogue())
    return tables.merged(Classification(encoders=tuple(encoders)).run(tables))


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


if __name__ == "__main__":
    main()
