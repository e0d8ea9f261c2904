"""From tables to a plan: the embedded data end to end, read as an expert of the region would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe, read_recipe
from clusterloom.cli.main import app, main
from clusterloom.plan import parse_recipe
from clusterloom.tables import row_key

from .conftest import SHARED

RUNNER = CliRunner()
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("demo") / "w")
    yield project, project.run(embedded_recipe("belarus_china"))
    project.workspace.ledger.close()


def members(plan, cluster_id):
    rows = plan.tables.rows("membership")
    return {row["org_id"] for row in rows if row["cluster_id"] == cluster_id}


def clusters_with(plan, org_id):
    rows = plan.tables.rows("membership")
    return {row["cluster_id"] for row in rows if row["org_id"] == org_id}


def test_every_embedded_row_is_taken_over(demo):
    _, plan = demo
    counts = {n: plan.tables[n].num_rows for n in ("organisation", "activity", "link")}
    assert counts == {"organisation": 379, "activity": 629, "link": 349}
    assert plan.tables["quarantine"].num_rows == 0


def test_every_stage_has_something_to_say_on_the_embedded_data(demo):
    _, plan = demo
    for table in ("candidate", "condition", "core_score", "cluster", "membership", "need", "gap"):
        assert plan.tables[table].num_rows > 0, table
    for table in ("introduction", "finance_match", "finance_gap", "score", "self_enforcement"):
        assert plan.tables[table].num_rows > 0, table
    for table in ("cluster_link", "partner_match", "verdict"):
        assert plan.tables[table].num_rows > 0, table


def test_optics_lasers_and_microelectronics_of_minsk_share_a_cluster(demo):
    _, plan = demo
    shared = clusters_with(plan, "by-nas-physics") & clusters_with(plan, "by-lotis")
    assert shared
    assert any(clusters_with(plan, org) & shared for org in ("by-integral", "by-planar"))


def test_agriculture_and_light_industry_do_not_join_the_lasers(demo):
    _, plan = demo
    strangers = {
        "by-nas-soil", "by-nas-meat", "by-nas-foodc", "by-nas-mech", "by-milavitsa",
        "by-bsatu", "by-bellegprom", "by-minskintercaps", "by-nas-cbg",
    }  # fmt: skip
    for cluster_id in clusters_with(plan, "by-lotis"):
        assert not members(plan, cluster_id) & strangers


def test_both_countries_have_clusters_and_bridges_join_them(demo):
    _, plan = demo
    country = {row["cluster_id"]: row["country"] for row in plan.tables.rows("cluster")}
    assert set(country.values()) == {"BY", "CN"}
    abroad = [
        row
        for row in plan.tables.rows("cluster_link")
        if country[row["cluster_a"]] != country[row["cluster_b"]]
    ]
    assert abroad


def test_two_organisations_known_only_by_city_are_never_at_distance_zero(demo):
    _, plan = demo
    precision = {r["org_id"]: r["coord_precision"] for r in plan.tables.rows("organisation")}
    for row in plan.tables.rows("introduction"):
        if {precision[row["org_a"]], precision[row["org_b"]]} == {"city"}:
            assert row["distance_km"] > 0


def test_the_same_recipe_gives_the_same_plan_on_a_new_workspace(demo, tmp_path):
    _, plan = demo
    project = Project.create(tmp_path / "again")
    again = project.run(embedded_recipe("belarus_china"))
    project.workspace.ledger.close()
    assert again.plan_id == plan.plan_id
    for name in plan.tables.names:
        assert again.tables[name].equals(plan.tables[name]), name


def test_every_result_row_walks_back_to_a_source(demo):
    _, plan = demo
    for table in ("membership", "introduction", "gap", "cluster_link", "verdict", "score"):
        row = plan.tables.rows(table)[0]
        chain = plan.why(f"{table}:{row_key(table, row)}")
        assert "belarus_china" in json.dumps(chain), table


def test_the_plan_folder_holds_reports_tables_and_forms(demo, tmp_path):
    _, plan = demo
    written = {p.relative_to(tmp_path).as_posix() for p in plan.write(tmp_path)}
    assert {"report.en.html", "report.ru.html", "summary.txt"} <= written
    report = (tmp_path / "report.en.html").read_text(encoding="utf-8")
    assert "GeoNames" in report
    for reference in ('src="http', "src='http", '<link rel="stylesheet"', "@import"):
        assert reference not in report
    # evidence marks reach the reader
    assert "memory" in report
    assert "secondary" in report


def test_the_command_line_goes_the_whole_way_on_the_toy_valley(tmp_path):
    workspace = str(tmp_path / "w")

    def call(*arguments: str, code: int = 0) -> str:
        result = RUNNER.invoke(app, [*arguments])
        assert result.exit_code == code, result.output
        return result.stdout

    call("init", workspace)
    first = json.loads(call("import", "embedded:valley", "-w", workspace, "--json"))
    again = json.loads(call("import", "embedded:valley", "-w", workspace, "--json"))
    assert (first[0]["changed"], again[0]["changed"]) == (True, False)
    call("run", "-w", workspace, "--quiet")
    assert json.loads(call("show", "organisation", "-w", workspace, "--json", "--limit", "2"))
    call("export", "-w", workspace, "-f", "csv,json", "--out", str(tmp_path / "x"))
    call("report", "-w", workspace, "--out", str(tmp_path / "r.html"), "-l", "ru")
    assert json.loads(call("check", "-w", workspace, "--json"))["ok"]
    assert (tmp_path / "r.html").exists()
    assert json.loads(call("schema", "link", "--json"))[0]["name"] == "link"
    assert "[stages.composition]" in call("recipe")


def test_exit_codes_tell_failure_from_misuse(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def code_of(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["clusterloom", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    assert code_of("show", "-w", "nowhere") == 1
    assert "clusterloom init" in capsys.readouterr().err
    assert code_of("schema", "nonsense") == 2
    assert code_of("frobnicate") == 2
    assert code_of("schema", "link") == 0


def test_cordis_runs_through_the_same_pipeline(tmp_path):
    path = SHARED / "data" / "cordis_china_projects"
    if not path.exists():
        pytest.skip("the CORDIS set is not beside this checkout (../shared/data)")
    recipe_path = tmp_path / "r.toml"
    text = (ROOT / "examples" / "cordis_china.toml").read_text(encoding="utf-8")
    recipe_path.write_text(text.replace("../shared/data/cordis_china_projects", str(path)))
    project = Project.create(tmp_path / "w")
    plan = project.run(read_recipe(recipe_path))
    project.workspace.ledger.close()
    assert plan.tables["organisation"].num_rows > 3000
    assert plan.tables["cluster"].num_rows >= 1
    assert plan.tables["link"].num_rows > 50_000


@pytest.mark.parametrize("case", ["a country without organisations", "nobody at all"])
def test_a_country_without_organisations_gives_a_plan_that_says_so(tmp_path, case):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "places.csv").write_text(
        "place_id,name_en,country,lat_deg,lon_deg\np1,Town,XA,54,27\np2,Far,XB,40,116\n"
    )
    # `factory` is no role: with it every row of the file goes to quarantine.
    role = "company" if case == "a country without organisations" else "factory"
    rows = "".join(f"o{i},{role},O{i},XA,Town\n" for i in range(3))
    (folder / "organisations.csv").write_text(f"org_id,role,name_en,country,city\n{rows}")
    recipe = parse_recipe('title = "T"\n[stages.core.core_roles]\nXB = ["company"]\n')
    project = Project.create(tmp_path / "w")
    summary = project.import_source(str(folder))
    plan = project.run(recipe)
    assert summary.quarantined == (0 if role == "company" else 3)
    assert plan.tables["organisation"].num_rows == 3 - summary.quarantined
    assert plan.tables["cluster"].num_rows == 0
    assert "0 candidates tested, 0 clusters proposed" in plan.summary()
    plan.write(tmp_path / "plan")
    report = (tmp_path / "plan" / "report.en.html").read_text(encoding="utf-8")
    assert "No cluster can be proposed from these data." in report
    project.workspace.ledger.close()
