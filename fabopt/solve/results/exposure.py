r"""What of a lab's compute depends on each supplier: the plan's flows traced from supplier to compute.

The dependence :math:`\delta \in [0, 1]` of an activity started in t is 1 on those that run it
(`fabopt.network.suppliers`), and on others that of the input that depends most on them: a package short of stacks
from one maker is not built, whoever made its dies. A material in t depends on a supplier as the mean of what makes it
up: what is carried over, what was already on its way, and what arrives, by amount,

.. math::
   \delta_{a,t} = \max\bigl(\text{own},\ \max_i \delta_{i,t+\tau}\bigr) \qquad
   \delta_{i,t} = \frac{\sigma s_{i,t-1}\,\delta_{i,t-1} + \sum_{a,\tau} \mu\,x_{a,t-\tau}\,\delta_{a,t-\tau}}
                       {\sigma s_{i,t-1} + g_{i,t} + \sum_{a,\tau} \mu\,x_{a,t-\tau}} .

Fleets that stand and goods in work at the decision date depend on nobody: they are there. So the share of a lab's
compute says what would be missing in a period had the supplier started nothing since the decision date, with nothing
else done than planned; materials that several users share are mixed evenly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import ROUNDING, SAME
from fabopt.network.suppliers import Supplier, suppliers
from fabopt.network.tables import Array, Flow, Network
from fabopt.solve.results.columns import PERIOD, REPORTED, TableSpec, number, text
from fabopt.solve.results.core import carried_over
from fabopt.solve.results.movements import Ints, unit_flows
from fabopt.solve.solution import Solution

EXPOSURE = TableSpec(
    "exposure",
    "domain",
    "the share of a lab's compute in a period that depends on a supplier",
    (
        PERIOD,
        REPORTED,
        text("lab", "lab"),
        text("kind", "designer, foundry, memory-maker, packager, owner, region or resource"),
        text("supplier", "id of the supplier, in its kind"),
        number("share", "1", "share of the lab's compute that was made with it since the decision date"),
    ),
)


@dataclass(frozen=True)
class _Side:
    """Flows of one sign, sorted by what they are summed over: positions, ages, and amounts by start ``[n, T]``."""

    activity: Ints
    material: Ints
    age: Ints
    amount: Array


def exposure_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table: rows by lab, supplier and period, only where something depends on it.

    Parameters
    ----------
    net, solution
        The network, and a solution with a plan.
    """
    active = {a.id for a, runs in zip(net.activities, solution.levels, strict=True) if runs.any()}
    behind = {supplier: runs for supplier, runs in suppliers(net).items() if not active.isdisjoint(runs)}
    labs: dict[str, dict[int, float]] = {}
    position = {m.id: n for n, m in enumerate(net.materials)}
    for demand in net.demands:
        if demand.tags.lab and demand.weight > 0.0:
            labs.setdefault(demand.tags.lab, {})[position[demand.material]] = demand.weight
    shares = np.zeros((len(labs), len(behind), net.n_periods))

    def measure(t: int, depends: Array, arrived: Array) -> None:
        for n, weights in enumerate(labs.values()):
            rows = list(weights)
            amounts = np.array([weights[m] * arrived[m] for m in rows])
            if amounts.sum() > 0.0:
                shares[n, :, t] = amounts @ depends[rows] / amounts.sum()

    if labs:
        _trace(net, solution, behind, measure)
    shares[shares < SAME] = 0.0
    n, s, t = np.nonzero(shares)
    names, whole = list(labs), list(behind)
    return {
        "period": [net.periods[p].label for p in t],
        "reported": [net.periods[p].reported for p in t],
        "lab": [names[k] for k in n],
        "kind": [whole[k][0] for k in s],
        "supplier": [whole[k][1] for k in s],
        "share": shares[n, s, t],
    }


def _trace(
    net: Network,
    solution: Solution,
    behind: dict[Supplier, dict[str, None]],
    measure: Callable[[int, Array, Array], None],
) -> None:
    """Trace dependence forward in time; call `measure` with period, dependence and arrivals of the materials."""
    place = {a.id: n for n, a in enumerate(net.activities)}
    levels = np.maximum(solution.levels, 0.0)
    own = np.zeros((len(net.activities), len(behind)))
    for s, activities in enumerate(behind.values()):
        own[[place[a] for a in activities], s] = 1.0
    outputs, inputs = _sides(net, place)
    there = carried_over(net, solution.stock)
    receipts = np.array([np.zeros(net.n_periods) if m.receipts is None else m.receipts for m in net.materials])
    released = unit_flows(net, solution.orders)
    given = released.where(released.amount > 0.0).total(len(net.materials), net.n_periods)
    by_start = [own.copy() for _ in range(net.n_periods)]
    depends = np.zeros((len(net.materials), len(behind)))
    for t in range(net.n_periods):
        there_now = np.maximum(there[:, t], 0.0)
        fixed = there_now + np.maximum(receipts[:, t], 0.0) + given[:, t]
        before = depends * there_now[:, None]
        # What arrives in its own period depends on what is taken in that period: swept once a step of such a chain.
        for _ in range(len(net.materials) + 1):
            amount, part = _arrivals(outputs, levels, by_start, t, len(net.materials))
            total = fixed + amount
            found = (before + part) / np.where(total > 0.0, total, 1.0)[:, None]
            changed = _taken(inputs, levels, by_start, found, t)
            depends = found
            if not changed:
                break
        measure(t, depends, amount)


def _sides(net: Network, place: dict[str, int]) -> tuple[_Side, _Side]:
    """Return outputs sorted by material and inputs sorted by activity."""
    material = {m.id: n for n, m in enumerate(net.materials)}

    def side(flows: list[Flow], sign: float, by: Callable[[Flow], int]) -> _Side:
        flows = sorted(flows, key=by)
        return _Side(
            np.array([place[f.activity] for f in flows], dtype=np.int64),
            np.array([material[f.material] for f in flows], dtype=np.int64),
            np.array([f.age for f in flows], dtype=np.int64),
            np.array([np.maximum(sign * f.amount, 0.0) for f in flows]).reshape(len(flows), net.n_periods),
        )

    made = [f for f in net.flows if f.amount.max(initial=0.0) > 0.0]
    taken = [f for f in net.flows if f.amount.min(initial=0.0) < 0.0]
    return side(made, 1.0, lambda f: material[f.material]), side(taken, -1.0, lambda f: place[f.activity])


def _felt(side: _Side, levels: Array, t: int) -> tuple[NDArray[np.int64], Array]:
    """Return the flows that act in a period, and their amounts."""
    start = t - side.age
    at = np.maximum(start, 0)
    amount = np.where(start >= 0, levels[side.activity, at] * side.amount[np.arange(len(at)), at], 0.0)
    felt = np.flatnonzero(amount > 0.0)
    return felt, amount[felt]


def _arrivals(outputs: _Side, levels: Array, by_start: list[Array], t: int, materials: int) -> tuple[Array, Array]:
    """Return what arrives of each material ``[M]`` and how much of it depends on each supplier ``[M, S]``."""
    felt, amount = _felt(outputs, levels, t)
    total, part = np.zeros(materials), np.zeros((materials, by_start[0].shape[1]))
    if len(felt):
        rows = _rows(outputs, felt, by_start, t)
        target, first = np.unique(outputs.material[felt], return_index=True)
        total[target] = np.add.reduceat(amount, first)
        part[target] = np.add.reduceat(amount[:, None] * rows, first, axis=0)
    return total, part


def _rows(side: _Side, felt: Ints, by_start: list[Array], t: int) -> Array:
    """Return the dependence of the starts behind flows ``[n, S]``."""
    rows = np.empty((len(felt), by_start[0].shape[1]))
    for age in np.unique(side.age[felt]):
        of_age = side.age[felt] == age
        rows[of_age] = by_start[t - age][side.activity[felt[of_age]]]
    return rows


def _taken(inputs: _Side, levels: Array, by_start: list[Array], depends: Array, t: int) -> bool:
    """Let starts depend on what they take in a period; return whether that changed what is made in it."""
    felt, _ = _felt(inputs, levels, t)
    changed = False
    for age in np.unique(inputs.age[felt]):
        of_age = felt[inputs.age[felt] == age]
        activity, first = np.unique(inputs.activity[of_age], return_index=True)
        most = np.maximum.reduceat(depends[inputs.material[of_age]], first, axis=0)
        known = by_start[t - age]
        if np.any(most > known[activity] + ROUNDING):
            known[activity] = np.maximum(known[activity], most)
            changed = True
    return changed
