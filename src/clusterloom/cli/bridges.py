"""Commands on several clusters: side by side, and letters to partners across them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]

_Clusters = Annotated[
    list[str] | None, typer.Argument(help="Ids of composed or existing clusters; default: all.")
]
_Workspace = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
]
_Plan = Annotated[str | None, typer.Option("--plan", help="Plan id; default: the newest.")]
_Language = Annotated[str, typer.Option("--language", "-l", help="en, ru, be or zh.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]
_Limit = Annotated[int, typer.Option(help="Clusters to show; 0 = all.")]
_Out = Annotated[Path, typer.Option("--out", "-o", help="Folder or file to write.")]

_DEFAULT_WORKSPACE = Path("clusterloom-workspace")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(clusters)
    app.command()(kinship)
    app.command()(partners)


def clusters(
    ids: _Clusters = None,
    *,
    workspace: _Workspace = _DEFAULT_WORKSPACE,
    plan: _Plan = None,
    limit: _Limit = 6,
    language: _Language = "en",
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Show clusters side by side: fields, roles, value chain, paradigms, synergy, openness."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import clusters_side_by_side

    chosen = Project.open(workspace).plan(plan)
    table = clusters_side_by_side(chosen, ids or (), language=language)
    if as_json:
        typer.echo(json.dumps(table, ensure_ascii=False, indent=2))
        return
    n = len(table["clusters"])
    shown = min(limit, n) if limit else n
    heads = [f"{k['name']} ({k['country']}, {k['origin']})" for k in table["clusters"][:shown]]
    lines = [["", *(k["id"] for k in table["clusters"][:shown])], ["", *heads]]
    for line in table["lines"]:
        lines.append([line["name"], *(cell["text"] or "–" for cell in line["cells"][:shown])])
    typer.echo("\n".join("\t".join(line) for line in lines))
    if not quiet:
        typer.echo(f"{shown} of {n} clusters", err=True)


def kinship(
    *,
    workspace: _Workspace = _DEFAULT_WORKSPACE,
    plan: _Plan = None,
    seed: Annotated[int, typer.Option(help="Of the random orders.")] = 0,
    as_json: _Json = False,
) -> None:
    """Test whether ties across clusters prefer a middle similarity (the inverted U)."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import kinship_test

    found = kinship_test(Project.open(workspace).plan(plan), seed=seed)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    verdict = "an inverted U" if found["inverted_u"] else "no inverted U"
    peak = "none" if found["peak"] is None else f"{found['peak']:.2f}"
    typer.echo(
        f"{verdict}: p = {found['p_value']:.3f}, peak {peak}, slope {found['slope_low']:.4g} at "
        f"the least and {found['slope_high']:.4g} at the largest similarity, "
        f"{found['n_observations']} pairs of organisations"
    )


def partners(
    ids: _Clusters = None,
    *,
    workspace: _Workspace = _DEFAULT_WORKSPACE,
    plan: _Plan = None,
    out: _Out = Path("partners"),
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Write who should write to whom across clusters, in the languages of each side."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import partner_letters, write_partner_letters

    chosen = Project.open(workspace).plan(plan)
    rows = partner_letters(chosen, ids or ())
    files = [str(path) for path in write_partner_letters(chosen, out, ids or ())]
    if as_json:
        typer.echo(json.dumps({"files": files, "letters": rows}, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(files))
    if not quiet:
        typer.echo(f"{len(rows)} letters", err=True)
