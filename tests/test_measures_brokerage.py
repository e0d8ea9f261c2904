"""Structural holes, brokerage roles, betweenness and weak points: hand, gold and oracles."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.measures.betweenness import betweenness, weak_points
from clusterloom.measures.brokerage import (
    BROKERAGE_ROLES,
    brokerage_roles,
    brokerage_test,
    structural_holes,
)

GOLD = Path(__file__).parents[2] / "shared" / "gold"
DIRECTED = arrays(float, (7, 7), elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.5]))


def gold(name: str) -> tuple[str, list[dict[str, str]]]:
    path = GOLD / name
    if not path.exists():
        pytest.skip("the published numbers are not beside this checkout (../shared/gold)")
    lines = path.read_text(encoding="utf-8").splitlines()
    head = " ".join(line for line in lines if line.startswith("#"))
    return head, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def counted_one_by_one(link: np.ndarray, group: np.ndarray) -> np.ndarray:
    roles = np.zeros((len(group), 5), dtype=int)
    for v, a, b in itertools.permutations(range(len(group)), 3):
        if link[a, v] and link[v, b] and not link[a, b]:
            ga, gv, gb = group[a], group[v], group[b]
            if ga == gv == gb:
                role = "coordinator"
            elif ga == gb:
                role = "consultant"
            elif ga == gv:
                role = "representative"
            elif gv == gb:
                role = "gatekeeper"
            else:
                role = "liaison"
            roles[v, BROKERAGE_ROLES.index(role)] += 1
    return roles


def test_a_triangle_with_a_tail_worked_out_by_hand():
    # Ties 0-1, 0-2, 1-2, 2-3. Node 2: p = 1/3 each; to 0: 1/3 + 1/3 * 1/2 = 1/2, same to 1; to 3:
    # 1/3. Constraint 1/4 + 1/4 + 1/9 = 11/18. Effective size 3 - 2 * 1 / 3 = 7/3.
    tie = np.zeros((4, 4))
    for a, b in ((0, 1), (0, 2), (1, 2), (2, 3)):
        tie[a, b] = tie[b, a] = 1
    holes = structural_holes(tie)
    assert holes.constraint[2] == pytest.approx(11 / 18)
    assert holes.effective_size[2] == pytest.approx(7 / 3)
    assert holes.efficiency[2] == pytest.approx(7 / 9)
    # Ratios to the mean constraint 11/54: 27/22, 27/22, 6/11; divided by 3 ln 3.
    ratio = np.array([27 / 22, 27 / 22, 6 / 11])
    assert holes.hierarchy[2] == pytest.approx((ratio * np.log(ratio)).sum() / (3 * np.log(3)))


@pytest.mark.parametrize("kind", ["unweighted", "weighted"])
def test_structural_holes_equal_the_published_ones(kind):
    head, rows = gold("burt_structural_holes.csv")
    names = "ABCDEFG"
    tie = np.zeros((7, 7))
    for a, b, weight in re.findall(r"(\w)-(\w):(\d+)", head):
        i, j = names.index(a), names.index(b)
        tie[i, j] = tie[j, i] = float(weight) if kind == "weighted" else 1.0
    holes = structural_holes(sparse.csr_matrix(tie))
    kept = [row for row in rows if row["weights"] == kind]
    assert len(kept) == 3
    for row in kept:
        node = names.index(row["node"])
        assert holes.constraint[node] == pytest.approx(float(row["published_constraint"]), abs=6e-4)
        published = float(row["published_effective_size"])
        assert holes.effective_size[node] == pytest.approx(published, abs=6e-3)


def test_an_isolated_node_has_no_holes_and_one_contact_no_hierarchy():
    holes = structural_holes(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]]))
    assert holes.contacts.tolist() == [1, 1, 0]
    np.testing.assert_array_equal(holes.constraint, [1.0, 1.0, np.nan])
    np.testing.assert_array_equal(holes.effective_size, [1.0, 1.0, np.nan])
    np.testing.assert_array_equal(holes.efficiency, [1.0, 1.0, np.nan])
    assert np.isnan(holes.hierarchy).all()


@given(DIRECTED)
def test_structural_holes_equal_those_of_a_general_library(tie):
    np.fill_diagonal(tie, 0)
    graph = nx.from_numpy_array(tie, create_using=nx.DiGraph)
    holes = structural_holes(tie)
    expected = nx.constraint(graph, weight="weight")
    np.testing.assert_allclose(holes.constraint, [expected[i] for i in range(7)])
    # Named nodes take the library's scalar way: its matrix way (3.6.1) divides by the maximum of
    # the column instead of the row. Without outgoing ties it gives NaN; we need any tie.
    outward = [i for i in range(7) if tie[i].any()]
    size = nx.effective_size(graph, outward, weight="weight")
    np.testing.assert_allclose(holes.effective_size[outward], [size[i] for i in outward])


@given(DIRECTED, st.floats(0.01, 100))
def test_the_unit_of_the_ties_and_ties_to_oneself_do_not_matter(tie, factor):
    with_loops = tie * factor
    np.fill_diagonal(tie, 0)
    for one, other in zip(
        vars(structural_holes(tie)).values(),
        vars(structural_holes(with_loops)).values(),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_brokerage_roles_equal_the_published_ones():
    head, rows = gold("gould_fernandez.csv")
    link = np.zeros((10, 10))
    for a, b in re.findall(r"(\d+)->(\d+)", head):
        link[int(a) - 1, int(b) - 1] = 1
    found = brokerage_roles(sparse.csr_array(link), np.array([int(r["group"]) for r in rows]))
    columns = ("w_I", "w_O", "b_IO", "b_OI", "b_O")
    assert found.tolist() == [[int(row[c]) for c in columns] for row in rows]
    assert found.sum(axis=1).tolist() == [int(row["t"]) for row in rows]


@given(DIRECTED, arrays(int, 7, elements=st.integers(0, 2)))
def test_brokerage_roles_equal_a_count_one_by_one(link, group):
    np.testing.assert_array_equal(brokerage_roles(link, group), counted_one_by_one(link, group))


@given(DIRECTED, arrays(int, 7, elements=st.integers(0, 2)))
def test_turning_all_links_round_swaps_representatives_and_gatekeepers(link, group):
    turned = brokerage_roles(link.T, group)[:, [0, 1, 3, 2, 4]]
    np.testing.assert_array_equal(brokerage_roles(link, group), turned)


def test_expected_roles_equal_the_mean_over_all_deals_of_the_groups():
    rng = np.random.default_rng(4)
    link = (rng.random((6, 6)) < 0.4).astype(float)
    group = np.array([0, 0, 0, 1, 1, 2])
    distinct = sorted(set(itertools.permutations(group.tolist())))  # 60, all equally likely
    deals = [brokerage_roles(link, np.array(deal)) for deal in distinct]
    found = brokerage_test(link, group, permutations=400, seed=1)
    np.testing.assert_array_equal(found.observed, brokerage_roles(link, group))
    np.testing.assert_allclose(found.expected, np.mean(deals, axis=0), atol=1e-12)
    np.testing.assert_allclose(found.variance, np.var(deals, axis=0), atol=0.3)
    assert np.isnan(brokerage_test(link, group).variance).all()


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_betweenness_equals_that_of_a_general_library(directed, lengths):
    rng = np.random.default_rng(8)
    for _ in range(20):
        tie = rng.integers(1, 4, (12, 12)) * (rng.random((12, 12)) < 0.2) * 0.1
        np.fill_diagonal(tie, 0)
        tie = tie if directed else np.maximum(tie, tie.T)
        graph = nx.from_numpy_array(tie, create_using=nx.DiGraph if directed else nx.Graph)
        # The library compares sums of lengths bit by bit, so it gets whole numbers, not tenths.
        whole = nx.from_numpy_array(np.rint(tie * 10), create_using=type(graph))
        expected = nx.betweenness_centrality(
            whole, normalized=False, weight="weight" if lengths else None
        )
        found = betweenness(tie, directed=directed, lengths=lengths)
        np.testing.assert_allclose(found, [expected[i] for i in range(12)], atol=1e-9)


def test_betweenness_of_more_nodes_than_one_batch_of_sources():
    # The middle of a path of 151 nodes lies between 75 * 75 pairs.
    path = sparse.diags_array([np.ones(150), np.ones(150)], offsets=[1, -1])
    assert betweenness(path)[75] == 75 * 75
    assert betweenness(path, lengths=True)[75] == 75 * 75


def test_weak_points_of_the_karate_club_and_of_random_networks_equal_a_general_library():
    graphs = [nx.karate_club_graph(), *(nx.gnm_random_graph(15, 16, seed=s) for s in range(30))]
    for graph in graphs:
        found = weak_points(nx.to_scipy_sparse_array(graph, weight=None))
        assert set(np.flatnonzero(found.nodes)) == set(nx.articulation_points(graph))
        assert {tuple(link) for link in found.links.tolist()} == {
            (min(e), max(e)) for e in nx.bridges(graph)
        }


def test_a_network_without_links_or_nodes_has_no_weak_points_and_no_paths():
    for nodes in (0, 1, 3):
        empty = np.zeros((nodes, nodes))
        assert not weak_points(empty).nodes.any()
        assert weak_points(empty).links.shape == (0, 2)
        assert betweenness(empty).tolist() == betweenness(empty, lengths=True).tolist()
        assert structural_holes(empty).contacts.tolist() == [0] * nodes


@pytest.mark.parametrize("measure", [structural_holes, betweenness, weak_points])
def test_bad_ties_are_refused(measure):
    with pytest.raises(ValueError, match="smallest is -1"):
        measure(np.array([[0.0, -1.0], [-1.0, 0.0]]))
    with pytest.raises(ValueError, match="NaN or infinity"):
        measure(np.array([[0.0, np.nan], [np.nan, 0.0]]))
    with pytest.raises(ValueError, match="square matrix"):
        measure(np.ones((2, 3)))


def test_one_sided_undirected_ties_wrong_groups_and_too_few_nodes_are_refused():
    with pytest.raises(ValueError, match="say directed=True"):
        betweenness(np.array([[0.0, 1.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match="one entry for each of 3 nodes"):
        brokerage_roles(np.ones((3, 3)), np.array([1, 2]))
    with pytest.raises(ValueError, match="needs two others"):
        brokerage_test(np.ones((2, 2)), np.array([1, 2]))
    with pytest.raises(ValueError, match="permutations must be 0"):
        brokerage_test(np.ones((3, 3)), np.array([1, 2, 2]), permutations=1)
