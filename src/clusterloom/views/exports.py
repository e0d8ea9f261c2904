"""The plan in other programs' formats, and the forms to fill in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.schema import TABLES, TableKind
from clusterloom.tables import Tables
from clusterloom.views.files import write_bytes, write_text
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.map_svg import bridge_map_svg
from clusterloom.views.names import Names
from clusterloom.views.plan_view import plan_view

__all__ = ["FORMATS", "export_plan", "write_book", "write_csv", "write_templates"]

Row = dict[str, Any]
_LIVE = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "﻿"


def export_plan(
    tables: Tables, folder: Path, formats: Sequence[str], language: str = "en"
) -> list[Path]:
    """Write the result tables and the organisations in the named formats; return the files."""
    return [path for name in formats for path in FORMATS[name](tables, folder, language)]


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as CSV with the columns of the header; never a live formula."""
    return write_text(path, _csv(header, [[row[name] for name in header] for row in rows]))


def write_templates(folder: Path) -> list[Path]:
    """Write the forms people fill in: survey, investors, commitments, facts; headers only."""
    skipped = ("evidence", "source_ref", "source_id", "source_row")
    written = []
    for name in ("development", "investor_profile", "commitment", "fact"):
        columns = [c for c in TABLES[name].columns if c.name not in skipped]
        text = _csv([c.name for c in columns], [])
        written.append(write_text(folder / f"{name}s.csv", text))
    lines = ["Fill in what is known and leave the rest empty; then import this folder.", ""]
    for name in ("development", "investor_profile", "commitment", "fact"):
        lines.append(f"{name}s.csv: {TABLES[name].meaning}")
        lines += [
            f"  {c.name}: {c.meaning} (e.g. {c.example})"
            for c in TABLES[name].columns
            if c.name not in skipped
        ]
        lines.append("")
    written.append(write_text(folder / "README.txt", "\n".join(lines)))
    return written


def _result_rows(tables: Tables, language: str) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """Header and rows of every table to export; reasons in words in a column of their own."""
    say = Translator(language)
    names = Names(tables, say)
    exported = {}
    for schema in TABLES.values():
        if schema.kind is not TableKind.RESULT and schema.name not in ("organisation", "source"):
            continue
        said = [c for c in schema.column_names if c.startswith("reasons")]
        columns = [c for c in schema.column_names if c not in said]
        header = [*columns, *(f"{c}_in_words" for c in said)]
        rows = []
        for row in tables.rows(schema.name):
            cells = [row[c] for c in columns]
            cells += [" ".join(render_reasons(row[c], names, say)) for c in said]
            rows.append(cells)
        exported[schema.name] = (header, rows)
    return exported


def _neutral(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_LIVE) else value


def _csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([["" if v is None else _neutral(v) for v in row] for row in rows])
    return _BYTE_ORDER_MARK + stream.getvalue()


def _to_csv(tables: Tables, folder: Path, language: str) -> list[Path]:
    return [
        write_text(folder / f"{name}.csv", _csv(header, rows))
        for name, (header, rows) in _result_rows(tables, language).items()
    ]


def _to_xlsx(tables: Tables, folder: Path, language: str) -> list[Path]:
    return [write_book(folder / "plan.xlsx", _result_rows(tables, language))]


def write_book(path: Path, sheets: Mapping[str, tuple[Sequence[str], Sequence[Any]]]) -> Path:
    """Write sheets (name to header and rows) as one workbook; never a live formula."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    # The same plan gives the same bytes: no time of writing inside.
    import datetime

    book.set_properties({"created": datetime.datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True})
    for name, (header, rows) in sheets.items():
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 1)
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, column, value[:32767])
                elif value is not None:
                    sheet.write_number(line, column, value)
    book.close()
    return write_bytes(path, stream.getvalue())


def _to_geojson(tables: Tables, folder: Path, language: str) -> list[Path]:
    names = Names(tables, Translator(language))
    organisation = tables.by_key("organisation", "org_id")
    features = []
    for row in tables.rows("membership"):
        org = organisation[row["org_id"]]
        if org["lat_deg"] is None:
            continue
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [org["lon_deg"], org["lat_deg"]]},
                "properties": {
                    "org_id": row["org_id"],
                    "name": names.organisation(row["org_id"]),
                    "cluster_id": row["cluster_id"],
                    "cluster": names.cluster(row["cluster_id"]),
                    "role": row["role"],
                    "coord_precision": org["coord_precision"],
                    "extent_km": org["extent_km"],
                    "evidence": org["evidence"],
                },
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    text = json.dumps(collection, ensure_ascii=False, indent=1)
    return [write_text(folder / "members.geojson", text)]


def _graph(tables: Tables, language: str) -> Any:
    """Members as nodes; known working ties and proposed introductions as edges."""
    import networkx as nx

    names = Names(tables, Translator(language))
    organisation = tables.by_key("organisation", "org_id")
    graph: Any = nx.MultiGraph()
    clusters: dict[str, list[str]] = {}
    for row in tables.rows("membership"):
        clusters.setdefault(row["org_id"], []).append(row["cluster_id"])
    for row in tables.rows("introduction"):  # one of the two may stand one step outside
        clusters.setdefault(row["org_a"], [])
        clusters.setdefault(row["org_b"], [])
    for org_id, owners in sorted(clusters.items()):
        org = organisation[org_id]
        graph.add_node(
            org_id,
            label=names.organisation(org_id),
            role=org["role"],
            country=org["country"],
            clusters="|".join(owners),
            evidence=org["evidence"] or "unmarked",
        )
    for row in tables.rows("link"):
        if row["org_a"] in graph and row["org_b"] in graph:
            graph.add_edge(row["org_a"], row["org_b"], kind=row["kind"], proposed=False)
    for row in tables.rows("introduction"):
        graph.add_edge(row["org_a"], row["org_b"], kind="introduction", proposed=True)
    return graph


def _to_gexf(tables: Tables, folder: Path, language: str) -> list[Path]:
    import re

    import networkx as nx

    text = "\n".join(nx.generate_gexf(_graph(tables, language)))
    # networkx writes the day of writing; the same plan must give the same file.
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text)
    return [write_text(folder / "network.gexf", text)]


def _to_graphml(tables: Tables, folder: Path, language: str) -> list[Path]:
    import networkx as nx

    text = "\n".join(nx.generate_graphml(_graph(tables, language)))
    return [write_text(folder / "network.graphml", text)]


def _to_json(tables: Tables, folder: Path, language: str) -> list[Path]:
    text = json.dumps(plan_view(tables, language=language), ensure_ascii=False, indent=1)
    return [write_text(folder / "plan.json", text)]


def _to_svg(tables: Tables, folder: Path, language: str) -> list[Path]:
    clusters = plan_view(tables, language=language)["clusters"]
    label = Translator(language)("Bridges abroad")
    return [write_text(folder / "bridges.svg", bridge_map_svg(clusters, label=label))]


FORMATS: Mapping[str, Callable[[Tables, Path, str], list[Path]]] = {
    "csv": _to_csv,
    "xlsx": _to_xlsx,
    "geojson": _to_geojson,
    "gexf": _to_gexf,
    "graphml": _to_graphml,
    "json": _to_json,
    "svg": _to_svg,
}
