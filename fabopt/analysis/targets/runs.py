"""Programs of a target: the most of it, the least movement of levers that reaches it, the best plan that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.choke.package import ReliefCost, leaving_out, package_program
from fabopt.analysis.choke.parametric import with_reliefs, with_target
from fabopt.analysis.sensitivity.dial import Dial, Setting
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.analysis.sensitivity.straight import relief_of, straight
from fabopt.analysis.targets.records import Target
from fabopt.analysis.targets.target import function_of
from fabopt.domain.tolerances import COUNTS, EXACT
from fabopt.model.tables import ModelTables
from fabopt.network.lower import lower
from fabopt.network.tables import Array, Network
from fabopt.plan.groups import Relief
from fabopt.plan.problem import Interval
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import carried_plan
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Stage, stages
from fabopt.solve.outcome import Outcome
from fabopt.solve.perturbation import between, structure_change
from fabopt.solve.resolver import Resolver, proven
from fabopt.solve.search import structure

POSSIBLE = "how much of the target is possible"


@dataclass(frozen=True, slots=True)
class Case:
    """The instance with levers somewhere: its model, its program with the target as objective, and its own objective.

    ``program.offset`` is what the target counts whatever is decided; ``cost`` and ``stage`` are the plan's objective.
    """

    tables: ModelTables
    program: Matrices
    cost: Array
    stage: Stage


class Runs:
    """Asks programs for a target.

    Parameters
    ----------
    plan, numbers
        The plan's program, and the numbers of its instance.
    target
        What is to be reached.
    seconds
        Longest search of one question.
    budget
        Time for all questions; without end when left out.

    Attributes
    ----------
    base
        The instance as it is.
    """

    def __init__(
        self,
        plan: SolvedProgram,
        numbers: Numbers,
        target: Target,
        seconds: float,
        budget: TimeBudget | None = None,
    ) -> None:
        self.plan, self.numbers, self.target, self.seconds = plan, numbers, target, seconds
        self.budget = budget or TimeBudget()
        self._known: dict[tuple[tuple[str, Setting], ...], Case | str] = {}
        base = self.at({})
        assert isinstance(base, Case)
        self.base = base
        self._based = self._resolver(base, base.program)
        self.large = base.program.large
        self.mixed = bool(base.program.integer.any())

    def at(self, settings: Mapping[str, Setting]) -> Case | str:
        """Return the instance with levers set, or in words why the rules refuse it."""
        key = tuple(sorted(settings.items()))
        if key not in self._known:
            data = self.numbers.set(settings) if settings else self.numbers.data
            self._known[key] = data if isinstance(data, str) else self._lowered(lower(data, self.plan.net.name))
        return self._known[key]

    def _lowered(self, net: Network) -> Case:
        options = self.plan.options
        made = formulate(net, options.aim, self.plan.hooks, registry=False)
        tables, program = made.tables, made.program
        stage = stages(tables, options, program.cost, program.offset)[0]
        counts, constant = function_of(self.target, tables, stage)
        counts = np.concatenate([counts, np.zeros(program.n_columns - len(counts))])  # what hooks have added counts not
        return Case(tables, replace(program, cost=counts, offset=constant), stage.cost, stage)

    def _resolver(self, case: Case, program: Matrices) -> Resolver:
        """Return what answers for a program made from a case's, in which what was added comes last."""
        x = carried_plan(self.plan.x, self.base.tables, case.tables)
        plan = np.concatenate([x, np.zeros(program.n_columns - len(x))])
        seed, shape = self.plan.options.seed, structure(case.tables)
        return Resolver(program, plan, seed=seed, shape=shape, budget=self.budget)

    # -- how much ----------------------------------------------------------------------------------------------------

    def bound(self, case: Case) -> float:
        """Return what no plan exceeds, with fractions for whole numbers; minus infinity where there is no plan.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If time ended the run.
        """
        if case is not self.base and structure_change(self.base.tables, case.tables) is not None:
            return self._resolver(case, case.program).value(mode="relaxed", label=POSSIBLE)
        return self._based.value(between(self.base.program, case.program), "relaxed", label=POSSIBLE)

    def most(self, case: Case, reliefs: Sequence[Relief] = ()) -> Interval:
        """Return the most of the target: of a plan found, and what no plan exceeds; reliefs may go to their ends.

        Errors as for :meth:`bound`.
        """
        program = with_reliefs(case.program, reliefs, np.ones(len(reliefs))) if reliefs else case.program
        resolver = self._resolver(case, program)
        bound = resolver.value(mode="relaxed", label=POSSIBLE) if reliefs else self.bound(case)
        if not self.mixed or not np.isfinite(bound):
            return Interval(bound, bound)
        outcome = resolver.value(label=POSSIBLE) if self.large else -np.inf  # the plan's integers will often do
        if outcome >= self.enough:
            return Interval(outcome, bound)
        lo, hi = proven(resolver.search(seconds=self.seconds, start=resolver.plan))
        return Interval(max(outcome, lo), max(outcome, lo, min(bound, hi)))

    @property
    def enough(self) -> float:
        """What counts as the target: a plan may be short of it by rounding."""
        return self.target.amount - COUNTS * abs(self.target.amount)

    # -- how far -----------------------------------------------------------------------------------------------------

    def packages(self, reliefs: Sequence[Relief], sizes: Mapping[str, float], count: int) -> list[Package]:
        """Return the smallest movements that reach the target, each leaving out a lever of those before it.

        Parameters
        ----------
        reliefs
            What each lever moves on the whole way to its end; its label is the path.
        sizes
            What the whole way counts, by path.
        count
            How many.
        """
        k, n = len(reliefs), self.base.program.n_columns
        costs = [ReliefCost(relief.label, sizes[relief.label]) for relief in reliefs]
        program = package_program(self.base.program, reliefs, costs, self.target.amount)
        packages: list[Package] = []
        while len(packages) < count and not self.budget.over:
            outcome = self._searched(self.base, program)
            if outcome.x is None or outcome.objective is None:
                break
            shares = outcome.x[n : n + k]
            moved = {relief.label: float(s) for relief, s in zip(reliefs, shares, strict=True) if s > COUNTS}
            least = 0.0 if outcome.bound is None else max(0.0, -outcome.bound)
            packages.append(Package(moved, max(0.0, -outcome.objective), least))
            if not moved:
                break
            program = leaving_out(program, [i for i, s in enumerate(shares) if s > COUNTS], k)
        return packages

    def value(self, case: Case) -> float | None:
        """Return the objective of the best plan found that reaches the target; None without one."""
        m = replace(case.program, cost=case.cost, offset=0.0)
        program = with_target(m, case.program.cost, self.enough - case.program.offset)
        outcome = self._searched(case, program, self.plan.options.asked, case.stage.standing)
        return None if outcome.objective is None else case.stage.reported(outcome.objective)

    def _searched(self, case: Case, program: Matrices, gap: float = EXACT, constant_objective: float = 0.0) -> Outcome:
        """Search a program made from a case's, from the plan of the result."""
        resolver = self._resolver(case, program)
        return resolver.search(
            seconds=self.seconds, gap=gap, constant_objective=constant_objective, start=resolver.plan
        )

    def straight(self, dial: Dial, end: float) -> Relief | None:
        """Return what a lever moves on its whole way where that is sides and bounds alone, in proportion; else None."""
        half, two = (self.at({dial.path: dial.setting(at)}) for at in ((dial.value + end) / 2, end))
        if isinstance(two, str) or isinstance(half, str):
            return None
        if any(structure_change(self.base.tables, case.tables) is not None for case in (half, two)):
            return None
        one = self.base.program
        patch = straight(one, half.program, two.program)
        if patch is None or two.program.offset != one.offset or one.integer[patch.columns.at].any():
            return None  # the bound of a whole number moves in steps
        return relief_of(dial.path, patch)


@dataclass(frozen=True, slots=True)
class Package:
    """Shares of the way to their ends by lever, what they count together, and what is proven of the least."""

    shares: Mapping[str, float]
    size: float
    least: float
