"""Result tables of adjacency: how far each kind of evidence counts, and who is near whom."""

from __future__ import annotations

from clusterloom.schema._result import ORG_ID, result, share
from clusterloom.schema._shorthand import integer, real, text
from clusterloom.schema.model import Column, ColumnType

__all__ = ["ADJACENCY_TABLES"]

_UNIT = "0..1"


def _score(name: str, meaning: str, example: str) -> Column:
    return real(name, meaning, example, unit=_UNIT, null="not estimated", minimum=0, maximum=1)


_ADJACENCY_WEIGHT = result(
    "adjacency_weight",
    "How far each kind of evidence counts in adjacency, and how well it ranked later links.",
    ("unit", "signal"),
    (
        text(
            "unit",
            "what the pairs are pairs of",
            "field",
            choices=("field", "organisation"),
        ),
        text("signal", "the kind of evidence; `fused` is all of them together", "text"),
        real(
            "weight",
            "its share in the fused value",
            "0.4",
            unit="share",
            null="the fused value itself",
            minimum=0,
            maximum=1,
        ),
        share("weight_low", "lower end of the 95 % interval", "0.3", null="not estimated"),
        share("weight_high", "upper end of the 95 % interval", "0.5", null="not estimated"),
        text(
            "origin",
            "fitted to past data, the stated prior, or stated in the recipe",
            "fitted",
            choices=("fitted", "prior", "stated"),
        ),
        _score("average_precision", "mean share of linked pairs among those ranked as high", "0.1"),
        _score("average_precision_low", "lower end of the 95 % interval", "0.05"),
        _score("average_precision_high", "upper end of the 95 % interval", "0.15"),
        _score("auc", "chance that a linked pair stands above one that is not", "0.7"),
        _score("auc_low", "lower end of the 95 % interval", "0.6"),
        _score("auc_high", "upper end of the 95 % interval", "0.8"),
        integer(
            "n_pairs", "pairs it was fitted on", "5000", unit="pairs", null="not fitted", minimum=0
        ),
        integer(
            "n_linked",
            "of these, pairs that became linked",
            "100",
            unit="pairs",
            null="not fitted",
            minimum=0,
        ),
    ),
)

_ORGANISATION_ADJACENCY = result(
    "organisation_adjacency",
    "The nearest organisations of each organisation by what they do, with every signal.",
    ("org_id", "neighbour_id"),
    (
        ORG_ID,
        text("neighbour_id", "an organisation near to it", "by-lotis"),
        integer("rank", "1 = the nearest", "1", unit="rank", minimum=1),
        real("fused", "the known signals as one", "0.6", unit=_UNIT, minimum=0, maximum=1),
        real(
            "profile",
            "likeness of their fields, adjacent fields counted in part",
            "0.7",
            unit=_UNIT,
            null="the fields of one are not known",
            minimum=0,
            maximum=1,
        ),
        real(
            "text",
            "likeness of what is written about their work",
            "0.5",
            unit=_UNIT,
            null="no text of one is known",
            minimum=0,
            maximum=1,
        ),
        real(
            "partners",
            "share of common partners (cosine)",
            "0.3",
            unit=_UNIT,
            null="no tie of one is known",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="tied",
            type=ColumnType.BOOLEAN,
            meaning="whether the two have a working tie already; no part of the fused value",
            example="true",
        ),
        text("field_a", "field of the organisation that brings it nearest", "laser-technology",
             null="fields not known"),
        text("field_b", "the neighbour's field on the other side", "optical-components",
             null="fields not known"),
    ),
    (("neighbour_id", "organisation"),),
)  # fmt: skip

ADJACENCY_TABLES = (_ADJACENCY_WEIGHT, _ORGANISATION_ADJACENCY)
