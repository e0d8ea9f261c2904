"""Names of classifications: as people write them in four languages; own ones are kept apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clusterloom.entities.concordance import fields_of_code, packaged_schemes
from clusterloom.entities.concordance_codes import code_key, code_readings, split_codes
from clusterloom.entities.scheme_names import asked_scheme, scheme_name

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to" / "add-a-classification.md"
# The names the other pages, the schema and the command line print.
PRINTED = {
    "WIPO-35": "wipo35", "FORD": "ford", "IPC": "ipc", "CPC": "ipc", "ISIC Rev. 4": "isic",
    "ISIC Rev. 5": "isic5", "NACE Rev. 2": "nace", "NACE Rev. 2.1": "nace21", "NACE 2.1": "nace21",
    "NAICS 2022": "naics", "OpenAlex topics": "openalex", "OKVED": "nace", "OKED": "nace",
    "GCED": "nace", "GB/T 4754": "gbt4754", "EuroSciVoc": "euroscivoc",
}  # fmt: skip


@pytest.mark.parametrize(("written", "scheme"), PRINTED.items())
def test_every_spelling_the_pages_use_is_understood(written, scheme):
    assert scheme_name(written) == scheme


def documented() -> list[tuple[str, str]]:
    """Rows of the table of names in the how-to: (stored name, spelling)."""
    lines = re.findall(r"^\| `(\w+)` \|(.+)\|$", HOW_TO.read_text(encoding="utf-8"), re.MULTILINE)
    return [(scheme, name) for scheme, cell in lines for name in re.findall(r"`([^`]+)`", cell)]


def test_the_how_to_lists_names_of_every_packaged_classification():
    assert {scheme for scheme, _ in documented()} >= set(packaged_schemes())


@pytest.mark.parametrize(("scheme", "written"), documented())
def test_every_spelling_of_the_how_to_is_understood(scheme, written):
    assert scheme_name(written) == scheme


@pytest.mark.parametrize(
    ("written", "scheme"),
    [
        ("nace_r2", "nace"),
        ("  nace  rev2 ", "nace"),
        ("КДЕС Ред. 2", "nace"),
        ("ОК 029-2014 (КДЕС Ред. 2)", "nace"),
        ("Код ОКВЭД", "nace"),
        ("АКРБ 005-2011", "nace"),
        ("МСОК, рев. 4", "isic"),
        ("国际标准行业分类（修订本第4版）", "isic"),
        ("《国民经济行业分类》（GB/T 4754—2017）", "gbt4754"),
        ("国际专利分类号", "ipc"),
        ("IPC 2024.01", "ipc"),
        ("IPC/CPC", "ipc"),
    ],
)
def test_names_of_people_in_four_languages_are_understood(written, scheme):
    assert scheme_name(written) == scheme


@pytest.mark.parametrize(
    "written",
    ["NACE Rev. 1.1", "ISIC Rev. 3.1", "GB/T 4754-2011", "ОК 029-2001", "NAICS 2012", "ОКРБ 007"],
)
def test_another_edition_is_not_taken_for_the_one_that_is_known(written):
    # Division 79 of GB/T 4754-2011 is 80 of 2017: a wrong edition would be read wrongly.
    assert scheme_name(written) not in packaged_schemes()
    assert fields_of_code(written, "80").status == "unknown_scheme"


def test_names_in_other_scripts_are_kept_apart():
    names = ["Мой справочник", "Твой справочник", "我的分类", "你的分类", "C", "C+", "C#", "++"]
    assert len({asked_scheme(name) for name in names}) == len(names)
    assert fields_of_code("Мой справочник", "ОКВЭД 26.70").status == "unknown_scheme"


# What does not matter in a name: case, blanks and punctuation, but for a break between two numbers.
def bare(name: str) -> str:
    kept = re.sub(r"(?<=\d)[ ./\-]+(?=\d)", "\0", name.casefold())
    return re.sub(r"[ ./\-]+", "", kept)


own_names = st.lists(
    st.sampled_from(["дом", "Дом", "房子", "house", "B", "7", "1", "11", "+", " ", "-", ".", "/"]),
    min_size=1,
    max_size=7,
).map("".join)


@given(own_names, own_names)
def test_two_own_names_are_one_scheme_only_where_they_differ_in_nothing_that_matters(one, other):
    assume(bare(one) and bare(other))
    assert (asked_scheme(one) == asked_scheme(other)) == (bare(one) == bare(other))


words = st.text("абвгйіўё中国地方行业abcxyz", min_size=1, max_size=6)


@given(words, words)
def test_names_of_different_letters_in_any_script_never_collide(one, other):
    assert (asked_scheme(one) == asked_scheme(other)) == (one == other)


@given(st.text(max_size=30))
def test_a_name_that_was_brought_to_one_spelling_stays(name):
    assert asked_scheme(asked_scheme(name)) == asked_scheme(name)


def test_a_national_code_keeps_the_digits_nace_does_not_have():
    assert code_readings("okved2", "26.70.12") == (("26.70.12", "26.70.1", "26.70", "26.7", "26"),)
    assert code_key("oked", "26700") == "26.70"  # nothing but zeros divides nothing
    assert code_key("nace", "26.70.12") == "26.70"


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("26.70; 10.51", ("26.70", "10.51")),
        ("26.70|10.51|26.70", ("26.70", "10.51")),
        ("26.70\r\n10.51", ("26.70", "10.51")),
        ("26,70; 10,51", ("26,70", "10,51")),
        ("26,70", ("26,70",)),
        ("C26,70,1", ("C26,70,1",)),
        ("1,3", ("1,3",)),
        ("26.70,10.51", ("26.70", "10.51")),
        ("26, 27", ("26", "27")),
        ("0111,0112", ("0111", "0112")),
        ("G06N 3/08,H01S 3/00", ("G06N 3/08", "H01S 3/00")),
        ("3976、3973；39", ("3976", "3973", "39")),
        (" ; ", ()),
    ],
)
def test_a_cell_is_split_where_no_decimal_comma_can_be_meant(cell, codes):
    assert split_codes(cell) == codes
