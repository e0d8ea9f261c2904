"""The tables of clusters that exist already: what people know of them, with or without members."""

from __future__ import annotations

from clusterloom.schema._columns import origin, year
from clusterloom.schema._shorthand import ABSENT, real, text
from clusterloom.schema.model import TableKind, TableSchema
from clusterloom.schema.vocabulary import MEMBER_ROLES

__all__ = ["EXISTING_TABLES"]

_EXISTING_CLUSTER = TableSchema(
    name="existing_cluster",
    kind=TableKind.INPUT,
    meaning="A cluster that exists already: by its members, or only by its fields and its place.",
    key=("cluster_id",),
    references=(("place_id", "place"),),
    columns=(
        text("cluster_id", "stable short name of the cluster", "ovc-wuhan"),
        text("name_en", "name in English, or as the source writes it", "Optics Valley of China"),
        text("name_ru", "name in Russian", "Оптическая долина Китая", null=ABSENT),
        text("name_be", "name in Belarusian", "Аптычная даліна Кітая", null=ABSENT),
        text("name_zh", "name in Chinese", "中国光谷", null=ABSENT),
        text("country", "ISO 3166-1 alpha-2 code", "CN"),
        text("city", "settlement of its office, as the source writes it", "Wuhan", null=ABSENT),
        text(
            "place_id",
            "the settlement, once it was found",
            "geonames:1791247",
            null="the settlement was not found",
        ),
        real(
            "lat_deg",
            "latitude of its office",
            "30.58",
            unit="degree WGS 84",
            null=ABSENT,
            minimum=-90,
            maximum=90,
        ),
        real(
            "lon_deg",
            "longitude of its office",
            "114.27",
            unit="degree WGS 84",
            null=ABSENT,
            minimum=-180,
            maximum=180,
        ),
        text(
            "fields",
            "fields it states, split by |: ids or labels of the field catalogue; used where the "
            "work of its members is not known",
            "laser-technology|optoelectronics",
            null="only its members tell",
        ),
        text(
            "languages",
            "working languages, split by | (ISO 639-1)",
            "zh|en",
            null="the official languages of its country are assumed",
        ),
        year("founded_year", "year of foundation", "2010"),
        text("website", "address of its site", "https://example.org", null=ABSENT),
        *origin(),
    ),
)

_EXISTING_CLUSTER_MEMBER = TableSchema(
    name="existing_cluster_member",
    kind=TableKind.INPUT,
    meaning="A member of a cluster that exists already.",
    key=("cluster_id", "org_id"),
    references=(("cluster_id", "existing_cluster"), ("org_id", "organisation")),
    columns=(
        text("cluster_id", "the cluster", "ovc-wuhan"),
        text("org_id", "the member", "cn-hust"),
        text(
            "role",
            "role in the cluster",
            "core",
            null="told from what the organisation is by itself",
            choices=MEMBER_ROLES,
        ),
        *origin(),
    ),
)

EXISTING_TABLES = (_EXISTING_CLUSTER, _EXISTING_CLUSTER_MEMBER)
