r"""What some parties get of a plan: their terms of the objective, and what they are paid less what they pay.

.. math::
   v_P(x) = \sum_{k \in P} c_k\, x_k + \sum_t \delta_t \Big( \sum_{q \text{ to } P} p_{q,t}\, \theta_{q,t}(x)
   - \sum_{q \text{ from } P} p_{q,t}\, \theta_{q,t}(x) \Big)

with the coefficients c of `fabopt.model.objective` whose money is P's (`fabopt.network.parties`), payments q of
the network at prices p, and their terms theta (what changes hands in t). Over all parties the payments cancel, and the
sum is the objective of the whole, v.

**Buyers.** Labs and other markets, B, with what names nobody, buy from all others at list prices. What a buyer's own
designer makes for other buyers they buy at its list price too, so the buyers get what is theirs less these margins,

.. math:: b(x) = v_B(x) - \sum_t \delta_t \sum_{q \text{ to } B} (p_{q,t} - m_{q,t})\, \theta_{q,t}(x),

with m what making one costs its maker, who pays list prices itself (`Payment.made`; where nothing is made for it, as
of used goods, rented compute and charges, all that is paid stays with the buyers: p = m). Everything else is earned by
sellers, v(x) - b(x). Maximised is

.. math:: b(x) + \varepsilon\, (v(x) - b(x)), \qquad \varepsilon = 10^{-3}

(`fabopt.domain.tolerances.OTHERS`). With epsilon 1 it is the objective of the whole; at a thousandth it tells apart
plans that are as good for the buyers: owners neither build what nobody needs nor leave idle what costs buyers nothing.
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.tolerances import OTHERS
from fabopt.model.linear import BLOCK, TABLE
from fabopt.model.tables import ModelTables
from fabopt.network.parties import buyers, margins, parties, payments_between
from fabopt.network.tables import Array, Term


def payoff(tables: ModelTables, *party: str) -> Array:
    """Return what parties together get as a linear function of the plan [columns of the model], in million dollars."""
    members, total = frozenset(party), np.zeros(tables.columns.n)
    for term in tables.terms:
        mine = np.fromiter((name in members for name in term.party), bool, len(term.party))
        np.add.at(total, term.columns[mine], term.coefficients[mine])
    for payment in payments_between(tables.net):
        sign = (payment.payee in members) - (payment.payer in members)
        if sign:
            _pay(total, payment.money, float(sign), tables)
    return total


def earned_by_sellers(tables: ModelTables) -> Array:
    """Return what sellers earn as a linear function of the plan [columns of the model], in million dollars.

    That is what all parties get that are no buyers, and the margins of buyers on what they make for others.
    """
    group = buyers(tables.net)
    total = payoff(tables, *(party for party in parties(tables.net) if party not in group))
    for _, margin in margins(tables.net):
        _pay(total, margin, 1.0, tables)
    return total


def for_buyers(tables: ModelTables, value: Array) -> Array:
    """Return what is maximised for the buyers [columns], of the value of the whole, hooks included [columns]."""
    cost = value.copy()
    cost[: tables.columns.n] -= (1.0 - OTHERS) * earned_by_sellers(tables)
    return cost


def _pay(total: Array, money: Term, sign: float, tables: ModelTables) -> None:
    """Add a payment to a linear function of the plan."""
    net, columns = tables.net, tables.columns
    table = TABLE.get(money.kind, money.kind)
    index = columns[BLOCK[money.kind]].index[getattr(columns.at, table)[money.id]]  # [T], or [steps, T] for deliveries
    amount = sign * np.array([period.discount for period in net.periods]) * money.coefficient
    paid = np.arange(money.shift, net.n_periods)
    at = index[..., paid - money.shift]
    worth = np.broadcast_to(amount[paid], at.shape)
    np.add.at(total, at[at >= 0], worth[at >= 0])
