"""A network with its money and its quantities counted in other units."""

from dataclasses import replace

import numpy as np

from fabopt.network.tables import Network


def scaled(net: Network, money: float = 1.0, quantity: float = 1.0) -> Network:
    """Return the network with each sum of money and each quantity multiplied; counts of units stay."""
    price = money / quantity

    def material(m):
        return replace(
            m,
            opening=m.opening * quantity,
            receipts=_times(m.receipts, quantity),
            carrying_cost=_times(m.carrying_cost, price),
            disposal_cost=_times(m.disposal_cost, price),
            terminal_value=m.terminal_value * price,
            safety_stock=_times(m.safety_stock, quantity),
            shortfall_cost=m.shortfall_cost * price,
            stock_limit=m.stock_limit * quantity,
        )

    def activity(a):
        return replace(
            a,
            cost=_times(a.cost, price),
            lower=_times(a.lower, quantity),
            upper=_times(a.upper, quantity),
            lot=_times(a.lot, quantity),
            fixed_cost=_times(a.fixed_cost, money),
            start_cost=a.start_cost * money,
        )

    def unit(u):
        return replace(
            u,
            cost=_times(u.cost, money),
            fixed_cost=_times(u.fixed_cost, money),
            retire_cost=_times(u.retire_cost, money),
            terminal_value=_times(u.terminal_value, money),
        )

    def demand(d):
        steps = tuple(replace(s, width=s.width * quantity, value=s.value * price) for s in d.steps)
        return replace(
            d,
            quantity=d.quantity * quantity,
            steps=steps,
            backlog_cost=d.backlog_cost * price,
            lost_cost=d.lost_cost * price,
        )

    def budget(b):
        terms = (
            replace(t, coefficient=t.coefficient * (money if t.kind in ("unit", "placed", "retire") else price))
            for t in b.terms
        )
        return replace(b, amount=b.amount * money, terms=tuple(terms))

    return replace(
        net,
        materials=tuple(map(material, net.materials)),
        activities=tuple(map(activity, net.activities)),
        resources=tuple(replace(r, base=r.base * quantity) for r in net.resources),
        units=tuple(map(unit, net.units)),
        unit_effects=tuple(replace(e, profile=e.profile * quantity) for e in net.unit_effects),
        unit_materials=tuple(replace(p, amount=p.amount * quantity) for p in net.unit_materials),
        demands=tuple(map(demand, net.demands)),
        budgets=tuple(map(budget, net.budgets)),
        groups=tuple(replace(g, rhs=g.rhs * quantity) for g in net.groups),
        definitions=tuple(replace(g, rhs=g.rhs * quantity) for g in net.definitions),
        whole_groups=tuple(replace(w, lot=w.lot * quantity) for w in net.whole_groups),
        constant_value=net.constant_value * money,
        standing_value=net.standing_value * money,
    )


def _times(numbers, factor):
    return None if numbers is None else np.multiply(numbers, factor)
