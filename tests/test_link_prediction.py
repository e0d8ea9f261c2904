"""Ties to come: histories by hand, no look ahead, fair negatives, and a backtest that can fail."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from clusterloom.api.backtest_links import run_link_backtest
from clusterloom.cli.main import app
from clusterloom.entities.country_distances import country_distances
from clusterloom.errors import ClusterloomError, SourceError, UsageError
from clusterloom.networks.link_features import FEATURES, link_features
from clusterloom.networks.link_history import (
    History,
    Participation,
    degree_matched_pairs,
    new_ties,
    random_pairs,
)
from clusterloom.networks.link_prediction import (
    Period,
    backtest_links,
    fit_ranker,
)
from clusterloom.sources.participations import read_participations

RUNNER = CliRunner()


def day(number: int) -> datetime.date:
    return datetime.date(2020, 1, 1) + datetime.timedelta(days=number)


def history_of(events, *, topics=None, country=None, kind=None):
    """Make a history of {event: (day, members)}."""
    return History.of(
        [
            Participation(e, o, day(d), (country or {}).get(o, "XA"), (kind or {}).get(o, "HES"))
            for e, (d, members) in events.items()
            for o in members
        ],
        topics,
    )


EVENTS = {"e1": (0, "abc"), "e2": (1, "cd"), "e3": (5, "ad"), "e4": (6, "bd"), "e5": (7, "xa")}


def named(history, pairs):
    return {"".join(sorted(history.org_ids[i] for i in pair)) for pair in pairs.tolist()}


def test_new_ties_are_those_that_come_between_known_organisations():
    history = history_of(EVENTS)
    found = new_ties(history, day(1), day(7))
    # ad and bd are new; xa is not counted, since nothing was known of x.
    assert named(history, found.pairs) == {"ad", "bd"}
    events = dict(zip(sorted(EVENTS), range(5), strict=True))
    assert sorted(found.events.tolist()) == [events["e3"], events["e4"]]
    assert len(new_ties(history, day(1), day(5)).pairs) == 1
    assert len(new_ties(history, day(7), day(9)).pairs) == 0


def test_the_first_event_of_a_new_tie_is_the_earliest_by_day_not_by_name():
    events = {"e1": (0, "ab"), "e2": (0, "cd"), "e4": (3, "ac"), "e3": (9, "ac")}
    history = history_of(events)
    found = new_ties(history, day(0), day(9))
    assert [sorted(events)[i] for i in found.events] == ["e4"]


def grown(seed: int, n_orgs: int = 60, n_events: int = 150, *, hubs: float = 0.0) -> History:
    """A past in which organisations of one group meet, with one topic for each group."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, n_orgs)
    liking = 1.0 / np.arange(1, n_orgs + 1) ** hubs
    events, topics = {}, {}
    for e in range(n_events):
        own = np.flatnonzero(group == rng.integers(0, 4))
        share = liking[own] / liking[own].sum()
        size = min(len(own), int(rng.integers(2, 4)))
        members = rng.choice(own, size, replace=False, p=share)
        stranger = rng.choice(n_orgs, 1) if rng.random() < 0.3 else []
        events[f"e{e:03}"] = (e, {f"o{i:02}" for i in [*members, *stranger]})
        topics[f"e{e:03}"] = {f"t{group[members[0]]}"}
    kind = {f"o{i:02}": "HES" if i % 2 else "PRC" for i in range(n_orgs)}
    return history_of(events, topics=topics, kind=kind)


def keys(pairs):
    return {tuple(pair) for pair in pairs.tolist()}


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_negatives_are_untied_to_the_end_and_matched_by_degree(seed):
    history = grown(seed)
    period = (day(90), day(149))
    new = new_ties(history, *period).pairs
    tied = history.ties(None, day(149)).toarray()
    degree = np.diff(history.ties(None, day(90)).indptr)
    matched = degree_matched_pairs(history, *period, np.repeat(new, 3, axis=0), seed=seed)
    for pairs in (matched, random_pairs(history, *period, 200, seed=seed)):
        assert (pairs[:, 0] < pairs[:, 1]).all()
        assert not tied[pairs[:, 0], pairs[:, 1]].any()
        assert (degree[pairs] > 0).all()


def test_degrees_are_matched_in_the_mean_where_there_are_enough_organisations():
    history = grown(3, n_orgs=400, n_events=900, hubs=0.5)
    new = new_ties(history, day(500), day(899)).pairs
    degree = np.diff(history.ties(None, day(500)).indptr)
    matched = degree_matched_pairs(history, day(500), day(899), np.repeat(new, 5, axis=0))
    drawn = random_pairs(history, day(500), day(899), len(matched))
    assert degree[matched].mean() == pytest.approx(degree[new].mean(), rel=0.1)
    assert degree[drawn].mean() < 0.8 * degree[new].mean()


def test_where_everybody_is_tied_there_are_no_negatives():
    history = history_of({"e1": (0, "ab"), "e2": (0, "bc"), "e3": (1, "abc")})
    with pytest.raises(ValueError, match="nearly everybody is tied"):
        random_pairs(history, day(0), day(1), 3)


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_features_do_not_look_ahead_and_are_the_same_from_both_ends(seed):
    whole = grown(seed)
    past = {
        event: (number, {whole.org_ids[i] for i in whole.attended[:, [column]].nonzero()[0]})
        for column, (event, number) in enumerate((f"e{e:03}", e) for e in range(100))
    }
    topics = {f"e{e:03}": {f"t{t}" for t in whole.topic[[e]].nonzero()[1]} for e in range(100)}
    kind = {o: whole.kinds[whole.kind[i]] for i, o in enumerate(whole.org_ids)}
    cut = history_of(past, topics=topics, kind=kind)
    seen = [o for o in cut.org_ids if np.diff(cut.ties(None, day(99)).indptr)[cut.org_ids.index(o)]]
    rng = np.random.default_rng(seed)
    pairs = [rng.choice(seen, 2, replace=False) for _ in range(30)]
    here, there = (
        np.array([[h.org_ids.index(o) for o in pair] for pair in pairs]) for h in (whole, cut)
    )
    names, features = link_features(whole, day(99), here)
    assert names[: len(FEATURES)] == list(FEATURES)
    np.testing.assert_allclose(features, link_features(cut, day(99), there)[1], atol=1e-12)
    np.testing.assert_allclose(features, link_features(whole, day(99), here[:, ::-1])[1], atol=1e-9)
    assert np.isfinite(features).all()


def test_the_features_of_a_small_past_are_those_worked_out_by_hand():
    # a-b, b-c in events of two; a and c have b between them.
    history = history_of(
        {"e1": (0, "ab"), "e2": (365, "bc")}, topics={"e1": {"t"}, "e2": {"t"}}, kind={"a": "PRC"}
    )
    number = [history.org_ids.index(o) for o in "ac"]
    names, values = link_features(history, day(365), np.array([number]))
    found = dict(zip(names, values[0], strict=True))
    assert found["resource_allocation"] == pytest.approx(np.log1p(1 / 2))
    assert found["common_partner"] == 1
    # Each of the two steps to b for sure: 1 * 1.
    assert found["walk_2"] == pytest.approx(0, abs=1e-6)
    assert found["topics"] == pytest.approx(1)
    assert (found["degree_sum"], found["degree_product"]) == (0, 0)
    assert found["partnerships"] == pytest.approx(2 * np.log(2))
    # a's event is a year old, c's began on the day.
    assert found["years_since_last"] == pytest.approx(365 / 365.25)
    assert (found["kind_HES"], found["kind_PRC"]) == (1, 1)


def test_a_ranker_finds_the_weight_that_made_the_data_and_leaves_out_what_it_is_told():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20_000, 3))
    true = rng.random(20_000) < 1 / (1 + np.exp(-(1.0 * features[:, 0] - 0.5 * features[:, 1])))
    ranker = fit_ranker(["a_x", "a_y", "b"], features[true], features[~true], ridge=1e-6)
    np.testing.assert_allclose(ranker.weights / ranker.deviation, [1.0, -0.5, 0.0], atol=0.05)
    less = fit_ranker(["a_x", "a_y", "b"], features[true], features[~true], without=["a_"])
    assert less.names == ("b",)
    with pytest.raises(ValueError, match="pairs that became tied"):
        fit_ranker(["a"], np.zeros((0, 1)), np.ones((1, 1)))


PERIODS = {"fit": (150, 300), "validate": (300, 450), "test": (450, 700)}


@pytest.fixture(scope="module")
def tested():
    history = grown(7, n_orgs=150, n_events=701)
    periods = {name: Period(day(a), day(b)) for name, (a, b) in PERIODS.items()}
    return history, periods, backtest_links(history, **periods, n_positive=300, n_negative=2,
                                            resamples=50, at=(10,))  # fmt: skip


def test_a_planted_rule_is_found_and_beats_what_looks_at_degrees_only(tested):
    _, _, done = tested
    found = {(one.ranker, one.negatives): one for one in done.results}
    ours = found["ours_degree_matched", "degree_matched"]
    blind = found["preferential_attachment", "degree_matched"]
    assert ours.auc.lower > 0.6
    assert blind.margin.lower > 0
    assert (ours.margin.lower, ours.margin.upper) == (0, 0)
    assert len(found) == 14
    assert done.n_positive <= done.n_new_ties


def test_the_same_seed_gives_the_same_numbers(tested):
    history, periods, done = tested
    again = backtest_links(history, **periods, n_positive=300, n_negative=2, resamples=50, at=(10,))
    assert [one.auc for one in again.results] == [one.auc for one in done.results]


def test_in_a_past_without_rules_nothing_is_found():
    rng = np.random.default_rng(1)
    events = {
        f"e{e:03}": (e, {f"o{i}" for i in rng.choice(150, 2, replace=False)}) for e in range(700)
    }
    periods = {name: Period(day(a), day(b)) for name, (a, b) in PERIODS.items()}
    sizes = {"n_positive": 300, "n_negative": 2, "resamples": 100}
    done = backtest_links(history_of(events), **periods, **sizes)
    (ours,) = [
        one
        for one in done.results
        if (one.ranker, one.negatives) == ("ours_degree_matched", "degree_matched")
    ]
    assert ours.auc.lower < 0.5 < ours.auc.upper


def test_periods_that_overlap_or_run_backwards_are_refused(tested):
    history, periods, _ = tested
    with pytest.raises(ValueError, match="must not begin before"):
        backtest_links(history, **{**periods, "test": Period(day(400), day(500))})
    with pytest.raises(ValueError, match="ends after its first day"):
        backtest_links(history, **{**periods, "test": Period(day(500), day(500))})
    with pytest.raises(ValueError, match="no new tie came"):
        backtest_links(history, **{**periods, "test": Period(day(700), day(701))})


def test_countries_are_as_far_apart_as_their_people():
    km = country_distances(["BY", "CN", "PL", "QQ"])
    assert km[0, 2] < 700 < 5000 < km[0, 1] < 8000
    assert 100 < km[0, 0] < 500
    # A country nobody knows is at the median distance.
    assert km[3, 3] == pytest.approx(np.median(km[:3, :3]))
    np.testing.assert_allclose(km, km.T)


def written(tmp_path, text):
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_participations_are_read_and_lines_without_a_day_counted(tmp_path):
    path = written(tmp_path, "rcn,pic,start_date,country,type\n1,a,2020-01-02,UK,HES\n1,b,,EL,\n")
    (row,), left_out = read_participations(path)
    assert (row.org_id, row.day, row.country, left_out) == ("a", day(1), "GB", 1)
    with pytest.raises(SourceError, match="no column `event_no`"):
        read_participations(path, columns={"event": "event_no"})
    bad = written(tmp_path, "rcn,pic,start_date,country,type\n1,a,tomorrow,UK,HES\n")
    with pytest.raises(SourceError, match="line 2: start_date `tomorrow`"):
        read_participations(bad)
    with pytest.raises(SourceError, match="cannot read"):
        read_participations(tmp_path / "nothing.csv")


def test_the_command_gives_what_the_api_gives(tmp_path, tested):
    history, _, _ = tested
    attended = history.attended.tocoo()
    lines = [
        f"{e},{history.org_ids[o]},{datetime.date.fromordinal(int(history.day[e]))},XA,HES"
        for o, e in zip(attended.row, attended.col, strict=True)
    ]
    path = written(tmp_path, "\n".join(["project,org,start_date,country,type", *lines]) + "\n")
    days = [day(n) for n in (150, 300, 450, 700)]
    names = {"event": "project", "organisation": "org"}
    done = run_link_backtest(path, days=days, columns=names, n_positive=100, resamples=10)
    call = ["backtest", "links", str(path), "--columns", "event=project,organisation=org"]
    call += ["--days", ",".join(d.isoformat() for d in days)]
    call += ["--n-positive", "100", "--resamples", "10"]
    shown = RUNNER.invoke(app, [*call, "--json", "--quiet"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout) == json.loads(json.dumps(done.as_dict()))
    text = RUNNER.invoke(app, [*call, "--quiet"]).stdout
    assert "| `ours_degree_matched` |" in text
    assert "`adamic_adar`" in text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": [day(1)]}, "days are 2020-01-02"),
        ({"days": [day(3), day(2), day(4), day(5)]}, "four days in rising order"),
        ({"n_negative": 0}, "n_negative is 0"),
        ({"resamples": 1}, "resamples is 1"),
    ],
)
def test_a_backtest_of_nothing_is_refused(tmp_path, wrong, said):
    path = written(tmp_path, "rcn,pic,start_date,country,type\n1,a,2020-01-02,UK,HES\n")
    given = {"days": [day(n) for n in range(4)], **wrong}
    with pytest.raises(UsageError) as fault:
        run_link_backtest(path, **given)
    assert said in str(fault.value)
    with pytest.raises(ClusterloomError, match="no new tie came"):
        run_link_backtest(path, days=[day(n) for n in range(4)])


def test_the_command_refuses_what_it_does_not_know(tmp_path):
    for call, said in (
        (["backtest", "links", "p.csv", "--days", "soon"], "--days is `soon`"),
        (["backtest", "links", "p.csv", "--columns", "x=y"], "--columns has `x=y`"),
    ):
        shown = RUNNER.invoke(app, call)
        assert shown.exit_code == 1
        assert said in str(shown.exception)
