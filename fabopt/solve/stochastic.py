"""Solve a stochastic program: the stack of its states, judged as asked, to one plan for each state.

The plans share what is decided before their states can be told apart. Each is then made whole by itself, with that
held, by :func:`fabopt.solve.run.completed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import numpy as np

from fabopt.domain.goals import NOTHING
from fabopt.domain.risk import EXPECTED, Risk
from fabopt.domain.tolerances import FEASIBLE
from fabopt.model.objective import cost_vector
from fabopt.network.tables import Array
from fabopt.solve.apart import goes_apart, state_by_state
from fabopt.solve.budget import TimeBudget
from fabopt.solve.decompose.hedging import hedged
from fabopt.solve.decompose.lshaped import lshaped
from fabopt.solve.decompose.parts import taken_apart
from fabopt.solve.diagnose import DIAGNOSIS_SECONDS, explain_infeasible, explain_time, explain_unbounded
from fabopt.solve.finish import Finished, finish, linear_answer
from fabopt.solve.matrices import program_of
from fabopt.solve.objectives import Notify, Runner, Stage, Staged, proof_of, report, stages
from fabopt.solve.options import OptionError, Size, SolveOptions
from fabopt.solve.outcome import Outcome, StageReport
from fabopt.solve.proof import Proof
from fabopt.solve.risk import Judged, judged
from fabopt.solve.session import Ended, HighsSession, Progress
from fabopt.solve.solution import Conflict, Status
from fabopt.solve.stack import Branch, Stack, stacked
from fabopt.solve.start import StartPlan, on_columns
from fabopt.solve.work.executor import Executor, InProcess

Method = Literal["extensive", "hedging", "lshaped"]
"""As one program; branch by branch with progressive hedging, through mpi-sppy, or with the L-shaped method."""


@dataclass(frozen=True, slots=True)
class StackSolution:
    """How the solve of a stochastic program ended.

    Attributes
    ----------
    status, has_plan, objective, bound, gap, gap_denominator, seconds, options, stages, size, log, conflicts
        As of a :class:`~fabopt.solve.solution.Solution`; the objective is judged as asked.
    stack
        The states.
    plans
        The plan of each state, by the columns of its own model; empty without a plan.
    prices
        Dual of each row of the stack: change of the judged objective for one unit more [rows]; empty without a plan.
    """

    status: Status
    has_plan: bool
    objective: float | None
    bound: float | None
    gap: float | None
    gap_denominator: float | None
    seconds: float
    options: SolveOptions
    stages: tuple[StageReport, ...]
    size: Size
    log: str
    stack: Stack
    plans: tuple[Array, ...] = ()
    prices: Array | None = None
    conflicts: tuple[Conflict, ...] = ()


def check_states(options: SolveOptions) -> None:
    """Refuse options that no plan under several states can have.

    Raises
    ------
    OptionError
        With what to do instead.
    """
    named = {goal.objective for goal in options.goals}
    for name in ("time_to_compute", "max_min", "agreement"):
        if name in named:
            raise OptionError(f"The objective {name} is one of a single state; under states take value, compute or "
                              "least_cost.")  # fmt: skip
    if any(goal.tolerance != NOTHING for goal in options.goals):
        raise OptionError(
            "Under states an objective gives up nothing for a later one: leave out what stands after ':'."
        )
    if options.party:
        raise OptionError(
            f"The perspective {options.perspective} holds others to one plan; under states take system or buyers."
        )
    if options.through_pyomo:
        raise OptionError("Under states the program is stacked from the tables; leave out --through-pyomo.")


def solve_states(
    branches: Sequence[Branch],
    options: SolveOptions,
    risk: Risk = EXPECTED,
    best: Sequence[float] = (),
    progress: Notify | None = None,
    start: StartPlan | None = None,
    budget: TimeBudget | None = None,
    method: Method = "extensive",
    executor: Executor | None = None,
) -> StackSolution:
    """Solve the stochastic program of some states.

    Parameters
    ----------
    branches
        The states.
    options
        As for :func:`fabopt.solve.run.solve`.
    risk, best
        How the plan is judged; for ``regret`` what the best plan for each state alone is worth.
    progress, start, budget
        As for :func:`fabopt.solve.run.solve`.
    method, executor
        How it is solved, as one program or by its branches (:mod:`fabopt.solve.decompose`), and where those are asked.

    Raises
    ------
    OptionError
        If an option does not fit a plan under several states, or the method.
    fabopt.solve.stack.PastError
        If a state changes what comes before it is known.
    """
    check_states(options)
    if method != "extensive":
        check_method(options, risk, method, start)
    budget = TimeBudget(options.time_limit) if budget is None else budget
    began = budget.spent
    stack = stacked(branches, relaxed=options.relaxed)
    options = options.sized(stack.program.n_columns)
    each = [stages(b.tables, options, cost_vector(b.tables.terms, b.tables.columns.n)) for b in branches]
    made = judged(stack, each, risk, best)
    if method != "extensive":
        return _by_branches(stack, made, options, budget, method, executor or InProcess(), progress)
    session = HighsSession(made.program, threads=options.threads, seed=options.seed, budget=budget)
    own = None if start is None else [on_columns(start, b.tables, b.tables.columns.n).x for b in branches]
    with budget.catching_signals():
        begin = _begun(session, stack, made, each, own, options, progress)
        staged = begin.ended(made, options.asked)
        if staged is None:
            staged = Runner(session, stack.structure, options, progress, begin.x).run(made.stages, branches[0].tables)
        staged = begin.bounding(staged, made.stages[0])
        done = None
        if staged.x is not None and staged.stopped is not Ended.UNBOUNDED:
            done = _exact(session, staged.x, made.stages[-1].cost, begin)
    size = Size(made.program.n_rows, made.program.n_columns, int(made.program.integer.sum()), int(made.program.a.nnz))
    seconds = budget.spent - began
    ended = StackSolution(
        status=_without_plan(staged), has_plan=False, objective=None, bound=staged.first.bound, gap=None,
        gap_denominator=None, seconds=seconds, options=options, stages=staged.reports, size=size,
        log=begin.log + session.log, stack=stack,
    )  # fmt: skip
    if done is None:
        return replace(ended, conflicts=_reasons(stack, staged, options))
    first = made.stages[0]
    maximised = float(first.cost @ done.x)
    objective, bound = first.reported(maximised), None
    if staged.first.bound is not None:
        bound = first.reported(max((staged.first.bound - first.constant) * first.sign, maximised))
    proved = proof_of(first, objective, bound, float(np.abs(first.cost) @ np.abs(done.x)))
    return replace(
        ended,
        status=_status(staged, proved, options.asked),
        has_plan=True,
        objective=objective,
        bound=bound,
        gap=None if proved is None else proved.gap,
        gap_denominator=None if proved is None else proved.denominator,
        plans=tuple(done.x[at] for at in stack.columns),
        prices=None if done.row_price is None else done.row_price[: stack.program.n_rows],
    )


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a stack begins with.

    Attributes
    ----------
    x
        A plan [columns of the judged program] that need not stand, or None.
    stands
        Whether it does, as it is.
    bound
        What no plan is judged, as maximised.
    impossible
        Whether it is proved that there is no plan.
    log
        What the solver said.
    """

    x: Array | None
    stands: bool = False
    bound: float = np.inf
    impossible: bool = False
    log: str = ""

    def ended(self, made: Judged, asked: float) -> Staged | None:
        """Return the end of a run that needs no program of all states: one as good as asked for, or proof of none."""
        stage = made.stages[0]
        if self.impossible:
            none = Outcome(Ended.INFEASIBLE, None, None, None, 0.0, 0)
            return Staged(None, (report(stage, none),), Ended.INFEASIBLE)
        if self.x is None or not self.stands or len(made.stages) > 1:
            return None
        worth = float(stage.cost @ self.x)
        told = report(stage, Outcome(Ended.OPTIMAL, self.x, worth, max(self.bound, worth), 0.0, 0))
        return Staged(self.x, (told,), None) if told.gap is not None and told.gap <= asked else None

    def bounding(self, staged: Staged, stage: Stage) -> Staged:
        """Return the end of a run, with its bound where that is the nearer one."""
        first = staged.first
        known = np.inf if first.bound is None else (first.bound - stage.constant) * stage.sign
        if not self.bound < known:
            return staged
        return replace(staged, reports=(replace(first, bound=stage.reported(self.bound)), *staged.reports[1:]))


def _begun(
    session: HighsSession,
    stack: Stack,
    made: Judged,
    each: Sequence[tuple[Stage, ...]],
    own: Sequence[Array] | None,
    options: SolveOptions,
    progress: Notify | None,
) -> _Begun:
    """Return what the program of all states begins with: the plan given, or that of its states one by one."""
    begin = _Begun(None)
    if own is not None:
        begin = _Begun(np.append(stack.plan(own), np.zeros(made.program.n_columns - stack.program.n_columns)))
    if options.by_blocks is not None or not goes_apart(stack):
        return begin

    def tell(step: str, seconds: float) -> None:
        if progress is not None:
            progress(made.stages[0].name, Progress(seconds, None, None, None, 0, step))

    costs = [stages[0].cost for stages in each]
    apart = state_by_state(stack, costs, options, session.budget, own, tell)
    bound = made.of(stack, np.array(apart.bounds))[0] if np.isfinite(apart.bounds).all() else np.inf
    if apart.x is not None:
        worth = [float(cost @ apart.x[at]) for cost, at in zip(costs, stack.columns, strict=True)]
        x = np.append(apart.x, made.of(stack, np.array(worth))[1])
        x[made.program.integer] = np.round(x[made.program.integer])
        if session.violation(x) <= FEASIBLE:
            return _Begun(x, True, bound, log=apart.log)
        session.note("the plans of the states one by one break a row of all together and are left out")
    return replace(begin, bound=bound, impossible=apart.impossible, log=apart.log)


@dataclass(frozen=True, slots=True)
class _Done:
    """The exact plan, with its prices where they are known."""

    x: Array
    row_price: Array | None


def _exact(session: HighsSession, x: Array, cost: Array, begin: _Begun) -> Finished | _Done | None:
    """Return the exact plan with the integers of ``x`` and its prices, or None where there is none.

    In a large stack equal plans are told apart when that of each state is made whole. A plan of the states one by one
    is exact as it is, and has no prices of all.
    """
    if begin.stands and begin.x is not None and np.array_equal(x, begin.x):
        return _Done(x, None)
    if not session.matrices.large:
        return finish(session, x, cost)
    with session.finishing():
        session.set_costs(cost)
        session.hold_integers(x)
        try:
            outcome = linear_answer(session)
        finally:
            session.release_integers()
    if outcome.x is None or outcome.row_price is None:
        return None
    return _Done(outcome.x, outcome.row_price)


def check_method(options: SolveOptions, risk: Risk, method: Method, start: StartPlan | None = None) -> None:
    """Refuse what a method that solves branch by branch cannot judge.

    Raises
    ------
    OptionError
        With what to do instead.
    """
    if method not in get_args(Method):
        raise OptionError(f"There is no method {method[:40]!r}; take one of {', '.join(get_args(Method))}.")
    if risk.name != "expected":
        raise OptionError(f"--method {method} maximises the mean over the states; for --risk take --method extensive.")
    if len(options.goals) > 1:
        raise OptionError(f"--method {method} takes one objective; for several take --method extensive.")
    if start is not None or options.heuristic:
        what = "--heuristic" if options.heuristic else "--start"
        raise OptionError(f"--method {method} goes branch by branch; {what} goes with --method extensive.")


def _by_branches(
    stack: Stack,
    made: Judged,
    options: SolveOptions,
    budget: TimeBudget,
    method: Method,
    executor: Executor,
    progress: Notify | None,
) -> StackSolution:
    """Return the solution of a stack that is solved branch by branch."""
    began, stage = budget.spent, made.stages[0]
    parts = taken_apart(stack, replace(made.program, cost=stage.cost))

    def tell(value: float, bound: float, number: int) -> None:
        if progress is not None:
            worth = stage.reported(value) if np.isfinite(value) else None
            seconds = budget.spent - began
            progress(stage.name, Progress(seconds, worth, stage.reported(bound), None, 0, f"round {number}"))

    n = stack.program.n_columns
    solve = partial(lshaped, tell=tell) if method == "lshaped" else hedged
    done = solve(parts, n, options.asked, budget, executor)
    bound = stage.reported(done.bound) if np.isfinite(done.bound) else None
    size = Size(made.program.n_rows, n, int(made.program.integer.sum()), int(made.program.a.nnz))
    ended = StackSolution(
        status=Status.INFEASIBLE if done.ended is Ended.INFEASIBLE else Status.NO_PLAN, has_plan=False, objective=None,
        bound=bound, gap=None, gap_denominator=None, seconds=budget.spent - began, options=options, stages=(),
        size=size, log=f"{method}: {done.rounds} rounds\n", stack=stack,
    )  # fmt: skip
    if done.x is None:
        return ended
    objective = stage.reported(done.value)
    proved = proof_of(stage, objective, bound, float(np.abs(stage.cost) @ np.abs(done.x)))
    if proved is not None and proved.within(options.asked):
        status = Status.OPTIMAL if proved.exact else Status.WITHIN_GAP
    else:
        status = Status.TIME_LIMIT if done.ended is Ended.TIME_LIMIT else Status.WIDER_GAP
    return replace(
        ended,
        status=status,
        has_plan=True,
        objective=objective,
        gap=None if proved is None else proved.gap,
        gap_denominator=None if proved is None else proved.denominator,
        plans=tuple(done.x[at] for at in stack.columns),
    )


def _status(staged: Staged, proved: Proof | None, asked: float) -> Status:
    if staged.stopped is Ended.TIME_LIMIT:
        return Status.TIME_LIMIT
    if staged.stopped is not None:
        return Status(staged.stopped.value)
    if proved is None or not proved.within(asked):
        return Status.WIDER_GAP
    return Status.OPTIMAL if proved.exact else Status.WITHIN_GAP


def _without_plan(staged: Staged) -> Status:
    ended = staged.stopped
    return Status.NO_PLAN if ended in (None, Ended.TIME_LIMIT) else Status(ended.value)


def _reasons(stack: Stack, staged: Staged, options: SolveOptions) -> tuple[Conflict, ...]:
    """Return why there is no plan: what is wrong with a state that has none by itself, or that none fits all."""
    if staged.stopped is Ended.TIME_LIMIT:
        return explain_time(staged.first.bound, options)
    if staged.stopped not in (Ended.INFEASIBLE, Ended.UNBOUNDED):
        return ()
    for branch in stack.branches:
        program = program_of(branch.tables)
        ended = HighsSession(program, threads=options.threads, budget=TimeBudget(DIAGNOSIS_SECONDS)).solve().ended
        if ended is staged.stopped:
            explain = explain_infeasible if ended is Ended.INFEASIBLE else explain_unbounded
            why = explain(branch.tables, program, TimeBudget(DIAGNOSIS_SECONDS), options.threads)
            return tuple(replace(one, says=f"In state '{branch.name}': {one.says}") for one in why)
    says = (
        "Each state has a plan by itself, but none of these begins as one of every other state does: what is decided "
    )
    return (Conflict("conflict", (), "", 0.0, "", f"{says}before they are known does not fit all of them."),)
