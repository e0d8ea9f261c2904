"""The four kinds of evidence for the adjacency of fields, as matrices on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.measures.association import excess_association, jaccard
from clusterloom.measures.cooccurrence_measures import (
    COOCCURRENCE_MEASURES,
    amounts_together,
    as_signal,
    cooccurrence_measure,
)
from clusterloom.measures.presence import specialised_presence
from clusterloom.networks.adjacency_model import FIELD_SIGNALS
from clusterloom.tables import Tables
from clusterloom.text import Encoder
from clusterloom.text.fields import field_vectors

__all__ = [
    "TOGETHER",
    "FieldSignals",
    "classification_signal",
    "field_profiles",
    "field_signals",
    "text_signal",
    "tie_signal",
]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]

TOGETHER = ("organisation", "place", "project")


@dataclass(frozen=True, eq=False)
class FieldSignals:
    """Signals by name, (fields, fields) on 0..1; NaN where nothing is known.

    `shown` holds what lies behind co-occurrence: `together` and the five measures as they are.
    """

    signals: Mapping[str, Matrix]
    shown: Mapping[str, Matrix]

    def stack(self) -> Matrix:
        """Return (signals, fields, fields) in the order of `FIELD_SIGNALS`."""
        return np.stack([self.signals[name] for name in FIELD_SIGNALS])


def field_signals(
    tables: Tables,
    fields: Sequence[Row],
    *,
    encoders: Sequence[Encoder],
    together: str = "organisation",
    measure: str = "association",
    prior: float = 0.5,
) -> FieldSignals:
    """Measure every pair of fields by each kind of evidence.

    Parameters
    ----------
    tables : with `activity_field`, `activity`, `link`, and `organisation` for places
    fields : rows of `field`, in the order of the matrices
    encoders : one or more
    together : ``organisation``, ``place`` or ``project``: what fields are found together in
    measure : a name of `COOCCURRENCE_MEASURES`
    prior : organisations, places, projects or ties, >= 0
        How much evidence a pair needs to be believed.
    """
    ids = [row["field_id"] for row in fields]
    profiles, position = field_profiles(tables, ids)
    amount = _amounts(tables, ids, together)
    presence = amount.minimum(1.0)
    if together == "place" and amount.nnz:
        presence = specialised_presence(amount)
    shown = {"together": amounts_together(presence)}
    for name in COOCCURRENCE_MEASURES:
        shown[name] = cooccurrence_measure(amount if name == "correlation" else presence, name)
    unseen = np.asarray(amount.sum(axis=0)).ravel() == 0
    for matrix in shown.values():
        matrix[unseen, :] = np.nan
        matrix[:, unseen] = np.nan
    chosen = amount if measure == "correlation" else presence
    signals = {
        "text": text_signal(fields, encoders),
        "classification": classification_signal(fields),
        "cooccurrence": as_signal(chosen, measure, prior=prior),
        "link": _link_signal(profiles, position, tables, prior),
    }
    return FieldSignals(signals, shown)


def field_profiles(tables: Tables, ids: Sequence[str]) -> tuple[Any, dict[str, int]]:
    """Return (organisations, fields), sparse, how much of each field each does, and the rows.

    1 is a whole sure direction. Fields that are not in `ids` are left out.
    """
    from scipy import sparse

    rows = tables.query("organisation_field").to_pylist()
    orgs = {org: i for i, org in enumerate(sorted({row["org_id"] for row in rows}))}
    column = {field_id: j for j, field_id in enumerate(ids)}
    kept = [row for row in rows if row["field_id"] in column]
    where = (
        [orgs[row["org_id"]] for row in kept],
        [column[row["field_id"]] for row in kept],
    )
    table = sparse.csr_array(
        ([float(row["weight"]) for row in kept], where), shape=(len(orgs), len(ids))
    )
    return table, orgs


def text_signal(fields: Sequence[Row], encoders: Sequence[Encoder]) -> Matrix:
    """Mean over encoders and languages of the centred cosine; the closest pairs reach 1."""
    if len(fields) < 2:
        return np.ones((len(fields), len(fields)))
    blocks = [block for e in encoders for block in field_vectors(fields, e).values()]
    mean = np.mean([block @ block.T for block in blocks], axis=0)
    pairs = mean[np.triu_indices(len(fields), k=1)]
    scale = max(float(np.quantile(pairs, 0.995)), 1e-9)
    signal: Matrix = np.clip(mean / scale, 0.0, 1.0)
    return signal


def classification_signal(fields: Sequence[Row]) -> Matrix:
    """Half for the same parent (or parent and child), half for shared external codes."""
    parent = np.array([row["parent_id"] or row["field_id"] for row in fields])
    same = (parent[:, None] == parent[None, :]).astype(np.float64)
    shared = np.zeros_like(same)
    for scheme in ("wipo35", "ford", "isic", "ipc"):
        codes = [set((row[scheme] or "").split("|")) - {""} for row in fields]
        known = sorted(set().union(*codes))
        member = np.array([[code in own for code in known] for own in codes], dtype=bool)
        if known:
            shared = np.maximum(shared, jaccard(member))
    signal: Matrix = 0.5 * same + 0.5 * shared
    return signal


def _amounts(tables: Tables, ids: Sequence[str], together: str) -> Any:
    """How much of each field there is in each organisation, place or project: sparse, >= 0."""
    from scipy import sparse

    if together == "organisation":
        return field_profiles(tables, ids)[0]
    found = {row["activity_id"]: row for row in tables.rows("activity")}
    place = {row["org_id"]: row["place_id"] for row in tables.rows("organisation")}
    column = {field_id: j for j, field_id in enumerate(ids)}
    units: dict[str, int] = {}
    entries: dict[tuple[int, int], float] = {}
    for row in tables.rows("activity_field"):
        own = found.get(row["activity_id"], {})
        unit = place.get(row["org_id"]) if together == "place" else own.get("event_id")
        if unit is None or row["field_id"] not in column:
            continue
        cell = (units.setdefault(unit, len(units)), column[row["field_id"]])
        amount = row["share"] * row["confidence"] * own.get("weight", 1.0)
        # A project is one however many take part in it: its field counts once, at its fullest.
        if together == "project":
            entries[cell] = max(entries.get(cell, 0.0), amount)
        else:
            entries[cell] = entries.get(cell, 0.0) + amount
    where = ([u for u, _ in entries], [f for _, f in entries])
    return sparse.csr_array((list(entries.values()), where), shape=(len(units), len(ids)))


def tie_signal(
    profiles: Any, ends: Sequence[tuple[int, int]], *, prior: float = 0.0
) -> tuple[Matrix, Matrix]:
    """Compare ties between units of two fields with what the fields' tie ends would give.

    Each tie is spread over the fields of its two ends.

    Parameters
    ----------
    profiles : (units, fields), sparse, any one unit, >= 0
    ends : rows of the two ends of each tie
    prior : ties, >= 0
        How much evidence a pair needs to be believed.

    Returns
    -------
    signal : (fields, fields), 0..1, symmetric
        NaN in the row and column of a field without ties.
    observed : (fields, fields), ties, >= 0, symmetric
        A tie within one field counts twice there, once for each end.

    References
    ----------
    vaneck2009

    Examples
    --------
    Two ties between the first and the second field, one within the third:

    >>> from scipy import sparse
    >>> who = sparse.csr_array(np.eye(3))
    >>> signal, observed = tie_signal(who, [(0, 1), (0, 1), (2, 2)])
    >>> float(observed[0, 1]), float(signal[0, 1].round(2)), float(signal[0, 2])
    (2.0, 0.5, 0.0)
    """
    observed = _ties_of_fields(profiles, ends)
    ends_of = observed.sum(axis=1)
    expected = np.outer(ends_of, ends_of) / max(ends_of.sum(), 1e-12)
    signal = excess_association(observed, expected, prior=prior)
    signal[ends_of == 0, :] = np.nan
    signal[:, ends_of == 0] = np.nan
    return signal, observed


def _ties_of_fields(profiles: Any, ends: Sequence[tuple[int, int]]) -> Matrix:
    """Ties between units, each spread over the fields of its two ends."""
    from scipy import sparse

    fields = profiles.shape[1]
    if not ends:
        return np.zeros((fields, fields))
    a, b = np.array(ends).T
    ties = sparse.csr_array((np.ones(len(a)), (a, b)), shape=(profiles.shape[0],) * 2)
    total = np.asarray(profiles.sum(axis=1)).ravel()
    share = sparse.diags_array(1 / np.maximum(total, 1e-12)) @ profiles
    one_way: Matrix = (share.T @ (ties @ share)).toarray()
    return one_way + one_way.T


def _link_signal(profiles: Any, orgs: Mapping[str, int], tables: Tables, prior: float) -> Matrix:
    """Excess of links between organisations of the two fields over the fields' link ends."""
    ends = [
        (orgs[pair["org_a"]], orgs[pair["org_b"]])
        for pair in tables.query("distinct_tie").to_pylist()
        if pair["org_a"] in orgs and pair["org_b"] in orgs
    ]
    return tie_signal(profiles, ends, prior=prior)[0]
