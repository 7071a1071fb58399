"""Solve a network: formulate it, solve the stages, finish exactly, and say how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.tolerances import TIGHT, rounding
from fabopt.model.limits import Limit
from fabopt.model.objective import PREMIUM
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array, Network
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import Near
from fabopt.solve.diagnose import DIAGNOSIS_SECONDS, explain_infeasible, explain_time, explain_unbounded
from fabopt.solve.finish import Finished, finish
from fabopt.solve.formulate import Formulated, formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Notify, Runner, Stage, Staged, premiums, proof_of, report, stages
from fabopt.solve.options import Size, SolveOptions
from fabopt.solve.outcome import Outcome, StageReport
from fabopt.solve.plan import (
    limit_states,
    plan_arrays,
    priced_decisions,
    priced_rows,
    prices_by_family,
    reduced_costs,
)
from fabopt.solve.proof import Proof
from fabopt.solve.search import structure
from fabopt.solve.session import DEVEX, Ended, HighsSession, SolverError
from fabopt.solve.solution import Conflict, Solution, Status
from fabopt.solve.start import Start, StartPlan, on_columns
from fabopt.solve.unused import without_unused

if TYPE_CHECKING:
    from fabopt.model.build import Hook

__all__ = ["Notify", "SolveOptions", "solve"]

SEARCHED = 0.85
"""Share of the time by which a plan of a large program is found; the rest is for its prices."""

LEAST_SECONDS = 1.0
"""Seconds for the reasons why there is no plan, however short the run."""


def solve(
    net: Network,
    options: SolveOptions | None = None,
    progress: Notify | None = None,
    extra: Sequence[Hook] = (),
    start: StartPlan | None = None,
    budget: TimeBudget | None = None,
    near: Near | None = None,
) -> Solution:
    """Solve a network.

    Parameters
    ----------
    net
        The lowered network.
    options
        Objective, limits of the run, solver settings.
    progress
        Called with the name of the stage and a :class:`~fabopt.solve.session.Progress`.
    extra
        Hooks that are called with the Pyomo model and the model before it is compiled.
    start
        A plan to begin with. What does not fit is repaired, and the plan found is worth no less than what fits.
    budget
        Time for the run; the time limit of the options when left out.
    near
        Where the relaxation of a like model ended: that of this one begins there.

    Returns
    -------
    Solution
        With a plan, or with the reasons why there is none.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model.
    fabopt.solve.options.OptionError
        If an option does not fit the network.
    fabopt.solve.session.SolverError
        If the solver fails, or its plan breaks a row.
    """
    options = options or SolveOptions()
    budget = TimeBudget(options.time_limit) if budget is None else budget
    began = budget.spent
    solution = solve_made(formulated(net, options, extra), options, progress, start, budget, near)
    return replace(solution, seconds=budget.spent - began)


def formulated(net: Network, options: SolveOptions, extra: Sequence[Hook] = ()) -> Formulated:
    """Return the program of a network that options ask for; arguments and errors as those of :func:`solve`."""
    options.check_demands(demand.id for demand in net.demands)
    return formulate(net, options.aim, extra, through_pyomo=options.through_pyomo, relaxed=options.relaxed)


def solve_made(
    made: Formulated,
    options: SolveOptions,
    progress: Notify | None,
    start: StartPlan | None,
    budget: TimeBudget,
    near: Near | None = None,
    *,
    explained: bool = True,
) -> Solution:
    """Solve a program as :func:`formulated` makes it, or one with other bounds; arguments as those of :func:`solve`.

    Where it is not to be ``explained`` why there is no plan, that is not looked for.
    """
    began = budget.spent
    tables, matrices = made.tables, made.program
    options = options.sized(matrices.n_columns)
    todo = stages(tables, options, matrices.cost, matrices.offset)
    session = HighsSession(matrices, threads=options.threads, seed=options.seed, budget=budget)
    known = None if near is None else near.on(tables, matrices)
    if known is not None:
        session.basis = known
        if not matrices.integer.any():
            # The steepest edges of a basis take 3 s on 33,000 rows: a dive makes up for that, a few pivots do not.
            session.set_option("simplex_dual_edge_weight_strategy", DEVEX)
    begin = None if start is None else on_columns(start, tables, matrices.n_columns)
    if begin is not None:
        session.note(f"start: {begin.says}")
    with budget.catching_signals():
        staged, done = _plan(session, tables, todo, options, progress, begin, known)
    conflicts = _reasons(tables, matrices, staged, options, budget) if done is None and explained else ()
    common = common_of(matrices, session, staged, options) | {"start": "" if begin is None else begin.says}
    if done is None:
        return Solution(
            status=_status(staged), has_plan=False, objective=None, bound=staged.first.bound, gap=None,
            gap_denominator=None, seconds=budget.spent - began, conflicts=conflicts, **common,
        )  # fmt: skip
    limits = (*tables.limits, *made.registered)
    seconds = budget.spent - began
    return solution_of(tables, matrices, limits, todo, staged, done, common, seconds)


def completed(net: Network, options: SolveOptions, plan: StartPlan, budget: TimeBudget) -> Solution:
    """Return a plan of one state made whole: a small one proved best again, of a large one with its integers held.

    Parameters
    ----------
    net
        The network of the state, in which what was decided before it was known is held.
    options
        Options of the run.
    plan
        The state's plan; none that is worth less is returned.
    budget
        Time for the run.
    """
    made = formulate(net, options.aim, relaxed=options.relaxed)
    tables, matrices = made.tables, made.program
    if not matrices.large:
        return solve(net, options, start=plan, budget=budget)
    began, options = budget.spent, options.sized(matrices.n_columns)
    todo = stages(tables, options, matrices.cost, matrices.offset)
    session = HighsSession(matrices, threads=options.threads, seed=options.seed, budget=budget)
    begin = on_columns(plan, tables, matrices.n_columns)
    done = _finished(session, tables, todo, begin.x, None)
    if done is None:
        raise SolverError("The plan of a state does not survive that what was decided before it is held.")
    reached = float(todo[0].cost @ done.x)
    bound = None if matrices.integer.any() else reached
    outcome = Outcome(Ended.OPTIMAL, done.x, reached, bound, budget.spent - began, 0)
    staged = Staged(done.x, (report(todo[0], outcome),), None)
    common = common_of(matrices, session, staged, options) | {"start": begin.says}
    return solution_of(tables, matrices, tables.limits, todo, staged, done, common, budget.spent - began)


def solution_of(
    tables: ModelTables,
    matrices: Matrices,
    limits: Sequence[Limit],
    todo: Sequence[Stage],
    staged: Staged,
    done: Finished,
    common: Mapping[str, Any],
    seconds: float,
) -> Solution:
    """Return the solution that a finished plan is.

    Parameters
    ----------
    tables, matrices, limits
        The model, its program, and what restricts somebody in it.
    todo, staged
        The objectives, the one that was asked for first, and how their solving ended.
    done
        The plan with its prices.
    common
        What :func:`common_of` returns.
    seconds
        How long it took.
    """
    objective, bound, solution = _achieved(todo[0], staged.first, done.x)
    met = solution is not None and _met(todo[0], staged.first, solution, common["options"].asked)
    activity = np.asarray(matrices.a @ done.x)
    finals = [stage.reported(float(stage.cost @ done.x)) for stage in todo]
    reports = tuple(
        replace(one, final=final) for one, final in zip(staged.reports, finals[: len(staged.reports)], strict=True)
    )
    return Solution(
        status=_status(staged, solution, met),
        has_plan=True,
        objective=objective,
        bound=bound,
        gap=None if solution is None else solution.gap,
        gap_denominator=None if solution is None else solution.denominator,
        seconds=seconds,
        columns=done.x,
        rows=activity,
        prices=prices_by_family(tables, done.row_price),
        reduced_costs=reduced_costs(tables, done.column_price),
        decisions=priced_decisions(tables, matrices, done),
        requirements=priced_rows(tables, matrices, done, activity),
        limits=limit_states(tables, matrices, limits, done, activity),
        dropped=done.dropped,
        objective_terms=_terms(tables, matrices, done.x),
        premiums=premiums(tables, common["options"], done.x),
        **plan_arrays(tables, matrices, done.x, activity),
        **(dict(common) | {"stages": reports}),
    )


def _plan(
    session: HighsSession,
    tables: ModelTables,
    todo: tuple[Stage, ...],
    options: SolveOptions,
    progress: Notify | None,
    begin: Start | None,
    basis: Any,
) -> tuple[Staged, Finished | None]:
    """Solve the stages and finish; once more with tight tolerances if rounding breaks the plan."""
    runner = Runner(session, structure(tables), options, progress, None if begin is None else begin.x, basis)
    with session.budget.part(until=SEARCHED if session.matrices.large else 1.0):
        staged = runner.run(todo, tables)
    if staged.x is None or staged.stopped is Ended.UNBOUNDED:
        return staged, None
    priced = todo[0].cost if options.party else None
    done = _finished(session, tables, todo, staged.x, priced)
    # What goes by blocks proves the gap that it proves: it does not go again.
    if done is None or (options.by_blocks is None and _fell_short(todo[0], staged, done, options.asked)):
        for name in ("mip_feasibility_tolerance", "primal_feasibility_tolerance"):
            session.set_option(name, TIGHT)
        again = runner.again(todo[-1])
        better = None if again is None else _finished(session, tables, todo, again, priced)
        if done is None or (better is not None and todo[-1].cost @ better.x > todo[-1].cost @ done.x):
            done = better
        if done is None:
            raise SolverError("The plan does not survive the rounding of its integers, even at tight tolerances.")
    # An objective that nothing counts in holds no row, yet what follows it has other prices than it has.
    return staged, done if len(todo) == 1 else replace(done, basis=None)


def _finished(
    session: HighsSession, tables: ModelTables, todo: tuple[Stage, ...], x: Array, priced: Array | None
) -> Finished | None:
    """Return the exact plan with the integers of ``x`` less the orders that nothing uses, or None if there is none."""
    costs = [stage.cost for stage in todo]
    smaller, dropped = without_unused(tables, session.matrices, costs, x) if session.integer.any() else (x, ())
    done = finish(session, smaller, todo[-1].cost, priced)
    if done is None and dropped:
        done, dropped = finish(session, x, todo[-1].cost, priced), ()
    # The plan that is best with these integers may use other ones; prices of an earlier objective end its hold.
    while done is not None and priced is None and session.integer.any():
        smaller, gone = without_unused(tables, session.matrices, costs, done.x)
        better = finish(session, smaller, todo[-1].cost) if gone else None
        if better is None:
            break
        done, dropped = better, (*dropped, *gone)
    return None if done is None else replace(done, dropped=dropped)


def _fell_short(stage: Stage, staged: Staged, done: Finished, asked: float) -> bool:
    """Return whether exact integers have cost so much that the gap asked for is not met any more."""
    _, _, proof = _achieved(stage, staged.first, done.x)
    return staged.stopped is None and proof is not None and not _met(stage, staged.first, proof, asked)


def _met(stage: Stage, first: StageReport, proof: Proof, asked: float) -> bool:
    """Return whether a plan is as good as it should be: within the gap, beside what later stages may give up."""
    give = 0.0 if first.objective is None else stage.tolerance.of(first.objective)
    return proof.met(asked, give)


def _reasons(
    tables: ModelTables, matrices: Matrices, staged: Staged, options: SolveOptions, budget: TimeBudget
) -> tuple[Conflict, ...]:
    if staged.stopped is Ended.INFEASIBLE:
        return explain_infeasible(tables, matrices, _for_reasons(budget), options.threads)
    if staged.stopped is Ended.UNBOUNDED:
        return explain_unbounded(tables, matrices, _for_reasons(budget), options.threads)
    if staged.stopped is Ended.TIME_LIMIT and staged.x is None:
        return explain_time(staged.first.bound, options)
    return ()


def _for_reasons(budget: TimeBudget) -> TimeBudget:
    """Return the time in which the reasons for no plan are sought: what is left, or a little of what there was."""
    return TimeBudget(min(DIAGNOSIS_SECONDS, max(budget.left, (1.0 - SEARCHED) * budget.seconds, LEAST_SECONDS)))


def _status(staged: Staged, proof: Proof | None = None, met: bool = False) -> Status:
    """Return the status of the run, which says no more than its gap does; a stopped stage makes a stopped run."""
    if staged.stopped is None:
        if proof is None or not met:
            return Status.WIDER_GAP
        return Status.OPTIMAL if proof.exact else Status.WITHIN_GAP
    if staged.stopped is Ended.TIME_LIMIT:
        return Status.TIME_LIMIT if staged.x is not None else Status.NO_PLAN
    return Status(staged.stopped.value)


def _achieved(stage: Stage, first: StageReport, x: Array) -> tuple[float, float | None, Proof | None]:
    """Return objective, bound and what is proved of the first stage in the plan as it is reported.

    Holding integers may find a little more than the incumbent had; a bound never stands below the plan.
    """
    maximised = float(stage.cost @ x)
    objective = stage.reported(maximised)
    if first.bound is None:
        return objective, None, None
    bound = stage.reported(max((first.bound - stage.constant) * stage.sign, maximised))
    return objective, bound, proof_of(stage, objective, bound, float(np.abs(stage.cost) @ np.abs(x)))


def _terms(tables: ModelTables, matrices: Matrices, x: Array) -> dict[str, float]:
    """Return the named terms of money; what a hook has added to the objective is the term ``added``."""
    terms = {term.name: term.value(x) for term in tables.terms}
    steering = terms.pop(PREMIUM, 0.0)
    sizes = sum(abs(value) for value in terms.values())
    total = matrices.offset + float(matrices.cost @ x) + tables.net.constant_value
    added = total - steering - sum(terms.values())
    if abs(added) > rounding(sizes, total):
        terms["added"] = added
    return terms


def common_of(matrices: Matrices, session: HighsSession, staged: Staged, options: SolveOptions) -> dict[str, Any]:
    """Return what a solution says of its run, with a plan or without: options, stages, sizes, log."""
    sizes = np.abs(matrices.a.data)
    return {
        "options": options,
        "stages": staged.reports,
        "size": Size(matrices.n_rows, matrices.n_columns, int(matrices.integer.sum()), int(matrices.a.nnz)),
        "coefficients": (float(sizes.min()), float(sizes.max())) if len(sizes) else (0.0, 0.0),
        "log": session.log,
    }
