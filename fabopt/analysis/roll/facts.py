"""What actuals mean: each row as a sum over decisions of a plan or as a number of its instance, or what is wrong.

A row speaks of a measure of the chain (docs/limits.md) over a period, chosen by the ids, tags or display names of its
records: ``falcon / plains``; or of a number of the instance, by its lever. Everything that is wrong is found at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import get_args

from fabopt.analysis.reconcile import planned_of
from fabopt.domain.base import FieldProblem
from fabopt.domain.calendar import parse_when
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS
from fabopt.domain.measured import MEASURED, TAGS, UNITS, MeasureName, Tagged, TagName, Where
from fabopt.domain.outcomes import Outcome
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import Amount, In
from fabopt.domain.references import nearest
from fabopt.io.facts import Fact
from fabopt.io.levers import currency_rates, list_levers
from fabopt.io.problems import InstanceError, Problem, brief
from fabopt.io.shape import kinds_at, locate
from fabopt.network.lowering.limits import unit_faults
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.lowering.outcomes import Figures
from fabopt.network.tables import Observed, Period, Tags
from fabopt.plan.plan import Plan

NUMBER = "number"
"""What a row counts that speaks of a number of the instance: a price, what a site has of power, a yield."""
ALL = "all"
"""Name of everything that a measure counts."""

FOLLOWS: Mapping[MeasureName, str] = {
    "spending": "what is spent follows from what was delivered and ordered and from prices: give those",
    "cash": "cash follows from what was delivered and ordered and from prices: give those",
    "emissions": "emissions follow from what was run and made: give that",
    "marginal_worth": "a price of compute is no input of this plan: set the demand curve with --set",
}
"""Measures that a plan has and that are no facts to begin from, each with why."""

_RECORDS = {"orders": "unit", "capacity_added": "unit", "deliveries": "demand", "stock": "stock"}
"""Kind of the records whose ids a measure may be of, where they are no activities."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A row as the plan understands it.

    Attributes
    ----------
    fact
        The row.
    name
        What it speaks of, in words.
    period
        Label of its period, and ``at`` its position.
    planned, happened, unit
        What the plan has, what happened, and the unit of both.
    seen
        The sum over decisions; None for a number of the instance.
    lever
        Lever of a number, with the position where it is one of a list; empty else.
    """

    fact: Fact
    name: str
    period: str
    at: int
    planned: float
    happened: float
    unit: str
    seen: Observed | None = None
    lever: str = ""


def read(plan: Plan, facts: Sequence[Fact], first: int) -> tuple[tuple[Meant, ...], tuple[tuple[Fact, str], ...]]:
    """Return what rows mean, and those that cannot be used, each with why.

    Parameters
    ----------
    plan
        The plan that they are held against.
    facts
        The rows.
    first
        Position of the first period that is open.

    Raises
    ------
    InstanceError
        With everything that is wrong.
    """
    reader = _Reader(plan, first)
    for fact in facts:
        reader.row(fact)
    if reader.problems:
        raise InstanceError(reader.problems)
    return tuple(reader.meant), tuple(reader.unused)


class _Reader:
    """Reads rows against a plan."""

    def __init__(self, plan: Plan, first: int) -> None:
        self.plan, self.first = plan, first
        self.chain, self.net = plan.lowered
        self.scope, self.figures = Scope(self.chain, self.net), Figures(self.chain, self.net)
        self.rates = currency_rates(plan.tree.raw)
        self.problems: list[Problem] = []
        self.meant: list[Meant] = []
        self.unused: list[tuple[Fact, str]] = []
        self._given: dict[tuple[str, str, int], Fact] = {}

    def row(self, fact: Fact) -> None:
        """Read a row: what it means, why it cannot be used, or what is wrong with it."""
        measures = get_args(MeasureName)
        if fact.what != NUMBER and fact.what not in measures:
            known = (NUMBER, *measures)
            expected = f"a measure, such as shipments, orders, wafer_starts or stock, or '{NUMBER}'"
            self._wrong(
                fact, "what", f"{brief(fact.what)} is nothing that is counted", nearest(fact.what, known), expected
            )
            return
        at = self._period(fact)
        if at is None:
            return
        if fact.value is None:
            self.unused.append((fact, "no value was given, so it counts as planned"))
        elif fact.what == NUMBER:
            self._number(fact, self.net.periods[at])
        elif fact.what in FOLLOWS:
            self.unused.append((fact, FOLLOWS[fact.what]))  # type: ignore[index]
        else:
            self._measure(fact, fact.what, self.net.periods[at])  # type: ignore[arg-type]

    # -- periods -----------------------------------------------------------------------------------------------------

    def _period(self, fact: Fact) -> int | None:
        """Return the position of the period of a row; None where it is none of those that have passed."""
        periods, text = self.net.periods, str(fact.period).strip()
        found = next((p for p in periods if p.label == text), None)
        if found is None:
            try:
                day = parse_when(fact.period)
            except ValueError as error:
                self._wrong(fact, "period", f"{error}", f"write it like {periods[0].label}")
                return None
            found = next((p for p in periods if p.start == day), None)
        done = self.plan.data.pins.done_until
        since = 0 if done is None else sum(p.start < done for p in periods)
        window = f"{periods[since].label} to {periods[self.first - 1].label}"
        if found is not None and since <= found.index < self.first:
            return found.index
        shown = text if found is None else found.label
        hint = "leave the row out" if found is None or found.index < since else "roll to a later period with --to"
        self._wrong(fact, "period", f"'{shown[:40]}' is no period that has passed since", hint, f"one of {window}")
        return None

    # -- numbers of the instance -------------------------------------------------------------------------------------

    @cached_property
    def _levers(self) -> dict[str, Quantity]:
        return {lever.path: lever.quantity for lever in list_levers(self.plan.data)}

    def _number(self, fact: Fact, period: Period) -> None:
        path = fact.name
        quantity = self._levers.get(path)
        listed = f"{path}.{period.index}"
        if quantity is None and listed in self._levers:
            path, quantity = listed, self._levers[listed]
        if quantity is None:
            hint = nearest(path, self._levers)
            self._wrong(fact, "name", f"{brief(path)} is no number of this instance", hint, "the lever of a number")
            return
        kinds = kinds_at(Instance, locate(Instance, self.plan.tree.raw, fact.name))
        if not any(kind.quantity and kind.quantity.series for kind in kinds):
            hint = f"give it for all periods: --set {fact.name}=..."
            self._wrong(fact, "name", f"{brief(path)} cannot vary over time, so it cannot be of one period", hint)
            return
        raw = fact.value if not fact.unit else f"{fact.value} {fact.unit}"
        try:
            value = In(quantity.unit).read(raw, self.rates).value
        except FieldProblem as problem:
            self._refused(fact, problem)
            return
        if wrong := quantity.limits.broken_by(value):
            self._wrong(fact, "value", f"{fact.value} cannot be", expected=wrong)
        elif self._once(fact, path, period):
            planned = quantity.mean(period.start, period.end)
            unit = "" if quantity.unit == "1" else quantity.unit
            self.meant.append(Meant(fact, fact.name, period.label, period.index, planned, value, unit, None, path))

    # -- measures ----------------------------------------------------------------------------------------------------

    def _measure(self, fact: Fact, of: MeasureName, period: Period) -> None:
        part, said = self._chosen(fact, of)
        if part is None:
            return
        if not part.chosen:
            hint = "look at the tags with fabopt show --table orders, shipments, wafer_starts"
            self._wrong(fact, "name", f"no record counts: {said or ALL}, {MEASURED[of].by}", hint)
            return
        figure = self._figure(fact, part)
        if figure is None:
            return
        wrong = list(unit_faults(part, {("unit",): figure}))
        for fault in wrong:
            field = "name" if fault.path == ("where",) else "unit"
            self._wrong(fact, field, fault.message, fault.hint)
        if figure.value < 0.0:
            self._wrong(fact, "value", f"{figure.value:g} cannot have been", "", "at least 0")
        elif not wrong and self._once(fact, said, period):
            until = period.end - timedelta(days=1)
            outcome = Outcome.model_construct(
                name=said, of=of, party=(), where=Where(), since=period.start, until=until, figure=figure,
                ratio_to=None, added_since=None, why="",
            )  # fmt: skip
            seen = self.figures.seen(f"actual {len(self.meant) + 1}", outcome, part)
            self.meant.append(
                Meant(
                    fact, said, period.label, period.index, planned_of(seen, self.plan), figure.value, seen.unit, seen
                )
            )

    def _figure(self, fact: Fact, part: Sum) -> Quantity | None:
        own = {unit.lower() for unit in part.units if unit}
        try:
            if fact.unit.lower() in own and fact.unit not in UNITS:
                return constant(In("1").read(fact.value).value, "1")
            return Amount(UNITS, signed=True, series=False).read(
                fact.value if not fact.unit else f"{fact.value} {fact.unit}", self.rates
            )
        except FieldProblem as problem:
            self._refused(fact, problem)
            return None

    def _chosen(self, fact: Fact, of: MeasureName) -> tuple[Sum | None, str]:
        """Return what a row counts, and that in words; None where a word of its name is nothing's."""
        words = [] if fact.name.lower() == ALL else [w.strip() for w in re.split(r"\s*/\s*", fact.name) if w.strip()]
        if len(words) == 1:
            for kind, records in self._records(of).items():
                if words[0] in records:
                    part, (tags, unit, name) = Sum(self.chain.n), records[words[0]]
                    part.count(tags, unit)
                    part.add(kind, words[0], self.scope.ones)
                    return part, name
        every = self.scope.measure(of, []).chosen
        wheres: list[Tagged] = []
        for word in words:
            where = self._tag(word, every)
            if where is None:
                known = dict.fromkeys((*self._values(every), *self._ids(of), *self._names.values()))
                what = f"nothing that {of} counts is called {brief(word)}"
                self._wrong(fact, "name", what, nearest(word, known), "ids as the instance has them")
                return None, ""
            wheres.append(where)
        part = self.scope.measure(of, wheres)
        names = {self._called[id] for _, id, _ in part.terms.terms if id in self._called}
        said = " / ".join(self._names.get(id, id) for where in wheres for _, ids in where.named for id in ids)
        return part, names.pop() if len(names) == 1 else said or ALL

    @cached_property
    def _called(self) -> dict[str, str]:
        """Names of the records that terms may name, by id."""
        net = self.net
        return {record.id: record.name for records in (net.activities, net.units, net.demands) for record in records}

    def _ids(self, of: MeasureName) -> Iterator[str]:
        return (id for records in self._records(of).values() for id in records)

    def _records(self, of: MeasureName) -> dict[str, dict[str, tuple[Tags, str, str]]]:
        """Return the records that a measure may be of by themselves, by kind and id: tags, unit and name."""
        kind, net = _RECORDS.get(of, "activity"), self.net
        if kind == "activity":
            role = {"shipments": "shipment", "wafer_starts": "wafer_start", "packages": "package_start"}.get(of)
            if role is None and of != "activities":
                return {}
            rows = [a for a in net.activities if role is None or a.tags.role == role]
            return {kind: {a.id: (a.tags, a.unit if role is None else MEASURED[of].units[0], a.name) for a in rows}}
        if of == "capacity_added":
            return {}
        if kind == "unit":
            return {kind: {u.id: (u.tags, u.unit, u.name) for u in net.units}}
        units = {m.id: m.unit for m in net.materials}
        if kind == "demand":
            return {kind: {d.id: (d.tags, units[d.material], d.name) for d in net.demands}}
        return {kind: {m.id: (m.tags, m.unit, m.name) for m in net.materials if m.storable}}

    def _tag(self, word: str, every: Sequence[Tags]) -> Tagged | None:
        """Return the tag that a word is of: an id, or the display name of one."""
        ids = [word, *(id for id, name in self._names.items() if name.lower() == word.lower())]
        for id in ids:
            for tag in _ORDER:
                if any(self.scope.value(tag, tags) == id for tags in every):
                    return Tagged.model_validate({tag: id})
        return None

    def _values(self, every: Sequence[Tags]) -> Iterator[str]:
        for tags in every:
            for tag in _ORDER:
                if value := self.scope.value(tag, tags):
                    yield value

    @cached_property
    def _names(self) -> dict[str, str]:
        """Display names of the things of the instance, by id."""
        sections = [getattr(self.plan.data, kind.section, {}) for kind in KINDS.values()]
        sections += [self.plan.data.labs, self.plan.data.designers, self.plan.data.markets]
        return {
            str(id): name
            for section in sections
            if isinstance(section, Mapping)
            for id, one in section.items()
            if (name := getattr(one, "name", ""))
        }

    # -- what is wrong -----------------------------------------------------------------------------------------------

    def _once(self, fact: Fact, name: str, period: Period) -> bool:
        before = self._given.setdefault((fact.what, name, period.index), fact)
        if before is not fact:
            hint = f"first in {before.place}; leave one of them out"
            self._wrong(fact, "name", f"{fact.what} of {name} in {period.label} is given twice", hint)
        return before is fact

    def _refused(self, fact: Fact, problem: FieldProblem) -> None:
        for fault in problem.faults:
            number = isinstance(fact.value, int | float)
            self._wrong(fact, "unit" if fact.unit and number else "value", fault.message, fault.hint)

    def _wrong(self, fact: Fact, field: str, message: str, hint: str = "", expected: str = "") -> None:
        value: object = {"what": fact.what, "name": fact.name, "period": fact.period, "unit": fact.unit}.get(
            field, fact.value
        )
        expects = f"expected {expected}" if expected else ""
        self.problems.append(fact.problem(field, message, value=value, expected=expects, hint=hint))


_FIRST: tuple[TagName, ...] = ("chip", "site", "lab", "node", "item", "owner", "designer", "workload")
_ORDER: tuple[TagName, ...] = (*_FIRST, *(tag for tag in TAGS if tag not in _FIRST))
"""Tags in the order in which a word is looked for."""
