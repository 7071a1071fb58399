r"""What a policy splits, in decisions: use by customer, and capacity with what units add to it.

Use :math:`U_v(t) = \sum_{a \in A_v} \sum_\tau \rho_{a,r,\tau}(t-\tau)\, x_a(t-\tau)` over the activities that run on
behalf of customer v, plus what units occupy on its behalf; capacity :math:`K(t) = \text{base}(t) + \sum_e
\sum_{t'} p_e(t-t')\, y_e(t')`. What was in work at the decision date is use that is no decision any more. Where
chips are split, use is what ships to a lab and capacity is all that ships.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Literal

import numpy as np

from fabopt.domain.instance import Instance
from fabopt.domain.kinds import splittable
from fabopt.domain.policies import Policy
from fabopt.domain.quantity import constant
from fabopt.domain.things import Things
from fabopt.domain.users import NOBODY, technologies, users_of
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import CONTRACT, Array, Network, Period, Resource, Tags, Term, UnitEffect
from fabopt.network.tagged import tagged

Key = tuple[str, str, int]
"""Kind, id and shift of a term."""


def given_by(net: Network, splits: Things) -> list[Resource]:
    """Return the resources that a policy or a contract stands on, in the order of the network."""
    kind, stake = splittable()[splits.kind]
    names = set(splits.names)
    return [
        r
        for r in net.resources
        if (
            r.id in names
            if kind.plain
            else (r.tags.kind, r.tags.role) == (kind.name, stake.role) and r.tags.item in names
        )
    ]


@dataclass
class Expression:
    """A linear expression over decisions: coefficient ``[T]`` by kind, id and shift of the decision."""

    terms: dict[Key, Array] = field(default_factory=dict)

    def add(self, key: Key, coefficient: Array) -> None:
        """Add a term."""
        before = self.terms.get(key)
        self.terms[key] = coefficient if before is None else before + coefficient

    def plus(self, other: Expression, factor: float | Array = 1.0) -> Expression:
        """Return this expression plus a multiple of another; a factor ``[T]`` belongs to the period of the row."""
        total = Expression(dict(self.terms))
        for key, coefficient in other.terms.items():
            total.add(key, coefficient * factor)
        return total

    def times(self, factor: Array) -> Expression:
        """Return a multiple of this expression, by the period of the row ``[T]``."""
        return Expression({key: coefficient * factor for key, coefficient in self.terms.items()})

    def rows(self) -> tuple[Term, ...]:
        """Return the terms of a row, without those that are zero throughout."""
        return tuple(
            Term(kind, name, coefficient, shift)  # type: ignore[arg-type]
            for (kind, name, shift), coefficient in self.terms.items()
            if coefficient.any()
        )


@dataclass(frozen=True)
class Scope:
    """What one policy speaks of.

    Attributes
    ----------
    part
        What of it, where the policy holds for parts of what it splits each by itself; else empty.
    use
        Use by customer, named ones first.
    able
        Whether a customer can use any of it ``[T]``, 1 or 0, by customer.
    spent
        Use by customer of what was in work at the decision date ``[T]``.
    added
        Capacity beyond `base` that units add (all of it where chips are split).
    base, most
        Capacity without and with everything that may be built ``[T]``; most may be infinite.
    low
        Least capacity ``[T]``: below the base where units may be retired.
    windows
        Windows in which the policy holds.
    held
        Share of each window in which it does ``[W]``: 1 but where its dates cut a period.
    called
        What a customer is called.
    """

    policy_id: str
    policy: Policy
    part: str
    use: Mapping[str, Expression]
    able: Mapping[str, Array]
    spent: Mapping[str, Array]
    added: Expression
    base: Array
    most: Array
    low: Array
    windows: tuple[tuple[int, ...], ...]
    held: Array
    tags: Tags
    unit: str
    periods: tuple[Period, ...]
    called: Callable[[str], str]

    @property
    def id(self) -> str:
        """Id of the policy, with its part."""
        return f"{self.policy_id}:{self.part}" if self.part else self.policy_id

    @property
    def name(self) -> str:
        """Display name of the policy, with its part."""
        name = self.policy.name or self.policy_id
        return f"{name}, {self.part}" if self.part else name

    @property
    def grows(self) -> bool:
        """Whether capacity is a decision."""
        return bool(self.added.terms)

    def field(self, customer: str) -> str:
        """Return the path in the instance of the policy, or of a customer's claim in it."""
        claim = f".customers.{customer}" if customer in self.policy.customers else ""
        return f"policies.{self.policy_id}{claim}"

    def total(self, values: Array) -> Array:
        """Return the sums ``[W]`` of numbers ``[T]`` over the windows."""
        return np.array([values[list(window)].sum() for window in self.windows])


def parts_of(instance: Instance, policy: Policy) -> list[tuple[str, Policy]]:
    """Return the parts for which a policy holds each by itself, each with the policy on it; itself where it has none.

    Technologies of the same things are one part.
    """
    if policy.each is None:
        return [("", policy)]
    kind, names = policy.splits.kind, policy.splits.names
    groups: dict[tuple[str, ...], list[str]] = {}
    if policy.each == "line":
        groups = {(name,): [name] for name in names}
    else:
        makes = {name: technologies(instance, kind, name) for name in names}
        for made in dict.fromkeys(each for several in makes.values() for each in several):
            groups.setdefault(tuple(name for name in names if made in makes[name]), []).append(made)
    parts = []
    for things, said in groups.items():
        splits = policy.splits.of(kind, things)
        users = users_of(instance, splits) or ()
        # Nothing is kept for who cannot use it; a share stays, to be the others'.
        nothing = {"floor": constant(0.0, "1")}
        customers = {
            name: claim if name in users else claim.model_copy(update=nothing)
            for name, claim in policy.customers.items()
        }
        if users:
            parts.append(("+".join(said), policy.model_copy(update={"splits": splits, "customers": customers})))
    return parts


def scope_of(chain: Chain, net: Network, policy_id: str, policy: Policy, part: str = "") -> Scope:
    """Return what a policy of an instance speaks of in its lowered network, or a part of it."""
    users = users_of(chain.instance, policy.splits) or ()
    named = dict.fromkeys((*policy.customers, *users))
    windows = windows_of(chain, policy.since, policy.until, policy.by)
    if policy.splits.kind == "chips":
        return _of_chips(chain, net, policy_id, policy, list(named), windows)
    resources = given_by(net, policy.splits)
    ids = {resource.id for resource in resources}
    use, spent, able = _use(chain, net, ids, list(named))
    added = Expression()
    base, most = np.zeros(chain.n), np.zeros(chain.n)
    for resource in resources:
        base += resource.base
    # The base counts only what work in progress leaves; the policy splits all of it.
    base += np.sum([np.zeros(chain.n), *spent.values()], axis=0)
    low, most = base.copy(), base.copy()
    units = {unit.id: unit for unit in net.units}
    for effect in net.unit_effects:
        if effect.resource in ids:
            unit = units[effect.unit]
            if effect.profile.max(initial=0.0) > 0.0:
                by_order(added, effect, chain.n, 1.0)
                orders = np.full(chain.n, np.inf) if unit.upper is None else unit.upper
                most = most + effect.most(np.minimum(np.cumsum(orders), unit.total))
            else:
                whose = unit.tags.owner if unit.tags.role == "tool_order" else unit.tags.customer
                by_order(use.setdefault(whose or NOBODY, Expression()), effect, chain.n, -1.0)
                able[whose or NOBODY] = np.ones(chain.n)
            if unit.retire_cost is not None and effect.persistent:
                retired(added if effect.profile.ravel()[-1] > 0.0 else use[whose or NOBODY], effect, chain.n)
                low = np.zeros(chain.n)
    first = resources[0]
    held = held_in(chain, policy.since, policy.until, windows)
    return Scope(
        policy_id,
        policy,
        part,
        use,
        able,
        spent,
        added,
        base,
        most,
        low,
        windows,
        held,
        first.tags,
        first.unit,
        net.periods,
        chain.called,
    )


def _of_chips(
    chain: Chain, net: Network, policy_id: str, policy: Policy, named: list[str], windows: tuple[tuple[int, ...], ...]
) -> Scope:
    """Return the scope of a policy on chips: what ships to each lab, and all that ships."""
    use: dict[str, Expression] = {name: Expression() for name in named}
    added, tags = Expression(), Tags()
    ones = np.ones(net.n_periods)
    for activity in net.activities:
        if activity.tags.role == "shipment" and activity.tags.chip in policy.splits.names:
            use.setdefault(activity.tags.customer, Expression()).add(("activity", activity.id, 0), ones)
            added.add(("activity", activity.id, 0), ones)
            tags = activity.tags
    supply = chain.packages(net)
    none = np.zeros(net.n_periods)
    # What is only carried has been made elsewhere.
    carries = {activity.id for activity in net.activities if activity.tags.role == "carriage"}
    carried = {flow.material for flow in net.flows if flow.activity in carries and flow.amount.max() > 0.0}
    made = [m.id for m in tagged(net.materials, role="package") if m.tags.chip in policy.splits.names]
    most = np.sum([none, *(supply[key] for key in made if key not in carried)], axis=0)
    spent = dict.fromkeys(use, none)
    label = Tags(stage=tags.stage, owner=tags.owner)
    held = held_in(chain, policy.since, policy.until, windows)
    able = dict.fromkeys(use, ones)
    return Scope(
        policy_id, policy, "", use, able, spent, added, none, most, none, windows, held, label, "kaccelerator",
        net.periods,
        chain.called,
    )  # fmt: skip


def held_in(chain: Chain, since: date | None, until: date | None, windows: tuple[tuple[int, ...], ...]) -> Array:
    """Return the share of each window that lies between two dates ``[W]``."""
    share = chain.window(since, until).share
    return np.array([np.average(share[list(window)], weights=chain.years[list(window)]) for window in windows])


def windows_of(
    chain: Chain, since: date | None, until: date | None, by: Literal["period", "year", "window"]
) -> tuple[tuple[int, ...], ...]:
    """Return the windows between two dates: each period, each calendar year, or all of it."""
    share = chain.window(since, until).share
    held = [period for period in chain.periods if share[period.index] > 0.0]
    if by == "period":
        return tuple((period.index,) for period in held)
    if by == "window":
        return (tuple(period.index for period in held),)
    return tuple(tuple(p.index for p in group) for _, group in groupby(held, key=lambda p: p.start.year))


def _use(
    chain: Chain, net: Network, ids: set[str], named: Iterable[str]
) -> tuple[dict[str, Expression], dict[str, Array], dict[str, Array]]:
    """Return use, what work in progress uses, and whether anything can be started, by customer."""
    # What contracts keep idle is nobody's use.
    upper = {a.id: a.upper for a in net.activities}
    customer = {a.id: a.tags.customer or NOBODY for a in net.activities if a.tags.stage != CONTRACT}
    use: dict[str, Expression] = {name: Expression() for name in named}
    spent = {name: np.zeros(chain.n) for name in use}
    able = {name: np.zeros(chain.n) for name in use}
    for record in net.uses:
        if record.resource not in ids or record.activity not in customer or record.age >= chain.n:
            continue
        whose = customer[record.activity]
        # The amount belongs to the period of the start, the coefficient of a term to that of the row.
        amount = np.concatenate([np.full(record.age, record.amount[0]), record.amount[: chain.n - record.age]])
        use.setdefault(whose, Expression()).add(("activity", record.activity, record.age), amount)
        most = upper[record.activity]
        starts = np.ones(chain.n) if most is None else (most > 0.0).astype(float)
        # What was started before uses it now.
        runs = np.concatenate([starts[:1].repeat(record.age), starts[: chain.n - record.age]])
        able[whose] = np.maximum(able.get(whose, 0.0), runs * (amount > 0.0))
        before = spent.setdefault(whose, np.zeros(chain.n))
        before += chain.build.history.get(record.activity, 0.0) * chain.build.brought(record)
    return use, spent, able


def by_order(
    expression: Expression, effect: UnitEffect, periods: int, sign: float, kind: Literal["unit", "activity"] = "unit"
) -> None:
    """Add the effect of a unit's orders, or of an activity's starts: one term an age at which they act."""
    for age, amount in enumerate(effect.by_order(periods).T):
        if amount.any():
            expression.add((kind, effect.unit, age), np.concatenate([np.zeros(age), sign * amount[: periods - age]]))


def retired(expression: Expression, effect: UnitEffect, periods: int) -> None:
    """Take away what retired units added, or occupied, from the period of retirement on."""
    for age in range(periods):
        expression.add(("retire", effect.unit, age), -np.abs(effect.at_end(periods)))
