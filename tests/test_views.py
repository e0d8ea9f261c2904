from __future__ import annotations

import csv
import io
import json
from collections import Counter

import openpyxl
import pytest

from clusterloom.api import Project, embedded_recipe
from clusterloom.errors import UsageError
from clusterloom.views.cell_labels import label_cells
from clusterloom.views.exports import export_plan
from clusterloom.views.language import Translator
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report
from clusterloom.views.why import why

LIVE = "=cmd()"
MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("views") / "w")
    made = project.run(embedded_recipe("valley"))
    project.workspace.ledger.close()
    return made


@pytest.fixture(scope="module")
def nasty(plan):
    """The valley with two hostile names among the members."""
    rows = plan.tables.rows("organisation")
    for row in rows:
        row["name_en"] = {"v-laser": LIVE, "v-optics": MARKUP}.get(row["org_id"], row["name_en"])
    return plan.tables.with_rows("organisation", rows)


def test_html_in_a_name_is_never_live_in_the_report(nasty):
    meta = {"title": MARKUP, "version": "0", "plan_id": "p"}
    report = render_report(plan_view(nasty, meta=meta))
    assert MARKUP not in report
    assert "&lt;script&gt;" in report


def test_the_report_loads_nothing_from_elsewhere(plan):
    report = render_report(plan.view("en"))
    for reference in ("<script", 'src="', "@import", "url(", "<link", "<iframe"):
        assert reference not in report
    assert "default-src 'none'" in report


def test_a_formula_in_a_name_is_never_live_in_a_spreadsheet(nasty, tmp_path):
    export_plan(nasty, tmp_path, ("csv", "xlsx"))
    text = (tmp_path / "organisation.csv").read_text(encoding="utf-8-sig")
    names = {row["org_id"]: row["name_en"] for row in csv.DictReader(io.StringIO(text))}
    assert names["v-laser"] == f"'{LIVE}"
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx")["organisation"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == LIVE]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_every_format_is_written_and_the_same_plan_gives_the_same_bytes(plan, tmp_path):
    formats = ("csv", "xlsx", "geojson", "gexf", "graphml", "json")
    first = export_plan(plan.tables, tmp_path / "a", formats)
    second = export_plan(plan.tables, tmp_path / "b", formats)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    features = json.loads((tmp_path / "a" / "members.geojson").read_text("utf-8"))["features"]
    assert len(features) == plan.tables["membership"].num_rows


def test_an_unknown_format_is_refused(plan, tmp_path):
    with pytest.raises(UsageError, match="no format `pdf`"):
        plan.export(tmp_path, ["pdf"])


def test_the_report_speaks_russian_and_numbers_follow_the_language(plan):
    report = render_report(plan.view("ru"))
    assert "Чего мы не знаем" in report
    assert Translator("ru").number(1234.5) == "1\xa0234,5"
    assert Translator("ru").number(None) == "не оценено"


def test_translations_keep_the_places_of_the_message():
    import re

    from clusterloom.views.language import _messages

    translated = _messages("ru")
    assert len(translated) > 200
    for message, text in translated.items():
        assert set(re.findall(r"{(\w+)", message)) == set(re.findall(r"{(\w+)", text)), message


def test_why_walks_from_a_member_to_file_and_line(plan):
    row = next(r for r in plan.tables.rows("membership") if r["org_id"] == "v-laser")
    chain = plan.why(f"membership:{row['cluster_id']}~v-laser")
    assert "organisations.csv:2" in chain["text"]
    assert chain["run"]["stage"] == "composition"
    assert [s["source_id"] for s in chain["sources"]] == ["valley"]


def test_why_says_a_direction_in_the_language_of_the_reader(plan):
    row = plan.tables.rows("activity")[0]
    both = plan.tables.with_rows(
        "activity", [row | {"text_en": "optics", "text_ru": "оптика", "text_zh": None}]
    )
    said = {
        language: why(both, f"activity:{row['activity_id']}", {}, language=language)["name"]
        for language in ("en", "ru", "be", "zh")
    }
    ends = {language: name.rpartition(": ")[2] for language, name in said.items()}
    assert ends == {"en": "optics", "ru": "оптика", "be": "оптика", "zh": "optics"}


def test_why_names_a_field_with_its_runner_up_and_the_run_that_assigned_it(plan):
    rows = plan.tables.rows("activity_field")
    several = Counter(r["activity_id"] for r in rows)
    row = next(r for r in rows if several[r["activity_id"]] > 1)
    other = max(
        (r for r in rows if r["activity_id"] == row["activity_id"] and r is not row),
        key=lambda r: r["share"],
    )
    label = {r["field_id"]: r["label_en"] for r in plan.tables.rows("field")}
    chain = plan.why(f"activity_field:{row['activity_id']}~{row['field_id']}")
    assert label[row["field_id"]].lower() in chain["reasons"][0].lower()
    assert label[other["field_id"]].lower() in chain["reasons"][-1].lower()
    assert chain["reasons"][-1].endswith(f"{round(other['share'], 2):g}.")
    assert chain["run"]["stage"] == "classification"
    assert chain["run"]["run_id"] in chain["text"]


def test_why_gives_the_number_of_a_condition_and_the_family_of_a_member(plan):
    row = next(r for r in plan.tables.rows("condition") if r["value"] and r["value"] < 1000)
    said = plan.why(f"condition:{row['candidate_id']}~{row['indicator']}")["reasons"][0]
    assert f"Value: {round(row['value'], 2):g};" in said
    assert f"unit: {row['unit']};" in said
    member = plan.tables.rows("candidate_member")[0]
    family = plan.tables.by_key("candidate", "candidate_id")[member["candidate_id"]]["family_id"]
    fields = {r["field_id"] for r in plan.tables.rows("field_family") if r["family_id"] == family}
    chain = plan.why(f"candidate_member:{member['candidate_id']}~{member['org_id']}")
    rests_on = [n["row"] for n in chain["based_on"] if n["row"].startswith("activity_field:")]
    assert rests_on
    assert {key.rpartition("~")[2] for key in rests_on} <= fields


def test_a_cell_carries_the_heading_of_its_column():
    head = '<thead><tr><th class="n">a "b" &lt;c&gt;</th><th></th><th>x<br>y</th></tr></thead>'
    row = '<tr><td class="n">1</td><td>2</td><td>3</td></tr>'
    said = (
        '<tr><td data-label="a &#34;b&#34; &lt;c&gt;" class="n">1</td><td>2</td>'
        '<td data-label="x; y">3</td></tr>'
    )
    assert label_cells(head + row + row) == head + said + said
    # The heading of a row takes a column, and a new table has headings of its own.
    other = "<thead><tr><th></th><th>k</th></tr></thead>"
    named = "<tr><th>line</th><td>1</td></tr>"
    labelled = '<tr><th>line</th><td data-label="k">1</td></tr>'
    assert label_cells(head + row + other + named) == head + said + other + labelled


def test_the_share_of_a_need_is_printed_beside_its_bar(plan):
    view = plan.view("en")
    need = max(view["clusters"][0]["needs"], key=lambda n: n["covered"])
    share = Translator("en").number(100 * need["covered"], digits=0)
    assert f'></i></div>{share} %</td><td data-label="providers"' in render_report(view)


def test_why_names_the_nearest_rows_when_there_is_no_such_row(plan):
    with pytest.raises(UsageError, match="no row `v-lazer`") as fault:
        plan.why("organisation:v-lazer")
    assert "v-laser" in fault.value.hint
    with pytest.raises(UsageError, match="no table `organization`"):
        plan.why("organization:x")


def test_the_plan_says_what_it_does_not_know(plan):
    assert any("Sanctions" in line for line in plan.view("en")["not_known"])
