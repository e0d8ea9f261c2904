"""The stage `ranking`: scores worked out by hand, what is not known, and other weights."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.schema.vocabulary import CONDITION_INDICATORS
from clusterloom.stages.ranking import Ranking
from clusterloom.tables import Tables

from .conftest import result, words
from .test_conditions import BY_HAND as BY_HAND_CONDITIONS
from .test_core import candidate_row

# Candidate -> indicator -> value; None is not known.
VALUES = {
    "a": {"production_base": 10.0, "openness": 4.0, "market": None},
    "b": {"production_base": 0.0, "openness": 2.0, "market": 5.0},
    "c": {"production_base": 5.0, "openness": 0.0, "market": 1.0},
}
WEIGHTS = {"production_base": 2.0, "openness": 1.0, "market": 1.0}
# Normalised: a 1, 1, -; b 0, 1/2, 1; c 1/2, 0, 0. Weighted 2:1:1.
BY_HAND = {"a": 1.0, "b": 1.5 / 4, "c": 0.25}


def condition_row(candidate_id, indicator, value, **more):
    return result(
        candidate_id=candidate_id,
        indicator=indicator,
        theme="market",
        value=value,
        unit="things",
        verdict="not_known" if value is None else "present",
        **more,
    )


def toy(values=VALUES, *, countries=None, turn=1, more=()):
    candidates = [candidate_row(c, country=(countries or {}).get(c, "XA")) for c in values]
    rows = [condition_row(c, i, v) for c, held in values.items() for i, v in held.items()]
    return (
        Tables()
        .with_rows("candidate", candidates[::turn])
        .with_rows("condition", [*rows, *more][::turn])
    )


def ranked(tables, **parameters):
    found = Ranking(**{"weights": WEIGHTS, "top_k": 1, **parameters}).run(tables)
    return {r["candidate_id"]: r for r in found.rows("condition_rank")}, found


def test_the_score_is_the_weighted_mean_of_what_is_known():
    ranks, found = ranked(toy())
    assert {c: r["score"] for c, r in ranks.items()} == BY_HAND
    assert {c: r["rank"] for c, r in ranks.items()} == {"a": 1, "b": 2, "c": 3}
    parts = {(r["candidate_id"], r["indicator"]): r for r in found.rows("condition_part")}
    assert parts["b", "market"]["part"] == 0.25
    assert parts["a", "production_base"]["weight"] == round(2 / 3, 6)
    for c in "abc":
        total = sum(r["part"] or 0.0 for (i, _), r in parts.items() if i == c)
        assert total == pytest.approx(ranks[c]["score"], abs=1e-5)


def test_what_is_not_known_is_left_out_said_and_bounded():
    ranks, found = ranked(toy())
    row = ranks["a"]
    assert (row["not_known"], row["indicators"]) == ("market", "openness|production_base")
    assert (row["known_weight"], row["score_low"], row["score_high"]) == (0.75, 0.75, 1.0)
    assert "1 indicators with weight are not known and were left out, not counted as zero" in words(
        row
    )
    part = next(
        r
        for r in found.rows("condition_part")
        if (r["candidate_id"], r["indicator"]) == ("a", "market")
    )
    assert (part["normalised"], part["weight"], part["part"]) == (None, None, None)
    assert json.loads(row["based_on"]) == ["condition:a~openness", "condition:a~production_base"]


def test_what_nobody_knows_gives_no_score_but_widens_the_bounds():
    values = {c: {**held, "training": 2.0 if c == "a" else None} for c, held in VALUES.items()}
    ranks, _ = ranked(toy(values), weights={**WEIGHTS, "training": 4.0})
    assert {c: r["score"] for c, r in ranks.items() if r["rank"]} == {"b": 0.375, "c": 0.25}
    assert (ranks["b"]["known_weight"], ranks["b"]["not_known"]) == (0.5, "training")
    assert (ranks["b"]["score_low"], ranks["b"]["score_high"]) == (0.1875, 0.6875)
    # What is known of one alone cannot be put on a scale.
    assert ranks["a"]["verdict"] == "too_little_known"
    assert "training" not in ranks["a"]["not_known"]


def test_fewer_places_lead_than_candidates_have_one():
    ranks, _ = ranked(toy(), top_k=9)
    assert {r["top_k"] for r in ranks.values()} == {2}
    assert "among the first 2 of 3" in words(ranks["b"])
    ranks, _ = ranked(toy(), min_known_weight=1.0, weights={"market": 1.0, "openness": 0.0})
    assert {r["top_k"] for r in ranks.values()} == {1}


def test_a_zero_is_not_the_same_as_not_known():
    zero = {**VALUES, "a": {**VALUES["a"], "market": 0.0}}
    assert ranked(toy(zero))[0]["a"]["score"] == 0.75
    assert ranked(toy())[0]["a"]["score"] == 1.0


def test_who_is_known_too_little_has_no_place():
    ranks, _ = ranked(toy(), min_known_weight=0.8)
    assert (ranks["a"]["verdict"], ranks["a"]["rank"]) == ("too_little_known", None)
    assert (ranks["b"]["verdict"], ranks["b"]["rank"]) == ("ranked", 1)
    assert ranks["a"]["top_share_any"] is None
    assert ranks["a"]["score"] == 1.0
    assert "a share of 0.8 of the weights is asked for" in words(ranks["a"])


def test_the_table_of_weights_says_what_counts_and_why_not():
    values = {
        c: {**held, "training": 3.0, "human_capital": 1.0 if c == "a" else None}
        for c, held in VALUES.items()
    }
    weights = {**WEIGHTS, "training": 1.0, "human_capital": 1.0, "openness": 0.0}
    _, found = ranked(toy(values), weights=weights)
    rows = {r["indicator"]: r for r in found.rows("condition_weight")}
    assert {i: r["verdict"] for i, r in rows.items()} == {
        "production_base": "counted",
        "market": "counted",
        "openness": "no_weight",
        "training": "same_for_all",
        "human_capital": "not_known",
    }
    assert rows["production_base"]["weight"] == round(2 / 3, 6)
    assert (rows["market"]["lowest"], rows["market"]["highest"]) == (1.0, 5.0)
    # Without production, a is known for nothing that counts: it no longer leads.
    assert rows["production_base"]["top_kept"] == 0.0
    assert rows["market"]["top_kept"] == 1.0
    assert rows["training"]["top_kept"] is None


def test_other_weights_show_how_sure_a_leading_place_is():
    # a leads b while w (production) + ... > ...: two indicators, known exactly.
    values = {"a": {"openness": 1.0, "market": 0.0}, "b": {"openness": 0.0, "market": 1.0}}
    weights = {"openness": 3.0, "market": 1.0}
    ranks, _ = ranked(toy(values), weights=weights, n_draws=5000, concentration=1000.0)
    assert ranks["a"]["top_share_any"] == pytest.approx(0.5, abs=0.03)
    assert ranks["a"]["top_share_near"] == 1.0
    assert (ranks["a"]["rank_low"], ranks["a"]["rank_high"]) == (1, 1)
    assert 0 < ranks["a"]["share_error"] < 0.01


def test_candidates_are_compared_within_their_country_unless_asked():
    values = {**VALUES, "d": {"production_base": 100.0, "openness": 1.0, "market": 9.0}}
    tables = toy(values, countries={"d": "XB"})
    ranks, _ = ranked(tables)
    assert ranks["a"]["score"] == 1.0
    assert (ranks["d"]["verdict"], ranks["d"]["score"], ranks["d"]["n_compared"]) == (
        "not_comparable", None, 1,
    )  # fmt: skip
    ranks, _ = ranked(tables, within="all")
    assert ranks["d"]["compared_with"] == "all"
    assert ranks["d"]["rank"] == 1


def test_one_indicator_alone_can_rank():
    ranks, _ = ranked(toy(), weights={"openness": 1.0})
    assert [ranks[c]["rank"] for c in "abc"] == [1, 2, 3]
    assert ranks["a"]["top_share_any"] == 1.0


def test_without_any_weight_nobody_is_ranked():
    ranks, _ = ranked(toy(), weights={"openness": 0.0})
    assert {r["verdict"] for r in ranks.values()} == {"not_comparable"}


def test_values_in_another_unit_are_not_compared():
    odd = condition_row("d", "openness", 9000.0) | {"unit": "per mille"}
    tables = toy({**VALUES, "d": {"production_base": 1.0}}, more=[odd])
    ranks, _ = ranked(tables, min_known_weight=0.0)
    assert "openness" in ranks["d"]["not_known"]
    assert ranks["a"]["score"] == 1.0


def test_less_can_be_better_for_facts_of_people():
    values = {c: {"fact:unemployment": v} for c, v in (("a", 9.0), ("b", 3.0))}
    ranks, found = ranked(
        toy(values),
        weights={"fact:unemployment": 1.0},
        lower_is_better=("fact:unemployment",),
    )
    assert ranks["b"]["rank"] == 1
    assert found.rows("condition_weight")[0]["direction"] == "less_is_better"


@settings(max_examples=20)
@given(
    st.sampled_from([1, -1]),
    st.floats(0.01, 100),
    st.sampled_from(["min_max", "rank"]),
)
def test_row_order_and_the_units_of_weights_and_values_do_not_matter(turn, unit, method):
    scaled = {c: {i: v and v * unit for i, v in held.items()} for c, held in VALUES.items()}
    one, _ = ranked(toy(), normalisation=method)
    other, _ = ranked(
        toy(scaled, turn=turn),
        normalisation=method,
        weights={i: w * unit for i, w in WEIGHTS.items()},
    )
    for c, row in one.items():
        assert other[c]["score"] == pytest.approx(row["score"], abs=1e-6)
        assert other[c]["rank"] == row["rank"]


@pytest.mark.parametrize(
    ("parameters", "fault", "hint"),
    [
        (
            {"weights": {"reserch_strength": 3.0}},
            r"no indicator `reserch_strength` \(weights\)",
            "did you mean `research_strength` for `reserch_strength`?",
        ),
        (
            {"weights": {"openness": 1.0, "finance:pilots": 0.0}},
            "no indicator `finance:pilots`",
            "did you mean `finance:pilot` for `finance:pilots`?",
        ),
        (
            {"lower_is_better": ("opennes", "unemployment")},
            r"`opennes` \(lower_is_better\), `unemployment` \(lower_is_better\)",
            "did you mean `openness` for `opennes`?",
        ),
        ({"weights": {"zzzz": 1.0}}, "no indicator `zzzz`", "write `fact:` before the name"),
        ({"weights": {"fact:": 1.0}}, "no indicator `fact:`", "write `fact:` before the name"),
    ],
)
def test_a_name_of_no_indicator_is_refused_with_the_nearest(parameters, fault, hint):
    with pytest.raises(RecipeError, match=fault) as found:
        Ranking(**parameters)
    assert hint in str(found.value)
    assert "facts as `fact:NAME`" in str(found.value)


def test_the_names_that_can_have_weight_are_those_that_conditions_measures():
    assert set(CONDITION_INDICATORS) == set(BY_HAND_CONDITIONS)
    weights = dict.fromkeys([*CONDITION_INDICATORS, "fact:any words"], 1.0)
    assert Ranking(weights=weights, lower_is_better=("market", "fact:x")).weights == weights


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"weights": {"openness": -1.0}}, "weight of `openness` is -1.0"),
        ({"weights": {"openness": float("nan")}}, "weight of `openness` is nan"),
        ({"weights": {"openness": "much"}}, "weight of `openness` is much"),
        ({"normalisation": "z"}, "normalisation is `z`"),
        ({"within": "continent"}, "within is `continent`"),
        ({"top_k": 0}, "top_k is 0"),
        ({"concentration": float("nan")}, "concentration is nan"),
        ({"min_known_weight": 1.5}, "min_known_weight is 1.5"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Ranking(**parameters)
