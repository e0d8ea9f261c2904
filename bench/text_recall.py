"""Measure how often a text finds its counterpart: recall@1 and @5 on public sets and the catalogue.

Usage: python bench/text_recall.py [vectors.sqlite]

Prints Markdown tables for docs/explanation/text.md. A set is a list of texts, a list of candidates
and, for each text, the candidates that are right. Vectors are kept in the given file.
"""

from __future__ import annotations

import csv
import gzip
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files as resource_files
from pathlib import Path

import numpy as np

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import (
    Encoder,
    belarusian_to_russian,
    belarusian_to_russian_letters,
    cognate_cosine,
    combined_similarity,
    csls,
    detect_language,
    fused,
    hubness_corrected,
    usable_encoders,
)
from clusterloom.text.combined import encoder_weights
from clusterloom.text.similarity import centred, cosine

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
LANGUAGES = ("en", "ru", "be", "zh")
TOPICS = 1200
SEED = 0


@dataclass(frozen=True)
class Task:
    """Texts, candidates and which candidates are right for each text."""

    name: str
    languages: tuple[str, str]
    texts: list[str]
    candidates: list[str]
    right: list[set[int]]


def recall(scores: np.ndarray, right: Sequence[set[int]], first: int) -> float:
    """Share of texts with a right candidate among their first ones."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :first]
    return float(np.mean([bool(set(row) & own) for row, own in zip(order, right, strict=True)]))


def paired(name: str, languages: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> Task:
    """Make a task of pairs: equal texts are one, and may have several right candidates."""
    pairs = [(a, b) for a, b in dict.fromkeys(pairs) if a and b]
    texts = list(dict.fromkeys(a for a, _ in pairs))
    column: dict[str, int] = {}
    candidates: list[str] = []
    for _, b in pairs:
        if b.casefold() not in column:
            column[b.casefold()] = len(candidates)
            candidates.append(b)
    right: dict[str, set[int]] = {text: set() for text in texts}
    for a, b in pairs:
        right[a].add(column[b.casefold()])
    return Task(name, languages, texts, candidates, [right[text] for text in texts])


def read(path: Path) -> list[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def public_tasks() -> list[Task]:
    """Sets beside the checkout; those that are not there are left out."""
    tasks = []
    folder = SHARED / "industry_classifications"
    if folder.exists():
        titles = {
            name: {row["code"]: row["title"] for row in read(folder / f"{name}.csv")}
            for name in ("GCED2011", "NACE2", "ISIC4")
        }
        pairs = [
            (t, titles["NACE2"][c]) for c, t in titles["GCED2011"].items() if c in titles["NACE2"]
        ]
        tasks.append(paired("GCED 2011 ru -> NACE 2 en, titles", ("ru", "en"), pairs))
        back = [(b, a) for a, b in pairs]
        tasks.append(paired("NACE 2 en -> GCED 2011 ru, titles", ("en", "ru"), back))
        cross = [
            (titles["NACE2"][row["src"]], titles["ISIC4"][row["dst"]])
            for row in read(folder / "NACE2_to_ISIC4.csv")
            if row["src"] in titles["NACE2"] and row["dst"] in titles["ISIC4"]
        ]
        tasks.append(paired("NACE 2 en -> ISIC 4 en, titles", ("en", "en"), cross))
    topics = SHARED / "openalex_topics" / "topics.csv.gz"
    if topics.exists():
        rows = read(topics)
        chosen = np.sort(np.random.default_rng(SEED).choice(len(rows), TOPICS, replace=False))
        tasks.append(
            paired(
                f"OpenAlex topic -> its description, {TOPICS:,}",
                ("en", "en"),
                [(rows[i]["topic"], rows[i]["description"]) for i in chosen],
            )
        )
    activities = SHARED / "belarus_china" / "activities.csv"
    if activities.exists():
        rows = read(activities)
        for a, b in (("ru", "en"), ("en", "ru"), ("zh", "en"), ("en", "zh")):
            pairs = [(row[f"direction_{a}"], row[f"direction_{b}"]) for row in rows]
            tasks.append(paired(f"activities {a} -> {b}", (a, b), pairs))
    return tasks


def catalogue_tasks() -> dict[str, list[Task]]:
    """Every ordered pair of languages in three difficulties, and label -> description in one."""
    rows = read_catalogue().rows("field")
    label = {la: [row[f"label_{la}"] for row in rows] for la in LANGUAGES}
    description = {la: [row[f"description_{la}"] for row in rows] for la in LANGUAGES}
    whole = {
        la: [f"{a}. {b}" for a, b in zip(label[la], description[la], strict=True)]
        for la in LANGUAGES
    }
    pairs = [(a, b) for a in LANGUAGES for b in LANGUAGES if a != b]
    own = [{i} for i in range(len(rows))]

    def tasks(left: dict, right: dict, which: Sequence[tuple[str, str]]) -> list[Task]:
        return [Task(f"{a} -> {b}", (a, b), left[a], right[b], own) for a, b in which]

    return {
        "label and description -> description (the other language's label left out)": tasks(
            whole, description, pairs
        ),
        "label -> label": tasks(label, label, pairs),
        "label -> description (no label on the other side)": tasks(label, description, pairs),
        "label -> description within one language": tasks(
            label, description, [(la, la) for la in LANGUAGES]
        ),
    }


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"\n**{title}**\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def both(scores: np.ndarray, right: Sequence[set[int]]) -> str:
    return f"{recall(scores, right, 1):.3f} / {recall(scores, right, 5):.3f}"


def similarity(task: Task, encoders: Sequence[Encoder], **more: object) -> np.ndarray:
    return combined_similarity(
        task.texts, task.candidates, encoders=encoders, languages=task.languages, **more
    )


def main_table(title: str, tasks: Sequence[Task], encoders: Sequence[Encoder]) -> None:
    """Each encoder alone (vectors only), all together, and corrected for hubness."""
    names = [encoder.name.split("-")[0] for encoder in encoders]
    header = ["set", "texts x candidates", *names, "combined", "combined, matched"]
    rows = []
    for task in tasks:
        cells = [task.name, f"{len(task.texts)} x {len(task.candidates)}"]
        cells += [both(vectors_only(task, encoder), task.right) for encoder in encoders]
        cells += [
            both(similarity(task, encoders, hubness=kind), task.right)
            for kind in ("none", "matching")
        ]
        rows.append(cells)
    show(title + ": recall@1 / recall@5", header, rows)


def vectors_only(
    task: Task, encoder: Encoder, spell: Callable[[str], str] = belarusian_to_russian
) -> np.ndarray:
    """Centred cosine of one encoder, Belarusian spelled as told."""
    sides = [
        [spell(text) for text in side] if language == "be" else side
        for side, language in zip((task.texts, task.candidates), task.languages, strict=True)
    ]
    left, right = (encoder.encode(side) for side in sides)
    return cosine(centred(left, left.mean(axis=0)), centred(right, right.mean(axis=0)))


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "spelling": belarusian_to_russian_letters,
    "rules": lambda text: belarusian_to_russian(text, lexicon=False),
    "rules and lexicon": belarusian_to_russian,
}


def belarusian_table(title: str, tasks: Sequence[Task], encoders: Sequence[Encoder]) -> None:
    """What respelling, rules and the lexicon do for each encoder."""
    rows = []
    for task in tasks:
        for encoder in encoders:
            cells = [both(vectors_only(task, encoder, way), task.right) for way in WAYS.values()]
            name = encoder.name.split("-")[0]
            rows.append([task.name, f"{len(task.texts)} x {len(task.candidates)}", name, *cells])
    show(title, ["set", "texts x candidates", "encoder", *WAYS], rows)


def other_belarusian_tasks() -> list[Task]:
    """Belarusian texts the lexicon was not written from."""
    from babel import Locale
    from babel.messages.pofile import read_po

    messages = {}
    for language in LANGUAGES:
        folder = resource_files("clusterloom").joinpath("data", "locale", language, "LC_MESSAGES")
        with folder.joinpath("clusterloom.po").open("rb") as stream:
            messages[language] = {m.id: str(m.string) for m in read_po(stream) if m.id and m.string}
    tasks = []
    for target in ("ru", "en"):
        known = messages["be"].keys() & messages[target].keys()
        pairs = [(messages["be"][key], messages[target][key]) for key in sorted(known, key=str)]
        pairs = [(a, b) for a, b in pairs if len(a) > 12]
        tasks.append(paired(f"program's messages be -> {target}", ("be", target), pairs))
    for kind in ("territories", "languages"):
        ours, other = (getattr(Locale(language), kind) for language in ("be", "ru"))
        pairs = [(ours[key], other[key]) for key in ours if key in other and key.isalpha()]
        tasks.append(paired(f"CLDR {kind} be -> ru", ("be", "ru"), pairs))
    path = SHARED / "belarus_china" / "organisations.csv"
    if path.exists():
        rows = read(path)
        for target in ("ru", "en"):
            pairs = [(row["name_be"], row[f"name_{target}"]) for row in rows]
            tasks.append(paired(f"organisation names be -> {target}", ("be", target), pairs))
    return [task for task in tasks if task.texts]


def hubness_table(tasks: Sequence[Task], encoders: Sequence[Encoder]) -> None:
    """The correction when the reference is other texts than those asked about."""
    rows = []
    for task in tasks:
        scores = similarity(task, encoders)
        for n in (400, 200, 80, 25):
            if n > len(task.texts) // 2:
                continue
            found: dict[str, list[float]] = {}
            for repeat in range(8):
                order = np.random.default_rng(repeat).permutation(len(task.texts))
                known, asked = order[:n], order[n:]
                right = [task.right[i] for i in asked]
                own, reference = scores[asked], scores[known]
                ways = {
                    "none": own,
                    "softmax 0.4": hubness_corrected(own, reference=reference, temperature=0.4),
                    "softmax 0.9": hubness_corrected(own, reference=reference, temperature=0.9),
                    "CSLS 5": csls(own, reference=reference),
                }
                for name, way in ways.items():
                    found.setdefault(name, []).append(recall(way, right, 1))
            rows.append([task.name, str(n), *(f"{np.mean(v):.3f}" for v in found.values())])
    header = ["set", "reference texts", "none", "softmax 0.4", "softmax 0.9", "CSLS 5"]
    show("Hubness by reference texts other than those asked about: recall@1", header, rows)


def choices_table(tasks: Sequence[Task], encoders: Sequence[Encoder]) -> None:
    """Ways to fuse and to correct, for the choice of the defaults."""
    rows = []
    for task in tasks:
        signals = [vectors_only(task, encoder) for encoder in encoders]
        same = task.languages[0] == task.languages[1]
        weights = encoder_weights([encoder.name for encoder in encoders], same_language=same)
        by_z = fused(signals, weights)
        ranks = [np.argsort(np.argsort(-s, axis=1), axis=1) for s in signals]
        by_rank = sum(w / (10 + r) for w, r in zip(weights, ranks, strict=True))
        by_rank = (by_rank - by_rank.mean()) / by_rank.std()
        ways = [by_z, by_rank, *(hubness_corrected(by_z, temperature=t) for t in (0.2, 0.4, 0.8))]
        ways += [csls(by_z), csls(by_z, neighbours=20)]
        rows.append([task.name, *(f"{recall(way, task.right, 1):.3f}" for way in ways)])
    header = ["set", "standardised", "by rank", "softmax 0.2", "softmax 0.4", "softmax 0.8"]
    show("Ways to fuse and to correct: recall@1", [*header, "CSLS 5", "CSLS 20"], rows)


def names_table(encoders: Sequence[Encoder]) -> None:
    """Names of organisations: letters against meaning."""
    path = SHARED / "belarus_china" / "organisations.csv"
    if not path.exists():
        return
    rows = read(path)
    lines = []
    for a, b in (("be", "ru"), ("ru", "en"), ("zh", "en")):
        task = paired(f"{a} -> {b}", (a, b), [(r[f"name_{a}"], r[f"name_{b}"]) for r in rows])
        letters = cognate_cosine(task.texts, task.candidates)
        meaning = similarity(task, encoders)
        mixed = [fused([meaning, letters], [1 - share, share]) for share in (0.1, 0.3)]
        cells = [both(scores, task.right) for scores in (letters, meaning, *mixed)]
        lines.append([task.name, f"{len(task.texts)} x {len(task.candidates)}", *cells])
    header = ["names", "texts x candidates", "letters", "meaning", "letters 0.1", "letters 0.3"]
    show("Names of organisations: recall@1 / recall@5", header, lines)


def detection_table() -> None:
    """Share of catalogue texts whose language is told rightly."""
    rows = read_catalogue().rows("field")
    lines = []
    for kind in ("label", "description"):
        cells = [
            f"{np.mean([detect_language(row[f'{kind}_{la}']) == la for row in rows]):.3f}"
            for la in LANGUAGES
        ]
        lines.append([kind, *cells])
    show("Language told rightly, share of catalogue texts", ["text", *LANGUAGES], lines)


def speed_table(encoders: Sequence[Encoder]) -> None:
    """Texts a second, uncached, of titles and of descriptions."""
    rows = read_catalogue().rows("field")[:150]
    lines = []
    for encoder in encoders:
        encoder.encode(["warm-up"])
        cells = []
        for kind in ("label", "description"):
            texts = [row[f"{kind}_{la}"] for row in rows for la in ("en", "ru", "zh")]
            start = time.perf_counter()
            encoder.encode(texts)
            cells.append(f"{len(set(texts)) / (time.perf_counter() - start):.0f}")
        lines.append([encoder.name.split("-")[0], *cells])
    show("Texts a second", ["encoder", "labels", "descriptions"], lines)


def main() -> None:
    """Print every table."""
    store = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()) / "vectors.sqlite"
    plain = usable_encoders()
    encoders = [CachedEncoder(encoder, store) for encoder in plain]
    public, catalogue = public_tasks(), catalogue_tasks()
    main_table("Public sets", public, encoders)
    for title, tasks in catalogue.items():
        main_table(f"Catalogue, {title}", tasks, encoders)
    titles = list(catalogue)
    from_belarusian = [
        replace(task, name=f"{what} {task.name}")
        for what, title in (("label -> label,", titles[1]), ("label -> description,", titles[2]))
        for task in catalogue[title]
        if task.languages[0] == "be"
    ]
    head = "Belarusian, one encoder, vectors only: recall@1 / recall@5"
    belarusian_table(f"{head}; catalogue", from_belarusian, encoders)
    belarusian_table(f"{head}; texts the lexicon was not written from",
                     other_belarusian_tasks(), encoders)  # fmt: skip
    choices_table(public, encoders)
    hubness_table(public[:4], encoders)
    names_table(encoders)
    detection_table()
    speed_table(plain)


if __name__ == "__main__":
    main()
