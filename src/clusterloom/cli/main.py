"""The command line: a verb for each thing the api can do. Data to stdout, talk to stderr."""

from __future__ import annotations

import sys

import typer

from clusterloom.cli import (
    backtest,
    bridges,
    codes,
    dates,
    fit,
    introductions,
    neighbours,
    paradigm,
    plans,
    programme,
    synth,
    tables,
)
from clusterloom.errors import ClusterloomError

__all__ = ["app", "main"]

app = typer.Typer(
    name="clusterloom",
    help="From tables of organisations to a defensible plan for innovation clusters.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command("init")(tables.init)
app.command("import")(tables.import_)
app.command("run")(plans.run)
app.command("demo")(plans.demo)
app.command("show")(tables.show)
app.command("report")(plans.report)
app.command("export")(plans.export)
app.command("why")(plans.why)
app.command("clusters")(bridges.clusters)
app.command("partners")(bridges.partners)
app.command("introductions")(introductions.introductions)
app.command("programme")(programme.programme)
app.command("neighbours")(neighbours.neighbours)
app.command("paradigm")(paradigm.paradigm)
app.command("dates")(dates.dates)
app.command("kinship")(bridges.kinship)
app.command("check")(tables.check)
app.command("schema")(tables.schema)
app.command("recipe")(plans.recipe)
app.command("concordance")(tables.concordance)
app.command("adjacency")(codes.adjacency)
app.command("fit")(fit.fit)
app.command("synth")(synth.synth)
app.add_typer(backtest.app, name="backtest")


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
