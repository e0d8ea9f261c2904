"""Result table of the core's signals: what moves each organisation's score, signal by signal."""

from __future__ import annotations

from clusterloom.schema._result import ORG_ID, result
from clusterloom.schema._shorthand import real, text

__all__ = ["CORE_TABLES"]

_CORE_SIGNAL = result(
    "core_signal",
    "One signal behind a core score: its value, and what it moves the score by. A signal nobody states has no row and moves nothing.",
    ("candidate_id", "org_id", "signal"),
    (
        text("candidate_id", "territory and family", "minsk--family-laser-technology"),
        ORG_ID,
        text(
            "signal",
            "what is looked at",
            "readiness",
            choices=(
                "readiness",
                "novelty",
                "intellectual_property",
                "volume",
                "recency",
                "position",
            ),
        ),
        real(
            "value",
            "mean level, number of answers, ratio, newest year or ties",
            "6",
            unit="column `unit`",
        ),
        text("unit", "its unit", "TRL"),
        real(
            "contribution",
            "score with the signal minus score without it",
            "0.2",
            unit="weighted directions",
        ),
    ),
    (("org_id", "organisation"),),
)

CORE_TABLES = (_CORE_SIGNAL,)
