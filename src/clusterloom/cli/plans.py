"""Commands on plans: run a recipe, and show, export and explain what came out."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clusterloom.api import Plan, Project

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    ENCODER_VARIABLE,
    EncoderOption,
    JsonOption,
    LanguageOption,
    OutOption,
    PlanOption,
    PrefixOption,
    QuietOption,
    RecipeOption,
    WorkspaceOption,
    checked_language,
    print_result,
    say,
)

__all__ = ["demo", "export", "recipe", "report", "run", "why"]


def run(
    *,
    recipe: RecipeOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Plan folder to write.")] = None,
    encoder: EncoderOption = None,
    encoder_prefix: PrefixOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the recipe and stop.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a recipe over the imported sources and make the plan."""
    from clusterloom.api import Project, read_recipe
    from clusterloom.errors import UsageError
    from clusterloom.plan.recipe import Recipe

    chosen = read_recipe(recipe) if recipe is not None else Recipe()
    if encoder_prefix and encoder is None:
        raise UsageError(
            "--encoder-prefix is given without --encoder",
            rule="it is put before every text an encoder of your own reads",
            hint="name the encoder: --encoder PATH",
        )
    # What a variable says for every run yields to what this recipe says of itself.
    by_variable = encoder is not None and os.environ.get(ENCODER_VARIABLE) == str(encoder)
    if encoder is not None and not (by_variable and chosen.text):
        # Written into the recipe, so that the plan says what it rests on.
        own = {"encoder": str(encoder), **({"prefix": encoder_prefix} if encoder_prefix else {})}
        chosen = dataclasses.replace(chosen, text=own)
    if dry_run:
        print_result(
            chosen.as_dict(),
            [json.dumps(chosen.as_dict(), ensure_ascii=False, indent=2)],
            as_json=as_json,
        )
        return
    plan = _run(Project.create(workspace), chosen, quiet=quiet)
    written = plan.write(out) if out is not None else []
    _finish(plan, written, as_json=as_json, quiet=quiet)


def demo(
    *,
    out: OutOption = Path("demo"),
    example: Annotated[str, typer.Option(help="belarus_china or valley.")] = "belarus_china",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run the main job on an embedded example and write the plan folder."""
    from clusterloom.api import Project, embedded_recipe

    recipe = embedded_recipe(example)
    project = Project.create(out / "workspace")
    plan = _run(project, recipe, quiet=quiet)
    _finish(plan, plan.write(out / "plan"), as_json=as_json, quiet=quiet)


def export(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    formats: Annotated[
        str, typer.Option("--format", "-f", help="csv,xlsx,geojson,gexf,graphml,json,svg")
    ] = "csv,xlsx",
    out: OutOption = Path("export"),
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the plan's tables in other programs' formats."""
    from clusterloom.api import Project

    checked_language(language)
    names = [name.strip() for name in formats.split(",") if name.strip()]
    written = Project.open(workspace).plan(plan).export(out, names, language=language)
    print_result([str(p) for p in written], [str(p) for p in written], as_json=as_json)
    say(f"{len(written)} files written", quiet=quiet)


def report(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    out: OutOption = Path("report.html"),
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the report: one HTML file that needs no network."""
    from clusterloom.api import Project

    checked_language(language)
    path = Project.open(workspace).plan(plan).report(out, language=language)
    print_result({"report": str(path)}, [str(path)], as_json=as_json)
    say("open it in a browser", quiet=quiet)


def why(
    row: Annotated[str, typer.Argument(help="table:key, e.g. membership:cluster-…~by-bsu")],
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Walk a row back: reasons, run and parameters, the rows it rests on, their sources."""
    from clusterloom.api import Project

    checked_language(language)
    chain = Project.open(workspace).plan(plan).why(row, language=language)
    print_result(chain, str(chain["text"]).splitlines(), as_json=as_json)


def recipe(*, as_json: JsonOption = False) -> None:
    """Print a complete recipe with every parameter and its default."""
    from clusterloom.api import default_recipe_text

    text = default_recipe_text()
    print_result({"recipe": text}, text.splitlines(), as_json=as_json)


def _run(project: Project, recipe: Any, *, quiet: bool) -> Plan:
    """Run with a progress display on stderr; first say what makes its texts less sure."""
    for line in project.encoder_notes(recipe):
        say(f"note: {line}", quiet=quiet)
    if quiet or not sys.stderr.isatty():
        return project.run(
            recipe, progress=lambda name, i, n: say(f"[{i}/{n}] {name}", quiet=quiet)
        )
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as display:
        task = display.add_task("reading sources", total=None)

        def step(name: str, number: int, total: int) -> None:
            display.update(task, description=name, completed=number - 1, total=total)

        plan = project.run(recipe, progress=step)
        display.update(task, description="done", completed=1, total=1)
    return plan


def _finish(plan: Plan, written: Sequence[Path], *, as_json: bool, quiet: bool) -> None:
    files = [str(path) for path in written]
    print_result(
        {"plan_id": plan.plan_id, "files": files, **plan.view()}, plan.summary(), as_json=as_json
    )
    reports = [path for path in files if path.endswith(".html")]
    for path in reports:
        say(f"report: {path}", quiet=quiet)
    if reports:
        say(
            "next: open the report in a browser; correct or add rows in your own tables "
            "(folder to_fill_in has the forms), `clusterloom import` them and run again; "
            "`clusterloom why TABLE:KEY -w WORKSPACE` explains any row",
            quiet=quiet,
        )
