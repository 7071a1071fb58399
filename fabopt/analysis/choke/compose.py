"""From what was found out about each limit to its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fabopt.analysis.choke import records
from fabopt.analysis.choke.assemble import certified, run_id
from fabopt.analysis.choke.explore import Explorer, Found
from fabopt.analysis.choke.finite import idle
from fabopt.analysis.choke.owners import Share, next_unit
from fabopt.analysis.choke.status import status
from fabopt.analysis.choke.timeline import cycle_offsets, episodes
from fabopt.plan.groups import LimitGroup

HOLDING = 0.02
"""Prices of neighbouring periods that differ by less than this share of the largest are one episode: about what it
costs to carry and to discount a unit over a period."""


def compose(
    explorer: Explorer, joint: Sequence[records.Joint], stable: Mapping[str, records.Stability]
) -> tuple[records.LimitRecord, ...]:
    """Return the records of all limits, the largest gain first; then obligations, and last what cannot be moved.

    Parameters
    ----------
    explorer
        What was found out.
    joint
        Sets of limits that help together.
    stable
        How limits fare over draws of the data.
    """
    return _Composer(explorer, joint, stable).all()


class _Composer:
    def __init__(
        self, explorer: Explorer, joint: Sequence[records.Joint], stable: Mapping[str, records.Stability]
    ) -> None:
        self.explorer, self.joint, self.stable = explorer, joint, stable
        self.plan, self.oracle, self.facts = explorer.plan, explorer.oracle, explorer.facts
        self.offsets = cycle_offsets(self.plan.net)

    def all(self) -> tuple[records.LimitRecord, ...]:
        """Return the record of every limit: those that were ranked, then those that cannot be moved."""
        fixed = [g for g in self.oracle.problem.groups if not g.relaxable and len(g)]
        return (*map(self._record, self.explorer.ranked), *map(self._fixed, fixed))

    def _fixed(self, group: LimitGroup) -> records.LimitRecord:
        at = self.oracle.problem.at_limit(group, self.plan.x)
        state = self.facts.state_of(group, "tight" if at.any() else "slack", at.tolist())
        return self._identity(group, state)

    def _identity(self, group: LimitGroup, state: records.State, **more: object) -> records.LimitRecord:
        return records.LimitRecord(
            id=group.id,
            label=group.label,
            unit=group.unit,
            kind=group.kind,
            family=group.family,
            owner=group.owner,
            stage=group.stage,
            region=group.region,
            relaxable=group.relaxable,
            state=state,
            obligation=group.obligation,
            less=group.less,
            quality=self.facts.quality(group),
            levers_in_data=self.facts.fields(group),
            **more,  # type: ignore[arg-type]
        )

    def _record(self, f: Found) -> records.LimitRecord:
        facts, shares = self.facts, self.explorer.shares
        at = self.oracle.problem.at_limit(f.group, self.plan.x)
        right = facts.by_period(f.group, f.price.right)
        left = facts.by_period(f.group, f.price.left)
        tenth = 0.1 * np.where(np.isfinite(f.group.base), f.group.base, 0.0)
        share = None if shares is None else next((s.value for s in shares.shares if s.id == f.id), None)
        return self._identity(
            f.group,
            facts.state_of(f.group, self._status(f), at.tolist()),
            marginals=self._marginals(f),
            steps=f.steps or ((f.step_ten,) if f.plan_ten is not None else ()),
            average=f.average,
            curve=f.curve,
            right_by_period=tuple(right.tolist()),
            left_by_period=tuple(left.tolist()),
            worth_by_period=tuple(facts.by_period(f.group, (np.array(f.price.right) * tenth).tolist()).tolist()),
            episodes=episodes(right, HOLDING * float(right.max(initial=0.0))),
            offset=min((self.offsets[m.entity] for m in f.group.parts if m.entity in self.offsets), default=None),
            members=self._members(f),
            relief=f.relief,
            present_certified=None if f.ten is None else certified(f.ten),
            after_certified=None if f.late is None else certified(f.late),
            handling=facts.owner(f.group, f.price),
            customers=self._customers(f),
            instead=() if f.plan_after is None else facts.instead(self.plan.x, f.plan_after),
            minimal_sets=tuple(s for j in self.joint for s in j.minimal_sets if f.group.label in s),
            shapley=share,
            interactions=self._interactions(f.id),
            stability=self.stable.get(f.id),
            runs=tuple(run_id(run) for run in f.runs),
        )

    def _members(self, f: Found) -> tuple[records.Member, ...]:
        rents = self.facts.rents(f.group, f.price)
        return tuple(
            records.Member(m.id, m.label, m.owner, f.alone.get(m.id), rent)
            for m, rent in zip(f.group.members, rents, strict=False)
        )

    def _marginals(self, f: Found) -> tuple[records.Marginal, ...]:
        price = f.ranges or f.price.whole
        marginals = [
            records.Marginal("integers held", price.left, price.right, price.range_down, price.range_up),
        ]
        if f.relaxed_price is not None:
            marginals.append(records.Marginal("relaxation", f.relaxed_price.left, f.relaxed_price.right, None, None))
        return tuple(marginals)

    def _status(self, f: Found) -> records.Status:
        if f.lifted is None:
            return "undecided"
        zero = False
        if not self.explorer.large and f.lifted.proof == "undecided":
            with self.oracle.budget.attempt(f"whether {f.group.label} gains anything"):
                zero = idle(self.oracle, [f.id])[f.id]
        return status(self.oracle, f.id, f.lifted, self.explorer.joint, zero)

    def _customers(self, f: Found) -> tuple[Share, ...]:
        if f.plan_after is None:
            return ()
        before, after = self.facts.deliveries(self.plan.x), self.facts.deliveries(f.plan_after)
        discount = np.array([p.discount for p in self.plan.net.periods])
        units = {material.id: material.unit for material in self.plan.net.materials}
        return next_unit(self.plan.net.demands, before, after, discount, units)

    def _interactions(self, id: str) -> tuple[tuple[str, float], ...]:
        shares = self.explorer.shares
        if shares is None:
            return ()
        pairs = [
            (p.second if p.first == id else p.first, p.index) for p in shares.interactions if id in (p.first, p.second)
        ]
        return tuple(
            (self.explorer.label(other), index) for other, index in sorted(pairs, key=lambda p: -abs(p[1]))[:3]
        )
