"""Which places take up or give up which fields, and how well a score foresaw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.presence import sparse_presence

if TYPE_CHECKING:
    from clusterloom.measures.presence import Presence

__all__ = [
    "EntryCases",
    "ExitCases",
    "Skill",
    "area_under_roc",
    "average_precision",
    "entry_cases",
    "entry_skill",
    "exit_cases",
    "exit_skill",
]

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class EntryCases:
    """Places and fields that were apart at first, and whether they were together later."""

    place: Index  # (cases,), row of the presence
    field: Index  # (cases,), column of the presence
    entered: Flags  # (cases,)


@dataclass(frozen=True, kw_only=True)
class ExitCases:
    """Places and fields that were together at first, and whether they were apart later."""

    place: Index  # (cases,), row of the presence
    field: Index  # (cases,), column of the presence
    left: Flags  # (cases,)


@dataclass(frozen=True, kw_only=True)
class Skill:
    """How well a score ranks entries (or exits) before the rest; 95 % intervals over places."""

    average_precision: float  # 0..1; NaN without entries
    average_precision_low: float
    average_precision_high: float
    area_under_roc: float  # 0..1, 0.5 is chance; NaN without entries or without the rest
    area_under_roc_low: float
    area_under_roc_high: float


def entry_cases(before: Presence, after: Presence) -> EntryCases:
    """List the fields each place lacked at first, and mark those it had later.

    Only places and fields with a presence at both dates take part: of the others it is not known
    whether they stayed away or were no longer looked at.

    Parameters
    ----------
    before : (places, fields), 0 or 1 or bool; dense or sparse
    after : (places, fields), 0 or 1 or bool; dense or sparse

    Returns
    -------
    EntryCases
        Ordered by place, then field.

    Raises
    ------
    ValueError
        If the shapes differ or there are other entries than 0 and 1.

    Examples
    --------
    >>> cases = entry_cases(np.array([[1, 0, 0], [0, 1, 1]]), np.array([[1, 1, 0], [0, 1, 1]]))
    >>> list(zip(cases.place.tolist(), cases.field.tolist(), cases.entered.tolist()))
    [(0, 1, True), (0, 2, False), (1, 0, False)]
    """
    place, field, later = _followed(before, after, held=False)
    return EntryCases(place=place, field=field, entered=later)


def exit_cases(before: Presence, after: Presence) -> ExitCases:
    """List the fields each place had at first, and mark those it had no more later.

    Places and fields take part as for `entry_cases`: a place that does nothing later, or a field
    that nobody has later, may only be looked at no more.

    Parameters
    ----------
    before, after : as for `entry_cases`

    Returns
    -------
    ExitCases
        Ordered by place, then field.

    Raises
    ------
    ValueError
        As `entry_cases`.

    Examples
    --------
    >>> cases = exit_cases(np.array([[1, 1, 0], [0, 1, 1]]), np.array([[1, 0, 0], [0, 1, 1]]))
    >>> list(zip(cases.place.tolist(), cases.field.tolist(), cases.left.tolist()))
    [(0, 0, False), (0, 1, True), (1, 1, False), (1, 2, False)]
    """
    place, field, later = _followed(before, after, held=True)
    return ExitCases(place=place, field=field, left=~later)


def average_precision(relevant: Flags, score: Vector, weight: Vector | None = None) -> float:
    """Mean precision at the places where a ranking by score meets what is relevant.

    AP = sum over thresholds of (R_n - R_n-1) P_n, from the highest score down; equal scores make
    one threshold, so their order does not matter.

    Parameters
    ----------
    relevant : (cases,), bool
    score : (cases,), any one unit
        NaN is refused: leave such cases out of all scores compared.
    weight : (cases,), >= 0
        How often each case counts; once by default.

    Returns
    -------
    0..1
        A score that says nothing gives the share of relevant cases. NaN without relevant cases.

    Raises
    ------
    ValueError
        If shapes differ or a score is NaN.

    References
    ----------
    davis2006

    Examples
    --------
    Relevant at ranks 1 and 3: (1/1 + 2/3) / 2.

    >>> round(average_precision(np.array([True, False, True]), np.array([0.9, 0.5, 0.1])), 4)
    0.8333
    """
    return _precision(*_Grouped.of(relevant, score).totals(weight))


def area_under_roc(relevant: Flags, score: Vector, weight: Vector | None = None) -> float:
    """Chance that a relevant case has a higher score than another; equal scores count half.

    Parameters
    ----------
    relevant : (cases,), bool
    score : (cases,), any one unit
    weight : (cases,), >= 0
        How often each case counts; once by default.

    Returns
    -------
    0..1
        0.5 for a score that says nothing. NaN without relevant or without other cases.

    Raises
    ------
    ValueError
        If shapes differ or a score is NaN.

    References
    ----------
    hanley1982

    Examples
    --------
    >>> area_under_roc(np.array([True, False, True]), np.array([0.9, 0.5, 0.1]))
    0.5
    """
    return _area(*_Grouped.of(relevant, score).totals(weight))


def entry_skill(
    cases: EntryCases,
    scores: Mapping[str, Vector],
    *,
    baseline: str,
    n_bootstrap: int,
    seed: int,
) -> tuple[dict[str, Skill], dict[str, Skill]]:
    """Compare scores over the same cases, with intervals from drawing places anew.

    The fields of one place are no independent cases, so whole places are drawn with replacement;
    a place drawn twice counts twice.

    Parameters
    ----------
    cases : EntryCases
    scores : name -> (cases,), any unit
    baseline : one of the names
        The others are also compared with it, draw by draw.
    n_bootstrap : draws, >= 1
    seed : whole number

    Returns
    -------
    skill of every score, and its difference from the baseline's
        Intervals are the 2.5 and 97.5 % quantiles of the draws.

    References
    ----------
    efron1993
    """
    return _over_places(cases.place, cases.entered, scores, baseline, (n_bootstrap, seed))


def exit_skill(
    cases: ExitCases,
    scores: Mapping[str, Vector],
    *,
    baseline: str,
    n_bootstrap: int,
    seed: int,
) -> tuple[dict[str, Skill], dict[str, Skill]]:
    """Compare scores of exits as `entry_skill` does those of entries.

    Parameters
    ----------
    cases : ExitCases
    scores : name -> (cases,), any unit
        High where a loss is expected.
    baseline, n_bootstrap, seed : as for `entry_skill`

    Returns
    -------
    skill of every score, and its difference from the baseline's
    """
    return _over_places(cases.place, cases.left, scores, baseline, (n_bootstrap, seed))


def _followed(before: Presence, after: Presence, *, held: bool) -> tuple[Index, Index, Flags]:
    """Places and fields that were together (or apart) at first, and which were together later."""
    first, second = sparse_presence(before), sparse_presence(after)
    if first.shape != second.shape:
        raise ValueError(
            f"both dates need the same places and fields, but their shapes are {first.shape} and "
            f"{second.shape}"
        )
    places, fields = (
        np.asarray((first.sum(axis=axis) > 0) & (second.sum(axis=axis) > 0)) for axis in (1, 0)
    )
    chosen = (first.toarray() > 0) == held
    chosen &= places[:, None] & fields[None, :]
    place, field = np.nonzero(chosen)
    later: npt.NDArray[Any] = second.toarray()[place, field]
    return place, field, later > 0


def _over_places(
    place_of: Index,
    happened: Flags,
    scores: Mapping[str, Vector],
    baseline: str,
    drawing: tuple[int, int],  # number of draws, and their seed
) -> tuple[dict[str, Skill], dict[str, Skill]]:
    draw = np.random.default_rng(drawing[1])
    known, place = np.unique(place_of, return_inverse=True)
    groups = {name: _Grouped.of(happened, score) for name, score in scores.items()}
    measured = {name: [g.skill(None)] for name, g in groups.items()}
    for _ in range(drawing[0]):
        times = np.bincount(draw.integers(len(known), size=len(known)), minlength=len(known))
        weight = times[place].astype(float)
        for name, group in groups.items():
            measured[name].append(group.skill(weight))
    table = {name: np.array(values) for name, values in measured.items()}
    return (
        {name: _skill(values) for name, values in table.items()},
        {name: _skill(v - table[baseline]) for name, v in table.items() if name != baseline},
    )


@dataclass(frozen=True, kw_only=True)
class _Grouped:
    """Cases sorted by one score, so that each draw only adds up."""

    order: Index
    last: Index  # last case of each run of equal scores
    relevant: Vector

    @classmethod
    def of(cls, relevant: Flags, score: Vector) -> _Grouped:
        relevant, score = np.asarray(relevant, dtype=bool), np.asarray(score, dtype=float)
        if np.isnan(score).any():
            raise ValueError("scores must be known: leave cases without one out of all scores")
        if relevant.shape != score.shape:
            raise ValueError(f"{relevant.shape} cases have {score.shape} scores")
        order = np.argsort(-score, kind="stable")
        held = score[order]
        last = np.flatnonzero(np.append(held[1:] != held[:-1], True)) if held.size else order
        return cls(order=order, last=last, relevant=relevant[order].astype(float))

    def totals(self, weight: Vector | None) -> tuple[Vector, Vector]:
        counted = np.ones(len(self.order)) if weight is None else weight[self.order]
        return np.cumsum(counted * self.relevant)[self.last], np.cumsum(counted)[self.last]

    def skill(self, weight: Vector | None) -> tuple[float, float]:
        hits, cases = self.totals(weight)
        return _precision(hits, cases), _area(hits, cases)


def _precision(hits: Vector, cases: Vector) -> float:
    """Average precision from relevant and all cases down to each distinct score."""
    if not hits.size or not hits[-1] > 0:
        return float("nan")
    precision = np.divide(hits, cases, out=np.zeros_like(hits), where=cases > 0)
    return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])


def _area(hits: Vector, cases: Vector) -> float:
    """Area under the curve of relevant over other cases; trapezia, so equal scores count half."""
    if not hits.size or not 0 < hits[-1] < cases[-1]:
        return float("nan")
    misses = cases - hits
    height = hits - np.diff(hits, prepend=0.0) / 2
    return float((np.diff(misses, prepend=0.0) * height).sum() / (hits[-1] * misses[-1]))


def _skill(values: npt.NDArray[np.float64]) -> Skill:
    """The first row is of all cases, the others are of draws."""
    drawn = values[1:][~np.isnan(values[1:]).any(axis=1)]
    low, high = (
        np.quantile(drawn, [0.025, 0.975], axis=0) if len(drawn) else np.full((2, 2), np.nan)
    )
    return Skill(
        average_precision=float(values[0, 0]),
        average_precision_low=float(low[0]),
        average_precision_high=float(high[0]),
        area_under_roc=float(values[0, 1]),
        area_under_roc_low=float(low[1]),
        area_under_roc_high=float(high[1]),
    )
