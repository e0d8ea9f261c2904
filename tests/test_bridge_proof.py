"""The benchmark that tries bridges on past data: what counts as new, and what it may know."""

from __future__ import annotations

import csv
import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[1] / "bench" / "bridge_proof.py"


@pytest.fixture(scope="module")
def proof():
    import sys

    spec = importlib.util.spec_from_file_location("bridge_proof", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bridge_proof"] = module
    spec.loader.exec_module(module)
    return module


# Project: year, countries (each with one organisation), programme parts.
PROJECTS = {
    "p1": (2014, "AT BE", "X"), "p2": (2015, "AT", "X"), "p3": (2015, "AT", "X"),
    "p4": (2015, "BE", "X"), "p5": (2015, "BE", "X"), "p6": (2015, "CZ", "X"),
    "p7": (2015, "CZ", "X"), "p8": (2014, "CZ", "X"), "p9": (2015, "DK", "Y"),
    "q1": (2014, "DK", "Y"), "q2": (2015, "DK", "Y"), "q3": (2016, "BE CZ", "X"),
    "t1": (2017, "AT CZ", "X"), "t2": (2018, "AT BE", "X"), "t3": (2018, "AT DK", "X Y"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "cordis_h2020_participations"
    target.mkdir()
    rows = [
        {"rcn": p, "pic": f"{p}{c}", "type": "HES", "country": c, "start_year": year}
        for p, (year, countries, _) in PROJECTS.items()
        for c in countries.split()
    ]
    _write(target / "h2020_start_to_2018.csv.gz", rows)
    parts = [
        {"rcn": p, "programme_part": part}
        for p, (_, _, found) in PROJECTS.items()
        for part in found.split()
    ]
    _write(target / "programme_parts_start_to_2018.csv.gz", parts)
    return tmp_path


def _write(path, rows):
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_new_tie_is_one_that_was_not_there_before(proof, folder):
    tests = proof.h2020(folder)
    # Communities with three participations up to 2016, in order: AT-X, BE-X, CZ-X, DK-Y.
    one = tests["all fields"]
    assert one.relevant.shape == (4, 4)
    # AT-BE and BE-CZ worked together before: not to be ranked.
    open_pairs = {(i, j) for i, j in np.argwhere(one.allowed) if i < j}
    assert open_pairs == {(0, 2), (0, 3), (1, 3), (2, 3)}
    # AT-CZ came true in 2017, AT-DK across fields in 2018; AT-BE was old already.
    came = {(i, j) for i, j in np.argwhere(one.relevant & one.allowed) if i < j}
    assert came == {(0, 2), (0, 3)}
    same = tests["same field only"]
    assert {(i, j) for i, j in np.argwhere(same.allowed) if i < j} == {(0, 2)}


def test_what_happens_later_changes_no_score(proof, folder, monkeypatch):
    before = proof.h2020(folder)["all fields"].scores
    monkeypatch.setitem(PROJECTS, "t4", (2017, "BE DK", "X"))
    later = {p: v for p, v in PROJECTS.items() if not p.startswith("t")}
    rows = [
        {"rcn": p, "pic": f"{p}{c}", "type": "HES", "country": c, "start_year": year}
        for p, (year, countries, _) in later.items()
        for c in countries.split()
    ]
    rows.append({"rcn": "t9", "pic": "t9", "type": "HES", "country": "DK", "start_year": 2018})
    target = folder / "cordis_h2020_participations"
    _write(target / "h2020_start_to_2018.csv.gz", rows)
    parts = [
        {"rcn": p, "programme_part": part}
        for p, (_, _, f) in PROJECTS.items()
        for part in f.split()
    ]
    _write(
        target / "programme_parts_start_to_2018.csv.gz",
        [*parts, {"rcn": "t9", "programme_part": "Y"}],
    )
    after = proof.h2020(folder)["all fields"].scores
    for method, values in before.items():
        np.testing.assert_allclose(after[method], values, err_msg=method)


def test_a_perfect_ranking_is_told_from_chance(proof):
    relevant = np.eye(4, 6, dtype=bool)
    test = proof.Test(
        {"oracle": relevant.astype(float), "chance": np.zeros((4, 6))},
        relevant, np.ones((4, 6), dtype=bool), np.arange(4),
    )  # fmt: skip
    found = proof.judged(test, (1,))
    assert found["oracle"]["recall@1"].mean == 1.0
    assert found["chance"]["recall@1"].mean == pytest.approx(1 / 6)
    assert found["oracle minus chance"]["win share"].mean == 0.5
