"""Weights fitted to the past of any codes: by hand, planted, thin, and on invented patents."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clusterloom.api.codes import adjacency_of_codes, weights_meant
from clusterloom.api.fit_codes import fit_codes
from clusterloom.cli.main import app
from clusterloom.errors import SourceError, UsageError
from clusterloom.networks.adjacency_model import (
    FIELD_SIGNALS,
    PRIOR_WEIGHTS,
    packaged_model,
    read_weights,
    weights_text,
)
from clusterloom.networks.code_table import read_codes, read_unit_links
from clusterloom.networks.past_codes import code_pairs, fit_code_weights, usual_outcome
from clusterloom.networks.past_links import more_than_chance, moves

EXAMPLES = Path(__file__).parents[1] / "examples"
RUNNER = CliRunner()
PRIOR = PRIOR_WEIGHTS["field"]


def rows(text: str) -> list[dict[str, str]]:
    """Rows of units, codes and years: ``u1 x 2010``."""
    return [
        dict(zip(("unit", "code", "year"), line.split(), strict=False))
        for line in text.strip().splitlines()
    ]


def linked(table, year, **options) -> set[str]:
    pairs, _ = code_pairs(table, year, **options)
    codes = table.only(np.unique(table.before(year).code_of)).codes
    return {
        codes[a] + codes[b]
        for a, b, yes in zip(pairs.left, pairs.right, pairs.linked, strict=True)
        if yes
    }


# --- by hand ---------------------------------------------------------------------------------

LASTING = """
u1 x 2010
u2 x 2010
u3 y 2010
u4 z 2010
u4 w 2010
u1 y 2015
u1 x 2015
u2 y 2016
u4 z 2016
new x 2016
new z 2016
"""


def test_moves_are_what_units_known_before_take_up():
    table = read_codes(rows(LASTING))
    done, later = table.before(2015).amount, table.since(2015).amount
    there = np.asarray(done.sum(axis=1)).ravel() > 0
    moved = moves(done, (later.toarray() > 0) * there[:, None])
    # u1 and u2 go from x to y; that u1 still does x and u4 still does z is no move
    x, y = table.codes.index("x"), table.codes.index("y")
    assert moved[x, y] == 2
    assert moved.sum() == 2
    # all leave x and all arrive at y, so that is what chance gives too: no pair stands out
    assert not more_than_chance(moved, least=0.5).any()
    more = read_codes(rows(LASTING + "u5 v 2010\nu5 w 2015\nu6 v 2010\nu6 w 2017\n"))
    assert linked(more, 2015, outcome="moves") == {"xy", "vw"} or linked(
        more, 2015, outcome="moves"
    ) == {"xy", "wv"}


def test_a_unit_first_seen_later_makes_no_move():
    table = read_codes(rows("u1 x 2010\nu2 y 2010\nnew x 2015\nnew y 2015\n"))
    assert linked(table, 2015, outcome="moves") == set()


def test_together_counts_new_meetings_only():
    table = read_codes(
        rows(
            "p1 a 2010\np1 b 2010\np2 c 2010\np3 d 2010\n"  # a and b meet before
            "q1 a 2015\nq1 b 2015\nq2 c 2016\nq2 d 2016\nq3 a 2016\nq4 b 2016\n"
        )
    )
    pairs, _ = code_pairs(table, 2015, outcome="together")
    assert len(pairs.linked) == 5  # of six pairs, a-b is no candidate
    # c-d: once in 4 units, sizes 1 and 1: 4 times chance
    assert linked(table, 2015, outcome="together") == {"cd"}


def test_links_count_new_links_between_units_only():
    table = read_codes(rows("a x 2010\nb y 2010\nc z 2010\nd w 2010\n"))
    ties = [("a", "b", 2012), ("a", "b", 2016), ("c", "d", 2016), ("a", "d", "")]
    links = read_unit_links(
        [{"unit_a": a, "unit_b": b, "year": year} for a, b, year in ties], table
    )
    later = read_codes(rows("a x 2010\nb y 2010\nc z 2010\nd w 2010\na x 2016\n"))
    # codes in order: w x y z; a-b was linked before, a-d has no year
    assert linked(later, 2015, outcome="links", links=links) == {"wz"}


def test_what_outcome_is_usual_depends_on_whether_units_last():
    assert usual_outcome(read_codes(rows(LASTING)), 2015) == "moves"
    assert usual_outcome(read_codes(rows("p x 2010\nq x 2015\n")), 2015) == "together"


def test_signals_do_not_change_with_what_comes_later(word_encoder):
    titles = {"x": "laser light", "y": "laser beams", "z": "cheese", "w": "milk"}
    told = [{**row, "title": titles[row["code"]]} for row in rows(LASTING)]
    early = [row for row in told if int(row["year"]) < 2015]
    ties = [
        {"unit_a": "u1", "unit_b": "u3", "year": 2011},
        {"unit_a": "u2", "unit_b": "u4", "year": 2015},
    ]
    both = []
    for own, known in ((told, ties), (early, ties[:1])):
        table = read_codes(own, chains={"x": ("x", "r"), "y": ("y", "r")})
        links = read_unit_links(known, table)
        pairs, _ = code_pairs(table, 2015, outcome="moves", links=links, encoders=(word_encoder,))
        both.append(pairs.signals)
    np.testing.assert_array_equal(*both)
    assert (~np.isnan(both[0])).any(axis=0).all()


@pytest.mark.parametrize("outcome", ["luck", "links"])
def test_an_outcome_that_cannot_be_judged_is_refused(outcome):
    with pytest.raises(ValueError, match=f"`{outcome}` is asked for"):
        code_pairs(read_codes(rows(LASTING)), 2015, outcome=outcome)


def test_many_pairs_are_drawn_fairly_and_each_stands_for_more(monkeypatch):
    from clusterloom.networks import past_codes

    table = planted("text")[0]
    full, _ = code_pairs(table, 2015, outcome="moves")
    monkeypatch.setattr(past_codes, "MAX_UNLINKED", 200)
    drawn, _ = code_pairs(table, 2015, outcome="moves")
    assert drawn.n_linked == full.n_linked > 0
    assert len(drawn.linked) == 200 + drawn.n_linked
    assert drawn.n_pairs == full.n_pairs


# --- planted ---------------------------------------------------------------------------------


def planted(signal: str, seed: int = 0):
    """Forty codes in groups of four by one signal alone; units move within their group later."""
    rng = np.random.default_rng(seed)
    n = 40
    groups = {name: rng.permutation(np.arange(n) // 4) for name in FIELD_SIGNALS}
    titles = {f"c{k:02d}": f"subject{groups['text'][k]}" for k in range(n)}
    chains = {f"c{k:02d}": (f"c{k:02d}", f"g{groups['classification'][k]}") for k in range(n)}
    data, ties = [], []
    for u in range(240):
        home = int(rng.integers(n))
        kin = np.flatnonzero(groups[signal] == groups[signal][home])
        near = np.flatnonzero(groups["cooccurrence"] == groups["cooccurrence"][home])
        new = int(rng.choice(kin[kin != home]))
        for code, year in ((home, 2010), (int(rng.choice(near)), 2011), (new, 2016)):
            name = f"c{code:02d}"
            data.append({"unit": f"u{u}", "code": name, "year": year, "title": titles[name]})
    of_group: dict[int, list[str]] = {}
    for row in data:
        if row["year"] == 2010:
            of_group.setdefault(int(groups["link"][int(row["code"][1:])]), []).append(row["unit"])
    for units in of_group.values():
        for _ in range(3 * len(units)):
            a, b = rng.choice(units, size=2, replace=False)
            ties.append({"unit_a": a, "unit_b": b, "year": 2012})
    table = read_codes(data, chains=chains)
    return table, read_unit_links(ties, table)


@pytest.mark.parametrize("signal", FIELD_SIGNALS)
def test_the_signal_that_was_planted_is_found(signal, word_encoder):
    table, links = planted(signal)
    one = fit_code_weights(table, links=links, encoders=(word_encoder,), year=2015, draws=20)
    assert one.origin == "fitted"
    assert one.facts["outcome"] == "moves"
    weight = dict(zip(FIELD_SIGNALS, one.weights, strict=True))
    low = dict(zip(FIELD_SIGNALS, one.low, strict=True))
    high = dict(zip(FIELD_SIGNALS, one.high, strict=True))
    others = [name for name in FIELD_SIGNALS if name != signal]
    assert weight[signal] > 0.5
    assert all(low[signal] > high[name] for name in others)
    scores = {name: score.average_precision[0] for name, score in one.scores.items()}
    assert max(FIELD_SIGNALS, key=lambda name: scores[name]) == signal
    assert scores["fused"] > scores["prior"] > one.facts["n_linked"] / one.facts["n_pairs"]


def test_moves_by_chance_keep_the_prior_or_show_no_gain(word_encoder):
    table, links = planted("text")
    rng = np.random.default_rng(5)
    later = table.year_of >= 2015
    table.code_of[later] = rng.integers(40, size=int(later.sum()))
    one = fit_code_weights(table, links=links, encoders=(word_encoder,), year=2015, draws=20)
    if one.origin == "fitted":
        assert one.facts["gain"][1] < 0.02
    else:
        assert one.facts["own"]["no_better"]
        assert one.weights == PRIOR


def test_thin_data_and_data_without_years_keep_the_stated_prior():
    few = fit_code_weights(read_codes(rows(LASTING)))
    assert (few.origin, few.weights) == ("prior", PRIOR)
    assert few.facts["own"]["needed"] == 30
    none = fit_code_weights(read_codes([{"unit": "a", "code": "x"}, {"unit": "a", "code": "y"}]))
    assert (none.origin, none.facts["own"]["year"]) == ("prior", None)


def test_a_signal_that_is_not_in_the_data_is_told():
    table, _ = planted("classification")
    one = fit_code_weights(table, year=2015, draws=20)
    assert one.facts["known"] == ["classification", "cooccurrence"]
    assert one.origin == "fitted"


# --- files and the command -------------------------------------------------------------------


def test_weights_of_the_examples_are_fitted_written_and_used(tmp_path):
    out = tmp_path / "weights.json"
    call = ["fit", "adjacency", "--codes", str(EXAMPLES / "patents.csv"), "--level", "subclass"]
    call += ["--links", str(EXAMPLES / "patent_citations.csv"), "--draws", "20", "--no-titles"]
    called = RUNNER.invoke(app, [*call, "--out", str(out), "--json"])
    assert called.exit_code == 0, called.output
    told = json.loads(called.stdout)
    assert told["origin"] == "fitted"
    assert told["facts"]["outcome"] == "together"
    assert told["weights"]["link"]["low"] > told["weights"]["classification"]["high"]
    said = "\n".join(told["words"])
    assert "they came to be found together" in said
    assert "rests on the prior: text" in said
    used = adjacency_of_codes(
        EXAMPLES / "patents.csv", out=tmp_path / "a.csv", level="subclass", titles=False,
        links=EXAMPLES / "patent_citations.csv", weights=str(out),
    )  # fmt: skip
    fitted = [told["weights"][name]["weight"] for name in FIELD_SIGNALS]
    assert list(used["weights"].values()) == pytest.approx(fitted, abs=1e-4)
    assert any("fitted to patents.csv, 45 linked pairs" in line for line in used["words"])


def test_where_the_prior_serves_the_command_and_the_next_one_say_so(tmp_path):
    out = tmp_path / "weights.json"
    found = fit_codes(EXAMPLES / "jobs.csv", out=out, specialised=True, titles=False, draws=20)
    assert found["origin"] == "prior"
    assert any("too thin to fit: 17 became linked, 30 are needed; the stated prior" in line
               for line in found["words"])  # fmt: skip
    used = adjacency_of_codes(
        EXAMPLES / "jobs.csv", out=tmp_path / "a.csv", titles=False, weights=str(out)
    )
    assert any("your own data (17 linked pairs) were too thin" in line for line in used["words"])


def test_a_file_without_years_says_that_nothing_can_be_learned(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("unit,code\na,x\na,y\n", encoding="utf-8")
    found = fit_codes(path, out=tmp_path / "w.json", titles=False, draws=20)
    assert any("fewer than two different years" in line for line in found["words"])


def test_weights_go_through_a_file_and_a_whole_model_serves_too(tmp_path):
    one = packaged_model().field
    assert read_weights(weights_text(one), "here") == one
    path = tmp_path / "adjacency.json"
    path.write_text(packaged_model().text(), encoding="utf-8")
    assert weights_meant(str(path)).weights == one.weights
    record = json.loads(weights_text(one))
    record["code"]["weights"]["text"]["weight"] = -1
    with pytest.raises(SourceError, match="holds no weights of adjacency"):
        read_weights(json.dumps(record), "here")


@pytest.mark.parametrize(
    ("options", "fault"),
    [({"draws": 5}, "5 draws"), ({"outcome": "luck"}, "no outcome `luck`"),
     ({"outcome": "links"}, "`links` is asked for")],
)  # fmt: skip
def test_a_fit_that_cannot_be_made_is_refused(tmp_path, options, fault):
    with pytest.raises(UsageError, match=fault):
        fit_codes(EXAMPLES / "jobs.csv", out=tmp_path / "w.json", titles=False, **options)


def test_options_of_a_file_of_codes_are_refused_without_one(tmp_path):
    called = RUNNER.invoke(app, ["fit", "adjacency", "--tree", "ipc", "-w", str(tmp_path)])
    assert isinstance(called.exception, UsageError)
    assert "--tree is given without --codes" in str(called.exception)


def test_the_examples_are_what_their_script_writes(tmp_path, monkeypatch):
    import importlib.util

    script = EXAMPLES.parent / "scripts" / "make_examples.py"
    spec = importlib.util.spec_from_file_location("make_examples", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "EXAMPLES", tmp_path)
    module.main()
    for name in ("patents.csv", "patent_citations.csv", "jobs.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()
