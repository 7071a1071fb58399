"""A lab's own plan: what it decides is the best for it, everybody else is held at a plan that is given.

It is the program of ``fabopt solve --perspective lab:NAME --given RESULT`` (`fabopt.network.perspective`), searched
from the given plan on, with the program at hand: so that it can be asked again, which a result that was read cannot.
Two things differ. What the lab sells is at most what it sells in the given plan, so that nobody else is asked for more.
And where several plans are as good for the lab, any of them is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.network.lower import lower_as_seen
from fabopt.network.lowering.builder import Chain
from fabopt.network.perspective import Decided, asked_for, held
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.finish import Finished
from fabopt.solve.formulate import Formulated, formulate
from fabopt.solve.objectives import Staged, report, stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.perspective import check_party
from fabopt.solve.resolver import Resolver
from fabopt.solve.results.build import Origin, core_and_domain, run_info
from fabopt.solve.results.decided import decided_in
from fabopt.solve.results.parties import by_party, reweighed
from fabopt.solve.run import common_of, solution_of
from fabopt.solve.solution import Solution
from fabopt.solve.start import on_columns, start_plan

SEARCHED = 0.8
"""Share of the time that its search may take; its prices and basis need the rest."""


@dataclass(frozen=True, slots=True)
class SeenBy:
    """The network as a lab sees it: everybody else held at what is decided, and asking for no more than there.

    Attributes
    ----------
    lab
        Id of the lab.
    given
        What is decided.
    """

    lab: str
    given: Decided

    def __call__(self, net: Network, data: Instance) -> Network:
        """Return the network of an instance as the lab sees it."""
        own = lower_as_seen(data, net, self.lab)
        return asked_for(held(own, self.lab, self.given), self.lab, self.given, self.given)


class SeenPlan(Plan):
    """A plan of one lab, whose network holds everybody else; attributes as of :class:`Plan`."""

    _lowered: tuple[Chain, Network]
    _solved: SolvedProgram

    @property
    def lowered(self) -> tuple[Chain, Network]:
        """The chain of the instance, and the network as the lab sees it."""
        return self._lowered

    @property
    def solved(self) -> SolvedProgram:
        """The lab's program with its plan, prices and basis."""
        return self._solved

    @property
    def seen(self) -> bool:
        """Its program is at hand, so that it can be asked what a plan of the system can."""
        return False


def seen_by(plan: Plan, lab: str, budget: TimeBudget, *, gap: float) -> SeenPlan:
    """Return the plan of a lab, with everybody else held at a plan of the system.

    Parameters
    ----------
    plan
        The plan of the system, or of all buyers.
    lab
        Id of the lab.
    budget
        Time for it.
    gap
        Share of the lab's value by which its plan may be short of the best.

    Raises
    ------
    StudyError
        If time ended before there was a plan.
    fabopt.solve.budget.OutOfTimeError
        If there was no time at all, or time ended a linear program.
    fabopt.solve.options.OptionError
        If there is no such lab.
    fabopt.solve.session.SolverError
        If the solver fails.
    """
    if budget.over:
        raise budget.out_of_time(f"what is best for {lab}")
    chosen = replace(plan.run.options, perspective=f"lab:{lab}", gap=gap, time_limit=budget.left, through_pyomo=False)
    check_party(plan.net, chosen, tuple(plan.data.labs))
    own = lower_as_seen(plan.data, plan.net, lab)
    given = decided_in(plan.net, plan.table("core/activities"), plan.table("core/units"))
    view = SeenBy(lab, given)
    seen = view(plan.net, plan.data)
    made = formulate(seen, chosen.aim, plan.hooks, relaxed=chosen.relaxed)
    try:
        found, done, solution = _solved(plan, made, chosen, budget)
    except OutOfTimeError as error:
        raise budget.out_of_time(f"what is best for {lab}") from error
    if solution is None or done is None:
        raise StudyError(
            f"There was no plan of {lab} alone, with everybody else held at {plan.held}: {found.ended.value}. "
            "Give it more time."
        )
    run = plan.run
    origin = Origin(run.instance, run.scenario, run.sets, run.input_hash, run.money_unit, plan.hooks)
    rows = plan.table("domain/perspective").to_dict("list")
    before = by_party(rows) if own is plan.net else reweighed(own, plan.table)
    tables = {f"{spec.group}/{spec.name}": frame for spec, frame in core_and_domain(seen, solution).items()}
    as_seen = SeenPlan(run_info(origin, seen, solution, before), tables.__getitem__, plan.instance, plan.hooks)
    as_seen.view = view
    as_seen._lowered = plan.lowered[0], seen
    as_seen._solved = SolvedProgram(seen, made, solution.options, done.x, solution.bound, plan.hooks, done)
    return as_seen


def _solved(
    plan: Plan, made: Formulated, options: SolveOptions, budget: TimeBudget
) -> tuple[Outcome, Finished | None, Solution | None]:
    """Search a lab's program from a plan on; none where time ended that before there was a plan."""
    began, tables, matrices = budget.spent, made.with_limits, made.program
    stage = stages(tables, options, matrices.cost, matrices.offset)[0]
    program = replace(matrices, cost=stage.cost, offset=stage.sign * stage.constant)
    start = on_columns(start_plan(plan.name, plan.table("core/decisions")), tables, program.n_columns)
    resolver = Resolver(program, start.x, seed=options.seed, gap=options.asked, standing=stage.standing, budget=budget)
    with budget.part(share=SEARCHED):
        found = resolver.ask(mode="exact", seconds=budget.left)
    if found.x is None or found.objective is None:
        return found, None, None
    resolver.keep(found.x)
    best, basis = resolver.ask(), resolver.session("fixed").named_basis()
    assert best.x is not None
    assert best.row_price is not None
    assert best.column_price is not None
    done = Finished(best.x, best.row_price, best.column_price, basis=basis)
    reached = replace(found, objective=found.objective - program.offset)
    if found.bound is not None:
        reached = replace(reached, bound=found.bound - program.offset)
    stopped = None if found.ended is Ended.OPTIMAL else found.ended
    staged = Staged(done.x, (report(stage, reached),), stopped)
    common = common_of(matrices, resolver.session("fixed"), staged, options) | {"start": start.says}
    seconds = budget.spent - began
    return found, done, solution_of(tables, matrices, tables.limits, (stage,), staged, done, common, seconds)
