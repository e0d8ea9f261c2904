"""Alternatives, conflicting rules and the value chain as a reader sees them."""

from __future__ import annotations

import pytest

from clusterloom.stages.composition import Composition
from clusterloom.views.alternatives_view import alternatives_view, not_composed_view
from clusterloom.views.chain_table_view import chain_table_view
from clusterloom.views.language import Translator
from clusterloom.views.names import Names
from clusterloom.views.plan_view import plan_view
from clusterloom.views.report import render_report
from clusterloom.views.summary import summary_lines

from .test_composition import PLAIN, toy
from .test_core import candidate_row


def planned(**parameters):
    tables = toy()
    return tables.merged(Composition(**{**PLAIN, **parameters}).run(tables))


def seen(view, tables):
    say = Translator("en")
    return view(tables, Names(tables, say), say)


def report_of(tables):
    return render_report(plan_view(tables, meta={"title": "T", "version": "0", "plan_id": "p"}))


def test_the_proposal_comes_first_and_bars_are_shares_of_the_largest():
    tables = planned()
    (rows,) = seen(alternatives_view, tables).values()
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["is_proposal"] for row in rows] == [True] + [False] * (len(rows) - 1)
    for m in range(4):
        parts = [row["measures"][m]["part"] for row in rows]
        assert max(parts) in (0.0, 1.0)
        assert all(0 <= part <= 1 for part in parts)
        assert rows[0]["measures"][m]["more"] == 0
    stored = {row["alternative"]: row for row in tables.rows("alternative")}
    for row in rows:
        named = len(row["joins"]["names"]) + row["joins"]["n_more"]
        assert named == len([o for o in (stored[row["number"]]["joins"] or "").split("|") if o])


def test_the_report_shows_what_each_alternative_trades():
    report = report_of(planned())
    assert "Other memberships to choose from" in report
    assert "the proposal" in report
    assert "percentage points" in report
    assert "Unit of cost: objective points" in " ".join(report.split())


def test_a_plan_with_one_answer_shows_no_choice():
    assert "Other memberships to choose from" not in report_of(planned(n_alternatives=1))


def test_rules_that_exclude_each_other_are_shown_and_the_report_still_comes_out():
    tables = planned(must_have=("park",), must_not=("park",))
    (case,) = seen(not_composed_view, tables)
    assert [rule["rule"] for rule in case["rules"]] == ["must_have:park", "must_not:park"]
    report = report_of(tables)
    assert "Candidates that cannot be composed under the rules" in report
    assert "park must not be a member." in report
    assert seen(not_composed_view, planned()) == []
    lines = summary_lines(plan_view(tables, meta={"title": "T"}))
    (line,) = [line for line in lines if line.startswith("Gives no cluster")]
    assert line.endswith("park must be a member. park must not be a member.")


def test_a_cluster_whose_candidate_was_not_tested_is_said_to_be_so():
    def lines(**more):
        tables = planned().with_rows("candidate", [candidate_row(**more)])
        view = plan_view(tables, meta={"title": "T", "version": "0", "plan_id": "p"})
        assert render_report(view)
        return " ".join(summary_lines(view))

    assert "2 times what chance gives (q = 0.02)" in lines()
    untested = lines(verdict="too_small", p_value=None, q_value=None)
    assert "; not tested against chance" in untested
    assert "q = " not in untested


@pytest.mark.parametrize("language", ["ru", "be", "zh"])
def test_the_section_is_rendered_in_every_language(language):
    view = plan_view(
        planned(), language=language, meta={"title": "T", "version": "0", "plan_id": "p"}
    )
    assert render_report(view)


def test_the_value_chain_is_a_table_of_fields_by_stages():
    # The toy: research, production 5.2/7 covered, training 1.2/7; development by nobody.
    (chain,) = seen(chain_table_view, planned()).values()
    assert len(chain["stages"]) == 10
    lasers, whole = chain["rows"]
    assert (lasers["name"], whole["name"]) == ("lasers", "the whole cluster")
    cells = dict(zip(chain["stages"], lasers["cells"], strict=True))
    assert cells["research"]["covered"] == pytest.approx(5.2 / 7)
    assert cells["development and engineering"]["n_providers"] == 0
    assert cells["equipment"] is None
    # Park and ministry are covered by 4/7 each, so administration is too; three of five stages
    # of finance are.
    whole_cells = dict(zip(chain["stages"], whole["cells"], strict=True))
    assert whole_cells["administration"]["covered"] == pytest.approx(4 / 7)
    assert whole_cells["finance"]["covered"] == pytest.approx(3 / 5 * 4 / 7)
    assert "The value chain as a table" in report_of(planned())
