"""Chance of belonging in `candidate_member`: by hand, who is asked, and where it is not told."""

from __future__ import annotations

import numpy as np
import pytest

from clusterloom.measures.belonging import chance_of_belonging
from clusterloom.stages._actors import Actors, Work
from clusterloom.stages._candidate_belonging import member_chances
from clusterloom.stages._candidate_rows import Known
from clusterloom.stages._territory_cells import Cells
from clusterloom.stages.prerequisites import Prerequisites

from .conftest import activity_row
from .test_core import assignment
from .test_prerequisites import FAMILIES, noise, organisation, town, words

LIGHT = "xa-city0--family-light"


def written(tables, **parameters):
    fast = {"n_permutations": 199, "n_comparison": 0, "n_trials": 0, "methods": ("territory",)}
    return Prerequisites(**(fast | parameters)).run(tables)


def light_work(tables):
    """Directions in light, and all, of every organisation."""
    rows = tables.rows("activity_field")
    orgs = sorted({row["org_id"] for row in rows})
    total = {o: len({r["activity_id"] for r in rows if r["org_id"] == o}) for o in orgs}
    light = FAMILIES["family-light"]
    inside = {o: sum(r["org_id"] == o and r["field_id"] in light for r in rows) for o in orgs}
    return inside, total


def chances_of(tables, candidate, **parameters):
    """Chances told for every candidate, clear or not."""
    actors = Actors.of(tables)
    work = Work.of(tables, actors)
    plain = {"radius_km": 60.0, "kernel_km": 20.0, "min_organisations": 4, "min_roles": 2,
             "min_share": 0.25, "seed": 0}  # fmt: skip
    found, _ = Cells(**(plain | parameters)).find(actors, work, tables["place"])
    clear = np.ones(len(found.names), dtype=bool)
    told = member_chances(found, Known.of(tables, actors, work), clear=clear, radius_km=60.0)
    i = found.names.index(candidate)
    own = slice(found.members.indptr[i], found.members.indptr[i + 1])
    orgs = actors.org_id[found.members.indices[own]].tolist()
    return dict(zip(orgs, told[own].tolist(), strict=True))


def test_the_chance_is_that_of_all_in_reach_against_the_rest_of_the_country():
    tables = noise(0, planted=True)
    inside, total = light_work(tables)
    here = [f"o{i:02}" for i in range(0, 60, 6)]  # all of city0, in light or not
    there = [o for o in total if o not in here]
    k, n = (np.array([counted[o] for o in here], dtype=float) for counted in (inside, total))
    elsewhere = (sum(inside[o] for o in there) + 0.5) / (sum(total[o] for o in there) + 1)
    by_hand = chance_of_belonging(k, n, elsewhere=elsewhere)
    rows = [
        r for r in written(tables).rows("candidate_member") if r["candidate_id"] == LIGHT
    ]  # fmt: skip
    assert {r["org_id"] for r in rows} == {o for o in here if inside[o]}
    for row in rows:
        wanted = by_hand.chance[here.index(row["org_id"])]
        assert row["chance"] == pytest.approx(wanted, abs=1e-4)
        assert f"anybody elsewhere does, is {round(wanted, 2)}." in words(row)


def test_it_is_told_only_for_candidates_beyond_chance():
    out = written(noise(0, planted=True))
    verdict = {r["candidate_id"]: r["verdict"] for r in out.rows("candidate")}
    assert set(verdict.values()) > {"beyond_chance"}
    for row in out.rows("candidate_member"):
        clear = verdict[row["candidate_id"]] == "beyond_chance"
        assert (row["chance"] is not None) == clear
        assert ("the chance that it belongs" in words(row)) == clear
    for row in out.rows("candidate"):
        assert ("more likely belong to it" in words(row)) == (row["verdict"] == "beyond_chance")


def test_the_reason_of_a_candidate_counts_who_more_likely_belongs():
    out = written(noise(0, planted=True))
    chances = [r["chance"] for r in out.rows("candidate_member") if r["candidate_id"] == LIGHT]
    (row,) = [r for r in out.rows("candidate") if r["candidate_id"] == LIGHT]
    likely = sum(c > 0.5 for c in chances)
    assert likely >= 8
    assert f"Of its {len(chances)} organisations {likely} more likely belong to it" in words(row)


def test_where_nobody_is_out_of_reach_the_whole_country_says_what_is_usual():
    tables = town(8, fields=("lasers", "dairy"))
    found = chances_of(tables, "xa-town--family-light")
    k, n = np.tile([1.0, 0.0], 4), np.ones(8)
    by_hand = chance_of_belonging(k, n, elsewhere=4.5 / 9).chance
    assert list(found.values()) == pytest.approx(by_hand[::2].tolist())


def test_organisations_of_unknown_place_are_neither_here_nor_elsewhere():
    tables = noise(0, planted=True)
    before = chances_of(tables, LIGHT)
    lost = [
        organisation(f"x{i}", "company", "city0", (None, None), extent_km=None)
        | {"coord_precision": "unknown"}
        for i in range(30)
    ]
    more = tables.with_rows("organisation", [*tables.rows("organisation"), *lost])
    work = [f"x{i}" for i in range(30)]
    more = more.with_rows(
        "activity", [*more.rows("activity"), *(activity_row(f"{o}:a", o) for o in work)]
    ).with_rows(
        "activity_field",
        [*more.rows("activity_field"), *(assignment(f"{o}:a", o, "lasers") for o in work)],
    )
    assert chances_of(more, LIGHT) == pytest.approx(before)


def test_one_direction_in_two_fields_is_one_direction():
    tables = noise(0, planted=True)
    rows = tables.rows("activity_field")
    first = next(r for r in rows if r["org_id"] == "o00")
    other = "optics" if first["field_id"] == "lasers" else "lasers"
    first["share"] = 0.5
    split = tables.with_rows("activity_field", [*rows, first | {"field_id": other}])
    assert chances_of(split, LIGHT) == pytest.approx(chances_of(tables, LIGHT))
    # Two directions of two tell more than one of one.
    twice = tables.with_rows(
        "activity", [*tables.rows("activity"), activity_row("o00:more", "o00")]
    ).with_rows("activity_field", [*rows, assignment("o00:more", "o00", other)])
    found = chances_of(twice, LIGHT)
    assert found["o00"] > max(c for o, c in found.items() if o != "o00")


def test_countries_do_not_count_for_each_other():
    tables = noise(0, planted=True)
    before = chances_of(tables, LIGHT)
    abroad = [organisation(f"y{i}", "company", "city0", (52.0, 24.0), country="XB") for i in
              range(9)]  # fmt: skip
    more = tables.with_rows("organisation", [*tables.rows("organisation"), *abroad])
    work = [(f"y{i}:a", f"y{i}") for i in range(9)]
    more = more.with_rows(
        "activity", [*more.rows("activity"), *(activity_row(*pair) for pair in work)]
    ).with_rows(
        "activity_field",
        [*more.rows("activity_field"), *(assignment(*pair, "lasers") for pair in work)],
    )
    assert chances_of(more, LIGHT) == pytest.approx(before)
