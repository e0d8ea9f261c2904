"""Hard rules that exclude each other: a smallest set of them, found by deletion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_model import SeatLimit, SeatProblem
from clusterloom.networks.seats_program import solve_program

__all__ = ["SeatRule", "find_conflict", "hard_rules"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class SeatRule:
    """One hard rule: a seat that must be taken, or one side of a limit.

    Parameters
    ----------
    kind : ``required``, ``barred``, ``max_seats``, ``least_coverage``, ``at_least``, ``at_most``
        or ``variety``
    name : the limit's or variety's name; empty for the other kinds
    value : what it asks for: seats, classes, share, or the limit's own unit
    candidate : position of the candidate the rule is about; -1 where it is about several
    is_proven : whether it is known that without this rule, and with the others, a choice exists
    """

    kind: str
    name: str = ""
    value: float = 1.0
    candidate: int = -1
    is_proven: bool = True


def hard_rules(problem: SeatProblem) -> list[SeatRule]:
    """List the hard rules of a problem, each side of a limit by itself.

    A barred candidate is a rule only where it is required too: otherwise being out of reach is
    part of what there is to choose from.
    """
    both = np.flatnonzero(problem.barred & problem.required)
    rules = [SeatRule(kind="barred", candidate=int(k)) for k in both]
    rules += [SeatRule(kind="required", candidate=int(k)) for k in np.flatnonzero(problem.required)]
    rules.append(SeatRule(kind="max_seats", value=float(problem.max_seats)))
    if problem.least_coverage > 0:
        rules.append(SeatRule(kind="least_coverage", value=problem.least_coverage))
    for limit in problem.limits:
        if np.isfinite(limit.lower):
            rules.append(SeatRule(kind="at_least", name=limit.name, value=limit.lower))
        if np.isfinite(limit.upper):
            rules.append(SeatRule(kind="at_most", name=limit.name, value=limit.upper))
    for variety in problem.varieties:
        rules.append(SeatRule(kind="variety", name=variety.name, value=float(variety.fewest)))
    return rules


def find_conflict(problem: SeatProblem, *, time_limit_s: float = 5.0) -> tuple[SeatRule, ...]:
    """Find an irreducible set of hard rules that no choice keeps (deletion filter).

    Each rule in turn is taken away: if the rest still excludes every choice it stays away. What
    is left excludes every choice, and without any one of its rules a choice exists.

    Parameters
    ----------
    problem : the choice to be made
    time_limit_s : s, > 0, for each trial
        A trial that is not decided in time keeps its rule, which is then not proven: the set may
        be larger than needed.

    Returns
    -------
    tuple of SeatRule
        Empty where a choice keeps all rules.

    References
    ----------
    chinneck1991

    Examples
    --------
    >>> problem = SeatProblem(
    ...     offers=np.ones((2, 1)), need_points=np.ones(1), steps=np.ones(1),
    ...     seat_points=np.zeros(2), required=np.ones(2, dtype=bool),
    ...     groups=np.zeros((0, 2), dtype=bool), group_min=np.zeros(0), group_max=np.zeros(0),
    ...     group_penalty=0.0, min_seats=0, max_seats=2, short_penalty=0.0,
    ...     limits=(SeatLimit(name="budget", weights=np.array([3.0, 2.0]), upper=4.0),))
    >>> [(rule.kind, rule.name or rule.candidate) for rule in find_conflict(problem)]
    [('required', 0), ('required', 1), ('at_most', 'budget')]
    """
    rules = hard_rules(problem)
    if _excludes(problem, rules, time_limit_s) is not True:
        return ()
    kept = list(rules)
    for rule in rules:
        rest = [one for one in kept if one is not rule]
        excluded = _excludes(problem, rest, time_limit_s)
        if excluded:
            kept = rest
        elif excluded is None:
            kept = [replace(one, is_proven=False) if one is rule else one for one in kept]
    return tuple(kept)


def _excludes(problem: SeatProblem, rules: Sequence[SeatRule], time_limit_s: float) -> bool | None:
    """Say whether no choice keeps these rules; None where that was not decided in time."""
    if problem.offers.shape[0] == 0:
        return any(rule.kind in ("at_least", "variety") and rule.value > 0 for rule in rules)
    solved = solve_program(
        _under(problem, rules), None, time_limit_s=time_limit_s, relative_gap=1.0
    )
    if solved.seats is not None:
        return False
    return True if solved.status == "infeasible" else None


def _under(problem: SeatProblem, rules: Sequence[SeatRule]) -> SeatProblem:
    """Make the problem with these hard rules only, and nothing to gain."""
    n, n_needs = problem.offers.shape
    named = {(rule.kind, rule.name) for rule in rules}
    required, freed = np.zeros(n, dtype=bool), problem.barred & problem.required
    for rule in rules:
        if rule.kind == "required":
            required[rule.candidate] = True
        if rule.kind == "barred":
            freed[rule.candidate] = False
    return SeatProblem(
        offers=problem.offers,
        need_points=problem.need_points,
        steps=problem.steps,
        seat_points=np.zeros(n),
        required=required,
        groups=np.zeros((0, n), dtype=bool),
        group_min=np.zeros(0),
        group_max=np.zeros(0),
        group_penalty=0.0,
        min_seats=0,
        max_seats=problem.max_seats if ("max_seats", "") in named else n,
        short_penalty=0.0,
        barred=problem.barred & ~freed,
        floors=np.zeros(n_needs),
        least_coverage=problem.least_coverage if ("least_coverage", "") in named else 0.0,
        limits=tuple(_limits(problem.limits, named)),
        varieties=tuple(
            replace(one, fewest=one.fewest if ("variety", one.name) in named else 0)
            for one in problem.varieties
        ),
    )


def _limits(limits: Sequence[SeatLimit], named: set[tuple[str, str]]) -> list[SeatLimit]:
    return [
        replace(
            one,
            lower=one.lower if ("at_least", one.name) in named else -np.inf,
            upper=one.upper if ("at_most", one.name) in named else np.inf,
        )
        for one in limits
    ]
