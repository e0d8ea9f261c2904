"""What `why` says about a row, and how the cells of a report name their columns."""

from __future__ import annotations

from collections import Counter

import pytest

from clusterloom.views.cell_labels import label_cells
from clusterloom.views.language import Translator
from clusterloom.views.report import render_report
from clusterloom.views.why import why


@pytest.fixture(scope="module")
def plan(valley):
    return valley


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
