"""The report: one self-contained HTML file made from the view data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.views.cell_labels import label_cells
from clusterloom.views.language import Translator
from clusterloom.views.map_svg import ROLE_MARKS, bridge_map_svg, cluster_map_svg

__all__ = ["render_report"]


def render_report(view: Mapping[str, Any]) -> str:
    """Render the view as HTML; everything is inside the file, and every text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    say = Translator(view["language"])
    environment = Environment(
        loader=PackageLoader("clusterloom.views"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["num"] = say.number
    environment.filters["together"] = say.together
    environment.filters["pct"] = lambda v: say.number(None if v is None else 100 * v, digits=0)
    template = environment.get_template("report.html.j2")
    maps = {
        # Safe: the map escapes every name it draws.
        c["id"]: Markup(cluster_map_svg(c["points"], label=c["name"]))  # noqa: S704
        for c in view["clusters"]
    }
    bridges = Markup(bridge_map_svg(view["clusters"], label=say("Bridges abroad")))  # noqa: S704
    page = template.render(
        v=view, _=say, maps=maps, bridge_map=bridges, marks=ROLE_MARKS, language=view["language"]
    )
    return label_cells(page)
