"""Fit the weights of adjacency to the past of any coding of activities, and say what came out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clusterloom.api.code_files import read_code_file, write_refused
from clusterloom.api.codes import encoders_for
from clusterloom.api.fit import fit_words, told_weights
from clusterloom.errors import UsageError
from clusterloom.networks.adjacency_model import FIELD_SIGNALS, SignalWeights, weights_text
from clusterloom.networks.past_codes import OUTCOMES, fit_code_weights

__all__ = ["fit_codes"]

_SAID = {
    "moves": "units that did one took up the other",
    "together": "they came to be found together",
    "links": "units that do one and units that do the other became linked",
}


def fit_codes(
    path: Path,
    *,
    out: Path,
    links: Path | None = None,
    tree: str = "",
    level: str = "",
    year: int | None = None,
    outcome: str | None = None,
    measure: str = "association",
    specialised: bool = False,
    titles: bool = True,
    prior: float = 0.5,
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
    draws: int = 200,
) -> dict[str, Any]:
    """Fit the weights of the four signals to a file with years, and write them for `adjacency`.

    Parameters
    ----------
    path, links, tree, level, columns : see `read_code_file`
    out : file of weights to write; rows that were refused stand beside it
    year : signals are from before it, what became linked from it on; by default two fifths of the
        dated rows are later
    outcome : moves, together or links, see `code_pairs`; by default moves where units last, else
        together
    measure, specialised, prior : see `code_adjacency`
    titles : compare titles, where there are any
    seed : of the groups, the draws and the sampling of pairs
    draws : bootstrap draws for the intervals, >= 20

    Returns
    -------
    dict
        `file`, `refused_file`, `origin` (fitted or prior), `weights`, `scores`, `facts` and
        `words`.

    Raises
    ------
    SourceError
        If a file cannot be read, or no row of it can.
    UsageError
        If a name is unknown, a value is out of its range, or `draws` is below 20.
    """
    from clusterloom.views.files import write_text

    if draws < 20:
        raise UsageError(f"{draws} draws", rule="an interval takes at least 20 draws")
    if outcome is not None and outcome not in OUTCOMES:
        raise UsageError(
            f"there is no outcome `{outcome}`", rule=f"outcomes are {', '.join(OUTCOMES)}"
        )
    source = read_code_file(path, links=links, tree=tree, level=level, columns=columns)
    try:
        one = fit_code_weights(
            source.table,
            year=year,
            outcome=outcome,
            links=source.links,
            encoders=encoders_for(source, titles=titles),
            facts={"data": path.name},
            seed=seed,
            draws=draws,
            measure=measure,
            specialised=specialised,
            prior=prior,
        )
    except ValueError as fault:
        raise UsageError(str(fault)) from fault
    write_text(out, weights_text(one))
    refused = write_refused(source, out)
    words = [*source.words, *_words(one)]
    if refused:
        words.append(f"{len(source.refused)} refused rows: {refused}")
    return {
        "file": str(out),
        "refused_file": None if refused is None else str(refused),
        **told_weights("field", one),
        **source.facts,
        "words": words,
    }


def _words(one: SignalWeights) -> list[str]:
    facts = one.facts.get("own", one.facts)
    if facts.get("year") is None:
        return [
            "the rows have fewer than two different years, so nothing can be learned of what came "
            "later; the stated prior serves"
        ]
    lines = []
    if facts.get("outcome"):
        lines.append(
            f"signals are from before {facts['year']}; a pair counts as linked where from then on "
            f"{_SAID[facts['outcome']]}, at least twice as often as by chance"
        )
    lines += fit_words("field", one, what="codes", kept="the stated prior serves")
    known = facts.get("known", [])
    missing = [name for name in FIELD_SIGNALS if name not in known]
    if known and missing and one.origin == "fitted":
        lines.append(
            f"  not known in these data, so its weight rests on the prior: {', '.join(missing)}"
        )
    return lines
