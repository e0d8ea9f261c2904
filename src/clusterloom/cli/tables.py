"""Commands on tables: take sources in, look at them, say what they must hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clusterloom.api import Project

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
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
    chosen_encoders,
    print_result,
    say,
)

__all__ = ["check", "concordance", "import_", "init", "schema", "show"]


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")] = DEFAULT_WORKSPACE,
    *,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a workspace: an empty folder that will hold tables, runs and plans."""
    from clusterloom.api import Project

    Project.create(folder)
    print_result({"workspace": str(folder)}, [f"workspace {folder} is ready"], as_json=as_json)
    say("next: clusterloom import SOURCE", quiet=quiet)


def import_(
    sources: Annotated[
        list[str],
        typer.Argument(help="Folder, workbook, cordis:PATH or embedded:NAME; several allowed."),
    ],
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    mapping: Annotated[Path | None, typer.Option(help="Column mapping file (TOML).")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take sources in; bad rows go to quarantine with the reason; twice changes nothing."""
    from clusterloom.api import Project

    project = Project.create(workspace)
    summaries = []
    for spec in sources:
        say(f"reading {spec} …", quiet=quiet)
        summaries.append(project.import_source(spec, mapping=mapping).as_dict())
    lines = []
    for one in summaries:
        counts = ", ".join(f"{n} {name}" for name, n in one["rows"].items() if name != "source")
        state = "imported" if one["changed"] else "unchanged"
        lines.append(f"{one['source_id']}: {state}: {counts}")
        if one["quarantined"]:
            lines.append(f"  {one['quarantined']} rows in quarantine: clusterloom show quarantine")
        if one["texts_moved"]:
            lines.append(f"  {one['texts_moved']} texts moved to the column of their language")
        if one["places_not_found"]:
            lines.append(f"  {len(one['places_not_found'])} places not found")
    print_result(summaries, lines, as_json=as_json)


def concordance(
    titles: Annotated[
        Path, typer.Argument(help="CSV or XLSX file with the columns code and title.")
    ],
    *,
    scheme: Annotated[str, typer.Option(help="Name, e.g. gbt4754 or euroscivoc.")],
    against: Annotated[
        str, typer.Option(help="Known classification to match by titles, e.g. nace or isic.")
    ] = "",
    against_titles: Annotated[
        Path | None, typer.Option(help="CSV file of its codes and titles, unless they are known.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    encoder: EncoderOption = None,
    encoder_prefix: PrefixOption = "",
    out: OutOption = Path("concordance.csv"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draft which fields the codes of a classification lead to, from their titles."""
    from clusterloom.api import Project

    project = Project.create(workspace, encoders=chosen_encoders(encoder, encoder_prefix))
    n = project.draft_concordance(
        titles, scheme=scheme, out=out, against=against, against_titles=against_titles
    )
    print_result({"codes": n, "file": str(out)}, [f"{n} codes: {out}"], as_json=as_json)
    say("next: read and correct the draft, then import its folder with your tables", quiet=quiet)


def show(
    table: Annotated[str, typer.Argument(help="A table's name, or `summary`.")] = "summary",
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    limit: Annotated[int, typer.Option(help="Rows to show; 0 = all.")] = 20,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the plan in short, or the rows of one table."""
    from clusterloom.api import Project, schema_tables

    project = Project.open(workspace)
    checked_language(language)
    if table == "summary":
        chosen = project.plan(plan)
        print_result(chosen.view(language), chosen.summary(language), as_json=as_json)
        return
    schema_tables(table)
    rows = _rows(project, table, plan)
    shown = rows[:limit] if limit else rows
    lines = ["\t".join("" if v is None else str(v) for v in row.values()) for row in shown]
    head = ["\t".join(shown[0])] if shown else []
    print_result(shown, head + lines, as_json=as_json)
    say(f"{len(shown)} of {len(rows)} rows of `{table}`", quiet=quiet)


def check(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    recipe: RecipeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Look a workspace (and a recipe) over: refused rows, places, encoders, damaged tables."""
    from clusterloom.api import Project, check_recipe

    if recipe is not None:
        check_recipe(recipe)
    found = Project.open(workspace).check()
    lines = [*found["findings"], *found["damaged"]] or ["nothing to report"]
    print_result(found, lines, as_json=as_json)
    say(f"{len(found['sources'])} sources, {len(found['plans'])} plans", quiet=quiet)
    if not found["ok"]:
        raise typer.Exit(1)


def schema(
    table: Annotated[str | None, typer.Argument(help="One table; default: all.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print the tables with every column: type, unit, meaning, null rule, example."""
    from clusterloom.api import schema_tables

    tables = schema_tables(table)
    lines: list[str] = []
    for one in tables:
        lines += [
            f"{one['name']} ({one['kind']}): {one['meaning']}",
            f"  key: {', '.join(one['key'])}",
        ]
        for column in one["columns"]:
            unit = "" if column["unit"] == "-" else f" [{column['unit']}]"
            null = "required" if column["null"] == "never" else f"empty = {column['null']}"
            lines.append(
                f"  {column['name']}: {column['type']}{unit}: {column['meaning']}; "
                f"{null}; e.g. {column['example']}"
            )
        lines.append("")
    print_result(tables, lines, as_json=as_json)


def _rows(project: Project, table: str, plan_id: str | None) -> list[dict[str, Any]]:
    """Rows of a table of the plan; before the first plan, of the imported sources."""
    if project.workspace.ledger.plans() or plan_id is not None:
        return project.plan(plan_id).tables.rows(table)
    return project.workspace.inputs().rows(table)
