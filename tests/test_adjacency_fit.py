"""Weights fitted to the past: no look ahead, found again when planted, the prior when thin."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.fit import fit_adjacency, forget_adjacency, workspace_model
from clusterloom.cli.main import app
from clusterloom.entities.classification import Classification
from clusterloom.errors import SourceError, WorkspaceError
from clusterloom.measures.pair_model import fit_pair_model, weighted_signals
from clusterloom.measures.pair_ranking import RankedPairs
from clusterloom.networks.adjacency_fit import (
    NEEDED,
    fit_adjacency_model,
    fit_weights,
    held_out,
)
from clusterloom.networks.adjacency_model import PRIOR_WEIGHTS, packaged_model, prior_model
from clusterloom.networks.adjacency_words import weight_rows
from clusterloom.networks.past_links import (
    PastPairs,
    before,
    field_pairs,
    organisation_pairs,
    usual_year,
)
from clusterloom.schema import load_reasons
from clusterloom.tables import Tables

from .conftest import activity_row, field_row, organisation_row
from .test_adjacency import link_row

RUNNER = CliRunner()
PRIOR = prior_model()


# --- ranking ---------------------------------------------------------------------------------


def precision_by_hand(scores, linked, weights):
    """Average precision with equal scores as one step, straight from its definition."""
    total = hits = seen = 0.0
    for value in sorted(set(scores.tolist()), reverse=True):
        own = scores == value
        hits += weights[own & linked].sum()
        seen += weights[own].sum()
        if seen:
            total += weights[own & linked].sum() * hits / seen
    return total / hits if hits else np.nan


def area_by_hand(scores, linked, weights):
    """Chance that a linked pair stands above one that is not, pair by pair."""
    won = total = 0.0
    for i in np.flatnonzero(linked):
        for j in np.flatnonzero(~linked):
            both = weights[i] * weights[j]
            total += both
            won += both * (float(scores[i] > scores[j]) + 0.5 * float(scores[i] == scores[j]))
    return won / total if total else np.nan


@given(
    arrays(float, 12, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75])),
    arrays(bool, 12),
    arrays(float, 12, elements=st.sampled_from([0.0, 1.0, 2.0])),
)
def test_precision_and_area_are_those_of_their_definitions(scores, linked, weights):
    ranked = RankedPairs.of(scores, linked)
    assert ranked.average_precision(weights) == pytest.approx(
        precision_by_hand(scores, linked, weights), nan_ok=True
    )
    assert ranked.area_under_curve(weights) == pytest.approx(
        area_by_hand(scores, linked, weights), nan_ok=True
    )


def test_a_score_that_says_nothing_gives_the_share_of_linked_pairs():
    linked = np.arange(10) < 3
    ranked = RankedPairs.of(np.zeros(10), linked)
    assert ranked.average_precision() == pytest.approx(0.3)
    assert ranked.area_under_curve() == 0.5


def test_an_unknown_score_has_no_place_in_a_ranking():
    with pytest.raises(ValueError, match="1 of them NaN"):
        RankedPairs.of(np.array([0.1, np.nan]), np.array([True, False]))


# --- model -----------------------------------------------------------------------------------


def planted(n: int, weights, *, slope=12.0, seed=0, hidden=0.0):
    """Signals at random and links by a known model."""
    rng = np.random.default_rng(seed)
    signals = rng.random((n, len(weights)))
    odds = slope * (signals @ np.array(weights) - 0.5) - 1
    linked = rng.random(n) < 1 / (1 + np.exp(-odds))
    signals[rng.random(signals.shape) < hidden] = np.nan
    return signals, linked


def test_planted_weights_are_found_again():
    signals, linked = planted(20_000, (0.1, 0.6, 0.3))
    fitted = fit_pair_model(signals, linked, prior=np.ones(3))
    np.testing.assert_allclose(fitted.weights, (0.1, 0.6, 0.3), atol=0.03)
    assert fitted.slope == pytest.approx(12, rel=0.1)
    assert fitted.intercept == pytest.approx(-7, rel=0.1)


def test_the_fit_is_a_minimum_of_the_stated_loss():
    """Against a plain search over the same loss, unknown signals included."""
    from scipy.optimize import minimize

    signals, linked = planted(400, (0.2, 0.5, 0.3), hidden=0.2, seed=3)
    prior, penalty = np.array([0.5, 0.3, 0.2]), 4.0

    def loss(slope, intercept, pull):
        total = slope.sum()
        mean = weighted_signals(signals, slope) if total > 0 else np.zeros(len(linked))
        odds = intercept + total * mean
        fit = np.logaddexp(0, odds).sum() - odds[linked].sum()
        return fit + penalty / 2 * ((slope - pull) ** 2).sum()

    first = minimize(
        lambda x: loss(abs(x[1]) * prior, x[0], np.zeros(3)), [0.0, 1.0], method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5000},
    )  # fmt: skip
    pull = abs(first.x[1]) * prior
    second = minimize(
        lambda x: loss(np.abs(x[1:]), x[0], pull), [first.x[0], *pull], method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000},
    )  # fmt: skip
    slope = np.abs(second.x[1:])
    fitted = fit_pair_model(signals, linked, prior=prior, penalty=penalty)
    np.testing.assert_allclose(fitted.weights, slope / slope.sum(), atol=2e-3)
    assert fitted.slope == pytest.approx(slope.sum(), rel=5e-3)


def test_a_signal_that_speaks_against_links_gets_no_weight():
    signals, linked = planted(5_000, (1.0, 0.0))
    signals[:, 1] = 1 - signals[:, 0]
    fitted = fit_pair_model(signals, linked, prior=np.ones(2), penalty=0.01)
    assert fitted.weights[1] == pytest.approx(0, abs=1e-6)


def test_little_data_leave_the_prior_nearly_as_it_was():
    signals, linked = planted(30, (0.0, 1.0))
    few = fit_pair_model(signals, linked, prior=np.array([0.8, 0.2])).weights
    signals, linked = planted(30_000, (0.0, 1.0))
    many = fit_pair_model(signals, linked, prior=np.array([0.8, 0.2])).weights
    assert abs(few[0] - 0.8) < abs(many[0] - 0.8)
    assert many[0] < 0.05


def test_a_pair_counted_twice_is_a_pair_given_twice():
    signals, linked = planted(200, (0.3, 0.7))
    twice = fit_pair_model(
        np.vstack([signals, signals]), np.tile(linked, 2), prior=np.ones(2)
    ).weights
    counted = fit_pair_model(signals, linked, prior=np.ones(2), counted=np.full(200, 2.0)).weights
    np.testing.assert_allclose(twice, counted, atol=1e-4)


@pytest.mark.parametrize(
    ("signals", "linked", "fault"),
    [
        ([[1.2], [0.1]], [True, False], r"0\.\.1, but some are outside"),
        ([[-0.2], [0.1]], [True, False], r"0\.\.1, but some are outside"),
        ([[0.2], [0.1]], [True, True], "some must be linked and some not"),
        ([[0.2], [0.1]], [False, False], "some must be linked and some not"),
    ],
)
def test_pairs_that_cannot_be_fitted_are_refused(signals, linked, fault):
    with pytest.raises(ValueError, match=fault):
        fit_pair_model(np.array(signals), np.array(linked), prior=np.ones(1))


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="weights are >= 0"):
        weighted_signals(np.ones((2, 2)), np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="weights are >= 0"):
        weighted_signals(np.ones((2, 2)), np.array([1.0, np.nan]))


# --- cross-validation ------------------------------------------------------------------------


def pairs_of(ends: int, weights, seed=0, slope=12.0) -> PastPairs:
    left, right = np.triu_indices(ends, k=1)
    signals, linked = planted(len(left), weights, seed=seed, slope=slope)
    return PastPairs(signals, linked, left, right, np.ones(len(left)), ends)


def test_a_pair_is_judged_by_weights_from_pairs_that_share_no_end(monkeypatch):
    pairs = pairs_of(30, (0.2, 0.5, 0.3))
    seen = []
    from clusterloom.networks import adjacency_fit

    real = adjacency_fit._fitted

    def watched(own, counted, *rest):
        seen.append(counted > 0)
        return real(own, counted, *rest)

    monkeypatch.setattr(adjacency_fit, "_fitted", watched)
    values = held_out(pairs, np.ones(3) / 3)
    assert len(seen) == 15
    assert ((values >= 0) & (values <= 1)).all()
    group = np.random.default_rng(0).integers(5, size=30)
    blocks = [(a, b) for a in range(5) for b in range(a, 5)]
    for train, block in zip(seen, blocks, strict=True):
        used = set(pairs.left[train]) | set(pairs.right[train])
        assert not used & set(np.flatnonzero(np.isin(group, block)))


def test_a_planted_model_beats_the_best_signal_and_the_interval_says_so():
    one = fit_weights(
        pairs_of(60, (0.4, 0.3, 0.3)),
        "organisation",
        prior=PRIOR.organisation,
        facts={"data": "planted", "year": 2020},
        draws=30,
    )
    assert one.origin == "fitted"
    value, low, high = one.facts["gain"]
    assert 0 < low < value < high
    assert one.scores["fused"].auc[0] > max(one.scores[s].auc[0] for s in ("profile", "text"))
    for k, weight in enumerate(one.weights):
        assert one.low[k] <= weight <= one.high[k]


def test_links_by_chance_keep_the_prior_or_show_no_gain():
    pairs = pairs_of(60, (1 / 3, 1 / 3, 1 / 3), slope=0.0)
    one = fit_weights(
        pairs, "organisation", prior=PRIOR.organisation, facts={"data": "x", "year": 1}, draws=30
    )
    if one.origin == "fitted":
        assert one.facts["gain"][1] < 0 < one.facts["gain"][2]
    else:
        assert one.facts["own"]["no_better"]
        assert one.weights == PRIOR_WEIGHTS["organisation"]


def test_too_few_links_keep_the_prior_and_the_row_says_so():
    pairs = pairs_of(12, (0.4, 0.3, 0.3), slope=1.0)
    few = PastPairs(pairs.signals, np.arange(66) < 5, pairs.left, pairs.right, pairs.counted, 12)
    one = fit_weights(few, "organisation", prior=PRIOR.organisation, facts={"data": "mine"})
    assert one.weights == PRIOR_WEIGHTS["organisation"]
    assert one.facts["own"] == {"data": "mine", "n_pairs": 66, "n_linked": 5, "needed": NEEDED}
    model = type(PRIOR)(PRIOR.field, one)
    row = weight_rows(model, "organisation", one.weights, [False] * 3)[0]
    first, second = load_reasons(row["reasons"])
    assert first.template.startswith("Your own data are too thin")
    assert first.args == {"n": 5, "needed": NEEDED}
    assert second.template == "The weight is the project's stated prior, a judgement."


# --- the past --------------------------------------------------------------------------------


def history(seed: int = 0, *, later=True) -> Tables:
    """Twelve fields on a ring; organisations move to the next field, and tie by field."""
    rng = np.random.default_rng(seed)
    names = [f"f{i:02d}" for i in range(12)]
    tables = Tables().with_rows("field", [field_row(n, f"word{n}") for n in names])
    activities, links = [], []
    for o in range(80):
        org, start = f"o{o:02d}", o % 12
        for step, year in ((0, 2010), (1, 2011)):
            code = names[(start + step) % 12]
            activities.append(activity_row(f"{org}:{step}", org, code_scheme="field", code=code,
                                           year=year))  # fmt: skip
        if later:
            code = names[(start + 2) % 12]
            activities.append(activity_row(f"{org}:2", org, code_scheme="field", code=code,
                                           year=2015))  # fmt: skip
            for other in (o + 12, o + 24):
                if other < 80:
                    links.append(link_row(org, f"o{other:02d}", since_year=2016))
        stranger = int(rng.integers(80))
        if stranger != o:
            links.append(link_row(org, f"o{stranger:02d}", "contract", since_year=2009))
    tables = tables.with_rows("activity", activities).with_rows("link", links)
    return tables.with_rows("organisation", [organisation_row(f"o{o:02d}") for o in range(80)])


def classified(tables, encoder):
    return tables.merged(Classification(encoders=(encoder,)).run(tables))


def test_what_is_known_before_a_year_holds_nothing_of_later(word_encoder):
    tables = classified(history(), word_encoder)
    past = before(tables, 2015)
    assert {row["year"] for row in past.rows("activity")} == {2010, 2011}
    assert {row["since_year"] for row in past.rows("link")} == {2009}
    undated = tables.with_rows("link", [link_row("o00", "o01")])
    assert before(undated, 2015).rows("link") == []


def test_signals_do_not_change_with_what_comes_later(word_encoder):
    whole = classified(history(), word_encoder)
    cut = classified(history(later=False), word_encoder)
    with_later, found = field_pairs(whole, 2015, encoders=(word_encoder,))
    without, found_cut = field_pairs(cut, 2015, encoders=(word_encoder,))
    np.testing.assert_array_equal(with_later.signals, without.signals)
    assert with_later.n_linked > 0 == without.n_linked
    orgs = organisation_pairs(whole, 2015, found, encoders=(word_encoder,))
    assert orgs.n_linked > 0
    assert not organisation_pairs(cut, 2015, found_cut, encoders=(word_encoder,)).n_linked


def test_fields_that_organisations_moved_between_are_the_linked_ones(word_encoder):
    tables = classified(history(), word_encoder)
    pairs, _ = field_pairs(tables, 2015, encoders=(word_encoder,))
    steps = {
        min((b - a) % 12, (a - b) % 12)
        for a, b, yes in zip(pairs.left, pairs.right, pairs.linked, strict=True)
        if yes
    }
    # from the first and second field to the third: one or two steps on the ring
    assert steps == {1, 2}


def test_pairs_tied_before_are_no_candidates(word_encoder):
    tables = classified(history(), word_encoder)
    _, found = field_pairs(tables, 2015, encoders=(word_encoder,))
    pairs = organisation_pairs(tables, 2015, found, encoders=(word_encoder,))
    tied = {
        frozenset((row["org_a"], row["org_b"]))
        for row in tables.rows("link")
        if row["since_year"] < 2015
    }
    ids = sorted({row["org_id"] for row in tables.rows("activity")})
    seen = {frozenset((ids[a], ids[b])) for a, b in zip(pairs.left, pairs.right, strict=True)}
    assert not seen & tied
    assert len(seen) + len(tied) == 80 * 79 // 2


def test_many_pairs_are_drawn_fairly_and_each_stands_for_more(word_encoder, monkeypatch):
    from clusterloom.networks import past_links

    tables = classified(history(), word_encoder)
    _, found = field_pairs(tables, 2015, encoders=(word_encoder,))
    full = organisation_pairs(tables, 2015, found, encoders=(word_encoder,))
    monkeypatch.setattr(past_links, "MAX_UNLINKED", 800)
    drawn = organisation_pairs(tables, 2015, found, encoders=(word_encoder,))
    assert drawn.n_linked == full.n_linked
    assert len(drawn.linked) < len(full.linked)
    assert drawn.n_pairs == pytest.approx(full.n_pairs, rel=0.03)


def test_the_year_is_taken_from_activities_else_from_ties(word_encoder):
    tables = history()
    assert usual_year(tables) == 2015
    undated = [{**row, "year": None} for row in tables.rows("activity")]
    assert usual_year(tables.with_rows("activity", undated)) == 2016
    assert usual_year(tables.with_rows("activity", undated).with_rows("link", [])) is None


def test_the_whole_fit_finds_the_signal_that_carries_the_ties(word_encoder):
    tables = classified(history(), word_encoder)
    model = fit_adjacency_model(
        tables, encoders=(word_encoder,), data="ring", prior=PRIOR, draws=20
    )
    again = fit_adjacency_model(
        tables, encoders=(word_encoder,), data="ring", prior=PRIOR, draws=20
    )
    assert model == again
    # Ties follow the fields; partners of 2009 are at random; no texts are known.
    one = model.organisation
    assert one.origin == "fitted"
    assert one.weights[0] > PRIOR_WEIGHTS["organisation"][0]
    assert one.scores["profile"].auc[0] > 0.9
    assert one.scores["partners"].auc[0] < 0.7


def test_nothing_to_fit_on_gives_the_prior_with_the_reason(word_encoder):
    model = fit_adjacency_model(Tables(), encoders=(word_encoder,), data="nothing")
    assert model.field.weights == packaged_model().field.weights
    assert model.field.facts["own"]["n_linked"] == 0


# --- workspace and command -------------------------------------------------------------------


def test_a_thin_workspace_says_so_keeps_the_packaged_weights_and_can_forget(tmp_path):
    project = Project.create(tmp_path / "w")
    project.import_source("embedded:valley")
    called = RUNNER.invoke(
        app, ["fit", "adjacency", "-w", str(tmp_path / "w"), "--draws", "20", "--json"]
    )
    assert called.exit_code == 0, called.output
    record = json.loads(called.stdout)
    assert "too thin to fit" in " ".join(record["field"]["words"])
    plan = project.run(embedded_recipe("valley"))
    row = plan.tables.by_key("adjacency_weight", "signal")["classification"]
    assert "too thin" in load_reasons(row["reasons"])[0].template
    assert row["weight"] == pytest.approx(packaged_model().field.weights[1], abs=1e-3)
    runs = [run for run in plan.runs.values() if run["stage"] == "adjacency"]
    assert runs[0]["parameters"]["model"] == record["model"]
    assert forget_adjacency(project)
    assert not forget_adjacency(project)
    assert workspace_model(tmp_path / "w") == packaged_model()
    project.workspace.ledger.close()


def test_a_damaged_file_of_a_workspace_is_named(tmp_path):
    (tmp_path / "adjacency.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match=r"adjacency\.json holds no weights"):
        workspace_model(tmp_path)


def test_an_interval_takes_enough_draws(tmp_path):
    project = Project.create(tmp_path / "w")
    with pytest.raises(WorkspaceError, match="3 draws"):
        fit_adjacency(project, draws=3)
    with pytest.raises(WorkspaceError, match="nothing was imported"):
        fit_adjacency(project)
    project.workspace.ledger.close()
