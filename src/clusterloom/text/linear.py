"""A linear classifier over text vectors: fitted on labelled examples, small enough to ship."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LinearClassifier", "fit_linear_classifier"]

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """Softmax regression: scores = vectors @ weights + bias.

    `weights` is (dimension, classes), `bias` (classes,); both in natural-log odds.
    """

    weights: Matrix
    bias: Matrix

    def scores(self, vectors: Matrix) -> Matrix:
        """Return (texts, classes) scores; differences within a row are log odds."""
        result: Matrix = vectors @ self.weights + self.bias
        return result


def fit_linear_classifier(
    vectors: Matrix,
    shares: Matrix,
    *,
    weights: npt.NDArray[np.float64] | None = None,
    penalty: float = 3e-5,
    iterations: int = 150,
) -> LinearClassifier:
    """Fit softmax regression to examples that may belong to several classes.

    Minimises the weighted mean cross-entropy of the shares plus a ridge on the weights, by L-BFGS
    from zero: the same input gives the same model.

    Parameters
    ----------
    vectors : (examples, dimension), unit length for the default penalty to fit
    shares : (examples, classes), 0..1, rows sum to 1
        How far each example belongs to each class.
    weights : (examples,), > 0, any one unit, optional
        Trust in each example's label.
    penalty : > 0, nats
        Larger keeps the model closer to "no class is likelier than another".
    iterations : >= 1
        Steps at most.

    Returns
    -------
    LinearClassifier

    Raises
    ------
    ValueError
        If a row of shares does not sum to 1, the sizes differ, or the penalty is not above 0.

    References
    ----------
    liu1989

    Examples
    --------
    >>> model = fit_linear_classifier(np.eye(2), np.eye(2), penalty=0.01)
    >>> model.scores(np.array([[1.0, 0.0]])).argmax(axis=1).tolist()
    [0]
    """
    from scipy.optimize import minimize

    if len(vectors) != len(shares) or not len(vectors):
        raise ValueError(f"{len(vectors)} vectors and {len(shares)} rows of shares: one for each")
    sums = shares.sum(axis=1)
    if not np.allclose(sums, 1.0, atol=1e-6):
        worst = int(np.abs(sums - 1).argmax())
        raise ValueError(
            f"shares of an example sum to 1, but those of row {worst} to {sums[worst]:g}"
        )
    if not penalty > 0:
        raise ValueError(f"the penalty must be above 0, but is {penalty:g}")
    trust = np.ones(len(vectors)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(trust) != len(vectors) or not (trust > 0).all():
        raise ValueError("weights are above 0, one for each example")
    trust = trust / trust.sum()
    wanted = shares * trust[:, None]
    dimension, classes = vectors.shape[1], shares.shape[1]
    cut = dimension * classes

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        inner = flat[:cut].reshape(dimension, classes)
        odds = vectors @ inner + flat[cut:]
        odds -= odds.max(axis=1, keepdims=True)
        grown = np.exp(odds)
        total = grown.sum(axis=1, keepdims=True)
        value = -(wanted * (odds - np.log(total))).sum() + penalty / 2 * (inner**2).sum()
        error = grown / total * trust[:, None] - wanted
        slope = np.concatenate([(vectors.T @ error + penalty * inner).ravel(), error.sum(axis=0)])
        return float(value), slope

    found = minimize(
        loss, np.zeros(cut + classes), jac=True, method="L-BFGS-B", options={"maxiter": iterations}
    )
    return LinearClassifier(found.x[:cut].reshape(dimension, classes), found.x[cut:])
