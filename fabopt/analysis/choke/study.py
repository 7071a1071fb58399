"""The choke-point study of a plan: every step in the order of what it costs, within a budget of time.

1. prices both ways, and gains at +10 % in the order of what the prices promise (linear programs);
2. finite steps, relief after its lead time, and certified intervals for the limits that gain most;
3. one more whole thing; 4. shares; 5. sets that help only together; 6. the cascade; 7. draws of the data; 8. packages.

Gains on a small program are certified exactly. On a large one they are those of the plan with its integers held,
the intervals come from the plan below and the relaxation above, and only the first three, and the bound of the plan
itself, are searched for more. What the budget did not allow is listed. The same seed gives the same study, as long as
no run meets a time limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from fabopt.analysis.choke import records
from fabopt.analysis.choke.assemble import certified, evidence
from fabopt.analysis.choke.attribution import attribution
from fabopt.analysis.choke.bench import Effort
from fabopt.analysis.choke.cascade import Cascade, cascade
from fabopt.analysis.choke.compose import compose
from fabopt.analysis.choke.confidence import (
    Drawing,
    Sample,
    Source,
    dethrone,
    sample,
    stability,
    strongest,
    summary,
)
from fabopt.analysis.choke.cut import layer_cuts, single_points
from fabopt.analysis.choke.explore import Explorer
from fabopt.analysis.choke.joint import minimal_sets
from fabopt.analysis.choke.kept import Keeping
from fabopt.analysis.choke.options import ChokeOptions, hold_others, periods_asked
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.owners import rent_by_owner
from fabopt.analysis.choke.package import ReliefCost, cheapest_packages
from fabopt.analysis.choke.ranking import of_year, years_of
from fabopt.analysis.choke.reprice import Repriced
from fabopt.analysis.choke.timeline import counted, turns
from fabopt.domain.tolerances import EXACT
from fabopt.network.tables import Network
from fabopt.plan.groups import LIFTED, together
from fabopt.plan.plan import Plan
from fabopt.solve.budget import Stage, TimeBudget
from fabopt.solve.work.executor import Executor, Threads

TARGETS = (0.01, 0.02, 0.05, 0.10, 0.20)
"""Gains, as shares of the plan's value, for which packages are sought."""

SEARCH = 0.04
"""Share of the time that one search of a tree may take."""

PRICED = 0.4
"""Share of the time by which prices must be found; those that are not stand for both sides alike."""

GAINS = 0.5
"""Share of the time that is left then for the gains at +10 %."""

UNTIL: Mapping[str, float] = {
    "years": 0.08,
    "certified gains": 0.18,
    "finite steps": 0.34,
    "relief after lead time": 0.4,
    "whole things": 0.43,
    "price of policies": 0.45,
    "shares": 0.52,
    "sets": 0.54,
    "cascade": 0.6,
    "draws": 0.94,
    "packages": 1.0,
    "records": 1.0,
}
"""The other steps in their order, and the share of the time left after the first two by which each must be done."""

SEARCHED = ("certified gains", "packages")
"""Steps that may search a tree where the program is large."""

CLOSER = 0.1
"""Gap of the searches on a large program, relative to that of its plan."""

DRAWING = 0.9
"""Share of the time for draws after which none is begun: the rest is for the change that dethrones."""

MOST_TOGETHER, MOST_TOGETHER_LARGE = 8, 5
"""Most limits of which sets are searched; in a large program a set takes seconds."""


def choke_points(
    plan: Plan,
    asked: ChokeOptions | None = None,
    budget: TimeBudget | None = None,
    executor: Executor | None = None,
    journal: Path | None = None,
) -> records.Study:
    """Study what holds a plan back.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    budget
        Time for it; without end when left out. What it did not allow is listed, at the worst everything.
    executor
        Where questions are answered and draws are made; by threads of this process when left out.
    journal
        File in which answers and draws are kept as they come; what it has is not asked again.

    Raises
    ------
    StudyError
        If there is no such lab, or no such period counts.
    """
    budget = TimeBudget() if budget is None else budget
    with budget.catching_signals():
        study = _Study(plan, asked or ChokeOptions(), budget, executor, journal)
        with study.oracle:
            return study.run()


class _Study:
    """The study as it goes."""

    def __init__(
        self, source: Plan, asked: ChokeOptions, budget: TimeBudget, executor: Executor | None, journal: Path | None
    ) -> None:
        self.source, self.asked, self.budget, self.executor = source, asked, budget, executor
        self.began = budget.spent
        self.plan = hold_others(source.solved, asked.lab) if asked.lab else source.solved
        self.net: Network = self.plan.net
        self.counted = periods_asked(counted(self.net), asked, self.net)
        self.large = self.plan.program.large
        effort = Effort(
            gap=CLOSER * self.plan.options.asked if self.large else EXACT,
            seconds=max(SEARCH * budget.seconds, 1.0),
            workers=asked.workers or 1,
            seed=asked.seed,
        )
        problem = replace(self.plan.problem.by_class(self.net), reportable=self.counted.periods)
        depends = {"lab": asked.lab, "periods": self.counted.periods, "gap": effort.gap, "seed": asked.seed}
        self.keeping = Keeping(journal, source, depends, budget)
        self.oracle = Oracle(
            problem,
            effort,
            basis=self.plan.basis,
            budget=budget,
            executor=executor,
            keep=self.keeping.questions,
        )
        self.basis: Any = "plan" if self.large else "certified"
        self.explorer = Explorer(self.plan, source.data, self.oracle, self.large)

    def _step(self, name: str) -> Stage:
        """Return a step that has its part of the time; on a large program it searches only if it is for that."""
        self.oracle.searching = not self.large or name in SEARCHED
        return self.budget.stage(name, until=UNTIL[name], needed=False)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def run(self) -> records.Study:
        """Return the study, step by step as its budget allows; what is not done is listed."""
        explorer, budget = self.explorer, self.budget
        self.oracle.searching = not self.large
        with budget.stage("prices"):
            explorer.price(PRICED)
        with budget.stage("gains at +10 %", share=GAINS):
            explorer.screen(self.asked.top)
        with budget.part():
            return self._rest()

    def _rest(self) -> records.Study:
        """Take the steps after the first two, and put the study together."""
        explorer = self.explorer
        years = self._years()
        if self.large:
            with self._step("certified gains"):
                explorer.certify_first(3)
        with self._step("finite steps"):
            explorer.step()
        with self._step("relief after lead time"):
            explorer.lead()
        whole = self._whole()
        of_policies = self._of_policies()
        self._shares()  # of sets, in all threads: those that are searched next are among them
        joint = self._joint()
        steps = self._cascade()
        draws = self._draws()
        packages = self._packages()
        with self.budget.timed("records"):
            report = compose(explorer, joint, self._stability)
        reported = np.array([t in set(self.counted.periods) for t in range(self.net.n_periods)])
        none = (0.0,) * self.net.n_periods
        worth = np.array([none if r.obligation else r.worth_by_period or none for r in report])
        return records.Study(
            info=self._info(of_policies),
            limits=report,
            timeline=turns(np.where(reported, worth, 0.0)),
            years=years,
            cascade=steps,
            joint=joint,
            packages=packages,
            whole=whole,
            rents=rent_by_owner(part for r in report for part in r.rents),
            layers=layer_cuts(self.net, explorer.facts.capacity(reported), explorer.facts.made(reported)),
            single_points=single_points(self.net),
            draws=draws,
            unexplored=tuple(self.budget.left_out),
            runs=tuple(evidence(n, run) for n, run in enumerate(self.oracle.runs)),
            seconds_by_step=dict(self.budget.seconds_by_stage),
        )

    def _years(self) -> tuple[records.YearPoint, ...]:
        """Return the choke point of each calendar year, with what the gap does not tell from it."""
        oracle, base, told = self.oracle, self.explorer.base, list[records.YearPoint]()
        groups = [f.group for f in self.explorer.capacities]
        with self._step("years"):
            for year, own in years_of(self.net, self.counted.periods).items():
                if "fixed" not in base:
                    break
                gains = of_year(oracle, base["fixed"], groups, own)
                told.append(records.YearPoint.of(year, gains, oracle.problem.group, oracle.base.width))
        return tuple(told)

    def _whole(self) -> tuple[records.WholeThing, ...]:
        with self._step("whole things"):
            return self.explorer.whole(20 if self.large else 60)
        return ()

    def _of_policies(self) -> records.Certified | None:
        """Return what the plan would gain without its policies: all of them lifted, in all periods."""
        groups = [g for g in self.oracle.problem.groups if g.kind == "policy" and g.relaxable]
        with self._step("price of policies"):
            lifted = replace(together(g.relief(LIFTED) for g in groups), after=None)  # too many to take one by one
            return certified(self.oracle.gain(lifted)) if groups else None
        return None

    def _names(self, most: int) -> list[str]:
        names = self.explorer.capacities
        return [f.id for f in names if f.gain > 0][:most] or [f.id for f in names][:most]

    def _together(self) -> list[str]:
        return self._names(MOST_TOGETHER_LARGE if self.large else MOST_TOGETHER)

    def _joint(self) -> tuple[records.Joint, ...]:
        ids = self._together()
        value, joint = self.oracle.base, list[records.Joint]()
        with self._step("sets"):
            if not ids:
                return ()
            lifted = self.oracle.plan_value(self.oracle.problem.relief(ids, LIFTED)) - value.lo
            for words, target in self._goals(value.lo, lifted):
                most = 50 if target is None else 30
                sets = minimal_sets(self.oracle, ids, target, LIFTED, most, self.basis)
                if target is None:
                    self.explorer.joint = sets
                label = self.explorer.label
                joint.append(
                    records.Joint(
                        target=words,
                        gain=sets.target - value.lo,
                        minimal_sets=tuple(tuple(label(m) for m in s.members) for s in sets.sets.reaching),
                        blocking_sets=tuple(tuple(label(m) for m in s.members) for s in sets.sets.blocking),
                        complete=sets.sets.complete,
                        searched=tuple(map(label, ids)),
                        basis="integers held" if self.large else "certified",
                        proven=tuple(s.proven for s in sets.sets.blocking),
                    )
                )
                if not sets.sets.complete:
                    self.budget.leave_out(f"some sets for the target '{words}'")
        return tuple(joint)

    def _goals(self, value: float, lifted: float) -> list[tuple[str, float | None]]:
        """Return what sets are to reach: any gain, and about half of what lifting all of them earns."""
        goals: list[tuple[str, float | None]] = [("any gain", None)]
        nice = [s for s in (0.001, 0.002, 0.005, *TARGETS, 0.25, 0.5, 1.0) if s * abs(value) <= 0.5 * lifted]
        if nice and value != 0:
            share = 0.25 if not np.isfinite(lifted) else nice[-1]
            goals.append((f"+{100 * share:g} %", value + share * abs(value)))
        return goals

    def _cascade(self) -> tuple[records.CascadeStep, ...]:
        ids = self._names(12) if self.large else [f.id for f in self.explorer.capacities]
        costs = {id: c for id in ids if (c := self.explorer.cost(id, 1.0)) is not None}
        binding_next = Cascade((), "time")
        with self._step("cascade"):
            binding_next = cascade(self.oracle, ids, depth=3 if self.large else 5, basis=self.basis, costs=costs)
            if binding_next.end == "time":
                self.budget.leave_out(f"the cascade from step {len(binding_next.steps) + 1} on")
        return tuple(
            records.CascadeStep(
                order=n,
                lifted=tuple(self.explorer.label(m) for m in s.members),
                value_before=s.before.lo,
                value_after=s.after.lo,
                stand_alone=s.alone.plan if self.large else s.alone.lo,
                cost=s.cost,
                lead=None if s.lead is None else int(np.ceil(s.lead)),
            )
            for n, s in enumerate(binding_next.steps, 1)
        )

    def _packages(self) -> tuple[records.Package, ...]:
        ids = [f.id for f in self.explorer.capacities if self.explorer.cost(f.id, 1.0)][:MOST_TOGETHER]
        costs = [ReliefCost(id, self.explorer.cost(id, 1.0) or 0.0) for id in ids]
        value, made = self.oracle.base.lo, []
        with self._step("packages"):
            for share in TARGETS if costs and value != 0 else ():
                if not self.budget.allows(f"the cheapest package for +{100 * share:g} %"):
                    continue
                packages = cheapest_packages(self.oracle, costs, value + share * abs(value), 2, self.basis)
                if not packages.reachable:
                    words = "is not reached by" if packages.reachable is False else "was not decided for"
                    self.budget.leave_out(f"+{100 * share:g} % {words} limits that have a price")
                    break
                made.append(self._package(share, share * abs(value), packages.found))
        if not costs:
            self.budget.leave_out("packages: no limit that gains has a lever with a price")
        elif value == 0:
            self.budget.leave_out("packages: a share of a value of nothing is nothing")
        return tuple(made)

    def _package(self, share: float, gain: float, members: Sequence[Any]) -> records.Package:
        sets = [tuple((self.explorer.label(id), r) for id, r in p.members) for p in members[:2]]
        return records.Package(
            target=f"+{100 * share:g} %",
            gain=gain,
            relief=sets[0],
            cost=members[0].cost,
            runner_up=sets[1] if len(sets) > 1 else (),
            runner_up_cost=members[1].cost if len(sets) > 1 else None,
        )

    def _shares(self) -> None:
        ids = self._together()
        with self._step("shares"):
            if len(ids) < 2:
                return
            try:
                self.explorer.shares = attribution(self.oracle, ids, basis=self.basis, seed=self.asked.seed)
            except ValueError:
                self.budget.leave_out("Shapley shares: lifting all of these limits gains without end")

    def _draws(self) -> records.Draws | None:
        self._stability: Mapping[str, records.Stability] = {}
        always = self._names(3)
        ids = [id for id, f in self.explorer.found.items() if not f.group.obligation]
        repriced = Repriced(self.source.solved, self.counted.periods, always, self.budget)
        tree, data, asked = self.source.tree, self.source.data, self.asked
        change, tried = None, 0
        with self._step("draws"):
            if asked.draws == 0 or asked.lab or not self.budget.allows("draws of the data"):
                return None
            with self.budget.part(share=DRAWING):
                drawn = self._sample(repriced, ids)
            self._stability = stability(drawn)
            if always and len(drawn.gains) and self.budget.allows("the change of data that dethrones the first"):
                labels = {id: self.explorer.label(id) for id in ids}
                change, tried = dethrone(tree, data, repriced, always[0], strongest(drawn, always[0]), labels)
            if drawn.asked < asked.draws:
                self.budget.leave_out(f"{asked.draws - drawn.asked} of {asked.draws} draws of the data")
            return summary(drawn, asked.seed, asked.draws, change, tried)
        return None

    def _sample(self, repriced: Repriced, ids: Sequence[str]) -> Sample:
        """Draw the data, where questions are answered too."""
        source, seed = self.source, self.asked.seed
        drawing = Drawing(source.tree, source.data, repriced, seed, self.budget)
        executor, there = self.executor, None
        if executor is None or source.hooks:  # hooks are functions of the caller
            executor = Threads(self.oracle.effort.workers)
        else:
            there = Source(source.light(), repriced.periods, tuple(repriced.always), seed, self.budget.left)
        kept = self.keeping.draws(executor, {"always": repriced.always})
        return sample(drawing, ids, self.asked.draws, kept, there)

    # -- what needs no solver ----------------------------------------------------------------------------------------

    def _policy(self) -> str:
        data = self.source.data
        rules = [f"{policy.name or id} ({policy.rule})" for id, policy in data.policies.items()]
        if not rules or data.policy_mode == "off":
            return "value decides who gets what is scarce"
        held = "constraints of the plan" if data.policy_mode == "model" else "allotted before the plan is made"
        return f"{', '.join(rules)}, {held}"

    def _info(self, of_policies: records.Certified | None) -> records.StudyInfo:
        plan, base = self.plan, self.oracle.base
        labels = tuple(p.label for p in self.net.periods)
        sign = plan.stage.sign
        return records.StudyInfo(
            instance=self.source.name,
            objective=plan.options.objective,
            money=self.source.unit,
            value_lo=sign * base.lo + 0.0,  # no negative zero
            value_hi=sign * base.hi + 0.0 if np.isfinite(base.hi) else None,
            status=self.source.run.status,
            solver="HiGHS",
            version=metadata.version("highspy"),
            seed=self.asked.seed,
            threads=self.asked.workers,
            seconds=self.budget.spent - self.began,
            periods=labels,
            first_counted=labels[self.counted.periods[0]],
            last_counted=labels[self.counted.periods[-1]],
            excluded=self.counted.why,
            held_from=self.source.held,
            data_hash=self.source.run.input_hash,
            lab=self.asked.lab,
            policy=self._policy(),
            price_of_policy=of_policies,
            caveats=tuple(self._caveats()),
        )

    def _caveats(self) -> Iterator[str]:
        base = self.oracle.base
        if self.source.run.status not in ("optimal", "within_gap"):
            yield "The plan was stopped before it was proven: gains are those of this plan, and intervals are wide."
        if not np.isfinite(base.hi):
            yield "Nothing is known of how much better a plan could be: no gain is proven zero."
        elif base.width > self.oracle.eps:
            yield "Certified intervals carry the gap of the plan on both sides."
        if self.source.run.premiums:
            yield "Gains are those of the objective, in which premiums (tastes, changed orders) steer: nobody's money."
        if self.large:
            yield "Gains are those of the plan with its integers held, unless they are called certified."
        if any(f.record_basis == "relaxation" for f in self.explorer.ranked):
            yield "Where relief is used by what is ordered whole, its gain is that of the relaxation."
