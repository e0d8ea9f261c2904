"""The joint programme of two clusters: what to do in which order, for people and for programs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clusterloom.errors import UsageError
from clusterloom.plan.recipe import LANGUAGES

if TYPE_CHECKING:
    from clusterloom.api import Plan

__all__ = ["programme_text", "programmes"]


def programmes(
    plan: Plan, cluster_ids: Sequence[str] = (), *, language: str = "en"
) -> list[dict[str, Any]]:
    """Return the growth paths of a plan in one language.

    Parameters
    ----------
    plan : a finished plan
    cluster_ids : only programmes that all of these clusters take part in; all when empty
    language : en, ru, be or zh

    Returns
    -------
    one entry for each programme: the two clusters and the phases with milestones and actions

    Raises
    ------
    UsageError
        If there is no such cluster, language or programme; the nearest names are given.
    """
    from clusterloom.views.growth_view import growth_view
    from clusterloom.views.language import Translator
    from clusterloom.views.names import Names

    if language not in LANGUAGES:
        raise UsageError(
            f"there is no language `{language}`", rule=f"languages are {', '.join(LANGUAGES)}"
        )
    known = sorted(str(row["cluster_id"]) for row in plan.tables.rows("cluster"))
    for cluster_id in cluster_ids:
        if cluster_id not in known:
            near = difflib.get_close_matches(cluster_id, known, n=3, cutoff=0.3) or known[:3]
            raise UsageError(
                f"there is no cluster `{cluster_id}`",
                rule="clusters are those of the plan: `clusterloom show cluster`",
                hint=f"the nearest are {', '.join(near)}" if near else "the plan has no cluster",
            )
    say = Translator(language)
    found = growth_view(plan.tables, Names(plan.tables, say), say)
    pairs = {
        row["programme_id"]: {row["cluster_a"], row["cluster_b"]}
        for row in plan.tables.rows("programme_phase")
    }
    chosen = [p for p in found if set(cluster_ids) <= pairs[p["id"]]]
    if cluster_ids and not chosen:
        raise UsageError(
            f"the plan has no programme with {' and '.join(cluster_ids)}",
            rule="each cluster gets a programme with its best partners, those abroad first",
            hint="raise `n_partners` under [stages.growth_path] in the recipe and run it again",
        )
    return chosen


def programme_text(found: Sequence[Mapping[str, Any]], *, language: str = "en") -> list[str]:
    """Return programmes as lines of plain text."""
    from clusterloom.views.growth_view import programme_lines

    return programme_lines(found, language)
