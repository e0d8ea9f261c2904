"""Pairs of codes of the past: their signals before a year, and which became linked from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.cooccurrence_measures import amounts_together
from clusterloom.networks.adjacency_fit import NEEDED, fit_weights
from clusterloom.networks.adjacency_model import SignalWeights, prior_model
from clusterloom.networks.adjacency_signals import tie_signal
from clusterloom.networks.code_adjacency import CodeSignals, code_presence, code_signals
from clusterloom.networks.code_table import CodeTable, UnitLinks
from clusterloom.networks.past_links import PastPairs, more_than_chance, moves, year_to_split
from clusterloom.text import Encoder

__all__ = ["OUTCOMES", "code_pairs", "fit_code_weights", "usual_outcome"]

Flags = npt.NDArray[np.bool_]

OUTCOMES = ("moves", "together", "links")
MAX_UNLINKED = 20_000  # pairs without a link that are kept; the others are stood for by them
# Half a unit moved; one whole unit that has both, or one whole link between units that have each.
_LEAST = {"moves": 0.5, "together": 1.0, "links": 1.0}
_TWICE = 2.0  # times chance
_LASTING = 0.2  # share of the units known before that must be seen later for moves to be judged


def usual_outcome(table: CodeTable, year: int) -> str:
    """Return `moves` where units last over the year, else `together`.

    Regions, firms and laboratories last and take up new codes; a patent or a project has its codes
    once and for all, so that only what meets in later ones can be seen.
    """
    known = set(table.before(year).unit_of.tolist())
    later = set(table.since(year).unit_of.tolist())
    return "moves" if known and len(known & later) >= _LASTING * len(known) else "together"


def code_pairs(
    table: CodeTable,
    year: int,
    *,
    outcome: str,
    links: UnitLinks | None = None,
    specialised: bool = False,
    seed: int = 0,
    **measured: Any,
) -> tuple[PastPairs, CodeSignals]:
    """Pairs of codes that units had before a year, with what came of them in it or later.

    Nothing of the later years enters a signal; a code that is first seen later is in no pair.

    Parameters
    ----------
    table : with years; entries without one are taken to last, so they count as known before
    year : signals are from before it, links from it on
    outcome : when a pair counts as linked; always at least twice what chance gives
        moves : units known before that had one took up the other: half a unit or more.
        together : both are found in the same unit, once or more.
        links : new links between units that have one and units that have the other, one or more.
        Pairs of which the latter two were true before are no candidates.
    links : with years; those without one are left out
    specialised : see `code_adjacency`; then to take a code up is to become specialised in it
    seed : of the draw of pairs without a link, where there are too many to keep
    measured : `levels`, `measure`, `encoders` and `prior` of `code_signals`

    Returns
    -------
    pairs, the signals of the codes known before, in the order of the table

    Raises
    ------
    ValueError
        If the outcome is unknown, or `links` without links is asked for.
    """
    if outcome not in OUTCOMES or (outcome == "links" and links is None):
        raise ValueError(
            f"outcomes are {', '.join(OUTCOMES)}, the last with links between units, but "
            f"`{outcome}` is asked for"
        )
    done = np.unique(table.before(year).code_of)
    whole = table.only(done)
    past, later = whole.before(year), whole.since(year)
    known = None if links is None else links.before(year)
    found = code_signals(past, links=known, specialised=specialised, **measured)
    before = code_presence(past.amount, specialised=specialised)
    after = code_presence(later.amount, specialised=specialised)
    already = np.zeros((len(done), len(done)), dtype=bool)
    if outcome == "moves":
        there = np.isin(np.arange(len(table.units)), past.unit_of).astype(float)[:, None]
        linked = more_than_chance(moves(before, after.multiply(there)), least=_LEAST[outcome])
    elif outcome == "together":
        already, linked = _meeting(before), _meeting(after)
    elif links is not None:
        old, new = set(links.before(year).distinct()), set(links.since(year).distinct())
        already = _tied(before, sorted(old))
        linked = _tied(before, sorted(new - old))
    left, right, counted = _candidates(linked, already, seed)
    stack = found.stack()[:, left, right].T
    pairs = PastPairs(stack, linked[left, right], left, right, counted, len(done))
    return pairs, found


def fit_code_weights(
    table: CodeTable,
    *,
    year: int | None = None,
    outcome: str | None = None,
    links: UnitLinks | None = None,
    encoders: Sequence[Encoder] = (),
    facts: Mapping[str, Any] | None = None,
    seed: int = 0,
    draws: int = 200,
    **measured: Any,
) -> SignalWeights:
    """Fit the weights of the four signals to what became linked, or keep the stated prior.

    Parameters
    ----------
    table : with years
    year : signals are from before it; by default two fifths of the dated entries are later
    outcome : see `code_pairs`; by default `usual_outcome`
    links : between units, with years
    encoders : for titles; none: titles are not compared
    facts : what the data are, for the record
    seed : of the groups, the draws and the sampling of pairs
    draws : bootstrap draws of the codes, for the intervals
    measured : `levels`, `measure`, `specialised` and `prior` of `code_signals`

    Returns
    -------
    SignalWeights
        `facts` tells `year`, `outcome`, `known` (the signals that say anything in these data; a
        weight of another rests on the prior alone), `n_pairs` and `n_linked`. Where there are too
        few linked pairs, or the fitted weights rank pairs they were not fitted on no better, the
        prior, with the same under `own`.
    """
    start = prior_model().field
    told: dict[str, Any] = dict(facts or {})
    cut = year_to_split(table.years) if year is None else year
    if cut is None or not len(table.before(cut).code_of):
        own = {**told, "year": cut, "n_pairs": 0, "n_linked": 0, "needed": NEEDED, "known": []}
        return SignalWeights(start.weights, start.origin, facts={"own": own})
    chosen = outcome or usual_outcome(table, cut)
    pairs, found = code_pairs(
        table, cut, outcome=chosen, links=links, encoders=encoders, seed=seed, **measured
    )
    told |= {
        "year": cut,
        "outcome": chosen,
        "known": list(found.known()) if len(found.signals["text"]) else [],
        "encoders": [encoder.name for encoder in encoders],
    }
    return fit_weights(pairs, "field", prior=start, facts=told, seed=seed, draws=draws)


def _meeting(presence: Any) -> Flags:
    """Pairs found together at least once and at least twice as often as by chance."""
    together = amounts_together(presence)
    size = np.asarray(presence.sum(axis=0)).ravel()
    units = max(int((np.diff(presence.tocsr().indptr) > 0).sum()), 1)
    expected = np.outer(size, size) / units
    flags: Flags = (together >= _LEAST["together"]) & (together >= _TWICE * expected)
    return flags


def _tied(presence: Any, ends: Sequence[tuple[int, int]]) -> Flags:
    """Pairs with at least one link between their units, and at least twice as many as by chance."""
    _, observed = tie_signal(presence, ends)
    of_code = observed.sum(axis=1)
    expected = np.outer(of_code, of_code) / max(float(of_code.sum()), 1e-12)
    flags: Flags = (observed >= _LEAST["links"]) & (observed >= _TWICE * expected)
    return flags


def _candidates(
    linked: Flags, already: Flags, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """All candidate pairs that became linked, and the others or a fair draw of them."""
    left, right = np.nonzero(np.triu(~already, k=1))
    yes = linked[left, right]
    others = np.flatnonzero(~yes)
    stands_for = 1.0
    if len(others) > MAX_UNLINKED:
        stands_for = len(others) / MAX_UNLINKED
        others = np.random.default_rng(seed).choice(others, MAX_UNLINKED, replace=False)
    kept = np.sort(np.concatenate([np.flatnonzero(yes), others]))
    counted = np.where(yes[kept], 1.0, stands_for)
    return left[kept].astype(np.int64), right[kept].astype(np.int64), counted
