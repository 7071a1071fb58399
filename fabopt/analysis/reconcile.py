"""Published figures against the instance, and against a plan of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from fabopt.domain.instance import Instance
from fabopt.domain.outcomes import OutcomeClass
from fabopt.domain.tolerances import CLOSE
from fabopt.model.linear import sum_at
from fabopt.network.lowering.builder import HOURS_PER_YEAR, PER_THOUSAND
from fabopt.network.tables import Network, Observed, Term
from fabopt.plan.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A published figure and what a plan has, or the instance.

    Attributes
    ----------
    id, name, unit, field
        Id, name with what is counted, unit of all numbers, and path in the instance.
    since, until
        Labels of the first and the last period that it covers.
    planned, published, low, high
        What the plan has, the figure, and its range.
    missed
        By how much the plan lies outside the range, in half ranges; negative below.
    role
        Whether it reads back the instance, or a plan decides it.
    why
        Why it differs, as the instance says.
    source
        Where it was published.
    """

    id: str
    name: str
    unit: str
    field: str
    since: str
    until: str
    planned: float
    published: float
    low: float
    high: float
    missed: float
    role: OutcomeClass
    why: str
    source: str

    @property
    def says(self) -> str:
        """What is counted, without the id."""
        return self.name.removeprefix(f"{self.id}: ")

    @property
    def inside(self) -> bool:
        """Whether the plan lies in the range."""
        return abs(self.missed) <= CLOSE


@dataclass(frozen=True)
class Reconciled:
    """An instance against published figures.

    Attributes
    ----------
    rows
        The figures that could be compared, inputs before outcomes.
    plan
        The plan in words; empty where there is none, and inputs alone are compared.
    waiting
        Figures and expectations that only a plan says something of, where there is none.
    """

    rows: tuple[OutcomeRow, ...]
    plan: str = ""
    waiting: int = 0

    def of(self, role: OutcomeClass) -> tuple[OutcomeRow, ...]:
        """Return the figures of a class."""
        return tuple(row for row in self.rows if row.role == role)

    @property
    def frame(self) -> pd.DataFrame:
        """The figures, a row each."""
        return frame_of(self.rows)


def frame_of(rows: Sequence[OutcomeRow]) -> pd.DataFrame:
    """Return figures as a frame, a row each."""
    import pandas as pd

    columns = [field.name for field in fields(OutcomeRow)]
    return pd.DataFrame([{**asdict(row), "inside": row.inside} for row in rows], columns=[*columns, "inside"])


def reconciled(net: Network, data: Instance, plan: Plan | None = None) -> Reconciled:
    """Return an instance against its published figures: all with a plan, without one those that nothing decides."""
    stated = _stated(net, data)
    ready = [one for one in stated if plan is not None or role_of(one) == "input"]
    rows = sorted((_row(one, net, data, plan) for one in ready), key=lambda row: row.role != "input")
    waiting = len(stated) - len(ready) + (len(data.expectations) if plan is None else 0)
    return Reconciled(tuple(rows), "" if plan is None else plan.held, waiting)


def outcomes_of(plan: Plan) -> tuple[OutcomeRow, ...]:
    """Return the published figures that a plan can be asked to agree with, held against it."""
    return tuple(_row(one, plan.net, plan.data, plan) for one in plan.net.outcomes)


def role_of(one: Observed) -> OutcomeClass:
    """Return whether a figure reads back the instance, or a plan decides it."""
    parts = [one] if one.over is None else [one, one.over]
    return "outcome" if one.priced or any(part.decided for part in parts) else "input"


def _stated(net: Network, data: Instance) -> list[Observed]:
    """Return the figures in the order of the instance."""
    order = list(data.outcomes)
    return sorted((*net.outcomes, *net.compared), key=lambda one: order.index(one.id))


def _row(one: Observed, net: Network, data: Instance, plan: Plan | None) -> OutcomeRow:
    planned = planned_of(one, plan)
    if one.over is not None:
        under = planned_of(one.over, plan)
        planned = planned / under if under else math.nan
    # What has no number (a growth from nothing, a price where money is not maximised) is not inside any range.
    out = math.nan if math.isnan(planned) else min(0.0, planned - one.low) + max(0.0, planned - one.high)
    missed = out / one.spread
    stated, labels = data.outcomes[one.id], [period.label for period in net.periods]
    return OutcomeRow(
        one.id, one.name, one.unit, one.tags.field, labels[one.window[0]], labels[one.window[-1]], planned,
        one.figure, one.low, one.high, 0.0 if abs(missed) <= CLOSE else missed, role_of(one), stated.why,
        ", ".join(stated.figure.source),
    )  # fmt: skip


def planned_of(one: Observed, plan: Plan | None) -> float:
    """Return what a plan has; without one what is there whatever is decided."""
    if plan is None or not one.decided:
        return one.constant
    return _worth(one, plan) if one.priced else one.constant + _sum(one.terms, one.window, plan)


def _sum(terms: Sequence[Term], window: Sequence[int], plan: Plan) -> float:
    solved = plan.solved
    return sum_at(terms, window, solved.net, solved.tables.columns, solved.x)


def _worth(one: Observed, plan: Plan) -> float:
    """Return the mean price of compute in US dollars per H100 equivalent and hour, by how much is made of each."""
    if not plan.in_money:
        return math.nan
    net, rows = plan.net, plan.table("core/rows")
    prices = rows[rows["family"] == "balance"].set_index(["id", "period"])["price"]
    material = {flow.activity: flow.material for flow in net.flows if flow.amount.max() > 0.0}
    made: dict[str, list[Term]] = {}
    for term in one.terms:
        made.setdefault(material[term.id], []).append(term)
    total, value = 0.0, 0.0
    for key, terms in made.items():
        for t in one.window:
            amount, period = _sum(terms, [t], plan), net.periods[t]
            total += amount
            value += amount * float(prices.get((key, period.label), math.nan)) / (period.discount * period.years)
    # From millions of dollars for a thousand over a year.
    return value / total / (PER_THOUSAND * HOURS_PER_YEAR) if total else math.nan
