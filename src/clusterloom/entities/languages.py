"""Which languages people of a country work in: the official ones, unless others are stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["country_languages"]


def country_languages(
    country: str, *, stated: Mapping[str, Sequence[str]] | None = None
) -> tuple[str, ...]:
    """Return the languages of a country, the most spoken official one first.

    Parameters
    ----------
    country : ISO 3166-1 alpha-2 code
    stated : country to languages that go before the official ones

    Returns
    -------
    ISO 639 codes; empty where nothing is known, which is not "none"
        Official and de facto official languages of the whole country (cldr2025).

    References
    ----------
    cldr2025

    Examples
    --------
    >>> country_languages("BY"), country_languages("CN", stated={"CN": ("zh", "en")})
    (('be', 'ru'), ('zh', 'en'))
    """
    if stated is not None and country in stated:
        return tuple(dict.fromkeys(stated[country]))
    from babel.languages import get_official_languages

    found = get_official_languages(country, de_facto=True)
    # The script is of no interest here: zh_Hant is read as zh.
    return tuple(dict.fromkeys(code.partition("_")[0] for code in found))
