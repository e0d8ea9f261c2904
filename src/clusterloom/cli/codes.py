"""The command `adjacency`: which codes of a classification are near each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import (
    JsonOption,
    print_result,
)

__all__ = ["adjacency"]


def adjacency(
    table: Annotated[
        Path, typer.Argument(help="CSV file: unit, code and, where known, amount, title.")
    ],
    *,
    tree: Annotated[
        str, typer.Option(help="ipc, nace, isic, naics, or characters a level: 1,3,4.")
    ] = "",
    measure: Annotated[
        str, typer.Option(help="association, cosine, jaccard, conditional or correlation.")
    ] = "association",
    specialised: Annotated[
        bool, typer.Option("--specialised", help="Count what a unit has an above-average share of.")
    ] = False,
    titles: Annotated[
        bool, typer.Option("--titles", help="Compare the titles of the codes as well.")
    ] = False,
    min_fused: Annotated[float, typer.Option(help="0 to 1; weaker pairs are left out.")] = 0.05,
    most: Annotated[int, typer.Option(help="Nearest codes listed of each code.")] = 50,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path(
        "adjacency.csv"
    ),
    as_json: JsonOption = False,
) -> None:
    """Measure which codes of any classification are adjacent, from who does how much of each."""
    from clusterloom.api.codes import adjacency_of_codes

    n = adjacency_of_codes(
        table,
        out=out,
        tree=tree,
        measure=measure,
        specialised=specialised,
        titles=titles,
        min_fused=min_fused,
        most=most,
    )
    print_result({"pairs": n, "file": str(out)}, [f"{n} pairs: {out}"], as_json=as_json)
