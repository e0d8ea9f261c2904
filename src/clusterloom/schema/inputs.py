"""The tables registers fill: sources, places, organisations, what they do, how they are tied."""

from __future__ import annotations

from clusterloom.schema._columns import origin, year
from clusterloom.schema._shorthand import ABSENT, integer, json_text, real, text
from clusterloom.schema.answers import ANSWER_TABLES
from clusterloom.schema.existing import EXISTING_TABLES
from clusterloom.schema.model import TableKind, TableSchema
from clusterloom.schema.vocabulary import (
    ACTIVITY_KINDS,
    COORD_PRECISIONS,
    LARGEST_WEIGHT,
    LINK_KINDS,
    PARADIGMS,
    ROLES,
    SIZES,
)

__all__ = ["INPUT_TABLES"]

_SOURCE = TableSchema(
    name="source",
    kind=TableKind.INPUT,
    meaning="Where rows come from: one row for each imported source.",
    key=("source_id",),
    columns=(
        text("source_id", "stable short name of the source", "valley"),
        text("name", "title of the source for people", "The toy valley"),
        text("kind", "which reader imported it", "folder"),
        text("licence", "licence of the data", "CC0-1.0", null=ABSENT),
        text(
            "credit", "the words a reuser must print", "GeoNames, CC BY 4.0", null="no credit asked"
        ),
        text(
            "retrieved",
            "day the source was compiled or retrieved (ISO date)",
            "2026-11-23",
            null=ABSENT,
        ),
        text("digest", "SHA-256 of the files as they were read", "9f86d08188…"),
    ),
)

_PLACE = TableSchema(
    name="place",
    kind=TableKind.INPUT,
    meaning="A settlement, with the extent that limits how well anything known only by it is located.",
    key=("place_id",),
    columns=(
        text("place_id", "stable name: GeoNames id, or country and city", "geonames:625144"),
        text("name_en", "name in English", "Minsk"),
        text("name_ru", "name in Russian", "Минск", null=ABSENT),
        text("name_be", "name in Belarusian", "Мінск", null=ABSENT),
        text("name_zh", "name in Chinese", "明斯克", null=ABSENT),
        text("country", "ISO 3166-1 alpha-2 code", "BY"),
        text("region", "first-level region", "Minsk City", null=ABSENT),
        real(
            "lat_deg",
            "latitude of the centre",
            "53.90019",
            unit="degree WGS 84",
            minimum=-90,
            maximum=90,
        ),
        real(
            "lon_deg",
            "longitude of the centre",
            "27.56653",
            unit="degree WGS 84",
            minimum=-180,
            maximum=180,
        ),
        integer("population", "inhabitants", "1742124", unit="persons", null=ABSENT, minimum=0),
        real(
            "extent_km",
            "radius of a disc of the settlement's size, from its population",
            "11.8",
            unit="km",
            minimum=0,
        ),
        text("source_id", "the source the row was imported from", "geonames"),
        text(
            "source_row",
            "file and line in that source, or the register's own id",
            "geonames:625144",
        ),
    ),
)

_ORGANISATION = TableSchema(
    name="organisation",
    kind=TableKind.INPUT,
    meaning="An organisation that may take part in a cluster.",
    key=("org_id",),
    references=(("place_id", "place"), ("parent_org_id", "organisation")),
    columns=(
        text("org_id", "stable short name of the organisation", "by-nas-physics"),
        text("role", "what the organisation is by itself", "research_institute", choices=ROLES),
        text("name_en", "name in English, or as the source writes it", "Institute of Physics"),
        text("name_ru", "name in Russian", "Институт физики", null=ABSENT),
        text("name_be", "name in Belarusian", "Інстытут фізікі", null=ABSENT),
        text("name_zh", "name in Chinese", "物理研究所", null=ABSENT),
        text("country", "ISO 3166-1 alpha-2 code", "BY"),
        text("region", "first-level region", "Minsk City", null=ABSENT),
        text("city", "settlement as the source writes it", "Minsk", null=ABSENT),
        text(
            "place_id",
            "the settlement, once it was found",
            "geonames:625144",
            null="the settlement was not found",
        ),
        real(
            "lat_deg",
            "latitude",
            "53.921",
            unit="degree WGS 84",
            null=ABSENT,
            minimum=-90,
            maximum=90,
        ),
        real(
            "lon_deg",
            "longitude",
            "27.601",
            unit="degree WGS 84",
            null=ABSENT,
            minimum=-180,
            maximum=180,
        ),
        text("coord_precision", "what the coordinates point at", "city", choices=COORD_PRECISIONS),
        real(
            "extent_km",
            "radius within which the true position lies",
            "11.8",
            unit="km",
            null="position unknown",
            minimum=0,
        ),
        text("isic", "ISIC Rev. 4 division or group", "72", null=ABSENT),
        text("size", "size class by staff", "medium", null=ABSENT, choices=SIZES),
        year("founded_year", "year of foundation", "1955"),
        text("parent_org_id", "the organisation it belongs to", "by-nas", null="none known"),
        text("website", "address of its site", "https://example.org", null=ABSENT),
        text("description_en", "what it does, in English", "Works on lasers.", null=ABSENT),
        text("description_ru", "what it does, in Russian", "Занимается лазерами.", null=ABSENT),
        text("description_zh", "what it does, in Chinese", "从事激光研究。", null=ABSENT),
        *origin(),
    ),
)

_ACTIVITY = TableSchema(
    name="activity",
    kind=TableKind.INPUT,
    meaning="One direction of work of one organisation, as text, as a code, or both.",
    key=("activity_id",),
    references=(("org_id", "organisation"),),
    columns=(
        text("activity_id", "stable name of the row", "by-nas-physics:a1"),
        text("org_id", "who does it", "by-nas-physics"),
        text("kind", "what kind of work it is", "research", choices=ACTIVITY_KINDS),
        text("text_en", "the direction in English", "laser physics", null=ABSENT),
        text("text_ru", "the direction in Russian", "лазерная физика", null=ABSENT),
        text("text_be", "the direction in Belarusian", "лазерная фізіка", null=ABSENT),
        text("text_zh", "the direction in Chinese", "激光物理", null=ABSENT),
        text(
            "code_scheme",
            "classification of `code`, by any usual name: isic, nace, ipc, ford, ...; or field",
            "nace",
            null="no code",
        ),
        text(
            "code",
            "code in that classification; several are parted by semicolons",
            "26.7",
            null="no code",
        ),
        year("year", "year the work is reported for", "2024"),
        text(
            "event_id",
            "project, paper or contract it belongs to",
            "cordis:955387",
            null="no such event known",
        ),
        text(
            "paradigm",
            "technological paradigm the source gives it (a judgement)",
            "VI",
            null=ABSENT,
            choices=PARADIGMS,
        ),
        real(
            "weight",
            "how much of it, in the source's own unit (1 where it only says that)",
            "1",
            unit="source's own",
            minimum=0,
            maximum=LARGEST_WEIGHT,
        ),
        *origin(),
    ),
)

_LINK = TableSchema(
    name="link",
    kind=TableKind.INPUT,
    meaning="A tie between two organisations that exists or existed.",
    key=("link_id",),
    references=(("org_a", "organisation"), ("org_b", "organisation")),
    columns=(
        text("link_id", "stable name of the row", "by-nas-physics|by-bsu|joint_research"),
        text(
            "org_a",
            "one end; parent, supplier or investor where the kind has a direction",
            "by-nas",
        ),
        text("org_b", "the other end", "by-nas-physics"),
        text("kind", "what the tie is", "joint_research", choices=LINK_KINDS),
        year("since_year", "year it began", "2018"),
        text(
            "event_id",
            "project, paper or contract that made it",
            "cordis:955387",
            null="no such event known",
        ),
        text(
            "note_en",
            "what is known about it; a memorandum or plan is named so here",
            "joint laboratory",
            null="no note",
        ),
        real(
            "weight",
            "strength in the source's own unit (1 where it only says that)",
            "1",
            unit="source's own",
            minimum=0,
        ),
        *origin(),
    ),
)

_QUARANTINE = TableSchema(
    name="quarantine",
    kind=TableKind.INPUT,
    meaning="A row that could not be taken over, kept whole with the reason.",
    key=("quarantine_id",),
    columns=(
        text("quarantine_id", "stable name of the row", "valley:organisations.csv:7"),
        text("source_id", "the source it was in", "valley"),
        text("table", "the table it was meant for", "organisation"),
        text("file", "file it was in", "organisations.csv"),
        integer("line", "line in that file; the header is line 1", "7", unit="line", minimum=1),
        text("fault", "what is wrong, with the value", "role `factory` is not known"),
        text("remedy", "what would make it acceptable", "use one of: company, university, …"),
        json_text("record", "the whole row as it was read", '{"org_id": "x"}'),
    ),
)

INPUT_TABLES = (
    _SOURCE,
    _PLACE,
    _ORGANISATION,
    _ACTIVITY,
    _LINK,
    *ANSWER_TABLES,
    *EXISTING_TABLES,
    _QUARANTINE,
)
