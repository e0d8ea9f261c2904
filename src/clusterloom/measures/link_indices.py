"""How likely two nodes seem to be tied, from the ties around them: indices in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterloom.measures._ties import checked_ties, ones

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "adamic_adar",
    "common_neighbours",
    "jaccard",
    "preferential_attachment",
    "resource_allocation",
    "row_products",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_ROWS = 256  # rows held dense at a time


def row_products(
    left: csr_array, right: csr_array, pairs: Ids, *, through: csr_array | None = None
) -> Vector:
    """Multiply rows of one matrix with rows of another, for chosen pairs only.

    Parameters
    ----------
    left, right : (nodes, columns), sparse
    pairs : (pairs, 2), row of `left` and row of `right`
    through : (columns, columns), sparse, or None
        Put between the two: row of left times `through` times row of right.

    Returns
    -------
    (pairs,), sum over columns of left[a] * right[b]
        Nothing larger than 256 dense rows is held at a time.
    """
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    product = np.zeros(len(ends))
    order = np.argsort(ends[:, 0], kind="stable")
    rows, first = np.unique(ends[order, 0], return_index=True)
    last = np.append(first[1:], len(ends))
    for start in range(0, len(rows), _ROWS):
        stop = min(start + _ROWS, len(rows))
        block = left[rows[start:stop]]
        dense = (block if through is None else block @ through).toarray()
        here = order[first[start] : last[stop - 1]]
        line = np.searchsorted(rows[start:stop], ends[here, 0])
        other = ends[here, 1]
        length = right.indptr[other + 1] - right.indptr[other]
        begin = np.cumsum(length) - length
        entry = np.arange(length.sum()) - np.repeat(begin - right.indptr[other], length)
        value = dense[np.repeat(line, length), right.indices[entry]] * right.data[entry]
        product[here] = np.bincount(
            np.repeat(np.arange(len(here)), length), weights=value, minlength=len(here)
        )
    return product


def common_neighbours(ties: csr_array | Matrix, pairs: Ids) -> Vector:
    """Count the neighbours both have, (pairs,).

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> common_neighbours(path, np.array([[0, 2]])).tolist()
    [1.0]
    """
    link, ends = _checked(ties, pairs)
    return _weighed(link, ends, np.ones(link.shape[0]))


def adamic_adar(ties: csr_array | Matrix, pairs: Ids) -> Vector:
    """Sum 1 / ln(degree) over the neighbours both have.

    Parameters
    ----------
    ties : (nodes, nodes), symmetric; any nonzero is a tie
    pairs : (pairs, 2), numbers of nodes

    Returns
    -------
    (pairs,), dimensionless, >= 0

    References
    ----------
    adamic2003

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> float(adamic_adar(path, np.array([[0, 2]]))[0].round(4))  # 1 / ln 2
    1.4427
    """
    link, ends = _checked(ties, pairs)
    degree = _degree(link)
    # A neighbour of two different nodes has a degree of at least 2.
    weight = np.divide(1.0, np.log(np.maximum(degree, 2)))
    return _weighed(link, ends, weight)


def resource_allocation(ties: csr_array | Matrix, pairs: Ids) -> Vector:
    """Sum 1 / degree over the neighbours both have.

    Parameters, returns as `adamic_adar`.

    References
    ----------
    zhou2009

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> resource_allocation(path, np.array([[0, 2]])).tolist()
    [0.5]
    """
    link, ends = _checked(ties, pairs)
    return _weighed(link, ends, 1.0 / np.maximum(_degree(link), 1))


def jaccard(ties: csr_array | Matrix, pairs: Ids) -> Vector:
    """Divide the neighbours both have by the neighbours either has; 0 if there are none.

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> jaccard(path, np.array([[0, 2], [0, 1]])).tolist()
    [1.0, 0.0]
    """
    link, ends = _checked(ties, pairs)
    both, degree = common_neighbours(link, ends), _degree(link)
    either = degree[ends].sum(axis=1) - both
    shared: Vector = np.divide(both, either, out=np.zeros(len(ends)), where=either > 0)
    return shared


def preferential_attachment(ties: csr_array | Matrix, pairs: Ids) -> Vector:
    """Multiply the degrees of the two (barabasi1999).

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    >>> preferential_attachment(path, np.array([[0, 1]])).tolist()
    [2.0]
    """
    link, ends = _checked(ties, pairs)
    degree = _degree(link)
    product: Vector = degree[ends[:, 0]] * degree[ends[:, 1]]
    return product


def _degree(link: csr_array) -> Vector:
    degree: Vector = np.diff(link.indptr).astype(float)
    return degree


def _weighed(link: csr_array, ends: Ids, weight: Vector) -> Vector:
    from scipy import sparse

    weighed = sparse.csr_array(link @ sparse.diags_array(weight))
    # The shorter row of the two is the one that is walked through.
    short = np.argsort(_degree(link)[ends], axis=1, kind="stable")
    turned = np.take_along_axis(ends, short[:, ::-1], axis=1)
    return row_products(weighed, link, turned)


def _checked(ties: csr_array | Matrix, pairs: Ids) -> tuple[csr_array, Ids]:
    link = ones(checked_ties(ties))
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if len(ends) and not (ends.min() >= 0 and ends.max() < link.shape[0]):
        raise ValueError(f"pairs must name nodes 0 .. {link.shape[0] - 1}, but name {ends.max()}")
    return link, ends
