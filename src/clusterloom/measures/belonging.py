"""Who belongs to a cluster, and who merely does such work as anybody elsewhere does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Belonging", "chance_of_belonging"]

Vector = npt.NDArray[np.float64]

_ROUNDS = 1000  # of the fit; some dozen are usual
_SETTLED = 1e-10


@dataclass(frozen=True)
class Belonging:
    """Two kinds of organisations within reach of a cluster, told apart by what they do."""

    chance: Vector  # (organisations,), 0..1; NaN without known directions
    typical_share: float  # 0..1, share of a member's directions that lie in the cluster's fields
    share_of_members: float  # 0..1, members among the organisations within reach


def chance_of_belonging(
    inside: Vector,
    directions: Vector,
    *,
    elsewhere: float,
    typical: float = 0.8,
    worth: float = 20.0,
    least: float = 0.5,
) -> Belonging:
    """Tell members of a cluster from others within reach by how much of their work lies in it.

    Each direction of work of a member lies in the cluster's fields with chance a, of any other
    organisation with chance `elsewhere`. The share of members and a are fitted by expectation and
    maximisation; a starts from what `typical` and `worth` say and stays at `least` or above:

        log chance / (1 - chance) = log m / (1 - m)
            + inside * log a / elsewhere + (directions - inside) * log (1 - a) / (1 - elsewhere)
        m = (sum of chances + 1) / (organisations + 2)
        a = (sum of chance * inside + worth * typical) / (sum of chance * directions + worth)

    So one direction of one tells less than three of three.

    Parameters
    ----------
    inside : (organisations,), directions of work, >= 0
        In the cluster's fields; parts count as parts.
    directions : (organisations,), directions of work, >= `inside`
        All that are known.
    elsewhere : 0..1
        Share of directions in these fields among organisations out of reach.
    typical : 0..1
        Share of a member's directions in the cluster's fields, as expected before looking.
    worth : directions, >= 0
        How many directions that expectation weighs as much as.
    least : 0..1
        Who does less than this in the fields on average is no kind of member.

    Returns
    -------
    Belonging
        `chance` is NaN for an organisation without known directions. With no known direction at
        all `typical_share` is `typical` and `share_of_members` a half: nothing was learned.

    Raises
    ------
    ValueError
        If a count is negative or not finite, more is inside than in all, or a share is not 0..1.

    References
    ----------
    dempster1977

    Examples
    --------
    >>> found = chance_of_belonging(
    ...     np.array([3.0, 3.0, 1.0, 0.0]), np.array([3.0, 3.0, 1.0, 3.0]), elsewhere=0.05
    ... )
    >>> found.chance.round(2)
    array([1.  , 1.  , 0.97, 0.01])
    """
    _check(inside, directions, (elsewhere, typical, least), worth)
    known = directions > 0
    k, n = inside[known], directions[known]
    # A share of exactly 0 or 1 would make one organisation decide alone.
    base = float(np.clip(elsewhere, 1e-4, 1 - 1e-4))
    floor = float(np.clip(max(least, base), 1e-4, 1 - 1e-4))
    a, members = float(np.clip(typical, floor, 1 - 1e-4)), 0.5
    chance = np.zeros(len(k))
    for _ in range(_ROUNDS if len(k) else 0):
        odds = np.log(members / (1 - members)) + k * np.log(a / base)
        odds += (n - k) * np.log((1 - a) / (1 - base))
        before, chance = chance, 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        members = (chance.sum() + 1) / (len(k) + 2)
        weighed = (chance @ n) + worth
        a = float(np.clip(((chance @ k) + worth * typical) / weighed if weighed else typical,
                          floor, 1 - 1e-4))  # fmt: skip
        if np.abs(chance - before).max() < _SETTLED:
            break
    spread = np.full(len(inside), np.nan)
    spread[known] = chance
    return Belonging(spread, a, float(members))


def _check(
    inside: Vector, directions: Vector, shares: tuple[float, float, float], worth: float
) -> None:
    # Asked so that NaN fails.
    if not (np.isfinite(directions).all() and (inside >= 0).all()):
        raise ValueError("counts of directions must be finite and >= 0")
    if not (inside <= directions + 1e-9).all():
        raise ValueError("an organisation has more directions inside than it has in all")
    if not all(0 <= share <= 1 for share in shares) or not worth >= 0:
        raise ValueError("elsewhere, typical and least are shares, 0..1; worth is >= 0")
