"""What a lab's own chips are worth to the plan: leverage against those who sell to it."""

from __future__ import annotations

from dataclasses import replace

from fabopt.analysis.allocation.own_silicon import own_silicon
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.losses import lost_value
from fabopt.analysis.memo.records import OwnChip
from fabopt.analysis.memo.signable import Signable
from fabopt.analysis.replan import Again
from fabopt.errors import StudyError
from fabopt.network.parties import owned
from fabopt.network.tagged import ids
from fabopt.solve.budget import TimeBudget


def own_chips(ground: Ground, again: Again, budget: TimeBudget, seconds: float) -> tuple[OwnChip, ...]:
    """Return the chips of designers that belong to the lab, and those whose programme it may fund.

    A chip is worth what the plan loses without it. On a small program the worth of a programme is found by three plans
    of their own, in which orders and rules answer to it (:mod:`fabopt.analysis.allocation.own_silicon`).

    Parameters
    ----------
    ground
        The result.
    again
        The plan's program.
    budget
        Time for all of it.
    seconds
        Longest search of one plan.
    """
    mine = owned(ground.net, ground.lab)
    own_chips = []
    for chip, record in ground.data.chips.items():
        programme = record.programme is not None and record.programme.funded_by == ground.lab
        if not programme and record.designer not in mine:
            continue
        if not budget.allows(f"worth of {chip}"):
            continue
        if programme and again.whole:
            own_chips.append(_searched(ground, chip, min(seconds, budget.left)))
        else:
            own_chips.append(_without(ground, again, chip, programme))
    return tuple(own_chips)


def _without(ground: Ground, again: Again, chip: str, programme: bool) -> OwnChip:
    """Return the worth of a chip as what the plan loses if none is shipped, and its programme is not funded."""
    answer = again.without_chip(chip, ground.lab, programme=programme)
    origin = f"re-solve: none of {chip}, {again.how}"
    worth = None if answer.x is None else lost_value(ground, again, answer, origin)
    shipped = ids(ground.net.activities, role="shipment", chip=chip, lab=ground.lab)
    bought = Signable(chip, "accelerators", "accelerators", chip, ground.lab, activities=shipped)
    funded = _funded(ground, chip) if programme else bought.taken(ground.plan)
    return OwnChip(chip, ground.called(chip), funded, worth, None)


def _funded(ground: Ground, chip: str) -> bool:
    orders = ground.plan.tables.columns["order"].values(ground.plan.x)
    (unit,) = (n for n, u in enumerate(ground.net.units) if u.tags.role == "programme" and u.tags.chip == chip)
    return bool(orders[unit].sum() > 0.5)


def _searched(ground: Ground, chip: str, seconds: float) -> OwnChip:
    options = replace(ground.plan.options, time_limit=max(seconds, 1.0))
    try:
        searched = own_silicon(ground.data, chip, options)
    except StudyError:
        return OwnChip(chip, ground.called(chip), _funded(ground, chip), None, None)
    worth, _, bargaining = searched.worth()
    origin = f"own silicon: {chip}"
    return OwnChip(
        chip,
        ground.called(chip),
        bool(searched.funded),
        ground.money(worth, f"{origin}, with less without"),
        ground.money(bargaining, f"{origin}, unfunded less without"),
    )
