"""Adjacency of the codes of any classification, from a file of the user's own."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError, UsageError
from clusterloom.networks.code_adjacency import CODE_COLUMNS, code_adjacency, read_codes

__all__ = ["CODE_COLUMNS", "adjacency_of_codes", "code_adjacency", "read_codes"]

TREES = {"ipc": (1, 3, 4), "nace": (2, 3, 4), "isic": (2, 3, 4), "naics": (2, 3, 4, 5, 6)}


def adjacency_of_codes(
    path: Path,
    *,
    out: Path,
    tree: str = "",
    measure: str = "association",
    specialised: bool = False,
    titles: bool = False,
    min_fused: float = 0.05,
    most: int = 50,
) -> int:
    """Read a CSV file of units and codes and write the adjacency of its codes as CSV.

    Parameters
    ----------
    path : file with the columns unit, code and, where known, amount and title
    out : file to write
    tree : ipc, nace, isic, naics, characters at each level such as ``1,3,4``, or empty for none
    measure, specialised, min_fused, most : see `code_adjacency`
    titles : compare titles by the program's encoders

    Returns
    -------
    number of pairs

    Raises
    ------
    SourceError
        If the file cannot be read or has faulty rows.
    UsageError
        If the tree or the measure is unknown.
    """
    from clusterloom.text import Encoder, usable_encoders
    from clusterloom.views.exports import write_csv

    levels = _levels(tree)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {"unit", "code"} - set(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise SourceError(f"cannot read {path}: {fault}", hint="save it as CSV in UTF-8") from fault
    if missing:
        raise SourceError(
            f"{path} has no column `{sorted(missing)[0]}`",
            rule="the columns are unit, code and, where known, amount and title",
            hint="rename the columns in the first line of the file",
        )
    encoders: Sequence[Encoder] = usable_encoders() if titles else ()
    try:
        found: list[dict[str, Any]] = code_adjacency(
            read_codes(rows),
            levels=levels,
            measure=measure,
            specialised=specialised,
            encoders=encoders,
            min_fused=min_fused,
            most=most,
        )
    except ValueError as fault:
        raise UsageError(str(fault)) from fault
    write_csv(out, list(CODE_COLUMNS), found)
    return len(found)


def _levels(tree: str) -> tuple[int, ...]:
    if not tree:
        return ()
    if tree in TREES:
        return TREES[tree]
    parts = tree.split(",")
    if not all(part.strip().isdigit() for part in parts):
        raise UsageError(
            f"there is no tree `{tree}`",
            rule=f"trees are {', '.join(TREES)}, or the characters at each level, such as 1,3,4",
        )
    return tuple(int(part) for part in parts)
