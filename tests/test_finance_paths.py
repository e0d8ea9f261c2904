"""Finance: paths to market, profiles that contradict themselves, and money in two currencies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.schema.currencies import CURRENCIES
from clusterloom.schema.vocabulary import FINANCE_STAGES
from clusterloom.stages.finance import Finance

from .test_finance import development, financed, profile, toy, words


def checked(tables):
    rows = Finance().run(tables).rows("investor_check")
    return {row["investor_profile_id"]: row for row in rows}


def path_of(tables, **parameters):
    (row,) = Finance(**parameters).run(tables).rows("finance_path")
    return row


def test_the_path_breaks_first_where_nobody_finances_the_next_step():
    tables = toy(developments=[development(3)], profiles=[profile(stages="prototype|pilot")])
    row = path_of(tables)
    assert (row["finance_stage"], row["first_broken_step"], row["n_steps_open"]) == (
        "prototype", "market_entry", 2,
    )  # fmt: skip
    assert "breaks first at kind:market_entry" in words(row)


def test_a_path_can_break_where_the_development_stands_or_nowhere():
    row = path_of(toy(developments=[development(9)], profiles=[profile(stages="idea")]))
    assert (row["first_broken_step"], row["n_steps_open"]) == ("growth", 0)
    assert "no investor in reach fits it" in words(row)
    late = [profile(stages="market_entry|growth")]
    row = path_of(toy(developments=[development(8)], profiles=late))
    assert (row["first_broken_step"], row["n_steps_open"]) == (None, 2)


def test_steps_that_rest_on_assumptions_only_are_counted():
    # A fund without a profile is assumed to finance prototype, pilot and market entry.
    row = path_of(toy(developments=[development(3)]))
    assert (row["n_steps_open"], row["n_steps_assumed"]) == (3, 3)
    assert "which nobody has stated: 3" in words(row)
    investors = (("fund", "investor", "XA"), ("bank", "bank", "XA"))
    stated = [profile(stages="prototype|pilot")]
    row = path_of(toy(developments=[development(3)], profiles=stated, investors=investors))
    # Now only the bank, for market entry and growth, is an assumption.
    assert (row["n_steps_open"], row["n_steps_assumed"]) == (4, 2)


def test_the_reasons_count_who_was_kept_away_by_which_limit():
    profiles = [
        profile(stages="prototype", ticket_min=500.0, currency="EUR"),
        profile(stages="prototype", investor_profile_id="q", countries="XB"),
        profile(stages="prototype", investor_profile_id="r", ticket_min=9.0, ticket_max=1.0),
    ]
    sought = development(3, finance_sought=100.0, currency="EUR")
    text = words(path_of(toy(developments=[sought], profiles=profiles)))
    assert "whose smallest sum is larger: 1" in text
    assert "do not finance in this country: 1" in text
    assert "whose profile contradicts itself: 1" in text


def test_the_sum_of_today_says_nothing_about_later_steps():
    sought = development(3, finance_sought=100.0, currency="EUR")
    money = {"ticket_min": 1000.0, "currency": "EUR"}
    tables = toy(
        developments=[sought],
        profiles=[
            profile(stages="prototype"),
            profile(investor_profile_id="q", stages="pilot|market_entry|growth", **money),
        ],
    )
    assert path_of(tables)["first_broken_step"] is None


def test_the_stages_of_a_cluster_are_marked_from_idea_to_growth():
    developments = [development(t, development_id=f"d{t}") for t in (3, 6, 9)]
    _, gaps = financed(
        toy(developments=developments, profiles=[profile(stages="prototype|growth")])
    )
    assert [gaps[stage]["path"] for stage in FINANCE_STAGES] == [
        "not_known", "open", "first_break", "beyond_break", "beyond_break",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "verdict", "said"),
    [
        ({"stages": "pilot"}, "usable", "taken as it is stated"),
        ({"stages": "pilot|heaven"}, "usable_in_part", "names a stage `heaven`"),
        ({"stages": "heaven"}, "contradictory", "names a stage `heaven`"),
        ({"ticket_min": 2.0, "ticket_max": 1.0, "currency": "EUR"}, "contradictory", "above its"),
        ({"ticket_min": 2.0, "currency": "EURO"}, "usable_in_part", "`EURO`, which is no currency"),
        ({"ticket_max": 2.0}, "usable_in_part", "without a currency"),
    ],
)
def test_a_profile_is_checked_and_the_fault_is_named(limits, verdict, said):
    row = checked(toy(profiles=[profile(**limits)]))["fund:p"]
    assert row["verdict"] == verdict
    assert said in words(row)


def test_a_contradictory_profile_is_neither_matched_nor_replaced_by_an_assumption():
    tables = toy(developments=[development(3)], profiles=[profile(stages="heaven")])
    matches, gaps = financed(tables)
    assert matches == []
    assert gaps["prototype"]["verdict"] == "broken"
    # Without any profile the fund would have been assumed to finance prototypes.
    assert len(financed(toy(developments=[development(3)]))[0]) == 1


def test_sums_in_a_currency_that_is_none_exclude_nobody_and_are_told():
    sought = development(3, finance_sought=100.0, currency="EURO")
    limits = {"ticket_max": 1.0, "currency": "EURO", "stages": "prototype"}
    (match,), _ = financed(toy(developments=[sought], profiles=[profile(**limits)]))
    assert "no currency of ISO 4217" in words(match)


def test_nothing_is_converted_without_a_stated_rate_and_the_rate_works_both_ways():
    sought = development(3, finance_sought=100.0, currency="CNY")
    limits = {"ticket_min": 20.0, "currency": "EUR", "stages": "prototype"}
    tables = toy(developments=[sought], profiles=[profile(**limits)])
    (match,), _ = financed(tables)
    assert "no rate is stated" in words(match)
    # 100 CNY are 13 EUR: too small for a ticket from 20 EUR; at 0.25 they are 25 EUR.
    assert financed(tables, rates={"CNY/EUR": 0.13})[0] == []
    (match,), _ = financed(tables, rates={"EUR/CNY": 4.0})
    assert "is 25.0 EUR by the rate stated" in words(match)


def test_prices_of_different_years_are_compared_as_they_stand_and_told():
    sought = development(3, finance_sought=100.0, currency="EUR", year=2020)
    limits = {"ticket_min": 20.0, "currency": "EUR", "price_year": 2025, "stages": "prototype"}
    (match,), _ = financed(toy(developments=[sought], profiles=[profile(**limits)]))
    assert "The sum is of 2020, the limits are of 2025" in words(match)


@pytest.mark.parametrize("kind", ["venture", "corporate", "foreign", "crowdfunding_platform"])
def test_every_kind_of_capital_has_stages_it_usually_finances(kind):
    row = checked(toy(profiles=[profile(kind=kind)]))["fund:p"]
    assert row["kind"] == kind
    assert set(row["stages"].split("|")) <= set(FINANCE_STAGES)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"CNYEUR": 1.0}, "the pair `CNYEUR`"),
        ({"XXX/EUR": 1.0}, "the pair `XXX/EUR`"),
        ({"CNY/EUR": 0.0}, "the rate of `CNY/EUR` is 0"),
        ({"CNY/EUR": 0.1, "EUR/CNY": 10.0}, "both `EUR/CNY` and `CNY/EUR`|both `CNY/EUR`"),
    ],
)
def test_a_rate_that_says_nothing_is_refused(rates, said):
    with pytest.raises(RecipeError, match=said):
        Finance(rates=rates)


def test_the_list_of_currencies_has_those_of_the_first_case():
    assert {"BYN", "CNY", "EUR", "RUB", "USD"} <= CURRENCIES
    assert not {"BYR", "DEM", "EURO"} & CURRENCIES


@settings(max_examples=15)
@given(
    st.lists(st.sets(st.sampled_from(FINANCE_STAGES), min_size=1), max_size=3), st.integers(1, 9)
)
def test_more_investors_never_shorten_a_path(stages, trl):
    profiles = [
        profile(investor_profile_id=f"p{i}", stages="|".join(sorted(s)))
        for i, s in enumerate(stages)
    ]
    steps = [
        path_of(
            toy(
                developments=[development(trl)],
                profiles=profiles[:n],
                investors=(("fund", "company", "XA"),),
            )
        )["n_steps_open"]
        for n in range(len(profiles) + 1)
    ]
    assert steps == sorted(steps)
    assert steps[0] == 0
