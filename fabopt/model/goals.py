r"""Rows that objectives ask for: a target to be reached in one of the periods, and a least share for everybody.

.. math::
   C_t \ge G \sum_{\tau \le t} z_\tau \;\text{(cumulative)} \quad\text{or}\quad C_t \ge G\, z_t \;\text{(rate)}
   \qquad \sum_t z_t = 1 \qquad
   \frac{1}{|J_c|} \sum_{j \in J_c} \frac{\sum_{k,t} d_{j,k,t}}{\sum_t Q_{j,t}} \ge \varphi \quad \forall c

========  =================================================================  =======
symbol    meaning                                                            unit
========  =================================================================  =======
C[t]      compute delivered: in all periods up to t (cumulative), or in t    compute
          alone (rate); the weight of a demand times its deliveries
G         the target                                                         compute
z[t]      1 in the period that reaches the target                            0 or 1
J_c       demands of customer c                                              -
phi       least share of its demand that a customer gets over the horizon    share
========  =================================================================  =======

A customer with several demands has the mean of their shares, so that units do not matter. What is cumulative never
falls, so there the target holds in every period from the one that reaches it on, which makes the relaxation tighter.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.aim import counted, customers
from fabopt.model.columns import Columns
from fabopt.model.families import Family, ModelError, Rows, Triplets, assemble
from fabopt.network.tables import Network

TARGET = Family(
    name="target",
    index=("period",),
    unit="compute",
    says="the target is reached by {period} if that is the date chosen",
    price_says="one unit of compute more by {period}",
    soft=True,
    limited="target, were it reached by {period}: compute",
)
TARGET_DATE = Family(
    name="target_date",
    index=("what",),
    unit="0 or 1",
    says="one period is the date at which the target is reached",
    price_says="the target itself",
)
FAIRNESS = Family(
    name="fairness",
    index=("customer",),
    unit="share",
    says="{name} gets at least the least share of its demand",
    price_says="one point of its demand more for {name}",
)
FAMILIES = (TARGET, TARGET_DATE, FAIRNESS)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the target rows and the fairness rows that the model's aim asks for.

    Raises
    ------
    ModelError
        If no demand counts for the aim.
    """
    aim = columns.aim
    reach = _reach(net, columns) if aim.target is not None else ()
    return (*reach, *((_fairness(net, columns),) if aim.fairness else ()))


def _reach(net: Network, columns: Columns) -> tuple[Rows, Rows]:
    T, aim = net.n_periods, columns.aim
    members = counted(net, aim.demands)
    if not members:
        raise ModelError("No demand has a weight in compute, so there is no date at which a target could be reached.")
    reached = columns["reached"].index[0]
    entries = Triplets()
    s, t = np.triu_indices(T) if aim.measure == "cumulative" else (np.arange(T), np.arange(T))
    for j, weight in members.items():
        deliver = columns["deliver"].index[j]
        entries.add(np.broadcast_to(t, (len(deliver), len(t))), deliver[:, s], weight)
    entries.add(t, reached[s], -float(aim.target or 0.0))
    once = Triplets()
    once.add(0, reached, 1.0)
    target = assemble(
        TARGET,
        entries,
        np.zeros(T),
        np.full(T, np.inf),
        key=lambda p: (columns.labels[p],),
        who=[("target", "the target", "compute")],
        entity=np.zeros(T, dtype=np.int64),
        period=np.arange(T, dtype=np.int64),
    )
    return target, _single(TARGET_DATE, once, 1.0, 1.0, "date", "the target")


def _single(family: Family, entries: Triplets, lower: float, upper: float, key: str, name: str) -> Rows:
    return assemble(
        family,
        entries,
        np.array([lower]),
        np.array([upper]),
        key=lambda _: (key,),
        who=[(key, name, family.unit)],
        entity=np.zeros(1, dtype=np.int64),
        period=np.zeros(1, dtype=np.int64),
    )


def _fairness(net: Network, columns: Columns) -> Rows:
    groups = customers(net, columns.aim.demands)
    if not groups:
        raise ModelError("No customer wants anything, so there are no shares to make fair.")
    who = list(groups)
    entries = Triplets()
    for c, members in enumerate(groups.values()):
        for j in members:
            share = 1.0 / (len(members) * float(net.demands[j].quantity.sum()))
            entries.add(c, columns["deliver"].index[j], share)
    entries.add(np.arange(len(who)), columns["least_share"].index[0, 0], -1.0)
    zero = np.zeros(len(who))
    return assemble(
        FAIRNESS,
        entries,
        zero,
        np.full(len(who), np.inf),
        key=lambda c: (who[c],),
        who=[(one, one, "share") for one in who],
        entity=np.arange(len(who), dtype=np.int64),
        period=zero.astype(np.int64),
    )
