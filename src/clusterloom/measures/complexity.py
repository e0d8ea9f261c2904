"""Which places combine many rare fields, and which fields are found in such places only.

The economic complexity index of places and fields (ECI and PCI), in work on technologies called the
knowledge and technology complexity index (KCI and TCI); the method of reflections; and fitness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import sparse_presence

if TYPE_CHECKING:
    from scipy import sparse

    from clusterloom.measures.presence import Presence

    Table = sparse.csr_array[np.float64]

__all__ = [
    "Complexity",
    "Fitness",
    "complexity_index",
    "fitness_complexity",
    "method_of_reflections",
]

Vector = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]

# Up to this side length all eigenvalues are cheaper than an iterative search for two.
DENSE_UP_TO = 50
# Up to this side length and above this share of filled cells, multiplying the table by itself once
# is cheaper than a sparse product with its two factors in each of some hundred iterations.
GRAM_UP_TO = 4_000
GRAM_ABOVE = 0.01
# Eigenvalues and correlations closer than this cannot be told apart in double precision.
TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Complexity:
    """Index of places and fields, and the connected components they were computed in."""

    place: Vector  # (places,), standard deviations; NaN where undefined
    field: Vector  # (fields,), standard deviations; NaN where undefined
    place_component: Labels  # (places,), 0 is the largest; -1 for a place without fields
    field_component: Labels  # (fields,), likewise
    second_eigenvalue: Vector  # (components,), 0..1; NaN where the component was not computed


def complexity_index(
    presence: Presence,
    *,
    on_disconnected: Literal["raise", "each", "largest"] = "raise",
    scale: Literal["own", "common"] = "own",
) -> Complexity:
    """Economic complexity of places and fields by the second eigenvector.

    With k_p the diversity and k_f the ubiquity, the index of fields is the eigenvector of the
    second largest eigenvalue of W_fg = sum over p of x_pf x_pg / (k_f k_p), and the index of a
    place is the mean of its fields. Computed from the symmetric form
    D^-1/2 X U^-1 X' D^-1/2 on the smaller side, whose first eigenvector is known and taken out;
    nothing is rounded. The sign is the one that correlates positively with diversity; if that
    correlation is 0, the one in which fields correlate negatively with ubiquity.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse
    on_disconnected : what to do if places and fields fall into components without a tie
        The index of the whole would then only say which component a place is in. "raise"
        refuses; "each" computes and scales every component by itself (values of different
        components cannot be compared); "largest" leaves the others undefined.
    scale : how fields are scaled
        "own": places and fields each have mean 0 and standard deviation 1. "common": fields
        keep the mean and deviation of places, so that a place stays the mean of its fields
        (py-ecomplexity).

    Returns
    -------
    Complexity
        NaN for a place or field without entries, and throughout a component where the index is
        not defined: the second eigenvalue is 0 (all places have the same fields) or not single
        (several directions fit equally well), or symmetry leaves the sign free.

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1, or the network is disconnected and
        `on_disconnected` is "raise".

    References
    ----------
    hidalgo2009
    mealy2019
    balland2017

    Examples
    --------
    The place that has the rare field leads; the one that only has the common field is last:

    >>> found = complexity_index(np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1]]))
    >>> (found.place.round(3) + 0.0)
    array([ 1.225,  0.   , -1.225])
    """
    table = sparse_presence(presence)
    place_component, field_component, count = _components(table)
    if count > 1 and on_disconnected == "raise":
        sizes = np.bincount(place_component[place_component >= 0]).tolist()
        raise ValueError(
            f"places and fields form {count} components without a tie (places in each: "
            f"{', '.join(map(str, sizes[:5]))}{', ...' if count > 5 else ''}), so an index of the "
            'whole would only tell them apart: choose on_disconnected="each" or "largest"'
        )
    places, fields = (np.full(n, np.nan) for n in table.shape)
    eigenvalue = np.full(count, np.nan)
    for label in range(count if on_disconnected == "each" else min(count, 1)):
        rows = np.flatnonzero(place_component == label)
        columns = np.flatnonzero(field_component == label)
        part = table if count == 1 and table.nnz and _full(table) else table[rows][:, columns]
        eigenvalue[label], index = _component_index(part)
        if index is not None:
            places[rows], fields[columns] = _scaled(*index, scale=scale)
    return Complexity(
        place=places,
        field=fields,
        place_component=place_component,
        field_component=field_component,
        second_eigenvalue=eigenvalue,
    )


def method_of_reflections(presence: Presence, *, steps: int) -> tuple[Vector, Vector]:
    """Replace counts again and again by the mean count of the other side.

    k_p,0 and k_f,0 are diversity and ubiquity; k_p,n is the mean of k_f,n-1 over the fields of
    the place, and k_f,n the mean of k_p,n-1 over the places of the field.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse
    steps : reflections n, >= 0
        Even steps of places describe diversity and what lies behind it. The values converge to
        one number, so read their order or rescale them; `complexity_index` is the limit of the
        rescaled even steps.

    Returns
    -------
    (places,) and (fields,), fields or places by turns, >= 0
        NaN for a place or field without entries.

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1, or `steps` is below 0.

    References
    ----------
    hidalgo2009

    Examples
    --------
    >>> method_of_reflections(np.array([[1, 1], [0, 1]]), steps=1)
    (array([1.5, 2. ]), array([2. , 1.5]))
    """
    if steps < 0:
        raise ValueError(f"steps must be >= 0, but it is {steps}")
    table = sparse_presence(presence)
    degree, spread = _degrees(table)
    place, field = degree.copy(), spread.copy()
    for _ in range(steps):
        place, field = _times(table, _filled(field)), _times(table.T, _filled(place))
        with np.errstate(invalid="ignore"):
            place, field = place / degree, field / spread
    place[degree == 0] = np.nan
    field[spread == 0] = np.nan
    return place, field


@dataclass(frozen=True, kw_only=True)
class Fitness:
    """Fitness of places, complexity of fields, and how far they still moved at the end."""

    place: Vector  # (places,), >= 0, mean 1; NaN without fields
    field: Vector  # (fields,), >= 0, mean 1; NaN without places
    last_change: float  # largest change of a value in the last iteration


def fitness_complexity(presence: Presence, *, iterations: int = 100) -> Fitness:
    """Fitness of places and complexity of fields, where a weak place spoils a field.

    F_p = sum over f of x_pf Q_f and Q_f = 1 / sum over p of x_pf / F_p, each divided by its mean,
    starting from 1.

    Parameters
    ----------
    presence : (places, fields), 0 or 1 or bool; dense or sparse
    iterations : >= 1
        In some tables the weakest places go to 0 slowly and without end; `last_change` tells.

    Returns
    -------
    Fitness

    Raises
    ------
    ValueError
        If there are other entries than 0 and 1, or `iterations` is below 1.

    References
    ----------
    tacchella2012
    pugliese2016

    Examples
    --------
    One step: F = (2, 1) / 1.5; Q = 1 / (1, 2) = (1, 1/2) / 0.75.

    >>> step = fitness_complexity(np.array([[1, 1], [0, 1]]), iterations=1)
    >>> step.place.round(3).tolist(), step.field.round(3).tolist()
    ([1.333, 0.667], [1.333, 0.667])
    """
    if iterations < 1:
        raise ValueError(f"iterations must be >= 1, but it is {iterations}")
    whole = sparse_presence(presence)
    rows, columns = (np.flatnonzero(n) for n in _degrees(whole))
    table = whole[rows][:, columns]
    fitness, complexity = np.ones(len(rows)), np.ones(len(columns))
    change = 0.0
    for _ in range(iterations if table.nnz else 0):
        before = np.concatenate([fitness, complexity])
        # A fitness that has sunk to 0 makes 1/0: its fields get 0, which is the limit.
        with np.errstate(divide="ignore"):
            spoilt = _times(table.T, 1.0 / fitness)
            fitness, complexity = _times(table, complexity), 1.0 / spoilt
        fitness, complexity = fitness / fitness.mean(), complexity / complexity.mean()
        change = float(np.abs(np.concatenate([fitness, complexity]) - before).max())
    place, field = (np.full(n, np.nan) for n in whole.shape)
    place[rows], field[columns] = fitness, complexity
    return Fitness(place=place, field=field, last_change=change)


def _degrees(table: Table) -> tuple[Vector, Vector]:
    """Diversity of places and ubiquity of fields."""
    return np.asarray(table.sum(axis=1)), np.asarray(table.sum(axis=0))


def _times(table: Any, vector: Vector) -> Vector:
    """Sparse matrix times vector, as the array it is."""
    product: Vector = np.asarray(table @ vector)
    return product


def _filled(values: Vector) -> Vector:
    """0 for the undefined mean of a place or field without entries, which nobody reads."""
    return np.nan_to_num(values, nan=0.0)


def _full(table: Table) -> bool:
    """Whether every place has a field and every field a place."""
    degree, spread = _degrees(table)
    return bool(degree.all() and spread.all())


def _components(table: Table) -> tuple[Labels, Labels, int]:
    """Label connected places and fields, 0 for the component with most entries; -1 for none."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    places = table.shape[0]
    graph: Any = sparse.block_array([[None, table], [table.T, None]], format="csr")
    _, labels = connected_components(graph, directed=False)
    degree, spread = _degrees(table)
    entries = np.bincount(labels[:places], weights=degree, minlength=len(labels))
    # Stable: of equally large components the one whose first place comes first leads.
    order = np.argsort(-entries, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    place, field = rank[labels[:places]], rank[labels[places:]]
    place[degree == 0] = -1
    field[spread == 0] = -1
    return place, field, int((entries > 0).sum())


def _component_index(table: Any) -> tuple[float, tuple[Vector, Vector] | None]:
    """Second eigenvalue of one component, and its signed eigenvectors if they are defined."""
    from scipy import sparse

    degree, spread = _degrees(table)
    if min(table.shape) < 2:
        return 0.0, None
    tall = table.shape[0] > table.shape[1]
    side, other = (spread, degree) if tall else (degree, spread)
    half = sparse.diags_array(side**-0.5) @ (table.T if tall else table)
    half = (half @ sparse.diags_array(other**-0.5)).tocsr()
    values, vector = _second_eigenvector(half, np.sqrt(side / side.sum()))
    if values[0] < TOLERANCE or values[0] - values[1] < TOLERANCE:
        return max(float(values[0]), 0.0), None
    raw = vector / np.sqrt(side)
    field = raw if tall else _times(table.T, raw) / spread
    place = _times(table, field) / degree
    for index, count, wanted in ((place, degree, 1.0), (field, spread, -1.0)):
        slope = _correlation(index, count)
        if abs(slope) > TOLERANCE:
            turn = np.sign(slope) * wanted
            return float(values[0]), (turn * place, turn * field)
    return float(values[0]), None


def _second_eigenvector(half: Any, first: Vector) -> tuple[Vector, Vector]:
    """Second and third eigenvalue of half @ half.T, and the eigenvector of the second."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    n = half.shape[0]
    if n <= DENSE_UP_TO:
        gram = (half @ half.T).toarray() - np.outer(first, first)
        values, vectors = np.linalg.eigh(gram)
        return values[::-1][:2], vectors[:, -1]
    if n <= GRAM_UP_TO and half.nnz > GRAM_ABOVE * half.shape[0] * half.shape[1]:
        filled = half.toarray()
        product: Any = filled @ filled.T
    else:
        from scipy.sparse.linalg import aslinearoperator

        product = aslinearoperator(half) @ aslinearoperator(half.T.tocsr())
    # The first eigenvector has eigenvalue 1: without it the second is the largest.
    operator = LinearOperator(
        (n, n), matvec=lambda x: product @ x - first * (first @ x), dtype=np.float64
    )
    # A fixed start makes runs repeatable; any start that is not orthogonal will do.
    start = np.random.default_rng(0).standard_normal(n)
    values, vectors = eigsh(operator, k=2, which="LA", v0=start)
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order[0]]


def _correlation(first: Vector, second: Vector) -> float:
    a, b = first - first.mean(), second - second.mean()
    length = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / length) if length > 0 else 0.0


def _scaled(
    place: Vector, field: Vector, *, scale: Literal["own", "common"]
) -> tuple[Vector, Vector]:
    mean, deviation = place.mean(), place.std()
    if scale == "common":
        return (place - mean) / deviation, (field - mean) / deviation
    return (place - mean) / deviation, (field - field.mean()) / field.std()
