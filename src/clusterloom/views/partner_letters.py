"""Letters to partners: who should write to whom and why, in the language of each side."""

from __future__ import annotations

import datetime
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from clusterloom.tables import Tables
from clusterloom.views.bridges_view import BridgesView
from clusterloom.views.files import write_bytes

__all__ = ["LETTER_COLUMNS", "letter_rows", "write_letters"]

Row = dict[str, Any]

# Column to its width in a spreadsheet, in characters.
_WIDTHS = {
    "cluster": 34, "rank": 6, "to": 38, "to_country": 10, "language": 10, "partner": 38,
    "partner_cluster": 34, "partner_country": 10, "text": 110, "kind": 14, "existing": 10,
    "path": 40, "score": 8, "to_org_id": 20, "partner_org_id": 20, "cluster_id": 34,
    "partner_cluster_id": 34,
}  # fmt: skip
LETTER_COLUMNS = tuple(_WIDTHS)


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
        if wanted and not (both <= wanted or (len(wanted) == 1 and wanted <= both)):
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


def write_letters(tables: Tables, folder: Path, clusters: Collection[str] = ()) -> list[Path]:
    """Write the letters as `partners.csv` and `partners.xlsx`; never a live formula."""
    from clusterloom.views.exports import write_csv

    rows = letter_rows(tables, clusters)
    return [
        write_csv(folder / "partners.csv", LETTER_COLUMNS, rows),
        write_bytes(folder / "partners.xlsx", _workbook(rows)),
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


def _workbook(rows: Sequence[Row]) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    # The same plan gives the same bytes: no time of writing inside.
    book.set_properties({"created": datetime.datetime(2000, 1, 1)})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    sheet = book.add_worksheet("partners")
    sheet.freeze_panes(1, 3)
    for column, (title, width) in enumerate(_WIDTHS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    for line, row in enumerate(rows, start=1):
        for column, title in enumerate(LETTER_COLUMNS):
            value = row[title]
            if isinstance(value, str):
                sheet.write_string(line, column, value[:32767], wrapped)
            elif value is not None:
                sheet.write_number(line, column, value)
    sheet.autofilter(0, 0, max(len(rows), 1), len(LETTER_COLUMNS) - 1)
    book.close()
    return stream.getvalue()
