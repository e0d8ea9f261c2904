"""Who reaches whom over ties, and what is lost when nodes or ties fall out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FallOut", "connected_parts", "fall_out", "pairs_within"]

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FallOut:
    """Shares lost, each 0..1; NaN where there was nothing to lose.

    `ties`: ties that vanish, of all ties. `pairs`: pairs that reached each other and no longer do,
    those of the fallen included. `others_cut`: of the pairs among the nodes that stay and reached
    each other before, the share that is cut off from each other.
    """

    ties: float
    pairs: float
    others_cut: float


def connected_parts(n_nodes: int, ties: Ids) -> Ids:
    """Number the connected parts of an undirected network.

    Parameters
    ----------
    n_nodes : nodes, >= 0
    ties : (ties, 2), node numbers; direction and repeats do not matter

    Returns
    -------
    (nodes,), part of each node, numbered from 0

    Examples
    --------
    >>> connected_parts(3, np.array([[2, 0]])).tolist()
    [0, 1, 0]
    """
    if n_nodes == 0:
        return np.zeros(0, dtype=np.int64)
    labels = _labels(n_nodes, np.asarray(ties, dtype=np.int64).reshape(-1, 2))
    # The library's numbers are not promised to follow the order of the nodes: ours do.
    _, first, label = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[label].astype(np.int64)


def pairs_within(parts: Ids) -> float:
    """Return the number of pairs of nodes in one part.

    Examples
    --------
    >>> pairs_within(np.array([0, 0, 0, 1]))
    3.0
    """
    size = np.bincount(parts).astype(float) if parts.size else np.zeros(0)
    return float((size * (size - 1) / 2).sum())


def fall_out(
    n_nodes: int,
    ties: Ids,
    *,
    nodes: Mask | None = None,
    lost_ties: Mask | None = None,
    before: Ids | None = None,
) -> FallOut:
    """Measure what a network loses when nodes, ties, or both fall out.

    Parameters
    ----------
    n_nodes : nodes, >= 0
    ties : (ties, 2), node numbers, each tie once
    nodes : (nodes,), True falls out with all its ties; None for no node
    lost_ties : (ties,), True falls out; None for no tie
    before : (nodes,), parts before anything falls out, where they are known already

    Returns
    -------
    FallOut

    Examples
    --------
    The middle of a chain of three: both ties, all three pairs, and the two ends are cut apart.

    >>> chain = np.array([[0, 1], [1, 2]])
    >>> fall_out(3, chain, nodes=np.array([False, True, False]))
    FallOut(ties=1.0, pairs=1.0, others_cut=1.0)
    """
    gone = np.zeros(n_nodes, dtype=bool) if nodes is None else nodes
    dropped = np.zeros(len(ties), dtype=bool) if lost_ties is None else lost_ties
    ends = np.asarray(ties, dtype=np.int64).reshape(-1, 2)
    lost = dropped | gone[ends].any(axis=1)
    parts = _labels(n_nodes, ends) if before is None else before
    after = _labels(n_nodes, ends[~lost])
    stay = ~gone
    had, others = pairs_within(parts), pairs_within(parts[stay])
    left = pairs_within(after[stay])
    return FallOut(
        ties=float(lost.mean()) if len(ends) else float("nan"),
        pairs=1 - left / had if had else float("nan"),
        others_cut=1 - left / others if others else float("nan"),
    )


def _labels(n_nodes: int, ends: Ids) -> Ids:
    """Part of each node in the library's own numbers."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if n_nodes == 0:
        return np.zeros(0, dtype=np.int64)
    matrix = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n_nodes, n_nodes))
    return np.asarray(connected_components(matrix.tocsr(), directed=False)[1], dtype=np.int64)
