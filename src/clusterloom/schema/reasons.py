"""Reasons in words: a template and its arguments, kept apart so that they can be translated.

The template is an English sentence with named places, ``"covers {field} by {kind}"``, and is
the message id in the babel catalogues. An argument is a number, plain text, a reference such as
``field:laser-technology`` or ``org:by-nas`` which a view shows under its name in the reader's
language, or words that somebody wrote in several languages: language -> text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Reason", "dump_reasons", "load_reasons", "reason"]

Argument = str | int | float | Mapping[str, str]


@dataclass(frozen=True)
class Reason:
    """One sentence with its arguments."""

    template: str
    args: Mapping[str, Argument] = field(default_factory=dict)


def reason(template: str, /, **args: Argument) -> Reason:
    """Make one reason; every place in the template must be given, and nothing else.

    Raises
    ------
    ValueError
        If the template and the arguments do not fit each other, or an argument in several
        languages has none.

    Examples
    --------
    >>> reason("works on {field}", field="field:laser-technology").args["field"]
    'field:laser-technology'
    """
    try:
        template.format(**args)
    except (KeyError, IndexError) as fault:
        raise ValueError(f"reason {template!r} lacks the argument {fault}") from fault
    unused = [name for name in args if "{" + name not in template]
    if unused:
        raise ValueError(f"reason {template!r} does not use {unused}")
    silent = [name for name, value in args.items() if isinstance(value, Mapping) and not value]
    if silent:
        raise ValueError(f"reason {template!r} has no language for {silent}")
    return Reason(template, dict(args))


def dump_reasons(reasons: Iterable[Reason]) -> str:
    """Write reasons as the JSON text that result tables store."""
    return json.dumps(
        [{"text": one.template, "args": dict(one.args)} for one in reasons],
        ensure_ascii=False,
        sort_keys=True,
    )


def load_reasons(text: str | None) -> list[Reason]:
    """Read what `dump_reasons` wrote; an empty cell gives no reasons."""
    if not text:
        return []
    records: list[dict[str, Any]] = json.loads(text)
    return [Reason(record["text"], record["args"]) for record in records]
