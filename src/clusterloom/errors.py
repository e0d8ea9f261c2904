"""The errors Clusterloom raises: each names the fault with its value, the rule and a remedy."""

from __future__ import annotations

__all__ = [
    "ClusterloomError",
    "RecipeError",
    "SchemaError",
    "SourceError",
    "StageError",
    "UsageError",
    "WorkspaceError",
]


class ClusterloomError(Exception):
    """Root of every error a user can meet.

    Parameters
    ----------
    fault : one sentence
        What is wrong, with the value that is wrong.
    rule : one sentence, may be empty
        What would be right.
    hint : one sentence, may be empty
        What the user can do now.

    Examples
    --------
    >>> print(ClusterloomError("year 20223", rule="a year has four digits", hint="check row 7"))
    year 20223
    <BLANKLINE>
    rule: a year has four digits
    hint: check row 7
    """

    exit_code = 1

    def __init__(self, fault: str, *, rule: str = "", hint: str = "") -> None:
        self.fault = fault
        self.rule = rule
        self.hint = hint
        super().__init__(fault)

    def __str__(self) -> str:
        tail = [
            f"{name}: {text}" for name, text in (("rule", self.rule), ("hint", self.hint)) if text
        ]
        return "\n".join([self.fault, "", *tail]) if tail else self.fault


class SchemaError(ClusterloomError):
    """A table does not have the columns, types or keys that the schema asks for."""


class SourceError(ClusterloomError):
    """A source cannot be read at all (single bad rows go to quarantine instead)."""


class RecipeError(ClusterloomError):
    """A recipe names something that does not exist or gives a value out of range."""


class StageError(ClusterloomError):
    """A stage cannot compute its result from the tables it was given."""


class WorkspaceError(ClusterloomError):
    """The workspace folder is missing, damaged or cannot be written."""


class UsageError(ClusterloomError):
    """The program was called in a way it does not understand."""

    exit_code = 2
