"""From the embedded data of Belarus and China to a joint programme, by the command line."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.programme import programmes
from clusterloom.cli.main import app
from clusterloom.errors import UsageError
from clusterloom.schema import load_reasons

RUNNER = CliRunner()
TABLES = (
    "cluster_tie", "structure", "network_broker", "fall_out", "new_tie", "connection",
    "value_chain", "chain_step", "chain_handover", "programme_phase", "milestone",
    "programme_action",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programme") / "w"
    project = Project.create(folder)
    plan = project.run(embedded_recipe("belarus_china"))
    yield folder, plan
    project.workspace.ledger.close()


def test_every_table_of_the_second_half_has_rows_with_reasons(demo):
    _, plan = demo
    for table in TABLES:
        rows = plan.tables.rows(table)
        assert rows, table
        assert all(load_reasons(row["reasons"]) for row in rows), table


def test_a_local_a_national_and_an_international_structure_are_told_apart(demo):
    _, plan = demo
    for row in plan.tables.rows("structure"):
        countries = {c.split("-")[1] for c in row["clusters"].split("|")}
        assert (row["type"] == "international") == (len(countries) > 1), row["structure_id"]
    (network,) = [r for r in plan.tables.rows("structure") if r["level"] == "network"]
    assert network["n_clusters"] == plan.tables["cluster"].num_rows


def test_the_design_needs_no_more_ties_than_greedy_and_no_fewer_than_the_bound(demo):
    _, plan = demo
    (row,) = plan.tables.rows("connection")
    assert row["status"] == "reached"
    assert row["n_ties_bound"] <= row["n_ties"] <= row["n_ties_greedy"]
    assert row["n_ties"] <= row["n_ties_random"]
    assert row["share_before"] < row["required_share"] <= row["share_after"]


def test_without_belarus_all_its_needs_and_ties_are_gone(demo):
    _, plan = demo
    losses = {r["subject"]: r for r in plan.tables.rows("fall_out") if r["kind"] == "country"}
    assert set(losses) == {"BY", "CN"}
    assert losses["BY"]["ties_lost"] + losses["CN"]["ties_lost"] >= 1.0


def test_what_is_possible_only_together_is_beyond_each_alone(demo):
    _, plan = demo
    rows = plan.tables.rows("value_chain")
    assert {r["field_id"] for r in rows}
    for row in rows:
        if row["verdict"] == "only_together":
            assert row["n_best_alone"] < row["n_steps"] == row["n_covered"]
        assert (row["verdict"] == "broken") == (row["open_steps"] is not None)


def test_every_programme_joins_the_two_countries_in_four_phases(demo):
    _, plan = demo
    for one in programmes(plan):
        assert [p["number"] for p in one["phases"]] == [1, 2, 3, 4]
        assert "-by-" in one["id"]
        assert "-cn-" in one["id"]
        assert all(p["milestones"] for p in one["phases"])


def test_why_leads_from_an_action_to_the_source(demo):
    _, plan = demo
    row = next(r for r in plan.tables.rows("programme_action") if r["kind"] == "introduce")
    key = f"programme_action:{row['programme_id']}~{row['phase']}~{row['action_no']}"
    chain = plan.why(key)
    assert chain["run"]["stage"] == "growth_path"
    assert "introduction:" in chain["text"]
    assert [s["source_id"] for s in chain["sources"]] == ["belarus_china"]


def test_the_command_shows_a_programme_in_the_readers_language(demo):
    folder, plan = demo
    cluster = next(c for c in plan.tables["cluster"]["cluster_id"].to_pylist() if "-cn-" in c)
    shown = RUNNER.invoke(app, ["programme", cluster, "-w", str(folder), "-l", "ru", "-q"])
    assert shown.exit_code == 0
    assert cluster in shown.stdout
    assert re.search("[А-Яа-я]", shown.stdout)
    data = RUNNER.invoke(app, ["programme", cluster, "-w", str(folder), "--json", "-q"])
    assert {p["name"] for p in json.loads(data.stdout)[0]["phases"]} == {
        "local", "cross industry", "cross cluster", "cross network",
    }  # fmt: skip


def test_an_unknown_cluster_or_pair_is_named_with_what_is_there(demo):
    _, plan = demo
    with pytest.raises(UsageError, match="no cluster `cluster-cn-hefai`") as fault:
        programmes(plan, ["cluster-cn-hefai"])
    assert "hefei" in fault.value.hint
    # However many clusters the example has, one without a partner is in no programme.
    rows = plan.tables.rows("cluster")
    alone = rows[0] | {"cluster_id": "cluster-alone"}
    lonely = replace(plan, tables=plan.tables.with_rows("cluster", [*rows, alone]))
    with pytest.raises(UsageError, match="no programme with") as fault:
        programmes(lonely, ["cluster-alone"])
    assert "n_partners" in fault.value.hint
    with pytest.raises(UsageError, match="no language `xx`"):
        programmes(plan, language="xx")
