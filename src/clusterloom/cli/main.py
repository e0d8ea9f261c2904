"""The command line: a verb for each thing the api can do. Data to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clusterloom.cli.backtest import backtest
from clusterloom.cli.bridges import register as register_bridges
from clusterloom.cli.codes import adjacency
from clusterloom.cli.dates import dates
from clusterloom.cli.fit import fit
from clusterloom.cli.neighbours import neighbours
from clusterloom.cli.programme import register as register_programme
from clusterloom.cli.synth import register as register_synth
from clusterloom.errors import ClusterloomError

if TYPE_CHECKING:
    from clusterloom.api import Plan, Project

__all__ = ["app", "main"]

app = typer.Typer(
    name="clusterloom",
    help="From tables of organisations to a defensible plan for innovation clusters.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="en, ru, be or zh.")]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", "-r", help="Recipe file (TOML); default: all defaults.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder or file to write.")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Plan id; default: the newest.")]

_DEFAULT_WORKSPACE = Path("clusterloom-workspace")
_LANGUAGES = ("en", "ru", "be", "zh")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")] = _DEFAULT_WORKSPACE,
    *,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a workspace: an empty folder that will hold tables, runs and plans."""
    from clusterloom.api import Project

    Project.create(folder)
    _out({"workspace": str(folder)}, [f"workspace {folder} is ready"], as_json=as_json)
    _say("next: clusterloom import SOURCE", quiet=quiet)


@app.command("import")
def import_(
    sources: Annotated[
        list[str],
        typer.Argument(help="Folder, workbook, cordis:PATH or embedded:NAME; several allowed."),
    ],
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    mapping: Annotated[Path | None, typer.Option(help="Column mapping file (TOML).")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take sources in; bad rows go to quarantine with the reason; twice changes nothing."""
    from clusterloom.api import Project

    project = Project.create(workspace)
    summaries = []
    for spec in sources:
        _say(f"reading {spec} …", quiet=quiet)
        summaries.append(project.import_source(spec, mapping=mapping).as_dict())
    lines = []
    for one in summaries:
        counts = ", ".join(f"{n} {name}" for name, n in one["rows"].items() if name != "source")
        state = "imported" if one["changed"] else "unchanged"
        lines.append(f"{one['source_id']}: {state}: {counts}")
        if one["quarantined"]:
            lines.append(f"  {one['quarantined']} rows in quarantine: clusterloom show quarantine")
        if one["places_not_found"]:
            lines.append(f"  {len(one['places_not_found'])} places not found")
    _out(summaries, lines, as_json=as_json)


@app.command()
def concordance(
    titles: Annotated[Path, typer.Argument(help="CSV file with the columns code and title.")],
    *,
    scheme: Annotated[str, typer.Option(help="Name, e.g. gbt4754 or euroscivoc.")],
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    out: OutOption = Path("concordance.csv"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draft which fields the codes of a classification lead to, from their titles."""
    from clusterloom.api import Project

    n = Project.create(workspace).draft_concordance(titles, scheme=scheme, out=out)
    _out({"codes": n, "file": str(out)}, [f"{n} codes: {out}"], as_json=as_json)
    _say("next: read and correct the draft, then import its folder with your tables", quiet=quiet)


@app.command()
def run(
    *,
    recipe: RecipeOption = None,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Plan folder to write.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the recipe and stop.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a recipe over the imported sources and make the plan."""
    from clusterloom.api import Project, read_recipe
    from clusterloom.plan.recipe import Recipe

    chosen = read_recipe(recipe) if recipe is not None else Recipe()
    if dry_run:
        _out(
            chosen.as_dict(),
            [json.dumps(chosen.as_dict(), ensure_ascii=False, indent=2)],
            as_json=as_json,
        )
        return
    plan = _run(Project.create(workspace), chosen, quiet=quiet)
    written = plan.write(out) if out is not None else []
    _finish(plan, written, as_json=as_json, quiet=quiet)


@app.command()
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


@app.command()
def show(
    table: Annotated[str, typer.Argument(help="A table's name, or `summary`.")] = "summary",
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    limit: Annotated[int, typer.Option(help="Rows to show; 0 = all.")] = 20,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the plan in short, or the rows of one table."""
    from clusterloom.api import Project, schema_tables

    project = Project.open(workspace)
    _checked_language(language)
    if table == "summary":
        chosen = project.plan(plan)
        _out(chosen.view(language), chosen.summary(language), as_json=as_json)
        return
    schema_tables(table)
    rows = _rows(project, table, plan)
    shown = rows[:limit] if limit else rows
    lines = ["\t".join("" if v is None else str(v) for v in row.values()) for row in shown]
    head = ["\t".join(shown[0])] if shown else []
    _out(shown, head + lines, as_json=as_json)
    _say(f"{len(shown)} of {len(rows)} rows of `{table}`", quiet=quiet)


@app.command()
def export(
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
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

    _checked_language(language)
    names = [name.strip() for name in formats.split(",") if name.strip()]
    written = Project.open(workspace).plan(plan).export(out, names, language=language)
    _out([str(p) for p in written], [str(p) for p in written], as_json=as_json)
    _say(f"{len(written)} files written", quiet=quiet)


@app.command()
def report(
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    out: OutOption = Path("report.html"),
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the report: one HTML file that needs no network."""
    from clusterloom.api import Project

    _checked_language(language)
    path = Project.open(workspace).plan(plan).report(out, language=language)
    _out({"report": str(path)}, [str(path)], as_json=as_json)
    _say("open it in a browser", quiet=quiet)


@app.command()
def check(
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    recipe: RecipeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Look a workspace (and a recipe) over: refused rows, missing places, damaged tables."""
    from clusterloom.api import Project, check_recipe

    if recipe is not None:
        check_recipe(recipe)
    found = Project.open(workspace).check()
    lines = [*found["findings"], *found["damaged"]] or ["nothing to report"]
    _out(found, lines, as_json=as_json)
    _say(f"{len(found['sources'])} sources, {len(found['plans'])} plans", quiet=quiet)
    if not found["ok"]:
        raise typer.Exit(1)


@app.command()
def why(
    row: Annotated[str, typer.Argument(help="table:key, e.g. membership:cluster-…~by-bsu")],
    *,
    workspace: WorkspaceOption = _DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Walk a row back: reasons, run and parameters, the rows it rests on, their sources."""
    from clusterloom.api import Project

    _checked_language(language)
    chain = Project.open(workspace).plan(plan).why(row, language=language)
    _out(chain, str(chain["text"]).splitlines(), as_json=as_json)


@app.command()
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
    _out(tables, lines, as_json=as_json)


@app.command()
def recipe(*, as_json: JsonOption = False) -> None:
    """Print a complete recipe with every parameter and its default."""
    from clusterloom.api import default_recipe_text

    text = default_recipe_text()
    _out({"recipe": text}, text.splitlines(), as_json=as_json)


app.command("adjacency")(adjacency)
app.command("fit")(fit)
app.command("neighbours")(neighbours)
app.command()(backtest)
app.command()(dates)


def main() -> None:
    """Run the command line; exit 0 done, 1 failed, 2 misused."""
    try:
        app()
    except ClusterloomError as fault:
        print(f"error: {fault}", file=sys.stderr)  # noqa: T201
        sys.exit(fault.exit_code)
    except KeyboardInterrupt:
        print("stopped; finished steps are kept", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _run(project: Project, recipe: Any, *, quiet: bool) -> Plan:
    """Run with a progress display on stderr."""
    if quiet or not sys.stderr.isatty():
        return project.run(
            recipe, progress=lambda name, i, n: _say(f"[{i}/{n}] {name}", quiet=quiet)
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
    _out({"plan_id": plan.plan_id, "files": files, **plan.view()}, plan.summary(), as_json=as_json)
    reports = [path for path in files if path.endswith(".html")]
    for path in reports:
        _say(f"report: {path}", quiet=quiet)
    if reports:
        _say(
            "next: open the report in a browser; correct or add rows in your own tables "
            "(folder to_fill_in has the forms), `clusterloom import` them and run again; "
            "`clusterloom why TABLE:KEY -w WORKSPACE` explains any row",
            quiet=quiet,
        )


def _rows(project: Project, table: str, plan_id: str | None) -> list[dict[str, Any]]:
    """Rows of a table of the plan; before the first plan, of the imported sources."""
    if project.workspace.ledger.plans() or plan_id is not None:
        return project.plan(plan_id).tables.rows(table)
    return project.workspace.inputs().rows(table)


def _checked_language(language: str) -> None:
    if language not in _LANGUAGES:
        from clusterloom.errors import UsageError

        raise UsageError(
            f"there is no language `{language}`", rule=f"languages are {', '.join(_LANGUAGES)}"
        )


def _out(data: Any, lines: Sequence[str], *, as_json: bool) -> None:
    text = (
        json.dumps(data, ensure_ascii=False, indent=2, default=str) if as_json else "\n".join(lines)
    )
    typer.echo(text)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(text, err=True)


# Commands in files of their own; they use the options above, so they come last.
from clusterloom.cli import backtest_links as _backtest_links  # noqa: E402, F401
from clusterloom.cli import introductions as _introductions  # noqa: E402, F401
from clusterloom.cli import paradigm as _paradigm  # noqa: E402, F401

register_bridges(app)
register_programme(app)
register_synth(app)
