"""What strengthens or weakens a direction of work as evidence of a core: signals, each by itself.

A signal nobody states is neutral: it adds nothing and takes nothing.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.tables import Tables

__all__ = ["SignalRules", "Signals", "signal_rows", "signal_sentences"]

Row = dict[str, Any]

_SURVEY = "development:"
_LEVELS = 9
_MOST_VOLUME = 2.0  # one large project does not make a core
DIRECTION_SIGNALS = ("readiness", "novelty", "intellectual_property", "volume", "recency")
_UNITS = {
    "readiness": "TRL",
    "novelty": "answers",
    "intellectual_property": "answers",
    "volume": "times the usual",
    "recency": "year",
    "position": "ties",
}


@dataclass(frozen=True, kw_only=True)
class SignalRules:
    """How much each signal counts (stated by the stage)."""

    readiness_weight: float
    novelty_weights: Mapping[str, float]
    ip_weights: Mapping[str, float]
    volume_weight: float
    half_life_years: float
    position_weight: float


@dataclass(frozen=True)
class Signals:
    """Signals of every direction of work, and existing ties, read once for all candidates."""

    rules: SignalRules
    sources: Mapping[str, Row]
    usual_volume: Mapping[str, float]
    newest_year: int | None
    partners: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, tables: Tables, sources: Mapping[str, Row], rules: SignalRules) -> Signals:
        """Read ties, the usual volume of each source and the newest year of all directions.

        Parameters
        ----------
        tables : with `activity` and `link`
        sources : rows of `activity` by key, and of `development` by ``development:`` and key
        rules : what counts how much
        """
        volumes: dict[str, list[float]] = defaultdict(list)
        for row in tables.rows("activity"):
            volumes[row["source_id"]].append(row["weight"])
        years = [row["year"] for row in sources.values() if row.get("year") is not None]
        partners: dict[str, set[str]] = defaultdict(set)
        for row in tables.rows("link"):
            if row["org_a"] != row["org_b"] and row["kind"] not in ("parent", "memorandum"):
                partners[row["org_a"]].add(row["org_b"])
                partners[row["org_b"]].add(row["org_a"])
        return cls(
            rules,
            sources,
            {source: statistics.median(found) for source, found in volumes.items()},
            max(years, default=None),
            {org_id: frozenset(found) for org_id, found in partners.items()},
        )

    def factors(self, key: str) -> dict[str, float]:
        """Return by how much each signal multiplies a direction; those not stated are left out."""
        row = self.sources.get(key, {})
        rules, found = self.rules, {}
        if key.startswith(_SURVEY):
            if row.get("trl") is not None:
                found["readiness"] = 1.0 + rules.readiness_weight * row["trl"] / _LEVELS
            if row.get("novelty") is not None:
                found["novelty"] = 1.0 + rules.novelty_weights[row["novelty"]]
            if row.get("ip") is not None:
                found["intellectual_property"] = 1.0 + rules.ip_weights[row["ip"]]
        else:
            relative = self._relative_volume(row)
            if relative is not None:
                grown = 1.0 + rules.volume_weight * math.log2(relative)
                grown = min(max(grown, 1.0 / _MOST_VOLUME), _MOST_VOLUME)
                found |= {"volume": grown} if grown != 1.0 else {}
        if row.get("year") is not None and self.newest_year is not None:
            age = max(self.newest_year - row["year"], 0)
            found["recency"] = 0.5 ** (age / rules.half_life_years)
        return found

    def factor(self, key: str) -> float:
        """Return the product of all factors of a direction."""
        return math.prod(self.factors(key).values())

    def positions(self, org_ids: Iterable[str]) -> dict[str, tuple[int, float]]:
        """Count each organisation's ties with the others of a candidate, and the factor they make.

        Parents and memoranda are no working ties. The best tied organisation gains
        `position_weight`, others in proportion.
        """
        inside = set(org_ids)
        ties = {org_id: len(self.partners.get(org_id, frozenset()) & inside) for org_id in inside}
        most = max(ties.values(), default=0)
        weight = self.rules.position_weight
        return {org_id: (n, 1.0 + weight * n / most if most else 1.0) for org_id, n in ties.items()}

    def value(self, signal: str, keys: Sequence[str]) -> float | None:
        """Summarise a signal over directions: a mean level, counts, or the newest year."""
        rows = [self.sources.get(key, {}) for key in keys]
        if signal == "readiness":
            levels = [row["trl"] for row in rows if row.get("trl") is not None]
            return statistics.fmean(levels) if levels else None
        if signal in ("novelty", "intellectual_property"):
            column = "novelty" if signal == "novelty" else "ip"
            n = sum(row.get(column) is not None for row in rows)
            return float(n) if n else None
        if signal == "volume":
            found = [self._relative_volume(row) for row in rows]
            known = [one for one in found if one is not None]
            return statistics.fmean(known) if known else None
        years = [row["year"] for row in rows if row.get("year") is not None]
        return float(max(years)) if years else None

    def _relative_volume(self, row: Row) -> float | None:
        usual = self.usual_volume.get(row.get("source_id", ""), 0.0)
        weight = row.get("weight")
        return weight / usual if weight and usual > 0 else None


def signal_rows(
    head: Row, parts: Mapping[str, float], signals: Signals, position: tuple[int, float]
) -> list[Row]:
    """Return a row for each signal of one organisation: its value and what it moves the score by.

    Parameters
    ----------
    head : candidate_id and org_id
    parts : direction to what it counts before signals, in weighted directions
    signals : of all directions
    position : ties with the other organisations of the candidate, and the factor they make
    """
    factors = {key: signals.factors(key) for key in parts}
    n_ties, place = position
    whole = {key: part * math.prod(factors[key].values()) for key, part in parts.items()}
    rows = []
    for signal in DIRECTION_SIGNALS:
        value = signals.value(signal, list(parts))
        keys = [key for key in parts if signal in factors[key]]
        if value is None or not keys:
            continue
        without = sum(
            whole[key] / factors[key][signal] if key in keys else whole[key] for key in parts
        )
        moved = place * (sum(whole.values()) - without)
        rows.append(_row(head, signal, value, moved, keys))
    if n_ties and parts:
        moved = (place - 1.0) * sum(whole.values())
        rows.append(_row(head, "position", float(n_ties), moved, list(parts)))
    return rows


def _row(head: Row, signal: str, value: float, moved: float, keys: Sequence[str]) -> Row:
    bases = [key if key.startswith(_SURVEY) else f"activity:{key}" for key in keys]
    return {
        **head,
        "signal": signal,
        "value": value,
        "unit": _UNITS[signal],
        "contribution": round(moved, 9),
        "reasons": dump_reasons(signal_sentences(signal, value, moved)),
        "based_on": json.dumps(sorted(bases)[:40], ensure_ascii=False),
    }


def signal_sentences(signal: str, value: float, moved: float) -> list[Reason]:
    """Say what a signal is and by how many weighted directions it moves the score."""
    shown = round(value, 2)
    said = {
        "readiness": reason("Its survey answers state readiness level {n} on average.", n=shown),
        "novelty": reason("Survey answers that state their novelty: {n}.", n=int(value)),
        "intellectual_property": reason(
            "Survey answers that state their intellectual property: {n}.", n=int(value)
        ),
        "volume": reason(
            "Its directions have {n} times the volume that is usual in their source.", n=shown
        ),
        "recency": reason("The newest of these directions is of {year}.", year=str(int(value))),
        "position": reason(
            "Working ties with other organisations of this candidate: {n}.", n=int(value)
        ),
    }
    amount = round(abs(moved), 2)
    effect = (
        reason("This adds {amount} to its score.", amount=amount)
        if moved >= 0
        else reason("This takes {amount} from its score.", amount=amount)
    )
    return [said[signal], effect]
