"""Names of classifications as people write them, brought to the one a concordance is kept under."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

__all__ = ["FOLLOWS_NACE", "asked_scheme", "scheme_name"]

# Schemes whose first four digits are NACE Rev. 2. OKVED without a number is its second edition,
# OK 029-2014; OKED is OKRB 005-2011 of Belarus and the classifications of the same name.
FOLLOWS_NACE = ("gced", "oked", "okved2")

# Asked scheme -> the scheme whose concordance serves it.
_SERVED_BY = {**dict.fromkeys(FOLLOWS_NACE, "nace"), "cpc": "ipc"}


class _Known(NamedTuple):
    """One edition of a classification: its names, and the marks of the edition they may carry.

    An edition mark is written with its parts joined: ``21`` is 2.1; the empty one: the name alone.
    A year is no edition here but what may stand behind it.
    """

    scheme: str
    names: tuple[str, ...]
    editions: tuple[str, ...] = ("",)
    years: tuple[int, ...] = ()


_ANY_YEAR = tuple(range(1990, 2050))
_NACE = ("nace", "кдес", "欧盟经济活动分类", "欧盟经济活动统计分类", "欧洲共同体经济活动统计分类")
_ISIC = (
    "isic",
    "мсок",
    "国际标准行业分类",
    "全部经济活动国际标准行业分类",
    "所有经济活动的国际标准行业分类",
)

# Editions differ in their codes, so a name with another edition or year is not taken for this one.
_KNOWN = (
    _Known("field", ("field",)),
    _Known("nace", _NACE, ("", "2"), (2006, 2008)),
    _Known("nace21", _NACE, ("21",), (2022, 2023, 2024, 2025)),
    _Known("isic", _ISIC, ("", "4"), (2006, 2008)),
    _Known("isic5", _ISIC, ("5",), (2023, 2024)),
    _Known("naics", ("naics", "наикс", "北美行业分类系统", "北美产业分类体系"), ("",), (2022,)),
    _Known("okved2", ("okved", "оквэд"), ("", "2"), (2014,)),
    _Known("okved2", ("ok029", "ок029"), ("",), (2014,)),
    _Known("oked", ("oked", "окэд", "акэд"), ("",), (2011, 2019)),
    _Known("oked", ("okrb005", "окрб005", "акрб005"), ("",), (2011,)),
    _Known("gced", ("gced",), ("",), (2011,)),
    _Known(
        "gbt4754",
        ("gbt4754", "gb4754", "gbt", "国民经济行业分类", "国标行业分类", "国标行业", "国标4754"),
        ("",),
        (2017,),
    ),
    _Known(
        "ipc",
        (
            "ipc",
            "мпк",
            "международнаяпатентная",
            "міжнароднаяпатэнтная",
            "internationalpatent",
            "国际专利分类",
            "国际专利分类号",
            "国际专利",
        ),
        ("", "8"),
        _ANY_YEAR,
    ),
    _Known(
        "cpc",
        (
            "cpc",
            "спк",
            "совместнаяпатентная",
            "cooperativepatent",
            "联合专利分类",
            "合作专利分类",
            "联合专利",
            "合作专利",
        ),
        ("",),
        _ANY_YEAR,
    ),
    _Known("ford", ("ford", "fos", "oecdford", "oecdfos", "frascati"), ("",), (2002, 2007, 2015)),
    _Known("wipo35", ("wipo35", "wipo", "воис35", "воис"), ("",)),
    _Known("openalex", ("openalex", "openalextopic", "openalextopics"), ("",), _ANY_YEAR),
    _Known("euroscivoc", ("euroscivoc", "europeansciencevocabulary"), ("",), _ANY_YEAR),
)

# Words that say no more than "this is an edition" or "this is a classification".
_MARK_WORDS = (
    "rev revision r ver version v ed edition ред редакция редакции рев версия изд издание рэд "
    "рэдакцыя выданне 版 第 版本 修订 修订版 修订本 修订第 修订本第 修订版第 "
    "code codes class classes classification system eu un "
    "код коды кода коду по классификатор классификация классификации класіфікатар класіфікацыя "
    "代码 编码 分类代码 行业代码 分类号"
)
_MARKS = frozenset(_MARK_WORDS.split(" "))
# What parts words and does not matter; every other character does, so that C, C+ and C# differ.
_SEPARATOR = r"\s\-‐‑‒–—―_.,:;/\\()\[\]{}«»\"“”„'‘’`·、，。：；（）《》〈〉【】「」"
_PART = re.compile(rf"\d+|[^\d{_SEPARATOR}]+")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d)[{_SEPARATOR}]+(?=\d)")
_BREAKS = re.compile(rf"[{_SEPARATOR}]+")


def scheme_name(scheme: str) -> str:
    """Bring the name of a classification to the one its concordance is stored under.

    Parameters
    ----------
    scheme : any text, in any script
        Letter case, spaces and punctuation do not matter, except that they part two numbers. A
        known classification is understood by its English, Russian, Belarusian or Chinese name, with
        or without the edition or year its concordance is of. Any other name is a scheme of the
        user's own, kept letter by letter.

    Examples
    --------
    >>> scheme_name("GB/T 4754-2017"), scheme_name("ОКВЭД-2"), scheme_name("CPC")
    ('gbt4754', 'nace', 'ipc')
    >>> scheme_name("NACE Rev. 2.1"), scheme_name("NACE Rev. 1.1"), scheme_name("Мой справочник")
    ('nace21', 'nacerev1 1', 'мойсправочник')
    """
    asked = asked_scheme(scheme)
    return _SERVED_BY.get(asked, asked)


def asked_scheme(scheme: str) -> str:
    """Return which classification a name means, before it is served by another's concordance.

    Examples
    --------
    >>> asked_scheme("ОК 029-2014 (КДЕС Ред. 2)"), asked_scheme("CPC"), asked_scheme("House 9")
    ('okved2', 'cpc', 'house9')
    """
    asked = _once(scheme)
    # Taking a blank away may join a letter with its mark: go on until nothing changes.
    while (again := _once(asked)) != asked:
        asked = again
    return asked


def _once(name: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _known(tuple(_PART.findall(plain))) or _own_name(plain)


def _own_name(plain: str) -> str:
    kept = _BREAKS.sub("", _BETWEEN_DIGITS.sub("\0", plain)).replace("\0", " ")
    return kept or plain.strip()  # a name of nothing but punctuation is still a name


@cache
def _known(parts: tuple[str, ...]) -> str | None:
    """Return the scheme that the parts of a name spell, or None.

    A name may say the same classification twice, as in ``国民经济行业分类 (GB/T 4754-2017)``.
    """
    spelled = "".join(part for part in parts if part not in _MARKS)
    if spelled in _spellings():
        return _spellings()[spelled]
    for n in range(len(parts) - 1, 0, -1):
        first = _spellings().get("".join(part for part in parts[:n] if part not in _MARKS))
        if first is None:
            continue
        rest = _known(parts[n:])
        if rest is not None and _served(first) == _served(rest):
            return first
    return None


def _served(scheme: str) -> str:
    return _SERVED_BY.get(scheme, scheme)


@cache
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for known in _KNOWN:
        for spelled in _all_spellings(known):
            found.setdefault(spelled, known.scheme)
    return found


def _all_spellings(known: _Known) -> Iterable[str]:
    for name in known.names:
        for edition in known.editions:
            yield name + edition
            for year in known.years:
                yield f"{name}{edition}{year}"
                if known.years is _ANY_YEAR:  # a patent edition has its month: 2024.01
                    yield from (f"{name}{edition}{year}{month:02d}" for month in range(1, 13))
