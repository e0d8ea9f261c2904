"""Adjacency of fields: every signal, its weight, its words, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from clusterloom.entities.classification import Classification
from clusterloom.errors import RecipeError, SchemaError, SourceError
from clusterloom.measures.cooccurrence_measures import (
    COOCCURRENCE_MEASURES,
    amounts_together,
    as_signal,
    cooccurrence_measure,
    sparse_specialisation_correlation,
)
from clusterloom.measures.proximity import co_occurrence, specialisation_correlation
from clusterloom.measures.specialisation import location_quotient
from clusterloom.networks.adjacency import Adjacency, fuse_signals
from clusterloom.networks.adjacency_model import (
    PRIOR_WEIGHTS,
    SIGNALS_OF,
    packaged_model,
    prior_model,
    read_model,
)
from clusterloom.schema import load_reasons
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

from .conftest import activity_row, organisation_row

PRIOR = prior_model()

# Five places, three fields, solved by hand: a in 3, b in 2, c in 1; a and b together in 2.
PLACES = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], dtype=float)


def link_row(a: str, b: str, kind: str = "joint_research", **more: object) -> dict:
    return {
        "link_id": f"{a}|{b}|{kind}",
        "org_a": a,
        "org_b": b,
        "kind": kind,
        "weight": 1.0,
        "source_id": "toy",
        "source_row": "links.csv:2",
        **more,
    }


def world(toy_fields, encoder, done: dict[str, tuple[str, ...]], **more):
    """Organisations with stated fields, classified."""
    rows = [
        activity_row(f"{org}:{f}", org, code_scheme="field", code=f, **more)
        for org, fields in done.items()
        for f in fields
    ]
    tables = toy_fields.with_rows("activity", rows)
    tables = tables.with_rows("organisation", [organisation_row(org) for org in done])
    return tables.merged(Classification(encoders=(encoder,)).run(tables))


def pairs(tables, encoder, **parameters):
    rows = Adjacency(encoders=(encoder,), **parameters).run(tables).rows("field_adjacency")
    return {(row["field_a"], row["field_b"]): row for row in rows}


def test_the_five_measures_of_a_toy_solved_by_hand():
    found = {
        name: cooccurrence_measure(PLACES, name)[0, 1]
        for name in COOCCURRENCE_MEASURES
        if name != "correlation"
    }
    assert found == pytest.approx(
        {
            "association": 2 / (3 * 2 / 5),  # together over chance
            "cosine": 2 / np.sqrt(6),
            "jaccard": 2 / 3,
            "conditional": 2 / 3,  # min(2/2, 2/3)
        }
    )
    # (2 - 1.2) / (2 + 1.2 + 0.8), cautious by the prior
    assert as_signal(PLACES, "association", prior=0.8)[0, 1] == pytest.approx(0.2)


@pytest.mark.parametrize("measure", COOCCURRENCE_MEASURES)
def test_sparse_and_dense_tables_give_the_same(measure):
    rng = np.random.default_rng(1)
    table = (rng.random((60, 9)) > 0.7).astype(float)
    np.testing.assert_allclose(
        cooccurrence_measure(sparse.csr_array(table), measure),
        cooccurrence_measure(table, measure),
    )


def test_counts_and_correlation_agree_with_the_measures_of_full_tables():
    rng = np.random.default_rng(2)
    table = (rng.random((40, 6)) > 0.5).astype(float)
    np.testing.assert_allclose(amounts_together(table), co_occurrence(table))
    weight = rng.random((40, 6)) * table + 0.01
    np.testing.assert_allclose(
        (1 + sparse_specialisation_correlation(weight)) / 2,
        specialisation_correlation(location_quotient(weight)),
    )


@given(
    arrays(float, (6, 4), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.permutations(range(6)),
    st.sampled_from(COOCCURRENCE_MEASURES),
)
def test_signals_stay_in_range_and_the_order_of_places_does_not_matter(table, order, measure):
    signal = as_signal(table, measure, prior=0.5)
    known = ~np.isnan(signal)
    assert ((signal[known] >= 0) & (signal[known] <= 1 + 1e-12)).all()
    np.testing.assert_allclose(as_signal(table[order], measure, prior=0.5), signal, atol=1e-9)
    nobody = table.sum(axis=0) == 0
    assert np.isnan(signal[nobody]).all()


def test_every_measure_stands_in_the_table_and_the_recipe_chooses_one(toy_fields, word_encoder):
    done = {f"o{i}": ("lasers", "dairy") if i < 3 else ("optics", "meat") for i in range(6)}
    tables = world(toy_fields, word_encoder, done)
    row = pairs(tables, word_encoder, cooccurrence="cosine", min_fused=0)["dairy", "lasers"]
    assert (row["together"], row["association"], row["cosine"]) == (3, 2, 1)
    assert (row["jaccard"], row["conditional"], row["correlation"]) == (1, 1, 1)
    assert row["cooccurrence"] == row["cosine"]
    apart = pairs(tables, word_encoder, cooccurrence="jaccard", min_fused=0)["lasers", "optics"]
    assert (apart["together"], apart["jaccard"], apart["cooccurrence"]) == (0, 0, 0)
    unseen = pairs(tables, word_encoder, min_fused=0)["food", "photonics"]
    assert {unseen[name] for name in ("together", *COOCCURRENCE_MEASURES)} == {None}


def test_fields_can_be_found_together_in_places_and_projects(toy_fields, word_encoder):
    # o1 and o2 share a place but no project; o1 and o3 a project but no place.
    rows = [
        activity_row("1", "o1", code_scheme="field", code="lasers", event_id="p1"),
        activity_row("2", "o2", code_scheme="field", code="dairy", event_id="p2"),
        activity_row("3", "o3", code_scheme="field", code="optics", event_id="p1"),
    ]
    tables = toy_fields.with_rows("activity", rows).with_rows(
        "organisation",
        [organisation_row(o, place_id=p) for o, p in (("o1", "x"), ("o2", "x"), ("o3", "y"))],
    )
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    together = {
        base: {
            pair: row["together"]
            for pair, row in pairs(tables, word_encoder, together=base, min_fused=0).items()
            if row["together"]
        }
        for base in ("organisation", "place", "project")
    }
    assert together == {
        "organisation": {},
        "place": {("dairy", "lasers"): 1},
        "project": {("lasers", "optics"): 1},
    }


def test_ties_between_organisations_make_their_fields_adjacent(toy_fields, word_encoder):
    done = {"a": ("lasers",), "b": ("dairy",), "c": ("optics",), "d": ("meat",)}
    tables = world(toy_fields, word_encoder, done)
    tables = tables.with_rows("link", [link_row("a", "b"), link_row("c", "d")])
    found = pairs(tables, word_encoder, min_fused=0)
    # two ties, four ends: one seen, 1 * 1 / 4 expected, prior 0.5: 0.75 / 1.75
    assert found["dairy", "lasers"]["link"] == pytest.approx(0.75 / 1.75, abs=1e-4)
    assert found["dairy", "optics"]["link"] == 0
    assert found["food", "lasers"]["link"] is None


def test_an_unknown_signal_leaves_its_weight_to_the_others():
    stack = np.full((2, 2, 2), np.nan)
    stack[0] = [[1, 0.8], [0.8, 1]]
    assert fuse_signals(stack, (0.1, 0.9))[0, 1] == pytest.approx(0.8)
    assert fuse_signals(stack, (0.0, 1.0))[0, 1] == 0


def test_weights_come_from_the_model_unless_the_recipe_states_them(toy_fields, word_encoder):
    tables = world(toy_fields, word_encoder, {"a": ("lasers", "optics")})
    stage = Adjacency(encoders=(word_encoder,), weight_link=0.5, model=PRIOR)
    rows = {(row["unit"], row["signal"]): row for row in stage.run(tables).rows("adjacency_weight")}
    assert len(rows) == 9
    assert {row["origin"] for (unit, _), row in rows.items() if unit == "organisation"} == {"prior"}
    assert rows["field", "link"]["origin"] == "stated"
    assert rows["field", "text"]["origin"] == "prior"
    assert rows["field", "link"]["weight"] == pytest.approx(0.5 / 1.35, abs=1e-5)
    assert rows["field", "fused"]["weight"] is None
    total = sum(row["weight"] or 0 for (unit, _), row in rows.items() if unit == "field")
    assert total == pytest.approx(1, abs=1e-5)


def test_a_stated_weight_of_one_signal_alone_gives_that_signal(toy_fields, word_encoder):
    tables = world(toy_fields, word_encoder, {"a": ("lasers", "dairy"), "b": ("optics",)})
    alone = {f"weight_{name}": 0.0 for name in ("text", "classification", "link")}
    for row in pairs(tables, word_encoder, **alone, weight_cooccurrence=2).values():
        assert row["fused"] == row["cooccurrence"]


def test_each_signal_of_a_pair_is_said_in_words(toy_fields, word_encoder):
    tables = world(toy_fields, word_encoder, {"a": ("lasers", "optics"), "b": ("dairy",)})
    row = pairs(tables, word_encoder, model=PRIOR)["lasers", "optics"]
    say = Translator("en")
    words = render_reasons(row["reasons"], Names(tables, say), say)
    assert words == [
        "Their descriptions are alike by 0 of 1 (weight 0.4).",
        "They are near in the classification by 0.5 of 1 (weight 0.25).",
        "Organisations with both: 1, times chance: 2; that counts as 0.25 of 1 (weight 0.2).",
        "Whether organisations of the two work together is not known; its weight goes to the other "
        "signals.",
    ]


def test_the_words_of_a_weight_say_where_it_comes_from(toy_fields, word_encoder):
    written = Adjacency(encoders=(word_encoder,)).run(toy_fields)
    row = next(r for r in written.rows("adjacency_weight") if r["signal"] == "text")
    texts = [one.template for one in load_reasons(row["reasons"])]
    assert texts[0].startswith("Fitted to past data")
    assert "average precision" in texts[1]
    assert row["average_precision_low"] <= row["average_precision"] <= row["average_precision_high"]


def test_one_field_alone_is_a_family_and_has_no_pairs(toy_fields, word_encoder):
    one = toy_fields.with_rows("field", toy_fields.rows("field")[:1])
    written = Adjacency(encoders=(word_encoder,)).run(one)
    assert written.rows("field_adjacency") == []
    assert len(written.rows("field_family")) == 1


def test_activities_of_fields_outside_the_catalogue_do_not_disturb_it(toy_fields, word_encoder):
    tables = world(toy_fields, word_encoder, {"a": ("lasers", "optics"), "b": ("dairy",)})
    stranger = {**tables.rows("activity_field")[0], "field_id": "alchemy"}
    more = tables.with_rows("activity_field", [*tables.rows("activity_field"), stranger])
    assert pairs(more, word_encoder) == pairs(tables, word_encoder)


def test_a_field_named_by_two_codes_of_one_activity_counts_once_as_present(
    toy_fields, word_encoder
):
    rows = [
        activity_row(f"a{i}", "a", code_scheme="field", code="lasers", weight=5.0) for i in "12"
    ] + [activity_row("a3", "a", code_scheme="field", code="dairy")]
    tables = toy_fields.with_rows("activity", rows)
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    assert pairs(tables, word_encoder, min_fused=0)["dairy", "lasers"]["together"] == 1


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"weight_text": -1.0}, "weight_text is -1"),
        ({"weight_link": float("nan")}, "weight_link is nan"),
        ({"weight_org_text": "much"}, "weight_org_text is 'much'"),
        ({"weight_text": True}, "weight_text is True"),
        ({"together": "planet"}, "together `planet`"),
        ({"cooccurrence": "lift"}, "cooccurrence `lift`"),
        ({"prior": -0.5}, "prior -0.5"),
        ({"min_fused": 1.5}, "min_fused 1.5"),
        (
            {f"weight_{s}": 0.0 for s in SIGNALS_OF["field"]},
            "all weights of a pair of fields are 0",
        ),
    ],
)
def test_wrong_parameters_are_refused_with_their_value(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Adjacency(**parameters)


def test_all_faults_of_the_parameters_are_told_at_once():
    with pytest.raises(RecipeError) as refused:
        Adjacency(weight_text=-1.0, together="planet", cooccurrence="lift")
    assert all(word in str(refused.value) for word in ("weight_text", "planet", "lift"))


def test_an_unknown_amount_of_work_never_reaches_the_measures(toy_fields):
    with pytest.raises(SchemaError, match="not a finite number"):
        toy_fields.with_rows("activity", [activity_row("a", "o", weight=float("nan"))])
    with pytest.raises(ValueError, match=r"presences must be 0\.\.1"):
        amounts_together(np.array([[np.nan, 1.0]]))
    with pytest.raises(ValueError, match=r"reach from -1"):
        amounts_together(np.array([[-1.0, 1.0]]))
    with pytest.raises(ValueError, match="weights must be finite"):
        sparse_specialisation_correlation(np.array([[np.nan, 1.0], [1.0, 2.0]]))
    with pytest.raises(ValueError, match="`lift` is asked for"):
        cooccurrence_measure(PLACES, "lift")


def test_the_packaged_weights_are_fitted_documented_and_read_back_the_same():
    model = packaged_model()
    assert read_model(model.text(), "here") == model
    for unit, signals in SIGNALS_OF.items():
        one = model.of(unit)
        assert one.origin == "fitted"
        assert sum(one.weights) == pytest.approx(1, abs=1e-3)
        assert {*signals, "fused", "prior"} == set(one.scores)
        assert one.facts["n_linked"] >= 30
        assert "CORDIS" in one.facts["data"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: r["field"]["weights"].pop("text"), "signals of field"),
        (lambda r: r["field"]["weights"]["text"].update(weight=-0.1), "weights of field"),
        (lambda r: r["organisation"]["weights"]["text"].update(weight=9), "weights of organ"),
        (lambda r: r.pop("organisation"), "organisation"),
        (lambda r: r["field"].update(origin="guessed"), "guessed"),
    ],
)
def test_a_damaged_file_of_weights_is_refused_with_the_fault(change, fault):
    record = json.loads(prior_model().text())
    change(record)
    with pytest.raises(SourceError, match=fault):
        read_model(json.dumps(record), "adjacency.json")
    with pytest.raises(SourceError, match=r"adjacency\.json holds no weights"):
        read_model("not json", "adjacency.json")


def test_the_name_of_a_model_changes_with_its_weights():
    assert prior_model().name == prior_model().name
    assert prior_model().name != packaged_model().name
    assert prior_model().field.weights == PRIOR_WEIGHTS["field"]
