"""What happened against what was planned: how far off, what that is worth, and the past that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fabopt.analysis.roll.facts import Meant, read
from fabopt.analysis.roll.past import Past, past_of
from fabopt.analysis.roll.records import Changed, Happened, Unused
from fabopt.analysis.sensitivity.places import Prices, worth_of
from fabopt.domain.instance import Instance
from fabopt.io.facts import Fact
from fabopt.io.levers import list_levers, set_lever
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.model.columns import Columns
from fabopt.model.linear import summed
from fabopt.network.lower import lower
from fabopt.network.tables import Array, Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import options_of
from fabopt.solve.formulate import Formulated, formulate
from fabopt.solve.perturbation import StructureChanged, column_keys, difference
from fabopt.solve.results.folder import Read


@dataclass(frozen=True, slots=True)
class Known:
    """The past as it is known.

    Attributes
    ----------
    read
        Returns a table of what was decided, by its name.
    data
        The instance with the numbers that it was carried out with.
    happened, unused
        What was told of it, and what of that could not be used.
    followed
        What else was not as planned, because of it (``held``: as it counts now, ``free``: as planned).
    """

    read: Read
    data: Instance
    happened: tuple[Happened, ...] = ()
    unused: tuple[Unused, ...] = ()
    followed: tuple[Changed, ...] = ()

    @property
    def off(self) -> bool:
        """Whether anything that is told was not as planned."""
        return any(one.off for one in self.happened)


def as_planned(plan: Plan) -> Known:
    """Return the past of which nothing is told: it was as planned."""
    return Known(plan.table, plan.data)


def known(plan: Plan, facts: Sequence[Fact], first: int) -> Known:
    """Return the past of a plan in which what is told of it holds; the rest counts as planned.

    Parameters
    ----------
    plan
        The plan.
    facts
        What happened.
    first
        Position of the first period that is open.

    Raises
    ------
    fabopt.io.problems.InstanceError
        With everything that is wrong: names, periods, units and values, or what cannot have been.
    fabopt.errors.StudyError
        Where the past cannot be told in the time.
    """
    meant, left = read(plan, facts, first)
    unused = tuple(Unused(fact.what, fact.name, str(fact.period), why) for fact, why in left)
    told = [(one, _told(one)) for one in meant]
    off = [one for one, said in told if said.off]
    if not off:
        return replace(as_planned(plan), happened=tuple(said for _, said in told), unused=unused)
    numbers = [one for one in off if one.lever]
    data = _with(plan.tree, plan.data, numbers, plan.net)
    net, made, planned = _carried_out(plan, data, bool(numbers))
    # What looks as planned on paper was as planned to the last digit.
    held = [one if said.off else replace(one, happened=one.planned) for one, said in told]
    past = past_of(net, made.tables.columns, made.program, planned, plan.table, held, first)
    worths = _Worths(plan, net, past, made.program.cost)
    happened = tuple(replace(said, worth=worths.of(one)) if said.off else said for one, said in told)
    return Known(past.read, data, happened, unused, tuple(_followed(net, past, meant)))


def _told(one: Meant) -> Happened:
    fact = one.fact
    source = fact.source or str(fact.place)
    return Happened(fact.what, one.name, one.period, one.planned, one.happened, one.unit, 0.0, source)


def _with(tree: Tree, data: Instance, numbers: Sequence[Meant], net: Network) -> Instance:
    """Return the instance in which some numbers were others in periods that have passed."""
    if not numbers:
        return data
    quantities = {lever.path: lever.quantity for lever in list_levers(data)}
    by_lever: dict[str, dict[int, float]] = {}
    for one in numbers:
        by_lever.setdefault(one.lever, {})[one.at] = one.happened
    raw = tree.raw
    for path, values in by_lever.items():
        quantity = quantities[path]
        if path.rpartition(".")[2].isdecimal():
            setting: Mapping[str, object] = {"unit": quantity.unit, "value": next(iter(values.values()))}
        else:
            steps = {str(p.start): values.get(p.index, quantity.mean(p.start, p.end)) for p in net.periods}
            setting = {"unit": quantity.unit, "steps": steps}
        raw = set_lever(raw, path, setting, Instance)
    return validate(replace(tree, raw=raw), Instance)


def _carried_out(plan: Plan, data: Instance, changed: bool) -> tuple[Network, Formulated, Array]:
    """Return network and program of what was carried out, and the plan in its columns."""
    solved = plan.solved
    if not changed:
        return plan.net, Formulated(solved.tables, solved.program), solved.x
    options = options_of(plan.run)
    net = lower(data, plan.run.instance)
    made = formulate(net, options.aim, plan.hooks, relaxed=options.relaxed)
    before = {(name, key): n for n, (name, key) in enumerate(_keys(solved.tables.columns, column_keys(solved.tables)))}
    x = np.zeros(made.program.n_columns)
    for n, key in enumerate(_keys(made.tables.columns, column_keys(made.tables))):
        x[n] = solved.x[before[key]] if key in before else 0.0
    return net, made, x


def _keys(columns: Columns, keys: Mapping[str, Sequence[tuple[str, ...]]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the block and key of each column, in their order."""
    return ((block.name, key) for block in columns if block.name in keys for key in keys[block.name])


class _Worths:
    """What differences are worth at the plan's prices: what is made, added or delivered, before what it costs."""

    def __init__(self, plan: Plan, net: Network, past: Past, cost: Array) -> None:
        self.plan, self.net, self.past, self.cost = plan, net, past, cost

    def of(self, one: Meant) -> float | None:
        """Return what a difference is worth, in the money of the plan; None where its prices are no money."""
        if not self.plan.in_money:
            return None
        return self._number(one) if one.seen is None else self._sum(one)

    def _number(self, one: Meant) -> float | None:
        """Return what another number was worth to first order, the plan carried out as it was."""
        solved = self.plan.solved
        data = _with(self.plan.tree, self.plan.data, [one], self.plan.net)
        options = options_of(self.plan.run)
        after = formulate(lower(data, self.plan.run.instance), options.aim, self.plan.hooks, relaxed=options.relaxed)
        patch = difference(solved.tables, after.tables)
        if isinstance(patch, StructureChanged):
            return None
        return worth_of(patch, Prices(solved.x, solved.row_price, solved.column_price))

    def _sum(self, one: Meant) -> float:
        assert one.seen is not None
        columns = self.past.columns
        coefficients, _ = summed(one.seen.terms, one.seen.window, self.net, columns)
        moved = self.past.x - self.past.planned
        at = np.flatnonzero((coefficients != 0.0) & (moved != 0.0))
        return float(sum(moved[j] * self._gross.get(int(j), 0.0) for j in at))

    @cached_property
    def _gross(self) -> Mapping[int, float]:
        """What one of each decision of the past makes, adds or delivers, at the plan's prices."""
        rows = self.plan.table("core/rows")
        prices: dict[tuple[str, str], dict[int, float]] = {}
        place = {period.label: period.index for period in self.net.periods}
        kept = rows[rows["family"].isin(("balance", "capacity"))]
        for family, id, label, price in zip(kept["family"], kept["id"], kept["period"], kept["price"], strict=True):
            if label in place:
                prices.setdefault((family, id), {})[place[label]] = float(price)
        columns, past, T = self.past.columns, len(self.past.labels), self.net.n_periods
        gross: dict[int, float] = {}

        def add(block: str, entity: int, t: int, worth: float) -> None:
            for column in np.ravel(columns[block].index[entity][..., t]):
                if column >= 0:
                    gross[int(column)] = gross.get(int(column), 0.0) + worth

        for flow in self.net.flows:
            for t in range(past):
                price = prices.get(("balance", flow.material), {}).get(t + flow.age, 0.0)
                if flow.amount[t] > 0.0 and price:
                    add("start", columns.at.activity[flow.activity], t, float(flow.amount[t]) * price)
        for effect in self.net.unit_effects:
            own = prices.get(("capacity", effect.resource), {})
            by_age = np.maximum(effect.by_order(T), 0.0)
            for t in range(past):
                worth = sum(float(by_age[t, s - t]) * own.get(s, 0.0) for s in range(t, T))
                if worth:
                    add("order", columns.at.unit[effect.unit], t, worth)
        for demand in self.net.demands:
            for t in range(past):
                for column in np.ravel(columns["deliver"].index[columns.at.demand[demand.id]][..., t]):
                    if column >= 0:
                        gross[int(column)] = float(self.cost[column])
        for material in self.net.materials:
            for t in range(past):
                add("stock", columns.at.material[material.id], t, prices.get(("balance", material.id), {}).get(t, 0.0))
        return gross


def _followed(net: Network, past: Past, meant: Sequence[Meant]) -> Iterator[Changed]:
    """Yield what was not as planned because of what is told, and is not told itself; the largest shares first."""
    columns = past.columns
    told: set[tuple[str, str, str]] = set()
    for one in meant:
        for term in one.seen.terms if one.seen is not None else ():
            told |= {(term.kind, term.id, label) for label in past.labels if label == one.period}
    units = {material.id: material.unit for material in net.materials}
    tables = {
        "start": ("activity", {a.id: (a.name, a.tags.owner, a.tags.stage, a.unit) for a in net.activities}),
        "deliver": (
            "demand",
            {d.id: (d.name, d.tags.customer, "delivered", units[d.material]) for d in net.demands},
        ),
        "stock": ("stock", {m.id: (m.name, m.tags.owner, "stock", m.unit) for m in net.materials}),
    }
    found = []
    for block, (kind, said) in tables.items():
        if not len(columns[block]):
            continue
        for (id, label), (planned, was) in past.moved(block).items():
            if (kind, id, label) not in told:
                name, owner, what, unit = said[id]
                found.append(Changed("followed", id, name, owner, what, label, was, planned, unit))
    order = {label: t for t, label in enumerate(past.labels)}
    yield from sorted(found, key=lambda c: (order[c.period], -abs(c.change) / max(c.held, c.free)))
