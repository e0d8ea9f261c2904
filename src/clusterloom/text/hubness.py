"""Hubness: some texts are near to everything; their lead is taken off before ranks are read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["csls", "hubness_corrected"]

Matrix = npt.NDArray[np.float64]


def hubness_corrected(
    scores: Matrix, *, reference: Matrix | None = None, temperature: float = 0.3
) -> Matrix:
    """Take off each candidate's general attraction by the inverted softmax.

    The attraction of a candidate is the log-mean-exp of the scores the reference texts give it,
    in units of the temperature. Without a reference the texts themselves are the reference: then
    each text competes with the others for its candidate, which is right when two whole lists are
    matched to one another (codes of two classifications) and wrong when many texts may share a
    candidate (activities and fields). Give independent reference texts there, or do not correct.

    Parameters
    ----------
    scores : (texts, candidates), any range
    reference : (reference texts, candidates), unit of the scores, optional
        Fewer than some two hundred rows do more harm than good; `csls` needs fewer.
    temperature : > 0, unit of the scores
        Smaller looks at the nearest reference texts only.

    Returns
    -------
    (texts, candidates), unit of the scores
        Order within a row is what counts; the scale is kept.

    Raises
    ------
    ValueError
        If the temperature is not above 0 or the candidates of the two matrices differ in number.

    References
    ----------
    smith2017

    Examples
    --------
    The first candidate is everybody's neighbour; corrected, each text has its own.

    >>> scores = np.array([[1.0, 0.8], [1.0, 0.2]])
    >>> hubness_corrected(scores, temperature=0.1).argmax(axis=1).tolist()
    [1, 0]
    """
    if not temperature > 0:
        raise ValueError(f"the temperature must be above 0, but is {temperature:g}")
    given = _checked(scores, reference)
    if not given.size:
        return scores.copy()
    scaled = given / temperature
    top = scaled.max(axis=0)
    attraction = temperature * (np.log(np.exp(scaled - top).mean(axis=0)) + top)
    corrected: Matrix = scores - attraction
    return corrected


def csls(scores: Matrix, *, reference: Matrix | None = None, neighbours: int = 5) -> Matrix:
    """Take off half of each candidate's mean score with its nearest reference texts.

    Weaker than `hubness_corrected` for whole lists, but safe with a few dozen reference texts.

    Parameters
    ----------
    scores : (texts, candidates), any range
    reference : (reference texts, candidates), unit of the scores, optional
        The texts themselves, if not given.
    neighbours : reference texts, >= 1

    Returns
    -------
    (texts, candidates), unit of the scores

    Raises
    ------
    ValueError
        If neighbours is below 1 or the candidates of the two matrices differ in number.

    References
    ----------
    conneau2018

    Examples
    --------
    >>> csls(np.array([[1.0, 0.8], [1.0, 0.2]]), neighbours=1)
    array([[ 0.5,  0.4],
           [ 0.5, -0.2]])
    """
    if neighbours < 1:
        raise ValueError(f"neighbours must be >= 1, but is {neighbours}")
    given = _checked(scores, reference)
    if not given.size:
        return scores.copy()
    nearest = np.sort(given, axis=0)[-neighbours:].mean(axis=0)
    corrected: Matrix = scores - 0.5 * nearest
    return corrected


def _checked(scores: Matrix, reference: Matrix | None) -> Matrix:
    given = scores if reference is None else reference
    if given.shape[1] != scores.shape[1]:
        raise ValueError(
            f"scores have {scores.shape[1]} candidates, the reference has {given.shape[1]}: "
            "both must be about the same ones"
        )
    return given
