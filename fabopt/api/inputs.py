"""What an instance is before anything is solved: its data, its levers, its network, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.bill import Bill
    from fabopt.analysis.draws.states import DrawnStates
    from fabopt.analysis.reconcile import Reconciled
    from fabopt.api.plan import PlanTables
    from fabopt.domain.instance import Instance as Data
    from fabopt.io.tree import Tree
    from fabopt.network.checks import Finding
    from fabopt.network.lowering.builder import Chain
    from fabopt.network.tables import Network
    from fabopt.report.report import Report
    from fabopt.solve.options import Objectives, RunOptions, SolveOptions
    from fabopt.solve.solution import Conflict


MOST_SETS = 4
"""Settings that an instance names when it is shown."""
PROGRAMS = (".mps", ".lp")
"""Endings of the files that hold a program."""


class Inputs:
    """A validated instance, as far as it needs no plan. It never changes: :meth:`with_` returns another one.

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
        self._chain: Chain | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle takes: the network, where it is made, without the chain that it came from."""
        return self.__dict__ | {"_chain": None}

    @property
    def sets(self) -> tuple[str, ...]:
        """Scenario and lever settings that were applied, in order."""
        return self._tree.applied

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the instance's scenarios."""
        from fabopt.io.tree import scenario_names

        return scenario_names(self._tree)

    @property
    def objectives(self) -> tuple[str, ...]:
        """What is best where nobody says otherwise: the objectives of `solving`, else value."""
        return self.data.solving.objectives or ("value",)

    def with_(self, levers: Mapping[str, object] | None = None, /, **more: object) -> Self:
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
        return type(self)(tree, self.name, self.scenario)

    def on_grid(self, grid: str) -> Self:
        """Return the instance with other periods; what it counts in periods is said anew for their length.

        Parameters
        ----------
        grid
            ``month``: the whole horizon by month. ``month to 2028Q4``: by month up to the end of that period, after it
            as it was. Or periods as in ``horizon.periods``: ``27 months, 8 quarters, 3 years``.

        Raises
        ------
        fabopt.io.grid.GridError
            When the date is no end of a period here, or of one of the new length.
        fabopt.io.problems.InstanceError
            When the instance is not valid with such periods.
        """
        from fabopt.io.grid import on_grid

        return type(self)(on_grid(self._tree, self.data, grid), self.name, self.scenario)

    def export(self, path: str | Path, objective: Objectives | None = None, **options: Unpack[RunOptions]) -> None:
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

        chosen = self._options(options, self.objectives if objective is None else objective)
        ending = Path(path).suffix.lower()
        if ending in PROGRAMS:
            from fabopt.solve.export import program_text

            atomic_write(Path(path), program_text(self.network, ending, chosen))
        else:
            from fabopt.io.workbook.write import workbook_bytes

            atomic_write(Path(path), workbook_bytes(self.data))

    def pinned(self, result: PlanTables, until: str | None = None) -> Self:
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
        pins = self._orders(result, held)
        name = f"orders of {result.run.instance} held" + (f" until {until}" if until else "")
        return type(self)(apply_merge(self._tree, {"pins": {"units": pins}}, name), self.name, self.scenario)

    def steady(self, result: PlanTables, share: float | None = None) -> Self:
        """Return the instance in which ordering otherwise than a result does is charged for, beside all money.

        Parameters
        ----------
        result
            A plan for the same chain; its orders in periods that this instance does not have are left out.
        share
            What one unit more or less in a period is charged, as a share of what it costs; 5 % when left out.

        Raises
        ------
        fabopt.io.problems.InstanceError
            When the share is none from 0 to 1.
        """
        from fabopt.domain.stability import SHARE
        from fabopt.io.load import apply_merge

        known = set(result.table("core/periods")["period"])
        orders = self._orders(result, [p.label for p in self.network.periods if p.label in known])
        raw = {key: part for key, part in self._tree.raw.items() if key != "stability"}
        stability = {"stability": {"share": SHARE if share is None else share, "orders": orders}}
        name = f"orders of {result.run.instance} charged for when changed"
        tree = apply_merge(replace(self._tree, raw=raw), stability, name)
        return type(self)(tree, self.name, self.scenario)

    def _orders(self, result: PlanTables, labels: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return what a result orders of each unit of this instance in some periods."""
        by_unit = {unit.id: dict.fromkeys(labels, 0.0) for unit in self.network.units}
        orders = result.table("core/units")
        for unit, period, ordered in zip(orders["id"], orders["period"], orders["ordered"], strict=True):
            if unit in by_unit and period in by_unit[unit]:
                by_unit[unit][period] = float(ordered)
        return by_unit

    @cached_property
    def network(self) -> Network:
        """The process network that the optimiser sees."""
        from fabopt.domain.base import FieldProblem
        from fabopt.io.problems import InstanceError, Problem
        from fabopt.network.lower import lower_chain

        try:
            self._chain, net = lower_chain(self.data, self.name)
            return net
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
        from fabopt.solve.results.columns import OF_ROW
        from fabopt.solve.results.frames import labelled

        rows = []
        for lever in list_levers(self.data):
            low, high = lever.quantity.bounds
            q = lever.quantity
            rows.append((lever.path, lever.shown, q.unit, low, high, q.assumed, ", ".join(q.source)))
        frame = pd.DataFrame(rows, columns=["lever", "value", "unit", "low", "high", "assumed", "source"])
        return labelled(frame, "a number that can be set", dict.fromkeys(("value", "low", "high"), OF_ROW))

    @property
    def assumptions(self) -> pd.DataFrame:
        """Everything that the instance assumes, one row each, to be filtered, edited and given to :meth:`with_frame`.

        A row is a number, a point of a series (with its date in `path` and `when`), or a date, a choice, a flag.
        Columns: `path` (the lever), `name`, `shape`, `when`, `value` (a number in `unit`), `setting` (what is no
        number), `unit`, `low`, `high`, `range` and `basis` (each published or assumed), `source` (ids),
        `source_title`, `as_of`, `confidence`, `note`.
        """
        from fabopt.analysis.assumptions import assumption_frame
        from fabopt.solve.results.columns import OF_ROW
        from fabopt.solve.results.frames import labelled

        units = dict.fromkeys(("value", "low", "high"), OF_ROW)
        return labelled(assumption_frame(self.data), "something that the instance assumes", units)

    def with_frame(self, frame: pd.DataFrame, /) -> Self:
        """Return the instance with what was edited in a frame of its :attr:`assumptions`.

        Rows and columns that are left out stay as they are; the order of rows means nothing. A number that takes the
        place of another loses range, source, date, confidence and note, as with :meth:`with_`, but for those that are
        edited in the same row; ``"*1.1"`` keeps them. An empty `low` or `high` is a range that nobody has published.

        Parameters
        ----------
        frame
            Rows of :attr:`assumptions` with the column `path` and what was edited of `value`, `setting`, `unit`,
            `low`, `high`, `source`, `as_of`, `confidence`, `note` and `basis`; the other columns follow from these.

        Raises
        ------
        fabopt.io.problems.InstanceError
            With everything that is wrong: a path that does not exist or stands twice, a wrong unit or type, a value
            that its field or the instance does not admit; each with the row's label, path, and what was expected.
        """
        from fabopt.analysis.edited import with_edited

        return type(self)(with_edited(self._tree, self.data, frame), self.name, self.scenario)

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
        reasons = explain_infeasible(tables, program_of(tables), TimeBudget(seconds))
        return placed(reasons, self.network, self.data, self._tree.positions)

    def draw_states(
        self, draws: int = 200, keep: int = 8, *, since: str = "", seed: int = 0, levers: Sequence[str] = ()
    ) -> Report[DrawnStates]:
        """Return a few states that stand for many draws of the numbers with ranges.

        Parameters
        ----------
        draws, keep
            How many draws are made, and how many states stand for them.
        since
            Label of the period from which it is known which came; the second one when left out.
        seed
            The same gives the same states, byte for byte.
        levers
            Numbers that are drawn; all with a range when left out.

        Returns
        -------
        fabopt.report.report.Report
            ``records.text`` is a file that an instance can include; :meth:`with_states` takes the records.

        Raises
        ------
        fabopt.errors.StudyError
            When there are no such draws, period or numbers.
        """
        from functools import partial

        from fabopt.analysis.draws.states import drawn_states
        from fabopt.analysis.lever_names import lever_name
        from fabopt.report.drawn_states import drawn_states_report

        record = drawn_states(self._tree, self.data, self.name, draws, keep, since, seed, levers)
        return drawn_states_report(record, partial(lever_name, self.data))

    def with_states(self, states: DrawnStates | Mapping[str, object] | str | Path) -> Self:
        """Return the instance with these states and no others, nor events: of draws, a section, or a file with one.

        Raises
        ------
        fabopt.io.problems.InstanceError
            When the file cannot be read, or the instance is not valid with them.
        """
        from fabopt.io.load import apply_merge, apply_section

        free = {key: part for key, part in self._tree.raw.items() if key not in ("states", "events")}
        tree = replace(self._tree, raw=free)
        if isinstance(states, str | Path):
            return type(self)(apply_section(tree, "states", states), self.name, self.scenario)
        section = states if isinstance(states, Mapping) else states.section
        return type(self)(apply_merge(tree, {"states": section}, "states"), self.name, self.scenario)

    def reconcile(self) -> Report[Reconciled]:
        """Return the instance held against the published figures that read it back; the others need a plan."""
        from fabopt.analysis.reconcile import reconciled
        from fabopt.report.frames import reconcile_report

        return reconcile_report(reconciled(self.network, self.data))

    @property
    def money(self) -> str:
        """Unit of money: "M USD", or nothing for a plain network alone, which has its own."""
        alone = self.data.network is not None and not self.data.labs and not self.data.markets
        return "" if alone else "M USD"

    def _options(self, given: RunOptions, objective: Objectives | None = None) -> SolveOptions:
        """Return the options of a run: those that are given, else the instance's own; without an objective, of a study.

        A study is about discounted value and whole plans.
        """
        from fabopt.solve.options import OptionError, run_options

        own, options = self.data.solving, given.copy()
        if objective is None and options.get("relaxed"):
            raise OptionError("A study compares plans with their integers; the LP relaxation is an option of solve.")
        if options.get("gap") is None:
            options["gap"], options["gap_from"] = own.gap, "instance"
        if own.time_limit is not None:
            options.setdefault("time_limit", own.time_limit)
        chosen = run_options("value" if objective is None else objective, options)
        return chosen if "perspective" in options else chosen.in_perspective(own.perspective)

    def diff(self, other: Inputs) -> pd.DataFrame:
        """Return what is not the same in another instance: lever or record, what stands here and there, factor."""
        import pandas as pd

        from fabopt.io.difference import differences

        rows = [(d.path, d.before, d.after, d.factor) for d in differences(self.data, other.data)]
        return pd.DataFrame(rows, columns=["path", "here", "there", "factor"])

    def __eq__(self, other: object) -> bool:
        """Return whether another instance has the same contents, wherever they were read from."""
        return isinstance(other, Inputs) and self._contents == other._contents

    def __hash__(self) -> int:
        return hash(self._contents)

    @cached_property
    def _contents(self) -> str:
        from fabopt.io.write import instance_hash

        return instance_hash(self.data)

    def __repr__(self) -> str:
        from fabopt.report.text import WIDTH, wrap

        held = [
            f"{len(part)} {name.replace('_', ' ')}" for name, part in self.data if isinstance(part, Mapping) and part
        ]
        few, more = self.sets[:MOST_SETS], len(self.sets) - MOST_SETS
        applied = f" with {', '.join(few)}{f' and {more} more' if more > 0 else ''}" if few else ""
        lines = wrap(", ".join(held) or "a plain network", WIDTH)
        return (
            f"Instance {self.name!r}{applied}: {self.data.about.title or 'untitled'}\n" + "\n".join(lines) + "\n"
            "try .show() .assumptions .with_({lever: value}) .validate() .solve()"
        )

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()
