"""What the prerequisites rest on: territories, sums over pairs, null models, stability."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from clusterloom.errors import SchemaError
from clusterloom.schema import load_reasons
from clusterloom.spatial import great_circle_km
from clusterloom.spatial.uncertain import expected_kernel
from clusterloom.stages._actors import Actors, Work, grounds_of, on_grid
from clusterloom.stages._close_pairs import ClosePairs
from clusterloom.stages._null_models import NULL_MODELS, draws
from clusterloom.stages._territories import territories
from clusterloom.stages.prerequisites import Prerequisites
from clusterloom.tables.columns import conform_columns

from .conftest import activity_row
from .test_core import assignment
from .test_prerequisites import (
    CITIES,
    FIELDS,
    ROLES,
    country,
    found,
    noise,
    organisation,
    place_row,
    words,
)


def close_pairs(tables, *, kernel_km=20.0, min_organisations=2):
    actors = Actors.of(tables)
    work = Work.of(tables, actors)
    grounds = grounds_of(
        actors, tables["place"], radius_km=60.0, min_organisations=min_organisations
    )
    return ClosePairs.of(actors, work, grounds, kernel_km=kernel_km)


def many(n, *, seed=0, spread=0.3, countries=("XA",)):
    """Organisations with three directions each, all around one town of each country."""
    random = np.random.default_rng(seed)
    organisations, work = [], []
    for i in range(n):
        point = np.array(CITIES["city0"]) + random.uniform(-spread, spread, size=2)
        organisations.append(
            organisation(
                f"m{i:04}",
                ROLES[i % 3],
                "city0",
                point.round(5).tolist(),
                country=countries[i % len(countries)],
            )
        )
        work += [(f"m{i:04}", f) for f in random.choice(FIELDS, size=3, replace=False)]
    return country(organisations, work)


def by_loop(pairs, draw):
    """The statistic by its definition, with every kernel worked out by itself."""
    actors, work = pairs.actors, pairs.work
    profile, block = draw.profile.toarray(), work.block.toarray()
    total = np.zeros((pairs.n_territories, len(work.families)))
    for i in range(len(profile)):
        for j in range(i):
            a, b = draw.slot[i], draw.slot[j]
            if pairs.territory[a] < 0 or pairs.territory[a] != pairs.territory[b]:
                continue
            apart = great_circle_km(
                actors.lat_deg[a], actors.lon_deg[a], actors.lat_deg[b], actors.lon_deg[b]
            )
            extents = (np.array([actors.extent_km[k]]) for k in (a, b))
            near = expected_kernel(np.array([apart]), *extents, kernel_km=20.0)[0]
            for f in range(len(work.families)):
                own = work.family_of_field == f
                adjacent = profile[i, own] @ block[np.ix_(own, own)] @ profile[j, own]
                total[pairs.territory[a], f] += near * adjacent
    return total


def test_territories_are_those_that_other_stages_draw():
    tables = noise(4)
    rows = tables.rows("organisation")
    rows[7] |= {"lat_deg": None, "lon_deg": None, "extent_km": None, "coord_precision": "unknown"}
    rows[8] |= {"country": "XB"}
    rows[9] |= {"place_id": None}
    tables = tables.with_rows("organisation", rows)
    listed = territories(
        tables.rows("organisation"),
        tables.by_key("place", "place_id"),
        radius_km=60.0,
        min_organisations=4,
    )
    actors = Actors.of(tables)
    drawn = grounds_of(actors, tables["place"], radius_km=60.0, min_organisations=4)
    assert len(drawn.anchor) == len(listed) == 6
    names = tables["place"]["place_id"].to_pylist()
    for number, territory in enumerate(listed):
        assert names[drawn.anchor[number]] == territory.territory_id
        inside = actors.org_id[drawn.territory == number].tolist()
        assert sorted(inside) == list(territory.org_ids)


@pytest.mark.parametrize("model", ["observed", *NULL_MODELS])
def test_sums_over_organisations_equal_sums_over_pairs(model):
    pairs = close_pairs(many(10))
    here = pairs.observed() if model == "observed" else next(draws(pairs, model, n=1, seed=3))
    np.testing.assert_allclose(pairs.statistic(here), by_loop(pairs, here), rtol=1e-9, atol=1e-12)


def test_many_positions_are_drawn_together_without_much_loss():
    pairs = close_pairs(many(400))
    actors, work, profile = pairs.actors, pairs.work, pairs.work.profile.toarray()
    apart = great_circle_km(
        actors.lat_deg[:, None], actors.lon_deg[:, None], actors.lat_deg, actors.lon_deg
    )
    extent = np.full(apart.shape, 0.05)
    near = expected_kernel(apart, extent, extent, kernel_km=20.0)
    np.fill_diagonal(near, 0.0)
    block = work.block.toarray()
    expected = [
        (near * (profile[:, own] @ block[np.ix_(own, own)] @ profile[:, own].T)).sum() / 2
        for own in (work.family_of_field == f for f in range(len(work.families)))
    ]
    assert 0.999 < pairs.explained.min() < 1
    np.testing.assert_allclose(pairs.statistic(pairs.observed())[0], expected, rtol=0.01)


def test_points_drawn_together_move_by_no_more_than_a_diagonal():
    random = np.random.default_rng(0)
    for centre in ((0.0, 180.0), (89.5, 10.0), (54.0, 27.0), (-45.0, -179.9)):
        lat = np.clip(centre[0] + random.uniform(-0.4, 0.4, 500), -90, 90)
        lon = (centre[1] + random.uniform(-0.4, 0.4, 500) + 180) % 360 - 180
        moved = on_grid(lat, lon, side_km=5.0)
        assert len(np.unique(moved, axis=1).T) < 500
        assert great_circle_km(lat, lon, *moved).max() <= 5.0 * np.sqrt(2) * 1.02


def test_each_null_model_keeps_what_it_says():
    tables = many(40, countries=("XA", "XB"))
    pairs = close_pairs(tables)
    actors, work = pairs.actors, pairs.work
    group = {
        "fields": actors.country * 9 + actors.role,
        "places": actors.country,
        "pooled": actors.role,
    }
    for model, key in group.items():
        (draw,) = draws(pairs, model, n=1, seed=0)
        assert sorted(draw.slot) == list(range(40))
        assert (key[draw.slot] == key).all()
        assert (draw.slot != np.arange(40)).any()
        assert draw.profile is work.profile
    assert (actors.role[next(draws(pairs, "places", n=1, seed=0)).slot] != actors.role).any()
    assert (actors.country[next(draws(pairs, "pooled", n=1, seed=0)).slot] != actors.country).any()
    (dealt,) = draws(pairs, "degrees", n=1, seed=0)
    assert dealt.slot.tolist() == list(range(40))
    np.testing.assert_allclose(dealt.profile.sum(axis=1), work.profile.sum(axis=1))
    for number in range(2):
        there = actors.country == number
        # A third of the work each: the sum over organisations counts a field's organisations.
        np.testing.assert_allclose(
            dealt.profile[there].sum(axis=0), work.profile[there].sum(axis=0)
        )


def test_degrees_keeps_the_number_of_fields_and_of_organisations_exactly():
    tables = many(40, countries=("XA", "XB"))
    # Some do most fields, so that a plain shuffle would give many of them a field twice; and no
    # two shares of an organisation are equal.
    more = [(f"m{i:04}", f) for i in range(0, 40, 3) for f in FIELDS[:5]]
    held = {(r["org_id"], r["field_id"]) for r in tables.rows("activity_field")}
    added = [pair for pair in more if pair not in held]
    activities = [
        *tables.rows("activity"), *(activity_row(f"{o}:{f}", o) for o, f in added)
    ]  # fmt: skip
    for n, row in enumerate(activities):
        row["weight"] = 1.0 + n % 7
    tables = tables.with_rows("activity", activities).with_rows(
        "activity_field",
        [*tables.rows("activity_field"), *(assignment(f"{o}:{f}", o, f) for o, f in added)],
    )
    pairs = close_pairs(tables)
    before, kept = pairs.work.profile, pairs.work.profile.data.copy()
    for dealt in draws(pairs, "degrees", n=5, seed=0):
        assert (np.diff(dealt.profile.indptr) == np.diff(before.indptr)).all()
        assert dealt.profile.has_canonical_format
        for i in range(40):
            own, was = dealt.profile[[i]], before[[i]]
            assert sorted(own.data) == sorted(was.data)
        for number in range(2):
            there = pairs.actors.country == number
            counted = [(p[there] > 0).sum(axis=0).tolist() for p in (dealt.profile, before)]
            assert counted[0] == counted[1]
        assert (dealt.profile != before).nnz > 0
    assert (pairs.work.profile.data == kept).all()


def test_organisations_without_known_work_take_no_part_in_the_draws():
    tables = many(12)
    strangers = [organisation(f"s{i}", ROLES[0], "city0", CITIES["city0"]) for i in range(5)]
    rows = [*tables.rows("organisation"), *strangers]
    pairs = close_pairs(tables.with_rows("organisation", rows))
    draw = next(draws(pairs, "fields", n=1, seed=0))
    assert draw.slot[12:].tolist() == [12, 13, 14, 15, 16]


def test_every_null_model_is_told_with_its_draws():
    stage = Prerequisites(
        n_permutations=49, n_comparison=19, n_trials=0, methods=("territory",), null_model="places"
    )
    written = stage.run(noise(0, planted=True))
    tested = {r["candidate_id"] for r in written.rows("candidate") if r["verdict"] != "too_small"}
    rows = written.rows("candidate_test")
    assert Counter(r["candidate_id"] for r in rows) == dict.fromkeys(tested, 4)
    assert {r["null_model"]: r["n_draws"] for r in rows} == {
        "fields": 19, "places": 49, "pooled": 19, "degrees": 19
    }  # fmt: skip
    planted = [r for r in rows if r["candidate_id"] == "xa-city0--family-light"]
    assert all(r["effect_ratio"] > 2 and r["p_value"] <= 0.1 for r in planted)
    (row,) = [r for r in written.rows("candidate") if r["candidate_id"] == "xa-city0--family-light"]
    (decides,) = [r for r in planted if r["null_model"] == "places"]
    assert (row["p_value"], row["q_value"]) == (decides["p_value"], decides["q_value"])
    asked = [o.template for o in load_reasons(row["reasons"]) if o.template.startswith("If ")]
    assert asked[0].startswith("If organisations of any role changed places")
    assert len(asked) == 4
    alone = found(noise(0), n_comparison=0)
    assert sum("If " in o for o in words(next(iter(alone.values()))).split(". ")) <= 1


def test_stability_is_high_for_a_firm_cluster_and_unknown_where_not_tried():
    tables = noise(0, planted=True)
    planted = found(tables, n_trials=5)["xa-city0--family-light"]
    assert (planted["stability"], planted["run_stability"]) == (1.0, None)
    assert "its members overlap by 1.0 on average" in words(planted)
    assert found(tables, n_trials=0)["xa-city0--family-light"]["stability"] is None
    # Known only within 100 km, they are drawn out of reach of one another.
    rows = tables.rows("organisation")
    for row in rows:
        row |= {"extent_km": 100.0, "coord_precision": "region"}
    vague = found(tables.with_rows("organisation", rows), n_trials=5)
    assert max(r["stability"] for r in vague.values()) < 0.8


def test_a_place_that_holds_most_of_the_country_is_said_to_hide_its_fields():
    at_home = many(30)
    (row, *_) = found(at_home).values()
    assert "A share of 1.0 of the country's organisations with known work stand there" in words(row)
    spread = found(noise(0, planted=True))["xa-city0--family-light"]
    assert "stand there" not in words(spread)


def test_a_settlement_without_organisations_changes_nothing():
    tables = noise(2)
    empty = place_row("aaa", 53.0, 25.0)
    assert found(tables.with_rows("place", [empty, *tables.rows("place")])) == found(tables)


def test_families_without_work_are_never_candidates():
    tables = noise(0)
    rows = [
        r | {"field_id": "lasers"} if r["field_id"] in ("casting", "tools") else r
        for r in tables.rows("activity_field")
    ]
    names = found(tables.with_rows("activity_field", rows))
    assert names
    assert not any("family-metal" in name for name in names)


def test_columns_are_checked_as_rows_are():
    good = {"field_id": ["a"], "family_id": ["f"], "centrality": np.array([0.5])}
    assert conform_columns("field_family", good).num_rows == 1
    assert conform_columns("field_family", {}).num_rows == 0
    for change, fault in (
        ({"colour": ["red"]}, "has no column `colour`"),
        ({"centrality": np.array([1.5])}, "centrality 1.5 is above 1"),
        ({"centrality": np.array([-1.0])}, "centrality -1 is below 0"),
        ({"centrality": np.array([np.nan])}, "`centrality` is empty in 1 rows"),
        ({"family_id": [None]}, "`family_id` is empty in 1 rows"),
    ):
        with pytest.raises(SchemaError, match=fault):
            conform_columns("field_family", good | change)
    twice = {"field_id": ["a", "a"], "family_id": ["f", "f"], "centrality": np.array([0.5, 0.5])}
    with pytest.raises(SchemaError, match="has a key twice"):
        conform_columns("field_family", twice)
    with pytest.raises(SchemaError, match="there is no table `nothing`"):
        conform_columns("nothing", {})
    link = {"link_id": ["l"], "org_a": ["a"], "org_b": ["b"], "kind": ["friendship"],
            "weight": np.ones(1), "source_id": ["s"], "source_row": ["r"]}  # fmt: skip
    with pytest.raises(SchemaError, match="kind `friendship` is not one of"):
        conform_columns("link", link)
