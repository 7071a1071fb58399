r"""Rows that objectives ask for: a target to be reached, a least share for everybody, published outcomes to agree with.

.. math::
   C_t \ge G \sum_{\tau \le t} z_\tau \;\text{(cumulative)} \quad\text{or}\quad C_t \ge G\, z_t \;\text{(rate)}
   \qquad \sum_t z_t = 1 \qquad
   \frac{1}{|J_c|} \sum_{j \in J_c} \frac{\sum_{k,t} d_{j,k,t}}{\sum_t Q_{j,t}} \ge \varphi \quad \forall c

.. math::
   \frac{M_o}{\rho_o} + \mu^-_o \ge \frac{L_o}{\rho_o} \qquad \frac{M_o}{\rho_o} - \mu^+_o \le \frac{H_o}{\rho_o}

========  =================================================================  =======
symbol    meaning                                                            unit
========  =================================================================  =======
C[t]      compute delivered: in all periods up to t (cumulative), or in t    compute
          alone (rate); the weight of a demand times its deliveries
G         the target                                                         compute
z[t]      1 in the period that reaches the target                            0 or 1
J_c       demands of customer c                                              -
phi       least share of its demand that a customer gets over the horizon    share
M_o       a measure of the plan of which outcome o was published             its unit
L, H      ends of the range of the figure                                    its unit
rho_o     half the range; of a figure without one a hundredth of it          its unit
mu_o      by how much the plan misses the range, below and above             half ranges
========  =================================================================  =======

A customer with several demands has the mean of their shares, so that units do not matter. What is cumulative never
falls, so there the target holds in every period from the one that reaches it on, which makes the relaxation tighter.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.aim import counted, customers
from fabopt.model.columns import SIDES, Columns
from fabopt.model.families import Family, ModelError, Rows, Triplets, assemble
from fabopt.model.linear import entries_of
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
OUTCOME = Family(
    name="outcome",
    index=("outcome", "side"),
    unit="half the range",
    says="{name}: what lies outside the range counts as missed",
    price_says="half the range of {name} wider",
)
FAMILIES = (TARGET, TARGET_DATE, FAIRNESS, OUTCOME)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows that the model's aim asks for: of a target, of fairness, of published outcomes.

    Raises
    ------
    ModelError
        If no demand or no outcome counts for the aim.
    """
    aim = columns.aim
    reach = _reach(net, columns) if aim.target is not None else ()
    fair = (_fairness(net, columns),) if aim.fairness else ()
    return (*reach, *fair, *((_outcomes(net, columns),) if aim.agreement else ()))


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


def _outcomes(net: Network, columns: Columns) -> Rows:
    if not net.outcomes:
        raise ModelError(
            "The instance states no published outcomes (section outcomes), so there are none to agree with."
        )
    entries, opening = entries_of(net.outcomes, net, columns)
    row, col, val = entries.merged()
    count = len(net.outcomes)
    spread = np.array([outcome.spread for outcome in net.outcomes])
    both = Triplets()
    missed = columns["missed"].index.reshape(count, len(SIDES))
    lower, upper = np.full((count, 2), -np.inf), np.full((count, 2), np.inf)
    there = np.array([outcome.constant for outcome in net.outcomes]) + opening
    lower[:, 0] = (np.array([outcome.low for outcome in net.outcomes]) - there) / spread
    upper[:, 1] = (np.array([outcome.high for outcome in net.outcomes]) - there) / spread
    for side, sign in enumerate((1.0, -1.0)):
        both.add(2 * row + side, col, val / spread[row])
        both.add(2 * np.arange(count) + side, missed[:, side], sign)
    return assemble(
        OUTCOME,
        both,
        lower.ravel(),
        upper.ravel(),
        key=lambda p: (net.outcomes[p // 2].id, SIDES[p % 2]),
        who=[(outcome.id, outcome.name, "half its range") for outcome in net.outcomes],
        entity=np.repeat(np.arange(count), 2),
        period=np.full(2 * count, -1, dtype=np.int64),
    )
