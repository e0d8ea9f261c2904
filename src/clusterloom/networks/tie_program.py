"""The cheapest connecting ties as a mixed-integer program for HiGHS."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_program import run_surely, silent_solver

__all__ = ["cheapest_ties"]

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


def cheapest_ties(
    masses: Ids, options: Ids, costs: Array, *, required_pairs: float, time_limit_s: float
) -> list[int] | None:
    """Choose options of the least total cost so that enough pairs of nodes reach each other.

    Every part i belongs to one group, named after its first part r <= i (column x). Ties t of a
    group carry one unit of flow from r to each of its parts, so a group is connected; z is 1 at
    most where two parts share a group and earns the pairs between them.

    Parameters
    ----------
    masses : (parts,), nodes in each part of the network
    options : (options, 2), parts an option would join
    costs : (options,), > 0
    required_pairs : pairs, must be reachable with all options
    time_limit_s : s, > 0

    Returns
    -------
    Chosen options; None if the cheapest was not proven in time.
    """
    program = _Rows()
    n = len(masses)
    inner = float((masses * (masses - 1) / 2).sum())
    joining = [e for e in range(len(options)) if options[e][0] != options[e][1]]
    member = {(i, r): program.column(whole=True) for r in range(n) for i in range(r, n)}
    for i in range(n):
        program.row({member[i, r]: 1.0 for r in range(i + 1)}, 1.0, 1.0)
    for (i, r), column in member.items():
        if i != r:
            program.row({column: 1.0, member[r, r]: -1.0}, -np.inf, 0.0)
    tie: dict[tuple[int, int], int] = {}
    for r in range(n):
        flow: dict[int, dict[int, float]] = {i: {} for i in range(r, n)}
        for e in joining:
            u, v = (int(p) for p in options[e])
            if min(u, v) < r:
                continue
            taken = tie[e, r] = program.column(cost=float(costs[e]), whole=True)
            for end in (u, v):
                program.row({taken: 1.0, member[end, r]: -1.0}, -np.inf, 0.0)
            for source, sink in ((u, v), (v, u)):
                carried = program.column(upper=float(n - 1))
                program.row({carried: 1.0, taken: -float(n - 1)}, -np.inf, 0.0)
                flow[sink][carried] = 1.0
                flow[source][carried] = -1.0
        for i in range(r + 1, n):
            program.row({**flow[i], member[i, r]: -1.0}, 0.0, 0.0)
    earned: dict[int, float] = {}
    for r in range(n):
        for i, j in combinations(range(r, n), 2):
            both = program.column()
            program.row({both: 1.0, member[i, r]: -1.0}, -np.inf, 0.0)
            program.row({both: 1.0, member[j, r]: -1.0}, -np.inf, 0.0)
            earned[both] = float(masses[i] * masses[j])
    # A solver's tolerance must not cost a whole tie: half a pair less is still the same number.
    program.row(earned, np.ceil(required_pairs - inner - 1e-6) - 0.5, np.inf)
    values = program.solved(time_limit_s)
    if values is None:
        return None
    return sorted({e for (e, _), column in tie.items() if values[column] > 0.5})


class _Rows:
    """A program under construction: columns with cost and range, rows as sparse lines."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.lines: list[tuple[dict[int, float], float, float]] = []

    def column(self, *, cost: float = 0.0, upper: float = 1.0, whole: bool = False) -> int:
        """Add a column from 0 to `upper`; return its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, line: dict[int, float], lower: float, upper: float) -> None:
        """Add a row."""
        self.lines.append((line, lower, upper))

    def solved(self, time_limit_s: float) -> Array | None:
        """Return the columns of the cheapest answer, None if it was not proven in time."""
        import highspy

        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.lines)
        lp.col_cost_, lp.col_upper_ = np.array(self.cost), np.array(self.upper)
        lp.col_lower_ = np.zeros(len(self.cost))
        lp.row_lower_ = np.array([low for _, low, _ in self.lines])
        lp.row_upper_ = np.array([high for _, _, high in self.lines])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0, *(len(line) for line, _, _ in self.lines)])
        lp.a_matrix_.index_ = np.array([c for line, _, _ in self.lines for c in line])
        lp.a_matrix_.value_ = np.array([v for line, _, _ in self.lines for v in line.values()])
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if w else kinds.kContinuous for w in self.whole]
        solver = silent_solver(time_limit=time_limit_s, mip_rel_gap=0.0, mip_abs_gap=1e-7)
        solver.passModel(lp)
        run_surely(solver)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(solver.getSolution().col_value, dtype=float)
