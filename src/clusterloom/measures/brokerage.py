"""Who stands between others: structural holes around a node, and the roles of a broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterloom.measures._ties import checked_ties, column_sum, ones

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "BROKERAGE_ROLES",
    "BrokerageTest",
    "StructuralHoles",
    "brokerage_roles",
    "brokerage_test",
    "structural_holes",
]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

BROKERAGE_ROLES = ("coordinator", "consultant", "representative", "gatekeeper", "liaison")


@dataclass(frozen=True)
class StructuralHoles:
    """Burt's measures of the holes around each node, each of shape (nodes,).

    `contacts` is the number of neighbours; `effective_size` that number less the redundant ones
    (1..contacts); `efficiency` their quotient; `constraint` how far the node depends on few
    contacts (about 0 .. 9/8); `hierarchy` how far one contact makes up the constraint (0..1).
    Isolated nodes have NaN in all but `contacts`; with a single contact the hierarchy is NaN.
    """

    contacts: Ids
    effective_size: Vector
    efficiency: Vector
    constraint: Vector
    hierarchy: Vector


@dataclass(frozen=True)
class BrokerageTest:
    """Brokerage roles seen, expected and their variance, each of shape (nodes, roles).

    The columns are `BROKERAGE_ROLES`. `variance` is NaN if no permutations were asked for.
    """

    observed: Vector
    expected: Vector
    variance: Vector


def structural_holes(ties: csr_array | Matrix) -> StructuralHoles:
    """Measure how far each node has contacts that are not tied to each other.

    With mutual ties s_ij = t_ij + t_ji, shares p_ij = s_ij / sum_k s_ik and marginal strengths
    m_ij = s_ij / max_k s_ik: constraint = sum over contacts j of (p_ij + sum_q p_iq p_qj)²;
    effective size = sum over contacts j of (1 - sum_q p_iq m_jq). Ties to oneself are left out.

    Parameters
    ----------
    ties : (nodes, nodes), strength of ties in any one unit, >= 0, sparse or dense

    Returns
    -------
    StructuralHoles

    Raises
    ------
    ValueError
        If `ties` is not square, or a strength is negative or not finite.

    References
    ----------
    burt1992
    borgatti1997

    Examples
    --------
    The middle of a star of three depends on each of three contacts for a third:

    >>> star = np.zeros((4, 4)); star[0, 1:] = 1
    >>> holes = structural_holes(star)
    >>> float(holes.effective_size[0]), float(holes.constraint[0].round(4))
    (3.0, 0.3333)
    """
    from scipy import sparse

    given = checked_ties(ties)
    mutual = sparse.csr_array(given + given.T)
    contacts = np.diff(mutual.indptr).astype(np.int64)
    row = np.repeat(np.arange(len(contacts)), contacts)
    largest = np.zeros(len(contacts))
    np.maximum.at(largest, row, mutual.data)
    total = np.bincount(row, weights=mutual.data, minlength=len(contacts))
    where = (mutual.indices, mutual.indptr)
    share = sparse.csr_array((mutual.data / total[row], *where), shape=mutual.shape)
    marginal = sparse.csr_array((mutual.data / largest[row], *where), shape=mutual.shape)
    pattern = ones(mutual)
    dependence = sparse.csr_array(share + (share @ share) * pattern)
    dependence.data = dependence.data**2
    constraint = column_sum(dependence.T)
    redundancy = column_sum(((share @ marginal.T) * pattern).T)
    with np.errstate(invalid="ignore", divide="ignore"):
        alone = np.where(contacts > 0, 1.0, np.nan)
        effective = (contacts - redundancy) * alone
        return StructuralHoles(
            contacts=contacts,
            effective_size=effective,
            efficiency=effective / contacts,
            constraint=constraint * alone,
            hierarchy=_hierarchy(dependence, constraint, contacts),
        )


def _hierarchy(part: csr_array, constraint: Vector, contacts: Ids) -> Vector:
    """Coleman-Theil disorder of the parts of each constraint; the caller silences 0/0."""
    row = np.repeat(np.arange(len(contacts)), np.diff(part.indptr))
    ratio = part.data * contacts[row] / constraint[row]
    disorder = np.bincount(row, weights=ratio * np.log(ratio), minlength=len(contacts))
    hierarchy: Vector = disorder / (contacts * np.log(contacts))
    return np.where(contacts > 1, np.clip(hierarchy, 0.0, 1.0), np.nan)


def brokerage_roles(links: csr_array | Matrix, groups: Ids) -> Ids:
    """Count how often each node stands between two others that are not linked directly.

    A node v brokers for a and b if a -> v and v -> b but not a -> b. The role is coordinator if
    all three are of one group, consultant (itinerant) if a and b are of one group and v is not,
    representative if a and v are, gatekeeper if v and b are, liaison if all groups differ.

    Parameters
    ----------
    links : (nodes, nodes), any nonzero is a link from row to column, sparse or dense
    groups : (nodes,), group number of each node

    Returns
    -------
    (nodes, 5), open pairs, columns as in `BROKERAGE_ROLES`

    Raises
    ------
    ValueError
        If `links` is not square, holds negative or non-finite values, or `groups` has another
        length.

    References
    ----------
    gould1989

    Examples
    --------
    0 -> 1 -> 2, where 0 and 1 are of one group: 1 represents it.

    >>> links = np.zeros((3, 3)); links[0, 1] = links[1, 2] = 1
    >>> brokerage_roles(links, np.array([7, 7, 8]))[1].tolist()
    [0, 0, 1, 0, 0]
    """
    link = ones(checked_ties(links))
    label = _group_numbers(groups, link.shape[0])
    return np.rint(_roles(link, label)).astype(np.int64)


def brokerage_test(
    links: csr_array | Matrix, groups: Ids, *, permutations: int = 0, seed: int = 0
) -> BrokerageTest:
    """Compare brokerage roles with what the same network has when groups are dealt at random.

    The expectation is exact: the open pairs of a node stay, and each role has one probability
    that follows from the sizes of the groups. The variance comes from random permutations.

    Parameters
    ----------
    links, groups : as for `brokerage_roles`
    permutations : number of random deals of the groups, 0 for no variance
    seed : starts the random deals

    Returns
    -------
    BrokerageTest

    Raises
    ------
    ValueError
        As `brokerage_roles`; if `permutations` is negative or 1, or there are fewer than 3 nodes.

    References
    ----------
    gould1989

    Examples
    --------
    With two groups of two there is never a coordinator or a liaison:

    >>> path = np.diag(np.ones(3), 1)
    >>> brokerage_test(path, np.array([0, 0, 1, 1])).expected[1].round(3).tolist()
    [0.0, 0.333, 0.333, 0.333, 0.0]
    """
    link = ones(checked_ties(links))
    label = _group_numbers(groups, link.shape[0])
    if len(label) < 3:
        raise ValueError(f"a broker needs two others, but there are {len(label)} nodes")
    if permutations < 0 or permutations == 1:
        raise ValueError(f"permutations must be 0 or at least 2, but it is {permutations}")
    observed = _roles(link, label)
    size = np.bincount(label).astype(float)
    nodes = size.sum()
    pair = (size * (size - 1) * (nodes - size)).sum()
    chance = np.array([(size * (size - 1) * (size - 2)).sum(), pair, pair, pair, 0.0])
    chance /= nodes * (nodes - 1) * (nodes - 2)
    chance[4] = 1 - chance.sum()
    variance = np.full(observed.shape, np.nan)
    if permutations:
        rng = np.random.default_rng(seed)
        dealt = np.stack([_roles(link, rng.permutation(label)) for _ in range(permutations)])
        variance = dealt.var(axis=0, ddof=1)
    expected = observed.sum(axis=1, keepdims=True) * chance
    return BrokerageTest(observed=observed, expected=expected, variance=variance)


def _roles(link: csr_array, label: Ids) -> Vector:
    """Count two-step paths by role, less those that close and those that come back.

    Splitting links into those within (w) and across (x) groups, a path w-w is a coordinator's, w-x
    a representative's, x-w a gatekeeper's; x-x is a consultant's or a liaison's.
    """
    from scipy import sparse

    nodes = link.shape[0]
    listed = link.tocoo()
    inside = label[listed.row] == label[listed.col]
    w, x = (
        sparse.csr_array(
            (np.ones(keep.sum()), (listed.row[keep], listed.col[keep])), shape=link.shape
        )
        for keep in (inside, ~inside)
    )
    member = sparse.csr_array(
        (np.ones(nodes), (np.arange(nodes), label)), shape=(nodes, int(label.max(initial=0)) + 1)
    )

    def closed(first: csr_array, second: csr_array, direct: csr_array) -> Vector:
        return column_sum(first * (direct @ second.T))

    into_w, into_x = column_sum(w), column_sum(x)
    out_w, out_x = column_sum(w.T), column_sum(x.T)
    same_ends = column_sum(((x.T @ member) * (x @ member)).T)
    return np.stack(
        [
            into_w * out_w - column_sum(w * w.T) - closed(w, w, w),
            same_ends - column_sum(x * x.T) - closed(x, x, w),
            into_w * out_x - closed(w, x, x),
            into_x * out_w - closed(x, w, x),
            into_x * out_x - same_ends - closed(x, x, x),
        ],
        axis=1,
    )


def _group_numbers(groups: Ids, nodes: int) -> Ids:
    label = np.asarray(groups)
    if label.shape != (nodes,):
        raise ValueError(f"groups must have one entry for each of {nodes} nodes, not {label.shape}")
    return np.unique(label, return_inverse=True)[1].astype(np.int64)
