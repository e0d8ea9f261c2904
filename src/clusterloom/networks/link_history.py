"""Who took part in what and when: the past up to a day, and the ties that come after it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = [
    "History",
    "NewTies",
    "Participation",
    "degree_matched_pairs",
    "new_ties",
    "random_pairs",
]

Vector = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NEAREST = 20  # organisations of the nearest degrees a substitute is drawn from, at first
_MOST_TRIES = 60  # each doubles the organisations a substitute is drawn from


class Participation(NamedTuple):
    """One organisation in one event (a project, say) that began on a day."""

    event: str
    org_id: str
    day: datetime.date
    country: str
    kind: str


class NewTies(NamedTuple):
    """Pairs that had no tie by a day and have one by a later day, with the event of the first."""

    pairs: Ids
    events: Ids


@dataclass(frozen=True, eq=False)
class History:
    """Events with their days, and who took part.

    `attended` has the shape (organisations, events), `topic` (events, topics); `day` counts days
    as `datetime.date.toordinal` does. `country` and `kind` number the lists of the same name and
    are those an organisation gave first.
    """

    org_ids: tuple[str, ...]
    attended: sparse.csr_array
    day: Ids
    topic: sparse.csr_array
    country: Ids
    kind: Ids
    countries: tuple[str, ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(
        cls, rows: Iterable[Participation], topics: Mapping[str, Iterable[str]] | None = None
    ) -> History:
        """Gather participations; an event that is given several days began on the first."""
        listed = sorted(rows, key=lambda row: (row.day, row.event, row.org_id))
        org_ids = sorted({row.org_id for row in listed})
        events = sorted({row.event for row in listed})
        org_number = {name: i for i, name in enumerate(org_ids)}
        event_number = {name: i for i, name in enumerate(events)}
        day = np.zeros(len(events), dtype=np.int64)
        first: dict[str, Participation] = {}
        for row in reversed(listed):  # the earliest row is the last to write
            day[event_number[row.event]] = row.day.toordinal()
            first[row.org_id] = row
        attended = _pattern(
            [org_number[row.org_id] for row in listed],
            [event_number[row.event] for row in listed],
            (len(org_ids), len(events)),
        )
        named = {e: sorted(set((topics or {}).get(e, ()))) for e in events}
        titles = sorted({t for names in named.values() for t in names})
        title_number = {name: i for i, name in enumerate(titles)}
        topic = _pattern(
            [event_number[e] for e in events for _ in named[e]],
            [title_number[t] for e in events for t in named[e]],
            (len(events), len(titles)),
        )
        countries = sorted({row.country for row in first.values()})
        kinds = sorted({row.kind for row in first.values()})
        return cls(
            org_ids=tuple(org_ids),
            attended=attended,
            day=day,
            topic=topic,
            country=np.array([countries.index(first[o].country) for o in org_ids], dtype=np.int64),
            kind=np.array([kinds.index(first[o].kind) for o in org_ids], dtype=np.int64),
            countries=tuple(countries),
            kinds=tuple(kinds),
        )

    def between(self, after: datetime.date | None, until: datetime.date) -> sparse.csr_array:
        """Return (organisations, events) with only the events that began in (after, until]."""
        here = self.day <= until.toordinal()
        if after is not None:
            here &= self.day > after.toordinal()
        return sparse.csr_array(self.attended @ sparse.diags_array(here.astype(float)))

    def ties(self, after: datetime.date | None, until: datetime.date) -> sparse.csr_array:
        """Return (organisations, organisations): in how many of these events both took part."""
        attended = self.between(after, until)
        joint = sparse.csr_array(attended @ attended.T)
        joint.setdiag(0)
        joint.eliminate_zeros()
        return joint


def new_ties(history: History, day: datetime.date, until: datetime.date) -> NewTies:
    """List the pairs of organisations with ties by the day that become tied by `until`.

    Who has no tie by the day is left out: nothing can be said of it from the network.
    """
    known, later = history.ties(None, day), history.ties(day, until)
    seen = np.diff(known.indptr) > 0
    upper = sparse.triu(later, 1).tocoo()
    fresh = ~np.isin(_keys(upper.row, upper.col, len(seen)), _tied(known))
    fresh &= seen[upper.row] & seen[upper.col]
    pairs = np.stack([upper.row[fresh], upper.col[fresh]], axis=1).astype(np.int64)
    return NewTies(pairs, _first_events(history, day, until, pairs))


def _first_events(history: History, day: datetime.date, until: datetime.date, pairs: Ids) -> Ids:
    """Number of the earliest event in which both of each pair took part."""
    attended = history.between(day, until)
    attended.eliminate_zeros()
    order = np.argsort(history.day, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranks = [np.sort(rank[part]) for part in np.split(attended.indices, attended.indptr[1:-1])]
    first = [np.intersect1d(ranks[a], ranks[b], assume_unique=True)[0] for a, b in pairs.tolist()]
    return order[np.array(first, dtype=np.int64)] if first else np.zeros(0, dtype=np.int64)


def random_pairs(
    history: History, day: datetime.date, until: datetime.date, n: int, *, seed: int = 0
) -> Ids:
    """Draw pairs that are not tied by `until`, both with a tie by the day; every pair alike."""
    known, later = history.ties(None, day), history.ties(day, until)
    seen = np.flatnonzero(np.diff(known.indptr) > 0)
    rng = np.random.default_rng(seed)
    return _drawn(
        n,
        np.union1d(_tied(known), _tied(later)),
        len(history.org_ids),
        lambda which, _: np.stack([rng.choice(seen, len(which)) for _ in range(2)], axis=1),
    )


def degree_matched_pairs(
    history: History, day: datetime.date, until: datetime.date, pairs: Ids, *, seed: int = 0
) -> Ids:
    """Draw for each pair one that is not tied by `until`, both ends with as many ties by the day.

    An end is replaced by one of the organisations with the same number of ties, or of the twenty
    next to it on either side in the order of that number. Where hubs are tied to all of these,
    the circle is doubled until a pair without a tie is found.
    """
    known, later = history.ties(None, day), history.ties(day, until)
    degree = np.diff(known.indptr)
    seen = np.flatnonzero(degree > 0)
    order = seen[np.argsort(degree[seen], kind="stable")]
    ranked = degree[order]
    place = np.zeros(len(degree), dtype=np.int64)
    place[order] = np.arange(len(order))
    rng = np.random.default_rng(seed)

    def substitutes(ends: Ids, tries: int) -> Ids:
        width = _NEAREST * 2 ** min(tries, 20)
        low = np.minimum(
            np.searchsorted(ranked, degree[ends], "left"), np.maximum(place[ends] - width, 0)
        )
        high = np.maximum(
            np.searchsorted(ranked, degree[ends], "right") - 1,
            np.minimum(place[ends] + width, len(order) - 1),
        )
        found: Ids = order[rng.integers(low, high + 1)]
        return found

    return _drawn(
        len(pairs),
        np.union1d(_tied(known), _tied(later)),
        len(degree),
        lambda which, tries: np.stack(
            [substitutes(pairs[which, side], tries) for side in (0, 1)], axis=1
        ),
    )


def _drawn(n: int, tied: Ids, nodes: int, draw: Callable[[Ids, int], Ids]) -> Ids:
    """Draw pairs until none of them is tied or joins an organisation to itself."""
    pairs = np.zeros((n, 2), dtype=np.int64)
    left = np.arange(n)
    for tries in range(_MOST_TRIES):
        if not len(left):
            break
        pairs[left] = np.sort(draw(left, tries), axis=1)
        wrong = pairs[left, 0] == pairs[left, 1]
        wrong |= np.isin(_keys(pairs[left, 0], pairs[left, 1], nodes), tied)
        left = left[wrong]
    if len(left):
        raise ValueError("too few pairs without a tie: nearly everybody is tied to everybody")
    return pairs


def _tied(ties: sparse.csr_array) -> Ids:
    upper = sparse.triu(ties, 1).tocoo()
    return np.sort(_keys(upper.row, upper.col, ties.shape[0]))


def _keys(row: Ids, col: Ids, nodes: int) -> Ids:
    return row.astype(np.int64) * nodes + col


def _pattern(row: Sequence[int], col: Sequence[int], shape: tuple[int, int]) -> sparse.csr_array:
    matrix = sparse.csr_array((np.ones(len(row)), (row, col)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
