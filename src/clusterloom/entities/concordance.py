"""Concordances: which fields of the catalogue a code of an outside classification leads to."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance_bridge import bridged_schemes, read_bridge
from clusterloom.entities.concordance_codes import code_key, code_readings, split_codes
from clusterloom.entities.scheme_names import asked_scheme, scheme_name
from clusterloom.errors import SourceError

__all__ = [
    "CodeReading",
    "Concordance",
    "FieldShare",
    "branch_of",
    "fields_of_code",
    "fields_of_codes",
    "packaged_schemes",
    "read_cell",
    "read_concordance",
]

COLUMNS = ("scheme", "code", "field_id", "share", "origin", "confidence", "parent", "title")

BRIDGE_TRUST = 0.9  # confidence left after one step over a table of correspondences, as `official`

Status = Literal["exact", "ancestor", "no_field", "unknown_code", "unknown_scheme"]


@dataclass(frozen=True)
class FieldShare:
    """One field a code leads to.

    `share` is 0..1, the shares of a code sum to 1. `origin` says where the link comes from:
    `catalogue` (entered by hand in this project), `official` (a published table to codes entered by
    hand), `hierarchy` (from a broader or the narrower codes), `text` (similar words), `bridge`
    (from the code of another classification that it corresponds to by a hand-made table), `user`; a
    code that follows others by a published table has the weakest of theirs. `confidence` is 0..1.
    """

    field_id: str
    share: float
    origin: str
    confidence: float


@dataclass(frozen=True)
class Concordance:
    """Codes of one classification with the fields each leads to; titles and parents where known.

    A code with no fields is known to lead to none: what it means (tobacco, gambling) lies outside
    the catalogue, or in no one field of it (research in natural sciences).
    """

    scheme: str
    entries: Mapping[str, tuple[FieldShare, ...]]
    titles: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeReading:
    """What became of one code.

    `status` is `exact`, `ancestor` (the concordance knows only the broader code `matched`),
    `no_field` (`matched` is known to lead to no field of the catalogue), `unknown_code` or
    `unknown_scheme`. The last three have no shares, an unknown one no `matched` either.
    """

    scheme: str
    code: str
    status: Status
    matched: str | None = None
    shares: tuple[FieldShare, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the code leads to the catalogue."""
        return bool(self.shares)

    def by_field(self) -> dict[str, tuple[float, float]]:
        """Return field -> (share, confidence); empty for an unknown code."""
        return {entry.field_id: (entry.share, entry.confidence) for entry in self.shares}


def packaged_schemes() -> tuple[str, ...]:
    """Names of the classifications whose concordance travels with the program."""
    return tuple(sorted({*(name.split(".")[0] for name in _packaged()), *bridged_schemes()}))


def read_concordance(scheme: str) -> Concordance:
    """Read a concordance that travels with the program.

    Parameters
    ----------
    scheme : name of a classification, see `packaged_schemes`
        `okved`, `okved2`, `oked` and `gced` give the one of NACE, `cpc` that of IPC. That of
        `gbt4754` is made from the one of ISIC.

    Raises
    ------
    SourceError
        If there is none of this name.
    """
    return _read_packaged(scheme_name(scheme))


def fields_of_code(
    scheme: str,
    code: str,
    *,
    own: Mapping[str, Concordance] | None = None,
    fields: Container[str] | None = None,
) -> CodeReading:
    """Find the fields a code leads to, by itself or by the nearest broader code that is known.

    At each depth the user's concordance of the very scheme is asked first, then the user's of the
    scheme that serves it (NACE for OKVED), then the one that travels with the program.

    Parameters
    ----------
    scheme : name of a classification, in any spelling
        `field` means that the code is a field of the catalogue itself.
    code : any text
        Spelled as people do: ``G06N 3/08``, ``H01S3/00``, ``C26.70``, ``2670``, ``1.11``.
    own : scheme -> concordance, optional
        The user's, with codes as `code_key` gives them.
    fields : field ids, optional
        The catalogue in use; a link to any other field is passed over. Default: all.

    Returns
    -------
    CodeReading
        An unknown scheme or code is no error: the status says so, callers keep and count it.

    Examples
    --------
    >>> fields_of_code("ipc", "H01S 3/067").shares[0].field_id
    'laser-technology'
    >>> [fields_of_code("nace", code).status for code in ("12.00", "no code")]
    ['no_field', 'unknown_code']
    """
    asked = asked_scheme(scheme)
    if asked == "field":
        if code not in (branch_of() if fields is None else fields):
            return CodeReading(scheme, code, "unknown_code")
        return CodeReading(scheme, code, "exact", code, (FieldShare(code, 1.0, "catalogue", 1.0),))
    layers = _layers(asked, own or {})
    if not layers:
        return CodeReading(scheme, code, "unknown_scheme")

    def links(key: str) -> tuple[FieldShare, ...] | None:
        found = (layer.entries[key] for layer in layers if key in layer.entries)
        usable = (f for f in found if fields is None or all(x.field_id in fields for x in f))
        return next(usable, None)

    readings = code_readings(asked, code)
    for chain in readings:
        if (shares := links(chain[0])) is not None:
            return _read(scheme, code, "exact", chain[0], shares)
    for chain in readings:
        for broader in chain[1:]:
            if (shares := links(broader)) is not None:
                return _read(scheme, code, "ancestor", broader, shares)
    return CodeReading(scheme, code, "unknown_code")


def _read(
    scheme: str, code: str, status: Status, matched: str, shares: tuple[FieldShare, ...]
) -> CodeReading:
    return CodeReading(scheme, code, status if shares else "no_field", matched, shares)


def _layers(asked: str, own: Mapping[str, Concordance]) -> list[Concordance]:
    """Concordances that may know a code of this scheme, the one to be asked first in front."""
    served = scheme_name(asked)
    owned = {asked_scheme(key): value for key, value in own.items()}
    layers = [owned[name] for name in dict.fromkeys((asked, served)) if name in owned]
    return [*layers, _read_packaged(served)] if served in packaged_schemes() else layers


def read_cell(
    scheme: str,
    cell: str,
    *,
    own: Mapping[str, Concordance] | None = None,
    fields: Container[str] | None = None,
) -> tuple[CodeReading, ...]:
    """Read every code of a cell, which may hold several (`split_codes`); others as there.

    Examples
    --------
    >>> [(r.code, r.status) for r in read_cell("nace", "26.70; glass")]
    [('26.70', 'exact'), ('glass', 'unknown_code')]
    """
    codes = split_codes(cell)
    for name, concordance in (own or {}).items():
        # A code of the user's own may have a comma or a bar inside.
        if asked_scheme(name) == asked_scheme(scheme) and (
            code_key(asked_scheme(name), cell) in concordance.entries
        ):
            codes = (cell,)
    if len(codes) < 2:
        codes = (cell,)
    return tuple(fields_of_code(scheme, code, own=own, fields=fields) for code in codes)


def fields_of_codes(
    readings: Sequence[CodeReading],
) -> tuple[dict[str, tuple[float, float]], float]:
    """Join the codes of one thing, each with an equal part, and say how far they agree.

    Parameters
    ----------
    readings : as from `fields_of_code` or `read_cell`
        Unknown ones and those that lead to no field count neither for nor against.

    Returns
    -------
    (field -> (share, confidence), agreement)
        Shares sum to 1. Confidence is the mean over the codes that lead to the field, weighed by
        their shares in it. Agreement is 0..1, the overlap of the first-level fields averaged over
        all pairs of known codes: 0 means that the codes have nothing in common. NaN with fewer than
        two known codes: there is nothing to compare.

    Examples
    --------
    >>> fields_of_codes(read_cell("nace", "26.70; 01.11"))[1]
    0.0
    """
    known = [reading for reading in readings if reading.known]
    total: dict[str, float] = {}
    trust: dict[str, float] = {}
    for reading in known:
        for entry in reading.shares:
            part = entry.share / len(known)
            total[entry.field_id] = total.get(entry.field_id, 0.0) + part
            trust[entry.field_id] = trust.get(entry.field_id, 0.0) + part * entry.confidence
    ranked = sorted(total.items(), key=lambda item: -item[1])
    # A field with the share 0 has nothing to weigh by.
    joined = {name: (share, trust[name] / share) for name, share in ranked if share > 0}
    return joined, _agreement(known)


def _agreement(readings: Sequence[CodeReading]) -> float:
    """Mean overlap of the first-level fields over all pairs; NaN without a pair."""
    mixes = []
    for reading in readings:
        mix: dict[str, float] = {}
        for entry in reading.shares:
            # A field of the user's own catalogue is a branch of its own here.
            branch = branch_of().get(entry.field_id, entry.field_id)
            mix[branch] = mix.get(branch, 0.0) + entry.share
        mixes.append(mix)
    overlaps = [
        sum(min(share, other.get(branch, 0.0)) for branch, share in mix.items())
        for i, mix in enumerate(mixes)
        for other in mixes[i + 1 :]
    ]
    return sum(overlaps) / len(overlaps) if overlaps else math.nan


@cache
def branch_of() -> Mapping[str, str]:
    """Return field -> its first-level field, from the packaged catalogue."""
    return {r["field_id"]: r["parent_id"] or r["field_id"] for r in read_catalogue().rows("field")}


@cache
def _packaged() -> tuple[str, ...]:
    folder = files("clusterloom").joinpath("data", "concordance")
    return tuple(sorted(e.name for e in folder.iterdir() if e.name.endswith((".csv", ".csv.gz"))))


@cache
def _read_packaged(scheme: str) -> Concordance:
    if scheme in bridged_schemes():
        return _bridged(scheme)
    names = [name for name in _packaged() if name.split(".")[0] == scheme]
    if not names:
        raise SourceError(
            f"no concordance of `{scheme}` travels with the program",
            rule=f"it has {', '.join(packaged_schemes())}",
            hint="import your own as a table `concordance`",
        )
    data = files("clusterloom").joinpath("data", "concordance", names[0]).read_bytes()
    text = (gzip.decompress(data) if names[0].endswith(".gz") else data).decode("utf-8")
    entries: dict[str, list[FieldShare]] = {}
    titles, parents = {}, {}
    for row in csv.DictReader(io.StringIO(text)):
        links = entries.setdefault(row["code"], [])
        if row["field_id"]:  # a line without one: the code is known, and leads to no field
            numbers = float(row["share"]), row["origin"], float(row["confidence"])
            links.append(FieldShare(row["field_id"], *numbers))
        if row["title"]:
            titles[row["code"]] = row["title"]
        if row["parent"]:
            parents[row["code"]] = row["parent"]
    return Concordance(scheme, {c: tuple(links) for c, links in entries.items()}, titles, parents)


def _bridged(scheme: str) -> Concordance:
    """Make the concordance of a scheme from that of another, over a hand-made table.

    Made when asked for, not stored: a correction of the other's concordance is taken over at once.
    """
    entries: dict[str, tuple[FieldShare, ...]] = {}
    titles: dict[str, str] = {}
    for line in read_bridge(scheme):
        titles[line.code] = line.title
        if line.fields:
            part, trust = 1 / len(line.fields), round(1 / math.sqrt(len(line.fields)), 3)
            entries[line.code] = tuple(FieldShare(f, part, "catalogue", trust) for f in line.fields)
        else:
            entries[line.code] = _mean_links(
                [fields_of_code(line.base, code).shares for code in line.targets]
            )
    return Concordance(scheme, entries, titles)


def _mean_links(targets: Sequence[Sequence[FieldShare]]) -> tuple[FieldShare, ...]:
    """Mean of the fields of several codes; less sure than they are, and the less the wider.

    A target without fields takes its part of the confidence; most of them without give none.
    """
    known = [links for links in targets if links]
    if not known or 2 * len(known) < len(targets):
        return ()
    mix: dict[str, float] = {}
    for links in known:
        for link in links:
            mix[link.field_id] = mix.get(link.field_id, 0.0) + link.share / len(known)
    trust = sum(links[0].confidence for links in known) / len(targets)
    narrow = sum(_length(link.share for link in links) for links in known) / len(known)
    confidence = round(BRIDGE_TRUST * trust * _length(mix.values()) / narrow, 3)
    ranked = sorted(mix.items(), key=lambda item: -item[1])
    return tuple(FieldShare(name, share, "bridge", confidence) for name, share in ranked)


def _length(shares: Iterable[float]) -> float:
    """Euclidean length of a mix: 1 for one field alone, less the more fields share it."""
    return math.sqrt(sum(share * share for share in shares))
