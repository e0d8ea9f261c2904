"""Recipes and the documented tables, as data: what can be run, with which parameters, on what."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from clusterloom.errors import RecipeError, UsageError
from clusterloom.plan.recipe import (
    Recipe,
    build_stages,
    parse_recipe,
    read_recipe,
    stage_parameters,
)
from clusterloom.schema import TABLES

__all__ = [
    "check_recipe",
    "default_recipe_text",
    "embedded_recipe",
    "parse_recipe_record",
    "schema_tables",
    "stage_classes",
]


def stage_classes() -> list[type[Any]]:
    """Return the stages in the method's order, the preparing ones first."""
    from clusterloom.entities.classification import Classification
    from clusterloom.entities.paradigm import Paradigm
    from clusterloom.networks.adjacency import Adjacency
    from clusterloom.networks.neighbours import Neighbours
    from clusterloom.stages import STAGES

    return [Classification, Paradigm, Adjacency, Neighbours, *STAGES]


def parse_recipe_record(record: Mapping[str, Any]) -> Recipe:
    """Make a recipe of what the ledger holds."""
    return Recipe(
        title=record["title"],
        title_ru=record.get("title_ru", ""),
        title_be=record.get("title_be", ""),
        title_zh=record.get("title_zh", ""),
        sources=tuple(record["sources"]),
        languages=tuple(record["languages"]),
        formats=tuple(record["formats"]),
        engine=record.get("engine", "duckdb"),
        text=record.get("text", {}),
        stages=record["stages"],
    )


def embedded_recipe(name: str) -> Recipe:
    """Return a recipe that ships with the program; RecipeError if there is none of that name."""
    folder = files("clusterloom").joinpath("data", "recipes")
    file = folder.joinpath(f"{name}.toml")
    if not file.is_file():
        known = sorted(f.name.removesuffix(".toml") for f in folder.iterdir())
        raise RecipeError(
            f"there is no embedded recipe `{name}`", rule=f"they are {', '.join(known)}"
        )
    return parse_recipe(file.read_text(encoding="utf-8"))


def default_recipe_text() -> str:
    """Return a complete recipe with every stage, parameter and default value, as TOML."""
    lines = [
        'title = "Cluster plan"',
        'title_ru = ""  # title in the reports of a language; empty = title',
        'title_be = ""',
        'title_zh = ""',
        "sources = []  # folders, workbooks, cordis:PATH or embedded:NAME; empty = all imported",
        'languages = ["en", "ru"]  # of the report',
        'formats = ["csv", "xlsx", "geojson", "json"]',
        'engine = "duckdb"  # or "spark" (pip install "clusterloom[spark]"); the same results',
    ]
    for cls in stage_classes():
        lines += ["", f"[stages.{cls.name}]"]
        nested = []
        for name, value in stage_parameters(cls).items():
            if isinstance(value, dict):
                nested.append((name, value))
            elif value is not None:
                lines.append(f"{name} = {_toml(value)}")
        for name, value in nested:
            lines += ["", f"[stages.{cls.name}.{name}]"]
            lines += [f"{_toml(key)} = {_toml(item)}" for key, item in value.items()]
    lines += [
        "",
        "# A sentence encoder of your own; without this section the shipped ones are used.",
        "# [text]",
        '# encoder = "models/my-encoder"  # folder of sentence-transformers or ONNX, or .onnx file',
        '# prefix = ""  # put before every text, e.g. "query: " for the E5 family',
        '# kind = "auto"  # or "onnx", "sentence-transformers"',
        "# alone = false  # true leaves the shipped encoders out",
    ]
    return "\n".join(lines) + "\n"


def schema_tables(name: str | None = None) -> list[dict[str, Any]]:
    """Return the documented tables (or one) as plain data; UsageError on an unknown name."""
    if name is not None and name not in TABLES:
        raise UsageError(f"there is no table `{name}`", rule=f"tables are {', '.join(TABLES)}")
    chosen = [TABLES[name]] if name else list(TABLES.values())
    return [
        {
            "name": table.name,
            "kind": table.kind.value,
            "meaning": table.meaning,
            "key": list(table.key),
            "columns": [
                {
                    "name": column.name,
                    "type": column.type.value,
                    "unit": column.unit,
                    "meaning": column.meaning,
                    "null": column.null,
                    "choices": list(column.choices),
                    "range": [column.minimum, column.maximum],
                    "example": column.example,
                }
                for column in table.columns
            ],
        }
        for table in chosen
    ]


def check_recipe(path: Path) -> Recipe:
    """Read a recipe and check every stage and parameter; RecipeError with all faults.

    An encoder of the user's own is loaded, so that a missing file or package is told now.
    """
    from clusterloom.text import OnDiskEncoder

    recipe = read_recipe(path)
    build_stages(recipe, stage_classes())
    if recipe.text:
        more = {name: recipe.text[name] for name in ("prefix", "kind") if name in recipe.text}
        OnDiskEncoder(recipe.text["encoder"], **more).load()
    return recipe


def _toml(value: Any) -> str:
    import json

    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
