"""Adjacency of fields from four kinds of evidence, and the families of fields it forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.association import excess_association, jaccard
from clusterloom.networks.communities import leiden_communities
from clusterloom.tables import Tables
from clusterloom.text import Encoder, UniversalSentenceEncoder
from clusterloom.text.fields import field_vectors

__all__ = ["Adjacency"]

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]
_SIGNALS = ("text", "classification", "cooccurrence", "link")


def _default_encoders() -> tuple[Encoder, ...]:
    return (UniversalSentenceEncoder(),)


@dataclass(frozen=True, kw_only=True)
class Adjacency:
    """Stage: how adjacent every two fields are, each signal kept, and the fused value.

    Four signals on a 0..1 scale: similarity of the catalogue's texts over four languages; closeness
    in the tree and shared external codes; how much more often the same organisations do both than
    chance would have it; how much more often linked organisations do one each. The weights are a
    stated prior, not fitted; a signal that is not known for a pair leaves its weight to the others.

    Reads `field`, `activity_field`, `link`. Writes `field_adjacency`, `field_family`.
    """

    name: ClassVar[str] = "adjacency"
    reads: ClassVar[tuple[str, ...]] = ("field", "activity_field", "link")
    writes: ClassVar[tuple[str, ...]] = ("field_adjacency", "field_family")

    weight_text: float = 0.40  # weight of the text signal, >= 0
    weight_classification: float = 0.25  # weight of the tree and shared codes, >= 0
    weight_cooccurrence: float = 0.20  # weight of "the same organisations do both", >= 0
    weight_link: float = 0.15  # weight of "linked organisations do one each", >= 0
    prior: float = 0.5  # organisations or links; how much evidence a pair of fields needs
    min_fused: float = 0.05  # 0..1; weaker pairs are not stored and count as 0
    family_threshold: float = 0.30  # 0..1; weaker pairs do not tie a family together
    resolution: float = 1.2  # dimensionless; larger gives more and smaller families
    seed: int = 0
    encoders: tuple[Encoder, ...] = field(
        default_factory=_default_encoders,
        compare=False,
        repr=False,
        metadata={"setting": False},
    )

    def __post_init__(self) -> None:
        """Check the weights."""
        if min(self._weights()) < 0 or sum(self._weights()) <= 0:
            raise RecipeError(
                f"adjacency: weights {self._weights()}",
                rule="weights are >= 0 and at least one is above 0",
                hint="leave them out of the recipe to use the defaults",
            )

    def run(self, tables: Tables) -> Tables:
        """Measure every pair of fields and group the fields into families."""
        fields = tables.rows("field")
        if not fields:
            return Tables().with_rows("field_adjacency", []).with_rows("field_family", [])
        ids = [row["field_id"] for row in fields]
        profiles, orgs = _profiles(tables, ids)
        signals = {
            "text": _text_signal(fields, self.encoders),
            "classification": _classification_signal(fields),
            "cooccurrence": _cooccurrence_signal(profiles, self.prior),
            "link": _link_signal(profiles, orgs, tables, self.prior),
        }
        fused = _fuse([signals[name] for name in _SIGNALS], self._weights())
        written = Tables().with_rows("field_adjacency", self._pairs(ids, signals, fused))
        return written.with_rows("field_family", self._families(ids, fused))

    def _weights(self) -> tuple[float, ...]:
        return (
            self.weight_text,
            self.weight_classification,
            self.weight_cooccurrence,
            self.weight_link,
        )

    def _pairs(self, ids: Sequence[str], signals: dict[str, Matrix], fused: Matrix) -> list[Row]:
        rows = []
        for i, j in [
            (int(a), int(b)) for a, b in np.argwhere(np.triu(fused >= self.min_fused, k=1))
        ]:
            a, b = sorted((ids[i], ids[j]))
            row: Row = {"field_a": a, "field_b": b, "fused": round(float(fused[i, j]), 4)}
            for name in _SIGNALS:
                value = float(signals[name][i, j])
                row[name] = None if np.isnan(value) else round(value, 4)
            rows.append(row)
        return rows

    def _families(self, ids: Sequence[str], fused: Matrix) -> list[Row]:
        from scipy.sparse import csr_matrix

        strong = np.where(fused >= self.family_threshold, fused, 0.0)
        np.fill_diagonal(strong, 0.0)
        groups = leiden_communities(csr_matrix(strong), resolution=self.resolution, seed=self.seed)
        rows = []
        for group in sorted(set(groups.tolist())):
            members = np.flatnonzero(groups == group)
            inner = strong[np.ix_(members, members)].sum(axis=1)
            share = (
                inner / inner.sum() if inner.sum() > 0 else np.full(len(members), 1 / len(members))
            )
            head = ids[int(members[int(np.argmax(share))])]
            rows += [
                {
                    "field_id": ids[int(m)],
                    "family_id": f"family-{head}",
                    "centrality": round(float(s), 6),
                }
                for m, s in zip(members, share, strict=True)
            ]
        return rows


def _profiles(tables: Tables, ids: Sequence[str]) -> tuple[Matrix, dict[str, int]]:
    """Organisations by fields: how much of each field each does, 1 = a whole sure direction."""
    rows = tables.query("organisation_field").to_pylist()
    orgs = {org: i for i, org in enumerate(sorted({row["org_id"] for row in rows}))}
    column = {field_id: j for j, field_id in enumerate(ids)}
    profiles = np.zeros((len(orgs), len(ids)))
    for row in rows:
        if row["field_id"] in column:
            profiles[orgs[row["org_id"]], column[row["field_id"]]] = row["weight"]
    return profiles, orgs


def _text_signal(fields: Sequence[Row], encoders: Sequence[Encoder]) -> Matrix:
    """Mean over encoders and languages of the centred cosine; the closest pairs reach 1."""
    if len(fields) < 2:
        return np.ones((len(fields), len(fields)))
    blocks = [block for e in encoders for block in field_vectors(fields, e).values()]
    mean = np.mean([block @ block.T for block in blocks], axis=0)
    pairs = mean[np.triu_indices(len(fields), k=1)]
    scale = max(float(np.quantile(pairs, 0.995)), 1e-9)
    signal: Matrix = np.clip(mean / scale, 0.0, 1.0)
    return signal


def _classification_signal(fields: Sequence[Row]) -> Matrix:
    """Half for the same parent (or parent and child), half for shared external codes."""
    parent = [row["parent_id"] or row["field_id"] for row in fields]
    same = np.array([[a == b for b in parent] for a in parent], dtype=np.float64)
    shared = np.zeros_like(same)
    for scheme in ("wipo35", "ford", "isic", "ipc"):
        codes = [set((row[scheme] or "").split("|")) - {""} for row in fields]
        known = sorted(set().union(*codes))
        member = np.array([[code in own for code in known] for own in codes], dtype=bool)
        if known:
            shared = np.maximum(shared, jaccard(member))
    signal: Matrix = 0.5 * same + 0.5 * shared
    return signal


def _cooccurrence_signal(profiles: Matrix, prior: float) -> Matrix:
    """Excess of organisations doing both over what the fields' sizes alone would give."""
    present = np.minimum(profiles, 1.0)
    size = present.sum(axis=0)
    observed = present.T @ present
    expected = np.outer(size, size) / max(len(profiles), 1)
    signal = excess_association(observed, expected, prior=prior)
    # A field nobody does says nothing about its neighbours: unknown, not zero.
    signal[size == 0, :] = np.nan
    signal[:, size == 0] = np.nan
    return signal


def _link_signal(profiles: Matrix, orgs: dict[str, int], tables: Tables, prior: float) -> Matrix:
    """Excess of links between organisations of the two fields over the fields' link ends."""
    from scipy.sparse import coo_matrix

    pairs = tables.query("distinct_tie").to_pylist()
    ends = [
        (orgs[p["org_a"]], orgs[p["org_b"]])
        for p in pairs
        if p["org_a"] in orgs and p["org_b"] in orgs
    ]
    fields = profiles.shape[1]
    if not ends:
        return np.full((fields, fields), np.nan)
    a, b = np.array(ends).T
    ties = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(orgs), len(orgs)))
    share = profiles / np.maximum(profiles.sum(axis=1, keepdims=True), 1e-12)
    one_way = share.T @ (ties.tocsr() @ share)
    observed = one_way + one_way.T
    ends_of = observed.sum(axis=1)
    expected = np.outer(ends_of, ends_of) / max(ends_of.sum(), 1e-12)
    signal = excess_association(observed, expected, prior=prior)
    signal[ends_of == 0, :] = np.nan
    signal[:, ends_of == 0] = np.nan
    return signal


def _fuse(signals: Sequence[Matrix], weights: Sequence[float]) -> Matrix:
    """Weighted mean of the known signals of each pair; the diagonal is 1."""
    stack = np.stack(signals)
    weight = np.array(weights)[:, None, None] * ~np.isnan(stack)
    total = weight.sum(axis=0)
    fused: Matrix = np.divide(
        (weight * np.nan_to_num(stack)).sum(axis=0),
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    np.fill_diagonal(fused, 1.0)
    return fused
