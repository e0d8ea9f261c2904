"""How often texts find their field, and whether the promised confidence holds.

Usage: python bench/classification.py [--quick]

Prints the tables of docs/explanation/classification.md. Public sets are read from `../shared`;
what is not there is left out. `--quick` takes every tenth topic.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clusterloom.entities.anchors import read_anchors
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification, confidence_features
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import detect_language, fit_calibration, reliability, usable_encoders
from clusterloom.text.fields import field_scores

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
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


def none_of_these(encoders: Sequence) -> None:
    """Leave the branch of each text out of the catalogue: how often is it left unassigned?"""
    from clusterloom.entities import classification as module

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
            curve = module._BOTH if len(encoders) > 1 else module._ONE
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


def openalex(encoders: Sequence, step: int) -> None:
    """Topics by name and description to OpenAlex's own 26 fields, split by a hash of the id."""
    path = DATA / "openalex_topics" / "topics.csv.gz"
    if not path.exists():
        print("OpenAlex topics not found: left out")
        return
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))[::step]
    texts = [
        f"{r['topic']}. {r['description'].removeprefix('This cluster of papers ')}" for r in rows
    ]
    for name, anchored in (
        ("labels and descriptions only", False),
        ("with labelled examples", True),
    ):
        ids = IDS if anchored else []
        found = field_scores(texts, "en", CATALOGUE, encoders=encoders, anchors=read_anchors(ids))
        best = (found.scores - STAGE.broad_penalty * BROAD).argmax(axis=1)
        accuracy, base = majority(best, [r["field"] for r in rows], [r["id_topic"] for r in rows])
        print(
            f"OpenAlex, {len(rows)} topics, 26 fields, {name}: {accuracy:.3f} (majority {base:.3f})"
        )


def cordis(encoders: Sequence) -> None:
    """CORDIS projects to the part of the programme that financed them."""
    path = DATA / "cordis_china_projects" / "projects.csv.gz"
    if not path.exists():
        print("CORDIS projects not found: left out")
        return
    with gzip.open(path, "rt", encoding="utf-8-sig") as stream:
        rows = [(r, p) for r in csv.DictReader(stream) if (p := part_of(f"{r['call']}-"))]
    texts = [f"{r['title']}. {r['objective']}" for r, _ in rows]
    scores, _ = scored(texts, "en", encoders)
    accuracy, base = majority(
        BRANCH[scores.argmax(axis=1)], [p for _, p in rows], [r["project_id"] for r, _ in rows]
    )
    print(f"CORDIS, {len(rows)} projects, {len(PARTS)} parts: {accuracy:.3f} (majority {base:.3f})")


def part_of(call: str) -> str | None:
    """The programme part a call belongs to, or None."""
    return next((part for part, mark in PARTS.items() if re.search(mark, call)), None)


def majority(found, truth: Sequence[str], ids: Sequence[str]) -> tuple[float, float]:
    """Accuracy on the test half when each field stands for its most frequent class in the other."""
    test = np.array([int(hashlib.sha256(i.encode()).hexdigest(), 16) % 2 == 1 for i in ids])
    usual = Counter(t for t, is_test in zip(truth, test, strict=True) if not is_test).most_common(
        1
    )[0][0]
    stands: dict[int, Counter[str]] = {}
    for field, t, is_test in zip(found, truth, test, strict=True):
        if not is_test:
            stands.setdefault(int(field), Counter())[t] += 1
    hits = [
        stands.get(int(f), Counter({usual: 1})).most_common(1)[0][0] == t
        for f, t, is_test in zip(found, truth, test, strict=True)
        if is_test
    ]
    base = np.mean([t == usual for t, is_test in zip(truth, test, strict=True) if is_test])
    return float(np.mean(hits)), float(base)


def rate(encoders: Sequence) -> None:
    """Texts a second, with texts nobody has seen before."""
    words = [row["label_en"] for row in CATALOGUE]
    texts = [f"{words[i % 250]} and {words[(7 * i + 3) % 250]} no. {i}" for i in range(500)]
    start = time.perf_counter()
    scored(texts, "en", encoders)
    print(f"{len(texts) / (time.perf_counter() - start):.0f} texts a second, never seen before")


def main() -> None:
    """Print every table."""
    store = Path(tempfile.gettempdir()) / "clusterloom-concordances.sqlite"
    plain = usable_encoders()
    encoders = [CachedEncoder(encoder, store) for encoder in plain]
    print("encoders:", ", ".join(e.name for e in encoders), "\n")
    by_language(encoders)
    if len(encoders) > 1:
        print("with the first encoder alone:")
        by_language(encoders[:1])
    none_of_these(encoders)
    openalex(encoders, 10 if "--quick" in sys.argv else 1)
    cordis(encoders)
    for encoder in plain:
        print(encoder.name, end=": ")
        rate([encoder])


if __name__ == "__main__":
    main()
