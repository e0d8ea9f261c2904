"""The command `backtest density`: would a measure have foreseen what has happened since?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    PlanOption,
    WorkspaceOption,
    print_result,
)

__all__ = ["density"]


def density(
    *,
    table: Annotated[
        Path | None,
        typer.Option(help="CSV with place, field, year and weight; default: the newest plan."),
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    level: Annotated[
        str, typer.Option(help="Places of a plan: place, region, country or organisation.")
    ] = "place",
    year: Annotated[
        int | None, typer.Option(help="Last year of the earlier window; default: the latest.")
    ] = None,
    horizon: Annotated[int, typer.Option(help="Years to look ahead.")] = 5,
    window: Annotated[int, typer.Option(help="Years in each of the two windows.")] = 5,
    at_least: Annotated[
        float, typer.Option(help="Location quotient from which a place is specialised.")
    ] = 1.0,
    min_weight: Annotated[
        float, typer.Option(help="Least amount of work that counts as a specialisation.")
    ] = 0.0,
    n_bootstrap: Annotated[int, typer.Option(help="Draws of places for the intervals.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask whether density at one date foresaw new specialisations at a later one."""
    from clusterloom.api import Project
    from clusterloom.api.backtest import density_backtest, read_place_field_years, work_by_place

    rows = (
        read_place_field_years(table)
        if table is not None
        else work_by_place(Project.open(workspace).plan(plan).tables, level=level)
    )
    found = density_backtest(
        rows,
        year=year,
        horizon=horizon,
        window=window,
        at_least=at_least,
        min_weight=min_weight,
        n_bootstrap=n_bootstrap,
        seed=seed,
    )
    print_result(found.as_dict(), found.lines(), as_json=as_json)
