r"""What is expected of a plan, against it: each expectation with pass, or with what breaks it most.

**Steady.** With the measure M, the length :math:`\ell` of a period (1 for a level), the least a that counts and the
factor k after so much time, :math:`d_t` of it from the middle of one period to that of the next,

.. math:: M_t / \ell_t \le k^{d_t} \max(M_{t-1} / \ell_{t-1},\; a) .

A floor of the section `limits` on the same measure that names the same values is a commitment, and excuses its time.

**Busy.** What is used of capacities over what they have, in periods in which more of them is ordered or comes.

**Used.** Of what is ordered, capacity is used somewhere that would not be there without the last order: a unit whose
capacities all have as much free, as long as it adds to them, was never used.

**Running.** No accelerator is off at a site with power to spare while running it is worth more than it costs.

**Published.** The plan is within a share of published figures. **Kept.** Nothing that is owed or stated at a price is
missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.reconcile import OutcomeRow, reconciled
from fabopt.domain.expectations import Expectation, Kind
from fabopt.domain.measured import Tagged, TagName
from fabopt.domain.tolerances import CLOSE
from fabopt.model.linear import sum_at
from fabopt.network.lowering.expectations import chosen
from fabopt.network.lowering.limits import described, is_level
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.tables import Array, UnitEffect
from fabopt.network.tagged import tagged
from fabopt.plan.plan import Plan

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MONTHS = {"month": 1.0, "quarter": 3.0, "year": 12.0}


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that breaks an expectation: by how much (1 is just so), and what in words."""

    size: float
    says: str


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """An expectation against a plan.

    Attributes
    ----------
    id, name
        Its id and name.
    looked_at, broken
        Cases that were looked at, and those of them that break it.
    worst
        What breaks it most, in words; empty where nothing does.
    why
        Why, as the instance says.
    """

    id: str
    name: str
    looked_at: int
    broken: int
    worst: str
    why: str

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return self.broken == 0

    @property
    def told(self) -> str:
        """Why it does not hold, where it does not."""
        return "" if self.holds else self.why or "not explained in the instance"


def expectations_frame(rows: Sequence[ExpectationRow]) -> pd.DataFrame:
    """Return expectations as a frame, a row each."""
    import pandas as pd

    columns = [field.name for field in fields(ExpectationRow)]
    return pd.DataFrame([{**asdict(row), "holds": row.holds} for row in rows], columns=[*columns, "holds"])


def expected(plan: Plan) -> tuple[ExpectationRow, ...]:
    """Return the expectations of an instance, held against a plan of it."""
    tests = _Tests(plan) if plan.data.expectations else None
    return tuple(tests.row(key, one) for key, one in plan.data.expectations.items()) if tests else ()


def values_of(plan: Plan, part: Sum) -> Array:
    """Return what a plan has of a measure in each period ``[T]``."""
    solved, terms = plan.solved, part.terms.rows()
    there = part.constant.copy()
    for t in range(part.periods):
        there[t] += sum_at(terms, [t], solved.net, solved.tables.columns, solved.x)
    return there


class _Tests:
    """A plan, of which things are expected. Each test yields a case that it looked at: a breach, or None."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.chain, self.net = plan.lowered
        self.scope = Scope(self.chain, self.net)
        self.labels = [period.label for period in self.net.periods]

    def row(self, key: str, one: Expectation) -> ExpectationRow:
        """Return an expectation against the plan."""
        cases = list(_TESTS[one.expect](self, one))
        broken = sorted((case for case in cases if case is not None), key=lambda case: -case.size)
        name = one.name or key
        return ExpectationRow(key, name, len(cases), len(broken), broken[0].says if broken else "", one.why)

    def looked(self, one: Expectation) -> NDArray[np.bool_]:
        """Return whether a period is looked at ``[T]``."""
        held = self.chain.window(one.since, one.until).share > 0.0
        return np.asarray(held & np.array([period.reported for period in self.net.periods]))

    def steady(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for jumps."""
        assert one.of is not None
        assert one.at_most is not None
        assert one.above is not None
        every = self.scope.measure(one.of, [one.where])
        level = is_level(one.of, every)
        sizes = self.chain.lengths.sizes
        length = np.ones(self.chain.n) if level else sizes
        first = self.chain.months[0] / MONTHS[one.per]
        apart = np.concatenate([sizes[:1], 0.5 * (sizes[1:] + sizes[:-1])]) * first
        per = 1.0 if level or not one.above.unit.endswith(("/month", "/year")) else self.chain.months[0]
        unit = next(iter(every.units)) if every.units else ""
        least = one.above.value * per / (12.0 if one.above.unit.endswith("/year") else 1.0)
        looked = self.looked(one)
        for values in self.scope.each(one.each, every.chosen):
            part = self.scope.measure(one.of, [one.where, Tagged.model_validate(values)]) if values else every
            rate = values_of(self.plan, part) / length
            before = np.concatenate([[math.nan if part.opening is None else part.opening], rate[:-1]])
            most = one.at_most.value**apart * np.fmax(before, least)
            excused = self.committed(one, values)
            said = " and ".join(values.values()) or described(one.of, one.where.said)
            for t in np.flatnonzero(looked & ~(np.isnan(before))):
                if rate[t] <= most[t] * (1.0 + CLOSE) or excused[t]:
                    yield None
                    continue
                was = f"{before[t]:,.4g} to {rate[t]:,.4g} {unit}".rstrip()
                was += "" if level else f" per {_length(self.chain.months[0])}"
                yield Breach(rate[t] / most[t], f"{said} in {self.labels[t]}: {was}")

    def committed(self, one: Expectation, values: Mapping[TagName, str]) -> NDArray[np.bool_]:
        """Return whether a floor on the same measure names the same values in a period ``[T]``."""
        there = np.zeros(self.chain.n, dtype=bool)
        for limit in self.plan.data.limits.values():
            named = dict(limit.where.named)
            promised = limit.of == one.of and limit.at_least is not None and limit.share_of is None
            if promised and values and all(value in named.get(tag, ()) for tag, value in values.items()):
                there |= self.chain.window(limit.since, limit.until).share > 0.0
        return there

    @cached_property
    def resources(self) -> pd.DataFrame:
        """Capacity, use and what is free of each resource by period."""
        table = self.plan.table("core/resources")
        return table.assign(there=table["base"] + table["added"], busy=table["used"] + table["occupied"])

    @cached_property
    def ordered(self) -> dict[str, Array]:
        """Units ordered in each period ``[T]``."""
        table = self.plan.table("core/units")
        index = {label: t for t, label in enumerate(self.labels)}
        ordered: dict[str, Array] = {}
        for unit, period, number in zip(table["id"], table["period"], table["ordered"], strict=True):
            ordered.setdefault(unit, np.zeros(self.chain.n))[index[period]] += number
        return ordered

    @cached_property
    def gains(self) -> dict[str, list[UnitEffect]]:
        """What units add to a resource."""
        gains: dict[str, list[UnitEffect]] = {}
        for effect in self.net.unit_effects:
            if effect.gains:
                gains.setdefault(effect.unit, []).append(effect)
        return gains

    def of_resource(self, column: str) -> dict[str, Array]:
        """Return a column of the resources ``[T]`` by id."""
        table = self.resources.pivot_table(index="id", columns="period", values=column, sort=False)
        return {str(key): row.reindex(self.labels).to_numpy(float) for key, row in table.iterrows()}

    def busy(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for capacity that grows and is not used."""
        assert one.at_least is not None
        there, used, added = (self.of_resource(name) for name in ("there", "busy", "added"))
        mine = [r for r in self.net.resources if self.scope.has(r.tags, one.where) and r.id in there]
        looked = self.looked(one)
        groups: dict[tuple[str, ...], list[str]] = {}
        for resource in mine:
            key = tuple(self.scope.value(tag, resource.tags) for tag in one.each) or (resource.name,)
            groups.setdefault(key, []).append(resource.id)
        for key, members in groups.items():
            capacity, use, more = (np.sum([of[m] for m in members], axis=0) for of in (there, used, added))
            grows = np.diff(more, prepend=0.0) > CLOSE * np.max(capacity)
            for unit, effects in self.gains.items():
                if any(effect.resource in members for effect in effects):
                    grows |= self.ordered.get(unit, np.zeros(self.chain.n)) > CLOSE
            for t in np.flatnonzero(looked & grows & (capacity > 0.0)):
                share = use[t] / capacity[t]
                short = share < one.at_least.value * (1.0 - CLOSE)
                says = f"{' '.join(key)} in {self.labels[t]}: {100.0 * share:.0f} % in use"
                yield Breach(one.at_least.value / max(share, CLOSE), says) if short else None

    def used(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for orders that nothing uses."""
        free = self.of_resource("free")
        for unit in self.net.units:
            ordered, effects = self.ordered.get(unit.id, np.zeros(0)), self.gains.get(unit.id, [])
            if not ordered.any() or not effects or not self.scope.has(unit.tags, one.where):
                continue
            last = int(np.max(np.flatnonzero(ordered)))
            number = min(1.0, float(ordered[last]))
            adds = [_added(effect, last, self.chain.n) * number for effect in effects]
            if any(added.any() for added in adds) and self.looked(one)[last]:
                idle = all(
                    np.all(free[effect.resource][added > 0.0] >= added[added > 0.0] * (1.0 - CLOSE))
                    for effect, added in zip(effects, adds, strict=True)
                    if effect.resource in free
                )
                yield Breach(number, f"{unit.name}, ordered in {self.labels[last]}") if idle else None

    def running(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for accelerators that are off and would earn what running them costs."""
        if not self.plan.in_money:
            return
        most = 0.0 if one.at_most is None else one.at_most.value
        rows = self.plan.table("core/rows")
        prices = rows[rows["family"] == "balance"].set_index(["id", "period"])["price"].to_dict()
        fleets = self.plan.table("fleet").set_index(["site", "chip", "period"])[["running", "idle"]].to_dict("index")
        spare = self.plan.table("power").set_index(["site", "period"])[["free", "used"]].to_dict("index")
        running = {m.id for m in tagged(self.net.materials, role="running")}
        gives = {flow.activity: flow for flow in self.net.flows if flow.material in running and flow.amount.max() > 0.0}
        costs = {a.id: np.zeros(self.chain.n) if a.cost is None else a.cost for a in self.net.activities}
        looked = self.looked(one)
        for activity in tagged(self.net.activities, role="operation"):
            if not self.scope.has(activity.tags, one.where):
                continue
            for t in np.flatnonzero(looked):
                label, tags = self.labels[t], activity.tags
                fleet, power = fleets.get((tags.site, tags.chip, label)), spare.get((tags.site, label))
                if fleet is None or power is None:
                    continue
                all_of_it = fleet["running"] + fleet["idle"]
                off = fleet["idle"] > max(most, CLOSE) * all_of_it and power["free"] > CLOSE * power["used"]
                worth = float(prices.get((gives[activity.id].material, label), math.nan))
                cost = costs[activity.id][t] * self.net.periods[t].discount
                if off and worth > cost * (1.0 + CLOSE):
                    yield Breach(fleet["idle"], f"{activity.name} in {label}: {fleet['idle']:,.4g} thousand are off")
                else:
                    yield None

    @cached_property
    def figures(self) -> dict[str, OutcomeRow]:
        """Published figures against the plan, by id."""
        return {row.id: row for row in reconciled(self.net, self.plan.data, self.plan).rows}

    def published(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for figures that the plan is far from."""
        assert one.within is not None
        for key in one.outcomes:
            row = self.figures[key]
            off = abs(row.planned - row.published)
            near = off <= one.within.value * abs(row.published) * (1.0 + CLOSE)
            planned = "no number" if math.isnan(off) else f"{row.planned:,.4g}"
            says = f"{row.name}, {row.since}: {planned} against {row.published:,.4g} {row.unit}".rstrip()
            size = off / abs(row.published) if row.published and not math.isnan(off) else math.inf
            yield None if near else Breach(size, says)

    def kept(self, one: Expectation) -> Iterator[Breach | None]:
        """Look for what is owed or stated and missed."""
        mine = set(chosen(self.scope, self.net, one))
        levels = self.plan.table("core/activities")
        looked = {label for label, held in zip(self.labels, self.looked(one), strict=True) if held}
        for activity in tagged(self.net.activities, role="shortfall"):
            if activity.tags not in mine:
                continue
            table = levels[(levels["id"] == activity.id) & levels["period"].isin(looked)]
            missed = table[table["level"] > CLOSE]
            for period, level in zip(missed["period"], missed["level"], strict=True):
                yield Breach(level, f"{activity.name} in {period}: {level:,.4g} {activity.unit}".rstrip())
            if missed.empty:
                yield None


_TESTS: Mapping[Kind, Callable[[_Tests, Expectation], Iterator[Breach | None]]] = {
    "steady": _Tests.steady,
    "busy": _Tests.busy,
    "used": _Tests.used,
    "running": _Tests.running,
    "published": _Tests.published,
    "kept": _Tests.kept,
}


def _added(effect: UnitEffect, ordered: int, periods: int) -> Array:
    """Return what one unit that is ordered in a period adds in each ``[T]``."""
    by_age = effect.by_order(periods)[ordered]
    return np.concatenate([np.zeros(ordered), np.maximum(by_age[: periods - ordered], 0.0)])


def _length(months: float) -> str:
    return next((name for name, one in MONTHS.items() if one == months), f"{months:g} months")
