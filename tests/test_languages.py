"""The catalogues of messages: complete, with the same places, in the letters of their language."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.resources import files
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from clusterloom.views.language import Translator

LANGUAGES = ("ru", "be", "zh")
CYRILLIC = ("ru", "be")
UNTRANSLATED: list[str] = []

# The places of the templates that are filled with words; all others hold a number.
WORDS = {
    "a", "asked", "b", "cluster", "code", "codes", "country", "directions", "field", "first",
    "home", "indicator", "kind", "mapping", "member", "need", "org", "other", "other_field",
    "other_kind", "other_role", "paradigm", "partner", "place", "role", "side", "stage", "title",
    "unit", "via", "what", "who", "why", "words", "x", "y",
}  # fmt: skip
# What may stand right after a number: it reads the same after 1, 2, 5 and 0.5.
UNBENDING = {"км", "мбит", "мбіт", "из", "з", "до", "да", "к", "при", "пры", "с", "без", "и", "і"}

# Terms of the trade: the stem each must have in a translation.
TERMS = {
    "cluster": ("кластер", "кластар", "集群"),
    "clusters": ("кластер", "кластар", "集群"),
    "core": ("ядр", "ядр", "核心"),
    "paradigm": ("уклад", "уклад", "范式"),
    "value chain": ("цепочк", "ланцуж", "价值链"),
    "helices": ("спирал", "спірал", "螺旋"),
    "survey": ("опрос", "апытан", "调查"),
    "synergy": ("синерги", "сінергі", "协同"),
    "relational contracts": ("отношенческ", "адносінн", "关系契约"),
    "technology transfer centre": ("трансфера технологий", "трансферу тэхналогій", "技术转移"),
    "location quotient": ("коэффициент локализации", "каэфіцыент лакалізацыі", "区位商"),
    "technopark": ("технопарк", "тэхнапарк", "科技园"),
    "export control": ("экспортный контроль", "экспартны кантроль", "出口管制"),
}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Message and translation, in the order of the file."""
    path = files("clusterloom").joinpath(
        "data", "locale", language, "LC_MESSAGES", "clusterloom.po"
    )
    with path.open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream, locale=language) if m.id}


def places(text: str) -> Counter[str]:
    """The named places, with how each is to be written."""
    return Counter(
        f"{name}!{conversion}:{spec}"
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    )


def words_only(text: str) -> str:
    return re.sub(r"\{\w+\}", " ", text)


def faults(language: str, test) -> list[tuple[str, str]]:
    """The pairs of message and translation for which `test` says that something is wrong."""
    return [(m, t) for m, t in catalogue(language).items() if t and test(m, t)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_english_messages_in_the_english_order(language):
    assert list(catalogue(language)) == list(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language):
    assert [m for m, t in catalogue(language).items() if not t.strip()] == UNTRANSLATED


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_the_places_of_its_message(language):
    assert faults(language, lambda m, t: places(m) != places(t)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_can_be_filled_in(language):
    for message in catalogue("en"):
        values = {name: f"<{name}>" for _, name, _, _ in Formatter().parse(message) if name}
        filled = Translator(language)(message).format(**values)
        assert all(value in filled for value in values.values())
        assert "{" not in filled


@pytest.mark.parametrize(
    ("language", "letters"), [("ru", "[А-Яа-яЁё]"), ("be", "[А-Яа-яЁёІіЎў]"), ("zh", "[一-鿿]")]
)
def test_every_translation_is_written_in_the_letters_of_its_language(language, letters):
    assert faults(language, lambda _, t: not re.search(letters, words_only(t))) == []


@pytest.mark.parametrize("language", CYRILLIC)
def test_no_word_mixes_latin_and_cyrillic_letters(language):
    mixed = r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]"
    assert faults(language, lambda _, t: re.search(mixed, words_only(t))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_latin_words_of_a_translation_stand_in_its_message(language):
    """A Latin c or a that stands for a Cyrillic word would be found here."""

    def strange(message: str, translation: str) -> set[str]:
        latin = set(re.findall(r"[A-Za-z]+", words_only(translation)))
        return latin - set(re.findall(r"[A-Za-z]+", words_only(message))) - {"T", "VI"}

    assert faults(language, strange) == []


@pytest.mark.parametrize(("language", "foreign"), [("ru", "[ІіЎўЄєЇїҐґ]"), ("be", "[ИиЩщЪъ]")])
def test_no_letter_of_another_cyrillic_alphabet_is_used(language, foreign):
    assert faults(language, lambda _, t: re.search(foreign, t)) == []


def test_belarusian_uses_its_own_letters():
    text = "".join(catalogue("be").values())
    assert "і" in text
    assert "ў" in text


def test_the_short_u_of_belarusian_stands_after_vowels_and_only_there():
    vowel = "[аеёіоуыэюяАЕЁІОУЫЭЮЯ]"
    wrong = rf"(?<!{vowel})(?<!{vowel} )ў|{vowel}у(?!с\b|м\b)|{vowel} у"
    assert faults("be", lambda _, t: re.search(wrong, t)) == []


def test_chinese_is_simplified():
    """GB 2312 holds the simplified characters only."""

    def traditional(_: str, translation: str) -> bool:
        han = "".join(re.findall("[一-鿿]", translation))
        return han.encode("gb2312", errors="ignore").decode("gb2312") != han

    assert faults("zh", traditional) == []


def test_chinese_uses_wide_marks_next_to_its_characters():
    assert faults("zh", lambda _, t: re.search(r"[一-鿿][,.;:!?()]|[,;:!?()][一-鿿]", t)) == []


@pytest.mark.parametrize(("language", "stop"), [("ru", "."), ("be", "."), ("zh", "。")])
def test_a_sentence_stays_a_sentence_and_a_word_a_word(language, stop):
    assert faults(language, lambda m, t: m.endswith(".") != t.endswith(stop)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_stray_blanks(language):
    assert faults(language, lambda _, t: t != t.strip() or "  " in t) == []


@pytest.mark.parametrize("language", CYRILLIC)
def test_no_word_would_have_to_bend_after_a_number(language):
    """Any number fits: `Членов: {n}`, not `{n} членов`."""

    def bent(_: str, translation: str) -> bool:
        after = re.findall(r"\{(\w+)\} ([Ѐ-ӿ]+)", translation)
        return any(name not in WORDS and word not in UNBENDING for name, word in after)

    assert faults(language, bent) == []


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_term_is_the_same_in_all_messages(language, term):
    stem = TERMS[term][LANGUAGES.index(language)]
    held = rf"\b{term}\b"

    def other(message: str, translation: str) -> bool:
        named = re.search(held, words_only(message), re.IGNORECASE)
        # The short u of Belarusian is the same letter after a vowel.
        return bool(named) and stem not in translation.casefold().replace("ў", "у")

    assert faults(language, other) == []


@pytest.mark.parametrize("language", ["be", "zh"])
def test_sentences_are_not_left_in_russian_or_english(language):
    russian = catalogue("ru")
    same = faults(language, lambda m, t: m.endswith(".") and t in (m, russian[m]))
    assert same == []


def test_a_message_that_nobody_has_translated_stays_english():
    assert Translator("zh")("a message of tomorrow") == "a message of tomorrow"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ru", "Между ними около 1 234,5 км."),
        ("be", "Паміж імі каля 1 234,5 км."),
        ("zh", "双方相距约 1,234.5 公里。"),
    ],
)
def test_a_number_is_written_as_its_language_writes_it(language, sentence):
    say = Translator(language)
    text = say("They are about {distance} km apart.").format(distance=say.number(1234.5))
    assert text.replace("\u00a0", " ").replace("\u202f", " ") == sentence


def test_every_english_wording_fills_the_places_of_its_message_and_bends_its_words():
    for message, wording in catalogue("en").items():
        if not wording:
            continue
        marks = [(name, spec) for _, name, spec, _ in Formatter().parse(wording) if name]
        asked = {name for _, name, _, _ in Formatter().parse(message) if name}
        assert {name for name, _ in marks} == asked, message
        assert all(spec.count("|") == 1 for _, spec in marks if spec), wording
        assert not any(name in WORDS for name, spec in marks if spec), wording


@pytest.mark.parametrize(
    ("language", "n", "sentence"),
    [
        ("en", 1, "It helps to cover 1 need of the cluster."),
        ("en", 3, "It helps to cover 3 needs of the cluster."),
        ("en", 1.0, "It helps to cover 1 need of the cluster."),
        ("en", 0, "It helps to cover 0 needs of the cluster."),
    ],
)
def test_a_word_bends_after_its_number(language, n, sentence):
    say = Translator(language)
    text = say("It helps to cover {n} needs of the cluster.")
    assert text.format(n=say.number(n)) == sentence


def test_the_catalogues_hold_exactly_the_messages_of_the_program():
    import importlib.util
    from pathlib import Path

    path = Path(__file__).parents[1] / "scripts" / "extract_messages.py"
    spec = importlib.util.spec_from_file_location("extract_messages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for language in ("en", *LANGUAGES):
        assert sorted(catalogue(language)) == module.messages(), "run scripts/extract_messages.py"
