"""The tables people fill: survey answers, investors, promises, facts, concordances."""

from __future__ import annotations

from clusterloom.schema._columns import origin, year
from clusterloom.schema._shorthand import ABSENT, integer, real, text
from clusterloom.schema.model import TableKind, TableSchema
from clusterloom.schema.vocabulary import INVESTOR_KINDS, IP_STATES, NOVELTIES, PARADIGMS

__all__ = ["ANSWER_TABLES"]

_DEVELOPMENT = TableSchema(
    name="development",
    kind=TableKind.INPUT,
    meaning="An answer to the survey of high-tech developments.",
    key=("development_id",),
    references=(("org_id", "organisation"),),
    columns=(
        text("development_id", "stable name of the row", "v-laser:d1"),
        text("org_id", "who develops it", "v-laser"),
        text("title", "what it is", "Fibre laser for welding"),
        text("text", "description", "A 2 kW source for thin sheet.", null="no description"),
        text(
            "language", "language of title and text: en, ru, be or zh", "en", null="to be detected"
        ),
        integer(
            "trl",
            "technology readiness level",
            "6",
            unit="TRL",
            null="not stated",
            minimum=1,
            maximum=9,
        ),
        integer(
            "brl",
            "business readiness level: how far customers, model and team are",
            "4",
            unit="BRL",
            null="not stated",
            minimum=1,
            maximum=9,
        ),
        text(
            "novelty",
            "how new it is: to the world, to the country or to the organisation",
            "country",
            null="not stated",
            choices=NOVELTIES,
        ),
        text(
            "ip",
            "intellectual property: a right granted, applied for, know-how, or none",
            "applied",
            null="not stated",
            choices=IP_STATES,
        ),
        text(
            "claimed_paradigm",
            "paradigm the answer claims",
            "VI",
            null="not stated",
            choices=PARADIGMS,
        ),
        text(
            "paradigm_justification",
            "why the answer claims it, in its own words",
            "femtosecond pulses structure matter at the nanoscale",
            null="not stated",
        ),
        text(
            "needs",
            "what is sought, several split by |",
            "pilot production | certification",
            null="not stated",
        ),
        text(
            "offers",
            "what is offered, several split by |",
            "laser optics testing",
            null="not stated",
        ),
        real(
            "finance_sought",
            "money sought",
            "250000",
            unit="currency of `currency`",
            null="not stated",
            minimum=0,
        ),
        text("currency", "ISO 4217 code", "EUR", null="not stated"),
        year("year", "year of the answer and of the price", "2025"),
        *origin(),
    ),
)

_INVESTOR_PROFILE = TableSchema(
    name="investor_profile",
    kind=TableKind.INPUT,
    meaning="What an investor has said it finances.",
    key=("investor_profile_id",),
    references=(("org_id", "organisation"),),
    columns=(
        text("investor_profile_id", "stable name of the row", "v-fund:p1"),
        text("org_id", "the investor", "v-fund"),
        text("kind", "kind of capital", "venture", choices=INVESTOR_KINDS),
        text(
            "stages",
            "stages financed, split by |: idea, prototype, pilot, market_entry, growth",
            "idea|prototype",
            null="not stated",
        ),
        real(
            "ticket_min",
            "smallest sum",
            "50000",
            unit="currency of `currency`",
            null="not stated",
            minimum=0,
        ),
        real(
            "ticket_max",
            "largest sum",
            "500000",
            unit="currency of `currency`",
            null="not stated",
            minimum=0,
        ),
        text("currency", "ISO 4217 code", "EUR", null="not stated"),
        year("price_year", "year of the prices", "2025"),
        text(
            "fields", "fields financed (field_id split by |)", "laser-technology", null="any field"
        ),
        text("countries", "countries financed (ISO codes split by |)", "BY|CN", null="not stated"),
        *origin(),
    ),
)

_MONEY = "currency of `currency` per period"

_COMMITMENT = TableSchema(
    name="commitment",
    kind=TableKind.INPUT,
    meaning="What two partners state about an informal agreement: a relational contract's pay-offs.",
    key=("commitment_id",),
    references=(("org_a", "organisation"), ("org_b", "organisation")),
    columns=(
        text("commitment_id", "stable name of the row", "v-laser|v-uni"),
        text("org_a", "first partner", "v-laser"),
        text("org_b", "second partner", "v-uni"),
        text("about", "what was promised", "shared test bench", null="not stated"),
        real(
            "cooperation_a",
            "what A earns each period while both keep the promise",
            "30",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "cooperation_b",
            "what B earns each period while both keep the promise",
            "20",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "deviation_a",
            "what A earns in the one period in which it breaks the promise",
            "50",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "deviation_b",
            "what B earns in the one period in which it breaks the promise",
            "25",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "fallback_a",
            "what A earns each period after the break",
            "10",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "fallback_b",
            "what B earns each period after the break",
            "10",
            unit=_MONEY,
            null="not stated",
        ),
        real(
            "discount_rate",
            "what a period's delay costs",
            "0.1",
            unit="1 per period",
            null="not stated",
            minimum=0,
        ),
        text("currency", "ISO 4217 code", "EUR", null="not stated"),
        year("price_year", "year of the prices", "2025"),
        *origin(),
    ),
)

_FACT = TableSchema(
    name="fact",
    kind=TableKind.INPUT,
    meaning="A single number or word about an organisation, place, candidate or cluster, entered by people.",
    key=("fact_id",),
    columns=(
        text("fact_id", "stable name of the row", "cluster-a:management_fte"),
        text(
            "subject_kind", "what it is about: organisation, place, candidate or cluster", "cluster"
        ),
        text("subject_id", "key of the subject", "cluster-a"),
        text(
            "indicator", "what it says, e.g. management_fte or proof_of_activity", "management_fte"
        ),
        real("value", "the number", "0.5", unit="column `unit`", null="see `value_text`"),
        text("value_text", "the words", "programme adopted", null="see `value`"),
        text("unit", "unit of the number", "full-time equivalent", null="dimensionless"),
        year("year", "year it speaks of", "2025"),
        *origin(),
    ),
)

_CONCORDANCE = TableSchema(
    name="concordance",
    kind=TableKind.INPUT,
    meaning="Which fields of the catalogue a code of the user's own classification leads to. The shares of a code sum to 1; a code whose shares do not, or that names an unknown field, goes to quarantine.",
    key=("scheme", "code", "field_id"),
    columns=(
        text(
            "scheme",
            "name of the classification; its codes go before the same codes of a packaged one",
            "gbt4754",
        ),
        text("code", "the code as that classification spells it", "3976"),
        text("field_id", "a field of the catalogue", "optoelectronics"),
        real(
            "share",
            "part of the code's work that belongs to the field",
            "0.7",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        text("origin", "official, catalogue, hierarchy, text, bridge or user", "user", null="user"),
        real(
            "confidence",
            "how sure the link is",
            "0.8",
            unit="share",
            null="1",
            minimum=0,
            maximum=1,
        ),
        text("title", "what the code is called", "Optoelectronic devices", null=ABSENT),
        *origin(),
    ),
)

ANSWER_TABLES = (_DEVELOPMENT, _INVESTOR_PROFILE, _COMMITMENT, _FACT, _CONCORDANCE)
