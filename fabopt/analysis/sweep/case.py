"""One case of a sweep: from what it sets to its row. A case that fails is a row with the reason.

Each case is solved with one thread, a larger one from the plan of the first scenario as it stands, so that its row
depends on nothing but the sweep and the case: not on what was solved before it, nor on where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fabopt.analysis.choke.reprice import choke_point
from fabopt.analysis.sweep.axes import number_of
from fabopt.analysis.sweep.design import Case, Design, LeverColumn, options_of
from fabopt.analysis.sweep.figures import chip_rows, demand_rows, figures, lab_rows, power_rows
from fabopt.analysis.sweep.records import Outcome, Values
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.io.levers import LeverError, list_levers, set_lever
from fabopt.io.problems import InstanceError
from fabopt.io.sweep_file import SweepSpec
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.model.families import ModelError
from fabopt.network.lower import lower
from fabopt.network.tables import Network
from fabopt.plan.solved import solved_program
from fabopt.solve.formulate import formulate
from fabopt.solve.options import OptionError
from fabopt.solve.outcome import SolverError
from fabopt.solve.results.build import Origin, core_and_domain, run_info
from fabopt.solve.results.folder import Read, ResultError
from fabopt.solve.results.run_info import RunInfo
from fabopt.solve.run import solve
from fabopt.solve.search import uses_start
from fabopt.solve.solution import Status
from fabopt.solve.start import StartPlan, start_of

INVALID, FAILED, INTERRUPTED = "invalid", "failed", "interrupted"


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that solving any case of a sweep needs; ``work(case)`` returns its row."""

    name: str
    money: str
    spec: SweepSpec
    trees: tuple[Tree, ...]
    levers: tuple[LeverColumn, ...]
    base: str
    start: StartPlan | None = None

    @classmethod
    def of(cls, design: Design) -> Work:
        """Return the work of a design; ``base`` is the name of its first scenario."""
        return cls(design.name, design.money, design.spec, design.trees, design.levers, design.scenarios[0])

    def begun(self) -> Work:
        """Return the work with the plan of the first scenario, as it stands, for all cases to begin with.

        Where a search uses no such plan, or there is none, cases begin with nothing.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C stops the search.
        """
        data = validate(self.trees[0], Instance)
        try:
            net, options = lower(data, self.name), options_of(self.spec, data)
            if not uses_start(formulate(net, options.aim, registry=False).program.integer):
                return self
            solution = solve(net, options)
        except (FieldProblem, ModelError, OptionError, SolverError):  # each case says so itself
            return self
        if solution.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        return replace(self, start=start_of(self.base, net, solution))

    def __call__(self, case: Case) -> Outcome:
        """Solve a case."""
        try:
            data = self._instance(case)
        except (InstanceError, LeverError) as error:
            problems = getattr(error, "problems", ())
            said = f"{problems[0].path}: {problems[0].message}" if problems else str(error)
            return Outcome(case.number, self._texts(case), INVALID, said)
        levers = self._values(case, data)
        try:
            return self._solved(case.number, levers, data)
        except FieldProblem as error:  # what is pinned does not fit
            return Outcome(case.number, levers, INVALID, str(error))
        except (ModelError, OptionError, SolverError) as error:
            return Outcome(case.number, levers, FAILED, str(error))

    def _instance(self, case: Case) -> Instance:
        tree = self.trees[case.scenario]
        raw = tree.raw
        for path, setting in case.settings:
            raw = set_lever(raw, path, setting, Instance)
        return validate(replace(tree, raw=raw), Instance)

    def _texts(self, case: Case) -> Values:
        """Return the settings of levers that are no numbers; the numbers are not known."""
        settings = dict(case.settings)
        return tuple(None if lever.numeric else str(settings.get(lever.path, "")) for lever in self.levers)

    def _values(self, case: Case, data: Instance) -> Values:
        """Return what the levers are in the instance that is solved."""
        quantities = {lever.path: lever.quantity for lever in list_levers(data)}
        values = []
        for lever, text in zip(self.levers, self._texts(case), strict=True):
            number = number_of(quantities, lever.path) if lever.numeric else None
            values.append(text if number is None else number[0])
        return tuple(values)

    def _solved(self, case: int, levers: Values, data: Instance) -> Outcome:
        net = lower(data, self.name)
        solution = solve(net, options_of(self.spec, data), start=self.start)
        run = run_info(Origin(self.name, None, (), "", self.money), net, solution)
        outcome = Outcome(
            case, levers, run.status.value, objective=run.objective, bound=run.bound, gap=run.gap,
            gap_denominator=run.gap_denominator, value=run.value, objective_unit=run.objective_unit, start=run.start,
        )  # fmt: skip
        if not solution.has_plan:
            said = " ".join(conflict.sentence for conflict in solution.conflicts[:MOST_REASONS])
            return replace(outcome, reason=said or NO_REASON.get(run.status, ""))
        tables = {f"{spec.group}/{spec.name}": frame for spec, frame in core_and_domain(net, solution).items()}
        read = tables.__getitem__
        choke, gain, note = _choke(run, read, net)
        return replace(
            outcome,
            reason=note,
            choke=choke,
            choke_gain=gain,
            figures=tuple(figures(self.spec.figures, read)),
            labs=lab_rows(read),
            power=power_rows(read),
            chips=chip_rows(read),
            demands=demand_rows(read),
        )


def solves(work: Work) -> Callable[[Case], Outcome]:
    """Return what solves a case: the work itself, which keeps nothing between cases."""
    return work


MOST_REASONS = 3
UNKNOWN = "not known"
"""Choke point of a plan for which the solver gave up on finding it."""
NO_REASON = {"no_plan": "the time limit came before any plan"}


def _choke(run: RunInfo, read: Read, net: Network) -> tuple[str, float | None, str]:
    """Return the choke point of a plan, its gain, and why it is not known where it is not."""
    try:
        return (*choke_point(solved_program(run, read, net)), "")
    except (ResultError, SolverError) as error:  # the plan stands all the same
        return UNKNOWN, None, f"the choke point is not known: {error}"
