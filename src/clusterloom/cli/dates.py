"""The command `dates`: the candidates of a plan, tested at several dates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["dates"]


def dates(
    year: Annotated[
        list[int], typer.Option("--year", help="Last year of a window; repeat for each date.")
    ],
    *,
    window: Annotated[int, typer.Option(help="Years in a window.")] = 5,
    workspace: Annotated[
        Path,
        typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
    ] = Path("clusterloom-workspace"),
    plan: Annotated[
        str | None, typer.Option("--plan", help="Plan id; default: the newest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Test the candidates of a plan again on the work of several dates."""
    from clusterloom.api import Project
    from clusterloom.api.dates import candidates_at

    found = candidates_at(Project.open(workspace).plan(plan), years=year, window=window)
    text = (
        json.dumps(found.as_dict(), ensure_ascii=False, indent=2)
        if as_json
        else "\n".join(found.lines())
    )
    typer.echo(text)
