"""Texts of activities come into the column of their language, whatever heading they had."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from clusterloom.api import Project
from clusterloom.cli.main import app
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.sources import read_source
from clusterloom.sources.languages import count_moved, settle_texts

LANGUAGES = ("en", "ru", "be", "zh")
LETTERS = "laser Optics 2024 лазеры щит оптика тэхніка ўсё 激光 技术 їжа / ( ) - ; , ."


def settled(plain: str | None = None, **texts: str) -> tuple[dict[str, str], list[str]]:
    row = {f"text_{language}": text for language, text in texts.items()}
    notes = settle_texts(row, plain)
    found = {language: row.get(f"text_{language}") for language in LANGUAGES}
    return {la: text for la, text in found.items() if text}, [fault for fault, _ in notes]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("лазерная физика", {"ru": "лазерная физика"}),
        ("лазерная фізіка", {"be": "лазерная фізіка"}),
        ("激光物理", {"zh": "激光物理"}),
        ("laser physics", {"en": "laser physics"}),
        ("2024", {"en": "2024"}),
        # Names of products do not make another language of a text, nor a translation of it.
        ("Станки (Siemens Sinumerik)", {"ru": "Станки (Siemens Sinumerik)"}),
        ("BOE Technology 京东方", {"zh": "BOE Technology 京东方"}),
        ("Разработка CRM/ERP", {"ru": "Разработка CRM/ERP"}),
        # A text and its translations in one cell.
        (
            "Оптика и лазеры / optics and lasers",
            {"ru": "Оптика и лазеры", "en": "optics and lasers"},
        ),
        ("machine tools (金属加工机床)", {"en": "machine tools", "zh": "金属加工机床"}),
        ("3 станка - machine tools", {"ru": "3 станка", "en": "machine tools"}),
    ],
)
def test_a_text_without_a_stated_language_goes_where_its_letters_say(text, found):
    assert settled(text) == (found, [])


@pytest.mark.parametrize(
    ("given", "found", "note"),
    [
        ({"en": "лазерная физика"}, {"ru": "лазерная физика"}, "text_en holds Russian"),
        ({"en": "лазерная фізіка"}, {"be": "лазерная фізіка"}, "text_en holds Belarusian"),
        ({"ru": "激光物理"}, {"zh": "激光物理"}, "text_ru holds Chinese"),
        ({"ru": "laser optics"}, {"en": "laser optics"}, "text_ru holds English"),
        ({"ru": "Лазерныя сістэмы"}, {"be": "Лазерныя сістэмы"}, "text_ru holds Belarusian"),
        ({"be": "Системы и щиты"}, {"ru": "Системы и щиты"}, "text_be holds Russian"),
        ({"zh": "machine tools"}, {"en": "machine tools"}, "text_zh holds English"),
        # Copied into two columns: it is held once.
        ({"en": "оптика", "ru": "Оптика"}, {"ru": "Оптика"}, "text_en holds Russian"),
        # The right column is filled: it holds both.
        ({"en": "лазеры", "ru": "оптика"}, {"ru": "оптика. лазеры"}, "text_en holds Russian"),
        (
            {"en": "laser optics (лазерная оптика)"},
            {"en": "laser optics", "ru": "лазерная оптика"},
            "text_en holds Russian",
        ),
        ({"ru": "Українська мова"}, {"ru": "Українська мова"}, "none of the four languages"),
        ({"en": "Українська мова"}, {"ru": "Українська мова"}, "read as Russian"),
    ],
)
def test_a_text_in_the_column_of_another_language_is_moved_and_noted(given, found, note):
    texts, notes = settled(**given)
    assert texts == found
    assert len(notes) == 1
    assert note in notes[0]


def test_columns_that_were_exchanged_are_exchanged_back():
    texts, notes = settled(en="лазерная физика", ru="laser physics")
    assert texts == {"en": "laser physics", "ru": "лазерная физика"}
    assert len(notes) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"ru": "SolidWorks"},  # a name
        {"zh": "5G, AI"},
        {"be": "Права"},  # spelled so in both languages
        {"en": "café à la française"},
        {"en": "производство of CAD systems for machine tools"},
        {"ru": "Завод напитков «Крыніца»"},
        {},
    ],
)
def test_what_may_be_right_stays_without_a_word(given):
    assert settled(**given) == (given, [])


def test_no_text_of_the_catalogue_is_moved():
    for row in read_catalogue().rows("field"):
        for what in ("label", "description"):
            given = {language: row[f"{what}_{language}"] for language in LANGUAGES}
            assert settled(**given) == (given, [])


@given(
    st.dictionaries(st.sampled_from(LANGUAGES), st.text(alphabet=LETTERS, max_size=30)),
    st.text(alphabet=LETTERS, max_size=40),
)
def test_no_letter_or_digit_is_lost(given, plain):
    texts, _ = settled(plain, **given)
    kept = "".join(texts.values()).casefold()
    for text in [*given.values(), plain]:
        assert {c for c in text.casefold() if c.isalnum()} <= set(kept)


@given(st.dictionaries(st.sampled_from(LANGUAGES), st.text(alphabet=LETTERS, max_size=30)))
def test_settling_a_second_time_changes_nothing(given):
    once, _ = settled(**given)
    assert settled(**once)[0] == once


ORGANISATIONS = "org_id,role,name_en,country\na,company,A,BY\n"
ACTIVITIES = """\
org_id,kind,text,text_en
a,research,лазерная физика,
a,research,laser physics,
a,research,激光物理,
a,research,,станки и приборы
a,research,optics,lasers
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    (folder / "activities.csv").write_text(ACTIVITIES, encoding="utf-8")
    return folder


def test_a_heading_without_a_language_is_read_row_by_row(source):
    tables = read_source(str(source))
    found = [[row[f"text_{la}"] for la in LANGUAGES] for row in tables.rows("activity")]
    assert found == [
        [None, "лазерная физика", None, None],
        ["laser physics", None, None, None],
        [None, None, None, "激光物理"],
        [None, "станки и приборы", None, None],
        ["lasers. optics", None, None, None],
    ]
    (note,) = tables.rows("quarantine")
    assert (note["file"], note["line"]) == ("activities.csv", 5)
    assert note["fault"] == "text_en holds Russian, which was taken as text_ru"
    assert json.loads(note["record"])["text_en"] == "станки и приборы"
    assert count_moved([note]) == 1


@pytest.mark.parametrize("heading", ["Описание", "direction", "Text"])
def test_other_headings_without_a_language_are_understood(source, heading):
    lines = f"org_id,kind,{heading}\na,research,лазерная физика\n"
    (source / "activities.csv").write_text(lines, encoding="utf-8")
    (row,) = read_source(str(source)).rows("activity")
    assert row["text_ru"] == "лазерная физика"


def test_a_mapping_file_may_name_a_column_without_a_language(source):
    (source / "activities.csv").write_text("org_id,kind,What\na,research,激光物理\n", "utf-8")
    (source / "mapping.toml").write_text('[activity.columns]\ntext = "What"\n', "utf-8")
    (row,) = read_source(str(source)).rows("activity")
    assert row["text_zh"] == "激光物理"


def test_moved_texts_are_counted_by_import_and_named_by_check(source, tmp_path):
    work = str(tmp_path / "work")
    runner = CliRunner()
    done = runner.invoke(app, ["import", str(source), "-w", work])
    assert "1 texts moved to the column of their language" in done.stdout
    assert "1 texts stood in the column" in runner.invoke(app, ["check", "-w", work]).stdout
    project = Project.open(work)
    assert project.import_source(str(source)).texts_moved == 1
    project.workspace.ledger.close()
