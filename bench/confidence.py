"""Fit the curves of the confidence in a field found by text, and see whether they hold.

Usage: python bench/confidence.py

Prints the constants of entities/calibration.py for each set of encoders, and the tables of
docs/explanation/classification.md on reliability and on "none of these". Short texts are the
directions of work labelled by hand (tests/data/activity_fields.csv), long ones the topics of
OpenAlex and the projects of CORDIS of which was judged whether the field found is right
(tests/data/judged_texts.csv; the sets themselves are read from `../shared`). What is shown is
always from the half of the texts, by a hash, on which a curve was not fitted.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import classification as short_texts
import held_out as long_texts
import numpy as np

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.classification import confidence_features, rank_features
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import Calibration, fit_calibration, reliability, usable_encoders
from clusterloom.text.fields import field_scores

ROOT = Path(__file__).parents[1]
CATALOGUE, IDS = short_texts.CATALOGUE, short_texts.IDS
TEMPERATURE = short_texts.STAGE.temperature
FOREIGN = 0.1  # texts about what the catalogue lacks, beside each text about what it holds
LEAST = short_texts.STAGE.min_confidence


@dataclass
class Sample:
    """Answers with what their confidence is read from."""

    features: list[np.ndarray] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def add(self, features: np.ndarray, right: bool, kind: str, text: str) -> None:
        """Add one answer."""
        self.features.append(features)
        self.right.append(right)
        self.kind.append(kind)
        self.text.append(text)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Features, right, kind, and the half each text belongs to."""
        digests = [hashlib.sha256(text.encode()).digest()[0] % 2 for text in self.text]
        columns = (self.right, self.kind, digests)
        right, kind, half = (np.array(column) for column in columns)
        return np.array(self.features), right, kind, half


def short_sample(encoders: Sequence) -> tuple[Sample, Sample]:
    """First fields, with every branch and with the right branches left out; and later fields."""
    first, later = Sample(), Sample()
    for language in ("en", "ru", "zh"):
        for row in (r for r in short_texts.labelled() if r[f"text_{language}"]):
            text = row[f"text_{language}"]
            wanted = {f for f in row["fields"].split("|") if f in IDS}
            out = {short_texts.BRANCH[IDS.index(f)] for f in wanted}
            less = [r for j, r in enumerate(CATALOGUE) if short_texts.BRANCH[j] not in out]
            for kind, catalogue in (("known", CATALOGUE), ("foreign", less)):
                scores, closeness = short_texts.scored([text], language, encoders, catalogue)
                order = np.argsort(-scores[0], kind="stable")
                ids = [r["field_id"] for r in catalogue]
                features = confidence_features(scores, closeness, temperature=TEMPERATURE)[0]
                first.add(features, kind == "known" and ids[order[0]] in wanted, kind, text)
                if kind == "known":
                    ranked = rank_features(scores[0], closeness[0], order[1:3], TEMPERATURE)
                    for row_of, j in zip(ranked, order[1:3], strict=True):
                        later.add(row_of, ids[j] in wanted, "later", text)
    return first, later


def judged() -> dict[tuple[str, str, str], bool]:
    """(source, text, field) -> whether the field is right."""
    with (ROOT / "tests" / "data" / "judged_texts.csv").open(encoding="utf-8") as stream:
        return {
            (r["source"], r["text_id"], r["field_id"]): r["right"] == "1"
            for r in csv.DictReader(stream)
        }


def long_sample(encoders: Sequence) -> Sample:
    """First fields of long texts where it was judged whether they are right."""
    verdicts = judged()
    sample = Sample()
    topics, test = long_texts.topics_of_openalex()
    held = {r["id_topic"] for r, out in zip(topics, test, strict=True) if out}
    anchors = long_texts.anchors_without(held, topics, encoders)
    projects = long_texts.projects_of_cordis()
    sets = (
        ("openalex_topics", [(r["id_topic"], f"{r['topic']}. {r['description']}") for r in topics],
         anchors),
        ("cordis_china_projects",
         [(r["project_id"], f"{r['title']}. {r['objective']}") for r in projects],
         read_anchors(IDS)),
    )  # fmt: skip
    for source, rows, examples in sets:
        ids = {text_id for name, text_id, _ in verdicts if name == source}
        rows = [row for row in rows if row[0] in ids]
        if not rows:
            continue
        texts = [text for _, text in rows]
        found = field_scores(texts, "en", CATALOGUE, encoders=encoders, anchors=examples)
        scores = found.scores - short_texts.STAGE.broad_penalty * short_texts.BROAD
        features = confidence_features(scores, found.closeness, temperature=TEMPERATURE)
        first = [IDS[j] for j in scores.argmax(axis=1)]
        missing = 0
        for (text_id, text), field_id, row_of in zip(rows, first, features, strict=True):
            right = verdicts.get((source, text_id, field_id))
            missing += right is None
            if right is not None:
                sample.add(row_of[:1], right, source, text)
        if missing:
            print(f"{source}: {missing} of {len(rows)} now find a field nobody has judged")
    return sample


def fitted(features, right, half, weights=None) -> tuple[Calibration, np.ndarray]:
    """The curve of all answers, and for each what the curve of the other half promises."""
    weights = np.ones(len(right)) if weights is None else weights
    promised = np.zeros(len(right))
    for part in (0, 1):
        own = half != part
        curve = fit_calibration(features[own], right[own], weights=weights[own])
        promised[half == part] = curve.probability(features[half == part])
    return fit_calibration(features, right, weights=weights), promised


def shown(name: str, promised, right) -> None:
    """Print a reliability curve."""
    steps, error = reliability(promised, right)
    print(
        f"\n{name}: {len(right)} texts, right {right.mean():.2f}, calibration error {error:.3f}\n"
    )
    print("| promised | texts | mean promise | right |\n|---|---|---|---|")
    for step in steps:
        print(
            f"| {step.low:.1f}-{step.high:.1f} | {step.n} | {step.promised:.2f} | {step.kept:.2f} |"
        )


def constants(name: str, curve: Calibration) -> None:
    """Print a curve as entities/calibration.py holds it."""
    print(f"{name}: Calibration({curve.bias:.3f}, {tuple(round(s, 3) for s in curve.slopes)})")


def report(encoders: Sequence) -> None:
    """Fit and print everything for one set of encoders."""
    print(f"\n## {' + '.join(e.name.split('-')[0] for e in encoders)}\n")
    first, later = short_sample(encoders)
    features, right, kind, half = first.arrays()
    known = kind == "known"
    curve, promised = fitted(features, right, half, np.where(known, 1.0, FOREIGN))
    constants("short", curve)
    shown("directions of work", promised[known], right[known])
    print(
        "\n| texts | mean confidence | below 0.3 | below 0.4 | below 0.5 |\n|---|---|---|---|---|"
    )
    for name, own in (("their fields there", known), ("their branches left out", ~known)):
        below = [f"{(promised[own] < least).mean():.2f}" for least in (0.25, 0.35, 0.5)]
        print(f"| {name} | {promised[own].mean():.2f} | {' | '.join(below)} |")
    features, right, kind, half = later.arrays()
    curve, promised = fitted(features, right, half)
    constants("\nlater", curve)
    shown("second and third fields", promised, right)
    if not (long_texts.DATA / "openalex_topics").exists():
        print("public sets not found beside the checkout: long texts left out")
        return
    features, right, kind, half = long_sample(encoders).arrays()
    curve, promised = fitted(features, right, half)
    constants("\nlong", curve)
    shown("long texts", promised, right)
    for source in sorted(set(kind)):
        shown(source, promised[kind == source], right[kind == source])
        left = (promised[kind == source] < LEAST).mean()
        print(f"left unassigned below {LEAST}: {left:.2f}")


def main() -> None:
    """Report on all encoders together and on the first alone."""
    store = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    encoders = [CachedEncoder(encoder, store) for encoder in usable_encoders()]
    report(encoders)
    if len(encoders) > 1:
        report(encoders[:1])


if __name__ == "__main__":
    main()
