"""Agglomeration of industries: by hand, against print, and by identities of the indices."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterloom.measures.agglomeration import (
    agglomeration_index,
    group_coagglomeration,
    pairwise_coagglomeration,
    plant_herfindahl,
    raw_concentration,
)

GOLD = Path(__file__).parents[2] / "shared" / "gold"
JOBS = arrays(float, (4, 3), elements=st.floats(0.1, 100))
TWO = np.array([1.0, 1.0])


def test_three_quarters_of_four_plants_in_one_of_two_regions_worked_out_by_hand():
    # G = (3/4 - 1/2)² * 2 = 1/8; 1 - sum x² = 1/2; H = 1/4: (1/4 - 1/4) / (3/4) = 0.
    jobs = np.array([[3.0], [1.0]])
    assert raw_concentration(jobs, reference=TWO).tolist() == [0.125]
    assert agglomeration_index(jobs, np.array([0.25]), reference=TWO).tolist() == [0.0]
    # With a hundred plants of equal size it is no accident: (0.25 - 0.01) / 0.99.
    hundred = agglomeration_index(jobs, np.array([0.01]), reference=TWO)
    assert hundred[0] == pytest.approx(0.24 / 0.99)


def test_the_index_equals_the_published_one():
    path = GOLD / "reat_farhauer_kroell.csv"
    if not path.exists():
        pytest.skip("the published numbers are not beside this checkout (../shared/gold)")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    row = next(r for r in csv.DictReader(lines) if r["function"] == "ellison.a gamma")
    firms, totals = row["input"].split("totals")
    regions = [[float(n) for n in re.findall(r"\d+", part)] for part in firms.split(";")[:3]]
    size = np.array([s for sizes in regions for s in sizes])
    herfindahl = plant_herfindahl(size, np.zeros(len(size), dtype=int), industries=1)
    jobs = np.array([[sum(sizes)] for sizes in regions])
    reference = np.array([float(n) for n in re.findall(r"\d+", totals)])
    found = agglomeration_index(jobs, herfindahl, reference=reference)
    assert found[0] == pytest.approx(float(row["published"]), abs=1e-8)


def test_plants_thrown_at_random_give_an_index_of_zero_on_average():
    rng = np.random.default_rng(3)
    reference = np.array([5.0, 3.0, 2.0])
    size = rng.lognormal(size=20)
    place = rng.choice(3, p=reference / 10, size=(4000, 20))
    jobs = np.stack([(place == r) @ size for r in range(3)])
    herfindahl = plant_herfindahl(size, np.zeros(20, dtype=int), industries=1)
    thrown = agglomeration_index(jobs, np.repeat(herfindahl, 4000), reference=reference)
    error = thrown.std() / np.sqrt(4000)
    assert abs(thrown.mean()) < 4 * error
    assert error < 0.01


@settings(deadline=None)
@given(JOBS, arrays(float, 3, elements=st.floats(0.0, 0.9)))
def test_the_group_index_is_the_weighted_mean_of_the_pairwise_ones(jobs, herfindahl):
    reference = np.array([1.0, 2.0, 3.0, 4.0])
    pair = pairwise_coagglomeration(jobs, reference=reference)
    weight = jobs.sum(axis=0) / jobs.sum()
    both = np.outer(weight, weight)
    np.fill_diagonal(both, 0)
    expected = np.nansum(both * pair) / both.sum()
    found = group_coagglomeration(jobs, herfindahl, reference=reference)
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_coagglomeration_of_reat_does_not_weight_and_leaves_the_range():
    # ellison.c of REAT (12.07 for the data of Farhauer and Kroell) adds the regional shares of the
    # industries instead of weighting them, so its shares of the group sum to their number.
    jobs = np.array([[60.0, 30.0, 5.0], [30.0, 40.0, 5.0], [10.0, 30.0, 90.0]])
    plants = np.array([0.2, 0.3, 0.1])
    region = np.array([0.5, 0.3, 0.2])
    ours = group_coagglomeration(jobs, plants, reference=region)
    weight, share = jobs.sum(axis=0) / jobs.sum(), jobs / jobs.sum(axis=0)
    room = 1 - (region**2).sum()
    gamma = agglomeration_index(jobs, plants, reference=region)

    def equation(group, own):
        gap = ((group - region) ** 2).sum()
        plain = gap / room - (weight**2 * plants).sum() - own
        return plain / (1 - (weight**2).sum())

    weighted = equation(share @ weight, (gamma * weight**2 * (1 - plants)).sum())
    added = equation(share.sum(axis=1), (gamma * (weight**2).sum() * (1 - plants)).sum())
    assert ours == pytest.approx(weighted)
    assert abs(ours) < 1 < added


@settings(deadline=None)
@given(JOBS)
def test_cutting_an_industry_in_two_like_halves_makes_them_coagglomerate_as_it_agglomerates(jobs):
    # Of infinitely many plants (H = 0), gamma of the whole equals gamma^c of the halves.
    reference = jobs.sum(axis=1)
    whole = agglomeration_index(jobs[:, :1], np.zeros(1), reference=reference)
    halves = np.repeat(jobs[:, :1], 2, axis=1)
    found = group_coagglomeration(halves, np.zeros(2), reference=reference)
    assert found == pytest.approx(whole[0], abs=1e-9)


@settings(deadline=None)
@given(JOBS, st.floats(0.01, 100))
def test_the_unit_of_employment_does_not_matter(jobs, factor):
    herfindahl = np.full(3, 0.1)
    assume(np.isfinite(jobs * factor).all())
    np.testing.assert_allclose(
        agglomeration_index(jobs, herfindahl), agglomeration_index(jobs * factor, herfindahl)
    )


@settings(deadline=None)
@given(JOBS)
def test_pairwise_coagglomeration_takes_the_mean_share_as_reference_and_is_symmetric(jobs):
    found = pairwise_coagglomeration(jobs)
    share = jobs / jobs.sum(axis=0)
    mean = share.mean(axis=1)
    expected = ((share[:, 0] - mean) * (share[:, 2] - mean)).sum() / (1 - (mean**2).sum())
    assert found[0, 2] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(found, found.T)
    assert np.isnan(np.diag(found)).all()


def test_one_plant_no_employment_and_one_region_are_unknown():
    jobs = np.array([[4.0, 0.0], [0.0, 0.0]])
    assert plant_herfindahl(np.array([4.0]), np.array([0]), industries=2)[0] == 1.0
    found = agglomeration_index(jobs, np.array([1.0, np.nan]), reference=TWO)
    assert np.isnan(found).all()
    assert np.isnan(raw_concentration(jobs, reference=TWO)[1])
    assert np.isnan(group_coagglomeration(jobs, np.array([0.5, np.nan]), reference=TWO))
    assert np.isnan(agglomeration_index(jobs[:1, :1], np.array([0.5])))
    assert np.isnan(pairwise_coagglomeration(np.array([[1.0, 2.0]]))).all()
    assert np.isnan(pairwise_coagglomeration(np.column_stack([jobs, [1.0, 2.0]]))[1]).all()


def test_bad_input_is_refused():
    jobs = np.ones((2, 2))
    with pytest.raises(ValueError, match="smallest is -1"):
        raw_concentration(-jobs)
    with pytest.raises(ValueError, match="NaN or infinity"):
        pairwise_coagglomeration(jobs * np.nan)
    with pytest.raises(ValueError, match="2 axes"):
        raw_concentration(np.ones(3))
    with pytest.raises(ValueError, match="each of 2 regions"):
        raw_concentration(jobs, reference=np.ones(3))
    with pytest.raises(ValueError, match="all regions are 0"):
        raw_concentration(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"0 \.\. 1, but runs 0.5 \.\. 1.5"):
        agglomeration_index(jobs, np.array([0.5, 1.5]))
    with pytest.raises(ValueError, match="2 entries"):
        group_coagglomeration(jobs, np.ones(3))
    with pytest.raises(ValueError, match=r"numbered 0 \.\. 1"):
        plant_herfindahl(np.ones(2), np.array([0, 2]), industries=2)
    with pytest.raises(ValueError, match="as many industries"):
        plant_herfindahl(np.ones(2), np.array([0]), industries=2)
