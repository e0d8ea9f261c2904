"""Work dealt anew with every number kept: exactly, near evenly, and in full groups too."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.measures.rewiring import rewired


def graph(seed, *, rows, columns, most):
    """Random rows of different columns, as a list of lists."""
    random = np.random.default_rng(seed)
    return [
        random.choice(columns, size=random.integers(0, most + 1), replace=False).tolist()
        for _ in range(rows)
    ]


def dealt_anew(lists, *, group=None, seed=0):
    first = np.cumsum([0, *map(len, lists)])
    column = np.array([c for row in lists for c in row], dtype=np.int64)
    group = np.zeros(len(lists), dtype=np.int64) if group is None else np.asarray(group)
    dealt = rewired(column, first, group=group, random=np.random.default_rng(seed))
    return [dealt[a:b].tolist() for a, b in pairwise(first)]


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 3))
def test_both_numbers_are_kept_exactly_in_every_group(seed, most, groups):
    lists = graph(seed, rows=12, columns=6, most=most)
    group = np.arange(12) % groups
    before = [row.copy() for row in lists]
    found = dealt_anew(lists, group=group, seed=seed)
    assert lists == before
    for old, new in zip(lists, found, strict=True):
        assert len(set(new)) == len(new) == len(old)
    for k in range(groups):
        was, now = (Counter(c for i in range(k, 12, groups) for c in g[i]) for g in (lists, found))
        assert was == now


def test_all_graphs_of_the_same_numbers_come_about_equally_often():
    lists = [[0, 1, 2], [0, 1], [2, 3], [0]]
    counts = Counter(c for row in lists for c in row)
    all_graphs = [
        rows
        for rows in product(*(combinations(range(4), len(row)) for row in lists))
        if Counter(c for row in rows for c in row) == counts
    ]
    n = 6000
    seen = Counter(
        tuple(tuple(sorted(row)) for row in dealt_anew(lists, seed=seed)) for seed in range(n)
    )
    assert set(seen) == set(all_graphs)
    share = np.array([seen[g] for g in all_graphs]) / n * len(all_graphs)
    assert 0.6 < share.min() <= share.max() < 1.6


def test_a_full_group_stays_as_it_is_and_a_nearly_full_one_is_dealt():
    full = [[0, 1, 2]] * 4
    assert [sorted(row) for row in dealt_anew(full)] == full
    nearly = [[0, 1], [1, 2], [2, 0]]
    seen = {tuple(tuple(sorted(r)) for r in dealt_anew(nearly, seed=s)) for s in range(60)}
    assert len(seen) == 6


def test_nothing_to_deal_is_nothing_dealt():
    assert dealt_anew([]) == []
    assert dealt_anew([[], [3], []]) == [[], [3], []]


@pytest.mark.parametrize("directions", [3, 10])
def test_real_sizes_keep_every_number(directions):
    random = np.random.default_rng(1)
    lists = [random.choice(60, size=directions, replace=False).tolist() for _ in range(600)]
    found = dealt_anew(lists)
    assert all(len(set(row)) == directions for row in found)
    assert Counter(c for row in lists for c in row) == Counter(c for row in found for c in row)
    kept = [len(set(a) & set(b)) / directions for a, b in zip(lists, found, strict=True)]
    assert np.mean(kept) < 2 * directions / 60
