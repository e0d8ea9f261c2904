"""Finance, synergy, contracts and criteria on the toy valley, and their measures against gold."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.api import Project, embedded_recipe
from clusterloom.errors import RecipeError
from clusterloom.measures.relational_contract import critical_discount_rate
from clusterloom.measures.triple_helix import core_bounds, triple_helix_information
from clusterloom.stages.criteria import Criteria
from clusterloom.stages.finance import Finance

from .conftest import SHARED

CLUSTER_END = "upper-lake"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("judging") / "w")
    plan = project.run(embedded_recipe("valley"))
    project.workspace.ledger.close()
    return plan.tables


def upper_lake(tables, name):
    return [r for r in tables.rows(name) if CLUSTER_END in r["cluster_id"]]


def test_core_bounds_equal_the_published_ones():
    path = SHARED / "gold" / "triple_helix_korea.csv"
    if not path.exists():
        pytest.skip("the published numbers are not beside this checkout (../shared/gold)")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):
        total = float(row["Total"])
        share = {k: 100 * float(row[k]) / total for k in ("U", "I", "G", "UI", "UG", "IG", "UIG")}
        bounds = core_bounds(share)
        for player in "uig":
            low, high = bounds[player]
            assert low == pytest.approx(float(row[f"core_{player}_lo"]), abs=0.02)
            assert high == pytest.approx(float(row[f"core_{player}_hi"]), abs=0.02)


def test_three_copies_of_one_bit_share_it():
    giant = np.zeros((2, 2, 2))
    giant[0, 0, 0] = giant[1, 1, 1] = 1
    assert triple_helix_information(giant) == 1.0


@given(st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_t_does_not_depend_on_the_order_of_the_helices_or_the_unit(cells):
    counts = np.array(cells, dtype=float).reshape(2, 2, 2)
    value = triple_helix_information(counts)
    assert triple_helix_information(counts.transpose(2, 0, 1)) == pytest.approx(value, abs=1e-9)
    assert triple_helix_information(7 * counts) == pytest.approx(value, abs=1e-9)


@given(st.floats(0.1, 100), st.floats(0.1, 10))
def test_the_critical_rate_does_not_depend_on_the_currency(cooperation, factor):
    values = (cooperation, cooperation * 2, cooperation / 2)
    scaled = [v * factor for v in values]
    assert critical_discount_rate(*scaled) == pytest.approx(critical_discount_rate(*values))


def test_no_temptation_holds_at_any_rate_and_no_gain_at_none():
    assert critical_discount_rate(20, 20, 10) == float("inf")
    assert critical_discount_rate(10, 20, 10) == 0.0


def test_stated_promises_are_tested_and_the_incomplete_one_is_not_guessed(tables):
    rows = {(r["org_a"], r["org_b"]): r for r in upper_lake(tables, "self_enforcement")}
    # v-laser: (50-30) once against (30-10) for ever: r* = 1; v-uni: 5 against 10: r* = 2
    held = rows["v-laser", "v-uni"]
    assert (held["verdict"], held["critical_discount_rate"]) == ("self_enforcing", 1.0)
    # v-laser: 28 once against 2 for ever: r* = 1/14 < 0.2; v-optics has no temptation of worth
    assert rows["v-laser", "v-optics"]["verdict"] == "breaks"
    assert rows["v-laser", "v-optics"]["critical_discount_rate"] == pytest.approx(2 / 28, abs=1e-6)
    open_ = rows["v-laser", "v-beam"]
    assert open_["verdict"] == "not_estimated"
    assert "cooperation_b" in open_["reasons"]


def test_the_fund_takes_the_pilot_and_the_contradictory_bank_takes_nothing(tables):
    matches = upper_lake(tables, "finance_match")
    assert {m["org_id"] for m in matches} == {"v-fund"}
    stated = {m["demand_id"]: m["finance_stage"] for m in matches if m["stage_origin"] == "stated"}
    # TRL 6 -> pilot, TRL 3 -> prototype; both sums are within 50,000..300,000 EUR
    assert stated == {
        "development:v-laser:d1": "pilot",
        "development:v-laser:d2": "prototype",
    }
    gaps = {g["finance_stage"]: g for g in upper_lake(tables, "finance_gap")}
    assert gaps["market_entry"]["verdict"] == "broken"
    assert "not matched" in gaps["market_entry"]["reasons"]
    assert gaps["pilot"]["sum_sought"] == 250_000


def test_an_unknown_stage_in_a_recipe_is_refused():
    with pytest.raises(RecipeError, match="no stage `heaven`"):
        Finance(stage_of_kind={"research": "heaven"})


def test_missing_facts_are_no_data_and_too_few_members_fail(tables):
    verdicts = {r["article"]: r for r in upper_lake(tables, "verdict")}
    assert verdicts["min_members"]["verdict"] == "fail"
    assert verdicts["member_types"]["verdict"] == "pass"
    assert verdicts["public_body"]["verdict"] == "pass"
    assert verdicts["management"]["verdict"] == "no_data"
    assert verdicts["management"]["value"] is None


def test_a_stated_fact_decides_the_article(tables):
    (cluster_id,) = {r["cluster_id"] for r in upper_lake(tables, "cluster")}
    fact = {
        "fact_id": "f", "subject_kind": "cluster", "subject_id": cluster_id, "value": 0.5,
        "indicator": "management_fte", "source_id": "valley", "source_row": "facts.csv:9",
    }  # fmt: skip
    found = Criteria().run(tables.with_rows("fact", [fact])).rows("verdict")
    rows = {r["article"]: r for r in found if r["cluster_id"] == cluster_id}
    assert rows["management"]["verdict"] == "pass"
    assert rows["proof_of_activity"]["verdict"] == "no_data"


def test_an_unknown_pack_is_refused_with_the_list():
    with pytest.raises(RecipeError, match="no criteria pack `iso`"):
        Criteria(packs=("iso",))


def test_few_observations_are_not_estimated(tables):
    scores = {r["measure"]: r for r in upper_lake(tables, "score")}
    if scores["triple_helix_t_mbit"]["n_observations"] < 10:
        assert scores["triple_helix_t_mbit"]["value"] is None
    assert 0 <= scores["cohesion"]["value"] <= 1
