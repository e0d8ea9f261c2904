"""The group `backtest`: would a measure have foreseen what has happened since?"""

from __future__ import annotations

import typer

from clusterloom.cli.backtest_density import density
from clusterloom.cli.backtest_links import links

__all__ = ["app"]

app = typer.Typer(
    help="Test a measure on the past: would it have foreseen what has happened since?",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("density")(density)
app.command("links")(links)
