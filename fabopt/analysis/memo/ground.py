"""What a memo stands on: a solved plan and a lab, which its analyses share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.explain.names import known
from fabopt.analysis.memo.records import Amount
from fabopt.domain.instance import Instance
from fabopt.domain.names import display_names
from fabopt.errors import StudyError
from fabopt.network.tables import Network, Period
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram

if TYPE_CHECKING:
    import pandas as pd

REPORTED = {"reported": "yes"}
"""Filter of the periods that are reported."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A solved plan for one lab.

    Attributes
    ----------
    of
        The solved plan.
    lab
        Id of the lab.
    sites
        Ids of its sites.
    names
        Display names by id.
    reported
        The reported periods.
    """

    of: Plan
    lab: str
    sites: tuple[str, ...]
    names: Mapping[str, str]
    reported: tuple[Period, ...]

    @property
    def data(self) -> Instance:
        """Return the instance."""
        return self.of.data

    @property
    def net(self) -> Network:
        """Return its process network."""
        return self.of.net

    @property
    def plan(self) -> SolvedProgram:
        """Return the program with the plan."""
        return self.of.solved

    @property
    def doubt(self) -> float:
        """Return million dollars by which a better plan may exceed this one; infinite where no bound is known."""
        return self.of.doubt

    def read(self, table: str) -> pd.DataFrame:
        """Return a table of the result."""
        return self.of.table(table)

    @property
    def name(self) -> str:
        """Return the display name of the lab."""
        return self.data.labs[self.lab].name

    @property
    def done(self) -> int:
        """Return how many periods are done: a plan that was rolled on can still decide those after them."""
        until = self.data.pins.done_until
        return 0 if until is None else sum(period.start < until for period in self.net.periods)

    @property
    def open(self) -> dict[str, str]:
        """Return the filter of the reported periods that can still be decided."""
        if not self.done:
            return REPORTED
        first = self.net.periods[self.done].label
        return {"period": first if first == self.until else f"{first}..{self.until}"}

    @property
    def first(self) -> str:
        """Return the label of the first period."""
        return self.net.periods[0].label

    @property
    def until(self) -> str:
        """Return the label of the last reported period."""
        return self.reported[-1].label

    @property
    def years(self) -> dict[str, tuple[str, str]]:
        """Return the first and last reported period of every calendar year."""
        years: dict[str, tuple[str, str]] = {}
        for period in self.reported:
            year = str(period.start.year)
            years[year] = (years[year][0] if year in years else period.label, period.label)
        return years

    def within(self, year: str) -> str:
        """Return the filter of the reported periods of a calendar year."""
        first, last = self.years[year]
        return first if first == last else f"{first}..{last}"

    def called(self, id: str) -> str:
        """Return the display name of an id; the id itself where there is none."""
        return self.names.get(id, id)

    def money(self, value: float, origin: str, low: float | None = None, high: float | None = None) -> Amount:
        """Return million dollars, discounted."""
        return Amount(value, "MUSD", origin, low, high)


def ground(plan: Plan, lab: str) -> Ground:
    """Return a plan for a lab.

    Raises
    ------
    StudyError
        If there is no plan or no such lab, the result is seen from one party's perspective, or its objective is not
        money.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    where, status = plan.run.instance, plan.run.status.replace("_", " ")
    if not plan.has_plan:
        raise StudyError(f"The result of {where} has no plan, so there is nothing to sign; its status is {status}.")
    plan.of_system("a memo is written from the system's plan")
    if not plan.in_money:
        objective = plan.run.options.objective
        raise StudyError(f"The plan was made for {objective}; a memo weighs money, so solve for value first.")
    known("lab", lab, plan.data.labs, where)
    return Ground(
        of=plan,
        lab=lab,
        sites=tuple(s for s, site in plan.data.sites.items() if site.lab == lab),
        names=display_names(plan.data),
        reported=tuple(p for p in plan.net.periods if p.reported),
    )
