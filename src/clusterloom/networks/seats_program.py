"""The seat problem as a mixed-integer program for HiGHS (no other module knows highspy)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterloom.networks.seats_model import SeatProblem

__all__ = [
    "Solved",
    "relaxed_columns",
    "run_surely",
    "seat_rows",
    "silent_solver",
    "solve_program",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Solved:
    """What the solver gave back: seat columns (None without an answer), its words, its bound.

    `bound` is NaN where the solver proved nothing. `prices` are the seats' reduced costs, only
    from a relaxed program: how far its value moves at least when the seat is forced the other way.
    `row_prices` are then the prices of the rules in the order of `seat_rows`.
    """

    seats: Array | None
    status: str
    bound: float
    prices: Array
    row_prices: Array


def solve_program(
    problem: SeatProblem, start: Mask | None, *, time_limit_s: float, relative_gap: float
) -> Solved:
    """Run HiGHS on the program (one thread, fixed seed), from a first answer if there is one.

    Parameters
    ----------
    problem : the choice to be made
    start : (candidates,), an allowed choice, or None
    time_limit_s : s, > 0
    relative_gap : share, >= 0
        The solver stops when the bound is proven to be this near.

    Returns
    -------
    Solved

    References
    ----------
    huangfu2018
    """
    import highspy

    program = _Program.of(problem)
    solver = silent_solver(time_limit=time_limit_s, mip_rel_gap=relative_gap, mip_abs_gap=1e-7)
    solver.passModel(program.model(whole=True))
    if start is not None:
        first = highspy.HighsSolution()
        first.col_value = program.complete(problem, start).tolist()
        solver.setSolution(first)
    run_surely(solver)
    status, info = solver.getModelStatus(), solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    seats = np.asarray(solver.getSolution().col_value, dtype=float) if found else None
    bound = float(info.mip_dual_bound)
    return Solved(
        None if seats is None else seats[: problem.offers.shape[0]],
        _status(status.name),
        bound if np.isfinite(bound) else float("nan"),
        np.zeros(0),
        np.zeros(0),
    )


def relaxed_columns(problem: SeatProblem, *, time_limit_s: float) -> Solved:
    """Solve the program with seats allowed to be shared out in parts.

    Returns
    -------
    Solved
        `bound` is the value of the relaxed program, never below that of any allowed choice.
    """
    import highspy

    program = _Program.of(problem)
    solver = silent_solver(time_limit=time_limit_s)
    solver.passModel(program.model(whole=False))
    solver.run()
    status = solver.getModelStatus()
    n = problem.offers.shape[0]
    if status != highspy.HighsModelStatus.kOptimal:
        return Solved(None, _status(status.name), float("nan"), np.zeros(n), np.zeros(0))
    solution = solver.getSolution()
    return Solved(
        np.asarray(solution.col_value, dtype=float)[:n],
        "optimal",
        float(solver.getInfo().objective_function_value),
        np.asarray(solution.col_dual, dtype=float)[:n],
        np.asarray(solution.row_dual, dtype=float)[: program.n_common_rows],
    )


def seat_rows(problem: SeatProblem) -> Any:
    """Return what each seat takes of each rule, pairs and dependence left out.

    Returns
    -------
    (rules, candidates), sparse
        A seat's price is its points minus the sum of rule prices times its column.
    """
    from scipy import sparse

    program = _Program.of(problem)
    n = problem.offers.shape[0]
    rows = [
        block.get("seat", sparse.csr_matrix((lower.size, n))) for block, lower, _ in program.blocks
    ]
    return sparse.vstack(rows).tocsr()[: program.n_common_rows]


def silent_solver(**options: float) -> Any:
    """Make a solver that prints nothing: standard output belongs to the caller's data."""
    import highspy

    base: Any = highspy.Highs  # its methods carry no types

    class Silent(base):  # type: ignore[misc]
        def enableCallbacks(self) -> Any:  # noqa: N802
            # The constructor calls this, and HiGHS then prints its banner unless silenced before.
            self.setOptionValue("output_flag", False)
            return super().enableCallbacks()

    solver = Silent()
    for name, setting in {"threads": 1, "random_seed": 0, **options}.items():
        if solver.setOptionValue(name, setting) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS does not take {name} = {setting}")
    return solver


def run_surely(solver: Any) -> None:
    """Run a solver; where its simplification finds no answer at all, ask again without it.

    HiGHS 1.16 calls some feasible programs with fixed charges infeasible before it looks at them.
    """
    import highspy

    solver.run()
    none = (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    if solver.getModelStatus() in none:
        solver.setOptionValue("presolve", "off")
        solver.run()


def _status(enum_name: str) -> str:
    """Turn ``kTimeLimit`` into ``time_limit``."""
    text = enum_name.removeprefix("k")
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in text).lstrip("_")
    # Every column has two finite sides or a cost against it: the program is never unbounded.
    return "infeasible" if words == "unbounded_or_infeasible" else words


@dataclass(frozen=True, eq=False)
class _Columns:
    """A family of columns: what one unit is worth, and its range."""

    worth: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, eq=False)
class _Program:
    """Columns by family (seats first) and rows as blocks over families."""

    columns: Mapping[str, _Columns]
    blocks: list[tuple[dict[str, Any], Array, Array]] = field(default_factory=list)

    @classmethod
    def of(cls, problem: SeatProblem) -> _Program:
        program = cls(_columns(problem))
        program._add_coverage(problem)
        program._add_groups(problem)
        program._add_hard_limits(problem)
        program._add_varieties(problem)
        program._add_pairs(problem)
        program._add_dependence(problem)
        return program

    def _add(self, block: dict[str, Any], lower: Array, upper: Array) -> None:
        if lower.size:
            self.blocks.append((block, lower, upper))

    @property
    def n_common_rows(self) -> int:
        """Rows that do not depend on who the candidates are: all but pairs and dependence."""
        own = ("pair", "load")
        return sum(
            lower.size for block, lower, _ in self.blocks if not any(name in block for name in own)
        )

    def _add_coverage(self, problem: SeatProblem) -> None:
        """Levels of a need are filled by what the members offer; floors count what is missing."""
        from scipy import sparse

        n_needs, n_steps = problem.need_points.size, problem.steps.size
        share = problem.steps / problem.steps.sum()
        filled = sparse.kron(sparse.eye(n_needs), np.ones((1, n_steps)))
        offers = sparse.csr_matrix(-problem.offers.T)
        none = np.full(n_needs, -np.inf)
        self._add({"seat": offers, "level": filled}, none, np.zeros(n_needs))
        covered = sparse.kron(sparse.eye(n_needs, format="csr"), share[None, :]).tocsr()
        low = np.flatnonzero((problem.floors > 0) & (problem.floor_points > 0))
        self._add(
            {"level": covered[low], "open": sparse.eye(low.size)},
            problem.floors[low],
            np.full(low.size, np.inf),
        )
        total = problem.need_points.sum()
        if problem.least_coverage > 0:
            weights = problem.need_points / total if total > 0 else problem.need_points
            self._add(
                {"level": sparse.csr_matrix(np.outer(weights, share).ravel())},
                np.array([problem.least_coverage]),
                np.array([np.inf]),
            )

    def _add_groups(self, problem: SeatProblem) -> None:
        """Soft limits of groups and of the whole: what is missing or too much has its column."""
        from scipy import sparse

        n_groups = problem.groups.shape[0]
        open_side, one = np.full(n_groups, np.inf), sparse.eye(n_groups)
        groups = sparse.csr_matrix(problem.groups.astype(float))
        self._add({"seat": groups, "below": one}, problem.group_min, open_side)
        self._add({"seat": groups, "above": -one}, -open_side, problem.group_max)
        everybody = sparse.csr_matrix(np.ones((1, problem.offers.shape[0])))
        least, most = np.array([float(problem.min_seats)]), np.array([float(problem.max_seats)])
        self._add({"seat": everybody, "short": sparse.eye(1)}, least, np.array([np.inf]))
        self._add({"seat": everybody}, np.array([-np.inf]), most)

    def _add_hard_limits(self, problem: SeatProblem) -> None:
        from scipy import sparse

        for limit in problem.limits:
            # A limit in euros would swamp the solver's tolerance: write it in its largest weight.
            scale = float(np.abs(limit.weights).max(initial=0.0)) or 1.0
            self._add(
                {"seat": sparse.csr_matrix(limit.weights[None, :] / scale)},
                np.array([limit.lower / scale]),
                np.array([limit.upper / scale]),
            )

    def _add_varieties(self, problem: SeatProblem) -> None:
        """A class is present at most as far as it has members; enough must be present."""
        from scipy import sparse

        n_classes = sum(one.classes.shape[0] for one in problem.varieties)
        first = 0
        for variety in problem.varieties:
            n = variety.classes.shape[0]
            here = sparse.eye(n_classes, format="csr")[first : first + n]
            members = sparse.csr_matrix(-variety.classes.astype(float))
            self._add({"seat": members, "class": here}, np.full(n, -np.inf), np.zeros(n))
            present = sparse.csr_matrix(here.sum(axis=0))
            self._add({"class": present}, np.array([float(variety.fewest)]), np.array([np.inf]))
            first += n

    def _add_pairs(self, problem: SeatProblem) -> None:
        """A pair counts at most as far as each of the two has a seat."""
        from scipy import sparse

        n_pairs, n_seats = problem.pairs.shape[0], problem.offers.shape[0]
        line = np.arange(n_pairs)
        for side in (0, 1):
            place = (line, problem.pairs[:, side])
            ends = sparse.csr_matrix((np.full(n_pairs, -1.0), place), shape=(n_pairs, n_seats))
            none = np.full(n_pairs, -np.inf)
            self._add({"seat": ends, "pair": sparse.eye(n_pairs)}, none, np.zeros(n_pairs))

    def _add_dependence(self, problem: SeatProblem) -> None:
        """The largest member's offer beyond its share of all offers has its column."""
        from scipy import sparse

        if problem.dependence_points <= 0:
            return
        loads = problem.loads
        self._add(
            {"seat": sparse.csr_matrix(loads[None, :]), "load": sparse.csr_matrix([[-1.0]])},
            np.zeros(1),
            np.zeros(1),
        )
        # Who offers less than the share of what the required ones offer can never be too large.
        surely = problem.dependence_share * loads[problem.required].sum()
        large = np.flatnonzero((loads > surely) & ~problem.barred)
        place = (np.arange(large.size), large)
        own = sparse.csr_matrix((loads[large], place), shape=(large.size, loads.size))
        column = sparse.csr_matrix(np.ones((large.size, 1)))
        block = {"seat": own, "load": -problem.dependence_share * column, "excess": -column}
        self._add(block, np.full(large.size, -np.inf), np.zeros(large.size))

    def _matrix(self, sizes: Mapping[str, int]) -> Any:
        """Put the blocks into one matrix, families side by side, blocks below each other."""
        from scipy import sparse

        starts = dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1], strict=True))
        rows, columns, values, n_rows = [], [], [], 0
        for block, lower, _ in self.blocks:
            for name, part in block.items():
                cells = part.tocoo()
                rows.append(cells.row + n_rows)
                columns.append(cells.col + starts[name])
                values.append(cells.data)
            n_rows += lower.size
        place = (np.concatenate(rows), np.concatenate(columns))
        shape = (n_rows, sum(sizes.values()))
        return sparse.csc_matrix((np.concatenate(values), place), shape=shape)

    def model(self, *, whole: bool) -> Any:
        """Write the program for HiGHS; `whole` seats, or seats in parts."""
        import highspy

        sizes = {name: family.worth.size for name, family in self.columns.items()}
        matrix = self._matrix(sizes)
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.sense_ = highspy.ObjSense.kMaximize
        families = self.columns.values()
        lp.col_cost_ = np.concatenate([family.worth for family in families])
        lp.col_lower_ = np.concatenate([family.lower for family in families])
        lp.col_upper_ = np.concatenate([family.upper for family in families])
        lp.row_lower_ = np.concatenate([lower for _, lower, _ in self.blocks])
        lp.row_upper_ = np.concatenate([upper for _, _, upper in self.blocks])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
        lp.a_matrix_.value_ = matrix.data
        if whole:
            kinds = [highspy.HighsVarType.kInteger] * sizes["seat"]
            rest = sum(sizes.values()) - sizes["seat"]
            lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * rest
        return lp

    def complete(self, problem: SeatProblem, chosen: Mask) -> Array:
        """Fill the helper columns that belong to a choice of seats."""
        seats = chosen.astype(float)
        supply, counts = seats @ problem.offers, seats @ problem.groups.T
        levels = np.clip(supply[:, None] - np.arange(problem.steps.size), 0.0, 1.0)
        covered = levels @ (problem.steps / problem.steps.sum())
        carried = seats * problem.loads
        excess = carried.max(initial=0.0) - problem.dependence_share * carried.sum()
        low = (problem.floors > 0) & (problem.floor_points > 0)
        parts = {
            "seat": seats,
            "level": levels.ravel(),
            "below": np.maximum(problem.group_min - counts, 0),
            "above": np.maximum(counts - problem.group_max, 0),
            "short": np.array([max(problem.min_seats - seats.sum(), 0.0)]),
            "open": np.maximum(problem.floors - covered, 0.0)[low],
            "class": np.concatenate(
                [np.minimum(one.classes @ seats, 1.0) for one in problem.varieties] or [np.zeros(0)]
            ),
            "pair": seats[problem.pairs[:, 0]] * seats[problem.pairs[:, 1]],
            "load": np.array([carried.sum()]),
            "excess": np.array([max(float(excess), 0.0)]),
        }
        return np.concatenate([parts[name] for name in self.columns])


def _columns(problem: SeatProblem) -> dict[str, _Columns]:
    n_groups = problem.groups.shape[0]
    worth = np.outer(problem.need_points, problem.steps / problem.steps.sum()).ravel()
    low = (problem.floors > 0) & (problem.floor_points > 0)
    n_classes = sum(one.classes.shape[0] for one in problem.varieties)
    families = {
        "seat": _Columns(
            problem.seat_points, problem.required.astype(float), (~problem.barred).astype(float)
        ),
        "level": _upto(worth, 1.0),
        "below": _upto(np.full(n_groups, -problem.group_penalty), np.inf),
        "above": _upto(np.full(n_groups, -problem.group_penalty), np.inf),
        "short": _upto(np.array([-problem.short_penalty]), np.inf),
        "open": _upto(-problem.floor_points[low], np.inf),
        "class": _upto(np.zeros(n_classes), 1.0),
        "pair": _upto(problem.pair_points, 1.0),
    }
    if problem.dependence_points > 0:
        families["load"] = _upto(np.zeros(1), np.inf)
        families["excess"] = _upto(np.array([-problem.dependence_points]), np.inf)
    return families


def _upto(worth: Array, most: float) -> _Columns:
    return _Columns(worth, np.zeros(worth.size), np.full(worth.size, most))
