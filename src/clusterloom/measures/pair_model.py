"""One value from several signals of a pair: a weighted mean whose weights are fitted to links.

The model is small on purpose: a person can compute it by hand. Its weights are never negative, so
that no kind of evidence for adjacency counts against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PairFit", "fit_pair_model", "weighted_signals"]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairFit:
    """A fitted model: chance of a link = 1 / (1 + exp(-(intercept + slope * fused)))."""

    weights: Vector  # (signals,), >= 0, sum 1
    intercept: float  # natural-log odds at a fused value of 0
    slope: float  # natural-log odds per unit of the fused value, >= 0


def weighted_signals(signals: Matrix, weights: Vector) -> Vector:
    """Weighted mean of the known signals of each pair.

    Parameters
    ----------
    signals : (pairs, signals), 0..1
        NaN is an unknown signal: it leaves its weight to the others.
    weights : (signals,), >= 0, any unit

    Returns
    -------
    (pairs,), 0..1
        0 where no signal with weight is known.

    Raises
    ------
    ValueError
        If a weight is negative or NaN, or their number is not that of the signals.

    Examples
    --------
    >>> weighted_signals(np.array([[0.8, 0.2], [0.8, np.nan]]), np.array([1.0, 3.0])).round(2)
    array([0.35, 0.8 ])
    """
    if weights.shape != signals.shape[1:] or not (weights >= 0).all():
        raise ValueError(f"weights are >= 0, one for each signal, but they are {weights.tolist()}")
    known = ~np.isnan(signals)
    total = known @ weights.astype(np.float64)
    result: Vector = np.divide(
        np.where(known, signals, 0.0) @ weights, total, out=np.zeros_like(total), where=total > 0
    )
    return result


def fit_pair_model(
    signals: Matrix,
    linked: npt.NDArray[np.bool_],
    *,
    prior: Vector,
    penalty: float = 4.0,
    counted: Vector | None = None,
) -> PairFit:
    """Fit logistic regression on the weighted mean, with a ridge towards prior weights.

    First the prior weights are kept and only intercept and slope are fitted, with the ridge
    penalty / 2 * sum b^2 on the coefficients b = slope * weights; then the coefficients, each
    >= 0, are let go, at a price of penalty / 2 * sum (b - b of the prior)^2. Little data leave the
    prior nearly as it was. By L-BFGS-B from the prior: the same input gives the same model.

    Parameters
    ----------
    signals : (pairs, signals), 0..1; NaN unknown
    linked : (pairs,)
        Whether the pair became linked.
    prior : (signals,), >= 0, sum above 0
    penalty : > 0, nats
        Larger stays nearer to the prior.
    counted : (pairs,), >= 0, optional
        How often each pair counts.

    Returns
    -------
    PairFit

    Raises
    ------
    ValueError
        If a signal is outside 0..1, or no pair or every pair is linked.

    References
    ----------
    liu1989

    Examples
    --------
    Only the first signal tells the linked pairs, so it takes weight from the other:

    >>> signals = np.array([[0.9, 0.5], [0.8, 0.5], [0.1, 0.5], [0.2, 0.5]] * 20)
    >>> fitted = fit_pair_model(signals, signals[:, 0] > 0.5, prior=np.array([0.5, 0.5]))
    >>> bool(fitted.weights[0] > 0.6)
    True
    """
    from scipy.optimize import minimize

    with np.errstate(invalid="ignore"):
        if (signals < 0).any() or (signals > 1).any():
            raise ValueError("signals are 0..1, but some are outside")
    times = np.ones(len(linked)) if counted is None else counted
    if not (times * linked).sum() > 0 or not (times * ~linked).sum() > 0:
        raise ValueError("of the pairs some must be linked and some not")
    known = ~np.isnan(signals)
    filled = np.where(known, signals, 0.0)
    target = linked.astype(np.float64)
    base = np.asarray(prior, dtype=np.float64) / np.sum(prior)

    def value(odds: Vector) -> tuple[float, Vector]:
        loss = times * (np.logaddexp(0.0, odds) - target * odds)
        error = times * (1 / (1 + np.exp(-np.clip(odds, -500, 500))) - target)
        return float(loss.sum()), error

    mean = weighted_signals(signals, base)

    def along_prior(both: Vector) -> tuple[float, Vector]:
        loss, error = value(both[0] + both[1] * mean)
        shrink = penalty * float(base @ base) * both[1]
        return loss + shrink * both[1] / 2, np.array([error.sum(), error @ mean + shrink])

    share = float(times @ target / times.sum())
    start = np.array([np.log(share / (1 - share)), 1.0])
    first = minimize(
        along_prior, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)]
    ).x
    pull = first[1] * base

    def free(flat: Vector) -> tuple[float, Vector]:
        slope = flat[1:]
        total = slope.sum()
        reach = known @ slope
        inner = np.divide(filled @ slope, reach, out=np.zeros_like(reach), where=reach > 0)
        loss, error = value(flat[0] + total * inner)
        part = np.divide(total, reach, out=np.zeros_like(reach), where=reach > 0) * error
        # d(total * inner)/d slope_k = inner + total / reach * known_k * (signal_k - inner)
        gradient = (error @ inner) + filled.T @ part - known.T @ (part * inner)
        away = slope - pull
        loss += penalty / 2 * float(away @ away)
        return loss, np.concatenate([[error.sum()], gradient + penalty * away])

    bounds = [(None, None)] + [(0.0, None)] * len(base)
    found = minimize(
        free, np.concatenate([first[:1], pull + 1e-6]), jac=True, method="L-BFGS-B", bounds=bounds
    ).x
    slope = float(found[1:].sum())
    return PairFit(found[1:] / slope if slope > 1e-9 else base, float(found[0]), slope)
