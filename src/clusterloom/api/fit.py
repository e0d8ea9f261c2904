"""Fit the program's models to a workspace's own past, and say what came out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom.errors import WorkspaceError
from clusterloom.networks.adjacency_model import (
    SIGNALS_OF,
    AdjacencyModel,
    SignalWeights,
    packaged_model,
    read_model,
)

if TYPE_CHECKING:
    from clusterloom.api import Project

__all__ = ["fit_adjacency", "fit_words", "forget_adjacency", "told_weights", "workspace_model"]

_FILE = "adjacency.json"


def workspace_model(folder: Path) -> AdjacencyModel:
    """Return the weights of adjacency that serve in a workspace: fitted there, or the packaged.

    Raises
    ------
    SourceError
        If the workspace's file of weights is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        return packaged_model()
    return read_model(path.read_text(encoding="utf-8"), path)


def fit_adjacency(
    project: Project, *, year: int | None = None, seed: int = 0, draws: int = 200
) -> dict[str, Any]:
    """Fit the weights of adjacency to the imported data and let the next run use them.

    Parameters
    ----------
    project : with imported sources; activities and links with years
    year : signals are from before it, links from it on; by default two fifths of the dated
        activities are later
    seed : of the groups, the draws and the sampling of pairs
    draws : bootstrap draws for the intervals, >= 20

    Returns
    -------
    dict
        `file`, `model`, and for `field` and `organisation`: `origin`, `weights`, `scores`, `facts`
        and `words`, which say what came out.

    Raises
    ------
    WorkspaceError
        If nothing was imported, or `draws` is below 20.
    """
    from clusterloom.entities.catalogue import read_catalogue
    from clusterloom.entities.classification import Classification
    from clusterloom.networks.adjacency_fit import fit_adjacency_model
    from clusterloom.views.files import write_text

    if draws < 20:
        raise WorkspaceError(f"{draws} draws", rule="an interval takes at least 20 draws")
    encoders = project._encoders
    tables = project.workspace.inputs().merged(read_catalogue())
    tables = tables.merged(Classification(encoders=encoders).run(tables))
    names = [row["name"] for row in tables.rows("source") if row["kind"] != "register"]
    model = fit_adjacency_model(
        tables,
        encoders=encoders,
        data="; ".join(dict.fromkeys(names)),
        year=year,
        seed=seed,
        draws=draws,
    )
    path = write_text(project.workspace.folder / _FILE, model.text())
    units = {
        unit: {**told_weights(unit, model.of(unit)), "words": fit_words(unit, model.of(unit))}
        for unit in SIGNALS_OF
    }
    return {"file": str(path), "model": model.name, **units}


def forget_adjacency(project: Project) -> bool:
    """Take the packaged weights again; True if there were weights of the workspace's own."""
    path = project.workspace.folder / _FILE
    had = path.exists()
    path.unlink(missing_ok=True)
    return had


def told_weights(unit: str, one: SignalWeights) -> dict[str, Any]:
    """Return origin, weights with intervals, scores and facts of weights as plain data."""
    return {
        "origin": one.origin,
        "weights": {
            name: {
                "weight": one.weights[k],
                "low": one.low[k] if one.low else None,
                "high": one.high[k] if one.high else None,
            }
            for k, name in enumerate(SIGNALS_OF[unit])
        },
        "scores": {
            name: {"average_precision": score.average_precision, "auc": score.auc}
            for name, score in one.scores.items()
        },
        "facts": dict(one.facts),
    }


def fit_words(
    unit: str,
    one: SignalWeights,
    *,
    what: str | None = None,
    kept: str = "the packaged weights serve",
) -> list[str]:
    """Say what came out of a fit.

    Parameters
    ----------
    unit : ``field`` or ``organisation``: which signals the weights are of
    what : name of the units in the plural; by default that of `unit`
    kept : what serves where nothing was fitted
    """
    own: Mapping[str, Any] | None = one.facts.get("own")
    what = f"pairs of {what or unit + 's'}"
    if own is not None and own.get("no_better"):
        return [
            f"{what}: weights fitted to these data rank {own['n_linked']} later links no better "
            f"than those that serve without a fit; {kept}"
        ]
    if own is not None:
        return [
            f"{what}: too thin to fit: {own['n_linked']} became linked, {own['needed']} are "
            f"needed; {kept}"
        ]
    facts = one.facts
    lines = [
        f"{what}: {facts['n_linked']} of {facts['n_pairs']} became linked in {facts['year']} or "
        "later"
    ]
    for k, name in enumerate(SIGNALS_OF[unit]):
        interval = f" ({one.low[k]:.2f} to {one.high[k]:.2f})" if one.low else ""
        lines.append(f"  weight of {name}: {one.weights[k]:.2f}{interval}")
    blind = facts["n_linked"] / max(facts["n_pairs"], 1)
    lines.append(f"  average precision on pairs not fitted on (blind: {blind:.3f}):")
    lines += [
        "    {}: {:.3f} ({:.3f} to {:.3f}), area under the curve {:.3f}".format(
            name, *score.average_precision, score.auc[0]
        )
        for name, score in one.scores.items()
    ]
    value, low, high = facts["gain"]
    verdict = "the fusion ranks better than the best signal alone"
    if low <= 0 <= high:
        verdict = "the fusion cannot be told from the best signal alone"
    elif high < 0:
        verdict = "the fusion ranks worse than the best signal alone"
    lines.append(f"  {verdict}: difference {value:.3f} ({low:.3f} to {high:.3f})")
    return lines
