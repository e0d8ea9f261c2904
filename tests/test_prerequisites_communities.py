"""Communities of the joint graph: planted ones come back, noise brings none, every row is read."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from clusterloom.errors import RecipeError
from clusterloom.schema import load_reasons
from clusterloom.stages._actors import Actors, Work
from clusterloom.stages._graph_communities import (
    Communities,
    _mean_and_deviation,
    _of_like_size,
)
from clusterloom.stages._joint_graph import JointGraph
from clusterloom.stages._null_models import draws, group_of
from clusterloom.stages.prerequisites import Prerequisites

from .test_prerequisites import CITIES, ROLES, country, noise, organisation, town
from .test_prerequisites_nulls import close_pairs


def graph_of(tables, *, kernel_km=20.0, min_adjacency=0.3, model="fields"):
    actors = Actors.of(tables)
    work = Work.of(tables, actors)
    group = group_of(actors, model)
    return JointGraph.of(actors, work, group, kernel_km=kernel_km, min_adjacency=min_adjacency)


class Dealer:
    def __init__(self, graph):
        self.actors, self.work = graph.actors, graph.work

    def observed(self):
        from clusterloom.stages._graph_communities import _here

        return _here(self.work)


def by_loop(graph, slot, label_of):
    """Closeness times adjacency over pairs of organisations within groups of spots and fields."""
    profile, adjacent = graph.work.profile.toarray(), graph.adjacent
    kernel = np.diag(graph.itself)
    kernel[graph.near_a, graph.near_b] = kernel[graph.near_b, graph.near_a] = graph.near
    total: dict[int, float] = {}
    for i in range(len(slot)):
        for j in range(i):
            a, b = graph.spot[slot[i]], graph.spot[slot[j]]
            for f in range(profile.shape[1]):
                for g in range(profile.shape[1]):
                    one, other = label_of(a, f), label_of(b, g)
                    if one == other:
                        part = kernel[a, b] * adjacent[f, g] * profile[i, f] * profile[j, g]
                        total[one] = total.get(one, 0.0) + part
    return total


def test_pairs_within_groups_equal_a_loop_over_all_organisations():
    points = [(54.0, 27.0), (54.0, 27.0), (54.1, 27.0), (54.1, 27.0), (54.3, 27.2), (54.0, 27.0)]
    organisations = [
        organisation(f"t{i}", ROLES[i % 2], "city0", point) for i, point in enumerate(points)
    ]
    fields = ("lasers", "optics", "dairy", "meat")
    work = [(f"t{i}", fields[(i * k) % 4]) for i in range(6) for k in range(1, 4)]
    tables = country(organisations, list(dict.fromkeys(work)))
    graph = graph_of(tables)
    here = Dealer(graph).observed()
    network = graph.network(here)
    n_fields = len(graph.work.fields)
    group = (network.node // n_fields + network.node % n_fields) % 2
    found = network.pairs_within(group, n=2)
    expected = by_loop(graph, here.slot, lambda spot, field: (spot + field) % 2)
    np.testing.assert_allclose(found, [expected[0], expected[1]], rtol=1e-12)


def test_the_mean_of_many_draws_is_the_mean_that_scores_are_measured_by():
    tables = noise(3, planted=True)
    graph = graph_of(tables)
    dealer = Dealer(graph)
    # Draws make other nodes: the mean is taken over all spots and fields that ever occur.
    total = expected = 0.0
    n = 300
    for draw in draws(dealer, "fields", n=n, seed=0):
        network = graph.network(draw)
        total += network.pairs_within(np.zeros(len(network.node), int), n=1)[0] / n
    light = np.isin(graph.work.families, ["family-light"])
    assert light.any()
    habit, heads = graph.habit, graph.heads
    mean = heads @ habit
    kernel = np.diag(graph.itself)
    kernel[graph.near_a, graph.near_b] = kernel[graph.near_b, graph.near_a] = graph.near
    for a in range(len(mean)):
        for b in range(len(mean)):
            own = sum(heads[a, s] * habit[s] @ graph.adjacent @ habit[s] for s in range(len(habit)))
            both = mean[a] @ graph.adjacent @ mean[b] - (own if a == b else 0.0)
            expected += kernel[a, b] * both / 2
    assert total == pytest.approx(expected, rel=0.1)


def test_a_planted_cluster_is_a_community_beyond_chance_with_its_members():
    stage = Prerequisites(methods=("community",), n_trials=4, n_community_draws=39, fdr=0.05)
    written = stage.run(noise(0, planted=True))
    rows = [r for r in written.rows("candidate") if r["territory_id"] == "city0"]
    assert rows
    best = min(rows, key=lambda row: row["q_value"])
    assert (best["method"], best["family_id"]) == ("community", "family-light")
    assert best["resolution"] in stage.resolutions
    assert best["stability"] > 0.5
    assert 0.5 < best["run_stability"] <= 1
    members = {
        row["org_id"]
        for row in written.rows("candidate_member")
        if row["candidate_id"] == best["candidate_id"]
    }
    assert len({f"o{i:02}" for i in range(0, 48, 6)} & members) >= 7
    words = " ".join(o.template.format(**o.args) for o in load_reasons(best["reasons"]))
    assert "form a community of close and adjacent work in field:" in words
    assert "some community as clear as this was found in a share of 0.025 of 39" in words
    assert "working ties among them" in words
    assert "in the same data from other random starts, its members overlap by" in words


def test_stability_over_runs_starts_every_run_anew(monkeypatch):
    seeds = []

    def leiden(ties, *, resolution, seed, trials):
        seeds.append(seed)
        # The starts of the first run find one group, those of every other run another.
        return np.arange(ties.shape[0]) if seed else np.zeros(ties.shape[0], dtype=np.int64)

    monkeypatch.setattr("clusterloom.stages._joint_graph.leiden_communities", leiden)
    tables = noise(0, planted=True)
    firm = sought(tables, n_permutations=1, n_trials=3, resolutions=(1.0,))
    assert sorted(set(seeds)) == [0, 1, 2, 3]
    assert (firm.run_stability < 0.5).all()
    untried = sought(tables, n_permutations=1, n_trials=0, resolutions=(1.0,))
    assert np.isnan([*untried.run_stability, *untried.stability]).all()


def test_communities_are_told_under_the_null_model_that_decides_alone():
    stage = Prerequisites(n_trials=0, n_community_draws=39, methods=("community",), fdr=0.05)
    written = stage.run(noise(0, planted=True))
    clear = {row["candidate_id"] for row in written.rows("candidate")}
    assert clear
    told = [(row["candidate_id"], row["null_model"]) for row in written.rows("candidate_test")]
    assert sorted(told) == sorted((name, "fields") for name in clear)


def sought(tables, **parameters):
    """All communities, whether beyond chance or not."""
    plain = {"kernel_km": 20.0, "min_adjacency": 0.3, "resolutions": (1.0, 2.0),
             "min_organisations": 4, "min_roles": 2, "min_share": 0.25, "null_model": "fields",
             "n_permutations": 19, "n_trials": 0, "same_at": 0.6, "seed": 0}  # fmt: skip
    actors = Actors.of(tables)
    work = Work.of(tables, actors)
    return Communities(**(plain | parameters)).find(actors, work, tables["place"])


def test_communities_of_noise_are_as_dense_as_chance_has_them():
    # Compared with the very places and fields they were drawn around they would seem many times
    # as dense, for no other reason than that they were drawn there.
    ratios = []
    for seed in range(8):
        found = sought(noise(400 + seed))
        expected = found.against["fields"].expected
        ratios += (found.statistic[expected > 0] / expected[expected > 0]).tolist()
    assert len(ratios) > 40
    assert 0.75 < np.median(ratios) < 1.3
    planted = sought(noise(0, planted=True))
    test = planted.against["fields"]
    assert (planted.statistic / test.expected)[np.argmin(test.q_value)] > 1.5


def test_a_community_is_compared_with_the_nearest_in_size_of_each_draw():
    groups = SimpleNamespace(
        chosen=np.array([True, True, True, False]),
        size=np.array([4, 8, 8, 20]),
        pairs=np.array([1.0, 5.0, 7.0, 99.0]),
    )
    like = _of_like_size(groups, np.array([3, 4, 6, 7, 8, 20]))
    assert like.tolist() == [1.0, 1.0, 1.0, 6.0, 6.0, 6.0]
    groups.chosen[:] = False
    none = np.stack([_of_like_size(groups, np.array([3, 4])), [2.0, np.nan], [4.0, np.nan]])
    mean, deviation = _mean_and_deviation(none)
    assert (mean.tolist(), deviation.tolist()) == ([3.0, 0.0], [1.0, 0.0])


def test_both_methods_look_at_the_same_random_data_sets():
    tables = noise(5)
    for model in ("fields", "places", "pooled"):
        dealt = [
            [draw.slot.tolist() for draw in draws(dealer, model, n=n, seed=3)]
            for dealer, n in ((Dealer(graph_of(tables)), 2), (close_pairs(tables), 3))
        ]
        assert dealt[0] == dealt[1][:2]


def test_communities_of_random_data_raise_the_rates_of_territories():
    stage = {"n_trials": 0, "n_comparison": 0, "n_permutations": 99, "n_community_draws": 19}
    raised = 0
    for seed in range(6):
        alone, both = (
            {
                row["candidate_id"]: row["q_value"]
                for row in Prerequisites(methods=methods, **stage)
                .run(noise(500 + seed))
                .rows("candidate")
                if row["method"] == "territory" and row["verdict"] != "too_small"
            }
            for methods in (("territory",), ("territory", "community"))
        )
        assert alone.keys() == both.keys()
        raised += sum(both[name] > q for name, q in alone.items())
    assert raised > 0


def test_noise_brings_hardly_any_community():
    stage = Prerequisites(methods=("community",), n_trials=0, n_community_draws=19, fdr=0.05)
    false = [s for s in range(12) if stage.run(noise(300 + s)).rows("candidate")]
    assert len(false) <= 2


def test_a_community_that_a_territory_tells_already_is_not_told_twice():
    tables = noise(0, planted=True)
    stage = Prerequisites(n_trials=0, n_comparison=0, n_community_draws=19)
    both = stage.run(tables).rows("candidate")
    assert {r["method"] for r in both if r["territory_id"] == "city0"} == {"territory"}
    assert stage.run(tables).rows("candidate") == both


def test_fields_too_little_adjacent_do_not_tie():
    tables = town(6, fields=("lasers", "optics"))
    tied = graph_of(tables).network(Dealer(graph_of(tables)).observed())
    apart = graph_of(tables, min_adjacency=0.7)
    loose = apart.network(Dealer(apart).observed())
    assert (len(tied.tie), len(loose.tie)) == (1, 0)
    assert loose.within == pytest.approx(tied.within)


def test_unknown_positions_and_work_of_nobody_stay_outside_the_graph():
    tables = town(4)
    rows = tables.rows("organisation")
    rows[0] |= {"lat_deg": None, "lon_deg": None, "extent_km": None, "coord_precision": "unknown"}
    graph = graph_of(tables.with_rows("organisation", rows))
    network = graph.network(Dealer(graph).observed())
    assert network.within.sum() == pytest.approx(3.0, abs=0.02)  # three of four: three pairs


def test_where_no_position_is_known_there_is_no_community():
    unknown = {"lat_deg": None, "lon_deg": None, "extent_km": None, "coord_precision": "unknown"}
    tables = town(4)
    rows = [row | unknown for row in tables.rows("organisation")]
    written = Prerequisites(n_permutations=9).run(tables.with_rows("organisation", rows))
    assert written.rows("candidate") == []


def test_two_countries_at_one_border_make_no_common_community():
    ours = [organisation(f"a{i}", ROLES[i % 2], "city0", CITIES["city0"]) for i in range(4)]
    theirs = [
        organisation(f"b{i}", ROLES[i % 2], "city0", CITIES["city0"], country="XB")
        for i in range(4)
    ]
    tables = country([*ours, *theirs], [(o["org_id"], "lasers") for o in [*ours, *theirs]])
    graph = graph_of(tables)
    network = graph.network(Dealer(graph).observed())
    assert len(network.node) == 2
    assert len(network.tie) == 0


def test_entries_of_one_organisation_are_no_pair():
    alone = country(
        [organisation("all", "company", "city0", CITIES["city0"])],
        [("all", "lasers"), ("all", "optics")],
    )
    graph = graph_of(alone)
    network = graph.network(Dealer(graph).observed())
    assert network.pairs_within(np.zeros(len(network.node), int), n=1)[0] == pytest.approx(0.0)
    assert network.mean_within_groups(np.zeros(len(network.node), int), n=1)[0] == pytest.approx(0)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"methods": ()}, "methods are none"),
        ({"methods": ("grid",)}, "methods grid"),
        ({"resolutions": (0.0,)}, r"resolutions \(0.0,\)"),
        ({"null_model": "everything"}, "null_model `everything`"),
        ({"null_model": "degrees"}, "communities cannot be tested with null_model `degrees`"),
        ({"n_community_draws": 0}, "n_community_draws 0"),
        ({"n_trials": -1}, "n_trials -1"),
        ({"n_comparison": -1}, "n_comparison -1"),
        ({"same_at": 0.0}, "same_at 0"),
        ({"min_adjacency": 2.0}, "min_adjacency 2"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Prerequisites(**parameters)


def test_sparse_members_are_stored_once():
    graph = graph_of(noise(0))
    assert isinstance(graph.work.profile, csr_array)
    np.testing.assert_allclose(graph.work.profile.sum(axis=1), 1.0)
