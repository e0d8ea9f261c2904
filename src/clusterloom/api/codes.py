"""Adjacency of the codes of any classification, from a file of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clusterloom.api.code_files import CodeSource, read_code_file, write_refused
from clusterloom.errors import SourceError, UsageError
from clusterloom.networks.adjacency_model import (
    FIELD_SIGNALS,
    SignalWeights,
    packaged_model,
    prior_model,
    read_weights,
)
from clusterloom.networks.code_adjacency import CODE_COLUMNS, code_adjacency
from clusterloom.networks.code_table import read_codes, read_unit_links
from clusterloom.text import Encoder, usable_encoders

__all__ = [
    "CODE_COLUMNS",
    "adjacency_of_codes",
    "code_adjacency",
    "encoders_for",
    "read_codes",
    "read_unit_links",
    "weights_meant",
]


def adjacency_of_codes(
    path: Path,
    *,
    out: Path,
    links: Path | None = None,
    tree: str = "",
    level: str = "",
    measure: str = "association",
    specialised: bool = False,
    titles: bool = True,
    weights: str = "prior",
    prior: float = 0.5,
    since: int | None = None,
    until: int | None = None,
    columns: Mapping[str, str] | None = None,
    min_fused: float = 0.05,
    most: int = 50,
) -> dict[str, Any]:
    """Read a file of units and codes and write the adjacency of its codes as CSV.

    Parameters
    ----------
    path, links, tree, level, since, until, columns : see `read_code_file`
    out : file to write; rows that were refused stand beside it in ``NAME.refused.csv``
    measure, specialised, prior, min_fused, most : see `code_adjacency`
    titles : compare titles, where there are any, by the program's encoders
    weights : see `weights_meant`

    Returns
    -------
    dict
        `pairs`, `file`, `refused_file` (None without refused rows), `weights`, `signals` (those
        that say anything of any pair), the facts of `read_code_file`, and `words`.

    Raises
    ------
    SourceError
        If a file cannot be read, or no row of it can.
    UsageError
        If the tree, the level or the measure is unknown, or a value is out of its range.
    """
    from clusterloom.views.exports import write_csv

    chosen = weights_meant(weights)
    source = read_code_file(
        path, links=links, tree=tree, level=level, since=since, until=until, columns=columns
    )
    try:
        found = code_adjacency(
            source.table,
            links=source.links,
            measure=measure,
            specialised=specialised,
            encoders=encoders_for(source, titles=titles),
            weights=chosen.weights,
            prior=prior,
            min_fused=min_fused,
            most=most,
        )
    except ValueError as fault:
        raise UsageError(str(fault)) from fault
    write_csv(out, list(CODE_COLUMNS), found)
    refused = write_refused(source, out)
    known = [name for name in FIELD_SIGNALS if any(row[name] is not None for row in found)]
    words = [*source.words, _weight_words(chosen), _signal_words(known)]
    words.append(f"{len(found)} pairs: {out}")
    if refused:
        words.append(f"{len(source.refused)} refused rows: {refused}")
    return {
        "pairs": len(found),
        "file": str(out),
        "refused_file": None if refused is None else str(refused),
        "weights": dict(zip(FIELD_SIGNALS, chosen.weights, strict=True)),
        "weights_origin": chosen.origin,
        "signals": known,
        **source.facts,
        "words": words,
    }


def weights_meant(weights: str) -> SignalWeights:
    """Return the weights of the four signals a word, a file or four numbers mean.

    Parameters
    ----------
    weights : ``prior`` (a judgement of the project), ``packaged`` (fitted between the fields of the
        catalogue), a file written by `fit_codes`, or four numbers >= 0 such as ``2,1,1,0``

    Raises
    ------
    UsageError
        If it is none of these.
    SourceError
        If the file holds no weights.

    Examples
    --------
    >>> weights_meant("2,1,1,0").weights, weights_meant("prior").origin
    ((0.5, 0.25, 0.25, 0.0), 'prior')
    """
    if weights == "prior":
        return prior_model().field
    if weights == "packaged":
        return packaged_model().field
    numbers = _numbers(weights)
    if numbers:
        if len(numbers) != len(FIELD_SIGNALS) or not sum(numbers) > 0:
            raise UsageError(
                f"the weights are `{weights}`",
                rule=f"four numbers >= 0, one above 0: {', '.join(FIELD_SIGNALS)}",
            )
        return SignalWeights(tuple(n / sum(numbers) for n in numbers), "stated")
    path = Path(weights)
    if not path.is_file():
        raise UsageError(
            f"there is no file of weights `{weights}`",
            rule="weights are prior, packaged, a file, or four numbers such as 2,1,1,0",
            hint="`clusterloom fit adjacency --codes FILE` writes one",
        )
    try:
        return read_weights(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceError(f"cannot read {path}: {fault}") from fault


def encoders_for(source: CodeSource, *, titles: bool) -> Sequence[Encoder]:
    """Return the encoders that work here if there are titles to compare, else none."""
    return usable_encoders() if titles and source.table.titles else ()


def _numbers(text: str) -> tuple[float, ...]:
    """Numbers >= 0 divided by commas; empty for anything else."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()
    return numbers if all(0 <= number < float("inf") for number in numbers) else ()


def _weight_words(one: SignalWeights) -> str:
    said = ", ".join(f"{n} {w:.2f}" for n, w in zip(FIELD_SIGNALS, one.weights, strict=True))
    own = one.facts.get("own")
    if one.origin == "fitted":
        facts = one.facts
        return f"weights: {said}; fitted to {facts.get('data')}, {facts['n_linked']} linked pairs"
    if one.origin == "stated":
        return f"weights: {said}; stated by you"
    if own:
        return (
            f"weights: {said}; the stated prior: your own data ({own['n_linked']} linked pairs) "
            "were too thin or taught no better"
        )
    return (
        f"weights: {said}; the project's stated prior, a judgement "
        "(`clusterloom fit adjacency --codes FILE` fits your own)"
    )


def _signal_words(known: Sequence[str]) -> str:
    missing = [name for name in FIELD_SIGNALS if name not in known]
    said = f"signals known: {', '.join(known) or 'none'}"
    if missing:
        said += f"; not known, so their weight goes to the others: {', '.join(missing)}"
    return said
