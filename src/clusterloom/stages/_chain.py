"""The value chain from idea to market: its stages, and what survey answers ask of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from clusterloom.schema.vocabulary import CHAIN_STAGES
from clusterloom.tables import Tables

__all__ = ["Statement", "chain_stage", "stage_after", "stages_asked_for", "statements_of"]

Row = dict[str, Any]

_STAGE_OF_NEED = {
    "development": "development_and_engineering",
    "engineering": "development_and_engineering",
    "certification": "certification_and_standards",
    "transfer": "sales",  # results reach the market through it
    "sme": "production",
    "park": "administration",
    "state": "administration",
}
# The stage a development needs next, by the last readiness level at which it does.
_AFTER_LEVEL = ((3, "development_and_engineering"), (6, "pilot_production"), (8, "production"))


@dataclass(frozen=True)
class Statement:
    """What one survey answer asks for.

    `fields` holds its shares of fields (share x confidence); `asked` the stages its words name,
    `implied` the stage that its readiness level has next, None where no level is stated.
    `unread` are needs whose words name no stage.
    """

    development_id: str
    fields: Mapping[str, float]
    asked: tuple[str, ...]
    implied: str | None
    unread: tuple[str, ...]


def chain_stage(need_stage: str) -> str:
    """Return the stage of the value chain a need of the cluster belongs to.

    Examples
    --------
    >>> chain_stage("engineering"), chain_stage("finance_of_idea"), chain_stage("production")
    ('development_and_engineering', 'finance', 'production')
    """
    if need_stage.startswith("finance_of_"):
        return "finance"
    return _STAGE_OF_NEED.get(need_stage, need_stage)


def stage_after(trl: int | None) -> str | None:
    """Return the stage a development at this readiness level needs next (assumed); None unknown.

    Examples
    --------
    >>> [stage_after(trl) for trl in (2, 5, 7, 9)]
    ['development_and_engineering', 'pilot_production', 'production', 'sales']
    """
    if trl is None:
        return None
    return next((stage for level, stage in _AFTER_LEVEL if trl <= level), "sales")


def stages_asked_for(text: str) -> tuple[str, ...]:
    """Return the stages whose words a stated need contains, in the order of the chain.

    The longest words decide: "pilot production" asks for pilot production only, not for production.

    Examples
    --------
    >>> stages_asked_for("pilot production")
    ('pilot_production',)
    >>> stages_asked_for("сертификация и поиск заказчиков")
    ('certification_and_standards', 'sales')
    >>> stages_asked_for("coating")
    ()
    """
    plain = " " + re.sub(r"\s+", " ", text.casefold())
    found = {
        stage for stage, words in _words().items() if any(_stands_in(word, plain) for word in words)
    }
    if "pilot_production" in found:
        found -= {"production"}
    return tuple(stage for stage in CHAIN_STAGES if stage in found)


def statements_of(tables: Tables) -> dict[str, tuple[Statement, ...]]:
    """Read what the survey answers of each organisation ask for.

    Parameters
    ----------
    tables : with `development` and `activity_field`

    Returns
    -------
    org_id to statements, in the order of development_id
    """
    fields: dict[str, dict[str, float]] = {}
    for row in tables.rows("activity_field"):
        key = row["activity_id"]
        if key.startswith("development:"):
            own = fields.setdefault(key.removeprefix("development:"), {})
            own[row["field_id"]] = row["share"] * row["confidence"]
    found: dict[str, list[Statement]] = {}
    for row in sorted(tables.rows("development"), key=lambda row: row["development_id"]):
        own = fields.get(row["development_id"], {})
        found.setdefault(row["org_id"], []).append(_statement(row, own))
    return {org_id: tuple(statements) for org_id, statements in found.items()}


def _statement(row: Row, fields: Mapping[str, float]) -> Statement:
    asked: set[str] = set()
    unread = []
    for text in (part.strip() for part in (row["needs"] or "").split("|")):
        stages = stages_asked_for(text) if text else ()
        asked |= set(stages)
        if text and not stages:
            unread.append(text)
    if row["finance_sought"]:
        asked.add("finance")
    ordered = tuple(stage for stage in CHAIN_STAGES if stage in asked)
    key = row["development_id"]
    return Statement(key, fields, ordered, stage_after(row["trl"]), tuple(unread))


def _stands_in(word: str, plain: str) -> bool:
    """Say whether a word of the list begins a word of the text; Chinese has no word ends."""
    if re.search("[一-鿿]", word):
        return word in plain
    return re.search(rf"(?<!\w){re.escape(word)}", plain) is not None


@cache
def _words() -> dict[str, Sequence[str]]:
    file = files("clusterloom").joinpath("data", "value_chain", "stages.toml")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        stage: tuple(word for words in by_language.values() for word in words)
        for stage, by_language in data.items()
    }
