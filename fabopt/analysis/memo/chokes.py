"""What holds a lab back: by year, what relief is worth to it and to all, and who else uses what is scarce."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fabopt.analysis.choke.records import Certified, LimitRecord, Study
from fabopt.analysis.memo.ground import REPORTED, Ground
from fabopt.analysis.memo.origin import cells
from fabopt.analysis.memo.records import Amount, ChokeYear, Relief, Rival
from fabopt.analysis.memo.standing import withheld
from fabopt.domain.tolerances import rounding
from fabopt.plan.groups import percent

TEN = percent(10)

DOLLARS = "million dollars"
"""Unit of limits on money."""


def by_year(ground: Ground, study: Study) -> tuple[ChokeYear, ...]:
    """Return the choke point of every calendar year, and the next; years in which nothing binds are left out.

    What more in a year is worth by its price is never above what it gains in all of them.
    """
    if not study.limits:
        return ()
    worth = np.array([r.worth_by_period or (0.0,) * ground.net.n_periods for r in study.limits])
    small, by_year = rounding(worth.max()), []
    for year in ground.years:
        own = [p.index for p in ground.reported if str(p.start.year) == year]
        total = np.minimum(worth[:, own].sum(axis=1), [0.0 if r.obligation else r.gain for r in study.limits])
        first, *others = np.argsort(-total, kind="stable").tolist()
        if total[first] <= small:
            continue
        limit = study.limits[first]
        after = study.limits[others[0]] if others and total[others[0]] > small else None
        by_year.append(
            ChokeYear(
                year=year,
                limit=limit.label,
                owner=ground.called(limit.owner),
                worth=ground.money(float(total[first]), f"choke: {limit.id}, worth by period in {year}"),
                next_limit="" if after is None else after.label,
                next_owner="" if after is None else ground.called(after.owner),
            )
        )
    return tuple(by_year)


def scarce(study: Study, most: int) -> tuple[LimitRecord, ...]:
    """Return the limits whose relief gains most; no obligations."""
    return tuple(r for r in study.limits if r.gain > 0.0 and not r.obligation)[:most]


def reliefs(ground: Ground, limits: Sequence[LimitRecord]) -> tuple[Relief, ...]:
    """Return what relief of the limits that gain most is worth, the first being the choke point."""
    return tuple(_relief(ground, record) for record in limits)


def _relief(ground: Ground, record: LimitRecord) -> Relief:
    step, relief = record.step(TEN.label), record.handling
    assert step is not None
    origin = f"choke: {record.id}, +10 %"
    to_lab = _certified(ground, record.gain, step.certified, f"{origin}")
    marginal = record.marginals[0] if record.marginals else None
    price = 0.0 if marginal is None else marginal.right
    most = None if marginal is None or not math.isfinite(marginal.left) else marginal.left
    late = record.relief.gain_after_lead if record.relief is not None else None
    return Relief(
        limit=record.label,
        family=record.family,
        owner=ground.called(record.owner),
        kind=record.kind,
        status=record.state.status,
        step=Amount(step.amount, "MUSD" if record.unit == DOLLARS else "as written", origin, unit_text=record.unit),
        to_lab=to_lab,
        a_unit=ground.money(price, f"choke: {record.id}, one unit in every period", price, most),
        instrument="" if relief is None else relief.instrument.name,
        cost=None if relief is None or relief.cost is None else ground.money(relief.cost, f"{origin}, cheapest lever"),
        lead=None if relief is None else relief.lead,
        earliest="" if relief is None else relief.earliest_effect,
        after_lead=None
        if late is None
        else _certified(ground, late, record.after_certified, f"{origin} after its lead time"),
        withheld=withheld(ground, to_lab, None if step.certified is None else step.certified.lo),
    )


def _certified(ground: Ground, value: float, proof: Certified | None, origin: str) -> Amount:
    """Return a gain with what is proven of it; a gain is never below nothing."""
    if proof is None:
        return ground.money(value, origin)
    return ground.money(value, origin, max(proof.lo, 0.0), proof.hi if math.isfinite(proof.hi) else None)


def rivals(ground: Ground, limits: Sequence[LimitRecord]) -> tuple[Rival, ...]:
    """Return who uses the capacities among the limits, and what share of it, in the reported periods."""
    rivals, resources = [], {f"capacity:{r.id}": r.id for r in ground.net.resources}
    for label, owner, id in ((r.label, r.owner, r.id) for limit in limits for r in limit.members or (limit,)):
        if id not in resources:
            continue
        resource = resources[id]
        used = cells("core/uses", "amount", resource=resource, **REPORTED)
        rows = used.rows(ground.read)
        total = float(rows["amount"].sum())
        if total <= 0.0:
            continue
        by_customer = rows.groupby("customer", sort=False)["amount"].sum().sort_values(ascending=False, kind="stable")
        for customer, amount in by_customer.items():
            own = cells("core/uses", "amount", resource=resource, customer=str(customer), **REPORTED)
            share = Amount(float(amount) / total, "share", f"{own} / {used}")
            rivals.append(Rival(label, ground.called(owner), ground.called(str(customer)), share))
    return tuple(rivals)
