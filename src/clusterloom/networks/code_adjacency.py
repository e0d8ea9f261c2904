"""Adjacency of the codes of any classification, from a long table of who does how much of what.

Patents by IPC, firms by NACE or NAICS across regions, projects by their own topics: the codes need
not be in the field catalogue.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.errors import SourceError
from clusterloom.measures.cooccurrence_measures import (
    COOCCURRENCE_MEASURES,
    amounts_together,
    as_signal,
    cooccurrence_measure,
)
from clusterloom.measures.presence import specialised_presence
from clusterloom.networks.adjacency import fuse_signals
from clusterloom.networks.adjacency_model import FIELD_SIGNALS, packaged_model
from clusterloom.text import Encoder, centred

__all__ = ["CODE_COLUMNS", "CodeTable", "code_adjacency", "hierarchy_signal", "read_codes"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]

CODE_COLUMNS = (
    "code_a", "code_b", "fused", *FIELD_SIGNALS[:3], "together", *COOCCURRENCE_MEASURES,
)  # fmt: skip
_ENOUGH = 20  # titles whose mean is taken for what all titles share
_PUNCTUATION = re.compile(r"[\s./-]")


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Codes with their titles and how much of each every unit does: (units, codes), sparse."""

    units: Sequence[str]
    codes: Sequence[str]
    titles: Mapping[str, str]
    amount: Any


def read_codes(rows: Iterable[Mapping[str, Any]]) -> CodeTable:
    """Read a long table of units and codes, and say all faults at once.

    Parameters
    ----------
    rows : each with `unit` (a place, firm, patent or project) and `code`, and, where known,
        `amount` (any one unit, >= 0; 1 where it is left out) and `title` of the code
        Several rows of one unit and code add up.

    Raises
    ------
    SourceError
        If a row lacks its unit or code, an amount is no number, negative or NaN, or a code has two
        different titles.

    Examples
    --------
    >>> table = read_codes([{"unit": "Minsk", "code": "26.7", "amount": "2"}])
    >>> float(table.amount.toarray()[0, 0])
    2.0
    """
    from scipy import sparse

    faults: list[str] = []
    titles: dict[str, str] = {}
    entries: dict[tuple[str, str], float] = {}
    for number, row in enumerate(rows, start=1):
        unit, code = _cell(row.get("unit")), _cell(row.get("code"))
        amount = _amount(row.get("amount"))
        if not unit or not code:
            faults.append(f"row {number} has no {'unit' if not unit else 'code'}")
        elif amount is None:
            faults.append(f"row {number}: amount {row.get('amount')!r} is no number >= 0")
        else:
            title = _cell(row.get("title"))
            if title and titles.setdefault(code, title) != title:
                faults.append(
                    f"row {number}: code {code} is `{title}` here and `{titles[code]}` before"
                )
            entries[unit, code] = entries.get((unit, code), 0.0) + amount
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise SourceError(
            "the table of codes has faults: " + "; ".join(faults[:5]) + more,
            rule="every row has unit and code; amounts are numbers >= 0; a code has one title",
            hint="correct these rows; an empty amount means 1",
        )
    units = sorted({unit for unit, _ in entries})
    codes = sorted({code for _, code in entries})
    row_of, column_of = ({name: i for i, name in enumerate(names)} for names in (units, codes))
    where = ([row_of[u] for u, _ in entries], [column_of[c] for _, c in entries])
    amount_table = sparse.csr_array((list(entries.values()), where), shape=(len(units), len(codes)))
    return CodeTable(units, codes, titles, amount_table)


def code_adjacency(
    table: CodeTable,
    *,
    levels: Sequence[int] = (),
    measure: str = "association",
    specialised: bool = False,
    encoders: Sequence[Encoder] = (),
    weights: Sequence[float] | None = None,
    prior: float = 0.5,
    min_fused: float = 0.05,
    most: int = 50,
) -> list[Row]:
    """Measure every pair of codes: found together, title, classification, and the fused value.

    Parameters
    ----------
    table : from `read_codes`
    levels : characters of a code at each level of its tree, points and blanks left out
        (1, 3, 4) for IPC, (2, 3, 4) for NACE, (2, 3, 4, 5, 6) for NAICS; none: no tree is known.
    measure : association, cosine, jaccard, conditional or correlation
    specialised : take what a unit has an above-average share of (location quotient >= 1), as usual
        for regions; otherwise whatever it has, as usual for patents and projects
    encoders : for titles in any language they know; none: titles are not compared
    weights : of text, classification and cooccurrence, >= 0; those of the program by default
    prior : units, >= 0; how much evidence a pair needs, for association
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
    presence = specialised_presence(table.amount) if specialised else _present(table.amount)
    source = table.amount if measure == "correlation" else presence
    unknown = np.full((len(table.codes),) * 2, np.nan)
    signals = np.stack(
        [
            _title_signal(table, encoders) if encoders else unknown,
            hierarchy_signal(table.codes, levels) if levels else unknown,
            as_signal(source, measure, prior=prior),
        ]
    )
    fused = fuse_signals(signals, chosen)
    shown = {"together": amounts_together(presence)}
    for name in COOCCURRENCE_MEASURES:
        base = table.amount if name == "correlation" else presence
        shown[name] = cooccurrence_measure(base, name)
    columns = dict(zip(FIELD_SIGNALS[:3], signals, strict=True)) | shown
    rows = []
    for i, j in _listed(fused, min_fused, most):
        row: Row = {
            "code_a": table.codes[i],
            "code_b": table.codes[j],
            "fused": round(float(fused[i, j]), 4),
        }
        for name, matrix in columns.items():
            value = float(matrix[i, j])
            row[name] = None if math.isnan(value) else round(value, 4)
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["fused"], row["code_a"], row["code_b"]))


def hierarchy_signal(codes: Sequence[str], levels: Sequence[int]) -> Matrix:
    """Closeness in the tree a code spells: twice the common depth over the sum of both depths.

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
    if any(low >= high for low, high in zip((0, *levels), levels, strict=False)):
        raise ValueError(f"levels rise from at least 1 character, but they are {tuple(levels)}")
    plain = [_PUNCTUATION.sub("", code).upper() for code in codes]
    depth = np.array([sum(len(code) >= level for level in levels) for code in plain], dtype=float)
    common = np.zeros((len(codes), len(codes)))
    for level in levels:
        head = np.array([code[:level] if len(code) >= level else "" for code in plain])
        _, number = np.unique(head, return_inverse=True)
        common += (number[:, None] == number[None, :]) & (head != "")[:, None]
    depth[depth == 0] = np.nan
    closeness: Matrix = 2 * common / (depth[:, None] + depth[None, :])
    return closeness


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
    chosen = tuple(packaged_model().field.weights[:3] if given is None else given)
    if len(chosen) != 3 or not all(w >= 0 for w in chosen) or not sum(chosen) > 0:
        raise ValueError(
            "weights are three numbers >= 0, of text, classification and cooccurrence, one above "
            f"0, but they are {list(chosen)}"
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


def _present(amount: Any) -> Any:
    table = amount.copy()
    table.eliminate_zeros()
    table.data = np.ones_like(table.data)
    return table


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _amount(value: Any) -> float | None:
    if value is None or value == "":
        return 1.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
