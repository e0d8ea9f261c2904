"""Conditions, ranking and time in the report: sources and years, what is not known, plain words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from clusterloom.api import Project, embedded_recipe
from clusterloom.stages.conditions import Conditions
from clusterloom.stages.dynamics import Dynamics
from clusterloom.stages.ranking import Ranking
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report

META = {"title": "t", "version": "0", "plan_id": "p"}
MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The valley with dates: a third of the work is older, one piece is undated."""
    project = Project.create(tmp_path_factory.mktemp("conditions") / "w")
    # Two candidates are needed to compare: services to business count as a family here.
    recipe = embedded_recipe("valley")
    prerequisites = {**recipe.stages.get("prerequisites", {}), "general_fields": []}
    recipe = replace(recipe, stages={**recipe.stages, "prerequisites": prerequisites})
    made = project.run(recipe).tables
    project.workspace.ledger.close()
    rows = made.rows("activity")
    for n, row in enumerate(rows):
        row["year"] = None if n == 0 else 2021 if n % 3 else 2016
    made = made.with_rows("activity", rows)
    for stage in (
        Conditions(),
        Ranking(min_known_weight=0.1),
        Dynamics(min_works=1, fdr=1.0, min_field_works=1, as_of_year=2025),
    ):
        made = made.merged(stage.run(made.select(stage.reads)))
    return made


@pytest.fixture(scope="module")
def view(tables):
    return plan_view(tables, meta=META)


def plain(report):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", report))


def test_every_indicator_shows_its_source_and_years(view):
    shown = [k for c in view["clusters"] for k in c["conditions"]]
    research = [k for k in shown if k["indicator"] == "research strength"]
    assert research
    assert all("The toy valley (invented) (2026-11-23)" in k["sources"] for k in research)
    # Directions of 2021 or 2016, and answers to the survey of 2025.
    assert {k["years"] for k in research} <= {"2021–2025", "2016–2025"}
    staged = [k for k in shown if k["indicator"] == "finance: market entry"]
    assert {k["theme"] for k in staged} == {"finance"}
    # Organisations carry no year: when their source was retrieved is said, and said to be that.
    assert {(k["years"], k["known_as_of"]) for k in staged} == {(None, "known as of 2026")}
    assert "known as of 2026" in plain(render_report(view))


def test_the_ranking_shows_over_what_it_was_computed_and_what_is_not_known(view):
    groups = {g["group"]: g for g in view["condition_ranking"]}
    first = groups["XA"]["candidates"][0]
    assert first["rank"] == 1
    assert first["indicators"]
    assert "administrative framework" in first["not_known"]
    report = plain(render_report(view))
    assert "Computed over" in report
    assert "leads under any weights" in report
    weights = groups["XA"]["weights"]
    assert sum(w["weight"] for w in weights) == pytest.approx(1.0, abs=1e-4)
    assert all(w["verdict"] != "no_weight" for w in weights)


def test_years_are_not_written_as_quantities(view):
    report = plain(render_report(view))
    assert "2021–2025" in report
    assert "2,021" not in report


def test_phases_are_shown_and_those_not_known_are_counted(view, tables):
    known = [r for r in tables.rows("candidate_phase") if r["phase"] != "not_known"]
    assert len(view["dynamics"]["candidates"]) == len(known) > 0
    assert sum(c["n"] for c in view["dynamics"]["counts"]) == tables["candidate_phase"].num_rows
    none = plan_view(tables.merged(Dynamics().run(tables.with_rows("activity", []))), meta=META)
    assert none["dynamics"]["candidates"] == []
    assert "too little work has a date" in plain(render_report(none))


def test_names_in_these_parts_are_never_live(tables):
    rows = [r | {"name": MARKUP} for r in tables.rows("source")]
    report = render_report(plan_view(tables.with_rows("source", rows), meta=META))
    assert MARKUP not in report
    assert "&lt;script&gt;" in report


@pytest.mark.parametrize("language", ["ru", "be", "zh"])
def test_the_parts_can_be_rendered_in_every_language(tables, language):
    assert "2021–2025" in render_report(plan_view(tables, language=language, meta=META))
