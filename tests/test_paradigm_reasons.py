"""The reasons of a mapping's lines: in all languages, well written, and shown in the reader's."""

from __future__ import annotations

import csv
import io
import re

import pytest

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.paradigm import mapping_changes, paradigm_text
from clusterloom.entities.paradigm import Paradigm
from clusterloom.entities.paradigm_file import read_mapping
from clusterloom.schema import Reason, dump_reasons, load_reasons, reason
from clusterloom.tables import Tables
from clusterloom.views.exports import export_plan
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

LANGUAGES = ("en", "ru", "be", "zh")
FOREIGN = {"ru": "[ІіЎўЄєЇїҐґ]", "be": "[ИиЩщЪъ]", "zh": "[Ѐ-ӿ]"}
# Latin words a sentence in another language may hold: the name of the mapping, of schemes, codes.
LATIN = r"Clusterloom|List|CPC|IPC|NACE|VI|IV|III|II|I|V|none"


def texts(language):
    """Every reason with its origin, as a reader of the language sees it."""
    return [line.said[language] for line in read_mapping().lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_own_mapping_has_its_reason_and_origin_in_every_language(language):
    own = read_mapping().lines
    assert all(line.reasons[language] for line in own)
    # The translation of an origin is the same wherever the origin is.
    origins = {(line.origin, line.origins.get(language, line.origin)) for line in own}
    assert len(origins) == 3
    assert all(line.origins[language] in line.said[language] for line in own if language != "en")


@pytest.mark.parametrize("language", ["ru", "be", "zh"])
def test_the_reasons_are_written_in_the_letters_of_their_language(language):
    letters = "[一-鿿]" if language == "zh" else "[А-Яа-яЁёІіЎў]"
    for text in texts(language):
        assert re.search(letters, text), text
        assert not re.search(FOREIGN[language], text), text
        assert set(re.findall("[A-Za-z]+", text)) <= {"CPC"}, text


def test_the_short_u_of_belarusian_stands_after_vowels_and_only_there():
    vowel = "[аеёіоуыэюяАЕЁІОУЫЭЮЯ]"
    wrong = rf"(?<!{vowel})(?<!{vowel} )ў|{vowel}у(?!с\b|м)|{vowel} у"
    assert [text for text in texts("be") if re.search(wrong, text)] == []


def test_the_chinese_reasons_are_simplified_and_use_wide_marks():
    for text in texts("zh"):
        han = "".join(re.findall("[一-鿿]", text))
        assert han.encode("gb2312", errors="ignore").decode("gb2312") == han, text
        assert not re.search(r"[一-鿿][,.;:!?()]|[,;:!?()][一-鿿]", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_fits_into_a_sentence(language):
    for line in read_mapping().lines:
        text = line.reasons[language]
        # It follows a colon and is followed by a stop; its origin follows in brackets.
        assert not re.search(r"[.:。：()（）]|\s\s|^\s|\s$", text), text
        assert text[0] == text[0].lower(), text
        assert len(text) <= 90, text


def test_a_paradigm_is_called_by_its_term_in_every_language():
    for line in read_mapping().lines:
        if "paradigm" in line.reasons["en"]:
            assert "уклад" in line.reasons["ru"]
            assert re.search("[уў]клад", line.reasons["be"])
            assert "范式" in line.reasons["zh"]


def test_the_same_english_reason_has_one_translation():
    lines = read_mapping().lines
    for language in ("ru", "be", "zh"):
        pairs = {(line.reasons["en"], line.reasons[language]) for line in lines}
        assert len(pairs) == len({line.reasons["en"] for line in lines})


def written(tmp_path, columns, *lines):
    path = tmp_path / "list.csv"
    head = f"# name: List\n# version: 1\nscheme,code,paradigm,evidence,{columns}\n"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_mapping_may_give_its_reasons_in_any_of_the_languages(tmp_path):
    path = written(
        tmp_path,
        "origin,origin_ru,reason_zh,reason_ru",
        "ipc,H01S,V,sure,order 166,приказ № 166,激光器,лазеры",
        "ipc,G02B,V,sure,,,,оптика",
        "ipc,G01J,V,sure,,приказ № 166,光学测量,",
    )
    first, second, third = read_mapping(path).lines
    assert first.said == {"ru": "лазеры (приказ № 166)", "zh": "激光器（order 166）"}
    assert second.said == {"ru": "оптика"}
    assert third.said == {"zh": "光学测量（приказ № 166）"}


@pytest.mark.parametrize(
    ("reader", "given", "shown"),
    [
        ("zh", ("en", "zh"), "zh"),
        ("be", ("en", "ru", "zh"), "ru"),  # Belarusian readers read Russian as easily
        ("be", ("en", "zh"), "en"),
        ("ru", ("be", "zh"), "be"),
        ("en", ("zh", "ru"), "ru"),
        ("ru", ("en",), "en"),
    ],
)
def test_words_not_given_in_the_readers_language_are_shown_in_another(reader, given, shown):
    say = Translator(reader)
    stored = dump_reasons([reason("{why}", why={code: f"<{code}>" for code in given})])
    assert render_reasons(stored, Names(Tables(), say), say) == [f"<{shown}>"]


def test_words_in_no_language_are_no_argument():
    with pytest.raises(ValueError, match="no language for"):
        reason("{why}", why={})


def test_reasons_stored_before_they_had_languages_are_still_shown():
    say = Translator("ru")
    template = "The field {field} counts to paradigm {paradigm} in {mapping}: {why}."
    given = {"field": "f", "paradigm": "V", "mapping": "List 1", "why": "classical (order 166)"}
    (sentence,) = render_reasons(dump_reasons([Reason(template, given)]), Names(Tables(), say), say)
    assert sentence.endswith(": classical (order 166).")


def test_another_wording_in_one_language_makes_another_run(tmp_path):
    columns = "reason_en,reason_zh"
    first = Paradigm(mapping=str(written(tmp_path, columns, "ipc,H01S,V,sure,lasers,激光")))
    second = Paradigm(mapping=str(written(tmp_path, columns, "ipc,H01S,V,sure,lasers,激光器")))
    assert dict(first.outside) != dict(second.outside)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The valley with its plan, made once and read again from its workspace."""
    folder = tmp_path_factory.mktemp("reasons") / "w"
    made = Project.create(folder)
    made.run(embedded_recipe("valley"))
    made.workspace.ledger.close()
    again = Project.open(folder)
    yield again
    again.workspace.ledger.close()


@pytest.fixture
def plan(project):
    return project.plan()


def given_reasons(plan):
    """Row of `direction_paradigm` -> what its lines of the mapping say, in all languages."""
    found = {}
    for row in plan.tables.rows("direction_paradigm"):
        said = [one.args["why"] for one in load_reasons(row["reasons"]) if "why" in one.args]
        if said:
            found[f"direction_paradigm:{row['activity_id']}~{row['label']}"] = said
    assert len(found) > 5
    return found


def assert_no_english(sentence):
    """Quoted words, from texts of the plan, may be in any language."""
    own = re.sub("«[^»]*»|“[^”]*”", "", sentence)
    assert re.findall("[A-Za-z]+", re.sub(rf"\b({LATIN})\b", "", own)) == [], sentence


@pytest.mark.parametrize("language", ["ru", "be", "zh"])
def test_no_english_reason_stands_in_a_sentence_of_another_language(plan, language):
    for row, said in given_reasons(plan).items():
        sentences = plan.why(row, language=language)["reasons"]
        for one in said:
            assert [s for s in sentences if one[language] in s], (row, one)
            assert not [s for s in sentences if one["en"] in s], (row, one)
        for sentence in sentences:
            assert_no_english(sentence)


@pytest.mark.parametrize("language", ["ru", "zh"])
def test_an_export_has_the_reasons_in_its_language(plan, language, tmp_path):
    export_plan(plan.tables, tmp_path, ("csv",), language)
    text = (tmp_path / "direction_paradigm.csv").read_text(encoding="utf-8-sig")
    shown = {
        f"direction_paradigm:{row['activity_id']}~{row['label']}": row["reasons_in_words"]
        for row in csv.DictReader(io.StringIO(text))
    }
    for row, said in given_reasons(plan).items():
        assert all(one[language] in shown[row] for one in said)
        assert_no_english(shown[row])


@pytest.mark.parametrize(
    ("language", "reason_shown"),
    [("ru", "по перечню (приказ № 166)"), ("zh", "列入清单（第166号令）")],
)
def test_another_mapping_gives_its_reasons_in_the_readers_language(
    project, tmp_path, language, reason_shown
):
    path = written(
        tmp_path,
        "origin,origin_ru,origin_zh,reason_en,reason_ru,reason_zh",
        "field,photonics-optics,VI,sure,order 166,приказ № 166,第166号令,"
        "listed,по перечню,列入清单",
    )
    view = mapping_changes(project, path, statements_first=False, language=language)
    lines = paradigm_text(view, language=language)
    assert [line for line in lines if reason_shown in line]
    assert not [line for line in lines if "listed" in line or "order 166" in line]
