"""The stage `paradigm`: statements, codes, words and fields with their evidence; and changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.paradigm import mapping_changes, paradigm_standing
from clusterloom.cli.main import app, main
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.entities.paradigm import Paradigm
from clusterloom.errors import RecipeError, SourceError, UsageError
from clusterloom.plan import Recipe, build_stages
from clusterloom.plan.run import _parameters
from clusterloom.schema import load_reasons
from clusterloom.stages._paradigms import Paradigms
from clusterloom.stages.conditions import Conditions
from clusterloom.stages.core import Core
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names
from clusterloom.views.paradigm_view import unknown_paradigm_lines

from .conftest import activity_row, field_row, organisation_row
from .test_core import assignment, world

RUNNER = CliRunner()
# lasers: V; optics: V or, with a word of quantum, VI; farming: looked at and tied to none.
MAPPING = """\
# name: Toy
# version: 1
# words: words.csv
scheme,code,paradigm,evidence,topics,reason_en
field,laser-technology,V,sure,,classical
field,optical-components,V,sure,,classical
field,optical-components,VI,needs_text,quantum,quantum optics
field,spectroscopy,VI,needs_text,quantum,quantum spectroscopy
field,agriculture,none,sure,,not asked
ipc,H01S,V,sure,,lasers
ipc,H01Q,V,sure,,antennas
ipc,H01S,VI,needs_text,quantum,quantum lasers
"""
WORDS = """\
term,language,paradigm,topic,evidence
quantum,en,VI,quantum,confirms
nanotech*,en,VI,nano,decides
"""
FIELDS = ("laser-technology", "optical-components", "spectroscopy", "agriculture", "food")


@pytest.fixture
def toy_mapping(tmp_path):
    (tmp_path / "words.csv").write_text(WORDS, encoding="utf-8")
    path = tmp_path / "toy.csv"
    path.write_text(MAPPING, encoding="utf-8")
    return str(path)


def tables(activities, assignments=(), *, developments=(), organisations=None):
    orgs = organisations or sorted({row["org_id"] for row in (*activities, *developments)})
    return (
        Tables()
        .with_rows("field", [field_row(name, name) for name in FIELDS])
        .with_rows("organisation", [organisation_row(org_id) for org_id in orgs])
        .with_rows("activity", activities)
        .with_rows("development", developments)
        .with_rows("activity_field", assignments)
    )


def part(activity_id, field_id, share=1.0, confidence=0.8, org_id="o"):
    return assignment(
        activity_id, org_id, field_id, share=share, confidence=confidence,
        paradigm=None, paradigm_origin=None,
    )  # fmt: skip


def judged(toy_mapping, *arguments, **more):
    parameters = {k: more.pop(k) for k in ("statements_first", "min_field_weight") if k in more}
    found = Paradigm(mapping=toy_mapping, **parameters).run(tables(*arguments, **more))
    return {(r["activity_id"], r["label"]): r for r in found.rows("direction_paradigm")}


def words(row):
    say = Translator("en")
    return " ".join(render_reasons(row["reasons"], Names(Tables(), say), say))


def test_what_the_source_states_comes_first_and_the_mapping_is_heard_beside_it(toy_mapping):
    rows = judged(
        toy_mapping,
        [
            activity_row("a", "o", paradigm="VI", evidence="verified"),
            activity_row("b", "o", paradigm="V"),
            activity_row("c", "o", paradigm="IV"),
        ],
        [part("a", "laser-technology"), part("b", "laser-technology")],
    )
    assert set(rows) == {("a", "VI"), ("b", "V"), ("c", "IV")}
    assert [row["origin"] for row in rows.values()] == ["source"] * 3
    assert [row["support"] for row in rows.values()] == ["differs", "agrees", "silent"]
    assert [row["verdict"] for row in rows.values()] == ["VI", "V", "other"]
    assert "would say otherwise; the statement stands" in words(rows["a", "VI"])
    assert "counts to paradigm V in Toy 1: classical" in words(rows["a", "VI"])
    assert rows["a", "VI"]["mapping"] is None
    assert rows["a", "VI"]["evidence"] == "verified"


def test_a_survey_claim_carries_its_own_justification_or_the_lack_of_it(toy_mapping):
    base = {"org_id": "o", "source_id": "toy", "source_row": "x:1", "language": "en"}
    developments = [
        {**base, "development_id": "d1", "title": "Laser", "claimed_paradigm": "VI",
         "paradigm_justification": "pulses shape matter at the nanoscale"},
        {**base, "development_id": "d2", "title": "Laser", "claimed_paradigm": "VI"},
        {**base, "development_id": "d3", "title": "Nanotechnology of light"},
    ]  # fmt: skip
    rows = judged(toy_mapping, [], developments=developments)
    first = rows["development:d1", "VI"]
    assert first["origin"] == "survey"
    assert "pulses shape matter" in words(first)
    assert "gives no justification" in words(rows["development:d2", "VI"])
    assert rows["development:d3", "VI"]["origin"] == "text"
    assert "development:d1" in first["based_on"]


def test_a_small_or_unsure_part_of_a_direction_gives_no_paradigm_but_its_line_is_named(toy_mapping):
    parts = [
        part("a", "laser-technology", 0.28, 0.52),  # 0.15
        part("b", "laser-technology", 0.9, 0.38),  # 0.34
        part("c", "laser-technology", 0.2, 0.9),  # 0.18 and 0.2: the label has 0.38 of it
        part("c", "optical-components", 0.25, 0.8),
        part("d", "laser-technology", 0.2, 0.9),
        part("d", "agriculture", 0.8, 0.9),
    ]
    activities = [activity_row(name, "o", text_en="things") for name in "abcd"]
    rows = judged(toy_mapping, activities, parts)
    assert set(rows) == {("a", "not_known"), ("b", "not_known"), ("c", "V"), ("d", "none")}
    said = words(rows["a", "not_known"])
    assert "counts to paradigm V in Toy 1: classical" in said
    assert "Only 0.28 of it lies there, at a confidence of 0.52" in said
    assert "count it to paradigm V" in words(rows["d", "none"])
    # Where nothing is asked for, each field speaks.
    free = judged(toy_mapping, activities, parts, min_field_weight=0.0)
    assert set(free) == {("a", "V"), ("b", "V"), ("c", "V"), ("d", "V"), ("d", "none")}


def test_the_weight_a_field_needs_is_a_share(toy_mapping):
    with pytest.raises(RecipeError, match="min_field_weight 2"):
        Paradigm(mapping=toy_mapping, min_field_weight=2)


@pytest.mark.parametrize("code", ["28.95", "28.93", "88.10", "12.00", "25.72", "95.11"])
def test_the_code_of_an_everyday_industry_never_gives_the_sixth_paradigm(code, word_encoder):
    given_tables = read_catalogue().with_rows(
        "activity", [activity_row("a", "o", code_scheme="nace", code=code)]
    )
    given_tables = given_tables.with_rows("organisation", [organisation_row("o")])
    assigned = Classification(encoders=(word_encoder,)).run(given_tables)
    found = Paradigm().run(given_tables.merged(assigned)).rows("direction_paradigm")
    assert "VI" not in {row["label"] for row in found}


def test_codes_and_deciding_words_speak_for_the_whole_direction_before_the_field(toy_mapping):
    rows = judged(
        toy_mapping,
        [
            activity_row("a", "o", text_en="nanotechnology of lasers"),
            activity_row("b", "o", code_scheme="CPC", code="H01S 3/00", text_en="lamps"),
            activity_row("c", "o", code_scheme="IPC", code="H01S 3/00", text_en="quantum lamps"),
            activity_row("d", "o", code_scheme="IPC", code="H01S", text_en="nanotechnology"),
        ],
        [part(name, "laser-technology") for name in "abcd"],
    )
    # c: the confirmed line is the narrower one. d: code and word say each its own.
    assert set(rows) == {("a", "VI"), ("b", "V"), ("c", "VI"), ("d", "V"), ("d", "VI")}
    assert [rows[key]["origin"] for key in rows] == ["text", "code", "text", "code", "text"]
    assert all(row["fields"] is None and row["confidence"] is None for row in rows.values())
    assert "“nanotech…”" in words(rows["a", "VI"])
    assert "Code CPC H01S 3/00 counts to paradigm V in Toy 1: lasers." in words(rows["b", "V"])


def test_a_field_speaks_for_its_part_only_and_a_doubtful_one_needs_a_word(toy_mapping):
    both = [part("a", "laser-technology", 0.6, 0.9), part("a", "optical-components", 0.4, 0.5)]
    rows = judged(toy_mapping, [activity_row("a", "o", text_en="lenses")], both)
    # Without the word both are V: share 1, confidence 0.6 x 0.9 + 0.4 x 0.5 = 0.74.
    assert set(rows) == {("a", "V")}
    assert rows["a", "V"]["share"] == 1.0
    assert rows["a", "V"]["confidence"] == pytest.approx(0.74)
    assert rows["a", "V"]["fields"] == "laser-technology|optical-components"

    rows = judged(toy_mapping, [activity_row("a", "o", text_en="quantum lenses")], both)
    assert {key[1]: (r["share"], r["fields"], r["origin"]) for key, r in rows.items()} == {
        "V": (0.6, "laser-technology", "field"),
        "VI": (0.4, "optical-components", "text"),
    }


def test_without_evidence_it_is_not_known_and_the_reason_says_what_would_help(toy_mapping):
    rows = judged(
        toy_mapping,
        [activity_row(name, "o", text_en="things") for name in "abc"],
        [part("a", "spectroscopy"), part("b", "food"), part("c", "agriculture")],
    )
    assert {key: row["verdict"] for key, row in rows.items()} == {
        ("a", "not_known"): "not_known",
        ("b", "not_known"): "not_known",
        ("c", "none"): "other",  # looked at, and tied to no paradigm: that is known
    }
    assert "can count to paradigm VI (quantum spectroscopy), but no word" in words(
        rows["a", "not_known"]
    )
    assert "does not mean that it has none" in words(rows["b", "not_known"])
    assert "tied to no paradigm in Toy 1: not asked" in words(rows["c", "none"])


def test_the_mapping_can_come_before_statements_but_never_turns_them_into_nothing(toy_mapping):
    activities = [activity_row("a", "o", paradigm="VI"), activity_row("b", "o", paradigm="VI")]
    rows = judged(toy_mapping, activities, [part("a", "laser-technology")], statements_first=False)
    assert {key: row["origin"] for key, row in rows.items()} == {
        ("a", "V"): "field",
        ("b", "VI"): "source",  # the mapping says nothing of it
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from([None, "I", "V", "VI"]),
            st.sampled_from([None, "H01S", "B82Y", "??"]),
            st.sampled_from(["", "quantum optics", "nanotechnology", "dairy 乳品"]),
            st.sampled_from(FIELDS),
        ),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_every_direction_is_judged_whatever_the_order_of_rows(rows, order, first):
    activities = [
        activity_row(str(i), org, paradigm=p, code_scheme="ipc", code=code, text_en=text or None)
        for i, (org, p, code, text, _) in enumerate(rows)
    ]
    parts = [
        part(str(i), field, 0.5, org_id=row[0]) for i, row in enumerate(rows) for field in (row[4],)
    ]
    stage = Paradigm(statements_first=first)
    given_tables = tables(activities, parts, organisations=["a", "b"])
    found = stage.run(given_tables).rows("direction_paradigm")
    assert {row["activity_id"] for row in found} == {row["activity_id"] for row in activities}
    for row in found:
        assert (row["label"] == "not_known") == (row["origin"] is None)
        assert 0 < row["share"] <= 1
        assert load_reasons(row["reasons"])
    order.shuffle(activities)
    shuffled = stage.run(tables(activities, parts, organisations=["b", "a"]))
    same = {(r["activity_id"], r["label"], r["reasons"]) for r in found}
    rows_again = shuffled.rows("direction_paradigm")
    assert {(r["activity_id"], r["label"], r["reasons"]) for r in rows_again} == same


def test_an_organisation_has_each_verdict_of_its_directions_and_none_is_hidden(toy_mapping):
    found = Paradigm(mapping=toy_mapping).run(
        tables(
            [
                activity_row("a", "o", paradigm="VI", evidence="verified"),
                activity_row("b", "o", paradigm="VI", evidence="memory"),
                activity_row("c", "o", text_en="things"),
                activity_row("d", "o", code_scheme="ipc", code="H01S", text_en="nanotech"),
            ],
            organisations=["o", "silent"],
        )
    )
    rows = {(r["org_id"], r["verdict"]): r for r in found.rows("organisation_paradigm")}
    # d is V and VI, so shares add up to more than 1.
    assert {key: (r["n_directions"], r["share"]) for key, r in rows.items()} == {
        ("o", "VI"): (3, 0.75),
        ("o", "V"): (1, 0.25),
        ("o", "not_known"): (1, 0.25),
        ("silent", "not_known"): (0, None),
    }
    assert rows["o", "VI"]["origins"] == "source|text"
    assert rows["o", "VI"]["weak_share"] == pytest.approx(2 / 3)
    assert "No direction of it is known" in words(rows["silent", "not_known"])
    assert json.loads(rows["o", "V"]["based_on"]) == ["direction_paradigm:d~V"]


def test_core_and_conditions_take_the_paradigm_from_the_judgement_and_only_for_its_fields():
    rows = [
        {
            "activity_id": "a1", "label": "VI", "org_id": "inst", "kind": "research",
            "verdict": "VI", "origin": "text", "share": 0.5, "fields": "lasers",
            "reasons": "[]", "based_on": "[]",
        },
    ]  # fmt: skip
    given = world(
        [organisation_row("inst", "research_institute")],
        [activity_row("a1", "inst", evidence="verified"), activity_row("a2", "inst")],
        [
            assignment("a1", "inst", "lasers", share=0.5, paradigm=None, paradigm_origin=None),
            assignment("a1", "inst", "optics", share=0.5, paradigm=None, paradigm_origin=None),
            assignment("a2", "inst", "optics", paradigm="V"),
        ],
    ).with_rows("direction_paradigm", rows)
    (core,) = Core().run(given).rows("core_score")
    assert core["score"] == pytest.approx(0.5)  # lasers count, the optics of a1 are not known
    assert "follows from their code or words" in words(core)
    assert "The paradigm of 1 more of its directions" in words(core)
    assert "direction_paradigm:a1~VI" in core["based_on"]
    conditions = {r["indicator"]: r for r in Conditions().run(given).rows("condition")}
    assert conditions["paradigm_vi_share"]["value"] == 0.5  # a1 of a1 and a2


def test_a_direction_nobody_judged_keeps_what_its_source_states():
    found = Paradigms(Tables())
    assert found.of(assignment("a", "o")) == {"VI": "source"}
    assert found.of(assignment("a", "o", paradigm=None, paradigm_origin=None)) == {}


def test_a_faulty_mapping_is_refused_before_anything_runs(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("scheme,code\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"bad\.csv has"):
        build_stages(Recipe(stages={"paradigm": {"mapping": str(path)}}), [Paradigm])


def test_a_mapping_that_changed_makes_another_run(toy_mapping, tmp_path):
    first = _parameters(Paradigm(mapping=toy_mapping))
    (tmp_path / "toy.csv").write_text(MAPPING.replace("classical", "old"), encoding="utf-8")
    assert _parameters(Paradigm(mapping=toy_mapping)) != first
    (tmp_path / "toy.csv").write_text(MAPPING, encoding="utf-8")
    assert _parameters(Paradigm(mapping=toy_mapping)) == first


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valley") / "w"
    project = Project.create(folder)
    project.run(embedded_recipe("valley"))
    yield project
    project.workspace.ledger.close()


@pytest.fixture
def national(tmp_path):
    path = tmp_path / "national.csv"
    path.write_text(
        "# name: Valley list\n# version: 2\nscheme,code,paradigm,evidence,reason_en\n"
        "field,photonics-optics,VI,sure,listed\n",
        encoding="utf-8",
    )
    return path


def test_another_mapping_shows_which_organisations_change_and_why(valley, national):
    view = mapping_changes(valley, national, statements_first=False)
    changed = {row["org_id"]: row for row in view["changed"]}
    assert view["n_changed"] == len(changed) > 0
    assert changed["v-beam"]["old"] == {"V": 1}
    assert changed["v-beam"]["new"] == {"VI": 1}
    (direction,) = changed["v-beam"]["directions"]
    assert (direction["old"], direction["new"]) == (["V"], ["VI"])
    assert "in Valley list 2: listed" in direction["reasons"][0]
    # What the national list does not hold is not known by it, never "other".
    assert changed["v-bank"]["new"] == {"not_known": 1}
    assert "v-laser" not in changed  # VI before and after


def test_the_mapping_in_force_changes_nothing(valley):
    view = mapping_changes(valley, "clusterloom-1")
    assert view["changed"] == []
    standing = paradigm_standing(valley)
    assert standing["organisations"] == view["organisations_old"] == view["organisations_new"]


def test_the_plans_rows_walk_back_through_the_paradigm_to_the_source(valley):
    chain = valley.plan().why("organisation_paradigm:v-laser~VI")
    assert "direction_paradigm:v-laser:a1~VI" in chain["text"]
    direction = next(n for n in chain["based_on"] if n["row"].startswith("direction_paradigm:"))
    assert direction["run"]["parameters"]["mapping_digest"]
    assert direction["run"]["run_id"] in chain["text"]
    assert "activities.csv" in chain["text"]


def test_the_command_prints_the_changes_and_the_same_as_json(valley, national):
    place = ["-w", str(valley.workspace.folder), "--mapping", str(national), "--mapping-first"]
    shown = RUNNER.invoke(app, ["paradigm", *place])
    assert shown.exit_code == 0
    assert "Clusterloom 1 -> Valley list 2" in shown.stdout
    assert "Beam Machines (v-beam): V 1 -> VI 1" in shown.stdout
    assert "[stages.paradigm] mapping" in shown.stderr
    view = json.loads(RUNNER.invoke(app, ["paradigm", *place, "--json", "-q"]).stdout)
    assert {row["org_id"] for row in view["changed"]} >= {"v-beam", "v-bank"}
    counted = RUNNER.invoke(app, ["paradigm", "-w", str(valley.workspace.folder), "-q"])
    assert counted.stdout.startswith("Clusterloom 1, 16 organisations")


def test_the_template_is_written_once_and_reads_back(tmp_path):
    path = tmp_path / "mine.csv"
    assert RUNNER.invoke(app, ["paradigm", "--template", str(path)]).exit_code == 0
    assert Paradigm(mapping=str(path)).read.lines
    result = RUNNER.invoke(app, ["paradigm", "--template", str(path)])
    assert isinstance(result.exception, UsageError)


def test_a_recipe_with_another_mapping_changes_the_plan(valley, national):
    recipe = embedded_recipe("valley")
    own = valley.plan()
    stages = {**recipe.stages, "paradigm": {"mapping": str(national), "statements_first": False}}
    other = valley.run(Recipe(**{**vars(recipe), "stages": stages}))
    try:
        assert other.plan_id != own.plan_id
        rows = {(r["org_id"], r["verdict"]) for r in other.tables.rows("organisation_paradigm")}
        assert ("v-beam", "VI") in rows
        # Compared with the plan that uses it, the national list changes nothing.
        assert mapping_changes(valley, national, plan_id=other.plan_id)["changed"] == []
    finally:
        valley.run(recipe)


def test_the_command_line_reports_a_faulty_mapping_and_fails(valley, tmp_path, capsys, monkeypatch):
    path = tmp_path / "bad.csv"
    path.write_text("scheme,code\n", encoding="utf-8")
    arguments = ["paradigm", "-w", str(valley.workspace.folder), "--mapping", str(path)]
    monkeypatch.setattr("sys.argv", ["clusterloom", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "`# name:` is missing" in capsys.readouterr().err


def test_the_report_counts_organisations_by_paradigm_and_those_without_any(valley, toy_mapping):
    view = valley.plan().view()
    assert view["paradigm"] == paradigm_standing(valley)["organisations"]
    found = Paradigm(mapping=toy_mapping).run(tables([], organisations=["x", "y"]))
    (line,) = unknown_paradigm_lines(found, Translator("en"))
    assert line == "The technological paradigm of 2 organisations is not known in any direction."
    assert unknown_paradigm_lines(Tables(), Translator("en")) == []
