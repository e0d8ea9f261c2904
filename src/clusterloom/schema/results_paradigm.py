"""The tables of the technological paradigm: by direction of work, and by organisation."""

from __future__ import annotations

from clusterloom.schema._result import ORG_ID, result, share, weak_share
from clusterloom.schema._shorthand import integer, real, text
from clusterloom.schema.vocabulary import ACTIVITY_KINDS, PARADIGM_LABELS, PARADIGM_VERDICTS

__all__ = ["PARADIGM_TABLES"]

_VERDICT = text(
    "verdict",
    "VI, V, other (I to IV, or tied to none) or not_known",
    "V",
    choices=PARADIGM_VERDICTS,
)

_DIRECTION_PARADIGM = result(
    "direction_paradigm",
    "The technological paradigms of each activity and development; several are possible.",
    ("activity_id", "label"),
    (
        text("activity_id", "the activity, or `development:` and its id", "by-nas-physics:a1"),
        text(
            "label",
            "the paradigm; none = looked at and tied to no paradigm; not_known = no evidence",
            "VI",
            choices=PARADIGM_LABELS,
        ),
        ORG_ID,
        text("kind", "kind of work", "research", choices=ACTIVITY_KINDS),
        _VERDICT,
        text(
            "origin",
            "what says so: source, survey, code, text or field",
            "field",
            null="not known",
            choices=("source", "survey", "code", "text", "field"),
        ),
        share("share", "share of the direction it speaks for", "1"),
        real(
            "confidence",
            "how sure the fields it rests on are",
            "0.8",
            unit="share",
            null="rests on a statement, code or word; not estimated",
            minimum=0,
            maximum=1,
        ),
        text(
            "fields",
            "fields whose part of the direction it speaks for, split by |",
            "laser-technology",
            null="the whole direction",
        ),
        text(
            "support",
            "what the mapping says to a statement: agrees, differs or silent",
            "agrees",
            null="no statement",
            choices=("agrees", "differs", "silent"),
        ),
        text(
            "mapping", "name and version of the mapping used", "Clusterloom 1", null="a statement"
        ),
        text("evidence", "evidence mark of the direction", "verified", null="not marked"),
    ),
    references=(("org_id", "organisation"),),
)

_ORGANISATION_PARADIGM = result(
    "organisation_paradigm",
    "The technological paradigms of each organisation, from its directions; several are possible.",
    ("org_id", "verdict"),
    (
        ORG_ID,
        _VERDICT,
        integer("n_directions", "directions of it", "4", unit="directions", minimum=0),
        share(
            "share",
            "share of its directions; a direction of several paradigms counts in each",
            "0.5",
            null="it has no known direction",
        ),
        text(
            "origins",
            "what says so, split by |: source, survey, code, text, field",
            "source|field",
            null="not known",
        ),
        weak_share(),
    ),
    references=(("org_id", "organisation"),),
)

PARADIGM_TABLES = (_DIRECTION_PARADIGM, _ORGANISATION_PARADIGM)
