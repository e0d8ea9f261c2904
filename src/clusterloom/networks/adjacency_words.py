"""Adjacency in words: what each signal says of a pair, and where the weights come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from clusterloom.networks.adjacency_model import SIGNALS_OF, AdjacencyModel, SignalWeights
from clusterloom.schema import Reason, dump_reasons, reason

__all__ = ["pair_reasons", "weight_rows"]

Row = dict[str, Any]


def pair_reasons(row: Mapping[str, Any], weights: Mapping[str, float], together: str) -> str:
    """Say each signal of a pair of fields in words, as the text a table stores.

    Parameters
    ----------
    row : the row of `field_adjacency`, None where a signal is not known
    weights : signal -> share in the fused value
    together : ``organisation``, ``place`` or ``project``
    """
    said = [_alike(row, weights), _near(row, weights), _found(row, weights, together)]
    return dump_reasons([*said, _tied(row, weights)])


def _alike(row: Mapping[str, Any], weights: Mapping[str, float]) -> Reason:
    return reason(
        "Their descriptions are alike by {value} of 1 (weight {weight}).",
        value=row["text"],
        weight=weights["text"],
    )


def _near(row: Mapping[str, Any], weights: Mapping[str, float]) -> Reason:
    return reason(
        "They are near in the classification by {value} of 1 (weight {weight}).",
        value=row["classification"],
        weight=weights["classification"],
    )


def _found(row: Mapping[str, Any], weights: Mapping[str, float], together: str) -> Reason:
    if row["cooccurrence"] is None or row["together"] is None or row["association"] is None:
        return reason(
            "How often both are found together is not known; its weight goes to the other signals."
        )
    args = {
        "n": round(row["together"], 1),
        "times": round(row["association"], 1),
        "value": row["cooccurrence"],
        "weight": weights["cooccurrence"],
    }
    if together == "place":
        return reason(
            "Places specialised in both: {n}, times chance: {times}; that counts as {value} of 1 "
            "(weight {weight}).",
            **args,
        )
    if together == "project":
        return reason(
            "Projects with both: {n}, times chance: {times}; that counts as {value} of 1 "
            "(weight {weight}).",
            **args,
        )
    return reason(
        "Organisations with both: {n}, times chance: {times}; that counts as {value} of 1 "
        "(weight {weight}).",
        **args,
    )


def _tied(row: Mapping[str, Any], weights: Mapping[str, float]) -> Reason:
    if row["link"] is None:
        return reason(
            "Whether organisations of the two work together is not known; its weight goes to the "
            "other signals."
        )
    if not row["link"]:
        return reason(
            "Organisations of the two do not work together more often than by chance "
            "(weight {weight}).",
            weight=weights["link"],
        )
    return reason(
        "Organisations of the two work together more often than by chance, by {value} of 1 "
        "(weight {weight}).",
        value=row["link"],
        weight=weights["link"],
    )


def weight_rows(
    model: AdjacencyModel, unit: str, used: Sequence[float], stated: Sequence[bool]
) -> list[Row]:
    """Rows of `adjacency_weight` for one kind of pairs: every signal, and all together.

    Parameters
    ----------
    used : weights as they are used, in the order of the signals, any unit
    stated : which of them the recipe states
    """
    source = model.of(unit)
    total = sum(used)
    rows = []
    for k, signal in enumerate(SIGNALS_OF[unit]):
        origin = "stated" if stated[k] else source.origin
        row = _row(source, unit, signal, origin)
        row["weight"] = round(used[k] / total, 6)
        if source.low and not any(stated):
            row |= {"weight_low": source.low[k], "weight_high": source.high[k]}
        rows.append(row)
    fused = _row(source, unit, "fused", "stated" if any(stated) else source.origin)
    if any(stated):
        # What the fusion reached was reached with other weights.
        fused |= {name: None for name in fused if name.startswith(("auc", "average_precision"))}
    return [*rows, fused]


def _row(source: SignalWeights, unit: str, signal: str, origin: str) -> Row:
    facts = source.facts
    row: Row = {
        "unit": unit,
        "signal": signal,
        "origin": origin,
        "n_pairs": facts.get("n_pairs"),
        "n_linked": facts.get("n_linked"),
        "based_on": "[]",
        "reasons": dump_reasons(_origin_reasons(source, signal, origin)),
    }
    score = source.scores.get(signal)
    for name in ("average_precision", "auc"):
        values = getattr(score, name) if score is not None else (None, None, None)
        for end, value in zip(("", "_low", "_high"), values, strict=True):
            known = value is not None and math.isfinite(value)
            row[f"{name}{end}"] = value if known else None
    return row


def _origin_reasons(source: SignalWeights, signal: str, origin: str) -> list[Reason]:
    facts = source.facts
    said = _own_reasons(facts.get("own"))
    if origin == "stated":
        said.append(reason("The weight is stated in the recipe."))
    elif origin == "fitted":
        said.append(
            reason(
                "Fitted to past data ({title}): {n} of {pairs} pairs became linked in {year} or "
                "later.",
                title=str(facts["data"]),
                n=int(facts["n_linked"]),
                pairs=int(facts["n_pairs"]),
                year=str(facts["year"]),
            )
        )
    else:
        said.append(reason("The weight is the project's stated prior, a judgement."))
    score = source.scores.get(signal)
    if score is not None and not (origin == "stated" and signal == "fused"):
        said.append(
            reason(
                "Among pairs it was not fitted on it ranked the linked ones with an average "
                "precision of {precision} % (by chance: {base} %) and an area under the curve of "
                "{auc} (by chance: 0.5).",
                precision=round(100 * score.average_precision[0], 1),
                base=round(100 * facts["n_linked"] / max(facts["n_pairs"], 1), 1),
                auc=round(score.auc[0], 3),
            )
        )
    return said


def _own_reasons(own: Mapping[str, Any] | None) -> list[Reason]:
    """Why a fit to the user's own data is not what serves."""
    if own is None:
        return []
    if own.get("no_better"):
        return [
            reason(
                "Weights fitted to your own data ranked the later links no better than these; they "
                "are not used."
            )
        ]
    return [
        reason(
            "Your own data are too thin to fit weights to: {n} pairs became linked and {needed} "
            "are needed; these serve until then.",
            n=int(own["n_linked"]),
            needed=int(own["needed"]),
        )
    ]
