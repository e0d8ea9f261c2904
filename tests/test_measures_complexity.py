"""Complexity: by hand, against print, numpy's eigenvectors, other programs, and as properties."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.measures.complexity import (
    complexity_index,
    fitness_complexity,
    method_of_reflections,
)
from clusterloom.measures.diversity import diversity, ubiquity

from .test_measures_specialisation import econgeo

PRESENCES = arrays(np.int8, (7, 5), elements=st.integers(0, 1))
TWO_WORLDS = np.array([
    [1, 1, 1, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 0, 0, 0, 0],
    [0, 0, 0, 1, 1],
    [0, 0, 0, 0, 1],
])  # fmt: skip


def figure_s4():
    return econgeo("hh2009_figS4", "mat", "input")


def transition(table):
    """Places to places over fields, unrounded; its rows sum to 1."""
    return (table / table.sum(axis=1, keepdims=True)) @ (table / table.sum(axis=0)).T


def second(matrix):
    """Eigenvector of the second largest eigenvalue, by the general solver."""
    values, vectors = np.linalg.eig(matrix)
    return np.real(vectors[:, np.argsort(-np.real(values))[1]])


def standard(values):
    return (values - values.mean()) / values.std()


def nested(places, fields, *, seed, noise=1.0):
    """A table in which able places have most fields and hard fields are in able places only."""
    rng = np.random.default_rng(seed)
    able, hard = rng.normal(size=(places, 1)), rng.normal(size=(1, fields))
    return (able - hard + noise * rng.logistic(size=(places, fields)) > 0).astype(int)


def defined(table):
    """Whether the table is one component whose second eigenvalue is single and above 0."""
    whole = table[table.any(axis=1)][:, table.any(axis=0)]
    if min(whole.shape) < 3:
        return False
    values = np.sort(np.real(np.linalg.eigvals(transition(whole))))[::-1]
    return values[1] < 1 - 1e-6 and values[1] > 1e-6 and values[1] - values[2] > 1e-6


def test_the_nested_triangle_is_ordered_as_it_is_built():
    found = complexity_index(np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1]]))
    assert np.argsort(found.place).tolist() == [2, 1, 0]
    assert np.argsort(found.field).tolist() == [2, 1, 0]
    # Rows of the transition by hand: (11, 5, 2)/18, (5, 5, 2)/12, (2, 2, 2)/6. Of its eigenvalues
    # 1, a and b: a + b = trace - 1 = 49/36 - 1 and a b = determinant = 1/36.
    trace, product = 11 / 18 + 5 / 12 + 1 / 3, 1 / 36
    half = (trace - 1) / 2
    assert found.second_eigenvalue[0] == pytest.approx(half + np.sqrt(half**2 - product))


def test_four_places_in_a_ring_have_equal_second_eigenvalues_and_no_index():
    ring = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]])
    found = complexity_index(ring)
    assert found.second_eigenvalue[0] == pytest.approx(0.5)  # twice: cos^2(pi / 4)
    assert np.isnan(found.place).all()
    assert np.isnan(found.field).all()


def test_reflections_equal_those_of_econgeo_and_of_hidalgo_and_hausmann():
    table = figure_s4()
    for steps in (0, 1, 2):
        place, field = method_of_reflections(table, steps=steps)
        np.testing.assert_allclose(place, econgeo("hh2009_figS4", f"morc_steps{steps}"))
        np.testing.assert_allclose(field, econgeo("hh2009_figS4", f"mort_steps{steps}"))
    place, _ = method_of_reflections(table, steps=20)
    # Above two steps EconGeo rescales to 0..100.
    percent = 100 * (place - place.min()) / np.ptp(place)
    np.testing.assert_allclose(percent, econgeo("hh2009_figS4", "morc_steps20"), atol=1e-6)


def test_the_index_of_figure_s4_is_that_of_econgeo_but_for_its_rounding_and_its_sign():
    table = figure_s4()
    found = complexity_index(table)
    for ours, name, matrix in (
        (found.place, "kci", transition(table)),
        (found.field, "tci", transition(table.T)),
    ):
        gold = econgeo("hh2009_figS4", name)
        # EconGeo rounds the matrix to four digits and divides by the sum, which fixes no sign.
        rounded = second(np.round(matrix, 4))
        np.testing.assert_allclose(rounded / rounded.sum(), gold, rtol=1e-6)
        exact = second(matrix)
        assert abs(np.corrcoef(ours, exact)[0, 1]) == pytest.approx(1.0, abs=1e-12)
        assert abs(np.corrcoef(ours, gold)[0, 1]) == pytest.approx(1.0, abs=1e-6)
    # The sign: EconGeo turns it by 20 reflections, here against diversity.
    assert np.corrcoef(econgeo("hh2009_figS4", "kci"), diversity(table))[0, 1] < 0
    assert np.corrcoef(found.place, diversity(table))[0, 1] > 0


@settings(deadline=None, max_examples=60)
@given(PRESENCES)
def test_the_index_equals_the_second_eigenvector_of_numpy(table):
    assume(defined(table))
    rows, columns = table.any(axis=1), table.any(axis=0)
    whole = table[rows][:, columns]
    found = complexity_index(table)
    for index, kept, part in (
        (found.place, rows, whole),
        (found.field, columns, whole.T),
    ):
        assert np.isnan(index).tolist() == (~kept | np.isnan(found.place).all()).tolist()
        if not np.isnan(index).all():
            expected = standard(second(transition(part)))
            turn = np.sign(index[kept] @ expected)
            np.testing.assert_allclose(index[kept], turn * expected, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(PRESENCES)
def test_places_correlate_with_their_diversity_and_are_the_mean_of_their_fields(table):
    assume(defined(table))
    found = complexity_index(table, scale="common")
    assume(not np.isnan(found.place).all())
    rows = table.any(axis=1)
    held = diversity(table)[rows]
    assert found.place[rows] @ (held - held.mean()) > -1e-6
    mean = table[rows] @ np.nan_to_num(found.field) / diversity(table)[rows]
    eigenvalue = found.second_eigenvalue[0]
    assert 0 < eigenvalue < 1
    np.testing.assert_allclose(found.place[rows], mean, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(PRESENCES, st.permutations(range(7)), st.permutations(range(5)))
def test_relabelling_relabels_the_index(table, places, fields):
    assume(defined(table))
    places, fields = list(places), list(fields)
    found = complexity_index(table)
    moved = complexity_index(table[np.ix_(places, fields)])
    np.testing.assert_allclose(moved.place, found.place[places], atol=1e-6)
    np.testing.assert_allclose(moved.field, found.field[fields], atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(PRESENCES, st.integers(1, 4))
def test_steps_of_reflection_equal_repeated_means(table, steps):
    place, field = method_of_reflections(table, steps=steps)
    k, f = diversity(table), ubiquity(table)
    for _ in range(steps):
        k, f = (
            [
                np.mean([f[j] for j in np.flatnonzero(row)]) if row.any() else np.nan
                for row in table
            ],
            [np.mean([k[i] for i in np.flatnonzero(c)]) if c.any() else np.nan for c in table.T],
        )
    np.testing.assert_allclose(place, k)
    np.testing.assert_allclose(field, f)


def test_many_reflections_end_in_the_order_of_the_index():
    table = nested(30, 25, seed=1, noise=0.2)
    table = table[table.any(axis=1)]
    place, _ = method_of_reflections(table, steps=12)
    found = complexity_index(table)
    assert abs(np.corrcoef(place, found.place)[0, 1]) > 0.999


@pytest.mark.parametrize("shape", [(60, 110), (110, 60), (30, 40), (51, 52)])
def test_the_iterative_the_filled_and_the_small_way_give_the_eigenvector_of_numpy(shape):
    table = nested(*shape, seed=3)
    assert table.any(axis=0).all()
    assert table.any(axis=1).all()
    found = complexity_index(sparse.csr_array(table))
    for index, expected in (
        (found.place, standard(second(transition(table)))),
        (found.field, standard(second(transition(table.T)))),
    ):
        np.testing.assert_allclose(index, np.sign(index @ expected) * expected, atol=1e-8)


def test_a_thin_table_takes_the_sparse_way_and_gives_the_same():
    rng = np.random.default_rng(4)
    thin = np.zeros((240, 260), dtype=int)
    # A path through all places and fields makes one component; chance fills a few more cells.
    thin[np.arange(240), np.arange(240)] = thin[np.arange(239), np.arange(1, 240)] = 1
    thin[rng.integers(240, size=20), np.arange(240, 260)] = 1
    thin[rng.integers(240, size=90), rng.integers(260, size=90)] = 1
    assert thin.mean() < 0.01
    found = complexity_index(thin)
    expected = standard(second(transition(thin)))
    np.testing.assert_allclose(found.place, np.sign(found.place @ expected) * expected, atol=1e-6)


def test_two_runs_give_the_same_bits():
    table = nested(80, 90, seed=6)
    first, again = complexity_index(table), complexity_index(table)
    np.testing.assert_array_equal(first.place, again.place)
    np.testing.assert_array_equal(first.field, again.field)


def test_a_disconnected_table_is_refused_with_the_sizes_of_its_parts():
    with pytest.raises(ValueError, match=r"2 components without a tie \(places in each: 3, 2\)"):
        complexity_index(TWO_WORLDS)


def test_on_a_disconnected_table_the_plain_index_would_only_tell_the_parts_apart():
    # Two eigenvalues are 1; their eigenvectors are constant within each part.
    values = np.sort(np.real(np.linalg.eigvals(transition(TWO_WORLDS))))[::-1]
    np.testing.assert_allclose(values[:2], 1.0)


def test_every_part_by_itself_has_the_index_it_has_alone():
    found = complexity_index(TWO_WORLDS, on_disconnected="each")
    alone = complexity_index(TWO_WORLDS[:3, :3])
    np.testing.assert_allclose(found.place[:3], alone.place)
    np.testing.assert_allclose(found.field[:3], alone.field)
    assert found.place_component.tolist() == [0, 0, 0, 1, 1]
    assert found.field_component.tolist() == [0, 0, 0, 1, 1]
    assert found.place[3] == pytest.approx(1.0)  # the richer place of the second part
    assert found.place[4] == pytest.approx(-1.0)


def test_the_largest_part_alone_leaves_the_others_undefined():
    found = complexity_index(TWO_WORLDS, on_disconnected="largest")
    assert not np.isnan(found.place[:3]).any()
    assert np.isnan(found.place[3:]).all()
    assert np.isnan(found.second_eigenvalue[1])


def test_empty_rows_and_columns_are_undefined_and_disturb_nobody():
    table = nested(12, 10, seed=8)
    padded = np.pad(table, ((1, 1), (0, 2)))
    found, alone = complexity_index(padded), complexity_index(table)
    np.testing.assert_allclose(found.place[1:-1], alone.place, atol=1e-9)
    np.testing.assert_allclose(found.field[:-2], alone.field, atol=1e-9)
    assert np.isnan(found.place[[0, -1]]).all()
    assert np.isnan(found.field[-2:]).all()
    assert found.place_component[[0, -1]].tolist() == [-1, -1]


@pytest.mark.parametrize(
    "table",
    [np.ones((4, 3)), np.ones((3, 1)), np.ones((1, 3)), np.eye(1), np.zeros((3, 2))],
    ids=["all alike", "one field only", "one place only", "one cell", "nothing"],
)
def test_tables_without_any_difference_have_no_index(table):
    found = complexity_index(table)
    assert np.isnan(found.place).all()
    assert np.isnan(found.field).all()


def test_the_common_scale_is_that_of_py_ecomplexity():
    table = nested(15, 12, seed=9)
    own, common = complexity_index(table), complexity_index(table, scale="common")
    np.testing.assert_array_equal(own.place, common.place)
    assert own.field.mean() == pytest.approx(0.0, abs=1e-12)
    assert own.field.std() == pytest.approx(1.0)
    # The rule of py-ecomplexity: the vector of fields, places as its means, both by the places'.
    fields = second(transition(table.T))
    places = table @ fields / table.sum(axis=1)
    turn = np.sign(np.corrcoef(places, table.sum(axis=1))[0, 1])
    expected = (turn * fields - (turn * places).mean()) / places.std()
    np.testing.assert_allclose(common.field, expected, atol=1e-8)


def test_one_step_of_fitness_by_hand_and_places_that_lead_after_many():
    step = fitness_complexity(np.array([[1, 1], [0, 1]]), iterations=1)
    np.testing.assert_allclose(step.place, [4 / 3, 2 / 3])
    np.testing.assert_allclose(step.field, [4 / 3, 2 / 3])
    table = nested(20, 15, seed=10)
    found = fitness_complexity(table, iterations=500)
    assert found.place.mean() == pytest.approx(1.0)
    assert np.corrcoef(found.place, diversity(table))[0, 1] > 0.8
    again = fitness_complexity(table, iterations=501)
    assert np.abs(again.place - found.place).max() <= found.last_change + 1e-12


def test_fitness_leaves_empty_lines_undefined_and_survives_a_fitness_of_zero():
    found = fitness_complexity(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]), iterations=3000)
    assert np.isnan(found.place[2])
    assert np.isnan(found.field[2])
    assert np.isfinite(found.place[:2]).all()
    assert found.place[0] > found.place[1] >= 0


@pytest.mark.parametrize(
    "function",
    [
        complexity_index,
        lambda t: method_of_reflections(t, steps=2),
        lambda t: fitness_complexity(t, iterations=2),
    ],
)
def test_weights_negative_or_other_are_no_presences(function):
    for bad in (-1.0, 0.3, np.nan):
        with pytest.raises(ValueError, match="must be 0 or 1, but one is"):
            function(np.array([[1.0, bad], [1.0, 1.0]]))


def test_steps_and_iterations_below_the_least_are_refused():
    with pytest.raises(ValueError, match="steps must be >= 0, but it is -1"):
        method_of_reflections(np.ones((2, 2)), steps=-1)
    with pytest.raises(ValueError, match="iterations must be >= 1, but it is 0"):
        fitness_complexity(np.ones((2, 2)), iterations=0)


@pytest.fixture
def benchmark_of_measures(monkeypatch):
    path = Path(__file__).parents[1] / "bench" / "measures.py"
    if not path.exists():
        pytest.skip("the benchmarks are not beside these tests")
    monkeypatch.setattr(sys, "path", sys.path.copy())
    spec = importlib.util.spec_from_file_location("bench_measures", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_measures", module)  # its data class looks itself up
    spec.loader.exec_module(module)
    return module


def test_the_benchmark_draws_one_component_without_empty_lines_and_prints_its_rows(
    benchmark_of_measures, monkeypatch
):
    entries = benchmark_of_measures.synthetic(40, 60, 700)
    assert entries.shape == (40, 60)
    assert set(entries.place) == set(range(40))
    assert set(entries.field) == set(range(60))
    monkeypatch.setattr(benchmark_of_measures, "peer", lambda entries: None)
    result = benchmark_of_measures.measure(entries)
    assert result["table"]["entries"] == len(entries.value)
    printed = benchmark_of_measures.markdown(result)
    assert "| all steps |" in printed
    assert "py-ecomplexity is not importable here" in printed


def test_the_benchmark_shows_a_difference_and_does_not_hide_a_gap(benchmark_of_measures):
    one = {"a": np.array([1.0, 2.0]), "b": np.array([1.0, np.nan])}
    other = {"a": np.array([1.0, 2.5]), "b": np.array([1.0, 2.0])}
    assert benchmark_of_measures.differences(one, other) == {"a": 0.5, "b": np.inf}
