"""Rank ties to come: a small re-fittable model, the usual baselines, and their backtest."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.measures.link_indices import (
    adamic_adar,
    common_neighbours,
    preferential_attachment,
    resource_allocation,
)
from clusterloom.measures.ranking_quality import (
    Interval,
    bootstrap_quality,
    ranking_quality,
)
from clusterloom.networks.link_features import link_features
from clusterloom.networks.link_history import (
    History,
    degree_matched_pairs,
    new_ties,
    random_pairs,
)

__all__ = [
    "BASELINES",
    "NEGATIVES",
    "Backtest",
    "LinkRanker",
    "Period",
    "Result",
    "backtest_links",
    "fit_ranker",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BASELINES = (
    "preferential_attachment",
    "common_neighbours",
    "adamic_adar",
    "resource_allocation",
    "gravity",
)
NEGATIVES = ("degree_matched", "random")

_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)
_MOST_DEVIATIONS = 4.0  # standard deviations at which a feature is cut off
_STEPS = 50


@dataclass(frozen=True)
class Period:
    """Features are of the past up to `day`; ties that came in (day, until] are to be ranked."""

    day: datetime.date
    until: datetime.date


@dataclass(frozen=True, kw_only=True, eq=False)
class LinkRanker:
    """A logistic model over features of pairs: weights on features in standard deviations.

    `without` are beginnings of the names of features that were left out.
    """

    names: tuple[str, ...]
    mean: Vector
    deviation: Vector
    weights: Vector
    ridge: float
    without: tuple[str, ...] = ()

    def score(self, names: Sequence[str], features: Matrix) -> Vector:
        """Return log-odds up to a constant, (pairs,); higher is ranked first."""
        columns = [list(names).index(name) for name in self.names]
        return _standardised(features[:, columns], self.mean, self.deviation) @ self.weights


@dataclass(frozen=True)
class Result:
    """How one ranker did against one kind of negatives.

    `margin` is the average precision of our ranker minus that of this one.
    """

    ranker: str
    negatives: str
    auc: Interval
    average_precision: Interval
    margin: Interval
    precision_at: Mapping[int, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """Everything a backtest found, with what it was chosen by."""

    results: tuple[Result, ...]
    rankers: Mapping[str, LinkRanker]
    validation: Mapping[str, Sequence[tuple[str, float, float]]]  # features, ridge, precision
    n_positive: int
    n_new_ties: int
    n_events: int
    mean_degree: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sample:
    """Pairs that became tied, and for each of them pairs that did not."""

    names: list[str]
    features: Mapping[str, Matrix]  # "new" and each kind of negatives
    baselines: Mapping[str, Mapping[str, Vector]]
    events: Ids
    n_new_ties: int
    mean_degree: Mapping[str, float]


def fit_ranker(
    names: Sequence[str],
    positive: Matrix,
    negative: Matrix,
    *,
    ridge: float = 1e-3,
    without: Sequence[str] = (),
) -> LinkRanker:
    """Fit a logistic regression with a ridge penalty by Newton's method.

    Parameters
    ----------
    names : names of the features
    positive, negative : (pairs, features) of pairs that became tied, and that did not
    ridge : penalty on squared weights (features in standard deviations), > 0
    without : beginnings of the names of features to leave out

    Raises
    ------
    ValueError
        If there are no pairs of one sort.
    """
    if not len(positive) or not len(negative):
        raise ValueError("a ranker needs pairs that became tied and pairs that did not")
    kept = [i for i, name in enumerate(names) if not name.startswith(tuple(without) or "\0")]
    both = np.concatenate([positive, negative])[:, kept]
    mean, deviation = both.mean(axis=0), both.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    design = np.column_stack([np.ones(len(both)), _standardised(both, mean, deviation)])
    true = np.repeat([1.0, 0.0], [len(positive), len(negative)])
    weights = _newton(design, true, ridge)
    return LinkRanker(
        names=tuple(names[i] for i in kept),
        mean=mean,
        deviation=deviation,
        weights=weights[1:],
        ridge=ridge,
        without=tuple(without),
    )


def _standardised(features: Matrix, mean: Vector, deviation: Vector) -> Matrix:
    cut: Matrix = np.clip((features - mean) / deviation, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
    return cut


def _newton(design: Matrix, true: Vector, ridge: float) -> Vector:
    weights = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 0.0
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (chance - true) / len(true) + penalty * weights
        spread = chance * (1 - chance)
        curve = (design * spread[:, None]).T @ design / len(true) + np.diag(penalty + 1e-10)
        change = np.linalg.solve(curve, slope)
        weights = weights - change
        if np.abs(change).max() < 1e-8:
            break
    return weights


def backtest_links(
    history: History,
    *,
    fit: Period,
    validate: Period,
    test: Period,
    country_km: Matrix | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
    n_positive: int = 20_000,
    n_negative: int = 5,
    at: Sequence[int] = (100, 1000, 10_000),
    resamples: int = 500,
    seed: int = 0,
) -> Backtest:
    """Choose a ranker on an earlier period and test it once on a later one.

    For each kind of negatives, a ranker is fitted on `fit` for every choice of features and
    penalty, the best by average precision on `validate` is kept, fitted anew on `validate`, and
    tested on `test`. The baselines see the same pairs.

    Parameters
    ----------
    history : who took part in what
    fit, validate, test : periods in order of time; a later one may begin where one ends
    country_km : (countries, countries), km, or None
        Distances for the gravity model; without them it knows only one's own country and others.
    choices : name to beginnings of the names of features left out; all features when None
    n_positive : new ties drawn from each period at most
    n_negative : pairs without a tie for each new tie
    at : numbers of first pairs of which the precision is taken
    resamples : bootstrap draws of events
    seed : starts the draws

    Raises
    ------
    ValueError
        If the periods overlap or are out of order, or no new tie came in one of them.
    """
    _check_periods(fit, validate, test)
    options = choices or {"all features": ()}
    early, later = (
        _sample(history, period, country_km, n_positive, n_negative, seed + i)
        for i, period in enumerate((fit, validate))
    )
    rankers: dict[str, LinkRanker] = {}
    tried: dict[str, list[tuple[str, float, float]]] = {}
    for kind in NEGATIVES:
        tried[kind] = []
        for name, without in options.items():
            for ridge in _RIDGES:
                ranker = _fitted(early, kind, ridge, without)
                tried[kind].append((name, ridge, _precision(ranker, later, kind)))
        name, ridge, _ = max(tried[kind], key=lambda one: one[2])
        rankers[kind] = _fitted(later, kind, ridge, options[name])
    last = _sample(history, test, country_km, n_positive, n_negative, seed + 2)
    gravity = fit_ranker(
        _GRAVITY, later.baselines["gravity"]["new"], later.baselines["gravity"]["random"]
    )
    results = [
        result
        for kind in NEGATIVES
        for result in _results(last, kind, rankers, gravity, at, resamples, seed)
    ]
    return Backtest(
        results=tuple(results),
        rankers=rankers,
        validation=tried,
        n_positive=len(last.events),
        n_new_ties=last.n_new_ties,
        n_events=len(np.unique(last.events)),
        mean_degree=last.mean_degree,
    )


_GRAVITY = ("size_sum", "log_distance")


def _fitted(sample: _Sample, kind: str, ridge: float, without: Sequence[str]) -> LinkRanker:
    new, others = sample.features["new"], sample.features[kind]
    return fit_ranker(sample.names, new, others, ridge=ridge, without=without)


def _precision(ranker: LinkRanker, sample: _Sample, kind: str) -> float:
    score = np.concatenate(
        [ranker.score(sample.names, sample.features[part]) for part in ("new", kind)]
    )
    return ranking_quality(score, np.arange(len(score)) < len(sample.events)).average_precision


def _results(
    sample: _Sample,
    kind: str,
    rankers: Mapping[str, LinkRanker],
    gravity: LinkRanker,
    at: Sequence[int],
    resamples: int,
    seed: int,
) -> list[Result]:
    def both(values: Mapping[str, Vector]) -> Vector:
        return np.concatenate([values["new"], values[kind]])

    scores = {
        f"ours_{name}": np.concatenate(
            [ranker.score(sample.names, sample.features[part]) for part in ("new", kind)]
        )
        for name, ranker in rankers.items()
    }
    for name in BASELINES:
        values = sample.baselines[name]
        scores[name] = gravity.score(_GRAVITY, both(values)) if name == "gravity" else both(values)
    n_new = len(sample.events)
    positive = np.arange(len(next(iter(scores.values())))) < n_new
    times = (len(positive) - n_new) // max(n_new, 1)
    cluster = np.concatenate([sample.events, np.repeat(sample.events, times)])
    found = bootstrap_quality(
        scores, positive, cluster, against=f"ours_{kind}", resamples=resamples, seed=seed
    )
    return [
        Result(name, kind, *found[name], ranking_quality(score, positive, at=at).precision_at)
        for name, score in scores.items()
    ]


def _sample(
    history: History,
    period: Period,
    country_km: Matrix | None,
    n_positive: int,
    n_negative: int,
    seed: int,
) -> _Sample:
    found = new_ties(history, period.day, period.until)
    if not len(found.pairs):
        raise ValueError(f"no new tie came between {period.day} and {period.until}")
    rng = np.random.default_rng(seed)
    kept = np.sort(rng.permutation(len(found.pairs))[:n_positive])
    new = found.pairs[kept]
    many = np.repeat(new, n_negative, axis=0)
    drawn = {
        "new": new,
        "degree_matched": degree_matched_pairs(
            history, period.day, period.until, many, seed=seed + 1000
        ),
        "random": random_pairs(history, period.day, period.until, len(many), seed=seed + 2000),
    }
    stacked = np.concatenate(list(drawn.values()))
    stops = np.cumsum([len(pairs) for pairs in drawn.values()])[:-1]
    ties = history.ties(None, period.day)
    names, features = link_features(history, period.day, stacked)
    degree = np.diff(ties.indptr)
    values = {
        "preferential_attachment": preferential_attachment(ties, stacked),
        "common_neighbours": common_neighbours(ties, stacked),
        "adamic_adar": adamic_adar(ties, stacked),
        "resource_allocation": resource_allocation(ties, stacked),
        "gravity": _gravity(history, period.day, stacked, country_km),
    }
    return _Sample(
        names=names,
        features=dict(zip(drawn, np.split(features, stops), strict=True)),
        baselines={
            name: dict(zip(drawn, np.split(value, stops), strict=True))
            for name, value in values.items()
        },
        events=found.events[kept],
        n_new_ties=len(found.pairs),
        mean_degree={name: float(degree[pairs].mean()) for name, pairs in drawn.items()},
    )


def _gravity(history: History, day: datetime.date, pairs: Ids, country_km: Matrix | None) -> Matrix:
    """Return log sizes (events attended, summed) and log distance: the terms of a gravity model."""
    attended = history.between(None, day)
    size = np.log(np.maximum(np.asarray(attended.sum(axis=1)).ravel(), 1))
    one, other = history.country[pairs[:, 0]], history.country[pairs[:, 1]]
    if country_km is None:
        far = (one != other).astype(float)
    else:
        far = np.log(np.maximum(country_km[one, other], 1.0))
    return np.column_stack([size[pairs].sum(axis=1), far])


def _check_periods(*periods: Period) -> None:
    for period in periods:
        if period.day >= period.until:
            raise ValueError(
                f"a period ends after its first day, but {period.day} >= {period.until}"
            )
    for one, other in itertools.pairwise(periods):
        if other.day < one.until:
            raise ValueError(
                f"a later period must not begin before the earlier ends: {other.day} < {one.until}"
            )
