"""The command `fit`: weights from the user's own past."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clusterloom.cli.codes import ColumnOption, LevelOption, LinksOption, TreeOption, columns_of
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

if TYPE_CHECKING:
    from clusterloom.text import Encoder

__all__ = ["Fitted", "fit"]


class Fitted(StrEnum):
    """What can be fitted."""

    ADJACENCY = "adjacency"


def fit(
    what: Annotated[Fitted, typer.Argument(help="What to fit: adjacency.")],
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    codes: Annotated[
        Path | None,
        typer.Option(help="Fit to this file of units, codes and years instead of a workspace."),
    ] = None,
    links: LinksOption = None,
    tree: TreeOption = "",
    level: LevelOption = "",
    outcome: Annotated[
        str | None,
        typer.Option(
            help="When codes count as linked: moves, together or links; default: moves where "
            "units last, else together."
        ),
    ] = None,
    measure: Annotated[
        str, typer.Option(help="association, cosine, jaccard, conditional or correlation.")
    ] = "association",
    specialised: Annotated[
        bool, typer.Option("--specialised", help="Count what a unit has an above-average share of.")
    ] = False,
    titles: Annotated[
        bool, typer.Option("--titles/--no-titles", help="Compare the titles of the codes.")
    ] = True,
    column: ColumnOption = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File of weights to write, with --codes.")
    ] = Path("adjacency-weights.json"),
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
    from clusterloom.api.fit_codes import fit_codes
    from clusterloom.errors import UsageError

    if codes is None:
        _needs_codes(
            links=links,
            tree=tree,
            level=level,
            outcome=outcome,
            column=column,
            measure=measure != "association",
            specialised=specialised,
            no_titles=not titles,
        )
        _fit_workspace(
            workspace,
            what=what,
            year=year,
            draws=draws,
            seed=seed,
            forget=forget,
            encoders=chosen_encoders(encoder, encoder_prefix),
            as_json=as_json,
            quiet=quiet,
        )
        return
    if forget:
        raise UsageError(
            "--forget is given with --codes",
            rule="weights of a file of codes are a file of their own",
            hint="remove the file, or leave --codes out",
        )
    if encoder is not None:
        raise UsageError(
            "--encoder is given with --codes",
            rule="titles of codes are compared by the encoders that come with the program",
            hint="leave --encoder out, or give --no-titles",
        )
    say("reading and fitting …", quiet=quiet)
    found = fit_codes(
        codes,
        out=out,
        links=links,
        tree=tree,
        level=level,
        year=year,
        outcome=outcome,
        measure=measure,
        specialised=specialised,
        titles=titles,
        columns=columns_of(column),
        seed=seed,
        draws=draws,
    )
    print_result(found, found["words"], as_json=as_json)
    say(f"written: {out}; next: clusterloom adjacency {codes} --weights {out}", quiet=quiet)


def _fit_workspace(
    workspace: Path,
    *,
    what: Fitted,
    year: int | None,
    draws: int,
    seed: int,
    forget: bool,
    encoders: Sequence[Encoder] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fit the weights a workspace's runs use, or go back to the packaged ones."""
    from clusterloom.api import Project
    from clusterloom.api.fit import fit_adjacency, forget_adjacency

    project = Project.open(workspace, encoders=encoders)
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


def _needs_codes(**given: object) -> None:
    """Refuse options that say how to read a file of codes where none is named."""
    from clusterloom.errors import UsageError

    for name, value in given.items():
        if value:
            raise UsageError(
                f"--{name.replace('_', '-')} is given without --codes",
                rule="it says how to read a file of codes",
                hint="name the file: --codes FILE",
            )
