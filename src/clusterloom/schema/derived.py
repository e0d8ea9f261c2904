"""The tables the program makes on the way from sources to stages."""

from __future__ import annotations

from clusterloom.schema._shorthand import ABSENT, real, text
from clusterloom.schema.model import Column, ColumnType, TableKind, TableSchema
from clusterloom.schema.vocabulary import ACTIVITY_KINDS, PARADIGMS

__all__ = ["DERIVED_TABLES"]

_FIELD = TableSchema(
    name="field",
    kind=TableKind.DERIVED,
    meaning="The field catalogue: sciences, technologies and industries with labels in four languages.",
    key=("field_id",),
    references=(("parent_id", "field"),),
    columns=(
        text("field_id", "stable short name", "laser-technology"),
        text(
            "parent_id", "the broader field", "photonics-optics", null="a field of the first level"
        ),
        text("label_en", "label in English", "Laser technology"),
        text("label_ru", "label in Russian", "Лазерная техника"),
        text("label_be", "label in Belarusian", "Лазерная тэхніка"),
        text("label_zh", "label in Chinese", "激光技术"),
        text("description_en", "what belongs to it, in English", "Design of lasers …"),
        text("description_ru", "what belongs to it, in Russian", "Разработка лазеров …"),
        text("description_be", "what belongs to it, in Belarusian", "Распрацоўка лазераў …"),
        text("description_zh", "what belongs to it, in Chinese", "激光器的研制……"),
        text("wipo35", "WIPO technology fields (numbers split by |)", "9", null="none fits"),
        text(
            "ford",
            "OECD fields of research and development (codes split by |)",
            "1.3",
            null="none fits",
        ),
        text("isic", "ISIC Rev. 4 divisions and groups split by |", "26|267", null="none fits"),
        text("nace", "NACE Rev. 2 divisions and groups split by |", "26|26.7", null="none fits"),
        text("ipc", "IPC subclasses split by |", "H01S", null="none fits"),
        text(
            "paradigm",
            "technological paradigm it mainly belongs to (the project's own mapping)",
            "V",
            null=ABSENT,
            choices=PARADIGMS,
        ),
        text("paradigm_reason_en", "why", "classical lasers", null="no paradigm"),
    ),
)

_ACTIVITY_FIELD = TableSchema(
    name="activity_field",
    kind=TableKind.DERIVED,
    meaning="Which fields an activity or development belongs to, and how sure that is.",
    key=("activity_id", "field_id"),
    references=(("org_id", "organisation"), ("field_id", "field")),
    columns=(
        text("activity_id", "the activity, or `development:` and its id", "by-nas-physics:a1"),
        text("org_id", "who does it", "by-nas-physics"),
        text("kind", "kind of work", "research", choices=ACTIVITY_KINDS),
        text("field_id", "the field", "laser-technology"),
        real(
            "share",
            "share of the activity in this field; shares of one activity sum to 1",
            "0.7",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        real(
            "confidence",
            "chance that this field is right, by the code, the text or both",
            "0.8",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        text(
            "method",
            "how it was assigned: text, code, or both weighed against each other",
            "text",
            choices=("text", "code", "both"),
        ),
        text(
            "matched_code",
            "scheme and code that was read: the activity's own, or the nearest broader one known",
            "nace 26.70",
            null="assigned by text",
        ),
        text(
            "link_origin",
            "where the link from code to field comes from, see `concordance`",
            "catalogue",
            null="assigned by text",
        ),
        real(
            "agreement",
            "how far code and text both support the first field",
            "0.9",
            unit="share",
            null="only one of them was read",
            minimum=0,
            maximum=1,
        ),
        text(
            "paradigm",
            "paradigm the source or the survey states; see `direction_paradigm` for the rest",
            "VI",
            null=ABSENT,
            choices=PARADIGMS,
        ),
        text(
            "paradigm_origin",
            "whose statement it is: source or survey",
            "source",
            null="nothing stated",
        ),
    ),
)

_FIELD_ADJACENCY = TableSchema(
    name="field_adjacency",
    kind=TableKind.DERIVED,
    meaning="How adjacent two fields are: every signal by itself, and the fused value. field_a < field_b.",
    key=("field_a", "field_b"),
    references=(("field_a", "field"), ("field_b", "field")),
    columns=(
        text("field_a", "one field", "laser-technology"),
        text("field_b", "the other field", "optical-components"),
        real(
            "text",
            "similarity of labels and descriptions",
            "0.6",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
        real(
            "classification",
            "closeness in the tree and shared external codes",
            "0.5",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
        real(
            "cooccurrence",
            "how far the two are found together, by the measure the recipe names",
            "0.4",
            unit="0..1",
            null="a field nobody does",
            minimum=0,
            maximum=1,
        ),
        real(
            "link",
            "how much more often linked organisations do one each than chance",
            "0.3",
            unit="0..1",
            null="a field without links",
            minimum=0,
            maximum=1,
        ),
        real(
            "fused",
            "the known signals as one, by the weights in adjacency_weight",
            "0.5",
            unit="0..1",
            minimum=0,
            maximum=1,
        ),
        real(
            "together",
            "organisations, places or projects in which both are found (a half-sure one by half)",
            "3",
            unit="organisations, places or projects",
            null="a field nobody does",
            minimum=0,
        ),
        real(
            "association",
            "found together over chance; 1 = as often as by chance",
            "2.5",
            unit="ratio",
            null="a field nobody does",
            minimum=0,
        ),
        real(
            "cosine",
            "found together over the geometric mean of both",
            "0.3",
            unit="0..1",
            null="a field nobody does",
            minimum=0,
            maximum=1,
        ),
        real(
            "jaccard",
            "found together over where either is",
            "0.2",
            unit="0..1",
            null="a field nobody does",
            minimum=0,
            maximum=1,
        ),
        real(
            "conditional",
            "the smaller chance to find one where the other is",
            "0.2",
            unit="0..1",
            null="a field nobody does",
            minimum=0,
            maximum=1,
        ),
        real(
            "correlation",
            "correlation of how specialised the same ones are in either",
            "0.1",
            unit="-1..1",
            null="a field nobody does, or everybody alike",
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="reasons",
            type=ColumnType.JSON,
            meaning="each signal in words, as templates with arguments",
            example='[{"text": "…", "args": {}}]',
            null="not written",
        ),
    ),
)

_FIELD_FAMILY = TableSchema(
    name="field_family",
    kind=TableKind.DERIVED,
    meaning="Families of adjacent fields: groups that hold together in the adjacency network.",
    key=("field_id",),
    references=(("field_id", "field"),),
    columns=(
        text("field_id", "the field", "laser-technology"),
        text(
            "family_id", "the family, named after its most central field", "family-laser-technology"
        ),
        real(
            "centrality",
            "share of the family's inner adjacency that the field carries",
            "0.2",
            unit="share",
            minimum=0,
            maximum=1,
        ),
    ),
)

DERIVED_TABLES = (_FIELD, _ACTIVITY_FIELD, _FIELD_ADJACENCY, _FIELD_FAMILY)
