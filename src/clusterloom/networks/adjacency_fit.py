"""Fit the weights of adjacency to the past: do signals before a year rank the later links?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.pair_model import fit_pair_model, weighted_signals
from clusterloom.measures.pair_ranking import RankedPairs
from clusterloom.networks.adjacency_model import (
    SIGNALS_OF,
    AdjacencyModel,
    SignalScore,
    SignalWeights,
    packaged_model,
)
from clusterloom.networks.past_links import (
    PastPairs,
    field_pairs,
    organisation_pairs,
    usual_year,
)
from clusterloom.tables import Tables
from clusterloom.text import Encoder

__all__ = ["NEEDED", "fit_adjacency_model", "fit_weights", "held_out"]

Vector = npt.NDArray[np.float64]

NEEDED = 30  # linked pairs below which the prior serves
_GROUPS = 5  # of the ends, for cross-validation
_DRAWS = 200  # bootstrap draws of the ends
_PENALTY = 4.0  # nats; see `fit_pair_model`


def fit_adjacency_model(
    tables: Tables,
    *,
    encoders: Sequence[Encoder],
    data: str,
    year: int | None = None,
    prior: AdjacencyModel | None = None,
    seed: int = 0,
    draws: int = _DRAWS,
) -> AdjacencyModel:
    """Fit the weights between fields and between organisations to dated activities and ties.

    Parameters
    ----------
    tables : with `field`, `activity`, `activity_field`, `link`, `organisation`
    encoders : one or more
    data : name of the data, for the record
    year : signals are from before it, links from it on; by default `usual_year`
    prior : what the fit starts from and what serves where data are thin
        The weights that travel with the program, by default.
    seed : of the groups, the draws and the sampling of pairs
    draws : bootstrap draws for the intervals

    Returns
    -------
    AdjacencyModel
        Where there are too few linked pairs the prior, with the reason in its facts.
    """
    start = packaged_model() if prior is None else prior
    cut = usual_year(tables) if year is None else year
    if cut is None or not tables["field"].num_rows:
        own = {"data": data, "n_linked": 0, "needed": NEEDED}
        return AdjacencyModel(_kept(start.field, own), _kept(start.organisation, own))
    pairs, found = field_pairs(tables, cut, encoders=encoders)
    facts = {"data": data, "year": cut, "encoders": [encoder.name for encoder in encoders]}
    of_fields = fit_weights(pairs, "field", prior=start.field, facts=facts, seed=seed, draws=draws)
    others = organisation_pairs(
        tables, cut, found, encoders=encoders, field_weights=of_fields.weights, seed=seed
    )
    of_orgs = fit_weights(
        others, "organisation", prior=start.organisation, facts=facts, seed=seed, draws=draws
    )
    return AdjacencyModel(of_fields, of_orgs)


def fit_weights(
    pairs: PastPairs,
    unit: str,
    *,
    prior: SignalWeights,
    facts: Mapping[str, Any],
    seed: int = 0,
    draws: int = _DRAWS,
    penalty: float = _PENALTY,
) -> SignalWeights:
    """Fit, judge on pairs with ends not fitted on, and give intervals by drawing ends anew.

    Parameters
    ----------
    pairs : signals before, links after
    unit : ``field`` or ``organisation``
    prior : the centre of the ridge, and what serves where the data are thin
    facts : what the pairs come from, for the record
    seed, draws, penalty : see `fit_adjacency_model` and `fit_pair_model`

    Returns
    -------
    SignalWeights
        The prior where fewer than `NEEDED` pairs are linked, or where the fitted weights rank pairs
        they were not fitted on no better than the prior does.
    """
    centre = np.array(prior.weights)
    told = {**facts, "n_pairs": pairs.n_pairs, "n_linked": pairs.n_linked}
    if pairs.n_linked < NEEDED or pairs.linked.all():
        return _kept(prior, {**told, "needed": NEEDED})
    fitted = _fitted(pairs, pairs.counted, centre, penalty)
    unseen = held_out(pairs, centre, seed=seed, penalty=penalty)
    ranked = {
        name: RankedPairs.of(np.nan_to_num(pairs.signals[:, k]), pairs.linked)
        for k, name in enumerate(SIGNALS_OF[unit])
    }
    ranked["fused"] = RankedPairs.of(unseen, pairs.linked)
    ranked["prior"] = RankedPairs.of(weighted_signals(pairs.signals, centre), pairs.linked)
    scores, gains, weights = _intervals(pairs, ranked, centre, seed, draws, penalty)
    told["gain"] = gains
    better = scores["fused"].average_precision[0] > scores["prior"].average_precision[0]
    if not better:
        return _kept(prior, {**told, "no_better": True})
    low, high = np.quantile(weights, (0.025, 0.975), axis=0)
    return SignalWeights(
        tuple(fitted.tolist()),
        "fitted",
        tuple(low.tolist()),
        tuple(high.tolist()),
        scores,
        told,
    )


def _kept(prior: SignalWeights, own: Mapping[str, Any]) -> SignalWeights:
    """The prior, with what the data at hand came to."""
    return replace(prior, facts={**prior.facts, "own": dict(own)})


def held_out(
    pairs: PastPairs, prior: Vector, *, seed: int = 0, penalty: float = _PENALTY
) -> Vector:
    """Fused value of every pair by weights fitted on pairs that share no end with it.

    The ends are put in groups at random; the pairs between two groups (or within one) are held
    out together, and the model is fitted on the pairs among the other groups.

    Returns
    -------
    (pairs,), 0..1
    """
    group = np.random.default_rng(seed).integers(_GROUPS, size=pairs.n_ends)
    left, right = group[pairs.left], group[pairs.right]
    result = np.zeros(len(pairs.linked))
    for g in range(_GROUPS):
        for h in range(g, _GROUPS):
            test = ((left == g) & (right == h)) | ((left == h) & (right == g))
            train = ~np.isin(left, (g, h)) & ~np.isin(right, (g, h))
            weights = prior
            if pairs.linked[train].any() and not pairs.linked[train].all():
                weights = _fitted(pairs, pairs.counted * train, prior, penalty)
            result[test] = weighted_signals(pairs.signals[test], weights)
    return result


def _fitted(pairs: PastPairs, counted: Vector, prior: Vector, penalty: float) -> Vector:
    """Weights fitted to pairs as they are and with each signal hidden in turn.

    Signals that say nearly the same (fields that were found from texts, and the texts) could take
    all weight from each other; then data that lack one of them would be left with the weakest.
    Every pair counts once, spread over its readings.
    """
    used = counted > 0
    signals, linked, times = pairs.signals[used], pairs.linked[used], counted[used]
    readings = [signals]
    for k in range(signals.shape[1]):
        hidden = signals.copy()
        hidden[:, k] = np.nan
        readings.append(hidden)
    return fit_pair_model(
        np.vstack(readings),
        np.tile(linked, len(readings)),
        prior=prior,
        penalty=penalty,
        counted=np.tile(times / len(readings), len(readings)),
    ).weights


def _intervals(
    pairs: PastPairs,
    ranked: Mapping[str, RankedPairs],
    prior: Vector,
    seed: int,
    draws: int,
    penalty: float,
) -> tuple[dict[str, SignalScore], list[float], Vector]:
    """Scores with 95 % intervals, the gain of the fusion over the best signal, drawn weights."""
    precision: dict[str, list[float]] = {name: [] for name in ranked}
    area: dict[str, list[float]] = {name: [] for name in ranked}
    weights = []
    for times in _draws_of_ends(pairs, seed, draws):
        for name, one in ranked.items():
            precision[name].append(one.average_precision(times))
            area[name].append(one.area_under_curve(times))
        weights.append(_fitted(pairs, times, prior, penalty))
    value = {name: one.average_precision(pairs.counted) for name, one in ranked.items()}
    scores = {
        name: SignalScore(
            _with_interval(value[name], precision[name]),
            _with_interval(one.area_under_curve(pairs.counted), area[name]),
        )
        for name, one in ranked.items()
    }
    single = [name for name in ranked if name not in ("fused", "prior")]
    best = max(single, key=lambda name: value[name])
    differences = np.array(precision["fused"]) - np.array(precision[best])
    gain = _with_interval(value["fused"] - value[best], differences.tolist())
    return scores, [round(v, 4) for v in gain], np.array(weights)


def _draws_of_ends(pairs: PastPairs, seed: int, draws: int) -> Iterator[Vector]:
    """How often each pair counts when the ends are drawn anew, with replacement."""
    rng = np.random.default_rng(seed + 1)
    ends = np.unique(np.concatenate([pairs.left, pairs.right]))
    done = 0
    for _ in range(10 * draws):
        count = np.zeros(pairs.n_ends)
        np.add.at(count, rng.choice(ends, size=len(ends)), 1.0)
        times = pairs.counted * count[pairs.left] * count[pairs.right]
        linked = float(times @ pairs.linked)
        # A draw without a link, or with links only, says nothing.
        if 0 < linked < times.sum():
            done += 1
            yield times
        if done == draws:
            return


def _with_interval(value: float, drawn: Sequence[float]) -> tuple[float, float, float]:
    low, high = np.quantile(np.asarray(drawn), (0.025, 0.975))
    return float(value), float(low), float(high)
