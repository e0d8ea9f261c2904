"""The command `synth`: a synthetic country whose clusters are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterloom.cli.common import JsonOption, QuietOption, print_result, say

__all__ = ["synth"]


def synth(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")] = Path("synthetic"),
    organisations: Annotated[int, typer.Option(help="Organisations.")] = 600,
    places: Annotated[int, typer.Option(help="Settlements.")] = 20,
    clusters: Annotated[int, typer.Option(help="Planted clusters; 0 = pure noise.")] = 6,
    cluster_size: Annotated[int, typer.Option(help="Organisations in each cluster.")] = 20,
    activities: Annotated[
        float, typer.Option(help="Directions of work of an organisation, on average.")
    ] = 3.0,
    noise: Annotated[
        float, typer.Option(help="Share of members' directions that lie in any field.")
    ] = 0.2,
    overlap: Annotated[
        float, typer.Option(help="Share of members that work in a second cluster there.")
    ] = 0.0,
    missing: Annotated[
        float, typer.Option(help="Share of positions and directions that are not known.")
    ] = 0.0,
    links: Annotated[
        float, typer.Option(help="Ties within a cluster, as a share of all possible.")
    ] = 0.1,
    country: Annotated[str, typer.Option(help="Code of the country.")] = "XA",
    seed: Annotated[int, typer.Option(help="The same seed gives the same country.")] = 0,
    file_format: Annotated[str, typer.Option("--format", "-f", help="csv or parquet.")] = "csv",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Invent a country with planted clusters: tables to import, and the truth beside them."""
    from clusterloom.api.synth import SyntheticCountry, write_synthetic_country

    wanted = SyntheticCountry(
        n_organisations=organisations,
        n_places=places,
        n_clusters=clusters,
        cluster_size=cluster_size,
        activities=activities,
        noise=noise,
        overlap=overlap,
        missing=missing,
        links=links,
        country=country,
        seed=seed,
    )
    summary = write_synthetic_country(wanted, out, file_format=file_format).as_dict()
    counts = ", ".join(f"{n} {name}" for name, n in summary["rows"].items())
    lines = [f"{summary['folder']}: {counts}", f"truth: {summary['truth']}"]
    print_result(summary, lines, as_json=as_json)
    say(f"next: clusterloom import {summary['folder']}", quiet=quiet)
