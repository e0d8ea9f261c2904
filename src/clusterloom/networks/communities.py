"""Communities of a weighted network by the Leiden method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["leiden_communities"]

_ITERATIONS = 4
_TRIALS = 8


def leiden_communities(
    weights: csr_matrix, *, resolution: float = 1.0, seed: int = 0, trials: int = _TRIALS
) -> npt.NDArray[np.int64]:
    """Group nodes so that modularity at a resolution is as large as Leiden can make it.

    Parameters
    ----------
    weights : (nodes, nodes), sparse, symmetric, >= 0
        Strength of ties; the diagonal is ignored.
    resolution : > 0, dimensionless
        Larger gives smaller groups.
    seed : the same seed gives the same groups.
    trials : starts, of which the best is taken; fewer are faster.

    Returns
    -------
    (nodes,), int
        Group numbers from 0, numbered by first appearance; a node without ties is a group alone.

    References
    ----------
    traag2019
    """
    import graspologic_native
    from scipy.sparse import csr_matrix

    nodes = weights.shape[0]
    network = csr_matrix(weights, dtype=np.float64, copy=True)
    network.setdiag(0.0)
    network.eliminate_zeros()
    network.sort_indices()
    if network.nnz == 0:
        return np.arange(nodes)
    _, groups = graspologic_native.leiden_csr(
        network.indptr.astype(np.int64),
        network.indices.astype(np.int32),
        network.data,
        nodes,
        resolution=resolution,
        iterations=_ITERATIONS,
        trials=trials,
        seed=seed,
    )
    return _numbered_by_appearance(groups, nodes)


def _numbered_by_appearance(groups: object, nodes: int) -> npt.NDArray[np.int64]:
    """Renumber so that the result does not depend on the library's own numbering."""
    pairs = groups.items() if isinstance(groups, dict) else enumerate(np.asarray(groups))
    raw = {int(node): int(group) for node, group in pairs}
    numbers: dict[tuple[str, int], int] = {}
    result = np.empty(nodes, dtype=np.int64)
    for node in range(nodes):
        key = ("group", raw[node]) if node in raw else ("alone", node)
        result[node] = numbers.setdefault(key, len(numbers))
    return result
