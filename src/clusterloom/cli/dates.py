"""The command `dates`: the candidates of a plan, tested at several dates."""

from __future__ import annotations

from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    PlanOption,
    WorkspaceOption,
    print_result,
)

__all__ = ["dates"]


def dates(
    year: Annotated[
        list[int], typer.Option("--year", help="Last year of a window; repeat for each date.")
    ],
    *,
    window: Annotated[int, typer.Option(help="Years in a window.")] = 5,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test the candidates of a plan again on the work of several dates."""
    from clusterloom.api import Project
    from clusterloom.api.dates import candidates_at

    found = candidates_at(Project.open(workspace).plan(plan), years=year, window=window)
    print_result(found.as_dict(), found.lines(), as_json=as_json)
