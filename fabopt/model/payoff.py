r"""What one party gets of a plan: its terms of the objective, and what it is paid less what it pays.

.. math::
   \max \; \sum_{k \in \text{party}} c_k\, x_k + \sum_t \delta_t \Big( \sum_{q \text{ to it}} p_{q,t}\, \theta_{q,t}(x)
   - \sum_{q \text{ from it}} p_{q,t}\, \theta_{q,t}(x) \Big)

with the coefficients c of `fabopt.model.objective` whose money is the party's (`fabopt.network.parties`), payments q of
the network at prices p, and their terms theta (what changes hands in t). Over all parties the payments cancel, and the
sum is the objective of the whole.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.linear import BLOCK, TABLE
from fabopt.model.tables import ModelTables
from fabopt.network.parties import payments_between
from fabopt.network.tables import Array, Network, Payment


def payoff(tables: ModelTables, party: str) -> Array:
    """Return what a party gets as a linear function of the plan [columns of the model], in million dollars."""
    total = np.zeros(tables.columns.n)
    for term in tables.terms:
        mine = term.party == party
        np.add.at(total, term.columns[mine], term.coefficients[mine])
    for payment in payments_between(tables.net):
        sign = (payment.payee == party) - (payment.payer == party)
        if sign:
            _pay(total, payment, float(sign), tables.net, tables.columns)
    return total


def _pay(total: Array, payment: Payment, sign: float, net: Network, columns: Columns) -> None:
    """Add a payment to a linear function of the plan."""
    term = payment.term
    table = TABLE.get(term.kind, term.kind)
    index = columns[BLOCK[term.kind]].index[getattr(columns.at, table)[term.id]]  # [T], or [steps, T] for deliveries
    discount = np.array([period.discount for period in net.periods])
    money = sign * discount * term.coefficient * (1.0 if payment.price is None else payment.price)
    paid = np.arange(term.shift, net.n_periods)
    at = index[..., paid - term.shift]
    worth = np.broadcast_to(money[paid], at.shape)
    np.add.at(total, at[at >= 0], worth[at >= 0])
