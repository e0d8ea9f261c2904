"""Concordances: which fields of the catalogue a code of an outside classification leads to."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance_codes import code_readings, scheme_name
from clusterloom.errors import SourceError

__all__ = [
    "CodeReading",
    "CodeTally",
    "Concordance",
    "FieldShare",
    "branch_of",
    "fields_of_code",
    "fields_of_codes",
    "packaged_schemes",
    "read_concordance",
    "tally_codes",
]

COLUMNS = ("scheme", "code", "field_id", "share", "origin", "confidence", "parent", "title")

Status = Literal["exact", "ancestor", "no_field", "unknown_code", "unknown_scheme"]


@dataclass(frozen=True)
class FieldShare:
    """One field a code leads to.

    `share` is 0..1, the shares of a code sum to 1. `origin` says where the link comes from:
    `catalogue` (entered by hand in this project), `official` (a published table to codes entered by
    hand), `hierarchy` (from a broader or the narrower codes), `text` (similar words), `user`; a
    code that follows others by a table has the weakest of theirs. `confidence` is 0..1.
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


@dataclass(frozen=True)
class CodeTally:
    """How often one code was met, and what became of it."""

    scheme: str
    code: str
    status: Status
    matched: str | None
    n: int


def packaged_schemes() -> tuple[str, ...]:
    """Names of the classifications whose concordance travels with the program."""
    return tuple(sorted({name.split(".")[0] for name in _packaged()}))


def read_concordance(scheme: str) -> Concordance:
    """Read a concordance that travels with the program.

    Parameters
    ----------
    scheme : name of a classification, see `packaged_schemes`
        `okved`, `okved2`, `oked` and `gced` give the one of NACE, `cpc` that of IPC.

    Raises
    ------
    SourceError
        If there is none of this name.
    """
    return _read_packaged(scheme_name(scheme))


def fields_of_code(
    scheme: str, code: str, *, own: Mapping[str, Concordance] | None = None
) -> CodeReading:
    """Find the fields a code leads to, by itself or by the nearest broader code that is known.

    Parameters
    ----------
    scheme : name of a classification, in any spelling
        `field` means that the code is a field of the catalogue itself.
    code : any text
        Spelled as people do: ``G06N 3/08``, ``H01S3/00``, ``C26.70``, ``2670``, ``1.11``.
    own : scheme -> concordance, optional
        The user's; they go before those of the program.

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
    name = scheme_name(scheme)
    if name == "field":
        if code not in branch_of():
            return CodeReading(scheme, code, "unknown_code")
        return CodeReading(scheme, code, "exact", code, (FieldShare(code, 1.0, "catalogue", 1.0),))
    owned = {scheme_name(key): value for key, value in (own or {}).items()}
    if name not in owned and name not in packaged_schemes():
        return CodeReading(scheme, code, "unknown_scheme")
    entries = (owned.get(name) or _read_packaged(name)).entries
    readings = code_readings(name, code)
    for chain in readings:
        if chain[0] in entries:
            return _read(scheme, code, "exact", chain[0], entries)
    for chain in readings:
        for broader in chain[1:]:
            if broader in entries:
                return _read(scheme, code, "ancestor", broader, entries)
    return CodeReading(scheme, code, "unknown_code")


def _read(
    scheme: str,
    code: str,
    status: Status,
    matched: str,
    entries: Mapping[str, tuple[FieldShare, ...]],
) -> CodeReading:
    shares = entries[matched]
    return CodeReading(scheme, code, status if shares else "no_field", matched, shares)


def fields_of_codes(
    codes: Sequence[tuple[str, str]], *, own: Mapping[str, Concordance] | None = None
) -> tuple[dict[str, tuple[float, float]], float]:
    """Join several codes of one thing: the mean of their fields, and how far they agree.

    Parameters
    ----------
    codes : (scheme, code) pairs
        Unknown ones and those that lead to no field count neither for nor against.

    Returns
    -------
    (field -> (share, confidence), agreement)
        Agreement is 0..1, the overlap of the first-level fields averaged over all pairs of known
        codes: 0 means that the codes contradict one another. NaN with fewer than two known codes:
        there is nothing to compare. Confidence is the mean over the codes times the agreement.

    Examples
    --------
    >>> fields_of_codes([("nace", "26.70"), ("nace", "01.11")])[1]
    0.0
    """
    known = [r for r in (fields_of_code(s, c, own=own) for s, c in codes) if r.known]
    if not known:
        return {}, math.nan
    total: dict[str, float] = {}
    for reading in known:
        for entry in reading.shares:
            total[entry.field_id] = total.get(entry.field_id, 0.0) + entry.share / len(known)
    agreement = _agreement(known)
    confidence = sum(r.shares[0].confidence for r in known) / len(known)
    confidence *= 1.0 if math.isnan(agreement) else agreement
    ranked = sorted(total.items(), key=lambda item: -item[1])
    return {name: (share, confidence) for name, share in ranked}, agreement


def tally_codes(
    codes: Iterable[tuple[str, str]], *, own: Mapping[str, Concordance] | None = None
) -> list[CodeTally]:
    """Count codes by what became of them: unknown ones, then those that lead to no field.

    Within each, the most frequent first.

    Examples
    --------
    >>> [(t.code, t.status, t.n) for t in tally_codes([("nace", "26.70"), ("nace", "??")])]
    [('??', 'unknown_code', 1), ('26.70', 'exact', 1)]
    """
    tallies = []
    for (scheme, code), n in Counter(codes).items():
        reading = fields_of_code(scheme, code, own=own)
        tallies.append(CodeTally(scheme, code, reading.status, reading.matched, n))
    order = ("unknown_scheme", "unknown_code", "no_field", "ancestor", "exact")
    return sorted(tallies, key=lambda t: (order.index(t.status), -t.n, t.scheme, t.code))


def _agreement(readings: Sequence[CodeReading]) -> float:
    """Mean overlap of the first-level fields over all pairs; NaN without a pair."""
    mixes = []
    for reading in readings:
        mix: dict[str, float] = {}
        for entry in reading.shares:
            branch = branch_of()[entry.field_id]
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
