"""An instance: loaded, looked at, changed, solved, and asked who gets what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from fabopt.api.places import name_of
from fabopt.api.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.limits import LimitStudy
    from fabopt.analysis.allocation.own_silicon import OwnSilicon
    from fabopt.analysis.allocation.study import GameOf, Study
    from fabopt.analysis.audit import Audit
    from fabopt.analysis.bill import Bill
    from fabopt.domain.instance import Instance as Data
    from fabopt.io.tree import Tree
    from fabopt.model.build import Hook, Model
    from fabopt.network.checks import Finding
    from fabopt.network.tables import Network
    from fabopt.report.report import Report
    from fabopt.solve.options import ObjectiveName, RunOptions, SolveOptions
    from fabopt.solve.run import Notify
    from fabopt.solve.solution import Conflict, Solution
    from fabopt.solve.start import StartPlan


PROGRAMS = (".mps", ".lp")
"""Endings of the files that hold a program."""


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
    found = Instance(load_tree(path, scenario, texts), name_of(Path(path)), scenario)
    if found.data.pins != type(found.data.pins)():
        found.network  # noqa: B018 (what is pinned can only be checked against the network)
    return found


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

    found = checked(path, scenario, set)
    if found.tree is None or found.data is None:
        return found, None
    return found, Instance(found.tree, name_of(Path(path)), scenario, found.data)


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


class Instance:
    """A validated instance. It never changes: :meth:`with_` returns another one.

    Attributes
    ----------
    name
        Name of its folder.
    scenario
        Scenario that was applied, or None.
    data
        The validated sections (`fabopt.domain.instance.Instance`).
    """

    def __init__(self, tree: Tree, name: str, scenario: str | None = None, data: Data | None = None) -> None:
        from fabopt.domain.instance import Instance as Data
        from fabopt.io.validate import validate

        self._tree = tree
        self.name = name
        self.scenario = scenario
        self.data: Data = validate(tree, Data) if data is None else data

    @property
    def sets(self) -> tuple[str, ...]:
        """Scenario and lever settings that were applied, in order."""
        return self._tree.applied

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the instance's scenarios."""
        from fabopt.io.tree import scenario_names

        return scenario_names(self._tree)

    def with_(self, levers: Mapping[str, object] | None = None, /, **more: object) -> Instance:
        """Return the instance with some levers set.

        Parameters
        ----------
        levers
            Lever paths and their values: a number, a text with unit (``"200 kwafer/month"``) or a factor (``"*1.1"``).
        more
            The same for levers whose path is a Python name.

        Raises
        ------
        fabopt.io.problems.InstanceError
            When there is no such lever (with the nearest name), or the instance is not valid with the value.
        """
        from fabopt.domain.instance import Instance as Data
        from fabopt.io.load import apply_setting
        from fabopt.io.problems import Place

        tree = self._tree
        for lever, value in {**(levers or {}), **more}.items():
            tree = apply_setting(tree, lever, value, Data, Place(f"with_ {lever}"))
        return Instance(tree, self.name, self.scenario)

    def export(self, path: str | Path, objective: ObjectiveName = "value", **options: Unpack[RunOptions]) -> None:
        """Write the instance, scenario and settings applied: as a workbook, or its program for another solver.

        Parameters
        ----------
        path
            The file; equal instances give equal bytes. Its ending says what is written: ``.mps`` or ``.lp`` the
            program (:mod:`fabopt.solve.names` reads its names back), any other a workbook (.xlsx) that can be filled
            in and imported.
        objective, options
            As for :meth:`solve`; of an objective in several stages the first is written.

        Raises
        ------
        fabopt.solve.options.OptionError
            When an option makes no sense.
        fabopt.model.families.ModelError
            When a name is too long for the file.
        """
        from fabopt.io.files import atomic_write

        chosen = self._options(options, objective)
        ending = Path(path).suffix.lower()
        if ending in PROGRAMS:
            from fabopt.solve.export import program_text

            atomic_write(Path(path), program_text(self.network, ending, chosen))
        else:
            from fabopt.io.workbook.write import workbook_bytes

            atomic_write(Path(path), workbook_bytes(self.data))

    def pinned(self, result: Result, until: str | None = None) -> Instance:
        """Return the instance with a result's orders held: what it orders, and that it orders nothing else.

        Parameters
        ----------
        result
            A plan for the same chain; its orders in periods that this instance does not have are left out.
        until
            Label of the last period whose orders are held; all of them when left out.

        Raises
        ------
        fabopt.solve.options.OptionError
            When `until` is no period of the horizon.
        """
        from fabopt.io.load import apply_merge
        from fabopt.solve.options import OptionError

        labels = [period.label for period in self.network.periods]
        if until is not None and until not in labels:
            raise OptionError(f"{until!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}")
        held = labels if until is None else labels[: labels.index(until) + 1]
        pins = {unit.id: dict.fromkeys(held, 0.0) for unit in self.network.units}
        orders = result.table("core/units")
        for unit, period, ordered in zip(orders["id"], orders["period"], orders["ordered"], strict=True):
            if unit in pins and period in pins[unit]:
                pins[unit][period] = float(ordered)
        name = f"orders of {result.run.instance} held" + (f" until {until}" if until else "")
        return Instance(apply_merge(self._tree, {"pins": {"units": pins}}, name), self.name, self.scenario)

    @cached_property
    def network(self) -> Network:
        """The process network that the optimiser sees."""
        from fabopt.domain.base import FieldProblem
        from fabopt.io.problems import InstanceError, Problem
        from fabopt.network.lower import lower

        try:
            return lower(self.data, self.name)
        except FieldProblem as error:
            where = self._tree.positions
            problems = [Problem.at(where, fault.path, fault.message, hint=fault.hint) for fault in error.faults]
            raise InstanceError(problems) from error

    @property
    def levers(self) -> pd.DataFrame:
        """Every number that can be set: lever, value, unit, range, provenance.

        Setting a lever to the value that stands here changes nothing: a series stands as such, its range is that of its
        first point.
        """
        import pandas as pd

        from fabopt.io.levers import list_levers

        rows = []
        for lever in list_levers(self.data):
            low, high = lever.quantity.bounds
            q = lever.quantity
            rows.append((lever.path, lever.shown, q.unit, low, high, q.assumed, ", ".join(q.source)))
        return pd.DataFrame(rows, columns=["lever", "value", "unit", "low", "high", "assumed", "source"])

    def validate(self) -> list[Finding]:
        """Return what looks wrong with the chain as a whole and what is most likely a slip: implausible numbers, names
        that are nearly another one. Errors first; empty when all is well.
        """
        from fabopt.io.doubts import doubts, held_backwards
        from fabopt.network.checks import HELD_BACKWARDS, Finding, check

        slips = [Finding("warning", "a slip", (doubt.path,), str(doubt)) for doubt in doubts(self._tree, self.data)]
        late = [
            Finding("warning", HELD_BACKWARDS, (problem.path,), str(problem))
            for problem in held_backwards(self._tree, self.data)
        ]
        return [*self._endless(), *check(self.network), *late, *slips]

    def _endless(self) -> list[Finding]:
        """Return the first level that a yes or no opens and that has no end: a solve refuses it."""
        if not self.network.may_be_endless:
            return []  # what loads no model is quick
        from fabopt.model.families import EndlessError
        from fabopt.network.checks import ENDLESS, Finding
        from fabopt.solve.formulate import formulate
        from fabopt.solve.session import HighsSession

        try:
            HighsSession(formulate(self.network, registry=False).program).settle_gates()
        except EndlessError as error:
            from fabopt.solve.diagnose import located

            said = located(error, self.network, self.data, self._tree.positions)
            return [Finding("error", ENDLESS, (error.entity,), str(said))]
        return []

    def show(self) -> Report[Data]:
        """Return what the instance holds: sections, horizon, sizes of network and model, findings."""
        from fabopt.report.overview import overview

        return overview(self.name, self.data, self.network, self.scenarios)

    def bill(self, chip: str, power: float | str, it: bool = False, bom: str | None = None) -> Bill:
        """Return what a block of power filled with one chip needs at every stage.

        Parameters
        ----------
        chip
            Id of the chip.
        power
            Power of the block: a text with unit (``"1GW"``) or a number of MW.
        it
            Whether it is IT power; otherwise facility power.
        bom
            Bill of materials; the chip's first when left out.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such chip or bill, or no site states a PUE.
        fabopt.domain.base.FieldProblem
            When the power is no positive power.
        """
        from fabopt.analysis.bill import bill
        from fabopt.domain.quantity_field import In

        return bill(self.data, chip, In("MW", gt=0).read(power).value, it, bom=bom)

    def reasons(self, seconds: float = 30.0) -> tuple[Conflict, ...]:
        """Return why the instance has no plan, as :meth:`solve` says it: what is missing, and what cannot all hold.

        Parameters
        ----------
        seconds
            Time that may be spent.
        """
        from fabopt.model.tables import model_tables
        from fabopt.solve.budget import TimeBudget
        from fabopt.solve.diagnose import explain_infeasible, placed
        from fabopt.solve.matrices import program_of

        tables = model_tables(self.network)
        found = explain_infeasible(tables, program_of(tables), TimeBudget(seconds))
        return placed(found, self.network, self.data, self._tree.positions)

    def reconcile(self) -> pd.DataFrame:
        """Return what the instance implies for the recent past and the first year, held against published figures."""
        from fabopt.analysis.reconcile import reconcile

        return reconcile(self.data)

    @property
    def money(self) -> str:
        """Unit of money: "M USD", or nothing for a plain network alone, which has its own."""
        alone = self.data.network is not None and not self.data.labs and not self.data.markets
        return "" if alone else "M USD"

    def _options(self, given: RunOptions, objective: ObjectiveName = "value") -> SolveOptions:
        """Return the options of a run: those that are given, else the instance's own."""
        from fabopt.solve.options import run_options

        own, options = self.data.solving, given.copy()
        if options.get("gap") is None:
            options["gap"], options["gap_from"] = own.gap, "instance"
        if own.time_limit is not None:
            options.setdefault("time_limit", own.time_limit)
        return run_options(objective, options)

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

        chosen = self._options(options)
        return allocation_report(study(self.data, two_stage, chosen, each), self.money)

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
        from fabopt.report.own_silicon import own_silicon_report

        chosen = self._options(options)
        return own_silicon_report(own_silicon(self.data, chip, chosen), self.money)

    def price_limits(self, **options: Unpack[RunOptions]) -> Report[LimitStudy]:
        """Return what each limit on diversity, resilience and exports costs, and all of them together.

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

        chosen = self._options(options)
        return limit_report(limit_study(self.data, chosen), self.money)

    def games(self) -> tuple[GameOf, ...]:
        """Return how customers order under each policy that goes by orders, when every order answers the others'.

        Raises
        ------
        fabopt.errors.StudyError
            When no policy goes by orders.
        """
        from fabopt.analysis.allocation.study import games

        return games(self.data)

    def solve(
        self,
        objective: ObjectiveName = "value",
        *,
        given: Result | None = None,
        start: Result | None = None,
        progress: Notify | None = None,
        extra: Sequence[Hook] = (),
        out: str | Path | None = None,
        **options: Unpack[RunOptions],
    ) -> Result:
        """Solve the instance.

        Parameters
        ----------
        objective
            value, compute, time_to_compute, least_cost or max_min.
        given
            The plan that others are held to in the perspective of one party; the system's own when left out.
        start
            A plan to begin with, of this instance or another: what fits is used, and the plan that is found is worth no
            less than that. `result.run.start` says what fitted.
        progress
            Called with the name of the stage and how far it is.
        extra
            Hooks that are called with the Pyomo model and may add to it.
        out
            Folder to save the result in; it stays in memory when left out. It is tried before the solve; where saving
            fails afterwards all the same, the result is saved elsewhere, which is told, and its `folder` says where.
        options
            ``time_limit`` (seconds) and ``gap`` (share), else the instance's own; ``threads``, ``seed``, ``target``,
            ``by``, ``measure``, ``demands``, ``perspective`` (system, lab:NAME, owner:NAME), ``through_pyomo``: see
            `fabopt.solve.options.SolveOptions`.

        Returns
        -------
        Result
            With a plan, or with the reason why there is none in its `status` and `conflict`.

        Raises
        ------
        fabopt.solve.options.OptionError
            When an option makes no sense.
        fabopt.model.families.EndlessError
            When a yes or no opens a level without end.
        fabopt.solve.results.folder.ResultError
            When a result could not be written to `out`: nothing is solved then.
        """
        from fabopt.io.write import instance_json
        from fabopt.model.families import EndlessError
        from fabopt.plan.plan import Plan
        from fabopt.solve.diagnose import located, placed
        from fabopt.solve.results.build import Origin, core_and_domain, run_info
        from fabopt.solve.results.folder import check_target
        from fabopt.solve.run import solve

        chosen = self._options(options, objective)
        if out is not None:
            check_target(Path(out))
        net, before = self.network, None
        begin = None if start is None else start.start_plan()
        try:
            if chosen.party:
                net, solution, before = self._seen(chosen, given, progress, extra, begin)
            else:
                solution = solve(net, chosen, progress, extra, begin)
        except EndlessError as error:
            raise located(error, net, self.data, self._tree.positions) from error
        origin = Origin(self.name, self.scenario, self.sets, self._contents, self.money, tuple(extra))
        tables = core_and_domain(net, solution) if solution.has_plan else {}
        names = {f"{spec.group}/{spec.name}": frame for spec, frame in tables.items()}
        plan = Plan(run_info(origin, net, solution, before), names.__getitem__, instance_json(self.data), extra)
        result = Result(plan, solution.log, placed(solution.conflicts, net, self.data, self._tree.positions))
        if out is not None and result.has_plan:
            result.keep(out)
        return result

    def model(self, objective: ObjectiveName = "value", **options: Unpack[RunOptions]) -> Model:
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
        """
        from fabopt.model.build import build

        chosen = self._options(options, objective)
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

        from fabopt.solve.budget import TimeBudget
        from fabopt.solve.perspective import check_party, decided, solve_seen
        from fabopt.solve.results.decided import decided_in
        from fabopt.solve.results.parties import by_party, party_rows
        from fabopt.solve.run import solve

        net, budget = self.network, TimeBudget(chosen.time_limit)
        check_party(net, chosen, tuple(self.data.labs))
        if given is not None:
            plan = decided_in(net, given.table("core/activities"), given.table("core/units"))
            before = by_party(given.perspective.to_dict("list"))
        else:
            with budget.part(share=0.5):
                system = solve(net, replace(chosen, perspective="system"), progress, extra, start, budget)
            start = None
            if not system.has_plan:
                return net, system, None
            plan, before = decided(net, system), by_party(party_rows(net, system))
        seen, solution = solve_seen(net, chosen, plan, progress, extra, start, budget)
        return seen, solution, before

    def diff(self, other: Instance) -> pd.DataFrame:
        """Return what is not the same in another instance: lever or record, what stands here and there, factor."""
        import pandas as pd

        from fabopt.io.difference import differences

        rows = [(d.path, d.before, d.after, d.factor) for d in differences(self.data, other.data)]
        return pd.DataFrame(rows, columns=["path", "here", "there", "factor"])

    def __eq__(self, other: object) -> bool:
        """Return whether another instance has the same contents, wherever they were read from."""
        return isinstance(other, Instance) and self._contents == other._contents

    def __hash__(self) -> int:
        return hash(self._contents)

    @cached_property
    def _contents(self) -> str:
        from fabopt.io.write import instance_hash

        return instance_hash(self.data)

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()

    def __repr__(self) -> str:
        held = [f"{len(value)} {name}" for name, value in self.data if isinstance(value, Mapping) and value]
        applied = f" with {', '.join(self.sets)}" if self.sets else ""
        return (
            f"Instance {self.name!r}{applied}: {self.data.about.title or 'untitled'}\n"
            f"{', '.join(held) or 'a plain network'}\n"
            "try .show() .levers .with_({lever: value}) .validate() .solve()"
        )
