"""The command `fit`: weights from the user's own past."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    EncoderOption,
    JsonOption,
    PrefixOption,
    QuietOption,
    WorkspaceOption,
    chosen_encoders,
    print_result,
    say,
)

__all__ = ["Fitted", "fit"]


class Fitted(StrEnum):
    """What can be fitted."""

    ADJACENCY = "adjacency"


def fit(
    what: Annotated[Fitted, typer.Argument(help="What to fit: adjacency.")],
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    year: Annotated[
        int | None,
        typer.Option(help="Signals are from before it, links from it on; default: from the data."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws for the intervals; at least 20.")] = 200,
    seed: Annotated[int, typer.Option(help="Starts the random draws.")] = 0,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take the packaged weights again.")
    ] = False,
    encoder: EncoderOption = None,
    encoder_prefix: PrefixOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fit weights to what became linked in your own data; the next run uses them."""
    from clusterloom.api import Project
    from clusterloom.api.fit import fit_adjacency, forget_adjacency

    project = Project.open(workspace, encoders=chosen_encoders(encoder, encoder_prefix))
    if forget:
        had = forget_adjacency(project)
        line = f"the packaged weights of {what.value} serve" + ("" if had else " already")
        print_result({"forgotten": had}, [line], as_json=as_json)
        return
    say("reading, classifying and fitting …", quiet=quiet)
    found = fit_adjacency(project, year=year, seed=seed, draws=draws)
    lines = [*found["field"]["words"], *found["organisation"]["words"]]
    print_result(found, lines, as_json=as_json)
    say(f"written: {found['file']}; next: clusterloom run", quiet=quiet)
