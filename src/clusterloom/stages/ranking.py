"""Stage: candidates ranked by their conditions, with how far the ranking hangs on the weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.composite import (
    rank_sensitivity,
    ranks_from_scores,
    weighted_score,
)
from clusterloom.schema import Reason, dump_reasons, reason
from clusterloom.schema.vocabulary import CONDITION_INDICATORS
from clusterloom.stages._compared import Compared
from clusterloom.tables import Tables

__all__ = ["Ranking"]

Row = dict[str, Any]
Vector = npt.NDArray[np.float64]
_FACT = "fact:"


def _default_weights() -> dict[str, float]:
    """Every group of conditions counts the same; inside a group its indicators share."""
    return {
        "research_strength": 0.25,
        "research_growth": 0.25,
        "paradigm_vi_share": 0.25,
        "specialisation": 0.25,
        "production_base": 1.0,
        "infrastructure": 1.0,
        "human_capital": 0.5,
        "training": 0.5,
        "finance:idea": 0.2,
        "finance:prototype": 0.2,
        "finance:pilot": 0.2,
        "finance:market_entry": 0.2,
        "finance:growth": 0.2,
        "existing_ties": 0.5,
        "tie_density": 0.5,
        "openness": 1.0,
        "public_body": 0.5,
        "administrative_framework": 0.5,
        "market": 1.0,
    }


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Stage: a score over the indicators of `condition`, and its sensitivity to the weights.

    What is not known of a candidate is left out of its score, never counted as zero; bounds say
    what the score could be if it were known. Draws of other weights say how sure a leading
    place is.

    Reads `candidate`, `condition`. Writes `condition_weight`, `condition_part`,
    `condition_rank`.
    """

    name: ClassVar[str] = "ranking"
    reads: ClassVar[tuple[str, ...]] = ("candidate", "condition")
    writes: ClassVar[tuple[str, ...]] = ("condition_weight", "condition_part", "condition_rank")

    normalisation: str = "min_max"  # min_max keeps distances; rank only the order of candidates
    within: str = "country"  # country or all: whose candidates are compared with each other
    top_k: int = 3  # places that count as leading; fewer where no more candidates have a place
    min_known_weight: float = 0.5  # share of the weights that must be known for a place
    n_draws: int = 2000  # draws of weights; the error of a share is at most 0.5 / sqrt(n)
    concentration: float = 50.0  # dimensionless; larger draws weights nearer to the recipe's
    seed: int = 0
    lower_is_better: tuple[str, ...] = ()  # indicators of which less is better
    weights: Mapping[str, float] = field(default_factory=_default_weights)  # indicator -> weight

    def __post_init__(self) -> None:
        """Check the ranges of the parameters and the names of indicators."""
        _refuse_unknown({"weights": self.weights, "lower_is_better": self.lower_is_better})
        wrong = [n for n, w in self.weights.items() if isinstance(w, bool) or not _is_weight(w)]
        if wrong:
            raise RecipeError(
                f"ranking: the weight of `{wrong[0]}` is {self.weights[wrong[0]]}",
                rule="a weight is a number of 0 or more",
                hint="leave an indicator out, or give it 0, if it should not count",
            )
        if self.normalisation not in ("min_max", "rank"):
            raise RecipeError(
                f"ranking: normalisation is `{self.normalisation}`", rule="it is min_max or rank"
            )
        if self.within not in ("country", "all"):
            raise RecipeError(f"ranking: within is `{self.within}`", rule="it is country or all")
        for name in ("top_k", "n_draws", "concentration"):
            if not getattr(self, name) > 0:
                raise RecipeError(
                    f"ranking: {name} is {getattr(self, name):g}", rule="it is above 0"
                )
        if not 0 <= self.min_known_weight <= 1:
            raise RecipeError(
                f"ranking: min_known_weight is {self.min_known_weight:g}",
                rule="it is between 0 and 1",
            )

    def run(self, tables: Tables) -> Tables:
        """Rank the candidates of each country, or all together."""
        conditions: dict[str, dict[str, Row]] = {}
        for row in tables.rows("condition"):
            conditions.setdefault(row["candidate_id"], {})[row["indicator"]] = row
        groups: dict[str, list[str]] = {}
        for candidate in tables.rows("candidate"):
            if candidate["candidate_id"] in conditions:
                group = candidate["country"] if self.within == "country" else "all"
                groups.setdefault(group, []).append(candidate["candidate_id"])
        weights: list[Row] = []
        parts: list[Row] = []
        ranks: list[Row] = []
        for group, ids in sorted(groups.items()):
            compared = Compared.of(
                group,
                ids,
                conditions,
                weights=self.weights,
                normalisation=self.normalisation,
                lower_is_better=self.lower_is_better,
                min_known_weight=self.min_known_weight,
            )
            weights += self._weight_rows(compared)
            parts += _part_rows(compared)
            ranks += self._rank_rows(compared)
        written = Tables().with_rows("condition_weight", weights)
        return written.with_rows("condition_part", parts).with_rows("condition_rank", ranks)

    def _weight_rows(self, compared: Compared) -> list[Row]:
        counted = compared.counted
        total = compared.weight[counted].sum()
        rows = []
        for j, indicator in enumerate(compared.indicators):
            held = compared.value[~np.isnan(compared.value[:, j]), j]
            verdict = compared.verdicts[j]
            rows.append(
                {
                    "compared_with": compared.group,
                    "indicator": indicator,
                    "weight": round(compared.weight[j] / total, 6) if counted[j] else 0.0,
                    "normalisation": self.normalisation,
                    "direction": "less_is_better"
                    if indicator in self.lower_is_better
                    else "more_is_better",
                    "lowest": float(held.min()) if held.size else None,
                    "highest": float(held.max()) if held.size else None,
                    "unit": compared.units[j],
                    "n_known": int(held.size),
                    "n_compared": len(compared.ids),
                    "verdict": verdict,
                    "top_kept": self._top_kept(compared, j) if counted[j] else None,
                    "reasons": dump_reasons([_weight_words(verdict, held.size, compared)]),
                    "based_on": compared.refs(range(len(compared.ids)), [j]),
                }
            )
        return rows

    def _top_kept(self, compared: Compared, left_out: int) -> float | None:
        """Share of the leading candidates that still lead without one indicator."""
        top_k = self._top_k(compared)
        leading = compared.ranks <= top_k
        weight = np.where(compared.counted, compared.weight, 0.0)
        weight[left_out] = 0.0
        if not leading.any() or not weight.any():
            return None
        score = weighted_score(compared.normalised, weight)[0]
        again = ranks_from_scores(np.where(compared.ranked, score, np.nan)) <= top_k
        return round(float((leading & again).sum() / leading.sum()), 4)

    def _top_k(self, compared: Compared) -> int:
        """Leading places: fewer than there are candidates with a place, or all would lead."""
        return max(1, min(self.top_k, int(compared.ranked.sum()) - 1))

    def _rank_rows(self, compared: Compared) -> list[Row]:
        shares, low, high = self._sensitivity(compared)
        n_ranked = int(compared.ranked.sum())
        rows = []
        for i, candidate_id in enumerate(compared.ids):
            known = [
                j
                for j in np.flatnonzero(compared.counted)
                if not np.isnan(compared.normalised[i, j])
            ]
            open_ = [
                compared.indicators[j]
                for j in range(len(compared.indicators))
                if compared.weight[j] > 0 and np.isnan(compared.value[i, j])
            ]
            ranked = bool(compared.ranked[i])
            row = {
                "candidate_id": candidate_id,
                "compared_with": compared.group,
                "n_compared": len(compared.ids),
                "rank": int(compared.ranks[i]) if ranked else None,
                "score": _rounded(compared.score[i]),
                "score_low": round(float(np.clip(compared.low[i], 0, 1)), 6),
                "score_high": round(float(np.clip(compared.high[i], 0, 1)), 6),
                "known_weight": round(float(np.clip(compared.known[i], 0, 1)), 6),
                "indicators": "|".join(compared.indicators[j] for j in known) or None,
                "not_known": "|".join(open_) or None,
                "top_k": self._top_k(compared),
                "verdict": compared.verdict(i),
                **{name: _rounded(v[i]) if ranked else None for name, v in shares.items()},
                "rank_low": int(low[i]) if ranked else None,
                "rank_high": int(high[i]) if ranked else None,
            }
            words = self._rank_words(row, len(known), len(open_), n_ranked)
            row["reasons"] = dump_reasons(words)
            row["based_on"] = compared.refs([i], known)
            rows.append(row)
        return rows

    def _sensitivity(self, compared: Compared) -> tuple[dict[str, Vector], Vector, Vector]:
        counted = compared.counted
        # Only who is ranked competes for the leading places.
        table = np.where(compared.ranked[:, None], compared.normalised, np.nan)[:, counted]
        draw = partial(
            rank_sensitivity,
            table,
            top_k=self._top_k(compared),
            n_draws=self.n_draws,
            seed=self.seed,
        )
        anywhere = near = draw()
        if counted.any():
            near = draw(centre=compared.weight[counted], concentration=self.concentration)
        shares = {
            "top_share_any": anywhere.top_share,
            "top_share_near": near.top_share,
            "share_error": np.fmax(anywhere.standard_error, near.standard_error),
        }
        return shares, near.rank_low, near.rank_high

    def _rank_words(self, row: Row, n_known: int, n_open: int, n_ranked: int) -> list[Reason]:
        words = [
            reason(
                "Compared over {known} indicators that carry a share of {share} of the weights; "
                "{open} indicators with weight are not known and were left out, not counted as "
                "zero.",
                known=n_known,
                share=round(row["known_weight"], 2),
                open=n_open,
            )
        ]
        if row["verdict"] == "not_comparable":
            words.append(reason("Nothing with weight tells the candidates compared apart."))
        elif row["verdict"] == "too_little_known":
            words.append(
                reason(
                    "Too little is known for a place: a share of {least} of the weights is asked "
                    "for.",
                    least=self.min_known_weight,
                )
            )
        elif n_ranked == 1:
            words.append(reason("It is the only candidate with a place: nobody is compared."))
        else:
            words.append(
                reason(
                    "It is among the first {k} of {n} under a share of {near} of the weights near "
                    "those of the recipe, and of {any} of all possible weights.",
                    k=row["top_k"],
                    n=n_ranked,
                    near=round(row["top_share_near"], 2),
                    any=round(row["top_share_any"], 2),
                )
            )
            words.append(
                reason(
                    "Its score is {score}; were all known, it would lie between {low} and {high}.",
                    score=round(row["score"], 2),
                    low=round(row["score_low"], 2),
                    high=round(row["score_high"], 2),
                )
            )
        return words


def _weight_words(verdict: str, n_known: int, compared: Compared) -> Reason:
    if verdict == "no_weight":
        return reason("The recipe gives it no weight.")
    if verdict == "not_known":
        return reason(
            "It is known for {n} of {all} candidates, too few to compare.",
            n=n_known,
            all=len(compared.ids),
        )
    if verdict == "same_for_all":
        return reason("All candidates have the same value, so it tells none of them apart.")
    return reason("It is known for {n} of {all} candidates.", n=n_known, all=len(compared.ids))


def _part_rows(compared: Compared) -> list[Row]:
    weight = np.where(compared.counted, compared.weight, 0.0)
    total = weight.sum()
    rows = []
    for i, candidate_id in enumerate(compared.ids):
        for j in np.flatnonzero(compared.counted):
            value = compared.normalised[i, j]
            known = not np.isnan(value)
            share = float(weight[j] / total / compared.known[i]) if known else None
            words = (
                reason("Its value is {value} on a scale from 0 to 1.", value=round(float(value), 2))
                if known
                else reason("It is not known here: left out, not counted as zero.")
            )
            rows.append(
                {
                    "candidate_id": candidate_id,
                    "indicator": compared.indicators[j],
                    "normalised": round(float(value), 6) if known else None,
                    "weight": None if share is None else round(min(share, 1.0), 6),
                    "part": None if share is None else round(min(share, 1.0) * float(value), 6),
                    "reasons": dump_reasons([words]),
                    "based_on": compared.refs([i], [j]),
                }
            )
    return rows


def _refuse_unknown(named: Mapping[str, Iterable[str]]) -> None:
    """Refuse names of no indicator: a weight that never counts would go unnoticed."""
    unknown = [
        (parameter, name)
        for parameter, names in named.items()
        for name in names
        if name not in CONDITION_INDICATORS and not (name.startswith(_FACT) and name != _FACT)
    ]
    if not unknown:
        return
    near = [
        f"did you mean `{close[0]}` for `{name}`?"
        for _, name in unknown
        if (close := difflib.get_close_matches(name, CONDITION_INDICATORS, n=1))
    ]
    raise RecipeError(
        "ranking: there is no indicator "
        + ", ".join(f"`{name}` ({parameter})" for parameter, name in unknown),
        rule=f"indicators are those that conditions measures, and facts as `{_FACT}NAME`",
        hint=" ".join(near) or f"write `{_FACT}` before the name of a fact that people state",
    )


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value)) and value >= 0


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(np.clip(value, 0.0, 1.0)), 6)
