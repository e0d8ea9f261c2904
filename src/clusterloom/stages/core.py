"""Stage `core`: who works at the target technological paradigm and can be a cluster's core."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from clusterloom.errors import RecipeError
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import ACTIVITY_KINDS, IP_STATES, NOVELTIES, PARADIGMS, ROLES
from clusterloom.stages._core_signals import SignalRules, Signals, signal_rows, signal_sentences
from clusterloom.stages._paradigms import Paradigms
from clusterloom.tables import Tables

__all__ = ["Core"]

Row = dict[str, Any]

_SURVEY = "development:"
_MOST_NAMED = 6
_MOST_BASES = 40


def _default_roles() -> dict[str, tuple[str, ...]]:
    return {"*": ("research_institute", "university", "company", "engineering_centre")}


def _default_evidence() -> dict[str, float]:
    return {"verified": 1.0, "secondary": 0.7, "memory": 0.4, "unmarked": 0.7}


def _default_novelty() -> dict[str, float]:
    return {"world": 0.5, "country": 0.25, "organisation": 0.0}


def _default_ip() -> dict[str, float]:
    return {"granted": 0.5, "applied": 0.25, "know_how": 0.1, "none": 0.0}


@dataclass(frozen=True, kw_only=True)
class Core:
    """Stage: score each candidate's organisations by their work at the target paradigm.

    The score sums share x confidence x evidence weight over the organisation's directions in the
    candidate's family of fields; survey answers count with the survey's weight. Signals multiply
    it: readiness, novelty and intellectual property of survey answers, volume and recency of
    other directions, and the position among the candidate's organisations. What is not stated,
    the paradigm of a direction above all, counts neither for nor against anybody.

    Reads `candidate`, `candidate_member`, `organisation`, `activity`, `activity_field`,
    `direction_paradigm`, `development`, `field_family`, `link`. Writes `core_score`,
    `core_signal`.
    """

    name: ClassVar[str] = "core"
    reads: ClassVar[tuple[str, ...]] = (
        "candidate",
        "candidate_member",
        "organisation",
        "activity",
        "activity_field",
        "direction_paradigm",
        "development",
        "field_family",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("core_score", "core_signal")

    paradigm: str = "VI"  # the target technological paradigm, I .. VI
    kinds: tuple[str, ...] = ("research", "development")  # kinds of work that can make a core
    # Weighted directions needed; larger gives smaller cores. One direction that is surely in the
    # fields counts 1.0, 0.7 or 0.4 by its evidence; texts are rarely assigned that surely.
    threshold: float = 0.15
    candidates: str = "beyond_chance"  # which candidates: beyond_chance or all
    # Roles admitted to the core by country (ISO code; `*` = every other country).
    core_roles: dict[str, tuple[str, ...]] = field(default_factory=_default_roles)
    # What a direction counts by its evidence mark, 0 .. 1 (`unmarked`: the source gives no mark).
    evidence_weights: dict[str, float] = field(default_factory=_default_evidence)
    survey_weight: float = 1.0  # what a survey answer counts, in directions, whatever its mark
    # What signals add to a direction, in shares of it; what nobody states adds nothing.
    readiness_weight: float = 0.5  # for a survey answer at TRL 9; lower levels in proportion
    # What a survey answer's novelty adds, by how far it is new.
    novelty_weights: dict[str, float] = field(default_factory=_default_novelty)
    # What its intellectual property adds.
    ip_weights: dict[str, float] = field(default_factory=_default_ip)
    volume_weight: float = 0.25  # for each doubling above the volume usual in the source
    half_life_years: float = 10.0  # years after which a direction counts half; no year is neutral
    position_weight: float = 0.25  # for the best tied organisation of the candidate

    def __post_init__(self) -> None:
        if self.paradigm not in PARADIGMS:
            raise RecipeError(
                f"core: paradigm `{self.paradigm}` is not known",
                rule="one of I, II, III, IV, V, VI",
            )
        if self.candidates not in ("beyond_chance", "all"):
            raise RecipeError(
                f"core: candidates `{self.candidates}` is not known", rule="beyond_chance or all"
            )
        if self.threshold <= 0:
            raise RecipeError(
                f"core: threshold {self.threshold:g} is not above 0",
                hint="with no threshold everybody would be core",
            )
        self._check_words("kind", self.kinds, ACTIVITY_KINDS)
        for roles in self.core_roles.values():
            self._check_words("role", roles, ROLES)
        if set(self.evidence_weights) != set(_default_evidence()):
            raise RecipeError(
                f"core: evidence_weights names {', '.join(sorted(self.evidence_weights))}",
                rule=f"it names exactly {', '.join(sorted(_default_evidence()))}",
            )
        self._check_signals()
        for name, weight in (*self.evidence_weights.items(), ("survey", self.survey_weight)):
            if weight < 0:
                raise RecipeError(f"core: the weight of {name} is {weight:g}", rule="it is >= 0")

    def _check_signals(self) -> None:
        for name, known in (("novelty_weights", NOVELTIES), ("ip_weights", IP_STATES)):
            if set(getattr(self, name)) != set(known) or min(getattr(self, name).values()) < 0:
                raise RecipeError(
                    f"core: {name} is {getattr(self, name)}",
                    rule=f"it gives a weight >= 0 to each of {', '.join(known)}",
                )
        for name in ("readiness_weight", "volume_weight", "position_weight"):
            if getattr(self, name) < 0:
                raise RecipeError(f"core: {name} is {getattr(self, name):g}", rule="it is >= 0")
        if self.half_life_years <= 0:
            raise RecipeError(
                f"core: half_life_years is {self.half_life_years:g}", rule="it is above 0"
            )

    def _signal_rules(self) -> SignalRules:
        return SignalRules(
            readiness_weight=self.readiness_weight,
            novelty_weights=self.novelty_weights,
            ip_weights=self.ip_weights,
            volume_weight=self.volume_weight,
            half_life_years=self.half_life_years,
            position_weight=self.position_weight,
        )

    def run(self, tables: Tables) -> Tables:
        """Score the members of every candidate asked for."""
        chosen = [
            row
            for row in tables.rows("candidate")
            if self.candidates == "all" or row["verdict"] == "beyond_chance"
        ]
        members: dict[str, list[str]] = defaultdict(list)
        for row in tables.rows("candidate_member"):
            members[row["candidate_id"]].append(row["org_id"])
        evidence = _Evidence.of(self, tables)
        families: dict[str, set[str]] = defaultdict(set)
        for row in tables.rows("field_family"):
            families[row["family_id"]].add(row["field_id"])
        rows: list[Row] = []
        signals: list[Row] = []
        for candidate in chosen:
            # A family nobody wrote down is at least the fields that carry the candidate.
            fields = families.get(candidate["family_id"]) or set(
                candidate["main_fields"].split("|")
            )
            rows.extend(self._candidate_rows(candidate, members, fields, evidence, signals))
        return Tables().with_rows("core_score", rows).with_rows("core_signal", signals)

    def _candidate_rows(
        self,
        candidate: Row,
        members: Mapping[str, list[str]],
        fields: set[str],
        evidence: _Evidence,
        signals: list[Row],
    ) -> list[Row]:
        """Score one candidate, adding to `signals`; when nobody qualifies every row says so."""
        positions = evidence.signals.positions(members[candidate["candidate_id"]])
        scored: list[tuple[Row, list[Reason]]] = []
        for org_id in sorted(members[candidate["candidate_id"]]):
            organisation = evidence.organisations.get(org_id)
            if organisation is None:
                continue
            found = evidence.collect(org_id, fields)
            n_ties, place = positions[org_id]
            found = replace(found, score=found.score * place)
            admitted = organisation["role"] in self._admitted(organisation["country"])
            if found.score == 0 and not admitted:
                continue
            row, why = self._score_row(organisation, found, admitted=admitted)
            head = {"candidate_id": candidate["candidate_id"], "org_id": org_id}
            own = {key: part * evidence.mark_weight(key) for key, part in found.parts.items()}
            moved = signal_rows(head, own, evidence.signals, (n_ties, place))
            signals.extend(moved)
            why = [*why[:-1], *_strongest_signal(moved), why[-1]]
            scored.append(({"candidate_id": candidate["candidate_id"], **row}, why))
        has_core = any(row["verdict"] == "core" for row, _ in scored)
        return [
            {**row, "reasons": dump_reasons(why if has_core else [*why, self._no_core()])}
            for row, why in scored
        ]

    def _score_row(
        self, organisation: Row, found: _Found, *, admitted: bool
    ) -> tuple[Row, list[Reason]]:
        score = round(found.score, 9)
        if not admitted:
            verdict = "role_not_admitted"
        else:
            verdict = "core" if score >= self.threshold else "below_threshold"
        row: Row = {
            "org_id": organisation["org_id"],
            "score": score,
            "threshold": self.threshold,
            "margin": round(score - self.threshold, 9),
            "verdict": verdict,
            "evidence_kind": found.evidence_kind,
            "weak_share": found.weak_share,
            "based_on": _based_on([f"organisation:{organisation['org_id']}", *found.bases]),
        }
        return row, [*self._what_it_does(found), self._margin(organisation, row)]

    def _admitted(self, country: str) -> tuple[str, ...]:
        return self.core_roles.get(country, self.core_roles.get("*", ()))

    def _what_it_does(self, found: _Found) -> list[Reason]:
        """Name the directions at the target paradigm and whose judgement the paradigm is."""
        reasons: list[Reason] = []
        if found.names:
            reasons.append(
                reason(
                    "Works at paradigm {paradigm} in {n} directions of these fields: {directions}.",
                    paradigm=self.paradigm,
                    n=len(found.names),
                    directions="; ".join(found.names[:_MOST_NAMED]),
                )
            )
        else:
            reasons.append(
                reason(
                    "No direction at paradigm {paradigm} in these fields is known for it; "
                    "this does not mean that it has none.",
                    paradigm=self.paradigm,
                )
            )
        reasons.extend(_whose_judgement(found.origins))
        if found.n_unknown:
            reasons.append(
                reason(
                    "The paradigm of {n} more of its directions in these fields is not known; "
                    "they count neither for nor against it.",
                    n=found.n_unknown,
                )
            )
        return reasons

    def _margin(self, organisation: Row, row: Row) -> Reason:
        """Say how far from the threshold it is and what would change the verdict."""
        score, margin = round(row["score"], 2), round(abs(row["margin"]), 2)
        if row["verdict"] == "core":
            return reason(
                "Its evidence weighs {score} directions where {threshold} are needed: it stays "
                "core unless more than {margin} of them turn out to be wrong.",
                score=score,
                threshold=self.threshold,
                margin=margin,
            )
        if row["verdict"] == "role_not_admitted":
            return reason(
                "Its evidence weighs {score} directions where {threshold} are needed, but the "
                "recipe does not admit a {role} of {country} to the core; admitting the role is "
                "the recipe's choice.",
                score=score,
                threshold=self.threshold,
                role=f"role:{organisation['role']}",
                country=organisation["country"],
            )
        return reason(
            "Its evidence weighs {score} directions where {threshold} are needed: {margin} are "
            "missing, which a verified direction or a survey answer could bring.",
            score=score,
            threshold=self.threshold,
            margin=margin,
        )

    def _no_core(self) -> Reason:
        return reason(
            "No organisation of this candidate reaches the core at paradigm {paradigm}, so no "
            "cluster is composed from it.",
            paradigm=self.paradigm,
        )

    def _check_words(self, what: str, words: Iterable[str], known: tuple[str, ...]) -> None:
        for word in words:
            if word not in known:
                raise RecipeError(
                    f"core: {what} `{word}` is not known", rule=f"one of {', '.join(known)}"
                )


@dataclass(frozen=True)
class _Found:
    """What is known of one organisation in one family of fields."""

    score: float
    names: tuple[str, ...]
    origins: Mapping[str, int]
    parts: Mapping[str, float]
    n_unknown: int
    evidence_kind: str
    weak_share: float | None
    bases: tuple[str, ...]


@dataclass(frozen=True)
class _Evidence:
    """The directions of every organisation, looked up once for all candidates."""

    stage: Core
    organisations: Mapping[str, Row]
    assignments: Mapping[str, list[Row]]
    sources: Mapping[str, Row]
    paradigms: Paradigms
    signals: Signals

    @classmethod
    def of(cls, stage: Core, tables: Tables) -> _Evidence:
        """Index the tables; a survey answer goes under `development:` and its id."""
        assignments: dict[str, list[Row]] = defaultdict(list)
        for row in tables.rows("activity_field"):
            if row["kind"] in stage.kinds:
                assignments[row["org_id"]].append(row)
        sources = tables.by_key("activity", "activity_id")
        for row in tables.rows("development"):
            sources[_SURVEY + row["development_id"]] = row
        signals = Signals.of(tables, sources, stage._signal_rules())
        organisations = tables.by_key("organisation", "org_id")
        return cls(stage, organisations, assignments, sources, Paradigms(tables), signals)

    def collect(self, org_id: str, fields: set[str]) -> _Found:
        """Gather what the organisation does at the target paradigm in these fields."""
        inside = [row for row in self.assignments.get(org_id, ()) if row["field_id"] in fields]
        labels = [self.paradigms.of(row) for row in inside]
        parts: dict[str, float] = defaultdict(float)
        origins: dict[str, set[str]] = defaultdict(set)
        score = 0.0
        for row, found in zip(inside, labels, strict=True):
            if self.stage.paradigm not in found:
                continue
            part = row["share"] * row["confidence"]
            score += part * self._weight(row["activity_id"])
            parts[row["activity_id"]] += part
            origins[found[self.stage.paradigm]].add(row["activity_id"])
        # Strongest directions first: they are the ones a reader should check.
        ordered = sorted(parts, key=lambda activity_id: (-parts[activity_id], activity_id))
        return _Found(
            score=score,
            parts=dict(parts),
            names=tuple(self._name(activity_id) for activity_id in ordered),
            origins={origin: len(found) for origin, found in sorted(origins.items())},
            n_unknown=len(
                {row["activity_id"] for row, found in zip(inside, labels, strict=True) if not found}
            ),
            evidence_kind=_evidence_kind(ordered),
            weak_share=self._weak_share(parts),
            bases=(
                *(_base(activity_id) for activity_id in ordered),
                *self.paradigms.references(ordered, self.stage.paradigm),
            ),
        )

    def _weight(self, activity_id: str) -> float:
        return self.mark_weight(activity_id) * self.signals.factor(activity_id)

    def mark_weight(self, activity_id: str) -> float:
        """Return what a direction counts by how it is known, before signals."""
        if activity_id.startswith(_SURVEY):
            return self.stage.survey_weight
        return self.stage.evidence_weights[self._mark(activity_id) or "unmarked"]

    def _mark(self, activity_id: str) -> str | None:
        mark: str | None = self.sources.get(activity_id, {}).get("evidence")
        return mark

    def _weak_share(self, parts: Mapping[str, float]) -> float | None:
        total = sum(parts.values())
        if total == 0 or all(self._mark(activity_id) is None for activity_id in parts):
            return None
        verified = sum(part for key, part in parts.items() if self._mark(key) == "verified")
        return min(max(1.0 - verified / total, 0.0), 1.0)

    def _name(self, activity_id: str) -> str:
        source = self.sources.get(activity_id, {})
        words = (source.get(name) for name in ("title", "text_en", "text_ru", "text_zh", "text_be"))
        code = source.get("code")
        return next((text for text in words if text), str(code) if code else activity_id)


def _strongest_signal(rows: Iterable[Row]) -> list[Reason]:
    """Say which signal moves the score most; nothing where none moves it visibly."""
    moved = [row for row in rows if abs(row["contribution"]) >= 0.005]
    if not moved:
        return []
    most = max(moved, key=lambda row: (abs(row["contribution"]), row["signal"]))
    return signal_sentences(most["signal"], most["value"], most["contribution"])


def _whose_judgement(origins: Mapping[str, int]) -> list[Reason]:
    """Say who holds that these directions are at the paradigm: nobody here has checked it."""
    reasons: list[Reason] = []
    if origins.get("source"):
        reasons.append(
            reason(
                "For {n} of them the paradigm is the judgement of the source, not checked here.",
                n=origins["source"],
            )
        )
    if origins.get("survey"):
        reasons.append(
            reason(
                "For {n} of them the paradigm is what the organisation answered in the survey.",
                n=origins["survey"],
            )
        )
    if by_text := origins.get("code", 0) + origins.get("text", 0):
        reasons.append(
            reason(
                "For {n} of them the paradigm follows from their code or words, by the mapping "
                "the recipe names.",
                n=by_text,
            )
        )
    if origins.get("field"):
        reasons.append(
            reason(
                "For {n} of them the paradigm is that of their field, by the mapping the recipe "
                "names.",
                n=origins["field"],
            )
        )
    return reasons


def _evidence_kind(activity_ids: Iterable[str]) -> str:
    kinds = {activity_id.startswith(_SURVEY) for activity_id in activity_ids}
    return {0: "none", 2: "both"}.get(len(kinds), "survey" if True in kinds else "activities")


def _base(activity_id: str) -> str:
    return activity_id if activity_id.startswith(_SURVEY) else f"activity:{activity_id}"


def _based_on(keys: Iterable[str]) -> str:
    return json.dumps(sorted(set(keys))[:_MOST_BASES], ensure_ascii=False)
