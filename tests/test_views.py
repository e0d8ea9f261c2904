from __future__ import annotations

import csv
import io
import json

import numpy as np
import openpyxl
import pytest

from clusterloom.errors import UsageError
from clusterloom.schema import dump_reasons, reason
from clusterloom.stages._candidate_words import against_chance
from clusterloom.stages._found import AgainstChance
from clusterloom.views.exports import export_plan
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report

LIVE = "=cmd()"
MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def plan(valley):
    return valley


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


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.41, "0.41"), (0.0061, "0.0061"), (0.002, "0.002"), (12.345, "12.34"), (1e-12, "0")],
)
def test_a_small_number_in_a_sentence_keeps_two_digits(plan, value, told):
    say = Translator("en")
    stored = dump_reasons([reason("Closeness times adjacency is {n}.", n=value)])
    assert render_reasons(stored, Names(plan.tables, say), say) == [
        f"Closeness times adjacency is {told}."
    ]


def test_the_words_of_a_test_do_not_contradict_its_ratio():
    one = np.ones(1)
    test = AgainstChance(
        expected=0.00613 * one, expected_sd=one, p_value=1 / 500 * one, q_value=one, draws=499,
        rate=one, lowest=one,
    )  # fmt: skip
    told = against_chance("places", 0, test).args
    assert (told["expected"], told["share"], told["n"]) == (0.0061, 0.002, 499)


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


def test_why_names_the_nearest_rows_when_there_is_no_such_row(plan):
    with pytest.raises(UsageError, match="no row `v-lazer`") as fault:
        plan.why("organisation:v-lazer")
    assert "v-laser" in fault.value.hint
    with pytest.raises(UsageError, match="no table `organization`"):
        plan.why("organization:x")


def test_the_plan_says_what_it_does_not_know(plan):
    assert any("Sanctions" in line for line in plan.view("en")["not_known"])


def test_a_candidate_without_a_core_is_shown_with_all_its_organisations(plan):
    scores = [row | {"verdict": "below_threshold"} for row in plan.tables.rows("core_score")]
    tables = plan.tables.with_rows("core_score", scores)
    shown = {case["id"]: case["organisations"] for case in plan_view(tables)["without_core"]}
    inside = {
        row["candidate_id"]: row["n_organisations"]
        for row in tables.rows("candidate")
        if row["verdict"] == "beyond_chance"
    }
    assert inside
    assert {name: len(organisations) for name, organisations in shown.items()} == inside
