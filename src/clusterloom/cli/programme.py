"""Command on the growth path: the joint programme of clusters."""

from __future__ import annotations

from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    LanguageOption,
    PlanOption,
    QuietOption,
    WorkspaceOption,
    print_result,
    say,
)

__all__ = ["programme"]

_Clusters = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of one or two clusters of the plan; default: all programmes."),
]


def programme(
    clusters: _Clusters = None,
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the growth path of clusters: phases, preconditions, milestones and what to do."""
    from clusterloom.api import Project
    from clusterloom.api.programme import programme_text, programmes

    chosen = Project.open(workspace).plan(plan)
    found = programmes(chosen, clusters or (), language=language)
    print_result(found, programme_text(found, language=language), as_json=as_json)
    say(f"{len(found)} programmes", quiet=quiet)
