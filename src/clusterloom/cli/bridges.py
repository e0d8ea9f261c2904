"""Commands on several clusters: side by side, and letters to partners across them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import (
    DEFAULT_WORKSPACE,
    JsonOption,
    LanguageOption,
    OutOption,
    PlanOption,
    QuietOption,
    WorkspaceOption,
    print_result,
    say,
)

__all__ = ["clusters", "kinship", "partners"]

_Clusters = Annotated[
    list[str] | None, typer.Argument(help="Ids of composed or existing clusters; default: all.")
]
_Limit = Annotated[int, typer.Option(help="Clusters to show; 0 = all.")]


def clusters(
    ids: _Clusters = None,
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    limit: _Limit = 6,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show clusters side by side: fields, roles, value chain, paradigms, synergy, openness."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import clusters_side_by_side

    chosen = Project.open(workspace).plan(plan)
    table = clusters_side_by_side(chosen, ids or (), language=language)
    n = len(table["clusters"])
    shown = min(limit, n) if limit else n
    heads = [f"{k['name']} ({k['country']}, {k['origin']})" for k in table["clusters"][:shown]]
    lines = [["", *(k["id"] for k in table["clusters"][:shown])], ["", *heads]]
    for line in table["lines"]:
        lines.append([line["name"], *(cell["text"] or "–" for cell in line["cells"][:shown])])
    print_result(table, ["\t".join(line) for line in lines], as_json=as_json)
    say(f"{shown} of {n} clusters", quiet=quiet)


def kinship(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    seed: Annotated[int, typer.Option(help="Of the random orders.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Test whether ties across clusters prefer a middle similarity (the inverted U)."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import kinship_test

    found = kinship_test(Project.open(workspace).plan(plan), seed=seed)
    verdict = "an inverted U" if found["inverted_u"] else "no inverted U"
    peak = "none" if found["peak"] is None else f"{found['peak']:.2f}"
    line = (
        f"{verdict}: p = {found['p_value']:.3f}, peak {peak}, slope {found['slope_low']:.4g} at "
        f"the least and {found['slope_high']:.4g} at the largest similarity, "
        f"{found['n_observations']} pairs of organisations"
    )
    print_result(found, [line], as_json=as_json)


def partners(
    ids: _Clusters = None,
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    plan: PlanOption = None,
    out: OutOption = Path("partners"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write who should write to whom across clusters, in the languages of each side."""
    from clusterloom.api import Project
    from clusterloom.api.bridges import partner_letters, write_partner_letters

    chosen = Project.open(workspace).plan(plan)
    rows = partner_letters(chosen, ids or ())
    files = [str(path) for path in write_partner_letters(chosen, out, ids or ())]
    print_result({"files": files, "letters": rows}, files, as_json=as_json)
    say(f"{len(rows)} letters", quiet=quiet)
