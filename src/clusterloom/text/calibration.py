"""From scores to probabilities one can believe, and how to see whether one can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Calibration", "Reliability", "fit_calibration", "reliability"]

Matrix = npt.NDArray[np.float64]
_RIDGE = 1e-3  # keeps the fit finite where right and wrong can be told apart without fault
_STEPS = 50


@dataclass(frozen=True)
class Calibration:
    """Logistic calibration: probability = 1 / (1 + exp(-(bias + features @ slopes)))."""

    bias: float
    slopes: tuple[float, ...]

    def probability(self, features: Matrix) -> Matrix:
        """Return (rows,) probabilities, 0..1; features is (rows, slopes)."""
        odds = self.bias + np.asarray(features, dtype=np.float64) @ np.array(self.slopes)
        result: Matrix = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
        return result


@dataclass(frozen=True)
class Reliability:
    """One step of a reliability curve: what was promised and what came."""

    low: float  # 0..1, lower edge of the promised probabilities
    high: float  # 0..1, upper edge
    n: int  # answers that promised a probability in between
    promised: float  # their mean probability
    kept: float  # share of them that were right


def fit_calibration(
    features: Matrix, right: npt.NDArray[np.bool_], *, weights: Matrix | None = None
) -> Calibration:
    """Fit a logistic curve from features of an answer to the chance that it is right.

    Newton's method on the log-likelihood with a weak ridge on the slopes (platt1999).

    Parameters
    ----------
    features : (answers, features), any range
    right : (answers,)
    weights : (answers,), >= 0, optional
        How many answers each one stands for; one by default.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If there are fewer than ten answers, or all are right, or all are wrong, or the weights do
        not fit.

    References
    ----------
    platt1999

    Examples
    --------
    Without a telling feature the share of right answers is all there is to promise.

    >>> fitted = fit_calibration(np.zeros((20, 1)), np.arange(20) < 15)
    >>> fitted.probability(np.zeros((1, 1))).round(3).tolist()
    [0.75]
    """
    if len(right) < 10 or right.all() or not right.any():
        raise ValueError(
            f"{len(right)} answers, {int(right.sum())} of them right: 10 are needed, of both kinds"
        )
    counted = np.ones(len(right)) if weights is None else np.asarray(weights, dtype=np.float64)
    if counted.shape != right.shape or not (counted >= 0).all():
        raise ValueError(f"weights are {counted.shape}, >= 0, one for each of {len(right)} answers")
    design = np.column_stack([np.ones(len(features)), features])
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 0.0
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -50, 50)))
        slope = design.T @ (counted * (right - chance)) - ridge * beta
        curve = (design * (counted * chance * (1 - chance))[:, None]).T @ design + np.diag(
            ridge + 1e-9
        )
        step = np.linalg.solve(curve, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return Calibration(float(beta[0]), tuple(float(b) for b in beta[1:]))


def reliability(
    probability: Matrix, right: npt.NDArray[np.bool_], *, n_bins: int = 5
) -> tuple[list[Reliability], float]:
    """Compare promised probabilities with what came true, in bins of equal width.

    Returns
    -------
    curve, expected calibration error
        Empty bins are left out. The error is the mean distance of promise and outcome, weighted by
        the answers of each bin (naeini2015).

    References
    ----------
    naeini2015

    Examples
    --------
    >>> curve, error = reliability(np.array([0.9, 0.9]), np.array([True, True]), n_bins=2)
    >>> (curve[0].n, curve[0].kept, round(error, 3))
    (2, 1.0, 0.1)
    """
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    which = np.clip(np.digitize(probability, edges[1:-1]), 0, n_bins - 1)
    curve = []
    error = 0.0
    for b in range(n_bins):
        own = which == b
        if not own.any():
            continue
        promised, kept = float(probability[own].mean()), float(right[own].mean())
        curve.append(
            Reliability(float(edges[b]), float(edges[b + 1]), int(own.sum()), promised, kept)
        )
        error += own.mean() * abs(promised - kept)
    return curve, float(error)
