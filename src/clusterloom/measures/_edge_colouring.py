"""Colours for the edges of a graph, so that no two edges at a node have the same one."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

__all__ = ["coloured"]

Ids = npt.NDArray[np.int64]

_ORDERS = 20  # orders of the edges tried where no way is sure to succeed


def coloured(pairs: Ids, nodes: int, colours: int) -> Ids | None:
    """Give each edge a colour 1 .. `colours`, no colour twice at a node.

    Parameters
    ----------
    pairs : (edges, 2), numbers of two different nodes; no edge twice
    nodes : number of nodes
    colours : colours that may be used

    Returns
    -------
    (edges,), colours, or None
        With more colours than any node has edges always an answer (misra1992). With as many, None
        if exchanging colours along chains found none in several orders: there may be one.

    References
    ----------
    misra1992
    """
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    most = int(np.bincount(ends.ravel(), minlength=1).max(initial=0))
    if most > colours:
        return None
    # As few colours as the largest node needs, if that can be found; else one more is enough.
    for allowed in range(max(most, 1), min(most + 1, colours) + 1):
        for order in range(1 if allowed > most else _ORDERS):
            found = _attempt(ends, nodes, allowed, order)
            if found is not None:
                return found
    return None


def _attempt(ends: Ids, nodes: int, colours: int, order: int) -> Ids | None:
    board = _Board(nodes, colours)
    edges = np.arange(len(ends))
    if order:
        edges = np.random.default_rng(order).permutation(edges)
    for edge in edges:
        u, v = (int(end) for end in ends[edge])
        if not (board.by_chain(u, v) or board.by_fan(u, v)):
            return None
    return np.array([board.colour[min(u, v), max(u, v)] + 1 for u, v in ends.tolist()], dtype=int)


class _Board:
    """The colours given so far, and who is reached from a node by a colour."""

    def __init__(self, nodes: int, colours: int) -> None:
        self.colours = colours
        self.by: list[dict[int, int]] = [{} for _ in range(nodes)]
        self.colour: dict[tuple[int, int], int] = {}

    def free(self, node: int) -> list[int]:
        return [c for c in range(self.colours) if c not in self.by[node]]

    def give(self, u: int, v: int, colour: int) -> None:
        self.by[u][colour], self.by[v][colour] = v, u
        self.colour[min(u, v), max(u, v)] = colour

    def take(self, u: int, v: int) -> int:
        colour = self.colour.pop((min(u, v), max(u, v)))
        del self.by[u][colour], self.by[v][colour]
        return colour

    def chain(self, start: int, first: int, second: int) -> list[int]:
        """Return the nodes from `start` along edges coloured first, second, first, ..."""
        path, colour = [start], first
        while colour in self.by[path[-1]]:
            path.append(self.by[path[-1]][colour])
            colour = second if colour == first else first
        return path

    def exchange(self, path: list[int], first: int, second: int) -> None:
        """Exchange the two colours along a chain."""
        steps = list(itertools.pairwise(path))
        for u, v in steps:
            self.take(u, v)
        for place, (u, v) in enumerate(steps):
            self.give(u, v, first if place % 2 else second)

    def by_chain(self, u: int, v: int) -> bool:
        """Colour an edge with a colour free at both ends, if need be freed along a chain."""
        for mine, other in itertools.product(self.free(u), self.free(v)):
            path = self.chain(v, mine, other)
            if path[-1] != u:
                self.exchange(path, mine, other)
                self.give(u, v, mine)
                return True
        return False

    def by_fan(self, u: int, v: int) -> bool:
        """Colour an edge by turning a fan of its neighbours; needs a free colour everywhere."""
        fan = [v]
        while True:
            free = set(self.free(fan[-1]))
            ways = [w for c, w in sorted(self.by[u].items()) if c in free and w not in fan]
            if not ways:
                break
            fan.append(ways[0])
        if not self.free(u) or not self.free(fan[-1]):
            return False
        mine, last = self.free(u)[0], self.free(fan[-1])[0]
        self.exchange(self.chain(u, last, mine), last, mine)
        stop = next((i for i in range(len(fan)) if self._turns(u, fan, i, last)), None)
        if stop is None:
            return False
        moved = [self.take(u, w) for w in fan[1 : stop + 1]]
        for w, colour in zip(fan[:stop], moved, strict=True):
            self.give(u, w, colour)
        self.give(u, fan[stop], last)
        return True

    def _turns(self, u: int, fan: list[int], stop: int, last: int) -> bool:
        """Whether the fan up to `stop` is one still, and `last` is free at its end and at u."""
        if last in self.by[fan[stop]] or last in self.by[u]:
            return False
        steps = itertools.pairwise(fan[: stop + 1])
        return all(self.colour[min(u, b), max(u, b)] not in self.by[a] for a, b in steps)
