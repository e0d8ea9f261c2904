"""What bridges offer beyond the tables: clusters side by side, and letters to partners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom.errors import UsageError
from clusterloom.plan.recipe import LANGUAGES

if TYPE_CHECKING:
    from clusterloom.api import Plan

__all__ = ["clusters_side_by_side", "kinship_test", "partner_letters", "write_partner_letters"]


def clusters_side_by_side(
    plan: Plan, cluster_ids: Sequence[str] = (), *, language: str = "en"
) -> dict[str, Any]:
    """Return the profiles of clusters as the columns of one table.

    Parameters
    ----------
    plan : a finished plan
    cluster_ids : composed and existing clusters; all when empty
    language : en, ru, be or zh

    Returns
    -------
    `clusters` (the columns) and `lines`, each with a cell (text and numbers) for every cluster

    Raises
    ------
    UsageError
        If there is no cluster of a name, or no such language.
    """
    from clusterloom.views.bridges_view import BridgesView

    if language not in LANGUAGES:
        raise UsageError(
            f"there is no language `{language}`", rule=f"languages are {', '.join(LANGUAGES)}"
        )
    return BridgesView(plan.tables, language).side_by_side(cluster_ids)


def kinship_test(plan: Plan, *, permutations: int = 199, seed: int = 0) -> dict[str, Any]:
    """Test whether organisations of different clusters are tied most at a middle similarity.

    The answer says which `kinship_peak` the plan's own ties speak for.

    Parameters
    ----------
    plan : a finished plan
    permutations : random orders of the members of each cluster
    seed : of the random orders

    Returns
    -------
    `peak` (None where the curve has none), `slope_low`, `slope_high`, `p_value`,
    `n_observations`, and `inverted_u`: whether the test finds one at 5 %

    Raises
    ------
    UsageError
        If there are too few ties across clusters to tell anything.
    """
    from clusterloom.stages._kinship_test import kinship_of_ties

    found = kinship_of_ties(plan.tables, permutations=permutations, seed=seed)
    return {
        "peak": None if math.isnan(found.peak) else found.peak,
        "slope_low": found.slope_low,
        "slope_high": found.slope_high,
        "p_value": found.p_value,
        "n_observations": found.n_observations,
        "inverted_u": found.p_value <= 0.05,
    }


def partner_letters(plan: Plan, cluster_ids: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what each matched organisation should read about its partner, in its own languages.

    Parameters
    ----------
    plan : a finished plan
    cluster_ids : only matches between two of these clusters, or with the only one given

    Returns
    -------
    one row for each match, side and language

    Raises
    ------
    UsageError
        If there is no cluster of a name.
    """
    from clusterloom.views.partner_letters import letter_rows

    _checked(plan, cluster_ids)
    return letter_rows(plan.tables, cluster_ids)


def write_partner_letters(plan: Plan, folder: Path, cluster_ids: Sequence[str] = ()) -> list[Path]:
    """Write the letters (see `partner_letters`) and the ranked clusters; return the files.

    `partners.csv` and `partner_clusters.csv`, and both as the sheets of `partners.xlsx`.
    """
    from clusterloom.views.partner_letters import write_letters

    _checked(plan, cluster_ids)
    return write_letters(plan.tables, folder, cluster_ids)


def _checked(plan: Plan, cluster_ids: Sequence[str]) -> None:
    if cluster_ids:
        clusters_side_by_side(plan, cluster_ids)
