"""The stage `contracts`: promises solved by hand, edges of the rule, and what is only asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.measures.relational_contract import (
    critical_discount_rate,
    holds_at,
    joint_critical_discount_rate,
)
from clusterloom.stages.contracts import Contracts
from clusterloom.tables import Tables

from .conftest import cluster_row, organisation_row, result, seat_row, words

FIRM = (30.0, 50.0, 10.0)  # gains 20 once, loses 20 ever after: r* = 1
UNIVERSITY = (20.0, 25.0, 10.0)  # gains 5 once, loses 10 ever after: r* = 2


def commitment(a=FIRM, b=UNIVERSITY, rate=0.1):
    sides = {
        f"{name}_{side}": value
        for side, values in (("a", a), ("b", b))
        for name, value in zip(("cooperation", "deviation", "fallback"), values, strict=True)
    }
    return {
        "commitment_id": "a|b", "org_a": "a", "org_b": "b", "discount_rate": rate,
        "source_id": "toy", "source_row": "c:2", **sides,
    }  # fmt: skip


def introduction(org_a, org_b, rank=1):
    return result(
        cluster_id="A", org_a=org_a, org_b=org_b, rank=rank, score=0.5, complementarity=0.5,
        adjacency=0.5, shared_partners=0, resource_allocation=0.0, role_pair="core+producer",
        reach="inside",
    )  # fmt: skip


def judged(commitments=(), introductions=(), *, members="abc", **parameters):
    tables = (
        Tables()
        .with_rows("organisation", [organisation_row(o) for o in "abc"])
        .with_rows("cluster", [cluster_row("A")])
        .with_rows("membership", [seat_row("A", o, "core") for o in members])
        .with_rows("commitment", commitments)
        .with_rows("introduction", introductions)
    )
    return Contracts(**parameters).run(tables).rows("self_enforcement")


def test_the_weaker_side_decides():
    (row,) = judged([commitment()])
    rates = [row[f"critical_discount_rate{end}"] for end in ("_a", "_b", "")]
    assert rates == [1.0, 2.0, 1.0]
    assert row["verdict"] == "self_enforcing"


@pytest.mark.parametrize(("rate", "verdict"), [(1.0, "self_enforcing"), (1.01, "breaks")])
def test_the_promise_holds_up_to_and_at_the_critical_rate(rate, verdict):
    (row,) = judged([commitment(rate=rate)])
    assert row["verdict"] == verdict


def test_a_payment_between_the_two_is_named_where_the_sums_suffice():
    # Together: (30 + 20 - 20) / (75 - 50) = 1.2 >= 1.1 though A alone gives only 1.
    (row,) = judged([commitment(rate=1.1)])
    assert "With a payment between the two it would hold" in words(row)
    (row,) = judged([commitment(rate=1.3)])
    assert "With a payment" not in words(row)


def test_without_temptation_there_is_no_limit_and_the_reason_says_so():
    (row,) = judged([commitment(a=(30.0, 30.0, 10.0), rate=1.5)])
    assert row["critical_discount_rate_a"] is None
    assert row["critical_discount_rate"] == 2.0
    assert row["verdict"] == "self_enforcing"
    assert "org:a has nothing to gain by breaking the promise." in words(row)


@pytest.mark.parametrize("rate", [0.0, 0.1])
@pytest.mark.parametrize("fallback", [10.0, 15.0])
def test_who_earns_no_less_without_the_promise_breaks_it_even_at_a_rate_of_zero(rate, fallback):
    (row,) = judged([commitment(a=(10.0, 20.0, fallback), rate=rate)])
    assert (row["verdict"], row["critical_discount_rate"]) == ("breaks", 0.0)
    assert "at no rate does it keep its word" in words(row)
    assert "lose -" not in words(row)
    assert "above a limit" not in words(row)


def test_who_would_rather_be_without_the_promise_breaks_it_though_breaking_costs_once():
    (row,) = judged([commitment(a=(10.0, 5.0, 11.0), rate=0.0)])
    assert (row["verdict"], row["critical_discount_rate_a"]) == ("breaks", 0.0)
    assert "org:a earns 11.0 per period without the promise and 10.0 with it" in words(row)


def test_a_partner_that_would_lose_by_breaking_lends_the_other_no_firmness():
    # A is tempted by 20 and gains 10 a period; B loses 15 by breaking and gains nothing. B can
    # still keep back a payment: together 20 against 10, so 0.5, and not (20 - 15) against 10.
    a, b = (20.0, 40.0, 10.0), (10.0, -5.0, 10.0)
    assert joint_critical_discount_rate(a, b) == 0.5
    (row,) = judged([commitment(a, b, rate=1.0)])
    assert row["verdict"] == "breaks"
    assert "With a payment" not in words(row)


def test_a_payment_can_make_up_for_a_side_that_gains_nothing():
    # A gains nothing, B gains 10: together 10 + 5 of temptation against 0 + 10, so 2/3.
    (row,) = judged([commitment(a=(10.0, 20.0, 10.0), rate=0.6)])
    assert row["verdict"] == "breaks"
    assert "With a payment between the two it would hold" in words(row)


def test_a_pair_named_twice_in_either_order_has_one_row():
    turned = {**commitment(), "commitment_id": "b|a", "org_a": "b", "org_b": "a"}
    (row,) = judged([commitment(), turned])
    assert row["based_on"] == '["commitment:a|b"]'


def test_a_missing_value_is_asked_for_and_not_guessed():
    (row,) = judged([commitment(a=(30.0, None, 10.0), rate=None)])
    assert row["verdict"] == "not_estimated"
    assert row["critical_discount_rate"] is None
    assert "deviation_a, discount_rate" in words(row)


def test_both_partners_must_sit_in_the_cluster():
    assert judged([commitment()], members="ac") == []


def test_first_introductions_are_asked_about_unless_values_are_stated():
    introductions = [
        introduction("a", "b", 1),
        introduction("a", "c", 2),
        introduction("b", "c", 3),
    ]
    rows = judged([commitment()], introductions, n_introductions=2)
    verdicts = {(r["org_a"], r["org_b"]): r["verdict"] for r in rows}
    assert verdicts == {("a", "b"): "self_enforcing", ("a", "c"): "not_estimated"}


def test_a_negative_number_of_introductions_is_refused():
    with pytest.raises(RecipeError, match="n_introductions is -1"):
        Contracts(n_introductions=-1)


@given(
    st.tuples(*[st.integers(-50, 50)] * 3),
    st.tuples(*[st.integers(-50, 50)] * 3),
    st.sampled_from([0.0, 0.1, 1.0, 3.0]),
)
def test_swapping_the_partners_swaps_the_rates_and_keeps_the_verdict(a, b, rate):
    one, two = tuple(map(float, a)), tuple(map(float, b))
    (row,) = judged([commitment(one, two, rate)])
    (mirror,) = judged([commitment(two, one, rate)])
    assert row["verdict"] == mirror["verdict"]
    assert row["critical_discount_rate_a"] == mirror["critical_discount_rate_b"]


PAYOFFS = st.tuples(*[st.integers(-20, 20)] * 3)


@given(PAYOFFS, PAYOFFS, st.sampled_from([0.0, 0.1, 1.0, 3.0]))
def test_what_holds_without_a_payment_holds_with_one(a, b, rate):
    if all(holds_at(rate, critical_discount_rate(*side)) for side in (a, b)):
        assert holds_at(rate, joint_critical_discount_rate(a, b))


@given(PAYOFFS, st.sampled_from([0.05, 0.5, 1.0]))
def test_the_critical_rate_agrees_with_the_discounted_sums(values, rate):
    cooperation, deviation, fallback = values
    keeping = cooperation + sum(cooperation / (1 + rate) ** t for t in range(1, 600))
    breaking = deviation + sum(fallback / (1 + rate) ** t for t in range(1, 600))
    kept = holds_at(rate, critical_discount_rate(*values))
    if cooperation < fallback:  # whoever earns more without it does not enter the promise
        assert not kept
    elif abs(keeping - breaking) > 1e-6:  # at the limit itself rounding decides
        assert kept == (keeping > breaking)


@given(st.tuples(*[st.floats(-100, 100)] * 3), st.floats(-100, 100))
def test_a_higher_fallback_never_makes_the_promise_firmer(values, more):
    cooperation, deviation, fallback = values
    better = critical_discount_rate(cooperation, deviation, fallback + abs(more))
    assert better <= critical_discount_rate(cooperation, deviation, fallback)
