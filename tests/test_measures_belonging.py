"""Who belongs to a cluster: by hand, against direct maximisation, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit, xlog1py, xlogy

from clusterloom.measures.belonging import chance_of_belonging

counts = st.lists(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=12,
)


def both(pairs):
    return np.array(pairs, dtype=float).T


def log_density(k, n, share):
    return xlogy(k, share) + xlog1py(n - k, -share)


def penalised(k, n, *, a, m, elsewhere, typical, worth):
    """Log likelihood of the mixture, with one more member and one other, and the expectation."""
    one = np.log(m) + log_density(k, n, a)
    other = np.log1p(-m) + log_density(k, n, elsewhere)
    expectation = worth * (typical * np.log(a) + (1 - typical) * np.log1p(-a))
    return np.logaddexp(one, other).sum() + np.log(m) + np.log1p(-m) + expectation


def test_one_organisation_solved_by_hand():
    # One direction of one inside, a = 0.9, elsewhere 0.1: the chance is 9 m / (9 m + 1 - m).
    # With m = (chance + 1) / 3 this is 3 m (8 m + 1) = 9 m + 8 m + 1, or 24 m² - 14 m - 1 = 0.
    m = (14 + np.sqrt(14**2 + 4 * 24)) / 48
    found = chance_of_belonging(
        np.ones(1), np.ones(1), elsewhere=0.1, typical=0.9, worth=1e12, least=0.5
    )
    assert found.share_of_members == pytest.approx(m, abs=1e-9)
    assert found.chance[0] == pytest.approx(9 * m / (8 * m + 1), abs=1e-9)
    assert found.typical_share == pytest.approx(0.9, abs=1e-9)


def test_one_direction_of_one_tells_less_than_three_of_three():
    inside = np.array([3.0, 1.0, 0.0, 0.0, 1.0])
    directions = np.array([3.0, 1.0, 3.0, 1.0, 3.0])
    full, single, none, idle, third = chance_of_belonging(inside, directions, elsewhere=0.1).chance
    assert full > single > third > none
    assert idle > none  # one direction elsewhere says less than three


@given(counts, st.floats(0.02, 0.4))
def test_the_fit_is_a_maximum_of_the_penalised_likelihood(pairs, elsewhere):
    k, n = both(pairs)
    told = {"elsewhere": elsewhere, "typical": 0.8, "worth": 20.0}
    found = chance_of_belonging(k, n, least=0.5, **told)
    a, m = found.typical_share, found.share_of_members

    def loss(point):
        # The share of a member stays at a half or above.
        return -penalised(k, n, a=0.5 + 0.5 * expit(point[0]), m=expit(point[1]), **told)

    assume(0.501 < a < 0.999)
    best = minimize(loss, [logit(2 * a - 1), logit(m)], method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    assert best.fun == pytest.approx(-penalised(k, n, a=a, m=m, **told), abs=1e-6)
    assert 0.5 + 0.5 * expit(best.x[0]) == pytest.approx(a, abs=2e-3)
    odds = np.log(m / (1 - m)) + log_density(k, n, a) - log_density(k, n, elsewhere)
    np.testing.assert_allclose(found.chance, expit(odds), atol=1e-6)


@given(counts, st.floats(0.0, 0.9))
def test_more_inside_of_as_many_directions_never_lowers_the_chance(pairs, elsewhere):
    k, n = both(pairs)
    chance = chance_of_belonging(k, n, elsewhere=elsewhere).chance
    for i in range(len(k)):
        for j in range(len(k)):
            if n[i] == n[j] and k[i] >= k[j]:
                assert chance[i] >= chance[j] - 1e-12


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_organisations_does_not_matter(pairs, random):
    k, n = both(pairs)
    order = list(range(len(k)))
    random.shuffle(order)
    one = chance_of_belonging(k, n, elsewhere=0.1)
    other = chance_of_belonging(k[order], n[order], elsewhere=0.1)
    np.testing.assert_allclose(other.chance, one.chance[order], atol=1e-9)
    assert other.typical_share == pytest.approx(one.typical_share)


def test_planted_members_are_told_from_others_by_chances_that_hold():
    random = np.random.default_rng(0)
    member = random.random(20_000) < 0.3
    n = random.integers(1, 7, size=20_000).astype(float)
    k = random.binomial(n.astype(int), np.where(member, 0.85, 0.08)).astype(float)
    found = chance_of_belonging(k, n, elsewhere=0.08)
    assert found.share_of_members == pytest.approx(0.3, abs=0.03)
    assert found.typical_share == pytest.approx(0.85, abs=0.02)
    # Of those with a chance of a half or so, a half or so are members: it is a probability.
    for low, high in ((0.0, 0.1), (0.2, 0.8), (0.9, 1.0)):
        within = (found.chance >= low) & (found.chance <= high)
        assert member[within].mean() == pytest.approx(found.chance[within].mean(), abs=0.05)


def test_without_known_directions_nothing_is_said():
    found = chance_of_belonging(np.array([0.0, 2.0]), np.array([0.0, 2.0]), elsewhere=0.1)
    assert np.isnan(found.chance[0])
    assert found.chance[1] > 0.5
    nobody = chance_of_belonging(np.zeros(2), np.zeros(2), elsewhere=0.1, typical=0.7)
    assert np.isnan(nobody.chance).all()
    assert (nobody.typical_share, nobody.share_of_members) == (0.7, 0.5)
    assert len(chance_of_belonging(np.empty(0), np.empty(0), elsewhere=0.1).chance) == 0


def test_where_everybody_elsewhere_does_it_too_it_tells_nothing():
    found = chance_of_belonging(np.array([2.0, 1.0]), np.array([2.0, 2.0]), elsewhere=1.0)
    assert np.isfinite(found.chance).all()
    assert found.chance == pytest.approx([0.5, 0.5], abs=0.01)


@pytest.mark.parametrize(
    ("inside", "directions", "told", "fault"),
    [
        ([-1.0], [1.0], {}, "finite and >= 0"),
        ([np.nan], [1.0], {}, "finite and >= 0"),
        ([1.0], [np.inf], {}, "finite and >= 0"),
        ([2.0], [1.0], {}, "more directions inside"),
        ([1.0], [1.0], {"elsewhere": 1.5}, "are shares"),
        ([1.0], [1.0], {"typical": -0.1}, "are shares"),
        ([1.0], [1.0], {"least": np.nan}, "are shares"),
        ([1.0], [1.0], {"worth": -1.0}, "worth is >= 0"),
    ],
)
def test_bad_input_is_refused(inside, directions, told, fault):
    with pytest.raises(ValueError, match=fault):
        chance_of_belonging(np.array(inside), np.array(directions), **({"elsewhere": 0.1} | told))
