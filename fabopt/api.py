"""What a notebook sees: load an instance, look at it, change it, solve it, and read the result.

>>> instance = fabopt.load("instances/tutorial")
>>> result = instance.with_({"packaging_lines.bridgeworks.capacity": "*1.5"}).solve()
>>> result.answer
>>> result.shipments

Thin facades over the parts below; pandas, Pyomo and HiGHS are imported when they are first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.limits import LimitStudy
    from fabopt.analysis.allocation.own_silicon import OwnSilicon
    from fabopt.analysis.allocation.study import GameOf, Study
    from fabopt.analysis.bill import Bill
    from fabopt.analysis.choke.verb import Reasons
    from fabopt.domain.instance import Instance as Data
    from fabopt.io.tree import Tree
    from fabopt.network.checks import Finding
    from fabopt.network.tables import Network
    from fabopt.report.alternatives import AlternativesReport
    from fabopt.report.answer import Answer
    from fabopt.report.choke import ChokeReport
    from fabopt.report.compare import ComparisonReport
    from fabopt.report.explain import ExplainReport
    from fabopt.report.explore import Explorer
    from fabopt.report.needed import NeededReport
    from fabopt.report.overview import Overview
    from fabopt.report.portfolio import PortfolioReport
    from fabopt.report.roll import RollReport
    from fabopt.report.sweep import SweepReport
    from fabopt.report.tornado import TornadoReport
    from fabopt.report.value_function import PhaseReport, ValueReport
    from fabopt.solve.options import SolveOptions
    from fabopt.solve.run import Hook, Notify
    from fabopt.solve.solution import Conflict, Solution

RESULTS = Path("results")
"""Folder that results are written to where none is named."""

WORKERS = 2
"""Programs that a study solves at a time, one solver thread each."""


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
    return Instance(load_tree(path, scenario, texts), name_of(Path(path)), scenario)


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


def name_of(path: Path) -> str:
    """Return the name of an instance: that of its folder, or of its file where that has a name of its own."""
    if path.suffix in (".yaml", ".yml", ".json") and path.stem != "instance":
        return path.stem
    folder = path.parent if path.suffix in (".yaml", ".yml", ".json") else path
    return folder.resolve().name


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

    def __init__(self, tree: Tree, name: str, scenario: str | None = None) -> None:
        from fabopt.domain.instance import Instance as Data
        from fabopt.io.validate import validate

        self._tree = tree
        self.name = name
        self.scenario = scenario
        self.data: Data = validate(tree, Data)

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

    def export(self, path: str | Path) -> None:
        """Write the instance, scenario and settings applied, as a workbook that can be filled in and imported.

        Parameters
        ----------
        path
            The file (.xlsx); equal instances give equal bytes.
        """
        from fabopt.io.files import atomic_write
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
        name = f"orders of {result.manifest['instance']} held" + (f" until {until}" if until else "")
        return Instance(apply_merge(self._tree, {"pins": {"units": pins}}, name), self.name, self.scenario)

    @cached_property
    def network(self) -> Network:
        """The process network that the optimiser sees."""
        from fabopt.network.lower import lower

        return lower(self.data, self.name)

    @property
    def levers(self) -> pd.DataFrame:
        """Every number that can be set: lever, value, unit, range, provenance (of a series its first point)."""
        import pandas as pd

        from fabopt.io.levers import list_levers

        rows = []
        for lever in list_levers(self.data):
            low, high = lever.quantity.bounds
            q = lever.quantity
            rows.append((lever.path, q.value, q.unit, low, high, q.assumed, ", ".join(q.source)))
        return pd.DataFrame(rows, columns=["lever", "value", "unit", "low", "high", "assumed", "source"])

    def validate(self) -> list[Finding]:
        """Return what looks wrong with the chain as a whole; errors first, empty when all is well."""
        from fabopt.network.checks import check

        return check(self.network)

    def show(self) -> Overview:
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
        fabopt.analysis.explosion.AnalysisError
            When there is no such chip or bill, or no site states a PUE.
        fabopt.domain.base.FieldProblem
            When the power is no positive power.
        """
        from fabopt.analysis.bill import bill
        from fabopt.domain.quantity import In

        return bill(self.data, chip, In("MW", gt=0).read(power).value, it, bom=bom)

    def reasons(self, seconds: float = 60.0) -> Reasons:
        """Return why the instance has no plan: what is missing, minimal repairs, minimal conflicts, with their data.

        Parameters
        ----------
        seconds
            Time that may be spent.
        """
        from fabopt.analysis.choke.verb import reasons

        return reasons(self.name, self._tree, self.data, self.network, seconds)

    def reconcile(self) -> pd.DataFrame:
        """Return what the instance implies for the recent past and the first year, held against published figures."""
        from fabopt.analysis.reconcile import reconcile

        return reconcile(self.data)

    @property
    def money(self) -> str:
        """Unit of money: "M USD", or nothing for a plain network alone, which has its own."""
        alone = self.data.network is not None and not self.data.labs and not self.data.markets
        return "" if alone else "M USD"

    def _defaults(self) -> dict[str, Any]:
        """Return the options that the instance states itself."""
        own = self.data.solving
        defaults: dict[str, Any] = {"gap": own.gap}
        if own.time_limit is not None:
            defaults["time_limit"] = own.time_limit
        return defaults

    def allocate(self, two_stage: bool = False, each: bool = False, **options: Any) -> Study:
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
        fabopt.analysis.explosion.AnalysisError
            When the instance has no policies.
        """
        from fabopt.analysis.allocation.study import study
        from fabopt.solve.options import SolveOptions

        return study(self.data, two_stage, SolveOptions(**{**self._defaults(), **options}), each)

    def own_silicon(self, chip: str, **options: Any) -> OwnSilicon:
        """Return what the programme of a lab's own chip is worth, as supply and as bargaining.

        Parameters
        ----------
        chip
            Id of the chip, which has a programme.
        options
            As for :meth:`solve`; the objective is value. There are three runs.

        Raises
        ------
        fabopt.analysis.explosion.AnalysisError
            When there is no such chip, or one of the plans does not exist.
        """
        from fabopt.analysis.allocation.own_silicon import own_silicon
        from fabopt.solve.options import SolveOptions

        return own_silicon(self.data, chip, SolveOptions(**{**self._defaults(), **options}))

    def price_limits(self, **options: Any) -> LimitStudy:
        """Return what each limit on diversity, resilience and exports costs, and all of them together.

        Parameters
        ----------
        options
            As for :meth:`solve`; the objective is value. There is one run a limit, and two more.

        Raises
        ------
        fabopt.analysis.explosion.AnalysisError
            When the instance has no such limits.
        """
        from fabopt.analysis.allocation.limits import limit_study
        from fabopt.solve.options import SolveOptions

        return limit_study(self.data, SolveOptions(**{**self._defaults(), **options}))

    def games(self) -> tuple[GameOf, ...]:
        """Return how customers order under each policy that goes by orders, when every order answers the others'.

        Raises
        ------
        fabopt.analysis.explosion.AnalysisError
            When no policy goes by orders.
        """
        from fabopt.analysis.allocation.study import games

        return games(self.data)

    def solve(
        self,
        objective: str = "value",
        *,
        given: Result | None = None,
        progress: Notify | None = None,
        extra: Sequence[Hook] = (),
        out: str | Path | None = None,
        **options: Any,
    ) -> Result:
        """Solve the instance.

        Parameters
        ----------
        objective
            value, compute, time_to_compute, least_cost or max_min.
        given
            The plan that others are held to in the perspective of one party; the system's own when left out.
        progress
            Called with the name of the stage and how far it is.
        extra
            Hooks that are called with the Pyomo model and may add to it.
        out
            Folder to save the result in; it stays in memory when left out.
        options
            ``time_limit`` (seconds) and ``gap`` (share), else the instance's own; ``threads``, ``seed``, ``target``,
            ``by``, ``measure``, ``demands``, ``perspective`` (system, lab:NAME, owner:NAME): see
            `fabopt.solve.options.SolveOptions`.

        Returns
        -------
        Result
            With a plan, or with the reason why there is none in its `status` and `conflict`.

        Raises
        ------
        fabopt.solve.options.OptionError
            When an option makes no sense.
        """
        from fabopt.io.write import instance_hash, instance_json
        from fabopt.solve.options import SolveOptions
        from fabopt.solve.results.build import Origin, core_and_domain, make_manifest
        from fabopt.solve.results.folder import check_target
        from fabopt.solve.run import solve

        chosen = SolveOptions(objective=objective, **{**self._defaults(), **options})  # type: ignore[arg-type]
        if out is not None:
            check_target(Path(out))
        net, before = self.network, None
        if chosen.party:
            net, solution, before = self._seen(chosen, given, progress, extra)
        else:
            solution = solve(net, chosen, progress, extra)
        origin = Origin(self.name, self.scenario, self.sets, instance_hash(self.data), self.money)
        tables = core_and_domain(net, solution) if solution.has_plan else {}
        names = {f"{spec.group}/{spec.name}": frame for spec, frame in tables.items()}
        result = Result(
            make_manifest(origin, net, solution, before),
            names.__getitem__,
            instance_json(self.data),
            solution.log,
            solution.conflicts,
        )
        if out is not None and result.has_plan:
            result.save(out)
        return result

    def _seen(
        self, chosen: SolveOptions, given: Result | None, progress: Notify | None, extra: Sequence[Hook]
    ) -> tuple[Network, Solution, dict[str, float] | None]:
        """Return network and solution from one party's perspective, and what the given plan came to for each party."""
        import time
        from dataclasses import replace

        from fabopt.solve.perspective import check_party, decided, solve_seen
        from fabopt.solve.results.decided import decided_in
        from fabopt.solve.results.parties import by_party, party_rows
        from fabopt.solve.run import solve

        net, deadline = self.network, time.monotonic() + chosen.time_limit
        check_party(net, chosen, tuple(self.data.labs))
        if given is not None:
            plan = decided_in(net, given.table("core/activities"), given.table("core/units"))
            before = by_party(given.perspective.to_dict("list"))
        else:
            system = solve(net, replace(chosen, perspective="system"), progress, extra)
            if not system.has_plan:
                return net, system, None
            plan, before = decided(net, system), by_party(party_rows(net, system))
        seen, solution = solve_seen(net, chosen, plan, deadline, progress, extra)
        return seen, solution, before

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


def default_folder(instance: str, scenario: str | None, perspective: str = "system") -> Path:
    """Return where a result is saved when no folder is named: ``results/<instance>[-<scenario>][-<perspective>]``."""
    seen = "" if perspective == "system" else f"-{perspective.replace(':', '-')}"
    return RESULTS / f"{instance}{f'-{scenario}' if scenario else ''}{seen}"


def load_result(path: str | Path) -> Result:
    """Read a result folder; its tables are read when they are first asked for.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder is no result, or was changed after it was written.
    """
    from fabopt.solve.results.folder import INSTANCE, LOG, read_file, read_manifest, read_table

    folder = Path(path)
    manifest = read_manifest(folder)
    return Result(
        manifest,
        lambda name: read_table(folder, name, manifest),
        read_file(folder, INSTANCE, manifest).decode(),
        read_file(folder, LOG, manifest).decode(),
    )


def compare(
    first: Result | str | Path, *others: Result | str | Path, names: Sequence[str] | None = None
) -> ComparisonReport:
    """Return plans and their inputs side by side; the others are held against the first.

    Parameters
    ----------
    first, others
        Results, or their folders.
    names
        What the plans are called; from scenario and instance when left out, or from the folders where these are alike.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When a folder is no result.
    fabopt.analysis.explosion.AnalysisError
        When there are fewer than two results, one has no plan, or they have nothing in common.
    """
    from fabopt.analysis.compare.compare import Source, comparison
    from fabopt.report.compare import ComparisonReport

    given = (first, *others)
    results = [one if isinstance(one, Result) else load_result(one) for one in given]
    folders = [Path(one).resolve().name for one in given if not isinstance(one, Result)]
    origins = {(one.manifest["instance"], one.manifest["scenario"]) for one in results}
    if names is None and len(origins) < len(results) and len(set(folders)) == len(results):
        names = folders
    sources = [Source(one.manifest, one.table, one._instance) for one in results]
    return ComparisonReport(comparison(sources, names))


def sweep(
    instance: Instance | str | Path,
    spec: str | Path | Mapping[str, Any],
    *,
    set: Sequence[str] | Mapping[str, object] = (),
    out: str | Path | None = None,
    resume: bool = False,
    workers: int = 1,
    max_runs: int = 1000,
    tell: Callable[[int, int, str], None] | None = None,
) -> SweepReport:
    """Solve an instance in many cases: a grid, one lever at a time, or samples of the ranges; in several scenarios.

    Parameters
    ----------
    instance
        The instance, or its path.
    spec
        YAML file with method, scenarios, levers, or its contents as a mapping (docs/sweeps.md).
    set
        Lever settings that hold in every case, after its scenario.
    out
        Folder to which every finished case is written at once; everything stays in memory when left out.
    resume
        Whether a sweep that was stopped goes on in that folder.
    workers
        Processes that solve cases at a time; a script that asks for more than one keeps its own calls under
        ``if __name__ == "__main__":``.
    max_runs
        More runs than these are refused.
    tell
        Called with the number of cases done, that of all, and how the last one ended.

    Returns
    -------
    SweepReport
        With the frames `frame` (one row a case), `labs`, `chips`, `demands`. Ctrl-C returns what is finished.

    Raises
    ------
    fabopt.io.problems.InstanceError
        With everything that is wrong with instance or specification.
    fabopt.solve.results.folder.ResultError
        When the folder holds something else, or an unfinished sweep that is not to go on.
    """
    from fabopt.analysis.sweep import verb
    from fabopt.io.load import load_tree
    from fabopt.report.sweep import SweepReport

    texts = [f"{lever}={value}" for lever, value in set.items()] if isinstance(set, Mapping) else list(set)
    if isinstance(instance, Instance):
        tree, name = instance._tree, instance.name
    else:
        tree, name = load_tree(instance), name_of(Path(instance))
    asked = verb.planned(tree, name, spec, texts, max_runs)
    folder = None if out is None else Path(out)
    return SweepReport(verb.sweep(asked, out=folder, resume=resume, workers=workers, tell=tell))


def default_sweep_folder(instance: str, spec: Path) -> Path:
    """Return where a sweep is saved when no folder is named: ``results/sweeps/<instance>-<file>``."""
    return RESULTS / "sweeps" / f"{instance}-{spec.stem}"


class Result:
    """What a run gave: how good the plan is, its tables, and the answer in words.

    Attributes
    ----------
    manifest
        What was solved and how: instance, scenario, settings, options, status, objective, bound, gap, sizes, versions.
    log
        The solver's log.
    conflicts
        Why there is no plan, where there is none.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        read: Callable[[str], pd.DataFrame],
        instance: str,
        log: str,
        conflicts: Sequence[Conflict] = (),
    ) -> None:
        self.manifest = manifest
        self.log = log
        self.conflicts = tuple(conflicts)
        self._read = read
        self._instance = instance
        self._tables: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name: ``"orders"``, ``"core/limits"``.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or no such table.
        """
        from fabopt.solve.results.build import find_table
        from fabopt.solve.results.folder import ResultError

        if not self.has_plan:
            raise ResultError(f"There is no plan, so there are no tables: the run ended with {self.status!r}.")
        path = find_table(name)
        if path not in self._tables:
            self._tables[path] = self._read(path)
        return self._tables[path].copy()

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return bool(self.manifest["has_plan"])

    @property
    def status(self) -> str:
        """How the run ended: optimal, within_gap, time_limit, interrupted, infeasible, unbounded or no_plan."""
        return str(self.manifest["status"])

    @property
    def objective(self) -> float | None:
        """Value of the objective that was asked for, in `manifest["objective_unit"]`."""
        value: float | None = self.manifest["objective"]
        return value

    @property
    def bound(self) -> float | None:
        """What no plan can exceed (or, for least cost and dates, fall below)."""
        value: float | None = self.manifest["bound"]
        return value

    @property
    def gap(self) -> float | None:
        """Share by which the plan may be short of the best one."""
        value: float | None = self.manifest["gap"]
        return value

    @property
    def shipments(self) -> pd.DataFrame:
        """Accelerators that leave for a site: period, designer, chip, lab, site, kaccelerator."""
        return self.table("shipments")

    @property
    def wafer_starts(self) -> pd.DataFrame:
        """Wafers started: period, owner, fab, node, use, customer, item, kwafer, kwafer per month."""
        return self.table("wafer_starts")

    @property
    def deployments(self) -> pd.DataFrame:
        """Accelerators that start to run: period, lab, site, region, designer, chip, kaccelerator."""
        return self.table("deployments")

    @property
    def fleet(self) -> pd.DataFrame:
        """Accelerators at the sites: running, idle, and the facility power that they draw."""
        return self.table("fleet")

    @property
    def compute(self) -> pd.DataFrame:
        """Compute by lab and workload: wanted, delivered, value."""
        return self.table("compute")

    @property
    def power(self) -> pd.DataFrame:
        """Facility power by site: firm, added, used, free."""
        return self.table("power")

    @property
    def orders(self) -> pd.DataFrame:
        """What is ordered, built, qualified and retired, when, and from when it acts."""
        return self.table("orders")

    @property
    def chip_mix(self) -> pd.DataFrame:
        """Each chip's part in a lab's compute."""
        return self.table("chip_mix")

    @property
    def exposure(self) -> pd.DataFrame:
        """Share of each lab's compute that depends on a supplier: a designer, a company, a region, a resource ..."""
        return self.table("exposure")

    @property
    def costs(self) -> pd.DataFrame:
        """Every value (positive) and cost (negative) by record and period."""
        return self.table("costs")

    @property
    def transfers(self) -> pd.DataFrame:
        """What parties inside the chain pay each other, at prices; it nets to zero."""
        return self.table("transfers")

    @property
    def perspective(self) -> pd.DataFrame:
        """What each kind of value, cost and transfer comes to for each party; the transfers add up to zero."""
        return self.table("perspective")

    @property
    def limits(self) -> pd.DataFrame:
        """Everything that restricts somebody: limit, use, slack and price."""
        return self.table("limits")

    def export(self, path: str | Path) -> None:
        """Write the plan, its money and its inputs as a workbook whose totals are formulas.

        Parameters
        ----------
        path
            The file (.xlsx); equal results give equal bytes.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        from fabopt.io.files import atomic_write
        from fabopt.report.workbook.result import workbook_bytes

        atomic_write(Path(path), workbook_bytes(self.manifest, self.table, self._instance))

    @cached_property
    def answer(self) -> Answer:
        """The plan in words; ``print(result.answer)``."""
        from fabopt.report.answer import answer

        return answer(self.manifest, self.table)

    def choke_points(
        self,
        *,
        lab: str = "",
        period: str = "",
        top: int = 10,
        budget: float = 10.0,
        draws: int = 40,
        seed: int = 0,
        workers: int = WORKERS,
        tell: Callable[[str, float], None] | None = None,
    ) -> ChokeReport:
        """Return what holds the plan back, what it is worth to move it, and what comes after it.

        Parameters
        ----------
        lab
            Id of a lab through whom alone relief may gain; all others keep what the plan delivers to them.
        period
            Label of the period in which alone relief stands, or ``2027Q1..2027Q4``.
        top
            How many limits are studied in full.
        budget
            Minutes that may be spent; what they do not allow is listed.
        draws
            Draws of the data.
        seed, workers
            Seed of solver and draws; programs at a time, one solver thread each.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.analysis.choke.asked.AskedError
            When there is no such lab or period.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.choke.asked import Asked
        from fabopt.analysis.choke.verb import of_result
        from fabopt.report.choke import ChokeReport

        asked = Asked(lab=lab, top=top, minutes=budget, seed=seed, workers=workers, draws=draws)
        return ChokeReport(of_result(self.manifest, self.table, self._instance, asked, period, tell), top)

    def compare(self, *others: Result | str | Path, names: Sequence[str] | None = None) -> ComparisonReport:
        """Return other plans and their inputs against this one; see :func:`compare`."""
        return compare(self, *others, names=names)

    def portfolio(self, lab: str) -> PortfolioReport:
        """Return what a lab's compute stands on: its chips, why these and not others, and its suppliers.

        Parameters
        ----------
        lab
            Id of the lab.

        Raises
        ------
        fabopt.analysis.choke.asked.AskedError
            When there is no such lab.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.portfolio.study import portfolio
        from fabopt.report.portfolio import PortfolioReport

        return PortfolioReport(portfolio(self.manifest, self.table, self._instance, lab))

    def explain(
        self,
        *,
        why_not: str = "",
        lab: str = "",
        why_short: str = "",
        next_unit: str = "",
        from_: str = "",
        period: str = "",
    ) -> ExplainReport:
        """Return the answer to one question about the plan, as a sentence and a frame.

        Parameters
        ----------
        why_not
            Id of a chip: why does `lab` not buy it?
        lab
            Id of a lab.
        why_short
            Id of a lab: why does it get no more in `period`?
        next_unit
            A limit, by name or id: whom would one more unit of it go to, in `period` or in every reported one?
        from_
            Id of a chip: where does a unit of it that is packaged in `period` come from?
        period
            Label of a period.

        Raises
        ------
        fabopt.analysis.choke.asked.AskedError
            When the question is not complete, or names what is not there, with the nearest.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.explain.questions import Question, explained
        from fabopt.report.explain import ExplainReport

        question = Question(why_not, lab, why_short, next_unit, from_, period)
        return ExplainReport(explained(self.manifest, self.table, self._instance, question))

    def tornado(
        self,
        top: int = 20,
        *,
        whole: bool = False,
        workers: int = WORKERS,
        tell: Callable[[str, float], None] | None = None,
    ) -> TornadoReport:
        """Return which numbers of the instance matter: adjoint for all that have a range, re-solves for the widest.

        Parameters
        ----------
        top
            How many numbers are solved again at both ends of their range.
        whole
            Whether whole numbers may move at the ends; otherwise they are held as in the plan.
        workers
            Processes that price numbers, and threads that solve ends.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.tornado import Asked
        from fabopt.analysis.sensitivity.verb import source_of, tornado_of
        from fabopt.report.tornado import TornadoReport

        source = source_of(self.manifest, self.table, self._instance)
        asked = Asked(top=top, gauge="whole" if whole else "held", workers=workers)
        return TornadoReport(tornado_of(source, asked, tell))

    def alternatives(
        self,
        within: float = 0.01,
        *,
        until: str = "",
        budget: float = 10.0,
        tell: Callable[[str, float], None] | None = None,
    ) -> AlternativesReport:
        """Return what all plans nearly as good have in common, and how far they differ.

        Parameters
        ----------
        within
            Share of the objective, without what stands whatever is planned, that a plan may be worse.
        until
            Label of the last period whose orders count; all of them when left out.
        budget
            Minutes that may be spent; what they do not allow is listed.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.analysis.choke.asked.AskedError
            When the share or the period makes no sense, or the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.alternatives.study import Asked, alternatives_of
        from fabopt.report.alternatives import AlternativesReport

        asked = Asked(within=within, until=until, minutes=budget)
        return AlternativesReport(alternatives_of(self.manifest, self.table, self._instance, asked, tell))

    def needed(
        self,
        target: str | float,
        *,
        by: str = "",
        lab: str = "",
        levers: Sequence[str] | Mapping[str, object],
        costs: Mapping[str, float] | None = None,
        budget: float = 10.0,
        tell: Callable[[str, float], None] | None = None,
    ) -> NeededReport:
        """Return what would have to be true for a target: the least movement of levers, or the proof that none does.

        Parameters
        ----------
        target
            ``"30 GW"``: facility power in use; ``"5 MH100e"``: compute; ``"90 bn USD"`` or a number: value.
        by
            Label of the period in which power or compute counts; the last that is reported when left out.
        lab
            Id of the lab whose power or compute counts; all of them when left out.
        levers
            Paths of the numbers that may move within their range, or each with its end: ``["a.b=*2", "c.d"]`` or
            ``{"a.b": "*2"}``.
        costs
            Million dollars for one unit of change, by path, for least cost; otherwise relative changes are added up.
        budget
            Minutes that may be spent.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.analysis.choke.asked.AskedError
            When target, period, lab, levers or costs make no sense.
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest.
        fabopt.io.problems.InstanceError
            When the rules of the instance refuse the end of a lever.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.targets.study import Asked, needed_of
        from fabopt.report.needed import NeededReport

        asked = Asked(target, by, lab, levers, costs or {}, minutes=budget)
        return NeededReport(needed_of(self.manifest, self.table, self._instance, asked, tell))

    def value_function(
        self, lever: str, low: float | None = None, high: float | None = None, *, whole: bool = False
    ) -> ValueReport:
        """Return objective and plan against one lever, with the breakpoints of the curve.

        Parameters
        ----------
        lever
            Its path.
        low, high
            From where to where, in the unit of the lever; its range when left out. A series moves in proportion to
            its first point.
        whole
            Whether the value with whole numbers free is certified too.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest.
        fabopt.analysis.choke.asked.AskedError
            When low lies above high, or no plan stands at an end.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.verb import source_of, value_of
        from fabopt.report.value_function import ValueReport

        source = source_of(self.manifest, self.table, self._instance)
        return ValueReport(value_of(source, lever, low, high, whole))

    def phase_diagram(self, x: str, y: str, steps: int = 9) -> PhaseReport:
        """Return which limit is the choke point where, on a grid over the ranges of two levers.

        Parameters
        ----------
        x, y
            Paths of the levers.
        steps
            Values of each, at equal distances.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest.
        fabopt.analysis.choke.asked.AskedError
            When both are the same.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.verb import phases_of, source_of
        from fabopt.report.value_function import PhaseReport

        source = source_of(self.manifest, self.table, self._instance)
        return PhaseReport(phases_of(source, x, y, steps))

    def explore(self, levers: Sequence[str]) -> Explorer:
        """Return sliders that move numbers of the instance and solve again, from the plan, whole numbers held.

        Parameters
        ----------
        levers
            Their paths; each moves within its range, a series in proportion to its first point.

        Returns
        -------
        Explorer
            In a notebook its sliders (needs ipywidgets: ``pip install 'fabopt[notebook]'``); anywhere its ``at``.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest, or it has no range.
        fabopt.analysis.choke.asked.AskedError
            When none is named, or one twice.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.explore import Exploration
        from fabopt.analysis.sensitivity.verb import source_of
        from fabopt.report.explore import Explorer

        return Explorer(Exploration(source_of(self.manifest, self.table, self._instance), levers))

    def roll(
        self, to: str, instance: Instance | None = None, *, progress: Notify | None = None, time_limit: float = 1e9
    ) -> RollReport:
        """Move the decision date: hold what was decided before it, plan the rest again, and say what is regretted.

        Parameters
        ----------
        to
            The new decision date: the label of a period, or its first day.
        instance
            The instance as it is known now; that of the result when left out. Numbers that may vary over time and are
            other ones than the plan's hold from the date on.
        progress
            Called with the name of the stage and how far it is.
        time_limit
            Seconds for each of the two plans that are made.

        Returns
        -------
        RollReport
            Its `result` is the new plan, which can be saved and studied like any other.

        Raises
        ------
        fabopt.analysis.explosion.AnalysisError
            When no period begins at the date, the instance has other periods, or the result is one party's view.
        fabopt.solve.results.folder.ResultError
            When the result has no plan.
        """
        from fabopt.analysis.roll.verb import Plan, free_plan, prepared, rolled
        from fabopt.io.tree import tree_of_json
        from fabopt.report.roll import RollReport

        then = Instance(tree_of_json(self._instance), self.manifest["instance"], self.manifest["scenario"])
        now = then if instance is None else instance
        made = prepared(self.manifest, self.table, then.data, now._tree, to)
        held = Instance(made.held, now.name, now.scenario)
        opened = Instance(made.opened, now.name, now.scenario)
        names = ("target", "by", "measure", "demands", "gap", "threads", "seed")
        kept = {name: self.manifest["options"][name] for name in names}
        result = held.solve(
            self.manifest["objective_name"], progress=progress, **{**kept, "time_limit": time_limit}
        )  # fmt: skip
        free = free_plan(held.network, opened.network, self.manifest, opened.data, time_limit)
        plans = (Plan(self.manifest, self.table, then.data), Plan(result.manifest, result.table, held.data), free)
        return RollReport(rolled(held.network, opened.network, *plans, made.first, made.throughout), result)

    def chart(
        self,
        kind: str = "plan",
        *,
        period: str = "",
        lab: str = "",
        top: int | None = None,
        lever: str = "",
        against: str = "",
    ) -> Any:
        """Return a picture of the result as an Altair chart: interactive in a notebook.

        Parameters
        ----------
        kind
            plan, flow, use, choke, mix, power, tornado, value or phase (docs/charts.md).
        period
            flow: label of the period; the one in which most is shipped when left out.
        lab
            plan, mix, power: id of the lab that is drawn alone.
        top
            use, choke, tornado: rows that are drawn.
        lever, against
            value, phase: the numbers that are moved.

        Raises
        ------
        fabopt.report.charts.style.ChartError
            When there is no such kind or nothing to draw, or the kind does not take what is asked.
        """
        from fabopt.report.charts.kinds import Shown, Wish, draw

        shown = Shown(self._title, self.manifest, self.table, self._instance)
        return draw(shown, kind, Wish(period, lab, top, lever, against))

    def save_chart(self, path: str | Path, kind: str = "plan", **asked: Any) -> None:
        """Write a picture of the result as ``.svg``, ``.png`` or ``.html``; what is asked as for :meth:`chart`."""
        from fabopt.report.charts.style import check_path, write

        check_path(Path(path))
        write(self.chart(kind, **asked), Path(path))

    def save(self, path: str | Path | None = None) -> Path:
        """Write the result folder, in the place of an older result, and return its path.

        Parameters
        ----------
        path
            The folder; ``results/<instance>[-<scenario>]`` when left out.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or something else than a result stands there.
        """
        from fabopt.solve.results.build import ALL_TABLES
        from fabopt.solve.results.folder import write_result

        folder = Path(path) if path is not None else self.default_folder
        tables = {spec: self.table(f"{spec.group}/{spec.name}") for spec in ALL_TABLES}
        write_result(folder, self.manifest, tables, self._instance, self.log)
        return folder

    @property
    def default_folder(self) -> Path:
        """Where :meth:`save` writes when no folder is named."""
        return default_folder(
            self.manifest["instance"],
            self.manifest["scenario"],
            self.manifest["options"].get("perspective", "system"),
        )

    @property
    def _title(self) -> str:
        scenario = self.manifest["scenario"]
        return f"{self.manifest['instance']}{f', scenario {scenario}' if scenario else ''}"

    def __repr__(self) -> str:
        from fabopt.report.answer import STATUS_SAYS
        from fabopt.report.text import percent

        if not self.has_plan:
            why = [f"\n  {conflict.sentence}" for conflict in self.conflicts]
            return f"Result {self._title!r}: no plan, {self.status}{''.join(why)}\ntry .conflicts .log"
        says = STATUS_SAYS.get(self.status, self.status)
        return (
            f"Result {self._title!r}: {says}, gap {percent(self.gap)}\n{self.answer.sentence}\n"
            "try .answer .shipments .chip_mix .orders .limits .table(name) .chart() .save()"
        )

    def _repr_html_(self) -> str:
        from html import escape

        from fabopt.report.html import answer_html

        if not self.has_plan:
            return f"<pre>{escape(repr(self))}</pre>"
        return answer_html(self._title, self.answer)
