"""The user's own concordances: at any depth, checked at import; several codes in one cell."""

from __future__ import annotations

import math

import pytest

from clusterloom.api import Project
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.concordance import fields_of_code, fields_of_codes, read_cell
from clusterloom.entities.own_concordances import (
    check_concordance,
    match_code,
    own_concordances,
)
from clusterloom.entities.paradigm_file import read_mapping
from clusterloom.sources.folder import read_folder
from clusterloom.tables import Tables
from clusterloom.views.codes_view import unread_codes

from .conftest import activity_row, field_row

KNOWN = {row["field_id"] for row in read_catalogue().rows("field")}


def own_row(scheme, code, field_id, share=1.0, line=2, **more):
    given = {"scheme": scheme, "code": code, "field_id": field_id, "share": share}
    origin = {"source_id": "mine", "source_row": f"concordance.csv:{line}"}
    return {**given, "origin": None, "confidence": None, "title": None, **origin, **more}


def fields(scheme, code, *rows):
    return set(match_code(scheme, code, known=KNOWN, own=own_concordances(rows)))


@pytest.mark.parametrize("written", ["26.70", "C26.70", "2670", "26,70", " 26.7.0 "])
def test_own_codes_are_read_like_the_codes_of_activities(written):
    assert fields("NACE Rev. 2", "26.70", own_row("nace", written, "optoelectronics")) == {
        "optoelectronics"
    }


def test_a_lost_leading_zero_is_given_back_to_an_own_code():
    row = own_row("isic", "112", "flax")  # no group 112 in ISIC: 0112 is meant
    assert fields("isic", "0112", row) == {"flax"}


def test_one_own_row_leaves_every_other_code_to_the_program():
    own = own_concordances([own_row("nace", "26.70", "optoelectronics")])
    for code in ("10.51", "26.51", "01"):
        assert fields_of_code("nace", code, own=own) == fields_of_code("nace", code)


def test_an_own_national_scheme_is_found_at_full_depth_and_does_not_touch_nace():
    rows = [
        own_row("ОКВЭД-2", "26.70.12", "laser-technology"),
        own_row("okved2", "26.51", "metrology"),
    ]
    assert fields("OKVED2", "26.70.12", *rows) == {"laser-technology"}
    assert fields("okved", "267012", *rows) == {"laser-technology"}
    assert fields("okved2", "26.51.1", *rows) == {"metrology"}
    # A code the user did not list is read as NACE, for which nothing has changed.
    assert fields("okved2", "26.70.13", *rows) == fields("nace", "26.70")
    assert fields("nace", "26.51", *rows) == fields("nace", "26.51")
    assert fields("nace", "26.70.12", *rows) == fields("nace", "26.70")


def test_own_nace_rows_serve_those_who_write_okved_unless_okved_rows_do():
    nace = own_row("nace", "26.70", "optoelectronics")
    assert fields("okved2", "26.70.1", nace) == {"optoelectronics"}
    okved = own_row("okved2", "26.70", "metrology")
    assert fields("okved2", "26.70.1", nace, okved) == {"metrology"}


@pytest.mark.parametrize("name", ["Мой справочник", "我的分类", "Наш 1.1"])
def test_an_own_scheme_named_in_any_script_works(name):
    rows = [own_row(name, "А-1", "optoelectronics"), own_row("Наш 11", "А-1", "flax")]
    assert fields(name.upper(), "а-1", *rows) == {"optoelectronics"}
    assert fields("другой", "А-1", *rows) == set()


def test_a_code_in_two_spellings_has_the_mean_of_both():
    rows = [own_row("nace", "26.70", "flax"), own_row("nace", "C2670", "metrology")]
    found = match_code("nace", "26.7.0", known=KNOWN, own=own_concordances(rows))
    assert {name: share for name, (share, _) in found.items()} == {"flax": 0.5, "metrology": 0.5}


def test_a_code_in_two_sources_has_shares_that_sum_to_one():
    # The other source's row for flax was refused: its key stands in the first source.
    rows = [
        own_row("h", "1", "flax"),
        own_row("h", "1", "metrology", 0.5, source_id="other"),
    ]
    found = match_code("h", "1", known=KNOWN, own=own_concordances(rows))
    assert {name: share for name, (share, _) in found.items()} == {
        "flax": pytest.approx(2 / 3),
        "metrology": pytest.approx(1 / 3),
    }


def test_a_catalogue_of_ones_own_is_never_led_to_a_field_it_does_not_have():
    catalogue = Tables().with_rows("field", [field_row("mine", "mine", nace="26.7")]).rows("field")
    own = own_concordances([own_row("nace", "10", "mine")], catalogue)
    found = {code: set(match_code("nace", code, known={"mine"}, own=own)) for code in
             ("26.70", "10.51", "01.11")}  # fmt: skip
    assert found == {"26.70": {"mine"}, "10.51": {"mine"}, "01.11": set()}


# Several codes in one cell


def test_several_codes_have_equal_parts_and_keep_their_confidence():
    rows = [own_row("h", "A", "flax", confidence=0.8), own_row("h", "B", "metrology", 0.5,
            confidence=0.4), own_row("h", "B", "flax", 0.5, confidence=0.4)]  # fmt: skip
    found = match_code("h", "A; B", known=KNOWN, own=own_concordances(rows))
    assert found["flax"] == (pytest.approx(0.75), pytest.approx((0.5 * 0.8 + 0.25 * 0.4) / 0.75))
    assert found["metrology"] == (pytest.approx(0.25), pytest.approx(0.4))


def test_an_unreadable_code_among_several_is_counted_and_the_others_kept(word_encoder):
    rows = [
        activity_row("1", "o", code_scheme="nace", code="26.70; zz | 10.51"),
        activity_row("2", "o", code_scheme="nace", code="26.70\n10.51"),
        activity_row("3", "o", code_scheme="nace", code="zz; yy"),
    ]
    tables = read_catalogue().with_rows("activity", rows)
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    shares = {"1": {}, "2": {}, "3": {}}
    for row in tables.rows("activity_field"):
        shares[row["activity_id"]][row["field_id"]] = row["share"]
    assert shares["1"] == shares["2"]
    assert math.fsum(shares["1"].values()) == pytest.approx(1, abs=1e-5)
    assert set(shares["1"]) == fields("nace", "26.70") | fields("nace", "10.51")
    assert shares["3"] == {}
    assert dict(unread_codes(tables)) == {("nace", "zz"): 2, ("nace", "yy"): 1}


def test_a_comma_or_bar_inside_a_code_of_ones_own_does_not_part_it():
    own = own_concordances([own_row("house", "A, 1|b", "flax")])
    (reading,) = read_cell("House", "a, 1|B", own=own)
    assert reading.status == "exact"


def test_joining_nothing_gives_nothing():
    found, agreement = fields_of_codes(read_cell("nace", "zz; yy"))
    assert found == {}
    assert math.isnan(agreement)


def test_each_code_of_a_cell_is_looked_up_in_the_mapping_of_paradigms():
    mapping = read_mapping()
    each = [mapping.code_lines("ipc", code) for code in ("B33Y 10/00", "G06N 3/08")]
    assert all(each)
    both = mapping.code_lines("ipc", "B33Y 10/00; zz; G06N 3/08; G06N 3/09")
    assert [line.key for line in both] == [line.key for lines in each for line in lines]


# At import


def test_an_unknown_field_is_refused_with_its_code_and_the_near_ones_named():
    rows = [
        own_row("nace", "C26.70", "optics-xyz", 0.5, line=2),
        own_row("nace", "C26.70", "metrology", 0.5, line=3),
        own_row("nace", "10.51", "dairy-meet", line=4),
        own_row("nace", "01", "agriculture", line=5),
        own_row("nace", "glass", "agriculture", line=6),
    ]
    tables = check_concordance(Tables().with_rows("concordance", rows))
    assert [row["code"] for row in tables.rows("concordance")] == ["01"]
    refused = {row["line"]: row for row in tables.rows("quarantine")}
    assert set(refused) == {2, 3, 4, 6}
    assert "`optics-xyz` is not in the field catalogue" in refused[2]["fault"]
    assert "another row of the code" in refused[3]["fault"]
    assert "did you mean `dairy-meat`" in refused[4]["remedy"]
    assert "`glass` is no code of `nace`" in refused[6]["fault"]


def test_fields_of_a_catalogue_beside_the_concordance_are_known():
    tables = Tables().with_rows("field", [field_row("optics-xyz", "Optics")])
    tables = tables.with_rows("concordance", [own_row("nace", "26.70", "optics-xyz")])
    checked = check_concordance(tables)
    assert checked["concordance"].num_rows == 1
    assert checked["quarantine"].num_rows == 0


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_an_import_checks_field_ids_of_a_draft_under_any_name(tmp_path):
    draft = write(
        tmp_path / "gbt 4754 corrected.csv",
        "scheme,code,field_id,share,title\n"
        "gbt4754,3976,optoelectronics,1,a\ngbt4754,3973,optics-xyz,1,b\n",
    )
    project = Project.create(tmp_path / "w")
    try:
        summary = project.import_source(str(draft))
        assert (summary.rows["concordance"], summary.quarantined) == (1, 1)
    finally:
        project.workspace.ledger.close()


def test_a_folder_takes_a_draft_by_its_columns_and_leaves_other_files_alone(tmp_path):
    write(tmp_path / "organisation.csv", "org_id,name_en,role,country\no,O,company,BY\n")
    write(tmp_path / "черновик.csv", "Scheme;Code;Field_id;Share\nмой;1;flax;1\n")
    write(tmp_path / "titles.csv", "code,title\n1,flax\n")
    (tmp_path / "notes.txt").write_bytes(b"field_id \xff\xfe\x00 no table at all")
    tables = read_folder(tmp_path)
    assert [row["scheme"] for row in tables.rows("concordance")] == ["мой"]
    assert tables["quarantine"].num_rows == 0


def test_shares_within_the_tolerance_are_scaled_to_one(tmp_path):
    lines = [f"мой,1,{name},0.333\n" for name in ("flax", "metrology", "food")]
    path = write(
        tmp_path / "concordance.csv",
        "scheme,code,field_id,share\n" + "".join(lines) + "мой,2,flax,0.7\nмой,2,food,0.3\n",
    )
    rows = read_folder(path).rows("concordance")
    assert [row["share"] for row in rows[:3]] == [pytest.approx(1 / 3, abs=1e-15)] * 3
    assert [row["share"] for row in rows[3:]] == [0.7, 0.3]
