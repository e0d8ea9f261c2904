"""The same test at several dates: what was there when, and what has no date."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from clusterloom.api import Plan, Project
from clusterloom.api.dates import candidates_at
from clusterloom.cli.main import app
from clusterloom.errors import StageError, UsageError


@pytest.fixture(scope="module")
def plan(valley):
    return valley


def dated(plan: Plan, year_of) -> Plan:
    tables = plan.tables
    for name in ("activity", "development"):
        rows = [r | {"year": year_of(r["org_id"])} for r in tables.rows(name)]
        tables = tables.with_rows(name, rows)
    return Plan(plan.plan_id, plan.recipe, tables, plan.runs)


def by_candidate(found):
    return {(one.candidate_id, one.year): one for one in found.candidates}


def test_all_work_in_one_window_gives_the_plans_own_candidates(plan):
    found = by_candidate(candidates_at(dated(plan, lambda _: 2020), years=[2020]))
    rows = plan.tables.rows("candidate")
    assert {key[0] for key in found} == {r["candidate_id"] for r in rows}
    for row in rows:
        one = found[row["candidate_id"], 2020]
        assert (one.verdict, one.effect_ratio) == (row["verdict"], row["effect_ratio"])
        assert one.n_organisations == row["n_organisations"]


def test_a_candidate_is_absent_before_its_work_began(plan):
    early = dated(plan, lambda org: 2012 if org.startswith("v-") else 2018)
    found = candidates_at(early, years=[2019, 2014], window=5)
    assert found.years == (2014, 2019)
    assert sum(found.used.values()) == found.n_work
    one = by_candidate(found)
    own = {r["candidate_id"]: r["org_id"][0] for r in plan.tables.rows("candidate_member")}
    for candidate_id, side in own.items():
        here, there = (2014, 2019) if side == "v" else (2019, 2014)
        assert one[candidate_id, here].verdict != "absent"
        gone = one[candidate_id, there]
        assert (gone.verdict, gone.n_organisations, gone.q_value) == ("absent", 0, None)


def test_work_without_a_date_is_in_no_window_and_is_counted(plan):
    half = dated(plan, lambda org: 2020 if org.startswith("v-") else None)
    found = candidates_at(half, years=[2020], window=50)
    assert found.n_undated > 0
    assert found.used[2020] + found.n_undated == found.n_work
    assert f"{found.n_undated} of {found.n_work} activities have no date" in found.lines()[0]


def test_no_years_at_all_is_refused(plan):
    with pytest.raises(StageError, match=r"none of \d+ activities has a year"):
        candidates_at(plan, years=[2020])


@pytest.mark.parametrize(
    ("years", "window"), [([], 5), ([2020, 2020], 5), ([2020], 0)], ids=["none", "twice", "window"]
)
def test_years_that_make_no_dates_are_refused(plan, years, window):
    with pytest.raises(UsageError, match="the window is"):
        candidates_at(plan, years=years, window=window)


def test_a_future_year_finds_nothing_and_says_so(plan):
    found = candidates_at(dated(plan, lambda _: 2020), years=[2020, 2099])
    assert found.used[2099] == 0
    assert {one.verdict for one in found.candidates if one.year == 2099} == {"absent"}


def test_the_command_prints_what_python_gives(tmp_path, monkeypatch, plan):
    project = Project.create(tmp_path / "w")
    project.workspace.ledger.close()
    shown = dated(plan, lambda _: 2020)
    monkeypatch.setattr(Project, "plan", lambda *_: shown)
    call = ["dates", "--year", "2020", "--year", "2015", "-w", str(tmp_path / "w")]
    done = CliRunner().invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    wanted = candidates_at(shown, years=[2015, 2020])
    assert json.loads(done.stdout) == json.loads(json.dumps(wanted.as_dict()))
    assert "2011-2015: 0 activities" in CliRunner().invoke(app, call).stdout
