"""Load another mapping of technological paradigms and see which organisations change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom.errors import UsageError, WorkspaceError

if TYPE_CHECKING:
    from clusterloom.api import Plan, Project
    from clusterloom.entities.paradigm import Paradigm

__all__ = ["mapping_changes", "paradigm_standing", "paradigm_text", "write_mapping_template"]


def mapping_changes(
    project: Project,
    mapping: Path | str,
    *,
    plan_id: str | None = None,
    statements_first: bool | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """Compare a mapping with the one a plan was made with; nothing is stored.

    Parameters
    ----------
    project : a project with a plan
    mapping : path of a mapping file, or ``clusterloom-1`` for the project's own
    plan_id : the plan; None = the newest
    statements_first : whether statements of sources and the survey come first; None = as the plan
    language : en, ru, be or zh; of names and reasons

    Returns
    -------
    plain data
        The counts of organisations by verdict, old and new, and each organisation that changes
        with its directions, old, new and why.

    Raises
    ------
    SourceError
        If the mapping cannot be read or has faults: all at once.
    WorkspaceError
        If there is no plan.
    """
    from clusterloom.entities.paradigm_changes import paradigm_changes
    from clusterloom.views.paradigm_view import changes_view

    plan = project.plan(plan_id)
    old = _in_force(plan)
    first = old.statements_first if statements_first is None else statements_first
    new = replace(old, mapping=str(mapping), statements_first=first)
    changes, before, after = paradigm_changes(plan.tables, old=old, new=new)
    view = changes_view(
        plan.tables,
        changes,
        (before, after),
        labels=(old.read.label, new.read.label),
        language=language,
    )
    return {"plan_id": plan.plan_id, **view}


def paradigm_standing(project: Project, *, plan_id: str | None = None) -> dict[str, Any]:
    """Return how many organisations of a plan have directions of each paradigm."""
    from clusterloom.views.paradigm_view import standing_view

    plan = project.plan(plan_id)
    view = standing_view(plan.tables, plan.tables, mapping=_in_force(plan).read.label)
    return {"plan_id": plan.plan_id, **view}


def paradigm_text(view: dict[str, Any], *, language: str = "en", limit: int = 0) -> list[str]:
    """Write what the two functions above return as lines; `limit` organisations, 0 = all."""
    from clusterloom.views.paradigm_view import paradigm_lines

    return paradigm_lines(view, language=language, limit=limit)


def write_mapping_template(path: Path) -> Path:
    """Write the project's own mapping as a file to start another one from; never over a file."""
    from clusterloom.entities.paradigm_file import own_mapping_text
    from clusterloom.views.files import write_text

    if path.exists():
        raise UsageError(f"{path} is there already", hint="name a file that does not exist yet")
    return write_text(path, own_mapping_text())


def _in_force(plan: Plan) -> Paradigm:
    """The stage as the plan's recipe sets it."""
    from clusterloom.entities.paradigm import Paradigm

    chosen = dict(plan.recipe.stages.get("paradigm", {}))
    if "activity_field" not in plan.tables.by_name:
        raise WorkspaceError(
            f"plan `{plan.plan_id}` has no fields of directions",
            hint="`clusterloom run` makes a plan anew",
        )
    return Paradigm(**chosen)
