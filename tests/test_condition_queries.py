"""The queries that conditions count with, against slow counting in Python."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterloom.stages._paradigms import Paradigms
from clusterloom.stages._years import dated_years, work_dates
from clusterloom.tables import Tables

from .conftest import activity_row, organisation_row, result
from .test_composition import link_row
from .test_conditions import member_row, source_row
from .test_core import assignment, candidate_row

FIELDS = ("lasers", "lasers_2", "optics", "dairy")


def judgement(activity_id, label, origin, fields):
    return result(
        activity_id=activity_id, label=label, org_id="o", kind="research", verdict="other",
        origin=origin, share=1.0, fields=fields,
    )  # fmt: skip


def country(*, stated=(), judged=(), years=(), links=()):
    """Work of one candidate in one family: each activity in lasers and in optics."""
    works = [f"a{i}" for i in range(max(len(stated), len(years)))]
    activities = [
        activity_row(a, "o", year=years[i] if i < len(years) else None) for i, a in enumerate(works)
    ]
    assigned = [
        assignment(a, "o", f, kind="research", paradigm=stated[i] if i < len(stated) else None)
        for i, a in enumerate(works)
        for f in ("lasers", "optics", "dairy")
    ]
    families = [
        {"field_id": f, "family_id": "food" if f == "dairy" else "light", "centrality": 0.5}
        for f in FIELDS
    ]
    orgs = [organisation_row(o, country=c) for o, c in (("o", "XA"), ("p", "XA"), ("q", "XB"))]
    candidates = [
        candidate_row("c", family_id="light"),
        candidate_row("d", family_id="light", verdict="too_small"),
    ]
    return (
        Tables()
        .with_rows("organisation", orgs)
        .with_rows("candidate", candidates)
        .with_rows("candidate_member", [member_row(c, o) for c in "cd" for o in "op"])
        .with_rows("activity", activities)
        .with_rows("activity_field", assigned)
        .with_rows("field_family", families)
        .with_rows("direction_paradigm", judged)
        .with_rows("link", [link_row(*one) for one in links])
    )


LABELS = st.sampled_from(["V", "VI", "none", "not_known"])
JUDGED = st.lists(
    st.tuples(
        st.integers(0, 4),
        LABELS,
        st.sampled_from([None, "source", "field"]),
        # `lasers_2` holds the name of another field, and `_` stands for any letter in LIKE.
        st.sampled_from([None, "lasers", "lasers_2|dairy", "optics|dairy", "dairy"]),
    ),
    max_size=8,
    unique_by=lambda one: one[:2],
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([None, "V", "VI"]), min_size=5, max_size=5), JUDGED)
def test_paradigms_of_a_familys_work_are_those_of_the_other_stages(stated, judged):
    rows = [judgement(f"a{i}", label, origin, fields) for i, label, origin, fields in judged]
    tables = country(stated=stated, judged=rows)
    paradigms = Paradigms(tables)
    wanted: dict[str, set[str]] = {}
    for row in tables.rows("activity_field"):
        if row["field_id"] != "dairy":
            wanted.setdefault(row["activity_id"], set()).update(paradigms.of(row))
    counted = tables.query("candidate_work").to_pylist()
    assert {r["candidate_id"] for r in counted} == {"c"}
    found = {r["activity_id"]: (r["paradigm_known"], r["paradigm_six"]) for r in counted}
    assert found == {a: (int(bool(held)), int("VI" in held)) for a, held in wanted.items()}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.integers(2015, 2035)), max_size=8),
    st.sampled_from([None, "2022-05-01", "someday"]),
    st.sampled_from([0, 2020]),
)
def test_the_years_counted_in_the_engine_are_those_of_every_piece(years, retrieved, as_of_year):
    tables = country(years=years).with_rows("source", [source_row(retrieved)])
    dates = work_dates(tables, as_of_year=as_of_year)
    wanted = (dates.as_of, frozenset(dates.year_of.values()))
    assert dated_years(tables, as_of_year=as_of_year) == wanted


def test_a_tie_is_told_once_with_the_countries_of_its_ends():
    links = [
        ("o", "p", "contract"), ("o", "q", "supply"), ("q", "o", "parent"),
        ("q", "gone", "contract"), ("p", "gone", "contract"), ("p", "o", "memorandum"),
    ]  # fmt: skip
    rows = country(stated=["V"], links=links).query("candidate_tie").to_pylist()
    found = [
        (r["candidate_id"], r["org_a"], r["org_b"], r["country_a"], r["country_b"]) for r in rows
    ]
    assert sorted(found, key=str) == [
        ("c", "o", "p", "XA", "XA"),
        ("c", "o", "q", "XA", "XB"),
        ("c", "p", "gone", "XA", None),
    ]


@pytest.mark.parametrize("kind", ["production", "training"])
def test_work_in_no_field_still_says_that_somebody_looked_for_its_kind(kind):
    tables = country(stated=["V"])
    rows = [*tables.rows("activity"), activity_row("z", "q", kind)]
    counted = tables.with_rows("activity", rows).query("country_work_kind").to_pylist()
    assert [(r["country"], r["kind"]) for r in counted] == [("XA", "research"), ("XB", kind)]
