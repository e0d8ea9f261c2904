"""Letters to partners: which cluster and who in it, and why, in the language of each side."""

from __future__ import annotations

import datetime
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.bridges_view import BridgesView, reading_languages
from clusterloom.views.files import write_bytes
from clusterloom.views.language import render_reasons

__all__ = ["CLUSTER_COLUMNS", "LETTER_COLUMNS", "cluster_rows", "letter_rows", "write_letters"]

Row = dict[str, Any]

# Column to its width in a spreadsheet, in characters.
_WIDTHS = {
    "cluster": 34, "rank": 6, "to": 38, "to_country": 10, "language": 10, "partner": 38,
    "partner_cluster": 34, "partner_country": 10, "text": 110, "kind": 14, "existing": 10,
    "path": 40, "score": 8, "to_org_id": 20, "partner_org_id": 20, "cluster_id": 34,
    "partner_cluster_id": 34,
}  # fmt: skip
_CLUSTER_WIDTHS = {
    "cluster": 34, "rank": 6, "partner_cluster": 34, "partner_country": 10, "language": 10,
    "text": 110, "rank_lower": 8, "rank_upper": 8, "score": 8, "score_lower": 8, "score_upper": 8,
    "mutual_score": 8, "known_share": 8, "structure": 16, "basis": 10, "cluster_id": 34,
    "partner_cluster_id": 34,
}  # fmt: skip
LETTER_COLUMNS = tuple(_WIDTHS)
CLUSTER_COLUMNS = tuple(_CLUSTER_WIDTHS)


def letter_rows(tables: Tables, clusters: Collection[str] = ()) -> list[Row]:
    """One row for each match, side and language of that side, in the order they should be sent.

    Parameters
    ----------
    tables : of a plan
    clusters : ids; only matches between two of these, or, if one is given, with that one
        Empty for all.

    Returns
    -------
    rows with `LETTER_COLUMNS`; names and text are in the language of the row
    """
    view = BridgesView(tables, "en")
    wanted = set(clusters)
    organisation = tables.by_key("organisation", "org_id")
    rows = []
    for match in sorted(
        tables.rows("partner_match"), key=lambda m: (m["cluster_a"], m["cluster_b"], m["rank"])
    ):
        both = {match["cluster_a"], match["cluster_b"]}
        if not _wanted(both, wanted):
            continue
        for side, other in (("a", "b"), ("b", "a")):
            for letter in view.letters(match, side):
                _, names = view.speaker(letter["language"])
                rows.append(
                    {
                        "cluster": names.cluster(match[f"cluster_{side}"]),
                        "rank": match["rank"],
                        "to": letter["to"],
                        "to_country": organisation[match[f"org_{side}"]]["country"],
                        "language": letter["language"],
                        "partner": letter["about"],
                        "partner_cluster": names.cluster(match[f"cluster_{other}"]),
                        "partner_country": organisation[match[f"org_{other}"]]["country"],
                        "text": _text(letter),
                        "kind": names.word(match["kind"]),
                        "existing": names.word(match["existing"]),
                        "path": _path(match["path"], names.organisation, turned=side == "b"),
                        "score": match["score"],
                        "to_org_id": match[f"org_{side}"],
                        "partner_org_id": match[f"org_{other}"],
                        "cluster_id": match[f"cluster_{side}"],
                        "partner_cluster_id": match[f"cluster_{other}"],
                    }
                )
    return rows


def cluster_rows(tables: Tables, clusters: Collection[str] = ()) -> list[Row]:
    """One row for each partner cluster and language of the cluster that reads, best partner first.

    Parameters
    ----------
    tables : of a plan
    clusters : as for `letter_rows`

    Returns
    -------
    rows with `CLUSTER_COLUMNS`; names and text are in the language of the row
    """
    view = BridgesView(tables, "en")
    rows = []
    links = tables.rows("cluster_link")
    for link in sorted(links, key=lambda row: (row["cluster_a"], row["rank"])):
        if not _wanted({link["cluster_a"], link["cluster_b"]}, set(clusters)):
            continue
        for code in reading_languages(link["languages_a"]):
            say, names = view.speaker(code)
            said = {"language": code, "sentences": render_reasons(link["reasons"], names, say)}
            rows.append(
                {
                    **{column: link[column] for column in CLUSTER_COLUMNS if column in link},
                    "cluster": names.cluster(link["cluster_a"]),
                    "partner_cluster": names.cluster(link["cluster_b"]),
                    "partner_country": view.country[link["cluster_b"]],
                    "language": code,
                    "text": _text(said),
                    "structure": names.word(link["structure"]),
                    "basis": names.word(link["basis"]),
                    "cluster_id": link["cluster_a"],
                    "partner_cluster_id": link["cluster_b"],
                }
            )
    return rows


def _wanted(both: set[str], wanted: set[str]) -> bool:
    """Both clusters are asked for, or the only one asked for is among them."""
    return not wanted or both <= wanted or (len(wanted) == 1 and wanted <= both)


def write_letters(tables: Tables, folder: Path, clusters: Collection[str] = ()) -> list[Path]:
    """Write the letters and the ranked clusters as CSV and as one workbook; no live formula."""
    from clusterloom.views.exports import write_csv

    letters, ranked = letter_rows(tables, clusters), cluster_rows(tables, clusters)
    return [
        write_csv(folder / "partners.csv", LETTER_COLUMNS, letters),
        write_csv(folder / "partner_clusters.csv", CLUSTER_COLUMNS, ranked),
        write_bytes(folder / "partners.xlsx", _workbook(letters, ranked)),
    ]


def _text(letter: Row) -> str:
    """The sentences one after another; Chinese puts no blank between them."""
    return ("" if letter["language"] == "zh" else " ").join(letter["sentences"])


def _path(path: str | None, name: Any, *, turned: bool) -> str | None:
    """The way to the partner as the reader goes it."""
    if path is None:
        return None
    steps = [name(org_id) for org_id in path.split("|")]
    return " → ".join(reversed(steps) if turned else steps)


def _workbook(letters: Sequence[Row], ranked: Sequence[Row]) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    # The same plan gives the same bytes: no time of writing inside.
    book.set_properties({"created": datetime.datetime(2000, 1, 1)})
    _sheet(book, "partners", _WIDTHS, letters)
    _sheet(book, "partner_clusters", _CLUSTER_WIDTHS, ranked)
    book.close()
    return stream.getvalue()


def _sheet(book: Any, name: str, widths: Mapping[str, int], rows: Sequence[Row]) -> None:
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 3)
    for column, (title, width) in enumerate(widths.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    for line, row in enumerate(rows, start=1):
        for column, title in enumerate(widths):
            value = row[title]
            if isinstance(value, str):
                sheet.write_string(line, column, value[:32767], wrapped)
            elif value is not None:
                sheet.write_number(line, column, value)
    sheet.autofilter(0, 0, max(len(rows), 1), len(widths) - 1)
