"""What a lab may sign in a plan, as decisions of the network: purchases, orders and contracts, by whom it pays.

============  ====================================================  ====================================================
kind          decisions                                             a signature in period d allows
============  ====================================================  ====================================================
accelerators  shipments of a designer's chip to the lab's sites     shipments from d + L on, and before L from d on
              in the reported periods
capacity      what a company makes for the lab's own chips, in      what is begun from d on
              the reported periods
power         orders of power of a site, of every size              orders from d on
one order     what of them is placed in one period t                orders of t from d >= t on
programme     funding of a chip of its own                          funding from d on
contract,     signature, exercise, exit and steps of price          all of them from d on
compute
============  ====================================================  ====================================================

L is what making the chip takes, from the first start of a wafer of any of its parts (:mod:`.making`). What is shipped
before L was in work or in stock when the plan begins, and needs no more than a signature by then; what is shipped in
t >= L may be begun for the lab in t - L, and is signed for by then. What is bought after the reported periods, or was
before the date to which a plan was rolled on, is no part of a purchase: it is neither told as its schedule nor closed
where it is never signed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.records import SignatureKind
from fabopt.analysis.replan import closed
from fabopt.domain.kinds import KINDS, things
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.model.families import IntArray
from fabopt.network.explode import making_time
from fabopt.network.parties import owned, payments_between
from fabopt.network.tables import CONTRACT, DECISIONS, Network, Unit
from fabopt.network.tagged import ids, packages
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.perturbation import Perturbation, bounds_at, sides_at

CHIPS = KINDS["chip"].paid
"""What a lab pays for accelerators is for, as the table ``transfers`` has it."""


COMPUTE = "kH100e"
"""Unit of compute, which contracts count by period."""

AGREEMENTS = ("contract", "compute")
"""Kinds of signature that are contracts of the instance."""


@dataclass(frozen=True, slots=True)
class Signable:
    """Something that a lab may sign.

    Attributes
    ----------
    id, kind
        As of :class:`~fabopt.analysis.memo.records.Signature`.
    what, item, supplier
        Kind of goods as the table ``transfers`` has it (empty for orders), id of what it is, id of the supplier.
    activities, units
        Ids of the activities and units that it stands for.
    lead
        Periods from signature to the first delivery.
    making
        The part of it that making takes, which what is in work or in stock does not need.
    whole
        Id of all orders of the same, of which this is one; empty where it stands for all.
    at
        Position of the period in which this one order is placed; None where it stands for all.
    since
        Position of the first period that can still be decided: what lies before it is no part of it.
    until
        Position of the period from which on nothing is a part of it; None where all periods are.
    """

    id: str
    kind: SignatureKind
    what: str
    item: str
    supplier: str
    activities: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    lead: int = 0
    making: int = 0
    whole: str = ""
    at: int | None = None
    since: int = 0
    until: int | None = None

    def shut(self, n: int, period: int | None) -> NDArray[np.bool_]:
        """Return the periods [n] in which nothing may be done if it is signed in a period; all of them for None."""
        t = np.arange(n)
        if self.at is not None:
            return (t >= self.at) & (t < (self.at + 1 if period is None else period))
        mine = (t >= self.since) & (t < (n if self.until is None else self.until))
        made = t >= self.since + self.making
        return mine if period is None else mine & ((t < period) | (made & (t < period + self.making)))

    def forbidden(self, plan: SolvedProgram, period: int | None) -> Perturbation:
        """Return the change that forbids to sign it before a period, or ever (None).

        Where it is one order of several, the others stay as they are in the plan or become less: those that may make
        up for it are placed from that period on.
        """
        shut = self.shut(plan.net.n_periods, period)
        change = closed(plan, self.activities, self.units, shut)
        return change if self.at is None or not shut.any() else change.then(self._others(plan, shut, period))

    def ended(self, plan: SolvedProgram) -> Perturbation:
        """Return the change by which a contract in force ends: from now on nothing is taken, kept or owed under it."""
        program, order = plan.program, plan.tables.columns["order"].index
        at = [plan.tables.columns.at.unit[id] for id in self.units]
        own = order[at][order[at] >= 0]
        mine = set(ids(plan.net.groups, kind="contract", item=self.item))
        groups = [group for group in plan.problem.groups if group.entity in mine]
        later = [group.rows[group.periods[: len(group.rows)] >= self.since] for group in groups]
        rows = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *later]))
        taken = np.isfinite(program.row_upper[rows])  # the most that may be taken: nothing beside what signs it
        signed = np.asarray(program.a[rows][:, own] @ plan.x[own])
        return sides_at(program, rows, np.full(len(rows), -np.inf), np.where(taken, signed, np.inf))

    def _others(self, plan: SolvedProgram, shut: NDArray[np.bool_], period: int | None) -> Perturbation:
        """Return the change by which no other order is larger than in the plan, but for those from a period on."""
        index, at, program = plan.tables.columns["order"].index, plan.tables.columns.at.unit, plan.program
        kept = ~shut & (np.arange(len(shut)) < (len(shut) if period is None else period))
        columns = np.concatenate([index[at[id]][kept] for id in self.units])
        columns = columns[columns >= 0]
        now = np.where(program.integer[columns], np.round(plan.x[columns]), plan.x[columns])
        lower = program.column_lower[columns]
        return bounds_at(program, columns, lower, np.clip(now, lower, program.column_upper[columns]))

    def never(self, plan: SolvedProgram, name: str) -> Forbidden:
        """Return the columns that nothing is done of if it is never signed, as flip points take them."""
        change = closed(plan, self.activities, self.units, self.shut(plan.net.n_periods, None))
        return Forbidden(self.id, name, self.what or self.kind, change.columns.at, change.free)

    def done(self, plan: SolvedProgram, only: NDArray[np.bool_] | None = None) -> IntArray:
        """Return the columns of which the plan has some, in all periods or in some [T]."""
        columns, at = plan.tables.columns, plan.tables.columns.at
        parts = [columns["start"].index[at.activity[id]] for id in self.activities]
        parts += [columns["order"].index[at.unit[id]] for id in self.units]
        kept = np.ones(plan.net.n_periods, dtype=bool) if only is None else only
        done: IntArray = np.concatenate([np.zeros(0, dtype=np.int64), *(part[kept] for part in parts)])
        done = done[done >= 0]
        return np.asarray(done[plan.x[done] > plan.problem.nothing[done]])

    def planned(self, plan: SolvedProgram) -> int:
        """Return the position of the period in which the plan signs it: the last that costs nothing of the plan."""
        n = plan.net.n_periods
        busy = np.array([len(self.done(plan, np.arange(n) == t)) > 0 for t in range(n)])
        return next((period - 1 for period in range(1, n + 1) if (self.shut(n, period) & busy).any()), self.since)

    def orders(self, plan: SolvedProgram) -> tuple[Signable, ...]:
        """Return each order of it that the plan places in the reported periods; itself where it is not ordered."""
        if not self.units or self.kind not in ("power", "capacity"):
            return (self,)
        periods = [p for p in plan.net.periods[self.since :] if p.reported]
        n = plan.net.n_periods
        placed = [p for p in periods if len(self.done(plan, np.arange(n) == p.index))]
        if len(placed) == 1:
            return (replace(self, whole=self.id, at=placed[0].index),)
        return tuple(replace(self, id=f"{self.id}:{p.label}", whole=self.id, at=p.index) for p in placed)

    def taken(self, plan: SolvedProgram) -> bool:
        """Return whether the plan has any of it in the reported periods that can still be decided."""
        return bool(len(self.done(plan, np.array([p.reported and p.index >= self.since for p in plan.net.periods]))))

    def pinned(self, plan: SolvedProgram) -> bool:
        """Return whether all of it is decided already."""
        there = self.done(plan)
        return bool(np.all(plan.program.column_lower[there] >= plan.program.column_upper[there])) and len(there) > 0


@dataclass(frozen=True, slots=True)
class Several(Signable):
    """Purchases of the same goods together.

    Attributes
    ----------
    members
        Each of them; none is an order of the lab's own.
    told
        Ids of those that the plan has and that are not worth signing alone.
    """

    members: tuple[Signable, ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, members: Sequence[Signable], told: Sequence[str]) -> Several:
        """Return some purchases of the same goods together."""
        one = members[0]
        return cls(
            f"together:{one.id}",
            "capacity",
            one.what,
            "",
            "",
            since=one.since,
            members=tuple(members),
            told=tuple(told),
        )

    def forbidden(self, plan: SolvedProgram, period: int | None) -> Perturbation:
        """Return the change that forbids to sign any of them before a period, or ever (None)."""
        first, *others = (one.forbidden(plan, period) for one in self.members)
        return reduce(Perturbation.then, others, first)

    def planned(self, plan: SolvedProgram) -> int:
        """Return the position of the period in which the plan signs the first of them."""
        return min(one.planned(plan) for one in self.members if one.id in self.told)


def whole_periods(time: float) -> int:
    """Return a time in whole periods, rounded up."""
    return math.ceil(time - NEGLIGIBLE)


def signables(plan: SolvedProgram, lab: str, since: int = 0) -> tuple[Signable, ...]:
    """Return all that a lab may sign from a period on: purchases, power, programmes and other capacity, contracts."""
    every = (*_purchases(plan.net, lab), *_orders(plan.net, lab), *_contracts(plan.net, lab))
    return tuple(replace(one, since=since) for one in every)


def _purchases(net: Network, lab: str) -> Iterable[Signable]:
    """Return what a lab pays others for by piece, by kind, payee and item."""
    time, package, until = making_time(net), packages(net), 1 + max(p.index for p in net.periods if p.reported)
    goods = {kind.paid for kind in things() if kind.paid}
    purchases: dict[tuple[str, str, str], dict[str, None]] = {}
    for payment in payments_between(net):
        if payment.payer == lab and payment.kind in goods and payment.term.kind == "activity":
            purchases.setdefault((payment.kind, payment.payee, payment.item), {})[payment.term.id] = None
    for (what, payee, item), activities in purchases.items():
        making = whole_periods(time.get(package.get(item, ""), 0.0)) if what == CHIPS else 0
        id = f"{what}:{lab}:{item}" if what == CHIPS else f"{what}:{lab}:{payee}:{item}"
        kind: SignatureKind = "accelerators" if what == CHIPS else "capacity"
        yield Signable(
            id, kind, what, item, payee, activities=tuple(activities), lead=making, making=making, until=until
        )


def _orders(net: Network, lab: str) -> Iterable[Signable]:
    """Return the orders of power, by site, and whatever else a lab builds or funds."""
    by_site: dict[str, list[Unit]] = {}
    others: list[Unit] = []
    for unit in net.units:
        tags = unit.tags
        if tags.stage == CONTRACT or unit.instrument in DECISIONS or lab not in (tags.owner, unit.bearer):
            continue
        if tags.stage == "power":
            by_site.setdefault(tags.site, []).append(unit)
        else:
            others.append(unit)
    for site, units in by_site.items():
        lead = min(whole_periods(unit.lead) for unit in units)
        yield Signable(f"power:{site}", "power", "", site, lab, units=tuple(u.id for u in units), lead=lead)
    for unit in others:
        kind: SignatureKind = "programme" if unit.tags.role == "programme" else "capacity"
        item = unit.tags.chip or unit.tags.item or unit.id
        yield Signable(unit.id, kind, "", item, lab, units=(unit.id,), lead=whole_periods(unit.lead))


def _contracts(net: Network, lab: str) -> Iterable[Signable]:
    """Return the contracts of which a lab, or what belongs to it, is the buyer."""
    own = owned(net, lab)
    leads = {unit.id: unit.lead for unit in net.units}
    for agreement in net.agreements:
        if agreement.buyer in own:
            steps = [
                unit.id
                for unit in net.units
                if unit.tags.stage == CONTRACT and unit.tags.item == agreement.id and unit.instrument in DECISIONS
            ]
            units = tuple(sorted(steps, key=lambda id: id != agreement.sign))
            lead = whole_periods(leads.get(agreement.exercise or agreement.sign, 0.0))
            kind: SignatureKind = "compute" if agreement.unit == COMPUTE else "contract"
            yield Signable(agreement.id, kind, "", agreement.id, agreement.supplier, units=units, lead=lead)
