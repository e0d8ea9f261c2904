"""Recipes, runs and the workspace they are recorded in."""

from __future__ import annotations

from clusterloom.plan.recipe import (
    Recipe,
    build_stages,
    parse_recipe,
    read_recipe,
    stage_parameters,
)
from clusterloom.plan.run import Progress, run_stages
from clusterloom.plan.stage import Stage
from clusterloom.plan.workspace import Workspace

__all__ = [
    "Progress",
    "Recipe",
    "Stage",
    "Workspace",
    "build_stages",
    "parse_recipe",
    "read_recipe",
    "run_stages",
    "stage_parameters",
]
