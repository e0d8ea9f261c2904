"""The command `paradigm`: what the mapping in force says, and what another one would change."""

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

__all__ = ["paradigm"]


def paradigm(
    *,
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping file to compare with; default: only count.")
    ] = None,
    statements_first: Annotated[
        bool | None,
        typer.Option(
            "--statements-first/--mapping-first",
            help="Do statements of sources come before the mapping? Default: as the plan.",
        ),
    ] = None,
    template: Annotated[
        Path | None, typer.Option(help="Write the project's own mapping here, to start from.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    limit: Annotated[int, typer.Option(help="Organisations to show; 0 = all.")] = 20,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show which organisations another paradigm mapping would change, old and new, and why."""
    from clusterloom.api import Project
    from clusterloom.api.paradigm import (
        mapping_changes,
        paradigm_standing,
        paradigm_text,
        write_mapping_template,
    )

    checked_language(language)
    if template is not None:
        written = write_mapping_template(template)
        print_result({"file": str(written)}, [str(written)], as_json=as_json)
        say("next: change its lines, then `clusterloom paradigm --mapping FILE`", quiet=quiet)
        return
    project = Project.open(workspace)
    if mapping is None:
        view = paradigm_standing(project, plan_id=plan)
    else:
        view = mapping_changes(
            project,
            mapping,
            plan_id=plan,
            statements_first=statements_first,
            language=language,
        )
        say(
            f'to use it in a run: [stages.paradigm] mapping = "{mapping}" in the recipe',
            quiet=quiet,
        )
    print_result(view, paradigm_text(view, language=language, limit=limit), as_json=as_json)
