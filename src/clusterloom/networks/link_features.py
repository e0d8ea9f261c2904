"""What the past of two organisations says about a tie to come: features known before a day."""

from __future__ import annotations

import datetime

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clusterloom.measures.link_indices import resource_allocation, row_products
from clusterloom.networks.link_history import History

__all__ = ["FEATURES", "link_features"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

# Every feature but the counts of kinds, which `link_features` adds: one for each kind.
FEATURES = (
    "resource_allocation",
    "common_partner",
    "walk_2",
    "walk_2_recent",
    "walk_3",
    "topics",
    "topics_of_partnerships",
    "countries",
    "kinds",
    "degree_sum",
    "degree_product",
    "partnerships",
    "events",
    "recent_partnerships",
    "years_since_last",
)

_LEAST = 1e-7  # added before a logarithm of a probability of walks
_YEAR = 365.25
_PRIOR = 5.0  # ties added to what is observed and expected between countries or kinds


def link_features(history: History, day: datetime.date, pairs: Ids) -> tuple[list[str], Matrix]:
    """Describe pairs by what was known on a day; nothing that began later is looked at.

    Parameters
    ----------
    history : who took part in what
    day : events that began on it or before count
    pairs : (pairs, 2), numbers of organisations with at least one tie by the day

    Returns
    -------
    names, (pairs, features)
        Symmetric: the two ends of a pair may change places. See docs/explanation/link-prediction.md
        for each feature.
    """
    past = _Past.of(history, day)
    u, v = pairs[:, 0], pairs[:, 1]
    columns = [*past.paths(pairs), *past.topics(u, v), *past.affinities(u, v), *past.sizes(u, v)]
    counts = [
        (history.kind[u] == k) * 1.0 + (history.kind[v] == k) for k in range(len(history.kinds))
    ]
    names = [*FEATURES, *(f"kind_{kind}" for kind in history.kinds)]
    return names, np.stack([*columns, *counts], axis=1)


class _Past:
    """The network and the profiles of organisations up to a day."""

    def __init__(self, history: History, day: datetime.date) -> None:
        self.history = history
        self.attended = history.between(None, day)
        self.attended.eliminate_zeros()
        self.size = np.asarray(self.attended.sum(axis=0)).ravel()
        self.joint = self.size > 1
        self.age = (day.toordinal() - history.day) / _YEAR
        self.ties = history.ties(None, day)
        self.degree = np.diff(self.ties.indptr).astype(float)

    @classmethod
    def of(cls, history: History, day: datetime.date) -> _Past:
        return cls(history, day)

    def paths(self, pairs: Ids) -> list[Vector]:
        """Short ways between the two; a large consortium does not outweigh a small one."""
        share = np.where(self.joint, 1 / np.maximum(self.size - 1, 1), 0.0)
        ties = self._weighed(share)
        recent = self._weighed(share * np.exp(-np.maximum(self.age, 0)))
        strength = np.asarray(ties.sum(axis=1)).ravel()
        per = np.divide(1.0, strength, out=np.zeros(len(strength)), where=strength > 0)
        step = sparse.csr_array(sparse.diags_array(per) @ ties)
        even = sparse.diags_array(np.sqrt(per))
        middle = sparse.csr_array(even @ ties @ even)
        # The shorter row of the two is the one that is walked through.
        short = np.argsort(self.degree[pairs], axis=1, kind="stable")
        ends = np.take_along_axis(pairs, short[:, ::-1], axis=1)
        walk = row_products(step, step, ends)
        late = row_products(recent, step, ends) + row_products(step, recent, ends)
        far = row_products(step, step, ends, through=middle)
        return [
            np.log1p(resource_allocation(self.ties, pairs)),
            (walk > 0).astype(float),
            np.log(walk + _LEAST),
            np.log(late + _LEAST),
            np.log(far + _LEAST),
        ]

    def _weighed(self, weight: Vector) -> sparse.csr_array:
        ties = sparse.csr_array(self.attended @ sparse.diags_array(weight) @ self.attended.T)
        ties.setdiag(0)
        ties.eliminate_zeros()
        return ties

    def topics(self, u: Ids, v: Ids) -> list[Vector]:
        """How far the topics of their events agree: all events, and those with partners."""
        topic = self.history.topic
        held = np.asarray(((self.size > 0).astype(float)) @ topic).ravel()
        rarity = np.log(1 + (self.size > 0).sum() / np.maximum(held, 1))
        every = (self.attended @ topic).toarray() * rarity
        norm = np.linalg.norm(every, axis=1, keepdims=True)
        unit = np.divide(every, norm, out=np.zeros_like(every), where=norm > 0)
        joint = (self.attended @ sparse.diags_array(self.joint.astype(float)) @ topic).toarray()
        total = joint.sum(axis=1, keepdims=True)
        share = np.divide(joint, total, out=np.zeros_like(joint), where=total > 0)
        return [(unit[u] * unit[v]).sum(axis=1), (share[u] * share[v]).sum(axis=1)]

    def affinities(self, u: Ids, v: Ids) -> list[Vector]:
        """How much more often their countries and kinds are tied than their degrees explain."""
        return [
            self._affinity(label, n)[label[u], label[v]]
            for label, n in (
                (self.history.country, len(self.history.countries)),
                (self.history.kind, len(self.history.kinds)),
            )
        ]

    def _affinity(self, label: Ids, n: int) -> Matrix:
        member = sparse.csr_array(
            (np.ones(len(label)), (np.arange(len(label)), label)), shape=(len(label), n)
        )
        pattern = self.ties.copy()
        pattern.data[:] = 1.0
        observed = (member.T @ pattern @ member).toarray()
        degree = observed.sum(axis=1)
        expected = np.outer(degree, degree) / max(degree.sum(), 1.0)
        ratio: Matrix = np.log((observed + _PRIOR) / (expected + _PRIOR))
        return ratio

    def sizes(self, u: Ids, v: Ids) -> list[Vector]:
        """How large and how active the two are; years since the last event with partners."""
        degree = np.log(np.maximum(self.degree, 1))
        partnerships = np.log1p(self.attended @ self.joint.astype(float))
        events = np.log1p(np.asarray(self.attended.sum(axis=1)).ravel())
        recent = np.log1p(self.attended @ (self.joint & (self.age < 1)).astype(float))
        last = self._years_since_last()
        return [
            degree[u] + degree[v],
            degree[u] * degree[v],
            partnerships[u] + partnerships[v],
            events[u] + events[v],
            recent[u] + recent[v],
            last[u] + last[v],
        ]

    def _years_since_last(self) -> Vector:
        joint = sparse.csr_array(self.attended @ sparse.diags_array(self.joint.astype(float)))
        joint.eliminate_zeros()
        row = np.repeat(np.arange(joint.shape[0]), np.diff(joint.indptr))
        years = np.full(joint.shape[0], np.inf)
        np.minimum.at(years, row, self.age[joint.indices])
        return np.where(np.isfinite(years), years, 0.0)
