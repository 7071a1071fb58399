"""What a run gave: its figures and tables, and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fabopt.api.places import default_folder

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.api.statistics import Statistics
    from fabopt.model.build import Hook
    from fabopt.plan.plan import Plan
    from fabopt.report.report import Report
    from fabopt.solve.results.run_info import RunInfo
    from fabopt.solve.solution import Conflict
    from fabopt.solve.start import StartPlan


class PlanTables:
    """What a run gave: how good the plan is, its tables, and the answer in words.

    Attributes
    ----------
    plan
        The solved plan that every question is asked of.
    log
        The solver's log.
    conflicts
        Why there is no plan, where there is none.
    folder
        Where it was saved last, or loaded from; None where it is in memory alone.
    """

    folder: Path | None = None

    def __init__(self, plan: Plan, log: str, conflicts: Sequence[Conflict] = ()) -> None:
        self.plan = plan
        self.log = log
        self.conflicts = tuple(conflicts)

    @property
    def run(self) -> RunInfo:
        """What was solved and how: instance, scenario, settings, options, status, objective, bound, gap, versions."""
        return self.plan.run

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """The hooks that it was solved with; empty where they were not given again to a result that was read."""
        return self.plan.hooks

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name: ``"orders"``, ``"core/limits"``, ``"companies"``.

        Its title and the unit of each column stand in ``attrs["title"]`` and ``attrs["units"]``; beside the label of a
        period stands its first day, `start`, as a date.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or no such table.
        """
        from fabopt.analysis.companies import table_of
        from fabopt.solve.results.frames import labelled

        spec, frame = table_of(self.plan, name)
        units = {column.name: column.counted_in(self.run.money_unit) for column in spec.columns}
        return labelled(frame, spec.says, units, self._starts)

    @cached_property
    def _starts(self) -> dict[str, str]:
        """First day of each period by its label."""
        periods = self.plan.table("core/periods")
        return dict(zip(periods["period"], periods["start"], strict=True))

    def start_plan(self) -> StartPlan:
        """Return all decisions, for a solve to begin with."""
        from fabopt.solve.start import start_plan

        return start_plan(self.run.instance, self.table("core/decisions"))

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return self.plan.has_plan

    @property
    def status(self) -> str:
        """How it ended: optimal, within_gap, wider_gap, time_limit, interrupted, infeasible, unbounded or no_plan."""
        return self.run.status.value

    @property
    def objective(self) -> float | None:
        """Value of the objective that was asked for, in `run.objective_unit`."""
        return self.run.objective

    @property
    def bound(self) -> float | None:
        """What no plan can exceed (or, for least cost and dates, fall below)."""
        return self.run.bound

    @property
    def gap(self) -> float | None:
        """Share by which the plan may be short of the best one."""
        return self.run.gap

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
    def tasks(self) -> pd.DataFrame:
        """Tasks of a lab's customers by tier, which AI model serves them, and what that is worth."""
        return self.table("tasks")

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

    @property
    def statistics(self) -> Statistics:
        """Capacity, use, supply, cost, revenue and rent by tags: ``result.statistics.use(by="owner", per="year")``."""
        from fabopt.api.statistics import Statistics

        return Statistics(self.plan)

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

        atomic_write(Path(path), workbook_bytes(self.plan))

    @cached_property
    def answer(self) -> Report[Plan]:
        """The plan in words; ``print(result.answer)``."""
        from fabopt.report.answer import answer

        return answer(self.plan)

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
        from fabopt.solve.results.folder import write_result

        folder = Path(path) if path is not None else self.default_folder
        if self.run.large:  # what holds it back takes minutes to find: a plan in memory alone could be lost with it
            write_result(folder, self.files(ranked=False))
            self.folder = folder
        write_result(folder, self.files())
        self.folder = folder
        return folder

    def files(self, *, ranked: bool = True) -> dict[str, bytes]:
        """Return the files of the result folder by their names.

        Parameters
        ----------
        ranked
            Whether it is found out, and kept, what holds the plan back most, by what 10 % more adds.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        from fabopt.report.answer import ranked_limits
        from fabopt.solve.results.build import ALL_TABLES
        from fabopt.solve.results.folder import result_files

        tables = {spec: self.plan.table(f"{spec.group}/{spec.name}") for spec in ALL_TABLES}
        run = replace(self.run, ranking=ranked_limits(self.plan)) if ranked else self.run
        return result_files(run, tables, self.plan.instance, self.log)

    def keep(self, path: str | Path) -> Path | None:
        """Save the result as :meth:`save` does, or elsewhere where that fails; both are told.

        Returns
        -------
        pathlib.Path or None
            Where it was saved, `folder` from now on; None where no place takes it.
        """
        from fabopt.io.files import kept

        return kept(Path(path), self.save)

    @property
    def default_folder(self) -> Path:
        """Where :meth:`save` writes when no folder is named."""
        return default_folder(
            self.run.instance, self.run.scenario, self.plan.perspective, self.plan.data.solving.perspective
        )

    def __repr__(self) -> str:
        from fabopt.report.answer import STATUS_SAYS
        from fabopt.report.text import percent

        if not self.has_plan:
            why = [f"\n  {conflict.sentence}" for conflict in self.conflicts]
            return f"Result {self.plan.name!r}: no plan, {self.status}{''.join(why)}\ntry .conflicts .log"
        says = STATUS_SAYS.get(self.status, self.status)
        return (
            f"Result {self.plan.name!r}: {says}, gap {percent(self.gap)}\n{self.answer.sentence}\n"
            "try .answer .shipments .chip_mix .orders .limits .table(name) .chart() .save()"
        )

    def _repr_html_(self) -> str:
        from html import escape

        if not self.has_plan:
            return f"<pre>{escape(repr(self))}</pre>"
        return f"<h4>{escape(self.plan.name)}</h4>\n{self.answer._repr_html_()}"
