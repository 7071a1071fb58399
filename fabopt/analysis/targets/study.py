r"""What would have to be true: the least movement of levers that reaches a target, and the proof when none does.

A target is reached when *some* plan reaches it, whatever that costs; what it costs is the difference of the objective.

1. **As things are**: the most of the target over all plans, with fractions for integers (a bound) and with whole
   ones (a plan).
2. **Levers that move sides and bounds alone**, in proportion (capacity, power, demand, budget), are decisions of the
   program itself (F8): with :math:`r_k \in [0, 1]` the share of the way to the end of lever :math:`k`, and :math:`w_k`
   what the whole way counts,

   .. math:: \min \sum_k w_k r_k \quad\text{s.t.}\quad Ax \le b + \sum_k r_k\, \Delta b_k, \quad m'x \ge T

   for each alone and for all of them together. Integers stay free, so the answer is least over all plans.
3. **Any other lever** (a yield, a price, a lead time) changes coefficients or the structure. It is moved, the instance
   is lowered again and solved; bisection finds where the target is first reached, taken that it is not lost again
   further on.
4. **The proof**: with all levers free up to their ends (where there are levers of the second sort, all at their ends),
   the bound with fractions for integers lies below the target.

What is found is put into the instance, which is validated and solved once more for the best plan that reaches the
target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from fabopt.analysis.sensitivity.dial import Setting
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.targets.levers import Lever, levers_of
from fabopt.analysis.targets.records import Move, Needed, Way
from fabopt.analysis.targets.runs import Case, Runs
from fabopt.analysis.targets.target import target_of
from fabopt.domain.tolerances import rounding
from fabopt.plan.groups import Relief
from fabopt.plan.plan import Plan
from fabopt.plan.problem import Interval
from fabopt.solve.budget import TimeBudget

STEPS, FEWER = 20, 8
"""Halvings of the way of a lever that is searched, and of one in a large program."""


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What is asked: the target in words, the levers, what they cost, and the time that may be spent.

    Attributes
    ----------
    target, by, lab
        As for :func:`~fabopt.analysis.targets.target.target_of`.
    levers, costs
        As for :func:`~fabopt.analysis.targets.levers.levers_of`.
    minutes, seconds
        Time in all, and of the longest search of one question.
    """

    target: str | float
    by: str = ""
    lab: str = ""
    levers: Sequence[str] | Mapping[str, Setting | None] = ()
    costs: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 60.0


def needed(plan: Plan, asked: TargetOptions, budget: TimeBudget | None = None) -> Needed:
    """Return what would have to be true for a target, of the instance of a plan.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    budget
        Time for it; without end when left out. What it did not allow stands in the notes.

    Raises
    ------
    StudyError
        If target, period, lab, levers or costs make no sense, the rules refuse the end of a lever, or the result is
        seen from one party's perspective.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.budget.OutOfTimeError
        If there was no time to see how much is possible as things are.
    """
    budget = budget or TimeBudget()
    with budget.catching_signals():
        return _needed(plan, asked, budget)


def _needed(plan: Plan, asked: TargetOptions, budget: TimeBudget) -> Needed:
    plan.of_system("targets are asked of the system's plans")
    numbers, solved = numbers_of(plan), plan.solved
    target = target_of(asked.target, asked.by, asked.lab, solved.net, solved.options.objective, plan.unit)
    levers = levers_of(numbers, asked.levers, asked.costs)
    study = _Study(Runs(solved, numbers, target, asked.seconds, budget), levers)
    ways = () if study.possible.lo >= study.runs.enough else study.ways()
    planned = study.runs.base.program
    return Needed(
        name=plan.name,
        held=plan.held,
        target=target,
        levers=tuple(_move(lever, end) for lever, end in study.ends.items()),
        counted="cost" if asked.costs else "share",
        planned=planned.offset + float(planned.cost @ solved.x),
        possible=study.possible,
        ends=study.reach,
        objective=solved.stage.reported(float(solved.program.cost @ solved.x)),
        objective_name=solved.options.objective,
        unit=plan.unit,
        value_now=study.runs.value(study.runs.base) if study.possible.lo >= study.runs.enough else None,
        ways=ways,
        notes=(*study.notes, *budget.said_left_out()),
    )


class _Study:
    """The questions about one target, in their order."""

    def __init__(self, runs: Runs, levers: Sequence[Lever]) -> None:
        self.runs, self.budget = runs, runs.budget
        self.notes: list[str] = []
        self.reach: Interval | None = None
        with self.budget.timed("as things are"):
            self.possible = runs.most(runs.base)
        self.ends: dict[Lever, float] = {}
        with self.budget.stage("levers"):
            self.ends = self._chosen(levers)

    def _chosen(self, levers: Sequence[Lever]) -> dict[Lever, float]:
        """Return the end of each lever that allows more; a lever of which neither does is left where it is.

        What helps only together with others is asked once more with those at their ends.
        """
        chosen = {lever: end for lever in levers if (end := self._end(lever, {})) is not None}
        there = dict(chosen)
        chosen |= {
            lever: end for lever in levers if lever not in chosen and (end := self._end(lever, there)) is not None
        }
        idle = [lever.path for lever in levers if lever not in chosen]
        if idle:
            self.notes.append(f"Left where they are, as neither end allows more: {', '.join(idle)}.")
        return {lever: chosen[lever] for lever in levers if lever in chosen}

    def _end(self, lever: Lever, others: Mapping[Lever, float]) -> float | None:
        """Return the end of a lever that only loosens limits, or allows most beside others; None where none does."""
        if len(lever.ends) == 1:
            return lever.ends[0]
        for end in lever.ends:
            relief = self.runs.straight(lever.dial, end)
            if relief is not None and relief.loosens:
                return end
        now = self._bound(others)
        best = max(lever.ends, key=lambda end: self._bound({**others, lever: end}), default=None)
        if best is None or self._bound({**others, lever: best}) <= now + rounding(now):
            return None
        return best

    def _at(self, values: Mapping[Lever, float]) -> Case | str:
        """Return the instance with levers there, or in words why the rules refuse it."""
        return self.runs.at({lever.path: lever.dial.setting(at) for lever, at in values.items()})

    def _bound(self, values: Mapping[Lever, float]) -> float:
        case = self._at(values)
        return -float("inf") if isinstance(case, str) else self.runs.bound(case)

    # -- ways --------------------------------------------------------------------------------------------------------

    def ways(self) -> tuple[Way, ...]:
        """Return packages, all levers together, and each alone."""
        runs, budget = self.runs, self.budget
        straight = {
            lever: relief for lever, end in self.ends.items() if (relief := runs.straight(lever.dial, end)) is not None
        }
        bent = [lever for lever in self.ends if lever not in straight]
        with budget.stage("all at their ends"):
            self.reach = self._all_ends(straight, bent)
        alone: list[Way] = []
        with budget.timed("each alone"):
            for lever in self.ends:
                with budget.attempt(f"{lever.path} alone"):
                    alone += (
                        self._program([lever], [straight[lever]], "alone", 1)[:1]
                        if lever in straight
                        else [self._searched([lever])]
                    )
        if len(self.ends) < 2 or (self.reach is not None and self.reach.hi < runs.enough):
            return tuple(alone)
        packages: list[Way] = []
        joint: list[Way] = []
        with budget.stage("levers together"):
            packages = self._program(list(straight), list(straight.values()), "package", 2) if len(straight) > 1 else []
            joint = [self._searched(list(self.ends))] if bent else []
        return (*(way for way in packages if way.moves), *joint, *alone)

    def _all_ends(self, straight: Mapping[Lever, Relief], bent: Sequence[Lever]) -> Interval | None:
        """Return the most with levers up to their ends; those that are searched stand at theirs."""
        if not bent:
            return self.runs.most(self.runs.base, list(straight.values())) if straight else self.possible
        self.notes.append(
            f"What {', '.join(lever.path for lever in bent)} can do was bounded at the end of the way, not on it."
        )
        case = self._at(self.ends)
        if isinstance(case, str):
            self.notes.append(f"The rules refuse all levers at their ends together: {case}.")
            return None
        return self.runs.most(case)

    def _program(
        self, levers: Sequence[Lever], reliefs: Sequence[Relief], kind: Literal["alone", "package"], count: int
    ) -> list[Way]:
        """Return the smallest movements of levers that are decisions of the program."""
        sizes = {lever.path: lever.size(self.ends[lever]) for lever in levers}
        names = tuple(lever.path for lever in levers)
        program = []
        for package in self.runs.packages(reliefs, sizes, count):
            values = {
                lever: lever.now + package.shares[lever.path] * (self.ends[lever] - lever.now)
                for lever in levers
                if lever.path in package.shares
            }
            program.append(self._way(kind, names, levers, values, package.size, package.least, "program"))
        if program:
            return program
        reach = self.runs.most(self.runs.base, reliefs)
        return [Way(kind, names, (), None, None, reach, None, "program")]

    def _way(
        self,
        kind: Literal["alone", "package", "together"],
        names: tuple[str, ...],
        levers: Sequence[Lever],
        values: Mapping[Lever, float],
        size: float,
        least: float,
        by: Literal["program", "search"],
    ) -> Way:
        """Return a way that was found, with the best plan of the instance in which the levers stand there."""
        moves = tuple(_move(lever, values[lever]) for lever in levers if lever in values)
        case = self._at(values)
        if isinstance(case, str):
            return Way(kind, names, moves, size, least, None, None, by, f"the rules of the instance refuse it: {case}")
        value = self.runs.value(case)
        note = "" if value is not None else "no plan was found there in time once more"
        return Way(kind, names, moves, size, least, None, value, by, note)

    # -- search ------------------------------------------------------------------------------------------------------

    def _searched(self, levers: Sequence[Lever]) -> Way:
        """Return the least share of the way to their ends, the same for all, at which the target is reached."""
        runs, names = self.runs, tuple(lever.path for lever in levers)
        kind: Literal["alone", "together"] = "alone" if len(levers) == 1 else "together"

        def values(share: float) -> dict[Lever, float]:
            return {lever: lever.now + share * (self.ends[lever] - lever.now) for lever in levers}

        def case(share: float) -> Case | None:
            case = self._at(values(share))
            return None if isinstance(case, str) else case

        last = self._at(values(1.0))
        if isinstance(last, str):
            return Way(
                kind, names, (), None, None, None, None, "search", f"the rules of the instance refuse it: {last}"
            )
        reach = runs.most(last)
        if reach.lo < runs.enough:
            return Way(kind, names, (), None, None, reach, None, "search")
        below, share = self._halved(lambda s: (c := case(s)) is not None and runs.bound(c) >= runs.enough, 0.0)
        if runs.mixed:
            first = case(share)
            if first is None or runs.most(first).lo < runs.enough:
                _, share = self._halved(
                    lambda s: (c := case(s)) is not None and runs.most(c).lo >= runs.enough, share, fewer=True
                )
        whole = sum(lever.size(self.ends[lever]) for lever in levers)
        own_study = self._way(kind, names, levers, values(share), share * whole, below * whole, "search")
        return replace(own_study, reach=reach)

    def _halved(self, reaches: Callable[[float], bool], low: float, fewer: bool = False) -> tuple[float, float]:
        """Return a share at which the target is not reached and one at which it is, close together."""
        high = 1.0
        for _ in range(FEWER if fewer or self.runs.large else STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if reaches(middle) else (middle, high)
        return low, high


def _move(lever: Lever, to: float) -> Move:
    way = to - lever.now
    cost = None if lever.cost is None else lever.cost * abs(way)
    return Move(lever.path, lever.dial.unit, lever.now, to, way / abs(lever.now) if lever.now else None, cost)
