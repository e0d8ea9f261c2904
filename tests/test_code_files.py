"""Files of units and codes as people keep them: spellings, headings, levels, and refusals."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from typer.testing import CliRunner

from clusterloom.api.code_files import read_code_file
from clusterloom.api.codes import CODE_COLUMNS, adjacency_of_codes, weights_meant
from clusterloom.cli.main import app
from clusterloom.entities.code_trees import LEVELS, place_code
from clusterloom.errors import SourceError, UsageError
from clusterloom.networks.adjacency_model import PRIOR_WEIGHTS, packaged_model
from clusterloom.sources.code_rows import read_code_rows
from clusterloom.sources.words import number_meant

ROOT = Path(__file__).parents[1]
RUNNER = CliRunner()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def amounts(path: Path, **options) -> dict[tuple[str, str], float]:
    table = read_code_file(path, **options).table
    found = table.amount.tocoo()
    return {
        (table.units[i], table.codes[j]): float(v)
        for i, j, v in zip(found.row, found.col, found.data, strict=True)
    }


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("Unit;Code;Amount", "utf-8"),
        ("UNIT\tCODE\tAMOUNT", "utf-16"),
        ("Регион;ОКВЭД;Занятые", "cp1251"),
        ("Рэгіён;АКЭД;Колькасць работнікаў", "utf-8"),
        ("地区,分类代码,就业人数", "gb18030"),
        ("geo|nace_r2|obs_value", "utf-8-sig"),
    ],
)
def test_headings_separators_and_encodings_of_every_kind_give_the_same_table(
    tmp_path, head, encoding
):
    mark = re.sub(r"[\w\s]", "", head.replace("\t", "!"))[0].replace("!", "\t")
    rows = [("Минск" if "Рег" in head else "M1", "26.70", "1 200,5"), ("M2", "C26.70", "3,5")]
    lines = [mark.join(f'"{cell}"' for cell in row) for row in rows]
    path = write(tmp_path / "t.csv", "\n".join([head, *lines]), encoding)
    assert list(amounts(path, tree="nace").values()) == [3.5, 1200.5] or list(
        amounts(path, tree="nace").values()
    ) == [1200.5, 3.5]
    assert {code for _, code in amounts(path, tree="nace")} == {"26.70"}


def test_workbooks_and_parquet_are_read_as_text_files_are(tmp_path):
    rows = [("unit", "code", "amount", "year"), ("a", "26.70", 2, 2019), ("b", "27.11", 3, 2020)]
    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("Notes").write_row(0, 0, ("about", "this"))
        sheet = book.add_worksheet("Data")
        for k, row in enumerate(rows):
            sheet.write_row(k, 0, row)
    columns = list(zip(*rows[1:], strict=True))
    table = pa.table({name: list(c) for name, c in zip(rows[0], columns, strict=True)})
    pq.write_table(table, tmp_path / "t.parquet")
    write(tmp_path / "t.csv", "\n".join(",".join(map(str, row)) for row in rows))
    plain = amounts(tmp_path / "t.csv", tree="nace")
    assert plain == {("a", "26.70"): 2, ("b", "27.11"): 3}
    for name in ("t.xlsx", "t.parquet"):
        assert amounts(tmp_path / name, tree="nace") == plain
        assert sorted(read_code_file(tmp_path / name, tree="nace").table.years) == [2019, 2020]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,5", 1.5), ("1\u00a0234,5", 1234.5), ("1.234.567", 1234567), ("1,234,567.5", 1234567.5),
        ("−2", -2), ("1.234,50", 1234.5), ("12,34.5", None), ("1,2,3", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, number):
    assert number_meant(text) == number


def test_a_comma_that_may_divide_thousands_is_told(tmp_path):
    path = write(tmp_path / "t.csv", "unit;code;amount\na;x;1,200\nb;y;300\n")
    (note,) = read_code_rows(path).notes
    assert "`1,200` are read as 1.200" in note
    path = write(tmp_path / "t.csv", "unit;code;amount\na;x;1,200\nb;y;3,5\n")
    assert read_code_rows(path).notes == []


def test_several_codes_in_a_cell_are_several_rows(tmp_path):
    path = write(tmp_path / "t.csv", 'unit;ipc;amount\np1;"H01S 3/00; G02B 6/00, G02F 1/00";3\n')
    assert amounts(path, level="subclass") == {("p1", c): 1 for c in ("G02B", "G02F", "H01S")}
    assert "1 rows hold several codes" in " ".join(read_code_file(path).words)


def test_every_known_heading_means_one_column_once():
    path = files("clusterloom").joinpath("data", "words", "code_headings.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()[1:]))
    columns = {"unit", "code", "amount", "year", "title", "scheme", "text", "unit_a", "unit_b"}
    assert {row["meant"] for row in rows} == columns
    assert {row["scheme"] for row in rows} - {""} <= set(LEVELS)
    of_codes = [w for r in rows if "_" not in r["meant"] for w in r["words"].casefold().split("|")]
    doubled = {word for word in of_codes if of_codes.count(word) > 1}
    assert not doubled


# --- codes -----------------------------------------------------------------------------------


def test_spellings_of_one_code_are_one_code(tmp_path):
    spellings = ("H01S 3/067", "H01S3/067", "h01s 3/067 (2006.01)", "H01S0003067000")
    text = "patent,МПК\n" + "\n".join(f"p{k},{s}" for k, s in enumerate(spellings))
    source = read_code_file(write(tmp_path / "t.csv", text + "\n"))
    assert source.table.codes == ["H01S3/067"]
    assert source.facts["trees"] == ["ipc"]


def test_without_a_tree_blanks_and_case_do_not_make_another_code(tmp_path):
    path = write(tmp_path / "t.csv", "unit,code\na,H01S 3/067\nb,h01s3/067\nc,H01S 3/067\n")
    source = read_code_file(path)
    assert source.table.codes == ["H01S 3/067"]
    assert "the codes look like IPC: --tree ipc" in " ".join(source.words)


@pytest.mark.parametrize(
    ("tree", "codes", "chain"),
    [
        ("okved", ("26.70", "C26.70", "2670"), ("26.70", "26.7", "26")),
        ("oked", ("01.11", "1.11", "111"), ("01.11", "01.1", "01")),
        ("gbt4754", ("3976", "C3976", "C 3976"), ("3976", "397", "39")),
        ("naics", ("336411", "336411.0"), ("336411", "33641", "3364", "336", "31-33")),
        ("cpc", ("G06N 3/08", "g06n3/08"), ("G06N3/08", "G06N3", "G06N", "G06", "G")),
    ],
)
def test_the_trees_of_industries_and_patents_read_their_codes(tmp_path, tree, codes, chain):
    text = "unit,code\n" + "\n".join(f"u{k},{code}" for k, code in enumerate(codes))
    table = read_code_file(write(tmp_path / "t.csv", text + "\n"), tree=tree).table
    (code,) = table.codes
    assert code == chain[0]
    assert tuple(part.rpartition(":")[2] for part in table.chains[code]) == chain


def test_a_level_joins_codes_and_counts_what_is_lost(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "unit,nace,amount\na,26.70,1\na,26.51,2\nb,26.7,3\nb,26,3\nc,C,1\nd,26.70.1,2\n",
    )
    source = read_code_file(path, level="group")
    assert source.table.codes == ["26.5", "26.7"]
    assert amounts(path, level="group")["b", "26.7"] == 3
    # 26 and C stand above the group: 4 of 12
    assert source.facts["lost_to_level"] == {
        "rows": 2, "share_of_amount": 0.3333, "codes_before": 5,
    }  # fmt: skip
    assert [row["line"] for row in source.refused] == [5, 6]
    said = " ".join(source.words)
    assert "5 codes became 2 at the level group; 2 rows above it (33.3% of the amount)" in said
    assert "1 rows have digits beyond the tree's last level" in said


def test_titles_of_narrower_codes_speak_for_a_broader_one(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "unit,nace,title\na,26.70,optics\na,26.51,instruments\nb,27.1,motors\nb,27.11,drives\n",
    )
    assert read_code_file(path, level="division").table.titles == {
        "26": "instruments; optics", "27": "drives; motors",
    }  # fmt: skip
    assert read_code_file(path, level="group").table.titles["27.1"] == "motors"


def test_titles_that_are_of_the_units_are_not_compared(tmp_path):
    text = "unit,code,title\n" + "".join(f"p{k},c{k % 3},project {k}\n" for k in range(9))
    source = read_code_file(write(tmp_path / "t.csv", text))
    assert source.table.titles == {}
    assert "they seem to be of the units" in " ".join(source.words)
    once = write(tmp_path / "o.csv", "unit,code,title\na,x,one\nb,x,one\nc,x,two\nd,y,z\ne,y,z\n")
    assert read_code_file(once).table.titles == {"x": "one", "y": "z"}


def test_two_classifications_in_one_file_stay_apart(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "unit,code,scheme\na,26.70,nace\na,2670,ISIC\nb,26.70,okved\nb,27,nace\n",
    )
    table = read_code_file(path).table
    assert table.codes == ["isic:2670", "nace:26.70", "nace:27"]
    pairs = {(p["code_a"], p["code_b"]): p for p in rows_of(path, tmp_path)}
    assert pairs["isic:2670", "nace:26.70"]["classification"] == ""


def rows_of(path: Path, folder: Path, **options) -> list[dict[str, str]]:
    out = folder / "out.csv"
    adjacency_of_codes(path, out=out, titles=False, min_fused=0, **options)
    with out.open(encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def test_a_lost_leading_zero_that_allows_two_readings_is_told(tmp_path):
    assert place_code("gbt4754", "111").unsure
    path = write(tmp_path / "t.csv", "unit,code\na,111\nb,3976\n")
    assert "1 rows have three digits" in " ".join(read_code_file(path, tree="gbt4754").words)


def test_a_zero_that_a_spreadsheet_may_have_dropped_is_told(tmp_path):
    path = write(tmp_path / "t.csv", "unit,nace\na,26.7\nb,26.51\n")
    assert "may have dropped the last zero" in " ".join(read_code_file(path).words)
    path = write(tmp_path / "t.csv", "unit,nace\na,26.7\nb,26.5\n")
    assert "dropped" not in " ".join(read_code_file(path).words)


def test_rows_of_other_years_are_left_out_and_counted(tmp_path):
    path = write(tmp_path / "t.csv", "unit,code,year\na,x,2010\na,y,2015-03-01\nb,x,\nb,y,2019\n")
    source = read_code_file(path, since=2012, until=2018)
    assert source.table.years == [2015]
    assert source.facts["rows"] == 2
    assert "2 rows of other years" in " ".join(source.words)


def test_projects_without_codes_get_the_fields_their_texts_resemble(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "project,text\np1,Laser processing of metal surfaces with fibre lasers\n"
        "p2,Лазерные технологии обработки металлов\np3,x7\n",
    )
    source = read_code_file(path)
    assert source.table.codes == ["laser-processing"]
    assert source.facts["trees"] == ["field"]
    assert [row["line"] for row in source.refused] == [4]
    assert source.table.titles == {"laser-processing": "Laser processing"}


# --- refusals --------------------------------------------------------------------------------


def test_what_cannot_be_read_is_refused_line_by_line_and_the_rest_is_used(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "unit;ipc;amount;year\n"
        "p1;H01S;1;2010\n;H01S;1;\np1;;1;\np1;many words;1;\np1;G02B;much;\np1;G02B;-1;\n"
        "p1;G02B;1;20x5\np1;G02B;1;2010-2012\np2;G02B;1;;extra\np2;G02B;;\n",
    )
    out = tmp_path / "adjacency.csv"
    found = adjacency_of_codes(path, out=out, titles=False)
    assert (found["rows"], found["refused"]) == (2, 8)
    with (tmp_path / "adjacency.refused.csv").open(encoding="utf-8-sig") as stream:
        refused = {int(row["line"]): row for row in csv.DictReader(stream)}
    faults = (
        (3, "no unit"), (4, "no code"), (5, "`many words` is no code of ipc"), (6, "`much`"),
        (7, "`-1` is no number >= 0"), (8, "`20x5` holds no one year"), (9, "`2010-2012`"),
        (10, "5 cells, the header 4"),
    )  # fmt: skip
    assert sorted(refused) == [line for line, _ in faults]
    for line, fault in faults:
        assert fault in refused[line]["fault"]
        assert refused[line]["remedy"]
    assert json.loads(refused[6]["record"])["amount"] == "much"
    good = write(tmp_path / "t.csv", "unit;ipc\np1;H01S\np1;G02B\n")
    assert adjacency_of_codes(good, out=out, titles=False)["refused_file"] is None
    assert not (tmp_path / "adjacency.refused.csv").exists()


@pytest.mark.parametrize(
    ("text", "parameters", "error", "fault"),
    [
        ("colour,code\na,x\n", {}, SourceError, "no column `unit`"),
        ("unit,colour\na,x\n", {}, SourceError, "no column `code`"),
        ("", {}, SourceError, "is empty"),
        ("firm,region,code\na,b,x\n", {}, SourceError, "`firm` and `region` may both be the unit"),
        ("unit,code\na,x\n", {"columns": {"unit": "firm"}}, SourceError, "no heading `firm`"),
        ("unit,code\na,x\n", {"columns": {"colour": "a"}}, SourceError, "no column `colour`"),
        ("unit,ipc\na,many words\n", {}, SourceError, "no row that can be used: line 2"),
        ("unit,code\na,x\na,y\n", {"tree": "oak"}, UsageError, "there is no tree `oak`"),
        ("unit,code\na,x\na,y\n", {"tree": "3,1"}, UsageError, "levels rise"),
        ("unit,ipc\na,H01S\n", {"level": "leaf"}, UsageError, "`ipc` has no level `leaf`"),
        ("unit,code\na,xyz\n", {"tree": "1,2", "level": "3"}, UsageError, "no level `3`"),
        ("unit,code\na,x\n", {"level": "group"}, UsageError, "level `group` is of no tree"),
        ("unit,code\na,x\na,y\n", {"measure": "lift"}, UsageError, "`lift`"),
        ("unit,code\na,x\na,y\n", {"weights": "1,2"}, UsageError, "four numbers >= 0"),
        ("unit,code\na,x\na,y\n", {"weights": "0,0,0,0"}, UsageError, "four numbers >= 0"),
        ("unit,code\na,x\na,y\n", {"weights": "-1,1,1,1"}, UsageError, "no file of weights"),
        ("unit,code\na,x\na,y\n", {"weights": "gone.json"}, UsageError, "no file of weights"),
        ("unit,code\na,x\na,y\n", {"prior": -1.0}, UsageError, "prior is >= 0"),
    ],
)
def test_a_file_or_option_that_cannot_be_used_is_refused(tmp_path, text, parameters, error, fault):
    table = write(tmp_path / "t.csv", text)
    with pytest.raises(error, match=fault):
        adjacency_of_codes(table, out=tmp_path / "out.csv", **parameters)


def test_a_heading_the_program_cannot_tell_can_be_named(tmp_path):
    path = write(tmp_path / "t.csv", "firm,region,code\na,r,x\nb,r,y\n")
    assert amounts(path, columns={"unit": "Region"}) == {("r", "x"): 1, ("r", "y"): 1}
    called = RUNNER.invoke(app, ["adjacency", str(path), "--column", "unit"])
    assert isinstance(called.exception, UsageError)
    assert "says no heading" in str(called.exception)


@pytest.mark.parametrize("name", ["nowhere.csv", "notes.docx"])
def test_a_file_that_is_missing_or_of_another_kind_is_named(tmp_path, name):
    if name.endswith("docx"):
        (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(SourceError, match=f"cannot read .*{re.escape(name)}"):
        adjacency_of_codes(tmp_path / name, out=tmp_path / "out.csv")


# --- weights and the command -------------------------------------------------------------------


def test_weights_by_word_and_by_number():
    assert weights_meant("prior").weights == PRIOR_WEIGHTS["field"]
    assert weights_meant("packaged").weights == packaged_model().field.weights
    assert weights_meant("0,0,3,1").weights == (0, 0, 0.75, 0.25)


def test_the_command_writes_a_table_for_excel_and_says_what_it_rests_on(tmp_path):
    table = write(
        tmp_path / "patents.csv",
        "unit,code,amount,title\np1,H01S,,\np1,G02B,,\np2,A01B,2,\np3,G02B,1,\np3,H01S,1,\n",
    )
    links = write(tmp_path / "links.csv", "unit_a,unit_b\np1,p3\np1,p9\np1,p1\n")
    out = tmp_path / "adjacency.csv"
    call = ["adjacency", str(table), "--tree", "ipc", "--links", str(links), "--out", str(out)]
    called = RUNNER.invoke(app, [*call, "--no-titles", "--json"])
    assert called.exit_code == 0, called.output
    told = json.loads(called.stdout)
    assert (told["pairs"], told["file"], told["weights_origin"]) == (1, str(out), "prior")
    assert (told["links"], told["links_of_strangers"], told["refused"]) == (1, 1, 1)
    assert any("stated prior, a judgement" in line for line in told["words"])
    assert any("their weight goes to the others: text" in line for line in told["words"])
    with out.open(encoding="utf-8-sig") as stream:
        (row,) = csv.DictReader(stream)
    assert list(row) == list(CODE_COLUMNS)
    assert (row["code_a"], row["code_b"], float(row["together"])) == ("G02B", "H01S", 2)
    assert row["title_b"].startswith("lasers")


def test_the_commands_of_the_page_run_on_the_examples_as_they_stand(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "how-to" / "adjacency-of-your-codes.md").read_text(encoding="utf-8")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^clusterloom (.+)$", page.replace("\\\n", " "), re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        called = RUNNER.invoke(app, shlex.split(line, comments=True))
        assert called.exit_code == 0, f"{line}: {called.output} {called.exception}"
    assert {"patents.csv", "jobs.csv", "weights.json"} <= {p.name for p in tmp_path.iterdir()}


def test_a_row_with_a_text_and_no_code_beside_codes_is_refused_in_words(tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_text("unit,code,text\np1,H01S,lasers\np1,G02B,lenses\np2,,laser physics\n", "utf-8")
    file = read_code_file(path, tree="ipc")
    assert any("a text and no code" in row["fault"] for row in file.refused)
