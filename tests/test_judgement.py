"""What a code and a text say together: worked out by hand, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.entities.judgement import Said, weighed

BRANCH = {"lasers": "optics", "lenses": "optics", "dairy": "food", "meat": "food"}


def test_two_that_say_the_same_are_surer_than_either():
    both = weighed(Said({"lasers": 1.0}, 0.7), Said({"lasers": 1.0}, 0.8), BRANCH, n_fields=250)
    assert both.agreement == 1.0
    assert both.confidence == pytest.approx(1 - 0.3 * 0.2)


def test_two_that_differ_are_less_sure_and_the_surer_one_prevails():
    code, text = Said({"dairy": 1.0}, 0.6), Said({"lasers": 1.0}, 0.9)
    both = weighed(code, text, BRANCH, n_fields=4)
    # By hand: dairy (0.6 + 0.1) * 0.025, lasers 0.1 * (0.9 + 0.025).
    assert next(iter(both.shares)) == "lasers"
    assert both.shares["lasers"] == pytest.approx(0.0925 / (0.0925 + 0.0175))
    assert both.confidence == pytest.approx(0.9 * 0.4 / (1 - 0.54))
    assert both.agreement == 0.0


def test_the_text_chooses_among_the_fields_of_a_broad_code():
    code = Said({"lasers": 0.5, "lenses": 0.5}, 0.9)
    both = weighed(code, Said({"lenses": 0.7, "lasers": 0.2, "meat": 0.1}, 0.6), BRANCH, n_fields=4)
    assert next(iter(both.shares)) == "lenses"
    assert both.agreement == 1.0


def test_who_names_only_another_field_of_the_branch_supports_by_half():
    both = weighed(Said({"lenses": 1.0}, 0.3), Said({"lasers": 1.0}, 0.9), BRANCH, n_fields=250)
    assert next(iter(both.shares)) == "lasers"
    assert both.agreement == 0.5


def test_two_that_are_certain_of_different_things_leave_an_even_chance():
    both = weighed(Said({"lasers": 1.0}, 1.0), Said({"dairy": 1.0}, 1.0), BRANCH, n_fields=250)
    assert both.confidence == 0.5
    assert both.shares == pytest.approx({"dairy": 0.5, "lasers": 0.5})


shares = st.dictionaries(st.sampled_from(sorted(BRANCH)), st.floats(0.01, 1), min_size=1).map(
    lambda found: {field: value / sum(found.values()) for field, value in found.items()}
)
said = st.builds(Said, shares, st.floats(0, 1))


@given(said, said)
def test_shares_sum_to_one_and_nothing_leaves_its_range(one, other):
    both = weighed(one, other, BRANCH, n_fields=250)
    assert sum(both.shares.values()) == pytest.approx(1.0)
    assert list(both.shares.values()) == sorted(both.shares.values(), reverse=True)
    assert 0 <= both.agreement <= 1 + 1e-9
    assert 0 <= both.confidence <= 1 + 1e-9


@given(said, said)
def test_it_does_not_matter_which_of_two_is_the_code(one, other):
    here = weighed(one, other, BRANCH, n_fields=250)
    there = weighed(other, one, BRANCH, n_fields=250)
    assert here.shares == pytest.approx(there.shares)
    assert here.agreement == pytest.approx(there.agreement)
