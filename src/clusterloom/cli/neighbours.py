"""The command `neighbours`: who is nearest to an organisation, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["neighbours"]


def neighbours(
    org: Annotated[str, typer.Argument(help="Id of an organisation, or part of its name.")],
    *,
    workspace: Annotated[
        Path,
        typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
    ] = Path("clusterloom-workspace"),
    plan: Annotated[
        str | None, typer.Option("--plan", help="Plan id; default: the newest.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Neighbours to show.")] = 10,
    language: Annotated[str, typer.Option("--language", "-l", help="en, ru, be or zh.")] = "en",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON on stdout.")
    ] = False,
) -> None:
    """Show which organisations are nearest to one by what they do, signal by signal, and why."""
    from clusterloom.api import Project
    from clusterloom.api.neighbours import neighbours as find
    from clusterloom.cli.main import _checked_language, _out

    _checked_language(language)
    found = find(Project.open(workspace), org, plan_id=plan, limit=limit, language=language)
    lines = [f"{found['name']} ({found['org_id']})"]
    if found["note"]:
        lines.append(found["note"])
    for one in found["neighbours"]:
        lines.append(f"{one['rank']}. {one['name']} ({one['org_id']}): {_values(one)}")
        lines += [f"   - {sentence}" for sentence in one["reasons"]]
    _out(found, lines, as_json=as_json)


def _values(one: dict[str, Any]) -> str:
    names = ("fused", "profile", "text", "partners")
    return ", ".join(
        f"{name} {'not known' if one[name] is None else format(one[name], '.2f')}" for name in names
    )
