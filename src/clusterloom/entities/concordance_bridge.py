"""Bridges: classifications whose codes are read as the codes of another, by a hand-made table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["BridgeLine", "bridged_schemes", "read_bridge"]

# Scheme -> the scheme its codes are brought to; tables: data/concordance/tables/*_bridge.csv.
_BASE = {"gbt4754": "isic"}


@dataclass(frozen=True)
class BridgeLine:
    """One code: what it is called, and the codes of `base` that it corresponds to.

    `fields` are named where the codes of `base` are coarser than what this code says; they then go
    before `targets`. Each of a line's targets, or fields, weighs the same.
    """

    code: str
    title: str  # Chinese and English, parted by " / "
    base: str
    targets: tuple[str, ...]
    fields: tuple[str, ...]


def bridged_schemes() -> tuple[str, ...]:
    """Names of the classifications that are read over a bridge."""
    return tuple(sorted(_BASE))


@cache
def read_bridge(scheme: str) -> tuple[BridgeLine, ...]:
    """Read the bridge of a classification, in order of its codes.

    Examples
    --------
    >>> [(line.code, line.targets) for line in read_bridge("gbt4754") if line.code == "66"]
    [('66', ('64',))]
    """
    file = files("clusterloom").joinpath("data", "concordance", "tables", f"{scheme}_bridge.csv")
    return tuple(
        BridgeLine(
            row["code"],
            f"{row['title_zh']} / {row['title_en']}",
            _BASE[scheme],
            tuple(filter(None, row["target"].split("|"))),
            tuple(filter(None, row["fields"].split("|"))),
        )
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    )
