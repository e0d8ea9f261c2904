"""The signals behind a core score: each worked out by hand, and neutral where nobody states it."""

from __future__ import annotations

import json

import pytest

from clusterloom.errors import RecipeError
from clusterloom.stages.core import Core

from .conftest import activity_row, organisation_row
from .test_composition import link_row
from .test_core import assignment, scores, words, world
from .test_sources_bad_input import read


def development(key, org_id, **more):
    return {
        "development_id": key, "org_id": org_id, "title": key, "source_id": "toy",
        "source_row": "d:1", **more,
    }  # fmt: skip


def survey(**stated):
    return world(
        [organisation_row("inst", "research_institute")],
        [],
        [assignment("development:d1", "inst", kind="development", confidence=0.8)],
        developments=[development("d1", "inst", **stated)],
    )


def signals(tables, **parameters):
    rows = Core(**parameters).run(tables).rows("core_signal")
    return {(row["org_id"], row["signal"]): row for row in rows}


def test_readiness_novelty_and_rights_of_a_survey_answer_multiply():
    # 0.8 x (1 + 0.5 x 6/9) x (1 + 0.5 world) x (1 + 0.25 applied) = 0.8 x 4/3 x 1.5 x 1.25 = 2.
    tables = survey(trl=6, novelty="world", ip="applied")
    assert scores(tables)["inst"]["score"] == pytest.approx(2.0)
    found = signals(tables)
    # Without one of them the score would be 2 / factor.
    assert found["inst", "readiness"]["value"] == 6
    assert found["inst", "readiness"]["contribution"] == pytest.approx(2 - 2 * 3 / 4)
    assert found["inst", "novelty"]["contribution"] == pytest.approx(2 - 2 / 1.5)
    assert found["inst", "intellectual_property"]["contribution"] == pytest.approx(2 - 2 / 1.25)
    assert json.loads(found["inst", "novelty"]["based_on"]) == ["development:d1"]
    assert "This adds 0.67 to its score." in words(found["inst", "novelty"])
    assert "answers that state their novelty: 1" in words(scores(tables)["inst"])


def test_what_a_survey_answer_does_not_state_is_neutral():
    assert scores(survey())["inst"]["score"] == pytest.approx(0.8)
    assert signals(survey()) == {}
    assert scores(survey(novelty="organisation", ip="none"))["inst"]["score"] == pytest.approx(0.8)


def two_directions(**more):
    return world(
        [organisation_row("inst", "research_institute")],
        [
            activity_row("old", "inst", **{**more, "year": 2010}),
            activity_row("new", "inst", **{**more, "year": 2020}),
            activity_row("undated", "inst", **more),
        ],
        [assignment(a, "inst", confidence=0.5) for a in ("old", "new", "undated")],
    )


def test_an_old_direction_counts_half_after_the_half_life_and_an_undated_one_whole():
    # 0.5 x 0.7 (unmarked) x (0.5 + 1 + 1) at ten years.
    tables = two_directions()
    assert scores(tables)["inst"]["score"] == pytest.approx(0.35 * 2.5)
    row = signals(tables)["inst", "recency"]
    assert row["value"] == 2020
    assert row["contribution"] == pytest.approx(-0.35 * 0.5)
    assert "This takes 0.17 from its score." in words(row) or "0.18" in words(row)
    assert scores(tables, half_life_years=1e9)["inst"]["score"] == pytest.approx(0.35 * 3)


def test_volume_counts_by_doublings_over_what_is_usual_in_the_same_source():
    # Weights 1, 1, 4: usual 1; two doublings add 2 x 0.25. The other source is usual in itself.
    tables = world(
        [organisation_row("inst", "research_institute")],
        [
            activity_row("a", "inst"),
            activity_row("b", "inst"),
            activity_row("c", "inst", weight=4.0),
            activity_row("d", "inst", weight=1e6, source_id="money"),
        ],
        [assignment(a, "inst") for a in "abcd"],
    )
    assert scores(tables)["inst"]["score"] == pytest.approx(0.7 * (1 + 1 + 1.5 + 1))
    assert signals(tables)["inst", "volume"]["contribution"] == pytest.approx(0.35)
    assert scores(tables, volume_weight=9.0)["inst"]["score"] == pytest.approx(0.7 * 5)


def test_the_best_tied_organisation_gains_most_and_parents_do_not_tie():
    names = ("a", "b", "c")
    tables = world(
        [organisation_row(n, "research_institute") for n in names],
        [activity_row(f"{n}1", n) for n in names],
        [assignment(f"{n}1", n) for n in names],
    ).with_rows(
        "link",
        [
            link_row("a", "b", "contract"),
            link_row("a", "b", "joint_research"),
            link_row("a", "c", "contract"),
            link_row("b", "c", "parent"),
            link_row("b", "outside", "contract"),
        ],
    )
    found = scores(tables)
    assert found["a"]["score"] == pytest.approx(0.7 * 1.25)
    assert found["b"]["score"] == pytest.approx(0.7 * 1.125)
    assert found["c"]["score"] == pytest.approx(0.7 * 1.125)
    row = signals(tables)["a", "position"]
    assert (row["value"], row["unit"]) == (2, "ties")
    assert row["contribution"] == pytest.approx(0.7 * 0.25)


def test_ties_alone_make_no_core():
    tables = world(
        [organisation_row("a", "research_institute"), organisation_row("b", "university")],
        [activity_row("b1", "b")],
        [assignment("b1", "b")],
    ).with_rows("link", [link_row("a", "b", "contract")])
    assert scores(tables)["a"]["score"] == 0
    assert ("a", "position") not in signals(tables)


def test_novelty_and_rights_are_read_from_a_folder_and_other_words_refused(tmp_path):
    answers = (
        "org_id,title,trl,novelty,ip\n"
        "a,Laser,6,world,applied\n"
        "a,Mirror,,,\n"
        "a,Lens,5,galaxy,\n"
        "nobody,Prism,5,world,\n"
    )
    tables = read(tmp_path, developments=answers)
    found = {row["title"]: (row["novelty"], row["ip"]) for row in tables.rows("development")}
    assert found == {"Laser": ("world", "applied"), "Mirror": (None, None)}
    faults = sorted(row["fault"] for row in tables.rows("quarantine"))
    assert len(faults) == 2
    assert any("novelty `galaxy` is not one of world, country, organisation" in f for f in faults)
    assert any("nobody" in f for f in faults)


def test_ties_to_organisations_outside_the_data_go_to_quarantine(tmp_path):
    tables = read(tmp_path, links="org_a,org_b,kind\na,b,contract\na,nobody,contract\n")
    assert [(row["org_a"], row["org_b"]) for row in tables.rows("link")] == [("a", "b")]
    (row,) = tables.rows("quarantine")
    assert "nobody" in row["fault"]
    assert row["remedy"]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"novelty_weights": {"world": 1.0}}, "novelty_weights"),
        ({"ip_weights": {"granted": -1, "applied": 0, "know_how": 0, "none": 0}}, "ip_weights"),
        ({"half_life_years": 0.0}, "half_life_years is 0"),
        ({"position_weight": -1.0}, "position_weight is -1"),
    ],
)
def test_signal_parameters_out_of_range_are_refused(parameters, fault):
    with pytest.raises(RecipeError, match=fault):
        Core(**parameters)
