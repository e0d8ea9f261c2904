"""How university, industry and government go together: information and a cooperative game."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["core_bounds", "entropy_bits", "shapley_values", "triple_helix_information"]

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


def core_bounds(exclusive: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Bounds of the core of the triple-helix game, from exclusive percentages.

    v(S) is the share of output made within S alone; the core gives player u between v(u) and
    100 - v(ig): no less than it makes alone, and no more than all that it takes part in.

    Parameters
    ----------
    exclusive : keys U, I, G, UI, UG, IG, UIG; percent, >= 0, sum 100
        Output made by exactly these helices together.

    Returns
    -------
    u, i, g -> (lower, upper), percent

    Raises
    ------
    ValueError
        If a share is negative or they do not sum to 100: then the bounds mean nothing.

    References
    ----------
    megnigbeto2024

    Examples
    --------
    >>> core_bounds({"U": 60, "I": 10, "G": 10, "UI": 10, "UG": 5, "IG": 0, "UIG": 5})["u"]
    (60, 80)
    """
    total = sum(exclusive.values())
    if min(exclusive.values()) < 0 or abs(total - 100) > 1e-6:
        raise ValueError(f"shares must be >= 0 and sum to 100, but sum to {total:g}")
    return {
        player.lower(): (
            exclusive[player],
            sum(share for helices, share in exclusive.items() if player in helices),
        )
        for player in "UIG"
    }


def shapley_values(exclusive: Mapping[str, float]) -> dict[str, float]:
    """Shapley value of each helix: joint output is shared equally by those who made it.

    phi(u) = U + UI / 2 + UG / 2 + UIG / 3. The exclusive classes are the Harsanyi dividends of the
    game v(S) = all output made within S, so this is its Shapley value exactly; with no class
    below 0 it lies in the core.

    Parameters
    ----------
    exclusive : keys U, I, G, UI, UG, IG, UIG; any one unit
        Output made by exactly these helices together.

    Returns
    -------
    u, i, g -> same unit
        They sum to the sum of the classes.

    References
    ----------
    megnigbeto2024

    Examples
    --------
    >>> shapley_values({"U": 60, "I": 10, "G": 10, "UI": 10, "UG": 4, "IG": 0, "UIG": 6})
    {'u': 69.0, 'i': 17.0, 'g': 14.0}
    """
    return {
        player.lower(): float(
            sum(share / len(helices) for helices, share in exclusive.items() if player in helices)
        )
        for player in "UIG"
    }
