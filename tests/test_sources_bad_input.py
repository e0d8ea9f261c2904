"""Bad input: each fault is named with its rule and remedy, and no row is lost."""

from __future__ import annotations

import pytest
import xlsxwriter

from clusterloom.api import Project
from clusterloom.entities.gazetteer import Gazetteer, geocode
from clusterloom.errors import SourceError
from clusterloom.sources import read_source

HEADER = "org_id,role,name_en,country,city,lat,lon,founded_year\n"
GOOD = "a,company,A,BY,Minsk,53.9,27.6,1990\nb,university,B,BY,Minsk,,,\n"


def read(tmp_path, organisations=HEADER + GOOD, **files):
    folder = tmp_path / "mine"
    folder.mkdir()
    content = {"organisations.csv": organisations, **{f"{n}.csv": t for n, t in files.items()}}
    for name, text in content.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_source(str(folder))


def only_refused(tables):
    (row,) = tables.rows("quarantine")
    return row


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path):
    with pytest.raises(SourceError, match="no column `org_id`") as fault:
        read(tmp_path, "orgid,role,name_en,country\na,company,A,BY\n")
    assert "orgid" in fault.value.hint


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a,company,Again,BY,Minsk,,,", "the key `a` stands on line 2 already"),
        ("c,factory,C,BY,Minsk,,,", "role `factory` is not one of"),
        ("c,company,C,BY,Minsk,95,200,", "lat_deg 95 is above 90"),
        ("c,company,C,CN,Beijing,116.4,39.9,", "they look swapped"),
        ("c,company,C,BY,Minsk,53.9,,", "only one of latitude and longitude"),
        ("c,company,C,BY,Minsk,,,20223", "founded_year 20223 is above 2100"),
        ("c,company,C,Atlantis,Minsk,,,", "country `Atlantis` is not known"),
        ("c,company,,BY,Minsk,,,", "`name_en` is empty"),
    ],
)
def test_a_bad_row_goes_to_quarantine_with_line_and_reason(tmp_path, line, fault):
    tables = read(tmp_path, HEADER + GOOD + line + "\n")
    row = only_refused(tables)
    assert fault in row["fault"]
    assert (row["file"], row["line"]) == ("organisations.csv", 4)
    assert row["remedy"]
    assert tables["organisation"].num_rows == 2


@pytest.mark.parametrize(("given", "meant"), [(180, 180), (181, -179), (360, 0), (-180, -180)])
def test_a_longitude_counted_from_0_to_360_is_the_same_meridian(tmp_path, given, meant):
    tables = read(tmp_path, HEADER + f"a,company,A,FJ,,-17,{given},\n")
    assert tables["quarantine"].num_rows == 0
    assert tables.rows("organisation")[0]["lon_deg"] == meant


@pytest.mark.parametrize("given", [360.5, -181])
def test_a_longitude_beyond_a_whole_turn_is_refused(tmp_path, given):
    tables = read(tmp_path, HEADER + GOOD + f"c,company,C,FJ,,-17,{given},\n")
    row = only_refused(tables)
    assert f"lon_deg {given:g} is" in row["fault"]
    assert "-180..180" in row["remedy"]


def test_answers_alone_are_checked_against_the_organisations_imported_before(tmp_path):
    project = Project.create(tmp_path / "work")
    project.import_source("embedded:valley")
    answers = tmp_path / "answers"
    answers.mkdir()
    org = project.workspace.inputs().rows("organisation")[0]["org_id"]
    (answers / "developments.csv").write_text(f"org_id,title\n{org},A lamp\nnobody,A ghost\n")
    summary = project.import_source(str(answers))
    assert (summary.rows["development"], summary.quarantined) == (1, 1)
    project.workspace.ledger.close()


def test_a_dangling_reference_is_refused(tmp_path):
    tables = read(tmp_path, links="org_a,org_b,kind\na,b,contract\na,zz,contract\n")
    assert (
        "org_b `zz` is no organisation of this or an earlier source"
        in only_refused(tables)["fault"]
    )
    assert tables["link"].num_rows == 1


def test_an_empty_file_is_an_error_and_a_header_alone_is_an_empty_table(tmp_path):
    with pytest.raises(SourceError, match=r"organisations\.csv is empty"):
        read(tmp_path, "")
    other = tmp_path / "other"
    other.mkdir()
    assert read(other, HEADER)["organisation"].num_rows == 0


def test_text_in_an_unknown_language_is_kept(tmp_path):
    tables = read(tmp_path, activities="org_id,kind,text_en\na,research,ლაზერული ფიზიკა\n")
    assert tables.rows("activity")[0]["text_en"] == "ლაზერული ფიზიკა"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_the_encoding_is_told(tmp_path, encoding):
    name = "Институт физики имени Степанова Национальной академии наук"
    text = "org_id;role;name_en;country\na;research_institute;" + name + ";BY\n"
    tables = read(tmp_path, text.encode(encoding))
    assert tables.rows("organisation")[0]["name_en"] == name


def test_semicolons_and_decimal_commas_are_read(tmp_path):
    text = "org_id;role;name_en;country;lat;lon\na;company;A;BY;53,9;27,6\n"
    row = read(tmp_path, text).rows("organisation")[0]
    assert (row["lat_deg"], row["lon_deg"]) == (53.9, 27.6)


def test_formulas_and_html_in_names_are_data(tmp_path):
    tables = read(tmp_path, HEADER + "a,company,=cmd(),BY,Minsk,,,\nb,company,<b>B</b>,BY,,,,\n")
    assert [r["name_en"] for r in tables.rows("organisation")] == ["=cmd()", "<b>B</b>"]


def workbook(path, *, merge_header=False, merge_row=False, formula=None):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("organisations")
    for column, name in enumerate(("org_id", "role", "name_en", "country")):
        sheet.write(0, column, name)
    for line, org_id in enumerate(("a", "b"), start=1):
        for column, value in enumerate((org_id, "company", f"Firm {org_id}", "BY")):
            sheet.write(line, column, value)
    if merge_header:
        sheet.merge_range(0, 2, 0, 3, "name_en")
    if merge_row:
        sheet.merge_range(2, 2, 2, 3, "Firm b")
    if formula is not None:
        sheet.write_formula(2, 2, '="Firm "&"b"', None, formula)
    book.close()
    return str(path)


def test_a_formula_gives_its_last_value_and_one_without_is_refused(tmp_path):
    tables = read_source(workbook(tmp_path / "one.xlsx", formula="Firm b"))
    assert [r["name_en"] for r in tables.rows("organisation")] == ["Firm a", "Firm b"]
    tables = read_source(workbook(tmp_path / "two.xlsx", formula=""))
    assert "formula without a value" in only_refused(tables)["fault"]
    assert tables["organisation"].num_rows == 1


def test_merged_cells_are_refused_by_row_and_in_the_header_altogether(tmp_path):
    tables = read_source(workbook(tmp_path / "one.xlsx", merge_row=True))
    assert "C3:D3 are merged" in only_refused(tables)["fault"]
    with pytest.raises(SourceError, match="C1:D1 are merged"):
        read_source(workbook(tmp_path / "two.xlsx", merge_header=True))


def test_a_mapping_brings_in_foreign_headings_words_and_constants(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "firms.csv").write_text("Код;Вид;Название\n1;НИИ;Институт\n", encoding="utf-8")
    (folder / "mapping.toml").write_text(
        '[organisation]\nfile = "firms.csv"\n'
        '[organisation.columns]\norg_id = "Код"\nrole = "Вид"\nname_en = "Название"\n'
        '[organisation.values.role]\n"НИИ" = "research_institute"\n'
        '[organisation.constants]\ncountry = "BY"\n',
        encoding="utf-8",
    )
    row = read_source(str(folder)).rows("organisation")[0]
    assert (row["org_id"], row["role"], row["country"]) == ("1", "research_institute", "BY")


def test_a_mapping_to_an_unknown_column_names_the_nearest(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('[organisation.columns]\nrol = "x"\n')
    with pytest.raises(SourceError, match="column `rol`") as fault:
        read_source(str(tmp_path), mapping=path)
    assert "role" in fault.value.hint


def test_the_same_bytes_have_the_same_digest(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    first, second = read(tmp_path / "x"), read(tmp_path / "y")
    assert first.rows("source") == second.rows("source")


def test_cordis_merges_spellings_and_weighs_ties_by_the_size_of_the_project(tmp_path):
    (tmp_path / "projects.csv").write_text(
        "project_id,title,objective,keywords,start_year\n7,Lasers,About lasers,laser,2020\n"
    )
    (tmp_path / "organizations.csv").write_text(
        "project_id,org_name,country,city,org_type\n"
        "7,Optik GmbH,DE,Jena,PRC\n7,OPTIK GMBH,DE,Jena,PRC\n"
        "7,Uni Jena,DE,Jena,HES\n7,Nobody,,Jena,HES\n7,CAS,CN,Beijing,REC\n"
    )
    tables = read_source(f"cordis:{tmp_path}")
    assert tables["organisation"].num_rows == 3
    assert {row["weight"] for row in tables.rows("link")} == {0.5}  # 1 / (3 - 1)
    row = only_refused(tables)
    assert (row["line"], "`country` is empty") == (5, row["fault"])


@pytest.mark.parametrize(
    ("lat", "lon", "fault"),
    [
        (27.6, 53.9, "lat_deg 27.6, lon_deg 53.9 lie 3,"),
        (27.6, 53.9, "they look swapped"),
        (48.9, 2.3, "km from Minsk"),
    ],
)
def test_coordinates_far_from_the_stated_city_are_noted_and_the_city_is_kept(
    tmp_path, lat, lon, fault
):
    text = f"{HEADER}{GOOD}c,company,C,BY,Minsk,{lat},{lon},\n"
    tables, report = geocode(read(tmp_path, text))
    refused = only_refused(tables)
    assert fault in refused["fault"]
    assert refused["line"] == 4
    (row,) = (r for r in tables.rows("organisation") if r["org_id"] == "c")
    assert (row["coord_precision"], row["place_id"]) == ("city", "geonames:625144")
    assert report.n_placed == 3


def test_a_table_with_russian_or_chinese_headings_and_words_needs_no_mapping(tmp_path):
    workbook = xlsxwriter.Workbook(tmp_path / "реестр.xlsx")
    sheets = {
        "Организации": [
            ("Код", "Тип организации", "Наименование", "Страна", "Населённый пункт", "Широта"),
            ("a", "Научный институт", "Институт физики", "Беларусь", "Минск", None),
            ("b", "ПРЕДПРИЯТИЕ", "Завод «Луч»", "Китай", "Ухань", None),
        ],
        "活动": [("机构编号", "类别", "方向", "年份"), ("b", "生产", "激光器", 2024)],
        "Связи": [("Организация 1", "Организация 2", "Вид связи"), ("a", "b", "Договор")],
        "Разработки": [
            ("Код организации", "Название", "Описание"),
            ("a", "Лазер", "Два киловатта"),
        ],
    }
    for name, rows in sheets.items():
        sheet = workbook.add_worksheet(name)
        for n, cells in enumerate(rows):
            sheet.write_row(n, 0, cells)
    workbook.close()
    tables = read_source(str(tmp_path / "реестр.xlsx"))
    assert tables["quarantine"].num_rows == 0
    first, second = tables.rows("organisation")
    assert (first["role"], first["country"], first["name_ru"]) == (
        "research_institute", "BY", "Институт физики",
    )  # fmt: skip
    assert first["name_en"] == "Институт физики"  # as the source writes it
    assert (second["role"], second["country"], second["city"]) == ("company", "CN", "Ухань")
    (work,) = tables.rows("activity")
    assert (work["kind"], work["text_zh"], work["year"]) == ("production", "激光器", 2024)
    (tie,) = tables.rows("link")
    assert tie["kind"] == "contract"
    (answer,) = tables.rows("development")
    assert (answer["title"], answer["text"]) == ("Лазер", "Два киловатта")


def test_every_accepted_word_means_something_the_schema_has():
    from importlib.resources import files

    from clusterloom.schema import TABLES, TableKind

    inputs = [t for t in TABLES.values() if t.kind is TableKind.INPUT]
    known = {
        "table": {t.name for t in inputs},
        "column": {c.name for t in inputs for c in t.columns},
        "value": {choice for t in inputs for c in t.columns for choice in c.choices},
    }
    path = files("clusterloom").joinpath("data", "words", "accepted.csv")
    for line in path.read_text(encoding="utf-8").splitlines()[2:]:
        what, meant, words = line.split(",", 2)
        assert meant in known[what], line
        assert len(words.split("|")) >= 2, line


def test_a_settlement_is_found_in_any_of_the_languages():
    gazetteer = Gazetteer({"BY", "DK", "FR"})
    names = ("Minsk", "Минск", "Мінск", "明斯克")
    assert {gazetteer.find(name, "BY").place_id for name in names} == {"geonames:625144"}
    assert gazetteer.find("AARHUS C", "DK").name_en == "Århus"
    assert gazetteer.find("Villeurbanne Cedex", "FR").name_en == "Villeurbanne"
    assert gazetteer.find("Nowhereville", "BY") is None


def test_a_city_without_coordinates_gets_its_centre_and_extent(tmp_path):
    text = HEADER + "a,company,A,BY,Минск,,,\nb,company,B,BY,Nowhereville,,,\n"
    tables, report = geocode(read(tmp_path, text))
    placed, lost = tables.rows("organisation")
    assert placed["coord_precision"] == "city"
    assert placed["extent_km"] > 5
    assert (lost["lat_deg"], lost["coord_precision"]) == (None, "unknown")
    assert report.unresolved == (("Nowhereville", "BY"),)
