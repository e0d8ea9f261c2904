"""The command `backtest links`: how well ties to come can be ranked, on a past with days."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import (
    JsonOption,
    QuietOption,
    print_result,
    say,
)

__all__ = ["links"]


def links(
    participations: Annotated[
        Path, typer.Argument(help="CSV file, one line for each organisation in each event.")
    ],
    *,
    days: Annotated[
        str, typer.Option(help="Four days: fit from, fit to, choose to, test to.")
    ] = "2015-06-30,2015-12-31,2016-12-31,2018-12-31",
    topics: Annotated[
        Path | None, typer.Option(help="CSV file of events and their topics.")
    ] = None,
    columns: Annotated[
        str, typer.Option(help="Your columns, e.g. event=project,organisation=org.")
    ] = "",
    n_positive: Annotated[int, typer.Option(help="New ties drawn from each period.")] = 20_000,
    n_negative: Annotated[int, typer.Option(help="Pairs without a tie for each of them.")] = 5,
    resamples: Annotated[int, typer.Option(help="Bootstrap draws of events.")] = 500,
    seed: Annotated[int, typer.Option(help="Starts the draws.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Rank ties to come from the past up to a day, and test the ranking on what came after."""
    from clusterloom.api.backtest_links import run_link_backtest

    say("reading, drawing pairs and fitting: this takes some minutes …", quiet=quiet)
    done = run_link_backtest(
        participations,
        days=_days(days),
        topics=topics,
        columns=_columns(columns),
        n_positive=n_positive,
        n_negative=n_negative,
        resamples=resamples,
        seed=seed,
    )
    print_result(done.as_dict(), done.lines(), as_json=as_json)
    if done.n_left_out:
        say(f"{done.n_left_out} lines without event, organisation or day left out", quiet=quiet)


def _days(text: str) -> list[datetime.date]:
    from clusterloom.errors import UsageError

    try:
        return [datetime.date.fromisoformat(part.strip()) for part in text.split(",")]
    except ValueError as fault:
        raise UsageError(f"--days is `{text}`", rule="days are written 2017-01-31") from fault


def _columns(text: str) -> dict[str, str]:
    from clusterloom.errors import UsageError
    from clusterloom.sources.participations import COLUMNS

    named: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        key, _, name = part.partition("=")
        if key not in COLUMNS or not name:
            raise UsageError(
                f"--columns has `{part}`", rule=f"NAME=COLUMN; names are {', '.join(COLUMNS)}"
            )
        named[key] = name
    return named
