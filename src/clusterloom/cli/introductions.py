"""The command `introductions`: a timetable of meetings for a real event."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    LanguageOption,
    PlanOption,
    QuietOption,
    WorkspaceOption,
    checked_language,
    print_result,
    say,
)

__all__ = ["introductions"]


def introductions(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    per_organisation: Annotated[
        int, typer.Option(help="Meetings of one organisation at most.")
    ] = 3,
    rounds: Annotated[int, typer.Option(help="Rounds of the event.")] = 6,
    cluster: Annotated[
        list[str] | None, typer.Option(help="Cluster id that takes part; several allowed.")
    ] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Invite partners one step outside too.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the workbook and CSV files.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a timetable of the missing ties: who meets whom in which round, and why."""
    from clusterloom.api import Project
    from clusterloom.api.introductions import plan_event

    checked_language(language)
    event = plan_event(
        Project.open(workspace).plan(plan),
        per_organisation=per_organisation,
        rounds=rounds,
        clusters=tuple(cluster or ()),
        outside=outside,
    )
    print_result(event.view(language), event.lines(language), as_json=as_json)
    for path in event.write(out, language=language) if out is not None else []:
        say(str(path), quiet=quiet)
    better = "no better choice exists" if event.gap == 0 else f"at most {event.gap:.1%} better"
    say(f"{len(event.meetings)} meetings; {better}", quiet=quiet)
