"""Test how well ties to come can be ranked, on participations with days."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom.errors import ClusterloomError, UsageError

if TYPE_CHECKING:
    from clusterloom.networks.link_prediction import Backtest

__all__ = ["LinkBacktest", "run_link_backtest"]

# What is left out of the features, by the beginnings of their names; chosen on the earlier period.
CHOICES = {
    "all features": (),
    "without kinds of organisations": ("kind_", "kinds"),
    "ties only": ("kind_", "kinds", "countries", "topics"),
    "each organisation by itself": (
        "resource_allocation",
        "common_partner",
        "walk_",
        "topics",
        "countries",
        "kinds",
    ),
}


@dataclass(frozen=True)
class LinkBacktest:
    """A finished backtest with what it was made of."""

    found: Backtest
    days: tuple[datetime.date, ...]
    n_left_out: int

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        found = self.found
        return {
            "days": [day.isoformat() for day in self.days],
            "n_left_out": self.n_left_out,
            "n_new_ties": found.n_new_ties,
            "n_positive": found.n_positive,
            "n_events": found.n_events,
            "mean_degree": dict(found.mean_degree),
            "results": [
                {
                    "ranker": one.ranker,
                    "negatives": one.negatives,
                    "auc": _ends(one.auc),
                    "average_precision": _ends(one.average_precision),
                    "margin": _ends(one.margin),
                    "precision_at": {str(k): v for k, v in one.precision_at.items()},
                }
                for one in found.results
            ],
            "rankers": {
                kind: {
                    "ridge": ranker.ridge,
                    "without": list(ranker.without),
                    "weights": dict(zip(ranker.names, ranker.weights.tolist(), strict=True)),
                }
                for kind, ranker in found.rankers.items()
            },
            "validation": {
                kind: [
                    {"features": name, "ridge": ridge, "average_precision": precision}
                    for name, ridge, precision in tried
                ]
                for kind, tried in found.validation.items()
            },
        }

    def lines(self) -> list[str]:
        """Return the results as a Markdown table for each kind of negatives."""
        lines = []
        for kind in dict.fromkeys(one.negatives for one in self.found.results):
            rows = [one for one in self.found.results if one.negatives == kind]
            at = list(rows[0].precision_at)
            head = ["ranker", "AUC", "average precision", f"`ours_{kind}` minus it"]
            head += [f"precision at {k}" for k in at]
            lines += [f"Negatives: {kind.replace('_', ' ')}.", "", _line(head)]
            lines.append("|" + "---|" * len(head))
            for one in sorted(rows, key=lambda r: -r.average_precision.value):
                cells = [f"`{one.ranker}`", _shown(one.auc), _shown(one.average_precision)]
                cells.append("–" if one.ranker == f"ours_{kind}" else _shown(one.margin))
                lines.append(_line([*cells, *(f"{one.precision_at[k]:.3f}" for k in at)]))
            lines.append("")
        return lines[:-1]

    def choice_lines(self) -> list[str]:
        """Return what each choice of features reached on the earlier period, as Markdown."""
        kinds = list(self.found.validation)
        head = ["features", *(f"average precision, {kind.replace('_', ' ')}" for kind in kinds)]
        lines = [_line(head), "|" + "---|" * len(head)]
        best: dict[str, dict[str, float]] = {}
        for kind in kinds:
            for name, _, precision in self.found.validation[kind]:
                held = best.setdefault(name, {})
                held[kind] = max(precision, held.get(kind, 0.0))
        rows = [[name, *(f"{of[kind]:.3f}" for kind in kinds)] for name, of in best.items()]
        return [*lines, *(_line(row) for row in rows)]

    def weight_lines(self) -> list[str]:
        """Return the fitted weights, for a change of one standard deviation, as Markdown."""
        kinds = list(self.found.rankers)
        head = ["feature", *(f"weight, fitted on {kind.replace('_', ' ')}" for kind in kinds)]
        weight = {
            kind: dict(zip(ranker.names, ranker.weights.tolist(), strict=True))
            for kind, ranker in self.found.rankers.items()
        }
        names = list(dict.fromkeys(name for held in weight.values() for name in held))
        rows = [
            [f"`{n}`", *(f"{weight[k][n]:+.2f}" if n in weight[k] else "–" for k in kinds)]
            for n in names
        ]
        return [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]


def run_link_backtest(
    participations: Path,
    *,
    days: Sequence[datetime.date],
    topics: Path | None = None,
    columns: Mapping[str, str] | None = None,
    n_positive: int = 20_000,
    n_negative: int = 5,
    resamples: int = 500,
    seed: int = 0,
) -> LinkBacktest:
    """Fit, choose and test a ranker of ties to come.

    Parameters
    ----------
    participations : CSV file, one line for each organisation in each event
    days : four days in order
        Features of the past up to the first are fitted to the ties that came up to the second;
        features up to the second choose by the ties up to the third; features up to the third are
        tested, once, on the ties up to the fourth.
    topics : CSV file of events and topics, optional
    columns : names of the columns, see `read_participations`
    n_positive : new ties drawn from each period at most
    n_negative : pairs without a tie for each of them
    resamples : bootstrap draws of events
    seed : starts the draws

    Raises
    ------
    SourceError
        If a file cannot be read.
    UsageError
        If the days are not four in rising order, or no new tie came between two of them.
    """
    from clusterloom.entities.country_distances import country_distances
    from clusterloom.networks.link_history import History, Participation
    from clusterloom.networks.link_prediction import Period, backtest_links
    from clusterloom.sources.participations import read_event_topics, read_participations

    if len(days) != 4 or sorted(set(days)) != list(days):
        raise UsageError(
            f"days are {', '.join(day.isoformat() for day in days) or 'none'}",
            rule="four days in rising order: fit from, fit to, choose to, test to",
        )
    for name, value in (("n_positive", n_positive), ("n_negative", n_negative)):
        if value < 1:
            raise UsageError(f"{name} is {value}", rule="it is at least 1")
    if resamples < 2:
        raise UsageError(f"resamples is {resamples}", rule="it is at least 2")
    rows, left_out = read_participations(participations, columns=columns)
    named = read_event_topics(topics, columns=columns) if topics is not None else None
    history = History.of([Participation(*row) for row in rows], named)
    periods = [Period(day, until) for day, until in itertools.pairwise(days)]
    try:
        found = backtest_links(
            history,
            fit=periods[0],
            validate=periods[1],
            test=periods[2],
            country_km=country_distances(history.countries),
            choices=CHOICES,
            n_positive=n_positive,
            n_negative=n_negative,
            resamples=resamples,
            seed=seed,
        )
    except ValueError as fault:
        raise ClusterloomError(
            str(fault),
            rule="every period needs new ties, and pairs that have none",
            hint="choose other days; `start_date` says when ties came",
        ) from fault
    return LinkBacktest(found, tuple(days), left_out)


def _ends(interval: Any) -> dict[str, float]:
    return {"value": interval.value, "lower": interval.lower, "upper": interval.upper}


def _shown(interval: Any) -> str:
    return f"{interval.value:.3f} ({interval.lower:.3f} to {interval.upper:.3f})"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
