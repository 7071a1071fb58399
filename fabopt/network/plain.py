"""Lowering of the plain `network:` section to the tables of the process network.

The section counts time in periods and states amounts per period. Where the horizon's periods are of unequal length a
period is one as long as the first: what is stated once is so much per such a period (times the length of each period,
to its power where it is a share that survives), durations are converted, and a list holds for each period as it stands.
An activity that uses a resource of the kind *level* holds it for as long as a period of the first length; over a longer
one that is the part of it that this takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from fabopt.domain import plain as spec
from fabopt.domain.base import FieldProblem
from fabopt.domain.plain_base import Labels
from fabopt.domain.plain_horizon import PeriodNames, Windows, horizon_faults
from fabopt.domain.plain_rows import Budget, Group, Term, WholeGroup
from fabopt.domain.quantity import Quantity
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network import tables
from fabopt.network.lengths import Lengths
from fabopt.network.profiles import ramp_profile, spread_profile
from fabopt.network.tables import Array, Period

Numbers = Quantity | tuple[Quantity, ...] | None


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
    lengths = Lengths.of(periods)
    labels, years = tuple(period.label for period in periods), tuple(period.start.year for period in periods)
    names = PeriodNames(labels, years, lengths.even)
    faults = horizon_faults(network, names)
    if faults:
        raise FieldProblem(faults)
    lowering = _Lowering(periods, names, lengths, {key: item.kind for key, item in network.resources.items()})
    units, effects, unit_materials = lowering.units(network.units)
    activities, flows, uses = lowering.activities(network.activities)
    return tables.Network(
        name=name,
        periods=periods,
        materials=lowering.materials(network.materials),
        activities=activities,
        flows=flows,
        uses=uses,
        resources=lowering.resources(network.resources),
        units=units,
        unit_effects=effects,
        unit_materials=unit_materials,
        demands=lowering.demands(network.demands),
        budgets=lowering.budgets(network.budgets),
        groups=lowering.groups(network.groups),
        whole_groups=lowering.whole_groups(network.whole_groups),
        constant_value=_one(network.constant_value, 0.0),
        end_discount=end_discount,
    )


def _one(number: Quantity | None, default: float) -> float:
    return default if number is None else number.value


def _tags(labels: Labels, section: str, key: str) -> tables.Tags:
    return tables.Tags(**{**dict(labels), "role": labels.role or ""}, field=f"network.{section}.{key}")


class _Lowering:
    """The sections over the periods of one horizon; their lists and names of periods are known to fit."""

    def __init__(
        self, periods: tuple[Period, ...], names: PeriodNames, lengths: Lengths, kinds: Mapping[str, str]
    ) -> None:
        self.periods = periods
        self.names = names
        self.lengths = lengths
        self.kinds = kinds
        self.each = tuple((t,) for t in range(len(periods)))

    def series(self, numbers: Numbers, default: float = 0.0) -> Array:
        """One number for each period: a list as it stands, a series averaged over the period."""
        return self.windowed(numbers, self.each, default)

    def rate(self, numbers: Numbers, default: float = 0.0) -> Array:
        """One amount for each period: a list as it stands, what is stated once by the length of the period."""
        found = self.series(numbers, default)
        return found if isinstance(numbers, tuple) else found * self.lengths.sizes

    def maybe(self, numbers: Numbers, *, rate: bool = False) -> Array | None:
        """Like `series` or `rate`, but None where nothing was given."""
        return None if numbers is None else (self.rate(numbers) if rate else self.series(numbers))

    def per_period(self, number: Quantity | None) -> float | Array:
        """What one unit costs in each period, nothing when left out; one number where periods are of one length."""
        return self.lengths.one(_one(number, 0.0) * self.lengths.sizes)

    def weights(self, portion: spec.Portion, lead: float) -> tuple[int, Array]:
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

    def windowed(self, numbers: Numbers, windows: Windows, default: float) -> Array:
        """One number for each window; a series is averaged from the first to the last day of the window."""
        if numbers is None:
            return np.full(len(windows), default)
        if isinstance(numbers, tuple):
            return np.array([number.value for number in numbers])
        if numbers.shape == "constant":
            return np.full(len(windows), numbers.value)
        return np.array([numbers.mean(self.periods[min(w)].start, self.periods[max(w)].end) for w in windows])

    def materials(self, section: Mapping[str, spec.Material]) -> tuple[tables.Material, ...]:
        """Return the materials."""
        return tuple(
            tables.Material(
                id=key,
                name=item.name or key,
                unit=item.unit,
                tags=_tags(item.tags, "materials", key),
                storable=item.storable,
                opening=_one(item.opening, 0.0),
                receipts=self.maybe(item.receipts, rate=True),
                survival=self.lengths.one(_one(item.survival, 1.0) ** self.lengths.sizes),
                carrying_cost=self.maybe(item.carrying_cost, rate=True),
                disposal_cost=_one(item.disposal_cost, 0.0) if item.disposal else None,
                terminal_value=_one(item.terminal_value, 0.0),
                safety_stock=self.maybe(item.safety_stock),
                shortfall_cost=self.per_period(item.shortfall_cost),
                stock_limit=_one(item.stock_limit, np.inf),
            )
            for key, item in section.items()
        )

    def activities(
        self, section: Mapping[str, spec.Activity]
    ) -> tuple[tuple[tables.Activity, ...], tuple[tables.Flow, ...], tuple[tables.Use, ...]]:
        """Return the activities, what they take and make, and the resources that they use."""
        flows: dict[tuple[str, str, int], Array] = {}
        uses: dict[tuple[str, str, int], Array] = {}
        for key, item in section.items():
            lead = _one(item.lead, 0.0)
            for name, portion in item.inputs.items():
                for age, amount in self.portion(portion, 0.0):
                    _add(flows, (key, name, age), -amount)
            for name, output in item.outputs.items():
                good = self.series(output.yield_, 1.0)
                for age, amount in self.portion(output, lead):
                    _add(flows, (key, name, age), amount * good)
            for name, portion in item.uses.items():
                for age, amount in self.portion(portion, 0.0):
                    held = 1.0 if self.kinds[name] == "rate" else self.lengths.later(age)
                    _add(uses, (key, name, age), amount / held)
        return (
            tuple(self.activity(key, item) for key, item in section.items()),
            tuple(tables.Flow(*key, amount) for key, amount in flows.items()),
            tuple(tables.Use(*key, amount) for key, amount in uses.items()),
        )

    def activity(self, key: str, item: spec.Activity) -> tables.Activity:
        """Return an activity."""
        switch = item.on_off or spec.OnOff()
        return tables.Activity(
            id=key,
            name=item.name or key,
            unit=item.unit,
            tags=_tags(item.tags, "activities", key),
            cost=self.maybe(item.cost),
            lower=self.maybe(item.lower, rate=True),
            upper=self.maybe(item.upper, rate=True),
            lot=None if item.lot is None else item.lot.value,
            on_off=item.on_off is not None,
            fixed_cost=self.maybe(switch.fixed_cost, rate=True),
            start_cost=_one(switch.start_cost, 0.0),
            min_run=switch.min_run,
            was_on=switch.was_on,
        )

    def portion(self, portion: spec.Portion, lead: float) -> Iterator[tuple[int, Array]]:
        """Amount by age, each ``[T]`` by the period of the start."""
        amount = self.series(portion.amount, 1.0)
        first, weights = self.weights(portion, _one(portion.lead, lead))
        for step, weight in enumerate(weights):
            if np.any(weight):
                yield first + step, amount * weight

    def resources(self, section: Mapping[str, spec.Resource]) -> tuple[tables.Resource, ...]:
        """Return the resources."""
        return tuple(
            tables.Resource(
                id=key,
                name=item.name or key,
                unit=item.unit,
                kind=item.kind,
                base=self.rate(item.capacity) if item.kind == "rate" else self.series(item.capacity),
                tags=_tags(item.tags, "resources", key),
                limit_kind=item.limit_kind,
                relaxable=item.relaxable,
            )
            for key, item in section.items()
        )

    def units(
        self, section: Mapping[str, spec.Unit]
    ) -> tuple[tuple[tables.Unit, ...], tuple[tables.UnitEffect, ...], tuple[tables.UnitMaterial, ...]]:
        """Return what can be ordered, what it adds or occupies, and the materials that it takes."""
        effects: list[tables.UnitEffect] = []
        parts: list[tables.UnitMaterial] = []
        for key, item in section.items():
            for side, sign in (("adds", 1.0), ("occupies", -1.0)):
                named: Mapping[str, spec.Effect] = getattr(item, side)
                for name, effect in named.items():
                    effects.append(self.effect(key, name, effect, _one(item.lead, 0.0), sign))
            for side, sign, lead in (("consumes", -1.0, 0.0), ("releases", 1.0, _one(item.lead, 0.0))):
                of_side: Mapping[str, spec.Parts] = getattr(item, side)
                for name, part in of_side.items():
                    first, weights = self.lengths.arrive(_one(part.lead, lead))
                    amount = sign * _one(part.amount, 1.0)
                    parts += (
                        tables.UnitMaterial(
                            key, name, first + step, amount * (float(weight[0]) if self.lengths.even else weight)
                        )
                        for step, weight in enumerate(weights)
                    )
        return tuple(self.unit(key, item) for key, item in section.items()), tuple(effects), tuple(parts)

    def effect(self, unit: str, resource: str, effect: spec.Effect, lead: float, sign: float) -> tables.UnitEffect:
        shares = np.array([1.0] if effect.ramp is None else [share.value for share in effect.ramp])
        if effect.lasts is not None:
            # The last share of the ramp holds until the effect ends.
            shares = np.concatenate([shares, np.full(max(effect.lasts - shares.size, 0), shares[-1])])
            shares = shares[: effect.lasts]
        lasting = effect.lasts is None
        first, profile = self.lengths.ramp(_one(effect.lead, lead), shares, persistent=lasting)
        scale = None if self.kinds[resource] == "level" else self.lengths.sizes
        amount = sign * _one(effect.amount, 1.0)
        return self.lengths.effect(unit, resource, first, amount * profile, scale, persistent=lasting)

    def most(self, item: spec.Unit) -> Array | None:
        """Most units ordered in each period; a part of a whole unit counts as one."""
        most = self.maybe(item.upper, rate=True)
        if most is None or self.lengths.even or not item.whole or isinstance(item.upper, tuple):
            return most
        return np.asarray(np.ceil(most - NEGLIGIBLE))

    def unit(self, key: str, item: spec.Unit) -> tables.Unit:
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
            tags=_tags(item.tags, "units", key),
            cost=self.maybe(item.cost),
            upper=self.most(item),
            total=_one(item.total, np.inf),
            whole=item.whole,
            min_order=_one(item.min_order, 0.0),
            max_order=_one(item.max_order, np.inf),
            fixed_cost=self.maybe(item.fixed_cost),
            pinned=pinned,
            opening=_one(item.opening, 0.0),
            retire_cost=None if item.retire_cost is None else item.retire_cost.value,
            lead=_one(item.lead, 0.0),
            terminal_value=self.maybe(item.terminal_value),
            instrument=item.instrument,
        )

    def demands(self, section: Mapping[str, spec.Demand]) -> tuple[tables.Demand, ...]:
        """Return the demands."""
        return tuple(self.demand(key, item) for key, item in section.items())

    def demand(self, key: str, item: spec.Demand) -> tables.Demand:
        """Return a demand with the steps of its value."""
        if item.steps:
            steps = tuple(
                tables.ValueStep(
                    width=self.rate(step.quantity),
                    value=self.series(step.value),
                )
                for step in item.steps
            )
        else:
            width = self.rate(item.quantity)
            steps = (tables.ValueStep(width=width, value=self.series(item.value)),)
        quantity = np.sum([step.width for step in steps], axis=0)
        return tables.Demand(
            id=key,
            name=item.name or key,
            material=item.material or key,
            quantity=np.asarray(quantity, dtype=np.float64),
            steps=steps,
            tags=_tags(item.tags, "demands", key),
            required=item.required,
            expiry=None if item.backlog is None else item.backlog.expiry,
            backlog_cost=0.0 if item.backlog is None else self.per_period(item.backlog.cost),
            lost_cost=_one(item.lost_cost, 0.0),
            weight=_one(item.weight, 0.0),
        )

    def limit(self, row: Budget | Group, numbers: Numbers, windows: Windows) -> Array:
        """One limit for each window: in each period by its length where decisions are counted, not where stocks are."""
        found = self.windowed(numbers, windows, 0.0)
        stated = isinstance(numbers, tuple) or row.windows or row.window != "period"
        return found if stated or all(term.stock for term in row.terms) else found * self.lengths.sizes

    def budgets(self, section: Mapping[str, Budget]) -> tuple[tables.Budget, ...]:
        """Return the budgets."""
        found = []
        for key, item in section.items():
            windows = self.names.windows(item)
            amount = self.limit(item, item.amount, windows)
            terms = self.terms(item.terms)
            found.append(tables.Budget(key, item.name or key, windows, amount, terms, _tags(item.tags, "budgets", key)))
        return tuple(found)

    def groups(self, section: Mapping[str, Group]) -> tuple[tables.GroupLimit, ...]:
        """Return the limits on sums."""
        found = []
        for key, item in section.items():
            windows = self.names.windows(item)
            found.append(
                tables.GroupLimit(
                    id=key,
                    name=item.name or key,
                    unit=item.unit,
                    sense=item.sense,
                    windows=windows,
                    rhs=self.limit(item, item.limit, windows),
                    terms=self.terms(item.terms),
                    tags=_tags(item.tags, "groups", key),
                    limit_kind=item.limit_kind,
                    relaxable=item.relaxable,
                )
            )
        return tuple(found)

    def whole_groups(self, section: Mapping[str, WholeGroup]) -> tuple[tables.WholeGroup, ...]:
        """Return the sums that must be whole."""
        return tuple(
            tables.WholeGroup(
                id=key,
                name=item.name or key,
                unit=item.unit,
                windows=self.names.windows(item),
                terms=self.terms(item.terms),
                lot=_one(item.lot, 1.0),
                tags=_tags(item.tags, "whole_groups", key),
            )
            for key, item in section.items()
        )

    def terms(self, terms: tuple[Term, ...]) -> tuple[tables.Term, ...]:
        """Return the terms of a sum."""
        return tuple(
            tables.Term(
                *term.counted,
                self.series(term.coefficient, 1.0),
                term.shift,
            )
            for term in terms
        )


def _add(table: dict[tuple[str, str, int], Array], key: tuple[str, str, int], amount: Array) -> None:
    table[key] = table[key] + amount if key in table else amount
