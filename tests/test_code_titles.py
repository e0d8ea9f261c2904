"""Lists of codes and titles of any file, the bridge of GB/T 4754, and EuroSciVoc of CORDIS."""

from __future__ import annotations

import math

import pytest
import xlsxwriter

from clusterloom.entities.concordance import fields_of_code, read_concordance
from clusterloom.entities.concordance_bridge import bridged_schemes, read_bridge
from clusterloom.entities.concordance_draft import draft_concordance
from clusterloom.errors import SourceError
from clusterloom.sources import read_source
from clusterloom.sources.titles import read_titles

LINES = [("代码", "名称"), ("66", "货币金融服务"), ("0111", "稻谷种植"), ("3976", "光电子器件制造")]


def as_csv(path, lines, *, encoding="utf-8", separator=","):
    text = "\n".join(separator.join(line) for line in lines) + "\n"
    path.write_bytes(text.encode(encoding))
    return path


def as_workbook(path, lines):
    workbook = xlsxwriter.Workbook(path)
    workbook.add_worksheet("说明").write_row(0, 0, ["GB/T 4754-2017"])
    sheet = workbook.add_worksheet("分类")
    for i, line in enumerate(lines):
        sheet.write_row(i, 0, line)
    workbook.close()
    return path


def draft(path, scheme, encoder):
    lines = [(line.line, line.cells) for line in read_titles(path)]
    return draft_concordance(lines, scheme=scheme, encoders=[encoder], file=path.name)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder, lines: as_csv(folder / "t.csv", lines),
        lambda folder, lines: as_csv(folder / "t.csv", lines, encoding="gb18030", separator=";"),
        lambda folder, lines: as_csv(folder / "t.txt", lines, encoding="utf-16", separator="\t"),
        lambda folder, lines: as_workbook(folder / "t.xlsx", lines),
    ],
    ids=["utf-8", "gb18030", "utf-16", "xlsx"],
)
def test_titles_are_read_from_any_usual_file(tmp_path, make):
    read = read_titles(make(tmp_path, LINES))
    assert [(line.cells["code"], line.cells["title"]) for line in read] == LINES[1:]


@pytest.mark.parametrize(
    "headings",
    [
        ("Код", "Наименование"),
        ("КОД", "Название"),
        ("类别代码", "类别名称"),
        ("Code", "Title"),
        ("euroSciVocCode", "euroSciVocTitle"),
    ],
)
def test_headings_of_people_are_understood(tmp_path, headings):
    path = as_csv(tmp_path / "t.csv", [headings, ("26", "электроника")], encoding="cp1251",
                  separator=";") if headings[0][0] in "кК" else as_csv(
                  tmp_path / "t.csv", [headings, ("26", "электроника")])  # fmt: skip
    (line,) = read_titles(path)
    assert line.cells == {"code": "26", "title": "электроника"}


def test_the_surer_heading_is_taken_and_a_running_number_left(tmp_path):
    path = as_csv(tmp_path / "t.csv", [("id", "name", "Code"), ("1", "glass", "23.1")])
    assert read_titles(path)[0].cells == {"code": "23.1", "title": "glass"}


def test_a_file_that_is_not_there_or_says_too_much_on_a_line_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot read"):
        read_titles(tmp_path / "none.csv")
    path = as_csv(tmp_path / "t.csv", [("code", "title"), ("26", "a", "b")])
    with pytest.raises(SourceError, match="line 2"):
        read_titles(path)


# The bridge of GB/T 4754


def test_the_bridge_covers_every_division_and_names_known_codes_and_fields():
    assert bridged_schemes() == ("gbt4754",)
    lines = read_bridge("gbt4754")
    assert {line.code for line in lines} >= {f"{n:02d}" for n in range(1, 98)}
    assert len({line.code for line in lines}) == len(lines)
    isic = read_concordance("isic").entries
    for line in lines:
        assert line.targets, line.code
        assert set(line.targets) <= set(isic), line.code
        assert all(fields_of_code("field", name).known for name in line.fields), line.code


@pytest.mark.parametrize(
    ("code", "field_id"),
    [
        ("66", "finance-investment"),
        ("6621", "bank-lending"),
        ("0111", "crop-science-breeding"),
        ("C3976", "optoelectronics"),
        ("3973", "integrated-circuits"),
        ("3612", "electric-vehicles-traction"),
        ("2740", "herbal-traditional-medicine"),
        ("51", "trade-export-promotion"),
        ("8341", "education-training"),
    ],
)
def test_a_gbt_code_is_read_without_any_import(code, field_id):
    reading = fields_of_code("GB/T 4754-2017", code)
    assert reading.shares[0].field_id == field_id
    assert 0.5 < reading.shares[0].confidence <= 1
    assert {link.origin for link in reading.shares} <= {"bridge", "catalogue"}


def test_what_goes_over_the_bridge_is_less_sure_than_what_it_came_from():
    isic = read_concordance("isic").entries
    gbt = read_concordance("gbt4754").entries
    checked = 0
    for line in read_bridge("gbt4754"):
        if line.fields or not gbt[line.code]:
            continue
        surest = max(isic[code][0].confidence for code in line.targets if isic[code])
        assert gbt[line.code][0].confidence <= 0.9 * surest + 1e-3, line.code
        assert math.fsum(link.share for link in gbt[line.code]) == pytest.approx(1)
        checked += 1
    assert checked > 50


@pytest.mark.parametrize(
    ("code", "targets"), [("05", ("016", "024")), ("145", ("1010", "1020", "1030"))]
)
def test_every_target_weighs_the_same(code, targets):
    mean = {}
    for target in targets:
        for link in fields_of_code("isic", target).shares:
            mean[link.field_id] = mean.get(link.field_id, 0.0) + link.share / len(targets)
    assert len(mean) > 1
    found = {link.field_id: link.share for link in fields_of_code("gbt4754", code).shares}
    assert found == pytest.approx(mean)


def test_a_draft_of_gbt_titles_starts_from_the_bridge(tmp_path, word_encoder):
    lines = [*LINES, ("6621", "商业银行服务"), ("0113", "玉米种植")]
    rows = draft(as_csv(tmp_path / "t.csv", lines), "国民经济行业分类", word_encoder)
    first = {}
    for row in rows:
        first.setdefault(row["code"], row)
    assert {row["scheme"] for row in rows} == {"gbt4754"}
    assert (first["66"]["field_id"], first["66"]["origin"]) == ("finance-investment", "bridge")
    assert first["3976"]["field_id"] == "optoelectronics"
    assert first["0111"]["field_id"] == "crop-science-breeding"
    # Not in the bridge: from the code above, and no surer than words alone are.
    assert (first["6621"]["field_id"], first["6621"]["origin"]) == ("bank-lending", "hierarchy")
    assert first["6621"]["confidence"] <= 0.95


def test_a_gbt_code_known_to_lead_nowhere_is_not_drafted(tmp_path, word_encoder):
    rows = draft(
        as_csv(tmp_path / "t.csv", [*LINES, ("16", "烟草制品业")]), "gbt4754", word_encoder
    )
    assert "16" not in {row["code"] for row in rows}


# EuroSciVoc

VOCABULARY = (
    "projectID;euroSciVocCode;euroSciVocPath;euroSciVocTitle\n"
    "7;/23/47/305;/natural sciences/physical sciences/optics;optics\n"
    "7;/29/97/533;/social sciences/sociology/demography;demography\n"
    "7;/23/47/305;/natural sciences/physical sciences/optics;optics\n"
)


def test_codes_above_take_their_titles_from_the_path(tmp_path, word_encoder):
    path = tmp_path / "euroSciVoc.csv"
    path.write_text(VOCABULARY, encoding="utf-8")
    rows = draft(path, "EuroSciVoc", word_encoder)
    titles = {row["code"]: row["title"] for row in rows}
    assert titles == {
        "/23": "natural sciences", "/23/47": "physical sciences", "/23/47/305": "optics",
        "/29": "social sciences", "/29/97": "sociology", "/29/97/533": "demography",
    }  # fmt: skip
    first = {row["code"]: row for row in reversed(rows)}
    # The upper levels are those of FORD, and are read as they are.
    assert (first["/23/47"]["field_id"], first["/23/47"]["origin"]) == ("physics", "bridge")
    assert (first["/29/97"]["field_id"], first["/29/97"]["origin"]) == ("sociology", "bridge")
    assert first["/29"]["confidence"] < 0.5


def test_a_path_that_is_not_as_long_as_the_code_gives_no_titles(tmp_path, word_encoder):
    path = tmp_path / "t.csv"
    path.write_text("code;path;title\n/23/47;/optics;optics\n", encoding="utf-8")
    titles = {row["code"]: row["title"] for row in draft(path, "euroscivoc", word_encoder)}
    assert titles == {"/23": "", "/23/47": "optics"}


def cordis(folder):
    (folder / "projects.csv").write_text(
        "project_id,title,objective,keywords,start_year\n7,Lasers,About,laser,2020\n8,Bread,,,2021\n"
    )
    (folder / "organizations.csv").write_text(
        "project_id,org_name,country,city,org_type\n"
        "7,Optik GmbH,DE,Jena,PRC\n8,Optik GmbH,DE,Jena,PRC\n"
    )
    return f"cordis:{folder}"


def test_activities_of_a_project_carry_its_codes(tmp_path):
    spec = cordis(tmp_path)
    without = read_source(spec)
    assert {row["code"] for row in without.rows("activity")} == {None}
    (tmp_path / "euroSciVoc.csv").write_text(VOCABULARY, encoding="utf-8")
    codes = {row["event_id"]: (row["code_scheme"], row["code"]) for row in
             read_source(spec).rows("activity")}  # fmt: skip
    assert codes == {
        "cordis:7": ("euroscivoc", "/23/47/305; /29/97/533"), "cordis:8": (None, None),
    }  # fmt: skip
    assert read_source(spec).rows("source")[0]["digest"] != without.rows("source")[0]["digest"]


def test_a_vocabulary_without_its_columns_is_refused(tmp_path):
    spec = cordis(tmp_path)
    (tmp_path / "euroSciVoc.csv").write_text("project;topic\n7;optics\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"euroSciVoc\.csv has the columns project, topic"):
        read_source(spec)
