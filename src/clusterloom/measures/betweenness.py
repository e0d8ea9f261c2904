"""Which nodes and links the paths of a network depend on."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterloom.measures._ties import checked_ties, ones

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["WeakPoints", "betweenness", "weak_points"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BATCH = 64  # sources searched side by side: a dense (nodes, 64) block stays in the cache
_SAME_LENGTH = 1e-12  # relative; sums of lengths in another order must count as equal


@dataclass(frozen=True)
class WeakPoints:
    """Nodes (flags, one per node) and links (rows of node numbers) whose loss parts a network."""

    nodes: Flags
    links: Ids


def betweenness(
    ties: csr_array | Matrix, *, directed: bool = False, lengths: bool = False
) -> Vector:
    """Count the shortest paths between others that lead through each node.

    Each pair of nodes with a path gives one unit, split evenly among its shortest paths; the ends
    of a path get nothing. Undirected pairs count once.

    Parameters
    ----------
    ties : (nodes, nodes), >= 0, sparse or dense; 0 is no tie
    directed : whether a tie leads from row to column only
    lengths : whether the values are lengths of ties in any one unit (else every tie has length 1)
        Strengths must be turned into lengths by the caller: a strong tie is a short one.

    Returns
    -------
    (nodes,), pairs, >= 0
        Not divided by the number of pairs. Unreachable pairs add nothing.

    Raises
    ------
    ValueError
        If `ties` is not square, holds negative or non-finite values, or is not symmetric though
        undirected.

    References
    ----------
    freeman1977
    brandes2001

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> betweenness(path).tolist()
    [0.0, 1.0, 0.0]
    """
    tie = checked_ties(ties)
    if not directed and abs(tie - tie.T).sum() > 0:
        raise ValueError(
            "undirected ties must be symmetric; add the transpose, or say directed=True"
        )
    through = _through_weighted(tie) if lengths else _through_levels(ones(tie))
    return through if directed else through / 2


def _through_levels(link: csr_array) -> Vector:
    """Brandes' two passes, level by level for a batch of sources at a time."""
    nodes = link.shape[0]
    back = link.T.tocsr()
    through = np.zeros(nodes)
    for start in range(0, nodes, _BATCH):
        source = np.arange(start, min(start + _BATCH, nodes))
        paths = np.zeros((nodes, len(source)))
        paths[source, np.arange(len(source))] = 1.0
        levels = [paths > 0]
        while True:
            reached = back @ np.where(levels[-1], paths, 0.0)
            new = (reached > 0) & (paths == 0)
            if not new.any():
                break
            paths[new] = reached[new]
            levels.append(new)
        dependency = np.zeros_like(paths)
        for near, far in zip(levels[-2::-1], levels[:0:-1], strict=True):
            passed = np.divide(1 + dependency, paths, out=np.zeros_like(paths), where=far)
            dependency += np.where(near, paths * (link @ passed), 0.0)
        dependency[source, np.arange(len(source))] = 0.0
        through += dependency.sum(axis=1)
    return through


def _through_weighted(tie: csr_array) -> Vector:
    """Brandes' two passes with a heap, one source at a time."""
    ends = np.split(tie.indices, tie.indptr[1:-1])
    length = np.split(tie.data, tie.indptr[1:-1])
    parts = zip(ends, length, strict=True)
    steps = [list(zip(e.tolist(), d.tolist(), strict=True)) for e, d in parts]
    through = np.zeros(tie.shape[0])
    for source in range(tie.shape[0]):
        order, before, paths = _shortest(steps, source)
        dependency = dict.fromkeys(order, 0.0)
        for node in reversed(order):
            for earlier in before[node]:
                dependency[earlier] += paths[earlier] / paths[node] * (1 + dependency[node])
            if node != source:
                through[node] += dependency[node]
    return through


def _shortest(
    steps: list[list[tuple[int, float]]], source: int
) -> tuple[list[int], dict[int, list[int]], dict[int, float]]:
    """Nodes by distance, the nodes before each on shortest paths, and the number of those."""
    distance: dict[int, float] = {source: 0.0}
    paths: dict[int, float] = {source: 1.0}
    before: dict[int, list[int]] = {source: []}
    settled: set[int] = set()
    order: list[int] = []
    heap = [(0.0, source)]
    while heap:
        reach, node = heapq.heappop(heap)
        if node in settled:
            continue
        settled.add(node)
        order.append(node)
        for end, length in steps[node]:
            found, known = reach + length, distance.get(end)
            slack = _SAME_LENGTH * found
            if known is None or found < known - slack:
                distance[end], paths[end], before[end] = found, paths[node], [node]
                heapq.heappush(heap, (found, end))
            elif found <= known + slack and end not in settled:
                paths[end] += paths[node]
                before[end].append(node)
    return order, before, paths


def weak_points(ties: csr_array | Matrix) -> WeakPoints:
    """Find the nodes and the links whose loss breaks a connected part of the network in two.

    Parameters
    ----------
    ties : (nodes, nodes), any nonzero in either direction is a link, sparse or dense

    Returns
    -------
    WeakPoints
        `nodes` flags articulation points; `links` has a row (lower, higher node) for each bridge,
        in rising order.

    Raises
    ------
    ValueError
        If `ties` is not square, or holds negative or non-finite values.

    References
    ----------
    tarjan1972

    Examples
    --------
    >>> chain = np.diag(np.ones(2), 1)
    >>> found = weak_points(chain)
    >>> found.nodes.tolist(), found.links.tolist()
    ([False, True, False], [[0, 1], [1, 2]])
    """
    given = checked_ties(ties)
    link = (given + given.T).tocsr()
    near = [part.tolist() for part in np.split(link.indices, link.indptr[1:-1])]
    nodes = link.shape[0]
    seen = [-1] * nodes  # order of discovery
    low = [0] * nodes  # earliest discovery reachable without the link to the parent
    cut = np.zeros(nodes, dtype=np.bool_)
    bridges: list[tuple[int, int]] = []
    clock = 0
    for root in range(nodes):
        if seen[root] >= 0:
            continue
        seen[root] = low[root] = clock
        clock += 1
        children = 0
        stack = [(root, -1, iter(near[root]))]
        while stack:
            node, parent, rest = stack[-1]
            end = next(rest, None)
            if end is None:
                stack.pop()
                if parent < 0:
                    continue
                low[parent] = min(low[parent], low[node])
                if low[node] > seen[parent]:
                    bridges.append((min(node, parent), max(node, parent)))
                if parent == root:
                    children += 1
                elif low[node] >= seen[parent]:
                    cut[parent] = True
            elif seen[end] < 0:
                seen[end] = low[end] = clock
                clock += 1
                stack.append((end, node, iter(near[end])))
            elif end != parent:
                low[node] = min(low[node], seen[end])
        cut[root] = children > 1
    return WeakPoints(nodes=cut, links=np.array(sorted(bridges), dtype=np.int64).reshape(-1, 2))
