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
from clusterloom.stages._profiles import adjacency_matrix, field_order, organisation_profiles
from clusterloom.tables import Tables

__all__ = [
    "FIELD_STAGES",
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

FIELD_STAGES = ("research", "development", "production", "training")


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


@dataclass(frozen=True)
class Need:
    """One need: `stage@field`, or a function of the whole cluster."""

    name: str
    stage: str
    field_id: str | None
    weight: float


@dataclass(frozen=True)
class Knowledge:
    """What the tables say about every organisation's work, as arrays made once.

    `shares` and `sure_shares` are activities x fields (share, and share x confidence); `profiles`
    are organisations x fields; `general` marks fields that serve every theme.
    """

    organisations: tuple[Row, ...]
    position: Mapping[str, int]
    fields: tuple[str, ...]
    adjacency: Array
    profiles: Array
    shares: Any
    sure_shares: Any
    owner: Index
    kinds: npt.NDArray[np.str_]
    general: Array
    activity_keys: Mapping[str, tuple[str, ...]]
    finances: Mapping[str, frozenset[str]]

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
        shares, sure_shares, owner, kinds = _activities(tables, fields, position)
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
            shares=shares,
            sure_shares=sure_shares,
            owner=owner,
            kinds=kinds,
            general=_general(tables, fields, frozenset(general_fields)),
            activity_keys={org_id: tuple(sorted(found)) for org_id, found in keys.items()},
            finances=capital_stages(tables, stages_of_role),
        )

    def activities_of(self, org_id: str) -> tuple[str, ...]:
        """Return the activities and survey answers of an organisation as `table:key`."""
        return self.activity_keys.get(org_id, ())

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
    knowledge: Knowledge, weights: Mapping[str, float], *, rules: NeedRules
) -> tuple[Need, ...]:
    """List the needs of a cluster with these core fields; their weights sum to 1."""
    stage_total = sum(rules.stage_weights.values())
    needs = [
        Need(
            f"{stage}@{field_id}",
            stage,
            field_id,
            rules.fields_share * weight * rules.stage_weights[stage] / stage_total,
        )
        for field_id, weight in weights.items()
        for stage in FIELD_STAGES
    ]
    functions = {function.name: function.weight for function in _FUNCTIONS}
    if set(rules.certification_fields) & set(knowledge.fields):
        functions[_CERTIFICATION] = 1.0
    unit = (1.0 - rules.fields_share) / sum(functions.values())
    return (
        *needs,
        *(Need(name, name, None, unit * weight) for name, weight in functions.items()),
    )


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
    by_stage = {stage: knowledge.best_of(sure, kind=stage) for stage in FIELD_STAGES}
    is_university = np.array([row["role"] == "university" for row in knowledge.organisations], bool)
    # A university trains people in what it researches, whether or not the source says so.
    implied = rules.implied_training * by_stage["research"] * is_university[:, None]
    by_stage["training"] = np.maximum(by_stage["training"], implied)
    offers = {
        f"{stage}@{field_id}": by_stage[stage][:, column]
        for column, field_id in enumerate(weights)
        for stage in FIELD_STAGES
    }
    offers |= _function_offers(knowledge, _theme(knowledge, near), rules)
    return {
        name: np.where(value >= rules.min_offer, np.minimum(value, 1.0), 0.0)
        for name, value in offers.items()
    }


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
) -> tuple[Any, Any, Index, npt.NDArray[np.str_]]:
    """Read `activity_field` as two sparse activities x fields matrices with owner and kind."""
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
    return shares, sure, np.array(owner, dtype=np.int64), np.array(kinds, dtype=np.str_)


def _profiles_by(tables: Tables, fields: Sequence[str], position: Mapping[str, int]) -> Array:
    """Return profiles in the order of the organisations; zeros where nothing is known."""
    profiles = np.zeros((len(position), len(fields)))
    org_ids, known = organisation_profiles(tables, fields)
    for org_id, profile in zip(org_ids, known, strict=True):
        if org_id in position:
            profiles[position[org_id]] = profile
    return profiles


def _general(tables: Tables, fields: Sequence[str], roots: frozenset[str]) -> Array:
    """Mark the fields that are, or lie below, one of the general ones."""
    parent: dict[str, str | None] = defaultdict(lambda: None)
    parent.update({row["field_id"]: row["parent_id"] for row in tables.rows("field")})
    marks = np.zeros(len(fields))
    for i, field_id in enumerate(fields):
        walk: str | None = field_id
        seen: set[str] = set()
        while walk is not None and walk not in seen:
            if walk in roots:
                marks[i] = 1.0
                break
            seen.add(walk)
            walk = parent[walk]
    return marks
