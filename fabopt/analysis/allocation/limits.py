"""What each limit on diversity, resilience and exports, and each stated one, costs: the plan with all, and without one.

Each plan is proved to within its gap, so the price of a limit is an interval, as that of a policy is. Beside this
finite price stand the prices of its rows in the plan: what one unit less of it would be worth, for small changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.allocation.study import Value, measured, price_between, value_of
from fabopt.analysis.frames import frame_of
from fabopt.domain.customers import BarredFlow
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.model.words import record_of
from fabopt.network.links import link
from fabopt.network.lower import lower
from fabopt.network.lowering.diversity import labs_in, planned
from fabopt.network.lowering.trade import said
from fabopt.network.tables import Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import LimitState, Solution

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = ("diversity", "resilience", "limits")
"""Sections of limits by id; rules on exports are a list."""


@dataclass(frozen=True, slots=True)
class PriceOfLimit:
    """What one limit costs.

    Attributes
    ----------
    section, limit, name
        Section of the instance, id there (a number from 1 for export rules), and display name.
    rows, binding
        Rows that it has in the model, and how many of them have a price in the plan.
    row, period, row_price, per
        The row with the largest price: its name, first period, and value of one of what `per` says; None where no row
        has a price.
    point
        Value of easing every row by one percentage point of compute (of an export rule or a stated limit by one per
        cent of its quantity), by the rows' prices, so for small changes; None where it has no rows.
    status, low, high
        How the plan without this limit, under all others, ended; and by how much more it is worth, at least and at
        most (None where one of the two plans is missing).
    """

    section: str
    limit: str
    name: str
    rows: int
    binding: int
    row: str | None
    period: str | None
    row_price: float | None
    per: str
    point: float | None
    status: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class LimitStudy:
    """What the limits of an instance cost.

    Attributes
    ----------
    value, without
        Value of the plan under all limits, and without any of them.
    prices
        By limit.
    why
        Why there is no plan under all limits, where there is none.
    """

    value: Value
    without: Value
    prices: tuple[PriceOfLimit, ...]
    why: tuple[str, ...] = ()

    @property
    def price(self) -> tuple[float, float] | None:
        """Lower and upper end of the price of all limits together; None where there is no plan."""
        return price_between(self.value, self.without)

    @property
    def frame(self) -> pd.DataFrame:
        """The prices as a frame."""
        return frame_of(self.prices, PriceOfLimit)


def limit_study(instance: Instance, options: SolveOptions | None = None) -> LimitStudy:
    """Solve an instance with all of its limits, without each of them, and without any.

    Parameters
    ----------
    instance
        An instance with limits in the sections `diversity`, `resilience`, `limits` or `barred_flows`.
    options
        Options of all runs.

    Raises
    ------
    fabopt.errors.StudyError
        When the instance has no such limits.
    """
    limits = list(_limits(instance))
    if not limits:
        raise StudyError(
            "The instance has no limits on diversity, resilience or exports and states none (sections diversity, "
            "resilience, barred_flows and limits), so there is nothing to price."
        )
    net = lower(instance)
    plan = solve(net, options)
    none: dict[str, Any] = {**{section: {} for section in SECTIONS}, "barred_flows": ()}
    bare = solve(lower(instance.model_copy(update=none)), options)
    value = value_of(plan)
    prices = tuple(
        _priced(instance, section, name, field, title, rest, net, plan, value, options)
        for section, name, field, title, rest in limits
    )
    return LimitStudy(value, value_of(bare), prices, tuple(conflict.sentence for conflict in plan.conflicts))


def _limits(instance: Instance) -> Iterator[tuple[str, str, str, str, Instance]]:
    """Yield section, id, field and name of each limit, with the instance without it."""
    for section in SECTIONS:
        limits = getattr(instance, section)
        for name, limit in limits.items():
            rest = {other: record for other, record in limits.items() if other != name}
            yield section, name, f"{section}.{name}", limit.name or name, instance.model_copy(update={section: rest})
    rules = instance.barred_flows
    for place, rule in enumerate(rules):
        free = instance.model_copy(update={"barred_flows": (*rules[:place], *rules[place + 1 :])})
        yield "barred_flows", str(place + 1), f"barred_flows.{place}", _rule(instance, rule), free


def _rule(instance: Instance, rule: BarredFlow) -> str:
    return rule.name or said(instance, rule)


def _priced(
    instance: Instance,
    section: str,
    name: str,
    field: str,
    title: str,
    rest: Instance,
    net: Network,
    plan: Solution,
    value: Value,
    options: SolveOptions | None,
) -> PriceOfLimit:
    ids = {group.id for group in net.groups if f"{group.tags.field}.".startswith(f"{field}.")}
    states = [state for state in plan.limits if state.entity in ids]
    priced = [state for state in states if state.price != 0.0]
    point = sum(
        abs(state.price) * size
        for state, size in zip(states, _points(instance, section, net, plan, states), strict=True)
    )
    most: LimitState | None = max(priced, key=lambda state: abs(state.price), default=None)
    value_without = value_of(solve(lower(rest), options))
    price = price_between(value, value_without)
    low, high = (None, None) if price is None else price
    return PriceOfLimit(
        section, name, title, len(states), len(priced),
        None if most is None else most.name,
        None if most is None else net.periods[most.period].label,
        None if most is None else abs(most.price),
        "" if most is None else record_of(most.family).per_unit(most.unit),
        point if states else None, value_without.status, low, high,
    )  # fmt: skip


def _points(
    instance: Instance, section: str, net: Network, plan: Solution, states: list[LimitState]
) -> Iterator[float]:
    """Yield what one percentage point is in each row: of planned compute, or of what a rule or a limit allows."""
    links = link(net)
    compute = {lab.id: measured(planned(links, lab), net, plan) for lab in labs_in(instance, net)}
    windows = {(group.id, window[0]): (group, window) for group in net.groups for window in group.windows}
    for state in states:
        group, window = windows[state.entity, state.period]
        if section == "limits":
            yield 0.01 * abs(float(state.limit or state.used))
        else:
            of = state.limit if group.limit_kind == "law" else compute[group.tags.lab][list(window)].sum()
            yield 0.01 * float(of)
