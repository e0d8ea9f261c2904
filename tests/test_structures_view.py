"""The sections on structures, chains and growth as a reader sees them."""

from __future__ import annotations

import re

import pytest

from clusterloom.api import Project, embedded_recipe
from clusterloom.schema.results_structures import LAYERS
from clusterloom.views.language import Translator
from clusterloom.views.names import Names
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report
from clusterloom.views.structures_view import structures_view

from .test_structures import toy

META = {"title": "t", "version": "0", "plan_id": "p"}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("sections") / "w")
    made = project.run(embedded_recipe("belarus_china"))
    project.workspace.ledger.close()
    return made


def shown(tables):
    say = Translator("en")
    return structures_view(tables, Names(tables, say), say)


def test_the_layers_of_the_table_are_in_the_order_of_its_columns(plan):
    view = shown(plan.tables)
    for row in plan.tables.rows("cluster_tie"):
        names = Names(plan.tables, Translator("en"))
        (line,) = [
            t
            for t in view["ties"]
            if (t["a"], t["b"]) == tuple(names.cluster(row[k]) for k in ("cluster_a", "cluster_b"))
        ]
        assert line["counts"][LAYERS.index(row["layer"])] == row["n_ties"]


def test_rows_that_are_not_shown_are_counted(plan):
    rows = plan.tables.rows("structure")
    many = [{**rows[0], "structure_id": f"pair:{k}", "level": "pair"} for k in range(70)]
    view = shown(plan.tables.with_rows("structure", many))
    assert (len(view["structures"]), view["n_more_structures"]) == (60, 10)
    tables = plan.tables.with_rows("structure", many)
    assert "More rows stand in the table structure: 10." in render_report(
        plan_view(tables, meta=META)
    )


def test_every_section_has_a_heading_and_the_contents_lead_there(plan):
    report = render_report(plan.view("en"))
    for anchor in ("structures", "chains", "growth"):
        assert f'href="#{anchor}"' in report
        assert len(re.findall(f'id="{anchor}"', report)) == 1


def test_ids_of_pictures_are_unique_on_the_page(plan):
    ids = re.findall(r' id="(flow[^"]+)"', render_report(plan.view("en")))
    assert ids
    assert len(ids) == len(set(ids))


def test_a_plan_without_the_new_tables_has_none_of_the_sections(plan):
    tables = plan.tables.select(
        n for n in plan.tables.names
        if n not in ("structure", "value_chain", "programme_phase")
    )  # fmt: skip
    report = render_report(plan_view(tables, meta=META))
    for anchor in ("structures", "chains", "growth"):
        assert f'id="{anchor}"' not in report


def test_a_view_of_nothing_is_empty_not_wrong():
    view = shown(toy(seats=[], links=[], places={}))
    assert view["ties"] == view["structures"] == view["brokers"] == view["losses"] == []
    assert view["connection"] is None
