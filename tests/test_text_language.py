"""Languages told apart, scripts cut apart, Belarusian brought over to Russian."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.text import (
    belarusian_to_russian,
    belarusian_to_russian_letters,
    detect_language,
    script_parts,
)

# Written for this test, with words and endings of daily technical use.
SENTENCES = [
    ("Вытворчасць металарэзных станкоў", "Производство металлорежущих станков"),
    ("Сучасныя тэхналогіі апрацоўкі матэрыялаў", "Современные технологии обработки материалов"),
    ("Праграмнае забеспячэнне для лабараторый", "Программное обеспечение для лабораторий"),
    ("Аўтаматызацыя вытворчых працэсаў", "Автоматизация производственных процессов"),
    ("Даследаванне якасці глебы", "Исследование качества почвы"),
    ("Будаўніцтва жылых будынкаў", "Строительство жилых зданий"),
    ("Электрычныя рухавікі і генератары", "Электрические двигатели и генераторы"),
    ("Медыцынскія прыборы", "Медицинские приборы"),
    ("Аптычнае абсталяванне", "Оптическое оборудование"),
    ("Распрацоўка лазерных сістэм", "Разработка лазерных систем"),
]


@pytest.mark.parametrize(("belarusian", "russian"), SENTENCES)
def test_word_forms_become_russian(belarusian, russian):
    ours = belarusian_to_russian(belarusian).lower().split()
    stems = [word[:6] for word in russian.lower().split()]
    assert [word[:6] for word in ours] == stems


@pytest.mark.parametrize(
    ("word", "russian"),
    [
        # Rules only: none of these words is in the lexicon.
        ("кантралёрская", "контролёрская"),
        ("геліястат", "гелиастат"),
        ("дэндралогія", "дендрология"),
        ("метэарытны", "метеоритный"),
        ("сейсмічны", "сейсмический"),
        ("хрустальны", "хрустальный"),
        ("ратацыйны", "ротационный"),
        ("хлараванне", "хлорование"),
        ("крохкасць", "крохкость"),
    ],
)
def test_words_outside_the_lexicon_follow_rules(word, russian):
    # Rules do not know doubled letters and every unstressed vowel: most letters must agree.
    ours = belarusian_to_russian(word)
    agree = sum(a == b for a, b in zip(ours, russian, strict=False))
    assert agree >= 0.6 * len(russian), ours
    assert not set(ours) & set("іў")


def test_capitals_marks_and_other_scripts_stay():
    text = "ААТ «Планар»: Вытворчасць LS-200, 激光 2024!"
    assert belarusian_to_russian(text) == "ОАО «Планар»: Производство LS-200, 激光 2024!"


@given(st.text(max_size=60))
def test_any_text_passes(text):
    assert isinstance(belarusian_to_russian(text), str)
    assert detect_language(text) in {"en", "ru", "be", "zh", None}
    assert all(language in {"en", "ru", "be", "zh"} for language, _ in script_parts(text))


@given(st.text(alphabet="abc XYZ 123 激光 .,-", max_size=40))
def test_text_without_cyrillic_is_unchanged(text):
    assert belarusian_to_russian(text) == text


@given(st.lists(st.sampled_from([be for be, _ in SENTENCES]), min_size=1, max_size=4))
def test_words_are_translated_one_by_one(parts):
    assert belarusian_to_russian(" ".join(parts)) == " ".join(map(belarusian_to_russian, parts))


def test_the_lexicon_is_sorted_and_without_doubles():
    file = files("clusterloom").joinpath("data", "text", "be_ru.csv")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    keys = [(row["kind"], row["be"]) for row in rows]
    assert len(set(keys)) == len(keys) > 2000
    assert {row["kind"] for row in rows} == {"word", "stem"}
    assert all(row["ru"] and not set(row["ru"]) & set("іў") for row in rows)
    assert [row["be"] for row in rows] == sorted(row["be"] for row in rows)


def test_spelling_alone_is_kept_for_callers():
    assert belarusian_to_russian_letters("ціск") == "тиск"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("laser optics", "en"),
        ("лазерная оптика", "ru"),
        ("Бумага", "ru"),
        ("Аптычная сувязь", "be"),
        ("Сельская гаспадарка", "be"),
        ("激光器", "zh"),
        ("Станок ЧПУ Siemens Sinumerik", "ru"),
        ("BOE Technology 京东方", "en"),
        ("京东方科技集团 BOE", "zh"),
        ("Лінія SMT для зборкі", "be"),
        ("Київська політехніка їжа", None),
        ("Українська мова", None),
        ("Лазерні технології", None),
        ("Виробництво верстатів", None),
        ("Қала", None),
        ("ААТ «Интеграл»: вытворчасць мікрасхем", "be"),
        ("Лаборатория ІТ, класс ІІІ, жилища", "ru"),
        ("Лазерные системы для завода «Мотор Січ» в городе Запорожье", "ru"),
        ("Поставка станков, насосов и приборов отделениям «Қазпошта» " + "в городах " * 9, "ru"),
        ("ソフトウェア", None),
        ("소프트웨어", None),
        ("12.5 %", None),
        ("", None),
    ],
)
def test_language_of_short_and_mixed_texts(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize(("code", "least"), [("uk", 0.15), ("kk", 0.2), ("sr", 0.3)])
def test_names_of_countries_in_other_cyrillic_are_none_of_the_four_where_a_letter_tells(
    code, least
):
    """The rest are single words spelled with letters Russian or Belarusian has too."""
    from babel import Locale

    names = Locale(code).territories.values()
    assert sum(detect_language(name) is None for name in names) >= least * len(names)


def test_no_russian_or_belarusian_name_of_a_country_is_taken_for_another_language():
    from babel import Locale

    for code in ("ru", "be"):
        names = Locale(code).territories.values()
        assert all(detect_language(name) for name in names)


def test_catalogue_texts_are_told_rightly():
    rows = read_catalogue().rows("field")
    for language in ("en", "ru", "be", "zh"):
        right = [detect_language(row[f"description_{language}"]) == language for row in rows]
        assert sum(right) >= 0.99 * len(right)
        right = [detect_language(row[f"label_{language}"]) == language for row in rows]
        assert sum(right) >= 0.97 * len(right)


def test_mixed_scripts_are_cut_apart():
    text = "100 МВт турбіна «Zephyr X», 风力发电机 і кампаненты"
    assert script_parts(text) == [
        ("be", "МВт турбіна «"),
        ("en", "Zephyr X»,"),
        ("zh", "风力发电机"),
        ("be", "і кампаненты"),
    ]
    assert script_parts("2024!") == []


def test_a_text_of_a_hundred_thousand_words_is_told_quickly():
    assert detect_language("вытворчасць станкоў " * 50_000) == "be"


@pytest.mark.parametrize(
    "text",
    [
        "Производство молочной продукции «Свіслач»",
        "Программа «Цифровая Беларусь» (Лічбавая Беларусь)",
    ],
)
def test_a_belarusian_name_in_a_russian_text_makes_it_no_other_language(text):
    assert detect_language(text) in ("ru", "be")
