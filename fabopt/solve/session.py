"""The live HiGHS model: with its base, the one class that speaks to the solver.

One :class:`HighsSession` owns one HiGHS object. It is given matrices once; bounds, costs, coefficients and right-hand
sides are then changed in place, so that every what-if starts from the last basis or incumbent. The status of every
option and call is checked. The problem is always a maximisation.

Facts that this class takes care of:

- HiGHS gives no duals for a mixed-integer program: :meth:`hold_integers` makes the integers fixed and continuous,
  and prices come from the linear program that is left.
- Each thread of a process has one scheduler with one thread count: a change needs it to be reset first.
- A HiGHS object that two threads call at once ends the process: a second thread gets a :class:`SolverError` instead.
- highspy's own ``HandleKeyboardInterrupt`` prints and may exit the process, so signals are caught by the budget
  (:mod:`fabopt.solve.budget`): the interrupt callbacks look at it, and the incumbent stays.
- ``time_limit`` counts for each run, and no run takes more than what the budget has left.
- The absolute tolerances of HiGHS are in its own units (see :mod:`fabopt.solve.scale`); its absolute gap, a millionth
  of whatever money is counted in, is off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import SAME
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.budget import TimeBudget
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import FAR_APART, Basis, Ended, Outcome, Progress, Ranges, SolverError
from fabopt.solve.program import LiveProgram, highspy, numbers
from fabopt.solve.proof import proof

__all__ = ["Ended", "HighsSession", "Outcome", "Progress", "SolverError"]

_INF = highspy.kHighsInf
_STATUS = highspy.HighsModelStatus
_ENDED = {
    _STATUS.kOptimal: Ended.OPTIMAL,
    _STATUS.kTimeLimit: Ended.TIME_LIMIT,
    _STATUS.kIterationLimit: Ended.TIME_LIMIT,
    _STATUS.kSolutionLimit: Ended.TIME_LIMIT,
    _STATUS.kInterrupt: Ended.INTERRUPTED,
    _STATUS.kHighsInterrupt: Ended.INTERRUPTED,
    _STATUS.kInfeasible: Ended.INFEASIBLE,
    _STATUS.kUnbounded: Ended.UNBOUNDED,
    _STATUS.kModelEmpty: Ended.OPTIMAL,
}

MOST_NODES = highspy.kHighsIInf
"""HiGHS' number for no limit of nodes or iterations."""

DUAL, PRIMAL = 1, 4
"""HiGHS' numbers for the simplex methods: another objective leaves the last plan feasible, which suits the primal."""

DEVEX, STEEPEST = 1, 2
"""HiGHS' numbers for the weights of the dual simplex. Steepest edges take half the iterations of Devex and, on 19,000
rows, half a second to set up: too much for a small change. To take a limit away took 4 to 11 s, and takes 4 to 7."""

_scheduler = threading.local()  # HiGHS keeps one scheduler a thread; here the thread count that it runs with


_STANDS = ("lower", "basic", "upper", "zero", "nonbasic")
"""Words for HiGHS' states of a column or row, by their number."""


def solver_basis(basis: Basis) -> Any:
    """Return a kept basis as a session takes it."""
    made, number = highspy.HighsBasis(), {word: n for n, word in enumerate(_STANDS)}
    made.col_status = [highspy.HighsBasisStatus(number[word]) for word in basis.columns]
    made.row_status = [highspy.HighsBasisStatus(number[word]) for word in basis.rows]
    made.valid, made.alien = True, False
    return made


def kept_basis(basis: Any) -> Basis | None:
    """Return a basis of a session in words that can be kept; None where there is none."""
    if not basis.valid:
        return None
    return Basis(tuple(_STANDS[int(s)] for s in basis.col_status), tuple(_STANDS[int(s)] for s in basis.row_status))


def _prepare_scheduler(threads: int) -> None:
    """Reset HiGHS' scheduler of this thread if the thread has run it with another thread count before."""
    if getattr(_scheduler, "threads", None) != threads:
        highspy.Highs.resetGlobalScheduler(True)
        _scheduler.threads = threads


FEW_COSTS = 0.01
"""Share of the columns that have a cost up to which nearly all plans are equally good."""


class HighsSession(LiveProgram):
    """One live HiGHS model, always a maximisation.

    Parameters
    ----------
    matrices
        The program to load.
    threads
        Threads of the solver; 0 leaves the number to HiGHS.
    seed
        Random seed of the solver.
    budget
        Time for all its runs; without end when left out.

    Attributes
    ----------
    threads, seed, budget
        Threads of the solver, its random seed, and the time that its runs may take.
    """

    def __init__(
        self, matrices: Matrices, *, threads: int = 0, seed: int = 0, budget: TimeBudget | None = None
    ) -> None:
        super().__init__(matrices)
        self.threads, self.seed, self.budget = threads, seed, budget or TimeBudget()
        self._stopped = threading.Event()
        self._constant_objective = 0.0
        self._log: list[str] = []
        self._progress: Callable[[Progress], None] | None = None
        self._failure: BaseException | None = None
        self._limited, self._last = True, -np.inf
        self._unscaled = False  # the last run was one without scaling
        self._method = ""
        for name, value in (
            ("threads", threads),
            ("parallel", "on" if threads > 1 else "choose"),
            ("random_seed", seed),
        ):
            self.set_option(name, value)
        self._highs.cbLogging.subscribe(lambda event: self._log.append(event.message))
        for source in (self._highs.cbMipInterrupt, self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt):
            source.subscribe(self._on_interrupt)
        self._highs.cbMipInterrupt.subscribe(self._on_progress)
        self._load(matrices)

    # -- solving -----------------------------------------------------------------------------------------------------

    def set_start(self, x: Array) -> None:
        """Give the solver a plan to begin with; what a bound has changed since then is moved to the bound."""
        x = np.clip(x, self.column_lower, self.column_upper)
        self._check(self._highs.setSolution(len(x), numbers(len(x)), x / self.column_unit), "a plan to begin with")

    @property
    def basis(self) -> Any:
        """The basis of the last linear program."""
        return self._highs.getBasis()

    @basis.setter
    def basis(self, basis: Any) -> None:
        self._check(self._highs.setBasis(basis), "a basis")

    def stand(self, down: IntArray, up: IntArray) -> None:
        """Say of columns that are not basic at which bound they stand, lower or upper, where both were one before."""
        basis, states = self._highs.getBasis(), highspy.HighsBasisStatus
        status = list(basis.col_status)
        for columns, bound in ((down, states.kLower), (up, states.kUpper)):
            for column in columns.tolist():
                if status[column] != states.kBasic:
                    status[column] = bound
        basis.col_status = status
        self.basis = basis

    def named_basis(self) -> Basis | None:
        """Return the basis of the last linear program in words that can be kept; None where there is none."""
        return kept_basis(self._highs.getBasis())

    @property
    def level(self) -> bool:
        """Whether so few columns have a cost that nearly all plans are equally good."""
        return bool(np.count_nonzero(self.cost) <= FEW_COSTS * self.cost.size)

    @property
    def log(self) -> str:
        """All that HiGHS has said."""
        return "".join(self._log)

    def solve(
        self,
        *,
        time_limit: float = np.inf,
        gap: float = 0.0,
        constant_objective: float = 0.0,
        near: float = 0.0,
        nodes: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Outcome:
        """Solve the model as it stands now.

        Parameters
        ----------
        time_limit
            Seconds for this run; never more than the budget has left.
        gap
            Relative gap at which a plan is good enough, without offset:
            |bound - objective| / |objective - constant_objective|.
        constant_objective
            Part of the objective that proves nothing about a plan, left out of the gap's denominator.
        near
            Distance from the bound, in the unit of the objective, at which a plan is good enough, too.
        nodes
            Most nodes of the tree; the run then ends as at its time limit.
        progress
            Called with each :class:`Progress` of a mixed-integer run, at most twice a second.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        if not len(self.cost):
            return self._without_columns()
        self._progress = progress
        self.set_option("mip_max_nodes", MOST_NODES if nodes is None else nodes)
        ended, seconds = self._run(time_limit, gap, constant_objective, near)
        return self._outcome(ended, seconds)

    def snapshot(self) -> Matrices:
        """Return the program as it stands."""
        a = self.a.copy()
        a.eliminate_zeros()
        return replace(
            self.matrices,
            a=a,
            cost=self.cost,
            offset=self.offset,
            column_lower=self.column_lower,
            column_upper=self.column_upper,
            row_lower=self.row_lower,
            row_upper=self.row_upper,
            integer=self.integer,
        )

    def derived(self, program: Matrices) -> HighsSession:
        """Return a session for a program made from this one's: same options, same log, same budget."""
        other = HighsSession(program, threads=self.threads, seed=self.seed, budget=self.budget)
        for name, value in self._options.items():
            other.set_option(name, value)
        other._log, other._stopped = self._log, self._stopped
        return other

    def note(self, line: str) -> None:
        """Add a line to the log."""
        self._log.append(f"fabopt: {line}\n")

    def value(self) -> float:
        """Solve a linear program as it stands and return its value alone: minus infinity without a plan.

        Not a number where a limit of time or iterations stopped it.

        Where thousands are asked, bringing a plan and prices over costs a third of the time.
        """
        if not len(self.cost):
            objective = self._without_columns().objective
            return -np.inf if objective is None else objective
        self._progress = None
        ended, _ = self._run(np.inf, 0.0, 0.0)
        if ended is Ended.OPTIMAL:
            return self.offset + float(self._highs.getInfo().objective_function_value) * self.money_unit
        if ended in (Ended.TIME_LIMIT, Ended.INTERRUPTED):
            return np.nan
        return np.inf if ended is Ended.UNBOUNDED else -np.inf

    def _run(self, time_limit: float, gap: float, constant_objective: float, near: float = 0.0) -> tuple[Ended, float]:
        """Run HiGHS and return how it ended and the seconds that it took."""
        if self._limited:
            time_limit = min(time_limit, self.budget.left)
        # HiGHS counts the time of linear programs from the first on, that of a mixed-integer one by itself.
        spent = 0.0 if self.integer.any() else self._highs.getRunTime()
        self.set_option("time_limit", spent + max(time_limit, 0.0))
        self.set_option("mip_rel_gap", gap)
        self.set_option("mip_abs_gap", near / self.money_unit)
        self.settle_gates()
        if self._unscaled and not self.integer.any():
            self.restart(self.basis)
        self._choose_methods()
        # HiGHS counts its offset in the denominator of the gap, so the part that proves nothing goes in with a minus.
        self._check(
            self._highs.changeObjectiveOffset(-constant_objective / self.money_unit), "an offset of the objective"
        )
        self._constant_objective = constant_objective
        self._last, self._failure = -np.inf, None
        _prepare_scheduler(self.threads)
        before = self._highs.getRunTime()
        status = self._highs.run()
        if self._failure is not None:
            raise self._failure
        model_status = self._highs.getModelStatus()
        if status == highspy.HighsStatus.kError:
            said = self._highs.modelStatusToString(model_status)
            raise SolverError(f"HiGHS failed with the status {said!r}. {FAR_APART}")
        seconds = self._highs.getRunTime() - before
        if model_status == _STATUS.kUnboundedOrInfeasible:
            return self._tell_unbounded(), seconds
        if model_status not in _ENDED:
            raise SolverError(
                f"HiGHS ended with {self._highs.modelStatusToString(model_status)!r}, not with an answer."
            )
        ended = _ENDED[model_status]
        if ended is Ended.INTERRUPTED and not self.interrupted:
            ended = Ended.TIME_LIMIT
        return ended, seconds

    @contextmanager
    def within(self, pivots: int | None) -> Iterator[None]:
        """While in force, a linear program ends after so many simplex iterations, as at its time limit; None: never."""
        self.set_option("simplex_iteration_limit", MOST_NODES if pivots is None else pivots)
        try:
            yield
        finally:
            self.set_option("simplex_iteration_limit", MOST_NODES)

    def solve_from_nothing(self) -> Outcome:
        """Solve a linear program without a basis, by what suits its size.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        self._check(self._highs.clearSolver(), "a fresh start")
        return self.solve()

    def restart(self, basis: Any) -> None:
        """Begin at a basis as a new session would: what the solver remembers of earlier runs is forgotten.

        The program is loaded again: HiGHS keeps scale factors and the order of entries of a program that has moved.
        """
        self.settle_gates()
        self._load(self.snapshot())
        self._unscaled = False
        if basis.valid:
            self.basis = basis

    @contextmanager
    def by(self, method: int) -> Iterator[None]:
        """While in force, linear programs that have a basis are solved by a simplex method, dual or primal."""
        self.set_option("simplex_strategy", method)
        try:
            yield
        finally:
            self.set_option("simplex_strategy", DUAL)

    @staticmethod
    def no_basis() -> Any:
        """Return the basis from which a program is solved from nothing."""
        return highspy.HighsBasis()

    def solve_afresh(self) -> Outcome:
        """Solve a linear program again from its last basis, factorised anew and without scaling.

        HiGHS may call a plan optimal that breaks a row by more than its tolerance, since it looks at the scaled
        program, or give up on its last pivots (both seen after the interior point method, crossover and postsolve);
        from the same basis this takes a few pivots. What is solved next begins at that basis, scaled again: from where
        such a run ends itself the next one takes twice the iterations.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        basis = self.basis
        _, scaling = self._highs.getOptionValue("simplex_scale_strategy")
        self._check(self._highs.clearSolver(), "a fresh start")
        if basis.valid:
            self.basis = basis
        self.set_option("simplex_scale_strategy", 0)
        try:
            return self.solve()
        finally:
            self.set_option("simplex_scale_strategy", scaling)
            self._unscaled = True

    def solve_by_simplex(self) -> Outcome:
        """Solve a linear program from nothing by the simplex method, where the interior point method has given up.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        self._method = "simplex"
        try:
            return self.solve_from_nothing()
        finally:
            self._method = ""

    def presolved(self) -> tuple[Matrices, IntArray, IntArray]:
        """Return what presolve leaves of a linear program, in the solver's units, and which rows and columns those are.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        self.settle_gates()
        for row in range(len(self.row_lower)):
            self._check(self._highs.passRowName(row, str(row)), "the name of a row")
        for column in range(len(self.cost)):
            self._check(self._highs.passColName(column, str(column)), "the name of a column")
        self._check(self._highs.presolve(), "presolve")
        lp = self._highs.getPresolvedLp()
        entries = lp.a_matrix_
        shape = (lp.num_row_, lp.num_col_)
        sign = 1.0 if lp.sense_ == highspy.ObjSense.kMaximize else -1.0
        small = Matrices(
            a=sparse.csc_array((np.array(entries.value_), np.array(entries.index_), np.array(entries.start_)), shape),
            row_lower=np.array(lp.row_lower_),
            row_upper=np.array(lp.row_upper_),
            column_lower=np.array(lp.col_lower_),
            column_upper=np.array(lp.col_upper_),
            cost=sign * np.array(lp.col_cost_),
            integer=np.zeros(lp.num_col_, dtype=bool),
            offset=sign * float(lp.offset_),
            labels=(),
        )
        rows, columns = (np.array([int(n) for n in names], np.int64) for names in (lp.row_names_, lp.col_names_))
        return small, rows, columns

    def solve_inside(self, gap: float) -> Outcome:
        """Solve a linear program from nothing by the interior point method, without presolve and crossover.

        The plan keeps rows and bounds, and is no vertex; it is worth the maximum within a relative gap. HiGHS would not
        find the prices of rows that presolve takes away from such a plan.

        Raises
        ------
        SolverError
            If HiGHS fails.
        """
        options = {"presolve": "off", "run_crossover": "off", "ipm_optimality_tolerance": gap}
        before = {name: self._highs.getOptionValue(name)[1] for name in options}
        for name, value in options.items():
            self.set_option(name, value)
        self._method = "ipx"
        try:
            return self.solve_from_nothing()
        finally:
            self._method = ""
            for name, value in before.items():
                self.set_option(name, value)

    def _choose_methods(self) -> None:
        """Choose what solves linear programs that have no basis, and the heuristics of mixed-integer ones.

        Measured on 15,000 rows x 36,000 columns with 760 integers: the interior point method with crossover takes
        half the time of the simplex method from nothing (8 s against 18 s at the root, 17 s against 40 s with
        integers held), and without the two sub-problem heuristics a gap of 0.05 % takes three quarters of the time.
        """
        # Where next to nothing has a cost, nearly every vertex is as good and crossover takes minutes: the figures of
        # 33,000 rows x 57,000 columns were agreed with in 9 s by the dual simplex method, and not in 150 s otherwise.
        large = self.matrices.large and not self.level
        mixed = bool(self.integer.any())
        cold = not mixed and not self._highs.getBasis().valid
        # "ipm" would be another method, with other answers, where the package highspy-extras is there.
        self.set_option("solver", self._method or ("ipx" if large and cold else "choose"))
        self.set_option("mip_lp_solver", "ipx" if large else "choose")
        for heuristic in ("mip_heuristic_run_rins", "mip_heuristic_run_rens"):
            self.set_option(heuristic, not self.matrices.large)

    def _without_columns(self) -> Outcome:
        """Answer for a model in which there is nothing to decide, which HiGHS does not look at."""
        if np.any(self.row_lower > 0) or np.any(self.row_upper < 0):
            return Outcome(Ended.INFEASIBLE, None, None, None, 0.0, 0)
        nothing, rows = np.zeros(0), np.zeros(self.a.shape[0])
        return Outcome(Ended.OPTIMAL, nothing, self.offset, self.offset, 0.0, 0, rows, nothing)

    def _tell_unbounded(self) -> Ended:
        """Decide between infeasible and unbounded: without costs a feasible program has an optimum."""
        cost, offset = self.cost, self.offset
        self.set_costs(np.zeros_like(cost))
        try:
            self._highs.run()
            feasible = self._highs.getModelStatus() == _STATUS.kOptimal
        finally:
            self.set_costs(cost, offset)
        return Ended.UNBOUNDED if feasible else Ended.INFEASIBLE

    def _outcome(self, ended: Ended, seconds: float) -> Outcome:
        info, mixed, money = self._highs.getInfo(), bool(self.integer.any()), self.money_unit
        if ended in (Ended.INFEASIBLE, Ended.UNBOUNDED):
            return Outcome(ended, None, None, None, seconds, 0)
        solution = self._highs.getSolution()
        feasible = info.primal_solution_status == highspy.kSolutionStatusFeasible and solution.value_valid
        x = np.array(solution.col_value, dtype=float) * self.column_unit if feasible else None
        objective = None if x is None else self.offset + float(self.cost @ x)
        bound = objective if ended is Ended.OPTIMAL else None
        if mixed:
            bound = self.offset + self._constant_objective + info.mip_dual_bound * self.money_unit
        priced = not mixed and ended is Ended.OPTIMAL and solution.dual_valid
        return Outcome(
            ended=ended,
            x=x,
            objective=objective,
            bound=None if bound is None or not np.isfinite(bound) else float(bound),
            seconds=seconds,
            nodes=max(int(info.mip_node_count), 0) if mixed else 0,
            row_price=_prices(solution.row_dual) * (money / self.row_unit) if priced else None,
            column_price=_prices(solution.col_dual) * (money / self.column_unit) if priced else None,
        )

    def ranges(self) -> Ranges:
        """Return how far each number may move, all others as they are, before the last linear program's prices change.

        Nothing is known of a column or row that stands at no limit, but of its cost; nor in a program of many columns,
        where finding out takes as long as solving it many times.
        """
        unknown = Ranges.unknown(len(self.cost), len(self.row_lower))
        basis = self.basis
        if not len(self.cost) or self.matrices.large or not basis.valid:
            return unknown
        status, ranges = self._highs.getRanging()
        if status != highspy.HighsStatus.kOk or not ranges.valid:
            return unknown
        n, basic = len(self.cost), highspy.HighsBasisStatus.kBasic

        def sides(down: Any, up: Any, unit: Array, free: Array) -> Array:
            both = np.column_stack([np.array(down.value_)[: len(unit)], np.array(up.value_)[: len(unit)]])
            return np.where(free[:, None], np.nan, both * unit[:, None])

        columns = np.array([status == basic for status in basis.col_status], dtype=bool)
        rows = np.array([status == basic for status in basis.row_status], dtype=bool)
        cost = sides(
            ranges.col_cost_dn, ranges.col_cost_up, self.money_unit / self.column_unit, np.zeros(n, dtype=bool)
        )
        bounds = sides(ranges.col_bound_dn, ranges.col_bound_up, self.column_unit, columns)
        return Ranges(cost, bounds, sides(ranges.row_bound_dn, ranges.row_bound_up, self.row_unit, rows))

    # -- interruption and progress -----------------------------------------------------------------------------------

    @property
    def interrupted(self) -> bool:
        """Whether a signal or a call has ended the work."""
        return self.budget.cancelled or self._stopped.is_set()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """While in force, neither the end of the budget nor a signal stops a run: for what makes a found plan whole."""
        before, self._limited = self._limited, False
        try:
            yield
        finally:
            self._limited = before

    def stop(self) -> None:
        """Stop the run, as Ctrl-C does."""
        self._stopped.set()

    def _on_interrupt(self, event: Any) -> None:
        # HiGHS keeps the flag from one run to the next, so it is written each time.
        over = self._limited and (self._stopped.is_set() or self.budget.over)
        event.interrupt(over or self._failure is not None)

    def _on_progress(self, event: Any) -> None:
        out = event.data_out
        if self._progress is None or self._failure is not None or out.running_time < self._last + 0.5:
            return
        self._last = out.running_time
        plan, bound = self._told(out.mip_primal_bound), self._told(out.mip_dual_bound)
        gap = None if plan is None or bound is None else proof(plan, bound, self._constant_objective + self.offset).gap
        try:
            self._progress(Progress(out.running_time, plan, bound, gap, int(out.mip_node_count)))
        except BaseException as failure:
            self._failure = failure

    def _told(self, value: float) -> float | None:
        """Return a value of HiGHS' objective as one of the model's; None for what is infinite or not a number."""
        known = abs(value) < _INF and not np.isnan(value)
        return self.offset + self._constant_objective + value * self.money_unit if known else None


def _prices(duals: Sequence[float]) -> Array:
    """Return duals in the solver's units, those that are rounding as none."""
    prices = np.array(duals, dtype=float)
    return np.where(np.abs(prices) <= SAME, 0.0, prices)
