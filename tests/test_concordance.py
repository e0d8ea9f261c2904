"""Concordances: codes as people write them, shares that sum to 1, and drafts from titles."""

from __future__ import annotations

import csv
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.concordance import (
    Concordance,
    FieldShare,
    fields_of_code,
    fields_of_codes,
    packaged_schemes,
    read_cell,
    read_concordance,
)
from clusterloom.entities.concordance_build import Evidence, Heading, build_entries
from clusterloom.entities.concordance_draft import draft_concordance
from clusterloom.errors import SourceError
from clusterloom.sources.folder import read_folder
from clusterloom.sources.titles import read_titles

from .conftest import SHARED, activity_row, field_row

ORIGINS = {"official", "catalogue", "hierarchy", "text", "bridge"}
FIELDS = {row["field_id"] for row in read_catalogue().rows("field")}


@pytest.mark.parametrize("scheme", packaged_schemes())
def test_every_packaged_code_leads_to_known_fields_with_shares_that_sum_to_one(scheme):
    concordance = read_concordance(scheme)
    assert concordance.entries
    for code, links in concordance.entries.items():
        # A code without links is known to lead to no field; else the shares are all of it.
        assert math.fsum(link.share for link in links) == pytest.approx(
            float(bool(links)), abs=1e-9
        ), code
        assert {link.field_id for link in links} <= FIELDS, code
        assert {link.origin for link in links} <= ORIGINS
        assert all(0 < link.confidence <= 1 for link in links), code
        assert len({link.field_id for link in links}) == len(links), code


def test_every_openalex_topic_is_brought_to_the_catalogue():
    codes = read_concordance("openalex").entries
    assert sum(code.startswith("T") for code in codes) == 4516
    if not SHARED.exists():
        pytest.skip("the list of topics is not beside this clone")
    import gzip

    with gzip.open(SHARED / "data" / "openalex_topics" / "topics.csv.gz", "rt") as stream:
        topics = [row["id_topic"] for row in csv.DictReader(stream)]
    assert all(fields_of_code("openalex", topic).status == "exact" for topic in topics)


@pytest.mark.parametrize(
    ("scheme", "code", "field_id"),
    [
        ("ipc", "G06N 3/08", "machine-learning"),
        ("CPC", "H01S3/067", "laser-technology"),
        ("nace", "C26.70", "optical-instruments"),
        ("ford", "2.10", "nanotechnology"),
        ("isic", "0141", "animal-husbandry-veterinary"),
        ("NAICS 2022", "334413", "integrated-circuits"),
        ("WIPO 35", "9", "photonics-optics"),
    ],
)
def test_codes_lead_where_someone_of_the_trade_would_look(scheme, code, field_id):
    assert field_id in {link.field_id for link in fields_of_code(scheme, code).shares}


@pytest.mark.parametrize(
    "written", ["26.70", "2670", "C26.70", "C 26.70", " 26.70 ", "26,70", "26.7.0"]
)
def test_spellings_of_one_code_are_one_code(written):
    assert fields_of_code("nace", written).shares == fields_of_code("nace", "26.70").shares


def test_codes_that_follow_nace_are_read_as_nace_and_an_unknown_class_by_its_group():
    assert fields_of_code("OKVED2", "26.70.1").shares == fields_of_code("nace", "26.70").shares
    deeper = fields_of_code("ipc", "H01S 3/067")
    assert (deeper.status, deeper.matched) == ("ancestor", "H01S3")


def test_codes_that_have_nothing_in_common_disagree_and_keep_equal_parts():
    same, agreement = fields_of_codes(
        [fields_of_code("nace", "26.70"), fields_of_code("ipc", "G02B")]
    )
    assert agreement > 0.5
    other, disagreement = fields_of_codes(read_cell("nace", "26.70; 01.11"))
    assert disagreement == 0.0
    assert sum(share for share, _ in other.values()) == pytest.approx(1, abs=1e-6)
    assert sum(share for share, _ in same.values()) == pytest.approx(1, abs=1e-6)


def test_the_users_own_concordance_goes_first():
    own = {"nace": Concordance("nace", {"26.70": (FieldShare("food", 1.0, "user", 0.5),)})}
    assert fields_of_code("nace", "26.70", own=own).by_field() == {"food": (1.0, 0.5)}


@given(st.text(max_size=30), st.sampled_from([*packaged_schemes(), "gbt4754", "euroscivoc", "x"]))
def test_no_text_is_too_odd_for_a_code(code, scheme):
    reading = fields_of_code(scheme, code)
    assert reading.known == (reading.status in ("exact", "ancestor"))


TOY = [
    {"field_id": "a", "parent_id": None},
    {"field_id": "b", "parent_id": None},
    {"field_id": "b1", "parent_id": "b"},
]


def test_a_child_starts_from_its_parent_and_its_words_move_it():
    import numpy as np

    headings = [Heading("1"), Heading("1.1", "1"), Heading("1.2", "1")]
    scores = np.zeros((3, 3))
    scores[2] = [4.0, 0.0, 0.0]
    entries = build_entries(headings, TOY, scores, Evidence({"1": {"b": 1.0}}))
    assert [(e.field_id, e.origin) for e in entries["1"]] == [("b", "catalogue")]
    assert entries["1.1"][0].field_id == "b"
    assert entries["1.1"][0].origin == "hierarchy"
    # 0.1/3 x exp(4/0.5) = 99 against 0.93 for b: the words speak too clearly for the parent
    assert (entries["1.2"][0].field_id, entries["1.2"][0].origin) == ("a", "text")


def test_a_published_table_gives_the_first_shares():
    import numpy as np

    official = Evidence(official={"X": {"a": 3.0, "b1": 1.0}})
    (first, second) = build_entries([Heading("X")], TOY, np.zeros((1, 3)), official)["X"][:2]
    # 0.9 x (3/4, 1/4) + 0.1/3, the second also relieved of the broad fields' penalty exp(-0.6)
    a, b1, b = (0.9 * 0.75 + 0.1 / 3) * math.exp(-0.6), 0.9 * 0.25 + 0.1 / 3, 0.1 / 3
    total = a + b1 + b * math.exp(-0.6)
    assert first.share == pytest.approx(a / total / (1 - b * math.exp(-0.6) / total), abs=2e-3)
    assert (first.field_id, second.field_id) == ("a", "b1")
    assert {first.origin, second.origin} == {"official"}


def draft(path, *, scheme, encoder):
    lines = [(line.line, line.cells) for line in read_titles(path)]
    return draft_concordance(lines, scheme=scheme, encoders=[encoder], file=path.name)


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_draft_covers_every_code_and_comes_back_as_a_table(tmp_path, word_encoder):
    titles = write(
        tmp_path / "titles.csv",
        "code;title_zh;title_en",
        "39;电子设备制造业;manufacture of electronics",
        "3976;光电子器件制造;optoelectronic devices",
    )
    rows = draft(titles, scheme="GB/T 4754", encoder=word_encoder)
    assert {row["code"] for row in rows} == {"39", "397", "3976"}
    assert {row["scheme"] for row in rows} == {"gbt4754"}
    total = Counter()
    for row in rows:
        total[row["code"]] += row["share"]
    assert all(value == pytest.approx(1) for value in total.values())
    folder = tmp_path / "own"
    folder.mkdir()
    names = list(rows[0])
    lines = [",".join(str(row[n]).replace(",", " ") for n in names) for row in rows]
    write(folder / "concordance.csv", ",".join(names), *lines)
    write(folder / "organisation.csv", "org_id,name_en,role,country", "o,O,company,CN")
    tables = read_folder(folder)
    assert tables["quarantine"].num_rows == 0
    assert tables["concordance"].num_rows == len(rows)


def test_euroscivoc_of_a_cordis_export_is_read_with_the_codes_above(tmp_path, word_encoder):
    titles = write(
        tmp_path / "euroSciVoc.csv",
        "projectID;euroSciVocCode;euroSciVocPath;euroSciVocTitle",
        "1;/23/47/305;/natural sciences/physics/optics;optics",
        "2;/23/47/305;/natural sciences/physics/optics;optics",
    )
    rows = draft(titles, scheme="EuroSciVoc", encoder=word_encoder)
    assert {row["code"] for row in rows} == {"/23", "/23/47", "/23/47/305"}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["code,title", "?,glass", "26,"], "line 2: `\\?` is no code"),
        (["code,title", "26,"], "has no title"),
        (["code,title", "26,glass", "26,bread"], "two titles"),
        (["number,words", "1,glass"], "has the columns number, words"),
        (["code,title"], "no line below the header"),
    ],
)
def test_a_faulty_list_of_codes_is_refused_with_its_lines(tmp_path, word_encoder, lines, fault):
    with pytest.raises(SourceError, match=fault):
        draft(write(tmp_path / "t.csv", *lines), scheme="nace", encoder=word_encoder)


def test_own_concordance_rows_decide_and_their_confidence_is_kept(toy_fields, word_encoder):
    row = {"scheme": "House 9", "code": "A-1", "source_id": "toy", "source_row": "c.csv:2"}
    tables = toy_fields.with_rows(
        "concordance",
        [
            {**row, "field_id": "lasers", "share": 0.75, "confidence": 0.5},
            {**row, "field_id": "meat", "share": 0.25},
        ],
    ).with_rows("activity", [activity_row("a", "o", code_scheme="house9", code="A-1")])
    found = Classification(encoders=(word_encoder,)).run(tables).rows("activity_field")
    assert [(r["field_id"], r["share"], r["confidence"]) for r in found] == [
        ("lasers", 0.75, 0.5),
        ("meat", 0.25, 1.0),
    ]


def test_shares_that_do_not_sum_to_one_go_to_quarantine(tmp_path):
    write(tmp_path / "organisation.csv", "org_id,name_en,role,country", "o,O,company,BY")
    write(
        tmp_path / "concordance.csv",
        "scheme,code,field_id,share",
        "x,1,optics,0.5",
        "x,1,food,0.4",
        "x,2,food,1",
    )
    tables = read_folder(tmp_path)
    assert [row["code"] for row in tables.rows("concordance")] == ["2"]
    (first, second) = tables.rows("quarantine")
    assert "sum to 0.9" in first["fault"]
    assert {first["line"], second["line"]} == {2, 3}


def test_the_catalogue_of_a_user_serves_by_its_own_codes(word_encoder):
    from clusterloom.tables import Tables

    tables = (
        Tables()
        .with_rows("field", [field_row("mine", "mine", nace="26.7")])
        .with_rows("activity", [activity_row("a", "o", code_scheme="nace", code="26.70")])
    )
    (row,) = Classification(encoders=(word_encoder,)).run(tables).rows("activity_field")
    assert (row["field_id"], row["method"]) == ("mine", "code")


def test_a_code_outside_the_catalogue_is_known_and_gives_no_field():
    reading = fields_of_code("OKVED2", "12.00.1")
    assert (reading.status, reading.matched, reading.shares) == ("no_field", "12.00", ())
    assert not reading.known
    # Beside another code it counts neither for nor against.
    alone = fields_of_codes(read_cell("nace", "26.70"))[0]
    assert fields_of_codes(read_cell("nace", "26.70; 12.00"))[0] == alone
    assert fields_of_codes(read_cell("nace", "12.00"))[0] == {}
