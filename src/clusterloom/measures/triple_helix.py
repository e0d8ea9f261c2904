"""Triple-helix information: how university, industry and government go together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["core_bounds", "entropy_bits", "triple_helix_information"]

Counts = npt.NDArray[np.float64]


def entropy_bits(counts: Counts) -> float:
    """Shannon entropy of a distribution given by counts.

    Parameters
    ----------
    counts : any shape, >= 0
        Frequencies; they need not sum to 1.

    Returns
    -------
    bits, >= 0
        0 for empty counts.

    References
    ----------
    shannon1948

    Examples
    --------
    >>> entropy_bits(np.array([1.0, 1.0]))
    1.0
    """
    total = counts.sum()
    if total <= 0:
        return 0.0
    share = counts[counts > 0] / total
    return float(-(share * np.log2(share)).sum())


def triple_helix_information(counts: Counts) -> float:
    """Information T(uig) common to three variables (co-information).

    T = H(u) + H(i) + H(g) - H(ui) - H(ug) - H(ig) + H(uig). Negative values are a reduction of
    uncertainty at the level of the whole, which the literature reads as synergy.

    Parameters
    ----------
    counts : (any, any, any), >= 0
        How often each combination of u, i and g occurs.

    Returns
    -------
    bits, any sign
        0 for empty counts.

    References
    ----------
    leydesdorff2003

    Examples
    --------
    Three variables of which each is the exclusive-or of the others share -1 bit:

    >>> xor = np.zeros((2, 2, 2))
    >>> xor[0, 0, 0] = xor[0, 1, 1] = xor[1, 0, 1] = xor[1, 1, 0] = 1
    >>> triple_helix_information(xor)
    -1.0
    """
    if (counts < 0).any():
        raise ValueError(f"counts must be >= 0, but the smallest is {counts.min():g}")
    single = sum(entropy_bits(counts.sum(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    double = sum(entropy_bits(counts.sum(axis=axis)) for axis in (0, 1, 2))
    return single - double + entropy_bits(counts)


def core_bounds(exclusive: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Bounds of the core of the triple-helix game, from exclusive percentages.

    v(S) is the share of output made within S alone; the core gives player u between v(u) and
    100 - v(ig).

    Parameters
    ----------
    exclusive : keys U, I, G, UI, UG, IG, UIG; percent, sum 100

    Returns
    -------
    u, i, g -> (lower, upper), percent

    References
    ----------
    megnigbeto2024

    Examples
    --------
    >>> core_bounds({"U": 60, "I": 10, "G": 10, "UI": 10, "UG": 5, "IG": 0, "UIG": 5})["u"]
    (60, 80)
    """
    pair = {"u": "IG", "i": "UG", "g": "UI"}
    bounds = {}
    for player, others in pair.items():
        rivals = exclusive[others[0]] + exclusive[others[1]] + exclusive[others]
        bounds[player] = (exclusive[player.upper()], 100 - rivals)
    return bounds
