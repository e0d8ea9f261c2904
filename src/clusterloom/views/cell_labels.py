"""Labels of columns on the cells of a page's tables, for screens too narrow for columns."""

from __future__ import annotations

import re

__all__ = ["label_cells"]

_PART = re.compile(
    r"<(?P<open>thead|/thead|tr)\b[^>]*>|<th\b[^>]*>(?P<head>.*?)</th>|<td\b", re.DOTALL
)


def label_cells(page: str) -> str:
    """Give every cell the heading of its column as ``data-label``; the page has no script to.

    Parameters
    ----------
    page : HTML with every text escaped, no table within a table, and one column for each cell
        What the templates make.

    Returns
    -------
    HTML
        Cells of a column without a heading, and of a table without a head, stay as they are.

    Examples
    --------
    >>> label_cells("<table><thead><tr><th>need</th></tr></thead><tr><td>glass</td></tr></table>")
    '<table><thead><tr><th>need</th></tr></thead><tr><td data-label="need">glass</td></tr></table>'
    """
    labels: list[str] = []
    in_head = False
    column = 0

    def labelled(part: re.Match[str]) -> str:
        nonlocal in_head, column
        kind, text = part["open"], part[0]
        if kind == "thead":
            labels.clear()
        if kind is not None:
            in_head = kind == "thead" or (in_head and kind == "tr")
            column = 0
            return text
        if in_head:
            labels.append(_plain(part["head"] or ""))
            return text
        label = labels[column] if column < len(labels) else ""
        column += 1
        # A heading of a row names the block by itself.
        return f'{text} data-label="{label}"' if label and text == "<td" else text

    return _PART.sub(labelled, page)


def _plain(heading: str) -> str:
    """Return a heading on one line, without tags and fit for an attribute."""
    lines = (re.sub(r"<[^>]*>", "", line) for line in heading.split("<br>"))
    return "; ".join(" ".join(line.split()) for line in lines).replace('"', "&#34;")
