"""Result tables of time: candidates by period, their phase, fields that came and went."""

from __future__ import annotations

from clusterloom.schema._result import result, share
from clusterloom.schema._shorthand import integer, real, text

__all__ = ["TIME_TABLES"]

_CANDIDATE_ID = text("candidate_id", "territory and family", "minsk--family-laser-technology")
_WORKS = "pieces of work"


_CANDIDATE_PERIOD = result(
    "candidate_period",
    "What the members of a candidate did in its family in one period.",
    ("candidate_id", "last_year"),
    (
        _CANDIDATE_ID,
        integer("first_year", "first year of the period", "2020", unit="year"),
        integer("last_year", "last year of the period", "2024", unit="year"),
        integer(
            "n_works",
            "dated projects, or directions where no project is named, in the family",
            "12",
            unit=_WORKS,
            minimum=0,
        ),
        integer("n_organisations", "members that did them", "7", unit="organisations", minimum=0),
        integer(
            "country_works", "dated pieces of work of the country, all fields", "240", unit=_WORKS,
            minimum=0,
        ),
        share(
            "country_share",
            "the candidate's share of the country's work, which takes out how fully a source covers a period",
            "0.05",
            null="nothing of the country is dated in the period",
        ),
    ),
)  # fmt: skip

_CANDIDATE_PHASE = result(
    "candidate_phase",
    "Whether a candidate emerges, grows, is mature or declines, by its last two periods.",
    ("candidate_id",),
    (
        _CANDIDATE_ID,
        text(
            "phase",
            "emerging, growing, mature, declining; uncertain where the change may be chance; not_known",
            "growing",
            choices=("emerging", "growing", "mature", "declining", "uncertain", "not_known"),
        ),
        real(
            "growth",
            "change of the country share over its mean of both periods",
            "0.4",
            unit="change over mean, -2..2",
            null="no work in either period, or a period without any dated work",
            minimum=-2,
            maximum=2,
        ),
        real(
            "p_value",
            "chance of a change at least so unlikely if the candidate's share had stayed the same",
            "0.01",
            unit="probability",
            null="not tested",
            minimum=0,
            maximum=1,
        ),
        real(
            "q_value",
            "false-discovery rate over all candidates tested (Benjamini-Hochberg)",
            "0.04",
            unit="probability",
            null="not tested",
            minimum=0,
            maximum=1,
        ),
        integer("n_early", "pieces of work in the last period but one", "8", unit=_WORKS, minimum=0),
        integer("n_late", "pieces of work in the last period", "12", unit=_WORKS, minimum=0),
        integer("n_undated", "pieces of work without a date", "3", unit=_WORKS, minimum=0),
        integer(
            "n_later", "pieces of work dated after the last period, set aside", "0", unit=_WORKS,
            minimum=0,
        ),
    ),
)  # fmt: skip

_FIELD_CHANGE = result(
    "field_change",
    "A field that a candidate's members took up or gave up between two periods.",
    ("candidate_id", "field_id", "last_year"),
    (
        _CANDIDATE_ID,
        text("field_id", "the field", "optical-components"),
        integer("last_year", "last year of the later period", "2024", unit="year"),
        text("change", "entry or exit", "entry", choices=("entry", "exit")),
        real(
            "quotient_before",
            "location quotient against the country in the period before",
            "0.4",
            unit="ratio",
            null="the country did not do it",
            minimum=0,
        ),
        real(
            "quotient_after",
            "location quotient against the country in the later period",
            "1.6",
            unit="ratio",
            null="the country did not do it",
            minimum=0,
        ),
        integer("n_before", "pieces of work in the period before", "0", unit=_WORKS, minimum=0),
        integer("n_after", "pieces of work in the later period", "4", unit=_WORKS, minimum=0),
        share(
            "density_before",
            "share of what is adjacent to the field that the members were specialised in before",
            "0.3",
            null="no field is adjacent to it",
        ),
    ),
    (("field_id", "field"),),
)

TIME_TABLES = (_CANDIDATE_PERIOD, _CANDIDATE_PHASE, _FIELD_CHANGE)
