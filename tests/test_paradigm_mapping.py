"""Mapping files: what they hold, how they are looked up, and every fault named at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.paradigm_file import OWN_MAPPING, own_mapping_text, read_mapping
from clusterloom.entities.paradigm_words import Word, WordFinder, readable_term
from clusterloom.errors import SourceError

HEAD = "# name: Toy\n# version: 1\nscheme,code,paradigm,evidence,topics,reason_en\n"


def written(tmp_path, lines, *, head=HEAD):
    path = tmp_path / "toy.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_projects_own_mapping_agrees_with_the_catalogues_column():
    mapping = read_mapping()
    rows = read_catalogue().rows("field")
    parent_of = {row["field_id"]: row["parent_id"] for row in rows}
    for row in rows:
        labels = [line.label for line in mapping.field_lines(row["field_id"], parent_of)]
        if row["paradigm"] is None:
            assert set(labels) <= {"none"}, row["field_id"]
        else:
            assert labels[0] == row["paradigm"], row["field_id"]
            assert row["paradigm_reason_en"]


def test_every_line_of_the_own_mapping_gives_a_reason_and_whose_judgement_it_is():
    lines = read_mapping().lines
    assert {line.origin for line in lines} == {"theory", "classification", "project"}
    # Authors of the theory name subjects; no line of a code can be theirs.
    assert {line.scheme for line in lines if line.origin == "theory"} == {"field"}
    assert all(line.reasons for line in lines)
    assert {"field", "ipc", "nace"} == {line.scheme for line in lines}
    # Ambiguous ones ask for text; no paradigm is left without a line.
    assert sum(line.needs_text for line in lines) > 100
    assert {line.label for line in lines} == {"I", "II", "III", "IV", "V", "VI", "none"}


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        ("G06N 10/20", {"VI"}),  # quantum computing, by its group
        ("G06N 3/08", {"VI"}),
        ("B82Y 30/00", {"VI"}),
        ("B33Y", {"VI"}),
        ("H01S 3/16", {"V", "VI"}),  # VI only where the text confirms it
        ("C12Q 1/6888", {"VI"}),  # a decimal subdivision of 1/68
        ("C12Q 1/04", {"V", "VI"}),
        ("D03D 1/00", {"I"}),
        ("B29C 64/10", {"VI"}),  # the group before its subclass, which is of the IV
        ("B29C 45/00", {"IV"}),
        ("A47J 1/00", set()),  # nobody has looked at kitchenware
        ("nonsense", set()),
    ],
)
def test_a_code_is_read_by_the_narrowest_line_above_it(code, labels):
    assert {line.label for line in read_mapping().code_lines("CPC", code)} == labels


def test_a_field_without_lines_has_those_of_its_broader_field(tmp_path):
    path = written(tmp_path, ["field,photonics-optics,VI,sure,,listed"])
    mapping = read_mapping(path)
    parents = {"laser-technology": "photonics-optics", "photonics-optics": None, "food": None}
    assert [line.label for line in mapping.field_lines("laser-technology", parents)] == ["VI"]
    assert mapping.field_lines("food", parents) == ()


def test_all_faults_of_a_file_are_named_at_once_with_their_lines(tmp_path):
    path = written(
        tmp_path,
        [
            "field,no-such-field,VI,sure,,x",
            "ipc,!!,VI,sure,,x",
            "ipc,H01S,VII,sure,,x",
            "ipc,H01S,VI,perhaps,,x",
            "ipc,H01S,V,sure,,",
            "ipc,G02B,V,sure,,x",
            "ipc,g02b,V,sure,,again",
            "ipc,G02B,none,sure,,x",
            "ipc,G01N,VI,needs_text,,x",
            "ipc,G01J,none,needs_text,,x",
        ],
        head=HEAD.replace("# name: Toy\n", ""),
    )
    with pytest.raises(SourceError, match=r"toy\.csv has 10 faults") as caught:
        read_mapping(path)
    fault = caught.value
    for part in (
        "`# name:` is missing",
        "line 3: unknown field `no-such-field`",
        "line 4: `!!` is no code of ipc",
        "line 5: paradigm `VII` is none of I..VI or none",
        "line 6: evidence `perhaps` is neither sure nor needs_text",
        "line 7: the reason is missing in every language",
        "line 9: `ipc:G02B:V` is on line 8 already",
        "`ipc:G02B` has both none and a paradigm",
        "line 11: it needs text, but no list in `# words:` has a word for VI",
        "line 12: a line that ties to no paradigm cannot need text",
    ):
        assert part in fault.fault, part
    assert "each code and paradigm once" in fault.rule
    assert "reason in one language at least (reason_en, reason_ru" in fault.rule
    assert "clusterloom paradigm --template" in fault.hint


@pytest.mark.parametrize(
    ("head", "lines", "fault"),
    [
        ("# name: T\n# version: 1\nscheme,code\n", ["ipc,H01S"], "no column paradigm, evidence"),
        (
            HEAD.replace("reason_en", "reason"),
            ["ipc,H01S,V,sure,,x"],
            "line 3: no column reason_en or reason_ru or reason_be or reason_zh",
        ),
        (
            HEAD.replace("reason_en", "reason_en,reason_by,origin_cn"),
            ["ipc,H01S,V,sure,,x,y,z"],
            "(?s)`reason_by` is in none of the languages en, ru, be, zh.*`origin_cn`",
        ),
        (
            HEAD.replace("reason_en", "reason_ru,reason_zh"),
            ["ipc,H01S,V,sure,,,"],
            "line 4: the reason is missing in every language",
        ),
        (HEAD, [], "it has no lines"),
        (HEAD.replace("# version", "# words: gone.csv\n# version"), ["ipc,H01S,V,sure,,x"], "gone"),
        (
            HEAD.replace("# version: 1", "# version: 1\n# version: 2"),
            ["ipc,H01S,V,sure,,x"],
            "twice",
        ),
        (HEAD, ["ipc,H01S,V,sure,laser,x"], "a sure line needs no text"),
        (
            HEAD.replace("# version", "# words: words-1\n# version"),
            ["ipc,H01S,VI,needs_text,lazer,x"],
            "no word for VI has the topic `lazer`",
        ),
    ],
)
def test_other_faults_of_a_file(tmp_path, head, lines, fault):
    with pytest.raises(SourceError, match=fault):
        read_mapping(written(tmp_path, lines, head=head))


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot read"):
        read_mapping(tmp_path / "gone.csv")
    path = tmp_path / "book.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(SourceError, match="cannot read"):
        read_mapping(path)


def test_a_word_list_beside_the_file_is_used_and_checked(tmp_path):
    words = tmp_path / "words.csv"
    words.write_text(
        "term,language,paradigm,topic,evidence\nlaser*,en,VI,light,confirms\n", encoding="utf-8"
    )
    head = HEAD.replace("# version", "# words: words.csv\n# version")
    mapping = read_mapping(written(tmp_path, ["ipc,H01S,VI,needs_text,light,x"], head=head))
    assert [word.term for word in mapping.finder.find(["Lasers of all kinds"])] == ["laser*"]
    words.write_text(
        "term,language,paradigm,topic,evidence\nla*ser,xx,VII,,maybe\n", encoding="utf-8"
    )
    with pytest.raises(SourceError, match=r"word list, line 2: term `la\*ser`") as caught:
        read_mapping(written(tmp_path, ["ipc,H01S,V,sure,,x"], head=head))
    assert caught.value.fault.count("word list, line 2") == 5


def test_the_template_is_the_own_mapping_and_reads_back_to_the_same(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(own_mapping_text(), encoding="utf-8")
    assert read_mapping(path).lines == read_mapping(OWN_MAPPING).lines


def word(term, language="en", **more):
    return Word(term=term, language=language, paradigm="VI", topic="t", decides=True, **more)


@pytest.mark.parametrize(
    ("term", "language", "text", "found"),
    [
        ("AI", "en", "基于AI的识别", True),  # Chinese touches Latin without a space
        ("AI", "en", "the main aim", False),
        ("нейронн* сет*", "ru", "Обучение нейронных сетей", True),
        ("нейронн* сет*", "ru", "нейронная и другая сеть", False),  # not side by side
        ("3D-печат*", "ru", "3d печать", True),
        ("тонк* плён*", "ru", "тонкие пленки", True),  # ё and е are one letter
        ("纳米", "zh", "碳纳米管", True),
        ("gen", "en", "generator", False),
        ("штучн* інтэлект*", "be", "штучнага інтэлекту", True),
    ],
)
def test_terms_are_found_as_words_with_any_ending(term, language, text, found):
    assert bool(WordFinder((word(term, language),)).find([text])) is found


def test_a_term_does_not_run_from_one_text_into_the_next():
    finder = WordFinder((word("quantum comput*"),))
    assert finder.find(["quantum", "computers"]) == ()
    assert finder.find({}) == finder.find([""]) == ()


@given(st.text(max_size=60))
def test_any_text_can_be_searched_and_its_key_does_not_matter(text):
    finder = WordFinder((word("AI"), word("纳米", "zh"), word("нейронн* сет*", "ru")))
    assert finder.find([text, ""]) == finder.find({"en": text})


def test_terms_with_a_star_inside_or_alone_are_not_readable():
    assert readable_term("quantum comput*")
    assert not readable_term("*")
    assert not readable_term("na*no")


def test_the_origin_of_a_line_is_said_with_its_reason(tmp_path):
    head = HEAD.replace("topics,", "topics,origin,")
    lines = ["ipc,H01S,VI,sure,,order 166,named in the list", "ipc,G02B,V,sure,,,classical"]
    first, second = read_mapping(written(tmp_path, lines, head=head)).lines
    assert first.said == {"en": "named in the list (order 166)"}
    assert second.said == {"en": "classical"}
