"""The command `fit`: weights from the user's own past."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Fitted", "fit"]


class Fitted(StrEnum):
    """What can be fitted."""

    ADJACENCY = "adjacency"


def fit(
    what: Annotated[Fitted, typer.Argument(help="What to fit: adjacency.")],
    *,
    workspace: Annotated[
        Path,
        typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
    ] = Path("clusterloom-workspace"),
    year: Annotated[
        int | None,
        typer.Option(help="Signals are from before it, links from it on; default: from the data."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws for the intervals; at least 20.")] = 200,
    seed: Annotated[int, typer.Option(help="Starts the random draws.")] = 0,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take the packaged weights again.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON on stdout.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")] = False,
) -> None:
    """Fit weights to what became linked in your own data; the next run uses them."""
    from clusterloom.api import Project
    from clusterloom.api.fit import fit_adjacency, forget_adjacency
    from clusterloom.cli.main import _out, _say

    project = Project.open(workspace)
    if forget:
        had = forget_adjacency(project)
        line = f"the packaged weights of {what.value} serve" + ("" if had else " already")
        _out({"forgotten": had}, [line], as_json=as_json)
        return
    _say("reading, classifying and fitting …", quiet=quiet)
    found = fit_adjacency(project, year=year, seed=seed, draws=draws)
    lines = [*found["field"]["words"], *found["organisation"]["words"]]
    _out(found, lines, as_json=as_json)
    _say(f"written: {found['file']}; next: clusterloom run", quiet=quiet)
