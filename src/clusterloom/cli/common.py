"""What the commands share: their common options, and how they print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "DEFAULT_WORKSPACE",
    "JsonOption",
    "LanguageOption",
    "OutOption",
    "PlanOption",
    "QuietOption",
    "RecipeOption",
    "WorkspaceOption",
    "checked_language",
    "print_result",
    "say",
]

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLUSTERLOOM_WORKSPACE", help="Workspace folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr.")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="en, ru, be or zh.")]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", "-r", help="Recipe file (TOML); default: all defaults.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder or file to write.")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="Plan id; default: the newest.")]

DEFAULT_WORKSPACE = Path("clusterloom-workspace")
_LANGUAGES = ("en", "ru", "be", "zh")


def checked_language(language: str) -> str:
    """Return the language; UsageError if the program does not speak it."""
    if language not in _LANGUAGES:
        from clusterloom.errors import UsageError

        raise UsageError(
            f"there is no language `{language}`", rule=f"languages are {', '.join(_LANGUAGES)}"
        )
    return language


def print_result(data: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """Print a result on stdout: the data as JSON, or the lines."""
    text = (
        json.dumps(data, ensure_ascii=False, indent=2, default=str) if as_json else "\n".join(lines)
    )
    typer.echo(text)


def say(text: str, *, quiet: bool) -> None:
    """Say something on stderr, where it does not disturb the data."""
    if not quiet:
        typer.echo(text, err=True)
