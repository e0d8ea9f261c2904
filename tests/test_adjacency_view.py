"""The reader sees how adjacency was weighed, and how sure that is."""

from __future__ import annotations

from clusterloom.networks.adjacency import Adjacency
from clusterloom.networks.adjacency_model import packaged_model
from clusterloom.schema import TABLES, TableKind
from clusterloom.tables import Tables
from clusterloom.views.language import Translator
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report


def report_of(toy_fields, word_encoder, **parameters) -> str:
    tables = toy_fields.merged(Adjacency(encoders=(word_encoder,), **parameters).run(toy_fields))
    meta = {"plan_id": "p", "title": "Toy", "version": "0"}
    return render_report(plan_view(tables, meta=meta))


def test_the_report_says_what_the_weights_are_and_where_they_come_from(toy_fields, word_encoder):
    report = report_of(toy_fields, word_encoder)
    section = report.split("How adjacency was weighed")[1].split("Runs and parameters")[0]
    assert "Fitted to past data (CORDIS" in section
    for unit, name in (("field", "likeness of descriptions"), ("organisation", "common partners")):
        assert name in section
        one = packaged_model().of(unit)
        assert Translator("en").number(max(one.weights)) in section
        assert f"{Translator('en').number(one.low[0])} … " in section


def test_a_stated_weight_has_no_interval(toy_fields, word_encoder):
    report = report_of(toy_fields, word_encoder, weight_text=1.0)
    section = report.split("How adjacency was weighed")[1].split("Runs and parameters")[0]
    assert "The weight is stated in the recipe." in section
    assert "not estimated" in section


def test_a_plan_without_weights_has_no_such_section():
    assert "How adjacency was weighed" not in render_report(
        plan_view(Tables(), meta={"plan_id": "p", "title": "Toy", "version": "0"})
    )
    assert TABLES["adjacency_weight"].kind is TableKind.RESULT
