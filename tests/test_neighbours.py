"""The nearest organisations: against all pairs, by hand, in words, and beyond the exact limit."""

from __future__ import annotations

import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.neighbours import neighbours
from clusterloom.cli.main import app
from clusterloom.entities.classification import Classification
from clusterloom.errors import ClusterloomError, RecipeError, UsageError
from clusterloom.networks import nearest
from clusterloom.networks.adjacency import Adjacency
from clusterloom.networks.adjacency_model import prior_model
from clusterloom.networks.nearest import Signal, nearest_neighbours, pair_scores, scaled
from clusterloom.networks.neighbours import Neighbours
from clusterloom.networks.organisation_signals import adjacency_factor, profile_vectors
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

from .conftest import activity_row, organisation_row
from .test_adjacency import link_row

RUNNER = CliRunner()


def invented(rows: int, seed: int) -> list[Signal]:
    """Dense vectors of which some are not known, and sparse ties."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(rows, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = rng.random(rows) > 0.3
    vectors[~known] = 0
    ties = rng.random((rows, rows)) < 4 / rows
    ties = ties | ties.T
    degree = ties.sum(axis=1)
    partners = sparse.csr_array(ties / np.sqrt(np.maximum(degree, 1))[:, None])
    return [
        Signal("profile", vectors, known, 0.7, middle=0.1, spread=0.3),
        Signal("partners", partners, degree > 0, 0.3, middle=0.0, spread=0.5),
    ]


def all_pairs(signals: list[Signal]) -> np.ndarray:
    """The fused score of every pair, by the formula, one pair after the other."""
    rows = len(signals[0].known)
    result = np.zeros((rows, rows))
    dense = [s.vectors.toarray() if s.sparse else s.vectors for s in signals]
    for a in range(rows):
        for b in range(rows):
            total = reach = 0.0
            for signal, vectors in zip(signals, dense, strict=True):
                if signal.known[a] and signal.known[b]:
                    above = max(float(vectors[a] @ vectors[b]) - signal.middle, 0.0)
                    total += signal.weight * above / (above + signal.spread)
                    reach += signal.weight
            result[a, b] = total / reach if reach and a != b else 0.0
    return result


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 1000))
def test_blocks_find_what_all_pairs_show(rows, k, seed):
    signals = invented(rows, seed)
    truth = all_pairs(signals)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_BLOCK", 7)
        found = nearest_neighbours(signals, k=k)
    wanted = np.sort(truth, axis=1)[:, ::-1][:, :k]
    np.testing.assert_allclose(found.score[:, : wanted.shape[1]], wanted, atol=1e-6)
    for row in range(rows):
        listed = found.index[row][found.index[row] >= 0]
        assert len(set(listed.tolist())) == len(listed)
        assert row not in listed
        np.testing.assert_allclose(truth[row, listed], found.score[row, : len(listed)], atol=1e-6)


def test_values_of_listed_pairs_are_those_of_the_search():
    signals = invented(50, 3)
    found = nearest_neighbours(signals, k=4)
    row, place = np.nonzero(found.index >= 0)
    values = pair_scores(signals, row, found.index[row, place])
    weights = np.array([s.weight for s in signals])
    fused = np.nansum(values * weights, axis=1) / (~np.isnan(values) @ weights)
    np.testing.assert_allclose(fused, found.score[row, place], atol=1e-6)


def test_equals_go_by_the_order_of_the_rows_whatever_the_blocks(monkeypatch):
    same = np.ones((30, 1), dtype=np.float32)
    signals = [Signal("profile", same, np.ones(30, bool), 1.0)]
    monkeypatch.setattr(nearest, "_BLOCK", 7)
    found = nearest_neighbours(signals, k=3)
    assert found.index[0].tolist() == [1, 2, 3]
    assert found.index[10].tolist() == [0, 1, 2]


def test_rows_with_nothing_in_common_are_no_neighbours():
    apart = np.eye(3, dtype=np.float32)
    found = nearest_neighbours([Signal("profile", apart, np.ones(3, bool), 1.0)], k=2)
    assert (found.index == -1).all()
    assert (found.score == 0).all()


@pytest.mark.parametrize(
    ("weight", "k", "method", "fault"),
    [
        (-1.0, 1, "auto", "weights are >= 0"),
        (float("nan"), 1, "auto", "weights are >= 0"),
        (0.0, 1, "auto", "weights are >= 0"),
        (1.0, 0, "auto", "k is >= 1"),
        (1.0, 1, "guess", "`guess`"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(weight, k, method, fault):
    signal = Signal("profile", np.ones((2, 1), np.float32), np.ones(2, bool), weight)
    with pytest.raises(ValueError, match=fault):
        nearest_neighbours([signal], k=k, method=method)


def test_beyond_the_exact_limit_the_missing_package_is_named_with_its_install_line(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(nearest, "EXACT_LIMIT", 10)
    monkeypatch.setattr(nearest.importlib, "import_module", missing)
    with pytest.raises(ClusterloomError, match="20 organisations need an approximate") as refused:
        nearest_neighbours(invented(20, 0), k=2)
    assert "pip install 'clusterloom[neighbours]'" in str(refused.value)


@pytest.mark.skipif(importlib.util.find_spec("usearch") is None, reason="usearch is not installed")
def test_the_approximate_search_finds_nearly_the_same():
    signals = invented(400, 5)
    exact = nearest_neighbours(signals, k=10)
    near = nearest_neighbours(signals, k=10, method="approximate")
    assert not near.exact
    shared = [
        len(set(a[a >= 0]) & set(b[b >= 0])) / max((b >= 0).sum(), 1)
        for a, b in zip(near.index, exact.index, strict=True)
    ]
    assert np.mean(shared) > 0.95


def test_the_approximate_search_ranks_by_the_same_score(monkeypatch):
    """An index that proposes all pairs makes the approximate search exact."""

    class Everything:
        def __init__(self, **_):
            self.keys = np.zeros(0, np.int64)

        def add(self, keys, _vectors, **__):
            self.all = keys

        def search(self, vectors, _count, **__):
            self.keys = np.tile(self.all, (len(vectors), 1))
            return self

    class Module:
        Index = Everything

    signals = invented(30, 7)
    exact = nearest_neighbours(signals, k=5)
    monkeypatch.setattr(nearest.importlib, "import_module", lambda _: Module)
    near = nearest_neighbours(signals, k=5, method="approximate")
    np.testing.assert_allclose(near.score, exact.score, atol=1e-6)


def test_the_scale_puts_the_usual_pair_at_0_and_the_nearest_hundredth_at_one_half():
    rng = np.random.default_rng(0)
    vectors = np.abs(rng.normal(size=(800, 6))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    signal = scaled(Signal("text", vectors, np.ones(800, bool), 1.0))
    left, right = np.triu_indices(800, k=1)
    values = pair_scores([signal], left, right)[:, 0]
    assert np.quantile(values, 0.45) == 0
    assert np.quantile(values, 0.55) > 0
    assert np.quantile(values, 0.99) == pytest.approx(0.5, abs=0.02)


def test_coordinates_of_fields_give_back_their_adjacency():
    rng = np.random.default_rng(0)
    near = rng.random((8, 8))
    near = near @ near.T
    near /= np.sqrt(np.outer(np.diag(near), np.diag(near)))
    factor = adjacency_factor(near)
    np.testing.assert_allclose(factor @ factor.T, near, atol=1e-9)
    p, q = np.eye(8)[0], rng.random(8)
    vectors = profile_vectors(np.stack([p, q]), near)
    by_hand = p @ near @ q / np.sqrt((p @ near @ p) * (q @ near @ q))
    assert float(vectors[0] @ vectors[1]) == pytest.approx(by_hand, abs=1e-6)


def test_many_fields_keep_the_largest_directions():
    near = np.eye(600) * 0.5 + 0.5
    factor = adjacency_factor(near, max_dimension=3)
    assert factor.shape == (600, 3)
    np.testing.assert_allclose(np.abs(factor[:, 0]), np.full(600, abs(factor[0, 0])), rtol=1e-6)


@pytest.fixture
def toy(toy_fields, word_encoder):
    """Two laser makers with a common partner, an optician, a dairy, and one nobody knows."""
    rows = [
        activity_row("1", "laser-a", code_scheme="field", code="lasers"),
        activity_row("2", "laser-b", code_scheme="field", code="lasers"),
        activity_row("3", "optician", code_scheme="field", code="optics"),
        activity_row("4", "dairy", code_scheme="field", code="dairy", text_en="milk cheese"),
        activity_row("5", "riddle", text_en="poetry"),
    ]
    tables = toy_fields.with_rows("activity", rows)
    tables = tables.with_rows("link", [link_row("laser-a", "dairy"), link_row("laser-b", "dairy")])
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    return tables.merged(Adjacency(encoders=(word_encoder,), model=prior_model()).run(tables))


def listed(tables, encoder, **parameters):
    rows = Neighbours(encoders=(encoder,), **parameters).run(tables).rows("organisation_adjacency")
    return {(row["org_id"], row["neighbour_id"]): row for row in rows}


def test_the_same_work_is_nearest_then_the_adjacent_field(toy, word_encoder):
    found = listed(toy, word_encoder)
    ranks = {b: row["rank"] for (a, b), row in found.items() if a == "laser-a"}
    assert ranks["laser-b"] == 1
    assert ranks["optician"] == 2
    assert "riddle" not in ranks
    row = found["laser-a", "laser-b"]
    assert (row["field_a"], row["field_b"], row["tied"]) == ("lasers", "lasers", False)
    assert row["text"] is None
    # identical: cosine 1, with too few pairs to go by 1 / (1 + 1/2)
    assert row["profile"] == row["partners"] == row["fused"] == pytest.approx(2 / 3, abs=1e-4)


def test_why_a_neighbour_is_near_is_said_in_words(toy, word_encoder):
    found = listed(toy, word_encoder)
    say = Translator("en")
    names = Names(toy, say)
    words = render_reasons(found["laser-a", "laser-b"]["reasons"], names, say)
    assert words == [
        "Both work in laser beams.",
        "Their fields are alike by 0.67 of 1, adjacent fields counted in part (weight 0.5).",
        "No description of the work of one of the two is known; its weight goes to the other "
        "signals.",
        "Common partners: 1; that counts as 0.67 of 1 (weight 0.2).",
        "No working tie between them is known.",
    ]
    across = render_reasons(found["laser-a", "optician"]["reasons"], names, say)
    assert across[0].startswith("It works in laser beams, the other in optical lenses, adjacent by")
    tied = listed(toy, word_encoder, min_fused=0).get(("laser-a", "dairy"))
    assert tied is None or tied["tied"]


def test_k_and_the_least_nearness_limit_the_list(toy, word_encoder):
    assert all(row["rank"] == 1 for row in listed(toy, word_encoder, k=1).values())
    assert all(row["fused"] >= 0.5 for row in listed(toy, word_encoder, min_fused=0.5).values())


def test_no_fields_or_no_activities_give_no_neighbours_and_no_fault(toy, word_encoder):
    assert listed(toy.with_rows("activity", []), word_encoder) == {}
    bare = toy.with_rows("field", []).with_rows("field_adjacency", [])
    bare = bare.with_rows("activity_field", [])
    found = listed(bare, word_encoder)
    assert {row["profile"] for row in found.values()} == {None}
    assert ("laser-a", "laser-b") in found


@pytest.mark.parametrize(
    "parameters", [{"k": 0}, {"min_fused": -0.1}, {"min_fused": float("nan")}, {"method": "best"}]
)
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(RecipeError, match="neighbours: k"):
        Neighbours(**parameters)


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valley") / "w"
    project = Project.create(folder)
    project.run(embedded_recipe("valley"))
    yield project, folder
    project.workspace.ledger.close()


def test_the_command_shows_neighbours_by_id_and_by_part_of_a_name(valley):
    project, folder = valley
    org = project.plan().tables.rows("organisation_adjacency")[0]["org_id"]
    name = project.plan().tables.by_key("organisation", "org_id")[org]["name_en"]
    shown = RUNNER.invoke(app, ["neighbours", org, "-w", str(folder), "--json"])
    assert shown.exit_code == 0, shown.output
    record = json.loads(shown.stdout)
    assert record["org_id"] == org
    assert record["neighbours"][0]["rank"] == 1
    assert all(one["reasons"] for one in record["neighbours"])
    assert neighbours(project, name)["org_id"] == org
    text = RUNNER.invoke(app, ["neighbours", org, "-w", str(folder), "--limit", "1"]).stdout
    assert text.startswith(f"{name} ({org})\n1. ")


def test_who_is_meant_has_to_be_clear(valley):
    project, _ = valley
    with pytest.raises(UsageError, match="there is no organisation `nobody at all`"):
        neighbours(project, "nobody at all")
    with pytest.raises(UsageError, match="part of the names of"):
        neighbours(project, "a")
    with pytest.raises(UsageError, match="limit 0"):
        neighbours(project, "a", limit=0)


def test_a_neighbour_walks_back_to_its_organisations_and_weights(valley):
    project, _ = valley
    row = project.plan().tables.rows("organisation_adjacency")[0]
    chain = project.plan().why(f"organisation_adjacency:{row['org_id']}~{row['neighbour_id']}")
    assert "valley" in chain["text"]
    assert "adjacency_weight:organisation~profile" in chain["text"]
    pair = project.plan().tables.rows("field_adjacency")[0]
    chain = project.plan().why(f"field_adjacency:{pair['field_a']}~{pair['field_b']}")
    assert "run adjacency-" in chain["text"]


@pytest.mark.parametrize(
    ("stages", "told"),
    [(["neighbours"], "the table of neighbours is empty"), ([], "run the recipe")],
)
def test_an_empty_table_of_neighbours_is_told_from_a_plan_without_the_stage(stages, told):
    rows = [organisation_row("lonely"), organisation_row("silent")]
    tables = Tables().with_rows("organisation", rows)
    tables = tables.with_rows("activity", [activity_row("1", "lonely", text_en="poetry")])
    runs = {name: {"stage": name} for name in stages}
    plan = SimpleNamespace(tables=tables, runs=runs)
    project = SimpleNamespace(plan=lambda _: plan)
    assert told in neighbours(project, "lonely")["note"]
    assert "nothing is known" in neighbours(project, "silent")["note"]
