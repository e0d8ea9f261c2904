"""Introductions as an event, one step outside, and as a matching rather than greedily."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from types import SimpleNamespace

import openpyxl
import pytest
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.introductions import plan_event
from clusterloom.cli.main import app
from clusterloom.errors import UsageError
from clusterloom.plan.recipe import Recipe
from clusterloom.stages.introductions import Introductions
from clusterloom.tables import Tables

from .conftest import organisation_row
from .test_composition import link_row
from .test_introductions import LINKS, introduced, toy, words

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("event") / "w")
    plan = project.run(embedded_recipe("valley"))
    yield project, plan
    project.workspace.ledger.close()


def toy_plan(tables: Tables, **parameters: object) -> SimpleNamespace:
    return SimpleNamespace(tables=tables, recipe=Recipe(stages={"introductions": parameters}))


def two_clusters() -> Tables:
    """The toy twice; in the second cluster the maker is infrastructure: worth 0.8, not 1."""
    tables = toy()
    seats = tables.rows("membership")
    twice = [{**row, "cluster_id": "cluster-two"} for row in seats]
    twice = [
        {**row, "role": "infrastructure"} if row["org_id"] == "maker" else row for row in twice
    ]
    (cluster,) = tables.rows("cluster")
    tables = tables.with_rows("cluster", [cluster, {**cluster, "cluster_id": "cluster-two"}])
    return tables.with_rows("membership", [*seats, *twice])


def with_outsider(*links, **parameters):
    """The toy with a supplier that is no member; by default it supplies the maker."""
    tables = toy(links=[*LINKS, *links])
    rows = tables.rows("organisation")
    supplier = organisation_row("supplier", "equipment_supplier", lat_deg=54.0, lon_deg=27.0)
    tables = tables.with_rows("organisation", [*rows, {**supplier, "extent_km": 2.0}])
    return introduced(tables, min_score=0.0, **parameters)


def test_a_partner_of_a_member_is_introduced_to_the_others_and_nobody_else_from_outside():
    assert not any("supplier" in pair for pair in with_outsider())
    found = with_outsider(("maker", "supplier"))
    outside = {pair for pair, row in found.items() if row["reach"] == "one_step_outside"}
    # core+infrastructure and infrastructure+kindred_university are worth something; network is not.
    assert outside == {("inst", "supplier"), ("supplier", "uni")}
    row = found["inst", "supplier"]
    assert row["role_pair"] == "core+infrastructure"
    assert "org:supplier is not a member; its partner org:maker is" in words(row)
    bases = json.loads(row["based_on"])
    assert {"organisation:supplier", "link:maker|supplier|contract"} <= set(bases)
    # The bridge knows both the institute and the supplier now: it is the one to ask.
    known = with_outsider(("maker", "supplier"), ("bridge", "supplier"))["inst", "supplier"]
    assert "org:supplier is not a member; in the cluster it would sit as" in words(known)
    assert "org:bridge has ties with both" in words(known)
    # Members come first whatever the scores.
    ranks = [row["rank"] for pair, row in found.items() if pair in outside]
    assert min(ranks) > max(row["rank"] for pair, row in found.items() if pair not in outside)


def test_members_use_up_their_capacity_before_anybody_from_outside_gets_some():
    found = with_outsider(("maker", "supplier"), per_organisation=1)
    # inst meets the maker, so that only the university has room for the supplier.
    assert {pair for pair, row in found.items() if row["reach"] != "inside"} == {
        ("supplier", "uni")
    }
    assert not any("supplier" in p for p in with_outsider(("maker", "supplier"), n_outside=0))
    assert not any("supplier" in p for p in with_outsider(("maker", "supplier"), max_outside=0))


def test_memoranda_and_parents_bring_nobody_in_from_outside():
    tables = toy().with_rows(
        "organisation", [*toy().rows("organisation"), organisation_row("ministry", "university")]
    )
    links = [*toy().rows("link"), link_row("inst", "ministry", "memorandum")]
    found = introduced(tables.with_rows("link", links), min_score=0.0)
    assert not any("ministry" in pair for pair in found)


def test_a_partner_who_knows_everybody_tells_less_than_one_who_knows_the_two_only():
    # By hand: the bridge knows inst and maker: 1/2. With the university it knows three: 1/3.
    pair = introduced(toy())["inst", "maker"]
    assert pair["resource_allocation"] == pytest.approx(1 / 2)
    known = introduced(toy(links=[*LINKS, ("bridge", "uni")]))["inst", "maker"]
    assert known["shared_partners"] == pair["shared_partners"] == 1
    assert known["resource_allocation"] == pytest.approx(1 / 3)
    assert pair["score"] - known["score"] == pytest.approx(0.15 * (1 / 3 - 1 / 4))


def test_a_tie_to_an_organisation_outside_the_data_changes_nothing():
    strange = [("inst", "nobody"), ("nobody", "maker")]
    assert introduced(toy(links=[*LINKS, *strange])) == introduced(toy())


def test_the_choice_is_the_best_one_where_greed_would_lose():
    members = [("a", "core", ""), ("b", "producer", ""), ("c", "core", ""), ("d", "producer", "")]
    # The strongest pair b-c would leave a and d, who are tied: a-b with c-d are worth more.
    work = [("b", "production", "lasers", 1.0), ("c", "research", "lasers", 1.0)]
    work += [("a", "research", "lasers", 0.8), ("d", "production", "lasers", 0.8)]
    tables = toy(members=members, work=work, links=[("a", "d")])
    only = {"role_pairs": {"core+producer": 1.0}}
    every = introduced(tables, per_organisation=3, **only)
    assert max(every, key=lambda pair: every[pair]["score"]) == ("b", "c")
    assert set(introduced(tables, per_organisation=1, **only)) == {("a", "b"), ("c", "d")}


def test_a_development_meets_the_investor_that_states_its_stage():
    members = [("inst", "core", ""), ("fund", "investor", ""), ("maker", "producer", "")]
    tables = toy(members=members, links=[])
    origin = {"source_id": "toy", "source_row": "x:2"}
    made = {"development_id": "d", "org_id": "inst", "title": "t", "trl": 5, **origin}
    profile = {"investor_profile_id": "p", "org_id": "fund", "kind": "investor", **origin}
    tables = tables.with_rows("development", [made])

    def pair(stages):
        told = tables.with_rows("investor_profile", [{**profile, "stages": stages}])
        return introduced(told, min_score=0.0)["fund", "inst"]

    # TRL 5 is the stage pilot.
    assert pair("idea|pilot")["role_pair"] == "development+investor"
    assert "states that it finances this stage" in words(pair("pilot"))
    assert {"development:d", "investor_profile:p"} <= set(json.loads(pair("pilot")["based_on"]))
    assert pair("idea")["role_pair"] == "core+investor"
    assert pair(None)["role_pair"] == "core+investor"


def test_the_timetable_keeps_to_rounds_and_capacity_and_says_who_is_left(valley):
    _, plan = valley
    for per, rounds in ((3, 6), (2, 2), (1, 1)):
        event = plan_event(plan, per_organisation=per, rounds=rounds, outside=True)
        assert event.gap == 0
        busy = Counter((row[e], row["round"]) for row in event.meetings for e in ("org_a", "org_b"))
        assert set(busy.values()) == {1}
        load = Counter(row[e] for row in event.meetings for e in ("org_a", "org_b"))
        assert max(load.values()) <= per
        assert {row["round"] for row in event.meetings} <= set(range(1, rounds + 1))
        places = [(row["round"], row["table"]) for row in event.meetings]
        assert len(set(places)) == len(places)
        members = {row["org_id"] for row in plan.tables.rows("membership")}
        assert members == (set(load) & members) | set(event.alone)
    tied = {(row["org_a"], row["org_b"]) for row in plan.tables.rows("link")}
    for row in event.meetings:
        assert not {(row["org_a"], row["org_b"]), (row["org_b"], row["org_a"])} & tied


def test_the_parameters_of_the_recipe_hold_for_the_event_and_one_cluster_can_be_chosen(valley):
    _, plan = valley
    assert plan_event(toy_plan(toy(), min_score=1.0)).meetings == ()
    assert set(plan_event(toy_plan(toy(), min_score=1.0)).alone.values()) == {"no_pair"}
    here = plan.tables.rows("cluster")[0]["cluster_id"]
    assert {row["cluster_id"] for row in plan_event(plan, clusters=[here]).meetings} == {here}
    event = plan_event(toy_plan(two_clusters()), clusters=["cluster-two"])
    assert {row["cluster_id"] for row in event.meetings} == {"cluster-two"}


def test_a_pair_that_stands_in_two_clusters_meets_once_by_the_better_score():
    met = [
        row
        for row in plan_event(toy_plan(two_clusters())).meetings
        if (row["org_a"], row["org_b"]) == ("inst", "maker")
    ]
    assert [row["cluster_id"] for row in met] == ["cluster-town"]
    assert met[0]["role_pair"] == "core+producer"


def test_an_organisation_whose_partners_are_all_taken_is_told_so():
    # One meeting each, three members, all missing ties: one of them is left.
    members = [("a", "core", ""), ("b", "producer", ""), ("c", "producer", "")]
    event = plan_event(toy_plan(toy(members=members, work=[], links=[]), min_score=0.0),
                       per_organisation=1)  # fmt: skip
    assert len(event.meetings) == 1
    assert list(event.alone.values()) == ["full"]


def test_what_makes_no_event_is_refused(valley):
    _, plan = valley
    with pytest.raises(UsageError, match="rounds is 0"):
        plan_event(plan, rounds=0)
    with pytest.raises(UsageError, match="per_organisation is 0"):
        plan_event(plan, per_organisation=0)
    with pytest.raises(UsageError, match="no cluster `x`"):
        plan_event(plan, clusters=["x"])


def test_the_files_hold_the_timetable_in_the_readers_language(valley, tmp_path):
    _, plan = valley
    event = plan_event(plan)
    event.write(tmp_path, language="ru")
    book = openpyxl.load_workbook(tmp_path / "timetable.xlsx")
    assert len(book.sheetnames) == 3
    sheet = book[book.sheetnames[0]]
    assert sheet.max_row == len(event.meetings) + 1
    assert "организация" in [cell.value for cell in sheet[1]]
    text = (tmp_path / "agendas.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 2 * len(event.meetings) + 1


def test_the_command_prints_what_the_api_gives(valley):
    project, plan = valley
    where = ["-w", str(project.workspace.folder)]
    call = ["introductions", "--per-organisation", "2", "--rounds", "3", *where]
    shown = RUNNER.invoke(app, [*call, "--json", "--quiet"])
    assert shown.exit_code == 0
    event = plan_event(plan, per_organisation=2, rounds=3)
    assert json.loads(shown.stdout)["meetings"] == event.view()["meetings"]
    text = RUNNER.invoke(app, [*call, "--quiet"]).stdout
    assert "Round 1" in text


def test_a_plan_of_nothing_gives_an_empty_event():
    event = plan_event(toy_plan(Tables()))
    assert (event.meetings, event.alone, event.lines()) == ((), {}, [])


@pytest.mark.parametrize("name", ["n_outside", "max_outside"])
def test_negative_numbers_are_refused(name):
    from clusterloom.errors import RecipeError

    with pytest.raises(RecipeError, match=f"{name} is -1"):
        Introductions(**{name: -1})
