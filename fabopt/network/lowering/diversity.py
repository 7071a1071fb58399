r"""Diversity and resilience as rows over a lab's compute.

With the compute of a lab :math:`C_t = \sum_m w_m \sum \mu\,x` (what is made of the materials that its demands weigh),
:math:`C^d_t` the part of it that runs on chips of designer d, and :math:`C'_t` what remains of it under a stop
(`stops`), each limit holds in every window W:

* cap of a designer: :math:`\sum_W C^d_t \le \sum_W \gamma_t C_t`, a share as any that is stated
  (:func:`fabopt.network.lowering.limits.shared`);
* cap of any other supplier: :math:`\sum_W C'_t \ge \sum_W (1 - \gamma_t)\, C_t`, with the supplier stopped for the
  whole horizon: what cannot be done without it is its share;
* survival: :math:`C'_t \ge \varphi_t C_t` in each period from the beginning of a stop on, for every supplier and every
  beginning.

All labs that a stop concerns share one remaining plan, so that no chip is counted for two of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.diversity import Limited, ShareCap, Survival
from fabopt.domain.instance import Instance
from fabopt.network.graph import to_networkx
from fabopt.network.links import Links, link
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.limits import shared
from fabopt.network.lowering.measured import Sum, computed
from fabopt.network.lowering.policy_scope import Expression, windows_of
from fabopt.network.lowering.stops import Node, Remaining, Stop, touched
from fabopt.network.reach import earliest
from fabopt.network.suppliers import Supplier, suppliers, unit_suppliers
from fabopt.network.tables import Activity, Array, GroupLimit, Network, Tags, Unit

Windows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Lab:
    """A lab as the limits see it: its name, its unit of compute, and the weight of each material that is compute."""

    id: str
    name: str
    unit: str
    weights: dict[str, float]


@dataclass(frozen=True)
class _Asked:
    """A limit on what remains of a lab's compute under a stop: at least a share ``[T]`` of what is planned."""

    section: str
    limit_id: str
    limit: Limited
    lab: Lab
    share: Array
    windows: Windows


def lower_diversity(chain: Chain, net: Network) -> Network:
    """Return the network with the limits of the sections `diversity` and `resilience` as rows.

    Raises
    ------
    FieldProblem
        When a cap leaves a lab without compute, because nothing that it can run is made without the supplier.
    """
    instance = chain.instance
    if not instance.diversity and not instance.resilience:
        return net
    rows = _Rows(chain, net, link(net))
    for cap_id, cap in instance.diversity.items():
        rows.cap(cap_id, cap)
    for limit_id, limit in instance.resilience.items():
        rows.survival(limit_id, limit)
    return rows.network()


class _Rows:
    """Collects the limits of an instance; remaining plans are written once for all limits on the same stop."""

    def __init__(self, chain: Chain, net: Network, links: Links) -> None:
        self.chain, self.net, self.links = chain, net, links
        self.labs = labs_in(chain.instance, net)
        self.running = suppliers(net)
        self.building = unit_suppliers(net)
        self.groups: list[GroupLimit] = []
        self.asked: dict[Stop, list[_Asked]] = {}

    def cap(self, cap_id: str, cap: ShareCap) -> None:
        """Add a cap on shares of compute."""
        # In the part of a period in which it does not hold a cap leaves all.
        share = 1.0 - self.chain.window(cap.since, cap.until).share * (1.0 - self.chain.mean(cap.share))
        windows = windows_of(self.chain, cap.since, cap.until, cap.by)
        for lab in self._labs(cap):
            if cap.of == "designer":
                self._of_designers(cap_id, cap, lab, share, windows)
                continue
            for supplier in self._suppliers(cap):
                stop = Stop(supplier, 0, self.chain.n - 1)
                self.asked.setdefault(stop, []).append(_Asked("diversity", cap_id, cap, lab, 1.0 - share, windows))

    def survival(self, limit_id: str, limit: Survival) -> None:
        """Add a limit on what remains, for each supplier and each beginning of a stop."""
        calendar, n = self.chain.calendar, self.chain.n
        held = self.chain.window(limit.since, limit.until).share
        watched = math.inf if limit.watch is None else limit.watch.value
        for first in self._beginnings(limit):
            stopped = calendar.shares(first, calendar.after(first, limit.stop.value))
            last = max(t for t in range(n) if stopped[t] > 0.0)
            # What is watched for a part of a period, or promised for a part of the one in which the stop begins, is
            # held to that part of the share.
            seen = np.array(calendar.shares(first, calendar.after(first, watched))) * held[first]
            share = self.chain.mean(limit.share) * seen
            windows = tuple((int(t),) for t in np.flatnonzero(seen))
            for supplier in self._suppliers(limit):
                stop = Stop(supplier, first, last, stopped[last])
                for lab in self._labs(limit):
                    self.asked.setdefault(stop, []).append(_Asked("resilience", limit_id, limit, lab, share, windows))

    def network(self) -> Network:
        """Return the network with all rows."""
        graph = to_networkx(self.net)
        written: list[Remaining] = []
        faults: list[Fault] = []
        for stop, asked in self.asked.items():
            stopped = self._stopped(stop.supplier)
            measured = [("material", m) for one in asked for m in one.lab.weights]
            behind, kept = touched(graph, stopped, measured)
            concerned = [one for one in asked if any(("material", m) in behind for m in one.lab.weights)]
            if not concerned:
                continue
            if stop.first == 0 and stop.last == self.chain.n - 1 and stop.part == 1.0:
                faults += self._hopeless(stop, stopped, concerned)
            until = max(t for one in concerned for window in one.windows for t in window)
            kind, name = stop.supplier
            label = f"remains:{kind}:{name}:{self.net.periods[stop.first].label}:{self.net.periods[stop.last].label}"
            label += f":{stop.part:.6g}" if stop.part < 1.0 else ""
            remaining = Remaining(self.links, stop, frozenset(stopped), behind, kept, frozenset(measured), until, label)
            remaining.write()
            written.append(remaining)
            self.groups += [self._remains(one, remaining) for one in concerned]
        if faults:
            raise FieldProblem(faults)
        return replace(
            self.net,
            activities=(*self.net.activities, *(a for one in written for a in one.activities)),
            groups=(*self.net.groups, *self.groups),
            definitions=(*self.net.definitions, *(row for one in written for row in one.definitions)),
            remainders=tuple(one.part() for one in written),
        )

    def _labs(self, limit: Limited) -> Iterator[Lab]:
        return (lab for lab in self.labs if not limit.labs or lab.id in limit.labs)

    def _suppliers(self, limit: Limited) -> Iterator[Supplier]:
        known = dict.fromkeys((*self.running, *self.building))
        return (s for s in known if s[0] == limit.of and (not limit.suppliers or s[1] in limit.suppliers))

    def _beginnings(self, limit: Survival) -> list[int]:
        held = [
            t for (t,) in windows_of(self.chain, limit.since, limit.until, "period") if self.net.periods[t].reported
        ]
        if limit.begins == "period":
            return held
        return [next(group) for _, group in groupby(held, key=lambda t: self.net.periods[t].start.year)]

    def _stopped(self, supplier: Supplier) -> list[Node]:
        activities = [("activity", key) for key in self.running.get(supplier, ())]
        return [*activities, *(("unit", key) for key in self.building.get(supplier, ()))]

    def _of_designers(self, cap_id: str, cap: ShareCap, lab: Lab, share: Array, windows: Windows) -> None:
        """Add the rows of a cap on designers: those whose chips the lab can run."""
        whole, held = Sum(self.chain.n, planned(self.links, lab)), self.chain.window(cap.since, cap.until).share
        designers = dict.fromkeys(
            self.links.activities[name].tags.item
            for _, name, _ in whole.terms.terms
            if self.links.activities[name].tags.stage == "compute" and self.links.activities[name].tags.item
        )
        for designer in designers:
            if not cap.suppliers or designer in cap.suppliers:
                part = Sum(self.chain.n, planned(self.links, lab, designer))
                terms, _ = shared(self.chain, part, whole, self.chain.mean(cap.share), held, "<=", windows, True)
                one = _Asked("diversity", cap_id, cap, lab, share, windows)
                said = f"share of {self._named(('designer', designer))} in {lab.name}'s compute"
                self.groups.append(self._limit(one, ("designer", designer), "", said, "<=", terms))

    def _remains(self, one: _Asked, remaining: Remaining) -> GroupLimit:
        """Return the row of a limit on what remains."""
        terms = Expression().plus(planned(self.links, one.lab), -one.share)
        for material, weight in one.lab.weights.items():
            terms = terms.plus(remaining.made(material), weight)
        supplier, first = remaining.stop.supplier, self.net.periods[remaining.stop.first].label
        said, when = f"{one.lab.name}'s compute if {self._named(supplier)} stops in {first}", first
        if one.section == "diversity":
            said, when = f"share of {self._named(supplier)} in {one.lab.name}'s compute", ""
        return self._limit(one, supplier, when, said, ">=", terms)

    def _limit(
        self, one: _Asked, supplier: Supplier, when: str, said: str, sense: Literal["<=", ">="], terms: Expression
    ) -> GroupLimit:
        parts = (one.section, one.limit_id, one.lab.id, supplier[1], when)
        name = f"{one.limit.name or one.limit_id}: {said}"
        tags = Tags(
            stage=one.section,
            owner=one.lab.id,
            customer=one.lab.id,
            item=one.limit_id,
            lab=one.lab.id,
            kind=one.section,
            role="rule",
            field=f"{one.section}.{one.limit_id}",
        )
        rhs = np.zeros(len(one.windows))
        return GroupLimit(
            ":".join(part for part in parts if part), name, one.lab.unit, sense, one.windows, rhs, terms.rows(), tags,
            family="share_cap" if one.section == "diversity" else "survival",
        )  # fmt: skip

    def _named(self, supplier: Supplier) -> str:
        kind, name = supplier
        instance = self.chain.instance
        if kind in ("designer", "owner") and name in instance.designers:
            return instance.designers[name].name
        if kind == "memory-maker" and name in instance.memory_makers:
            return instance.memory_makers[name].name
        return self.chain.called(name)

    def _hopeless(self, stop: Stop, stopped: list[Node], asked: list[_Asked]) -> Iterator[Fault]:
        """Yield a fault for each lab that could run nothing at all if nothing came from a supplier."""
        ids = set(stopped)

        def still(records: tuple[Activity, ...] | tuple[Unit, ...], kind: str) -> Any:
            never = np.zeros(self.chain.n)
            return tuple(replace(r, upper=never) if (kind, r.id) in ids else r for r in records)

        net = replace(self.net, activities=still(self.net.activities, "activity"), units=still(self.net.units, "unit"))
        reach = earliest(link(net))
        for one in asked:
            if one.share.max() > 0.0 and min(reach.material[m] for m in one.lab.weights) >= self.chain.n:
                who = f"{KIND_SAYS[stop.supplier[0]]} {self._named(stop.supplier)}"
                message = f"{one.lab.name} has no fleet and can run nothing that is made without the {who}, so a share"
                most = f"{1.0 - float(one.share.max()):.0%}"
                yield Fault(
                    (one.section, one.limit_id, "share"),
                    f"{message} of at most {most} leaves it no compute at all",
                    "let the cap begin later, name other suppliers, or give the lab a chip made without it",
                )


KIND_SAYS = {
    "foundry": "foundry",
    "memory-maker": "memory maker",
    "packager": "packager",
    "owner": "company",
    "region": "region",
}
"""Kinds of supplier in words."""


def planned(links: Links, lab: Lab, designer: str = "") -> Expression:
    """Return a lab's compute, or the part of it that runs on a designer's chips."""

    def wanted(tags: Tags) -> bool:
        return not designer or (tags.stage == "compute" and tags.item == designer)

    return computed(links, lab.weights, wanted)


def labs_in(instance: Instance, net: Network) -> list[Lab]:
    """Return the labs with compute in a network: those that demands with a weight are tagged with."""
    units = {material.id: material.unit for material in net.materials}
    labs: dict[str, Lab] = {}
    for demand in net.demands:
        lab = demand.tags.lab
        if lab and demand.weight > 0.0:
            name = instance.labs[lab].name if lab in instance.labs else lab
            labs.setdefault(lab, Lab(lab, name, units[demand.material], {})).weights[demand.material] = demand.weight
    return list(labs.values())
