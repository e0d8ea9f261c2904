"""Command on the growth path: the joint programme of clusters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

_Clusters = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of one or two clusters of the plan; default: all programmes."),
]
_Workspace = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
]
_Plan = Annotated[str | None, typer.Option("--plan", help="Plan id; default: the newest.")]
_Language = Annotated[str, typer.Option("--language", "-l", help="en, ru, be or zh.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]

_DEFAULT_WORKSPACE = Path("clusterloom-workspace")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(programme)


def programme(
    clusters: _Clusters = None,
    *,
    workspace: _Workspace = _DEFAULT_WORKSPACE,
    plan: _Plan = None,
    language: _Language = "en",
    as_json: _Json = False,
    quiet: _Quiet = False,
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
