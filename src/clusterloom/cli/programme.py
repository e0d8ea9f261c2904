"""Command on the growth path: the joint programme of clusters."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    LanguageOption,
    PlanOption,
    QuietOption,
    WorkspaceOption,
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
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(programme_text(found, language=language)))
    if not quiet:
        typer.echo(f"{len(found)} programmes", err=True)
