"""The plan in short: which partner abroad is named."""

from __future__ import annotations

import pytest

from clusterloom.views.summary import summary_lines


def bridge(name, **more):
    parts = {"complementarity": 0.0, "returned": 0.0, "kinship": 0.02}
    return {"name": name, "abroad": True, **parts, **more}


def lines(*bridges):
    cluster = {
        "name": "Vitebsk: vaccines", "country": "BY", "n_members": 14, "coverage": 0.4,
        "optimality_gap": 0.0, "candidate": {"q_value": 0.1, "effect_ratio": 2.0}, "roles": [],
        "introductions": [], "bridges": bridges,
    }  # fmt: skip
    view = {
        "language": "en", "counts": {"organisation": 1, "activity": 1, "link": 1},
        "candidates": [], "clusters": [cluster], "not_known": [],
    }  # fmt: skip
    return [line.strip() for line in summary_lines(view) if "abroad" in line]


@pytest.mark.parametrize(
    "worth",
    [{"complementarity": 0.01}, {"returned": 0.01}, {"kinship": 0.11}],
)
def test_the_first_partner_abroad_that_covers_a_need_or_is_kin_is_named(worth):
    found = lines(bridge("Beijing: AI"), bridge("Wuhan: vaccines", **worth), bridge("Hefei: AI"))
    assert found == ["partner abroad: Wuhan: vaccines"]


@pytest.mark.parametrize("nothing", [{}, {"complementarity": None, "kinship": None}])
def test_a_partner_abroad_with_next_to_nothing_in_common_is_not_named(nothing):
    assert lines(bridge("Beijing: AI", **nothing)) == ["No partner abroad worth naming was found."]


def test_without_clusters_abroad_nothing_is_said_of_them():
    assert lines(bridge("Minsk: lasers", abroad=False, kinship=0.9)) == []
