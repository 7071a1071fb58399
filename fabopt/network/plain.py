r"""Lowering of the plain `network:` section to the tables of the process network.

The section counts time in periods and states amounts per period. Where the horizon's periods are of unequal length a
period is one as long as the first: what is stated once is so much per such a period (times the length of each period,
to its power where it is a share that survives), durations are converted, and a list holds for each period as it stands.
An activity that uses a resource of the kind *level* holds it for as long as a period of the first length; over a longer
one that is the part of it that this takes.

What an activity a that is on or off takes and uses by being on, and by being switched on, is done by activities beside
it, which run in step with it:

.. math:: x_{b,t} = w_{a,t} \qquad x_{c,t} = v_{a,t}

with its decisions w (on) and v (switched on), and the levels of what stands for being on, b, and for the starts, c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

import numpy as np

from fabopt.domain import plain as spec
from fabopt.domain.base import FieldProblem
from fabopt.domain.plain_activity import Activity, OnOff, Portion
from fabopt.domain.plain_horizon import PeriodNames, horizon_faults
from fabopt.domain.plain_rows import Row
from fabopt.domain.plain_things import Effect, Parts, Unit
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network import tables
from fabopt.network.lengths import Lengths
from fabopt.network.plain_sums import Numbers, Series, Sums, one, tags_of
from fabopt.network.profiles import ramp_profile, spread_profile
from fabopt.network.tables import Array, Period


def lower_plain(
    network: spec.PlainNetwork, periods: tuple[Period, ...], *, name: str = "", end_discount: float = 1.0
) -> tables.Network:
    """Lower a plain network over the periods of a horizon.

    Parameters
    ----------
    network
        The section, validated.
    periods
        The periods of the horizon, in order.
    name
        Name of the result.
    end_discount
        Factor that brings money of the end of the horizon to the decision date.

    Returns
    -------
    Network
        Records in the order of the section.

    Raises
    ------
    FieldProblem
        When a list has not one number for each period, or a period is named that the horizon does not have;
        with every such fault, at its path inside the section.
    """
    labels, years = tuple(period.label for period in periods), tuple(period.start.year for period in periods)
    names = PeriodNames(labels, years, Lengths.of(periods).even)
    faults = horizon_faults(network, names)
    if faults:
        raise FieldProblem(faults)
    lowering, sums = _Lowering(network, periods, names), Sums(network, periods, names)
    units, effects, unit_materials = lowering.units()
    activities, flows, uses = lowering.activities()
    return tables.Network(
        name=name,
        periods=periods,
        materials=lowering.materials(),
        activities=activities,
        flows=flows,
        uses=uses,
        resources=lowering.resources(),
        units=units,
        unit_effects=effects,
        unit_materials=unit_materials,
        demands=lowering.demands(),
        budgets=sums.budgets(),
        groups=sums.limits(),
        whole_groups=sums.whole_groups(),
        definitions=lowering.in_step(),
        constant_value=one(network.constant_value, 0.0),
        end_discount=end_discount,
    )


class _Lowering(Series):
    """The records over the periods of one horizon; their lists and names of periods are known to fit."""

    def __init__(self, network: spec.PlainNetwork, periods: tuple[Period, ...], names: PeriodNames) -> None:
        super().__init__(network, periods, names)
        self.kinds = {key: item.kind for key, item in network.resources.items()}
        self.steps: list[tables.GroupLimit] = []

    def weights(self, portion: Portion, lead: float) -> tuple[int, Array]:
        """First age and shares by age of an amount, and by period of the start; they sum to 1 but for given ages."""
        if portion.spread is not None:
            shares = spread_profile(portion.spread.value)
        elif portion.ages is not None:
            shares = np.array([share.value for share in portion.ages])
        else:
            return self.lengths.arrive(lead)
        if self.lengths.even:
            return ramp_profile(lead, shares, persistent=False)
        n = len(self.periods)
        total = np.zeros((n + 1, n))
        for k, share in enumerate(shares.tolist()):
            first, weights = self.lengths.arrive(lead + k)
            total[first : first + len(weights)] += share * weights
        return 0, total

    def materials(self) -> tuple[tables.Material, ...]:
        """Return the materials."""
        return tuple(
            tables.Material(
                id=key,
                name=item.name or key,
                unit=item.unit,
                tags=tags_of(item.tags, "materials", key),
                storable=item.storable,
                opening=one(item.opening, 0.0) * one(item.opening_survival, 1.0),
                receipts=self.maybe(item.receipts, rate=True),
                survival=self.lengths.one(one(item.survival, 1.0) ** self.lengths.sizes),
                carrying_cost=self.maybe(item.carrying_cost, rate=True),
                disposal_cost=one(item.disposal_cost, 0.0) if item.disposal else None,
                terminal_value=one(item.terminal_value, 0.0),
                safety_stock=self.maybe(item.safety_stock),
                shortfall_cost=self.per_period(item.shortfall_cost),
                stock_limit=one(item.stock_limit, np.inf),
                shelf_life=item.shelf_life,
                cyclic=self.network.cyclic,
            )
            for key, item in self.network.materials.items()
        )

    def activities(self) -> tuple[tuple[tables.Activity, ...], tuple[tables.Flow, ...], tuple[tables.Use, ...]]:
        """Return the activities, what they take and make, and the resources that they use."""
        flows: dict[tuple[str, str, int], Array] = {}
        uses: dict[tuple[str, str, int], Array] = {}
        beside: list[tables.Activity] = []

        def take(key: str, inputs: Mapping[str, Portion], used: Mapping[str, Portion], times: Array | float) -> None:
            """Note what an activity takes and uses."""
            for name, portion in inputs.items():
                for age, amount in self.portion(portion, 0.0):
                    _add(flows, (key, name, age), -amount * times)
            for name, portion in used.items():
                for age, amount in self.portion(portion, 0.0):
                    held = 1.0 if self.kinds[name] == "rate" else self.lengths.later(age)
                    _add(uses, (key, name, age), amount * times / held)

        for key, item in self.network.activities.items():
            take(key, item.inputs, item.uses, 1.0)
            for name, output in item.outputs.items():
                good = self.series(output.yield_, 1.0)
                for age, amount in self.portion(output, one(item.lead, 0.0)):
                    _add(flows, (key, name, age), amount * good)
            for kind, inputs, used, times in self.switched(item):
                step = f"{key}:{_STEPS[kind]}"
                name = f"{item.name or key}, {_STEPS[kind]}"
                tags = tags_of(item.tags, "activities", f"{key}.on_off")
                beside.append(tables.Activity(step, name, "", tags, cyclic=self.network.cyclic))
                self.steps.append(_in_step(beside[-1], kind, key, len(self.periods)))
                take(step, inputs, used, times)
        return (
            (*(self.activity(key, item) for key, item in self.network.activities.items()), *beside),
            tuple(tables.Flow(*key, amount) for key, amount in flows.items()),
            tuple(tables.Use(*key, amount) for key, amount in uses.items()),
        )

    def switched(
        self, item: Activity
    ) -> Iterator[tuple[Literal["on", "switch"], Mapping[str, Portion], Mapping[str, Portion], Array | float]]:
        """Yield what an activity takes and uses by being on and by being switched on, and how many times a period."""
        switch = item.on_off
        if switch is not None and (switch.inputs_while_on or switch.uses_while_on):
            yield "on", switch.inputs_while_on, switch.uses_while_on, self.lengths.sizes
        if switch is not None and (switch.inputs_per_start or switch.uses_per_start):
            yield "switch", switch.inputs_per_start, switch.uses_per_start, 1.0

    def in_step(self) -> tuple[tables.GroupLimit, ...]:
        """Return the rows that hold what is used by being on, and by being switched on, in step with that."""
        return tuple(self.steps)

    def activity(self, key: str, item: Activity) -> tables.Activity:
        """Return an activity."""
        switch = item.on_off or OnOff()
        upper = self.maybe(item.upper, rate=True)
        return tables.Activity(
            id=key,
            name=item.name or key,
            unit=item.unit,
            tags=tags_of(item.tags, "activities", key),
            cost=self.maybe(item.cost),
            lower=self.maybe(item.lower, rate=True),
            upper=None if upper is None else upper * switch.units,
            lot=None if item.lot is None else item.lot.value,
            on_off=item.on_off is not None,
            fixed_cost=self.maybe(switch.fixed_cost, rate=True),
            start_cost=one(switch.start_cost, 0.0),
            min_run=switch.min_run,
            was_on=int(switch.was_on),
            units=switch.units,
            min_off=switch.min_off,
            counts_starts=key in self.started,
            cyclic=self.network.cyclic,
        )

    @cached_property
    def started(self) -> frozenset[str]:
        """Activities of which something counts the switches from off to on."""
        rows: tuple[Row, ...] = (
            *self.network.budgets.values(),
            *self.network.groups.values(),
            *self.network.whole_groups.values(),
        )
        terms = (term for row in rows for term in row.terms if term.counted[0] in ("start", "stop"))
        counted = {key for term in terms for key in self.network.chosen(term)}
        using = {
            key for key, item in self.network.activities.items() if "switch" in (s[0] for s in self.switched(item))
        }
        return frozenset(counted | using)

    def portion(self, portion: Portion, lead: float) -> Iterator[tuple[int, Array]]:
        """Amount by age, each ``[T]`` by the period of the start."""
        amount = self.series(portion.amount, 1.0)
        first, weights = self.weights(portion, one(portion.lead, lead))
        for step, weight in enumerate(weights):
            if np.any(weight):
                yield first + step, amount * weight

    def resources(self) -> tuple[tables.Resource, ...]:
        """Return the resources."""
        return tuple(
            tables.Resource(
                id=key,
                name=item.name or key,
                unit=item.unit,
                kind=item.kind,
                base=self.rate(item.capacity) if item.kind == "rate" else self.series(item.capacity),
                tags=tags_of(item.tags, "resources", key),
                limit_kind=item.limit_kind,
                relaxable=item.relaxable,
            )
            for key, item in self.network.resources.items()
        )

    def units(self) -> tuple[tuple[tables.Unit, ...], tuple[tables.UnitEffect, ...], tuple[tables.UnitMaterial, ...]]:
        """Return what can be ordered, what it adds or occupies, and the materials that it takes."""
        effects: list[tables.UnitEffect] = []
        parts: list[tables.UnitMaterial] = []
        for key, item in self.network.units.items():
            for side, sign in (("adds", 1.0), ("occupies", -1.0)):
                named: Mapping[str, Effect] = getattr(item, side)
                for name, effect in named.items():
                    effects.append(self.effect(key, name, effect, one(item.lead, 0.0), sign))
            for side, sign, lead in (("consumes", -1.0, 0.0), ("releases", 1.0, one(item.lead, 0.0))):
                of_side: Mapping[str, Parts] = getattr(item, side)
                for name, part in of_side.items():
                    first, weights = self.lengths.arrive(one(part.lead, lead))
                    amount = sign * one(part.amount, 1.0)
                    parts += (
                        tables.UnitMaterial(
                            key, name, first + step, amount * (float(weight[0]) if self.lengths.even else weight)
                        )
                        for step, weight in enumerate(weights)
                    )
        return tuple(self.unit(key, item) for key, item in self.network.units.items()), tuple(effects), tuple(parts)

    def effect(self, unit: str, resource: str, effect: Effect, lead: float, sign: float) -> tables.UnitEffect:
        shares = np.array([1.0] if effect.ramp is None else [share.value for share in effect.ramp])
        if effect.lasts is not None:
            # The last share of the ramp holds until the effect ends.
            shares = np.concatenate([shares, np.full(max(effect.lasts - shares.size, 0), shares[-1])])
            shares = shares[: effect.lasts]
        lasting = effect.lasts is None
        first, profile = self.lengths.ramp(one(effect.lead, lead), shares, persistent=lasting)
        scale = None if self.kinds[resource] == "level" else self.lengths.sizes
        amount = sign * one(effect.amount, 1.0)
        return self.lengths.effect(unit, resource, first, amount * profile, scale, persistent=lasting)

    def most(self, item: Unit) -> Array | None:
        """Most units ordered in each period; a part of a whole unit counts as one."""
        most = self.maybe(item.upper, rate=True)
        if most is None or self.lengths.even or not item.whole or isinstance(item.upper, tuple):
            return most
        return np.asarray(np.ceil(most - NEGLIGIBLE))

    def unit(self, key: str, item: Unit) -> tables.Unit:
        """Return what can be ordered."""
        pinned = None
        if item.pinned:
            pinned = np.full(len(self.periods), np.nan)
            for name, number in item.pinned.items():
                pinned[self.names.index(name)] = number.value
        return tables.Unit(
            id=key,
            name=item.name or key,
            unit=item.unit,
            tags=tags_of(item.tags, "units", key),
            cost=self.maybe(item.cost),
            upper=self.most(item),
            total=one(item.total, np.inf),
            whole=item.whole,
            min_order=one(item.min_order, 0.0),
            max_order=one(item.max_order, np.inf),
            fixed_cost=self.maybe(item.fixed_cost),
            pinned=pinned,
            opening=one(item.opening, 0.0),
            retire_cost=None if item.retire_cost is None else item.retire_cost.value,
            lead=one(item.lead, 0.0),
            terminal_value=self.maybe(item.terminal_value),
            instrument=item.instrument,
        )

    def demands(self) -> tuple[tables.Demand, ...]:
        """Return the demands."""
        return tuple(self.demand(key, item) for key, item in self.network.demands.items())

    def wanted(self, quantity: Numbers | Literal["unlimited"]) -> Array:
        """Return what is wanted in each period; infinite where it is without limit."""
        return np.full(len(self.periods), np.inf) if isinstance(quantity, str) else self.rate(quantity)

    def demand(self, key: str, item: spec.Demand) -> tables.Demand:
        """Return a demand with the steps of its value."""
        if item.steps:
            steps = tuple(
                tables.ValueStep(
                    width=self.wanted(step.quantity),
                    value=self.series(step.value),
                )
                for step in item.steps
            )
        else:
            width = self.wanted(item.quantity)
            steps = (tables.ValueStep(width=width, value=self.series(item.value)),)
        quantity = np.sum([step.width for step in steps], axis=0)
        return tables.Demand(
            id=key,
            name=item.name or key,
            material=item.material or key,
            quantity=np.asarray(quantity, dtype=np.float64),
            steps=steps,
            tags=tags_of(item.tags, "demands", key),
            required=item.required,
            expiry=None if item.backlog is None else item.backlog.expiry,
            backlog_cost=0.0 if item.backlog is None else self.per_period(item.backlog.cost),
            lost_cost=one(item.lost_cost, 0.0),
            weight=one(item.weight, 0.0),
        )


_STEPS = {"on": "on", "switch": "started"}
"""What a period in which an activity is on, and one in which it is switched on, is called."""


def _in_step(step: tables.Activity, kind: Literal["on", "switch"], key: str, periods: int) -> tables.GroupLimit:
    """Return the rows that hold an activity at 1 in each period in which another is on, or is switched on."""
    each = np.ones(periods)
    return tables.GroupLimit(
        id=step.id,
        name=step.name,
        unit=step.unit,
        sense="==",
        windows=tuple((t,) for t in range(periods)),
        rhs=np.zeros(periods),
        terms=(tables.Term("activity", step.id, each), tables.Term(kind, key, -each)),
        tags=step.tags,
        family="in_step",
    )


def _add(table: dict[tuple[str, str, int], Array], key: tuple[str, str, int], amount: Array) -> None:
    table[key] = table[key] + amount if key in table else amount
