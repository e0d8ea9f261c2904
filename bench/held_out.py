"""Fields of public texts: OpenAlex's hierarchy and the programme parts of CORDIS, held out.

Usage: python bench/held_out.py

Prints the tables of docs/explanation/classification.md. Both sets are split by a hash of the id.
One half teaches which class of the other classification a field of the catalogue stands for, and,
of topics, serves as examples; nothing is chosen or fitted on the other half, which all figures are
from. The sets are read from `../shared`; what is not there is left out.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib.util
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.calibration import calibration_for
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification, confidence_features
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import (
    LinearClassifier,
    fit_calibration,
    fit_linear_classifier,
    reliability,
    usable_encoders,
)
from clusterloom.text.fields import anchor_features, field_scores

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
CATALOGUE = read_catalogue().rows("field")
IDS = [row["field_id"] for row in CATALOGUE]
BRANCH = np.array([IDS.index(row["parent_id"] or row["field_id"]) for row in CATALOGUE])
BROAD = np.array([row["parent_id"] is None for row in CATALOGUE])
STAGE = Classification()
# Parts of the programme that say what a project is about; the others take any subject.
PARTS = {
    "food, farming, bio-economy": r"-SFS-|-RUR-|-BB-|-BG-|HORIZON-CL6",
    "transport": r"-MG-|-GV-|-ART-|HORIZON-CL5-20\d\d-D[56]",
    "energy": r"-LCE-|-SC3-|-EE-|-SCC-|HORIZON-CL5-20\d\d-D[234]|EURATOM|NFRP",
    "information and communication": r"-ICT-|-EUB-|-IOT-|-EUJ-|HORIZON-CL4-20\d\d-(DATA|DIG|HUM)",
    "health": r"-SC1-|-PHC-|-HCO-|-HCC-|HORIZON-HLTH",
    "climate and environment": r"-SC5-|-CLA-|-WATER-|HORIZON-CL5-20\d\d-D1",
    "materials and manufacturing": r"-NMBP|-NMP-|-FOF-|HORIZON-CL4-20\d\d-(RESIL|TWIN)",
}


def test_half(ids: Sequence[str]) -> np.ndarray:
    """Which ids are held out: half of them, by a hash."""
    return np.array([int(hashlib.sha256(i.encode()).hexdigest(), 16) % 2 == 1 for i in ids])


def stands_for(found: np.ndarray, truth: Sequence[str], test: np.ndarray) -> dict[int, str]:
    """The most frequent class of each field in the half that is not held out."""
    seen: dict[int, Counter[str]] = {}
    for field, name, held in zip(found, truth, test, strict=True):
        if not held:
            seen.setdefault(int(field), Counter())[name] += 1
    return {field: names.most_common(1)[0][0] for field, names in seen.items()}


def usual_share(truth: Sequence[str], test: np.ndarray) -> float:
    """How often the most frequent class of one half is right in the other."""
    usual = Counter(t for t, held in zip(truth, test, strict=True) if not held).most_common(1)[0][0]
    return float(np.mean([t == usual for t, held in zip(truth, test, strict=True) if held]))


def hits(scores: np.ndarray, truth: Sequence[str], test: np.ndarray, *, column=None) -> np.ndarray:
    """(held-out texts, 3): does the first, second, third field stand for the right class?"""
    place = np.arange(scores.shape[1]) if column is None else column
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    stands = stands_for(place[order[:, 0]], truth, test)
    return np.array(
        [
            [stands.get(int(place[k])) == t for k in row]
            for row, t, held in zip(order, truth, test, strict=True)
            if held
        ]
    )


def curve(name: str, scores, closeness, right: np.ndarray, test: np.ndarray, encoders):
    """Reliability of the stage's confidence as it ships, and of one fitted on the other half."""
    features = confidence_features(scores, closeness, temperature=STAGE.temperature)
    shipped = calibration_for(encoders).probability(features)
    print(f"\n{name}: reliability on the held-out half\n")
    print("| promised | texts | mean promise | right | fitted: texts | mean promise | right |")
    print("|---|---|---|---|---|---|---|")
    fitted = fit_calibration(features[~test], right[~test]).probability(features)
    tables = [reliability(p[test], right[test]) for p in (shipped, fitted)]
    steps = [{step.low: step for step in found} for found, _ in tables]
    for low in sorted(set(steps[0]) | set(steps[1])):
        cells = []
        for side in steps:
            one = side.get(low)
            cells += (
                [str(one.n), f"{one.promised:.2f}", f"{one.kept:.2f}"] if one else ["0", "", ""]
            )
        print(f"| {low:.1f}-{low + 0.2:.1f} | {' | '.join(cells)} |")
    print(f"\ncalibration error: shipped {tables[0][1]:.3f}, fitted {tables[1][1]:.3f}")
    left = {least: float((shipped[test] < least).mean()) for least in (0.3, 0.4, 0.5)}
    print("left unassigned below", {k: round(v, 3) for k, v in left.items()}, "\n")


def trainer():
    """The script that fits the packaged classifiers."""
    path = ROOT / "scripts" / "train_anchors.py"
    spec = importlib.util.spec_from_file_location("train_anchors", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["train_anchors"] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def anchors_without(test_ids: set[str], rows, encoders) -> Mapping[str, LinearClassifier]:
    """The classifiers fitted without the held-out topics."""
    train = trainer()
    kept = {r["topic"] for r in rows if r["id_topic"] not in test_ids}
    examples = train.catalogue_examples(CATALOGUE)
    for example in train.topic_examples(DATA / "openalex_topics" / "topics.csv.gz"):
        if example.text in kept or any(example.text.startswith(f"{t}. ") for t in kept):
            examples.append(example)
    return {e.name.split("-")[0]: train.fit(examples, CATALOGUE, e) for e in encoders}


def openalex(encoders: Sequence) -> None:
    """Topics by name and description to OpenAlex's own domains, fields and subfields."""
    path = DATA / "openalex_topics" / "topics.csv.gz"
    if not path.exists():
        print("OpenAlex topics not found: left out")
        return
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    texts = [f"{r['topic']}. {r['description']}" for r in rows]
    test = test_half([r["id_topic"] for r in rows])
    held = {r["id_topic"] for r, out in zip(rows, test, strict=True) if out}
    print(f"OpenAlex: {len(rows)} topics, {test.sum()} held out\n")
    ways = {
        "labels and descriptions only": {},
        "with labelled examples, no held-out topic among them": anchors_without(
            held, rows, encoders
        ),
    }
    levels = {"domain": 4, "field": 26, "subfield": 252}
    head = " | ".join(f"{name} ({n})" for name, n in levels.items())
    print(f"| | {head} | one of three, field |\n|---|---|---|---|---|")
    usual = [f"{usual_share([r[name] for r in rows], test):.3f}" for name in levels]
    print(f"| the most frequent class | {' | '.join(usual)} | |")
    for name, anchors in ways.items():
        found = field_scores(texts, "en", CATALOGUE, encoders=encoders, anchors=anchors)
        scores = found.scores - STAGE.broad_penalty * BROAD
        right = {level: hits(scores, [r[level] for r in rows], test) for level in levels}
        cells = [f"{right[level][:, 0].mean():.3f}" for level in levels]
        print(f"| {name} | {' | '.join(cells)} | {right['field'].any(axis=1).mean():.3f} |")
    alone = direct(rows, texts, test, encoders)
    print(f"| a linear model of the 26 fields, same vectors | | {alone:.3f} | | |")
    truth = [r["field"] for r in rows]
    best = scores.argmax(axis=1)
    stands = stands_for(best, truth, test)
    all_right = np.array([stands.get(int(b)) == t for b, t in zip(best, truth, strict=True)])
    curve("OpenAlex", scores, found.closeness, all_right, test, encoders)


def direct(rows, texts, test, encoders) -> float:
    """What a model that knows nothing of the catalogue reaches on the same vectors."""
    names = sorted({r["field"] for r in rows})
    shares = np.array([[r["field"] == name for name in names] for r in rows], dtype=float)
    total = np.zeros_like(shares)
    for encoder in encoders:
        vectors = anchor_features(texts, "en", CATALOGUE, encoder)
        model = fit_linear_classifier(vectors[~test], shares[~test])
        total += model.scores(vectors)
    return float((total.argmax(axis=1) == shares.argmax(axis=1))[test].mean())


def cordis(encoders: Sequence) -> None:
    """CORDIS projects to the part of the programme that financed them."""
    path = DATA / "cordis_china_projects" / "projects.csv.gz"
    if not path.exists():
        print("CORDIS projects not found: left out")
        return
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        rows = [(r, p) for r in csv.DictReader(stream) if (p := part_of(f"{r['call']}-"))]
    texts = [f"{r['title']}. {r['objective']}" for r, _ in rows]
    truth = [part for _, part in rows]
    test = test_half([r["project_id"] for r, _ in rows])
    found = field_scores(texts, "en", CATALOGUE, encoders=encoders, anchors=read_anchors(IDS))
    scores = found.scores - STAGE.broad_penalty * BROAD
    right = hits(scores, truth, test, column=BRANCH)
    print(f"\nCORDIS: {len(rows)} projects, {test.sum()} held out, {len(PARTS)} parts")
    print(
        f"most frequent part {usual_share(truth, test):.3f}, first field {right[:, 0].mean():.3f}, "
        f"one of three {right.any(axis=1).mean():.3f}"
    )
    best = BRANCH[scores.argmax(axis=1)]
    stands = stands_for(best, truth, test)
    all_right = np.array([stands.get(int(b)) == t for b, t in zip(best, truth, strict=True)])
    curve("CORDIS", scores, found.closeness, all_right, test, encoders)


def part_of(call: str) -> str | None:
    """The programme part a call belongs to, or None."""
    return next((part for part, mark in PARTS.items() if re.search(mark, call)), None)


def main() -> None:
    """Print every table."""
    store = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    encoders = [CachedEncoder(encoder, store) for encoder in usable_encoders()]
    print("encoders:", ", ".join(e.name for e in encoders), "\n")
    openalex(encoders)
    cordis(encoders)


if __name__ == "__main__":
    main()
