"""An instance and the result of solving it, which know each other: loaded, solved, compared, planned again later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload

from fabopt.api.inputs import Inputs
from fabopt.api.places import name_of, path_of
from fabopt.api.studies import Studies
from fabopt.api.timed import timed
from fabopt.errors import require

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.limits import LimitStudy
    from fabopt.analysis.allocation.own_silicon import OwnSilicon
    from fabopt.analysis.allocation.study import GameOf, Study
    from fabopt.analysis.audit import Audit
    from fabopt.analysis.calibration.records import Calibration
    from fabopt.analysis.compare.records import Comparison
    from fabopt.analysis.roll.records import Roll
    from fabopt.analysis.sensitivity.dial import Setting
    from fabopt.analysis.states.tree import Leaf
    from fabopt.api.states import StatesResult
    from fabopt.domain.names import Names
    from fabopt.io.facts import Facts
    from fabopt.model.build import Hook, Model
    from fabopt.network.tables import Network
    from fabopt.report.explore import Explorer
    from fabopt.report.report import Report
    from fabopt.solve.budget import TimeBudget
    from fabopt.solve.carry import Near
    from fabopt.solve.options import Objectives, RunOptions, SolveOptions
    from fabopt.solve.results.build import Origin
    from fabopt.solve.results.run_info import Earning
    from fabopt.solve.run import Notify
    from fabopt.solve.solution import Solution
    from fabopt.solve.start import StartPlan
    from fabopt.solve.stochastic import Method


@dataclass(frozen=True)
class Run:
    """What one call of `solve` asks: of what, how, beside which plan, and in what time."""

    origin: Origin
    options: SolveOptions
    given: Result | None
    progress: Notify | None
    extra: Sequence[Hook]
    budget: TimeBudget


def load(path: str | Path, scenario: str | None = None, set: Sequence[str] | Mapping[str, object] = ()) -> Instance:
    """Read and validate an instance.

    Parameters
    ----------
    path
        Folder with ``instance.yaml``, or an instance file; the folder of a result gives the instance that was solved.
    scenario
        Name of a scenario of the instance.
    set
        Lever settings, applied after the scenario: ``["fabs.north.wafer_starts=*1.1"]`` or a mapping.

    Raises
    ------
    fabopt.io.problems.InstanceError
        With every problem found, each with file, line and field.
    """
    from fabopt.io.load import load_tree

    texts = [f"{lever}={value}" for lever, value in set.items()] if isinstance(set, Mapping) else list(set)
    instance = Instance(load_tree(path, scenario, texts), name_of(Path(path)), scenario)
    if instance.data.pins != type(instance.data.pins)():
        instance.network  # noqa: B018 (what is pinned can only be checked against the network)
    return instance


def example(name: str, scenario: str | None = None, set: Sequence[str] | Mapping[str, object] = ()) -> Instance:
    """Return an instance that comes with fabopt: ``fabopt.example("tutorial")``.

    Parameters
    ----------
    name
        Its folder in ``instances/``: ``tutorial``, ``frontier``, ``textbook/giapetto``.
    scenario, set
        As for :func:`load`.

    Raises
    ------
    fabopt.errors.UserError
        When there is none of this name; the message has them all.
    """
    from fabopt.io.shipped import shipped

    return load(shipped(name), scenario, set)


def synthetic(*, chips: int, fabs: int, labs: int, periods: int, seed: int = 0) -> Instance:
    """Return a made-up chain of a size, to measure with or to try an instance larger than one's own.

    It is what ``fabopt new --synthetic`` writes; equal sizes and seeds give equal chains. Its numbers are assumptions.

    Parameters
    ----------
    chips, fabs, labs
        How many there are; nodes, owners, lines, makers of memory, sites and markets follow.
    periods
        Number of quarters.
    seed
        Of the draws.

    Raises
    ------
    fabopt.io.synthetic.shape.ShapeError
        When a number is out of range.
    """
    from fabopt.io.problems import Positions
    from fabopt.io.synthetic.chain import synthetic_tree
    from fabopt.io.synthetic.shape import Shape
    from fabopt.io.tree import Tree

    raw = synthetic_tree(Shape(chips, fabs, labs, periods), seed)
    return Instance(Tree(Path(), raw, Positions(), {}, {}), f"synthetic-{seed}")


def audit(path: str | Path, scenario: str | None = None, set: Sequence[str] = ()) -> tuple[Audit, Instance | None]:
    """Check an instance with all that stands beside it: every scenario and the file of every sweep.

    Parameters
    ----------
    path, scenario, set
        As for :func:`load`.

    Returns
    -------
    Audit, and Instance or None
        All problems at once, and the instance where it is valid itself.
    """
    from fabopt.analysis.audit import audit as checked

    audit = checked(path, scenario, set)
    if audit.tree is None or audit.data is None:
        return audit, None
    return audit, Instance(audit.tree, name_of(Path(path)), scenario, audit.data)


def import_(path: str | Path, out: str | Path) -> Instance:
    """Write an instance that was filled in as a workbook as a folder of YAML and CSV, and return it.

    Parameters
    ----------
    path
        The workbook (.xlsx), as :meth:`Instance.export` writes it.
    out
        Folder to make; it must not hold anything yet.

    Raises
    ------
    fabopt.io.problems.InstanceError
        With every problem found, each with sheet, cell and field; nothing is written then.
    """
    from fabopt.io.folder import check_new, write_folder
    from fabopt.io.workbook.read import read_workbook

    check_new(Path(out))
    tree, _ = read_workbook(Path(path))
    write_folder(tree.raw, Path(out))
    return load(out)


class Instance(Inputs):
    """A validated instance that can be solved. It never changes: :meth:`with_` returns another one."""

    @cached_property
    def names(self) -> Names:
        """What things and parties are called, by id: ``result.fleet.replace({"lab": instance.names})``."""
        from fabopt.domain.names import display_names

        return display_names(self.data)

    def allocate(self, two_stage: bool = False, each: bool = False, **options: Unpack[RunOptions]) -> Report[Study]:
        """Return who gets what under the allocation policies, and what they cost against a plan without them.

        Parameters
        ----------
        two_stage
            Whether the rules allot what is there before the plan is made; otherwise they are constraints of the plan.
        each
            Whether each policy alone is priced too, with one more plan each.
        options
            As for :meth:`solve`; the objective is value.

        Raises
        ------
        fabopt.errors.StudyError
            When the instance has no policies.
        """
        from fabopt.analysis.allocation.study import study
        from fabopt.report.allocation import allocation_report
        from fabopt.report.named import named
        from fabopt.report.perspective import in_whose_money

        chosen = self._options(options)
        report = allocation_report(study(self.data, two_stage, chosen, each), self.money, self.names)
        return named(in_whose_money(report, chosen.perspective), self.names)

    def own_silicon(self, chip: str, **options: Unpack[RunOptions]) -> Report[OwnSilicon]:
        """Return what the programme of a lab's own chip is worth, as supply and as bargaining.

        Parameters
        ----------
        chip
            Id of the chip, which has a programme.
        options
            As for :meth:`solve`; the objective is value. There are three runs.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such chip, or one of the plans does not exist.
        """
        from fabopt.analysis.allocation.own_silicon import own_silicon
        from fabopt.report.named import named
        from fabopt.report.own_silicon import own_silicon_report
        from fabopt.report.perspective import whose

        chosen, names = self._options(options), self.names
        seen = whose(chosen.perspective, names)
        return named(own_silicon_report(own_silicon(self.data, chip, chosen), names, self.money, seen), names)

    def price_limits(self, **options: Unpack[RunOptions]) -> Report[LimitStudy]:
        """Return what each stated limit, each on diversity, resilience and exports costs, and all of them together.

        Parameters
        ----------
        options
            As for :meth:`solve`; the objective is value. There is one run a limit, and two more.

        Raises
        ------
        fabopt.errors.StudyError
            When the instance has no such limits.
        """
        from fabopt.analysis.allocation.limits import limit_study
        from fabopt.report.limits import limit_report
        from fabopt.report.named import named
        from fabopt.report.perspective import in_whose_money

        chosen = self._options(options)
        report = in_whose_money(limit_report(limit_study(self.data, chosen), self.money), chosen.perspective)
        return named(report, self.names)

    def calibrate(
        self,
        to: str | Path | None = None,
        *,
        budget: float | TimeBudget = 10.0,
        tell: Callable[[str, float], None] | None = None,
    ) -> Report[Calibration]:
        """Return the premiums per designer and lab with which a plan ships what was observed.

        Premiums that the instance has are left out before. ``records.overlay`` is a file that it can include.

        Parameters
        ----------
        to
            File with the section ``outcomes`` to calibrate on; the instance's own when left out.
        budget
            Minutes that may be spent, or a budget that has begun.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.errors.StudyError
            When there is nothing to calibrate on, windows do not tile the time from the decision date, or observations
            cannot all hold at once; then with what clashes.
        fabopt.io.problems.InstanceError
            When the file cannot be read, or observes what the instance cannot make.
        """
        from fabopt.analysis.agreement import agreement
        from fabopt.analysis.calibration.calibrate import calibrate
        from fabopt.analysis.calibration.records import ConflictError
        from fabopt.io.load import apply_section
        from fabopt.report.calibrate import calibrate_report
        from fabopt.report.named import named

        # Predictions and expectations name outcomes of the instance, and calibration asks neither.
        beside = {"premiums"} if to is None else {"premiums", "predictions", "expectations"}
        tree = replace(self._tree, raw={key: part for key, part in self._tree.raw.items() if key not in beside})
        tree = tree if to is None else apply_section(tree, "outcomes", to)
        free = type(self)(tree, self.name, self.scenario)
        with timed(budget, tell) as (time, _):
            try:
                found = calibrate(free.data, free.network, self.name, free._options({}), time)
                return named(calibrate_report(found), self.names)
            except ConflictError as conflict:
                least = free.solve("agreement", time_limit=max(time.left, 1.0))
                if not least.has_plan:
                    raise
                raise conflict.told(agreement(least.plan, time)) from conflict

    def games(self) -> tuple[GameOf, ...]:
        """Return how customers order under each policy that goes by orders, when every order answers the others'.

        Raises
        ------
        fabopt.errors.StudyError
            When no policy goes by orders.
        """
        from fabopt.analysis.allocation.study import games

        return games(self.data)

    @overload
    def solve(
        self,
        objective: Objectives | None = None,
        *,
        given: Result | None = None,
        start: Result | None = None,
        progress: Notify | None = None,
        extra: Sequence[Hook] = (),
        out: str | Path | None = None,
        **options: Unpack[RunOptions],
    ) -> Result: ...

    @overload
    def solve(
        self,
        objective: Objectives | None = None,
        *,
        states: str | Sequence[str],
        risk: str | None = None,
        method: Method = "extensive",
        workers: int = 1,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        start: Result | None = None,
        progress: Notify | None = None,
        out: str | Path | None = None,
        **options: Unpack[RunOptions],
    ) -> StatesResult: ...

    def solve(
        self,
        objective: Objectives | None = None,
        *,
        states: str | Sequence[str] | None = None,
        risk: str | None = None,
        method: Method = "extensive",
        workers: int = 1,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        given: Result | None = None,
        start: Result | None = None,
        progress: Notify | None = None,
        extra: Sequence[Hook] = (),
        out: str | Path | None = None,
        **options: Unpack[RunOptions],
    ) -> Result | StatesResult:
        """Solve the instance, or with `states` its stochastic program.

        Ctrl-C, or the interrupt of a kernel, ends the search: the result has the best plan so far and its gap.

        Parameters
        ----------
        objective
            value, compute, time_to_compute, least_cost or max_min; or several in order, each with what later ones may
            give up of it, as a share or in its unit: ``["value:1%", "least_cost"]``. Left out: the instance's own, else
            value.
        states
            "all", or states, events and outcomes that count: what is decided before they are known is decided once,
            and the result has a plan for each (`fabopt.api.states.StatesResult`). What is not named does not come.
        risk
            How a plan under states is judged: expected, cvar LEVEL, mean+cvar LEVEL WEIGHT, worst or regret; else the
            instance's own, else expected.
        method
            How a plan under states is found: extensive, as one program; lshaped or hedging, branch by branch, for
            states that are too many for one program (docs/cluster.md).
        workers, scheduler
            Processes that solve branches at a time, or the address of a Dask cluster that does.
        journal
            File in which the answers of branches are kept as they come (lshaped); what stands there is not asked again.
        given
            The plan that others are held to in the perspective of one party; the system's own when left out.
        start
            A plan to begin with, of this instance or another: what fits is used, and the plan that is found is worth no
            less than that. `result.run.start` says what fitted.
        progress
            Called with the name of the stage and how far it is; in a cell of a notebook a line shows it when left out.
        extra
            Hooks that are called with the Pyomo model and may add to it.
        out
            Folder to save the result in; it stays in memory when left out. It is tried before the solve; where saving
            fails afterwards all the same, the result is saved elsewhere, which is told, and its `folder` says where.
        options
            ``time_limit`` (seconds) and ``gap`` (share), else the instance's own; ``threads``, ``seed``, ``target``,
            ``by``, ``measure``, ``demands``, ``perspective`` (system, buyers, lab:NAME, owner:NAME; else the instance's
            own), ``relaxed`` (integers are dropped; no study takes such a result), ``heuristic`` (by blocks of periods,
            instead of the tree), ``through_pyomo``: see `fabopt.solve.options.SolveOptions`.

        Returns
        -------
        Result or StatesResult
            With a plan, or with the reason why there is none in its `status` and `conflict`.

        Raises
        ------
        fabopt.solve.options.OptionError
            When an option makes no sense.
        fabopt.solve.stack.PastError
            When a state changes what comes before it is known.
        fabopt.model.families.EndlessError
            When a yes or no opens a level without end.
        fabopt.solve.results.folder.ResultError
            When a result could not be written to `out`: nothing is solved then.
        """
        from fabopt.report.waiting import waiting
        from fabopt.solve.budget import TimeBudget
        from fabopt.solve.options import OptionError
        from fabopt.solve.results.build import Origin
        from fabopt.solve.results.folder import check_target

        with waiting() as line:
            told = progress if progress is not None or line is None else line.solve
            chosen = self._options(options, self.objectives if objective is None else objective)
            if states is not None:
                where = (method, workers, scheduler, path_of(journal))
                return self._under_states(states, risk, chosen, given, start, told, extra, out, where)
            if risk is not None:
                raise OptionError("A risk measure judges a plan under several states: give 'states' with it.")
            if method != "extensive" or workers > 1 or scheduler is not None or journal is not None:
                raise OptionError(
                    "A method, workers, a scheduler and a journal are those of several states: give 'states' with them."
                )
            if out is not None:
                check_target(Path(out))
            origin = Origin(self.name, self.scenario, self.sets, self._contents, self.money, tuple(extra))
            run = Run(origin, chosen, given, told, extra, TimeBudget(chosen.time_limit))
            begin = None if start is None else start.start_plan()
            # What can hold at once is asked whatever it earns.
            earn = self.data.solving.expansions_earn and not chosen.party and chosen.objective != "agreement"
            result = self._earning(run, begin) if earn else self._solved(run, begin)
            if out is not None and result.has_plan:
                result.keep(out)
            return result

    def leaves(self, states: str | Sequence[str] = "all") -> tuple[Leaf, ...]:
        """Return the leaves of the tree of states and events: name, probability, and the instance in each.

        Parameters
        ----------
        states
            As for :meth:`solve`.

        Raises
        ------
        fabopt.errors.StudyError
            When the instance has no states, or none of a name.
        fabopt.io.problems.InstanceError
            When the instance is not valid in a state.
        """
        from fabopt.analysis.states.tree import leaves
        from fabopt.domain.states import ALL

        named = [states] if isinstance(states, str) else list(states)
        return leaves(self._tree, self.data, () if named == [ALL] else named)

    def in_state(self, leaf: Leaf) -> Instance:
        """Return the instance in one of its :meth:`leaves`, which knows nothing of the others."""
        return Instance(leaf.tree, self.name, leaf.name, leaf.data)

    def _under_states(
        self,
        states: str | Sequence[str],
        risk: str | None,
        options: SolveOptions,
        given: Result | None,
        start: Result | None,
        progress: Notify | None,
        extra: Sequence[Hook],
        out: str | Path | None,
        where: tuple[Method, int, str | None, Path | None],
    ) -> StatesResult:
        """Return the result of the stochastic program."""
        from fabopt.analysis.states.records import StatesInputs
        from fabopt.analysis.states.solve import states_plan
        from fabopt.api.states import StatesResult
        from fabopt.domain.risk import risk_of
        from fabopt.io.write import instance_json
        from fabopt.solve.decompose.parts import KeptBranches
        from fabopt.solve.options import OptionError
        from fabopt.solve.results.build import Origin
        from fabopt.solve.results.folder import STATES, check_target
        from fabopt.solve.work.where import executor_of

        if given is not None or extra:
            raise OptionError(
                "Under states there is neither a given plan nor a hook: both belong to a plan of one state."
            )
        try:
            judged = risk_of(risk or self.data.solving.risk or "expected")
        except ValueError as error:
            raise OptionError(str(error)) from error
        if out is not None:
            check_target(Path(out), STATES)
        origin = Origin(self.name, self.scenario, self.sets, self._contents, self.money)
        begin = None if start is None else start.start_plan()
        leaves = self.leaves(states)
        method, workers, scheduler, journal = where
        if method == "extensive" and (workers > 1 or scheduler is not None):
            raise OptionError(
                "--method extensive solves one program in this process; --workers and --scheduler go with "
                "--method lshaped, which asks branches over them."
            )
        if method != "lshaped" and journal is not None:
            raise OptionError("--journal keeps what branches answer: it goes with --method lshaped.")
        executor = executor_of(workers, scheduler)
        if journal is not None:
            executor = KeptBranches(executor, journal)
        made = states_plan(
            leaves, origin, options, judged, progress=progress, start=begin, method=method, executor=executor
        )
        results = [Result(plan, log) for plan, log in zip(made.plans, made.logs, strict=True)]
        planned = self.data.model_copy(update={"states": {}, "events": {}})
        inputs = StatesInputs(instance_json(planned), tuple(instance_json(leaf.data) for leaf in leaves))
        result = StatesResult(made.info, inputs, results, made.log, made.conflicts)
        if out is not None and result.has_plan:
            result.keep(out)
        return result

    def _solved(
        self, run: Run, start: StartPlan | None, earning: Earning | None = None, near: Near | None = None
    ) -> Result:
        """Return the result of one run; of one that was solved again, with the steps that are forbidden."""
        from dataclasses import replace

        from fabopt.io.write import instance_json
        from fabopt.plan.plan import Plan
        from fabopt.solve.diagnose import placed
        from fabopt.solve.results.build import core_and_domain, run_info
        from fabopt.solve.run import solve

        net, before, options = self.network, None, run.options
        with self._placing():
            if options.party:
                net, solution, before = self._seen(options, run.given, run.progress, run.extra, start)
            else:
                solution = solve(net, options, run.progress, run.extra, start, run.budget, near)
        solution = replace(solution, seconds=run.budget.spent)
        tables = core_and_domain(net, solution) if solution.has_plan else {}
        names = {f"{spec.group}/{spec.name}": frame for spec, frame in tables.items()}
        info = run_info(run.origin, net, solution, before, earning)
        lowered = None if self._chain is None else (self._chain, self.network)
        plan = Plan(info, names.__getitem__, instance_json(self.data), run.extra, lowered)
        return Result(plan, solution.log, placed(solution.conflicts, net, self.data, self._tree.positions))

    @contextmanager
    def _placing(self) -> Iterator[None]:
        """While in force, an error of a level without end names the place in the data."""
        from fabopt.model.families import EndlessError
        from fabopt.solve.diagnose import located

        try:
            yield
        except EndlessError as error:
            raise located(error, self.network, self.data, self._tree.positions) from error

    def _earning(self, run: Run, start: StartPlan | None) -> Result:
        """Return the plan in which owners order no steps that lose money, as far as a few passes reach.

        What is forbidden is pinned in the instance that is solved again, so that it is held wherever that is asked. Of
        a large program the passes are of its LP relaxation, and the plan with integers is made once.
        """
        from dataclasses import replace

        from fabopt.solve.losses import Forbidden, Relaxed, without_losses
        from fabopt.solve.results.earnings import losing
        from fabopt.solve.results.run_info import Earning
        from fabopt.solve.run import formulated

        pinned, relaxed = self.data.pins.units, replace(run.options, relaxed=True)

        def may(unit: str, period: str) -> bool:
            return not pinned.get(unit, {}).get(period)

        if not any(goal.objective == "time_to_compute" for goal in run.options.goals):  # no relaxation has a date
            with self._placing():
                made = formulated(self.network, relaxed, run.extra)
            if made.program.large or run.options.relaxed:
                earning, near = Relaxed(made, relaxed, run.budget, run.progress).forbidden(may)
                return self._forbidding(earning)._solved(run, None if run.options.relaxed else start, earning, near)

        labels = [period.label for period in self.network.periods]

        def lost(result: Result) -> Forbidden:
            return [step for step in losing(result.table("earnings"), labels) if may(*step)]

        def again(earning: Earning, result: Result) -> Result:
            return self._forbidding(earning)._solved(run, result.start_plan(), earning)

        first = self._solved(run, start, Earning(0, ()))
        return without_losses(first, lost, again, run.budget)[0]

    def _forbidding(self, made: Earning) -> Instance:
        """Return this instance with what is forbidden pinned at nothing."""
        from fabopt.io.load import apply_merge

        if not made.forbidden:
            return self
        tree = apply_merge(self._tree, {"pins": {"units": made.pins}}, "steps that lose money are forbidden")
        return Instance(tree, self.name, self.scenario)

    def model(self, objective: Objectives | None = None, **options: Unpack[RunOptions]) -> Model:
        """Return the model as Pyomo states it, to be looked at or given to another solver.

        Parameters
        ----------
        objective, options
            As for :meth:`solve`; an objective may ask for variables and constraints of its own. What is maximised is
            value less cost.

        Returns
        -------
        fabopt.model.build.Model
            ``pyomo`` is the Pyomo model: a variable a block of decisions, a constraint a family of rows.
            ``to_file(path)`` writes it.

        Raises
        ------
        fabopt.errors.MissingExtraError
            When Pyomo is not installed.
        """
        require("pyomo")
        from fabopt.model.build import build
        from fabopt.solve.options import OptionError

        chosen = self._options(options, self.objectives if objective is None else objective)
        if chosen.relaxed:
            raise OptionError("A Pyomo model has its integers; Pyomo's 'core.relax_integer_vars' drops them.")
        return build(self.network, aim=chosen.aim)

    def _seen(
        self,
        chosen: SolveOptions,
        given: Result | None,
        progress: Notify | None,
        extra: Sequence[Hook],
        start: StartPlan | None,
    ) -> tuple[Network, Solution, dict[str, float] | None]:
        """Return network and solution from one party's perspective, and what the given plan came to for each party."""
        from dataclasses import replace

        from fabopt.network.lower import lower_as_seen
        from fabopt.solve.budget import TimeBudget
        from fabopt.solve.perspective import check_party, decided, solve_seen
        from fabopt.solve.results.decided import decided_in
        from fabopt.solve.results.parties import by_party, party_rows, reweighed
        from fabopt.solve.run import solve

        net, budget = self.network, TimeBudget(chosen.time_limit)
        check_party(net, chosen, tuple(self.data.labs))
        own = lower_as_seen(self.data, net, chosen.party)
        if given is not None:
            plan = decided_in(net, given.table("core/activities"), given.table("core/units"))
            before = by_party(given.perspective.to_dict("list")) if own is net else reweighed(own, given.table)
        else:
            with budget.part(share=0.5):
                system = solve(net, replace(chosen, perspective="system"), progress, extra, start, budget)
            start = None
            if not system.has_plan:
                return net, system, None
            plan, before = decided(net, system), by_party(party_rows(own, system))
        seen, solution = solve_seen(own, chosen, plan, progress, extra, start, budget)
        return seen, solution, before


class Result(Studies):
    """A plan with the instance that it is for, and the studies that can be made of it."""

    @property
    def instance(self) -> Instance:
        """The instance that was solved, scenario and settings applied."""
        return Instance(self.plan.tree, self.run.instance, self.run.scenario, self.plan.data)

    def compare(self, *others: Result | str | Path, names: Sequence[str] | None = None) -> Report[Comparison]:
        """Return other plans and their inputs against this one; see :func:`compare`."""
        from fabopt.api.comparing import compared

        results = [one if isinstance(one, Result) else load_result(one) for one in (self, *others)]
        return compared(results, [Path(one).resolve().name for one in others if not isinstance(one, Result)], names)

    def page(
        self,
        path: str | Path,
        *others: Result | str | Path,
        names: Sequence[str] | None = None,
        studies: Sequence[str | Path] = (),
    ) -> Path:
        """Write the plan as one page to look into with a browser, which needs no network, and return its path.

        Parameters
        ----------
        path
            The page (``.html``), written whole or not at all.
        others
            Results, or their folders, that stand beside this one in its comparison.
        names
            What the plans are called there; as for :func:`compare`.
        studies
            Folders of studies of this plan that were saved: ``result.choke_points().save("study")``.

        Raises
        ------
        fabopt.io.seal.SavedError
            When the page cannot be written there, or a folder holds no study.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or another folder is no result.
        fabopt.errors.MissingExtraError
            When what draws its charts is not installed.
        """
        from fabopt.api.page import write_page

        return write_page(Path(path), self, others, names, studies)

    def explore(self, levers: Sequence[str] | Mapping[str, tuple[Setting | None, Setting | None]]) -> Explorer:
        """Return sliders that move numbers of the instance and solve again, from the plan, integers held.

        Parameters
        ----------
        levers
            Their paths, or by path from where to where each moves, as for :meth:`value_function`. A number moves over
            its values, a series over a factor of all its points (``times``) or what is added to them (``MW added``).

        Returns
        -------
        Explorer
            In a notebook its sliders (needs ipywidgets: ``pip install 'fabopt[notebook]'``); anywhere its ``at``. Its
            ``result`` is that of the instance as the sliders stand.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest, or it has no range.
        fabopt.errors.StudyError
            When none is named, one twice, or two that are shares of one whole; or the result is seen from one party's
            perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.explore import Exploration
        from fabopt.report.explore import Explorer

        return Explorer(Exploration(self.plan, levers), lambda moved: self._solved_like(self.instance.with_(moved)))

    def _solved_like(self, instance: Instance, progress: Notify | None = None, time_limit: float = 1e9) -> Result:
        """Return the result of another instance, solved as this one was and with this plan as its start."""
        asked = self.run.options
        return instance.solve(
            asked.objective, start=self, progress=progress, extra=self.hooks, target=asked.target, by=asked.by,
            measure=asked.measure, demands=asked.demands, gap=asked.gap, gap_from=asked.gap_from,
            threads=asked.threads, seed=asked.seed, time_limit=time_limit, perspective=asked.perspective,
        )  # fmt: skip

    def roll(
        self,
        to: str,
        instance: Instance | None = None,
        *,
        stability: float | None = None,
        actuals: Facts | None = None,
        progress: Notify | None = None,
        time_limit: float = 1e9,
    ) -> Report[Roll]:
        """Move the decision date: hold what was decided before it, plan the rest again, and say what is regretted.

        Parameters
        ----------
        to
            The new decision date: the label of a period, or its first day.
        instance
            The instance as it is known now; that of the result when left out. Numbers that may vary over time and are
            other ones than the plan's hold from the date on.
        stability
            What changing an order of this plan from the date on is charged in the choice of the new one, as a share
            of what it costs; nothing when left out. It is no money, and no value counts it.
        actuals
            What happened before the date: a CSV, XLSX or YAML file, a list of mappings or a data frame with what, name,
            period, value, unit and source (docs/roll.md). What is not told counts as planned.
        progress
            Called with the name of the stage and how far it is.
        time_limit
            Seconds for each of the two plans that are made.

        Returns
        -------
        fabopt.report.report.Report
            Its `result` is the new plan, which can be saved and studied like any other.

        Raises
        ------
        fabopt.errors.StudyError
            When no period begins at the date, the instance has other periods, or the result is one party's view.
        fabopt.io.problems.InstanceError
            When actuals are of another instance or time, in other units, or cannot have been: all that is wrong.
        fabopt.solve.results.folder.ResultError
            When the result has no plan.
        """
        from fabopt.analysis.roll.verb import free_plan, prepared, rolled
        from fabopt.io.facts import read_facts
        from fabopt.io.write import instance_json
        from fabopt.report.roll import roll_report
        from fabopt.solve.results.hooks import check_hooks

        check_hooks(self.run, self.hooks)
        now = self.instance if instance is None else instance
        facts = None if actuals is None else read_facts(actuals)
        made = prepared(self.plan, now._tree, to, stability, facts)
        held = Instance(made.held, now.name, now.scenario)
        opened = Instance(made.opened, now.name, now.scenario)
        result = self._solved_like(held, progress, time_limit)
        nets, seen = (held.network, opened.network), instance_json(opened.data)
        free = free_plan(*nets, self.plan, result.plan, seen, time_limit)
        roll = rolled(*nets, self.plan, result.plan, free, made, facts is not None)
        return self._in_its_money(roll_report(roll, result, self._lever))


def load_result(path: str | Path, *, extra: Sequence[Hook] = ()) -> Result:
    """Read a result folder: what its manifest says is held against its tables.

    Parameters
    ----------
    path
        The folder.
    extra
        The hooks that it was solved with, which a folder cannot hold: without them its tables can be read, and studies
        that solve again are refused.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder is no result, was changed after it was written, or does not agree with itself; or the hooks are
        others.
    """
    from fabopt.analysis.recompute import check_agreement
    from fabopt.plan.plan import Plan
    from fabopt.solve.results.folder import INSTANCE, LOG, read_file, read_manifest, result_at
    from fabopt.solve.results.hooks import check_hooks

    folder = result_at(Path(path))
    run, hashes = read_manifest(folder)
    if extra:
        check_hooks(run, extra)
    instance, log = (read_file(folder, name, hashes).decode(errors="replace") for name in (INSTANCE, LOG))
    plan = Plan(run, partial(_saved_table, folder, hashes), instance, extra)
    result = Result(plan, log)
    check_agreement(plan, folder)
    result.folder = folder
    return result


def load_states(path: str | Path) -> StatesResult:
    """Read the folder of a result under several states.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder is none, was changed after it was written, or does not agree with itself.
    """
    from fabopt.analysis.states.folder import read_states
    from fabopt.api.states import StatesResult

    folder, info, inputs, log = read_states(Path(path))
    result = StatesResult(info, inputs, [load_result(folder / state.name) for state in info.states], log)
    result.folder = folder
    return result


def _saved_table(folder: Path, hashes: Mapping[str, str], name: str) -> pd.DataFrame:
    from fabopt.solve.results.build import spec_of
    from fabopt.solve.results.folder import read_table

    return read_table(folder, spec_of(name), f"{name}.parquet", hashes)
