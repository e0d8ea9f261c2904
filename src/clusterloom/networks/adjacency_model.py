"""The weights of adjacency as a small versioned record: what counts how far, and who says so."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from clusterloom.errors import SourceError

__all__ = [
    "FIELD_SIGNALS",
    "ORGANISATION_SIGNALS",
    "PRIOR_WEIGHTS",
    "SIGNALS_OF",
    "AdjacencyModel",
    "SignalScore",
    "SignalWeights",
    "packaged_model",
    "prior_model",
    "read_model",
    "read_weights",
    "weights_text",
]

FIELD_SIGNALS = ("text", "classification", "cooccurrence", "link")
ORGANISATION_SIGNALS = ("profile", "text", "partners")
SIGNALS_OF = {"field": FIELD_SIGNALS, "organisation": ORGANISATION_SIGNALS}

# Judgements of the project, used where data are too thin to fit and as the centre of every fit:
# texts are known for all fields, ties are few and partial.
PRIOR_WEIGHTS = {
    "field": (0.40, 0.25, 0.20, 0.15),
    "organisation": (0.50, 0.30, 0.20),
}
_ORIGINS = ("fitted", "prior", "stated")
_FORMAT = 1


@dataclass(frozen=True)
class SignalScore:
    """How well one signal ranked later links; each value with its 95 % interval."""

    average_precision: tuple[float, float, float]  # value, low, high; 0..1
    auc: tuple[float, float, float]  # value, low, high; 0..1


@dataclass(frozen=True)
class SignalWeights:
    """Weights of the signals for one kind of pair, with their origin.

    `scores` is by signal and for `fused`; `facts` says what they were fitted on, as plain data:
    `data` (its name), `year` (signals are from before it, links from then on), `n_pairs`,
    `n_linked`, `gain` (of the fusion over the best signal in average precision, with interval);
    `own` holds the same of data that were too thin to be used.
    """

    weights: tuple[float, ...]  # in the order of the signals, >= 0, sum 1
    origin: str
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    scores: Mapping[str, SignalScore] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AdjacencyModel:
    """Weights for pairs of fields and pairs of organisations."""

    field: SignalWeights
    organisation: SignalWeights

    @property
    def name(self) -> str:
        """First digits of the digest of all it holds: part of a run's parameters."""
        return "adjacency-" + hashlib.sha256(self.text().encode()).hexdigest()[:12]

    def of(self, unit: str) -> SignalWeights:
        """Return the weights for `field` or `organisation`."""
        return self.field if unit == "field" else self.organisation

    def text(self) -> str:
        """Write the record as JSON, as `read_model` reads it."""
        record = {"format": _FORMAT, **{u: _record(u, self.of(u)) for u in SIGNALS_OF}}
        return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def prior_model() -> AdjacencyModel:
    """Return the stated prior for both kinds of pairs."""
    return AdjacencyModel(**{u: SignalWeights(w, "prior") for u, w in PRIOR_WEIGHTS.items()})


@cache
def packaged_model() -> AdjacencyModel:
    """Return the weights that travel with the program."""
    file = files("clusterloom").joinpath("data", "adjacency", "weights.json")
    return read_model(file.read_text(encoding="utf-8"), "the packaged weights")


def read_model(text: str, where: str | Path) -> AdjacencyModel:
    """Read a record of weights.

    Raises
    ------
    SourceError
        If it is no such record, a signal is missing or unknown, or a weight is not a number >= 0.
    """
    rule = "for field and organisation: origin, and for each signal a weight >= 0, sum 1"
    hint = "`clusterloom fit adjacency` writes one; delete the file to use the packaged one"
    with _refusing(where, rule=rule, hint=hint):
        record = json.loads(text)
        return AdjacencyModel(**{unit: _read(unit, record[unit]) for unit in SIGNALS_OF})


def weights_text(one: SignalWeights) -> str:
    """Write the weights between the codes of one classification as `read_weights` reads them."""
    record = {"format": _FORMAT, "code": _record("field", one)}
    return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_weights(text: str, where: str | Path) -> SignalWeights:
    """Read weights between codes; from a record of a whole model, those between fields.

    Raises
    ------
    SourceError
        If it is no such record, a signal is missing or unknown, or a weight is not a number >= 0.
    """
    rule = f"for each of {', '.join(FIELD_SIGNALS)} a weight >= 0, sum 1, and an origin"
    hint = "`clusterloom fit adjacency --codes FILE` writes one"
    with _refusing(where, rule=rule, hint=hint):
        record = json.loads(text)
        return _read("field", record["code"] if "code" in record else record["field"])


@contextmanager
def _refusing(where: str | Path, *, rule: str, hint: str) -> Iterator[None]:
    """Say in words what is wrong with a record of weights."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SourceError(
            f"{where} holds no weights of adjacency: {fault}", rule=rule, hint=hint
        ) from fault


def _read(unit: str, record: Mapping[str, Any]) -> SignalWeights:
    signals = SIGNALS_OF[unit]
    given = record["weights"]
    if sorted(given) != sorted(signals):
        raise ValueError(f"signals of {unit} are {', '.join(signals)}, not {', '.join(given)}")
    weights = tuple(float(given[name]["weight"]) for name in signals)
    if not all(math.isfinite(w) and w >= 0 for w in weights) or abs(sum(weights) - 1) > 1e-3:
        raise ValueError(f"weights of {unit} are {weights}")
    if record["origin"] not in _ORIGINS:
        raise ValueError(f"origin `{record['origin']}` is none of {', '.join(_ORIGINS)}")
    bounds = [
        tuple(float(given[name][end]) for name in signals) if end in given[signals[0]] else ()
        for end in ("low", "high")
    ]
    scores = {
        name: SignalScore(tuple(one["average_precision"]), tuple(one["auc"]))
        for name, one in record.get("scores", {}).items()
    }
    return SignalWeights(
        weights, record["origin"], bounds[0], bounds[1], scores, record.get("facts", {})
    )


def _record(unit: str, one: SignalWeights) -> dict[str, Any]:
    weights: dict[str, dict[str, float]] = {}
    for k, name in enumerate(SIGNALS_OF[unit]):
        weights[name] = {"weight": round(one.weights[k], 4)}
        if one.low:
            weights[name] |= {"low": round(one.low[k], 4), "high": round(one.high[k], 4)}
    scores = {
        name: {
            "average_precision": [round(v, 4) for v in score.average_precision],
            "auc": [round(v, 4) for v in score.auc],
        }
        for name, score in one.scores.items()
    }
    return {"origin": one.origin, "weights": weights, "scores": scores, "facts": dict(one.facts)}
