"""What the loss of each company on which a lab's compute hangs costs: it begins nothing from the decision date on.

Everything that the company runs (`fabopt.network.suppliers`: whatever it does itself, or others do on what it owns) is
closed in every period, and nothing is ordered of the units that it builds or that take what it has to give. What is in
work or deployed when it stops is data and stays. The rest is planned again (:mod:`fabopt.analysis.replan`); where
demand of others that is required cannot be met without the company, as much of it as can be is met first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import cells
from fabopt.analysis.memo.records import Amount, Loss
from fabopt.analysis.memo.second_source import OWNER
from fabopt.analysis.replan import Again, Answer, closed
from fabopt.domain.tolerances import COUNTS
from fabopt.model.payoff import payoff
from fabopt.network.suppliers import suppliers, unit_suppliers
from fabopt.network.tables import Array
from fabopt.solve.perturbation import Perturbation


def hanging(ground: Ground) -> tuple[str, ...]:
    """Return the companies on which the lab's compute hangs at the end of the reported periods, the most first."""
    rows = cells("domain/exposure", "share", lab=ground.lab, kind=OWNER, period=ground.until).rows(ground.read)
    rows = rows[rows["share"] > 0.0].sort_values("share", ascending=False, kind="stable")
    return tuple(rows["supplier"].astype(str))


def stopped(ground: Ground, owner: str) -> Perturbation:
    """Return the change that stops a company in every period."""
    net, key = ground.net, (OWNER, owner)
    activities = suppliers(net).get(key, {})
    units = unit_suppliers(net).get(key, {})
    return closed(ground.plan, activities, units, np.ones(net.n_periods, dtype=bool))


def losses(ground: Ground, again: Again, left: Callable[[str], bool]) -> tuple[Loss, ...]:
    """Return what the loss of each company costs, the most expensive first, then those without a plan.

    Parameters
    ----------
    ground
        The result.
    again
        The plan's program.
    left
        Told what is asked next; says whether there is time for it.
    """
    before = compute_at_end(ground, ground.plan.x)
    losses = [
        _loss(ground, again, owner, again.value(stopped(ground, owner), lenient=True), before)
        for owner in hanging(ground)
        if left(f"loss of {ground.called(owner)}")
    ]
    return tuple(sorted(losses, key=lambda loss: -np.inf if loss.value is None else -loss.value.value))


def _loss(ground: Ground, again: Again, owner: str, answer: Answer, before: float) -> Loss:
    name, origin = ground.called(owner), f"re-solve: {owner} stopped, {again.how}"
    if answer.x is None:
        return Loss(owner, name, None, None, None, "no plan" if answer.bound == -np.inf else "time")
    after = compute_at_end(ground, answer.x)
    lost = Amount(before - after, "kH100e", f"{origin}, compute of {ground.lab} in {ground.until}")
    mine = payoff(ground.plan.tables, ground.lab)
    to_lab = float(mine @ (ground.plan.x - answer.x)[: len(mine)])
    return Loss(
        owner,
        name,
        ground.money(to_lab, f"{origin}, what {ground.lab} gets"),
        lost_value(ground, again, answer, origin),
        lost,
        "required short" if answer.short else "",
    )


def lost_value(ground: Ground, again: Again, answer: Answer, origin: str) -> Amount:
    """Return what is lost of the plan's value; exact, or what it lies between where a search was cut short."""
    value = max(again.base - answer.value, 0.0)
    least = max(again.base - answer.bound, 0.0)
    cut = again.whole and answer.bound > answer.value + COUNTS * max(abs(answer.value), again.plan.problem.size)
    return ground.money(value, origin, least if cut else None, value if cut else None)


def compute_at_end(ground: Ground, x: Array) -> float:
    """Return the lab's compute in the last reported period of a plan [columns], thousand H100 equivalents."""
    end = ground.reported[-1].index
    delivered = ground.plan.tables.columns["deliver"].values(x)
    return float(
        sum(
            demand.weight * delivered[j, :, end].sum()
            for j, demand in enumerate(ground.net.demands)
            if demand.tags.lab == ground.lab
        )
    )
