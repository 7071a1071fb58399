r"""On or off: an activity runs between its least and its largest level, or not at all, and for so long at least.

.. math::
   x_{a,t} \le U_{a,t}\, w_{a,t} \qquad x_{a,t} \ge L_{a,t}\, w_{a,t} \qquad
   w_{a,t} - w_{a,t-1} \le v_{a,t} \qquad \sum_{\tau = t - m_a + 1}^{t} v_{a,\tau} \le w_{a,t} \qquad
   \sum_{\tau = t - d_a + 1}^{t} v_{a,\tau} \le n_a - w_{a,t-d_a}

========  ===========================================================  ====================
symbol    meaning                                                      unit
========  ===========================================================  ====================
x[a,t]    level started in t                                           unit of the activity
w[a,t]    1 while the activity is on; w[a,-1] says whether it was on   0 or 1
v[a,t]    1 where it is switched on (whole by itself)                  0 to 1
U, L      largest level that x can reach, least level while on         unit of the activity
m[a]      least number of periods on at a time                         periods
d[a]      least number of periods off at a time                        periods
n[a]      number of identical units: w and v count them                1
========  ===========================================================  ====================

Of several identical units any number may be on: ``w`` is an integer up to ``n``, ``U`` is then a datum, the upper level
of one, and the row is no gate. Where something counts switches the rows of least run and rest stand for one period too:
``v`` is then 1 where it is switched on and 0 elsewhere, whatever that is worth.

``U`` is no datum of the row: the upper level given is the bound of x, and the row is a gate
(:mod:`fabopt.model.gates`), whose constant is what the whole program lets x reach. An activity that was on at the
decision date has served its least run, and one that was off its least rest; a run or rest that the end of the horizon
cuts short is allowed. What is cyclic comes round from the last period to the first. Prices of these rows are prices
with the integers held.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray, Rows, Triplets, by_period, grid, grid_rows, names
from fabopt.network.tables import Network

MAX_LEVEL = Family(
    name="max_level",
    index=("activity", "period"),
    unit="unit of the activity",
    says="{name} runs in {period} only while it is on",
    price_says="one more {unit} of {name} in {period} while it is off",
)
MIN_LEVEL = Family(
    name="min_level",
    index=("activity", "period"),
    unit="unit of the activity",
    says="{name} runs at its least level or above while it is on in {period}",
    price_says="one {unit} less of the least level of {name} in {period}",
    limited="level of {name} in {period}, while it is on,",
)
SWITCH_ON = Family(
    name="switch_on",
    index=("activity", "period"),
    unit="0 or 1",
    says="{name} is on in {period} only if it was on before or is switched on",
    price_says="one start of {name} in {period}",
)
MIN_RUN = Family(
    name="min_run",
    index=("activity", "period"),
    unit="0 or 1",
    says="{name}, once switched on, is still on in {period} for its least run",
    price_says="one run of {name} cut short in {period}",
    limited="{name}, still on in {period} once it was switched on: periods",
)
MIN_OFF = Family(
    name="min_off",
    index=("activity", "period"),
    unit="0 or 1",
    says="{name}, once switched off, is not switched on again in {period} before its least rest is over",
    price_says="one rest of {name} cut short in {period}",
    limited="{name}, still off in {period} once it was switched off: periods",
)
UNITS_ON = Family(
    name="units_on",
    index=("activity", "period"),
    unit="unit of the activity",
    says="{name} in {period} is at most what its units that are on can do",
    price_says="one more {unit} of {name} in {period} with no more units on",
    limited="level of {name} in {period}, by its units that are on,",
)
FAMILIES = (MAX_LEVEL, MIN_LEVEL, SWITCH_ON, MIN_RUN, MIN_OFF, UNITS_ON)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows of on/off activities."""
    T, activities = net.n_periods, net.activities
    start, on = columns["start"].index, columns["on"].index
    cell = grid(len(activities), T)
    least = by_period([a.lower for a in activities], T)
    units = np.array([a.units for a in activities], dtype=float)[:, None]
    most = by_period([a.upper for a in activities], T, np.inf) / units
    high, low, several = Triplets(), Triplets(), Triplets()
    alone, of_units = (np.where((on >= 0) & ((units > 1) == many), cell, -1) for many in (False, True))
    high.add(alone, start, 1.0)
    high.add(alone, on, -1.0)
    several.add(of_units, start, 1.0)
    several.add(of_units, on, -np.where(units > 1, most, 0.0))
    low.add(np.where((on >= 0) & (least > 0), cell, -1), start, 1.0)
    low.add(np.where(least > 0, cell, -1), on, -least)
    who, labels = names(activities), columns.labels
    return (
        grid_rows(MAX_LEVEL, high, -np.inf, 0.0, who, labels),
        grid_rows(MIN_LEVEL, low, 0.0, np.inf, who, labels),
        *_switching(net, columns),
        grid_rows(UNITS_ON, several, -np.inf, 0.0, who, labels),
    )


def _switching(net: Network, columns: Columns) -> tuple[Rows, ...]:
    T, activities = net.n_periods, net.activities
    on, switch = columns["on"].index, columns["switch"].index
    cell = grid(len(activities), T)
    first = np.zeros(cell.shape)
    if T:
        first[:, 0] = [a.was_on for a in activities]
    change, run, rest = Triplets(), Triplets(), Triplets()
    free = np.full(cell.shape, np.inf)
    change.add(np.where(switch >= 0, cell, -1), on, 1.0)
    change.add(np.where(switch >= 0, cell, -1), switch, -1.0)
    change.add(np.where(switch >= 0, cell, -1)[:, 1:], on[:, :-1], -1.0)
    for a, activity in enumerate(activities):
        if (switch[a] < 0).all():
            continue
        if activity.cyclic:
            change.add(np.where(switch[a] >= 0, cell[a], -1)[:1], on[a, -1:], -1.0)
        if activity.min_run > 1 or activity.counts_starts:
            s, t = _window(T, activity.min_run, activity.cyclic)
            run.add(cell[a][t], switch[a][s], 1.0)
            run.add(cell[a], on[a], -1.0)
        if activity.min_off > 1 or activity.counts_starts:
            s, t = _window(T, activity.min_off, activity.cyclic)
            rest.add(cell[a][t], switch[a][s], 1.0)
            before = np.arange(T) - activity.min_off
            free[a] = activity.units - np.where(before < 0, activity.was_on, 0)
            inside = (before >= 0) | activity.cyclic
            rest.add(cell[a][inside], on[a][before[inside] % T], 1.0)
    who, labels = names(activities), columns.labels
    return (
        grid_rows(SWITCH_ON, change, -np.inf, first, who, labels),
        grid_rows(MIN_RUN, run, -np.inf, 0.0, who, labels),
        grid_rows(MIN_OFF, rest, -np.inf, free, who, labels),
    )


def _window(periods: int, length: int, around: bool) -> tuple[IntArray, IntArray]:
    """Return pairs of periods of which the first is the second or one of those before it, so many in all."""
    back, t = np.divmod(np.arange(min(length, periods) * periods), periods)
    s = t - back
    keep = (s >= 0) | around
    return s[keep] % periods, t[keep]
