"""How well a score ranks the pairs that became linked before those that did not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["RankedPairs"]

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankedPairs:
    """Pairs in the order of a score, sorted once, measured under any weights of the pairs.

    `order` lists the pairs from the highest score down; `last` marks the end of every run of equal
    scores, since equal scores are one step of a ranking; `linked` is in that order.
    """

    order: npt.NDArray[np.intp]
    last: npt.NDArray[np.bool_]
    linked: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Vector, linked: npt.NDArray[np.bool_]) -> RankedPairs:
        """Sort pairs by score.

        Parameters
        ----------
        scores : (pairs,), any range
            NaN is refused: an unknown score is no place in a ranking.
        linked : (pairs,)

        Raises
        ------
        ValueError
            If a score is NaN or the sizes differ.
        """
        if scores.shape != linked.shape or np.isnan(scores).any():
            raise ValueError(
                f"{scores.shape} scores, {int(np.isnan(scores).sum())} of them NaN, and "
                f"{linked.shape} outcomes: one known score for each"
            )
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order]
        last = np.append(ordered[1:] != ordered[:-1], True) if len(ordered) else np.zeros(0, bool)
        return cls(order, last, linked[order])

    def average_precision(self, weights: Vector | None = None) -> float:
        """Mean share of linked pairs among those ranked as high, over the linked pairs.

        Parameters
        ----------
        weights : (pairs,), >= 0, in the order the pairs were given, optional
            How often each pair counts.

        Returns
        -------
        0..1
            A ranking without knowledge gives the share of linked pairs. NaN without a linked pair.

        Examples
        --------
        Linked on rank 1 and 3: (1/1 + 2/3) / 2.

        >>> ranked = RankedPairs.of(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
        >>> round(ranked.average_precision(), 4)
        0.8333
        """
        hits, all_pairs = self._steps(weights)
        if not len(hits) or hits[-1] <= 0:
            return float("nan")
        precision = np.divide(hits, all_pairs, out=np.zeros_like(hits), where=all_pairs > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    def area_under_curve(self, weights: Vector | None = None) -> float:
        """Chance that a linked pair stands above a pair that is not; equal scores count half.

        Parameters
        ----------
        weights : as in `average_precision`

        Returns
        -------
        0..1
            1/2 for a ranking without knowledge. NaN if all or no pairs are linked.

        Examples
        --------
        >>> ranked = RankedPairs.of(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
        >>> ranked.area_under_curve()
        0.5
        """
        hits, all_pairs = self._steps(weights)
        misses = all_pairs - hits
        if not len(hits) or hits[-1] <= 0 or misses[-1] <= 0:
            return float("nan")
        height = (hits + np.concatenate([[0.0], hits[:-1]])) / 2
        return float((np.diff(misses, prepend=0.0) * height).sum() / (hits[-1] * misses[-1]))

    def _steps(self, weights: Vector | None) -> tuple[Vector, Vector]:
        """Linked pairs and all pairs down to the end of each run of equal scores."""
        counted = np.ones(len(self.order)) if weights is None else weights[self.order]
        return np.cumsum(counted * self.linked)[self.last], np.cumsum(counted)[self.last]
