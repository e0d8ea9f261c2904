"""The command `adjacency`: which codes of a classification are near each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import JsonOption, QuietOption, print_result, say

__all__ = ["ColumnOption", "LevelOption", "LinksOption", "TreeOption", "adjacency", "columns_of"]

TreeOption = Annotated[
    str,
    typer.Option(
        help="ipc, nace, isic, naics, okved, oked, gbt4754 …, or characters a level: 1,3,4; "
        "default: what the file says."
    ),
]
LevelOption = Annotated[
    str, typer.Option(help="Take codes up to this level, e.g. subclass, division, group.")
]
LinksOption = Annotated[
    Path | None, typer.Option(help="File of links between units: unit_a, unit_b, year.")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(help="COLUMN=HEADING, where the program cannot tell; several allowed."),
]


def adjacency(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV, xlsx or Parquet: unit, code (or text) and, where known, amount, year, "
            "title, scheme."
        ),
    ],
    *,
    tree: TreeOption = "",
    level: LevelOption = "",
    links: LinksOption = None,
    measure: Annotated[
        str, typer.Option(help="association, cosine, jaccard, conditional or correlation.")
    ] = "association",
    specialised: Annotated[
        bool, typer.Option("--specialised", help="Count what a unit has an above-average share of.")
    ] = False,
    titles: Annotated[
        bool, typer.Option("--titles/--no-titles", help="Compare the titles of the codes.")
    ] = True,
    weights: Annotated[
        str,
        typer.Option(
            help="prior, packaged, a file of `fit adjacency --codes`, or four numbers: text, "
            "classification, cooccurrence, link."
        ),
    ] = "prior",
    prior: Annotated[
        float, typer.Option(help="Units or links; evidence a pair needs to be believed.")
    ] = 0.5,
    since: Annotated[int | None, typer.Option(help="Leave out rows of earlier years.")] = None,
    until: Annotated[int | None, typer.Option(help="Leave out rows of later years.")] = None,
    column: ColumnOption = None,
    min_fused: Annotated[float, typer.Option(help="0 to 1; weaker pairs are left out.")] = 0.05,
    most: Annotated[int, typer.Option(help="Nearest codes listed of each code.")] = 50,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path(
        "adjacency.csv"
    ),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure which codes of any classification are adjacent, from who does how much of each."""
    from clusterloom.api.codes import adjacency_of_codes

    say(f"reading {table} and comparing …", quiet=quiet)
    found = adjacency_of_codes(
        table,
        out=out,
        links=links,
        tree=tree,
        level=level,
        measure=measure,
        specialised=specialised,
        titles=titles,
        weights=weights,
        prior=prior,
        since=since,
        until=until,
        columns=columns_of(column),
        min_fused=min_fused,
        most=most,
    )
    print_result(found, found["words"], as_json=as_json)
    if found["weights_origin"] == "prior":
        say("next: fit weights to your own past, if your rows have years", quiet=quiet)


def columns_of(pairs: list[str] | None) -> dict[str, str]:
    """Return column -> heading from words such as ``unit=Заявка``."""
    from clusterloom.errors import UsageError

    columns = {}
    for pair in pairs or []:
        column, separator, heading = pair.partition("=")
        if not separator or not heading.strip():
            raise UsageError(
                f"`--column {pair}` says no heading", rule="write COLUMN=HEADING, e.g. unit=firm"
            )
        columns[column.strip()] = heading.strip()
    return columns
