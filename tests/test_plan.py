from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from clusterloom.api import parse_recipe_record
from clusterloom.errors import RecipeError, StageError, WorkspaceError
from clusterloom.plan import Recipe, Workspace, build_stages, parse_recipe, run_stages
from clusterloom.schema import dump_reasons, reason
from clusterloom.tables import Tables

from .conftest import organisation_row


@dataclass(frozen=True, kw_only=True)
class Count:
    """Toy stage: one candidate that counts organisations."""

    name: ClassVar[str] = "count"
    reads: ClassVar[tuple[str, ...]] = ("organisation",)
    writes: ClassVar[tuple[str, ...]] = ("core_score",)
    factor: float = 1.0
    roles: tuple[str, ...] = ("company",)
    calls: ClassVar[list[int]] = []

    def run(self, tables: Tables) -> Tables:
        self.calls.append(1)
        rows = [
            {
                "candidate_id": "c", "org_id": row["org_id"],
                "score": self.factor, "threshold": 0.0,
                "margin": 0.0, "verdict": "core", "evidence_kind": "none",
                "reasons": dump_reasons([reason("Counted.")]), "based_on": "[]",
            }
            for row in tables.rows("organisation")
        ]  # fmt: skip
        return Tables().with_rows("core_score", rows)


def source_tables(source_id: str = "toy", digest: str = "d", orgs: tuple[str, ...] = ("a", "b")):
    source = {"source_id": source_id, "name": source_id, "kind": "folder", "digest": digest}
    rows = [organisation_row(o, source_id=source_id) for o in orgs]
    return Tables().with_rows("source", [source]).with_rows("organisation", rows)


@pytest.fixture
def workspace(tmp_path):
    Count.calls.clear()
    made = Workspace.create(tmp_path / "w")
    yield made
    made.ledger.close()


SUMMARY = {"quarantined": 0, "places_not_found": []}


def test_importing_twice_changes_nothing(workspace):
    assert workspace.add_source(source_tables(), spec="x", summary=SUMMARY)
    files = sorted(p for p in workspace.folder.rglob("*.parquet"))
    assert not workspace.add_source(source_tables(), spec="x", summary=SUMMARY)
    assert sorted(p for p in workspace.folder.rglob("*.parquet")) == files
    assert len(workspace.ledger.imports()) == 1


def test_a_changed_source_takes_the_place_of_its_older_self(workspace):
    workspace.add_source(source_tables(), spec="x", summary=SUMMARY)
    workspace.add_source(source_tables(digest="e", orgs=("c",)), spec="x", summary=SUMMARY)
    assert [r["org_id"] for r in workspace.inputs().rows("organisation")] == ["c"]


def test_a_key_held_by_two_sources_goes_to_quarantine_with_the_reason(workspace):
    workspace.add_source(source_tables("one"), spec="x", summary=SUMMARY)
    workspace.add_source(source_tables("two", orgs=("b", "c")), spec="y", summary=SUMMARY)
    joined = workspace.inputs()
    assert [r["org_id"] for r in joined.rows("organisation")] == ["a", "b", "c"]
    (refused,) = joined.rows("quarantine")
    assert refused["fault"] == "key `b` is held by source `one` already"
    assert refused["line"] == 2


def link_source(org_b: str) -> Tables:
    source = {"source_id": "ties", "name": "Ties", "kind": "folder", "digest": "t"}
    link = {"link_id": "1", "org_a": "a", "org_b": org_b, "kind": "contract", "weight": 1.0}
    row = {**link, "source_id": "ties", "source_row": "links.csv:7"}
    return Tables().with_rows("source", [source]).with_rows("link", [row])


def test_a_row_may_speak_of_an_organisation_of_another_source(workspace):
    workspace.add_source(source_tables("one"), spec="x", summary=SUMMARY)
    workspace.add_source(link_source("b"), spec="y", summary=SUMMARY)
    assert workspace.inputs().rows("quarantine") == []
    assert workspace.inputs()["link"].num_rows == 1


@pytest.mark.parametrize(("chosen", "lost"), [(["one", "ties"], "org_b `zz`"), (["ties"], "org_a")])
def test_a_row_about_nobody_of_the_joined_sources_is_kept_in_quarantine(workspace, chosen, lost):
    workspace.add_source(source_tables("one"), spec="x", summary=SUMMARY)
    workspace.add_source(link_source("zz"), spec="y", summary=SUMMARY)
    joined = workspace.inputs(chosen)
    (refused,) = joined.rows("quarantine")
    assert joined["link"].num_rows == 0
    assert (refused["table"], refused["file"], refused["line"]) == ("link", "links.csv", 7)
    assert refused["fault"].startswith(lost)


def test_inputs_without_an_import_say_what_to_do(workspace):
    with pytest.raises(WorkspaceError, match="nothing was imported yet"):
        workspace.inputs()
    workspace.add_source(source_tables(), spec="x", summary=SUMMARY)
    with pytest.raises(WorkspaceError, match="source `other` was not imported"):
        workspace.inputs(["other"])


def test_a_folder_with_other_things_is_not_made_a_workspace(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(WorkspaceError, match=r"holds letter\.txt"):
        Workspace.create(tmp_path)
    with pytest.raises(WorkspaceError, match="is no workspace"):
        Workspace.open(tmp_path)


def test_the_same_recipe_on_the_same_inputs_is_the_same_plan_and_a_cache_hit(workspace):
    recipe = Recipe()
    first, tables = run_stages(workspace, source_tables(), [Count()], recipe=recipe)
    second, again = run_stages(workspace, source_tables(), [Count()], recipe=recipe)
    assert first == second
    assert Count.calls == [1]
    assert again["core_score"].equals(tables["core_score"])
    assert tables.rows("core_score")[0]["run_id"].startswith("count-")


def test_another_parameter_is_another_run(workspace):
    first, _ = run_stages(workspace, source_tables(), [Count()], recipe=Recipe())
    second, _ = run_stages(workspace, source_tables(), [Count(factor=2.0)], recipe=Recipe())
    assert first != second
    assert len(Count.calls) == 2


def test_a_run_killed_in_the_middle_keeps_the_stages_that_were_done(workspace):
    @dataclass(frozen=True, kw_only=True)
    class Killed(Count):
        name: ClassVar[str] = "killed"
        writes: ClassVar[tuple[str, ...]] = ("condition",)

        def run(self, tables: Tables) -> Tables:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stages(workspace, source_tables(), [Count(), Killed()], recipe=Recipe())
    assert workspace.ledger.plans() == []
    assert len(workspace.ledger.runs()) == 1
    run_stages(workspace, source_tables(), [Count()], recipe=Recipe())
    assert Count.calls == [1]


def test_a_full_disk_during_a_run_is_an_error_and_the_next_run_goes_on(workspace, monkeypatch):
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("clusterloom.tables.store.pq.write_table", full)
        with pytest.raises(WorkspaceError, match="No space left"):
            run_stages(workspace, source_tables(), [Count()], recipe=Recipe())
    assert workspace.ledger.runs() == {}
    plan_id, _ = run_stages(workspace, source_tables(), [Count()], recipe=Recipe())
    assert workspace.ledger.plans()[-1]["plan_id"] == plan_id


def test_a_stage_that_writes_something_else_is_a_fault(workspace):
    @dataclass(frozen=True, kw_only=True)
    class Wrong(Count):
        writes: ClassVar[tuple[str, ...]] = ("condition",)

    with pytest.raises(StageError, match="stage `count` wrote core_score"):
        run_stages(workspace, source_tables(), [Wrong()], recipe=Recipe())


def test_every_fault_of_a_recipe_is_reported_at_once():
    with pytest.raises(RecipeError, match=r"unknown name `source`.*did you mean `sources`.*xx"):
        parse_recipe('source = ["a"]\nlanguages = ["xx"]')
    with pytest.raises(RecipeError, match="not valid TOML"):
        parse_recipe("title = ")


def test_a_recipe_has_a_title_for_each_language_and_falls_back_on_the_plain_one():
    recipe = parse_recipe('title = "Valleys"\ntitle_ru = "Долины"\ntitle_zh = "谷"')
    titles = [recipe.title_in(language) for language in ("en", "ru", "be", "zh")]
    assert titles == ["Valleys", "Долины", "Valleys", "谷"]
    with pytest.raises(RecipeError, match="`title_be` must be a text"):
        parse_recipe("title_be = 3")


def test_a_title_comes_back_from_the_ledger_and_one_not_given_leaves_no_trace():
    recipe = Recipe(title="Valleys", title_be="Даліны")
    assert parse_recipe_record(recipe.as_dict()) == recipe
    assert not [name for name in Recipe().as_dict() if name.startswith("title_")]


def test_a_title_never_changes_results(workspace):
    named = Recipe(title_ru="Долины")
    _, plain = run_stages(workspace, source_tables(), [Count()], recipe=Recipe())
    _, again = run_stages(workspace, source_tables(), [Count()], recipe=named)
    assert Count.calls == [1]
    assert again["core_score"].equals(plain["core_score"])


def test_parameters_of_a_recipe_reach_the_stage():
    recipe = parse_recipe('[stages.count]\nfactor = 2\nroles = ["bank"]')
    (stage,) = build_stages(recipe, [Count])
    assert stage == Count(factor=2.0, roles=("bank",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[stages.cuont]", "no stage `cuont` .did you mean `count`"),
        ("[stages.count]\nfaktor = 1", "no parameter `faktor` .did you mean `factor`"),
        ('[stages.count]\nfactor = "big"', "but a value like 1.0 is meant"),
    ],
)
def test_wrong_stage_names_and_values_are_refused(text, message):
    with pytest.raises(RecipeError, match=message):
        build_stages(parse_recipe(text), [Count])
