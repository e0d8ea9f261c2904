"""Adjacency of the codes of any classification: found together, linked, titles, tree, and fused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.cooccurrence_measures import (
    COOCCURRENCE_MEASURES,
    amounts_together,
    as_signal,
    cooccurrence_measure,
)
from clusterloom.measures.presence import specialised_presence
from clusterloom.networks.adjacency import fuse_signals
from clusterloom.networks.adjacency_model import FIELD_SIGNALS, PRIOR_WEIGHTS
from clusterloom.networks.adjacency_signals import tie_signal
from clusterloom.networks.code_table import CodeTable, UnitLinks
from clusterloom.text import Encoder, centred

__all__ = [
    "CODE_COLUMNS",
    "CodeSignals",
    "code_adjacency",
    "code_presence",
    "code_signals",
    "cut_chain",
    "hierarchy_signal",
    "plain_code",
    "tree_signal",
]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]

CODE_COLUMNS = (
    "code_a", "code_b", "title_a", "title_b", "fused", *FIELD_SIGNALS, "together",
    *COOCCURRENCE_MEASURES, "links",
)  # fmt: skip
_ENOUGH = 20  # titles whose mean is taken for what all titles share
_PUNCTUATION = re.compile(r"[\s./-]")


@dataclass(frozen=True, eq=False)
class CodeSignals:
    """Signals of every pair of codes by name, (codes, codes) on 0..1; NaN where nothing is known.

    `shown` holds what lies behind them: `together`, the five measures as they are, and `links`.
    """

    signals: Mapping[str, Matrix]
    shown: Mapping[str, Matrix]

    def stack(self) -> Matrix:
        """Return (signals, codes, codes) in the order of `FIELD_SIGNALS`."""
        return np.stack([self.signals[name] for name in FIELD_SIGNALS])

    def known(self) -> tuple[str, ...]:
        """Names of the signals that say anything of any pair of two codes."""
        apart = ~np.eye(len(self.signals["text"]), dtype=bool)
        return tuple(n for n in FIELD_SIGNALS if not np.isnan(self.signals[n][apart]).all())


def code_signals(
    table: CodeTable,
    *,
    links: UnitLinks | None = None,
    levels: Sequence[int] = (),
    measure: str = "association",
    specialised: bool = False,
    encoders: Sequence[Encoder] = (),
    prior: float = 0.5,
) -> CodeSignals:
    """Measure every pair of codes by each kind of evidence.

    Parameters
    ----------
    table : from `read_codes`
    links : between units of the table; none: what is linked is not known
    levels, measure, specialised, encoders, prior : see `code_adjacency`
    """
    amount = table.amount
    presence = code_presence(amount, specialised=specialised)
    unknown = np.full((len(table.codes),) * 2, np.nan)
    linked, observed = unknown, unknown
    if links is not None:
        linked, observed = tie_signal(presence, links.distinct(), prior=prior)
    # A unit of which nothing is told here (first seen later, say) is no chance to be together.
    seen = np.unique(table.unit_of)
    amount, presence = amount[seen], presence[seen]
    shown = {"together": amounts_together(presence)}
    for name in COOCCURRENCE_MEASURES:
        base = amount if name == "correlation" else presence
        shown[name] = cooccurrence_measure(base, name)
    signals = {
        "text": _title_signal(table, encoders) if encoders else unknown,
        "classification": hierarchy_signal(table.codes, levels) if levels else _tree(table),
        "cooccurrence": as_signal(
            amount if measure == "correlation" else presence, measure, prior=prior
        ),
        "link": linked,
    }
    return CodeSignals(signals, {**shown, "links": observed})


def code_adjacency(
    table: CodeTable,
    *,
    links: UnitLinks | None = None,
    levels: Sequence[int] = (),
    measure: str = "association",
    specialised: bool = False,
    encoders: Sequence[Encoder] = (),
    weights: Sequence[float] | None = None,
    prior: float = 0.5,
    min_fused: float = 0.05,
    most: int = 50,
) -> list[Row]:
    """Measure every pair of codes: found together, linked, title, classification, and fused.

    Parameters
    ----------
    table : from `read_codes`
    links : between units of the table; none: what is linked is not known
    levels : characters of a code at each level of its tree, points and blanks left out
        (1, 3, 4) for IPC, (2, 3, 4) for NACE, (2, 3, 4, 5, 6) for NAICS; none: the `chains` of the
        table, and no tree where it has none.
    measure : association, cosine, jaccard, conditional or correlation
    specialised : take what a unit has an above-average share of (location quotient >= 1), as usual
        for regions; otherwise whatever it has, as usual for patents and projects
    encoders : for titles in any language they know; none: titles are not compared
    weights : of text, classification, cooccurrence and link, >= 0; the stated prior by default
    prior : units or links, >= 0; how much evidence a pair needs, for association and links
    min_fused : 0..1; weaker pairs are left out
    most : >= 1; a pair is listed if it is among so many nearest of either code
        Five thousand codes have twelve million pairs: nobody reads them.

    Returns
    -------
    list of rows with the columns `CODE_COLUMNS`, the nearest first
        None where a signal is not known; it leaves its weight to the others.

    Raises
    ------
    ValueError
        If levels do not rise, a weight is negative or NaN, or a value is out of its range.
    """
    chosen = _weights(weights)
    if not prior >= 0 or not 0 <= min_fused <= 1 or most < 1:
        raise ValueError(
            f"prior is >= 0, min_fused 0..1 and most >= 1, but they are {prior}, {min_fused} and "
            f"{most}"
        )
    if len(table.codes) < 2:
        return []
    found = code_signals(
        table,
        links=links,
        levels=levels,
        measure=measure,
        specialised=specialised,
        encoders=encoders,
        prior=prior,
    )
    fused = fuse_signals(found.stack(), chosen)
    columns = {**found.signals, **found.shown}
    rows = []
    for i, j in _listed(fused, min_fused, most):
        a, b = table.codes[i], table.codes[j]
        row: Row = {"code_a": a, "code_b": b}
        row |= {"title_a": table.titles.get(a), "title_b": table.titles.get(b)}
        row["fused"] = round(float(fused[i, j]), 4)
        for name, matrix in columns.items():
            value = float(matrix[i, j])
            row[name] = None if math.isnan(value) else round(value, 4)
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["fused"], row["code_a"], row["code_b"]))


def code_presence(amount: Any, *, specialised: bool) -> Any:
    """Tell which codes a unit has: any of it, or an above-average share.

    Parameters
    ----------
    amount : (units, codes), sparse, any one unit, >= 0
    specialised : location quotient >= 1

    Returns
    -------
    (units, codes), sparse; 1 where a unit has the code
    """
    if specialised:
        return specialised_presence(amount)
    table = amount.copy()
    table.eliminate_zeros()
    table.data = np.ones_like(table.data)
    return table


def tree_signal(chains: Sequence[Sequence[str]], *, schemes: Sequence[str] = ()) -> Matrix:
    """Closeness in a tree: twice the common depth over the sum of both depths.

    Parameters
    ----------
    chains : for each code itself and its broader codes, nearest first; empty: not in the tree
    schemes : for each code its classification, where there are several

    Returns
    -------
    (codes, codes), 0..1
        1 for the same code, 0 for codes without a common broader one; NaN where a code is in no
        tree, or the two are of different classifications.

    References
    ----------
    wu1994

    Examples
    --------
    Two levels in common of three each:

    >>> near = tree_signal([("26.71", "26.7", "26"), ("26.72", "26.7", "26"), ()])
    >>> float(near[0, 1].round(3)), float(near[0, 2])
    (0.667, nan)
    """
    depth = np.array([len(chain) for chain in chains], dtype=float)
    common = np.zeros((len(chains), len(chains)))
    for level in range(int(depth.max(initial=0.0))):
        heads = [chain[len(chain) - 1 - level] if len(chain) > level else "" for chain in chains]
        _, number = np.unique(np.array(heads), return_inverse=True)
        there = depth > level
        common += (number[:, None] == number[None, :]) & there[:, None]
    depth[depth == 0] = np.nan
    closeness: Matrix = 2 * common / (depth[:, None] + depth[None, :])
    if schemes:
        _, own = np.unique(np.array(schemes), return_inverse=True)
        closeness[own[:, None] != own[None, :]] = np.nan
    return closeness


def hierarchy_signal(codes: Sequence[str], levels: Sequence[int]) -> Matrix:
    """Closeness in the tree a code spells, see `tree_signal`.

    Parameters
    ----------
    codes : in any spelling; points, blanks, slashes and hyphens do not count
    levels : characters at each level, rising

    Returns
    -------
    (codes, codes), 0..1
        1 for the same code, 0 for codes that differ on the first level; NaN where a code is too
        short for the first level.

    Raises
    ------
    ValueError
        If levels do not rise from at least 1.

    References
    ----------
    wu1994

    Examples
    --------
    Two levels in common of three each:

    >>> float(hierarchy_signal(["26.71", "26.72"], (2, 3, 4))[0, 1].round(3))
    0.667
    """
    return tree_signal([cut_chain(code, levels) for code in codes])


def cut_chain(code: str, levels: Sequence[int]) -> tuple[str, ...]:
    """Cut a code at each level of its tree: from the longest cut to the shortest.

    Raises
    ------
    ValueError
        If levels do not rise from at least 1.

    Examples
    --------
    >>> cut_chain("H01S 3/00", (1, 3, 4)), cut_chain("H0", (1, 3, 4))
    (('H01S', 'H01', 'H'), ('H',))
    """
    if any(low >= high for low, high in zip((0, *levels), levels, strict=False)):
        raise ValueError(f"levels rise from at least 1 character, but they are {tuple(levels)}")
    plain = plain_code(code)
    return tuple(plain[:level] for level in reversed(levels) if len(plain) >= level)


def plain_code(code: str) -> str:
    """Write a code without points, blanks, slashes and hyphens, in capital letters.

    Examples
    --------
    >>> plain_code("h01s 3/067")
    'H01S3067'
    """
    return _PUNCTUATION.sub("", code).upper()


def _tree(table: CodeTable) -> Matrix:
    """Closeness in the trees the table came with; all unknown without any."""
    if not table.chains:
        return np.full((len(table.codes),) * 2, np.nan)
    chains = [table.chains.get(code, ()) for code in table.codes]
    schemes = [table.schemes.get(code, "") for code in table.codes] if table.schemes else []
    return tree_signal(chains, schemes=schemes)


def _listed(fused: Matrix, least: float, most: int) -> list[list[int]]:
    """Pairs of at least some nearness that are among the nearest of one of the two."""
    alone = fused - 2 * np.eye(len(fused))  # a code is no neighbour of itself
    nearest = np.argsort(-alone, axis=1, kind="stable")[:, :most]
    among = np.zeros(fused.shape, dtype=bool)
    np.put_along_axis(among, nearest, True, axis=1)
    pairs: list[list[int]] = np.argwhere(
        np.triu((among | among.T) & (fused >= least), k=1)
    ).tolist()
    return pairs


def _weights(given: Sequence[float] | None) -> tuple[float, ...]:
    chosen = tuple(PRIOR_WEIGHTS["field"] if given is None else given)
    if len(chosen) != len(FIELD_SIGNALS) or not all(w >= 0 for w in chosen) or not sum(chosen) > 0:
        raise ValueError(
            f"weights are four numbers >= 0, of {', '.join(FIELD_SIGNALS)}, one above 0, but they "
            f"are {list(chosen)}"
        )
    return chosen


def _title_signal(table: CodeTable, encoders: Sequence[Encoder]) -> Matrix:
    """Mean over encoders of the centred cosine of titles; the closest 0.5 % of pairs reach 1."""
    texts = [table.titles.get(code, "") for code in table.codes]
    told = np.array([bool(text) for text in texts])
    signal = np.full((len(texts), len(texts)), np.nan)
    if told.sum() < 2:
        return signal
    known = [text for text in texts if text]
    blocks = [encoder.encode(known) for encoder in encoders]
    # The mean of a handful of titles is what they are about, not what all titles share.
    middle = [block.mean(axis=0) * (len(known) >= _ENOUGH) for block in blocks]
    moved = [centred(block, mean) for block, mean in zip(blocks, middle, strict=True)]
    mean = np.mean([block @ block.T for block in moved], axis=0)
    scale = max(float(np.quantile(mean[np.triu_indices(len(known), k=1)], 0.995)), 1e-9)
    signal[np.ix_(told, told)] = np.clip(mean / scale, 0.0, 1.0)
    return signal
