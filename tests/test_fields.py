from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.classification import Classification
from clusterloom.errors import RecipeError
from clusterloom.networks.adjacency import Adjacency
from clusterloom.networks.communities import leiden_communities

from .conftest import SHARED, activity_row


def classify(tables, encoder, rows):
    stage = Classification(encoders=(encoder,))
    return stage.run(tables.with_rows("activity", rows)).rows("activity_field")


def test_the_catalogue_is_complete_in_four_languages():
    rows = read_catalogue().rows("field")
    assert 150 <= len(rows) <= 250
    for row in rows:
        for language in ("en", "ru", "be", "zh"):
            assert row[f"label_{language}"], row["field_id"]
            assert row[f"description_{language}"], row["field_id"]
    labels = [row["label_en"] for row in rows]
    assert len(set(labels)) == len(labels)
    assert all(row["paradigm_reason_en"] for row in rows if row["paradigm"])


def test_a_text_goes_to_the_field_that_uses_its_words(toy_fields, word_encoder):
    rows = classify(
        toy_fields,
        word_encoder,
        [
            activity_row("a", "o", text_en="laser beams"),
            activity_row("b", "o", text_en="cheese milk"),
        ],
    )
    best = {row["activity_id"]: row["field_id"] for row in sorted(rows, key=lambda r: r["share"])}
    assert best == {"a": "lasers", "b": "dairy"}


def test_shares_of_one_activity_sum_to_one(toy_fields, word_encoder):
    rows = classify(
        toy_fields, word_encoder, [activity_row("a", "o", text_en="laser optical beams")]
    )
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_a_text_like_nothing_in_the_catalogue_stays_unassigned(toy_fields, word_encoder):
    rows = classify(toy_fields, word_encoder, [activity_row("a", "o", text_en="poetry")])
    assert rows == []


def test_a_code_shared_by_two_fields_is_split_and_less_sure(toy_fields, word_encoder):
    rows = classify(
        toy_fields, word_encoder, [activity_row("a", "o", code_scheme="nace", code="26.70")]
    )
    assert [(r["field_id"], r["share"], r["confidence"]) for r in rows] == [
        ("lasers", 0.5, 0.7071),
        ("optics", 0.5, 0.7071),
    ]
    assert {r["method"] for r in rows} == {"code"}


def test_a_stated_field_is_certain_and_an_unknown_scheme_falls_back_to_the_text(
    toy_fields, word_encoder
):
    rows = classify(
        toy_fields,
        word_encoder,
        [
            activity_row("a", "o", code_scheme="field", code="meat"),
            activity_row("b", "o", code_scheme="house", code="9", text_en="milk cheese"),
        ],
    )
    assert rows[0]["confidence"] == 1.0
    assert rows[0]["field_id"] == "meat"
    assert rows[-1]["method"] == "text"


def test_only_what_the_source_states_is_carried_as_paradigm(toy_fields, word_encoder):
    rows = classify(
        toy_fields,
        word_encoder,
        [
            activity_row("a", "o", code_scheme="field", code="lasers", paradigm="VI"),
            activity_row("b", "o", code_scheme="field", code="lasers"),
            activity_row("c", "o", code_scheme="field", code="optics"),
        ],
    )
    assert [(r["paradigm"], r["paradigm_origin"]) for r in rows] == [
        ("VI", "source"),
        (None, None),
        (None, None),
    ]


def test_text_in_an_unknown_language_does_not_stop_the_stage(toy_fields, word_encoder):
    assert classify(toy_fields, word_encoder, [activity_row("a", "o", text_en="ლაზერი")]) == []


def test_empty_tables_give_empty_tables(toy_fields, word_encoder):
    assert Classification(encoders=(word_encoder,)).run(toy_fields).rows("activity_field") == []
    written = Adjacency(encoders=(word_encoder,)).run(toy_fields.select(()))
    assert written.rows("field_adjacency") == []


def adjacency(tables, encoder, **parameters):
    rows = Adjacency(encoders=(encoder,), **parameters).run(tables).rows("field_adjacency")
    return {(r["field_a"], r["field_b"]): r for r in rows}


def test_siblings_are_nearer_than_strangers(toy_fields, word_encoder):
    pairs = adjacency(toy_fields, word_encoder)
    stranger = pairs.get(("dairy", "lasers"), {"fused": 0.0})
    assert pairs["lasers", "optics"]["fused"] > stranger["fused"]
    # no activities: the two signals that need them are unknown, not zero
    assert pairs["lasers", "optics"]["cooccurrence"] is None
    assert pairs["lasers", "optics"]["link"] is None


def test_doing_both_makes_fields_adjacent(toy_fields, word_encoder):
    activities = []
    for i in range(6):
        both = ("lasers", "dairy") if i < 3 else ("optics", "meat")
        activities += [activity_row(f"{i}{f}", f"o{i}", code_scheme="field", code=f) for f in both]
    tables = toy_fields.with_rows("activity", activities)
    tables = tables.merged(Classification(encoders=(word_encoder,)).run(tables))
    pairs = adjacency(tables, word_encoder)
    # lasers and dairy: seen together 3 times, 3*3/6 = 1.5 expected, prior 0.5 -> 1.5 / 5 = 0.3
    assert pairs["dairy", "lasers"]["cooccurrence"] == pytest.approx(0.3)
    assert pairs["lasers", "optics"]["cooccurrence"] == 0.0


def test_families_keep_the_two_worlds_apart(toy_fields, word_encoder):
    stage = Adjacency(encoders=(word_encoder,), resolution=0.8, family_threshold=0.1)
    rows = stage.run(toy_fields).rows("field_family")
    family = {row["field_id"]: row["family_id"] for row in rows}
    assert family["lasers"] == family["optics"]
    assert family["dairy"] == family["meat"]
    assert family["lasers"] != family["dairy"]


def test_wrong_parameters_are_refused():
    with pytest.raises(RecipeError, match="weights"):
        Adjacency(weight_text=-1.0)
    with pytest.raises(RecipeError, match="max_fields 0"):
        Classification(max_fields=0)


def test_leiden_finds_the_best_known_groups_of_the_karate_club():
    import networkx as nx

    gold = 0.41978961209730453  # exact optimum, printed by an independent integer program
    if (SHARED / "gold" / "karate_modularity.csv").exists():
        text = (SHARED / "gold" / "karate_modularity.csv").read_text()
        assert f"max modularity (exact),{gold}" in text
    graph = nx.karate_club_graph()
    matrix = csr_matrix(nx.to_scipy_sparse_array(graph, weight=None, dtype=float))
    groups = leiden_communities(matrix, resolution=1.0, seed=1)
    found = [set(np.flatnonzero(groups == g).tolist()) for g in set(groups.tolist())]
    assert nx.community.modularity(graph, found, weight=None) == pytest.approx(gold)
    assert (leiden_communities(matrix, seed=1) == groups).all()


def test_nodes_without_ties_are_groups_alone():
    assert leiden_communities(csr_matrix((3, 3))).tolist() == [0, 1, 2]
