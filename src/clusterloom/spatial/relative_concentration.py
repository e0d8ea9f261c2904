"""M: how much more of an industry stands around its members than of all activity (Marcon-Puech)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.spatial._points import (
    checked_members,
    checked_weights,
    chord_of_km,
    envelope,
    global_envelope,
    unit_vectors,
)

__all__ = ["MFunction", "m_function", "m_function_test"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Sparse = Any

_MOST_PAIRS = 60_000_000  # pairs of points within the largest distance; they are held in memory
_AT_ONCE = 16  # simulations computed together
_HAIR = 1e-9  # relative; a neighbour at exactly the distance is within it


@dataclass(frozen=True, kw_only=True)
class MFunction:
    """M with the bands that random locations stay in."""

    distance_km: Vector  # (distances,)
    value: Vector  # (distances,), 1 = as much as anywhere
    local_low: Vector
    local_high: Vector
    global_low: Vector
    global_high: Vector

    @property
    def concentrated(self) -> Mask:
        """Where the industry is more concentrated than random locations, (distances,)."""
        above: Mask = self.value > self.global_high
        return above


def m_function(
    lat_deg: Vector,
    lon_deg: Vector,
    member: Mask,
    distances_km: Vector,
    *,
    weight: Vector | None = None,
) -> Vector:
    """Share of an industry around its members, relative to its share of the whole.

    M(r) = Σ_i (Σ_j≠i w_j [j in S] [d_ij <= r] / Σ_j≠i w_j [d_ij <= r]) / Σ_i ((W_S - w_i) /
    (W - w_i)), i over the members S, W all weight and W_S theirs. Members without any neighbour
    within r say nothing and are left out above and below.

    Parameters
    ----------
    lat_deg, lon_deg : (points,), degrees WGS 84
        All plants, of all industries.
    member : (points,)
        Which of them belong to the industry.
    distances_km : (distances,), km, >= 0
    weight : (points,), any one unit, >= 0
        For example employees; every plant counts 1 unless given.

    Returns
    -------
    (distances,), dimensionless, >= 0
        1: around a member the industry has the share it has everywhere. NaN where no member has a
        neighbour, or there is one member only.

    Raises
    ------
    ValueError
        If a position is bad, a weight is negative, the shapes do not fit, or more than 60 million
        pairs are within the largest distance.

    References
    ----------
    marcon2010

    Examples
    --------
    Two of four plants are of the industry and stand together: all neighbours within 1 km are of
    it, against one in three of the others.

    >>> lon = np.array([0.0, 0.001, 1.0, 2.0])
    >>> m_function(np.zeros(4), lon, np.array([True, True, False, False]),
    ...            np.array([1.0, 500.0])).round(6)
    array([3., 1.])
    """
    near = _Near.of(lat_deg, lon_deg, distances_km)
    share = checked_weights(weight, near.n)
    value: Vector = near.value(checked_members(member, near.n)[:, None], share[:, None])[:, 0]
    return value


def m_function_test(
    lat_deg: Vector,
    lon_deg: Vector,
    member: Mask,
    distances_km: Vector,
    *,
    weight: Vector | None = None,
    simulations: int = 1000,
    level: float = 0.05,
    seed: int = 0,
) -> MFunction:
    """Compare M with random locations: plants change places, each with its industry and weight.

    Parameters
    ----------
    lat_deg, lon_deg, member, distances_km, weight : as for `m_function`
    simulations : > 0
    level : 0 .. 0.5
        Share of simulations outside the bands on each side.
    seed : the same seed gives the same bands

    Returns
    -------
    MFunction

    Raises
    ------
    ValueError
        As `m_function`; if `simulations` or `level` are out of range.

    References
    ----------
    marcon2010
    duranton2005
    """
    if not simulations > 0 or not 0 < level < 0.5:
        raise ValueError(
            f"simulations must be > 0 and level in 0 .. 0.5, "
            f"but they are {simulations} and {level:g}"
        )
    near = _Near.of(lat_deg, lon_deg, distances_km)
    share = checked_weights(weight, near.n)
    mine = checked_members(member, near.n)
    random = np.random.default_rng(seed)
    simulated = []
    for start in range(0, simulations, _AT_ONCE):
        count = min(_AT_ONCE, simulations - start)
        order = np.stack([random.permutation(near.n) for _ in range(count)], axis=1)
        simulated.append(near.value(mine[order], share[order]).T)
    curves = np.concatenate(simulated)
    local_low, local_high = envelope(curves, level=level)
    global_low, global_high = global_envelope(curves, level=level)
    return MFunction(
        distance_km=near.distance_km,
        value=near.value(mine[:, None], share[:, None])[:, 0],
        local_low=local_low,
        local_high=local_high,
        global_low=global_low,
        global_high=global_high,
    )


@dataclass(frozen=True)
class _Near:
    """Who is a neighbour of whom, ring by ring."""

    n: int
    distance_km: Vector
    rings: list[Sparse]  # (points, points), neighbours farther than the distance before

    @classmethod
    def of(cls, lat_deg: Vector, lon_deg: Vector, distances_km: Vector) -> _Near:
        from scipy.sparse import csr_array
        from scipy.spatial import cKDTree

        points = unit_vectors(lat_deg, lon_deg)
        at = np.asarray(distances_km, dtype=float)
        if at.ndim != 1 or not len(at) or not (at >= 0).all() or not (np.diff(at) > 0).all():
            raise ValueError("distances must be numbers >= 0 in ascending order, at least one")
        limits = chord_of_km(at) * (1 + _HAIR)
        tree = cKDTree(points)
        pairs = (int(tree.count_neighbors(tree, float(limits[-1]))) - len(points)) // 2
        if pairs > _MOST_PAIRS:
            raise ValueError(
                f"{pairs:,} pairs of points are within {at[-1]:g} km, more than {_MOST_PAIRS:,}: "
                "give a smaller largest distance"
            )
        found = tree.query_pairs(float(limits[-1]), output_type="ndarray")
        chord = np.linalg.norm(points[found[:, 0]] - points[found[:, 1]], axis=1)
        ring = np.searchsorted(limits, chord, side="left")
        rings = []
        for number in range(len(at)):
            a, b = found[ring == number].T
            ends = (np.concatenate([a, b]), np.concatenate([b, a]))
            shape = (len(points), len(points))
            rings.append(csr_array((np.ones(2 * len(a)), ends), shape=shape))
        return cls(len(points), at, rings)

    def value(self, member: Mask, share: Matrix) -> Matrix:
        """M of every column, (distances, columns)."""
        own = np.where(member, share, 0.0)
        around, same = np.zeros(share.shape), np.zeros(share.shape)
        whole, mine = share.sum(axis=0), own.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            everywhere = (mine - share) / (whole - share)
        values = np.empty((len(self.rings), share.shape[1]))
        for number, ring in enumerate(self.rings):
            around += ring @ share
            same += ring @ own
            known = member & (around > 0)
            local = np.divide(same, around, out=np.zeros(share.shape), where=known)
            expected = np.where(known, everywhere, 0.0).sum(axis=0)
            values[number] = np.divide(
                local.sum(axis=0), expected, out=np.full(len(expected), np.nan), where=expected > 0
            )
        return values
