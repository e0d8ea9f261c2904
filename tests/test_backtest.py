"""Backtest of density: skill by hand and against an oracle, planted relatedness, bad input."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from clusterloom.api.backtest import (
    PlaceFieldYear,
    density_backtest,
    read_place_field_years,
    work_by_place,
)
from clusterloom.cli.main import app
from clusterloom.errors import SourceError, StageError, UsageError
from clusterloom.measures.entry import (
    EntryCases,
    area_under_roc,
    average_precision,
    entry_cases,
    entry_skill,
    exit_cases,
)

from .test_engines import crowd

FLAGS = arrays(bool, 8)
SCORES = arrays(float, 8, elements=st.sampled_from([0.0, 0.1, 0.5, 0.9]))


@given(FLAGS, SCORES)
def test_the_area_is_the_share_of_pairs_in_the_right_order(relevant, score):
    assume(relevant.any() and not relevant.all())
    pairs = score[relevant][:, None] - score[~relevant][None]
    wanted = ((pairs > 0) + (pairs == 0) / 2).mean()
    assert area_under_roc(relevant, score) == pytest.approx(wanted)


@given(FLAGS, SCORES)
def test_average_precision_adds_precision_at_each_distinct_score(relevant, score):
    assume(relevant.any())
    wanted = recall = 0.0
    for limit in sorted(set(score), reverse=True):
        chosen = score >= limit
        reached = relevant[chosen].sum() / relevant.sum()
        wanted += (reached - recall) * relevant[chosen].mean()
        recall = reached
    assert average_precision(relevant, score) == pytest.approx(wanted)


@given(FLAGS, SCORES, arrays(int, 8, elements=st.integers(0, 3)))
def test_a_weight_of_two_is_the_case_twice(relevant, score, times):
    twice = np.repeat(np.arange(8), times)
    for measure in (average_precision, area_under_roc):
        np.testing.assert_allclose(
            measure(relevant, score, times.astype(float)), measure(relevant[twice], score[twice])
        )


def test_a_score_that_knows_nothing_gives_the_share_of_entries_and_one_half():
    relevant = np.array([True, False, False, False])
    assert average_precision(relevant, np.zeros(4)) == 0.25
    assert area_under_roc(relevant, np.zeros(4)) == 0.5
    assert np.isnan(area_under_roc(np.ones(3, dtype=bool), np.zeros(3)))
    assert np.isnan(average_precision(np.zeros(3, dtype=bool), np.zeros(3)))


def test_places_and_fields_seen_at_one_date_only_are_no_cases():
    before = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0]])
    after = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]])
    cases = entry_cases(before, after)
    # The second place and the third field were seen at one date only.
    assert (cases.place.tolist(), cases.field.tolist()) == ([0], [1])


def test_intervals_come_from_whole_places():
    # Two places, one all entries and one none: draws of places give everything or nothing.
    cases = EntryCases(
        place=np.array([0, 0, 1, 1]),
        field=np.array([0, 1, 0, 1]),
        entered=np.array([True, True, False, False]),
    )
    score = {"a": np.array([4.0, 3.0, 2.0, 1.0]), "b": np.array([1.0, 2.0, 3.0, 4.0])}
    skill, difference = entry_skill(cases, score, baseline="b", n_bootstrap=50, seed=0)
    assert (skill["a"].area_under_roc, skill["b"].area_under_roc) == (1.0, 0.0)
    assert difference["a"].area_under_roc_low == 1.0
    again = entry_skill(cases, score, baseline="b", n_bootstrap=50, seed=0)
    assert again == (skill, difference)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: average_precision(np.array([True]), np.array([np.nan])), "scores must be known"),
        (lambda: average_precision(np.array([True]), np.zeros(2)), "have"),
        (lambda: entry_cases(np.ones((2, 2)), np.ones((2, 3))), "same places and fields"),
    ],
)
def test_bad_arrays_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def planted(*, related: bool, seed: int = 4) -> list[PlaceFieldYear]:
    """Places with half of one family of six fields, which later take up a third of the rest.

    `related`: of their own family; otherwise of any family.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for p in range(60):
        family = p % 4
        own = [6 * family + f for f in range(6)]
        has = list(draw.choice(own, 3, replace=False))
        rest = [f for f in (own if related else range(24)) if f not in has]
        new = list(draw.choice(rest, 2, replace=False))
        rows += [PlaceFieldYear(f"p{p:02}", f"f{f:02}", 2012 + f % 3) for f in has]
        rows += [PlaceFieldYear(f"p{p:02}", f"f{f:02}", 2018 + f % 3) for f in [*has, *new]]
    return rows


def test_planted_relatedness_is_foreseen_and_chance_is_not():
    found = density_backtest(planted(related=True), year=2015, n_bootstrap=50)
    assert found.skill["density"].area_under_roc > 0.9
    assert found.difference["density"].area_under_roc_low > 0.2
    assert found.skill["density"].average_precision > 2 * found.base_rate
    nothing = density_backtest(planted(related=False), year=2015, n_bootstrap=50)
    assert nothing.skill["density"].area_under_roc < 0.65


def leaving(*, related: bool, seed: int = 4) -> list[PlaceFieldYear]:
    """Places with four fields of a family and two strange ones, of which they give up two.

    `related`: the strange ones; otherwise any of the six.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for p in range(80):
        family = p % 4
        own = list(draw.choice([6 * family + f for f in range(6)], 4, replace=False))
        other = list(draw.choice([f for f in range(24) if f // 6 != family], 2, replace=False))
        lost = other if related else list(draw.choice([*own, *other], 2, replace=False))
        new = draw.choice([f for f in range(24) if f not in [*own, *other]])
        later = [f for f in [*own, *other, new] if f not in lost]
        rows += [PlaceFieldYear(f"p{p:02}", f"f{f:02}", 2012 + f % 3) for f in [*own, *other]]
        rows += [PlaceFieldYear(f"p{p:02}", f"f{f:02}", 2018 + f % 3) for f in later]
    return rows


def test_fields_far_from_the_rest_are_given_up_and_low_density_foretells_it():
    found = density_backtest(leaving(related=True), year=2015, n_bootstrap=50)
    assert 0 < found.n_exits < found.n_held
    assert found.exit_skill["density"].area_under_roc > 0.9
    assert found.exit_difference["density"].area_under_roc_low > 0.2
    assert any(line.startswith("low density: ") for line in found.lines())
    nothing = density_backtest(leaving(related=False), year=2015, n_bootstrap=50)
    assert 0.35 < nothing.exit_skill["density"].area_under_roc < 0.65


def test_exits_are_the_entries_of_the_film_run_backwards():
    before = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    after = np.array([[1, 1, 0], [0, 1, 0], [1, 1, 1]])
    gone, come = exit_cases(before, after), entry_cases(after, before)
    lost = {(p, f) for p, f, x in zip(gone.place, gone.field, gone.left, strict=True) if x}
    back = {(p, f) for p, f, x in zip(come.place, come.field, come.entered, strict=True) if x}
    assert lost == back == {(0, 2), (1, 0)}
    assert len(gone.left) == before.sum()


def test_a_country_that_gives_nothing_up_is_told_and_not_ranked():
    rows = [r for r in planted(related=True) if r.year < 2015]
    rows += [dataclasses.replace(r, year=r.year + 6) for r in rows]
    rows += [PlaceFieldYear("p00", "f23", 2018), PlaceFieldYear("p01", "f22", 2018)]
    found = density_backtest(rows, year=2015, n_bootstrap=5, at_least=0.01)
    assert (found.n_exits, found.exit_skill) == (0, {})
    assert "were given up, so that there is no ranking" in found.lines()[-1]


def test_an_amount_that_is_not_known_is_left_out_and_counted_and_not_taken_as_1():
    rows = planted(related=True)
    unknown = [PlaceFieldYear("p00", f"f{f:02}", 2013, None) for f in range(20)]
    found = density_backtest([*rows, *unknown], year=2015, n_bootstrap=5)
    plain = density_backtest(rows, year=2015, n_bootstrap=5)
    assert (found.n_unweighted, plain.n_unweighted) == (20, 0)
    assert found.n_rows == plain.n_rows + 20
    assert found.skill == plain.skill
    assert "20 have no weight and are left out" in found.lines()[2]


def test_windows_are_counted_back_and_rows_outside_are_said():
    rows = planted(related=True)
    rows += [PlaceFieldYear("p00", "f00", None), PlaceFieldYear("p00", "f00", 1990)]
    found = density_backtest(rows, year=2015, n_bootstrap=5)
    assert (found.before, found.after) == ((2011, 2015), (2016, 2020))
    assert (found.n_undated, found.n_outside) == (1, 1)
    assert "1 of" in found.lines()[2]
    # By default the later window ends with the latest year.
    late = [*rows, PlaceFieldYear("p00", "f00", 2021)]
    assert density_backtest(late, n_bootstrap=5).after == (2017, 2021)
    assert found.as_dict()["base_rate"] == found.n_entries / found.n_cases


def test_the_order_of_rows_the_unit_and_undated_rows_do_not_matter():
    rows = planted(related=True)
    one = density_backtest(rows, year=2015, n_bootstrap=5)
    other = density_backtest(
        [PlaceFieldYear(r.place, r.field, r.year, 7 * r.weight) for r in reversed(rows)]
        + [PlaceFieldYear("p00", "f20", None, 1000.0)],
        year=2015,
        n_bootstrap=5,
    )
    assert one.skill == other.skill


def test_a_small_amount_can_be_too_little_for_a_specialisation():
    rows = planted(related=True)
    small = [PlaceFieldYear("p00", "f23", 2013, 0.5), *rows]
    with_it = density_backtest(small, year=2015, n_bootstrap=5)
    without = density_backtest(small, year=2015, n_bootstrap=5, min_weight=1.0)
    plain = density_backtest(rows, year=2015, n_bootstrap=5)
    assert without.n_cases == plain.n_cases
    assert with_it.n_cases == plain.n_cases - 1


def test_a_disconnected_table_has_no_density_across_its_parts():
    """Two halves of the world that share no field: fields of the other half are far from all."""
    rows = planted(related=True)
    there = [PlaceFieldYear("q" + r.place, "g" + r.field, r.year) for r in rows]
    found = density_backtest([*rows, *there], year=2015, n_bootstrap=5)
    one = density_backtest(rows, year=2015, n_bootstrap=5)
    assert found.n_entries == 2 * one.n_entries
    assert found.skill["density"].area_under_roc >= one.skill["density"].area_under_roc


def rows_of(*cells):
    return [PlaceFieldYear(*cell) for cell in cells]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "none of 0 rows has a year"),
        (rows_of(("a", "x", None), ("b", "y", None)), "none of 2 rows has a year"),
        (rows_of(("a", "x", 2020), ("b", "y", 2020)), "dated 2020 to 2020"),
        (rows_of(("a", "x", 2015, -1.0), ("a", "x", 2020)), "weight of `x` in `a` is -1"),
        (rows_of(("a", "x", 2015, float("nan")), ("a", "x", 2020)), "is nan"),
        # One field only: everybody has all there is.
        (rows_of(("a", "x", 2015), ("b", "x", 2015), ("a", "x", 2020)), "nothing to foresee"),
        # A slip sets the latest year far into the future.
        (rows_of(("a", "x", 2015), ("a", "x", 2020), ("b", "y", 2062)), "no row is dated 2053"),
    ],
)
def test_years_and_weights_that_cannot_be_used_are_named(rows, message):
    with pytest.raises(StageError, match=message) as fault:
        density_backtest(rows)
    assert fault.value.hint


def test_the_future_year_is_pointed_at():
    rows = rows_of(("a", "x", 2015), ("a", "x", 2020), ("b", "y", 2062))
    with pytest.raises(StageError) as fault:
        density_backtest(rows)
    assert "the last is 2062" in fault.value.hint
    with pytest.raises(StageError, match="does not reach from 2019 to 2063"):
        density_backtest(rows, year=2019, horizon=44)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 0}, "window is 0"),
        ({"window": 6}, "horizon is 5"),
        ({"at_least": 0.0, "n_bootstrap": 0}, "at_least is 0; n_bootstrap is 0"),
        ({"min_weight": -1.0}, "min_weight is -1"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(UsageError, match=message):
        density_backtest(planted(related=True), **parameters)


def test_work_of_a_plan_is_read_at_each_level():
    from clusterloom.tables import Tables

    tables = Tables(crowd())
    countries = work_by_place(tables, level="country")
    assert {r.place for r in countries} == {"XA", "XB"}
    assert any(r.year is None for r in countries)
    # Organisations without a known settlement are nowhere, not in one place together.
    assert work_by_place(tables, level="place") == []
    with pytest.raises(UsageError, match="no level `continent`"):
        work_by_place(tables, level="continent")


def write(path, lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_table_is_read_with_and_without_weights(tmp_path):
    path = write(tmp_path / "a.csv", ["place,field,year,weight", "Минск,x,2015,2.5", "b,y,,"])
    assert read_place_field_years(path) == rows_of(
        ("Минск", "x", 2015, 2.5), ("b", "y", None, None)
    )
    path = write(tmp_path / "b.csv", ["year;place;field", "2015;a;x"])
    assert read_place_field_years(path) == rows_of(("a", "x", 2015))


def test_all_faults_of_a_table_are_named_with_their_lines(tmp_path):
    path = write(tmp_path / "a.csv", ["place,field,year", "a,x,soon", ",x,2015", "b,y,2015"])
    with pytest.raises(SourceError, match=r"2 lines are faulty: line 2: .*soon.*; line 3"):
        read_place_field_years(path)
    path = write(tmp_path / "b.csv", ["place,topic,year", "a,x,2015"])
    with pytest.raises(SourceError, match="no column `field`"):
        read_place_field_years(path)
    with pytest.raises(SourceError, match="cannot read"):
        read_place_field_years(tmp_path / "none.csv")


def test_the_command_gives_the_same_numbers_as_python(tmp_path):
    rows = planted(related=True)
    lines = ["place,field,year", *[f"{r.place},{r.field},{r.year}" for r in rows]]
    path = write(tmp_path / "a.csv", lines)
    call = ["backtest", "density", "--table", str(path), "--year", "2015", "--n-bootstrap", "5"]
    done = CliRunner().invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    wanted = density_backtest(rows, year=2015, n_bootstrap=5)
    assert json.loads(done.stdout) == json.loads(json.dumps(wanted.as_dict()))
    text = CliRunner().invoke(app, call).stdout
    assert "density - ubiquity" in text
    refused = CliRunner().invoke(app, ["backtest", "weather"])
    assert refused.exit_code == 2
