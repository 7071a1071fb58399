"""From the answers of the primitives to the parts of a record: load, prices, owners, costs, who gets what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.analysis.choke import records
from fabopt.analysis.choke.derivative import GroupPrice
from fabopt.analysis.choke.lead import first_effect, quickest
from fabopt.analysis.choke.oracle import Gain
from fabopt.analysis.choke.owners import Rent, controlled_by, instrument, rent, total_rent
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import COUNTS
from fabopt.io.levers import list_levers
from fabopt.network.places import field_of
from fabopt.network.tables import Array, Network, Unit
from fabopt.plan.groups import LimitGroup, Step
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.resolver import Run

PROOFS: Mapping[str, records.Proof] = {
    "zero": "proven zero",
    "positive": "proven positive",
    "undecided": "undecided",
}
QUESTIONS = {
    "fixed": "integers held",
    "relaxed": "relaxation",
    "exact": "mixed-integer",
    "reaches": "mixed-integer, asked for a value",
    "chosen": "program of its own",
}


def run_id(number: int) -> str:
    """Return the id of a run in the study."""
    return f"r{number}"


def certified(gain: Gain) -> records.Certified:
    """Return the certified interval of a gain."""
    return records.Certified(gain.lo, gain.hi, PROOFS[gain.proof], ", ".join(map(run_id, gain.runs)))


def evidence(number: int, run: Run) -> records.Run:
    """Return a run of the oracle as evidence."""
    return records.Run(
        id=run_id(number),
        basis=QUESTIONS.get(run.question, run.question),
        change=run.label or "none",
        status=run.ended,
        value=run.lo if math.isfinite(run.lo) else None,
        bound=run.hi if math.isfinite(run.hi) else None,
        seconds=run.seconds,
    )


def mean_amount(group: LimitGroup, step: Step) -> float:
    """Return how much a step moves the limit, on average over its entries, in its unit."""
    amounts = group.amounts(step)
    finite = amounts[np.isfinite(amounts)]
    if len(amounts) and not len(finite):
        return math.inf
    return float(finite.mean()) if len(finite) else 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """Use of a limit in the plan by entry [n]: what is used, the limit, the slack."""

    used: Array
    limit: Array
    slack: Array


class Facts:
    """What is known of the limits without a solver: the registry, the plan's use, levers, owners, places.

    Parameters
    ----------
    plan
        The plan, brought back to life.
    data
        Its instance.
    """

    def __init__(self, plan: SolvedProgram, data: Instance) -> None:
        self.plan, self.data, self.net = plan, data, plan.net
        self.state = {(s.source.row, s.source.column): s for s in plan.states}
        self.units: dict[str, Unit] = {unit.id: unit for unit in plan.net.units}
        self.first = first_effect(plan.net)
        self._sources = {lever.path: lever.quantity for lever in list_levers(data)}

    def entries(self, group: LimitGroup) -> list[tuple[int, int]]:
        """Return row and column of each entry."""
        return [*((int(row), -1) for row in group.rows), *((-1, int(column)) for column in group.columns)]

    def load(self, group: LimitGroup) -> Load:
        """Return what the plan uses of a group."""
        states = [self.state[at] for at in self.entries(group)]
        return Load(*(np.array([getattr(s, name) for s in states]) for name in ("used", "limit", "slack")))

    def state_of(self, group: LimitGroup, status: records.Status, at_limit: Sequence[bool]) -> records.State:
        """Return the block on status and load."""
        load = self.load(group)
        there = (load.limit > 0) & np.isfinite(load.limit)
        share = load.used[there] / load.limit[there] if there.any() else np.zeros(1)
        return records.State(
            status=status,
            load_peak=float(share.max()),
            load_mean=float(share.mean()),
            periods_at_limit=int(np.sum(at_limit)),
            periods=len(group),
            min_slack=float(max(load.slack.min(), 0.0)),
        )

    def by_period(self, group: LimitGroup, values: Sequence[float]) -> Array:
        """Return values of entries by period [T]; entries of the whole horizon are left out."""
        by_period = np.zeros(self.net.n_periods)
        for period, value in zip(group.periods.tolist(), values, strict=True):
            if period >= 0 and math.isfinite(value):
                by_period[period] += value
        return by_period

    def rents(self, group: LimitGroup, price: GroupPrice) -> tuple[Rent, ...]:
        """Return what scarcity earns the owner of each part of a group in its counted periods."""
        right, left = np.array(price.right), np.array(price.left)
        left, used = np.where(np.isfinite(left), left, right), self.load(group).used
        rows = group.rows.tolist()
        own = [np.isin(rows, part.rows) for part in group.members] or [np.full(len(used), True)]
        return tuple(rent(right[at], left[at], used[at]) for at in own)

    def cost(self, group: LimitGroup, share: float) -> float | None:
        """Return what it costs to move a group by a share of its base with its cheapest lever; None without one.

        The lever is bought at the decision date: its price times the number of units that add that much when they
        have grown. A class costs what all its members cost.
        """
        costs = [self._cost(member, share) for member in group.parts]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def _cost(self, group: LimitGroup, share: float) -> float | None:
        base = float(group.base[np.isfinite(group.base)].mean()) if np.isfinite(group.base).any() else 0.0
        cost = []
        for lever in group.levers:
            unit = self.units[lever.unit]
            adds = max((float(e.grown(len(group.base)).mean()) for e in self.net.unit_effects
                        if e.unit == unit.id and e.resource == group.entity), default=0.0)  # fmt: skip
            if adds > 0 and unit.cost is not None:
                cost.append(share * base / adds * float(unit.cost[0]) * self.net.periods[0].discount)
        return min(cost, default=None)

    def owner(self, group: LimitGroup, price: GroupPrice) -> records.Owner:
        """Return whose a group is, and what can be done about it."""
        lever = quickest(group.levers, self.first)
        instruments = [] if lever is None else [self.units[lever[0]].instrument]
        lead = None if lever is None else lever[1]
        return records.Owner(
            controlled_by=controlled_by(group.kind, group.stage, group.owner, group.relaxable),
            instrument=instrument(group.kind, group.family, group.relaxable, instruments),
            cost=self.cost(group, 0.10),
            lead=lead,
            earliest_effect="" if lead is None else period_label(self.net, lead),
            rent=total_rent(self.rents(group, price)),
        )

    def fields(self, group: LimitGroup) -> tuple[str, ...]:
        """Return the field of the instance that states a group; none where it is not known."""
        fields = (field_of(self.net, member.family, member.entity) for member in group.parts)
        return tuple(dict.fromkeys(field for field in fields if field))

    def quality(self, group: LimitGroup) -> dict[str, int]:
        """Return how many of the numbers behind a group are sourced, estimated and assumed."""
        quality = {"sourced": 0, "estimated": 0, "assumed": 0}
        for field in self.fields(group):
            for path, quantity in self._sources.items():
                if path == field or path.startswith(field + "."):
                    kind = "assumed" if quantity.assumed else "sourced"
                    if not quantity.assumed and quantity.confidence in ("low", "seed", "estimate"):
                        kind = "estimated"
                    quality[kind] += 1
        return quality

    def instead(self, before: Array, after: Array, most: int = 5) -> tuple[tuple[str, float], ...]:
        """Return the activities that a relief changes most: name, and change of level over the counted periods."""
        block = self.plan.tables.columns["start"]
        then, now = (block.values(x).sum(axis=1) for x in (before, after))
        change, noise = now - then, COUNTS * np.maximum(np.abs(then), np.abs(now))
        cost = np.where(np.abs(change) > noise, np.abs(change), 0.0)
        order = np.argsort(-cost, kind="stable")[:most]
        return tuple(
            (self.net.activities[a].name, float(change[a])) for a in order.tolist() if cost[a] > COUNTS * cost.max()
        )

    def capacity(self, reported: Array) -> Array:
        """Return what is there of each resource over the counted periods, with what the plan adds [resources]."""
        capacity = np.array([float(np.sum(r.base[reported])) for r in self.net.resources])
        number = {r.id: n for n, r in enumerate(self.net.resources)}
        for state in self.plan.states:
            if state.family == "capacity" and state.period >= 0 and reported[state.period]:
                n = number[state.entity]
                capacity[n] += state.limit - float(self.net.resources[n].base[state.period])
        return capacity

    def made(self, reported: Array) -> Array:
        """Return what comes into being of each material over the counted periods [materials]."""
        levels = self.plan.tables.columns["start"].values(self.plan.x)
        at, amounts = self.plan.tables.columns.at, np.zeros(len(self.net.materials))
        for flow in self.net.flows:
            made = np.maximum(flow.amount, 0.0) * levels[at.activity[flow.activity]]
            amounts[at.material[flow.material]] += float(made[reported].sum())
        return amounts

    def deliveries(self, x: Array) -> list[Array]:
        """Return the deliveries of each demand [steps, T] of a plan [columns]."""
        block = self.plan.tables.columns["deliver"].values(x)
        return [block[j, : len(d.steps)] for j, d in enumerate(self.net.demands)]


def period_label(net: Network, period: int) -> str:
    """Return the label of a period, or how far it lies after the horizon."""
    if period < net.n_periods:
        return net.periods[period].label
    late = period - net.n_periods + 1
    return f"{late} period{'s' if late > 1 else ''} after the horizon"
