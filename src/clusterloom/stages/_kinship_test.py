"""Whether existing ties across clusters prefer a middle similarity: the inverted U, put to test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from clusterloom.errors import UsageError
from clusterloom.measures.inverted_u import InvertedU, inverted_u_test
from clusterloom.stages._bridge_world import World
from clusterloom.stages._partners import MatchRules, Partners
from clusterloom.tables import Tables

__all__ = ["kinship_of_ties"]

Matrix = npt.NDArray[np.float64]

_LEAST_TIES = 5  # across clusters; with fewer nothing can be told
_MOST_PAIRS = 200_000  # of organisations; more pairs of clusters are left out
# Only similarities are asked for: nothing is matched.
_RULES = MatchRules(
    matching="assignment",
    partners_each=1,
    n_matches=0,
    min_match=0.0,
    min_adjacency=0.0,
    weight_kindred=1.0,
    weight_complementary=0.0,
)


def kinship_of_ties(
    tables: Tables,
    *,
    languages: Mapping[str, Sequence[str]] | None = None,
    permutations: int = 199,
    seed: int = 0,
) -> InvertedU:
    """Fit whether two organisations of different clusters are tied to how kin their work is.

    An observation is a pair of organisations in two compared clusters: x is the similarity of
    their profiles, y is 1 if they have a working tie. Under chance the members of each cluster
    keep their ties but change places (krackhardt1988), so that a well-connected organisation
    stays one.

    Raises
    ------
    UsageError
        If there are too few ties across clusters to tell anything.
    """
    world = World(tables, languages or {})
    partners = Partners(world, _RULES)
    kindred: list[Matrix] = []
    tied: list[Matrix] = []
    links = tables.rows("cluster_link")
    pairs = {tuple(sorted((row["cluster_a"], row["cluster_b"]))) for row in links}
    for a, b in sorted(pairs):
        similar, joined = partners.similarity(world.number[a], world.number[b])
        if sum(k.size for k in kindred) + similar.size <= _MOST_PAIRS:
            kindred.append(similar)
            tied.append(joined)
    n_ties = int(sum(t.sum() for t in tied))
    if n_ties < _LEAST_TIES:
        raise UsageError(
            f"{n_ties} ties across clusters are known",
            rule=f"the test needs {_LEAST_TIES}",
            hint="import more links, or compare more clusters (n_partners of stage bridges)",
        )
    random = np.random.default_rng(seed)
    drawn = [np.concatenate([_shuffled(t, random) for t in tied]) for _ in range(permutations)]
    return inverted_u_test(
        np.concatenate([k.ravel() for k in kindred]),
        np.concatenate([t.ravel() for t in tied]),
        drawn=np.array(drawn),
    )


def _shuffled(tied: Matrix, random: np.random.Generator) -> Matrix:
    rows, columns = random.permutation(len(tied)), random.permutation(tied.shape[1])
    flat: Matrix = tied[rows][:, columns].ravel()
    return flat
