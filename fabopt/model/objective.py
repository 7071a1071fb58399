r"""The objective as a sum of named terms: discounted value less discounted cost, in million dollars.

.. math::
   \max \; V_0 + \sum_t \delta_t \Big( \sum_{j,k} v_{j,k,t} d_{j,k,t} - \sum_a ((c_{a,t} - \pi_{a,t}) x_{a,t}
   + f_{a,t} w_{a,t} + g_a v_{a,t}) - \sum_e (c_{e,t} y_{e,t} + F_{e,t} z_{e,t} + r_e q_{e,t})
   - \sum_i (h_{i,t} s_{i,t} + o_i w_{i,t} + p_i f_{i,t}) - \sum_{j,k} (\beta_j b_{j,k,t} + \lambda_j l_{j,k,t})
   - \sum_j \lambda_j u_{j,t} \Big) + \delta_{\text{end}} E

=====================  ==========================================================================================
term                   what it is
=====================  ==========================================================================================
running_value          worth of what runs whatever is decided: a constant, left out of the gap's denominator
delivery_value         value of deliveries, by value step and period of delivery
activity_cost          cost of starts
premium                what starts are worth beside all money: tastes (:mod:`fabopt.network.lowering.tastes`)
fixed_cost             cost of being on, of on/off activities
start_cost             cost of being switched on
order_cost             cost of units, in the period of the order
order_fixed_cost       cost of placing an order at all
retire_cost            cost of retiring units
carrying_cost          cost of stock at the end of each period
disposal_cost          cost of throwing away
shortfall_cost         cost of stock missing below the safety stock, per period
backlog_cost           cost of what waits at the end of each period
lost_cost              cost of what is lost or unmet; what still waits when the horizon ends counts as lost
terminal_stock         worth of the stock at the end
terminal_landing       worth of what starts and orders make (less what they take) after the last period
terminal_units         worth of units at the end, by the period of their order; a retired unit forfeits the worth
                       of one ordered in the first period
=====================  ==========================================================================================

Premiums steer: a plan maximises them with the rest, and no value, cost, payment or share of a party counts them.
Money of period t is discounted by ``period.discount``, money at the end by ``end_discount``. At the end, one unit of a
material is worth ``terminal_value`` if it is there when the last period is over: stock carries its ``survival`` over
that boundary, and what lands at T (an asset that a run returns) counts in full, so that idling an asset is not better
than using it. What lands n periods later (each as long as the last) counts ``survival ** n`` of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fabopt.model.columns import Columns, step_values
from fabopt.model.families import IntArray, by_period
from fabopt.network.parties import Names, parties_of
from fabopt.network.tables import Array, Network

PREMIUM = "premium"
"""Name of the term that steers a plan and is nobody's money."""


SAID: Mapping[str, str] = {
    "running_value": "worth of what runs anyway",
    "delivery_value": "worth of deliveries",
    "activity_cost": "cost of making and running",
    PREMIUM: "premiums: they steer, and are no money",
    "fixed_cost": "cost of being on",
    "start_cost": "cost of switching on",
    "order_cost": "cost of orders",
    "order_fixed_cost": "cost of placing orders",
    "retire_cost": "cost of retiring",
    "carrying_cost": "cost of stock",
    "disposal_cost": "cost of disposal",
    "shortfall_cost": "cost of missing safety stock",
    "backlog_cost": "cost of late deliveries",
    "lost_cost": "cost of lost sales",
    "terminal_stock": "worth of stock after the last period",
    "terminal_landing": "worth of what lands after the last period",
    "terminal_units": "worth of capacity after the last period",
    "sellers": "what sellers earn of all that, which buyers pay",
    "added": "what hooks add",
}
"""What people call the terms, and what an objective counts beside them."""


@dataclass(frozen=True, slots=True)
class ObjectiveTerm:
    """One named part of the objective: ``constant + coefficients . x[columns]``, discounted, gains positive.

    ``party`` says for each column whose money it is (`fabopt.network.parties`).
    """

    name: str
    columns: IntArray
    coefficients: Array
    constant: float = 0.0
    party: Names = field(default_factory=lambda: np.zeros(0, dtype=object))

    def value(self, x: Array) -> float:
        """Return the term's worth in a plan ``x`` [columns of the model]."""
        return self.constant + float(self.coefficients @ x[self.columns])


def cost_vector(terms: tuple[ObjectiveTerm, ...], columns: int, without: frozenset[str] = frozenset()) -> Array:
    """Return the sum of the terms' coefficients [columns], leaving out the terms named in ``without``."""
    total = np.zeros(columns)
    for term in terms:
        if term.name not in without:
            np.add.at(total, term.columns, term.coefficients)
    return total


def objective_terms(net: Network, columns: Columns) -> tuple[ObjectiveTerm, ...]:
    """Return the terms of the objective; those without a column are left out, but for the constant one."""
    constant = ObjectiveTerm("running_value", np.zeros(0, np.int64), np.zeros(0), net.constant_value)
    return (constant, *(term for part in _PARTS for term in part(net, columns) if len(term.columns)))


def _term(name: str, index: IntArray, coefficient: Array | float, party: Names) -> ObjectiveTerm:
    """Return a term over the columns of ``index`` where the coefficient is not zero; one party a record."""
    per_place = np.broadcast_to(np.asarray(coefficient, dtype=float), index.shape)
    there = (index >= 0) & (per_place != 0)
    whose_column = np.broadcast_to(party.reshape(-1, *[1] * (index.ndim - 1)), index.shape)
    return ObjectiveTerm(name, index[there], per_place[there], party=whose_column[there])


def _discount(net: Network) -> Array:
    return np.array([period.discount for period in net.periods])


def _operations(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    T, disc, party = net.n_periods, _discount(net), parties_of(net, "activity")
    cost = by_period([a.cost for a in net.activities], T)
    fixed = by_period([a.fixed_cost for a in net.activities], T)
    start = np.array([a.start_cost for a in net.activities], dtype=float)[:, None]
    return [
        _term("activity_cost", columns["start"].index, -cost * disc, party),
        _term(PREMIUM, columns["start"].index, by_period([a.premium for a in net.activities], T) * disc, party),
        _term("fixed_cost", columns["on"].index, -fixed * disc, party),
        _term("start_cost", columns["switch"].index, -start * disc, party),
    ]


def _orders(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    T, disc, party = net.n_periods, _discount(net), parties_of(net, "unit")
    cost = by_period([u.cost for u in net.units], T)
    fixed = by_period([u.fixed_cost for u in net.units], T)
    retire = by_period([u.retire_cost for u in net.units], T)
    return [
        _term("order_cost", columns["order"].index, -cost * disc, party),
        _term("order_fixed_cost", columns["placed"].index, -fixed * disc, party),
        _term("retire_cost", columns["retire"].index, -retire * disc, party),
    ]


def _stocks(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    T, disc, party = net.n_periods, _discount(net), parties_of(net, "material")
    carrying = by_period([m.carrying_cost for m in net.materials], T)
    disposal = np.array([m.disposal_cost or 0.0 for m in net.materials], dtype=float)[:, None]
    shortfall = by_period([m.shortfall_cost for m in net.materials], T)
    return [
        _term("carrying_cost", columns["stock"].index, -carrying * disc, party),
        _term("disposal_cost", columns["disposal"].index, -disposal * disc, party),
        _term("shortfall_cost", columns["shortfall"].index, -shortfall * disc, party),
    ]


def _demands(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    disc, party = _discount(net), parties_of(net, "demand")
    deliver = columns["deliver"].index
    value = step_values(net.demands, deliver.shape)
    waiting = by_period([d.backlog_cost for d in net.demands], net.n_periods)[:, None, :]
    lost = np.array([d.lost_cost for d in net.demands], dtype=float)[:, None, None]
    late = [
        _term("lost_cost", columns["lost"].index, -lost * disc, party),
        _term("lost_cost", columns["unmet"].index, -lost[:, :, 0] * disc, party),
        _term("lost_cost", columns["backlog"].index[:, :, -1:], -lost * disc[-1:], party),
    ]
    return [
        _term("delivery_value", deliver, value * disc, party),
        _term("backlog_cost", columns["backlog"].index, -waiting * disc, party),
        _joined("lost_cost", late),
    ]


def _joined(name: str, terms: list[ObjectiveTerm]) -> ObjectiveTerm:
    return ObjectiveTerm(
        name,
        np.concatenate([np.zeros(0, np.int64), *(t.columns for t in terms)]),
        np.concatenate([np.zeros(0), *(t.coefficients for t in terms)]),
        party=np.concatenate([np.zeros(0, dtype=object), *(t.party for t in terms)]),
    )


def _terminal(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    T, end, party = net.n_periods, net.end_discount, parties_of(net, "unit_at_end")
    kept = np.array([m.terminal_value * m.kept(T)[-1] for m in net.materials], dtype=float)[:, None]
    worth = by_period([u.terminal_value for u in net.units], T)
    units = [
        _term("terminal_units", columns["order"].index, end * worth, party),
        _term("terminal_units", columns["retire"].index, -end * worth[:, :1], party),
    ]
    return [
        _term("terminal_stock", columns["stock"].index[:, -1:], end * kept, parties_of(net, "material")),
        _joined("terminal_landing", _landing(net, columns)),
        _joined("terminal_units", units),
    ]


def _landing(net: Network, columns: Columns) -> list[ObjectiveTerm]:
    T, end, at = net.n_periods, net.end_discount, columns.at
    holder = parties_of(net, "material")
    terms = []
    effects = [(columns["start"].index, at.activity[f.activity], f.material, f.age, f.amount) for f in net.flows]
    effects += [
        (columns["order"].index, at.unit[m.unit], m.material, m.age, np.full(T, m.amount)) for m in net.unit_materials
    ]
    for index, entity, material, age, amount in effects:
        place = at.material[material]
        record = net.materials[place]
        if record.terminal_value and age > 0:
            after = np.arange(T) + age - T
            late = after >= 0
            worth = end * record.terminal_value * record.kept(T)[-1] ** after[late] * amount[late]
            terms.append(_term("terminal_landing", index[entity][late], worth, holder[place : place + 1]))
    return terms


_PARTS = (_operations, _orders, _stocks, _demands, _terminal)
"""What makes the terms, in their order."""
