"""The report in a real browser: it opens, fits a telephone, leads somewhere, and runs nothing.

A page beside the report shows it in a frame, measures it, and prints what it found; headless
Chromium loads that page from disk. Where there is no Chromium the tests say so and are skipped.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")

HOSTILE = '"><img src=x onerror="parent.alive=1"><script>parent.alive=1</script>'
WIDTHS = (360, 768, 1280)

# Quiet and alone: no first-run page, no updates, nothing asked of any network.
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip

PROBE = """<!doctype html><meta charset="utf-8"><title>probe</title>
<iframe id="page" style="border:0;height:900px" src="REPORT"></iframe><pre id="found"></pre>
<script>
const frame = document.getElementById("page");
frame.onload = () => {
  const page = frame.contentDocument, found = {overflow: {}};
  for (const width of WIDTHS) {
    frame.style.width = width + "px";
    const root = page.documentElement;
    found.overflow[width] = root.scrollWidth - root.clientWidth;
  }
  const all = (query) => [...page.querySelectorAll(query)];
  frame.style.width = WIDTHS[0] + "px";
  const unfolded = [...page.querySelectorAll("details:not([open])")];
  unfolded.forEach((d) => { d.open = true; });
  const boxes = [...page.querySelectorAll(".box")];
  found.cut = boxes.filter((b) => b.scrollWidth > b.clientWidth).length;
  const shown = (cell) => page.defaultView.getComputedStyle(cell, "::before").content;
  const cells = [...page.querySelectorAll("td[data-label]")];
  found.cells = cells.length;
  found.unsaid = cells.filter((c) => !shown(c).includes(c.dataset.label.slice(0, 5))).length;
  unfolded.forEach((d) => { d.open = false; });
  found.title = page.title;
  found.language = page.documentElement.lang;
  found.headings = all("h1, h2").map((h) => h.textContent.trim());
  found.lost = all('a[href^="#"]').map((a) => a.getAttribute("href").slice(1))
    .filter((id) => !page.getElementById(id));
  found.scripts = all("script, iframe, object, embed, link, base, form").length;
  const handles = (e) => [...e.attributes].some((a) => /^on/i.test(a.name));
  found.handlers = all("*").filter(handles).length;
  found.asked = frame.contentWindow.performance.getEntriesByType("resource").map((e) => e.name);
  const named = (s) => s.querySelector("title") || s.getAttribute("aria-label");
  found.unnamed = all("svg").filter((s) => !named(s)).length;
  found.maps = all("figure svg").length;
  found.headless = all("table").filter((t) => !t.querySelector("th")).length;
  found.alive = window.alive || 0;
  document.getElementById("found").textContent = JSON.stringify(found);
};
</script>
"""


def looked_at(report: str, folder: Path) -> dict:
    """Open a report in the browser; return what the probe saw of it."""
    (folder / "report.html").write_text(report, encoding="utf-8")
    probe = folder / "probe.html"
    page = PROBE.replace("REPORT", "report.html").replace("WIDTHS", json.dumps(WIDTHS))
    probe.write_text(page, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *SWITCHES, profile, probe.as_uri()],
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, "the report did not load"
    return json.loads(html.unescape(found.group(1)))


@pytest.fixture(scope="module")
def plan(valley):
    return valley


@pytest.fixture(scope="module", params=["en", "zh"])
def seen(request, plan, tmp_path_factory):
    report = render_report(plan.view(request.param))
    return request.param, looked_at(report, tmp_path_factory.mktemp("seen"))


def test_the_report_opens_in_the_readers_language(seen):
    language, page = seen
    assert page["language"] == language
    assert page["title"]
    assert len(page["headings"]) > 4
    assert page["maps"] >= 1


def test_the_report_fits_a_telephone_a_tablet_and_a_desk(seen):
    _, page = seen
    assert page["overflow"] == {str(width): 0 for width in WIDTHS}


def test_no_table_is_cut_on_a_telephone_and_each_cell_says_its_column(seen):
    _, page = seen
    assert page["cells"] > 100
    assert (page["cut"], page["unsaid"]) == (0, 0)


def test_every_link_inside_the_report_leads_somewhere(seen):
    assert seen[1]["lost"] == []


def test_the_report_asks_for_nothing_and_runs_nothing(seen):
    _, page = seen
    assert (page["asked"], page["scripts"], page["handlers"], page["alive"]) == ([], 0, 0, 0)


def test_pictures_and_tables_are_named_for_who_cannot_see_them(seen):
    _, page = seen
    assert (page["unnamed"], page["headless"]) == (0, 0)


def test_a_hostile_name_stays_a_name(plan, tmp_path):
    rows = [row | {"name_en": HOSTILE} for row in plan.tables.rows("organisation")]
    tables = plan.tables.with_rows("organisation", rows)
    report = render_report(
        plan_view(tables, meta={"title": HOSTILE, "version": "0", "plan_id": "p"})
    )
    page = looked_at(report, tmp_path)
    assert page["title"] == HOSTILE
    assert (page["alive"], page["scripts"], page["handlers"], page["asked"]) == (0, 0, 0, [])
