"""What a cluster needs along its value chain, and how much of each need an organisation offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.schema.vocabulary import CAPITAL_KINDS, FINANCE_STAGES
from clusterloom.stages._capital import capital_stages
from clusterloom.stages._chain import Statement, chain_stage, statements_of
from clusterloom.stages._general_fields import below
from clusterloom.stages._profiles import adjacency_matrix, field_order, organisation_profiles
from clusterloom.tables import Tables

__all__ = [
    "FIELD_STAGES",
    "SERVICE_FIELDS",
    "Knowledge",
    "Need",
    "NeedRules",
    "core_weights",
    "needs_of",
    "offers_of",
]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Row = dict[str, Any]

FIELD_STAGES = ("research", "development", "pilot_production", "production", "sales", "training")
# Sciences and technologies whose product is software, data or another service.
SERVICE_FIELDS = (
    "artificial-intelligence", "bioinformatics", "computer-vision", "cybersecurity",
    "digital-health", "digital-twins", "geoinformation", "industrial-software-industry40",
    "information-systems", "machine-learning", "mathematical-modelling", "mathematics-computing",
    "software-engineering", "speech-language-technology", "supercomputing",
)  # fmt: skip
_RESEARCH = ("research", "development")
_KINDS = ("research", "development", "production", "service", "training")


@dataclass(frozen=True)
class _Function:
    """A need of the whole cluster: who holds it, and whether it must share the cluster's theme."""

    name: str
    roles: tuple[str, ...]
    sizes: tuple[str, ...] = ()
    specialised: bool = False
    finances: str = ""  # the stage of an innovation it must finance
    weight: float = 1.0  # relative to the other functions


_FUNCTIONS = (
    _Function("equipment", ("equipment_supplier",), specialised=True),
    _Function("engineering", ("engineering_centre",), specialised=True),
    _Function("transfer", ("technology_transfer_centre",)),
    _Function("park", ("technopark", "industrial_park", "business_incubator")),
    _Function("sme", ("company",), sizes=("micro", "small"), specialised=True),
    _Function("state", ("government_body",)),
    # An idea reaches the market only if every stage on the way finds money: five needs, not one.
    # Together they weigh as much as two other functions, for the method asks for each of them.
    *(
        _Function(f"finance_of_{stage}", CAPITAL_KINDS, finances=stage, weight=2 / 5)
        for stage in FINANCE_STAGES
    ),
)
_CERTIFICATION = "certification"


@dataclass(frozen=True, kw_only=True)
class NeedRules:
    """The numbers by which needs are weighed and offers counted (stated by the stage)."""

    n_core_fields: int
    min_adjacency: float
    min_offer: float
    fields_share: float
    stage_weights: Mapping[str, float]
    general_fields: tuple[str, ...]
    certification_fields: tuple[str, ...]
    implied_training: float
    off_theme_offer: float
    unknown_theme_offer: float
    pilot_roles: tuple[str, ...]
    service_fields: tuple[str, ...]
    sales_fields: tuple[str, ...]
    implied_sales: float
    stated_share: float


@dataclass(frozen=True)
class Need:
    """One need: `stage@field`, or a function of the whole cluster.

    `asked` and `implied` name survey answers of the core: whose words ask for it, and whose
    readiness level has it next.
    """

    name: str
    stage: str
    field_id: str | None
    weight: float
    asked: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """What the tables say about every organisation's work, as arrays made once.

    `shares` and `sure_shares` are activities x fields (share, and share x confidence); `profiles`
    are organisations x fields, and so is `research`, the sure shares of research and development;
    `lines` names the activities in their order; `general` marks fields that serve every theme.
    """

    organisations: tuple[Row, ...]
    position: Mapping[str, int]
    fields: tuple[str, ...]
    adjacency: Array
    profiles: Array
    research: Array
    shares: Any
    sure_shares: Any
    owner: Index
    kinds: npt.NDArray[np.str_]
    lines: tuple[str, ...]
    general: Array
    activity_keys: Mapping[str, tuple[str, ...]]
    finances: Mapping[str, frozenset[str]]
    statements: Mapping[str, tuple[Statement, ...]]

    @classmethod
    def of(
        cls,
        tables: Tables,
        general_fields: Iterable[str],
        *,
        stages_of_role: Mapping[str, Sequence[str]],
    ) -> Knowledge:
        """Read the tables once; organisations are in key order."""
        organisations = tuple(tables.rows("organisation"))
        position = {row["org_id"]: i for i, row in enumerate(organisations)}
        fields = tuple(field_order(tables))
        shares, sure_shares, owner, kinds, lines = _activities(tables, fields, position)
        keys: dict[str, dict[str, None]] = defaultdict(dict)
        for row in tables.rows("activity_field"):
            key = row["activity_id"]
            keys[row["org_id"]][key if key.startswith("development:") else f"activity:{key}"] = None
        return cls(
            organisations=organisations,
            position=position,
            fields=fields,
            adjacency=adjacency_matrix(tables, fields),
            profiles=_profiles_by(tables, fields, position),
            research=_research_by(sure_shares, owner, kinds, len(organisations)),
            shares=shares,
            sure_shares=sure_shares,
            owner=owner,
            kinds=kinds,
            lines=lines,
            general=_general(tables, fields, frozenset(general_fields)),
            activity_keys={org_id: tuple(sorted(found)) for org_id, found in keys.items()},
            finances=capital_stages(tables, stages_of_role),
            statements=statements_of(tables),
        )

    def activities_of(self, org_id: str) -> tuple[str, ...]:
        """Return the activities and survey answers of an organisation as `table:key`."""
        return self.activity_keys.get(org_id, ())

    def direction(self, positions: Sequence[int], column: int) -> tuple[str, str]:
        """Return the strongest research in a field among organisations: `table:key`, and whose."""
        lines = np.flatnonzero(np.isin(self.owner, list(positions)))
        lines = lines[np.isin(self.kinds[lines], _RESEARCH)]
        sure = self.sure_shares[lines][:, [column]].toarray().ravel()
        if not lines.size or sure.max() <= 0:
            return "", ""
        best = int(lines[np.argmax(sure)])
        key = self.lines[best]
        owner = self.organisations[int(self.owner[best])]["org_id"]
        return (key if key.startswith("development:") else f"activity:{key}"), owner

    def best_of(self, by_activity: Array, *, kind: str | None = None) -> Array:
        """Return each organisation's largest value over its activities (of one kind)."""
        keep = np.ones(self.owner.size, bool) if kind is None else self.kinds == kind
        best = np.zeros((len(self.organisations), *by_activity.shape[1:]))
        np.maximum.at(best, self.owner[keep], by_activity[keep])
        return best


def core_weights(
    knowledge: Knowledge, core: Sequence[int], main_fields: Sequence[str], *, rules: NeedRules
) -> dict[str, float]:
    """Weigh the fields the core works in, strongest first.

    A core organisation may also work on quite other things: a field counts by its share in the
    core's profiles times its adjacency to the fields that carry the candidate.

    Parameters
    ----------
    knowledge : the arrays of all organisations
    core : positions of the core organisations
    main_fields : field_ids that carry the candidate

    Returns
    -------
    field_id to weight, share; the weights sum to 1, at most `n_core_fields` of them
    """
    if not core or not knowledge.fields:
        return {}
    profile = knowledge.profiles[list(core)].mean(axis=0)
    carrying = [i for i, name in enumerate(knowledge.fields) if name in set(main_fields)]
    near = _near(knowledge, rules)
    if carrying and (profile * near[:, carrying].max(axis=1)).sum() > 0:
        profile = profile * near[:, carrying].max(axis=1)
    strongest = sorted(range(profile.size), key=lambda i: (-profile[i], knowledge.fields[i]))
    kept = [i for i in strongest[: rules.n_core_fields] if profile[i] > 0]
    total = float(profile[kept].sum())
    return {knowledge.fields[i]: float(profile[i]) / total for i in kept}


def needs_of(
    knowledge: Knowledge,
    weights: Mapping[str, float],
    *,
    rules: NeedRules,
    core: Sequence[int] = (),
) -> tuple[Need, ...]:
    """List the needs of a cluster with these core fields; their weights sum to 1.

    What the survey answers of the core ask for, or need next by their readiness, moves
    `stated_share` of a field's weight to those stages; functions that are asked for gain up to
    the same share. A stage of weight 0 is no need.
    """
    rows = knowledge.organisations
    stated = [one for i in core for one in knowledge.statements.get(rows[i]["org_id"], ())]
    needs = [
        need
        for field_id, weight in weights.items()
        for need in _field_needs(field_id, weight, stated, rules)
    ]
    functions = {function.name: function.weight for function in _FUNCTIONS}
    if set(rules.certification_fields) & set(knowledge.fields):
        functions[_CERTIFICATION] = 1.0
    asked = {name: _asking(stated, chain_stage(name)) for name in functions}
    for name, (words, _) in asked.items():
        functions[name] *= 1.0 + rules.stated_share * len(words) / max(len(stated), 1)
    unit = (1.0 - rules.fields_share) / sum(functions.values())
    return (
        *needs,
        *(
            Need(name, name, None, unit * weight, asked[name][0])
            for name, weight in functions.items()
        ),
    )


def _field_needs(
    field_id: str, weight: float, stated: Sequence[Statement], rules: NeedRules
) -> list[Need]:
    """Share a field's weight out over its stages."""
    total = sum(rules.stage_weights.values())
    inside = [one for one in stated if one.fields.get(field_id, 0.0) > 0]
    asking = {stage: _asking(inside, chain_stage(stage)) for stage in FIELD_STAGES}
    counts = {
        stage: sum(one.fields[field_id] for one in inside if one.development_id in {*words, *next_})
        for stage, (words, next_) in asking.items()
    }
    n_stated = sum(counts.values())
    moved = rules.stated_share if n_stated > 0 else 0.0
    needs = []
    for stage in FIELD_STAGES:
        part = (1.0 - moved) * rules.stage_weights[stage] / total
        part += moved * counts[stage] / n_stated if n_stated > 0 else 0.0
        if part > 0:
            share = rules.fields_share * weight * part
            needs.append(Need(f"{stage}@{field_id}", stage, field_id, share, *asking[stage]))
    return needs


def _asking(stated: Sequence[Statement], stage: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which survey answers ask for a stage in words, and which need it next."""
    words = tuple(one.development_id for one in stated if stage in one.asked)
    following = tuple(one.development_id for one in stated if one.implied == stage)
    return words, following


def offers_of(
    knowledge: Knowledge, weights: Mapping[str, float], *, rules: NeedRules
) -> dict[str, Array]:
    """Say how much of each need every organisation offers.

    Returns
    -------
    need name to (organisations,), full providers, 0 .. 1
        Offers below `min_offer` are 0: they are within the noise of assigning fields to texts.
    """
    columns = [knowledge.fields.index(field_id) for field_id in weights]
    near = _near(knowledge, rules)[:, columns]
    sure = np.asarray(knowledge.sure_shares @ near)
    by_kind = {kind: knowledge.best_of(sure, kind=kind) for kind in _KINDS}
    theme = _theme(knowledge, near)
    # Whoever sells software or another service in a field produces in it.
    served = np.array([field_id in rules.service_fields for field_id in weights], dtype=float)
    makers = _has_role(knowledge.organisations, ("company", "equipment_supplier"))
    by_kind["production"] = np.maximum(
        by_kind["production"], by_kind["service"] * makers[:, None] * served
    )
    by_stage = _field_offers(knowledge, by_kind, theme, rules)
    offers = {
        f"{stage}@{field_id}": by_stage[stage][:, column]
        for column, field_id in enumerate(weights)
        for stage in FIELD_STAGES
    }
    offers |= _function_offers(knowledge, theme, rules)
    return {
        name: np.where(value >= rules.min_offer, np.minimum(value, 1.0), 0.0)
        for name, value in offers.items()
    }


def _field_offers(
    knowledge: Knowledge, by_kind: Mapping[str, Array], theme: Array, rules: NeedRules
) -> dict[str, Array]:
    """Turn kinds of work into stages of the chain: (organisations, core fields) for each stage."""
    rows = knowledge.organisations
    is_university = _has_role(rows, ("university",))
    # Who produces without being a factory produces on trial, or opens its plant to others.
    pilots = _has_role(rows, rules.pilot_roles)
    pilot = np.maximum(by_kind["production"], by_kind["service"]) * pilots[:, None]
    # A university trains people in what it researches, whether or not the source says so; a
    # company sells what it makes.
    training = rules.implied_training * by_kind["research"] * is_university[:, None]
    sellers = _has_role(rows, ("company", "equipment_supplier"))
    sales = rules.implied_sales * by_kind["production"] * sellers[:, None]
    return {
        "research": by_kind["research"],
        "development": by_kind["development"],
        "pilot_production": pilot,
        "production": by_kind["production"],
        "sales": np.maximum(sales, _promotion(knowledge, theme, rules)[:, None]),
        "training": np.maximum(by_kind["training"], training),
    }


def _has_role(rows: Sequence[Row], roles: Sequence[str]) -> Array:
    return np.array([row["role"] in roles for row in rows], dtype=float)


def _promotion(knowledge: Knowledge, theme: Array, rules: NeedRules) -> Array:
    """Return how far each organisation brings goods of this theme to market as its own work."""
    chosen = [i for i, name in enumerate(knowledge.fields) if name in rules.sales_fields]
    if not chosen:
        return np.zeros(len(knowledge.organisations))
    sure = np.asarray(knowledge.sure_shares[:, chosen].sum(axis=1)).ravel()
    known = np.where(np.isnan(theme), rules.unknown_theme_offer, theme)
    own: Array = knowledge.best_of(sure) * np.maximum(known, rules.off_theme_offer)
    return own


def _theme(knowledge: Knowledge, near: Array) -> Array:
    """Fit each organisation to the cluster's theme: 1 for general bodies, NaN if nothing is known.

    The best of its activities counts, so that a broad organisation is not punished for breadth.
    """
    best_field = near.max(axis=1) if near.shape[1] else np.zeros(near.shape[0])
    fit = knowledge.best_of(np.asarray(knowledge.shares @ best_field))
    general = knowledge.profiles @ knowledge.general
    theme: Array = np.minimum(general + (1.0 - general) * fit, 1.0)
    theme[knowledge.profiles.sum(axis=1) == 0] = np.nan
    return theme


def _function_offers(knowledge: Knowledge, theme: Array, rules: NeedRules) -> dict[str, Array]:
    known = np.where(np.isnan(theme), rules.unknown_theme_offer, theme)
    anyhow = np.maximum(known, rules.off_theme_offer)
    offers: dict[str, Array] = {}
    for function in _FUNCTIONS:
        holds = np.array(
            [
                row["role"] in function.roles
                and (not function.sizes or row["size"] in function.sizes)
                and (
                    not function.finances
                    or function.finances in knowledge.finances.get(row["org_id"], ())
                )
                for row in knowledge.organisations
            ],
            dtype=bool,
        )
        offers[function.name] = np.where(holds, known if function.specialised else anyhow, 0.0)
    chosen = [i for i, name in enumerate(knowledge.fields) if name in rules.certification_fields]
    if chosen:
        near = _near(knowledge, rules)[:, chosen].max(axis=1)
        service = knowledge.best_of(np.asarray(knowledge.sure_shares @ near), kind="service")
        offers[_CERTIFICATION] = service * anyhow
    return offers


def _near(knowledge: Knowledge, rules: NeedRules) -> Array:
    """Return the adjacency of fields, with whatever is below the least adjacency taken as none."""
    near: Array = np.where(knowledge.adjacency >= rules.min_adjacency, knowledge.adjacency, 0.0)
    return near


def _activities(
    tables: Tables, fields: Sequence[str], position: Mapping[str, int]
) -> tuple[Any, Any, Index, npt.NDArray[np.str_], tuple[str, ...]]:
    """Read `activity_field` as two sparse activities x fields matrices: owner, kind, name."""
    from scipy import sparse

    column = {field_id: i for i, field_id in enumerate(fields)}
    line: dict[str, int] = {}
    owner: list[int] = []
    kinds: list[str] = []
    cells: dict[tuple[int, int], tuple[float, float]] = {}
    for row in tables.rows("activity_field"):
        if row["field_id"] not in column or row["org_id"] not in position:
            continue
        if row["activity_id"] not in line:
            line[row["activity_id"]] = len(line)
            owner.append(position[row["org_id"]])
            kinds.append(row["kind"])
        place = (line[row["activity_id"]], column[row["field_id"]])
        cells[place] = (row["share"], row["share"] * row["confidence"])
    places = np.array(list(cells), dtype=np.int64).reshape(-1, 2)
    values = np.array(list(cells.values()), dtype=float).reshape(-1, 2)
    shape = (len(line), len(fields))
    shares, sure = (
        sparse.csr_matrix((values[:, k], (places[:, 0], places[:, 1])), shape=shape) for k in (0, 1)
    )
    owners, names = np.array(owner, dtype=np.int64), np.array(kinds, dtype=np.str_)
    return shares, sure, owners, names, tuple(line)


def _profiles_by(tables: Tables, fields: Sequence[str], position: Mapping[str, int]) -> Array:
    """Return profiles in the order of the organisations; zeros where nothing is known."""
    profiles = np.zeros((len(position), len(fields)))
    org_ids, known = organisation_profiles(tables, fields)
    for org_id, profile in zip(org_ids, known, strict=True):
        if org_id in position:
            profiles[position[org_id]] = profile
    return profiles


def _research_by(sure: Any, owner: Index, kinds: npt.NDArray[np.str_], n: int) -> Array:
    """Sum up the sure shares of research and development: (organisations, fields)."""
    from scipy import sparse

    lines = np.flatnonzero(np.isin(kinds, _RESEARCH))
    place = (owner[lines], np.arange(lines.size))
    whose = sparse.csr_matrix((np.ones(lines.size), place), shape=(n, lines.size))
    research: Array = (whose @ sure[lines]).toarray()
    return research


def _general(tables: Tables, fields: Sequence[str], roots: frozenset[str]) -> Array:
    """Mark the fields that are, or lie below, one of the general ones."""
    general = below(tables, roots)
    return np.array([float(field_id in general) for field_id in fields])
