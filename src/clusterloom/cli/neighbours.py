"""The command `neighbours`: who is nearest to an organisation, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    LanguageOption,
    PlanOption,
    WorkspaceOption,
    checked_language,
    print_result,
)

__all__ = ["neighbours"]


def neighbours(
    org: Annotated[str, typer.Argument(help="Id of an organisation, or part of its name.")],
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    limit: Annotated[int, typer.Option(help="Neighbours to show.")] = 10,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show which organisations are nearest to one by what they do, signal by signal, and why."""
    from clusterloom.api import Project
    from clusterloom.api.neighbours import neighbours as find

    checked_language(language)
    found = find(Project.open(workspace), org, plan_id=plan, limit=limit, language=language)
    lines = [f"{found['name']} ({found['org_id']})"]
    if found["note"]:
        lines.append(found["note"])
    for one in found["neighbours"]:
        lines.append(f"{one['rank']}. {one['name']} ({one['org_id']}): {_values(one)}")
        lines += [f"   - {sentence}" for sentence in one["reasons"]]
    print_result(found, lines, as_json=as_json)


def _values(one: dict[str, Any]) -> str:
    names = ("fused", "profile", "text", "partners")
    return ", ".join(
        f"{name} {'not known' if one[name] is None else format(one[name], '.2f')}" for name in names
    )
