"""The stage `prerequisites`: a planted cluster is found, noise is not, and geography is kept."""

from __future__ import annotations

import json
from math import exp, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.errors import RecipeError
from clusterloom.stages.prerequisites import Prerequisites
from clusterloom.tables import Tables
from clusterloom.tables.order import surest_first

from .conftest import activity_row, field_row, organisation_row, words
from .test_composition import adjacency_row, link_row
from .test_core import assignment

# Three families of two fields each; the two fields of a family are adjacent by 0.6.
FAMILIES = {
    "family-light": ("lasers", "optics"),
    "family-food": ("dairy", "meat"),
    "family-metal": ("casting", "tools"),
}
FIELDS = [field for fields in FAMILIES.values() for field in fields]
# Six cities 200 km and more apart.
CITIES = {f"city{i}": (52.0 + 2 * (i % 3), 24.0 + 4 * (i // 3)) for i in range(6)}
ROLES = ("company", "university", "research_institute")


def place_row(place_id, lat, lon, **more):
    return {
        "place_id": place_id,
        "name_en": place_id,
        "country": "XA",
        "lat_deg": lat,
        "lon_deg": lon,
        "extent_km": 5.0,
        "source_id": "toy",
        "source_row": "places.csv:2",
        **more,
    }


def organisation(org_id, role, place_id, point, **more):
    position = {"place_id": place_id, "lat_deg": point[0], "lon_deg": point[1]}
    precise = {"extent_km": 0.05, "coord_precision": "building"}
    return organisation_row(org_id, role, **(position | precise | more))


def country(organisations, work, *, places=None, links=(), weight=1.0, turn=1):
    """Tables of organisations and of `work`: (organisation, field) with one activity each."""
    places = places or [place_row(name, *point) for name, point in CITIES.items()]
    activities = [activity_row(f"{o}:{f}", o, weight=weight) for o, f in work]
    return (
        Tables()
        .with_rows("field", [field_row(f, f) for f in FIELDS])
        .with_rows("field_adjacency", [adjacency_row(a, b, 0.6) for a, b in FAMILIES.values()])
        .with_rows(
            "field_family",
            [
                {"field_id": f, "family_id": name, "centrality": 0.5}
                for name, fields in FAMILIES.items()
                for f in fields
            ],
        )
        .with_rows("place", places[::turn])
        .with_rows("organisation", organisations[::turn])
        .with_rows("activity", activities[::turn])
        .with_rows("activity_field", [assignment(f"{o}:{f}", o, f) for o, f in work][::turn])
        .with_rows("link", [link_row(a, b, "contract") for a, b in links][::turn])
    )


def noise(seed, *, planted=False):
    """60 organisations, ten to a city, each in one field by chance.

    With `planted`, eight of those of city0 work in light and stand within a few kilometres.
    """
    random = np.random.default_rng(seed)
    organisations, work = [], []
    for i in range(60):
        city = f"city{i % 6}"
        jitter = random.uniform(-0.1, 0.1, size=2)  # degrees, up to 11 km
        field = FIELDS[random.integers(6)]
        if planted and city == "city0" and i < 48:
            jitter, field = jitter / 10, FAMILIES["family-light"][i // 6 % 2]
        point = np.array(CITIES[city]) + jitter
        organisations.append(organisation(f"o{i:02}", ROLES[i // 6 % 3], city, point.tolist()))
        work.append((f"o{i:02}", field))
    return country(organisations, work)


def found(tables, **parameters):
    fast = {"n_permutations": 199, "n_comparison": 9, "n_trials": 2, "methods": ("territory",)}
    rows = Prerequisites(**(fast | parameters)).run(tables).rows("candidate")
    return {row["candidate_id"]: row for row in rows}


def town(n=4, *, extent=0.05, precision="building", points=None, fields=("lasers",), **more):
    """One town at 54° N 27° E with n organisations of two roles in turn."""
    points = points or [(54.0, 27.0)] * n
    organisations = [
        organisation(
            f"t{i}", ROLES[i % 2], "town", point, extent_km=extent, coord_precision=precision
        )
        for i, point in enumerate(points)
    ]
    work = [(f"t{i}", fields[i % len(fields)]) for i in range(len(points))]
    places = [place_row("town", 54.0, 27.0)]
    return country(organisations, work, **({"places": places} | more))


def drawn_closeness(extent_km, kernel_km, n=200_000):
    """Monte Carlo: closeness of two points somewhere in one disc."""
    random = np.random.default_rng(0)
    radius = extent_km * np.sqrt(random.random((2, n)))
    turn = random.random((2, n)) * 2 * pi
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    return float(np.exp(-np.hypot(x[0] - x[1], y[0] - y[1]) / kernel_km).mean())


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_cluster_is_found_where_it_was_planted(seed):
    candidates = found(noise(seed, planted=True), seed=seed)
    planted = candidates["xa-city0--family-light"]
    assert planted["verdict"] == "beyond_chance"
    assert planted["q_value"] <= 0.1
    assert planted["effect_ratio"] > 2
    assert planted["n_organisations"] >= 8
    assert set(planted["main_fields"].split("|")) == {"lasers", "optics"}
    best = min(candidates.values(), key=surest_first)
    assert best is planted


def test_the_members_of_a_planted_cluster_are_named_with_share_and_distance():
    written = Prerequisites(n_permutations=19).run(noise(0, planted=True))
    members = {
        row["org_id"]: row
        for row in written.rows("candidate_member")
        if row["candidate_id"] == "xa-city0--family-light"
    }
    assert {f"o{i:02}" for i in range(0, 48, 6)} <= set(members)
    assert all(row["family_share"] == 1.0 for row in members.values())
    assert all(0 < row["distance_km"] < 20 for row in members.values())
    assert json.loads(members["o00"]["based_on"]) == ["activity:o00:lasers", "organisation:o00"]


def test_noise_gives_hardly_any_candidate_beyond_chance():
    # Thirty countries at a false-discovery rate of 5 %: one or two with a false candidate are to be
    # expected, six are not (the chance is 0.3 %).
    false = [
        seed
        for seed in range(30)
        for row in found(noise(100 + seed), seed=seed, fdr=0.05, n_comparison=0).values()
        if row["verdict"] == "beyond_chance"
    ]
    assert len(set(false)) <= 5


def test_p_values_of_noise_are_spread_over_the_whole_range():
    p_values = [
        row["p_value"]
        for seed in range(10)
        for row in found(noise(200 + seed), seed=seed, n_permutations=99).values()
        if row["verdict"] != "too_small"
    ]
    assert len(p_values) > 20
    # Candidates need four organisations in a family, so the small p-values come somewhat more
    # often than by a uniform draw; they must not pile up.
    assert np.mean(np.array(p_values) <= 0.05) < 0.25
    assert np.median(p_values) > 0.1


def test_the_same_seed_gives_the_same_rows_and_another_only_another_chance():
    tables = noise(1, planted=True)
    first, again = found(tables, seed=5), found(tables, seed=5)
    other = found(tables, seed=6)
    assert first == again
    assert first.keys() == other.keys()
    assert [r["statistic"] for r in first.values()] == [r["statistic"] for r in other.values()]
    assert [r["expected"] for r in first.values()] != [r["expected"] for r in other.values()]


def test_the_statistic_is_the_sum_over_pairs_worked_out_by_hand():
    # Two points 0.1° of latitude apart (11.12 km), known to 0.05 km; lasers, optics at each.
    points = [(54.0, 27.0), (54.0, 27.0), (54.1, 27.0), (54.1, 27.0)]
    (row,) = found(town(points=points, fields=("lasers", "optics"))).values()
    # The mean distance of two points of a disc of radius R is 128 R / (45 π).
    here, apart = exp(-128 * 0.05 / (45 * pi) / 20), exp(-11.1195 / 20)
    # Two pairs at one point (adjacent by 0.6); across: two in one field, two adjacent.
    assert row["statistic"] == pytest.approx(2 * 0.6 * here + 2 * apart + 2 * 0.6 * apart, abs=1e-4)
    assert (row["n_organisations"], row["n_roles"]) == (4, 2)


def test_organisations_known_only_by_city_are_never_at_distance_zero():
    (exact,) = found(town(extent=0.0)).values()
    tables = town(extent=11.8, precision="city")
    (vague,) = found(tables).values()
    # Six pairs: at distance 0 each counts in full, in a disc of 11.8 km by the mean of the kernel
    # over all pairs of points of it, which is more than at the mean distance of 128 R / (45 π).
    assert exact["statistic"] == 6.0
    assert 6 * exp(-128 * 11.8 / (45 * pi) / 20) < vague["statistic"] < 6 * 0.61
    assert vague["statistic"] == pytest.approx(6 * drawn_closeness(11.8, 20.0), abs=0.01)
    assert "4 of them are known only by city" in words(vague)
    assert "known only by city" not in words(exact)
    members = Prerequisites(n_permutations=9).run(tables).rows("candidate_member")
    assert {row["distance_km"] for row in members} == {round(11.8 / sqrt(2), 3)}


def test_an_unknown_position_is_no_evidence_of_closeness():
    tables = town(6)
    rows = tables.rows("organisation")
    for row in rows[4:]:
        row |= {"lat_deg": None, "lon_deg": None, "extent_km": None, "coord_precision": "unknown"}
    (row,) = found(tables.with_rows("organisation", rows)).values()
    assert (row["n_organisations"], row["statistic"]) == (4, pytest.approx(6.0, abs=0.02))


@settings(deadline=None, max_examples=12)
@given(st.floats(-180, 180), st.sampled_from([-1, 1]))
def test_neither_the_date_line_nor_the_hemisphere_matters(shift, hemisphere):
    def moved(shift, hemisphere):
        def lon(value):
            return (value + shift + 180) % 360 - 180

        ways = [(54.0, 27.0), (54.1, 27.0), (54.0, 27.2), (54.2, 27.3)]
        points = [(hemisphere * lat, lon(east)) for lat, east in ways]
        places = [place_row("town", hemisphere * 54.0, lon(27.0))]
        return found(town(points=points, places=places, fields=("lasers", "optics")), seed=1)

    at_home, there = moved(0.0, 1), moved(shift, hemisphere)
    assert at_home.keys() == there.keys()
    for name, row in at_home.items():
        for value in ("statistic", "expected", "p_value"):
            assert there[name][value] == pytest.approx(row[value], abs=1e-5)


def test_organisations_around_a_pole_are_near_each_other():
    # 0.1° from the pole on four sides: at most 22 km apart, 90° or more of longitude.
    points = [(89.9, lon) for lon in (0.0, 90.0, 180.0, -90.0)]
    places = [place_row("town", 90.0, 0.0)]
    (row,) = found(town(points=points, places=places)).values()
    across, beside = 0.2 * 111.195, sqrt(2) * 0.1 * 111.195
    by_hand = 2 * exp(-across / 20) + 4 * exp(-beside / 20)
    assert row["statistic"] == pytest.approx(by_hand, abs=1e-3)


def test_all_at_one_point_cannot_be_told_from_chance():
    # Whoever holds which profile, the pairs are the same.
    fields = ("lasers", "optics", "dairy")
    rows = found(town(12, fields=fields)).values()
    assert {row["verdict"] for row in rows} == {"not_distinguishable"}
    assert {(row["p_value"], row["effect_ratio"]) for row in rows} == {(1.0, 1.0)}


def test_a_single_field_cannot_be_told_from_chance():
    tables = noise(0)
    lasers = [row | {"field_id": "lasers"} for row in tables.rows("activity_field")]
    rows = found(tables.with_rows("activity_field", lasers)).values()
    assert len(rows) == len(CITIES)
    assert {(r["p_value"], r["verdict"]) for r in rows} == {(1.0, "not_distinguishable")}


def test_one_organisation_that_does_everything_is_no_candidate():
    alone = country(
        [organisation("all", "company", "city0", CITIES["city0"])], [("all", f) for f in FIELDS]
    )
    assert found(alone) == {}
    assert found(alone, min_organisations=1) == {}


@pytest.mark.parametrize("start", ["nobody", "no work", "no place", "no family"])
def test_without_organisations_work_or_places_there_is_no_candidate(start):
    tables = noise(0)
    empty = {
        "nobody": ("organisation",),
        "no work": ("activity", "activity_field"),
        "no place": ("place",),
        "no family": ("field_family",),
    }
    for table in empty[start]:
        tables = tables.with_rows(table, [])
    written = Prerequisites(n_permutations=9).run(tables)
    assert [written[name].num_rows for name in Prerequisites.writes] == [0, 0, 0]


def test_work_that_weighs_nothing_makes_nobody_a_member():
    assert found(town(weight=0.0)) == {}


def test_too_few_organisations_or_roles_are_listed_but_not_tested():
    (row,) = found(town(4), min_organisations=4, min_roles=3).values()
    assert (row["verdict"], row["p_value"], row["q_value"]) == ("too_small", None, None)
    assert "Too few to test" in words(row)
    # Five in the town, but only three of them in light and two in food.
    rows = found(town(5, fields=("lasers", "dairy")), min_organisations=4)
    assert {r["verdict"] for r in rows.values()} == {"too_small"}


def test_a_share_exactly_at_the_least_is_inside_in_whatever_unit():
    def light(weight):
        rows = [(f"t{i}", f) for i in range(4) for f in ("lasers", "dairy", "meat")]
        tables = town().with_rows(
            "activity", [activity_row(f"{o}:{f}", o, weight=weight) for o, f in rows]
        )
        tables = tables.with_rows("activity_field", [assignment(f"{o}:{f}", o, f) for o, f in rows])
        return found(tables, min_share=1 / 3, n_permutations=9)["xa-town--family-light"]

    assert {light(weight)["n_organisations"] for weight in (1.0, 0.1, 0.7, 3.3)} == {4}


def test_territories_of_one_name_are_candidates_of_their_own():
    # Two towns of one name, and a third cluster of offices registered in the first.
    places = [
        place_row("one", 52.0, 24.0, name_en="Newtown"),
        place_row("two", 56.0, 24.0, name_en="Newtown"),
        place_row("park", 54.0, 24.0, name_en="Park"),
    ]
    spots = [("one", 52.0)] * 4 + [("two", 56.0)] * 4 + [("one", 54.0)] * 4 + [("park", 54.0)]
    organisations = [
        organisation(f"n{i:02}", ROLES[i % 2], place, (lat, 24.0))
        for i, (place, lat) in enumerate(spots)
    ]
    work = [(o["org_id"], "lasers") for o in organisations]
    rows = found(country(organisations, work, places=places))
    assert sorted(rows) == [f"xa-newtown{number}--family-light" for number in ("", "-2", "-3")]
    assert sorted(row["n_organisations"] for row in rows.values()) == [4, 4, 5]


def test_known_ties_and_weak_evidence_are_said():
    tables = town(links=[("t0", "t1"), ("t1", "t0")])
    marks = ["verified", "memory", "verified", "verified"]
    rows = [
        row | {"evidence": mark} for row, mark in zip(tables.rows("activity"), marks, strict=True)
    ]
    (row,) = found(tables.with_rows("activity", rows)).values()
    assert "1 working ties among them" in words(row)
    assert row["weak_share"] == 0.25


def test_where_no_source_gives_marks_the_share_of_weak_evidence_is_not_known():
    tables = town()
    assert all(row["evidence"] is None for row in tables.rows("activity"))
    (row,) = found(tables).values()
    assert row["weak_share"] is None
    assert "second-hand, unchecked or unmarked" not in words(row)
    # Of two sources one gives marks: only its activities are counted, unmarked ones as weak.
    marks = ["verified", None, None, None]
    sources = ["marks", "marks", "silent", "silent"]
    rows = [
        row | {"evidence": mark, "source_id": source}
        for row, mark, source in zip(tables.rows("activity"), marks, sources, strict=True)
    ]
    (row,) = found(tables.with_rows("activity", rows)).values()
    assert row["weak_share"] == 0.5


def test_an_answer_to_the_survey_is_named_by_its_own_table_and_not_as_unmarked():
    tables = town()
    rows = [row | {"evidence": "verified"} for row in tables.rows("activity")]
    answers = [*tables.rows("activity_field"), assignment("development:d1", "t0")]
    tables = tables.with_rows("activity", rows).with_rows("activity_field", answers)
    written = Prerequisites(n_permutations=9).run(tables)
    (row,) = written.rows("candidate")
    assert row["weak_share"] == 0.0
    refs = [json.loads(r["based_on"]) for r in written.rows("candidate_member")]
    assert refs[0] == ["activity:t0:lasers", "development:d1", "organisation:t0"]


@settings(deadline=None, max_examples=8)
@given(st.floats(0.01, 100), st.sampled_from([1, -1]))
def test_the_order_of_rows_and_the_unit_of_weight_do_not_matter(weight, turn):
    points = [(54.0, 27.0), (54.1, 27.0), (54.0, 27.2), (54.2, 27.3), (54.3, 27.0)]
    more = {"points": points, "fields": ("lasers", "optics", "dairy"), "links": [("t0", "t1")]}
    one, other = town(**more), town(**more, weight=weight, turn=turn)
    assert found(one, n_permutations=49) == found(other, n_permutations=49)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"radius_km": -1.0}, "radius_km -1"),
        ({"kernel_km": 0.0}, "kernel_km 0"),
        ({"kernel_km": float("nan")}, "kernel_km nan"),
        ({"min_organisations": 0}, "min_organisations 0"),
        ({"min_roles": 0}, "min_roles 0"),
        ({"n_permutations": 0}, "n_permutations 0"),
        ({"min_share": 0.0}, "min_share 0"),
        ({"min_share": 1.5}, "min_share 1.5"),
        ({"fdr": 0.0}, "fdr 0"),
        ({"fdr": 10.0}, "fdr 10"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Prerequisites(**parameters)
