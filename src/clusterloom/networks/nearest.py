"""Nearest neighbours by several signals at once, without a table of all pairs.

Exact up to `EXACT_LIMIT` rows: blocks of rows against blocks of columns, each a product of two
matrices (BLAS), of which only the best are kept. Beyond, the optional package `usearch` proposes
candidates and the same exact score ranks them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import ClusterloomError

__all__ = ["EXACT_LIMIT", "Nearest", "Signal", "nearest_neighbours", "pair_scores", "scaled"]

EXACT_LIMIT = 200_000  # rows; above it an exact search takes more than a quarter of an hour
_BLOCK = 4096  # rows and columns of one block; 64 MiB in single precision
_ROWS = 1024  # rows of one product of sparse vectors
_PAIRS = 65536  # pairs scored at once
_SAMPLE_PAIRS, _SAMPLE_ROWS = 40_000, 200  # to find the usual likeness from
_ENOUGH = 50  # pairs
_MORE = 4  # candidates an approximate search proposes for each one wanted

Vectors = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Signal:
    """One kind of likeness, on 0..1: what the cosine of two rows has above the usual.

    value = x / (x + spread) with x = cosine - middle, at least 0. So 0 is as alike as usual, and
    1/2 is `spread` above it: signals whose cosines live on other scales can be added. With a spread
    of 0 the value is the cosine itself, at least 0. `scaled` finds both from the data.

    `vectors` is (rows, dimension), each row of unit length or zero: dense single precision, or
    sparse rows. `known` is (rows,), False where nothing is known of a row. `weight` is >= 0.
    """

    name: str
    vectors: Any
    known: npt.NDArray[np.bool_]
    weight: float
    middle: float = 0.0
    spread: float = 0.0

    @property
    def sparse(self) -> bool:
        """Whether the vectors are sparse rows."""
        return not isinstance(self.vectors, np.ndarray)

    def value(self, cosine: Any) -> Any:
        """Bring cosines to the signal's scale, in place."""
        cosine -= cosine.dtype.type(self.middle)
        np.clip(cosine, 0.0, 1.0, out=cosine)
        if self.spread > 0:
            cosine /= cosine + cosine.dtype.type(self.spread)
        return cosine


@dataclass(frozen=True, eq=False)
class Nearest:
    """`index` and `score` are (rows, k), best first; -1 and 0 where there are fewer neighbours."""

    index: Indices
    score: Vectors
    exact: bool


def nearest_neighbours(signals: Sequence[Signal], *, k: int, method: str = "auto") -> Nearest:
    """Find the k rows with the highest fused score for each row.

    The score of two rows is the weighted mean of the signals known for both; rows with nothing in
    common (score 0) are no neighbours. Equal scores go by the order of the rows.

    Parameters
    ----------
    signals : one or more, with the same rows
    k : >= 1
    method : ``exact``, ``approximate`` (needs `usearch`), or ``auto``
        ``auto`` is exact up to `EXACT_LIMIT` rows.

    Returns
    -------
    Nearest

    Raises
    ------
    ValueError
        If k is below 1, a weight is negative or NaN or all are 0, the rows differ, or the method
        is unknown.
    ClusterloomError
        If `usearch` is needed and not installed.

    Examples
    --------
    >>> circle = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    >>> near = nearest_neighbours([Signal("place", circle, np.ones(3, bool), 1.0)], k=1)
    >>> near.index[:, 0].tolist(), np.round(10 * near.score[:, 0]).tolist()
    ([1, 0, 1], [8.0, 8.0, 6.0])
    """
    rows = _checked(signals, k, method)
    used = [signal for signal in signals if signal.weight > 0]
    if method == "approximate" or (method == "auto" and rows > EXACT_LIMIT):
        return _approximate(used, rows, k)
    return _exact(used, rows, k)


def pair_scores(
    signals: Sequence[Signal], left: Indices, right: Indices
) -> npt.NDArray[np.float64]:
    """Value of every signal for given pairs of rows.

    Returns
    -------
    (pairs, signals), 0..1
        NaN where a signal is not known for both.
    """
    result = np.full((len(left), len(signals)), np.nan)
    for start in range(0, len(left), _PAIRS):
        part = slice(start, start + _PAIRS)
        a, b = left[part], right[part]
        for column, signal in enumerate(signals):
            value = signal.value(_cosines(signal, a, b))
            both = signal.known[a] & signal.known[b]
            result[part, column] = np.where(both, value, np.nan)
    return result


def _cosines(signal: Signal, a: Indices, b: Indices) -> npt.NDArray[np.float64]:
    if signal.sparse:
        product = signal.vectors[a].multiply(signal.vectors[b])
        return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
    cosine = np.einsum("ij,ij->i", signal.vectors[a], signal.vectors[b])
    return np.asarray(cosine, dtype=np.float64)


def scaled(signal: Signal, *, seed: int = 0) -> Signal:
    """Find the usual likeness of two rows, and how far above it the nearest are.

    Dense signals: `middle` is the median over pairs drawn at random, `spread` what the nearest
    hundredth of pairs has above it. Sparse signals, where most pairs have nothing in common: 0, and
    the 0.9 quantile of the pairs that have. With fewer than 50 pairs to go by, 0 and 1/2.

    Parameters
    ----------
    signal : with its own scale, which is replaced
    seed : of the draw of pairs
    """
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(signal.known)
    middle, spread = 0.0, 0.5
    if signal.sparse:
        some = np.sort(rng.permutation(known)[:_SAMPLE_ROWS])
        product = (signal.vectors[some] @ signal.vectors.T).tocoo()
        seen = product.data[some[product.row] != product.col]
        if len(seen) >= _ENOUGH:
            spread = float(np.quantile(seen, 0.9))
    elif len(known) > 1:
        a, b = known[rng.integers(len(known), size=(2, _SAMPLE_PAIRS))]
        distinct = a != b
        seen = _cosines(signal, a[distinct], b[distinct])
        n_pairs = len(known) * (len(known) - 1) // 2
        if n_pairs >= _ENOUGH:
            middle = max(float(np.median(seen)), 0.0)
            spread = float(np.quantile(seen, 0.99)) - middle
    # Where all are alike there is nothing to stretch.
    return replace(signal, middle=middle, spread=spread if spread > 1e-3 else 0.5)


def _checked(signals: Sequence[Signal], k: int, method: str) -> int:
    weights = [signal.weight for signal in signals]
    if not weights or not all(weight >= 0 for weight in weights) or not sum(weights) > 0:
        raise ValueError(f"weights are >= 0 and one at least above 0, but they are {weights}")
    sizes = {signal.vectors.shape[0] for signal in signals} | {len(s.known) for s in signals}
    if len(sizes) != 1:
        raise ValueError(f"all signals have the same rows, but there are {sorted(sizes)}")
    if k < 1 or method not in ("auto", "exact", "approximate"):
        raise ValueError(f"k is >= 1 and the method auto, exact or approximate: {k}, `{method}`")
    return int(sizes.pop())


def _exact(signals: Sequence[Signal], rows: int, k: int) -> Nearest:
    """Every block of rows against itself and those after it: each pair is looked at once."""
    starts = range(0, rows, _BLOCK)
    blocks = [slice(start, min(start + _BLOCK, rows)) for start in starts]
    best = [_Best(block.stop - block.start, k) for block in blocks]
    turned = {s.name: s.vectors.T.tocsc() for s in signals if s.sparse}
    for i, block in enumerate(blocks):
        products = {
            s.name: (s.vectors[block] @ turned[s.name]).tocsc() for s in signals if s.sparse
        }
        for j in range(i, len(blocks)):
            scores = _block_scores(signals, block, blocks[j], products)
            best[i].take(scores, blocks[j].start)
            if j > i:
                best[j].take(scores, block.start, turned=True)
    results = [one.result() for one in best]
    if not results:
        return Nearest(np.zeros((0, k), np.int64), np.zeros((0, k), np.float32), exact=True)
    index, score = (np.vstack(part) for part in zip(*results, strict=True))
    return Nearest(index, score, exact=True)


def _block_scores(
    signals: Sequence[Signal], block: slice, columns: slice, products: dict[str, Any]
) -> Vectors:
    """Fused score of a block of rows with a block of columns; -1 between a row and itself."""
    shape = (block.stop - block.start, columns.stop - columns.start)
    total = np.zeros(shape, dtype=np.float32)
    known_everywhere = all(s.known[block].all() and s.known[columns].all() for s in signals)
    for signal in signals:
        weight = np.float32(signal.weight)
        if signal.sparse:
            part = products[signal.name][:, columns].tocoo()
            # Rows with nothing in common have no entry: the block is not gone through.
            total[part.row, part.col] += weight * signal.value(part.data.astype(np.float32))
        else:
            part = signal.value(signal.vectors[block] @ signal.vectors[columns].T)
            part *= weight
            total += part
    if known_everywhere:
        total /= np.float32(sum(signal.weight for signal in signals))
    else:
        left = np.column_stack([s.known[block] * s.weight for s in signals]).astype(np.float32)
        right = np.column_stack([s.known[columns] for s in signals]).astype(np.float32)
        reach = left @ right.T
        np.divide(total, reach, out=total, where=reach > 0)
    same = np.arange(max(block.start, columns.start), min(block.stop, columns.stop))
    total[same - block.start, same - columns.start] = -1.0
    return total


class _Best:
    """The best k columns of each row of a block, as blocks of columns come by in order."""

    def __init__(self, rows: int, k: int) -> None:
        self._k = k
        self._rows = rows
        self._least = np.zeros(rows, dtype=np.float32)  # a newcomer has to be above it
        self._row = np.zeros(0, dtype=np.int64)
        self._column = np.zeros(0, dtype=np.int64)
        self._score = np.zeros(0, dtype=np.float32)

    def take(self, scores: Vectors, first_column: int, *, turned: bool = False) -> None:
        """Look through one more block; `turned` if its columns are the rows of this one."""
        axis = 0 if turned else 1
        least = self._least
        if not self._row.size and scores.shape[axis] > self._k:
            # The k-th best of this block bounds the k-th best of all from below. A hair less, so
            # that those equal to it are all there to be ordered.
            bound = np.partition(scores, -self._k, axis=axis).take(-self._k, axis=axis)
            least = np.maximum(np.nextafter(bound, np.float32(-1.0)), 0.0)
        over = np.nonzero(scores > np.expand_dims(least, axis))
        values = scores[over]
        row, column = over[::-1] if turned else over
        if not row.size:
            return
        rows = np.concatenate([self._row, row])
        columns = np.concatenate([self._column, column + first_column])
        values = np.concatenate([self._score, values])
        order = np.lexsort((columns, -values, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        kept = place < self._k
        self._row, self._column, self._score = rows[kept], columns[kept], values[kept]
        full = place[kept] == self._k - 1
        self._least[self._row[full]] = self._score[full]

    def result(self) -> tuple[Indices, Vectors]:
        """Return indices and scores, (rows, k)."""
        index = np.full((self._rows, self._k), -1, dtype=np.int64)
        score = np.zeros((self._rows, self._k), dtype=np.float32)
        place = np.arange(len(self._row)) - np.searchsorted(self._row, self._row)
        index[self._row, place] = self._column
        score[self._row, place] = self._score
        return index, score


def _approximate(signals: Sequence[Signal], rows: int, k: int) -> Nearest:
    """Candidates from an index of the dense signals and from common sparse entries, then scored."""
    wanted = min(k * _MORE, max(rows - 1, 1))
    pairs = [_indexed(signals, wanted, rows)] if any(not s.sparse for s in signals) else []
    pairs += [_common(signal, wanted) for signal in signals if signal.sparse]
    left = np.concatenate([a for a, _ in pairs])
    right = np.concatenate([b for _, b in pairs])
    code = np.unique(left[left != right] * rows + right[left != right])
    left, right = code // rows, code % rows
    values = pair_scores(signals, left, right)
    weights = np.array([signal.weight for signal in signals])
    reach = ~np.isnan(values) @ weights
    score = np.divide(
        np.nan_to_num(values) @ weights, reach, out=np.zeros(len(left)), where=reach > 0
    ).astype(np.float32)
    best = _Best(rows, k)
    best._row, best._column, best._score = _cut(left, right, score, k)
    index, scores = best.result()
    return Nearest(index, scores, exact=False)


def _cut(left: Indices, right: Indices, score: Vectors, k: int) -> tuple[Indices, Indices, Vectors]:
    order = np.lexsort((right, -score, left))
    order = order[score[order] > 0]
    left, right, score = left[order], right[order], score[order]
    kept = np.arange(len(left)) - np.searchsorted(left, left) < k
    return left[kept], right[kept], score[kept]


def _indexed(signals: Sequence[Signal], wanted: int, rows: int) -> tuple[Indices, Indices]:
    """Pairs an approximate index proposes: dense vectors side by side, scaled by their weights."""
    vectors = np.hstack(
        [np.sqrt(np.float32(s.weight)) * s.vectors for s in signals if not s.sparse]
    ).astype(np.float32)
    index = _usearch(rows).Index(ndim=vectors.shape[1], metric="cos", dtype="f32")
    filled = np.flatnonzero(vectors.any(axis=1))
    if not filled.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    index.add(filled, vectors[filled], threads=1)
    found = index.search(vectors[filled], min(wanted + 1, len(filled)), threads=1)
    keys = np.asarray(found.keys, dtype=np.int64).reshape(len(filled), -1)
    return np.repeat(filled, keys.shape[1]), keys.ravel()


def _common(signal: Signal, wanted: int) -> tuple[Indices, Indices]:
    """Pairs with most in common by a sparse signal, block by block."""
    lefts, rights = [], []
    turned = signal.vectors.T.tocsc()
    for top in range(0, signal.vectors.shape[0], _ROWS):
        part = (signal.vectors[top : top + _ROWS] @ turned).tocoo()
        row, column = part.row.astype(np.int64) + top, part.col.astype(np.int64)
        row, column, _ = _cut(row, column, part.data.astype(np.float32), wanted + 1)
        lefts.append(row)
        rights.append(column)
    return np.concatenate(lefts), np.concatenate(rights)


def _usearch(rows: int) -> Any:
    try:
        return importlib.import_module("usearch.index")
    except ImportError as fault:
        raise ClusterloomError(
            f"{rows} organisations need an approximate search, and `usearch` cannot be loaded: "
            f"{fault}",
            rule=f"exact search serves up to {EXACT_LIMIT} organisations; beyond, or with the "
            "method `approximate`, the package `usearch` proposes the candidates",
            hint="pip install 'clusterloom[neighbours]' (or: pip install usearch)",
        ) from fault
