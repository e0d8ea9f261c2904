"""What the commands share: their common options, and how they print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clusterloom.text import Encoder

__all__ = [
    "DEFAULT_WORKSPACE",
    "EncoderOption",
    "JsonOption",
    "LanguageOption",
    "OutOption",
    "PlanOption",
    "PrefixOption",
    "QuietOption",
    "RecipeOption",
    "WorkspaceOption",
    "checked_language",
    "chosen_encoders",
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
ENCODER_VARIABLE = "CLUSTERLOOM_ENCODER"
EncoderOption = Annotated[
    Path | None,
    typer.Option(
        envvar=ENCODER_VARIABLE,
        help="Sentence encoder of your own: a folder, or an .onnx file.",
    ),
]
PrefixOption = Annotated[
    str,
    typer.Option(
        envvar="CLUSTERLOOM_ENCODER_PREFIX", help='Put before every text, e.g. "query: ".'
    ),
]

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


def chosen_encoders(encoder: Path | None, prefix: str) -> Sequence[Encoder] | None:
    """Return the user's own encoder beside the shipped ones; None where none is named."""
    if encoder is None:
        return None
    from clusterloom.api.encoders import own_encoders

    return own_encoders(encoder, prefix=prefix)


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
