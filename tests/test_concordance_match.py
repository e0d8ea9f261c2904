"""A classification nobody knows, matched by its titles with one that is known."""

from __future__ import annotations

import csv

import pytest
from typer.testing import CliRunner

from clusterloom.cli.main import app
from clusterloom.entities.concordance import Concordance, FieldShare, read_concordance
from clusterloom.entities.concordance_build import Heading
from clusterloom.entities.concordance_draft import draft_concordance
from clusterloom.entities.concordance_match import match_headings
from clusterloom.errors import SourceError
from clusterloom.sources import read_titles
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import usable_encoders

KNOWN = {"26.70": "optical instruments", "10.51": "milk and cheese", "62.01": "software"}


def lines_of(path):
    return [(line.line, line.cells) for line in read_titles(path)]


def heading(code: str, **titles: str) -> Heading:
    return Heading(code, None, titles)


def known(**confidence: float) -> tuple[list[Heading], Concordance]:
    fields = {"26.70": "lasers", "10.51": "dairy", "62.01": "software"}
    entries = {
        code: (FieldShare(field, 1.0, "catalogue", confidence.get(field, 1.0)),)
        for code, field in fields.items()
    }
    return [heading(code, en=title) for code, title in KNOWN.items()], Concordance("x", entries)


def test_a_code_gets_the_fields_of_the_code_that_is_called_alike(word_encoder):
    headings = [heading("A1", en="cheese and milk"), heading("B2", en="making optical instruments")]
    found = match_headings([*headings, heading("C")], *known(), encoders=[word_encoder])
    assert {code: match.code for code, match in found.items()} == {"A1": "10.51", "B2": "26.70"}
    assert [share.field_id for share in found["A1"].shares] == ["dairy"]
    assert {share.origin for share in found["A1"].shares} == {"text"}
    assert found["A1"].title == "milk and cheese"


def test_the_match_is_never_surer_than_the_code_it_leans_on(word_encoder):
    headings = [heading("A1", en="milk and cheese"), heading("B2", en="software")]
    sure = match_headings(headings, *known(), encoders=[word_encoder])
    less = match_headings(headings, *known(dairy=0.5), encoders=[word_encoder])
    assert sure["A1"].shares[0].confidence < 1
    assert less["A1"].shares[0].confidence == pytest.approx(
        sure["A1"].shares[0].confidence / 2, abs=1e-3
    )
    assert less["B2"].shares == sure["B2"].shares


def test_a_match_without_a_lead_is_less_sure_than_a_clear_one(word_encoder):
    titles = [heading("A", en="software"), heading("B", en="software milk cheese")]
    found = match_headings(titles, *known(), encoders=[word_encoder])
    assert found["A"].shares[0].confidence > found["B"].shares[0].confidence


def test_known_codes_without_title_or_field_are_no_candidates(word_encoder):
    headings, concordance = known()
    more = [*headings, heading("99", en="cheese and milk"), heading("10.51x")]
    found = match_headings(
        [heading("A", en="cheese and milk")], more, concordance, encoders=[word_encoder]
    )
    assert found["A"].code == "10.51"
    assert match_headings([heading("A")], more, concordance, encoders=[word_encoder]) == {}
    assert match_headings([heading("A", en="x")], [], concordance, encoders=[word_encoder]) == {}


RUSSIAN = {
    "1": ("Оптика", "9"),
    "2": ("Телекоммуникации", "3"),
    "3": ("Медицинская техника", "13"),
    "4": ("Фармацевтика", "16"),
    "5": ("Станки", "26"),
    "6": ("Полупроводники", "8"),
    "7": ("Пищевая химия", "18"),
    "8": ("Транспорт", "32"),
}


def test_russian_titles_find_the_english_ones_that_travel_with_the_program(
    tmp_path, shared_vectors
):
    titles = tmp_path / "titles.csv"
    lines = [f"{code},{title}" for code, (title, _) in RUSSIAN.items()]
    titles.write_text("code,title\n" + "\n".join(lines) + "\n", encoding="utf-8")
    read = lines_of(titles)
    encoders = [CachedEncoder(own, shared_vectors) for own in usable_encoders()]
    rows = draft_concordance(read, scheme="mine", encoders=encoders, against="wipo35")
    like = {row["code"]: row["like"].split(" ")[0] for row in rows}
    right = [like[code] == wanted for code, (_, wanted) in RUSSIAN.items()]
    assert sum(right) >= 7, like
    optics = [row["field_id"] for row in rows if row["code"] == "1"]
    assert optics == [share.field_id for share in read_concordance("wipo35").entries["9"]]
    assert all(0 < row["confidence"] < 1 for row in rows)


def test_titles_that_do_not_travel_are_asked_for_and_taken_from_a_file(tmp_path, word_encoder):
    titles = tmp_path / "titles.csv"
    titles.write_text("code,title\n7,milk and cheese\n", encoding="utf-8")
    with pytest.raises(SourceError, match="titles of `nace` do not travel") as caught:
        draft_concordance(lines_of(titles), scheme="mine", encoders=[word_encoder], against="nace")
    assert "--against-titles" in caught.value.hint
    with pytest.raises(SourceError, match="no concordance of `unheard`"):
        draft_concordance(
            lines_of(titles), scheme="mine", encoders=[word_encoder], against="unheard"
        )
    theirs = tmp_path / "nace.csv"
    theirs.write_text("code,title\n10.51,cheese and milk\n26.70,optical instruments\n", "utf-8")
    rows = draft_concordance(
        lines_of(titles),
        scheme="mine",
        encoders=[word_encoder],
        against="nace",
        known=lines_of(theirs),
    )
    assert {row["like"] for row in rows} == {"10.51 cheese and milk"}
    wanted = {share.field_id: share.share for share in read_concordance("nace").entries["10.51"]}
    assert {row["field_id"]: row["share"] for row in rows} == wanted


def test_the_command_matches_a_classification(tmp_path):
    titles, out = tmp_path / "titles.csv", tmp_path / "own.csv"
    titles.write_text("code,title\n1,Optics\n", encoding="utf-8")
    call = ["concordance", str(titles), "--scheme", "mine", "--against", "wipo35"]
    done = CliRunner().invoke(app, [*call, "-o", str(out), "-w", str(tmp_path / "work")])
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8-sig") as stream:
        assert {row["like"] for row in csv.DictReader(stream)} == {"9 Optics"}
