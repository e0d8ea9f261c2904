"""What makes two organisations alike: their fields, what is written about them, their partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.adjacency_model import ORGANISATION_SIGNALS
from clusterloom.networks.adjacency_signals import field_profiles
from clusterloom.networks.nearest import Signal, scaled
from clusterloom.tables import Tables
from clusterloom.text import Encoder, belarusian_to_russian
from clusterloom.text.fields import LANGUAGES, anchor_features

__all__ = ["OrganisationSignals", "adjacency_factor", "organisation_signals", "profile_vectors"]

Matrix = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
Row = dict[str, Any]

MAX_DIMENSION = 256  # of the vectors that stand for profiles of fields


@dataclass(frozen=True, eq=False)
class OrganisationSignals:
    """Signals of organisations, ready for `nearest_neighbours`, and what lies behind them."""

    org_ids: Sequence[str]
    signals: tuple[Signal, ...]  # in the order of ORGANISATION_SIGNALS
    profiles: Any  # (organisations, fields), sparse rows that sum to 1 or 0
    ties: Any  # (organisations, organisations), sparse, 1 = a working tie

    def weights(self) -> Matrix:
        """Weights in the order of the signals."""
        return np.array([signal.weight for signal in self.signals])


def organisation_signals(
    tables: Tables,
    fields: Sequence[Row],
    adjacency: Matrix,
    *,
    encoders: Sequence[Encoder],
    weights: Sequence[float],
) -> OrganisationSignals:
    """Describe every organisation with an activity by vectors.

    Parameters
    ----------
    tables : with `activity`, `activity_field`, `link`
    fields : rows of `field`, in the order of `adjacency`
    adjacency : (fields, fields), 0..1, symmetric, 1 on the diagonal
    encoders : one or more
    weights : of the signals profile, text, partners; >= 0

    Returns
    -------
    OrganisationSignals
        An organisation without fields, texts or ties is not known there, never unlike.
    """
    from scipy import sparse

    ids = [row["field_id"] for row in fields]
    table, position = field_profiles(tables, ids)
    activities = tables.rows("activity")
    org_ids = sorted({row["org_id"] for row in activities} | set(position))
    rank = {org_id: i for i, org_id in enumerate(org_ids)}
    moved = [rank[org_id] for org_id in position]
    place = sparse.csr_array(
        (np.ones(len(moved)), (moved, range(len(moved)))), shape=(len(org_ids), len(moved))
    )
    profiles = _rows_to_one(place @ table)
    has_fields = np.diff(profiles.indptr) > 0
    text = _text_vectors(activities, rank, fields, encoders)
    ties = _ties(tables, rank)
    degree = np.asarray(ties.sum(axis=1)).ravel()
    partners = sparse.csr_array(sparse.diags_array(1 / np.sqrt(np.maximum(degree, 1.0))) @ ties)
    vectors = (profile_vectors(profiles, adjacency), text, partners)
    known = (has_fields, text.any(axis=1), degree > 0)
    signals = tuple(
        scaled(Signal(name, block, mask, float(weight)))
        for name, block, mask, weight in zip(
            ORGANISATION_SIGNALS, vectors, known, weights, strict=True
        )
    )
    return OrganisationSignals(org_ids, signals, profiles, ties)


def adjacency_factor(adjacency: Matrix, *, max_dimension: int = MAX_DIMENSION) -> Matrix:
    """Coordinates of fields whose products give their adjacency: A = F F', as near as can be.

    Parameters
    ----------
    adjacency : (fields, fields), 0..1, symmetric
    max_dimension : >= 1
        Only the largest eigenvalues are kept; negative ones never are.

    Returns
    -------
    (fields, dimensions)

    Examples
    --------
    >>> factor = adjacency_factor(np.array([[1.0, 0.5], [0.5, 1.0]]))
    >>> (factor @ factor.T).round(6)
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    fields = len(adjacency)
    if not fields:
        return np.zeros((0, 1))
    if fields > 2 * max_dimension:
        from scipy.sparse.linalg import eigsh

        # A fixed start: the same table gives the same coordinates.
        values, vectors = eigsh(adjacency, k=max_dimension, which="LA", v0=np.ones(fields))
    else:
        values, vectors = np.linalg.eigh(adjacency)
    kept = np.argsort(-values, kind="stable")[:max_dimension]
    kept = kept[values[kept] > 1e-9]
    factor: Matrix = vectors[:, kept] * np.sqrt(values[kept])
    return factor


def profile_vectors(profiles: Any, adjacency: Matrix) -> Vectors:
    """Vectors of organisations whose cosine counts adjacent fields in part (soft cosine).

    cos(p, q) = p A q' / sqrt(p A p' q A q').

    Parameters
    ----------
    profiles : (organisations, fields), sparse or dense, >= 0
    adjacency : (fields, fields), 0..1, symmetric

    Returns
    -------
    (organisations, dimensions), unit length
        Zero for an organisation without fields.

    References
    ----------
    sidorov2014

    Examples
    --------
    One does lasers, one optics, adjacent by 0.6, one does both:

    >>> vectors = profile_vectors(
    ...     np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), np.array([[1.0, 0.6], [0.6, 1.0]]))
    >>> (vectors @ vectors.T).round(2).tolist()[0] == np.float32([1.0, 0.6, 0.89]).tolist()
    True
    """
    vectors = profiles @ adjacency_factor(adjacency)
    return _unit(np.asarray(vectors, dtype=np.float32))


def _text_vectors(
    activities: Sequence[Row],
    rank: Mapping[str, int],
    fields: Sequence[Row],
    encoders: Sequence[Encoder],
) -> Vectors:
    """Mean of an organisation's texts, every encoder by itself and side by side."""
    # Belarusian is read as Russian, as everywhere in the program.
    bring = {"be": ("ru", belarusian_to_russian)}
    blocks = []
    for encoder in encoders:
        total = np.zeros((len(rank), encoder.dimension), dtype=np.float32)
        for language in LANGUAGES:
            spoken, read = bring.get(language, (language, str))
            said = [
                (rank[row["org_id"]], read(row[f"text_{language}"]))
                for row in activities
                if row[f"text_{language}"]
            ]
            if not said or not fields:
                continue
            distinct = list(dict.fromkeys(text for _, text in said))
            column = {text: i for i, text in enumerate(distinct)}
            vectors = anchor_features(distinct, spoken, fields, encoder)
            owners = np.array([org for org, _ in said])
            np.add.at(total, owners, vectors[[column[text] for _, text in said]])
        blocks.append(_unit(total) / np.sqrt(np.float32(len(encoders))))
    return np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)


def _ties(tables: Tables, rank: Mapping[str, int]) -> Any:
    from scipy import sparse

    pairs = [
        (rank[pair["org_a"]], rank[pair["org_b"]])
        for pair in tables.query("distinct_tie").to_pylist()
        if pair["org_a"] in rank and pair["org_b"] in rank
    ]
    both = pairs + [(b, a) for a, b in pairs]
    where = ([a for a, _ in both], [b for _, b in both])
    return sparse.csr_array((np.ones(len(both)), where), shape=(len(rank), len(rank)))


def _rows_to_one(table: Any) -> Any:
    from scipy import sparse

    rows = sparse.csr_array(table)
    rows.eliminate_zeros()
    total = np.asarray(rows.sum(axis=1)).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.where(total > 0, total, 1.0)) @ rows)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = vectors / np.maximum(norms, np.float32(1e-12))
    return result
