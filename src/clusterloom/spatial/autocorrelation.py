"""Whether high values lie near high ones: Moran's I, Getis-Ord G and their local forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import chord_of_km, unit_vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "GlobalAutocorrelation",
    "LocalMoran",
    "global_g",
    "local_g",
    "local_moran",
    "moran",
    "weights_within",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GlobalAutocorrelation:
    """One value for a whole map, with what is expected if values are dealt to places at random.

    `z` rests on the analytic `variance` over all deals; `p_value` on random deals, two-sided, NaN
    if none were asked for. Both are NaN where the values do not vary.
    """

    value: float
    expected: float
    variance: float
    z: float
    p_value: float


@dataclass(frozen=True)
class LocalMoran:
    """Local Moran's I of each place, and its two-sided p-value, NaN without random deals."""

    value: Vector
    p_value: Vector


def weights_within(lat_deg: Vector, lon_deg: Vector, *, radius_km: float) -> csr_array:
    """Weight 1 for every two places at most `radius_km` apart.

    Parameters
    ----------
    lat_deg, lon_deg : (places,), degrees WGS 84
        The date line and the poles need no special care.
    radius_km : km on the sphere, > 0

    Returns
    -------
    (places, places), 0 or 1, symmetric, nothing on the diagonal

    Raises
    ------
    ValueError
        If a position is unknown or out of range, or the radius is not above 0.

    Examples
    --------
    >>> weights_within(np.array([0.0, 0, 0]), np.array([179.9, -179.9, 0]), radius_km=30).nnz
    2
    """
    from scipy import sparse
    from scipy.spatial import cKDTree

    if not radius_km > 0:
        raise ValueError(f"radius_km must be > 0, but it is {radius_km}")
    points = unit_vectors(lat_deg, lon_deg)
    if not len(points):
        return sparse.csr_array((0, 0))
    # A hair of tolerance: a place at exactly the radius belongs inside, however sines round.
    reach = float(chord_of_km(np.array(radius_km))) * (1 + 1e-12)
    pairs = cKDTree(points).query_pairs(reach, output_type="ndarray")
    row, column = np.concatenate([pairs, pairs[:, ::-1]]).T
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(points),) * 2)


def moran(
    values: Vector, weights: csr_array | Matrix, *, permutations: int = 0, seed: int = 0
) -> GlobalAutocorrelation:
    """Correlate the value of a place with those of its neighbours (Moran's I).

    I = n / S0 * sum_ij w_ij z_i z_j / sum_i z_i², with z the deviations from the mean.

    Parameters
    ----------
    values : (places,), any unit
    weights : (places, places), any unit, >= 0, sparse or dense; taken as given
        The diagonal is left out. They need be neither symmetric nor sum to 1 by row.
    permutations : number of random deals, 0 for none
    seed : starts the random deals

    Returns
    -------
    GlobalAutocorrelation
        NaN if the values do not vary or nothing has a neighbour; the variance also for less than
        4 places.

    Raises
    ------
    ValueError
        If a value is unknown, a weight negative or not finite, or the shapes do not fit.

    References
    ----------
    moran1950
    cliff1981

    Examples
    --------
    Alternating values on a ring of four: every neighbour is the opposite.

    >>> ring = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0.0]])
    >>> moran(np.array([1.0, 2.0, 1.0, 2.0]), ring).value
    -1.0
    """
    given, weight = _checked(values, weights)
    weight = _without_diagonal(weight)
    deviation = _deviations(given)
    places, total = len(given), float(weight.sum())
    square = (deviation**2).sum()
    expected = -1 / (places - 1) if places > 1 else np.nan

    def statistic(z: Vector) -> float:
        return _ratio(places * (z @ (weight @ z)), total * square)

    return _with_deals(
        statistic,
        deviation,
        expected=expected if square else np.nan,
        variance=_moran_variance(deviation, weight),
        permutations=permutations,
        seed=seed,
    )


def _moran_variance(z: Vector, weight: csr_array) -> float:
    """Variance of Moran's I over all deals of these values (randomisation)."""
    n, s0 = len(z), float(weight.sum())
    m2 = (z**2).sum()
    if n < 4 or s0 == 0 or m2 == 0:
        return np.nan
    s1, s2 = _weight_moments(weight)
    kurtosis = n * (z**4).sum() / m2**2
    first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    return float((first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - 1 / (n - 1) ** 2)


def local_moran(
    values: Vector, weights: csr_array | Matrix, *, permutations: int = 0, seed: int = 0
) -> LocalMoran:
    """Split Moran's I into the parts of the places.

    I_i = z_i sum_j w_ij z_j / (sum_j z_j² / n), so that the parts sum to S0 times Moran's I. The
    p-value keeps the value of a place and deals all others at random.

    Parameters
    ----------
    values, weights, permutations, seed : as for `moran`

    Returns
    -------
    LocalMoran
        0 for a place without neighbours, with an unknown p-value; NaN if the values do not vary.

    Raises
    ------
    ValueError
        As `moran`.

    References
    ----------
    anselin1995

    Examples
    --------
    >>> pair = np.array([[0, 1], [1, 0.0]])
    >>> local_moran(np.array([1.0, 3.0]), pair).value.tolist()
    [-1.0, -1.0]
    """
    given, weight = _checked(values, weights)
    weight = _without_diagonal(weight)
    _checked_permutations(permutations)
    deviation = _deviations(given)
    spread = (deviation**2).mean() if len(given) else 0.0
    if spread == 0:
        return LocalMoran(np.full(len(given), np.nan), np.full(len(given), np.nan))
    scaled = deviation / spread
    value = scaled * (weight @ deviation)
    p_value = np.full(len(given), np.nan)
    if permutations:
        neighbours = np.diff(weight.indptr)
        above, below = np.zeros(len(given)), np.zeros(len(given))
        slack = 1e-9 * np.maximum(1.0, np.abs(value))
        for dealt in _conditional_deals(deviation, weight, permutations=permutations, seed=seed):
            above += scaled * dealt >= value - slack
            below += scaled * dealt <= value + slack
        tail = (1 + np.minimum(above, below)) / (1 + permutations)
        p_value = np.where(neighbours > 0, np.minimum(2 * tail, 1.0), np.nan)
    return LocalMoran(value, p_value)


def _conditional_deals(
    z: Vector, weight: csr_array, *, permutations: int, seed: int
) -> Iterator[Vector]:
    """Weighted sums of randomly drawn others of each place, one vector for each deal.

    One draw of distinct numbers serves all places: number k stands for the k-th other place.
    """
    places = len(z)
    neighbours = np.diff(weight.indptr)
    row = np.repeat(np.arange(places), neighbours)
    slot = np.arange(len(row)) - weight.indptr[:-1][row]
    most = int(neighbours.max(initial=0))
    rng = np.random.default_rng(seed)
    for _ in range(permutations):
        drawn = rng.choice(places - 1, size=most, replace=False)[slot] if most else slot
        other = drawn + (drawn >= row)
        total = np.zeros(places)
        np.add.at(total, row, weight.data * z[other])
        yield total


def local_g(values: Vector, weights: csr_array | Matrix, *, star: bool = False) -> Vector:
    """Standardised Getis-Ord G of each place: whether its surroundings hold high or low values.

    Without `star` the place itself is left out, of the sum as of mean and variance:
    z = (sum_j w_ij x_j - W_i m_i) / (s_i sqrt(((n - 1) sum_j w_ij² - W_i²) / (n - 2))). With `star`
    it is one of its own neighbours: mean and s of all n, and n, n - 1 in place of n - 1, n - 2.
    Multiplying a row of weights by a number leaves its z as it is.

    Parameters
    ----------
    values : (places,), any unit
    weights : (places, places), any unit, >= 0, sparse or dense; taken as given
        With `star` the diagonal says how much a place counts for itself, and must be above 0;
        without, it is left out.
    star : whether to compute G* instead of G

    Returns
    -------
    (places,), standard deviations
        NaN for a place without neighbours, with equal weights to all places, or where the
        values do not vary: there is nothing to compare.

    Raises
    ------
    ValueError
        As `moran`; with `star`, if the diagonal holds a 0.

    References
    ----------
    getis1992
    ord1995

    Examples
    --------
    >>> line = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)
    >>> local_g(np.array([1.0, 1.0, 1.0, 4.0]), line).round(3).tolist()
    [-0.707, -1.414, 0.707, nan]
    """
    given, weight = _checked(values, weights)
    if star:
        if (weight.diagonal() == 0).any():
            raise ValueError(
                "G* needs weights above 0 on the diagonal, but there is a 0; "
                "set them, for example to the largest weight of the row"
            )
    else:
        weight = _without_diagonal(weight)
    z = _deviations(given)
    others = len(given) if star else len(given) - 1
    if others < 2 or not z.any():
        return np.full(len(given), np.nan)
    # Of the others alone the mean is (sum - own) / (n - 1), and so for the squares.
    own = np.zeros(len(given)) if star else z
    mean = -own / others
    mean_square = ((z**2).sum() - own**2) / others
    spread_square = mean_square - mean**2
    # Where one place holds nearly all variance, the difference above leaves only rounding.
    for place in [] if star else np.flatnonzero(spread_square < 1e-6 * (z**2).mean()):
        spread_square[place] = (_deviations(np.delete(given, place)) ** 2).mean()
    total = np.asarray(weight.sum(axis=1), dtype=float).ravel()
    squares = np.asarray((weight * weight).sum(axis=1), dtype=float).ravel()
    room = (others * squares - total**2) / (others - 1)
    room[room < 1e-12 * squares] = 0.0
    deviation = np.sqrt(spread_square * room)
    score = np.full(len(given), np.nan)
    np.divide(weight @ z - total * mean, deviation, out=score, where=deviation > 0)
    return score


def global_g(
    values: Vector, weights: csr_array | Matrix, *, permutations: int = 0, seed: int = 0
) -> GlobalAutocorrelation:
    """Share of the products of all pairs of values that neighbours hold (Getis-Ord G).

    G = sum_ij w_ij x_i x_j / sum over i != j of x_i x_j. Large if high values are neighbours,
    small if low ones are; Moran's I does not tell these apart.

    Parameters
    ----------
    values : (places,), any unit, >= 0
    weights, permutations, seed : as for `moran`

    Returns
    -------
    GlobalAutocorrelation
        NaN if fewer than two values are above 0.

    Raises
    ------
    ValueError
        As `moran`; if a value is negative.

    References
    ----------
    getis1992

    Examples
    --------
    >>> pair = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    >>> global_g(np.array([1.0, 1.0, 1.0]), pair).value.__round__(4)
    0.3333
    """
    given, weight = _checked(values, weights)
    if (given < 0).any():
        raise ValueError(f"G needs values >= 0, but the smallest is {given.min():g}; use moran")
    weight = _without_diagonal(weight)
    pairs = given.sum() ** 2 - (given**2).sum()
    if (given > 0).sum() < 2:
        pairs = 0.0
    places = len(given)

    def statistic(x: Vector) -> float:
        return _ratio(x @ (weight @ x), pairs)

    return _with_deals(
        statistic,
        given,
        expected=_ratio(float(weight.sum()), places * (places - 1)) if pairs else np.nan,
        variance=_g_variance(given, weight, pairs),
        permutations=permutations,
        seed=seed,
    )


def _g_variance(x: Vector, weight: csr_array, pairs: float) -> float:
    """Variance of G over all deals, from the moments of products of two, three and four values."""
    n = len(x)
    if n < 4 or pairs == 0:
        return np.nan
    s0 = float(weight.sum())
    s1, s2 = _weight_moments(weight)
    p1, p2, p3, p4 = (float((x**k).sum()) for k in (1, 2, 3, 4))
    two = (p2**2 - p4) / (n * (n - 1))
    three = (p2 * p1**2 - 2 * p3 * p1 - p2**2 + 2 * p4) / (n * (n - 1) * (n - 2))
    four = p1**4 - 6 * p1**2 * p2 + 8 * p1 * p3 + 3 * p2**2 - 6 * p4
    four /= n * (n - 1) * (n - 2) * (n - 3)
    # Pairs of weights on the same two places, with one place in common, and with none.
    square = s1 * two + (s2 - 2 * s1) * three + (s0**2 + s1 - s2) * four
    return float(max(square / pairs**2 - (s0 / (n * (n - 1))) ** 2, 0.0))


def _weight_moments(weight: csr_array) -> tuple[float, float]:
    """S1 = sum of (w_ij + w_ji)² / 2 and S2 = sum of (row sum + column sum)²."""
    both = weight + weight.T
    ends = np.asarray(both.sum(axis=1), dtype=float).ravel()
    return float((both * both).sum()) / 2, float((ends**2).sum())


def _with_deals(
    statistic: Callable[[Vector], float],
    values: Vector,
    *,
    expected: float,
    variance: float,
    permutations: int,
    seed: int,
) -> GlobalAutocorrelation:
    _checked_permutations(permutations)
    value = statistic(values)
    p_value = np.nan
    if permutations and not np.isnan(value):
        rng = np.random.default_rng(seed)
        dealt = np.array([statistic(rng.permutation(values)) for _ in range(permutations)])
        slack = 1e-9 * max(1.0, abs(value))
        tail = min((dealt >= value - slack).sum(), (dealt <= value + slack).sum())
        p_value = min(2 * (1 + tail) / (1 + permutations), 1.0)
    z = (value - expected) / np.sqrt(variance) if variance > 0 else np.nan
    return GlobalAutocorrelation(value, float(expected), variance, float(z), float(p_value))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _deviations(values: Vector) -> Vector:
    """Deviations from the mean, exactly 0 if all values are equal."""
    if not len(values) or (values == values[0]).all():
        return np.zeros(len(values))
    deviation: Vector = values - values.mean()
    return deviation


def _checked_permutations(permutations: int) -> None:
    if permutations < 0:
        raise ValueError(f"permutations must be >= 0, but it is {permutations}")


def _checked(values: Vector, weights: csr_array | Matrix) -> tuple[Vector, csr_array]:
    from scipy import sparse

    given = np.asarray(values, dtype=float)
    form: Any = weights  # the stubs of scipy know no constructor that takes either kind
    weight = sparse.csr_array(sparse.coo_array(form).astype(np.float64))
    if given.ndim != 1 or weight.shape != (len(given), len(given)):
        raise ValueError(
            f"{given.shape} values need a square matrix of weights of that side, "
            f"but its shape is {weight.shape}"
        )
    unknown = int((~np.isfinite(given)).sum())
    if unknown:
        raise ValueError(f"{unknown} values are unknown (NaN or infinite); leave such places out")
    if not np.isfinite(weight.data).all():
        raise ValueError("weights must be finite, but there is NaN or infinity")
    if (weight.data < 0).any():
        raise ValueError(f"weights must be >= 0, but the smallest is {weight.data.min():g}")
    weight.sum_duplicates()
    weight.eliminate_zeros()
    return given, weight


def _without_diagonal(weight: csr_array) -> csr_array:
    from scipy import sparse

    listed = weight.tocoo()
    keep = listed.row != listed.col
    kept = (listed.row[keep], listed.col[keep])
    return sparse.csr_array((listed.data[keep], kept), shape=weight.shape)
